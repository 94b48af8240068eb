//! Opening: what lies in the directory, and how a store comes to be.
//!
//! ```text
//! DIR/bodies/   long values, see [`super::bodies`]
//! DIR/commits   how many commits have returned, to notice a store that lost some
//! DIR/lock      held while the store is open
//! DIR/reserve   disk space given up when sled cannot open for want of it
//! DIR/sled/     sled's files, and `format` with the version of this layout
//! ```
//!
//! A new `sled/` is made whole under another name and renamed, so a power loss during the first
//! start leaves nothing half made. Before sled opens, its file is synced: after `kill -9` sled may
//! otherwise sync a page table that points at data still in memory only.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock, statvfs};
use thiserror::Error;

use super::bodies::{Bodies, Tail};
use super::{CACHE_BYTES_MIN, Commits, Ends, SEGMENT_BYTES, SledStore, StoreOptions, guarded};

/// Version of the layout on disk that this program writes and reads.
pub(super) const FORMAT: u32 = 2;
/// How long an earlier store of this process may take to let go of its file.
const RELEASE_WAIT: Duration = Duration::from_secs(5);
/// Bytes of the reserve written at once: a few dozen writes instead of thousands.
const RESERVE_WRITE: usize = 1024 * 1024;

/// Why a store did not open.
#[non_exhaustive]
#[derive(Debug, Error)]
pub enum OpenError {
    /// sled found its files damaged.
    #[error("store in {} is damaged: {reason}", dir.display())]
    Corrupt {
        /// The store's directory.
        dir: PathBuf,
        /// What sled said.
        reason: String,
    },
    /// The disk is full, even without the reserve file.
    #[error("disk of {} is too full to open the store", .0.display())]
    Full(PathBuf),
    /// Another process, or another part of this one, has the store open.
    #[error("store in {} is in use", .0.display())]
    InUse(PathBuf),
    /// The operating system refused something.
    #[error("store in {} cannot be opened: {source}", dir.display())]
    Io {
        /// The store's directory.
        dir: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// There is no store, and none was to be made.
    #[error("no store in {}", .0.display())]
    Missing(PathBuf),
    /// Written by a newer program.
    #[error("store in {} has format {found}, this program knows up to {FORMAT}", dir.display())]
    NewerFormat {
        /// The store's directory.
        dir: PathBuf,
        /// The version found.
        found: u32,
    },
    /// Written by a program from before the first release.
    #[error("store in {} has format {found}, from before the first release: begin a new home", dir.display())]
    OlderFormat {
        /// The store's directory.
        dir: PathBuf,
        /// The version found.
        found: u32,
    },
    /// The store ends before a commit that had returned: its file is damaged, or an old copy.
    #[error("store in {} ends at commit {found}, commit {returned} had returned", dir.display())]
    RolledBack {
        /// The store's directory.
        dir: PathBuf,
        /// Commits found.
        found: u64,
        /// Commits known to have returned.
        returned: u64,
    },
    /// The file that tells the format says something else.
    #[error("store in {} does not tell its format", .0.display())]
    UnknownFormat(PathBuf),
}

impl OpenError {
    /// The stable code of this error, for logs and exit texts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Corrupt { .. } => "store-corrupt",
            Self::Full(_) => "store-full",
            Self::InUse(_) => "store-in-use",
            Self::Io { .. } => "store-io",
            Self::Missing(_) => "store-missing",
            Self::NewerFormat { .. } => "store-newer-format",
            Self::OlderFormat { .. } => "store-older-format",
            Self::RolledBack { .. } => "store-rolled-back",
            Self::UnknownFormat(_) => "store-unknown-format",
        }
    }
}

impl SledStore {
    /// Opens the store in `dir`, which nothing else may use, and makes it if there is none.
    pub fn open(dir: impl Into<PathBuf>, options: StoreOptions) -> Result<Self, OpenError> {
        let dir = dir.into();
        let io = |source| OpenError::Io { dir: dir.clone(), source };
        let (rows_dir, bodies_dir) = (dir.join("sled"), dir.join("bodies"));
        if !options.create && !rows_dir.exists() {
            return Err(OpenError::Missing(dir));
        }
        create_dir_durably(&dir).map_err(io)?;
        let lock = lock(&dir)?;
        if !rows_dir.exists() {
            make_rows(&dir, &rows_dir, &options)?;
        }
        check_format(&dir, &rows_dir)?;
        create_dir_durably(&bodies_dir).map_err(io)?;
        tidy(&rows_dir).map_err(io)?;
        let reserve = dir.join("reserve");
        let rows = open_with_reserve(&reserve, || open_rows(&rows_dir, &options))
            .map_err(|error| open_error(&dir, error))?;
        sync_rows(&rows_dir).map_err(io)?;
        let file = File::open(rows_dir.join("db")).map_err(io)?;
        let bodies = Tail::open(&bodies_dir).map_err(io)?;
        let commits = Commits::open(&dir, &rows, &bodies)?;
        renew_reserve(&dir, &reserve, &options).map_err(io)?;
        Ok(Self {
            rows,
            file,
            bodies: Bodies::new(bodies_dir),
            end: Mutex::new(Ends { commits, bodies }),
            applying: RwLock::new(()),
            stopped: AtomicBool::new(false),
            dir,
            options,
            _lock: lock,
        })
    }
}

/// Bytes that a process without privileges may still write to the file system of `dir`.
///
/// # Errors
/// Those of the operating system.
pub fn free_bytes(dir: &Path) -> io::Result<u64> {
    let stat = statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Opens with `open`; when the disk is full, gives up the reserve and tries once more.
pub(super) fn open_with_reserve<T>(
    reserve: &Path,
    mut open: impl FnMut() -> Result<T, sled::Error>,
) -> Result<T, sled::Error> {
    match open() {
        Err(sled::Error::Io(error))
            if error.kind() == io::ErrorKind::StorageFull && reserve.exists() =>
        {
            fs::remove_file(reserve)?;
            open()
        }
        other => other,
    }
}

fn create_dir_durably(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    create_dir_durably(parent)?;
    match fs::create_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync(parent)
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let io = |source| OpenError::Io { dir: dir.to_owned(), source };
    let path = dir.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(io)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::InUse(dir.to_owned())),
        Err(errno) => Err(io(errno.into())),
    }
}

/// Whether a process has the store in `dir` open.
pub fn is_held(dir: &Path) -> bool {
    let held = File::options().write(true).open(dir.join("lock"));
    held.is_ok_and(|file| {
        let lock = flock(&file, FlockOperation::NonBlockingLockExclusive);
        lock == Err(rustix::io::Errno::WOULDBLOCK)
    })
}

/// Makes an empty `rows_dir`: nothing under its name until all of it is on disk.
fn make_rows(dir: &Path, rows_dir: &Path, options: &StoreOptions) -> Result<(), OpenError> {
    let io = |source| OpenError::Io { dir: dir.to_owned(), source };
    let new = dir.join("sled.new");
    match fs::remove_dir_all(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    fs::create_dir(&new).map_err(io)?;
    drop(open_rows(&new, options).map_err(|error| open_error(dir, error))?);
    let mut format = File::create(new.join("format")).map_err(io)?;
    writeln!(format, "landside store {FORMAT}").map_err(io)?;
    format.sync_all().map_err(io)?;
    sync(&new.join("conf")).map_err(io)?;
    sync_rows(&new).map_err(io)?;
    fs::rename(&new, rows_dir).map_err(io)?;
    sync(dir).map_err(io)
}

fn check_format(dir: &Path, rows_dir: &Path) -> Result<(), OpenError> {
    let text = match fs::read_to_string(rows_dir.join("format")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(OpenError::UnknownFormat(dir.to_owned()));
        }
        other => other.map_err(|source| OpenError::Io { dir: dir.to_owned(), source })?,
    };
    let found = text.strip_prefix("landside store ").and_then(|rest| rest.trim_end().parse().ok());
    match found {
        Some(FORMAT) => Ok(()),
        Some(found) if found > FORMAT => Err(OpenError::NewerFormat { dir: dir.to_owned(), found }),
        Some(found) if found > 0 => Err(OpenError::OlderFormat { dir: dir.to_owned(), found }),
        _ => Err(OpenError::UnknownFormat(dir.to_owned())),
    }
}

/// Brings the directory into a state that sled opens, whatever moment the last process died at.
fn tidy(rows_dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(rows_dir)? {
        let path = entry?.path();
        // sled takes its own unfinished page table for a damaged one and refuses to open.
        if path.extension().is_some_and(|extension| extension == "generating") {
            fs::remove_file(path)?;
        }
    }
    sync_rows(rows_dir)
}

fn open_rows(rows_dir: &Path, options: &StoreOptions) -> Result<sled::Db, sled::Error> {
    let config = sled::Config::new()
        .path(rows_dir)
        .cache_capacity(options.cache_bytes.max(CACHE_BYTES_MIN))
        .segment_size(SEGMENT_BYTES)
        .flush_every_ms(None);
    let start = Instant::now();
    loop {
        let opened = guarded(|| config.open());
        match opened.unwrap_or_else(|panic| Err(sled::Error::ReportableBug(panic))) {
            // Our own lock is held, so this is a closed store of this process whose last background
            // task has not ended yet.
            Err(sled::Error::Io(error))
                if error.to_string().contains("could not acquire lock")
                    && start.elapsed() < RELEASE_WAIT =>
            {
                thread::sleep(Duration::from_millis(5));
            }
            other => return other,
        }
    }
}

pub(super) fn open_error(dir: &Path, error: sled::Error) -> OpenError {
    let dir = dir.to_owned();
    match error {
        sled::Error::Io(source) if source.kind() == io::ErrorKind::StorageFull => {
            OpenError::Full(dir)
        }
        sled::Error::Io(source) => OpenError::Io { dir, source },
        error => OpenError::Corrupt { dir, reason: error.to_string() },
    }
}

/// Makes the reserve file anew when it is gone and there is room enough.
fn renew_reserve(dir: &Path, reserve: &Path, options: &StoreOptions) -> io::Result<()> {
    let size = options.reserve_bytes;
    let there = fs::metadata(reserve).map_or(0, |metadata| metadata.len());
    let room = (options.free_bytes)(dir)?;
    if there >= size || room < size.saturating_add(options.free_min) {
        return Ok(());
    }
    let mut file = io::BufWriter::with_capacity(RESERVE_WRITE, File::create(reserve)?);
    // Written, not only sized: a hole in a file keeps nothing back.
    io::copy(&mut io::Read::take(io::repeat(0), size), &mut file)?;
    file.into_inner()?.sync_all()?;
    sync(dir)
}

fn sync_rows(rows_dir: &Path) -> io::Result<()> {
    sync(&rows_dir.join("db"))?;
    sync(rows_dir)
}

/// Syncs a file, or the names in a directory.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
