//! What holds of every figure.

use proptest::prelude::*;

use crate::document::{
    Arrival, Charge, ClockTerms, DayCount, Document, FirstDay, OffsetChange, Role, Tier, Weekday,
};
use crate::ids::{Date, UnixMillis};
use crate::refusal::Code;
use crate::world::*;

const ALL_WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn count() -> impl Strategy<Value = DayCount> {
    prop_oneof![Just(DayCount::Calendar), Just(DayCount::Working)]
}

fn holidays() -> impl Strategy<Value = Vec<Date>> {
    let first = date("2026-11-20").days();
    proptest::collection::btree_set(0..40_u32, 0..6)
        .prop_map(move |days| days.into_iter().map(|d| Date::from_days(first + d)).collect())
}

fn weekdays() -> impl Strategy<Value = Vec<Weekday>> {
    proptest::sample::subsequence(ALL_WEEK.to_vec(), 1..=7)
}

fn tiers() -> impl Strategy<Value = Vec<Tier>> {
    (proptest::collection::btree_set(2..20_u16, 0..3), proptest::collection::vec(0..500_u64, 4))
        .prop_map(|(days, rates)| {
            let days = std::iter::once(1).chain(days);
            days.zip(rates).map(|(from_day, rate)| Tier { from_day, rate }).collect()
        })
}

fn offsets() -> impl Strategy<Value = (i16, Vec<OffsetChange>)> {
    (-12..=14_i16, proptest::collection::btree_map(0..40 * 24_u32, -12..=14_i16, 0..4)).prop_map(
        |(first, changes)| {
            let mut before = first * 60;
            let mut all = Vec::new();
            for (hour, offset) in changes {
                if offset * 60 != before {
                    before = offset * 60;
                    all.push(OffsetChange { from: START.plus(hour * HOUR), minutes: before });
                }
            }
            (first * 60, all)
        },
    )
}

prop_compose! {
    fn some_terms()(
        free_days in 0..9_u16,
        first in any::<bool>(),
        (free_count, charged_count) in (count(), count()),
        weekdays in weekdays(),
        holidays in holidays(),
        minutes in 1..=1_440_u16,
        tiers in tiers(),
        (utc_offset, offset_changes) in offsets(),
        both in any::<bool>(),
    ) -> ClockTerms {
        let working = [free_count, charged_count].contains(&DayCount::Working);
        ClockTerms {
            free_days,
            first_day: if first { FirstDay::SameDay } else { FirstDay::DayAfter },
            free_count,
            charged_count,
            weekdays: if working { weekdays } else { Vec::new() },
            holidays: if working { holidays } else { Vec::new() },
            suspended_from_minutes: minutes,
            suspended_by: if both { vec![Role::Terminal, Role::Line] } else { vec![Role::Line] },
            tiers,
            utc_offset,
            offset_changes,
            ..clock_terms(Charge::Demurrage)
        }
    }
}

/// Suspensions by hours after the start that do not overlap.
fn rests() -> impl Strategy<Value = Vec<(u32, u32)>> {
    proptest::collection::btree_set(0..40 * 24_u32, 0..8).prop_map(|hours| {
        let hours: Vec<u32> = hours.into_iter().collect();
        hours.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    })
}

/// A box under terms, with suspensions by the line and by the terminal in turn, all told on day 60.
fn world(terms: &ClockTerms, rests: &[(u32, u32)]) -> World {
    let mut world = World::released();
    world.register(terms.clone(), LINE).unwrap();
    world.register(arrival(), TERMINAL).unwrap();
    world.now = START.plus(60 * DAY);
    for (n, (from, until)) in rests.iter().enumerate() {
        let who = if n % 2 == 0 { LINE } else { TERMINAL };
        world.register(rest(*from, *until), who).unwrap();
    }
    world
}

fn rest(from: u32, until: u32) -> Document {
    suspension(&[Charge::Demurrage], START.plus(from * HOUR), START.plus(until * HOUR)).into()
}

fn amount(world: &World, now: UnixMillis) -> (u32, u64, Option<UnixMillis>) {
    let clock = world.clock_at(Charge::Demurrage, now);
    (clock.days_charged, clock.amount.unwrap().0, clock.free_until)
}

fn hours(step: u32) -> impl Iterator<Item = UnixMillis> {
    (0..50 * 24 / step).map(move |n| START.plus(n * step * HOUR))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_owed_never_gets_less_while_time_passes(terms in some_terms(), rests in rests()) {
        let world = world(&terms, &rests);
        let mut before = (0, 0);
        for now in hours(1) {
            let (days, money, _) = amount(&world, now);
            prop_assert!(days >= before.0 && money >= before.1, "{now}");
            before = (days, money);
        }
    }

    #[test]
    fn every_day_of_the_clock_is_counted_as_one_thing(terms in some_terms(), rests in rests()) {
        let world = world(&terms, &rests);
        let mut before = 0;
        for now in hours(1) {
            let clock = world.clock_at(Charge::Demurrage, now);
            let all = clock.days_free + clock.days_off + clock.days_suspended + clock.days_charged;
            prop_assert!(all == before || all == before + 1, "{now}: {before} then {all}");
            before = all;
            let tiers: u32 = clock.tiers.iter().map(|tier| tier.days).sum();
            prop_assert_eq!(tiers, clock.days_charged);
            prop_assert!(clock.days_free <= clock.free_days);
        }
    }

    #[test]
    fn events_in_another_order_are_the_same_figure(
        terms in some_terms(),
        rests in rests(),
        now_h in 0..1_500_u32,
    ) {
        let backwards: Vec<_> = rests.iter().rev().copied().collect();
        // The same parties say the same, in another order: an even count turns the parity.
        let one = world(&terms, &rests);
        let mut other = world(&terms, &[]);
        for (n, (from, until)) in backwards.iter().enumerate() {
            let who = if (rests.len() - 1 - n) % 2 == 0 { LINE } else { TERMINAL };
            other.register(rest(*from, *until), who).unwrap();
        }
        let now = START.plus(now_h * HOUR);
        prop_assert_eq!(amount(&one, now), amount(&other, now));
    }

    #[test]
    fn a_suspension_in_two_pieces_is_the_same_as_in_one(
        terms in some_terms(),
        from in 0..900_u32,
        first in 1..40_u32,
        second in 1..40_u32,
        now_h in 0..1_500_u32,
    ) {
        let whole = world(&terms, &[(from, from + first + second)]);
        let mut pieces = world(&terms, &[]);
        pieces.register(rest(from + first, from + first + second), LINE).unwrap();
        pieces.register(rest(from, from + first), LINE).unwrap();
        let now = START.plus(now_h * HOUR);
        prop_assert_eq!(amount(&whole, now), amount(&pieces, now));
    }

    #[test]
    fn a_suspension_or_a_waiver_never_costs_anything(
        terms in some_terms(),
        rests in rests(),
        (from, span) in (0..900_u32, 1..80_u32),
        days in 1..5_u16,
    ) {
        let mut after = world(&terms, &rests);
        let before = after.clone();
        // One that overlaps is refused, and then nothing changes.
        let _ = after.register(rest(from, from + span), TERMINAL);
        let head = after.clock_at(Charge::Demurrage, START).terms;
        after.register(waiver(head, days), LINE).unwrap();
        for now in hours(7) {
            let (old, new) = (amount(&before, now), amount(&after, now));
            prop_assert!(new.0 <= old.0 && new.1 <= old.1, "{now}");
            prop_assert!(new.2 >= old.2);
        }
    }

    #[test]
    fn terms_that_may_take_the_place_of_others_cost_no_more_at_any_time(
        old in some_terms(),
        new in some_terms(),
        keep in proptest::collection::vec(any::<bool>(), 9),
        rests in rests(),
    ) {
        let mut after = world(&old, &rests);
        let before = after.clone();
        // Some fields of the new terms, so that a good part of them is not worse.
        let pick = |n: usize| keep[n];
        let mut mixed = old.clone();
        mixed.builds_on = Some(after.clock_at(Charge::Demurrage, START).terms);
        if pick(0) { mixed.free_days = new.free_days; }
        if pick(1) { mixed.first_day = new.first_day; }
        if pick(2) { mixed.tiers.clone_from(&new.tiers); }
        if pick(3) { mixed.suspended_from_minutes = new.suspended_from_minutes; }
        if pick(4) { mixed.suspended_by.clone_from(&new.suspended_by); }
        if pick(5) {
            (mixed.free_count, mixed.charged_count) = (new.free_count, new.charged_count);
            mixed.weekdays.clone_from(&new.weekdays);
            mixed.holidays.clone_from(&new.holidays);
        }
        if pick(6) && !mixed.weekdays.is_empty() { mixed.weekdays.truncate(1); }
        match after.register(mixed, LINE) {
            Err(refused) => prop_assert_eq!(refused.code, Code::TermsWorse),
            Ok(_) => {
                for now in hours(5) {
                    let (old, new) = (amount(&before, now), amount(&after, now));
                    prop_assert!(new.0 <= old.0 && new.1 <= old.1, "{}: {:?} {:?}", now, old, new);
                }
            }
        }
    }

    #[test]
    fn any_time_that_documents_can_name_has_a_figure(
        terms in some_terms(),
        discharged in prop_oneof![0..=UnixMillis::MAX.as_millis(), 0..10_u64],
        now in 0..=UnixMillis::MAX.as_millis(),
    ) {
        let mut world = World::released();
        world.register(terms, LINE).unwrap();
        let discharged_at = Some(UnixMillis::from_millis(discharged));
        world.register(Arrival { discharged_at, ..arrival() }, TERMINAL).unwrap();
        let clock = world.clock_at(Charge::Demurrage, UnixMillis::from_millis(now));
        prop_assert!(clock.days_charged <= crate::case::CLOCK_DAYS_MAX);
    }
}
