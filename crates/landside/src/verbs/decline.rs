//! `landside decline`: a draft that waits for a second person is dropped.

use std::path::Path;

use clap::Args;
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// Which drafts, and who drops them.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside decline 7-3fa2c109 --person \"Li Na\"\n\n\
    Nothing was signed and nothing is sent; the log of the node keeps who declined.")]
pub(crate) struct DeclineArgs {
    /// Drafts, as pending names them.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Who declines; the person who asked may.
    #[arg(long, value_name = "NAME")]
    person: String,
}

/// Drops each draft.
///
/// # Errors
/// No such draft waits; as [`Node::ask`].
pub(crate) async fn run(args: DeclineArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    for id in args.ids {
        node.ask(&Request::Decline { id, person: args.person.clone() }, out).await?;
    }
    Ok(Exit::Done)
}
