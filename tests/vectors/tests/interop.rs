//! A COSE library in another language reads what we sign, and we read what it signs.
//!
//! Needs python3 and PyPI once; without them the test says so and passes, unless
//! `LANDSIDE_REQUIRE_INTEROP=1`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::{env, fs, io};

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
    let python = match python_with_pycose() {
        Ok(python) => python,
        Err(why) => {
            let required = env::var("LANDSIDE_REQUIRE_INTEROP").is_ok_and(|v| v == "1");
            assert!(!required, "LANDSIDE_REQUIRE_INTEROP is 1, but {why}");
            // Past the harness, which keeps the output of tests that pass.
            let _ = writeln!(io::stderr(), "skipped: {why}");
            return;
        }
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop.py");
    let output =
        run(Command::new(python).arg(script).args([root().join(KEYS), root().join(VECTORS)]))
            .unwrap_or_else(|error| panic!("{error}"));
    let report: Report = serde_json::from_slice(&output).unwrap();

    let documents: DocumentFile<Value> = read("documents.json");
    assert_eq!(report.verified, documents.good.len(), "good vectors that pycose verified");
    assert_eq!(report.refused, documents.good.len(), "flipped bits that pycose refused");

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

/// A Python with the pinned libraries, in a virtual environment below the build folder.
fn python_with_pycose() -> Result<PathBuf, String> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop-python");
    let python = home.join("bin/python3");
    let stamp = home.join("pins");
    let pins = PINS.join(" ");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == pins) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(PINS))?;
    fs::write(&stamp, pins).map_err(|error| error.to_string())?;
    Ok(python)
}

/// Standard output, or why the command failed, on one line.
fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name} does not start: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rev().find(|line| !line.is_empty()).unwrap_or("no word");
    Err(format!("{name} failed: {last}"))
}

fn authorities() -> Authorities {
    let file: DirectoryFile<Value> = read("directory.json");
    let good = file.good.iter().find(|good| good.name == "edition-1").unwrap();
    let Door::Trusted(id) = good.door else { panic!("edition 1 is the first") };
    let directory = Arc::new(Directory::found(&good.bytes.0, id, file.now).unwrap());
    Authorities { directory, drivers: Arc::default() }
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let text = fs::read(root().join(VECTORS).join(name)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
