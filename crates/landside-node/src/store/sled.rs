//! The embedded store: sled 0.34, made safe against power loss.
//!
//! What sled does not give by itself, and what is done about it here:
//!
//! - Its `flush` is `sync_file_range`, which writes no file size and no disk cache. Every commit is
//!   `apply_batch`, `flush`, then `sync_data` on our own descriptor of its file.
//! - A page that outgrows a quarter of a segment goes to a file of its own that is never synced,
//!   and a leaf page holds up to a few dozen values. Long values are therefore kept beside sled, see
//!   [`bodies`], which also keeps them out of memory.
//! - `flush_async` and one flush per writer thread deadlock or crawl: one writer, one flush.
//! - Its flusher thread ends in silence on an I/O error: it is not started. Nothing depends on it,
//!   each commit flushes what it wrote and pages are cleaned up by the writes themselves.
//! - It takes a damaged record for the end of its log and opens without what came after. The number
//!   of commits is kept in it and beside it, and a store that lags behind does not open.
//! - After an error it may answer anything: the first error of a commit stops the store.
//!
//! Opening has traps of its own, see [`open`].

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::{Batch, CommitError, Expect, KEY_MAX, Op, Order, Range, Row, Store};
use super::{StoreError, Table, VALUE_MAX};

mod bodies;
mod commits;
mod open;

#[cfg(test)]
mod tests;

use self::bodies::{Bodies, Tail};
use self::commits::Commits;
pub use self::open::{OpenError, free_bytes, is_held};

/// A store in one directory of this machine, open in one process at a time.
pub struct SledStore {
    // Dropped in this order: the engine before the lock that keeps others out.
    rows: sled::Db,
    file: File,
    bodies: Bodies,
    end: Mutex<Ends>,
    applying: RwLock<()>,
    stopped: AtomicBool,
    dir: PathBuf,
    options: StoreOptions,
    _lock: File,
}

/// What a commit moves forward.
struct Ends {
    commits: Commits,
    bodies: Tail,
}

/// How a store is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// Make a new store where there is none. A node that has run before says no: an empty store in
    /// place of a lost one would start a second log.
    pub create: bool,
    /// Memory for pages, in bytes; no less than [`CACHE_BYTES_MIN`] is taken.
    pub cache_bytes: u64,
    /// Bytes of disk kept back from ordinary batches.
    pub free_min: u64,
    /// Bytes of disk kept back even from essential batches, for sled to open and clean up.
    pub free_min_essential: u64,
    /// Size of the file that is given up when a full disk keeps sled from opening; 0 for none.
    pub reserve_bytes: u64,
    /// Bytes free on the file system of a directory.
    pub free_bytes: FreeBytes,
    /// Hears after each commit how long it waited for the disk.
    pub synced: Synced,
}

/// Hears how long a commit waited for the disk.
pub type Synced = Arc<dyn Fn(Duration) + Send + Sync>;

/// Tells the bytes free on the file system of a directory.
pub type FreeBytes = Arc<dyn Fn(&Path) -> io::Result<u64> + Send + Sync>;

/// What [`SledStore::verify`] went through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct VerifyReport {
    /// Version of the store's layout on disk.
    pub format: u32,
    /// Rows read.
    pub rows: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
}

/// Smallest page cache, in bytes; sled panics when it is given next to none.
pub const CACHE_BYTES_MIN: u64 = 1024 * 1024;
/// Page cache unless told otherwise, in bytes: what is looked at often of the index.
pub const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// Disk kept back from ordinary work, in bytes: days of gate decisions at a busy terminal.
pub const FREE_MIN: u64 = 256 * 1024 * 1024;
/// Disk kept back from all work, in bytes: several largest batches as sled writes them.
pub const FREE_MIN_ESSENTIAL: u64 = 64 * 1024 * 1024;
/// The file given up so that sled can open, in bytes: segments, which it fills up to their end, and
/// the page table of some million documents.
pub const RESERVE_BYTES: u64 = 32 * 1024 * 1024;
/// Unit of sled's file, in bytes; a quarter of it holds a page full of longest keys and rows. sled
/// keeps several in memory.
const SEGMENT_BYTES: usize = 2 * 1024 * 1024;

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            create: true,
            cache_bytes: CACHE_BYTES,
            free_min: FREE_MIN,
            free_min_essential: FREE_MIN_ESSENTIAL,
            reserve_bytes: RESERVE_BYTES,
            free_bytes: Arc::new(free_bytes),
            synced: Arc::new(|_| {}),
        }
    }
}

impl SledStore {
    /// Reads every row, every page and every long value, for a check with the node stopped.
    ///
    /// Takes as long as reading all files; the store stays usable.
    pub fn verify(&self) -> Result<VerifyReport, StoreError> {
        self.running()?;
        let mut report = VerifyReport { format: open::FORMAT, rows: 0, bytes: 0 };
        guarded(|| {
            // sled's `verify_integrity` is its `Debug` into a string of several times the file.
            let tree: &sled::Tree = &self.rows;
            let _ = write!(Nowhere, "{tree:?}");
        })
        .map_err(StoreError::Corrupt)?;
        for row in self.rows.iter() {
            let (key, value) = row.map_err(unread)?;
            let found = self.rows.get(&key).map_err(unread)?;
            if found.as_ref() != Some(&value) {
                return Err(StoreError::Corrupt(format!("row {key:?} is not where it belongs")));
            }
            let value = self.bodies.value(&value)?;
            if key.is_empty() || key.len() > 1 + KEY_MAX || value.len() > VALUE_MAX {
                return Err(StoreError::Corrupt(format!("row {key:?} breaks a limit")));
            }
            report.rows += 1;
            report.bytes += (key.len() - 1 + value.len()) as u64;
        }
        Ok(report)
    }

    /// The directory the store lives in.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn running(&self) -> Result<(), StoreError> {
        if self.stopped.load(Ordering::SeqCst) { Err(StoreError::Stopped) } else { Ok(()) }
    }

    fn check_expectations(&self, batch: &Batch) -> Result<(), CommitError> {
        for (table, key, expect) in batch.expectations() {
            let met = match expect {
                Expect::Absent => !self.rows.contains_key(row_key(*table, key)).map_err(unread)?,
                Expect::Equals(value) => self.get(*table, key)?.as_ref() == Some(value),
            };
            if !met {
                return Err(CommitError::Conflict { table: *table, key: key.clone() });
            }
        }
        Ok(())
    }

    /// Asked at every commit: it costs about a microsecond, and an old answer could be wrong.
    fn check_space(&self, batch: &Batch) -> Result<(), CommitError> {
        let needed = if batch.is_essential() {
            self.options.free_min_essential
        } else {
            self.options.free_min
        };
        let free = (self.options.free_bytes)(&self.dir)
            .map_err(|error| StoreError::Io(format!("free space is not known: {error}")))?;
        if free < needed { Err(CommitError::Full { free, needed }) } else { Ok(()) }
    }

    fn apply_durably(&self, batch: &Batch, end: &mut Ends) -> Result<(), String> {
        let mut changes = sled::Batch::default();
        let mut addition = end.bodies.addition().map_err(|error| error.to_string())?;
        for op in batch.ops() {
            match op {
                Op::Put { table, key, value } => {
                    changes.insert(row_key(*table, key), addition.row(value));
                }
                Op::Delete { table, key } => changes.remove(row_key(*table, key)),
            }
        }
        // Before sled hears of them: no row may point to bytes that a power cut takes away.
        let begun = Instant::now();
        end.bodies.append(&addition).map_err(|error| error.to_string())?;
        let mut waited = begun.elapsed();
        {
            let _no_scan = self.applying.write().unwrap_or_else(PoisonError::into_inner);
            self.rows.apply_batch(changes).map_err(|error| error.to_string())?;
        }
        // After the batch in sled's log: the number never stands for rows that are not there.
        end.commits.count_up(end.bodies.end()).map_err(|error| error.to_string())?;
        let begun = Instant::now();
        self.rows.flush().map_err(|error| error.to_string())?;
        self.file.sync_data().map_err(|error| error.to_string())?;
        waited += begun.elapsed();
        (self.options.synced)(waited);
        end.commits.mark().map_err(|error| error.to_string())
    }
}

impl Store for SledStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.running()?;
        let row = self.rows.get(row_key(table, key)).map_err(unread)?;
        row.map(|row| self.bodies.value(&row)).transpose()
    }

    fn scan(&self, range: &Range<'_>, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.running()?;
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let _whole_batches = self.applying.read().unwrap_or_else(PoisonError::into_inner);
        let rows = self.rows.range::<Vec<u8>, _>((
            Bound::Included(row_key(range.table, range.from)),
            range_end(range),
        ));
        let row = |row: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = row.map_err(unread)?;
            Ok((key.get(1..).unwrap_or_default().to_vec(), self.bodies.value(&value)?))
        };
        match range.order {
            Order::Ascending => rows.take(limit).map(row).collect(),
            Order::Descending => rows.rev().take(limit).map(row).collect(),
        }
    }

    fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        batch.check_limits()?;
        let mut one_writer = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        self.running()?;
        self.check_expectations(batch)?;
        if batch.is_empty() {
            return Ok(());
        }
        self.check_space(batch)?;
        // A crash from here on leaves the whole batch or nothing of it on disk; an error or a panic
        // leaves us not knowing which, so the store stops unless the end is reached.
        let doubt = InDoubt(&self.stopped);
        self.apply_durably(batch, &mut one_writer).map_err(CommitError::UnknownOutcome)?;
        doubt.settle();
        Ok(())
    }
}

/// Stops the store when dropped before it is settled.
struct InDoubt<'a>(&'a AtomicBool);

impl InDoubt<'_> {
    fn settle(self) {
        std::mem::forget(self);
    }
}

impl Drop for InDoubt<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Swallows text.
struct Nowhere;

impl std::fmt::Write for Nowhere {
    fn write_str(&mut self, _: &str) -> std::fmt::Result {
        Ok(())
    }
}

/// All tables share one tree, so that one `apply_batch` is atomic over them.
fn row_key(table: Table, key: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(1 + key.len());
    row.push(table.0);
    row.extend_from_slice(key);
    row
}

fn range_end(range: &Range<'_>) -> Bound<Vec<u8>> {
    match (range.to, range.table.0.checked_add(1)) {
        (Some(to), _) => Bound::Excluded(row_key(range.table, to)),
        (None, Some(next)) => Bound::Excluded(vec![next]),
        (None, None) => Bound::Unbounded,
    }
}

/// sled meets damage with errors in some places and with panics in others.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("sled panicked").to_owned()
    })
}

fn unread(error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) => StoreError::Io(error.to_string()),
        error => StoreError::Corrupt(error.to_string()),
    }
}
