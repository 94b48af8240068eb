//! What is hashed, and where it is served.

use ciborium::Value;
use landside_proto::document::{CasePlace, Position};
use landside_proto::ids::{Hash32, UnixMillis};

use super::tree::leaf_hash;
use crate::format::Hex;
use crate::format::log::{EntryBundle, Leaf, NoBundle, NoBytes, NoPath, Path, PathOf, Section};
use crate::good::{case_code, sealed};
use crate::world::now;

const LAST_MOMENT: u64 = 253_402_300_799_999;

fn entry(envelope: Hash32, position: &Position) -> Vec<u8> {
    let mut items = vec![
        Value::from(position.log),
        Value::Bytes(envelope.as_bytes().to_vec()),
        Value::from(position.at.as_millis()),
    ];
    if let Some(CasePlace { code, place }) = position.case {
        items.push(Value::Array(vec![Value::from(code.to_string()), Value::from(place)]));
    }
    let mut hashed = b"landside log entry v1\n".to_vec();
    ciborium::into_writer(&Value::Array(items), &mut hashed).expect("writes to memory");
    [&position.at.as_millis().to_be_bytes()[..], Hash32::of(&hashed).as_bytes()].concat()
}

fn leaf(name: &str, shows: &str, envelope: Hash32, position: Position) -> Leaf {
    let bytes = entry(envelope, &position);
    let leaf = leaf_hash(&bytes);
    Leaf { name: name.into(), shows: shows.into(), envelope, position, bytes: Hex(bytes), leaf }
}

fn at(place: u32) -> Option<CasePlace> {
    Some(CasePlace { code: case_code(), place })
}

pub(super) fn entries() -> Section<Leaf, NoBytes> {
    let order = sealed("release-order").hash();
    let credential = sealed("driver-credential").hash();
    let good = vec![
        leaf(
            "first",
            "the release order of `documents.json`, first of all",
            order,
            Position { log: 0, at: now(), case: at(0) },
        ),
        leaf(
            "of-no-case",
            "a credential: an array of three",
            credential,
            Position { log: 23, at: now(), case: None },
        ),
        leaf(
            "later",
            "numbers that take more bytes",
            order,
            Position {
                log: 10_000_000,
                at: UnixMillis::from_millis(now().as_millis() + 999),
                case: at(300),
            },
        ),
        leaf(
            "largest",
            "the largest numbers",
            order,
            Position {
                log: (1 << 62) - 1,
                at: UnixMillis::from_millis(LAST_MOMENT),
                case: at(u32::MAX),
            },
        ),
    ];
    let bytes = good[0].bytes.0.clone();
    let bad = |name: &str, shows: &str, refused: &str, bytes: &[u8]| NoBytes {
        name: name.into(),
        shows: shows.into(),
        refused: refused.into(),
        bytes: Hex(bytes.to_vec()),
    };
    let timed = |millis: u64| [&millis.to_be_bytes()[..], &bytes[8..]].concat();
    let bad = vec![
        bad("empty", "nothing", "entry-length", &[]),
        bad("time-alone", "the hash is missing", "entry-length", &bytes[..8]),
        bad("short", "a byte is missing", "entry-length", &bytes[..39]),
        bad("long", "a byte too many", "entry-length", &[&bytes[..], &[0]].concat()),
        bad("after-9999", "a time that has no text", "entry-time", &timed(LAST_MOMENT + 1)),
        bad("largest-time", "the largest time", "entry-time", &timed(u64::MAX)),
    ];
    Section { good, bad }
}

pub(super) fn bundles() -> Section<EntryBundle, NoBundle> {
    let entries: Vec<Vec<u8>> = (0..3)
        .map(|log| {
            let position = Position { log, at: now(), case: None };
            entry(sealed("driver-credential").hash(), &position)
        })
        .collect();
    let bundled = |entries: &[Vec<u8>]| -> Vec<u8> {
        entries.iter().flat_map(|entry| [&[0, 40], &entry[..]].concat()).collect()
    };
    let good = |name: &str, shows: &str, entries: &[Vec<u8>]| EntryBundle {
        name: name.into(),
        shows: shows.into(),
        entries: entries.iter().cloned().map(Hex).collect(),
        bytes: Hex(bundled(entries)),
    };
    let bytes = bundled(&entries);
    let bad = |name: &str, shows: &str, refused: &str, bytes: Vec<u8>| NoBundle {
        name: name.into(),
        shows: shows.into(),
        refused: refused.into(),
        width: 3,
        bytes: Hex(bytes),
    };
    let with = |at: usize, byte: u8| {
        let mut other = bytes.clone();
        other[at] = byte;
        other
    };
    let bad = vec![
        bad("empty", "nothing", "bundle-length", vec![]),
        bad("too-few", "an entry is missing", "bundle-length", bundled(&entries[..2])),
        bad("cut", "a byte is missing", "bundle-length", bytes[..bytes.len() - 1].to_vec()),
        bad("too-long", "a byte too many", "bundle-length", [&bytes[..], &[0]].concat()),
        bad("length-41", "an entry that says it is longer", "entry-length", with(43, 41)),
        bad("length-little-endian", "a length of 10240", "entry-length", {
            let mut other = with(0, 40);
            other[1] = 0;
            other
        }),
        bad("time-after-9999", "the second entry has no time", "entry-time", with(44, 0xff)),
    ];
    let one = good("one", "a log of one entry", &entries[..1]);
    Section { good: vec![one, good("three", "a log of three", &entries)], bad }
}

pub(super) fn paths() -> Section<Path, NoPath> {
    let good = [
        (PathOf::Checkpoint(true), "checkpoint"),
        (PathOf::Tile(0, 0, 256), "tile/0/000"),
        (PathOf::Tile(0, 273, 112), "tile/0/273.p/112"),
        (PathOf::Tile(1, 1, 17), "tile/1/001.p/17"),
        (PathOf::Tile(2, 0, 1), "tile/2/000.p/1"),
        (PathOf::Tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (PathOf::Tile(0, 1_000, 255), "tile/0/x001/000.p/255"),
        (PathOf::Tile(7, 0, 64), "tile/7/000.p/64"),
        (PathOf::Tile(0, (1 << 54) - 1, 256), "tile/0/x018/x014/x398/x509/x481/983"),
        (PathOf::Entries(0, 256), "tile/entries/000"),
        (PathOf::Entries(1_234_067, 8), "tile/entries/x001/x234/067.p/8"),
    ];
    let bad = [
        ("", "nothing"),
        ("/checkpoint", "a slash in front"),
        ("checkpoint/", "a slash behind"),
        ("tile/0", "no index"),
        ("tile/0/0", "one digit"),
        ("tile/0/0000", "four digits"),
        ("tile/0/x000/001", "a group of zeroes in front"),
        ("tile/0/001/002", "no x in front of a group"),
        ("tile/0/x001", "an x in front of the last group"),
        ("tile/0/X001/002", "a capital x"),
        ("tile/0/+01", "a sign"),
        ("tile/00/000", "a level with a zero in front"),
        ("tile/-1/000", "a level below 0"),
        ("tile/8/000", "a level that no tree has"),
        ("tile/8/0/000", "the height before the level, as the Go project writes it"),
        ("tile/0/000.p/0", "no hashes"),
        ("tile/0/000.p/256", "a full tile as a partial one"),
        ("tile/0/000.p/007", "a width with zeroes in front"),
        ("tile/0/000.p/", "no width"),
        ("tile/0/000.p/7/", "a slash behind"),
        ("tile/7/000.p/65", "more hashes than the largest tree has there"),
        ("tile/0/x018/x014/x398/x509/x481/984", "one tile more than the largest tree has"),
        ("tile/data/000", "the entries of the Go project"),
        ("tile/entries/../000", "a step up"),
    ];
    Section {
        good: good.map(|(of, path)| Path { of, path: path.into() }).into(),
        bad: bad
            .map(|(path, shows)| NoPath {
                shows: shows.into(),
                refused: "path-form".into(),
                path: path.into(),
            })
            .into(),
    }
}
