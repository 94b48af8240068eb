use crate::case::{CASE_DOCS_MAX, CASE_DOCS_RESERVED, Light};
use crate::document::{Arrival, CustomsState, HoldType};
use crate::refusal::Code;
use crate::world::*;

const ALL_HOLDS: [HoldType; 10] = [
    HoldType::Commercial,
    HoldType::Freight,
    HoldType::CustomsDocuments,
    HoldType::CustomsScan,
    HoldType::CustomsPhysical,
    HoldType::Quarantine,
    HoldType::TerminalStorage,
    HoldType::TerminalDamage,
    HoldType::Court,
    HoldType::Security,
];

#[test]
fn a_hold_is_placed_by_its_own_authority_and_by_nobody_else() {
    let may = |hold: HoldType, who: &str| match hold {
        HoldType::Commercial | HoldType::Freight => who == LINE,
        HoldType::TerminalStorage | HoldType::TerminalDamage => who == TERMINAL,
        HoldType::Court => [CUSTOMS, PORT_AUTHORITY].contains(&who),
        _ => who == CUSTOMS,
    };
    for hold_type in ALL_HOLDS {
        for who in [LINE, LINE_2, CUSTOMS, TERMINAL, PORT_AUTHORITY] {
            let mut world = World::green();
            let answer = world.register(hold(hold_type), who);
            if may(hold_type, who) {
                assert!(answer.is_ok(), "{who} places {hold_type:?}");
                assert_eq!(world.case().red(world.now).len(), 1);
            } else {
                assert_eq!(code(answer), Code::HoldNotYours, "{who} places {hold_type:?}");
            }
        }
    }
}

#[test]
fn another_terminal_has_no_say_over_a_box_that_stands_here() {
    let mut world = World::green();
    for hold_type in [HoldType::TerminalStorage, HoldType::TerminalDamage] {
        assert_eq!(code(world.register(hold(hold_type), TERMINAL_2)), Code::HoldNotYours);
    }
    let mut again = arrival();
    again.builds_on = world.case().arrival.as_ref().map(|(id, _)| *id);
    assert_eq!(code(world.register(again, TERMINAL_2)), Code::RoleMayNotSign);
}

#[test]
fn a_line_may_hold_a_box_before_anybody_released_it() {
    let mut world = World::new();
    world.register(hold(HoldType::Freight), LINE).unwrap();
    assert!(world.needs().contains(&"hold"));
}

#[test]
fn a_hold_keeps_the_chain_and_its_lift_gives_the_light_back() {
    let mut world = World::with_pass();
    let stop = world.register(hold(HoldType::CustomsScan), CUSTOMS).unwrap();
    assert!(!world.case().is_green(Light::Customs, world.now));
    assert_eq!(world.holder(), HAULIER);
    world.register(lift(stop), CUSTOMS).unwrap();
    assert!(world.case().red(world.now).is_empty());
    assert!(world.case().pass.is_some(), "the pass outlives a hold");
}

#[test]
fn a_hold_is_lifted_by_its_placer_or_by_one_that_outranks_it() {
    let cases = [
        (HoldType::Commercial, LINE, CUSTOMS, true),
        (HoldType::Freight, LINE, PORT_AUTHORITY, true),
        (HoldType::CustomsScan, CUSTOMS, PORT_AUTHORITY, true),
        (HoldType::Commercial, LINE, LINE_2, false),
        (HoldType::Commercial, LINE, TERMINAL, false),
        (HoldType::CustomsScan, CUSTOMS, LINE, false),
        (HoldType::CustomsScan, CUSTOMS, CUSTOMS_2, false),
        (HoldType::CustomsScan, CUSTOMS, TERMINAL, false),
        (HoldType::Court, PORT_AUTHORITY, CUSTOMS, false),
        (HoldType::Court, PORT_AUTHORITY, LINE, false),
        (HoldType::TerminalDamage, TERMINAL, LINE, false),
        (HoldType::TerminalDamage, TERMINAL, CUSTOMS, false),
    ];
    for (hold_type, placer, lifter, may) in cases {
        let mut world = World::green();
        let stop = world.register(hold(hold_type), placer).unwrap();
        let answer = world.register(lift(stop), lifter);
        if may {
            assert!(answer.is_ok(), "{lifter} lifts {hold_type:?}");
        } else {
            let refusal = answer.unwrap_err();
            assert_eq!((refusal.code, refusal.names), (Code::NotPlacer, Some(stop)), "{lifter}");
            assert_eq!(world.case().red(world.now).len(), 1);
        }
    }
}

#[test]
fn a_hold_is_lifted_once() {
    let mut world = World::green();
    let stop = world.register(hold(HoldType::CustomsScan), CUSTOMS).unwrap();
    let lifted = world.register(lift(stop), CUSTOMS).unwrap();
    let refusal = world.register(lift(stop), CUSTOMS).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::HeadMoved, Some(lifted)));
    let no_hold = world.right();
    assert_eq!(code(world.register(lift(no_hold), CUSTOMS)), Code::HeadMoved);
}

#[test]
fn only_the_office_that_spoke_first_speaks_on_a_consignment() {
    let mut world = World::green();
    let head = world.case().customs[&bill(BILL)].head;
    let refusal = world.register(status(Some(head), CustomsState::Held), CUSTOMS_2).unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::NotCustomsOfCase, Some(head)));
}

#[test]
fn a_status_that_names_an_old_one_is_told_of_the_newest_word() {
    let mut world = World::green();
    let first = world.case().customs[&bill(BILL)].head;
    let held = world.register(status(Some(first), CustomsState::Held), CUSTOMS).unwrap();
    for builds_on in [Some(first), None] {
        let late = world.register(status(builds_on, CustomsState::Released), CUSTOMS).unwrap_err();
        assert_eq!((late.code, late.names), (Code::HeadMoved, Some(held)));
    }
    assert!(world.needs().contains(&"customs-not-released"));
}

#[test]
fn every_customs_state_but_released_keeps_the_light_red() {
    for state in
        [CustomsState::Held, CustomsState::Exam, CustomsState::Scan, CustomsState::Rejected]
    {
        let mut world = World::released();
        world.register(status(None, state), CUSTOMS).unwrap();
        assert!(!world.case().is_green(Light::Customs, world.now), "{state:?}");
    }
}

#[test]
fn the_terminal_light_needs_a_box_discharged_reachable_and_clear() {
    let not_yet = [
        (None, true, true, "not-arrived"),
        (Some(START), false, true, "not-available"),
        (Some(START), true, false, "not-cleared"),
    ];
    for (discharged_at, available, cleared, code) in not_yet {
        let mut world = World::released();
        let mut here = arrival();
        (here.discharged_at, here.available, here.cleared) = (discharged_at, available, cleared);
        world.register(here, TERMINAL).unwrap();
        assert!(!world.case().is_green(Light::Terminal, world.now));
        assert!(world.needs().contains(&code));
    }
}

#[test]
fn an_office_that_is_told_of_the_arrival_reads_the_case_before_it_has_said_a_word() {
    let mut world = World::released();
    let told = vec![party(CUSTOMS), party(CUSTOMS_2)];
    world.register(Arrival { told, ..arrival() }, TERMINAL).unwrap();
    assert!(world.case().is_read_by(&party(CUSTOMS)) && world.case().is_read_by(&party(CUSTOMS_2)));
    assert!(!world.case().is_read_by(&party(LINE_2)));
}

#[test]
fn an_arrival_tells_nobody_of_the_case_but_customs_offices_of_the_directory() {
    let mut world = World::released();
    for stranger in [HAULIER, LINE_2, TERMINAL_2, "nobody-here"] {
        let wrong = Arrival { told: vec![party(stranger)], ..arrival() };
        assert_eq!(code(world.register(wrong, TERMINAL)), Code::NotCustoms, "{stranger}");
        assert!(!world.case().is_read_by(&party(stranger)));
    }
    for told in [vec![party(CUSTOMS_2), party(CUSTOMS)], vec![party(CUSTOMS), party(CUSTOMS)]] {
        let wrong = Arrival { told, ..arrival() };
        assert_eq!(code(world.register(wrong, TERMINAL)), Code::BadField);
    }
}

#[test]
fn nobody_fills_a_case_until_its_box_cannot_leave() {
    let mut world = World::released();
    let mut stops = Vec::new();
    let full = loop {
        match world.register(hold(HoldType::Freight), LINE) {
            Ok(id) => stops.push(id),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(full.code, Code::CaseFull);
    assert_eq!(world.case().steps.len(), CASE_DOCS_MAX - CASE_DOCS_RESERVED);
    assert_eq!(code(world.register(pass_to(HAULIER, world.right()), FORWARDER)), Code::CaseFull);
    world.register(status(None, CustomsState::Released), CUSTOMS).unwrap();
    world.register(arrival(), TERMINAL).unwrap();
    world.register(lift(stops[0]), CUSTOMS).unwrap();
}

#[test]
fn a_document_for_another_terminal_is_refused_here() {
    let mut world = World::new();
    let mut order = release(FORWARDER);
    order.visit.terminal = party(TERMINAL_2);
    assert_eq!(code(world.register(order, LINE)), Code::WrongTerminal);
}
