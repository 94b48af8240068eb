//! What whoever operates a node asks about, and whether a home may run at all.

use std::sync::Arc;
use std::time::Duration;

use landside_proto::directory::Actor;
use landside_proto::ids::UnixMillis;

use super::{NodeError, clock};
use crate::config::Config;
use crate::home::Home;
use crate::metrics::Metrics;

/// What whoever operates the node asks about.
pub(crate) struct Operating {
    pub(crate) metrics: Arc<Metrics>,
    /// Held while a backup is written.
    pub(crate) backing_up: Arc<tokio::sync::Mutex<()>>,
    pub(crate) started: UnixMillis,
    /// How long documents may wait for a peer before it is said.
    pub(crate) alarm_after: Duration,
    /// Free disk below which new documents are refused, in bytes.
    pub(crate) free_min: u64,
}

impl Operating {
    fn of(config: &Config) -> Self {
        Self {
            metrics: Arc::default(),
            backing_up: Arc::default(),
            started: clock(),
            alarm_after: Duration::from_secs(config.exchange.alarm_after_s),
            free_min: config.store.free_mib_min.saturating_mul(1024 * 1024),
        }
    }
}

/// Settings and name of a home that may run.
pub(super) fn begin(home: &Home) -> Result<(Config, Actor, Operating), NodeError> {
    if let Some(unchecked) = home.unchecked() {
        return Err(NodeError::Unchecked(unchecked));
    }
    let config = home.config()?;
    let operating = Operating::of(&config);
    Ok((config, home.actor()?, operating))
}
