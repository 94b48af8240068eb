//! Evidence files: one honest case and a fork, then each spoiled in one way.
//!
//! The files are written here with a CBOR library that is not the product's, by the words of
//! docs/PROTOCOL.md § 15. What must be found is written by hand.

mod agents;
mod bad;
mod port;
mod rotated;
mod trust;

use ciborium::Value;
use landside_proto::ids::Hash32;

use self::port::{Case, fork, trusted};
use crate::forge::{self, bytes, items, remove};
use crate::format::Hex;
use crate::format::evidence::{EvidenceFile, EvidenceVector, Found};

pub(crate) fn file() -> EvidenceFile {
    EvidenceFile {
        about: "Evidence files, each verified by itself with the edition id in `trust` and what else its \
                reader brings along.".into(),
        good: [good(), trust::good(), rotated::good(), agents::good()].concat(),
        bad: bad::vectors(),
    }
}

/// The honest case as a file of its own.
pub(crate) fn case_file() -> Vec<u8> {
    written("case", &Case::honest().body())
}

/// Keys of a case's body.
const EDITIONS: i64 = 3;
const HEAD: i64 = 4;
const CREDENTIALS: i64 = 5;
const DOCUMENTS: i64 = 6;
const RECEIPTS: i64 = 7;
const INTERCHANGES: i64 = 8;

/// Keys of a registered document.
const ENVELOPE: i64 = 0;
const POSITION: i64 = 1;
const PROOF: i64 = 2;
const DISCLOSURES: i64 = 3;

/// A file around a body: the digest is of all bytes but its own.
fn written(sort: &str, body: &Value) -> Vec<u8> {
    framed("landside evidence v1", sort, body)
}

fn framed(magic: &str, sort: &str, body: &Value) -> Vec<u8> {
    let empty = bytes(&[0; 32]);
    let all = Value::Array(vec![magic.into(), sort.into(), body.clone(), empty]);
    digested(forge::write(&all))
}

/// The bytes with the digest at their end made anew.
fn digested(mut file: Vec<u8>) -> Vec<u8> {
    file.truncate(file.len() - 32);
    let digest = Hash32::of(&file);
    file.extend(digest.as_bytes());
    file
}

fn vector(
    name: &str,
    shows: &str,
    (verdict, found): (&str, &[(&str, &str, usize)]),
    bytes: Vec<u8>,
) -> EvidenceVector {
    let found = found.iter().map(|(code, part, number)| Found {
        code: (*code).to_owned(),
        part: (*part).to_owned(),
        number: Some(*number).filter(|number| *number > 0),
    });
    EvidenceVector {
        name: name.to_owned(),
        shows: shows.to_owned(),
        trust: Some(trusted()),
        editions: Vec::new(),
        witnesses: None,
        verdict: verdict.to_owned(),
        found: found.collect(),
        bytes: Hex(bytes),
    }
}

/// A case as a haulier has it.
fn part(mut body: Value) -> EvidenceVector {
    items(forge::at(&mut body, &[DOCUMENTS])).drain(..3);
    items(forge::at(&mut body, &[RECEIPTS])).clear();
    items(forge::at(&mut body, &[INTERCHANGES])).clear();
    vector(
        "part",
        "a pass of the right and a binding: what is there stands by itself",
        ("part", &[("part-of-case", "file", 0)]),
        written("case", &body),
    )
}

fn good() -> Vec<EvidenceVector> {
    let honest = Case::honest().body();
    let not_compared = EvidenceVector {
        trust: None,
        ..vector(
            "nothing-to-trust",
            "without an id to trust, the id to compare is told",
            ("proven", &[("compare-edition-id", "edition", 1)]),
            written("case", &honest),
        )
    };
    let mut receipts = honest.clone();
    remove(&mut receipts, HEAD);
    for document in items(forge::at(&mut receipts, &[DOCUMENTS])) {
        remove(document, PROOF);
    }
    // No receipt names the credential, and nothing but the binding rests on it.
    items(forge::at(&mut receipts, &[CREDENTIALS])).clear();
    items(forge::at(&mut receipts, &[DOCUMENTS])).truncate(4);
    let only_four = Case::honest().receipt(4);
    *items(forge::at(&mut receipts, &[RECEIPTS])) = vec![bytes(&only_four)];
    let mut unvouched = honest.clone();
    items(forge::at(&mut unvouched, &[CREDENTIALS])).clear();
    vec![
        part(honest.clone()),
        vector(
            "driver-not-vouched-for",
            "the credential that the binding rests on is not in the file: that accuses nobody",
            ("proven", &[("credential-missing", "document", 5)]),
            written("case", &unvouched),
        ),
        vector(
            "case",
            "a case of five documents and a credential, in a log that two parties witnessed",
            ("proven", &[]),
            written("case", &honest),
        ),
        not_compared,
        vector(
            "unwitnessed",
            "nobody but the terminal has signed the head",
            ("unwitnessed", &[("unwitnessed", "head", 0)]),
            written("case", &Case { witnesses: &[], ..Case::honest() }.body()),
        ),
        vector(
            "receipts-only",
            "four documents without a head: the terminal's receipt names their positions",
            ("receipt-only", &[("receipts-only", "file", 0)]),
            written("case", &receipts),
        ),
        vector(
            "no-interchange",
            "the raw message is not there; the document that names it says so",
            ("proven", &[("interchange-missing", "document", 1)]),
            written("case", &{
                let mut body = honest;
                items(forge::at(&mut body, &[INTERCHANGES])).clear();
                body
            }),
        ),
        vector(
            "no-fork",
            "two heads, and the proof that the larger one continues the smaller",
            ("no-fork", &[("consistent", "head", 2)]),
            written("fork", &fork(3, 7, true)),
        ),
    ]
}
