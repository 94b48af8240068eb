//! `landside people`: who may use the screens of this party's node.

use std::path::Path;

use clap::{Args, Subcommand};
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// What to do about people.
#[derive(Debug, Subcommand)]
pub(crate) enum PeopleVerb {
    /// List the people who may use the screens.
    List(ListArgs),
    /// Add a person, who chooses a password with the link that is shown.
    Add(AddArgs),
    /// Close a person's account for good; its sessions end at once.
    Close(CloseArgs),
    /// End a person's password, passkeys and sessions, and show a link to choose a new one.
    Reset(ResetArgs),
    /// Take every passkey of a person away; the password stays, sessions end at once.
    EndPasskeys(EndPasskeysArgs),
    /// Show a new link that makes an administrator.
    Link(LinkArgs),
}

/// Nothing to choose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside people list")]
pub(crate) struct ListArgs {}

/// Who, and what for.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  landside people add wang.wei --name \"Wang Wei\" --role clerk\n\n\
    Roles: admin (everything), clerk (signs, approves, imports), gate (judges trucks, signs\n\
    interchange receipts, lets out), viewer (looks). The link works once, for a day."
)]
pub(crate) struct AddArgs {
    /// Name to log in with: 2 to 32 of a-z, 0-9, dot, hyphen, underscore. Never given twice.
    login: String,
    /// The person's name, as documents and screens show it.
    #[arg(long)]
    name: String,
    /// What the person may do: admin, clerk, gate or viewer.
    #[arg(long)]
    role: String,
}

/// Whose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside people close wang.wei\n\n\
    What the person signed stays signed, and keeps the name.")]
pub(crate) struct CloseArgs {
    /// Name to log in with.
    login: String,
}

/// Whose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside people reset wang.wei")]
pub(crate) struct ResetArgs {
    /// Name to log in with.
    login: String,
}

/// Whose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside people end-passkeys wang.wei\n\n\
    For a device that was lost: the person logs in with the password, and enrols another.")]
pub(crate) struct EndPasskeysArgs {
    /// Name to log in with.
    login: String,
}

/// Nothing to choose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside people link\n\n\
    The link works once, for an hour; the one before ends.")]
pub(crate) struct LinkArgs {}

impl PeopleVerb {
    /// Does it.
    ///
    /// # Errors
    /// A name cannot be taken or is not known; as [`Node::ask`].
    pub(crate) async fn run(self, home: &Path, out: &Output) -> Result<Exit, Failed> {
        let node = Node::of(home)?;
        let request = match self {
            Self::List(_) => return node.list(&Request::People, "nobody is enrolled", out).await,
            Self::Add(AddArgs { login, name, role }) => Request::PersonAdd { login, name, role },
            Self::Close(CloseArgs { login }) => Request::PersonClose { login },
            Self::Reset(ResetArgs { login }) => Request::PersonReset { login },
            Self::EndPasskeys(EndPasskeysArgs { login }) => Request::PersonPasskeysEnd { login },
            Self::Link(_) => Request::PeopleLink,
        };
        node.ask(&request, out).await
    }
}
