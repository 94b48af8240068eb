//! Programs that we did not write, out of PyPI, each in a virtual environment below the build folder.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// A Python with the pinned packages, in the folder `name`.
pub(crate) fn python_with(name: &str, pins: &[&str]) -> Result<PathBuf, String> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let python = home.join("bin/python3");
    let (stamp, wanted) = (home.join("pins"), pins.join(" "));
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(pins))?;
    fs::write(&stamp, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}

/// Says that a test is skipped, or fails it where `LANDSIDE_REQUIRE_INTEROP=1`.
pub(crate) fn skip(why: &str) {
    let required = env::var("LANDSIDE_REQUIRE_INTEROP").is_ok_and(|v| v == "1");
    assert!(!required, "LANDSIDE_REQUIRE_INTEROP is 1, but {why}");
    // Past the harness, which keeps the output of tests that pass.
    let _ = writeln!(io::stderr(), "skipped: {why}");
}

/// Standard output, or why the command failed, on one line.
pub(crate) fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name} does not start: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rev().find(|line| !line.is_empty()).unwrap_or("no word");
    Err(format!("{name} failed: {last}"))
}
