//! What the demo says: events for programs, a timeline for people.

use landside_node::control::Request;
use landside_proto::ids::{ContainerNo, UnixMillis};
use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::flow::{Went, text};
use super::port::{DRIVER, Port};
use crate::exit::Failed;
use crate::output::{Output, Style};

/// What the same way took on paper: hours from issue to the driver's hands (docs: README § Why).
const PAPER: &str = "6 to 8 h";

/// Kinds whose registration can be the last thing a pass waits for.
const LIGHTS: [&str; 7] = [
    "release-order",
    "release-change",
    "customs-status",
    "hold-lift",
    "arrival",
    "driver-binding",
    "slot",
];

/// Tells the timeline of one container.
pub(super) async fn container(desk: &Desk, went: &Went, out: &Output) -> Result<(), Failed> {
    let case = desk
        .wait_for("timeline", || async {
            let subject = went.container.clone();
            let answer = desk.ask("delta-terminal", &Request::Status { subject }).await?;
            answer.event("case").cloned()
        })
        .await?;
    let steps = case.get("timeline").and_then(Value::as_array).cloned().unwrap_or_default();
    let at = |step: &Value| step["at"].as_str().and_then(|at| UnixMillis::parse(at).ok());
    let issued = steps.iter().find(|s| s["kind"] == "release-order").and_then(at);
    let issued = issued.unwrap_or(went.collected_at);
    let pass = steps.iter().rposition(|s| s["kind"] == "pickup-pass").unwrap_or(0);
    let last_light = steps
        .iter()
        .take(pass)
        .filter(|s| LIGHTS.iter().any(|kind| s["kind"] == *kind))
        .filter_map(at)
        .max()
        .unwrap_or(issued);

    out.value(json!({
        "event": "demo-container", "container": went.container, "case": text(&case, "code"),
        "held": went.scenario.held, "passed_on": went.scenario.passed_on,
        "revoked": went.scenario.revoked,
    }));
    let mut collected = false;
    for step in &steps {
        let when = at(step).unwrap_or(issued);
        if !collected && when > went.collected_at {
            collected = true;
            say_collected(went, issued, last_light, out);
        }
        out.value(json!({
            "event": "demo-step", "container": went.container, "ms": ms(when, issued),
            "issuer": step["issuer"], "kind": step["kind"], "words": step["words"],
            "id": step["id"],
        }));
    }
    if !collected {
        say_collected(went, issued, last_light, out);
    }
    out.value(json!({
        "event": "demo-refused", "container": went.container, "what": "second gate-out",
        "code": went.second_gate_out.get("code"), "detail": went.second_gate_out.get("detail"),
    }));
    Ok(())
}

fn say_collected(went: &Went, issued: UnixMillis, last_light: UnixMillis, out: &Output) {
    out.value(json!({
        "event": "demo-collected", "container": went.container,
        "ms_since_issue": ms(went.collected_at, issued),
        "ms_since_last_light": ms(went.collected_at, last_light),
        "paper": PAPER,
    }));
}

/// Tells how it went as a whole.
pub(super) fn summary(done: &[Went], out: &Output) {
    out.value(json!({
        "event": "demo-summary", "containers": done.len(), "paper": PAPER,
    }));
}

/// Tells on which edition of the directory every node rests, and how old it is.
pub(super) async fn directory(desk: &Desk, port: &Port, out: &Output) -> Result<(), Failed> {
    let mut editions = Vec::new();
    for member in port.members() {
        let what = format!("edition of {}", member.name);
        let node = desk
            .wait_for(&what, || async {
                desk.ask(member.name, &Request::Info).await?.event("node").cloned()
            })
            .await?;
        editions.push(node);
    }
    let Some(first) = editions.first() else { return Ok(()) };
    let same = |node: &Map<String, Value>| node.get("directory_id") == first.get("directory_id");
    let mut told = json!({
        "event": "demo-directory", "nodes": editions.len(), "same": editions.iter().all(same),
    });
    for name in ["directory", "directory_id", "directory_age_s", "directory_overdue_s"] {
        if let Some(value) = first.get(name) {
            told[name] = value.clone();
        }
    }
    out.value(told);
    Ok(())
}

fn ms(later: UnixMillis, earlier: UnixMillis) -> u64 {
    u64::try_from(later.since(earlier).as_millis()).unwrap_or(u64::MAX)
}

/// An event of the demo in words.
pub(crate) fn words(object: &Map<String, Value>, style: Style) -> String {
    let field = |name: &str| text(object, name);
    let number = |name: &str| object.get(name).and_then(Value::as_u64).unwrap_or_default();
    match field("event").as_str() {
        "demo-node" => {
            let address = object.get("address").and_then(Value::as_str);
            let address = address.map_or_else(|| "dials out".to_owned(), |a| format!("udp {a}"));
            let pid = number("pid");
            format!("  {:<18} {:<10} pid {pid:<8} {address}", field("name"), field("role"))
        }
        "demo-container" => title(object, style),
        "demo-step" => {
            format!("  +{:>6} ms  {:<20} {}", number("ms"), short(&field("issuer")), field("words"))
        }
        "demo-collected" => style.good(&format!(
            "  +{:>6} ms  {DRIVER:<20} holds the pass, {} ms after the last light (paper: {})",
            number("ms_since_issue"),
            number("ms_since_last_light"),
            field("paper"),
        )),
        "demo-refused" => style.warn(&format!(
            "              {:<20} refused, {}: {}",
            field("what"),
            field("code"),
            field("detail"),
        )),
        "demo-summary" => style.head(&format!(
            "\n{} released, collected and gone, each exactly once",
            match number("containers") {
                1 => "1 container".to_owned(),
                n => format!("{n} containers"),
            },
        )),
        "demo-directory" => format!(
            "every document judged by directory edition {}, {} s old, {} at all {} nodes",
            number("directory"),
            number("directory_age_s"),
            if object.get("same") == Some(&Value::Bool(true)) {
                "the same"
            } else {
                "not the same"
            },
            number("nodes"),
        ),
        "demo-chaos" => {
            format!("\n{} nodes were killed and started again on the way", number("kills"))
        }
        "demo-evidence" => {
            let verdict = field("verdict");
            let said = format!("{} by its evidence file alone", verdict.replace('-', " "));
            let said = if verdict == "proven" { style.good(&said) } else { style.bad(&said) };
            format!("  {:<18} {said}", grouped(&field("container")))
        }
        "demo-verified" => verified(object, style),
        "demo-kept" => format!("homes and logs are in {}", field("directory")),
        "demo-stays" => {
            let home = field("home");
            format!("  {:<18} {:<10} landside --home {home} cases", field("name"), field("role"))
        }
        "demo-console" => console(object, style),
        "demo-next" => format!(
            "\nto be released by hand, at the line: {}\nthe screens answer until Ctrl-C\n",
            field("file"),
        ),
        "demo-done" if object.get("ok") == Some(&Value::Bool(true)) => {
            style.good("everything held")
        }
        "demo-done" => style.bad("not everything held"),
        other => other.to_owned(),
    }
}

/// Where a person logs in, and with what.
fn console(object: &Map<String, Value>, style: Style) -> String {
    let field = |name: &str| text(object, name);
    let who = format!("{}, {} of {}", field("person"), field("person_role"), field("name"));
    let with = format!("{} / {}", field("login"), field("password"));
    format!("  {:<29} {:<45} {}", field("url"), who, style.head(&with))
}

/// Container, case code, and what is special about its way.
fn title(object: &Map<String, Value>, style: Style) -> String {
    let extras: Vec<&str> = [
        ("held", "held by customs, lifted later"),
        ("passed_on", "passed on to a sub-haulier"),
        ("revoked", "revoked and passed again"),
    ]
    .into_iter()
    .filter(|(flag, _)| object.get(*flag) == Some(&Value::Bool(true)))
    .map(|(_, words)| words)
    .collect();
    let container = grouped(&text(object, "container"));
    let title = style.head(&format!("{container}   case {}", text(object, "case")));
    if extras.is_empty() {
        return format!("\n{title}");
    }
    format!("\n{title}{}", style.dim(&format!("  ({})", extras.join(", "))))
}

fn verified(object: &Map<String, Value>, style: Style) -> String {
    let documents = object.get("documents").and_then(Value::as_u64).unwrap_or_default();
    let problems = object.get("problems").and_then(Value::as_array);
    let problems = problems.map(Vec::as_slice).unwrap_or_default();
    let verdict = if problems.is_empty() {
        style.good("all verified")
    } else {
        style.bad(&format!("{} problems: {problems:?}", problems.len()))
    };
    format!("  {:<18} {documents:>5} documents, {verdict}", text(object, "name"))
}

/// A container as painted on the box.
fn grouped(container: &str) -> String {
    ContainerNo::parse(container).map_or_else(|_| container.to_owned(), |no| no.grouped())
}

/// Drivers have long names.
fn short(issuer: &str) -> String {
    if issuer.starts_with("driver:") { DRIVER.to_owned() } else { issuer.to_owned() }
}
