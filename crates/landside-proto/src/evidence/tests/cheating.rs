//! Terminals that rewrite what was: each way is found by the check that is there for it.

use super::*;
use crate::case::is_of_a_part;
use crate::document::{CasePlace, Limits, PassRight};
use crate::world::{SUB_HAULIER, revoke};

/// A case in which the right was taken back and given to another haulier.
fn taken_back() -> World {
    let mut world = World::green();
    let hop = world.register(pass_to(HAULIER, world.right()), FORWARDER).unwrap();
    world.register(revoke(hop), FORWARDER).unwrap();
    world.register(pass_to(SUB_HAULIER, world.right()), FORWARDER).unwrap();
    world
}

fn evidence(log: &[Logged]) -> CaseEvidence {
    let mut case = case_of(log);
    (case.interchanges, case.photos) = (Vec::new(), Vec::new());
    case
}

/// The log as a terminal writes it anew: places and indexes count up again.
fn written_anew(log: Vec<Signed<Document>>, times: &[UnixMillis], code: CaseCode) -> Vec<Logged> {
    let numbered = log.into_iter().zip(times).enumerate();
    numbered
        .map(|(at, (signed, time))| {
            let place = CasePlace { code, place: u32::try_from(at).unwrap() };
            (signed, Position { log: at as u64, at: *time, case: Some(place) })
        })
        .collect()
}

/// Documents, times and code of a log.
fn apart(log: &[Logged]) -> (Vec<Signed<Document>>, Vec<UnixMillis>, CaseCode) {
    let documents = log.iter().map(|(signed, _)| signed.clone()).collect();
    let times = log.iter().map(|(_, position)| position.at).collect();
    (documents, times, log[0].1.case.unwrap().code)
}

#[test]
fn the_honest_case_is_proven() {
    let report = checked(evidence(&taken_back().log));
    assert_eq!((report.verdict, report.findings.len()), (Verdict::Proven, 0));
    assert_eq!(report.case.unwrap().holder().unwrap().holder, party(SUB_HAULIER));
}

#[test]
fn a_revoke_left_out_in_the_middle_leaves_a_hole() {
    let log = taken_back().log;
    let mut case = evidence(&log);
    case.documents.remove(4);
    case.receipts.clear();
    let report = checked(case);
    assert_eq!(codes(&report), ["place-missing", "not-judged"]);
    let (place, text) = told(&report, FindingCode::PlaceMissing);
    assert!(place.starts_with("document 5 of 5"), "{place}");
    assert_eq!(text, "place 4 of the case is missing before this document (counted from 0)");
}

/// What a haulier has: moves of the right, with a hole before.
fn part() -> CaseEvidence {
    let mut case = evidence(&taken_back().log);
    case.documents.retain(|registered| {
        let claimed = reopen(registered.envelope.as_slice()).unwrap();
        is_of_a_part(claimed.document().kind())
    });
    case.receipts.clear();
    case
}

#[test]
fn a_whole_case_cut_at_its_begin_is_no_part() {
    let mut cut = evidence(&taken_back().log);
    cut.documents.remove(0);
    cut.receipts.clear();
    let report = checked(cut);
    assert_eq!(report.verdict, Verdict::Broken);
    assert_eq!(codes(&report)[0], "place-missing", "customs gives no haulier its word");
}

#[test]
fn a_part_of_a_case_stands_by_its_documents_and_is_called_a_part() {
    let report = checked(part());
    assert_eq!((report.verdict, codes(&report)), (Verdict::Part, vec!["part-of-case"]));
    assert!(report.is_sound() && report.steps.iter().all(|step| step.proven));
    assert!(report.case.unwrap().part);
}

#[test]
fn a_part_with_a_changed_moved_or_foreign_document_is_broken() {
    let mut changed = part();
    let at = changed.documents[1].envelope.len() - 1;
    changed.documents[1].envelope[at] ^= 1;
    let mut moved = part();
    moved.documents[2].position.log += 1;
    let mut unproven = part();
    for document in &mut unproven.documents {
        document.proof = None;
    }
    let mut elsewhere = part();
    elsewhere.documents[0].position.case.as_mut().unwrap().code = CaseCode::from_seed(&[9; 32]);
    for (what, case) in
        [("changed", changed), ("moved", moved), ("unproven", unproven), ("elsewhere", elsewhere)]
    {
        let report = checked(case);
        assert_eq!(report.verdict, Verdict::Broken, "{what}: {:?}", codes(&report));
        assert!(report.case.is_none(), "{what}");
    }
}

#[test]
fn a_part_with_fewer_witnesses_than_asked_for_says_so_first() {
    let bytes = write(&Evidence::Case(part()));
    let ids = [founding_id()];
    let trust = Trust { ids: &ids, editions: &[], witnesses: 30 };
    assert_eq!(verify_by(&bytes, &trust).verdict, Verdict::TooFewWitnesses);
}

#[test]
fn a_hole_closed_by_counting_anew_does_not_fit_the_witnessed_head() {
    let log = taken_back().log;
    let honest = evidence(&log);
    let (mut documents, mut times, code) = apart(&log);
    documents.remove(4);
    times.remove(4);
    let shorter = written_anew(documents, &times, code);
    let mut case = evidence(&shorter);
    case.receipts.clear();
    case.head = honest.head;
    let found = codes(&checked(case));
    assert_eq!(found[0], "proof-fails");
}

#[test]
fn a_log_written_anew_has_no_witness_and_contradicts_receipts() {
    let log = taken_back().log;
    let honest = evidence(&log);
    let (mut documents, mut times, code) = apart(&log);
    documents.remove(4);
    times.remove(4);
    let shorter = written_anew(documents, &times, code);
    let mut case = evidence(&shorter);
    case.head = Some(head(&shorter).bytes().to_vec());
    case.receipts.clear();
    // The terminal alone: it is told that nobody else has seen this history, and the last hop builds
    // on a revoke that is not there.
    let alone = checked(case.clone());
    assert_eq!(
        (alone.verdict, codes(&alone)),
        (Verdict::Unwitnessed, vec!["rule-broken", "unwitnessed"])
    );
    // The receipt that the forwarder has kept.
    case.receipts = honest.receipts;
    let report = checked(case);
    assert!(codes(&report).contains(&"terminal-contradicts"));
    let revoke = log[4].0.id().to_string();
    let about = report.findings.iter().find(|finding| finding.text.contains(&revoke)).unwrap();
    assert_eq!(about.place.number, Some((5, 5)));
    assert!(!report.is_sound() && !report.is_broken());
}

#[test]
fn a_cosignature_does_not_move_to_another_head() {
    let log = taken_back().log;
    let honest = String::from_utf8(evidence(&log).head.unwrap()).unwrap();
    let mut case = evidence(&log[..5]);
    let forged = String::from_utf8(head(&log[..5]).bytes().to_vec()).unwrap();
    let lines: Vec<_> = honest.lines().filter(|line| line.contains("/customs ")).collect();
    case.head = Some(format!("{forged}{}\n", lines[0]).into_bytes());
    assert_eq!(codes(&checked(case)), ["cosignature-bad"]);
}

#[test]
fn a_rewritten_document_is_found_by_signature_proof_and_receipt() {
    let log = taken_back().log;
    let mut case = evidence(&log);
    // The terminal signs a pass of the right in the forwarder's name.
    let to = PassRight {
        visit: visit(),
        builds_on: log[0].0.id(),
        to: party(SUB_HAULIER),
        limits: Limits::default(),
    };
    let at = log[3].1.at;
    let forged = envelope::seal(to.into(), actor(FORWARDER), at, &key(TERMINAL)).unwrap();
    case.documents[3].envelope = forged.bytes().to_vec();
    let report = checked(case);
    assert_eq!(
        codes(&report),
        ["document-refused", "proof-fails", "receipt-differs", "not-judged"]
    );
    for finding in &report.findings {
        assert_eq!(finding.place.number, Some((4, 6)), "{finding:?}");
    }
}

#[test]
fn documents_in_another_order_break_the_rules_and_the_receipts() {
    let log = taken_back().log;
    let honest = evidence(&log);
    let (mut documents, times, code) = apart(&log);
    documents.swap(3, 4);
    let other = written_anew(documents, &times, code);
    let mut case = evidence(&other);
    case.receipts = honest.receipts;
    let report = checked(case);
    let found = codes(&report);
    assert!(found.contains(&"rule-broken") && found.contains(&"terminal-contradicts"), "{found:?}");
    let (place, text) = told(&report, FindingCode::RuleBroken);
    assert!(place.starts_with("document 4 of 6 (revoke-right)"), "{place}");
    assert!(text.contains("parent-unknown"), "{text}");
}

#[test]
fn a_backdated_registration_is_found() {
    let log = taken_back().log;
    // The time in the file alone does not fit the log.
    let mut case = evidence(&log);
    case.documents[4].position.at = START;
    let found = codes(&checked(case));
    assert!(found.contains(&"proof-fails") && found.contains(&"receipt-differs"), "{found:?}");
    // A log written so from the start has a clock that goes backwards.
    let (documents, mut times, code) = apart(&log);
    times[4] = UnixMillis::from_millis(START.as_millis() - 3_600_000);
    let report = checked(evidence(&written_anew(documents, &times, code)));
    assert_eq!(codes(&report), ["issued-after-registration", "time-falls"]);
    let (place, _) = told(&report, FindingCode::TimeFalls);
    assert!(place.starts_with("document 5 of 6 (revoke-right)"), "{place}");
}

#[test]
fn a_registration_after_the_witness_saw_the_head_is_found() {
    let log = taken_back().log;
    let mut case = evidence(&log);
    let early = UnixMillis::from_millis(log[0].1.at.as_millis() - 3_600_000);
    case.head = Some(witnessed(&head(&log), &[CUSTOMS], early).bytes().to_vec());
    let report = checked(case);
    assert_eq!(codes(&report), ["witnessed-before"]);
}

#[test]
fn what_the_rules_forbid_is_a_finding_and_the_case_is_shown_all_the_same() {
    let mut world = World::green();
    // Registered without asking the rules: a pass of the right by who does not hold it.
    let stolen = pass_to(SUB_HAULIER, world.right());
    let signed = world.signed(stolen, HAULIER).unwrap();
    let mut log = world.log.clone();
    let code = world.case().code;
    let place = CasePlace { code, place: 3 };
    log.push((signed, Position { log: 3, at: world.now, case: Some(place) }));
    let report = checked(evidence(&log));
    assert_eq!((report.verdict, codes(&report)), (Verdict::Proven, vec!["rule-broken"]));
    assert!(told(&report, FindingCode::RuleBroken).1.contains("not-holder"));
    assert_eq!(report.case.unwrap().holder().unwrap().holder, party(SUB_HAULIER));
}

#[test]
fn a_gate_decision_that_rests_on_nothing_is_found() {
    let mut world = World::with_pass();
    world.now = START.plus(60 * MINUTE);
    let mut decision = world.verdict_on_driver();
    let nowhere = DocId::from_bytes([9; 32]);
    decision.relied_on.push(crate::document::Relied { document: nowhere, age_s: 1 });
    world.register(decision, TERMINAL).unwrap();
    let mut case = evidence(&world.log);
    case.editions.truncate(1);
    assert_eq!(codes(&checked(case)), ["relied-on-missing"]);
}

#[test]
fn a_document_of_another_container_or_case_is_found() {
    let mut world = World::green();
    let visit = crate::world::visit_of("CSQU3054383");
    let other = ReleaseOrder { visit, ..release(FORWARDER) };
    world.register(other, LINE).unwrap();
    let mut log = world.log.clone();
    log[3].1.case = Some(CasePlace { code: world.case().code, place: 3 });
    let report = checked(evidence(&log));
    assert_eq!(codes(&report), ["not-of-this-case", "not-judged"]);
    assert!(told(&report, FindingCode::NotOfThisCase).1.contains("CSQU3054383"));
}

#[test]
fn one_document_at_two_places_is_found() {
    let world = World::green();
    let mut log = world.log.clone();
    let (signed, mut position) = log[1].clone();
    position.case = Some(CasePlace { code: world.case().code, place: 3 });
    (position.log, position.at) = (3, world.now);
    log.push((signed, position));
    let mut case = evidence(&log);
    case.receipts.clear();
    let report = checked(case);
    assert_eq!(codes(&report), ["document-twice", "rule-broken"]);
}
