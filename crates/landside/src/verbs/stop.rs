//! `landside stop`: the running node ends.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// How long a node may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(15);

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
    let node = Node::of(home)?;
    let exit = node.ask(&Request::Stop, out).await?;
    // Whoever copies the home next, or starts the node again, needs it gone.
    if !node.home().is_let_go(ENDS_WITHIN).await {
        let text = "the node was told to end and still holds its store";
        return Err(Failed::broken("still-running", text));
    }
    out.remark("stopped");
    Ok(exit)
}
