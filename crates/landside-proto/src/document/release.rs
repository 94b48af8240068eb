//! What the line says: release orders and their changes (COREOR).

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Payload, Remark, TwoPersons, Visit};
use crate::ids::{BillNo, DocId, Hash32, ImoNo, PartyId, Reference, SizeType, UnixMillis};
use crate::refusal::{Code, Refusal};
use crate::sealed::SealedFields;

/// The line releases a container to a party (COREOR, one a segment group of EQD).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct ReleaseOrder {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// Bill of lading (RFF+BM).
    #[n(1)]
    pub bill: BillNo,
    /// To whom, how long, on what terms.
    #[n(2)]
    pub terms: ReleaseTerms,
    /// ISO 6346 size and type (EQD C224).
    #[n(3)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_type: Option<SizeType>,
    /// The ship it came on (TDT+20).
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vessel: Option<Vessel>,
    /// The EDIFACT message it was made from.
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Digests of what only some readers may know.
    #[n(6)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedFields>,
    /// The two persons who agreed, where the line asks for two.
    #[n(7)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<TwoPersons>,
    /// The terminal that signed for the line, on the message of `source`; absent when the line signed.
    #[n(8)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<PartyId>,
}

/// What a release grants; replaced as a whole by a release-change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct ReleaseTerms {
    /// The first holder of the right.
    #[n(0)]
    pub release_to: PartyId,
    /// Earliest pick-up (DTM+7, DTM+392).
    #[n(1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<UnixMillis>,
    /// Last moment of pick-up (DTM+36, DTM+400).
    #[n(2)]
    pub valid_until: UnixMillis,
    /// Who arranges the road leg.
    #[n(3)]
    pub haulage: Haulage,
    /// The line's release number (RFF+RE).
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// Where the empty goes afterwards (LOC+99).
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_return: Option<EmptyReturn>,
}

/// Who arranges the road leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Haulage {
    /// The cargo's side.
    #[n(0)]
    Merchant,
    /// The line.
    #[n(1)]
    Carrier,
}

/// The depot that takes the empty container.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct EmptyReturn {
    /// Depot, as the line names it.
    #[n(0)]
    pub depot: Reference,
    /// The reference the depot asks for.
    #[n(1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
}

/// The ship a container came on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Vessel {
    /// Name (TDT C222 8212).
    #[n(0)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Remark>,
    /// IMO number.
    #[n(1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imo: Option<ImoNo>,
    /// Voyage (TDT 8028).
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voyage: Option<Reference>,
}

/// Binds a document to the raw bytes of the interchange it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// SHA-256 of the raw interchange bytes, UNA or UNB to UNZ.
    #[n(0)]
    pub interchange: Hash32,
    /// Which message in it, counted from 0.
    #[n(1)]
    pub message: u32,
    /// Which equipment in the message, counted from 0.
    #[n(2)]
    pub equipment: u32,
}

/// The line changes a release (COREOR functions 1, 3, 4, 5; block and unblock).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct ReleaseChange {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// Bill of lading of the release.
    #[n(1)]
    pub bill: BillNo,
    /// The order, or the last change of it.
    #[n(2)]
    pub builds_on: DocId,
    /// What happens.
    #[n(3)]
    pub action: ReleaseAction,
    /// Present exactly when the action is `replace`.
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ReleaseTerms>,
    /// Why.
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Remark>,
    /// The EDIFACT message it was made from.
    #[n(6)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Digests that take the place of those said before, field by field; only with `replace`.
    #[n(7)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedFields>,
    /// The terminal that signed for the line, on the message of `source`; absent when the line signed.
    #[n(8)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<PartyId>,
}

/// What a release-change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseAction {
    /// New terms; a new release-to party starts a new chain.
    #[n(0)]
    Replace,
    /// Commercial light red, chain kept.
    #[n(1)]
    Block,
    /// Ends a block.
    #[n(2)]
    Unblock,
    /// The release ends; every holder downstream loses the right.
    #[n(3)]
    Revoke,
    /// The release was a mistake; same effect as revoke.
    #[n(4)]
    Cancel,
}

impl ReleaseOrder {
    /// An order that says what every order does and nothing else.
    #[must_use]
    pub fn of(visit: Visit, bill: BillNo, terms: ReleaseTerms) -> Self {
        Self {
            visit,
            bill,
            terms,
            size_type: None,
            vessel: None,
            source: None,
            sealed: None,
            approved_by: None,
            agent: None,
        }
    }
}

impl ReleaseTerms {
    /// What every release says and nothing else: to whom, until when, and that the merchant arranges the
    /// road leg.
    #[must_use]
    pub fn of(release_to: PartyId, valid_until: UnixMillis) -> Self {
        let haulage = Haulage::Merchant;
        Self {
            release_to,
            valid_from: None,
            valid_until,
            haulage,
            reference: None,
            empty_return: None,
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.valid_from.is_some_and(|from| from >= self.valid_until) {
            return Err(Refusal::new(Code::BadField, "valid_from is not before valid_until"));
        }
        Ok(())
    }
}

impl Payload for ReleaseOrder {
    fn check(&self) -> Result<(), Refusal> {
        self.terms.check()?;
        agent_has_message(self.agent.as_ref(), self.source.as_ref())?;
        if self.agent.is_some() && self.approved_by.is_some() {
            let detail = "approved_by is said by persons of the line, and an agent is none";
            return Err(Refusal::new(Code::BadField, detail));
        }
        self.approved_by.as_ref().map_or(Ok(()), TwoPersons::check)
    }
}

impl Payload for ReleaseChange {
    fn check(&self) -> Result<(), Refusal> {
        if self.sealed.is_some() && self.action != ReleaseAction::Replace {
            return Err(Refusal::new(Code::BadField, "sealed fields go only with replace"));
        }
        agent_has_message(self.agent.as_ref(), self.source.as_ref())?;
        match (self.action, &self.terms) {
            (ReleaseAction::Replace, Some(terms)) => terms.check(),
            (ReleaseAction::Replace, None) => {
                Err(Refusal::new(Code::BadField, "terms are missing, replace needs them"))
            }
            (_, Some(_)) => Err(Refusal::new(Code::BadField, "terms go only with replace")),
            (_, None) => Ok(()),
        }
    }
}

/// An agent signs what a message of the line says, and nothing of its own.
fn agent_has_message(agent: Option<&PartyId>, source: Option<&Source>) -> Result<(), Refusal> {
    if agent.is_some() && source.is_none() {
        let detail = "agent needs source: the message of the line that it signs on";
        return Err(Refusal::new(Code::BadField, detail));
    }
    Ok(())
}
