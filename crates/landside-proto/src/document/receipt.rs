//! A node's signed answer to a batch of documents.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::Payload;
use crate::directory::Actor;
use crate::ids::{CaseCode, DocId, UnixMillis};
use crate::refusal::{Code, Refusal};

/// Most documents one receipt answers; a batch is never larger.
pub const RECEIPT_ENTRIES_MAX: usize = 256;

/// Longest code and detail text accepted in a receipt, in bytes; room for codes of later versions.
const TEXT_MAX: usize = 256;

/// The answer to a batch, or the terminal's proof that documents are registered.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// For whom.
    #[n(0)]
    pub to: Actor,
    /// One a document, in the order of the batch.
    #[n(1)]
    pub entries: Vec<Entry>,
}

/// The answer to one document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The document. For bytes that are no document: SHA-256 of the bytes.
    #[n(0)]
    pub document: DocId,
    /// What became of it.
    #[n(1)]
    pub outcome: Outcome,
    /// Where it stands in the terminal's log; absent when refused, and in receipts of other parties.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Why it was refused; present exactly then.
    #[n(3)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Durable here, for the first time.
    #[n(0)]
    Accepted,
    /// Durable here before; the position is the first one.
    #[n(1)]
    Duplicate,
    /// Not taken.
    #[n(2)]
    Refused,
}

/// Where a document stands in a terminal's log.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Index of the leaf, counted from 0.
    #[n(0)]
    pub log: u64,
    /// When, by the terminal's clock.
    #[n(1)]
    pub at: UnixMillis,
    /// Place in the case; absent for documents of no case.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CasePlace>,
}

/// Place in a case. Places have no gaps, so a reader can tell that something is missing.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct CasePlace {
    /// The case.
    #[n(0)]
    pub code: CaseCode,
    /// Counted from 0.
    #[n(1)]
    pub place: u32,
}

/// Why a document was refused, as it travels: codes of later versions stay readable.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// The text of [`Code::as_str`].
    #[n(0)]
    pub code: String,
    /// The document in the way.
    #[n(1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<DocId>,
    /// The fact and its value.
    #[n(2)]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl From<&Refusal> for Refused {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code.as_str().to_owned(),
            names: refusal.names,
            detail: refusal.detail.clone(),
        }
    }
}

impl Refused {
    /// What can be done about it, where this version knows the code.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        Code::ALL.iter().find(|code| code.as_str() == self.code).map(|code| code.remedy())
    }
}

impl Payload for Receipt {
    fn check(&self) -> Result<(), Refusal> {
        if self.entries.is_empty() || self.entries.len() > RECEIPT_ENTRIES_MAX {
            return Err(Refusal::new(
                Code::BadField,
                format!("a receipt has 1 to {RECEIPT_ENTRIES_MAX} entries"),
            ));
        }
        let sound = |entry: &Entry| match (&entry.refused, entry.outcome) {
            (Some(r), Outcome::Refused) => r.code.len() <= TEXT_MAX && r.detail.len() <= TEXT_MAX,
            (None, Outcome::Accepted | Outcome::Duplicate) => true,
            _ => false,
        };
        if self.entries.iter().all(sound) {
            Ok(())
        } else {
            Err(Refusal::new(Code::BadField, "a reason goes with refused only, and must"))
        }
    }
}
