use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable};
use coset::{cbor::value::Value, iana};
use minicbor::Encoder;
use minicbor::data::Tag;
use proptest::prelude::*;

use super::*;
use crate::document::{CustomsState, HoldType};
use crate::world::*;

/// The parts of an envelope, put together here by hand and not by the code under test.
#[derive(Clone)]
struct Craft {
    alg: i64,
    content_type: &'static str,
    key: &'static str,
    issuer: &'static str,
    subject: &'static str,
    issued_at_s: u64,
    payload: Vec<u8>,
}

const RELEASE_TYPE: &str = "application/vnd.landside.release-order.v1+cbor";

fn release_craft() -> Craft {
    Craft {
        alg: -8,
        content_type: RELEASE_TYPE,
        key: LINE,
        issuer: LINE,
        subject: BOX,
        issued_at_s: START.as_secs(),
        payload: Document::from(release(FORWARDER)).to_cbor().unwrap(),
    }
}

impl Craft {
    fn protected(&self) -> Vec<u8> {
        let mut e = Encoder::new(Vec::new());
        e.map(4).unwrap().u8(1).unwrap().i64(self.alg).unwrap();
        e.u8(3).unwrap().str(self.content_type).unwrap();
        e.u8(4).unwrap().bytes(public(self.key).id().as_bytes()).unwrap();
        e.u8(15).unwrap().map(3).unwrap();
        e.u8(1).unwrap().str(self.issuer).unwrap().u8(2).unwrap().str(self.subject).unwrap();
        e.u8(6).unwrap().u64(self.issued_at_s).unwrap();
        e.into_writer()
    }

    fn bytes(&self) -> Vec<u8> {
        self.with_protected(&self.protected())
    }

    fn with_protected(&self, protected: &[u8]) -> Vec<u8> {
        spelled(protected, &self.payload, &signature(protected, &self.payload, self.key))
    }
}

fn signature(protected: &[u8], payload: &[u8], name: &str) -> [u8; SIGNATURE_LEN] {
    let mut e = Encoder::new(Vec::new());
    e.array(4).unwrap().str("Signature1").unwrap().bytes(protected).unwrap();
    e.bytes(&[]).unwrap().bytes(payload).unwrap();
    key(name).sign(&e.into_writer())
}

fn spelled(protected: &[u8], payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut e = Encoder::new(Vec::new());
    e.tag(Tag::new(18)).unwrap().array(4).unwrap().bytes(protected).unwrap();
    e.map(0).unwrap().bytes(payload).unwrap().bytes(signature).unwrap();
    e.into_writer()
}

fn opened(bytes: &[u8]) -> Result<Signed<Document>, Refusal> {
    opened_at(bytes, START)
}

fn opened_at(bytes: &[u8], now: UnixMillis) -> Result<Signed<Document>, Refusal> {
    open(bytes, &World::new().authorities, now)
}

#[test]
fn what_is_sealed_opens_to_the_same_document_with_the_same_bytes_and_id() {
    let order = Document::from(release(FORWARDER));
    let sealed = seal(order.clone(), actor(LINE), START, &key(LINE)).unwrap();
    let signed = opened(sealed.bytes()).unwrap();
    assert_eq!(signed, sealed);
    assert_eq!(signed.document(), &order);
    assert_eq!((signed.issuer(), signed.key_id()), (&actor(LINE), public(LINE).id()));
    assert_eq!(signed.issued_at(), START);
    assert_eq!(reopen(sealed.shared_bytes()).unwrap(), sealed);
    assert_eq!(claimed_id(sealed.bytes()), sealed.id());
    assert_eq!(sealed.bytes(), release_craft().bytes(), "as put together by hand");
}

#[test]
fn a_second_cose_library_verifies_ours() {
    let sealed = seal(release(FORWARDER).into(), actor(LINE), START, &key(LINE)).unwrap();
    let cose = CoseSign1::from_tagged_slice(sealed.bytes()).unwrap();
    cose.verify_signature(b"", |signature, data| public(LINE).verify(data, signature)).unwrap();
    assert_eq!(cose.protected.header.key_id, public(LINE).id().as_bytes());
    assert_eq!(cose.payload, Some(sealed.document().to_cbor().unwrap()));
    assert!(cose.unprotected.is_empty());
}

#[test]
fn an_envelope_of_a_second_cose_library_opens_here() {
    let claims = Value::Map(vec![
        (Value::from(1), Value::from(LINE)),
        (Value::from(2), Value::from(BOX)),
        (Value::from(6), Value::from(START.as_secs())),
    ]);
    let header = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .content_type(RELEASE_TYPE.to_owned())
        .key_id(public(LINE).id().as_bytes().to_vec())
        .value(15, claims)
        .build();
    let built = CoseSign1Builder::new()
        .protected(header)
        .payload(Document::from(release(FORWARDER)).to_cbor().unwrap())
        .create_signature(b"", |data| key(LINE).sign(data).to_vec())
        .build();
    assert_eq!(built.clone().to_tagged_vec().unwrap(), release_craft().bytes());
    opened(&built.clone().to_tagged_vec().unwrap()).unwrap();
    assert_eq!(code(opened(&built.to_vec().unwrap())), Code::Malformed, "the tag is not optional");
}

#[test]
fn a_truncated_envelope_is_refused_at_every_length() {
    let bytes = release_craft().bytes();
    for length in 0..bytes.len() {
        assert_eq!(code(opened(&bytes[..length])), Code::Malformed, "{length} bytes");
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let bytes = release_craft().bytes();
    let authorities = World::new().authorities;
    for at in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        assert!(open(flipped, &authorities, START).is_err(), "bit {at}");
    }
}

#[test]
fn a_trailing_byte_is_refused_everywhere() {
    let craft = release_craft();
    let after = |bytes: &[u8]| [bytes, &[0]].concat();
    assert_eq!(code(opened(&after(&craft.bytes()))), Code::NotCanonical);
    let header = craft.with_protected(&after(&craft.protected()));
    assert_eq!(code(opened(&header)), Code::NotCanonical);
    let payload = Craft { payload: after(&craft.payload), ..craft };
    assert_eq!(code(opened(&payload.bytes())), Code::NotCanonical);
}

#[test]
fn another_spelling_of_the_same_envelope_is_refused() {
    let craft = release_craft();
    let (bytes, protected) = (craft.bytes(), craft.protected());
    assert_eq!(bytes[..2], [0xd2, 0x84], "tag 18, array of four");
    let indefinite = [&[0xd2, 0x9f], &bytes[2..], &[0xff]].concat();
    let long_array = [&[0xd2, 0x98, 4], &bytes[2..]].concat();
    let long_tag = [&[0xd8, 18, 0x84], &bytes[2..]].concat();
    let at = 2 + 2 + protected.len();
    assert_eq!(bytes[2..4], [0x58, u8::try_from(protected.len()).unwrap()]);
    assert_eq!(bytes[at], 0xa0, "the empty unprotected header");
    let long_bytes = [&[0xd2, 0x84, 0x59, 0, bytes[3]], &bytes[4..]].concat();
    let long_map = [&bytes[..at], &[0xb8, 0], &bytes[at + 1..]].concat();
    let with_kid = [&bytes[..at], &[0xa1, 4, 0x41, 7], &bytes[at + 1..]].concat();
    let endless_map = [&bytes[..at], &[0xbf, 0xff], &bytes[at + 1..]].concat();
    let untagged = bytes[1..].to_vec();
    let tagged_twice = [&[0xd2], &bytes[..]].concat();
    for (spelling, expected) in [
        (indefinite, Code::Malformed),
        (long_array, Code::NotCanonical),
        (long_tag, Code::NotCanonical),
        (long_bytes, Code::NotCanonical),
        (long_map, Code::NotCanonical),
        (with_kid, Code::Malformed),
        (endless_map, Code::Malformed),
        (untagged, Code::Malformed),
        (tagged_twice, Code::Malformed),
    ] {
        assert_eq!(code(opened(&spelling)), expected, "{:02x?}", &spelling[..8]);
    }
}

#[test]
fn another_spelling_of_the_header_is_refused_though_it_is_signed() {
    let craft = release_craft();
    let canonical = craft.protected();
    assert_eq!(canonical[..3], [0xa4, 1, 0x27], "map of four, alg -8");
    let long_alg = [&[0xa4, 1, 0x38, 7], &canonical[3..]].concat();
    let twice_alg = [&[0xa5, 1, 0x27], &canonical[1..]].concat();
    let unknown = [&[0xa5], &canonical[1..], &[0x18, 99, 0]].concat();
    let critical = [&[0xa5, 1, 0x27, 2, 0x81, 3], &canonical[3..]].concat();
    let endless = [&[0xbf], &canonical[1..], &[0xff]].concat();
    let alg_last = [&[0xa4], &canonical[3..], &[1, 0x27]].concat();
    for header in [long_alg, twice_alg, unknown, critical, endless, alg_last] {
        assert_eq!(
            code(opened(&craft.with_protected(&header))),
            Code::NotCanonical,
            "{header:02x?}"
        );
    }
    let empty = craft.with_protected(&[]);
    assert_eq!(code(opened(&empty)), Code::Malformed);
}

#[test]
fn another_spelling_of_the_payload_is_refused_though_it_is_signed() {
    let craft = release_craft();
    let payload = &craft.payload;
    assert_eq!(payload[..3], [0xa3, 0, 0x82], "map of three, key 0, visit of two");
    let tail = &payload[1..];
    let unknown_key = [&[0xa4], tail, &[0x18, 99, 0]].concat();
    let duplicate = [&[0xa4], tail, &[1, 0x64], b"BL-1"].concat();
    let endless = [&[0xbf], tail, &[0xff]].concat();
    let long_key = [&[0xa3, 0x18, 0, 0x82], &payload[3..]].concat();
    for (payload, expected) in [
        (unknown_key, Code::NotCanonical),
        (duplicate, Code::NotCanonical),
        (endless, Code::NotCanonical),
        (long_key, Code::NotCanonical),
        (vec![0xa0], Code::Malformed),
        (vec![], Code::Malformed),
        (b"{\"bill\":\"BL-1\"}".to_vec(), Code::Malformed),
    ] {
        let crafted = Craft { payload: payload.clone(), ..craft.clone() };
        assert_eq!(code(opened(&crafted.bytes())), expected, "{payload:02x?}");
    }
}

#[test]
fn a_field_that_breaks_its_own_rule_is_a_bad_field() {
    let mut craft = release_craft();
    let at = craft.payload.windows(BOX.len()).position(|part| part == BOX.as_bytes()).unwrap();
    craft.payload[at + BOX.len() - 1] = b'6';
    assert_eq!(code(opened(&craft.bytes())), Code::BadField);
    let mut order = release(FORWARDER);
    order.terms.valid_from = Some(order.terms.valid_until);
    assert_eq!(code(seal(order.into(), actor(LINE), START, &key(LINE))), Code::BadField);
}

#[test]
fn nesting_and_lengths_without_end_cost_nothing() {
    let craft = release_craft();
    let canonical = craft.protected();
    let deep = [&[0xa5], &canonical[1..], &[0x18, 99], &[0x81; 50_000][..], &[0]].concat();
    assert!(opened(&craft.with_protected(&deep)).is_err());
    let deep = Craft { payload: vec![0x81; 50_000], ..craft.clone() };
    assert!(opened(&deep.bytes()).is_err());
    for head in [0x5b, 0x7b, 0x9b, 0xbb, 0xdb] {
        let endless = [&[head][..], &[0xff; 8]].concat();
        assert_eq!(code(opened(&endless)), Code::Malformed);
        let inside = [&[0xa4, 0][..], &endless].concat();
        let crafted = Craft { payload: inside, ..craft.clone() };
        assert_eq!(code(opened(&crafted.bytes())), Code::Malformed);
    }
}

#[test]
fn an_envelope_over_the_limit_is_refused_before_anything_else() {
    let over = vec![0; ENVELOPE_MAX + 1];
    assert_eq!(code(opened(&over)), Code::TooLarge);
    assert_eq!(code(opened(&over[1..])), Code::Malformed);
    let photos = crate::document::Presentation { pass: vec![0; ENVELOPE_MAX] };
    assert_eq!(code(seal(photos.into(), actor(DRIVER), START, &key(DRIVER))), Code::TooLarge);
}

#[test]
fn every_algorithm_but_eddsa_is_refused_though_the_signature_is_good() {
    for alg in [0, -7, -19, 8, i64::MIN, i64::MAX] {
        let crafted = Craft { alg, ..release_craft() };
        assert_eq!(code(opened(&crafted.bytes())), Code::UnsupportedAlgorithm, "{alg}");
    }
}

#[test]
fn a_content_type_that_names_no_kind_is_refused() {
    for content_type in [
        "",
        "application/cbor",
        "application/vnd.landside.delivery-order.v1+cbor",
        "application/vnd.landside.release-order.v2+cbor",
        "application/vnd.landside..v1+cbor",
        "Application/vnd.landside.release-order.v1+cbor",
    ] {
        let crafted = Craft { content_type, ..release_craft() };
        assert_eq!(code(opened(&crafted.bytes())), Code::UnknownKind, "{content_type}");
    }
}

#[test]
fn a_payload_under_the_name_of_another_kind_is_refused() {
    let content_type = "application/vnd.landside.hold.v1+cbor";
    assert!(opened(&Craft { content_type, ..release_craft() }.bytes()).is_err());
}

#[test]
fn a_role_signs_only_its_own_kinds() {
    let documents: Vec<(Document, &[&str])> = vec![
        (release(FORWARDER).into(), &[CUSTOMS, TERMINAL, FORWARDER, HAULIER, PORT_AUTHORITY]),
        (status(None, CustomsState::Released).into(), &[LINE, TERMINAL, HAULIER, PORT_AUTHORITY]),
        (arrival().into(), &[LINE, CUSTOMS, HAULIER, PORT_AUTHORITY]),
        (hold(HoldType::Court).into(), &[FORWARDER, HAULIER]),
        (credential(DRIVER).into(), &[FORWARDER, LINE, TERMINAL]),
        (edition(1, None).into(), &[LINE, TERMINAL]),
    ];
    for (document, others) in documents {
        for name in others {
            let sealed = seal(document.clone(), actor(name), START, &key(name)).unwrap();
            let refusal = opened(sealed.bytes()).expect_err(name);
            assert_eq!(refusal.code, Code::RoleMayNotSign, "{name}: {refusal}");
        }
    }
}

#[test]
fn an_issuer_the_directory_does_not_list_is_refused() {
    let crafted = Craft { issuer: "stranger", key: "stranger", ..release_craft() };
    assert_eq!(code(opened(&crafted.bytes())), Code::UnknownParty);
    let driver =
        seal(interchange(DocId::from_bytes([0; 32])).into(), actor(DRIVER), START, &key(DRIVER));
    assert_eq!(code(opened(driver.unwrap().bytes())), Code::KeyUnknown);
}

#[test]
fn a_key_of_another_party_signs_for_nobody_else() {
    let borrowed = Craft { key: LINE_2, ..release_craft() };
    assert_eq!(code(opened(&borrowed.bytes())), Code::KeyUnknown);
    let node_key = Craft { key: "line node", ..release_craft() };
    assert_eq!(code(opened(&node_key.bytes())), Code::KeyUnknown, "a node key signs no documents");
}

#[test]
fn a_signature_by_another_key_under_the_right_key_id_is_refused() {
    let craft = release_craft();
    let protected = craft.protected();
    let forged = signature(&protected, &craft.payload, LINE_2);
    assert_eq!(code(opened(&spelled(&protected, &craft.payload, &forged))), Code::BadSignature);
    let zero = spelled(&protected, &craft.payload, &[0; 64]);
    assert_eq!(code(opened(&zero)), Code::BadSignature);
    for length in [0, 63, 65] {
        let cut = spelled(&protected, &craft.payload, &vec![1; length]);
        assert_eq!(code(opened(&cut)), Code::Malformed);
    }
}

#[test]
fn a_key_counts_only_while_it_is_in_force() {
    let late = Craft { issuer: LATE_LINE, key: LATE_LINE, ..release_craft() }.bytes();
    assert_eq!(code(opened_at(&late, START)), Code::KeyNotInForce);
    assert!(opened_at(&late, START.plus(DAY)).is_ok());
    let former = Craft { issuer: FORMER_LINE, key: FORMER_LINE, ..release_craft() }.bytes();
    assert!(opened_at(&former, START).is_ok());
    assert_eq!(code(opened_at(&former, START.plus(MINUTE))), Code::KeyNotInForce);
}

#[test]
fn a_subject_other_than_the_payloads_container_is_refused() {
    for subject in ["", "CSQU3054383", "msku1234565"] {
        let crafted = Craft { subject, ..release_craft() };
        assert_eq!(code(opened(&crafted.bytes())), Code::SubjectMismatch, "{subject}");
    }
}

#[test]
fn a_document_from_the_future_is_refused_and_the_clock_may_be_a_little_off() {
    let ahead = START.as_secs() + FUTURE_MAX.as_secs();
    assert!(opened(&Craft { issued_at_s: ahead, ..release_craft() }.bytes()).is_ok());
    for issued_at_s in [ahead + 1, u64::MAX] {
        let crafted = Craft { issued_at_s, ..release_craft() };
        assert_eq!(code(opened(&crafted.bytes())), Code::IssuedInFuture, "{issued_at_s}");
    }
}

#[test]
fn a_second_signature_made_by_adding_the_group_order_is_refused() {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = release_craft().bytes();
    let s = bytes.len() - 32;
    let mut carry = 0u16;
    for (byte, order) in bytes[s..].iter_mut().zip(L) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    assert_eq!(code(opened(&bytes)), Code::BadSignature);
}

#[test]
fn the_id_of_a_statement_does_not_depend_on_its_signature_bytes() {
    let good = release_craft().bytes();
    let mut other = good.clone();
    *other.last_mut().unwrap() ^= 1;
    assert_eq!(claimed_id(&other), claimed_id(&good));
    assert_eq!(reopen(other).unwrap().id(), opened(&good).unwrap().id());
    let later = Craft { issued_at_s: START.as_secs() + 1, ..release_craft() };
    assert_ne!(claimed_id(&later.bytes()), claimed_id(&good), "another time, another statement");
}

#[test]
fn bytes_that_are_no_envelope_are_named_by_their_hash() {
    let noise = b"not an envelope";
    assert_eq!(claimed_id(noise).as_bytes(), Hash32::of(noise).as_bytes());
}

proptest! {
    #[test]
    fn noise_is_refused_and_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(opened(&bytes).is_err());
        prop_assert!(reopen(bytes).is_err());
    }

    #[test]
    fn a_payload_of_noise_is_refused_and_never_panics(
        payload in proptest::collection::vec(any::<u8>(), 0..200),
        kind in prop::sample::select(Kind::ALL),
    ) {
        prop_assert!(Document::read(kind, &payload).is_err());
    }
}
