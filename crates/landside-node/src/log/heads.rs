//! The heads of this terminal's log: signed, shown, cosigned by witnesses, final.
//!
//! The head shown stays the same one until enough witnesses have cosigned it or [`OFFER_LIFE`] is
//! over, or two witnesses that look at different moments would never cosign the same. What is final
//! is written to the store before anybody is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landside_proto::checkpoint::{Checkpoint, CheckpointError, KeyName, SignedCheckpoint};
use landside_proto::directory::{Actor, Authorities};
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::key::PublicKey;
use landside_proto::merkle::{self, Frontier};
use landside_proto::session::frame::{About, Ask, Told};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{debug, warn};

use super::{Tiles, hashes, unproven};
use crate::registrar::Registrar;
use crate::rows;
use crate::store::{Range, Store, StoreError};
use crate::writer::Command;

/// How long one head is offered to witnesses that are slow to come.
const OFFER_LIFE: Duration = Duration::from_secs(30);

/// The heads of one log.
pub(crate) struct Heads {
    store: Arc<dyn Store>,
    registrar: Arc<Registrar>,
    authorities: watch::Receiver<Authorities>,
    tree: watch::Receiver<Frontier>,
    commands: mpsc::Sender<Command>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The head offered to witnesses, with the cosignatures that came in, and since when.
    offered: Option<(SignedCheckpoint, UnixMillis)>,
    last_final: Option<Final>,
}

/// The newest head that enough witnesses cosigned.
#[derive(Debug, Clone)]
pub(crate) struct Final {
    /// The head with its cosignatures.
    pub(crate) head: SignedCheckpoint,
    /// The witnesses, and when each last said so, by its clock.
    pub(crate) witnesses: BTreeMap<PartyId, UnixMillis>,
}

impl Final {
    /// Since when enough witnesses stand behind it: the latest of their times.
    pub(crate) fn at(&self) -> UnixMillis {
        self.witnesses.values().copied().max().unwrap_or(UnixMillis::from_millis(0))
    }
}

impl Heads {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        registrar: Arc<Registrar>,
        authorities: watch::Receiver<Authorities>,
        tree: watch::Receiver<Frontier>,
        commands: mpsc::Sender<Command>,
        now: UnixMillis,
    ) -> Result<Self, StoreError> {
        let heads = Self { store, registrar, authorities, tree, commands, state: Mutex::default() };
        let newest = heads.store.scan(&Range::all(rows::HEADS).descending(), 1)?;
        if let Some((_, note)) = newest.first() {
            // A key that has gone since leaves the log without a final head until the next one.
            heads.state().last_final = heads.read_final(note, now);
        }
        Ok(heads)
    }

    /// The name of this log; `None` for a node that is no party.
    pub(crate) fn name(&self) -> Option<KeyName> {
        name_of(&self.authorities.borrow(), self.registrar.party()?)
    }

    /// Entries that are durable.
    pub(crate) fn size(&self) -> u64 {
        self.tree.borrow().size()
    }

    /// The newest head that is final.
    pub(crate) fn last_final(&self) -> Option<Final> {
        self.state().last_final.clone()
    }

    /// The head that witnesses are to look at now.
    pub(crate) fn offered(&self, now: UnixMillis) -> Option<SignedCheckpoint> {
        let name = self.name()?;
        let tree = self.tree.borrow().clone();
        let mut state = self.state();
        let last = state.last_final.as_ref().map_or(0, |last| last.head.checkpoint().size);
        if let Some((offered, since)) = &state.offered {
            let size = offered.checkpoint().size;
            let waits = size > last && now.since(*since) < OFFER_LIFE;
            if size == tree.size() || waits {
                return Some(offered.clone());
            }
        }
        match Checkpoint::of(name, &tree).sign(self.registrar.signer.as_ref()) {
            Ok(head) => {
                state.offered = Some((head.clone(), now));
                Some(head)
            }
            Err(error) => {
                warn!(%error, "the log's head cannot be signed");
                None
            }
        }
    }

    /// The head of exactly `size` entries, without cosignatures.
    pub(crate) fn of_size(&self, size: u64) -> Result<Option<SignedCheckpoint>, StoreError> {
        let Some(origin) = self.name().filter(|_| size <= self.size()) else { return Ok(None) };
        let root = merkle::root(size, &Tiles(self.store.as_ref())).map_err(unproven)?;
        let signed = Checkpoint { origin, size, root }.sign(self.registrar.signer.as_ref());
        signed.map(Some).map_err(|error| StoreError::Io(error.to_string()))
    }

    /// The first final head that covers an entry; while there is none, the head that ends with it.
    /// The same question gets the same bytes again once the head is final.
    pub(crate) fn covering(&self, index: u64) -> Result<Option<SignedCheckpoint>, StoreError> {
        let Some(size) = index.checked_add(1) else { return Ok(None) };
        let from = size.to_be_bytes();
        let range = Range { from: &from, ..Range::all(rows::HEADS) };
        let Some((_, note)) = self.store.scan(&range, 1)?.pop() else {
            return self.of_size(size);
        };
        let Some(party) = self.registrar.party() else { return Ok(None) };
        open_ever(&self.authorities.borrow(), party, &note).map(Some).map_err(rows::damaged)
    }

    /// Answers a question of a peer. Reads the store: not for the network's threads.
    pub(crate) fn answer(&self, ask: Ask, now: UnixMillis) -> Told {
        let told = match self.look_up(ask.about, now) {
            Ok(told) => told,
            Err(error) => {
                warn!(%error, "a question about the log cannot be answered");
                (None, None)
            }
        };
        let head = told.0.map(|head| head.bytes().to_vec());
        Told { number: ask.number, head, proof: told.1.map(|proof| hashes(&proof)) }
    }

    fn look_up(&self, about: About, now: UnixMillis) -> Result<Answer, StoreError> {
        let tiles = Tiles(self.store.as_ref());
        let durable = self.size();
        Ok(match about {
            About::Newest { from } => {
                let head = self.offered(now);
                let size = head.as_ref().map_or(0, |head| head.checkpoint().size);
                let proof = (from <= size).then(|| merkle::consistency(from, size, &tiles));
                (head, proof.transpose().map_err(unproven)?)
            }
            About::OfSize { size } => (self.of_size(size)?, None),
            About::Covering { index } if index < durable => (self.covering(index)?, None),
            About::Inclusion { index, size } if index < size && size <= durable => {
                (None, Some(merkle::inclusion(index, size, &tiles).map_err(unproven)?))
            }
            About::Consistency { old, new } if old <= new && new <= durable => {
                (None, Some(merkle::consistency(old, new, &tiles).map_err(unproven)?))
            }
            _ => (None, None),
        })
    }

    /// Takes a head of this log that a witness shows with its cosignature.
    pub(crate) async fn collect(&self, note: &[u8], now: UnixMillis) {
        let Some(cosigned) = self.read_own(note, now) else { return };
        let Some((merged, witnesses)) = self.merge(&cosigned, now) else { return };
        if witnesses.len() < self.registrar.config.witnessed.cosignatures_min {
            return;
        }
        let done = Final { head: merged, witnesses };
        let size = done.head.checkpoint().size;
        let known = self.last_final().map(|last| last.head.checkpoint().size);
        if known.is_none_or(|known| known < size) {
            let (reply, kept) = oneshot::channel();
            let note = done.head.bytes().to_vec();
            if self.commands.send(Command::FinalHead { size, note, reply }).await.is_err()
                || !matches!(kept.await, Ok(Ok(())))
            {
                return;
            }
            debug!(size, "a head of the log is final");
        } else if known.is_some_and(|known| known > size) {
            return;
        }
        self.state().last_final = Some(done);
    }

    /// The offered head with the cosignatures of this note beside those it has, and who cosigned.
    fn merge(
        &self,
        cosigned: &SignedCheckpoint,
        now: UnixMillis,
    ) -> Option<(SignedCheckpoint, BTreeMap<PartyId, UnixMillis>)> {
        let found = self.cosignatures(cosigned, now);
        let mut state = self.state();
        let (offered, _) = state.offered.as_mut()?;
        if offered.checkpoint() != cosigned.checkpoint() {
            return None;
        }
        for (_, cosignature) in found {
            *offered = offered.add_cosignature(&cosignature).ok()?;
        }
        let merged = offered.clone();
        drop(state);
        let witnesses = self.cosignatures(&merged, now);
        let witnesses = witnesses.into_iter().map(|(party, c)| (party, c.at())).collect();
        Some((merged, witnesses))
    }

    /// Cosignatures by parties that count as witnesses of this log.
    fn cosignatures(
        &self,
        head: &SignedCheckpoint,
        now: UnixMillis,
    ) -> Vec<(PartyId, landside_proto::checkpoint::Cosignature)> {
        let authorities = self.authorities.borrow();
        let wanted = &self.registrar.config.witnessed.by;
        let mut found = Vec::new();
        for party in &authorities.directory.edition().parties {
            let counts = wanted.is_empty() || wanted.contains(&party.id);
            if !counts || Some(&party.id) == self.registrar.party() {
                continue;
            }
            let Some(name) = name_of(&authorities, &party.id) else { continue };
            for key in keys_of(&authorities, &party.id, now) {
                if let Ok(cosignature) = head.verify_cosignature(&name, &key, now) {
                    found.push((party.id.clone(), cosignature));
                    break;
                }
            }
        }
        found
    }

    fn read_final(&self, note: &[u8], now: UnixMillis) -> Option<Final> {
        let head = open_ever(&self.authorities.borrow(), self.registrar.party()?, note).ok()?;
        let found = self.cosignatures(&head, now).into_iter();
        Some(Final { head, witnesses: found.map(|(party, c)| (party, c.at())).collect() })
    }

    fn read_own(&self, note: &[u8], now: UnixMillis) -> Option<SignedCheckpoint> {
        let party = self.registrar.party()?;
        let keys = keys_of(&self.authorities.borrow(), party, now);
        SignedCheckpoint::open(note, &self.name()?, &keys).ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Answer = (Option<SignedCheckpoint>, Option<Vec<landside_proto::ids::Hash32>>);

/// The name of a party's log, and of the party as a witness, in the directory in force.
pub(crate) fn name_of(authorities: &Authorities, party: &PartyId) -> Option<KeyName> {
    authorities.directory.party(party)?;
    Some(KeyName::of(&authorities.directory.edition().network, party))
}

/// A party's signing keys in force.
pub(crate) fn keys_of(
    authorities: &Authorities,
    party: &PartyId,
    now: UnixMillis,
) -> Vec<PublicKey> {
    use landside_proto::directory::Keyring as _;
    let actor = Actor::Party(party.clone());
    let entry = authorities.directory.party(party);
    let keys = entry.into_iter().flat_map(|entry| &entry.signing_keys);
    keys.map(|listed| listed.key)
        .filter(|key| authorities.signer(&actor, key.id(), now).is_ok())
        .collect()
}

/// Opens a head by any key that was ever listed for its terminal: one that was taken in before, when
/// its key was in force.
pub(crate) fn open_ever(
    authorities: &Authorities,
    terminal: &PartyId,
    note: &[u8],
) -> Result<SignedCheckpoint, CheckpointError> {
    let name = name_of(authorities, terminal).ok_or(CheckpointError::NotSigned)?;
    let entry = authorities.directory.party(terminal).into_iter();
    let keys: Vec<_> = entry.flat_map(|entry| &entry.signing_keys).map(|k| k.key).collect();
    SignedCheckpoint::open(note, &name, &keys)
}
