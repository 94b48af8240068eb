//! Overrides over real nodes: in whose name, who learns of it, and over whom never.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::Duration;

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::document::Document;
use landside_proto::ids::DocId;
use landside_proto::presentation;
use serde_json::{Value, json};

use crate::peer::node_key;
use crate::world::{
    DAY, DRIVER, World, bill_of, container, id_of, later, public, release_fields, until,
};

const NODES: [&str; 4] = ["customs", "haulier", "line", "terminal"];

const HOUR: Duration = Duration::from_secs(3600);

const PLATE: &str = "T417KLM";

const PERSON: &str = "Neema Juma, shift manager";

/// The box is here, driver and slot are bound, the line holds it for its freight, and no customs
/// office has said a word or been told. Gives the hold.
async fn held_for_freight(world: &World, number: &str) -> DocId {
    world.accepted("line", "release-order", release_fields(number, "haulier")).await;
    let here = json!({
        "container": number, "discharged_at": clock(), "available": true, "cleared": true,
        "told": [],
    });
    world.accepted("terminal", "arrival", here).await;
    let held = json!({ "container": number, "hold_type": "freight", "reason": "unpaid" });
    let hold = world.accepted("line", "hold", held).await;
    let device = json!({
        "key": public(DRIVER), "name": "Wang Wei", "valid_until": later(DAY), "state": "active",
    });
    world.accepted("haulier", "driver-credential", device).await;
    until("the haulier has the case", async || {
        world.status("haulier", number).await.is_some_and(|case| case["right"].is_object())
    })
    .await;
    let driver = json!({ "container": number, "driver": public(DRIVER), "plate": PLATE });
    world.accepted("haulier", "driver-binding", driver).await;
    let window = json!({ "from": clock(), "until": later(HOUR) });
    world
        .accepted("haulier", "slot-request", json!({ "container": number, "window": window }))
        .await;
    hold
}

fn over(number: &str) -> Value {
    json!({
        "container": number, "light": "commercial", "person": PERSON,
        "reason": "the freight was paid at the counter", "valid_until": later(8 * HOUR),
    })
}

/// Customs releases the bill. Its node is called by the terminal just now, so the document may go
/// over two links and be told as a duplicate: that it has its place is what counts.
async fn customs_releases(world: &World, number: &str) {
    let released = json!({
        "container": number, "terminal": "terminal", "consignment": bill_of(number),
        "status": "released",
    });
    let id = world.hand_in("customs", "customs-status", released).await;
    until("customs knows its place", async || world.position("customs", id).await.is_some()).await;
}

async fn lights(world: &World, name: &str, number: &str) -> Value {
    world.status(name, number).await.unwrap()["lights"].clone()
}

/// The bound driver comes with the pass that the case has, in the right truck.
async fn at_the_gate(world: &World, number: &str) -> Value {
    let case = world.status("terminal", number).await.unwrap();
    let pass = world.document("terminal", id_of(&case["pass"])).await;
    let shown = presentation::present(&pass, clock(), &node_key(DRIVER)).unwrap();
    let check =
        Request::GateCheck { shown: Some(shown), subject: None, plate: Some(PLATE.to_owned()) };
    world.ask("terminal", check).await.0.swap_remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_freight_hold_is_overridden_by_a_person_and_line_and_customs_know_of_it() {
    let world = World::new(&NODES).await;
    let number = container(1);
    let hold = held_for_freight(&world, &number).await;
    assert_eq!(lights(&world, "terminal", &number).await["commercial"], "red");
    assert!(world.status("customs", &number).await.is_none(), "customs has not spoken");

    let id = world.accepted("terminal", "override", over(&number)).await;
    let case = world.status("terminal", &number).await.unwrap();
    assert_eq!(case["lights"]["commercial"], "overridden");
    let said = &case["overrides"][0];
    assert_eq!((&said["person"], &said["document"]), (&json!(PERSON), &json!(id)));
    assert_eq!(said["covers"], json!([{ "code": "hold", "document": hold }]));
    let steps = case["timeline"].as_array().unwrap();
    let step = steps.iter().find(|step| step["kind"] == "override").unwrap();
    let words = step["words"].as_str().unwrap();
    assert!(words.contains(PERSON) && words.contains("paid at the counter"), "{words}");

    // An office that has not spoken reads the whole case from its first document.
    for reader in ["line", "customs"] {
        world.until_caught_up(reader, &number).await;
        let theirs = world.document(reader, id).await;
        assert_eq!(theirs.bytes(), world.document("terminal", id).await.bytes());
        assert_eq!(lights(&world, reader, &number).await["commercial"], "overridden");
    }

    customs_releases(&world, &number).await;
    let decision = at_the_gate(&world, &number).await;
    assert_eq!(decision["verdict"], "admit", "{decision}");
    assert_eq!(decision["overrides"], json!([{ "document": id, "person": PERSON }]));
    let signed = world.document("terminal", id_of(&decision)).await;
    let Document::GateDecision(said) = signed.document() else { panic!("{signed:?}") };
    assert_eq!(said.overrides[0].person.as_str(), PERSON);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customs_hold_kills_the_pass_of_an_override_and_forbids_another() {
    let world = World::new(&NODES).await;
    let number = container(1);
    held_for_freight(&world, &number).await;
    world.accepted("terminal", "override", over(&number)).await;
    customs_releases(&world, &number).await;
    assert_eq!(at_the_gate(&world, &number).await["verdict"], "admit");

    let scan = json!({ "container": number, "hold_type": "customs-scan", "reason": "chosen" });
    world.accepted("customs", "hold", scan).await;
    let decision = at_the_gate(&world, &number).await;
    assert_eq!(decision["verdict"], "refuse");
    assert_eq!(decision["reasons"][0]["owed_by"], "customs");
    for light in ["commercial", "customs", "terminal"] {
        let mut wanted = over(&number);
        wanted["light"] = json!(light);
        let line = world.issue("terminal", "override", wanted).await;
        let code = if light == "terminal" { "nothing-to-override" } else { "not-overridable" };
        assert_eq!(line["code"], code, "{light}: {line}");
    }
    let case = world.status("terminal", &number).await.unwrap();
    assert_eq!(case["lights"]["customs"], "red");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_leaves_on_an_override_and_never_shows_green() {
    let world = World::new(&NODES).await;
    let number = container(1);
    held_for_freight(&world, &number).await;
    let id = world.accepted("terminal", "override", over(&number)).await;
    customs_releases(&world, &number).await;
    assert_eq!(at_the_gate(&world, &number).await["verdict"], "admit");
    let seen = json!({ "container": number, "condition": "sound" });
    world.accepted("terminal", "interchange-receipt", seen).await;
    let unsigned_because = Some("the phone is flat".to_owned());
    let request = Request::GateOut { subject: number.clone(), unsigned_because };
    let (lines, done) = world.ask("terminal", request).await;
    assert_eq!(done.exit, 0, "{done:?}");
    let gate_out = world.document("terminal", id_of(&lines[0])).await;
    let Document::GateOut(said) = gate_out.document() else { panic!("{gate_out:?}") };
    assert_eq!(said.overrides[0].document, id);
    let case = world.status("terminal", &number).await.unwrap();
    assert_eq!(
        (&case["state"], &case["lights"]["commercial"]),
        (&json!("closed"), &json!("overridden"))
    );
    assert_eq!(case["overrides"][0]["person"], PERSON);

    let late = world.issue("terminal", "override", over(&number)).await;
    assert_eq!(late["code"], "case-closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_that_makes_no_sense_is_refused_before_it_is_signed() {
    let world = World::new(&["line", "terminal"]).await;
    let number = container(1);
    assert_eq!(world.issue("terminal", "override", over(&number)).await["code"], "case-unknown");
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    let documents = world.documents("terminal").await;
    for (field, value, code) in [
        ("reason", json!("x"), "nothing-to-override"),
        ("light", json!("customs"), "not-overridable"),
        ("light", json!("terminal"), "not-overridable"),
        ("light", json!("blue"), "bad-field"),
        ("covers", json!(["customs-silent"]), "nothing-to-override"),
        ("covers", json!([]), "bad-field"),
        ("approved_by", json!(["A", "B"]), "bad-field"),
    ] {
        let mut wanted = over(&number);
        wanted[field] = value.clone();
        let line = world.issue("terminal", "override", wanted).await;
        assert_eq!(line["code"], code, "{field} {value}");
    }
    assert_eq!(world.documents("terminal").await, documents, "nothing was signed");

    until("the line has its case", async || world.status("line", &number).await.is_some()).await;
    let held = json!({ "container": number, "hold_type": "freight", "reason": "unpaid" });
    world.accepted("line", "hold", held).await;
    for field in ["person", "reason"] {
        let mut nobody = over(&number);
        nobody[field] = json!("");
        assert_eq!(world.issue("terminal", "override", nobody).await["code"], "bad-field");
    }
    until("the line has its hold", async || {
        world.status("line", &number).await.unwrap()["lights"]["commercial"] == "red"
    })
    .await;
    let by_line = world.issue("line", "override", over(&number)).await;
    assert_eq!(by_line["refused"]["code"], "role-may-not-sign", "{by_line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_an_override_is_heard_by_its_readers() {
    let world = World::new(&NODES).await;
    let number = container(1);
    held_for_freight(&world, &number).await;
    let mut long = over(&number);
    long["valid_until"] = json!(later(2 * DAY));
    assert_eq!(world.issue("terminal", "override", long).await["code"], "override-too-long");
    world.accepted("terminal", "override", over(&number)).await;
    let end = json!({
        "container": number, "light": "commercial", "person": "Ole Hansen",
        "reason": "the line objects", "covers": [],
    });
    world.accepted("terminal", "override", end).await;
    for reader in ["line", "customs"] {
        world.until_caught_up(reader, &number).await;
        let case = world.status(reader, &number).await.unwrap();
        assert_eq!(case["lights"]["commercial"], "red", "{reader}");
        assert_eq!(case["overrides"], json!([]));
    }
}
