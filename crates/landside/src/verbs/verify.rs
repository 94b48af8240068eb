//! `landside verify`: checks documents in files, with nothing but a directory edition.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use data_encoding::HEXLOWER_PERMISSIVE;
use landside_node::home::Home;
use landside_proto::directory::{Authorities, BUNDLE_MAX, Directory, Drivers, peek_bundle};
use landside_proto::document::Document;
use landside_proto::envelope::{self, ENVELOPE_MAX, Signed};
use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::presentation;
use landside_proto::refusal::{Code, Refusal};
use serde_json::{Value, json};

use crate::exit::{Exit, Failed};
use crate::output::Output;
use crate::span::{moment, now};

/// Which files, and whose keys count.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside verify release.cose\n  \
    landside verify *.cose --directory edition-1.bundle --at 2026-11-23T04:00:00Z\n\n\
    A file is an envelope, its hexadecimal digits, or the LS1: text of a pass. Drivers count when\n\
    their hauliers' driver-credentials are among the files. Exit status 1 when any is refused.")]
pub(crate) struct VerifyArgs {
    /// Files; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Edition whose keys count [default: the one in force at the home].
    #[arg(long, value_name = "BUNDLE")]
    directory: Option<PathBuf>,
    /// Id of that edition, as the authority said it by another channel.
    #[arg(long, value_name = "ID", value_parser = Hash32::parse, requires = "directory")]
    trust: Option<Hash32>,
    /// Moment at which keys must be in force and passes alive [default: now].
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<UnixMillis>,
}

/// Opens each file and says what it is, or why it is refused.
///
/// # Errors
/// The directory or a file cannot be read.
pub(crate) fn run(args: VerifyArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let at = args.at.unwrap_or_else(now);
    let directory = match &args.directory {
        None => Home::at(home)?.directory(now())?,
        Some(file) => Arc::new(founded(file, args.trust, at, out)?),
    };
    let mut authorities = Authorities { directory, drivers: Arc::new(Drivers::default()) };
    let files: Vec<_> = args
        .files
        .iter()
        .map(|file| read(file).map(|bytes| (file, bytes)))
        .collect::<Result<_, _>>()?;
    authorities.drivers = Arc::new(vouched(&files, &authorities, at));

    let mut exit = Exit::Done;
    for (file, bytes) in &files {
        let opened =
            bytes.as_ref().map_err(Clone::clone).and_then(|shown| shown.open(&authorities, at));
        if opened.is_err() {
            exit = Exit::Refused;
        }
        out.value(told(file, opened, bytes.as_ref().ok()));
    }
    Ok(exit)
}

/// The directory of a bundle. Without an id to trust, it is its own witness, which is told.
fn founded(
    file: &Path,
    trust: Option<Hash32>,
    at: UnixMillis,
    out: &Output,
) -> Result<Directory, Failed> {
    let bundle = read_bytes(file, BUNDLE_MAX)?;
    let id = match trust {
        Some(id) => id,
        None => {
            let (edition, id) = peek_bundle(&bundle)?;
            out.value(json!({
                "event": "note",
                "code": "edition-not-compared",
                "text": format!("edition {} has id {id}; compare it by another channel, or say --trust", edition.number),
            }));
            id
        }
    };
    Ok(Directory::found(&bundle, id, at)?)
}

/// What a file holds, by its first bytes.
enum Shown {
    /// A COSE_Sign1 envelope.
    Envelope(Vec<u8>),
    /// The text of a pass at the gate.
    Text(String),
}

impl Shown {
    fn of(bytes: Vec<u8>) -> Result<Self, Refusal> {
        if bytes.first() == Some(&TAG_SIGN1) {
            return Ok(Self::Envelope(bytes));
        }
        let malformed = || Refusal::new(Code::Malformed, "neither an envelope, its hex, nor LS1:");
        let text = String::from_utf8(bytes).map_err(|_| malformed())?;
        let text = text.trim();
        if text.starts_with("LS1:") {
            return Ok(Self::Text(text.to_owned()));
        }
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| malformed())?;
        Ok(Self::Envelope(bytes))
    }

    fn open(&self, authorities: &Authorities, at: UnixMillis) -> Result<Signed<Document>, Refusal> {
        match self {
            Self::Envelope(bytes) => envelope::open(bytes.clone(), authorities, at),
            Self::Text(text) => presentation::read(text, authorities, at).map(|shown| shown.pass),
        }
    }
}

/// First byte of an envelope: CBOR tag 18 (RFC 9052 § 2).
const TAG_SIGN1: u8 = 0xd2;

/// The drivers that the credentials among the files vouch for, in the order they were issued.
fn vouched(
    files: &[(&PathBuf, Result<Shown, Refusal>)],
    authorities: &Authorities,
    at: UnixMillis,
) -> Drivers {
    let mut credentials: Vec<_> = files
        .iter()
        .filter_map(|(_, shown)| shown.as_ref().ok()?.open(authorities, at).ok())
        .filter(|signed| matches!(signed.document(), Document::DriverCredential(_)))
        .collect();
    credentials.sort_by_key(Signed::issued_at);
    let mut drivers = Drivers::default();
    for credential in &credentials {
        drivers.apply(credential);
    }
    drivers
}

fn told(file: &Path, opened: Result<Signed<Document>, Refusal>, shown: Option<&Shown>) -> Value {
    let file = file.display().to_string();
    match opened {
        Ok(signed) => json!({
            "event": "verified",
            "file": file,
            "verdict": "good",
            "id": signed.id(),
            "kind": signed.document().kind().as_str(),
            "issuer": signed.issuer(),
            "key": signed.key_id(),
            "issued_at": signed.issued_at(),
            "payload": signed.document(),
        }),
        Err(refusal) => {
            let mut refused = json!({
                "code": refusal.code.as_str(),
                "detail": refusal.detail,
                "remedy": refusal.code.remedy(),
            });
            if let Some(id) = refusal.names {
                refused["names"] = json!(id);
            }
            let mut said = json!({
                "event": "verified",
                "file": file,
                "verdict": "refused",
                "refused": refused,
            });
            if let Some(Shown::Envelope(bytes)) = shown {
                said["id"] = json!(envelope::claimed_id(bytes));
            }
            said
        }
    }
}

/// Reads a file: what it holds, or that it holds nothing that can be opened.
fn read(file: &Path) -> Result<Result<Shown, Refusal>, Failed> {
    // Hexadecimal takes two characters a byte, and a line end.
    Ok(Shown::of(read_bytes(file, 2 * ENVELOPE_MAX + 2)?))
}

/// At most one byte more than `max`, which no reader takes.
fn read_bytes(file: &Path, max: usize) -> Result<Vec<u8>, Failed> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        fs::File::open(file).and_then(|opened| opened.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failed::broken("file", format!("{}: {error}", file.display())))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
