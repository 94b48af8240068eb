//! The shape of `evidence.json`.

use landside_proto::ids::Hash32;
use serde::{Deserialize, Serialize};

use super::Hex;

/// `evidence.json`: evidence files, each to be verified by itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFile {
    /// What the file is, for people.
    pub about: String,
    /// Files that show nothing wrong.
    pub good: Vec<EvidenceVector>,
    /// Files that are broken, or show that somebody did wrong.
    pub bad: Vec<EvidenceVector>,
}

/// An evidence file and what verifying it must give.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceVector {
    /// Unique in the file.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The edition id that was compared by another channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Hash32>,
    /// Bundles that the reader brings along to get from there to the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub editions: Vec<Hex>,
    /// How many witnesses the reader asks for, when not one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witnesses: Option<usize>,
    /// The verdict.
    pub verdict: String,
    /// Everything that must be found and nothing else, in any order.
    pub found: Vec<Found>,
    /// The file.
    pub bytes: Hex,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Its code.
    pub code: String,
    /// The part of the file that it is about.
    pub part: String,
    /// Which of several, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
}
