//! `ct-merkle`, a tree of RFC 6962 by somebody else, agrees in every root and proof.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

use super::{root as root_at, *};

type Oracle = MemoryBackedTree<Sha256, Vec<u8>>;

fn oracle(entries: &[Vec<u8>]) -> Oracle {
    let mut tree = Oracle::new();
    entries.iter().for_each(|entry| tree.push(entry.clone()));
    tree
}

fn root_of(oracle: &Oracle) -> Hash32 {
    Hash32::from_bytes((*oracle.root().as_bytes()).into())
}

fn bytes(proof: &[Hash32]) -> Vec<u8> {
    proof.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[test]
fn every_small_tree_has_the_oracles_roots_and_proofs() {
    let entries: Vec<_> = (0..70).map(entry).collect();
    for size in 1..=entries.len() {
        let (ours, theirs) = (Tiled::of(entries[..size].to_vec()), oracle(&entries[..size]));
        let new = size as u64;
        assert_eq!(ours.frontier.root(), root_of(&theirs), "{size}");
        for index in 0..size {
            let proof = inclusion(index as u64, new, &ours).unwrap();
            assert_eq!(bytes(&proof), theirs.prove_inclusion(index).as_bytes(), "{index}/{size}");
        }
        for old in 1..=size {
            let proof = consistency(old as u64, new, &ours).unwrap();
            let expected = theirs.prove_consistency(size - old);
            assert_eq!(bytes(&proof), expected.as_bytes(), "{old} to {size}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_tree_has_the_oracles_roots_and_proofs(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..3000),
        index in any::<prop::sample::Index>(),
        old in any::<prop::sample::Index>(),
    ) {
        let (ours, theirs) = (Tiled::of(entries.clone()), oracle(&entries));
        let (size, index, old) =
            (entries.len(), index.index(entries.len()), old.index(entries.len()) + 1);
        prop_assert_eq!(ours.frontier.root(), root_of(&theirs));

        let proof = inclusion(index as u64, size as u64, &ours).unwrap();
        let expected = theirs.prove_inclusion(index);
        prop_assert_eq!(bytes(&proof), expected.as_bytes());
        let leaf = leaf_hash(&entries[index]);
        let root = ours.frontier.root();
        prop_assert_eq!(verify_inclusion(&leaf, index as u64, size as u64, &proof, &root), Ok(()));

        let proof = consistency(old as u64, size as u64, &ours).unwrap();
        let expected = theirs.prove_consistency(size - old);
        prop_assert_eq!(bytes(&proof), expected.as_bytes());
        let old_root = root_at(old as u64, &ours).unwrap();
        prop_assert_eq!(root_of(&oracle(&entries[..old])), old_root);
        let verified = verify_consistency(old as u64, &old_root, size as u64, &root, &proof);
        prop_assert_eq!(verified, Ok(()));
    }
}
