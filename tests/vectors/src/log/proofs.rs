//! Proofs, and proofs with one fault.

use landside_proto::ids::Hash32;

use super::tree::{leaf, leaves, path, proof, root};
use crate::format::log::{Consistency, Inclusion, Refused, Section};

fn included(name: &str, shows: &str, index: u64, size: u64) -> Inclusion {
    Inclusion {
        name: name.to_owned(),
        shows: shows.to_owned(),
        leaf: leaf(index),
        index,
        size,
        root: root(size),
        proof: path(usize::try_from(index).unwrap(), &leaves(size)),
    }
}

pub(super) fn inclusion() -> Section<Inclusion, Refused<Inclusion>> {
    let good = vec![
        included("only-leaf", "a tree of one leaf: an empty proof", 0, 1),
        included("first-of-two", "the sibling is to the right", 0, 2),
        included("second-of-two", "the sibling is to the left", 1, 2),
        included("last-of-three", "the last leaf stands a level higher", 2, 3),
        included("last-of-seven", "a leaf that stands two levels higher, then one", 6, 7),
        included("middle-of-eight", "a tree without gaps", 5, 8),
        included("last-of-a-tile", "leaf 255 of 256", 255, 256),
        included("first-of-the-next-tile", "leaf 256 of 257", 256, 257),
        included("of-300", "leaf 77 of 300", 77, 300),
    ];
    Section { good, bad: bad_inclusion() }
}

fn bad_inclusion() -> Vec<Refused<Inclusion>> {
    let seven = |name: &str, shows: &str| included(name, shows, 4, 7);
    let refused = |refused: &str, vector: Inclusion| Refused { refused: refused.into(), vector };
    let with = |code: &str, name: &str, shows: &str, change: &dyn Fn(&mut Inclusion)| {
        let mut vector = seven(name, shows);
        change(&mut vector);
        refused(code, vector)
    };
    vec![
        with("proof-root", "other-leaf", "leaf 5 in the place of leaf 4", &|v| v.leaf = leaf(5)),
        with("proof-root", "other-root", "the root of six leaves", &|v| v.root = root(6)),
        with("proof-root", "other-index", "as leaf 5, whose proof is as long", &|v| v.index = 5),
        with("proof-root", "flipped-first", "a bit of the first hash", &|v| flip(&mut v.proof, 0)),
        with("proof-root", "flipped-last", "a bit of the last hash", &|v| flip(&mut v.proof, 2)),
        with("proof-root", "swapped", "two hashes in each other's place", &|v| v.proof.swap(0, 1)),
        with("proof-length", "short", "the last hash is missing", &|v| v.proof.truncate(2)),
        with("proof-length", "headless", "the first hash is missing", &|v| {
            v.proof.remove(0);
        }),
        with("proof-length", "long", "the root at the end", &|v| v.proof.push(v.root)),
        with("proof-length", "empty", "no hash", &|v| v.proof.clear()),
        with("proof-length", "endless", "65 hashes", &|v| v.proof = vec![v.root; 65]),
        with("proof-length", "other-size", "as if of nine leaves", &|v| v.size = 9),
        with("no-such-leaf", "behind-the-end", "leaf 7 of 7", &|v| v.index = 7),
        with("no-such-leaf", "far-behind", "the largest index", &|v| v.index = u64::MAX),
        with("no-such-leaf", "of-nothing", "a leaf of the empty tree", &|v| {
            (v.index, v.size, v.root, v.proof) = (0, 0, root(0), vec![]);
        }),
        with("proof-length", "only-leaf-with-proof", "one hash for a tree of one leaf", &|v| {
            (v.index, v.size, v.root) = (0, 1, root(1));
            v.proof.truncate(1);
        }),
        with("too-many-leaves", "size-beyond-limit", "2^62 leaves and one", &|v| {
            v.size = (1 << 62) + 1;
        }),
    ]
}

fn flip(proof: &mut [Hash32], at: usize) {
    let mut bytes = *proof[at].as_bytes();
    bytes[31] ^= 1;
    proof[at] = Hash32::from_bytes(bytes);
}

fn grown(name: &str, shows: &str, old: u64, new: u64) -> Consistency {
    Consistency {
        name: name.to_owned(),
        shows: shows.to_owned(),
        old_size: old,
        old_root: root(old),
        new_size: new,
        new_root: root(new),
        proof: proof(usize::try_from(old).unwrap(), &leaves(new)),
    }
}

pub(super) fn consistency() -> Section<Consistency, Refused<Consistency>> {
    let good = vec![
        grown("nothing-yet", "every tree begins with the empty one: an empty proof", 0, 5),
        grown("still-nothing", "the empty tree and itself", 0, 0),
        grown("unchanged", "a tree and itself: an empty proof", 5, 5),
        grown("one-to-two", "the earlier root is not in the proof", 1, 2),
        grown("three-to-seven", "the example of RFC 6962 § 2.1.3", 3, 7),
        grown("four-to-seven", "the same, from a full subtree", 4, 7),
        grown("six-to-seven", "the same, from two subtrees", 6, 7),
        grown("across-a-tile", "from 255 leaves to 300", 255, 300),
        grown("from-a-tile", "from 256 leaves to 300", 256, 300),
    ];
    Section { good, bad: bad_consistency() }
}

fn bad_consistency() -> Vec<Refused<Consistency>> {
    let with = |code: &str, name: &str, shows: &str, change: &dyn Fn(&mut Consistency)| {
        let mut vector = grown(name, shows, 6, 7);
        change(&mut vector);
        Refused { refused: code.to_owned(), vector }
    };
    vec![
        with("proof-old-root", "other-old-root", "the root of five", &|v| v.old_root = root(5)),
        with("proof-root", "other-new-root", "the root of eight", &|v| v.new_root = root(8)),
        with("proof-root", "flipped-new-part", "a bit of what was added", &|v| {
            flip(&mut v.proof, 1);
        }),
        with("proof-old-root", "flipped-old-part", "a bit of what was there", &|v| {
            flip(&mut v.proof, 2);
        }),
        with("proof-old-root", "swapped", "two hashes in each other's place", &|v| {
            v.proof.swap(0, 2);
        }),
        with("proof-length", "short", "the last hash is missing", &|v| v.proof.truncate(2)),
        with("proof-length", "long", "the root at the end", &|v| v.proof.push(v.new_root)),
        with("proof-length", "empty", "no hash", &|v| v.proof.clear()),
        with("proof-length", "endless", "65 hashes", &|v| v.proof = vec![v.new_root; 65]),
        with("tree-shrinks", "shrinks", "from seven to six", &|v| {
            (v.old_size, v.new_size) = (7, 6);
        }),
        with("proof-length", "unchanged-with-proof", "one hash from seven to seven", &|v| {
            (v.old_size, v.old_root) = (7, root(7));
            v.proof.truncate(1);
        }),
        with("proof-root", "unchanged-other-root", "two roots of seven leaves", &|v| {
            (v.old_size, v.proof) = (7, vec![]);
        }),
        with("proof-length", "nothing-with-proof", "one hash from the empty tree", &|v| {
            (v.old_size, v.old_root) = (0, root(0));
            v.proof.truncate(1);
        }),
        with("proof-old-root", "nothing-of-something", "a root of no leaves that has some", &|v| {
            (v.old_size, v.proof) = (0, vec![]);
        }),
        with("proof-root", "empty-tree-with-a-root", "no leaves, yet another root", &|v| {
            (v.old_size, v.old_root, v.new_size, v.proof) = (0, root(0), 0, vec![]);
        }),
        with("too-many-leaves", "size-beyond-limit", "2^62 leaves and one", &|v| {
            v.new_size = (1 << 62) + 1;
        }),
    ]
}
