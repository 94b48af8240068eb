//! Figures and evidence as they are answered.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::cases::event;
use super::words::{ActorName, Code, Container, Digest, Party, Text, Time};

event!(IsFigures, "figures");

/// How long something took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Spans {
    count: u64,
    median_ms: Option<u64>,
    p90_ms: Option<u64>,
}

/// A day of the port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DayFigures {
    day: String,
    from_at: Time,
    opened: u64,
    left: u64,
    late: u64,
    light_to_pass: Spans,
    light_to_shown: Spans,
    arrival_to_out: Spans,
}

/// How questions were answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnswerFigures {
    in_time: u64,
    late: u64,
    open: u64,
    overdue: u64,
}

/// Who held cases, and kept promises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PartyFigures {
    /// The party, or a role.
    party: String,
    name: Option<String>,
    held_ms: u64,
    cases: u64,
    case_median_ms: u64,
    in_time: u64,
    late: u64,
    late_open: u64,
    late_by: Spans,
    questions: AnswerFigures,
    complaints: AnswerFigures,
}

/// How promises of one step were kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct StepFigures {
    /// Code of the need.
    code: String,
    in_time: u64,
    late: u64,
    late_by: Spans,
}

/// Figures over a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Figures {
    event: IsFigures,
    /// Who counted.
    of: ActorName,
    from: String,
    to: String,
    zone: String,
    from_at: Time,
    to_at: Time,
    at: Time,
    complete: bool,
    incomplete: u64,
    known_from: Option<Time>,
    open: u64,
    opened: u64,
    left: u64,
    late: u64,
    light_to_pass: Spans,
    light_to_shown: Spans,
    arrival_to_out: Spans,
    days: Vec<DayFigures>,
    parties: Vec<PartyFigures>,
    parties_more: u64,
    steps: Vec<StepFigures>,
}

/// Something found in an evidence file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Finding {
    /// `broken`, `finding` or `note`.
    severity: String,
    code: String,
    meaning: String,
    text: String,
    place: String,
}

/// A document of an evidence file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct EvidenceStep {
    log: u64,
    at: Time,
    #[schema(required)]
    place: Option<u64>,
    id: Digest,
    #[schema(required)]
    kind: Option<String>,
    #[schema(required)]
    issuer: Option<ActorName>,
    #[schema(required)]
    name: Option<Text>,
    #[schema(required)]
    issued_at: Option<Time>,
    #[schema(required)]
    words: Option<String>,
    #[schema(required)]
    payload: Option<Map<String, Value>>,
    proven: bool,
}

/// What an evidence file says, and whether it can be believed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Evidence {
    verdict: String,
    sound: bool,
    sha256: Digest,
    bytes: u64,
    trusted: bool,
    broken: u64,
    findings_count: u64,
    notes: u64,
    witnesses: u64,
    #[schema(required)]
    edition: Option<Digest>,
    #[schema(required)]
    network: Option<Text>,
    #[schema(required)]
    terminal: Option<Party>,
    #[schema(required)]
    container: Option<Container>,
    #[schema(required)]
    case: Option<Code>,
    findings: Vec<Finding>,
    timeline: Vec<EvidenceStep>,
}
