//! Figures in words.

use super::style::{Style, columns};
use super::view::{View, age, counted, under};

/// Names of the three spans, as the JSON has them, and what people call them.
const SPANS: [(&str, &str); 3] = [
    ("light_to_pass", "last light to pass"),
    ("light_to_shown", "last light to pass shown at the gate"),
    ("arrival_to_out", "discharge to gate-out"),
];

/// The period as a whole, then each party; days are in `--json` and in the charts.
pub(super) fn whole(view: View<'_>, style: Style) -> String {
    let head = format!(
        "{}  {} to {} ({}), without the last",
        view.text("of"),
        view.text("from"),
        view.text("to"),
        view.text("zone")
    );
    let mut lines = Vec::new();
    if !view.is("complete") {
        lines.push(style.warn("not every case has been looked at yet: ask again"));
    }
    match view.count("incomplete") {
        0 => {}
        n => lines
            .push(style.warn(&format!("{} of which documents are missing", counted(n, "case")))),
    }
    if view.some("known_from").is_some() {
        lines
            .push(style.warn(&format!("cases over before {} are gone", view.minute("known_from"))));
    }
    let counts = ["opened", "left", "open"].map(|name| view.count(name));
    let [opened, left, open] = counts;
    lines.push(format!("{} begun, {left} left, {open} open", counted(opened, "case")));
    let mut spans =
        vec![["".to_owned(), "cases".to_owned(), "median".to_owned(), "90 %".to_owned()]];
    for (name, words) in SPANS {
        let span = view.inner(name);
        let ms = |field| span.and_then(|span| span.some(field).map(|_| length(span.count(field))));
        spans.push([
            words.to_owned(),
            span.map_or(0, |span| span.count("count")).to_string(),
            ms("median_ms").unwrap_or_else(|| "-".to_owned()),
            ms("p90_ms").unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    lines.extend(columns(&spans));
    let parties = view.list("parties");
    if !parties.is_empty() {
        lines.push(String::new());
        lines.extend(of_parties(&parties));
    }
    match view.count("parties_more") {
        0 => {}
        n => lines.push(style.dim(&format!("and {n} more"))),
    }
    under(style.head(&head), lines)
}

fn of_parties(parties: &[View<'_>]) -> Vec<String> {
    let head = ["party", "held", "cases", "in time", "late", "still late", "complaints"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(parties.iter().map(|party| {
        let complaints = party.inner("complaints").map_or_else(String::new, |answers| {
            let counts = ["in_time", "late", "open"].map(|name| answers.count(name));
            let [in_time, late, open] = counts;
            match counts {
                [0, 0, 0] => "-".to_owned(),
                _ => format!("{in_time} in time, {late} late, {open} open"),
            }
        });
        let count = |name| party.count(name).to_string();
        [
            party.text("party"),
            length(party.count("held_ms")),
            count("cases"),
            count("in_time"),
            count("late"),
            count("late_open"),
            complaints,
        ]
    }));
    columns(&rows)
}

/// A span as people say it; below a second exactly.
fn length(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        _ => age(ms / 1000),
    }
}

/// A chart as it is; the line end that printing adds belongs to its last row.
pub(super) fn chart(view: View<'_>) -> String {
    let csv = view.text("csv");
    csv.strip_suffix('\n').unwrap_or(&csv).to_owned()
}
