//! Files that come through a channel.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use landside_edifact::syntax::FILE_MAX;
use landside_proto::document::Remark;
use landside_proto::ids::Hash32;
use serde_json::{Map, json};
use tokio::sync::Semaphore;
use tracing::{info, warn};

use super::Channel;
use super::folder::{self, Looks};
use crate::control::Failure;
use crate::home::read_bounded;
use crate::import::{self, Given, Head, ImportOrder, Problem, Source, Tally, Watch};
use crate::ledger::Read;
use crate::node::{Node, clock};
use crate::rows::{self, InterchangeRow, Taken};
use crate::service::{End, Out};
use crate::writer::Command;

/// Most files read at once by all channels of a node; each is in memory whole.
const FILES_AT_ONCE_MAX: usize = 2;

static PLACES: Semaphore = Semaphore::const_new(FILES_AT_ONCE_MAX);

/// Serves a channel until the node ends.
pub(crate) async fn run(node: Node, channel: Arc<Channel>) {
    let mut looks = Looks::default();
    loop {
        if let Err(error) = look(&node, &channel, &mut looks).await {
            let name = &channel.config.name;
            warn!(channel = %name, %error, "folder cannot be served; it is looked at again");
        }
        tokio::time::sleep(channel.every()).await;
    }
}

/// Takes up what was begun, then what came. A file that cannot be dealt with now waits in `work/`.
async fn look(node: &Node, channel: &Channel, looks: &mut Looks) -> io::Result<()> {
    let work = channel.at("work");
    for begun in folder::files(&work)? {
        deal(node, channel, &begun).await?;
    }
    for came in looks.settled(&channel.at("in"))? {
        match folder::take(&came, &work, clock().as_millis()) {
            Ok(taken) => deal(node, channel, &taken).await?,
            Err(error) => {
                let (name, file) = (&channel.config.name, named(&came));
                warn!(channel = %name, %file, %error, "file cannot be taken");
            }
        }
    }
    Ok(())
}

/// Imports a file and puts it where it belongs, with its report.
async fn deal(node: &Node, channel: &Channel, file: &Path) -> io::Result<()> {
    let Ok(_place) = PLACES.acquire().await else { return Ok(()) };
    let body = beside(file);
    let end = import(node, channel, file, &body).await?;
    let (name, channel_name) = (named(file), &channel.config.name);
    let (folder, what) = match &end {
        Dealt::Later(failure) => {
            warn!(channel = %channel_name, file = %name, code = failure.code, text = failure.text,
                "file waits");
            return Ok(());
        }
        Dealt::Done => ("done", "taken"),
        Dealt::Wrong(_) => ("error", "NOT taken, or not all of it"),
    };
    let to = channel.at(folder);
    folder::write(&to.join(format!("{name}.txt")), |out| {
        writeln!(out, "File {name}, channel {channel_name}, {}: {what}.", clock())?;
        if let Dealt::Wrong(Some(Failure { code, text, remedy })) = &end {
            writeln!(out, "{text} [{code}]")?;
            writeln!(out, "{}", remedy.as_deref().unwrap_or_default())?;
        }
        io::copy(&mut File::open(&body)?, out).map(|_| ())
    })?;
    fs::rename(file, to.join(&name))?;
    folder::sync(&to)?;
    fs::remove_file(&body)?;
    info!(channel = %channel_name, file = %name, folder, "file dealt with");
    Ok(())
}

/// How a file ended.
enum Dealt {
    /// Everything was made that it asks for.
    Done,
    /// Something of it, or all, was not.
    Wrong(Option<Failure>),
    /// The node cannot deal with it now.
    Later(Failure),
}

async fn import(node: &Node, channel: &Channel, path: &Path, body: &Path) -> io::Result<Dealt> {
    let mut out = Out::Report(Box::new(BufWriter::new(File::create(body)?)));
    let file = match read_bounded(path, FILE_MAX) {
        Ok(file) => Arc::new(file),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let code = "file-too-large".to_owned();
            let text = format!("the file is longer than {FILE_MAX} bytes");
            let remedy = Some("have it sent in several interchanges".to_owned());
            return Ok(Dealt::Wrong(Some(Failure { code, text, remedy })));
        }
        // A file that its sender lets nobody read must not keep the others waiting.
        Err(error) => {
            let (code, text) =
                ("file-unreadable".to_owned(), format!("it cannot be read: {error}"));
            let remedy = Some("let the node's user read what is put into in/".to_owned());
            return Ok(Dealt::Wrong(Some(Failure { code, text, remedy })));
        }
    };
    let order = order(channel);
    let profile = Arc::clone(&channel.profile);
    let source = Source {
        file: Arc::clone(&file),
        profile,
        order: &order,
        by: None,
        patience: Duration::ZERO,
    };
    let name = named(path);
    let mut watching = Watching { node, channel, file: &file, name: &name, wrong: false };
    let through = import::through(node, &mut out, &source, &mut watching).await;
    if let Out::Report(report) = &mut out {
        report.flush()?;
    }
    match through {
        Ok(tally) if tally.is_complete() && !watching.wrong => Ok(Dealt::Done),
        Ok(_) => Ok(Dealt::Wrong(None)),
        Err(End::Io(error)) => Err(error),
        Err(End::Failed(exit, failure)) => {
            let passing = ["node-stopped", "store-full", "pending-full"];
            if exit == 3 || passing.contains(&failure.code.as_str()) {
                return Ok(Dealt::Later(failure));
            }
            channel.reject(&file);
            Ok(Dealt::Wrong(Some(failure)))
        }
    }
}

fn order(channel: &Channel) -> ImportOrder {
    let config = &channel.config;
    let parties: Map<_, _> =
        config.parties.iter().map(|(code, party)| (code.clone(), json!(party))).collect();
    ImportOrder {
        given: Given::Bytes(Vec::new()),
        profile: None,
        parties,
        release_to: config.release_to.as_ref().map(ToString::to_string),
        terminal: config.terminal.as_ref().map(ToString::to_string),
        renew_days: None,
        person: Remark::parse(format!("channel {}", config.name)).ok(),
        agent_for: config.agent_for.as_ref().map(ToString::to_string),
        preview: false,
    }
}

/// Where the lines about a file in `work/` are written while it is read.
fn beside(file: &Path) -> PathBuf {
    file.with_file_name(format!("{}.report", named(file)))
}

fn named(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Takes each interchange once.
struct Watching<'w> {
    node: &'w Node,
    channel: &'w Channel,
    file: &'w [u8],
    name: &'w str,
    /// Whether an interchange was left out that is none of those taken before.
    wrong: bool,
}

impl Watching<'_> {
    async fn note(&self, head: &Head, state: Taken) -> Result<(), End> {
        let hash = *head.hash.as_bytes();
        let row =
            InterchangeRow { hash, file: self.name.to_owned(), at: clock().as_millis(), state };
        let key = identity(head);
        Ok(self.node.command(|reply| Command::Interchange(key, row, reply)).await?)
    }
}

impl Watch for Watching<'_> {
    async fn begins(&mut self, out: &mut Out, head: &Head) -> Result<bool, End> {
        let (who, reference) = match &head.header {
            Some(header) => (header.sender.id.as_str(), header.control_ref.as_str()),
            None => ("nobody", "none"),
        };
        let note =
            |code: &str, text: String| json!({ "event": "note", "code": code, "text": text });
        let begins = note("interchange", format!("interchange {reference} of {who}"));
        out.line(&begins).await?;
        if head.header.as_ref().is_some_and(|header| header.test) {
            return Ok(true);
        }
        let row = Read::get(
            self.node.inner.store.as_ref(),
            rows::INTERCHANGES,
            identity(head).as_bytes(),
        )?;
        let row = row.map(|row| rows::from_row::<InterchangeRow>(&row)).transpose()?;
        match row {
            Some(row) if row.hash != *head.hash.as_bytes() => {
                self.wrong = true;
                let text = format!(
                    "another interchange {reference} of {who} came with file {}; nothing of this one \
                     was signed: have it sent under a reference of its own",
                    row.file
                );
                out.line(&note("interchange-reused", text)).await?;
                Ok(false)
            }
            Some(row) if row.state == Taken::Complete => {
                let text = format!("the same interchange was taken with file {}", row.file);
                out.line(&note("interchange-duplicate", text)).await?;
                Ok(false)
            }
            Some(_) | None => {
                self.note(head, Taken::Begun).await?;
                Ok(true)
            }
        }
    }

    async fn ended(&mut self, head: &Head, tally: Tally, problems: &[Problem]) -> Result<(), End> {
        if let Some(header) = &head.header {
            let raw = self.file.get(head.span.clone()).unwrap_or_default();
            self.channel.answer(raw, header, problems);
            if header.test {
                return Ok(());
            }
        }
        let state = if tally.is_complete() { Taken::Complete } else { Taken::Incomplete };
        self.note(head, state).await
    }
}

/// What names an interchange: sender, recipient and reference; its bytes where it has no envelope.
fn identity(head: &Head) -> Hash32 {
    let named = head.header.as_ref().map(|header| {
        format!("{}\0{}\0{}", header.sender.id, header.recipient.id, header.control_ref)
    });
    named.map_or(head.hash, |named| Hash32::of(named.as_bytes()))
}
