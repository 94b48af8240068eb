//! A period in whole days of a zone.

use landside_edifact::local_time;
use landside_proto::figures::{NAME_MAX, PERIOD_DAYS_MAX};
use landside_proto::ids::UnixMillis;

/// Days of a period when none is asked for.
const DAYS: u64 = 30;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Whole days of a zone, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Period {
    pub(super) zone: String,
    /// First moment of each day, in order.
    pub(super) days: Vec<UnixMillis>,
    pub(super) until: UnixMillis,
}

impl Period {
    /// From one date up to, and without, another; what is not said is 30 days to the end of today.
    ///
    /// # Errors
    /// A text that is no date, dates in the wrong order, or too many days, in words.
    pub(crate) fn of(
        from: Option<&str>,
        to: Option<&str>,
        zone: &str,
        now: UnixMillis,
    ) -> Result<Self, String> {
        let start = |name: &str, date: &str| {
            let day = local_time::day(date, zone);
            day.map(|(start, _)| start)
                .ok_or_else(|| format!("{name} is a date such as 2026-11-24, not {date:?}"))
        };
        let until = match to {
            Some(date) => start("to", date)?,
            None => day_of(now, zone)?.1,
        };
        let from = match from {
            Some(date) => start("from", date)?,
            // Noon of the day is past every change of a clock.
            None => day_of(back(until, DAYS * DAY_MS - DAY_MS / 2), zone)?.0,
        };
        Self::between(from, until, zone)
    }

    /// The days of a zone that a time touches, for another node that asks.
    ///
    /// # Errors
    /// The zone is not known, nothing lies between, or too many days.
    pub(crate) fn covering(
        from: UnixMillis,
        until: UnixMillis,
        zone: &str,
    ) -> Result<Self, String> {
        if until <= from {
            return Err("to is not after from".to_owned());
        }
        let last = back(until, 1);
        Self::between(day_of(from, zone)?.0, day_of(last, zone)?.1, zone)
    }

    fn between(from: UnixMillis, until: UnixMillis, zone: &str) -> Result<Self, String> {
        if zone.len() > NAME_MAX {
            return Err("the name of the time zone is too long".to_owned());
        }
        let mut days = Vec::new();
        let mut day = from;
        while day < until {
            if days.len() == PERIOD_DAYS_MAX {
                return Err(format!("a period has at most {PERIOD_DAYS_MAX} days"));
            }
            days.push(day);
            day = day_of(day, zone)?.1;
        }
        match days.is_empty() {
            true => Err("to is not after from: it is the first day that does not count".to_owned()),
            false => Ok(Self { zone: zone.to_owned(), days, until }),
        }
    }

    pub(crate) fn from(&self) -> UnixMillis {
        self.days.first().copied().unwrap_or(self.until)
    }

    pub(crate) fn until(&self) -> UnixMillis {
        self.until
    }

    /// Which day a moment is in; none outside the period.
    pub(super) fn day(&self, at: UnixMillis) -> Option<usize> {
        let past = self.days.partition_point(|day| *day <= at);
        past.checked_sub(1).filter(|_| at < self.until)
    }
}

/// The day of a zone that a moment is in.
fn day_of(at: UnixMillis, zone: &str) -> Result<(UnixMillis, UnixMillis), String> {
    let day = local_time::date(at, zone).and_then(|date| local_time::day(&date, zone));
    day.filter(|(start, next)| start < next)
        .ok_or_else(|| format!("{zone} is no time zone, or the day is not of its calendar"))
}

fn back(at: UnixMillis, ms: u64) -> UnixMillis {
    UnixMillis::from_millis(at.as_millis().saturating_sub(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: &str = "Europe/Amsterdam";

    fn at(text: &str) -> UnixMillis {
        UnixMillis::parse(text).unwrap()
    }

    fn of(from: &str, to: &str) -> Result<Period, String> {
        Period::of(Some(from), Some(to), ZONE, at("2026-11-24T10:00:00Z"))
    }

    #[test]
    fn days_are_those_of_the_port_and_a_clock_change_makes_one_of_25_hours() {
        let period = of("2026-10-24", "2026-10-27").unwrap();
        let days = ["2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"];
        assert_eq!(period.days, days.map(at));
        assert_eq!(period.until(), at("2026-10-26T23:00:00Z"));
        assert_eq!(period.day(at("2026-10-25T22:59:59.999Z")), Some(1));
        assert_eq!(period.day(at("2026-10-25T23:00:00Z")), Some(2));
        assert_eq!(period.day(at("2026-10-23T21:59:59.999Z")), None);
        assert_eq!(period.day(period.until()), None);
    }

    #[test]
    fn what_is_not_said_is_thirty_days_to_the_end_of_today() {
        let period = Period::of(None, None, ZONE, at("2026-11-24T23:30:00Z")).unwrap();
        assert_eq!(period.days.len(), 30);
        assert_eq!(period.until(), at("2026-11-25T23:00:00Z"), "it is the 25th in Amsterdam");
        let early = Period::of(None, Some("2026-11-01"), ZONE, at("2026-11-24T10:00:00Z")).unwrap();
        assert_eq!(early.days.len(), 30, "over the change of the clock");
    }

    #[test]
    fn no_date_the_wrong_order_and_more_than_a_year_are_refused() {
        for wrong in ["", "2026-13-01", "2026-02-30", "24-11-2026", "+026-11-24"] {
            assert!(of(wrong, "2026-11-24").is_err(), "{wrong}");
        }
        assert!(of("2026-11-24", "2026-11-24").is_err());
        assert!(of("2026-11-25", "2026-11-24").is_err());
        assert!(of("2025-01-01", "2026-01-02").is_ok(), "366 days");
        assert!(of("2025-01-01", "2026-01-03").is_err());
        assert!(Period::of(None, None, "Nowhere/Land", at("2026-11-24T10:00:00Z")).is_err());
    }

    #[test]
    fn who_asks_from_another_zone_gets_the_days_that_its_time_touches() {
        let (from, until) = (at("2026-11-24T00:00:00Z"), at("2026-11-25T00:00:00Z"));
        let period = Period::covering(from, until, "Asia/Shanghai").unwrap();
        assert_eq!(period.days, ["2026-11-23T16:00:00Z", "2026-11-24T16:00:00Z"].map(at));
        assert!(Period::covering(until, from, ZONE).is_err());
    }
}
