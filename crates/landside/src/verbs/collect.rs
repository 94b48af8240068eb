//! `landside collect`: what a driver's device holds, and the text to show at the gate.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use landside_node::control::Request;
use landside_proto::ids::ContainerNo;

use crate::exit::{Exit, Failed};
use crate::fields;
use crate::node::{Node, millis};
use crate::output::Output;
use crate::span::span;

/// How long to wait, and what to show.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside collect --wait 60\n  \
    landside collect --present MSKU1234565 | qrencode -t utf8\n\n\
    The text of --present is dead after a minute: make it at the gate.")]
pub(crate) struct CollectArgs {
    /// Seconds to wait for a pass that is not there yet.
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = span)]
    wait: Duration,
    /// Make the text that the gate reads, for this container.
    #[arg(long, value_name = "CONTAINER", value_parser = fields::container)]
    present: Option<ContainerNo>,
}

/// Lists the jobs, or makes the text.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: CollectArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    let collect = Request::Collect { wait_ms: millis(args.wait) };
    let Some(container) = args.present else {
        let nobody_dialled = node.home().config()?.exchange.dial.is_empty();
        let nothing = if nobody_dialled {
            "nothing to collect; no terminal is dialled, name some in config.toml: exchange.dial"
        } else {
            "nothing to collect"
        };
        return node.list(&collect, nothing, out).await;
    };
    if !args.wait.is_zero() {
        node.gather(&collect).await?;
    }
    node.ask(&Request::Present { container: container.to_string() }, out).await
}
