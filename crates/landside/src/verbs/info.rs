//! `landside info`: what the running node is.

use std::path::Path;

use clap::Args;
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// Nothing to choose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside info")]
pub(crate) struct InfoArgs {}

/// Says who the node is, its edition of the directory, its peers.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(_: InfoArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    Node::of(home)?.ask(&Request::Info, out).await
}
