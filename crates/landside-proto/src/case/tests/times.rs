use crate::document::{
    Arrival, CustomsState, DriverBinding, HoldType, ReleaseAction, Slot, SlotAnswer, SlotRequest,
};
use crate::ids::{DocId, UnixMillis};
use crate::world::*;

/// Since when a need of this code is owed; fails when nothing of the code is needed.
fn since(world: &World, code: &str) -> Option<UnixMillis> {
    let case = world.case();
    let needs = case.needs(world.now);
    let need = needs.iter().find(|need| need.code == code);
    case.since(need.unwrap_or_else(|| panic!("{code} is not needed: {needs:?}")))
}

fn at(world: &World, document: DocId) -> Option<UnixMillis> {
    world.case().step(document).map(|step| step.at)
}

fn announced() -> Arrival {
    Arrival { discharged_at: None, available: false, cleared: false, ..arrival() }
}

#[test]
fn nobody_owes_a_release_or_a_status_for_a_box_at_sea() {
    let mut world = World::released();
    let first = world.register(announced(), TERMINAL).unwrap();
    assert_eq!(since(&world, "customs-silent"), None);
    assert_eq!(since(&world, "driver-missing"), None);
    assert_eq!(since(&world, "not-arrived"), world.case().steps.first().map(|step| step.at));
    world.pass_time(DAY);
    let here = Arrival { builds_on: Some(first), available: false, cleared: false, ..arrival() };
    let ashore = world.register(here, TERMINAL).unwrap();
    assert_eq!(since(&world, "customs-silent"), at(&world, ashore));
    assert_eq!(since(&world, "not-available"), at(&world, ashore));
}

#[test]
fn a_release_is_owed_from_the_discharge_on() {
    let mut world = World::new();
    let ashore = world.register(arrival(), TERMINAL).unwrap();
    world.pass_time(HOUR);
    assert_eq!(since(&world, "not-released"), at(&world, ashore));
    world.pass_time(DAY);
    let order = world.register(release(FORWARDER), LINE).unwrap();
    assert_eq!(since(&world, "customs-silent"), at(&world, order), "customs after the release");
}

#[test]
fn what_stays_red_for_another_reason_counts_from_that_reason() {
    let mut world = World::green();
    let (head, _) = world.case().arrival.clone().unwrap();
    world.pass_time(HOUR);
    let uncleared = Arrival { builds_on: Some(head), cleared: false, ..arrival() };
    let dirty = world.register(uncleared.clone(), TERMINAL).unwrap();
    world.pass_time(HOUR);
    world.register(Arrival { builds_on: Some(dirty), ..uncleared }, TERMINAL).unwrap();
    assert_eq!(since(&world, "not-cleared"), at(&world, dirty), "saying it again changes nothing");
}

#[test]
fn a_block_counts_from_the_block_though_the_release_is_changed_meanwhile() {
    let mut world = World::green();
    let block = world.register(change(world.right(), ReleaseAction::Block), LINE).unwrap();
    world.pass_time(HOUR);
    world.register(replace(block, terms(FORWARDER)), LINE).unwrap();
    assert_eq!(since(&world, "release-blocked"), at(&world, block));
}

#[test]
fn another_status_that_is_no_release_does_not_set_the_clock_back() {
    let mut world = World::green();
    let released = world.case().customs.values().next().unwrap().head;
    let held = world.register(status(Some(released), CustomsState::Held), CUSTOMS).unwrap();
    world.pass_time(HOUR);
    world.register(status(Some(held), CustomsState::Exam), CUSTOMS).unwrap();
    assert_eq!(since(&world, "customs-not-released"), at(&world, held));
}

#[test]
fn a_hold_counts_from_its_registration_and_a_release_from_its_end() {
    let mut world = World::green();
    let stop = world.register(hold(HoldType::Freight), LINE).unwrap();
    assert_eq!(since(&world, "hold"), at(&world, stop));
    let until = terms(FORWARDER).valid_until;
    world.now = until.plus(HOUR);
    assert_eq!(since(&world, "release-expired"), Some(until));
}

#[test]
fn the_haulier_owes_driver_and_slot_from_the_last_light_or_from_when_it_holds() {
    let mut world = World::green();
    let last_light = world.case().steps.last().map(|step| step.at);
    assert_eq!(since(&world, "driver-missing"), last_light);
    world.pass_time(HOUR);
    let passed = world.register(pass_to(HAULIER, world.right()), FORWARDER).unwrap();
    assert_eq!(since(&world, "driver-missing"), at(&world, passed));
    assert_eq!(since(&world, "slot-missing"), at(&world, passed));
    let stop = world.register(hold(HoldType::Freight), LINE).unwrap();
    assert_eq!(since(&world, "slot-missing"), None, "a light is red, and it waits itself");
    world.pass_time(HOUR);
    let free = world.register(lift(stop), LINE).unwrap();
    assert_eq!(since(&world, "slot-missing"), at(&world, free));
}

#[test]
fn the_terminal_owes_slot_and_pass_from_when_it_can_give_them() {
    let mut world = World::with_haulier();
    let asked = world.register(slot_request(world.right()), HAULIER).unwrap();
    assert_eq!(since(&world, "slot-unanswered"), at(&world, asked));
    world.pass_time(HOUR);
    let no = Slot { answer: SlotAnswer::Refused, window: None, ..grant(asked) };
    let refused = world.register(no, TERMINAL).unwrap();
    assert_eq!(since(&world, "slot-missing"), at(&world, refused));
    let again = SlotRequest { builds_on: Some(refused), ..slot_request(world.right()) };
    let again = world.register(again, HAULIER).unwrap();
    world.register(grant(again), TERMINAL).unwrap();
    world.pass_time(MINUTE);
    let bound = world.register(binding(world.right(), DRIVER), HAULIER).unwrap();
    assert_eq!(since(&world, "pass-missing"), at(&world, bound));
}

#[test]
fn a_slot_that_is_over_counts_from_the_end_of_its_pass() {
    let mut world = World::with_pass();
    let expires = world.case().pass.as_ref().unwrap().expires;
    world.now = UnixMillis::from_millis((expires + 60) * 1000);
    assert_eq!(since(&world, "slot-over"), Some(UnixMillis::from_millis(expires * 1000)));
    let bound = world.case().binding.as_ref().map(|bound| bound.document);
    let swap = DriverBinding { builds_on: bound, ..binding(world.right(), DRIVER_2) };
    world.register(swap, HAULIER).unwrap();
    assert_eq!(since(&world, "slot-over"), Some(window().until), "no pass, and the slot has ended");
}

#[test]
fn who_folds_the_same_documents_knows_the_same_times() {
    let world = World::with_pass();
    assert_eq!(world.refold().as_ref(), Some(world.case()));
}
