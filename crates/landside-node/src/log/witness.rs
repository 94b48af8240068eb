//! Witnessing the logs of other terminals: a log only ever grows, and everybody sees the same one.
//!
//! Every few seconds the witness asks a terminal for its newest head, with the proof that it follows
//! the last one seen, keeps it, cosigns it, and shows it to the terminal and to other witnesses. A
//! head that another witness shows is compared with what the terminal says to this one of the same
//! size. Two histories leave both signed heads in a file, and no cosignature from then on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use landside_proto::checkpoint::{FollowError, KeyName, Relation, SignedCheckpoint, follow};
use landside_proto::directory::{Actor, Authorities};
use landside_proto::evidence::ForkEvidence;
use landside_proto::ids::{Hash32, PartyId, UnixMillis};
use landside_proto::merkle::verify_consistency;
use landside_proto::session::frame::{About, Told};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tracing::{debug, error, warn};

use super::{Heads, keys_of, name_of, open_ever};
use crate::exchange::{AskError, Exchange, Shown};
use crate::home::Home;
use crate::registrar::Registrar;
use crate::rows;
use crate::store::{Store, StoreError};
use crate::writer::Command;

/// Proofs longer than this prove nothing about any log.
const PROOF_MAX: usize = landside_proto::merkle::PROOF_MAX;

/// A witness of the logs that the config names.
pub(crate) struct Witness {
    home: Home,
    store: Arc<dyn Store>,
    registrar: Arc<Registrar>,
    authorities: watch::Receiver<Authorities>,
    commands: mpsc::Sender<Command>,
    exchange: Arc<Exchange>,
    clock: fn() -> UnixMillis,
    /// One turn at a time for each log: what follows what is decided in one place.
    turns: BTreeMap<PartyId, Mutex<()>>,
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
    ) -> Arc<Self> {
        let of = registrar.config.witness.of.iter();
        let turns = of.map(|terminal| (terminal.clone(), Mutex::new(()))).collect();
        Arc::new(Self { home, store, registrar, authorities, commands, exchange, clock, turns })
    }

    /// Visits every log named, and looks at every head that peers show, until the node ends.
    pub(crate) async fn run(self: Arc<Self>, heads: Arc<Heads>, mut shown: mpsc::Receiver<Shown>) {
        for terminal in self.turns.keys().cloned() {
            let witness = Arc::clone(&self);
            tokio::spawn(async move { witness.visit_again_and_again(&terminal).await });
        }
        while let Some((peer, note)) = shown.recv().await {
            let origin = origin_of(&note);
            if origin.is_some() && origin == heads.name() {
                heads.collect(&note, (self.clock)()).await;
            } else if let Some(terminal) = origin.map(|name| name.party().clone())
                && let Err(error) = self.hear(&terminal, &note).await
            {
                warn!(%peer, log = %terminal, %error, "a head shown by a peer");
            }
        }
    }

    async fn visit_again_and_again(&self, terminal: &PartyId) {
        let every = Duration::from_secs(self.registrar.config.witness.every_s);
        let mut round = tokio::time::interval(every);
        round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut said = false;
        loop {
            round.tick().await;
            match self.visit(terminal).await {
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

    /// One round: the newest head follows the last one, is kept, cosigned and shown.
    pub(crate) async fn visit(&self, terminal: &PartyId) -> Result<(), WitnessError> {
        let Some(turn) = self.turns.get(terminal) else { return Ok(()) };
        let _turn = turn.lock().await;
        self.is_trusted(terminal)?;
        let last = self.last_seen(terminal)?;
        let from = last.as_ref().map_or(0, |last| last.checkpoint().size);
        let told = self.ask(terminal, About::Newest { from }).await?;
        let next = self.open(terminal, told.head.as_deref())?;
        // Without a last head there is nothing to prove.
        let proof = if last.is_some() { proof_of(&told)? } else { Vec::new() };
        match follow(last.as_ref(), &next, &proof) {
            Ok(()) => {}
            Err(FollowError::Fork { .. }) => {
                return Err(self.alarm(terminal, last.as_ref(), &next, &proof));
            }
            Err(FollowError::Proof(_) | FollowError::Smaller { .. } | FollowError::OtherLog) => {
                return Err(self.accuse(terminal, last.as_ref(), &next, &proof).await);
            }
        }
        if last.is_none_or(|last| last.checkpoint() != next.checkpoint()) {
            self.keep(terminal, &next).await?;
        }
        self.cosign(terminal, &next)
    }

    /// Compares a head that a peer shows with what the terminal says to this node.
    pub(crate) async fn hear(&self, terminal: &PartyId, note: &[u8]) -> Result<(), WitnessError> {
        let Some(turn) = self.turns.get(terminal) else { return Ok(()) };
        let _turn = turn.lock().await;
        self.is_trusted(terminal)?;
        let theirs = self.open(terminal, Some(note))?;
        if let Some(last) = self.last_seen(terminal)? {
            match last.relation(&theirs) {
                Relation::Same => return Ok(()),
                Relation::Fork => return Err(self.alarm(terminal, Some(&last), &theirs, &[])),
                Relation::Grown | Relation::Earlier | Relation::OtherLog => {}
            }
        }
        let size = theirs.checkpoint().size;
        let told = self.ask(terminal, About::OfSize { size }).await?;
        let Some(note) = told.head.as_deref() else {
            // It signed a head of this size, and now its log has fewer entries.
            let last = self.last_seen(terminal)?;
            return Err(self.alarm(terminal, last.as_ref(), &theirs, &[]));
        };
        let ours = self.open(terminal, Some(note))?;
        match ours.relation(&theirs) {
            Relation::Same => Ok(()),
            _ => Err(self.alarm(terminal, Some(&ours), &theirs, &[])),
        }
    }

    /// The newest head of a log that this node has cosigned.
    pub(crate) fn last_seen(
        &self,
        terminal: &PartyId,
    ) -> Result<Option<SignedCheckpoint>, StoreError> {
        let row = self.store.get(rows::SEEN_HEADS, terminal.as_str().as_bytes())?;
        let Some(note) = row else { return Ok(None) };
        let head = open_ever(&self.authorities.borrow(), terminal, &note);
        head.map(Some).map_err(rows::damaged)
    }

    /// The logs that this node witnesses.
    pub(crate) fn terminals(&self) -> impl Iterator<Item = &PartyId> {
        self.turns.keys()
    }

    /// Whether an alarm about this log stands: as long as its file is there.
    pub(crate) fn has_alarm(&self, terminal: &PartyId) -> bool {
        self.home.log_alarm_file(terminal).exists()
    }

    fn is_trusted(&self, terminal: &PartyId) -> Result<(), WitnessError> {
        if self.has_alarm(terminal) {
            let file = self.home.log_alarm_file(terminal);
            return Err(WitnessError::Alarm(format!("not cosigned: see {}", file.display())));
        }
        Ok(())
    }

    async fn ask(&self, terminal: &PartyId, about: About) -> Result<Told, WitnessError> {
        Ok(self.exchange.ask(&Actor::Party(terminal.clone()), about).await?)
    }

    fn open(
        &self,
        terminal: &PartyId,
        note: Option<&[u8]>,
    ) -> Result<SignedCheckpoint, WitnessError> {
        let authorities = self.authorities.borrow();
        let unknown = || WitnessError::Head(format!("{terminal} is not in the directory"));
        let name = name_of(&authorities, terminal).ok_or_else(unknown)?;
        let note =
            note.ok_or_else(|| WitnessError::Head("the terminal gave no head".to_owned()))?;
        let keys = keys_of(&authorities, terminal, (self.clock)());
        SignedCheckpoint::open(note, &name, &keys)
            .map_err(|error| WitnessError::Head(error.to_string()))
    }

    async fn keep(&self, terminal: &PartyId, head: &SignedCheckpoint) -> Result<(), WitnessError> {
        let (reply, kept) = oneshot::channel();
        let note = head.bytes().to_vec();
        let command = Command::SeenHead { terminal: terminal.clone(), note, reply };
        let stopping = || StoreError::Io("the node is stopping".to_owned());
        self.commands.send(command).await.map_err(|_| stopping())?;
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
        let others = self.registrar.config.witness.tell.iter();
        for peer in others.chain([terminal]) {
            self.exchange.show(&Actor::Party(peer.clone()), cosigned.bytes().to_vec());
        }
        Ok(())
    }

    /// A head does not follow the last one. Asks once more for what settles it: the head that the
    /// log now has at the smaller size; two of one size need no proof and no explanation.
    async fn accuse(
        &self,
        terminal: &PartyId,
        last: Option<&SignedCheckpoint>,
        next: &SignedCheckpoint,
        proof: &[Hash32],
    ) -> WitnessError {
        let Some(last) = last else { return WitnessError::Head("no last head".to_owned()) };
        let (before, after) = (last.checkpoint(), next.checkpoint());
        if after.size < before.size {
            let about = About::Consistency { old: after.size, new: before.size };
            let told = match self.ask(terminal, about).await {
                Ok(told) => told,
                Err(error) => return error,
            };
            let earlier = proof_of(&told).is_ok_and(|proof| {
                verify_consistency(after.size, &after.root, before.size, &before.root, &proof)
                    .is_ok()
            });
            if earlier {
                return WitnessError::Head("the terminal shows an earlier head".to_owned());
            }
            return self.alarm(terminal, Some(last), next, &[]);
        }
        let told = match self.ask(terminal, About::OfSize { size: before.size }).await {
            Ok(told) => told,
            Err(error) => return error,
        };
        match self.open(terminal, told.head.as_deref()) {
            Ok(now) if last.relation(&now) == Relation::Fork => {
                self.alarm(terminal, Some(last), &now, &[])
            }
            _ => self.alarm(terminal, Some(last), next, proof),
        }
    }

    /// Keeps both heads in a file and says so. The log is not cosigned while the file is there.
    fn alarm(
        &self,
        terminal: &PartyId,
        ours: Option<&SignedCheckpoint>,
        theirs: &SignedCheckpoint,
        proof: &[Hash32],
    ) -> WitnessError {
        let sizes = (ours.map(|head| head.checkpoint().size), theirs.checkpoint().size);
        let text = match sizes {
            (Some(ours), theirs) if ours == theirs => {
                format!("{terminal} signed two logs of {ours} entries with different roots")
            }
            (Some(ours), theirs) => format!(
                "{terminal} does not show that its heads of {ours} and {theirs} entries are of one log"
            ),
            (None, theirs) => format!("{terminal} signed a head of {theirs} entries and has fewer"),
        };
        let directory = Arc::clone(&self.authorities.borrow().directory);
        let heads = [ours.unwrap_or(theirs), theirs].map(|head| head.bytes().to_vec());
        let kept = self.home.keep_log_alarm(ForkEvidence {
            network: directory.edition().network.clone(),
            terminal: terminal.clone(),
            editions: vec![directory.bundle().to_vec()],
            heads,
            proof: (!proof.is_empty()).then(|| proof.to_vec()),
        });
        match kept {
            Ok(file) => error!(log = %terminal, file = %file.display(), "ALARM: {text}"),
            Err(error) => error!(log = %terminal, %error, "ALARM, not kept: {text}"),
        }
        WitnessError::Alarm(text)
    }
}

/// Which log a note claims to be of.
fn origin_of(note: &[u8]) -> Option<KeyName> {
    let line = note.split(|byte| *byte == b'\n').next()?;
    KeyName::parse(std::str::from_utf8(line).ok()?).ok()
}

fn proof_of(told: &Told) -> Result<Vec<Hash32>, WitnessError> {
    match &told.proof {
        Some(proof) if proof.len() <= PROOF_MAX => {
            Ok(proof.iter().map(|hash| Hash32::from_bytes(*hash)).collect())
        }
        _ => Err(WitnessError::Head("the terminal gave no proof".to_owned())),
    }
}
