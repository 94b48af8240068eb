//! COREOR: a release-order, or what changes one.

use std::time::Duration;

use landside_edifact::coreor::{self, Function, ReleaseInstruction};
use landside_proto::case::Release;
use landside_proto::document::{
    Document, EmptyReturn, Haulage, Kind, ReleaseAction, ReleaseChange, ReleaseOrder, ReleaseTerms,
    Remark, Source, Vessel, Visit,
};
use landside_proto::ids::{BillNo, Hash32, PartyId, Reference, UnixMillis};
use landside_proto::sealed::{Disclosure, SealedField, SealedFields, SealedValue};

use super::names::Names;
use super::{Mapped, Remarked};
use crate::agents::Agent;
use crate::ledger::{self, Read};
use crate::node::{Node, clock};
use crate::sealing;
use crate::store::StoreError;
use crate::writer::Statement;

/// Days an order lives that says no last pick-up; the note says so.
const DAYS_UNSAID: u64 = 30;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Makes the document of one instruction and bill.
pub(super) struct Mapper<'a> {
    pub(super) node: &'a Node,
    pub(super) names: &'a Names,
    pub(super) instruction: &'a ReleaseInstruction,
    pub(super) renew_days: Option<u32>,
    pub(super) hash: Hash32,
    /// The line that this terminal signs for.
    pub(super) agent: Option<&'a Agent>,
}

impl Mapper<'_> {
    /// The document for a bill, with what a clerk should know about it.
    pub(super) fn statement(&self, bill: &BillNo) -> Result<Mapped, StoreError> {
        let instruction = self.instruction;
        let Ok(container) = instruction.container else {
            return Ok(Err(Remarked::new("not-releasable", "no container")));
        };
        let Some(terminal) = self.names.terminal_of(self.node, instruction.terminal.as_deref())
        else {
            return Ok(Err(Names::terminal_unknown(instruction.terminal.as_deref())));
        };
        if let Some(agent) = self.agent.filter(|agent| agent.me != terminal) {
            let text = format!(
                "for a container at {terminal}; {} signs for {} at its own quay alone",
                agent.me, agent.line
            );
            return Ok(Err(Remarked::new("agent-elsewhere", text)));
        }
        let visit = Visit { terminal, container };
        let mut notes = Vec::new();
        if instruction.bills.is_empty() {
            let text = format!("no bill of lading; the release is known by {bill}");
            notes.push(Remarked::new("no-bill", text));
        }
        let standing = self.standing(&visit, bill)?;
        let statement = self.document(&visit, bill.clone(), standing, &mut notes);
        Ok(statement.map(|statement| (vec![statement], notes)))
    }

    /// The document for one bill: by function, and by whether this line's release stands.
    fn document(
        &self,
        visit: &Visit,
        bill: BillNo,
        standing: Option<Release>,
        notes: &mut Vec<Remarked>,
    ) -> Result<Statement, Remarked> {
        let skip = |code, text: &str| Err(Remarked::new(code, text));
        match (&self.instruction.function, standing) {
            (Function::Original | Function::Addition, _)
            | (Function::Replace | Function::Change, None) => {
                let terms = self.terms(notes)?;
                let disclosures = self.sealed(notes)?;
                let sealed = SealedFields::of(Kind::ReleaseOrder, &disclosures);
                let order = ReleaseOrder { sealed, ..self.order(visit.clone(), bill, terms) };
                Ok(Statement { document: order.into(), disclosures })
            }
            (Function::Replace | Function::Change, Some(release)) => {
                let terms = Some(self.terms(notes)?);
                let disclosures = self.sealed(notes)?;
                let sealed = SealedFields::of(Kind::ReleaseChange, &disclosures);
                let change = self.change(visit, bill, &release, ReleaseAction::Replace, terms);
                let document = ReleaseChange { sealed, ..change }.into();
                Ok(Statement { document, disclosures })
            }
            (Function::Cancellation | Function::Deletion, Some(release)) => {
                let change = self.change(visit, bill, &release, ReleaseAction::Cancel, None);
                Ok(Document::from(change).into())
            }
            (Function::Cancellation | Function::Deletion, None) => {
                skip("nothing-to-cancel", "the message cancels a release that does not stand here")
            }
            (Function::Copy, _) => skip("copy", "the message is a copy, for information"),
            (Function::Other(_), _) => {
                skip("function-unknown", "the message has a function (BGM 1225) nobody knows")
            }
        }
    }

    fn order(&self, visit: Visit, bill: BillNo, terms: ReleaseTerms) -> ReleaseOrder {
        let vessel = Vessel {
            name: self.instruction.vessel.name.as_deref().and_then(|n| Remark::parse(n).ok()),
            imo: self.instruction.vessel.imo,
            voyage: self.instruction.voyage.as_deref().and_then(|v| Reference::parse(v).ok()),
        };
        let some = vessel.name.is_some() || vessel.imo.is_some() || vessel.voyage.is_some();
        ReleaseOrder {
            visit,
            bill,
            terms,
            size_type: self.instruction.size_type,
            vessel: some.then_some(vessel),
            source: Some(self.source()),
            sealed: None,
            approved_by: None,
            agent: self.agent.map(|agent| agent.me.clone()),
        }
    }

    /// What the message says of the goods and their people, sealed. Text is made to fit as other
    /// text is; a number that does not fit its field is left out, and said.
    fn sealed(&self, notes: &mut Vec<Remarked>) -> Result<Vec<Disclosure>, Remarked> {
        let said = &self.instruction.confidential;
        let fitted = |text: &Option<String>| {
            text.as_deref().map(|text| Remark::fitted(text.trim(), "unreadable").to_string())
        };
        let texts = [
            (SealedField::Consignee, fitted(&said.consignee)),
            (SealedField::Cargo, fitted(&said.cargo)),
            (SealedField::Value, said.value.clone()),
            (SealedField::ReleaseToIdentity, said.identity.as_ref().map(ToString::to_string)),
        ];
        let mut values = Vec::new();
        for (field, text) in texts.into_iter().filter_map(|(field, text)| Some((field, text?))) {
            match SealedValue::parse(field, &text) {
                Ok(value) => values.push(value),
                Err(error) => {
                    notes.push(Remarked::new("not-sealed", error.to_string()));
                }
            }
        }
        sealing::seal(values).map_err(|error| Remarked::new("no-randomness", error.to_string()))
    }

    fn change(
        &self,
        visit: &Visit,
        bill: BillNo,
        release: &Release,
        action: ReleaseAction,
        terms: Option<ReleaseTerms>,
    ) -> ReleaseChange {
        ReleaseChange {
            visit: visit.clone(),
            bill,
            builds_on: release.head,
            action,
            terms,
            reason: None,
            source: Some(self.source()),
            sealed: None,
            agent: self.agent.map(|agent| agent.me.clone()),
        }
    }

    /// The reader counts from 1, documents from 0.
    fn source(&self) -> Source {
        let source = &self.instruction.source;
        Source {
            interchange: self.hash,
            message: source.position.saturating_sub(1),
            equipment: source.equipment.saturating_sub(1),
        }
    }

    fn terms(&self, notes: &mut Vec<Remarked>) -> Result<ReleaseTerms, Remarked> {
        let instruction = self.instruction;
        let Some(release_to) = self.release_to() else {
            let named = instruction.release_to.as_ref();
            let code = named.map_or("(none named)", |party| party.code.as_str());
            let text = format!(
                "release-to party {code} is not in the directory; map it with --map CODE=PARTY or --release-to"
            );
            return Err(Remarked::new("release-to-unknown", text));
        };
        let (valid_from, valid_until) = self.validity(notes)?;
        let empty_return = instruction.empty_return.as_ref().and_then(|place| {
            let depot = Reference::parse(place.depot.as_deref()?).ok()?;
            Some(EmptyReturn { depot, reference: place.reference.clone() })
        });
        Ok(ReleaseTerms {
            release_to,
            valid_from,
            valid_until,
            haulage: Haulage::Merchant,
            reference: instruction.number.clone(),
            empty_return,
        })
    }

    fn validity(
        &self,
        notes: &mut Vec<Remarked>,
    ) -> Result<(Option<UnixMillis>, UnixMillis), Remarked> {
        let bad = |e: &coreor::TimeError| Remarked::new("time", e.to_string());
        let from = *self.instruction.valid_from.as_ref().map_err(bad)?;
        let until = *self.instruction.valid_until.as_ref().map_err(bad)?;
        let now = clock();
        match (until, self.renew_days) {
            (Some(until), Some(days)) if until <= now => {
                let anew = now.plus(DAY * days);
                let text = format!("the order ended at {until}; dated anew until {anew}");
                notes.push(Remarked::new("dated-anew", text));
                Ok((from.filter(|from| *from <= now), anew))
            }
            (Some(until), Some(_)) => Ok((from.filter(|from| *from <= now), until)),
            (Some(until), None) => Ok((from, until)),
            (None, _) => {
                let begin = from.map_or(now, |from| from.max(now));
                let until = begin.plus(DAY * u32::try_from(DAYS_UNSAID).unwrap_or(u32::MAX));
                let text = format!("no last pick-up is named; set to {DAYS_UNSAID} days, {until}");
                notes.push(Remarked::new("no-expiry", text));
                Ok((from, until))
            }
        }
    }

    fn release_to(&self) -> Option<PartyId> {
        let named = self.instruction.release_to.as_ref();
        named
            .and_then(|party| self.names.of(self.node, &party.code))
            .or_else(|| self.names.release_to.clone())
    }

    /// The release of a bill that stands here, if one does.
    fn standing(&self, visit: &Visit, bill: &BillNo) -> Result<Option<Release>, StoreError> {
        let store = self.node.inner.store.as_ref();
        let Some(code) = Read::case_of_bill(store, visit, bill)? else { return Ok(None) };
        let loaded = ledger::load_case(store, code)?.filter(|loaded| !loaded.case.is_closed());
        Ok(loaded.and_then(|loaded| {
            loaded.case.releases.get(bill).filter(|release| release.stands()).cloned()
        }))
    }
}
