//! Walks a COREOR with the container at hand in mind.

use std::collections::HashSet;

use landside_proto::ids::{ContainerNo, Hash32, IdError, Reference, SizeType};

use super::fields::{Fields, free, some};
use super::goods::{self, Goods};
use super::{
    Confidential, Direction, EQUIPMENT_MAX, EmptyReturn, Function, GOODS_MAX, Load, Reading,
    ReleaseInstruction, SEALS_MAX, Seal, SourceRef,
};
use crate::profile::Profile;
use crate::syntax::{Code, Fault, Interchange, Message, Notes, Place, Segment, quote};

/// The weights taken from MEA (6313), best first: verified, equipment and cargo, gross, estimated.
const WEIGHTS: [&str; 4] = ["VGM", "AET", "G", "EGW"];

/// Most containers named in the text of a refusal.
const NAMED_MAX: usize = 5;

/// Reads the container release orders of an interchange.
///
/// # Errors
/// A fault if nothing in it can be acted on, if it names too many containers, or if a strict
/// partner's container count is wrong.
pub fn read(interchange: &Interchange<'_>, profile: &Profile) -> Result<Reading, Fault> {
    let header = interchange.header.as_ref();
    let source = SourceRef {
        interchange: Hash32::of(interchange.raw),
        sender: header.map(|h| h.sender.id.clone()).unwrap_or_default(),
        recipient: header.map(|h| h.recipient.id.clone()).unwrap_or_default(),
        control_ref: header.map(|h| h.control_ref.clone()).unwrap_or_default(),
        message_ref: String::new(),
        position: 0,
        equipment: 0,
    };
    let mut notes = Notes::new(profile.syntax.strict);
    let mut instructions = Vec::new();
    for message in &interchange.messages {
        if message.kind != "COREOR" {
            let text = format!("message of type {} was not read", quote(&message.kind));
            notes.add(Code::MessageSkipped, message.place, text);
            continue;
        }
        let source = SourceRef {
            message_ref: message.reference.clone(),
            position: message.position,
            ..source.clone()
        };
        let walk = Walk { profile, notes: &mut notes, room: EQUIPMENT_MAX - instructions.len() };
        instructions.extend(walk.message(message, &source)?);
    }
    if instructions.iter().all(|instruction| instruction.obstacle().is_some()) {
        return Err(nothing_releasable(interchange, &instructions));
    }
    Ok(Reading { instructions, notes: notes.into_list(), test: header.is_some_and(|h| h.test) })
}

/// Says in a clerk's words why there is nothing to do.
fn nothing_releasable(interchange: &Interchange<'_>, read: &[ReleaseInstruction]) -> Fault {
    let place = interchange.messages.first().map_or_else(Place::default, |message| message.place);
    let mut kinds: Vec<_> = interchange.messages.iter().map(|m| quote(&m.kind)).collect();
    kinds.sort();
    kinds.dedup();
    kinds.truncate(NAMED_MAX);
    let text = if kinds.is_empty() {
        "the interchange holds no message".to_owned()
    } else if !kinds.iter().any(|kind| kind == "COREOR") {
        format!("no container release order (COREOR) in it, only {}", kinds.join(", "))
    } else if read.is_empty() {
        "the container release order names no container".to_owned()
    } else {
        let whys = read.iter().filter_map(ReleaseInstruction::obstacle).take(NAMED_MAX);
        let whys: Vec<_> = whys.collect();
        format!("none of {} containers can be released: {}", read.len(), whys.join("; "))
    };
    Fault::new(Code::NothingReleasable, place, text)
}

/// One pass over one message.
struct Walk<'p, 'n> {
    profile: &'p Profile,
    notes: &'n mut Notes,
    room: usize,
}

/// What the segments at hand are about.
enum Section {
    Header,
    /// GID.
    Goods,
    /// Equipment that is no container, or goods beyond what is kept.
    Other,
    Container(Box<Entry>),
    Summary,
}

/// BGM.
struct Document {
    name: String,
    number: Option<Reference>,
    function: Function,
}

/// What a message says of all its containers.
struct Said<'m> {
    document: &'m Document,
    header: &'m Fields,
    goods: &'m [Goods],
}

/// One container, as far as it was read.
struct Entry {
    container: Result<ContainerNo, IdError>,
    size_type: Option<SizeType>,
    direction: Option<Direction>,
    load: Option<Load>,
    fields: Fields,
    seals: Vec<Seal>,
    weight: Option<(usize, u32)>,
    equipment: u32,
    place: Place,
    notes: Notes,
}

impl Walk<'_, '_> {
    fn message(
        mut self,
        message: &Message<'_>,
        source: &SourceRef,
    ) -> Result<Vec<ReleaseInstruction>, Fault> {
        let mut document = None;
        let mut header = Fields::default();
        let mut section = Section::Header;
        let mut entries: Vec<Entry> = Vec::new();
        let mut goods: Vec<Goods> = Vec::new();
        let mut equipment = 0;
        for segment in &message.segments {
            match segment.tag() {
                "BGM" => document = Some(self.document(segment)),
                "EQD" => {
                    equipment += 1;
                    entries.extend(section.close());
                    section = self.equipment(segment, equipment)?;
                }
                "GID" => {
                    entries.extend(section.close());
                    section = Section::Other;
                    if goods.len() < GOODS_MAX {
                        goods.push(Goods::default());
                        section = Section::Goods;
                    }
                }
                "CNT" => {
                    entries.extend(section.close());
                    section = Section::Summary;
                    self.count(segment, equipment)?;
                }
                _ => match &mut section {
                    Section::Header => header.take(segment, self.profile, self.notes),
                    Section::Container(entry) => entry.take(segment, self.profile),
                    Section::Goods => {
                        if let Some(item) = goods.last_mut() {
                            item.take(segment, self.profile);
                        }
                    }
                    Section::Other | Section::Summary => {}
                },
            }
        }
        entries.extend(section.close());
        note_repeats(&mut entries);
        let document = document.unwrap_or_else(|| self.no_document(message.place));
        let said = Said { document: &document, header: &header, goods: &goods };
        let finish = |entry: Entry| entry.finish(&said, self.profile, source);
        Ok(entries.into_iter().map(finish).collect())
    }

    /// BGM: C002 1001, 1004, 1225.
    fn document(&mut self, segment: &Segment<'_>) -> Document {
        let name = free(&segment.text(0, 0));
        if !self.profile.release.document_names.contains(&name) {
            let text = format!("document name {} is not one of a release order", quote(&name));
            self.notes.add(Code::DocumentName, segment.place(), text);
        }
        let number = segment.text(1, 0);
        let parsed = Reference::parse(&number);
        if let (Err(error), false) = (&parsed, number.is_empty()) {
            self.notes.add(Code::ReferenceUnreadable, segment.place(), error.to_string());
        }
        let function = Function::of(&segment.text(2, 0)).unwrap_or_else(|| {
            let text = "no message function; read as an original";
            self.notes.add(Code::FunctionMissing, segment.place(), text);
            Function::Original
        });
        Document { name, number: parsed.ok(), function }
    }

    fn no_document(&mut self, place: Place) -> Document {
        let text = "no BGM, so no message function; read as an original";
        self.notes.add(Code::FunctionMissing, place, text);
        Document { name: String::new(), number: None, function: Function::Original }
    }

    /// EQD: 8053 kind, C237 8260 number, C224 size-type, 8249 direction, 8169 full or empty.
    fn equipment(&mut self, segment: &Segment<'_>, equipment: u32) -> Result<Section, Fault> {
        if segment.text(0, 0) != "CN" {
            let kind = quote(&segment.text(0, 0));
            let text = format!("equipment of kind {kind} is no container");
            self.notes.add(Code::EquipmentNotContainer, segment.place(), text);
            return Ok(Section::Other);
        }
        let Some(room) = self.room.checked_sub(1) else {
            let text = format!("more than {EQUIPMENT_MAX} containers in an interchange");
            return Err(Fault::new(Code::TooManyEquipment, segment.place(), text));
        };
        self.room = room;
        Ok(Section::Container(Box::new(Entry::open(segment, equipment))))
    }

    /// CNT C270: 6069 what, 6066 how many. 16 is the number of EQD.
    fn count(&mut self, segment: &Segment<'_>, equipment: u32) -> Result<(), Fault> {
        let stated = segment.text(0, 1);
        if segment.text(0, 0) != "16" || stated.parse() == Ok(equipment) {
            return Ok(());
        }
        let text = format!("CNT counts {} containers, found {equipment}", quote(&stated));
        self.notes.doubt(Code::EquipmentCount, segment.place(), text)
    }
}

impl Section {
    fn close(&mut self) -> Option<Entry> {
        match core::mem::replace(self, Self::Other) {
            Self::Container(entry) => Some(*entry),
            other => {
                *self = other;
                None
            }
        }
    }
}

impl Entry {
    fn open(segment: &Segment<'_>, equipment: u32) -> Self {
        let place = segment.place();
        let mut notes = Notes::default();
        let number = segment.text(1, 0);
        let container = container_no(&number, place, &mut notes);
        let code = segment.text(2, 0);
        let size_type = SizeType::parse(&code);
        if let (Err(error), false) = (&size_type, code.is_empty()) {
            notes.add(Code::SizeTypeUnreadable, place, error.to_string());
        }
        let direction = match &*segment.text(4, 0) {
            "1" => Some(Direction::Continental),
            "2" => Some(Direction::Export),
            "3" => Some(Direction::Import),
            "6" => Some(Direction::Transhipment),
            _ => None,
        };
        let load = match &*segment.text(5, 0) {
            "4" => Some(Load::Empty),
            "5" => Some(Load::Full),
            _ => None,
        };
        Self {
            container,
            size_type: size_type.ok(),
            direction,
            load,
            fields: Fields::default(),
            seals: Vec::new(),
            weight: None,
            equipment,
            place,
            notes,
        }
    }

    fn take(&mut self, segment: &Segment<'_>, profile: &Profile) {
        match segment.tag() {
            "MEA" => self.take_weight(segment),
            "SEL" => self.take_seal(segment),
            _ => self.fields.take(segment, profile, &mut self.notes),
        }
    }

    /// MEA: C502 6313 which weight, C174 6411 unit and 6314 value.
    fn take_weight(&mut self, segment: &Segment<'_>) {
        let Some(rank) = WEIGHTS.iter().position(|weight| *weight == segment.text(1, 0)) else {
            return;
        };
        let (unit, value) = (segment.text(2, 0), segment.text(2, 1));
        match kilograms(&unit, &value) {
            None => {
                let text = format!("weight {} {} cannot be read", quote(&value), quote(&unit));
                self.notes.add(Code::WeightUnreadable, segment.place(), text);
            }
            Some(kg) if self.weight.is_none_or(|(held, _)| rank < held) => {
                self.weight = Some((rank, kg));
            }
            Some(_) => {}
        }
    }

    /// SEL: 9308 number, C215 9303 party. Some senders put the party behind a `:`.
    fn take_seal(&mut self, segment: &Segment<'_>) {
        let (number, misplaced) = (segment.text(0, 0), some(&segment.text(0, 1)));
        if number.is_empty() || misplaced.is_some() {
            let text = "a seal has no number, or its party stands with the number";
            self.notes.add(Code::SealForm, segment.place(), text);
        }
        if number.is_empty() {
            return;
        }
        if self.seals.len() == SEALS_MAX {
            let text = format!("more than {SEALS_MAX} seals on a container");
            self.notes.add(Code::TooManyValues, segment.place(), text);
            return;
        }
        let party = some(&segment.text(1, 0)).or(misplaced);
        self.seals.push(Seal { number: free(&number), party });
    }

    fn finish(self, said: &Said<'_>, profile: &Profile, source: &SourceRef) -> ReleaseInstruction {
        let Said { document, header, goods } = said;
        let own = self.fields;
        let release_to = own.release_to.or(&header.release_to);
        let cargo = [&own.cargo, &header.cargo].into_iter().find(|text| !text.is_empty()).cloned();
        let in_items = || goods::cargo_of(goods, *self.container.as_ref().ok()?);
        let identity = own.identity.or(&header.identity);
        let consignee = own.consignee.or(&header.consignee);
        let confidential = Confidential {
            consignee: consignee.map(|party| party.name.unwrap_or(party.code)),
            cargo: cargo.or_else(in_items),
            value: own.value.or(&header.value),
            identity: identity.filter(|(of, _)| Some(of) == release_to.as_ref()).map(|(_, n)| n),
        };
        let transport = own.transport.or(&header.transport).unwrap_or_default();
        let document_number =
            document.number.clone().filter(|_| profile.release.number_from_document);
        let reference = own.empty_return_reference.or(&header.empty_return_reference);
        let empty_return = own.empty_return.or(&header.empty_return);
        ReleaseInstruction {
            function: document.function.clone(),
            document_name: document.name.clone(),
            document_number: document.number.clone(),
            number: own.number.or(&header.number).or(document_number),
            pin: own.pin.or(&header.pin),
            bills: if own.bills.is_empty() { header.bills.clone() } else { own.bills },
            container: self.container,
            size_type: self.size_type,
            load: self.load,
            direction: self.direction,
            vessel: transport.vessel,
            voyage: transport.voyage.or_else(|| own.voyage_reference.or(&header.voyage_reference)),
            carrier: transport.carrier,
            line: own.line.or(&header.line),
            release_to,
            terminal: own.terminal.or(&header.terminal),
            port: own.port.or(&header.port),
            valid_from: own.valid_from.or(&header.valid_from).transpose(),
            valid_until: own.valid_until.or(&header.valid_until).transpose(),
            empty_return: empty_return.map(|place| EmptyReturn { reference, ..place }),
            seals: self.seals,
            weight_kg: self.weight.map(|(_, kg)| kg),
            confidential,
            source: SourceRef { equipment: self.equipment, ..source.clone() },
            notes: self.notes.into_list(),
        }
    }
}

/// Reads a container number; blanks, hyphens and lower case are forgiven, look-alikes are not.
fn container_no(number: &str, place: Place, notes: &mut Notes) -> Result<ContainerNo, IdError> {
    let container = ContainerNo::normalise(number);
    match &container {
        Err(_) if number.is_empty() => {
            notes.add(Code::ContainerMissing, place, "the container number is empty");
        }
        Err(error) => notes.add(Code::ContainerNumber, place, error.to_string()),
        Ok(container) if container.as_str() != number => {
            let text = format!("container number {} was read as {container}", quote(number));
            notes.add(Code::ContainerSpelling, place, text);
        }
        Ok(_) => {}
    }
    container
}

fn note_repeats(entries: &mut [Entry]) {
    let mut seen = HashSet::new();
    for entry in entries {
        if let Ok(container) = entry.container
            && !seen.insert(container)
        {
            let text = format!("container {container} occurs again in the message");
            entry.notes.add(Code::ContainerRepeated, entry.place, text);
        }
    }
}

/// A weight in kilograms, rounded. Both decimal marks are read, whatever UNA says (ISO 9735 allows
/// both).
fn kilograms(unit: &str, value: &str) -> Option<u32> {
    let grams_per_unit = match unit {
        "KGM" | "" => 1_000,
        "TNE" => 1_000_000,
        _ => return None,
    };
    let (units, decimals) = value.split_once(['.', ',']).unwrap_or((value, ""));
    let digits = |text: &str| text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    if units.is_empty() || !digits(units) || !digits(decimals) {
        return None;
    }
    let millis: u64 = format!("{decimals:0<6}").get(..6)?.parse().ok()?;
    let grams = units.parse::<u64>().ok()? * grams_per_unit + millis * grams_per_unit / 1_000_000;
    u32::try_from((grams + 500) / 1_000).ok()
}

#[cfg(test)]
mod tests;
