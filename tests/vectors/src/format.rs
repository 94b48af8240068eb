//! The shape of the vector files; fixtures/vectors/README.md explains it to people.
//!
//! `D` is the JSON form of a document: the document itself when writing, plain JSON when reading.

pub mod evidence;
pub mod frames;
pub mod log;
pub mod phone_links;

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use landside_proto::directory::Actor;
use landside_proto::ids::{CaseCode, ContainerNo, DocId, Hash32, PartyId, UnixMillis};
use landside_proto::key::KeyId;
use landside_proto::refusal::Code;
use serde::{Deserialize, Serialize};

/// Bytes, lower-case hex in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hex(pub Vec<u8>);

/// `documents.json`: envelopes to open.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentFile<D> {
    /// What the file is, for people.
    pub about: String,
    /// The receiver's clock, unless a vector has its own.
    pub now: UnixMillis,
    /// Name of the good vector of `directory.json` that is in force.
    pub directory: String,
    /// Driver credentials that were accepted before, in order.
    pub credentials: Vec<Hex>,
    /// Documents that must open.
    pub good: Vec<Good<D>>,
    /// Documents that must not.
    pub bad: Vec<Bad>,
}

/// A document that must open.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Good<D> {
    /// Unique in the file.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The receiver's clock, when not the file's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<UnixMillis>,
    /// Its kind.
    pub kind: String,
    /// Who signed: party id, or `driver:` and key id.
    pub issuer: String,
    /// With which of the keys in `keys/`.
    pub key: String,
    /// When, by the header.
    pub issued_at: UnixMillis,
    /// Its id.
    pub id: DocId,
    /// The payload in its JSON form.
    pub document: D,
    /// The envelope.
    pub bytes: Hex,
}

/// A document that must be refused.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bad {
    /// Unique in the file.
    pub name: String,
    /// What is wrong with it.
    pub shows: String,
    /// The receiver's clock, when not the file's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<UnixMillis>,
    /// The code of the refusal.
    pub refused: String,
    /// What was received.
    pub bytes: Hex,
    /// That many zero bytes follow `bytes`; keeps oversized vectors short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zeros_after: Option<usize>,
}

/// `directory.json`: bundles of directory editions.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryFile<D> {
    /// What the file is, for people.
    pub about: String,
    /// The receiver's clock.
    pub now: UnixMillis,
    /// Bundles that must be accepted.
    pub good: Vec<GoodEdition<D>>,
    /// Bundles that must not.
    pub bad: Vec<BadEdition>,
}

/// How a bundle comes in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// As the first one, with the id that people compared by another channel.
    Trusted(Hash32),
    /// After the good vector of this name.
    Follows(String),
}

/// A bundle that must be accepted.
#[derive(Debug, Serialize, Deserialize)]
pub struct GoodEdition<D> {
    /// Unique in the file.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// How it comes in.
    #[serde(flatten)]
    pub door: Door,
    /// SHA-256 of the payload.
    pub id: Hash32,
    /// Number of the edition.
    pub number: u64,
    /// The payload in its JSON form.
    pub document: D,
    /// The bundle.
    pub bytes: Hex,
}

/// A bundle that must be refused.
#[derive(Debug, Serialize, Deserialize)]
pub struct BadEdition {
    /// Unique in the file.
    pub name: String,
    /// What is wrong with it.
    pub shows: String,
    /// How it comes in.
    #[serde(flatten)]
    pub door: Door,
    /// The code of the refusal.
    pub refused: String,
    /// What was received.
    pub bytes: Hex,
}

/// `rotations.json`: what a terminal makes of keys that a party vouched for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotationsFile {
    /// What the file is, for people.
    pub about: String,
    /// Whose log has the rotations.
    pub terminal: PartyId,
    /// Documents that must be taken.
    pub good: Vec<Turn>,
    /// Documents that must not.
    pub bad: Vec<Turn>,
}

/// A rotation, or a document of any kind, and what becomes of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// Unique in the file.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The bundle in force, taken as the first one.
    pub edition: Hex,
    /// Rotations that the terminal registered, in log order.
    pub before: Vec<RegisteredBefore>,
    /// The terminal's clock.
    pub at: UnixMillis,
    /// The code of the refusal, for a bad one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What was received.
    pub bytes: Hex,
}

/// A rotation and its place in the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisteredBefore {
    /// Index in the log.
    pub log: u64,
    /// When it was registered.
    pub at: UnixMillis,
    /// The envelope.
    pub bytes: Hex,
}

/// `ages.json`: credentials handed to a terminal whose edition grows old.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgesFile {
    /// What the file is, for people.
    pub about: String,
    /// Name of the good vector of `directory.json` that is in force.
    pub directory: String,
    /// Driver credentials that were accepted before, in order.
    pub credentials: Vec<Hex>,
    /// How long an overdue edition vouches for new device keys, in seconds.
    pub grace_s: u64,
    /// Credentials that must be taken.
    pub good: Vec<Aged>,
    /// Credentials that must not.
    pub bad: Vec<Aged>,
}

/// A credential and what becomes of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aged {
    /// Unique in the file.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The terminal's clock.
    pub at: UnixMillis,
    /// The code of the refusal, for a bad one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The envelope.
    pub bytes: Hex,
}

/// `presentations.json`: texts that a driver shows at the gate.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresentationFile {
    /// What the file is, for people.
    pub about: String,
    /// The gate's clock, unless a vector has its own.
    pub now: UnixMillis,
    /// Name of the good vector of `directory.json` that is in force.
    pub directory: String,
    /// Texts that prove a pass.
    pub good: Vec<GoodText>,
    /// Texts that do not.
    pub bad: Vec<BadText>,
}

/// A text that proves a pass.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoodText {
    /// Unique in the file.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The gate's clock, when not the file's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<UnixMillis>,
    /// Id of the pass.
    pub pass: DocId,
    /// The device key that proved itself.
    pub driver: KeyId,
    /// When the proof was made, by its header.
    pub made_at: UnixMillis,
    /// The text.
    pub text: String,
}

/// A text that must be refused.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BadText {
    /// Unique in the file.
    pub name: String,
    /// What is wrong with it.
    pub shows: String,
    /// The gate's clock, when not the file's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<UnixMillis>,
    /// The code of the refusal.
    pub refused: String,
    /// The text.
    pub text: String,
}

/// `sealed.json`: documents with sealed fields, and disclosures beside them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedFile {
    /// What the file is, for people.
    pub about: String,
    /// The receiver's clock.
    pub now: UnixMillis,
    /// Name of the good vector of `directory.json` that is in force.
    pub directory: String,
    /// Disclosures that open.
    pub good: Vec<GoodSealed>,
    /// Disclosures that do not.
    pub bad: Vec<BadSealed>,
}

/// Disclosures that open.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoodSealed {
    /// Unique in the file.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// Whether a registrar takes them, who needs all; a reader takes them in any case.
    pub registrar: bool,
    /// The envelope; it opens.
    pub document: Hex,
    /// The digests in the document, by field.
    pub digests: BTreeMap<String, Hash32>,
    /// What came beside it.
    pub disclosures: Vec<Hex>,
    /// The values that the disclosures give, by field.
    pub values: BTreeMap<String, String>,
}

/// Disclosures that must be refused, and the document with them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BadSealed {
    /// Unique in the file.
    pub name: String,
    /// What is wrong.
    pub shows: String,
    /// Whether only a registrar refuses; else everybody does.
    pub registrar: bool,
    /// The code of the refusal.
    pub refused: String,
    /// The envelope; it opens.
    pub document: Hex,
    /// What came beside it.
    pub disclosures: Vec<Hex>,
}

/// `case-*.json`: documents that reach a terminal one after the other.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// What the file is, for people.
    pub about: String,
    /// Name of the good vector of `directory.json` that is in force.
    pub directory: String,
    /// Driver credentials that were accepted before, in order.
    pub credentials: Vec<Hex>,
    /// The registrar.
    pub terminal: PartyId,
    /// The box.
    pub container: ContainerNo,
    /// The code that the terminal gave the case.
    pub case: CaseCode,
    /// What comes in, in this order.
    pub events: Vec<Event>,
}

/// One document that reaches the terminal.
#[derive(Debug, Serialize, Deserialize)]
pub struct Event {
    /// Unique in the file.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The terminal's clock.
    pub at: UnixMillis,
    /// What becomes of it.
    #[serde(flatten)]
    pub outcome: EventOutcome,
    /// The envelope; it opens.
    pub bytes: Hex,
}

/// What becomes of a document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventOutcome {
    /// It takes the next place in the case.
    Registered(Stands),
    /// It is refused and changes nothing.
    Refused(Named),
}

/// How a case stands after a document was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stands {
    /// Id of the document.
    pub id: DocId,
    /// Who holds the right to collect; null for nobody.
    pub holder: Option<PartyId>,
    /// The lights that are green.
    pub green: Vec<String>,
    /// The lights that are red by their authority and overridden; left out when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<String>,
    /// What the container still needs, sorted.
    pub needs: Vec<NeedLine>,
    /// Those who get a part of the case and are sent this document, in the files that show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<Vec<Actor>>,
    /// Why the gate turns a truck away that names the container and shows no pass, in the order of a
    /// gate decision, in the files that show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turned_away: Option<Vec<ReasonLine>>,
    /// What some clocks of free time come to by the documents so far, in the file that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocks: Option<Vec<ClockLine>>,
}

/// One reason of a gate decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonLine {
    /// Its code.
    pub code: String,
    /// Who can solve it.
    pub owed_by: String,
}

/// A clock at a time. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockLine {
    /// The charge.
    pub charge: String,
    /// When.
    pub at: UnixMillis,
    /// Where it stands.
    pub state: String,
    /// The end of free time; left out while it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_until: Option<UnixMillis>,
    /// Free days used.
    pub days_free: u32,
    /// Days suspended.
    pub days_suspended: u32,
    /// Days that were no working days.
    pub days_off: u32,
    /// Chargeable days.
    pub days_charged: u32,
    /// What they cost.
    pub amount: u64,
}

/// One need.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeedLine {
    /// The light it keeps red, if one.
    pub light: Option<String>,
    /// Its code.
    pub code: String,
    /// Who can solve it.
    pub owed_by: String,
}

/// A refusal and the document in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The code.
    pub code: String,
    /// The document in the way; null for none.
    pub names: Option<DocId>,
}

impl Bad {
    pub(crate) fn new(name: &str, shows: &str, code: Code, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.to_owned(),
            shows: shows.to_owned(),
            now: None,
            refused: code.as_str().to_owned(),
            bytes: Hex(bytes.into()),
            zeros_after: None,
        }
    }

    /// What was received.
    #[must_use]
    pub fn received(&self) -> Vec<u8> {
        let mut bytes = self.bytes.0.clone();
        bytes.resize(bytes.len() + self.zeros_after.unwrap_or(0), 0);
        bytes
    }
}

impl From<Hex> for String {
    fn from(hex: Hex) -> Self {
        HEXLOWER.encode(&hex.0)
    }
}

impl TryFrom<String> for Hex {
    type Error = data_encoding::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        HEXLOWER.decode(text.as_bytes()).map(Self)
    }
}
