use super::*;
use crate::document::KeyEntry;
use crate::world::*;

mod agents;
mod chain;
mod rotations;
mod standing;

const ANY_TWO: [&str; 2] = ["authority-1", "authority-3"];

fn id(edition: &DirectoryEdition) -> Hash32 {
    edition_id(edition).unwrap()
}

/// The edition after `before`, otherwise the same.
fn next(before: &DirectoryEdition) -> DirectoryEdition {
    edition(before.number + 1, Some(id(before)))
}

fn follow(edition: &DirectoryEdition, signers: &[&str]) -> Result<Directory, Refusal> {
    directory().follow(&bundle(edition, signers), START)
}

#[test]
fn an_edition_is_followed_when_enough_authorities_signed_it() {
    let second = next(&edition(1, None));
    let followed = follow(&second, &ANY_TWO).unwrap();
    assert_eq!(followed.edition(), &second);
    assert_eq!(followed.id(), id(&second));
    assert_eq!(followed.bundle(), bundle(&second, &ANY_TWO));
}

#[test]
fn trust_begins_only_with_the_edition_that_people_compared() {
    let first = edition(1, None);
    let signed = bundle(&first, &ANY_TWO);
    let other = Hash32::of(b"another");
    assert_eq!(code(Directory::found(&signed, other, START)), Code::EditionFork);
    let lone = bundle(&first, &["authority-1"]);
    assert_eq!(code(Directory::found(&lone, id(&first), START)), Code::EditionUnsigned);
    let fifth = edition(5, Some(other));
    let found = Directory::found(&bundle(&fifth, &ANY_TWO), id(&fifth), START).unwrap();
    assert_eq!(found.edition().number, 5);
}

#[test]
fn too_few_foreign_or_repeated_signatures_do_not_make_an_edition() {
    let second = next(&edition(1, None));
    assert_eq!(code(follow(&second, &["authority-2"])), Code::EditionUnsigned);
    let strangers = ["authority-1", "authority-9", "terminal", "line"];
    assert_eq!(code(follow(&second, &strangers)), Code::EditionUnsigned);

    let once = bundle(&second, &["authority-1"]);
    let again = add_signature(&once, &second, START, &key("authority-1")).unwrap();
    assert_eq!(again, once, "the same signature is not added twice");
    let later = START.plus(MINUTE);
    let twice = add_signature(&once, &second, later, &key("authority-1")).unwrap();
    assert!(twice.len() > once.len());
    assert_eq!(code(directory().follow(&twice, later)), Code::EditionUnsigned, "one key, one vote");
}

#[test]
fn a_broken_signature_does_not_count() {
    let second = next(&edition(1, None));
    let mut signed = bundle(&second, &ANY_TWO);
    *signed.last_mut().unwrap() ^= 1;
    assert_eq!(code(directory().follow(&signed, START)), Code::EditionUnsigned);
}

#[test]
fn a_signature_made_too_far_in_the_future_does_not_count_yet() {
    let second = next(&edition(1, None));
    let later = START.plus(HOUR);
    let ahead = ANY_TWO.iter().fold(Vec::new(), |bundle, name| {
        add_signature(&bundle, &second, later, &key(name)).unwrap()
    });
    assert_eq!(code(directory().follow(&ahead, START)), Code::EditionUnsigned);
    assert!(directory().follow(&ahead, later).is_ok());
}

#[test]
fn an_older_edition_or_the_same_again_is_a_rollback() {
    let first = edition(1, None);
    let second = follow(&next(&first), &ANY_TWO).unwrap();
    for old in [bundle(&first, &ANY_TWO), bundle(&next(&first), &ANY_TWO)] {
        assert_eq!(code(second.follow(&old, START)), Code::EditionRollback);
    }
}

#[test]
fn two_editions_of_one_number_are_a_fork() {
    let first = edition(1, None);
    let second = follow(&next(&first), &ANY_TWO).unwrap();
    let mut twin = next(&first);
    twin.parties.pop();
    assert_eq!(code(second.follow(&bundle(&twin, &ANY_TWO), START)), Code::EditionFork);
    let orphan = edition(2, Some(Hash32::of(b"another first edition")));
    assert_eq!(code(follow(&orphan, &ANY_TWO)), Code::EditionFork);
}

#[test]
fn an_edition_after_a_gap_waits_for_the_one_between() {
    let second = next(&edition(1, None));
    let third = next(&second);
    assert_eq!(code(follow(&third, &ANY_TWO)), Code::EditionGap);
    let last = edition(u64::MAX, Some(id(&second)));
    assert_eq!(code(follow(&last, &ANY_TWO)), Code::EditionGap);
    let after = follow(&second, &ANY_TWO).unwrap().follow(&bundle(&third, &ANY_TWO), START);
    assert_eq!(after.unwrap().edition().number, 3);
}

#[test]
fn an_edition_of_another_network_is_not_ours() {
    let mut foreign = next(&edition(1, None));
    foreign.network = remark("another-port");
    assert_eq!(code(follow(&foreign, &ANY_TWO)), Code::EditionFork);
}

#[test]
fn new_authorities_are_named_by_the_old_and_sign_from_then_on() {
    let mut second = next(&edition(1, None));
    second.authorities = ["authority-4", "authority-5"].map(public).to_vec();
    let new = ["authority-4", "authority-5"];
    assert_eq!(code(follow(&second, &new)), Code::EditionUnsigned);
    let handed_over = follow(&second, &ANY_TWO).unwrap();
    let third = next(&second);
    let by_old = bundle(&third, &ANY_TWO);
    assert_eq!(code(handed_over.follow(&by_old, START)), Code::EditionUnsigned);
    assert!(handed_over.follow(&bundle(&third, &new), START).is_ok());
}

#[test]
fn a_bundle_holds_one_edition_in_one_spelling() {
    let second = next(&edition(1, None));
    let good = bundle(&second, &ANY_TWO);
    let mut other = second.clone();
    other.threshold = 1;
    assert_eq!(code(add_signature(&good, &other, START, &key(LINE))), Code::EditionFork);
    let envelopes = split_bundle(&good).unwrap();
    let others = split_bundle(&bundle(&other, &ANY_TWO)).unwrap();
    let mixed = join_bundle(&[envelopes[0].clone(), others[1].clone()]).unwrap();
    let arrived = envelope::seal(arrival().into(), actor(TERMINAL), START, &key(TERMINAL)).unwrap();
    let foreign = join_bundle(&[arrived.bytes().to_vec()]).unwrap();
    let endless = [&[0x9f], &good[1..], &[0xff]].concat();
    for (bytes, expected) in [
        (mixed, Code::Malformed),
        (foreign, Code::Malformed),
        (vec![0x80], Code::Malformed),
        (vec![], Code::Malformed),
        (vec![0x9b, 255, 255, 255, 255, 255, 255, 255, 255], Code::Malformed),
        (endless, Code::NotCanonical),
        ([&good[..], &[0]].concat(), Code::NotCanonical),
        (vec![0; BUNDLE_MAX + 1], Code::TooLarge),
        (join_bundle(&vec![envelopes[0].clone(); ENVELOPES_MAX + 1]).unwrap(), Code::TooLarge),
    ] {
        assert_eq!(code(directory().follow(&bytes, START)), expected);
    }
    assert_eq!(peek_bundle(&good).unwrap(), (second.clone(), id(&second)));
}

#[test]
fn an_edition_that_breaks_its_own_rules_is_no_edition() {
    type Break = fn(&mut DirectoryEdition);
    let breaks: [(&str, Break); 16] = [
        ("number 0", |e| e.number = 0),
        ("edition 1 with a previous one", |e| e.previous = Some(Hash32::of(b""))),
        ("edition 2 without", |e| e.number = 2),
        ("threshold 0", |e| e.threshold = 0),
        ("threshold over the keys", |e| e.threshold = 4),
        ("no authority", |e| e.authorities.clear()),
        ("one authority twice", |e| e.authorities[1] = e.authorities[0]),
        ("too many authorities", |e| {
            e.authorities = (0..17).map(|n| public(&format!("authority-{n}"))).collect();
        }),
        ("parties out of order", |e| e.parties.swap(0, 1)),
        ("one party twice", |e| e.parties.insert(0, e.parties[0].clone())),
        ("no time in force", |e| e.valid_until = e.valid_from),
        ("no role", |e| e.parties[0].roles.clear()),
        ("driver as a role", |e| e.parties[0].roles = vec![Role::Driver]),
        ("roles out of order", |e| e.parties[0].roles = vec![Role::Line, Role::Terminal]),
        ("a key of two parties", |e| e.parties[1].node_keys = e.parties[0].node_keys.clone()),
        ("an address without end", |e| e.parties[0].addresses = vec!["a".repeat(261)]),
    ];
    for (what, make) in breaks {
        let mut broken = edition(1, None);
        make(&mut broken);
        assert_eq!(code(edition_id(&broken)), Code::BadField, "{what}");
    }
}

#[test]
fn a_party_is_found_by_id_role_and_node_key_and_by_nothing_else() {
    let directory = directory();
    assert_eq!(directory.party(&party(LINE)).unwrap().id, party(LINE));
    assert!(directory.party(&party("stranger")).is_none());
    assert_eq!(directory.party_of_node(&public("line node")).unwrap().id, party(LINE));
    assert!(directory.party_of_node(&public(LINE)).is_none(), "a signing key is no node key");
    assert_eq!(directory.with_role(Role::Haulier).count(), 2);
    assert!(!directory.is_overdue(START) && directory.is_overdue(START.plus(366 * DAY)));
}

#[test]
fn an_actor_is_a_party_or_a_driver_and_reads_back() {
    for name in [LINE, DRIVER] {
        assert_eq!(Actor::parse(&actor(name).to_string()), Ok(actor(name)));
    }
    for text in ["", "driver:", "driver:xyz", "driver:00112233445566", "Line", "line:node"] {
        assert!(Actor::parse(text).is_err(), "{text}");
    }
}

/// A port where the haulier vouches for the first driver.
fn enrolled() -> World {
    let mut world = World::new();
    world.register(credential(DRIVER), HAULIER).unwrap();
    world
}

fn signs(world: &mut World, driver: &str) -> Result<(), Refusal> {
    world.signed(interchange(DocId::from_bytes([0; 32])), driver).map(|_| ())
}

#[test]
fn a_new_phone_ends_the_old_one_at_once() {
    let mut world = enrolled();
    signs(&mut world, DRIVER).unwrap();
    let replaces = Some(public(DRIVER).id());
    let new_phone = DriverCredential { replaces, ..credential("driver-wang-new-phone") };
    world.register(new_phone, HAULIER).unwrap();
    assert_eq!(code(signs(&mut world, DRIVER)), Code::KeyUnknown);
    signs(&mut world, "driver-wang-new-phone").unwrap();
}

#[test]
fn a_withdrawn_driver_signs_nothing_more() {
    let mut world = enrolled();
    world.register(withdrawal(DRIVER), HAULIER).unwrap();
    assert_eq!(code(signs(&mut world, DRIVER)), Code::KeyUnknown);
    world.register(credential(DRIVER), HAULIER).unwrap();
    signs(&mut world, DRIVER).unwrap();
}

#[test]
fn an_old_credential_that_arrives_after_its_withdrawal_brings_no_key_back() {
    let mut world = World::new();
    let early = world.signed(credential(DRIVER), HAULIER).unwrap();
    world.register(withdrawal(DRIVER), HAULIER).unwrap();
    world.deliver(early).unwrap();
    assert_eq!(code(signs(&mut world, DRIVER)), Code::KeyUnknown);

    let mut world = World::new();
    let early = world.signed(credential(DRIVER), HAULIER).unwrap();
    let replaces = Some(public(DRIVER).id());
    world.register(DriverCredential { replaces, ..credential(DRIVER_2) }, HAULIER).unwrap();
    world.deliver(early).unwrap();
    assert_eq!(code(signs(&mut world, DRIVER)), Code::KeyUnknown);
}

#[test]
fn a_haulier_cannot_withdraw_or_replace_another_hauliers_word() {
    let mut world = enrolled();
    world.register(withdrawal(DRIVER), SUB_HAULIER).unwrap();
    let replaces = Some(public(DRIVER).id());
    world.register(DriverCredential { replaces, ..credential(DRIVER_2) }, SUB_HAULIER).unwrap();
    signs(&mut world, DRIVER).unwrap();
    let Authorities { drivers, .. } = &world.authorities;
    let word = drivers.of_haulier(public(DRIVER).id(), &party(HAULIER), world.now).unwrap();
    assert_eq!((&word.key, &word.haulier), (&public(DRIVER), &party(HAULIER)));
    assert!(drivers.of_haulier(public(DRIVER).id(), &party(SUB_HAULIER), world.now).is_none());
}

#[test]
fn a_driver_of_two_hauliers_keeps_the_word_of_the_other() {
    let mut world = enrolled();
    world.register(credential(DRIVER), SUB_HAULIER).unwrap();
    world.register(withdrawal(DRIVER), HAULIER).unwrap();
    signs(&mut world, DRIVER).unwrap();
    assert_eq!(world.authorities.drivers.of_key(public(DRIVER).id(), world.now).count(), 1);
}

#[test]
fn a_credential_speaks_to_its_last_moment_and_no_longer() {
    let mut world = World::new();
    let last = START.plus(HOUR);
    let today = DriverCredential { valid_until: last, ..credential(DRIVER) };
    world.register(today, HAULIER).unwrap();
    assert!(world.authorities.vouches(&party(HAULIER), &public(DRIVER), last));
    assert!(!world.authorities.vouches(&party(HAULIER), &public(DRIVER), last.plus(MINUTE)));
    world.now = last;
    assert_eq!(code(signs(&mut world, DRIVER)), Code::KeyUnknown);
}

#[test]
fn a_driver_signs_only_under_its_own_key_id() {
    let world = enrolled();
    let other = public(DRIVER_2).id();
    let refused = world.authorities.signer(&actor(DRIVER), other, world.now);
    assert_eq!(refused.err(), Some(Code::KeyUnknown));
}

#[test]
fn a_node_key_tells_who_is_calling() {
    let world = enrolled();
    let who = |name: &str| world.authorities.actor_of_node(&public(name), world.now);
    assert_eq!(who("terminal node"), Some(actor(TERMINAL)));
    assert_eq!(who(DRIVER), Some(actor(DRIVER)));
    assert_eq!(who(DRIVER_2), None);
    assert_eq!(who(TERMINAL), None);
    assert_eq!(world.authorities.roles(&actor("stranger")), &[]);
    assert_eq!(world.authorities.roles(&actor(DRIVER)), &[Role::Driver]);
}

#[test]
fn of_two_keys_of_a_party_each_counts_in_its_own_time() {
    let mut first = edition(1, None);
    let line = first.parties.iter_mut().find(|p| p.id == party(LINE)).unwrap();
    line.signing_keys[0].until = Some(START.plus(HOUR));
    let from = START.plus(HOUR);
    line.signing_keys.push(KeyEntry { key: public("line new key"), from, until: None });
    let directory = Directory::found(&bundle(&first, &ANY_TWO), id(&first), START).unwrap();
    let authorities = Authorities {
        directory: directory.into(),
        drivers: Arc::default(),
        rotations: Arc::default(),
    };
    let at = |name: &str, now| {
        authorities.signer(&actor(LINE), public(name).id(), now).map(|listed| listed.key)
    };
    assert_eq!(at(LINE, START), Ok(public(LINE)));
    assert_eq!(at("line new key", START), Err(Code::KeyNotInForce));
    assert_eq!(at(LINE, START.plus(2 * HOUR)), Err(Code::KeyNotInForce));
    assert_eq!(at("line new key", START.plus(2 * HOUR)), Ok(public("line new key")));
}
