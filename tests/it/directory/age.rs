//! An edition grows old: the table of docs/PROTOCOL.md § 5, over real nodes.

use landside_proto::document::{Document, Kind};
use serde_json::Value;

use super::*;

const PLATE: &str = "T417KLM";

/// Nodes of a port whose edition 1 ended so long ago.
async fn overdue_for(span: Duration) -> World {
    let ago = |span: Duration| {
        let millis = u64::try_from(span.as_millis()).unwrap();
        landside_proto::ids::UnixMillis::from_millis(clock().as_millis() - millis)
    };
    World::edited(&["customs", "forwarder", "haulier", "line", "terminal"], |edition| {
        edition.valid_from = ago(span + 30 * DAY);
        edition.valid_until = ago(span);
    })
    .await
}

fn enrolment(name: &str, state: &str) -> Value {
    json!({ "key": public(name), "name": name, "valid_until": later(DAY), "state": state })
}

fn credential(name: &str, state: &str) -> Document {
    Document::deserialize(Kind::DriverCredential, enrolment(name, state)).unwrap()
}

/// Everything from release to the gate but for the driver's enrolment; gives the gate's word.
async fn whole_way(world: &World, number: &str) -> Value {
    world.accepted("line", "release-order", release_fields(number, "forwarder")).await;
    let visit = json!({ "terminal": "terminal", "container": number });
    let bill = crate::world::bill_of(number);
    let status = json!({ "visit": visit, "consignment": bill, "status": "released" });
    world.accepted("customs", "customs-status", status).await;
    let arrival =
        json!({ "visit": visit, "discharged_at": clock(), "available": true, "cleared": true });
    world.accepted("terminal", "arrival", arrival).await;
    world.until_case_has("forwarder", number, 3).await;
    let to = json!({ "container": number, "to": "haulier" });
    world.accepted("forwarder", "pass-right", to).await;
    world.until_holds("haulier", number).await;
    let subject = number.to_owned();
    let check = Request::GateCheck { shown: None, subject: Some(subject), plate: None };
    world.ask("terminal", check).await.0.remove(0)
}

/// The driver bound and a slot asked for.
async fn booked(world: &World, number: &str) {
    let binding = json!({ "container": number, "driver": public(DRIVER), "plate": PLATE });
    world.accepted("haulier", "driver-binding", binding).await;
    let window = json!({ "from": clock(), "until": later(Duration::from_secs(3600)) });
    world
        .accepted("haulier", "slot-request", json!({ "container": number, "window": window }))
        .await;
}

fn codes(line: &Value) -> Vec<&str> {
    let warnings = line["warnings"].as_array().map(Vec::as_slice).unwrap_or_default();
    warnings.iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_age_of_a_current_edition_is_shown_without_a_warning() {
    let world = World::new(&["customs", "forwarder", "haulier", "line", "terminal"]).await;
    let number = container(1);
    let decision = whole_way(&world, &number).await;
    let info = world.info("terminal").await;
    let status = world.status("terminal", &number).await.unwrap();
    for line in [decision, info, status] {
        assert_eq!(line["directory"], 1);
        assert!(line["directory_age_s"].is_u64(), "{line}");
        assert!(line.get("directory_overdue_s").is_none() && codes(&line).is_empty(), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_edition_warns_everywhere_and_refuses_nothing() {
    let world = overdue_for(DAY).await;
    let number = container(1);
    world.accepted("haulier", "driver-credential", enrolment(DRIVER, "active")).await;
    let decision = whole_way(&world, &number).await;
    booked(&world, &number).await;
    let status = world.status("terminal", &number).await.unwrap();
    assert!(status["pass"].is_object(), "the pass is issued: {status}");
    let info = world.info("terminal").await;
    for line in [&decision, &info, &status] {
        assert_eq!(codes(line), ["edition-overdue"], "{line}");
        let overdue = line["directory_overdue_s"].as_u64().unwrap();
        assert!((DAY.as_secs()..DAY.as_secs() + 600).contains(&overdue), "{line}");
        assert!(line["directory_age_s"].as_u64().unwrap() >= 31 * DAY.as_secs(), "{line}");
    }
    // The decision that is signed says it too, and gives it for no reason.
    let id = landside_proto::ids::DocId::parse(decision["id"].as_str().unwrap()).unwrap();
    let signed = world.document("terminal", id).await;
    let Document::GateDecision(signed) = signed.document() else { panic!("a gate decision") };
    assert_eq!(signed.directory_overdue_s, decision["directory_overdue_s"].as_u64());
    assert!(signed.reasons.iter().all(|reason| reason.code.as_str() != "edition-overdue"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_the_grace_only_new_device_keys_are_refused_until_the_next_edition() {
    let mut world = overdue_for(31 * DAY).await;
    let new = world.issue("haulier", "driver-credential", enrolment(DRIVER, "active")).await;
    assert_eq!(new["code"], "edition-overdue", "refused before it is signed: {new}");
    let other = Peer::come(&world, "sub-haulier").await.unwrap();
    let handed_in = sealed("sub-haulier", credential(DRIVER, "active"));
    let entry = other.hand_in(handed_in.bytes()).await;
    assert_eq!(entry.refused.unwrap().code, "edition-overdue", "and by the terminal");
    other.accepted(credential("another device", "withdrawn")).await;
    world.accepted("haulier", "driver-credential", enrolment("another", "withdrawn")).await;

    // All else goes on: new cases, rights, slots, the gate.
    let number = container(1);
    let decision = whole_way(&world, &number).await;
    assert_eq!(codes(&decision), ["edition-overdue"]);
    let window = json!({ "from": clock(), "until": later(Duration::from_secs(3600)) });
    let slot = json!({ "container": number, "window": window });
    world.accepted("haulier", "slot-request", slot).await;

    world.next_edition(&["customs"], |edition| edition.valid_until = later(DAY)).await;
    world.until_in_force(2, &["haulier", "terminal"]).await;
    assert!(codes(&world.info("terminal").await).is_empty());
    world.accepted("haulier", "driver-credential", enrolment(DRIVER, "active")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_the_grace_a_driver_enrolled_before_is_bound_admitted_and_renewed() {
    let mut world = overdue_for(31 * DAY).await;
    for name in ["haulier", "terminal"] {
        world.kill(name).await;
        world.configure_again(name, "grace_days = 30", "grace_days = 60");
        world.start(name).await;
    }
    world.accepted("haulier", "driver-credential", enrolment(DRIVER, "active")).await;
    for name in ["haulier", "terminal"] {
        world.kill(name).await;
        world.configure_again(name, "grace_days = 60", "grace_days = 30");
        world.start(name).await;
    }
    let number = container(1);
    whole_way(&world, &number).await;
    booked(&world, &number).await;
    let longer = json!({ "key": public(DRIVER), "name": DRIVER, "valid_until": later(2 * DAY),
        "state": "active" });
    world.accepted("haulier", "driver-credential", longer).await;
    world.start(DRIVER).await;
    world.ask(DRIVER, Request::Collect { wait_ms: 20_000 }).await;
    let shown = world.ask(DRIVER, Request::Present { container: number.clone() }).await.0;
    let shown = shown[0]["text"].as_str().map(str::to_owned);
    let check = Request::GateCheck { shown, subject: None, plate: Some(PLATE.to_owned()) };
    let decision = world.ask("terminal", check).await.0.remove(0);
    assert_eq!(decision["verdict"], "admit", "{decision}");
    assert_eq!(codes(&decision), ["edition-overdue"]);
}
