//! TLS certificates that listeners beside the node show to browsers, as told by whoever listens: what `info` says of them.
//!
//! What is not in it: reading and showing them, which is the listener's.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landside_proto::ids::UnixMillis;
use serde_json::{Value, json};

use crate::view;

/// How long before its end a certificate is warned of: time for who renews by hand, and less than the third of 90 days that
/// renewing programs keep.
pub const WARN_AHEAD: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// A certificate that is shown, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its file.
    pub file: PathBuf,
    /// When the first certificate of its chain ends, where that can be read.
    pub until: Option<UnixMillis>,
    /// When it was read.
    pub taken_at: UnixMillis,
    /// Why the files as they are now cannot be used; what was shown before still is.
    pub fault: Option<String>,
}

impl Standing {
    /// Whether it has ended, or will within [`WARN_AHEAD`].
    #[must_use]
    pub fn ends_soon(&self, now: UnixMillis) -> bool {
        self.until.is_some_and(|until| until <= now.plus(WARN_AHEAD))
    }
}

/// The certificates of a node's listeners, by the part of the settings that names them.
#[derive(Debug, Default)]
pub(crate) struct Certificates(Mutex<BTreeMap<&'static str, Standing>>);

impl Certificates {
    pub(crate) fn tell(&self, of: &'static str, shown: Standing) {
        self.all().insert(of, shown);
    }

    /// What `info` says; nothing where no listener has a certificate.
    pub(crate) fn view(&self, now: UnixMillis) -> Option<Vec<Value>> {
        let all = self.all();
        let views = all.iter().map(|(of, shown)| {
            let mut view = json!({
                "of": of, "file": shown.file.display().to_string(), "taken_at": shown.taken_at,
                "ends_soon": shown.ends_soon(now),
            });
            view::put(&mut view, "until", shown.until);
            view::put(&mut view, "fault", shown.fault.as_ref());
            view
        });
        (!all.is_empty()).then(|| views.collect())
    }

    /// Each listener's certificate, and how it stands.
    pub(crate) fn all_standing(&self) -> Vec<(&'static str, Standing)> {
        self.all().iter().map(|(of, shown)| (*of, shown.clone())).collect()
    }

    /// When the certificate of each listener ends, where that can be read.
    pub(crate) fn ends(&self) -> Vec<(&'static str, UnixMillis)> {
        let all = self.all();
        all.iter().filter_map(|(of, shown)| Some((*of, shown.until?))).collect()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<&'static str, Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u64) -> UnixMillis {
        UnixMillis::from_millis(1_800_000_000_000 + n * 86_400_000)
    }

    #[test]
    fn a_certificate_is_warned_of_fourteen_days_ahead_and_once_it_has_ended() {
        let shown = Standing {
            file: "certificate.pem".into(),
            until: Some(day(90)),
            taken_at: day(0),
            fault: None,
        };
        for (at, soon) in [(0, false), (75, false), (76, true), (90, true), (400, true)] {
            assert_eq!(shown.ends_soon(day(at)), soon, "{at}");
        }
        assert!(!Standing { until: None, ..shown }.ends_soon(day(400)));
    }

    #[test]
    fn a_node_without_certificates_says_nothing_of_them() {
        assert_eq!(Certificates::default().view(day(0)), None);
    }
}
