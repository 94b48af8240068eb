//! Midnights, summer time, working days and holidays.

use crate::case::ClockState;
use crate::document::{Arrival, Charge, ClockTerms, DayCount, FirstDay, OffsetChange, Weekday};
use crate::ids::UnixMillis;
use crate::world::*;

use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};

const OFFICE: [Weekday; 5] = [Monday, Tuesday, Wednesday, Thursday, Friday];

/// A box that came ashore at a time, under terms.
fn ashore(discharged_at: &str, terms: ClockTerms) -> World {
    let mut world = World::released();
    world.register(terms, LINE).unwrap();
    let here = Arrival { discharged_at: Some(time(discharged_at)), ..arrival() };
    world.register(here, TERMINAL).unwrap();
    world
}

fn terms() -> ClockTerms {
    clock_terms(Charge::Demurrage)
}

fn free_until(world: &World, now: &str) -> UnixMillis {
    world.clock_at(Charge::Demurrage, time(now)).free_until.unwrap()
}

fn charged(world: &World, now: &str) -> u32 {
    world.clock_at(Charge::Demurrage, time(now)).days_charged
}

/// Central Europe in 2027 and 2028: summer time from the last Sunday of March to that of October.
fn europe() -> ClockTerms {
    let change = |from, minutes| OffsetChange { from: time(from), minutes };
    let offset_changes = vec![
        change("2027-03-28T01:00:00Z", 120),
        change("2027-10-31T01:00:00Z", 60),
        change("2028-03-26T01:00:00Z", 120),
    ];
    ClockTerms { utc_offset: 60, offset_changes, ..terms() }
}

#[test]
fn a_day_begins_at_midnight_in_the_port_to_the_millisecond() {
    let world = ashore("2026-11-23T15:59:59.999Z", terms());
    assert_eq!(free_until(&world, "2026-12-01T00:00:00Z"), time("2026-11-30T16:00:00Z"));
    let world = ashore("2026-11-23T16:00:00Z", terms());
    assert_eq!(free_until(&world, "2026-12-01T00:00:00Z"), time("2026-12-01T16:00:00Z"));
    assert_eq!(charged(&world, "2026-12-01T15:59:59.999Z"), 0);
    assert_eq!(charged(&world, "2026-12-01T16:00:00Z"), 1);
    let clock = world.clock_at(Charge::Demurrage, time("2026-12-01T16:00:00Z"));
    assert_eq!(clock.state, ClockState::Charged);
}

#[test]
fn the_same_box_has_other_days_in_another_port() {
    let free = |utc_offset| {
        let world = ashore("2026-11-23T12:00:00Z", ClockTerms { utc_offset, ..terms() });
        free_until(&world, "2026-11-24T00:00:00Z")
    };
    assert_eq!(free(0), time("2026-12-01T00:00:00Z"));
    assert_eq!(free(840), time("2026-12-01T10:00:00Z"), "it was the 24th there");
    assert_eq!(free(-720), time("2026-12-01T12:00:00Z"), "midnight of the 23rd there");
    assert_eq!(free(345), time("2026-11-30T18:15:00Z"), "quarters of an hour");
}

#[test]
fn a_day_of_23_hours_is_one_day_and_so_is_one_of_25() {
    let spring = ashore("2027-03-25T12:00:00Z", ClockTerms { free_days: 3, ..europe() });
    assert_eq!(free_until(&spring, "2027-03-26T00:00:00Z"), time("2027-03-28T22:00:00Z"));
    let autumn = ashore("2027-10-28T12:00:00Z", ClockTerms { free_days: 3, ..europe() });
    assert_eq!(free_until(&autumn, "2027-10-29T00:00:00Z"), time("2027-10-31T23:00:00Z"));
    for (world, last, next) in [
        (&spring, "2027-03-28T21:59:59.999Z", "2027-03-28T22:00:00Z"),
        (&autumn, "2027-10-31T22:59:59.999Z", "2027-10-31T23:00:00Z"),
    ] {
        assert_eq!((charged(world, last), charged(world, next)), (0, 1));
    }
}

#[test]
fn a_suspension_of_the_whole_short_day_takes_the_whole_day() {
    let whole = ClockTerms { free_days: 3, suspended_from_minutes: 1_440, ..europe() };
    let mut world = ashore("2027-03-25T12:00:00Z", whole);
    world.now = time("2027-04-10T00:00:00Z");
    let (from, until) = (time("2027-03-27T23:00:00Z"), time("2027-03-28T22:00:00Z"));
    world.register(suspension(&[Charge::Demurrage], from, until), LINE).unwrap();
    assert_eq!(free_until(&world, "2027-04-10T00:00:00Z"), time("2027-03-29T22:00:00Z"));
}

#[test]
fn clocks_set_back_over_midnight_do_not_turn_a_day_back() {
    // At midnight after the 24th it is 23:00 on the 24th again.
    let change = OffsetChange { from: time("2026-11-24T16:00:00Z"), minutes: 420 };
    let terms = ClockTerms {
        free_days: 1,
        first_day: FirstDay::SameDay,
        offset_changes: vec![change],
        ..terms()
    };
    let world = ashore("2026-11-24T15:30:00Z", terms);
    // The 24th has 25 hours: the change comes at the instant its midnight would.
    assert_eq!(free_until(&world, "2026-11-24T15:40:00Z"), time("2026-11-24T17:00:00Z"));
    let change = OffsetChange { from: time("2026-11-24T16:10:00Z"), minutes: 420 };
    let terms = ClockTerms {
        free_days: 1,
        first_day: FirstDay::SameDay,
        offset_changes: vec![change],
        ..clock_terms(Charge::Demurrage)
    };
    let world = ashore("2026-11-24T15:30:00Z", terms);
    // The 25th had begun ten minutes before.
    assert_eq!(free_until(&world, "2026-11-24T15:40:00Z"), time("2026-11-24T16:00:00Z"));
    for now in ["2026-11-24T16:05:00Z", "2026-11-24T16:30:00Z", "2026-11-24T17:10:00Z"] {
        assert_eq!(charged(&world, now), 1, "{now}");
    }
}

#[test]
fn clocks_set_forward_over_midnight_or_over_a_whole_day_leave_no_day_twice() {
    // At midnight after the 24th it is 01:00 on the 25th.
    let change = OffsetChange { from: time("2026-11-24T16:00:00Z"), minutes: 540 };
    let terms = ClockTerms { free_days: 2, offset_changes: vec![change], ..terms() };
    let world = ashore("2026-11-23T12:00:00Z", terms);
    assert_eq!(free_until(&world, "2026-11-24T00:00:00Z"), time("2026-11-25T15:00:00Z"));
    // At midnight after the 24th it is the 26th: there is no 25th.
    let change = OffsetChange { from: time("2026-11-25T12:00:00Z"), minutes: 720 };
    let terms = ClockTerms {
        free_days: 2,
        utc_offset: -720,
        offset_changes: vec![change],
        ..clock_terms(Charge::Demurrage)
    };
    let world = ashore("2026-11-24T06:00:00Z", terms);
    assert_eq!(free_until(&world, "2026-11-24T07:00:00Z"), time("2026-11-26T12:00:00Z"));
    let clock = world.clock_at(Charge::Demurrage, time("2026-11-26T13:00:00Z"));
    assert_eq!((clock.days_free, clock.days_charged), (2, 1));
}

#[test]
fn working_days_leave_out_the_weekend_and_the_holidays() {
    let working = ClockTerms {
        free_count: DayCount::Working,
        weekdays: OFFICE.to_vec(),
        free_days: 5,
        ..terms()
    };
    // Thursday 17 December.
    let world = ashore("2026-12-17T04:00:00Z", working.clone());
    assert_eq!(free_until(&world, "2026-12-18T00:00:00Z"), time("2026-12-24T16:00:00Z"));
    let holidays = vec![date("2026-12-24"), date("2026-12-25"), date("2027-01-01")];
    let feast = ClockTerms { holidays, ..working };
    let world = ashore("2026-12-17T04:00:00Z", feast.clone());
    let clock = world.clock_at(Charge::Demurrage, time("2026-12-29T00:00:00Z"));
    assert_eq!(clock.free_until, Some(time("2026-12-28T16:00:00Z")), "Monday after the feast");
    assert_eq!((clock.days_free, clock.days_off), (5, 6));
    assert_eq!(charged(&world, "2027-01-02T04:00:00Z"), 5, "and then every day costs");
    let both = ClockTerms { charged_count: DayCount::Working, ..feast };
    let world = ashore("2026-12-17T04:00:00Z", both);
    assert_eq!(charged(&world, "2026-12-31T04:00:00Z"), 3);
    assert_eq!(charged(&world, "2027-01-03T04:00:00Z"), 3, "new year, Saturday, Sunday");
    assert_eq!(charged(&world, "2027-01-04T04:00:00Z"), 4);
}

#[test]
fn a_holiday_on_a_day_that_is_off_anyhow_counts_once() {
    let working = ClockTerms {
        free_count: DayCount::Working,
        weekdays: OFFICE.to_vec(),
        free_days: 2,
        ..terms()
    };
    let without = ashore("2026-12-25T04:00:00Z", working.clone());
    let holidays = vec![date("2026-12-26"), date("2026-12-27")];
    let with = ashore("2026-12-25T04:00:00Z", ClockTerms { holidays, ..working });
    let now = "2026-12-26T00:00:00Z";
    assert_eq!(free_until(&with, now), free_until(&without, now));
}

#[test]
fn free_days_run_over_the_ends_of_february_and_of_the_year() {
    let free = |discharged: &str| {
        let world = ashore(discharged, ClockTerms { free_days: 3, utc_offset: 0, ..terms() });
        free_until(&world, discharged)
    };
    assert_eq!(free("2027-02-26T12:00:00Z"), time("2027-03-02T00:00:00Z"));
    assert_eq!(free("2028-02-26T12:00:00Z"), time("2028-03-01T00:00:00Z"), "a leap year");
    assert_eq!(free("2026-12-30T12:00:00Z"), time("2027-01-03T00:00:00Z"));
    assert_eq!(free("2100-02-26T12:00:00Z"), time("2100-03-02T00:00:00Z"), "no leap year");
}

#[test]
fn the_weekdays_are_those_of_the_port_and_not_of_utc() {
    // Sunday 22:00 in London is Monday in Shanghai.
    let monday_only = ClockTerms {
        free_count: DayCount::Working,
        weekdays: vec![Monday],
        first_day: FirstDay::SameDay,
        free_days: 1,
        ..terms()
    };
    let shanghai = ashore("2026-11-29T22:00:00Z", monday_only.clone());
    assert_eq!(free_until(&shanghai, "2026-11-29T23:00:00Z"), time("2026-11-30T16:00:00Z"));
    let london = ashore("2026-11-29T22:00:00Z", ClockTerms { utc_offset: 0, ..monday_only });
    assert_eq!(free_until(&london, "2026-11-29T23:00:00Z"), time("2026-12-01T00:00:00Z"));
}
