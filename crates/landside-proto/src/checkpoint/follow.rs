//! Which checkpoint may follow which: the rule by which a log is kept from rewriting itself.

use super::{Checkpoint, SignedCheckpoint};
use crate::ids::Hash32;
use crate::merkle::{ProofError, verify_consistency};

/// What two checkpoints say of each other before anything is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Size and root are the same.
    Same,
    /// The other is larger: a consistency proof from this one decides.
    Grown,
    /// The other is smaller: a consistency proof from the other one decides.
    Earlier,
    /// The same size and another root: two histories. The two notes prove it to anybody.
    Fork,
    /// The checkpoints of two logs.
    OtherLog,
}

/// Why a checkpoint does not follow the last one. [`FollowError::code`] is the stable part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// The checkpoints are of two logs.
    #[error("checkpoints are of two logs")]
    OtherLog,
    /// The checkpoint is smaller than the last one. It may be an old one, or a forked one: a proof
    /// from it to the last one tells.
    #[error("checkpoint has {found} entries, the last one seen has {last}")]
    Smaller {
        /// Its size.
        found: u64,
        /// The size of the last one.
        last: u64,
    },
    /// Two histories; both notes are to be kept and shown.
    #[error("two checkpoints of {size} entries have different roots: the log forked")]
    Fork {
        /// The size of both.
        size: u64,
    },
    /// The proof does not lead from the last checkpoint to this one. That alone does not show that
    /// the log forked: whoever sent the proof may have sent a wrong one.
    #[error("checkpoint is not proven to follow the last one: {0}")]
    Proof(ProofError),
}

impl FollowError {
    /// The stable code of this class of fault.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherLog => "other-log",
            Self::Smaller { .. } => "checkpoint-smaller",
            Self::Fork { .. } => "log-fork",
            Self::Proof(_) => "checkpoint-unproven",
        }
    }
}

impl SignedCheckpoint {
    /// Compares with another signed checkpoint.
    #[must_use]
    pub fn relation(&self, other: &Self) -> Relation {
        let (mine, others) = (&self.checkpoint, &other.checkpoint);
        if mine.origin != others.origin {
            return Relation::OtherLog;
        }
        match others.size.cmp(&mine.size) {
            std::cmp::Ordering::Greater => Relation::Grown,
            std::cmp::Ordering::Less => Relation::Earlier,
            std::cmp::Ordering::Equal if mine.root == others.root => Relation::Same,
            std::cmp::Ordering::Equal => Relation::Fork,
        }
    }
}

/// Whether a checkpoint may follow the last one that was seen of its log: a witness asks this
/// before it cosigns, a reader before it believes. Without a last one, any checkpoint of the log is
/// the first, and no proof is needed; one for the same checkpoint again is empty.
///
/// # Errors
/// [`FollowError`].
pub fn follow(
    last: Option<&SignedCheckpoint>,
    next: &SignedCheckpoint,
    proof: &[Hash32],
) -> Result<(), FollowError> {
    let Some(last) = last else {
        return if proof.is_empty() {
            Ok(())
        } else {
            Err(FollowError::Proof(ProofError::Length { found: proof.len() }))
        };
    };
    let (before, after): (&Checkpoint, &Checkpoint) = (&last.checkpoint, &next.checkpoint);
    match last.relation(next) {
        Relation::OtherLog => Err(FollowError::OtherLog),
        Relation::Earlier => Err(FollowError::Smaller { found: after.size, last: before.size }),
        Relation::Fork => Err(FollowError::Fork { size: after.size }),
        Relation::Same | Relation::Grown => {
            verify_consistency(before.size, &before.root, after.size, &after.root, proof)
                .map_err(FollowError::Proof)
        }
    }
}
