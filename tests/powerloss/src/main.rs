//! `cargo run --release -p landside-powerloss -- --points 200`: the named check of durability.
//!
//! With `--subject node` a whole node is put to the test instead of the store alone.
//!
//! Prints one line of JSON; exits 1 when anything acknowledged was lost. With `--without-sync` the
//! store's own syncs are ignored, and it exits 1 when nothing was lost: then the check is blind.

use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, io};

use landside_powerloss::{Campaign, Plan, SUBJECTS, Subject, Syncs, child_main};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["write", name, dir, seed, batches] => write(name, dir, seed, batches),
        options => campaign(options),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("powerloss: {error}");
        ExitCode::from(2)
    })
}

fn write(name: &str, dir: &str, seed: &str, batches: &str) -> io::Result<ExitCode> {
    let plan = Plan { seed: number(seed)?, batches: number(batches)? };
    child_main(subject(name)?, Path::new(dir), &plan)?;
    Ok(ExitCode::SUCCESS)
}

fn campaign(options: &[&str]) -> io::Result<ExitCode> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    let mut campaign = Campaign {
        program: env::current_exe()?,
        subject: subject("store")?,
        plan: Plan { seed: u64::from(now.subsec_nanos()), batches: 400 },
        points: 200,
        syncs: Syncs::All,
    };
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let mut value = || options.next().copied().ok_or_else(|| io::Error::other(USAGE));
        match *option {
            "--points" => campaign.points = number(value()?)?,
            "--seed" => campaign.plan.seed = number(value()?)?,
            "--batches" => campaign.plan.batches = number(value()?)?,
            "--subject" => campaign.subject = subject(value()?)?,
            "--without-sync" => campaign.syncs = Syncs::IgnoreDataSyncs,
            _ => return Err(io::Error::other(USAGE)),
        }
    }
    let summary = campaign.run()?;
    println!("{}", summary.to_json(campaign.plan.seed));
    let as_expected = match campaign.syncs {
        Syncs::All => summary.is_clean(),
        Syncs::IgnoreDataSyncs => summary.lost > 0,
    };
    Ok(if as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const USAGE: &str =
    "usage: powerloss [--points N] [--seed N] [--batches N] [--subject NAME] [--without-sync]";

fn subject(name: &str) -> io::Result<&'static dyn Subject> {
    let found = SUBJECTS.iter().find(|subject| subject.name() == name);
    found.copied().ok_or_else(|| io::Error::other(format!("no subject {name}")))
}

fn number<N: std::str::FromStr>(text: &str) -> io::Result<N> {
    text.parse().map_err(|_| io::Error::other(format!("{text} is not a number")))
}
