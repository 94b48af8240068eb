//! The words of a case: one line in a list, or everything about it.

use super::clocks;
use super::style::{Style, columns, padded};
use super::view::{SEALED, View, between, counted, edition, joined, minute};

/// Width of the names on the left.
const NAME_WIDTH: usize = 8;

/// A case in a list.
pub(super) fn line(view: View<'_>, style: Style) -> String {
    let state = match (view.text("state").as_str(), view.count("needs")) {
        ("closed", _) => style.dim("closed"),
        (_, 0) => style.good("ready"),
        (_, needs) => {
            let waits = view.some("waits_for").map(|party| format!(", waits for {party}"));
            style.warn(&format!("{}{}", counted(needs, "need"), waits.unwrap_or_default()))
        }
    };
    let [code, terminal] = ["code", "terminal"].map(|name| view.text(name));
    let terminal = padded(&terminal, TERMINAL_WIDTH);
    format!("{code}  {}  {terminal}  {state}", style.head(&view.container()))
}

/// Room for the terminal in a list: lines come one by one, so the widest is not known.
const TERMINAL_WIDTH: usize = 16;

/// Everything about a case.
pub(super) fn whole(view: View<'_>, style: Style) -> String {
    let mut lines = vec![head(view, style)];
    let mut row = |name: &str, text: String| {
        if !text.is_empty() {
            lines.push(format!("{}  {text}", padded(name, NAME_WIDTH)));
        }
    };
    row("box", view.inner("box").map(box_of).unwrap_or_default());
    row("lights", lights(view, style));
    for over in view.list("overrides") {
        row("override", overriding(over, style));
    }
    let right = view.inner("right");
    let nobody = if view.is("part") { "not here" } else { "nobody holds it" };
    row("right", right.map(holders).unwrap_or_else(|| style.dim(nobody)));
    for hop in right.map(|right| right.list("hops")).unwrap_or_default() {
        row("", self::hop(hop, style));
    }
    row("driver", view.inner("driver").map(driver).unwrap_or_default());
    row("slot", view.inner("slot").map(slot).unwrap_or_default());
    row("pass", view.inner("pass").map(pass).unwrap_or_default());
    let left = view.inner("gate_out").map(|out| out.second("left_at")).unwrap_or_default();
    row("left", left);
    for (at, need) in needs(view, style).into_iter().enumerate() {
        row(if at == 0 { "needs" } else { "" }, need);
    }
    for (at, asked) in questions(view, style).into_iter().enumerate() {
        row(if at == 0 { "asked" } else { "" }, asked);
    }
    for (at, clock) in clocks::rows(view, style).into_iter().enumerate() {
        row(if at == 0 { "clocks" } else { "" }, clock);
    }
    for (at, field) in sealed(view, style).into_iter().enumerate() {
        row(if at == 0 { "sealed" } else { "" }, field);
    }
    row("rests on", view.some("directory").map(|_| rests_on(view, style)).unwrap_or_default());
    if view.is("part") {
        row(
            "note",
            style.dim("your part of this case: the job, and what the terminal tells of the rest"),
        );
    }
    if view.is("incomplete") {
        row("note", style.warn("documents of this case are still missing here"));
    }
    for (at, step) in timeline(view, style).into_iter().enumerate() {
        row(if at == 0 { "timeline" } else { "" }, step);
    }
    lines.join("\n")
}

fn head(view: View<'_>, style: Style) -> String {
    let [code, terminal, state] = ["code", "terminal", "state"].map(|name| view.text(name));
    let state = if state == "closed" { style.dim(&state) } else { state };
    format!("{}  {code}  {terminal}  {state}", style.head(&view.container()))
}

/// Size, place and time of the box, and where the empty goes.
fn box_of(view: View<'_>) -> String {
    let depots: Vec<_> = view
        .list("empty_return")
        .iter()
        .map(|depot| {
            let reference = depot.some("reference").map(|text| format!(" ({text})"));
            format!("{}{}", depot.text("depot"), reference.unwrap_or_default())
        })
        .collect();
    joined([
        view.some("size_type"),
        view.some("discharged_at").map(|at| format!("discharged {}", minute(&at))),
        view.some("position").map(|class| format!("position {class}")),
        Some(depots.join(", "))
            .filter(|text| !text.is_empty())
            .map(|text| format!("empty to {text}")),
    ])
}

fn rests_on(view: View<'_>, style: Style) -> String {
    format!("directory {}", edition(view, style))
}

/// The lights in the order of the words of the design: line, customs, terminal.
fn lights(view: View<'_>, style: Style) -> String {
    let Some(lights) = view.inner("lights") else { return String::new() };
    let shown = ["commercial", "customs", "terminal"].map(|name| {
        let colour = lights.text(name);
        let painted = match colour.as_str() {
            "green" => style.good(&colour),
            "overridden" => style.warn(&colour),
            _ => style.bad(&colour),
        };
        format!("{name} {painted}")
    });
    shown.join("   ")
}

/// Who passed over which light, why and how long.
fn overriding(over: View<'_>, style: Style) -> String {
    let codes: Vec<_> = over.list("covers").iter().map(|cover| cover.text("code")).collect();
    let agreed = over.texts("approved_by").get(1).map(|name| format!(", agreed by {name}"));
    format!(
        "{} ({}) by {}{}, until {}: {}  {}",
        over.text("light"),
        codes.join(", "),
        over.text("person"),
        agreed.unwrap_or_default(),
        over.minute("until"),
        over.text("reason"),
        style.dim(&over.short("document")),
    )
}

fn holders(right: View<'_>) -> String {
    let hops: Vec<_> = right.list("hops").iter().map(|hop| hop.text("holder")).collect();
    if hops.is_empty() { right.text("holder") } else { hops.join(" -> ") }
}

fn hop(hop: View<'_>, style: Style) -> String {
    let said = |name: &str, word: &str| hop.some(name).map(|text| format!("{word} {text}"));
    let limits = joined([
        hop.some("from").map(|at| format!("from {}", minute(&at))),
        hop.some("until").map(|at| format!("until {}", minute(&at))),
        said("plate", "plate"),
        said("depot", "empty to"),
        hop.some("hops").map(|_| format!("{} left", counted(hop.count("hops"), "hop"))),
    ]);
    let limits = if limits.is_empty() { limits } else { format!("  {limits}") };
    format!("{}{limits}  {}", hop.text("holder"), style.dim(&hop.short("document")))
}

fn driver(driver: View<'_>) -> String {
    joined([
        driver.some("name"),
        driver.some("plate").map(|plate| format!("plate {plate}")),
        driver.some("key").map(|_| format!("key {}", driver.key("key"))),
    ])
}

fn slot(slot: View<'_>) -> String {
    let state = match slot.text("state") {
        state if state == "none" => return String::new(),
        state => state,
    };
    match (slot.some("from"), slot.some("until")) {
        (Some(from), Some(until)) => format!("{state} {}", between(&from, &until)),
        _ => state,
    }
}

fn pass(pass: View<'_>) -> String {
    between(&pass.text("not_before"), &pass.text("expires"))
}

fn needs(view: View<'_>, style: Style) -> Vec<String> {
    let rows: Vec<_> = view
        .list("needs")
        .into_iter()
        .map(|need| {
            let light =
                need.some("light").map(|light| format!("{light} light")).unwrap_or_default();
            let owed = format!("owed by {}{}", need.text("owed_by"), overdue(need, "promised_at"));
            [style.warn(&need.text("detail")), owed, style.dim(&light)]
        })
        .collect();
    columns(&rows)
}

/// That what was promised by a time is late; nothing while it is not.
fn overdue(view: View<'_>, promised: &str) -> String {
    match view.is("overdue") {
        true => format!(", overdue since {}", view.minute(promised)),
        false => String::new(),
    }
}

/// Questions and complaints, each with its answer or when that is due.
fn questions(view: View<'_>, style: Style) -> Vec<String> {
    let rows: Vec<_> = view
        .list("questions")
        .into_iter()
        .map(|asked| {
            let [subject, by, to, text] =
                ["subject", "asked_by", "to", "text"].map(|name| asked.text(name));
            let answer = match asked.inner("answer") {
                Some(answer) => format!("answered: {}", answer.text("text")),
                None if asked.is("overdue") => {
                    style.warn(&format!("no answer{}", overdue(asked, "answer_by")))
                }
                None => format!("answer by {}", asked.minute("answer_by")),
            };
            [format!("{subject} by {by} to {to}: {text}"), answer, style.dim(&asked.short("id"))]
        })
        .collect();
    columns(&rows)
}

/// The sealed fields of the releases that stand, each with its value where this node has it.
fn sealed(view: View<'_>, style: Style) -> Vec<String> {
    let rows: Vec<_> = view
        .list("sealed")
        .into_iter()
        .map(|field| {
            let value = field.some("value").unwrap_or_else(|| style.dim(SEALED));
            [field.text("field"), value, style.dim(&format!("B/L {}", field.text("bill")))]
        })
        .collect();
    columns(&rows)
}

fn timeline(view: View<'_>, style: Style) -> Vec<String> {
    let rows: Vec<_> = view
        .list("timeline")
        .into_iter()
        .map(|step| {
            let id = style.dim(&step.short("id"));
            let [kind, words] = ["kind", "words"].map(|name| step.text(name));
            let issuer = step.signer();
            let by =
                step.inner("signed_by").map(|by| style.dim(&format!(" ({})", by.text("name"))));
            let words = words + &by.unwrap_or_default();
            [style.dim(&step.second("at")), kind, issuer, id, words]
        })
        .collect();
    columns(&rows)
}
