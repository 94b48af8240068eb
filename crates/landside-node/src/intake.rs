//! Intake: what becomes of a delivered document, handed in for registration or registered elsewhere.

use landside_proto::directory::{Actor, Authorities, Keyring};
use landside_proto::document::{
    CasePlace, Document, Entry, Kind, Outcome, Position, Receipt, Refused,
};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::{DocId, PartyId, UnixMillis};
use landside_proto::refusal::{Code, Refusal};
use landside_proto::sealed::Disclosure;
use landside_proto::sealed::grant::Reader;
use tracing::warn;

use crate::group::Group;
use crate::ledger::Read as _;
use crate::registrar::{Registrar, TakeError, taken};
use crate::rows::{self, AnswerRow};
use crate::store::StoreError;

impl Registrar {
    /// Takes one delivered document in and says what became of it.
    pub(crate) fn take(
        &self,
        group: &mut Group<'_>,
        peer: &Actor,
        delivered: Delivered,
        registered: Option<&Registration>,
    ) -> Result<Entry, StoreError> {
        let Delivered { opened, disclosures } = delivered;
        let (document, result) = match opened.retried(group, self.party(), registered) {
            Err((id, refusal)) => {
                if let Some(position) = self.known(group, peer, id, refusal.code)? {
                    return Ok(entry(id, Outcome::Duplicate, Some(position)));
                }
                (id, Err(TakeError::Refused(refusal)))
            }
            Ok(signed) if signed.document().kind() == Kind::KeyRotation => {
                return self.take_rotation(group, peer, &signed, registered);
            }
            Ok(signed) => {
                if let Some(row) = group.id_row(signed.id())?.filter(|row| row.position.is_some()) {
                    let position = row.position.map(|p| p.position()).transpose()?;
                    // A reader that is granted more later gets the document again with it.
                    if registered.is_some()
                        && let Err(refusal) =
                            self.keep_granted(group, peer, &signed, row.number, &disclosures)
                    {
                        return Ok(refused_entry(signed.id(), &refusal));
                    }
                    return Ok(entry(signed.id(), Outcome::Duplicate, position));
                }
                let taken = match registered {
                    None => self.take_for_registration(group, peer, &signed, &disclosures),
                    Some(registration) => {
                        self.take_registered(group, peer, &signed, registration, &disclosures)
                    }
                };
                (signed.id(), taken)
            }
        };
        match result {
            Ok(position) => Ok(entry(document, Outcome::Accepted, position)),
            Err(TakeError::Refused(refusal)) => Ok(refused_entry(document, &refusal)),
            Err(TakeError::Store(error)) => Err(error),
        }
    }

    /// Verifies the disclosures that came with a registered document and keeps them. What this node
    /// may never see is not kept, and said: the document is good, and its sender gave away too much.
    fn keep_granted(
        &self,
        group: &mut Group<'_>,
        peer: &Actor,
        signed: &Signed<Document>,
        number: u64,
        disclosures: &[Vec<u8>],
    ) -> Result<(), Refusal> {
        let disclosures = Disclosure::open_each(disclosures, signed)?;
        if disclosures.is_empty() {
            return Ok(());
        }
        let reader = Reader { actor: &self.me, roles: group.authorities.roles(&self.me) };
        if reader.may_ever_see() {
            group.disclose(number, &disclosures);
        } else {
            let fields: Vec<_> = disclosures.iter().map(|d| d.field().as_str()).collect();
            let document = signed.id();
            warn!(%peer, %document, ?fields, "disclosed what this node may not see; not kept");
        }
        Ok(())
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
        disclosures: &[Vec<u8>],
    ) -> Result<Option<Position>, TakeError> {
        if signed.issuer() != peer && !vouches(group, peer, signed) {
            let detail = format!("signed by {}, delivered by {peer}", signed.issuer());
            return Err(Refusal::new(Code::NotYourDocument, detail).into());
        }
        if !signed.document().kind().is_registered() {
            let kind = signed.document().kind().as_str();
            return Err(Refusal::new(Code::NotDeliverable, kind).into());
        }
        let disclosures = Disclosure::open_every(disclosures, signed)?;
        self.register(group, signed, &disclosures).map(Some)
    }

    /// Keeps a document that the terminal of its case registered.
    fn take_registered(
        &self,
        group: &mut Group<'_>,
        peer: &Actor,
        signed: &Signed<Document>,
        registration: &Registration,
        disclosures: &[Vec<u8>],
    ) -> Result<Option<Position>, TakeError> {
        let position = registration.position(signed)?;
        self.place_is_free(group, signed, position)?;
        Disclosure::open_each(disclosures, signed)?;
        let number = match group.id_row(signed.id())? {
            Some(row) => {
                group.index(signed.id(), row.number, Some(position))?;
                row.number
            }
            None => group.keep(signed, Some(position))?,
        };
        keep_receipt(group, signed.id(), registration)?;
        self.keep_granted(group, peer, signed, number, disclosures)?;
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

/// Whether a document is of a driver whom the peer, a haulier, vouches for at this moment.
fn vouches(group: &Group<'_>, peer: &Actor, signed: &Signed<Document>) -> bool {
    let (Actor::Party(haulier), driver @ Actor::Driver(_)) = (peer, signed.issuer()) else {
        return false;
    };
    let listed = group.authorities.signer(driver, signed.key_id(), group.now);
    listed.is_ok_and(|listed| group.authorities.vouches(haulier, &listed.key, group.now))
}

/// A document of a batch, verified, with the disclosures that came beside it, not verified yet.
pub(crate) struct Delivered {
    /// The document.
    pub(crate) opened: Opened,
    /// At most [`landside_proto::session::frame::BATCH_DISCLOSURES_MAX`] in a batch.
    pub(crate) disclosures: Vec<Vec<u8>>,
}

impl Delivered {
    /// The kind, of a document that was verified.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match &self.opened {
            Opened::Good(signed) => Some(signed.document().kind()),
            Opened::SignerUnknown(_) | Opened::Bad(..) => None,
        }
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
    pub(crate) fn verify(bytes: Vec<u8>, authorities: &Authorities, now: UnixMillis) -> Self {
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
        me: Option<&PartyId>,
        registered: Option<&Registration>,
    ) -> Result<Signed<Document>, (DocId, Refusal)> {
        let then = |id| registered.and_then(|r| r.registered_at(id)).unwrap_or(group.now);
        // Rotations count as the log has them in which the document stands, or will.
        let registrar = registered.map(|registration| &registration.terminal).or(me);
        let by_registrar = registrar.map(|terminal| group.authorities.registered_by(terminal));
        let ring: &dyn Keyring = match &by_registrar {
            Some(ring) => ring,
            None => &group.authorities,
        };
        match self {
            Self::Good(signed) => {
                let at = then(signed.id());
                let known = ring.signer(signed.issuer(), signed.key_id(), at);
                match known {
                    Ok(listed) if listed.agent == signed.document().agent() => Ok(*signed),
                    Ok(_) => {
                        let detail = format!("issuer {}, by another edition", signed.issuer());
                        Err((signed.id(), Refusal::new(Code::AgentMark, detail)))
                    }
                    Err(code) => {
                        let detail = format!("issuer {}", signed.issuer());
                        Err((signed.id(), Refusal::new(code, detail)))
                    }
                }
            }
            Self::SignerUnknown(bytes) => {
                let id = envelope::claimed_id(&bytes);
                envelope::open(bytes.as_slice(), ring, then(id)).map_err(|refusal| (id, refusal))
            }
            Self::Bad(id, refusal) => Err((id, refusal)),
        }
    }
}

/// Keeps the terminal's word on a position, once for a batch: a reader can show it to anybody though
/// the terminal has gone.
pub(crate) fn keep_receipt(
    group: &mut Group<'_>,
    id: DocId,
    registration: &Registration,
) -> Result<(), StoreError> {
    let at = registration.entries.iter().position(|entry| entry.document == id);
    let Some(entry) = at.and_then(|at| u32::try_from(at).ok()) else { return Ok(()) };
    if group.get(rows::ANSWERS, &rows::id_key(id))?.is_some() {
        return Ok(());
    }
    let receipt = match group.id_row(registration.receipt.id())? {
        Some(row) => row.number,
        None => group.keep(&registration.receipt, None)?,
    };
    group.put(rows::ANSWERS, rows::id_key(id), rows::to_row(&AnswerRow { receipt, entry })?);
    Ok(())
}

/// A terminal's proof of where documents stand in its log.
pub(crate) struct Registration {
    /// The terminal that signed it.
    pub(crate) terminal: PartyId,
    /// Its entries.
    pub(crate) entries: Vec<Entry>,
    /// The receipt itself: what proves the positions when the terminal is gone.
    pub(crate) receipt: Signed<Document>,
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
        let (terminal, entries) = (terminal.clone(), entries.clone());
        Ok(Self { terminal, entries, receipt: receipt.clone() })
    }

    /// When a document was registered, as this receipt says.
    fn registered_at(&self, id: DocId) -> Option<UnixMillis> {
        let entry = self.entries.iter().find(|entry| entry.document == id)?;
        entry.position.map(|position| position.at)
    }

    pub(crate) fn position(&self, signed: &Signed<Document>) -> Result<Position, Refusal> {
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

pub(crate) fn refused_entry(document: DocId, refusal: &Refusal) -> Entry {
    let refused = Some(Refused::from(refusal));
    Entry { document, outcome: Outcome::Refused, position: None, refused }
}

pub(crate) fn entry(document: DocId, outcome: Outcome, position: Option<Position>) -> Entry {
    Entry { document, outcome, position, refused: None }
}
