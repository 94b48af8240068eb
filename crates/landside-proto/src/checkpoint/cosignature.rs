//! What a witness adds to a checkpoint (C2SP tlog-cosignature, version 1).

use super::note::{self, Algorithm, SignatureLine};
use super::{Checkpoint, CheckpointError, KeyName, NOTE_MAX, SIGNATURES_MAX, SignedCheckpoint};
use crate::envelope::FUTURE_MAX;
use crate::ids::UnixMillis;
use crate::key::{PublicKey, SIGNATURE_LEN, SignFailed, Signer};

/// A witness's line for one checkpoint, verified: at this time, no larger checkpoint of the log was
/// known to it, and every one it had seen before was a beginning of this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    of: Checkpoint,
    line: SignatureLine,
    at: UnixMillis,
}

/// Bytes of the time before the signature.
const TIME_LEN: usize = 8;

impl Cosignature {
    /// When the witness signed, in whole seconds, by its clock.
    #[must_use]
    pub fn at(&self) -> UnixMillis {
        self.at
    }

    /// The signature line, without line feed: what a witness answers.
    #[must_use]
    pub fn line(&self) -> String {
        self.line.to_string()
    }
}

impl SignedCheckpoint {
    /// Signs this checkpoint as a witness. The signer promises that [`super::follow`] held, and
    /// that the checkpoint is durable as the last one it saw of this log.
    ///
    /// # Errors
    /// [`SignFailed`], the signer's.
    pub fn cosign(
        &self,
        witness: &KeyName,
        now: UnixMillis,
        signer: &dyn Signer,
    ) -> Result<Cosignature, SignFailed> {
        let seconds = now.as_secs();
        let signature = signer.sign(&self.cosigned(seconds))?;
        let timed = [&seconds.to_be_bytes()[..], &signature].concat();
        let key_id = Algorithm::Cosignature.key_id(witness.as_str(), &signer.public_key());
        let line = SignatureLine::new(witness.as_str(), key_id, timed);
        let at = UnixMillis::from_millis(seconds * 1000);
        Ok(Cosignature { of: self.checkpoint.clone(), line, at })
    }

    /// Takes the line that a witness answered for this checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError::SignatureLine`] for a line of another form, [`CheckpointError::NotCosigned`]
    /// for one of another key, [`CheckpointError::BadCosignature`],
    /// [`CheckpointError::CosignedInFuture`].
    pub fn read_cosignature(
        &self,
        line: &str,
        witness: &KeyName,
        key: &PublicKey,
        now: UnixMillis,
    ) -> Result<Cosignature, CheckpointError> {
        if line.len() > NOTE_MAX {
            return Err(CheckpointError::TooLong { found: line.len() });
        }
        let line = SignatureLine::read(line).ok_or(CheckpointError::SignatureLine { line: 1 })?;
        self.verified(&line, witness, key, now)
    }

    /// Looks for the line of a witness in this note and verifies it.
    ///
    /// # Errors
    /// [`CheckpointError::NotCosigned`], [`CheckpointError::BadCosignature`],
    /// [`CheckpointError::CosignedInFuture`].
    pub fn verify_cosignature(
        &self,
        witness: &KeyName,
        key: &PublicKey,
        now: UnixMillis,
    ) -> Result<Cosignature, CheckpointError> {
        let key_id = Algorithm::Cosignature.key_id(witness.as_str(), key);
        let line = self.lines.iter().find(|line| line.is_of(witness.as_str(), key_id));
        self.verified(line.ok_or(CheckpointError::NotCosigned)?, witness, key, now)
    }

    /// The latest time of signing that a witness's line claims; nothing says that it verifies.
    #[must_use]
    pub fn last_claimed(&self) -> Option<UnixMillis> {
        let timed =
            self.lines.iter().filter(|line| line.signature().len() == TIME_LEN + SIGNATURE_LEN);
        let times = timed.filter_map(|line| line.signature().first_chunk::<TIME_LEN>());
        let seconds = times.map(|time| u64::from_be_bytes(*time)).max()?;
        Some(UnixMillis::from_millis(seconds.saturating_mul(1000)))
    }

    /// The same checkpoint with a witness's line, after all others; a line that the same key made
    /// before leaves.
    ///
    /// # Errors
    /// [`CheckpointError::BadCosignature`] for one of another checkpoint;
    /// [`CheckpointError::SignatureCount`] and [`CheckpointError::TooLong`] when there is no room.
    pub fn add_cosignature(&self, added: &Cosignature) -> Result<Self, CheckpointError> {
        if added.of != self.checkpoint {
            return Err(CheckpointError::BadCosignature);
        }
        let mut lines = self.lines.clone();
        lines.retain(|line| !line.is_of(added.line.name(), added.line.key_id()));
        lines.push(added.line.clone());
        if lines.len() > SIGNATURES_MAX {
            return Err(CheckpointError::SignatureCount { found: lines.len() });
        }
        let text = self.checkpoint.text();
        let found = note::write(&text, &lines).len();
        if found > NOTE_MAX {
            return Err(CheckpointError::TooLong { found });
        }
        Ok(Self::of(self.checkpoint.clone(), &text, lines))
    }

    fn verified(
        &self,
        line: &SignatureLine,
        witness: &KeyName,
        key: &PublicKey,
        now: UnixMillis,
    ) -> Result<Cosignature, CheckpointError> {
        if !line.is_of(witness.as_str(), Algorithm::Cosignature.key_id(witness.as_str(), key)) {
            return Err(CheckpointError::NotCosigned);
        }
        let bad = CheckpointError::BadCosignature;
        let (time, signature) = line.signature().split_first_chunk::<TIME_LEN>().ok_or(bad)?;
        let seconds = u64::from_be_bytes(*time);
        // Past the year 9999 nobody signs, and the time has no text.
        if seconds > UnixMillis::MAX.as_secs() || signature.len() != SIGNATURE_LEN {
            return Err(bad);
        }
        key.verify(&self.cosigned(seconds), signature).map_err(|_| bad)?;
        let at = UnixMillis::from_millis(seconds * 1000);
        if at > now.plus(FUTURE_MAX) {
            return Err(CheckpointError::CosignedInFuture { at });
        }
        Ok(Cosignature { of: self.checkpoint.clone(), line: line.clone(), at })
    }

    /// What a witness signs.
    fn cosigned(&self, seconds: u64) -> Vec<u8> {
        format!("cosignature/v1\ntime {seconds}\n{}", self.checkpoint.text()).into_bytes()
    }
}
