//! The program itself: `landside` as people run it, in processes of their own, killed for real.
//!
//! `LANDSIDE_CHAOS_SEEDS=N` plays the demo under chaos N times instead of three. `LANDSIDE_LONG=1`
//! takes the numbers of the acceptance run instead of those that fit a coffee break:
//! `LANDSIDE_LONG=1 cargo test --release -p landside-it -- process`.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod channel;
mod demo;
mod figures;
mod killed;
mod operating;
mod port;
mod program;
mod waiting;
mod web;
mod words;

pub(crate) use self::program::path;

use std::env;

/// Whether the long form of a test is asked for.
fn is_long() -> bool {
    env::var_os("LANDSIDE_LONG").is_some_and(|value| value != "0")
}
