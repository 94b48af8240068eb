//! The store alone: batches of rows as a registrar writes them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use landside_node::store::{Batch, Op, Range, SledStore, Store, StoreOptions, Table, VALUE_MAX};

use crate::rng::Rng;
use crate::{Ack, Plan, Subject, Verdict};

/// Documents, their index, an outbox that is filled and emptied, and case states that are
/// overwritten: one atomic batch a group, numbered by one row.
pub struct StoreRows;

const DOCUMENTS: Table = Table(1);
const IDS: Table = Table(2);
const OUTBOX: Table = Table(3);
const CASES: Table = Table(4);
const HEAD: Table = Table(5);
const TABLES: [Table; 5] = [DOCUMENTS, IDS, OUTBOX, CASES, HEAD];
/// Room for the documents of one batch in the numbers of documents.
const BATCH_ROOM: u64 = 1_000;
/// Batches after which an outbox entry is answered and removed.
const ANSWERED_AFTER: u64 = 3;

type Rows = BTreeMap<(u8, Vec<u8>), Vec<u8>>;

impl Subject for StoreRows {
    fn name(&self) -> &'static str {
        "store"
    }

    fn life_max(&self) -> u64 {
        400
    }

    fn write(&self, dir: &Path, plan: &Plan, ack: Ack<'_>) -> io::Result<()> {
        let store = open(dir).map_err(io::Error::other)?;
        let found = committed(&store).map_err(io::Error::other)?;
        if found > 0 {
            // What an opened store shows is durable, whether or not the last writer could say so.
            ack(&found.to_string())?;
        }
        for number in found + 1..=plan.batches {
            store.commit(&batch(plan, number)).map_err(io::Error::other)?;
            ack(&number.to_string())?;
        }
        Ok(())
    }

    fn check(&self, dir: &Path, plan: &Plan, acked: &[String]) -> Verdict {
        let store = match open(dir) {
            Ok(store) => store,
            Err(error) => return Verdict::NotOpened(error),
        };
        // A batch may be durable and its writer killed before it could say so, hence the last line.
        let acked: u64 = acked.last().and_then(|line| line.parse().ok()).unwrap_or(0);
        let found = match committed(&store) {
            Ok(found) => found,
            Err(error) => return Verdict::NotOpened(error),
        };
        if found < acked {
            return Verdict::Lost(format!("{acked} batches acknowledged, {found} found"));
        }
        if found > acked + 1 {
            return Verdict::Torn(format!("{found} batches found, {acked} acknowledged"));
        }
        match rows(&store) {
            Err(error) => Verdict::NotOpened(error),
            Ok(rows) if rows != model(plan, found) => {
                Verdict::Torn(format!("rows after batch {found} are not what it wrote"))
            }
            Ok(_) => match store.commit(&batch(plan, found + 1)) {
                Ok(()) => Verdict::Whole,
                Err(error) => Verdict::NotOpened(format!("no commit after the cut: {error}")),
            },
        }
    }
}

/// Batch `number` of the plan, the same in every process.
fn batch(plan: &Plan, number: u64) -> Batch {
    let mut rng = Rng::new(plan.seed, 1_000 + number);
    let mut batch = Batch::new();
    let before = number - 1;
    if before == 0 {
        batch.expect_absent(HEAD, b"head");
    } else {
        batch.expect_equals(HEAD, b"head", before.to_be_bytes());
    }
    batch.put(HEAD, b"head", number.to_be_bytes());
    for nth in 0..documents(plan, number) {
        let sequence = (number * BATCH_ROOM + nth).to_be_bytes();
        let len = if rng.between(0, 199) == 0 { VALUE_MAX as u64 } else { rng.between(200, 3_000) };
        batch.put(DOCUMENTS, sequence, rng.bytes(len as usize));
        batch.put(IDS, rng.bytes(32), sequence);
        batch.put(OUTBOX, sequence, rng.bytes(40));
        let case = rng.between(0, 49).to_be_bytes();
        let state = rng.between(100, 900) as usize;
        batch.put(CASES, case, rng.bytes(state));
    }
    if let Some(answered) = number.checked_sub(ANSWERED_AFTER).filter(|answered| *answered > 0) {
        for nth in 0..documents(plan, answered) {
            batch.delete(OUTBOX, (answered * BATCH_ROOM + nth).to_be_bytes());
        }
    }
    batch
}

/// Documents in a batch: mostly a few, now and then a burst.
fn documents(plan: &Plan, number: u64) -> u64 {
    let mut rng = Rng::new(plan.seed, 1_000_000 + number);
    if number.is_multiple_of(25) { 400 } else { rng.between(1, 32) }
}

fn model(plan: &Plan, batches: u64) -> Rows {
    let mut rows = Rows::new();
    for number in 1..=batches {
        for op in batch(plan, number).ops() {
            match op {
                Op::Put { table, key, value } => {
                    rows.insert((table.0, key.clone()), value.clone());
                }
                Op::Delete { table, key } => {
                    rows.remove(&(table.0, key.clone()));
                }
            }
        }
    }
    rows
}

fn rows(store: &SledStore) -> Result<Rows, String> {
    let mut rows = Rows::new();
    for table in TABLES {
        for (key, value) in store.scan(&Range::all(table), usize::MAX).map_err(text)? {
            rows.insert((table.0, key), value);
        }
    }
    Ok(rows)
}

fn committed(store: &SledStore) -> Result<u64, String> {
    let Some(head) = store.get(HEAD, b"head").map_err(text)? else { return Ok(0) };
    head.try_into().map(u64::from_be_bytes).map_err(|_| "head is not a number".to_owned())
}

fn open(dir: &Path) -> Result<SledStore, String> {
    let options = StoreOptions {
        reserve_bytes: 0,
        // The disk under test is simulated; how full this one is makes no difference.
        free_bytes: Arc::new(|_| Ok(u64::MAX)),
        ..StoreOptions::default()
    };
    SledStore::open(dir.join("store"), options).map_err(text)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
