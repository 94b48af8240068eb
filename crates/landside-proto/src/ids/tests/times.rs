use std::time::Duration;

use super::*;

#[test]
fn known_moments_read_and_print_the_same() {
    let moments = [
        (0, "1970-01-01T00:00:00.000Z"),
        (946_684_799_999, "1999-12-31T23:59:59.999Z"),
        (951_868_799_000, "2000-02-29T23:59:59.000Z"),
        (1_709_208_000_001, "2024-02-29T12:00:00.001Z"),
        (1_795_406_400_000, "2026-11-23T04:00:00.000Z"),
        (4_107_456_000_000, "2100-02-28T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (13_574_563_200_000, "2400-02-29T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ];
    for (millis, text) in moments {
        assert_eq!(UnixMillis::from_millis(millis).to_string(), text);
        assert_eq!(UnixMillis::parse(text).unwrap().as_millis(), millis);
    }
    assert_eq!(UnixMillis::parse("2026-11-23T04:00:00Z").unwrap().as_secs(), 1_795_406_400);
}

#[test]
fn every_day_of_400_years_is_the_day_after_the_one_before() {
    let leap = |y: u64| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    let mut days = 0;
    for year in 1970..=2370_u64 {
        let february = if leap(year) { 29 } else { 28 };
        let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (month, length) in (1..).zip(lengths) {
            for day in 1..=length {
                let text = format!("{year}-{month:02}-{day:02}T00:00:00.000Z");
                let moment = UnixMillis::from_millis(days * 86_400_000);
                assert_eq!(moment.to_string(), text);
                assert_eq!(UnixMillis::parse(&text), Ok(moment));
                days += 1;
            }
            let after = format!("{year}-{month:02}-{:02}T00:00:00.000Z", length + 1);
            assert!(UnixMillis::parse(&after).is_err(), "{after}");
        }
    }
}

#[test]
fn texts_of_another_form_and_days_that_do_not_exist_are_refused() {
    refuses_all(
        UnixMillis::parse,
        "time-form",
        &[
            "",
            "2026-11-23",
            "2026-11-23T04:00Z",
            "2026-11-23T04:00:00",
            "2026-11-23T04:00:00.000",
            "2026-11-23T04:00:00.000z",
            "2026-11-23t04:00:00.000Z",
            "2026-11-23 04:00:00.000Z",
            "2026-11-23T04:00:00.000Z\n",
            " 2026-11-23T04:00:00.000Z",
            "2026-11-23T04:00:00.000+00:00",
            "2026-11-23T04:00:00+01:00",
            "2026-11-23T04:00:00.Z",
            "2026-11-23T04:00:00.00Z",
            "2026-11-23T04:00:00.0000Z",
            "2026-11-23T04:00:00,000Z",
            "2026-11-23T04:00:00.+00Z",
            "2026-11-23T+4:00:00.000Z",
            "2026-11-23T4:00:00.000Z",
            "2026-11-23T24:00:00.000Z",
            "2026-11-23T04:60:00.000Z",
            "2026-12-31T23:59:60.000Z",
            "2026-11-00T04:00:00.000Z",
            "2026-11-31T04:00:00.000Z",
            "2026-00-23T04:00:00.000Z",
            "2026-13-23T04:00:00.000Z",
            "2026-02-29T04:00:00.000Z",
            "2100-02-29T04:00:00.000Z",
            "2024-02-30T04:00:00.000Z",
            "1969-12-31T23:59:59.999Z",
            "0000-01-01T00:00:00.000Z",
            "10000-01-01T00:00:00.000Z",
            "+2026-11-23T04:00:00.000Z",
            "-026-11-23T04:00:00.000Z",
            "2026-11-23-01T04:00:00.000Z",
            "202\u{666}-11-23T04:00:00.000Z",
        ],
    );
}

#[test]
fn sums_and_spans_stay_in_range() {
    let (start, hour) = (UnixMillis::from_millis(1_000), Duration::from_secs(3600));
    assert_eq!(start.plus(hour).as_millis(), 3_601_000);
    assert_eq!(start.plus(Duration::from_micros(999)), start);
    assert_eq!(start.plus(hour).since(start), hour);
    assert_eq!(start.since(start.plus(hour)), Duration::ZERO);
    assert_eq!(start.plus(Duration::MAX), UnixMillis::MAX);
    assert_eq!(UnixMillis::MAX.plus(Duration::from_millis(1)), UnixMillis::MAX);
    assert_eq!(UnixMillis::from_millis(u64::MAX), UnixMillis::MAX);
    assert_eq!(UnixMillis::from_millis(1_999).as_secs(), 1);
}

#[test]
fn cbor_past_the_year_9999_is_refused() {
    for millis in [UnixMillis::MAX.as_millis() + 1, u64::MAX] {
        let error = minicbor::decode::<UnixMillis>(&minicbor::to_vec(millis).unwrap()).unwrap_err();
        assert!(error.is_custom(), "{error}");
    }
    for other in [minicbor::to_vec(-1).unwrap(), minicbor::to_vec("0").unwrap()] {
        assert!(minicbor::decode::<UnixMillis>(&other).is_err());
    }
}

proptest! {
    #[test]
    fn every_moment_survives_every_form(millis in 0..=UnixMillis::MAX.as_millis()) {
        let moment = UnixMillis::from_millis(millis);
        prop_assert_eq!(moment.as_millis(), millis);
        survives_every_form(&moment)?;
    }

    #[test]
    fn texts_sort_as_moments_do(
        a in 0..=UnixMillis::MAX.as_millis(),
        b in 0..=UnixMillis::MAX.as_millis(),
    ) {
        let (a, b) = (UnixMillis::from_millis(a), UnixMillis::from_millis(b));
        prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
    }
}
