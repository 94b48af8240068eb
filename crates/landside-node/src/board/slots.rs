//! Slots of the days around now: who is expected at the gate, who is here, who has left.
//!
//! Kept beside the lines of open cases and folded with them, so that a list of a day folds nothing.
//! A case that is closed stays until its slot is [`KEPT_FOR`] over.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::time::Duration;

use landside_edifact::local_time;
use landside_proto::case::{Case, SlotState};
use landside_proto::document::{Kind, Verdict};
use landside_proto::ids::{CaseCode, ContainerNo, PartyId, Plate, UnixMillis};
use serde_json::{Value, json};

use super::Board;
use crate::view;

/// Most slots of one page: a large terminal's half day.
pub const SLOTS_PAGE_MAX: usize = 1_000;

/// How long a slot that is over is listed: the gate looks back at yesterday, in any time zone.
pub const KEPT_FOR: Duration = Duration::from_secs(48 * 60 * 60);

/// How a truck stands to its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Expected,
    Refused(UnixMillis),
    Here(UnixMillis),
    Left(UnixMillis),
}

/// A slot in one line.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    code: CaseCode,
    container: ContainerNo,
    from: UnixMillis,
    until: UnixMillis,
    holder: Option<PartyId>,
    plate: Option<Plate>,
    has_pass: bool,
    receipt: &'static str,
    stands: Stands,
}

impl Visit {
    /// The slot of a case, if one is granted and not long over.
    pub(super) fn of(case: &Case, now: UnixMillis) -> Option<Self> {
        let SlotState::Granted(granted) = &case.slot else { return None };
        let (from, until) = (granted.window.from, granted.window.until);
        let judged = case.steps.iter().rev().find(|step| step.kind == Kind::GateDecision);
        let judged_at = judged.map_or(now, |step| step.at);
        let stands = match (case.gate_out, case.decision) {
            (Some((_, left_at)), _) => Stands::Left(left_at),
            (None, Some((_, Verdict::Admit))) => Stands::Here(judged_at),
            (None, Some((_, Verdict::Refuse))) => Stands::Refused(judged_at),
            (None, None) => Stands::Expected,
        };
        let is_over = until.plus(KEPT_FOR) < now && !matches!(stands, Stands::Here(_));
        (!is_over).then(|| Self {
            code: case.code,
            container: case.visit.container,
            from,
            until,
            holder: case.holder().map(|hop| hop.holder.clone()),
            plate: case.binding.as_ref().map(|binding| binding.plate.clone()),
            has_pass: case.living_pass(now).is_some(),
            receipt: match (case.receipt, case.countersigned) {
                (None, _) => "none",
                (Some(_), None) => "terminal",
                (Some(_), Some(_)) => "both",
            },
            stands,
        })
    }

    fn view(&self) -> Value {
        let (word, at) = match self.stands {
            Stands::Expected => ("expected", None),
            Stands::Refused(at) => ("refused", Some(at)),
            Stands::Here(at) => ("here", Some(at)),
            Stands::Left(at) => ("left", Some(at)),
        };
        let mut view = json!({
            "event": "slot-line",
            "code": self.code,
            "container": self.container,
            "slot": { "from": self.from, "until": self.until },
            "state": word,
            "pass": self.has_pass,
            "receipt": self.receipt,
        });
        view::put(&mut view, "at", at);
        view::put(&mut view, "holder", self.holder.as_ref());
        view::put(&mut view, "plate", self.plate.as_ref());
        view
    }
}

/// The slots of a board, in the order of their begin.
#[derive(Default)]
pub(super) struct Visits {
    by_code: HashMap<CaseCode, UnixMillis>,
    /// The code is always there; a bound of a range has none and stands before all.
    order: BTreeMap<(UnixMillis, Option<CaseCode>), Visit>,
}

impl Visits {
    pub(super) fn set(&mut self, code: CaseCode, visit: Option<Visit>) {
        if let Some(from) = self.by_code.remove(&code) {
            self.order.remove(&(from, Some(code)));
        }
        if let Some(visit) = visit {
            self.by_code.insert(code, visit.from);
            self.order.insert((visit.from, Some(code)), visit);
        }
    }

    /// Lets go of what is long over. The order is that of begins, and no slot is longer than a day.
    pub(super) fn forget(&mut self, now: UnixMillis) {
        let long_over = |visit: &Visit| visit.until.plus(KEPT_FOR) < now;
        let over = self.order.values().take_while(|visit| long_over(visit));
        let is_here = |visit: &&Visit| matches!(visit.stands, Stands::Here(_));
        let codes: Vec<_> = over.filter(|visit| !is_here(visit)).map(|visit| visit.code).collect();
        for code in codes {
            self.set(code, None);
        }
    }
}

/// A day of the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// `2026-11-24`.
    pub date: String,
    /// Its first moment.
    pub from: UnixMillis,
    /// The first moment after it.
    pub until: UnixMillis,
}

impl Day {
    /// The day of a date, or today, in a time zone.
    ///
    /// # Errors
    /// The date is not one of the calendar, as `2026-11-24`.
    pub fn of(date: Option<&str>, zone: &str, now: UnixMillis) -> Result<Self, String> {
        let date = date.map_or_else(|| local_time::date(now, zone), |date| Some(date.to_owned()));
        let date = date.ok_or_else(|| "the time zone of the console is not known".to_owned())?;
        let (from, until) = local_time::day(&date, zone)
            .ok_or_else(|| "day is a date such as 2026-11-24".to_owned())?;
        Ok(Self { date, from, until })
    }
}

/// A page of the slots of a day.
#[derive(Debug, Clone)]
pub struct SlotPage {
    /// Objects with event `slot-line`, in the order of their begin.
    pub lines: Vec<Value>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
    /// Whether every case has been looked at since the start.
    pub complete: bool,
}

impl Board {
    /// The slots that begin on a day, the earliest first, at most [`SLOTS_PAGE_MAX`].
    ///
    /// # Errors
    /// The cursor is none that a page gave.
    pub fn slots(&self, day: &Day, after: Option<&str>) -> Result<SlotPage, String> {
        let from = match after.map(read).transpose()? {
            None => Bound::Included((day.from, None)),
            Some((at, _)) if at < day.from || at >= day.until => {
                return Err("the cursor is of another day".to_owned());
            }
            Some((at, code)) => Bound::Excluded((at, Some(code))),
        };
        let lines = self.lines();
        let mut found = lines.visits.order.range((from, Bound::Excluded((day.until, None))));
        let page: Vec<_> = found.by_ref().take(SLOTS_PAGE_MAX).collect();
        let more = found.next().is_some();
        let last = page.last().filter(|_| more).map(|(_, visit)| (visit.from, visit.code));
        Ok(SlotPage {
            next: last.map(|(at, code)| format!("{}.{code}", at.as_millis())),
            lines: page.into_iter().map(|(_, visit)| visit.view()).collect(),
            complete: lines.complete,
        })
    }
}

/// A cursor: the milliseconds of a begin, and the case code.
fn read(cursor: &str) -> Result<(UnixMillis, CaseCode), String> {
    let parts = cursor.split_once('.');
    let read = parts.and_then(|(at, code)| {
        Some((UnixMillis::from_millis(at.parse().ok()?), CaseCode::parse(code).ok()?))
    });
    read.ok_or_else(|| "the cursor is not one that a page gave".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: [&str; 2] = ["7K3M-Q2ZC-4", "PGRD-J1GD-W"];

    fn visit(code: &str, until: u64, stands: Stands) -> Visit {
        Visit {
            code: CaseCode::parse(code).unwrap(),
            container: ContainerNo::parse("CSQU3054383").unwrap(),
            from: UnixMillis::from_millis(0),
            until: UnixMillis::from_millis(until),
            holder: None,
            plate: None,
            has_pass: false,
            receipt: "none",
            stands,
        }
    }

    #[test]
    fn what_is_long_over_is_let_go_but_never_a_truck_that_is_here() {
        let mut visits = Visits::default();
        let here = Stands::Here(UnixMillis::from_millis(0));
        for (code, stands) in CODES.into_iter().zip([Stands::Expected, here]) {
            visits.set(CaseCode::parse(code).unwrap(), Some(visit(code, 1, stands)));
        }
        let end = UnixMillis::from_millis(1).plus(KEPT_FOR);
        visits.forget(end);
        assert_eq!(visits.order.len(), 2);
        visits.forget(end.plus(Duration::from_millis(1)));
        let left: Vec<&str> = visits.order.values().map(|visit| visit.code.as_str()).collect();
        assert_eq!(left, [CODES[1]]);
        assert_eq!(visits.by_code.len(), 1);
    }

    #[test]
    fn a_moved_slot_has_one_place() {
        let mut visits = Visits::default();
        let code = CaseCode::parse(CODES[0]).unwrap();
        visits.set(code, Some(visit(CODES[0], 1, Stands::Expected)));
        let later = UnixMillis::from_millis(9);
        visits.set(code, Some(Visit { from: later, ..visit(CODES[0], 10, Stands::Expected) }));
        assert_eq!(visits.order.keys().collect::<Vec<_>>(), [&(later, Some(code))]);
    }
}
