//! The store: rows under byte keys, read singly or in ranges, changed only by whole batches.
//!
//! The store does not know what a row means. Its contract is small enough for an embedded engine
//! ([`SledStore`]) and for SQL: no cursor stays open, no closure runs inside a transaction, and no
//! type of an engine leaves its module. What the contract promises:
//!
//! - [`Store::commit`] is all or nothing, over all tables, and is on stable storage when it returns
//!   `Ok`: the rows survive `kill -9` and power loss (`tests/powerloss` holds this).
//! - A commit whose fate is not known is [`CommitError::UnknownOutcome`]. The caller stops the
//!   process; the next start finds either the whole batch or nothing of it.
//! - One [`Store::scan`] sees a batch whole or not at all. Two calls may see different states, and
//!   a read may see rows of a commit that has not returned yet: never answer a peer on the strength
//!   of a row whose commit you did not see return.

use std::fmt;

use thiserror::Error;

mod batch;
mod sled;

#[cfg(test)]
mod conformance;

pub use self::batch::{BATCH_BYTES_MAX, BATCH_OPS_MAX, Batch, Expect, KEY_MAX, Op, VALUE_MAX};
pub use self::sled::{
    CACHE_BYTES, CACHE_BYTES_MIN, FREE_MIN, FREE_MIN_ESSENTIAL, FreeBytes, OpenError,
    RESERVE_BYTES, SledStore, StoreOptions, Synced, VerifyReport, free_bytes, is_held,
};

/// Rows that survive power loss. Usable from many threads at once; commits are taken one by one.
pub trait Store: Send + Sync + 'static {
    /// The value under `key`, or `None`.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The first `limit` rows of `range`, in its order; fewer only when the range holds no more.
    ///
    /// To page on, start an ascending range at [`Range::after`] the last key seen, and end a
    /// descending one at that key.
    fn scan(&self, range: &Range<'_>, limit: usize) -> Result<Vec<Row>, StoreError>;

    /// Applies all of `batch` or nothing; on stable storage when it returns `Ok`.
    ///
    /// Every expectation is checked against the rows as they were before the batch.
    fn commit(&self, batch: &Batch) -> Result<(), CommitError>;
}

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// One table of rows. The byte is on disk: a number is never given to another table.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Table(pub u8);

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table {}", self.0)
    }
}

/// The rows of one table with `from <= key < to` in byte order; an absent `to` is the table's end.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// The table read.
    pub table: Table,
    /// First key that belongs to the range; empty for the table's start.
    pub from: &'a [u8],
    /// First key that no longer belongs to it; `None` for the table's end.
    pub to: Option<&'a [u8]>,
    /// Which end comes first.
    pub order: Order,
}

impl<'a> Range<'a> {
    /// Every row of `table`, ascending.
    pub const fn all(table: Table) -> Self {
        Self { table, from: &[], to: None, order: Order::Ascending }
    }

    /// The rows with `from <= key < to`, ascending.
    pub const fn between(table: Table, from: &'a [u8], to: &'a [u8]) -> Self {
        Self { table, from, to: Some(to), order: Order::Ascending }
    }

    /// The same rows, last key first.
    pub const fn descending(self) -> Self {
        Self { order: Order::Descending, ..self }
    }

    /// Where an ascending page goes on: the smallest key greater than `last`.
    pub fn after(last: &[u8]) -> Vec<u8> {
        let mut next = Vec::with_capacity(last.len() + 1);
        next.extend_from_slice(last);
        next.push(0);
        next
    }

    /// Whether no key can lie in the range.
    fn is_empty(&self) -> bool {
        self.to.is_some_and(|to| to <= self.from)
    }
}

/// Which end of a range comes first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// Smallest key first.
    Ascending,
    /// Greatest key first.
    Descending,
}

/// Why rows could not be read.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum StoreError {
    /// The engine found its own files damaged.
    #[error("store is damaged: {0}")]
    Corrupt(String),
    /// The operating system refused a read.
    #[error("store cannot be read: {0}")]
    Io(String),
    /// An earlier commit had an unknown outcome; nothing is read or written until a restart.
    #[error("store has stopped after a commit of unknown outcome, restart the node")]
    Stopped,
}

impl StoreError {
    /// The stable code of this error, for logs and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Corrupt(_) => "store-corrupt",
            Self::Io(_) => "store-io",
            Self::Stopped => "store-stopped",
        }
    }
}

/// Why a batch was not committed. After every one but `UnknownOutcome` nothing was written.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum CommitError {
    /// A row was not as the batch expected it.
    #[error("row {} of {table} is not as expected", data_encoding::HEXLOWER.encode(key))]
    Conflict {
        /// The table of the row.
        table: Table,
        /// The key of the row.
        key: Vec<u8>,
    },
    /// The disk has less free space than the store keeps back; reads go on.
    #[error("disk is full: {free} bytes free, {needed} are kept back")]
    Full {
        /// Bytes free on the store's file system.
        free: u64,
        /// Bytes that must be free for this kind of batch.
        needed: u64,
    },
    /// Longer than a limit of [`Batch`].
    #[error("too large: {found} {what}, limit {max}")]
    TooLarge {
        /// What is too large, with its unit.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The limit it exceeds.
        max: usize,
    },
    /// The rows the batch expects something of could not be read, or the store has stopped.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The batch may or may not be on disk. Stop the process: the next start will tell.
    #[error("outcome of the commit is unknown: {0}")]
    UnknownOutcome(String),
}

impl CommitError {
    /// The stable code of this error, for logs and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "store-conflict",
            Self::Full { .. } => "store-full",
            Self::TooLarge { .. } => "store-too-large",
            Self::Store(error) => error.code(),
            Self::UnknownOutcome(_) => "store-unknown-outcome",
        }
    }
}
