//! What every store must do, whatever engine is under it. [`conformance!`] makes the tests.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{BATCH_BYTES_MAX, BATCH_OPS_MAX, Batch, CommitError, KEY_MAX, Order, Range, Store};
use super::{Row, Table, VALUE_MAX};

/// Makes one test of every rule in this module; `$store` gives a store without rows.
macro_rules! conformance {
    ($store:expr; $($rule:ident),+ $(,)?) => {
        $(
            #[test]
            fn $rule() {
                let store = $store;
                crate::store::conformance::$rule(&*store);
            }
        )+
    };
}
pub(crate) use conformance;

const A: Table = Table(7);
const B: Table = Table(8);
const LAST: Table = Table(255);

pub(crate) fn a_row_is_read_back_and_only_from_its_table(store: &dyn Store) {
    commit(store, Batch::new().put(A, b"k", b"one"));
    assert_eq!(store.get(A, b"k").unwrap(), Some(b"one".to_vec()));
    assert_eq!(store.get(B, b"k").unwrap(), None);
    assert_eq!(store.get(A, b"").unwrap(), None);
    assert_eq!(store.get(A, b"k\0").unwrap(), None);
}

pub(crate) fn an_empty_key_and_an_empty_value_are_a_row(store: &dyn Store) {
    commit(store, Batch::new().put(A, b"", b""));
    assert_eq!(store.get(A, b"").unwrap(), Some(Vec::new()));
    assert_eq!(store.scan(&Range::all(A), 9).unwrap(), [(vec![], vec![])]);
}

pub(crate) fn a_scan_gives_byte_order_whatever_the_order_of_writing(store: &dyn Store) {
    for key in [&b"b"[..], b"\xff\xff", b"a", b"", b"ab", b"\x00", b"a\x00"] {
        commit(store, Batch::new().put(A, key, b"v"));
    }
    let ascending = [&b""[..], b"\x00", b"a", b"a\x00", b"ab", b"b", b"\xff\xff"];
    assert_eq!(keys(store, Range::all(A)), ascending);
    let mut descending = ascending;
    descending.reverse();
    assert_eq!(keys(store, Range::all(A).descending()), descending);
}

pub(crate) fn a_range_holds_its_start_and_not_its_end(store: &dyn Store) {
    three(store);
    assert_eq!(keys(store, Range::between(A, b"a", b"c")), [b"a", b"b"]);
    assert_eq!(keys(store, Range::between(A, b"a", b"c").descending()), [b"b", b"a"]);
    assert_eq!(keys(store, Range::between(A, b"a\0", b"c\0")), [b"b", b"c"]);
    assert_eq!(keys(store, Range { to: None, ..Range::between(A, b"b", b"") }), [b"b", b"c"]);
}

pub(crate) fn a_range_that_ends_before_it_starts_is_empty(store: &dyn Store) {
    three(store);
    for (from, to) in [(&b"b"[..], &b"b"[..]), (b"c", b"a"), (b"", b""), (b"d", b"e")] {
        assert_eq!(keys(store, Range::between(A, from, to)), [b""; 0]);
        assert_eq!(keys(store, Range::between(A, from, to).descending()), [b""; 0]);
    }
}

pub(crate) fn a_scan_stays_in_its_table_even_the_last_one(store: &dyn Store) {
    let mut batch = Batch::new();
    for table in [Table(0), A, B, Table(254), LAST] {
        batch.put(table, [table.0], b"v").put(table, [0xff; 3], b"v");
    }
    commit(store, &mut batch);
    for table in [Table(0), A, B, Table(254), LAST] {
        let expected = [vec![table.0], vec![0xff; 3]];
        assert_eq!(keys(store, Range::all(table)), expected);
        let reversed = [vec![0xff; 3], vec![table.0]];
        assert_eq!(keys(store, Range::all(table).descending()), reversed);
    }
}

pub(crate) fn a_scan_stops_at_its_limit_and_pages_go_on_without_gap(store: &dyn Store) {
    let mut batch = Batch::new();
    for n in 0..100u8 {
        batch.put(A, [n], [n]);
    }
    commit(store, &mut batch);
    assert_eq!(store.scan(&Range::all(A), 0).unwrap(), []);
    let all: Vec<u8> = (0..100).collect();
    assert_eq!(pages(store, Order::Ascending), all);
    let reversed: Vec<u8> = all.into_iter().rev().collect();
    assert_eq!(pages(store, Order::Descending), reversed);
}

pub(crate) fn a_deleted_row_is_gone_and_deleting_it_again_is_no_error(store: &dyn Store) {
    three(store);
    commit(store, Batch::new().delete(A, b"b"));
    commit(store, Batch::new().delete(A, b"b"));
    assert_eq!(store.get(A, b"b").unwrap(), None);
    assert_eq!(keys(store, Range::all(A)), [b"a", b"c"]);
    commit(store, Batch::new().put(A, b"b", b"again"));
    assert_eq!(store.get(A, b"b").unwrap(), Some(b"again".to_vec()));
}

pub(crate) fn the_last_of_several_changes_to_a_row_holds(store: &dyn Store) {
    let mut batch = Batch::new();
    batch.put(A, b"x", b"1").delete(A, b"x").put(A, b"x", b"2");
    batch.put(A, b"y", b"1").delete(A, b"y");
    commit(store, &mut batch);
    assert_eq!(store.get(A, b"x").unwrap(), Some(b"2".to_vec()));
    assert_eq!(store.get(A, b"y").unwrap(), None);
}

pub(crate) fn a_batch_whose_expectation_fails_changes_nothing_in_any_table(store: &dyn Store) {
    commit(store, Batch::new().put(A, b"held", b"1").put(B, b"kept", b"1"));
    let mut taken = Batch::new();
    taken.put(A, b"new", b"2").delete(B, b"kept").expect_absent(A, b"held");
    let mut changed = Batch::new();
    changed.put(A, b"new", b"2").delete(B, b"kept").expect_equals(A, b"held", b"2");
    let mut missing = Batch::new();
    missing.put(A, b"new", b"2").delete(B, b"kept").expect_equals(B, b"held", b"");
    for (batch, table) in [(taken, A), (changed, A), (missing, B)] {
        let refused = store.commit(&batch).unwrap_err();
        assert_eq!(refused, CommitError::Conflict { table, key: b"held".to_vec() });
        assert_eq!(refused.code(), "store-conflict");
        assert_eq!(store.get(A, b"new").unwrap(), None);
        assert_eq!(store.get(B, b"kept").unwrap(), Some(b"1".to_vec()));
    }
}

pub(crate) fn a_batch_whose_expectations_hold_is_committed(store: &dyn Store) {
    commit(store, Batch::new().put(A, b"head", b"1").expect_absent(A, b"head"));
    commit(store, Batch::new().put(A, b"head", b"2").expect_equals(A, b"head", b"1"));
    commit(store, Batch::new().delete(A, b"head").expect_equals(A, b"head", b"2"));
    commit(store, Batch::new().put(A, b"head", b"3").expect_absent(A, b"head"));
    assert_eq!(store.get(A, b"head").unwrap(), Some(b"3".to_vec()));
}

pub(crate) fn expectations_alone_are_checked_too(store: &dyn Store) {
    commit(store, Batch::new().expect_absent(A, b"k"));
    let refused = store.commit(Batch::new().expect_equals(A, b"k", b"v")).unwrap_err();
    assert_eq!(refused.code(), "store-conflict");
}

pub(crate) fn two_writers_who_expect_the_same_head_cannot_both_win(store: &dyn Store) {
    commit(store, Batch::new().put(A, b"head", b"0"));
    let won: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (1..=8u8)
            .map(|n| {
                scope.spawn(move || {
                    let mut batch = Batch::new();
                    batch.expect_equals(A, b"head", b"0").put(A, b"head", [n]).put(B, [n], b"");
                    usize::from(store.commit(&batch).is_ok())
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    assert_eq!(won, 1);
    let head = store.get(A, b"head").unwrap().unwrap();
    assert_eq!(keys(store, Range::all(B)), [head]);
}

pub(crate) fn a_scan_sees_a_batch_whole_or_not_at_all(store: &dyn Store) {
    let write = |n: u8| {
        let mut batch = Batch::new();
        for key in 0..200u8 {
            batch.put(A, [key], [n]);
        }
        commit(store, &mut batch);
    };
    write(0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (1..=20).for_each(write));
        while !writer.is_finished() {
            let rows = store.scan(&Range::all(A), 500).unwrap();
            assert_eq!(rows.len(), 200);
            assert!(rows.iter().all(|(_, value)| *value == rows[0].1), "half a batch was seen");
        }
    });
}

pub(crate) fn what_exceeds_a_limit_is_refused_and_nothing_of_it_written(store: &dyn Store) {
    let mut value = Batch::new();
    value.put(A, b"v", vec![0; VALUE_MAX + 1]);
    let mut key = Batch::new();
    key.put(A, vec![0; KEY_MAX + 1], b"");
    let mut deleted = Batch::new();
    deleted.delete(A, vec![0; KEY_MAX + 1]);
    let mut expected = Batch::new();
    expected.expect_absent(A, vec![0; KEY_MAX + 1]);
    let mut compared = Batch::new();
    compared.expect_equals(A, b"v", vec![0; VALUE_MAX + 1]);
    let mut many = Batch::new();
    for n in 0..=BATCH_OPS_MAX {
        many.put(A, n.to_be_bytes(), b"");
    }
    let mut heavy = Batch::new();
    for n in 0..=BATCH_BYTES_MAX / VALUE_MAX {
        heavy.put(A, n.to_be_bytes(), vec![0; VALUE_MAX]);
    }
    for mut batch in [value, key, deleted, expected, compared, many, heavy] {
        batch.put(A, b"beside", b"v");
        let refused = store.commit(&batch).unwrap_err();
        assert_eq!(refused.code(), "store-too-large", "{refused}");
        assert_eq!(store.scan(&Range::all(A), 9).unwrap(), []);
    }
}

pub(crate) fn the_longest_key_and_value_and_the_heaviest_batch_are_taken(store: &dyn Store) {
    let mut batch = Batch::new();
    batch.put(A, vec![0xff; KEY_MAX], vec![0xee; VALUE_MAX]);
    let mut n = 0u32;
    while batch.byte_len() + 4 + VALUE_MAX <= BATCH_BYTES_MAX {
        batch.put(A, n.to_be_bytes(), vec![n as u8; VALUE_MAX]);
        n += 1;
    }
    commit(store, &mut batch);
    assert_eq!(store.get(A, &[0xff; KEY_MAX]).unwrap(), Some(vec![0xee; VALUE_MAX]));
    let rows = store.scan(&Range::all(A), usize::MAX).unwrap();
    assert_eq!(rows.len() as u32, n + 1);
    for (key, value) in &rows[..n as usize] {
        assert_eq!(*value, vec![key[3]; VALUE_MAX]);
    }
}

pub(crate) fn appended_batches_are_one(store: &dyn Store) {
    let mut group = Batch::new();
    let mut first = Batch::new();
    first.put(A, b"a", b"1").essential();
    group.append(first);
    assert!(group.is_essential());
    let mut second = Batch::new();
    second.put(A, b"b", b"22").expect_absent(B, b"no");
    group.append(second);
    assert!(!group.is_essential(), "new work must not ride on an essential batch");
    assert_eq!(group.byte_len(), 2 + 3 + 2);
    commit(store, &mut group);
    assert_eq!(keys(store, Range::all(A)), [b"a", b"b"]);
}

/// Random batches against the standard library's ordered map, every kind of range after each.
pub(crate) fn it_agrees_with_an_ordered_map_over_random_work(store: &dyn Store) {
    let model = std::cell::RefCell::new(BTreeMap::<Vec<u8>, Vec<u8>>::new());
    let key = || prop::collection::vec(prop_oneof![Just(0u8), Just(97), Just(255)], 0..4);
    let change = (key(), prop::option::of(prop::collection::vec(any::<u8>(), 0..40)));
    let work = (prop::collection::vec(change, 1..30), key(), key(), 0usize..40);
    let mut runner =
        TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&work, |(changes, from, to, limit)| {
        let mut batch = Batch::new();
        let mut model = model.borrow_mut();
        for (key, value) in changes {
            if let Some(value) = value {
                batch.put(A, key.clone(), value.clone());
                model.insert(key, value);
            } else {
                batch.delete(A, key.clone());
                model.remove(&key);
            }
        }
        store.commit(&batch).unwrap();
        let expected: Vec<Row> = model
            .iter()
            .filter(|(key, _)| **key >= from && **key < to)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let range = Range::between(A, &from, &to);
        let short = expected.len().min(limit);
        prop_assert_eq!(&store.scan(&range, limit).unwrap(), &expected[..short]);
        let backward: Vec<Row> = expected.into_iter().rev().take(limit).collect();
        prop_assert_eq!(store.scan(&range.descending(), limit).unwrap(), backward);
        prop_assert_eq!(store.get(A, &from).unwrap(), model.get(&from).cloned());
        Ok(())
    });
    outcome.unwrap();
}

fn commit(store: &dyn Store, batch: &mut Batch) {
    store.commit(batch).unwrap();
}

fn three(store: &dyn Store) {
    let mut batch = Batch::new();
    commit(store, batch.put(A, b"a", b"1").put(A, b"b", b"2").put(A, b"c", b"3"));
}

fn keys(store: &dyn Store, range: Range<'_>) -> Vec<Vec<u8>> {
    store.scan(&range, usize::MAX).unwrap().into_iter().map(|(key, _)| key).collect()
}

/// Reads table A in pages of 7 rows; the first byte of every key, in the order seen.
fn pages(store: &dyn Store, order: Order) -> Vec<u8> {
    let mut seen = Vec::new();
    let mut from = Vec::new();
    let mut to = None::<Vec<u8>>;
    loop {
        let range = Range { table: A, from: &from, to: to.as_deref(), order };
        let page = store.scan(&range, 7).unwrap();
        let Some((last, _)) = page.last() else { return seen };
        match order {
            Order::Ascending => from = Range::after(last),
            Order::Descending => to = Some(last.clone()),
        }
        seen.extend(page.iter().map(|(key, _)| key[0]));
    }
}
