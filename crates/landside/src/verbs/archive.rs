//! `landside archive`: evidence of closed cases in a folder beside the node, with holds and an end.
//!
//! The folder has a file a case and `index.jsonl`, to which lines are only ever added: what was archived,
//! held, freed and removed, when and by whom. The node's own store is not touched: it deletes nothing.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use data_encoding::BASE64;
use landside_node::control::Request;
use landside_node::home::write_durably;
use landside_node::node::clock;
use landside_proto::ids::{CaseCode, Hash32, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// Cases asked for at once.
const PAGE: usize = 256;

/// The file of all that was said of an archive.
const INDEX: &str = "index.jsonl";

/// What to do with an archive.
#[derive(Debug, Subcommand)]
pub(crate) enum ArchiveVerb {
    /// Write evidence of each case that was closed before a day and is not there yet.
    Write(WriteArgs),
    /// Keep a case in the archive whatever its age.
    Hold(HoldArgs),
    /// End a hold.
    Free(HoldArgs),
    /// Remove the evidence of cases that are older than they need be kept and not on hold.
    Expire(WriteArgs),
    /// See whether every file is there as it was written.
    Check(CheckArgs),
}

/// Which cases, and where.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    landside archive write /srv/archive --before 2027-01-01T00:00:00Z\n  \
    landside archive expire /srv/archive --before 2017-01-01T00:00:00Z\n\n\
    A case counts by its gate-out. Each file is evidence that landside verify checks anywhere. The store\n\
    of the node keeps its documents in any case.")]
pub(crate) struct WriteArgs {
    /// The folder; it is made where it is not there.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Cases whose container left before this moment.
    #[arg(long, value_name = "TIME", value_parser = UnixMillis::parse)]
    before: UnixMillis,
}

/// Which case, who says so, and why.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    landside archive hold /srv/archive K9YF-E79C-3 --person \"Chen Yu\" --reason \"court, file 12/27\"\n  \
    landside archive free /srv/archive K9YF-E79C-3 --person \"Chen Yu\" --reason \"settled\"")]
pub(crate) struct HoldArgs {
    /// The folder.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Case code.
    #[arg(value_name = "CASE", value_parser = CaseCode::normalise)]
    case: CaseCode,
    /// Who says so.
    #[arg(long, value_name = "NAME")]
    person: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Which archive.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside archive check /srv/archive")]
pub(crate) struct CheckArgs {
    /// The folder.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl ArchiveVerb {
    /// Does it.
    ///
    /// # Errors
    /// As [`Node::ask`]; the archive cannot be read or written.
    pub(crate) async fn run(self, home: &Path, out: &Output) -> Result<Exit, Failed> {
        match self {
            Self::Write(args) => write(&args, home, out).await,
            Self::Hold(args) => hold(&args, true, out),
            Self::Free(args) => hold(&args, false, out),
            Self::Expire(args) => expire(&args, out),
            Self::Check(args) => check(&args, out),
        }
    }
}

/// A line of the index.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "kebab-case")]
enum Line {
    Archived { case: String, left_at: UnixMillis, sha256: String, at: UnixMillis },
    Held { case: String, person: String, reason: String, at: UnixMillis },
    Freed { case: String, person: String, reason: String, at: UnixMillis },
    Expired { case: String, at: UnixMillis },
}

/// How a case stands in an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Stand {
    /// When its container left, and the hash of its file, while that is kept.
    kept: Option<(UnixMillis, String)>,
    is_held: bool,
}

/// An archive as its index tells.
#[derive(Debug, Default)]
struct Archive(BTreeMap<String, Stand>);

impl Archive {
    fn open(dir: &Path) -> Result<Self, Failed> {
        let path = dir.join(INDEX);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(broken(&path, &error)),
        };
        let mut archive = Self::default();
        for (at, line) in text.lines().enumerate() {
            let line = serde_json::from_str(line);
            archive
                .fold(line.map_err(|error| broken(&path, &format!("line {}: {error}", at + 1)))?);
        }
        Ok(archive)
    }

    fn fold(&mut self, line: Line) {
        match line {
            Line::Archived { case, left_at, sha256, .. } => {
                self.0.entry(case).or_default().kept = Some((left_at, sha256));
            }
            Line::Held { case, .. } => self.0.entry(case).or_default().is_held = true,
            Line::Freed { case, .. } => self.0.entry(case).or_default().is_held = false,
            Line::Expired { case, .. } => self.0.entry(case).or_default().kept = None,
        }
    }

    /// Cases that need not be kept any more.
    fn expired(&self, before: UnixMillis) -> Vec<&str> {
        let over = |stand: &Stand| {
            !stand.is_held && stand.kept.as_ref().is_some_and(|(left_at, _)| *left_at < before)
        };
        self.0.iter().filter(|(_, stand)| over(stand)).map(|(case, _)| case.as_str()).collect()
    }
}

fn file_of(dir: &Path, case: &str) -> PathBuf {
    dir.join(format!("{case}.landside"))
}

/// Adds a line, durably: before what it says is lost, after what it says is there.
fn add(dir: &Path, line: &Line) -> Result<(), Failed> {
    let path = dir.join(INDEX);
    let text = serde_json::to_string(line).map_err(|error| broken(&path, &error))?;
    let mut options = OpenOptions::new();
    let file = options.append(true).create(true).open(&path);
    let added = file.and_then(|mut file| {
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync_all()
    });
    added.map_err(|error| broken(&path, &error))
}

async fn write(args: &WriteArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    fs::create_dir_all(&args.dir).map_err(|error| broken(&args.dir, &error))?;
    let (archive, node) = (Archive::open(&args.dir)?, Node::of(home)?);
    let (mut written, mut after) = (0u64, None);
    loop {
        let lines = node.gather(&Request::Cases { after, limit: PAGE }).await?;
        let text = |line: &serde_json::Map<String, Value>, name: &str| {
            line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        for line in lines.iter().filter(|line| text(line, "state") == "closed") {
            let case = text(line, "code");
            if archive.0.get(&case).is_some_and(|stand| stand.kept.is_some()) {
                continue;
            }
            if let Some(left_at) = left_at(&node, &case).await?.filter(|at| *at < args.before) {
                write_one(&node, (&args.dir, &case), left_at).await?;
                written += 1;
            }
        }
        match lines.last() {
            Some(last) if lines.len() == PAGE => after = Some(text(last, "code")),
            _ => break,
        }
    }
    out.value(
        json!({ "event": "archived", "dir": args.dir.display().to_string(), "cases": written }),
    );
    Ok(Exit::Done)
}

/// When the container of a case left.
async fn left_at(node: &Node, case: &str) -> Result<Option<UnixMillis>, Failed> {
    let cases = node.gather(&Request::Status { subject: case.to_owned() }).await?;
    let at = cases.first().and_then(|case| case.get("gate_out")?.get("left_at")?.as_str());
    Ok(at.and_then(|at| UnixMillis::parse(at).ok()))
}

async fn write_one(
    node: &Node,
    (dir, case): (&Path, &str),
    left_at: UnixMillis,
) -> Result<(), Failed> {
    let mut bytes = Vec::new();
    for object in node.gather(&Request::Export { subject: case.to_owned() }).await? {
        if let Some(part) = object.get("base64").and_then(Value::as_str) {
            let part = BASE64.decode(part.as_bytes());
            bytes.extend(part.map_err(|e| Failed::broken("answer-unreadable", e))?);
        }
    }
    write_durably(&file_of(dir, case), &bytes)?;
    let sha256 = Hash32::of(&bytes).to_string();
    add(dir, &Line::Archived { case: case.to_owned(), left_at, sha256, at: clock() })
}

fn hold(args: &HoldArgs, holds: bool, out: &Output) -> Result<Exit, Failed> {
    let HoldArgs { dir, case, person, reason } = args;
    let (case, person, reason, at) = (case.to_string(), person.clone(), reason.clone(), clock());
    // A case may be held before it is archived.
    let stand = Archive::open(dir)?.0.get(&case).cloned().unwrap_or_default();
    if stand.is_held == holds {
        let text = format!("{case} is {} hold", if holds { "already on" } else { "not on" });
        return Err(Failed::usage("hold", text, "see index.jsonl of the archive"));
    }
    let line = match holds {
        true => Line::Held { case, person, reason, at },
        false => Line::Freed { case, person, reason, at },
    };
    add(dir, &line)?;
    out.remark(if holds { "held" } else { "freed" });
    Ok(Exit::Done)
}

fn expire(args: &WriteArgs, out: &Output) -> Result<Exit, Failed> {
    let archive = Archive::open(&args.dir)?;
    let expired = archive.expired(args.before);
    for case in &expired {
        let file = file_of(&args.dir, case);
        // Said first: a file without a line would be evidence that nobody knows of.
        add(&args.dir, &Line::Expired { case: (*case).to_owned(), at: clock() })?;
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(broken(&file, &error));
            }
            _ => {}
        }
    }
    let held = archive.0.values().filter(|stand| stand.is_held && stand.kept.is_some()).count();
    out.value(json!({
        "event": "expired", "dir": args.dir.display().to_string(), "cases": expired.len(),
        "held": held,
    }));
    Ok(Exit::Done)
}

fn check(args: &CheckArgs, out: &Output) -> Result<Exit, Failed> {
    let archive = Archive::open(&args.dir)?;
    let (mut good, mut wrong) = (0u64, Vec::new());
    for (case, stand) in &archive.0 {
        let Some((_, sha256)) = &stand.kept else { continue };
        match fs::read(file_of(&args.dir, case)) {
            Ok(bytes) if Hash32::of(&bytes).to_string() == *sha256 => good += 1,
            Ok(_) => wrong.push(format!("{case} was changed")),
            Err(error) => wrong.push(format!("{case}: {error}")),
        }
    }
    let exit = if wrong.is_empty() { Exit::Done } else { Exit::Refused };
    out.value(json!({
        "event": "archive-checked", "dir": args.dir.display().to_string(), "cases": good,
        "problems": wrong,
    }));
    Ok(exit)
}

fn broken(path: &Path, error: &dyn std::fmt::Display) -> Failed {
    Failed::broken("file", format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u64) -> UnixMillis {
        UnixMillis::from_millis(1_800_000_000_000 + n * 86_400_000)
    }

    fn archived(dir: &Path, case: &str, left: u64) {
        let bytes = case.as_bytes();
        fs::write(file_of(dir, case), bytes).unwrap();
        let sha256 = Hash32::of(bytes).to_string();
        add(dir, &Line::Archived { case: case.to_owned(), left_at: day(left), sha256, at: day(9) })
            .unwrap();
    }

    fn expire_before(dir: &Path, n: u64) -> Value {
        let out = Output::kept();
        expire(&WriteArgs { dir: dir.to_owned(), before: day(n) }, &out).unwrap();
        Value::Object(out.take().remove(0))
    }

    #[test]
    fn what_is_on_hold_outlives_its_time_until_the_hold_ends() {
        let dir = tempfile::TempDir::new().unwrap();
        let dir = dir.path();
        for (case, left) in [("K9YF-E79C-3", 1), ("OLD", 1), ("NEW", 5)] {
            archived(dir, case, left);
        }
        let case = CaseCode::normalise("K9YF-E79C-3").unwrap();
        let args = HoldArgs {
            dir: dir.to_owned(),
            case,
            person: "Chen Yu".to_owned(),
            reason: "court".to_owned(),
        };
        let held = file_of(dir, &case.to_string());
        assert!(held.exists());
        hold(&args, true, &Output::kept()).unwrap();
        assert_eq!(hold(&args, true, &Output::kept()).unwrap_err().failure.code, "hold");
        let said = expire_before(dir, 3);
        assert_eq!((&said["cases"], &said["held"]), (&json!(1), &json!(1)), "{said}");
        assert!(held.exists() && !file_of(dir, "OLD").exists() && file_of(dir, "NEW").exists());
        hold(&args, false, &Output::kept()).unwrap();
        assert_eq!(expire_before(dir, 3)["cases"], json!(1));
        assert!(!held.exists());
        assert_eq!(expire_before(dir, 3)["cases"], json!(0), "it expires once");
    }

    #[test]
    fn a_file_that_was_changed_or_is_gone_is_found() {
        let dir = tempfile::TempDir::new().unwrap();
        let args = CheckArgs { dir: dir.path().to_owned() };
        for case in ["A", "B", "C"] {
            archived(dir.path(), case, 1);
        }
        assert_eq!(check(&args, &Output::kept()).unwrap(), Exit::Done);
        fs::write(file_of(dir.path(), "B"), b"other").unwrap();
        fs::remove_file(file_of(dir.path(), "C")).unwrap();
        let out = Output::kept();
        assert_eq!(check(&args, &out).unwrap(), Exit::Refused);
        let said = out.take().remove(0);
        assert_eq!(said["problems"].as_array().map(Vec::len), Some(2), "{said:?}");
    }

    #[test]
    fn an_index_that_cannot_be_read_removes_nothing() {
        let dir = tempfile::TempDir::new().unwrap();
        archived(dir.path(), "A", 1);
        fs::write(dir.path().join(INDEX), b"{\"said\":\"something\"}\n").unwrap();
        let args = WriteArgs { dir: dir.path().to_owned(), before: day(3) };
        assert!(expire(&args, &Output::kept()).is_err());
        assert!(file_of(dir.path(), "A").exists());
    }
}
