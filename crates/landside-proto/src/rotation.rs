//! Rotation of a party's keys: one statement, signed by the old key and by the new one.
//!
//! It moves nothing by itself. An edition does, so that one list says whose key counts, every reader
//! of a case can judge by that list alone, and a thief cannot turn a stolen key into a fresh one that
//! nobody knows to look for. What the statement does is to spare the authority the telephone: the key
//! that is listed vouches for the one to be listed, and the new one proves that it is in hand.

use std::collections::BTreeSet;

use crate::directory::{Actor, Keyring, Listed, join_bundle, split_bundle};
use crate::document::{Document, KeyEntry, KeyRotation, Kind, PartyEntry};
use crate::envelope::{self, ENVELOPE_MAX};
use crate::ids::UnixMillis;
use crate::key::{KeyId, PublicKey, Signer};
use crate::refusal::{Code, Refusal};

/// Most envelopes of a rotation: the old key's and the new one's.
const ENVELOPES_MAX: usize = 2;

/// Signs a rotation with the old signing key, and with the new one if there is one. The bytes are a
/// bundle as those of editions (docs/PROTOCOL.md § 5).
///
/// # Errors
/// [`Code::BadField`] when it breaks its rules or names other keys, [`Code::NotSigned`].
pub fn sign(
    rotation: &KeyRotation,
    now: UnixMillis,
    old: &dyn Signer,
    new: Option<&dyn Signer>,
) -> Result<Vec<u8>, Refusal> {
    let named = new.map(Signer::public_key);
    if old.public_key().id() != rotation.old || named != rotation.signing_key {
        return Err(Refusal::new(Code::BadField, "the rotation names other keys"));
    }
    let mut envelopes = Vec::new();
    for signer in [Some(old), new].into_iter().flatten() {
        let issuer = Actor::Party(rotation.party.clone());
        let signed = envelope::seal(rotation.clone().into(), issuer, now, signer)?;
        envelopes.push(signed.bytes().to_vec());
    }
    join_bundle(&envelopes)
}

/// Reads a rotation of one of these parties. Everybody it names must have signed it.
///
/// # Errors
/// The form codes; [`Code::UnknownParty`], [`Code::KeyUnknown`] or [`Code::KeyNotInForce`] when the
/// old key is not the party's today; [`Code::BadSignature`] when a signature is wrong or missing.
pub fn read(
    bundle: &[u8],
    parties: &[PartyEntry],
    now: UnixMillis,
) -> Result<KeyRotation, Refusal> {
    let envelopes = split_bundle(bundle)?;
    if envelopes.is_empty() || envelopes.len() > ENVELOPES_MAX {
        return Err(Refusal::new(Code::Malformed, "a rotation has one envelope or two"));
    }
    let rotation = said(&envelopes)?;
    let party = parties.iter().find(|party| party.id == rotation.party);
    let party = party.ok_or_else(|| Refusal::new(Code::UnknownParty, rotation.party.as_str()))?;
    let ring = OldAndNew { party, old: rotation.old, new: rotation.signing_key };
    let mut signers = BTreeSet::new();
    for bytes in envelopes {
        signers.insert(envelope::open(bytes, &ring, now)?.key_id());
    }
    let new = rotation.signing_key.map(|key| key.id());
    if signers != [Some(rotation.old), new].into_iter().flatten().collect() {
        return Err(Refusal::new(Code::BadSignature, "the old key and the new one must both sign"));
    }
    Ok(rotation)
}

/// Does to a party's entry what a rotation asks for.
///
/// # Errors
/// [`Code::KeyUnknown`] when the old key is not listed.
pub fn apply(
    rotation: &KeyRotation,
    party: &mut PartyEntry,
    from: UnixMillis,
) -> Result<(), Refusal> {
    if let Some(key) = rotation.signing_key {
        let listed = party.signing_keys.iter_mut().find(|entry| entry.key.id() == rotation.old);
        let old = listed.ok_or_else(|| Refusal::new(Code::KeyUnknown, rotation.old.to_string()))?;
        let last = UnixMillis::from_millis(rotation.ends.as_millis().saturating_sub(1));
        old.until = Some(old.until.map_or(last, |until| until.min(last)));
        party.signing_keys.push(KeyEntry { key, from, until: None });
    }
    party.node_keys.extend(rotation.node_key);
    Ok(())
}

/// What every envelope says, none of them verified yet.
fn said(envelopes: &[Vec<u8>]) -> Result<KeyRotation, Refusal> {
    let mut payloads = BTreeSet::new();
    for bytes in envelopes {
        payloads.insert(envelope::peek_payload(bytes, ENVELOPE_MAX)?);
    }
    let mut payloads = payloads.into_iter();
    let (Some((Kind::KeyRotation, payload)), None) = (payloads.next(), payloads.next()) else {
        return Err(Refusal::new(Code::Malformed, "not one rotation"));
    };
    match Document::read(Kind::KeyRotation, &payload)? {
        Document::KeyRotation(rotation) => Ok(rotation),
        _ => Err(Refusal::new(Code::Malformed, "not a rotation")),
    }
}

/// The two keys that may sign a rotation.
struct OldAndNew<'a> {
    party: &'a PartyEntry,
    old: KeyId,
    new: Option<PublicKey>,
}

impl Keyring for OldAndNew<'_> {
    fn signer(&self, actor: &Actor, kid: KeyId, now: UnixMillis) -> Result<Listed<'_>, Code> {
        if *actor != Actor::Party(self.party.id.clone()) {
            return Err(Code::UnknownParty);
        }
        let roles = &self.party.roles;
        if let Some(key) = self.new.filter(|key| key.id() == kid) {
            return Ok(Listed { key, roles });
        }
        let listed = self.party.signing_keys.iter().find(|entry| entry.key.id() == kid);
        let entry = listed.filter(|_| kid == self.old).ok_or(Code::KeyUnknown)?;
        if now < entry.from || entry.until.is_some_and(|until| now > until) {
            return Err(Code::KeyNotInForce);
        }
        Ok(Listed { key: entry.key, roles })
    }
}

#[cfg(test)]
mod tests;
