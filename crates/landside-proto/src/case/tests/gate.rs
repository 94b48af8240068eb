use crate::case::Colour;
use crate::document::{
    Arrival, Document, DriverBinding, GateDecision, GateOut, HoldType, Light, PickupPass,
    ReleaseAction, SlotRequest, Verdict,
};
use crate::envelope;
use crate::ids::DocId;
use crate::refusal::Code;
use crate::world::*;

fn codes(decision: &GateDecision) -> Vec<&str> {
    decision.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

/// The pass lives and its slot has begun.
fn at_the_gate() -> World {
    let mut world = World::with_pass();
    world.now = START.plus(HOUR);
    world
}

#[test]
fn the_right_driver_truck_and_pass_are_admitted_and_the_decision_says_what_it_rests_on() {
    let mut world = at_the_gate();
    let decision = world.verdict_on_driver();
    assert_eq!(decision.verdict, Verdict::Admit);
    let relied: Vec<DocId> = decision.relied_on.iter().map(|relied| relied.document).collect();
    assert!(relied.contains(&world.right()) && relied.contains(&world.pass().id()));
    assert!(decision.relied_on.iter().all(|r| r.age_s > 0 && r.age_s < HOUR.as_secs()));
    assert_eq!(decision.directory, 1);
    world.register(decision, TERMINAL).unwrap();
}

#[test]
fn the_gate_gives_every_reason_at_once_with_who_can_solve_it() {
    let mut world = at_the_gate();
    let order = world.case().releases[&bill(BILL)].head;
    world.register(change(order, ReleaseAction::Block), LINE).unwrap();
    world.register(hold(HoldType::CustomsScan), CUSTOMS).unwrap();
    world.register(hold(HoldType::TerminalDamage), TERMINAL).unwrap();
    world.now = START.plus(3 * HOUR);
    let shown = world.shown(&world.pass(), DRIVER);
    let decision = world.verdict(Some(shown), Some("沪B99999"));
    let reasons: Vec<_> =
        decision.reasons.iter().map(|r| (r.code.as_str(), r.owed_by.as_str())).collect();
    let all = [
        ("release-blocked", LINE),
        ("hold", CUSTOMS),
        ("hold", TERMINAL),
        ("expired", HAULIER),
        ("plate-not-allowed", HAULIER),
    ];
    assert_eq!(reasons, all);
    assert_eq!(decision.verdict, Verdict::Refuse);
    world.register(decision, TERMINAL).unwrap();
}

#[test]
fn a_truck_without_a_pass_is_refused() {
    let world = at_the_gate();
    assert_eq!(codes(&world.verdict(None, Some(PLATE))), ["no-pass"]);
}

#[test]
fn a_presentation_by_another_key_is_refused_with_its_reason() {
    let world = at_the_gate();
    let shown = world.shown(&world.pass(), DRIVER_2);
    assert_eq!(codes(&world.verdict(Some(shown), Some(PLATE))), ["not-bound-driver"]);
}

#[test]
fn a_pass_of_another_container_is_refused() {
    let world = at_the_gate();
    let other = World::with_pass();
    let pass = PickupPass { visit: visit_of("CSQU3054383"), ..other.pass_as_issued() };
    let foreign =
        envelope::seal(pass.into(), actor(TERMINAL), START.plus(MINUTE), &key(TERMINAL)).unwrap();
    let decision = world.verdict(Some(world.shown(&foreign, DRIVER)), Some(PLATE));
    assert_eq!(codes(&decision), ["other-container", "pass-superseded"]);
}

#[test]
fn a_pass_is_refused_before_its_time_and_after() {
    let mut world = World::with_pass();
    assert_eq!(codes(&world.verdict_on_driver()), ["too-early"]);
    let live = world.case().pass.clone().unwrap();
    for (now_s, reasons) in [
        (live.not_before - 1, &["too-early"][..]),
        (live.not_before, &[]),
        (live.expires - 1, &[]),
        (live.expires, &["slot-over", "expired"]),
    ] {
        world.now = crate::ids::UnixMillis::from_millis(now_s * 1000);
        assert_eq!(codes(&world.verdict_on_driver()), reasons, "at {}", world.now);
    }
}

#[test]
fn a_pass_dies_with_the_right_and_with_the_slot() {
    let mut revoked = at_the_gate();
    revoked.register(revoke(revoked.right()), FORWARDER).unwrap();
    assert!(codes(&revoked.verdict_on_driver()).contains(&"pass-withdrawn"));

    let mut asked_again = at_the_gate();
    let request = SlotRequest {
        builds_on: asked_again.case().slot_head(),
        ..slot_request(asked_again.right())
    };
    asked_again.register(request, HAULIER).unwrap();
    let expected = ["slot-unanswered", "pass-withdrawn"];
    assert_eq!(codes(&asked_again.verdict_on_driver()), expected);
}

#[test]
fn a_stolen_phone_is_refused_once_the_haulier_withdrew_it() {
    let mut world = at_the_gate();
    world.register(withdrawal(DRIVER), HAULIER).unwrap();
    assert_eq!(codes(&world.verdict_on_driver()), ["driver-unknown"]);
}

#[test]
fn a_box_that_left_is_refused_as_consumed() {
    let world = World::left();
    assert_eq!(codes(&world.verdict_on_driver()), ["right-consumed"]);
}

#[test]
fn an_admission_that_the_case_does_not_bear_is_not_registered() {
    let world = at_the_gate();
    let admit = world.verdict_on_driver();
    let other_pass = GateDecision { pass: Some(world.right()), ..admit.clone() };
    let no_pass = GateDecision { pass: None, ..admit.clone() };
    let other_driver = GateDecision { driver: Some(public(DRIVER_2).id()), ..admit.clone() };
    let no_driver = GateDecision { driver: None, ..admit.clone() };
    let other_truck = GateDecision { plate: Some(plate("沪B99999")), ..admit.clone() };
    let expected = [
        (other_pass, Code::PassNotDue),
        (no_pass, Code::PassNotDue),
        (other_driver, Code::NotBoundDriver),
        (no_driver, Code::NotBoundDriver),
        (other_truck, Code::PlateNotAllowed),
    ];
    for (decision, why) in expected {
        assert_eq!(code(world.clone().register(decision, TERMINAL)), why);
    }
    assert_eq!(code(world.clone().register(admit, TERMINAL_2)), Code::RoleMayNotSign);
}

#[test]
fn an_admission_made_before_something_turned_red_is_not_registered_after() {
    let mut held = at_the_gate();
    let admit = held.verdict_on_driver();
    held.register(hold(HoldType::Security), CUSTOMS).unwrap();
    assert_eq!(code(held.register(admit, TERMINAL)), Code::PassNotDue);

    let mut late = at_the_gate();
    let admit = late.verdict_on_driver();
    late.now = START.plus(3 * HOUR);
    assert_eq!(code(late.register(admit, TERMINAL)), Code::PassNotDue);

    let mut stolen = at_the_gate();
    let admit = stolen.verdict_on_driver();
    stolen.register(withdrawal(DRIVER), HAULIER).unwrap();
    assert_eq!(code(stolen.register(admit, TERMINAL)), Code::DriverUnknown);
}

#[test]
fn an_admission_with_reasons_or_a_refusal_without_is_no_document() {
    let mut world = at_the_gate();
    let admit = world.verdict_on_driver();
    let refuse = GateDecision { verdict: Verdict::Refuse, ..admit };
    assert_eq!(code(world.register(refuse, TERMINAL)), Code::BadField);
}

#[test]
fn a_decision_that_does_not_know_the_one_before_is_refused() {
    let mut world = at_the_gate();
    let decision = world.verdict_on_driver();
    let first = world.register(decision.clone(), TERMINAL).unwrap();
    let refusal = world.register(decision, TERMINAL).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::HeadMoved, Some(first)));
}

#[test]
fn a_receipt_needs_an_admission_that_still_stands() {
    let mut world = at_the_gate();
    let refused = world.verdict(None, None);
    let refused = world.register(refused, TERMINAL).unwrap();
    assert_eq!(code(world.register(interchange(refused), TERMINAL)), Code::NotAdmitted);

    let mut world = World::admitted();
    let (decision, _) = world.case().decision.unwrap();
    let bound = world.case().binding.as_ref().unwrap().document;
    let swap = DriverBinding { builds_on: Some(bound), ..binding(world.right(), DRIVER_2) };
    world.register(swap, HAULIER).unwrap();
    assert_eq!(code(world.register(interchange(decision), TERMINAL)), Code::NotAdmitted);
}

#[test]
fn a_receipt_is_signed_by_this_terminal_and_by_the_bound_driver() {
    let mut world = World::admitted();
    let (decision, _) = world.case().decision.unwrap();
    assert_eq!(code(world.register(interchange(decision), TERMINAL_2)), Code::RoleMayNotSign);
    assert_eq!(code(world.register(interchange(decision), DRIVER)), Code::HeadMoved);
    let receipt = world.register(interchange(decision), TERMINAL).unwrap();
    assert_eq!(code(world.register(interchange(receipt), DRIVER_2)), Code::NotBoundDriver);
    let signed = world.register(interchange(receipt), DRIVER).unwrap();
    let again = world.register(interchange(receipt), DRIVER).unwrap_err();
    assert_eq!((again.code, again.names), (Code::HeadMoved, Some(signed)));
}

#[test]
fn a_new_receipt_of_the_terminal_must_be_signed_anew() {
    let mut world = World::handed_over();
    let old = world.case().receipt.unwrap();
    let (decision, _) = world.case().decision.unwrap();
    let new = world.register(interchange(decision), TERMINAL).unwrap();
    assert_eq!(code(world.register(world.gate_out(), TERMINAL)), Code::ReceiptMissing);
    let stale = world.register(interchange(old), DRIVER).unwrap_err();
    assert_eq!((stale.code, stale.names), (Code::HeadMoved, Some(new)));
}

#[test]
fn a_receipt_of_the_first_driver_does_not_let_the_second_out() {
    let mut world = World::handed_over();
    let old = world.gate_out();
    let bound = world.case().binding.as_ref().unwrap().document;
    let swap = DriverBinding { builds_on: Some(bound), ..binding(world.right(), DRIVER_2) };
    world.register(swap, HAULIER).unwrap();
    let pass = world.pass_due();
    let pass = world.register(pass, TERMINAL).unwrap();
    let admit = world.verdict(Some(world.shown(&world.pass(), DRIVER_2)), Some(PLATE));
    world.register(admit, TERMINAL).unwrap();
    let unsigned_because = Some(remark("the phone's battery is dead"));
    let gate_out = GateOut { pass, unsigned_because, ..old };
    assert_eq!(code(world.register(gate_out, TERMINAL)), Code::ReceiptMissing);
}

#[test]
fn an_unsigned_receipt_needs_a_reason() {
    let mut world = World::admitted();
    let (decision, _) = world.case().decision.unwrap();
    world.register(interchange(decision), TERMINAL).unwrap();
    assert_eq!(code(world.register(world.gate_out(), TERMINAL)), Code::ReceiptMissing);
    let because = Some(remark("the phone's battery is dead"));
    let gate_out = GateOut { unsigned_because: because, ..world.gate_out() };
    world.register(gate_out, TERMINAL).unwrap();
}

#[test]
fn a_gate_out_needs_admission_pass_lights_and_receipt() {
    let mut unadmitted = at_the_gate();
    let pass = unadmitted.pass().id();
    let early =
        GateOut { builds_on: pass, pass, left_at: START, ..World::handed_over().gate_out() };
    assert_eq!(code(unadmitted.register(early, TERMINAL)), Code::NotAdmitted);

    let world = World::handed_over();
    let other_pass = GateOut { pass: world.right(), ..world.gate_out() };
    assert_eq!(code(world.clone().register(other_pass, TERMINAL)), Code::PassNotDue);
    let no_receipt = GateOut { builds_on: world.right(), ..world.gate_out() };
    assert_eq!(code(world.clone().register(no_receipt, TERMINAL)), Code::ReceiptMissing);
    assert_eq!(code(world.clone().register(world.gate_out(), TERMINAL_2)), Code::RoleMayNotSign);
}

#[test]
fn a_hold_placed_while_the_truck_is_inside_still_stops_the_gate_out() {
    let mut world = World::handed_over();
    world.register(hold(HoldType::CustomsPhysical), CUSTOMS).unwrap();
    assert_eq!(code(world.register(world.gate_out(), TERMINAL)), Code::PassNotDue);
}

#[test]
fn a_revoke_while_the_truck_is_inside_wins_over_the_gate_out_that_comes_later() {
    let mut world = World::handed_over();
    let gate_out = world.gate_out();
    world.register(revoke(world.right()), FORWARDER).unwrap();
    assert_eq!(code(world.register(gate_out, TERMINAL)), Code::NotAdmitted);
}

#[test]
fn a_second_gate_out_names_the_first() {
    let mut world = World::handed_over();
    let again = world.gate_out();
    let first = world.register(world.gate_out(), TERMINAL).unwrap();
    let refusal = world.register(again, TERMINAL).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::RightConsumed, Some(first)));
}

#[test]
fn every_late_document_of_a_closed_case_is_answered_with_the_gate_out() {
    let mut world = World::left();
    let before = world.case().clone();
    let (gate_out, _) = before.gate_out.unwrap();
    let right = world.right();
    let late: Vec<(Document, &str)> = vec![
        (release(FORWARDER).into(), LINE),
        (status(None, crate::document::CustomsState::Held).into(), CUSTOMS),
        (hold(HoldType::Court).into(), PORT_AUTHORITY),
        (Arrival { available: false, ..arrival() }.into(), TERMINAL),
        (binding(right, DRIVER).into(), HAULIER),
        (slot_request(right).into(), HAULIER),
        (grant(right).into(), TERMINAL),
        (interchange(right).into(), DRIVER),
    ];
    for (document, signer) in late {
        let kind = document.kind();
        let refusal = world.register(document, signer).unwrap_err();
        assert_eq!((refusal.code, refusal.names), (Code::CaseClosed, Some(gate_out)), "{kind:?}");
    }
    assert_eq!(*world.case(), before);
}

#[test]
fn a_release_that_ends_while_the_truck_is_inside_does_not_keep_it_there() {
    let mut world = World::handed_over();
    let until = world.case().releases[&bill(BILL)].terms.valid_until;
    world.now = until.plus(MINUTE);
    assert_eq!(world.needs(), ["release-expired"]);
    world.register(world.gate_out(), TERMINAL).unwrap();
    assert!(world.case().is_closed());
}

#[test]
fn a_box_that_left_over_a_hold_shows_the_light_red_and_the_hold_though_the_terminal_says_it_left() {
    let mut world = World::handed_over();
    let gate_out = world.gate_out();
    world.register(hold(HoldType::Security), CUSTOMS).unwrap();
    let forged =
        envelope::seal(gate_out.into(), actor(TERMINAL), world.now, &key(TERMINAL)).unwrap();
    let (_, last) = *world.log.last().unwrap();
    let case = world.cases.get_mut(&visit().container).unwrap();
    case.apply(&forged, last);
    assert!(case.is_closed());
    assert_eq!(case.colour(Light::Customs, world.now), Colour::Red);
    assert_eq!(case.colour(Light::Commercial, world.now), Colour::Green);
    assert_eq!(world.needs(), ["hold"]);
}
