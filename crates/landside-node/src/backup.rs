//! A home in one file: written while its node runs, read back into a new home.
//!
//! - `form`: the bytes of the file
//! - `tap`: what the writer commits while rows are read
//! - `writing`: rows first, then what was committed meanwhile, then the files of the home
//! - `known`: what others know of a log
//! - `restoring`: all of it verified before anything is made of it
//!
//! Rows are read a page at a time while the node works, so they are of many moments. Every batch that is
//! committed from before the first page until after the last is in the file too, in order: put over the
//! rows, they make the store as it was after the last of them, whatever page saw what.

mod form;
mod known;
mod restoring;
mod tap;
mod writing;

use std::fmt;
use std::io;
use std::path::PathBuf;

use landside_proto::ids::{PartyId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::home::HomeError;
use crate::store::{CommitError, OpenError, StoreError};

pub use self::restoring::{RestoreReport, restore};
pub(crate) use self::tap::Tap;
pub use self::writing::{BackupReport, KeysToo, backup_stopped};

/// What kept a backup from being made or read. [`BackupError::code`] is the stable part.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The home cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store of the new home cannot be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// More was committed than the disk of the backup could take.
    #[error("the node commits faster than the backup is written")]
    Behind,
    /// Another backup is being written.
    #[error("another backup is being written")]
    UnderWay,
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
    /// The file is not a whole backup.
    #[error("{}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// There is something where the home is to be made.
    #[error("{0} is there already; a backup is restored to a new directory only")]
    Exists(String),
    /// Places of the log were given that the backup does not have.
    #[error(
        "the log had {known} entries and this copy has {had}: places {had} to {} would be given twice",
        known - 1
    )]
    PlacesLost {
        /// Entries that somebody knows.
        known: u64,
        /// Entries here.
        had: u64,
    },
    /// The home was not restored, or was looked at already.
    #[error("{0} does not wait to be compared")]
    NotWaiting(String),
}

impl BackupError {
    /// The stable code of this fault.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "backup-file",
            Self::Home(_) => "home",
            Self::Open(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Commit(error) => error.code(),
            Self::Behind => "backup-behind",
            Self::UnderWay => "backup-under-way",
            Self::Stopping => "node-stopping",
            Self::Damaged { .. } => "backup-damaged",
            Self::Exists(_) => "home-exists",
            Self::PlacesLost { .. } => "log-places-lost",
            Self::NotWaiting(_) => "not-restored",
        }
    }

    /// What can be done.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Io { .. } => {
                "see that the disk is there, has room, and can be written by this user"
            }
            Self::Home(_) | Self::Open(_) | Self::Store(_) => "see landside doctor",
            Self::Commit(_) => "see that the disk has room; remove the directory and restore again",
            Self::Behind => "write it to a faster disk, or at a quieter hour",
            Self::UnderWay => "wait for it",
            Self::Stopping => "say it again when the node runs, or while it is stopped",
            Self::Damaged { .. } => "take another copy of it, or an earlier backup",
            Self::Exists(_) => "choose a directory that is not there",
            Self::PlacesLost { .. } => {
                "do not run this copy: find a newer one, or have the authority list the terminal under a \
                 new name; see docs/OPERATING.md, Back up"
            }
            Self::NotWaiting(_) => "nothing need be done",
        }
    }
}

/// A home that was restored with a log, and is not to run before somebody compared it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unchecked {
    /// Entries of the log that the backup has.
    pub log_entries: u64,
    /// When the backup was done.
    pub backup_at: UnixMillis,
    /// When it was restored.
    pub restored_at: UnixMillis,
}

impl fmt::Display for Unchecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this home is a backup of {} with {} entries of the log: places given since then would be given \
             twice",
            self.backup_at, self.log_entries
        )
    }
}

/// How much of a terminal's log a node knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLog {
    /// Whose log.
    pub terminal: PartyId,
    /// Entries that the log must have had.
    pub entries: u64,
}

fn at_file(path: &std::path::Path, error: io::Error) -> BackupError {
    BackupError::Io { path: path.to_owned(), error }
}
