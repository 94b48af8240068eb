use super::*;
use crate::document::Position;

/// Two days after the start.
const LATER: UnixMillis = UnixMillis::from_millis(START.as_millis() + 2 * 24 * 60 * 60 * 1000);

const NEW: &str = "line new key";
const NEWER: &str = "line newer key";

/// A rotation from one key of the line to another, sealed now.
fn rotation(world: &World, old: &str, new: &str, ends: UnixMillis) -> Signed<Document> {
    let new = key(new);
    crate::rotation::sign(party(LINE), ends, world.now, &key(old), (Some(&new), None)).unwrap()
}

fn node_rotation(world: &World, who: &str, old: &str, new: &str) -> Signed<Document> {
    let new = key(new);
    let pair: (Option<&dyn Signer>, Option<&dyn Signer>) = (None, Some(&new));
    crate::rotation::sign(party(who), LATER, world.now, &key(old), pair).unwrap()
}

/// Opened and registered as by the terminal.
fn register(world: &mut World, signed: &Signed<Document>) -> Result<DocId, Refusal> {
    world.pass_time(MINUTE);
    let opened = envelope::open(signed.shared_bytes(), &world.authorities, world.now)?;
    world.deliver(opened)
}

fn rotate(world: &mut World, old: &str, new: &str) -> Result<DocId, Refusal> {
    let signed = rotation(world, old, new, LATER);
    register(world, &signed)
}

/// What the line's key is worth at a time.
fn at(world: &World, name: &str, now: UnixMillis) -> Result<PublicKey, Code> {
    world.authorities.signer(&actor(LINE), public(name).id(), now).map(|listed| listed.key)
}

/// Puts an edition in force in which the line's entry is as `edit` leaves it.
fn with_edition(world: &mut World, edit: impl FnOnce(&mut PartyEntry)) {
    let mut second = next(world.authorities.directory.edition());
    edit(second.parties.iter_mut().find(|p| p.id == party(LINE)).unwrap());
    let bundle = bundle(&second, &ANY_TWO);
    let followed = world.authorities.directory.follow(&bundle, START).unwrap();
    world.authorities.directory = Arc::new(followed);
}

fn listed(name: &str, from: UnixMillis, until: Option<UnixMillis>) -> KeyEntry {
    KeyEntry { key: public(name), from, until }
}

#[test]
fn a_registered_rotation_counts_from_its_registration_without_an_edition() {
    let mut world = World::new();
    rotate(&mut world, LINE, NEW).unwrap();
    let from = world.now;
    let before = UnixMillis::from_millis(from.as_millis() - 1);
    assert_eq!(at(&world, NEW, before), Err(Code::KeyUnknown));
    assert_eq!(at(&world, NEW, from), Ok(public(NEW)));
    assert_eq!(at(&world, NEW, LATER.plus(366 * DAY)), Ok(public(NEW)), "it has no end of its own");
    let by = world.authorities.key_of(&party(LINE), public(NEW).id(), from, None).unwrap().by;
    assert_eq!(by.unwrap().said.old, public(LINE).id());
}

#[test]
fn what_a_key_of_a_revoked_rotation_signed_is_refused_with_that_reason() {
    let mut world = World::new();
    rotate(&mut world, LINE, NEW).unwrap();
    let signed = rotation(&world, NEW, NEWER, LATER);
    let until = Some(UnixMillis::from_millis(START.as_millis() - 1));
    with_edition(&mut world, |line| line.signing_keys[0].until = until);
    let refused = register(&mut world, &signed).unwrap_err();
    assert_eq!(refused.code, Code::KeyUnknown);
    assert!(refused.detail.contains("rotation behind it does not count"), "{refused}");
    let stranger = rotation(&world, "a key nobody lists", NEWER, LATER);
    let refused = register(&mut world, &stranger).unwrap_err();
    assert!(!refused.detail.contains("rotation"), "{refused}");
}

#[test]
fn the_old_key_goes_on_until_the_end_that_the_rotation_names() {
    let mut world = World::new();
    rotate(&mut world, LINE, NEW).unwrap();
    let last = UnixMillis::from_millis(LATER.as_millis() - 1);
    assert_eq!(at(&world, LINE, last), Ok(public(LINE)));
    assert_eq!(at(&world, LINE, LATER), Err(Code::KeyNotInForce));
}

#[test]
fn a_rotation_takes_back_nothing_that_the_old_key_signed_before() {
    let mut world = World::new();
    world.pass_time(DAY);
    let signed = rotation(&world, LINE, NEW, START);
    register(&mut world, &signed).unwrap();
    assert_eq!(at(&world, LINE, START.plus(HOUR)), Ok(public(LINE)));
    assert_eq!(at(&world, LINE, world.now), Ok(public(LINE)));
    assert_eq!(at(&world, LINE, world.now.plus(MINUTE)), Err(Code::KeyNotInForce));
}

#[test]
fn a_new_key_vouches_for_the_next_and_the_chain_has_an_end() {
    let mut world = World::new();
    let mut old = LINE.to_owned();
    for n in 1..=ROTATIONS_MAX {
        let new = format!("line key {n}");
        rotate(&mut world, &old, &new).unwrap();
        assert_eq!(at(&world, &new, world.now), Ok(public(&new)));
        old = new;
    }
    assert_eq!(code(rotate(&mut world, &old, "one too many")), Code::RotationsFull);
    let chain =
        world.authorities.rotations.leading_to(&party(TERMINAL), &party(LINE), public(&old).id());
    let logged: Vec<_> = world.log.iter().map(|(signed, _)| signed.id()).collect();
    assert_eq!(chain, logged);
}

#[test]
fn a_foreign_an_expired_and_an_ended_key_vouch_for_nothing() {
    let mut world = World::new();
    for stranger in [FORWARDER, "a key nobody lists", "line node"] {
        assert_eq!(code(rotate(&mut world, stranger, NEW)), Code::KeyUnknown, "{stranger}");
    }
    rotate(&mut world, LINE, NEW).unwrap();
    world.now = LATER;
    assert_eq!(code(rotate(&mut world, LINE, NEWER)), Code::KeyNotInForce);
    let until = Some(UnixMillis::from_millis(START.as_millis() - 1));
    let mut world = World::new();
    with_edition(&mut world, |line| line.signing_keys[0].until = until);
    assert_eq!(code(rotate(&mut world, LINE, NEW)), Code::KeyNotInForce);
}

#[test]
fn a_key_vouches_once() {
    let mut world = World::new();
    let first = rotate(&mut world, LINE, NEW).unwrap();
    let second = rotate(&mut world, LINE, NEWER).unwrap_err();
    assert_eq!((second.code, second.names), (Code::KeyRotated, Some(first)));
    let node = node_rotation(&world, LINE, LINE, "line new node");
    assert_eq!(code(register(&mut world, &node)), Code::KeyRotated);
    assert_eq!(at(&world, NEWER, world.now), Err(Code::KeyUnknown));
}

#[test]
fn a_key_that_is_somebodys_already_is_taken_by_nobody_else() {
    let mut world = World::new();
    for taken in [FORWARDER, "forwarder node", "authority-1", "line node"] {
        assert_eq!(code(rotate(&mut world, LINE, taken)), Code::KeyTaken, "{taken}");
    }
    rotate(&mut world, LINE, NEW).unwrap();
    let again = node_rotation(&world, FORWARDER, FORWARDER, NEW);
    assert_eq!(code(register(&mut world, &again)), Code::KeyTaken);
}

#[test]
fn the_same_rotation_again_changes_nothing() {
    let mut world = World::new();
    let signed = rotation(&world, LINE, NEW, LATER);
    register(&mut world, &signed).unwrap();
    assert_eq!(code(register(&mut world, &signed)), Code::KeyRotated);
    let (again, position) = world.log.last().unwrap().clone();
    let later = Position { log: 9, at: position.at.plus(HOUR), case: None };
    Arc::make_mut(&mut world.authorities.rotations).apply(&again, &party(TERMINAL), later);
    assert_eq!(world.authorities.rotations.of(&party(TERMINAL), &party(LINE)).len(), 1);
    assert_eq!(at(&world, NEW, position.at), Ok(public(NEW)));
}

#[test]
fn a_key_revoked_from_before_takes_down_all_that_it_vouched_for_since() {
    let mut world = World::new();
    rotate(&mut world, LINE, NEW).unwrap();
    let first = world.now;
    rotate(&mut world, NEW, NEWER).unwrap();
    let stolen = UnixMillis::from_millis(first.as_millis() - 1);
    with_edition(&mut world, |line| line.signing_keys[0].until = Some(stolen));
    for (name, code) in [(NEW, Code::KeyUnknown), (NEWER, Code::KeyUnknown)] {
        for now in [first, world.now, LATER] {
            assert_eq!(at(&world, name, now), Err(code), "{name} at {now}");
        }
    }
    assert_eq!(at(&world, LINE, stolen), Ok(public(LINE)), "what it signed before stands");
}

#[test]
fn a_key_revoked_from_later_lets_nothing_outlive_it_that_the_edition_does_not_list() {
    let mut world = World::new();
    rotate(&mut world, LINE, NEW).unwrap();
    let vouched = world.now;
    let end = vouched.plus(HOUR);
    // The authority knew nothing of the rotation, which a thief may have made.
    with_edition(&mut world, |line| line.signing_keys[0].until = Some(end));
    assert_eq!(at(&world, NEW, vouched), Ok(public(NEW)), "registered documents stand");
    assert_eq!(at(&world, NEW, end), Ok(public(NEW)));
    assert_eq!(at(&world, NEW, end.plus(MINUTE)), Err(Code::KeyNotInForce));
}

#[test]
fn an_edition_that_lists_the_new_key_absorbs_the_rotation() {
    let mut world = World::new();
    rotate(&mut world, LINE, NEW).unwrap();
    let end = START.plus(3 * HOUR);
    with_edition(&mut world, |line| {
        line.signing_keys = vec![listed(LINE, START, Some(end)), listed(NEW, START, None)];
    });
    assert_eq!(at(&world, NEW, LATER), Ok(public(NEW)));
    let by = world.authorities.key_of(&party(LINE), public(NEW).id(), LATER, None).unwrap().by;
    assert_eq!(by, None, "the edition's own word");
    assert_eq!(at(&world, LINE, end), Ok(public(LINE)));
    assert_eq!(at(&world, LINE, end.plus(MINUTE)), Err(Code::KeyNotInForce));
    assert_eq!(code(rotate(&mut world, LINE, NEWER)), Code::KeyRotated, "it has vouched");
    rotate(&mut world, NEW, NEWER).unwrap();
}

#[test]
fn an_edition_ends_a_rotated_key_by_listing_it_with_an_end() {
    let mut world = World::new();
    rotate(&mut world, LINE, NEW).unwrap();
    let end = world.now.plus(HOUR);
    with_edition(&mut world, |line| line.signing_keys.push(listed(NEW, START, Some(end))));
    assert_eq!(at(&world, NEW, end), Ok(public(NEW)));
    assert_eq!(at(&world, NEW, end.plus(MINUTE)), Err(Code::KeyNotInForce));
    assert_eq!(at(&world, LINE, LATER.plus(DAY)), Ok(public(LINE)), "the edition's word is above");
}

#[test]
fn a_party_that_the_edition_dropped_has_no_key() {
    let mut world = World::new();
    rotate(&mut world, LINE, NEW).unwrap();
    let mut second = next(world.authorities.directory.edition());
    second.parties.retain(|p| p.id != party(LINE));
    let bundle = bundle(&second, &ANY_TWO);
    let followed = world.authorities.directory.follow(&bundle, START).unwrap();
    world.authorities.directory = Arc::new(followed);
    assert_eq!(at(&world, NEW, world.now), Err(Code::UnknownParty));
}

#[test]
fn a_new_node_key_is_let_in_with_the_rotation_and_out_with_the_key_that_vouched() {
    let mut world = World::new();
    let signed = node_rotation(&world, LINE, LINE, "line new node");
    register(&mut world, &signed).unwrap();
    let who = |world: &World, now| world.authorities.actor_of_node(&public("line new node"), now);
    assert_eq!(who(&world, START), None, "before it was registered");
    assert_eq!(who(&world, world.now), Some(actor(LINE)));
    assert_eq!(
        world.authorities.node_keys(&party(LINE), world.now),
        [public("line node"), public("line new node")]
    );
    assert_eq!(at(&world, LINE, LATER.plus(DAY)), Ok(public(LINE)), "the signing key goes on");
    let end = world.now.plus(HOUR);
    with_edition(&mut world, |line| line.signing_keys[0].until = Some(end));
    assert_eq!(who(&world, end), Some(actor(LINE)));
    assert_eq!(who(&world, end.plus(MINUTE)), None);
}

#[test]
fn a_node_key_that_an_edition_listed_and_then_ended_is_not_brought_back_by_its_rotation() {
    let mut world = World::new();
    let signed = node_rotation(&world, LINE, LINE, "line new node");
    register(&mut world, &signed).unwrap();
    with_edition(&mut world, |line| line.node_keys.push(public("line new node")));
    let ended = world.now.plus(HOUR);
    with_edition(&mut world, |line| line.rotations_from = Some(ended));
    let who = |world: &World, now| world.authorities.actor_of_node(&public("line new node"), now);
    assert_eq!(who(&world, world.now), Some(actor(LINE)), "it counted until then");
    assert_eq!(who(&world, ended), None);
    // What is registered later counts again.
    world.now = ended;
    rotate(&mut world, LINE, NEW).unwrap();
    assert_eq!(at(&world, NEW, world.now), Ok(public(NEW)));
}

#[test]
fn one_terminals_log_says_nothing_of_what_another_registers() {
    let mut world = World::new();
    rotate(&mut world, LINE, NEW).unwrap();
    let signer = |terminal: &str| {
        let terminal = party(terminal);
        let ring = world.authorities.registered_by(&terminal);
        ring.signer(&actor(LINE), public(NEW).id(), world.now).map(|listed| listed.key)
    };
    assert_eq!(signer(TERMINAL), Ok(public(NEW)));
    assert_eq!(signer("terminal-2"), Err(Code::KeyUnknown));
    let mut other = world.authorities.clone();
    other.rotations = Arc::new(Rotations::at_home(Some(party(TERMINAL))));
    let (signed, position) = world.log.last().unwrap();
    Arc::make_mut(&mut other.rotations).apply(signed, &party("terminal-2"), *position);
    let heard = other.signer(&actor(LINE), public(NEW).id(), world.now).err();
    assert_eq!(heard, Some(Code::KeyUnknown), "a terminal goes by its own log");
}

#[test]
fn past_the_grace_no_rotation_is_taken_on_the_editions_word() {
    let world = World::new();
    let signed = rotation(&world, LINE, NEW, LATER);
    let say = |now| world.authorities.may_say(signed.document(), &actor(LINE), now, GRACE);
    let last = world.authorities.directory.edition().valid_until.plus(GRACE);
    assert!(say(last).is_ok());
    assert_eq!(code(say(last.plus(MINUTE))), Code::EditionOverdue);
}
