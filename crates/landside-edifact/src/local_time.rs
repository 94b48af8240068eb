//! Times on the wire: DTM (C507) carries the local time of a port, documents carry UTC.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use landside_proto::ids::UnixMillis;
use thiserror::Error;

use crate::syntax::{Code, century, quote};

/// Largest offset from UTC in use anywhere (Kiribati), in hours.
const OFFSET_HOURS_MAX: i32 = 14;

/// The span of time a DTM names: an instant, a day, or a range.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    /// The first millisecond.
    pub start: UnixMillis,
    /// The last millisecond; the same as `start` for a value that states hour and minute.
    pub end: UnixMillis,
    /// What was odd about the value although it could be read.
    pub oddity: Option<Code>,
}

/// A date and time that cannot be read.
///
/// It matters that this is not "no time": an expiry nobody can read must not become no expiry.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("date {value} of format {format} cannot be read: {reason}")]
pub struct TimeError {
    /// As it came, shortened.
    pub value: String,
    /// 2379 as it came.
    pub format: String,
    /// What is wrong.
    pub reason: &'static str,
}

/// Whether a text is the IANA name of a time zone, such as `Europe/Amsterdam`.
#[must_use]
pub fn is_zone(name: &str) -> bool {
    jiff::tz::TimeZoneDatabase::bundled().get(name).is_ok()
}

/// The date of a moment in a zone, as `2026-11-24`; none when the zone is not known.
#[must_use]
pub fn date(at: UnixMillis, zone: &str) -> Option<String> {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).ok()?;
    Some(local(at, &zone).date().to_string())
}

/// The first moment of a date in a zone and the first one after it, which a clock change brings to
/// 23 or 25 hours; none when either is not known.
#[must_use]
pub fn day(date: &str, zone: &str) -> Option<(UnixMillis, UnixMillis)> {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).ok()?;
    // No signs, weeks or times, which the parser takes too.
    let is_plain = date.len() == 10 && date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date: Date = date.parse().ok().filter(|_| is_plain)?;
    let first = |date: Date| {
        let begin = zone.to_zoned(date.to_datetime(Time::midnight())).ok()?.start_of_day().ok()?;
        u64::try_from(begin.timestamp().as_millisecond()).ok().map(UnixMillis::from_millis)
    };
    Some((first(date)?, first(date.tomorrow().ok()?)?))
}

/// The offset of a zone from UTC in minutes at a moment, and how it changes in the five years after it;
/// none when the zone is not known or not in whole minutes of its day.
#[must_use]
pub fn offsets(zone: &str, from: UnixMillis) -> Option<(i16, Vec<(UnixMillis, i16)>)> {
    const AHEAD: std::time::Duration = std::time::Duration::from_secs(5 * 366 * 24 * 60 * 60);
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).ok()?;
    let stamp = |at: UnixMillis| {
        jiff::Timestamp::from_millisecond(i64::try_from(at.as_millis()).ok()?).ok()
    };
    let minutes = |offset: Offset| i16::try_from(offset.seconds().div_euclid(60)).ok();
    let (first, last) = (stamp(from)?, stamp(from.plus(AHEAD))?);
    let begin = minutes(zone.to_offset(first))?;
    let (mut before, mut changes) = (begin, Vec::new());
    for change in zone.following(first).take_while(|change| change.timestamp() <= last) {
        let after = minutes(change.offset())?;
        // A zone may change its name and nothing else.
        if after != before {
            let at = u64::try_from(change.timestamp().as_millisecond()).ok()?;
            changes.push((UnixMillis::from_millis(at), after));
            before = after;
        }
    }
    Some((begin, changes))
}

/// Reads `value` by `format` (2379); without an offset of its own it is local time in `zone`.
///
/// Knows 101, 102, 201, 203, 204, 205 (with offset), 303 and 304 (UTC or GMT only), 718 (days
/// from and to) and 719 (minutes from and to). An hour that a clock change skips is moved on; one that it repeats is the first.
///
/// # Errors
/// An unknown format, a length that is not the format's, or no such day, hour or zone.
pub fn read(value: &str, format: &str, zone: &TimeZone) -> Result<Span, TimeError> {
    let fail = |reason| TimeError { value: quote(value), format: quote(format), reason };
    let (digits, zone) = match format {
        "205" => offset(value).ok_or_else(|| fail("not CCYYMMDDHHMM and an offset"))?,
        "303" | "304" => (universal(value).ok_or_else(|| fail("zone unknown"))?, TimeZone::UTC),
        "719" => {
            return minutes(value, zone).ok_or_else(|| fail("not CCYYMMDDHHMM-CCYYMMDDHHMM"));
        }
        "718" => return days(value, zone).ok_or_else(|| fail("not CCYYMMDD-CCYYMMDD")),
        _ => (value, zone.clone()),
    };
    let expected = match format {
        "101" => Some(6),
        "102" => Some(8),
        "201" => Some(10),
        "203" | "205" | "303" => Some(12),
        "204" | "304" => Some(14),
        "" => None,
        _ => return Err(fail("format unknown")),
    };
    // The length comes first: date parsers take 2026013 for the third of January.
    let oddity = match expected {
        None => Some(Code::TimeFormatMissing),
        Some(expected) if digits.len() == expected => None,
        Some(expected) if digits.len() < expected && fits_shortened(expected, digits.len()) => {
            Some(Code::TimeShort)
        }
        Some(_) => return Err(fail("wrong length")),
    };
    let (start, end) = span(digits, &zone).ok_or_else(|| fail("no such date and time"))?;
    Ok(Span { start, end, oddity })
}

/// `at` as local time in `zone`, in format 203: CCYYMMDDHHMM.
pub(crate) fn write(at: UnixMillis, zone: &TimeZone) -> String {
    local(at, zone).strftime("%Y%m%d%H%M").to_string()
}

/// `at` as local time in `zone`. A time past the calendar is its last moment.
pub(crate) fn local(at: UnixMillis, zone: &TimeZone) -> DateTime {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    let timestamp = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    zone.to_datetime(timestamp)
}

/// Whether a value of `len` digits under a format of `expected` is a shorter one of the same
/// century form: a date for a time, minutes for seconds.
fn fits_shortened(expected: usize, len: usize) -> bool {
    matches!((expected, len), (10, 6) | (12, 8) | (14, 8 | 12))
}

/// The first and last millisecond that 6, 8, 10, 12 or 14 digits name.
fn span(digits: &str, zone: &TimeZone) -> Option<(UnixMillis, UnixMillis)> {
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i16>().ok();
    let small = |at: usize| digits.get(at..at + 2)?.parse::<i8>().ok();
    let (year, at) = match digits.len() {
        6 | 10 => (century(number(0, 2)?), 2),
        8 | 12 | 14 => (number(0, 4)?, 4),
        _ => return None,
    };
    let date = Date::new(year, small(at)?, small(at + 2)?).ok()?;
    if matches!(digits.len(), 6 | 8) {
        return Some((instant(date.at(0, 0, 0, 0), zone)?, end_of(date, zone)?));
    }
    let second = if digits.len() == 14 { small(12)? } else { 0 };
    let time = Time::new(small(at + 4)?, small(at + 6)?, second, 0).ok()?;
    let at = instant(date.to_datetime(time), zone)?;
    Some((at, at))
}

fn end_of(date: Date, zone: &TimeZone) -> Option<UnixMillis> {
    instant(date.at(23, 59, 59, 999_000_000), zone)
}

/// The instant of a local time. The last day of the calendar, which senders use for "no end", is
/// the last instant there is.
fn instant(local: DateTime, zone: &TimeZone) -> Option<UnixMillis> {
    if local.date() == Date::MAX {
        return Some(UnixMillis::MAX);
    }
    let timestamp = zone.to_timestamp(local).ok()?;
    u64::try_from(timestamp.as_millisecond()).ok().map(UnixMillis::from_millis)
}

/// Cuts CCYYMMDDHHMM+HHMM (205) in digits and zone.
fn offset(value: &str) -> Option<(&str, TimeZone)> {
    let (digits, offset) = value.split_at_checked(12)?;
    let (sign, offset) = match offset.as_bytes().first()? {
        b'+' => (1, &offset[1..]),
        b'-' => (-1, &offset[1..]),
        _ => return None,
    };
    if offset.len() != 4 || !offset.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (offset[..2].parse().ok()?, offset[2..].parse().ok()?);
    let seconds = sign * (hours * 3600 + minutes * 60);
    (hours <= OFFSET_HOURS_MAX && minutes < 60).then_some(())?;
    Some((digits, TimeZone::fixed(Offset::from_seconds(seconds).ok()?)))
}

/// Cuts the zone letters off a 303 or 304; only universal time is the same everywhere.
fn universal(value: &str) -> Option<&str> {
    value.strip_suffix("UTC").or_else(|| value.strip_suffix("GMT"))
}

/// Reads CCYYMMDD-CCYYMMDD (718), the hyphen optional.
fn days(value: &str, zone: &TimeZone) -> Option<Span> {
    let (from, to) = value.split_at_checked(8)?;
    let to = to.strip_prefix('-').unwrap_or(to);
    if to.len() != 8 {
        return None;
    }
    let ((start, _), (_, end)) = (span(from, zone)?, span(to, zone)?);
    (start <= end).then_some(Span { start, end, oddity: None })
}

/// Reads CCYYMMDDHHMM-CCYYMMDDHHMM (719), the hyphen optional.
fn minutes(value: &str, zone: &TimeZone) -> Option<Span> {
    let (from, to) = value.split_at_checked(12)?;
    let to = to.strip_prefix('-').unwrap_or(to);
    if to.len() != 12 {
        return None;
    }
    let ((start, _), (end, _)) = (span(from, zone)?, span(to, zone)?);
    (start <= end).then_some(Span { start, end, oddity: None })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rotterdam() -> TimeZone {
        TimeZone::get("Europe/Amsterdam").unwrap()
    }

    fn shown(value: &str, format: &str) -> (String, String) {
        let span = read(value, format, &rotterdam()).unwrap();
        (span.start.to_string(), span.end.to_string())
    }

    #[test]
    fn a_day_is_as_long_as_the_clocks_of_its_zone_make_it() {
        let hours = |date: &str, zone: &str| {
            let (from, until) = day(date, zone).unwrap();
            (until.as_millis() - from.as_millis()) / 3_600_000
        };
        assert_eq!(hours("2026-03-29", "Europe/Amsterdam"), 23);
        assert_eq!(hours("2026-10-25", "Europe/Amsterdam"), 25);
        assert_eq!(hours("2026-10-25", "Asia/Shanghai"), 24);
        let (from, _) = day("2026-11-24", "Asia/Shanghai").unwrap();
        assert_eq!(from.to_string(), "2026-11-23T16:00:00.000Z");
        assert_eq!(date(from, "Asia/Shanghai").unwrap(), "2026-11-24");
        assert_eq!(date(from, "UTC").unwrap(), "2026-11-23");
    }

    #[test]
    fn what_is_no_date_or_no_zone_is_no_day() {
        for wrong in ["", "2026-02-30", "20261124", "2026-11-24T", "-026-11-24", "1969-12-30"] {
            assert_eq!(day(wrong, "UTC"), None, "{wrong}");
        }
        assert_eq!(day("2026-11-24", "Europe/Nowhere"), None);
    }

    fn instant_of(value: &str, format: &str) -> String {
        let (start, end) = shown(value, format);
        assert_eq!(start, end);
        start
    }

    #[test]
    fn a_time_is_local_to_the_port_in_winter_and_summer() {
        assert_eq!(instant_of("203501152359", "203"), "2035-01-15T22:59:00.000Z");
        assert_eq!(instant_of("203507152359", "203"), "2035-07-15T21:59:00.000Z");
        assert_eq!(instant_of("20350715235930", "204"), "2035-07-15T21:59:30.000Z");
        assert_eq!(instant_of("3507152359", "201"), "2035-07-15T21:59:00.000Z");
    }

    #[test]
    fn a_date_is_the_whole_day_of_the_port() {
        let day = ("2035-12-30T23:00:00.000Z".to_owned(), "2035-12-31T22:59:59.999Z".to_owned());
        assert_eq!(shown("20351231", "102"), day);
        assert_eq!(shown("351231", "101"), day);
        assert_eq!(shown("20351231", "203"), day);
    }

    #[test]
    fn a_stated_offset_or_zone_wins_over_the_port() {
        assert_eq!(instant_of("203501150600+0800", "205"), "2035-01-14T22:00:00.000Z");
        assert_eq!(instant_of("203501150600UTC", "303"), "2035-01-15T06:00:00.000Z");
        assert_eq!(instant_of("20350115060001GMT", "304"), "2035-01-15T06:00:01.000Z");
    }

    #[test]
    fn a_range_runs_from_its_first_to_its_last_day() {
        let (start, end) = shown("20350101-20350102", "718");
        assert_eq!(
            (start.as_str(), end.as_str()),
            ("2034-12-31T23:00:00.000Z", "2035-01-02T22:59:59.999Z")
        );
    }

    #[test]
    fn clock_changes_have_one_answer() {
        // 2026-03-29 02:30 does not exist in Rotterdam, 2026-10-25 02:30 exists twice.
        assert_eq!(instant_of("202603290230", "203"), "2026-03-29T01:30:00.000Z");
        assert_eq!(instant_of("202610250230", "203"), "2026-10-25T00:30:00.000Z");
    }

    #[test]
    fn the_end_of_the_calendar_is_no_end() {
        assert_eq!(read("99991231", "102", &rotterdam()).unwrap().end, UnixMillis::MAX);
    }

    #[test]
    fn odd_but_readable_values_say_so() {
        let oddity = |value, format| read(value, format, &rotterdam()).unwrap().oddity;
        assert_eq!(oddity("20351231", "203"), Some(Code::TimeShort));
        assert_eq!(oddity("203512312359", "204"), Some(Code::TimeShort));
        assert_eq!(oddity("203512312359", ""), Some(Code::TimeFormatMissing));
        assert_eq!(oddity("20351231", "102"), None);
    }

    #[test]
    fn a_zone_tells_its_offset_and_how_it_changes() {
        let at = |text: &str| UnixMillis::parse(text).unwrap();
        let (winter, changes) = offsets("Europe/Amsterdam", at("2026-11-23T04:00:00Z")).unwrap();
        assert_eq!(winter, 60);
        assert_eq!(
            changes[..2],
            [(at("2027-03-28T01:00:00Z"), 120), (at("2027-10-31T01:00:00Z"), 60),]
        );
        assert_eq!(changes.len(), 10, "two a year for five years");
        assert_eq!(offsets("Asia/Shanghai", at("2026-11-23T04:00:00Z")), Some((480, Vec::new())));
        assert_eq!(offsets("Asia/Kathmandu", at("2026-11-23T04:00:00Z")).unwrap().0, 345);
        assert_eq!(offsets("America/New_York", at("2026-11-23T04:00:00Z")).unwrap().0, -300);
        assert_eq!(offsets("Nowhere/Atall", at("2026-11-23T04:00:00Z")), None);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let cases = [
            ("2026013", "102"),
            ("2026013", "203"),
            ("2026013", ""),
            ("", "102"),
            ("20260230", "102"),
            ("20261301", "102"),
            ("202601012400", "203"),
            ("202601012360", "203"),
            ("202601011212345", "203"),
            ("20260101121234", "203"),
            ("2026010112", "203"),
            ("2026O101", "102"),
            ("２０２６０１０１", "102"),
            ("19691231", "102"),
            ("20260101", "999"),
            ("202601010000CET", "303"),
            ("202601010000", "205"),
            ("202601010000+2500", "205"),
            ("202601010000+0060", "205"),
            ("20260102-20260101", "718"),
            ("20260102-2026", "718"),
            ("202601020900-202601020800", "719"),
            ("202601020900-20260102", "719"),
            ("20260102-20260103", "719"),
        ];
        for (value, format) in cases {
            let refused = read(value, format, &TimeZone::UTC);
            assert!(refused.is_err(), "{value} {format} was read as {refused:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(value in ".{0,20}", format in "[0-9]{0,3}") {
            let _ = read(&value, &format, &rotterdam());
        }

        #[test]
        fn a_minute_written_is_read_back(minutes in 0_u64..140_000_000) {
            let at = UnixMillis::from_millis(minutes * 60_000);
            let zone = TimeZone::UTC;
            prop_assert_eq!(read(&write(at, &zone), "203", &zone).unwrap().start, at);
        }
    }
}
