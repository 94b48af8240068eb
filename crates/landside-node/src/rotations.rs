//! Rotations at a node: registered, taken from the terminals that registered them, and told to a reader
//! before the first document that rests on them (docs/PROTOCOL.md § 5, Rotation).

use std::sync::Arc;

use landside_proto::directory::{Actor, Authorities, Directory, Rotations};
use landside_proto::document::{Document, Entry, Kind, Outcome, Position, Receipt, Refused, Role};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::{DocId, PartyId, UnixMillis};
use landside_proto::key::PublicKey;
use landside_proto::refusal::{Code, Refusal};

use crate::event::Event;
use crate::group::Group;
use crate::home::Home;
use crate::inspect::InspectError;
use crate::intake::{Registration, entry, keep_receipt, refused_entry};
use crate::ledger::{self, Read};
use crate::log;
use crate::node::clock;
use crate::registrar::{Registrar, TakeError, taken};
use crate::rows::{self, AnswerRow, RotationRow};
use crate::store::{SledStore, Store, StoreError, StoreOptions};
use crate::writer::Issued;

/// Most peers that are told of a rotation in one command: far below what a batch holds.
pub(crate) const TELL_MAX: usize = 512;

impl Registrar {
    /// Rotations stand in the log but in no case.
    pub(crate) fn register_rotation(
        &self,
        group: &mut Group<'_>,
        terminal: &PartyId,
        signed: &Signed<Document>,
    ) -> Result<Position, TakeError> {
        self.may_say(group, signed.document(), signed.issuer())?;
        group.authorities.may_rotate(terminal, signed, group.now)?;
        let position = log::next(group, None);
        let number = group.keep_at(signed, position)?;
        log::append(group, signed.hash(), position, number);
        group.rotate(signed, number, terminal, position)?;
        group.events.push(taken(signed, None));
        Ok(position)
    }

    /// Takes a delivered rotation in: to register it here, or as another terminal registered it. Each
    /// terminal has a place of its own for it.
    pub(crate) fn take_rotation(
        &self,
        group: &mut Group<'_>,
        peer: &Actor,
        signed: &Signed<Document>,
        registered: Option<&Registration>,
    ) -> Result<Entry, StoreError> {
        let id = signed.id();
        let taken = match registered {
            None => self.rotation_to_register(group, peer, signed),
            Some(registration) => self.rotation_registered(group, signed, registration),
        };
        match taken {
            Ok((outcome, position)) => Ok(entry(id, outcome, position)),
            Err(TakeError::Refused(refusal)) => Ok(refused_entry(id, &refusal)),
            Err(TakeError::Store(error)) => Err(error),
        }
    }

    fn rotation_to_register(
        &self,
        group: &mut Group<'_>,
        peer: &Actor,
        signed: &Signed<Document>,
    ) -> Result<(Outcome, Option<Position>), TakeError> {
        if let Some(me) = self.party()
            && let Some(position) = registered_at(group, signed.id(), me)?
        {
            return Ok((Outcome::Duplicate, Some(position)));
        }
        if signed.issuer() != peer {
            let detail = format!("signed by {}, delivered by {peer}", signed.issuer());
            return Err(Refusal::new(Code::NotYourDocument, detail).into());
        }
        self.register(group, signed, &[]).map(|position| (Outcome::Accepted, Some(position)))
    }

    fn rotation_registered(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
        registration: &Registration,
    ) -> Result<(Outcome, Option<Position>), TakeError> {
        let (terminal, position) = (&registration.terminal, registration.position(signed)?);
        if registered_at(group, signed.id(), terminal)?.is_some() {
            return Ok((Outcome::Duplicate, None));
        }
        // A terminal registers one successor of a key; a second one would undo the first.
        match group.authorities.may_rotate(terminal, signed, position.at) {
            Err(refusal) if refusal.code == Code::KeyRotated => return Err(refusal.into()),
            // Whatever else speaks against it is weighed at every look-up, by the edition of the day.
            _ => {}
        }
        let number = match group.id_row(signed.id())? {
            Some(row) => row.number,
            None => group.keep(signed, Some(position))?,
        };
        keep_receipt(group, signed.id(), registration)?;
        group.rotate(signed, number, terminal, position)?;
        group.events.push(taken(signed, None));
        Ok((Outcome::Accepted, None))
    }

    /// The terminal that answered to a rotation of this party, handed in to it; `None` for every other
    /// answer. What this terminal registered itself is only told.
    pub(crate) fn answers_rotation(
        &self,
        group: &Group<'_>,
        signed: &Signed<Document>,
        peer: &Actor,
    ) -> Option<PartyId> {
        let own = signed.document().kind() == Kind::KeyRotation && *signed.issuer() == self.me;
        let told = group.authorities.roles(&self.me).contains(&Role::Terminal);
        peer.party().filter(|_| own && !told).cloned()
    }

    /// Keeps what a terminal answered to a rotation of this party.
    pub(crate) fn rotation_answered(
        &self,
        group: &mut Group<'_>,
        terminal: &PartyId,
        (signed, number): (&Signed<Document>, u64),
        entry: &Entry,
        answer: &AnswerRow,
    ) -> Result<(), StoreError> {
        let id = signed.id();
        match entry.position {
            Some(position) => {
                if group.id_row(id)?.is_some_and(|row| row.position.is_none()) {
                    group.index(id, number, Some(position))?;
                }
                group.put(rows::ANSWERS, rows::id_key(id), rows::to_row(answer)?);
                group.rotate(signed, number, terminal, position)?;
            }
            None => {
                let refused = entry.refused.as_ref().map(|refused| refused.code.clone());
                let row = RotationRow { position: None, refused };
                group.put(
                    rows::ROTATIONS,
                    rows::rotation_key(number, terminal),
                    rows::to_row(&row)?,
                );
            }
        }
        group.events.push(Event::Answered { document: id, entry: entry.clone() });
        Ok(())
    }

    /// Registers a rotation of this party, or puts it on its way to every terminal of the directory.
    pub(crate) fn rotate(
        &self,
        group: &mut Group<'_>,
        envelope: &[u8],
    ) -> Result<Issued, TakeError> {
        let signed = envelope::open(envelope, &group.authorities, group.now)?;
        if signed.document().kind() != Kind::KeyRotation {
            return Err(Refusal::new(Code::NotDeliverable, "not a rotation").into());
        }
        if *signed.issuer() != self.me {
            let detail = format!("signed by {}, this is {}", signed.issuer(), self.me);
            return Err(Refusal::new(Code::NotYourDocument, detail).into());
        }
        let id = signed.id();
        self.may_say(group, signed.document(), &self.me)?;
        let roles = group.authorities.roles(&self.me);
        if let Some(me) = self.party().filter(|_| roles.contains(&Role::Terminal)) {
            let position = match registered_at(group, id, me)? {
                Some(position) => position,
                None => self.register_rotation(group, me, &signed)?,
            };
            return Ok(Issued { id, position: Some(position) });
        }
        if group.id_row(id)?.is_none() {
            let number = group.keep(&signed, None)?;
            for terminal in terminals(&group.authorities) {
                group.send(&Actor::Party(terminal), number);
            }
        }
        Ok(Issued { id, position: None })
    }
}

impl Group<'_> {
    /// Takes a rotation into force, as a terminal registered it.
    pub(crate) fn rotate(
        &mut self,
        signed: &Signed<Document>,
        number: u64,
        terminal: &PartyId,
        position: Position,
    ) -> Result<(), StoreError> {
        let row = RotationRow { position: Some(position.into()), refused: None };
        self.put(rows::ROTATIONS, rows::rotation_key(number, terminal), rows::to_row(&row)?);
        Arc::make_mut(&mut self.authorities.rotations).apply(signed, terminal, position);
        self.rotations_changed = true;
        Ok(())
    }

    /// Tells these peers of a rotation that this terminal registered.
    pub(crate) fn tell_all(&mut self, peers: &[Actor], rotation: DocId) -> Result<(), StoreError> {
        let Some(row) = self.id_row(rotation)? else { return Ok(()) };
        peers.iter().try_for_each(|peer| self.tell(peer, row.number))
    }

    /// Puts a rotation that this terminal registered in the outbox of a peer, once.
    fn tell(&mut self, peer: &Actor, number: u64) -> Result<(), StoreError> {
        let key = rows::told_key(peer, number);
        if self.get(rows::TOLD, &key)?.is_none() {
            self.put(rows::TOLD, key, Vec::new());
            self.put_out(peer, number);
        }
        Ok(())
    }

    /// Tells a device that is enrolled now of every rotation of this terminal: it has the edition alone.
    pub(crate) fn tell_newcomer(&mut self, device: &Actor, me: &PartyId) -> Result<(), StoreError> {
        let own = self.authorities.rotations.of(me, me).iter();
        let own: Vec<DocId> = own.map(|rotation| rotation.document).collect();
        own.into_iter().try_for_each(|id| self.tell_all(std::slice::from_ref(device), id))
    }

    /// Tells a peer of the rotations that a document's key rests on in this terminal's log.
    pub(crate) fn tell_of_signer(
        &mut self,
        me: &PartyId,
        peer: &Actor,
        number: u64,
    ) -> Result<(), StoreError> {
        let signed = self.document(number)?.signed;
        let Some(party) = signed.issuer().party().filter(|_| signed.issuer() != peer) else {
            return Ok(());
        };
        for id in self.authorities.rotations.leading_to(me, party, signed.key_id()) {
            if let Some(row) = self.id_row(id)? {
                self.tell(peer, row.number)?;
            }
        }
        Ok(())
    }
}

/// Where a terminal registered a rotation, as far as this node knows.
pub(crate) fn registered_at(
    read: &(impl Read + ?Sized),
    id: DocId,
    terminal: &PartyId,
) -> Result<Option<Position>, StoreError> {
    let Some(row) = read.id_row(id)? else { return Ok(None) };
    let Some(row) = read.get(rows::ROTATIONS, &rows::rotation_key(row.number, terminal))? else {
        return Ok(None);
    };
    let row: RotationRow = rows::from_row(&row)?;
    row.position.map(|position| position.position()).transpose()
}

/// The terminals of the directory in force.
pub(crate) fn terminals(authorities: &Authorities) -> Vec<PartyId> {
    authorities.directory.with_role(Role::Terminal).map(|party| party.id.clone()).collect()
}

/// A terminal's own new key is told in the batch whose receipt it signed: with the rotations of such a
/// batch the receipt can be verified, by the old key that this node knows.
pub(crate) fn introduced(
    authorities: &Authorities,
    receipt: &[u8],
    documents: &[Vec<u8>],
) -> Option<Authorities> {
    let claimed = envelope::reopen(receipt).ok()?;
    let (Document::Receipt(Receipt { entries, .. }), Actor::Party(terminal)) =
        (claimed.document(), claimed.issuer())
    else {
        return None;
    };
    let mut known = authorities.clone();
    for (bytes, entry) in documents.iter().zip(entries) {
        let Some(position) = entry.position else { continue };
        let is_rotation = envelope::reopen(bytes.as_slice())
            .is_ok_and(|claimed| claimed.document().kind() == Kind::KeyRotation);
        if !is_rotation {
            continue;
        }
        let ring = known.registered_by(terminal);
        let Ok(signed) = envelope::open(bytes.as_slice(), &ring, position.at) else { continue };
        let own = signed.issuer() == claimed.issuer() && signed.id() == entry.document;
        if own && known.may_rotate(terminal, &signed, position.at).is_ok() {
            Arc::make_mut(&mut known.rotations).apply(&signed, terminal, position);
        }
    }
    Some(known)
}

/// Who is who by an edition and by what is kept here, at a node of this party.
pub(crate) fn authorities(
    directory: Arc<Directory>,
    store: &dyn Store,
    me: &Actor,
) -> Result<Authorities, StoreError> {
    let drivers = Arc::new(ledger::drivers(store)?);
    Ok(Authorities { directory, drivers, rotations: Arc::new(load(store, me)?) })
}

/// Every rotation kept here.
fn load(store: &dyn Store, me: &Actor) -> Result<Rotations, StoreError> {
    let mut rotations = Rotations::at_home(me.party().cloned());
    for Known { signed, terminal, position } in known(store)? {
        rotations.apply(&signed, &terminal, position);
    }
    Ok(rotations)
}

/// A rotation that a terminal registered, as far as this node was told.
#[derive(Debug, Clone)]
pub struct Known {
    /// The rotation; it was verified when it came.
    pub signed: Signed<Document>,
    /// Who registered it.
    pub terminal: PartyId,
    /// Where and when.
    pub position: Position,
}

pub(crate) fn known(store: &dyn Store) -> Result<Vec<Known>, StoreError> {
    let mut known = Vec::new();
    ledger::for_each_row(store, rows::ROTATIONS, |(key, value)| {
        let (number, terminal) = rows::rotation_parts(key)?;
        let row: RotationRow = rows::from_row(value)?;
        if let Some(position) = row.position {
            let signed = Read::document(store, number)?.signed;
            known.push(Known { signed, terminal, position: position.position()? });
        }
        Ok(())
    })?;
    Ok(known)
}

/// The rotations that a stopped node's home has. Changes nothing.
///
/// # Errors
/// [`InspectError`]; a running node holds its store.
pub fn known_at(home: &Home) -> Result<Vec<Known>, InspectError> {
    if !home.had_store() {
        return Ok(Vec::new());
    }
    let options = StoreOptions { create: false, ..StoreOptions::default() };
    let store = SledStore::open(home.store_dir(), options)?;
    Ok(known(&store)?)
}

/// What each terminal says to a rotation of this party: `None` while it has not answered.
pub(crate) type Answers = Vec<(PartyId, Option<Result<Position, Refused>>)>;

/// Looks what the terminals said to a rotation of this party.
pub(crate) fn answers(
    store: &dyn Store,
    id: DocId,
    terminals: &[PartyId],
) -> Result<Answers, StoreError> {
    let Some(known) = Read::id_row(store, id)? else { return Ok(Vec::new()) };
    let mut answers = Vec::new();
    for terminal in terminals {
        let key = rows::rotation_key(known.number, terminal);
        let answer = match Store::get(store, rows::ROTATIONS, &key)? {
            None => None,
            Some(row) => {
                let RotationRow { position, refused } = rows::from_row(&row)?;
                let code = refused.unwrap_or_default();
                let refused = Refused { code, detail: String::new(), names: None };
                let position = position.map(|position| position.position()).transpose()?;
                Some(position.ok_or(refused))
            }
        };
        answers.push((terminal.clone(), answer));
    }
    Ok(answers)
}

/// How new keys of a node's party stand with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKeys {
    /// Whether the signing key counts now.
    pub signing: bool,
    /// Whether the node key counts now.
    pub node: bool,
    /// Parties that have not been reached yet with a rotation of this party: they would not know the
    /// new keys.
    pub waiting: Vec<Actor>,
    /// Devices in force that have not been reached yet. They come by the old node key and are told then,
    /// so nobody need wait for them.
    pub devices: Vec<Actor>,
}

/// Looks how new keys stand, in the home of a stopped node. Changes nothing.
///
/// # Errors
/// [`InspectError`]; a running node holds its store.
pub fn new_keys(
    home: &Home,
    signing: Option<PublicKey>,
    node: Option<PublicKey>,
) -> Result<NewKeys, InspectError> {
    let (directory, me) = (home.directory(clock())?, home.actor()?);
    if !home.had_store() {
        let rotations = Arc::new(Rotations::at_home(me.party().cloned()));
        let authorities = Authorities { directory, drivers: Arc::default(), rotations };
        return Ok(standing(&authorities, &me, (signing, node), Vec::new(), clock()));
    }
    let options = StoreOptions { create: false, ..StoreOptions::default() };
    let store = SledStore::open(home.store_dir(), options)?;
    let store: &dyn Store = &store;
    let authorities = authorities(directory, store, &me)?;
    let waiting = waiting(store, &me)?;
    Ok(standing(&authorities, &me, (signing, node), waiting, clock()))
}

/// The same by what a node knows.
pub(crate) fn standing(
    authorities: &Authorities,
    me: &Actor,
    (signing, node): (Option<PublicKey>, Option<PublicKey>),
    waiting: Vec<Actor>,
    now: UnixMillis,
) -> NewKeys {
    let of = |keys: fn(&Authorities, &PartyId, UnixMillis) -> Vec<PublicKey>, key| {
        let known = me.party().map(|me| keys(authorities, me, now)).unwrap_or_default();
        Option::<PublicKey>::is_some_and(key, |key| known.contains(&key))
    };
    // Whoever is in force no more, a party that left or a device that was replaced, needs no telling.
    let in_force = |peer: &Actor| match peer {
        Actor::Party(party) => authorities.directory.party(party).is_some(),
        Actor::Driver(key) => authorities.drivers.of_key(*key, now).next().is_some(),
    };
    let known = waiting.into_iter().filter(in_force);
    let (waiting, devices) = known.partition(|peer| peer.party().is_some());
    NewKeys {
        signing: of(Authorities::signing_keys, signing),
        node: of(Authorities::node_keys, node),
        waiting,
        devices,
    }
}

/// Peers for whom a rotation of this party waits.
pub(crate) fn waiting(store: &dyn Store, me: &Actor) -> Result<Vec<Actor>, StoreError> {
    let mut peers = Vec::new();
    for peer in ledger::peers_waited_for(store)? {
        let mut after = None;
        loop {
            let page = ledger::waiting(store, &peer, after, ledger::PAGE)?;
            for (_, number) in &page {
                let signed = Read::document(store, *number)?.signed;
                if signed.issuer() == me && signed.document().kind() == Kind::KeyRotation {
                    peers.push(peer.clone());
                }
            }
            match page.last() {
                Some((last, _)) if page.len() == ledger::PAGE => after = Some(*last),
                _ => break,
            }
        }
    }
    peers.dedup();
    Ok(peers)
}
