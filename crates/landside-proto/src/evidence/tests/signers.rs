//! Who was who, when: keys that end, parties that come and go.

use super::*;
use crate::document::DirectoryEdition;
use crate::world::{DAY, HOUR, LINE_2};

/// Edition 1 as it is, and a second one with these changes.
fn with_second(change: impl FnOnce(&mut DirectoryEdition)) -> Vec<Vec<u8>> {
    let first = edition(1, None);
    let mut second = edition(2, Some(edition_id(&first).unwrap()));
    second.valid_from = START.plus(DAY);
    change(&mut second);
    let signers = ["authority-1", "authority-3"];
    vec![bundle(&first, &signers), bundle(&second, &signers)]
}

fn ends(edition: &mut DirectoryEdition, of: &str, until: UnixMillis) {
    let party = edition.parties.iter_mut().find(|p| p.id == party(of)).unwrap();
    party.signing_keys[0].until = Some(until);
}

#[test]
fn a_key_that_a_later_edition_ends_before_the_registration_is_a_finding() {
    let mut case = whole();
    case.editions = with_second(|second| ends(second, HAULIER, START));
    let report = checked(case);
    assert_eq!(codes(&report)[0], "key-revoked");
    let (place, text) = told(&report, FindingCode::KeyRevoked);
    assert!(place.starts_with("credential 1 of 1 (driver-credential)"), "{place}");
    assert!(text.contains("is revoked from 2026-11-23T04:00:00.000Z"), "{text}");
    assert!(!report.is_broken() && report.case.is_some());
}

#[test]
fn a_key_that_ends_after_the_registration_says_nothing_against_it() {
    let mut case = whole();
    case.editions = with_second(|second| ends(second, HAULIER, START.plus(2 * HOUR)));
    let report = checked(case);
    // The gate had installed edition 2 before its time.
    assert_eq!((codes(&report), report.verdict), (vec!["directory-behind"], Verdict::Proven));
}

#[test]
fn a_signer_whom_another_edition_lists_did_wrong_but_forged_nothing() {
    let first = {
        let mut first = edition(1, None);
        first.parties.retain(|p| p.id != party(CUSTOMS));
        first
    };
    let mut second = edition(2, Some(edition_id(&first).unwrap()));
    second.valid_from = START.plus(DAY);
    let signers = ["authority-1", "authority-2"];
    let mut case = whole();
    case.editions = vec![bundle(&first, &signers), bundle(&second, &signers)];
    let report = verify(&file(case), None);
    let (place, text) = told(&report, FindingCode::SignerNotInForce);
    assert!(place.starts_with("document 2 of 12 (customs-status)"), "{place}");
    assert!(text.starts_with("unknown-party"), "{text}");
    assert!(!report.is_broken(), "{:?}", codes(&report));
}

#[test]
fn a_signer_whom_no_edition_lists_cannot_be_believed() {
    let mut first = edition(1, None);
    first.parties.retain(|p| p.id != party(CUSTOMS));
    let mut case = whole();
    case.editions = vec![bundle(&first, &["authority-1", "authority-2"])];
    let report = verify(&file(case), None);
    assert_eq!(
        told(&report, FindingCode::DocumentRefused).0.split(" (").next(),
        Some("document 2 of 12")
    );
    assert_eq!(report.verdict, Verdict::Broken);
    // Its line under the head is one that nobody knows.
    assert!(codes(&report).contains(&"line-unknown"));
}

#[test]
fn editions_that_do_not_follow_one_another_are_refused() {
    let [first, second] = <[Vec<u8>; 2]>::try_from(editions()).unwrap();
    let third = {
        let mut third = edition(3, Some(crate::directory::peek_bundle(&second).unwrap().1));
        third.valid_from = START.plus(DAY);
        bundle(&third, &["authority-1", "authority-2"])
    };
    let unsigned = bundle(&edition(1, None), &["authority-1"]);
    for (bundles, number, code) in [
        (vec![first.clone(), third], 2, "edition-gap"),
        (vec![second.clone(), first.clone()], 2, "edition-rollback"),
        (vec![unsigned], 1, "edition-unsigned"),
        (vec![vec![0x80]], 1, "malformed"),
    ] {
        let mut case = whole();
        case.editions = bundles;
        let report = verify(&file(case), None);
        let (place, text) = told(&report, FindingCode::EditionRefused);
        assert!(place.starts_with(&format!("edition {number} of")), "{place}");
        assert!(text.starts_with(code), "{text}");
        assert_eq!(report.verdict, Verdict::Broken);
    }
}

#[test]
fn another_edition_than_the_trusted_one_proves_nothing() {
    let report = verify(&file(whole()), Some(Hash32::of(b"another")));
    assert_eq!(codes(&report), ["edition-not-joined"]);
    assert_eq!(report.verdict, Verdict::NotJoined);
}

#[test]
fn a_signature_under_an_edition_that_does_not_verify_shows_a_change() {
    // Two of three are enough for a node; the third is broken.
    let mut case = whole();
    let last = case.editions[1].len() - 1;
    case.editions[1][last] ^= 1;
    let report = checked(case);
    assert_eq!(codes(&report), ["edition-signature"]);
    let (place, text) = told(&report, FindingCode::EditionSignature);
    assert!(place.starts_with("edition 2 of 2") && text.starts_with("signature 3"), "{text}");
}

#[test]
fn a_file_of_another_network_is_refused() {
    let mut case = whole();
    case.network = remark("other-port");
    let report = checked(case);
    // Its log would have another name, too.
    assert_eq!(codes(&report)[..2], ["other-network", "head-refused"]);
}

#[test]
fn what_was_registered_before_every_edition_of_the_file_is_noted_and_accuses_nobody() {
    let mut case = whole();
    let mut first = edition(1, None);
    first.valid_from = START.plus(DAY);
    case.editions = vec![bundle(&first, &["authority-1", "authority-2"])];
    let report = verify(&file(case), None);
    assert_eq!(codes(&report), ["compare-edition-id", "before-directory", "directory-behind"]);
}

#[test]
fn a_registrar_that_was_no_terminal_is_a_finding() {
    let mut case = whole();
    let mut first = edition(1, None);
    let terminal = first.parties.iter_mut().find(|p| p.id == party(TERMINAL)).unwrap();
    terminal.roles = vec![crate::document::Role::Line];
    case.editions = vec![bundle(&first, &["authority-1", "authority-2"])];
    let report = verify(&file(case), None);
    assert!(codes(&report).contains(&"not-a-terminal"));
}

#[test]
fn a_head_or_receipt_of_somebody_else_is_refused() {
    let log = left().log;
    let mut case = whole();
    let forged =
        Checkpoint::of(name(TERMINAL), &Tiled::of(&log).frontier).sign(&key(LINE_2)).unwrap();
    case.head = Some(forged.bytes().to_vec());
    assert_eq!(codes(&checked(case))[0], "head-refused");

    let mut case = whole();
    let entries = vec![Entry {
        document: log[0].0.id(),
        outcome: Outcome::Accepted,
        position: Some(log[0].1),
        refused: None,
    }];
    let receipt = Receipt { to: actor(LINE), entries };
    let receipt = envelope::seal(receipt.into(), actor(LINE_2), START, &key(LINE_2)).unwrap();
    case.receipts = vec![receipt.bytes().to_vec()];
    let report = checked(case);
    assert_eq!(codes(&report), ["receipt-refused"]);
    assert!(told(&report, FindingCode::ReceiptRefused).1.contains("of line-2"));
}

#[test]
fn a_receipt_that_speaks_of_nothing_here_is_refused() {
    let mut world = left();
    let visit = crate::world::visit_of("CSQU3054383");
    world.register(ReleaseOrder { visit, ..release(FORWARDER) }, LINE).unwrap();
    let mut case = whole();
    case.receipts = vec![receipt_of(LINE, &world.log[13..], world.now)];
    assert_eq!(codes(&checked(case)), ["receipt-unneeded"]);
}

#[test]
fn a_head_key_or_witness_key_that_had_ended_is_a_finding() {
    let mut case = whole();
    case.editions = with_second(|second| {
        ends(second, TERMINAL, START.plus(MINUTE));
        ends(second, CUSTOMS, START.plus(MINUTE));
    });
    let report = checked(case);
    let found = codes(&report);
    for code in ["head-key-ended", "witness-not-in-force", "key-revoked"] {
        assert!(found.contains(&code), "{code}: {found:?}");
    }
    let counts: Vec<_> = report.heads[0].witnesses.iter().map(|w| w.counts).collect();
    assert_eq!(counts, [false, true]);
    assert_eq!(report.verdict, Verdict::Proven);
}

#[test]
fn a_receipt_of_the_second_in_which_its_key_begins_is_right_and_one_of_the_second_before_is_not() {
    let before = |millis: u64| UnixMillis::from_millis(START.as_millis() - millis);
    let mut first = edition(1, None);
    first.valid_from = before(655);
    let terminal = first.parties.iter_mut().find(|p| p.id == party(TERMINAL)).unwrap();
    terminal.signing_keys[0].from = before(655);
    let found = |at: UnixMillis| {
        let log = left().log;
        let mut case = case_of(&log);
        case.editions = vec![bundle(&first, &["authority-1", "authority-3"])];
        case.receipts.push(receipt_of(LINE, &log[..1], at));
        let trust = edition_id(&first).unwrap();
        codes(&verify(&file(case), Some(trust))).contains(&"key-not-shown")
    };
    assert!(!found(before(1_000)));
    assert!(found(before(2_000)));
}
