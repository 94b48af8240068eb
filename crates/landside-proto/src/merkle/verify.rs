//! Checking proofs (RFC 9162 § 2.1.3.2 and § 2.1.4.2, which spell out RFC 6962's).

use super::{LEAVES_MAX, PROOF_MAX, empty_root, node_hash};
use crate::ids::Hash32;

/// Why a proof proves nothing. [`ProofError::code`] is the stable part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no such leaf.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    NoSuchLeaf {
        /// The index as given.
        index: u64,
        /// The size as given.
        size: u64,
    },
    /// The later tree is the smaller one.
    #[error("a tree of {old} leaves does not grow to one of {new}")]
    Shrinks {
        /// Size of the earlier tree.
        old: u64,
        /// Size of the later tree.
        new: u64,
    },
    /// A size is above [`LEAVES_MAX`].
    #[error("a tree of {size} leaves, at most {LEAVES_MAX} are read")]
    TooManyLeaves {
        /// The size as given.
        size: u64,
    },
    /// The proof has more or fewer hashes than the sizes call for.
    #[error("proof has {found} hashes, which is not what trees of these sizes need")]
    Length {
        /// How many it has.
        found: usize,
    },
    /// The proof leads to another root than that of the (later) tree.
    #[error("proof leads to another root")]
    Root,
    /// The proof leads to another root than that of the earlier tree.
    #[error("proof leads to another earlier root")]
    OldRoot,
}

impl ProofError {
    /// The stable code of this class of fault.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoSuchLeaf { .. } => "no-such-leaf",
            Self::Shrinks { .. } => "tree-shrinks",
            Self::TooManyLeaves { .. } => "too-many-leaves",
            Self::Length { .. } => "proof-length",
            Self::Root => "proof-root",
            Self::OldRoot => "proof-old-root",
        }
    }
}

/// Checks that a leaf (by its hash) has place `index`, counted from 0, in the tree of `size` leaves
/// with this root.
///
/// # Errors
/// [`ProofError`].
pub fn verify_inclusion(
    leaf: &Hash32,
    index: u64,
    size: u64,
    proof: &[Hash32],
    root: &Hash32,
) -> Result<(), ProofError> {
    within(size)?;
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    if proof.len() > PROOF_MAX {
        return Err(ProofError::Length { found: proof.len() });
    }
    let mut walk = Walk { node: index, last: size - 1 };
    let mut hash = *leaf;
    for sibling in proof {
        if walk.last == 0 {
            return Err(ProofError::Length { found: proof.len() });
        }
        hash = if walk.is_right() {
            walk.skip_last();
            node_hash(sibling, &hash)
        } else {
            node_hash(&hash, sibling)
        };
        walk.up();
    }
    if walk.last != 0 {
        return Err(ProofError::Length { found: proof.len() });
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that the tree of `new_size` leaves begins with the tree of `old_size` leaves. The proof is
/// empty when the sizes are equal, and when the earlier tree is: anything begins with nothing.
///
/// # Errors
/// [`ProofError`].
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash32,
    new_size: u64,
    new_root: &Hash32,
    proof: &[Hash32],
) -> Result<(), ProofError> {
    within(new_size)?;
    if old_size > new_size {
        return Err(ProofError::Shrinks { old: old_size, new: new_size });
    }
    let length = ProofError::Length { found: proof.len() };
    if proof.len() > PROOF_MAX {
        return Err(length);
    }
    if (old_size == 0 || old_size == new_size) && !proof.is_empty() {
        return Err(length);
    }
    if new_size == 0 && *new_root != empty_root() {
        return Err(ProofError::Root);
    }
    if old_size == 0 {
        return if *old_root == empty_root() { Ok(()) } else { Err(ProofError::OldRoot) };
    }
    if old_size == new_size {
        return if old_root == new_root { Ok(()) } else { Err(ProofError::Root) };
    }
    let (old, new) = both_roots(old_size, old_root, new_size, proof).ok_or(length)?;
    if old != *old_root {
        Err(ProofError::OldRoot)
    } else if new != *new_root {
        Err(ProofError::Root)
    } else {
        Ok(())
    }
}

/// Whether a proof shows that the tree of `new_size` leaves does **not** begin with the one of `old_root`:
/// it leads to `new_root`, so its hashes are of that tree, and to another root at `old_size`. A proof that
/// leads to another new root shows nothing. Where `old_size` is a power of two no proof can: it leaves out
/// the one hash that would.
#[must_use]
pub fn proves_rewrite(
    old_size: u64,
    old_root: &Hash32,
    new_size: u64,
    new_root: &Hash32,
    proof: &[Hash32],
) -> bool {
    if old_size == 0 || old_size >= new_size || new_size > LEAVES_MAX || proof.len() > PROOF_MAX {
        return false;
    }
    let roots = both_roots(old_size, old_root, new_size, proof);
    roots.is_some_and(|(old, new)| new == *new_root && old != *old_root)
}

/// The roots that a consistency proof leads to, for `0 < old_size < new_size`; nothing when it has a
/// hash too many or too few.
fn both_roots(
    old_size: u64,
    old_root: &Hash32,
    new_size: u64,
    proof: &[Hash32],
) -> Option<(Hash32, Hash32)> {
    // Start at the largest complete subtree that ends where the old tree ends. When that is the
    // whole old tree, the proof leaves its hash out: the checker has it.
    let mut walk = Walk { node: old_size - 1, last: new_size - 1 };
    walk.skip_right();
    let (seed, rest) =
        if old_size.is_power_of_two() { (old_root, proof) } else { proof.split_first()? };
    let (mut old, mut new) = (*seed, *seed);
    for sibling in rest {
        if walk.last == 0 {
            return None;
        }
        if walk.is_right() {
            walk.skip_last();
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
        } else {
            new = node_hash(&new, sibling);
        }
        walk.up();
    }
    (walk.last == 0).then_some((old, new))
}

fn within(size: u64) -> Result<(), ProofError> {
    if size > LEAVES_MAX { Err(ProofError::TooManyLeaves { size }) } else { Ok(()) }
}

/// A way up a tree: a node by its number in its level, and the last number there (`fn` and `sn` of
/// RFC 9162).
struct Walk {
    node: u64,
    last: u64,
}

impl Walk {
    /// Whether the sibling is to the left: so it is for odd nodes, and for the last one, which has
    /// nothing to its right.
    fn is_right(&self) -> bool {
        self.node & 1 == 1 || self.node == self.last
    }

    /// A last node of even number has no sibling in its level and stands, unhashed, for its
    /// parent: up to where it is a right child.
    fn skip_last(&mut self) {
        while self.node & 1 == 0 && self.node != 0 {
            self.up();
        }
    }

    /// Up while the node is a right child.
    fn skip_right(&mut self) {
        while self.node & 1 == 1 {
            self.up();
        }
    }

    fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }
}
