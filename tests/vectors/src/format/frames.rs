//! The shape of `frames.json`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Hex;

/// `frames.json`: frames of the stream between two nodes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameFile {
    /// What the file is, for people.
    pub about: String,
    /// Frames.
    pub good: Vec<GoodFrame>,
    /// What ends a link.
    pub bad: Vec<BadFrame>,
}

/// A frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoodFrame {
    /// Unique in the file.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// Which frame, lower case.
    pub frame: String,
    /// Its fields by name; for `head` the note alone.
    pub fields: Value,
    /// Length and body.
    pub bytes: Hex,
    /// So many zero bytes follow.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub zeros_after: usize,
}

/// What is no frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BadFrame {
    /// Unique in the file.
    pub name: String,
    /// What is wrong with it.
    pub shows: String,
    /// The close code of the link.
    pub close: u32,
    /// Length and body.
    pub bytes: Hex,
    /// So many zero bytes follow.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub zeros_after: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}
