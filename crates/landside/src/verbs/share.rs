//! `landside share`: links with which somebody without an account sees how far a case is.

use std::path::Path;
use std::time::Duration;

use clap::{Args, Subcommand};
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// A day, in seconds.
const DAY_S: u64 = 24 * 60 * 60;

/// What to do about links.
#[derive(Debug, Subcommand)]
pub(crate) enum ShareVerb {
    /// List the links of a case, or all.
    List(ListArgs),
    /// Make a link, which is shown once.
    Add(AddArgs),
    /// Take a link back; it is dead at once.
    Revoke(RevokeArgs),
}

/// Which.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside share list\n  landside share list MSKU1234565")]
pub(crate) struct ListArgs {
    /// Case code or container number.
    subject: Option<String>,
}

/// Of what, for whom, how long.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  landside share add MSKU1234565 --for 7d --label \"the importer\"\n\n\
    Whoever has the link sees lights, what is missing, promised times and the steps so far:\n\
    no bill of lading, ship, customs number, reason, plate or driver."
)]
pub(crate) struct AddArgs {
    /// Case code or container number.
    subject: String,
    /// How long it is good: whole days, 1d to 30d.
    #[arg(long = "for", value_name = "SPAN", value_parser = days)]
    days: u32,
    /// For whom, for your own list.
    #[arg(long)]
    label: Option<String>,
}

/// Which.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside share revoke 12")]
pub(crate) struct RevokeArgs {
    /// Number of the link, as listed.
    number: u64,
}

/// Whole days.
fn days(text: &str) -> Result<u32, String> {
    let span: Duration = crate::span::span(text)?;
    let whole = span.as_secs().checked_rem(DAY_S) == Some(0);
    let days = u32::try_from(span.as_secs() / DAY_S).ok().filter(|_| whole);
    days.ok_or_else(|| format!("span {text} is not whole days, such as 7d"))
}

impl ShareVerb {
    /// Does it.
    ///
    /// # Errors
    /// The case or link is not known, or no more can be made; as [`Node::ask`].
    pub(crate) async fn run(self, home: &Path, out: &Output) -> Result<Exit, Failed> {
        let node = Node::of(home)?;
        let request = match self {
            Self::List(ListArgs { subject }) => {
                return node.list(&Request::Shares { subject }, "no links", out).await;
            }
            Self::Add(AddArgs { subject, days, label }) => Request::Share { subject, days, label },
            Self::Revoke(RevokeArgs { number }) => Request::ShareRevoke { id: number },
        };
        node.ask(&request, out).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_for_whole_days() {
        assert_eq!(days("7d"), Ok(7));
        assert_eq!(days("48h"), Ok(2));
        for wrong in ["90m", "36h", "7", "", "7w", "-1d"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }
}
