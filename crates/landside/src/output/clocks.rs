//! The words of clocks of free time: where each stands, what it costs, and by which documents.

use super::style::{Style, columns};
use super::view::{View, counted, joined};

/// One row a clock, and below it what it is counted from.
pub(super) fn rows(view: View<'_>, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    let clocks = view.list("clocks");
    let heads: Vec<_> = clocks.iter().map(|clock| head(*clock, style)).collect();
    for (line, clock) in columns(&heads).into_iter().zip(clocks) {
        lines.push(line);
        lines.extend(because(clock).into_iter().map(|text| format!("  {}", style.dim(&text))));
    }
    lines
}

/// The same for an evidence file: name and text, without colours.
pub(super) fn told(view: View<'_>) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    for clock in view.list("clocks") {
        let [what, by, free, cost] = head(clock, Style::PLAIN);
        rows.push([
            what,
            joined([Some(by), Some(free), Some(cost)].map(|t| t.filter(|t| !t.is_empty()))),
        ]);
        rows.extend(because(clock).into_iter().map(|text| [String::new(), text]));
    }
    rows
}

fn head(clock: View<'_>, style: Style) -> [String; 4] {
    let bill = clock.some("bill").map(|bill| format!(" B/L {bill}")).unwrap_or_default();
    let what = format!("{}{bill}", clock.text("charge"));
    let by = format!("by {}", clock.text("charged_by"));
    let free = match clock.some("free_until") {
        Some(_) => format!("free until {}", clock.minute("free_until")),
        None if clock.text("state") == "not-started" => "not started".to_owned(),
        None => "free for now".to_owned(),
    };
    let charged = clock.inner("days").map(|days| days.count("charged")).unwrap_or_default();
    let sum = clock.some("amount").map(|sum| format!(": {sum} {}", clock.text("currency")));
    let stopped = if clock.text("state") == "stopped" { ", stopped" } else { "" };
    let cost = format!("{} to pay{}{stopped}", counted(charged, "day"), sum.unwrap_or_default());
    let cost = if charged > 0 { style.warn(&cost) } else { style.good(&cost) };
    [what, by, free, cost]
}

/// The documents that a figure follows from, in the order of time.
fn because(clock: View<'_>) -> Vec<String> {
    let mut lines = vec![format!(
        "{} free, by {}",
        counted(clock.count("free_days"), "day"),
        clock.short("terms")
    )];
    for waived in clock.list("waived") {
        let days = counted(waived.count("days"), "day");
        lines.push(format!("{days} of them waived, by {}", waived.short("document")));
    }
    let moment = |name: &str, verb: &str| {
        let moment = clock.inner(name)?;
        Some(format!("{verb} {}, by {}", moment.minute("at"), moment.short("document")))
    };
    lines.extend(moment("started", "started"));
    for rest in clock.list("suspensions") {
        let until = rest.some("until").map(|_| format!(" to {}", rest.minute("until")));
        lines.push(format!(
            "suspended {}{} by {}, by {}",
            rest.minute("from"),
            until.unwrap_or_else(|| " until further word".to_owned()),
            rest.text("by"),
            rest.short("document")
        ));
    }
    lines.extend(moment("stopped", "stopped"));
    if let Some(days) = clock.inner("days") {
        let other = [("suspended", "suspended"), ("off", "days off")].map(|(name, word)| {
            Some(days.count(name)).filter(|n| *n > 0).map(|n| format!("{n} {word}"))
        });
        lines.extend(Some(joined(other)).filter(|text| !text.is_empty()));
    }
    for tier in clock.list("tiers").into_iter().filter(|tier| tier.count("days") > 0) {
        lines.push(format!(
            "{} from day {} on at {}",
            counted(tier.count("days"), "day"),
            tier.text("from_day"),
            tier.text("rate")
        ));
    }
    let held: Vec<_> = clock
        .list("held")
        .iter()
        .map(|held| format!("{} {} h", held.text("owed_by"), held.count("held_s") / 3600))
        .collect();
    lines.extend(
        Some(held.join(", ")).filter(|t| !t.is_empty()).map(|t| format!("meanwhile owed by {t}")),
    );
    if clock.is("capped") {
        lines.push("counted for ten years and no longer".to_owned());
    }
    lines
}
