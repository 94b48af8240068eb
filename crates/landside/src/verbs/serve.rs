//! `landside serve`: run the node of a home.

use std::path::Path;

use clap::Args;
use landside_node::home::Home;
use landside_node::node;

use crate::exit::{Exit, Failed};

/// Nothing to choose: the config file says it all.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside --home /var/lib/landside serve\n\n\
    Runs until Ctrl-C, SIGTERM or landside stop. Logs go to standard error.")]
pub(crate) struct ServeArgs {}

/// Runs the node until it is told to end.
///
/// # Errors
/// The home is wrong, another node runs in it, the address is taken, or the store failed.
pub(crate) async fn run(_: ServeArgs, home: &Path) -> Result<Exit, Failed> {
    node::serve(Home::at(home)?).await.map_err(|error| Failed::broken("node", error))?;
    Ok(Exit::Done)
}
