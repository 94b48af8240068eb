//! Frames on the stream between two nodes, written byte for byte by docs/PROTOCOL.md § 8.

mod figures;

use serde_json::{Value, json};

use crate::format::Hex;
use crate::format::frames::{BadFrame, FrameFile, GoodFrame};

/// 1 MiB and one byte.
const FRAME_TOO_LONG: u32 = 1_048_577;
/// The longest note (docs/PROTOCOL.md § 10), by hand.
const NOTE_MAX: usize = 61_440;
/// The longest bundle, likewise.
const BUNDLE_MAX: u64 = 4_194_304;
/// The longest part, likewise.
const PART_MAX: usize = 524_288;
/// Most rotations in an answer: docs/PROTOCOL.md § 8, Frames.
const VOUCHED_MAX: usize = 256;
/// Most bytes of one of them.
const VOUCHED_BYTES_MAX: usize = 1_024;

pub(crate) fn file() -> FrameFile {
    let mut bad = of_no_frame();
    bad.extend(bad_talk());
    bad.extend(bad_editions());
    bad.extend(bad_log());
    bad.extend(figures::bad());
    let mut good = good_talk();
    good.extend(good_editions());
    good.extend(good_questions());
    good.extend(good_log());
    good.extend(figures::good());
    FrameFile {
        about:
            "Frames, each with the length before it. A good one has the `fields`; a bad one ends \
                the link with the close code `close`. Byte strings in `fields` are hex."
                .into(),
        good,
        bad,
    }
}

/// A body as it is written: numbers of a fixed width, lengths in 8 bytes, all big-endian.
#[derive(Clone)]
struct Body(Vec<u8>);

impl Body {
    fn of(variant: u32) -> Self {
        Self(variant.to_be_bytes().to_vec())
    }

    fn u16(self, number: u16) -> Self {
        self.raw(&number.to_be_bytes())
    }

    fn u32(self, number: u32) -> Self {
        self.raw(&number.to_be_bytes())
    }

    fn u64(self, number: u64) -> Self {
        self.raw(&number.to_be_bytes())
    }

    fn len(self, length: usize) -> Self {
        self.u64(u64::try_from(length).expect("a length"))
    }

    fn bytes(self, bytes: &[u8]) -> Self {
        self.len(bytes.len()).raw(bytes)
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

const HELLO: u32 = 0;
const DELIVER: u32 = 1;
const RECEIPT: u32 = 2;
const HAVE: u32 = 3;
const WANT: u32 = 4;
const PART: u32 = 5;
const ASK: u32 = 6;
const TOLD: u32 = 7;
const HEAD: u32 = 8;

const ID: [u8; 32] = [0xab; 32];

fn good(name: &str, shows: &str, frame: &str, fields: Value, body: Body) -> GoodFrame {
    good_and_zeros(name, shows, frame, fields, body, 0)
}

fn good_and_zeros(
    name: &str,
    shows: &str,
    frame: &str,
    fields: Value,
    body: Body,
    zeros_after: usize,
) -> GoodFrame {
    GoodFrame {
        name: name.to_owned(),
        shows: shows.to_owned(),
        frame: frame.to_owned(),
        fields,
        bytes: prefixed(&body, zeros_after),
        zeros_after,
    }
}

fn bad(name: &str, shows: &str, body: Body) -> BadFrame {
    bad_and_zeros(name, shows, body, 0)
}

fn bad_and_zeros(name: &str, shows: &str, body: Body, zeros_after: usize) -> BadFrame {
    BadFrame {
        name: name.to_owned(),
        shows: shows.to_owned(),
        close: 5,
        bytes: prefixed(&body, zeros_after),
        zeros_after,
    }
}

/// The bytes with a length that is right, so that the fault is in the body.
fn prefixed(body: &Body, zeros_after: usize) -> Hex {
    let length = u32::try_from(body.0.len() + zeros_after).expect("a length");
    Hex([&length.to_be_bytes()[..], &body.0].concat())
}

fn hello(version: u16, actor: &[u8], first: u64, newest: u64) -> Body {
    Body::of(HELLO).u16(version).bytes(actor).u64(first).u64(newest).raw(&ID)
}

fn good_talk() -> Vec<GoodFrame> {
    let id = "ab".repeat(32);
    let hello_of = |version: u16, actor: &str, first: u64, newest: u64| {
        json!({ "version": version, "actor": actor, "first": first,
            "newest": { "number": newest, "id": id } })
    };
    let driver = format!("driver:{}", "0".repeat(57));
    let two = Body::of(DELIVER).u64(8).len(2).bytes(&[0xd2, 0x84]).bytes(&[0xd2]);
    vec![
        good(
            "hello",
            "a party says who it is",
            "hello",
            hello_of(1, "line", 1, 3),
            hello(1, b"line", 1, 3),
        ),
        good(
            "hello-long-actor",
            "an actor of 64 bytes, with one edition; whether it is one is asked later",
            "hello",
            hello_of(1, &driver, 7, 7),
            hello(1, driver.as_bytes(), 7, 7),
        ),
        good(
            "hello-version-2",
            "another version is a frame, and ends the link with 2",
            "hello",
            hello_of(2, "line", 1, 1),
            hello(2, b"line", 1, 1),
        ),
        good(
            "deliver",
            "one document for registration",
            "deliver",
            json!({ "batch": 7, "documents": ["d284"], "registration": null, "disclosures": [] }),
            Body::of(DELIVER).u64(7).len(1).bytes(&[0xd2, 0x84]).raw(&[0]).len(0),
        ),
        good(
            "deliver-registered",
            "two registered documents, and a disclosure of the second",
            "deliver",
            json!({ "batch": 8, "documents": ["d284", "d2"], "registration": "0102",
                "disclosures": [{ "document": 1, "bytes": "83" }] }),
            two.clone().raw(&[1]).bytes(&[1, 2]).len(1).u16(1).bytes(&[0x83]),
        ),
        good_and_zeros(
            "deliver-full",
            "256 documents; each is empty, which is no envelope but a frame",
            "deliver",
            json!({ "batch": 9, "documents": vec![""; 256], "registration": null, "disclosures": [] }),
            Body::of(DELIVER).u64(9).len(256),
            256 * 8 + 1 + 8,
        ),
        good(
            "receipt",
            "the answer to a batch",
            "receipt",
            json!({ "batch": 7, "receipt": "bbcc" }),
            Body::of(RECEIPT).u64(7).bytes(&[0xbb, 0xcc]),
        ),
    ]
}

fn good_editions() -> Vec<GoodFrame> {
    vec![
        good(
            "have",
            "a newer edition was taken",
            "have",
            json!({ "number": 3, "id": "ab".repeat(32) }),
            Body::of(HAVE).u64(3).raw(&ID),
        ),
        good(
            "want",
            "asks for the rest of an edition",
            "want",
            json!({ "number": 3, "from": 524_288 }),
            Body::of(WANT).u64(3).u64(524_288),
        ),
        good(
            "want-last-byte",
            "the last offset that a bundle can have",
            "want",
            json!({ "number": 3, "from": BUNDLE_MAX - 1 }),
            Body::of(WANT).u64(3).u64(BUNDLE_MAX - 1),
        ),
        good(
            "part",
            "the last two bytes of a bundle",
            "part",
            json!({ "number": 3, "total": 524_290, "bytes": "d284" }),
            Body::of(PART).u64(3).u64(524_290).bytes(&[0xd2, 0x84]),
        ),
    ]
}

fn good_questions() -> Vec<GoodFrame> {
    let ask = |name: &str, shows: &str, about: Value, body: Body| {
        good(name, shows, "ask", json!({ "number": 1, "about": about }), body)
    };
    let question = |variant: u32| Body::of(ASK).u64(1).u32(variant);
    vec![
        ask(
            "ask-newest",
            "the newest head",
            json!({ "newest": { "from": 3 } }),
            question(0).u64(3),
        ),
        ask(
            "ask-of-size",
            "a head of a size",
            json!({ "of_size": { "size": 7 } }),
            question(1).u64(7),
        ),
        ask(
            "ask-covering",
            "the first final head over an entry",
            json!({ "covering": { "index": 6 } }),
            question(2).u64(6),
        ),
        ask(
            "ask-inclusion",
            "the proof of an entry",
            json!({ "inclusion": { "index": 6, "size": 7 } }),
            question(3).u64(6).u64(7),
        ),
        ask(
            "ask-consistency",
            "the proof of growth",
            json!({ "consistency": { "old": 3, "new": 7 } }),
            question(4).u64(3).u64(7),
        ),
        ask(
            "ask-rotations",
            "the rotations that a head's keys rest on",
            json!({ "rotations": { "size": 7 } }),
            question(5).u64(7),
        ),
    ]
}

fn good_log() -> Vec<GoodFrame> {
    let told = |name: &str, shows: &str, head: Value, proof: Value, body: Body| {
        let fields = json!({
            "number": 1, "head": head, "proof": proof, "rotations": [], "figures": null,
        });
        good(name, shows, "told", fields, body.len(0).raw(&[0]))
    };
    let rotation = json!({ "log": 6, "at": 1_795_428_000_000_u64, "envelope": "d284" });
    vec![
        good(
            "told-rotation",
            "a rotation and where it is registered",
            "told",
            json!({ "number": 1, "head": null, "proof": null, "rotations": [rotation], "figures": null }),
            Body::of(TOLD)
                .u64(1)
                .raw(&[0, 0])
                .len(1)
                .u64(6)
                .u64(1_795_428_000_000)
                .bytes(&[0xd2, 0x84])
                .raw(&[0]),
        ),
        told(
            "told",
            "a head and a proof of one hash",
            json!("6c61"),
            json!(["ab".repeat(32)]),
            Body::of(TOLD).u64(1).raw(&[1]).bytes(b"la").raw(&[1]).len(1).raw(&ID),
        ),
        told(
            "told-empty-proof",
            "a proof of no hash is not an absent one",
            json!(null),
            json!([]),
            Body::of(TOLD).u64(1).raw(&[0, 1]).len(0),
        ),
        told(
            "told-nothing",
            "the log has too few entries for the question",
            json!(null),
            json!(null),
            Body::of(TOLD).u64(1).raw(&[0, 0]),
        ),
        good(
            "head",
            "a head is shown; what it says is looked at later",
            "head",
            json!("6c61"),
            Body::of(HEAD).bytes(b"la"),
        ),
        good_and_zeros(
            "head-longest",
            "a head of the longest length; its zeroes are left out of `fields`",
            "head",
            json!(""),
            Body::of(HEAD).len(NOTE_MAX),
            NOTE_MAX,
        ),
    ]
}

/// Faults that any frame can have.
fn of_no_frame() -> Vec<BadFrame> {
    let have = Body::of(HAVE).u64(3).raw(&ID);
    let mut little = have.clone();
    little.0.splice(..4, HAVE.to_le_bytes());
    let mut short = have.clone();
    short.0.pop();
    vec![
        BadFrame {
            bytes: Hex(FRAME_TOO_LONG.to_be_bytes().to_vec()),
            ..bad("too-long", "a length above 1 MiB, before anything is read", Body(Vec::new()))
        },
        bad("empty", "no byte after the length", Body(Vec::new())),
        bad("variant-cut", "three bytes of a variant", Body(vec![0, 0, 0])),
        bad("variant-unknown", "a variant after the last", Body::of(HEAD + 1)),
        bad("variant-little-endian", "the variant from the other end", little),
        bad(
            "variant-short",
            "numbers in as few bytes as they need",
            Body(vec![2, 7, 2, 0xbb, 0xcc]),
        ),
        bad("cut", "the last byte is missing", short),
        bad("byte-after", "a byte after the last field", have.raw(&[0])),
    ]
}

fn bad_talk() -> Vec<BadFrame> {
    let deliver = |documents: usize| Body::of(DELIVER).u64(7).len(documents);
    let one = || deliver(1).bytes(&[0xd2, 0x84]);
    vec![
        bad("hello-actor-too-long", "an actor of 65 bytes", hello(1, &[b'a'; 65], 1, 3)),
        bad("hello-actor-no-text", "an actor that is no UTF-8", hello(1, &[0xff, 0xfe], 1, 3)),
        bad("hello-first-zero", "editions begin with 1", hello(1, b"line", 0, 3)),
        bad(
            "hello-first-after-newest",
            "the first edition is after the newest",
            hello(1, b"line", 4, 3),
        ),
        bad(
            "hello-without-editions",
            "it ends after the actor",
            Body::of(HELLO).u16(1).bytes(b"line"),
        ),
        bad("deliver-empty", "a batch of no document", deliver(0).raw(&[0]).len(0)),
        bad_and_zeros("deliver-too-many", "257 documents", deliver(257), 257 * 8 + 1 + 8),
        bad(
            "deliver-claims-more",
            "two documents are said, one is there",
            deliver(2).bytes(&[0xd2]),
        ),
        bad("deliver-option-2", "optional, but neither 0 nor 1", one().raw(&[2]).len(0)),
        bad(
            "deliver-disclosure-of-none",
            "a disclosure of place 1 in a batch of one",
            one().raw(&[0]).len(1).u16(1).bytes(&[0x83]),
        ),
        bad_and_zeros(
            "deliver-disclosures-too-many",
            "1,025 disclosures",
            one().raw(&[0]).len(1_025),
            1_025 * 10,
        ),
        bad(
            "receipt-claims-all-memory",
            "a receipt of 2^64 - 1 bytes, of which two are there",
            Body::of(RECEIPT).u64(7).u64(u64::MAX).raw(&[0xbb, 0xcc]),
        ),
    ]
}

fn bad_editions() -> Vec<BadFrame> {
    let part = |total: u64| Body::of(PART).u64(3).u64(total);
    vec![
        bad(
            "have-id-with-length",
            "an id has no length before it",
            Body::of(HAVE).u64(3).bytes(&ID),
        ),
        bad("have-without-id", "the id is missing", Body::of(HAVE).u64(3)),
        bad("want-beyond", "an offset that no bundle has", Body::of(WANT).u64(3).u64(BUNDLE_MAX)),
        bad("want-without-offset", "the offset is missing", Body::of(WANT).u64(3)),
        bad("part-of-nothing", "a bundle of no byte", part(0).bytes(&[])),
        bad("part-of-too-much", "a bundle above 4 MiB", part(BUNDLE_MAX + 1).bytes(&[0xd2])),
        bad("part-empty", "a part of no byte brings nobody further", part(9).bytes(&[])),
        bad("part-longer-than-whole", "three bytes of a bundle of two", part(2).bytes(&[1, 2, 3])),
        bad_and_zeros(
            "part-too-long",
            "524,289 bytes at once",
            part(BUNDLE_MAX).len(PART_MAX + 1),
            PART_MAX + 1,
        ),
    ]
}

fn bad_log() -> Vec<BadFrame> {
    let told = || Body::of(TOLD).u64(1);
    vec![
        bad("ask-unknown", "a question after the last", Body::of(ASK).u64(1).u32(7).u64(3)),
        bad("ask-rotations-of-two", "a number too many", Body::of(ASK).u64(1).u32(5).u64(3).u64(7)),
        bad("ask-without-size", "one number of two", Body::of(ASK).u64(1).u32(3).u64(6)),
        bad("ask-number-after", "a number too many", Body::of(ASK).u64(1).u32(0).u64(3).u64(7)),
        bad(
            "told-without-proof",
            "whether there is a proof is not said",
            told().raw(&[1]).bytes(b"la"),
        ),
        bad("told-option-2", "optional, but neither 0 nor 1", told().raw(&[0, 2]).len(0).raw(&[0])),
        bad(
            "told-without-figures",
            "whether there are figures is not said",
            told().raw(&[0, 0]).len(0),
        ),
        bad_and_zeros(
            "told-head-too-long",
            "a head of 61,441 bytes, and no proof",
            told().raw(&[1]).len(NOTE_MAX + 1),
            NOTE_MAX + 1 + 1 + 8 + 1,
        ),
        bad_and_zeros(
            "told-proof-too-long",
            "65 hashes",
            told().raw(&[0, 1]).len(65),
            65 * 32 + 8 + 1,
        ),
        bad(
            "told-hash-with-length",
            "a hash has no length before it",
            told().raw(&[0, 1]).len(1).bytes(&ID).len(0).raw(&[0]),
        ),
        bad(
            "told-hash-short",
            "a hash of 31 bytes",
            told().raw(&[0, 1]).len(1).raw(&ID[1..]).len(0).raw(&[0]),
        ),
        bad("told-without-rotations", "how many rotations is not said", told().raw(&[0, 0])),
        bad(
            "told-rotation-without-time",
            "a rotation has a log index, a time and an envelope",
            told().raw(&[0, 0]).len(1).u64(6).bytes(&[0xd2, 0x84]).raw(&[0]),
        ),
        bad_and_zeros(
            "told-rotations-too-many",
            "257 rotations of no bytes",
            told().raw(&[0, 0]).len(VOUCHED_MAX + 1),
            (VOUCHED_MAX + 1) * 24 + 1,
        ),
        bad_and_zeros(
            "told-rotation-too-long",
            "a rotation of 1,025 bytes",
            told().raw(&[0, 0]).len(1).u64(6).u64(0).len(VOUCHED_BYTES_MAX + 1),
            VOUCHED_BYTES_MAX + 1 + 1,
        ),
        bad_and_zeros(
            "head-too-long",
            "a head of 61,441 bytes",
            Body::of(HEAD).len(NOTE_MAX + 1),
            NOTE_MAX + 1,
        ),
        bad("head-without-length", "the note alone", Body::of(HEAD).raw(b"la")),
    ]
}
