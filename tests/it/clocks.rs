//! The clock ledger over real nodes: line, terminal and a stranger with an evidence file compute one figure.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::Duration;

use landside_node::node::clock;
use landside_proto::document::Kind;
use landside_proto::evidence::verify;
use landside_proto::ids::UnixMillis;
use serde_json::{Value, json};

use crate::export::export;
use crate::world::{DAY, World, container, release_fields, until};

const HOUR: Duration = Duration::from_secs(3600);

/// A port where it is noon now, so that no test sees its midnight: minutes to add to UTC.
fn noon_offset() -> i64 {
    let minute = i64::try_from(clock().as_secs() / 60 % 1_440).unwrap();
    720 - minute
}

fn ago(span: Duration) -> UnixMillis {
    let millis = clock().as_millis() - u64::try_from(span.as_millis()).unwrap();
    UnixMillis::from_millis(millis)
}

fn terms(number: &str, charge: &str, free_days: u16, rates: [u64; 2]) -> Value {
    json!({
        "container": number, "charge": charge, "free_days": free_days, "currency": "CNY",
        "tiers": [{ "from_day": 1, "rate": rates[0] }, { "from_day": 6, "rate": rates[1] }],
        "utc_offset": noon_offset(),
    })
}

/// The clocks of a case at a node, without what depends on who looks.
async fn clocks(world: &World, name: &str, number: &str) -> Value {
    let case = world.status(name, number).await;
    let mut clocks = case.and_then(|case| case.get("clocks").cloned()).unwrap_or_default();
    for clock in clocks.as_array_mut().into_iter().flatten() {
        clock.as_object_mut().unwrap().remove("held");
    }
    clocks
}

async fn refused(world: &World, name: &str, kind: &str, fields: Value) -> String {
    let line = world.issue(name, kind, fields).await;
    // A terminal that refuses its own document says so at once.
    let code = line["refused"]["code"].as_str().or_else(|| line["code"].as_str());
    code.map(str::to_owned).unwrap_or_else(|| line.to_string())
}

/// Released to a forwarder, priced by line and terminal, ashore for twenty days.
async fn ashore(world: &World, number: &str) {
    world.accepted("line", "release-order", release_fields(number, "forwarder")).await;
    world.accepted("line", "clock-terms", terms(number, "demurrage", 7, [10_000, 20_000])).await;
    world.until_case_has("terminal", number, 2).await;
    let storage = terms(number, "storage", 10, [1_999, 2_501]);
    world.accepted("terminal", "clock-terms", storage).await;
    let here = json!({
        "container": number, "terminal": "terminal", "discharged_at": ago(20 * DAY),
        "available": true, "cleared": true,
    });
    world.accepted("terminal", "arrival", here).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn line_terminal_forwarder_and_an_evidence_file_tell_the_same_figure_to_the_cent() {
    let mut world = World::new(&["terminal", "line", "forwarder", "haulier"]).await;
    let number = container(81);
    ashore(&world, &number).await;
    let pass = json!({ "container": number, "to": "haulier" });
    world.until_case_has("forwarder", &number, 4).await;
    world.accepted("forwarder", "pass-right", pass).await;
    // Two days of the port, from midnight to midnight, ten days ago.
    let midnight = ago(10 * DAY + 12 * HOUR);
    let outage = json!({
        "container": number, "event": "suspended", "charges": ["storage", "demurrage"],
        "window": { "from": midnight, "until": midnight.plus(2 * DAY) },
        "reason": "no power at the gate",
    });
    world.accepted("terminal", "clock-event", outage).await;
    let gift = json!({
        "container": number, "event": "waived", "days": 1, "reason": "as agreed by phone",
        "charges": ["storage"],
    });
    world.accepted("terminal", "clock-event", gift).await;
    let ours = clocks(&world, "terminal", &number).await;
    // Twenty days after the day of discharge, two of them suspended: eleven beyond seven free
    // ones, and seven beyond eleven.
    let sums = |clocks: &Value| -> Vec<Value> {
        let clocks = clocks.as_array().unwrap().iter();
        clocks.map(|c| json!([c["charge"], c["days"]["charged"], c["amount"]])).collect()
    };
    assert_eq!(sums(&ours), [json!(["storage", 7, "149.97"]), json!(["demurrage", 11, "1700.00"])]);
    for reader in ["line", "forwarder"] {
        until("the reader has the same clocks", async || {
            clocks(&world, reader, &number).await == ours
        })
        .await;
    }
    for exporter in ["terminal", "line", "forwarder"] {
        let (bytes, _) = export(&world, exporter, &number).await;
        let report = verify(&bytes, Some(world.directory().id()));
        assert!(report.is_sound(), "{exporter}: {:?}", report.findings);
        let case = report.case.unwrap();
        let told = landside_node::clocks::view(&case, None, clock());
        assert_eq!(Value::Array(told), ours, "{exporter}");
    }
    world.until_holds("haulier", &number).await;
    assert_eq!(clocks(&world, "haulier", &number).await, Value::Null);
    world.kill("haulier").await;
    let theirs = world.kept("haulier");
    let mut kinds = theirs.iter().map(|signed| signed.document().kind());
    assert!(!kinds.any(|kind| matches!(kind, Kind::ClockTerms | Kind::ClockEvent)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_held_the_box_is_told_beside_the_clock() {
    let world = World::new(&["terminal", "line"]).await;
    let number = container(82);
    ashore(&world, &number).await;
    let case = world.status("terminal", &number).await.unwrap();
    let held = case["clocks"][0]["held"].as_array().unwrap();
    assert!(held.iter().any(|held| held["owed_by"] == "customs"), "{held:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_keeps_the_terms_before_and_the_terminal_refuses_what_may_not_be() {
    let world = World::new(&["terminal", "line"]).await;
    let number = container(83);
    ashore(&world, &number).await;
    world.until_case_has("line", &number, 4).await;
    let change = |field: &str, to: Value| {
        let mut draft = json!({ "container": number, "charge": "demurrage" });
        draft[field] = to;
        draft
    };
    for (field, worse) in [
        ("free_days", json!(6)),
        ("utc_offset", json!(noon_offset() + 60)),
        ("tiers", json!([{ "from_day": 1, "rate": 10_001 }])),
    ] {
        let code = refused(&world, "line", "clock-terms", change(field, worse)).await;
        assert_eq!(code, "terms-worse", "{field}");
    }
    world.accepted("line", "clock-terms", change("free_days", json!(9))).await;
    let clock = &clocks(&world, "terminal", &number).await[1];
    assert_eq!((&clock["free_days"], &clock["days"]["charged"]), (&json!(9), &json!(11)));
    assert_eq!(clock["amount"], "1700.00", "eleven of the twenty days: 5 and 6");
    let storage = terms(&number, "storage", 30, [1, 1]);
    assert_eq!(refused(&world, "line", "clock-terms", storage).await, "role-may-not-sign");
    let late = terms(&number, "demurrage", 1, [1, 1]);
    assert_eq!(refused(&world, "terminal", "clock-terms", late).await, "not-release-issuer");
    let rest = |until: UnixMillis| {
        json!({
            "container": number, "event": "suspended", "charges": ["demurrage"], "reason": "fog",
            "window": { "from": ago(2 * HOUR), "until": until },
        })
    };
    let to_come = rest(clock_in_an_hour());
    assert_eq!(refused(&world, "terminal", "clock-event", to_come).await, "clock-time");
    world.accepted("terminal", "clock-event", rest(ago(HOUR))).await;
    let again = rest(ago(HOUR / 2));
    assert_eq!(refused(&world, "terminal", "clock-event", again).await, "clock-overlap");
    let gift = json!({
        "container": number, "event": "waived", "days": 1, "reason": "kind",
        "builds_on": clock["terms"],
    });
    assert_eq!(refused(&world, "terminal", "clock-event", gift.clone()).await, "clock-not-yours");
    world.accepted("line", "clock-event", gift).await;
    let back =
        json!({ "container": number, "event": "empty-returned", "builds_on": clock["terms"] });
    assert_eq!(refused(&world, "line", "clock-event", back).await, "clock-time");
}

fn clock_in_an_hour() -> UnixMillis {
    clock().plus(HOUR)
}
