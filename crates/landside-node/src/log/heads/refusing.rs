//! Witnesses that refuse to cosign this log, as they say themselves.
//!
//! After an alarm a witness shows the terminal the heads that it holds against it, without its own
//! cosignature. Each is signed with the terminal's key, so that nobody can make one up; whether it is a
//! head of this log, the terminal finds out by its own tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use landside_proto::checkpoint::SignedCheckpoint;
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::merkle;
use tracing::{error, info, warn};

use super::{Heads, open_ever, unproven};
use crate::log::Tiles;
use crate::store::StoreError;

/// What a witness that refuses holds against this log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusing {
    /// When this node first heard of it, since it started.
    pub(crate) since: UnixMillis,
    /// Entries of the largest head shown.
    pub(crate) entries: u64,
    /// Every head shown is one of this log as it stands.
    pub(crate) of_this_log: bool,
}

impl Heads {
    /// Witnesses that refuse to cosign this log. No more than the directory has parties.
    pub(crate) fn refusing(&self) -> BTreeMap<PartyId, Refusing> {
        self.state().refusing.clone()
    }

    /// Takes a head of this log that a peer shows: a cosignature, or a refusal to give one.
    pub(crate) async fn take_shown(
        self: &Arc<Self>,
        witness: &PartyId,
        note: Vec<u8>,
        now: UnixMillis,
    ) {
        let (heads, party, held) = (Arc::clone(self), witness.clone(), note.clone());
        // The tree is in the store.
        let looked = tokio::task::spawn_blocking(move || heads.is_held(&party, &held, now));
        match looked.await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => self.collect(witness, &note, now).await,
            Ok(Err(error)) => warn!(%witness, %error, "a head shown cannot be compared"),
            Err(_) => {}
        }
    }

    /// Whether a witness that counts shows a head of this log without having cosigned it.
    pub(super) fn is_held(
        &self,
        witness: &PartyId,
        note: &[u8],
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let Some(party) = self.registrar.party() else { return Ok(false) };
        let opened = open_ever(&self.authorities.borrow(), party, note);
        let Ok(head) = opened else { return Ok(false) };
        let Some(name) = self.counts(witness) else { return Ok(false) };
        if self.cosignature(&head, witness, now).is_some() {
            if self.state().refusing.remove(witness).is_some() {
                info!(%witness, "the witness cosigns this log again");
            }
            return Ok(false);
        }
        // A line that cannot be verified here may be by a key that this directory does not list yet.
        if head.lines().iter().any(|line| line.name() == name.as_str()) {
            return Ok(false);
        }
        let of_this_log = self.is_of_this_log(&head)?;
        self.refused(witness, head.checkpoint().size, of_this_log, now);
        Ok(true)
    }

    fn refused(&self, witness: &PartyId, entries: u64, of_this_log: bool, now: UnixMillis) {
        let (new, newly_foreign) = {
            let mut state = self.state();
            let new = !state.refusing.contains_key(witness);
            let fresh = Refusing { since: now, entries, of_this_log: true };
            let held = state.refusing.entry(witness.clone()).or_insert(fresh);
            let newly_foreign = held.of_this_log && !of_this_log;
            held.of_this_log &= of_this_log;
            held.entries = held.entries.max(entries);
            (new, newly_foreign)
        };
        if newly_foreign {
            error!(
                %witness, entries,
                "ALARM: the witness refuses to cosign this log: it holds a head signed with this node's \
                 key that is not of this log"
            );
        } else if new {
            error!(%witness, entries, "ALARM: the witness refuses to cosign this log");
        }
    }

    /// Whether a head is of this log as it stands. A larger one is not: no head is signed before its
    /// entries are durable.
    fn is_of_this_log(&self, head: &SignedCheckpoint) -> Result<bool, StoreError> {
        let said = head.checkpoint();
        if said.size > self.size() {
            return Ok(false);
        }
        let root = merkle::root(said.size, &Tiles(self.store.as_ref())).map_err(unproven)?;
        Ok(root == said.root)
    }
}
