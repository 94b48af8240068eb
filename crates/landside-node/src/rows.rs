//! Tables of the store and the form of their rows (docs/ARCHITECTURE.md § Store).
//!
//! Keys that grow are numbers in big-endian, so that new rows go to the end of their table; the
//! only random keys are document ids, in a table of short rows. A table number is never re-used.

use bincode::config::{Configuration, Limit};
use bincode::{Decode, Encode};
use landside_proto::directory::Actor;
use landside_proto::document::{CasePlace, Position, Visit};
use landside_proto::ids::{BillNo, CaseCode, ContainerNo, DocId, Hash32, PartyId, UnixMillis};
use landside_proto::key::{KeyId, PublicKey};
use landside_proto::log;
use landside_proto::sealed::SealedField;

use crate::store::{StoreError, Table};

/// Document number → time received (8 bytes) and the envelope as received.
pub(crate) const DOCUMENTS: Table = Table(1);
/// Document id → [`IdRow`].
pub(crate) const IDS: Table = Table(2);
/// Index in this terminal's log → document number and entry ([`log_row`]).
pub(crate) const LOG: Table = Table(3);
/// Case code → [`CaseRow`].
pub(crate) const CASES: Table = Table(4);
/// Case code and place → [`PlaceRow`].
pub(crate) const PLACES: Table = Table(5);
/// Container and terminal → code of its newest case.
pub(crate) const CONTAINERS: Table = Table(6);
/// Container, bill and terminal → code of its newest case.
pub(crate) const BILLS: Table = Table(7);
/// Peer and number → document number: what waits for the peer.
pub(crate) const OUTBOX: Table = Table(8);
/// Id of a document → [`AnswerRow`]: the registrar's final answer to an own one, and where it put
/// another's.
pub(crate) const ANSWERS: Table = Table(9);
/// Driver credentials: number → document number, in the order they were taken.
pub(crate) const CREDENTIALS: Table = Table(10);
/// Hash of a raw message and part → bytes.
pub(crate) const RAW: Table = Table(11);
/// Number → [`OutFileRow`]: EDIFACT files to be written.
pub(crate) const OUT_FILES: Table = Table(12);
/// Begin of a slot → trucks granted.
pub(crate) const SLOTS: Table = Table(13);
/// Number → [`PendingRow`]: drafts that wait for a second person.
pub(crate) const PENDING: Table = Table(14);
/// Document number and number of a sealed field → the disclosure as received.
pub(crate) const DISCLOSURES: Table = Table(15);

/// Document number and terminal → [`RotationRow`]: what each terminal made of a key rotation.
pub(crate) const ROTATIONS: Table = Table(16);
/// Peer and document number → nothing: rotations that a peer has been sent.
pub(crate) const TOLD: Table = Table(17);

/// Level of the log's tree and number along it → hash; levels from 1, level 0 is in [`LOG`].
pub(crate) const TREE: Table = Table(20);
/// Size → the first final head of that size, with the cosignatures that made it final.
pub(crate) const HEADS: Table = Table(21);
/// Terminal → the newest head of its log that this node cosigned ([`seen_head_row`]).
pub(crate) const SEEN_HEADS: Table = Table(22);
/// Terminal, peer and number → a head of the terminal's log that the peer showed and that is not joined
/// yet ([`seen_head_row`]).
pub(crate) const UNJOINED_HEADS: Table = Table(23);

/// Id of a document → [`SignedByRow`]: the logged-in person at whose word it was signed.
pub(crate) const SIGNED_BY: Table = Table(30);
/// Id of a document → [`SignedWithRow`]: the token with which a program had it signed in that person's name.
pub(crate) const SIGNED_WITH: Table = Table(31);

/// Device and number → document number, of a rotation as key of [`ROTATIONS`]: what a driver's phone gets, in
/// its order.
pub(crate) const FEED: Table = Table(40);
/// Device and value of [`FEED`] → nothing: what is in the phone's feed.
pub(crate) const FED: Table = Table(41);
/// Hash of a photograph → its length: it lies whole in [`RAW`].
pub(crate) const PHOTOS: Table = Table(42);
/// Device and hash of a photograph → nothing: no receipt of the driver's names it yet.
pub(crate) const PHOTOS_WAITING: Table = Table(43);

/// What was imported → what was made of it (`import::marks`).
pub(crate) const IMPORTED: Table = Table(44);
/// Sender, recipient and reference of an interchange, hashed → [`InterchangeRow`].
pub(crate) const INTERCHANGES: Table = Table(45);
/// Hash of who asks and the name of a request → [`RepeatRow`].
pub(crate) const REPEATS: Table = Table(50);
/// Number → hash of who asks and the name of a request, in the order in which they came.
pub(crate) const REPEATS_IN_ORDER: Table = Table(51);

/// Number → time (8 bytes) and an event as JSON, while there are webhooks.
pub(crate) const EVENTS: Table = Table(52);
/// Cases of which something was not put up for a reader without a node: code and party. When the party
/// has a node it gets the case anew.
pub(crate) const UNCOLLECTED: Table = Table(95);

/// Rows are bounded by the store's value limit; so is what decoding may allocate.
const CONFIG: Configuration<
    bincode::config::BigEndian,
    bincode::config::Fixint,
    Limit<{ crate::store::VALUE_MAX }>,
> = bincode::config::standard()
    .with_big_endian()
    .with_fixed_int_encoding()
    .with_limit::<{ crate::store::VALUE_MAX }>();

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct IdRow {
    /// Document number here.
    pub(crate) number: u64,
    /// Where it stands in a terminal's log, once known.
    pub(crate) position: Option<PositionRow>,
}

/// A [`Position`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct PositionRow {
    log: u64,
    at: u64,
    case: Option<(String, u32)>,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct CaseRow {
    terminal: String,
    container: String,
}

/// One document of a case.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct PlaceRow {
    /// Document number here.
    pub(crate) number: u64,
    log: u64,
    at: u64,
}

/// The registrar's answer to an own document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct AnswerRow {
    /// The receipt's document number.
    pub(crate) receipt: u64,
    /// Which entry of it.
    pub(crate) entry: u32,
}

/// What a terminal made of a rotation: where it registered it, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct RotationRow {
    /// Where it stands in the terminal's log.
    pub(crate) position: Option<PositionRow>,
    /// The code of the refusal.
    pub(crate) refused: Option<String>,
}

/// An EDIFACT file to be written.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct OutFileRow {
    /// File name below the out directory.
    pub(crate) name: String,
    /// Content.
    pub(crate) bytes: Vec<u8>,
}

/// A draft that waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct PendingRow {
    /// When it was asked for.
    pub(crate) at: u64,
    /// Who asked.
    pub(crate) person: String,
    /// Kind of document.
    pub(crate) kind: String,
    /// Its payload.
    pub(crate) payload: Vec<u8>,
    /// The disclosures of its sealed fields.
    pub(crate) disclosures: Vec<Vec<u8>>,
}

/// An interchange that a channel took.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct InterchangeRow {
    /// The hash of its bytes.
    pub(crate) hash: [u8; 32],
    /// The file that it was taken with.
    pub(crate) file: String,
    /// When.
    pub(crate) at: u64,
    /// How far it got.
    pub(crate) state: Taken,
}

/// How far an interchange got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Taken {
    /// It was begun.
    Begun,
    /// Everything was made that it asks for.
    Complete,
    /// Something of it was refused, or could not be used.
    Incomplete,
}

/// The logged-in person at whose word a document was signed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct SignedByRow {
    /// When.
    pub(crate) at: u64,
    /// The login name.
    pub(crate) login: String,
    /// The person's name at that time.
    pub(crate) name: String,
    /// The person's role at that time.
    pub(crate) role: String,
}

/// A request that named itself.
#[derive(Encode, Decode)]
pub(crate) struct RepeatRow {
    /// When it was begun.
    pub(crate) at: u64,
    /// Its number in [`REPEATS_IN_ORDER`].
    pub(crate) number: u64,
    /// What was asked, hashed.
    pub(crate) asked: [u8; 32],
    /// The status of the answer; 0 while there is none.
    pub(crate) status: u16,
    /// The answer; empty while there is none, or when it was too long.
    pub(crate) answer: Vec<u8>,
}

/// The token that had a document signed.
#[derive(Encode, Decode)]
pub(crate) struct SignedWithRow {
    /// Its number.
    pub(crate) token: u64,
    /// For which program.
    pub(crate) label: String,
}

impl From<Position> for PositionRow {
    fn from(position: Position) -> Self {
        let case = position.case.map(|case| (case.code.to_string(), case.place));
        Self { log: position.log, at: position.at.as_millis(), case }
    }
}

impl PositionRow {
    pub(crate) fn position(&self) -> Result<Position, StoreError> {
        let case = match &self.case {
            None => None,
            Some((code, place)) => {
                Some(CasePlace { code: CaseCode::parse(code).map_err(damaged)?, place: *place })
            }
        };
        Ok(Position { log: self.log, at: UnixMillis::from_millis(self.at), case })
    }
}

impl CaseRow {
    pub(crate) fn new(visit: &Visit) -> Self {
        Self { terminal: visit.terminal.to_string(), container: visit.container.to_string() }
    }

    pub(crate) fn visit(&self) -> Result<Visit, StoreError> {
        Ok(Visit {
            terminal: PartyId::parse(&self.terminal).map_err(damaged)?,
            container: ContainerNo::parse(&self.container).map_err(damaged)?,
        })
    }
}

impl PlaceRow {
    pub(crate) fn new(number: u64, position: Position) -> Self {
        Self { number, log: position.log, at: position.at.as_millis() }
    }

    pub(crate) fn position(&self, code: CaseCode, place: u32) -> Position {
        let case = Some(CasePlace { code, place });
        Position { log: self.log, at: UnixMillis::from_millis(self.at), case }
    }
}

/// Writes a row.
pub(crate) fn to_row<T: Encode>(row: &T) -> Result<Vec<u8>, StoreError> {
    bincode::encode_to_vec(row, CONFIG).map_err(damaged)
}

/// Reads a row, all of it.
pub(crate) fn from_row<T: Decode<()>>(bytes: &[u8]) -> Result<T, StoreError> {
    match bincode::decode_from_slice(bytes, CONFIG) {
        Ok((row, read)) if read == bytes.len() => Ok(row),
        Ok(_) => Err(StoreError::Corrupt("row has bytes after its end".to_owned())),
        Err(error) => Err(damaged(error)),
    }
}

/// Number as key or value.
pub(crate) fn number(bytes: &[u8]) -> Result<u64, StoreError> {
    let bytes = bytes.try_into().map_err(|_| damaged("number is not 8 bytes"))?;
    Ok(u64::from_be_bytes(bytes))
}

/// Key of a place in a case.
pub(crate) fn place_key(code: CaseCode, place: u32) -> Vec<u8> {
    [code.as_str().as_bytes(), &place.to_be_bytes()].concat()
}

/// Case and place of a place's key.
pub(crate) fn place_parts(key: &[u8]) -> Result<(CaseCode, u32), StoreError> {
    let (code, place) = key.split_last_chunk().ok_or_else(|| damaged("place key"))?;
    let code = std::str::from_utf8(code).map_err(damaged)?;
    Ok((CaseCode::parse(code).map_err(damaged)?, u32::from_be_bytes(*place)))
}

/// Key of a container at a terminal.
pub(crate) fn container_key(container: ContainerNo, terminal: &PartyId) -> Vec<u8> {
    [container.as_str().as_bytes(), terminal.as_str().as_bytes()].concat()
}

/// Key of a bill of a container at a terminal. The zero byte cannot occur in a bill.
pub(crate) fn bill_key(container: ContainerNo, bill: &BillNo, terminal: &PartyId) -> Vec<u8> {
    [container.as_str(), bill.as_str(), "\0", terminal.as_str()].concat().into_bytes()
}

/// Container, bill and terminal of a bill's key.
pub(crate) fn bill_parts(key: &[u8]) -> Result<(ContainerNo, &str, PartyId), StoreError> {
    let text = std::str::from_utf8(key).map_err(damaged)?;
    let (container, rest) = text.split_at_checked(11).ok_or_else(|| damaged("key of a bill"))?;
    let (bill, terminal) = rest.split_once('\0').ok_or_else(|| damaged("key of a bill"))?;
    let container = ContainerNo::parse(container).map_err(damaged)?;
    Ok((container, bill, PartyId::parse(terminal).map_err(damaged)?))
}

/// First key of what waits for a peer.
pub(crate) fn outbox_from(peer: &Actor) -> Vec<u8> {
    format!("{peer}\0").into_bytes()
}

/// First key after what waits for a peer.
pub(crate) fn outbox_to(peer: &Actor) -> Vec<u8> {
    format!("{peer}\u{1}").into_bytes()
}

/// Key of one waiting document.
pub(crate) fn outbox_key(peer: &Actor, number: u64) -> Vec<u8> {
    [&outbox_from(peer)[..], &number.to_be_bytes()].concat()
}

/// Peer and number of an outbox key.
pub(crate) fn outbox_parts(key: &[u8]) -> Result<(Actor, u64), StoreError> {
    let at = key.iter().position(|b| *b == 0).ok_or_else(|| damaged("outbox key"))?;
    let (peer, rest) = key.split_at(at);
    let peer = std::str::from_utf8(peer).map_err(damaged)?;
    Ok((Actor::parse(peer).map_err(damaged)?, number(rest.get(1..).unwrap_or_default())?))
}

/// Key of a rotation at a terminal.
pub(crate) fn rotation_key(document: u64, terminal: &PartyId) -> Vec<u8> {
    [&document.to_be_bytes()[..], terminal.as_str().as_bytes()].concat()
}

/// Document number and terminal of a rotation's key.
pub(crate) fn rotation_parts(key: &[u8]) -> Result<(u64, PartyId), StoreError> {
    let (document, terminal) = key.split_at_checked(8).ok_or_else(|| damaged("rotation key"))?;
    let terminal = std::str::from_utf8(terminal).map_err(damaged)?;
    Ok((number(document)?, PartyId::parse(terminal).map_err(damaged)?))
}

/// Key of a rotation that a peer has been sent.
pub(crate) fn told_key(peer: &Actor, document: u64) -> Vec<u8> {
    outbox_key(peer, document)
}

/// Key of a case that a party could not collect.
pub(crate) fn uncollected_key(code: CaseCode, party: &PartyId) -> Vec<u8> {
    [code.as_str().as_bytes(), party.as_str().as_bytes()].concat()
}

/// Key of one part of a raw message.
pub(crate) fn raw_key(hash: Hash32, part: u32) -> Vec<u8> {
    [&hash.as_bytes()[..], &part.to_be_bytes()].concat()
}

/// Key of a disclosure.
pub(crate) fn disclosure_key(document: u64, field: SealedField) -> Vec<u8> {
    [&document.to_be_bytes()[..], &[field.number()]].concat()
}

/// Document number of a disclosure's key.
pub(crate) fn disclosure_document(key: &[u8]) -> Result<u64, StoreError> {
    number(key.get(..8).unwrap_or_default())
}

/// Value of a document row.
pub(crate) fn document_row(received_at: UnixMillis, envelope: &[u8]) -> Vec<u8> {
    [&received_at.as_millis().to_be_bytes()[..], envelope].concat()
}

/// Time received and envelope of a document row.
pub(crate) fn document_parts(row: &[u8]) -> Result<(UnixMillis, &[u8]), StoreError> {
    let (at, envelope) = row.split_at_checked(8).ok_or_else(|| damaged("document row"))?;
    Ok((UnixMillis::from_millis(number(at)?), envelope))
}

/// Value of a log row.
pub(crate) fn log_row(number: u64, entry: &log::Entry) -> Vec<u8> {
    [&number.to_be_bytes()[..], &entry.to_bytes()].concat()
}

/// Document number and entry of a log row.
pub(crate) fn log_parts(row: &[u8]) -> Result<(u64, log::Entry), StoreError> {
    let (at, entry) = row.split_at_checked(8).ok_or_else(|| damaged("log row"))?;
    Ok((number(at)?, log::Entry::from_bytes(entry).map_err(damaged)?))
}

/// Key of a hash of the log's tree.
pub(crate) fn tree_key(level: u8, index: u64) -> Vec<u8> {
    [&[level][..], &index.to_be_bytes()].concat()
}

/// Value of a row of a head seen: the key that signed it, and the note. With the key beside it the
/// head counts on when the directory no longer lists that key, or a log could be rewritten by changing
/// keys.
pub(crate) fn seen_head_row(key: &PublicKey, note: &[u8]) -> Vec<u8> {
    [&key.as_bytes()[..], note].concat()
}

/// Key and note of a row of a head seen.
pub(crate) fn seen_head_parts(row: &[u8]) -> Result<(PublicKey, &[u8]), StoreError> {
    let (key, note) = row.split_at_checked(32).ok_or_else(|| damaged("row of a head seen"))?;
    Ok((PublicKey::from_bytes(key).map_err(damaged)?, note))
}

/// First key of the heads of a log that are not joined.
pub(crate) fn unjoined_from(terminal: &PartyId) -> Vec<u8> {
    format!("{terminal}\0").into_bytes()
}

/// Key of a head that is not joined; a peer has few of one log.
pub(crate) fn unjoined_key(terminal: &PartyId, peer: &Actor, number: u8) -> Vec<u8> {
    [&unjoined_from(terminal)[..], peer.to_string().as_bytes(), &[0, number]].concat()
}

/// Who showed a head that is not joined.
pub(crate) fn unjoined_peer(key: &[u8]) -> Result<Actor, StoreError> {
    let peer = key.split(|byte| *byte == 0).nth(1).unwrap_or_default();
    Actor::parse(std::str::from_utf8(peer).map_err(damaged)?).map_err(damaged)
}

/// Key of one document in a device's feed, or of a document that is in it.
pub(crate) fn feed_key(device: KeyId, number: u64) -> Vec<u8> {
    [&device.as_bytes()[..], &number.to_be_bytes()].concat()
}

/// Device and number of a feed's key.
pub(crate) fn feed_parts(key: &[u8]) -> Result<(KeyId, u64), StoreError> {
    let (device, rest) = key.split_first_chunk().ok_or_else(|| damaged("feed key"))?;
    Ok((KeyId::from_bytes(*device), number(rest)?))
}

/// Key of what is in a device's feed: a document, or a rotation as a terminal registered it.
pub(crate) fn fed_key(device: KeyId, fed: &[u8]) -> Vec<u8> {
    [&device.as_bytes()[..], fed].concat()
}

/// Document number of a feed's value, and the terminal that registered it if it is a rotation.
pub(crate) fn fed_parts(value: &[u8]) -> Result<(u64, Option<PartyId>), StoreError> {
    if value.len() == size_of::<u64>() {
        return Ok((number(value)?, None));
    }
    rotation_parts(value).map(|(document, terminal)| (document, Some(terminal)))
}

/// Key of a photograph that waits for a receipt.
pub(crate) fn photo_key(device: KeyId, hash: Hash32) -> Vec<u8> {
    [&device.as_bytes()[..], &hash.as_bytes()[..]].concat()
}

/// Key of a document id.
pub(crate) fn id_key(id: DocId) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// A row that this node cannot have written.
pub(crate) fn damaged(error: impl ToString) -> StoreError {
    StoreError::Corrupt(error.to_string())
}
