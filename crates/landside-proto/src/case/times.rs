//! Since when each need is owed, by the registrar's clock: what a promise counts from.
//!
//! The fold notes the few moments that documents do not name themselves. Everything is a time of
//! registration, or a time that a document sets; nobody's own clock enters but in `now`.

use std::collections::BTreeMap;

use super::needs::{About, Need, RELEASE_EXPIRED};
use super::state::{Case, ReleaseState, SlotState};
use crate::document::{Arrival, CustomsState, Kind, Light};
use crate::ids::{BillNo, DocId, UnixMillis};

/// Moments of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Times {
    /// How far the box is in the yard, and since when.
    yard: Option<(Yard, UnixMillis)>,
    /// Since when the box has been ashore.
    ashore: Option<UnixMillis>,
    /// Since when no light has been red.
    green: Option<UnixMillis>,
    releases: BTreeMap<BillNo, ReleaseTimes>,
    /// Since when each consignment has been released, or not.
    customs: BTreeMap<BillNo, (bool, UnixMillis)>,
    /// Of a part: since when the terminal has told each need.
    told: BTreeMap<(Option<Light>, String, String), UnixMillis>,
}

/// What keeps the terminal light red.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Yard {
    NotArrived,
    NotAvailable,
    NotCleared,
    Clear,
}

impl Yard {
    fn of(arrival: Option<&Arrival>) -> Self {
        match arrival {
            None => Self::NotArrived,
            Some(a) if a.discharged_at.is_none() => Self::NotArrived,
            Some(a) if !a.available => Self::NotAvailable,
            Some(a) if !a.cleared => Self::NotCleared,
            Some(_) => Self::Clear,
        }
    }
}

/// Moments of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReleaseTimes {
    state: ReleaseState,
    /// Since when it has been in this state.
    since: UnixMillis,
    /// Since when the bill has counted.
    counts: UnixMillis,
}

/// Whether a document of this kind can turn a light.
fn turns_lights(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ReleaseOrder
            | Kind::ReleaseChange
            | Kind::CustomsStatus
            | Kind::Hold
            | Kind::HoldLift
            | Kind::Arrival
            | Kind::Override
            | Kind::Progress
    )
}

impl Case {
    /// Whether the container could leave at `at`, as far as lights go, just before a document of this
    /// kind; `None` for one that turns no light.
    pub(super) fn green_before(&self, kind: Kind, at: UnixMillis) -> Option<bool> {
        turns_lights(kind).then(|| self.is_all_green(at))
    }

    fn is_all_green(&self, at: UnixMillis) -> bool {
        self.knows_lights() && self.red(at).is_empty()
    }

    /// Notes what a document that was just folded in changed; `was_green` is [`Case::green_before`] it.
    pub(super) fn keep_time(&mut self, was_green: Option<bool>, at: UnixMillis) {
        let Some(was_green) = was_green else { return };
        let is_green = self.is_all_green(at);
        let times = &mut self.times;
        times.green = match (is_green, was_green) {
            (false, _) => None,
            (true, true) => times.green.or(Some(at)),
            (true, false) => Some(at),
        };
        for (bill, release) in &self.releases {
            let state = release.state;
            let fresh = ReleaseTimes { state, since: at, counts: at };
            let kept = times.releases.entry(bill.clone()).or_insert(fresh);
            if kept.state != state {
                let counts = if kept.state == ReleaseState::Cancelled { at } else { kept.counts };
                *kept = ReleaseTimes { state, since: at, counts };
            }
        }
        for (bill, fact) in &self.customs {
            let released = fact.status == CustomsState::Released;
            let kept = times.customs.entry(bill.clone()).or_insert((released, at));
            if kept.0 != released {
                *kept = (released, at);
            }
        }
        let yard = Yard::of(self.arrival.as_ref().map(|(_, arrival)| arrival));
        if times.yard.is_none_or(|(before, _)| before != yard) {
            times.yard = Some((yard, at));
        }
        times.ashore = times.ashore.or(Some(at)).filter(|_| yard != Yard::NotArrived);
        if self.part {
            let needs = self.told_needs().into_iter();
            let keys = needs.map(|need| (need.light, need.code.to_string(), need.owed_by));
            let before = std::mem::take(&mut self.times.told);
            let since = |key| (before.get(&key).copied().unwrap_or(at), key);
            self.times.told = keys.map(since).map(|(since, key)| (key, since)).collect();
        }
    }

    /// Since when a need of this case is owed (docs/PROTOCOL.md § 6, *since when*). `None` while nobody
    /// waits for it yet: the box is still at sea, or a light is red that comes before it.
    #[must_use]
    pub fn since(&self, need: &Need) -> Option<UnixMillis> {
        let times = &self.times;
        if self.part && need.light.is_some() {
            let key = (need.light, need.code.to_string(), need.owed_by.clone());
            return times.told.get(&key).copied();
        }
        let opened = || self.steps.first().map(|step| step.at);
        let bill = match &need.about {
            Some(About::Bill(bill)) => Some(bill),
            _ => None,
        };
        let of_release = || bill.and_then(|bill| times.releases.get(bill));
        let ashore =
            |since: Option<UnixMillis>| times.ashore.max(since).filter(|_| times.ashore.is_some());
        match need.code.as_ref() {
            "not-released" => ashore(times.releases.values().map(|release| release.since).max()),
            "release-revoked" | "release-blocked" => of_release().map(|release| release.since),
            RELEASE_EXPIRED => {
                bill.and_then(|bill| self.releases.get(bill)).map(|r| r.terms.valid_until)
            }
            "customs-silent" => ashore(of_release().map(|release| release.counts)),
            "customs-not-released" => {
                ashore(bill.and_then(|bill| times.customs.get(bill)).map(|(_, since)| *since))
            }
            "not-arrived" => times.yard.map(|(_, since)| since).or_else(opened),
            "not-available" | "not-cleared" => times.yard.map(|(_, since)| since),
            "hold" => need.because.and_then(|id| self.registered_at(id)),
            _ => self.since_of_collection(need.code.as_ref()),
        }
    }

    /// Of what holder and terminal arrange.
    fn since_of_collection(&self, code: &str) -> Option<UnixMillis> {
        let green = self.times.green;
        let held = self.right.as_ref().and_then(|right| self.registered_at(right.head));
        let slot = self.slot_head().and_then(|id| self.registered_at(id));
        let hop = self.holder();
        match code {
            "driver-missing" => green.max(held).filter(|_| green.is_some()),
            // The head of a slot that is missing is a refusal, or nothing.
            "slot-missing" | "pass-missing" => {
                let bound = self.binding.as_ref().and_then(|b| self.registered_at(b.document));
                let bound = bound.filter(|_| code == "pass-missing");
                green.max(held).max(slot).max(bound).filter(|_| green.is_some())
            }
            "slot-unanswered" => slot,
            "right-expired" => hop.and_then(|hop| hop.limits.until),
            "slot-over" => {
                let SlotState::Granted(granted) = &self.slot else { return None };
                let expired = self
                    .pass
                    .as_ref()
                    .map(|p| UnixMillis::from_millis(p.expires.saturating_mul(1000)));
                let ended = expired.unwrap_or(granted.window.until);
                let limits = hop.map(|hop| &hop.limits);
                let outside = limits.is_some_and(|l| {
                    l.until.is_some_and(|end| end <= granted.window.from)
                        || l.from.is_some_and(|begin| begin >= granted.window.until)
                });
                let since = if outside { slot.max(held) } else { Some(ended) };
                green.max(since).filter(|_| green.is_some())
            }
            _ => None,
        }
    }

    /// Since when no light has been red; none while one is.
    #[must_use]
    pub fn green_since(&self) -> Option<UnixMillis> {
        self.times.green
    }

    /// Since when the box has been ashore, by the registration of the arrival that says so.
    pub(super) fn ashore_since(&self) -> Option<UnixMillis> {
        self.times.ashore
    }

    /// When a document of this case was registered.
    fn registered_at(&self, id: DocId) -> Option<UnixMillis> {
        self.step(id).map(|step| step.at)
    }
}
