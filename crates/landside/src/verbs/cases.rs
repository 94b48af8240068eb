//! `landside cases`: one line a case.

use std::path::Path;

use clap::Args;
use landside_node::control::Request;
use landside_proto::ids::CaseCode;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// Which page.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside cases\n  \
    landside cases --limit 500 --after 7K3M-Q2ZC-4")]
pub(crate) struct CasesArgs {
    /// Go on after this case.
    #[arg(long, value_name = "CASE")]
    after: Option<String>,
    /// Most cases to list.
    #[arg(long, value_name = "N", default_value = "100")]
    limit: usize,
}

/// Lists the cases.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: CasesArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let after = args.after.map(|typed| CaseCode::normalise(&typed)).transpose()?;
    let after = after.map(|code| code.to_string());
    let request = Request::Cases { after, limit: args.limit };
    Node::of(home)?.list(&request, "no cases", out).await
}
