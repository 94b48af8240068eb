//! Two heads of one log.

use super::*;
use crate::key::Signer;
use crate::merkle::consistency;
use crate::world::HOUR;

fn fork(heads: [&SignedCheckpoint; 2], proof: Option<Vec<Hash32>>) -> Evidence {
    Evidence::Fork(ForkEvidence {
        network: remark("test-port"),
        terminal: party(TERMINAL),
        editions: editions(),
        heads: heads.map(|head| head.bytes().to_vec()),
        proof,
        rotations: Vec::new(),
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
    fork.rotations = vec![vouches(TERMINAL, TERMINAL, "terminal key 1")];
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

/// A terminal's key vouches for the next one.
fn vouches(by: &str, old: &str, new: &str) -> Vec<u8> {
    let new = key(new);
    let pair: (Option<&dyn Signer>, Option<&dyn Signer>) = (Some(&new), None);
    let signed = crate::rotation::sign(party(by), START.plus(HOUR), START, &key(old), pair);
    signed.unwrap().bytes().to_vec()
}

/// Two histories of one size, signed with a key that no edition lists.
fn rotated_fork(rotations: Vec<Vec<u8>>) -> (Evidence, Report) {
    let signed = |log: &[Logged]| {
        let head = Checkpoint::of(name(TERMINAL), &Tiled::of(log).frontier);
        head.sign(&key("terminal key 2")).unwrap()
    };
    let heads = [signed(&left().log), signed(&other_history())];
    let Evidence::Fork(fork) = fork([&heads[0], &heads[1]], None) else { panic!("a fork") };
    let evidence = Evidence::Fork(ForkEvidence { rotations, ..fork });
    let report = verify(&write(&evidence), Some(founding_id()));
    (evidence, report)
}

fn chain() -> [Vec<u8>; 2] {
    [
        vouches(TERMINAL, TERMINAL, "terminal key 1"),
        vouches(TERMINAL, "terminal key 1", "terminal key 2"),
    ]
}

#[test]
fn heads_signed_with_a_rotated_key_prove_two_histories_with_the_rotations_that_lead_to_it() {
    let [first, second] = chain();
    for rotations in [[first.clone(), second.clone()], [second, first]] {
        let (evidence, report) = rotated_fork(rotations.to_vec());
        assert_eq!((report.verdict, codes(&report)), (Verdict::ForkProven, vec!["fork-proven"]));
        assert_eq!(report.heads[0].keys, [key("terminal key 2").public_key().id()]);
        assert_eq!(write(&read(&write(&evidence)).unwrap()), write(&evidence));
        let Evidence::Fork(fork) = evidence else { panic!("a fork") };
        assert!(fork.keys().contains(&key("terminal key 2").public_key()));
    }
}

#[test]
fn heads_of_a_rotated_key_without_every_rotation_that_leads_to_it_prove_nothing() {
    let [first, second] = chain();
    let bare = rotated_fork(Vec::new()).1;
    assert_eq!((bare.verdict, codes(&bare)), (Verdict::Broken, vec!["head-refused"]));
    let begun = rotated_fork(vec![first.clone()]).1;
    assert_eq!((begun.verdict, codes(&begun)), (Verdict::Broken, vec!["head-refused"]));
    let rootless = rotated_fork(vec![second.clone()]).1;
    let found = vec!["document-refused", "head-refused"];
    assert_eq!((rootless.verdict, codes(&rootless)), (Verdict::Broken, found));
    let (place, text) = told(&rootless, FindingCode::DocumentRefused);
    assert!(place.starts_with("credential 1 of 1 (key-rotation)"), "{place}");
    assert!(text.starts_with("key-unknown"), "{text}");
    // Nobody else's key can name one of the terminal's.
    let others = vouches(LINE, LINE, "terminal key 2");
    let foreign = vouches(TERMINAL, LINE, "terminal key 2");
    for stray in [others, foreign, left().log[0].0.bytes().to_vec(), b"nothing".to_vec()] {
        let report = rotated_fork(vec![stray.clone()]).1;
        assert_eq!(codes(&report), ["document-refused", "head-refused"]);
        // It spoils a file that is good without it: what is there is there to be believed.
        let report = rotated_fork(vec![first.clone(), second.clone(), stray]).1;
        assert_eq!((report.verdict, codes(&report)[0]), (Verdict::Broken, "document-refused"));
    }
}

#[test]
fn the_rotations_of_a_fork_have_one_order_and_a_limit() {
    let [first, second] = chain();
    let good = rotated_fork(vec![first.clone(), second]).0;
    let Evidence::Fork(fork) = good.in_order() else { panic!("a fork") };
    let spoiled = |rotations: Vec<Vec<u8>>| {
        let fork = ForkEvidence { rotations, ..fork.clone() };
        codes(&verify(&write_as_is(&Evidence::Fork(fork)), None))
    };
    let [one, two] = <[Vec<u8>; 2]>::try_from(fork.rotations.clone()).unwrap();
    assert_eq!(spoiled(vec![two, one.clone()]), ["order"]);
    assert_eq!(spoiled(vec![one.clone(), one]), ["order"]);
    let many = (0..=FORK_ROTATIONS_MAX).map(|n| vec![u8::try_from(n).unwrap()]).collect();
    assert_eq!(spoiled(many), ["limit"]);
}
