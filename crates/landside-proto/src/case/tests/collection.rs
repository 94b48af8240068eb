use crate::document::{
    DriverBinding, DriverCredential, HoldType, Limits, PassRight, PickupPass, Slot, SlotAnswer,
    SlotRequest, Window,
};
use crate::refusal::Code;
use crate::world::*;

#[test]
fn a_haulier_binds_only_a_driver_it_vouches_for() {
    let mut world = World::with_haulier();
    world.register(credential("driver-of-another"), SUB_HAULIER).unwrap();
    for stranger in ["driver-of-another", "driver-of-nobody"] {
        let refused = world.register(binding(world.right(), stranger), HAULIER);
        assert_eq!(code(refused), Code::DriverUnknown, "{stranger}");
    }
}

#[test]
fn a_credential_that_ended_binds_nobody() {
    let mut world = World::with_haulier();
    let short = DriverCredential { valid_until: world.now, ..credential(DRIVER) };
    world.register(short, HAULIER).unwrap();
    world.pass_time(HOUR);
    let refused = world.register(binding(world.right(), DRIVER), HAULIER);
    assert_eq!(code(refused), Code::DriverUnknown);
}

#[test]
fn only_the_holder_binds_and_asks_for_a_slot() {
    let mut world = World::with_haulier();
    world.register(credential(DRIVER), SUB_HAULIER).unwrap();
    let right = world.right();
    assert_eq!(code(world.register(binding(right, DRIVER), SUB_HAULIER)), Code::NotHolder);
    assert_eq!(code(world.register(slot_request(right), SUB_HAULIER)), Code::NotHolder);
}

#[test]
fn a_binding_uses_the_plate_that_the_right_names() {
    let mut world = World::green();
    let limits = Limits { plate: Some(plate("沪B99999")), ..Limits::default() };
    let passed = PassRight { limits, ..pass_to(HAULIER, world.right()) };
    world.register(passed, FORWARDER).unwrap();
    world.register(credential(DRIVER), HAULIER).unwrap();
    let refused = world.register(binding(world.right(), DRIVER), HAULIER);
    assert_eq!(code(refused), Code::PlateNotAllowed);
}

#[test]
fn a_change_of_driver_keeps_the_slot_and_needs_a_new_pass() {
    let mut world = World::with_pass();
    let (slot, old_pass) = (world.case().slot_head(), world.pass());
    let first = world.case().binding.as_ref().unwrap().document;
    let swap = DriverBinding { builds_on: Some(first), ..binding(world.right(), DRIVER_2) };
    let second = world.register(swap, HAULIER).unwrap();
    assert_eq!(world.case().slot_head(), slot);
    assert!(world.case().pass.is_none());
    for builds_on in [Some(first), None] {
        let late = DriverBinding { builds_on, ..binding(world.right(), DRIVER) };
        let refusal = world.register(late, HAULIER).unwrap_err();
        assert_eq!((refusal.code, refusal.names), (Code::HeadMoved, Some(second)));
    }

    let pass = world.pass_due();
    world.register(pass, TERMINAL).unwrap();
    world.now = START.plus(HOUR);
    let old = world.verdict(Some(world.shown(&old_pass, DRIVER)), Some(PLATE));
    assert_eq!(old.reasons.len(), 1);
    assert_eq!(old.reasons[0].code.as_str(), "pass-superseded");
    let new = world.verdict(Some(world.shown(&world.pass(), DRIVER_2)), Some(PLATE));
    assert!(new.reasons.is_empty());
}

#[test]
fn a_slot_is_asked_for_within_the_time_of_the_right() {
    let mut world = World::with_haulier();
    let ask = |from, until| SlotRequest {
        window: Window { from: START.plus(from), until: START.plus(until) },
        ..slot_request(world.right())
    };
    let (over, late) = (ask(MINUTE, HOUR), ask(11 * DAY, 12 * DAY));
    let (reversed, empty) = (ask(2 * HOUR, HOUR), ask(HOUR, HOUR));
    world.now = START.plus(3 * HOUR);
    assert_eq!(code(world.register(over, HAULIER)), Code::SlotWindow);
    assert_eq!(code(world.register(late, HAULIER)), Code::SlotWindow);
    assert_eq!(code(world.register(reversed, HAULIER)), Code::BadField);
    assert_eq!(code(world.register(empty, HAULIER)), Code::BadField);
}

#[test]
fn a_slot_answers_a_request_once_and_only_the_terminal_of_the_case_answers() {
    let mut world = World::with_haulier();
    let request = world.register(slot_request(world.right()), HAULIER).unwrap();
    assert_eq!(world.needs(), ["driver-missing", "slot-unanswered"]);
    assert_eq!(code(world.register(grant(request), TERMINAL_2)), Code::RoleMayNotSign);
    let slot = world.register(grant(request), TERMINAL).unwrap();
    let again = world.register(grant(request), TERMINAL).unwrap_err();
    assert_eq!((again.code, again.names), (Code::HeadMoved, Some(slot)));
}

#[test]
fn a_refused_slot_leaves_room_to_ask_again_and_a_request_without_its_head_is_refused() {
    let mut world = World::with_haulier();
    let request = world.register(slot_request(world.right()), HAULIER).unwrap();
    let no = Slot { answer: SlotAnswer::Refused, window: None, ..grant(request) };
    let no = world.register(no, TERMINAL).unwrap();
    let headless = world.register(slot_request(world.right()), HAULIER).unwrap_err();
    assert_eq!((headless.code, headless.names), (Code::HeadMoved, Some(no)));
    world.book(HAULIER);
    assert_eq!(world.needs(), ["driver-missing"]);
}

#[test]
fn an_answer_to_a_request_that_ended_with_its_right_is_refused() {
    let mut world = World::with_haulier();
    let request = world.register(slot_request(world.right()), HAULIER).unwrap();
    let gone = world.register(revoke(world.right()), FORWARDER).unwrap();
    let refusal = world.register(grant(request), TERMINAL).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::HeadMoved, Some(gone)));
}

#[test]
fn a_pass_is_due_the_moment_the_last_light_turns_green() {
    let mut world = World::booked();
    let stop = world.register(hold(HoldType::Freight), LINE).unwrap();
    assert_eq!(world.case().due(world.now, POLICY), None);
    world.register(lift(stop), LINE).unwrap();
    let pass = world.pass_due();
    assert_eq!(pass.not_before, (window().from.as_secs()) - POLICY.early.as_secs());
    assert_eq!(pass.expires, window().until.plus(POLICY.late).as_secs());
}

#[test]
fn no_pass_is_due_once_the_slot_is_over() {
    let world = World::booked();
    assert_eq!(world.case().due(START.plus(3 * HOUR), POLICY), None);
}

#[test]
fn a_pass_before_the_lights_driver_and_slot_are_complete_is_refused() {
    let mut world = World::booked();
    let due = world.pass_due();
    let other_driver =
        PickupPass { confirmation: crate::document::Confirmation(public(DRIVER_2)), ..due.clone() };
    let other_plate = PickupPass { plate: plate("沪B99999"), ..due.clone() };
    let other_slot = PickupPass { slot: due.right, ..due.clone() };
    for wrong in [other_driver, other_plate, other_slot] {
        assert_eq!(code(world.register(wrong, TERMINAL)), Code::PassNotDue);
    }
    assert_eq!(code(world.register(due.clone(), TERMINAL_2)), Code::RoleMayNotSign);
    world.register(hold(HoldType::CustomsScan), CUSTOMS).unwrap();
    assert_eq!(code(world.register(due, TERMINAL)), Code::PassNotDue);
}

#[test]
fn a_pass_for_a_right_that_moved_is_refused() {
    let mut world = World::booked();
    let stale = world.pass_due();
    let moved = world.register(pass_to(SUB_HAULIER, world.right()), HAULIER).unwrap();
    let refusal = world.register(stale, TERMINAL).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::HeadMoved, Some(moved)));
}

#[test]
fn a_pass_wider_than_the_right_is_refused() {
    let mut world = World::green();
    let limits =
        Limits { from: Some(window().from), until: Some(window().until), ..Limits::default() };
    let passed = PassRight { limits, ..pass_to(HAULIER, world.right()) };
    world.register(passed, FORWARDER).unwrap();
    world.register(credential(DRIVER), HAULIER).unwrap();
    world.register(binding(world.right(), DRIVER), HAULIER).unwrap();
    world.book(HAULIER);
    let due = world.pass_due();
    assert_eq!((due.not_before, due.expires), (window().from.as_secs(), window().until.as_secs()));
    let early = PickupPass { not_before: due.not_before - 1, ..due.clone() };
    let late = PickupPass { expires: due.expires + 1, ..due.clone() };
    for wide in [early, late] {
        assert_eq!(code(world.register(wide, TERMINAL)), Code::RightWidened);
    }
    world.register(due, TERMINAL).unwrap();
}

#[test]
fn a_second_pass_while_one_lives_is_refused_and_names_it() {
    let mut world = World::booked();
    let due = world.pass_due();
    let live = world.register(due.clone(), TERMINAL).unwrap();
    let refusal = world.register(due, TERMINAL).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::PassNotDue, Some(live)));
}

#[test]
fn a_driver_whose_phone_was_withdrawn_gets_no_pass() {
    let mut world = World::booked();
    let due = world.pass_due();
    world.register(withdrawal(DRIVER), HAULIER).unwrap();
    assert_eq!(code(world.register(due, TERMINAL)), Code::DriverUnknown);
}

#[test]
fn a_pass_whose_time_is_over_asks_for_another_slot_and_gives_way_to_a_new_pass() {
    let mut world = World::with_pass();
    world.now = START.plus(6 * HOUR);
    assert_eq!(world.needs(), ["slot-over"]);
    let request = SlotRequest {
        builds_on: world.case().slot_head(),
        window: Window { from: START.plus(7 * HOUR), until: START.plus(8 * HOUR) },
        ..slot_request(world.right())
    };
    let window = Some(request.window);
    let request = world.register(request, HAULIER).unwrap();
    world.register(Slot { window, ..grant(request) }, TERMINAL).unwrap();
    assert_eq!(world.needs(), ["pass-missing"]);
    let pass = world.pass_due();
    world.register(pass, TERMINAL).unwrap();
    assert!(world.needs().is_empty());
}
