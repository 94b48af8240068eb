//! What the terminal tells those who get only a part of a case: hauliers and drivers.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{EmptyReturn, Light, Limits, Payload, REASONS_MAX, Remark, Visit};
use crate::case::HOPS_MAX;
use crate::ids::{DocId, PartyId, Reference, SizeType, UnixMillis};
use crate::refusal::{Code, Refusal};

/// Box, place, time and depot, who may collect, and what is still red: all that the carrying side
/// needs of the documents it does not get. It names no bill, no consignee, no ship, and nobody's
/// remarks.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The progress before this one, if any: the same may be so again, and is another document.
    #[n(1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds_on: Option<DocId>,
    /// Who may collect; absent while nobody may, and while nobody who gets a part is in the chain: who
    /// else holds it is not the carriers' business.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<ProgressRight>,
    /// The last pass, unless something ended it.
    #[n(3)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<DocId>,
    /// What keeps a light red, and who owes it; each once, light by light.
    #[n(4)]
    #[serde(default)]
    pub needs: Vec<ProgressNeed>,
    /// Lights that count by an override; ascending, each once.
    #[n(5)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<Light>,
    /// When the container came off the ship.
    #[n(6)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discharged_at: Option<UnixMillis>,
    /// Class of position in the yard.
    #[n(7)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Reference>,
    /// ISO 6346 size and type.
    #[n(8)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_type: Option<SizeType>,
    /// Where the empty goes, by the releases that stand; each once.
    #[n(9)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty_return: Vec<EmptyReturn>,
    /// The driver-binding in force: a device sees whether its job is still its own.
    #[n(10)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<DocId>,
}

/// The right to collect, as its present holder has it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct ProgressRight {
    /// The document that last moved it; the next move builds on it.
    #[n(0)]
    pub head: DocId,
    /// The present holder.
    #[n(1)]
    pub holder: PartyId,
    /// What the present holder may do, narrowed by every hop.
    #[n(2)]
    pub limits: Limits,
    /// The documents that made the holders, first to present: a former holder sees whether its own
    /// is still among them, and learns no names.
    #[n(3)]
    pub hops: Vec<DocId>,
}

/// A reason why a light is red.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct ProgressNeed {
    /// Which light.
    #[n(0)]
    pub light: Light,
    /// Stable code, such as `customs-silent`.
    #[n(1)]
    pub code: Remark,
    /// Party that owes it, or the role while no party is known.
    #[n(2)]
    pub owed_by: Remark,
}

impl Payload for Progress {
    fn check(&self) -> Result<(), Refusal> {
        let bad = |what: &str| Err(Refusal::new(Code::BadField, what));
        if self.needs.len() > REASONS_MAX || self.empty_return.len() > REASONS_MAX {
            return bad("more than 64 needs or depots");
        }
        if !self.needs.is_sorted_by(|a, b| a < b) {
            return bad("needs are not ascending, or one is there twice");
        }
        if !self.overridden.is_sorted_by(|a, b| a < b) {
            return bad("overridden lights are not ascending, or one is there twice");
        }
        if self.right.as_ref().is_some_and(|r| r.hops.is_empty() || r.hops.len() > HOPS_MAX) {
            return bad("a right has 1 to 8 hops");
        }
        Ok(())
    }
}
