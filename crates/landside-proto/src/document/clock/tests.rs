use super::*;
use crate::document::Document;
use crate::world::*;

fn refused(document: impl Into<Document>, why: &str) {
    let document = document.into();
    let payload = document.to_cbor().unwrap();
    let read = Document::read(document.kind(), &payload).expect_err(why);
    assert_eq!(read.code, Code::BadField, "{why}: {document:?}");
    let refusal = document.checked().expect_err(why);
    assert_eq!(refusal.code, Code::BadField);
    assert!(refusal.detail.contains(why), "{} is said, not {why}", refusal.detail);
}

fn demurrage() -> ClockTerms {
    clock_terms(Charge::Demurrage)
}

fn working() -> ClockTerms {
    let weekdays = vec![Weekday::Monday, Weekday::Friday];
    ClockTerms { free_count: DayCount::Working, weekdays, ..demurrage() }
}

#[test]
fn a_bill_goes_with_the_charges_of_the_line_only() {
    refused(ClockTerms { bill: None, ..demurrage() }, "a bill goes with");
    refused(ClockTerms { bill: None, ..clock_terms(Charge::Detention) }, "a bill goes with");
    let storage = clock_terms(Charge::Storage);
    refused(ClockTerms { bill: Some(bill(BILL)), ..storage }, "a bill goes with");
}

#[test]
fn only_detention_starts_at_the_gate_and_free_time_has_an_end() {
    for charge in [Charge::Storage, Charge::Demurrage] {
        let wrong = ClockTerms { starts_on: ClockStart::GateOut, ..clock_terms(charge) };
        refused(wrong, "starts at the gate-out");
    }
    let combined =
        ClockTerms { starts_on: ClockStart::Discharged, ..clock_terms(Charge::Detention) };
    assert!(Document::from(combined).checked().is_ok());
    refused(ClockTerms { free_days: FREE_DAYS_MAX + 1, ..demurrage() }, "free days");
    for free_days in [0, FREE_DAYS_MAX] {
        assert!(Document::from(ClockTerms { free_days, ..demurrage() }).checked().is_ok());
    }
}

#[test]
fn weekdays_and_holidays_go_with_working_days() {
    refused(ClockTerms { weekdays: Vec::new(), ..working() }, "weekdays go with");
    refused(ClockTerms { weekdays: vec![Weekday::Monday], ..demurrage() }, "weekdays go with");
    refused(ClockTerms { holidays: vec![date("2026-12-25")], ..demurrage() }, "holidays go only");
    let backwards = vec![Weekday::Friday, Weekday::Monday];
    refused(ClockTerms { weekdays: backwards, ..working() }, "in order");
    refused(ClockTerms { weekdays: vec![Weekday::Monday; 2], ..working() }, "in order");
    let days: Vec<Date> = (0..130).map(Date::from_days).collect();
    refused(ClockTerms { holidays: days[..129].to_vec(), ..working() }, "more than 128 holidays");
    let most = ClockTerms { holidays: days[..128].to_vec(), ..working() };
    assert!(Document::from(most).checked().is_ok());
    refused(ClockTerms { holidays: vec![days[1], days[0]], ..working() }, "in order");
    refused(ClockTerms { holidays: vec![days[1]; 2], ..working() }, "in order");
}

#[test]
fn only_terminal_and_line_suspend_and_always_whose_charge_it_is() {
    let by = |roles: &[Role]| ClockTerms { suspended_by: roles.to_vec(), ..demurrage() };
    refused(by(&[]), "who charges");
    refused(by(&[Role::Terminal]), "who charges");
    refused(by(&[Role::Line, Role::Terminal]), "in order");
    refused(by(&[Role::Line, Role::Line]), "in order");
    refused(by(&[Role::Line, Role::Haulier]), "of terminal and line");
    let storage = ClockTerms { suspended_by: vec![Role::Line], ..clock_terms(Charge::Storage) };
    refused(storage, "who charges");
    assert!(Document::from(by(&[Role::Line])).checked().is_ok());
    for minutes in [0, 1_441, u16::MAX] {
        refused(ClockTerms { suspended_from_minutes: minutes, ..demurrage() }, "1 to 1440");
    }
}

#[test]
fn tiers_begin_with_the_first_day_rise_and_have_a_currency() {
    let tiers = |days: &[u16]| {
        let tiers = days.iter().map(|day| Tier { from_day: *day, rate: 1 }).collect();
        ClockTerms { tiers, ..demurrage() }
    };
    refused(tiers(&[]), "a currency goes with");
    refused(ClockTerms { currency: None, ..demurrage() }, "a currency goes with");
    for days in [&[0][..], &[2], &[1, 1], &[1, 5, 4], &[0, 1]] {
        refused(tiers(days), "tiers begin with day 1");
    }
    let many: Vec<u16> = (1..=17).collect();
    refused(tiers(&many), "more than 16 tiers");
    assert!(Document::from(tiers(&many[..16])).checked().is_ok());
    let rate = |rate| ClockTerms { tiers: vec![Tier { from_day: 1, rate }], ..demurrage() };
    refused(rate(RATE_MAX + 1), "a rate is more than");
    assert!(Document::from(rate(RATE_MAX)).checked().is_ok());
    let unpriced = ClockTerms { currency: None, ..tiers(&[]) };
    assert!(Document::from(unpriced).checked().is_ok());
}

#[test]
fn offsets_are_those_of_ports_and_each_change_is_one() {
    for utc_offset in [-721, 841, i16::MIN, i16::MAX] {
        refused(ClockTerms { utc_offset, ..demurrage() }, "an offset from utc");
    }
    let changes = |changes: &[(u64, i16)]| {
        let change = |(s, minutes): &(u64, i16)| OffsetChange {
            from: UnixMillis::from_millis(s * 1000),
            minutes: *minutes,
        };
        ClockTerms { offset_changes: changes.iter().map(change).collect(), ..demurrage() }
    };
    refused(changes(&[(1, 841)]), "an offset from utc");
    refused(changes(&[(1, 480)]), "each changes it");
    refused(changes(&[(1, 60), (2, 60)]), "each changes it");
    refused(changes(&[(2, 60), (1, 120)]), "in order");
    refused(changes(&[(2, 60), (2, 120)]), "in order");
    let many: Vec<(u64, i16)> = (0..33).map(|n| (n, i16::try_from(n % 2).unwrap())).collect();
    refused(changes(&many), "more than 32 changes");
    assert!(Document::from(changes(&many[..32])).checked().is_ok());
}

#[test]
fn each_event_has_its_own_fields_and_no_other() {
    let gate_out = DocId::from_bytes([7; 32]);
    let rest = suspension(&[Charge::Storage], START, START.plus(HOUR));
    let back = returned(gate_out, START);
    let gift = waiver(gate_out, 3);
    for good in [&rest, &back, &gift] {
        assert!(Document::from(good.clone()).checked().is_ok());
    }
    refused(ClockEvent { charges: Vec::new(), ..rest.clone() }, "go with suspended");
    refused(ClockEvent { window: None, ..rest.clone() }, "go with suspended");
    refused(ClockEvent { window: rest.window, ..back.clone() }, "go with suspended");
    refused(ClockEvent { charges: vec![Charge::Storage], ..gift.clone() }, "go with suspended");
    refused(suspension(&[Charge::Storage], START, START), "does not begin before");
    let charges = |charges: &[Charge]| suspension(charges, START, START.plus(HOUR));
    refused(charges(&[Charge::Demurrage, Charge::Storage]), "in order");
    refused(charges(&[Charge::Storage, Charge::Storage]), "in order");
    refused(ClockEvent { at: Some(START), ..rest.clone() }, "at goes with");
    refused(ClockEvent { at: None, ..back.clone() }, "at goes with");
    refused(ClockEvent { days: Some(1), ..rest.clone() }, "days go with");
    refused(ClockEvent { days: None, ..gift.clone() }, "days go with");
    for days in [0, 367, u16::MAX] {
        refused(ClockEvent { days: Some(days), ..gift.clone() }, "1 to 366");
    }
    refused(ClockEvent { builds_on: None, ..back }, "builds_on names");
    refused(ClockEvent { builds_on: None, ..gift.clone() }, "builds_on names");
    refused(ClockEvent { reason: None, ..rest }, "a reason is missing");
    refused(ClockEvent { reason: None, ..gift }, "a reason is missing");
}
