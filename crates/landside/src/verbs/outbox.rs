//! `landside outbox`: what waits for whom.

use std::path::Path;

use clap::Args;
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// Nothing to choose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside outbox\n\n\
    Documents wait until the peer has answered with a signature; nothing is dropped before.")]
pub(crate) struct OutboxArgs {}

/// Lists what waits.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(_: OutboxArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    Node::of(home)?.list(&Request::Outbox, "nothing waits", out).await
}
