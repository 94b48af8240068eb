//! `landside stop`: the running node ends.

use std::path::Path;

use clap::Args;
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// Nothing to choose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside stop\n\n\
    Nothing is lost: what was acknowledged is on disk, what waits is delivered after the next start.")]
pub(crate) struct StopArgs {}

/// Ends it.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(_: StopArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let exit = Node::of(home)?.ask(&Request::Stop, out).await?;
    out.remark("stopped");
    Ok(exit)
}
