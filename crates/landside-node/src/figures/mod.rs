//! Figures over a period: how long the steps took, who held cases, which promises were kept.
//!
//! A row a case is kept in memory (`row`), folded from the case's documents when somebody asks for
//! the first time, and again when a document of the case is taken or a fact of it ends. Who never
//! asks pays nothing.

mod period;
mod row;
mod sole;
mod sum;
#[cfg(test)]
mod tests;
mod view;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landside_proto::case::CaseFigures;
use landside_proto::directory::Actor;
use landside_proto::figures::Figures;
use landside_proto::ids::{CaseCode, UnixMillis};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};

use crate::board;
use crate::ledger;
use crate::node::{Node, clock};
use crate::promised::Promised;
use crate::store::{Store, StoreError};

pub(crate) use self::period::Period;
use self::row::{Names, Row, Second};
pub(crate) use self::sole::Sole;
use self::sum::Sum;
pub(crate) use self::view::{CHARTS, chart, line};

/// How long a case that is over counts: a year, and the month before it to compare with.
pub const KEPT_FOR: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Most cases that are over and count: half a million take about 220 MB. Beyond it the oldest go.
pub const OVER_MAX: usize = 500_000;

/// Most who wait for figures at once; further ones wait to wait.
const WAITING_MAX: usize = 64;

/// Most cases folded at once before news are looked for.
const FOLDED_AT_ONCE_MAX: usize = 256;

/// How often cases that changed are folded while nobody asks.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The figures of a node. Cheap to clone; every clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    rows: Arc<Mutex<Rows>>,
    wanted: mpsc::Sender<oneshot::Sender<()>>,
}

/// What [`keep`] is told.
pub(crate) type Wanted = mpsc::Receiver<oneshot::Sender<()>>;

#[derive(Debug, Default)]
struct Rows {
    names: Names,
    /// Cases that are not over, and when a fact of each ends by itself.
    open: HashMap<CaseCode, (Row, Option<UnixMillis>)>,
    ends: BTreeSet<(UnixMillis, CaseCode)>,
    /// By their last moment. The code is always there; a bound of a range has none and stands before all.
    over: BTreeMap<(Second, Option<CaseCode>), Row>,
    over_at: HashMap<CaseCode, Second>,
    /// Cases of which documents are missing here.
    incomplete: BTreeSet<CaseCode>,
    complete: bool,
    /// Cases over before this are not known any more.
    known_from: Option<Second>,
}

impl Rows {
    fn remove(&mut self, code: CaseCode) {
        if let Some((_, Some(ends))) = self.open.remove(&code) {
            self.ends.remove(&(ends, code));
        }
        if let Some(at) = self.over_at.remove(&code) {
            self.over.remove(&(at, Some(code)));
        }
        self.incomplete.remove(&code);
    }

    fn set(&mut self, code: CaseCode, folded: Folded, promised: &Promised, now: UnixMillis) {
        self.remove(code);
        let figures = match folded {
            Folded::Figures(figures) => figures,
            Folded::Incomplete => {
                self.incomplete.insert(code);
                return;
            }
            Folded::Nothing => return,
        };
        let row = Row::of(&figures, promised, &mut self.names);
        match row.over() {
            None => {
                self.ends.extend(figures.ends.map(|ends| (ends, code)));
                self.open.insert(code, (row, figures.ends));
            }
            Some(at) => {
                self.over_at.insert(code, at);
                self.over.insert((at, Some(code)), row);
                self.forget(now, OVER_MAX);
            }
        }
    }

    /// Lets go of what is long over, and of the oldest beyond `most`.
    fn forget(&mut self, now: UnixMillis, most: usize) {
        let kept_from = now.as_millis().saturating_sub(millis(KEPT_FOR));
        let kept_from = Second::of(UnixMillis::from_millis(kept_from));
        while let Some(first) = self.over.first_entry() {
            let (at, code) = *first.key();
            if at >= kept_from && self.over_at.len() <= most {
                return;
            }
            if at >= kept_from && self.known_from.is_none() {
                warn!(most, "figures: the oldest cases that are over do not count any more");
            }
            first.remove();
            self.known_from = self.known_from.max(Some(at));
            if let Some(code) = code {
                self.over_at.remove(&code);
            }
        }
    }

    /// Cases of which a fact has ended.
    fn ended(&self, now: UnixMillis) -> impl Iterator<Item = CaseCode> {
        self.ends.iter().take_while(move |(at, _)| *at < now).map(|(_, code)| *code)
    }

    fn figures(&self, period: &Period, sole: &Sole, now: UnixMillis) -> Figures {
        let mut sum = Sum::new(period, (&self.names, sole), now);
        let from = (Second::of(period.from()), None);
        for row in self.over.range(from..).map(|(_, row)| row) {
            sum.add(row);
        }
        for (row, _) in self.open.values() {
            sum.add(row);
        }
        let known_from = self.known_from.and_then(Second::come);
        Figures {
            complete: self.complete,
            incomplete: u32::try_from(self.incomplete.len()).unwrap_or(u32::MAX),
            known_from: known_from.map_or(0, UnixMillis::as_millis),
            ..sum.done()
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl Tally {
    /// Figures that nobody has counted yet, and the ears of who will.
    pub(crate) fn new() -> (Self, Wanted) {
        let (wanted, heard) = mpsc::channel(WAITING_MAX);
        (Self { rows: Arc::default(), wanted }, heard)
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Comes back when every case has been looked at, and all that was taken before; after `patience`
    /// in any case.
    pub(crate) async fn up_to_date(&self, patience: Duration) {
        let (reply, told) = oneshot::channel();
        let up_to_date = async {
            if self.wanted.send(reply).await.is_ok() {
                // An end without a word is a store that cannot be read: said in the log.
                let _ = told.await;
            }
        };
        let _ = tokio::time::timeout(patience, up_to_date).await;
    }

    /// Figures of a period, of what has been looked at by now.
    pub(crate) async fn count(&self, period: Period, sole: Sole) -> Figures {
        let (tally, at) = (self.clone(), period.until());
        let counted =
            tokio::task::spawn_blocking(move || tally.rows().figures(&period, &sole, clock()))
                .await;
        // A panic there is a bug, and what is left of an answer says that it is not complete.
        counted.unwrap_or_else(|_| Figures { until: at.as_millis(), ..Figures::default() })
    }
}

/// What became of a case that was to be folded.
enum Folded {
    Figures(Box<CaseFigures>),
    Incomplete,
    Nothing,
}

fn fold(
    store: &dyn Store,
    code: CaseCode,
    reader: &Actor,
    now: UnixMillis,
) -> Result<Folded, StoreError> {
    let documents = ledger::case_documents(store, code)?;
    let place = |at: usize| documents.get(at).and_then(|(_, position, _)| position.case);
    let is_part = place(0).is_some_and(|case| case.place > 0);
    let has_gap = (0..documents.len())
        .any(|at| place(at).is_some_and(|case| u32::try_from(at) != Ok(case.place)));
    if has_gap && !is_part {
        return Ok(Folded::Incomplete);
    }
    let documents = documents.iter().map(|(stored, position, _)| (&stored.signed, *position));
    let figures = CaseFigures::of(documents, reader, now);
    Ok(figures.map_or(Folded::Nothing, |figures| Folded::Figures(Box::new(figures))))
}

/// Keeps the figures of a node up to date from the first time that somebody wants them.
pub(crate) async fn keep(node: Node, tally: Tally, mut wanted: Wanted) {
    let Some(first) = wanted.recv().await else { return };
    let mut events = node.events();
    let mut keeper = Keeper { node, tally, dirty: BTreeSet::new(), to_fill: Some(None) };
    let (mut waiting, mut is_due) = (vec![first], true);
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        // What was taken before somebody asked is in what it gets.
        loop {
            match events.try_recv() {
                Ok(event) => board::note(&keeper.node, &event, &mut keeper.dirty),
                // What was missed may be of any case.
                Err(TryRecvError::Lagged(_)) => keeper.to_fill = Some(None),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if is_due && keeper.is_behind() {
            if let Err(error) = keeper.work().await {
                error!(%error, "figures: a case cannot be read");
                waiting.clear();
            }
        } else if is_due {
            is_due = false;
            for waits in waiting.drain(..) {
                // Whoever asked may have stopped waiting.
                let _ = waits.send(());
            }
        }
        tokio::select! {
            biased;
            asked = wanted.recv() => match asked {
                Some(asked) => {
                    waiting.retain(|waits| !waits.is_closed());
                    waiting.push(asked);
                    is_due = true;
                }
                None => return,
            },
            event = events.recv() => match event {
                Ok(event) => board::note(&keeper.node, &event, &mut keeper.dirty),
                Err(RecvError::Lagged(_)) => keeper.to_fill = Some(None),
                Err(RecvError::Closed) => return,
            },
            () = std::future::ready(()), if is_due => {}
            _ = look.tick() => is_due = true,
        }
        if is_due {
            let ended: Vec<_> = keeper.tally.rows().ended(clock()).collect();
            keeper.dirty.extend(ended);
        }
    }
}

struct Keeper {
    node: Node,
    tally: Tally,
    /// Cases to fold anew.
    dirty: BTreeSet<CaseCode>,
    /// After which case to go on with all that there are.
    to_fill: Option<Option<CaseCode>>,
}

impl Keeper {
    fn is_behind(&self) -> bool {
        self.to_fill.is_some() || !self.dirty.is_empty()
    }

    /// Lists a page of cases, or folds some.
    async fn work(&mut self) -> Result<(), StoreError> {
        if self.dirty.is_empty()
            && let Some(after) = self.to_fill.take()
        {
            let page = move |store: &dyn Store| ledger::case_codes(store, after, ledger::PAGE);
            let codes = self.node.read(move |inner| page(inner.store.as_ref())).await?;
            if let Some(last) = codes.last().filter(|_| codes.len() == ledger::PAGE) {
                self.to_fill = Some(Some(*last));
            }
            self.dirty.extend(codes);
        }
        let mut some = Vec::new();
        while some.len() < FOLDED_AT_ONCE_MAX
            && let Some(code) = self.dirty.pop_first()
        {
            some.push(code);
        }
        let (tally, is_last) = (self.tally.clone(), !self.is_behind());
        self.node
            .read(move |inner| {
                let now = clock();
                for code in some {
                    let folded = fold(inner.store.as_ref(), code, &inner.me, now)?;
                    tally.rows().set(code, folded, &inner.promised, now);
                }
                let mut rows = tally.rows();
                rows.complete |= is_last;
                Ok(())
            })
            .await
    }
}
