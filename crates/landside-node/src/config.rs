//! The config file of a node: TOML, every default written out and explained.

use std::net::SocketAddr;
use std::path::Path;

use landside_proto::ids::{PartyId, UnLocode};
use serde::Deserialize;

/// The file `init` writes. Its values are the defaults; a test holds the two equal.
pub const TEMPLATE: &str = include_str!("config.toml");

/// Settings of one node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where other nodes reach this one.
    pub listen: Listen,
    /// Whom this node dials and how it tries again.
    pub exchange: Exchange,
    /// The embedded store.
    pub store: Storage,
    /// What a terminal grants.
    pub terminal: Terminal,
    /// What two persons must agree on before it is signed.
    pub dual_control: DualControl,
    /// EDIFACT in and out.
    pub edifact: Edifact,
    /// Logs.
    pub log: Log,
}

/// Where other nodes reach this one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// UDP address; empty for a node that only dials out.
    pub quic: Option<SocketAddr>,
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
    /// Page cache, in MiB.
    pub cache_mib: u64,
    /// Free disk space below which new documents are refused, in MiB.
    pub free_mib_min: u64,
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

impl Default for Storage {
    fn default() -> Self {
        Self { cache_mib: 256, free_mib_min: 256 }
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

    fn in_range(self) -> Result<Self, ConfigError> {
        let wrong = |what: &str| Err(ConfigError::Range(what.to_owned()));
        let Exchange { retry_ms_min, retry_ms_max, connections_max, .. } = self.exchange;
        if retry_ms_min == 0 || retry_ms_min > retry_ms_max {
            return wrong("exchange.retry_ms_min must be above 0 and at most retry_ms_max");
        }
        if connections_max == 0 {
            return wrong("exchange.connections_max must be above 0");
        }
        if self.store.cache_mib < 64 {
            return wrong("store.cache_mib must be 64 or more");
        }
        if !(5..=24 * 60).contains(&self.terminal.slot_minutes)
            || self.terminal.slot_trucks_max == 0
        {
            return wrong("terminal.slot_minutes must be 5 to 1440, slot_trucks_max above 0");
        }
        Ok(self)
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
    fn every_default_is_written_out() {
        let keys = ["dial", "retry_ms_min", "cache_mib", "free_mib_min", "slot_minutes", "port"];
        for key in keys.into_iter().chain(["release", "override"]) {
            assert!(TEMPLATE.lines().any(|line| line.trim_start_matches("# ").starts_with(key)));
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_name() {
        let error = toml::from_str::<Config>("[store]\ncache_mb = 3").unwrap_err().to_string();
        assert!(error.contains("cache_mb"), "{error}");
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for text in [
            "[exchange]\nretry_ms_min = 0",
            "[store]\ncache_mib = 1",
            "[terminal]\nslot_minutes = 1",
        ] {
            assert!(toml::from_str::<Config>(text).unwrap().in_range().is_err(), "{text}");
        }
    }
}
