//! Cases as they are answered: `GET /cases`, `GET /cases/{subject}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::words::{
    ActorName, Code, Container, Cursor, Digest, Key, Number, Party, Text, Time, TruckPlate,
};

/// What an object is; the same word as in `landside --json` and over the control socket.
macro_rules! event {
    ($name:ident, $word:literal) => {
        #[doc = concat!("Always `", $word, "`.")]
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        pub(crate) enum $name {
            #[serde(rename = $word)]
            Event,
        }

        crate::api::schema::words::always!($name, $word);
    };
}
pub(crate) use event;

event!(IsCase, "case");
event!(IsCaseLine, "case-line");

/// How a light stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Colour {
    /// Its authority signed so.
    Green,
    /// Red, and passed over by a person of the terminal.
    Overridden,
    /// Something is missing.
    Red,
    /// This node cannot tell: it does not have every document.
    Unknown,
}

/// The three conditions to leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Lights {
    /// The line's.
    commercial: Colour,
    /// Customs'.
    customs: Colour,
    /// The terminal's own.
    terminal: Colour,
}

/// Whether the container has left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CaseState {
    /// It has not.
    Open,
    /// It has.
    Closed,
}

/// The light that a need or override is of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LightName {
    /// The line's.
    Commercial,
    /// Customs'.
    Customs,
    /// The terminal's own.
    Terminal,
}

/// Something that is missing before the container may leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Need {
    /// Stable code (PROTOCOL § 6), such as `customs-not-released`.
    code: String,
    /// The fact in words.
    detail: String,
    /// The party that can solve it, or its role while no party is known.
    owed_by: String,
    /// The light it keeps red.
    light: Option<LightName>,
    /// The bill that it is about.
    bill: Option<Number>,
    /// The type of a hold.
    hold_type: Option<String>,
    /// Why, where somebody said so.
    reason: Option<Text>,
    /// When that was over which has ended: a release, a right, a slot.
    ended_at: Option<Time>,
    /// What customs said last, where it is not `released`.
    customs_status: Option<String>,
    /// Since when it is missing.
    since: Option<Time>,
    /// Until when it is promised.
    promised_at: Option<Time>,
    /// Whether that time is past.
    overdue: Option<bool>,
}

/// A span of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Span {
    from: Time,
    until: Time,
}

/// An open case in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CaseLine {
    event: IsCaseLine,
    code: Code,
    container: Container,
    terminal: Party,
    state: CaseState,
    /// Bills under which it is released.
    bills: Vec<Number>,
    lights: Lights,
    needs: Vec<Need>,
    /// Who owes the first need.
    #[schema(required)]
    waits_for: Option<String>,
    /// Whether this party owes something, an answer too.
    waits_for_me: bool,
    /// Whether a need or an answer is overdue.
    overdue: bool,
    /// Questions without an answer.
    questions: u64,
    /// Those of them that this party is asked.
    questions_for_me: u64,
    /// Whether a pass lives.
    pass: bool,
    /// Whether the truck was let in.
    admitted: bool,
    opened_at: Time,
    changed_at: Time,
    plate: Option<TruckPlate>,
    /// Name of the driver.
    driver: Option<Text>,
    slot: Option<Span>,
}

/// A closed case that a search found, in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ClosedLine {
    event: IsCaseLine,
    code: Code,
    container: Container,
    terminal: Party,
    state: CaseState,
    left_at: Time,
    plate: Option<TruckPlate>,
    /// Name of the driver.
    driver: Option<Text>,
}

/// Any case in one line, as `state=all` lists them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnyCaseLine {
    event: IsCaseLine,
    code: Code,
    container: Container,
    terminal: Party,
    state: CaseState,
    /// How many things are missing.
    needs: u64,
    /// Who owes the first of them.
    #[schema(required)]
    waits_for: Option<String>,
}

/// A page of open cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct OpenCases {
    /// What waits for this party first, the oldest first.
    cases: Vec<CaseLine>,
    /// For `after`, to get the next page; null after the last.
    #[schema(required)]
    next: Option<Cursor>,
    /// Open cases known by now.
    open: u64,
    /// Those of them that wait for this party.
    mine: u64,
    /// How many needs and answers are overdue, by the party or role that owes them.
    overdue: BTreeMap<String, u64>,
    /// False while a node that just started still reads its cases.
    complete: bool,
    /// Closed cases that the search found, the latest first.
    closed: Vec<ClosedLine>,
    /// Whether there are more of them.
    closed_more: bool,
}

/// A page of every case, by their codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AllCases {
    cases: Vec<AnyCaseLine>,
    /// For `after`, to get the next page; null after the last.
    #[schema(required)]
    next: Option<Cursor>,
}

/// A page of cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum CasePage {
    /// Without `state`, or with `state=open`.
    Open(OpenCases),
    /// With `state=all`.
    All(AllCases),
}

/// What the carrying side needs to know of the box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct BoxSeen {
    /// ISO 6346 size and type.
    size_type: Option<String>,
    discharged_at: Option<Time>,
    /// Class of position in the yard.
    position: Option<Number>,
    /// Where the empty goes.
    empty_return: Option<Vec<Depot>>,
}

/// The depot that takes the empty container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DepotSeen)]
pub(crate) struct Depot {
    depot: Number,
    reference: Option<Number>,
}

/// A holder of the right to collect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Hop {
    holder: Party,
    /// The document that gave it.
    document: Digest,
    from: Option<Time>,
    until: Option<Time>,
    plate: Option<TruckPlate>,
    depot: Option<Number>,
    /// How many more times it may be passed on.
    hops: Option<u8>,
}

/// The right to collect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Right {
    /// Who has it.
    #[schema(required)]
    holder: Option<Party>,
    /// The document that last moved it.
    head: Digest,
    /// From the release-to party on.
    hops: Vec<Hop>,
}

/// Driver and truck.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DriverSeen {
    key: Key,
    plate: TruckPlate,
    name: Option<Text>,
}

/// How a slot stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SlotState {
    /// Nobody asked for one.
    None,
    /// The terminal has not answered.
    Asked,
    /// It is granted.
    Granted,
    /// It is refused.
    Refused,
}

/// The time window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SlotSeen {
    state: SlotState,
    from: Option<Time>,
    until: Option<Time>,
}

/// The pass that lives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PassSeen {
    id: Digest,
    not_before: Time,
    expires: Time,
}

/// A need passed over by an override.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Covered {
    code: String,
    document: Digest,
}

/// The two persons who agreed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TwoPersons {
    asked: Text,
    agreed: Text,
}

/// An override that stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct OverrideSeen {
    light: LightName,
    document: Digest,
    person: Text,
    reason: Text,
    until: Time,
    covers: Vec<Covered>,
    approved_by: Option<TwoPersons>,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnswerSeen {
    id: Digest,
    at: Time,
    text: Text,
}

/// Whether somebody asks or complains.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Subject {
    /// It asks.
    Question,
    /// It complains.
    Complaint,
}

/// A question or complaint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct QuestionSeen {
    id: Digest,
    subject: Subject,
    asked_by: Party,
    to: Party,
    text: Text,
    asked_at: Time,
    answer_by: Time,
    /// It has no answer in time.
    overdue: bool,
    about: Option<Digest>,
    answer: Option<AnswerSeen>,
}

/// The person of this party at whose word a document was signed, and the program where one did so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SignedBy {
    login: String,
    name: Text,
    role: String,
    at: Time,
    /// Number of the token.
    token: Option<u64>,
    /// The label of the token.
    program: Option<Text>,
}

/// Who signed for a line that has no node, and on which message of the line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AgentSeen {
    party: Party,
    /// SHA-256 of the raw interchange.
    message: Digest,
}

/// When a clock began or ended, and by which document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct MomentSeen {
    at: Time,
    document: Digest,
}

/// Free days that were added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct WaiverSeen {
    document: Digest,
    days: u16,
}

/// A span that does not count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SuspensionSeen {
    from: Time,
    until: Option<Time>,
    by: Party,
    document: Digest,
}

/// How many days went where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ClockDays {
    free: u32,
    suspended: u32,
    /// No working days.
    off: u32,
    charged: u32,
}

/// What the days of one rate come to. Amounts are decimal numbers of the currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TierSeen {
    from_day: u16,
    days: u32,
    rate: String,
    amount: String,
}

/// Who held the container while a clock ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct HeldSeen {
    /// A party, or a role while no party is known.
    owed_by: String,
    held_s: u64,
}

/// A clock of free time (PROTOCOL § 6, clocks).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ClockSeen {
    /// `storage`, `demurrage` or `detention`.
    charge: String,
    charged_by: Party,
    /// The terms that count.
    terms: Digest,
    bill: Option<Number>,
    state: String,
    free_days: u32,
    started: Option<MomentSeen>,
    stopped: Option<MomentSeen>,
    free_until: Option<Time>,
    waived: Vec<WaiverSeen>,
    suspensions: Vec<SuspensionSeen>,
    days: ClockDays,
    /// Whether more days were counted than a clock tells.
    capped: bool,
    tiers: Option<Vec<TierSeen>>,
    /// ISO 4217.
    currency: Option<String>,
    /// A decimal number of the currency.
    amount: Option<String>,
    /// The same in minor units.
    amount_minor: Option<u64>,
    held: Option<Vec<HeldSeen>>,
}

/// A document in a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TimelineStep {
    /// Its place in the case, from 0.
    place: u64,
    /// Its index in the terminal's log.
    log: u64,
    at: Time,
    kind: String,
    id: Digest,
    issuer: ActorName,
    /// What it says, in a few English words.
    words: String,
    /// Who signed it, where that is not the issuer itself.
    agent: Option<AgentSeen>,
    signed_by: Option<SignedBy>,
    /// Name of the driver who signed it, or is bound by it.
    driver: Option<Text>,
    /// What it says, with `documents=1`: the JSON form of PROTOCOL § 4.
    payload: Option<Map<String, Value>>,
}

/// The container left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct GateOutSeen {
    id: Digest,
    left_at: Time,
}

/// A sealed field of a release that stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SealedSeen {
    bill: Number,
    field: String,
    document: Digest,
    /// Where this node may see it.
    value: Option<String>,
}

/// What people are to know though nothing is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Warning {
    code: String,
    detail: String,
    remedy: String,
}

/// Everything about a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Case {
    event: IsCase,
    code: Code,
    container: Container,
    terminal: Party,
    state: CaseState,
    /// Documents are missing here: lights and needs are not said.
    incomplete: bool,
    /// This node gets a part of the case, as hauliers and drivers do.
    part: bool,
    r#box: BoxSeen,
    lights: Lights,
    #[schema(required)]
    right: Option<Right>,
    #[schema(required)]
    driver: Option<DriverSeen>,
    slot: SlotSeen,
    #[schema(required)]
    pass: Option<PassSeen>,
    /// What is missing, in the order in which it blocks.
    needs: Vec<Need>,
    overrides: Vec<OverrideSeen>,
    questions: Vec<QuestionSeen>,
    /// Every document in the terminal's order.
    timeline: Vec<TimelineStep>,
    #[schema(required)]
    gate_out: Option<GateOutSeen>,
    /// Free time and what it costs, where terms were signed.
    clocks: Option<Vec<ClockSeen>>,
    sealed: Option<Vec<SealedSeen>>,
    /// Number of the directory edition in force.
    directory: u64,
    directory_age_s: u64,
    directory_overdue_s: Option<u64>,
    warnings: Option<Vec<Warning>>,
}
