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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::words;
    use super::*;

    const ID: &str = "3f2a9c0149d1b1a96e5f2d0c7b8a9e1f3f2a9c0149d1b1a96e5f2d0c7b8a9e1f";

    fn clock() -> Value {
        json!({"charge": "demurrage", "bill": "BL-1", "charged_by": "line-a", "terms": ID,
            "state": "charged", "free_days": 8, "free_until": "2026-12-01T16:00:00.000Z",
            "waived": [{"document": ID, "days": 1}],
            "started": {"at": "2026-11-23T04:00:00.000Z", "document": ID},
            "suspensions": [{"from": "2026-11-24T04:00:00.000Z", "by": "terminal-west",
                "until": "2026-11-24T10:00:00.000Z", "document": ID}],
            "days": {"free": 8, "suspended": 1, "off": 0, "charged": 6}, "currency": "CNY",
            "tiers": [{"from_day": 1, "days": 5, "rate": "100.00", "amount": "500.00"},
                {"from_day": 6, "days": 1, "rate": "200.00", "amount": "200.00"},
                {"from_day": 9, "days": 0, "rate": "300.00", "amount": "0.00"}],
            "amount": "700.00", "amount_minor": 70000, "capped": false,
            "held": [{"owed_by": "customs", "held_s": 90000}]})
    }

    fn said(event: &str, clock: Value) -> String {
        let object = json!({"event": event, "state": "open", "clocks": [clock]});
        words::of(object.as_object().unwrap(), Style::PLAIN)
    }

    #[test]
    fn a_clock_is_told_with_every_document_that_its_figure_follows_from() {
        let text = said("case", clock());
        let rows = [
            "clocks    demurrage B/L BL-1  by line-a  free until 2026-12-01 16:00Z  6 days to pay: 700.00 CNY",
            "            8 days free, by 3f2a9c01",
            "            1 day of them waived, by 3f2a9c01",
            "            started 2026-11-23 04:00Z, by 3f2a9c01",
            "            suspended 2026-11-24 04:00Z to 2026-11-24 10:00Z by terminal-west, by 3f2a9c01",
            "            1 suspended",
            "            5 days from day 1 on at 100.00",
            "            1 day from day 6 on at 200.00",
            "            meanwhile owed by customs 25 h",
        ];
        assert!(text.contains(&rows.join("\n")), "{text}");
        assert!(!text.contains("300.00"), "a rate that no day has");
    }

    #[test]
    fn an_evidence_file_tells_the_same() {
        let text = said("evidence-outcome", clock());
        assert!(
            text.contains("by line-a, free until 2026-12-01 16:00Z, 6 days to pay: 700.00 CNY"),
            "{text}"
        );
        assert!(text.contains("started 2026-11-23 04:00Z, by 3f2a9c01"), "{text}");
    }

    #[test]
    fn clocks_that_have_not_started_rest_or_have_no_rates_say_so() {
        let mut resting = clock();
        resting["free_until"] = Value::Null;
        resting["suspensions"][0]["until"] = Value::Null;
        resting["amount"] = Value::Null;
        let text = said("case", resting.clone());
        assert!(text.contains("free for now"), "{text}");
        assert!(text.contains("6 days to pay\n"), "{text}");
        assert!(text.contains("until further word"), "{text}");
        resting["state"] = json!("not-started");
        assert!(said("case", resting).contains("not started"));
        let mut over = clock();
        (over["state"], over["capped"]) = (json!("stopped"), json!(true));
        let text = said("case", over);
        assert!(text.contains("700.00 CNY, stopped"), "{text}");
        assert!(text.contains("ten years"), "{text}");
        assert!(!said("case", json!({})).is_empty(), "words of a newer node still show");
    }
}
