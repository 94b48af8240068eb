//! Container numbers and size-type codes (ISO 6346).

use super::{Excerpt, IdError, ascii, squeezed};

/// A container number: three letters of the owner, category U, J or Z, six digits of the serial
/// number and a check digit that fits them (ISO 6346).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ContainerNo([u8; 11]);

text_id!(ContainerNo);

impl ContainerNo {
    /// Reads `MSKU1234565`, exactly.
    ///
    /// # Errors
    /// [`IdError::ContainerForm`], [`IdError::ContainerCategory`], [`IdError::ContainerCheckDigit`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let form = || IdError::ContainerForm(Excerpt::of(text));
        let bytes: [u8; 11] = text.as_bytes().try_into().map_err(|_| form())?;
        let [prefix @ .., last] = bytes;
        let expected = prefix_check_digit(prefix, text)?;
        match last {
            b'0'..=b'9' if last & 0x0f == expected => Ok(Self(bytes)),
            b'0'..=b'9' => Err(IdError::ContainerCheckDigit {
                text: Excerpt::of(text),
                found: last & 0x0f,
                expected,
            }),
            _ => Err(form()),
        }
    }

    /// Reads what people type or paint: any case, with blanks and hyphens (`csqu 305438-3`).
    ///
    /// # Errors
    /// As [`ContainerNo::parse`].
    pub fn normalise(typed: &str) -> Result<Self, IdError> {
        Self::parse(&squeezed(typed))
    }

    /// The check digit, 0 to 9, of the first ten characters of a container number (ISO 6346).
    ///
    /// Remainders 0 and 10 share the digit 0, so it cannot tell an error between the two.
    ///
    /// # Errors
    /// [`IdError::ContainerForm`], [`IdError::ContainerCategory`].
    pub fn check_digit(prefix: &str) -> Result<u8, IdError> {
        let bytes: [u8; 10] = prefix
            .as_bytes()
            .try_into()
            .map_err(|_| IdError::ContainerForm(Excerpt::of(prefix)))?;
        prefix_check_digit(bytes, prefix)
    }

    /// The number in eleven characters, as sent.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// The number as painted on the box: `MSKU 123456 5`.
    pub fn grouped(&self) -> String {
        let [owner @ .., s1, s2, s3, s4, s5, s6, check] = &self.0;
        let serial = [*s1, *s2, *s3, *s4, *s5, *s6];
        format!("{} {} {}", ascii(owner), ascii(&serial), char::from(*check))
    }
}

/// A size-type code: four characters of `0-9`, `A-Z` (ISO 6346).
///
/// Holds the codes of the 1995 and 2022 editions (`22G1`), type groups (`22GP`) and the all-numeric
/// codes of 1984 (`2210`). Codes of private tables (`45HC`) pass too, because the sender's word is
/// kept as signed; [`SizeType::describe`] is `None` for those.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SizeType([u8; 4]);

text_id!(SizeType);

impl SizeType {
    /// Reads `22G1`, exactly.
    ///
    /// # Errors
    /// [`IdError::SizeTypeForm`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        match <[u8; 4]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(|c| matches!(c, b'0'..=b'9' | b'A'..=b'Z')) => {
                Ok(Self(code))
            }
            _ => Err(IdError::SizeTypeForm(Excerpt::of(text))),
        }
    }

    /// The code, four characters.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// The code in words, such as `40 ft high cube` or `20 ft reefer`; `None` when it is not in the
    /// tables of ISO 6346. A height of 8 ft 6 in and a width of 8 ft go without saying.
    pub fn describe(&self) -> Option<String> {
        let [length, height, group, detail] = self.0;
        let (height, width, kind) = if group.is_ascii_digit() {
            (height_1984(height)?, "", kind_1984(group, detail)?)
        } else {
            let (height, width) = height_and_width(height)?;
            (height, width, kind(group, detail)?)
        };
        // A high cube is a general purpose box unless something else is said.
        let kind = if kind == GENERAL && height == HIGH_CUBE { "" } else { kind };
        let words = [length_text(length)?, height, width, kind];
        Some(words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" "))
    }
}

const GENERAL: &str = "general purpose";
const HIGH_CUBE: &str = "high cube";

/// Checks the form of the first ten characters and works out the digit; `text` is for the error.
fn prefix_check_digit(prefix: [u8; 10], text: &str) -> Result<u8, IdError> {
    let [o1, o2, o3, category, serial @ ..] = prefix;
    let letters = [o1, o2, o3, category].iter().all(u8::is_ascii_uppercase);
    if !letters || !serial.iter().all(u8::is_ascii_digit) {
        return Err(IdError::ContainerForm(Excerpt::of(text)));
    }
    if !matches!(category, b'U' | b'J' | b'Z') {
        let found = char::from(category);
        return Err(IdError::ContainerCategory { text: Excerpt::of(text), found });
    }
    // ISO 6346 weighs the character at i by 2^i; from the right, doubling at each step, that is
    // the same sum.
    let sum = prefix.iter().rev().fold(0_u16, |sum, c| (sum * 2 + letter_value(*c)) % 11);
    Ok(u8::try_from(sum % 10).unwrap_or_default())
}

/// The value of a digit, or of a letter counted from A = 10 without 11, 22 and 33 (ISO 6346).
fn letter_value(c: u8) -> u16 {
    let value = match c {
        b'0'..=b'9' => c - b'0',
        b'A' => 10,
        b'B'..=b'K' => c - b'B' + 12,
        b'L'..=b'U' => c - b'L' + 23,
        _ => c.saturating_sub(b'V') + 34,
    };
    u16::from(value)
}

/// The first character: length. `5` is 45 ft since the 2022 edition, `L` was before.
fn length_text(code: u8) -> Option<&'static str> {
    Some(match code {
        b'1' => "10 ft",
        b'2' => "20 ft",
        b'3' => "30 ft",
        b'4' => "40 ft",
        b'5' | b'L' => "45 ft",
        b'A' => "7.15 m",
        b'B' => "24 ft",
        b'C' => "24 ft 6 in",
        b'D' => "7.45 m",
        b'E' => "7.82 m",
        b'F' => "8.1 m",
        b'G' => "41 ft",
        b'H' => "43 ft",
        b'K' => "13.6 m",
        b'M' => "48 ft",
        b'N' => "49 ft",
        b'P' => "53 ft",
        _ => return None,
    })
}

/// The second character since 1995: height and width.
fn height_and_width(code: u8) -> Option<(&'static str, &'static str)> {
    let height = match code {
        b'0' => "8 ft high",
        b'2' | b'C' | b'L' => "",
        b'4' | b'D' | b'M' => "9 ft high",
        b'5' | b'E' | b'N' => HIGH_CUBE,
        b'6' | b'F' | b'P' => "over 9 ft 6 in high",
        b'8' => "half height",
        b'9' => "low",
        _ => return None,
    };
    let width = match code {
        b'C'..=b'F' => "pallet wide", // over 2438, at most 2500 mm
        b'L'..=b'P' => "extra wide",  // over 2500 mm
        _ => "",
    };
    Some((height, width))
}

/// The second digit of 1984: height; the odd ones have a gooseneck tunnel, which is not said.
fn height_1984(code: u8) -> Option<&'static str> {
    Some(match code {
        b'0' | b'1' => "8 ft high",
        b'2' | b'3' => "",
        b'4' | b'5' => HIGH_CUBE,
        _ => return None,
    })
}

/// The third and fourth characters since 1995: a detailed type, or a type group.
fn kind(group: u8, detail: u8) -> Option<&'static str> {
    Some(match (group, detail) {
        (b'G', b'0'..=b'3' | b'P') => GENERAL,
        (b'V', b'0' | b'2' | b'4' | b'H') => "ventilated",
        (b'B', b'0' | b'1' | b'3'..=b'6' | b'U' | b'K') => "dry bulk",
        (b'S', b'0') => "livestock carrier",
        (b'S', b'1') => "automobile carrier",
        (b'S', b'2') => "live fish carrier",
        (b'S', b'N') => "named cargo",
        (b'R', b'0'..=b'3' | b'E' | b'T' | b'S') => "reefer",
        (b'H', b'0'..=b'2' | b'R') => "thermal, removable equipment",
        (b'H', b'5' | b'6' | b'I') => "insulated",
        (b'U', b'0'..=b'5' | b'T') => "open top",
        (b'P', b'0' | b'L') => "platform",
        (b'P', b'1' | b'2' | b'F') => "flat rack",
        (b'P', b'3' | b'4' | b'C') => "folding flat rack",
        (b'P', b'5' | b'S') => "open sided platform",
        (b'T', b'0'..=b'9' | b'N' | b'D' | b'G') | (b'K', b'0'..=b'9' | b'L') => "tank",
        (b'A', b'0' | b'S') => "air/surface",
        _ => return None,
    })
}

/// The third digit of 1984, the family; the fourth must be a digit too.
fn kind_1984(family: u8, detail: u8) -> Option<&'static str> {
    Some(match (family, detail) {
        (b'0' | b'1', b'0'..=b'9') => GENERAL,
        (b'3', b'0'..=b'9') => "reefer",
        (b'5', b'0'..=b'9') => "open top",
        (b'6', b'0'..=b'9') => "platform",
        (b'7', b'0'..=b'9') => "tank",
        _ => return None,
    })
}
