//! The log of a terminal in its store: entries, the tree over them, tiles and proofs.
//!
//! An entry is written in the same commit as its document. Leaf hashes are not stored, they are
//! hashed anew from the entries; above them one short row is added for every 256 leaves. A tile is
//! read, never kept: growing the log costs the same at any size, and so does a proof.

mod heads;
mod shown;
mod witness;

use std::ops::RangeInclusive;

use landside_proto::document::{CasePlace, Position};
use landside_proto::ids::Hash32;
use landside_proto::log::Entry;
use landside_proto::merkle::{Bundle, Frontier, ProveError, TILE_WIDTH, Tile, TileReader};

pub(crate) use self::heads::{Heads, open_ever};
use self::heads::{keys_of, name_of};
pub(crate) use self::shown::Shown;
pub(crate) use self::witness::{Watch, Witness};
use crate::group::Group;
use crate::ledger;
use crate::rows;
use crate::store::{Range, Store, StoreError, Table};

/// The position that the next document of this log gets.
pub(crate) fn next(group: &Group<'_>, case: Option<CasePlace>) -> Position {
    Position { log: group.counters.tree.size(), at: group.now, case }
}

/// Puts a document at its position, which [`next`] gave.
pub(crate) fn append(group: &mut Group<'_>, envelope: Hash32, position: Position, number: u64) {
    let entry = Entry::of(envelope, &position);
    group.put(rows::LOG, position.log.to_be_bytes(), rows::log_row(number, &entry));
    for placed in group.counters.tree.append(entry.leaf()) {
        if placed.level > 0 {
            let key = rows::tree_key(placed.level, placed.index);
            group.put(rows::TREE, key, placed.hash.as_bytes().to_vec());
        }
    }
}

/// The right edge of the tree, as the store has it.
pub(crate) fn tree(store: &dyn Store) -> Result<Frontier, StoreError> {
    let size = ledger::next_number(store, rows::LOG)?;
    Frontier::read(size, &Tiles(store)).map_err(unproven)
}

/// The tiles of this log.
pub(crate) struct Tiles<'a>(pub(crate) &'a dyn Store);

impl TileReader for Tiles<'_> {
    type Error = StoreError;

    fn read_tile(&self, tile: Tile) -> Result<Vec<u8>, StoreError> {
        let numbers = numbers(tile);
        if tile.level() == 0 {
            let leaves = entries(self.0, numbers)?;
            return Ok(leaves.iter().flat_map(|entry| *entry.leaf().as_bytes()).collect());
        }
        let key = |index| rows::tree_key(tile.level(), index);
        let rows = rows_between(self.0, rows::TREE, &key(*numbers.start()), &key(*numbers.end()))?;
        Ok(rows.into_iter().flat_map(|(_, hash)| hash).collect())
    }
}

/// The entries of a bundle; fewer when the log has no more.
pub(crate) fn bundle(store: &dyn Store, bundle: Bundle) -> Result<Vec<Entry>, StoreError> {
    entries(store, numbers(bundle.tile()))
}

/// What a proof of this log's own could fail with: the store, or a log that has no such entry.
pub(crate) fn unproven(error: ProveError<StoreError>) -> StoreError {
    match error {
        ProveError::Read(error) => error,
        error => rows::damaged(error),
    }
}

/// Hashes as frames and files carry them.
pub(crate) fn hashes(proof: &[Hash32]) -> Vec<[u8; 32]> {
    proof.iter().map(|hash| *hash.as_bytes()).collect()
}

fn entries(store: &dyn Store, numbers: RangeInclusive<u64>) -> Result<Vec<Entry>, StoreError> {
    let (from, to) = (numbers.start().to_be_bytes(), numbers.end().to_be_bytes());
    let rows = rows_between(store, rows::LOG, &from, &to)?;
    rows.iter().map(|(_, row)| Ok(rows::log_parts(row)?.1)).collect()
}

fn rows_between(
    store: &dyn Store,
    table: Table,
    first: &[u8],
    last: &[u8],
) -> Result<Vec<crate::store::Row>, StoreError> {
    let end = Range::after(last);
    store.scan(&Range::between(table, first, &end), usize::try_from(TILE_WIDTH).unwrap_or(0))
}

/// Numbers along its level of the hashes of a tile.
fn numbers(tile: Tile) -> RangeInclusive<u64> {
    let first = tile.index() * TILE_WIDTH;
    first..=first + u64::from(tile.width()) - 1
}
