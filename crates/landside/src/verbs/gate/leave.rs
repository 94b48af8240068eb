//! `landside gate out`: the container leaves (gate-out, CODECO).

use std::path::Path;

use clap::Args;
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::fields;
use crate::node::Node;
use crate::output::Output;

/// Which container.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside gate out MSKU1234565\n  \
    landside gate out MSKU1234565 --unsigned-because \"phone was broken, signed on paper\"")]
pub(crate) struct OutArgs {
    /// Container number or case code.
    #[arg(value_name = "CONTAINER|CASE", value_parser = fields::subject)]
    subject: String,
    /// Why the driver did not sign the interchange receipt.
    #[arg(long, value_name = "TEXT")]
    unsigned_because: Option<String>,
}

/// Lets the truck out.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: OutArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let OutArgs { subject, unsigned_because } = args;
    Node::of(home)?.ask(&Request::GateOut { subject, unsigned_because }, out).await
}
