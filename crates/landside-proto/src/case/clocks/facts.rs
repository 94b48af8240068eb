//! What the fold keeps of documents that move clocks.

use std::collections::{BTreeMap, BTreeSet};

use super::super::state::Case;
use crate::directory::Actor;
use crate::document::{Arrival, Charge, ClockEvent, ClockEventType, ClockTerms, Document, Window};
use crate::envelope::Signed;
use crate::ids::{BillNo, DocId, PartyId, UnixMillis};

/// Most clock-terms of one party in one case: three charges, several bills, and better terms later.
pub const CLOCK_TERMS_MAX: usize = 50;

/// Most clock-events of one party in one case: bounds what a figure is computed from.
pub const CLOCK_EVENTS_MAX: usize = 50;

/// What one charge is counted by: one strand of terms.
pub(super) type Strand = (Charge, Option<BillNo>);

/// Documents of a case that start, suspend and stop clocks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct ClockFacts {
    /// Every arrival, in log order.
    pub(super) arrivals: Vec<Ashore>,
    /// Terms in force.
    pub(super) terms: BTreeMap<Strand, TermsFact>,
    /// Suspensions, by their document.
    pub(super) suspensions: BTreeMap<DocId, SuspensionFact>,
    /// When the empty came back, by each party that said so.
    pub(super) returned: BTreeMap<PartyId, (DocId, UnixMillis)>,
    /// How many clock-terms and clock-events each party has signed.
    pub(super) signed: BTreeMap<PartyId, (usize, usize)>,
}

/// What an arrival says of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ashore {
    pub(super) document: DocId,
    /// When it was registered.
    pub(super) at: UnixMillis,
    pub(super) discharged_at: Option<UnixMillis>,
    pub(super) available: bool,
}

/// Terms in force and what their party gave away since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TermsFact {
    pub(super) head: DocId,
    pub(super) issuer: PartyId,
    pub(super) terms: ClockTerms,
    /// Days waived, by their document. They stay when the terms are replaced.
    pub(super) waived: BTreeMap<DocId, u16>,
}

/// A time in which charges rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SuspensionFact {
    pub(super) issuer: PartyId,
    pub(super) charges: BTreeSet<Charge>,
    pub(super) window: Window,
}

impl ClockFacts {
    /// The strand of which this document is the head.
    pub(super) fn strand_of(&self, head: DocId) -> Option<&TermsFact> {
        self.terms.values().find(|fact| fact.head == head)
    }
}

impl Case {
    /// The terms in force of a charge, and the document that set them.
    #[must_use]
    pub fn clock_terms(
        &self,
        charge: Charge,
        bill: Option<&BillNo>,
    ) -> Option<(DocId, &ClockTerms)> {
        let fact = self.clock_facts.terms.get(&(charge, bill.cloned()))?;
        Some((fact.head, &fact.terms))
    }

    /// A document that moves clocks is folded in. Total: a waiver whose terms are not here changes nothing.
    pub(in super::super) fn apply_clock(&mut self, signed: &Signed<Document>, at: UnixMillis) {
        let Actor::Party(issuer) = signed.issuer() else { return };
        let id = signed.id();
        let closed = self.is_closed();
        let facts = &mut self.clock_facts;
        match signed.document() {
            Document::Arrival(d) if !closed => facts.arrivals.push(Ashore::of(id, d, at)),
            Document::ClockTerms(d) => {
                facts.signed.entry(issuer.clone()).or_default().0 += 1;
                let strand = (d.charge, d.bill.clone());
                let waived = facts.terms.remove(&strand).map(|before| before.waived);
                let fact = TermsFact {
                    head: id,
                    issuer: issuer.clone(),
                    terms: d.clone(),
                    waived: waived.unwrap_or_default(),
                };
                facts.terms.insert(strand, fact);
            }
            Document::ClockEvent(d) => {
                facts.signed.entry(issuer.clone()).or_default().1 += 1;
                facts.event(id, issuer, d);
            }
            _ => {}
        }
    }
}

impl Ashore {
    fn of(document: DocId, arrival: &Arrival, at: UnixMillis) -> Self {
        let (discharged_at, available) = (arrival.discharged_at, arrival.available);
        Self { document, at, discharged_at, available }
    }
}

impl ClockFacts {
    fn event(&mut self, id: DocId, issuer: &PartyId, event: &ClockEvent) {
        match event.event {
            ClockEventType::Suspended => {
                let Some(window) = event.window else { return };
                let charges = event.charges.iter().copied().collect();
                let fact = SuspensionFact { issuer: issuer.clone(), charges, window };
                self.suspensions.insert(id, fact);
            }
            ClockEventType::EmptyReturned => {
                if let Some(at) = event.at {
                    self.returned.entry(issuer.clone()).or_insert((id, at));
                }
            }
            ClockEventType::Waived => {
                let terms = self.terms.values_mut().find(|fact| Some(fact.head) == event.builds_on);
                if let (Some(terms), Some(days)) = (terms, event.days) {
                    terms.waived.insert(id, days);
                }
            }
        }
    }
}
