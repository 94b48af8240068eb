//! Landside's documents, signatures, case rules and peer session.
//!
//! This crate is the part of Landside that a court, a gate and a peer must agree on to the byte, so
//! it contains no network code, no files, no clock and no randomness: `now` is always an argument,
//! and keys come in as seeds. What it holds, bottom up:
//!
//! - [`ids`]: container, bill of lading, port, party, document and case numbers, each valid by type
//! - [`key`]: Ed25519 keys and the [`key::Signer`] seam
//! - [`document`]: the kinds of document and the table of who may sign which
//! - [`directory`]: editions of the signed list of parties, and who is who at a given time
//! - [`envelope`]: the one door from received bytes to a [`envelope::Signed`] document
//! - [`refusal`]: why a document was not accepted, as data with a stable code
//! - [`rotation`]: a party's old key vouches for its new one
//! - [`case`](mod@case): what a container's documents add up to, as a fold in log order
//! - [`figures`]: figures of many cases over a period, as a terminal tells them its members
//! - [`merkle`]: the tree of a terminal's log, its proofs and tiles
//! - [`log`]: what the log says of a registered document
//! - [`checkpoint`]: signed checkpoints of the log and their witnesses
//! - [`evidence`]: a case or a fork of the log in one file, checked by anybody without a node
//! - [`presentation`]: the pass and the proof that a driver shows at the gate
//! - [`sealed`]: fields that only some readers may know, and who they are
//! - [`device`]: what a haulier's node and a driver's phone say to each other
//! - [`session`]: the conversation of two nodes as a state machine without I/O
//!
//! The wire forms are specified in docs/PROTOCOL.md; section numbers in comments refer to it.

pub mod case;
pub mod checkpoint;
pub mod device;
pub mod directory;
pub mod document;
pub mod envelope;
pub mod evidence;
pub mod figures;
pub mod ids;
pub mod key;
pub mod log;
pub mod merkle;
pub mod presentation;
pub mod refusal;
pub mod rotation;
pub mod sealed;
pub mod session;

#[cfg(test)]
mod world;
