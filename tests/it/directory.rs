//! Directory editions between nodes: one node gets it, all have it, and none falls off a cliff.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod age;
mod forks;

use std::time::Duration;

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::document::{DirectoryEdition, Outcome, PartyEntry};
use landside_proto::session::Violation;
use serde_json::json;

use crate::peer::{Peer, code_of};
use crate::world::{
    DAY, DRIVER, World, actor, container, later, party, public, release, release_fields, sealed,
    until,
};

const EVERYBODY: [&str; 8] =
    ["customs", "forwarder", "haulier", "line", "line-2", "shipper", "sub-haulier", "terminal"];

/// "Within seconds": far more than it takes, far less than a person would wait.
const SECONDS: Duration = Duration::from_secs(10);

fn entry<'a>(edition: &'a mut DirectoryEdition, name: &str) -> &'a mut PartyEntry {
    edition.parties.iter_mut().find(|entry| entry.id == party(name)).unwrap()
}

fn without(name: &str) -> impl FnOnce(&mut DirectoryEdition) {
    move |edition| edition.parties.retain(|entry| entry.id != party(name))
}

/// A code that a refused installation gives.
async fn refused(world: &World, name: &str, bundle: &[u8]) -> &'static str {
    world.node(name).install(bundle).await.unwrap_err().code.as_str()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_installed_at_one_node_reaches_all_also_those_that_nobody_can_dial() {
    let mut world = World::new(&EVERYBODY).await;
    let credential = json!({ "key": public(DRIVER), "name": "Wang Wei", "valid_until": later(DAY),
        "state": "active" });
    world.accepted("haulier", "driver-credential", credential).await;
    world.start(DRIVER).await;
    until("the device is served", async || {
        world.peers("terminal").await.contains(&actor(DRIVER).to_string())
    })
    .await;

    let bundle = world.next_edition(&["customs"], |_| {}).await;
    world.until_in_force(2, &EVERYBODY).await;
    world.until_in_force(2, &[DRIVER]).await;
    for name in EVERYBODY.into_iter().chain([DRIVER]) {
        assert_eq!(world.node(name).edition(2).unwrap().unwrap(), bundle, "{name}: exact bytes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_down_gets_what_it_missed_in_order_when_it_comes_back() {
    let mut world = World::new(&["line", "terminal"]).await;
    world.kill("line").await;
    let mut bundles = Vec::new();
    for _ in 2..=5 {
        bundles.push(world.next_edition(&["terminal"], |_| {}).await);
    }
    world.start("line").await;
    world.until_in_force(5, &["line"]).await;
    for (number, bundle) in (2..).zip(&bundles) {
        assert_eq!(world.node("line").edition(number).unwrap().as_ref(), Some(bundle));
    }
    assert_eq!(world.node("line").edition(6).unwrap(), None);
    world.restart("line").await;
    world.until_in_force(5, &["line"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_longer_than_a_frame_comes_in_parts() {
    let mut world = World::new(&["customs", "terminal"]).await;
    let bundle = world
        .next_edition(&["customs"], |edition| {
            // Parties that are only listed, each with as long addresses as may be.
            for number in 0..400 {
                let mut listed = entry(edition, "shipper").clone();
                listed.id = party(&format!("x-{number:04}"));
                (listed.signing_keys, listed.node_keys) = (vec![], vec![]);
                listed.addresses = vec![format!("{}.invalid:4433", "a".repeat(240)); 8];
                edition.parties.push(listed);
            }
        })
        .await;
    assert!(bundle.len() > 1024 * 1024, "{}", bundle.len());
    world.until_in_force(2, &["terminal"]).await;
    assert_eq!(world.node("terminal").edition(2).unwrap().unwrap(), bundle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_party_is_off_everywhere_within_seconds_of_one_installation() {
    let nodes = ["customs", "forwarder", "haulier", "line", "terminal"];
    let mut world = World::new(&nodes).await;
    let mut links = Vec::new();
    for node in nodes {
        links.push((node, Peer::come_to(&world, node, "line-2").await.unwrap()));
    }
    world.next_edition(&["haulier"], without("line-2")).await;
    for (node, peer) in &links {
        let end = tokio::time::timeout(SECONDS, peer.connection.closed()).await;
        let end = end.unwrap_or_else(|_| panic!("its link with {node} goes on"));
        assert_eq!(code_of(&end), Some(u64::from(Violation::UnknownKey.code())), "{node}");
    }
    world.until_in_force(2, &nodes).await;
    for node in nodes {
        assert!(Peer::come_to(&world, node, "line-2").await.is_err(), "{node} let it in again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stolen_key_signs_after_its_end_is_refused_and_what_it_signed_before_stands() {
    let mut world = World::new(&["customs", "forwarder", "line", "terminal"]).await;
    let thief = Peer::come(&world, "line-2").await.unwrap();
    let (before, after) = (container(1), container(2));
    let order = thief.accepted(release(&before, "forwarder")).await;
    world.until_case_has("forwarder", &before, 1).await;

    world
        .next_edition(&["customs"], |edition| {
            entry(edition, "line-2").signing_keys[0].until = Some(clock());
        })
        .await;
    world.until_in_force(2, &["forwarder", "line", "terminal"]).await;
    let forged = sealed("line-2", release(&after, "forwarder"));
    let entry = thief.hand_in(forged.bytes()).await;
    assert_eq!(entry.outcome, Outcome::Refused);
    assert_eq!(entry.refused.unwrap().code, "key-not-in-force");
    for name in ["forwarder", "terminal"] {
        assert_eq!(world.timeline(name, &before).await, [order.to_string()], "{name}");
        assert_eq!(world.timeline(name, &after).await, Vec::<String>::new(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_brought_by_hand_after_the_spread_is_taken_as_done_and_an_older_one_is_not() {
    let mut world = World::new(&["customs", "terminal"]).await;
    let first = world.directory().bundle().to_vec();
    let second = world.next_edition(&["customs"], |_| {}).await;
    world.until_in_force(2, &["terminal"]).await;
    let again = world.node("terminal").install(&second).await.unwrap();
    assert_eq!(again.edition().number, 2);
    assert_eq!(refused(&world, "terminal", &first).await, "edition-rollback");
    let third = world.next_edition(&["customs"], |_| {}).await;
    world.until_in_force(3, &["terminal"]).await;
    assert_eq!(refused(&world, "terminal", &second).await, "edition-rollback");
    assert_eq!(world.node("customs").install(&third).await.unwrap().edition().number, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_is_refused_by_hand_and_over_a_link_closes_once_the_one_between_is_there() {
    let mut world = World::new(&["line"]).await;
    // Homes made from here on begin with edition 3.
    let second = world.next_edition(&[], |_| {}).await;
    let third = world.next_edition(&[], |_| {}).await;
    assert_eq!(refused(&world, "line", &third).await, "edition-gap");
    world.start("terminal").await;
    world.accepted("line", "release-order", release_fields(&container(1), "forwarder")).await;
    assert_eq!(world.info("line").await["directory"], 1, "they talk, but it cannot follow");

    world.node("line").install(&second).await.unwrap();
    world.until_in_force(3, &["line"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_of_tomorrow_spreads_today_and_comes_in_force_everywhere_in_its_time() {
    let mut world = World::new(&["customs", "line", "terminal"]).await;
    let removed = Peer::come(&world, "line-2").await.unwrap();
    let from = later(Duration::from_secs(4));
    let waiting = async |world: &World, name: &str| {
        let info = world.info(name).await;
        info["directory"] == 1 && info["directory_waiting"]["number"] == 2
    };
    world
        .next_edition(&["customs"], |edition| {
            edition.valid_from = from;
            without("line-2")(edition);
        })
        .await;
    until("the terminal waits with it", async || waiting(&world, "terminal").await).await;
    until("the line waits with it", async || waiting(&world, "line").await).await;
    world.restart("line").await;
    if clock() < from {
        assert!(removed.connection.close_reason().is_none(), "it is listed until then");
    }
    world.until_in_force(2, &["customs", "line", "terminal"]).await;
    assert!(clock() >= from);
    let end = tokio::time::timeout(SECONDS, removed.connection.closed()).await.unwrap();
    assert_eq!(code_of(&end), Some(u64::from(Violation::UnknownKey.code())));
    assert!(world.info("line").await.get("directory_waiting").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_edition_overtakes_one_that_waits() {
    let mut world = World::new(&["customs", "terminal"]).await;
    world.next_edition(&["customs"], |edition| edition.valid_from = later(DAY / 2)).await;
    let urgent = |edition: &mut DirectoryEdition| {
        edition.valid_from = clock();
        without("line-2")(edition);
    };
    world.next_edition(&["customs"], urgent).await;
    world.until_in_force(3, &["customs", "terminal"]).await;
    assert!(world.info("terminal").await.get("directory_waiting").is_none());
    assert!(Peer::come(&world, "line-2").await.is_err());
    let (lines, _) = world.ask("terminal", Request::Info).await;
    assert_eq!(lines[0]["directory_id"], world.directory().id().to_string());
}
