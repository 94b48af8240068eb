//! The slots of a day, as the gate lists them.

use std::time::Duration;

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::presentation;
use serde_json::{Value, json};

use super::Site;
use super::browser::Browser;
use crate::peer::node_key;
use crate::world::{
    DAY, DRIVER, World, bill_of, container, id_of, later, public, release_fields, until,
};

const PLATE: &str = "T417KLM";
const NODES: [&str; 4] = ["customs", "haulier", "line", "terminal"];
const HOUR: Duration = Duration::from_secs(3600);

/// A container that a truck has a slot for; customs has not spoken.
async fn with_slot(world: &World, number: &str) {
    world.accepted("line", "release-order", release_fields(number, "haulier")).await;
    let here = json!({
        "container": number, "discharged_at": clock(), "available": true, "cleared": true,
    });
    world.accepted("terminal", "arrival", here).await;
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
    let slot = json!({ "container": number, "window": window });
    world.accepted("haulier", "slot-request", slot).await;
}

/// The one line of today, once the truck stands so.
async fn line(gate: &Browser, state: &str) -> Value {
    let found = std::cell::Cell::new(Value::Null);
    until(state, async || {
        let page = gate.clone().get("/slots").await;
        assert_eq!(page.status, 200, "{page:?}");
        let lines = page.json["slots"].as_array().unwrap();
        let so = lines.iter().find(|line| line["state"] == state).cloned();
        let is_so = so.is_some();
        found.set(so.unwrap_or_default());
        is_so
    })
    .await;
    found.take()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truck_is_expected_then_refused_then_here_then_gone() {
    let world = World::new(&NODES).await;
    let number = container(1);
    with_slot(&world, &number).await;
    let site = Site::of(&world, "terminal").await;
    let mut gate = site.person(&world, "terminal", "chen.yu", "Chen Yu", "gate").await;
    let expected = line(&gate, "expected").await;
    assert_eq!((&expected["container"], &expected["plate"]), (&json!(number), &json!(PLATE)));
    assert_eq!((&expected["pass"], &expected["receipt"]), (&json!(false), &json!("none")));
    assert!(expected.get("at").is_none(), "{expected}");

    let said = gate.post("/gate/check", json!({ "subject": number })).await;
    assert_eq!(said.json["verdict"], "refuse", "{said:?}");
    assert!(line(&gate, "refused").await["at"].is_string());

    let released = json!({
        "container": number, "terminal": "terminal", "consignment": bill_of(&number),
        "status": "released",
    });
    world.hand_in("customs", "customs-status", released).await;
    until("there is a pass", async || {
        world.status("terminal", &number).await.unwrap()["pass"].is_object()
    })
    .await;
    let case = world.status("terminal", &number).await.unwrap();
    let pass = world.document("terminal", id_of(&case["pass"])).await;
    let shown = presentation::present(&pass, clock(), &node_key(DRIVER)).unwrap();
    let said = gate.post("/gate/check", json!({ "shown": shown, "plate": PLATE })).await;
    assert_eq!(said.json["verdict"], "admit", "{said:?}");
    assert_eq!(line(&gate, "here").await["receipt"], "none");

    let receipt = json!({ "container": number, "seals": ["NS1"], "condition": "sound" });
    let body = json!({ "kind": "interchange-receipt", "fields": receipt });
    assert_eq!(gate.post("/documents", body).await.status, 200);
    let why = json!({ "subject": number, "unsigned_because": "the phone is broken" });
    assert_eq!(gate.post("/gate/out", why).await.status, 200);
    let left = line(&gate, "left").await;
    assert_eq!((&left["receipt"], &left["plate"]), (&json!("terminal"), &json!(PLATE)));
    let (lines, _) = world.ask("terminal", Request::Status { subject: number }).await;
    assert_eq!(left["at"], lines[0]["gate_out"]["left_at"], "when it left stays to be seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_is_of_the_day_on_which_it_begins_in_the_port() {
    let world = World::new(&NODES).await;
    with_slot(&world, &container(1)).await;
    let site = Site::of(&world, "terminal").await;
    let mut mia = site.person(&world, "terminal", "mia", "Mia Berg", "viewer").await;
    let begins = line(&mia, "expected").await["slot"]["from"].clone();
    let today = begins.as_str().unwrap().split('T').next().unwrap().to_owned();
    let page = mia.get(&format!("/slots?day={today}")).await.json;
    assert_eq!((&page["day"], page["slots"].as_array().unwrap().len()), (&json!(today), 1));
    assert_eq!((&page["next"], &page["complete"]), (&Value::Null, &json!(true)));
    let other = mia.get("/slots?day=2020-02-29").await;
    assert_eq!((other.status, &other.json["slots"]), (200, &json!([])));
    let kiritimati = landside_node::config::Console {
        zone: "Pacific/Kiritimati".to_owned(),
        ..super::settings()
    };
    let site = Site::with(&world, "terminal", kiritimati, clock).await;
    let mut ana = site.person(&world, "terminal", "ana", "Ana Tekee", "viewer").await;
    let there = ana.get("/slots").await.json;
    assert!(there["from"].as_str().unwrap().ends_with("T10:00:00.000Z"), "{there}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_day_and_no_cursor_is_refused_and_nobody_else_sees_slots() {
    let world = World::new(&["terminal"]).await;
    let site = Site::of(&world, "terminal").await;
    assert_eq!(site.browser().get("/slots").await.refusal(), (401, "not-logged-in"));
    let mut gate = site.person(&world, "terminal", "chen.yu", "Chen Yu", "gate").await;
    for wrong in [
        "day=tomorrow",
        "day=2026-02-30",
        "day=",
        "after=x",
        "after=17.7K3M-Q2ZC-4",
        "limit=3",
        "day=2026-11-24&day=2026-11-24",
    ] {
        let said = gate.get(&format!("/slots?{wrong}")).await;
        assert_eq!(said.refusal(), (400, "bad-request"), "{wrong}");
    }
    assert_eq!(gate.post("/slots", json!({})).await.refusal(), (405, "method-unknown"));
}
