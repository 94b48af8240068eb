//! Questions and complaints on a case, and their answers: what parties would else say by telephone.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Payload, Remark, Visit};
use crate::ids::{DocId, PartyId, UnixMillis};

/// A party asks another about a case, or complains. It moves no light and no right.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// Whether it asks or complains.
    #[n(1)]
    pub subject: QuestionSubject,
    /// Who is asked, and alone can answer.
    #[n(2)]
    pub to: PartyId,
    /// What is asked.
    #[n(3)]
    pub text: Remark,
    /// When the answer is due.
    #[n(4)]
    pub answer_by: UnixMillis,
    /// The document of the case that it is about.
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<DocId>,
}

/// Whether somebody asks or complains.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum QuestionSubject {
    /// It asks.
    #[n(0)]
    Question,
    /// It complains.
    #[n(1)]
    Complaint,
}

impl QuestionSubject {
    /// The word used in documents, screens and errors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Complaint => "complaint",
        }
    }
}

/// The party asked answers, once.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The question.
    #[n(1)]
    pub builds_on: DocId,
    /// What is answered.
    #[n(2)]
    pub text: Remark,
}

impl Payload for Question {}
impl Payload for Answer {}
