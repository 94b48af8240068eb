//! What the log says of a registered document: that it is there, since when, and nothing else
//! (docs/PROTOCOL.md § 13).
//!
//! The log is public, the documents are not. An [`Entry`] is all that is hashed into the tree and
//! served: a time, and a hash over the exact bytes and the position of a document. Whoever has the document
//! and its position makes the entry again and compares.

use sha2::{Digest, Sha256};

use crate::document::Position;
use crate::ids::{Hash32, UnixMillis};
use crate::merkle::leaf_hash;

/// Bytes of an entry.
pub const ENTRY_LEN: usize = 40;

/// What is hashed begins so: no other hash of ours is one of these.
const CONTEXT: &[u8] = b"landside log entry v1\n";

/// Bytes of an entry in a bundle: its length in 2 bytes, and the entry.
const BUNDLED_LEN: usize = LENGTH_LEN + ENTRY_LEN;
const LENGTH_LEN: usize = 2;
const TIME_LEN: usize = 8;

/// A leaf of a terminal's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    at: UnixMillis,
    hash: Hash32,
}

/// Why bytes are no entry or bundle of entries. [`EntryError::code`] is the stable part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Not [`ENTRY_LEN`] bytes.
    #[error("log entry has {found} bytes, expected {ENTRY_LEN}")]
    Length {
        /// The number of bytes as given.
        found: usize,
    },
    /// A time after the year 9999.
    #[error("log entry has time {found} ms, expected at most {}", UnixMillis::MAX.as_millis())]
    Time {
        /// Milliseconds since 1970 as given.
        found: u64,
    },
    /// A bundle that is not exactly its entries, each after its length.
    #[error("bundle has {found} bytes, expected {expected}")]
    BundleLength {
        /// The number of bytes as given.
        found: usize,
        /// What so many entries have.
        expected: usize,
    },
}

impl EntryError {
    /// The stable code of this class of fault.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length { .. } => "entry-length",
            Self::Time { .. } => "entry-time",
            Self::BundleLength { .. } => "bundle-length",
        }
    }
}

impl Entry {
    /// The entry of a document at its position. `envelope` is the SHA-256 of its exact bytes
    /// ([`crate::envelope::Signed::hash`]), signature included: who has not got them cannot guess them.
    #[must_use]
    pub fn of(envelope: Hash32, position: &Position) -> Self {
        let mut digest = Sha256::new();
        digest.update(CONTEXT);
        digest.update(statement(envelope, position));
        Self { at: position.at, hash: Hash32::from_bytes(digest.finalize().into()) }
    }

    /// Time of registration, by the terminal's clock.
    #[must_use]
    pub fn at(&self) -> UnixMillis {
        self.at
    }

    /// Its bytes: the time in 8, big-endian, and the hash.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ENTRY_LEN] {
        let mut bytes = [0; ENTRY_LEN];
        let (time, hash) = bytes.split_at_mut(TIME_LEN);
        time.copy_from_slice(&self.at.as_millis().to_be_bytes());
        hash.copy_from_slice(self.hash.as_bytes());
        bytes
    }

    /// Reads what [`Entry::to_bytes`] writes, exactly.
    ///
    /// # Errors
    /// [`EntryError::Length`], [`EntryError::Time`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        let length = EntryError::Length { found: bytes.len() };
        let (time, hash) = bytes.split_first_chunk::<TIME_LEN>().ok_or(length)?;
        let hash = <[u8; 32]>::try_from(hash).map_err(|_| length)?;
        let found = u64::from_be_bytes(*time);
        if found > UnixMillis::MAX.as_millis() {
            return Err(EntryError::Time { found });
        }
        Ok(Self { at: UnixMillis::from_millis(found), hash: Hash32::from_bytes(hash) })
    }

    /// The hash of the leaf.
    #[must_use]
    pub fn leaf(&self) -> Hash32 {
        leaf_hash(&self.to_bytes())
    }
}

/// Bytes of a bundle of this many entries.
#[must_use]
pub fn bundle_len(entries: u16) -> usize {
    usize::from(entries) * BUNDLED_LEN
}

/// The bytes of a bundle: each entry after its length in 2 bytes, big-endian.
#[must_use]
pub fn write_bundle(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * BUNDLED_LEN);
    for entry in entries {
        bytes.extend(ENTRY_PREFIX);
        bytes.extend(entry.to_bytes());
    }
    bytes
}

/// Reads a bundle of exactly this many entries.
///
/// # Errors
/// [`EntryError`].
pub fn read_bundle(bytes: &[u8], entries: u16) -> Result<Vec<Entry>, EntryError> {
    let expected = bundle_len(entries);
    if bytes.len() != expected {
        return Err(EntryError::BundleLength { found: bytes.len(), expected });
    }
    let entry = |bundled: &[u8]| match bundled.strip_prefix(&ENTRY_PREFIX) {
        Some(entry) => Entry::from_bytes(entry),
        None => Err(EntryError::Length { found: said_length(bundled) }),
    };
    bytes.chunks_exact(BUNDLED_LEN).map(entry).collect()
}

/// [`ENTRY_LEN`] as bundles write it.
const ENTRY_PREFIX: [u8; LENGTH_LEN] = [0, 40];

fn said_length(bundled: &[u8]) -> usize {
    bundled.first_chunk().map_or(0, |length| usize::from(u16::from_be_bytes(*length)))
}

/// `[log, envelope, at]`, or `[log, envelope, at, [code, place]]` for a document of a case, in
/// deterministic CBOR (RFC 8949 § 4.2.1). Written by hand: an encoder may fail, and an entry must not.
fn statement(envelope: Hash32, position: &Position) -> Vec<u8> {
    let mut cbor = Vec::with_capacity(80);
    head(&mut cbor, ARRAY, if position.case.is_some() { 4 } else { 3 });
    head(&mut cbor, UINT, position.log);
    head(&mut cbor, BYTES, envelope.as_bytes().len() as u64);
    cbor.extend(envelope.as_bytes());
    head(&mut cbor, UINT, position.at.as_millis());
    if let Some(case) = &position.case {
        head(&mut cbor, ARRAY, 2);
        head(&mut cbor, TEXT, case.code.as_str().len() as u64);
        cbor.extend(case.code.as_str().as_bytes());
        head(&mut cbor, UINT, u64::from(case.place));
    }
    cbor
}

/// Major types (RFC 8949 § 3.1), in their bits.
const UINT: u8 = 0 << 5;
const BYTES: u8 = 2 << 5;
const TEXT: u8 = 3 << 5;
const ARRAY: u8 = 4 << 5;

/// A head with its argument in the shortest form (RFC 8949 § 3 and § 4.2.1).
fn head(cbor: &mut Vec<u8>, major: u8, argument: u64) {
    let bytes = argument.to_be_bytes();
    let (code, skip) = match argument {
        0..=23 => return cbor.push(major | bytes[7]),
        24..=0xff => (24, 7),
        0x100..=0xffff => (25, 6),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 0),
    };
    cbor.push(major | code);
    cbor.extend(bytes.iter().skip(skip));
}

#[cfg(test)]
mod tests;
