//! Asking a node within its own process, as over the control socket, in the name of a person.

use std::time::Duration;

use serde_json::Value;

use super::{Answer, Out, WAIT_MAX, done, handle};
use crate::control::{Done, Failure, Request};
use crate::import;
use crate::node::Node;
use crate::people::{self, By};

/// What came of a request: every line, and how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Objects with an `event`.
    pub lines: Vec<Value>,
    /// The end.
    pub done: Done,
}

impl Asked {
    fn of(end: Answer, out: Out) -> Self {
        let lines = match out {
            Out::Kept(lines) => lines,
            Out::Socket(_) | Out::Report(_) => Vec::new(),
        };
        let done = done(end).unwrap_or_else(|error| {
            let failure =
                Failure { code: "node-broken".to_owned(), text: error.to_string(), remedy: None };
            Done { exit: 3, error: Some(failure) }
        });
        Self { lines, done }
    }
}

impl Node {
    /// Asks as over the control socket, in the name of a logged-in person: what that person may not
    /// do is refused, and names in the request are that person's.
    pub async fn ask(&self, by: &By, request: Request) -> Asked {
        let mut out = Out::Kept(Vec::new());
        let end = match people::in_the_name_of(by, request) {
            Ok(request) => handle(self, request, Some(by), &mut out).await,
            Err(end) => Err(end),
        };
        Asked::of(end, out)
    }

    /// Has signed what the bytes of an EDIFACT file say, in the name of a logged-in person; or, with
    /// a preview, only shown what would be.
    pub async fn import(
        &self,
        by: &By,
        mut order: import::ImportOrder,
        patience: Duration,
    ) -> Asked {
        let mut out = Out::Kept(Vec::new());
        order.person = Some(by.name.clone());
        let end = match people::may_import(by) {
            Ok(()) => import::run(self, &mut out, &order, Some(by), patience.min(WAIT_MAX)).await,
            Err(end) => Err(end),
        };
        Asked::of(end, out)
    }
}
