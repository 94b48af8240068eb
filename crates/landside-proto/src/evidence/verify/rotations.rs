//! The rotations of a file: which keys parties vouched for beside its editions, and what that makes of a
//! signer.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::layout::{Layout, Part};
use super::super::report::{FindingCode, Report, Rotated};
use super::super::vouched::{self, Vouched};
use super::super::{CaseEvidence, ForkEvidence, Registered};
use super::editions::Editions;
use crate::directory::{Directory, Drivers, Rotation};
use crate::document::{Document, KeyEntry, Kind, PartyEntry, Position};
use crate::envelope::{self, Signed};
use crate::ids::{PartyId, UnixMillis};
use crate::key::{KeyId, PublicKey};
use crate::refusal::{Code, Refusal};

impl Editions {
    /// Takes the rotations of a case in log order, each by the keys that the ones before it give. What
    /// does not open is left to the walk, which names it; what the terminal had to refuse comes back by
    /// its index among the credentials.
    pub(super) fn take_rotations(&mut self, case: &CaseEvidence) -> Vec<(usize, Refusal)> {
        let terminal = &case.visit.terminal;
        let mut refused = Vec::new();
        self.take_later_keys(case);
        for (index, Registered { envelope, position, .. }) in case.credentials.iter().enumerate() {
            let claimed = envelope::reopen(envelope.as_slice());
            if !claimed.is_ok_and(|claimed| claimed.document().kind() == Kind::KeyRotation) {
                continue;
            }
            let at = position.at;
            let Ok(opened) = self.open(envelope, at, &Arc::<Drivers>::default()) else { continue };
            let Some(authorities) = self.authorities(at, &Arc::default()) else { continue };
            // The edition of that time by the file may have come later, with the new keys in it.
            let absorbed = absorbs(&authorities.directory, opened.signed.document());
            // What would show the key that vouches may not be in the file: the walk says so, where it is.
            let by = opened.signed.key_id();
            let of_key = |refusal: &Refusal| {
                matches!(refusal.code, Code::KeyUnknown | Code::KeyNotInForce)
                    && opened
                        .signed
                        .issuer()
                        .party()
                        .is_some_and(|p| self.may_be_left_out(p, by, at))
            };
            if let Err(refusal) = authorities.may_rotate(terminal, &opened.signed, at)
                && !absorbed
                && !of_key(&refusal)
            {
                refused.push((index, refusal));
            }
            Arc::make_mut(&mut self.rotations).apply(&opened.signed, terminal, *position);
        }
        refused
    }

    /// Gives each edition the keys that a later one lists and no rotation of the file brings: the
    /// authorities' word that the key counted from a time on, which may be before their edition, holds
    /// where the rotation that they took over is not there.
    fn take_later_keys(&mut self, case: &CaseEvidence) {
        let claimed = case.credentials.iter().filter_map(|c| envelope::reopen(&*c.envelope).ok());
        let brought: BTreeSet<PublicKey> = claimed
            .filter_map(|claimed| match claimed.document() {
                Document::KeyRotation(said) => said.signing_key,
                _ => None,
            })
            .collect();
        let mut later: Vec<(PartyId, KeyEntry)> = Vec::new();
        let newest = self.list.len().saturating_sub(1);
        for (index, directory) in self.list.iter().enumerate().rev() {
            let unlisted = |(party, key): &&(PartyId, KeyEntry)| {
                let entry = directory.party(party);
                // A key that an agent holds is no key of the party's own, whatever comes later.
                let held = directory.agent_key(party, key.key.id()).is_some();
                let own = |e: &PartyEntry| e.signing_keys.iter().any(|k| k.key == key.key);
                !(held || entry.is_some_and(own))
            };
            let more: Vec<_> = later.iter().filter(unlisted).cloned().collect();
            if let Some(slot) = self.with_later.get_mut(index)
                && !more.is_empty()
            {
                *slot = Arc::new(directory.with_keys(&more));
            }
            for entry in &directory.edition().parties {
                for listed in &entry.signing_keys {
                    let known = later.iter().any(|(_, key)| key.key == listed.key);
                    if known || brought.contains(&listed.key) {
                        continue;
                    }
                    // The newest edition's end of a key is asked for apart.
                    let until = listed.until.filter(|_| index < newest);
                    later.push((entry.id.clone(), KeyEntry { until, ..listed.clone() }));
                }
            }
        }
    }

    /// The number of the edition by whose word alone a signer counts: a later one than that of the time.
    pub(super) fn listed_later(&self, signed: &Signed<Document>, at: UnixMillis) -> Option<u64> {
        let (party, key) = (signed.issuer().party()?, signed.key_id());
        let then = self.at(at)?;
        let lists = |directory: &&Arc<Directory>| {
            let entry = directory.party(party);
            entry.is_some_and(|e| e.signing_keys.iter().any(|listed| listed.key.id() == key))
        };
        if lists(&then) || self.bringing(party, key).is_some() {
            return None;
        }
        let mut later = self.list.iter().rev();
        later.find(lists).map(|directory| directory.edition().number)
    }

    /// Whether a rotation that is not in the file, or an edition before its first one, could have made a
    /// key count: then the file accuses nobody of having used it.
    pub(super) fn may_be_left_out(&self, party: &PartyId, key: KeyId, at: UnixMillis) -> bool {
        if !self.begin_after(at) && self.is_held_by_agent(party, key) {
            return false;
        }
        let (mut key, mut at) = (key, at);
        for _ in 0..=self.rotations.of_party(party).count() {
            if self.begin_after(at) {
                return true;
            }
            let Some(entry) = self.at(at).and_then(|directory| directory.party(party)) else {
                return false;
            };
            if entry.signing_keys.iter().any(|listed| listed.key.id() == key) {
                return false;
            }
            match self.bringing(party, key) {
                None => return true,
                Some(rotation) if rotation.at > at => return false,
                Some(rotation) => (key, at) = (rotation.said.old, rotation.at),
            }
        }
        false
    }

    /// Whether an edition of the file lists a key as one that another signs with for the party: no rotation
    /// makes such a key count, so none can be missing.
    fn is_held_by_agent(&self, party: &PartyId, key: KeyId) -> bool {
        self.list.iter().any(|directory| directory.agent_key(party, key).is_some())
    }

    /// Takes the rotations of a fork file: statements without a place in a log. They say whose key signed a
    /// head, and nothing of when.
    pub(super) fn take_vouched(
        &mut self,
        fork: &ForkEvidence,
        layout: &Layout,
        report: &mut Report,
    ) {
        let listed = self.keys_of(&fork.terminal);
        let Vouched { opened, refused, .. } =
            vouched::for_keys(&fork.terminal, listed, &fork.rotations);
        for (log, signed) in (0..).zip(&opened) {
            let position = Position { log, at: signed.issued_at(), case: None };
            Arc::make_mut(&mut self.rotations).apply(signed, &fork.terminal, position);
        }
        for (index, refusal) in refused {
            let mut place = layout.nth(Part::Credential, index);
            let claimed =
                fork.rotations.get(index).and_then(|bytes| envelope::reopen(&**bytes).ok());
            place.kind = claimed.map(|claimed| claimed.document().kind());
            report.find(FindingCode::DocumentRefused, &place, refusal.to_string());
        }
    }

    /// Every key that a rotation of the file names for a party's documents.
    pub(super) fn rotated_keys(&self, party: &PartyId) -> BTreeSet<PublicKey> {
        self.rotations.of_party(party).filter_map(|rotation| rotation.said.signing_key).collect()
    }

    /// When a key that a rotation brought ends, or never began, by the newest edition: with the key
    /// that vouched, if that edition ends it.
    pub(super) fn fallen_before(
        &self,
        party: &PartyId,
        key: KeyId,
        at: UnixMillis,
    ) -> Option<UnixMillis> {
        let newest = self.newest()?;
        let root = self.root(newest, party, key)?;
        let entry = newest.party(party)?;
        let listed = entry.signing_keys.iter().find(|listed| listed.key.id() == root)?;
        let before = |until: &UnixMillis| *until < at;
        let settled = entry.rotations_from.filter(|from| *from <= at);
        let kept = |rotation: &Rotation| settled.is_none_or(|from| rotation.at >= from);
        let by = self.bringing(party, key)?;
        listed.until.filter(before).or_else(|| settled.filter(|_| !kept(by)))
    }

    /// The listed key that a chain of rotations begins with.
    fn root(&self, directory: &Directory, party: &PartyId, key: KeyId) -> Option<KeyId> {
        let mut key = self.bringing(party, key)?.said.old;
        for _ in 0..self.rotations.of_party(party).count() {
            let entry = directory.party(party)?;
            if entry.signing_keys.iter().any(|listed| listed.key.id() == key) {
                return Some(key);
            }
            key = self.bringing(party, key)?.said.old;
        }
        None
    }

    fn bringing(&self, party: &PartyId, key: KeyId) -> Option<&Rotation> {
        let brings = |r: &&Rotation| r.said.signing_key.is_some_and(|new| new.id() == key);
        self.rotations.of_party(party).find(brings)
    }

    /// Who vouched for a key of a party, when the edition of that time did not list it.
    pub(super) fn rotated(&self, party: &PartyId, key: KeyId, at: UnixMillis) -> Option<Rotated> {
        let authorities = self.authorities(at, &Arc::default())?;
        let by = authorities.key_of(party, key, at, None).ok()?.by?;
        Some(Rotated { by: by.said.old, at: by.at, document: by.document })
    }
}

/// Whether an edition lists for a party what a rotation of it brings.
fn absorbs(directory: &Directory, rotation: &Document) -> bool {
    let Document::KeyRotation(said) = rotation else { return false };
    let Some(entry) = directory.party(&said.party) else { return false };
    let signing = entry.signing_keys.iter().any(|listed| said.signing_key == Some(listed.key));
    signing || entry.node_keys.iter().any(|listed| said.node_key == Some(*listed))
}
