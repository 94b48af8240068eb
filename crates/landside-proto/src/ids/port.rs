//! Where and by which ship: UN/LOCODE and IMO ship numbers.

use super::{Excerpt, IdError, ascii};

/// A place: two capital letters of the country, three of `A-Z`, `2-9` (UNECE Recommendation 16).
///
/// The form only: whether the code is listed is the business of whoever uses it.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UnLocode([u8; 5]);

text_id!(UnLocode);

impl UnLocode {
    /// Reads `NLRTM`, exactly.
    ///
    /// # Errors
    /// [`IdError::UnLocodeForm`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let form = || IdError::UnLocodeForm(Excerpt::of(text));
        let bytes: [u8; 5] = text.as_bytes().try_into().map_err(|_| form())?;
        let [c1, c2, place @ ..] = bytes;
        // 0 and 1 are not used: they look like O and I.
        let placed = place.iter().all(|c| matches!(c, b'A'..=b'Z' | b'2'..=b'9'));
        if c1.is_ascii_uppercase() && c2.is_ascii_uppercase() && placed {
            Ok(Self(bytes))
        } else {
            Err(form())
        }
    }

    /// The code, five characters.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

/// An IMO ship number: seven digits, the first not 0, the last a check digit that fits.
///
/// Some ships sail with a number that fails this: a caller that must take those keeps the text as a
/// [`Reference`](super::Reference) and warns. IMO company numbers use another sum and are not read.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ImoNo([u8; 7]);

text_id!(ImoNo);

impl ImoNo {
    /// Reads `9074729`, exactly; no `IMO` before it.
    ///
    /// # Errors
    /// [`IdError::ImoForm`], [`IdError::ImoCheckDigit`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let form = || IdError::ImoForm(Excerpt::of(text));
        let bytes: [u8; 7] = text.as_bytes().try_into().map_err(|_| form())?;
        let [first, .., last] = bytes;
        if !bytes.iter().all(u8::is_ascii_digit) || first == b'0' {
            return Err(form());
        }
        let sum: u16 = bytes.iter().zip(IMO_WEIGHTS).map(|(c, w)| u16::from(*c - b'0') * w).sum();
        let expected = u8::try_from(sum % 10).unwrap_or_default();
        let found = last - b'0';
        if found != expected {
            return Err(IdError::ImoCheckDigit { text: Excerpt::of(text), found, expected });
        }
        Ok(Self(bytes))
    }

    /// The number, seven digits.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

/// Weights of the first six digits; the check digit is the last digit of the weighted sum.
const IMO_WEIGHTS: [u16; 6] = [7, 6, 5, 4, 3, 2];
