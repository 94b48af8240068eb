//! The keys of one party beside its editions, by statements alone: no log says when they were registered.
//!
//! Enough to say whose key signed a head, which has no time either: a party answers for what the key
//! signed that its own key vouched for.

use std::collections::{BTreeMap, BTreeSet};

use super::{CaseEvidence, ForkEvidence};
use crate::checkpoint::{KeyName, SignedCheckpoint};
use crate::directory::{Actor, Keyring, Listed, peek_bundle};
use crate::document::{Document, Kind, Role};
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

impl CaseEvidence {
    /// Lets go of the key-rotations that no edition of the file and no other rotation of it leads to: nobody
    /// could verify them, and what they vouch for rests on none of them.
    pub fn keep_rooted_rotations(&mut self) {
        let editions: Vec<_> = self.editions.iter().filter_map(|b| peek_bundle(b).ok()).collect();
        let mut of: BTreeMap<PartyId, Vec<(usize, Vec<u8>)>> = BTreeMap::new();
        for (index, credential) in self.credentials.iter().enumerate() {
            let Ok(claimed) = envelope::reopen(&*credential.envelope) else { continue };
            if claimed.document().kind() == Kind::KeyRotation
                && let Actor::Party(party) = claimed.issuer()
            {
                let envelope = credential.envelope.clone();
                of.entry(party.clone()).or_default().push((index, envelope));
            }
        }
        let mut rootless = BTreeSet::new();
        for (party, rotations) in of {
            let entries = editions.iter().flat_map(|(edition, _)| &edition.parties);
            let keys = entries.filter(|entry| entry.id == party).flat_map(|e| &e.signing_keys);
            let keys = keys.map(|listed| listed.key).collect();
            let (indexes, rotations): (Vec<_>, Vec<_>) = rotations.into_iter().unzip();
            let refused = for_keys(&party, keys, &rotations).refused;
            rootless.extend(refused.iter().filter_map(|(at, _)| indexes.get(*at).copied()));
        }
        let mut index = 0..;
        self.credentials.retain(|_| index.next().is_none_or(|index| !rootless.contains(&index)));
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
    let mut left: Vec<(usize, &Vec<u8>)> = rotations.iter().enumerate().collect();
    loop {
        let (before, mut refused) = (left.len(), Vec::new());
        left.retain(|(index, bytes)| match vouched.open(party, bytes) {
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
        Ok(Listed { key: *key, roles: &[Role::Terminal], agent: None })
    }
}
