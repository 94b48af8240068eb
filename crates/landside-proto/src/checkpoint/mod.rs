//! Signed checkpoints of a terminal's log, and what witnesses say of them (docs/PROTOCOL.md § 13).
//!
//! A checkpoint is a signed note of three lines (origin, size, root). A witness that saw the log grow
//! without a rewrite adds a line of its own, a cosignature with the time. One strict door,
//! [`SignedCheckpoint::open`], takes the bytes of a checkpoint, keeps them, and knows
//! which log signed them; lines of anybody else are kept and mean nothing until
//! [`SignedCheckpoint::verify_cosignature`] is asked about one.
//!
//! [`follow`] is the rule of a witness: what a checkpoint may be followed by.

mod cosignature;
mod follow;
mod name;
mod note;

use std::sync::Arc;

use data_encoding::BASE64;

pub use self::cosignature::Cosignature;
pub use self::follow::{FollowError, Relation, follow};
pub use self::name::{KeyName, NAME_MAX, NameError};
pub use self::note::{Algorithm, NOTE_MAX, NoteKeyId, SIGNATURES_MAX, SignatureLine};
use crate::ids::{Hash32, UnixMillis};
use crate::key::{PublicKey, SignFailed, Signer};
use crate::merkle::{Frontier, HASH_LEN, LEAVES_MAX, empty_root};

/// What a log says of itself: so many entries, and this root over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: KeyName,
    /// How many entries.
    pub size: u64,
    /// The root of their tree (RFC 6962 § 2.1).
    pub root: Hash32,
}

/// A checkpoint whose log signed it, as the exact bytes that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    bytes: Arc<[u8]>,
    checkpoint: Checkpoint,
    lines: Vec<SignatureLine>,
}

/// Why bytes are no checkpoint of the log, or a line no cosignature of the witness.
/// [`CheckpointError::code`] is the stable part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Longer than [`NOTE_MAX`].
    #[error("note has {found} bytes, expected at most {NOTE_MAX}")]
    TooLong {
        /// The number of bytes as given.
        found: usize,
    },
    /// Not UTF-8 lines, a blank line and signature lines; or with control characters in it.
    #[error("bytes are not a note: lines of text, a blank line, signature lines")]
    NoteForm,
    /// Not exactly origin, size and root.
    #[error("note is not a checkpoint of three lines: origin, size, root")]
    CheckpointForm,
    /// The checkpoint of another log.
    #[error("checkpoint is of another log")]
    OtherOrigin,
    /// The size is not a decimal number without leading zeroes, or above [`LEAVES_MAX`].
    #[error("checkpoint has no size of 0 to {LEAVES_MAX}, in decimal without leading zeroes")]
    Size,
    /// The root is not 32 bytes in base64; or not that of the empty tree, for size 0.
    #[error("checkpoint has no root, 32 bytes in base64; the empty tree has one root only")]
    Root,
    /// A signature line is not a dash, a key name, and base64 of key id and signature.
    #[error("signature line {line} is not a dash, a key name and base64 of key id and signature")]
    SignatureLine {
        /// Counted from 1.
        line: usize,
    },
    /// No signature line, or more than [`SIGNATURES_MAX`].
    #[error("note has {found} signature lines, expected 1 to {SIGNATURES_MAX}")]
    SignatureCount {
        /// As given; counting stops above the limit.
        found: usize,
    },
    /// Two lines of one key: a reader could take either.
    #[error("signature line {line} is of a key that has signed in a line before")]
    SignedTwice {
        /// Counted from 1.
        line: usize,
    },
    /// No line is of a key of the log.
    #[error("no signature is of a key of the log")]
    NotSigned,
    /// A line is of a key of the log, and does not verify.
    #[error("signature of the log does not verify")]
    BadSignature,
    /// No line is of the witness.
    #[error("no cosignature is of this witness and key")]
    NotCosigned,
    /// The line of the witness does not verify.
    #[error("cosignature does not verify")]
    BadCosignature,
    /// The witness signed more than [`crate::envelope::FUTURE_MAX`] from now.
    #[error("cosignature is made at {at}, too far after now")]
    CosignedInFuture {
        /// The time in it.
        at: UnixMillis,
    },
}

impl CheckpointError {
    /// The stable code of this class of fault.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "note-too-long",
            Self::NoteForm => "note-form",
            Self::CheckpointForm => "checkpoint-form",
            Self::OtherOrigin => "other-origin",
            Self::Size => "checkpoint-size",
            Self::Root => "checkpoint-root",
            Self::SignatureLine { .. } => "signature-line",
            Self::SignatureCount { .. } => "signature-count",
            Self::SignedTwice { .. } => "signed-twice",
            Self::NotSigned => "not-signed",
            Self::BadSignature => "bad-log-signature",
            Self::NotCosigned => "not-cosigned",
            Self::BadCosignature => "bad-cosignature",
            Self::CosignedInFuture { .. } => "cosigned-in-future",
        }
    }
}

impl Checkpoint {
    /// The checkpoint of a tree as it stands.
    #[must_use]
    pub fn of(origin: KeyName, tree: &Frontier) -> Self {
        Self { origin, size: tree.size(), root: tree.root() }
    }

    /// The text that is signed: three lines, each with a line feed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root.as_bytes()))
    }

    /// Signs as the log. The signer promises that every checkpoint it signed before is a beginning
    /// of this one: two checkpoints that are not end all trust in the log.
    ///
    /// # Errors
    /// [`SignFailed`], the signer's.
    pub fn sign(self, log: &dyn Signer) -> Result<SignedCheckpoint, SignFailed> {
        let text = self.text();
        let key_id = Algorithm::Log.key_id(self.origin.as_str(), &log.public_key());
        let signature = log.sign(text.as_bytes())?.to_vec();
        let line = SignatureLine::new(self.origin.as_str(), key_id, signature);
        Ok(SignedCheckpoint::of(self, &text, vec![line]))
    }

    /// Reads exactly what [`Checkpoint::text`] writes.
    fn read(text: &str, origin: &KeyName) -> Result<Self, CheckpointError> {
        let mut lines = text.split_terminator('\n');
        let read = (lines.next(), lines.next(), lines.next(), lines.next());
        let (Some(named), Some(size), Some(root), None) = read else {
            return Err(CheckpointError::CheckpointForm);
        };
        if named != origin.as_str() {
            return Err(CheckpointError::OtherOrigin);
        }
        let digits = !size.is_empty() && size.bytes().all(|c| c.is_ascii_digit());
        let canonical = digits && (size == "0" || !size.starts_with('0'));
        let size = canonical.then(|| size.parse().ok()).flatten();
        let size: u64 = size.filter(|size| *size <= LEAVES_MAX).ok_or(CheckpointError::Size)?;
        let root = BASE64.decode(root.as_bytes()).map_err(|_| CheckpointError::Root)?;
        let root: [u8; HASH_LEN] = root.try_into().map_err(|_| CheckpointError::Root)?;
        let root = Hash32::from_bytes(root);
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::Root);
        }
        Ok(Self { origin: origin.clone(), size, root })
    }
}

impl SignedCheckpoint {
    /// Takes the checkpoint of a log. `log_keys` are the keys that may sign for it now; one line of
    /// one of them is needed, and each line of one of them must verify. Lines of other keys are
    /// kept.
    ///
    /// # Errors
    /// [`CheckpointError`] with the first fault found; none of those of cosignatures.
    pub fn open(
        bytes: &[u8],
        origin: &KeyName,
        log_keys: &[PublicKey],
    ) -> Result<Self, CheckpointError> {
        let (text, lines) = note::read(bytes)?;
        let checkpoint = Checkpoint::read(text, origin)?;
        let mut signed = false;
        for key in log_keys {
            let key_id = Algorithm::Log.key_id(origin.as_str(), key);
            for line in lines.iter().filter(|line| line.is_of(origin.as_str(), key_id)) {
                let verified = key.verify(text.as_bytes(), line.signature());
                verified.map_err(|_| CheckpointError::BadSignature)?;
                signed = true;
            }
        }
        if !signed {
            return Err(CheckpointError::NotSigned);
        }
        Ok(Self { bytes: bytes.into(), checkpoint, lines })
    }

    /// The note as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Every signature line, the log's and those of others, in their order. None but the log's was
    /// verified.
    #[must_use]
    pub fn lines(&self) -> &[SignatureLine] {
        &self.lines
    }

    /// The same checkpoint with no line but the log's by this key: as short as a note can be.
    #[must_use]
    pub fn only_of(&self, log_key: &PublicKey) -> Self {
        let origin = self.checkpoint.origin.as_str();
        let key_id = Algorithm::Log.key_id(origin, log_key);
        let lines = self.lines.iter().filter(|line| line.is_of(origin, key_id)).cloned().collect();
        Self::of(self.checkpoint.clone(), &self.checkpoint.text(), lines)
    }

    fn of(checkpoint: Checkpoint, text: &str, lines: Vec<SignatureLine>) -> Self {
        let bytes = note::write(text, &lines).into_bytes();
        Self { bytes: bytes.into(), checkpoint, lines }
    }
}

#[cfg(test)]
mod tests;
