//! The right edge of a tree: all that is needed to grow it.

use super::tile::{TILE_HEIGHT, Tile};
use super::{LEAVES_MAX, ProveError, Span, TileReader, empty_root, fold, node_hash, prove};
use crate::ids::Hash32;

/// How many leaves a tree has, and the roots of the complete subtrees they form, largest first: one
/// for each bit that is set in the number. At most 62 hashes, whatever the tree has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash32>,
}

/// A hash that takes its place in a tile: number `index` of the hashes at a tile level, thus number
/// `index % 256` in tile `index / 256`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileHash {
    /// The tile level: 0 for leaf hashes, above it roots of full tiles of the level below.
    pub level: u8,
    /// Counted from 0 along the level.
    pub index: u64,
    /// The hash.
    pub hash: Hash32,
}

impl TileHash {
    /// The tile as it is once this hash is its last.
    #[must_use]
    pub fn tile(&self) -> Tile {
        Tile::ending_with(self.level, self.index)
    }
}

impl Frontier {
    /// The edge of a tree that tiles hold, as after a start: reads one tile a level.
    ///
    /// # Errors
    /// Those of [`super::root`].
    pub fn read<R: TileReader>(size: u64, reader: &R) -> Result<Self, ProveError<R::Error>> {
        Ok(Self { size, hashes: prove::edge(Span::first(size), reader)? })
    }

    /// How many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree (RFC 6962 § 2.1).
    #[must_use]
    pub fn root(&self) -> Hash32 {
        fold(self.hashes.iter().copied()).unwrap_or_else(empty_root)
    }

    /// Adds a leaf by its hash, and says which hashes take a place in tiles: the leaf itself, then
    /// the root of each tile that it fills, from the bottom up. Nothing when the tree has
    /// [`LEAVES_MAX`] leaves and takes no more.
    pub fn append(&mut self, leaf: Hash32) -> Vec<TileHash> {
        if self.size >= LEAVES_MAX {
            return Vec::new();
        }
        let mut placed = vec![TileHash { level: 0, index: self.size, hash: leaf }];
        let (mut hash, mut level) = (leaf, 0);
        // Each bit that carries joins two subtrees of one size into the next.
        while self.size >> level & 1 == 1 {
            let Some(left) = self.hashes.pop() else { break };
            hash = node_hash(&left, &hash);
            level += 1;
            if level % TILE_HEIGHT == 0 {
                let tile_level = u8::try_from(level / TILE_HEIGHT).unwrap_or(u8::MAX);
                placed.push(TileHash { level: tile_level, index: self.size >> level, hash });
            }
        }
        self.hashes.push(hash);
        self.size += 1;
        placed
    }
}
