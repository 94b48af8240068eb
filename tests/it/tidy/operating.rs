//! What operators are given says what the program does: metrics, dashboards, rules, checks, the package.

use std::collections::BTreeSet;

use landside_node::health::CHECKS;
use landside_node::metrics::{METRICS, MetricType};

use super::documents::{rows, word};
use super::{holds, read};

const MONITORING: &str = "crates/landside/packaging/monitoring";

#[test]
fn the_guide_lists_every_metric_in_order_with_what_it_tells() {
    let listed: Vec<[String; 4]> = rows_of("## Metrics", "| metric |")
        .into_iter()
        .map(|row| [word(&row[0]), row[1].clone(), row[2].replace('`', ""), row[3].clone()])
        .collect();
    let known: Vec<[String; 4]> = METRICS
        .iter()
        .map(|metric| {
            let (kind, labels) = (metric.kind.as_str(), metric.labels.join(", "));
            [metric.name.to_owned(), kind.to_owned(), labels, metric.help.to_owned()]
        })
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn the_guide_lists_every_finding_of_the_doctor_in_order_with_its_remedy() {
    let listed: Vec<[String; 3]> = rows("docs/OPERATING.md", "## Doctor")
        .into_iter()
        .map(|row| [word(&row[0]), row[1].clone(), row[2].clone()])
        .collect();
    let known: Vec<[String; 3]> = CHECKS
        .iter()
        .map(|check| [check.code, check.weight.as_str(), check.remedy].map(str::to_owned))
        .collect();
    assert_eq!(listed, known);
    let codes: BTreeSet<_> = CHECKS.iter().map(|check| check.code).collect();
    assert_eq!(codes.len(), CHECKS.len(), "two findings of one code");
}

#[test]
fn every_metric_of_dashboard_and_rules_is_one_and_every_metric_is_shown() {
    let mut known = BTreeSet::new();
    for metric in METRICS {
        match metric.kind {
            MetricType::Histogram => known
                .extend(["_bucket", "_sum", "_count"].map(|ends| format!("{}{ends}", metric.name))),
            MetricType::Counter | MetricType::Gauge => drop(known.insert(metric.name.to_owned())),
        }
    }
    let dashboard = read(&format!("{MONITORING}/dashboard.json")).text;
    for file in ["dashboard.json", "alerts.yml", "alerts.test.yml"] {
        let text = read(&format!("{MONITORING}/{file}")).text;
        let named = names(&text);
        assert!(named.len() > 3, "{file}: metrics are looked for in the wrong place: {named:?}");
        let unknown: Vec<_> = named.difference(&known).cloned().collect();
        holds(&format!("{file} names what the program tells"), unknown);
    }
    let hidden = METRICS.iter().filter(|metric| !dashboard.contains(metric.name));
    holds("the dashboard shows every metric", hidden.map(|m| m.name.to_owned()).collect());
}

#[test]
fn every_label_of_dashboard_and_rules_is_one_that_some_metric_has() {
    let labels: BTreeSet<&str> = METRICS
        .iter()
        .flat_map(|metric| metric.labels.iter().copied())
        .chain(["le", "instance", "job", "severity"])
        .collect();
    let mut unknown = Vec::new();
    for file in ["dashboard.json", "alerts.yml"] {
        let text = read(&format!("{MONITORING}/{file}")).text;
        for part in text.split(" by (").skip(1) {
            let named = part.split(')').next().unwrap_or_default();
            let names = named.split(',').map(str::trim).filter(|name| !labels.contains(name));
            unknown.extend(names.map(|name| format!("{file}: {name}")));
        }
    }
    holds("sums are by labels that are there", unknown);
}

#[test]
fn the_unit_starts_the_program_as_the_guide_says() {
    let unit = read("crates/landside/packaging/landside.service").text;
    for line in ["ExecStart=/usr/bin/landside serve", "Type=notify", "UMask=0077"] {
        assert!(unit.lines().any(|l| l == line), "{line}");
    }
}

/// Metrics that a text names.
fn names(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c| !is_part(c));
    words.filter(|word| word.starts_with("landside_")).map(str::to_owned).collect()
}

/// The table of a section that begins with a head.
fn rows_of(heading: &str, head: &str) -> Vec<Vec<String>> {
    let section = super::documents::section("docs/OPERATING.md", heading);
    let table = section.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    rows.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}
