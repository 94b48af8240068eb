//! What an evidence file shows as one page: for a browser without a network, and for paper.
//!
//! No script, no link, no picture: nothing in it can change what it says. Everything that comes from
//! the file is escaped.

use std::fmt::Write as _;

use landside_proto::refusal::shown_text;
use serde_json::{Map, Value};

use super::evidence;
use super::view::View;

/// The page of the objects that `verify` gives for one evidence file.
pub(crate) fn page(objects: &[Map<String, Value>]) -> String {
    let of = |event: &str| -> Vec<View<'_>> {
        let wanted = objects.iter().map(View).filter(|view| view.text("event") == event);
        wanted.collect()
    };
    let mut page = String::new();
    let Some(whole) = of("evidence").into_iter().next() else { return page };
    let title = match whole.container() {
        container if container.is_empty() => whole.text("terminal"),
        container => container,
    };
    put(
        &mut page,
        &format!("{HEAD}<title>{} – evidence</title>\n{STYLE}</head>\n<body>\n", text(&title)),
    );
    banner(&mut page, whole);
    table(&mut page, "About", &evidence::facts(whole));
    let found = of("evidence-finding");
    let (notes, faults): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|finding| finding.text("severity") == "note");
    findings(&mut page, "What is wrong", &faults);
    for outcome in of("evidence-outcome") {
        let heading = match outcome.text("state").as_str() {
            "closed" => "How it ended",
            _ => "How it stood at the last document",
        };
        table(&mut page, heading, &evidence::outcome_rows(outcome));
    }
    steps(&mut page, &of("evidence-step"));
    findings(&mut page, "To be known", &notes);
    editions(&mut page, &of("evidence-edition"));
    put(&mut page, FOOT);
    page
}

const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
    'unsafe-inline'\">\n";

const STYLE: &str = "<style>
@page { size: A4; margin: 16mm 14mm; }
* { box-sizing: border-box; }
body { font: 15px/1.45 'Liberation Sans', 'Noto Sans', Arial, 'Noto Sans CJK SC', sans-serif;
  color: #1a1a1a; background: #fff; max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.7rem; margin: 0; letter-spacing: .02em; }
h2 { font-size: 1.05rem; margin: 2rem 0 .6rem; padding-bottom: .25rem;
  border-bottom: 2px solid #1a1a1a; break-after: avoid; }
p { margin: .35rem 0; }
.verdict { border: 2px solid; border-left-width: 12px; padding: .9rem 1.1rem; margin-top: .9rem; }
.verdict b { font-size: 1.25rem; text-transform: uppercase; letter-spacing: .05em; }
.good { border-color: #1b7a3d; } .good b { color: #1b7a3d; }
.fault { border-color: #a86400; } .fault b { color: #a86400; }
.broken { border-color: #b3261e; } .broken b { color: #b3261e; }
table { border-collapse: collapse; width: 100%; }
td { vertical-align: top; padding: .22rem .8rem .22rem 0; overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; color: #555; width: 8.5rem; overflow-wrap: normal; }
ol, ul { list-style: none; margin: 0; padding: 0; }
.step { display: flex; gap: 1rem; padding: .55rem 0; border-bottom: 1px solid #d8d8d8;
  break-inside: avoid; }
.number { flex: 0 0 2rem; text-align: right; font-weight: bold; font-size: 1.15rem; color: #555; }
.when { font-weight: bold; }
.kind, .small { color: #555; font-size: .85rem; }
.small { overflow-wrap: anywhere; }
.found { border-left: 6px solid #999; padding: .3rem 0 .3rem .8rem; margin: .5rem 0;
  break-inside: avoid; overflow-wrap: anywhere; }
.found.broken { border-color: #b3261e; } .found.finding { border-color: #a86400; }
footer { margin-top: 2.5rem; padding-top: .5rem; border-top: 1px solid #999; color: #555;
  font-size: .85rem; }
@media print { body { padding: 0; max-width: none; font-size: 10.5pt; } }
</style>
";

const FOOT: &str = "<footer>Times are in UTC. <i>By the terminal's clock</i> is when the terminal \
    registered a document, <i>by the signer's clock</i> when its signer says to have signed it. This \
    page only shows what was checked; the evidence is the file itself. Whoever doubts the page checks \
    the file: <code>landside verify FILE</code>, which needs no network.</footer>\n</body>\n</html>\n";

fn banner(page: &mut String, view: View<'_>) {
    let verdict = view.text("verdict");
    let class = match (verdict.as_str(), view.is("sound") && !evidence::hangs(view)) {
        ("broken", _) => "broken",
        (_, true) => "good",
        _ => "fault",
    };
    let heading = match view.container() {
        container if container.is_empty() => {
            format!(
                "The log of {}",
                evidence::called(view.some("terminal_name"), view.text("terminal"))
            )
        }
        container => format!("Container {container}"),
    };
    put(page, &format!("<h1>{}</h1>\n", text(&heading)));
    let word = text(&evidence::word(view));
    put(page, &format!("<div class=\"verdict {class}\"><b>{word}</b>"));
    put(page, &format!("<p>{}</p>", text(&evidence::meaning(view))));
    for said in [evidence::condition(view), evidence::tail(view)].into_iter().flatten() {
        put(page, &format!("<p>{}</p>", text(&said)));
    }
    for fault in [evidence::faults(view), evidence::too_few(view)].into_iter().flatten() {
        put(page, &format!("<p>{}</p>", text(&fault)));
    }
    put(page, "</div>\n");
}

fn table(page: &mut String, heading: &str, rows: &[[String; 2]]) {
    if rows.is_empty() {
        return;
    }
    put(page, &format!("<h2>{}</h2>\n<table>\n", text(heading)));
    let mut before = "";
    for [name, said] in rows {
        // A name stands once for the rows it has.
        let shown = if name == before { "" } else { name };
        put(page, &format!("<tr><td>{}</td><td>{}</td></tr>\n", text(shown), text(said)));
        before = name;
    }
    put(page, "</table>\n");
}

fn findings(page: &mut String, heading: &str, found: &[View<'_>]) {
    if found.is_empty() {
        return;
    }
    put(page, &format!("<h2>{}</h2>\n", text(heading)));
    for finding in found {
        let severity = finding.text("severity");
        let word = if severity == "finding" { "fault" } else { &severity };
        put(
            page,
            &format!(
                "<div class=\"found {}\"><b>{}</b> &middot; {}<p>{}</p><p class=\"small\">{}: {}</p>\
                 </div>\n",
                text(&severity),
                text(word),
                text(&finding.text("place")),
                text(&finding.text("text")),
                text(&finding.text("code")),
                text(&finding.text("meaning")),
            ),
        );
    }
}

fn steps(page: &mut String, steps: &[View<'_>]) {
    if steps.is_empty() {
        return;
    }
    put(page, "<h2>What happened, by the terminal's clock</h2>\n<ol>\n");
    for step in steps {
        let who = evidence::who(*step);
        let said = match step.some("words") {
            Some(words) => format!("<b>{}</b> {}", text(&who), text(&words)),
            None => "This document does not open; see above.".to_owned(),
        };
        put(
            page,
            &format!(
                "<li class=\"step\"><div class=\"number\">{}</div><div><span class=\"when\">{}</span> \
                 <span class=\"kind\">{} {}</span><p>{said}</p><p class=\"small\">{}</p>\
                 <p class=\"small\">{}</p>{}</div></li>\n",
                text(&step.some("number").unwrap_or_else(|| "\u{2013}".to_owned())),
                text(&evidence::stamp(*step, "at")),
                text(&step.text("kind")),
                text(&step.short("id")),
                text(&evidence::signed(*step)),
                text(&evidence::shown(*step)),
                disclosed(*step),
            ),
        );
    }
    put(page, "</ol>\n");
}

fn disclosed(step: View<'_>) -> String {
    let Some(fields) = step.inner("disclosed") else { return String::new() };
    format!("<p class=\"small\">sealed, disclosed here: {}</p>", text(&evidence::pairs(fields)))
}

fn editions(page: &mut String, editions: &[View<'_>]) {
    if editions.is_empty() {
        return;
    }
    put(page, "<h2>Whose keys these are: the directory</h2>\n");
    for edition in editions {
        put(page, &format!("<p><b>Edition {}</b></p>\n", text(&edition.text("number"))));
        for line in evidence::edition_lines(*edition) {
            put(page, &format!("<p class=\"small\">{}</p>\n", text(&line)));
        }
    }
}

/// Text for HTML, with nothing left that steers a screen or turns its direction.
fn text(said: &str) -> String {
    let mut escaped = String::with_capacity(said.len());
    for c in shown_text(said).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn put(page: &mut String, html: &str) {
    // Writing to a string does not fail.
    let _ = page.write_str(html);
}
