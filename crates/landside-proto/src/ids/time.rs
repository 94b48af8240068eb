//! Time as documents carry it: milliseconds of UTC, RFC 3339 for people.

use std::{fmt, time::Duration};

use super::{Excerpt, IdError};

/// A moment in UTC: milliseconds since 1970-01-01, no leap seconds, at most the end of year 9999.
///
/// A `u64` in CBOR, `2026-11-23T04:00:00.000Z` as text.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UnixMillis(u64);

text_form!(UnixMillis);

impl UnixMillis {
    /// 9999-12-31T23:59:59.999Z, the last moment with an RFC 3339 text.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// Takes milliseconds since 1970; a moment past [`UnixMillis::MAX`] becomes that.
    pub const fn from_millis(millis: u64) -> Self {
        if millis > Self::MAX.0 { Self::MAX } else { Self(millis) }
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn as_secs(self) -> u64 {
        self.0 / MILLIS_PER_SECOND
    }

    /// The moment `span` later, in whole milliseconds; at most [`UnixMillis::MAX`].
    pub fn plus(self, span: Duration) -> Self {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// The time that passed since `earlier`; zero when that is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Reads `2026-11-23T04:00:00.000Z`, or the same without the fraction (RFC 3339 § 5.6, the
    /// offset `Z` only).
    ///
    /// # Errors
    /// [`IdError::TimeForm`], also for a day or hour that does not exist.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        read_rfc3339(text).map(Self).ok_or_else(|| IdError::TimeForm(Excerpt::of(text)))
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day] = civil_from_days(self.0 / MILLIS_PER_DAY);
        let clock = self.0 % MILLIS_PER_DAY;
        let (seconds, millis) = (clock / MILLIS_PER_SECOND, clock % MILLIS_PER_SECOND);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

impl<C> minicbor::Encode<C> for UnixMillis {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u64(self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for UnixMillis {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        let found = d.u64()?;
        if found > Self::MAX.0 {
            return Err(minicbor::decode::Error::custom(IdError::TimeRange { found }).at(at));
        }
        Ok(Self(found))
    }
}

const MILLIS_PER_SECOND: u64 = 1000;
const MILLIS_PER_DAY: u64 = 24 * 60 * 60 * MILLIS_PER_SECOND;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: u64 = 719_468;
/// Days of the 400 years after which the calendar repeats.
const DAYS_PER_ERA: u64 = 146_097;

fn read_rfc3339(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (clock, millis) = match time.split_once('.') {
        Some((clock, fraction)) => (clock, digits(fraction, 3)?),
        None => (time, 0),
    };
    let days = read_date(date)?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = (hour * 60 + minute) * 60 + second;
    Some(days * MILLIS_PER_DAY + seconds * MILLIS_PER_SECOND + millis)
}

/// Days since 1970-01-01 of `2026-11-23` (RFC 3339 § 5.6, full-date).
pub(super) fn read_date(date: &str) -> Option<u64> {
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let days = days_from_civil(year, month, day);
    // A day past the end of its month comes back as one of the next month.
    (civil_from_days(days) == [year, month, day]).then_some(days)
}

/// Three numbers of the given widths between separators.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let read = widths.map(|width| parts.next().and_then(|part| digits(part, width)));
    match (read, parts.next()) {
        ([Some(a), Some(b), Some(c)], None) => Some([a, b, c]),
        _ => None,
    }
}

fn digits(text: &str, width: usize) -> Option<u64> {
    let spelled = text.len() == width && text.bytes().all(|c| c.is_ascii_digit());
    spelled.then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, year 1970 or later, month 1 to 12,
/// day 1 to 31.
///
/// Years are counted from 1 March, so that the leap day is the last of its year and the months
/// before a date have (153 m + 2) / 5 days: 31, 30, 31, 30, 31 five times over.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = if month < 3 { year - 1 } else { year };
    let months = (month + 9) % 12;
    let leap_days = year / 4 - year / 100 + year / 400;
    365 * year + leap_days + (153 * months + 2) / 5 + day - 1 - DAYS_TO_1970
}

/// The date, `[year, month, day]`, of a number of days since 1970-01-01.
pub(super) fn civil_from_days(days: u64) -> [u64; 3] {
    let days = days + DAYS_TO_1970;
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    // Taking out the leap days before a day leaves years of 365 days: one each 1461 days, but none
    // at the 100s, and the last day of the era is the leap day of its 400th year.
    let plain = day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096;
    let year = plain / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let months = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months + 2) / 5 + 1;
    let month = (months + 2) % 12 + 1;
    let year = if month < 3 { year + 1 } else { year };
    [era * 400 + year, month, day]
}
