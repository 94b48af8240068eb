//! The editions a node has had, and two of them with one number.

use super::*;

/// Edition 2 as it is and as it might have been.
fn twins() -> (DirectoryEdition, DirectoryEdition) {
    let second = next(&edition(1, None));
    let mut twin = second.clone();
    twin.parties.pop();
    (second, twin)
}

fn second_beside(bundle: &[u8]) -> Result<Hash32, Refusal> {
    rival(bundle, &twins().0, &edition(1, None), START)
}

#[test]
fn a_chain_knows_the_id_of_each_edition_from_its_first_to_its_newest() {
    let first = directory();
    let second = first.follow(&bundle(&next(first.edition()), &ANY_TWO), START).unwrap();
    let third = second.follow(&bundle(&next(second.edition()), &ANY_TWO), START).unwrap();
    let mut chain = Chain::of(&second);
    assert!(chain.push(&third));
    assert_eq!((chain.first(), chain.newest()), (2, (3, third.id())));
    let ids = [1, 2, 3, 4, u64::MAX].map(|number| chain.id(number));
    assert_eq!(ids, [None, Some(second.id()), Some(third.id()), None, None]);
}

#[test]
fn a_chain_takes_no_edition_that_does_not_follow_its_newest() {
    let first = directory();
    let (second, twin) = twins();
    let second = first.follow(&bundle(&second, &ANY_TWO), START).unwrap();
    let twin = first.follow(&bundle(&twin, &ANY_TWO), START).unwrap();
    let after_twin = twin.follow(&bundle(&next(twin.edition()), &ANY_TWO), START).unwrap();
    let mut chain = Chain::of(&first);
    assert!(!chain.push(&after_twin), "a gap");
    assert!(chain.push(&second));
    for other in [&first, &second, &twin, &after_twin] {
        let before = chain.clone();
        assert!(!chain.push(other), "{other:?}");
        assert_eq!(chain, before);
    }
}

#[test]
fn a_number_signed_twice_by_enough_authorities_is_a_proven_fork() {
    let (_, twin) = twins();
    assert_eq!(second_beside(&bundle(&twin, &ANY_TWO)), Ok(id(&twin)));
    let orphan = edition(2, Some(Hash32::of(b"another first edition")));
    assert_eq!(second_beside(&bundle(&orphan, &ANY_TWO)), Ok(id(&orphan)), "whatever it follows");
}

#[test]
fn a_first_edition_is_rivalled_by_what_its_own_authorities_signed() {
    let first = edition(1, None);
    let other = DirectoryEdition { threshold: 1, ..first.clone() };
    assert_eq!(rival(&bundle(&other, &ANY_TWO), &first, &first, START), Ok(id(&other)));
}

#[test]
fn nothing_else_proves_a_fork() {
    let (second, twin) = twins();
    let foreign = DirectoryEdition { network: remark("another-port"), ..twin.clone() };
    let own =
        DirectoryEdition { authorities: vec![public("mallory")], threshold: 1, ..twin.clone() };
    for (what, bytes, expected) in [
        ("the same edition", bundle(&second, &ANY_TWO), Code::EditionRollback),
        ("an older one", bundle(&edition(1, None), &ANY_TWO), Code::EditionRollback),
        ("a newer one", bundle(&next(&second), &ANY_TWO), Code::EditionRollback),
        ("another network's", bundle(&foreign, &ANY_TWO), Code::EditionFork),
        ("signed by too few", bundle(&twin, &["authority-1"]), Code::EditionUnsigned),
        ("signed by its own authority", bundle(&own, &["mallory"]), Code::EditionUnsigned),
        ("no bundle", vec![0x80], Code::Malformed),
    ] {
        assert_eq!(code(second_beside(&bytes)), expected, "{what}");
    }
}

#[test]
fn a_bundle_is_known_to_be_signed_by_one_of_our_keys_before_its_payload_is_read() {
    let (second, _) = twins();
    let ours = ["authority-1", "authority-9"].map(public);
    assert!(is_signed_by_any(&bundle(&second, &ANY_TWO), &ours, START));
    assert!(!is_signed_by_any(&bundle(&second, &["authority-2", "mallory"]), &ours, START));
    let mut broken = bundle(&second, &["authority-1"]);
    *broken.last_mut().unwrap() ^= 1;
    for not_signed in [broken, vec![0x80], vec![]] {
        assert!(!is_signed_by_any(&not_signed, &ours, START));
    }
}

#[test]
fn no_edition_follows_the_last_number_there_is() {
    let last = edition(u64::MAX, Some(Hash32::of(b"the one before")));
    let last = Directory::found(&bundle(&last, &ANY_TWO), id(&last), START).unwrap();
    let again = edition(u64::MAX, Some(last.id()));
    assert_eq!(code(last.follow(&bundle(&again, &ANY_TWO), START)), Code::EditionFork);
    assert_eq!(Chain::of(&last).newest().0, u64::MAX);
}
