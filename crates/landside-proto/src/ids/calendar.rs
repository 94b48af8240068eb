//! Days of a calendar and the currencies of charges.

use super::time::{civil_from_days, read_date};
use super::{Excerpt, IdError, ascii};

/// A day of the Gregorian calendar, of no time zone: days since 1970-01-01, at most the last of 9999.
///
/// A `u32` in CBOR, `2026-11-23` as text.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Date(u32);

text_form!(Date);

impl Date {
    /// 9999-12-31.
    pub const MAX: Self = Self(2_932_896);

    /// Takes days since 1970-01-01; a day past [`Date::MAX`] becomes that.
    #[must_use]
    pub const fn from_days(days: u32) -> Self {
        if days > Self::MAX.0 { Self::MAX } else { Self(days) }
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> u32 {
        self.0
    }

    /// Reads `2026-11-23` (RFC 3339 § 5.6, full-date), exactly.
    ///
    /// # Errors
    /// [`IdError::DateForm`], also for a day that does not exist.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let days = read_date(text).and_then(|days| u32::try_from(days).ok());
        days.map(Self).ok_or_else(|| IdError::DateForm(Excerpt::of(text)))
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [year, month, day] = civil_from_days(u64::from(self.0));
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl<C> minicbor::Encode<C> for Date {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u32(self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Date {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        let found = d.u64()?;
        match u32::try_from(found) {
            Ok(days) if days <= Self::MAX.0 => Ok(Self(days)),
            _ => Err(minicbor::decode::Error::custom(IdError::DateRange { found }).at(at)),
        }
    }
}

/// A currency: three capital letters (ISO 4217).
///
/// The form only: whether the code is listed is the business of whoever uses it.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Currency([u8; 3]);

text_id!(Currency);

impl Currency {
    /// Reads `CNY`, exactly.
    ///
    /// # Errors
    /// [`IdError::CurrencyForm`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let form = || IdError::CurrencyForm(Excerpt::of(text));
        let bytes: [u8; 3] = text.as_bytes().try_into().map_err(|_| form())?;
        if bytes.iter().all(u8::is_ascii_uppercase) { Ok(Self(bytes)) } else { Err(form()) }
    }

    /// The code, three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// How many decimals an amount has: two, but for the currencies that ISO 4217 lists with another
    /// minor unit.
    #[must_use]
    pub fn decimals(self) -> u8 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }

    /// An amount of minor units as people write it: `1250.00`.
    #[must_use]
    pub fn shown(self, minor: u64) -> String {
        let decimals = usize::from(self.decimals());
        let digits = format!("{minor:0width$}", width = decimals.saturating_add(1));
        match digits.split_at_checked(digits.len().saturating_sub(decimals)) {
            Some((whole, rest)) if !rest.is_empty() => format!("{whole}.{rest}"),
            _ => digits,
        }
    }
}
