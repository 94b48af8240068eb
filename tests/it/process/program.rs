//! The `landside` program: built once, run as often as needed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The program, of the source as it is now and in the profile of this test.
pub(crate) fn path() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build)
}

/// A run of the program that has ended.
pub(super) struct Run {
    /// Exit status.
    pub(super) exit: i32,
    /// The objects that `--json` printed.
    pub(super) objects: Vec<Value>,
    /// What it said to people.
    pub(super) said: String,
}

impl Run {
    /// Every object of an event.
    pub(super) fn events(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |object| object["event"] == name)
    }

    /// The object of an event that comes exactly once.
    #[track_caller]
    pub(super) fn event(&self, name: &str) -> &Value {
        let found: Vec<_> = self.events(name).collect();
        assert_eq!(found.len(), 1, "{name} in {:?}: {}", self.objects, self.said);
        found[0]
    }
}

/// Runs the program to its end with `--json`.
pub(super) fn run(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    let mut command = Command::new(path());
    let output = command.arg("--json").args(arguments).stdin(Stdio::null()).output().unwrap();
    Run {
        exit: output.status.code().unwrap_or(-1),
        objects: String::from_utf8(output.stdout).unwrap().lines().map(object).collect(),
        said: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A line of the program's output.
pub(super) fn object(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(["build", "--quiet", "--message-format=json"]);
    command.args(["--package", "landside", "--bin", "landside"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    // What cargo tells about this crate would make it build others anew.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_"].iter().any(|own| text.starts_with(own))
        {
            command.env_remove(name);
        }
    }
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "landside does not build");
    let lines = String::from_utf8(output.stdout).unwrap();
    let built = lines.lines().map(object).find(|artifact| {
        artifact["target"]["name"] == "landside" && artifact["executable"].is_string()
    });
    built.unwrap()["executable"].as_str().unwrap().into()
}
