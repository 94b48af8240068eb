//! Questions about logs and figures, and heads with cosignatures, over the links there are.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use landside_proto::directory::Actor;
use landside_proto::document::Role;
use landside_proto::figures::Figures;
use landside_proto::ids::UnixMillis;
use landside_proto::session::frame::{About, Ask, Told};
use landside_proto::session::{ASKS_MAX, Session, Violation};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, warn};

use super::Exchange;
use crate::figures::{Period, Sole};

/// How long a question waits for a link and its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How long who asks for figures waits until every case has been looked at.
const FIGURES_WITHIN: Duration = Duration::from_secs(5);

/// Questions looked up at once, of all peers together: what is left of the machine is for the writer
/// and the gate.
pub(super) const LOOK_UPS_MAX: usize = 2;

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
    asks: mpsc::Sender<Ask>,
    told: mpsc::Receiver<Result<Told, Violation>>,
    look_ups: tokio::task::AbortHandle,
}

/// What a link does next about questions.
pub(super) enum Step {
    Request(Request),
    Told(Result<Told, Violation>),
    /// The one that looks answers up is gone, which only happens when the node ends.
    Gone,
}

impl Questions {
    /// Begins to look up what a peer will ask, until this is dropped.
    pub(super) fn new(exchange: &Arc<Exchange>, peer: &Actor) -> Self {
        let (requests_in, requests) = mpsc::channel(ASKS_MAX);
        let (asks, to_look_up) = mpsc::channel(ASKS_MAX);
        let (told_in, told) = mpsc::channel(ASKS_MAX);
        let look_ups = look_up(Arc::clone(exchange), peer.clone(), to_look_up, told_in);
        let look_ups = tokio::spawn(look_ups);
        let look_ups = look_ups.abort_handle();
        Self { asked: HashMap::new(), requests, requests_in, asks, told, look_ups }
    }

    /// Where others put requests to this link.
    pub(super) fn requests(&self) -> mpsc::Sender<Request> {
        self.requests_in.clone()
    }

    /// Waits for the next step.
    pub(super) async fn next(&mut self) -> Step {
        tokio::select! {
            // One sender is held here: this channel never closes.
            Some(request) = self.requests.recv() => Step::Request(request),
            told = self.told.recv() => told.map_or(Step::Gone, Step::Told),
        }
    }

    /// Takes a step.
    ///
    /// # Errors
    /// Why the link ends.
    pub(super) fn take(
        &mut self,
        step: Step,
        session: &mut Session,
        exchange: &Exchange,
    ) -> Result<(), Violation> {
        match step {
            Step::Gone => return Err(Violation::None),
            Step::Told(told) => session.handle_told(told?),
            Step::Request(Request::Show(note)) => session.show(note),
            // Without room the asker's end is dropped, which it takes for no link.
            Step::Request(Request::Ask(about, asker)) => {
                if let Some(number) = session.ask_log(about, (exchange.clock)()) {
                    self.asked.insert(number, asker);
                }
            }
        }
        Ok(())
    }

    /// Gives the peer's answer to whoever asked.
    pub(super) fn answered(&mut self, told: Told) {
        if let Some(asker) = self.asked.remove(&told.number) {
            // Whoever asked may have stopped waiting.
            let _ = asker.send(told);
        }
    }

    /// Has a question of the peer looked up after those before it. The session bounds how many wait.
    pub(super) fn look_up(&self, ask: Ask) {
        // Full or closed only when the link is ending.
        let _ = self.asks.try_send(ask);
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        self.look_ups.abort();
    }
}

/// Looks a link's questions up, one at a time, so that a peer that asks without end waits for itself.
/// No answer says that the log has no such thing when it only cannot be read: then the link ends.
async fn look_up(
    exchange: Arc<Exchange>,
    peer: Actor,
    mut asks: mpsc::Receiver<Ask>,
    told: mpsc::Sender<Result<Told, Violation>>,
) {
    while let Some(ask) = asks.recv().await {
        if let About::Figures { from, until } = ask.about {
            let [from, until] = [from, until].map(UnixMillis::from_millis);
            let figures = exchange.figures_for(&peer, from, until).await;
            let (number, rotations) = (ask.number, Vec::new());
            let answer = Told { number, head: None, proof: None, rotations, figures };
            match told.send(Ok(answer)).await {
                Ok(()) => continue,
                Err(_) => return,
            }
        }
        let Ok(place) = Arc::clone(&exchange.look_ups).acquire_owned().await else { return };
        let heads = Arc::clone(&exchange.heads);
        let now = (exchange.clock)();
        let looked = tokio::task::spawn_blocking(move || {
            // Held to the end of the look, whoever has stopped waiting for it.
            let _place = place;
            heads.answer(ask, now)
        });
        let answer = match looked.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                warn!(%error, "a question about the log cannot be answered");
                Err(Violation::NoRoom)
            }
            Err(_) => Err(Violation::None),
        };
        if told.send(answer).await.is_err() {
            return;
        }
    }
}

impl Exchange {
    /// The figures of this terminal's cases, for a party of its directory.
    async fn figures_for(
        &self,
        peer: &Actor,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Option<Box<Figures>> {
        let is_told = {
            let authorities = self.authorities.borrow();
            let is_terminal = authorities.roles(&self.me).contains(&Role::Terminal);
            is_terminal && peer.party().is_some_and(|p| authorities.directory.party(p).is_some())
        };
        let period = Period::covering(from, until, &self.registrar.config.console.zone).ok()?;
        if !is_told {
            return None;
        }
        self.tally.up_to_date(FIGURES_WITHIN).await;
        // Held while it is counted, and not while cases are read.
        let _place = self.look_ups.acquire().await.ok()?;
        let sole = Sole::of(&self.authorities.borrow().directory);
        Some(Box::new(self.tally.count(period, sole).await))
    }

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
