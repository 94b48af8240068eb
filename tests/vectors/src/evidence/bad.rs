//! Files that must not be taken for what they seem.

use ciborium::Value;
use landside_proto::directory::edition_id;
use landside_proto::ids::UnixMillis;

use super::port::{
    self, Case, edition, fork, minute, pass, proof_of_another, receipt, two_histories,
};
use super::{
    CREDENTIALS, DISCLOSURES, DOCUMENTS, EDITIONS, ENVELOPE, HEAD, INTERCHANGES, POSITION, PROOF,
    RECEIPTS, digested, framed, rotated, trust, vector, written,
};
use crate::forge::{at, bytes, items, remove, set};
use crate::format::evidence::EvidenceVector;
use crate::good::case_code;
use crate::world::{bundle, edition_of, party};

pub(super) fn vectors() -> Vec<EvidenceVector> {
    let mut all = form();
    all.extend(parts());
    all.extend(of_a_part());
    all.extend(directory());
    all.extend(trust::bad());
    all.extend(documents());
    all.extend(heads());
    all.extend(receipts());
    all.extend(rules());
    all.extend(forks());
    all.extend(rotated::bad());
    all.extend(super::agents::bad());
    all
}

/// A broken file: its one fault at one place.
pub(super) fn broken(
    name: &str,
    shows: &str,
    found: &[(&str, &str, usize)],
    file: Vec<u8>,
) -> EvidenceVector {
    vector(name, shows, ("broken", found), file)
}

/// The honest case with its body changed.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut body = Case::honest().body();
    change(&mut body);
    written("case", &body)
}

fn form() -> Vec<EvidenceVector> {
    let whole = changed(|_| {});
    let at_end = whole.len() - 1;
    let altered = |at: usize| {
        let mut file = whole.clone();
        file[at] ^= 1;
        file
    };
    let mut longer = whole.clone();
    longer.push(0);
    // The head of the magic's text, in two bytes.
    let mut long_head = whole.clone();
    long_head.splice(22..23, [0x78, 0x04]);
    let body = Case::honest().body();
    vec![
        broken(
            "digest-altered",
            "the last byte is another",
            &[("file-digest", "digest", 0)],
            altered(at_end),
        ),
        broken("empty", "no bytes at all", &[("not-evidence", "file", 0)], Vec::new()),
        broken(
            "version-2",
            "of a version that is not this one",
            &[("not-evidence", "file", 0)],
            framed("landside evidence v2", "case", &body),
        ),
        broken(
            "sort-unknown",
            "neither case nor fork",
            &[("form", "file", 0)],
            framed("landside evidence v1", "log", &body),
        ),
        broken("byte-too-many", "a byte after the digest", &[("form", "file", 0)], longer),
        broken(
            "long-length",
            "the length of the sort in two bytes where one is enough",
            &[("not-canonical", "file", 0)],
            digested(long_head),
        ),
        broken(
            "entry-too-many",
            "a key that no case has",
            &[("form", "subject", 0)],
            changed(|body| set(body, 10, Value::Array(Vec::new()))),
        ),
        broken("cut", "the file ends in its middle", &[("form", "document", 2)], {
            let second = Case::honest().log[1].0.bytes().to_vec();
            let begin = whole.windows(second.len()).position(|w| w == second).unwrap();
            whole[..begin + 50].to_vec()
        }),
    ]
}

/// Parts of a case that are none.
fn of_a_part() -> Vec<EvidenceVector> {
    vec![
        broken(
            "part-not-proven",
            "a part whose second document has another document's proof",
            &[("proof-fails", "document", 2)],
            changed(|body| {
                let documents = items(at(body, &[DOCUMENTS]));
                documents.drain(..3);
                let other = at(&mut documents[0], &[PROOF]).clone();
                *at(&mut documents[1], &[PROOF]) = other;
                items(at(body, &[RECEIPTS])).clear();
                items(at(body, &[INTERCHANGES])).clear();
            }),
        ),
        broken(
            "part-left-out",
            "what a haulier has, and a receipt that names the rest",
            &[("document-left-out", "file", 0), ("interchange-unneeded", "interchange", 1)],
            changed(|body| {
                items(at(body, &[DOCUMENTS])).drain(..3);
            }),
        ),
        broken(
            "cut-at-its-begin",
            "the first document is left out, and what is left no haulier gets",
            &[("place-missing", "document", 1), ("not-judged", "document", 1)],
            changed(|body| {
                items(at(body, &[DOCUMENTS])).remove(0);
                items(at(body, &[RECEIPTS])).clear();
                items(at(body, &[INTERCHANGES])).clear();
            }),
        ),
    ]
}

fn parts() -> Vec<EvidenceVector> {
    vec![
        broken(
            "no-documents",
            "a case without a document",
            &[("limit", "document", 0)],
            changed(|body| items(at(body, &[DOCUMENTS])).clear()),
        ),
        broken(
            "no-edition",
            "nobody to say whose keys these are",
            &[("limit", "edition", 0)],
            changed(|body| items(at(body, &[EDITIONS])).clear()),
        ),
        broken(
            "documents-swapped",
            "the second document before the first",
            &[("order", "document", 2)],
            changed(|body| items(at(body, &[DOCUMENTS])).swap(0, 1)),
        ),
        broken(
            "document-twice",
            "the third document twice",
            &[("order", "document", 4)],
            changed(|body| {
                let documents = items(at(body, &[DOCUMENTS]));
                documents.insert(2, documents[2].clone());
            }),
        ),
        broken(
            "receipt-twice",
            "the receipt twice",
            &[("order", "receipt", 2)],
            changed(|body| {
                let receipts = items(at(body, &[RECEIPTS]));
                receipts.push(receipts[0].clone());
            }),
        ),
        broken(
            "proof-without-head",
            "proofs that lead nowhere",
            &[("form", "credential", 1)],
            changed(|body| remove(body, HEAD)),
        ),
        broken(
            "place-missing",
            "the third document is left out, and no receipt tells",
            &[("place-missing", "document", 3), ("not-judged", "document", 3)],
            changed(|body| {
                items(at(body, &[DOCUMENTS])).remove(2);
                items(at(body, &[RECEIPTS])).clear();
            }),
        ),
        broken(
            "interchange-of-nobody",
            "a raw message that no document names",
            &[("interchange-unneeded", "interchange", 1), ("interchange-missing", "document", 1)],
            changed(|body| *items(at(body, &[INTERCHANGES])) = vec![bytes(b"UNB+other'")]),
        ),
        broken(
            "disclosure-of-nothing",
            "an opening of a field that the document does not seal",
            &[("disclosure-refused", "document", 1)],
            changed(|body| {
                let document = &mut items(at(body, &[DOCUMENTS]))[0];
                items(at(document, &[DISCLOSURES])).push(bytes(&[0x83, 0x00, 0x40, 0x60]));
            }),
        ),
    ]
}

fn directory() -> Vec<EvidenceVector> {
    let one_signature = bundle(&edition(), &["authority-1"]);
    let other = {
        let parties = ["customs", "terminal"].map(|id| party(id, id, id));
        bundle(&edition_of(1, None, &parties), &["authority-1", "authority-2"])
    };
    let ended = {
        let mut second = edition();
        second.number = 2;
        second.previous = Some(edition_id(&edition()).unwrap());
        second.valid_from = minute(30);
        let line = second.parties.iter_mut().find(|party| party.id.as_str() == "line").unwrap();
        line.signing_keys[0].until = Some(UnixMillis::from_millis(minute(0).as_millis() - 60_000));
        let all = ["authority-1", "authority-2"];
        Case { editions: vec![bundle(&edition(), &all), bundle(&second, &all)], ..Case::honest() }
    };
    vec![
        broken(
            "edition-signed-once",
            "one signature under the edition where two are needed",
            &[("edition-refused", "edition", 1)],
            changed(|body| *items(at(body, &[EDITIONS])) = vec![bytes(&one_signature)]),
        ),
        broken(
            "edition-of-others",
            "an edition with another id than the trusted one, which lacks most signers",
            &[
                ("edition-not-joined", "edition", 1),
                ("line-unknown", "head", 0),
                ("document-refused", "document", 1),
                ("not-judged", "document", 1),
                ("document-refused", "document", 4),
                ("document-refused", "document", 5),
                ("document-refused", "credential", 1),
            ],
            changed(|body| *items(at(body, &[EDITIONS])) = vec![bytes(&other)]),
        ),
        broken(
            "other-network",
            "the file names another network than its directory",
            &[("other-network", "subject", 0), ("head-refused", "head", 0)],
            changed(|body| set(body, 0, "other")),
        ),
        vector(
            "key-revoked",
            "a later edition ends the line's key before its release was registered",
            ("proven", &[("key-revoked", "document", 1), ("witness-not-in-force", "head", 0)]),
            written("case", &ended.body()),
        ),
    ]
}

fn documents() -> Vec<EvidenceVector> {
    let altered = changed(|body| {
        let document = &mut items(at(body, &[DOCUMENTS]))[1];
        let Value::Bytes(envelope) = at(document, &[ENVELOPE]) else { panic!("bytes") };
        // A byte of the signature.
        *envelope.last_mut().unwrap() ^= 1;
    });
    vec![
        broken(
            "signature-altered",
            "a byte of a signature under the second document",
            &[
                ("document-refused", "document", 2),
                ("not-judged", "document", 2),
                ("proof-fails", "document", 2),
            ],
            altered,
        ),
        broken(
            "backdated",
            "a time of registration that the log does not have",
            &[
                ("proof-fails", "document", 2),
                ("receipt-differs", "document", 2),
                ("time-falls", "document", 2),
            ],
            changed(|body| {
                let document = &mut items(at(body, &[DOCUMENTS]))[1];
                let earlier = minute(0).as_millis() - 1;
                *at(document, &[POSITION, 1]) = earlier.into();
            }),
        ),
        broken(
            "other-case",
            "the case code of the file is none of its documents'",
            &[("not-of-this-case", "subject", 0)],
            changed(|body| set(body, 2, "0000-0000-0")),
        ),
        broken(
            "kind-of-no-case",
            "a credential at a place of the case",
            &[
                ("not-of-this-case", "document", 6),
                ("not-judged", "document", 6),
                ("time-falls", "document", 6),
                ("log-order", "document", 6),
                ("proof-fails", "document", 6),
            ],
            changed(|body| {
                let mut credential = items(at(body, &[CREDENTIALS]))[0].clone();
                let case = Value::Map(vec![
                    (0.into(), case_code().to_string().into()),
                    (1.into(), 5.into()),
                ]);
                set(at(&mut credential, &[POSITION]), 2, case);
                items(at(body, &[DOCUMENTS])).push(credential);
            }),
        ),
    ]
}

fn heads() -> Vec<EvidenceVector> {
    let honest = Case::honest();
    let by_line = honest.head_by("line");
    let stray = honest.head().replace("landside/vectors/line ", "landside/vectors/shipper ");
    let moved = {
        let other = Case { witnesses: &["customs"], ..Case::of(vec![port::release()]) }.head();
        let line = other.lines().last().unwrap();
        format!("{}{line}\n", Case { witnesses: &[], ..Case::honest() }.head())
    };
    vec![
        broken(
            "head-by-the-line",
            "the line signed in the terminal's place",
            &[("head-refused", "head", 0)],
            changed(|body| set(body, HEAD, bytes(by_line.as_bytes()))),
        ),
        broken(
            "cosignature-of-another-head",
            "customs cosigned another head",
            &[("cosignature-bad", "head", 0)],
            changed(|body| set(body, HEAD, bytes(moved.as_bytes()))),
        ),
        broken(
            "line-renamed-and-digest-old",
            "a line renamed to nobody, and the digest as it was",
            &[("line-unknown", "head", 0), ("file-digest", "digest", 0)],
            {
                let whole = changed(|_| {});
                let mut file = changed(|body| set(body, HEAD, bytes(stray.as_bytes())));
                let digest = whole[whole.len() - 32..].to_vec();
                let end = file.len() - 32;
                file[end..].copy_from_slice(&digest);
                file
            },
        ),
        broken(
            "proof-of-another",
            "the proof of the second document at the first",
            &[("proof-fails", "document", 1)],
            changed(|body| {
                let other = at(&mut items(at(body, &[DOCUMENTS]))[1], &[PROOF]).clone();
                *at(&mut items(at(body, &[DOCUMENTS]))[0], &[PROOF]) = other;
            }),
        ),
        broken(
            "unproven",
            "neither proof nor receipt for the fourth document",
            &[("unproven", "document", 4)],
            changed(|body| {
                remove(&mut items(at(body, &[DOCUMENTS]))[3], PROOF);
                items(at(body, &[RECEIPTS])).clear();
            }),
        ),
    ]
}

fn receipts() -> Vec<EvidenceVector> {
    let honest = Case::honest();
    let of =
        |receipt: Vec<u8>| changed(|body| *items(at(body, &[RECEIPTS])) = vec![bytes(&receipt)]);
    let (mut moved, mut elsewhere) = (honest.log[..1].to_vec(), honest.log[..1].to_vec());
    moved[0].1.at = minute(9);
    elsewhere[0].0 = pass("forwarder", "forwarder", 7);
    (elsewhere[0].1.log, elsewhere[0].1.case) = (417, None);
    let mut later = honest.log[3..4].to_vec();
    later[0].0 = pass("forwarder", "line", 8);
    later[0].1.log = 8;
    later[0].1.case.as_mut().unwrap().place = 5;
    vec![
        broken(
            "receipt-by-the-line",
            "a receipt that the line signed",
            &[("receipt-refused", "receipt", 1)],
            of(receipt("line", &honest.log[..1])),
        ),
        broken(
            "receipt-of-elsewhere",
            "a receipt for a document that is not of this case",
            &[("receipt-unneeded", "receipt", 1)],
            of(receipt("terminal", &elsewhere)),
        ),
        broken(
            "last-document-left-out",
            "the terminal's receipt names a place after the last",
            &[("document-left-out", "file", 0)],
            of(receipt("terminal", &later)),
        ),
        vector(
            "terminal-contradicts",
            "the terminal's log and its receipt give two times for one document",
            ("proven", &[("terminal-contradicts", "document", 1)]),
            of(receipt("terminal", &moved)),
        ),
    ]
}

fn rules() -> Vec<EvidenceVector> {
    let stolen = Case::of(vec![port::release(), pass("haulier", "haulier", 1)]);
    vec![vector(
        "right-passed-by-another",
        "the terminal registered a pass of the right by a party that did not hold it",
        ("proven", &[("rule-broken", "document", 2)]),
        written("case", &stolen.body()),
    )]
}

fn forks() -> Vec<EvidenceVector> {
    let mut swapped = fork(3, 7, false);
    items(at(&mut swapped, &[3])).swap(0, 1);
    let mut wrong = fork(3, 7, true);
    items(at(&mut wrong, &[4])).swap(0, 1);
    vec![
        vector(
            "two-histories",
            "two heads of one size with two roots, both signed by the terminal",
            ("fork-proven", &[("fork-proven", "head", 2)]),
            written("fork", &two_histories(7, "terminal")),
        ),
        vector(
            "proof-of-another-history",
            "the proof leads to the larger head, and to another root than the smaller head has",
            ("fork-proven", &[("fork-proven", "proof", 0)]),
            written("fork", &proof_of_another(3, 7)),
        ),
        vector(
            "proof-of-another-history-at-a-power-of-two",
            "the same at four entries, where the proof leaves out the hash that would show it",
            ("consistency-not-shown", &[("consistency-not-shown", "proof", 0)]),
            written("fork", &proof_of_another(4, 7)),
        ),
        vector(
            "no-proof-between",
            "a smaller and a larger head, and nothing between them",
            ("consistency-not-shown", &[("consistency-not-shown", "head", 2)]),
            written("fork", &fork(3, 7, false)),
        ),
        vector(
            "proof-leads-elsewhere",
            "a proof that does not lead from one head to the other",
            ("consistency-not-shown", &[("consistency-not-shown", "proof", 0)]),
            written("fork", &wrong),
        ),
        broken(
            "heads-swapped",
            "the larger head first",
            &[("order", "head", 2)],
            written("fork", &swapped),
        ),
        broken(
            "history-forged",
            "one of the heads is signed by the line; it comes first by its bytes",
            &[("head-refused", "head", 1)],
            written("fork", &two_histories(7, "line")),
        ),
    ]
}
