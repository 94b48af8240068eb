//! Power-loss replay: what was acknowledged is there after a cut at any instant.
//!
//! 1. **Record.** A *subject* runs in child processes under a small preloaded library that writes
//!    down every change to the files of one directory, every sync, and every acknowledgement. All
//!    children but the last are killed at a random event, so restarts are in the record too.
//! 2. **Cut.** At many points of the record the disk is rebuilt as a power cut may leave it:
//!    [`Image::Strict`] keeps only what was synced, [`Image::Random`] keeps some of the rest.
//! 3. **Check.** The subject opens the image and compares it with what it had acknowledged.
//!
//! Assumed of the file system: changes of names and of file sizes by truncation survive in order; a
//! page of 4 KiB is written whole. Not simulated: a disk that lies about a sync, or that damages
//! bytes at rest.
//!
//! A record that ignores `fdatasync` ([`Syncs::IgnoreDataSyncs`]) must show losses: that is how we
//! know that the harness can fail.

mod campaign;
mod disk;
mod node;
mod record;
mod rng;
mod store_rows;
mod trace;

use std::io;
use std::path::Path;

pub use self::campaign::{Campaign, Summary};
pub use self::disk::{Image, Syncs};
pub use self::node::WholeNode;
pub use self::record::child_main;
pub use self::rng::Rng;
pub use self::store_rows::StoreRows;

/// Something that acknowledges work and must not lose it. Another one is added to [`SUBJECTS`].
pub trait Subject: Sync {
    /// What it is called on the command line.
    fn name(&self) -> &'static str;

    /// Most events recorded before a child is killed: enough to acknowledge something, too few to
    /// be done.
    fn life_max(&self) -> u64;

    /// Works on `dir` until `plan` is done, and calls `ack` after each piece is durable.
    ///
    /// Runs in a process of its own that may be killed at any call; the next one goes on in the
    /// same directory. An acknowledgement is one short line that [`Subject::check`] understands.
    fn write(&self, dir: &Path, plan: &Plan, ack: Ack<'_>) -> io::Result<()>;

    /// Opens what a power cut left in `dir` and judges it by the acknowledgements before the cut.
    fn check(&self, dir: &Path, plan: &Plan, acked: &[String]) -> Verdict;
}

/// Records one acknowledgement.
pub type Ack<'a> = &'a mut dyn FnMut(&str) -> io::Result<()>;

/// All subjects.
pub const SUBJECTS: &[&dyn Subject] = &[&StoreRows, &WholeNode];

/// What a subject writes: the same plan is the same work, in every process.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Fixes all random choices.
    pub seed: u64,
    /// Pieces of work: batches to commit at least, or visits to carry out.
    pub batches: u64,
}

/// What a subject found in a disk image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Everything acknowledged, and every unacknowledged batch whole or absent.
    Whole,
    /// Something acknowledged is missing.
    Lost(String),
    /// Part of a batch is there, or bytes differ.
    Torn(String),
    /// It does not open.
    NotOpened(String),
}
