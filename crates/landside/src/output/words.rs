//! The words of each event of a node.

use std::iter;

use serde_json::{Map, Value};

use super::style::{Style, columns, padded};
use super::view::{View, age, between, counted, edition, joined, minute, plain, said, under};
use super::{case, edi, evidence, figures, local, log, operating};
use crate::verbs::demo::report;

/// An object in words, without the last line end.
pub(super) fn of(object: &Map<String, Value>, style: Style) -> String {
    let view = View(object);
    match view.text("event").as_str() {
        "issued" => issued(view, style),
        "note" => note(view, style),
        "imported" => imported(view),
        "exported" => exported(view, style),
        "pending" => pending(view, style, "waits"),
        "declined" => pending(view, style, "declined"),
        "person" => person(view, style),
        "link" => link(view, style),
        "share" => local::share(view, style),
        "token" => local::token(view, style),
        "case" => case::whole(view, style),
        "figures" => figures::whole(view, style),
        "chart" => figures::chart(view),
        "case-line" => case::line(view, style),
        "document" => document(view, style),
        "job" => job(view, style),
        "presentation" => view.text("text"),
        "gate-decision" => decision(view, style),
        "waiting" => waiting(view, style),
        "directory" => directory(view, style),
        "node" => node(view, style),
        "taken" => taken(view, style),
        "answered" => answered(view, style),
        "missed" => format!("{} events came too fast and were not shown", view.text("events")),
        "home" => local::home(view, style),
        "agent" => local::agent(view, style),
        "key" => local::key(view, style),
        "rotation" => local::rotation(view, style),
        "rotated" => local::rotated(view, style),
        "adopted" => local::adopted(view, style),
        "edition" => local::edition(view, style),
        "verified" => local::verified(view, style),
        "evidence" => evidence::whole(view, style),
        "evidence-finding" => evidence::finding(view, style),
        "evidence-step" => evidence::step(view, style),
        "evidence-outcome" => evidence::outcome(view, style),
        "evidence-edition" => evidence::edition(view, style),
        "fsck" => local::fsck(view, style),
        "finding" => operating::finding(view, style),
        "doctor" => operating::doctor(view, style),
        "backup" => operating::backup(view),
        "restored" => operating::restored(view, style),
        "known-log" => operating::known(view),
        "rejoined" => operating::rejoined(view),
        "archived" => operating::archived(view),
        "expired" => operating::expired(view),
        "archive-checked" => operating::checked(view, style),
        "edi-interchange" => edi::interchange(view, style),
        "edi-message" => edi::message(view, style),
        "edi-segment" => edi::segment(view, style),
        "edi-finding" => edi::finding(view, style),
        "edi-signing" => edi::signing(view, style),
        "edi-unsigned" => edi::unsigned(view, style),
        "edi-checked" => edi::checked(view, style),
        event if event.starts_with("demo-") => report::words(object, style),
        // An event of a newer node: better raw than lost.
        _ => Value::Object(object.clone()).to_string(),
    }
}

/// What is in an evidence file, and how far its reader need trust the terminal.
fn exported(view: View<'_>, style: Style) -> String {
    let line = format!(
        "{}  {}  {}  {}",
        view.text("file"),
        view.container(),
        view.text("case"),
        counted(view.count("documents"), "document"),
    );
    let proof = match (view.is("proven"), view.count("witnesses")) {
        (false, _) => style.warn("the terminal could not be asked: positions are not proven"),
        (true, 0) if view.count("cosigned") > 0 => style.warn(&format!(
            "proven by the terminal's log; it has signatures of {}, and the file does not show that they are theirs",
            counted(view.count("cosigned"), "witness").replace("witnesss", "witnesses"),
        )),
        (true, 0) => "proven by the terminal's log; no witness has cosigned it yet".to_owned(),
        (true, 1) => "proven by the terminal's log, which 1 witness cosigned".to_owned(),
        (true, n) => format!("proven by the terminal's log, which {n} witnesses cosigned"),
    };
    under(line, [proof])
}

/// Width of the longest outcome, `registered`.
const OUTCOME_WIDTH: usize = 10;

/// What became of a document, in one line, with the reason below when it was refused.
fn issued(view: View<'_>, style: Style) -> String {
    let about =
        [view.text("kind"), view.container(), view.text("case"), style.dim(&view.short("id"))];
    let about: Vec<_> = about.into_iter().filter(|part| !part.is_empty()).collect();
    let line = format!("{}  {}", outcome(view, style), about.join("  "));
    match (view.text("outcome").as_str(), view.inner("refused")) {
        ("queued", _) => {
            under(line, ["no answer yet; it is kept and will be delivered".to_owned()])
        }
        ("before", _) => under(line, ["an earlier import of the same bytes led to it".to_owned()]),
        (_, Some(refused)) => under(line, reason(refused)),
        _ => line,
    }
}

fn outcome(view: View<'_>, style: Style) -> String {
    let word = view.text("outcome");
    let wide = padded(&word, OUTCOME_WIDTH);
    match word.as_str() {
        "refused" => style.bad(&wide),
        "queued" => style.warn(&wide),
        _ => style.good(&wide),
    }
}

/// The lines of a refusal: code and fact, the document in the way, what to do.
pub(super) fn reason(refused: View<'_>) -> Vec<String> {
    let code = refused.text("code");
    let fact = match refused.text("detail") {
        detail if detail.is_empty() => code,
        detail => format!("{code}: {detail}"),
    };
    let names = refused.some("names").map(|id| format!("see document {id}"));
    let remedy = refused.some("remedy").map(|remedy| format!("-> {remedy}"));
    [Some(fact), names, remedy].into_iter().flatten().collect()
}

fn note(view: View<'_>, style: Style) -> String {
    let offset = view.some("offset").map(|at| format!("byte {at}"));
    let place = match joined([view.some("segment"), offset]) {
        place if place.is_empty() => place,
        place => format!("  ({place})"),
    };
    let container = view.some("container").map(|c| format!("{c}  ")).unwrap_or_default();
    format!("{}  {container}{}{}", style.warn("note"), view.text("text"), style.dim(&place))
}

fn imported(view: View<'_>) -> String {
    let counts = ["documents", "pending", "refused", "before", "skipped"];
    let [documents, pending, refused, before, skipped] = counts.map(|name| view.count(name));
    let also = |count: u64, what: &str| (count > 0).then(|| format!("{count} {what}"));
    joined([
        Some(counted(documents, "document")),
        also(pending, "waiting for a second person"),
        also(refused, "refused"),
        also(before, "by an earlier import"),
        also(skipped, "skipped"),
    ])
}

/// A draft: its name, what it says, who asked, and what to do.
fn pending(view: View<'_>, style: Style, word: &str) -> String {
    let about = [style.head(&view.text("id")), view.text("kind"), view.container()];
    let about: Vec<_> = about.into_iter().filter(|part| !part.is_empty()).collect();
    let asked = format!("asked by {} at {}", view.text("person"), view.minute("at"));
    let mut lines = vec![view.text("words"), asked];
    let disclosed = view.inner("disclosed").into_iter().flat_map(|disclosed| disclosed.0);
    lines.extend(disclosed.map(|(field, value)| format!("sealed {field}: {}", plain(value))));
    if word == "waits" {
        lines.push(format!(
            "until {} another person may say: landside approve {} --person NAME",
            view.minute("until"),
            view.text("id"),
        ));
    }
    let word = padded(word, OUTCOME_WIDTH);
    under(format!("{}  {}", style.warn(&word), about.join("  ")), lines)
}

/// The logged-in person at whose word a document was signed: `clerk Wang Wei (wang.wei)`.
pub(super) fn by_person(view: View<'_>) -> Option<String> {
    let by = view.inner("signed_by")?;
    Some(format!("{} {} ({})", by.text("role"), by.text("name"), by.text("login")))
}

fn person(view: View<'_>, style: Style) -> String {
    let state = match view.text("state").as_str() {
        "active" => style.good("active"),
        "invited" => style.warn("invited"),
        other => style.dim(other),
    };
    let passkeys = match view.list("passkeys").len() {
        0 => String::new(),
        1 => "  1 passkey".to_owned(),
        n => format!("  {n} passkeys"),
    };
    let (login, name, role) = (view.text("login"), view.text("name"), view.text("role"));
    format!("{login}  {name}  {role}  {state}{passkeys}")
}

fn link(view: View<'_>, style: Style) -> String {
    let to = match view.some("login") {
        Some(login) => format!("{login} chooses a password"),
        None => "an administrator is enrolled".to_owned(),
    };
    let until = view.second("until");
    under(format!("{to} with this link, once, until {until}:"), [style.head(&view.text("url"))])
}

fn document(view: View<'_>, style: Style) -> String {
    let mut rows = vec![
        ["id".to_owned(), view.text("id")],
        ["signed by".to_owned(), format!("{}, key {}", view.signer(), view.key("key"))],
        ["issued".to_owned(), view.second("issued_at")],
    ];
    for (name, text) in [
        ("received", view.second("received_at")),
        ("case", view.text("case")),
        ("log", view.text("log")),
    ] {
        if !text.is_empty() {
            rows.push([name.to_owned(), text]);
        }
    }
    if let Some(by) = by_person(view) {
        rows.push(["by".to_owned(), by]);
    }
    let mut lines = columns(&rows);
    let said = said(view);
    if !said.is_empty() {
        lines.push(String::new());
        lines.extend(columns(&said));
    }
    under(style.head(&view.text("kind")), lines)
}

fn job(view: View<'_>, style: Style) -> String {
    let state = match view.text("state").as_str() {
        "pass" => style.good("pass"),
        "ended" => style.bad("ended"),
        other => style.warn(other),
    };
    let head = [style.head(&view.container()), view.text("terminal"), view.text("case"), state];
    let head: Vec<_> = head.into_iter().filter(|part| !part.is_empty()).collect();
    let row = |name: &str, text: Option<String>| text.map(|text| [name.to_owned(), text]);
    let span = |inner: Option<View<'_>>, from: &str, until: &str| {
        inner.map(|inner| between(&inner.text(from), &inner.text(until)))
    };
    let to_sign = view.some("receipt_to_sign").map(|_| {
        format!("the terminal's receipt waits: landside gate receipt {}", view.text("container"))
    });
    let rows: Vec<_> = [
        row("plate", view.some("plate")),
        row("slot", span(view.inner("slot"), "from", "until")),
        row("pass", span(view.inner("pass"), "not_before", "expires")),
        row("collected", view.some("collected_at").map(|_| view.second("collected_at"))),
        row("to sign", to_sign),
    ]
    .into_iter()
    .flatten()
    .collect();
    under(head.join("  "), columns(&rows))
}

fn decision(view: View<'_>, style: Style) -> String {
    let verdict = match view.text("verdict").as_str() {
        "admit" => style.good("ADMIT"),
        other => style.bad(&other.to_uppercase()),
    };
    let plate = view.some("plate").map(|plate| format!("plate {plate}")).unwrap_or_default();
    let head = [verdict, style.head(&view.container()), view.text("case"), plate];
    let head: Vec<_> = head.into_iter().filter(|part| !part.is_empty()).collect();
    let rows: Vec<_> = view
        .list("reasons")
        .into_iter()
        .map(|reason| {
            let owed = format!("owed by {}", reason.text("owed_by"));
            [reason.text("code"), reason.text("detail"), style.dim(&owed)]
        })
        .collect();
    let overrides = view.list("overrides").into_iter().map(|relied| {
        let by = format!("on an override by {}", relied.text("person"));
        format!("{}  {}", style.warn(&by), style.dim(&relied.short("document")))
    });
    let rests = format!(
        "directory {}; oldest fact {} old",
        edition(view, style),
        age(view.count("oldest_fact_s")),
    );
    let log = view.inner("log").map(|log| log::beside_a_decision(log, style));
    let lines = columns(&rows).into_iter().chain(overrides).chain([style.dim(&rests)]).chain(log);
    under(head.join("  "), lines)
}

fn waiting(view: View<'_>, style: Style) -> String {
    let since = view.some("oldest").map(|at| format!(", oldest since {}", minute(&at)));
    let count = counted(view.count("documents"), "document");
    format!("{}  {count}{}", style.head(&view.text("peer")), since.unwrap_or_default())
}

pub(super) fn directory(view: View<'_>, style: Style) -> String {
    let until = minute(&view.text("valid_until"));
    let overdue = if view.is("overdue") { style.warn("  overdue") } else { String::new() };
    let waits = view.some("in_force").is_some_and(|in_force| in_force == "false");
    let waits = if waits { style.warn("  waits for its time") } else { String::new() };
    let span = format!("{} to {until}{overdue}{waits}", view.minute("valid_from"));
    let mut lines = columns(&[["id".to_owned(), view.text("id")], ["in force".to_owned(), span]]);
    let rows: Vec<_> = view
        .list("parties")
        .into_iter()
        .map(|party| {
            let addresses = party.texts("addresses").join(", ");
            [party.text("id"), party.texts("roles").join(", "), party.text("name"), addresses]
        })
        .collect();
    lines.push(String::new());
    lines.extend(columns(&rows));
    let head = format!("edition {} of {}", view.text("number"), view.text("network"));
    under(style.head(&head), lines)
}

fn node(view: View<'_>, style: Style) -> String {
    let peers = match view.texts("peers") {
        peers if peers.is_empty() => "none".to_owned(),
        peers => peers.join(", "),
    };
    let listen = view.some("listen").unwrap_or_else(|| "no; it dials out".to_owned());
    let waiting = view.inner("directory_waiting").map(|next| {
        let text = format!("edition {} from {}", next.text("number"), next.minute("valid_from"));
        ["waits".to_owned(), text]
    });
    let alarms = view.list("alarms").into_iter().map(|alarm| {
        let about = format!("{}: two editions {}", alarm.text("code"), alarm.text("number"));
        let text = format!("{}, proof in {}", style.bad(&about), alarm.text("file"));
        [style.bad("alarm"), text]
    });
    let log = view.inner("log").map(|log| log::own(log, style)).unwrap_or_default();
    let watched = view.list("witnesses").into_iter().map(|watched| log::watched(watched, style));
    let certificates =
        view.list("certificates").into_iter().flat_map(|one| certificate(one, style));
    let key = view.some("vkey").map(|vkey| ["log key".to_owned(), vkey]);
    let rows: Vec<_> = iter::once(["directory".to_owned(), edition(view, style)])
        .chain(waiting)
        .chain([
            ["listens".to_owned(), listen],
            ["connected".to_owned(), peers],
            ["documents".to_owned(), view.text("documents")],
        ])
        .chain(log)
        .chain(key)
        .chain(watched)
        .chain(certificates)
        .chain(view.list("agents").into_iter().map(agent_for))
        .chain(alarms)
        .collect();
    under(style.head(&view.text("actor")), columns(&rows))
}

/// What browsers are shown, and what is wrong with the files that it comes from.
fn certificate(view: View<'_>, style: Style) -> Vec<[String; 2]> {
    let until = match view.some("until") {
        Some(_) => format!("{} until {}", view.text("file"), view.minute("until")),
        None => view.text("file"),
    };
    let text = match view.is("ends_soon") {
        true => style.bad(&format!("{until}: renew it")),
        false => until,
    };
    let fault = view.some("fault").map(|fault| [String::new(), style.bad(&fault)]);
    let name = format!("{} tls", view.text("of"));
    [Some([name, text]), fault].into_iter().flatten().collect()
}

/// Width of the longest kind, `interchange-receipt`.
const KIND_WIDTH: usize = 19;

/// A line that this terminal signs for.
fn agent_for(held: View<'_>) -> [String; 2] {
    let state = match held.text("state").as_str() {
        "in-force" => "the directory lists the key".to_owned(),
        "not-in-force" => "the directory lists the key, not for now".to_owned(),
        _ => "the directory does not list the key".to_owned(),
    };
    let who = format!("{}, key {}: {state}", held.text("line"), held.key("key"));
    ["agent for".to_owned(), who]
}

fn taken(view: View<'_>, style: Style) -> String {
    let at = view.some("at").map(|_| format!("{}  ", view.second("at"))).unwrap_or_default();
    let kind = padded(&view.text("kind"), KIND_WIDTH);
    let (issuer, case) = (view.signer(), view.text("case"));
    let line = format!("{}{kind}  {issuer}  {case}", style.dim(&at));
    format!("{}  {}", line.trim_end(), style.dim(&view.short("id")))
}

fn answered(view: View<'_>, style: Style) -> String {
    let line = format!("{}  {}", outcome(view, style), style.dim(&view.short("id")));
    match view.inner("refused") {
        Some(refused) => under(line, reason(refused)),
        None => line,
    }
}
