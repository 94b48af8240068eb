//! Witnessing the logs of other terminals: a log only ever grows, and everybody sees the same one.
//!
//! Every few seconds the witness asks a terminal for its newest head, with the proof that it follows
//! the last one cosigned. Heads of that log which others have shown meanwhile must be of the same
//! history, by proofs that the terminal gives; until it has given them nothing is cosigned. Then the
//! head is kept, cosigned, and shown to the terminal and to other witnesses. Two histories leave both
//! signed heads in a file, and no cosignature from then on; the other witnesses are shown both, and so
//! is the terminal, which learns by them that it is refused.

mod accused;
mod heard;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landside_proto::checkpoint::{FollowError, KeyName, Relation, SignedCheckpoint, follow};
use landside_proto::directory::{Actor, Authorities};
use landside_proto::ids::{Hash32, PartyId, UnixMillis};
use landside_proto::key::PublicKey;
use landside_proto::merkle::verify_consistency;
use landside_proto::refusal::Refusal;
use landside_proto::session::frame::{About, Told};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{debug, warn};

use self::heard::Unjoined;
use super::{Heads, Shown, keys_of, name_of};
use crate::exchange::{AskError, Exchange};
use crate::home::Home;
use crate::registrar::Registrar;
use crate::rows;
use crate::store::{Store, StoreError};
use crate::writer::Command;

/// A witness of the logs that the config names.
pub(crate) struct Witness {
    home: Home,
    store: Arc<dyn Store>,
    registrar: Arc<Registrar>,
    authorities: watch::Receiver<Authorities>,
    commands: mpsc::Sender<Command>,
    exchange: Arc<Exchange>,
    clock: fn() -> UnixMillis,
    watched: BTreeMap<PartyId, Watched>,
}

/// One log that is watched, by one task that visits it: what follows what is decided in one place.
#[derive(Default)]
struct Watched(Mutex<Known>);

/// What is known of a log beside the last head cosigned.
#[derive(Default)]
struct Known {
    /// Heads that others show and that are not proven yet to be of this history.
    heard: Unjoined,
    /// Both heads of an alarm that is not proven yet.
    accused: Option<[SignedCheckpoint; 2]>,
    /// An alarm was raised whose file could not be written.
    alarm_unwritten: bool,
    /// When a head was last cosigned.
    cosigned_at: Option<UnixMillis>,
    /// Why the last round came to nothing.
    trouble: Option<String>,
}

/// What a witness knows of a log, for people.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    /// Whose log.
    pub(crate) terminal: PartyId,
    /// Entries of the newest head cosigned; nothing before the first.
    pub(crate) size: Option<u64>,
    /// Whether an alarm stands.
    pub(crate) alarm: bool,
    /// Its file, if it could be written.
    pub(crate) file: Option<PathBuf>,
    /// When a head was last cosigned, since the node started.
    pub(crate) cosigned_at: Option<UnixMillis>,
    /// Why the last round came to nothing.
    pub(crate) trouble: Option<String>,
}

/// Why a round came to nothing. Only [`WitnessError::Alarm`] is the terminal's doing for sure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WitnessError {
    /// The terminal gives no answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What came is no head of this log, by the keys of the directory in force.
    #[error("{0}")]
    Head(String),
    /// The log was rewritten, or shows two histories.
    #[error("{0}")]
    Alarm(String),
}

impl Witness {
    pub(crate) fn new(
        home: Home,
        (store, commands): (Arc<dyn Store>, mpsc::Sender<Command>),
        registrar: Arc<Registrar>,
        authorities: watch::Receiver<Authorities>,
        exchange: Arc<Exchange>,
        clock: fn() -> UnixMillis,
    ) -> Result<Arc<Self>, StoreError> {
        let mut watched = BTreeMap::new();
        for terminal in &registrar.config.witness.of {
            // Nobody is a witness of its own log.
            if Some(terminal) != registrar.party() {
                let name = logs_name(&authorities.borrow(), terminal);
                let heard = Unjoined::read(store.as_ref(), terminal, &name)?;
                let known = Known { heard, ..Known::default() };
                watched.insert(terminal.clone(), Watched(Mutex::new(known)));
            }
        }
        let witness =
            Self { home, store, registrar, authorities, commands, exchange, clock, watched };
        Ok(Arc::new(witness))
    }

    /// Visits every log named, and takes every head that peers show, until the node ends.
    pub(crate) async fn run(self: Arc<Self>, heads: Arc<Heads>, shown: Arc<Shown>) {
        for terminal in self.watched.keys() {
            let (witness, terminal) = (Arc::clone(&self), terminal.clone());
            tokio::spawn(async move { witness.visit_again_and_again(&terminal).await });
        }
        loop {
            let head = shown.next().await;
            let (log, peer) = (&head.log, &head.peer);
            if Some(log) == self.registrar.party() {
                if let Some(witness) = peer.party() {
                    heads.take_shown(witness, head.note, (self.clock)()).await;
                }
            } else if let Err(error) = self.hear(log, peer, &head.note) {
                // Peers may show what they like: an alarm was said where it was raised.
                debug!(%peer, %log, %error, "a head shown by a peer");
            }
        }
    }

    async fn visit_again_and_again(&self, terminal: &PartyId) {
        let every = Duration::from_secs(self.registrar.config.witness.every_s);
        let mut round = tokio::time::interval(every);
        round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut said = false;
        for visits in 0usize.. {
            round.tick().await;
            let outcome = self.visit(terminal).await;
            if let Some(watched) = self.watched.get(terminal) {
                watched.known().trouble = outcome.as_ref().err().map(ToString::to_string);
            }
            if outcome.is_err() {
                self.show_again(terminal, visits);
            }
            match outcome {
                Ok(()) => said = false,
                // An alarm was said where it was raised; silence of a peer is said once.
                Err(WitnessError::Alarm(_)) => {}
                Err(error) if !std::mem::replace(&mut said, true) => {
                    warn!(log = %terminal, %error, "log not witnessed; trying on");
                }
                Err(error) => debug!(log = %terminal, %error, "log not witnessed"),
            }
        }
    }

    /// One round: the newest head follows the last one, is of one history with what others show, is
    /// kept, cosigned and shown.
    async fn visit(&self, terminal: &PartyId) -> Result<(), WitnessError> {
        let Some(watched) = self.watched.get(terminal) else { return Ok(()) };
        // Before anything is cosigned that these may contradict.
        self.keep_heard(terminal, watched).await?;
        if self.has_alarm(terminal) {
            self.look_for_proof(terminal, watched).await;
        }
        self.is_trusted(terminal)?;
        let last = self.last_cosigned(terminal)?;
        let from = last.as_ref().map_or(0, |last| last.checkpoint().size);
        let told = self.ask(terminal, About::Newest { from }).await?;
        let note = told.head.as_deref();
        let note = note.ok_or_else(|| WitnessError::Head("no head was given".to_owned()))?;
        let (next, key) = self.open(terminal, note)?;
        if let Some(last) = &last {
            self.follows(terminal, last, &next, &told).await?;
        }
        self.settle(terminal, watched, &next).await?;
        // Somebody may have shown a fork meanwhile.
        self.is_trusted(terminal)?;
        if last.is_none_or(|last| last.checkpoint() != next.checkpoint()) {
            self.keep(terminal, &key, &next).await?;
        }
        self.cosign(terminal, &next)?;
        watched.known().cosigned_at = Some((self.clock)());
        Ok(())
    }

    /// Whether a terminal's newest head follows the last one cosigned. A proof that came with it and is
    /// none is asked for once more: it may have been made in error, the heads are signed.
    async fn follows(
        &self,
        terminal: &PartyId,
        last: &SignedCheckpoint,
        next: &SignedCheckpoint,
        told: &Told,
    ) -> Result<(), WitnessError> {
        match follow(Some(last), next, &proof_of(told)) {
            Ok(()) => Ok(()),
            Err(FollowError::OtherLog) => Err(other_log()),
            Err(FollowError::Fork { .. } | FollowError::Proof(_)) => {
                self.reconcile(terminal, last, next).await
            }
            Err(FollowError::Smaller { found, last: had }) => {
                self.reconcile(terminal, last, next).await?;
                let text = format!("the terminal shows an earlier head, {found} entries of {had}");
                Err(WitnessError::Head(text))
            }
        }
    }

    /// Heads that others have shown must be of one history with the terminal's newest.
    async fn settle(
        &self,
        terminal: &PartyId,
        watched: &Watched,
        next: &SignedCheckpoint,
    ) -> Result<(), WitnessError> {
        let heard: Vec<_> = watched.known().heard.heads().cloned().collect();
        for theirs in heard {
            self.reconcile(terminal, next, &theirs).await?;
            // A larger one stays until the terminal has shown a head that is no smaller: until then it
            // could grow another way.
            if theirs.checkpoint().size <= next.checkpoint().size {
                watched.known().heard.joined(&theirs);
            }
        }
        Ok(())
    }

    /// The newest head of a log that this node has cosigned.
    fn last_cosigned(&self, terminal: &PartyId) -> Result<Option<SignedCheckpoint>, StoreError> {
        let row = self.store.get(rows::SEEN_HEADS, terminal.as_str().as_bytes())?;
        let Some(row) = row else { return Ok(None) };
        let (key, note) = rows::seen_head_parts(&row)?;
        // Whatever the directory says of terminal and key today: what was cosigned was cosigned.
        let name = logs_name(&self.authorities.borrow(), terminal);
        SignedCheckpoint::open(note, &name, &[key]).map(Some).map_err(rows::damaged)
    }

    /// The logs that this node watches, and how each stands. Reads the store.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn watches(&self) -> Result<Vec<Watch>, StoreError> {
        let watch = |(terminal, watched): (&PartyId, &Watched)| {
            let last = self.last_cosigned(terminal)?;
            let alarm = self.has_alarm(terminal);
            let known = watched.known();
            Ok(Watch {
                terminal: terminal.clone(),
                size: last.map(|last| last.checkpoint().size),
                alarm,
                file: Some(self.home.log_alarm_file(terminal)).filter(|file| file.exists()),
                cosigned_at: known.cosigned_at,
                trouble: known.trouble.clone(),
            })
        };
        self.watched.iter().map(watch).collect()
    }

    async fn ask(&self, terminal: &PartyId, about: About) -> Result<Told, WitnessError> {
        Ok(self.exchange.ask(&Actor::Party(terminal.clone()), about).await?)
    }

    /// A head of a log, and which of the terminal's keys in force signed it.
    fn open(
        &self,
        terminal: &PartyId,
        note: &[u8],
    ) -> Result<(SignedCheckpoint, PublicKey), WitnessError> {
        let authorities = self.authorities.borrow();
        let unknown = || WitnessError::Head(format!("{terminal} is not in the directory"));
        let name = name_of(&authorities, terminal).ok_or_else(unknown)?;
        let keys = keys_of(&authorities, terminal, (self.clock)());
        let head = SignedCheckpoint::open(note, &name, &keys)
            .map_err(|error| WitnessError::Head(error.to_string()))?;
        let opens = |key: &PublicKey| SignedCheckpoint::open(note, &name, &[*key]).is_ok();
        let key = keys.into_iter().find(opens);
        let key = key.ok_or_else(|| WitnessError::Head("no key opens the head".to_owned()))?;
        Ok((head, key))
    }

    async fn keep(
        &self,
        terminal: &PartyId,
        key: &PublicKey,
        head: &SignedCheckpoint,
    ) -> Result<(), WitnessError> {
        let row = rows::seen_head_row(key, head.bytes());
        let terminal = terminal.clone();
        self.write(|reply| Command::SeenHead { terminal, row, reply }).await
    }

    /// Has something written, and waits until it is durable.
    async fn write(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), Refusal>>) -> Command,
    ) -> Result<(), WitnessError> {
        let (reply, kept) = oneshot::channel();
        let stopping = || StoreError::Io("the node is stopping".to_owned());
        self.commands.send(command(reply)).await.map_err(|_| stopping())?;
        match kept.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(refusal)) => Err(StoreError::Io(refusal.to_string()).into()),
            Err(_) => Err(stopping().into()),
        }
    }

    /// Cosigns a head that is kept, for the terminal and for other witnesses.
    fn cosign(&self, terminal: &PartyId, head: &SignedCheckpoint) -> Result<(), WitnessError> {
        let me = self.registrar.party().and_then(|me| name_of(&self.authorities.borrow(), me));
        let Some(me) = me else {
            return Err(WitnessError::Head("the directory does not list this node".to_owned()));
        };
        let failed = |error: &dyn std::fmt::Display| WitnessError::Head(error.to_string());
        let signer = self.registrar.signer.as_ref();
        let cosignature =
            head.cosign(&me, (self.clock)(), signer).map_err(|error| failed(&error))?;
        let cosigned = head.add_cosignature(&cosignature).map_err(|error| failed(&error))?;
        self.tell(terminal, cosigned.bytes());
        self.exchange.show(&Actor::Party(terminal.clone()), cosigned.bytes().to_vec());
        Ok(())
    }

    /// Shows the other witnesses what they need to find out by themselves: the heads of an alarm, one a
    /// visit in turn, else the last one that this node cosigned. Those of an alarm the terminal is shown
    /// too, for it to know that it is refused, and why.
    fn show_again(&self, terminal: &PartyId, visits: usize) {
        if let Some(heads) = self.home.log_alarm(terminal).map(|fork| fork.heads) {
            let note = &heads[visits % heads.len()];
            self.exchange.show(&Actor::Party(terminal.clone()), note.clone());
            return self.tell(terminal, note);
        }
        match self.last_cosigned(terminal) {
            Ok(Some(last)) => self.tell(terminal, last.bytes()),
            Ok(None) => {}
            Err(error) => warn!(log = %terminal, %error, "the last head cosigned cannot be read"),
        }
    }

    /// Shows a head to the witnesses to tell. One of them may be the log's own terminal, which would take
    /// a head without a cosignature for a refusal.
    fn tell(&self, terminal: &PartyId, note: &[u8]) {
        for peer in self.registrar.config.witness.tell.iter().filter(|peer| *peer != terminal) {
            self.exchange.show(&Actor::Party(peer.clone()), note.to_vec());
        }
    }

    /// Two heads that a terminal signed must be of one history: it proves so when it is asked, or is
    /// accused. Without an answer nothing is decided.
    async fn reconcile(
        &self,
        terminal: &PartyId,
        one: &SignedCheckpoint,
        other: &SignedCheckpoint,
    ) -> Result<(), WitnessError> {
        let (before, after) = match one.relation(other) {
            Relation::Same => return Ok(()),
            Relation::Fork => return Err(self.alarm(terminal, one, other, &[])),
            Relation::OtherLog => return Err(other_log()),
            Relation::Grown => (one, other),
            Relation::Earlier => (other, one),
        };
        let (old, new) = (before.checkpoint(), after.checkpoint());
        let about = About::Consistency { old: old.size, new: new.size };
        let proof = proof_of(&self.ask(terminal, about).await?);
        if verify_consistency(old.size, &old.root, new.size, &new.root, &proof).is_ok() {
            return Ok(());
        }
        // Asks once more for what settles it: the head that the log now has at the smaller size; two of
        // one size need no proof and no explanation.
        let told = self.ask(terminal, About::OfSize { size: old.size }).await?;
        match told.head.as_deref().map(|note| self.open(terminal, note)) {
            Some(Ok((now, _))) if before.relation(&now) == Relation::Fork => {
                Err(self.alarm(terminal, before, &now, &[]))
            }
            _ => Err(self.alarm(terminal, before, after, &proof)),
        }
    }
}

impl Watched {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a terminal's log, whatever the directory says of the terminal today.
fn logs_name(authorities: &Authorities, terminal: &PartyId) -> KeyName {
    KeyName::of(&authorities.directory.edition().network, terminal)
}

fn other_log() -> WitnessError {
    WitnessError::Head("the head is of another log".to_owned())
}

/// The proof in an answer; the empty one, which proves little, when there is none. A frame bounds it.
fn proof_of(told: &Told) -> Vec<Hash32> {
    told.proof.iter().flatten().map(|hash| Hash32::from_bytes(*hash)).collect()
}
