//! `landside return`: the right goes back to the holder before (return-right).

use std::path::Path;

use clap::Args;
use landside_proto::document::Kind;

use crate::exit::{Exit, Failed};
use crate::fields;
use crate::node::{Node, Wait};
use crate::output::Output;

/// Which right, and why.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside return MSKU1234565 --reason \"no truck this week\"")]
pub(crate) struct ReturnArgs {
    /// Container number or case code.
    #[arg(value_name = "CONTAINER|CASE", value_parser = fields::subject)]
    subject: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    wait: Wait,
}

/// Hands the right back.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: ReturnArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let mut said = fields::of_case(&args.subject);
    fields::put_some(&mut said, "reason", args.reason);
    Node::of(home)?.issue(Kind::ReturnRight, said, args.wait, out).await
}
