use super::*;
use crate::document::{
    CustomsState, Entry, HoldType, KEYS_MAX, Kind, Outcome, PassRight, Payload, Receipt,
    ReleaseAction, ReleaseChange, ReleaseOrder,
};

fn of_line(edition: &mut DirectoryEdition) -> &mut PartyEntry {
    edition.parties.iter_mut().find(|entry| entry.id == party(LINE)).unwrap()
}

/// Why an edition with the line's entry edited so is none.
fn refused(edit: impl FnOnce(&mut PartyEntry)) -> Option<Code> {
    let mut edition = agents();
    edit(of_line(&mut edition));
    edition.check().err().map(|refusal| refusal.code)
}

/// The code with which a document in the line's name with this key is refused.
fn opened(world: &mut World, document: impl Into<Document>, with: &str) -> Option<Code> {
    world.signed_for_line(document, with).err().map(|refusal| refusal.code)
}

#[test]
fn an_edition_that_lists_no_agents_has_the_bytes_it_had_before_there_were_any() {
    let bytes = |edition: &DirectoryEdition| minicbor::to_vec(edition).unwrap();
    let (with, without) = (agents(), edition(1, None));
    assert!(bytes(&with).len() > bytes(&without).len());
    let mut emptied = with.clone();
    of_line(&mut emptied).agents.clear();
    assert_eq!(bytes(&emptied), bytes(&without));
    assert_eq!(minicbor::decode::<DirectoryEdition>(&bytes(&with)).unwrap(), with);
}

#[test]
fn an_agent_is_another_party_of_the_edition_with_role_terminal() {
    assert_eq!(refused(|_| {}), None);
    for other in [LINE, LINE_2, CUSTOMS, HAULIER, "nobody-listed"] {
        let code = refused(|line| line.agents[0].party = party(other));
        assert_eq!(code, Some(Code::BadField), "{other}");
    }
    let mut edition = agents();
    let held = of_line(&mut edition).agents.clone();
    for other in [TERMINAL_2, CUSTOMS, FORWARDER] {
        let mut edition = super::edition(1, None);
        let entry = edition.parties.iter_mut().find(|entry| entry.id == party(other)).unwrap();
        entry.agents = vec![held[0].clone()];
        assert_eq!(code(edition.check()), Code::BadField, "{other} is no line");
    }
}

#[test]
fn no_key_of_an_agent_is_a_key_of_anybody_else_and_there_are_sixteen_at_most() {
    let taken = [LINE, TERMINAL, "line node", "terminal node", AGENT_KEY_2, HAULIER];
    for name in taken {
        let code = refused(|line| line.agents[0].key = public(name));
        assert_eq!(code, Some(Code::BadField), "{name}");
    }
    let many = |line: &mut PartyEntry, count: usize| {
        let of =
            |n: usize| AgentEntry { key: public(&format!("key {n}")), ..line.agents[0].clone() };
        line.agents = (0..count).map(of).collect();
    };
    assert_eq!(refused(|line| many(line, KEYS_MAX)), None);
    assert_eq!(refused(|line| many(line, KEYS_MAX + 1)), Some(Code::BadField));
}

#[test]
fn what_an_agent_signs_says_so_in_the_signed_bytes() {
    let mut world = World::with_agents();
    let signed = world.signed_for_line(release_by(TERMINAL, FORWARDER), AGENT_KEY).unwrap();
    assert_eq!(signed.issuer(), &actor(LINE));
    assert_eq!(signed.document().agent(), Some(&party(TERMINAL)));
    let kept = envelope::reopen(signed.shared_bytes()).unwrap();
    assert_eq!(kept.document().agent(), Some(&party(TERMINAL)), "as a store gives it back");
}

#[test]
fn a_mark_that_is_not_what_the_directory_says_of_the_key_is_refused() {
    let mut world = World::with_agents();
    let unmarked = ReleaseOrder { agent: None, ..release_by(TERMINAL, FORWARDER) };
    let cases = [
        (release_by(TERMINAL, FORWARDER), LINE, "the line's own key with a mark"),
        (unmarked, AGENT_KEY, "the agent's key without"),
        (release(FORWARDER), AGENT_KEY, "nor with a message"),
        (release_by(TERMINAL_2, FORWARDER), AGENT_KEY, "the other agent named"),
        (release_by(TERMINAL, FORWARDER), AGENT_KEY_2, "the other agent's key"),
        (release_by(LINE, FORWARDER), AGENT_KEY, "the line as its own agent"),
        (release_by(LINE, FORWARDER), LINE, "and with its own key"),
    ];
    for (order, with, shows) in cases {
        assert_eq!(opened(&mut world, order, with), Some(Code::AgentMark), "{shows}");
    }
    let id = DocId::from_bytes([7; 32]);
    let block = change_by_agent(id, ReleaseAction::Block);
    assert_eq!(opened(&mut world, block.clone(), AGENT_KEY), None);
    assert_eq!(opened(&mut world, block.clone(), LINE), Some(Code::AgentMark));
    let unmarked = ReleaseChange { agent: None, ..block };
    assert_eq!(opened(&mut world, unmarked, AGENT_KEY), Some(Code::AgentMark));
}

#[test]
fn kinds_that_cannot_say_so_are_never_signed_by_an_agent() {
    let mut world = World::with_agents();
    let id = DocId::from_bytes([7; 32]);
    let right: PassRight = pass_to(FORWARDER, id);
    assert_eq!(opened(&mut world, hold(HoldType::Freight), AGENT_KEY), Some(Code::AgentMark));
    assert_eq!(opened(&mut world, right, AGENT_KEY), Some(Code::AgentMark));
    let outcome = Outcome::Accepted;
    let entry = Entry { document: id, outcome, position: None, refused: None };
    let receipt = Receipt { to: actor(TERMINAL), entries: vec![entry] };
    assert_eq!(opened(&mut world, receipt, AGENT_KEY), Some(Code::AgentMark));
    let status = status(None, CustomsState::Released);
    assert_eq!(opened(&mut world, status, AGENT_KEY), Some(Code::RoleMayNotSign));
    let with_mark = Kind::ALL.iter().filter(|kind| kind.signers().contains(&Role::Line));
    assert!(with_mark.count() > 2, "there are kinds that a line signs and no agent");
}

#[test]
fn an_agent_signs_for_nobody_else_and_others_not_with_its_key() {
    let world = World::with_agents();
    let order = Document::from(release_by(TERMINAL, FORWARDER));
    for issuer in [LINE_2, TERMINAL, FORWARDER] {
        let sealed = envelope::seal(order.clone(), actor(issuer), world.now, &key(AGENT_KEY));
        let opened = envelope::open(sealed.unwrap().bytes(), &world.authorities, world.now);
        assert_eq!(code(opened), Code::KeyUnknown, "{issuer}");
    }
    let sealed = envelope::seal(order, actor(LINE), world.now, &key(TERMINAL)).unwrap();
    let opened = envelope::open(sealed.bytes(), &world.authorities, world.now);
    assert_eq!(code(opened), Code::KeyUnknown, "the terminal's own key is no agent key");
}

#[test]
fn an_agent_key_counts_in_its_time_only() {
    let mut edition = agents();
    let agent = &mut of_line(&mut edition).agents[0];
    (agent.from, agent.until) = (START.plus(MINUTE), Some(START.plus(HOUR)));
    let mut world = World::new();
    world.authorities.directory = Arc::new(founded(&edition));
    let order = || release_by(TERMINAL, FORWARDER);
    assert_eq!(opened(&mut world, order(), AGENT_KEY), Some(Code::KeyNotInForce));
    world.pass_time(2 * MINUTE);
    assert_eq!(opened(&mut world, order(), AGENT_KEY), None);
    world.pass_time(HOUR);
    assert_eq!(opened(&mut world, order(), AGENT_KEY), Some(Code::KeyNotInForce));
}

#[test]
fn an_agent_needs_the_message_of_the_line_and_no_persons_of_it() {
    let bare = ReleaseOrder { source: None, ..release_by(TERMINAL, FORWARDER) };
    assert_eq!(code(Document::from(bare).checked()), Code::BadField);
    let id = DocId::from_bytes([7; 32]);
    let bare = ReleaseChange { source: None, ..change_by_agent(id, ReleaseAction::Block) };
    assert_eq!(code(Document::from(bare).checked()), Code::BadField);
    let two = crate::document::TwoPersons { asked: remark("A B"), agreed: remark("C D") };
    let approved = ReleaseOrder { approved_by: Some(two), ..release_by(TERMINAL, FORWARDER) };
    assert_eq!(code(Document::from(approved).checked()), Code::BadField);
}

/// A rotation of the line's, by this key to that, opened as anybody does.
fn rotation(
    world: &World,
    old: &str,
    new: (Option<&dyn Signer>, Option<&dyn Signer>),
) -> Result<Signed<Document>, Refusal> {
    let ends = world.now.plus(DAY);
    let signed = crate::rotation::sign(party(LINE), ends, world.now, &key(old), new)?;
    envelope::open(signed.shared_bytes(), &world.authorities, world.now)
}

#[test]
fn an_agent_key_vouches_for_no_key_and_none_vouches_for_it() {
    let mut world = World::with_agents();
    let (fresh, held) = (key("fresh"), key(AGENT_KEY));
    assert_eq!(code(rotation(&world, AGENT_KEY, (Some(&fresh), None))), Code::AgentMark);
    for new in [(Some(&held as &dyn Signer), None), (None, Some(&held as &dyn Signer))] {
        let signed = rotation(&world, LINE, new).unwrap();
        assert_eq!(code(world.deliver(signed)), Code::KeyTaken);
    }
}

#[test]
fn a_key_that_an_edition_gives_to_an_agent_counts_no_more_as_the_lines_own() {
    let mut world = World::new();
    let held = key(AGENT_KEY);
    let signed = rotation(&world, LINE, (Some(&held), None)).unwrap();
    world.deliver(signed).unwrap();
    assert_eq!(opened(&mut world, release(FORWARDER), AGENT_KEY), None);
    world.authorities.directory = Arc::new(founded(&agents()));
    assert_eq!(opened(&mut world, release(FORWARDER), AGENT_KEY), Some(Code::AgentMark));
    assert_eq!(opened(&mut world, release_by(TERMINAL, FORWARDER), AGENT_KEY), None);
}

#[test]
fn an_agent_key_is_none_of_the_partys_own_keys() {
    let world = World::with_agents();
    let keys = world.authorities.signing_keys(&party(LINE), world.now);
    assert_eq!(keys, [public(LINE)], "heads, receipts and cosignatures go by these");
    assert!(world.authorities.node_keys(&party(LINE), world.now) == [public("line node")]);
    let kid = public(AGENT_KEY).id();
    let found = world.authorities.key_of(&party(LINE), kid, world.now, None);
    assert_eq!(found.unwrap_err(), Code::KeyUnknown);
}
