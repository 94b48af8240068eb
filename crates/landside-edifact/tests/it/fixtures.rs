//! Every row of fixtures/edifact/README.md is a test case.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use landside_edifact::coreor::{self, Reading as Releases};
use landside_edifact::entry::Reading;
use landside_edifact::profile::Profile;
use landside_edifact::syntax::{self, Code, Fault, Note};
use landside_edifact::{coarri, codeco, coparn, copino, cusres};

/// One row of the table.
struct Row {
    file: String,
    profile: Profile,
    result: String,
    notes: String,
}

/// The folder of fixtures of this workspace.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/edifact")
}

/// The bytes of a fixture.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

/// Every fixture, by name.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".edi"))
        .collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), fixture(&name))).collect()
}

/// The profile a row names.
pub(crate) fn profile(name: &str) -> Profile {
    let text = |file: &str| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("profiles").join(file);
        fs::read_to_string(path).unwrap()
    };
    match name {
        "default" => Profile::standard(),
        "strict" => Profile::parse("name = 'strict'\nstrict = true").unwrap(),
        "bare" => Profile::parse("name = 'bare'\nbare-messages = true").unwrap(),
        "n4" => Profile::parse(&text("n4.toml")).unwrap(),
        "customs-nz" => Profile::parse(&text("customs-nz.toml")).unwrap(),
        "icd-tz" => Profile::parse(&text("icd-tz.toml")).unwrap(),
        other => panic!("no profile {other}"),
    }
}

/// Reads a file as a node would: all interchanges, then the release orders of each. The codes of
/// every note come along.
pub(crate) fn read(
    file: &[u8],
    profile: &Profile,
) -> Result<(Vec<Releases>, BTreeSet<Code>), Fault> {
    let mut codes = BTreeSet::new();
    let mut readings = Vec::new();
    for interchange in syntax::read(file, &profile.syntax)? {
        let reading = coreor::read(&interchange, profile)?;
        let of_containers = reading.instructions.iter().flat_map(|i| &i.notes);
        let notes = interchange.notes.iter().chain(&reading.notes).chain(of_containers);
        codes.extend(notes.map(|note| note.code));
        readings.push(reading);
    }
    Ok((readings, codes))
}

/// How many statements a file makes, by the reader that its name asks for, and the codes of every note.
fn count(file: &str, bytes: &[u8], profile: &Profile) -> Result<(usize, BTreeSet<Code>), Fault> {
    let kind = file.split('-').next().unwrap();
    if matches!(kind, "coreor" | "quirk") {
        let (readings, codes) = read(bytes, profile)?;
        return Ok((readings.iter().map(|reading| reading.instructions.len()).sum(), codes));
    }
    let (mut items, mut codes) = (0, BTreeSet::new());
    for interchange in syntax::read(bytes, &profile.syntax)? {
        let (number, notes) = match kind {
            "coarri" => said(coarri::read(&interchange, profile)?, |said| &said.entry.notes),
            "codeco" => said(codeco::read(&interchange, profile)?, |said| &said.entry.notes),
            "copino" => said(copino::read(&interchange, profile)?, |said| &said.entry.notes),
            "coparn" => said(coparn::read(&interchange, profile)?, |said| &said.entry.notes),
            "cusres" => said(cusres::read(&interchange, profile)?, |said| &said.notes),
            other => panic!("no reader for {other}"),
        };
        items += number;
        codes.extend(interchange.notes.iter().chain(&notes).map(|note| note.code));
    }
    Ok((items, codes))
}

fn said<T>(reading: Reading<T>, notes: impl Fn(&T) -> &Vec<Note>) -> (usize, Vec<Note>) {
    let of_items = reading.items.iter().flat_map(|item| notes(item).clone());
    let all = reading.notes.iter().cloned().chain(of_items).collect();
    (reading.items.len(), all)
}

fn table() -> Vec<Row> {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let rows = readme.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|line| {
        let escaped = line.replace("\\|", "\u{1}");
        let cells: Vec<&str> = escaped.trim_matches('|').split('|').map(str::trim).collect();
        let [file, _, _, profile_name, result, notes] = cells[..] else {
            panic!("row of {} cells: {line}", cells.len());
        };
        Row {
            file: file.into(),
            profile: profile(profile_name),
            result: result.into(),
            notes: notes.into(),
        }
    })
    .collect()
}

#[test]
fn every_fixture_is_read_as_its_row_says() {
    let mut failures = Vec::new();
    for row in table() {
        let (result, notes) = match count(&row.file, &fixture(&row.file), &row.profile) {
            Ok((count, codes)) => {
                let codes: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
                let notes = if codes.is_empty() { "-".into() } else { codes.join(", ") };
                (format!("accepted {count}"), notes)
            }
            Err(fault) => (format!("refused {}", fault.code), "-".to_owned()),
        };
        if (&result, &notes) != (&row.result, &row.notes) {
            let Row { file, profile, result: want, notes: and } = row;
            failures
                .push(format!("{file} ({}): {result}; {notes}, want {want}; {and}", profile.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_fixture_has_a_row() {
    let in_table: BTreeSet<String> = table().into_iter().map(|row| row.file).collect();
    let in_folder: BTreeSet<String> = all().into_iter().map(|(name, _)| name).collect();
    assert_eq!(in_table, in_folder);
}
