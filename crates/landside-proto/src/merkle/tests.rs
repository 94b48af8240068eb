use std::cell::Cell;
use std::collections::BTreeMap;

use super::*;

mod against_oracle;
mod paths;
mod proofs;

/// A log's tiles in memory, filled as a store fills them: hash by hash as leaves are appended.
#[derive(Default)]
struct Tiled {
    frontier: Frontier,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
    reads: Cell<usize>,
}

impl Tiled {
    fn of(entries: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut tiled = Self::default();
        for entry in entries {
            tiled.append(leaf_hash(&entry));
        }
        tiled
    }

    fn append(&mut self, leaf: Hash32) {
        for placed in self.frontier.append(leaf) {
            let tile = placed.tile();
            let bytes = self.tiles.entry((tile.level(), tile.index())).or_default();
            bytes.extend(placed.hash.as_bytes());
            assert_eq!(bytes.len(), tile.byte_len(), "{}", tile.path());
        }
    }
}

impl TileReader for Tiled {
    type Error = String;

    fn read_tile(&self, tile: Tile) -> Result<Vec<u8>, String> {
        self.reads.set(self.reads.get() + 1);
        let bytes = self.tiles.get(&(tile.level(), tile.index()));
        bytes.cloned().ok_or_else(|| format!("no {}", tile.path()))
    }
}

/// A log of any size, all of whose hashes are zero.
struct Endless;

impl TileReader for Endless {
    type Error = String;

    fn read_tile(&self, tile: Tile) -> Result<Vec<u8>, String> {
        Ok(vec![0; tile.byte_len()])
    }
}

fn entry(number: u64) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

fn tiled(size: u64) -> Tiled {
    Tiled::of((0..size).map(entry))
}

/// The entries of the tree in Certificate Transparency's own tests, and its root after each.
fn known_roots() -> [(Vec<u8>, &'static str); 8] {
    [
        (vec![], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (vec![0x00], "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (vec![0x10], "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (vec![0x20, 0x21], "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        (vec![0x30, 0x31], "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        (
            (0x40..=0x43).collect(),
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        ),
        (
            (0x50..=0x57).collect(),
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        ),
        (
            (0x60..=0x6f).collect(),
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ),
    ]
}

#[test]
fn the_known_tree_has_the_known_roots() {
    let mut frontier = Frontier::default();
    assert_eq!(
        frontier.root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    for (entry, root) in known_roots() {
        frontier.append(leaf_hash(&entry));
        assert_eq!(frontier.root().to_string(), root, "{} leaves", frontier.size());
    }
}

#[test]
fn a_leaf_is_never_taken_for_a_node() {
    let (left, right) = (leaf_hash(b"l"), leaf_hash(b"r"));
    let both = [left.as_bytes().as_slice(), right.as_bytes()].concat();
    assert_ne!(leaf_hash(&both), node_hash(&left, &right));
}

#[test]
fn an_edge_read_back_from_tiles_goes_on_as_if_nothing_had_happened() {
    for size in [0, 1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 66_000] {
        let mut grown = tiled(size);
        let mut read = Frontier::read(size, &grown).unwrap();
        assert_eq!(read, grown.frontier, "{size}");
        grown.append(leaf_hash(b"next"));
        read.append(leaf_hash(b"next"));
        assert_eq!(read.root(), grown.frontier.root(), "{size}");
    }
}

#[test]
fn earlier_roots_come_from_the_tiles_of_a_later_tree() {
    let later = tiled(70_000);
    let mut earlier = Frontier::default();
    for number in 0..70_000 {
        if number < 600 || number % 997 == 0 || number > 69_990 {
            assert_eq!(root(number, &later), Ok(earlier.root()), "{number}");
        }
        earlier.append(leaf_hash(&entry(number)));
    }
}

#[test]
fn a_full_tree_takes_no_leaf() {
    let mut full = Frontier::read(LEAVES_MAX, &Endless).unwrap();
    let before = full.clone();
    assert_eq!(full.append(leaf_hash(b"one more")), vec![]);
    assert_eq!(full, before);
}

#[test]
fn a_proof_costs_a_read_a_tile_and_few_tiles() {
    let log = tiled(70_000);
    for index in [0, 255, 256, 65_535, 65_536, 69_999] {
        log.reads.set(0);
        inclusion(index, 70_000, &log).unwrap();
        assert_eq!(log.reads.get(), inclusion_tiles(index, 70_000).len(), "{index}");
    }
    let ten_million = 10_000_000;
    for index in [0, 255, 65_536, 4_999_999, 9_999_999] {
        assert!(inclusion_tiles(index, ten_million).len() <= 6, "{index}");
    }
    for old in [1, 255, 65_536, 4_999_999, 9_999_999] {
        assert!(consistency_tiles(old, ten_million).len() <= 6, "{old}");
    }
}

#[test]
fn the_tiles_of_a_growth_are_those_that_changed() {
    let sizes = [0, 1, 2, 100, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000];
    let logs = sizes.map(|size| (size, tiled(size)));
    let pairs = logs.iter().flat_map(|old| logs.iter().map(move |new| (old, new)));
    for ((old, before), (new, after)) in pairs {
        let (old, new) = (*old, *new);
        let changed: Vec<_> = after
            .tiles
            .iter()
            .filter(|(place, bytes)| before.tiles.get(place) != Some(bytes))
            .map(|(place, bytes)| (*place, bytes.len()))
            .collect();
        let grown: Vec<_> = Tile::grown(old, new)
            .map(|tile| ((tile.level(), tile.index()), tile.byte_len()))
            .collect();
        let expected = if old <= new { changed } else { vec![] };
        assert_eq!(grown, expected, "{old} to {new}");
    }
}

#[test]
fn the_tiles_of_a_tree_of_70_000_are_those_of_the_specification() {
    let tiles: Vec<_> = Tile::grown(0, 70_000).collect();
    let full = |level| tiles.iter().filter(|t| t.level() == level && t.is_full()).count();
    assert_eq!([full(0), full(1), full(2)], [273, 1, 0]);
    let partial: Vec<_> = tiles.iter().filter(|t| !t.is_full()).map(Tile::path).collect();
    assert_eq!(partial, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
}

#[test]
fn what_cannot_be_proven_is_an_error_and_no_proof() {
    let log = tiled(300);
    assert_eq!(inclusion(0, 0, &log), Err(ProveError::NoSuchLeaf { index: 0, size: 0 }));
    assert_eq!(inclusion(300, 300, &log), Err(ProveError::NoSuchLeaf { index: 300, size: 300 }));
    assert_eq!(consistency(5, 4, &log), Err(ProveError::Shrinks { old: 5, new: 4 }));
    let beyond = LEAVES_MAX + 1;
    assert_eq!(inclusion(0, beyond, &log), Err(ProveError::TooManyLeaves { size: beyond }));
    assert_eq!(consistency(1, u64::MAX, &log), Err(ProveError::TooManyLeaves { size: u64::MAX }));
    assert_eq!(root(u64::MAX, &log), Err(ProveError::TooManyLeaves { size: u64::MAX }));
    let missing = inclusion(0, 301, &log).unwrap_err();
    let short = Tile::of(0, 1, 301).unwrap();
    assert_eq!(missing, ProveError::ShortTile(short), "the log has no leaf 300 yet");
    let absent = inclusion(0, 2, &tiled(0)).unwrap_err();
    assert_eq!(absent, ProveError::Read("no tile/0/000.p/2".to_owned()), "{absent}");
    assert_eq!(inclusion_tiles(7, 7).len(), 0);
    assert_eq!(consistency_tiles(8, 7).len(), 0);
}
