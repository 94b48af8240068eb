use crate::case::{CASE_DOCS_MAX, CASE_DOCS_RESERVED, CLOCK_EVENTS_MAX, CLOCK_TERMS_MAX};
use crate::document::{
    Charge, ClockEvent, ClockStart, ClockTerms, DayCount, FirstDay, HoldType, OffsetChange,
    ReleaseAction, Role, Tier, Weekday,
};
use crate::ids::{Currency, DocId};
use crate::refusal::Code;
use crate::world::*;

fn after(terms: DocId, new: ClockTerms) -> ClockTerms {
    ClockTerms { builds_on: Some(terms), ..new }
}

#[test]
fn storage_is_the_terminals_and_the_rest_is_the_line_of_the_bills() {
    let mut world = World::green();
    let mut answer = |charge, who: &str| world.register(clock_terms(charge), who);
    assert_eq!(code(answer(Charge::Storage, LINE)), Code::RoleMayNotSign);
    assert_eq!(code(answer(Charge::Storage, TERMINAL_2)), Code::RoleMayNotSign);
    for charge in [Charge::Demurrage, Charge::Detention] {
        for other in [LINE_2, TERMINAL] {
            assert_eq!(code(answer(charge, other)), Code::NotReleaseIssuer, "{other}");
        }
        for other in [FORWARDER, HAULIER, CUSTOMS, PORT_AUTHORITY] {
            assert_eq!(code(answer(charge, other)), Code::RoleMayNotSign, "{other}");
        }
        answer(charge, LINE).unwrap();
    }
    answer(Charge::Storage, TERMINAL).unwrap();
}

#[test]
fn terms_are_of_a_bill_that_is_released_here() {
    let mut world = World::green();
    let other = ClockTerms { bill: Some(bill("BL-2")), ..clock_terms(Charge::Demurrage) };
    assert_eq!(code(world.register(other, LINE)), Code::ParentUnknown);
    let mut world = World::new();
    let early = clock_terms(Charge::Storage);
    assert_eq!(code(world.register(early, TERMINAL)), Code::CaseUnknown);
}

#[test]
fn terms_name_the_terms_before_them_and_each_charge_is_its_own_strand() {
    let mut world = World::released();
    let first = world.register(clock_terms(Charge::Demurrage), LINE).unwrap();
    let again = world.register(clock_terms(Charge::Demurrage), LINE).unwrap_err();
    assert_eq!((again.code, again.names), (Code::HeadMoved, Some(first)));
    let storage = after(first, clock_terms(Charge::Storage));
    assert_eq!(code(world.register(storage, TERMINAL)), Code::HeadMoved);
    let second = world.register(after(first, clock_terms(Charge::Demurrage)), LINE).unwrap();
    let late = world.register(after(first, clock_terms(Charge::Demurrage)), LINE).unwrap_err();
    assert_eq!((late.code, late.names), (Code::HeadMoved, Some(second)));
    let nowhere = after(DocId::from_bytes([9; 32]), clock_terms(Charge::Demurrage));
    assert_eq!(code(world.register(nowhere, LINE)), Code::ParentUnknown);
}

#[test]
fn terms_that_would_charge_days_that_are_past_come_too_late() {
    let mut world = World::green();
    world.now = START.plus(8 * DAY);
    let refused = world.register(clock_terms(Charge::Demurrage), LINE).unwrap_err();
    assert_eq!(refused.code, Code::TermsLate);
    assert!(refused.detail.contains("1 days"), "{}", refused.detail);
    let enough = ClockTerms { free_days: 8, ..clock_terms(Charge::Demurrage) };
    world.register(enough, LINE).unwrap();
    // Suspended days are days that count for nobody.
    let rest = suspension(&[Charge::Storage], START.plus(DAY), START.plus(2 * DAY));
    world.register(rest, TERMINAL).unwrap();
    world.register(clock_terms(Charge::Storage), TERMINAL).unwrap();
}

#[test]
fn terms_of_detention_come_after_the_gate_too_while_they_are_free() {
    let mut world = World::left();
    world.now = START.plus(3 * DAY);
    let terms = world.register(clock_terms(Charge::Detention), LINE).unwrap();
    world.now = START.plus(8 * DAY);
    let worse = ClockTerms { free_days: 6, ..clock_terms(Charge::Detention) };
    assert_eq!(code(world.register(after(terms, worse), LINE)), Code::TermsWorse);
    let mut late = World::left();
    late.now = START.plus(9 * DAY);
    assert_eq!(code(late.register(clock_terms(Charge::Detention), LINE)), Code::TermsLate);
}

#[test]
fn before_the_clock_runs_terms_may_get_worse() {
    let mut world = World::released();
    let terms = world.register(clock_terms(Charge::Demurrage), LINE).unwrap();
    let worse = ClockTerms { free_days: 1, ..clock_terms(Charge::Demurrage) };
    world.register(after(terms, worse), LINE).unwrap();
}

/// Terms in which everything that can get worse can also get better.
fn middling() -> ClockTerms {
    ClockTerms {
        charged_count: DayCount::Working,
        weekdays: vec![Weekday::Monday, Weekday::Tuesday],
        holidays: vec![date("2026-12-25")],
        suspended_by: vec![Role::Terminal, Role::Line],
        offset_changes: vec![
            OffsetChange { from: START, minutes: 540 },
            OffsetChange { from: START.plus(90 * DAY), minutes: 480 },
        ],
        ..clock_terms(Charge::Demurrage)
    }
}

#[test]
fn once_a_clock_runs_no_field_gets_worse() {
    let mut world = World::green();
    let terms = world.register(middling(), LINE).unwrap();
    let good = middling();
    let tier = |from_day, rate| Tier { from_day, rate };
    let change = |days: u32, minutes| OffsetChange { from: START.plus(days * DAY), minutes };
    let dollars = Some(Currency::parse("USD").unwrap());
    let weekdays = vec![Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday];
    let worse = [
        ClockTerms { starts_on: ClockStart::Available, ..good.clone() },
        ClockTerms { first_day: FirstDay::SameDay, ..good.clone() },
        ClockTerms { free_days: 6, ..good.clone() },
        ClockTerms {
            charged_count: DayCount::Calendar,
            free_count: DayCount::Working,
            ..good.clone()
        },
        ClockTerms { weekdays, ..good.clone() },
        ClockTerms { weekdays: vec![Weekday::Monday, Weekday::Sunday], ..good.clone() },
        ClockTerms { holidays: vec![date("2026-12-26")], ..good.clone() },
        ClockTerms { suspended_by: vec![Role::Line], ..good.clone() },
        ClockTerms { suspended_from_minutes: 241, ..good.clone() },
        ClockTerms { currency: dollars, ..good.clone() },
        ClockTerms { tiers: vec![tier(1, 10_001), tier(6, 20_000)], ..good.clone() },
        ClockTerms { tiers: vec![tier(1, 10_000), tier(5, 20_000)], ..good.clone() },
        ClockTerms { tiers: vec![tier(1, 10_000), tier(6, 20_001)], ..good.clone() },
        ClockTerms { tiers: vec![tier(1, 0), tier(7, 20_001)], ..good.clone() },
        ClockTerms { utc_offset: 420, ..good.clone() },
        ClockTerms { offset_changes: Vec::new(), ..good.clone() },
        ClockTerms { offset_changes: vec![change(0, 600), change(90, 480)], ..good },
    ];
    for worse in worse {
        let refused = world.register(after(terms, worse.clone()), LINE).unwrap_err();
        assert_eq!((refused.code, refused.names), (Code::TermsWorse, Some(terms)), "{worse:?}");
    }
}

#[test]
fn once_a_clock_runs_every_field_can_get_better() {
    let mut world = World::green();
    let mut terms = world.register(middling(), LINE).unwrap();
    let good = middling();
    let tier = |from_day, rate| Tier { from_day, rate };
    let change = |days: u32, minutes| OffsetChange { from: START.plus(days * DAY), minutes };
    let better = [
        good.clone(),
        ClockTerms { free_days: 9, ..good.clone() },
        ClockTerms { free_days: 9, free_count: DayCount::Working, ..good.clone() },
    ];
    for better in better {
        terms = world.register(after(terms, better), LINE).unwrap();
    }
    let last = ClockTerms {
        free_days: 366,
        free_count: DayCount::Working,
        weekdays: vec![Weekday::Tuesday],
        holidays: vec![date("2026-12-25"), date("2026-12-26")],
        suspended_from_minutes: 1,
        tiers: vec![tier(1, 10_000), tier(9, 15_000)],
        offset_changes: vec![change(0, 540), change(80, 480)],
        ..good
    };
    terms = world.register(after(terms, last.clone()), LINE).unwrap();
    let unpriced = ClockTerms { tiers: Vec::new(), currency: None, ..last.clone() };
    terms = world.register(after(terms, unpriced), LINE).unwrap();
    assert_eq!(code(world.register(after(terms, last), LINE)), Code::TermsWorse, "free is free");
}

#[test]
fn an_outage_is_told_when_it_is_over_and_once() {
    let mut world = World::green();
    world.now = START.plus(DAY);
    let at = |h: u32| START.plus(h * HOUR);
    let rest = |from, until| suspension(&[Charge::Demurrage, Charge::Detention], from, until);
    assert_eq!(code(world.register(rest(at(20), at(25)), TERMINAL)), Code::ClockTime);
    let first = world.register(rest(at(10), at(12)), TERMINAL).unwrap();
    for (from, until) in [(10, 12), (9, 11), (11, 13), (9, 13), (11, 12)] {
        let twice = world.register(rest(at(from), at(until)), TERMINAL).unwrap_err();
        assert_eq!((twice.code, twice.names), (Code::ClockOverlap, Some(first)), "{from} {until}");
    }
    world.register(rest(at(12), at(14)), TERMINAL).unwrap();
    world.register(rest(at(8), at(10)), TERMINAL).unwrap();
    // Another charge, or another's word, is another thing.
    world.register(suspension(&[Charge::Storage], at(10), at(12)), TERMINAL).unwrap();
    world.register(rest(at(10), at(12)), LINE).unwrap();
}

#[test]
fn only_the_terminal_and_the_line_of_the_case_speak_on_clocks() {
    let mut world = World::green();
    let rest = || suspension(&[Charge::Storage], START, START.plus(HOUR));
    world.now = START.plus(DAY);
    for other in [LINE_2, TERMINAL_2] {
        assert_eq!(code(world.register(rest(), other)), Code::ClockNotYours, "{other}");
    }
    for other in [FORWARDER, HAULIER, CUSTOMS, PORT_AUTHORITY] {
        assert_eq!(code(world.register(rest(), other)), Code::RoleMayNotSign, "{other}");
    }
    world.register(change(world.right(), ReleaseAction::Cancel), LINE).unwrap();
    assert_eq!(code(world.register(rest(), LINE)), Code::ClockNotYours);
    world.register(rest(), TERMINAL).unwrap();
}

#[test]
fn an_empty_comes_back_after_it_left_and_each_says_so_once() {
    let mut inside = World::handed_over();
    let (decision, _) = inside.case().decision.unwrap();
    let early = returned(decision, inside.now);
    assert_eq!(code(inside.register(early, LINE)), Code::ClockTime);

    let mut world = World::left();
    let (gate_out, left_at) = world.case().gate_out.unwrap();
    let release = world.right();
    world.now = START.plus(5 * DAY);
    assert_eq!(code(world.register(returned(release, world.now), LINE)), Code::HeadMoved);
    let hour_before = returned(gate_out, START);
    assert!(START < left_at);
    assert_eq!(code(world.register(hour_before, LINE)), Code::ClockTime);
    let to_come = returned(gate_out, world.now.plus(HOUR));
    assert_eq!(code(world.register(to_come, LINE)), Code::ClockTime);
    let said = world.register(returned(gate_out, START.plus(2 * DAY)), LINE).unwrap();
    let again = world.register(returned(gate_out, START.plus(DAY)), LINE).unwrap_err();
    assert_eq!((again.code, again.names), (Code::HeadMoved, Some(said)));
    assert_eq!(code(world.register(returned(gate_out, world.now), LINE_2)), Code::ClockNotYours);
    world.register(returned(gate_out, world.now), TERMINAL).unwrap();
}

#[test]
fn only_who_charges_waives_and_of_terms_in_force() {
    let mut world = World::green();
    let storage = world.register(clock_terms(Charge::Storage), TERMINAL).unwrap();
    let demurrage = world.register(clock_terms(Charge::Demurrage), LINE).unwrap();
    let refused = world.register(waiver(storage, 1), LINE).unwrap_err();
    assert_eq!((refused.code, refused.names), (Code::ClockNotYours, Some(storage)));
    assert_eq!(code(world.register(waiver(demurrage, 1), TERMINAL)), Code::ClockNotYours);
    let release = world.right();
    assert_eq!(code(world.register(waiver(release, 1), LINE)), Code::ParentUnknown);
    let better = world.register(after(demurrage, clock_terms(Charge::Demurrage)), LINE).unwrap();
    assert_eq!(code(world.register(waiver(demurrage, 1), LINE)), Code::HeadMoved);
    world.register(waiver(better, 1), LINE).unwrap();
    world.register(waiver(storage, 1), TERMINAL).unwrap();
}

#[test]
fn a_party_speaks_so_often_on_clocks_and_no_more() {
    let mut world = World::released();
    let mut terms = world.register(clock_terms(Charge::Demurrage), LINE).unwrap();
    for _ in 1..CLOCK_TERMS_MAX {
        terms = world.register(after(terms, clock_terms(Charge::Demurrage)), LINE).unwrap();
    }
    let more = after(terms, clock_terms(Charge::Demurrage));
    assert_eq!(code(world.register(more, LINE)), Code::CaseFull);
    world.register(clock_terms(Charge::Storage), TERMINAL).unwrap();
    for _ in 0..CLOCK_EVENTS_MAX {
        world.register(waiver(terms, 1), LINE).unwrap();
    }
    assert_eq!(code(world.register(waiver(terms, 1), LINE)), Code::CaseFull);
    let rest = suspension(&[Charge::Demurrage], START, world.now);
    world.register(rest, TERMINAL).unwrap();
    assert_eq!(world.refold().as_ref(), Some(world.case()));
}

#[test]
fn the_last_places_of_a_case_are_not_for_clocks() {
    let mut world = World::green();
    let terms = world.register(clock_terms(Charge::Demurrage), LINE).unwrap();
    while world.case().steps.len() < CASE_DOCS_MAX - CASE_DOCS_RESERVED {
        let hold = world.register(hold(HoldType::Security), CUSTOMS).unwrap();
        world.register(lift(hold), CUSTOMS).unwrap();
    }
    assert_eq!(code(world.register(waiver(terms, 1), LINE)), Code::CaseFull);
    let more = after(terms, clock_terms(Charge::Demurrage));
    assert_eq!(code(world.register(more, LINE)), Code::CaseFull);
}

#[test]
fn an_event_builds_on_a_document_of_its_case() {
    let mut world = World::left();
    let rest = suspension(&[Charge::Detention], START, world.now);
    let nowhere = ClockEvent { builds_on: Some(DocId::from_bytes([9; 32])), ..rest.clone() };
    assert_eq!(code(world.register(nowhere, LINE)), Code::ParentUnknown);
    let (gate_out, _) = world.case().gate_out.unwrap();
    world.register(ClockEvent { builds_on: Some(gate_out), ..rest }, LINE).unwrap();
}
