//! `cargo xtask ci`: format, lints, docs and every test, those of the screens too, as CI runs them.
//!
//! `cargo xtask ci` ends with one line that counts the tests of all runs. `cargo xtask vectors`
//! regenerates keys/ and fixtures/vectors/; a test holds that they do not change by themselves.
//! `cargo xtask powerloss` runs the long power-loss campaign. `cargo xtask deb` makes the Debian package.

mod deb;

use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// A check and the command it is.
struct Check {
    name: &'static str,
    /// A program of this repository; cargo when none is named.
    program: Option<&'static str>,
    args: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
}

const CHECKS: [Check; 7] = [
    Check { name: "format", program: None, args: &["fmt", "--all", "--check"], env: &[] },
    Check {
        name: "lints",
        program: None,
        args: &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
        env: &[],
    },
    Check {
        name: "docs",
        program: None,
        args: &["doc", "--workspace", "--no-deps", "--locked"],
        env: &[("RUSTDOCFLAGS", "-D warnings")],
    },
    Check {
        name: "tests",
        program: None,
        args: &["test", "--workspace", "--locked", "--all-targets"],
        env: &[],
    },
    // Says by itself that it is skipped where Node.js or Chromium cannot be had.
    Check { name: "screens", program: Some("tests/web/run"), args: &[], env: &[] },
    // Says by itself that it is skipped where Python's packages cannot be had.
    Check { name: "API", program: Some("tests/api/run"), args: &[], env: &[] },
    // Says by itself what is skipped where a tool cannot be had.
    Check { name: "packaging", program: Some("tests/packaging/run"), args: &[], env: &[] },
];

const POWERLOSS: Check = Check {
    name: "power loss, long",
    program: None,
    args: &["run", "--release", "--locked", "-p", "landside-powerloss", "--", "--points", "200"],
    env: &[],
};

const VECTORS: Check = Check {
    name: "vectors",
    program: None,
    args: &["run", "--locked", "-p", "landside-vectors"],
    env: &[],
};

fn main() -> ExitCode {
    match env::args().nth(1).as_deref() {
        Some("ci") => all(&CHECKS),
        Some("powerloss") => all(&[POWERLOSS]),
        Some("vectors") => all(&[VECTORS]),
        Some("deb") => deb::make(env::args().skip(2)),
        _ => {
            eprintln!("usage: cargo xtask ci | vectors | powerloss | deb");
            ExitCode::from(2)
        }
    }
}

/// Runs checks in order; stops at the first that fails.
fn all(checks: &[Check]) -> ExitCode {
    let mut tally = Tally::default();
    for check in checks {
        let begun = Instant::now();
        let program = check.program.unwrap_or("cargo");
        println!("== {}: {program} {}", check.name, check.args.join(" "));
        let passed = run(check, &mut tally);
        println!("== {} {} in {} s", check.name, verdict(passed), begun.elapsed().as_secs());
        if !passed {
            println!("{} passed, {} failed", tally.passed, tally.failed.max(1));
            return ExitCode::FAILURE;
        }
    }
    if tally.passed > 0 {
        println!("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.ignored);
    }
    ExitCode::SUCCESS
}

fn verdict(passed: bool) -> &'static str {
    if passed { "passed" } else { "FAILED" }
}

/// What the test harness counted.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Reads `test result: ok. 12 passed; 0 failed; 1 ignored; …`, and `tests/web: ok, 12 tests passed`.
    fn count(&mut self, line: &str) {
        let own = ["tests/web: ", "tests/api: ", "tests/packaging: "];
        if let Some(result) = own.iter().find_map(|name| line.strip_prefix(name)) {
            let passed = result.strip_prefix("ok, ").and_then(|ok| ok.split_once(' '));
            self.passed += passed.and_then(|(number, _)| number.parse::<u64>().ok()).unwrap_or(0);
            self.ignored += u64::from(result.starts_with("skipped"));
        }
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let counts = result.split_once(". ").map_or("", |(_, counts)| counts);
        for part in counts.split("; ") {
            let Some((number, what)) = part.split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

/// Runs one check, passing its output on as it comes.
fn run(check: &Check, tally: &mut Tally) -> bool {
    let program = match check.program {
        Some(program) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(program).into(),
        None => env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
    };
    let mut command = Command::new(program);
    command.args(check.args).envs(check.env.iter().copied()).stdout(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("{} cannot be run: {error}", check.name);
            return false;
        }
    };
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            println!("{line}");
            tally.count(&line);
        }
    }
    child.wait().is_ok_and(|status| status.success())
}
