//! The tree of RFC 6962 by its definitions: slow, recursive, and as they are written there.

use landside_proto::ids::Hash32;
use sha2::{Digest, Sha256};

/// Leaf `number` of the trees of these vectors.
pub(super) fn leaf(number: u64) -> Hash32 {
    leaf_hash(&number.to_be_bytes())
}

/// The first leaves of the trees of these vectors.
pub(super) fn leaves(size: u64) -> Vec<Hash32> {
    (0..size).map(leaf).collect()
}

/// The root of the first leaves.
pub(super) fn root(size: u64) -> Hash32 {
    mth(&leaves(size))
}

/// Hash of a leaf, § 2.1.
pub(crate) fn leaf_hash(entry: &[u8]) -> Hash32 {
    Hash32::of(&[&[0], entry].concat())
}

pub(super) fn node(left: &Hash32, right: &Hash32) -> Hash32 {
    let digest = Sha256::new().chain_update([1]).chain_update(left.as_bytes());
    Hash32::from_bytes(digest.chain_update(right.as_bytes()).finalize().into())
}

/// `MTH(D[n])`, § 2.1.
pub(crate) fn mth(leaves: &[Hash32]) -> Hash32 {
    match leaves {
        [] => Hash32::of(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(k(leaves.len()));
            node(&mth(left), &mth(right))
        }
    }
}

/// `PATH(m, D[n])`, § 2.1.1.
pub(crate) fn path(m: usize, leaves: &[Hash32]) -> Vec<Hash32> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = k(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut siblings, sibling) =
        if m < k { (path(m, left), mth(right)) } else { (path(m - k, right), mth(left)) };
    siblings.push(sibling);
    siblings
}

/// `PROOF(m, D[n])`, § 2.1.2; nothing for m of 0, for which it is not defined.
pub(crate) fn proof(m: usize, leaves: &[Hash32]) -> Vec<Hash32> {
    if m == 0 { Vec::new() } else { subproof(m, leaves, true) }
}

fn subproof(m: usize, leaves: &[Hash32], known: bool) -> Vec<Hash32> {
    if m == leaves.len() {
        return if known { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = k(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, other) = if m <= k {
        (subproof(m, left, known), mth(right))
    } else {
        (subproof(m - k, right, false), mth(left))
    };
    proof.push(other);
    proof
}

/// The largest power of two below n.
fn k(n: usize) -> usize {
    (0..).map(|power| 1 << power).take_while(|k| *k < n).last().expect("n is 2 or more")
}
