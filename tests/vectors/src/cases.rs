//! The case files: stories of one container each, told to show the rules of docs/PROTOCOL.md § 6.

mod agent;
mod clocks;
mod collection;
mod gate;
mod holds;
mod overriding;
mod part;
mod questions;
mod release;
mod right;

use landside_proto::ids::DocId;
use serde_json::{Value, json};

use crate::format::CaseFile;
use crate::good::CONTAINER;
use crate::story::Story;

/// Bill of lading of the stories.
const BILL: &str = "LSD2611-00417";
/// The truck of the stories.
const PLATE: &str = "T-417-KLM";
/// Who overrides in the stories.
const PERSON: &str = "Neema Juma";
/// End of the release in the stories.
const UNTIL: &str = "2026-12-05T22:00:00Z";

/// What a container needs that is released and nothing else.
const OPEN: &[&str] = &[
    "customs customs-silent customs",
    "terminal not-arrived terminal",
    "- driver-missing @",
    "- slot-missing @",
];
/// What a container needs whose lights are green and whose holder has arranged nothing.
const GREEN: &[&str] = &["- driver-missing @", "- slot-missing @"];

pub(crate) fn files() -> [(&'static str, CaseFile); 10] {
    [
        ("agent", agent::file()),
        ("collection", collection::file()),
        ("right", right::file()),
        ("release", release::file()),
        ("holds", holds::file()),
        ("gate", gate::file()),
        ("override", overriding::file()),
        ("part", part::file()),
        ("questions", questions::file()),
        ("clocks", clocks::file()),
    ]
}

fn story(about: &str) -> Story {
    Story::new(about, CONTAINER)
}

/// A payload about the container of the stories at `terminal`.
fn on(mut payload: Value) -> Value {
    payload["visit"] = crate::good::visit();
    payload
}

fn release(to: &str) -> Value {
    release_of(BILL, to, UNTIL)
}

fn release_of(bill: &str, to: &str, until: &str) -> Value {
    on(json!({ "bill": bill, "terms": terms(to, until) }))
}

fn terms(to: &str, until: &str) -> Value {
    json!({
        "release_to": to,
        "valid_from": "2026-11-23T00:00:00Z",
        "valid_until": until,
        "haulage": "merchant",
    })
}

fn change(builds_on: DocId, action: &str) -> Value {
    on(json!({ "bill": BILL, "builds_on": builds_on, "action": action }))
}

fn replace(builds_on: DocId, to: &str, until: &str) -> Value {
    let mut payload = change(builds_on, "replace");
    payload["terms"] = terms(to, until);
    payload
}

fn status(builds_on: Option<DocId>, status: &str) -> Value {
    on(json!({ "consignment": BILL, "builds_on": builds_on, "status": status }))
}

fn hold(hold_type: &str) -> Value {
    on(json!({ "hold_type": hold_type, "reason": "as the vector says" }))
}

fn lift(hold: DocId) -> Value {
    on(json!({ "builds_on": hold }))
}

/// The terminal passes over one need of the commercial light until the evening.
fn overriding(builds_on: Option<DocId>, code: &str, document: DocId) -> Value {
    on(json!({
        "light": "commercial",
        "builds_on": builds_on,
        "covers": [{ "code": code, "document": document }],
        "person": PERSON,
        "reason": "as the vector says",
        "valid_until": "2026-11-23T20:00:00Z",
    }))
}

/// Ends the override before.
fn withdrawing(builds_on: DocId) -> Value {
    on(json!({
        "light": "commercial",
        "builds_on": builds_on,
        "person": "Ole Hansen",
        "reason": "as the vector says",
    }))
}

fn arrival(builds_on: Option<DocId>) -> Value {
    on(json!({
        "builds_on": builds_on,
        "discharged_at": "2026-11-23T04:00:00Z",
        "available": true,
        "cleared": true,
    }))
}

fn pass(builds_on: DocId, to: &str, limits: Value) -> Value {
    on(json!({ "builds_on": builds_on, "to": to, "limits": limits }))
}

fn give_back(builds_on: DocId) -> Value {
    on(json!({ "builds_on": builds_on }))
}

fn revoke(hop: DocId) -> Value {
    on(json!({ "revokes": hop }))
}

fn binding(right: DocId, builds_on: Option<DocId>, driver: &str, plate: &str) -> Value {
    let driver = crate::world::public(driver);
    on(json!({ "right": right, "builds_on": builds_on, "driver": driver, "plate": plate }))
}

fn request(right: DocId, builds_on: Option<DocId>, from: &str, until: &str) -> Value {
    let window = json!({ "from": from, "until": until });
    on(json!({ "right": right, "builds_on": builds_on, "window": window }))
}

fn granted(request: DocId, from: &str, until: &str) -> Value {
    let window = json!({ "from": from, "until": until });
    on(json!({ "builds_on": request, "answer": "granted", "window": window }))
}

/// A pass for driver and truck of the stories.
fn pickup(right: DocId, slot: DocId, from: &str, until: &str) -> Value {
    pickup_by(right, slot, "driver", [from, until])
}

fn pickup_by(right: DocId, slot: DocId, driver: &str, [from, until]: [&str; 2]) -> Value {
    on(json!({
        "not_before": crate::world::time(from).as_secs(),
        "expires": crate::world::time(until).as_secs(),
        "confirmation": crate::world::public(driver),
        "right": right,
        "slot": slot,
        "plate": PLATE,
    }))
}

fn admit(builds_on: Option<DocId>, pass: DocId, driver: &str, plate: &str) -> Value {
    on(json!({
        "builds_on": builds_on,
        "verdict": "admit",
        "pass": pass,
        "driver": crate::world::key_id(driver),
        "plate": plate,
        "directory": 1,
        "directory_age_s": 1_938_000,
    }))
}

fn turn_away(builds_on: Option<DocId>) -> Value {
    let reason = json!({ "code": "hold", "detail": "customs-scan hold", "owed_by": "customs" });
    on(json!({
        "builds_on": builds_on,
        "verdict": "refuse",
        "reasons": [reason],
        "directory": 1,
        "directory_age_s": 1_938_000,
    }))
}

fn interchange(builds_on: DocId) -> Value {
    on(json!({ "builds_on": builds_on, "seals": ["ML-TZ8812345"], "condition": "sound" }))
}

fn gate_out(receipt: DocId, pass: DocId) -> Value {
    on(json!({ "builds_on": receipt, "pass": pass, "left_at": "2026-11-23T11:00:00Z" }))
}
