//! Overrides: what they cover, how long, in whose name, and over whom never.

use crate::case::{Case, Colour, Light, OVERRIDE_LIFE};
use crate::document::{
    Arrival, Cover, CustomsState, GateOut, HoldType, Override, ReleaseAction, TwoPersons, Verdict,
};
use crate::envelope;
use crate::ids::DocId;
use crate::refusal::Code;
use crate::world::*;

const PERSON: &str = "Chen Yu, shift manager";

fn cover(code: &str, document: DocId) -> Cover {
    Cover { code: remark(code), document }
}

/// Of one need, for eight hours, by one person.
fn over(light: Light, code: &str, document: DocId, world: &World) -> Override {
    Override {
        visit: visit(),
        light,
        builds_on: world.case().overrides.get(&light).map(|fact| fact.document),
        covers: vec![cover(code, document)],
        person: remark(PERSON),
        reason: remark("freight was paid, the line's office is closed"),
        valid_until: Some(world.now.plus(8 * HOUR)),
        approved_by: None,
        told: Vec::new(),
    }
}

fn over_hold(hold: DocId, world: &World) -> Override {
    over(Light::Commercial, "hold", hold, world)
}

fn withdrawal(world: &World) -> Override {
    let last = over_hold(DocId::from_bytes([0; 32]), world);
    Override { covers: Vec::new(), valid_until: None, ..last }
}

/// Everything is arranged but for a freight hold of the line.
fn on_freight_hold() -> (World, DocId) {
    let mut world = World::booked();
    let hold = world.register(hold(HoldType::Freight), LINE).unwrap();
    (world, hold)
}

/// The same, overridden, with the pass it gave.
fn overridden() -> (World, DocId, DocId) {
    let (mut world, hold) = on_freight_hold();
    let id = world.register(over_hold(hold, &world), TERMINAL).unwrap();
    let pass = world.pass_due();
    world.register(pass, TERMINAL).unwrap();
    (world, hold, id)
}

/// The same with the slot begun.
fn at_the_gate() -> (World, DocId, DocId) {
    let (mut world, hold, id) = overridden();
    world.now = START.plus(HOUR);
    (world, hold, id)
}

fn commercial(world: &World) -> Colour {
    world.case().colour(Light::Commercial, world.now)
}

#[test]
fn an_overridden_freight_hold_lets_the_pass_out_and_never_shows_green() {
    let (mut world, hold) = on_freight_hold();
    assert!(world.case().due(world.now, POLICY).is_none(), "the hold keeps the pass back");
    world.register(over_hold(hold, &world), TERMINAL).unwrap();
    assert_eq!(commercial(&world), Colour::Overridden);
    assert!(!world.case().is_green(Light::Commercial, world.now));
    assert_eq!(world.needs(), ["pass-missing"]);
    world.register(world.pass_due(), TERMINAL).unwrap();
    let over: Vec<_> =
        world.case().overridden(world.now).iter().map(|(need, _)| need.because).collect();
    assert_eq!(over, [Some(hold)]);
    assert_eq!(world.refold().as_ref(), Some(world.case()));
}

#[test]
fn a_block_and_open_charges_and_the_terminals_own_holds_can_be_overridden() {
    let mut world = World::booked();
    let order = world.case().releases[&bill(BILL)].head;
    let block = world.register(change(order, ReleaseAction::Block), LINE).unwrap();
    world.register(over(Light::Commercial, "release-blocked", block, &world), TERMINAL).unwrap();
    let builds_on = world.case().arrival.as_ref().map(|(id, _)| *id);
    let open = Arrival { builds_on, cleared: false, ..arrival() };
    let open = world.register(open, TERMINAL).unwrap();
    let storage = world.register(hold(HoldType::TerminalStorage), TERMINAL).unwrap();
    let damage = world.register(hold(HoldType::TerminalDamage), TERMINAL).unwrap();
    let mut both = over(Light::Terminal, "not-cleared", open, &world);
    both.covers.extend([cover("hold", storage), cover("hold", damage)]);
    world.register(both, TERMINAL).unwrap();
    assert_eq!(world.case().colour(Light::Terminal, world.now), Colour::Overridden);
    assert_eq!(world.needs(), ["pass-missing"]);
}

#[test]
fn what_is_only_partly_covered_stays_red() {
    let (mut world, first) = on_freight_hold();
    world.register(hold(HoldType::Commercial), LINE).unwrap();
    world.register(over_hold(first, &world), TERMINAL).unwrap();
    assert_eq!(commercial(&world), Colour::Red);
    assert_eq!(world.needs(), ["hold"]);
}

#[test]
fn the_gate_admits_on_an_override_and_names_it_and_its_person() {
    let (mut world, _, id) = at_the_gate();
    let decision = world.verdict_on_driver();
    assert_eq!(decision.verdict, Verdict::Admit);
    let named: Vec<_> =
        decision.overrides.iter().map(|o| (o.document, o.person.as_str())).collect();
    assert_eq!(named, [(id, PERSON)]);
    assert!(decision.relied_on.iter().any(|relied| relied.document == id));

    let mut silent = decision.clone();
    silent.overrides.clear();
    let refusal = world.register(silent, TERMINAL).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::OverrideUnnamed, Some(id)));
    let mut other = decision.clone();
    other.overrides[0].person = remark("Somebody Else");
    assert_eq!(code(world.register(other, TERMINAL)), Code::OverrideUnnamed);
    world.register(decision, TERMINAL).unwrap();
}

#[test]
fn a_decision_that_relies_on_no_override_names_none() {
    let (with, ..) = at_the_gate();
    let mut world = World::with_pass();
    world.now = START.plus(HOUR);
    let mut decision = world.verdict_on_driver();
    assert!(decision.overrides.is_empty());
    decision.overrides = with.verdict_on_driver().overrides;
    assert_eq!(code(world.register(decision, TERMINAL)), Code::OverrideUnnamed);
}

/// Overridden, admitted, and the interchange receipt signed by both.
fn handed_over() -> (World, DocId, DocId) {
    let (mut world, hold, id) = at_the_gate();
    let decision = world.register(world.verdict_on_driver(), TERMINAL).unwrap();
    let receipt = world.register(interchange(decision), TERMINAL).unwrap();
    world.register(interchange(receipt), DRIVER).unwrap();
    (world, hold, id)
}

#[test]
fn the_gate_out_names_the_override_too() {
    let (mut world, _, id) = handed_over();
    let silent = GateOut { overrides: Vec::new(), ..world.gate_out() };
    assert_eq!(code(world.register(silent, TERMINAL)), Code::OverrideUnnamed);
    let gate_out = world.gate_out();
    assert_eq!(gate_out.overrides[0].document, id);
    world.register(gate_out, TERMINAL).unwrap();
}

#[test]
fn a_truck_that_is_inside_leaves_though_the_override_ran_out() {
    let (mut world, _, id) = handed_over();
    world.now = START.plus(9 * HOUR);
    assert_eq!(commercial(&world), Colour::Red);
    assert_eq!(world.gate_out().overrides[0].document, id);
    world.register(world.gate_out(), TERMINAL).unwrap();
}

#[test]
fn a_truck_that_is_inside_stays_when_the_override_is_withdrawn_or_a_hold_is_new() {
    let (mut world, _, _) = handed_over();
    let mut held = world.clone();
    world.register(withdrawal(&world), TERMINAL).unwrap();
    assert_eq!(code(world.register(world.gate_out(), TERMINAL)), Code::PassNotDue);
    held.register(hold(HoldType::Freight), LINE).unwrap();
    assert_eq!(code(held.register(held.gate_out(), TERMINAL)), Code::PassNotDue);
}

#[test]
fn an_override_made_while_the_truck_is_inside_lets_it_out_in_its_own_time_only() {
    let (mut world, first, _) = handed_over();
    let later = world.register(hold(HoldType::Freight), LINE).unwrap();
    let mut both = over_hold(first, &world);
    both.covers.push(cover("hold", later));
    both.valid_until = Some(world.now.plus(HOUR));
    world.register(both, TERMINAL).unwrap();
    let mut late = world.clone();
    world.register(world.gate_out(), TERMINAL).unwrap();
    assert_eq!(world.case().colour(Light::Commercial, world.now), Colour::Overridden);
    late.pass_time(2 * HOUR);
    assert_eq!(code(late.register(late.gate_out(), TERMINAL)), Code::PassNotDue);
}

#[test]
fn a_hold_placed_after_the_override_is_not_covered_by_it() {
    let (mut world, ..) = at_the_gate();
    let later = world.register(hold(HoldType::Freight), LINE).unwrap();
    assert_eq!(commercial(&world), Colour::Red);
    let decision = world.verdict_on_driver();
    assert_eq!(decision.verdict, Verdict::Refuse);
    let codes: Vec<_> = decision.reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(codes, ["hold"]);
    world.register(over_hold(later, &world), TERMINAL).unwrap();
    assert_eq!(world.needs(), ["hold"], "the new override covers the new hold alone");
}

#[test]
fn a_release_blocked_again_is_red_again() {
    let mut world = World::booked();
    let order = world.case().releases[&bill(BILL)].head;
    let block = world.register(change(order, ReleaseAction::Block), LINE).unwrap();
    world.register(over(Light::Commercial, "release-blocked", block, &world), TERMINAL).unwrap();
    let free = world.register(change(block, ReleaseAction::Unblock), LINE).unwrap();
    assert_eq!(commercial(&world), Colour::Green);
    world.register(change(free, ReleaseAction::Block), LINE).unwrap();
    assert_eq!(commercial(&world), Colour::Red);
}

#[test]
fn a_revoke_ends_the_right_whatever_is_overridden() {
    let mut world = World::booked();
    let order = world.case().releases[&bill(BILL)].head;
    let block = world.register(change(order, ReleaseAction::Block), LINE).unwrap();
    world.register(over(Light::Commercial, "release-blocked", block, &world), TERMINAL).unwrap();
    let revoke = world.register(change(block, ReleaseAction::Revoke), LINE).unwrap();
    assert!(world.case().right.is_none());
    assert_eq!(commercial(&world), Colour::Red);
    for wanted in ["release-revoked", "not-released", "release-expired"] {
        let wanted = over(Light::Commercial, wanted, revoke, &world);
        assert_eq!(code(world.register(wanted, TERMINAL)), Code::NotOverridable);
    }
    let blocked = over(Light::Commercial, "release-blocked", revoke, &world);
    let refusal = world.register(blocked, TERMINAL).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::ReleaseRevoked, Some(revoke)));
}

#[test]
fn without_a_release_there_is_no_right_to_override_for() {
    let mut world = World::new();
    let held = world.register(hold(HoldType::Freight), LINE).unwrap();
    assert_eq!(code(world.register(over_hold(held, &world), TERMINAL)), Code::NotHolder);
    let mut none = World::new();
    let mut alone = over_hold(held, &world);
    alone.builds_on = None;
    assert_eq!(code(none.register(alone, TERMINAL)), Code::CaseUnknown);
}

#[test]
fn the_customs_light_is_overridden_by_nobody_whatever_its_state() {
    let (world, hold) = on_freight_hold();
    for code_of in ["hold", "customs-silent", "customs-not-released"] {
        let customs = over(Light::Customs, code_of, hold, &world);
        assert_eq!(code(world.clone().register(customs.clone(), TERMINAL)), Code::NotOverridable);
        let customs = Override { light: Light::Commercial, ..customs };
        let answer = world.clone().register(customs, TERMINAL);
        assert_eq!(answer.is_ok(), code_of == "hold");
    }
    let mut withdrawn = withdrawal(&world);
    withdrawn.light = Light::Customs;
    assert_eq!(code(world.clone().register(withdrawn, TERMINAL)), Code::NotOverridable);
}

#[test]
fn no_hold_of_customs_quarantine_court_or_security_is_overridden_under_any_light() {
    for (hold_type, placer) in [
        (HoldType::CustomsDocuments, CUSTOMS),
        (HoldType::CustomsScan, CUSTOMS),
        (HoldType::CustomsPhysical, CUSTOMS),
        (HoldType::Quarantine, CUSTOMS),
        (HoldType::Security, CUSTOMS),
        (HoldType::Court, PORT_AUTHORITY),
        (HoldType::Court, CUSTOMS),
    ] {
        for light in Light::ALL {
            let mut world = World::booked();
            let stop = world.register(hold(hold_type), placer).unwrap();
            let refused = world.register(over(light, "hold", stop, &world), TERMINAL);
            assert_eq!(code(refused), Code::NotOverridable, "{hold_type:?} {light:?}");
        }
    }
}

#[test]
fn while_customs_or_a_court_holds_the_container_nothing_is_overridden() {
    let (world, freight) = on_freight_hold();
    for (hold_type, placer) in [(HoldType::CustomsScan, CUSTOMS), (HoldType::Court, PORT_AUTHORITY)]
    {
        let mut world = world.clone();
        let stop = world.register(hold(hold_type), placer).unwrap();
        let refusal = world.register(over_hold(freight, &world), TERMINAL).unwrap_err();
        assert_eq!((refusal.code, refusal.names), (Code::NotOverridable, Some(stop)));
    }
    let said = world.case().customs[&bill(BILL)].head;
    for state in
        [CustomsState::Held, CustomsState::Exam, CustomsState::Scan, CustomsState::Rejected]
    {
        let mut world = world.clone();
        let stop = world.register(status(Some(said), state), CUSTOMS).unwrap();
        let refusal = world.register(over_hold(freight, &world), TERMINAL).unwrap_err();
        assert_eq!((refusal.code, refusal.names), (Code::NotOverridable, Some(stop)));
    }
}

#[test]
fn a_customs_hold_after_the_override_kills_the_pass() {
    let (mut world, ..) = at_the_gate();
    world.register(hold(HoldType::CustomsPhysical), CUSTOMS).unwrap();
    let decision = world.verdict_on_driver();
    assert_eq!(decision.verdict, Verdict::Refuse);
    let owed: Vec<_> = decision.reasons.iter().map(|reason| reason.owed_by.as_str()).collect();
    assert_eq!(owed, [CUSTOMS]);
}

/// What a terminal that breaks the rules could have registered: applied without being judged.
fn forced(world: &mut World, d: Override) -> Case {
    let signed = world.signed(d, TERMINAL).unwrap();
    let (_, position) = world.log.last().cloned().unwrap();
    let mut case = world.case().clone();
    case.apply(&signed, position);
    case
}

#[test]
fn no_reader_counts_an_override_of_a_court_order_that_its_terminal_registered_all_the_same() {
    let mut world = World::booked();
    let order = world.register(hold(HoldType::Court), PORT_AUTHORITY).unwrap();
    let wanted = over_hold(order, &world);
    let case = forced(&mut world, wanted);
    assert!(case.overrides.contains_key(&Light::Commercial), "the fold has it");
    assert_eq!(case.colour(Light::Commercial, world.now), Colour::Red);
}

#[test]
fn no_reader_counts_an_override_longer_than_its_life() {
    let (mut world, hold) = on_freight_hold();
    let mut long = over_hold(hold, &world);
    long.valid_until = Some(world.now.plus(30 * DAY));
    let case = forced(&mut world, long);
    assert_eq!(case.colour(Light::Commercial, world.now), Colour::Overridden);
    let later = world.now.plus(OVERRIDE_LIFE + MINUTE);
    assert_eq!(case.colour(Light::Commercial, later), Colour::Red);
}

#[test]
fn only_the_terminal_of_the_case_overrides() {
    let (mut world, hold) = on_freight_hold();
    for name in [LINE, CUSTOMS, FORWARDER, HAULIER, PORT_AUTHORITY, DRIVER, TERMINAL_2] {
        let refused = world.register(over_hold(hold, &world), name);
        assert_eq!(code(refused), Code::RoleMayNotSign, "{name}");
    }
    let mut elsewhere = over_hold(hold, &world);
    elsewhere.visit.terminal = party(TERMINAL_2);
    assert_eq!(code(world.register(elsewhere, TERMINAL)), Code::WrongTerminal);
}

#[test]
fn an_override_needs_a_name_and_a_reason() {
    assert!(crate::document::Remark::parse("").is_err());
    let (world, hold) = on_freight_hold();
    for field in ["person", "reason"] {
        let mut json = serde_json::to_value(over_hold(hold, &world)).unwrap();
        json[field] = "".into();
        assert!(serde_json::from_value::<Override>(json.clone()).is_err(), "{field}");
        json.as_object_mut().unwrap().remove(field);
        assert!(serde_json::from_value::<Override>(json).is_err(), "{field}");
    }
}

#[test]
fn an_override_is_bounded_in_time_both_ways() {
    let (mut world, hold) = on_freight_hold();
    let until = |world: &World, span| Override {
        valid_until: Some(world.now.plus(span)),
        ..over_hold(hold, world)
    };
    let past = Override { valid_until: Some(START), ..over_hold(hold, &world) };
    assert_eq!(code(world.register(past, TERMINAL)), Code::Expired);
    let long = until(&world, OVERRIDE_LIFE + MINUTE);
    assert_eq!(code(world.register(long, TERMINAL)), Code::OverrideTooLong);
    let endless = Override { valid_until: None, ..over_hold(hold, &world) };
    assert_eq!(code(world.register(endless, TERMINAL)), Code::BadField);
    world.register(until(&world, OVERRIDE_LIFE), TERMINAL).unwrap();
}

#[test]
fn an_override_ends_at_its_time_without_a_word() {
    let (mut world, ..) = overridden();
    world.pass_time(8 * HOUR);
    assert_eq!(commercial(&world), Colour::Red);
    assert!(world.needs().contains(&"hold"));
    let decision = world.verdict_on_driver();
    assert!(decision.overrides.is_empty());
    assert!(decision.reasons.iter().any(|reason| reason.code.as_str() == "hold"));
}

#[test]
fn an_override_is_withdrawn_once_and_by_its_head() {
    let (mut world, _, id) = overridden();
    let mut stale = withdrawal(&world);
    stale.builds_on = None;
    assert_eq!(code(world.register(stale, TERMINAL)), Code::HeadMoved);
    let ended = world.register(withdrawal(&world), TERMINAL).unwrap();
    assert_eq!(commercial(&world), Colour::Red);
    assert_eq!(code(world.register(withdrawal(&world), TERMINAL)), Code::NothingToOverride);
    let mut late = withdrawal(&world);
    late.builds_on = Some(id);
    let refusal = world.register(late, TERMINAL).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::HeadMoved, Some(ended)));
}

#[test]
fn nothing_is_withdrawn_that_never_stood_or_has_ended() {
    let (mut world, _) = on_freight_hold();
    assert_eq!(code(world.register(withdrawal(&world), TERMINAL)), Code::NothingToOverride);
    let (mut ended, ..) = overridden();
    ended.pass_time(9 * HOUR);
    assert_eq!(code(ended.register(withdrawal(&ended), TERMINAL)), Code::NothingToOverride);
}

#[test]
fn what_does_not_stand_cannot_be_overridden() {
    let (mut world, freight) = on_freight_hold();
    let order = world.case().releases[&bill(BILL)].head;
    for wanted in [
        over(Light::Commercial, "release-blocked", order, &world),
        over(Light::Commercial, "hold", order, &world),
        over(Light::Commercial, "hold", DocId::from_bytes([9; 32]), &world),
        over(Light::Terminal, "hold", freight, &world),
    ] {
        assert_eq!(code(world.register(wanted, TERMINAL)), Code::NothingToOverride);
    }
    let lifted = world.register(lift(freight), LINE).unwrap();
    let refusal = world.register(over_hold(freight, &world), TERMINAL).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::NothingToOverride, Some(lifted)));
}

#[test]
fn after_the_gate_out_nothing_is_overridden() {
    let mut world = World::left();
    let gate_out = world.case().gate_out.unwrap().0;
    let refusal = world.register(over_hold(gate_out, &world), TERMINAL).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::CaseClosed, Some(gate_out)));
}

#[test]
fn the_line_reads_every_override_and_customs_learns_of_it_though_no_office_has_spoken() {
    let mut world = World::released();
    let held = world.register(hold(HoldType::Freight), LINE).unwrap();
    let untold = over_hold(held, &world);
    assert_eq!(code(world.register(untold.clone(), TERMINAL)), Code::CustomsUntold);
    let one = Override { told: vec![party(CUSTOMS)], ..untold.clone() };
    assert_eq!(code(world.register(one, TERMINAL)), Code::CustomsUntold);
    let told = world.case().offices_to_tell(&world.authorities.directory);
    assert_eq!(told, [party(CUSTOMS), party(CUSTOMS_2)]);
    world.register(Override { told: told.clone(), ..untold }, TERMINAL).unwrap();
    let readers = &world.case().parties;
    assert!(readers.contains(&party(LINE)) && told.iter().all(|office| readers.contains(office)));
    let again = world.case().offices_to_tell(&world.authorities.directory);
    assert_eq!(again, told, "until one of them has signed");
}

#[test]
fn an_office_that_the_terminal_told_of_the_arrival_does_not_stand_for_the_others() {
    let mut world = World::released();
    world.register(Arrival { told: vec![party(CUSTOMS)], ..arrival() }, TERMINAL).unwrap();
    let held = world.register(hold(HoldType::Freight), LINE).unwrap();
    let untold = over_hold(held, &world);
    assert_eq!(code(world.register(untold.clone(), TERMINAL)), Code::CustomsUntold);
    let told = vec![party(CUSTOMS), party(CUSTOMS_2)];
    world.register(Override { told, ..untold }, TERMINAL).unwrap();
}

#[test]
fn where_an_office_has_spoken_no_other_is_told() {
    let (mut world, hold) = on_freight_hold();
    let more = Override { told: vec![party(CUSTOMS_2)], ..over_hold(hold, &world) };
    assert_eq!(code(world.register(more, TERMINAL)), Code::CustomsUntold);
    world.register(over_hold(hold, &world), TERMINAL).unwrap();
    assert!(world.case().parties.contains(&party(CUSTOMS)));
    assert!(!world.case().parties.contains(&party(CUSTOMS_2)));
}

#[test]
fn a_list_of_offices_has_one_order_and_a_cover_stands_once() {
    let (mut world, hold) = on_freight_hold();
    for told in [vec![party(CUSTOMS_2), party(CUSTOMS)], vec![party(CUSTOMS), party(CUSTOMS)]] {
        let wrong = Override { told, ..over_hold(hold, &world) };
        assert_eq!(code(world.register(wrong, TERMINAL)), Code::BadField);
    }
    let mut twice = over_hold(hold, &world);
    twice.covers.push(cover("hold", hold));
    assert_eq!(code(world.register(twice, TERMINAL)), Code::BadField);
    let mut many = over_hold(hold, &world);
    many.covers = (0..=64).map(|n| cover("hold", DocId::from_bytes([n; 32]))).collect();
    assert_eq!(code(world.register(many, TERMINAL)), Code::BadField);
}

#[test]
fn two_persons_are_two_whatever_the_capitals_and_blanks() {
    let (mut world, hold) = on_freight_hold();
    let two = |asked: &str, agreed: &str| {
        Some(TwoPersons { asked: remark(asked), agreed: remark(agreed) })
    };
    let by = |world: &World, approved_by| Override { approved_by, ..over_hold(hold, world) };
    for other in [PERSON, "chen yu,  SHIFT manager", " Chen Yu, shift manager "] {
        let same = by(&world, two(PERSON, other));
        assert_eq!(code(world.register(same, TERMINAL)), Code::SamePerson, "{other}");
    }
    let other_asked = by(&world, two("Li Na", PERSON));
    assert_eq!(code(world.register(other_asked, TERMINAL)), Code::BadField);
    world.register(by(&world, two(PERSON, "Li Na")), TERMINAL).unwrap();
    let fact = &world.case().overrides[&Light::Commercial];
    assert_eq!(fact.approved_by.as_ref().unwrap().agreed, remark("Li Na"));
}

#[test]
fn a_release_order_shows_the_two_persons_who_agreed_and_not_one_twice() {
    let mut order = release(FORWARDER);
    order.approved_by = Some(TwoPersons { asked: remark("Ann"), agreed: remark("ann") });
    assert_eq!(code(World::new().register(order.clone(), LINE)), Code::SamePerson);
    order.approved_by = Some(TwoPersons { asked: remark("Ann"), agreed: remark("Ben") });
    let mut world = World::new();
    world.register(order.clone(), LINE).unwrap();
    let read = envelope::reopen(world.log[0].0.bytes()).unwrap();
    assert_eq!(*read.document(), order.into());
}
