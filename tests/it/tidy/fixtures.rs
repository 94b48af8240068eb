//! Fixtures that nothing uses are fixtures that nobody keeps right.

use super::{files, holds, read};

#[test]
fn every_edifact_fixture_has_its_row() {
    let table = read("fixtures/edifact/README.md").text;
    let without = files("fixtures/edifact", ".edi").into_iter().map(|file| file.path);
    let without = without.filter(|path| {
        let name = path.rsplit('/').next().unwrap();
        !table.lines().any(|line| line.starts_with(&format!("| {name} |")))
    });
    holds("fixtures/edifact/README.md is the test of each file", without.collect());
}

#[test]
fn every_vector_file_is_explained() {
    let readme = read("fixtures/vectors/README.md").text;
    let without = files("fixtures/vectors", "").into_iter().map(|file| file.path);
    let without = without.filter(|path| {
        let name = path.rsplit('/').next().unwrap();
        let family = name.starts_with("case-") && readme.contains("`case-*.json`");
        name != "README.md" && !family && !readme.contains(&format!("`{name}`"))
    });
    holds("fixtures/vectors/README.md says what each file is for", without.collect());
}

#[test]
fn every_test_key_is_named() {
    let readme = read("keys/README.md").text;
    let without = files("keys", ".pem").into_iter().map(|file| file.path);
    let without = without.filter(|path| {
        let name = path.rsplit('/').next().unwrap().trim_end_matches(".pem");
        !readme.contains(&format!("`{name}`"))
    });
    holds("keys/README.md says whose each key is", without.collect());
}
