//! `landside figures`: how long the steps took over a period, who held cases, what was promised.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use landside_node::control::Request;

use crate::exit::{Exit, Failed};
use crate::node::{Node, millis};
use crate::output::Output;

/// Which days, and whether as a table for a spreadsheet.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside figures\n  \
    landside figures --from 2026-11-01 --to 2026-12-01\n  \
    landside figures --from 2026-11-01 --csv held > held.csv\n  \
    landside figures --of terminal-west\n\n\
    Days are those of console.zone; --to is the first day that does not count. Charts are cases,\n\
    light-to-pass, light-to-shown, arrival-to-out, held, promises, steps and answers. The figures\n\
    are of the cases that this node knows, or with --of those of a terminal, which tells every\n\
    party of the directory totals and no case. Medians and ninth deciles are by nearest rank.")]
pub(crate) struct FiguresArgs {
    /// First day, as 2026-11-01; 30 days before the end when it is left out.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// First day that does not count; tomorrow when it is left out.
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// The figures of a terminal, as it tells them its members.
    #[arg(long, value_name = "TERMINAL")]
    of: Option<String>,
    /// Print one chart as CSV.
    #[arg(long, value_name = "CHART")]
    csv: Option<String>,
    /// Seconds to wait while a node that just started still reads its cases.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = crate::span::span)]
    wait: Duration,
}

/// Shows the figures.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: FiguresArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let FiguresArgs { from, to, of, csv, wait } = args;
    let request = Request::Figures { from, to, of, chart: csv, wait_ms: millis(wait) };
    Node::of(home)?.ask(&request, out).await
}
