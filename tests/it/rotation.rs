//! Keys that a party changes by itself: what a registered rotation does before any edition says so.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::{Duration, Instant};

use data_encoding::{BASE64, HEXLOWER};
use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::directory::ROTATIONS_MAX;
use landside_proto::document::{Document, Entry, Outcome};
use landside_proto::envelope::{self, Signed};
use landside_proto::evidence::{self, Report, Severity};
use landside_proto::ids::UnixMillis;
use landside_proto::key::Signer;
use landside_proto::rotation;
use landside_proto::session::Violation;
use quinn::ConnectionError;
use rustls::client::Resumption;
use serde_json::Value;

use crate::exchange::arrived;
use crate::export::export;
use crate::keys::{entry, keys, landside};
use crate::peer::{ALPN, Face, Peer, code_of, end_of};
use crate::world::{
    DAY, World, actor, container, key, later, party, release, release_fields, sealed, until,
};

/// A party's old signing key vouches for new keys, both under their names.
fn rotated(who: &str, old: &str, signing: Option<&str>, node: Option<&str>) -> Signed<Document> {
    let [signing, node] = [signing, node].map(|name| name.map(key));
    let pair =
        (signing.as_ref().map(|k| k as &dyn Signer), node.as_ref().map(|k| k as &dyn Signer));
    rotation::sign(party(who), later(14 * DAY), clock(), &key(old), pair).unwrap()
}

/// A release signed with a key of the line.
fn released_with(name: &str, container: &str) -> Signed<Document> {
    let order = release(container, "forwarder");
    envelope::seal(order.into(), actor("line"), clock(), &key(name)).unwrap()
}

fn code(entry: &Entry) -> Option<&str> {
    entry.refused.as_ref().map(|refused| refused.code.as_str())
}

/// Comes as a party's node with another key than the directory lists.
async fn come_with(world: &World, who: &str, node_key: &str) -> Result<Peer, ConnectionError> {
    let face = Face { key: Some(key(node_key)), alpn: ALPN, resumption: Resumption::disabled() };
    Peer::with(world, who, face.config(), false).await
}

/// Runs a verb at a node's home; its exit status and the objects it said.
pub(crate) fn run(world: &World, who: &str, line: &str) -> (i32, Vec<Value>) {
    let words: Vec<_> = line.split(' ').collect();
    let (exit, said) = landside(world.home_of(who), &words, None);
    (exit, said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// What a terminal made of a rotation, as the verb told it.
fn outcome<'a>(said: &'a [Value], terminal: &str) -> Option<&'a str> {
    let of = |line: &&Value| line["event"] == "rotated" && line["terminal"] == terminal;
    said.iter().find(of)?["outcome"].as_str()
}

async fn edition(world: &World, name: &str) -> Value {
    world.info(name).await["directory"].clone()
}

async fn verified(world: &World, name: &str, container: &str) -> Report {
    evidence::verify(&export(world, name, container).await.0, Some(world.directory().id()))
}

fn is_sound(report: &Report) {
    let broken: Vec<_> =
        report.findings.iter().filter(|finding| finding.severity() != Severity::Note).collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_is_known_to_terminal_and_readers_in_seconds_and_no_edition_says_so() {
    let mut world = World::new(&["forwarder", "line", "terminal"]).await;
    let begun = Instant::now();
    let (exit, said) = run(&world, "line", "key rotate --wait 1");
    assert_eq!(outcome(&said, "terminal"), Some("accepted"), "{said:?}");
    // Nobody can reach the other terminal: what waits for it is said, and not forgotten.
    assert_eq!((exit, outcome(&said, "terminal-2")), (3, Some("queued")), "{said:?}");
    assert_eq!(run(&world, "line", "key adopt").1[0]["code"], "rotation-waits");
    let (exit, adopted) = run(&world, "line", "key adopt --anyway");
    assert_eq!((exit, adopted.len()), (0, 3), "{adopted:?}");
    assert_eq!((&adopted[2]["event"], &adopted[2]["runs"]), (&"adopted".into(), &true.into()));

    world.restart("line").await;
    let box_1 = container(1);
    let id = world.accepted("line", "release-order", release_fields(&box_1, "forwarder")).await;
    world.until_case_has("forwarder", &box_1, 1).await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(edition(&world, "forwarder").await, 1);
    let signed = world.document("forwarder", id).await;
    assert_ne!(signed.key_id(), key("line").public_key().id());
    assert_eq!(Value::from(signed.key_id().to_string()), adopted[0]["key_id"]);

    for exporter in ["terminal", "forwarder", "line"] {
        let report = verified(&world, exporter, &box_1).await;
        is_sound(&report);
        let signer = report.steps[0].signer.clone().unwrap();
        assert_eq!(signer.rotated.unwrap().by, key("line").public_key().id(), "{exporter}");
    }
    for name in ["forwarder", "line", "terminal"] {
        world.kill(name).await;
        assert_eq!(world.problems(name), Vec::<String>::new(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_file_of_a_case_shows_of_a_rotated_key_is_said_in_words() {
    let mut world = World::new(&["line", "terminal"]).await;
    run(&world, "line", "key rotate --signing --wait 1");
    run(&world, "line", "key adopt --anyway");
    world.restart("line").await;
    let box_1 = container(1);
    world.accepted("line", "release-order", release_fields(&box_1, "forwarder")).await;
    let file = world.home_of("line").join("case.landside");
    std::fs::write(&file, export(&world, "terminal", &box_1).await.0).unwrap();
    let mut command = std::process::Command::new(crate::process::path());
    let trust = world.directory().id().to_string();
    let ran = command.args(["verify", "--trust", &trust]).arg(&file).output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let old = key("line").public_key().id();
    assert!(said.contains(&format!("vouched for by key {old} on 20")), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_comes_late_gets_the_rotation_before_what_the_new_key_signed() {
    let mut world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let old = sealed("line", release(&container(1), "forwarder"));
    assert_eq!(code(&line.hand_in(old.bytes()).await), None);
    for (from, to) in [("line", "line key 1"), ("line key 1", "line key 2")] {
        let chain = rotated("line", from, Some(to), None);
        assert_eq!(code(&line.hand_in(chain.bytes()).await), None);
    }
    let new = released_with("line key 2", &container(2));
    assert_eq!(code(&line.hand_in(new.bytes()).await), None);
    world.start("forwarder").await;
    world.until_case_has("forwarder", &container(1), 1).await;
    world.until_case_has("forwarder", &container(2), 1).await;
    world.restart("forwarder").await;
    world.until_case_has("forwarder", &container(2), 1).await;
    is_sound(&verified(&world, "forwarder", &container(2)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_that_changes_both_keys_goes_on_with_everybody() {
    let mut world = World::new(&["forwarder", "line", "terminal"]).await;
    world.accepted("line", "release-order", release_fields(&container(1), "forwarder")).await;
    let (exit, said) = run(&world, "terminal", "key rotate --wait 1");
    assert_eq!((exit, outcome(&said, "terminal")), (0, Some("accepted")), "{said:?}");
    for reader in ["forwarder", "line"] {
        until("it was told", async || world.waiting("terminal", reader).await == 0).await;
    }
    run(&world, "terminal", "key adopt --anyway");
    world.restart("terminal").await;
    let box_2 = container(2);
    world.accepted("line", "release-order", release_fields(&box_2, "forwarder")).await;
    world.accepted("terminal", "arrival", arrived(&box_2)).await;
    world.until_case_has("forwarder", &box_2, 2).await;
    assert_eq!(edition(&world, "forwarder").await, 1);
    is_sound(&verified(&world, "forwarder", &box_2).await);
    is_sound(&verified(&world, "terminal", &box_2).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_slept_through_a_terminals_rotation_learns_of_it_with_the_first_batch() {
    let mut world = World::new(&["line", "terminal"]).await;
    run(&world, "terminal", "key rotate --signing --wait 1");
    run(&world, "terminal", "key adopt --anyway");
    world.restart("terminal").await;
    until("the line knows", async || world.waiting("terminal", "line").await == 0).await;
    world.accepted("line", "release-order", release_fields(&container(1), "forwarder")).await;
    world.start("forwarder").await;
    world.until_case_has("forwarder", &container(1), 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_that_is_not_the_partys_own_to_make_is_refused_and_changes_nothing() {
    let world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let hand_in = async |signed: &Signed<Document>| {
        code(&line.hand_in(signed.bytes()).await).unwrap_or("accepted").to_owned()
    };
    let foreign = rotated("line", "a key nobody lists", Some("line new"), None);
    assert_eq!(hand_in(&foreign).await, "key-unknown");
    let node = rotated("line", "line node", Some("line new"), None);
    assert_eq!(hand_in(&node).await, "key-unknown");
    let others = rotated("forwarder", "forwarder", Some("forwarder new"), None);
    assert_eq!(hand_in(&others).await, "not-your-document");
    for taken in ["forwarder", "forwarder node", "authority 1"] {
        let taken = rotated("line", "line", Some(taken), None);
        assert_eq!(hand_in(&taken).await, "key-taken");
    }
    let order = released_with("line new", &container(1));
    assert_eq!(hand_in(&order).await, "key-unknown");
    assert_eq!(world.documents("terminal").await, 0);
}

/// The same envelope with what is in it now, signed by a key (docs/PROTOCOL.md § 3).
fn signed_anew(envelope: &[u8], name: &str) -> Vec<u8> {
    let protected = 4 + usize::from(envelope[3]);
    let payload = envelope.len() - 66;
    let parts = [&envelope[2..protected], &[0x40], &envelope[protected + 1..payload]].concat();
    let to_sign = [&[0x84, 0x6a][..], b"Signature1", &parts].concat();
    [&envelope[..payload + 2], &key(name).sign(&to_sign)].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_without_the_new_keys_own_word_is_refused() {
    let world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let good = rotated("line", "line", Some("line new"), None);
    let other = rotated("line", "line", Some("another"), None);
    let proof = |signed: &Signed<Document>| {
        let Document::KeyRotation(said) = signed.document() else { panic!("a rotation") };
        let text = serde_json::to_value(said.signing_proof).unwrap();
        HEXLOWER.decode(text.as_str().unwrap().as_bytes()).unwrap()
    };
    let (right, wrong) = (proof(&good), proof(&other));
    let at = good.bytes().windows(right.len()).position(|part| part == right).unwrap();
    let mut bytes = good.bytes().to_vec();
    bytes[at..at + right.len()].copy_from_slice(&wrong);
    let bytes = signed_anew(&bytes, "line");
    assert_eq!(code(&line.hand_in(&bytes).await), Some("bad-signature"));
    assert_eq!(code(&line.hand_in(good.bytes()).await), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_again_is_a_duplicate_and_a_second_one_of_the_same_key_is_refused() {
    let world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let first = rotated("line", "line", Some("line new"), None);
    let accepted = line.hand_in(first.bytes()).await;
    let again = line.hand_in(first.bytes()).await;
    assert_eq!((again.outcome, again.position), (Outcome::Duplicate, accepted.position));
    let second = rotated("line", "line", Some("line other"), None);
    let refused = line.hand_in(second.bytes()).await.refused.unwrap();
    assert_eq!((refused.code.as_str(), refused.names), ("key-rotated", Some(first.id())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_of_rotations_has_an_end() {
    let world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let mut old = "line".to_owned();
    for n in 0..=ROTATIONS_MAX {
        let new = format!("line key {n}");
        let entry = line.hand_in(rotated("line", &old, Some(&new), None).bytes()).await;
        let expected = (n == ROTATIONS_MAX).then_some("rotations-full");
        assert_eq!(code(&entry), expected, "rotation {n}");
        old = new;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_ended_vouches_for_nothing() {
    let mut world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let end = |edition: &mut _| entry(edition, "line").signing_keys[0].until = Some(clock());
    world.next_edition(&["terminal"], end).await;
    until("the edition counts", async || {
        let signed = rotated("line", "line", Some("line new"), None);
        code(&line.hand_in(signed.bytes()).await) == Some("key-not-in-force")
    })
    .await;
}

/// A thief has the line's keys and brought in one signing key and one node key of its own.
async fn with_thief(world: &World) -> (UnixMillis, Peer, Signed<Document>) {
    let line = Peer::come(world, "line").await.unwrap();
    let honest = sealed("line", release(&container(1), "forwarder"));
    let before = line.hand_in(honest.bytes()).await.position.unwrap().at;
    until("the clock goes on", async || clock() > before).await;
    let stolen = rotated("line", "line", Some("thief"), Some("thief node"));
    assert_eq!(code(&line.hand_in(stolen.bytes()).await), None);
    let thief = come_with(world, "line", "thief node").await.unwrap();
    let forged = released_with("thief", &container(2));
    assert_eq!(code(&thief.hand_in(forged.bytes()).await), None);
    (before, thief, honest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thiefs_own_keys_go_with_the_key_they_rest_on_when_the_authority_revokes_it() {
    let mut world = World::new(&["terminal"]).await;
    let (last, thief, honest) = with_thief(&world).await;
    let new = key("line new").public_key();
    world
        .next_edition(&["terminal"], |edition| {
            let line = entry(edition, "line");
            let from = line.signing_keys[0].from;
            line.signing_keys[0].until = Some(last);
            let fresh = landside_proto::document::KeyEntry { key: new, from, until: None };
            line.signing_keys.push(fresh);
        })
        .await;
    let end = end_of(&thief.connection).await;
    assert_eq!(code_of(&end), Some(u64::from(Violation::UnknownKey.code())));
    assert!(come_with(&world, "line", "thief node").await.is_err(), "came back");
    let line = Peer::come(&world, "line").await.unwrap();
    let forged = released_with("thief", &container(3));
    assert_eq!(code(&line.hand_in(forged.bytes()).await), Some("key-unknown"));
    let again = rotated("line", "thief", Some("thief 2"), None);
    assert_eq!(code(&line.hand_in(again.bytes()).await), Some("key-unknown"));

    // A reader that comes now takes what the line said before the theft and nothing of the thief.
    world.start("forwarder").await;
    world.until_case_has("forwarder", &container(1), 1).await;
    assert_eq!(world.timeline("forwarder", &container(1)).await, [honest.id().to_string()]);
    until("the forged one is refused", async || {
        world.waiting("terminal", "forwarder").await > 0
            && world.timeline("forwarder", &container(2)).await.is_empty()
    })
    .await;
    world.start_with("line", keys("line new", "line node")).await;
    world.accepted("line", "release-order", release_fields(&container(4), "forwarder")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thiefs_own_keys_die_even_when_the_authority_knows_neither_them_nor_the_time() {
    let mut world = World::new(&["terminal"]).await;
    let (_, thief, _) = with_thief(&world).await;
    // The key is ended from now on, not from the theft: what was registered stands, and that is all.
    let end = |edition: &mut _| entry(edition, "line").signing_keys[0].until = Some(clock());
    world.next_edition(&["terminal"], end).await;
    let end = end_of(&thief.connection).await;
    assert_eq!(code_of(&end), Some(u64::from(Violation::UnknownKey.code())));
    let line = Peer::come(&world, "line").await.unwrap();
    let forged = released_with("thief", &container(3));
    assert_eq!(code(&line.hand_in(forged.bytes()).await), Some("key-not-in-force"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_that_lists_the_new_key_takes_the_rotation_over_and_nothing_is_lost() {
    let mut world = World::new(&["line", "terminal"]).await;
    let file = world.home_of("line").join("rotation.cose");
    run(&world, "line", &format!("key rotate --signing --wait 1 -o {}", file.display()));
    run(&world, "line", "key adopt --anyway");
    world.restart("line").await;
    world.accepted("line", "release-order", release_fields(&container(1), "forwarder")).await;
    let statement = std::fs::read(&file).unwrap();
    world
        .next_edition(&["terminal", "line"], |edition| {
            let (said, at) = rotation::read(&statement, &edition.parties, clock()).unwrap();
            rotation::apply(&said, at, entry(edition, "line")).unwrap();
        })
        .await;
    // What the new key signed before the edition is the edition's to vouch for now.
    world.start("forwarder").await;
    world.until_case_has("forwarder", &container(1), 1).await;
    world.accepted("line", "release-order", release_fields(&container(2), "forwarder")).await;
    is_sound(&verified(&world, "terminal", &container(1)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_takes_no_rotation_to_hand_in_that_is_not_its_partys_own() {
    let world = World::new(&["line", "terminal"]).await;
    let submit = async |signed: &Signed<Document>| {
        let envelope = BASE64.encode(signed.bytes());
        let (_, done) = world.ask("line", Request::Rotate { envelope, wait_ms: 0 }).await;
        done.error.map(|failure| failure.code)
    };
    let others = rotated("forwarder", "forwarder", Some("forwarder new"), None);
    assert_eq!(submit(&others).await.as_deref(), Some("not-your-document"));
    let order = sealed("line", release(&container(1), "forwarder"));
    assert_eq!(submit(&order).await.as_deref(), Some("not-deliverable"));
    let foreign = rotated("line", "a key nobody lists", Some("line new"), None);
    assert_eq!(submit(&foreign).await.as_deref(), Some("key-unknown"));
    let (_, done) =
        world.ask("line", Request::Rotate { envelope: "?".to_owned(), wait_ms: 0 }).await;
    assert_eq!(done.error.unwrap().code, "bad-request");
}
