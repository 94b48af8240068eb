//! The payload of a directory edition.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Payload, Remark, Role};
use crate::ids::{Hash32, PartyId, UnixMillis};
use crate::key::PublicKey;
use crate::refusal::{Code, Refusal};

/// Most parties in one edition.
pub const PARTIES_MAX: usize = 10_000;
/// Most authority keys.
pub const AUTHORITIES_MAX: usize = 16;
/// Most signing keys, node keys, or keys of agents, of one party.
pub const KEYS_MAX: usize = 16;
/// Most addresses of one party.
pub const ADDRESSES_MAX: usize = 8;

/// Longest address, in bytes: a DNS name (253) and a port.
const ADDRESS_LEN_MAX: usize = 260;

/// An edition of the list of parties. Each authority key signs the same payload.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct DirectoryEdition {
    /// Which network; two networks' editions never mix.
    #[n(0)]
    pub network: Remark,
    /// Counted from 1.
    #[n(1)]
    pub number: u64,
    /// SHA-256 of the payload before; absent exactly in edition 1.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Hash32>,
    /// How many authority keys must sign the next edition.
    #[n(3)]
    pub threshold: u8,
    /// The authority keys.
    #[n(4)]
    pub authorities: Vec<PublicKey>,
    /// In force from.
    #[n(5)]
    pub valid_from: UnixMillis,
    /// Should have been replaced by.
    #[n(6)]
    pub valid_until: UnixMillis,
    /// Every party, in the order of their ids.
    #[n(7)]
    pub parties: Vec<PartyEntry>,
}

/// One party.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct PartyEntry {
    /// Short name in documents.
    #[n(0)]
    pub id: PartyId,
    /// Name for people.
    #[n(1)]
    pub name: Remark,
    /// What it does.
    #[n(2)]
    pub roles: Vec<Role>,
    /// Keys that sign documents.
    #[n(3)]
    pub signing_keys: Vec<KeyEntry>,
    /// Keys that its nodes show on the wire.
    #[n(4)]
    pub node_keys: Vec<PublicKey>,
    /// `host:port` (UDP) where it can be dialled; empty for a party that dials out.
    #[n(5)]
    #[serde(default)]
    pub addresses: Vec<String>,
    /// From this moment on, rotations that were registered before it add nothing to the keys listed
    /// here; absent while they all may. Set when a key is ended, so that no rotation brings it back.
    #[n(6)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotations_from: Option<UnixMillis>,
    /// Keys that terminals hold and sign with for this party, on its messages; absent when empty.
    #[n(7)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<AgentEntry>,
}

/// A signing key and its time.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// The key.
    #[n(0)]
    pub key: PublicKey,
    /// In force from.
    #[n(1)]
    pub from: UnixMillis,
    /// Not after; absent for no end yet.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixMillis>,
}

/// A key that another party holds and signs with for the one listed. The authorities of the edition
/// alone decide that; no rotation touches it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct AgentEntry {
    /// Who holds it: another party, a terminal.
    #[n(0)]
    pub party: PartyId,
    /// The key.
    #[n(1)]
    pub key: PublicKey,
    /// In force from.
    #[n(2)]
    pub from: UnixMillis,
    /// Not after; absent for no end yet.
    #[n(3)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixMillis>,
}

impl AgentEntry {
    /// Whether the key is in force at a time.
    #[must_use]
    pub fn covers(&self, at: UnixMillis) -> bool {
        self.from <= at && self.until.is_none_or(|until| at <= until)
    }
}

impl KeyEntry {
    /// Whether the key is in force at a time.
    #[must_use]
    pub fn covers(&self, at: UnixMillis) -> bool {
        self.from <= at && self.until.is_none_or(|until| at <= until)
    }
}

impl Payload for DirectoryEdition {
    fn check(&self) -> Result<(), Refusal> {
        let bad = |what: &str| Err(Refusal::new(Code::BadField, what));
        if self.number == 0 || (self.number == 1) != self.previous.is_none() {
            return bad("edition 1 and only it has no previous edition");
        }
        if self.authorities.is_empty() || self.authorities.len() > AUTHORITIES_MAX {
            return bad("an edition has 1 to 16 authority keys");
        }
        let distinct: BTreeSet<_> = self.authorities.iter().collect();
        if distinct.len() < self.authorities.len() {
            return bad("one authority key is listed twice");
        }
        if self.threshold == 0 || usize::from(self.threshold) > self.authorities.len() {
            return bad("threshold is not between 1 and the number of authority keys");
        }
        if self.parties.len() > PARTIES_MAX {
            return bad("more than 10000 parties");
        }
        if !self.parties.is_sorted_by(|a, b| a.id < b.id) {
            return bad("parties are not in the order of their ids, each once");
        }
        if self.valid_from >= self.valid_until {
            return bad("valid_from is not before valid_until");
        }
        self.parties.iter().try_for_each(PartyEntry::check)?;
        self.parties.iter().try_for_each(|party| self.check_agents(party))?;
        self.check_keys_belong_to_one()
    }
}

impl DirectoryEdition {
    /// Only a terminal takes a line's messages, and nobody is agent of itself.
    fn check_agents(&self, of: &PartyEntry) -> Result<(), Refusal> {
        let terminal = |id: &PartyId| {
            let at = self.parties.binary_search_by(|party| party.id.cmp(id));
            let entry = at.ok().and_then(|at| self.parties.get(at));
            entry.is_some_and(|entry| entry.roles.contains(&Role::Terminal))
        };
        match of.agents.iter().find(|agent| agent.party == of.id || !terminal(&agent.party)) {
            None => Ok(()),
            Some(AgentEntry { party, .. }) => {
                let detail =
                    format!("{}: agent {party} is no other party with role terminal", of.id);
                Err(Refusal::new(Code::BadField, detail))
            }
        }
    }

    /// A key that two parties share would let one speak as the other.
    fn check_keys_belong_to_one(&self) -> Result<(), Refusal> {
        let mut keys: Vec<_> = self
            .parties
            .iter()
            .flat_map(|p| {
                let signing = p.signing_keys.iter().map(|k| k.key);
                signing.chain(p.node_keys.iter().copied()).chain(p.agents.iter().map(|a| a.key))
            })
            .collect();
        keys.sort_unstable();
        if keys.is_sorted_by(|a, b| a < b) {
            Ok(())
        } else {
            Err(Refusal::new(Code::BadField, "one key is listed twice"))
        }
    }
}

impl PartyEntry {
    fn check(&self) -> Result<(), Refusal> {
        let bad = |what: &str| Err(Refusal::new(Code::BadField, format!("{}: {what}", self.id)));
        if self.roles.is_empty() || self.roles.contains(&Role::Driver) {
            return bad("a party has one role or more, and driver is none of them");
        }
        if !self.roles.is_sorted_by(|a, b| a < b) {
            return bad("roles are not in order, each once");
        }
        let lists = [self.signing_keys.len(), self.node_keys.len(), self.agents.len()];
        if lists.into_iter().any(|keys| keys > KEYS_MAX) {
            return bad("more than 16 keys");
        }
        if !(self.agents.is_empty() || self.roles.contains(&Role::Line)) {
            return bad("only a line has agents: nothing else is signed by one");
        }
        if self.addresses.len() > ADDRESSES_MAX
            || self.addresses.iter().any(|a| a.is_empty() || a.len() > ADDRESS_LEN_MAX)
        {
            return bad("addresses are too many or too long");
        }
        Ok(())
    }
}
