//! What documents name by its hash: raw interchanges and photographs.

use std::collections::BTreeMap;

use super::super::CaseEvidence;
use super::super::layout::{Layout, Part, Place};
use super::super::report::{FindingCode, Report, Step};
use crate::document::Document;
use crate::ids::Hash32;

/// Every hash that documents name, with the first place that names it.
type Named = BTreeMap<Hash32, Place>;

pub(super) fn check(case: &CaseEvidence, layout: &Layout, report: &mut Report) {
    // A document that does not open names nothing, and what it named is not to blame.
    let whole = !report.broken_in(Part::Document);
    let interchanges = named(&report.steps, interchanges_of);
    let codes = [FindingCode::InterchangeUnneeded, FindingCode::InterchangeMissing];
    let found = compare(
        Part::Interchange,
        &case.interchanges,
        &interchanges,
        (codes, whole),
        layout,
        report,
    );
    let photos = named(&report.steps, photos_of);
    let codes = [FindingCode::PhotoUnneeded, FindingCode::PhotoMissing];
    let shown = compare(Part::Photo, &case.photos, &photos, (codes, whole), layout, report);
    report.attached = (found, shown);
}

fn named(steps: &[Step], hashes: fn(&Document) -> Vec<Hash32>) -> Named {
    let mut named = Named::new();
    for step in steps {
        let document = step.signed.as_ref().map(crate::envelope::Signed::document);
        for hash in document.map(hashes).unwrap_or_default() {
            named.entry(hash).or_insert_with(|| step.place.clone());
        }
    }
    named
}

fn interchanges_of(document: &Document) -> Vec<Hash32> {
    let source = match document {
        Document::ReleaseOrder(d) => d.source.as_ref(),
        Document::ReleaseChange(d) => d.source.as_ref(),
        _ => None,
    };
    source.map(|source| source.interchange).into_iter().collect()
}

fn photos_of(document: &Document) -> Vec<Hash32> {
    match document {
        Document::InterchangeReceipt(d) => d.photos.clone(),
        _ => Vec::new(),
    }
}

/// How many of the blobs are named; each other one, and each name without one, is noted.
fn compare(
    part: Part,
    blobs: &[Vec<u8>],
    named: &Named,
    ([unneeded, missing], whole): ([FindingCode; 2], bool),
    layout: &Layout,
    report: &mut Report,
) -> usize {
    let mut absent = named.clone();
    let mut found = 0;
    for (index, bytes) in blobs.iter().enumerate() {
        let hash = Hash32::of(bytes);
        if absent.remove(&hash).is_some() {
            found += 1;
        } else if whole {
            let word = part.as_str();
            let text = format!("the {word} has SHA-256 {hash}, which no document names");
            report.find(unneeded, &layout.nth(part, index), text);
        }
    }
    for (hash, place) in absent {
        let text = format!("the {} with SHA-256 {hash} is not in the file", part.as_str());
        report.find(missing, &place, text);
    }
    found
}
