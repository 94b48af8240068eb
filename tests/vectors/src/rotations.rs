//! Keys that a party vouches for beside an edition: what counts, and what no longer.

use landside_proto::directory::edition_id;
use landside_proto::document::{DirectoryEdition, Document, KeyEntry, PartyEntry};
use landside_proto::envelope::{Signed, seal};
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::key::{SecretKey, Signer};
use landside_proto::refusal::Code;
use landside_proto::rotation;
use serde_json::json;

use crate::format::{Hex, RegisteredBefore, RotationsFile, Turn};
use crate::identity::key;
use crate::world::{actor, bundle, document, edition, time};

/// The party whose keys change.
const PARTY: &str = "shipper";

/// When its first rotation is registered.
const AT: &str = "2026-11-20T09:00:00Z";
/// A millisecond before.
const BEFORE: &str = "2026-11-20T08:59:59.999Z";
/// When the old key ends by that rotation.
const ENDS: &str = "2026-11-27T00:00:00Z";
/// Between the two.
const MIDST: &str = "2026-11-21T12:00:00Z";
/// After the end.
const LATE: &str = "2026-12-01T00:00:00Z";

pub(crate) fn file() -> RotationsFile {
    RotationsFile {
        about: "What reaches a terminal at `at` that has the bundle `edition` in force and \
                registered the rotations `before`, in that order."
            .into(),
        terminal: PartyId::parse("terminal").expect("a party of the vectors"),
        good: good(),
        bad: [not_by_the_key(), not_the_key(), out_of_time(), outranked()].concat(),
    }
}

fn good() -> Vec<Turn> {
    let first = || vec![registered(PARTY, &of_next(0), AT)];
    let chain = || {
        let second = rotated(&of_next(0), Some(&of_next(1)), None, MIDST);
        vec![registered(PARTY, &of_next(0), AT), before(&second, 1, MIDST)]
    };
    vec![
        turn("rotation", "a rotation of a key in force", AT, vec![], rotated_first(AT)),
        turn(
            "new-key",
            "the new key, from the registration on",
            AT,
            first(),
            said(&of_next(0), AT),
        ),
        turn(
            "old-key-in-the-midst",
            "the old key, until it ends",
            MIDST,
            first(),
            said(&old(), MIDST),
        ),
        turn(
            "chain",
            "the key that the new key vouched for",
            LATE,
            chain(),
            said(&of_next(1), LATE),
        ),
        Turn {
            edition: edited(|party| {
                party.signing_keys[0].until = Some(last_before(ENDS));
                party.signing_keys.push(listed(&of_next(0), AT, None));
            }),
            ..turn(
                "absorbed",
                "an edition lists the new key",
                LATE,
                first(),
                said(&of_next(0), LATE),
            )
        },
        Turn {
            edition: edited(|party| party.signing_keys[0].until = Some(time(MIDST))),
            ..turn(
                "before-the-end-of-what-vouched",
                "the old key is ended by an edition; what stood at its last moment stands",
                MIDST,
                first(),
                said(&of_next(0), MIDST),
            )
        },
    ]
}

/// The key that vouches may not.
fn not_by_the_key() -> Vec<Turn> {
    let first = || vec![registered(PARTY, &of_next(0), AT)];
    let ended = edited(|party| party.signing_keys[0].until = Some(time(BEFORE)));
    let again = rotated(&old(), Some(&of_next(1)), None, MIDST);
    let node = rotated(&old(), None, Some(&of_next(1)), MIDST);
    let full: Vec<_> = (0..8)
        .map(|n| {
            let by = if n == 0 { old() } else { of_next(n - 1) };
            before(&rotated(&by, Some(&of_next(n)), None, AT), u64::from(n), AT)
        })
        .collect();
    let ninth = rotated(&of_next(7), Some(&of_next(8)), None, MIDST);
    vec![
        refused(
            "foreign",
            Code::KeyUnknown,
            "a key that nobody lists vouches",
            MIDST,
            vec![],
            rotated(&of_next(5), Some(&of_next(0)), None, MIDST),
        ),
        refused(
            "node-key-vouches",
            Code::KeyUnknown,
            "the node key vouches",
            MIDST,
            vec![],
            rotated(&key("shipper-node"), Some(&of_next(0)), None, MIDST),
        ),
        Turn {
            edition: ended,
            ..refused(
                "ended",
                Code::KeyNotInForce,
                "the key ended before",
                AT,
                vec![],
                rotated_first(AT),
            )
        },
        refused(
            "rotated-away",
            Code::KeyNotInForce,
            "its own rotation ended it",
            LATE,
            first(),
            rotated(&old(), Some(&of_next(1)), None, LATE),
        ),
        refused("second", Code::KeyRotated, "it vouched for another key", MIDST, first(), again),
        refused(
            "node-after",
            Code::KeyRotated,
            "it vouched before, for documents",
            MIDST,
            first(),
            node,
        ),
        refused("ninth", Code::RotationsFull, "eight count beside one edition", MIDST, full, ninth),
    ]
}

/// The new key is not the party's to name.
fn not_the_key() -> Vec<Turn> {
    let first = || vec![registered(PARTY, &of_next(0), AT)];
    let taken = |name, shows, new: &SecretKey| {
        let rotation = rotated(&old(), Some(new), None, MIDST);
        refused(name, Code::KeyTaken, shows, MIDST, vec![], rotation)
    };
    let others = rotation_of("forwarder", &key("forwarder"), Some(&of_next(0)), None, MIDST);
    vec![
        taken("of-another-party", "the forwarder's signing key", &key("forwarder")),
        taken("of-another-node", "the forwarder's node key", &key("forwarder-node")),
        taken("of-an-authority", "an authority's key", &key("authority-1")),
        taken("of-its-own-node", "its own node key", &key("shipper-node")),
        refused(
            "rotated-to-another",
            Code::KeyTaken,
            "the shipper brought it in",
            MIDST,
            first(),
            others,
        ),
        refused(
            "again",
            Code::KeyTaken,
            "the new key vouches for the old one",
            MIDST,
            first(),
            rotated(&of_next(0), Some(&old()), None, MIDST),
        ),
    ]
}

/// Outside the time that the rotation gives.
fn out_of_time() -> Vec<Turn> {
    let first = || vec![registered(PARTY, &of_next(0), AT)];
    vec![
        refused(
            "unregistered",
            Code::KeyUnknown,
            "no rotation is registered",
            AT,
            vec![],
            said(&of_next(0), AT),
        ),
        refused(
            "before-it",
            Code::KeyUnknown,
            "a millisecond before",
            BEFORE,
            first(),
            said(&of_next(0), BEFORE),
        ),
        refused(
            "old-key-ended",
            Code::KeyNotInForce,
            "the old key, when it ends",
            ENDS,
            first(),
            said(&old(), ENDS),
        ),
    ]
}

/// The edition's word goes above.
fn outranked() -> Vec<Turn> {
    let first = || vec![registered(PARTY, &of_next(0), AT)];
    let chain = || {
        let second = rotated(&of_next(0), Some(&of_next(1)), None, MIDST);
        vec![registered(PARTY, &of_next(0), AT), before(&second, 1, MIDST)]
    };
    let revoked = || edited(|party| party.signing_keys[0].until = Some(time(BEFORE)));
    let with = |edition: Hex, turn: Turn| Turn { edition, ..turn };
    vec![
        with(
            revoked(),
            refused(
                "revoked",
                Code::KeyUnknown,
                "revoked from before",
                MIDST,
                first(),
                said(&of_next(0), MIDST),
            ),
        ),
        with(
            revoked(),
            refused(
                "revoked-chain",
                Code::KeyUnknown,
                "and all after it",
                LATE,
                chain(),
                said(&of_next(1), LATE),
            ),
        ),
        with(
            edited(|party| party.signing_keys[0].until = Some(time(MIDST))),
            refused(
                "outlived",
                Code::KeyNotInForce,
                "ended later: none outlives it",
                LATE,
                first(),
                said(&of_next(0), LATE),
            ),
        ),
        with(
            edited(|party| party.rotations_from = Some(time(MIDST))),
            refused(
                "settled",
                Code::KeyUnknown,
                "rotations begin anew",
                MIDST,
                first(),
                said(&of_next(0), MIDST),
            ),
        ),
        with(
            edited(|party| party.signing_keys.push(listed(&of_next(0), AT, Some(MIDST)))),
            refused(
                "listed-and-ended",
                Code::KeyNotInForce,
                "the edition ends it",
                LATE,
                first(),
                said(&of_next(0), LATE),
            ),
        ),
    ]
}

fn turn(
    name: &str,
    shows: &str,
    at: &str,
    before: Vec<RegisteredBefore>,
    document: Signed<Document>,
) -> Turn {
    Turn {
        name: name.into(),
        shows: shows.into(),
        edition: edited(|_| {}),
        before,
        at: time(at),
        refused: None,
        bytes: Hex(document.bytes().to_vec()),
    }
}

fn refused(
    name: &str,
    code: Code,
    shows: &str,
    at: &str,
    before: Vec<RegisteredBefore>,
    document: Signed<Document>,
) -> Turn {
    Turn { refused: Some(code.as_str().into()), ..turn(name, shows, at, before, document) }
}

/// Edition 1 with another entry for the party, signed by two of three.
fn edited(edit: impl FnOnce(&mut PartyEntry)) -> Hex {
    let mut edition: DirectoryEdition = edition();
    let entry = edition.parties.iter_mut().find(|party| party.id.as_str() == PARTY);
    edit(entry.expect("a party of the vectors"));
    edition_id(&edition).expect("an edition of the vectors");
    Hex(bundle(&edition, &["authority-1", "authority-2"]))
}

fn listed(key: &SecretKey, from: &str, until: Option<&str>) -> KeyEntry {
    KeyEntry { key: key.public_key(), from: time(from), until: until.map(time) }
}

fn last_before(text: &str) -> UnixMillis {
    UnixMillis::from_millis(time(text).as_millis() - 1)
}

fn old() -> SecretKey {
    key(PARTY)
}

/// A key that nobody lists: its seed is 32 times the number.
fn of_next(n: u8) -> SecretKey {
    SecretKey::from_seed([n + 1; 32])
}

/// The rotation with which everything begins, as registered at a time.
fn registered(party: &str, new: &SecretKey, at: &str) -> RegisteredBefore {
    before(&rotation_of(party, &key(party), Some(new), None, AT), 0, at)
}

fn before(signed: &Signed<Document>, log: u64, at: &str) -> RegisteredBefore {
    RegisteredBefore { log, at: time(at), bytes: Hex(signed.bytes().to_vec()) }
}

fn rotated_first(at: &str) -> Signed<Document> {
    rotated(&old(), Some(&of_next(0)), None, at)
}

fn rotated(
    old: &SecretKey,
    signing: Option<&SecretKey>,
    node: Option<&SecretKey>,
    at: &str,
) -> Signed<Document> {
    rotation_of(PARTY, old, signing, node, at)
}

fn rotation_of(
    party: &str,
    old: &SecretKey,
    signing: Option<&SecretKey>,
    node: Option<&SecretKey>,
    at: &str,
) -> Signed<Document> {
    let party = PartyId::parse(party).expect("a party of the vectors");
    let pair = (signing.map(|key| key as &dyn Signer), node.map(|key| key as &dyn Signer));
    rotation::sign(party, time(ENDS), time(at), old, pair).expect("a vector keeps its own rules")
}

/// Something that the party says with a key.
fn said(key: &SecretKey, at: &str) -> Signed<Document> {
    let payload = json!({
        "visit": crate::good::visit(),
        "builds_on": "00".repeat(32),
        "to": "haulier",
        "limits": {},
    });
    let said = seal(document("pass-right", payload), actor(PARTY), time(at), key);
    said.expect("a vector keeps its own rules")
}
