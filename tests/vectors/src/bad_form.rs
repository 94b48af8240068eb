//! Envelopes and payloads of the wrong form. Those whose signature could be good have a good one.

use ciborium::Value;
use landside_proto::envelope::ENVELOPE_MAX;
use landside_proto::refusal::Code;

use crate::forge::{Pieces, at, bytes, entries, items, read, remove, set, write};
use crate::format::Bad;
use crate::good;

pub(crate) fn vectors() -> Vec<Bad> {
    let order = good::sealed("release-order");
    let (pieces, good) = (Pieces::of(&order), order.bytes().to_vec());
    let mut all = size(&good);
    all.extend(spelling(&good));
    all.extend(shape(&pieces, &good));
    all.extend(header(&pieces));
    all.extend(header_spelling(&pieces));
    all.extend(content_type(&pieces));
    all.extend(payload(&pieces));
    all.extend(payload_spelling(&pieces));
    all
}

fn size(good: &[u8]) -> Vec<Bad> {
    let zeros = |name, shows, code, total: usize| Bad {
        zeros_after: Some(total - good.len()),
        ..Bad::new(name, shows, code, good)
    };
    let (half, most) = (good.len() / 2, good.len() - 1);
    vec![
        zeros("oversized", "one byte over the limit", Code::TooLarge, ENVELOPE_MAX + 1),
        zeros(
            "padded-to-limit",
            "at the limit, a good document and zeros",
            Code::NotCanonical,
            ENVELOPE_MAX,
        ),
        Bad::new("empty", "no bytes", Code::Malformed, []),
        Bad::new("truncated-to-tag", "the tag alone", Code::Malformed, &good[..1]),
        Bad::new("truncated-half", "the first half", Code::Malformed, &good[..half]),
        Bad::new("truncated-by-one", "the last byte is missing", Code::Malformed, &good[..most]),
        Bad::new(
            "trailing-byte",
            "one byte follows the envelope",
            Code::NotCanonical,
            [good, &[0]].concat(),
        ),
        Bad::new("twice", "the envelope twice in a row", Code::NotCanonical, [good, good].concat()),
    ]
}

/// The same envelope in words that a lax reader takes for the same.
fn spelling(good: &[u8]) -> Vec<Bad> {
    // 0xd2 tag 18, 0x84 array of four, 0x58 byte string with a length of one byte
    assert_eq!(good[..3], [0xd2, 0x84, 0x58], "heads of a good envelope");
    let respelled = |name, shows, code, head: &[u8], skip: usize| {
        Bad::new(name, shows, code, [head, &good[skip..]].concat())
    };
    let protected_len = good[3];
    let unprotected = 4 + usize::from(protected_len);
    let around = |head: &[u8], skip: usize| {
        [&good[..unprotected], head, &good[unprotected + skip..]].concat()
    };
    assert_eq!(good[unprotected + 1], 0x58, "the payload's length takes one byte");
    let long_payload = [0xa0, 0x59, 0, good[unprotected + 2]];
    let indefinite = [&[0xd2, 0x9f], &good[2..], &[0xff]].concat();
    let chunked =
        [&[0xd2, 0x84, 0x5f], &good[2..unprotected], &[0xff], &good[unprotected..]].concat();
    vec![
        Bad::new("indefinite-array", "array of open length", Code::Malformed, indefinite),
        Bad::new("chunked-protected", "byte string in chunks", Code::Malformed, chunked),
        respelled("long-tag", "tag 18 in two bytes", Code::NotCanonical, &[0xd8, 0x12], 1),
        respelled(
            "long-array-head",
            "array head in two bytes",
            Code::NotCanonical,
            &[0xd2, 0x98, 4],
            2,
        ),
        respelled(
            "long-protected-length",
            "length of the protected header in two bytes",
            Code::NotCanonical,
            &[0xd2, 0x84, 0x59, 0, protected_len],
            4,
        ),
        Bad::new(
            "long-payload-length",
            "length of the payload in two bytes",
            Code::NotCanonical,
            around(&long_payload, 3),
        ),
        Bad::new(
            "long-unprotected-head",
            "empty unprotected header in two bytes",
            Code::NotCanonical,
            around(&[0xb8, 0], 1),
        ),
        Bad::new(
            "indefinite-unprotected",
            "empty unprotected header of open length",
            Code::Malformed,
            around(&[0xbf, 0xff], 1),
        ),
    ]
}

/// Not the tagged array of four that COSE_Sign1 is.
fn shape(pieces: &Pieces, good: &[u8]) -> Vec<Bad> {
    let built = |name, shows, edit: &dyn Fn(&mut Vec<Value>)| {
        let mut list = pieces.items();
        edit(&mut list);
        let envelope = write(&Value::Tag(18, Box::new(Value::Array(list))));
        Bad::new(name, shows, Code::Malformed, envelope)
    };
    let bare = write(&Value::Array(pieces.items()));
    let retagged = |tag| write(&Value::Tag(tag, Box::new(Value::Array(pieces.items()))));
    let wrapped = |tag| write(&Value::Tag(tag, Box::new(read(good))));
    vec![
        Bad::new("no-tag", "no tag before the array", Code::Malformed, bare),
        Bad::new("tag-sign", "tag 98, COSE_Sign", Code::Malformed, retagged(98)),
        Bad::new("tag-mac0", "tag 17, COSE_Mac0", Code::Malformed, retagged(17)),
        Bad::new("tag-cwt-outside", "tag 61, CWT, around it", Code::Malformed, wrapped(61)),
        Bad::new(
            "tag-self-described",
            "tag 55799, self-described CBOR, around it",
            Code::Malformed,
            wrapped(55799),
        ),
        Bad::new("not-cbor", "text of a JWS", Code::Malformed, *b"eyJhbGciOiJFZERTQSJ9.e30.AA"),
        built("five-items", "a fifth item", &|list| list.push(bytes(&[]))),
        built("three-items", "no signature", &|list| drop(list.pop())),
        built("payload-detached", "null for the payload", &|list| list[2] = Value::Null),
        built("payload-as-text", "text for the payload", &|list| list[2] = "release".into()),
        built("unprotected-kid", "the key id also in the unprotected header", &|list| {
            set(&mut list[1], 4, bytes(&[1, 2, 3, 4, 5, 6, 7, 8]));
        }),
        built("unprotected-unknown", "an unknown label in the unprotected header", &|list| {
            set(&mut list[1], 99, 1);
        }),
        built("unprotected-null", "null for the unprotected header", &|list| {
            list[1] = Value::Null;
        }),
        built("protected-as-map", "protected header not in a byte string", &|list| {
            list[0] = read(&pieces.protected);
        }),
        built("protected-empty", "empty protected header", &|list| list[0] = bytes(&[])),
        built("signature-empty", "empty signature", &|list| list[3] = bytes(&[])),
        built("signature-short", "signature of 63 bytes", &|list| {
            list[3] = bytes(&pieces.signature[..63]);
        }),
        built("signature-long", "signature of 65 bytes", &|list| {
            list[3] = bytes(&[&pieces.signature[..], &[0]].concat());
        }),
    ]
}

/// Protected headers with something wrong or missing, signed as they are.
fn header(pieces: &Pieces) -> Vec<Bad> {
    let signed = |name, shows, code, edit: &dyn Fn(&mut Value)| {
        let envelope = pieces.clone().header(edit).signed_by("line").envelope();
        Bad::new(name, shows, code, envelope)
    };
    let alg = Code::UnsupportedAlgorithm;
    vec![
        signed("alg-ed25519", "algorithm -19, the same signature by its new name", alg, &|h| {
            set(h, 1, -19);
        }),
        signed("alg-es256", "algorithm -7", alg, &|h| set(h, 1, -7)),
        signed("alg-hmac", "algorithm 5, HMAC 256/256", alg, &|h| set(h, 1, 5)),
        signed("alg-none", "algorithm 0, reserved", alg, &|h| set(h, 1, 0)),
        signed("alg-as-text", "algorithm as text", Code::Malformed, &|h| set(h, 1, "EdDSA")),
        signed("alg-missing", "no algorithm", Code::Malformed, &|h| remove(h, 1)),
        signed("kid-missing", "no key id", Code::Malformed, &|h| remove(h, 4)),
        signed("kid-short", "key id of four bytes", Code::Malformed, &|h| {
            set(h, 4, bytes(&[1, 2, 3, 4]));
        }),
        signed("kid-long", "the whole public key as key id", Code::Malformed, &|h| {
            set(h, 4, bytes(&[9; 32]));
        }),
        signed("claims-missing", "no CWT claims", Code::Malformed, &|h| remove(h, 15)),
        signed("issuer-missing", "no issuer", Code::Malformed, &|h| remove(at(h, &[15]), 1)),
        signed("issuer-spelled-large", "issuer in capitals", Code::Malformed, &|h| {
            set(at(h, &[15]), 1, "LINE");
        }),
        signed("issuer-homoglyph", "issuer with a Cyrillic letter", Code::Malformed, &|h| {
            set(at(h, &[15]), 1, "lin\u{0435}");
        }),
        signed("subject-missing", "no subject", Code::Malformed, &|h| {
            remove(at(h, &[15]), 2);
        }),
        signed("issued-missing", "no time of issue", Code::Malformed, &|h| {
            remove(at(h, &[15]), 6);
        }),
        signed("issued-as-float", "time of issue as a float", Code::Malformed, &|h| {
            set(at(h, &[15]), 6, 1_795_426_200.0);
        }),
        signed("issued-before-1970", "negative time of issue", Code::Malformed, &|h| {
            set(at(h, &[15]), 6, -1);
        }),
    ]
}

/// Protected headers that say something more, or the same in other words, signed as they are.
fn header_spelling(pieces: &Pieces) -> Vec<Bad> {
    let signed = |name, shows, edit: &dyn Fn(&mut Value)| {
        let envelope = pieces.clone().header(edit).signed_by("line").envelope();
        Bad::new(name, shows, Code::NotCanonical, envelope)
    };
    let mut trailing = pieces.clone();
    trailing.protected.push(0);
    let mut long = pieces.clone();
    long.protected.splice(..1, [0xb8, 4]);
    vec![
        signed("header-out-of-order", "content type before algorithm", &|h| {
            entries(h).swap(0, 1);
        }),
        signed("header-duplicate", "the algorithm twice", &|h| {
            entries(h).insert(0, (1.into(), (-8).into()));
        }),
        signed("header-crit", "a critical header (label 2)", &|h| {
            set(h, 2, Value::Array(vec![99.into()]));
        }),
        signed("header-unknown", "an unknown label", &|h| set(h, 99, 1)),
        signed("claims-expiry", "a claim that documents do not have (exp)", &|h| {
            set(at(h, &[15]), 4, 2_000_000_000);
        }),
        signed("claims-out-of-order", "subject before issuer", &|h| {
            entries(at(h, &[15])).swap(0, 1);
        }),
        Bad::new(
            "header-trailing-byte",
            "one byte follows the map in the protected header",
            Code::NotCanonical,
            trailing.signed_by("line").envelope(),
        ),
        Bad::new(
            "header-long-head",
            "map head of the protected header in two bytes",
            Code::NotCanonical,
            long.signed_by("line").envelope(),
        ),
    ]
}

fn content_type(pieces: &Pieces) -> Vec<Bad> {
    let typed = |name, shows, code, to: Value| {
        let edited = pieces.clone().header(|h| set(h, 3, to));
        Bad::new(name, shows, code, edited.signed_by("line").envelope())
    };
    let named = |name, shows, text: &str| typed(name, shows, Code::UnknownKind, text.into());
    vec![
        named(
            "kind-unknown",
            "a kind that no version has",
            "application/vnd.landside.delivery-order.v1+cbor",
        ),
        named(
            "kind-of-version-2",
            "version 2 of a kind",
            "application/vnd.landside.release-order.v2+cbor",
        ),
        named(
            "kind-spelled-large",
            "kind in capitals",
            "application/vnd.landside.Release-Order.v1+cbor",
        ),
        named(
            "content-type-parameter",
            "a parameter after the kind",
            "application/vnd.landside.release-order.v1+cbor; charset=utf-8",
        ),
        named("content-type-foreign", "another content type", "application/cwt"),
        named("content-type-empty", "empty content type", ""),
        typed("content-type-number", "a CoAP number (61, CWT)", Code::Malformed, 61.into()),
    ]
}

/// Payloads that do not have the fields of their kind, signed as they are.
fn payload(pieces: &Pieces) -> Vec<Bad> {
    let signed = |name, shows, edit: &dyn Fn(&mut Value)| {
        let envelope = pieces.clone().body(edit).signed_by("line").envelope();
        Bad::new(name, shows, Code::Malformed, envelope)
    };
    let raw = |name, shows, payload: &[u8]| {
        let pieces = Pieces { payload: payload.to_vec(), ..pieces.clone() };
        Bad::new(name, shows, Code::Malformed, pieces.signed_by("line").envelope())
    };
    let hold_type = "application/vnd.landside.hold.v1+cbor";
    let other_kind = pieces.clone().header(|h| set(h, 3, hold_type)).signed_by("line");
    let text = |container: &[u8]| {
        let place = find(&pieces.payload, good::CONTAINER.as_bytes());
        let mut payload = pieces.payload.clone();
        payload[place..place + container.len()].copy_from_slice(container);
        payload
    };
    vec![
        raw("payload-empty", "no payload bytes", &[]),
        raw("payload-truncated", "the payload's last byte is missing", &{
            let payload = &pieces.payload;
            payload[..payload.len() - 1].to_vec()
        }),
        raw("payload-json", "the payload in JSON", br#"{"bill":"1"}"#),
        raw("payload-not-utf8", "a text that is not UTF-8", &text(&[0xff])),
        signed("payload-array", "an array for the map", &|p| *p = Value::Array(Vec::new())),
        signed("payload-tagged", "a tag around the map", &|p| {
            *p = Value::Tag(24, Box::new(p.clone()));
        }),
        signed("payload-text-keys", "names for the key numbers", &|p| {
            for ((key, _), name) in entries(p).iter_mut().zip(["visit", "bill", "terms"]) {
                *key = name.into();
            }
        }),
        signed("visit-missing", "no terminal and container", &|p| remove(p, 0)),
        signed("terms-missing", "no terms", &|p| remove(p, 2)),
        signed("visit-one-item", "no container", &|p| drop(items(at(p, &[0])).pop())),
        signed("until-as-text", "RFC 3339 for milliseconds", &|p| {
            set(at(p, &[2]), 2, "2026-12-05T22:00:00Z");
        }),
        signed("until-negative", "a time before 1970", &|p| set(at(p, &[2]), 2, -1)),
        signed("until-as-float", "a time as a float", &|p| {
            set(at(p, &[2]), 2, 1_796_508_000_000.5);
        }),
        signed("haulage-unknown", "a haulage number that nobody has", &|p| {
            set(at(p, &[2]), 3, 2);
        }),
        signed("bill-as-bytes", "a byte string for a text", &|p| set(p, 1, bytes(b"LSD"))),
        signed("message-too-large", "a count of 2^32", &|p| {
            set(at(p, &[5]), 1, 4_294_967_296_i64);
        }),
        Bad::new(
            "payload-of-another-kind",
            "a release order that calls itself a hold",
            Code::Malformed,
            other_kind.envelope(),
        ),
    ]
}

/// Payloads that say the same in other words, signed as they are.
fn payload_spelling(pieces: &Pieces) -> Vec<Bad> {
    let signed = |name, shows, edit: &dyn Fn(&mut Value)| {
        let envelope = pieces.clone().body(edit).signed_by("line").envelope();
        Bad::new(name, shows, Code::NotCanonical, envelope)
    };
    let raw = |name, shows, payload: Vec<u8>| {
        let pieces = Pieces { payload, ..pieces.clone() };
        Bad::new(name, shows, Code::NotCanonical, pieces.signed_by("line").envelope())
    };
    let payload = &pieces.payload;
    let open_map = [&[0xbf], &payload[1..], &[0xff]].concat();
    // 0xa6 map of six, 0x00 key 0
    assert_eq!(payload[..2], [0xa6, 0x00], "heads of a good payload");
    vec![
        raw("payload-trailing-byte", "one byte follows the payload", [payload, &[0][..]].concat()),
        raw("payload-open-map", "payload map of open length", open_map),
        raw(
            "payload-long-key",
            "key number 0 in two bytes",
            [&[0xa6, 0x18, 0x00], &payload[2..]].concat(),
        ),
        raw("payload-long-head", "map head in two bytes", [&[0xb8, 6], &payload[1..]].concat()),
        signed("payload-unknown-key", "a key number that the kind has not", &|p| {
            set(p, 23, 1);
        }),
        signed("payload-unknown-key-inside", "an unknown key number in the terms", &|p| {
            set(at(p, &[2]), 23, "x");
        }),
        signed("payload-out-of-order", "bill before visit", &|p| entries(p).swap(0, 1)),
        signed("payload-duplicate", "two bills, the wrong one first", &|p| {
            entries(p).insert(1, (1.into(), "LSD2611-00418".into()));
        }),
        signed("payload-duplicate-last", "two bills, the wrong one last", &|p| {
            entries(p).insert(2, (1.into(), "LSD2611-00418".into()));
        }),
        signed("payload-null", "null for a field that is absent", &|p| set(p, 3, Value::Null)),
        signed("visit-three-items", "a third item beside terminal and container", &|p| {
            items(at(p, &[0])).push("gate 4".into());
        }),
    ]
}

fn find(haystack: &[u8], needle: &[u8]) -> usize {
    haystack.windows(needle.len()).position(|part| part == needle).expect("it is in there")
}
