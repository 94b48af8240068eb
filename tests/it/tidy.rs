//! What no compiler holds: which crate may name what, what every file keeps to, and that the
//! documents say what the code does. Each rule is a test, with its reason.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod documents;
mod fixtures;
mod languages;
mod manifests;
mod operating;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

/// Directories that hold nothing of ours: what is built, found by a fuzzer, or kept by git.
const PASSED_OVER: [&str; 8] =
    ["target", ".git", "corpus", "artifacts", "coverage", "node_modules", ".venv", ".client"];

/// A file of the repository.
pub(crate) struct Text {
    /// Path below the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// One file by its path below the root.
fn read(path: &str) -> Text {
    let bytes = fs::read(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    // Some fixtures are in other character sets, and some are no text at all.
    Text { path: path.to_owned(), text: String::from_utf8_lossy(&bytes).into_owned() }
}

/// Every file below a directory whose name ends so; a rule without files to hold in is no rule.
pub(crate) fn files(under: &str, ends: &str) -> Vec<Text> {
    let mut paths = Vec::new();
    walk(&root().join(under), &mut paths);
    paths.retain(|path| path.to_string_lossy().ends_with(ends));
    paths.sort();
    assert!(!paths.is_empty(), "no {ends} below {under}");
    paths.iter().map(|path| read(&relative(path))).collect()
}

fn walk(dir: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())) {
        let path = entry.unwrap().path();
        let passed_over = PASSED_OVER.iter().any(|name| path.ends_with(name));
        if path.is_dir() && !passed_over {
            walk(&path, paths);
        } else if path.is_file() {
            paths.push(path);
        }
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

/// Fails with everything that breaks a rule at once, and with the rule's reason.
fn holds(because: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{because}\n{}", broken.join("\n"));
}
