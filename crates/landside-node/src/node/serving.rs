//! A node as a process: its log lines, the word to stop, and what runs beside it.

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tracing::info;

use super::{Node, NodeError};
use crate::config::{Log, LogFormat};
use crate::home::Home;

/// Runs a node until it is told to stop, by signal or by command.
///
/// # Errors
/// [`NodeError`].
pub async fn serve(home: Home) -> Result<(), NodeError> {
    serve_beside(home, |_, _| std::future::ready(())).await
}

/// As [`serve`], with work beside the node that another layer does, such as HTTP. It gets the node once
/// that runs, and is waited for when the node is told to stop; it must end soon then.
///
/// # Errors
/// [`NodeError`].
pub async fn serve_beside<W>(
    home: Home,
    beside: impl FnOnce(Node, Stopping) -> W,
) -> Result<(), NodeError>
where
    W: Future<Output = ()> + Send + 'static,
{
    start_logs(&home.config()?.log);
    let (node, running) = Node::start(home).await?;
    let (stop, stopping) = oneshot::channel();
    // A set ends its tasks when it is dropped: nothing stays beside a node that failed.
    let mut besides = JoinSet::new();
    besides.spawn(beside(node.clone(), Stopping(stopping)));
    tokio::select! {
        () = stop_signal() => {}
        () = node.inner.stop.notified() => {}
        result = running.wait() => return result,
    }
    info!("stopping");
    drop(stop);
    tokio::join!(besides.join_next(), node.inner.exchange.close());
    // The process ends here; what was acknowledged is durable, what was not is sent again.
    Ok(())
}

/// The word to stop, for what runs beside a node.
pub struct Stopping(oneshot::Receiver<()>);

impl Stopping {
    /// Waits until the node is told to stop.
    pub async fn told(self) {
        // Nothing is ever sent: the end of the channel is the word.
        let _ = self.0.await;
    }
}

/// Sends log lines to standard error, as the config says. A second call in one process changes nothing.
fn start_logs(settings: &Log) {
    let filter = tracing_subscriber::EnvFilter::try_new(&settings.filter)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Only a logger that is there already can stand in the way.
    let _ = match settings.format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
