//! Figures as JSON (docs/OPERATING.md § JSON) and each chart of them as CSV.

use landside_edifact::local_time;
use landside_proto::directory::Directory;
use landside_proto::figures::{Answers, Counted, Figures, PartyFigures, Quantiles};
use landside_proto::ids::{PartyId, UnixMillis};
use serde_json::{Map, Value, json};

use crate::view;

/// The charts, by the names that people ask for them with.
pub(crate) const CHARTS: [&str; 8] = [
    "cases",
    "light-to-pass",
    "light-to-shown",
    "arrival-to-out",
    "held",
    "promises",
    "steps",
    "answers",
];

/// The object `figures`.
pub(crate) fn line(figures: &Figures, of: &str, directory: &Directory) -> Value {
    let mut view = counted(&figures.total);
    let days = figures.days.iter().map(|(from, day)| {
        let mut view = counted(day);
        view.insert("day".to_owned(), json!(date(*from, &figures.zone)));
        view.insert("from_at".to_owned(), json!(moment(*from)));
        Value::Object(view)
    });
    let steps = figures.steps.iter().map(|step| {
        json!({
            "code": step.code, "in_time": step.in_time, "late": step.late,
            "late_by": quantiles(step.late_by),
        })
    });
    let said = json!({
        "event": "figures",
        "of": of,
        "from": date(figures.from, &figures.zone),
        "to": date(figures.until, &figures.zone),
        "zone": figures.zone,
        "from_at": moment(figures.from),
        "to_at": moment(figures.until),
        "at": moment(figures.at),
        "complete": figures.complete,
        "incomplete": figures.incomplete,
        "open": figures.open,
        "days": days.collect::<Vec<_>>(),
        "parties": figures.parties.iter().map(|one| party(one, directory)).collect::<Vec<_>>(),
        "parties_more": figures.parties_more,
        "steps": steps.collect::<Vec<_>>(),
    });
    if let Value::Object(said) = said {
        view.extend(said);
    }
    let mut view = Value::Object(view);
    let known_from = (figures.known_from > 0).then(|| moment(figures.known_from));
    view::put(&mut view, "known_from", known_from);
    view
}

fn moment(millis: u64) -> UnixMillis {
    UnixMillis::from_millis(millis)
}

fn date(millis: u64, zone: &str) -> String {
    local_time::date(moment(millis), zone).unwrap_or_default()
}

fn counted(counted: &Counted) -> Map<String, Value> {
    let view = json!({
        "opened": counted.opened,
        "left": counted.left,
        "late": counted.late,
        "light_to_pass": quantiles(counted.light_to_pass),
        "light_to_shown": quantiles(counted.light_to_shown),
        "arrival_to_out": quantiles(counted.ashore_to_out),
    });
    match view {
        Value::Object(view) => view,
        _ => Map::new(),
    }
}

/// Without spans there is no median, and none is said.
fn quantiles(Quantiles { count, median_ms, p90_ms }: Quantiles) -> Value {
    match count {
        0 => json!({ "count": 0 }),
        _ => json!({ "count": count, "median_ms": median_ms, "p90_ms": p90_ms }),
    }
}

fn party(one: &PartyFigures, directory: &Directory) -> Value {
    let answers = |answers: Answers| {
        let Answers { in_time, late, open, overdue } = answers;
        json!({ "in_time": in_time, "late": late, "open": open, "overdue": overdue })
    };
    let mut view = json!({
        "party": one.party,
        "held_ms": one.held_ms,
        "cases": one.cases,
        "case_median_ms": one.case_median_ms,
        "in_time": one.in_time,
        "late": one.late,
        "late_open": one.late_open,
        "late_by": quantiles(one.late_by),
        "questions": answers(one.questions),
        "complaints": answers(one.complaints),
    });
    view::put(&mut view, "name", name(&one.party, directory));
    view
}

fn name(party: &str, directory: &Directory) -> Option<String> {
    let party = PartyId::parse(party).ok()?;
    directory.party(&party).map(|entry| entry.name.to_string())
}

/// A chart as CSV (RFC 4180) with a line of names; `None` for a name that is none of [`CHARTS`].
pub(crate) fn chart(figures: &Figures, chart: &str, directory: &Directory) -> Option<String> {
    let table = match chart {
        "cases" => by_day(figures, ["opened", "left", "late"], |day| {
            [day.opened, day.left, day.late].map(|n| n.to_string())
        }),
        "light-to-pass" => spans_by_day(figures, |day| day.light_to_pass),
        "light-to-shown" => spans_by_day(figures, |day| day.light_to_shown),
        "arrival-to-out" => spans_by_day(figures, |day| day.ashore_to_out),
        "held" => by_party(figures, directory, ["cases", "held_h", "case_median_h"], |one| {
            [one.cases.to_string(), hours(one.held_ms), hours(one.case_median_ms)]
        }),
        "promises" => {
            let names = ["in_time", "late", "late_open", "late_median_h", "late_p90_h"];
            by_party(figures, directory, names, |one| {
                let [median, p90] = quantile_cells(one.late_by, hours);
                let counts = [one.in_time, one.late, one.late_open].map(|n| n.to_string());
                let [in_time, late, late_open] = counts;
                [in_time, late, late_open, median, p90]
            })
        }
        "steps" => steps(figures),
        "answers" => answers(figures, directory),
        _ => return None,
    };
    Some(table)
}

fn by_day<const N: usize>(
    figures: &Figures,
    names: [&str; N],
    cells: impl Fn(&Counted) -> [String; N],
) -> String {
    let mut table = row(["day", "zone", "from_utc", "to_utc"].into_iter().chain(names));
    let ends = figures.days.iter().skip(1).map(|(from, _)| *from).chain([figures.until]);
    for ((from, day), until) in figures.days.iter().zip(ends) {
        let head = [date(*from, &figures.zone), figures.zone.clone(), utc(*from), utc(until)];
        table.push_str(&row(head.iter().chain(&cells(day)).map(String::as_str)));
    }
    table
}

fn spans_by_day(figures: &Figures, of: impl Fn(&Counted) -> Quantiles) -> String {
    by_day(figures, ["count", "median_s", "p90_s"], |day| {
        let spans = of(day);
        let [median, p90] = quantile_cells(spans, seconds);
        [spans.count.to_string(), median, p90]
    })
}

fn by_party<const N: usize>(
    figures: &Figures,
    directory: &Directory,
    names: [&str; N],
    cells: impl Fn(&PartyFigures) -> [String; N],
) -> String {
    let mut table = row(PERIOD.into_iter().chain(["party", "name"]).chain(names));
    for one in &figures.parties {
        let name = name(&one.party, directory).unwrap_or_default();
        let head = period(figures).into_iter().chain([one.party.clone(), name]);
        let cells: Vec<String> = head.chain(cells(one)).collect();
        table.push_str(&row(cells.iter().map(String::as_str)));
    }
    table
}

fn steps(figures: &Figures) -> String {
    let names = ["need", "in_time", "late", "late_median_h", "late_p90_h"];
    let mut table = row(PERIOD.into_iter().chain(names));
    for step in &figures.steps {
        let [median, p90] = quantile_cells(step.late_by, hours);
        let counts = [step.in_time, step.late].map(|n| n.to_string());
        let cells = period(figures).into_iter().chain([step.code.clone()]);
        let cells: Vec<String> = cells.chain(counts).chain([median, p90]).collect();
        table.push_str(&row(cells.iter().map(String::as_str)));
    }
    table
}

fn answers(figures: &Figures, directory: &Directory) -> String {
    let of = |subject: &str, answers: Answers| {
        let Answers { in_time, late, open, overdue } = answers;
        (subject.to_owned(), [in_time, late, open, overdue].map(|n| n.to_string()))
    };
    let names = ["party", "name", "subject", "in_time", "late", "open", "overdue"];
    let mut table = row(PERIOD.into_iter().chain(names));
    for one in &figures.parties {
        let both = [of("question", one.questions), of("complaint", one.complaints)];
        for (subject, counts) in both {
            if counts.iter().all(|count| count == "0") {
                continue;
            }
            let name = name(&one.party, directory).unwrap_or_default();
            let head = period(figures).into_iter().chain([one.party.clone(), name, subject]);
            let cells: Vec<String> = head.chain(counts).collect();
            table.push_str(&row(cells.iter().map(String::as_str)));
        }
    }
    table
}

/// Columns that say which period a row is of.
const PERIOD: [&str; 5] = ["from", "to", "zone", "from_utc", "to_utc"];

fn period(figures: &Figures) -> [String; 5] {
    let Figures { zone, from, until, .. } = figures;
    [date(*from, zone), date(*until, zone), zone.clone(), utc(*from), utc(*until)]
}

fn utc(millis: u64) -> String {
    moment(millis).to_string()
}

fn quantile_cells(spans: Quantiles, unit: fn(u64) -> String) -> [String; 2] {
    match spans.count {
        0 => [String::new(), String::new()],
        _ => [unit(spans.median_ms), unit(spans.p90_ms)],
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

fn hours(ms: u64) -> String {
    let hundredths = ms / 36_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A line of CSV.
fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut row = String::new();
    for (at, text) in cells.enumerate() {
        if at > 0 {
            row.push(',');
        }
        row.push_str(&cell(text));
    }
    row.push_str("\r\n");
    row
}

/// A cell. A spreadsheet takes what begins with these signs for a formula: names come from others.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_no_formula() {
        for (text, expected) in [
            ("plain 上海", "plain 上海"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_row_ends_as_rfc_4180_says_and_spans_keep_their_unit() {
        assert_eq!(row(["a", "b"].into_iter()), "a,b\r\n");
        assert_eq!((seconds(12_345).as_str(), seconds(7).as_str()), ("12.345", "0.007"));
        assert_eq!((hours(5_400_000).as_str(), hours(36_000).as_str()), ("1.50", "0.01"));
    }
}
