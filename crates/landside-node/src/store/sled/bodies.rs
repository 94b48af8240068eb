//! Long values, in files of our own beside sled.
//!
//! sled keeps whole values in its pages and several times their bytes in memory, and a value that
//! never changes gains nothing from lying in a tree. So a row in sled is short: a value of up to
//! [`INLINE_MAX`] bytes, or where a longer one lies. That keeps the memory of a node independent of
//! how many bytes of documents it holds.
//!
//! ```text
//! bodies/0000000001   values one after another: length (4 bytes), CRC-32 (4 bytes), the value
//! ```
//!
//! A file only grows, and is synced before sled hears of what was added. A crash between leaves
//! bytes that no row points to; nothing looks at them and the next value comes after them.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::open::sync;
use crate::store::{StoreError, VALUE_MAX};

/// Longest value kept in sled itself, in bytes: index rows are, documents are not.
pub(super) const INLINE_MAX: usize = 256;
/// Where a file of values ends and the next begins, in bytes: few files a year, each soon copied.
/// Tests go from file to file in every run.
const FILE_MAX: u64 = if cfg!(test) { 64 * 1024 } else { 1024 * 1024 * 1024 };
/// Files kept open for reading; far below what a process may open.
const OPEN_MAX: usize = 64;

const HEAD_LEN: usize = 8;
const INLINE: u8 = 0;
const ELSEWHERE: u8 = 1;

/// How far the files reach: everything up to here was synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) file: u32,
    pub(super) len: u64,
}

/// Where one value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    file: u32,
    at: u64,
    len: u32,
}

/// Reads long values; any number of threads at once.
pub(super) struct Bodies {
    dir: PathBuf,
    open: Mutex<HashMap<u32, Arc<File>>>,
}

/// Appends long values; the committing thread has it.
pub(super) struct Tail {
    dir: PathBuf,
    file: File,
    end: End,
}

/// A file of values that ends before bytes that rows may point to.
#[derive(Debug, thiserror::Error)]
#[error("{} has {found} bytes, {synced} were synced", path.display())]
pub(super) struct CutShort {
    path: PathBuf,
    found: u64,
    synced: u64,
}

/// One commit's rows as sled gets them, and the bytes that go beside them.
pub(super) struct Addition {
    start: End,
    bytes: Vec<u8>,
}

impl Bodies {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir, open: Mutex::default() }
    }

    /// The value of a row.
    pub(super) fn value(&self, row: &[u8]) -> Result<Vec<u8>, StoreError> {
        match row.split_first() {
            Some((&INLINE, value)) => Ok(value.to_vec()),
            Some((&ELSEWHERE, place)) => self.read(Place::parse(place)?),
            _ => Err(damaged("a row does not say where its value is")),
        }
    }

    fn read(&self, place: Place) -> Result<Vec<u8>, StoreError> {
        let len = usize::try_from(place.len).ok().filter(|len| *len <= VALUE_MAX);
        let len = len.ok_or_else(|| damaged("a row points to a value longer than any"))?;
        let file = self.file(place.file).map_err(unread)?;
        let mut bytes = vec![0; HEAD_LEN + len];
        file.read_exact_at(&mut bytes, place.at).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => damaged("a row points beyond the end of its file"),
            _ => unread(error),
        })?;
        let value = bytes.split_off(HEAD_LEN);
        if bytes == head(&value) {
            Ok(value)
        } else {
            let name = name(place.file);
            Err(damaged(&format!("the value at {} of bodies/{name} is damaged", place.at)))
        }
    }

    fn file(&self, number: u32) -> io::Result<Arc<File>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&number) {
            return Ok(Arc::clone(file));
        }
        if open.len() >= OPEN_MAX {
            open.clear();
        }
        let file = Arc::new(File::open(self.dir.join(name(number)))?);
        open.insert(number, Arc::clone(&file));
        Ok(file)
    }
}

impl Tail {
    /// Goes on behind whatever the newest file holds.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        let mut newest = 0;
        for entry in fs::read_dir(dir)? {
            let number = entry?.file_name().to_str().and_then(|name| name.parse().ok());
            newest = newest.max(number.unwrap_or(0));
        }
        if newest == 0 {
            return Self::begin(dir, 1);
        }
        let file = File::options().read(true).write(true).open(dir.join(name(newest)))?;
        // A killed process may have left bytes behind the end that only the system's cache has.
        file.sync_all()?;
        let end = End { file: newest, len: file.metadata()?.len() };
        Ok(Self { dir: dir.to_owned(), file, end })
    }

    /// Whether everything up to `synced` is there; an earlier file that is missing is, too.
    pub(super) fn reaches(&self, synced: End) -> Result<(), CutShort> {
        let path = self.dir.join(name(synced.file));
        let found = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        if found < synced.len {
            return Err(CutShort { path, found, synced: synced.len });
        }
        Ok(())
    }

    pub(super) fn end(&self) -> End {
        self.end
    }

    /// Where the values of the next commit go.
    pub(super) fn addition(&mut self) -> io::Result<Addition> {
        if self.end.len >= FILE_MAX {
            *self = Self::begin(&self.dir, self.end.file + 1)?;
        }
        Ok(Addition { start: self.end, bytes: Vec::new() })
    }

    /// Writes the values of a commit; on stable storage when it returns.
    pub(super) fn append(&mut self, addition: &Addition) -> io::Result<()> {
        if addition.bytes.is_empty() {
            return Ok(());
        }
        self.file.write_all_at(&addition.bytes, self.end.len)?;
        self.file.sync_data()?;
        self.end.len += addition.bytes.len() as u64;
        Ok(())
    }

    fn begin(dir: &Path, number: u32) -> io::Result<Self> {
        let path = dir.join(name(number));
        let file = File::options().create(true).truncate(true).read(true).write(true).open(path)?;
        file.sync_all()?;
        sync(dir)?;
        Ok(Self { dir: dir.to_owned(), file, end: End { file: number, len: 0 } })
    }
}

impl Addition {
    /// The row of a value: the value, or where it will lie.
    pub(super) fn row(&mut self, value: &[u8]) -> Vec<u8> {
        if value.len() <= INLINE_MAX {
            return [&[INLINE], value].concat();
        }
        let at = self.start.len + self.bytes.len() as u64;
        let (head, len) = (head(value), len_of(value));
        self.bytes.extend_from_slice(&head);
        self.bytes.extend_from_slice(value);
        Place { file: self.start.file, at, len }.to_row()
    }
}

impl End {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        [&self.file.to_be_bytes()[..], &self.len.to_be_bytes()].concat()
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (file, len) = bytes.split_at_checked(4)?;
        let file = u32::from_be_bytes(file.try_into().ok()?);
        Some(Self { file, len: u64::from_be_bytes(len.try_into().ok()?) })
    }
}

impl Place {
    fn to_row(self) -> Vec<u8> {
        let (file, at, len) =
            (self.file.to_be_bytes(), self.at.to_be_bytes(), self.len.to_be_bytes());
        [&[ELSEWHERE], &file[..], &at, &len].concat()
    }

    fn parse(bytes: &[u8]) -> Result<Self, StoreError> {
        let place = || {
            let (len, end) = bytes.split_last_chunk().map(|(end, len)| (len, end))?;
            let End { file, len: at } = End::parse(end)?;
            Some(Self { file, at, len: u32::from_be_bytes(*len) })
        };
        place().ok_or_else(|| damaged("a row does not say where its value is"))
    }
}

/// What stands before a value in its file.
fn head(value: &[u8]) -> Vec<u8> {
    [len_of(value).to_be_bytes(), crc32fast::hash(value).to_be_bytes()].concat()
}

/// Batches are checked against [`VALUE_MAX`] before they come here.
fn len_of(value: &[u8]) -> u32 {
    u32::try_from(value.len()).unwrap_or(u32::MAX)
}

fn name(number: u32) -> String {
    format!("{number:010}")
}

fn damaged(text: &str) -> StoreError {
    StoreError::Corrupt(text.to_owned())
}

fn unread(error: io::Error) -> StoreError {
    StoreError::Io(error.to_string())
}
