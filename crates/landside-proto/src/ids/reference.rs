//! Numbers that parties make up: bills of lading and free references.

use super::{Excerpt, IdError};

/// A bill of lading number: 1 to 35 printable ASCII characters, no blank at either end, case kept.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BillNo(Box<str>);

text_id!(BillNo);

impl BillNo {
    /// Reads a bill number, exactly.
    ///
    /// # Errors
    /// [`IdError::BillForm`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        free_text(text).map(Self).ok_or_else(|| IdError::BillForm(Excerpt::of(text)))
    }

    /// The number as its carrier wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A free reference (release, booking, depot): 1 to 35 printable ASCII characters, no blank at
/// either end, case kept.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Reference(Box<str>);

text_id!(Reference);

impl Reference {
    /// Reads a reference, exactly.
    ///
    /// # Errors
    /// [`IdError::ReferenceForm`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        free_text(text).map(Self).ok_or_else(|| IdError::ReferenceForm(Excerpt::of(text)))
    }

    /// The reference as its issuer wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Longest bill number or reference, in bytes: EDIFACT data element 1154 is an..35 in D.95B.
const REFERENCE_MAX: usize = 35;

fn free_text(text: &str) -> Option<Box<str>> {
    let printable = text.bytes().all(|c| matches!(c, b' '..=b'~'));
    let sized = !text.is_empty() && text.len() <= REFERENCE_MAX;
    let trimmed = !text.starts_with(' ') && !text.ends_with(' ');
    (sized && printable && trimmed).then(|| text.into())
}
