//! `landside override`: the terminal passes over a red light, in the name of a person.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use landside_proto::document::Kind;
use landside_proto::ids::UnixMillis;
use serde_json::Value;

use crate::exit::{Exit, Failed};
use crate::fields::{self, Fields};
use crate::node::{Node, Wait};
use crate::output::Output;
use crate::span::{now, span};

/// Lights that a person can name. Customs is among them so that the node says why not.
const LIGHTS: [&str; 3] = ["commercial", "terminal", "customs"];

/// Which light of which container, who decides it and why.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    landside override MSKU1234565 --light commercial --person \"Chen Yu\" --reason \"freight paid\" --for 4h\n  \
    landside override MSKU1234565 --light commercial --person \"Chen Yu\" --reason \"line objects\" --end\n\n\
    The line and customs get it. It covers what stands now and nothing later, and never customs,\n  \
    quarantine, court or security.")]
pub(crate) struct OverrideArgs {
    /// Container number or case code.
    #[arg(value_name = "CONTAINER|CASE", value_parser = fields::subject)]
    subject: String,
    /// The light.
    #[arg(long, value_name = "WORD", value_parser = PossibleValuesParser::new(LIGHTS))]
    light: String,
    /// Who decides it. The name is taken as given.
    #[arg(long, value_name = "NAME", value_parser = fields::said)]
    person: String,
    /// Why.
    #[arg(long, value_name = "TEXT", value_parser = fields::said)]
    reason: String,
    /// Pass over this need only, such as hold; may be repeated [default: all of the light that can be].
    #[arg(long = "need", value_name = "CODE", conflicts_with = "end")]
    needs: Vec<String>,
    /// How long it stands, at most 24h.
    #[arg(id = "long", long = "for", value_name = "SPAN", value_parser = span, default_value = "8h")]
    long: Duration,
    /// End the override of this light.
    #[arg(long)]
    end: bool,
    #[command(flatten)]
    wait: Wait,
}

/// Overrides, or ends it.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: OverrideArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let said = said(&args, now());
    Node::of(home)?.issue(Kind::Override, said, args.wait, out).await
}

fn said(args: &OverrideArgs, now: UnixMillis) -> Fields {
    let mut said = fields::of_case(&args.subject);
    fields::put(&mut said, "light", &args.light);
    fields::put(&mut said, "person", &args.person);
    fields::put(&mut said, "reason", &args.reason);
    if args.end {
        fields::put_value(&mut said, "covers", Value::Array(Vec::new()));
        return said;
    }
    fields::put(&mut said, "valid_until", now.plus(args.long));
    if !args.needs.is_empty() {
        let needs = args.needs.iter().map(|code| Value::from(code.as_str())).collect();
        fields::put_value(&mut said, "covers", Value::Array(needs));
    }
    said
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        over: OverrideArgs,
    }

    fn read(more: &[&str]) -> Result<Fields, clap::Error> {
        let words =
            ["override", "MSKU1234565", "--light", "commercial"].iter().chain(more).copied();
        let now = UnixMillis::parse("2027-01-01T00:00:00Z").unwrap();
        Line::try_parse_from(words).map(|line| said(&line.over, now))
    }

    const WHO: [&str; 4] = ["--person", "Chen Yu", "--reason", "freight paid"];

    #[test]
    fn an_override_says_who_why_and_until_when_and_leaves_the_rest_to_the_node() {
        assert_eq!(
            Value::Object(read(&WHO).unwrap()),
            json!({
                "container": "MSKU1234565", "light": "commercial", "person": "Chen Yu",
                "reason": "freight paid", "valid_until": "2027-01-01T08:00:00.000Z",
            })
        );
        let narrow = read(&[&WHO[..], &["--need", "hold", "--for", "1h"]].concat()).unwrap();
        assert_eq!(narrow["covers"], json!(["hold"]));
        assert_eq!(narrow["valid_until"], "2027-01-01T01:00:00.000Z");
    }

    #[test]
    fn an_end_covers_nothing_and_has_no_end_itself() {
        let end = read(&[&WHO[..], &["--end"]].concat()).unwrap();
        assert_eq!(end["covers"], json!([]));
        assert!(!end.contains_key("valid_until"));
        assert!(read(&[&WHO[..], &["--end", "--need", "hold"]].concat()).is_err());
    }

    #[test]
    fn nobody_overrides_without_name_or_reason() {
        assert!(read(&WHO[..2]).is_err());
        assert!(read(&WHO[2..]).is_err());
        assert!(read(&[&WHO[..], &["--light", "red"]].concat()).is_err());
        let nobody = read(&["--person", "", "--reason", "freight paid"]).unwrap_err().to_string();
        assert!(nobody.contains("'--person <NAME>'"), "{nobody}");
        let no_reason =
            read(&["--person", "Chen Yu", "--reason", "\u{7}"]).unwrap_err().to_string();
        assert!(no_reason.contains("'--reason <TEXT>'"), "{no_reason}");
    }
}
