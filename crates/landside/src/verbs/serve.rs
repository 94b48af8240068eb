//! `landside serve`: the node of a home runs.

use std::path::Path;

use clap::Args;
use landside_node::home::Home;
use landside_node::node::{self, NodeError};

use crate::exit::{Exit, Failed};

/// Nothing to choose: the settings are in the home's config.toml.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside serve --home /var/lib/landside\n\n\
    Runs until Ctrl-C, SIGTERM or landside stop. Settings are in config.toml of the\n\
    home; logs go to standard error.")]
pub(crate) struct ServeArgs {}

/// Runs the node until it is told to end.
///
/// # Errors
/// The home cannot be used, the store or the network fails.
pub(crate) async fn run(_: ServeArgs, home: &Path) -> Result<Exit, Failed> {
    node::serve(Home::at(home)?).await.map_err(|error| match error {
        NodeError::Home(error) => Failed::from(error),
        NodeError::Open(error) => Failed::from(error),
        NodeError::Store(_) | NodeError::Fatal(_) => Failed::broken("store", error),
        other => Failed::broken("node", other),
    })?;
    Ok(Exit::Done)
}
