//! Samples that others wrote, in a folder that `LANDSIDE_EDIFACT_SAMPLES` names: they may not be copied
//! into this project. What each becomes is a table in docs/EDIFACT.md, and that table is the test.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use landside_edifact::check::{Said, check};

use crate::fixtures::{profile, read};
use crate::oracle::{by_oracle, by_us};

/// The samples by name, where they are at hand.
fn samples() -> Option<BTreeMap<String, Vec<u8>>> {
    let Some(folder) = std::env::var_os("LANDSIDE_EDIFACT_SAMPLES") else {
        println!("LANDSIDE_EDIFACT_SAMPLES names no folder; nothing compared");
        return None;
    };
    let entries = fs::read_dir(PathBuf::from(folder)).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "edi"));
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    Some(files.map(|path| (name(&path), fs::read(&path).unwrap())).collect())
}

#[test]
fn collected_samples_never_panic_and_agree_with_the_oracle() {
    let mut both = 0;
    let samples = samples().unwrap_or_default();
    for (name, file) in &samples {
        for profile_name in ["default", "strict", "bare", "n4", "icd-tz"] {
            let _ = read(file, &profile(profile_name));
            check(file, &profile(profile_name), &mut |_| {});
        }
        if let (Some(ours), Some(theirs)) = (by_us(file), by_oracle(file)) {
            assert_eq!(ours, theirs, "{name}");
            both += 1;
        }
    }
    assert!(both * 4 >= samples.len() * 3, "only {both} samples were compared");
}

/// What a sample comes to: the documents that would be signed by kind, else why there are none; and
/// the codes of what was found.
fn outcome(file: &[u8], profile_name: &str) -> (String, String) {
    let (mut kinds, mut codes) = (BTreeMap::new(), BTreeSet::new());
    let (mut told, mut unusable) = (0, 0);
    let totals = check(file, &profile(profile_name), &mut |said| match said {
        Said::Signing(signing) => *kinds.entry(signing.kind.as_str()).or_insert(0) += 1,
        Said::Finding(finding) => {
            codes.insert(finding.note.code.as_str());
        }
        Said::Unsigned(why) if why.at_fault => unusable += 1,
        Said::Unsigned(_) => told += 1,
        _ => {}
    });
    let mut parts: Vec<String> = kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    parts.extend((told > 0).then(|| format!("{told} read, unsigned")));
    parts.extend((unusable > 0).then(|| format!("{unusable} unusable")));
    if totals.refused {
        parts = vec!["refused".to_owned()];
    }
    let codes: Vec<_> = codes.into_iter().collect();
    (parts.join(", "), if codes.is_empty() { "-".to_owned() } else { codes.join(", ") })
}

#[test]
fn each_collected_sample_becomes_what_the_table_says() {
    let Some(samples) = samples() else { return };
    let guide = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/EDIFACT.md");
    let guide = fs::read_to_string(guide).unwrap();
    let table = guide.lines().skip_while(|line| !line.starts_with("| sample |")).skip(2);
    let (mut wrong, mut listed) = (Vec::new(), BTreeSet::new());
    for line in table.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, profile_name, becomes, found, _] = cells[..] else {
            panic!("row of {} cells: {line}", cells.len());
        };
        listed.insert(name.to_owned());
        let file = samples.get(name).unwrap_or_else(|| panic!("no sample {name}"));
        let (is, codes) = outcome(file, profile_name);
        if (is.as_str(), codes.as_str()) != (becomes, found) {
            wrong.push(format!("{name} ({profile_name}): {is} | {codes}"));
        }
    }
    for name in samples.keys().filter(|name| !listed.contains(*name)) {
        let (is, codes) = outcome(&samples[name], "default");
        wrong.push(format!("{name} has no row: {is} | {codes}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
