//! What a channel may be, which files it takes, and under which references it writes.

use std::fs;

use tempfile::TempDir;

use super::folder::{self, Looks};
use super::*;
use crate::config::Config;

fn refused(text: &str) -> String {
    let config: Config = toml::from_str(text).unwrap();
    in_range(&config.channels, &config.edifact).unwrap_err()
}

fn of(name: &str, folder: &str) -> String {
    format!("[[channel]]\nname = \"{name}\"\nfolder = \"{folder}\"\n")
}

#[test]
fn a_channel_that_cannot_be_meant_is_refused_by_its_key() {
    for (text, key) in [
        (of("", "a"), "name"),
        (of("Line", "a"), "name"),
        (of("line/a", "a"), "name"),
        (of(&"a".repeat(33), "a"), "name"),
        (of("a", ""), "folder"),
        (of("a", "x") + "profile = \"../config\"", "profile"),
        (of("a", "x") + "every_s = 0", "every_s"),
        (of("a", "x") + "every_s = 3601", "every_s"),
        (of("a", "x") + "write = [\"codeco\"]", "edifact.port"),
        (of("a", "x") + &of("a", "y"), "name"),
        (of("a", "x") + &of("b", "x"), "folder"),
        ((0..=CHANNELS_MAX).map(|n| of(&format!("c{n}"), &format!("f{n}"))).collect(), "at most"),
    ] {
        let why = refused(&text);
        assert!(why.contains(key), "{text}: {why}");
    }
    for text in [
        of("a", "x") + "write = [\"baplie\"]",
        of("a", "x") + "evry_s = 1",
        "[[channel]]\nname = \"a\"".to_owned(),
        of("a", "x") + "partner = \"NOT AN ID\"",
    ] {
        assert!(toml::from_str::<Config>(&text).is_err(), "{text}");
    }
    let good =
        of("a", "x") + "write = [\"coreor\"]\n" + &of("b", "y") + "[edifact]\nport = \"NLRTM\"";
    let config: Config = toml::from_str(&good).unwrap();
    assert!(in_range(&config.channels, &config.edifact).is_ok());
    assert_eq!(config.channels[0].every_s, 5);
}

#[test]
fn a_file_is_taken_once_two_looks_saw_the_same_of_it() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("a.edi");
    let mut looks = Looks::default();
    fs::write(&file, "UNB").unwrap();
    assert!(looks.settled(dir.path()).unwrap().is_empty(), "seen for the first time");
    fs::write(&file, "UNB+UNOA").unwrap();
    assert!(looks.settled(dir.path()).unwrap().is_empty(), "it grew");
    assert_eq!(looks.settled(dir.path()).unwrap(), std::slice::from_ref(&file));
    fs::remove_file(&file).unwrap();
    assert!(looks.settled(dir.path()).unwrap().is_empty());
}

#[test]
fn links_folders_and_names_of_unfinished_files_are_left_alone() {
    let dir = TempDir::new().unwrap();
    for name in [".a", "~a", "a.TMP", "a.part", "a.filepart", "a.writing", "a.report", "b.edi"] {
        fs::write(dir.path().join(name), "UNB").unwrap();
    }
    fs::create_dir(dir.path().join("c.edi")).unwrap();
    std::os::unix::fs::symlink("/etc/hosts", dir.path().join("d.edi")).unwrap();
    assert_eq!(folder::files(dir.path()).unwrap(), [dir.path().join("b.edi")]);
}

#[test]
fn a_taken_file_has_a_name_that_no_other_has_and_that_a_folder_can_hold() {
    let dir = TempDir::new().unwrap();
    let (from, into) = (dir.path().join("in"), dir.path().join("work"));
    fs::create_dir(&from).unwrap();
    fs::create_dir(&into).unwrap();
    let long = "ä".repeat(120);
    let mut taken = Vec::new();
    for name in ["a.edi", "a.edi", "a\nb.edi", &long] {
        fs::write(from.join(name), "UNB").unwrap();
        let to = folder::take(&from.join(name), &into, 1_700_000_000_000).unwrap();
        assert!(to.is_file() && !from.join(name).exists());
        let name = to.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(!name.contains('\n') && format!(".{name}.txt.tmp").len() <= 255, "{name}");
        assert!(!taken.contains(&name), "{name}");
        taken.push(name);
    }
    assert!(folder::take(&from.join("gone"), &into, 1).is_err());
}

#[test]
fn a_file_for_a_partner_is_never_there_in_part() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.edi");
    let broken = folder::write(&path, |_| Err(std::io::Error::other("disk")));
    assert!(broken.is_err() && !path.exists());
    put(&path, b"UNB").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"UNB");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_reference_is_of_what_it_is_made_of_and_of_nothing_else() {
    let made = reference(&[b"contrl", b"x"]);
    assert_eq!(made, reference(&[b"contrl", b"x"]));
    assert_eq!(made.len(), 14);
    assert!(made.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
    assert_ne!(made, reference(&[b"contrlx"]));
    assert_ne!(made, reference(&[b"contr", b"lx"]));
}

#[test]
fn a_report_says_what_a_person_can_do() {
    let refused = serde_json::json!({
        "event": "issued", "kind": "release-order", "container": "NSLU1000014",
        "outcome": "refused",
        "refused": { "code": "double-release", "detail": "it stands", "remedy": "replace it" },
    });
    let line = report::line(&refused);
    for part in ["NSLU1000014", "REFUSED", "it stands", "[double-release]", "replace it"] {
        assert!(line.contains(part), "{line}");
    }
}
