//! The conditions to leave.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A condition to leave, green only when its authority signed so.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// The line's.
    #[n(0)]
    Commercial,
    /// Customs' and other authorities'.
    #[n(1)]
    Customs,
    /// The terminal's own.
    #[n(2)]
    Terminal,
}

impl Light {
    /// The lights of an import pick-up.
    pub const ALL: [Self; 3] = [Self::Commercial, Self::Customs, Self::Terminal];

    /// The word used in documents and screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commercial => "commercial",
            Self::Customs => "customs",
            Self::Terminal => "terminal",
        }
    }
}
