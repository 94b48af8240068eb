//! The text form that Prometheus reads (exposition format 0.0.4).

use std::fmt::Write as _;

use super::{Histogram, Metric, MetricType, as_f64};

/// Content type of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The text, as far as it is written.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
    metric: Option<&'static Metric>,
}

impl Page {
    /// Begins a metric; its samples follow.
    pub(crate) fn family(&mut self, metric: &'static Metric) {
        let (name, kind) = (metric.name, metric.kind.as_str());
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "# HELP {name} {}\n# TYPE {name} {kind}", metric.help);
        self.metric = Some(metric);
    }

    /// One value, with the values of the metric's labels in their order.
    pub(crate) fn sample(&mut self, labels: &[&str], value: f64) {
        let Some(metric) = self.metric else { return };
        let named: Vec<_> = metric.labels.iter().copied().zip(labels.iter().copied()).collect();
        self.line("", &named, value);
    }

    /// A metric of one value.
    pub(crate) fn single(&mut self, metric: &'static Metric, value: f64) {
        self.family(metric);
        self.sample(&[], value);
    }

    /// All lines of a histogram.
    pub(super) fn histogram(&mut self, histogram: &Histogram) {
        debug_assert!(self.metric.is_some_and(|m| m.kind == MetricType::Histogram));
        let (buckets, all) = histogram.cumulative();
        for (bound, count) in buckets {
            self.line("_bucket", &[("le", &bound.to_string())], as_f64(count));
        }
        self.line("_bucket", &[("le", "+Inf")], as_f64(all));
        self.line("_sum", &[], histogram.seconds());
        self.line("_count", &[], as_f64(all));
    }

    /// The text.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    fn line(&mut self, ends: &str, labels: &[(&str, &str)], value: f64) {
        let Some(metric) = self.metric else { return };
        let labels: Vec<_> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{}{ends}{labels} {value}", metric.name);
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    #[test]
    fn a_label_cannot_end_its_own_line() {
        let mut page = Page::default();
        page.family(&table::OUTBOX);
        page.sample(&["a\"} 1\nb\\"], 2.0);
        let text = page.into_text();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(
            text.ends_with("landside_outbox_documents{peer=\"a\\\"} 1\\nb\\\\\"} 2\n"),
            "{text}"
        );
    }

    #[test]
    fn every_name_says_its_unit_and_a_counter_that_it_is_one() {
        for metric in super::super::METRICS {
            let Metric { name, kind, help, .. } = metric;
            assert!(name.starts_with("landside_") && !help.ends_with('.'), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == MetricType::Counter, "{name}");
        }
    }
}
