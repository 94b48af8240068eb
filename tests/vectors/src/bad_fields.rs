//! Payloads of sound form whose fields break a rule, signed as they are by the right party.

use ciborium::Value;
use data_encoding::HEXLOWER;
use landside_proto::document::{NewKey, Possession};
use landside_proto::refusal::Code;

use crate::forge::{Pieces, at, bytes, entries, items, remove, set};
use crate::format::Bad;
use crate::good::{self, KINDS};

pub(crate) fn vectors() -> Vec<Bad> {
    let mut all = containers();
    all.extend(identifiers());
    all.extend(texts());
    all.extend(releases());
    all.extend(sealed_fields());
    all.extend(slots_and_drivers());
    all.extend(passes());
    all.extend(progress());
    all.extend(questions());
    all.extend(clocks());
    all.extend(gate());
    all.extend(overrides());
    all.extend(receipts());
    all.extend(rotations());
    all
}

/// The good document of a kind with one edit, signed anew by the same party.
fn bad(kind: &str, name: &str, shows: &str, edit: impl FnOnce(&mut Value)) -> Bad {
    with_code(Code::BadField, kind, name, shows, edit)
}

fn with_code(
    code: Code,
    kind: &str,
    name: &str,
    shows: &str,
    edit: impl FnOnce(&mut Value),
) -> Bad {
    let (_, by, _) = KINDS.iter().find(|(known, ..)| *known == kind).expect("a known kind");
    let pieces = Pieces::of(&good::sealed(kind)).body(edit).signed_by(by);
    Bad::new(name, shows, code, pieces.envelope())
}

/// Container numbers; the header names the same, so that only the number is wrong.
fn containers() -> Vec<Bad> {
    let with = |name, shows, number: &str| {
        let pieces = Pieces::of(&good::sealed("release-order"))
            .header(|h| set(at(h, &[15]), 2, number))
            .body(|p| *at(p, &[0, 1]) = number.into());
        Bad::new(name, shows, Code::BadField, pieces.signed_by("line").envelope())
    };
    vec![
        with("container-check-digit", "check digit 4, expected 3", "CSQU3054384"),
        with("container-transposed", "two digits of the serial swapped", "CSQU3504383"),
        with("container-category", "category X", "CSQX3054380"),
        with("container-homoglyph", "a Cyrillic letter for C", "\u{0421}SQU3054383"),
        with("container-fullwidth", "full-width digits", "CSQU\u{ff13}054383"),
        with("container-lower-case", "lower case", "csqu3054383"),
        with("container-as-painted", "blanks as on the box", "CSQU 305438 3"),
        with("container-short", "no check digit", "CSQU305438"),
        with("container-empty", "empty", ""),
        with("container-letter-o", "the letter O for a zero", "CSQU3O54383"),
    ]
}

fn identifiers() -> Vec<Bad> {
    let order = |name, shows, path: &'static [i64], to: Value| {
        bad("release-order", name, shows, |p| *at(p, path) = to)
    };
    let text = |name, shows, path, to: &str| order(name, shows, path, to.into());
    vec![
        text("terminal-in-capitals", "party id in capitals", &[0, 0], "TERMINAL"),
        text("release-to-one-letter", "party id of one letter", &[2, 0], "f"),
        text("release-to-driver", "a driver for a party", &[2, 0], "driver:0011223344556677"),
        text("bill-empty", "empty bill number", &[1], ""),
        text("bill-too-long", "bill number of 36 characters", &[1], &"7".repeat(36)),
        text("bill-with-blank", "blank at the end of the bill number", &[1], "LSD2611-00417 "),
        text("bill-not-ascii", "bill number with an umlaut", &[1], "LSD-\u{00dc}1"),
        text("bill-with-newline", "line feed in the bill number", &[1], "LSD\n417"),
        text("size-type-short", "size type of three characters", &[3], "45G"),
        text("imo-check-digit", "IMO number with a wrong check digit", &[4, 1], "9074728"),
        order(
            "until-after-year-9999",
            "a time that has no RFC 3339 text",
            &[2, 2],
            253_402_300_800_000_i64.into(),
        ),
        order("source-short", "a hash of 31 bytes", &[5, 0], bytes(&[7; 31])),
        bad("pass-right", "builds-on-short", "a document id of 31 bytes", |p| {
            set(p, 1, bytes(&[7; 31]));
        }),
        bad("pass-right", "plate-lower-case", "a plate in lower case", |p| {
            set(at(p, &[3]), 2, "t-417-klm");
        }),
        bad("driver-binding", "plate-too-long", "a plate of 17 characters", |p| {
            set(p, 4, "A".repeat(17));
        }),
    ]
}

fn texts() -> Vec<Bad> {
    let reason = |name, shows, text: &str| bad("hold", name, shows, |p| set(p, 2, text));
    vec![
        reason("remark-empty", "empty reason", ""),
        reason("remark-too-long", "reason of 201 bytes", &"x".repeat(201)),
        reason("remark-two-lines", "line feed in the reason", "scan\nor not"),
        reason("remark-escape", "terminal escape in the reason", "\u{1b}[2Jcleared"),
        reason("remark-c1-control", "a control character above ASCII", "scan\u{9b}2J"),
    ]
}

fn releases() -> Vec<Bad> {
    let terms = || {
        let mut order = crate::forge::read(&Pieces::of(&good::sealed("release-order")).payload);
        at(&mut order, &[2]).clone()
    };
    vec![
        bad("release-order", "from-after-until", "valid from after valid until", |p| {
            set(at(p, &[2]), 1, 1_796_508_000_001_i64);
        }),
        bad("release-order", "from-equals-until", "valid for no time at all", |p| {
            let until = at(p, &[2, 2]).clone();
            set(at(p, &[2]), 1, until);
        }),
        bad("release-change", "replace-without-terms", "replace needs terms", |p| remove(p, 4)),
        bad("release-change", "block-with-terms", "terms go only with replace", |p| {
            set(p, 3, 1);
        }),
        bad("release-change", "revoke-with-terms", "terms go only with replace", |p| {
            set(p, 3, 3);
        }),
        bad("release-change", "replace-from-after-until", "new terms that never hold", |p| {
            let mut terms = terms();
            set(&mut terms, 1, 1_796_508_000_001_i64);
            set(p, 4, terms);
        }),
        with_code(
            Code::Malformed,
            "release-change",
            "action-unknown",
            "an action number that nobody has",
            |p| set(p, 3, 9),
        ),
        with_code(
            Code::Malformed,
            "customs-status",
            "status-unknown",
            "a status number that nobody has is not `released`",
            |p| set(p, 3, 5),
        ),
        with_code(
            Code::Malformed,
            "hold",
            "hold-type-unknown",
            "a hold type that nobody has",
            |p| set(p, 1, 10),
        ),
    ]
}

/// Maps of digests; what the digests are of is not asked here.
fn sealed_fields() -> Vec<Bad> {
    let map = |keys: &[i64]| {
        Value::Map(keys.iter().map(|key| (Value::from(*key), bytes(&[7; 32]))).collect())
    };
    let order = |code, name, shows, sealed: Value| {
        with_code(code, "release-order", name, shows, |p| set(p, 6, sealed))
    };
    let short = Value::Map(vec![(1.into(), bytes(&[7; 31]))]);
    let text = Value::Map(vec![(1.into(), "irrigation pumps".into())]);
    vec![
        order(Code::BadField, "sealed-nothing", "a map that seals nothing", map(&[])),
        order(Code::BadField, "sealed-digest-short", "a digest of 31 bytes", short),
        order(Code::Malformed, "sealed-in-the-clear", "a text for the digest", text),
        order(Code::Malformed, "sealed-unknown-field", "a number of no field", map(&[0, 4])),
        order(Code::Malformed, "sealed-list", "a list for the map", Value::Array(vec![])),
        order(Code::NotCanonical, "sealed-unsorted", "fields not in order", map(&[1, 0])),
        order(Code::NotCanonical, "sealed-twice", "one field twice", map(&[1, 1])),
        bad("release-change", "block-with-sealed", "sealed fields go only with replace", |p| {
            set(p, 3, 1);
            remove(p, 4);
            set(p, 7, map(&[1]));
        }),
    ]
}

fn slots_and_drivers() -> Vec<Bad> {
    let weak = |name, shows, key: [u8; 32]| {
        bad("driver-credential", name, shows, |p| set(p, 0, bytes(&key)))
    };
    vec![
        bad("slot-request", "window-backwards", "a window that ends before it begins", |p| {
            items(at(p, &[3])).swap(0, 1);
        }),
        bad("slot-request", "window-empty", "a window of no length", |p| {
            let until = at(p, &[3, 1]).clone();
            *at(p, &[3, 0]) = until;
        }),
        bad("slot", "granted-without-window", "granted needs a window", |p| remove(p, 3)),
        bad("slot", "refused-with-window", "refused has none", |p| set(p, 2, 2)),
        bad("slot", "granted-window-backwards", "a window that ends before it begins", |p| {
            items(at(p, &[3])).swap(0, 1);
        }),
        bad("driver-credential", "device-key-short", "a key of 31 bytes", |p| {
            set(p, 0, bytes(&[7; 31]));
        }),
        weak("device-key-identity", "the neutral point, under which anybody can sign", IDENTITY),
        weak("device-key-order-two", "the point of order two", ORDER_TWO),
        weak("device-key-order-four", "a point of order four", [0; 32]),
        weak("device-key-off-curve", "32 bytes that are no point", OFF_CURVE),
    ]
}

/// y = 1, the neutral point.
const IDENTITY: [u8; 32] = {
    let mut point = [0; 32];
    point[0] = 1;
    point
};

/// y = -1, that is 2^255 - 20 (little-endian).
const ORDER_TWO: [u8; 32] = {
    let mut point = [0xff; 32];
    point[0] = 0xec;
    point[31] = 0x7f;
    point
};

/// y = 2 has no x on the curve.
const OFF_CURVE: [u8; 32] = {
    let mut point = [0; 32];
    point[0] = 2;
    point
};

fn passes() -> Vec<Bad> {
    let cnf = |name, shows, code, edit: &dyn Fn(&mut Value)| {
        with_code(code, "pickup-pass", name, shows, |p| edit(at(p, &[8, 1])))
    };
    let form = Code::Malformed;
    vec![
        bad("pickup-pass", "pass-ends-first", "expires before it begins", |p| {
            let not_before = at(p, &[5]).clone();
            set(p, 4, not_before);
        }),
        cnf("pass-cnf-identity", "the neutral point as device key", Code::BadField, &|k| {
            *at(k, &[-2]) = bytes(&IDENTITY);
        }),
        cnf("pass-cnf-short", "a device key of 31 bytes", Code::BadField, &|k| {
            *at(k, &[-2]) = bytes(&[7; 31]);
        }),
        cnf("pass-cnf-p256", "key type EC2", form, &|k| *at(k, &[1]) = 2.into()),
        cnf("pass-cnf-x25519", "curve X25519", form, &|k| *at(k, &[-1]) = 4.into()),
        cnf("pass-cnf-with-kid", "a fourth entry in the key", form, &|k| {
            entries(k).push((2.into(), bytes(b"kid")));
        }),
        cnf("pass-cnf-private", "the private half too", form, &|k| {
            entries(k).push(((-4).into(), bytes(&[7; 32])));
        }),
        with_code(form, "pickup-pass", "pass-cnf-kid-only", "a key id for the key", |p| {
            set(p, 8, Value::Map(vec![(3.into(), bytes(b"kid"))]));
        }),
        with_code(form, "pickup-pass", "pass-without-cnf", "no device key", |p| remove(p, 8)),
        with_code(form, "pickup-pass", "pass-without-expiry", "never expires", |p| remove(p, 4)),
        with_code(Code::NotCanonical, "pickup-pass", "pass-with-audience", "an aud claim", |p| {
            set(p, 3, "gate");
        }),
    ]
}

fn progress() -> Vec<Bad> {
    let bad = |name, shows, edit: &dyn Fn(&mut Value)| bad("progress", name, shows, |p| edit(p));
    vec![
        bad("progress-need-twice", "one need twice", &|p| {
            let needs = items(at(p, &[4]));
            let first = needs[0].clone();
            needs.insert(0, first);
        }),
        bad("progress-needs-unsorted", "needs in another order", &|p| {
            items(at(p, &[4])).reverse();
        }),
        bad("progress-overridden-twice", "one light twice", &|p| {
            items(at(p, &[5])).push(2.into());
        }),
        bad("progress-no-hops", "a right that nobody was given", &|p| {
            items(at(p, &[2, 3])).clear();
        }),
        bad("progress-nine-hops", "more hops than a chain has", &|p| {
            *items(at(p, &[2, 3])) = vec![bytes(&[7; 32]); 9];
        }),
        bad("progress-many-depots", "65 depots", &|p| {
            let depots = items(at(p, &[9]));
            *depots = vec![depots[0].clone(); 65];
        }),
    ]
}

fn questions() -> Vec<Bad> {
    let edit = |kind, name, shows, path: &'static [i64], to: Value| {
        bad(kind, name, shows, |p| *at(p, path) = to)
    };
    vec![
        edit("question", "question-empty", "no text", &[3], "".into()),
        edit("question", "question-of-lines", "a line break in the text", &[3], "a\nb".into()),
        edit("question", "question-to-nobody", "an empty party", &[2], "".into()),
        edit("question", "question-long", "201 bytes of text", &[3], "x".repeat(201).into()),
        edit("answer", "answer-empty", "no text", &[2], "".into()),
        edit("answer", "answer-long", "201 bytes of text", &[2], "x".repeat(201).into()),
        with_code(Code::Malformed, "question", "question-subject", "a third subject", |p| {
            *at(p, &[1]) = 2.into();
        }),
    ]
}

fn clocks() -> Vec<Bad> {
    let terms =
        |name, shows, field: i64, to: Value| bad("clock-terms", name, shows, |p| set(p, field, to));
    let pairs = |pairs: &[(i64, i64)]| {
        let pair = |(a, b): &(i64, i64)| Value::Array(vec![(*a).into(), (*b).into()]);
        Value::Array(pairs.iter().map(pair).collect())
    };
    let list = |items: &[i64]| Value::Array(items.iter().map(|n| (*n).into()).collect());
    vec![
        terms("clock-storage-with-bill", "storage names no bill", 1, 0.into()),
        terms("clock-demurrage-at-gate", "only detention starts there", 1, 1.into()),
        terms("clock-free-days", "367 free days", 6, 367.into()),
        bad("clock-terms", "clock-weekdays-missing", "working days, and no weekday", |p| {
            remove(p, 9);
        }),
        terms("clock-weekdays-order", "Friday before Monday", 9, list(&[4, 0])),
        terms("clock-holiday-twice", "one holiday twice", 10, list(&[20_000, 20_000])),
        terms("clock-holiday-far", "a day after the year 9999", 10, list(&[2_932_897])),
        terms("clock-suspended-by-others", "not by who charges", 11, list(&[0])),
        terms("clock-suspended-by-haulier", "a haulier suspends nothing", 11, list(&[2, 5])),
        terms("clock-minutes-none", "no minute of a day", 12, 0.into()),
        terms("clock-minutes-many", "more minutes than a day has", 12, 1_441.into()),
        terms("clock-tier-late", "no rate for the first day", 13, pairs(&[(2, 1)])),
        terms("clock-tiers-order", "tiers fall", 13, pairs(&[(1, 1), (9, 2), (8, 3)])),
        terms("clock-rate", "a rate above the highest", 13, pairs(&[(1, 1_000_000_000_001)])),
        terms("clock-currency", "a currency of two letters", 14, "US".into()),
        terms("clock-currency-small", "small letters", 14, "usd".into()),
        terms("clock-offset", "further east than any port", 15, 841.into()),
        terms("clock-offset-west", "further west than any port", 15, (-721).into()),
        terms("clock-offset-same", "a change that changes nothing", 16, pairs(&[(1, 180)])),
        terms("clock-offsets-order", "changes fall", 16, pairs(&[(2, 60), (1, 120)])),
        with_code(Code::Malformed, "clock-terms", "clock-charge", "a fourth charge", |p| {
            set(p, 1, 3);
        }),
        with_code(Code::Malformed, "clock-terms", "clock-rate-fraction", "half a cent", |p| {
            let tier = Value::Array(vec![1.into(), Value::Float(4500.5)]);
            set(p, 13, Value::Array(vec![tier]));
        }),
        bad("clock-event", "clock-waived-none", "no day is waived", |p| set(p, 6, 0)),
        bad("clock-event", "clock-waived-many", "367 days", |p| set(p, 6, 367)),
        bad("clock-event", "clock-waived-charges", "its terms say which charge", |p| {
            set(p, 3, list(&[2]));
        }),
        bad("clock-event", "clock-event-other", "another event with the fields of a waiver", |p| {
            set(p, 1, 1);
        }),
    ]
}

fn gate() -> Vec<Bad> {
    let reason = || {
        let word = |text: &str| Value::from(text);
        Value::Map(vec![
            (0.into(), word("no-pass")),
            (1.into(), word("no pass was shown")),
            (2.into(), word("haulier")),
        ])
    };
    let many = |count: usize, item: Value| Value::Array(vec![item; count]);
    vec![
        bad("gate-decision", "admit-with-reasons", "admitted in spite of a reason", |p| {
            set(p, 6, many(1, reason()));
        }),
        bad("gate-decision", "refuse-without-reasons", "refused for no reason", |p| {
            set(p, 2, 1);
        }),
        bad("gate-decision", "refuse-with-65-reasons", "more reasons than a document has", |p| {
            set(p, 2, 1);
            set(p, 6, many(65, reason()));
        }),
        bad("interchange-receipt", "damaged-without-code", "damaged needs a code", |p| {
            set(p, 4, Value::Array(Vec::new()));
        }),
        bad("interchange-receipt", "seals-65", "more seals than a document has", |p| {
            set(p, 2, many(65, "SEAL".into()));
        }),
        bad("interchange-receipt", "photo-hash-short", "a photo hash of 20 bytes", |p| {
            *at(p, &[5, 0]) = bytes(&[7; 20]);
        }),
        with_code(
            Code::Malformed,
            "gate-decision",
            "verdict-unknown",
            "a verdict number that nobody has",
            |p| set(p, 2, 2),
        ),
        with_code(Code::Malformed, "gate-decision", "overdue-negative", "overdue by -1 s", |p| {
            set(p, 11, -1);
        }),
        with_code(Code::NotCanonical, "gate-decision", "overdue-null", "null when current", |p| {
            set(p, 11, Value::Null);
        }),
        with_code(Code::Malformed, "gate-out", "gate-out-without-pass", "no pass", |p| {
            remove(p, 2);
        }),
    ]
}

fn rotations() -> Vec<Bad> {
    let rotation = |name, shows, edit: &dyn Fn(&mut Value)| bad("key-rotation", name, shows, edit);
    let forged = |name, shows, proof: Possession| {
        with_code(Code::BadSignature, "key-rotation", name, shows, |p| {
            let Value::Text(text) = Value::serialized(&proof).expect("a proof is text") else {
                panic!("a proof is text")
            };
            let proof = HEXLOWER.decode(text.as_bytes()).expect("a proof is hex");
            set(p, 5, bytes(&proof));
        })
    };
    vec![
        rotation("rotation-of-nothing", "neither a signing key nor a node key", &|p| {
            (3..=6).for_each(|field| remove(p, field));
        }),
        rotation("rotation-one-key-twice", "one key for documents and for the wire", &|p| {
            let signing = at(p, &[3]).clone();
            set(p, 4, signing);
        }),
        rotation("rotation-to-itself", "the new key is the old one", &|p| {
            set(p, 3, bytes(crate::world::public("line").as_bytes()));
        }),
        rotation("rotation-weak-key", "a point of small order for a key", &|p| {
            let mut identity = [0; 32];
            identity[0] = 1;
            set(p, 3, bytes(&identity));
        }),
        rotation("rotation-unproven", "a signing key without its proof", &|p| remove(p, 5)),
        rotation("rotation-node-unproven", "a node key without its proof", &|p| remove(p, 6)),
        rotation("rotation-proof-of-nothing", "a proof and no key", &|p| remove(p, 4)),
        forged("rotation-proof-of-old", "the old key's proof for the new one", {
            good::proof("line", NewKey::Signing, "line")
        }),
        forged("rotation-proof-of-node", "a proof that the key is a node key", {
            good::proof("line", NewKey::Node, "stranger")
        }),
        forged("rotation-proof-for-another", "a proof for another old key", {
            good::proof("line-old", NewKey::Signing, "stranger")
        }),
        with_code(Code::Malformed, "key-rotation", "rotation-proof-short", "63 bytes", |p| {
            set(p, 5, bytes(&[1; 63]));
        }),
    ]
}

fn overrides() -> Vec<Bad> {
    let with = |code, name, shows, edit: &dyn Fn(&mut Value)| {
        with_code(code, "override", name, shows, edit)
    };
    let (never, field) = (Code::NotOverridable, Code::BadField);
    let covers = |code: &str| {
        let code = code.to_owned();
        move |p: &mut Value| *at(p, &[3, 0, 0]) = code.clone().into()
    };
    let two = |asked: &str, agreed: &str| Value::Array(vec![asked.into(), agreed.into()]);
    let person = "Neema Juma, shift manager";
    vec![
        with(never, "override-customs-light", "the customs light, by anybody", &|p| set(p, 1, 1)),
        with(never, "override-customs-silent", "what customs owes", &covers("customs-silent")),
        with(never, "override-customs-status", "customs' word", &covers("customs-not-released")),
        with(never, "override-not-released", "no release, no right", &covers("not-released")),
        with(never, "override-revoked", "the line took it back", &covers("release-revoked")),
        with(never, "override-expired", "the right ended", &covers("release-expired")),
        with(never, "override-not-arrived", "a box that is not there", &covers("not-arrived")),
        with(never, "override-unknown-need", "a need nobody knows", &covers("something")),
        with(never, "override-block-as-terminal", "a block under the terminal light", &|p| {
            set(p, 1, 2);
        }),
        with(Code::Malformed, "override-light-unknown", "a light that nobody has", &|p| {
            set(p, 1, 3);
        }),
        with(field, "override-cover-twice", "one document covered twice", &|p| {
            let covers = items(at(p, &[3]));
            covers.extend(covers.clone());
        }),
        with(field, "override-endless", "covers and has no end", &|p| remove(p, 6)),
        with(field, "override-withdrawn-with-end", "covers nothing and has an end", &|p| {
            set(p, 3, Value::Array(Vec::new()));
        }),
        with(field, "override-by-nobody", "an empty name", &|p| set(p, 4, "")),
        with(Code::Malformed, "override-without-person", "no name", &|p| remove(p, 4)),
        with(field, "override-without-why", "an empty reason", &|p| set(p, 5, "")),
        with(Code::SamePerson, "override-one-person-twice", "approved by oneself", &|p| {
            set(p, 7, two(person, person));
        }),
        with(Code::SamePerson, "override-same-in-capitals", "and by oneself in capitals", &|p| {
            set(p, 7, two(person, "NEEMA  JUMA, shift manager"));
        }),
        with(field, "override-other-asked", "the person did not ask", &|p| {
            set(p, 7, two("Ole Hansen", person));
        }),
        with(field, "override-told-backwards", "offices out of order", &|p| {
            items(at(p, &[8])).reverse();
        }),
        with_code(
            Code::SamePerson,
            "release-order",
            "release-one-person-twice",
            "approved by oneself",
            |p| set(p, 7, two("Amina Said", "amina said")),
        ),
        with_code(
            Code::NotCanonical,
            "gate-decision",
            "decision-empty-overrides",
            "an empty list where there is none",
            |p| set(p, 10, Value::Array(Vec::new())),
        ),
    ]
}

fn receipts() -> Vec<Bad> {
    let receipt = |name, shows, edit: &dyn Fn(&mut Value)| bad("receipt", name, shows, edit);
    vec![
        receipt("receipt-empty", "no entries", &|p| set(p, 1, Value::Array(Vec::new()))),
        receipt("receipt-257-entries", "more entries than a batch has", &|p| {
            let accepted = Value::Map(vec![(0.into(), bytes(&[0; 32])), (1.into(), 0.into())]);
            set(p, 1, Value::Array(vec![accepted; 257]));
        }),
        receipt("receipt-accepted-with-reason", "accepted, and why refused", &|p| {
            set(at(p, &[1, 1]), 1, 0);
        }),
        receipt("receipt-refused-without-reason", "refused, and no code", &|p| {
            remove(at(p, &[1, 1]), 3);
        }),
        receipt("receipt-detail-too-long", "a detail of 257 bytes", &|p| {
            set(at(p, &[1, 1, 3]), 2, "x".repeat(257));
        }),
        receipt("receipt-case-code", "a case code with a wrong check symbol", &|p| {
            let code = at(p, &[1, 0, 2, 2, 0]);
            let text = code.as_text().unwrap();
            let (stem, last) = text.split_at(text.len() - 1);
            *code = format!("{stem}{}", if last == "7" { "8" } else { "7" }).into();
        }),
    ]
}
