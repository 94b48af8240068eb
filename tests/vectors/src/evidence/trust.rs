//! Files whose reader trusts another edition than they have, or asks for more witnesses.

use landside_proto::directory::edition_id;
use landside_proto::document::DirectoryEdition;
use landside_proto::ids::UnixMillis;

use super::port::{Case, edition, minute};
use super::{vector, written};
use crate::format::Hex;
use crate::format::evidence::EvidenceVector;
use crate::world::bundle;

const ALL: [&str; 2] = ["authority-1", "authority-2"];

/// The edition after the first, in force from the same moment.
fn second() -> DirectoryEdition {
    let mut second = edition();
    second.number = 2;
    second.previous = Some(edition_id(&edition()).expect("an edition of the vectors"));
    second
}

/// The one after that.
fn third() -> DirectoryEdition {
    let mut third = second();
    third.number = 3;
    third.previous = Some(edition_id(&second()).expect("an edition of the vectors"));
    third
}

/// The second one, which ends the forwarder's key before the case.
fn revoking() -> DirectoryEdition {
    let mut second = second();
    second.valid_from = minute(1000);
    let forwarder = second.parties.iter_mut().find(|party| party.id.as_str() == "forwarder");
    let key = &mut forwarder.expect("a party of the vectors").signing_keys[0];
    key.until = Some(UnixMillis::from_millis(minute(0).as_millis() - 1));
    second
}

/// The honest case with this edition alone.
fn with(edition: &DirectoryEdition) -> Vec<u8> {
    written("case", &Case { editions: vec![bundle(edition, &ALL)], ..Case::honest() }.body())
}

/// A reader who trusts the first edition and brings these along.
fn brings(vector: EvidenceVector, editions: &[(&DirectoryEdition, &[&str])]) -> EvidenceVector {
    let editions = editions.iter().map(|(edition, by)| Hex(bundle(edition, by))).collect();
    EvidenceVector { editions, ..vector }
}

fn trusting(trusted: &DirectoryEdition, vector: EvidenceVector) -> EvidenceVector {
    let trust = Some(edition_id(trusted).expect("an edition of the vectors"));
    EvidenceVector { trust, ..vector }
}

pub(super) fn good() -> Vec<EvidenceVector> {
    let proven = |name: &str, shows: &str, bytes| vector(name, shows, ("proven", &[]), bytes);
    let asks = |witnesses: usize, vector| EvidenceVector { witnesses: Some(witnesses), ..vector };
    vec![
        brings(
            proven(
                "joined-to-older",
                "the file has edition 3, the reader trusts edition 1 and brings 1 and 2",
                with(&third()),
            ),
            &[(&second(), &ALL), (&edition(), &ALL)],
        ),
        trusting(
            &third(),
            brings(
                proven(
                    "joined-to-newer",
                    "the file has edition 1, the reader trusts edition 3 and brings 3 and 2",
                    with(&edition()),
                ),
                &[(&third(), &ALL), (&second(), &ALL)],
            ),
        ),
        brings(
            vector(
                "edition-unused",
                "the file has edition 1; edition 3, which the reader brings without 2, says nothing of it",
                ("proven", &[("edition-unused", "file", 0)]),
                with(&edition()),
            ),
            &[(&third(), &ALL)],
        ),
        brings(
            vector(
                "edition-unused-few-signed",
                "edition 2 ends a key, and one authority signed it where two are needed: it is not trusted",
                ("proven", &[("edition-unused", "file", 0)]),
                with(&edition()),
            ),
            &[(&revoking(), &["authority-1"])],
        ),
        asks(
            2,
            proven(
                "two-witnesses",
                "two parties were asked for, and two are there",
                with(&edition()),
            ),
        ),
        asks(
            3,
            vector(
                "too-few-witnesses",
                "three parties were asked for, and two are there: nobody did wrong",
                ("too-few-witnesses", &[("too-few-witnesses", "head", 0)]),
                with(&edition()),
            ),
        ),
    ]
}

pub(super) fn bad() -> Vec<EvidenceVector> {
    let open = |name: &str, shows: &str| {
        let found = ("not-joined", &[("edition-not-joined", "edition", 1)][..]);
        vector(name, shows, found, with(&third()))
    };
    let mut other = edition();
    other.valid_until = UnixMillis::from_millis(other.valid_until.as_millis() + 1);
    vec![
        trusting(
            &revoking(),
            brings(
                vector(
                    "revoked-by-the-trusted-edition",
                    "the same edition 2, in the same bundle, is the one that is trusted: it counts by its hash",
                    ("proven", &[("key-revoked", "document", 4)]),
                    with(&edition()),
                ),
                &[(&revoking(), &["authority-1"])],
            ),
        ),
        open(
            "not-joined",
            "the file has edition 3, the reader trusts edition 1 and brings nothing",
        ),
        brings(
            open("not-joined-gap", "the reader brings 1, and 2 is missing"),
            &[(&edition(), &ALL)],
        ),
        brings(
            open(
                "not-joined-trusted-missing",
                "the reader brings 2, and not the one that is trusted",
            ),
            &[(&second(), &ALL)],
        ),
        brings(
            open("not-joined-unsigned", "one authority signed edition 2 where two are needed"),
            &[(&edition(), &ALL), (&second(), &["authority-1"])],
        ),
        brings(
            vector(
                "edition-of-another-list",
                "the file has another edition 1 than the one that the reader trusts and brings",
                ("broken", &[("edition-not-trusted", "edition", 1)]),
                with(&other),
            ),
            &[(&edition(), &ALL)],
        ),
    ]
}
