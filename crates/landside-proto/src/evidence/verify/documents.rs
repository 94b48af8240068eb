//! The documents of a case: opened, placed, proven, and judged again as on the day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::layout::{Layout, Part, Place};
use super::super::report::{BuildsOn, FindingCode, Report, Step};
use super::super::{CaseEvidence, Registered};
use super::editions::{Editions, Opened};
use super::head::Head;
use super::receipts::Receipts;
use crate::case::{Case, Context, Target, judge};
use crate::directory::{Authorities, Drivers};
use crate::document::{CasePlace, Document, GateDecision, Kind, Position, Role};
use crate::envelope::{self, Signed};
use crate::ids::{DocId, Hash32};
use crate::log::Entry;
use crate::merkle::verify_inclusion;
use crate::refusal::{Code, Refusal};
use crate::sealed::Disclosure;

/// Goes through credentials and documents in log order, and leaves their steps in the report.
pub(super) fn check(
    case: &CaseEvidence,
    layout: &Layout,
    editions: &Editions,
    (head, receipts): (Option<&Head>, &Receipts),
    refused: &[(usize, Refusal)],
    report: &mut Report,
) {
    let part = case.is_part();
    let mut walk = Walk {
        case,
        part,
        layout,
        editions,
        head,
        receipts,
        report,
        drivers: Arc::default(),
        folded: Case::empty(case.visit.clone(), case.code),
        judging: !part,
        numbers: BTreeMap::new(),
        last: None,
    };
    walk.ids();
    for (index, refusal) in refused {
        let mut place = layout.nth(Part::Credential, *index);
        place.kind = Some(Kind::KeyRotation);
        let text = format!("the terminal had to refuse it: {refusal}");
        walk.report.find(FindingCode::RuleBroken, &place, text);
    }
    let mut credentials = case.credentials.iter().enumerate().peekable();
    for (index, document) in case.documents.iter().enumerate() {
        let earlier = |(_, c): &(usize, &Registered)| c.position.log < document.position.log;
        while let Some((index, credential)) = credentials.next_if(earlier) {
            walk.credential(index, credential);
        }
        walk.document(index, document);
    }
    for (index, credential) in credentials {
        walk.credential(index, credential);
    }
    let whole = walk.judging || (part && !walk.report.is_broken());
    walk.report.case = Some(walk.folded).filter(|_| whole);
}

struct Walk<'a> {
    case: &'a CaseEvidence,
    layout: &'a Layout,
    editions: &'a Editions,
    head: Option<&'a Head>,
    receipts: &'a Receipts,
    report: &'a mut Report,
    /// Who vouches for whom by now.
    drivers: Arc<Drivers>,
    folded: Case,
    /// Whether it is a part: the rules of a case ask for the whole.
    part: bool,
    /// Until something is broken: what follows would be judged against a hole.
    judging: bool,
    /// Which document of the file each is, counted from 1.
    numbers: BTreeMap<DocId, usize>,
    /// Position of the entry before.
    last: Option<Position>,
}

impl Walk<'_> {
    /// Notes where each document stands, and what stands twice or nowhere.
    fn ids(&mut self) {
        let mut expected = 0;
        let mut seen = BTreeSet::new();
        for (index, document) in self.case.documents.iter().enumerate() {
            let place = self.layout.nth(Part::Document, index);
            let id = envelope::claimed_id(&document.envelope);
            let Some(CasePlace { place: number, .. }) = document.position.case else { continue };
            if number > expected && !self.part {
                let missing = match number - expected {
                    1 => format!(
                        "place {expected} of the case is missing before this document (counted from 0)"
                    ),
                    _ => format!(
                        "places {expected} to {} of the case are missing before this document (counted from 0)",
                        number - 1
                    ),
                };
                self.report.find(FindingCode::PlaceMissing, &place, missing);
            }
            expected = number.saturating_add(1);
            if !seen.insert(id) {
                let text = "the document is in the case twice";
                self.report.find(FindingCode::DocumentTwice, &place, text);
            }
            self.numbers.entry(id).or_insert(index + 1);
        }
    }

    fn credential(&mut self, index: usize, credential: &Registered) {
        let mut place = self.layout.nth(Part::Credential, index);
        let opened = self.opened(&mut place, credential);
        if let Some(Opened { signed, .. }) = &opened {
            let kind = signed.document().kind();
            if kind.is_of_no_case() && credential.position.case.is_none() {
                // Rotations count already: heads and receipts are judged by them too.
                Arc::make_mut(&mut self.drivers).apply(signed);
            } else {
                let text = format!("{} at a position of a credential", kind.as_str());
                self.report.find(FindingCode::NotOfThisCase, &place, text);
            }
        }
        let step = self.step(place, credential, opened);
        self.report.credentials.push(step);
    }

    fn document(&mut self, index: usize, document: &Registered) {
        let mut place = self.layout.nth(Part::Document, index);
        let was_judging = self.judging;
        self.judging &= !self.broken_at(&place);
        let opened = self.opened(&mut place, document);
        if let Some(Opened { signed, .. }) = &opened {
            self.belongs(&place, signed, document.position);
            self.overriding(&place, signed);
            self.agent(&place, signed);
        }
        match &opened {
            Some(Opened { signed, .. }) if self.judging && !self.broken_at(&place) => {
                self.judge(&place, signed, document.position);
                self.folded.apply(signed, document.position);
            }
            Some(Opened { signed, .. }) if self.part => {
                self.folded.apply(signed, document.position);
            }
            _ => self.judging = false,
        }
        if was_judging && !self.judging {
            let text = "the rules of a case were not applied from here on";
            self.report.find(FindingCode::NotJudged, &place, text);
        }
        let step = self.step(place, document, opened);
        self.report.steps.push(step);
    }

    /// Opens the envelope, and holds its position against the one before.
    fn opened(&mut self, place: &mut Place, registered: &Registered) -> Option<Opened> {
        let Position { log, at, .. } = registered.position;
        let claimed = envelope::reopen(registered.envelope.as_slice());
        place.kind = claimed.as_ref().ok().map(|claimed| claimed.document().kind());
        if let Some(last) = self.last {
            if log <= last.log {
                let text = format!("log index {log} comes after {} in the case", last.log);
                self.report.find(FindingCode::LogOrder, place, text);
            }
            if at < last.at {
                let text = format!("registered at {at}, the entry before at {}", last.at);
                self.report.find(FindingCode::TimeFalls, place, text);
            }
        }
        self.last = Some(registered.position);
        if self.editions.begin_after(at) {
            let text = format!("registered at {at}, before the first edition of the file");
            self.report.find(FindingCode::BeforeDirectory, place, text);
        }
        match self.editions.open(&registered.envelope, at, &self.drivers) {
            Ok(opened) => {
                for (code, text) in &opened.issues {
                    self.report.find(*code, place, text);
                }
                Some(opened)
            }
            Err(refusal) => {
                self.report.find(FindingCode::DocumentRefused, place, refusal.to_string());
                None
            }
        }
    }

    /// Whether the document is of this case, and its registrar a terminal.
    fn belongs(&mut self, place: &Place, signed: &Signed<Document>, position: Position) {
        let (visit, kind) = (&self.case.visit, signed.document().kind());
        let wrong = match (signed.document().visit(), position.case) {
            (Some(said), _) if said != visit => {
                format!("it speaks of {} at {}", said.container, said.terminal)
            }
            (Some(_), Some(case)) if case.code != self.case.code => {
                format!("its position is in case {}", case.code)
            }
            (Some(_), Some(_)) => String::new(),
            _ => format!("{} has no place in a case", kind.as_str()),
        };
        if !wrong.is_empty() {
            self.report.find(FindingCode::NotOfThisCase, place, wrong);
        }
        let registrar = self.editions.at(position.at).and_then(|d| d.party(&visit.terminal));
        if !registrar.is_some_and(|party| party.roles.contains(&Role::Terminal)) {
            let text = format!("{} was no terminal at {}", visit.terminal, position.at);
            self.report.find(FindingCode::NotATerminal, place, text);
        }
    }

    /// Whoever reads the file is to see who let the container pass, and why: no rule is broken by it.
    fn overriding(&mut self, place: &Place, signed: &Signed<Document>) {
        let Document::Override(said) = signed.document() else { return };
        let light = said.light.as_str();
        let what = match said.valid_until {
            Some(until) => format!("passes over the {light} light until {until}"),
            None => format!("no longer passes over the {light} light"),
        };
        let agreed = said.approved_by.as_ref().map(|two| format!(", {} agreed", two.agreed));
        let agreed = agreed.unwrap_or_default();
        let text = format!("{} {what}{agreed}: {}", said.person, said.reason);
        self.report.find(FindingCode::Overridden, place, text);
    }

    /// Whoever reads the file is not to take the terminal's word for the line's.
    fn agent(&mut self, place: &Place, signed: &Signed<Document>) {
        let document = signed.document();
        let Some((agent, source)) = document.agent().zip(document.source()) else { return };
        let text = format!(
            "{} signed nothing itself: signed by agent {agent} on message {}",
            signed.issuer(),
            source.interchange
        );
        self.report.find(FindingCode::SignedByAgent, place, text);
    }

    /// The registrar's own rules, with what was so on the day.
    fn judge(&mut self, place: &Place, signed: &Signed<Document>, position: Position) {
        let Some(authorities) = self.editions.authorities(position.at, &self.drivers) else {
            return;
        };
        let registrar = &self.case.visit.terminal;
        let ctx = Context { registrar, authorities: &authorities, now: position.at };
        let empty = self.folded.steps.is_empty();
        let target = if empty { Target::None } else { Target::Case(&self.folded) };
        match judge(target, signed, &ctx) {
            Ok(()) => {}
            // Whoever wrote the file may have left the credential out: that accuses nobody.
            Err(refusal) if refusal.code == Code::DriverUnknown => {
                let text = format!("no credential of the file vouches for the driver: {refusal}");
                self.report.find(FindingCode::CredentialMissing, place, text);
            }
            Err(refusal) => {
                let text = format!("the terminal had to refuse it: {refusal}");
                self.report.find(FindingCode::RuleBroken, place, text);
            }
        }
        if let Document::GateDecision(decision) = signed.document() {
            self.decision(place, decision, &authorities);
        }
    }

    /// What the gate says that it knew.
    fn decision(&mut self, place: &Place, decision: &GateDecision, authorities: &Authorities) {
        let unknown = decision.relied_on.iter().filter(|r| self.folded.step(r.document).is_none());
        for relied in unknown {
            let text = format!("it rests on document {}", relied.document);
            self.report.find(FindingCode::ReliedOnMissing, place, text);
        }
        let in_force = authorities.directory.edition().number;
        if decision.directory != in_force {
            let text = format!(
                "the gate went by edition {}, in force was edition {in_force}",
                decision.directory
            );
            self.report.find(FindingCode::DirectoryBehind, place, text);
        }
    }

    /// What shows the position, and everything else that is told of the document.
    fn step(&mut self, place: Place, registered: &Registered, opened: Option<Opened>) -> Step {
        let id = envelope::claimed_id(&registered.envelope);
        let position = registered.position;
        let proven = self.proven(&place, registered);
        let receipts = self.receipts.naming(id, position);
        if !proven && receipts.is_empty() && registered.proof.is_none() {
            let text = "neither a proof nor a receipt shows that the terminal registered it";
            self.report.find(FindingCode::Unproven, &place, text);
        }
        let disclosed = match &opened {
            Some(opened) => self.disclosed(&place, &opened.signed, registered),
            None => Vec::new(),
        };
        let builds_on = opened.as_ref().and_then(|opened| opened.signed.document().builds_on());
        let builds_on = builds_on
            .map(|document| BuildsOn { document, number: self.numbers.get(&document).copied() });
        let at = position.at;
        let signer = opened.as_ref().and_then(|Opened { signed, edition, .. }| {
            self.editions.signer_of(signed, *edition, at, &self.drivers)
        });
        let signed = opened.map(|opened| opened.signed);
        Step { place, id, position, signed, signer, builds_on, proven, receipts, disclosed }
    }

    fn proven(&mut self, place: &Place, registered: &Registered) -> bool {
        let Some(proof) = &registered.proof else { return false };
        // Without a head that opens there is nothing to lead to; the head is named for that.
        let Some(head) = self.head else { return false };
        let checkpoint = head.signed.checkpoint();
        let leaf = Entry::of(Hash32::of(&registered.envelope), &registered.position).leaf();
        let index = registered.position.log;
        match verify_inclusion(&leaf, index, checkpoint.size, proof, &checkpoint.root) {
            Ok(()) => true,
            Err(error) => {
                let text = format!(
                    "the log does not have this document at index {index}, registered at {}: {error}",
                    registered.position.at
                );
                self.report.find(FindingCode::ProofFails, place, text);
                false
            }
        }
    }

    /// The sealed values that are shown to be what the document seals.
    fn disclosed(
        &mut self,
        place: &Place,
        signed: &Signed<Document>,
        registered: &Registered,
    ) -> Vec<Disclosure> {
        Disclosure::open_each(&registered.disclosures, signed).unwrap_or_else(|refusal| {
            self.report.find(FindingCode::DisclosureRefused, place, refusal.to_string());
            Vec::new()
        })
    }

    fn broken_at(&self, place: &Place) -> bool {
        self.report.findings.iter().any(|finding| {
            let same = (finding.place.part, finding.place.number) == (place.part, place.number);
            same && finding.severity() == super::super::report::Severity::Broken
        })
    }
}

#[cfg(test)]
mod tests;
