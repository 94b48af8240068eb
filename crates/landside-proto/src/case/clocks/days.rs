//! Days of the port, by the offsets that the terms give.

use crate::document::{ClockTerms, DayCount, Weekday};
use crate::ids::{Date, UnixMillis};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const MINUTE_MS: i64 = 60 * 1000;

/// The days of one port, counted from 1970-01-01.
pub(super) struct Days<'a> {
    terms: &'a ClockTerms,
}

/// A time in which one offset holds.
struct Stretch {
    from: i64,
    until: i64,
    offset: i64,
}

impl<'a> Days<'a> {
    pub(super) fn of(terms: &'a ClockTerms) -> Self {
        Self { terms }
    }

    /// The day that a moment is in: the last one that has begun.
    ///
    /// Where clocks are set back over midnight the old date comes twice; its second time belongs to the
    /// day that had begun, so that time never goes back a day.
    pub(super) fn day_of(&self, at: UnixMillis) -> i64 {
        let at = signed(at);
        let begun = self.stretches().filter(|stretch| stretch.from <= at).map(|stretch| {
            let last = at.min(stretch.until.saturating_sub(1));
            last.saturating_add(stretch.offset).div_euclid(DAY_MS)
        });
        begun.max().unwrap_or_default()
    }

    /// The first moment of a day. Where clocks are set forward over a whole day, it is that of the next.
    pub(super) fn start_of(&self, day: i64) -> UnixMillis {
        let midnight = day.saturating_mul(DAY_MS);
        let first = self.stretches().find_map(|stretch| {
            let at = midnight.saturating_sub(stretch.offset).max(stretch.from);
            (at < stretch.until).then_some(at)
        });
        UnixMillis::from_millis(u64::try_from(first.unwrap_or(i64::MAX)).unwrap_or(0))
    }

    /// Whether a day counts.
    pub(super) fn counts(&self, count: DayCount, day: i64) -> bool {
        count == DayCount::Calendar || self.is_worked(day)
    }

    fn is_worked(&self, day: i64) -> bool {
        let weekday = weekday(day);
        let date = u32::try_from(day).map(Date::from_days);
        let holiday = date.is_ok_and(|date| self.terms.holidays.binary_search(&date).is_ok());
        self.terms.weekdays.contains(&weekday) && !holiday
    }

    fn stretches(&self) -> impl Iterator<Item = Stretch> {
        let changes = &self.terms.offset_changes;
        let starts = changes.iter().map(|change| (signed(change.from), change.minutes));
        let starts = std::iter::once((i64::MIN, self.terms.utc_offset)).chain(starts);
        let ends = changes.iter().map(|change| signed(change.from)).chain([i64::MAX]);
        starts.zip(ends).map(|((from, minutes), until)| Stretch {
            from,
            until,
            offset: i64::from(minutes) * MINUTE_MS,
        })
    }
}

/// Years 1970 to 9999 in milliseconds are far below the largest number.
fn signed(at: UnixMillis) -> i64 {
    i64::try_from(at.as_millis()).unwrap_or(i64::MAX)
}

/// 1970-01-01 was a Thursday.
fn weekday(day: i64) -> Weekday {
    match day.rem_euclid(7) {
        0 => Weekday::Thursday,
        1 => Weekday::Friday,
        2 => Weekday::Saturday,
        3 => Weekday::Sunday,
        4 => Weekday::Monday,
        5 => Weekday::Tuesday,
        _ => Weekday::Wednesday,
    }
}
