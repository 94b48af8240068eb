//! What `log.json` expects is what happens.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use landside_proto::checkpoint::{
    Algorithm, CheckpointError, FollowError, KeyName, SignedCheckpoint, follow,
};
use landside_proto::document::Remark;
use landside_proto::key::Signer;
use landside_proto::log::{Entry, read_bundle, write_bundle};
use landside_proto::merkle::{
    Bundle, ProofError, Resource, Tile, verify_consistency, verify_inclusion,
};
use landside_vectors::format::log::{
    Consistency, Cosigned, Follow, Inclusion, LogFile, Note, PathOf,
};
use landside_vectors::{VECTORS, identity};

#[test]
fn names_of_keys_are_written_and_read_as_written() {
    let section = file().names;
    for good in section.good {
        let network = Remark::parse(good.network).unwrap();
        let name = KeyName::of(&network, &good.party);
        assert_eq!(name.as_str(), good.key_name, "{}", good.name);
        assert_eq!(KeyName::parse(&good.key_name), Ok(name), "{}", good.name);
    }
    for bad in section.bad {
        let refused = KeyName::parse(&bad.key_name).unwrap_err();
        assert_eq!(refused.code(), bad.refused, "{}", bad.name);
    }
}

#[test]
fn entries_and_their_leaves_are_made_as_written() {
    let section = file().entries;
    for good in section.good {
        let entry = Entry::of(good.envelope, &good.position);
        assert_eq!(entry.to_bytes().to_vec(), good.bytes.0, "{}", good.name);
        assert_eq!(Entry::from_bytes(&good.bytes.0), Ok(entry), "{}", good.name);
        assert_eq!(entry.leaf(), good.leaf, "{}", good.name);
    }
    for bad in section.bad {
        let refused = Entry::from_bytes(&bad.bytes.0).unwrap_err();
        assert_eq!(refused.code(), bad.refused, "{}", bad.name);
    }
}

#[test]
fn bundles_are_written_and_read_as_written() {
    let section = file().bundles;
    for good in section.good {
        let entries: Vec<_> =
            good.entries.iter().map(|entry| Entry::from_bytes(&entry.0).unwrap()).collect();
        assert_eq!(write_bundle(&entries), good.bytes.0, "{}", good.name);
        let width = u16::try_from(entries.len()).unwrap();
        assert_eq!(read_bundle(&good.bytes.0, width), Ok(entries), "{}", good.name);
    }
    for bad in section.bad {
        let refused = read_bundle(&bad.bytes.0, bad.width).unwrap_err();
        assert_eq!(refused.code(), bad.refused, "{}", bad.name);
    }
}

#[test]
fn paths_lead_where_it_is_written() {
    let section = file().paths;
    for good in section.good {
        let expected = match good.of {
            PathOf::Checkpoint(_) => Resource::Checkpoint,
            PathOf::Tile(level, index, width) => {
                Resource::Tile(Tile::new(level, index, width).unwrap())
            }
            PathOf::Entries(index, width) => {
                let size = index * 256 + u64::from(width);
                Resource::Entries(Bundle::of(index, size).unwrap())
            }
        };
        assert_eq!(Resource::parse(&good.path), Ok(expected), "{}", good.path);
        assert_eq!(expected.path(), good.path);
    }
    for bad in section.bad {
        let refused = Resource::parse(&bad.path).unwrap_err();
        assert_eq!(refused.code(), bad.refused, "{}", bad.path);
    }
}

#[test]
fn inclusion_proofs_prove_and_fail_as_written() {
    let section = file().inclusion;
    for good in &section.good {
        assert_eq!(included(good), Ok(()), "{}", good.name);
    }
    for bad in &section.bad {
        let refused = included(&bad.vector).expect_err(&bad.vector.name);
        assert_eq!(refused.code(), bad.refused, "{}", bad.vector.name);
    }
}

#[test]
fn consistency_proofs_prove_and_fail_as_written() {
    let section = file().consistency;
    for good in &section.good {
        assert_eq!(consistent(good), Ok(()), "{}", good.name);
    }
    for bad in &section.bad {
        let refused = consistent(&bad.vector).expect_err(&bad.vector.name);
        assert_eq!(refused.code(), bad.refused, "{}", bad.vector.name);
    }
}

#[test]
fn heads_open_and_are_refused_as_written() {
    let section = file().checkpoints;
    for good in &section.good {
        let name = &good.note.name;
        let head = opened(&good.note).unwrap_or_else(|error| panic!("{name}: {error}"));
        let said = head.checkpoint();
        assert_eq!((said.size, said.root), (good.size, good.root), "{name}");
        assert_eq!(head.lines().len(), good.lines, "{name}");
        assert_eq!(head.bytes(), good.note.note.as_bytes(), "{name}");
        assert!(good.note.note.starts_with(&format!("{}\n", said.text())), "{name}");
        let vkey =
            |key: &String| Algorithm::Log.vkey(&said.origin, &identity::key(key).public_key());
        let vkeys: Vec<_> = good.note.keys.iter().map(vkey).collect();
        assert_eq!(vkeys, good.vkeys, "{name}");
    }
    for bad in &section.bad {
        let refused = opened(&bad.vector).expect_err(&bad.vector.name);
        assert_eq!(refused.code(), bad.refused, "{}", bad.vector.name);
    }
}

#[test]
fn signing_a_head_again_gives_the_bytes_written() {
    for name in ["empty-log", "seven", "largest"] {
        let section = file().checkpoints;
        let good = section.good.iter().find(|good| good.note.name == name).unwrap();
        let head = opened(&good.note).unwrap();
        let again = head.checkpoint().clone().sign(&identity::key("terminal")).unwrap();
        assert_eq!(again.bytes(), good.note.note.as_bytes(), "{name}");
    }
}

#[test]
fn cosignatures_verify_and_are_refused_as_written() {
    let section = file().cosignatures;
    for good in &section.good {
        assert_eq!(cosigned(good).unwrap(), good.at.unwrap().as_secs(), "{}", good.name);
        let head = open(&good.note);
        let at = good.at.unwrap();
        let witness = KeyName::parse(&good.witness).unwrap();
        let again = head.cosign(&witness, at, &identity::key(&good.key)).unwrap();
        assert_eq!(again.line(), good.line, "{}", good.name);
    }
    for bad in &section.bad {
        let refused = cosigned(&bad.vector).expect_err(&bad.vector.name);
        assert_eq!(refused.code(), bad.refused, "{}", bad.vector.name);
    }
}

#[test]
fn heads_follow_one_another_as_written() {
    let section = file().follow;
    for good in &section.good {
        assert_eq!(followed(good), Ok(()), "{}", good.name);
    }
    for bad in &section.bad {
        let refused = followed(&bad.vector).expect_err(&bad.vector.name);
        assert_eq!(refused.code(), bad.refused, "{}", bad.vector.name);
    }
}

#[test]
fn every_section_has_more_bad_vectors_than_good_ones_and_names_each_once() {
    let file = serde_json::to_value(file()).unwrap();
    let mut sections = 0;
    for (section, vectors) in file.as_object().unwrap() {
        let Some(good) = vectors["good"].as_array() else { continue };
        let bad = vectors["bad"].as_array().unwrap();
        assert!(good.len() < bad.len(), "{section}: {} good, {} bad", good.len(), bad.len());
        let named = |vector: &serde_json::Value| {
            vector.get("name").or_else(|| vector.get("path")).unwrap().to_string()
        };
        let names: BTreeSet<_> = good.iter().chain(bad).map(named).collect();
        assert_eq!(names.len(), good.len() + bad.len(), "{section}: a name is used twice");
        sections += 1;
    }
    assert_eq!(sections, 9);
}

#[test]
fn every_code_of_a_head_has_a_vector() {
    let text = fs::read_to_string(path()).unwrap();
    let sources = ["checkpoint/mod.rs", "checkpoint/follow.rs", "checkpoint/name.rs", "log.rs"]
        .into_iter()
        .chain(["merkle/verify.rs", "merkle/tile.rs"]);
    let mut codes = 0;
    for source in sources {
        let source = root().join("crates/landside-proto/src").join(source);
        let source = fs::read_to_string(source).unwrap();
        let literals = source.split('"').skip(1).step_by(2);
        let is_code = |word: &&str| {
            word.contains('-') && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        };
        for code in literals.filter(is_code) {
            codes += 1;
            // Heads of two logs do not meet in one file: every one here is of the same log.
            let shown = code == "other-log" || text.contains(&format!("\"refused\": \"{code}\""));
            assert!(shown, "no vector for {code}");
        }
    }
    assert!(codes > 25, "codes are looked for in the wrong place: {codes}");
}

fn included(vector: &Inclusion) -> Result<(), ProofError> {
    let Inclusion { leaf, index, size, root, proof, .. } = vector;
    verify_inclusion(leaf, *index, *size, proof, root)
}

fn consistent(vector: &Consistency) -> Result<(), ProofError> {
    let Consistency { old_size, old_root, new_size, new_root, proof, .. } = vector;
    verify_consistency(*old_size, old_root, *new_size, new_root, proof)
}

fn opened(note: &Note) -> Result<SignedCheckpoint, CheckpointError> {
    let keys: Vec<_> = note.keys.iter().map(|key| identity::key(key).public_key()).collect();
    let origin = KeyName::parse(&note.origin).unwrap();
    SignedCheckpoint::open(&note.received(), &origin, &keys)
}

/// A head of the log of these vectors.
fn open(note: &str) -> SignedCheckpoint {
    let origin = KeyName::parse("landside/vectors/terminal").unwrap();
    let key = identity::key("terminal").public_key();
    SignedCheckpoint::open(note.as_bytes(), &origin, &[key]).unwrap()
}

/// The time of a witness's line, in seconds, once it was taken, added and found again.
fn cosigned(vector: &Cosigned) -> Result<u64, CheckpointError> {
    let head = open(&vector.note);
    let witness = KeyName::parse(&vector.witness).unwrap();
    let key = identity::key(&vector.key).public_key();
    let taken = head.read_cosignature(&vector.line, &witness, &key, vector.now)?;
    let added = open(std::str::from_utf8(head.add_cosignature(&taken)?.bytes()).unwrap());
    let found = added.verify_cosignature(&witness, &key, vector.now)?;
    assert_eq!(found.at(), taken.at(), "{}", vector.name);
    Ok(found.at().as_secs())
}

fn followed(vector: &Follow) -> Result<(), FollowError> {
    let last = vector.last.as_deref().map(open);
    follow(last.as_ref(), &open(&vector.next), &vector.proof)
}

fn file() -> LogFile {
    serde_json::from_slice(&fs::read(path()).unwrap()).unwrap()
}

fn path() -> PathBuf {
    root().join(VECTORS).join("log.json")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
