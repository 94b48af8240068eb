//! A party's home: one directory with keys, config, directory editions and store.

mod editions;

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use landside_proto::directory::Actor;
use landside_proto::evidence::{self, Evidence, ForkEvidence};
use landside_proto::ids::{IdError, PartyId, UnixMillis};
use landside_proto::key::{SecretKey, Signer};
use landside_proto::refusal::Refusal;

pub use self::editions::{FORKS_MAX, Fork, Kept, Taken};
use crate::backup::{BackupError, Unchecked};
use crate::config::{Config, ConfigError, TEMPLATE};
use crate::custody::{self, CustodyError, PassphraseFrom};

/// Longest path of a control socket, in bytes: what a Unix socket address holds (unix(7)).
const SOCKET_PATH_MAX: usize = 107;

/// How often a store that is to be let go is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Where a node keeps everything. Nothing in it is shared with another node.
#[derive(Debug, Clone)]
pub struct Home(PathBuf);

/// Most node keys that are kept after they were replaced: a device that slept through more than these
/// changes must be enrolled anew.
pub const OLD_NODE_KEYS_MAX: usize = 4;

/// The keys a node signs with: those of its home, or of a token. Never printed.
#[derive(Clone)]
pub struct Keys {
    /// Signs documents.
    pub signing: Arc<dyn Signer>,
    /// Shown on the wire. A driver's device has one key for both.
    pub node: Arc<dyn Signer>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// A home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// `init` found a home already there.
    #[error("{0} is a home already; choose another directory")]
    Exists(String),
    /// The directory is no home.
    #[error("{0} is no landside home; make one with landside init")]
    NoHome(String),
    /// A private key cannot be read or written.
    #[error(transparent)]
    Custody(#[from] CustodyError),
    /// The name of the party is not a name.
    #[error("{0}")]
    Name(String),
    /// The config is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An edition on disk is refused.
    #[error("directory edition {path}: {refusal}")]
    Edition {
        /// The file.
        path: String,
        /// Why.
        refusal: Refusal,
    },
    /// No edition was installed.
    #[error("no directory is installed; install one with landside directory install")]
    NoDirectory,
    /// The path is too long for a socket.
    #[error("{0} is too long a path for a control socket; use a shorter home path")]
    PathTooLong(String),
}

impl From<IdError> for HomeError {
    fn from(error: IdError) -> Self {
        Self::Name(error.to_string())
    }
}

impl Home {
    /// A home that is there.
    ///
    /// # Errors
    /// [`HomeError::NoHome`], [`HomeError::PathTooLong`].
    pub fn at(path: impl Into<PathBuf>) -> Result<Self, HomeError> {
        let home = Self(path.into());
        match fs::metadata(home.actor_file()) {
            Ok(_) => home.short_enough(),
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Err(io_at(&home.0, e)),
            Err(_) => Err(HomeError::NoHome(home.0.display().to_string())),
        }
    }

    /// Makes a home with keys from the seeds given, not encrypted. A driver's device has one key.
    ///
    /// # Errors
    /// [`HomeError::Exists`], [`HomeError::Io`], [`HomeError::PathTooLong`].
    pub fn init(
        path: impl Into<PathBuf>,
        actor: InitActor,
        seeds: [[u8; 32]; 2],
    ) -> Result<Self, HomeError> {
        Self::init_guarded(path, actor, seeds, &PassphraseFrom::None)
    }

    /// As [`Home::init`], with keys encrypted under the passphrase of a source. The config file does
    /// not name the source yet.
    ///
    /// # Errors
    /// As [`Home::init`]; [`HomeError::Custody`].
    pub fn init_guarded(
        path: impl Into<PathBuf>,
        actor: InitActor,
        seeds: [[u8; 32]; 2],
        passphrase: &PassphraseFrom,
    ) -> Result<Self, HomeError> {
        let home = Self(path.into()).short_enough()?;
        if home.actor_file().exists() {
            return Err(HomeError::Exists(home.0.display().to_string()));
        }
        let passphrase = passphrase.read()?;
        if let Some(short) = passphrase.as_ref().and_then(|phrase| phrase.long_enough().err()) {
            let path = home.signing_key_file().display().to_string();
            return Err(CustodyError::Key { path, error: short }.into());
        }
        for dir in [home.0.clone(), home.keys_dir(), home.editions_dir(), home.out_dir()] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&dir)
                .map_err(|e| io_at(&dir, e))?;
        }
        let [signing, node] = seeds.map(SecretKey::from_seed);
        let name = match &actor {
            InitActor::Party(id) => Actor::Party(id.clone()),
            InitActor::Driver => Actor::Driver(signing.public_key().id()),
        };
        custody::write_key(&home.signing_key_file(), &signing, passphrase.as_ref())?;
        if matches!(actor, InitActor::Party(_)) {
            custody::write_key(&home.node_key_file(), &node, passphrase.as_ref())?;
        }
        write_durably(&home.config_file(), TEMPLATE.as_bytes())?;
        // Last: a directory without this file is no home, so a crash before leaves nothing half made.
        write_durably(&home.actor_file(), format!("{name}\n").as_bytes())?;
        Ok(home)
    }

    /// Whose home it is.
    ///
    /// # Errors
    /// [`HomeError::Io`], [`HomeError::Name`].
    pub fn actor(&self) -> Result<Actor, HomeError> {
        let path = self.actor_file();
        let text = fs::read_to_string(&path).map_err(|e| io_at(&path, e))?;
        Actor::parse(text.trim()).map_err(HomeError::Name)
    }

    /// The keys, if only their owner can read them. Encrypted ones are opened with the passphrase of
    /// the source that the config names.
    ///
    /// # Errors
    /// [`HomeError::Custody`], [`HomeError::Config`], [`HomeError::Io`].
    pub fn keys(&self) -> Result<Keys, HomeError> {
        let signing: Arc<dyn Signer> = Arc::new(self.open_key(&self.signing_key_file())?);
        let node: Arc<dyn Signer> = match self.actor()? {
            Actor::Party(_) => Arc::new(self.open_key(&self.node_key_file())?),
            Actor::Driver(_) => Arc::clone(&signing),
        };
        Ok(Keys { signing, node })
    }

    /// The private key files, by what they are for: `signing`, and for a party `node`.
    ///
    /// # Errors
    /// As [`Home::actor`].
    pub fn key_files(&self) -> Result<Vec<(&'static str, PathBuf)>, HomeError> {
        let mut files = vec![("signing", self.signing_key_file())];
        if let Actor::Party(_) = self.actor()? {
            files.push(("node", self.node_key_file()));
        }
        Ok(files)
    }

    /// The files of node keys that were in use before the present one, the newest first.
    #[must_use]
    pub fn old_node_key_files(&self) -> Vec<PathBuf> {
        let files = (1..=OLD_NODE_KEYS_MAX).map(|n| self.old_node_key_file(n));
        files.filter(|file| custody::is_there(file)).collect()
    }

    /// The node keys that were in use before the present one, the newest first: shown to whoever asks
    /// for them still.
    ///
    /// # Errors
    /// As [`Home::keys`].
    pub fn old_node_keys(&self) -> Result<Vec<Arc<dyn Signer>>, HomeError> {
        let open = |file: &PathBuf| -> Result<Arc<dyn Signer>, HomeError> {
            Ok(Arc::new(self.open_key(file)?))
        };
        self.old_node_key_files().iter().map(open).collect()
    }

    /// Puts the present node key among the old ones, before another takes its place; once, also when it
    /// is said again. The oldest beyond [`OLD_NODE_KEYS_MAX`] is dropped.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn retire_node_key(&self) -> Result<(), HomeError> {
        let (present, first) = (self.node_key_file(), self.old_node_key_file(1));
        let bytes = fs::read(&present).map_err(|e| io_at(&present, e))?;
        if fs::read(&first).is_ok_and(|kept| kept == bytes) {
            return Ok(());
        }
        for n in (1..OLD_NODE_KEYS_MAX).rev() {
            let (from, to) = (self.old_node_key_file(n), self.old_node_key_file(n + 1));
            if custody::is_there(&from) {
                fs::rename(&from, &to).map_err(|e| io_at(&from, e))?;
            }
        }
        write_durably(&first, &bytes)
    }

    fn open_key(&self, path: &Path) -> Result<SecretKey, HomeError> {
        // The config is looked at for encrypted keys only: `init` reads keys before it is settled.
        let source = match custody::protection(path)?.is_encrypted() {
            true => self.config()?.keys.passphrase_from,
            false => PassphraseFrom::None,
        };
        Ok(custody::read_key(path, || source.read())?)
    }

    /// Writes into the config file where the passphrase of the keys is, and changes nothing else of it.
    ///
    /// # Errors
    /// [`HomeError::Config`] when the file would not say so then; [`HomeError::Io`].
    pub fn name_passphrase(&self, source: &PassphraseFrom) -> Result<(), HomeError> {
        let path = self.config_file();
        let text = fs::read_to_string(&path).map_err(|e| io_at(&path, e))?;
        let text = Config::naming_passphrase(&text, source)?;
        write_durably(&path, text.as_bytes())
    }

    /// The settings.
    ///
    /// # Errors
    /// [`HomeError::Config`].
    pub fn config(&self) -> Result<Config, HomeError> {
        Ok(Config::load(&self.config_file())?)
    }

    /// The home's directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The store.
    #[must_use]
    pub fn store_dir(&self) -> PathBuf {
        self.0.join("store")
    }

    /// Whether a store was made here before: then a missing one is lost, and a new one in its place
    /// would begin a second log.
    #[must_use]
    pub fn had_store(&self) -> bool {
        self.store_made_file().exists()
    }

    /// Makes the directory of the store, closed to others.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn make_store_dir(&self) -> Result<(), HomeError> {
        let dir = self.store_dir();
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)
            .map_err(|error| io_at(&dir, error))
    }

    /// Notes that a store was made here.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn note_store(&self) -> Result<(), HomeError> {
        if self.had_store() { Ok(()) } else { write_durably(&self.store_made_file(), b"") }
    }

    /// The socket on which a running node takes commands.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.0.join("control.sock")
    }

    /// EDIFACT files for others to fetch.
    #[must_use]
    pub fn out_dir(&self) -> PathBuf {
        self.0.join("out")
    }

    /// The config file.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// Waits until no process has the store open; `false` when one still has after `within`.
    pub async fn is_let_go(&self, within: Duration) -> bool {
        let begun = Instant::now();
        while crate::store::is_held(&self.store_dir()) {
            if begun.elapsed() > within {
                return false;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        true
    }

    /// The file that says a terminal's log was rewritten, or has two histories.
    #[must_use]
    pub fn log_alarm_file(&self, terminal: &PartyId) -> PathBuf {
        self.0.join("alarms").join(format!("log-{terminal}.landside"))
    }

    /// Keeps what accuses a terminal's log, for anybody to verify.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub(crate) fn keep_log_alarm(&self, fork: ForkEvidence) -> Result<PathBuf, HomeError> {
        let path = self.log_alarm_file(&fork.terminal);
        if let Some(dir) = path.parent() {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
            made.map_err(|error| io_at(dir, error))?;
        }
        write_durably(&path, &evidence::write(&Evidence::Fork(fork)))?;
        Ok(path)
    }

    /// What accuses a terminal's log, if it is there and can be read.
    pub(crate) fn log_alarm(&self, terminal: &PartyId) -> Option<ForkEvidence> {
        let bytes = read_bounded(&self.log_alarm_file(terminal), evidence::EVIDENCE_MAX).ok()?;
        match evidence::read(&bytes).ok()? {
            Evidence::Fork(fork) => Some(fork),
            Evidence::Case(_) => None,
        }
    }

    /// What keeps a restored home from running, if it was not compared yet.
    #[must_use]
    pub fn unchecked(&self) -> Option<Unchecked> {
        let file = Self::unchecked_file(&self.0);
        if !file.exists() {
            return None;
        }
        // One that cannot be read holds the home back all the same.
        let nothing = UnixMillis::from_millis(0);
        let unread = Unchecked { log_entries: 0, backup_at: nothing, restored_at: nothing };
        let read = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Some(read.unwrap_or(unread))
    }

    /// Lets a restored home run: nobody knows more entries of its log than it has. Who said so is kept.
    ///
    /// # Errors
    /// [`BackupError::PlacesLost`] when somebody does; [`BackupError::NotWaiting`].
    pub fn rejoin(&self, known: &[u64], person: &str, now: UnixMillis) -> Result<(), BackupError> {
        let file = Self::unchecked_file(&self.0);
        let Some(unchecked) = self.unchecked() else {
            return Err(BackupError::NotWaiting(self.0.display().to_string()));
        };
        let (had, known) = (unchecked.log_entries, known.iter().copied().max().unwrap_or(0));
        if known > had {
            return Err(BackupError::PlacesLost { known, had });
        }
        let said = serde_json::json!({
            "at": now, "person": person, "known": known, "log_entries": had,
            "backup_at": unchecked.backup_at,
        });
        write_durably(&self.0.join("rejoined.json"), format!("{said:#}\n").as_bytes())?;
        fs::remove_file(&file).map_err(|error| io_at(&file, error))?;
        File::open(&self.0).and_then(|dir| dir.sync_all()).map_err(|e| io_at(&self.0, e))?;
        Ok(())
    }

    /// The file that says that a home in a directory waits to be compared.
    pub(crate) fn unchecked_file(home: &Path) -> PathBuf {
        home.join("restored.json")
    }

    /// How many proofs lie in `alarms/`.
    #[must_use]
    pub fn alarms(&self) -> usize {
        fs::read_dir(self.0.join("alarms")).map_or(0, |files| files.flatten().count())
    }

    /// When the last backup of this home was done.
    #[must_use]
    pub fn last_backup(&self) -> Option<UnixMillis> {
        let text = fs::read_to_string(self.backed_up_file()).ok()?;
        UnixMillis::parse(text.trim()).ok()
    }

    /// Notes that a backup was done.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn note_backup(&self, at: UnixMillis) -> Result<(), HomeError> {
        write_durably(&self.backed_up_file(), format!("{at}\n").as_bytes())
    }

    fn backed_up_file(&self) -> PathBuf {
        self.0.join("backed-up")
    }

    fn actor_file(&self) -> PathBuf {
        self.0.join("actor")
    }

    fn store_made_file(&self) -> PathBuf {
        self.0.join("store-made")
    }

    fn keys_dir(&self) -> PathBuf {
        self.0.join("keys")
    }

    fn signing_key_file(&self) -> PathBuf {
        self.keys_dir().join("signing.pem")
    }

    fn node_key_file(&self) -> PathBuf {
        self.keys_dir().join("node.pem")
    }

    fn old_node_key_file(&self, n: usize) -> PathBuf {
        self.keys_dir().join(format!("node-old-{n}.pem"))
    }

    fn short_enough(self) -> Result<Self, HomeError> {
        if self.socket().as_os_str().len() > SOCKET_PATH_MAX {
            return Err(HomeError::PathTooLong(self.socket().display().to_string()));
        }
        Ok(self)
    }
}

/// Whose home to make.
#[derive(Debug, Clone)]
pub enum InitActor {
    /// A party of the directory.
    Party(PartyId),
    /// A driver's device, known by its key.
    Driver,
}

/// Reads a file of at most `max` bytes; a longer one, or one without end, is an error.
///
/// # Errors
/// Those of the file system; [`io::ErrorKind::FileTooLarge`].
pub fn read_bounded(path: &Path, max: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    io::Read::read_to_end(
        &mut io::Read::take(File::open(path)?, limit.saturating_add(1)),
        &mut bytes,
    )?;
    if bytes.len() > max {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Writes a file whole or not at all: beside it, synced, then renamed over it.
///
/// # Errors
/// [`HomeError::Io`].
pub fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), HomeError> {
    let beside = path.with_extension("tmp");
    let write = || -> io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        match path.parent() {
            Some(dir) if dir.as_os_str().is_empty() => File::open(".")?.sync_all(),
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|e| io_at(path, e))
}

fn io_at(path: &Path, error: io::Error) -> HomeError {
    HomeError::Io { path: path.display().to_string(), error }
}
