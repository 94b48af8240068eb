//! `landside fsck`: look through the store of a stopped node.

use std::path::Path;

use clap::Args;
use landside_node::home::Home;
use landside_node::inspect::{self, FsckReport};
use serde_json::json;

use crate::exit::{Exit, Failed};
use crate::output::Output;

/// Nothing to choose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside fsck\n\n\
    Verifies every stored document anew and every index; changes nothing. The node must be stopped.")]
pub(crate) struct FsckArgs {}

/// Looks the store through; refused when something is wrong with it.
///
/// # Errors
/// The home is wrong, or the store cannot be opened: a running node holds it.
pub(crate) fn run(_: FsckArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let report = inspect::fsck(&Home::at(home)?).map_err(|error| Failed::broken("fsck", error))?;
    let FsckReport { documents, receipts, signer_gone, cases, waiting, problems } = report;
    let sound = problems.is_empty();
    out.value(json!({
        "event": "fsck", "documents": documents, "receipts": receipts,
        "signer_gone": signer_gone, "cases": cases, "waiting": waiting, "problems": problems,
    }));
    Ok(if sound { Exit::Done } else { Exit::Refused })
}
