//! Who may set, suspend and stop which clock, and when.

use super::super::rules::Judge;
use super::super::state::ReleaseState;
use super::facts::{CLOCK_EVENTS_MAX, CLOCK_TERMS_MAX, TermsFact};
use crate::document::{
    ClockEvent, ClockEventType, ClockTerms, Kind, OffsetChange, Role, Weekday, Window,
};
use crate::ids::{PartyId, UnixMillis};
use crate::refusal::{Code, Refusal};

impl Judge<'_> {
    pub(in super::super) fn clock_terms(&self, d: &ClockTerms) -> Result<(), Refusal> {
        let issuer = self.party()?;
        match &d.bill {
            None => self.registrar_signed()?,
            Some(bill) => {
                let release = self.case.releases.get(bill).ok_or_else(|| {
                    Refusal::new(Code::ParentUnknown, format!("bill {bill} is not released here"))
                })?;
                if release.line != *issuer {
                    let detail = format!("released by {}, not by {issuer}", release.line);
                    return Err(Refusal::new(Code::NotReleaseIssuer, detail).naming(release.head));
                }
            }
        }
        let facts = &self.case.clock_facts;
        let before = facts.terms.get(&(d.charge, d.bill.clone()));
        self.builds_on_head(d.builds_on, before.map(|fact| fact.head))?;
        let (signed, _) = facts.signed.get(issuer).copied().unwrap_or_default();
        self.has_room(signed, CLOCK_TERMS_MAX)?;
        let now = self.ctx.now;
        let running = before
            .filter(|fact| self.case.started(&fact.terms).is_some_and(|started| started.at <= now));
        match running {
            Some(fact) => not_worse(&fact.terms, d, now)
                .map_err(|what| Refusal::new(Code::TermsWorse, what).naming(fact.head)),
            None => self.in_time(d, before),
        }
    }

    /// Nobody pays for a day that was over before anybody was told what it costs.
    fn in_time(&self, d: &ClockTerms, before: Option<&TermsFact>) -> Result<(), Refusal> {
        let fact = TermsFact {
            head: self.id(),
            issuer: self.party()?.clone(),
            terms: d.clone(),
            waived: before.map(|before| before.waived.clone()).unwrap_or_default(),
        };
        let clock = self.case.clock(&fact, self.ctx.now);
        if clock.days_charged == 0 {
            return Ok(());
        }
        let detail = format!("{} days would be chargeable already", clock.days_charged);
        Err(Refusal::new(Code::TermsLate, detail))
    }

    pub(in super::super) fn clock_event(&self, d: &ClockEvent) -> Result<(), Refusal> {
        let issuer = self.party()?;
        let line = self
            .case
            .releases
            .values()
            .any(|release| release.line == *issuer && release.state != ReleaseState::Cancelled);
        if *issuer != self.case.visit.terminal && !line {
            let detail = format!("{issuer} is neither its terminal nor a line that released it");
            return Err(Refusal::new(Code::ClockNotYours, detail));
        }
        let (_, signed) = self.case.clock_facts.signed.get(issuer).copied().unwrap_or_default();
        self.has_room(signed, CLOCK_EVENTS_MAX)?;
        match d.event {
            ClockEventType::Suspended => self.suspended(d, issuer),
            ClockEventType::EmptyReturned => self.empty_returned(d, issuer),
            ClockEventType::Waived => self.waived(d, issuer),
        }
    }

    fn has_room(&self, signed: usize, most: usize) -> Result<(), Refusal> {
        if signed < most {
            return Ok(());
        }
        let detail = format!("{} has signed {signed} of this kind here", self.party()?);
        Err(Refusal::new(Code::CaseFull, detail))
    }

    fn suspended(&self, d: &ClockEvent, issuer: &PartyId) -> Result<(), Refusal> {
        let Some(window) = d.window else { return Ok(()) };
        if window.until > self.ctx.now {
            let detail = format!("suspended until {}, which is still to come", window.until);
            return Err(Refusal::new(Code::ClockTime, detail));
        }
        let own = self.case.clock_facts.suspensions.iter().filter(|(_, s)| s.issuer == *issuer);
        let twice = |window: &Window, other: &Window| {
            window.from < other.until && other.from < window.until
        };
        let mut same = own.filter(|(_, s)| {
            twice(&window, &s.window) && d.charges.iter().any(|charge| s.charges.contains(charge))
        });
        match same.next() {
            Some((id, _)) => {
                let detail = "that time was suspended already, at least in part";
                Err(Refusal::new(Code::ClockOverlap, detail).naming(*id))
            }
            None => Ok(()),
        }
    }

    fn empty_returned(&self, d: &ClockEvent, issuer: &PartyId) -> Result<(), Refusal> {
        let Some((gate_out, left_at)) = self.case.gate_out else {
            return Err(Refusal::new(Code::ClockTime, "the container has not left"));
        };
        self.builds_on_head(d.builds_on, Some(gate_out))?;
        let Some(at) = d.at else { return Ok(()) };
        if at < left_at || at > self.ctx.now {
            let detail = format!("came back at {at}, which is before it left or still to come");
            return Err(Refusal::new(Code::ClockTime, detail).naming(gate_out));
        }
        match self.case.clock_facts.returned.get(issuer) {
            Some((said, at)) => {
                let detail = format!("{issuer} said that it came back at {at}");
                Err(Refusal::new(Code::HeadMoved, detail).naming(*said))
            }
            None => Ok(()),
        }
    }

    fn waived(&self, d: &ClockEvent, issuer: &PartyId) -> Result<(), Refusal> {
        let Some(named) = d.builds_on else { return Ok(()) };
        let Some(fact) = self.case.clock_facts.strand_of(named) else {
            let terms = self.case.step(named).filter(|step| step.kind == Kind::ClockTerms);
            let code = terms.map_or(Code::ParentUnknown, |_| Code::HeadMoved);
            let detail = format!("{} is not the terms in force of a charge", named.short());
            return Err(Refusal::new(code, detail));
        };
        if fact.issuer == *issuer {
            return Ok(());
        }
        let detail = format!("{} charges by these terms, not {issuer}", fact.issuer);
        Err(Refusal::new(Code::ClockNotYours, detail).naming(fact.head))
    }
}

/// Whether terms leave whoever pays at least as well off at every time, said field by field so that
/// both sides see it at a glance. The fault in words otherwise.
fn not_worse(old: &ClockTerms, new: &ClockTerms, now: UnixMillis) -> Result<(), &'static str> {
    let rules = [
        (new.starts_on == old.starts_on, "the start is another"),
        (new.first_day >= old.first_day, "the first day is earlier"),
        (new.free_days >= old.free_days, "fewer days are free"),
        (new.free_count >= old.free_count, "free days count faster"),
        (new.charged_count >= old.charged_count, "more days cost something"),
        (rests_as_much(old, new), "fewer days are days off"),
        (new.suspended_from_minutes <= old.suspended_from_minutes, "fewer days are suspended"),
        (suspended_by_all(old, new), "somebody can suspend no more"),
        (same_money(old, new), "the currency is another, or there was none"),
        (cheaper(old, new), "a day costs more"),
        (same_past(old, new, now), "days that are past are cut elsewhere"),
    ];
    rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, what)| Err(what))
}

/// Where working days counted, no other weekday is worked and no holiday is taken away.
fn rests_as_much(old: &ClockTerms, new: &ClockTerms) -> bool {
    let worked = |day: &Weekday| old.weekdays.contains(day);
    !old.has_working_days()
        || (new.weekdays.iter().all(worked)
            && old.holidays.iter().all(|day| new.holidays.binary_search(day).is_ok()))
}

fn suspended_by_all(old: &ClockTerms, new: &ClockTerms) -> bool {
    old.suspended_by.iter().all(|role: &Role| new.suspended_by.contains(role))
}

fn same_money(old: &ClockTerms, new: &ClockTerms) -> bool {
    new.currency.is_none() || new.currency == old.currency
}

/// No chargeable day has a higher rate: compared wherever either changes.
fn cheaper(old: &ClockTerms, new: &ClockTerms) -> bool {
    let rate = |terms: &ClockTerms, day: u16| {
        let tiers = terms.tiers.iter().rev();
        tiers.filter(|tier| tier.from_day <= day).map(|tier| tier.rate).next().unwrap_or_default()
    };
    let mut days = old.tiers.iter().chain(&new.tiers).map(|tier| tier.from_day);
    days.all(|day| rate(new, day) <= rate(old, day))
}

/// The port's clocks of times to come may turn out otherwise; those that are past may not.
fn same_past(old: &ClockTerms, new: &ClockTerms, now: UnixMillis) -> bool {
    let past = |terms: &ClockTerms| -> Vec<OffsetChange> {
        terms.offset_changes.iter().copied().filter(|change| change.from <= now).collect()
    };
    old.utc_offset == new.utc_offset && past(old) == past(new)
}
