use super::row::{Asked, Held, Promise};
use super::*;
use landside_proto::figures::{Answers, PartyFigures, Quantiles, StepFigures};

const ZONE: &str = "Asia/Shanghai";
/// Noon of 24 November in Shanghai.
const NOON: u64 = 1_795_492_800;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn at(seconds: u64) -> UnixMillis {
    UnixMillis::from_millis(seconds * 1000)
}

fn second(seconds: u64) -> Second {
    Second::of(at(seconds))
}

fn never() -> Second {
    empty().left
}

fn empty() -> Row {
    let figures = CaseFigures {
        opened_at: at(NOON),
        left_at: None,
        light_to_pass: None,
        light_to_shown: None,
        ashore_to_out: None,
        owed: Vec::new(),
        asked: Vec::new(),
        ends: None,
    };
    Row::of(&figures, &Promised::default(), &mut Names::default())
}

/// The 23rd and 24th in Shanghai: from 36 hours before noon to 12 after it.
fn period() -> Period {
    Period::of(Some("2026-11-23"), Some("2026-11-25"), ZONE, at(NOON)).unwrap()
}

fn names() -> Names {
    let mut names = Names::default();
    for name in ["customs", "line", "hold", "customs-silent"] {
        names.number(name);
    }
    names
}

const CUSTOMS: u32 = 0;
const LINE: u32 = 1;
const HOLD: u32 = 2;

fn sum(rows: &[Row], now: u64) -> Figures {
    sum_with(&Sole::default(), rows, now)
}

fn sum_with(sole: &Sole, rows: &[Row], now: u64) -> Figures {
    let (period, names) = (period(), names());
    let mut sum = Sum::new(&period, (&names, sole), at(now));
    for row in rows {
        sum.add(row);
    }
    sum.done()
}

fn party<'a>(figures: &'a Figures, name: &str) -> &'a PartyFigures {
    figures.parties.iter().find(|one| one.party == name).unwrap()
}

fn promise(due: u64, ended: Option<u64>, late: bool) -> Row {
    let ended = ended.map_or_else(never, second);
    let promise = Promise { who: LINE, code: HOLD, due: second(due), ended, late };
    Row { promises: [promise].into(), ..empty() }
}

#[test]
fn without_cases_there_are_the_days_and_nothing_on_them() {
    let figures = sum(&[], NOON);
    assert_eq!(figures.days.len(), 2);
    assert_eq!(figures.total.ashore_to_out, Quantiles::default());
    assert!(figures.parties.is_empty() && figures.is_in_form());
}

#[test]
fn a_case_counts_on_the_day_it_began_and_the_day_it_left_and_is_open_between() {
    let begun = Row { opened: second(NOON - DAY), ..empty() };
    let gone = Row { left: second(NOON), opened: second(NOON - 9 * DAY), ..empty() };
    let later = Row { opened: second(NOON + 2 * DAY), ..empty() };
    let figures = sum(&[begun, gone, later], NOON + 9 * DAY);
    let counts: Vec<_> = figures.days.iter().map(|(_, day)| (day.opened, day.left)).collect();
    assert_eq!(counts, [(1, 0), (0, 1)]);
    assert_eq!((figures.total.opened, figures.total.left, figures.open), (1, 1, 1));
}

#[test]
fn a_span_counts_on_the_day_it_ended_with_all_of_its_length() {
    let out = |ended: u64, ms| Row { lapses: [None, None, Some((second(ended), ms))], ..empty() };
    let rows = [out(NOON - DAY, 30), out(NOON, 10), out(NOON, 20), out(NOON + 2 * DAY, 99)];
    let figures = sum(&rows, NOON + 9 * DAY);
    let quantiles = |count, median_ms, p90_ms| Quantiles { count, median_ms, p90_ms };
    assert_eq!(figures.total.ashore_to_out, quantiles(3, 20, 30));
    assert_eq!(figures.days[0].1.ashore_to_out, quantiles(1, 30, 30));
    assert_eq!(figures.days[1].1.ashore_to_out, quantiles(2, 10, 20));
    assert_eq!(figures.total.light_to_pass, Quantiles::default());
}

#[test]
fn what_was_held_counts_as_far_as_it_lies_within_the_period_and_not_beyond_now() {
    let held = |who, from: u64, until: Option<u64>| Held {
        who,
        from: second(from),
        until: until.map_or_else(never, second),
    };
    // The period begins 36 hours before noon of the 24th and ends 12 after it.
    let begin = NOON - 36 * HOUR;
    let row = |held: &[Held]| Row { held: held.into(), ..empty() };
    let rows = [
        row(&[held(CUSTOMS, begin - DAY, Some(begin + HOUR)), held(LINE, NOON, None)]),
        row(&[
            held(CUSTOMS, begin, Some(begin + HOUR)),
            held(CUSTOMS, NOON - 4 * HOUR, Some(NOON)),
        ]),
        row(&[held(CUSTOMS, NOON + 3 * DAY, None)]),
    ];
    let figures = sum(&rows, NOON + HOUR);
    let customs = party(&figures, "customs");
    assert_eq!((customs.held_ms, customs.cases), (6 * HOUR * 1000, 2));
    assert_eq!(customs.case_median_ms, HOUR * 1000, "of one and five hours the shorter");
    assert_eq!(party(&figures, "line").held_ms, HOUR * 1000, "up to now");
    assert_eq!(figures.parties[0].party, "customs", "who held longest is first");
    assert_eq!(party(&sum(&rows, NOON + 9 * DAY), "line").held_ms, 12 * HOUR * 1000);
}

#[test]
fn a_promise_that_was_missed_and_kept_later_counts_against_its_party_for_good() {
    let rows = [
        promise(NOON - HOUR, Some(NOON - 2 * HOUR), false),
        promise(NOON - HOUR, Some(NOON + HOUR), true),
        promise(NOON - HOUR, Some(NOON - HOUR + 600), true),
        promise(NOON - 3 * HOUR, None, false),
    ];
    let figures = sum(&rows, NOON + 2 * HOUR);
    let line = party(&figures, "line");
    assert_eq!((line.in_time, line.late, line.late_open), (1, 3, 1));
    assert_eq!(line.late_by, Quantiles { count: 3, median_ms: 7_200_000, p90_ms: 18_000_000 });
    let hold = StepFigures { code: "hold".to_owned(), in_time: 1, late: 3, late_by: line.late_by };
    assert_eq!(figures.steps, [hold]);
    assert_eq!(figures.days.iter().map(|(_, day)| day.late).collect::<Vec<_>>(), [0, 3]);
}

#[test]
fn a_promise_counts_when_it_is_decided_and_not_before() {
    let decided = |row: Row, now| {
        let figures = sum(&[row], now);
        figures.parties.first().map(|line| (line.in_time, line.late))
    };
    assert_eq!(decided(promise(NOON + HOUR, None, false), NOON), None, "not due yet");
    assert_eq!(decided(promise(NOON + 9 * DAY, Some(NOON), false), NOON + DAY), Some((1, 0)));
    let missed_before = promise(NOON - 9 * DAY, Some(NOON), true);
    assert_eq!(decided(missed_before, NOON + DAY), None, "it was missed in a period before");
    assert_eq!(decided(promise(NOON + 3 * DAY, None, false), NOON + 9 * DAY), None, "and after");
}

#[test]
fn questions_count_by_when_they_were_asked_and_stand_as_they_do_now() {
    let asked = |is_complaint, asked: u64, answered: Option<u64>, late| {
        let answered = answered.map_or_else(never, second);
        let (asked, due) = (second(asked), second(asked + HOUR));
        Asked { who: CUSTOMS, is_complaint, asked, due, answered, late }
    };
    let all = [
        asked(true, NOON, Some(NOON + 60), false),
        asked(true, NOON, Some(NOON + DAY), true),
        asked(true, NOON, None, false),
        asked(true, NOON + 10 * HOUR, None, false),
        asked(false, NOON, None, false),
        asked(false, NOON - 9 * DAY, None, false),
    ];
    let figures = sum(&[Row { asked: all.into(), ..empty() }], NOON + 2 * HOUR);
    let customs = party(&figures, "customs");
    assert_eq!(customs.complaints, Answers { in_time: 1, late: 1, open: 2, overdue: 1 });
    assert_eq!(customs.questions, Answers { in_time: 0, late: 0, open: 1, overdue: 1 });
}

fn code(n: usize) -> CaseCode {
    CaseCode::parse(["7K3M-Q2ZC-4", "PGRD-J1GD-W"][n]).unwrap()
}

fn folded(left: Option<u64>) -> Folded {
    let row = CaseFigures {
        opened_at: at(NOON - DAY),
        left_at: left.map(at),
        light_to_pass: None,
        light_to_shown: None,
        ashore_to_out: None,
        owed: Vec::new(),
        asked: Vec::new(),
        ends: left.is_none().then_some(at(NOON + HOUR)),
    };
    Folded::Figures(Box::new(row))
}

#[test]
fn a_case_stands_once_however_often_it_is_folded_and_nowhere_when_it_is_incomplete() {
    let (mut rows, promised) = (Rows::default(), Promised::default());
    rows.set(code(0), folded(None), &promised, at(NOON));
    rows.set(code(1), folded(None), &promised, at(NOON));
    assert_eq!(rows.ended(at(NOON + DAY)).count(), 2);
    rows.set(code(0), folded(Some(NOON)), &promised, at(NOON));
    rows.set(code(0), folded(Some(NOON)), &promised, at(NOON));
    let figures = rows.figures(&period(), &Sole::default(), at(NOON + HOUR));
    assert_eq!((figures.total.opened, figures.total.left, figures.open), (2, 1, 1));
    rows.set(code(1), Folded::Incomplete, &promised, at(NOON));
    let figures = rows.figures(&period(), &Sole::default(), at(NOON + HOUR));
    assert_eq!((figures.total.opened, figures.incomplete), (1, 1));
    assert_eq!(rows.ended(at(NOON + DAY)).count(), 0);
}

#[test]
fn what_is_long_over_is_let_go_and_it_is_said_from_when_cases_are_known() {
    let (mut rows, promised) = (Rows::default(), Promised::default());
    for n in 0..2 {
        rows.set(code(n), folded(Some(NOON + n as u64)), &promised, at(NOON));
    }
    assert_eq!(rows.figures(&period(), &Sole::default(), at(NOON + DAY)).known_from, 0);
    rows.forget(at(NOON + DAY), 1);
    let figures = rows.figures(&period(), &Sole::default(), at(NOON + DAY));
    assert_eq!((figures.total.left, figures.known_from), (1, NOON * 1000));
    rows.forget(at(NOON + DAY).plus(KEPT_FOR), OVER_MAX);
    assert!(rows.over.is_empty() && rows.over_at.is_empty());
}

#[test]
fn half_a_million_cases_that_are_over_fit_where_the_limit_says() {
    // A usual case is held six times and has eight promises (docs/ARCHITECTURE.md § Limits).
    let parts = 6 * size_of::<Held>() + 8 * size_of::<Promise>();
    let keys = size_of::<(Second, Option<CaseCode>)>() + size_of::<(CaseCode, Second)>();
    let row = size_of::<Row>() + parts + keys;
    assert!(row <= 430, "{row} bytes");
}

#[test]
fn who_asks_before_anybody_counts_is_told_that_it_is_not_complete() {
    let figures = Rows::default().figures(&period(), &Sole::default(), at(NOON));
    assert!(!figures.complete);
}

#[test]
fn what_a_role_owed_that_one_party_alone_has_counts_once_and_for_that_party() {
    let held = |who, from: u64, until: u64| Held { who, from: second(from), until: second(until) };
    let spells = [held(CUSTOMS, NOON, NOON + HOUR), held(LINE, NOON + HOUR, NOON + 2 * HOUR)];
    let rows = [
        Row { held: spells.into(), ..empty() },
        promise(NOON - HOUR, Some(NOON - 2 * HOUR), false),
    ];
    let apart = sum(&rows, NOON + 9 * HOUR);
    assert_eq!(apart.parties.len(), 2);

    // The office is called "line" here: the only other name that these rows know.
    let sole = Sole::for_tests("customs", "line");
    let one = sum_with(&sole, &rows, NOON + 9 * HOUR);
    assert_eq!(one.parties.len(), 1);
    let office = party(&one, "line");
    assert_eq!((office.held_ms, office.cases), (2 * HOUR * 1000, 1), "one case, held twice");
    assert_eq!(office.in_time, 1);

    let unheard = Sole::for_tests("customs", "port-customs");
    let named = sum_with(&unheard, &rows, NOON + 9 * HOUR);
    assert_eq!(party(&named, "port-customs").held_ms, HOUR * 1000);
    assert!(named.parties.iter().all(|one| one.party != "customs"));
}
