//! Writing a backup.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landside_proto::ids::UnixMillis;
use tracing::info;

use super::form::{FILE_PART, Head, Kind, Sink, Tail, file_chunk, rows_chunk};
use super::tap::{Tap, Tapped};
use super::{BackupError, at_file};
use crate::home::Home;
use crate::ledger::PAGE;
use crate::node::{Node, clock};
use crate::store::{Range, SledStore, Store, StoreOptions, Table};
use crate::writer::Command;

/// What of a home goes into a backup beside the store: files, and folders of files. Not the socket, not
/// the certificates of two weeks, and nothing that says how this home stands to backups.
const FILES: [&str; 6] =
    ["actor", "config.toml", "drivers.json", "people.json", "shares.json", "store-made"];
const FOLDERS: [&str; 4] = ["directory", "alarms", "profiles", "out"];
/// Private keys, as they are at rest.
const KEYS: &str = "keys";

/// Whether private keys go along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysToo {
    /// As they are at rest: whoever has the backup has them, unless they are encrypted.
    Yes,
    /// They are kept elsewhere.
    No,
}

/// A backup that was made.
#[derive(Debug, Clone)]
pub struct BackupReport {
    /// The file.
    pub file: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Rows read.
    pub rows: u64,
    /// Batches committed meanwhile.
    pub batches: u64,
    /// Files of the home.
    pub files: u64,
    /// When it was done: it has every change until then.
    pub done_at: UnixMillis,
}

impl BackupReport {
    /// As the event `backup`.
    #[must_use]
    pub fn view(&self) -> serde_json::Value {
        serde_json::json!({
            "event": "backup", "file": self.file.display().to_string(), "bytes": self.bytes,
            "rows": self.rows, "batches": self.batches, "files": self.files,
            "done_at": self.done_at,
        })
    }
}

impl Node {
    /// Writes a backup into a folder, while the node goes on.
    ///
    /// # Errors
    /// [`BackupError`]; then nothing is left in the folder.
    pub async fn backup(&self, dir: PathBuf, keys: KeysToo) -> Result<BackupReport, BackupError> {
        let alone = Arc::clone(&self.inner.operating.backing_up).try_lock_owned();
        let alone = alone.map_err(|_| BackupError::UnderWay)?;
        let (tap, tapped) = Tap::new();
        self.tap(Some(tap)).await?;
        let (node, end) = (self.clone(), self.clone());
        let runtime = tokio::runtime::Handle::current();
        // To its end, also when nobody waits for it any more.
        let written = tokio::task::spawn_blocking(move || {
            let _alone = alone;
            let store = node.inner.store.as_ref();
            // Nothing is committed behind the last page that the tap has not seen.
            let untap = || runtime.block_on(end.tap(None));
            write(&node.inner.home, store, (&dir, keys), Some((&tapped, &untap)))
        });
        written.await.map_err(|_| BackupError::Stopping)?
    }

    async fn tap(&self, tap: Option<Tap>) -> Result<(), BackupError> {
        let tapped = self.command(|reply| Command::Tap { tap, reply }).await;
        tapped.map_err(|_| BackupError::Stopping)
    }
}

/// Writes a backup of a home whose node is stopped.
///
/// # Errors
/// [`BackupError`].
pub fn backup_stopped(home: &Home, dir: &Path, keys: KeysToo) -> Result<BackupReport, BackupError> {
    let options = StoreOptions { create: false, ..StoreOptions::default() };
    let store = SledStore::open(home.store_dir(), options)?;
    write(home, &store, (dir, keys), None)
}

/// What the writer committed meanwhile, and how to end that.
type Meanwhile<'a> = Option<(&'a Tapped, &'a dyn Fn() -> Result<(), BackupError>)>;

fn write(
    home: &Home,
    store: &dyn Store,
    (dir, keys): (&Path, KeysToo),
    meanwhile: Meanwhile<'_>,
) -> Result<BackupReport, BackupError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| at_file(dir, error))?;
    let (actor, begun_at) = (home.actor()?.to_string(), clock());
    let name = actor.replace(':', "-");
    let file = dir.join(format!("{name}-{}.landside-backup", stamp(begun_at)));
    let unfinished = file.with_extension("unfinished");
    let program = env!("CARGO_PKG_VERSION").to_owned();
    let head = Head { actor, program, begun_at };
    let written = write_file(home, store, (&unfinished, keys), &head, meanwhile);
    let report = written.and_then(|tail| {
        fs::rename(&unfinished, &file)
            .and_then(|()| File::open(dir)?.sync_all())
            .and_then(|()| Ok((tail, fs::metadata(&file)?.len())))
            .map_err(|error| at_file(&file, error))
    });
    let (tail, bytes) = report.inspect_err(|_| {
        // What is not whole is of no use to anybody.
        let _ = fs::remove_file(&unfinished);
    })?;
    home.note_backup(tail.done_at)?;
    info!(file = %file.display(), bytes, "backup written");
    let Tail { done_at, rows, batches, files, .. } = tail;
    Ok(BackupReport { file, bytes, rows, batches, files, done_at })
}

fn write_file(
    home: &Home,
    store: &dyn Store,
    (path, keys): (&Path, KeysToo),
    head: &Head,
    meanwhile: Meanwhile<'_>,
) -> Result<Tail, BackupError> {
    let wrong = |error: io::Error| at_file(path, error);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut sink = Sink::begin(BufWriter::new(file.map_err(wrong)?)).map_err(wrong)?;
    sink.chunk(Kind::Head, &json(head)).map_err(wrong)?;
    let (mut rows, mut batches) = (0, 0);
    let mut take_batches = |sink: &mut Sink<_>| -> Result<(), BackupError> {
        while let Some(batch) = meanwhile.and_then(|(tapped, _)| tapped.next()) {
            sink.chunk(Kind::Batch, &batch).map_err(wrong)?;
            batches += 1;
        }
        Ok(())
    };
    for table in 0..=u8::MAX {
        let mut from = Vec::new();
        loop {
            let range = Range { from: &from, ..Range::all(Table(table)) };
            let page = store.scan(&range, PAGE)?;
            if let Some((last, _)) = page.last() {
                from = Range::after(last);
                rows += u64::try_from(page.len()).unwrap_or_default();
                sink.chunk(Kind::Rows, &rows_chunk(Table(table), &page)).map_err(wrong)?;
            }
            take_batches(&mut sink)?;
            if page.len() < PAGE {
                break;
            }
        }
    }
    if let Some((tapped, untap)) = meanwhile {
        untap()?;
        take_batches(&mut sink)?;
        if tapped.missed() {
            return Err(BackupError::Behind);
        }
    }
    let files = write_files(home, keys, &mut sink, path)?;
    let keys = keys == KeysToo::Yes;
    let tail = Tail { done_at: clock(), rows, batches, files, keys };
    sink.chunk(Kind::Tail, &json(&tail)).map_err(wrong)?;
    let file = sink.end().map_err(wrong)?.into_inner().map_err(|e| wrong(e.into_error()))?;
    file.sync_all().map_err(wrong)?;
    Ok(tail)
}

/// The files of a home, as they are now; each was replaced whole by whoever changed it.
fn write_files(
    home: &Home,
    keys: KeysToo,
    sink: &mut Sink<BufWriter<File>>,
    to: &Path,
) -> Result<u64, BackupError> {
    let mut names: Vec<PathBuf> = FILES.iter().map(PathBuf::from).collect();
    let folders = FOLDERS.into_iter().chain((keys == KeysToo::Yes).then_some(KEYS));
    for folder in folders {
        let path = home.path().join(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(at_file(&path, error)),
        };
        let found = entries.flatten().map(|entry| Path::new(folder).join(entry.file_name()));
        // A file that is being replaced is not one yet.
        names.extend(found.filter(|name| name.extension().is_none_or(|e| e != "tmp")));
    }
    names.sort();
    let mut files = 0;
    for name in names {
        let path = home.path().join(&name);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(at_file(&path, error)),
        };
        let metadata = file.metadata().map_err(|error| at_file(&path, error))?;
        let Some(name) = name.to_str().filter(|_| metadata.is_file()) else { continue };
        write_one(&mut file, (name, metadata.mode()), sink).map_err(|error| at_file(to, error))?;
        files += 1;
    }
    Ok(files)
}

fn write_one(
    file: &mut File,
    (name, mode): (&str, u32),
    sink: &mut Sink<BufWriter<File>>,
) -> io::Result<()> {
    let limit = u64::try_from(FILE_PART).unwrap_or(u64::MAX);
    for parts in 0.. {
        let mut part = Vec::with_capacity(FILE_PART);
        file.take(limit).read_to_end(&mut part)?;
        // An empty file has one part, too.
        if part.is_empty() && parts > 0 {
            return Ok(());
        }
        sink.chunk(Kind::File, &file_chunk(name, mode & 0o777, &part))?;
    }
    Ok(())
}

fn json(said: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(said).unwrap_or_default()
}

/// A time as it stands in names of files: `20261125T024050Z`.
fn stamp(at: UnixMillis) -> String {
    let text = at.to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    seconds.chars().filter(char::is_ascii_alphanumeric).chain(['Z']).collect()
}
