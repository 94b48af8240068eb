//! Keys that parties vouch for themselves, between two editions (docs/PROTOCOL.md § 5, Rotation).
//!
//! Each terminal's log is its own: what it registered counts for the documents that it registers, and
//! for its own keys. Nothing here is remembered as in force: who may speak is worked out anew at every
//! look-up, from the edition at hand and the rotations beside it, so that an edition that ends a key
//! takes down at once, and for the past too, whatever the key vouched for.

use std::collections::BTreeMap;

use super::{Actor, Authorities, Keyring, Listed};
use crate::document::{Document, KeyRotation, PartyEntry, Position, Role};
use crate::envelope::Signed;
use crate::ids::{DocId, PartyId, UnixMillis};
use crate::key::{KeyId, PublicKey};
use crate::refusal::{Code, Refusal};

/// Most rotations of a party that count beside one edition: far more than a party with good habits has
/// between two, and few enough that a look-up stays short.
pub const ROTATIONS_MAX: usize = 8;

/// A rotation and where a terminal registered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The document.
    pub document: DocId,
    /// What it says.
    pub said: KeyRotation,
    /// Index in the terminal's log.
    pub log: u64,
    /// When it was registered.
    pub at: UnixMillis,
}

/// Every rotation that a node holds, by the terminal that registered it.
#[derive(Debug, Clone, Default)]
pub struct Rotations {
    home: Option<PartyId>,
    by_terminal: BTreeMap<PartyId, BTreeMap<PartyId, Vec<Rotation>>>,
}

impl Rotations {
    /// None yet, at the node of a party; `None` at a driver's device.
    #[must_use]
    pub fn at_home(home: Option<PartyId>) -> Self {
        Self { home, by_terminal: BTreeMap::new() }
    }

    /// The party of this node, while a terminal's log has rotations.
    #[must_use]
    pub fn home(&self) -> Option<&PartyId> {
        self.home.as_ref().filter(|_| !self.is_empty())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_terminal.is_empty()
    }

    /// Adds a rotation that a terminal registered; another kind, and one known already, changes nothing.
    pub fn apply(&mut self, signed: &Signed<Document>, terminal: &PartyId, position: Position) {
        let Document::KeyRotation(said) = signed.document() else { return };
        let of_terminal = self.by_terminal.entry(terminal.clone()).or_default();
        let of_party = of_terminal.entry(said.party.clone()).or_default();
        if of_party.iter().any(|known| known.document == signed.id()) {
            return;
        }
        let Position { log, at, .. } = position;
        of_party.push(Rotation { document: signed.id(), said: said.clone(), log, at });
        of_party.sort_by_key(|rotation| rotation.log);
    }

    /// The rotations of a party that a terminal registered, in the order of its log.
    #[must_use]
    pub fn of(&self, terminal: &PartyId, party: &PartyId) -> &[Rotation] {
        let of_terminal = self.by_terminal.get(terminal);
        of_terminal.and_then(|of| of.get(party)).map_or(&[], Vec::as_slice)
    }

    /// The rotations of a party, whoever registered them.
    pub fn of_party(&self, party: &PartyId) -> impl Iterator<Item = &Rotation> {
        self.by_terminal.values().filter_map(|of| of.get(party)).flatten()
    }

    /// The rotations by which a terminal knows a party's key, the oldest first: what a reader must hold
    /// before it can judge what the key signed. Empty for a key that nobody vouched for.
    #[must_use]
    pub fn leading_to(&self, terminal: &PartyId, party: &PartyId, key: KeyId) -> Vec<DocId> {
        let (all, mut wanted, mut chain) = (self.of(terminal, party), key, Vec::new());
        for rotation in all.iter().rev() {
            if rotation.said.signing_key.is_some_and(|new| new.id() == wanted) {
                chain.push(rotation.document);
                wanted = rotation.said.old;
            }
        }
        chain.reverse();
        chain
    }

    /// The rotations of a party whose word counts: of its own log for a terminal's keys, of the
    /// registrar's for what that registers, and otherwise of this node's own log if it keeps one.
    fn heard(
        &self,
        entry: &PartyEntry,
        registrar: Option<&PartyId>,
        home_is_terminal: bool,
    ) -> Vec<&[Rotation]> {
        if self.is_empty() {
            return Vec::new();
        }
        let own = entry.roles.contains(&Role::Terminal).then_some(&entry.id);
        let home = self.home.as_ref().filter(|_| home_is_terminal);
        match own.or(registrar).or(home) {
            Some(terminal) => vec![self.of(terminal, &entry.id)],
            None => self
                .by_terminal
                .values()
                .filter_map(|of| of.get(&entry.id))
                .map(Vec::as_slice)
                .collect(),
        }
    }
}

/// A key of a party at some moment, and by whose word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counting<'a> {
    /// The key.
    pub key: PublicKey,
    /// First moment.
    pub from: UnixMillis,
    /// Last moment, if there is one yet.
    pub until: Option<UnixMillis>,
    /// The rotation that vouches for it; `None` for a key that the edition lists.
    pub by: Option<&'a Rotation>,
    /// Whether it has vouched for a signing key: it vouches for no other.
    spent: Option<DocId>,
    /// The edition's end of the key at the root of the chain: no rotation outlives it.
    term: Option<UnixMillis>,
}

impl Counting<'_> {
    fn covers(&self, at: UnixMillis) -> bool {
        self.from <= at && self.until.is_none_or(|until| at <= until)
    }
}

/// A party's keys as an edition and rotations together have them at a moment.
struct Keys<'a> {
    signing: Vec<Counting<'a>>,
    node: Vec<(PublicKey, Option<UnixMillis>)>,
    /// How many rotations count.
    rotations: usize,
}

impl<'a> Keys<'a> {
    /// The edition's keys alone.
    fn listed(entry: &PartyEntry) -> Self {
        let signing = entry.signing_keys.iter().map(|listed| Counting {
            key: listed.key,
            from: listed.from,
            until: listed.until,
            by: None,
            spent: None,
            term: listed.until,
        });
        let node = entry.node_keys.iter().map(|key| (*key, None));
        Self { signing: signing.collect(), node: node.collect(), rotations: 0 }
    }

    /// With the rotations that add something to the edition at `now`.
    fn at(entry: &PartyEntry, rotations: &'a [Rotation], now: UnixMillis) -> Self {
        let mut keys = Self::listed(entry);
        // A key was ended by the edition: from then on only what was registered later adds to it.
        let settled = entry.rotations_from.filter(|from| *from <= now);
        for rotation in rotations {
            let counts = rotation.at <= now && settled.is_none_or(|from| rotation.at >= from);
            if counts {
                // One that adds nothing stays without effect; the next may not rest on it.
                let _ = keys.add(entry, rotation);
            }
        }
        keys
    }

    /// Adds one rotation, if the key that vouches for it was in force when it was registered.
    fn add(&mut self, entry: &PartyEntry, rotation: &'a Rotation) -> Result<(), Refusal> {
        let KeyRotation { old: kid, ends, signing_key, node_key, .. } = &rotation.said;
        let known = |key: &PublicKey| {
            self.signing.iter().any(|known| known.key == *key)
                || self.node.iter().any(|(known, _)| known == key)
                || entry.agents.iter().any(|agent| agent.key == *key)
        };
        let signing = signing_key.filter(|key| !known(key));
        let node = node_key.filter(|key| !known(key));
        let listed = signing_key
            .is_some_and(|key| entry.signing_keys.iter().any(|listed| listed.key == key));
        let of = |code, what: &str| Refusal::new(code, format!("key {kid} of {} {what}", entry.id));
        let old = self.signing.iter_mut().find(|known| known.key.id() == *kid);
        let old = old.ok_or_else(|| of(Code::KeyUnknown, "is not listed"))?;
        if !old.covers(rotation.at) {
            return Err(of(Code::KeyNotInForce, "was not in force"));
        }
        if let Some(spent) = old.spent {
            return Err(of(Code::KeyRotated, "has vouched for another").naming(spent));
        }
        if listed {
            old.spent = Some(rotation.document);
        }
        if signing.is_none() && node.is_none() {
            return Err(of(Code::KeyTaken, "vouches for what is listed already"));
        }
        if self.rotations == ROTATIONS_MAX {
            let what = format!("would be the {}th rotation beside one edition", ROTATIONS_MAX + 1);
            return Err(of(Code::RotationsFull, &what));
        }
        self.rotations += 1;
        let term = old.term;
        if let Some(key) = signing {
            // Nothing that the old key signed before the registration is taken back by it.
            let last = UnixMillis::from_millis(ends.as_millis().saturating_sub(1)).max(rotation.at);
            old.until = Some(old.until.map_or(last, |until| until.min(last)));
            old.spent = Some(rotation.document);
            let (from, by) = (rotation.at, Some(rotation));
            self.signing.push(Counting { key, from, until: term, by, spent: None, term });
        }
        self.node.extend(node.map(|key| (key, term)));
        Ok(())
    }
}

impl Authorities {
    /// What a party's key is at `now`: by the edition and, beside it, by the rotations that this node
    /// goes by, those of `registrar`'s log where a registered document is judged.
    ///
    /// # Errors
    /// [`Code::UnknownParty`], [`Code::KeyUnknown`] or [`Code::KeyNotInForce`].
    pub fn key_of(
        &self,
        party: &PartyId,
        kid: KeyId,
        now: UnixMillis,
        registrar: Option<&PartyId>,
    ) -> Result<Counting<'_>, Code> {
        let entry = self.directory.party(party).ok_or(Code::UnknownParty)?;
        let mut heard = self.heard(entry, registrar);
        if heard.is_empty() {
            heard.push(&[]);
        }
        let mut refused = Code::KeyUnknown;
        for rotations in heard {
            let keys = Keys::at(entry, rotations, now).signing;
            match keys.into_iter().find(|known| known.key.id() == kid) {
                Some(known) if known.covers(now) => return Ok(known),
                Some(_) => refused = Code::KeyNotInForce,
                None => {}
            }
        }
        Err(refused)
    }

    /// A party's signing keys in force at `now`.
    #[must_use]
    pub fn signing_keys(&self, party: &PartyId, now: UnixMillis) -> Vec<PublicKey> {
        let known = self.keys(party, now).into_iter().flat_map(|keys| keys.signing);
        let mut keys = Vec::new();
        for known in known.filter(|known| known.covers(now)) {
            if !keys.contains(&known.key) {
                keys.push(known.key);
            }
        }
        keys
    }

    /// The keys that a party's nodes may show at `now`, those listed first.
    #[must_use]
    pub fn node_keys(&self, party: &PartyId, now: UnixMillis) -> Vec<PublicKey> {
        let mut keys = Vec::new();
        for (key, until) in self.keys(party, now).into_iter().flat_map(|keys| keys.node) {
            if until.is_none_or(|until| now <= until) && !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// The party of whose node a key is by a rotation alone.
    pub(super) fn party_of_new_node(&self, key: &PublicKey, now: UnixMillis) -> Option<PartyId> {
        let said = self.rotations.by_terminal.values().flatten();
        let mut parties = said
            .filter(|(_, of)| of.iter().any(|rotation| rotation.said.node_key == Some(*key)))
            .map(|(party, _)| party);
        parties.find(|party| self.node_keys(party, now).contains(key)).cloned()
    }

    /// Whether a terminal registers a rotation now. Its envelope is verified.
    ///
    /// # Errors
    /// [`Code::KeyTaken`] when a new key is another's, or is known already; [`Code::KeyRotated`] when
    /// the old key has vouched before, naming that rotation; [`Code::RotationsFull`]; those of
    /// [`Keyring::signer`] for the old key.
    pub fn may_rotate(
        &self,
        terminal: &PartyId,
        signed: &Signed<Document>,
        now: UnixMillis,
    ) -> Result<(), Refusal> {
        let Document::KeyRotation(said) = signed.document() else {
            return Err(Refusal::new(Code::NotDeliverable, signed.document().kind().as_str()));
        };
        let unknown = || Refusal::new(Code::UnknownParty, said.party.as_str());
        let entry = self.directory.party(&said.party).ok_or_else(unknown)?;
        for key in said.signing_key.iter().chain(&said.node_key) {
            if let Some(owner) = self.owner_but(terminal, key, &said.party) {
                let detail = format!("key {} is listed for {owner}", key.id());
                return Err(Refusal::new(Code::KeyTaken, detail));
            }
        }
        let rotation =
            Rotation { document: signed.id(), said: said.clone(), log: u64::MAX, at: now };
        Keys::at(entry, self.rotations.of(terminal, &said.party), now).add(entry, &rotation)
    }

    /// Who else has a key: another party or an authority by the edition, another party by a rotation.
    fn owner_but(&self, terminal: &PartyId, key: &PublicKey, party: &PartyId) -> Option<String> {
        let edition = self.directory.edition();
        if edition.authorities.contains(key) {
            return Some(super::AUTHORITY.to_owned());
        }
        let listed = edition.parties.iter().filter(|other| other.id != *party).find(|other| {
            other.node_keys.contains(key) || other.signing_keys.iter().any(|k| k.key == *key)
        });
        // What an agent holds is never made a party's own, nor a node's, by a party's word.
        let held = edition.parties.iter().find(|of| of.agents.iter().any(|a| a.key == *key));
        if let Some(of) = held {
            return Some(format!("an agent of {}", of.id));
        }
        let of_terminal = self.rotations.by_terminal.get(terminal).into_iter().flatten();
        let rotated = of_terminal.filter(|(other, _)| *other != party).find(|(_, of)| {
            let named =
                |said: &KeyRotation| [said.signing_key, said.node_key].contains(&Some(*key));
            of.iter().any(|rotation| named(&rotation.said))
        });
        let listed = listed.map(|other| other.id.to_string());
        listed.or_else(|| rotated.map(|(other, _)| other.to_string()))
    }

    /// The keyring for what a terminal registered.
    #[must_use]
    pub fn registered_by<'a>(&'a self, terminal: &'a PartyId) -> RegisteredBy<'a> {
        RegisteredBy { authorities: self, terminal }
    }

    fn heard(&self, entry: &PartyEntry, registrar: Option<&PartyId>) -> Vec<&[Rotation]> {
        let home = self.rotations.home.as_ref().and_then(|home| self.directory.party(home));
        let is_terminal = home.is_some_and(|home| home.roles.contains(&Role::Terminal));
        self.rotations.heard(entry, registrar, is_terminal)
    }

    /// The keys of a party by every word that this node goes by.
    fn keys(&self, party: &PartyId, now: UnixMillis) -> Vec<Keys<'_>> {
        let Some(entry) = self.directory.party(party) else { return Vec::new() };
        let heard = self.heard(entry, None);
        let mut keys = vec![Keys::listed(entry)];
        if !heard.is_empty() {
            keys = heard.into_iter().map(|of| Keys::at(entry, of, now)).collect();
        }
        keys
    }
}

/// Who may speak in what one terminal registers: by the edition and the rotations of its log.
pub struct RegisteredBy<'a> {
    authorities: &'a Authorities,
    terminal: &'a PartyId,
}

impl Keyring for RegisteredBy<'_> {
    fn signer(&self, actor: &Actor, kid: KeyId, now: UnixMillis) -> Result<Listed<'_>, Code> {
        self.authorities.listed(actor, kid, now, Some(self.terminal))
    }

    fn was_rotated(&self, actor: &Actor, kid: KeyId) -> bool {
        self.authorities.was_rotated(actor, kid)
    }
}
