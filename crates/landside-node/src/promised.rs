//! Promised times: how long each step may take before it is overdue, as the config of this node says.

use std::time::Duration;

use landside_proto::case::{Case, Need};
use landside_proto::ids::UnixMillis;
use serde::Deserialize;
use serde_json::Value;

use crate::view;

/// Longest promise, in minutes: 30 days, as long as an answer may be due ahead (docs/PROTOCOL.md § 10).
pub const PROMISE_MINUTES_MAX: u32 = 30 * 24 * 60;

/// How long each step may take, in minutes, at most [`PROMISE_MINUTES_MAX`]; 0 is no promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Promised {
    /// A line releases, or ends what it blocked or revoked.
    pub release_minutes: u32,
    /// Customs speaks of a bill.
    pub customs_minutes: u32,
    /// Customs ends an examination, or whatever else its status says.
    pub exam_minutes: u32,
    /// Whoever placed a hold lifts it.
    pub hold_minutes: u32,
    /// The terminal makes a discharged container reachable, and clears a reachable one.
    pub yard_minutes: u32,
    /// A holder names driver and truck, asks for a slot, or sees to a right that ended.
    pub holder_minutes: u32,
    /// The terminal answers a slot request.
    pub slot_answer_minutes: u32,
    /// The terminal issues the pass.
    pub pass_minutes: u32,
    /// A party answers a question or complaint of this party.
    pub answer_minutes: u32,
}

impl Default for Promised {
    fn default() -> Self {
        const DAY: u32 = 24 * 60;
        Self {
            release_minutes: DAY,
            customs_minutes: DAY,
            exam_minutes: 3 * DAY,
            hold_minutes: 3 * DAY,
            yard_minutes: DAY / 2,
            holder_minutes: DAY,
            slot_answer_minutes: 30,
            pass_minutes: 15,
            answer_minutes: DAY,
        }
    }
}

impl Promised {
    /// Whether every promise is within [`PROMISE_MINUTES_MAX`].
    pub(crate) fn is_in_range(&self) -> bool {
        let all = [
            self.release_minutes,
            self.customs_minutes,
            self.exam_minutes,
            self.hold_minutes,
            self.yard_minutes,
            self.holder_minutes,
            self.slot_answer_minutes,
            self.pass_minutes,
            self.answer_minutes,
        ];
        all.iter().all(|minutes| *minutes <= PROMISE_MINUTES_MAX)
    }

    /// What is promised for a need with this code; `None` for no promise.
    #[must_use]
    pub fn of(&self, code: &str) -> Option<Duration> {
        span(match code {
            "not-released" | "release-revoked" | "release-blocked" | "release-expired" => {
                self.release_minutes
            }
            "customs-silent" => self.customs_minutes,
            "customs-not-released" => self.exam_minutes,
            "hold" => self.hold_minutes,
            "not-available" | "not-cleared" => self.yard_minutes,
            "driver-missing" | "slot-missing" | "slot-over" | "right-expired" => {
                self.holder_minutes
            }
            "slot-unanswered" => self.slot_answer_minutes,
            "pass-missing" => self.pass_minutes,
            // When a ship comes is nobody's promise here.
            _ => 0,
        })
    }

    /// When the answer to a question asked now is due; `None` for no promise.
    pub(crate) fn answer_by(&self, now: UnixMillis) -> Option<UnixMillis> {
        span(self.answer_minutes).map(|within| now.plus(within))
    }

    /// How a need stands against what is promised.
    pub(crate) fn of_need(&self, case: &Case, need: &Need, now: UnixMillis) -> Owed {
        let since = case.since(need);
        let promised_at = since.zip(self.of(&need.code)).map(|(since, within)| since.plus(within));
        Owed { since, promised_at, overdue: promised_at.is_some_and(|at| at < now) }
    }
}

fn span(minutes: u32) -> Option<Duration> {
    (minutes > 0).then(|| Duration::from_secs(u64::from(minutes) * 60))
}

/// Since when something is owed, and until when it was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owed {
    pub(crate) since: Option<UnixMillis>,
    pub(crate) promised_at: Option<UnixMillis>,
    pub(crate) overdue: bool,
}

impl Owed {
    /// Adds `since`, `promised_at` and `overdue` to the view of a need, as far as they are known.
    pub(crate) fn put(&self, need: &mut Value) {
        view::put(need, "since", self.since);
        view::put(need, "promised_at", self.promised_at);
        view::put(need, "overdue", self.promised_at.map(|_| self.overdue));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_promised_where_the_config_says_nought_or_the_code_is_not_known() {
        let none = Promised { pass_minutes: 0, answer_minutes: 0, ..Promised::default() };
        assert_eq!(none.of("pass-missing"), None);
        assert_eq!(none.answer_by(UnixMillis::from_millis(7)), None);
        assert_eq!(Promised::default().of("not-arrived"), None);
        assert_eq!(Promised::default().of("of-a-later-version"), None);
    }

    #[test]
    fn each_promise_is_that_of_its_own_key() {
        let odd = Promised {
            release_minutes: 1,
            customs_minutes: 2,
            exam_minutes: 3,
            hold_minutes: 4,
            yard_minutes: 5,
            holder_minutes: 6,
            slot_answer_minutes: 7,
            pass_minutes: 8,
            answer_minutes: 9,
        };
        for (code, minutes) in [
            ("release-blocked", 1),
            ("customs-silent", 2),
            ("customs-not-released", 3),
            ("hold", 4),
            ("not-cleared", 5),
            ("driver-missing", 6),
            ("slot-unanswered", 7),
            ("pass-missing", 8),
        ] {
            assert_eq!(odd.of(code), Some(Duration::from_secs(minutes * 60)), "{code}");
        }
        let now = UnixMillis::from_millis(0);
        assert_eq!(odd.answer_by(now), Some(now.plus(Duration::from_secs(9 * 60))));
    }

    #[test]
    fn a_promise_of_more_than_thirty_days_is_out_of_range() {
        assert!(Promised::default().is_in_range());
        let long = Promised { hold_minutes: PROMISE_MINUTES_MAX + 1, ..Promised::default() };
        assert!(!long.is_in_range());
    }
}
