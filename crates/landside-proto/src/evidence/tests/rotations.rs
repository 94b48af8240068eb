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
