//! `landside verify`: checks documents in files with nothing but a directory edition, and evidence
//! files with nothing but themselves.

mod evidence;
mod rotated;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use data_encoding::HEXLOWER_PERMISSIVE;
use landside_node::home::Home;
use landside_node::node::clock;
use landside_node::rotations::Known;
use landside_proto::directory::{Authorities, BUNDLE_MAX, Directory, Drivers, peek_bundle};
use landside_proto::document::Document;
use landside_proto::envelope::{self, ENVELOPE_MAX, Signed};
use landside_proto::evidence::{EVIDENCE_MAX, is_evidence};
use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::presentation;
use landside_proto::refusal::{Code, Refusal};
use landside_proto::sealed::Disclosure;
use serde_json::{Value, json};

use crate::exit::{Exit, Failed};
use crate::output::Output;
use crate::span::moment;

/// Which files, and whose keys count.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside verify release.cose\n  \
    landside verify *.cose --directory edition-1.bundle --at 2026-11-23T04:00:00Z\n  \
    landside verify release.cose --disclosures release.sealed\n  \
    landside verify case.landside --trust 9f2c0000000000000000000000000000000000000000000000000000000000aa\n  \
    landside verify case.landside --editions 1.bundle --editions 2.bundle \\\n    \
    --trust 9f2c0000000000000000000000000000000000000000000000000000000000aa\n  \
    landside verify case.landside --witnesses 2 --html case.html\n\n\
    A file is an evidence file, an envelope, its hexadecimal digits, or the LS1: text of a pass.\n\
    An evidence file needs nothing but itself: no node, no home, no network. For the others, drivers\n\
    count when their hauliers' driver-credentials are among the files, and a key that no edition has\n\
    yet when its key-rotation is, or when the node of the home knows it. Exit status 1 when anything\n\
    is refused, or an evidence file is broken or shows that somebody did wrong; 4 when nothing\n\
    leads from what --trust says to an evidence file, or the file lacks what shows whose key signed;\n\
    5 when it has a part of a case and --part is not given.")]
pub(crate) struct VerifyArgs {
    /// Files; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Edition whose keys count [default: the one in force at the home].
    #[arg(long, value_name = "BUNDLE")]
    directory: Option<PathBuf>,
    /// Id of that edition, or of one in an evidence file, as the authority said it by another channel; may
    /// be given several times, one of them is enough.
    #[arg(long, value_name = "ID", value_parser = Hash32::parse)]
    trust: Vec<Hash32>,
    /// Bundle of an edition on the way from a trusted one to those of an evidence file; may be given several
    /// times, in any order, and by any channel. Bring the trusted one too.
    #[arg(long, value_name = "BUNDLE", requires = "trust")]
    editions: Vec<PathBuf>,
    /// How many other parties must have cosigned the terminal's log: exit status 1 with fewer [default: 1,
    /// and no such status].
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(1..=31))]
    witnesses: Option<u8>,
    /// Write what an evidence file shows as a page for a browser or printer.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the page over a file that is there.
    #[arg(long, requires = "html")]
    force: bool,
    /// A part of a case, as hauliers and drivers have it, is what is wanted: exit status 0 for it.
    #[arg(long)]
    part: bool,
    /// Disclosures of sealed fields of these documents, one a line in hexadecimal digits.
    #[arg(long, value_name = "FILE")]
    disclosures: Option<PathBuf>,
    /// Moment at which keys must be in force and passes alive [default: now].
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<UnixMillis>,
}

/// Opens each file and says what it is, or why it is refused.
///
/// # Errors
/// The directory or a file cannot be read.
pub(crate) async fn run(args: VerifyArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let files = read_all(&args)?;
    let of_home = args.directory.is_none() && args.trust.is_empty();
    let known = match Home::at(home) {
        Ok(_) if of_home && files.iter().any(|(_, bytes)| !is_evidence(bytes)) => {
            rotated::known_at(home).await?
        }
        _ => Vec::new(),
    };
    checked(&args, files, home, &known, out)
}

/// Every file with its bytes.
fn read_all(args: &VerifyArgs) -> Result<Files<'_>, Failed> {
    args.files.iter().map(|file| read(file).map(|bytes| (file, bytes))).collect()
}

type Files<'a> = Vec<(&'a PathBuf, Vec<u8>)>;

fn checked(
    args: &VerifyArgs,
    files: Files<'_>,
    home: &Path,
    known: &[Known],
    out: &Output,
) -> Result<Exit, Failed> {
    let (evidence, documents): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(_, bytes)| is_evidence(bytes));
    if args.html.is_some() && (evidence.len() != 1 || !documents.is_empty()) {
        let remedy = "name one evidence file";
        return Err(Failed::usage("not-one-file", "a page is of one evidence file", remedy));
    }
    if let Some(html) = args.html.as_deref().filter(|_| !args.force) {
        // It may be the evidence itself.
        is_free(html)?;
    }
    let brought = evidence::Brought::read(args)?;
    let mut exit = Exit::Done;
    for (file, bytes) in evidence {
        let html = args.html.as_deref();
        exit = worse(exit, evidence::run(file, &bytes, &brought, html, out)?);
    }
    if documents.is_empty() {
        return Ok(exit);
    }
    if !args.trust.is_empty() && args.directory.is_none() {
        if documents.iter().any(|(_, bytes)| Shown::of(bytes.clone()).is_err()) {
            return Err(neither(&documents));
        }
        let remedy = "name the edition's file with --directory";
        return Err(Failed::usage("no-directory", "--trust is of an edition in a file", remedy));
    }
    Ok(worse(exit, each(args, documents, (home, known), out)?))
}

/// Refuses to write over anything that is there.
fn is_free(html: &Path) -> Result<(), Failed> {
    if fs::symlink_metadata(html).is_err() {
        return Ok(());
    }
    let text = format!("{} is there already", html.display());
    Err(Failed::usage("file-exists", text, "name another file, or write over it with --force"))
}

/// What several files come to: one that is refused counts more than one that cannot be judged.
fn worse(one: Exit, other: Exit) -> Exit {
    let rank = |exit: &Exit| match exit {
        Exit::Done => 0,
        Exit::Part => 1,
        Exit::Unjudged => 2,
        Exit::Refused | Exit::Usage | Exit::Broken => 3,
    };
    std::cmp::max_by_key(one, other, rank)
}

/// Without a directory nothing but evidence can be verified, and these files are none.
fn neither(files: &[(&PathBuf, Vec<u8>)]) -> Failed {
    let names: Vec<_> = files.iter().map(|(file, _)| file.display().to_string()).collect();
    let text = format!(
        "{}: no evidence file, or its first bytes are damaged; and there is no directory to verify \
         documents by",
        names.join(", ")
    );
    let remedy = "compare the file with another copy; for documents give --directory and --trust";
    Failed { exit: Exit::Refused, ..Failed::usage("not-evidence", text, remedy) }
}

/// Opens files that are no evidence.
fn each(
    args: &VerifyArgs,
    files: Files<'_>,
    (home, known): (&Path, &[Known]),
    out: &Output,
) -> Result<Exit, Failed> {
    // To the millisecond: a rotation counts from the one on in which it was registered.
    let at = args.at.unwrap_or_else(clock);
    let directory = match &args.directory {
        None => match Home::at(home) {
            Err(_)
                if files.iter().any(|(_, bytes)| envelope::reopen(bytes.as_slice()).is_err()) =>
            {
                return Err(neither(&files));
            }
            home => home?.directory(clock())?,
        },
        Some(file) => Arc::new(founded(file, &args.trust, at, out)?),
    };
    let mut authorities =
        Authorities { directory, drivers: Arc::default(), rotations: Arc::default() };
    let files: Vec<_> = files.into_iter().map(|(file, bytes)| (file, Shown::of(bytes))).collect();
    authorities.rotations = Arc::new(rotated::known(home, known));
    rotated::take(&files, &mut authorities);
    authorities.drivers = Arc::new(vouched(&files, &authorities, at));

    let mut disclosures = match &args.disclosures {
        None => Vec::new(),
        Some(file) => disclosures_in(file)?,
    };

    let mut exit = Exit::Done;
    for (file, bytes) in &files {
        let opened =
            bytes.as_ref().map_err(Clone::clone).and_then(|shown| shown.open(&authorities, at));
        if opened.is_err() {
            exit = Exit::Refused;
        }
        let mut said = told(file, &opened, bytes.as_ref().ok());
        if let Ok(signed) = &opened
            && signed.document().sealed().is_some()
        {
            said["disclosed"] = Value::Object(disclosed(signed, &mut disclosures));
        }
        out.value(said);
    }
    // One that no document of these seals proves nothing of them.
    if let (Some(file), false) = (&args.disclosures, disclosures.is_empty()) {
        let refusal = Refusal::new(
            Code::DisclosureMismatch,
            format!("{} of the lines are of no document here", disclosures.len()),
        );
        exit = Exit::Refused;
        out.value(told(file, &Err(refusal), None));
    }
    Ok(exit)
}

/// The values of a document's sealed fields that the disclosures give; those are taken off the list.
fn disclosed(
    signed: &Signed<Document>,
    disclosures: &mut Vec<Vec<u8>>,
) -> serde_json::Map<String, Value> {
    let mut values = serde_json::Map::new();
    disclosures.retain(|bytes| match Disclosure::open(bytes, signed) {
        Ok(opened) => {
            values.insert(opened.field().as_str().to_owned(), json!(opened.value().reveal()));
            false
        }
        Err(_) => true,
    });
    values
}

/// The lines of a file of disclosures. What is no hexadecimal number stays, and opens nothing.
fn disclosures_in(file: &Path) -> Result<Vec<Vec<u8>>, Failed> {
    let bytes = read_bytes(file, DISCLOSURES_FILE_MAX)?;
    if bytes.len() > DISCLOSURES_FILE_MAX {
        let text = format!("{}: longer than {DISCLOSURES_FILE_MAX} bytes", file.display());
        return Err(Failed::broken("file", text));
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let bytes_of = |line: &str| {
        HEXLOWER_PERMISSIVE.decode(line.as_bytes()).unwrap_or_else(|_| line.as_bytes().to_vec())
    };
    Ok(lines.map(bytes_of).collect())
}

/// Longest file of disclosures: those of some hundred documents.
const DISCLOSURES_FILE_MAX: usize = 1024 * 1024;

/// The directory of a bundle. Without an id to trust, it is its own witness, which is told.
fn founded(
    file: &Path,
    trust: &[Hash32],
    at: UnixMillis,
    out: &Output,
) -> Result<Directory, Failed> {
    let bundle = read_bytes(file, BUNDLE_MAX)?;
    let (edition, own) = peek_bundle(&bundle)?;
    if trust.is_empty() {
        out.value(json!({
            "event": "note",
            "code": "edition-not-compared",
            "text": format!("edition {} has id {own}; compare it by another channel, or say --trust", edition.number),
        }));
    }
    // First whether anybody signed it: what nobody did is no other list either.
    let directory = Directory::found(&bundle, own, at)?;
    if let Some(first) = trust.first().filter(|_| !trust.contains(&own)) {
        let text = format!(
            "edition {} in {} has id {own}, and that is not the one you trust: {first}",
            edition.number,
            file.display()
        );
        let remedy = "name the file of the edition that --trust is of; if that has this number too, alarm \
                      the authority";
        let failed = Failed::usage("edition-not-trusted", text, remedy);
        return Err(Failed { exit: Exit::Refused, ..failed });
    }
    Ok(directory)
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

/// The same, with who signed for the issuer.
fn with_agent(signed: &Signed<Document>, mut view: Value) -> Value {
    if let (Some(agent), Some(source)) = (signed.document().agent(), signed.document().source()) {
        view["agent"] = json!({ "party": agent, "message": source.interchange });
    }
    view
}

fn told(file: &Path, opened: &Result<Signed<Document>, Refusal>, shown: Option<&Shown>) -> Value {
    let file = file.display().to_string();
    match opened {
        Ok(signed) => with_agent(
            signed,
            json!({
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
        ),
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

/// Reads a file; of one that is no evidence, no more than any other can have.
fn read(file: &Path) -> Result<Vec<u8>, Failed> {
    let mut bytes = read_bytes(file, EVIDENCE_MAX)?;
    if !is_evidence(&bytes) {
        // Hexadecimal takes two characters a byte, and a line end; one byte more is too long.
        bytes.truncate(2 * ENVELOPE_MAX + 3);
    }
    Ok(bytes)
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
