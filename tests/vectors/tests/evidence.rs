//! What `evidence.json` expects is what verifying gives.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use landside_proto::evidence::{self, FindingCode, Report, Trust};
use landside_vectors::VECTORS;
use landside_vectors::format::evidence::{EvidenceFile, EvidenceVector, Found};

#[test]
fn each_file_gives_the_verdict_and_findings_written() {
    let file = file();
    let mut wrong = Vec::new();
    for vector in file.good.iter().chain(&file.bad) {
        let report = judged(vector);
        let expected: BTreeSet<Found> = vector.found.iter().cloned().collect();
        let got = found(&report);
        if got != expected || report.verdict.as_str() != vector.verdict {
            let EvidenceVector { name, verdict, .. } = vector;
            let is = report.verdict.as_str();
            wrong.push(format!("{name}: {verdict} {expected:?}\n  is {is} {:?}", report.findings));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// As its reader asks.
fn judged(vector: &EvidenceVector) -> Report {
    let editions: Vec<_> = vector.editions.iter().map(|bundle| bundle.0.clone()).collect();
    let (ids, witnesses) = (vector.trust.as_slice(), vector.witnesses.unwrap_or(1));
    evidence::verify_by(&vector.bytes.0, &Trust { ids, editions: &editions, witnesses })
}

#[test]
fn good_files_show_nothing_wrong_and_bad_ones_do() {
    let file = file();
    let sound = |vector: &EvidenceVector| judged(vector).is_sound();
    let good: Vec<_> = file.good.iter().filter(|v| !sound(v)).map(|v| &v.name).collect();
    let bad: Vec<_> = file.bad.iter().filter(|v| sound(v)).map(|v| &v.name).collect();
    assert!(good.is_empty() && bad.is_empty(), "{good:?} {bad:?}");
}

#[test]
fn good_files_are_written_as_they_were_read() {
    for vector in file().good {
        let read = evidence::read(&vector.bytes.0).unwrap();
        assert_eq!(evidence::write(&read), vector.bytes.0, "{}", vector.name);
    }
}

#[test]
fn the_raw_file_is_that_of_its_vector() {
    let raw = fs::read(folder().join("case.landside")).unwrap();
    let vector = file().good.into_iter().find(|vector| vector.name == "case").unwrap();
    assert!(raw == vector.bytes.0);
}

#[test]
fn more_files_are_bad_than_good_and_each_has_a_name_of_its_own() {
    let file = file();
    assert!(file.good.len() < file.bad.len());
    let names: BTreeSet<_> = file.good.iter().chain(&file.bad).map(|vector| &vector.name).collect();
    assert_eq!(names.len(), file.good.len() + file.bad.len());
}

/// Codes whose files would be too long to keep, or that other vectors show.
const ELSEWHERE: [FindingCode; 15] = [
    FindingCode::FileTooLarge,
    FindingCode::EditionSignature,
    FindingCode::SignerNotInForce,
    FindingCode::IssuedAfterRegistration,
    FindingCode::BeforeDirectory,
    FindingCode::DocumentTwice,
    FindingCode::NotATerminal,
    FindingCode::HeadKeyEnded,
    FindingCode::WitnessedBefore,
    FindingCode::ReliedOnMissing,
    FindingCode::DirectoryBehind,
    FindingCode::PhotoUnneeded,
    FindingCode::PhotoMissing,
    FindingCode::Consistent,
    FindingCode::Overridden,
];

#[test]
fn every_other_code_has_a_file() {
    let file = file();
    let shown: BTreeSet<&str> = file
        .good
        .iter()
        .chain(&file.bad)
        .flat_map(|vector| &vector.found)
        .map(|found| found.code.as_str())
        .collect();
    let missing: Vec<_> = FindingCode::ALL
        .iter()
        .filter(|code| !ELSEWHERE.contains(code) && !shown.contains(code.as_str()))
        .collect();
    assert!(missing.is_empty(), "no vector for {missing:?}");
}

fn found(report: &Report) -> BTreeSet<Found> {
    let found = report.findings.iter().map(|finding| Found {
        code: finding.code.as_str().to_owned(),
        part: finding.place.part.as_str().to_owned(),
        number: finding.place.number.map(|(number, _)| number),
    });
    found.collect()
}

fn file() -> EvidenceFile {
    serde_json::from_slice(&fs::read(folder().join("evidence.json")).unwrap()).unwrap()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(VECTORS)
}
