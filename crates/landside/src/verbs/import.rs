//! `landside import`: signs what EDIFACT or JSON files say.
//!
//! A file whose first character is `{` is JSON: objects `{"kind": ..., "fields": {...}}`, one a
//! line. Anything else is EDIFACT and goes to the node as it is.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use landside_node::control::Request;
use landside_node::home::write_durably;
use landside_proto::document::Kind;
use landside_proto::ids::PartyId;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::exit::{Exit, Failed};
use crate::fields::Fields;
use crate::node::{Node, Wait, millis, request_by};
use crate::output::Output;

/// Longest file, in bytes: larger than any interchange of the trade, small enough to hold.
const FILE_MAX: u64 = 64 * 1024 * 1024;

/// Which files, and how to read the codes in them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside import coreor.edi --map NLRTMDDE=terminal-west\n  \
    landside import releases.jsonl\n\n\
    A file that begins with { is JSON, one object a line:\n  \
    {\"kind\": \"pass-right\", \"fields\": {\"container\": \"MSKU1234565\", \"to\": \"harbour-haulage\"}}\n\
    The same EDIFACT bytes make each document once, however often they are imported; a JSON line is\n  \
    signed again as a new document.")]
pub(crate) struct ImportArgs {
    /// Files; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Partner profile (TOML) that says how to read the messages.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Which party a code in the message names; may be repeated.
    #[arg(long = "map", value_name = "CODE=PARTY", value_parser = mapping)]
    parties: Vec<(String, PartyId)>,
    /// Release-to party where no code names one.
    #[arg(long, value_name = "PARTY", value_parser = PartyId::parse)]
    release_to: Option<PartyId>,
    /// Terminal where no code names one.
    #[arg(long, value_name = "PARTY", value_parser = PartyId::parse)]
    terminal: Option<PartyId>,
    /// The line without a node that this terminal signs for, as its agent: the releases of the files
    /// are marked as that.
    #[arg(long, value_name = "LINE", value_parser = PartyId::parse)]
    agent_for: Option<PartyId>,
    /// Who asks, where this party asks for two persons; each document then waits for another one.
    #[arg(long, value_name = "NAME")]
    person: Option<String>,
    #[command(flatten)]
    wait: Wait,
}

/// Imports each file; the exit is that of the worst.
///
/// # Errors
/// A file cannot be read; as [`Node::ask`].
pub(crate) async fn run(args: ImportArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    let mut worst = Exit::Done;
    for file in &args.files {
        let exit = match Source::read(file)? {
            Source::Json(text) => issue_each(&node, file, &text, &args, out).await?,
            Source::File => node.ask(&edifact(&args, absolute(file)?)?, out).await?,
            Source::Piped(bytes) => {
                let kept = Kept::new(node.home().path(), &bytes)?;
                node.ask(&edifact(&args, absolute(&kept.0)?)?, out).await?
            }
        };
        worst = worst.max(exit);
    }
    Ok(worst)
}

/// What a file holds.
enum Source {
    /// JSON objects.
    Json(String),
    /// EDIFACT that the node can read from where it is.
    File,
    /// EDIFACT from standard input.
    Piped(Vec<u8>),
}

impl Source {
    fn read(file: &Path) -> Result<Self, Failed> {
        let broken =
            |error: io::Error| Failed::broken("file", format!("{}: {error}", file.display()));
        let piped = file == Path::new("-");
        let mut bytes = Vec::new();
        if piped {
            io::stdin().lock().take(FILE_MAX + 1).read_to_end(&mut bytes).map_err(broken)?;
        } else {
            let opened = fs::File::open(file).map_err(broken)?;
            opened.take(FILE_MAX + 1).read_to_end(&mut bytes).map_err(broken)?;
        }
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_MAX {
            return Err(Failed::usage(
                "file-too-large",
                format!("{} is longer than 64 MiB", file.display()),
                "cut it into several interchanges",
            ));
        }
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        match (first, piped) {
            (Some(b'{'), _) => String::from_utf8(bytes).map(Self::Json).map_err(|_| {
                Failed::usage(
                    "json-form",
                    format!("{} is not UTF-8", file.display()),
                    "write JSON in UTF-8 (RFC 8259 section 8.1)",
                )
            }),
            (_, false) => Ok(Self::File),
            (_, true) => Ok(Self::Piped(bytes)),
        }
    }
}

/// A file in the home for the node to read; gone when this is dropped.
struct Kept(PathBuf);

impl Kept {
    fn new(home: &Path, bytes: &[u8]) -> Result<Self, Failed> {
        let kept = Self(home.join(format!("import-{}.edi", std::process::id())));
        write_durably(&kept.0, bytes)?;
        Ok(kept)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn edifact(args: &ImportArgs, path: String) -> Result<Request, Failed> {
    let parties: Map<_, _> = args
        .parties
        .iter()
        .map(|(code, party)| (code.clone(), Value::String(party.to_string())))
        .collect();
    Ok(Request::Import {
        path,
        profile: args.profile.as_deref().map(absolute).transpose()?,
        parties,
        release_to: args.release_to.as_ref().map(ToString::to_string),
        terminal: args.terminal.as_ref().map(ToString::to_string),
        renew_days: None,
        agent_for: args.agent_for.as_ref().map(ToString::to_string),
        person: args.person.clone(),
        wait_ms: millis(args.wait.wait),
    })
}

/// One object of a JSON file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: String,
    fields: Fields,
    #[serde(default)]
    to: Vec<String>,
}

/// Issues each object of a JSON file. Every object is read before the first is signed, so that a
/// slip on the last line does not leave a file half done.
async fn issue_each(
    node: &Node,
    file: &Path,
    text: &str,
    args: &ImportArgs,
    out: &Output,
) -> Result<Exit, Failed> {
    let mut worst = Exit::Done;
    let mut wait = args.wait;
    for (kind, line) in lines(file, text)? {
        let request = request_by(kind, line.fields, line.to, args.person.clone(), wait);
        let exit = node.ask(&request, out).await?;
        if exit == Exit::Broken {
            // The terminal does not answer: the others are queued without waiting for it again.
            wait = Wait { wait: Duration::ZERO };
        }
        worst = worst.max(exit);
    }
    Ok(worst)
}

fn lines(file: &Path, text: &str) -> Result<Vec<(Kind, Line)>, Failed> {
    let wrong = |what: String| {
        Failed::usage(
            "json-form",
            format!("{}: {what}", file.display()),
            "write objects like {\"kind\": \"hold\", \"fields\": {...}}, one a line",
        )
    };
    let mut lines = Vec::new();
    for line in serde_json::Deserializer::from_str(text).into_iter::<Line>() {
        let line = line.map_err(|error| wrong(error.to_string()))?;
        let kind = Kind::parse(&line.kind)
            .ok_or_else(|| wrong(format!("object {} has kind {}", lines.len() + 1, line.kind)))?;
        lines.push((kind, line));
    }
    Ok(lines)
}

fn mapping(text: &str) -> Result<(String, PartyId), String> {
    let (code, party) =
        text.split_once('=').ok_or_else(|| format!("\"{text}\" is not of the form CODE=PARTY"))?;
    let party = PartyId::parse(party).map_err(|error| error.to_string())?;
    Ok((code.to_owned(), party))
}

fn absolute(path: &Path) -> Result<String, Failed> {
    let path = std::path::absolute(path)
        .map_err(|error| Failed::broken("file", format!("{}: {error}", path.display())))?;
    Ok(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const HOLD: &str = r#"{"kind": "hold", "fields": {"reason": "x"}}"#;

    fn read(text: &str) -> Result<Vec<(Kind, Line)>, Failed> {
        lines(Path::new("in.jsonl"), text)
    }

    #[test]
    fn objects_come_one_a_line() {
        let found = read(&format!("{HOLD}\n\n{HOLD}\n")).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].0, Kind::Hold);
    }

    #[test]
    fn a_slip_on_a_later_line_stops_the_whole_file() {
        for second in [r#"{"kind": "hodl", "fields": {}}"#, r#"{"kind": "hold"}"#, "{", "[]"] {
            let failed = read(&format!("{HOLD}\n{second}\n")).unwrap_err();
            assert_eq!(failed.failure.code, "json-form", "{second}");
        }
    }

    #[test]
    fn a_field_that_nobody_knows_is_not_passed_over() {
        assert!(read(r#"{"kind": "hold", "feilds": {}, "fields": {}}"#).is_err());
    }

    #[test]
    fn what_begins_with_a_brace_is_json_and_the_rest_is_edifact() {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("in");
        fs::write(&file, format!("\n {HOLD}")).unwrap();
        assert!(matches!(Source::read(&file).unwrap(), Source::Json(_)));
        fs::write(&file, "UNA:+.? '\r\nUNB+UNOA:2'").unwrap();
        assert!(matches!(Source::read(&file).unwrap(), Source::File));
        fs::write(&file, b"{\xff}").unwrap();
        assert!(Source::read(&file).is_err());
        assert!(Source::read(&dir.path().join("absent")).is_err());
    }

    #[test]
    fn a_kept_file_goes_away() {
        let dir = TempDir::new().unwrap();
        let kept = Kept::new(dir.path(), b"UNB").unwrap();
        let path = kept.0.clone();
        assert!(path.is_file());
        drop(kept);
        assert!(!path.exists());
    }

    #[test]
    fn a_mapping_is_a_code_and_a_party() {
        assert_eq!(mapping("A=B=c").unwrap_err(), PartyId::parse("B=c").unwrap_err().to_string());
        assert_eq!(mapping("NLRTM DDE=terminal-west").unwrap().0, "NLRTM DDE");
        assert!(mapping("terminal-west").is_err());
    }
}
