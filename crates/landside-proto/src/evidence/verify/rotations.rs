//! The rotations of a file: which keys parties vouched for beside its editions, and what that makes of a
//! signer.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::report::Rotated;
use super::super::{CaseEvidence, Registered};
use super::editions::Editions;
use crate::directory::{Directory, Drivers, Rotation};
use crate::document::{Document, Kind};
use crate::envelope;
use crate::ids::{PartyId, UnixMillis};
use crate::key::{KeyId, PublicKey};
use crate::refusal::Refusal;

impl Editions {
    /// Takes the rotations of a case in log order, each by the keys that the ones before it give. What
    /// does not open is left to the walk, which names it; what the terminal had to refuse comes back by
    /// its index among the credentials.
    pub(super) fn take_rotations(&mut self, case: &CaseEvidence) -> Vec<(usize, Refusal)> {
        let terminal = &case.visit.terminal;
        let mut refused = Vec::new();
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
            if let Err(refusal) = authorities.may_rotate(terminal, &opened.signed, at)
                && !absorbed
            {
                refused.push((index, refusal));
            }
            Arc::make_mut(&mut self.rotations).apply(&opened.signed, terminal, *position);
        }
        refused
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
