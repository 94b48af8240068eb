//! Evidence files: everything about a case, or about two histories of one log, in one file that a
//! stranger checks without a node, a store or a network (docs/PROTOCOL.md § 15).
//!
//! - [`write()`] and [`read`]: the one spelling of a file
//! - [`verify`], [`verify_by`]: every check there is, each with the place it looked at, and a [`Report`] of it
//!
//! A file is untrusted in every byte. What counts is what the parties signed: documents in their
//! exact bytes, the terminal's head with its witnesses, the terminal's receipts. The digest at the
//! end finds a change where nobody's signature does, and says nothing of who wrote the file.

mod form;
mod layout;
mod report;
mod trust;
mod verify;
mod vouched;

use crate::case::is_of_a_part;
use crate::directory::ROTATIONS_MAX;
use crate::document::{Position, Remark, Visit};
use crate::envelope::reopen;
use crate::ids::{CaseCode, Hash32, PartyId};

pub use self::form::{FormError, is_evidence, read, write};
pub use self::layout::{Part, Place};
pub use self::report::{
    BuildsOn, EditionSeen, Finding, FindingCode, HeadSeen, Report, Rotated, Severity, Signer, Sort,
    Step, Subject, Verdict, WitnessSeen,
};
pub use self::trust::Trust;
pub use self::verify::{verify, verify_by};

/// First item of every file.
pub const MAGIC: &str = "landside evidence v1";

/// Largest file, in bytes: a long case, its interchanges, and some photographs.
pub const EVIDENCE_MAX: usize = 64 * 1024 * 1024;

/// Most editions: one a day for the two months that a long case takes.
pub const EDITIONS_MAX: usize = 64;

/// Most driver credentials and key rotations: a case changes its driver a few times, a party its key.
pub const CREDENTIALS_MAX: usize = 256;

/// Most key rotations of a fork file: as many as count beside an edition, for each of its two heads.
pub const FORK_ROTATIONS_MAX: usize = 2 * ROTATIONS_MAX;

/// Most receipts: one a document, and one more for each party that reads it.
pub const RECEIPTS_MAX: usize = 2_000;

/// Most raw interchanges: one a release and change.
pub const INTERCHANGES_MAX: usize = 256;

/// Most photographs: four interchange receipts with as many as each may name.
pub const PHOTOS_MAX: usize = 256;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// A case, from its first document.
    Case(CaseEvidence),
    /// Two heads of one log.
    Fork(ForkEvidence),
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEvidence {
    /// The network, as its directory names it.
    pub network: Remark,
    /// Terminal and container.
    pub visit: Visit,
    /// The case.
    pub code: CaseCode,
    /// Bundles of editions, one after another without a gap; at least one.
    pub editions: Vec<Vec<u8>>,
    /// The signed head that the proofs lead to, with its cosignatures: the note's bytes.
    pub head: Option<Vec<u8>>,
    /// The driver credentials and key rotations that documents of the case rest on, by log index. They
    /// belong to no case.
    pub credentials: Vec<Registered>,
    /// The documents of the case, by place; at least one.
    pub documents: Vec<Registered>,
    /// Receipts of the terminal that name positions of documents in the file.
    pub receipts: Vec<Vec<u8>>,
    /// Raw interchanges that documents were made from.
    pub interchanges: Vec<Vec<u8>>,
    /// Photographs that interchange receipts name.
    pub photos: Vec<Vec<u8>>,
}

/// A registered document and what proves its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The exact bytes.
    pub envelope: Vec<u8>,
    /// Where it stands.
    pub position: Position,
    /// Inclusion proof against the head of the file; absent without a head, or when the head is older
    /// than the document.
    pub proof: Option<Vec<Hash32>>,
    /// Openings of sealed fields; ascending, each once.
    pub disclosures: Vec<Vec<u8>>,
}

/// Two heads of one log that do not go together, or are not shown to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkEvidence {
    /// The network.
    pub network: Remark,
    /// Whose log.
    pub terminal: PartyId,
    /// As in a case.
    pub editions: Vec<Vec<u8>>,
    /// The notes, the one with fewer entries first.
    pub heads: [Vec<u8>; 2],
    /// What the terminal gave as proof that the larger one follows.
    pub proof: Option<Vec<Hash32>>,
    /// Key rotations of the terminal, those by which the keys of the heads are its own beside the
    /// editions.
    pub rotations: Vec<Vec<u8>>,
}

impl CaseEvidence {
    /// Whether the file has a part of the case, as hauliers and drivers have it: not from its first
    /// document on, and none of a kind that they do not get.
    #[must_use]
    pub fn is_part(&self) -> bool {
        let places = self.documents.iter().filter_map(|d| d.position.case).map(|case| case.place);
        let kinds = || {
            let claimed = self.documents.iter().filter_map(|d| reopen(d.envelope.as_slice()).ok());
            claimed.map(|claimed| claimed.document().kind())
        };
        places.min().is_some_and(|first| first > 0) && kinds().all(is_of_a_part)
    }
}

impl Evidence {
    /// The same evidence in the order that a file has: documents by place, credentials by log index,
    /// receipts, disclosures and the rotations of a fork by their bytes, interchanges and photographs by
    /// their SHA-256, each once; the smaller head first.
    #[must_use]
    pub fn in_order(&self) -> Self {
        let mut evidence = self.clone();
        match &mut evidence {
            Self::Case(case) => {
                case.documents.sort_by_key(|d| d.position.case.map(|case| case.place));
                case.credentials.sort_by_key(|c| c.position.log);
                for registered in case.documents.iter_mut().chain(&mut case.credentials) {
                    registered.disclosures.sort();
                    registered.disclosures.dedup();
                }
                case.receipts.sort();
                case.receipts.dedup();
                for blobs in [&mut case.interchanges, &mut case.photos] {
                    blobs.sort_by_key(|bytes| Hash32::of(bytes));
                    blobs.dedup();
                }
            }
            Self::Fork(fork) => {
                fork.heads.sort_by_key(|head| form::head_order(head));
                fork.rotations.sort();
                fork.rotations.dedup();
            }
        }
        evidence
    }
}

#[cfg(test)]
mod tests;
