//! What the program says to people when it did not do what it was asked.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::program;

/// Exit status and standard error, in words.
fn refused(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(program::path());
    let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(output.stdout.is_empty(), "{arguments:?}");
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn every_error_in_words_begins_with_its_code_and_says_what_is_wrong() {
    let dir = TempDir::new().unwrap();
    let home = dir.path().join("home");
    let home = home.to_str().unwrap();
    let over = ["override", "MSKU1234565", "--light", "commercial", "--reason", "freight paid"];
    for (arguments, exit, begins, says) in [
        (vec!["--home", home, "info"], 2, "error[no-home]: ", "is no landside home"),
        (vec!["fly"], 2, "error[usage]: ", "'fly'"),
        ([&over[..], &["--person", ""]].concat(), 2, "error[usage]: ", "'--person <NAME>'"),
        (over.to_vec(), 2, "error[usage]: ", "--person <NAME>"),
        (vec!["verify", home], 3, "error[file]: ", home),
        (vec!["--home", home, "export", "x", "-o", home], 2, "error[usage]: ", "'x'"),
    ] {
        let (status, said) = refused(&arguments);
        assert_eq!(status, exit, "{arguments:?}: {said}");
        assert!(said.starts_with(begins), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}
