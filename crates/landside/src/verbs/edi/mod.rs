//! `landside edi`: EDIFACT files, without a node.

mod check;

use clap::Subcommand;

use crate::exit::{Exit, Failed};
use crate::output::Output;

/// What to do with a file.
#[derive(Debug, Subcommand)]
pub(crate) enum EdiVerb {
    /// Explain a file in plain words, and show what would be signed of it.
    Check(check::CheckArgs),
}

impl EdiVerb {
    /// Does it.
    ///
    /// # Errors
    /// Why it was not done.
    pub(crate) fn run(self, out: &Output) -> Result<Exit, Failed> {
        match self {
            Self::Check(args) => check::run(&args, out),
        }
    }
}
