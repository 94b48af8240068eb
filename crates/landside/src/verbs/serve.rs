//! `landside serve`: the node of a home runs.

use std::path::Path;

use clap::Args;
use landside_node::home::Home;
use landside_node::node::{self, NodeError, Stopping};
use landside_web::Web;

use crate::exit::{Exit, Failed};

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
pub(crate) async fn run(args: ServeArgs, home: &Path) -> Result<Exit, Failed> {
    let home = Home::at(home)?;
    // Before the node starts: an address that is taken is said before anything else is done.
    let web = match home.config()?.listen.http {
        Some(address) => Some(Web::bind(address).await?),
        None => None,
    };
    let beside = |node, stopping: Stopping| async move {
        if let Some(web) = web {
            web.serve(node, stopping.told()).await;
        }
    };
    let ended = tokio::select! {
        ended = node::serve_beside(home, beside) => ended,
        () = stdin_ends(), if args.with_stdin => Ok(()),
    };
    ended.map_err(|error| match error {
        NodeError::Home(error) => Failed::from(error),
        NodeError::Open(error) => Failed::from(error),
        NodeError::Store(_) | NodeError::Fatal(_) => Failed::broken("store", error),
        other => Failed::broken("node", other),
    })?;
    Ok(Exit::Done)
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
