//! Case codes: what a person reads out over the phone to ask how far a case is.
//!
//! Nine symbols of an alphabet of 31, `7K3M-Q2ZC-4`. With values `d1` to `d8`, the last symbol is
//! `9*d1 + 8*d2 + ... + 2*d8 mod 31`, so a code is valid when that sum minus the check value is 0.
//! The weights 9 to 2 and -1 are all different and none is 0 mod 31, and 31 is a prime, therefore
//! - one wrong symbol moves the sum by weight * difference, which is never 0 mod 31, and
//! - two symbols swapped move it by difference of weights * difference of symbols, never 0 either.

use sha2::{Digest, Sha256};

use super::{Excerpt, IdError, ascii, squeezed};

/// Domain of the derivation: a code never equals a prefix of another hash of the same seed.
const SEED_DOMAIN: &[u8] = b"landside case code v1\n";

/// A case code of the form `7K3M-Q2ZC-4`: eight symbols and a check symbol that fits them, out of
/// the digits and the letters without I, L, O, S and U.
///
/// Catches every single wrong symbol and every swap of two, neighbours or not. It is a name, not a
/// secret: about 8.5 * 10^11 codes.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CaseCode([u8; 11]);

text_id!(CaseCode);

impl CaseCode {
    /// The code of a case, from 32 bytes that name the case and nothing else. Deterministic; codes
    /// of many seeds are spread evenly.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let hash = Sha256::new().chain_update(SEED_DOMAIN).chain_update(seed).finalize();
        let mut values = [0; 8];
        // 16 bytes against 31^8 codes: uneven by less than 2^-88.
        let mut rest = hash.iter().take(16).fold(0_u128, |n, byte| (n << 8) | u128::from(*byte));
        for value in &mut values {
            *value = u8::try_from(rest % SYMBOL_COUNT).unwrap_or_default();
            rest /= SYMBOL_COUNT;
        }
        let [a, b, c, d, e, f, g, h] = values.map(symbol);
        Self([a, b, c, d, b'-', e, f, g, h, b'-', symbol(check_value(values))])
    }

    /// Reads `7K3M-Q2ZC-4`, exactly.
    ///
    /// # Errors
    /// [`IdError::CaseCodeForm`], [`IdError::CaseCodeCheck`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let form = || IdError::CaseCodeForm(Excerpt::of(text));
        let bytes: [u8; 11] = text.as_bytes().try_into().map_err(|_| form())?;
        let [a, b, c, d, b'-', e, f, g, h, b'-', check] = bytes else {
            return Err(form());
        };
        let mut values = [0; 8];
        for (value, symbol) in values.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *value = value_of(symbol).ok_or_else(form)?;
        }
        let found = value_of(check).ok_or_else(form)?;
        let expected = check_value(values);
        if found != expected {
            return Err(IdError::CaseCodeCheck {
                text: Excerpt::of(text),
                found: char::from(check),
                expected: char::from(symbol(expected)),
            });
        }
        Ok(Self(bytes))
    }

    /// Reads what people type: any case, hyphens and blanks anywhere or missing, O for 0, I or L
    /// for 1 (the letters left out of the alphabet because they look like digits).
    ///
    /// # Errors
    /// As [`CaseCode::parse`].
    pub fn normalise(typed: &str) -> Result<Self, IdError> {
        let symbols: String = squeezed(typed)
            .chars()
            .map(|c| match c {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let parts = symbols.get(..4).zip(symbols.get(4..8)).zip(symbols.get(8..));
        let ((first, second), check) =
            parts.ok_or_else(|| IdError::CaseCodeForm(Excerpt::of(typed)))?;
        Self::parse(&format!("{first}-{second}-{check}"))
    }

    /// The code with its hyphens.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

/// No I, L, O (look like 1, 1, 0), S (like 5) and U (like V): 31 are left, a prime.
const SYMBOLS: &[u8; 31] = b"0123456789ABCDEFGHJKMNPQRTVWXYZ";
const SYMBOL_COUNT: u128 = SYMBOLS.len() as u128;
const WEIGHTS: [u16; 8] = [9, 8, 7, 6, 5, 4, 3, 2];

fn check_value(values: [u8; 8]) -> u8 {
    let sum: u16 = values.iter().zip(WEIGHTS).map(|(v, w)| u16::from(*v) * w).sum();
    u8::try_from(sum % 31).unwrap_or_default()
}

/// The symbol of a value below 31.
fn symbol(value: u8) -> u8 {
    SYMBOLS.get(usize::from(value)).copied().unwrap_or_default()
}

fn value_of(symbol: u8) -> Option<u8> {
    let at = SYMBOLS.iter().position(|s| *s == symbol)?;
    u8::try_from(at).ok()
}
