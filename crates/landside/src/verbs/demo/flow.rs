//! What happens to each container, step by step.

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::ids::UnixMillis;
use serde_json::{Map, Value, json};
use std::time::Duration;

use super::desk::{Answer, Desk};
use super::port::DRIVER;
use crate::exit::{Exit, Failed};
use crate::output::Output;

const LINE: &str = "northsea-line";
const TERMINAL: &str = "delta-terminal";
const CUSTOMS: &str = "port-customs";
const FORWARDER: &str = "brandt-forwarding";
const HAULIER: &str = "polder-trucking";
const SUB_HAULIER: &str = "maas-haulage";

/// The truck.
const PLATE: &str = "82-BKX-7";

/// What else happens to a container on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scenario {
    /// Customs holds it and lifts the hold when everything else is ready.
    pub(super) held: bool,
    /// The haulier passes the right on.
    pub(super) passed_on: bool,
    /// The forwarder takes the right back after a driver is bound, and passes it again.
    pub(super) revoked: bool,
}

impl Scenario {
    /// Spreads what can happen over the containers of a message; a single one meets all of it.
    pub(super) fn of(place: usize, containers: usize) -> Self {
        let meets = |what: usize| place % containers.clamp(1, 4) == what % containers.clamp(1, 4);
        Self { held: meets(1), passed_on: meets(2), revoked: meets(3) }
    }
}

/// How it went.
#[derive(Debug, Clone)]
pub(super) struct Went {
    pub(super) place: usize,
    pub(super) container: String,
    pub(super) scenario: Scenario,
    /// When the pass was in the driver's hands.
    pub(super) collected_at: UnixMillis,
    /// The refusal of the second gate-out.
    pub(super) second_gate_out: Map<String, Value>,
}

/// Both hauliers vouch for the driver, so that the terminal knows the device before it comes.
pub(super) async fn enrol_driver(desk: &Desk) -> Result<(), Failed> {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    for haulier in [HAULIER, SUB_HAULIER] {
        let fields = json!({
            "key": desk.port().driver_key(), "name": "A. de Boer",
            "valid_until": clock().plus(year), "state": "active",
        });
        let answer = desk.issue(haulier, "driver-credential", fields).await;
        let accepted = |answer: &Answer| {
            answer.event("issued").is_some_and(|issued| issued["outcome"] == "accepted")
        };
        if !answer.as_ref().is_some_and(accepted) {
            return Err(Failed::broken(
                "demo-enrol",
                format!("{haulier} could not enrol the driver"),
            ));
        }
    }
    Ok(())
}

/// Imports the message at the line; gives the containers that are released.
pub(super) async fn import(
    desk: &Desk,
    out: &Output,
    renew_days: u32,
) -> Result<Vec<String>, Failed> {
    let request = Request::Import {
        agent_for: None,
        path: desk.port().coreor().display().to_string(),
        profile: None,
        parties: Map::new(),
        release_to: Some(FORWARDER.to_owned()),
        terminal: Some(TERMINAL.to_owned()),
        renew_days: Some(renew_days),
        person: None,
        wait_ms: 10_000,
    };
    let answer = desk
        .ask(LINE, &request)
        .await
        .ok_or_else(|| Failed::broken("demo-import", "the line's node went away"))?;
    let mut containers: Vec<String> = Vec::new();
    let mut notes = Vec::new();
    for object in &answer.objects {
        match object.get("event").and_then(Value::as_str) {
            Some("note") => {
                let note = text(object, "text");
                if !notes.contains(&note) {
                    notes.push(note);
                }
                out.object(object);
            }
            Some("issued") if object["outcome"] == "accepted" => {
                let container = text(object, "container");
                if !containers.contains(&container) {
                    containers.push(container);
                }
            }
            Some("issued") => out.object(object),
            _ => {}
        }
    }
    if let Some(error) = answer.done.error {
        return Err(Failed { exit: Exit::from_status(answer.done.exit), failure: error });
    }
    if containers.is_empty() {
        let text = format!("the message releases no container: {}", notes.join("; "));
        return Err(Failed::usage("nothing-releasable", text, "give a COREOR that releases one"));
    }
    Ok(containers)
}

/// Carries one container from release to gate-out.
pub(super) async fn collect(
    desk: &Desk,
    container: &str,
    place: usize,
    scenario: Scenario,
) -> Result<Went, Failed> {
    let flow = Flow { desk, container };
    if scenario.held {
        flow.once(
            CUSTOMS,
            "hold",
            json!({ "hold_type": "customs-scan", "reason": "scan of the container ordered" }),
        )
        .await?;
    }
    let haulier = if scenario.passed_on { SUB_HAULIER } else { HAULIER };
    flow.work_ahead(scenario, haulier).await?;
    if scenario.revoked {
        flow.revoke_and_pass_again(haulier).await?;
    }
    let arrival = json!({
        "discharged_at": clock(), "available": true, "cleared": true, "position": "yard",
    });
    flow.once(TERMINAL, "arrival", arrival).await?;
    flow.once(
        CUSTOMS,
        "customs-status",
        json!({ "status": "released", "consignment": flow.bill().await? }),
    )
    .await?;
    if scenario.held {
        flow.lift_holds().await?;
    }
    let collected_at = flow.pass_in_hand().await?;
    let truck = desk.truck.lock().await;
    flow.through_the_gate().await?;
    drop(truck);
    let second_gate_out = flow.second_gate_out().await?;
    Ok(Went { place, container: container.to_owned(), scenario, collected_at, second_gate_out })
}

struct Flow<'a> {
    desk: &'a Desk,
    container: &'a str,
}

impl Flow<'_> {
    /// The right, the driver and the slot, before any light is green.
    async fn work_ahead(&self, scenario: Scenario, haulier: &str) -> Result<(), Failed> {
        self.pass(FORWARDER, HAULIER).await?;
        if scenario.passed_on {
            self.pass(HAULIER, SUB_HAULIER).await?;
        }
        self.bind(haulier).await?;
        let window =
            || json!({ "from": clock(), "until": clock().plus(Duration::from_secs(3600)) });
        self.until(
            "slot granted",
            |case| case["slot"]["state"] == "granted",
            || async { self.say(haulier, "slot-request", json!({ "window": window() })).await },
        )
        .await
    }

    /// The revoke reaches driver and slot; naming the same haulier again brings the slot back.
    async fn revoke_and_pass_again(&self, haulier: &str) -> Result<(), Failed> {
        let revoked = |case: &Value| {
            case["timeline"]
                .as_array()
                .is_some_and(|steps| steps.iter().any(|step| step["kind"] == "revoke-right"))
        };
        self.until("right revoked", revoked, || async {
            self.say(FORWARDER, "revoke-right", json!({ "reason": "wrong truck planned" })).await
        })
        .await?;
        self.pass(FORWARDER, HAULIER).await?;
        if haulier != HAULIER {
            self.pass(HAULIER, haulier).await?;
        }
        self.bind(haulier).await?;
        self.until("slot restored", |case| case["slot"]["state"] == "granted", || async { true })
            .await
    }

    async fn pass(&self, from: &str, to: &str) -> Result<(), Failed> {
        let held = |case: &Value| {
            let hops = case["right"]["hops"].as_array();
            hops.is_some_and(|hops| hops.iter().any(|hop| hop["holder"] == to))
        };
        self.until(&format!("{to} holds the right"), held, || async {
            self.say(from, "pass-right", json!({ "to": to })).await
        })
        .await
    }

    /// Customs lifts its hold; a registrar that was away long enough may have been told it twice.
    async fn lift_holds(&self) -> Result<(), Failed> {
        let free = |case: &Value| {
            let needs = case["needs"].as_array();
            needs.is_some_and(|needs| needs.iter().all(|need| need["code"] != "hold"))
        };
        self.until("customs lifts its hold", free, || async {
            let case = self.desk.status(TERMINAL, self.container).await.unwrap_or_default();
            let steps = case["timeline"].as_array().cloned().unwrap_or_default();
            let mut said = false;
            for hold in steps.iter().filter(|step| step["kind"] == "hold") {
                let fields = json!({ "builds_on": hold["id"], "reason": "scan without findings" });
                said |= self.say(CUSTOMS, "hold-lift", fields).await;
            }
            said
        })
        .await
    }

    async fn bind(&self, haulier: &str) -> Result<(), Failed> {
        let driver = self.desk.port().driver_key();
        self.until(
            "driver bound",
            |case| case["driver"].is_object(),
            || async {
                let fields = json!({ "driver": driver, "plate": PLATE });
                self.say(haulier, "driver-binding", fields).await
            },
        )
        .await
    }

    /// Waits until the pass is on the driver's device.
    async fn pass_in_hand(&self) -> Result<UnixMillis, Failed> {
        let what = format!("{} has the pass for {}", DRIVER, self.container);
        let collected = self.desk.wait_for(&what, || async {
            let answer = self.desk.ask(DRIVER, &Request::Collect { wait_ms: 0 }).await?;
            let job = answer.objects.into_iter().find(|job| job["container"] == self.container)?;
            (job["state"] == "pass").then(|| text(&job, "collected_at"))
        });
        UnixMillis::parse(&collected.await?).map_err(Failed::from)
    }

    async fn through_the_gate(&self) -> Result<(), Failed> {
        self.until(
            "admitted",
            |case| has(case, "gate-decision", TERMINAL),
            || async {
                let container = self.container.to_owned();
                let shown = self.desk.ask(DRIVER, &Request::Present { container }).await;
                let shown = shown.and_then(|a| a.event("presentation").map(|p| text(p, "text")));
                let check =
                    Request::GateCheck { shown, subject: None, plate: Some(PLATE.to_owned()) };
                self.desk.ask(TERMINAL, &check).await.is_some()
            },
        )
        .await?;
        let seal = format!("NS{}", self.container.get(5..10).unwrap_or("00000"));
        self.once(
            TERMINAL,
            "interchange-receipt",
            json!({ "seals": [seal], "condition": "sound" }),
        )
        .await?;
        let driver = self.desk.port().driver().to_string();
        self.until(
            "countersigned",
            |case| has(case, "interchange-receipt", &driver),
            || async { self.say(DRIVER, "interchange-receipt", json!({})).await },
        )
        .await?;
        self.until(
            "gone",
            |case| case["state"] == "closed",
            || async { self.gate_out().await.is_some() },
        )
        .await
    }

    async fn gate_out(&self) -> Option<Answer> {
        let subject = self.container.to_owned();
        self.desk.ask(TERMINAL, &Request::GateOut { subject, unsigned_because: None }).await
    }

    /// The right was used: a second gate-out must be refused with the first one's name.
    async fn second_gate_out(&self) -> Result<Map<String, Value>, Failed> {
        let answer = self.desk.wait_for("second gate-out answered", || self.gate_out()).await?;
        let refused = answer.done.error.filter(|_| answer.done.exit == 1);
        match refused {
            Some(failure) if failure.code == "right-consumed" => Ok(Map::from_iter([
                ("code".to_owned(), json!(failure.code)),
                ("detail".to_owned(), json!(failure.text)),
            ])),
            _ => Err(Failed::broken("demo-second-gate-out", "the second gate-out was not refused")),
        }
    }

    /// Says something once: done when the case has a document of this kind by this party.
    async fn once(&self, who: &str, kind: &str, fields: Value) -> Result<(), Failed> {
        self.until(
            &format!("{who} signs {kind}"),
            |case| has(case, kind, who),
            || async { self.say(who, kind, fields.clone()).await },
        )
        .await
    }

    /// Signs something at a party's node. Says whether that could be done: a node that has not yet
    /// heard of what it is to build on cannot.
    async fn say(&self, who: &str, kind: &str, mut fields: Value) -> bool {
        fields["container"] = json!(self.container);
        fields["terminal"] = json!(TERMINAL);
        self.desk.issue(who, kind, fields).await.is_some_and(|a| a.event("issued").is_some())
    }

    /// Brings something about and sees it at the terminal.
    async fn until<D: Future<Output = bool>>(
        &self,
        what: &str,
        holds: impl Fn(&Value) -> bool,
        act: impl FnMut() -> D,
    ) -> Result<(), Failed> {
        let what = format!("{}: {what}", self.container);
        let look = || async {
            let case = self.desk.status(TERMINAL, self.container).await?;
            holds(&case).then_some(())
        };
        self.desk.bring_about(&what, look, act).await
    }

    /// The bill of lading that customs speaks on, as the line released it.
    async fn bill(&self) -> Result<String, Failed> {
        self.desk
            .wait_for("bill known", || async {
                let case = self.desk.status(TERMINAL, self.container).await?;
                let steps = case["timeline"].as_array()?.clone();
                let order = steps.iter().find(|step| step["kind"] == "release-order")?;
                let id = order["id"].as_str()?.to_owned();
                let answer = self.desk.ask(TERMINAL, &Request::Document { id }).await?;
                answer.event("document")?["payload"]["bill"].as_str().map(str::to_owned)
            })
            .await
    }
}

/// Every party that took part has folded the same documents in the same order; the haulier, who gets
/// a part, those it has in that order, up to the last.
pub(super) async fn same_everywhere(desk: &Desk, containers: &[String]) -> Result<(), Failed> {
    for container in containers {
        let at_terminal = timeline(desk, TERMINAL, container).await;
        desk.wait_for(&format!("{HAULIER} knows of {container} what is its own"), || async {
            let part = timeline(desk, HAULIER, container).await?;
            let whole = at_terminal.as_ref()?;
            let mut rest = whole.iter();
            let in_order = part.iter().all(|id| rest.any(|step| step == id));
            (in_order && part.len() < whole.len() && part.last() == whole.last()).then_some(())
        })
        .await?;
        for party in [LINE, CUSTOMS, FORWARDER] {
            let what = format!("{party} sees {container} as the terminal does");
            desk.wait_for(&what, || async {
                (timeline(desk, party, container).await == at_terminal).then_some(())
            })
            .await?;
        }
    }
    Ok(())
}

/// Ids of a case's documents in order; none while the node is away.
async fn timeline(desk: &Desk, who: &str, container: &str) -> Option<Vec<String>> {
    let case = desk.status(who, container).await?;
    let steps = case["timeline"].as_array()?;
    Some(steps.iter().filter_map(|step| step["id"].as_str().map(str::to_owned)).collect())
}

/// Whether the case has a document of a kind by an issuer; for gate decisions, an admitting one.
fn has(case: &Value, kind: &str, issuer: &str) -> bool {
    let steps = case["timeline"].as_array().map(Vec::as_slice).unwrap_or_default();
    steps.iter().any(|step| {
        step["kind"] == kind
            && step["issuer"] == issuer
            && (kind != "gate-decision" || step["words"] == "admits the truck")
    })
}

/// A text field.
pub(super) fn text(object: &Map<String, Value>, name: &str) -> String {
    object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
