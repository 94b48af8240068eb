//! Bundles of directory editions: the first one, the next one, and every way to be neither.

use ciborium::Value;
use landside_proto::directory::edition_id;
use landside_proto::document::{DirectoryEdition, Document, Role};
use landside_proto::ids::Hash32;
use landside_proto::key::{PublicKey, Signer};
use landside_proto::refusal::Code;

use crate::agents;
use crate::forge::{self, Pieces, at, bytes, set, write};
use crate::format::{BadEdition, DirectoryFile, Door, GoodEdition, Hex};
use crate::good;
use crate::identity::key;
use crate::world::{self, bundle, now, small_edition as edition, time};

pub(crate) fn file() -> DirectoryFile<DirectoryEdition> {
    let mut bad = not_the_first();
    bad.extend(not_signed());
    bad.extend(not_a_bundle());
    bad.extend(not_an_edition());
    bad.extend(not_an_agent());
    bad.extend(not_the_next());
    DirectoryFile {
        about: "Bundles of directory editions: `trusted` comes in as the first one with that id, \
                `follows` after the good vector of that name."
            .into(),
        now: now(),
        good: good(),
        bad,
    }
}

fn good() -> Vec<GoodEdition<DirectoryEdition>> {
    let vector = |name: &str, shows: &str, door, edition: DirectoryEdition, bytes| GoodEdition {
        name: name.to_owned(),
        shows: shows.to_owned(),
        door,
        id: id(&edition),
        number: edition.number,
        document: edition,
        bytes: Hex(bytes),
    };
    let (full, first, second) = (world::edition(), edition(1), edition(2));
    let door = Door::Trusted(id(&first));
    let everybody = Door::Trusted(id(&full));
    let all = bundle(&first, &["authority-3", "authority-1", "authority-2"]);
    let next = bundle(&second, &["authority-1", "authority-3"]);
    vec![
        vector("edition-1", "the one of all other files", everybody, full, world::edition_1()),
        vector("small-1", "two of three signed", door.clone(), first.clone(), small_1()),
        vector("small-1-by-all", "all three signed, in any order", door, first, all),
        vector(
            "small-2",
            "two signed, as edition 1 asks; edition 2 asks for three from now on",
            Door::Follows("small-1".into()),
            second,
            next,
        ),
        vector(
            agents::EDITION,
            "terminals are agents of a line; the one of agents.json",
            Door::Trusted(id(&agents::edition())),
            agents::edition(),
            bundle(&agents::edition(), &["authority-1", "authority-2"]),
        ),
    ]
}

fn first(name: &str, shows: &str, code: Code, bytes: Vec<u8>) -> BadEdition {
    bad(name, shows, Door::Trusted(id(&edition(1))), code, bytes)
}

fn after(follows: &str, name: &str, shows: &str, code: Code, bytes: Vec<u8>) -> BadEdition {
    bad(name, shows, Door::Follows(follows.into()), code, bytes)
}

fn bad(name: &str, shows: &str, door: Door, code: Code, bytes: Vec<u8>) -> BadEdition {
    BadEdition {
        name: name.to_owned(),
        shows: shows.to_owned(),
        door,
        refused: code.as_str().to_owned(),
        bytes: Hex(bytes),
    }
}

fn not_the_first() -> Vec<BadEdition> {
    let other = DirectoryEdition { threshold: 1, ..edition(1) };
    vec![
        first(
            "not-the-trusted-one",
            "well signed, but its id is not the one that people compared",
            Code::EditionFork,
            bundle(&other, &["authority-1", "authority-2"]),
        ),
        bad(
            "trusted-id-one-bit-off",
            "edition 1 for an id that differs in one bit",
            Door::Trusted(one_bit_off(id(&edition(1)))),
            Code::EditionFork,
            small_1(),
        ),
    ]
}

/// Bundles of edition 1 with fewer than two good signatures of different authorities.
fn not_signed() -> Vec<BadEdition> {
    let unsigned = |name, shows, bytes| first(name, shows, Code::EditionUnsigned, bytes);
    let one = |name: &str| Pieces::of(&by(name));
    let alone = bundle(&edition(1), &["authority-1"]);
    let mut flipped = one("authority-2");
    flipped.signature[5] ^= 1;
    let mut malleated = one("authority-2");
    malleated.signature = forge::malleated(&malleated.signature);
    let later = i64::try_from(now().as_secs()).unwrap() - 60;
    let again = one("authority-1").header(|h| set(at(h, &[15]), 6, later)).signed_by("authority-1");
    let ahead = later + 60 + 301;
    let early = one("authority-2").header(|h| set(at(h, &[15]), 6, ahead)).signed_by("authority-2");
    let subject = one("authority-2").header(|h| set(at(h, &[15]), 2, "other"));
    let with = |second: Pieces| join(&[one("authority-1").envelope(), second.envelope()]);
    vec![
        unsigned("under-signed", "one signature, two needed", alone),
        unsigned(
            "signer-twice",
            "the same signature twice is one signature",
            with(one("authority-1")),
        ),
        unsigned(
            "signer-twice-at-two-times",
            "two signatures of one authority are one",
            with(again),
        ),
        unsigned("signer-stranger", "the second signer is no authority", with(one("stranger"))),
        unsigned("signer-party", "the second signer is a party of the list", with(one("terminal"))),
        unsigned("signature-flipped", "one bit of the second signature", with(flipped)),
        unsigned("signature-s-plus-l", "S + L in the second signature", with(malleated)),
        unsigned("signature-ahead", "the second is signed five minutes from now", with(early)),
        unsigned(
            "signature-other-network",
            "the second signature's subject is another network",
            with(subject.signed_by("authority-2")),
        ),
    ]
}

fn not_a_bundle() -> Vec<BadEdition> {
    let good = small_1();
    let (one, two) = (by("authority-1").bytes().to_vec(), by("authority-2").bytes().to_vec());
    // 0x82 array of two
    assert_eq!(good[0], 0x82, "head of a good bundle");
    let other = bundle(&DirectoryEdition { threshold: 1, ..edition(1) }, &["authority-2"]);
    let other = forge::items(&mut forge::read(&other)).remove(0).into_bytes().unwrap();
    let malformed = |name, shows, bytes| first(name, shows, Code::Malformed, bytes);
    let respelled = |name, shows, bytes| first(name, shows, Code::NotCanonical, bytes);
    vec![
        malformed("bundle-no-bytes", "no bytes", Vec::new()),
        malformed("bundle-of-none", "an array of no envelopes", vec![0x80]),
        malformed("bundle-truncated", "the last byte is missing", good[..good.len() - 1].to_vec()),
        malformed("bundle-single-envelope", "an envelope without the array", one.clone()),
        malformed("bundle-of-two-editions", "two payloads", join(&[one.clone(), other])),
        malformed(
            "bundle-of-documents",
            "a release order",
            join(&[good::sealed("release-order").bytes().to_vec()]),
        ),
        first(
            "bundle-of-65",
            "one envelope more than a bundle may have",
            Code::TooLarge,
            join(&vec![one.clone(); 65]),
        ),
        malformed("bundle-of-texts", "texts for envelopes", write(&Value::Array(vec!["".into()]))),
        respelled("bundle-trailing-byte", "one byte follows", [&good[..], &[0]].concat()),
        respelled("bundle-open-array", "array of open length", {
            [&[0x9f], &good[1..], &[0xff]].concat()
        }),
        respelled("bundle-long-head", "array head in two bytes", {
            [&[0x98, 2], &good[1..]].concat()
        }),
        respelled("bundle-envelope-respelled", "tag 18 in two bytes in the second envelope", {
            join(&[one, [&[0xd8, 0x12], &two[1..]].concat()])
        }),
    ]
}

/// Payloads that break the rules of an edition, well signed by all three.
fn not_an_edition() -> Vec<BadEdition> {
    let broken = |name, shows, edit: &dyn Fn(&mut DirectoryEdition)| {
        let mut edition = edition(1);
        edit(&mut edition);
        let payload = Document::from(edition).to_cbor().expect("an edition encodes");
        let door = Door::Trusted(Hash32::of(&payload));
        bad(name, shows, door, Code::BadField, signed_payload(&payload))
    };
    let mut form = vec![
        respelled_payload("edition-parties-missing", "no parties", Code::Malformed, |p| {
            forge::remove(p, 7);
        }),
        respelled_payload("edition-unknown-key", "a ninth field", Code::NotCanonical, |p| {
            set(p, 8, 1);
        }),
        respelled_payload(
            "edition-weak-authority",
            "the neutral point as an authority key",
            Code::BadField,
            |p| {
                let mut identity = [0; 32];
                identity[0] = 1;
                *at(p, &[4, 2]) = bytes(&identity);
            },
        ),
    ];
    form.extend([
        broken("edition-0", "number 0", &|e| e.number = 0),
        broken("edition-1-with-previous", "edition 1 has no previous one", &|e| {
            e.previous = Some(Hash32::of(b"before"));
        }),
        broken("edition-2-without-previous", "edition 2 has a previous one", &|e| e.number = 2),
        broken("threshold-0", "no signature needed", &|e| e.threshold = 0),
        broken("threshold-4-of-3", "more signatures than authorities", &|e| e.threshold = 4),
        broken("authorities-none", "no authority", &|e| e.authorities.clear()),
        broken("authority-twice", "one authority key listed twice", &|e| {
            e.authorities[2] = e.authorities[0];
        }),
        broken("until-before-from", "in force for no time", &|e| e.valid_until = e.valid_from),
        broken("parties-out-of-order", "parties not in the order of their ids", &|e| {
            e.parties.swap(0, 1);
        }),
        broken("party-twice", "one party listed twice", &|e| {
            let party = e.parties[0].clone();
            e.parties.insert(1, party);
        }),
        broken("signing-key-shared", "two parties with one signing key", &|e| {
            e.parties[1].signing_keys[0] = e.parties[0].signing_keys[0].clone();
        }),
        broken("node-key-signs", "one key for a node and for documents", &|e| {
            e.parties[0].node_keys[0] = e.parties[0].signing_keys[0].key;
        }),
        broken("party-without-role", "a party without a role", &|e| e.parties[0].roles.clear()),
        broken("party-is-driver", "a party with the role driver", &|e| {
            e.parties[0].roles = vec![Role::Driver];
        }),
        broken("roles-out-of-order", "roles not in order", &|e| {
            e.parties[0].roles = vec![Role::Line, Role::Terminal];
        }),
        broken("role-twice", "one role listed twice", &|e| {
            e.parties[0].roles = vec![Role::Line, Role::Line];
        }),
        broken("address-empty", "an empty address", &|e| {
            e.parties[0].addresses = vec![String::new()];
        }),
    ]);
    form
}

/// The edition of agents with one fault in them.
fn not_an_agent() -> Vec<BadEdition> {
    let broken = |name: &str, shows: &str, edit: &dyn Fn(&mut DirectoryEdition)| {
        let mut edition = agents::edition();
        edit(&mut edition);
        let payload = Document::from(edition).to_cbor().expect("an edition encodes");
        let door = Door::Trusted(Hash32::of(&payload));
        bad(name, shows, door, Code::BadField, signed_payload(&payload))
    };
    let of = |edition: &DirectoryEdition, id: &str| {
        edition.parties.iter().position(|party| party.id.as_str() == id).unwrap()
    };
    let agent = |name: &str, shows: &str, party: &str| {
        broken(name, shows, &|e| {
            let line = of(e, "line");
            e.parties[line].agents[0].party = party.parse().unwrap();
        })
    };
    vec![
        agent("agent-of-itself", "a line as its own agent", "line"),
        agent("agent-not-listed", "an agent that is no party of the edition", "stranger"),
        agent("agent-no-terminal", "an agent without role terminal", "forwarder"),
        broken("agent-of-no-line", "a forwarder with an agent", &|e| {
            let (line, forwarder) = (of(e, "line"), of(e, "forwarder"));
            let held = e.parties[line].agents.remove(0);
            e.parties[forwarder].agents.push(held);
        }),
        broken("agent-key-signs", "an agent's key is a signing key of its own too", &|e| {
            let (line, terminal) = (of(e, "line"), of(e, "terminal"));
            e.parties[line].agents[0].key = e.parties[terminal].signing_keys[0].key;
        }),
        broken("agent-key-of-line", "an agent's key is the line's own", &|e| {
            let line = of(e, "line");
            e.parties[line].agents[0].key = e.parties[line].signing_keys[1].key;
        }),
        broken("agent-key-of-node", "an agent's key is a node's", &|e| {
            let (line, terminal) = (of(e, "line"), of(e, "terminal"));
            e.parties[line].agents[0].key = e.parties[terminal].node_keys[0];
        }),
        broken("agent-key-twice", "one key for two agents", &|e| {
            let line = of(e, "line");
            e.parties[line].agents[1].key = e.parties[line].agents[0].key;
        }),
        broken("agents-too-many", "more than 16 keys of agents", &|e| {
            let line = of(e, "line");
            let held = e.parties[line].agents[0].clone();
            e.parties[line].agents = vec![held; 17];
        }),
    ]
}

fn not_the_next() -> Vec<BadEdition> {
    let two = ["authority-1", "authority-2"];
    let all = ["authority-1", "authority-2", "authority-3"];
    let next = edition(2);
    let next_but = |edit: &dyn Fn(&mut DirectoryEdition)| {
        let mut edition = next.clone();
        edit(&mut edition);
        edition
    };
    let later = next_but(&|e| e.valid_until = time("2027-12-01T00:00:00Z"));
    let taken = next_but(&|e| {
        e.authorities = vec![public("stranger")];
        e.threshold = 1;
    });
    let network = next_but(&|e| e.network = "other".to_owned().try_into().unwrap());
    let orphan = next_but(&|e| e.previous = Some(Hash32::of(b"another edition 1")));
    let (gap, gap_id) = (edition(3), id(&edition(1)));
    let gap_to_1 = DirectoryEdition { previous: Some(gap_id), ..edition(3) };
    let first_again = DirectoryEdition { threshold: 1, ..edition(1) };
    let (fork, rollback) = (Code::EditionFork, Code::EditionRollback);
    vec![
        after("small-2", "replay", "the edition in force", rollback, bundle(&next, &two)),
        after("small-2", "rollback", "the edition before", rollback, small_1()),
        after("small-2", "fork", "another edition 2", fork, bundle(&later, &all)),
        after("small-1", "fork-of-1", "another edition 1", fork, bundle(&first_again, &all)),
        after("small-1", "orphan", "follows another edition 1", fork, bundle(&orphan, &all)),
        after("small-1", "other-network", "of another network", fork, bundle(&network, &all)),
        after("small-1", "gap", "edition 3 after 1", Code::EditionGap, bundle(&gap, &all)),
        after(
            "small-1",
            "gap-that-names-1",
            "edition 3 that names edition 1 as the one before",
            Code::EditionGap,
            bundle(&gap_to_1, &all),
        ),
        after(
            "small-1",
            "next-under-signed",
            "one signature, edition 1 asks for two",
            Code::EditionUnsigned,
            bundle(&next, &["authority-2"]),
        ),
        after(
            "small-2",
            "next-by-old-threshold",
            "two signatures, edition 2 asks for three",
            Code::EditionUnsigned,
            bundle(&edition(3), &two),
        ),
        after(
            "small-1",
            "next-by-its-own-authority",
            "signed by the authority that it brings in itself",
            Code::EditionUnsigned,
            bundle(&taken, &["stranger"]),
        ),
    ]
}

/// Edition 1 signed by one key, be it an authority's or not.
fn by(name: &str) -> landside_proto::envelope::Signed<Document> {
    let authority = landside_proto::directory::Actor::parse("authority").unwrap();
    landside_proto::envelope::seal(edition(1).into(), authority, now(), &key(name)).unwrap()
}

fn respelled_payload(
    name: &str,
    shows: &str,
    code: Code,
    edit: impl FnOnce(&mut Value),
) -> BadEdition {
    let payload = Pieces::of(&by("authority-1")).body(edit).payload;
    let door = Door::Trusted(Hash32::of(&payload));
    bad(name, shows, door, code, signed_payload(&payload))
}

/// A bundle of any payload, signed by all three.
fn signed_payload(payload: &[u8]) -> Vec<u8> {
    join(&["authority-1", "authority-2", "authority-3"].map(|name| {
        let pieces = Pieces { payload: payload.to_vec(), ..Pieces::of(&by(name)) };
        pieces.signed_by(name).envelope()
    }))
}

/// The first small edition, signed by two of three.
fn small_1() -> Vec<u8> {
    bundle(&edition(1), &["authority-1", "authority-2"])
}

fn join(envelopes: &[Vec<u8>]) -> Vec<u8> {
    write(&Value::Array(envelopes.iter().map(|e| bytes(e)).collect()))
}

fn id(edition: &DirectoryEdition) -> Hash32 {
    edition_id(edition).expect("an edition of the vectors")
}

fn one_bit_off(id: Hash32) -> Hash32 {
    let mut bytes = *id.as_bytes();
    bytes[0] ^= 1;
    Hash32::from_bytes(bytes)
}

fn public(name: &str) -> PublicKey {
    key(name).public_key()
}
