//! Why a truck is turned away: the case's one list, then what is wrong with what the gate saw.

use crate::document::{
    CustomsState, DriverBinding, GateDecision, HoldType, Override, REASONS_MAX, ReleaseAction,
    SlotAnswer, SlotRequest, Verdict,
};
use crate::refusal::Code;
use crate::world::*;

/// The driver who stands at the gate, for who can solve a reason.
const AT_THE_GATE: &str = "driver";

fn reasons(decision: &GateDecision) -> Vec<(&str, &str)> {
    decision.reasons.iter().map(|r| (r.code.as_str(), r.owed_by.as_str())).collect()
}

/// Nothing but the number is typed.
fn typed(world: &World) -> GateDecision {
    world.verdict(None, None)
}

/// The pass lives and its slot has begun.
fn at_the_gate() -> World {
    let mut world = World::with_pass();
    world.now = START.plus(HOUR);
    world
}

/// Every stage of a box on its way, and what can go wrong at each.
fn worlds() -> Vec<(&'static str, World)> {
    let mut worlds = vec![
        ("released", World::released()),
        ("green", World::green()),
        ("with haulier", World::with_haulier()),
        ("booked", World::booked()),
        ("with pass", World::with_pass()),
        ("at the gate", at_the_gate()),
        ("admitted", World::admitted()),
        ("handed over", World::handed_over()),
    ];
    let mut unreleased = World::new();
    unreleased.register(status(None, CustomsState::Held), CUSTOMS).unwrap();
    worlds.push(("unreleased", unreleased));
    let wrong = |change: &dyn Fn(&mut World)| {
        let mut world = at_the_gate();
        change(&mut world);
        world
    };
    worlds.push((
        "held",
        wrong(&|w| {
            w.register(hold(HoldType::Court), PORT_AUTHORITY).unwrap();
        }),
    ));
    worlds.push((
        "revoked",
        wrong(&|w| {
            w.register(revoke(w.right()), FORWARDER).unwrap();
        }),
    ));
    worlds.push(("expired", wrong(&|w| w.now = START.plus(3 * HOUR))));
    worlds.push(("release over", wrong(&|w| w.now = START.plus(30 * DAY))));
    worlds.push((
        "phone withdrawn",
        wrong(&|w| {
            w.register(withdrawal(DRIVER), HAULIER).unwrap();
        }),
    ));
    worlds
}

#[test]
fn the_reasons_begin_with_the_one_list_in_its_order_whatever_is_shown() {
    for (name, world) in worlds() {
        let needs = world.case().needs(world.now);
        let needs: Vec<_> = needs.iter().map(|n| (n.code.as_ref(), n.owed_by.as_str())).collect();
        let mut seen = vec![typed(&world), world.verdict(None, Some("沪B99999"))];
        if world.case().binding.is_some() && world.case().pass.is_some() {
            seen.push(world.verdict_on_driver());
        }
        for decision in seen {
            assert!(reasons(&decision).starts_with(&needs), "{name}: {decision:?}");
            let is_admitted = decision.verdict == Verdict::Admit;
            assert!(!is_admitted || needs.is_empty(), "{name}: admitted with {needs:?}");
        }
    }
}

#[test]
fn a_number_typed_before_anybody_is_named_tells_everything_that_is_missing_and_who_owes_it() {
    let expected = [
        ("customs-silent", CUSTOMS),
        ("not-arrived", TERMINAL),
        ("driver-missing", FORWARDER),
        ("slot-missing", FORWARDER),
        ("no-pass", AT_THE_GATE),
    ];
    assert_eq!(reasons(&typed(&World::released())), expected);
}

#[test]
fn a_number_that_no_line_released_is_for_the_line_and_nobody_is_asked_for_driver_or_slot() {
    let mut world = World::new();
    world.register(status(None, CustomsState::Released), CUSTOMS).unwrap();
    let expected = [("not-released", LINE), ("not-arrived", TERMINAL), ("no-pass", AT_THE_GATE)];
    assert_eq!(reasons(&typed(&world)), expected);
}

#[test]
fn what_is_missing_is_owed_by_whoever_holds_the_right() {
    let owed = |to| [("driver-missing", to), ("slot-missing", to), ("no-pass", AT_THE_GATE)];
    assert_eq!(reasons(&typed(&World::green())), owed(FORWARDER));
    let mut world = World::with_haulier();
    assert_eq!(reasons(&typed(&world)), owed(HAULIER));
    world.register(revoke(world.right()), FORWARDER).unwrap();
    assert_eq!(reasons(&typed(&world)), owed(FORWARDER));
}

#[test]
fn with_a_driver_only_the_slot_is_missing_and_then_only_the_pass() {
    let mut world = World::with_haulier();
    world.register(binding(world.right(), DRIVER), HAULIER).unwrap();
    assert_eq!(reasons(&typed(&world)), [("slot-missing", HAULIER), ("no-pass", AT_THE_GATE)]);
    let request = world.register(slot_request(world.right()), HAULIER).unwrap();
    let expected = [("slot-unanswered", TERMINAL), ("no-pass", AT_THE_GATE)];
    assert_eq!(reasons(&typed(&world)), expected);
    world.register(grant(request), TERMINAL).unwrap();
    let expected = [("pass-missing", TERMINAL), ("no-pass", AT_THE_GATE)];
    assert_eq!(reasons(&typed(&world)), expected);
    world.register(world.pass_due(), TERMINAL).unwrap();
    assert_eq!(reasons(&typed(&world)), [("no-pass", AT_THE_GATE)]);
}

#[test]
fn a_refused_slot_is_to_be_asked_for_again() {
    let mut world = World::with_haulier();
    world.register(binding(world.right(), DRIVER), HAULIER).unwrap();
    let request = world.register(slot_request(world.right()), HAULIER).unwrap();
    let mut refusal = grant(request);
    (refusal.answer, refusal.window) = (SlotAnswer::Refused, None);
    refusal.reason = Some(remark("the yard is full"));
    world.register(refusal, TERMINAL).unwrap();
    assert_eq!(reasons(&typed(&world)), [("slot-missing", HAULIER), ("no-pass", AT_THE_GATE)]);
}

#[test]
fn a_pass_whose_right_went_back_is_withdrawn_and_the_new_holder_arranges_all_anew() {
    let mut world = at_the_gate();
    world.register(revoke(world.right()), FORWARDER).unwrap();
    let expected =
        [("driver-missing", FORWARDER), ("slot-missing", FORWARDER), ("pass-withdrawn", FORWARDER)];
    assert_eq!(reasons(&world.verdict_on_driver()), expected);
}

#[test]
fn a_pass_of_a_release_that_was_taken_back_is_for_the_line_alone() {
    let mut world = at_the_gate();
    let order = world.case().releases[&bill(BILL)].head;
    world.register(change(order, ReleaseAction::Revoke), LINE).unwrap();
    let expected = [("release-revoked", LINE), ("pass-withdrawn", LINE)];
    assert_eq!(reasons(&world.verdict_on_driver()), expected);
}

#[test]
fn a_slot_that_is_over_is_for_the_holder_and_so_is_its_pass() {
    let mut world = at_the_gate();
    world.now = START.plus(3 * HOUR);
    let expected = [("slot-over", HAULIER), ("expired", HAULIER)];
    assert_eq!(reasons(&world.verdict_on_driver()), expected);
    assert_eq!(reasons(&typed(&world)), [("slot-over", HAULIER), ("no-pass", AT_THE_GATE)]);
}

#[test]
fn a_driver_too_early_waits_and_one_in_another_truck_is_for_the_haulier() {
    let world = World::with_pass();
    let shown = world.shown(&world.pass(), DRIVER);
    let decision = world.verdict(Some(shown), Some("沪B99999"));
    let expected = [("too-early", AT_THE_GATE), ("plate-not-allowed", HAULIER)];
    assert_eq!(reasons(&decision), expected);
}

#[test]
fn nobody_waits_for_a_pass_that_the_terminal_cannot_issue_to_a_phone_nobody_vouches_for() {
    let mut world = World::booked();
    world.register(withdrawal(DRIVER), HAULIER).unwrap();
    assert_eq!(world.needs(), ["pass-missing"]);
    assert_eq!(code(world.clone().register(world.pass_due(), TERMINAL)), Code::DriverUnknown);
    let expected = [("driver-unknown", HAULIER), ("no-pass", AT_THE_GATE)];
    assert_eq!(reasons(&typed(&world)), expected);
}

#[test]
fn a_withdrawn_phone_is_a_reason_even_when_nothing_is_shown() {
    let mut world = at_the_gate();
    world.register(withdrawal(DRIVER), HAULIER).unwrap();
    let expected = [("driver-unknown", HAULIER), ("no-pass", AT_THE_GATE)];
    assert_eq!(reasons(&typed(&world)), expected);
}

#[test]
fn a_pass_that_another_took_the_place_of_is_for_the_driver_to_put_right() {
    let mut world = at_the_gate();
    let old = world.pass();
    let request =
        SlotRequest { builds_on: world.case().slot_head(), ..slot_request(world.right()) };
    let request = world.register(request, HAULIER).unwrap();
    world.register(grant(request), TERMINAL).unwrap();
    world.register(world.pass_due(), TERMINAL).unwrap();
    let decision = world.verdict(Some(world.shown(&old, DRIVER)), Some(PLATE));
    assert_eq!(reasons(&decision), [("pass-superseded", AT_THE_GATE)]);
}

#[test]
fn what_an_override_covers_is_no_reason_and_what_it_does_not_is() {
    let mut world = World::booked();
    let freight = world.register(hold(HoldType::Freight), LINE).unwrap();
    let over = Override {
        visit: visit(),
        light: crate::case::Light::Commercial,
        builds_on: None,
        covers: vec![crate::document::Cover { code: remark("hold"), document: freight }],
        person: remark("Chen Yu"),
        reason: remark("freight was paid"),
        valid_until: Some(world.now.plus(8 * HOUR)),
        approved_by: None,
        told: Vec::new(),
    };
    world.register(over, TERMINAL).unwrap();
    let covered = [("pass-missing", TERMINAL), ("no-pass", AT_THE_GATE)];
    assert_eq!(reasons(&typed(&world)), covered);
    world.register(hold(HoldType::CustomsScan), CUSTOMS).unwrap();
    assert_eq!(reasons(&typed(&world)), [("hold", CUSTOMS), ("no-pass", AT_THE_GATE)]);
}

#[test]
fn more_reasons_than_a_document_has_are_cut_and_still_refuse() {
    let mut world = at_the_gate();
    for _ in 0..=REASONS_MAX {
        world.pass_time(MINUTE / 60);
        world.register(hold(HoldType::Court), PORT_AUTHORITY).unwrap();
    }
    let decision = typed(&world);
    assert_eq!(decision.reasons.len(), REASONS_MAX);
    assert_eq!(decision.verdict, Verdict::Refuse);
    world.register(decision, TERMINAL).unwrap();
}

#[test]
fn reasons_name_no_bill_and_say_neither_type_nor_text_of_a_hold() {
    let mut world = World::released();
    world.register(hold(HoldType::Court), PORT_AUTHORITY).unwrap();
    for reason in typed(&world).reasons {
        let detail = reason.detail.as_str();
        for secret in [BILL, "court", "a reason"] {
            assert!(!detail.contains(secret), "{detail}");
        }
    }
}

#[test]
fn a_decision_by_the_old_order_of_reasons_is_registered_as_ever() {
    let mut world = at_the_gate();
    world.register(hold(HoldType::Court), PORT_AUTHORITY).unwrap();
    let mut decision = typed(&world);
    decision.reasons.reverse();
    world.register(decision, TERMINAL).unwrap();
}

#[test]
fn a_stolen_phone_with_an_old_pass_is_named_though_another_driver_is_bound() {
    let mut world = at_the_gate();
    let old = world.pass();
    world.register(withdrawal(DRIVER), HAULIER).unwrap();
    let bound = world.case().binding.as_ref().unwrap().document;
    let swap = DriverBinding { builds_on: Some(bound), ..binding(world.right(), DRIVER_2) };
    world.register(swap, HAULIER).unwrap();
    world.register(world.pass_due(), TERMINAL).unwrap();
    let decision = world.verdict(Some(world.shown(&old, DRIVER)), Some(PLATE));
    let expected = [("driver-unknown", HAULIER), ("pass-superseded", AT_THE_GATE)];
    assert_eq!(reasons(&decision), expected);
}
