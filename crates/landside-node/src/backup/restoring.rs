//! Reading a backup back into a new home.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path};

use landside_proto::ids::UnixMillis;

use super::form::{Head, Kind, Source, Tail, batch_of, file_of, hashes, rows_of};
use super::{BackupError, Unchecked, at_file};
use crate::home::{Home, write_durably};
use crate::ledger;
use crate::node::clock;
use crate::rows;
use crate::store::{
    BATCH_BYTES_MAX, BATCH_OPS_MAX, Batch, Row, SledStore, Store, StoreOptions, Table,
};

/// The file that makes a directory a home: it is written last.
const LAST: &str = "actor";

/// What was restored.
#[derive(Debug, Clone)]
pub struct RestoreReport {
    /// Whose home it is.
    pub actor: String,
    /// When the backup was done.
    pub backup_at: UnixMillis,
    /// Rows of its store.
    pub rows: u64,
    /// Batches that were put over them.
    pub batches: u64,
    /// Files.
    pub files: u64,
    /// Whether the private keys were among them.
    pub keys: bool,
    /// Entries of the log of a terminal. Not 0: it waits to be compared.
    pub log_entries: u64,
}

/// Makes a home of a backup, in a directory that is not there or is empty. The whole file is verified
/// before anything is made.
///
/// # Errors
/// [`BackupError`]. What was made before one is no home.
pub fn restore(file: &Path, to: &Path) -> Result<RestoreReport, BackupError> {
    let is_free = match fs::read_dir(to) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if !is_free {
        return Err(BackupError::Exists(to.display().to_string()));
    }
    let damaged =
        |what: &str| BackupError::Damaged { path: file.to_owned(), what: what.to_owned() };
    let wrong = |error| at_file(file, error);
    let mut bytes = BufReader::new(File::open(file).map_err(wrong)?);
    let len = bytes.get_ref().metadata().map_err(wrong)?.len();
    let (found, said) = hashes(&mut bytes, len).map_err(|_| damaged("is cut short"))?;
    if found != said {
        return Err(damaged("does not have the hash it ends with: it was damaged or cut short"));
    }
    let mut restoring = Restoring { file, to, len, bytes, tail: None, head: None };
    restoring.all()
}

struct Restoring<'a> {
    file: &'a Path,
    to: &'a Path,
    len: u64,
    bytes: BufReader<File>,
    head: Option<Head>,
    tail: Option<Tail>,
}

impl Restoring<'_> {
    fn all(&mut self) -> Result<RestoreReport, BackupError> {
        for dir in [self.to.to_owned(), self.to.join("store")] {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
            made.map_err(|error| at_file(&dir, error))?;
        }
        // Disk is looked at by whoever restores: the store of a node that starts keeps some back.
        let options = StoreOptions { free_min: 0, ..StoreOptions::default() };
        let store = SledStore::open(self.to.join("store"), options)?;
        // Twice through: every page before the first batch, wherever they stand in the file.
        self.each(|restoring, kind, content| match kind {
            Kind::Rows => {
                let (table, rows) = rows_of(content).ok_or_else(|| restoring.wrong_chunk())?;
                put_rows(&store, table, rows)
            }
            _ => Ok(()),
        })?;
        let mut last = Vec::new();
        self.each(|restoring, kind, content| {
            let broken = || restoring.wrong_chunk();
            match kind {
                Kind::Rows => {}
                Kind::Batch => store.commit(&batch_of(content).ok_or_else(broken)?)?,
                Kind::File => {
                    let (name, mode, part) = file_of(content).ok_or_else(broken)?;
                    if name == LAST {
                        last.extend_from_slice(part);
                    } else {
                        restoring.put_file(&name, mode, part)?;
                    }
                }
                Kind::Head => {
                    restoring.head = Some(serde_json::from_slice(content).map_err(|_| broken())?);
                }
                Kind::Tail => {
                    restoring.tail = Some(serde_json::from_slice(content).map_err(|_| broken())?);
                }
            }
            Ok(())
        })?;
        let log_entries = ledger::next_number(&store, rows::LOG)?;
        drop(store);
        self.finish(&last, log_entries)
    }

    /// Says what the home waits for, and makes it one.
    fn finish(&self, actor: &[u8], log_entries: u64) -> Result<RestoreReport, BackupError> {
        let (Some(head), Some(tail)) = (&self.head, &self.tail) else {
            return Err(self.wrong_chunk());
        };
        if actor.is_empty() {
            return Err(self.wrong_chunk());
        }
        if log_entries > 0 {
            let (backup_at, restored_at) = (tail.done_at, clock());
            let unchecked = Unchecked { log_entries, backup_at, restored_at };
            let text = serde_json::to_vec_pretty(&unchecked).unwrap_or_default();
            write_durably(&Home::unchecked_file(self.to), &text)?;
        }
        write_durably(&self.to.join(LAST), actor)?;
        Ok(RestoreReport {
            actor: head.actor.clone(),
            backup_at: tail.done_at,
            rows: tail.rows,
            batches: tail.batches,
            files: tail.files,
            keys: tail.keys,
            log_entries,
        })
    }

    fn each(
        &mut self,
        mut take: impl FnMut(&mut Self, Kind, &[u8]) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        self.bytes.rewind().map_err(|error| at_file(self.file, error))?;
        let reader = self.bytes.get_ref().try_clone().map_err(|error| at_file(self.file, error))?;
        let damaged = |what: String| BackupError::Damaged { path: self.file.to_owned(), what };
        let mut source = Source::begin(BufReader::new(reader), self.len).map_err(damaged)?;
        loop {
            let next = source.next().map_err(|what| self.damaged(&what))?;
            let Some((kind, content)) = next else { return Ok(()) };
            take(self, kind, &content)?;
        }
    }

    /// Adds a part to a file. Names lead down from the home and nowhere else.
    fn put_file(&self, name: &str, mode: u32, part: &[u8]) -> Result<(), BackupError> {
        let below = Path::new(name);
        if name.is_empty() || !below.components().all(|c| matches!(c, Component::Normal(_))) {
            return Err(self.damaged("names a file outside of the home"));
        }
        let path = self.to.join(below);
        let wrong = |error| at_file(&path, error);
        if let Some(dir) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(wrong)?;
        }
        let opened = OpenOptions::new().append(true).create(true).mode(mode & 0o777).open(&path);
        let mut file = opened.map_err(wrong)?;
        file.write_all(part).and_then(|()| file.sync_all()).map_err(wrong)
    }

    fn wrong_chunk(&self) -> BackupError {
        self.damaged("has a part that does not read")
    }

    fn damaged(&self, what: &str) -> BackupError {
        BackupError::Damaged { path: self.file.to_owned(), what: what.to_owned() }
    }
}

/// Puts a page of rows, in as many batches as it takes.
fn put_rows(store: &SledStore, table: Table, rows: Vec<Row>) -> Result<(), BackupError> {
    let mut batch = Batch::new();
    for (key, value) in rows {
        let len = key.len() + value.len();
        if batch.ops().len() >= BATCH_OPS_MAX || batch.byte_len() + len > BATCH_BYTES_MAX {
            store.commit(&std::mem::take(&mut batch))?;
        }
        batch.put(table, key, value);
    }
    store.commit(&batch)?;
    Ok(())
}
