//! What waits for customs is in its list before it has said a word, and in no other office's.

use std::time::Duration;

use landside_node::board::Query;
use landside_proto::document::{Document, PartyEntry, Role};
use landside_proto::ids::PartyId;
use serde_json::{Value, json};

use crate::world::{World, container, later, party, public, release_fields, until};

const NODES: [&str; 4] = ["customs", "haulier", "line", "terminal"];

fn here(number: &str) -> Value {
    json!({
        "container": number, "discharged_at": later(Duration::ZERO), "available": true,
        "cleared": true,
    })
}

/// Whom the arrival names.
async fn told(world: &World, number: &str) -> Vec<PartyId> {
    let id = world.accepted("terminal", "arrival", here(number)).await;
    match world.document("terminal", id).await.document() {
        Document::Arrival(d) => d.told.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_office_finds_a_container_in_its_list_when_it_has_arrived() {
    let world = World::new(&NODES).await;
    let number = container(81);
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    let (board, kept) = world.node("customs").board();
    let keeping = tokio::spawn(kept);
    assert_eq!(told(&world, &number).await, [party("customs")]);
    let mine = Query { mine: true, ..Query::default() };
    until("it waits for customs", async || {
        let page = board.page(&mine).unwrap();
        page.lines.iter().any(|line| line["container"] == *number && line["waits_for_me"] == true)
    })
    .await;
    // The case is whole: the release that came before is among what the office reads.
    assert_eq!(world.timeline("customs", &number).await, world.timeline("terminal", &number).await);
    let clear = json!({ "container": number, "status": "released" });
    world.accepted("customs", "customs-status", clear).await;
    until("nothing waits for customs", async || board.page(&mine).unwrap().lines.is_empty()).await;
    keeping.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_the_case_is_not_told_again() {
    let world = World::new(&NODES).await;
    let number = container(82);
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    assert_eq!(told(&world, &number).await, [party("customs")]);
    assert!(told(&world, &number).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_offices_none_is_told_unless_the_terminal_names_it() {
    let second = |edition: &mut landside_proto::document::DirectoryEdition| {
        let first = edition.parties.iter().find(|entry| entry.roles.contains(&Role::Customs));
        let mut second: PartyEntry = first.unwrap().clone();
        second.id = party("customs-2");
        second.addresses.clear();
        second.node_keys = vec![public("customs-2 node")];
        for key in &mut second.signing_keys {
            key.key = public("customs-2");
        }
        edition.parties.push(second);
        edition.parties.sort_by(|a, b| a.id.cmp(&b.id));
    };
    let mut world = World::edited(&["line", "terminal"], second).await;
    let number = container(83);
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    assert!(told(&world, &number).await.is_empty());
    world.kill("terminal").await;
    world.configure_again("terminal", "customs = []", "customs = [\"customs-2\"]");
    world.start("terminal").await;
    let number = container(84);
    assert_eq!(told(&world, &number).await, [party("customs-2")]);
    let mut wrong = here(&container(85));
    wrong["told"] = json!(["haulier"]);
    let line = world.issue("terminal", "arrival", wrong).await;
    assert_eq!(line["code"], "not-customs", "{line}");
}
