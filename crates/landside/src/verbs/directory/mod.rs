//! `landside directory`: editions of the list of parties, from draft to installed.
//!
//! A draft is the JSON of an edition, for people to read and compare. A bundle is the edition with
//! the signatures of authority keys, in the form that nodes exchange. Signing turns the one into the
//! other; nothing turns it back, the next edition is a new draft.

mod agents;
mod change;
mod draft;
mod file;
mod install;
mod keys;
mod show;
mod sign;

use std::path::Path;

use clap::Subcommand;

use crate::exit::{Exit, Failed};
use crate::output::Output;

/// What to do with the list of parties.
#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryVerb {
    /// Make an authority key.
    Key(sign::KeyArgs),
    /// Draft the first edition of a network.
    New(draft::NewArgs),
    /// List a party in a draft.
    Add(change::AddArgs),
    /// Take a party out of a draft.
    Remove(change::RemoveArgs),
    /// List a key for a party in a draft.
    KeyAdd(keys::KeyAddArgs),
    /// End a key of a party in a draft, from a time on.
    KeyEnd(keys::KeyEndArgs),
    /// Do to a draft what a party asks for with its old key.
    KeyRotate(keys::KeyRotateArgs),
    /// List a key by which a terminal signs for a line without a node, in a draft.
    AgentAdd(agents::AgentAddArgs),
    /// End such a key in a draft, from a time on.
    AgentEnd(agents::AgentEndArgs),
    /// Draft the edition that follows a signed one.
    Next(draft::NextArgs),
    /// Sign a draft, or add a signature to a bundle.
    Sign(sign::SignArgs),
    /// Show an edition and its id.
    Show(show::ShowArgs),
    /// Put a signed edition in force here.
    Install(install::InstallArgs),
}

impl DirectoryVerb {
    /// Does it.
    ///
    /// # Errors
    /// Why it was not done.
    pub(crate) async fn run(self, home: &Path, out: &Output) -> Result<Exit, Failed> {
        match self {
            Self::Key(args) => sign::make_key(args, out),
            Self::New(args) => draft::new(args, out),
            Self::Add(args) => change::add(args, out),
            Self::Remove(args) => change::remove(args, out),
            Self::KeyAdd(args) => keys::add(args, out),
            Self::KeyEnd(args) => keys::end(args, out),
            Self::KeyRotate(args) => keys::rotate(args, out),
            Self::AgentAdd(args) => agents::add(args, out),
            Self::AgentEnd(args) => agents::end(args, out),
            Self::Next(args) => draft::next(args, home, out),
            Self::Sign(args) => sign::run(args, out),
            Self::Show(args) => show::run(args, home, out),
            Self::Install(args) => install::run(args, home, out).await,
        }
    }
}

#[cfg(test)]
mod tests;
