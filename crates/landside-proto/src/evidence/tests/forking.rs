//! Two heads of one log.

use super::*;
use crate::merkle::consistency;

fn fork(heads: [&SignedCheckpoint; 2], proof: Option<Vec<Hash32>>) -> Evidence {
    Evidence::Fork(ForkEvidence {
        network: remark("test-port"),
        terminal: party(TERMINAL),
        editions: editions(),
        heads: heads.map(|head| head.bytes().to_vec()),
        proof,
    })
}

fn report(heads: [&SignedCheckpoint; 2], proof: Option<Vec<Hash32>>) -> Report {
    verify(&write(&fork(heads, proof)), Some(founding_id()))
}

/// The same terminal, another history of as many entries.
fn other_history() -> Vec<Logged> {
    let mut world = left();
    let moved = world.log.last_mut().unwrap();
    moved.1.at = moved.1.at.plus(MINUTE);
    world.log
}

#[test]
fn two_roots_of_one_size_prove_two_histories() {
    let (one, two) = (head(&left().log), head(&other_history()));
    let report = report([&one, &two], None);
    assert_eq!((report.verdict, codes(&report)), (Verdict::ForkProven, vec!["fork-proven"]));
    let (_, text) = told(&report, FindingCode::ForkProven);
    assert!(text.contains("signed two different logs of 13 entries"), "{text}");
    assert!(!report.is_sound());
}

#[test]
fn the_order_of_the_heads_does_not_matter() {
    let (one, two) = (head(&left().log), head(&left().log[..5]));
    assert_eq!(write(&fork([&one, &two], None)), write(&fork([&two, &one], None)));
}

#[test]
fn a_larger_head_needs_a_proof_that_leads_to_it() {
    let log = left().log;
    let (small, large) = (head(&log[..5]), head(&log));
    let bare = report([&small, &large], None);
    assert_eq!(bare.verdict, Verdict::ConsistencyNotShown);

    let proof = consistency(5, 13, &Tiled::of(&log)).unwrap();
    let shown = report([&small, &large], Some(proof.clone()));
    assert_eq!((shown.verdict, codes(&shown)), (Verdict::NoFork, vec!["consistent"]));

    let mut wrong = proof;
    wrong[0] = founding_id();
    let report = report([&small, &large], Some(wrong));
    assert_eq!(report.verdict, Verdict::ConsistencyNotShown);
    let (place, text) = told(&report, FindingCode::ConsistencyNotShown);
    assert!(place.starts_with("proof, bytes "), "{place}");
    assert!(text.contains("does not prove two histories"), "{text}");
}

#[test]
fn a_proof_of_the_larger_log_that_leads_to_another_smaller_head_proves_two_histories() {
    let (log, other) = (left().log, other_history());
    let parted = |size: usize| {
        let mut log = log[..size].to_vec();
        log[2].1.at = log[2].1.at.plus(MINUTE);
        log
    };
    let (small, large) = (head(&parted(5)), head(&other));
    let proof = consistency(5, 13, &Tiled::of(&other)).unwrap();
    let shown = report([&small, &large], Some(proof.clone()));
    assert_eq!((shown.verdict, codes(&shown)), (Verdict::ForkProven, vec!["fork-proven"]));
    let (place, text) = told(&shown, FindingCode::ForkProven);
    assert!(place.starts_with("proof, bytes "), "{place}");
    assert!(text.contains("another root at 5 entries"), "{text}");
    for at in 0..proof.len() {
        let mut wrong = proof.clone();
        wrong[at] = founding_id();
        let verdict = report([&small, &large], Some(wrong)).verdict;
        assert_eq!(verdict, Verdict::ConsistencyNotShown, "hash {at}");
    }
    // Of four entries the proof leaves the hash out by which it would tell.
    let small = head(&parted(4));
    let proof = consistency(4, 13, &Tiled::of(&other)).unwrap();
    assert_eq!(report([&small, &large], Some(proof)).verdict, Verdict::ConsistencyNotShown);
}

#[test]
fn the_same_head_twice_is_no_evidence_and_the_same_root_no_fork() {
    let log = left().log;
    let one = head(&log);
    let twice = report([&one, &one], None);
    assert_eq!(codes(&twice), ["order"]);
    let cosigned = witnessed(&one, &[CUSTOMS], START.plus(90 * MINUTE));
    let report = report([&one, &cosigned], None);
    assert_eq!((report.verdict, codes(&report)), (Verdict::NoFork, vec!["consistent"]));
}

#[test]
fn a_head_that_the_terminal_did_not_sign_proves_nothing_against_it() {
    let one = head(&left().log);
    let other = Checkpoint::of(name(TERMINAL), &Tiled::of(&other_history()).frontier);
    let forged = other.sign(&key(LINE)).unwrap();
    let report = report([&one, &forged], None);
    assert_eq!((report.verdict, codes(&report)), (Verdict::Broken, vec!["head-refused"]));
}

#[test]
fn every_flipped_byte_of_a_fork_is_found() {
    let log = left().log;
    let proof = consistency(5, 13, &Tiled::of(&log)).unwrap();
    let Evidence::Fork(mut fork) = fork([&head(&log[..5]), &head(&log)], Some(proof)) else {
        panic!("a fork");
    };
    let (few, id) = few();
    fork.editions = vec![few];
    let bytes = write(&Evidence::Fork(fork));
    assert_eq!(verify(&bytes, Some(id)).verdict, Verdict::NoFork);
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let report = verify(&flipped, Some(id));
        assert_eq!(report.verdict, Verdict::Broken, "byte {at}");
        assert!(read(&flipped).is_err(), "byte {at}");
    }
    for length in 0..bytes.len() {
        assert_eq!(verify(&bytes[..length], None).verdict, Verdict::Broken, "{length}");
    }
}
