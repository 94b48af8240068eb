//! The terminal lets a container leave although a light is red, in the name of a person.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Light, Payload, REASONS_MAX, Remark, TwoPersons, Visit};
use crate::ids::{DocId, PartyId, UnixMillis};
use crate::refusal::{Code, Refusal};

/// Needs that can be overridden, each with its lights. All others are for their authority alone: no
/// release gives a right where there is none, no time limit of a right is lengthened, and customs,
/// quarantine, court and security are overridden by nobody.
const OVERRIDABLE: [(&str, &[Light]); 3] = [
    ("release-blocked", &[Light::Commercial]),
    ("not-cleared", &[Light::Terminal]),
    // Which types of hold, `HoldType::is_overridable` says.
    ("hold", &[Light::Commercial, Light::Terminal]),
];

/// The terminal overrides a red light: a person, a reason, and exactly what is passed over. Without
/// anything covered it ends the override before.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The light; never the customs light.
    #[n(1)]
    pub light: Light,
    /// The last override of this light, if there is one.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds_on: Option<DocId>,
    /// What is passed over, each need by the document that makes it; empty ends the override before.
    #[n(3)]
    #[serde(default)]
    pub covers: Vec<Cover>,
    /// The person who decided it.
    #[n(4)]
    pub person: Remark,
    /// Why.
    #[n(5)]
    pub reason: Remark,
    /// Last moment; present exactly when something is covered.
    #[n(6)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<UnixMillis>,
    /// The two persons who agreed, where the terminal asks for two; the first is `person`.
    #[n(7)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<TwoPersons>,
    /// Customs offices that become readers of the case with this: all of the directory while none
    /// has spoken in the case. Ascending, each once.
    #[n(8)]
    #[serde(default)]
    pub told: Vec<PartyId>,
}

/// One need passed over.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(array)]
#[serde(deny_unknown_fields)]
pub struct Cover {
    /// Its code, such as `hold`.
    #[n(0)]
    pub code: Remark,
    /// The document that makes it: the hold, the block, the arrival.
    #[n(1)]
    pub document: DocId,
}

/// An override that a decision relied on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(array)]
#[serde(deny_unknown_fields)]
pub struct ReliedOverride {
    /// Which.
    #[n(0)]
    pub document: DocId,
    /// The person who decided it.
    #[n(1)]
    pub person: Remark,
}

impl Override {
    /// Whether it ends the override before it, and covers nothing.
    #[must_use]
    pub fn withdraws(&self) -> bool {
        self.covers.is_empty()
    }

    fn check_covers(&self) -> Result<(), Refusal> {
        if self.light == Light::Customs {
            return Err(Refusal::new(Code::NotOverridable, "the customs light"));
        }
        if self.covers.len() > REASONS_MAX {
            return Err(Refusal::new(Code::BadField, format!("more than {REASONS_MAX} covers")));
        }
        for (at, cover) in self.covers.iter().enumerate() {
            if !is_overridable(cover.code.as_str(), self.light) {
                let detail = format!("{} of the {} light", cover.code, self.light.as_str());
                return Err(Refusal::new(Code::NotOverridable, detail).naming(cover.document));
            }
            if self.covers.iter().take(at).any(|before| before.document == cover.document) {
                return Err(Refusal::new(Code::BadField, "covers name a document twice"));
            }
        }
        Ok(())
    }
}

/// Whether a need of a light can be overridden by its code; a hold by its type too.
pub(crate) fn is_overridable(code: &str, light: Light) -> bool {
    OVERRIDABLE.iter().any(|(known, lights)| *known == code && lights.contains(&light))
}

impl Payload for Override {
    fn check(&self) -> Result<(), Refusal> {
        let wrong = |what: &str| Err(Refusal::new(Code::BadField, what));
        self.check_covers()?;
        if self.withdraws() != self.valid_until.is_none() {
            return wrong("valid_until goes with covers, and must");
        }
        if let Some(two) = &self.approved_by {
            two.check()?;
            if two.asked != self.person {
                return wrong("the first of approved_by is not the person");
            }
        }
        check_told(&self.told)
    }
}

/// The form of a list of customs offices that become readers.
pub(super) fn check_told(told: &[PartyId]) -> Result<(), Refusal> {
    if told.len() > REASONS_MAX || !told.is_sorted_by(|a, b| a < b) {
        let detail = "told is too long, or not ascending with each party once";
        return Err(Refusal::new(Code::BadField, detail));
    }
    Ok(())
}
