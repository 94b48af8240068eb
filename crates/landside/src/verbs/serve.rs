//! `landside serve`: the node of a home runs.

use std::path::Path;

use clap::Args;
use landside_node::config;
use landside_node::control::Failure;
use landside_node::home::Home;
use landside_node::node::{self, Node, NodeError, Stopping};
use landside_web::{Console, Metrics, Web};
use serde_json::json;

use crate::exit::{Exit, Failed};
use crate::notify;
use crate::output::Output;

/// Little to choose: the settings are in the home's config.toml.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside serve --home /var/lib/landside\n\n\
    Runs until Ctrl-C, SIGTERM or landside stop. Settings are in config.toml of the\n\
    home; logs go to standard error.")]
pub(crate) struct ServeArgs {
    /// End when standard input ends, and so with whoever started the node.
    #[arg(long)]
    with_stdin: bool,
}

/// Runs the node until it is told to end.
///
/// # Errors
/// The home cannot be used, an address is taken, the store or the network fails.
pub(crate) async fn run(args: ServeArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let home = Home::at(home)?;
    // Before the node starts: an address that is taken is said before anything else is done.
    let config = home.config()?;
    let web = match config.listen.http {
        Some(address) => Some(Web::bind(address).await?),
        None => None,
    };
    let metrics = Metrics::bind(&config.metrics).await?;
    let console = Console::bind(&config.console).await?;
    let console = console.map(|console| console.with_links(home.path())).transpose()?;
    let beside = |node: Node, stopping: Stopping| {
        if console.is_some() && node.people().is_empty() {
            first_link(&node, &config.console, out);
        }
        notify::tell("READY=1");
        serve_http((web, metrics, console), node, stopping)
    };
    let ended = tokio::select! {
        ended = node::serve_beside(home, beside) => ended,
        () = stdin_ends(), if args.with_stdin => Ok(()),
    };
    ended.map_err(|error| match error {
        NodeError::Home(error) => Failed::from(error),
        NodeError::Open(error) => Failed::from(error),
        NodeError::Unchecked(_) => Failed::broken("restored-unchecked", error),
        NodeError::Store(_) | NodeError::Fatal(_) => Failed::broken("store", error),
        other => Failed::broken("node", other),
    })?;
    Ok(Exit::Done)
}

/// The public log, metrics and the console, as far as they are offered, until the node is told to stop.
async fn serve_http(
    (web, metrics, console): (Option<Web>, Option<Metrics>, Option<Console>),
    node: Node,
    stopping: Stopping,
) {
    let (stop, told) = tokio::sync::watch::channel(());
    let until_told = |mut told: tokio::sync::watch::Receiver<()>| async move {
        // Nothing is ever sent: the end of the channel is the word.
        let _ = told.changed().await;
    };
    let of_web = until_told(told.clone());
    let of_metrics = until_told(told.clone());
    let of_console = until_told(told);
    let (asked, watched) = (node.clone(), node.clone());
    tokio::join!(
        async move {
            if let Some(web) = web {
                web.serve(node, of_web).await;
            }
        },
        async move {
            if let Some(console) = console {
                console.serve(asked, of_console).await;
            }
        },
        async move {
            if let Some(metrics) = metrics {
                metrics.serve(watched, of_metrics).await;
            }
        },
        async move {
            stopping.told().await;
            notify::tell("STOPPING=1");
            drop(stop);
        },
    );
}

/// Shows the link that makes the first administrator. Not as a log line: those are kept.
fn first_link(node: &Node, settings: &config::Console, out: &Output) {
    let console = settings.reached_at().unwrap_or_default();
    match node.people().admin_link(node::clock()) {
        Ok(link) => out.value(json!({
            "event": "link", "role": "admin", "url": format!("{console}{}", link.path),
            "until": link.until,
        })),
        // The node runs all the same.
        Err(error) => out.failure(&Failure {
            code: error.code().to_owned(),
            text: error.to_string(),
            remedy: Some("try again with landside people link".to_owned()),
        }),
    }
}

/// Waits for the end of standard input, on a thread of its own: nothing else may wait for it.
async fn stdin_ends() {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // An error is an end, too.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = tell.send(());
    });
    let _ = told.await;
}
