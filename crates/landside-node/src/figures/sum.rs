//! Rows of cases added up over a period.
//!
//! A span, a case and a promise count on the day on which they were decided: the pass, the gate-out,
//! the moment a need ended in time or its promise ran out. What was held counts as far as it lies
//! within the period, and a question by when it was asked.

use std::collections::BTreeMap;

use landside_proto::figures::{
    Answers, Counted, Figures, NAME_MAX, PARTIES_MAX, PartyFigures, Quantiles, STEPS_MAX,
    StepFigures,
};
use landside_proto::ids::UnixMillis;

use super::period::Period;
use super::row::{Asked, Names, Promise, Row};
use super::sole::Sole;

/// Adds up.
pub(super) struct Sum<'a> {
    period: &'a Period,
    names: &'a Names,
    /// Under which number a role counts that one party alone has.
    counts_as: BTreeMap<u32, u32>,
    /// What such a role is called where that party has no number.
    called: BTreeMap<u32, String>,
    now: UnixMillis,
    open: u32,
    /// By day of the period.
    days: Vec<Spans>,
    parties: BTreeMap<u32, Party>,
    steps: BTreeMap<u32, Kept>,
}

/// Counts of a day and the spans of it.
#[derive(Clone, Default)]
struct Spans {
    opened: u32,
    left: u32,
    late: u32,
    spans: [Vec<u64>; 3],
}

#[derive(Default)]
struct Party {
    /// Milliseconds of each case.
    held: Vec<u64>,
    kept: Kept,
    late_open: u32,
    questions: Answers,
    complaints: Answers,
}

#[derive(Default)]
struct Kept {
    in_time: u32,
    late_by: Vec<u64>,
}

impl Spans {
    fn counted(self) -> Counted {
        let [pass, shown, out] = self.spans.map(Quantiles::of);
        Counted {
            opened: self.opened,
            left: self.left,
            late: self.late,
            light_to_pass: pass,
            light_to_shown: shown,
            ashore_to_out: out,
        }
    }

    fn add(&mut self, other: &Self) {
        self.opened = self.opened.saturating_add(other.opened);
        self.left = self.left.saturating_add(other.left);
        self.late = self.late.saturating_add(other.late);
        for (spans, more) in self.spans.iter_mut().zip(&other.spans) {
            spans.extend_from_slice(more);
        }
    }
}

impl Kept {
    fn late_count(&self) -> u32 {
        u32::try_from(self.late_by.len()).unwrap_or(u32::MAX)
    }
}

impl<'a> Sum<'a> {
    pub(super) fn new(
        period: &'a Period,
        (names, sole): (&'a Names, &Sole),
        now: UnixMillis,
    ) -> Self {
        let days = vec![Spans::default(); period.days.len()];
        let (parties, steps) = (BTreeMap::new(), BTreeMap::new());
        let (counts_as, called) = sole.numbers(names);
        Self { period, names, counts_as, called, now, open: 0, days, parties, steps }
    }

    /// A party, or the only one of a role.
    fn party(&mut self, who: u32) -> &mut Party {
        let who = self.counts_as.get(&who).copied().unwrap_or(who);
        self.parties.entry(who).or_default()
    }

    fn day(&mut self, at: Option<UnixMillis>) -> Option<&mut Spans> {
        let day = at.and_then(|at| self.period.day(at))?;
        self.days.get_mut(day)
    }

    /// The last moment that counts: nothing is known of what is to come.
    fn end(&self) -> UnixMillis {
        self.period.until.min(self.now)
    }

    pub(super) fn add(&mut self, row: &Row) {
        let (opened, left) = (row.opened.come(), row.left.come());
        let end = self.end();
        let is_open = opened.is_some_and(|at| at < end) && left.is_none_or(|at| at >= end);
        self.open = self.open.saturating_add(u32::from(is_open));
        if let Some(day) = self.day(opened) {
            day.opened = day.opened.saturating_add(1);
        }
        if let Some(day) = self.day(left) {
            day.left = day.left.saturating_add(1);
        }
        for (at, lapse) in row.lapses.iter().enumerate() {
            let Some((until, span)) = lapse else { continue };
            let spans = self.day(until.come()).and_then(|day| day.spans.get_mut(at));
            if let Some(spans) = spans {
                spans.push(*span);
            }
        }
        self.add_held(row);
        for promise in &row.promises {
            self.add_promise(promise);
        }
        for asked in &row.asked {
            self.add_asked(asked);
        }
    }

    fn add_held(&mut self, row: &Row) {
        let (begin, end) = (self.period.from(), self.end());
        // By party of this case: those of a few.
        let mut held: Vec<(u32, u64)> = Vec::new();
        for spell in &row.held {
            let Some(from) = spell.from.come() else { continue };
            let until = spell.until.come().unwrap_or(end).min(end);
            let span = until.since(from.max(begin)).as_millis();
            let span = u64::try_from(span).unwrap_or(u64::MAX);
            let who = self.counts_as.get(&spell.who).copied().unwrap_or(spell.who);
            match held.iter_mut().find(|(known, _)| *known == who) {
                Some((_, sum)) => *sum = sum.saturating_add(span),
                None => held.push((who, span)),
            }
        }
        for (who, span) in held.into_iter().filter(|(_, span)| *span > 0) {
            self.parties.entry(who).or_default().held.push(span);
        }
    }

    fn add_promise(&mut self, promise: &Promise) {
        let Some(due) = promise.due.come() else { return };
        let (ended, end) = (promise.ended.come(), self.end());
        let is_late = promise.late || (ended.is_none() && due < end);
        let decided = if is_late { Some(due) } else { ended };
        if decided.is_none_or(|at| at >= end) {
            return;
        }
        let Some(day) = self.day(decided) else { return };
        day.late = day.late.saturating_add(u32::from(is_late));
        let late_by = ended.unwrap_or(self.now).since(due).as_millis();
        let late_by = u64::try_from(late_by).unwrap_or(u64::MAX);
        let decided = |kept: &mut Kept| match is_late {
            true => kept.late_by.push(late_by),
            false => kept.in_time = kept.in_time.saturating_add(1),
        };
        let party = self.party(promise.who);
        party.late_open = party.late_open.saturating_add(u32::from(is_late && ended.is_none()));
        decided(&mut party.kept);
        decided(self.steps.entry(promise.code).or_default());
    }

    fn add_asked(&mut self, asked: &Asked) {
        if asked.asked.come().and_then(|at| self.period.day(at)).is_none() {
            return;
        }
        let is_overdue = asked.due.come().is_some_and(|due| due < self.now);
        let party = self.party(asked.who);
        let answers = if asked.is_complaint { &mut party.complaints } else { &mut party.questions };
        match asked.answered.come() {
            None => {
                answers.open = answers.open.saturating_add(1);
                answers.overdue = answers.overdue.saturating_add(u32::from(is_overdue));
            }
            Some(_) if asked.late => answers.late = answers.late.saturating_add(1),
            Some(_) => answers.in_time = answers.in_time.saturating_add(1),
        }
    }

    pub(super) fn done(self) -> Figures {
        let mut total = Spans::default();
        for day in &self.days {
            total.add(day);
        }
        let starts = self.period.days.iter().map(|day| day.as_millis());
        let days = starts.zip(self.days.into_iter().map(Spans::counted)).collect();
        let (names, called) = (self.names, self.called);
        let name = |who: u32| called.get(&who).map_or_else(|| names.name(who), String::as_str);
        let parties = self.parties.into_iter();
        let mut parties: Vec<_> =
            parties.map(|(who, party)| party.figures(fitted(name(who)))).collect();
        parties.sort_by(|a, b| b.held_ms.cmp(&a.held_ms).then_with(|| a.party.cmp(&b.party)));
        let more = parties.len().saturating_sub(PARTIES_MAX);
        parties.truncate(PARTIES_MAX);
        let steps = self.steps.into_iter().map(|(code, kept)| StepFigures {
            code: fitted(names.name(code)),
            in_time: kept.in_time,
            late: kept.late_count(),
            late_by: Quantiles::of(kept.late_by),
        });
        let mut steps: Vec<_> = steps.collect();
        steps.sort_by(|a, b| b.late.cmp(&a.late).then_with(|| a.code.cmp(&b.code)));
        steps.truncate(STEPS_MAX);
        Figures {
            zone: self.period.zone.clone(),
            from: self.period.from().as_millis(),
            until: self.period.until.as_millis(),
            at: self.now.as_millis(),
            open: self.open,
            total: total.counted(),
            days,
            parties,
            parties_more: u32::try_from(more).unwrap_or(u32::MAX),
            steps,
            ..Figures::default()
        }
    }
}

impl Party {
    fn figures(self, party: String) -> PartyFigures {
        let held = Quantiles::of(self.held.clone());
        PartyFigures {
            party,
            held_ms: self.held.iter().fold(0, |sum, span| sum.saturating_add(*span)),
            cases: held.count,
            case_median_ms: held.median_ms,
            in_time: self.kept.in_time,
            late: self.kept.late_count(),
            late_open: self.late_open,
            late_by: Quantiles::of(self.kept.late_by),
            questions: self.questions,
            complaints: self.complaints,
        }
    }
}

/// A name of at most [`NAME_MAX`] bytes. Those of parties and codes are shorter; in a part of a case
/// they are what its terminal wrote.
fn fitted(name: &str) -> String {
    let end = (0..=NAME_MAX.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    name.get(..end.unwrap_or_default()).unwrap_or_default().to_owned()
}
