//! The config file of a node: TOML, every default written out and explained.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use landside_proto::ids::{PartyId, UnLocode};
use serde::Deserialize;

use crate::channels::ChannelConfig;
use crate::custody::PassphraseFrom;
use crate::promised::{PROMISE_MINUTES_MAX, Promised};

/// The file `init` writes. Its values are the defaults; a test holds the two equal.
pub const TEMPLATE: &str = include_str!("config.toml");

/// Smallest page cache, in MiB: sled works badly with less.
pub const CACHE_MIB_MIN: u64 = 4;

/// Longest time between two looks of a witness, in seconds. Terminals offer each head for twice as long.
pub const EVERY_S_MAX: u64 = 60;

/// Most cosignatures that a head can be made to need: what a note holds beside the log's own signature.
pub const COSIGNATURES_MAX: usize = landside_proto::checkpoint::SIGNATURES_MAX - 1;

/// Settings of one node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where others reach this node.
    pub listen: Listen,
    /// Screens for the people of this party.
    pub console: Console,
    /// Whom this node dials and how it tries again.
    pub exchange: Exchange,
    /// The embedded store.
    pub store: Storage,
    /// How old the directory may grow.
    pub directory: Directory,
    /// Metrics and health over HTTP.
    pub metrics: MetricsListener,
    /// What a terminal grants.
    pub terminal: Terminal,
    /// How long each step may take before it is overdue.
    pub promised: Promised,
    /// Who watches over this terminal's log.
    pub witnessed: Witnessed,
    /// Whose logs this node watches over.
    pub witness: Witnessing,
    /// What two persons must agree on before it is signed.
    pub dual_control: DualControl,
    /// EDIFACT in and out.
    pub edifact: Edifact,
    /// Folders that are shared with partners, each with a name of its own.
    #[serde(rename = "channel")]
    pub channels: Vec<ChannelConfig>,
    /// Private keys at rest.
    pub keys: KeyCustody,
    /// Logs.
    pub log: Log,
}

/// Where others reach this node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// UDP address; empty for a node that only dials out.
    pub quic: Option<SocketAddr>,
    /// TCP address of HTTP; empty for a node that offers none.
    pub http: Option<SocketAddr>,
}

/// Screens for the people of this party, over HTTP of their own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Console {
    /// TCP address; empty for a node without screens.
    #[serde(deserialize_with = "some_address")]
    pub listen: Option<SocketAddr>,
    /// Certificate chain of the address, PEM; empty for plain HTTP, on this machine only.
    #[serde(deserialize_with = "some_path")]
    pub certificate: Option<PathBuf>,
    /// The certificate's private key, PEM.
    #[serde(deserialize_with = "some_path")]
    pub key: Option<PathBuf>,
    /// Where browsers reach the console, as in `https://console.example`, when that is not `listen`.
    pub origin: String,
    /// IANA name of the port's time zone, in which screens show times.
    pub zone: String,
    /// UDP address of WebTransport for drivers' phones; empty: they come over HTTPS alone.
    #[serde(deserialize_with = "some_address")]
    pub quic: Option<SocketAddr>,
    /// UDP port at which phones reach `quic`; 0 when it is that of the address.
    pub quic_port: u16,
    /// Whether webhooks may go to addresses of a private network.
    pub webhooks_private: bool,
}

impl Console {
    /// Whether browsers reach the console over TLS, done here or by a proxy before it.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.certificate.is_some() || self.origin.starts_with("https://")
    }

    /// Where browsers reach the console, without a slash at the end.
    #[must_use]
    pub fn reached_at(&self) -> Option<String> {
        if !self.origin.is_empty() {
            return Some(self.origin.clone());
        }
        let scheme = if self.is_secure() { "https" } else { "http" };
        self.listen.map(|address| format!("{scheme}://{address}"))
    }
}

fn some_address<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(from)?;
    match text.as_str() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(serde::de::Error::custom),
    }
}

fn some_path<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    let text = String::deserialize(from)?;
    Ok(if text.is_empty() { None } else { Some(text.into()) })
}

/// Metrics and health over HTTP, for programs that watch the node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsListener {
    /// TCP address; empty for none.
    #[serde(deserialize_with = "some_address")]
    pub listen: Option<SocketAddr>,
    /// Whether the address may be one that other machines reach.
    pub others: bool,
}

/// Whom this node dials and how it tries again.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exchange {
    /// Parties to keep a connection with, to collect what waits there.
    pub dial: Vec<PartyId>,
    /// First pause after a failed dial, in milliseconds; doubles up to `retry_ms_max`.
    pub retry_ms_min: u64,
    /// Longest pause between dials, in milliseconds.
    pub retry_ms_max: u64,
    /// Most connections served at once.
    pub connections_max: u32,
    /// Seconds a document may wait for a peer before the log raises an alarm.
    pub alarm_after_s: u64,
}

/// The embedded store.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Storage {
    /// Page cache of the index, in MiB; no less than [`CACHE_MIB_MIN`].
    pub cache_mib: u64,
    /// Free disk space below which new documents are refused, in MiB.
    pub free_mib_min: u64,
}

/// How old the directory may grow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Directory {
    /// Days for which an overdue edition still vouches for new device keys.
    pub grace_days: u32,
}

/// What a terminal grants.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terminal {
    /// Length of a slot, in minutes.
    pub slot_minutes: u32,
    /// Trucks a slot takes.
    pub slot_trucks_max: u32,
    /// How many slots ahead a request may be moved before it is refused.
    pub slot_moves_max: u32,
    /// Minutes before its slot that a truck is admitted.
    pub early_minutes: u32,
    /// Minutes after its slot that a truck is still admitted.
    pub late_minutes: u32,
    /// Customs offices that are told of each case with its arrival; empty: the directory's only one.
    pub customs: Vec<PartyId>,
}

/// Who watches over this terminal's log (docs/PROTOCOL.md § 13).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Witnessed {
    /// Parties whose cosignatures count; empty for every party of the directory.
    pub by: Vec<PartyId>,
    /// Cosignatures that make a head final: 1 to [`COSIGNATURES_MAX`], and no more than `by` has parties.
    pub cosignatures_min: usize,
}

/// Whose logs this node watches over (docs/PROTOCOL.md § 13).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Witnessing {
    /// Terminals whose logs this node cosigns.
    pub of: Vec<PartyId>,
    /// Other witnesses that are shown what this one cosigned.
    pub tell: Vec<PartyId>,
    /// Seconds between two looks at a log: 1 to [`EVERY_S_MAX`].
    pub every_s: u64,
}

/// What two persons must agree on before it is signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DualControl {
    /// A line's first release of a container to a party.
    pub release: bool,
    /// A terminal's override; its withdrawal needs one person only.
    #[serde(rename = "override")]
    pub overriding: bool,
}

/// EDIFACT in and out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Edifact {
    /// This party's code in NAD and LOC segments; empty for the party id in capitals.
    pub code: String,
    /// UN/LOCODE of the terminal's port. When set, a CODECO file is written for each gate-out.
    pub port: Option<UnLocode>,
}

/// Private keys at rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyCustody {
    /// Where the passphrase of encrypted key files is.
    pub passphrase_from: PassphraseFrom,
}

/// Logs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `text` or `json`.
    pub format: LogFormat,
    /// Filter such as `info` or `landside_node=debug`.
    pub filter: String,
}

/// Form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("config {path} cannot be read: {error}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is not TOML, or has a key or value that is not known.
    #[error("config {path} is wrong: {error}")]
    Form {
        /// The file.
        path: String,
        /// Where and why.
        error: Box<toml::de::Error>,
    },
    /// A value is out of its range.
    #[error("config: {0}")]
    Range(String),
}

impl Default for Console {
    fn default() -> Self {
        let (origin, zone) = (String::new(), "UTC".to_owned());
        let (quic, quic_port) = (None, 0);
        let webhooks_private = false;
        Self {
            listen: None,
            certificate: None,
            key: None,
            origin,
            zone,
            quic,
            quic_port,
            webhooks_private,
        }
    }
}

impl Default for Exchange {
    fn default() -> Self {
        Self {
            dial: Vec::new(),
            retry_ms_min: 100,
            retry_ms_max: 10_000,
            connections_max: 10_000,
            alarm_after_s: 900,
        }
    }
}

impl Default for Witnessed {
    fn default() -> Self {
        Self { by: Vec::new(), cosignatures_min: 1 }
    }
}

impl Default for Witnessing {
    fn default() -> Self {
        Self { of: Vec::new(), tell: Vec::new(), every_s: 5 }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self { cache_mib: 64, free_mib_min: 256 }
    }
}

impl Default for Directory {
    fn default() -> Self {
        Self { grace_days: 30 }
    }
}

impl Directory {
    /// How long an overdue edition still vouches for new device keys.
    #[must_use]
    pub fn grace(&self) -> Duration {
        Duration::from_secs(u64::from(self.grace_days) * 24 * 60 * 60)
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self {
            slot_minutes: 60,
            slot_trucks_max: 40,
            slot_moves_max: 24,
            early_minutes: 30,
            late_minutes: 60,
            customs: Vec::new(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ConfigError`], naming key and line.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Read { path: name.clone(), error })?;
        let config: Self = toml::from_str(&text)
            .map_err(|error| ConfigError::Form { path: name, error: Box::new(error) })?;
        config.in_range()
    }

    /// The text of a config file with another source of the passphrase.
    ///
    /// # Errors
    /// [`ConfigError::Range`] when the outcome would not be read as that.
    pub(crate) fn naming_passphrase(
        text: &str,
        source: &PassphraseFrom,
    ) -> Result<String, ConfigError> {
        const KEY: &str = "passphrase_from";
        // TOML's basic strings escape as JSON's do (TOML 1.0 § String).
        let value = serde_json::Value::String(source.to_string());
        let line = format!("{KEY} = {value}");
        let mut lines: Vec<&str> = text.lines().collect();
        let is_key = |text: &&str| text.split_once('=').is_some_and(|(k, _)| k.trim() == KEY);
        let stands = lines.iter().position(is_key);
        let table = lines.iter().position(|text| text.trim() == "[keys]");
        match (stands, table) {
            (Some(at), _) => lines[at] = &line,
            (None, Some(at)) => lines.insert(at + 1, &line),
            (None, None) => lines.extend(["", "[keys]", &line]),
        }
        let text = lines.join("\n") + "\n";
        let read = toml::from_str::<Self>(&text).ok().and_then(|config| config.in_range().ok());
        if read.is_some_and(|config| config.keys.passphrase_from == *source) {
            Ok(text)
        } else {
            let what = format!("{line} cannot be written into it; write it under [keys]");
            Err(ConfigError::Range(what))
        }
    }

    fn in_range(self) -> Result<Self, ConfigError> {
        let wrong = |what: &str| Err(ConfigError::Range(what.to_owned()));
        let Exchange { retry_ms_min, retry_ms_max, connections_max, .. } = self.exchange;
        if retry_ms_min == 0 || retry_ms_min > retry_ms_max {
            return wrong("exchange.retry_ms_min must be above 0 and at most retry_ms_max");
        }
        if connections_max == 0 {
            return wrong("exchange.connections_max must be above 0");
        }
        if self.store.cache_mib < CACHE_MIB_MIN {
            return wrong("store.cache_mib must be 4 or more");
        }
        let open = self.metrics.listen.filter(|at| !at.ip().to_canonical().is_loopback());
        if open.is_some() && !self.metrics.others {
            return wrong(
                "metrics.listen may be an address of this machine only, such as 127.0.0.1:9464, \
                 unless metrics.others is true",
            );
        }
        self.witnesses_in_range()?;
        crate::channels::in_range(&self.channels, &self.edifact).map_err(ConfigError::Range)?;
        self.console_in_range()?;
        if !(5..=24 * 60).contains(&self.terminal.slot_minutes)
            || self.terminal.slot_trucks_max == 0
        {
            return wrong("terminal.slot_minutes must be 5 to 1440, slot_trucks_max above 0");
        }
        if !self.promised.is_in_range() {
            let what = format!("promised: a span is at most {PROMISE_MINUTES_MAX} minutes");
            return Err(ConfigError::Range(what));
        }
        if !self.keys.passphrase_from.is_settled() {
            return wrong(
                "keys.passphrase_from must be none, file: and an absolute path, env:NAME or \
                 credential:NAME",
            );
        }
        Ok(self)
    }

    fn console_in_range(&self) -> Result<(), ConfigError> {
        let wrong = |what: &str| Err(ConfigError::Range(what.to_owned()));
        let Console { certificate, key, origin, zone, .. } = &self.console;
        if certificate.is_some() != key.is_some() {
            return wrong("console.certificate and console.key go together");
        }
        if self.console.quic.is_some() && self.console.listen.is_none() {
            return wrong("console.quic is for phones, whose pages console.listen serves: set it");
        }
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let is_host = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:[]".contains(c);
        if !(origin.is_empty() || host.is_some_and(|h| !h.is_empty() && h.chars().all(is_host))) {
            return wrong(
                "console.origin must be http:// or https:// and a host in small letters, with its \
                 port where that is not the usual one, and no slash at the end",
            );
        }
        if !landside_edifact::local_time::is_zone(zone) {
            return wrong("console.zone must be an IANA name such as Europe/Amsterdam");
        }
        Ok(())
    }

    fn witnesses_in_range(&self) -> Result<(), ConfigError> {
        let Witnessed { by, cosignatures_min } = &self.witnessed;
        let parties = by.iter().collect::<std::collections::BTreeSet<_>>().len();
        let most = if by.is_empty() { COSIGNATURES_MAX } else { parties.min(COSIGNATURES_MAX) };
        if !(1..=most).contains(cosignatures_min) {
            let what = format!(
                "witnessed.cosignatures_min must be 1 to {COSIGNATURES_MAX}, and no more than \
                 witnessed.by has parties"
            );
            return Err(ConfigError::Range(what));
        }
        if !(1..=EVERY_S_MAX).contains(&self.witness.every_s) {
            return Err(ConfigError::Range(format!("witness.every_s must be 1 to {EVERY_S_MAX}")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_what_the_defaults_are() {
        assert_eq!(toml::from_str::<Config>(TEMPLATE).unwrap(), Config::default());
    }

    #[test]
    fn the_grace_is_that_of_the_protocol() {
        assert_eq!(Config::default().directory.grace(), landside_proto::directory::GRACE);
    }

    #[test]
    fn every_default_is_written_out() {
        for key in [
            "http",
            "others",
            "listen",
            "certificate",
            "key",
            "origin",
            "zone",
            "quic",
            "quic_port",
            "dial",
            "retry_ms_min",
            "cache_mib",
            "free_mib_min",
            "grace_days",
            "slot_minutes",
            "port",
            "release_minutes",
            "customs_minutes",
            "exam_minutes",
            "hold_minutes",
            "yard_minutes",
            "holder_minutes",
            "slot_answer_minutes",
            "pass_minutes",
            "answer_minutes",
            "release",
            "override",
            "passphrase_from",
        ] {
            assert!(TEMPLATE.lines().any(|line| line.trim_start_matches("# ").starts_with(key)));
        }
    }

    #[test]
    fn an_address_of_the_console_is_an_address_or_nothing() {
        let read = |text: &str| toml::from_str::<Config>(&format!("[console]\nlisten = {text}"));
        assert_eq!(read("\"\"").unwrap().console.listen, None);
        let console = read("\"127.0.0.1:8443\"").unwrap().console;
        assert_eq!(console.reached_at().as_deref(), Some("http://127.0.0.1:8443"));
        for wrong in ["\"localhost\"", "\"localhost:8443\"", "8443", "\" \""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_name() {
        let error = toml::from_str::<Config>("[store]\ncache_mb = 3").unwrap_err().to_string();
        assert!(error.contains("cache_mb"), "{error}");
    }

    #[test]
    fn a_passphrase_written_where_its_source_belongs_is_refused_and_not_repeated() {
        let text = "[keys]\npassphrase_from = \"hunter2 hunter2\"";
        let error = toml::from_str::<Config>(text).unwrap().in_range().unwrap_err().to_string();
        assert!(error.contains("keys.passphrase_from"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn the_source_of_a_passphrase_is_written_where_it_belongs_and_nothing_else_changes() {
        let file = |path: &str| PassphraseFrom::File(path.into());
        let named = Config::naming_passphrase(TEMPLATE, &file("/a \"b\"/c")).unwrap();
        let config: Config = toml::from_str(&named).unwrap();
        assert_eq!(config.keys.passphrase_from, file("/a \"b\"/c"));
        assert_eq!(Config::naming_passphrase(&named, &PassphraseFrom::None).unwrap(), TEMPLATE);
        // A file of an earlier version has no such table.
        let old = "[listen]\nquic = \"127.0.0.1:1\"\n";
        let named = Config::naming_passphrase(old, &file("/p")).unwrap();
        assert_eq!(named, format!("{old}\n[keys]\npassphrase_from = \"file:/p\"\n"));
        let broken = Config::naming_passphrase("keys = 3\n", &file("/p"));
        assert!(matches!(broken, Err(ConfigError::Range(_))), "{broken:?}");
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for text in [
            "[exchange]\nretry_ms_min = 0",
            "[store]\ncache_mib = 1",
            "[metrics]\nlisten = \"0.0.0.0:9464\"",
            "[terminal]\nslot_minutes = 1",
            "[promised]\nhold_minutes = 43201",
            "[witnessed]\ncosignatures_min = 0",
            "[witnessed]\ncosignatures_min = 32",
            "[witnessed]\nby = [\"line\", \"line\"]\ncosignatures_min = 2",
            "[witness]\nevery_s = 0",
            "[witness]\nevery_s = 61",
            "[console]\ncertificate = \"/c.pem\"",
            "[console]\nkey = \"/k.pem\"",
            "[console]\nquic = \"127.0.0.1:8443\"",
            "[console]\norigin = \"console.example\"",
            "[console]\norigin = \"https://\"",
            "[console]\norigin = \"https://console.example/\"",
            "[console]\norigin = \"https://Console.example\"",
            "[console]\nzone = \"Europe/Rotterdam\"",
            "[console]\nzone = \"\"",
            "[keys]\npassphrase_from = \"file:relative/path\"",
            "[keys]\npassphrase_from = \"file:\"",
            "[keys]\npassphrase_from = \"env:\"",
            "[keys]\npassphrase_from = \"credential:../shadow\"",
        ] {
            assert!(toml::from_str::<Config>(text).unwrap().in_range().is_err(), "{text}");
        }
    }
}
