//! Who comes: parties and truck plates.

use std::iter;

use super::{Excerpt, IdError};

/// A party of the network: 2 to 32 of `a-z`, `0-9` and `-`, the first no hyphen.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PartyId(Box<str>);

text_id!(PartyId);

impl PartyId {
    /// Reads `harbour-haulage`, exactly.
    ///
    /// # Errors
    /// [`IdError::PartyForm`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let sized = (2..=PARTY_MAX).contains(&text.len());
        let spelled = text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if sized && spelled && !text.starts_with('-') {
            Ok(Self(text.into()))
        } else {
            Err(IdError::PartyForm(Excerpt::of(text)))
        }
    }

    /// The id in its only spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A truck plate: 2 to 16 letters and digits of any script, none of them lower case, and hyphens
/// that are neither first nor last.
///
/// Look-alikes of two scripts are two plates: Cyrillic and Latin `A` are not folded together.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Plate(Box<str>);

text_id!(Plate);

impl Plate {
    /// Reads `1-ABC-234`, exactly.
    ///
    /// # Errors
    /// [`IdError::PlateForm`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        // One character more than the limit is enough to know, however long the text is.
        let length = text.chars().take(PLATE_MAX + 1).count();
        let sized = (2..=PLATE_MAX).contains(&length);
        let hyphens_inside = !text.starts_with('-') && !text.ends_with('-');
        if sized && hyphens_inside && text.chars().all(is_plate_char) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::PlateForm(Excerpt::of(text)))
        }
    }

    /// Reads what people type: any case, with blanks (`1-abc 234`). Hyphens stay.
    ///
    /// # Errors
    /// As [`Plate::parse`].
    pub fn normalise(typed: &str) -> Result<Self, IdError> {
        let squeezed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        Self::parse(&squeezed.to_uppercase())
    }

    /// The plate, upper case, without blanks.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Longest party id, in bytes; it stands in log lines and file names.
const PARTY_MAX: usize = 32;
/// Longest plate, in characters; the longest issued ones have 10 or so.
const PLATE_MAX: usize = 16;

fn is_plate_char(c: char) -> bool {
    // Both tests: some letters are lower case without a capital, title case ones are neither.
    let upper = !c.is_lowercase() && c.to_uppercase().eq(iter::once(c));
    c == '-' || (c.is_alphanumeric() && upper)
}
