//! Custody of private keys: files that only their owner reads, encrypted or not, and where the
//! passphrase comes from.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use landside_proto::key::{
    KEY_FILE_MAX, KeyError, PASSPHRASE_MAX, PBKDF2_ROUNDS, Passphrase, Protection, Salt, SecretKey,
};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::home::{HomeError, write_durably};

/// Where systemd says that it put the credentials of a service (systemd.exec(5), `LoadCredential=`).
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// Where the passphrase of a key file comes from. Never from the command line, which every user of
/// the machine can read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PassphraseFrom {
    /// There is none: keys are not encrypted.
    #[default]
    None,
    /// A file that only its owner can read; one line.
    File(PathBuf),
    /// A variable of the environment.
    Env(String),
    /// A file of this name below `$CREDENTIALS_DIRECTORY`, as systemd gives it.
    Credential(String),
    /// Something else stood there. It is not kept: it may be a passphrase in the wrong place.
    Unreadable,
}

/// A key file cannot be read or written. Says the file and never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// A file cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// Others can read a key.
    #[error(
        "key {path} has mode {mode:o}; it must be readable by its owner only: chmod 600 {path}"
    )]
    KeyMode {
        /// The key file.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// A key file does not give a key, or none can be written.
    #[error("{path}: {error}; {}", remedy(*error))]
    Key {
        /// The key file.
        path: String,
        /// Why.
        error: KeyError,
    },
    /// Others can read a passphrase.
    #[error(
        "passphrase file {path} has mode {mode:o}; it must be readable by its owner only: \
         chmod 600 {path}"
    )]
    PassphraseMode {
        /// The passphrase file.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// The source has no passphrase.
    #[error("no passphrase in {source_name}: {why}; {remedy}")]
    PassphraseMissing {
        /// The source, as configured.
        source_name: String,
        /// Why there is none.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
    /// What the source has is no passphrase.
    #[error("{source_name}: {error}; {}", remedy(*error))]
    PassphraseForm {
        /// The source, as configured.
        source_name: String,
        /// Why not.
        error: KeyError,
    },
    /// The file cannot be written.
    #[error("{0}")]
    Write(Box<HomeError>),
    /// The operating system gave no randomness.
    #[error("no randomness: {0}")]
    Random(getrandom::Error),
}

impl CustodyError {
    /// Stable code, one for each fault that calls for something else.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::Write(_) => "file",
            Self::KeyMode { .. } => "key-mode",
            Self::PassphraseMode { .. } => "passphrase-mode",
            Self::PassphraseMissing { .. } => "passphrase-missing",
            Self::Random(_) => "no-randomness",
            Self::Key { error, .. } | Self::PassphraseForm { error, .. } => match error {
                KeyError::Form | KeyError::Weak | KeyError::Pkcs8 => "key",
                KeyError::Encrypted => "passphrase-needed",
                KeyError::Passphrase => "passphrase-wrong",
                KeyError::Cost => "key-cost",
                KeyError::Cipher => "key-cipher",
                KeyError::PassphraseForm => "passphrase-form",
                KeyError::PassphraseShort => "passphrase-short",
            },
        }
    }
}

/// What a person can do about a key that does not come out of its file.
fn remedy(error: KeyError) -> &'static str {
    match error {
        KeyError::Form | KeyError::Weak | KeyError::Pkcs8 => "put the right file back",
        KeyError::Encrypted => {
            "say where the passphrase is: keys.passphrase_from in config.toml, or --passphrase-from"
        }
        KeyError::Passphrase => "give the passphrase that the file was encrypted with",
        KeyError::Cost => "encrypt it anew with fewer rounds, where it was made",
        KeyError::Cipher => "encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc",
        KeyError::PassphraseForm => "give one line",
        KeyError::PassphraseShort => "choose a longer one",
    }
}

impl FromStr for PassphraseFrom {
    type Err = String;

    /// Reads `none`, `file:PATH`, `env:NAME` or `credential:NAME`.
    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |name: &str| !name.is_empty() && !name.contains(['/', '=', '\0']);
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("env", name)) if plain(name) => Ok(Self::Env(name.to_owned())),
            Some(("credential", name)) if plain(name) && name != "." && name != ".." => {
                Ok(Self::Credential(name.to_owned()))
            }
            // What was written is not repeated: it may be the passphrase.
            _ => Err("write none, file:PATH, env:NAME or credential:NAME, never a passphrase \
                      itself"
                .to_owned()),
        }
    }
}

impl fmt::Display for PassphraseFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Env(name) => write!(f, "env:{name}"),
            Self::Credential(name) => write!(f, "credential:{name}"),
            Self::Unreadable => f.write_str("unreadable"),
        }
    }
}

impl<'de> Deserialize<'de> for PassphraseFrom {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        // An error here would quote the line of the file; the config refuses it in its own words.
        Ok(String::deserialize(d)?.parse().unwrap_or(Self::Unreadable))
    }
}

impl PassphraseFrom {
    /// The passphrase; `None` from the source `none`.
    ///
    /// # Errors
    /// [`CustodyError::PassphraseMissing`], [`CustodyError::PassphraseMode`],
    /// [`CustodyError::PassphraseForm`], [`CustodyError::Io`].
    pub fn read(&self) -> Result<Option<Passphrase>, CustodyError> {
        let missing = |why: String, remedy| CustodyError::PassphraseMissing {
            source_name: self.to_string(),
            why,
            remedy,
        };
        let bytes = match self {
            Self::None => return Ok(None),
            Self::Unreadable => {
                return Err(missing("that is no source".to_owned(), "name another"));
            }
            Self::Env(name) => {
                let value = std::env::var_os(name).ok_or_else(|| {
                    missing("the variable is not set".to_owned(), "set it for this process")
                })?;
                Zeroizing::new(value.into_vec())
            }
            Self::File(path) => self.read_file(path, false)?,
            Self::Credential(name) => {
                let dir = std::env::var_os(CREDENTIALS_DIRECTORY).ok_or_else(|| {
                    let why = format!("${CREDENTIALS_DIRECTORY} is not set");
                    missing(why, "give the service LoadCredential= or LoadCredentialEncrypted=")
                })?;
                self.read_file(&Path::new(&dir).join(name), true)?
            }
        };
        let one_line = Zeroizing::new(without_line_end(&bytes).to_vec());
        Passphrase::new(one_line)
            .map(Some)
            .map_err(|error| CustodyError::PassphraseForm { source_name: self.to_string(), error })
    }

    /// A source that a config file may name: a relative path would depend on where the node starts.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        match self {
            Self::File(path) => path.is_absolute(),
            Self::Unreadable => false,
            Self::None | Self::Env(_) | Self::Credential(_) => true,
        }
    }

    fn read_file(&self, path: &Path, by_systemd: bool) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        let name = || path.display().to_string();
        let (bytes, access) = match read_private(path, PASSPHRASE_MAX + 2) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(CustodyError::PassphraseMissing {
                    source_name: self.to_string(),
                    why: format!("{} is not there", name()),
                    remedy: "put it there, readable by this user only",
                });
            }
            Err(error) => return Err(CustodyError::Io { path: name(), error }),
        };
        let open = if by_systemd { access.others_read_credential() } else { access.others_read() };
        if open {
            return Err(CustodyError::PassphraseMode { path: name(), mode: access.mode });
        }
        Ok(bytes)
    }
}

/// Who may read an open file.
#[derive(Debug, Clone, Copy)]
struct Access {
    mode: u32,
    uid: u32,
    gid: u32,
}

impl Access {
    fn others_read(self) -> bool {
        self.mode & 0o077 != 0
    }

    /// systemd gives a service's user access by an ACL where the file system has them; the file is
    /// then root's, and its group bits show the ACL's mask, not what the group may (acl(5)).
    fn others_read_credential(self) -> bool {
        let mask_only = self.uid == 0 && self.gid == 0 && self.mode & 0o077 == 0o040;
        self.others_read() && !mask_only
    }
}

/// Reads a small file and who else may; a file longer than `max` is an error.
fn read_private(path: &Path, max: usize) -> io::Result<(Zeroizing<Vec<u8>>, Access)> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    let access = Access { mode: about.mode() & 0o777, uid: about.uid(), gid: about.gid() };
    // All room at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(max + 1));
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > max {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok((bytes, access))
}

/// Editors and `echo` end a line; openssl does not count that as the passphrase either.
fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// Reads a key file's text, if only its owner can.
fn read_pem(path: &Path) -> Result<Zeroizing<String>, CustodyError> {
    let name = || path.display().to_string();
    let (bytes, access) = read_private(path, KEY_FILE_MAX)
        .map_err(|error| CustodyError::Io { path: name(), error })?;
    if access.others_read() {
        return Err(CustodyError::KeyMode { path: name(), mode: access.mode });
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(CustodyError::Key { path: name(), error: KeyError::Pkcs8 }),
    }
}

/// Longest file of a TLS key, in bytes: an RSA key of 16,384 bits in PEM.
const TLS_KEY_MAX: usize = 16 * 1024;

/// Reads the key file of a TLS certificate. A group may read it, as of those that share certificates
/// on a machine; everybody may not.
///
/// # Errors
/// [`CustodyError::KeyMode`], [`CustodyError::Io`].
pub fn read_tls_key(path: &Path) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
    let name = || path.display().to_string();
    let (bytes, access) = read_private(path, TLS_KEY_MAX)
        .map_err(|error| CustodyError::Io { path: name(), error })?;
    if access.mode & 0o007 != 0 {
        return Err(CustodyError::KeyMode { path: name(), mode: access.mode });
    }
    Ok(bytes)
}

/// How a key file is protected, without opening it.
///
/// # Errors
/// [`CustodyError::KeyMode`], [`CustodyError::Key`], [`CustodyError::Io`].
pub fn protection(path: &Path) -> Result<Protection, CustodyError> {
    Protection::of_pem(&read_pem(path)?)
        .map_err(|error| CustodyError::Key { path: path.display().to_string(), error })
}

/// Reads a key file. The passphrase is asked for only when the file is encrypted.
///
/// # Errors
/// As [`protection`] and [`PassphraseFrom::read`].
pub fn read_key(
    path: &Path,
    passphrase: impl FnOnce() -> Result<Option<Passphrase>, CustodyError>,
) -> Result<SecretKey, CustodyError> {
    let wrong = |error| CustodyError::Key { path: path.display().to_string(), error };
    let pem = read_pem(path)?;
    let encrypted = Protection::of_pem(&pem).map_err(wrong)?.is_encrypted();
    let passphrase = if encrypted { passphrase()? } else { None };
    SecretKey::from_pem(&pem, passphrase.as_ref()).map_err(wrong)
}

/// Writes a key file of mode 0600, whole or not at all; encrypted when there is a passphrase.
///
/// # Errors
/// [`CustodyError::Key`] for a passphrase that is too short, [`CustodyError::Write`],
/// [`CustodyError::Random`].
pub fn write_key(
    path: &Path,
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
) -> Result<(), CustodyError> {
    let wrong = |error| CustodyError::Key { path: path.display().to_string(), error };
    let pem = match passphrase {
        None => key.to_pkcs8_pem().map_err(wrong)?,
        Some(passphrase) => {
            key.to_encrypted_pem(passphrase, new_salt()?, PBKDF2_ROUNDS).map_err(wrong)?
        }
    };
    write_durably(path, pem.as_bytes()).map_err(|error| CustodyError::Write(Box::new(error)))
}

/// Whether there is such a file, for a caller that must not write over it.
#[must_use]
pub fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn new_salt() -> Result<Salt, CustodyError> {
    let mut chance = Salt { salt: [0; 16], iv: [0; 16] };
    getrandom::fill(&mut chance.salt).map_err(CustodyError::Random)?;
    getrandom::fill(&mut chance.iv).map_err(CustodyError::Random)?;
    Ok(chance)
}

#[cfg(test)]
mod tests;
