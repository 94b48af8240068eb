//! What the terminal said when it registered: its receipts, held against the positions of the file.

use std::sync::Arc;

use super::super::CaseEvidence;
use super::super::layout::{Layout, Part};
use super::super::report::{FindingCode, Report};
use super::editions::Editions;
use crate::directory::{Actor, Drivers};
use crate::document::{Document, Entry, Kind, Position};
use crate::envelope;
use crate::ids::DocId;

/// The entries with a position of each receipt of the file; empty for one that does not open.
pub(super) struct Receipts(Vec<Vec<Entry>>);

impl Receipts {
    /// Which receipts name this document at this position, counted from 1.
    pub(super) fn naming(&self, id: DocId, position: Position) -> Vec<usize> {
        let names = |e: &Entry| e.document == id && e.position == Some(position);
        let numbered = self.0.iter().zip(1..);
        numbered.filter(|(entries, _)| entries.iter().any(names)).map(|(_, n)| n).collect()
    }
}

/// Opens the receipts. A receipt has no time of registration: its key must be in force when it says
/// that it was signed.
pub(super) fn read(
    case: &CaseEvidence,
    layout: &Layout,
    editions: &Editions,
    report: &mut Report,
) -> Receipts {
    let terminal = Actor::Party(case.visit.terminal.clone());
    let drivers = Arc::new(Drivers::default());
    let mut all = Vec::with_capacity(case.receipts.len());
    for (index, bytes) in case.receipts.iter().enumerate() {
        let place = layout.nth(Part::Receipt, index);
        let opened = envelope::reopen(bytes.as_slice())
            .and_then(|claimed| editions.open_by_own_time(bytes, claimed.issued_at(), &drivers));
        let opened = match opened {
            Ok(opened) => opened,
            Err(refusal) => {
                report.find(FindingCode::ReceiptRefused, &place, refusal.to_string());
                all.push(Vec::new());
                continue;
            }
        };
        for (code, text) in &opened.issues {
            report.find(*code, &place, text);
        }
        let issuer = opened.signed.issuer();
        match opened.signed.document() {
            Document::Receipt(receipt) if *issuer == terminal => {
                all.push(receipt.entries.clone());
            }
            document => {
                let kind = document.kind();
                let what = if kind == Kind::Receipt { "receipt" } else { kind.as_str() };
                let text = format!("a {what} of {issuer}, not a receipt of {terminal}");
                report.find(FindingCode::ReceiptRefused, &place, text);
                all.push(Vec::new());
            }
        }
    }
    Receipts(all)
}

/// Holds every entry against the documents that the file has.
pub(super) fn compare(
    case: &CaseEvidence,
    layout: &Layout,
    receipts: &Receipts,
    report: &mut Report,
) {
    for (index, entries) in receipts.0.iter().enumerate() {
        let mut needed = false;
        for entry in entries {
            let Some(said) = entry.position else { continue };
            needed |= compare_entry(case, layout, index, (entry.document, said), report);
        }
        if !needed && !entries.is_empty() {
            let text = "the receipt names no document of the file";
            report.find(FindingCode::ReceiptUnneeded, &layout.nth(Part::Receipt, index), text);
        }
    }
}

/// Whether an entry speaks of this file.
fn compare_entry(
    case: &CaseEvidence,
    layout: &Layout,
    receipt: usize,
    (document, said): (DocId, Position),
    report: &mut Report,
) -> bool {
    let registered = report.steps.iter().chain(&report.credentials);
    let known: Vec<_> =
        registered.map(|step| (step.id, step.position, step.proven, step.place.clone())).collect();
    let number = receipt + 1;
    let same = known.iter().find(|(id, ..)| *id == document);
    if let Some((_, position, proven, place)) = same {
        if *position != said {
            let text = format!(
                "the terminal's receipt {number} says {}, the file says {}",
                told(said),
                told(*position)
            );
            report.find(contradicts(*proven), place, text);
        }
        return true;
    }
    let takes = |position: &Position| {
        let place = position.case.is_some() && position.case == said.case;
        place || position.log == said.log
    };
    if let Some((_, position, proven, place)) = known.iter().find(|(_, at, ..)| takes(at)) {
        let text = format!(
            "the terminal's receipt {number} gives {} to document {document}, which is another \
             than the one here",
            told(*position)
        );
        report.find(contradicts(*proven), place, text);
        return true;
    }
    if said.case.is_some_and(|said| said.code == case.code) {
        let text = format!("receipt {number} gives {} to document {document}", told(said));
        report.find(FindingCode::DocumentLeftOut, &layout.the(Part::File), text);
        return true;
    }
    false
}

/// A proven position against a signed one: the terminal said both. Else the file may be at fault.
fn contradicts(proven: bool) -> FindingCode {
    if proven { FindingCode::TerminalContradicts } else { FindingCode::ReceiptDiffers }
}

fn told(position: Position) -> String {
    let place = position.case.map(|case| format!("place {} of case {}, ", case.place, case.code));
    format!("{}log index {}, at {}", place.unwrap_or_default(), position.log, position.at)
}
