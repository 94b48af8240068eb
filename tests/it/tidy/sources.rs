//! What source files keep to.

use std::collections::BTreeMap;

use super::{Text, files, holds, read};

/// Longest source file, in lines: what one can keep in mind; longer ones hide a second idea.
const LINES_MAX: usize = 700;

/// What would make a pure crate ask the machine: time, chance, files, sockets and threads come in
/// as arguments.
const IMPURE: [&str; 13] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::io",
    "std::process",
    "std::thread",
    "std::os",
    "thread::spawn",
    "SystemTime",
    "Instant",
    "getrandom",
    "println!",
    "tokio",
];

#[test]
fn proto_and_edifact_ask_the_machine_for_nothing() {
    let mut broken = Vec::new();
    for pure in ["crates/landside-proto/src", "crates/landside-edifact/src"] {
        for file in files(pure, ".rs").iter().filter(|file| !is_test(file)) {
            for (number, line) in code(file) {
                for word in IMPURE.iter().filter(|word| line.contains(*word)) {
                    broken.push(format!("{}:{number}: {word}", file.path));
                }
            }
        }
    }
    holds("the same input gives the same answer on every machine", broken);
}

#[test]
fn no_source_file_is_longer_than_one_can_keep_in_mind() {
    let mut broken = Vec::new();
    for file in sources() {
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            broken.push(format!("{}: {lines} lines", file.path));
        }
    }
    holds("split by what owns the state, not by length", broken);
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let code = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("#[ig", "nore")];
    let mut broken = Vec::new();
    for file in everything() {
        let rust = file.path.ends_with(".rs");
        for (number, line) in file.text.lines().enumerate() {
            let marked = marks.iter().any(|mark| line.contains(mark));
            if marked || (rust && code.iter().any(|mark| line.contains(mark))) {
                broken.push(format!("{}:{}: {line}", file.path, number + 1));
            }
        }
    }
    holds("it is done or it is not there", broken);
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    let places = [concat!("/wo", "rk/"), concat!("/tmp/b", "ash"), concat!("/ro", "ot/")];
    let mut broken = Vec::new();
    for file in everything() {
        for (number, line) in file.text.lines().enumerate() {
            if places.iter().any(|place| line.contains(place)) {
                broken.push(format!("{}:{}: {line}", file.path, number + 1));
            }
        }
    }
    holds("what runs here runs anywhere", broken);
}

#[test]
fn every_limit_says_why_it_is_what_it_is() {
    let mut broken = Vec::new();
    for file in sources() {
        let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            let name = line.strip_prefix("pub ").unwrap_or(line);
            let name = name.strip_prefix("pub(crate) ").unwrap_or(name).strip_prefix("const ");
            let name = name.and_then(|rest| rest.split(':').next()).unwrap_or_default();
            if !name.ends_with("_MAX") {
                continue;
            }
            let above = lines[..at].iter().rev().find(|line| !line.starts_with("#["));
            if !above.is_some_and(|above| above.starts_with("//")) {
                broken.push(format!("{}:{}: {name}", file.path, at + 1));
            }
        }
    }
    holds("a limit without a reason is moved without one", broken);
}

#[test]
fn no_two_tables_of_the_store_have_one_number() {
    let rows = read("crates/landside-node/src/rows.rs");
    let mut numbers = BTreeMap::new();
    let mut broken = Vec::new();
    for line in rows.text.lines().filter(|line| line.contains(": Table = Table(")) {
        let (name, number) = line.split_once(": Table = Table(").unwrap();
        if let Some(other) = numbers.insert(number.trim_end_matches(");"), name) {
            broken.push(format!("{name} and {other}"));
        }
    }
    assert!(numbers.len() > 5, "tables are looked for in the wrong place");
    holds("a number that two tables have mixes their rows", broken);
}

#[test]
fn every_public_crate_says_what_it_is() {
    let heads = ["landside-proto/src/lib.rs", "landside-edifact/src/lib.rs"].into_iter().chain([
        "landside-node/src/lib.rs",
        "landside-web/src/lib.rs",
        "landside/src/main.rs",
    ]);
    let silent = heads.filter(|path| !read(&format!("crates/{path}")).text.starts_with("//! "));
    holds("the crate's contract is its first line", silent.map(str::to_owned).collect());
}

fn sources() -> Vec<Text> {
    let mut sources = files("crates", ".rs");
    sources.extend(files("tests", ".rs"));
    sources.extend(files("benches", ".rs"));
    sources
}

/// Everything that people write here.
fn everything() -> Vec<Text> {
    let ends = [".rs", ".md", ".toml", ".c", ".py", ".json", ".js", ".css", ".html"];
    let written = ends.iter().flat_map(|end| files("", end));
    written.filter(|file| !file.path.starts_with("crates/landside-web/assets/vendor/")).collect()
}

/// Lines that are not comments, with their numbers; tests at the end of a file are left out.
fn code(file: &Text) -> impl Iterator<Item = (usize, &str)> {
    let (code, _tests) =
        file.text.split_once("#[cfg(test)]\nmod tests {").unwrap_or((&file.text, ""));
    let lines = code.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn is_test(file: &Text) -> bool {
    file.path.contains("/tests/") || file.path.ends_with("/tests.rs")
}
