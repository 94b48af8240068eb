//! Questions about logs, and heads with cosignatures, over the links there are.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use landside_proto::directory::Actor;
use landside_proto::session::frame::{About, Ask, Told};
use landside_proto::session::{ASKS_MAX, Session};
use tokio::sync::{mpsc, oneshot};
use tracing::debug;

use super::Exchange;

/// How long a question waits for a link and its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Heads that peers have shown and nobody has looked at; a further one is dropped, the witness shows
/// the next one anyway.
pub(crate) const SHOWN_MAX: usize = 64;

/// A head that a peer shows.
pub(crate) type Shown = (Actor, Vec<u8>);

/// A question got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AskError {
    /// No link came about, or it ended.
    #[error("cannot be reached")]
    NotReached,
    /// The peer took too long.
    #[error("did not answer within {} seconds", ANSWER_WITHIN.as_secs())]
    Late,
}

/// What the rest of the node has a link do.
#[derive(Debug)]
pub(super) enum Request {
    Ask(About, oneshot::Sender<Told>),
    Show(Vec<u8>),
}

/// The questions of one link, both ways.
pub(super) struct Questions {
    asked: HashMap<u64, oneshot::Sender<Told>>,
    requests: mpsc::Receiver<Request>,
    requests_in: mpsc::Sender<Request>,
    told: mpsc::Receiver<Told>,
    told_in: mpsc::Sender<Told>,
}

/// What a link does next about questions.
pub(super) enum Step {
    Request(Request),
    Told(Told),
}

impl Questions {
    pub(super) fn new() -> Self {
        let (requests_in, requests) = mpsc::channel(ASKS_MAX);
        let (told_in, told) = mpsc::channel(ASKS_MAX);
        Self { asked: HashMap::new(), requests, requests_in, told, told_in }
    }

    /// Where others put requests to this link.
    pub(super) fn requests(&self) -> mpsc::Sender<Request> {
        self.requests_in.clone()
    }

    /// Waits for the next step. Both ends of both channels are held here: they never close.
    pub(super) async fn next(&mut self) -> Step {
        loop {
            tokio::select! {
                Some(request) = self.requests.recv() => return Step::Request(request),
                Some(told) = self.told.recv() => return Step::Told(told),
                else => std::future::pending().await,
            }
        }
    }

    /// Takes a step.
    pub(super) fn take(&mut self, step: Step, session: &mut Session, exchange: &Exchange) {
        match step {
            Step::Told(told) => session.handle_told(told),
            Step::Request(Request::Show(note)) => session.show(note),
            // Without room the asker's end is dropped, which it takes for no link.
            Step::Request(Request::Ask(about, asker)) => {
                if let Some(number) = session.ask(about, (exchange.clock)()) {
                    self.asked.insert(number, asker);
                }
            }
        }
    }

    /// Gives the peer's answer to whoever asked.
    pub(super) fn answered(&mut self, told: Told) {
        if let Some(asker) = self.asked.remove(&told.number) {
            // Whoever asked may have stopped waiting.
            let _ = asker.send(told);
        }
    }

    /// Looks an answer up. The session bounds how many are looked up at once.
    pub(super) fn look_up(&self, ask: Ask, exchange: &Arc<Exchange>) {
        let (exchange, told_in) = (Arc::clone(exchange), self.told_in.clone());
        tokio::spawn(async move {
            let looked =
                tokio::task::spawn_blocking(move || exchange.heads.answer(ask, (exchange.clock)()));
            if let Ok(told) = looked.await {
                // The link may have ended meanwhile.
                let _ = told_in.send(told).await;
            }
        });
    }
}

impl Exchange {
    /// Asks a terminal about its log, dialling it if no link stands.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        peer: &Actor,
        about: About,
    ) -> Result<Told, AskError> {
        let _wanted = Wanted::new(self, peer);
        let ask = async {
            let mut opened = self.opened.subscribe();
            loop {
                if let Some(requests) = self.requests_of(peer) {
                    let (asker, answer) = oneshot::channel();
                    if requests.send(Request::Ask(about, asker)).await.is_ok() {
                        return answer.await.map_err(|_| AskError::NotReached);
                    }
                }
                self.calls.call([peer.clone()]);
                opened.changed().await.map_err(|_| AskError::NotReached)?;
            }
        };
        tokio::time::timeout(ANSWER_WITHIN, ask).await.unwrap_or(Err(AskError::Late))
    }

    /// Shows a head to a peer that has a link; without one it sees the next head.
    pub(crate) fn show(&self, peer: &Actor, note: Vec<u8>) {
        match self.requests_of(peer) {
            Some(requests) if requests.try_send(Request::Show(note)).is_ok() => {}
            _ => debug!(%peer, "head not shown: no link, or it is busy"),
        }
    }

    /// Takes a head that a peer shows.
    pub(super) fn shown(&self, peer: &Actor, note: Vec<u8>) {
        if self.heads_in.try_send((peer.clone(), note)).is_err() {
            debug!(%peer, "head dropped: too many at once");
        }
    }

    fn requests_of(&self, peer: &Actor) -> Option<mpsc::Sender<Request>> {
        Some(self.links().of_peer.get(peer)?.last()?.requests.clone())
    }
}

/// A peer that somebody waits to ask: it is dialled as long as this lives.
struct Wanted<'a> {
    exchange: &'a Exchange,
    peer: &'a Actor,
}

impl<'a> Wanted<'a> {
    fn new(exchange: &'a Exchange, peer: &'a Actor) -> Self {
        *exchange.links().wanted.entry(peer.clone()).or_default() += 1;
        Self { exchange, peer }
    }
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        let mut links = self.exchange.links();
        if let Some(count) = links.wanted.get_mut(self.peer) {
            *count -= 1;
            if *count == 0 {
                links.wanted.remove(self.peer);
            }
        }
    }
}
