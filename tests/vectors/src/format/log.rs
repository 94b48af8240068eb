//! The shape of `log.json`.

use landside_proto::document::Position;
use landside_proto::ids::{Hash32, PartyId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::Hex;

/// `log.json`: a terminal's log, piece by piece.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogFile {
    /// What the file is, for people.
    pub about: String,
    /// Names of keys in notes.
    pub names: Section<Name, NoName>,
    /// What is hashed into the tree of a registered document.
    pub entries: Section<Leaf, NoBytes>,
    /// Entries as they are served.
    pub bundles: Section<EntryBundle, NoBundle>,
    /// Paths of what is served.
    pub paths: Section<Path, NoPath>,
    /// Proofs that a leaf is in a tree.
    pub inclusion: Section<Inclusion, Refused<Inclusion>>,
    /// Proofs that a tree begins with an earlier one.
    pub consistency: Section<Consistency, Refused<Consistency>>,
    /// Signed checkpoints.
    pub checkpoints: Section<Head, Refused<Note>>,
    /// Witnesses' lines.
    pub cosignatures: Section<Cosigned, Refused<Cosigned>>,
    /// Heads after one another.
    pub follow: Section<Follow, Refused<Follow>>,
}

/// What must be taken and what must not.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section<G, B> {
    /// To be taken.
    pub good: Vec<G>,
    /// To be refused.
    pub bad: Vec<B>,
}

/// What must be refused, in the form of what must be taken.
#[derive(Debug, Serialize, Deserialize)]
pub struct Refused<T> {
    /// The code of the fault.
    pub refused: String,
    /// The vector.
    #[serde(flatten)]
    pub vector: T,
}

/// The name of a party's key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// Unique in the section.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The network, as its directory names it.
    pub network: String,
    /// The party.
    pub party: PartyId,
    /// The name of its keys.
    pub key_name: String,
}

/// No name of a key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoName {
    /// Unique in the section.
    pub name: String,
    /// What is wrong with it.
    pub shows: String,
    /// The code of the fault.
    pub refused: String,
    /// The text.
    pub key_name: String,
}

/// A registered document and its leaf.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Unique in the section.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// SHA-256 of the document's exact bytes.
    pub envelope: Hash32,
    /// Where it stands.
    pub position: Position,
    /// The entry.
    pub bytes: Hex,
    /// The hash of the leaf.
    pub leaf: Hash32,
}

/// Bytes that are no entry.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoBytes {
    /// Unique in the section.
    pub name: String,
    /// What is wrong with them.
    pub shows: String,
    /// The code of the fault.
    pub refused: String,
    /// The bytes.
    pub bytes: Hex,
}

/// A bundle.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryBundle {
    /// Unique in the section.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The entries in it.
    pub entries: Vec<Hex>,
    /// The bundle.
    pub bytes: Hex,
}

/// Bytes that are no bundle of so many entries.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoBundle {
    /// Unique in the section.
    pub name: String,
    /// What is wrong with them.
    pub shows: String,
    /// The code of the fault.
    pub refused: String,
    /// How many entries it should have.
    pub width: u16,
    /// The bytes.
    pub bytes: Hex,
}

/// The path of something a log has.
#[derive(Debug, Serialize, Deserialize)]
pub struct Path {
    /// What it is.
    #[serde(flatten)]
    pub of: PathOf,
    /// The path, unique in the section.
    pub path: String,
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathOf {
    /// The newest signed checkpoint; always true.
    Checkpoint(bool),
    /// A tile: level, index, width.
    Tile(u8, u64, u16),
    /// Entries: index, width.
    Entries(u64, u16),
}

/// The path of nothing.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoPath {
    /// What is wrong with it.
    pub shows: String,
    /// The code of the fault.
    pub refused: String,
    /// The path, unique in the section.
    pub path: String,
}

/// A proof that a leaf is in a tree.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Inclusion {
    /// Unique in the section.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The hash of the leaf.
    pub leaf: Hash32,
    /// Which leaf, from 0.
    pub index: u64,
    /// Leaves of the tree.
    pub size: u64,
    /// The root of the tree.
    pub root: Hash32,
    /// The hashes.
    pub proof: Vec<Hash32>,
}

/// A proof that a tree begins with an earlier one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Consistency {
    /// Unique in the section.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// Leaves of the earlier tree.
    pub old_size: u64,
    /// Its root.
    pub old_root: Hash32,
    /// Leaves of the later tree.
    pub new_size: u64,
    /// Its root.
    pub new_root: Hash32,
    /// The hashes.
    pub proof: Vec<Hash32>,
}

/// A note to open as a checkpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Note {
    /// Unique in the section.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The log that the reader expects.
    pub origin: String,
    /// Which of the keys in `keys/` may sign for it.
    pub keys: Vec<String>,
    /// The note.
    pub note: String,
    /// That many zero bytes follow `note`; keeps oversized vectors short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zeros_after: Option<usize>,
}

impl Note {
    /// What was received.
    #[must_use]
    pub fn received(&self) -> Vec<u8> {
        let mut bytes = self.note.clone().into_bytes();
        bytes.resize(bytes.len() + self.zeros_after.unwrap_or(0), 0);
        bytes
    }
}

/// A checkpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// The note.
    #[serde(flatten)]
    pub note: Note,
    /// Entries of the log.
    pub size: u64,
    /// The root over them.
    pub root: Hash32,
    /// Its signature lines, the log's and those of others.
    pub lines: usize,
    /// The keys as other clients are told them, in the order of `keys`.
    pub vkeys: Vec<String>,
}

/// A witness's line for a checkpoint of `landside/vectors/terminal`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cosigned {
    /// Unique in the section.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The checkpoint, with the log's signature only.
    pub note: String,
    /// The name of the witness's key.
    pub witness: String,
    /// Which of the keys in `keys/` it has.
    pub key: String,
    /// The reader's clock.
    pub now: UnixMillis,
    /// When the witness signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<UnixMillis>,
    /// The line.
    pub line: String,
}

/// A checkpoint of `landside/vectors/terminal` after another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Follow {
    /// Unique in the section.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The last checkpoint seen; null for none.
    pub last: Option<String>,
    /// The checkpoint that comes in.
    pub next: String,
    /// The consistency proof beside it.
    pub proof: Vec<Hash32>,
}
