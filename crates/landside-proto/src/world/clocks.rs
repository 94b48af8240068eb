//! Clocks of the small port, which is eight hours before UTC: [`START`](super::START) is Monday noon there.

use std::time::Duration;

use super::*;
use crate::case::{Clock, ClockState};
use crate::document::{
    Charge, ClockEvent, ClockEventType, ClockStart, ClockTerms, DayCount, FirstDay, Tier,
};
use crate::ids::{Currency, Date};

pub(crate) fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

pub(crate) fn time(text: &str) -> UnixMillis {
    UnixMillis::parse(text).unwrap()
}

/// Seven calendar days free from the day after discharge, or after gate-out; then 100.00 a day, and
/// 200.00 from the sixth day on.
pub(crate) fn clock_terms(charge: Charge) -> ClockTerms {
    let detention = charge == Charge::Detention;
    ClockTerms {
        visit: visit(),
        charge,
        bill: (charge != Charge::Storage).then(|| bill(BILL)),
        builds_on: None,
        starts_on: if detention { ClockStart::GateOut } else { ClockStart::Discharged },
        first_day: FirstDay::DayAfter,
        free_days: 7,
        free_count: DayCount::Calendar,
        charged_count: DayCount::Calendar,
        weekdays: Vec::new(),
        holidays: Vec::new(),
        suspended_by: vec![Role::Terminal, Role::Line],
        suspended_from_minutes: 240,
        tiers: vec![Tier { from_day: 1, rate: 10_000 }, Tier { from_day: 6, rate: 20_000 }],
        currency: Some(Currency::parse("CNY").unwrap()),
        utc_offset: 480,
        offset_changes: Vec::new(),
    }
}

fn event(event: ClockEventType) -> ClockEvent {
    ClockEvent {
        visit: visit(),
        event,
        builds_on: None,
        charges: Vec::new(),
        window: None,
        at: None,
        days: None,
        reason: Some(remark("no power")),
    }
}

pub(crate) fn suspension(charges: &[Charge], from: UnixMillis, until: UnixMillis) -> ClockEvent {
    let window = Some(Window { from, until });
    ClockEvent { charges: charges.to_vec(), window, ..event(ClockEventType::Suspended) }
}

pub(crate) fn returned(gate_out: DocId, at: UnixMillis) -> ClockEvent {
    let (builds_on, at) = (Some(gate_out), Some(at));
    ClockEvent { builds_on, at, reason: None, ..event(ClockEventType::EmptyReturned) }
}

pub(crate) fn waiver(terms: DocId, days: u16) -> ClockEvent {
    let (builds_on, days) = (Some(terms), Some(days));
    ClockEvent { builds_on, days, ..event(ClockEventType::Waived) }
}

impl World {
    /// The one clock of a charge, `days` after [`START`].
    pub(crate) fn clock(&self, charge: Charge, days: u32) -> Clock {
        self.clock_at(charge, START.plus(days * DAY))
    }

    pub(crate) fn clock_at(&self, charge: Charge, now: UnixMillis) -> Clock {
        let mut clocks = self.case().clocks(now).into_iter().filter(|c| c.charge == charge);
        let clock = clocks.next().expect("the charge has terms");
        assert!(clocks.next().is_none(), "one clock");
        clock
    }

    /// State, chargeable days and amount of a charge, `days` after [`START`].
    pub(crate) fn figure(&self, charge: Charge, days: u32) -> (ClockState, u32, u64) {
        let clock = self.clock(charge, days);
        (clock.state, clock.days_charged, clock.amount.unwrap().0)
    }

    /// The terminal says for some hours, from so many hours after [`START`] on, that charges rest.
    pub(crate) fn rest(&mut self, charges: &[Charge], from_h: u32, hours: u32) -> DocId {
        let (from, until) = (START.plus(from_h * HOUR), START.plus((from_h + hours) * HOUR));
        self.now = self.now.max(until.plus(Duration::from_secs(1)));
        self.register(suspension(charges, from, until), TERMINAL).unwrap()
    }

    /// The truck passes the gate with the box so long after [`START`].
    pub(crate) fn leaves_after(&mut self, span: Duration) -> DocId {
        let left_at = START.plus(span);
        self.register(GateOut { left_at, ..self.gate_out() }, TERMINAL).unwrap()
    }
}
