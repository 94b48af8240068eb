//! Requests that name themselves (`Idempotency-Key`): what was answered is kept for a day, so that a
//! request sent again, because the answer was lost, is answered as before and signs nothing twice.
//!
//! A name is taken durably before the request is done, and its answer kept after. Where the node stopped
//! in between, what came of it is not known here: that is said, and nothing is done.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::refusal::Refusal;
use tokio::sync::oneshot;

use crate::group::Group;
use crate::ledger::Read as _;
use crate::node::Node;
use crate::rows::{self, RepeatRow};
use crate::store::StoreError;
use crate::writer::Command;

/// How long an answer is kept: programs that send again do so within a day.
pub const REPEAT_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Most requests kept; the oldest makes place. More than one a second, all day.
pub const REPEATS_MAX: u64 = 100_000;

/// Longest answer kept, in bytes: that of a document many times over. A longer one, as of a large file, is
/// said to have been given.
pub const REPEAT_ANSWER_MAX: usize = 32 * 1024;

/// Most old requests that make place for one new one.
const CLEARED_MAX: usize = 8;

/// A request that names itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Who asks and the name that was chosen, hashed.
    pub name: Hash32,
    /// What is asked, hashed.
    pub asked: Hash32,
}

/// How a request that names itself stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nobody used the name: do it, and say what came of it.
    New,
    /// The same request is being done.
    Running,
    /// The name is that of another request.
    Other,
    /// It was begun, and the node stopped before it ended.
    Unknown,
    /// It was done: status, and the answer if that was not too long to keep.
    Done(u16, Option<Vec<u8>>),
}

/// What changes of requests that name themselves.
pub(crate) enum Change {
    /// One is begun.
    Begin(Named),
    /// One was done.
    Done(Named, u16, Vec<u8>),
    /// One came to nothing: its name is free.
    Forget(Named),
}

/// Those that are being done, since the node started.
#[derive(Default)]
pub(crate) struct Repeats(Mutex<HashSet<Hash32>>);

impl Repeats {
    fn running(&self) -> MutexGuard<'_, HashSet<Hash32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// Takes the name of a request, unless it is taken.
    ///
    /// # Errors
    /// The disk is full, or the node is stopping.
    pub async fn begin_named(&self, named: Named) -> Result<Begun, Refusal> {
        if !self.inner.programs.repeats.running().insert(named.name) {
            return Ok(Begun::Running);
        }
        let begun = self.repeat(Change::Begin(named)).await;
        if !matches!(begun, Ok(Begun::New)) {
            self.inner.programs.repeats.running().remove(&named.name);
        }
        begun
    }

    /// Keeps the answer of a request that [`Node::begin_named`] let begin; without one its name is free.
    ///
    /// # Errors
    /// As there.
    pub async fn end_named(
        &self,
        named: Named,
        answer: Option<(u16, Vec<u8>)>,
    ) -> Result<(), Refusal> {
        let change = match answer {
            Some((status, answer)) => Change::Done(named, status, answer),
            None => Change::Forget(named),
        };
        let ended = self.repeat(change).await.map(drop);
        self.inner.programs.repeats.running().remove(&named.name);
        ended
    }

    async fn repeat(&self, change: Change) -> Result<Begun, Refusal> {
        self.command(|reply| Command::Repeat { change, reply }).await
    }
}

/// Where the writer says how a request stands.
pub(crate) type Reply = oneshot::Sender<Result<Begun, Refusal>>;

/// Makes a change, in the group of the writer.
pub(crate) fn apply(group: &mut Group<'_>, change: Change) -> Result<Begun, StoreError> {
    match change {
        Change::Begin(named) => begin(group, named),
        Change::Done(named, status, answer) => {
            if let Some(row) = row(group, named.name)? {
                let is_long = answer.len() > REPEAT_ANSWER_MAX;
                let answer = if is_long { Vec::new() } else { answer };
                let row = RepeatRow { status, answer, ..row };
                group.put(rows::REPEATS, *named.name.as_bytes(), rows::to_row(&row)?);
            }
            Ok(Begun::New)
        }
        Change::Forget(named) => {
            if let Some(row) = row(group, named.name)? {
                forget(group, row.number, named.name);
            }
            Ok(Begun::New)
        }
    }
}

fn begin(group: &mut Group<'_>, named: Named) -> Result<Begun, StoreError> {
    if let Some(row) = row(group, named.name)? {
        let is_old = UnixMillis::from_millis(row.at).plus(REPEAT_LIFE) <= group.now;
        match (is_old, row.status) {
            (true, _) => forget(group, row.number, named.name),
            (false, _) if row.asked != *named.asked.as_bytes() => return Ok(Begun::Other),
            (false, 0) => return Ok(Begun::Unknown),
            (false, status) => {
                let answer = Some(row.answer).filter(|answer| !answer.is_empty());
                return Ok(Begun::Done(status, answer));
            }
        }
    }
    make_place(group)?;
    let number = group.counters.repeat;
    group.counters.repeat = number.saturating_add(1);
    let (at, asked) = (group.now.as_millis(), *named.asked.as_bytes());
    let row = RepeatRow { at, number, asked, status: 0, answer: Vec::new() };
    group.put(rows::REPEATS, *named.name.as_bytes(), rows::to_row(&row)?);
    group.put(rows::REPEATS_IN_ORDER, number.to_be_bytes(), named.name.as_bytes().to_vec());
    Ok(Begun::New)
}

/// The oldest that are too old, or one too many, go.
fn make_place(group: &mut Group<'_>) -> Result<(), StoreError> {
    let newest = group.counters.repeat;
    for (number, name) in group.first_rows(rows::REPEATS_IN_ORDER, CLEARED_MAX)? {
        let number = rows::number(&number)?;
        let Ok(name) = <[u8; 32]>::try_from(name.as_slice()) else {
            return Err(rows::damaged("name of a request"));
        };
        let name = Hash32::from_bytes(name);
        let at = row(group, name)?.map(|row| UnixMillis::from_millis(row.at));
        let is_old = at.is_none_or(|at| at.plus(REPEAT_LIFE) <= group.now);
        if !is_old && newest.saturating_sub(number) < REPEATS_MAX {
            break;
        }
        forget(group, number, name);
    }
    Ok(())
}

fn row(group: &Group<'_>, name: Hash32) -> Result<Option<RepeatRow>, StoreError> {
    let row = group.get(rows::REPEATS, name.as_bytes())?;
    row.map(|row| rows::from_row(&row)).transpose()
}

fn forget(group: &mut Group<'_>, number: u64, name: Hash32) {
    group.delete(rows::REPEATS, *name.as_bytes());
    group.delete(rows::REPEATS_IN_ORDER, number.to_be_bytes());
}
