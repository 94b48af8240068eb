use crate::case::{Light, ReleaseState};
use crate::document::{CustomsState, Limits, PassRight, ReleaseAction, ReleaseOrder};
use crate::ids::DocId;
use crate::refusal::Code;
use crate::world::*;

/// A second bill in the same box, released like the first.
fn second_bill(to: &str) -> ReleaseOrder {
    ReleaseOrder { bill: bill("BL-2"), ..release(to) }
}

fn head(world: &World) -> DocId {
    world.case().releases[&bill(BILL)].head
}

#[test]
fn a_box_goes_from_release_to_gate_out_and_then_nothing_moves_it() {
    let mut world = World::left();
    assert!(world.case().is_closed());
    assert!(world.needs().is_empty());
    assert_eq!(world.case().due(world.now, POLICY), None);
    let (gate_out, _) = world.case().gate_out.unwrap();
    let before = world.case().clone();
    let refusal = world.register(hold(crate::document::HoldType::CustomsScan), CUSTOMS);
    assert_eq!(refusal.unwrap_err().names, Some(gate_out));
    assert_eq!(*world.case(), before);
}

#[test]
fn line_customs_and_terminal_open_a_case_in_any_order() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in orders {
        let mut world = World::new();
        for (nth, step) in order.into_iter().enumerate() {
            match step {
                0 => world.register(release(FORWARDER), LINE),
                1 => world.register(status(None, CustomsState::Released), CUSTOMS),
                _ => world.register(arrival(), TERMINAL),
            }
            .unwrap_or_else(|refusal| panic!("{order:?}: {refusal}"));
            let green = Light::ALL.iter().all(|light| world.case().is_green(*light, world.now));
            assert_eq!(green, nth == 2, "{order:?} after {nth}");
        }
        assert_eq!(world.holder(), FORWARDER);
    }
}

#[test]
fn a_kind_that_opens_no_case_waits_for_one() {
    let mut world = World::new();
    let nobody = DocId::from_bytes([0; 32]);
    let refused = world.register(pass_to(HAULIER, nobody), FORWARDER);
    assert_eq!(code(refused), Code::CaseUnknown);
    let status = status(Some(nobody), CustomsState::Released);
    assert_eq!(code(world.register(status, CUSTOMS)), Code::ParentUnknown);
    assert!(world.cases.is_empty());
}

#[test]
fn a_second_release_of_a_bill_names_the_first() {
    let mut world = World::released();
    for line in [LINE, LINE_2] {
        let refusal = world.register(release(HAULIER), line).unwrap_err();
        assert_eq!((refusal.code, refusal.names), (Code::DoubleRelease, Some(head(&world))));
    }
}

#[test]
fn another_bill_of_the_box_goes_to_the_same_party_by_the_same_line_or_not_at_all() {
    let mut world = World::released();
    assert_eq!(code(world.register(second_bill(FORWARDER), LINE_2)), Code::DoubleRelease);
    assert_eq!(code(world.register(second_bill(HAULIER), LINE)), Code::DoubleRelease);
    world.register(second_bill(FORWARDER), LINE).unwrap();
}

#[test]
fn a_groupage_box_is_green_only_when_every_bill_is() {
    let mut world = World::green();
    world.register(second_bill(FORWARDER), LINE).unwrap();
    assert!(!world.case().is_green(Light::Customs, world.now), "customs is silent on the second");
    let mut second = status(None, CustomsState::Scan);
    second.consignment = bill("BL-2");
    let scan = world.register(second.clone(), CUSTOMS).unwrap();
    assert!(!world.case().is_green(Light::Customs, world.now));
    second.builds_on = Some(scan);
    second.status = CustomsState::Released;
    world.register(second, CUSTOMS).unwrap();
    assert!(world.case().red(world.now).is_empty());

    let block = change(head(&world), ReleaseAction::Block);
    world.register(block, LINE).unwrap();
    assert!(!world.case().is_green(Light::Commercial, world.now), "one bill stops the box");
}

#[test]
fn a_groupage_box_leaves_within_the_dates_of_every_bill() {
    let mut world = World::with_haulier();
    let mut second = second_bill(FORWARDER);
    second.terms.valid_from = Some(START.plus(2 * DAY));
    second.terms.valid_until = START.plus(3 * DAY);
    world.register(second, LINE).unwrap();
    let limits = world.case().holder().unwrap().limits.clone();
    assert_eq!(limits.from, Some(START.plus(2 * DAY)));
    assert_eq!(limits.until, Some(START.plus(3 * DAY)));

    let mut later = terms(FORWARDER);
    later.valid_from = Some(START.plus(DAY));
    later.valid_until = START.plus(20 * DAY);
    world.register(replace(head(&world), later), LINE).unwrap();
    assert_eq!(world.case().holder().unwrap().limits, limits, "the other bill still binds");
}

#[test]
fn a_cancelled_mistake_does_not_keep_the_box_or_the_chain() {
    let mut world = World::with_haulier();
    world.register(second_bill(FORWARDER), LINE).unwrap();
    assert_eq!(world.needs()[0], "customs-silent");
    let wrong = world.case().releases[&bill("BL-2")].head;
    let mut cancel = change(wrong, ReleaseAction::Cancel);
    cancel.bill = bill("BL-2");
    world.register(cancel, LINE).unwrap();
    assert!(world.case().red(world.now).is_empty());
    assert_eq!(world.holder(), HAULIER);
}

#[test]
fn a_mistaken_bill_is_cancelled_and_the_box_released_under_the_right_one() {
    let mut world = World::released();
    world.register(change(head(&world), ReleaseAction::Cancel), LINE).unwrap();
    assert_eq!(world.case().right, None);
    assert!(world.needs().contains(&"not-released"));
    world.register(second_bill(HAULIER), LINE).unwrap();
    assert_eq!(world.holder(), HAULIER);
    assert!(world.case().is_green(Light::Commercial, world.now));
}

#[test]
fn a_revoked_bill_keeps_the_box_though_another_bill_stands() {
    let mut world = World::with_haulier();
    world.register(second_bill(FORWARDER), LINE).unwrap();
    world.register(change(head(&world), ReleaseAction::Revoke), LINE).unwrap();
    assert_eq!(world.case().right, None);
    assert!(world.needs().contains(&"release-revoked"));
    world.register(release(FORWARDER), LINE).unwrap();
    assert_eq!(world.holder(), FORWARDER);
}

#[test]
fn a_hold_on_one_of_53_boxes_of_a_bill_stops_only_that_box() {
    let mut world = World::new();
    let boxes: Vec<String> = (0..53)
        .map(|n| {
            let prefix = format!("MSKU{n:06}");
            let digit = crate::ids::ContainerNo::check_digit(&prefix).unwrap();
            format!("{prefix}{digit}")
        })
        .collect();
    for number in &boxes {
        let visit = visit_of(number);
        let order = ReleaseOrder { visit: visit.clone(), ..release(FORWARDER) };
        world.register(order, LINE).unwrap();
        let mut cleared = status(None, CustomsState::Released);
        cleared.visit = visit.clone();
        world.register(cleared, CUSTOMS).unwrap();
        let mut here = arrival();
        here.visit = visit;
        world.register(here, TERMINAL).unwrap();
    }
    let mut stop = hold(crate::document::HoldType::CustomsPhysical);
    stop.visit = visit_of(&boxes[17]);
    world.register(stop, CUSTOMS).unwrap();
    let red: Vec<_> = world.cases.values().filter(|case| !case.red(world.now).is_empty()).collect();
    assert_eq!(red.len(), 1);
    assert_eq!(red[0].visit.container.as_str(), boxes[17]);
}

#[test]
fn only_the_line_that_released_changes_the_release() {
    let mut world = World::released();
    for action in [ReleaseAction::Block, ReleaseAction::Revoke, ReleaseAction::Cancel] {
        let refusal = world.register(change(head(&world), action), LINE_2).unwrap_err();
        assert_eq!((refusal.code, refusal.names), (Code::NotReleaseIssuer, Some(head(&world))));
    }
}

#[test]
fn of_two_changes_of_one_release_the_second_is_told_of_the_first() {
    let mut world = World::released();
    let order = head(&world);
    let block = world.register(change(order, ReleaseAction::Block), LINE).unwrap();
    world.register(change(block, ReleaseAction::Unblock), LINE).unwrap();
    let refusal = world.register(change(order, ReleaseAction::Revoke), LINE).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::HeadMoved, Some(block)));
}

#[test]
fn a_change_that_does_not_fit_the_state_of_the_release_is_refused() {
    let mut world = World::released();
    let unblock = change(head(&world), ReleaseAction::Unblock);
    assert_eq!(code(world.register(unblock, LINE)), Code::ReleaseState);
    world.register(change(head(&world), ReleaseAction::Block), LINE).unwrap();
    let block = change(head(&world), ReleaseAction::Block);
    assert_eq!(code(world.register(block, LINE)), Code::ReleaseState);
}

#[test]
fn a_release_revoked_or_cancelled_stays_so_until_a_new_order() {
    for action in [ReleaseAction::Revoke, ReleaseAction::Cancel] {
        let mut world = World::released();
        world.register(change(head(&world), action), LINE).unwrap();
        for next in [ReleaseAction::Unblock, ReleaseAction::Revoke, ReleaseAction::Cancel] {
            let refusal = world.register(change(head(&world), next), LINE).unwrap_err();
            assert_eq!((refusal.code, refusal.names), (Code::ReleaseRevoked, Some(head(&world))));
        }
        let late = world.register(pass_to(HAULIER, head(&world)), FORWARDER).unwrap_err();
        assert_eq!((late.code, late.names), (Code::ReleaseRevoked, Some(head(&world))));
        world.register(release(FORWARDER), LINE).unwrap();
        assert_eq!(world.case().releases[&bill(BILL)].state, ReleaseState::Active);
    }
}

#[test]
fn a_release_that_is_over_before_it_begins_is_refused() {
    let mut world = World::new();
    let mut order = release(FORWARDER);
    order.terms.valid_until = START;
    assert_eq!(code(world.register(order.clone(), LINE)), Code::Expired);
    order.terms.valid_from = Some(START);
    assert_eq!(code(world.register(order, LINE)), Code::BadField);
}

#[test]
fn a_release_to_a_party_that_cannot_hold_a_right_is_refused() {
    let mut world = World::new();
    for unfit in [CUSTOMS, LINE, TERMINAL, PORT_AUTHORITY, "stranger"] {
        assert_eq!(code(world.register(release(unfit), LINE)), Code::HolderUnfit, "{unfit}");
    }
}

#[test]
fn an_expired_release_turns_the_light_red_and_a_later_date_turns_it_green() {
    let mut world = World::green();
    world.now = START.plus(11 * DAY);
    assert!(world.needs().contains(&"release-expired"));
    assert_eq!(code(world.register(pass_to(HAULIER, world.right()), FORWARDER)), Code::Expired);
    let mut longer = terms(FORWARDER);
    longer.valid_until = START.plus(20 * DAY);
    world.register(replace(head(&world), longer), LINE).unwrap();
    assert!(world.case().is_green(Light::Commercial, world.now));
    world.register(pass_to(HAULIER, world.right()), FORWARDER).unwrap();
}

#[test]
fn new_terms_for_the_same_party_keep_the_chain_and_its_bookings_but_end_the_pass() {
    let mut world = World::with_pass();
    let mut shorter = terms(FORWARDER);
    shorter.valid_until = START.plus(DAY);
    world.register(replace(head(&world), shorter), LINE).unwrap();
    assert_eq!(world.holder(), HAULIER);
    assert!(world.case().binding.is_some());
    assert!(world.case().pass.is_none());
    assert_eq!(world.case().holder().unwrap().limits.until, Some(START.plus(DAY)));
    assert!(world.pass_due().expires <= START.plus(DAY).as_secs());
}

#[test]
fn a_later_date_of_the_release_does_not_free_a_hop_that_narrowed_itself() {
    let mut world = World::green();
    let own = Limits { until: Some(START.plus(5 * DAY)), ..Limits::default() };
    let narrowed = PassRight { limits: own, ..pass_to(HAULIER, world.right()) };
    world.register(narrowed, FORWARDER).unwrap();
    let mut longer = terms(FORWARDER);
    longer.valid_until = START.plus(20 * DAY);
    world.register(replace(head(&world), longer), LINE).unwrap();
    let hops = &world.case().right.as_ref().unwrap().hops;
    assert_eq!(hops[0].limits.until, Some(START.plus(20 * DAY)));
    assert_eq!(hops[1].limits.until, Some(START.plus(5 * DAY)));
}

#[test]
fn new_terms_for_another_party_start_a_new_chain_and_end_every_booking() {
    let mut world = World::with_pass();
    let old = world.right();
    let moved = world.register(replace(head(&world), terms(SUB_HAULIER)), LINE).unwrap();
    assert_eq!(world.holder(), SUB_HAULIER);
    assert!(world.case().binding.is_none() && world.case().pass.is_none());
    let refusal = world.register(pass_to(SUB_HAULIER, old), HAULIER).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::HeadMoved, Some(moved)));
}

#[test]
fn one_of_two_bills_cannot_move_the_box_to_another_party() {
    let mut world = World::released();
    world.register(second_bill(FORWARDER), LINE).unwrap();
    let refused = world.register(replace(head(&world), terms(HAULIER)), LINE);
    assert_eq!(code(refused), Code::ReleaseState);
}

#[test]
fn a_revoked_release_takes_right_driver_slot_and_pass_with_it() {
    let mut world = World::with_pass();
    world.register(change(head(&world), ReleaseAction::Revoke), LINE).unwrap();
    let case = world.case();
    assert!(case.right.is_none() && case.binding.is_none() && case.pass.is_none());
    assert_eq!(case.slot_head(), None);
    world.now = START.plus(HOUR);
    let verdict = world.verdict_on_driver();
    let codes: Vec<_> = verdict.reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert!(codes.contains(&"pass-withdrawn") && codes.contains(&"release-revoked"), "{codes:?}");
}
