//! Rotation of a party's keys: one statement, signed by the old key, with each new key's proof inside.
//!
//! A terminal registers it, and nodes that hold it know the new keys at once
//! ([`crate::directory::Rotations`]). The authority takes the same bytes into the next edition, whose
//! word goes above: [`read`] and [`apply`].

use crate::directory::{Actor, Keyring, Listed};
use crate::document::{Document, KeyEntry, KeyRotation, Kind, NewKey, PartyEntry, Possession};
use crate::envelope::{self, Signed};
use crate::ids::{PartyId, UnixMillis};
use crate::key::{KeyId, Signer};
use crate::refusal::{Code, Refusal};

/// Signs a rotation with the old signing key; the new keys prove that they are in hand.
///
/// # Errors
/// [`Code::BadField`] when no new key is given, or one twice; [`Code::NotSigned`].
pub fn sign(
    party: PartyId,
    ends: UnixMillis,
    now: UnixMillis,
    old: &dyn Signer,
    (signing, node): (Option<&dyn Signer>, Option<&dyn Signer>),
) -> Result<Signed<Document>, Refusal> {
    let by = old.public_key().id();
    let proof = |what, new: Option<&dyn Signer>| {
        new.map(|new| Possession::prove(&party, by, what, new)).transpose()
    };
    let (signing_proof, node_proof) =
        (proof(NewKey::Signing, signing)?, proof(NewKey::Node, node)?);
    let (signing_key, node_key) = (signing.map(Signer::public_key), node.map(Signer::public_key));
    let issuer = Actor::Party(party.clone());
    let rotation =
        KeyRotation { party, old: by, ends, signing_key, node_key, signing_proof, node_proof };
    envelope::seal(rotation.into(), issuer, now, old)
}

/// Opens a rotation of one of these parties, for the authority: gives it with its time of issue.
///
/// # Errors
/// As [`envelope::open`], by the keys listed: [`Code::UnknownParty`], [`Code::KeyUnknown`] or
/// [`Code::KeyNotInForce`] when the old key is not the party's today. [`Code::Malformed`] for another
/// kind.
pub fn read(
    bytes: &[u8],
    parties: &[PartyEntry],
    now: UnixMillis,
) -> Result<(KeyRotation, UnixMillis), Refusal> {
    let (kind, _) = envelope::peek_payload(bytes, envelope::ENVELOPE_MAX)?;
    if kind != Kind::KeyRotation {
        return Err(Refusal::new(Code::Malformed, "not a rotation"));
    }
    let signed = envelope::open(bytes, &Draft(parties), now)?;
    match signed.document() {
        Document::KeyRotation(rotation) => Ok((rotation.clone(), signed.issued_at())),
        _ => Err(Refusal::new(Code::Malformed, "not a rotation")),
    }
}

/// Does to a party's entry what a rotation of this time asks for. The new key is listed from then on,
/// not from the edition on: a terminal may have registered what it signs already, and an edition's
/// word goes above the rotation's.
///
/// # Errors
/// [`Code::KeyUnknown`] when the old key is not listed.
pub fn apply(
    rotation: &KeyRotation,
    issued_at: UnixMillis,
    party: &mut PartyEntry,
) -> Result<(), Refusal> {
    if let Some(key) = rotation.signing_key {
        let listed = party.signing_keys.iter_mut().find(|entry| entry.key.id() == rotation.old);
        let old = listed.ok_or_else(|| Refusal::new(Code::KeyUnknown, rotation.old.to_string()))?;
        let last = UnixMillis::from_millis(rotation.ends.as_millis().saturating_sub(1));
        let last = last.max(issued_at);
        old.until = Some(old.until.map_or(last, |until| until.min(last)));
        let from = issued_at.max(old.from);
        party.signing_keys.push(KeyEntry { key, from, until: None });
    }
    party.node_keys.extend(rotation.node_key);
    Ok(())
}

/// The signing keys of a draft edition.
struct Draft<'a>(&'a [PartyEntry]);

impl Keyring for Draft<'_> {
    fn signer(&self, actor: &Actor, kid: KeyId, now: UnixMillis) -> Result<Listed<'_>, Code> {
        let party = self.0.iter().find(|party| actor.party() == Some(&party.id));
        let party = party.ok_or(Code::UnknownParty)?;
        let listed = party.signing_keys.iter().find(|entry| entry.key.id() == kid);
        let entry = listed.ok_or(Code::KeyUnknown)?;
        if !entry.covers(now) {
            return Err(Code::KeyNotInForce);
        }
        Ok(Listed { key: entry.key, roles: &party.roles, agent: None })
    }
}

#[cfg(test)]
mod tests;
