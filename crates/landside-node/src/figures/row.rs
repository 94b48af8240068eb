//! What is kept in memory of a case for figures: a few hundred bytes, and no container, bill or
//! person. Times in whole seconds, which is what a promise in minutes and a day need.

use std::collections::HashMap;
use std::time::Duration;

use landside_proto::case::{AskedFact, CaseFigures, Lapse, OwedFact};
use landside_proto::document::QuestionSubject;
use landside_proto::ids::UnixMillis;

use crate::promised::Promised;

/// A moment that has not come.
const NEVER: u32 = u32::MAX;

/// Seconds since 1970; up to the year 2106.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Second(u32);

impl Second {
    pub(super) fn of(at: UnixMillis) -> Self {
        Self(u32::try_from(at.as_secs()).unwrap_or(NEVER - 1).min(NEVER - 1))
    }

    /// The first whole second that is not before it: nothing is called overdue that is not yet.
    fn due(at: UnixMillis) -> Self {
        Self::of(at.plus(Duration::from_millis(999)))
    }

    fn or_never(at: Option<UnixMillis>) -> Self {
        at.map_or(Self(NEVER), Self::of)
    }

    /// The moment, unless it has not come.
    pub(super) fn come(self) -> Option<UnixMillis> {
        (self.0 != NEVER).then(|| UnixMillis::from_millis(u64::from(self.0) * 1000))
    }
}

/// Texts that many cases share, by number.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }

    /// The number of a name that was given one.
    pub(super) fn known(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub(super) fn name(&self, number: u32) -> &str {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        self.names.get(at).map_or("", String::as_str)
    }
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) opened: Second,
    pub(super) left: Second,
    /// When each of the three spans ended, and its milliseconds.
    pub(super) lapses: [Option<(Second, u64)>; 3],
    /// When the case waited for whom; of one party no two overlap.
    pub(super) held: Box<[Held]>,
    pub(super) promises: Box<[Promise]>,
    pub(super) asked: Box<[Asked]>,
}

/// A time in which a case waited for a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) who: u32,
    pub(super) from: Second,
    pub(super) until: Second,
}

/// A promise. Late ones say so, for seconds are too coarse to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Promise {
    pub(super) who: u32,
    pub(super) code: u32,
    pub(super) due: Second,
    pub(super) ended: Second,
    /// Of one that ended: whether it ended late.
    pub(super) late: bool,
}

/// A question or complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) who: u32,
    pub(super) is_complaint: bool,
    pub(super) asked: Second,
    pub(super) due: Second,
    pub(super) answered: Second,
    pub(super) late: bool,
}

impl Row {
    pub(super) fn of(figures: &CaseFigures, promised: &Promised, names: &mut Names) -> Self {
        let lapse = |lapse: Option<Lapse>| {
            lapse.map(|lapse| {
                let ms = u64::try_from(lapse.span().as_millis()).unwrap_or(u64::MAX);
                (Second::of(lapse.until), ms)
            })
        };
        let promises = figures.owed.iter().filter_map(|fact| promise(fact, promised, names));
        let promises = promises.collect();
        let asked = figures.asked.iter().map(|asked| question(asked, names)).collect();
        Self {
            opened: Second::of(figures.opened_at),
            left: Second::or_never(figures.left_at),
            lapses: [figures.light_to_pass, figures.light_to_shown, figures.ashore_to_out]
                .map(lapse),
            held: held(spells(&figures.owed, names)),
            promises,
            asked,
        }
    }

    /// The last moment that anything of a case that is over fell on; none while it is not over.
    pub(super) fn over(&self) -> Option<Second> {
        let answered = self.asked.iter().map(|asked| asked.answered);
        let last = answered.chain([self.left]).max();
        last.filter(|last| last.come().is_some())
    }
}

fn promise(fact: &OwedFact, promised: &Promised, names: &mut Names) -> Option<Promise> {
    let within = promised.of(&fact.code)?;
    let ended = fact.ended();
    Some(Promise {
        who: names.number(&fact.owed_by),
        code: names.number(&fact.code),
        due: Second::due(fact.since.plus(within)),
        ended: Second::or_never(ended),
        late: ended.is_some_and(|ended| fact.late_by(within, ended).is_some()),
    })
}

fn question(asked: &AskedFact, names: &mut Names) -> Asked {
    Asked {
        who: names.number(asked.to.as_str()),
        is_complaint: asked.subject == QuestionSubject::Complaint,
        asked: Second::of(asked.asked_at),
        due: Second::due(asked.answer_by),
        answered: Second::or_never(asked.answered_at),
        late: asked.answered_at.is_some_and(|answered| answered > asked.answer_by),
    }
}

/// A party by its number, from when, and until when.
type Spell = (u32, UnixMillis, Option<UnixMillis>);

fn spells(owed: &[OwedFact], names: &mut Names) -> Vec<Spell> {
    let mut spells = Vec::new();
    for fact in owed {
        let who = names.number(&fact.owed_by);
        spells.extend(fact.spells.iter().map(|spell| (who, spell.from, spell.until)));
    }
    spells
}

/// The spells of each party, those that overlap or touch made one: three needs at once are not three
/// times as long. What lasted less than a second held nothing up.
fn held(mut spells: Vec<Spell>) -> Box<[Held]> {
    spells.sort_unstable_by_key(|(who, from, _)| (*who, *from));
    let mut merged: Vec<Spell> = Vec::new();
    for (who, from, until) in spells {
        match merged.last_mut() {
            Some((last, _, end)) if *last == who && end.is_none_or(|end| from <= end) => {
                *end = end.zip(until).map(|(end, until)| end.max(until));
            }
            _ => merged.push((who, from, until)),
        }
    }
    let long = merged.into_iter().filter(|(_, from, until)| {
        until.is_none_or(|until| until.since(*from) >= Duration::from_secs(1))
    });
    let held = long.map(|(who, from, until)| Held {
        who,
        from: Second::of(from),
        until: Second::or_never(until),
    });
    held.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(s: u64) -> UnixMillis {
        UnixMillis::from_millis(s * 1000)
    }

    /// Of parties, from and until seconds.
    fn merged(spells: &[(u32, u64, Option<u64>)]) -> Vec<(u32, u64, Option<u64>)> {
        let spells =
            spells.iter().map(|(who, from, until)| (*who, second(*from), until.map(second)));
        let held = held(spells.collect());
        let seconds = |at: Second| at.come().map(UnixMillis::as_secs);
        held.iter()
            .map(|held| (held.who, seconds(held.from).unwrap(), seconds(held.until)))
            .collect()
    }

    #[test]
    fn needs_at_once_hold_a_case_once_and_those_of_others_beside_it() {
        let spells = [(2, 5, Some(9)), (1, 0, Some(10)), (1, 4, Some(6)), (1, 10, Some(12))];
        assert_eq!(merged(&spells), [(1, 0, Some(12)), (2, 5, Some(9))]);
        assert_eq!(merged(&[(1, 0, Some(4)), (1, 5, Some(6))]).len(), 2, "a pause between");
    }

    #[test]
    fn what_is_still_owed_has_no_end_whatever_ended_beside_it() {
        assert_eq!(merged(&[(1, 0, None), (1, 3, Some(4))]), [(1, 0, None)]);
        assert_eq!(merged(&[(1, 0, Some(4)), (1, 3, None)]), [(1, 0, None)]);
    }

    #[test]
    fn what_was_met_in_the_same_commit_held_nothing_up() {
        assert_eq!(merged(&[(1, 3, Some(3))]), []);
        assert_eq!(merged(&[(1, 3, Some(4))]), [(1, 3, Some(4))]);
    }

    #[test]
    fn nothing_is_due_before_its_time() {
        let at = UnixMillis::from_millis;
        assert_eq!(Second::due(at(5000)).come(), Some(at(5000)));
        assert_eq!(Second::due(at(5001)).come(), Some(at(6000)));
        assert_eq!(Second::of(at(5999)).come(), Some(at(5000)));
    }

    #[test]
    fn a_moment_after_2106_is_one_that_comes() {
        let far = Second::of(UnixMillis::MAX);
        assert!(far.come().is_some() && far < Second::or_never(None));
        assert_eq!(Second::or_never(None).come(), None);
    }
}
