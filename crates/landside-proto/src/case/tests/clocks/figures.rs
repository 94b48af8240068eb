use crate::case::{Case, CaseFigures, ClockState};
use crate::document::{
    Arrival, Charge, ClockEvent, ClockStart, ClockTerms, FirstDay, HoldType, RATE_MAX,
    ReleaseAction, Role, Tier,
};
use crate::ids::UnixMillis;
use crate::refusal::Code;
use crate::world::*;

use ClockState::{Charged, Free, NotStarted, Stopped};

fn priced(charge: Charge, signer: &str) -> World {
    let mut world = World::green();
    world.register(clock_terms(charge), signer).unwrap();
    world
}

fn demurrage() -> World {
    priced(Charge::Demurrage, LINE)
}

#[test]
fn the_days_after_discharge_are_free_and_every_day_after_them_costs() {
    let world = demurrage();
    // Discharged on Monday 23 November; free from 24 to 30.
    assert_eq!(world.figure(Charge::Demurrage, 0), (Free, 0, 0));
    assert_eq!(world.figure(Charge::Demurrage, 7), (Free, 0, 0));
    assert_eq!(world.figure(Charge::Demurrage, 8), (Charged, 1, 10_000));
    assert_eq!(world.figure(Charge::Demurrage, 12), (Charged, 5, 50_000));
    assert_eq!(world.figure(Charge::Demurrage, 13), (Charged, 6, 70_000));
    let clock = world.clock(Charge::Demurrage, 13);
    assert_eq!(clock.free_until, Some(time("2026-11-30T16:00:00Z")), "midnight in the port");
    assert_eq!((clock.days_free, clock.days_off, clock.days_suspended), (7, 0, 0));
    let tiers: Vec<_> = clock.tiers.iter().map(|t| (t.from_day, t.days, t.amount)).collect();
    assert_eq!(tiers, [(1, 5, 50_000), (6, 1, 20_000)]);
}

#[test]
fn a_charge_without_terms_has_no_clock() {
    assert!(World::green().case().clocks(START.plus(90 * DAY)).is_empty());
    let world = demurrage();
    let charges: Vec<_> = world.case().clocks(world.now).iter().map(|c| c.charge).collect();
    assert_eq!(charges, [Charge::Demurrage]);
}

#[test]
fn every_figure_names_its_documents() {
    let mut world = World::released();
    let terms = world.register(clock_terms(Charge::Demurrage), LINE).unwrap();
    let clock = world.clock(Charge::Demurrage, 30);
    assert_eq!((clock.state, clock.started, clock.free_until), (NotStarted, None, None));
    assert_eq!(clock.amount.unwrap().0, 0);
    let announced = Arrival { discharged_at: None, available: false, ..arrival() };
    let first = world.register(announced, TERMINAL).unwrap();
    assert_eq!(world.clock(Charge::Demurrage, 30).state, NotStarted);
    let here = Arrival { builds_on: Some(first), available: false, ..arrival() };
    let second = world.register(here, TERMINAL).unwrap();
    let ready = Arrival { builds_on: Some(second), ..arrival() };
    world.register(ready, TERMINAL).unwrap();
    let rest = world.rest(&[Charge::Demurrage], 20, 10);
    let gift = world.register(waiver(terms, 2), LINE).unwrap();
    let clock = world.clock(Charge::Demurrage, 30);
    assert_eq!(clock.terms, terms);
    let started = clock.started.unwrap();
    assert_eq!((started.at, started.document), (START, second), "the first that said so");
    assert_eq!(clock.suspensions[0].document, rest);
    assert_eq!(clock.suspensions[0].by, party(TERMINAL));
    assert_eq!((clock.waived[0].document, clock.waived[0].days), (gift, 2));
    assert_eq!((clock.charged_by, clock.free_days), (party(LINE), 9));
}

#[test]
fn the_last_word_on_the_discharge_counts() {
    let mut world = demurrage();
    let first = world.case().arrival.as_ref().unwrap().0;
    let later =
        Arrival { builds_on: Some(first), discharged_at: Some(START.plus(2 * DAY)), ..arrival() };
    let later = world.register(later, TERMINAL).unwrap();
    let started = world.clock(Charge::Demurrage, 12).started.unwrap();
    assert_eq!((started.at, started.document), (START.plus(2 * DAY), later));
    assert_eq!(world.figure(Charge::Demurrage, 12), (Charged, 3, 30_000));
    assert_eq!(world.figure(Charge::Demurrage, 1), (NotStarted, 0, 0), "it is still to come");
    let never = Arrival { builds_on: Some(later), discharged_at: None, ..arrival() };
    world.register(never, TERMINAL).unwrap();
    assert_eq!(world.figure(Charge::Demurrage, 90), (NotStarted, 0, 0));
}

#[test]
fn the_gate_out_stops_demurrage_and_storage_and_starts_detention() {
    let mut world = World::handed_over();
    world.register(clock_terms(Charge::Storage), TERMINAL).unwrap();
    world.register(clock_terms(Charge::Demurrage), LINE).unwrap();
    world.register(clock_terms(Charge::Detention), LINE).unwrap();
    let gate_out = world.leaves_after(10 * DAY);
    world.now = START.plus(30 * DAY);
    for charge in [Charge::Storage, Charge::Demurrage] {
        assert_eq!(world.figure(charge, 9), (Charged, 2, 20_000));
        assert_eq!(world.figure(charge, 10), (Stopped, 3, 30_000), "the day of the gate-out too");
        assert_eq!(world.figure(charge, 365), (Stopped, 3, 30_000));
        assert_eq!(world.clock(charge, 30).stopped.unwrap().document, gate_out);
    }
    assert_eq!(world.figure(Charge::Detention, 9), (NotStarted, 0, 0));
    assert_eq!(world.figure(Charge::Detention, 17), (Free, 0, 0));
    assert_eq!(world.figure(Charge::Detention, 20), (Charged, 3, 30_000));
    let back = world.register(returned(gate_out, START.plus(18 * DAY)), LINE).unwrap();
    assert_eq!(world.figure(Charge::Detention, 30), (Stopped, 1, 10_000));
    let clock = world.clock(Charge::Detention, 30);
    assert_eq!(clock.started.unwrap().document, gate_out);
    assert_eq!(clock.stopped.unwrap().document, back);
}

#[test]
fn of_two_words_on_the_return_the_earlier_time_counts_whoever_spoke_first() {
    let days = |order: [&str; 2]| {
        let mut world = World::handed_over();
        world.register(clock_terms(Charge::Detention), LINE).unwrap();
        let gate_out = world.leaves_after(HOUR);
        world.now = START.plus(30 * DAY);
        for who in order {
            let at = START.plus(if who == LINE { 20 * DAY } else { 9 * DAY });
            world.register(returned(gate_out, at), who).unwrap();
        }
        world.figure(Charge::Detention, 30)
    };
    assert_eq!(days([LINE, TERMINAL]), (Stopped, 2, 20_000));
    assert_eq!(days([TERMINAL, LINE]), (Stopped, 2, 20_000));
}

#[test]
fn free_time_of_both_together_runs_from_discharge_to_the_empty() {
    let mut world = World::handed_over();
    let combined = ClockTerms {
        starts_on: ClockStart::Discharged,
        free_days: 14,
        ..clock_terms(Charge::Detention)
    };
    world.register(combined, LINE).unwrap();
    assert_eq!(world.figure(Charge::Detention, 16), (Charged, 2, 20_000), "still inside");
    let gate_out = world.leaves_after(3 * DAY);
    world.now = START.plus(40 * DAY);
    world.register(returned(gate_out, START.plus(15 * DAY)), TERMINAL).unwrap();
    assert_eq!(world.figure(Charge::Detention, 40), (Stopped, 1, 10_000));
}

#[test]
fn no_free_day_means_that_the_first_day_costs() {
    let mut world = World::released();
    let terms =
        ClockTerms { free_days: 0, first_day: FirstDay::SameDay, ..clock_terms(Charge::Demurrage) };
    world.register(terms, LINE).unwrap();
    world.register(arrival(), TERMINAL).unwrap();
    assert_eq!(world.figure(Charge::Demurrage, 0), (Charged, 1, 10_000));
    assert_eq!(world.clock(Charge::Demurrage, 0).free_until, Some(START));
}

#[test]
fn a_box_that_left_before_it_came_owes_nothing() {
    let mut world = World::handed_over();
    let terms = ClockTerms { free_days: 1, ..clock_terms(Charge::Demurrage) };
    world.register(terms, LINE).unwrap();
    let gate_out =
        crate::document::GateOut { left_at: UnixMillis::from_millis(0), ..world.gate_out() };
    world.register(gate_out, TERMINAL).unwrap();
    assert_eq!(world.figure(Charge::Demurrage, 90), (Stopped, 0, 0));
}

#[test]
fn a_day_that_was_suspended_long_enough_does_not_count() {
    let mut world = demurrage();
    // 24 November in the port is from 12 to 36 hours after the start.
    world.rest(&[Charge::Demurrage], 12, 3);
    assert_eq!(world.clock(Charge::Demurrage, 8).days_suspended, 0, "three hours of four");
    world.rest(&[Charge::Demurrage], 30, 1);
    let clock = world.clock(Charge::Demurrage, 8);
    assert_eq!((clock.days_suspended, clock.days_charged), (1, 0));
    assert_eq!(clock.free_until, Some(time("2026-12-01T16:00:00Z")), "a day later");
}

#[test]
fn a_suspension_after_free_time_saves_chargeable_days_too() {
    let mut world = demurrage();
    // 1 and 2 December, whole.
    world.rest(&[Charge::Demurrage], 12 + 7 * 24, 48);
    let clock = world.clock(Charge::Demurrage, 13);
    assert_eq!((clock.days_suspended, clock.days_charged), (2, 4));
    assert_eq!(clock.amount.unwrap().0, 40_000);
    assert_eq!(clock.free_until, Some(time("2026-11-30T16:00:00Z")), "free time was over");
}

#[test]
fn a_suspension_of_another_charge_or_before_the_start_or_after_the_stop_is_none() {
    let mut world = World::handed_over();
    world.register(clock_terms(Charge::Demurrage), LINE).unwrap();
    world.register(clock_terms(Charge::Detention), LINE).unwrap();
    world
        .register(suspension(&[Charge::Demurrage], time("2026-11-20T00:00:00Z"), START), TERMINAL)
        .unwrap();
    world.leaves_after(10 * DAY);
    world.now = START.plus(20 * DAY);
    let gate_out = world.case().gate_out.unwrap().0;
    let other = suspension(&[Charge::Storage], START.plus(2 * DAY), START.plus(4 * DAY));
    let after = suspension(&[Charge::Demurrage], START.plus(11 * DAY), START.plus(13 * DAY));
    for said in [other, after] {
        let said = ClockEvent { builds_on: Some(gate_out), ..said };
        world.register(said, TERMINAL).unwrap();
    }
    let clock = world.clock(Charge::Demurrage, 20);
    assert_eq!((clock.days_suspended, clock.days_charged), (0, 3));
    assert!(clock.suspensions.is_empty());
    assert!(world.clock(Charge::Detention, 20).suspensions.is_empty());
}

#[test]
fn whose_suspensions_count_is_said_by_the_terms() {
    let days = |suspended_by: &[Role], who: &str| {
        let mut world = World::green();
        let suspended_by = suspended_by.to_vec();
        let terms = ClockTerms { suspended_by, ..clock_terms(Charge::Demurrage) };
        world.register(terms, LINE).unwrap();
        world.now = START.plus(8 * DAY);
        let rest = suspension(&[Charge::Demurrage], START.plus(DAY), START.plus(3 * DAY));
        world.register(rest, who).unwrap();
        world.clock(Charge::Demurrage, 8).days_suspended
    };
    assert_eq!(days(&[Role::Line], TERMINAL), 0);
    assert_eq!(days(&[Role::Line], LINE), 3);
    assert_eq!(days(&[Role::Terminal, Role::Line], TERMINAL), 3);
}

#[test]
fn what_two_parties_suspend_at_once_counts_once() {
    let mut world = demurrage();
    world.now = START.plus(8 * DAY);
    // Two and a half hours each of the same three on 25 November: less than the four asked.
    let from = START.plus(36 * HOUR);
    let half = HOUR / 2;
    world.register(suspension(&[Charge::Demurrage], from, from.plus(5 * half)), LINE).unwrap();
    world
        .register(suspension(&[Charge::Demurrage], from.plus(half), from.plus(3 * HOUR)), TERMINAL)
        .unwrap();
    let clock = world.clock(Charge::Demurrage, 8);
    assert_eq!((clock.suspensions.len(), clock.days_suspended), (2, 0));
}

#[test]
fn what_is_suspended_for_all_of_its_first_or_last_hours_does_not_count() {
    let mut world = World::handed_over();
    let terms = ClockTerms {
        first_day: FirstDay::SameDay,
        free_days: 1,
        suspended_from_minutes: 1_440,
        ..clock_terms(Charge::Demurrage)
    };
    world.register(terms, LINE).unwrap();
    // It came at noon; from noon to midnight nothing moved.
    world.rest(&[Charge::Demurrage], 0, 12);
    let clock = world.clock(Charge::Demurrage, 2);
    assert_eq!((clock.days_suspended, clock.days_free, clock.days_charged), (1, 1, 1));
    // It left on the third day at four in the morning, when the gate opened again.
    world.rest(&[Charge::Demurrage], 36, 4);
    world.leaves_after(40 * HOUR);
    let clock = world.clock(Charge::Demurrage, 9);
    assert_eq!((clock.days_suspended, clock.days_free, clock.days_charged), (2, 1, 0));
}

#[test]
fn a_box_that_cannot_be_reached_rests_where_free_time_starts_with_its_being_available() {
    let mut world = World::released();
    let terms = ClockTerms { starts_on: ClockStart::Available, ..clock_terms(Charge::Demurrage) };
    world.register(terms, LINE).unwrap();
    let buried = Arrival { available: false, ..arrival() };
    let buried = world.register(buried, TERMINAL).unwrap();
    assert_eq!(world.figure(Charge::Demurrage, 30), (NotStarted, 0, 0), "ashore and not reachable");
    world.now = START.plus(2 * DAY);
    let ready = Arrival { builds_on: Some(buried), ..arrival() };
    let ready = world.register(ready, TERMINAL).unwrap();
    let started = world.clock(Charge::Demurrage, 3).started.unwrap();
    assert_eq!((started.at, started.document), (world.now, ready), "when it was registered");
    assert_eq!(world.figure(Charge::Demurrage, 10), (Charged, 1, 10_000));
    // Buried again from the fourth to the sixth day.
    world.now = START.plus(4 * DAY);
    let again = Arrival { builds_on: Some(ready), available: false, ..arrival() };
    let again = world.register(again, TERMINAL).unwrap();
    let clock = world.clock(Charge::Demurrage, 60);
    assert_eq!((clock.state, clock.days_charged, clock.free_until), (Free, 0, None));
    assert_eq!((clock.suspensions[0].document, clock.suspensions[0].until), (again, None));
    world.now = START.plus(6 * DAY);
    let out = Arrival { builds_on: Some(again), ..arrival() };
    world.register(out, TERMINAL).unwrap();
    let clock = world.clock(Charge::Demurrage, 12);
    assert_eq!((clock.days_suspended, clock.days_free), (3, 7));
    assert_eq!(clock.state, Free);
}

#[test]
fn days_waived_are_free_days_and_stay_when_the_terms_get_better() {
    let mut world = demurrage();
    let terms = world.clock(Charge::Demurrage, 0).terms;
    world.now = START.plus(12 * DAY);
    assert_eq!(world.figure(Charge::Demurrage, 12), (Charged, 5, 50_000));
    world.register(waiver(terms, 2), LINE).unwrap();
    assert_eq!(world.figure(Charge::Demurrage, 12), (Charged, 3, 30_000));
    let better =
        ClockTerms { builds_on: Some(terms), free_days: 8, ..clock_terms(Charge::Demurrage) };
    let better = world.register(better, LINE).unwrap();
    assert_eq!(world.figure(Charge::Demurrage, 12), (Charged, 2, 20_000));
    world.register(waiver(better, 1), LINE).unwrap();
    let clock = world.clock(Charge::Demurrage, 12);
    assert_eq!((clock.days_charged, clock.free_days, clock.waived.len()), (1, 11, 2));
}

#[test]
fn terms_without_rates_count_days_and_no_money() {
    let mut world = World::green();
    let terms = ClockTerms { tiers: Vec::new(), currency: None, ..clock_terms(Charge::Demurrage) };
    world.register(terms, LINE).unwrap();
    let clock = world.clock(Charge::Demurrage, 10);
    assert_eq!((clock.days_charged, clock.amount), (3, None));
    assert!(clock.tiers.is_empty());
}

#[test]
fn a_cancelled_bill_has_no_clock_and_a_revoked_one_has() {
    let mut world = demurrage();
    let release = world.right();
    let mut revoked = world.clone();
    revoked.register(change(release, ReleaseAction::Revoke), LINE).unwrap();
    assert_eq!(revoked.figure(Charge::Demurrage, 10), (Charged, 3, 30_000));
    world.register(change(release, ReleaseAction::Cancel), LINE).unwrap();
    assert!(world.case().clocks(START.plus(10 * DAY)).is_empty());
}

#[test]
fn the_dearest_box_that_stays_for_ever_has_an_exact_figure() {
    let mut world = World::released();
    let terms = ClockTerms {
        free_days: 0,
        tiers: vec![Tier { from_day: 1, rate: RATE_MAX }],
        ..clock_terms(Charge::Demurrage)
    };
    world.register(terms, LINE).unwrap();
    let old = Arrival { discharged_at: Some(UnixMillis::from_millis(0)), ..arrival() };
    world.register(old, TERMINAL).unwrap();
    for now in [START, UnixMillis::MAX] {
        let clock = world.clock_at(Charge::Demurrage, now);
        assert_eq!((clock.days_charged, clock.capped), (3_660, true));
        let amount = clock.amount.unwrap().0;
        assert_eq!(amount, 3_660 * RATE_MAX);
        assert!(amount < 1 << 53, "exact in every JSON reader");
    }
    let end = Arrival {
        builds_on: world.case().arrival.as_ref().map(|(id, _)| *id),
        discharged_at: Some(UnixMillis::MAX),
        ..arrival()
    };
    world.register(end, TERMINAL).unwrap();
    assert_eq!(world.clock_at(Charge::Demurrage, UnixMillis::MAX).days_charged, 0);
}

#[test]
fn a_part_has_no_clocks_and_is_not_sent_their_documents() {
    let mut world = World::with_haulier();
    let terms = world.register(clock_terms(Charge::Demurrage), LINE).unwrap();
    world.register(waiver(terms, 1), LINE).unwrap();
    let haulier = party(HAULIER);
    for (signed, _) in world.log.iter().rev().take(2) {
        assert!(!world.case().concerns(&haulier, signed.document()), "rates are not its business");
        assert!(world.case().devices(signed.document()).is_empty());
        assert!(!crate::case::is_of_a_part(signed.document().kind()));
    }
    let sent = world.log.iter().skip(1).map(|(signed, position)| (signed, *position));
    let part = Case::fold(sent).unwrap();
    assert!(part.part && part.clocks(START.plus(90 * DAY)).is_empty());
}

#[test]
fn clocks_move_no_light_and_no_right() {
    let mut world = World::with_pass();
    let before = (world.needs(), world.right(), world.pass_as_issued());
    let terms = world.register(clock_terms(Charge::Storage), TERMINAL).unwrap();
    world.rest(&[Charge::Storage], 0, 1);
    world.register(waiver(terms, 1), TERMINAL).unwrap();
    assert_eq!((world.needs(), world.right(), world.pass_as_issued()), before);
    assert_eq!(world.refold().as_ref(), Some(world.case()));
}

#[test]
fn who_held_the_box_while_a_clock_ran_is_told_beside() {
    let mut world = World::released();
    world.register(clock_terms(Charge::Demurrage), LINE).unwrap();
    world.register(arrival(), TERMINAL).unwrap();
    world.now = START.plus(DAY);
    world.register(status(None, crate::document::CustomsState::Released), CUSTOMS).unwrap();
    world.now = START.plus(3 * DAY);
    let stop = world.register(hold(HoldType::Freight), LINE).unwrap();
    world.now = START.plus(4 * DAY);
    world.register(lift(stop), LINE).unwrap();
    let now = START.plus(10 * DAY);
    let log = world.log.iter().map(|(signed, position)| (signed, *position));
    let figures = CaseFigures::of(log, &actor(LINE), now).unwrap();
    let held = world.clock_at(Charge::Demurrage, now).held(&figures, now);
    // To the hour: the documents of this port are a second apart.
    let hours = |held: &crate::case::Held| (held.span.as_secs() + 1_800) / 3_600;
    let held: Vec<_> = held.iter().map(|held| (held.owed_by.as_str(), hours(held))).collect();
    // From discharge: customs a day, the forwarder while green but for the line's day of hold.
    assert_eq!(held, [(FORWARDER, 8 * 24), (LINE, 24), (CUSTOMS, 24), (TERMINAL, 0)]);
    let builds_on = world.case().arrival.as_ref().map(|(id, _)| *id);
    let waiting = Arrival { builds_on, discharged_at: None, ..arrival() };
    world.register(waiting, TERMINAL).unwrap();
    assert!(world.clock_at(Charge::Demurrage, now).held(&figures, now).is_empty());
}

#[test]
fn documents_after_the_gate_that_are_no_clock_event_are_still_refused() {
    let mut world = World::left();
    let terms = clock_terms(Charge::Detention);
    world.register(terms, LINE).unwrap();
    assert_eq!(code(world.register(hold(HoldType::Security), CUSTOMS)), Code::CaseClosed);
    assert_eq!(world.refold().as_ref(), Some(world.case()));
}
