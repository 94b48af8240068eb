use super::*;
use crate::document::{Remark, Role};
use crate::key::{PublicKey, SecretKey};

const NOW: UnixMillis = UnixMillis::from_millis(1_795_428_000_000);

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32])
}

fn public(n: u8) -> PublicKey {
    key(n).public_key()
}

fn at(seconds: i64) -> UnixMillis {
    UnixMillis::from_millis(NOW.as_millis().saturating_add_signed(seconds * 1000))
}

fn haulier() -> PartyId {
    PartyId::parse("haulier").unwrap()
}

/// A haulier whose signing key is 1, with node key 2; key 9 has ended.
fn parties() -> Vec<PartyEntry> {
    let entry = |n, until| KeyEntry { key: public(n), from: at(-3600), until };
    vec![PartyEntry {
        id: haulier(),
        name: Remark::parse("Haulier").unwrap(),
        roles: vec![Role::Haulier],
        signing_keys: vec![entry(1, None), entry(9, Some(at(-60)))],
        node_keys: vec![public(2)],
        addresses: Vec::new(),
        rotations_from: None,
        agents: Vec::new(),
    }]
}

/// Key `old` vouches for signing key 3 and node key 4.
fn by(old: u8) -> Signed<Document> {
    sign(haulier(), at(86_400), NOW, &key(old), (Some(&key(3)), Some(&key(4)))).unwrap()
}

fn said(signed: &Signed<Document>) -> KeyRotation {
    let Document::KeyRotation(said) = signed.document() else { panic!("a rotation") };
    said.clone()
}

/// Whether a changed rotation can still be signed by key 1.
fn refused(change: impl FnOnce(&mut KeyRotation)) -> Code {
    let mut rotation = said(&by(1));
    change(&mut rotation);
    let issuer = Actor::Party(haulier());
    envelope::seal(rotation.into(), issuer, NOW, &key(1)).unwrap_err().code
}

#[test]
fn a_rotation_signed_by_the_old_key_and_proven_by_the_new_is_read_and_does_what_it_says() {
    let signed = by(1);
    let (rotation, issued_at) = read(signed.bytes(), &parties(), NOW).unwrap();
    assert_eq!((&rotation, issued_at), (&said(&signed), NOW));
    let mut party = parties().remove(0);
    apply(&rotation, issued_at, &mut party).unwrap();
    let last = UnixMillis::from_millis(at(86_400).as_millis() - 1);
    assert_eq!(party.signing_keys[0].until, Some(last));
    assert_eq!(party.signing_keys[2], KeyEntry { key: public(3), from: NOW, until: None });
    assert_eq!(party.node_keys, [public(2), public(4)]);
}

#[test]
fn a_node_key_alone_is_vouched_for_by_the_signing_key_which_goes_on() {
    let signed = sign(haulier(), NOW, NOW, &key(1), (None, Some(&key(4)))).unwrap();
    let mut party = parties().remove(0);
    apply(&said(&signed), NOW, &mut party).unwrap();
    assert_eq!(party.signing_keys, parties()[0].signing_keys);
    assert_eq!(party.node_keys.len(), 2);
}

#[test]
fn a_new_key_that_did_not_sign_for_itself_is_not_taken() {
    let mut node_only = said(&by(1)).node_proof;
    let foreign = Possession::prove(&haulier(), public(1).id(), NewKey::Signing, &key(7)).unwrap();
    let other = PartyId::parse("other").unwrap();
    let elsewhere = Possession::prove(&other, public(1).id(), NewKey::Signing, &key(3)).unwrap();
    let before = Possession::prove(&haulier(), public(9).id(), NewKey::Signing, &key(3)).unwrap();
    for proof in [foreign, elsewhere, before, node_only.take().unwrap()] {
        assert_eq!(refused(|r| r.signing_proof = Some(proof)), Code::BadSignature);
    }
    assert_eq!(refused(|r| r.signing_proof = None), Code::BadField);
    assert_eq!(refused(|r| r.node_proof = None), Code::BadField);
    assert_eq!(refused(|r| r.node_key = None), Code::BadField, "a proof of nothing");
    assert_eq!(refused(|r| r.node_key = Some(public(8))), Code::BadSignature);
}

#[test]
fn a_rotation_that_breaks_its_rules_is_not_signed() {
    assert_eq!(
        refused(|r| (r.signing_key, r.node_key) = (None, None)),
        Code::BadField,
        "of nothing"
    );
    assert_eq!(refused(|r| r.node_key = r.signing_key), Code::BadField, "one key twice");
    let itself = sign(haulier(), NOW, NOW, &key(1), (Some(&key(1)), None));
    assert_eq!(itself.unwrap_err().code, Code::BadField);
    let itself = sign(haulier(), NOW, NOW, &key(1), (None, Some(&key(1))));
    assert_eq!(itself.unwrap_err().code, Code::BadField);
}

#[test]
fn a_rotation_in_anothers_name_or_by_another_key_than_it_says_is_not_signed() {
    assert_eq!(refused(|r| r.party = PartyId::parse("other").unwrap()), Code::BadSignature);
    let rotation = said(&by(1));
    let seal = |issuer: &str, n| {
        let issuer = Actor::parse(issuer).unwrap();
        envelope::seal(rotation.clone().into(), issuer, NOW, &key(n)).unwrap_err().code
    };
    assert_eq!(seal("other", 1), Code::SubjectMismatch);
    assert_eq!(seal("haulier", 9), Code::SubjectMismatch);
}

#[test]
fn a_key_that_is_not_the_partys_today_vouches_for_nothing() {
    let code = |n: u8| read(by(n).bytes(), &parties(), NOW).unwrap_err().code;
    assert_eq!([7, 2, 9].map(code), [Code::KeyUnknown, Code::KeyUnknown, Code::KeyNotInForce]);
    assert_eq!(read(by(1).bytes(), &[], NOW).unwrap_err().code, Code::UnknownParty);
}

#[test]
fn what_was_changed_after_it_was_signed_and_what_is_none_is_refused() {
    let mut bytes = by(1).bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(read(&bytes, &parties(), NOW).unwrap_err().code, Code::BadSignature);
    assert_eq!(read(&[], &parties(), NOW).unwrap_err().code, Code::Malformed);
}

#[test]
fn an_end_is_never_moved_later_and_never_before_the_statement() {
    let mut party = parties().remove(0);
    party.signing_keys[0].until = Some(at(5));
    apply(&said(&by(1)), NOW, &mut party).unwrap();
    assert_eq!(party.signing_keys[0].until, Some(at(5)));

    let past = sign(haulier(), at(-500), NOW, &key(1), (Some(&key(3)), None)).unwrap();
    let mut party = parties().remove(0);
    apply(&said(&past), NOW, &mut party).unwrap();
    assert_eq!(party.signing_keys[0].until, Some(NOW), "what it signed so far stands");
}
