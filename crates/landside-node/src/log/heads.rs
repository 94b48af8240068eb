//! The heads of this terminal's log: signed, shown, cosigned by witnesses, final.
//!
//! The head shown stays the same one until enough witnesses have cosigned it or [`OFFER_LIFE`] is
//! over, or two witnesses that look at different moments would never cosign the same. What is final
//! is written to the store before anybody is told.

mod published;
mod refusing;
mod vouching;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landside_proto::checkpoint::{
    Checkpoint, CheckpointError, Cosignature, KeyName, SignedCheckpoint,
};
use landside_proto::directory::Authorities;
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::key::PublicKey;
use landside_proto::merkle::{self, Frontier};
use landside_proto::session::frame::{About, Ask, Told};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{debug, warn};

pub(crate) use self::refusing::Refusing;
use super::{Tiles, hashes, unproven};
use crate::registrar::Registrar;
use crate::rows;
use crate::store::{Range, Store, StoreError};
use crate::writer::Command;

/// How long one head is offered to witnesses that are slow to come: twice the longest time that a
/// witness may leave between two looks ([`crate::config::EVERY_S_MAX`]), so that all of them see it.
const OFFER_LIFE: Duration = Duration::from_secs(2 * crate::config::EVERY_S_MAX);

/// Final heads looked at for one that covers the rotations of its own signers: a witness that changes its key
/// does so under one or two of them.
const COVERING_MAX: usize = 16;

/// A last final head older than this is worth a word to people: no witness has come for ten of the
/// longest times that one may stay away.
pub(crate) const FINAL_AGE_MAX: Duration = Duration::from_secs(10 * crate::config::EVERY_S_MAX);

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
    offered: Option<Offered>,
    last_final: Option<Final>,
    refusing: BTreeMap<PartyId, Refusing>,
}

/// The head offered to witnesses.
struct Offered {
    /// As it is shown.
    head: SignedCheckpoint,
    /// With the cosignatures that came in.
    cosigned: SignedCheckpoint,
    since: UnixMillis,
}

/// The newest head that enough witnesses cosigned.
#[derive(Debug, Clone)]
pub(crate) struct Final {
    /// The head with its cosignatures.
    pub(crate) head: SignedCheckpoint,
    /// The witnesses, and when each last said so, by its clock.
    pub(crate) witnesses: BTreeMap<PartyId, UnixMillis>,
    /// When enough of them last stood behind it: not the latest of their times, or one witness that
    /// comes would hide that the others stay away.
    pub(crate) at: UnixMillis,
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
            // Keys that have gone since, or a config that asks for more witnesses, leave the log
            // without a final head until the next one.
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

    /// For how long no head has been final, where one should be: longer than [`FINAL_AGE_MAX`] ago
    /// by its witnesses' clocks. A log that no witness ever came to is not overdue.
    pub(crate) fn overdue(&self, now: UnixMillis) -> Option<Duration> {
        let age = now.since(self.state().last_final.as_ref()?.at);
        (age > FINAL_AGE_MAX).then_some(age)
    }

    /// The head that witnesses are to look at now.
    fn offered(&self, now: UnixMillis) -> Option<SignedCheckpoint> {
        let origin = self.name()?;
        let mut state = self.state();
        // Read under the lock: a head is never followed by a smaller one.
        let tree = self.tree.borrow().clone();
        let last = state.last_final.as_ref().map_or(0, |last| last.head.checkpoint().size);
        if let Some(Offered { head, since, .. }) = &state.offered {
            let size = head.checkpoint().size;
            let waits = size > last && now.since(*since) < OFFER_LIFE;
            if size == tree.size() || waits {
                return Some(head.clone());
            }
        }
        match Checkpoint::of(origin, &tree).sign(self.registrar.signer.as_ref()) {
            Ok(head) => {
                let cosigned = head.clone();
                state.offered = Some(Offered { head: head.clone(), cosigned, since: now });
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

    /// The first final head that covers an entry, and the rotations that its signers' keys rest on; while there
    /// is none that today's directory knows a key of, the head that ends with the entry, or with the rotation of
    /// this node's own key. The same question gets the same bytes again once such a head is final.
    pub(crate) fn covering(&self, index: u64) -> Result<Option<SignedCheckpoint>, StoreError> {
        let Some(size) = index.checked_add(1) else { return Ok(None) };
        let from = size.to_be_bytes();
        // Rows of a commit that has not returned may be there already: they are not shown.
        let last = self.last_final().map_or(0, |last| last.head.checkpoint().size);
        let end = Range::after(&last.to_be_bytes());
        let mut finals = Vec::new();
        if let Some(party) = self.registrar.party().filter(|_| size <= last) {
            for (_, note) in
                self.store.scan(&Range::between(rows::HEADS, &from, &end), COVERING_MAX)?
            {
                finals.extend(open_ever(&self.authorities.borrow(), party, &note).ok());
            }
        }
        let shown = finals.iter().position(|head| self.shows_its_signers(head));
        if finals.is_empty() {
            return self.of_size(self.own_size(size).min(self.size()).max(size));
        }
        Ok(Some(finals.swap_remove(shown.unwrap_or(0))))
    }

    /// Answers a question of a peer. Reads the store: not for the network's threads.
    ///
    /// # Errors
    /// [`StoreError`]: then there is no answer. One without head and proof would say that the log is
    /// too short for the question, and a witness would take that for a rewrite.
    pub(crate) fn answer(&self, ask: Ask, now: UnixMillis) -> Result<Told, StoreError> {
        let (head, proof) = self.look_up(ask.about, now)?;
        let head = head.map(|head| head.bytes().to_vec());
        let rotations = match ask.about {
            About::Rotations { size } if size <= self.size() => self.vouching(size)?,
            _ => Vec::new(),
        };
        let proof = proof.map(|proof| hashes(&proof));
        Ok(Told { number: ask.number, head, proof, rotations, figures: None })
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

    /// Takes a head of this log that a witness shows with its cosignature. Of the cosignatures in the
    /// note only the peer's own counts, so that a note costs two verifications, whatever is in it.
    pub(crate) async fn collect(&self, witness: &PartyId, note: &[u8], now: UnixMillis) {
        let Some(done) = self.read_own(note, now).and_then(|head| self.merge(&head, witness, now))
        else {
            return;
        };
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

    /// Puts a witness's cosignature beside those that the offered head has. Gives the head when that
    /// makes it final, or final anew.
    fn merge(
        &self,
        cosigned: &SignedCheckpoint,
        witness: &PartyId,
        now: UnixMillis,
    ) -> Option<Final> {
        let cosignature = self.cosignature(cosigned, witness, now)?;
        let merged = {
            let mut state = self.state();
            let offered = state.offered.as_mut()?;
            offered.cosigned = offered.cosigned.add_cosignature(&cosignature).ok()?;
            offered.cosigned.clone()
        };
        self.as_final(merged, now)
    }

    /// A head with its cosignatures, if they are enough.
    fn as_final(&self, head: SignedCheckpoint, now: UnixMillis) -> Option<Final> {
        let names = head.lines().iter().filter_map(|line| KeyName::parse(line.name()).ok());
        let witnesses: BTreeMap<PartyId, UnixMillis> = names
            .filter_map(|name| {
                let cosignature = self.cosignature(&head, name.party(), now)?;
                Some((name.party().clone(), cosignature.at()))
            })
            .collect();
        let mut times: Vec<UnixMillis> = witnesses.values().copied().collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        let enough = self.registrar.config.witnessed.cosignatures_min.checked_sub(1)?;
        let at = *times.get(enough)?;
        Some(Final { head, witnesses, at })
    }

    /// The newest cosignature of a party that counts as a witness of this log.
    fn cosignature(
        &self,
        head: &SignedCheckpoint,
        witness: &PartyId,
        now: UnixMillis,
    ) -> Option<Cosignature> {
        let name = self.counts(witness)?;
        let authorities = self.authorities.borrow();
        let keys = keys_of(&authorities, witness, now).into_iter();
        let found = keys.filter_map(|key| head.verify_cosignature(&name, &key, now).ok());
        found.max_by_key(Cosignature::at)
    }

    /// The name of a party that counts as a witness of this log.
    fn counts(&self, witness: &PartyId) -> Option<KeyName> {
        let wanted = &self.registrar.config.witnessed.by;
        let counts = wanted.is_empty() || wanted.contains(witness);
        let counts = counts && Some(witness) != self.registrar.party();
        if counts { name_of(&self.authorities.borrow(), witness) } else { None }
    }

    fn read_final(&self, note: &[u8], now: UnixMillis) -> Option<Final> {
        let head = open_ever(&self.authorities.borrow(), self.registrar.party()?, note).ok()?;
        self.as_final(head, now)
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

/// A party's signing keys in force, by the directory and by rotations.
pub(crate) fn keys_of(
    authorities: &Authorities,
    party: &PartyId,
    now: UnixMillis,
) -> Vec<PublicKey> {
    authorities.signing_keys(party, now)
}

/// Opens a head by any key that was ever listed or vouched for at its terminal: one that was taken in before, when
/// its key was in force.
pub(crate) fn open_ever(
    authorities: &Authorities,
    terminal: &PartyId,
    note: &[u8],
) -> Result<SignedCheckpoint, CheckpointError> {
    let name = name_of(authorities, terminal).ok_or(CheckpointError::NotSigned)?;
    let entry = authorities.directory.party(terminal).into_iter();
    let listed = entry.flat_map(|entry| &entry.signing_keys).map(|k| k.key);
    let rotated = authorities.rotations.of_party(terminal).filter_map(|r| r.said.signing_key);
    let keys: Vec<_> = listed.chain(rotated).collect();
    SignedCheckpoint::open(note, &name, &keys)
}

#[cfg(test)]
mod tests;
