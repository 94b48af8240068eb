//! What would be signed of each message: the documents a node can sign today.

use std::sync::Arc;

use landside_proto::document::{CustomsState, Kind};
use landside_proto::ids::{BillNo, ContainerNo, UnixMillis};

use super::{Basis, Checker, EQUIPMENT_MAX, Signing, Unsigned};
use crate::answer::{aperak, contrl};
use crate::coarri::{self, ShipAction, ShipMove};
use crate::codeco::{self, GateReport, Way};
use crate::coparn::{self, Booking, BookingOrder};
use crate::copino::{self, Announcement, Purpose};
use crate::coreor::{self, Function, ReleaseInstruction};
use crate::cusres::{self, CustomsAnswer};
use crate::entry::Entry;
use crate::syntax::{Fault, Interchange, Message, Note};

/// Reads a message by its kind and gives what would be signed, one container at a time.
pub(super) fn of_message(
    checker: &mut Checker<'_, '_>,
    interchange: &Interchange<'_>,
    message: &Message<'_>,
) -> Result<Vec<Note>, Fault> {
    let profile = checker.profile;
    let room = &mut { EQUIPMENT_MAX };
    let test = interchange.header.as_ref().is_some_and(|header| header.test);
    let mut sign = Sign { checker, test };
    match message.kind.as_str() {
        "COREOR" => {
            coreor::each(interchange, message, profile, room, &mut |said| sign.release(said))
        }
        "COARRI" => coarri::each(interchange, message, profile, room, &mut |said| sign.ship(said)),
        "CODECO" => codeco::each(interchange, message, profile, room, &mut |said| sign.gate(&said)),
        "COPINO" => copino::each(interchange, message, profile, room, &mut |said| sign.truck(said)),
        "COPARN" => coparn::each(interchange, message, profile, room, &mut |said| sign.book(&said)),
        "CUSRES" => {
            cusres::each(interchange, message, profile, room, &mut |said| sign.customs(said))
        }
        "CONTRL" => {
            sign.syntax_answer(contrl::read(interchange, message));
            Ok(Vec::new())
        }
        "APERAK" => {
            sign.content_answer(&aperak::read(interchange, message));
            Ok(Vec::new())
        }
        _ => {
            sign.checker.skipped(message);
            Ok(Vec::new())
        }
    }
}

/// Gives what would be signed; of a test nothing is.
struct Sign<'c, 'p, 's> {
    checker: &'c mut Checker<'p, 's>,
    test: bool,
}

type Fields = Vec<(&'static str, String)>;

impl Sign<'_, '_, '_> {
    fn notes(&mut self, notes: &[Note], container: Option<ContainerNo>) {
        for note in notes {
            self.checker.finding(note.clone(), container);
        }
    }

    fn sign(
        &mut self,
        (kind, basis): (Kind, Basis),
        container: Option<ContainerNo>,
        fields: Fields,
        needs: Vec<String>,
    ) {
        if self.test {
            let text = "the interchange is marked as a test";
            return self.nothing("test-interchange", container, text);
        }
        self.checker.signing(Signing { kind, container, fields, needs, basis });
    }

    fn unusable(&mut self, code: &'static str, container: Option<ContainerNo>, text: String) {
        self.checker.unsigned(Unsigned { at_fault: true, code, container, text });
    }

    fn nothing(&mut self, code: &'static str, container: Option<ContainerNo>, text: &str) {
        let text = text.to_owned();
        self.checker.unsigned(Unsigned { at_fault: false, code, container, text });
    }

    /// COREOR: a release-order, or a release-change, for each bill of lading.
    fn release(&mut self, said: ReleaseInstruction) {
        let container = said.container.as_ref().ok().copied();
        self.notes(&said.notes, container);
        if let Some(why) = said.obstacle() {
            return self.unusable("not-releasable", container, why);
        }
        let kind = match said.function {
            Function::Original | Function::Addition => Kind::ReleaseOrder,
            Function::Replace | Function::Change | Function::Cancellation | Function::Deletion => {
                Kind::ReleaseChange
            }
            Function::Copy => {
                let text = "the message is a copy, for information";
                return self.nothing("copy", container, text);
            }
            Function::Other(_) => {
                let text = "the message has a function (BGM 1225) nobody knows".to_owned();
                return self.unusable("function-unknown", container, text);
            }
        };
        let mut bills = said.bills.clone();
        if bills.is_empty() {
            let instead = said.number.as_ref().or(said.document_number.as_ref());
            bills.extend(instead.and_then(|number| BillNo::parse(number.as_str()).ok()));
        }
        if bills.is_empty() {
            let text = "no bill of lading, release or document number".to_owned();
            return self.unusable("bill-missing", container, text);
        }
        let said = Arc::new(said);
        for bill in bills {
            let (fields, needs) = release(&said, bill.to_string());
            let basis = Basis::Release { said: Arc::clone(&said), bill };
            self.sign((kind, basis), container, fields, needs);
        }
    }

    /// COARRI: an arrival, of what came off the ship.
    fn ship(&mut self, said: ShipMove) {
        let Some(container) = self.usable(&said.entry, said.obstacle()) else { return };
        if said.action == Some(ShipAction::Load) {
            let text = "it went onto the ship; nothing is signed of that";
            return self.nothing("loaded", Some(container), text);
        }
        let mut fields = terminal_of(&said.entry);
        let mut needs = terminal_need(said.entry.terminal.as_deref());
        match said.moved_at() {
            Some(at) => fields.push(("discharged at", at.to_string())),
            None => needs.push("the time of discharge".to_owned()),
        }
        if !said.entry.damage.is_empty() {
            fields.push(("damage", said.entry.damage.join(", ")));
        }
        needs.push("whether it can be reached, and whether storage is paid".to_owned());
        let basis = Basis::Arrival(Box::new(said));
        self.sign((Kind::Arrival, basis), Some(container), fields, needs);
    }

    /// CODECO: nothing; a gate signs for itself.
    fn gate(&mut self, said: &GateReport) {
        let Some(container) = self.usable(&said.entry, said.obstacle()) else { return };
        let way = if said.way == Some(Way::In) { "came in" } else { "went out" };
        let at = said.entry.moment().map(|at| format!(" at {at}")).unwrap_or_default();
        let text =
            format!("it {way}{at}; a gate signs for itself, so nothing is signed of a report");
        self.nothing("gate-report", Some(container), &text);
    }

    /// COPINO: a driver-binding and a slot-request, for what is to be collected.
    fn truck(&mut self, said: Announcement) {
        let Some(container) = self.usable(&said.entry, said.obstacle()) else { return };
        let (code, text) = match said.purpose {
            Some(Purpose::PickUp) => {
                return self.pick_up(&Arc::new(said), container);
            }
            Some(Purpose::DropOff) => {
                ("drop-off", "the truck brings it; nothing is signed of that")
            }
            None => (
                "purpose-unknown",
                "the message does not say whether the truck collects or brings it",
            ),
        };
        self.nothing(code, Some(container), text);
    }

    fn pick_up(&mut self, said: &Arc<Announcement>, container: ContainerNo) {
        let right = || "the right to collect, held by this haulier".to_owned();
        let road = &said.entry.road;
        match &road.plate {
            Ok(Some(plate)) => {
                let mut fields = terminal_of(&said.entry);
                fields.push(("plate", plate.to_string()));
                let who =
                    road.driver.as_deref().map_or(String::new(), |name| format!(" of {name}"));
                let needs = vec![right(), format!("the device key{who}")];
                let basis = Basis::Binding(Arc::clone(said));
                self.sign((Kind::DriverBinding, basis), Some(container), fields, needs);
            }
            _ => self.nothing("plate-missing", Some(container), "no plate, so no driver is bound"),
        }
        let Some(wish) = said.wish() else {
            let text = "no time of arrival, so no slot is asked for";
            return self.nothing("time-missing", Some(container), text);
        };
        let mut fields = terminal_of(&said.entry);
        let mut needs = vec![right()];
        fields.push(("from", wish.start.to_string()));
        if wish.start == wish.end {
            needs.push("how long the window is; the message names a moment".to_owned());
        } else {
            fields.push(("until", wish.end.to_string()));
        }
        let basis = Basis::Slot(Arc::clone(said));
        self.sign((Kind::SlotRequest, basis), Some(container), fields, needs);
    }

    /// COPARN: nothing yet; what it says is told.
    fn book(&mut self, said: &Booking) {
        let entry = &said.entry;
        let container = entry.container.as_ref().and_then(|c| c.as_ref().ok()).copied();
        self.notes(&entry.notes, container);
        if let Some(why) = said.obstacle() {
            return self.unusable("not-usable", container, why);
        }
        let wanted = match said.order {
            Some(BookingOrder::ReleaseEmpty) => "to be handed out empty",
            Some(BookingOrder::Accept) | None => "to be accepted for export",
        };
        let size = entry.size_type.as_ref().map(|s| format!(" of {s}")).unwrap_or_default();
        let booking = entry.booking.as_ref().map(ToString::to_string).unwrap_or_default();
        let text = format!(
            "{}{size} of booking {booking} {wanted}; nothing is signed of bookings",
            entry.quantity
        );
        self.nothing("booking", container, &text);
    }

    /// CUSRES: a customs-status for each bill and container.
    fn customs(&mut self, said: CustomsAnswer) {
        self.notes(&said.notes, None);
        if let Some(why) = said.obstacle() {
            return self.unusable("not-usable", None, why);
        }
        if said.title.function == Function::Copy {
            return self.nothing("copy", None, "the message is a copy, for information");
        }
        let said = Arc::new(said);
        let containers = said.containers.iter().filter_map(|c| c.as_ref().ok().copied());
        let mut containers: Vec<_> = containers.map(Some).collect();
        if containers.is_empty() {
            containers.push(None);
        }
        let mut bills: Vec<_> = said.bills.iter().cloned().map(Some).collect();
        if bills.is_empty() {
            bills.push(None);
        }
        for bill in bills {
            for container in &containers {
                let needs = match (container, &bill) {
                    (None, _) => vec!["the containers of the bill of lading".to_owned()],
                    (Some(_), None) => vec!["the bill of lading".to_owned()],
                    (Some(_), Some(_)) => Vec::new(),
                };
                let fields = customs(&said, bill.as_ref());
                let basis = Basis::Customs {
                    said: Arc::clone(&said),
                    bill: bill.clone(),
                    container: *container,
                };
                self.sign((Kind::CustomsStatus, basis), *container, fields, needs);
            }
        }
    }

    fn syntax_answer(&mut self, answer: Option<contrl::SyntaxAnswer>) {
        let Some(answer) = answer else {
            let text = "the answer names no interchange (no UCI)".to_owned();
            return self.unusable("not-usable", None, text);
        };
        let error = answer.error.map(|number| {
            let words = contrl::error_words(number).unwrap_or("an error nobody here knows");
            format!(", error {number}: {words}")
        });
        let text = format!(
            "interchange {} of {} was {}{}; an answer is never signed and never answered",
            answer.control_ref,
            answer.sender,
            answer.action.words(),
            error.unwrap_or_default()
        );
        self.nothing("syntax-answer", None, &text);
    }

    fn content_answer(&mut self, reply: &aperak::ContentReply) {
        let about = reply.message_ref.as_ref().or(reply.control_ref.as_ref());
        let about = about.map(ToString::to_string).unwrap_or_default();
        let what = match reply.accepted {
            Some(true) => "accepted",
            Some(false) => "not accepted",
            None => "answered without saying whether it is accepted",
        };
        let text = format!("{about} was {what}; an answer is never signed and never answered");
        self.nothing("content-answer", None, &text);
        for problem in &reply.problems {
            let text = format!("error {}: {}", problem.code, problem.text);
            self.nothing("content-answer", None, &text);
        }
    }

    /// The container of an entry that can be used; says why otherwise.
    fn usable(&mut self, entry: &Entry, obstacle: Option<String>) -> Option<ContainerNo> {
        let container = entry.container.as_ref().and_then(|c| c.as_ref().ok()).copied();
        self.notes(&entry.notes, container);
        if let Some(why) = obstacle {
            self.unusable("not-usable", container, why);
            return None;
        }
        if !entry.title.is_statement() {
            let text =
                "the message takes an earlier one back or repeats it; nothing is signed of that";
            self.nothing("taken-back", container, text);
            return None;
        }
        container
    }
}

fn release(said: &ReleaseInstruction, bill: String) -> (Fields, Vec<String>) {
    let moment = |at: &Result<Option<UnixMillis>, _>| at.as_ref().ok().copied().flatten();
    let mut fields: Fields = vec![("bill of lading", bill)];
    let mut needs = Vec::new();
    match said.function {
        Function::Cancellation | Function::Deletion => fields.push(("action", "cancel".to_owned())),
        Function::Replace | Function::Change => {
            fields.push(("action", "replace".to_owned()));
            needs.push("a release that stands; else it is signed as a release-order".to_owned());
        }
        _ => {}
    }
    if let Some(terminal) = &said.terminal {
        fields.push(("terminal", terminal.clone()));
    }
    needs.extend(terminal_need(said.terminal.as_deref()));
    if matches!(said.function, Function::Cancellation | Function::Deletion) {
        needs.push("a release that stands".to_owned());
        return (fields, needs);
    }
    match &said.release_to {
        None => needs.push("who it is released to: give --release-to".to_owned()),
        Some(party) => {
            let name = party.name.as_deref().unwrap_or("");
            fields.push(("released to", format!("{} {name}", party.code).trim().to_owned()));
        }
    }
    if let Some(from) = moment(&said.valid_from) {
        fields.push(("from", from.to_string()));
    }
    match moment(&said.valid_until) {
        Some(until) => fields.push(("until", until.to_string())),
        None => fields.push(("until", "30 days after it is signed: none is named".to_owned())),
    }
    if let Some(number) = &said.number {
        fields.push(("release number", number.to_string()));
    }
    if let Some(back) = said.empty_return.as_ref().and_then(|back| back.depot.as_ref()) {
        fields.push(("empty goes to", back.clone()));
    }
    (fields, needs)
}

fn customs(said: &CustomsAnswer, bill: Option<&BillNo>) -> Fields {
    let mut fields: Fields = vec![("status", said.state.as_str().to_owned())];
    let codes: Vec<_> = said.statuses.iter().map(|status| status.code.as_str()).collect();
    if !codes.is_empty() {
        fields.push(("national code", codes.join(", ")));
    }
    fields.extend(bill.map(|bill| ("bill of lading", bill.to_string())));
    if let Some(declaration) = &said.declaration {
        fields.push(("declaration", declaration.to_string()));
    }
    if said.state != CustomsState::Released {
        fields.push(("light", "stays red".to_owned()));
    }
    fields
}

fn terminal_of(entry: &Entry) -> Fields {
    entry.terminal.iter().map(|terminal| ("terminal", terminal.clone())).collect()
}

fn terminal_need(terminal: Option<&str>) -> Vec<String> {
    match terminal {
        Some(_) => Vec::new(),
        None => vec!["the terminal: give --terminal".to_owned()],
    }
}
