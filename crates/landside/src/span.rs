//! Times and spans as people type them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use landside_proto::ids::UnixMillis;

/// Longest span, in seconds: 100 years, so that sums with a time stay in range.
const SPAN_S_MAX: u64 = 100 * 365 * 24 * 3600;

/// The clock of this machine, in whole seconds: what people compare.
pub(crate) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis::from_millis(since.as_secs().saturating_mul(1000))
}

/// Reads `10s`, `30m`, `2h`, `5d`; a bare number is seconds.
///
/// # Errors
/// Another text, described.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("span \"{text}\" is not a number and s, m, h or d, such as 30m");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let unit_s = match text.strip_prefix(digits) {
        Some("" | "s") => 1,
        Some("m") => 60,
        Some("h") => 3600,
        Some("d") => 24 * 3600,
        _ => return Err(wrong()),
    };
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    match count.checked_mul(unit_s) {
        Some(seconds) if seconds <= SPAN_S_MAX => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("span {text} is more than 100 years")),
    }
}

/// Reads a moment: RFC 3339 in UTC, such as `2027-01-01T04:00:00Z`, or a span from now, such as
/// `30m`.
///
/// # Errors
/// Another text, described.
pub(crate) fn moment(text: &str) -> Result<UnixMillis, String> {
    moment_from(text, now())
}

fn moment_from(text: &str, now: UnixMillis) -> Result<UnixMillis, String> {
    // A bare number is a span, but as a moment it is more likely a slip.
    if text.ends_with(|c: char| c.is_ascii_lowercase())
        && let Ok(span) = span(text)
    {
        return Ok(now.plus(span));
    }
    UnixMillis::parse(text).map_err(|_| {
        format!("time \"{text}\" is not like 2027-01-01T04:00:00Z, nor a span from now like 30m")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_unit_or_are_seconds() {
        for (text, seconds) in [("10", 10), ("10s", 10), ("30m", 1800), ("2h", 7200), ("1d", 86400)]
        {
            assert_eq!(span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_span_is_named() {
        for text in
            ["", "m", "-3m", "3w", "3 m", "1.5h", "ten", "3mm", "99999999999999999999", "40000d"]
        {
            assert!(span(text).unwrap_err().contains(text), "{text}");
        }
    }

    #[test]
    fn a_moment_is_a_time_or_a_span_from_now() {
        let now = UnixMillis::parse("2027-01-01T00:00:00Z").unwrap();
        for (text, moment) in [
            ("30m", "2027-01-01T00:30:00.000Z"),
            ("2027-02-03T04:05:06Z", "2027-02-03T04:05:06.000Z"),
        ] {
            assert_eq!(moment_from(text, now).unwrap().to_string(), moment);
        }
    }

    #[test]
    fn a_bare_number_is_no_moment() {
        let now = UnixMillis::from_millis(0);
        for text in ["30", "2027", "2027-01-01", "2027-01-01T00:00:00+02:00", "tomorrow", ""] {
            assert!(moment_from(text, now).is_err(), "{text}");
        }
    }
}
