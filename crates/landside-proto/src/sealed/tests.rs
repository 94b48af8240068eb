use proptest::prelude::*;

use super::grant::{Reader, Standing};
use super::*;
use crate::document::{ReleaseAction, ReleaseChange, ReleaseOrder, ReleaseTerms, Role};
use crate::envelope;
use crate::ids::DocId;
use crate::refusal::Refusal;
use crate::world::{
    CUSTOMS, DRIVER, FORWARDER, HAULIER, LINE, LINE_2, PORT_AUTHORITY, START, SUB_HAULIER,
    TERMINAL, TERMINAL_2, World, actor, change, code, key, pass_to, release, replace, status,
    terms,
};

const TEXTS: [(SealedField, &str); 4] = [
    (SealedField::Consignee, "Adler Toys GmbH"),
    (SealedField::Cargo, "wooden trains, 412 cartons"),
    (SealedField::Value, "182500.00 EUR"),
    (SealedField::ReleaseToIdentity, "DE123456789012345"),
];

fn value(field: SealedField, text: &str) -> SealedValue {
    SealedValue::parse(field, text).unwrap()
}

/// A disclosure of each field; the salts differ by `tone` and by field.
fn disclosures(tone: u8) -> Vec<Disclosure> {
    TEXTS
        .iter()
        .map(|(field, text)| Disclosure::new(value(*field, text), [tone + field.number(); 16]))
        .collect()
}

fn sealed_order(to: &str, disclosures: &[Disclosure]) -> ReleaseOrder {
    ReleaseOrder { sealed: SealedFields::of(Kind::ReleaseOrder, disclosures), ..release(to) }
}

fn signed(document: impl Into<Document>) -> Signed<Document> {
    envelope::seal(document.into(), actor(LINE), START, &key(LINE)).unwrap()
}

fn order() -> Signed<Document> {
    signed(sealed_order(FORWARDER, &disclosures(1)))
}

fn bytes_of(disclosures: &[Disclosure]) -> Vec<Vec<u8>> {
    disclosures.iter().map(|d| d.bytes().to_vec()).collect()
}

fn refused(bytes: &[u8]) -> Refusal {
    Disclosure::open(bytes, &order()).expect_err("must be refused")
}

/// `[field, salt, text]` in any spelling of the number.
fn raw(field: &[u8], salt: &[u8], text: &str) -> Vec<u8> {
    let mut bytes = vec![0x83];
    bytes.extend_from_slice(field);
    let mut e = Encoder::new(&mut bytes);
    e.bytes(salt).unwrap().str(text).unwrap();
    bytes
}

#[test]
fn what_was_sealed_opens_and_says_what_it_said() {
    let order = order();
    for (disclosure, (field, text)) in disclosures(1).iter().zip(TEXTS) {
        let opened = Disclosure::open(disclosure.bytes(), &order).unwrap();
        assert_eq!((opened.field(), opened.value().reveal()), (field, text));
        assert_eq!(opened.bytes(), disclosure.bytes());
    }
    assert_eq!(Disclosure::open_every(&bytes_of(&disclosures(1)), &order).unwrap().len(), 4);
}

#[test]
fn the_signed_bytes_show_no_value() {
    let order = order();
    for (_, text) in TEXTS {
        assert!(!order.bytes().windows(text.len()).any(|w| w == text.as_bytes()), "{text}");
    }
}

#[test]
fn the_digest_is_that_of_the_protocol() {
    let disclosure = Disclosure::new(value(SealedField::Cargo, "toys"), [7; 16]);
    let mut hashed = b"landside sealed field v1\n\x84\x6drelease-order\x01\x50".to_vec();
    hashed.extend_from_slice(&[7; 16]);
    hashed.extend_from_slice(b"\x64toys");
    assert_eq!(disclosure.digest(Kind::ReleaseOrder), Hash32::of(&hashed));
    assert_ne!(disclosure.digest(Kind::ReleaseChange), Hash32::of(&hashed));
}

#[test]
fn another_value_salt_field_or_document_is_a_mismatch() {
    let other_value = Disclosure::new(value(SealedField::Cargo, "brass trains"), [2; 16]);
    let other_salt = Disclosure::new(value(SealedField::Cargo, TEXTS[1].1), [3; 16]);
    // The consignee's words and salt, said to be of the cargo.
    let other_field = Disclosure::new(value(SealedField::Cargo, TEXTS[0].1), [1; 16]);
    for forged in [other_value, other_salt, other_field] {
        assert_eq!(refused(forged.bytes()).code, Code::DisclosureMismatch);
    }
    let elsewhere = signed(sealed_order(FORWARDER, &disclosures(9)));
    let ours = &disclosures(1)[0];
    assert_eq!(code(Disclosure::open(ours.bytes(), &elsewhere)), Code::DisclosureMismatch);
}

#[test]
fn a_document_that_does_not_seal_the_field_takes_no_disclosure_of_it() {
    let ours = &disclosures(1);
    let without = signed(release(FORWARDER));
    assert_eq!(code(Disclosure::open(ours[0].bytes(), &without)), Code::DisclosureMismatch);
    let cargo_only = signed(sealed_order(FORWARDER, &ours[1..2]));
    assert_eq!(code(Disclosure::open(ours[0].bytes(), &cargo_only)), Code::DisclosureMismatch);
    let arrival =
        envelope::seal(crate::world::arrival().into(), actor(TERMINAL), START, &key(TERMINAL));
    let refusal = Disclosure::open(ours[0].bytes(), &arrival.unwrap());
    assert_eq!(code(refusal), Code::DisclosureMismatch);
}

#[test]
fn a_digest_of_an_order_is_none_of_a_change() {
    let ours = disclosures(1);
    let of_order = SealedFields::of(Kind::ReleaseOrder, &ours);
    let moved =
        ReleaseChange { sealed: of_order, ..replace(DocId::from_bytes([1; 32]), terms(FORWARDER)) };
    let refusal = Disclosure::open(ours[0].bytes(), &signed(moved));
    assert_eq!(code(refusal), Code::DisclosureMismatch);
}

#[test]
fn bytes_that_are_no_disclosure_are_malformed() {
    let good = disclosures(1)[1].bytes().to_vec();
    let salt = [2; 16];
    let text = TEXTS[1].1;
    let mut cases = vec![
        ("nothing", vec![]),
        ("a number", vec![0x01]),
        ("two items", [&[0x82][..], &good[1..]].concat()),
        ("an array without a length", [&[0x9f][..], &good[1..], &[0xff]].concat()),
        ("bytes after the end", [&good[..], &[0]].concat()),
        ("a field in two bytes", raw(&[0x18, 0x01], &salt, text)),
        ("a negative field", raw(&[0x20], &salt, text)),
        ("a field of no number", raw(&[0x04], &salt, text)),
        ("a salt of 15 bytes", raw(&[0x01], &[2; 15], text)),
        ("a salt of 17 bytes", raw(&[0x01], &[2; 17], text)),
        ("no salt", raw(&[0x01], &[], text)),
        ("too long", raw(&[0x01], &salt, &"x".repeat(DISCLOSURE_MAX))),
        ("an empty cargo", raw(&[0x01], &salt, "")),
        ("a cargo of 201 bytes", raw(&[0x01], &salt, &"x".repeat(201))),
        ("a cargo that steers the screen", raw(&[0x01], &salt, "toys\u{1b}[2J")),
        ("a value in words", raw(&[0x02], &salt, "plenty")),
        ("an identity with a blank", raw(&[0x03], &salt, "DE1 ")),
    ];
    cases.extend((1..good.len()).map(|cut| ("cut short", good[..cut].to_vec())));
    for (what, bytes) in cases {
        assert_eq!(refused(&bytes).code, Code::DisclosureMalformed, "{what}");
    }
}

#[test]
fn a_value_is_an_amount_and_a_currency_in_one_spelling() {
    for good in ["0 EUR", "0.50 EUR", "12500 USD", "123456789012345.1234 CLF"] {
        assert!(SealedValue::parse(SealedField::Value, good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "EUR",
        "12500",
        "12500EUR",
        "12500  EUR",
        " 12500 EUR",
        "12500 EUR ",
        "12500 eur",
        "12500 EURO",
        "12500 E1R",
        "012500 EUR",
        "00 EUR",
        ".5 EUR",
        "5. EUR",
        "5.12345 EUR",
        "1234567890123456 EUR",
        "12,5 EUR",
        "-5 EUR",
        "5.5.5 EUR",
        "٥ EUR",
    ] {
        assert!(SealedValue::parse(SealedField::Value, bad).is_err(), "{bad}");
    }
}

#[test]
fn a_registrar_takes_every_field_or_none() {
    let all = bytes_of(&disclosures(1));
    for left_out in 0..all.len() {
        let mut some = all.clone();
        some.remove(left_out);
        assert_eq!(code(Disclosure::open_every(&some, &order())), Code::DisclosureMissing);
        assert_eq!(Disclosure::open_each(&some, &order()).unwrap().len(), 3);
    }
    assert_eq!(code(Disclosure::open_every(&[], &order())), Code::DisclosureMissing);
    assert_eq!(Disclosure::open_every(&[], &signed(release(FORWARDER))).unwrap(), vec![]);
}

#[test]
fn too_many_disclosures_or_one_twice_are_refused() {
    let mut five = bytes_of(&disclosures(1));
    five.push(five[0].clone());
    assert_eq!(code(Disclosure::open_each(&five, &order())), Code::DisclosureMalformed);
    let twice = vec![five[0].clone(), five[0].clone()];
    assert_eq!(code(Disclosure::open_each(&twice, &order())), Code::DisclosureMalformed);
}

#[test]
fn neither_debug_nor_a_refusal_shows_a_value() {
    let disclosure = Disclosure::new(value(SealedField::Consignee, "Secret Ltd"), [5; 16]);
    for shown in [
        format!("{disclosure:?} {:?}", disclosure.value()),
        refused(disclosure.bytes()).to_string(),
        refused(&raw(&[0x02], &[1; 16], "Secret Ltd")).to_string(),
        SealedValue::parse(SealedField::Value, "Secret Ltd").unwrap_err().to_string(),
    ] {
        assert!(!shown.contains("Secret"), "{shown}");
    }
}

#[test]
fn sealed_fields_in_signed_bytes_have_one_spelling() {
    let digest = [&[0x58, 0x20][..], &[7; 32]].concat();
    let map = |entries: &[&[u8]]| {
        [&[0xa0 + u8::try_from(entries.len()).unwrap()][..], &entries.concat()].concat()
    };
    let entry = |number: u8| [&[number][..], &digest].concat();
    let read = |bytes: &[u8]| minicbor::decode::<SealedFields>(bytes);
    let good = map(&[&entry(0), &entry(3)]);
    assert_eq!(minicbor::to_vec(read(&good).unwrap()).unwrap(), good);
    assert!(read(&[0xa0]).is_err(), "nothing sealed");
    assert!(read(&map(&[&entry(4)])).is_err(), "a number of no field");
    assert!(read(&[0xbf, 0xff]).is_err(), "no length");
    assert!(read(&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err(), "endless");
    for other in [map(&[&entry(3), &entry(0)]), map(&[&entry(0), &entry(0)])] {
        // Read, and caught by whoever compares with the canonical form.
        assert_ne!(minicbor::to_vec(read(&other).unwrap()).unwrap(), other);
    }
}

#[test]
fn a_change_seals_only_with_a_replacement() {
    let sealed = SealedFields::of(Kind::ReleaseChange, &disclosures(1));
    let id = DocId::from_bytes([1; 32]);
    let good = ReleaseChange { sealed: sealed.clone(), ..replace(id, terms(FORWARDER)) };
    assert!(Document::from(good).checked().is_ok());
    let bad = ReleaseChange { sealed, ..change(id, ReleaseAction::Block) };
    assert_eq!(code(Document::from(bad).checked()), Code::BadField);
}

proptest! {
    #[test]
    fn any_bytes_open_to_the_sealed_value_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let order = order();
        if let Ok(opened) = Disclosure::open(&bytes, &order) {
            prop_assert_eq!(opened.bytes(), &bytes[..]);
            prop_assert_eq!(Some(opened.digest(Kind::ReleaseOrder)), order.document().sealed().unwrap().get(opened.field()));
        }
    }

    #[test]
    fn no_change_of_a_byte_is_accepted(which in 0_usize..4, at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let order = order();
        let mut bytes = disclosures(1)[which].bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(Disclosure::open(&bytes, &order).is_err());
    }

    #[test]
    fn any_text_within_the_rule_comes_back(cargo in "[^\\p{C}\\u{2028}\\u{2029}\\u{ad}]{1,50}", salt in any::<[u8; 16]>()) {
        let Ok(value) = SealedValue::parse(SealedField::Cargo, &cargo) else { return Ok(()) };
        let disclosure = Disclosure::new(value, salt);
        prop_assert!(disclosure.bytes().len() <= DISCLOSURE_MAX);
        let order = signed(sealed_order(FORWARDER, std::slice::from_ref(&disclosure)));
        let opened = Disclosure::open(disclosure.bytes(), &order).unwrap();
        prop_assert_eq!(opened.value().reveal(), cargo);
    }
}

// Grants.

/// Who may see which fields of a document, as numbers.
fn sees(world: &World, name: &str, document: DocId) -> Vec<u8> {
    let actor = actor(name);
    let reader = Reader { actor: &actor, roles: world.authorities.roles(&actor) };
    let may = |field: &SealedField| reader.may_see(world.case(), document, *field);
    SealedField::ALL.into_iter().filter(may).map(SealedField::number).collect()
}

const ALL: [u8; 4] = [0, 1, 2, 3];
const NONE: [u8; 0] = [];

/// Released with sealed fields to the forwarder, passed on to haulier and sub-haulier.
fn passed_on() -> (World, DocId) {
    let mut world = World::new();
    let order = world.register(sealed_order(FORWARDER, &disclosures(1)), LINE).unwrap();
    let right = world.right();
    let hop = world.register(pass_to(HAULIER, right), FORWARDER).unwrap();
    world.register(pass_to(SUB_HAULIER, hop), HAULIER).unwrap();
    world.register(status(None, crate::document::CustomsState::Released), CUSTOMS).unwrap();
    (world, order)
}

#[test]
fn only_line_terminal_customs_and_the_release_to_party_see_sealed_fields() {
    let (world, order) = passed_on();
    for name in [LINE, TERMINAL, CUSTOMS, FORWARDER] {
        assert_eq!(sees(&world, name, order), ALL, "{name}");
    }
    for name in [HAULIER, SUB_HAULIER, DRIVER, LINE_2, TERMINAL_2, PORT_AUTHORITY, "stranger"] {
        assert_eq!(sees(&world, name, order), NONE, "{name}");
    }
}

#[test]
fn a_haulier_to_whom_the_line_releases_sees_nothing_sealed() {
    let mut world = World::new();
    let order = world.register(sealed_order(HAULIER, &disclosures(1)), LINE).unwrap();
    assert_eq!(world.holder(), HAULIER);
    assert_eq!(sees(&world, HAULIER, order), NONE);
}

#[test]
fn the_next_release_to_party_sees_the_goods_but_not_the_number_of_the_one_before() {
    let (mut world, order) = passed_on();
    world.register(replace(order, terms(HAULIER)), LINE).unwrap();
    assert_eq!(sees(&world, FORWARDER, order), NONE, "what waited for it no longer goes");

    let (mut world, order) = passed_on();
    let replaced = world.register(replace(order, terms(HAULIER)), LINE).unwrap();
    world.register(replace(replaced, terms(FORWARDER)), LINE).unwrap();
    assert_eq!(sees(&world, FORWARDER, order), [0, 1, 2]);
    assert_eq!(sees(&world, CUSTOMS, order), ALL);
}

#[test]
fn a_field_sealed_anew_takes_the_place_of_the_one_before() {
    let (mut world, order) = passed_on();
    let cargo = &disclosures(5)[1..2];
    let sealed = SealedFields::of(Kind::ReleaseChange, cargo);
    let changed = ReleaseChange { sealed, ..replace(order, terms(FORWARDER)) };
    let change = world.register(changed, LINE).unwrap();
    assert_eq!(sees(&world, FORWARDER, order), [0, 2, 3]);
    assert_eq!(sees(&world, FORWARDER, change), [1]);
    assert_eq!(sees(&world, HAULIER, change), NONE);
    let sealed = &world.case().releases.values().next().unwrap().sealed;
    assert_eq!(sealed[&SealedField::Cargo], change);
    assert_eq!(sealed[&SealedField::Consignee], order);
}

#[test]
fn a_block_and_other_dates_leave_the_sealed_fields_in_force() {
    let (mut world, order) = passed_on();
    let later =
        ReleaseTerms { valid_until: START.plus(20 * crate::world::DAY), ..terms(FORWARDER) };
    let replaced = world.register(replace(order, later), LINE).unwrap();
    world.register(change(replaced, ReleaseAction::Block), LINE).unwrap();
    assert_eq!(sees(&world, FORWARDER, order), ALL);
}

#[test]
fn after_a_revoke_a_new_release_shows_its_own_fields_and_not_the_old_ones() {
    let (mut world, old) = passed_on();
    world.register(change(old, ReleaseAction::Revoke), LINE).unwrap();
    assert_eq!(sees(&world, FORWARDER, old), NONE);
    let new = world.register(sealed_order(FORWARDER, &disclosures(5)), LINE).unwrap();
    assert_eq!(sees(&world, FORWARDER, new), ALL);
    assert_eq!(sees(&world, FORWARDER, old), NONE);
    assert_eq!(sees(&world, LINE, old), ALL);
}

#[test]
fn who_can_never_be_granted_anything_is_told_by_its_roles() {
    let ever = |roles: &[Role]| Reader { actor: &actor(HAULIER), roles }.may_ever_see();
    for role in Role::ALL {
        let expected = matches!(role, Role::Customs | Role::Shipper | Role::Forwarder);
        assert_eq!(ever(&[role]), expected, "{role:?}");
    }
    assert!(ever(&[Role::Haulier, Role::Forwarder]));
    assert!(!ever(&[]));
}

#[test]
fn no_standing_but_the_four_is_granted_anything() {
    for standing in Standing::ALL {
        let granted = standing.grants();
        assert_eq!(granted.is_empty(), standing == Standing::Other, "{standing:?}");
    }
}
