//! The count of commits, kept twice, so that rows which vanished are noticed.
//!
//! sled opens without complaint on a log whose end is missing, whether a byte went bad or an old
//! copy was put back. A registrar must not go on from there: it would give the same places of its
//! log a second time. So every commit is counted in sled's log, and the count is written to a file
//! beside it once the commit is durable. That file is not synced: it may lag but never leads.
//! With the count goes the end of the long values, to notice a file of them that was cut short.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::bodies::{End, Tail};
use super::open::{OpenError, open_error};

/// How many commits there have been.
pub(super) struct Commits {
    count: u64,
    tree: sled::Tree,
    mark: File,
}

const KEY: &[u8] = b"count";

impl Commits {
    /// Compares the two counts, and the long values with what was synced of them.
    pub(super) fn open(dir: &Path, db: &sled::Db, bodies: &Tail) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { dir: dir.to_owned(), source };
        let damaged =
            |reason: &str| OpenError::Corrupt { dir: dir.to_owned(), reason: reason.into() };
        let tree = db.open_tree("commits").map_err(|error| open_error(dir, error))?;
        let count = match tree.get(KEY).map_err(|error| open_error(dir, error))? {
            None => 0,
            Some(row) => {
                let (count, end) =
                    parse(&row).ok_or_else(|| damaged("count of commits is no number"))?;
                bodies.reaches(end).map_err(|error| damaged(&error.to_string()))?;
                count
            }
        };
        let path = dir.join("commits");
        let mark = File::options().create(true).truncate(false).read(true).write(true).open(path);
        let mark = mark.map_err(io)?;
        let text = io::read_to_string(&mark).map_err(io)?;
        // Empty when the file is new, and after a power loss that was too early for it.
        let returned = match text.trim_matches(['\0', '\n']) {
            "" => 0,
            text => text.parse().map_err(|_| damaged("file of commits is no number"))?,
        };
        if count < returned {
            return Err(OpenError::RolledBack { dir: dir.to_owned(), found: count, returned });
        }
        Ok(Self { count, tree, mark })
    }

    /// Counts a commit that is being written.
    pub(super) fn count_up(&mut self, bodies: End) -> sled::Result<()> {
        self.count += 1;
        self.tree.insert(KEY, [&self.count.to_be_bytes()[..], &bodies.to_bytes()].concat())?;
        Ok(())
    }

    /// Notes beside the store that the commit is durable.
    pub(super) fn mark(&self) -> io::Result<()> {
        self.mark.write_all_at(format!("{:020}\n", self.count).as_bytes(), 0)
    }
}

fn parse(row: &[u8]) -> Option<(u64, End)> {
    let (count, end) = row.split_first_chunk()?;
    Some((u64::from_be_bytes(*count), End::parse(end)?))
}
