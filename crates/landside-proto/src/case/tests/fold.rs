use proptest::prelude::*;

use crate::case::Case;
use crate::document::{Document, HoldType, Position, ReleaseAction, Visit};
use crate::envelope::{self, Signed};
use crate::ids::CaseCode;
use crate::world::*;

/// A long life: every kind of document, revokes, a driver swap, two bills, holds, then gate-out.
fn log_of_a_long_life() -> Vec<(Signed<Document>, Position)> {
    let mut world = World::with_pass();
    world.register(revoke(world.right()), FORWARDER).unwrap();
    world.register(pass_to(SUB_HAULIER, world.right()), FORWARDER).unwrap();
    world.register(give_back(world.right()), SUB_HAULIER).unwrap();
    world.register(pass_to(HAULIER, world.right()), FORWARDER).unwrap();
    let order = world.case().releases[&bill(BILL)].head;
    let block = world.register(change(order, ReleaseAction::Block), LINE).unwrap();
    let open = world.register(change(block, ReleaseAction::Unblock), LINE).unwrap();
    let mut shorter = terms(FORWARDER);
    shorter.valid_until = START.plus(5 * DAY);
    world.register(replace(open, shorter), LINE).unwrap();
    let mut second = release(FORWARDER);
    second.bill = bill("BL-2");
    let second = world.register(second, LINE).unwrap();
    let mut cancel = change(second, ReleaseAction::Cancel);
    cancel.bill = bill("BL-2");
    world.register(cancel, LINE).unwrap();
    let stop = world.register(hold(HoldType::Freight), LINE).unwrap();
    world.register(lift(stop), CUSTOMS).unwrap();
    world.register(binding(world.right(), DRIVER), HAULIER).unwrap();
    let pass = world.pass_due();
    world.register(pass, TERMINAL).unwrap();
    world.now = START.plus(HOUR);
    let refuse = world.verdict(None, None);
    world.register(refuse, TERMINAL).unwrap();
    let admit = world.verdict_on_driver();
    let decision = world.register(admit, TERMINAL).unwrap();
    let receipt = world.register(interchange(decision), TERMINAL).unwrap();
    world.register(interchange(receipt), DRIVER).unwrap();
    world.register(world.gate_out(), TERMINAL).unwrap();
    assert_eq!(world.refold().as_ref(), Some(world.case()));
    world.log
}

fn fold(log: &[(Signed<Document>, Position)]) -> Option<Case> {
    Case::fold(log.iter().map(|(signed, position)| (signed, *position)))
}

#[test]
fn the_same_documents_in_the_same_order_give_the_same_state() {
    let log = log_of_a_long_life();
    assert_eq!(fold(&log), fold(&log_of_a_long_life()));
    let reopened: Vec<_> = log
        .iter()
        .map(|(signed, position)| (envelope::reopen(signed.shared_bytes()).unwrap(), *position))
        .collect();
    assert_eq!(fold(&reopened), fold(&log), "what was stored folds like what was received");
}

#[test]
fn a_document_of_another_case_changes_nothing() {
    let mut log = log_of_a_long_life();
    let mine = fold(&log);
    let (mut foreign, position) = log[0].clone();
    let mut order = release(HAULIER);
    order.visit = visit_of("CSQU3054383");
    foreign = envelope::seal(order.into(), foreign.issuer().clone(), START, &key(LINE)).unwrap();
    log.push((foreign, position));
    assert_eq!(fold(&log), mine);
    assert_eq!(fold(&[]), None);
}

#[test]
fn a_document_logged_after_the_gate_out_leaves_the_state_as_it_was() {
    let mut world = World::left();
    let closed = world.case().clone();
    let kinds: Vec<Document> = vec![
        world.gate_out().into(),
        hold(HoldType::Security).into(),
        revoke(world.right()).into(),
    ];
    for document in kinds {
        let signed = envelope::seal(document, actor(TERMINAL), world.now, &key(TERMINAL)).unwrap();
        let (_, position) = *world.log.last().unwrap();
        world.cases.get_mut(&visit().container).unwrap().apply(&signed, position);
    }
    let mut after = world.case().clone();
    assert_eq!(after.steps.len(), closed.steps.len() + 3);
    after.steps.clone_from(&closed.steps);
    assert_eq!(after, closed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn documents_missing_or_out_of_order_never_panic(
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 0..60),
        now_h in 0u64..400,
    ) {
        let log = log_once();
        let visit: Visit = visit();
        let mut case = Case::empty(visit, CaseCode::from_seed(&[1; 32]));
        let now = START.plus(HOUR * u32::try_from(now_h).unwrap());
        for pick in picks {
            let (signed, position) = pick.get(log);
            case.apply(signed, *position);
            let _ = case.needs(now);
            let _ = case.due(now, POLICY);
            if let Some(right) = &case.right {
                prop_assert!(!right.hops.is_empty());
            }
        }
    }
}

fn log_once() -> &'static [(Signed<Document>, Position)] {
    static LOG: std::sync::LazyLock<Vec<(Signed<Document>, Position)>> =
        std::sync::LazyLock::new(log_of_a_long_life);
    &LOG
}
