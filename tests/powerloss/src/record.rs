//! Recording: children under the shim, killed and started again until the work is done.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::rng::Rng;
use crate::{Plan, Subject};

/// Where the recorded directory, the record and the shim are.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) dir: PathBuf,
    pub(crate) trace: Vec<u8>,
}

/// Children killed before the last one, which runs to its end.
const KILLED: u64 = 4;
/// Fewest events a killed child lives for: some die while they open the store.
const LIFE_MIN: u64 = 5;
const SIGKILL: i32 = 9;

/// Runs `subject` under the shim in `work`; `program` is the binary whose verb `write` is
/// [`child_main`].
pub(crate) fn record(
    program: &Path,
    subject: &dyn Subject,
    plan: &Plan,
    work: &Path,
) -> io::Result<Recording> {
    let work = work.canonicalize()?;
    let (dir, trace, ack) = (work.join("live"), work.join("trace"), work.join("ack"));
    let shim = build_shim(&work)?;
    fs::create_dir(&dir)?;
    let mut rng = Rng::new(plan.seed, 1);
    for child in 0..=KILLED {
        let die_after = if child < KILLED { rng.between(LIFE_MIN, subject.life_max()) } else { 0 };
        let status = Command::new(program)
            .args(["write", subject.name()])
            .arg(&dir)
            .args([plan.seed.to_string(), plan.batches.to_string()])
            .env("LD_PRELOAD", &shim)
            .env("POWERLOSS_DIR", &dir)
            .env("POWERLOSS_TRACE", &trace)
            .env("POWERLOSS_ACK", &ack)
            .env("POWERLOSS_DIE_AFTER", die_after.to_string())
            .status()?;
        let killed = die_after > 0 && status.signal() == Some(SIGKILL);
        if !killed && !status.success() {
            return Err(io::Error::other(format!("writer {child} ended with {status}")));
        }
    }
    Ok(Recording { dir, trace: fs::read(trace)? })
}

/// The verb `write`: `SUBJECT DIR SEED BATCHES`, run under the shim.
pub fn child_main(subject: &dyn Subject, dir: &Path, plan: &Plan) -> io::Result<()> {
    let path = env::var_os("POWERLOSS_ACK")
        .ok_or_else(|| io::Error::other("only run by the recorder: POWERLOSS_ACK is not set"))?;
    let mut file = File::options().create(true).append(true).open(path)?;
    subject.write(dir, plan, &mut |line| file.write_all(format!("{line}\n").as_bytes()))
}

fn build_shim(work: &Path) -> io::Result<PathBuf> {
    let (source, library) = (work.join("shim.c"), work.join("shim.so"));
    fs::write(&source, include_str!("../shim.c"))?;
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-o"])
        .args([&library, &source])
        .arg("-lpthread")
        .status()?;
    if status.success() { Ok(library) } else { Err(io::Error::other("cc did not build the shim")) }
}
