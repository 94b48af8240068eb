//! What is answered around documents: signed, waiting, judged, listed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::cases::{AgentSeen, LightName, SignedBy, Span, Warning, event};
use super::words::{
    ActorName, Code, Container, Cursor, Digest, Key, Number, Party, Text, Time, TruckPlate,
};

event!(IsDocument, "document");
event!(IsIssued, "issued");
event!(IsGateDecision, "gate-decision");
event!(IsWaiting, "waiting");
event!(IsSlotLine, "slot-line");
event!(IsPreview, "preview");
event!(IsNote, "note");
event!(IsImported, "imported");
event!(IsDriver, "driver");
event!(IsInvitation, "invitation");

/// A draft that waits for a second person, or one that was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PendingEvent {
    /// It waits.
    Pending,
    /// It was dropped.
    Declined,
}

/// A document in every detail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DocumentSeen {
    event: IsDocument,
    id: Digest,
    kind: String,
    issuer: ActorName,
    /// Id of the key that signed it.
    key: String,
    issued_at: Time,
    received_at: Time,
    /// What it says: the JSON form of PROTOCOL § 4.
    payload: Map<String, Value>,
    /// The exact bytes, in hex: a COSE_Sign1.
    bytes: String,
    /// Index in the terminal's log.
    log: Option<u64>,
    case: Option<Code>,
    /// Who signed it, where that is not the issuer itself.
    agent: Option<AgentSeen>,
    signed_by: Option<SignedBy>,
    /// The terminal's answer to a document of this party.
    outcome: Option<Outcome>,
    refused: Option<RefusedBy>,
    /// Values of sealed fields that this node may see.
    disclosed: Option<Map<String, Value>>,
    /// Their disclosures, in hex.
    disclosures: Option<Vec<String>>,
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// This node is the terminal, and gave it its place.
    Registered,
    /// The terminal gave it its place.
    Accepted,
    /// The terminal had it already.
    Duplicate,
    /// The terminal refused it.
    Refused,
    /// It is signed, kept and on its way; the events tell the answer.
    Queued,
    /// An earlier import of the same message had it signed.
    Before,
}

/// A refusal of the terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RefusedBy {
    /// A code of PROTOCOL § 7.
    code: String,
    detail: String,
    /// The document that it lost against.
    names: Option<Digest>,
    remedy: Option<String>,
}

/// A document that was signed, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Issued {
    event: IsIssued,
    kind: String,
    /// Missing where it was refused before it was signed.
    id: Option<Digest>,
    outcome: Outcome,
    container: Option<Container>,
    /// Index in the terminal's log.
    log: Option<u64>,
    at: Option<Time>,
    case: Option<Code>,
    refused: Option<RefusedBy>,
}

/// A draft that waits for a second person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Pending {
    event: PendingEvent,
    /// Its name, with a hash of what it says.
    #[schema(max_length = 40, example = "7-3fa2c109")]
    id: String,
    kind: String,
    /// Who asked.
    person: Text,
    at: Time,
    /// From when on nobody can approve it any more.
    until: Time,
    words: String,
    payload: Map<String, Value>,
    container: Option<Container>,
    disclosed: Option<Map<String, Value>>,
}

/// A document that was signed; or, where the party asks for two persons, a draft that waits for the second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum IssuedOrPending {
    /// It is signed.
    Issued(Issued),
    /// It waits.
    Pending(Pending),
}

/// Every draft that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PendingList {
    pending: Vec<Pending>,
}

/// Admit or refuse.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// The truck may come in.
    Admit,
    /// It may not.
    Refuse,
}

/// A reason to refuse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct GateReason {
    code: String,
    detail: String,
    owed_by: String,
    /// The light that it keeps red; this and what follows of needs of the case alone.
    light: Option<LightName>,
    bill: Option<Number>,
    hold_type: Option<String>,
    reason: Option<Text>,
    ended_at: Option<Time>,
    customs_status: Option<String>,
}

/// An override that a decision relied on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Relied {
    document: Digest,
    person: Text,
}

/// The last final head of the terminal's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct FinalHead {
    entries: u64,
    at: Time,
    age_s: u64,
    witnesses: Vec<Party>,
    overdue: bool,
}

/// A witness that refuses the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RefusingWitness {
    party: Party,
    since: Time,
    entries: u64,
    of_this_log: bool,
}

/// How the terminal's log stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct LogSeen {
    entries: u64,
    r#final: Option<FinalHead>,
    refused_by: Option<Vec<RefusingWitness>>,
}

/// A truck was judged. That it is refused is an answer, not a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct GateDecision {
    event: IsGateDecision,
    id: Digest,
    container: Container,
    case: Code,
    verdict: Verdict,
    /// Every reason; none where the truck is admitted.
    reasons: Vec<GateReason>,
    plate: Option<TruckPlate>,
    /// Number of the directory edition in force.
    directory: u64,
    directory_age_s: u64,
    directory_overdue_s: Option<u64>,
    warnings: Option<Vec<Warning>>,
    /// Age of the oldest document relied on, in seconds.
    oldest_fact_s: u64,
    overrides: Option<Vec<Relied>>,
    log: Option<LogSeen>,
}

/// What waits for a peer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Waiting {
    event: IsWaiting,
    peer: ActorName,
    documents: u64,
    oldest: Option<Time>,
}

/// What waits for whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Outbox {
    waiting: Vec<Waiting>,
}

/// A party of the directory in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PartyLine {
    id: Party,
    name: Text,
    /// `terminal`, `customs`, `line`, `shipper`, `forwarder`, `haulier`, `authority`.
    roles: Vec<String>,
}

/// Every party.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Parties {
    parties: Vec<PartyLine>,
}

/// How a truck of a slot stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum VisitState {
    /// It has not come.
    Expected,
    /// It was refused at the gate.
    Refused,
    /// It is in.
    Here,
    /// It has left.
    Left,
}

/// Who has signed the interchange receipt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReceiptState {
    /// Nobody.
    None,
    /// The terminal alone.
    Terminal,
    /// The driver too.
    Both,
}

/// A slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SlotLine {
    event: IsSlotLine,
    code: Code,
    container: Container,
    slot: Span,
    state: VisitState,
    /// When it was decided, or when it left.
    at: Option<Time>,
    plate: Option<TruckPlate>,
    holder: Option<Party>,
    /// Whether a pass lives.
    pass: bool,
    receipt: ReceiptState,
}

/// A page of the slots of a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Slots {
    /// The day, in the port's zone.
    day: String,
    from: Time,
    until: Time,
    slots: Vec<SlotLine>,
    /// For `after`, to get the next page; null after the last.
    #[schema(required)]
    next: Option<Cursor>,
    complete: bool,
}

/// A document that would be signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Preview {
    event: IsPreview,
    kind: String,
    words: String,
    payload: Map<String, Value>,
    container: Option<Container>,
    /// Who would sign it, where that is not the party that it speaks for.
    agent: Option<AgentSeen>,
    /// For which line that would be.
    agent_for: Option<Party>,
    disclosed: Option<Map<String, Value>>,
}

/// What was odd in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Note {
    event: IsNote,
    code: String,
    text: String,
    /// Number of the segment in its message.
    segment: Option<u64>,
    /// Byte in the file.
    offset: Option<u64>,
    container: Option<String>,
}

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ImportedCount {
    event: IsImported,
    documents: u64,
    pending: u64,
    refused: u64,
    /// Those of the documents that an earlier import had signed.
    before: u64,
    skipped: u64,
}

/// A file was read; with `preview=1` nothing was signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Imported {
    preview: Vec<Preview>,
    issued: Vec<Issued>,
    pending: Vec<Pending>,
    notes: Vec<Note>,
    #[schema(required)]
    imported: Option<ImportedCount>,
}

/// How a driver stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DriverState {
    /// The invitation is out.
    Invited,
    /// Nobody came in time.
    Expired,
    /// The phone came; its credential is not signed yet.
    Enrolling,
    /// The phone speaks for the driver.
    Enrolled,
    /// Another phone took its place.
    Replaced,
    /// It was taken back.
    Closed,
}

/// A driver's invitation, or phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DriverLine {
    event: IsDriver,
    driver: u64,
    name: Text,
    #[schema(required)]
    licence: Option<Number>,
    #[schema(required)]
    valid_until: Option<Time>,
    state: DriverState,
    #[schema(required)]
    key: Option<Key>,
    #[schema(required)]
    device: Option<String>,
    /// Whether the key counts now.
    counts: bool,
    invited_by: Text,
    invited_at: Time,
    /// Until when the invitation is good.
    until: Time,
    #[schema(required)]
    enrolled_at: Option<Time>,
    #[schema(required)]
    closed_at: Option<Time>,
    /// The driver whose phone this one replaces.
    #[schema(required)]
    replaces: Option<u64>,
}

/// Every driver, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Drivers {
    drivers: Vec<DriverLine>,
}

/// An invitation to hand on, shown once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Invitation {
    event: IsInvitation,
    driver: u64,
    name: Text,
    url: String,
    path: String,
    until: Time,
}
