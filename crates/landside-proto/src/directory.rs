//! Who is who: editions of the signed list of parties, and the drivers that hauliers vouch for.
//!
//! An edition is one payload signed by k of n authority keys, each signature an envelope of its
//! own; a *bundle* is a CBOR array of those envelopes (docs/PROTOCOL.md § 5). The next edition must
//! be signed by the authorities of the one before, so trust begins with one pinned edition.

mod chain;
mod rotations;
mod standing;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::document::{
    AgentEntry, CredentialState, DirectoryEdition, Document, DriverCredential, KeyEntry,
    PartyEntry, Role,
};
use crate::envelope::{self, Signed};
use crate::ids::{DocId, Hash32, PartyId, UnixMillis};
use crate::key::{KeyId, PublicKey, Signer};
use crate::refusal::{Code, Refusal};

pub use self::chain::{Chain, rival};
pub use self::rotations::{Counting, ROTATIONS_MAX, RegisteredBy, Rotation, Rotations};
pub use self::standing::{GRACE, Standing};

/// Largest bundle, in bytes: 10,000 parties at about 400 bytes.
pub const BUNDLE_MAX: usize = 4 * 1024 * 1024;

/// Most envelopes in a bundle: every authority key four times over. A list of very many empty ones
/// would take far more memory than its bytes.
pub const ENVELOPES_MAX: usize = 64;

/// Issuer of editions in their envelopes; the key id tells which authority key signed.
pub const AUTHORITY: &str = "authority";

/// One that signs documents and can be reached: a party, or a driver by device key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Actor {
    /// An organisation of the directory.
    Party(PartyId),
    /// A device key that a haulier vouches for.
    Driver(KeyId),
}

/// Text before the key id of a driver; the colon cannot occur in a party id.
const DRIVER_PREFIX: &str = "driver:";

impl Actor {
    /// Reads a party id, or `driver:` and a key id.
    ///
    /// # Errors
    /// A text that is neither, described.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix(DRIVER_PREFIX) {
            Some(key) => KeyId::parse(key).map(Self::Driver).map_err(|e| e.to_string()),
            None => PartyId::parse(text).map(Self::Party).map_err(|e| e.to_string()),
        }
    }

    /// The party, unless it is a driver.
    #[must_use]
    pub fn party(&self) -> Option<&PartyId> {
        match self {
            Self::Party(id) => Some(id),
            Self::Driver(_) => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Party(id) => write!(f, "{id}"),
            Self::Driver(key) => write!(f, "{DRIVER_PREFIX}{key}"),
        }
    }
}

impl<C> Encode<C> for Actor {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.to_string())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Actor {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::parse(d.str()?).map_err(minicbor::decode::Error::message)
    }
}

impl Serialize for Actor {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// Looks up who may speak with which key. [`Authorities`] is the one for documents.
pub trait Keyring {
    /// The key behind `kid` if it is `actor`'s and in force at `now`, with the actor's roles.
    ///
    /// # Errors
    /// [`Code::UnknownParty`], [`Code::KeyUnknown`] or [`Code::KeyNotInForce`].
    fn signer(&self, actor: &Actor, kid: KeyId, now: UnixMillis) -> Result<Listed<'_>, Code>;

    /// Whether a rotation brought a key, for saying why it does not count when [`Keyring::signer`] refuses it.
    fn was_rotated(&self, _actor: &Actor, _kid: KeyId) -> bool {
        false
    }
}

/// A key in force and what its owner may be.
pub struct Listed<'a> {
    /// The key.
    pub key: PublicKey,
    /// The owner's roles.
    pub roles: &'a [Role],
    /// Who else holds the key and signs with it for the owner; absent for the owner's own.
    pub agent: Option<&'a PartyId>,
}

/// An edition whose signatures were checked. Made by [`Directory::found`] and [`Directory::follow`].
pub struct Directory {
    edition: DirectoryEdition,
    id: Hash32,
    bundle: Vec<u8>,
    by_party: HashMap<PartyId, usize>,
    by_node_key: HashMap<PublicKey, usize>,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Directory(edition {}, {})", self.edition.number, self.id)
    }
}

impl Directory {
    /// Begins trust: accepts a bundle of any number whose id is the one that people compared by
    /// another channel, signed by its own authorities.
    ///
    /// # Errors
    /// [`Code::EditionFork`] when the id is another; [`Code::EditionUnsigned`]; the form codes.
    pub fn found(bundle: &[u8], trusted: Hash32, now: UnixMillis) -> Result<Self, Refusal> {
        let draft = Draft::read(bundle)?;
        if draft.id != trusted {
            let detail = format!("edition has id {}, expected {trusted}", draft.id);
            return Err(Refusal::new(Code::EditionFork, detail));
        }
        let (keys, threshold) = (draft.edition.authorities.clone(), draft.edition.threshold);
        draft.signed_by(&keys, threshold, now)
    }

    /// Accepts a bundle by the id of its edition alone, whoever signed it: one whose id is trusted, or stands in an
    /// edition that is. A node asks for signatures too; a reader of evidence must not pass over what it trusts.
    ///
    /// # Errors
    /// [`Code::EditionFork`] when the id is another; the form codes.
    pub(crate) fn by_id(bundle: &[u8], id: Hash32) -> Result<Self, Refusal> {
        let draft = Draft::read(bundle)?;
        if draft.id != id {
            let detail = format!("edition has id {}, expected {id}", draft.id);
            return Err(Refusal::new(Code::EditionFork, detail));
        }
        draft.signed_by(&[], 0, UnixMillis::MAX)
    }

    /// Accepts the next edition.
    ///
    /// # Errors
    /// [`Code::EditionRollback`], [`Code::EditionFork`], [`Code::EditionGap`],
    /// [`Code::EditionUnsigned`]; the form codes.
    pub fn follow(&self, bundle: &[u8], now: UnixMillis) -> Result<Self, Refusal> {
        let draft = Draft::read(bundle)?;
        let (mine, theirs) = (self.edition.number, draft.edition.number);
        let told = format!("edition {theirs} after edition {mine}");
        if draft.id == self.id || theirs < mine {
            return Err(Refusal::new(Code::EditionRollback, told));
        }
        if theirs == mine || draft.edition.network != self.edition.network {
            return Err(Refusal::new(Code::EditionFork, told));
        }
        if theirs.saturating_sub(mine) > 1 {
            return Err(Refusal::new(Code::EditionGap, told));
        }
        if draft.edition.previous != Some(self.id) {
            return Err(Refusal::new(Code::EditionFork, told));
        }
        draft.signed_by(&self.edition.authorities, self.edition.threshold, now)
    }

    /// The payload.
    #[must_use]
    pub fn edition(&self) -> &DirectoryEdition {
        &self.edition
    }

    /// SHA-256 of the payload: what people compare.
    #[must_use]
    pub fn id(&self) -> Hash32 {
        self.id
    }

    /// The bytes as received.
    #[must_use]
    pub fn bundle(&self) -> &[u8] {
        &self.bundle
    }

    /// A party by id.
    #[must_use]
    pub fn party(&self, id: &PartyId) -> Option<&PartyEntry> {
        self.by_party.get(id).and_then(|at| self.edition.parties.get(*at))
    }

    /// The same edition with more signing keys of its parties: for a reader who knows what later ones say of
    /// keys that this one does not list. It is nothing to compare or to hand on.
    pub(crate) fn with_keys(&self, of: &[(PartyId, KeyEntry)]) -> Self {
        let mut edition = self.edition.clone();
        for (party, key) in of {
            if let Some(entry) = edition.parties.iter_mut().find(|entry| entry.id == *party) {
                entry.signing_keys.push(key.clone());
            }
        }
        Self {
            edition,
            id: self.id,
            bundle: self.bundle.clone(),
            by_party: self.by_party.clone(),
            by_node_key: self.by_node_key.clone(),
        }
    }

    /// The key by which another party signs for `party`, whether it is in force or not.
    #[must_use]
    pub fn agent_key(&self, party: &PartyId, kid: KeyId) -> Option<&AgentEntry> {
        self.party(party)?.agents.iter().find(|agent| agent.key.id() == kid)
    }

    /// Roles of a party; none for one that is not listed.
    #[must_use]
    pub fn roles(&self, id: &PartyId) -> &[Role] {
        self.party(id).map_or(&[], |party| &party.roles)
    }

    /// The party that shows this key on the wire.
    #[must_use]
    pub fn party_of_node(&self, key: &PublicKey) -> Option<&PartyEntry> {
        self.by_node_key.get(key).and_then(|at| self.edition.parties.get(*at))
    }

    /// Parties that have the role.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &PartyEntry> {
        self.edition.parties.iter().filter(move |party| party.roles.contains(&role))
    }

    /// Seconds since the edition's `valid_from`.
    #[must_use]
    pub fn age_s(&self, now: UnixMillis) -> u64 {
        now.since(self.edition.valid_from).as_secs()
    }

    /// Whether the edition should have been replaced by now. Nothing stops because of it; it is shown.
    #[must_use]
    pub fn is_overdue(&self, now: UnixMillis) -> bool {
        now > self.edition.valid_until
    }
}

/// SHA-256 of an edition's payload: the id that the next edition names and people compare.
///
/// # Errors
/// [`Code::BadField`] when the edition breaks its rules.
pub fn edition_id(edition: &DirectoryEdition) -> Result<Hash32, Refusal> {
    let document = Document::from(edition.clone()).checked()?;
    let payload = document.to_cbor().map_err(|_| Refusal::new(Code::Malformed, "edition"))?;
    Ok(Hash32::of(&payload))
}

/// Signs an edition as one authority and adds the signature to a bundle (empty for the first).
///
/// # Errors
/// [`Code::EditionFork`] when the bundle holds another payload; [`Code::BadField`].
pub fn add_signature(
    bundle: &[u8],
    edition: &DirectoryEdition,
    now: UnixMillis,
    signer: &dyn Signer,
) -> Result<Vec<u8>, Refusal> {
    let mut envelopes = if bundle.is_empty() { Vec::new() } else { split_bundle(bundle)? };
    if !bundle.is_empty() && Draft::read(bundle)?.edition != *edition {
        return Err(Refusal::new(Code::EditionFork, "the bundle holds another edition"));
    }
    let authority = Actor::parse(AUTHORITY).map_err(|e| Refusal::new(Code::BadField, e))?;
    let signed = envelope::seal(edition.clone().into(), authority, now, signer)?;
    if !envelopes.contains(&signed.bytes().to_vec()) {
        envelopes.push(signed.bytes().to_vec());
    }
    join_bundle(&envelopes)
}

/// Whether any of these keys signed one of a bundle's envelopes. What a stranger hands on is asked
/// this first: nothing of its payload is read before.
#[must_use]
pub fn is_signed_by_any(bundle: &[u8], keys: &[PublicKey], now: UnixMillis) -> bool {
    let ring = AuthorityKeys(keys);
    split_bundle(bundle).is_ok_and(|envelopes| {
        envelopes.into_iter().any(|e| envelope::open_within(e, BUNDLE_MAX, &ring, now).is_ok())
    })
}

/// Reads the edition of a bundle without checking who signed it: for showing, never for trusting.
///
/// # Errors
/// The form codes.
pub fn peek_bundle(bundle: &[u8]) -> Result<(DirectoryEdition, Hash32), Refusal> {
    Draft::read(bundle).map(|draft| (draft.edition, draft.id))
}

/// A bundle whose form is sound and whose signatures are not checked.
struct Draft {
    edition: DirectoryEdition,
    id: Hash32,
    envelopes: Vec<Vec<u8>>,
    bundle: Vec<u8>,
}

impl Draft {
    fn read(bundle: &[u8]) -> Result<Self, Refusal> {
        let envelopes = split_bundle(bundle)?;
        let mut payloads = BTreeSet::new();
        for bytes in &envelopes {
            payloads.insert(envelope::peek_payload(bytes, BUNDLE_MAX)?);
        }
        let mut payloads = payloads.into_iter();
        let (Some((kind, payload)), None) = (payloads.next(), payloads.next()) else {
            return Err(Refusal::new(Code::Malformed, "a bundle holds one edition"));
        };
        let Document::DirectoryEdition(edition) = Document::read(kind, &payload)? else {
            return Err(Refusal::new(Code::Malformed, "a bundle holds editions only"));
        };
        Ok(Self { edition, id: Hash32::of(&payload), envelopes, bundle: bundle.to_vec() })
    }

    /// The directory, if `threshold` of `keys` signed.
    fn signed_by(
        self,
        keys: &[PublicKey],
        threshold: u8,
        now: UnixMillis,
    ) -> Result<Directory, Refusal> {
        let ring = AuthorityKeys(keys);
        let mut signers = BTreeSet::new();
        let mut why = String::new();
        for bytes in &self.envelopes {
            match envelope::open_within(bytes.clone(), BUNDLE_MAX, &ring, now) {
                Ok(signed) => {
                    signers.insert(signed.key_id());
                }
                Err(refusal) => why = format!("; one was refused, {refusal}"),
            }
        }
        if signers.len() < usize::from(threshold) {
            let detail =
                format!("{} of {threshold} needed authority signatures{why}", signers.len());
            return Err(Refusal::new(Code::EditionUnsigned, detail));
        }
        let parties = &self.edition.parties;
        let by_party = parties.iter().enumerate().map(|(at, p)| (p.id.clone(), at)).collect();
        let by_node_key = parties
            .iter()
            .enumerate()
            .flat_map(|(at, p)| p.node_keys.iter().map(move |key| (*key, at)))
            .collect();
        Ok(Directory {
            by_party,
            by_node_key,
            edition: self.edition,
            id: self.id,
            bundle: self.bundle,
        })
    }
}

/// The envelopes of a bundle.
fn split_bundle(bundle: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
    if bundle.len() > BUNDLE_MAX {
        return Err(Refusal::new(Code::TooLarge, format!("bundle has {} bytes", bundle.len())));
    }
    let malformed = |e: minicbor::decode::Error| Refusal::new(Code::Malformed, e.to_string());
    let mut decoder = minicbor::Decoder::new(bundle);
    let mut envelopes: Vec<Vec<u8>> = Vec::new();
    for envelope in decoder.array_iter::<minicbor::bytes::ByteVec>().map_err(malformed)? {
        if envelopes.len() == ENVELOPES_MAX {
            let detail = format!("bundle has more than {ENVELOPES_MAX} envelopes");
            return Err(Refusal::new(Code::TooLarge, detail));
        }
        envelopes.push(envelope.map_err(malformed)?.into());
    }
    if join_bundle(&envelopes)? == bundle {
        Ok(envelopes)
    } else {
        Err(Refusal::new(Code::NotCanonical, "bundle is not in deterministic form"))
    }
}

/// A bundle of envelopes.
fn join_bundle(envelopes: &[Vec<u8>]) -> Result<Vec<u8>, Refusal> {
    let list: Vec<&minicbor::bytes::ByteSlice> =
        envelopes.iter().map(|e| e.as_slice().into()).collect();
    minicbor::to_vec(list).map_err(|_| Refusal::new(Code::Malformed, "bundle"))
}

/// Keys that may sign an edition.
struct AuthorityKeys<'a>(&'a [PublicKey]);

impl Keyring for AuthorityKeys<'_> {
    fn signer(&self, _: &Actor, kid: KeyId, _: UnixMillis) -> Result<Listed<'_>, Code> {
        let key = self.0.iter().find(|key| key.id() == kid).ok_or(Code::KeyUnknown)?;
        Ok(Listed { key: *key, roles: &[Role::Authority], agent: None })
    }
}

/// A device key in force and who vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The device key.
    pub key: PublicKey,
    /// The haulier that vouches.
    pub haulier: PartyId,
    /// The driver's name.
    pub name: String,
    /// Last moment.
    pub valid_until: UnixMillis,
    /// The credential.
    pub credential: DocId,
}

/// Drivers by device key and haulier: a fold of driver-credentials in log order, of which one that
/// was issued before the last word on its key no longer counts, however late it arrives.
#[derive(Debug, Clone, Default)]
pub struct Drivers(BTreeMap<KeyId, BTreeMap<PartyId, Word>>);

/// A haulier's last word on a key: when it was said, and the enrolment unless it was taken away.
#[derive(Debug, Clone)]
struct Word {
    said_at: UnixMillis,
    enrolment: Option<Enrolment>,
}

impl Drivers {
    /// Applies one credential. What a haulier says touches only its own word for a key.
    pub fn apply(&mut self, signed: &Signed<Document>) {
        let (Document::DriverCredential(credential), Actor::Party(haulier)) =
            (signed.document(), signed.issuer())
        else {
            return;
        };
        let DriverCredential { key, name, valid_until, state, replaces, .. } = credential;
        let said_at = signed.issued_at();
        if let Some(old) = replaces {
            self.say(*old, haulier, Word { said_at, enrolment: None });
        }
        let enrolment = (*state == CredentialState::Active).then(|| Enrolment {
            key: *key,
            haulier: haulier.clone(),
            name: name.to_string(),
            valid_until: *valid_until,
            credential: signed.id(),
        });
        self.say(key.id(), haulier, Word { said_at, enrolment });
    }

    fn say(&mut self, key: KeyId, haulier: &PartyId, word: Word) {
        let words = self.0.entry(key).or_default();
        if words.get(haulier).is_none_or(|last| last.said_at <= word.said_at) {
            words.insert(haulier.clone(), word);
        }
    }

    /// Every word in force for a key at `now`.
    pub fn of_key(&self, key: KeyId, now: UnixMillis) -> impl Iterator<Item = &Enrolment> {
        let words = self.0.get(&key).into_iter().flat_map(BTreeMap::values);
        let enrolments = words.filter_map(|word| word.enrolment.as_ref());
        enrolments.filter(move |enrolment| now <= enrolment.valid_until)
    }

    /// Every device key that some haulier vouches for at `now`, each once.
    pub fn in_force(&self, now: UnixMillis) -> impl Iterator<Item = KeyId> {
        self.0.keys().copied().filter(move |key| self.of_key(*key, now).next().is_some())
    }

    /// One haulier's word for a key at `now`.
    #[must_use]
    pub fn of_haulier(&self, key: KeyId, haulier: &PartyId, now: UnixMillis) -> Option<&Enrolment> {
        let word = self.0.get(&key)?.get(haulier)?;
        word.enrolment.as_ref().filter(|e| now <= e.valid_until)
    }
}

/// Everybody whose signature counts right now: the directory, the rotations beside it and the drivers.
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Authorities {
    /// The directory in force.
    pub directory: Arc<Directory>,
    /// The drivers that hauliers vouch for.
    pub drivers: Arc<Drivers>,
    /// The keys that parties vouch for since.
    pub rotations: Arc<Rotations>,
}

impl Authorities {
    /// Who shows `key` on the wire at `now`: a node of a party, or a driver's device. The edition's
    /// word for a key goes above a party's own.
    #[must_use]
    pub fn actor_of_node(&self, key: &PublicKey, now: UnixMillis) -> Option<Actor> {
        if let Some(party) = self.directory.party_of_node(key) {
            return Some(Actor::Party(party.id.clone()));
        }
        if let Some(party) = self.party_of_new_node(key, now) {
            return Some(Actor::Party(party));
        }
        let id = key.id();
        self.drivers.of_key(id, now).any(|e| e.key == *key).then_some(Actor::Driver(id))
    }

    /// Whether a haulier's word for a device key is in force at `now`.
    #[must_use]
    pub fn vouches(&self, haulier: &PartyId, driver: &PublicKey, now: UnixMillis) -> bool {
        self.drivers.of_haulier(driver.id(), haulier, now).is_some_and(|e| e.key == *driver)
    }

    /// The roles of an actor; empty for one that nobody lists.
    #[must_use]
    pub fn roles(&self, actor: &Actor) -> &[Role] {
        match actor {
            Actor::Party(id) => self.directory.roles(id),
            Actor::Driver(_) => &[Role::Driver],
        }
    }

    fn listed(
        &self,
        actor: &Actor,
        kid: KeyId,
        now: UnixMillis,
        registrar: Option<&PartyId>,
    ) -> Result<Listed<'_>, Code> {
        match actor {
            Actor::Party(id) => {
                let roles = self.roles(actor);
                match self.key_of(id, kid, now, registrar) {
                    Ok(known) => Ok(Listed { key: known.key, roles, agent: None }),
                    Err(Code::KeyUnknown) => {
                        let held = self.directory.agent_key(id, kid).ok_or(Code::KeyUnknown)?;
                        let in_force = held.covers(now).then_some(held);
                        let AgentEntry { key, party, .. } = in_force.ok_or(Code::KeyNotInForce)?;
                        Ok(Listed { key: *key, roles, agent: Some(party) })
                    }
                    Err(code) => Err(code),
                }
            }
            Actor::Driver(id) if *id == kid => {
                let enrolment = self.drivers.of_key(kid, now).next().ok_or(Code::KeyUnknown)?;
                Ok(Listed { key: enrolment.key, roles: &[Role::Driver], agent: None })
            }
            Actor::Driver(_) => Err(Code::KeyUnknown),
        }
    }
}

impl Keyring for Authorities {
    fn signer(&self, actor: &Actor, kid: KeyId, now: UnixMillis) -> Result<Listed<'_>, Code> {
        self.listed(actor, kid, now, None)
    }

    fn was_rotated(&self, actor: &Actor, kid: KeyId) -> bool {
        let said = actor.party().into_iter().flat_map(|party| self.rotations.of_party(party));
        said.filter_map(|rotation| rotation.said.signing_key).any(|key| key.id() == kid)
    }
}

#[cfg(test)]
mod tests;
