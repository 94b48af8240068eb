//! The counters: what people do at each party, asked of that party's own node.

use std::sync::Arc;
use std::time::Duration;

use landside_node::control::{self, Done, Request};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::HELLO;
use super::port::Port;
use crate::exit::Failed;

/// How often a counter looks again.
const LOOK_EVERY: Duration = Duration::from_millis(4);

/// How long a counter waits for an effect before it tries once more: the answer may have been lost
/// with a killed node.
const TRY_AGAIN: Duration = Duration::from_millis(750);

/// How long something may take to happen at all.
const STEP_LIFE: Duration = Duration::from_secs(60);

/// How long the registrar's answer is waited for.
const ANSWER_MS: u64 = 2_000;

/// The counters of all parties.
#[derive(Clone)]
pub(super) struct Desk {
    port: Arc<Port>,
    /// There is one truck: whoever holds this has it at the gate.
    pub(super) truck: Arc<Mutex<()>>,
}

/// A node's whole answer.
pub(super) struct Answer {
    /// Its objects.
    pub(super) objects: Vec<Map<String, Value>>,
    /// How it ended.
    pub(super) done: Done,
}

impl Answer {
    /// The first object of an event.
    pub(super) fn event(&self, name: &str) -> Option<&Map<String, Value>> {
        self.objects.iter().find(|object| object.get("event").is_some_and(|event| event == name))
    }
}

impl Desk {
    pub(super) fn new(port: Arc<Port>) -> Self {
        Self { port, truck: Arc::default() }
    }

    pub(super) fn port(&self) -> &Port {
        &self.port
    }

    /// Asks a party's node; `None` while it cannot be reached.
    pub(super) async fn ask(&self, who: &str, request: &Request) -> Option<Answer> {
        let socket = self.port.member(who).ok()?.home.socket();
        let mut objects = Vec::new();
        let done = control::ask(&socket, request, |object| objects.push(object.clone())).await;
        Some(Answer { objects, done: done.ok()? })
    }

    /// Signs something at a party's node.
    pub(super) async fn issue(&self, who: &str, kind: &str, fields: Value) -> Option<Answer> {
        let Value::Object(fields) = fields else { return None };
        let (kind, to) = (kind.to_owned(), Vec::new());
        let request = Request::Issue { kind, fields, to, person: None, wait_ms: ANSWER_MS };
        self.ask(who, &request).await
    }

    /// A container as a party's node sees it.
    pub(super) async fn status(&self, who: &str, container: &str) -> Option<Value> {
        let answer = self.ask(who, &Request::Status { subject: container.to_owned() }).await?;
        answer.event("case").cloned().map(Value::Object)
    }

    /// Looks until something holds, and does what brings it about: as soon as it can be done, and
    /// again when the effect stays away. Gives what was seen when it held.
    pub(super) async fn bring_about<T, L, D>(
        &self,
        what: &str,
        mut look: impl FnMut() -> L,
        mut act: impl FnMut() -> D,
    ) -> Result<T, Failed>
    where
        L: Future<Output = Option<T>>,
        D: Future<Output = bool>,
    {
        let begun = tokio::time::Instant::now();
        let mut acted: Option<tokio::time::Instant> = None;
        loop {
            if let Some(seen) = look().await {
                return Ok(seen);
            }
            if begun.elapsed() > STEP_LIFE {
                return Err(Failed::broken(
                    "demo-step",
                    format!("{what}: not after {STEP_LIFE:?}"),
                ));
            }
            if acted.is_none_or(|at| at.elapsed() > TRY_AGAIN) && act().await {
                acted = Some(tokio::time::Instant::now());
            } else {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }

    /// Waits until something holds that others bring about.
    pub(super) async fn wait_for<T, L>(
        &self,
        what: &str,
        look: impl FnMut() -> L,
    ) -> Result<T, Failed>
    where
        L: Future<Output = Option<T>>,
    {
        self.bring_about(what, look, || async { true }).await
    }

    /// Waits until every node answers.
    pub(super) async fn wait_for_all(&self) -> Result<(), Failed> {
        for member in self.port.members() {
            let what = format!("{} starts", member.name);
            self.wait_for(&what, || async { self.ask(member.name, &HELLO).await.map(|_| ()) })
                .await?;
        }
        Ok(())
    }

    /// Waits until nothing waits in any outbox.
    pub(super) async fn wait_until_delivered(&self) -> Result<(), Failed> {
        for member in self.port.members() {
            let what = format!("{} delivers everything", member.name);
            self.wait_for(&what, || async {
                let answer = self.ask(member.name, &Request::Outbox).await?;
                answer.objects.is_empty().then_some(())
            })
            .await?;
        }
        Ok(())
    }
}
