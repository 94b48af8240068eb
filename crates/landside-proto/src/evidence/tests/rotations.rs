//! Keys that a party vouched for itself: the file carries the rotation, or it cannot be believed.

use super::*;
use crate::document::DirectoryEdition;
use crate::key::Signer;
use crate::world::{DAY, HOUR};

const NEW: &str = "line new key";

/// Signed with a key of another name than the party's, opened and registered.
fn say(world: &mut World, document: impl Into<Document>, name: &str) {
    world.now = world.now.plus(MINUTE);
    let signed = envelope::seal(document.into(), actor(LINE), world.now, &key(name)).unwrap();
    let opened = envelope::open(signed.shared_bytes(), &world.authorities, world.now).unwrap();
    world.deliver(opened).unwrap();
}

fn rotate(world: &World, old: &str, new: &str) -> Signed<Document> {
    let new = key(new);
    let pair: (Option<&dyn Signer>, Option<&dyn Signer>) = (Some(&new), None);
    crate::rotation::sign(party(LINE), START.plus(DAY), world.now, &key(old), pair).unwrap()
}

/// A case that the line began with a key of its own making.
fn rotated() -> World {
    let mut world = World::new();
    let rotation = rotate(&world, LINE, NEW);
    say(&mut world, rotation.document().clone(), LINE);
    say(&mut world, release(FORWARDER), NEW);
    world.register(arrival(), TERMINAL).unwrap();
    world
}

fn rotated_case() -> CaseEvidence {
    CaseEvidence {
        interchanges: Vec::new(),
        photos: Vec::new(),
        editions: editions()[..1].to_vec(),
        ..case_of(&rotated().log)
    }
}

/// The case with a second edition, later than it, in which the line's entry has these changes.
fn with_second(change: impl FnOnce(&mut DirectoryEdition)) -> CaseEvidence {
    let first = edition(1, None);
    let mut second = edition(2, Some(edition_id(&first).unwrap()));
    second.valid_from = START.plus(DAY);
    change(&mut second);
    let signers = ["authority-1", "authority-3"];
    let editions = vec![bundle(&first, &signers), bundle(&second, &signers)];
    CaseEvidence { editions, ..rotated_case() }
}

fn line(edition: &mut DirectoryEdition) -> &mut crate::document::PartyEntry {
    edition.parties.iter_mut().find(|p| p.id == party(LINE)).unwrap()
}

#[test]
fn a_rotated_key_is_proven_with_its_rotation_and_says_which_key_vouched_and_when() {
    let report = checked(rotated_case());
    assert_eq!(report.findings, []);
    assert_eq!(report.verdict, Verdict::Proven);
    let rotated = report.steps[0].signer.as_ref().unwrap().rotated.unwrap();
    assert_eq!(rotated.by, key(LINE).public_key().id());
    assert_eq!(rotated.at, report.credentials[0].position.at);
    assert_eq!(report.steps[1].signer.as_ref().unwrap().rotated, None);
}

#[test]
fn a_file_without_the_rotation_cannot_be_believed() {
    let report = checked(CaseEvidence { credentials: Vec::new(), ..rotated_case() });
    let (place, text) = told(&report, FindingCode::DocumentRefused);
    assert!(place.starts_with("document 1 of 2"), "{place}");
    assert!(text.starts_with("key-unknown"), "{text}");
    assert_eq!(report.verdict, Verdict::Broken);
}

#[test]
fn a_rotation_registered_after_what_its_key_signed_does_not_help() {
    let mut case = rotated_case();
    let (rotation, release) = (case.credentials[0].position, case.documents[0].position);
    case.credentials[0].position.at = release.at.plus(MINUTE);
    case.credentials[0].position.log = case.documents[1].position.log + 1;
    assert_ne!(case.credentials[0].position, rotation);
    let report = checked(case);
    assert!(report.is_broken(), "{:?}", codes(&report));
    assert!(codes(&report).contains(&"proof-fails"), "{:?}", codes(&report));
    let (_, text) = told(&report, FindingCode::SignerNotInForce);
    assert!(text.starts_with("key-unknown"), "{text}");
}

#[test]
fn a_later_edition_that_revokes_the_old_key_from_before_is_held_against_all_it_vouched_for() {
    let report = checked(with_second(|second| {
        line(second).signing_keys[0].until = Some(START);
    }));
    let places: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.code == FindingCode::KeyRevoked)
        .map(|finding| finding.place.part)
        .collect();
    assert_eq!(places, [Part::Credential, Part::Document], "{:?}", codes(&report));
    assert!(!report.is_broken());
}

#[test]
fn a_later_edition_that_ends_the_old_key_after_the_case_says_nothing_against_it() {
    let report = checked(with_second(|second| {
        line(second).signing_keys[0].until = Some(START.plus(HOUR));
    }));
    assert_eq!(report.verdict, Verdict::Proven, "{:?}", report.findings);
}

#[test]
fn a_second_successor_of_one_key_is_one_that_the_terminal_had_to_refuse() {
    let mut world = rotated();
    let second = rotate(&world, LINE, "another");
    let position = Position { log: world.log.len() as u64, at: world.now, case: None };
    world.log.push((second, position));
    let report = checked(CaseEvidence {
        interchanges: Vec::new(),
        photos: Vec::new(),
        editions: editions()[..1].to_vec(),
        ..case_of(&world.log)
    });
    let (place, text) = told(&report, FindingCode::RuleBroken);
    assert!(place.starts_with("credential 2 of 2 (key-rotation)"), "{place}");
    assert!(text.contains("key-rotated"), "{text}");
}

#[test]
fn a_foreign_keys_rotation_is_no_credential() {
    let mut world = rotated();
    let foreign = rotate(&world, "a key nobody lists", "another");
    let position = Position { log: world.log.len() as u64, at: world.now, case: None };
    world.log.push((foreign, position));
    let report = checked(CaseEvidence {
        interchanges: Vec::new(),
        photos: Vec::new(),
        editions: editions()[..1].to_vec(),
        ..case_of(&world.log)
    });
    let (place, text) = told(&report, FindingCode::DocumentRefused);
    assert!(place.starts_with("credential 2 of 2"), "{place}");
    assert!(text.starts_with("key-unknown"), "{text}");
}

/// The second edition takes the new key over as the authority does it: from the rotation's signing on.
fn takes_over(edition: &mut DirectoryEdition, log: &[Logged]) {
    let (rotation, _) = &log[0];
    let Document::KeyRotation(said) = rotation.document() else { panic!("a rotation") };
    crate::rotation::apply(said, rotation.issued_at(), line(edition)).unwrap();
}

#[test]
fn a_rotation_left_out_accuses_nobody_when_an_edition_has_taken_the_key_over() {
    let log = rotated().log;
    let mut case = with_second(|second| takes_over(second, &log));
    assert_eq!(codes(&checked(case.clone())), Vec::<&str>::new());
    case.credentials.clear();
    let report = checked(case.clone());
    assert_eq!((report.verdict, codes(&report)), (Verdict::Proven, vec![]));
    let signer = report.steps[0].signer.as_ref().unwrap();
    assert_eq!((signer.edition, signer.rotated), (2, None));
    // The edition that the reader brings says the same.
    let second = case.editions.pop().unwrap();
    assert!(checked(case.clone()).is_broken());
    let ids = [crate::directory::peek_bundle(&second).unwrap().1];
    let editions = [second];
    let trust = Trust { ids: &ids, editions: &editions, ..Trust::default() };
    let report = verify_by(&file(case), &trust);
    assert_eq!((report.verdict, codes(&report)), (Verdict::Proven, vec![]));
}

/// Editions of which the second lists a key of the line only from itself on.
fn lists_late(key_name: &'static str) -> CaseEvidence {
    with_second(|second| {
        let from = second.valid_from;
        let key = key(key_name).public_key();
        line(second).signing_keys.push(crate::document::KeyEntry { key, from, until: None });
    })
}

#[test]
fn a_rotation_left_out_of_a_key_listed_later_makes_the_file_incomplete_and_accuses_nobody() {
    let mut case = lists_late(NEW);
    assert_eq!(codes(&checked(case.clone())), Vec::<&str>::new());
    case.credentials.clear();
    let report = checked(case);
    assert_eq!((report.verdict, codes(&report)), (Verdict::Incomplete, vec!["key-not-shown"]));
    assert!(report.is_unjudged() && !report.is_broken() && !report.is_sound());
    assert!(report.findings.iter().all(|finding| finding.severity() != Severity::Finding));
    let (place, text) = told(&report, FindingCode::KeyNotShown);
    assert!(place.starts_with("document 1 of 2 (release-order)"), "{place}");
    assert!(text.contains("a rotation that is not in it"), "{text}");
}

#[test]
fn a_chain_of_rotations_without_its_first_one_accuses_nobody_either() {
    let mut world = World::new();
    for (old, new) in [(LINE, NEW), (NEW, "line newer key")] {
        let rotation = rotate(&world, old, new);
        say(&mut world, rotation.document().clone(), old);
    }
    say(&mut world, release(FORWARDER), "line newer key");
    world.register(arrival(), TERMINAL).unwrap();
    let of_log = |editions: Vec<Vec<u8>>| CaseEvidence {
        interchanges: Vec::new(),
        photos: Vec::new(),
        editions,
        ..case_of(&world.log)
    };
    let taken_over = with_second(|second| takes_over(second, &world.log)).editions;
    for (editions, found) in
        [(taken_over, vec![]), (lists_late(NEW).editions, vec!["key-not-shown"])]
    {
        let mut case = of_log(editions);
        assert_eq!(codes(&checked(case.clone())), Vec::<&str>::new());
        case.credentials.remove(0);
        assert_eq!(codes(&checked(case)), found);
    }
}

/// The case under a head that the line witnessed with its new key, with or without its rotation.
fn witnessed_anew(mut case: CaseEvidence) -> CaseEvidence {
    let log = rotated().log;
    let at = log.last().unwrap().1.at.plus(MINUTE);
    let customs = witnessed(&head(&log), &[CUSTOMS], at);
    let line = customs.cosign(&name(LINE), at, &key(NEW)).unwrap();
    case.head = Some(customs.add_cosignature(&line).unwrap().bytes().to_vec());
    case
}

#[test]
fn a_witness_whose_rotation_is_not_in_the_file_counts_by_the_edition_that_took_it_over_or_not_at_all()
 {
    let counted = |case: &CaseEvidence| {
        let report = checked(case.clone());
        (report.witnesses().len(), codes(&report))
    };
    let log = rotated().log;
    let shown = witnessed_anew(rotated_case());
    assert_eq!(counted(&shown), (2, vec![]));
    let mut late = witnessed_anew(lists_late(NEW));
    late.credentials.clear();
    let (count, found) = counted(&late);
    assert_eq!((count, found), (1, vec!["key-not-shown", "witness-not-shown"]));
    let mut over = witnessed_anew(with_second(|second| takes_over(second, &log)));
    over.credentials.clear();
    assert_eq!(counted(&over), (2, vec![]));
}

#[test]
fn a_witness_that_signs_before_its_key_is_listed_is_one_who_did_wrong_when_nothing_is_left_out() {
    // The key is in the edition of that time, with a later begin: no rotation can bring it.
    let mut case = rotated_case();
    let mut first = edition(1, None);
    let from = START.plus(DAY);
    let next =
        crate::document::KeyEntry { key: key("customs next").public_key(), from, until: None };
    let customs = first.parties.iter_mut().find(|p| p.id == party(CUSTOMS)).unwrap();
    customs.signing_keys.push(next);
    case.editions = vec![bundle(&first, &["authority-1", "authority-2"])];
    let log = rotated().log;
    let at = log.last().unwrap().1.at.plus(MINUTE);
    let early = head(&log).cosign(&name(CUSTOMS), at, &key("customs next")).unwrap();
    case.head = Some(head(&log).add_cosignature(&early).unwrap().bytes().to_vec());
    let report = verify(&file(case), None);
    assert_eq!(codes(&report)[0], "witness-not-in-force");
}

#[test]
fn a_line_of_a_listed_witness_with_a_key_that_nothing_shows_is_told_as_what_it_is() {
    let log = rotated().log;
    let at = log.last().unwrap().1.at;
    let strange = head(&log).cosign(&name(CUSTOMS), at, &key("nobody knows it")).unwrap();
    let nobody = head(&log).cosign(&name("nobody"), at, &key("nobody knows it")).unwrap();
    for (line, whose) in
        [(strange, "which the directory lists"), (nobody, "which no edition lists")]
    {
        let mut case = rotated_case();
        case.head = Some(head(&log).add_cosignature(&line).unwrap().bytes().to_vec());
        let (_, text) = told(&checked(case), FindingCode::LineUnknown);
        assert!(text.contains(whose), "{text}");
    }
}
