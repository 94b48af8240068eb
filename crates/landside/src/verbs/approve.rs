//! `landside approve`: a second person agrees, and the draft is signed.

use std::path::Path;

use clap::Args;
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::{Node, Wait, millis};
use crate::output::Output;

/// Which drafts, and who agrees.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside approve 7-3fa2c109 --person \"Li Na\"\n\n\
    The name is taken as given: whoever can run this command here can give any name.\n  \
    It must not be that of the person who asked.")]
pub(crate) struct ApproveArgs {
    /// Drafts, as pending names them.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Who agrees.
    #[arg(long, value_name = "NAME")]
    person: String,
    #[command(flatten)]
    wait: Wait,
}

/// Has each draft signed; the exit is that of the worst.
///
/// # Errors
/// No such draft waits, or the same person asked for it; as [`Node::ask`].
pub(crate) async fn run(args: ApproveArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    let mut worst = Exit::Done;
    for id in args.ids {
        let (person, wait_ms) = (args.person.clone(), millis(args.wait.wait));
        worst = worst.max(node.ask(&Request::Approve { id, person, wait_ms }, out).await?);
    }
    Ok(worst)
}
