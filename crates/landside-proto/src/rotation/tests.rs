use super::*;
use crate::document::{Remark, Role};
use crate::ids::PartyId;
use crate::key::SecretKey;

const NOW: UnixMillis = UnixMillis::from_millis(1_795_428_000_000);

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32])
}

fn at(seconds: i64) -> UnixMillis {
    UnixMillis::from_millis(NOW.as_millis().saturating_add_signed(seconds * 1000))
}

/// A haulier whose signing key is 1, with node key 2; key 9 has ended.
fn parties() -> Vec<PartyEntry> {
    let entry = |n, until| KeyEntry { key: key(n).public_key(), from: at(-3600), until };
    vec![PartyEntry {
        id: PartyId::parse("haulier").unwrap(),
        name: Remark::parse("Haulier").unwrap(),
        roles: vec![Role::Haulier],
        signing_keys: vec![entry(1, None), entry(9, Some(at(-60)))],
        node_keys: vec![key(2).public_key()],
        addresses: Vec::new(),
    }]
}

fn rotation() -> KeyRotation {
    KeyRotation {
        party: PartyId::parse("haulier").unwrap(),
        old: key(1).public_key().id(),
        ends: at(86_400),
        signing_key: Some(key(3).public_key()),
        node_key: Some(key(4).public_key()),
    }
}

fn envelope_by(rotation: &KeyRotation, n: u8) -> Vec<u8> {
    let issuer = Actor::Party(rotation.party.clone());
    envelope::seal(rotation.clone().into(), issuer, NOW, &key(n)).unwrap().bytes().to_vec()
}

fn code(envelopes: &[Vec<u8>]) -> Code {
    read(&join_bundle(envelopes).unwrap(), &parties(), NOW).unwrap_err().code
}

#[test]
fn a_rotation_signed_by_old_and_new_is_read_and_does_what_it_says() {
    let bundle = sign(&rotation(), NOW, &key(1), Some(&key(3))).unwrap();
    let read = read(&bundle, &parties(), NOW).unwrap();
    assert_eq!(read, rotation());
    let mut party = parties().remove(0);
    apply(&read, &mut party, NOW).unwrap();
    let last = UnixMillis::from_millis(at(86_400).as_millis() - 1);
    assert_eq!(party.signing_keys[0].until, Some(last));
    assert_eq!(party.signing_keys[2].key, key(3).public_key());
    assert_eq!(party.node_keys, [2, 4].map(|n| key(n).public_key()));
}

#[test]
fn a_node_key_alone_is_vouched_for_by_the_signing_key_alone_which_goes_on() {
    let only = KeyRotation { signing_key: None, ..rotation() };
    let bundle = sign(&only, NOW, &key(1), None).unwrap();
    let mut party = parties().remove(0);
    apply(&read(&bundle, &parties(), NOW).unwrap(), &mut party, NOW).unwrap();
    assert_eq!(party.signing_keys, parties()[0].signing_keys);
    assert_eq!(party.node_keys.len(), 2);
}

#[test]
fn either_signature_missing_is_no_rotation() {
    let [old, new] = [1, 3].map(|n| envelope_by(&rotation(), n));
    assert_eq!(code(std::slice::from_ref(&old)), Code::BadSignature);
    assert_eq!(code(std::slice::from_ref(&new)), Code::BadSignature);
    assert_eq!(code(&[old.clone(), old.clone()]), Code::BadSignature);
    assert_eq!(code(&[]), Code::Malformed);
    assert_eq!(code(&[old, new.clone(), new]), Code::Malformed);
}

#[test]
fn a_key_that_is_not_the_partys_today_vouches_for_nothing() {
    for (n, refused) in [(7, Code::KeyUnknown), (2, Code::KeyUnknown), (9, Code::KeyNotInForce)] {
        let by = KeyRotation { old: key(n).public_key().id(), ..rotation() };
        assert_eq!(code(&[envelope_by(&by, n), envelope_by(&by, 3)]), refused, "key {n}");
    }
}

#[test]
fn a_third_key_and_another_party_have_no_say() {
    let old = envelope_by(&rotation(), 1);
    assert_eq!(code(&[old, envelope_by(&rotation(), 7)]), Code::KeyUnknown);
    let other = KeyRotation { party: PartyId::parse("other").unwrap(), ..rotation() };
    assert_eq!(code(&[envelope_by(&other, 1), envelope_by(&other, 3)]), Code::UnknownParty);
}

#[test]
fn two_statements_in_one_bundle_are_no_rotation() {
    let later = KeyRotation { ends: at(90_000), ..rotation() };
    assert_eq!(code(&[envelope_by(&rotation(), 1), envelope_by(&later, 3)]), Code::Malformed);
}

#[test]
fn what_was_changed_after_it_was_signed_is_refused() {
    let mut old = envelope_by(&rotation(), 1);
    *old.last_mut().unwrap() ^= 1;
    assert_eq!(code(&[old, envelope_by(&rotation(), 3)]), Code::BadSignature);
}

#[test]
fn a_rotation_that_breaks_its_rules_is_not_signed() {
    let none = KeyRotation { signing_key: None, node_key: None, ..rotation() };
    let same = KeyRotation { signing_key: Some(key(1).public_key()), ..rotation() };
    assert_eq!(sign(&none, NOW, &key(1), None).unwrap_err().code, Code::BadField);
    assert_eq!(sign(&same, NOW, &key(1), Some(&key(1))).unwrap_err().code, Code::BadField);
    assert_eq!(sign(&rotation(), NOW, &key(1), Some(&key(7))).unwrap_err().code, Code::BadField);
    assert_eq!(sign(&rotation(), NOW, &key(1), None).unwrap_err().code, Code::BadField);
}

#[test]
fn an_end_is_never_moved_later() {
    let mut party = parties().remove(0);
    party.signing_keys[0].until = Some(at(5));
    apply(&rotation(), &mut party, NOW).unwrap();
    assert_eq!(party.signing_keys[0].until, Some(at(5)));
}
