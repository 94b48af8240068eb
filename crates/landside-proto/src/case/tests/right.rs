use crate::case::HOPS_MAX;
use crate::document::{Limits, PassRight, ReleaseAction};
use crate::ids::DocId;
use crate::refusal::Code;
use crate::world::*;

fn limited(limits: Limits, to: &str, builds_on: DocId) -> PassRight {
    PassRight { limits, ..pass_to(to, builds_on) }
}

/// Forwarder to haulier to sub-haulier; returns the two passes.
fn two_hops() -> (World, DocId, DocId) {
    let mut world = World::green();
    let first = world.register(pass_to(HAULIER, world.right()), FORWARDER).unwrap();
    let second = world.register(pass_to(SUB_HAULIER, first), HAULIER).unwrap();
    (world, first, second)
}

#[test]
fn only_the_holder_passes_the_right_on() {
    let mut world = World::with_haulier();
    for other in [FORWARDER, SUB_HAULIER] {
        let refused = world.register(pass_to(SUB_HAULIER, world.right()), other);
        assert_eq!(code(refused), Code::NotHolder, "{other}");
    }
}

#[test]
fn of_two_passes_of_one_right_the_second_is_told_of_the_winner() {
    let mut world = World::green();
    let release = world.right();
    let winner = world.register(pass_to(HAULIER, release), FORWARDER).unwrap();
    let loser = world.register(pass_to(SUB_HAULIER, release), FORWARDER).unwrap_err();
    assert_eq!((loser.code, loser.names), (Code::HeadMoved, Some(winner)));
}

#[test]
fn the_winner_named_is_the_pass_and_not_the_booking_made_before_it() {
    let mut world = World::booked();
    let held = world.right();
    let winner = world.register(pass_to(SUB_HAULIER, held), HAULIER).unwrap();
    let loser = world.register(pass_to(FORWARDER, held), HAULIER).unwrap_err();
    assert_eq!((loser.code, loser.names), (Code::HeadMoved, Some(winner)));
}

#[test]
fn a_pass_that_arrives_after_the_return_is_refused() {
    let mut world = World::green();
    let release = world.right();
    let late = world.signed(pass_to(SUB_HAULIER, release), FORWARDER).unwrap();
    let first = world.register(pass_to(HAULIER, release), FORWARDER).unwrap();
    world.register(give_back(first), HAULIER).unwrap();
    assert_eq!(world.holder(), FORWARDER);
    let refusal = world.deliver(late).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::HeadMoved, Some(first)));
}

#[test]
fn a_right_is_passed_to_a_party_that_can_hold_it_and_not_to_oneself() {
    let mut world = World::green();
    for unfit in [CUSTOMS, TERMINAL, LINE, FORWARDER, "stranger"] {
        let refused = world.register(pass_to(unfit, world.right()), FORWARDER);
        assert_eq!(code(refused), Code::HolderUnfit, "{unfit}");
    }
}

#[test]
fn each_limit_can_only_narrow() {
    let given = Limits {
        from: Some(START.plus(HOUR)),
        until: Some(START.plus(5 * DAY)),
        plate: Some(plate(PLATE)),
        depot: Some(crate::ids::Reference::parse("DEPOT-1").unwrap()),
        hops: Some(2),
    };
    let open = Limits::default();
    let wider = [
        Limits { from: Some(START), ..open.clone() },
        Limits { until: Some(START.plus(6 * DAY)), ..open.clone() },
        Limits { plate: Some(plate("沪B99999")), ..open.clone() },
        Limits { depot: Some(crate::ids::Reference::parse("DEPOT-2").unwrap()), ..open.clone() },
        Limits { hops: Some(2), ..open.clone() },
    ];
    let mut world = World::green();
    world.register(limited(given.clone(), HAULIER, world.right()), FORWARDER).unwrap();
    let hop = world.right();
    for limits in wider {
        let refused = world.register(limited(limits.clone(), SUB_HAULIER, hop), HAULIER);
        let refusal = refused.expect_err(&format!("{limits:?}"));
        assert_eq!((refusal.code, refusal.names), (Code::RightWidened, Some(hop)), "{limits:?}");
    }
    world.register(limited(open, SUB_HAULIER, hop), HAULIER).unwrap();
    let inherited = &world.case().holder().unwrap().limits;
    assert_eq!(*inherited, Limits { hops: Some(1), ..given });
}

#[test]
fn a_first_holder_cannot_pass_on_more_time_than_the_release_has() {
    let mut world = World::green();
    let limits = Limits { until: Some(START.plus(11 * DAY)), ..Limits::default() };
    let refused = world.register(limited(limits, HAULIER, world.right()), FORWARDER);
    assert_eq!(code(refused), Code::RightWidened);
}

#[test]
fn a_right_without_hops_left_is_not_passed_on() {
    let mut world = World::green();
    let last = Limits { hops: Some(0), ..Limits::default() };
    world.register(limited(last, HAULIER, world.right()), FORWARDER).unwrap();
    let refused = world.register(pass_to(SUB_HAULIER, world.right()), HAULIER);
    assert_eq!(code(refused), Code::HopsExhausted);
}

#[test]
fn a_limit_of_hops_counts_down_though_nobody_repeats_it() {
    let mut world = World::green();
    let one_more = Limits { hops: Some(1), ..Limits::default() };
    world.register(limited(one_more, HAULIER, world.right()), FORWARDER).unwrap();
    world.register(pass_to(SUB_HAULIER, world.right()), HAULIER).unwrap();
    let refused = world.register(pass_to(HAULIER, world.right()), SUB_HAULIER);
    assert_eq!(code(refused), Code::HopsExhausted);
}

#[test]
fn a_chain_has_a_largest_length() {
    let mut world = World::green();
    let mut holder = FORWARDER;
    for _ in 1..HOPS_MAX {
        let next = if holder == HAULIER { SUB_HAULIER } else { HAULIER };
        world.register(pass_to(next, world.right()), holder).unwrap();
        holder = next;
    }
    let refused = world.register(pass_to(FORWARDER, world.right()), holder);
    assert_eq!(code(refused), Code::HopsExhausted);
}

#[test]
fn an_expired_right_is_not_passed_on_and_not_used() {
    let mut world = World::green();
    let today = Limits { until: Some(START.plus(HOUR)), ..Limits::default() };
    world.register(limited(today, HAULIER, world.right()), FORWARDER).unwrap();
    world.register(credential(DRIVER), HAULIER).unwrap();
    world.now = START.plus(2 * HOUR);
    let right = world.right();
    assert_eq!(code(world.register(pass_to(SUB_HAULIER, right), HAULIER)), Code::Expired);
    assert_eq!(code(world.register(binding(right, DRIVER), HAULIER)), Code::Expired);
    assert_eq!(code(world.register(slot_request(right), HAULIER)), Code::Expired);
    world.register(give_back(right), HAULIER).unwrap();
}

#[test]
fn a_return_goes_one_hop_back_and_the_first_holder_has_nobody_to_return_to() {
    let (mut world, _, second) = two_hops();
    assert_eq!(code(world.register(give_back(second), HAULIER)), Code::NotHolder);
    world.register(give_back(second), SUB_HAULIER).unwrap();
    assert_eq!(world.holder(), HAULIER);
    world.register(give_back(world.right()), HAULIER).unwrap();
    assert_eq!(code(world.register(give_back(world.right()), FORWARDER)), Code::NotHolder);
}

#[test]
fn a_revoke_upstream_takes_the_right_from_everybody_downstream() {
    for (revoker, left) in [(FORWARDER, FORWARDER), (LINE, FORWARDER)] {
        let (mut world, first, _) = two_hops();
        world.register(revoke(first), revoker).unwrap();
        assert_eq!(world.holder(), left, "revoked by {revoker}");
    }
}

#[test]
fn a_revoke_downstream_leaves_the_hops_before_it() {
    let (mut world, _, second) = two_hops();
    world.register(revoke(second), FORWARDER).unwrap();
    assert_eq!(world.holder(), HAULIER);
}

#[test]
fn nobody_revokes_a_hop_that_is_not_downstream() {
    let (mut world, first, second) = two_hops();
    for (hop, revoker) in
        [(first, HAULIER), (first, SUB_HAULIER), (second, SUB_HAULIER), (first, LINE_2)]
    {
        let refusal = world.register(revoke(hop), revoker).unwrap_err();
        assert_eq!((refusal.code, refusal.names), (Code::NotUpstream, Some(hop)), "{revoker}");
    }
}

#[test]
fn the_release_itself_is_changed_by_its_line_and_not_revoked_like_a_hop() {
    let mut world = World::green();
    assert_eq!(code(world.register(revoke(world.right()), LINE)), Code::HeadMoved);
    assert_eq!(code(world.register(revoke(world.right()), FORWARDER)), Code::HeadMoved);
}

#[test]
fn a_line_whose_release_ended_takes_back_nobodys_right() {
    let mut world = World::released();
    let order = world.right();
    world.register(change(order, ReleaseAction::Cancel), LINE).unwrap();
    let mut other = release(FORWARDER);
    other.bill = bill("BL-2");
    world.register(other, LINE_2).unwrap();
    let hop = world.register(pass_to(HAULIER, world.right()), FORWARDER).unwrap();
    assert_eq!(code(world.register(revoke(hop), LINE)), Code::NotUpstream);
    world.register(revoke(hop), LINE_2).unwrap();
}

#[test]
fn a_revoke_of_a_hop_that_ended_names_what_stands() {
    let (mut world, first, second) = two_hops();
    let cut = world.register(revoke(first), FORWARDER).unwrap();
    let refusal = world.register(revoke(second), HAULIER).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::HeadMoved, Some(cut)));
    let late = world.register(pass_to(HAULIER, second), SUB_HAULIER).unwrap_err();
    assert_eq!((late.code, late.names), (Code::HeadMoved, Some(cut)));
}

#[test]
fn a_revoke_ends_driver_slot_and_pass() {
    let mut world = World::with_pass();
    let hop = world.right();
    world.register(revoke(hop), FORWARDER).unwrap();
    let case = world.case();
    assert!(case.binding.is_none() && case.pass.is_none() && case.slot_head().is_none());
    assert_eq!(case.due(world.now, POLICY), None);
}

#[test]
fn naming_the_same_haulier_again_restores_its_slot_and_not_its_driver() {
    let mut world = World::with_pass();
    let slot = world.case().slot_head();
    let hop = world.right();
    world.register(revoke(hop), FORWARDER).unwrap();
    world.register(pass_to(SUB_HAULIER, world.right()), FORWARDER).unwrap();
    assert_eq!(world.case().slot_head(), None, "another haulier does not inherit the slot");
    world.register(revoke(world.right()), FORWARDER).unwrap();
    world.register(pass_to(HAULIER, world.right()), FORWARDER).unwrap();
    assert_eq!(world.case().slot_head(), slot);
    assert!(world.case().binding.is_none() && world.case().pass.is_none());
    world.register(binding(world.right(), DRIVER), HAULIER).unwrap();
    assert_eq!(world.pass_due().right, world.right());
}

#[test]
fn a_late_revoke_is_answered_with_the_gate_out() {
    let mut world = World::left();
    let hop = world.case().holder().unwrap().document;
    let (gate_out, _) = world.case().gate_out.unwrap();
    let order = world.case().releases[&bill(BILL)].head;
    let late = [
        world.register(revoke(hop), FORWARDER),
        world.register(pass_to(SUB_HAULIER, hop), HAULIER),
        world.register(give_back(hop), HAULIER),
        world.register(change(order, ReleaseAction::Revoke), LINE),
    ];
    for refusal in late.map(Result::unwrap_err) {
        assert_eq!((refusal.code, refusal.names), (Code::RightConsumed, Some(gate_out)));
    }
    assert!(world.case().is_closed());
}

#[test]
fn nothing_moves_before_a_release() {
    let mut world = World::new();
    let here = world.register(arrival(), TERMINAL).unwrap();
    assert_eq!(code(world.register(pass_to(HAULIER, here), FORWARDER)), Code::NotHolder);
    assert_eq!(code(world.register(revoke(here), LINE)), Code::NotHolder);
    assert_eq!(code(world.register(binding(here, DRIVER), HAULIER)), Code::NotHolder);
}

#[test]
fn a_right_passed_for_a_time_that_is_over_is_refused_and_one_that_runs_out_is_owed_by_the_holder_before()
 {
    let mut world = World::green();
    world.now = START.plus(2 * HOUR);
    let over = PassRight {
        limits: Limits { until: Some(START.plus(HOUR)), ..Limits::default() },
        ..pass_to(HAULIER, world.right())
    };
    assert_eq!(code(world.register(over, FORWARDER)), Code::Expired);
    let short = PassRight {
        limits: Limits { until: Some(START.plus(3 * HOUR)), ..Limits::default() },
        ..pass_to(HAULIER, world.right())
    };
    world.register(short, FORWARDER).unwrap();
    world.now = START.plus(4 * HOUR);
    let needs = world.case().needs(world.now);
    let over = needs.iter().find(|need| need.code == "right-expired").unwrap();
    assert_eq!(over.owed_by, FORWARDER);
}
