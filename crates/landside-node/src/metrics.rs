//! What is measured of a running node, for Prometheus: one table of metrics, what counts them, and the
//! text form of all of it.
//!
//! - [`METRICS`]: names, labels and help; documents, dashboards and alert rules are held against it
//! - [`Metrics`]: counters and histograms that the writer and the store add to
//! - `gauges`: what is looked up when somebody asks
//!
//! What is not in it: a listener, which is the web layer's, and thresholds, which are alert rules'.
//! A label has few values: kinds, codes and results of this program, parties up to [`PEERS_MAX`], and
//! never a container, a case, a person or a device.

mod gauges;
mod table;
mod text;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landside_proto::document::{Entry, Kind, Outcome};
use landside_proto::refusal::Code;

pub use self::gauges::PEERS_MAX;
pub use self::table::{METRICS, Metric, MetricType};
pub use self::text::CONTENT_TYPE;
pub(crate) use self::text::Page;

/// Bounds of short times, in seconds: a commit on a fast disk to one that nobody should wait for.
const SHORT: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Bounds of times that people take, in seconds: a second to a week.
const LONG: [f64; 12] = [
    1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0, 259_200.0, 604_800.0,
];

/// The kind of bytes that are no document, or whose signer is not known.
const UNKNOWN: &str = "unknown";

/// Something counted, told once it is durable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Noted {
    /// A document and what became of it.
    Document(&'static str, &'static str),
    /// A delivered document refused, by its code.
    Refused(&'static str),
    /// A truck was admitted, or not.
    Decided(bool),
    /// A pass was issued this long after the last light.
    Passed(Duration),
}

impl Noted {
    /// A document that a peer delivered.
    pub(crate) fn delivered(kind: Option<Kind>, entry: &Entry) -> [Option<Self>; 2] {
        let result = match entry.outcome {
            Outcome::Accepted => "accepted",
            Outcome::Duplicate => "duplicate",
            Outcome::Refused => "refused",
        };
        let document = Self::Document(kind.map_or(UNKNOWN, Kind::as_str), result);
        let refused = entry.refused.as_ref().map(|refused| {
            let code = Code::ALL.iter().map(|code| code.as_str()).find(|c| *c == refused.code);
            Self::Refused(code.unwrap_or(UNKNOWN))
        });
        [Some(document), refused]
    }

    /// A document of this node.
    pub(crate) fn issued(kind: Kind) -> Self {
        Self::Document(kind.as_str(), "issued")
    }
}

/// Counters and histograms of a running node.
#[derive(Debug)]
pub struct Metrics {
    counts: Mutex<Counts>,
    /// From handing a group to the store until it is durable.
    pub(crate) commit: Histogram,
    /// Of that, waiting for the disk.
    pub(crate) sync: Histogram,
    /// From the question whether a truck may pass to the answer.
    pub(crate) verdict: Histogram,
    light_to_pass: Histogram,
}

#[derive(Debug, Default)]
struct Counts {
    documents: BTreeMap<(&'static str, &'static str), u64>,
    refusals: BTreeMap<&'static str, u64>,
    decisions: BTreeMap<&'static str, u64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let counts = Counts {
            // Both are there from the start: a rate needs a first value.
            decisions: BTreeMap::from([("admit", 0), ("refuse", 0)]),
            ..Counts::default()
        };
        Self {
            counts: Mutex::new(counts),
            commit: Histogram::new(&SHORT),
            sync: Histogram::new(&SHORT),
            verdict: Histogram::new(&SHORT),
            light_to_pass: Histogram::new(&LONG),
        }
    }
}

impl Metrics {
    /// Takes what a group noted, once it is durable: one lock a commit.
    pub(crate) fn take(&self, noted: impl IntoIterator<Item = Noted>) {
        let mut noted = noted.into_iter().peekable();
        if noted.peek().is_none() {
            return;
        }
        let mut counts = self.counts();
        for noted in noted {
            match noted {
                Noted::Document(kind, result) => {
                    *counts.documents.entry((kind, result)).or_default() += 1;
                }
                Noted::Refused(code) => *counts.refusals.entry(code).or_default() += 1,
                Noted::Decided(admitted) => {
                    let decision = if admitted { "admit" } else { "refuse" };
                    *counts.decisions.entry(decision).or_default() += 1;
                }
                Noted::Passed(after) => self.light_to_pass.observe(after),
            }
        }
    }

    /// Writes all of it.
    pub(crate) fn write(&self, page: &mut Page) {
        let counts = self.counts();
        page.family(&table::DOCUMENTS);
        for ((kind, result), count) in &counts.documents {
            page.sample(&[kind, result], as_f64(*count));
        }
        page.family(&table::REFUSALS);
        for (code, count) in &counts.refusals {
            page.sample(&[code], as_f64(*count));
        }
        page.family(&table::DECISIONS);
        for (decision, count) in &counts.decisions {
            page.sample(&[decision], as_f64(*count));
        }
        drop(counts);
        for (metric, histogram) in [
            (&table::COMMIT, &self.commit),
            (&table::SYNC, &self.sync),
            (&table::VERDICT, &self.verdict),
            (&table::LIGHT_TO_PASS, &self.light_to_pass),
        ] {
            page.family(metric);
            page.histogram(histogram);
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often something took how long. Adding costs two atomic additions.
#[derive(Debug)]
pub(crate) struct Histogram {
    bounds: &'static [f64],
    /// One more than bounds: the last is for what is longer than all.
    counts: Vec<AtomicU64>,
    micros: AtomicU64,
}

impl Histogram {
    fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, micros: AtomicU64::new(0) }
    }

    /// Adds one.
    pub(crate) fn observe(&self, took: Duration) {
        let at = self.bounds.partition_point(|bound| *bound < took.as_secs_f64());
        if let Some(count) = self.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Each bound with how many took no longer, and how many there were.
    fn cumulative(&self) -> (Vec<(f64, u64)>, u64) {
        let mut sum = 0;
        let mut up_to = |count: &AtomicU64| {
            sum += count.load(Ordering::Relaxed);
            sum
        };
        let mut counts: Vec<u64> = self.counts.iter().map(&mut up_to).collect();
        let all = counts.pop().unwrap_or_default();
        (self.bounds.iter().copied().zip(counts).collect(), all)
    }

    fn seconds(&self) -> f64 {
        as_f64(self.micros.load(Ordering::Relaxed)) / 1e6
    }
}

/// A count as Prometheus has numbers: exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 are rounded, as in Prometheus")]
pub(crate) fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(metrics: &Metrics) -> String {
        let mut page = Page::default();
        metrics.write(&mut page);
        page.into_text()
    }

    #[test]
    fn a_time_counts_under_every_bound_that_it_does_not_pass() {
        let metrics = Metrics::default();
        for ms in [1, 2, 30, 60_000] {
            metrics.commit.observe(Duration::from_millis(ms));
        }
        let text = text(&metrics);
        for line in [
            "landside_commit_seconds_bucket{le=\"0.0005\"} 0",
            "landside_commit_seconds_bucket{le=\"0.001\"} 1",
            "landside_commit_seconds_bucket{le=\"0.0025\"} 2",
            "landside_commit_seconds_bucket{le=\"0.05\"} 3",
            "landside_commit_seconds_bucket{le=\"10\"} 3",
            "landside_commit_seconds_bucket{le=\"+Inf\"} 4",
            "landside_commit_seconds_count 4",
            "landside_commit_seconds_sum 60.033",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }

    #[test]
    fn documents_are_counted_by_kind_and_result_and_refusals_by_code() {
        let metrics = Metrics::default();
        metrics.take([
            Noted::issued(Kind::GateOut),
            Noted::Document(UNKNOWN, "refused"),
            Noted::Refused("stale"),
            Noted::issued(Kind::GateOut),
            Noted::Decided(false),
        ]);
        let text = text(&metrics);
        for line in [
            "landside_documents_total{kind=\"gate-out\",result=\"issued\"} 2",
            "landside_documents_total{kind=\"unknown\",result=\"refused\"} 1",
            "landside_refusals_total{code=\"stale\"} 1",
            "landside_gate_decisions_total{decision=\"refuse\"} 1",
            "landside_gate_decisions_total{decision=\"admit\"} 0",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_refusal_by_a_code_of_another_version_makes_no_label_of_its_own() {
        let refused = landside_proto::document::Refused {
            code: "a-code-of-tomorrow".to_owned(),
            detail: String::new(),
            names: None,
        };
        let entry = Entry {
            document: landside_proto::ids::DocId::from_bytes([7; 32]),
            outcome: Outcome::Refused,
            position: None,
            refused: Some(refused),
        };
        let noted = Noted::delivered(None, &entry);
        assert_eq!(
            noted,
            [Some(Noted::Document(UNKNOWN, "refused")), Some(Noted::Refused(UNKNOWN))]
        );
    }
}
