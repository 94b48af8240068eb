//! Signed notes (C2SP signed-note): lines of text, a blank line, signature lines.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use super::{CheckpointError, KeyName};
use crate::key::PublicKey;

/// Longest note, in bytes: it fits a row of the store, and 16 lines of the longest signatures that
/// others use today.
pub const NOTE_MAX: usize = 60 * 1024;

/// Most signature lines of a note: the log, its witnesses, keys that take over. The specification
/// asks for 16.
pub const SIGNATURES_MAX: usize = 32;

/// How a signature line begins: a dash (U+2014) and a blank.
const DASH: &str = "\u{2014} ";

/// Bytes of a key id.
const KEY_ID_LEN: usize = 4;

/// What a signature is over, by the number that goes into the key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 over the text (C2SP signed-note): a log's.
    Log,
    /// Ed25519 over time and text (C2SP tlog-cosignature, version 1): a witness's.
    Cosignature,
}

/// The first 4 bytes of SHA-256 over name, algorithm and key: with the name, which key signed a
/// line. Not a secret and easy to collide; only a signature proves anything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoteKeyId([u8; KEY_ID_LEN]);

/// One signature line of a note. Nothing says that it verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    name: Box<str>,
    key_id: NoteKeyId,
    signature: Vec<u8>,
}

impl Algorithm {
    const fn byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Cosignature => 0x04,
        }
    }

    /// The id of a key in notes.
    #[must_use]
    pub fn key_id(self, name: &str, key: &PublicKey) -> NoteKeyId {
        let mut digest = Sha256::new();
        digest.update(name);
        digest.update([b'\n', self.byte()]);
        digest.update(key.as_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(digest.finalize());
        NoteKeyId([a, b, c, d])
    }

    /// A key as other clients are told it (*vkey*): `<name>+<key id>+<base64 of algorithm and
    /// key>`.
    #[must_use]
    pub fn vkey(self, name: &KeyName, key: &PublicKey) -> String {
        let material = [&[self.byte()][..], key.as_bytes()].concat();
        format!("{name}+{}+{}", self.key_id(name.as_str(), key), BASE64.encode(&material))
    }
}

impl NoteKeyId {
    /// Its 4 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_ID_LEN] {
        &self.0
    }
}

impl fmt::Display for NoteKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for NoteKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteKeyId({self})")
    }
}

impl SignatureLine {
    pub(super) fn new(name: &str, key_id: NoteKeyId, signature: Vec<u8>) -> Self {
        Self { name: name.into(), key_id, signature }
    }

    /// Reads a line without its line feed; only the one spelling that [`fmt::Display`] writes.
    pub(super) fn read(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
        let named = !name.is_empty() && !name.contains(['+', ' ']);
        let printed = !name.chars().any(|c| c.is_whitespace() || c.is_control());
        let bytes = BASE64.decode(encoded.as_bytes()).ok()?;
        let (key_id, signature) = bytes.split_first_chunk::<KEY_ID_LEN>()?;
        (named && printed && !signature.is_empty())
            .then(|| Self::new(name, NoteKeyId(*key_id), signature.to_vec()))
    }

    /// The name of the key, as written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the key.
    #[must_use]
    pub fn key_id(&self) -> NoteKeyId {
        self.key_id
    }

    /// What the key made, without the id.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    pub(super) fn is_of(&self, name: &str, key_id: NoteKeyId) -> bool {
        *self.name == *name && self.key_id == key_id
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signed = [&self.key_id.0[..], &self.signature].concat();
        write!(f, "{DASH}{} {}", self.name, BASE64.encode(&signed))
    }
}

/// The text and the signature lines of a note; [`write()`] gives back the same bytes.
pub(super) fn read(bytes: &[u8]) -> Result<(&str, Vec<SignatureLine>), CheckpointError> {
    if bytes.len() > NOTE_MAX {
        return Err(CheckpointError::TooLong { found: bytes.len() });
    }
    let note = std::str::from_utf8(bytes).map_err(|_| CheckpointError::NoteForm)?;
    if note.chars().any(|c| c.is_control() && c != '\n') || !note.ends_with('\n') {
        return Err(CheckpointError::NoteForm);
    }
    let blank = note.rfind("\n\n").ok_or(CheckpointError::NoteForm)?;
    let (text, rest) = note.split_at(blank + 1);
    let signed = rest.strip_prefix('\n').unwrap_or(rest);
    let found = signed.lines().take(SIGNATURES_MAX + 1).count();
    if found == 0 || found > SIGNATURES_MAX {
        return Err(CheckpointError::SignatureCount { found });
    }
    let mut lines: Vec<SignatureLine> = Vec::with_capacity(found);
    let mut keys = BTreeSet::new();
    for (at, line) in (1..).zip(signed.split_terminator('\n')) {
        let line = SignatureLine::read(line).ok_or(CheckpointError::SignatureLine { line: at })?;
        if !keys.insert((line.name.clone(), line.key_id)) {
            return Err(CheckpointError::SignedTwice { line: at });
        }
        lines.push(line);
    }
    Ok((text, lines))
}

/// The bytes of a note.
pub(super) fn write(text: &str, lines: &[SignatureLine]) -> String {
    let mut note = format!("{text}\n");
    for line in lines {
        // Writing to a string does not fail.
        let _ = writeln!(note, "{line}");
    }
    note
}
