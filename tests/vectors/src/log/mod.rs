//! The terminal's log: entries, bundles, paths, proofs, checkpoints, witnesses.
//!
//! Hashes, proofs and notes are made here from the definitions, not by `landside-proto`.

mod entries;
pub(crate) mod heads;
mod proofs;
pub(crate) mod tree;

use crate::format::log::LogFile;

pub(crate) fn file() -> LogFile {
    LogFile {
        about:
            "A terminal's log. Leaf n of every tree here is the number n in 8 bytes, big-endian."
                .into(),
        names: heads::names(),
        entries: entries::entries(),
        bundles: entries::bundles(),
        paths: entries::paths(),
        inclusion: proofs::inclusion(),
        consistency: proofs::consistency(),
        checkpoints: heads::checkpoints(),
        cosignatures: heads::cosignatures(),
        follow: heads::follow(),
    }
}
