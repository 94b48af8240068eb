//! The one table of metrics.

/// How a metric behaves (Prometheus, Metric types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricType {
    /// Only ever grows, until the node is started anew.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often something took how long.
    Histogram,
}

impl MetricType {
    /// As the text form has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric.
#[derive(Debug)]
pub struct Metric {
    /// Its name, with its unit.
    pub name: &'static str,
    /// How it behaves.
    pub kind: MetricType,
    /// Names of its labels, in order.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($constant:ident: $kind:ident $name:literal [$($label:literal),*] $help:literal;)+) => {
        $(pub(super) static $constant: Metric = Metric {
            name: $name, kind: MetricType::$kind, labels: &[$($label),*], help: $help,
        };)+

        /// Every metric, in the order of docs/OPERATING.md § Metrics.
        pub static METRICS: &[&Metric] = &[$(&$constant),+];
    };
}

metrics! {
    BUILD: Gauge "landside_build_info" ["version", "actor"]
        "1; the program's version and whose node it is";
    READY: Gauge "landside_ready" []
        "1 while the node does all of its work, 0 while /readyz says why not";
    STARTED: Gauge "landside_start_time_seconds" []
        "when the node started, in seconds since 1970";
    DOCUMENTS: Counter "landside_documents_total" ["kind", "result"]
        "documents by kind and what became of them: issued here; accepted, duplicate or refused when a peer delivered them";
    REFUSALS: Counter "landside_refusals_total" ["code"]
        "documents of peers that were refused, by code";
    DECISIONS: Counter "landside_gate_decisions_total" ["decision"]
        "decisions at the gate: admit, refuse";
    COMMIT: Histogram "landside_commit_seconds" []
        "time until a group of changes is durable";
    SYNC: Histogram "landside_sync_seconds" []
        "of that, time in which the store waits for the disk";
    VERDICT: Histogram "landside_verdict_seconds" []
        "time from the question whether a truck may pass to the answer, its commit included";
    LIGHT_TO_PASS: Histogram "landside_light_to_pass_seconds" []
        "time from the last light of a container to its pass";
    WRITER_WAITING: Gauge "landside_writer_waiting" []
        "commands that wait for the writer";
    OUTBOX: Gauge "landside_outbox_documents" ["peer"]
        "documents that wait for a party; those for drivers' devices, and for parties beyond the limit, together";
    OUTBOX_OLDEST: Gauge "landside_outbox_oldest_seconds" ["peer"]
        "age of the oldest of them";
    PEERS: Gauge "landside_peers_connected" []
        "peers with a link now";
    DIALLED: Gauge "landside_peer_connected" ["peer"]
        "1 for a party that is always dialled and has a link, 0 for one without";
    STORED: Gauge "landside_store_documents" []
        "documents kept";
    FREE: Gauge "landside_store_free_bytes" []
        "free disk of the store";
    FREE_MIN: Gauge "landside_store_free_min_bytes" []
        "free disk below which new documents are refused";
    LOG_ENTRIES: Gauge "landside_log_entries" []
        "at a terminal: entries of its log";
    LOG_FINAL_ENTRIES: Gauge "landside_log_final_entries" []
        "at a terminal: entries of the last head that enough witnesses cosigned";
    LOG_HEAD_AGE: Gauge "landside_log_head_age_seconds" []
        "at a terminal: since when that head is the last one, by its witnesses' clocks";
    LOG_REFUSED: Gauge "landside_log_refusing_witnesses" []
        "at a terminal: witnesses that refuse to cosign its log";
    WITNESSED: Gauge "landside_witness_age_seconds" ["log"]
        "at a witness: time since it last cosigned a log, since the node started";
    ALARMS: Gauge "landside_alarms" []
        "proofs in alarms/ that a directory or a log has two histories";
    EDITION: Gauge "landside_directory_edition" []
        "number of the directory edition in force";
    DIRECTORY_AGE: Gauge "landside_directory_age_seconds" []
        "time since the edition in force became valid";
    DIRECTORY_LEFT: Gauge "landside_directory_remaining_seconds" []
        "time until it is to be replaced; below 0 when it is overdue";
    CERTIFICATE_LEFT: Gauge "landside_certificate_remaining_seconds" ["listener"]
        "time until a TLS certificate ends";
    BACKUP: Gauge "landside_backup_time_seconds" []
        "when the last backup was done, in seconds since 1970; 0 for never";
    MEMORY: Gauge "landside_resident_memory_bytes" []
        "memory of the process";
    FILES: Gauge "landside_open_files" []
        "files and connections that the process has open";
    FILES_MAX: Gauge "landside_open_files_max" []
        "how many it may have open";
}
