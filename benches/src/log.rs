//! What the log of a terminal costs as it grows.
//!
//! Entries are added in groups through the code of the registrar, but for the documents, to a real
//! store that syncs each group. At each power of ten the log is closed and opened again, and proofs are
//! made and verified against its root.
//!
//! `cargo run --release -p landside-bench -- log [--leaves N] [--json]`

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use landside_node::measure::BareLog;
use landside_proto::directory::Authorities;
use landside_proto::ids::Hash32;
use landside_proto::key::SecretKey;
use landside_proto::merkle::{verify_consistency, verify_inclusion};
use serde_json::json;

use super::{Failed, directory};

/// Entries unless told otherwise.
pub(crate) const LEAVES: u64 = 1_000_000;

/// Entries of a group, as of a full batch.
const GROUP: u64 = 256;

/// The first size at which is measured.
const FIRST: u64 = 1_000;

/// Proofs of either sort, from which a mean is taken.
const PROOFS: u64 = 200;

/// Grows a log in a folder and prints a line for each power of ten.
pub(crate) fn run(dir: &Path, leaves: u64, json: bool) -> Result<(), Failed> {
    if !json {
        println!(
            "{:>11} {:>10} {:>10} {:>13} {:>15} {:>7} {:>10} {:>10} {:>10}",
            "entries",
            "entries/s",
            "us/entry",
            "inclusion us",
            "consistency us",
            "hashes",
            "store MB",
            "bytes/entry",
            "reopen ms"
        );
    }
    let parties = directory(&SecretKey::from_seed([1; 32]), Vec::new())?;
    let authorities = Authorities {
        directory: Arc::new(parties),
        drivers: Arc::default(),
        rotations: Arc::default(),
    };
    let mut log = BareLog::open(dir, authorities.clone())?;
    let mut to = FIRST.min(leaves);
    loop {
        let from = log.size();
        let begun = Instant::now();
        while log.size() < to {
            log.grow(GROUP.min(to - log.size()))?;
        }
        let grown = begun.elapsed();
        let root = log.root();
        drop(log);
        let begun = Instant::now();
        log = BareLog::open(dir, authorities.clone())?;
        let reopened = begun.elapsed();
        if (log.size(), log.root()) != (to, root) {
            return Err("the log is not the same after it was opened again".into());
        }
        let line = Line { entries: to, added: to - from, grown, reopened, bytes: bytes_of(dir)? };
        line.print(&Proofs::of(&log)?, json);
        if to == leaves {
            return Ok(());
        }
        to = to.saturating_mul(10).min(leaves);
    }
}

/// How long proofs take and are.
struct Proofs {
    inclusion: Duration,
    consistency: Duration,
    hashes_max: usize,
}

impl Proofs {
    fn of(log: &BareLog) -> Result<Self, Failed> {
        let (size, root) = (log.size(), log.root());
        // Everywhere in the log, the same places in every run.
        let places: Vec<u64> = (0..PROOFS).map(|at| scattered(at) % size).collect();
        let begun = Instant::now();
        let mut inclusions = Vec::new();
        for place in &places {
            inclusions.push(log.inclusion(*place)?);
        }
        let inclusion = begun.elapsed();
        let begun = Instant::now();
        let mut consistencies = Vec::new();
        for place in &places {
            consistencies.push(log.consistency(*place)?);
        }
        let consistency = begun.elapsed();
        for (index, proof) in places.iter().zip(&inclusions) {
            verify_inclusion(&log.leaf(*index)?, *index, size, proof, &root)?;
        }
        for (old, proof) in places.iter().zip(&consistencies) {
            verify_consistency(*old, &log.root_of(*old)?, size, &root, proof)?;
        }
        let lengths = inclusions.iter().chain(&consistencies).map(Vec::len);
        let hashes_max = lengths.max().unwrap_or(0);
        let count = u32::try_from(PROOFS).unwrap_or(1);
        Ok(Self { inclusion: inclusion / count, consistency: consistency / count, hashes_max })
    }
}

/// What growing to a size came to.
struct Line {
    entries: u64,
    added: u64,
    grown: Duration,
    reopened: Duration,
    bytes: u64,
}

impl Line {
    fn print(&self, proofs: &Proofs, json: bool) {
        let (added, entries) = (float(self.added), float(self.entries));
        let per_s = added / self.grown.as_secs_f64();
        let each = micros(self.grown) / added;
        let (inclusion, consistency) = (micros(proofs.inclusion), micros(proofs.consistency));
        let (store, per_entry) = (float(self.bytes) / 1e6, float(self.bytes) / entries);
        let reopen = self.reopened.as_secs_f64() * 1e3;
        if json {
            let line = json!({
                "event": "log", "entries": self.entries, "entries_per_s": per_s.round(),
                "us_per_entry": each, "inclusion_us": inclusion, "consistency_us": consistency,
                "hashes_max": proofs.hashes_max, "store_bytes": self.bytes, "reopen_ms": reopen,
            });
            return println!("{line}");
        }
        println!(
            "{:>11} {per_s:>10.0} {each:>10.1} {inclusion:>13.0} {consistency:>15.0} {:>7} \
             {store:>10.1} {per_entry:>10.0} {reopen:>10.0}",
            self.entries, proofs.hashes_max
        );
    }
}

/// A number far from those of its neighbours.
fn scattered(at: u64) -> u64 {
    let hash = Hash32::of(&at.to_be_bytes());
    let first = hash.as_bytes().first_chunk().copied().unwrap_or_default();
    u64::from_be_bytes(first)
}

fn micros(span: Duration) -> f64 {
    span.as_secs_f64() * 1e6
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn float(number: u64) -> f64 {
    number as f64
}

/// Bytes of the files in a folder and below, as far as they take room on the disk; without the reserve
/// that every store keeps back.
fn bytes_of(dir: &Path) -> Result<u64, Failed> {
    use std::os::unix::fs::MetadataExt as _;
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name() == "reserve" {
            continue;
        }
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_of(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}
