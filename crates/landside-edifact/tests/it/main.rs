//! The crate against messages it did not write and a reader we did not write.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod answers;
mod check;
mod codeco;
mod fixtures;
mod mutations;
mod oracle;
mod releases;
mod reports;
mod samples;
mod written;
