//! Which head may follow which.

use super::*;
use crate::merkle::{Tile, TileReader, consistency};

/// The tiles of `tree(size)`, or of one with another leaf 3.
struct Leaves {
    forked: bool,
}

impl Leaves {
    fn leaf(&self, number: u64) -> Hash32 {
        let forked = self.forked && number == 3;
        leaf_hash(&if forked { u64::MAX } else { number }.to_be_bytes())
    }

    fn tree(&self, size: u64) -> Frontier {
        let mut tree = Frontier::default();
        for number in 0..size {
            tree.append(self.leaf(number));
        }
        tree
    }

    fn head(&self, size: u64) -> SignedCheckpoint {
        Checkpoint::of(origin(), &self.tree(size)).sign(&log_key()).unwrap()
    }

    fn proof(&self, old: u64, new: u64) -> Vec<Hash32> {
        consistency(old, new, self).unwrap()
    }
}

impl TileReader for Leaves {
    type Error = String;

    fn read_tile(&self, tile: Tile) -> Result<Vec<u8>, String> {
        assert_eq!((tile.level(), tile.index()), (0, 0), "the trees here have one tile");
        Ok((0..u64::from(tile.width())).flat_map(|n| *self.leaf(n).as_bytes()).collect())
    }
}

const HONEST: Leaves = Leaves { forked: false };
const FORKED: Leaves = Leaves { forked: true };

#[test]
fn the_first_head_of_a_log_needs_no_proof_and_takes_none() {
    assert_eq!(follow(None, &head(7), &[]), Ok(()));
    let one = FollowError::Proof(ProofError::Length { found: 1 });
    assert_eq!(follow(None, &head(7), &[leaf_hash(b"x")]), Err(one));
}

#[test]
fn a_log_that_grew_is_followed() {
    for (old, new) in [(0, 0), (0, 9), (1, 9), (4, 9), (8, 9), (9, 9), (9, 100)] {
        let (last, next) = (head(old), head(new));
        assert_eq!(follow(Some(&last), &next, &HONEST.proof(old, new)), Ok(()), "{old} to {new}");
    }
}

#[test]
fn a_log_that_rewrote_itself_is_not_followed() {
    for (old, new) in [(4, 5), (7, 9), (8, 16), (60, 100)] {
        let next = FORKED.head(new);
        let proof = FORKED.proof(old, new);
        let refused = follow(Some(&head(old)), &next, &proof).unwrap_err();
        assert_eq!(refused.code(), "checkpoint-unproven", "{old} to {new}");
        let refused = follow(Some(&head(old)), &next, &HONEST.proof(old, new)).unwrap_err();
        assert_eq!(refused.code(), "checkpoint-unproven", "{old} to {new}");
    }
}

#[test]
fn two_roots_of_one_size_are_a_fork_whatever_is_proven() {
    let (one, other) = (head(7), FORKED.head(7));
    assert_eq!(one.relation(&other), Relation::Fork);
    assert_eq!(other.relation(&one), Relation::Fork);
    for proof in [vec![], FORKED.proof(7, 9)] {
        assert_eq!(follow(Some(&one), &other, &proof), Err(FollowError::Fork { size: 7 }));
    }
}

#[test]
fn heads_before_a_fork_say_nothing_by_themselves() {
    assert_eq!(head(7).relation(&FORKED.head(9)), Relation::Grown);
    assert_eq!(FORKED.head(9).relation(&head(7)), Relation::Earlier);
    assert_eq!(head(3).relation(&FORKED.head(3)), Relation::Same, "leaf 3 is not in it");
}

#[test]
fn a_cosigned_head_is_the_same_head() {
    let cosigned = head(7).cosign(&name("n", "customs"), now(), &witness_key()).unwrap();
    let cosigned = head(7).add_cosignature(&cosigned).unwrap();
    assert_eq!(cosigned.relation(&head(7)), Relation::Same);
    assert_eq!(follow(Some(&cosigned), &head(7), &[]), Ok(()));
}

#[test]
fn a_smaller_head_and_one_of_another_log_are_not_followed() {
    let smaller = FollowError::Smaller { found: 7, last: 9 };
    assert_eq!(follow(Some(&head(9)), &head(7), &[]), Err(smaller));
    assert_eq!(follow(Some(&head(9)), &head(7), &HONEST.proof(7, 9)), Err(smaller));
    let other = Checkpoint::of(name("Hafen Süd", "terminal2"), &tree(9)).sign(&log_key()).unwrap();
    assert_eq!(head(9).relation(&other), Relation::OtherLog);
    assert_eq!(follow(Some(&head(9)), &other, &[]), Err(FollowError::OtherLog));
}

#[test]
fn a_proof_too_long_or_for_the_same_head_is_refused() {
    let mut proof = HONEST.proof(7, 9);
    proof.push(leaf_hash(b"x"));
    let refused = follow(Some(&head(7)), &head(9), &proof).unwrap_err();
    assert_eq!(refused.code(), "checkpoint-unproven");
    let refused = follow(Some(&head(7)), &head(7), &[leaf_hash(b"x")]).unwrap_err();
    assert_eq!(refused.code(), "checkpoint-unproven");
}
