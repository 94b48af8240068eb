use std::time::Duration;

use super::questions::{answer, question};
use crate::case::{CaseFigures, Light, OwedFact};
use crate::document::{
    Arrival, Cover, CustomsState, HoldType, Override, Position, QuestionSubject, ReleaseAction,
};
use crate::ids::{DocId, UnixMillis};
use crate::world::*;

fn figures(world: &World) -> CaseFigures {
    let log = world.log.iter().map(|(signed, position)| (signed, *position));
    CaseFigures::of(log, &actor(TERMINAL), world.now).unwrap()
}

fn at(world: &World, document: DocId) -> UnixMillis {
    world.case().step(document).unwrap().at
}

/// What was owed under a code, in order.
fn owed<'a>(figures: &'a CaseFigures, code: &str) -> Vec<&'a OwedFact> {
    figures.owed.iter().filter(|fact| fact.code == code).collect()
}

/// The spells of the only fact of a code.
fn spells(figures: &CaseFigures, code: &str) -> Vec<(UnixMillis, Option<UnixMillis>)> {
    let [fact] = owed(figures, code)[..] else { panic!("{code}: {:?}", figures.owed) };
    fact.spells.iter().map(|spell| (spell.from, spell.until)).collect()
}

fn over_hold(world: &World, hold: DocId, hours: u32) -> Override {
    Override {
        visit: visit(),
        light: Light::Commercial,
        builds_on: world.case().overrides.get(&Light::Commercial).map(|fact| fact.document),
        covers: vec![Cover { code: remark("hold"), document: hold }],
        person: remark("Chen Yu, shift manager"),
        reason: remark("the line's office is closed"),
        valid_until: Some(world.now.plus(hours * HOUR)),
        approved_by: None,
        told: Vec::new(),
    }
}

#[test]
fn a_box_that_leaves_has_each_of_its_times_from_registrations() {
    let world = World::left();
    let figures = figures(&world);
    let steps = &world.case().steps;
    let nth = |n: usize| steps[n].at;
    let [arrived, left] = [2, steps.len() - 1].map(nth);
    let kind = |kind: &str| steps.iter().find(|step| step.kind.as_str() == kind).unwrap().at;
    assert_eq!(figures.opened_at, nth(0));
    assert_eq!(figures.left_at, Some(left));
    let pass = figures.light_to_pass.unwrap();
    assert_eq!(
        (pass.from, pass.until),
        (arrived, kind("pickup-pass")),
        "arrival is the last light"
    );
    let shown = figures.light_to_shown.unwrap();
    assert_eq!((shown.from, shown.until), (arrived, kind("gate-decision")));
    let out = figures.ashore_to_out.unwrap();
    assert_eq!((out.from, out.until), (arrived, left));
    assert!(figures.owed.iter().all(|fact| fact.ended().is_some()), "{:?}", figures.owed);
    assert_eq!(figures.ends, None, "nothing of a closed case changes by itself");
}

#[test]
fn a_box_that_was_never_said_to_be_ashore_has_no_time_from_its_arrival() {
    let mut world = World::released();
    world.register(status(None, CustomsState::Released), CUSTOMS).unwrap();
    let figures = figures(&world);
    assert_eq!((figures.ashore_to_out, figures.light_to_pass, figures.left_at), (None, None, None));
    assert_eq!(owed(&figures, "customs-silent"), Vec::<&OwedFact>::new(), "it is at sea");
    assert_eq!(spells(&figures, "not-arrived"), [(figures.opened_at, None)]);
}

#[test]
fn whatever_order_the_words_come_in_each_party_held_it_for_its_own_time() {
    let mut world = World::new();
    let cleared = world.register(status(None, CustomsState::Released), CUSTOMS).unwrap();
    world.pass_time(DAY);
    let ashore = world.register(arrival(), TERMINAL).unwrap();
    world.pass_time(HOUR);
    let order = world.register(release(FORWARDER), LINE).unwrap();
    let figures = figures(&world);
    let (arrived, released) = (at(&world, ashore), at(&world, order));
    assert_eq!(spells(&figures, "not-arrived"), [(at(&world, cleared), Some(arrived))]);
    assert_eq!(spells(&figures, "not-released"), [(arrived, Some(released))]);
    assert_eq!(owed(&figures, "not-released")[0].owed_by, "line", "the role: no line was known");
    assert_eq!(spells(&figures, "driver-missing"), [(released, None)]);
    assert_eq!(owed(&figures, "customs-silent").len(), 0);
}

#[test]
fn a_release_that_is_revoked_and_made_anew_counts_from_the_new_green_and_the_line_held_it_between()
{
    let mut world = World::with_pass();
    let first = figures(&world).light_to_pass.unwrap();
    world.pass_time(MINUTE);
    let head = world.case().releases.values().next().unwrap().head;
    let ended = world.register(change(head, ReleaseAction::Revoke), LINE).unwrap();
    assert_eq!(figures(&world).light_to_pass, Some(first), "until there is another pass");
    world.pass_time(2 * MINUTE);
    let again = world.register(release(HAULIER), LINE).unwrap();
    world.register(binding(world.right(), DRIVER), HAULIER).unwrap();
    if world.needs().contains(&"slot-missing") {
        world.book(HAULIER);
    }
    world.pass_time(MINUTE);
    world.register(world.pass_due(), TERMINAL).unwrap();
    let figures = figures(&world);
    let pass = figures.light_to_pass.unwrap();
    assert_eq!((pass.from, pass.until), (at(&world, again), world.now));
    assert_eq!(spells(&figures, "release-revoked"), [(at(&world, ended), Some(at(&world, again)))]);
}

#[test]
fn another_truck_for_the_same_light_does_not_make_the_pass_later() {
    let mut world = World::with_pass();
    let first = figures(&world).light_to_pass;
    world.pass_time(HOUR);
    let bound = world.case().binding.as_ref().map(|bound| bound.document);
    let swap =
        crate::document::DriverBinding { builds_on: bound, ..binding(world.right(), DRIVER_2) };
    world.register(swap, HAULIER).unwrap();
    world.register(world.pass_due(), TERMINAL).unwrap();
    assert_eq!(figures(&world).light_to_pass, first);
    assert!(first.is_some());
}

#[test]
fn a_party_that_kept_two_holds_too_long_missed_two_promises_though_both_were_lifted() {
    let mut world = World::green();
    for _ in 0..2 {
        let stop = world.register(hold(HoldType::Freight), LINE).unwrap();
        world.pass_time(5 * HOUR);
        world.register(lift(stop), LINE).unwrap();
        world.pass_time(HOUR);
    }
    let figures = figures(&world);
    let holds = owed(&figures, "hold");
    assert_eq!(holds.len(), 2);
    for fact in holds {
        assert_eq!(fact.owed_by, LINE);
        let late = fact.late_by(4 * HOUR, world.now).unwrap();
        assert_eq!(
            late,
            HOUR + Duration::from_secs(1),
            "the lift is a second after the five hours"
        );
        assert_eq!(fact.late_by(6 * HOUR, world.now.plus(DAY)), None, "it was kept, for good");
    }
}

#[test]
fn two_holds_of_one_moment_are_two_and_a_changed_head_is_still_one() {
    let mut world = World::green();
    world.pass_time(Duration::from_secs(1));
    world.register_now(hold(HoldType::Freight), LINE).unwrap();
    world.register_now(hold(HoldType::Court), PORT_AUTHORITY).unwrap();
    let released = world.case().customs.values().next().unwrap().head;
    let held = world.register(status(Some(released), CustomsState::Held), CUSTOMS).unwrap();
    world.pass_time(HOUR);
    world.register(status(Some(held), CustomsState::Exam), CUSTOMS).unwrap();
    let figures = figures(&world);
    assert_eq!(owed(&figures, "hold").len(), 2);
    assert_eq!(spells(&figures, "customs-not-released"), [(at(&world, held), None)]);
}

#[test]
fn what_was_covered_by_an_override_is_one_need_with_a_gap() {
    let mut world = World::green();
    let stop = world.register(hold(HoldType::Freight), LINE).unwrap();
    world.pass_time(HOUR);
    let over = world.register(over_hold(&world, stop, 2), TERMINAL).unwrap();
    let until = world.case().overrides[&Light::Commercial].until;
    world.now = until.plus(HOUR);
    let figures = figures(&world);
    let again = until.plus(Duration::from_millis(1));
    assert_eq!(
        spells(&figures, "hold"),
        [(at(&world, stop), Some(at(&world, over))), (again, None)],
        "nobody had to say that the override ran out"
    );
    let fact = owed(&figures, "hold")[0];
    assert!(fact.late_by(HOUR, world.now).is_some(), "the promise counts from the hold");
}

#[test]
fn a_release_that_ends_by_itself_is_owed_from_its_end_though_no_document_says_so() {
    let mut world = World::green();
    let until = terms(FORWARDER).valid_until;
    assert_eq!(figures(&world).ends, Some(until));
    world.now = until.plus(3 * HOUR);
    let figures = figures(&world);
    assert_eq!(spells(&figures, "release-expired"), [(until, None)]);
    assert_eq!(figures.ends, None);
}

#[test]
fn what_comes_to_light_late_was_not_held_before_but_is_late_all_the_same() {
    let mut world = World::with_pass();
    let expires = UnixMillis::from_millis(world.case().pass.as_ref().unwrap().expires * 1000);
    world.now = expires.plus(HOUR);
    assert_eq!(spells(&figures(&world), "slot-over"), [(expires, None)]);
    let stop = world.register(hold(HoldType::Freight), LINE).unwrap();
    world.pass_time(DAY);
    let free = world.register(lift(stop), LINE).unwrap();
    let figures = figures(&world);
    let over = owed(&figures, "slot-over");
    assert_eq!(over.len(), 2, "the lights were red between, and it counts anew from green");
    assert_eq!(over[0].ended(), Some(at(&world, stop)));
    assert_eq!((over[1].since, over[1].ended()), (at(&world, free), None));
}

#[test]
fn a_clock_that_is_set_back_makes_no_time_negative() {
    let mut world = World::booked();
    let green = world.case().green_since().unwrap();
    let pass = world.pass_due();
    world.register(pass, TERMINAL).unwrap();
    // The terminal's clock was an hour slow when it registered the pass.
    let back = UnixMillis::from_millis(green.as_millis() - 3_600_000);
    let last = world.log.last_mut().unwrap();
    last.1 = Position { at: back, ..last.1 };
    let figures = figures(&world);
    let lapse = figures.light_to_pass.unwrap();
    assert_eq!((lapse.from, lapse.until, lapse.span()), (green, green, Duration::ZERO));
    for spell in figures.owed.iter().flat_map(|fact| &fact.spells) {
        assert!(spell.until.is_none_or(|until| until >= spell.from), "{spell:?}");
    }
}

#[test]
fn what_an_author_claims_of_its_own_clock_counts_nowhere() {
    let figures_with = |claimed: UnixMillis| {
        let mut world = World::released();
        world.register(status(None, CustomsState::Released), CUSTOMS).unwrap();
        let early = Arrival { discharged_at: Some(claimed), ..arrival() };
        world.register(early, TERMINAL).unwrap();
        figures(&world)
    };
    let long_ago = UnixMillis::from_millis(START.as_millis() - 86_400_000);
    assert_eq!(figures_with(START), figures_with(long_ago));
}

#[test]
fn questions_stand_with_their_answers_after_the_gate_out_too() {
    let mut world = World::left();
    let complaint =
        crate::document::Question { subject: QuestionSubject::Complaint, ..question(&world, LINE) };
    let asked = world.register(complaint, TERMINAL).unwrap();
    world.pass_time(2 * DAY);
    let open = figures(&world);
    assert_eq!(open.asked.len(), 1);
    assert_eq!((open.asked[0].to.as_str(), open.asked[0].answered_at), (LINE, None));
    let said = world.register(answer(asked), LINE).unwrap();
    let asked = figures(&world).asked.remove(0);
    assert_eq!(asked.answered_at, Some(at(&world, said)));
    assert!(asked.answered_at > Some(asked.answer_by), "it was late");
    assert_eq!(asked.subject, QuestionSubject::Complaint);
    assert_eq!(figures(&world).left_at, figures(&World::left()).left_at);
}

#[test]
fn the_same_documents_give_the_same_figures_and_none_gives_none() {
    let world = World::left();
    assert_eq!(figures(&world), figures(&world));
    assert_eq!(CaseFigures::of([], &actor(TERMINAL), world.now), None);
}
