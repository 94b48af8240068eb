//! `landside gate`: a truck comes in, is receipted, and leaves.

mod check;
mod leave;
mod receipt;

use std::path::Path;

use clap::Subcommand;

use crate::exit::{Exit, Failed};
use crate::output::Output;

/// What happens at the gate.
#[derive(Debug, Subcommand)]
pub(crate) enum GateVerb {
    /// Judge a truck: admit it, or refuse with every reason.
    Check(check::CheckArgs),
    /// Sign seal and condition: the terminal first, then the driver.
    Receipt(receipt::ReceiptArgs),
    /// Let the truck out: the right is used.
    Out(leave::OutArgs),
}

impl GateVerb {
    /// Does it.
    ///
    /// # Errors
    /// Why it was not done.
    pub(crate) async fn run(self, home: &Path, out: &Output) -> Result<Exit, Failed> {
        match self {
            Self::Check(args) => check::run(args, home, out).await,
            Self::Receipt(args) => receipt::run(args, home, out).await,
            Self::Out(args) => leave::run(args, home, out).await,
        }
    }
}
