//! Two heads of one log: whether they can both be true.

use super::super::ForkEvidence;
use super::super::layout::{Layout, Part};
use super::super::report::{FindingCode, Report, Verdict};
use super::editions::Editions;
use super::head;
use crate::checkpoint::{Relation, follow};
use crate::merkle::proves_rewrite;

pub(super) fn check(
    fork: &ForkEvidence,
    layout: &Layout,
    editions: &Editions,
    report: &mut Report,
) {
    let mut heads = Vec::new();
    for (index, note) in fork.heads.iter().enumerate() {
        let place = layout.nth(Part::Head, index);
        heads.extend(head::open(note, &place, &fork.network, &fork.terminal, editions, report));
    }
    let Ok([first, second]) = <[head::Head; 2]>::try_from(heads) else { return };
    let relation = first.signed.relation(&second.signed);
    report.relation = Some(relation);
    let (before, after) = (first.signed.checkpoint(), second.signed.checkpoint());
    let place = layout.nth(Part::Head, 1);
    let terminal = &fork.terminal;
    report.verdict = match (relation, &fork.proof) {
        (Relation::Fork, _) => {
            let text = format!(
                "{terminal} signed two different logs of {} entries: one with root {}, one with \
                 root {}. Each is signed by its key; both cannot be true",
                before.size, before.root, after.root
            );
            report.find(FindingCode::ForkProven, &place, text);
            Verdict::ForkProven
        }
        (Relation::Same, _) => {
            let text = format!("both heads say the same: {} entries, one root", before.size);
            report.find(FindingCode::Consistent, &place, text);
            Verdict::NoFork
        }
        (_, None) => {
            let text = format!(
                "{terminal} signed heads of {} and of {} entries; the file has no proof that the \
                 second continues the first",
                before.size, after.size
            );
            report.find(FindingCode::ConsistencyNotShown, &place, text);
            Verdict::ConsistencyNotShown
        }
        (_, Some(proof)) => match follow(Some(&first.signed), &second.signed, proof) {
            Ok(()) => {
                let text = format!(
                    "the proof leads from the head of {} entries to that of {}: one history",
                    before.size, after.size
                );
                report.find(FindingCode::Consistent, &place, text);
                Verdict::NoFork
            }
            Err(_) if proves_rewrite(before.size, &before.root, after.size, &after.root, proof) => {
                let text = format!(
                    "the proof is of the log of {} entries that {terminal} signed, and that log has \
                     another root at {} entries than the one {terminal} signed. Each head is signed \
                     by its key; both cannot be true",
                    after.size, before.size
                );
                report.find(FindingCode::ForkProven, &layout.the(Part::Proof), text);
                Verdict::ForkProven
            }
            Err(error) => {
                let text = format!(
                    "{terminal} signed heads of {} and of {} entries; the proof in the file does \
                     not lead from one to the other: {error}. That alone does not prove two \
                     histories: whoever gave the proof may have given a wrong one",
                    before.size, after.size
                );
                report.find(FindingCode::ConsistencyNotShown, &layout.the(Part::Proof), text);
                Verdict::ConsistencyNotShown
            }
        },
    };
    report.heads = vec![first.seen, second.seen];
}
