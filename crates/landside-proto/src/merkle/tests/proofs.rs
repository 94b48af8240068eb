//! A proof proves one thing; whatever is changed about it, it proves nothing.

use proptest::prelude::*;

use super::*;

fn flipped(hash: &Hash32, bit: usize) -> Hash32 {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8 % HASH_LEN] ^= 1 << (bit % 8);
    Hash32::from_bytes(bytes)
}

/// Everything that can be done to the hashes of a proof without making it another proof.
fn spoilt(proof: &[Hash32]) -> Vec<(String, Vec<Hash32>)> {
    let mut spoilt = Vec::new();
    let extra = leaf_hash(b"extra");
    for at in 0..=proof.len() {
        let mut longer = proof.to_vec();
        longer.insert(at, extra);
        spoilt.push((format!("one more at {at}"), longer));
    }
    for at in 0..proof.len() {
        let mut shorter = proof.to_vec();
        shorter.remove(at);
        spoilt.push((format!("without {at}"), shorter));
        for byte in 0..HASH_LEN {
            let mut other = proof.to_vec();
            other[at] = flipped(&other[at], byte * 8);
            spoilt.push((format!("byte {byte} of {at} flipped"), other));
        }
    }
    for at in 1..proof.len() {
        let mut swapped = proof.to_vec();
        swapped.swap(at - 1, at);
        spoilt.push((format!("{at} swapped with the one before"), swapped));
    }
    spoilt.push(("doubled".into(), [proof, proof].concat()));
    spoilt.retain(|(_, other)| other != proof);
    spoilt
}

#[test]
fn every_leaf_of_every_small_tree_is_proven_and_nothing_else_is() {
    let log = tiled(40);
    for size in 1..=40 {
        let root = root(size, &log).unwrap();
        for index in 0..size {
            let proof = inclusion(index, size, &log).unwrap();
            for other in 0..size + 2 {
                let verified =
                    verify_inclusion(&leaf_hash(&entry(other)), index, size, &proof, &root);
                assert_eq!(verified.is_ok(), other == index, "{other} as {index} of {size}");
            }
            let leaf = leaf_hash(&entry(index));
            for other in (0..size + 3).filter(|other| *other != index) {
                let verified = verify_inclusion(&leaf, other, size, &proof, &root);
                assert!(verified.is_err(), "{index} at {other} of {size}");
            }
        }
    }
}

#[test]
fn an_inclusion_proof_with_any_byte_hash_or_order_changed_is_refused() {
    for (index, size) in [(0, 1), (0, 2), (1, 2), (2, 3), (4, 7), (99, 100), (300, 777)] {
        let log = tiled(size);
        let (leaf, root) = (leaf_hash(&entry(index)), log.frontier.root());
        let proof = inclusion(index, size, &log).unwrap();
        assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));
        for (what, spoilt) in spoilt(&proof) {
            let verified = verify_inclusion(&leaf, index, size, &spoilt, &root);
            assert!(verified.is_err(), "{index} of {size}: {what}");
        }
        for bit in 0..256 {
            let other = verify_inclusion(&leaf, index, size, &proof, &flipped(&root, bit));
            assert_eq!(other, Err(ProofError::Root));
            let other = verify_inclusion(&flipped(&leaf, bit), index, size, &proof, &root);
            assert_eq!(other, Err(ProofError::Root));
        }
    }
}

#[test]
fn a_consistency_proof_with_any_byte_hash_or_order_changed_is_refused() {
    for (old, new) in [(1, 2), (2, 3), (3, 4), (4, 7), (6, 7), (64, 100), (65, 100), (300, 777)] {
        let log = tiled(new);
        let (old_root, new_root) = (root(old, &log).unwrap(), log.frontier.root());
        let proof = consistency(old, new, &log).unwrap();
        assert_eq!(verify_consistency(old, &old_root, new, &new_root, &proof), Ok(()));
        for (what, spoilt) in spoilt(&proof) {
            let verified = verify_consistency(old, &old_root, new, &new_root, &spoilt);
            assert!(verified.is_err(), "{old} to {new}: {what}");
        }
        for bit in 0..256 {
            let flipped_new = flipped(&new_root, bit);
            assert!(verify_consistency(old, &old_root, new, &flipped_new, &proof).is_err());
            let flipped_old = flipped(&old_root, bit);
            assert!(verify_consistency(old, &flipped_old, new, &new_root, &proof).is_err());
        }
    }
}

#[test]
fn only_a_proof_of_the_larger_tree_shows_that_the_smaller_one_is_another() {
    for (old, new) in [(1, 2), (2, 3), (3, 4), (4, 7), (6, 7), (64, 100), (65, 100), (300, 777)] {
        let log = tiled(new);
        let (old_root, new_root) = (root(old, &log).unwrap(), log.frontier.root());
        let proof = consistency(old, new, &log).unwrap();
        let shows = |old_root: &Hash32, new_root: &Hash32, proof: &[Hash32]| {
            proves_rewrite(old, old_root, new, new_root, proof)
        };
        let (other_old, other_new) = (flipped(&old_root, 3), flipped(&new_root, 3));
        assert!(!shows(&old_root, &new_root, &proof), "they go together");
        assert_eq!(shows(&other_old, &new_root, &proof), !old.is_power_of_two(), "{old} to {new}");
        assert!(!shows(&old_root, &other_new, &proof));
        assert!(!shows(&other_old, &other_new, &proof));
        for (what, spoilt) in spoilt(&proof) {
            assert!(!shows(&other_old, &new_root, &spoilt), "{old} to {new}: {what}");
        }
    }
    let hash = leaf_hash(b"x");
    for (old, new) in [(0, 0), (0, 3), (3, 3), (4, 3), (3, LEAVES_MAX + 1)] {
        assert!(!proves_rewrite(old, &hash, new, &hash, &[]), "{old} to {new}");
    }
    assert!(!proves_rewrite(3, &hash, LEAVES_MAX, &hash, &vec![hash; PROOF_MAX + 1]));
}

#[test]
fn a_tree_of_another_size_is_not_consistent_by_the_same_proof() {
    let log = tiled(60);
    for new in 1..=40 {
        let new_root = root(new, &log).unwrap();
        for old in 1..=new {
            let old_root = root(old, &log).unwrap();
            let proof = consistency(old, new, &log).unwrap();
            assert_eq!(verify_consistency(old, &old_root, new, &new_root, &proof), Ok(()));
            for claimed in (0..=new + 2).filter(|claimed| *claimed != old) {
                let verified = verify_consistency(claimed, &old_root, new, &new_root, &proof);
                assert!(verified.is_err(), "{old} as {claimed} to {new}");
            }
        }
    }
}

#[test]
fn sizes_that_make_no_sense_are_refused_before_anything_else() {
    let hash = leaf_hash(b"x");
    let no_leaf = |index, size| Err(ProofError::NoSuchLeaf { index, size });
    assert_eq!(verify_inclusion(&hash, 0, 0, &[], &hash), no_leaf(0, 0));
    assert_eq!(verify_inclusion(&hash, 1, 1, &[], &hash), no_leaf(1, 1));
    assert_eq!(verify_inclusion(&hash, u64::MAX, 5, &[], &hash), no_leaf(u64::MAX, 5));
    let beyond = LEAVES_MAX + 1;
    let too_many = Err(ProofError::TooManyLeaves { size: beyond });
    assert_eq!(verify_inclusion(&hash, 0, beyond, &[], &hash), too_many);
    assert_eq!(verify_consistency(1, &hash, beyond, &hash, &[]), too_many);
    let shrinks = Err(ProofError::Shrinks { old: 3, new: 2 });
    assert_eq!(verify_consistency(3, &hash, 2, &hash, &[]), shrinks);
}

#[test]
fn a_proof_longer_than_any_tree_needs_is_refused_by_its_length() {
    let hash = leaf_hash(b"x");
    let long = vec![hash; PROOF_MAX + 1];
    let length = Err(ProofError::Length { found: PROOF_MAX + 1 });
    assert_eq!(verify_inclusion(&hash, 0, LEAVES_MAX, &long, &hash), length);
    assert_eq!(verify_consistency(1, &hash, LEAVES_MAX, &hash, &long), length);
}

#[test]
fn the_longest_proofs_are_within_the_limit() {
    let (zero, last) = (Hash32::from_bytes([0; HASH_LEN]), LEAVES_MAX - 1);
    for size in [last, LEAVES_MAX] {
        let root = root(size, &Endless).unwrap();
        let proof = inclusion(0, size, &Endless).unwrap();
        assert_eq!(proof.len(), 62);
        // Zero hashes are the hashes of nothing, so only the length is right.
        assert_eq!(verify_inclusion(&zero, 0, size, &proof, &root), Err(ProofError::Root));
        let proof = consistency(LEAVES_MAX / 2 - 1, size, &Endless).unwrap();
        assert!((62..=PROOF_MAX).contains(&proof.len()), "{}", proof.len());
    }
}

#[test]
fn every_tree_begins_with_nothing_and_with_itself() {
    let log = tiled(9);
    let (root, empty) = (log.frontier.root(), empty_root());
    assert_eq!(consistency(0, 9, &log), Ok(vec![]));
    assert_eq!(verify_consistency(0, &empty, 9, &root, &[]), Ok(()));
    assert_eq!(verify_consistency(0, &empty, 0, &empty, &[]), Ok(()));
    assert_eq!(consistency(9, 9, &log), Ok(vec![]));
    assert_eq!(verify_consistency(9, &root, 9, &root, &[]), Ok(()));
}

#[test]
fn nothing_has_but_one_root_and_itself_no_other() {
    let log = tiled(9);
    let (root, empty) = (log.frontier.root(), empty_root());
    assert_eq!(verify_consistency(0, &root, 9, &root, &[]), Err(ProofError::OldRoot));
    assert_eq!(verify_consistency(0, &root, 0, &root, &[]), Err(ProofError::Root));
    assert_eq!(verify_consistency(9, &root, 9, &empty, &[]), Err(ProofError::Root));
    let length = Err(ProofError::Length { found: 1 });
    assert_eq!(verify_consistency(0, &empty, 9, &root, &[root]), length);
    assert_eq!(verify_consistency(9, &root, 9, &root, &[root]), length);
}

#[test]
fn a_rewritten_history_has_no_proof() {
    let honest = tiled(500);
    let rewritten = Tiled::of((0..600).map(|n| if n == 77 { b"other".to_vec() } else { entry(n) }));
    let proof = consistency(500, 600, &rewritten).unwrap();
    let verified =
        verify_consistency(500, &honest.frontier.root(), 600, &rewritten.frontier.root(), &proof);
    assert_eq!(verified, Err(ProofError::OldRoot));
}

proptest! {
    #[test]
    fn hashes_at_random_are_no_proof(
        index in 0..5000u64,
        size in 0..5000u64,
        proof in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let proof: Vec<_> = proof.into_iter().map(Hash32::from_bytes).collect();
        let (leaf, root) = (leaf_hash(b"leaf"), leaf_hash(b"root"));
        prop_assert!(verify_inclusion(&leaf, index, size, &proof, &root).is_err());
        prop_assert!(verify_consistency(index, &leaf, size, &root, &proof).is_err());
    }
}
