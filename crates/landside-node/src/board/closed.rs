//! Closed cases, to be found by what people know of them: container, plate, driver, bill, case code.
//!
//! They are on no list; a search finds the latest of them beside the open ones. What a node of many
//! years has beyond [`CLOSED_MAX`] is found by its case code or container alone.

use std::collections::{BTreeMap, HashMap};

use landside_proto::case::Case;
use landside_proto::ids::{CaseCode, ContainerNo, PartyId, Plate, UnixMillis};
use serde_json::{Value, json};

use crate::view;

/// Most closed cases that a search looks through, the latest ones: 10 days of a large terminal, in some 25 MB.
pub const CLOSED_MAX: usize = 100_000;

/// Most closed cases that one search gives.
pub const CLOSED_FOUND_MAX: usize = 50;

/// A closed case in one line.
#[derive(Debug, Clone)]
pub(super) struct Past {
    code: CaseCode,
    container: ContainerNo,
    terminal: PartyId,
    plate: Option<Plate>,
    driver: Option<String>,
    left_at: UnixMillis,
    words: String,
}

impl Past {
    /// The line of a case that is closed; `words` are what it is searched by.
    pub(super) fn of(case: &Case, driver: Option<String>, words: String) -> Option<Self> {
        let (_, left_at) = case.gate_out?;
        Some(Self {
            code: case.code,
            container: case.visit.container,
            terminal: case.visit.terminal.clone(),
            plate: case.binding.as_ref().map(|binding| binding.plate.clone()),
            driver,
            left_at,
            words,
        })
    }

    fn view(&self) -> Value {
        let mut view = json!({
            "event": "case-line",
            "code": self.code,
            "container": self.container,
            "terminal": self.terminal,
            "state": "closed",
            "left_at": self.left_at,
        });
        view::put(&mut view, "plate", self.plate.as_ref());
        view::put(&mut view, "driver", self.driver.as_ref());
        view
    }
}

/// The closed cases of a board, in the order in which they left.
#[derive(Default)]
pub(super) struct Closed {
    by_code: HashMap<CaseCode, UnixMillis>,
    order: BTreeMap<(UnixMillis, CaseCode), Past>,
}

impl Closed {
    pub(super) fn set(&mut self, code: CaseCode, past: Option<Past>) {
        if let Some(left_at) = self.by_code.remove(&code) {
            self.order.remove(&(left_at, code));
        }
        let Some(past) = past else { return };
        self.by_code.insert(code, past.left_at);
        self.order.insert((past.left_at, code), past);
        if self.order.len() > CLOSED_MAX
            && let Some(((_, oldest), _)) = self.order.pop_first()
        {
            self.by_code.remove(&oldest);
        }
    }

    /// Those of a search, the latest first, and whether there are more. An empty text finds none.
    pub(super) fn found(&self, text: &str) -> (Vec<Value>, bool) {
        if text.is_empty() {
            return (Vec::new(), false);
        }
        let mut found = self.order.values().rev().filter(|past| past.words.contains(text));
        let some: Vec<Value> = found.by_ref().take(CLOSED_FOUND_MAX).map(Past::view).collect();
        (some, found.next().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(n: usize) -> CaseCode {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&n.to_le_bytes());
        CaseCode::from_seed(&seed)
    }

    fn past(n: usize, words: &str) -> Past {
        Past {
            code: code(n),
            container: ContainerNo::parse("CSQU3054383").unwrap(),
            terminal: PartyId::parse("terminal").unwrap(),
            plate: None,
            driver: None,
            left_at: UnixMillis::from_millis(n as u64),
            words: words.to_owned(),
        }
    }

    fn codes((lines, more): (Vec<Value>, bool)) -> (Vec<String>, bool) {
        (lines.iter().map(|line| line["code"].as_str().unwrap().to_owned()).collect(), more)
    }

    #[test]
    fn a_search_finds_the_latest_and_says_that_there_are_more() {
        let mut closed = Closed::default();
        for n in 0..=CLOSED_FOUND_MAX {
            closed.set(code(n), Some(past(n, "82BKX7 ABC")));
        }
        let (found, more) = codes(closed.found("BKX"));
        assert_eq!((found.len(), more), (CLOSED_FOUND_MAX, true));
        assert_eq!(found[0], code(CLOSED_FOUND_MAX).as_str());
        assert!(!found.contains(&code(0).as_str().to_owned()));
        assert_eq!(codes(closed.found("NOBODY")), (Vec::new(), false));
        assert_eq!(codes(closed.found("")), (Vec::new(), false));
    }

    #[test]
    fn a_case_stands_once_and_goes_when_it_is_no_longer_closed_here() {
        let mut closed = Closed::default();
        closed.set(code(1), Some(past(1, "OLD")));
        closed.set(code(1), Some(Past { left_at: UnixMillis::from_millis(9), ..past(1, "NEW") }));
        assert_eq!(codes(closed.found("OLD")), (Vec::new(), false));
        assert_eq!(codes(closed.found("NEW")).0.len(), 1);
        closed.set(code(1), None);
        assert_eq!(closed.order.len() + closed.by_code.len(), 0);
    }

    #[test]
    fn the_oldest_is_let_go_when_there_are_too_many() {
        let mut closed = Closed::default();
        for n in 0..=CLOSED_MAX {
            closed.set(code(n), Some(past(n, if n == 0 { "FIRST" } else { "OTHER" })));
        }
        assert_eq!(closed.order.len(), CLOSED_MAX);
        assert_eq!(closed.by_code.len(), CLOSED_MAX);
        assert_eq!(codes(closed.found("FIRST")), (Vec::new(), false));
    }
}
