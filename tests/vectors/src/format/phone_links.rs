//! The shape of `phone-links.json`.

use landside_proto::ids::Hash32;
use serde::{Deserialize, Serialize};

use super::Hex;

/// `phone-links.json`: a phone's first frame on a link over QUIC.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneLinkFile {
    /// What the file is, for people.
    pub about: String,
    /// Proofs that hold.
    pub good: Vec<PhoneLink>,
    /// What ends the link.
    pub bad: Vec<PhoneLink>,
    /// A phone's later frames on the same stream.
    pub beats: Beats,
}

/// What a phone says after its proof.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beats {
    /// What asks whether the node is there.
    pub good: Vec<BeatFrame>,
    /// What ends the link.
    pub bad: Vec<BeatFrame>,
}

/// A frame after the proof.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeatFrame {
    /// Unique in the file.
    pub name: String,
    /// Length and body.
    pub frame: Hex,
    /// Why it ends the link; of bad ones only. No phone is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What a node knows of a link, and what a phone says on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneLink {
    /// Unique in the file.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// The node's own origin.
    pub origin: String,
    /// SHA-256 of the certificate that the node showed.
    pub certificate: Hash32,
    /// The challenge that the node said.
    pub challenge: Hex,
    /// With which of the keys in `keys/`; of good ones only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// After which number of the feed to go on; of good ones only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Length and body.
    pub frame: Hex,
    /// Why it ends the link; of bad ones only. No phone is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}
