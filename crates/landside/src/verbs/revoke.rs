//! `landside revoke`: a holder upstream takes the right back (revoke-right).

use std::path::Path;

use clap::Args;
use landside_proto::document::Kind;

use crate::exit::{Exit, Failed};
use crate::fields;
use crate::node::{Node, Wait};
use crate::output::Output;

/// Which right, from which hop on, and why.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside revoke MSKU1234565 --reason \"haulier changed\"\n\n\
    Everybody after the hop loses the right too, with driver, slot and pass.")]
pub(crate) struct RevokeArgs {
    /// Container number or case code.
    #[arg(value_name = "CONTAINER|CASE", value_parser = fields::subject)]
    subject: String,
    /// The pass-right that ends, or the digits of it that status shows [default: your own].
    #[arg(long, value_name = "ID")]
    hop: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    wait: Wait,
}

/// Takes the right back.
///
/// # Errors
/// No hop has the id; as [`Node::ask`].
pub(crate) async fn run(args: RevokeArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    let mut said = fields::of_case(&args.subject);
    if let Some(typed) = args.hop {
        let hop = node.whole_id(&typed, Some(&args.subject)).await?;
        fields::put(&mut said, "revokes", hop);
    }
    fields::put_some(&mut said, "reason", args.reason);
    node.issue(Kind::RevokeRight, said, args.wait, out).await
}
