//! Disclosures of sealed fields, each beside the document it came with.
//!
//! Digests and disclosures are made here with a CBOR library that is not the product's, by the words
//! of docs/PROTOCOL.md § 14.

use std::collections::BTreeMap;

use ciborium::Value;
use landside_proto::ids::Hash32;
use landside_proto::refusal::Code;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::forge::{bytes, read, write};
use crate::format::{BadSealed, GoodSealed, Hex, SealedFile};
use crate::good;
use crate::world::{document, now, sealed as sealed_by};

/// Number, name and a value of each field.
const FIELDS: [(u8, &str, &str); 4] = [
    (0, "consignee", "Kilimo Imports Ltd"),
    (1, "cargo", "irrigation pumps, 96 crates"),
    (2, "value", "182500.00 EUR"),
    (3, "release_to_identity", "TZ108530057"),
];

pub(crate) fn file() -> SealedFile {
    let mut bad = not_a_disclosure();
    bad.extend(not_a_value());
    bad.extend(not_what_was_sealed());
    bad.extend(not_the_right_set());
    SealedFile {
        about:
            "Documents with sealed fields and what came beside them, to open with the directory \
                named, at `now`."
                .into(),
        now: now(),
        directory: "edition-1".into(),
        good: good_ones(),
        bad,
    }
}

/// The parts of a disclosure, in whatever state.
#[derive(Clone)]
struct Parts {
    field: u8,
    salt: Vec<u8>,
    value: String,
}

impl Parts {
    /// The good ones of a field.
    fn of(field: u8) -> Self {
        let (_, name, value) = FIELDS[usize::from(field)];
        let salt = Sha256::digest(format!("landside test salt v1\n{name}"));
        Self { field, salt: salt[..16].to_vec(), value: value.to_owned() }
    }

    fn saying(field: u8, value: &str) -> Self {
        Self { value: value.to_owned(), ..Self::of(field) }
    }

    fn items(&self) -> [Value; 3] {
        [self.field.into(), bytes(&self.salt), self.value.as_str().into()]
    }

    fn disclosure(&self) -> Vec<u8> {
        write(&Value::Array(self.items().into()))
    }

    fn digest(&self, kind: &str) -> Hash32 {
        let mut hashed = b"landside sealed field v1\n".to_vec();
        let items = [Value::from(kind)].into_iter().chain(self.items());
        hashed.extend(write(&Value::Array(items.collect())));
        Hash32::of(&hashed)
    }
}

fn all() -> Vec<Parts> {
    (0..4).map(Parts::of).collect()
}

fn disclosures(parts: &[Parts]) -> Vec<Vec<u8>> {
    parts.iter().map(Parts::disclosure).collect()
}

fn digests(kind: &str, parts: &[Parts]) -> BTreeMap<String, Hash32> {
    let name = |parts: &Parts| FIELDS[usize::from(parts.field)].1.to_owned();
    parts.iter().map(|parts| (name(parts), parts.digest(kind))).collect()
}

/// A document of a kind whose sealed fields have these digests.
fn sealing(kind: &str, digests: &BTreeMap<String, Hash32>) -> Vec<u8> {
    let mut payload = good::payload(kind);
    payload["sealed"] = json!(digests);
    sealed_by("line", document(kind, payload), now()).bytes().to_vec()
}

/// The release order that seals these parts.
fn order(parts: &[Parts]) -> Vec<u8> {
    sealing("release-order", &digests("release-order", parts))
}

fn good_ones() -> Vec<GoodSealed> {
    let vector = |name: &str, shows: &str, kind: &str, sealed: &[Parts], beside: &[Parts]| {
        let value = |p: &Parts| (FIELDS[usize::from(p.field)].1.to_owned(), p.value.clone());
        GoodSealed {
            name: name.to_owned(),
            shows: shows.to_owned(),
            registrar: sealed.len() == beside.len(),
            document: Hex(sealing(kind, &digests(kind, sealed))),
            digests: digests(kind, sealed),
            disclosures: disclosures(beside).into_iter().map(Hex).collect(),
            values: beside.iter().map(value).collect(),
        }
    };
    let (order, change) = ("release-order", "release-change");
    let mut good: Vec<_> = FIELDS
        .iter()
        .map(|(field, name, _)| {
            let one = [Parts::of(*field)];
            vector(
                &format!("{}-alone", name.replace('_', "-")),
                "one field sealed",
                order,
                &one,
                &one,
            )
        })
        .collect();
    let longest = [Parts::saying(1, &"x".repeat(200))];
    let mut turned = all();
    turned.reverse();
    good.extend([
        vector("order-with-all", "every field of an order sealed", order, &all(), &all()),
        vector("change-with-all", "every field of a replacement", change, &all(), &all()),
        vector("any-order", "the order of disclosures does not matter", order, &all(), &turned),
        vector("reader-with-one", "a reader who may see one of four", order, &all(), &all()[1..2]),
        vector("reader-with-none", "a reader who may see nothing", order, &all(), &[]),
        vector("longest-cargo", "a text of 200 bytes", order, &longest, &longest),
    ]);
    good
}

fn bad(
    name: &str,
    shows: &str,
    code: Code,
    document: Vec<u8>,
    disclosures: Vec<Vec<u8>>,
) -> BadSealed {
    BadSealed {
        name: name.to_owned(),
        shows: shows.to_owned(),
        // Only what is missing depends on who asks.
        registrar: code == Code::DisclosureMissing,
        refused: code.as_str().to_owned(),
        document: Hex(document),
        disclosures: disclosures.into_iter().map(Hex).collect(),
    }
}

/// Bytes beside the order that seals every field, of which the cargo's are not in their form.
fn not_a_disclosure() -> Vec<BadSealed> {
    let cargo = Parts::of(1).disclosure();
    let malformed = |name: &str, shows: &str, bytes: Vec<u8>| {
        bad(name, shows, Code::DisclosureMalformed, order(&all()), vec![bytes])
    };
    let edited = |edit: &dyn Fn(&mut Vec<Value>)| {
        let Value::Array(mut items) = read(&cargo) else { panic!("an array") };
        edit(&mut items);
        write(&Value::Array(items))
    };
    let text_head = cargo.len() - FIELDS[1].2.len() - 2;
    let mut long_text = cargo.clone();
    long_text.splice(text_head..text_head + 2, [0x79, 0x00, cargo[text_head + 1]]);
    vec![
        malformed("empty", "no bytes", vec![]),
        malformed("cut-short", "the last byte is missing", cargo[..cargo.len() - 1].to_vec()),
        malformed("byte-after", "a byte after the end", [&cargo[..], &[0]].concat()),
        malformed("a-map", "a map for the array", [&[0xa3][..], &cargo[1..]].concat()),
        malformed("four-items", "one item too many", edited(&|items| items.push(0.into()))),
        malformed("two-items", "no value", edited(&|items| drop(items.pop()))),
        malformed(
            "endless-array",
            "an array without a length",
            [&[0x9f][..], &cargo[1..], &[0xff]].concat(),
        ),
        malformed(
            "long-number",
            "the field in two bytes",
            [&[0x83, 0x18, 0x01][..], &cargo[2..]].concat(),
        ),
        malformed("long-length", "the length of the text in three bytes", long_text),
        malformed("unknown-field", "a number of no field", edited(&|items| items[0] = 4.into())),
        malformed("negative-field", "a number below zero", edited(&|items| items[0] = (-1).into())),
        malformed("salt-short", "a salt of 15 bytes", edited(&|items| items[1] = bytes(&[7; 15]))),
        malformed("salt-long", "a salt of 17 bytes", edited(&|items| items[1] = bytes(&[7; 17]))),
        malformed(
            "salt-text",
            "a text for the salt",
            edited(&|items| items[1] = "0123456789abcdef".into()),
        ),
        malformed(
            "value-bytes",
            "bytes for the value",
            edited(&|items| items[2] = bytes(b"pumps")),
        ),
        malformed("value-null", "null for the value", edited(&|items| items[2] = Value::Null)),
        malformed("too-long", "257 bytes", edited(&|items| items[2] = "x".repeat(235).into())),
    ]
}

/// Values that break their field's rule, sealed as they are.
fn not_a_value() -> Vec<BadSealed> {
    let broken = |name: &str, shows: &str, field: u8, value: &str| {
        let parts = [Parts::saying(field, value)];
        bad(name, shows, Code::DisclosureMalformed, order(&parts), disclosures(&parts))
    };
    vec![
        broken("consignee-empty", "an empty consignee", 0, ""),
        broken("consignee-two-lines", "a line feed in the consignee", 0, "Kilimo\nImports"),
        broken("cargo-too-long", "a cargo of 201 bytes", 1, &"x".repeat(201)),
        broken("cargo-escape", "a terminal escape in the cargo", 1, "pumps\u{1b}[2J"),
        broken("value-no-currency", "an amount alone", 2, "182500.00"),
        broken("value-lower-case", "a currency in small letters", 2, "182500.00 eur"),
        broken("value-zero-in-front", "a needless zero", 2, "0182500.00 EUR"),
        broken("value-comma", "a decimal comma", 2, "182500,00 EUR"),
        broken("value-point-alone", "a point with nothing behind", 2, "182500. EUR"),
        broken("value-too-precise", "five decimals", 2, "1.00000 EUR"),
        broken("value-too-large", "16 digits", 2, "1234567890123456 EUR"),
        broken("identity-too-long", "an identity of 36 characters", 3, &"7".repeat(36)),
        broken("identity-blank", "a blank at the end", 3, "TZ108530057 "),
        broken("identity-not-ascii", "an identity with an umlaut", 3, "T\u{dc}1"),
    ]
}

/// Sound disclosures of something else than the document seals.
fn not_what_was_sealed() -> Vec<BadSealed> {
    let mismatch = |name: &str, shows: &str, document: Vec<u8>, parts: Parts| {
        bad(name, shows, Code::DisclosureMismatch, document, vec![parts.disclosure()])
    };
    let salted = |field: u8| Parts { salt: vec![9; 16], ..Parts::of(field) };
    let of_order = digests("release-order", &all());
    let mut swapped = of_order.clone();
    swapped.insert("consignee".into(), of_order["cargo"]);
    let plain = sealed_by("line", document("release-order", good::payload("release-order")), now());
    vec![
        mismatch(
            "other-value",
            "a value that was not sealed",
            order(&all()),
            Parts::saying(1, "scrap"),
        ),
        mismatch("other-salt", "the value with another salt", order(&all()), salted(1)),
        mismatch(
            "other-field",
            "the consignee's words as cargo",
            order(&all()),
            Parts { field: 1, ..Parts::of(0) },
        ),
        mismatch(
            "other-document",
            "a disclosure of another order",
            order(&[salted(0), salted(1)]),
            Parts::of(1),
        ),
        mismatch(
            "not-sealed",
            "a field that this order does not seal",
            order(&all()[..1]),
            Parts::of(1),
        ),
        mismatch(
            "nothing-sealed",
            "an order that seals nothing",
            plain.bytes().to_vec(),
            Parts::of(1),
        ),
        mismatch(
            "of-another-kind",
            "a digest of an order in a change",
            sealing("release-change", &of_order),
            Parts::of(1),
        ),
        mismatch(
            "of-another-field",
            "the cargo's digest under consignee",
            sealing("release-order", &swapped),
            Parts::of(0),
        ),
    ]
}

fn not_the_right_set() -> Vec<BadSealed> {
    let order = order(&all());
    let given = disclosures(&all());
    let without = |at: usize| {
        let mut some = given.clone();
        some.remove(at);
        some
    };
    let twice = vec![given[0].clone(), given[0].clone()];
    let five = [given.clone(), given[..1].to_vec()].concat();
    vec![
        bad(
            "none",
            "nothing beside, at the registrar",
            Code::DisclosureMissing,
            order.clone(),
            vec![],
        ),
        bad(
            "first-missing",
            "no consignee, at the registrar",
            Code::DisclosureMissing,
            order.clone(),
            without(0),
        ),
        bad(
            "last-missing",
            "no identity, at the registrar",
            Code::DisclosureMissing,
            order.clone(),
            without(3),
        ),
        bad("twice", "one field twice", Code::DisclosureMalformed, order.clone(), twice),
        bad("five", "five disclosures", Code::DisclosureMalformed, order, five),
    ]
}
