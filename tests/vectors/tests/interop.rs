//! A COSE library in another language reads what we sign, and we read what it signs.
//!
//! Needs python3 and PyPI once; without them the test says so and passes, unless
//! `LANDSIDE_REQUIRE_INTEROP=1`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod outside;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use landside_proto::directory::{Authorities, Directory};
use landside_proto::document::Document;
use landside_proto::envelope;
use landside_vectors::format::{DirectoryFile, DocumentFile, Door};
use landside_vectors::{KEYS, VECTORS, identity};
use serde::Deserialize;
use serde_json::Value;

/// Exact versions, those of pycose's dependencies that it leaves open included.
const PINS: [&str; 3] = ["pycose==1.1.0", "cbor2==5.9.0", "cryptography==50.0.2"];

/// What the script reports.
#[derive(Deserialize)]
struct Report {
    verified: usize,
    refused: usize,
    signed: String,
}

#[test]
fn pycose_reads_ours_and_we_read_what_it_signs() {
    let python = match outside::python_with("interop-python", &PINS) {
        Ok(python) => python,
        Err(why) => return outside::skip(&why),
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop.py");
    let output = outside::run(
        Command::new(python).arg(script).args([root().join(KEYS), root().join(VECTORS)]),
    )
    .unwrap_or_else(|error| panic!("{error}"));
    let report: Report = serde_json::from_slice(&output).unwrap();

    let documents: DocumentFile<Value> = read("documents.json");
    let good = documents.good.len() + read::<DocumentFile<Value>>("agents.json").good.len();
    assert_eq!(report.verified, good, "good vectors that pycose verified");
    assert_eq!(report.refused, good, "flipped bits that pycose refused");

    let bytes = data_encoding::HEXLOWER.decode(report.signed.as_bytes()).unwrap();
    let opened = envelope::open(bytes, &authorities(), documents.now).unwrap();
    let Document::ReleaseOrder(order) = opened.document() else { panic!("{opened:?}") };
    assert_eq!(order.bill.as_str(), "PY-2611-1");
    let ours = envelope::seal(
        opened.document().clone(),
        opened.issuer().clone(),
        opened.issued_at(),
        &identity::key("line"),
    );
    assert_eq!(ours.unwrap().bytes(), opened.bytes(), "the same statement has the same bytes");
}

fn authorities() -> Authorities {
    let file: DirectoryFile<Value> = read("directory.json");
    let good = file.good.iter().find(|good| good.name == "edition-1").unwrap();
    let Door::Trusted(id) = good.door else { panic!("edition 1 is the first") };
    let directory = Arc::new(Directory::found(&good.bytes.0, id, file.now).unwrap());
    Authorities { directory, drivers: Arc::default(), rotations: Arc::default() }
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let text = fs::read(root().join(VECTORS).join(name)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
