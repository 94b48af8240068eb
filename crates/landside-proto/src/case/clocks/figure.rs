//! The figure: from documents and a time to days and an amount.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::figures::CaseFigures;
use super::super::state::{Case, ReleaseState};
use super::days::Days;
use super::facts::TermsFact;
use crate::document::{Charge, ClockStart, ClockTerms, FirstDay, Role};
use crate::ids::{BillNo, Currency, DocId, PartyId, UnixMillis};

/// Most days that a clock counts, ten years: a box that stays longer is no matter of free time, and a
/// date from another century must not keep a node counting.
pub const CLOCK_DAYS_MAX: u32 = 3_660;

/// One charge of a case at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// The charge.
    pub charge: Charge,
    /// Bill of lading; none for storage.
    pub bill: Option<BillNo>,
    /// Whose charge it is.
    pub charged_by: PartyId,
    /// The terms it is counted by.
    pub terms: DocId,
    /// Where it stands.
    pub state: ClockState,
    /// What started it; none while nothing has.
    pub started: Option<Moment>,
    /// What stops it; none while no document does.
    pub stopped: Option<Moment>,
    /// How many days are free, with those waived.
    pub free_days: u32,
    /// Days waived, and by which documents.
    pub waived: Vec<Waiver>,
    /// The end of free time, as far as documents tell by now: the first moment that is not free. None
    /// before the start, while the box cannot be reached, and beyond [`CLOCK_DAYS_MAX`].
    pub free_until: Option<UnixMillis>,
    /// Suspensions of this clock, by begin.
    pub suspensions: Vec<Suspension>,
    /// Free days used so far.
    pub days_free: u32,
    /// Days that did not count so far, for they were suspended.
    pub days_suspended: u32,
    /// Days that did not count so far, for they were no working days.
    pub days_off: u32,
    /// Chargeable days so far.
    pub days_charged: u32,
    /// The chargeable days by rate; empty where the terms have no rates.
    pub tiers: Vec<TierSum>,
    /// What they cost so far, in minor units of the currency; none where the terms have no rates.
    pub amount: Option<(u64, Currency)>,
    /// Whether the box stayed longer than is counted ([`CLOCK_DAYS_MAX`]).
    pub capped: bool,
}

/// Where a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClockState {
    /// Nothing has started it.
    NotStarted,
    /// Free time runs.
    Free,
    /// Free time is over, and it runs.
    Charged,
    /// It stopped.
    Stopped,
}

impl ClockState {
    /// The word used in JSON and on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not-started",
            Self::Free => "free",
            Self::Charged => "charged",
            Self::Stopped => "stopped",
        }
    }
}

/// A moment, and the document that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: UnixMillis,
    /// The document.
    pub document: DocId,
}

/// Days that the charging party gave away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiver {
    /// The document.
    pub document: DocId,
    /// How many.
    pub days: u16,
}

/// A time in which a clock rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// First moment.
    pub from: UnixMillis,
    /// First moment after it; none while the box still cannot be reached.
    pub until: Option<UnixMillis>,
    /// Who says so.
    pub by: PartyId,
    /// The document.
    pub document: DocId,
}

/// Chargeable days of one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierSum {
    /// The first chargeable day of this rate.
    pub from_day: u16,
    /// Minor units a day.
    pub rate: u64,
    /// How many days so far.
    pub days: u32,
    /// What they cost, in minor units.
    pub amount: u64,
}

/// How long a party, or a role while no party was known, owed the case something while a clock ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Party id, or the role.
    pub owed_by: String,
    /// How long, all its needs together and no time twice.
    pub span: Duration,
}

impl Case {
    /// Every charge that has terms, in the order storage, demurrage, detention, each by bill; as far as
    /// the documents of this case tell at `now`. None in a part: it lacks what starts the clocks.
    #[must_use]
    pub fn clocks(&self, now: UnixMillis) -> Vec<Clock> {
        if self.part {
            return Vec::new();
        }
        let counts = |fact: &&TermsFact| {
            let bill = fact.terms.bill.as_ref().and_then(|bill| self.releases.get(bill));
            bill.is_none_or(|release| release.state != ReleaseState::Cancelled)
        };
        let terms = self.clock_facts.terms.values().filter(counts);
        terms.map(|fact| self.clock(fact, now)).collect()
    }

    /// One charge at `now`.
    pub(super) fn clock(&self, fact: &TermsFact, now: UnixMillis) -> Clock {
        let terms = &fact.terms;
        let waived: Vec<Waiver> =
            fact.waived.iter().map(|(id, days)| Waiver { document: *id, days: *days }).collect();
        let given = waived.iter().map(|waiver| u32::from(waiver.days));
        let free_days = given.fold(u32::from(terms.free_days), u32::saturating_add);
        let mut clock = Clock {
            charge: terms.charge,
            bill: terms.bill.clone(),
            charged_by: fact.issuer.clone(),
            terms: fact.head,
            state: ClockState::NotStarted,
            started: None,
            stopped: None,
            free_days,
            waived,
            free_until: None,
            suspensions: Vec::new(),
            days_free: 0,
            days_suspended: 0,
            days_off: 0,
            days_charged: 0,
            tiers: Vec::new(),
            amount: None,
            capped: false,
        };
        if let Some(started) = self.started(terms).filter(|started| started.at <= now) {
            clock.started = Some(started);
            clock.stopped = self.stopped(terms.charge);
            clock.suspensions = self.suspensions(fact, started.at, clock.stopped);
            Count::of(terms, started.at, &clock).run(now, &mut clock);
            clock.state = match (clock.stopped, clock.free_until) {
                (Some(stopped), _) if stopped.at <= now => ClockState::Stopped,
                (_, Some(end)) if end <= now => ClockState::Charged,
                _ => ClockState::Free,
            };
        }
        clock.tiers = tiers(terms, clock.days_charged);
        let amount = clock.tiers.iter().fold(0, |sum: u64, tier| sum.saturating_add(tier.amount));
        clock.amount = terms.currency.map(|currency| (amount, currency));
        clock
    }

    /// What starts a clock by these terms.
    pub(super) fn started(&self, terms: &ClockTerms) -> Option<Moment> {
        let arrivals = &self.clock_facts.arrivals;
        match terms.starts_on {
            ClockStart::Discharged => {
                // The last word counts, and the first document that has said it since.
                let at = arrivals.last()?.discharged_at?;
                let same = arrivals.iter().rev().take_while(|a| a.discharged_at == Some(at));
                same.last().map(|arrival| Moment { at, document: arrival.document })
            }
            ClockStart::Available => {
                let ashore = arrivals.iter().rev().take_while(|a| a.discharged_at.is_some());
                let first = ashore.filter(|arrival| arrival.available).last()?;
                Some(Moment { at: first.at, document: first.document })
            }
            ClockStart::GateOut => self.left(),
        }
    }

    fn stopped(&self, charge: Charge) -> Option<Moment> {
        match charge {
            Charge::Storage | Charge::Demurrage => self.left(),
            Charge::Detention => {
                let returned = self.clock_facts.returned.values();
                let first = returned.min_by_key(|(id, at)| (*at, *id))?;
                Some(Moment { at: first.1, document: first.0 })
            }
        }
    }

    fn left(&self) -> Option<Moment> {
        self.gate_out.map(|(document, at)| Moment { at, document })
    }

    /// What suspends a clock that these terms count, from its start on and before its stop.
    fn suspensions(
        &self,
        fact: &TermsFact,
        started: UnixMillis,
        stopped: Option<Moment>,
    ) -> Vec<Suspension> {
        let terms = &fact.terms;
        let terminal = &self.visit.terminal;
        let counts = |by: &PartyId| {
            let role = if by == terminal { Role::Terminal } else { Role::Line };
            *by == fact.issuer || terms.suspended_by.contains(&role)
        };
        let signed = self.clock_facts.suspensions.iter();
        let signed = signed.filter(|(_, s)| s.charges.contains(&terms.charge) && counts(&s.issuer));
        let mut all: Vec<Suspension> = signed
            .map(|(id, suspension)| Suspension {
                from: suspension.window.from,
                until: Some(suspension.window.until),
                by: suspension.issuer.clone(),
                document: *id,
            })
            .collect();
        if terms.starts_on == ClockStart::Available {
            all.extend(self.unreachable());
        }
        let ended = |until: UnixMillis| until <= started;
        all.retain(|s| !s.until.is_some_and(ended) && stopped.is_none_or(|end| s.from < end.at));
        all.sort_by_key(|suspension| (suspension.from, suspension.until, suspension.document));
        all
    }

    /// When the terminal said that the box cannot be reached, until it said otherwise.
    fn unreachable(&self) -> Vec<Suspension> {
        let mut all: Vec<Suspension> = Vec::new();
        for arrival in &self.clock_facts.arrivals {
            match all.last_mut().filter(|last| last.until.is_none()) {
                Some(last) if arrival.available => last.until = Some(arrival.at),
                None if !arrival.available => all.push(Suspension {
                    from: arrival.at,
                    until: None,
                    by: self.visit.terminal.clone(),
                    document: arrival.document,
                }),
                _ => {}
            }
        }
        all
    }
}

/// A count from day to day.
struct Count<'a> {
    terms: &'a ClockTerms,
    days: Days<'a>,
    started: UnixMillis,
    stopped: Option<UnixMillis>,
    /// Times in which the clock rests, merged and in order.
    rests: Vec<(UnixMillis, UnixMillis)>,
}

impl<'a> Count<'a> {
    fn of(terms: &'a ClockTerms, started: UnixMillis, clock: &Clock) -> Self {
        let mut rests: Vec<(UnixMillis, UnixMillis)> = Vec::new();
        for suspension in &clock.suspensions {
            let (from, until) = (suspension.from, suspension.until.unwrap_or(UnixMillis::MAX));
            match rests.last_mut().filter(|last| last.1 >= from) {
                Some(last) => last.1 = last.1.max(until),
                None => rests.push((from, until)),
            }
        }
        let stopped = clock.stopped.map(|stopped| stopped.at);
        Self { terms, days: Days::of(terms), started, stopped, rests }
    }

    fn run(&self, now: UnixMillis, clock: &mut Clock) {
        let until = self.stopped.map_or(now, |stopped| stopped.min(now));
        let first = self.days.day_of(self.started);
        // Whoever writes that a box left before it came owes nothing for it.
        let last = if until < self.started { i64::MIN } else { self.days.day_of(until) };
        let first = first.saturating_add(i64::from(self.terms.first_day == FirstDay::DayAfter));
        let mut free_left = clock.free_days;
        if free_left == 0 {
            clock.free_until = Some(self.days.start_of(first).max(self.started));
        }
        let end = first.saturating_add(i64::from(CLOCK_DAYS_MAX));
        clock.capped = last >= end;
        for day in first..end {
            let past = day <= last;
            if !past && free_left == 0 {
                break;
            }
            let (from, until) =
                (self.days.start_of(day), self.days.start_of(day.saturating_add(1)));
            if from >= until {
                continue;
            }
            let free = free_left > 0;
            let count = if free { self.terms.free_count } else { self.terms.charged_count };
            let tally = if self.is_suspended(from, until) {
                &mut clock.days_suspended
            } else if !self.days.counts(count, day) {
                &mut clock.days_off
            } else if free {
                free_left = free_left.saturating_sub(1);
                if free_left == 0 {
                    clock.free_until = Some(until);
                }
                &mut clock.days_free
            } else {
                &mut clock.days_charged
            };
            *tally = tally.saturating_add(u32::from(past));
        }
    }

    /// Whether suspensions took as much of a day as the terms ask, or all of the clock's time in it.
    fn is_suspended(&self, from: UnixMillis, until: UnixMillis) -> bool {
        let from = from.max(self.started);
        let until = self.stopped.map_or(until, |stopped| stopped.min(until));
        let begin = self.rests.partition_point(|rest| rest.1 <= from);
        let rests = self.rests.iter().skip(begin).take_while(|rest| rest.0 < until);
        let rested = rests.fold(Duration::ZERO, |sum, rest| {
            sum.saturating_add(rest.1.min(until).since(rest.0.max(from)))
        });
        let asked = Duration::from_secs(u64::from(self.terms.suspended_from_minutes) * 60);
        !rested.is_zero() && rested >= asked.min(until.since(from))
    }
}

/// Chargeable days by rate.
fn tiers(terms: &ClockTerms, charged: u32) -> Vec<TierSum> {
    let ends = terms.tiers.iter().skip(1).map(|tier| u32::from(tier.from_day));
    let ends = ends.chain([u32::MAX]);
    let sums = terms.tiers.iter().zip(ends).map(|(tier, end)| {
        let last = charged.min(end.saturating_sub(1));
        let days = last.saturating_add(1).saturating_sub(u32::from(tier.from_day));
        let amount = tier.rate.saturating_mul(u64::from(days));
        TierSum { from_day: tier.from_day, rate: tier.rate, days, amount }
    });
    sums.collect()
}

impl Clock {
    /// Who owed the case something while this clock ran, the one that owed longest first. For people who
    /// ask who caused the delay; no amount depends on it. Needs end with the gate-out, and so does this.
    #[must_use]
    pub fn held(&self, figures: &CaseFigures, now: UnixMillis) -> Vec<Held> {
        let Some(started) = self.started else { return Vec::new() };
        let ended = self.stopped.map_or(now, |stopped| stopped.at.min(now));
        let mut spells: BTreeMap<&str, Vec<(UnixMillis, UnixMillis)>> = BTreeMap::new();
        for fact in &figures.owed {
            for spell in &fact.spells {
                let from = spell.from.max(started.at);
                let until = spell.until.unwrap_or(ended).min(ended);
                if from < until {
                    spells.entry(&fact.owed_by).or_default().push((from, until));
                }
            }
        }
        let mut held: Vec<Held> = spells
            .into_iter()
            .map(|(owed_by, spells)| Held { owed_by: owed_by.to_owned(), span: union(spells) })
            .collect();
        held.sort_by(|a, b| b.span.cmp(&a.span).then_with(|| a.owed_by.cmp(&b.owed_by)));
        held
    }
}

/// How long some times are together, no moment twice.
fn union(mut spans: Vec<(UnixMillis, UnixMillis)>) -> Duration {
    spans.sort_unstable();
    let (mut sum, mut covered) = (Duration::ZERO, UnixMillis::from_millis(0));
    for (from, until) in spans {
        sum = sum.saturating_add(until.since(from.max(covered)));
        covered = covered.max(until);
    }
    sum
}
