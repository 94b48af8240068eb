//! `landside pending`: drafts that wait for a second person.

use std::path::Path;

use clap::Args;
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// Nothing to choose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside pending\n\n\
    A draft waits three days. The config says what two persons must agree on: dual_control.")]
pub(crate) struct PendingArgs {}

/// Lists the drafts.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(_: PendingArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    Node::of(home)?.list(&Request::Pending, "no draft waits", out).await
}
