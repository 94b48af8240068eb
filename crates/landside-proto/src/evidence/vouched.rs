//! The keys of one party beside its editions, by statements alone: no log says when they were registered.
//!
//! Enough to say whose key signed a head, which has no time either: a party answers for what the key
//! signed that its own key vouched for.

use super::ForkEvidence;
use crate::checkpoint::{KeyName, SignedCheckpoint};
use crate::directory::{Actor, Keyring, Listed, peek_bundle};
use crate::document::{Document, Role};
use crate::envelope::{self, Signed};
use crate::ids::{PartyId, UnixMillis};
use crate::key::{KeyId, PublicKey};
use crate::refusal::{Code, Refusal};

impl ForkEvidence {
    /// Every key that the file shows to be the terminal's: those that an edition of it lists, and those
    /// that one of them vouches for, directly or not. What does not open shows none.
    #[must_use]
    pub fn keys(&self) -> Vec<PublicKey> {
        for_keys(&self.terminal, self.listed(), &self.rotations).keys
    }

    /// The same file with those of these rotations by which the keys of its heads are the terminal's, and no
    /// others.
    #[must_use]
    pub fn with_rotations(self, known: &[Vec<u8>]) -> Self {
        let (name, listed) = (KeyName::of(&self.network, &self.terminal), self.listed());
        let Vouched { keys, opened, .. } = for_keys(&self.terminal, listed.clone(), known);
        let new = keys.into_iter().filter(|key| !listed.contains(key));
        let signed = |key: &PublicKey| {
            self.heads.iter().any(|head| SignedCheckpoint::open(head, &name, &[*key]).is_ok())
        };
        let mut wanted: Vec<KeyId> = new.filter(signed).map(|key| key.id()).collect();
        let mut rotations = Vec::new();
        for rotation in opened.iter().rev() {
            let Document::KeyRotation(said) = rotation.document() else { continue };
            if said.signing_key.is_some_and(|new| wanted.contains(&new.id())) {
                wanted.push(said.old);
                rotations.push(rotation.bytes().to_vec());
            }
        }
        Self { rotations, ..self }
    }

    fn listed(&self) -> Vec<PublicKey> {
        let editions = self.editions.iter().filter_map(|bundle| peek_bundle(bundle).ok());
        let entries = editions.flat_map(|(edition, _)| edition.parties);
        let of_terminal = entries.filter(|entry| entry.id == self.terminal);
        of_terminal.flat_map(|entry| entry.signing_keys).map(|listed| listed.key).collect()
    }
}

/// What rotations add to a party's keys.
pub(super) struct Vouched {
    /// The keys given and those that one of them vouches for, directly or not.
    pub(super) keys: Vec<PublicKey>,
    /// The rotations that open, each after the one that brings its old key.
    pub(super) opened: Vec<Signed<Document>>,
    /// Those that do not, by their index.
    pub(super) refused: Vec<(usize, Refusal)>,
}

/// Opens rotations of a party in whatever order lets most of them open.
pub(super) fn for_keys(party: &PartyId, keys: Vec<PublicKey>, rotations: &[Vec<u8>]) -> Vouched {
    let mut vouched = Vouched { keys, opened: Vec::new(), refused: Vec::new() };
    let mut left: Vec<usize> = (0..rotations.len()).collect();
    loop {
        let (before, mut refused) = (left.len(), Vec::new());
        left.retain(|index| match vouched.open(party, &rotations[*index]) {
            Ok(()) => false,
            Err(refusal) => {
                refused.push((*index, refusal));
                true
            }
        });
        if left.len() == before {
            vouched.refused = refused;
            return vouched;
        }
    }
}

impl Vouched {
    fn open(&mut self, party: &PartyId, bytes: &[u8]) -> Result<(), Refusal> {
        let known = Known { party, keys: &self.keys };
        let signed = envelope::open(bytes, &known, UnixMillis::MAX)?;
        let Document::KeyRotation(said) = signed.document() else {
            return Err(Refusal::new(Code::NotDeliverable, signed.document().kind().as_str()));
        };
        self.keys.extend(said.signing_key.filter(|key| !self.keys.contains(key)));
        self.opened.push(signed);
        Ok(())
    }
}

/// These keys of one party, whenever.
struct Known<'a> {
    party: &'a PartyId,
    keys: &'a [PublicKey],
}

impl Keyring for Known<'_> {
    fn signer(&self, actor: &Actor, kid: KeyId, _: UnixMillis) -> Result<Listed<'_>, Code> {
        if actor.party() != Some(self.party) {
            return Err(Code::UnknownParty);
        }
        let key = self.keys.iter().find(|key| key.id() == kid).ok_or(Code::KeyUnknown)?;
        Ok(Listed { key: *key, roles: &[Role::Terminal] })
    }
}
