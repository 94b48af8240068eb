//! The one writer: a thread that owns every change of the store.
//!
//! Commands queue; the thread takes as many as fit a group, applies them one after the other on top
//! of the store, commits all of it with one sync, and only then answers. What a crash leaves is
//! therefore always a prefix of groups: whole commands, never a part of one, and no answer was given
//! for what is missing. When the outcome of a commit is unknown the thread stops the process; the
//! next start finds the group whole or not at all, and peers send again what was not answered.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use landside_proto::case::Seen;
use landside_proto::directory::{Actor, Authorities, Directory};
use landside_proto::document::{Document, Entry, GateDecision, Kind, Outcome, Receipt, Remark};
use landside_proto::envelope::Signed;
use landside_proto::ids::{CaseCode, DocId, Hash32, PartyId, UnixMillis};
use landside_proto::merkle::Frontier;
use landside_proto::refusal::{Code, Refusal};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tracing::{debug, error};

use crate::backup::Tap;
use crate::channels::telling;
use crate::event::Event;
use crate::exchange::Calls;
use crate::feed;
use crate::group::{Counters, Group};
use crate::hooks;
use crate::intake::{Delivered, Opened, Registration};
use crate::ledger::{self, LoadedCase, Read as _};
use crate::metrics::{Metrics, Noted};
use crate::pending::{self, Pending, PendingId};
use crate::people::By;
use crate::registrar::{Registrar, TakeError};
use crate::repeats::{self, Begun};
use crate::rows::{self, AnswerRow, InterchangeRow};
use crate::store::{BATCH_BYTES_MAX, BATCH_OPS_MAX, CommitError, Store, StoreError};

mod driving;
mod saying;

pub(crate) use self::driving::OfDriver;
pub(crate) use self::saying::{Imported, Said};
pub use self::saying::{Issued, Statement};

/// Commands that may wait; a full queue slows the links that feed it.
pub(crate) const QUEUE_MAX: usize = 256;

/// Most commands of one group: bounds how long the first waits for the last.
const GROUP_COMMANDS_MAX: usize = 128;

/// A group is closed when this much of a batch's limits is used; one command more still fits.
const GROUP_FILL: usize = 4;

/// Folded cases kept in memory, about 6 KB each with 20 documents.
const CASES_CACHED_MAX: usize = 10_000;

/// Most documents of a case kept folded; a longer one is folded anew each time.
const CASE_CACHED_DOCS_MAX: usize = 64;

/// Longest raw message part in a row, in bytes; far below the store's value limit.
pub(crate) const RAW_PART: usize = 32 * 1024;

/// Most parts in one command; 512 KiB fits any batch.
pub(crate) const RAW_PARTS_MAX: usize = 16;

/// A change to make, and where its outcome goes.
pub(crate) enum Command {
    /// Documents of a peer, verified.
    Deliver {
        peer: Actor,
        documents: Vec<Delivered>,
        registration: Option<Box<Registration>>,
        reply: oneshot::Sender<Result<Signed<Document>, Refusal>>,
    },
    /// A document of this node.
    Issue {
        statement: Box<Statement>,
        to: Vec<Actor>,
        /// Who asks for it, where two persons are asked for.
        person: Option<Remark>,
        /// The logged-in person at whose word it is signed, if it is one.
        by: Option<By>,
        reply: oneshot::Sender<Result<Said, Refusal>>,
    },
    /// A document that a message asks for.
    Import(Box<Imported>),
    /// How far an interchange got, under its key.
    Interchange(Hash32, InterchangeRow, oneshot::Sender<Result<(), Refusal>>),
    /// A second person agrees to a draft; the answer is `None` when no such draft waits.
    Approve {
        id: PendingId,
        person: Remark,
        by: Option<By>,
        reply: oneshot::Sender<Result<Option<Issued>, Refusal>>,
    },
    /// A draft is dropped; the answer is `None` when no such draft waits.
    Decline { id: PendingId, reply: oneshot::Sender<Result<Option<Pending>, Refusal>> },
    /// A peer's receipt for what it was sent: number in the outbox and id of each document.
    Answer { peer: Actor, sent: Vec<(u64, DocId)>, receipt: Box<Signed<Document>> },
    /// A truck at the gate.
    Gate {
        case: CaseCode,
        seen: Box<Seen>,
        by: Option<By>,
        reply: oneshot::Sender<Result<Decided, Refusal>>,
    },
    /// Part of a raw message to keep: at most [`RAW_PARTS_MAX`] parts of [`RAW_PART`] bytes.
    Raw {
        hash: Hash32,
        first_part: u32,
        bytes: Vec<u8>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// A head of this log that enough witnesses cosigned.
    FinalHead { size: u64, note: Vec<u8>, reply: oneshot::Sender<Result<(), Refusal>> },
    /// A head of another log, to be cosigned, as a row.
    SeenHead { terminal: PartyId, row: Vec<u8>, reply: oneshot::Sender<Result<(), Refusal>> },
    /// All heads of another log that are not joined, as rows.
    UnjoinedHeads {
        terminal: PartyId,
        rows: Vec<(Vec<u8>, Vec<u8>)>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// A request that names itself is begun, or was done.
    Repeat { change: repeats::Change, reply: repeats::Reply },
    /// What a driver's phone brings.
    OfDriver(OfDriver),
    /// A file was written.
    FileWritten { number: u64 },
    /// A rotation of this party's keys, signed.
    Rotate { envelope: Vec<u8>, reply: oneshot::Sender<Result<Issued, Refusal>> },
    /// Peers to be told of a rotation that this terminal registered: at most
    /// [`crate::rotations::TELL_MAX`].
    Tell { rotation: DocId, to: Vec<Actor>, reply: oneshot::Sender<Result<(), Refusal>> },
    /// Every batch goes to a backup from now on, or to none.
    Tap { tap: Option<Tap>, reply: oneshot::Sender<Result<(), Refusal>> },
    /// A new edition.
    Directory { directory: Arc<Directory>, reply: oneshot::Sender<()> },
}

/// A gate decision, registered.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Its id.
    pub id: DocId,
    /// What it says.
    pub decision: GateDecision,
}

/// The outcome of one command, kept until the group is durable.
enum Reply {
    Deliver(oneshot::Sender<Result<Signed<Document>, Refusal>>, Vec<Entry>, Actor),
    Issue(oneshot::Sender<Result<Said, Refusal>>, Result<Said, Refusal>),
    Approve(oneshot::Sender<Result<Option<Issued>, Refusal>>, Result<Option<Issued>, Refusal>),
    Decline(oneshot::Sender<Result<Option<Pending>, Refusal>>, Option<Pending>),
    Gate(oneshot::Sender<Result<Decided, Refusal>>, Result<Decided, Refusal>),
    HandedIn(oneshot::Sender<Result<Issued, Refusal>>, Result<Issued, Refusal>),
    Kept(oneshot::Sender<Result<(), Refusal>>),
    Repeat(repeats::Reply, Begun),
    None,
}

/// Where the writer tells what is durable.
pub(crate) struct Outlets {
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) calls: Arc<Calls>,
    pub(crate) authorities: watch::Sender<Authorities>,
    /// The tree of the log, as far as it is durable.
    pub(crate) tree: watch::Sender<Frontier>,
    /// The next number in any phone's feed.
    pub(crate) fed: watch::Sender<u64>,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Whether events are kept for webhooks.
    pub(crate) recording: Arc<AtomicBool>,
}

/// The thread's state.
pub(crate) struct Writer {
    store: Arc<dyn Store>,
    registrar: Registrar,
    outlets: Outlets,
    counters: Counters,
    cases: HashMap<CaseCode, LoadedCase>,
    /// A backup that is being written.
    tap: Option<Tap>,
    clock: fn() -> UnixMillis,
}

/// The store is in a state that only a restart can tell.
#[derive(Debug, thiserror::Error)]
#[error("store failed: {0}")]
pub struct Fatal(String);

impl From<StoreError> for Fatal {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

/// Why a group did not commit.
enum GroupError {
    Full,
    Fatal(Fatal),
}

impl From<StoreError> for GroupError {
    fn from(error: StoreError) -> Self {
        Self::Fatal(error.into())
    }
}

/// How far an interchange got.
fn keep_interchange(
    group: &mut Group<'_>,
    key: Hash32,
    row: &InterchangeRow,
    reply: oneshot::Sender<Result<(), Refusal>>,
) -> Result<Reply, StoreError> {
    group.put(rows::INTERCHANGES, *key.as_bytes(), rows::to_row(row)?);
    Ok(Reply::Kept(reply))
}

/// A request that names itself is begun, or was done.
fn repeated(
    group: &mut Group<'_>,
    change: repeats::Change,
    reply: repeats::Reply,
) -> Result<Reply, StoreError> {
    Ok(Reply::Repeat(reply, repeats::apply(group, change)?))
}

/// Parts of a raw message, each a row.
fn keep_raw(
    group: &mut Group<'_>,
    (hash, first_part): (Hash32, u32),
    bytes: &[u8],
    reply: oneshot::Sender<Result<(), Refusal>>,
) -> Reply {
    for (part, chunk) in (first_part..).zip(bytes.chunks(RAW_PART)) {
        group.put(rows::RAW, rows::raw_key(hash, part), chunk.to_vec());
    }
    Reply::Kept(reply)
}

impl Writer {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        registrar: Registrar,
        outlets: Outlets,
        clock: fn() -> UnixMillis,
    ) -> Result<Self, StoreError> {
        let counters = Counters::load(store.as_ref())?;
        outlets.tree.send_replace(counters.tree.clone());
        let cases = HashMap::new();
        Ok(Self { store, registrar, outlets, counters, cases, tap: None, clock })
    }

    /// Takes commands until every sender is gone.
    ///
    /// # Errors
    /// [`Fatal`]: the caller stops the process.
    pub(crate) fn run(mut self, mut commands: mpsc::Receiver<Command>) -> Result<(), Fatal> {
        let mut waiting = None;
        while let Some(first) = waiting.take().or_else(|| commands.blocking_recv()) {
            waiting = self.group(first, &mut commands)?;
        }
        Ok(())
    }

    /// Runs one group, beginning with `first`. Gives back a command that did not fit.
    fn group(
        &mut self,
        first: Command,
        commands: &mut mpsc::Receiver<Command>,
    ) -> Result<Option<Command>, Fatal> {
        let store = Arc::clone(&self.store);
        let mut replies = Vec::new();
        let (left_over, result) = self.gather(store.as_ref(), first, commands, &mut replies);
        match result {
            Ok(()) => self.answer(replies, None),
            Err(GroupError::Full) => {
                let refusal = Refusal::new(Code::StoreFull, "the disk of this node is full");
                self.answer(replies, Some(&refusal));
            }
            Err(GroupError::Fatal(fatal)) => return Err(fatal),
        }
        Ok(left_over)
    }

    /// Applies commands until the group is full or none waits, and commits.
    fn gather(
        &mut self,
        store: &dyn Store,
        first: Command,
        commands: &mut mpsc::Receiver<Command>,
        replies: &mut Vec<Reply>,
    ) -> (Option<Command>, Result<(), GroupError>) {
        let mut group = self.begin(store);
        let mut next = Some(first);
        while let Some(command) = next.take() {
            // The last of the disk is for the gate alone, so its commands commit by themselves.
            let essential = is_essential(&command);
            // A backup has whole groups.
            let apart = essential || matches!(command, Command::Tap { .. });
            if apart && !replies.is_empty() {
                return (Some(command), self.commit(group));
            }
            if essential {
                group.essential();
            }
            let alone = apart || matches!(command, Command::Directory { .. });
            match self.apply(group, store, command, replies) {
                Ok((applied, reply)) => {
                    group = applied;
                    replies.push(reply);
                }
                Err(error) => return (None, Err(error)),
            }
            if alone || is_full(&group, replies.len()) {
                break;
            }
            next = commands.try_recv().ok();
        }
        (None, self.commit(group))
    }

    fn begin<'a>(&self, store: &'a dyn Store) -> Group<'a> {
        let authorities = self.outlets.authorities.borrow().clone();
        Group::new(store, self.counters.clone(), authorities, (self.clock)())
    }

    /// Applies one command. A long delivery is committed in parts as it goes.
    fn apply<'s>(
        &mut self,
        mut group: Group<'s>,
        store: &'s dyn Store,
        command: Command,
        replies: &mut Vec<Reply>,
    ) -> Result<(Group<'s>, Reply), GroupError> {
        let reply = match command {
            Command::Deliver { peer, documents, registration, reply } => {
                let delivery = (&peer, documents, registration.as_deref());
                let (taken, entries) = self.deliver(group, store, delivery, replies)?;
                group = taken;
                Reply::Deliver(reply, entries, peer)
            }
            Command::Issue { statement, to, person, by, reply } => {
                let said = self.say(&mut group, *statement, &to, (person, by));
                Reply::Issue(reply, refused(said)?)
            }
            Command::Import(imported) => self.import(&mut group, *imported)?,
            Command::Interchange(key, row, to) => keep_interchange(&mut group, key, &row, to)?,
            Command::Approve { id, person, by, reply } => {
                Reply::Approve(reply, refused(self.approve(&mut group, id, (person, by)))?)
            }
            Command::Decline { id, reply } => Reply::Decline(reply, pending::take(&mut group, id)?),
            Command::Answer { peer, sent, receipt } => {
                self.answered(&mut group, &peer, &sent, &receipt)?;
                Reply::None
            }
            Command::Gate { case, seen, by, reply } => {
                Reply::Gate(reply, refused(self.decide(&mut group, case, (&seen, by)))?)
            }
            Command::Rotate { envelope, reply } => {
                Reply::HandedIn(reply, refused(self.registrar.rotate(&mut group, &envelope))?)
            }
            Command::Tell { rotation, to, reply } => {
                group.tell_all(&to, rotation)?;
                Reply::Kept(reply)
            }
            Command::Raw { hash, first_part, bytes, reply } => {
                keep_raw(&mut group, (hash, first_part), &bytes, reply)
            }
            Command::FinalHead { size, note, reply } => {
                group.put(rows::HEADS, size.to_be_bytes(), note);
                Reply::Kept(reply)
            }
            Command::SeenHead { terminal, row, reply } => {
                group.put(rows::SEEN_HEADS, terminal.as_str().as_bytes(), row);
                Reply::Kept(reply)
            }
            Command::UnjoinedHeads { terminal, rows, reply } => {
                replace_unjoined(&mut group, store, &terminal, rows)?;
                Reply::Kept(reply)
            }
            Command::Repeat { change, reply } => repeated(&mut group, change, reply)?,
            Command::Tap { tap, reply } => {
                self.tap = tap;
                Reply::Kept(reply)
            }
            Command::OfDriver(brought) => self.of_driver(&mut group, brought)?,
            Command::FileWritten { number } => {
                group.delete(rows::OUT_FILES, number.to_be_bytes());
                Reply::None
            }
            Command::Directory { directory, reply } => {
                group.authorities.directory = Arc::clone(&directory);
                self.outlets.authorities.send_modify(|a| a.directory = directory);
                // The asker may have gone; the edition is in force all the same.
                let _ = reply.send(());
                Reply::None
            }
        };
        Ok((group, reply))
    }

    /// Takes a delivery in, and commits in parts as it goes.
    fn deliver<'s>(
        &mut self,
        mut group: Group<'s>,
        store: &'s dyn Store,
        (peer, documents, registered): (&Actor, Vec<Delivered>, Option<&Registration>),
        replies: &mut Vec<Reply>,
    ) -> Result<(Group<'s>, Vec<Entry>), GroupError> {
        let mut entries = Vec::with_capacity(documents.len());
        for document in documents {
            if is_full(&group, 0) {
                self.commit(group)?;
                self.answer(std::mem::take(replies), None);
                group = self.begin(store);
            }
            if let Opened::Good(signed) = &document.opened {
                self.lend_case(&mut group, signed)?;
            }
            let kind = document.kind();
            let entry = self.registrar.take(&mut group, peer, document, registered)?;
            group.noted.extend(Noted::delivered(kind, &entry).into_iter().flatten());
            entries.push(entry);
        }
        Ok((group, entries))
    }

    /// Gives the group the cached case that a document may touch.
    fn lend_case(
        &mut self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
    ) -> Result<(), StoreError> {
        let Some(visit) = signed.document().visit() else { return Ok(()) };
        if let Some(code) = group.newest_case(visit)? {
            group.lend_case(code, || self.cases.remove(&code));
        }
        Ok(())
    }

    /// A peer answered: nothing of it waits any more. For own documents the answer is kept.
    fn answered(
        &mut self,
        group: &mut Group<'_>,
        peer: &Actor,
        sent: &[(u64, DocId)],
        receipt: &Signed<Document>,
    ) -> Result<(), StoreError> {
        let Document::Receipt(Receipt { entries, .. }) = receipt.document() else { return Ok(()) };
        let number = match group.id_row(receipt.id())? {
            Some(row) => row.number,
            None => group.keep(receipt, None)?,
        };
        for (at, ((waiting, id), entry)) in sent.iter().zip(entries).enumerate() {
            let waits = rows::outbox_key(peer, *waiting);
            let Some(own) = group.id_row(*id)? else { continue };
            let signed = group.document(own.number)?.signed;
            if let Some(terminal) = self.registrar.answers_rotation(group, &signed, peer) {
                group.delete(rows::OUTBOX, waits);
                let answer =
                    AnswerRow { receipt: number, entry: u32::try_from(at).unwrap_or(u32::MAX) };
                let own = (&signed, own.number);
                self.registrar.rotation_answered(group, &terminal, own, entry, &answer)?;
                continue;
            }
            if !self.hands_in(&signed) || own.position.is_some() {
                if entry.outcome == Outcome::Refused {
                    error!(%peer, document = %id, refused = ?entry.refused, "peer refused a registered document");
                }
                // A reader whose directory is behind will know the signer with its next edition.
                if !entry.refused.as_ref().is_some_and(|refused| is_behind(&refused.code)) {
                    group.delete(rows::OUTBOX, waits);
                }
                continue;
            }
            group.delete(rows::OUTBOX, waits);
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let row = rows::to_row(&AnswerRow { receipt: number, entry: at })?;
            group.put(rows::ANSWERS, rows::id_key(*id), row);
            let placed = |position| self.registrar.place_is_free(group, &signed, position);
            let position = entry.position.filter(|position| placed(*position).is_ok());
            if let Some(position) = position {
                group.index(*id, own.number, Some(position))?;
                if signed.document().kind() != Kind::DriverCredential {
                    self.registrar.joined(group, &signed, position, own.number)?;
                }
            }
            group.events.push(Event::Answered { document: *id, entry: entry.clone() });
        }
        Ok(())
    }

    /// Decides at the gate and registers the decision.
    fn decide(
        &mut self,
        group: &mut Group<'_>,
        code: CaseCode,
        (seen, by): (&Seen, Option<By>),
    ) -> Result<Decided, TakeError> {
        group.lend_case(code, || self.cases.remove(&code));
        let (authorities, now) = (group.authorities.clone(), group.now);
        let Some(loaded) = group.case(code)? else {
            return Err(Refusal::new(Code::CaseUnknown, code.to_string()).into());
        };
        let decision = loaded.case.gate_decision(seen, &authorities, now);
        let signed = self.registrar.seal(decision.clone().into(), now)?;
        let is_closed = loaded.case.is_closed();
        group.noted.push(Noted::Decided(decision.reasons.is_empty()));
        if !is_closed {
            self.registrar.register(group, &signed, &[])?;
            saying::note_person(group, signed.id(), by.as_ref())?;
        }
        Ok(Decided { id: signed.id(), decision })
    }

    fn commit(&mut self, mut group: Group<'_>) -> Result<(), GroupError> {
        if let Some(error) = group.trouble.take() {
            return Err(error.into());
        }
        telling::tell(&mut group, &self.registrar)?;
        feed::feed(&mut group, &self.registrar.me)?;
        if self.outlets.recording.load(Ordering::Relaxed) {
            hooks::record(&mut group)?;
        }
        let begun = Instant::now();
        match self.store.commit(group.batch()) {
            Ok(()) => {}
            Err(CommitError::Full { free, needed }) => {
                error!(free, needed, "disk is full: new documents are refused");
                return Err(GroupError::Full);
            }
            Err(error) => return Err(GroupError::Fatal(Fatal(error.to_string()))),
        }
        if self.tap.as_ref().is_some_and(|tap| !tap.take(group.batch())) {
            self.tap = None;
        }
        let (rows, took) = (group.batch().ops().len(), begun.elapsed());
        debug!(rows, micros = micros(took), "group committed");
        if rows > 0 {
            self.outlets.metrics.commit.observe(took);
        }
        self.count(&mut group);
        if group.counters.tree.size() != self.counters.tree.size() {
            self.outlets.tree.send_replace(group.counters.tree.clone());
        }
        if group.counters.feed != self.counters.feed {
            self.outlets.fed.send_replace(group.counters.feed);
        }
        self.counters = group.counters.clone();
        if group.drivers_changed {
            let drivers = Arc::clone(&group.authorities.drivers);
            self.outlets.authorities.send_modify(|a| a.drivers = drivers);
        }
        if group.rotations_changed {
            let rotations = Arc::clone(&group.authorities.rotations);
            self.outlets.authorities.send_modify(|a| a.rotations = rotations);
        }
        for event in group.events.drain(..) {
            // Nobody may be listening.
            let _ = self.outlets.events.send(event);
        }
        if !group.woken.is_empty() {
            self.outlets.calls.call(std::mem::take(&mut group.woken));
        }
        if self.cases.len() > CASES_CACHED_MAX {
            self.cases.clear();
        }
        let cases = group.into_cases().into_iter();
        self.cases.extend(cases.filter(|(_, case)| case.numbers.len() <= CASE_CACHED_DOCS_MAX));
        Ok(())
    }

    /// Counts what a durable group did.
    fn count(&self, group: &mut Group<'_>) {
        let kept = group.kept.drain(..);
        let own = kept.filter(|(_, signer)| *signer == self.registrar.me);
        self.outlets.metrics.take(own.map(|(kind, _)| Noted::issued(kind)));
        self.outlets.metrics.take(group.noted.drain(..));
    }

    /// Tells the outcome; `instead` when nothing of the group was kept. A peer whose documents did
    /// not fit gets no receipt: only a signed answer ends its retries.
    fn answer(&self, replies: Vec<Reply>, instead: Option<&Refusal>) {
        for reply in replies {
            // Whoever asked may have gone; what was done stays done.
            match (reply, instead) {
                (Reply::Deliver(to, _, _), Some(refusal)) => drop(to.send(Err(refusal.clone()))),
                (Reply::Issue(to, _), Some(refusal)) => drop(to.send(Err(refusal.clone()))),
                (Reply::Approve(to, _), Some(refusal)) => drop(to.send(Err(refusal.clone()))),
                (Reply::Decline(to, _), Some(refusal)) => drop(to.send(Err(refusal.clone()))),
                (Reply::HandedIn(to, _), Some(refusal)) => drop(to.send(Err(refusal.clone()))),
                (Reply::Gate(to, _), Some(refusal)) => drop(to.send(Err(refusal.clone()))),
                (Reply::Kept(to), Some(refusal)) => drop(to.send(Err(refusal.clone()))),
                (Reply::Repeat(to, _), Some(refusal)) => drop(to.send(Err(refusal.clone()))),
                (Reply::Deliver(to, entries, peer), None) => {
                    drop(to.send(self.receipt(Receipt { to: peer, entries })));
                }
                (Reply::Issue(to, issued), None) => drop(to.send(issued)),
                (Reply::Approve(to, issued), None) => drop(to.send(issued)),
                (Reply::Decline(to, draft), None) => drop(to.send(Ok(draft))),
                (Reply::HandedIn(to, issued), None) => drop(to.send(issued)),
                (Reply::Gate(to, decided), None) => drop(to.send(decided)),
                (Reply::Kept(to), None) => drop(to.send(Ok(()))),
                (Reply::Repeat(to, begun), None) => drop(to.send(Ok(begun))),
                (Reply::None, _) => {}
            }
        }
    }

    /// Signs a receipt. A batch of nothing but refusals at their longest is too long for one: then
    /// the codes go without the words.
    fn receipt(&self, mut receipt: Receipt) -> Result<Signed<Document>, Refusal> {
        let now = (self.clock)();
        match self.registrar.seal(receipt.clone().into(), now) {
            Err(refusal) if refusal.code == Code::TooLarge => {
                for refused in receipt.entries.iter_mut().filter_map(|e| e.refused.as_mut()) {
                    refused.detail.clear();
                }
                self.registrar.seal(receipt.into(), now)
            }
            sealed => sealed,
        }
    }
}

/// What must go on when the disk is nearly full: the gate, and what frees space.
fn is_essential(command: &Command) -> bool {
    match command {
        Command::Gate { .. } | Command::FileWritten { .. } => true,
        Command::Issue { statement, .. } => {
            let kind = statement.document.kind();
            matches!(kind, Kind::GateDecision | Kind::InterchangeReceipt | Kind::GateOut)
        }
        _ => false,
    }
}

fn is_full(group: &Group<'_>, commands: usize) -> bool {
    commands >= GROUP_COMMANDS_MAX
        || group.batch().ops().len() >= BATCH_OPS_MAX / GROUP_FILL
        || group.batch().byte_len() >= BATCH_BYTES_MAX / GROUP_FILL
}

/// Puts the heads of a log that are not joined in the place of those that were there.
fn replace_unjoined(
    group: &mut Group<'_>,
    store: &dyn Store,
    terminal: &PartyId,
    rows: Vec<(Vec<u8>, Vec<u8>)>,
) -> Result<(), StoreError> {
    let of_log = rows::unjoined_from(terminal);
    ledger::for_each_row(store, rows::UNJOINED_HEADS, |(key, _)| {
        if key.starts_with(&of_log) && rows.iter().all(|(kept, _)| kept != key) {
            group.delete(rows::UNJOINED_HEADS, key);
        }
        Ok(())
    })?;
    for (key, row) in rows {
        group.put(rows::UNJOINED_HEADS, key, row);
    }
    Ok(())
}

/// Whether a refusal tells only that the reader's directory, or a rotation, lacks the signer or its key.
fn is_behind(code: &str) -> bool {
    [Code::UnknownParty, Code::KeyUnknown, Code::KeyNotInForce].iter().any(|c| c.as_str() == code)
}

/// Sets a refusal, which is an outcome, apart from trouble with the store, which ends the group.
fn refused<T>(result: Result<T, TakeError>) -> Result<Result<T, Refusal>, GroupError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(TakeError::Refused(refusal)) => Ok(Err(refusal)),
        Err(TakeError::Store(error)) => Err(error.into()),
    }
}

fn micros(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}
