//! A line without a node: what the file says of who signed for it.

use super::*;
use crate::document::{DirectoryEdition, PartyEntry, ReleaseAction};
use crate::world::{
    AGENT_KEY, DAY, TERMINAL_2, agents, change, change_by_agent, founded, release_by,
};

const SIGNERS: [&str; 2] = ["authority-1", "authority-2"];

fn of_line(edition: &mut DirectoryEdition) -> &mut PartyEntry {
    edition.parties.iter_mut().find(|entry| entry.id == party(LINE)).unwrap()
}

/// The edition after that in which the terminals are agents, with these changes, a day later.
fn second(change: impl FnOnce(&mut PartyEntry)) -> DirectoryEdition {
    let mut second = agents();
    (second.number, second.previous) = (2, Some(edition_id(&agents()).unwrap()));
    second.valid_from = START.plus(DAY);
    change(of_line(&mut second));
    second
}

/// A release that the terminal signed for the line, blocked by the line itself.
fn told_by_both() -> World {
    let mut world = World::with_agents();
    let source = Source { interchange: Hash32::of(COREOR), message: 0, equipment: 0 };
    let order = ReleaseOrder { source: Some(source), ..release_by(TERMINAL, FORWARDER) };
    let order = world.register_by_agent(order).unwrap();
    world.register(change(order, ReleaseAction::Block), LINE).unwrap();
    world
}

fn case(world: &World, editions: &[DirectoryEdition]) -> CaseEvidence {
    let mut case = case_of(&world.log);
    case.editions = editions.iter().map(|edition| bundle(edition, &SIGNERS)).collect();
    case.photos.clear();
    case
}

fn found(case: CaseEvidence) -> Report {
    let first = crate::directory::peek_bundle(&case.editions[0]).unwrap().1;
    verify(&file(case), Some(first))
}

#[test]
fn what_an_agent_signed_is_told_with_the_agent_and_the_message() {
    let report = found(case(&told_by_both(), &[agents()]));
    assert_eq!((codes(&report), report.verdict), (vec!["signed-by-agent"], Verdict::Proven));
    let (place, text) = told(&report, FindingCode::SignedByAgent);
    assert!(place.starts_with("document 1 of 2 (release-order)"), "{place}");
    let hash = Hash32::of(COREOR).to_string();
    let expected =
        format!("line signed nothing itself: signed by agent terminal on message {hash}");
    assert_eq!(text, expected);

    let signer = report.steps[0].signer.as_ref().unwrap();
    let agent = signer.agent.as_ref().unwrap();
    assert_eq!((signer.name.as_str(), agent.name.as_str()), (LINE, TERMINAL));
    assert_eq!((&agent.party, agent.message), (&party(TERMINAL), Hash32::of(COREOR)));
    assert_eq!(report.steps[1].signer.as_ref().unwrap().agent, None, "the line signed that itself");
    assert_eq!(report.attached.0, 1, "the raw bytes are in the file");
}

#[test]
fn an_agent_that_the_edition_of_that_time_did_not_list_is_a_finding_and_no_missing_rotation() {
    let mut first = agents();
    of_line(&mut first).agents.clear();
    let mut later = second(|_| {});
    later.previous = Some(edition_id(&first).unwrap());
    let report = found(case(&told_by_both(), &[first, later]));
    assert_eq!(codes(&report), ["signer-not-in-force", "signed-by-agent"]);
    let (_, text) = told(&report, FindingCode::SignerNotInForce);
    assert!(text.starts_with("key-unknown"), "{text}");
}

#[test]
fn an_agent_key_that_a_later_edition_ends_before_the_registration_is_revoked() {
    let ended = second(|line| line.agents[0].until = Some(START));
    let report = found(case(&told_by_both(), &[agents(), ended]));
    assert_eq!(codes(&report), ["key-revoked", "signed-by-agent"]);
    let (place, _) = told(&report, FindingCode::KeyRevoked);
    assert!(place.starts_with("document 1 of 2"), "{place}");
    let kept = second(|line| line.agents[0].until = Some(START.plus(DAY)));
    let report = found(case(&told_by_both(), &[agents(), kept]));
    assert_eq!((codes(&report), report.verdict), (vec!["signed-by-agent"], Verdict::Proven));
}

#[test]
fn a_key_that_becomes_the_lines_own_later_was_an_agents_before() {
    let moved = second(|line| {
        let held = line.agents.remove(0);
        let (key, from) = (held.key, UnixMillis::from_millis(0));
        line.signing_keys.push(crate::document::KeyEntry { key, from, until: None });
    });
    let report = found(case(&told_by_both(), &[agents(), moved]));
    assert_eq!((codes(&report), report.verdict), (vec!["signed-by-agent"], Verdict::Proven));
}

#[test]
fn an_agents_word_after_the_lines_own_is_a_rule_that_the_terminal_broke() {
    let mut world = told_by_both();
    let head = world.case().releases.values().next().unwrap().head;
    let unblock = change_by_agent(head, ReleaseAction::Unblock);
    let signed = world.signed_for_line(unblock, AGENT_KEY).unwrap();
    force(&mut world, signed);
    let report = found(case(&world, &[agents()]));
    let (place, text) = told(&report, FindingCode::RuleBroken);
    assert!(place.starts_with("document 3 of 3 (release-change)"), "{place}");
    assert!(text.contains("line-speaks"), "{text}");
}

#[test]
fn an_agent_of_another_quay_is_a_rule_that_the_terminal_broke() {
    let mut world = World::with_agents();
    let key = crate::world::AGENT_KEY_2;
    let signed = world.signed_for_line(release_by(TERMINAL_2, FORWARDER), key).unwrap();
    force(&mut world, signed);
    let report = found(case(&world, &[agents()]));
    assert!(told(&report, FindingCode::RuleBroken).1.contains("agent-elsewhere"));
}

#[test]
fn a_mark_that_does_not_fit_the_key_is_no_document() {
    let order = ReleaseOrder { agent: None, ..release_by(TERMINAL, FORWARDER) };
    let sealed = envelope::seal(order.into(), actor(LINE), START, &key(AGENT_KEY)).unwrap();
    let mut world = World::with_agents();
    force(&mut world, sealed);
    let report = found(case(&world, &[agents()]));
    let (_, text) = told(&report, FindingCode::DocumentRefused);
    assert!(text.starts_with("agent-mark"), "{text}");
    assert!(report.is_broken());
}

/// A terminal that registers what it likes.
fn force(world: &mut World, signed: Signed<Document>) {
    let visit = signed.document().visit().unwrap().clone();
    let fresh = || {
        let code = CaseCode::from_seed(signed.id().as_bytes());
        crate::case::Case::empty(visit.clone(), code)
    };
    let case = world.cases.entry(visit.container).or_insert_with(fresh);
    let place = u32::try_from(case.steps.len()).unwrap();
    let place = Some(crate::document::CasePlace { code: case.code, place });
    let position = Position { log: world.log.len() as u64, at: world.now, case: place };
    case.apply(&signed, position);
    world.log.push((signed, position));
}

#[test]
fn the_directory_of_agents_is_one_that_a_node_takes() {
    assert_eq!(founded(&agents()).edition(), &agents());
}
