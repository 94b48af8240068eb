//! Walks a COREOR with the container at hand in mind.

use super::fields::Fields;
use super::goods::{self, Goods};
use super::{
    Confidential, EQUIPMENT_MAX, EmptyReturn, GOODS_MAX, Reading, ReleaseInstruction, SourceRef,
};
use crate::container::{Named, Title, Unit, count, is_container};
use crate::profile::Profile;
use crate::syntax::{Code, Fault, Interchange, Message, Note, Notes, Place, Segment, quote};

/// Most containers named in the text of a refusal.
const NAMED_MAX: usize = 5;

/// Reads the container release orders of an interchange.
///
/// # Errors
/// A fault if nothing in it can be acted on, if it names too many containers, or if a strict
/// partner's container count is wrong.
pub fn read(interchange: &Interchange<'_>, profile: &Profile) -> Result<Reading, Fault> {
    let mut notes = Notes::new(profile.syntax.strict);
    let mut instructions = Vec::new();
    let of = SourceRef::of_interchange(interchange);
    for message in &interchange.messages {
        if message.kind != "COREOR" {
            let text = format!("message of type {} was not read", quote(&message.kind));
            notes.add(Code::MessageSkipped, message.place, text);
            continue;
        }
        let mut room = EQUIPMENT_MAX - instructions.len();
        let mut keep = |instruction| instructions.push(instruction);
        let walk = Walk { profile, notes: &mut notes, room: &mut room, sink: &mut keep };
        walk.message(interchange, message, &of.of_message(message))?;
    }
    if instructions.iter().all(|instruction| instruction.obstacle().is_some()) {
        return Err(nothing_releasable(interchange, &instructions));
    }
    let test = interchange.header.as_ref().is_some_and(|header| header.test);
    Ok(Reading { instructions, notes: notes.into_list(), test })
}

/// Reads one message of an interchange and gives its containers one at a time, so that a message of
/// thousands costs no more memory than one; what was odd about the message as such comes back.
/// `room` is how many containers may still come, from [`EQUIPMENT_MAX`] down.
///
/// # Errors
/// As [`read`], and not for want of anything to act on.
pub fn each(
    interchange: &Interchange<'_>,
    message: &Message<'_>,
    profile: &Profile,
    room: &mut usize,
    sink: &mut dyn FnMut(ReleaseInstruction),
) -> Result<Vec<Note>, Fault> {
    let mut notes = Notes::new(profile.syntax.strict);
    let source = SourceRef::of_interchange(interchange).of_message(message);
    Walk { profile, notes: &mut notes, room, sink }.message(interchange, message, &source)?;
    Ok(notes.into_list())
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
    room: &'n mut usize,
    sink: &'n mut dyn FnMut(ReleaseInstruction),
}

/// What the segments at hand are about.
enum Section {
    Header,
    Container(Box<Entry>),
    Goods,
    /// Equipment that is no container.
    Other,
    Summary,
}

/// What a message says of all its containers.
struct Said {
    title: Option<Title>,
    header: Fields,
    goods: Vec<Goods>,
}

/// One container, as far as it was read.
struct Entry {
    unit: Unit,
    fields: Fields,
    equipment: u32,
    notes: Notes,
}

impl Walk<'_, '_> {
    fn message(
        mut self,
        interchange: &Interchange<'_>,
        message: &Message<'_>,
        source: &SourceRef,
    ) -> Result<(), Fault> {
        let goods = self.goods(interchange.walk(message));
        let mut said = Said { title: None, header: Fields::default(), goods };
        let mut section = Section::Header;
        let mut named = Named::default();
        let mut equipment = 0;
        for segment in interchange.walk(message) {
            let tag = segment.tag();
            if matches!(tag, "EQD" | "GID" | "CNT") {
                self.close(&mut section, &mut said, &mut named, (source, message.place));
            }
            match tag {
                "BGM" => said.title = Some(self.title(&segment)),
                "EQD" => {
                    equipment += 1;
                    section = self.equipment(&segment, equipment)?;
                }
                "GID" => section = Section::Goods,
                "CNT" => {
                    section = Section::Summary;
                    count(&segment, equipment, self.notes)?;
                }
                _ => match &mut section {
                    Section::Header => said.header.take(&segment, self.profile, self.notes),
                    Section::Container(entry) => entry.take(&segment, self.profile),
                    Section::Goods | Section::Other | Section::Summary => {}
                },
            }
        }
        self.close(&mut section, &mut said, &mut named, (source, message.place));
        Ok(())
    }

    /// The goods items, in a pass of their own: what is said of them counts for every container,
    /// wherever it stands.
    fn goods<'s>(&self, segments: impl Iterator<Item = Segment<'s>>) -> Vec<Goods> {
        let mut goods: Vec<Goods> = Vec::new();
        let mut within = false;
        for segment in segments {
            match segment.tag() {
                "GID" => {
                    within = goods.len() < GOODS_MAX;
                    if within {
                        goods.push(Goods::default());
                    }
                }
                "EQD" | "CNT" => within = false,
                _ if within => {
                    if let Some(item) = goods.last_mut() {
                        item.take(&segment, self.profile);
                    }
                }
                _ => {}
            }
        }
        goods
    }

    /// Gives the container that the reading was in.
    fn close(
        &mut self,
        section: &mut Section,
        said: &mut Said,
        named: &mut Named,
        (source, place): (&SourceRef, Place),
    ) {
        let Section::Container(entry) = core::mem::replace(section, Section::Other) else {
            return;
        };
        let mut entry = *entry;
        named.note(&entry.unit, &mut entry.notes);
        let title = said.title.get_or_insert_with(|| Title::none(place, self.notes)).clone();
        (self.sink)(entry.finish(title, said, self.profile, source));
    }

    fn title(&mut self, segment: &Segment<'_>) -> Title {
        let names = &self.profile.release.document_names;
        Title::of(segment, (&[names], "a release order"), self.notes)
    }

    fn equipment(&mut self, segment: &Segment<'_>, equipment: u32) -> Result<Section, Fault> {
        if !is_container(segment, self.notes) {
            return Ok(Section::Other);
        }
        take_room(self.room, segment)?;
        let mut notes = Notes::default();
        let unit = Unit::open(segment, true, &mut notes);
        let fields = Fields::default();
        Ok(Section::Container(Box::new(Entry { unit, fields, equipment, notes })))
    }
}

/// Counts a container off.
pub(crate) fn take_room(room: &mut usize, segment: &Segment<'_>) -> Result<(), Fault> {
    let Some(left) = room.checked_sub(1) else {
        let text = format!("more than {EQUIPMENT_MAX} containers in an interchange");
        return Err(Fault::new(Code::TooManyEquipment, segment.place(), text));
    };
    *room = left;
    Ok(())
}

impl Entry {
    fn take(&mut self, segment: &Segment<'_>, profile: &Profile) {
        match segment.tag() {
            "MEA" => self.unit.take_weight(segment, &mut self.notes),
            "SEL" => self.unit.take_seal(segment, &mut self.notes),
            _ => self.fields.take(segment, profile, &mut self.notes),
        }
    }

    fn finish(
        self,
        title: Title,
        said: &Said,
        profile: &Profile,
        source: &SourceRef,
    ) -> ReleaseInstruction {
        let Said { header, goods, .. } = said;
        let (own, unit) = (self.fields, self.unit);
        let weight_kg = unit.weight_kg();
        let release_to = own.release_to.or(&header.release_to);
        let cargo = [&own.cargo, &header.cargo].into_iter().find(|text| !text.is_empty()).cloned();
        let in_items = || goods::cargo_of(goods, *unit.container.as_ref().ok()?);
        let identity = own.identity.or(&header.identity);
        let consignee = own.consignee.or(&header.consignee);
        let confidential = Confidential {
            consignee: consignee.map(|party| party.name.unwrap_or(party.code)),
            cargo: cargo.or_else(in_items),
            value: own.value.or(&header.value),
            identity: identity.filter(|(of, _)| Some(of) == release_to.as_ref()).map(|(_, n)| n),
        };
        let transport = own.transport.or(&header.transport).unwrap_or_default();
        let document_number = title.number.clone().filter(|_| profile.release.number_from_document);
        let reference = own.empty_return_reference.or(&header.empty_return_reference);
        let empty_return = own.empty_return.or(&header.empty_return);
        ReleaseInstruction {
            function: title.function,
            document_name: title.name,
            document_number: title.number,
            number: own.number.or(&header.number).or(document_number),
            pin: own.pin.or(&header.pin),
            bills: if own.bills.is_empty() { header.bills.clone() } else { own.bills },
            container: unit.container,
            size_type: unit.size_type,
            load: unit.load,
            direction: unit.direction,
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
            seals: unit.seals,
            weight_kg,
            confidential,
            source: SourceRef { equipment: self.equipment, ..source.clone() },
            notes: self.notes.into_list(),
        }
    }
}

#[cfg(test)]
mod tests;
