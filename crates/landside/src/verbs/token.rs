//! `landside token`: with which programs use the JSON door in a person's name.

use std::path::Path;

use clap::{Args, Subcommand};
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// What to do about tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenVerb {
    /// List the tokens of programs.
    List(ListArgs),
    /// Make a token for a program, which is shown once.
    Add(AddArgs),
    /// Take a token back; it is dead at once.
    Revoke(RevokeArgs),
}

/// Nothing to choose.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside token list")]
pub(crate) struct ListArgs {}

/// Whose, for what, how long.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  landside token add --person erp --scope read --scope sign:release-order --days 90 --label \"ERP\"\n\n\
    Scopes: read, sign (what clerks sign), sign:KIND, gate, import. A token may no more than its\n\
    person, whose name stands beside what it signs, and ends with that account."
)]
pub(crate) struct AddArgs {
    /// Login name of the person in whose name the program acts.
    #[arg(long, value_name = "LOGIN")]
    person: String,
    /// What it may; say it again for more.
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    scopes: Vec<String>,
    /// For how many days it is good, 1 to 366.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// For which program, for your own list.
    #[arg(long)]
    label: String,
}

/// Which.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside token revoke 3")]
pub(crate) struct RevokeArgs {
    /// Number of the token, as listed.
    number: u64,
}

impl TokenVerb {
    /// Does it.
    ///
    /// # Errors
    /// The person or token is not known, or no more can be made; as [`Node::ask`].
    pub(crate) async fn run(self, home: &Path, out: &Output) -> Result<Exit, Failed> {
        let node = Node::of(home)?;
        let request = match self {
            Self::List(_) => return node.list(&Request::Tokens, "no tokens", out).await,
            Self::Add(AddArgs { person, scopes, days, label }) => {
                Request::TokenAdd { person: Some(person), label, scopes, days }
            }
            Self::Revoke(RevokeArgs { number }) => Request::TokenRevoke { id: number },
        };
        node.ask(&request, out).await
    }
}
