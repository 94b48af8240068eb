//! Figures of many cases over a period: what a board shows, and what a terminal tells its members.
//!
//! Totals only. No case, container, bill, plate or person is in them; parties are named, for the
//! members of a port measure each other.

use bincode::{Decode, Encode};

/// Longest period, in days: a year and the day that a leap year or a time zone adds.
pub const PERIOD_DAYS_MAX: usize = 366;

/// Most parties named; those that held longest.
pub const PARTIES_MAX: usize = 1_000;

/// Most kinds of need told apart: there are about twenty codes.
pub const STEPS_MAX: usize = 64;

/// Longest name of a time zone, a party or a code of a need, in bytes.
pub const NAME_MAX: usize = 64;

/// Figures of the cases that one node knows, over whole days of its port. Moments are milliseconds
/// since 1970, spans milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Figures {
    /// IANA name of the zone whose days these are.
    pub zone: String,
    /// First moment of the period.
    pub from: u64,
    /// First moment after it.
    pub until: u64,
    /// When this was counted.
    pub at: u64,
    /// Whether every case had been looked at by then.
    pub complete: bool,
    /// Cases left out, for documents of them are still missing at this node.
    pub incomplete: u32,
    /// From when on cases that are over are known; 0 for all.
    pub known_from: u64,
    /// Cases open when this was counted, or at the end of the period if that was before.
    pub open: u32,
    /// The period as a whole.
    pub total: Counted,
    /// Its days, in order, each with its first moment.
    pub days: Vec<(u64, Counted)>,
    /// Who owed what, the one that held longest first.
    pub parties: Vec<PartyFigures>,
    /// Further parties, which are not named.
    pub parties_more: u32,
    /// What was owed, by the code of the need.
    pub steps: Vec<StepFigures>,
}

/// What happened in a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct Counted {
    /// Cases begun.
    pub opened: u32,
    /// Containers gone.
    pub left: u32,
    /// Promises missed.
    pub late: u32,
    /// From the last light to the pass, of passes of this time.
    pub light_to_pass: Quantiles,
    /// From the last light to the first pass shown at the gate, of those shown in this time.
    pub light_to_shown: Quantiles,
    /// From discharge to gate-out, of containers gone in this time.
    pub ashore_to_out: Quantiles,
}

/// Median and ninth decile of some spans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct Quantiles {
    /// How many spans.
    pub count: u32,
    /// Half of them are at most this long; 0 where there are none.
    pub median_ms: u64,
    /// Nine in ten are at most this long; 0 where there are none.
    pub p90_ms: u64,
}

impl Quantiles {
    /// Of some spans, by nearest rank: of n in ascending order the one at ⌈n·p⌉. So each is a span
    /// that was, and of two the median is the shorter.
    #[must_use]
    pub fn of(mut spans: Vec<u64>) -> Self {
        spans.sort_unstable();
        let rank = |tenths: usize| {
            let at = spans.len().saturating_mul(tenths).div_ceil(10);
            spans.get(at.saturating_sub(1)).copied().unwrap_or_default()
        };
        let count = u32::try_from(spans.len()).unwrap_or(u32::MAX);
        Self { count, median_ms: rank(5), p90_ms: rank(9) }
    }
}

/// What one party, or a role while no party was known, owed and answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct PartyFigures {
    /// Party id, or the role.
    pub party: String,
    /// How long cases waited for it within the period, all together.
    pub held_ms: u64,
    /// How many cases waited for it.
    pub cases: u32,
    /// Of those cases the median time.
    pub case_median_ms: u64,
    /// Promises kept within the period.
    pub in_time: u32,
    /// Promises missed within it.
    pub late: u32,
    /// Of those missed, how many are still owed.
    pub late_open: u32,
    /// By how much they were missed, as far as that is known by now.
    pub late_by: Quantiles,
    /// Questions put to it within the period.
    pub questions: Answers,
    /// Complaints put to it within the period.
    pub complaints: Answers,
}

/// What became of questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct Answers {
    /// Answered by the time that the question set.
    pub in_time: u32,
    /// Answered after it.
    pub late: u32,
    /// Not answered by now.
    pub open: u32,
    /// Of those not answered, how many are past their time.
    pub overdue: u32,
}

/// What became of the promises for needs of one code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct StepFigures {
    /// Code of the need.
    pub code: String,
    /// Promises kept.
    pub in_time: u32,
    /// Promises missed.
    pub late: u32,
    /// By how much.
    pub late_by: Quantiles,
}

impl Figures {
    /// Whether every list and name is within its limit, and the days are in order within the period.
    #[must_use]
    pub fn is_in_form(&self) -> bool {
        let starts = || self.days.iter().map(|(from, _)| *from);
        let rise = starts().zip(starts().skip(1)).all(|(day, next)| day < next);
        let within = starts().all(|day| (self.from..self.until).contains(&day));
        let parties = self.parties.iter().map(|party| &party.party);
        let codes = self.steps.iter().map(|step| &step.code);
        self.days.len() <= PERIOD_DAYS_MAX
            && self.parties.len() <= PARTIES_MAX
            && self.steps.len() <= STEPS_MAX
            && parties.chain(codes).chain([&self.zone]).all(|name| name.len() <= NAME_MAX)
            && rise
            && within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantiles(spans: &[u64]) -> (u32, u64, u64) {
        let Quantiles { count, median_ms, p90_ms } = Quantiles::of(spans.to_vec());
        (count, median_ms, p90_ms)
    }

    #[test]
    fn a_quantile_is_a_span_that_was_by_nearest_rank() {
        assert_eq!(quantiles(&[]), (0, 0, 0));
        assert_eq!(quantiles(&[7]), (1, 7, 7));
        assert_eq!(quantiles(&[9, 1]), (2, 1, 9));
        assert_eq!(quantiles(&[3, 1, 2]), (3, 2, 3));
        assert_eq!(quantiles(&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), (10, 5, 9));
        let eleven: Vec<u64> = (1..=11).collect();
        assert_eq!(quantiles(&eleven), (11, 6, 10));
    }

    #[test]
    fn figures_with_a_list_or_name_too_long_or_days_out_of_order_are_not_in_form() {
        let day = |from| (from, Counted::default());
        let good = Figures { from: 5, until: 9, days: vec![day(5), day(7)], ..Figures::default() };
        assert!(good.is_in_form());
        for days in [vec![day(7), day(5)], vec![day(5), day(5)], vec![day(4)], vec![day(9)]] {
            assert!(!Figures { days, ..good.clone() }.is_in_form());
        }
        let party = |len: usize| PartyFigures { party: "p".repeat(len), ..PartyFigures::default() };
        let with = |parties| Figures { parties, ..good.clone() };
        assert!(with(vec![party(NAME_MAX); PARTIES_MAX]).is_in_form());
        assert!(!with(vec![party(NAME_MAX + 1)]).is_in_form());
        assert!(!with(vec![party(2); PARTIES_MAX + 1]).is_in_form());
        let step = StepFigures { code: "c".repeat(NAME_MAX + 1), ..StepFigures::default() };
        assert!(!Figures { steps: vec![step], ..good.clone() }.is_in_form());
        assert!(!Figures { zone: "z".repeat(NAME_MAX + 1), ..good }.is_in_form());
    }
}
