use crate::case::{Light, ReleaseState};
use crate::document::{CustomsState, Question, ReleaseAction, ReleaseOrder};
use crate::ids::DocId;
use crate::refusal::Code;
use crate::world::*;

fn released_by_agent() -> (World, DocId) {
    let mut world = World::with_agents();
    let order = world.register_by_agent(release_by(TERMINAL, FORWARDER)).unwrap();
    (world, order)
}

fn state(world: &World) -> ReleaseState {
    world.case().releases[&bill(BILL)].state
}

#[test]
fn a_terminal_releases_for_a_line_without_a_node_and_the_case_says_who_signed() {
    let (mut world, order) = released_by_agent();
    assert_eq!(world.holder(), FORWARDER);
    let step = world.case().step(order).unwrap();
    assert_eq!((&step.issuer, step.agent.as_ref()), (&actor(LINE), Some(&party(TERMINAL))));
    assert_eq!(world.case().releases[&bill(BILL)].line, party(LINE));
    let blocked = world.register_by_agent(change_by_agent(order, ReleaseAction::Block)).unwrap();
    assert_eq!(state(&world), ReleaseState::Blocked);
    world.register_by_agent(change_by_agent(blocked, ReleaseAction::Unblock)).unwrap();
    assert_eq!(state(&world), ReleaseState::Active);
    world.register(status(None, CustomsState::Released), CUSTOMS).unwrap();
    world.register(arrival(), TERMINAL).unwrap();
    assert!(world.case().is_green(Light::Commercial, world.now));
}

#[test]
fn an_agent_signs_nothing_for_boxes_at_another_quay() {
    let mut world = World::with_agents();
    let elsewhere = release_by(TERMINAL_2, FORWARDER);
    let signed = world.signed_for_line(elsewhere, AGENT_KEY_2).unwrap();
    assert_eq!(code(world.deliver(signed)), Code::AgentElsewhere);
    assert!(world.cases.is_empty());

    let (mut world, order) = released_by_agent();
    let mut block = change_by_agent(order, ReleaseAction::Block);
    block.agent = Some(party(TERMINAL_2));
    let signed = world.signed_for_line(block, AGENT_KEY_2).unwrap();
    assert_eq!(code(world.deliver(signed)), Code::AgentElsewhere);
    assert_eq!(state(&world), ReleaseState::Active);
}

#[test]
fn the_line_changes_blocks_and_revokes_what_its_agent_released() {
    for action in [ReleaseAction::Block, ReleaseAction::Revoke, ReleaseAction::Cancel] {
        let (mut world, order) = released_by_agent();
        world.register(change(order, action), LINE).unwrap();
        assert!(state(&world) != ReleaseState::Active, "{action:?}");
    }
    let (mut world, order) = released_by_agent();
    world.register(replace(order, terms(HAULIER)), LINE).unwrap();
    assert_eq!(world.holder(), HAULIER);
}

#[test]
fn once_the_line_has_signed_itself_its_agent_says_no_more_in_that_case() {
    let (mut world, order) = released_by_agent();
    let own = world.register(change(order, ReleaseAction::Block), LINE).unwrap();
    let refused = world.register_by_agent(change_by_agent(own, ReleaseAction::Unblock));
    let refused = refused.unwrap_err();
    assert_eq!((refused.code, refused.names), (Code::LineSpeaks, Some(own)));
    let other = ReleaseOrder { bill: bill("BL-2"), ..release_by(TERMINAL, FORWARDER) };
    assert_eq!(code(world.register_by_agent(other)), Code::LineSpeaks, "another bill of the box");
    assert_eq!(state(&world), ReleaseState::Blocked);

    let again = change(own, ReleaseAction::Revoke);
    world.register(again, LINE).unwrap();
    let anew = release_by(TERMINAL, FORWARDER);
    assert_eq!(code(world.register_by_agent(anew)), Code::LineSpeaks, "nor a release anew");
}

#[test]
fn a_hold_or_a_question_of_the_line_is_its_own_word_too() {
    let held =
        |world: &mut World| world.register(hold(crate::document::HoldType::Freight), LINE).unwrap();
    let mut world = World::with_agents();
    let own = held(&mut world);
    let refused = world.register_by_agent(release_by(TERMINAL, FORWARDER)).unwrap_err();
    assert_eq!((refused.code, refused.names), (Code::LineSpeaks, Some(own)));

    let (mut world, order) = released_by_agent();
    let question = Question {
        visit: visit(),
        subject: crate::document::QuestionSubject::Complaint,
        to: party(TERMINAL),
        text: remark("who released this?"),
        answer_by: world.now.plus(HOUR),
        about: Some(order),
    };
    world.register(question, LINE).unwrap();
    let block = change_by_agent(order, ReleaseAction::Block);
    assert_eq!(code(world.register_by_agent(block)), Code::LineSpeaks);
}

#[test]
fn another_lines_own_word_does_not_silence_an_agent() {
    let (mut world, order) = released_by_agent();
    assert_eq!(
        code(world.register(hold(crate::document::HoldType::Freight), LINE_2)),
        Code::HoldNotYours
    );
    world.register(hold(crate::document::HoldType::TerminalStorage), TERMINAL).unwrap();
    world.register_by_agent(change_by_agent(order, ReleaseAction::Block)).unwrap();
    assert_eq!(state(&world), ReleaseState::Blocked);
}

#[test]
fn an_agent_is_bound_by_every_rule_that_binds_the_line() {
    let (mut world, order) = released_by_agent();
    let again = release_by(TERMINAL, FORWARDER);
    assert_eq!(code(world.register_by_agent(again)), Code::DoubleRelease);
    let unblock = change_by_agent(order, ReleaseAction::Unblock);
    assert_eq!(code(world.register_by_agent(unblock)), Code::ReleaseState);
    let unfit = ReleaseOrder { bill: bill("BL-2"), ..release_by(TERMINAL, CUSTOMS) };
    assert_eq!(code(world.register_by_agent(unfit)), Code::DoubleRelease);
    world.register_by_agent(change_by_agent(order, ReleaseAction::Revoke)).unwrap();
    let unfit = release_by(TERMINAL, CUSTOMS);
    assert_eq!(code(world.register_by_agent(unfit)), Code::HolderUnfit);
}

#[test]
fn an_agent_of_one_line_does_not_touch_what_another_line_released() {
    let mut world = World::with_agents();
    let order = world.register(release(FORWARDER), LINE_2).unwrap();
    let block = change_by_agent(order, ReleaseAction::Block);
    assert_eq!(code(world.register_by_agent(block)), Code::NotReleaseIssuer);
}
