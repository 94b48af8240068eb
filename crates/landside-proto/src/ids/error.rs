//! Why a text is not the identifier it was given as.

use std::fmt;

use thiserror::Error;

/// Why a text is not the identifier it was given as. [`IdError::code`] is the stable part.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum IdError {
    /// Not 1 to 35 printable ASCII characters without a blank at either end.
    #[error("bill number \"{0}\" is not 1 to 35 printable ascii characters, no blank at the ends")]
    BillForm(Excerpt),
    /// The check symbol does not follow from the eight before it.
    #[error("case code {text} has check symbol {found}, expected {expected}")]
    CaseCodeCheck {
        /// The code as given.
        text: Excerpt,
        /// The check symbol as given.
        found: char,
        /// The check symbol that the first eight symbols call for.
        expected: char,
    },
    /// Not the form `7K3M-Q2ZC-4` in the alphabet of case codes.
    #[error(
        "case code \"{0}\" is not of the form 7K3M-Q2ZC-4, digits and letters without I L O S U"
    )]
    CaseCodeForm(Excerpt),
    /// The fourth letter is none of the categories U, J and Z (ISO 6346).
    #[error("container number {text} has category {found}, expected U, J or Z")]
    ContainerCategory {
        /// The number as given.
        text: Excerpt,
        /// The fourth letter as given.
        found: char,
    },
    /// The last digit does not follow from the ten characters before it (ISO 6346).
    #[error("container number {text} has check digit {found}, expected {expected}")]
    ContainerCheckDigit {
        /// The number as given.
        text: Excerpt,
        /// The check digit as given.
        found: u8,
        /// The check digit that the first ten characters call for.
        expected: u8,
    },
    /// Not four capital letters and seven digits (ISO 6346); six where no check digit is expected.
    #[error("container number \"{0}\" is not four capital letters, six digits and a check digit")]
    ContainerForm(Excerpt),
    /// Not three capital letters (ISO 4217).
    #[error("currency \"{0}\" is not three capital letters")]
    CurrencyForm(Excerpt),
    /// Not an RFC 3339 date from 1970 to 9999, or no such day.
    #[error("date \"{0}\" is not of the form 2026-11-23, years 1970 to 9999")]
    DateForm(Excerpt),
    /// Past the last day of the year 9999, which has no RFC 3339 text.
    #[error("date is {found} days after 1970-01-01, expected at most {}", super::Date::MAX.days())]
    DateRange {
        /// Days since 1970-01-01 as given.
        found: u64,
    },
    /// Not 64 lower-case hexadecimal digits.
    #[error("digest \"{0}\" is not 64 lower-case hexadecimal digits")]
    DigestForm(Excerpt),
    /// A digest of another length than 32 bytes.
    #[error("digest has {found} bytes, expected 32")]
    DigestLength {
        /// The number of bytes as given.
        found: usize,
    },
    /// The last digit does not follow from the six before it.
    #[error("ship number {text} has check digit {found}, expected {expected}")]
    ImoCheckDigit {
        /// The number as given.
        text: Excerpt,
        /// The check digit as given.
        found: u8,
        /// The check digit that the first six digits call for.
        expected: u8,
    },
    /// Not seven digits, the first of them not 0.
    #[error("ship number \"{0}\" is not seven digits with the first 1 to 9")]
    ImoForm(Excerpt),
    /// Not 2 to 32 of `a-z`, `0-9` and `-`, the first no hyphen.
    #[error("party id \"{0}\" is not 2 to 32 of a-z, 0-9 and hyphen, starting with no hyphen")]
    PartyForm(Excerpt),
    /// Not 2 to 16 capital letters, digits and inner hyphens.
    #[error("plate \"{0}\" is not 2 to 16 capital letters, digits and inner hyphens")]
    PlateForm(Excerpt),
    /// Not 1 to 35 printable ASCII characters without a blank at either end.
    #[error("reference \"{0}\" is not 1 to 35 printable ascii characters, no blank at the ends")]
    ReferenceForm(Excerpt),
    /// Not four capital letters and digits (ISO 6346).
    #[error("size-type \"{0}\" is not four capital letters and digits")]
    SizeTypeForm(Excerpt),
    /// Not an RFC 3339 time in UTC from 1970 to 9999, or no such day or hour.
    #[error("time \"{0}\" is not of the form 2026-11-23T04:00:00.000Z, years 1970 to 9999")]
    TimeForm(Excerpt),
    /// Past the end of the year 9999, which has no RFC 3339 text.
    #[error("time is {found} ms after 1970, expected at most {}", super::UnixMillis::MAX.as_millis())]
    TimeRange {
        /// Milliseconds since 1970 as given.
        found: u64,
    },
    /// Not two capital letters and three of `A-Z`, `2-9`.
    #[error("un/locode \"{0}\" is not two capital letters and three of A-Z, 2-9")]
    UnLocodeForm(Excerpt),
}

impl IdError {
    /// The stable code of this class of fault, for peers and scripts; texts may change, codes not.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BillForm(_) => "bill-form",
            Self::CaseCodeCheck { .. } => "case-code-check",
            Self::CaseCodeForm(_) => "case-code-form",
            Self::ContainerCategory { .. } => "container-category",
            Self::ContainerCheckDigit { .. } => "container-check-digit",
            Self::ContainerForm(_) => "container-form",
            Self::CurrencyForm(_) => "currency-form",
            Self::DateForm(_) => "date-form",
            Self::DateRange { .. } => "date-range",
            Self::DigestForm(_) => "digest-form",
            Self::DigestLength { .. } => "digest-length",
            Self::ImoCheckDigit { .. } => "imo-check-digit",
            Self::ImoForm(_) => "imo-form",
            Self::PartyForm(_) => "party-form",
            Self::PlateForm(_) => "plate-form",
            Self::ReferenceForm(_) => "reference-form",
            Self::SizeTypeForm(_) => "size-type-form",
            Self::TimeForm(_) => "time-form",
            Self::TimeRange { .. } => "time-range",
            Self::UnLocodeForm(_) => "unlocode-form",
        }
    }
}

/// The start of an offending text, safe for a log line: at most 40 characters, all printable ASCII
/// or an escape, so that a Cyrillic look-alike shows as one. `...` marks that more followed.
#[derive(Clone, Eq, PartialEq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    pub(super) fn of(text: &str) -> Self {
        let mut shown: String =
            text.chars().take(EXCERPT_MAX).flat_map(char::escape_default).collect();
        if text.chars().nth(EXCERPT_MAX).is_some() {
            shown.push_str("...");
        }
        Self(shown.into())
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// Characters of an offending text that an error repeats; longer than any identifier but a digest.
const EXCERPT_MAX: usize = 40;
