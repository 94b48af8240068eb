//! What happens at the gate: decision, interchange receipt (EIR), gate-out (CODECO).

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Payload, ReliedOverride, Remark, Visit};
use crate::ids::{DocId, Hash32, Plate, Reference, UnixMillis};
use crate::key::KeyId;
use crate::refusal::{Code, Refusal};

/// Most reasons, relied-on documents, seals, damage codes or photos in one document.
pub const REASONS_MAX: usize = 64;

/// The gate admits or refuses, with every reason and everything it relied on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct GateDecision {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The decision before this one, if any.
    #[n(1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds_on: Option<DocId>,
    /// Admit or refuse.
    #[n(2)]
    pub verdict: Verdict,
    /// The pass shown.
    #[n(3)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<DocId>,
    /// The device key that proved itself.
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<KeyId>,
    /// The plate seen.
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<Plate>,
    /// Every reason to refuse; empty exactly when admitted.
    #[n(6)]
    #[serde(default)]
    pub reasons: Vec<GateReason>,
    /// The documents the decision rests on, with their age.
    #[n(7)]
    #[serde(default)]
    pub relied_on: Vec<Relied>,
    /// Number of the directory edition in force.
    #[n(8)]
    pub directory: u64,
    /// Seconds since that edition became valid.
    #[n(9)]
    pub directory_age_s: u64,
    /// The overrides without which a light would be red, with the persons who decided them.
    #[n(10)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<ReliedOverride>,
    /// Seconds since that edition should have been replaced; absent while it is in its time. A
    /// warning, never a reason to refuse.
    #[n(11)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory_overdue_s: Option<u64>,
}

/// Admit or refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The truck may come in.
    #[n(0)]
    Admit,
    /// It may not.
    #[n(1)]
    Refuse,
}

/// One reason to refuse, and who can solve it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct GateReason {
    /// Stable code, such as `customs-not-released`.
    #[n(0)]
    pub code: Remark,
    /// The fact in words.
    #[n(1)]
    pub detail: Remark,
    /// Party or role that can solve it.
    #[n(2)]
    pub owed_by: Remark,
}

/// A document relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(array)]
#[serde(deny_unknown_fields)]
pub struct Relied {
    /// Which.
    #[n(0)]
    pub document: DocId,
    /// Seconds since it was registered.
    #[n(1)]
    pub age_s: u64,
}

/// Seal and condition at hand-over (EIR). The terminal's comes first; the driver's builds on it and
/// repeats what it agrees to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct InterchangeReceipt {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// Terminal: the admitting gate decision. Driver: the terminal's receipt.
    #[n(1)]
    pub builds_on: DocId,
    /// Seal numbers (SEL).
    #[n(2)]
    #[serde(default)]
    pub seals: Vec<Reference>,
    /// Condition.
    #[n(3)]
    pub condition: Condition,
    /// Damage codes (DAM).
    #[n(4)]
    #[serde(default)]
    pub damage: Vec<Reference>,
    /// SHA-256 of photographs, kept beside.
    #[n(5)]
    #[serde(default)]
    pub photos: Vec<Hash32>,
    /// What else is to be said.
    #[n(6)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<Remark>,
}

/// Condition of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// No damage seen.
    #[n(0)]
    Sound,
    /// See the damage codes.
    #[n(1)]
    Damaged,
}

/// The container left; the right is consumed, exactly once.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct GateOut {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The terminal's interchange receipt.
    #[n(1)]
    pub builds_on: DocId,
    /// The pass that was used.
    #[n(2)]
    pub pass: DocId,
    /// When the truck passed the gate (CODECO DTM+7).
    #[n(3)]
    pub left_at: UnixMillis,
    /// Why the driver did not sign the interchange receipt; absent when the driver did.
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsigned_because: Option<Remark>,
    /// The overrides without which a light would be red.
    #[n(5)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<ReliedOverride>,
}

impl Payload for GateDecision {
    fn check(&self) -> Result<(), Refusal> {
        if [self.reasons.len(), self.relied_on.len(), self.overrides.len()]
            .iter()
            .any(|n| *n > REASONS_MAX)
        {
            return Err(Refusal::new(Code::BadField, format!("more than {REASONS_MAX} reasons")));
        }
        if (self.verdict == Verdict::Admit) != self.reasons.is_empty() {
            return Err(Refusal::new(Code::BadField, "reasons go with refuse only, and must"));
        }
        Ok(())
    }
}

impl Payload for InterchangeReceipt {
    fn check(&self) -> Result<(), Refusal> {
        if [self.seals.len(), self.damage.len(), self.photos.len()].iter().any(|n| *n > REASONS_MAX)
        {
            return Err(Refusal::new(Code::BadField, format!("more than {REASONS_MAX} entries")));
        }
        if self.condition == Condition::Damaged && self.damage.is_empty() {
            return Err(Refusal::new(Code::BadField, "damaged needs a damage code"));
        }
        Ok(())
    }
}

impl Payload for GateOut {
    fn check(&self) -> Result<(), Refusal> {
        if self.overrides.len() > REASONS_MAX {
            return Err(Refusal::new(Code::BadField, format!("more than {REASONS_MAX} overrides")));
        }
        Ok(())
    }
}
