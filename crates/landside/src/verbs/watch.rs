//! `landside watch`: what happens, as it happens.

use std::path::Path;

use clap::Args;
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// Nothing to choose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside watch --json | jq .id\n\n\
    Runs until the node ends, Ctrl-C, or nobody reads any more.")]
pub(crate) struct WatchArgs {}

/// Says each event.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(_: WatchArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    tokio::select! {
        ended = node.ask(&Request::Watch, out) => ended,
        () = out.reader_gone() => Ok(Exit::Done),
        _ = tokio::signal::ctrl_c() => Ok(Exit::Done),
    }
}
