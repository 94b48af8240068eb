//! One link: the shell around a [`Session`].

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use landside_proto::directory::{Actor, Chain};
use landside_proto::document::{Document, Entry, Outcome, Receipt, Role};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::DocId;
use landside_proto::refusal::{Code, Refusal};
use landside_proto::session::frame::{
    self, Answer, BATCH_BYTES_MAX, BATCH_DISCLOSURES_MAX, BATCH_DOCUMENTS_MAX, Deliver, Disclosed,
    Frame, PREFIX_LEN, Want,
};
use landside_proto::session::{EDITION_LIFE, Output, Session, Violation, WINDOW};
use quinn::{RecvStream, SendStream, VarInt};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::questions::Questions;
use super::{Exchange, LinkHandle, close, dial, tls};
use crate::grants;
use crate::intake::{Delivered, Opened, Registration};
use crate::ledger::{self, Read};
use crate::rotations;
use crate::rows;
use crate::store::{Store, StoreError};
use crate::writer::Command;

/// Frames written ahead of the network; a peer that does not read stops its own link here.
const WRITES_MAX: usize = 2 * WINDOW;

/// Documents verified by one thread at least, so that small batches stay on one.
const VERIFY_SHARE_MIN: usize = 16;

/// Longest life of a link that was dialled to compare directory editions and nothing else.
const COMPARED_LIFE: Duration = Duration::from_secs(300);

/// Who opened the connection. The dialler opens the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Dialled,
    /// Dialled to compare directory editions: it ends when the two sides have the same.
    Compared,
    Accepted,
}

/// Runs a link to its end.
pub(super) async fn serve(exchange: &Arc<Exchange>, connection: quinn::Connection, side: Side) {
    // A key that was listed at the handshake may be gone by now.
    let Some(peer) = tls::peer_key(&connection).and_then(|key| exchange.actor_of(&key)) else {
        return close(&connection, Violation::UnknownKey);
    };
    let streams = async {
        match side {
            Side::Dialled | Side::Compared => connection.open_bi().await,
            Side::Accepted => connection.accept_bi().await,
        }
    };
    let limit = landside_proto::session::HELLO_LIFE;
    let Ok(Ok((send, receive))) = tokio::time::timeout(limit, streams).await else {
        return close(&connection, Violation::Timeout);
    };
    Link::new(exchange, connection, peer, side).run(send, receive).await;
}

/// Where the receipt for a batch comes from.
type Judged = oneshot::Receiver<Result<Signed<Document>, Refusal>>;

/// A batch on its way: number in the outbox and id of each document.
type Sent = Vec<(u64, DocId)>;

struct Link {
    exchange: Arc<Exchange>,
    connection: quinn::Connection,
    peer: Actor,
    session: Session,
    /// Batches that the peer has not answered.
    sent: HashMap<u64, Sent>,
    /// Number in the outbox of the last document sent.
    cursor: Option<u64>,
    /// When to look at the outbox from its start again.
    look_again: Instant,
    questions: Questions,
    handle: Option<LinkHandle>,
    /// The directory editions of this node, as they come.
    chain: watch::Receiver<Arc<Chain>>,
    turn: Turn,
    /// When a link that only compares editions is given up.
    compares_until: Option<Instant>,
}

/// A place among the peers that are asked for an edition at once: each can make the node hold one.
enum Turn {
    NotWanted,
    Waiting(Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>),
    /// Held until the edition is judged.
    Held(Place),
}

/// A place that no peer keeps for longer than a bundle may take, whatever keeps the link busy.
struct Place {
    _place: OwnedSemaphorePermit,
    guard: tokio::task::JoinHandle<()>,
}

impl Place {
    fn taken(place: OwnedSemaphorePermit, connection: &quinn::Connection) -> Self {
        let connection = connection.clone();
        let guard = tokio::spawn(async move {
            tokio::time::sleep(EDITION_LIFE).await;
            close(&connection, Violation::Timeout);
        });
        Self { _place: place, guard }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.guard.abort();
    }
}

impl Turn {
    /// Comes back with the turn; not at all while none is waited for.
    async fn comes(&mut self) -> Option<OwnedSemaphorePermit> {
        match self {
            Self::Waiting(place) => place.await.ok(),
            Self::NotWanted | Self::Held(_) => std::future::pending().await,
        }
    }
}

/// Ends a link.
struct End(Violation);

impl Link {
    fn new(
        exchange: &Arc<Exchange>,
        connection: quinn::Connection,
        peer: Actor,
        side: Side,
    ) -> Self {
        let chain = exchange.editions.chain();
        let now = (exchange.clock)();
        let editions = Arc::clone(&chain.borrow());
        let session = Session::new(exchange.me.clone(), peer.clone(), editions, now);
        let (questions, exchange) = (Questions::new(exchange, &peer), Arc::clone(exchange));
        Self {
            look_again: Instant::now() + exchange.look_again_after(),
            exchange,
            connection,
            peer,
            session,
            sent: HashMap::new(),
            cursor: None,
            questions,
            handle: None,
            chain,
            turn: Turn::NotWanted,
            compares_until: (side == Side::Compared).then(|| Instant::now() + COMPARED_LIFE),
        }
    }

    async fn run(mut self, send: SendStream, receive: RecvStream) {
        let (frames_in, mut frames) = mpsc::channel(1);
        let (writes, writes_out) = mpsc::channel(WRITES_MAX);
        let (judge, to_judge) = mpsc::channel(WINDOW);
        let (judged_in, mut judged) = mpsc::channel(WINDOW);
        let tasks = [
            tokio::spawn(read_frames(receive, frames_in)),
            tokio::spawn(write_frames(send, writes_out)),
            tokio::spawn(judge_batches(
                Arc::clone(&self.exchange),
                self.peer.clone(),
                to_judge,
                judged_in,
            )),
        ];
        let End(why) = loop {
            if let Err(end) = self.outputs(&writes, &judge).await {
                break end;
            }
            if let Err(end) = self.send_waiting().await {
                break end;
            }
            self.look_for_editions();
            if self.session.has_output() {
                continue;
            }
            if self.has_compared() {
                break End(Violation::None);
            }
            let step = self.wait(&mut frames, &mut judged).await;
            if let Err(end) = step {
                break end;
            }
        };
        drop(writes);
        close(&self.connection, why);
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        if let Some(handle) = &self.handle {
            self.exchange.unregister(&self.peer, handle.number);
        }
        if let Some(quinn::ConnectionError::ApplicationClosed(closed)) =
            self.connection.close_reason()
            && closed.error_code == VarInt::from_u32(Violation::UnknownKey.code())
        {
            warn!(peer = %self.peer, "the peer ended the link: it does not list this node's key");
        }
        if why != Violation::None {
            debug!(peer = %self.peer, %why, "link given up");
        }
    }

    /// Waits for the next thing to happen.
    async fn wait(
        &mut self,
        frames: &mut mpsc::Receiver<Result<Frame, Violation>>,
        judged: &mut mpsc::Receiver<Result<(u64, Vec<u8>), Violation>>,
    ) -> Result<(), End> {
        let wake = self.handle.as_ref().map(|handle| Arc::clone(&handle.wake));
        let woken = async {
            match wake {
                Some(wake) => wake.notified().await,
                None => std::future::pending().await,
            }
        };
        let now = (self.exchange.clock)();
        let patience = self.session.deadline().map_or(Duration::MAX, |at| at.since(now));
        let until = self.compares_until.map_or(self.look_again, |at| at.min(self.look_again));
        let (turn, chain, questions) = (&mut self.turn, &mut self.chain, &mut self.questions);
        tokio::select! {
            frame = frames.recv() => match frame {
                Some(Ok(frame)) => self.session.handle_frame(frame),
                Some(Err(violation)) => return Err(End(violation)),
                None => return Err(End(Violation::None)),
            },
            answer = judged.recv() => match answer {
                Some(Ok((batch, receipt))) => self.session.handle_judged(batch, receipt),
                Some(Err(violation)) => return Err(End(violation)),
                None => return Err(End(Violation::None)),
            },
            () = woken => {}
            step = questions.next() => {
                self.questions.take(step, &mut self.session, &self.exchange).map_err(End)?;
            }
            changed = chain.changed() => match changed {
                // Whom the new edition leaves out hears no more.
                Ok(()) if !self.exchange.is_listed(&self.peer, &self.connection) => {
                    return Err(End(Violation::UnknownKey));
                }
                Ok(()) => self.tell_of_editions(),
                Err(_) => return Err(End(Violation::None)),
            },
            Some(place) = turn.comes() => {
                self.turn = Turn::Held(Place::taken(place, &self.connection));
                self.session.ask((self.exchange.clock)());
            }
            () = tokio::time::sleep_until(until) => {
                // What a peer could not take yet was passed over, and so was an answer for which
                // there was no room: they come again once nothing else is on its way.
                if self.sent.is_empty() {
                    self.cursor = None;
                }
                self.look_again = Instant::now() + self.exchange.look_again_after();
            }
            () = tokio::time::sleep(patience) => {
                self.session.handle_timeout((self.exchange.clock)());
            }
        }
        Ok(())
    }

    /// Does what the session asks for.
    async fn outputs(
        &mut self,
        writes: &mpsc::Sender<Vec<u8>>,
        judge: &mpsc::Sender<Deliver>,
    ) -> Result<(), End> {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Send(frame) => {
                    let bytes = frame::encode(&frame).map_err(|_| End(Violation::Frame))?;
                    writes.send(bytes).await.map_err(|_| End(Violation::None))?;
                }
                Output::Opened { directory } => {
                    let (mine, _) = self.chain.borrow().newest();
                    if directory > mine {
                        info!(peer = %self.peer, mine, theirs = directory, "peer has a newer directory");
                    }
                    self.handle = Some({
                        let requests = self.questions.requests();
                        self.exchange.register(&self.peer, &self.connection, requests)
                    });
                    // Known now, the link ends with its key; before, nobody could have ended it.
                    if !self.exchange.is_listed(&self.peer, &self.connection) {
                        return Err(End(Violation::UnknownKey));
                    }
                }
                Output::Judge(deliver) => {
                    // Where there were documents there will be more: a link like any other.
                    self.compares_until = None;
                    judge.send(deliver).await.map_err(|_| End(Violation::None))?;
                }
                Output::Answered(answer) => {
                    self.compares_until = None;
                    self.answered(answer).await?;
                }
                Output::Asked(ask) => self.questions.look_up(ask),
                Output::Told(told) => self.questions.answered(told),
                Output::Head(note) => self.exchange.shown.put(&self.peer, note),
                Output::Supply(want) => self.supply(want).await?,
                Output::Edition(number, bundle) => {
                    if let Turn::Held(place) = &self.turn {
                        // It came in time; judging it is this side's.
                        place.guard.abort();
                    }
                    let editions = Arc::clone(&self.exchange.editions);
                    let verdict = editions.take_from_peer(&self.peer, number, bundle).await;
                    self.turn = Turn::NotWanted;
                    self.tell_of_editions();
                    self.session.handle_edition(verdict, (self.exchange.clock)());
                }
                Output::Gap(first) => {
                    let code = Code::EditionGap.as_str();
                    let (mine, _) = self.chain.borrow().newest();
                    warn!(peer = %self.peer, code, mine, first, "peer cannot hand on the edition that comes next");
                }
                Output::Close(why) => return Err(End(why)),
            }
        }
        Ok(())
    }

    /// Reads the part of an edition that the peer asked for.
    async fn supply(&mut self, Want { number, from }: Want) -> Result<(), End> {
        match self.exchange.editions.part(number, from).await {
            Ok((_, bytes)) if bytes.is_empty() => Err(End(Violation::Edition)),
            Ok((total, bytes)) => {
                self.session.supply(number, total, bytes);
                Ok(())
            }
            Err(error) => {
                warn!(%error, "directory edition cannot be read");
                Err(End(Violation::None))
            }
        }
    }

    /// Gives the session the editions there are by now.
    fn tell_of_editions(&mut self) {
        let chain = Arc::clone(&self.chain.borrow_and_update());
        self.session.handle_chain(chain);
    }

    /// Waits for a turn to ask the peer for an edition, over its newest link only.
    fn look_for_editions(&mut self) {
        let sends =
            self.handle.as_ref().is_some_and(|h| self.exchange.is_sending(&self.peer, h.number));
        match (sends && self.session.wants().is_some(), &self.turn) {
            (true, Turn::NotWanted) => {
                let asking = Arc::clone(&self.exchange.editions.asking);
                self.turn = Turn::Waiting(Box::pin(asking.acquire_owned()));
            }
            (false, Turn::Waiting(_)) => self.turn = Turn::NotWanted,
            _ => {}
        }
    }

    /// Whether a link that was dialled to compare editions has done so, and nothing else needs it.
    fn has_compared(&mut self) -> bool {
        let Some(until) = self.compares_until else { return false };
        let done = self.session.is_even() && self.sent.is_empty();
        if !done && Instant::now() < until {
            return false;
        }
        let wanted = dial::is_wanted(&self.exchange, &self.peer);
        if wanted {
            // It is a link like any other from now on.
            self.compares_until = None;
        }
        !wanted
    }

    /// Sends what waits for the peer, as far as the window allows.
    async fn send_waiting(&mut self) -> Result<(), End> {
        let Some(handle) = &self.handle else { return Ok(()) };
        while self.session.has_room() && self.exchange.is_sending(&self.peer, handle.number) {
            let (exchange, peer, cursor) =
                (Arc::clone(&self.exchange), self.peer.clone(), self.cursor);
            let next = tokio::task::spawn_blocking(move || next_batch(&exchange, &peer, cursor));
            let batch = match next.await {
                Ok(Ok(Some(batch))) => batch,
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(error)) => {
                    warn!(peer = %self.peer, %error, "outbox cannot be read");
                    return Err(End(Violation::None));
                }
                Err(_) => return Err(End(Violation::None)),
            };
            self.cursor = batch.sent.last().map(|(number, _)| *number);
            let now = (self.exchange.clock)();
            let Batch { documents, registration, disclosures, sent } = batch;
            let number = self.session.deliver(documents, registration, disclosures, now);
            if let Some(number) = number {
                self.sent.insert(number, sent);
            }
        }
        Ok(())
    }

    /// Checks the peer's receipt and lets the writer take the batch off the outbox.
    async fn answered(&mut self, answer: Answer) -> Result<(), End> {
        let bad = |_| End(Violation::Answer);
        let sent = self.sent.remove(&answer.batch).ok_or(End(Violation::Answer))?;
        let authorities = self.exchange.authorities.borrow().clone();
        let now = (self.exchange.clock)();
        let receipt = envelope::open(answer.receipt, &authorities, now).map_err(|refusal| {
            warn!(peer = %self.peer, %refusal, "receipt refused");
            End(Violation::Answer)
        })?;
        let Document::Receipt(Receipt { to, entries }) = receipt.document() else {
            return Err(End(Violation::Answer));
        };
        let fits = *receipt.issuer() == self.peer
            && *to == self.exchange.me
            && entries.len() == sent.len()
            && entries.iter().zip(&sent).all(|(entry, (_, id))| entry.document == *id);
        if !fits {
            return Err(End(Violation::Answer));
        }
        let command = Command::Answer { peer: self.peer.clone(), sent, receipt: Box::new(receipt) };
        self.exchange.commands.send(command).await.map_err(|_| bad(()))
    }
}

/// A batch of what waits.
#[derive(Default)]
struct Batch {
    documents: Vec<Vec<u8>>,
    registration: Option<Vec<u8>>,
    disclosures: Vec<Disclosed>,
    sent: Sent,
}

/// The next documents for a peer: either all registered here, with the proof of it, or all handed
/// in for registration.
fn next_batch(
    exchange: &Exchange,
    peer: &Actor,
    after: Option<u64>,
) -> Result<Option<Batch>, StoreError> {
    let store = exchange.store.as_ref();
    let authorities = exchange.authorities.borrow().clone();
    let mut batch = Batch::default();
    let mut entries = Vec::new();
    let mut bytes = 0usize;
    for (number, document) in ledger::waiting(store, peer, after, BATCH_DOCUMENTS_MAX)? {
        let row = Store::get(store, rows::DOCUMENTS, &document.to_be_bytes())?
            .ok_or_else(|| rows::damaged("waiting document is missing"))?;
        let (_, envelope) = rows::document_parts(&row)?;
        let id = envelope::claimed_id(envelope);
        let position = match Read::id_row(store, id)?.and_then(|row| row.position) {
            Some(position) if is_terminal(exchange) => Some(position.position()?),
            _ => None,
        };
        let first = batch.documents.is_empty();
        let another_sort = !first && position.is_some() == entries.is_empty();
        let place = u16::try_from(batch.documents.len()).unwrap_or(u16::MAX);
        let ends = (&exchange.me, &authorities);
        let disclosures = grants::beside(store, ends, peer, document, place)?;
        let disclosed = batch.disclosures.len() + disclosures.len();
        let too_long = bytes.saturating_add(envelope.len()) > BATCH_BYTES_MAX
            || disclosed > BATCH_DISCLOSURES_MAX;
        if !first && (another_sort || too_long) {
            break;
        }
        batch.disclosures.extend(disclosures);
        bytes = bytes.saturating_add(envelope.len());
        batch.documents.push(envelope.to_vec());
        batch.sent.push((number, id));
        if let Some(position) = position {
            let outcome = Outcome::Accepted;
            entries.push(Entry { document: id, outcome, position: Some(position), refused: None });
        }
    }
    if batch.documents.is_empty() {
        return Ok(None);
    }
    if !entries.is_empty() {
        let receipt = Receipt { to: peer.clone(), entries };
        let signed =
            exchange.registrar.seal(receipt.into(), (exchange.clock)()).map_err(rows::damaged)?;
        batch.registration = Some(signed.bytes().to_vec());
    }
    Ok(Some(batch))
}

fn is_terminal(exchange: &Exchange) -> bool {
    exchange.authorities.borrow().roles(&exchange.me).contains(&Role::Terminal)
}

/// Verifies batches in order and hands them to the writer; the next is verified while the one
/// before is committed.
async fn judge_batches(
    exchange: Arc<Exchange>,
    peer: Actor,
    mut batches: mpsc::Receiver<Deliver>,
    judged: mpsc::Sender<Result<(u64, Vec<u8>), Violation>>,
) {
    let (order, mut in_order) = mpsc::channel::<(u64, Judged)>(WINDOW);
    let answers = judged.clone();
    let forward = tokio::spawn(async move {
        while let Some((batch, reply)) = in_order.recv().await {
            // No receipt when nothing was kept: only a signed answer ends the peer's retries.
            let answer = match reply.await {
                Ok(Ok(receipt)) => Ok((batch, receipt.bytes().to_vec())),
                _ => Err(Violation::NoRoom),
            };
            if answers.send(answer).await.is_err() {
                return;
            }
        }
    });
    while let Some(deliver) = batches.recv().await {
        let batch = deliver.batch;
        match verify(&exchange, deliver).await {
            Ok((documents, registration)) => {
                let (reply, answer) = oneshot::channel();
                let command =
                    Command::Deliver { peer: peer.clone(), documents, registration, reply };
                if exchange.commands.send(command).await.is_err()
                    || order.send((batch, answer)).await.is_err()
                {
                    break;
                }
            }
            Err(violation) => {
                // The link may be gone already.
                let _ = judged.send(Err(violation)).await;
                break;
            }
        }
    }
    forward.abort();
}

/// Verifies a batch on as many threads as it is worth.
async fn verify(
    exchange: &Arc<Exchange>,
    deliver: Deliver,
) -> Result<(Vec<Delivered>, Option<Box<Registration>>), Violation> {
    let authorities = Arc::new(exchange.authorities.borrow().clone());
    let now = (exchange.clock)();
    let registration = match deliver.registration {
        None => None,
        Some(bytes) => {
            let opened = envelope::open(bytes.as_slice(), authorities.as_ref(), now);
            let receipt = opened.or_else(|refusal| {
                let known = rotations::introduced(&authorities, &bytes, &deliver.documents);
                envelope::open(bytes.as_slice(), &known.ok_or(refusal)?, now)
            });
            let receipt = receipt.map_err(|_| Violation::Registration)?;
            if !authorities.roles(receipt.issuer()).contains(&Role::Terminal) {
                return Err(Violation::Registration);
            }
            let read = Registration::read(&receipt, &exchange.me);
            Some(Box::new(read.map_err(|_| Violation::Registration)?))
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = deliver.documents.len().div_ceil(threads).max(VERIFY_SHARE_MIN);
    let mut documents = VecDeque::from(deliver.documents);
    let mut shares = Vec::new();
    while !documents.is_empty() {
        let part: Vec<_> = documents.drain(..share.min(documents.len())).collect();
        let authorities = Arc::clone(&authorities);
        shares.push(tokio::task::spawn_blocking(move || {
            part.into_iter()
                .map(|bytes| Opened::verify(bytes, &authorities, now))
                .collect::<Vec<_>>()
        }));
    }
    let mut delivered: Vec<Delivered> = Vec::new();
    for share in shares {
        let share = share.await.map_err(|_| Violation::None)?.into_iter();
        delivered.extend(share.map(|opened| Delivered { opened, disclosures: Vec::new() }));
    }
    for Disclosed { document, bytes } in deliver.disclosures {
        if let Some(of) = delivered.get_mut(usize::from(document)) {
            of.disclosures.push(bytes);
        }
    }
    Ok((delivered, registration))
}

/// Cuts the stream into frames. Holds one frame at a time.
async fn read_frames(mut receive: RecvStream, frames: mpsc::Sender<Result<Frame, Violation>>) {
    loop {
        let mut prefix = [0; PREFIX_LEN];
        if receive.read_exact(&mut prefix).await.is_err() {
            return;
        }
        let frame = match frame::body_len(prefix) {
            Err(_) => Err(Violation::Frame),
            Ok(len) => {
                let mut body = vec![0; len];
                if receive.read_exact(&mut body).await.is_err() {
                    return;
                }
                frame::decode(&body).map_err(|_| Violation::Frame)
            }
        };
        let last = frame.is_err();
        if frames.send(frame).await.is_err() || last {
            return;
        }
    }
}

async fn write_frames(mut send: SendStream, mut writes: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = writes.recv().await {
        if send.write_all(&bytes).await.is_err() {
            return;
        }
    }
    // The stream may be gone with its connection.
    let _ = send.finish();
}
