//! Making proofs from tiles (RFC 6962 § 2.1.1 and § 2.1.2): a handful of reads, whatever the size.

use std::collections::{BTreeMap, BTreeSet};

use super::tile::{TILE_HEIGHT, Tile};
use super::{HASH_LEN, LEAVES_MAX, Node, Span, empty_root, fold};
use crate::ids::Hash32;

/// Hands out tiles: a store, a cache, a web client.
pub trait TileReader {
    /// Why a tile cannot be read.
    type Error;

    /// The bytes of a tile: at least the hashes asked for. A tree that has grown since may have more
    /// of them; those are not looked at.
    ///
    /// # Errors
    /// Whatever reading ran into.
    fn read_tile(&self, tile: Tile) -> Result<Vec<u8>, Self::Error>;
}

/// Why a proof cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
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
    /// The size is above [`LEAVES_MAX`].
    #[error("a tree of {size} leaves, at most {LEAVES_MAX} are held")]
    TooManyLeaves {
        /// The size as given.
        size: u64,
    },
    /// The reader gave fewer hashes than asked for.
    #[error("tile {} is shorter than {} bytes", .0.path(), .0.byte_len())]
    ShortTile(Tile),
    /// The reader failed.
    #[error("tile cannot be read: {0}")]
    Read(E),
}

/// The root of the tree that the first `size` leaves form.
///
/// # Errors
/// [`ProveError`], but not for a leaf or a shrinking tree.
pub fn root<R: TileReader>(size: u64, reader: &R) -> Result<Hash32, ProveError<R::Error>> {
    let edge = edge(Span::first(size), reader)?;
    Ok(fold(edge.into_iter()).unwrap_or_else(empty_root))
}

/// Proves that leaf `index` is in the tree that the first `size` leaves form: the siblings on its
/// way up, from the bottom.
///
/// # Errors
/// [`ProveError`].
pub fn inclusion<R: TileReader>(
    index: u64,
    size: u64,
    reader: &R,
) -> Result<Vec<Hash32>, ProveError<R::Error>> {
    if index >= size {
        return Err(ProveError::NoSuchLeaf { index, size });
    }
    prove(&siblings(index, size), size, reader)
}

/// Proves that the tree of the first `new` leaves begins with that of the first `old`. Empty when
/// the sizes are equal and when `old` is 0.
///
/// # Errors
/// [`ProveError`].
pub fn consistency<R: TileReader>(
    old: u64,
    new: u64,
    reader: &R,
) -> Result<Vec<Hash32>, ProveError<R::Error>> {
    if old > new {
        return Err(ProveError::Shrinks { old, new });
    }
    prove(&additions(old, new), new, reader)
}

/// The tiles that [`inclusion`] reads; none when the tree has no such leaf.
#[must_use]
pub fn inclusion_tiles(index: u64, size: u64) -> BTreeSet<Tile> {
    if index < size { tiles(&siblings(index, size), size) } else { BTreeSet::new() }
}

/// The tiles that [`consistency`] reads.
#[must_use]
pub fn consistency_tiles(old: u64, new: u64) -> BTreeSet<Tile> {
    if old <= new { tiles(&additions(old, new), new) } else { BTreeSet::new() }
}

/// The complete subtrees of a span by their hashes.
pub(super) fn edge<R: TileReader>(
    span: Span,
    reader: &R,
) -> Result<Vec<Hash32>, ProveError<R::Error>> {
    within(span.until)?;
    let mut tiles = Tiles { reader, size: span.until, read: BTreeMap::new() };
    span.nodes().into_iter().map(|node| tiles.hash(node)).collect()
}

fn prove<R: TileReader>(
    spans: &[Span],
    size: u64,
    reader: &R,
) -> Result<Vec<Hash32>, ProveError<R::Error>> {
    within(size)?;
    let mut tiles = Tiles { reader, size, read: BTreeMap::new() };
    let mut proof = Vec::with_capacity(spans.len());
    for span in spans {
        let nodes = span.nodes().into_iter().map(|node| tiles.hash(node));
        let hashes: Vec<Hash32> = nodes.collect::<Result<_, _>>()?;
        proof.extend(fold(hashes.into_iter()));
    }
    Ok(proof)
}

fn within<E>(size: u64) -> Result<(), ProveError<E>> {
    if size > LEAVES_MAX { Err(ProveError::TooManyLeaves { size }) } else { Ok(()) }
}

/// `PATH(m, D[n])` of RFC 6962 § 2.1.1 as leaves, for `index < size`.
fn siblings(index: u64, size: u64) -> Vec<Span> {
    let (mut within, mut path) = (Span::first(size), Vec::new());
    while within.leaves() > 1 {
        let middle = within.split();
        let (left, right) = (Span { until: middle, ..within }, Span { from: middle, ..within });
        let (next, sibling) = if index < middle { (left, right) } else { (right, left) };
        path.push(sibling);
        within = next;
    }
    path.reverse();
    path
}

/// `PROOF(m, D[n])` of RFC 6962 § 2.1.2 as leaves, for `old <= new`.
fn additions(old: u64, new: u64) -> Vec<Span> {
    if old == 0 {
        return Vec::new();
    }
    let (mut within, mut proof) = (Span::first(new), Vec::new());
    while within.until != old {
        let middle = within.split();
        let (left, right) = (Span { until: middle, ..within }, Span { from: middle, ..within });
        let (next, sibling) = if old <= middle { (left, right) } else { (right, left) };
        proof.push(sibling);
        within = next;
    }
    // The old tree itself is known to who checks.
    if within.from != 0 {
        proof.push(within);
    }
    proof.reverse();
    proof
}

fn tiles(spans: &[Span], size: u64) -> BTreeSet<Tile> {
    let nodes = spans.iter().flat_map(|span| span.nodes());
    nodes.filter_map(|node| tile_of(node, size)).collect()
}

/// The tile that has the hashes below a complete subtree, as a tree of `size` leaves has it.
fn tile_of(node: Node, size: u64) -> Option<Tile> {
    let (level, above) = (node.level / TILE_HEIGHT, node.level % TILE_HEIGHT);
    Tile::of(u8::try_from(level).ok()?, node.index >> (TILE_HEIGHT - above), size)
}

/// Reads each tile once.
struct Tiles<'a, R> {
    reader: &'a R,
    size: u64,
    read: BTreeMap<Tile, Vec<u8>>,
}

impl<R: TileReader> Tiles<'_, R> {
    fn hash(&mut self, node: Node) -> Result<Hash32, ProveError<R::Error>> {
        let outside = ProveError::TooManyLeaves { size: self.size };
        let tile = tile_of(node, self.size).ok_or(outside)?;
        if !self.read.contains_key(&tile) {
            let bytes = self.reader.read_tile(tile).map_err(ProveError::Read)?;
            self.read.insert(tile, bytes);
        }
        let bytes = self.read.get(&tile).map_or(&[][..], Vec::as_slice);
        in_tile(node, bytes).ok_or(ProveError::ShortTile(tile))
    }
}

/// The root of the hashes below a complete subtree within a tile.
fn in_tile(node: Node, tile: &[u8]) -> Option<Hash32> {
    let above = node.level % TILE_HEIGHT;
    let first = usize::try_from((node.index << above) % super::TILE_WIDTH).ok()?;
    let hashes = tile.chunks_exact(HASH_LEN).skip(first).take(1 << above);
    let mut row: Vec<Hash32> =
        hashes.filter_map(|hash| hash.try_into().ok().map(Hash32::from_bytes)).collect();
    if row.len() != 1 << above {
        return None;
    }
    while row.len() > 1 {
        row = row.chunks(2).filter_map(|pair| fold(pair.iter().copied())).collect();
    }
    row.pop()
}
