//! `landside status`: everything about a container or case.

use std::path::Path;

use clap::Args;
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::fields;
use crate::node::Node;
use crate::output::Output;

/// Which.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  landside status MSKU1234565\n  landside status 7K3M-Q2ZC-4\n\n\
    Shows the lights, who holds the right, what is missing and who owes it, and what happened."
)]
pub(crate) struct StatusArgs {
    /// Container number or case code, however typed.
    #[arg(value_name = "CONTAINER|CASE", value_parser = fields::subject)]
    subject: String,
}

/// Shows each case of it.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: StatusArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    Node::of(home)?.ask(&Request::Status { subject: args.subject }, out).await
}
