//! `landside fsck`: the store of a stopped node, looked through.

use std::path::Path;

use clap::Args;
use landside_node::home::Home;
use landside_node::inspect::{self, InspectError};
use serde_json::json;

use crate::exit::{Exit, Failed};
use crate::output::Output;

/// Nothing to choose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside fsck --home /var/lib/landside\n\n\
    Verifies every document anew and every index against what it indexes; changes nothing.\n\
    The node must not run. Exit status 1 when something is wrong.")]
pub(crate) struct FsckArgs {}

/// Looks through the store.
///
/// # Errors
/// The home cannot be used, or a running node holds the store.
pub(crate) fn run(_: FsckArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let report = inspect::fsck(&Home::at(home)?).map_err(|error| match error {
        InspectError::Home(error) => Failed::from(error),
        InspectError::Open(error) => Failed::from(error),
        other => Failed::broken("store", other),
    })?;
    let exit = if report.problems.is_empty() { Exit::Done } else { Exit::Refused };
    out.value(json!({
        "event": "fsck",
        "documents": report.documents,
        "receipts": report.receipts,
        "signer_gone": report.signer_gone,
        "cases": report.cases,
        "waiting": report.waiting,
        "disclosures": report.disclosures,
        "problems": report.problems,
    }));
    Ok(exit)
}
