//! The directory editions of a home: every one since the first, which of them is in force, and the
//! proofs that two of them carry one number.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use landside_proto::directory::{
    BUNDLE_MAX, Chain, Directory, is_signed_by_any, peek_bundle, rival,
};
use landside_proto::document::DirectoryEdition;
use landside_proto::evidence::EDITIONS_MAX;
use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::key::PublicKey;
use landside_proto::refusal::{Code, Refusal};

use super::{Home, HomeError, io_at, read_bounded, write_durably};

/// Most proofs of forks kept: one is enough to alarm the authority, and keys that sign twice can
/// sign without end.
pub const FORKS_MAX: usize = 16;

/// Most bytes of editions that only lead up to those an evidence file needs: an eighth of the file, and
/// dozens of editions of a large port.
const LEAD_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Ends of the names of files.
const EDITION: &str = "edition";
const FORK: &str = "fork";

/// The editions of a home, as far as they are held in memory.
#[derive(Debug, Clone)]
pub struct Kept {
    /// All of them by number and id.
    pub chain: Chain,
    /// The newest, in force or waiting for its `valid_from`.
    pub newest: Arc<Directory>,
    /// The one in force: of those whose time has come, the one with the highest number.
    pub in_force: Arc<Directory>,
    /// Those after it, each with its `valid_from`.
    pub waiting: BTreeMap<u64, UnixMillis>,
    /// Every key that was an authority's in one of them, each once.
    signers: Vec<PublicKey>,
}

/// What became of a bundle.
#[derive(Debug)]
pub enum Taken {
    /// It is kept. It is in force now, or waits for its time.
    New(Arc<Directory>),
    /// The edition of this number is kept since before.
    Known(u64),
    /// It follows another edition than the newest here, of the same number.
    Parted(Refusal),
    /// The authorities signed it and the edition here of its number: the proof is kept.
    Fork(Refusal),
    /// It is good, and could not be kept.
    Later(Refusal),
    /// It is refused.
    Refused(Refusal),
}

impl Taken {
    /// What a person who brings a bundle is told: the edition, also when it is the newest already.
    ///
    /// # Errors
    /// Its refusal; [`Code::EditionRollback`] for one before the newest.
    pub fn installed(self, newest: &Arc<Directory>) -> Result<Arc<Directory>, Refusal> {
        match self {
            Self::New(directory) => Ok(directory),
            // The spread may have been faster than the person.
            Self::Known(number) if number == newest.edition().number => Ok(Arc::clone(newest)),
            Self::Known(number) => {
                let told = format!("edition {number} after edition {}", newest.edition().number);
                Err(Refusal::new(Code::EditionRollback, told))
            }
            Self::Parted(refusal)
            | Self::Fork(refusal)
            | Self::Later(refusal)
            | Self::Refused(refusal) => Err(refusal),
        }
    }
}

/// The proof that authorities signed two editions of one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The number.
    pub number: u64,
    /// Id of the edition that was not taken.
    pub id: Hash32,
    /// The file: a CBOR array of both bundles, first the one taken here.
    pub file: PathBuf,
}

impl Home {
    /// The editions. They are trusted from the first one pinned, each checked against the one
    /// before.
    ///
    /// # Errors
    /// [`HomeError::NoDirectory`], [`HomeError::Edition`], [`HomeError::Io`].
    pub fn editions(&self, now: UnixMillis) -> Result<Kept, HomeError> {
        let (number, trusted) = self.pin()?;
        let first = self.read_edition(number, |b| Directory::found(b, trusted, now))?;
        let first = Arc::new(first);
        let signers = first.edition().authorities.clone();
        let mut kept = Kept {
            chain: Chain::of(&first),
            newest: Arc::clone(&first),
            in_force: first,
            waiting: BTreeMap::new(),
            signers,
        };
        let was_in_force = self.was_in_force();
        while let Some(next) = kept.chain.newest().0.checked_add(1)
            && self.edition_file(next).exists()
        {
            let follow = |bundle: &[u8]| kept.newest.follow(bundle, now);
            let directory = Arc::new(self.read_edition(next, follow)?);
            kept.chain.push(&directory);
            kept.add(directory, now, was_in_force);
        }
        Ok(kept)
    }

    /// The edition in force at `now`.
    ///
    /// # Errors
    /// As [`Home::editions`].
    pub fn directory(&self, now: UnixMillis) -> Result<Arc<Directory>, HomeError> {
        Ok(self.editions(now)?.in_force)
    }

    /// Puts the editions before the first of these in front of them, from this home's first one on as far as
    /// an evidence file has room: whoever trusts an older list can then judge the file. What cannot be read
    /// is left out, and so is everything before it.
    pub(crate) fn led_up_to(&self, mut bundles: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let first = bundles.first().and_then(|bundle| peek_bundle(bundle).ok());
        let Some((first, _)) = first else { return bundles };
        let mut room = LEAD_BYTES_MAX;
        let mut before = Vec::new();
        for number in (1..first.number).rev().take(EDITIONS_MAX.saturating_sub(bundles.len())) {
            let Ok(Some(bundle)) = self.edition(number) else { break };
            let Some(left) = room.checked_sub(bundle.len()) else { break };
            room = left;
            before.push(bundle);
        }
        before.reverse();
        before.append(&mut bundles);
        before
    }

    /// The exact bundle of an edition; `None` when it was never here.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn edition(&self, number: u64) -> Result<Option<Vec<u8>>, HomeError> {
        let path = self.edition_file(number);
        match read_bounded(&path, BUNDLE_MAX) {
            Ok(bundle) => Ok(Some(bundle)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_at(&path, error)),
        }
    }

    /// At most `most` bytes of an edition's bundle from an offset on, and the length of it all.
    ///
    /// # Errors
    /// [`HomeError::Io`], also when it was never here.
    pub fn edition_part(
        &self,
        number: u64,
        from: u64,
        most: usize,
    ) -> Result<(u64, Vec<u8>), HomeError> {
        let path = self.edition_file(number);
        let read = || -> io::Result<(u64, Vec<u8>)> {
            let mut file = File::open(&path)?;
            let total = file.metadata()?.len();
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
            Ok((total, bytes))
        };
        read().map_err(|error| io_at(&path, error))
    }

    /// Keeps an edition that was accepted; the first one kept is the pin of all later ones.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn keep_edition(&self, directory: &Directory) -> Result<(), HomeError> {
        let number = directory.edition().number;
        write_durably(&self.edition_file(number), directory.bundle())?;
        if !self.pin_file().exists() {
            write_durably(&self.pin_file(), format!("{number} {}\n", directory.id()).as_bytes())?;
        }
        Ok(())
    }

    /// Notes that an edition came in force: from then on none before it does, whatever the clock.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn note_in_force(&self, number: u64) -> Result<(), HomeError> {
        write_durably(&self.in_force_file(), format!("{number}\n").as_bytes())
    }

    /// The forks that were proven here, by number.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn forks(&self) -> Result<Vec<Fork>, HomeError> {
        let dir = self.alarms_dir();
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io_at(&dir, error)),
        };
        let files = entries.flatten().map(|entry| entry.path());
        let mut forks: Vec<_> = files.filter_map(fork_of_file).collect();
        forks.sort_by_key(|fork| (fork.number, fork.id));
        Ok(forks)
    }

    /// Keeps the proof of a fork, once, and at most [`FORKS_MAX`] of them.
    fn keep_fork(&self, number: u64, id: Hash32, both: [&[u8]; 2]) -> Result<(), HomeError> {
        let dir = self.alarms_dir();
        let forks = self.forks()?;
        let known = forks.iter().any(|fork| (fork.number, fork.id) == (number, id));
        if known || forks.len() >= FORKS_MAX {
            return Ok(());
        }
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|error| io_at(&dir, error))?;
        // RFC 8949 § 3.1: an array of two byte strings, lengths in four bytes.
        let mut bytes = vec![0x82];
        for bundle in both {
            let len = u32::try_from(bundle.len()).unwrap_or(u32::MAX);
            bytes.push(0x5a);
            bytes.extend_from_slice(&len.to_be_bytes());
            bytes.extend_from_slice(bundle);
        }
        write_durably(&dir.join(format!("edition-{number:08}-{id}.{FORK}")), &bytes)
    }

    fn pin(&self) -> Result<(u64, Hash32), HomeError> {
        let pin = self.pin_file();
        let text = match fs::read_to_string(&pin) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(HomeError::NoDirectory),
            Err(e) => return Err(io_at(&pin, e)),
        };
        let (number, trusted) = text.trim().split_once(' ').ok_or(HomeError::NoDirectory)?;
        let number = number.parse().map_err(|_| HomeError::NoDirectory)?;
        Ok((number, Hash32::parse(trusted)?))
    }

    /// The number that [`Home::note_in_force`] noted last; 0 when it never did.
    fn was_in_force(&self) -> u64 {
        let noted = fs::read_to_string(self.in_force_file()).ok();
        noted.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    fn read_edition(
        &self,
        number: u64,
        accept: impl FnOnce(&[u8]) -> Result<Directory, Refusal>,
    ) -> Result<Directory, HomeError> {
        let path = self.edition_file(number);
        let bundle = fs::read(&path).map_err(|e| io_at(&path, e))?;
        accept(&bundle)
            .map_err(|refusal| HomeError::Edition { path: path.display().to_string(), refusal })
    }

    /// What a kept edition says. It was verified when it was taken; its id is compared again.
    fn kept_edition(
        &self,
        number: u64,
        id: Option<Hash32>,
    ) -> Result<(Vec<u8>, DirectoryEdition), Refusal> {
        let lost = |why: String| Refusal::new(Code::StoreFull, format!("edition {number}: {why}"));
        let bundle = self.edition(number).map_err(|error| lost(error.to_string()))?;
        let bundle = bundle.ok_or_else(|| lost("its file is missing".to_owned()))?;
        let (edition, found) = peek_bundle(&bundle)?;
        if Some(found) == id { Ok((bundle, edition)) } else { Err(lost("altered".to_owned())) }
    }

    pub(super) fn editions_dir(&self) -> PathBuf {
        self.0.join("directory")
    }

    fn alarms_dir(&self) -> PathBuf {
        self.0.join("alarms")
    }

    fn edition_file(&self, number: u64) -> PathBuf {
        self.editions_dir().join(format!("{number:08}.{EDITION}"))
    }

    fn in_force_file(&self) -> PathBuf {
        self.editions_dir().join("in-force")
    }

    fn pin_file(&self) -> PathBuf {
        self.editions_dir().join("trusted")
    }
}

impl Kept {
    /// Judges a bundle and keeps what is new, durably. `asked` is the number that a peer was asked
    /// for; a bundle that a person brings may have any.
    pub fn take(
        &mut self,
        home: &Home,
        bundle: &[u8],
        asked: Option<u64>,
        now: UnixMillis,
    ) -> Taken {
        if asked.is_some() && !is_signed_by_any(bundle, &self.signers, now) {
            let told = "no authority of any edition here signed it";
            return Taken::Refused(Refusal::new(Code::EditionUnsigned, told));
        }
        let (edition, id) = match peek_bundle(bundle) {
            Ok(peeked) => peeked,
            Err(refusal) => return Taken::Refused(refusal),
        };
        let (number, newest) = (edition.number, self.chain.newest().0);
        if let Some(asked) = asked.filter(|asked| *asked != number) {
            let code = if number <= newest { Code::EditionRollback } else { Code::EditionGap };
            return Taken::Refused(Refusal::new(code, format!("edition {number} for {asked}")));
        }
        if self.chain.id(number) == Some(id) {
            return Taken::Known(number);
        }
        if self.chain.id(number).is_some() {
            return self.judge_rival(home, bundle, (number, id), now);
        }
        let directory = match self.newest.follow(bundle, now) {
            Ok(directory) => Arc::new(directory),
            Err(refusal) => {
                let same_network = edition.network == self.newest.edition().network;
                let parted = refusal.code == Code::EditionFork && same_network;
                return if parted { Taken::Parted(refusal) } else { Taken::Refused(refusal) };
            }
        };
        if let Err(error) = home.keep_edition(&directory) {
            return Taken::Later(Refusal::new(Code::StoreFull, error.to_string()));
        }
        self.chain.push(&directory);
        self.add(Arc::clone(&directory), now, 0);
        Taken::New(directory)
    }

    /// Brings in force what has come due, from the files of the home; `true` when something has.
    ///
    /// # Errors
    /// As [`Home::editions`].
    pub fn come_due(&mut self, home: &Home, now: UnixMillis) -> Result<bool, HomeError> {
        if self.waiting.values().all(|from| *from > now) {
            return Ok(false);
        }
        let before = self.in_force.edition().number;
        let kept = home.editions(now)?;
        // What is in force stays so, though the clock went back.
        if kept.in_force.edition().number <= before {
            return Ok(false);
        }
        *self = kept;
        Ok(true)
    }

    /// Another edition of a number that is taken here.
    fn judge_rival(
        &self,
        home: &Home,
        bundle: &[u8],
        (number, id): (u64, Hash32),
        now: UnixMillis,
    ) -> Taken {
        let proven = || -> Result<Vec<u8>, Refusal> {
            let (mine, edition) = home.kept_edition(number, self.chain.id(number))?;
            let before = match number.checked_sub(1) {
                Some(before) if before >= self.chain.first() => {
                    home.kept_edition(before, self.chain.id(before))?.1
                }
                _ => edition.clone(),
            };
            rival(bundle, &edition, &before, now)?;
            Ok(mine)
        };
        let mine = match proven() {
            Ok(mine) => mine,
            // Nobody signed twice: it is refused as what it is after the newest edition.
            Err(_) if !is_signed_by_any(bundle, &self.signers, now) => {
                let told = format!("no authority of any edition here signed this edition {number}");
                return Taken::Refused(Refusal::new(Code::EditionUnsigned, told));
            }
            Err(refusal) => {
                let after = self.newest.follow(bundle, now).err();
                return Taken::Refused(after.unwrap_or(refusal));
            }
        };
        let here = self.chain.id(number).map(|id| id.to_string()).unwrap_or_default();
        let detail = format!("edition {number} is {here} here, and {id} was signed too");
        match home.keep_fork(number, id, [&mine, bundle]) {
            Ok(()) => Taken::Fork(Refusal::new(Code::EditionFork, detail)),
            Err(error) => Taken::Later(Refusal::new(Code::StoreFull, error.to_string())),
        }
    }

    /// Adds the newest edition: in force when its time has come, or had come once.
    fn add(&mut self, directory: Arc<Directory>, now: UnixMillis, was_in_force: u64) {
        let DirectoryEdition { number, valid_from, .. } = directory.edition();
        if *valid_from <= now || *number <= was_in_force {
            self.in_force = Arc::clone(&directory);
            self.waiting.clear();
        } else {
            self.waiting.insert(*number, *valid_from);
        }
        let new = directory.edition().authorities.iter().filter(|key| !self.signers.contains(key));
        let new: Vec<_> = new.copied().collect();
        self.signers.extend(new);
        self.newest = directory;
    }
}

/// `edition-<number>-<id>.fork`.
fn fork_of_file(file: PathBuf) -> Option<Fork> {
    if file.extension()? != FORK {
        return None;
    }
    let (number, id) = file.file_stem()?.to_str()?.strip_prefix("edition-")?.split_once('-')?;
    Some(Fork { number: number.parse().ok()?, id: Hash32::parse(id).ok()?, file })
}

#[cfg(test)]
mod tests;
