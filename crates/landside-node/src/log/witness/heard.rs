//! Heads that others show of a log and that are not joined yet to what the terminal tells here.
//!
//! They are durable before the next cosignature leaves, or a restart would let a terminal off.

use std::collections::{BTreeMap, VecDeque};

use landside_proto::checkpoint::{KeyName, Relation, SignedCheckpoint};
use landside_proto::directory::Actor;
use landside_proto::ids::PartyId;
use landside_proto::key::PublicKey;

use super::{Watched, Witness, WitnessError};
use crate::ledger;
use crate::log::shown::SHOWN_MAX;
use crate::rows;
use crate::store::{Store, StoreError};
use crate::writer::Command;

/// Heads of one peer that are not joined yet: a witness that raised an alarm shows two.
const HEARD_MAX: usize = 2;

/// The newest [`HEARD_MAX`] heads of each peer that are not joined.
#[derive(Default)]
pub(super) struct Unjoined {
    of: BTreeMap<Actor, VecDeque<Heard>>,
    /// The store has others.
    changed: bool,
}

/// A head and the terminal's key that signed it.
#[derive(Clone)]
struct Heard {
    key: PublicKey,
    head: SignedCheckpoint,
}

impl Unjoined {
    /// Those of a log that the store has.
    pub(super) fn read(
        store: &dyn Store,
        terminal: &PartyId,
        name: &KeyName,
    ) -> Result<Self, StoreError> {
        let mut unjoined = Self::default();
        let of_log = rows::unjoined_from(terminal);
        ledger::for_each_row(store, rows::UNJOINED_HEADS, |(key, row)| {
            if !key.starts_with(&of_log) {
                return Ok(());
            }
            let peer = rows::unjoined_peer(key)?;
            let (key, note) = rows::seen_head_parts(row)?;
            let head = SignedCheckpoint::open(note, name, &[key]).map_err(rows::damaged)?;
            unjoined.of.entry(peer).or_default().push_back(Heard { key, head });
            Ok(())
        })?;
        Ok(unjoined)
    }

    pub(super) fn heads(&self) -> impl Iterator<Item = &SignedCheckpoint> {
        self.of.values().flatten().map(|heard| &heard.head)
    }

    /// Takes a head in place of the oldest of its peer. Of a peer that is not `expected` only while
    /// there is room for its kind.
    fn add(&mut self, peer: &Actor, heard: Heard, expected: bool) {
        if !expected && !self.of.contains_key(peer) && self.of.len() >= SHOWN_MAX {
            return;
        }
        let of_peer = self.of.entry(peer.clone()).or_default();
        let said = heard.head.checkpoint();
        self.changed |= of_peer.iter().all(|known| known.head.checkpoint() != said);
        of_peer.retain(|known| known.head.checkpoint() != said);
        of_peer.push_back(heard);
        if of_peer.len() > HEARD_MAX {
            of_peer.pop_front();
        }
    }

    /// Lets go of a head that is proven to be of this history.
    pub(super) fn joined(&mut self, head: &SignedCheckpoint) {
        self.of.values_mut().for_each(|heads| heads.retain(|heard| heard.head != *head));
        self.of.retain(|_, heads| !heads.is_empty());
        self.changed = true;
    }

    /// What the store is to have of a log: heads without the lines of others, which may be long.
    fn rows(&self, terminal: &PartyId) -> Vec<(Vec<u8>, Vec<u8>)> {
        let of_peer = |(peer, heads): (&Actor, &VecDeque<Heard>)| {
            let row = |(number, heard): (u8, &Heard)| {
                let key = rows::unjoined_key(terminal, peer, number);
                let bare = heard.head.only_of(&heard.key);
                (key, rows::seen_head_row(&heard.key, bare.bytes()))
            };
            (0..).zip(heads).map(row).collect::<Vec<_>>()
        };
        self.of.iter().flat_map(of_peer).collect()
    }
}

impl Witness {
    /// Takes a head that a peer shows: whatever it says, the next round must account for it.
    pub(super) fn hear(
        &self,
        terminal: &PartyId,
        peer: &Actor,
        note: &[u8],
    ) -> Result<(), WitnessError> {
        let Some(watched) = self.watched.get(terminal) else { return Ok(()) };
        let accused = watched.known().accused.clone();
        if accused.is_none() {
            self.is_trusted(terminal)?;
        }
        let (theirs, key) = self.open(terminal, note)?;
        let last = self.last_cosigned(terminal)?;
        let fork = {
            let known = watched.known();
            let others = accused.iter().flatten().chain(&last).chain(known.heard.heads());
            forked(others, &theirs).cloned()
        };
        if let Some(other) = fork {
            return Err(self.alarm(terminal, &other, &theirs, &[]));
        }
        let same = |other: &SignedCheckpoint| other.relation(&theirs) == Relation::Same;
        if accused.iter().flatten().chain(&last).any(same) {
            return Ok(());
        }
        let tell = &self.registrar.config.witness.tell;
        let expected = peer.party().is_some_and(|told| tell.contains(told));
        watched.known().heard.add(peer, Heard { key, head: theirs }, expected);
        Ok(())
    }

    /// Makes durable what others have shown, once a visit however much they show.
    pub(super) async fn keep_heard(
        &self,
        terminal: &PartyId,
        watched: &Watched,
    ) -> Result<(), WitnessError> {
        let rows = {
            let mut known = watched.known();
            if !std::mem::take(&mut known.heard.changed) {
                return Ok(());
            }
            known.heard.rows(terminal)
        };
        let terminal = terminal.clone();
        let kept = self.write(|reply| Command::UnjoinedHeads { terminal, rows, reply }).await;
        if kept.is_err() {
            watched.known().heard.changed = true;
        }
        kept
    }
}

/// The first head that has the same size as `theirs` and another root.
pub(super) fn forked<'a>(
    mut others: impl Iterator<Item = &'a SignedCheckpoint>,
    theirs: &SignedCheckpoint,
) -> Option<&'a SignedCheckpoint> {
    others.find(|other| other.relation(theirs) == Relation::Fork)
}
