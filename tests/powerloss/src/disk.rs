//! A disk that remembers what was synced and what was only written.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::{fs, io};

use crate::rng::Rng;
use crate::trace::Event;

/// What a cut leaves of the writes that were not synced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Image {
    /// Nothing.
    Strict,
    /// Of every page the newest state with probability one half, else one of its earlier states.
    Random,
}

/// Which calls count as a sync.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Syncs {
    /// `fsync` and `fdatasync`.
    All,
    /// Only `fsync`: the store as it would be without its own `sync_data`.
    IgnoreDataSyncs,
}

/// The directory as it stands after some events.
#[derive(Debug)]
pub(crate) struct Disk {
    syncs: Syncs,
    dirs: BTreeSet<String>,
    names: BTreeMap<String, u64>,
    files: BTreeMap<u64, File>,
}

/// One file: what is on the disk, what the processes see, and the page states between the two.
#[derive(Debug, Default)]
struct File {
    durable: Vec<u8>,
    seen: Vec<u8>,
    unsynced: BTreeMap<usize, Vec<Vec<u8>>>,
}

/// The unit in which a system writes files back, in bytes.
const PAGE: usize = 4096;

impl Disk {
    pub(crate) const fn new(syncs: Syncs) -> Self {
        Self { syncs, dirs: BTreeSet::new(), names: BTreeMap::new(), files: BTreeMap::new() }
    }

    /// Lets one event happen. Events on files that have lost their name are of no consequence.
    pub(crate) fn apply(&mut self, event: &Event<'_>) -> io::Result<()> {
        match *event {
            Event::Open { ino, path, truncate } => self.open(ino, path, truncate)?,
            Event::Write { ino, at, bytes } => {
                if let Some(file) = self.files.get_mut(&ino) {
                    file.write(position(at)?, bytes);
                }
            }
            Event::Size { ino, size } => {
                if let Some(file) = self.files.get_mut(&ino) {
                    file.resize(position(size)?);
                }
            }
            Event::Sync { ino, data_only } => {
                if let Some(file) = self.files.get_mut(&ino)
                    && !(data_only && self.syncs == Syncs::IgnoreDataSyncs)
                {
                    file.sync();
                }
            }
            Event::Rename { from, to } => self.rename(from, to)?,
            Event::Unlink { path } => self.unlink(path)?,
            Event::Mkdir { path } => {
                self.dirs.insert(path.to_owned());
            }
            Event::Ack { .. } => {}
        }
        Ok(())
    }

    /// Writes what a power cut now may leave into the empty directory `to`.
    pub(crate) fn cut(&self, to: &Path, image: Image, rng: &mut Rng) -> io::Result<()> {
        // A name sorts after that of the directory it is in.
        for dir in &self.dirs {
            fs::create_dir(to.join(dir))?;
        }
        for (name, ino) in &self.names {
            if let Some(file) = self.files.get(ino) {
                fs::write(to.join(name), file.after_cut(image, rng))?;
            }
        }
        Ok(())
    }

    /// Fails unless the files in `real` are what the events say: then nothing escaped the record.
    pub(crate) fn compare(&self, real: &Path) -> io::Result<()> {
        let mut found = BTreeSet::new();
        list(real, "", &mut found)?;
        let recorded: BTreeSet<String> = self.names.keys().cloned().collect();
        if found != recorded {
            return Err(missed(format!("files are {found:?}, recorded are {recorded:?}")));
        }
        for (name, ino) in &self.names {
            if self
                .files
                .get(ino)
                .is_none_or(|file| fs::read(real.join(name)).ok() != Some(file.seen.clone()))
            {
                return Err(missed(format!("{name} differs from its record")));
            }
        }
        Ok(())
    }

    /// Names of the files there are now.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    fn open(&mut self, ino: u64, path: &str, truncate: bool) -> io::Result<()> {
        match self.names.get(path) {
            Some(known) if *known != ino => return Err(missed(format!("{path} is another file"))),
            Some(_) => {}
            None => {
                self.names.insert(path.to_owned(), ino);
                self.files.insert(ino, File::default());
            }
        }
        if truncate && let Some(file) = self.files.get_mut(&ino) {
            file.resize(0);
        }
        Ok(())
    }

    fn unlink(&mut self, path: &str) -> io::Result<()> {
        if let Some(ino) = self.names.remove(path) {
            self.files.remove(&ino);
        } else if !self.dirs.remove(path) {
            return Err(missed(format!("{path} was never made")));
        }
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        if let Some(ino) = self.names.remove(from) {
            if let Some(replaced) = self.names.insert(to.to_owned(), ino) {
                self.files.remove(&replaced);
            }
            return Ok(());
        }
        if !self.dirs.remove(from) {
            return Err(missed(format!("{from} was never made")));
        }
        self.dirs.insert(to.to_owned());
        let moved = |name: &str| {
            let rest = name.strip_prefix(from)?;
            rest.starts_with('/').then(|| format!("{to}{rest}"))
        };
        self.dirs = self.dirs.iter().map(|dir| moved(dir).unwrap_or_else(|| dir.clone())).collect();
        self.names = std::mem::take(&mut self.names)
            .into_iter()
            .map(|(name, ino)| (moved(&name).unwrap_or(name), ino))
            .collect();
        Ok(())
    }
}

impl File {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if self.seen.len() < end {
            self.seen.resize(end, 0);
        }
        self.seen[at..end].copy_from_slice(bytes);
        for page in at / PAGE..end.div_ceil(PAGE) {
            let state = self.seen[page_range(page, self.seen.len())].to_vec();
            self.unsynced.entry(page).or_default().push(state);
        }
    }

    /// Sizes are metadata: assumed to be kept.
    fn resize(&mut self, size: usize) {
        self.seen.resize(size, 0);
        self.durable.resize(size, 0);
        self.unsynced.retain(|page, _| page * PAGE < size);
        for (page, states) in &mut self.unsynced {
            states.iter_mut().for_each(|state| state.truncate(size - page * PAGE));
        }
    }

    fn sync(&mut self) {
        self.durable.resize(self.seen.len(), 0);
        for page in std::mem::take(&mut self.unsynced).into_keys() {
            let range = page_range(page, self.seen.len());
            self.durable[range.clone()].copy_from_slice(&self.seen[range]);
        }
    }

    fn after_cut(&self, image: Image, rng: &mut Rng) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        if image == Image::Strict {
            return bytes;
        }
        for (page, states) in &self.unsynced {
            let newest = states.len() as u64;
            // 0 stands for the page as it was synced, or for no page at all.
            let kept = if rng.between(0, 1) == 1 { newest } else { rng.between(0, newest - 1) };
            let Some(state) = kept.checked_sub(1).and_then(|n| states.get(n as usize)) else {
                continue;
            };
            let end = page * PAGE + state.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[page * PAGE..end].copy_from_slice(state);
        }
        bytes
    }
}

fn page_range(page: usize, len: usize) -> std::ops::Range<usize> {
    page * PAGE..((page + 1) * PAGE).min(len)
}

fn position(at: u64) -> io::Result<usize> {
    usize::try_from(at).map_err(io::Error::other)
}

fn list(dir: &Path, prefix: &str, found: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), &format!("{name}/"), found)?;
        } else if !kind.is_socket() {
            found.insert(name);
        }
    }
    Ok(())
}

fn missed(what: String) -> io::Error {
    io::Error::other(format!("record is not complete: {what}"))
}

#[cfg(test)]
mod tests;
