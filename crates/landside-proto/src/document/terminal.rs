//! What the terminal says before the gate: arrival and slots (COARRI, COPINO).

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::overriding::check_told;
use super::{Payload, Remark, Visit};
use crate::ids::{DocId, PartyId, Reference, UnixMillis};
use crate::refusal::{Code, Refusal};

/// The container is here, or not yet; reachable, or not; clear of the terminal's own charges, or not.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Arrival {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The arrival before this one, if any.
    #[n(1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds_on: Option<DocId>,
    /// When it came off the ship (COARRI DTM+203); absent while it is announced.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discharged_at: Option<UnixMillis>,
    /// Reachable in the yard.
    #[n(3)]
    pub available: bool,
    /// The terminal light: storage paid, nothing to survey.
    #[n(4)]
    pub cleared: bool,
    /// Class of position, such as `yard`, `reefer` or `oog`.
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Reference>,
    /// Damage seen at discharge.
    #[n(6)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage: Option<Remark>,
    /// Customs offices that become readers of the case with this, so that each finds in its list what
    /// waits for its word. Ascending, each once.
    #[n(7)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<PartyId>,
}

/// A span of time, `from` before `until`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(array)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First moment.
    #[n(0)]
    pub from: UnixMillis,
    /// Last moment.
    #[n(1)]
    pub until: UnixMillis,
}

/// The haulier asks for a time window (COPINO).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct SlotRequest {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The document that last moved the right.
    #[n(1)]
    pub right: DocId,
    /// The request or slot this one takes the place of.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds_on: Option<DocId>,
    /// When the truck wants to come.
    #[n(3)]
    pub window: Window,
}

/// The terminal answers a slot request.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The request.
    #[n(1)]
    pub builds_on: DocId,
    /// The answer.
    #[n(2)]
    pub answer: SlotAnswer,
    /// The window granted; absent exactly when refused.
    #[n(3)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Why, when moved or refused.
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Remark>,
}

/// How the terminal answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum SlotAnswer {
    /// As asked.
    #[n(0)]
    Granted,
    /// At another time.
    #[n(1)]
    Moved,
    /// Not at all.
    #[n(2)]
    Refused,
}

impl Window {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        if self.from < self.until {
            Ok(())
        } else {
            Err(Refusal::new(Code::BadField, "window does not begin before it ends"))
        }
    }
}

impl Payload for Arrival {
    fn check(&self) -> Result<(), Refusal> {
        check_told(&self.told)
    }
}

impl Payload for SlotRequest {
    fn check(&self) -> Result<(), Refusal> {
        self.window.check()
    }
}

impl Payload for Slot {
    fn check(&self) -> Result<(), Refusal> {
        match (self.answer, self.window) {
            (SlotAnswer::Refused, None) => Ok(()),
            (SlotAnswer::Granted | SlotAnswer::Moved, Some(window)) => window.check(),
            _ => Err(Refusal::new(Code::BadField, "a window goes with granted and moved only")),
        }
    }
}
