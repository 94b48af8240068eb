//! What partners are told, in the same commit as the document that is the cause: queued as a file, which
//! is written to `out/` once that is durable.

use landside_edifact::codeco::{GateMove, Outgoing, gate_out};
use landside_edifact::copino::{self, Purpose, TruckNotice};
use landside_edifact::coreor::{self, Direction, Load, NoticeAction, ReleaseNotice, Vessel};
use landside_edifact::iftsta::{self, StatusEvent, StatusNotice, StatusReport};
use landside_edifact::outgoing::{Equipment, PartyName};
use landside_edifact::syntax::{Address, WriteError};
use landside_proto::case::{Case, Release, ReleaseState, SlotState};
use landside_proto::document::{
    CustomsState, Document, Light, Position, ReleaseAction, ReleaseOrder, Window,
};
use landside_proto::envelope::Signed;
use landside_proto::ids::{
    BillNo, CaseCode, DocId, PartyId, Plate, Reference, SizeType, UnLocode, UnixMillis,
};

use super::{Channel, Told, reference};
use crate::codeco;
use crate::group::Group;
use crate::ledger::Read as _;
use crate::registrar::Registrar;
use crate::rows::{self, OutFileRow};
use crate::store::{StoreError, VALUE_MAX};

/// Queues what the channels are told of the documents that found their places in this group.
pub(crate) fn tell(group: &mut Group<'_>, registrar: &Registrar) -> Result<(), StoreError> {
    if registrar.channels.iter().all(|channel| channel.config.write.is_empty()) {
        return Ok(());
    }
    let Some(port) = registrar.config.edifact.port else { return Ok(()) };
    for code in group.placed.clone() {
        tell_of_case(group, registrar, port, code)?;
    }
    Ok(())
}

/// Folds a case document by document and tells what each new one changed.
fn tell_of_case(
    group: &mut Group<'_>,
    registrar: &Registrar,
    port: UnLocode,
    code: CaseCode,
) -> Result<(), StoreError> {
    let added = group.places_added(code)?;
    if added.is_empty() {
        return Ok(());
    }
    let mut folded = None;
    for (place, (number, position)) in group.numbers_of_case(code)? {
        let signed = group.document(number)?.signed;
        let Some(visit) = signed.document().visit() else { continue };
        let case = folded.get_or_insert_with(|| Case::empty(visit.clone(), code));
        let before = added.contains(&place).then(|| Standing::of(case, position.at));
        case.apply(&signed, position);
        let Some(before) = before else { continue };
        let gate_move = codeco::gate_move(group, registrar, port, case, &signed)?;
        let news = News { registrar, port, case, signed: &signed, position, before, gate_move };
        for channel in &registrar.channels {
            if channel.is_told_of(case) {
                for (kind, written) in news.of(channel, group) {
                    queue(group, channel, &news, (kind, written))?;
                }
            }
        }
    }
    Ok(())
}

impl Channel {
    fn is_told_of(&self, case: &Case) -> bool {
        let Some(partner) = &self.config.partner else { return true };
        &case.visit.terminal == partner || case.parties.contains(partner)
    }
}

/// A message, or why it cannot be written.
type Written = (&'static str, Result<Vec<u8>, WriteError>);

fn queue(
    group: &mut Group<'_>,
    channel: &Channel,
    news: &News<'_>,
    (kind, written): Written,
) -> Result<(), StoreError> {
    let (name, container) = (&channel.config.name, news.case.visit.container);
    match written {
        Ok(bytes) if bytes.len() < VALUE_MAX / 2 => {
            let control_ref = news.control_ref(channel, kind);
            let name = format!("{name}/{kind}-{container}-{control_ref}.edi");
            let at = group.counters.out_file;
            group.counters.out_file = at.saturating_add(1);
            group.put(
                rows::OUT_FILES,
                at.to_be_bytes(),
                rows::to_row(&OutFileRow { name, bytes })?,
            );
        }
        // A partner that cannot be told stops no truck.
        Ok(_) => tracing::error!(channel = %name, kind, %container, "too long to queue"),
        Err(error) => {
            tracing::error!(channel = %name, kind, %container, %error, "cannot be written");
        }
    }
    Ok(())
}

/// Where a case stands, as far as partners are told of a change.
struct Standing {
    released: bool,
    discharged: bool,
    customs: bool,
    held: bool,
    ready: bool,
    trip: Option<Trip>,
}

/// A truck and its slot.
#[derive(PartialEq)]
struct Trip {
    binding: DocId,
    slot: DocId,
    holder: PartyId,
    plate: Plate,
    window: Window,
}

impl Standing {
    fn of(case: &Case, now: UnixMillis) -> Self {
        let standing: Vec<_> = case.releases.values().filter(|r| r.stands()).collect();
        let blocked = standing.iter().any(|r| r.state == ReleaseState::Blocked);
        let released = !standing.is_empty() && !blocked;
        let stopped = case.customs.values().any(|fact| fact.status != CustomsState::Released);
        Self {
            released,
            discharged: case.arrival.as_ref().is_some_and(|(_, a)| a.discharged_at.is_some()),
            customs: !case.customs.is_empty() && case.is_green(Light::Customs, now),
            held: !case.holds.is_empty() || stopped,
            ready: released && case.knows_lights() && case.red(now).is_empty(),
            trip: Self::trip(case),
        }
    }

    fn trip(case: &Case) -> Option<Trip> {
        let binding = case.binding.as_ref()?;
        let SlotState::Granted(slot) = &case.slot else { return None };
        Some(Trip {
            binding: binding.document,
            slot: slot.document,
            holder: case.holder()?.holder.clone(),
            plate: binding.plate.clone(),
            window: slot.window,
        })
    }
}

/// One document that found its place, and what it changed.
struct News<'n> {
    registrar: &'n Registrar,
    port: UnLocode,
    case: &'n Case,
    signed: &'n Signed<Document>,
    position: Position,
    before: Standing,
    gate_move: Option<GateMove>,
}

impl News<'_> {
    /// What a channel is told.
    fn of(&self, channel: &Channel, group: &Group<'_>) -> Vec<Written> {
        let (now, profile) = (group.now, &channel.profile);
        let wants = |told| channel.config.write.contains(&told);
        let mut written = Vec::new();
        if wants(Told::Coreor)
            && let Some(notice) = self.release(channel, group)
        {
            let outgoing = self.outgoing(channel, "coreor");
            written.push(("coreor", coreor::write(&notice, &outgoing, profile, now)));
        }
        if wants(Told::Copino)
            && let Some(notice) = self.truck(channel)
        {
            let outgoing = self.outgoing(channel, "copino");
            written.push(("copino", copino::write(&notice, &outgoing, profile, now)));
        }
        if wants(Told::Iftsta)
            && let Some(notice) = self.status(channel)
        {
            let outgoing = self.outgoing(channel, "iftsta");
            written.push(("iftsta", iftsta::write(&notice, &outgoing, profile, now)));
        }
        if wants(Told::Codeco)
            && let Some(gate_move) = &self.gate_move
        {
            let outgoing = self.outgoing(channel, "codeco");
            written.push(("codeco", gate_out(gate_move, &outgoing, profile, now)));
        }
        written
    }

    fn control_ref(&self, channel: &Channel, kind: &str) -> String {
        let name = channel.config.name.as_bytes();
        reference(&[kind.as_bytes(), name, self.signed.id().as_bytes()])
    }

    fn outgoing(&self, channel: &Channel, kind: &str) -> Outgoing {
        let address = |id: String| Address { id, ..Address::default() };
        let registrar = self.registrar;
        let me = registrar.party().map(|me| registrar.edifact_code(me)).unwrap_or_default();
        Outgoing {
            sender: address(me),
            recipient: address(channel.address()),
            control_ref: self.control_ref(channel, kind),
            test: false,
        }
    }

    fn number(&self, channel: &Channel, kind: &str) -> Option<Reference> {
        Reference::parse(&self.control_ref(channel, kind)).ok()
    }

    fn terminal(&self) -> String {
        self.registrar.edifact_code(&self.case.visit.terminal)
    }

    fn unit(&self, size_type: Option<SizeType>) -> Vec<Equipment> {
        vec![Equipment {
            container: self.case.visit.container,
            size_type,
            direction: Some(Direction::Import),
            load: Some(Load::Full),
            seals: Vec::new(),
            weight_kg: None,
        }]
    }

    /// COREOR: an order, or what changes one. A system that knows no block must not hand out what is
    /// blocked: it is told that the container is out of the order.
    fn release(&self, channel: &Channel, group: &Group<'_>) -> Option<ReleaseNotice> {
        let (bill, action, order) = match self.signed.document() {
            Document::ReleaseOrder(order) => (&order.bill, NoticeAction::Original, Some(order)),
            Document::ReleaseChange(change) => {
                let action = match change.action {
                    ReleaseAction::Replace => NoticeAction::Replace,
                    ReleaseAction::Unblock => NoticeAction::Original,
                    ReleaseAction::Cancel => NoticeAction::Cancellation,
                    ReleaseAction::Block | ReleaseAction::Revoke => NoticeAction::Deletion,
                };
                (&change.bill, action, None)
            }
            _ => return None,
        };
        let release = self.case.releases.get(bill)?;
        Some(ReleaseNotice {
            document_number: self.number(channel, "coreor")?,
            ..self.notice(bill, release, (action, order), group)?
        })
    }

    fn notice(
        &self,
        bill: &BillNo,
        release: &Release,
        (action, order): (NoticeAction, Option<&ReleaseOrder>),
        group: &Group<'_>,
    ) -> Option<ReleaseNotice> {
        let terms = &release.terms;
        let ship = order.and_then(|order| order.vessel.as_ref());
        let vessel = Vessel {
            name: ship.and_then(|ship| ship.name.as_ref()).map(ToString::to_string),
            imo: ship.and_then(|ship| ship.imo),
            call_sign: None,
        };
        let voyage = ship.and_then(|ship| ship.voyage.as_ref()).map(ToString::to_string);
        let back = terms.empty_return.as_ref();
        Some(ReleaseNotice {
            action,
            document_number: Reference::parse("1").ok()?,
            number: terms.reference.clone(),
            bills: vec![bill.clone()],
            vessel,
            voyage: voyage.unwrap_or_default(),
            line: self.registrar.edifact_code(&release.line),
            terminal: self.terminal(),
            port: self.port,
            release_to: Some(party(&terms.release_to, self.registrar, group)),
            valid_from: terms.valid_from,
            valid_until: Some(terms.valid_until),
            empty_return: back.map(|back| back.depot.to_string()),
            empty_return_reference: back.and_then(|back| back.reference.clone()),
            containers: self.unit(release.size_type),
        })
    }

    /// COPINO: a truck with its slot, another truck or time, or no truck any more.
    fn truck(&self, channel: &Channel) -> Option<TruckNotice> {
        let after = Standing::trip(self.case);
        let (action, trip) = match (&self.before.trip, &after) {
            (before, after) if before == after => return None,
            (None, Some(after)) => (NoticeAction::Original, after),
            (Some(_), Some(after)) => (NoticeAction::Replace, after),
            // Gone through the gate, or lost on the way.
            (Some(_), None) if self.case.is_closed() => return None,
            (Some(before), None) => (NoticeAction::Cancellation, before),
            (None, None) => return None,
        };
        let release = self.case.releases.values().find(|release| release.stands());
        Some(TruckNotice {
            action,
            document_number: self.number(channel, "copino")?,
            purpose: Purpose::PickUp,
            number: release.and_then(|release| release.terms.reference.clone()),
            booking: None,
            bills: self.case.releases.keys().cloned().collect(),
            haulier: PartyName {
                code: self.registrar.edifact_code(&trip.holder),
                name: String::new(),
            },
            plate: trip.plate.clone(),
            driver: None,
            terminal: self.terminal(),
            port: self.port,
            window: (trip.window.from, trip.window.until),
            containers: self.unit(release.and_then(|release| release.size_type)),
        })
    }

    /// IFTSTA: what changed on the way to the gate.
    fn status(&self, channel: &Channel) -> Option<StatusNotice> {
        let after = Standing::of(self.case, self.position.at);
        let before = &self.before;
        let gone = matches!(self.signed.document(), Document::GateOut(_));
        let changes = [
            (!before.released && after.released, StatusEvent::Released),
            (before.released && !after.released && !gone, StatusEvent::Revoked),
            (!before.discharged && after.discharged, StatusEvent::Discharged),
            (!before.customs && after.customs, StatusEvent::CustomsReleased),
            (!before.held && after.held, StatusEvent::Held),
            (!before.ready && after.ready && !gone, StatusEvent::Ready),
            (gone, StatusEvent::GateOut),
        ];
        let (bill, release) = self.case.releases.iter().next().unzip();
        let reports: Vec<_> = changes
            .into_iter()
            .filter(|(happened, _)| *happened)
            .map(|(_, event)| StatusReport {
                container: self.case.visit.container,
                size_type: release.and_then(|release| release.size_type),
                event,
                at: self.position.at,
                bill: bill.cloned(),
                number: release.and_then(|release| release.terms.reference.clone()),
                terminal: self.terminal(),
                port: self.port,
            })
            .collect();
        let document_number = self.number(channel, "iftsta")?;
        (!reports.is_empty()).then_some(StatusNotice { document_number, reports })
    }
}

/// A party by its code, and by its name where every syntax has the characters.
fn party(id: &PartyId, registrar: &Registrar, group: &Group<'_>) -> PartyName {
    let name = group.authorities.directory.party(id).map(|entry| entry.name.to_string());
    let plain = |c: char| c.is_ascii_alphanumeric() || " .,-()/=".contains(c);
    let name = name.filter(|name| name.chars().all(plain)).unwrap_or_default();
    PartyName { code: registrar.edifact_code(id), name }
}
