//! Files that rest on keys that no edition of theirs lists.

use ciborium::Value;
use landside_proto::directory::edition_id;
use landside_proto::document::{DirectoryEdition, KeyEntry};
use landside_proto::ids::UnixMillis;
use landside_proto::key::Signer;

use super::bad::broken;
use super::port::{Case, NEXT, edition, fork, minute, release, rotated_fork, rotation};
use super::{CREDENTIALS, vector, written};
use crate::forge::{at, bytes, items, remove, set};
use crate::format::evidence::EvidenceVector;
use crate::identity::key;
use crate::world::bundle;

/// An edition after the case in which the line has its next key from a time on.
fn taken_over(from: UnixMillis) -> DirectoryEdition {
    let mut second = edition();
    second.number = 2;
    second.previous = Some(edition_id(&edition()).expect("an edition of the vectors"));
    second.valid_from = minute(1000);
    let line = second.parties.iter_mut().find(|party| party.id.as_str() == "line");
    let keys = &mut line.expect("a party of the vectors").signing_keys;
    keys.push(KeyEntry { key: key(NEXT).public_key(), from, until: None });
    second
}

/// A case with the edition that takes the line's key over.
fn with(case: Case, from: UnixMillis) -> Case {
    let signers = ["authority-1", "authority-2"];
    let editions = vec![bundle(&edition(), &signers), bundle(&taken_over(from), &signers)];
    Case { editions, ..case }
}

fn without_rotation(case: &Case) -> Vec<u8> {
    let mut body: Value = case.body();
    items(at(&mut body, &[CREDENTIALS])).clear();
    written("case", &body)
}

/// The honest case, which the line witnessed with its next key.
fn witnessed_anew() -> Case {
    Case { witnesses: &["customs"], rotated_witness: Some(("line", NEXT)), ..Case::honest() }
}

pub(super) fn good() -> Vec<EvidenceVector> {
    let proven = |name: &str, shows: &str, bytes| vector(name, shows, ("proven", &[]), bytes);
    let mut joined = fork(3, 7, true);
    let next = rotation("terminal", "terminal", NEXT);
    set(&mut joined, 5, Value::Array(vec![bytes(next.bytes())]));
    vec![
        proven(
            "rotated-key",
            "the release is signed with a key that the rotation in the file brings",
            written("case", &Case::rotated().body()),
        ),
        proven(
            "rotated-key-taken-over",
            "the rotation is left out; a later edition lists the key from the time it was signed",
            without_rotation(&with(Case::rotated(), minute(0))),
        ),
        proven(
            "rotated-witness-taken-over",
            "the same with a witness's key",
            written("case", &with(witnessed_anew(), minute(0)).body()),
        ),
        vector(
            "rotated-witness-not-shown",
            "a later edition lists the witness's key from later on, and no rotation is here: nobody did wrong",
            ("proven", &[("witness-not-shown", "head", 0)]),
            written("case", &with(witnessed_anew(), minute(1000)).body()),
        ),
        vector(
            "rotated-witness-unknown",
            "neither an edition nor a rotation has the witness's key",
            ("proven", &[("line-unknown", "head", 0)]),
            written("case", &witnessed_anew().body()),
        ),
        vector(
            "no-fork-rotation",
            "a fork file may have a rotation whose key signed no head",
            ("no-fork", &[("consistent", "head", 2)]),
            written("fork", &joined),
        ),
    ]
}

/// Heads signed with a key that the terminal's own key vouched for.
pub(super) fn bad() -> Vec<EvidenceVector> {
    let next = rotation("terminal", "terminal", NEXT).bytes().to_vec();
    let twice = [next.clone(), next.clone()];
    let spoiled = |name: &str, shows: &str, found: &[_], rotations: &[Vec<u8>]| {
        broken(name, shows, found, written("fork", &rotated_fork(rotations)))
    };
    let mut bare = rotated_fork(&[]);
    remove(&mut bare, 5);
    let unknown = [("head-refused", "head", 1), ("head-refused", "head", 2)];
    let stray = [("document-refused", "credential", 1), unknown[0], unknown[1]];
    vec![
        vector(
            "rotated-key-not-shown",
            "the rotation is left out, and the later edition lists the key from later on: the file \
             lacks what shows whether the line had the key",
            ("incomplete", &[("key-not-shown", "document", 1)]),
            without_rotation(&with(Case::rotated(), minute(1000))),
        ),
        broken(
            "rotated-key-unknown",
            "the rotation is left out, and no edition has the key",
            &[("document-refused", "document", 1), ("not-judged", "document", 1)],
            without_rotation(&Case::rotated()),
        ),
        vector(
            "two-histories-of-a-rotated-key",
            "no edition lists the key of the heads; the rotation in the file shows whose it is",
            ("fork-proven", &[("fork-proven", "head", 2)]),
            written("fork", &rotated_fork(&[next])),
        ),
        broken("fork-rotation-missing", "the same without it", &unknown, written("fork", &bare)),
        spoiled(
            "fork-rotation-by-another",
            "the line's key vouches for one of the terminal",
            &stray,
            &[rotation("terminal", "line", NEXT).bytes().to_vec()],
        ),
        spoiled(
            "fork-rotation-of-another",
            "a rotation of the line, to the key of the heads",
            &stray,
            &[rotation("line", "line", NEXT).bytes().to_vec()],
        ),
        spoiled(
            "fork-rotation-of-another-kind",
            "a document that is no rotation",
            &stray,
            &[release().bytes().to_vec()],
        ),
        spoiled("fork-rotation-twice", "one rotation twice", &[("order", "credential", 2)], &twice),
        spoiled("fork-rotations-empty", "a list without any", &[("limit", "credential", 0)], &[]),
    ]
}
