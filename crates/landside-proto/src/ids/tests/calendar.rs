use super::*;

#[test]
fn a_date_is_its_number_of_days_and_its_text() {
    let dates = [
        (0, "1970-01-01"),
        (59, "1970-03-01"),
        (10_957, "2000-01-01"),
        (11_016, "2000-02-29"),
        (20_780, "2026-11-23"),
        (2_932_896, "9999-12-31"),
    ];
    for (days, text) in dates {
        assert_eq!(Date::from_days(days).to_string(), text);
        assert_eq!(Date::parse(text).unwrap().days(), days);
    }
    assert_eq!(Date::from_days(u32::MAX), Date::MAX);
}

#[test]
fn dates_of_another_form_and_days_that_do_not_exist_are_refused() {
    refuses_all(
        Date::parse,
        "date-form",
        &[
            "",
            "2026-11-23T04:00:00Z",
            "2026-11-3",
            "2026-11-23 ",
            "2026/11/23",
            "20261123",
            "2026-02-29",
            "2026-04-31",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "1969-12-31",
            "10000-01-01",
            "２０２６-11-23",
        ],
    );
}

#[test]
fn a_date_past_the_year_9999_is_no_date_in_cbor() {
    let read = |bytes: &[u8]| minicbor::decode::<Date>(bytes);
    assert_eq!(read(&minicbor::to_vec(2_932_896_u64).unwrap()).unwrap(), Date::MAX);
    for days in [2_932_897, u64::from(u32::MAX) + 1, u64::MAX] {
        assert!(read(&minicbor::to_vec(days).unwrap()).unwrap_err().is_custom(), "{days}");
    }
    assert!(read(&minicbor::to_vec("2026-11-23").unwrap()).is_err());
    assert!(read(&minicbor::to_vec(-1_i64).unwrap()).is_err());
}

#[test]
fn a_currency_is_three_capital_letters() {
    assert_eq!(Currency::parse("CNY").unwrap().as_str(), "CNY");
    refuses_all(
        Currency::parse,
        "currency-form",
        &["", "CN", "CNYY", "cny", "C1Y", "CN ", "¥", "ＣＮＹ", "CN\n"],
    );
}

#[test]
fn an_amount_is_shown_with_the_decimals_of_its_currency() {
    let shown = |currency: &str, minor| Currency::parse(currency).unwrap().shown(minor);
    assert_eq!(shown("CNY", 0), "0.00");
    assert_eq!(shown("USD", 5), "0.05");
    assert_eq!(shown("EUR", 125_000), "1250.00");
    assert_eq!(shown("JPY", 0), "0");
    assert_eq!(shown("KRW", 70_000), "70000");
    assert_eq!(shown("KWD", 1), "0.001");
    assert_eq!(shown("CLF", 12_345), "1.2345");
    assert_eq!(shown("CNY", u64::MAX), "184467440737095516.15");
}
