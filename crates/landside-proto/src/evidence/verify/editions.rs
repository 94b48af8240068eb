//! The directory of a file: who is who at any time that it covers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use minicbor::bytes::ByteVec;

use super::super::layout::{Layout, Part, Place};
use super::super::report::{AgentSeen, EditionSeen, FindingCode, Report, Signer};
use super::super::trust::{Joined, Trust};
use crate::directory::{
    Actor, Authorities, Directory, Drivers, Keyring, Listed, Rotations, peek_bundle,
};
use crate::document::{Document, Remark, Role};
use crate::envelope::{self, FUTURE_MAX, Signed};
use crate::ids::{Hash32, PartyId, UnixMillis};
use crate::key::{KeyId, PublicKey};
use crate::refusal::{Code, Refusal};

/// From the begin of a second to its last millisecond.
const SECOND_REST: Duration = Duration::from_millis(999);

/// Editions that follow one another, ascending, and the rotations beside them.
pub(super) struct Editions {
    pub(super) list: Vec<Arc<Directory>>,
    /// Each with the keys that later ones list ([`Editions::take_later_keys`]).
    pub(super) with_later: Vec<Arc<Directory>>,
    pub(super) rotations: Arc<Rotations>,
}

/// A document that opens, and what there is to say about its key.
pub(super) struct Opened {
    pub(super) signed: Signed<Document>,
    /// The edition whose word on the key counts.
    pub(super) edition: u64,
    pub(super) issues: Vec<(FindingCode, String)>,
}

impl Editions {
    /// Takes bundles as far as each follows the one before.
    pub(super) fn follow(
        network: &Remark,
        bundles: &[Vec<u8>],
        layout: &Layout,
        trust: &Trust<'_>,
        report: &mut Report,
    ) -> Self {
        let mut editions: Vec<Arc<Directory>> = Vec::new();
        for (index, bundle) in bundles.iter().enumerate() {
            let place = layout.nth(Part::Edition, index);
            let before = editions.last().map(Arc::as_ref);
            let taken = match before {
                // Its own word for who it is: the id is compared by people, or below.
                None => peek_bundle(bundle)
                    .and_then(|(_, id)| Directory::found(bundle, id, UnixMillis::MAX)),
                Some(before) => before.follow(bundle, UnixMillis::MAX),
            };
            let directory = match taken {
                Ok(directory) => directory,
                Err(refusal) => {
                    report.find(FindingCode::EditionRefused, &place, refusal.to_string());
                    break;
                }
            };
            if directory.edition().network != *network {
                let text = format!(
                    "the edition is of network {}, the file of {network}",
                    directory.edition().network
                );
                report.find(FindingCode::OtherNetwork, &layout.the(Part::Subject), text);
            }
            let signatures = signatures(bundle, before, &directory, &place, report);
            report.editions.push(seen(&directory, signatures, trust));
            editions.push(Arc::new(directory));
        }
        let whole: Vec<&Directory> = editions.iter().map(Arc::as_ref).collect();
        let led = trusted(&whole, layout, trust, report);
        if report.trusted {
            // A file may have been cut to end before an edition that speaks against it.
            let beyond = trust.beyond(&whole, &led);
            for (number, id, why) in beyond.unused {
                let text = format!(
                    "edition {number}, {id}, was brought along and says nothing here: {why}"
                );
                report.find(FindingCode::EditionUnused, &layout.the(Part::File), text);
            }
            for directory in beyond.editions {
                let before = editions.last().map(Arc::as_ref);
                let (signatures, _) = counted(directory.bundle(), before, &directory);
                report
                    .editions
                    .push(EditionSeen { brought: true, ..seen(&directory, signatures, trust) });
                editions.push(Arc::new(directory));
            }
        }
        Self { with_later: editions.clone(), list: editions, rotations: Arc::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// A party's name, as the newest edition that lists it has it.
    pub(super) fn name_of(&self, party: &PartyId) -> Option<String> {
        let mut entries = self.list.iter().rev().filter_map(|directory| directory.party(party));
        entries.next().map(|entry| entry.name.to_string())
    }

    /// The edition in force at a time: the last one valid by then; the first one before that.
    pub(super) fn at(&self, at: UnixMillis) -> Option<&Arc<Directory>> {
        self.list.get(self.index_at(at))
    }

    fn index_at(&self, at: UnixMillis) -> usize {
        let valid = |directory: &Arc<Directory>| directory.edition().valid_from <= at;
        self.list.iter().rposition(valid).unwrap_or(0)
    }

    /// Whether a time is before every edition.
    pub(super) fn begin_after(&self, at: UnixMillis) -> bool {
        self.list.first().is_some_and(|directory| at < directory.edition().valid_from)
    }

    /// The newest edition.
    pub(super) fn newest(&self) -> Option<&Arc<Directory>> {
        self.list.last()
    }

    /// Every signing key that any edition or rotation of the file names for a party.
    pub(super) fn keys_of(&self, party: &PartyId) -> Vec<PublicKey> {
        let entries = self.list.iter().filter_map(|directory| directory.party(party));
        let mut keys = self.rotated_keys(party);
        keys.extend(entries.flat_map(|e| e.signing_keys.iter().map(|k| k.key)));
        keys.into_iter().collect()
    }

    /// Whether a party's key was in force when it signed by its own clock: by the edition of that time, and
    /// by the newest. That clock may be as much behind the terminal's as clocks may be.
    pub(super) fn in_force(&self, party: &PartyId, key: KeyId, at: UnixMillis) -> bool {
        let covers = |at| {
            let authorities = self.authorities(at, &Arc::default());
            authorities.is_some_and(|then| then.key_of(party, key, at, None).is_ok())
        };
        let then = covers(at) || covers(at.plus(FUTURE_MAX));
        then && self.ended_before(party, key, at).is_none()
    }

    /// When the newest edition ends a key, if that is before `at`.
    pub(super) fn ended_before(
        &self,
        party: &PartyId,
        key: KeyId,
        at: UnixMillis,
    ) -> Option<UnixMillis> {
        match listed_in(self.newest()?, party, key) {
            Some((_, until)) => until.filter(|until| *until < at),
            None => self.fallen_before(party, key, at),
        }
    }

    /// Who was who at a time, with the drivers that count by then.
    pub(super) fn authorities(
        &self,
        at: UnixMillis,
        drivers: &Arc<Drivers>,
    ) -> Option<Authorities> {
        let directory = Arc::clone(self.with_later.get(self.index_at(at))?);
        let (drivers, rotations) = (Arc::clone(drivers), Arc::clone(&self.rotations));
        Some(Authorities { directory, drivers, rotations })
    }

    /// Opens a document with the keys in force when it was registered. A signer that was not in force
    /// then, but is listed at another time, is no forger: that is told apart.
    pub(super) fn open(
        &self,
        bytes: &[u8],
        at: UnixMillis,
        drivers: &Arc<Drivers>,
    ) -> Result<Opened, Refusal> {
        let none = || Refusal::new(Code::UnknownParty, "the file has no edition");
        let authorities = self.authorities(at, drivers).ok_or_else(none)?;
        let mut issues = Vec::new();
        let (signed, directory) = match open_at(bytes, &authorities, at) {
            Ok(signed) => (signed, &authorities.directory),
            Err(refusal) if speaks_of_signer(refusal.code) => {
                let mut others = self.list.iter().rev();
                let found = others.find_map(|directory| {
                    let listed = EverListed { directory, drivers, rotations: &self.rotations };
                    let signed = envelope::open(bytes, &listed, UnixMillis::MAX).ok()?;
                    Some((signed, directory))
                });
                let Some(found) = found else { return Err(refusal) };
                issues.push(self.not_in_force(&found.0, &refusal, at));
                found
            }
            Err(refusal) => return Err(refusal),
        };
        if let Actor::Party(party) = signed.issuer()
            && let Some(until) = self.ended_before(party, signed.key_id(), at)
            && issues.is_empty()
        {
            let text = format!(
                "key {} of {party} is revoked from {until}, the document was registered at {at}",
                signed.key_id()
            );
            issues.push((FindingCode::KeyRevoked, text));
        }
        if signed.issued_at() > at.plus(FUTURE_MAX) {
            let text = format!(
                "signed at {} by the signer's clock, registered at {at} by the terminal's",
                signed.issued_at()
            );
            issues.push((FindingCode::IssuedAfterRegistration, text));
        }
        let listed = directory.edition().number;
        let edition = self.listed_later(&signed, at).unwrap_or(listed);
        Ok(Opened { signed, edition, issues })
    }

    /// Opens what has no other time than its own `iat`. That is in whole seconds (PROTOCOL § 3) and stands for all
    /// of its second: a key that begins in the middle of it may have signed.
    pub(super) fn open_by_own_time(
        &self,
        bytes: &[u8],
        at: UnixMillis,
        drivers: &Arc<Drivers>,
    ) -> Result<Opened, Refusal> {
        let at_begin = self.open(bytes, at, drivers);
        if at_begin.as_ref().is_ok_and(|opened| opened.issues.is_empty()) {
            return at_begin;
        }
        let at_end = self.open(bytes, at.plus(SECOND_REST), drivers);
        let is_right = at_end.as_ref().is_ok_and(|opened| opened.issues.is_empty());
        if is_right { at_end } else { at_begin }
    }

    /// What there is to say of a signer who was not in force: whoever left a rotation out of the file, or the
    /// edition of that time, must not make the signer one who did wrong.
    fn not_in_force(
        &self,
        signed: &Signed<Document>,
        refusal: &Refusal,
        at: UnixMillis,
    ) -> (FindingCode, String) {
        let left_out = match signed.issuer() {
            Actor::Party(party) => self.may_be_left_out(party, signed.key_id(), at),
            Actor::Driver(_) => self.begin_after(at),
        };
        let of_key = matches!(refusal.code, Code::KeyUnknown | Code::KeyNotInForce);
        if left_out && (of_key || self.begin_after(at)) {
            let text = format!(
                "{refusal}, at {at}, by the editions and rotations of the file; a rotation that is not \
                 in it may say otherwise"
            );
            return (FindingCode::KeyNotShown, text);
        }
        (FindingCode::SignerNotInForce, format!("{refusal}, at {at}"))
    }

    /// What there is to tell of a signer.
    pub(super) fn signer_of(
        &self,
        signed: &Signed<Document>,
        edition: u64,
        at: UnixMillis,
        drivers: &Drivers,
    ) -> Option<Signer> {
        let directory = self.list.iter().find(|directory| directory.edition().number == edition)?;
        let mut signer = signer(signed, directory, drivers, at);
        if let Actor::Party(party) = signed.issuer() {
            signer.rotated = self.rotated(party, signed.key_id(), at);
        }
        let said = signed.document().agent().zip(signed.document().source());
        signer.agent = said.map(|(agent, source)| AgentSeen {
            party: agent.clone(),
            name: self.name_of(agent).unwrap_or_else(|| agent.to_string()),
            message: source.interchange,
        });
        Some(signer)
    }
}

/// The door, with the keys of a time and without a clock: how a time of signing fits is asked apart.
fn open_at(
    bytes: &[u8],
    authorities: &Authorities,
    at: UnixMillis,
) -> Result<Signed<Document>, Refusal> {
    envelope::open(bytes, &AsOf { authorities, at }, UnixMillis::MAX)
}

fn speaks_of_signer(code: Code) -> bool {
    matches!(
        code,
        Code::UnknownParty | Code::KeyUnknown | Code::KeyNotInForce | Code::RoleMayNotSign
    )
}

/// Who may speak at a moment that is not now.
struct AsOf<'a> {
    authorities: &'a Authorities,
    at: UnixMillis,
}

impl Keyring for AsOf<'_> {
    fn signer(&self, actor: &Actor, kid: KeyId, _: UnixMillis) -> Result<Listed<'_>, Code> {
        self.authorities.signer(actor, kid, self.at)
    }
}

/// Whose key it is, whenever.
struct EverListed<'a> {
    directory: &'a Directory,
    drivers: &'a Drivers,
    rotations: &'a Rotations,
}

impl Keyring for EverListed<'_> {
    fn signer(&self, actor: &Actor, kid: KeyId, _: UnixMillis) -> Result<Listed<'_>, Code> {
        match actor {
            Actor::Party(party) => {
                let entry = self.directory.party(party).ok_or(Code::UnknownParty)?;
                let listed = entry.signing_keys.iter().map(|listed| listed.key);
                let rotated = self.rotations.of_party(party).filter_map(|r| r.said.signing_key);
                let own = listed.chain(rotated).map(|key| (key, None));
                let held = entry.agents.iter().map(|agent| (agent.key, Some(&agent.party)));
                let known = own.chain(held).find(|(key, _)| key.id() == kid);
                let (key, agent) = known.ok_or(Code::KeyUnknown)?;
                Ok(Listed { key, roles: &entry.roles, agent })
            }
            Actor::Driver(id) if *id == kid => {
                let begin = UnixMillis::from_millis(0);
                let said = self.drivers.of_key(kid, begin).next().ok_or(Code::KeyUnknown)?;
                Ok(Listed { key: said.key, roles: &[Role::Driver], agent: None })
            }
            Actor::Driver(_) => Err(Code::KeyUnknown),
        }
    }
}

/// From when until when an edition lists a key that signs as a party: the party's own, or an agent's.
fn listed_in(
    directory: &Directory,
    party: &PartyId,
    key: KeyId,
) -> Option<(UnixMillis, Option<UnixMillis>)> {
    let own = directory.party(party)?.signing_keys.iter().find(|listed| listed.key.id() == key);
    let own = own.map(|listed| (listed.from, listed.until));
    own.or_else(|| directory.agent_key(party, key).map(|held| (held.from, held.until)))
}

fn signer(
    signed: &Signed<Document>,
    directory: &Directory,
    drivers: &Drivers,
    at: UnixMillis,
) -> Signer {
    let edition = directory.edition().number;
    match signed.issuer() {
        Actor::Party(party) => {
            let listed = listed_in(directory, party, signed.key_id());
            let entry = directory.party(party);
            Signer {
                name: entry.map_or_else(|| party.to_string(), |entry| entry.name.to_string()),
                roles: entry.map(|entry| entry.roles.clone()).unwrap_or_default(),
                edition,
                key_from: listed.map(|(from, _)| from),
                key_until: listed.and_then(|(_, until)| until),
                vouched_by: Vec::new(),
                rotated: None,
                agent: None,
            }
        }
        Actor::Driver(key) => {
            let mut said: Vec<_> = drivers.of_key(*key, at).collect();
            if said.is_empty() {
                // Whoever vouched for it once.
                said = drivers.of_key(*key, UnixMillis::from_millis(0)).collect();
            }
            Signer {
                name: said.first().map_or_else(|| key.to_string(), |said| said.name.clone()),
                roles: vec![Role::Driver],
                edition,
                key_from: None,
                key_until: said.iter().map(|said| said.valid_until).max(),
                vouched_by: said.iter().map(|said| said.haulier.clone()).collect(),
                rotated: None,
                agent: None,
            }
        }
    }
}

fn seen(directory: &Directory, signatures: (usize, usize), trust: &Trust<'_>) -> EditionSeen {
    EditionSeen {
        number: directory.edition().number,
        id: directory.id(),
        valid_from: directory.edition().valid_from,
        signatures,
        threshold: directory.edition().threshold,
        trusted: trust.ids.contains(&directory.id()),
        brought: false,
    }
}

/// Trust in one edition is trust in all: those after it are signed by the authorities before, those
/// before it are named by hash.
/// Gives those brought along that lead up to them.
fn trusted(
    editions: &[&Directory],
    layout: &Layout,
    trust: &Trust<'_>,
    report: &mut Report,
) -> Vec<Hash32> {
    let (Some(first), Some(last)) = (editions.first(), editions.last()) else { return Vec::new() };
    let place = layout.nth(Part::Edition, 0);
    let [from, to] = [first, last].map(|directory| directory.edition().number);
    if trust.ids.is_empty() {
        let text = format!(
            "edition {from} has id {}: compare it with what the port authority says by another channel",
            first.id()
        );
        report.find(FindingCode::CompareEditionId, &place, text);
        return Vec::new();
    }
    let (joined, led) = trust.joins(editions);
    match joined {
        Joined::Yes => report.trusted = true,
        Joined::Other(number) => {
            let text = format!(
                "the list of parties that is trusted has another edition {number} than the file"
            );
            report.find(FindingCode::EditionNotTrusted, &place, text);
        }
        Joined::No => {
            let text = format!(
                "the file has editions {from} to {to}, none of them is one that is trusted, and \
                 nothing leads from there to them: bring the editions between, or compare the id of \
                 edition {from}, {}",
                first.id()
            );
            report.find(FindingCode::EditionNotJoined, &place, text);
        }
    }
    led
}

/// How many authorities signed, of how many that could. A node passes over signatures that do not
/// verify; here one of them shows that the bundle was changed.
fn signatures(
    bundle: &[u8],
    before: Option<&Directory>,
    directory: &Directory,
    place: &Place,
    report: &mut Report,
) -> (usize, usize) {
    let (counted, refused) = counted(bundle, before, directory);
    for (number, refusal) in refused {
        let text = format!("signature {number} under it: {refusal}");
        report.find(FindingCode::EditionSignature, place, text);
    }
    counted
}

/// The count, and what does not verify by its number from 1.
fn counted(
    bundle: &[u8],
    before: Option<&Directory>,
    directory: &Directory,
) -> ((usize, usize), Vec<(usize, Refusal)>) {
    let own = &directory.edition().authorities;
    let asked = before.map_or(own, |before| &before.edition().authorities);
    let known: BTreeSet<PublicKey> = asked.iter().chain(own).copied().collect();
    let envelopes: Vec<ByteVec> = minicbor::decode(bundle).unwrap_or_default();
    let (mut signed, mut refused) = (BTreeSet::new(), Vec::new());
    for (number, bytes) in envelopes.iter().enumerate() {
        let opened = envelope::open_within(
            bytes.as_slice(),
            crate::directory::BUNDLE_MAX,
            &AuthorityKeys(&known),
            UnixMillis::MAX,
        );
        match opened {
            Ok(opened) => drop(signed.insert(opened.key_id())),
            Err(refusal) => refused.push((number + 1, refusal)),
        }
    }
    let counted = asked.iter().filter(|key| signed.contains(&key.id())).count();
    ((counted, asked.len()), refused)
}

/// The authority keys of an edition and of the one before.
struct AuthorityKeys<'a>(&'a BTreeSet<PublicKey>);

impl Keyring for AuthorityKeys<'_> {
    fn signer(&self, _: &Actor, kid: KeyId, _: UnixMillis) -> Result<Listed<'_>, Code> {
        let key = self.0.iter().find(|key| key.id() == kid).ok_or(Code::KeyUnknown)?;
        Ok(Listed { key: *key, roles: &[Role::Authority], agent: None })
    }
}
