//! `landside gate check`: admit or refuse (gate-decision).

use std::io::{self, BufRead as _};
use std::path::Path;

use clap::Args;
use landside_node::control::Request;
use landside_proto::ids::{ContainerNo, Plate};
use landside_proto::presentation::TEXT_MAX;

use crate::exit::{Exit, Failed};
use crate::fields;
use crate::node::Node;
use crate::output::Output;

/// What is shown and seen.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside gate check - --plate 1-ABC-234\n  \
    landside gate check --container MSKU1234565 --plate 1-ABC-234\n\n\
    Exit status 1 when the truck is refused. The terminal's own store is enough to decide.")]
pub(crate) struct CheckArgs {
    /// The text the driver shows, LS1:...; - reads it from standard input.
    #[arg(required_unless_present_any = ["container", "case"])]
    text: Option<String>,
    /// The container, when nothing readable is shown.
    #[arg(long, value_name = "NUMBER", value_parser = fields::container)]
    container: Option<ContainerNo>,
    /// The case, when nothing readable is shown.
    #[arg(long, value_name = "CODE", value_parser = fields::subject, conflicts_with = "container")]
    case: Option<String>,
    /// The plate seen.
    #[arg(long, value_parser = fields::plate)]
    plate: Option<Plate>,
}

/// Judges the truck.
///
/// # Errors
/// Standard input cannot be read; as [`Node::ask`].
pub(crate) async fn run(args: CheckArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let shown = match args.text.as_deref() {
        Some("-") => Some(scanned(io::stdin().lock())?),
        _ => args.text,
    };
    let request = Request::GateCheck {
        shown,
        subject: args.container.map(|number| number.to_string()).or(args.case),
        plate: args.plate.map(|plate| plate.to_string()),
    };
    Node::of(home)?.ask(&request, out).await
}

/// The first line, as a scanner types it.
fn scanned(input: impl io::BufRead) -> Result<String, Failed> {
    let limit = u64::try_from(TEXT_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut line = String::new();
    input.take(limit).read_line(&mut line).map_err(|error| Failed::broken("input", error))?;
    match line.trim_end_matches(['\r', '\n']) {
        "" => Err(Failed::usage(
            "nothing-scanned",
            "standard input holds no text",
            "scan the driver's screen, or say --container",
        )),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_a_scanner_is_read_without_its_end() {
        assert_eq!(scanned(&b"LS1:A B\r\nmore"[..]).unwrap(), "LS1:A B");
    }

    #[test]
    fn an_empty_scan_is_told_as_such() {
        for nothing in [&b""[..], b"\r\n"] {
            assert_eq!(scanned(nothing).unwrap_err().failure.code, "nothing-scanned");
        }
    }

    #[test]
    fn an_endless_line_is_cut_past_the_limit() {
        let endless = vec![b'A'; 10 * TEXT_MAX];
        assert_eq!(scanned(&endless[..]).unwrap().len(), TEXT_MAX + 1);
    }
}
