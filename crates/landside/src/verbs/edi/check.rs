//! `landside edi check`: what a file says, what is odd about it, and what would be signed.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use landside_edifact::check::{self, Said, Totals};
use landside_edifact::profile::{PROFILE_MAX, Profile, ZONE};
use landside_edifact::syntax::FILE_MAX;
use serde_json::{Map, Value, json};

use crate::exit::{Exit, Failed};
use crate::output::Output;

/// Which file, and how to read it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside edi check coreor.edi\n  \
    landside edi check cusres.edi --profile customs.toml --brief\n  \
    landside --json edi check - < coreor.edi\n\n\
    Needs no node and no home, and signs nothing. Times are shown in UTC, by the zone of the profile.\n\
    Exit status 1 when nothing in the file could be signed because the file is at fault.")]
pub(crate) struct CheckArgs {
    /// EDIFACT file; - is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Partner profile (TOML) that says how to read the messages.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// The port's time zone (IANA), for a profile that names none.
    #[arg(long, value_name = "ZONE", default_value = ZONE)]
    zone: String,
    /// Leave out the segments.
    #[arg(long)]
    brief: bool,
}

/// Explains the file.
///
/// # Errors
/// File or profile cannot be read.
pub(crate) fn run(args: &CheckArgs, out: &Output) -> Result<Exit, Failed> {
    let profile = match &args.profile {
        None => Profile::standard_in(&args.zone)
            .map_err(|error| Failed::usage(error.code(), error.to_string(), "name an IANA zone"))?,
        Some(path) => profile(path, &args.zone)?,
    };
    // One byte more than is read, so that the reader says that it is too large.
    let file = bytes(&args.file, FILE_MAX)?;
    let totals = check::check(&file, &profile, &mut |said| {
        if !(args.brief && matches!(said, Said::Segment(_))) {
            out.value(told(said));
        }
    });
    out.value(checked(&args.file, &profile, &totals));
    Ok(if totals.is_usable() { Exit::Done } else { Exit::Refused })
}

fn profile(path: &Path, zone: &str) -> Result<Profile, Failed> {
    let text = bytes(path, PROFILE_MAX)?;
    let text = String::from_utf8_lossy(&text);
    Profile::parse_in(&text, zone).map_err(|error| {
        let text = format!("{}: {error}", path.display());
        Failed::usage(error.code(), text, "correct the profile file")
    })
}

/// At most one byte more than `max`, which no reader takes.
fn bytes(path: &Path, max: usize) -> Result<Vec<u8>, Failed> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|opened| opened.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failed::broken("file", format!("{}: {error}", path.display())))?;
    Ok(bytes)
}

fn told(said: Said) -> Value {
    match said {
        Said::Interchange(said) => json!({
            "event": "edi-interchange", "number": said.number, "sender": said.sender,
            "recipient": said.recipient, "control_ref": said.control_ref, "syntax": said.syntax,
            "test": said.test, "messages": said.messages, "hash": said.hash,
        }),
        Said::Message(said) => json!({
            "event": "edi-message", "position": said.position, "reference": said.reference,
            "kind": said.kind, "version": said.version, "words": said.words,
        }),
        Said::Segment(said) => json!({
            "event": "edi-segment", "segment": said.number, "tag": said.tag, "words": said.words,
        }),
        Said::Finding(said) => {
            let place = said.note.place;
            with_container(
                json!({
                    "event": "edi-finding", "stops": said.stops, "code": said.note.code.as_str(),
                    "text": said.note.text, "remedy": said.note.code.remedy(),
                    "segment": place.segment, "offset": place.offset,
                }),
                said.container,
            )
        }
        Said::Signing(said) => {
            let fields: Map<_, _> = said
                .fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect();
            with_container(
                json!({
                    "event": "edi-signing", "kind": said.kind.as_str(), "fields": fields,
                    "needs": said.needs,
                }),
                said.container,
            )
        }
        Said::Unsigned(said) => with_container(
            json!({
                "event": "edi-unsigned", "at_fault": said.at_fault, "code": said.code,
                "text": said.text,
            }),
            said.container,
        ),
    }
}

fn with_container(mut value: Value, container: Option<impl ToString>) -> Value {
    if let Some(container) = container {
        value["container"] = json!(container.to_string());
    }
    value
}

fn checked(file: &Path, profile: &Profile, totals: &Totals) -> Value {
    json!({
        "event": "edi-checked", "file": file.display().to_string(), "profile": profile.name,
        "usable": totals.is_usable(), "refused": totals.refused,
        "interchanges": totals.interchanges, "messages": totals.messages,
        "segments": totals.segments, "findings": totals.findings,
        "documents": totals.documents, "unusable": totals.unusable,
    })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const ORDER: &str = "UNB+UNOA:3+NSL+LSTRTM+351101:0930+R1'UNH+1+COREOR:D:00B:UN'BGM+129+D1+9'\
                         RFF+BM:B1'RFF+TF:4711'NAD+FW+BRANDT'LOC+11+NLRTM:139:6+LSTRTM:TER:ZZZ'\
                         EQD+CN+NSLU1000014+22G1:102:5++3+5'CNT+16:1'UNT+9+1'UNZ+1+R1'";

    fn ran(text: &str, profile: Option<&str>, brief: bool) -> (Result<Exit, Failed>, Vec<Value>) {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("in.edi");
        fs::write(&file, text).unwrap();
        let profile = profile.map(|text| {
            let path = dir.path().join("p.toml");
            fs::write(&path, text).unwrap();
            path
        });
        let out = Output::kept();
        let exit = run(&CheckArgs { file, profile, zone: ZONE.to_owned(), brief }, &out);
        (exit, out.take().into_iter().map(Value::Object).collect())
    }

    fn events<'v>(said: &'v [Value], name: &str) -> Vec<&'v Value> {
        said.iter().filter(|said| said["event"] == name).collect()
    }

    #[test]
    fn an_order_is_explained_and_what_would_be_signed_is_shown() {
        let (exit, said) = ran(ORDER, None, false);
        assert_eq!(exit.unwrap(), Exit::Done);
        assert_eq!(events(&said, "edi-segment").len(), 7);
        let [signing] = events(&said, "edi-signing")[..] else { panic!("{said:?}") };
        assert_eq!(signing["kind"], "release-order");
        assert_eq!(signing["container"], "NSLU1000014");
        assert_eq!(signing["fields"]["bill of lading"], "B1");
        assert_eq!(said.last().unwrap()["usable"], true);
        assert!(!json!(said).to_string().contains("4711"), "a PIN is shown: {said:?}");
    }

    #[test]
    fn segments_can_be_left_out() {
        let (_, said) = ran(ORDER, None, true);
        assert!(events(&said, "edi-segment").is_empty());
        assert_eq!(events(&said, "edi-signing").len(), 1);
    }

    #[test]
    fn a_damaged_file_is_refused_with_code_place_and_remedy() {
        let (exit, said) = ran(&ORDER.replace("UNZ+1+R1'", ""), None, false);
        assert_eq!(exit.unwrap(), Exit::Refused);
        let [finding] = events(&said, "edi-finding")[..] else { panic!("{said:?}") };
        assert_eq!((&finding["stops"], &finding["code"]), (&json!(true), &json!("truncated")));
        assert!(finding["remedy"].as_str().unwrap().contains("send"));
        assert!(events(&said, "edi-signing").is_empty());
    }

    #[test]
    fn the_zone_of_the_port_counts_for_a_profile_that_names_none() {
        let day = ORDER.replace("NAD+FW", "DTM+400:20351231:102'NAD+FW").replace("UNT+9", "UNT+10");
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("in.edi");
        fs::write(&file, &day).unwrap();
        let until = |zone: &str| {
            let out = Output::kept();
            let zone = zone.to_owned();
            run(&CheckArgs { file: file.clone(), profile: None, zone, brief: true }, &out)
                .map(|_| out.take().into_iter().find(|s| s["event"] == "edi-signing").unwrap())
                .map(|signing| signing["fields"]["until"].clone())
        };
        assert_eq!(until("Asia/Shanghai").unwrap(), "2035-12-31T15:59:59.999Z");
        assert_eq!(until(ZONE).unwrap(), "2035-12-31T23:59:59.999Z");
        assert_eq!(until("Asia/Pudong").unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn a_profile_decides_and_one_with_a_slip_is_named() {
        let strict = "name = 'p'\nstrict = true";
        let wrong_count = ORDER.replace("CNT+16:1", "CNT+16:2");
        let (exit, _) = ran(&wrong_count, None, false);
        assert_eq!(exit.unwrap(), Exit::Done);
        let (exit, said) = ran(&wrong_count, Some(strict), false);
        assert_eq!(exit.unwrap(), Exit::Refused);
        assert_eq!(events(&said, "edi-finding")[0]["code"], "equipment-count");
        let (exit, said) = ran(ORDER, Some("name = 'p'\nstrikt = true"), false);
        let failed = exit.unwrap_err();
        assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Usage, "profile-key"));
        assert!(said.is_empty());
    }

    #[test]
    fn a_file_that_is_not_there_is_broken_and_not_empty() {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("absent");
        let args = CheckArgs { file, profile: None, zone: ZONE.to_owned(), brief: false };
        assert_eq!(run(&args, &Output::kept()).unwrap_err().exit, Exit::Broken);
        let (exit, said) = ran("", None, false);
        assert_eq!(exit.unwrap(), Exit::Refused);
        assert_eq!(events(&said, "edi-finding")[0]["code"], "empty-file");
    }
}
