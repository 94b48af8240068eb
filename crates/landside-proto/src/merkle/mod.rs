//! The Merkle tree of a terminal's log (RFC 6962 § 2.1), docs/PROTOCOL.md § 13.
//!
//! Nothing here holds the log. Hashes live in [`Tile`]s of up to 256, which a store keeps as rows and
//! a web server as files; a tree is grown by a [`Frontier`], proofs are made from tiles that a
//! [`TileReader`] hands out, and checked without any.
//!
//! A proof from outside is never trusted for its length: it has exactly the hashes that the sizes
//! call for, or it is refused.

mod frontier;
mod prove;
mod tile;
mod verify;

use sha2::{Digest, Sha256};

pub use self::frontier::{Frontier, TileHash};
pub use self::prove::{
    ProveError, TileReader, consistency, consistency_tiles, inclusion, inclusion_tiles, root,
};
pub use self::tile::{
    Bundle, PATH_MAX, PathError, Resource, TILE_HEIGHT, TILE_LEVEL_MAX, TILE_WIDTH, Tile,
};
pub use self::verify::{ProofError, proves_rewrite, verify_consistency, verify_inclusion};
use crate::ids::Hash32;

/// Most leaves of a tree: others number leaves and nodes together in a signed 64-bit integer.
pub const LEAVES_MAX: u64 = 1 << 62;

/// Most hashes in a proof; no tree within [`LEAVES_MAX`] needs more.
pub const PROOF_MAX: usize = 64;

/// Bytes of a hash in tiles and proofs.
pub const HASH_LEN: usize = 32;

/// First byte of what is hashed: a leaf is never taken for a node (RFC 6962 § 2.1).
const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// The hash of a leaf: SHA-256 of `00` and the entry.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash32 {
    hash(&[&LEAF, entry])
}

/// The hash of a node: SHA-256 of `01`, left and right.
#[must_use]
pub fn node_hash(left: &Hash32, right: &Hash32) -> Hash32 {
    hash(&[&NODE, left.as_bytes(), right.as_bytes()])
}

/// The root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash32 {
    hash(&[])
}

fn hash(parts: &[&[u8]]) -> Hash32 {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    Hash32::from_bytes(digest.finalize().into())
}

/// A subtree whose leaves are all there: `2^level` of them, from leaf `index * 2^level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    level: u32,
    index: u64,
}

/// Leaves `from` to `until` (exclusive), as a subtree of RFC 6962 has them: `from` is a multiple of
/// the smallest power of two that holds them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: u64,
    until: u64,
}

impl Span {
    /// The first leaves of a log.
    fn first(size: u64) -> Self {
        Self { from: 0, until: size }
    }

    fn leaves(self) -> u64 {
        self.until.saturating_sub(self.from)
    }

    /// Where the right half begins: the largest power of two below the number of leaves (`k` of
    /// RFC 6962 § 2.1). Asked of two leaves and more.
    fn split(self) -> u64 {
        self.from + (1 << (self.leaves() - 1).ilog2())
    }

    /// The complete subtrees it consists of, from left to right.
    fn nodes(self) -> Vec<Node> {
        let (mut from, mut nodes) = (self.from, Vec::new());
        while from < self.until {
            let level = (self.until - from).ilog2();
            nodes.push(Node { level, index: from >> level });
            from += 1 << level;
        }
        nodes
    }
}

/// The root over complete subtrees from left to right, largest first; nothing for none.
fn fold(hashes: impl DoubleEndedIterator<Item = Hash32>) -> Option<Hash32> {
    hashes.rev().reduce(|right, left| node_hash(&left, &right))
}

#[cfg(test)]
mod tests;
