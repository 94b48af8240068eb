//! A terminal's log in memory, for whoever has the terminal's key and means to cheat with it.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use landside_proto::checkpoint::{Checkpoint, KeyName, SignedCheckpoint};
use landside_proto::document::Remark;
use landside_proto::ids::Hash32;
use landside_proto::merkle::{self, Frontier, Tile, TileReader, leaf_hash};
use landside_proto::session::frame::About;

use crate::peer::{Teller, Telling};
use crate::world::{key, party};

/// The network of every test world.
const NETWORK: &str = "tests";

/// A log of made-up entries.
#[derive(Clone, Default)]
pub(crate) struct ForgedLog {
    entries: Vec<String>,
}

impl ForgedLog {
    /// A log of so many entries; another story, another log.
    pub(crate) fn of(story: &str, entries: usize) -> Self {
        Self::default().and(story, entries)
    }

    /// The same log, continued by so many entries of a story.
    pub(crate) fn and(mut self, story: &str, entries: usize) -> Self {
        for _ in 0..entries {
            self.entries.push(format!("{story} {}", self.entries.len()));
        }
        self
    }

    pub(crate) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The head of the first `size` entries, signed by the terminal.
    pub(crate) fn head(&self, size: u64) -> SignedCheckpoint {
        self.head_of(NETWORK, size, "terminal")
    }

    /// The same in another network, or by another's key.
    pub(crate) fn head_of(&self, network: &str, size: u64, signer: &str) -> SignedCheckpoint {
        let root = merkle::root(size, &self.tiles()).unwrap();
        let origin = origin(network);
        Checkpoint { origin, size, root }.sign(&key(signer)).unwrap()
    }

    /// What an honest terminal with this log answers.
    pub(crate) fn answer(&self, about: About) -> Telling {
        let head = |size| Some(self.head(size).bytes().to_vec());
        let proof = |old, new| {
            let hashes = merkle::consistency(old, new, &self.tiles()).unwrap();
            Some(hashes.iter().map(|hash| *hash.as_bytes()).collect())
        };
        let size = self.size();
        match about {
            About::Newest { from } if from <= size => (head(size), proof(from, size)),
            About::Newest { .. } => (head(size), None),
            About::OfSize { size: wanted } if wanted <= size => (head(wanted), None),
            About::Consistency { old, new } if new <= size => (None, proof(old, new)),
            _ => (None, None),
        }
    }

    fn tiles(&self) -> Tiles {
        let mut tree = Frontier::default();
        let placed = self.entries.iter().flat_map(|entry| tree.append(leaf_hash(entry.as_bytes())));
        Tiles(placed.map(|placed| ((placed.level, placed.index), placed.hash)).collect())
    }
}

/// The name of the terminal's log.
pub(crate) fn origin(network: &str) -> KeyName {
    KeyName::of(&Remark::parse(network).unwrap(), &party("terminal"))
}

struct Tiles(BTreeMap<(u8, u64), Hash32>);

impl TileReader for Tiles {
    type Error = Infallible;

    fn read_tile(&self, tile: Tile) -> Result<Vec<u8>, Infallible> {
        let first = tile.index() * merkle::TILE_WIDTH;
        let indexes = first..first + u64::from(tile.width());
        Ok(indexes.flat_map(|index| *self.0[&(tile.level(), index)].as_bytes()).collect())
    }
}

/// What somebody tells, and what was asked of it; to be changed while it tells.
#[derive(Clone)]
pub(crate) struct Story(Arc<Mutex<Told>>);

struct Told {
    tell: Tell,
    asked: Vec<About>,
}

type Tell = Box<dyn Fn(About) -> Option<Telling> + Send>;

impl Story {
    /// Tells a log as it is.
    pub(crate) fn honest(log: ForgedLog) -> Self {
        Self::of(move |about| Some(log.answer(about)))
    }

    /// Tells what a function says.
    pub(crate) fn of(tell: impl Fn(About) -> Option<Telling> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Told { tell: Box::new(tell), asked: Vec::new() })))
    }

    /// From now on, tells what another function says.
    pub(crate) fn becomes(&self, tell: impl Fn(About) -> Option<Telling> + Send + 'static) {
        self.0.lock().unwrap().tell = Box::new(tell);
    }

    /// How many questions there were.
    pub(crate) fn asked(&self) -> usize {
        self.0.lock().unwrap().asked.len()
    }

    pub(crate) fn teller(&self) -> Teller {
        let story = self.clone();
        Box::new(move |about| {
            let mut told = story.0.lock().unwrap();
            told.asked.push(about);
            (told.tell)(about)
        })
    }
}
