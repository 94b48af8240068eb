//! Open cases at a glance: what screens list, search and sort without folding every case.
//!
//! A line a case is kept in memory: folded once when the board is made, and again when a document of
//! the case is taken or the time comes at which a fact of it ends. Nothing decides by it: whoever acts
//! on a case reads the case.

mod closed;
mod slots;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landside_proto::case::{Case, Light, SlotState};
use landside_proto::document::Role;
use landside_proto::ids::{BillNo, CaseCode, ContainerNo, DocId, PartyId, Plate, UnixMillis};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tracing::error;

use crate::event::Event;
use crate::ledger::{self, LoadedCase, Read};
use crate::node::{Inner, Node, clock};
use crate::promised::Owed;
use crate::store::StoreError;
use crate::view;

use self::closed::{Closed, Past};
use self::slots::{Visit, Visits};

pub use self::closed::{CLOSED_FOUND_MAX, CLOSED_MAX};
pub use self::slots::{Day, KEPT_FOR, SLOTS_PAGE_MAX, SlotPage};

/// Most lines of one page.
pub const PAGE_MAX: usize = 200;

/// Most cases folded at once before the board looks for news.
const FOLDED_AT_ONCE_MAX: usize = 256;

/// How often the board looks for facts whose time is over.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A case in one line.
#[derive(Debug, Clone)]
struct Line {
    code: CaseCode,
    container: ContainerNo,
    terminal: PartyId,
    bills: Vec<BillNo>,
    plate: Option<Plate>,
    /// Name of the driver, where it is known.
    driver: Option<String>,
    /// Everything it is searched by, as [`words`] has it.
    words: String,
    /// Registration of the first document: how old the case is.
    opened_at: UnixMillis,
    /// Registration of the last one.
    changed_at: UnixMillis,
    lights: [&'static str; 3],
    /// In the order of the case's own list.
    needs: Vec<NeedLine>,
    /// Who is overdue with a need or an answer; a party as often as it is.
    overdue: Vec<String>,
    /// Questions without an answer, and those of them that this party is asked.
    questions: [usize; 2],
    slot: Option<(UnixMillis, UnixMillis)>,
    has_pass: bool,
    admitted: bool,
    /// Whether this party owes the case something, be it an answer.
    mine: bool,
    /// When a fact of it ends.
    ends: Option<UnixMillis>,
}

/// A need of a line.
#[derive(Debug, Clone)]
struct NeedLine {
    code: Cow<'static, str>,
    detail: String,
    owed_by: String,
    owed: Owed,
}

/// Where a line stands in the order of the board: what waits for this party first, then the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place(bool, UnixMillis, CaseCode);

impl Line {
    fn place(&self) -> Place {
        Place(!self.mine, self.opened_at, self.code)
    }

    fn is_of(&self, query: &str) -> bool {
        self.words.contains(query)
    }

    fn view(&self) -> Value {
        let needs: Vec<Value> = self
            .needs
            .iter()
            .map(|need| {
                let NeedLine { code, detail, owed_by, owed } = need;
                let mut view = json!({ "code": code, "detail": detail, "owed_by": owed_by });
                owed.put(&mut view);
                view
            })
            .collect();
        let lights = Light::ALL.iter().zip(self.lights);
        let lights: serde_json::Map<String, Value> =
            lights.map(|(light, colour)| (light.as_str().to_owned(), json!(colour))).collect();
        let mut view = json!({
            "event": "case-line",
            "code": self.code,
            "container": self.container,
            "terminal": self.terminal,
            "state": "open",
            "bills": self.bills,
            "lights": lights,
            "needs": needs,
            "waits_for": self.needs.first().map(|need| &need.owed_by),
            "waits_for_me": self.mine,
            "overdue": !self.overdue.is_empty(),
            "questions": self.questions[0],
            "questions_for_me": self.questions[1],
            "pass": self.has_pass,
            "admitted": self.admitted,
            "opened_at": self.opened_at,
            "changed_at": self.changed_at,
        });
        view::put(&mut view, "plate", self.plate.as_ref());
        view::put(&mut view, "driver", self.driver.as_ref());
        let slot = self.slot.map(|(from, until)| json!({ "from": from, "until": until }));
        view::put(&mut view, "slot", slot);
        view
    }
}

/// Letters and digits only, in capitals: how people search for what is written with signs between.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase()
}

/// What to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Query {
    /// Part of a container number, bill, plate, driver's name or case code; empty for every open case.
    pub text: String,
    /// Only what waits for this party.
    pub mine: bool,
    /// The cursor of the page before.
    pub after: Option<String>,
    /// Most lines, up to [`PAGE_MAX`].
    pub limit: usize,
}

/// A page of the board.
#[derive(Debug, Clone)]
pub struct Page {
    /// Objects with event `case-line`.
    pub lines: Vec<Value>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
    /// Closed cases of the search, beside its first page: the latest first, up to [`CLOSED_FOUND_MAX`].
    pub closed: Vec<Value>,
    /// Whether there are more of those.
    pub closed_more: bool,
    /// Open cases known by now, and how many of them wait for this party.
    pub open: usize,
    /// Those that wait for this party.
    pub mine: usize,
    /// Needs and answers that are overdue in open cases, by the party that owes them, or by the role
    /// while no party is known.
    pub overdue: BTreeMap<String, usize>,
    /// Whether every case has been looked at since the start.
    pub complete: bool,
}

/// The board of a node. Cheap to clone; every clone is the same board.
#[derive(Clone)]
pub struct Board {
    lines: Arc<Mutex<Lines>>,
    changes: watch::Receiver<u64>,
}

#[derive(Default)]
struct Lines {
    by_code: HashMap<CaseCode, Place>,
    order: BTreeMap<Place, Line>,
    ends: BTreeSet<(UnixMillis, CaseCode)>,
    mine: usize,
    overdue: BTreeMap<String, usize>,
    complete: bool,
    visits: Visits,
    closed: Closed,
}

impl Lines {
    fn remove(&mut self, code: CaseCode) {
        let place = self.by_code.remove(&code);
        if let Some(line) = place.and_then(|place| self.order.remove(&place)) {
            self.mine -= usize::from(line.mine);
            for who in &line.overdue {
                if let Some(count) = self.overdue.get_mut(who) {
                    *count = count.saturating_sub(1);
                }
            }
            self.overdue.retain(|_, count| *count > 0);
            if let Some(at) = line.ends {
                self.ends.remove(&(at, code));
            }
        }
    }

    fn set(&mut self, code: CaseCode, line: Option<Line>) {
        self.remove(code);
        let Some(line) = line else { return };
        self.mine += usize::from(line.mine);
        for who in &line.overdue {
            *self.overdue.entry(who.clone()).or_default() += 1;
        }
        if let Some(at) = line.ends {
            self.ends.insert((at, code));
        }
        self.by_code.insert(code, line.place());
        self.order.insert(line.place(), line);
    }
}

impl Board {
    /// A page of open cases: what waits for this party first, the oldest first.
    ///
    /// # Errors
    /// The cursor is none of this board's.
    pub fn page(&self, query: &Query) -> Result<Page, String> {
        let after = query.after.as_deref().map(cursor).transpose()?;
        let limit = query.limit.clamp(1, PAGE_MAX);
        let text = plain(&query.text);
        let lines = self.lines();
        let from = match after {
            Some(place) => std::ops::Bound::Excluded(place),
            None => std::ops::Bound::Unbounded,
        };
        let mut found = lines
            .order
            .range((from, std::ops::Bound::Unbounded))
            .take_while(|(place, _)| !query.mine || !place.0)
            .map(|(_, line)| line)
            .filter(|line| text.is_empty() || line.is_of(&text));
        let page: Vec<&Line> = found.by_ref().take(limit).collect();
        let more = found.next().is_some();
        let next = page.last().filter(|_| more).map(|line| written(line.place()));
        let is_first = after.is_none() && !query.mine;
        let (closed, closed_more) = lines.closed.found(if is_first { &text } else { "" });
        Ok(Page {
            lines: page.into_iter().map(Line::view).collect(),
            next,
            closed,
            closed_more,
            open: lines.by_code.len(),
            mine: lines.mine,
            overdue: lines.overdue.clone(),
            complete: lines.complete,
        })
    }

    /// Rises with each change of the board.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place as a cursor: `0` or `1`, the milliseconds, the case code.
fn written(Place(others, at, code): Place) -> String {
    format!("{}.{}.{code}", u8::from(others), at.as_millis())
}

fn cursor(text: &str) -> Result<Place, String> {
    let read = || {
        let mut parts = text.splitn(3, '.');
        let others = match parts.next()? {
            "0" => false,
            "1" => true,
            _ => return None,
        };
        let at = UnixMillis::from_millis(parts.next()?.parse().ok()?);
        Some(Place(others, at, CaseCode::parse(parts.next()?).ok()?))
    };
    read().ok_or_else(|| "the cursor is not one that a page gave".to_owned())
}

impl Node {
    /// Makes the board of open cases, and what fills it and keeps it up to date for as long as it is
    /// awaited.
    pub fn board(&self) -> (Board, impl Future<Output = ()> + Send + use<>) {
        let (changed, changes) = watch::channel(0);
        let board = Board { lines: Arc::default(), changes };
        (board.clone(), keep(self.clone(), board, changed))
    }
}

/// Keeps a board up to date.
async fn keep(node: Node, board: Board, changed: watch::Sender<u64>) {
    let mut events = node.events();
    let mut authorities = node.inner.authorities.clone();
    let mut edition = authorities.borrow_and_update().directory.edition().number;
    let mut dirty = BTreeSet::new();
    // Every case there is, a page at a time, with news between.
    let mut to_fill = Some(None);
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        if let Some(after) = to_fill.take() {
            match node
                .read(move |inner| ledger::case_codes(inner.store.as_ref(), after, ledger::PAGE))
                .await
            {
                Ok(codes) => {
                    match codes.last() {
                        Some(last) if codes.len() == ledger::PAGE => to_fill = Some(Some(*last)),
                        _ => board.lines().complete = true,
                    }
                    dirty.extend(codes);
                }
                Err(error) => {
                    error!(%error, "the cases cannot be listed");
                    return;
                }
            }
        }
        if !dirty.is_empty() {
            if let Err(error) = refresh(&node, &board, &mut dirty).await {
                error!(%error, "a case cannot be read");
            }
            changed.send_modify(|count| *count = count.wrapping_add(1));
        }
        let busy = to_fill.is_some() || !dirty.is_empty();
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Ok(event) => note(&node, &event, &mut dirty),
                // What was missed may be of any case.
                Err(RecvError::Lagged(_)) => to_fill = Some(None),
                Err(RecvError::Closed) => return,
            },
            Ok(()) = authorities.changed() => {
                // Another edition may give this party other roles, and so other things to do.
                let now = authorities.borrow_and_update().directory.edition().number;
                if now != edition {
                    (edition, to_fill) = (now, Some(None));
                }
            }
            () = std::future::ready(()), if busy => {}
            _ = look.tick() => board.over(clock(), &mut dirty),
        }
        // What else happened already shares the next fold.
        while let Ok(event) = events.try_recv() {
            note(&node, &event, &mut dirty);
        }
    }
}

/// Notes which case an event is about.
pub(crate) fn note(node: &Node, event: &Event, dirty: &mut BTreeSet<CaseCode>) {
    match event {
        Event::Taken { case: Some(code), .. } => drop(dirty.insert(*code)),
        Event::Taken { document, case: None, .. } => dirty.extend(case_of(node, *document)),
        Event::Answered { document, entry } => {
            let said = entry.position.and_then(|position| position.case).map(|case| case.code);
            dirty.extend(said.or_else(|| case_of(node, *document)));
        }
    }
}

fn case_of(node: &Node, document: DocId) -> Option<CaseCode> {
    let row = Read::id_row(node.inner.store.as_ref(), document).ok()??;
    row.position?.position().ok()?.case.map(|case| case.code)
}

/// Folds some of the cases anew.
async fn refresh(
    node: &Node,
    board: &Board,
    dirty: &mut BTreeSet<CaseCode>,
) -> Result<(), StoreError> {
    let mut some = Vec::new();
    while some.len() < FOLDED_AT_ONCE_MAX
        && let Some(code) = dirty.pop_first()
    {
        some.push(code);
    }
    let folded = node.read(move |inner| {
        let now = clock();
        let mut lines = Vec::with_capacity(some.len());
        for code in some {
            let loaded = ledger::load_case(inner.store.as_ref(), code)?;
            let visit = loaded.as_ref().and_then(|loaded| Visit::of(&loaded.case, now));
            let closed = loaded.as_ref().and_then(|loaded| past(inner, &loaded.case, now));
            lines.push((code, loaded.and_then(|loaded| line(inner, &loaded, now)), visit, closed));
        }
        Ok(lines)
    });
    let folded = folded.await?;
    let mut lines = board.lines();
    for (code, line, visit, closed) in folded {
        lines.set(code, line);
        lines.visits.set(code, visit);
        lines.closed.set(code, closed);
    }
    Ok(())
}

impl Board {
    /// Cases of which a fact has ended.
    fn over(&self, now: UnixMillis, dirty: &mut BTreeSet<CaseCode>) {
        let mut lines = self.lines();
        lines.visits.forget(now);
        dirty.extend(lines.ends.iter().take_while(|(at, _)| *at < now).map(|(_, code)| *code));
    }
}

/// Name of the driver of a case, by the haulier's word.
fn driver(node: &Inner, case: &Case, now: UnixMillis) -> Option<String> {
    let key = case.binding.as_ref()?.driver.id();
    view::driver_name(&node.authorities.borrow(), key, now)
}

/// What a case is searched by: each as [`plain`] has it, with spaces between.
fn words(case: &Case, driver: Option<&str>) -> String {
    let plate = case.binding.as_ref().map(|binding| binding.plate.as_str());
    let mut words = [case.code.as_str(), case.visit.container.as_str()].map(plain).join(" ");
    for word in case.releases.keys().map(BillNo::as_str).chain(plate).chain(driver) {
        words.push(' ');
        words.push_str(&plain(word));
    }
    words
}

fn past(node: &Inner, case: &Case, now: UnixMillis) -> Option<Past> {
    case.gate_out?;
    let driver = driver(node, case, now);
    let words = words(case, driver.as_deref());
    Past::of(case, driver, words)
}

/// The line of an open case.
fn line(node: &Inner, loaded: &LoadedCase, now: UnixMillis) -> Option<Line> {
    let case = &loaded.case;
    if case.is_closed() {
        return None;
    }
    let needs = if loaded.incomplete { Vec::new() } else { case.needs_seen_by(&node.me, now) };
    let authorities = node.authorities.borrow();
    let roles = authorities.roles(&node.me);
    let owes = |who: &str| {
        node.me.party().is_some_and(|party| party.as_str() == who)
            || roles.iter().any(|role: &Role| role.as_str() == who)
    };
    let known = !loaded.incomplete && case.knows_lights();
    let colour = |light: Light| match known {
        true => case.colour(light, now).as_str(),
        false => "unknown",
    };
    let slot = match &case.slot {
        SlotState::Granted(granted) => Some((granted.window.from, granted.window.until)),
        _ => None,
    };
    let admitted = matches!(case.decision, Some((_, landside_proto::document::Verdict::Admit)));
    let bills: Vec<BillNo> = case.releases.keys().cloned().collect();
    let plate = case.binding.as_ref().map(|binding| binding.plate.clone());
    let driver = driver(node, case, now);
    let open = case.open_questions();
    let asked_me = open.iter().filter(|(_, q)| node.me.party() == Some(&q.to)).count();
    let needs: Vec<NeedLine> = needs
        .into_iter()
        .map(|need| {
            let owed = node.promised.of_need(case, &need, now);
            let detail = need.in_full();
            NeedLine { code: need.code, detail, owed_by: need.owed_by, owed }
        })
        .collect();
    let late = needs.iter().filter(|need| need.owed.overdue).map(|need| need.owed_by.clone());
    let unanswered = open.iter().filter(|(_, q)| q.is_overdue(now)).map(|(_, q)| q.to.to_string());
    let promised = needs.iter().filter_map(|need| need.owed.promised_at);
    let promised = promised.chain(open.iter().map(|(_, q)| q.answer_by)).filter(|at| *at >= now);
    Some(Line {
        code: case.code,
        container: case.visit.container,
        terminal: case.visit.terminal.clone(),
        bills,
        plate,
        words: words(case, driver.as_deref()),
        driver,
        opened_at: case.steps.first().map_or(now, |step| step.at),
        changed_at: case.steps.last().map_or(now, |step| step.at),
        lights: Light::ALL.map(colour),
        mine: asked_me > 0 || needs.iter().any(|need| owes(&need.owed_by)),
        overdue: late.chain(unanswered).collect(),
        questions: [open.len(), asked_me],
        slot,
        has_pass: case.living_pass(now).is_some(),
        admitted,
        ends: case.next_end(now).into_iter().chain(promised).min(),
        needs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(code: &str, others: bool, ms: u64) -> Place {
        Place(others, UnixMillis::from_millis(ms), CaseCode::parse(code).unwrap())
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let place = at("7K3M-Q2ZC-4", true, 17);
        assert_eq!(cursor(&written(place)), Ok(place));
        for wrong in
            ["", "2.17.7K3M-Q2ZC-4", "1.x.7K3M-Q2ZC-4", "1.17", "1.17.7K3M", "1.17.7K3M-Q2ZC-4.1"]
        {
            assert!(cursor(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_waits_for_this_party_comes_first_and_the_oldest_of_it() {
        let [mine_old, mine_new, others] =
            [("7K3M-Q2ZC-4", false, 5), ("7K3M-Q2ZC-4", false, 9), ("7K3M-Q2ZC-4", true, 1)]
                .map(|(code, others, ms)| at(code, others, ms));
        assert!(mine_old < mine_new && mine_new < others);
    }

    #[test]
    fn people_search_without_signs_between() {
        assert_eq!(plain("1-abc 234"), "1ABC234");
        assert_eq!(plain("沪A·12345"), "沪A12345");
    }
}
