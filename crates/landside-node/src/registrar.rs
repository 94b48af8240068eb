//! Taking documents in: registering those of one's own cases, keeping those that others registered.

use std::collections::HashMap;

use landside_edifact::profile::Profile;
use landside_proto::case::{Case, Context, Due, Granted, PassPolicy, SlotState, Target, judge};
use landside_proto::directory::{Actor, Keyring as _};
use landside_proto::document::{
    CasePlace, Document, Entry, Kind, Outcome, Position, Receipt, Refused, Role, Slot, SlotAnswer,
    Window,
};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::{CaseCode, DocId, Hash32, PartyId, UnixMillis};
use landside_proto::key::Signer;
use landside_proto::refusal::{Code, Refusal};

use crate::codeco;
use crate::config::Config;
use crate::event::Event;
use crate::group::Group;
use crate::ledger::{LoadedCase, Read as _};
use crate::rows;
use crate::store::StoreError;

/// Most documents the terminal itself adds after one: a slot and a pass, and room.
const REACTIONS_MAX: usize = 4;

/// Tries for a case code that no other case of this terminal has.
const CODE_TRIES_MAX: u32 = 64;

/// Taking a document in failed: refused, or the store is in trouble.
#[derive(Debug)]
pub(crate) enum TakeError {
    /// The document is refused; nothing was changed.
    Refused(Refusal),
    /// The store cannot be read.
    Store(StoreError),
}

impl From<Refusal> for TakeError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for TakeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a node is and may do: the same for every group.
pub(crate) struct Registrar {
    /// Who this node is.
    pub(crate) me: Actor,
    /// Signs its documents.
    pub(crate) signer: Box<dyn Signer>,
    /// Its settings.
    pub(crate) config: Config,
    /// EDIFACT profiles by partner.
    pub(crate) profiles: HashMap<PartyId, Profile>,
}

impl Registrar {
    /// This node's party, if it is one.
    fn party(&self) -> Option<&PartyId> {
        self.me.party()
    }

    /// A party in EDIFACT: this node's configured code, else the party id in capitals.
    pub(crate) fn edifact_code(&self, party: &PartyId) -> String {
        let own = &self.config.edifact.code;
        if self.party() == Some(party) && !own.is_empty() {
            own.clone()
        } else {
            codeco::code(party)
        }
    }

    fn policy(&self) -> PassPolicy {
        let minutes = |n: u32| std::time::Duration::from_secs(u64::from(n) * 60);
        PassPolicy {
            early: minutes(self.config.terminal.early_minutes),
            late: minutes(self.config.terminal.late_minutes),
        }
    }

    /// Signs with this node's key.
    pub(crate) fn seal(
        &self,
        document: Document,
        now: UnixMillis,
    ) -> Result<Signed<Document>, Refusal> {
        envelope::seal(document, self.me.clone(), now, self.signer.as_ref())
    }

    /// Registers a document of a case of this terminal, and whatever the terminal then owes.
    pub(crate) fn register(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
    ) -> Result<Position, TakeError> {
        let position = self.register_one(group, signed)?;
        let Some(CasePlace { code, .. }) = position.case else { return Ok(position) };
        for _ in 0..REACTIONS_MAX {
            let Some(owed) = self.owed(group, code)? else { break };
            let owed = self.seal(owed, group.now)?;
            match self.register_one(group, &owed) {
                Ok(_) => {}
                // The pass of a driver whose haulier took its word back, for one: what is registered
                // stays registered, and the case's list of needs says what is missing.
                Err(TakeError::Refused(refusal)) => {
                    tracing::debug!(case = %code, %refusal, "owed, but not due");
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(position)
    }

    fn register_one(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
    ) -> Result<Position, TakeError> {
        let Some(registrar) =
            self.party().filter(|_| group.authorities.roles(&self.me).contains(&Role::Terminal))
        else {
            let detail = format!("{} is no terminal and registers nothing", self.me);
            return Err(Refusal::new(Code::WrongTerminal, detail).into());
        };
        if signed.document().kind() == Kind::DriverCredential {
            return self.register_credential(group, signed);
        }
        let target = self.target(group, signed)?;
        let (authorities, now) = (group.authorities.clone(), group.now);
        let ctx = Context { registrar, authorities: &authorities, now };
        let known = match target {
            Some(code) => group.case(code)?.map(|loaded| &loaded.case),
            None => None,
        };
        judge(known.map_or(Target::None, Target::Case), signed, &ctx)?;

        let code = match target {
            Some(code) => code,
            None => self.open_case(group, signed)?,
        };
        let place = match group.case(code)? {
            Some(loaded) => u32::try_from(loaded.numbers.len()).unwrap_or(u32::MAX),
            None => 0,
        };
        let position = self.append(group, Some(CasePlace { code, place }));
        let number = group.keep(signed, Some(position))?;
        group.put(rows::LOG, position.log.to_be_bytes(), number.to_be_bytes().to_vec());
        group.index_case(code, signed.document())?;
        self.fold_in(group, signed, position, number)?;
        group.events.push(taken(signed, Some(code)));
        Ok(position)
    }

    /// Credentials stand in the log but in no case.
    fn register_credential(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
    ) -> Result<Position, TakeError> {
        let position = self.append(group, None);
        let number = group.keep(signed, Some(position))?;
        group.put(rows::LOG, position.log.to_be_bytes(), number.to_be_bytes().to_vec());
        group.enrol(signed, number);
        group.events.push(taken(signed, None));
        Ok(position)
    }

    fn append(&self, group: &mut Group<'_>, case: Option<CasePlace>) -> Position {
        let log = group.counters.log;
        group.counters.log = log.saturating_add(1);
        Position { log, at: group.now, case }
    }

    /// The case a document belongs to: by what it builds on, else by bill, else by container. A
    /// closed case counts only when the document speaks of it.
    fn target(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
    ) -> Result<Option<CaseCode>, TakeError> {
        let document = signed.document();
        let Some(visit) = document.visit() else {
            return Err(Refusal::new(Code::NotDeliverable, document.kind().as_str()).into());
        };
        if let Some(parent) = document.builds_on() {
            let case = group
                .id_row(parent)?
                .and_then(|row| row.position)
                .map(|row| row.position())
                .transpose()?
                .and_then(|position| position.case);
            if let Some(case) = case {
                return Ok(Some(case.code));
            }
        }
        if let Some(bill) = document.bill()
            && let Some(code) = group.case_of_bill(visit, bill)?
        {
            return Ok(Some(code));
        }
        let Some(code) = group.newest_case(visit)? else { return Ok(None) };
        let closed = group.case(code)?.is_none_or(|loaded| loaded.case.is_closed());
        Ok(Some(code).filter(|_| !closed))
    }

    fn open_case(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
    ) -> Result<CaseCode, TakeError> {
        let Some(visit) = signed.document().visit() else {
            return Err(Refusal::new(Code::NotDeliverable, "no case").into());
        };
        for attempt in 0..CODE_TRIES_MAX {
            let seed = [&signed.id().as_bytes()[..], &attempt.to_be_bytes()].concat();
            let code = CaseCode::from_seed(Hash32::of(&seed).as_bytes());
            if group.get(rows::CASES, code.as_str().as_bytes())?.is_none() {
                let case = Case::empty(visit.clone(), code);
                group.insert_case(code, LoadedCase { case, numbers: vec![], incomplete: false });
                return Ok(code);
            }
        }
        Err(StoreError::Corrupt("no free case code".to_owned()).into())
    }

    /// Changes the folded case and tells its readers; newcomers get everything from the start.
    fn fold_in(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
        position: Position,
        number: u64,
    ) -> Result<(), TakeError> {
        let Some(CasePlace { code, .. }) = position.case else { return Ok(()) };
        let Some(loaded) = group.case(code)? else { return Ok(()) };
        let before = loaded.case.parties.clone();
        let slot_before = granted(&loaded.case);
        let driver_before = driver_of(&loaded.case);
        loaded.case.apply(signed, position);
        loaded.numbers.push(number);

        let case = &loaded.case;
        let numbers = loaded.numbers.clone();
        let after = case.parties.clone();
        let slot_lost = slot_before.filter(|slot| !keeps(case, slot));
        let driver_after = driver_of(case);
        let gone = matches!(signed.document(), Document::GateOut(_)).then(|| case.clone());
        let credential = match signed.document() {
            Document::DriverBinding(d) => Some((d.driver.id(), signed.issuer().clone())),
            _ => None,
        };

        let credential = match credential {
            Some((driver, Actor::Party(haulier))) => group
                .authorities
                .drivers
                .of_haulier(driver, &haulier, group.now)
                .map(|enrolment| enrolment.credential),
            _ => None,
        };
        let credential = match credential {
            Some(id) => group.id_row(id)?.map(|row| row.number),
            None => None,
        };
        for party in &after {
            let reader = Actor::Party(party.clone());
            if reader == self.me {
                continue;
            }
            // A reader verifies the driver's signature later: the credential travels first.
            if let Some(number) = credential {
                group.send(&reader, number);
            }
            if !before.contains(party) {
                self.send_backlog(group, &reader, &numbers)?;
            } else if reader != *signed.issuer() {
                group.send(&reader, number);
            }
        }
        let drivers = [driver_before, driver_after];
        let mut told = None;
        for driver in drivers.into_iter().flatten() {
            if told.as_ref() != Some(&driver)
                && driver != *signed.issuer()
                && concerns_driver(signed.document().kind())
            {
                group.send(&driver, number);
            }
            told = Some(driver);
        }
        if let Some(slot) = slot_lost {
            give_back(group, &slot)?;
        }
        if let Some(case) = gone {
            codeco::queue(group, self, &case, signed)?;
        }
        Ok(())
    }

    /// Everything of a case so far for a party that joins it, credentials before the driver's words.
    fn send_backlog(
        &self,
        group: &mut Group<'_>,
        reader: &Actor,
        numbers: &[u64],
    ) -> Result<(), TakeError> {
        for number in numbers {
            let stored = group.document(*number)?.signed;
            if let Document::DriverBinding(d) = stored.document()
                && let Actor::Party(haulier) = stored.issuer()
                && let Some(enrolment) =
                    group.authorities.drivers.of_haulier(d.driver.id(), haulier, group.now)
                && let Some(row) = group.id_row(enrolment.credential)?
            {
                group.send(reader, row.number);
            }
            if stored.issuer() != reader || *reader == self.me {
                group.send(reader, *number);
            }
        }
        Ok(())
    }

    /// What this terminal owes a case right now, as a document to sign.
    fn owed(&self, group: &mut Group<'_>, code: CaseCode) -> Result<Option<Document>, TakeError> {
        let (now, policy) = (group.now, self.policy());
        let Some(loaded) = group.case(code)? else { return Ok(None) };
        let visit = loaded.case.visit.clone();
        match loaded.case.due(now, policy) {
            None => Ok(None),
            Some(Due::Pass(pass)) => Ok(Some(pass.into())),
            Some(Due::SlotAnswer { request, window }) => {
                let (answer, window) = self.grant(group, window)?;
                Ok(Some(Slot { visit, builds_on: request, answer, window, reason: None }.into()))
            }
        }
    }

    /// The first window with room, from the one asked for on.
    fn grant(
        &self,
        group: &mut Group<'_>,
        asked: Window,
    ) -> Result<(SlotAnswer, Option<Window>), TakeError> {
        let settings = &self.config.terminal;
        let length = u64::from(settings.slot_minutes) * 60_000;
        let first = asked.from.as_millis().max(group.now.as_millis()) / length;
        for moves in 0..=u64::from(settings.slot_moves_max) {
            let begin = first.saturating_add(moves).saturating_mul(length);
            let key = begin.to_be_bytes();
            let taken = match group.get(rows::SLOTS, &key)? {
                Some(row) => rows::number(&row)?,
                None => 0,
            };
            if taken < u64::from(settings.slot_trucks_max) {
                group.put(rows::SLOTS, key, taken.saturating_add(1).to_be_bytes().to_vec());
                let from = UnixMillis::from_millis(begin);
                let until = UnixMillis::from_millis(begin.saturating_add(length));
                let granted = from <= asked.until && until >= asked.from;
                let answer = if granted { SlotAnswer::Granted } else { SlotAnswer::Moved };
                return Ok((answer, Some(Window { from, until })));
            }
        }
        Ok((SlotAnswer::Refused, None))
    }

    /// Takes one delivered document in and says what became of it.
    pub(crate) fn take(
        &self,
        group: &mut Group<'_>,
        peer: &Actor,
        opened: Opened,
        registered: Option<&Registration>,
    ) -> Result<Entry, StoreError> {
        let (document, result) = match opened.retried(group, registered) {
            Err((id, refusal)) => {
                if let Some(position) = self.known(group, peer, id, refusal.code)? {
                    return Ok(entry(id, Outcome::Duplicate, Some(position)));
                }
                (id, Err(TakeError::Refused(refusal)))
            }
            Ok(signed) => {
                if let Some(row) = group.id_row(signed.id())?.filter(|row| row.position.is_some()) {
                    let position = row.position.map(|p| p.position()).transpose()?;
                    return Ok(entry(signed.id(), Outcome::Duplicate, position));
                }
                let taken = match registered {
                    None => self.take_for_registration(group, peer, &signed),
                    Some(registration) => self.take_registered(group, &signed, registration),
                };
                (signed.id(), taken)
            }
        };
        match result {
            Ok(position) => Ok(entry(document, Outcome::Accepted, position)),
            Err(TakeError::Refused(refusal)) => {
                let refused = Some(Refused::from(&refusal));
                Ok(Entry { document, outcome: Outcome::Refused, position: None, refused })
            }
            Err(TakeError::Store(error)) => Err(error),
        }
    }

    /// Where a document of the peer's own stands that was registered before its key went: the answer
    /// to it may have been lost, and a changed key does not undo what it signed.
    fn known(
        &self,
        group: &Group<'_>,
        peer: &Actor,
        id: DocId,
        code: Code,
    ) -> Result<Option<Position>, StoreError> {
        if !matches!(code, Code::KeyUnknown | Code::KeyNotInForce) {
            return Ok(None);
        }
        let Some(row) = group.id_row(id)? else { return Ok(None) };
        if group.document(row.number)?.signed.issuer() != peer {
            return Ok(None);
        }
        row.position.map(|position| position.position()).transpose()
    }

    fn take_for_registration(
        &self,
        group: &mut Group<'_>,
        peer: &Actor,
        signed: &Signed<Document>,
    ) -> Result<Option<Position>, TakeError> {
        if signed.issuer() != peer {
            let detail = format!("signed by {}, delivered by {peer}", signed.issuer());
            return Err(Refusal::new(Code::NotYourDocument, detail).into());
        }
        if !signed.document().kind().is_registered() {
            let kind = signed.document().kind().as_str();
            return Err(Refusal::new(Code::NotDeliverable, kind).into());
        }
        self.register(group, signed).map(Some)
    }

    /// Keeps a document that the terminal of its case registered.
    fn take_registered(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
        registration: &Registration,
    ) -> Result<Option<Position>, TakeError> {
        let position = registration.position(signed)?;
        self.place_is_free(group, signed, position)?;
        let number = match group.id_row(signed.id())? {
            Some(row) => {
                group.index(signed.id(), row.number, Some(position))?;
                row.number
            }
            None => group.keep(signed, Some(position))?,
        };
        self.joined(group, signed, position, number)?;
        Ok(None)
    }

    /// Case codes are each terminal's own: no terminal may write into another's case, nor into this
    /// node's, nor put a second document in a place it gave away.
    pub(crate) fn place_is_free(
        &self,
        group: &Group<'_>,
        signed: &Signed<Document>,
        position: Position,
    ) -> Result<(), TakeError> {
        let (Some(visit), Some(CasePlace { code, place })) =
            (signed.document().visit(), position.case)
        else {
            return Ok(());
        };
        let taken = |what: &str| Err(Refusal::new(Code::RegistrationUnproven, what).into());
        if self.party() == Some(&visit.terminal) {
            return taken("this node registers its own cases");
        }
        if let Some(row) = group.get(rows::CASES, code.as_str().as_bytes())?
            && rows::from_row::<rows::CaseRow>(&row)?.visit()? != *visit
        {
            return taken("the case code belongs to another case");
        }
        let own = group.id_row(signed.id())?.map(|row| row.number);
        if let Some(row) = group.get(rows::PLACES, &rows::place_key(code, place))?
            && Some(rows::from_row::<rows::PlaceRow>(&row)?.number) != own
        {
            return taken("another document has that place in the case");
        }
        Ok(())
    }

    /// A document found its place in a case of another terminal.
    pub(crate) fn joined(
        &self,
        group: &mut Group<'_>,
        signed: &Signed<Document>,
        position: Position,
        number: u64,
    ) -> Result<(), StoreError> {
        if signed.document().kind() == Kind::DriverCredential {
            group.enrol(signed, number);
        }
        if let Some(CasePlace { code, .. }) = position.case {
            group.index_case(code, signed.document())?;
            group.forget_case(code);
        }
        group.events.push(taken(signed, position.case.map(|case| case.code)));
        Ok(())
    }
}

/// A delivered document after verification: good, or what it claims to be and why it is refused.
pub(crate) enum Opened {
    /// It may be judged.
    Good(Box<Signed<Document>>),
    /// Its signer was not known when it was verified; it may be by now.
    SignerUnknown(Vec<u8>),
    /// It is refused.
    Bad(DocId, Refusal),
}

impl Opened {
    /// Verifies one document.
    pub(crate) fn verify(
        bytes: Vec<u8>,
        authorities: &landside_proto::directory::Authorities,
        now: UnixMillis,
    ) -> Self {
        match envelope::open(bytes.as_slice(), authorities, now) {
            Ok(signed) => Self::Good(Box::new(signed)),
            Err(refusal) if matches!(refusal.code, Code::KeyUnknown | Code::KeyNotInForce) => {
                Self::SignerUnknown(bytes)
            }
            Err(refusal) => Self::Bad(envelope::claimed_id(&bytes), refusal),
        }
    }

    /// With the authorities of the group: a credential earlier in the batch counts, and so does a
    /// key that was withdrawn between verification and commit. What a terminal registered is judged
    /// by the key in force when it did.
    fn retried(
        self,
        group: &Group<'_>,
        registered: Option<&Registration>,
    ) -> Result<Signed<Document>, (DocId, Refusal)> {
        let then = |id| registered.and_then(|r| r.registered_at(id)).unwrap_or(group.now);
        match self {
            Self::Good(signed) => {
                let at = then(signed.id());
                let known = group.authorities.signer(signed.issuer(), signed.key_id(), at);
                match known {
                    Ok(_) => Ok(*signed),
                    Err(code) => {
                        let detail = format!("issuer {}", signed.issuer());
                        Err((signed.id(), Refusal::new(code, detail)))
                    }
                }
            }
            Self::SignerUnknown(bytes) => {
                let id = envelope::claimed_id(&bytes);
                envelope::open(bytes.as_slice(), &group.authorities, then(id))
                    .map_err(|refusal| (id, refusal))
            }
            Self::Bad(id, refusal) => Err((id, refusal)),
        }
    }
}

/// A terminal's proof of where documents stand in its log.
pub(crate) struct Registration {
    /// The terminal that signed it.
    pub(crate) terminal: PartyId,
    /// Its entries.
    pub(crate) entries: Vec<Entry>,
}

impl Registration {
    /// Reads a verified receipt: it must be a terminal's, for this node.
    pub(crate) fn read(receipt: &Signed<Document>, me: &Actor) -> Result<Self, Refusal> {
        let unproven = |what: &str| Refusal::new(Code::RegistrationUnproven, what);
        let (Document::Receipt(Receipt { to, entries }), Actor::Party(terminal)) =
            (receipt.document(), receipt.issuer())
        else {
            return Err(unproven("no receipt of a terminal"));
        };
        if to != me {
            return Err(unproven("the receipt is for another node"));
        }
        Ok(Self { terminal: terminal.clone(), entries: entries.clone() })
    }

    /// When a document was registered, as this receipt says.
    fn registered_at(&self, id: DocId) -> Option<UnixMillis> {
        let entry = self.entries.iter().find(|entry| entry.document == id)?;
        entry.position.map(|position| position.at)
    }

    fn position(&self, signed: &Signed<Document>) -> Result<Position, Refusal> {
        let unproven = |what: &str| Refusal::new(Code::RegistrationUnproven, what);
        if signed.document().visit().is_some_and(|visit| visit.terminal != self.terminal) {
            return Err(unproven("registered by another terminal than the document names"));
        }
        let position = self
            .entries
            .iter()
            .find(|entry| entry.document == signed.id() && entry.outcome != Outcome::Refused)
            .and_then(|entry| entry.position)
            .ok_or_else(|| unproven("the receipt does not name the document"))?;
        if position.case.is_some() != signed.document().visit().is_some() {
            return Err(unproven("place in a case does not fit the kind"));
        }
        Ok(position)
    }
}

fn entry(document: DocId, outcome: Outcome, position: Option<Position>) -> Entry {
    Entry { document, outcome, position, refused: None }
}

fn taken(signed: &Signed<Document>, case: Option<CaseCode>) -> Event {
    Event::Taken {
        document: signed.id(),
        kind: signed.document().kind(),
        issuer: signed.issuer().clone(),
        case,
    }
}

/// The slot to be had now.
fn granted(case: &Case) -> Option<Granted> {
    match &case.slot {
        SlotState::Granted(granted) => Some(granted.clone()),
        _ => None,
    }
}

/// Whether a slot is still this case's: to be had, kept for a holder's return, or used.
fn keeps(case: &Case, slot: &Granted) -> bool {
    granted(case).as_ref() == Some(slot)
        || case.kept_slots.values().any(|kept| kept == slot)
        || case.is_closed()
}

/// Another truck may have the place.
fn give_back(group: &mut Group<'_>, slot: &Granted) -> Result<(), StoreError> {
    let key = slot.window.from.as_millis().to_be_bytes();
    if let Some(row) = group.get(rows::SLOTS, &key)? {
        let taken = rows::number(&row)?.saturating_sub(1);
        group.put(rows::SLOTS, key, taken.to_be_bytes().to_vec());
    }
    Ok(())
}

fn driver_of(case: &Case) -> Option<Actor> {
    case.binding.as_ref().map(|binding| Actor::Driver(binding.driver.id()))
}

/// What a driver's device needs: the job, the pass, what ends them, and what happens at the gate.
fn concerns_driver(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::DriverBinding
            | Kind::Slot
            | Kind::PickupPass
            | Kind::PassRight
            | Kind::ReturnRight
            | Kind::RevokeRight
            | Kind::ReleaseChange
            | Kind::GateDecision
            | Kind::InterchangeReceipt
            | Kind::GateOut
    )
}
