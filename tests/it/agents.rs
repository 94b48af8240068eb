//! A line without a node: its terminal signs for it, and everybody sees that.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use landside_node::control::{Done, Request};
use landside_proto::document::{AgentEntry, DirectoryEdition, PartyEntry};
use landside_proto::ids::UnixMillis;
use landside_proto::key::PublicKey;
use serde_json::{Map, Value, json};

use crate::tidy::root;
use crate::world::{World, party, until};

const NODES: [&str; 3] = ["customs", "forwarder", "terminal"];

fn entry<'a>(edition: &'a mut DirectoryEdition, name: &str) -> &'a mut PartyEntry {
    edition.parties.iter_mut().find(|entry| entry.id == party(name)).unwrap()
}

/// A port whose line has no node, and the terminal's key for it, which nobody lists yet.
async fn port() -> (World, PublicKey) {
    let world = World::edited(&NODES, |edition| entry(edition, "line").node_keys.clear()).await;
    let home = landside_node::home::Home::at(world.home_of("terminal")).unwrap();
    let key = home.add_agent_key(&party("line"), [77; 32]).unwrap();
    (world, key)
}

fn agent(key: PublicKey) -> AgentEntry {
    AgentEntry { party: party("terminal"), key, from: UnixMillis::from_millis(0), until: None }
}

async fn listed() -> (World, PublicKey) {
    let (mut world, key) = port().await;
    world
        .next_edition(&["terminal"], |edition| entry(edition, "line").agents = vec![agent(key)])
        .await;
    world.until_in_force(2, &NODES).await;
    (world, key)
}

async fn import(world: &World, file: &str, line: Option<&str>) -> (Vec<Value>, Done) {
    let request = Request::Import {
        path: root().join("fixtures/edifact").join(file).display().to_string(),
        profile: None,
        parties: Map::new(),
        release_to: Some("forwarder".to_owned()),
        terminal: Some("terminal".to_owned()),
        renew_days: Some(30),
        agent_for: line.map(str::to_owned),
        person: None,
        wait_ms: 0,
    };
    world.ask("terminal", request).await
}

fn code(done: &Done) -> &str {
    done.error.as_ref().map_or("", |error| error.code.as_str())
}

/// The lines of what was signed.
fn issued(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["event"] == "issued").collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_on_a_lines_message_is_marked_at_every_reader_and_nothing_waits_for_the_line() {
    let (world, _) = listed().await;
    let (lines, done) = import(&world, "coreor-demo.edi", Some("line")).await;
    assert_eq!(done.exit, 0, "{done:?} {lines:?}");
    let first = issued(&lines)[0].clone();
    let number = first["container"].as_str().unwrap();
    let raw = std::fs::read(root().join("fixtures/edifact/coreor-demo.edi")).unwrap();
    // An interchange ends with the segment terminator after UNZ, whatever the file has behind it.
    let hash = landside_proto::ids::Hash32::of(raw.trim_ascii_end()).to_string();
    for reader in ["terminal", "forwarder"] {
        until("it has the case", async || world.status(reader, number).await.is_some()).await;
        let step = world.status(reader, number).await.unwrap()["timeline"][0].clone();
        assert_eq!(step["issuer"], "line");
        let agent = json!({ "party": "terminal", "message": hash });
        assert_eq!(step["agent"], agent, "{reader}: {step}");
        let words = step["words"].as_str().unwrap();
        assert!(words.ends_with(&format!("signed by agent terminal on message {hash}")), "{words}");
    }
    assert_eq!(world.waiting("terminal", "line").await, 0);
    let info = world.info("terminal").await;
    assert_eq!(info["agents"][0]["line"], "line");
    assert_eq!(info["agents"][0]["state"], "in-force");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_signed_for_a_line_before_the_directory_lists_the_key_nor_after_its_end() {
    let (mut world, key) = port().await;
    let (lines, done) = import(&world, "coreor-demo.edi", Some("line")).await;
    assert_eq!((code(&done), issued(&lines).len()), ("key-unknown", 0));
    assert_eq!(world.info("terminal").await["agents"][0]["state"], "not-listed");
    let (_, done) = import(&world, "coreor-demo.edi", Some("line-2")).await;
    assert_eq!(code(&done), "agent-key-missing");
    world
        .next_edition(&["terminal"], |edition| {
            let until = Some(UnixMillis::from_millis(1));
            entry(edition, "line").agents = vec![AgentEntry { until, ..agent(key) }];
        })
        .await;
    world.until_in_force(2, &["terminal"]).await;
    let (lines, done) = import(&world, "coreor-demo.edi", Some("line")).await;
    assert_eq!((code(&done), issued(&lines).len()), ("key-not-in-force", 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_writes_the_mark_by_hand() {
    let (mut world, _) = listed().await;
    world.start("line-2").await;
    let mut order = crate::world::release_fields(&crate::world::container(1), "forwarder");
    order["agent"] = json!("terminal");
    order["source"] = json!({ "interchange": "00".repeat(32), "message": 0, "equipment": 0 });
    for name in ["line-2", "terminal"] {
        let line = world.issue(name, "release-order", order.clone()).await;
        assert_eq!(line["outcome"], "failed", "{name}: {line}");
        assert_eq!(line["code"], "agent-mark", "{name}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_option_a_terminal_releases_nothing() {
    let (world, _) = listed().await;
    let (lines, done) = import(&world, "coreor-demo.edi", None).await;
    assert_ne!(done.exit, 0);
    assert!(issued(&lines).is_empty(), "{lines:?}");
    assert!(lines.iter().any(|line| line["code"] == "role-may-not-sign"), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_gets_a_node_gets_the_case_and_its_word_goes_above_its_agents() {
    let (mut world, _) = listed().await;
    let (lines, _) = import(&world, "coreor-demo.edi", Some("line")).await;
    let number = issued(&lines)[0]["container"].as_str().unwrap().to_owned();
    let node = crate::world::public("line node");
    world
        .next_edition(&["terminal"], |edition| entry(edition, "line").node_keys = vec![node])
        .await;
    world.until_in_force(3, &NODES).await;
    world.start("line").await;
    let held = json!({ "container": number, "hold_type": "terminal-storage", "reason": "unpaid" });
    world.accepted("terminal", "hold", held).await;
    world.until_case_has("line", &number, 2).await;
    let case = world.status("line", &number).await.unwrap();
    assert_eq!(case["timeline"][0]["agent"]["party"], "terminal", "{case}");
    assert_eq!(case["incomplete"], false, "from the first document on");

    let said = &case["timeline"][0];
    let bill = said["words"].as_str().unwrap().split("B/L ").nth(1).unwrap();
    let bill = bill.split(')').next().unwrap();
    let block = json!({
        "container": number, "bill": bill, "builds_on": said["id"], "action": "block",
        "reason": "not our order",
    });
    world.accepted("line", "release-change", block).await;
    let (lines, _) = import(&world, "coreor-demo.edi", Some("line")).await;
    let line = issued(&lines).into_iter().find(|line| line["container"] == number.as_str());
    let line = line.unwrap();
    assert_eq!(
        (&line["outcome"], &line["refused"]["code"]),
        (&json!("refused"), &json!("line-speaks"))
    );
}
