//! Free text that people write, bounded and without control characters.

use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::refusal::steers_screens;

/// Longest remark, in bytes of UTF-8.
pub const REMARK_MAX: usize = 200;

/// A reason, name or note: 1 to [`REMARK_MAX`] bytes, nothing that steers a screen: no control
/// characters, no format characters that hide text or turn its direction.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Serialize, Deserialize)]
#[cbor(transparent)]
#[serde(try_from = "String")]
pub struct Remark(#[n(0)] String);

/// The text is empty, too long or has control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("remark must have 1 to {REMARK_MAX} bytes and no control or direction characters")]
pub struct RemarkError;

impl Remark {
    /// Accepts text within the rule.
    ///
    /// # Errors
    /// [`RemarkError`].
    pub fn parse(text: impl Into<String>) -> Result<Self, RemarkError> {
        let text = text.into();
        if text.is_empty() || text.len() > REMARK_MAX || text.chars().any(steers_screens) {
            return Err(RemarkError);
        }
        Ok(Self(text))
    }

    /// Makes text of any length fit: cut, control characters dropped, `fallback` when nothing is left.
    #[must_use]
    pub fn fitted(text: &str, fallback: &'static str) -> Self {
        let mut out = String::new();
        for c in text.chars().filter(|c| !steers_screens(*c)) {
            if out.len() + c.len_utf8() > REMARK_MAX {
                break;
            }
            out.push(c);
        }
        if out.is_empty() { Self(fallback.to_owned()) } else { Self(out) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Remark {
    type Error = RemarkError;

    fn try_from(text: String) -> Result<Self, RemarkError> {
        Self::parse(text)
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'b, C> Decode<'b, C> for Remark {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::parse(d.str()?).map_err(minicbor::decode::Error::custom)
    }
}
