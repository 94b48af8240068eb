//! `landside slot`: the haulier asks for a time window (slot-request, COPINO).

use std::path::Path;
use std::time::Duration;

use clap::Args;
use landside_proto::document::Kind;
use landside_proto::ids::UnixMillis;

use crate::exit::{Exit, Failed};
use crate::fields;
use crate::node::{Node, Wait};
use crate::output::Output;
use crate::span::{moment, now, span};

/// For which container, and when.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside slot MSKU1234565 --in 30m\n  \
    landside slot MSKU1234565 --from 2027-01-01T04:00:00Z --until 2027-01-01T05:00:00Z")]
pub(crate) struct SlotArgs {
    /// Container number or case code.
    #[arg(value_name = "CONTAINER|CASE", value_parser = fields::subject)]
    subject: String,
    /// First moment: a time, or a span from now.
    #[arg(long, value_name = "TIME", value_parser = moment, required_unless_present = "soon")]
    from: Option<UnixMillis>,
    /// Last moment: a time, or a span from now [default: as --for says].
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<UnixMillis>,
    /// First moment as a span from now.
    #[arg(id = "soon", long = "in", value_name = "SPAN", value_parser = span, conflicts_with = "from")]
    soon: Option<Duration>,
    /// How long the window is.
    #[arg(id = "long", long = "for", value_name = "SPAN", value_parser = span, default_value = "60m")]
    long: Duration,
    #[command(flatten)]
    wait: Wait,
}

/// Asks for the window.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: SlotArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let (from, until) = window(&args, now());
    let mut said = fields::of_case(&args.subject);
    fields::put(&mut said, "window.from", from);
    fields::put(&mut said, "window.until", until);
    Node::of(home)?.issue(Kind::SlotRequest, said, args.wait, out).await
}

fn window(args: &SlotArgs, now: UnixMillis) -> (UnixMillis, UnixMillis) {
    let from = args.from.unwrap_or_else(|| now.plus(args.soon.unwrap_or_default()));
    (from, args.until.unwrap_or_else(|| from.plus(args.long)))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        slot: SlotArgs,
    }

    fn read(line: &str) -> Result<SlotArgs, clap::Error> {
        let words = ["slot", "MSKU1234565"].into_iter().chain(line.split_whitespace());
        Line::try_parse_from(words).map(|line| line.slot)
    }

    #[test]
    fn a_window_in_half_an_hour_is_an_hour_long() {
        let now = UnixMillis::parse("2027-01-01T00:00:00Z").unwrap();
        let (from, until) = window(&read("--in 30m").unwrap(), now);
        assert_eq!(from.to_string(), "2027-01-01T00:30:00.000Z");
        assert_eq!(until.to_string(), "2027-01-01T01:30:00.000Z");
    }

    #[test]
    fn both_ends_can_be_given() {
        let line = "--from 2027-01-01T04:00:00Z --until 2027-01-01T04:20:00Z";
        let (from, until) = window(&read(line).unwrap(), UnixMillis::from_millis(0));
        assert_eq!(until.since(from), Duration::from_secs(1200));
    }

    #[test]
    fn a_window_needs_one_beginning() {
        assert!(read("").is_err());
        assert!(read("--until 2h").is_err());
        assert!(read("--in 30m --from 2h").is_err());
    }
}
