//! The folders of a channel, and the files in them.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a channel's folder holds.
pub(super) const PARTS: [&str; 5] = ["in", "out", "done", "error", "work"];

/// Most files looked at in one look; further ones wait for the next.
pub(super) const FILES_MAX: usize = 10_000;

/// Longest file name that is kept whole, in bytes: a time and a number come before it, and file systems
/// take 255.
const NAME_MAX: usize = 200;

/// What was seen of a file: nothing writes to it any more when two looks saw the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    bytes: u64,
    changed: Option<SystemTime>,
}

/// What was seen at the look before.
#[derive(Debug, Default)]
pub(super) struct Looks(HashMap<PathBuf, Seen>);

impl Looks {
    /// Files of a folder that nothing writes to any more, by name.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(super) fn settled(&mut self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let (mut now, mut settled) = (HashMap::new(), Vec::new());
        for path in files(folder)? {
            // One that went away in between is not there.
            let Ok(found) = fs::symlink_metadata(&path) else { continue };
            let seen = Seen { bytes: found.len(), changed: found.modified().ok() };
            if self.0.get(&path) == Some(&seen) {
                settled.push(path.clone());
            }
            now.insert(path, seen);
        }
        self.0 = now;
        Ok(settled)
    }
}

/// The plain files of a folder that are meant to be seen, by name: no links, and none that a sender has
/// under a name for files it still writes.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if found.len() == FILES_MAX {
            break;
        }
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let hidden = name.starts_with('.') || name.starts_with('~');
        let unfinished = [".tmp", ".part", ".filepart", ".writing", ".report"];
        let lower = name.to_ascii_lowercase();
        let is_file = entry.file_type()?.is_file();
        if is_file && !hidden && !unfinished.iter().any(|end| lower.ends_with(end)) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Moves a file into a folder under a name that no file there has: what it was called, behind a time.
///
/// # Errors
/// It cannot be moved: gone, or on another file system.
pub(super) fn take(file: &Path, into: &Path, now: u64) -> io::Result<PathBuf> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut plain: String = name.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    while plain.len() > NAME_MAX {
        plain.pop();
    }
    for number in 0..u32::MAX {
        let to = into.join(format!("{now}-{number}-{plain}"));
        // Nobody but this node writes here; what it took in this millisecond has a name already.
        if !to.try_exists()? {
            fs::rename(file, &to)?;
            sync(into)?;
            return Ok(to);
        }
    }
    Err(io::Error::other("no free name"))
}

/// Makes renames in a folder survive power loss.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Writes a file whole or not at all, under a hidden name first: who fetches files sees it when it is
/// all there. Who may read it is for the umask of the process.
pub(crate) fn write(
    path: &Path,
    fill: impl FnOnce(&mut fs::File) -> io::Result<()>,
) -> io::Result<()> {
    let (folder, name) = (path.parent().unwrap_or_else(|| Path::new(".")), path.file_name());
    let hidden = folder.join(format!(".{}.tmp", name.unwrap_or_default().to_string_lossy()));
    let mut file = fs::File::create(&hidden)?;
    fill(&mut file)?;
    file.sync_all()?;
    fs::rename(&hidden, path)?;
    sync(folder)
}
