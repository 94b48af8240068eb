//! What a message says of one container: the part that is the same in COARRI, CODECO, COPINO and
//! COPARN, read by one walk.
//!
//! As in COREOR, the order counts and not the structure: what stands before the first EQD is said of
//! all containers, what stands behind an EQD of that one. Unlike there, the terminal is the one the
//! header names, because the places behind EQD are those of the container's journey.

use landside_proto::ids::{
    BillNo, ContainerNo, IdError, Plate, Reference, SizeType, UnLocode, UnixMillis,
};

use crate::container::{Named, Title, Unit, count, is_container};
use crate::coreor::fields::{Fields, Ranked, place_of, rank, time};
use crate::coreor::{
    Direction, EQUIPMENT_MAX, Load, NamedParty, Pin, Seal, SourceRef, TimeError, Vessel, free,
    some, take_room,
};
use crate::local_time::Span;
use crate::profile::Profile;
use crate::syntax::{Code, Fault, Interchange, Message, Note, Notes, Place, Segment, quote};

/// Most damage codes kept for one container; the standard allows 9.
pub const DAMAGE_MAX: usize = 9;

/// LOC 3227 of the stowage cell.
const CELL: &str = "147";

/// What one message says of one container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// BGM.
    pub title: Title,
    /// EQD 8260: the container, or why it is none; `None` where the message names a number of
    /// containers and not which.
    pub container: Option<Result<ContainerNo, IdError>>,
    /// EQN: how many of them, 1 if it does not say.
    pub quantity: u32,
    /// EQD C224.
    pub size_type: Option<SizeType>,
    /// EQD 8169.
    pub load: Option<Load>,
    /// EQD 8249.
    pub direction: Option<Direction>,
    /// RFF: release number.
    pub number: Option<Reference>,
    /// RFF: PIN.
    pub pin: Option<Pin>,
    /// RFF: bills of lading, without repeats.
    pub bills: Vec<BillNo>,
    /// RFF: booking.
    pub booking: Option<Reference>,
    /// TDT of the main carriage.
    pub vessel: Vessel,
    /// TDT 8028, else RFF+VON.
    pub voyage: Option<String>,
    /// NAD: the shipping line.
    pub line: Option<NamedParty>,
    /// TDT of the road leg.
    pub road: Road,
    /// LOC C519: the terminal's or depot's code.
    pub terminal: Option<String>,
    /// LOC C517: its port.
    pub port: Option<UnLocode>,
    /// DTM: when, by the qualifiers of the message.
    pub at: Result<Option<Span>, TimeError>,
    /// LOC+147: the cell on board.
    pub cell: Option<Reference>,
    /// SEL.
    pub seals: Vec<Seal>,
    /// MEA: gross weight in kilograms, rounded.
    pub weight_kg: Option<u32>,
    /// DAM C821 7501: damage codes.
    pub damage: Vec<String>,
    /// Where it was said.
    pub source: SourceRef,
    /// What was odd about it.
    pub notes: Vec<Note>,
}

impl Entry {
    /// Why nothing can be made of it, in words for a clerk; `None` if nothing stands against.
    pub fn obstacle(&self) -> Option<String> {
        let container = self.container.as_ref().and_then(|c| c.as_ref().err());
        let time = || self.at.as_ref().err().map(ToString::to_string);
        container.map(ToString::to_string).or_else(time)
    }

    /// The moment of [`Entry::at`], the first one of a day or range.
    pub fn moment(&self) -> Option<UnixMillis> {
        self.at.as_ref().ok().copied().flatten().map(|span| span.start)
    }
}

/// The road leg (TDT with stage 1, 10 or 30).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Road {
    /// 8051.
    pub leg: Option<Leg>,
    /// C222 8213: the plate, or why it is none.
    pub plate: Result<Option<Plate>, IdError>,
    /// C222 8212: the driver.
    pub driver: Option<String>,
    /// C040 code and name, else NAD: the haulier.
    pub haulier: Option<NamedParty>,
}

impl Default for Road {
    fn default() -> Self {
        Self { leg: None, plate: Ok(None), driver: None, haulier: None }
    }
}

/// Which leg of the journey a road leg is (8051).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Leg {
    /// 1: over land.
    Inland,
    /// 30: away from the terminal.
    OnCarriage,
    /// 10: to the terminal.
    PreCarriage,
}

/// Every statement of an interchange, with what was odd about the messages as such.
#[derive(Clone, Debug)]
pub struct Reading<T> {
    /// In order.
    pub items: Vec<T>,
    /// What was odd about the messages.
    pub notes: Vec<Note>,
    /// UNB 0035: the sender is testing, and nothing may be acted on.
    pub test: bool,
}

/// What a kind of message looks for.
pub(crate) struct Spec<'p> {
    /// What it is called in a note.
    pub(crate) what: &'static str,
    /// BGM 1001 it may have.
    pub(crate) names: &'p [&'p [String]],
    /// DTM of [`Entry::at`].
    pub(crate) time: &'p [String],
    /// LOC of the terminal, by BGM 1001.
    pub(crate) place: &'p dyn Fn(&str) -> &'p [String],
    /// Whether every EQD has to name its container.
    pub(crate) must_be_named: bool,
}

/// Reads every message of `kind` in an interchange.
pub(crate) fn read_all<T>(
    interchange: &Interchange<'_>,
    profile: &Profile,
    kind: &str,
    each: impl Fn(&Message<'_>, &mut usize, &mut dyn FnMut(T)) -> Result<Vec<Note>, Fault>,
    obstacle: impl Fn(&T) -> Option<String>,
) -> Result<Reading<T>, Fault> {
    let mut notes = Notes::new(profile.syntax.strict);
    let mut found = Vec::new();
    let mut items = Vec::new();
    let mut room = EQUIPMENT_MAX;
    for message in &interchange.messages {
        if message.kind != kind {
            let text = format!("message of type {} was not read", quote(&message.kind));
            notes.add(Code::MessageSkipped, message.place, text);
            continue;
        }
        found.extend(each(message, &mut room, &mut |item| items.push(item))?);
    }
    let place = interchange.messages.first().map_or_else(Place::default, |message| message.place);
    if items.is_empty() {
        let text = format!("no {kind} in the interchange says anything of a container");
        return Err(Fault::new(Code::NothingUsable, place, text));
    }
    if let Some(why) = items.iter().map(&obstacle).collect::<Option<Vec<_>>>() {
        let why = why.first().cloned().unwrap_or_default();
        let text = format!("none of {} entries can be used: {why}", items.len());
        return Err(Fault::new(Code::NothingUsable, place, text));
    }
    for note in notes.into_list() {
        found.insert(0, note);
    }
    let test = interchange.header.as_ref().is_some_and(|header| header.test);
    Ok(Reading { items, notes: found, test })
}

/// Reads one message and gives its containers one at a time; what was odd about the message as such
/// comes back.
pub(crate) fn each(
    interchange: &Interchange<'_>,
    message: &Message<'_>,
    (profile, spec): (&Profile, &Spec<'_>),
    room: &mut usize,
    sink: &mut dyn FnMut(Entry),
) -> Result<Vec<Note>, Fault> {
    let mut notes = Notes::new(profile.syntax.strict);
    let source = SourceRef::of_interchange(interchange).of_message(message);
    let walk = Walk { profile, spec, notes: &mut notes, room, sink };
    walk.message(interchange, message, &source)?;
    Ok(notes.into_list())
}

/// One pass over one message.
struct Walk<'s, 'n> {
    profile: &'n Profile,
    spec: &'n Spec<'s>,
    notes: &'n mut Notes,
    room: &'n mut usize,
    sink: &'n mut dyn FnMut(Entry),
}

/// What the segments at hand are about.
enum Section {
    Header,
    Container(Box<Open>),
    Other,
}

/// What a header or a container says, gathered segment by segment.
#[derive(Default)]
struct Gathered {
    fields: Fields,
    booking: Ranked<Reference>,
    at: Ranked<Result<Span, TimeError>>,
    port: Ranked<UnLocode>,
    terminal: Ranked<String>,
    road: Ranked<Road>,
    haulier: Ranked<NamedParty>,
    cell: Option<Reference>,
}

/// One container, as far as it was read.
struct Open {
    unit: Unit,
    named: bool,
    said: Gathered,
    quantity: Option<u32>,
    damage: Vec<String>,
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
        let (mut title, mut header) = (None, Gathered::default());
        let mut section = Section::Header;
        let mut named = Named::default();
        let mut equipment = 0;
        for segment in interchange.walk(message) {
            let tag = segment.tag();
            if matches!(tag, "EQD" | "GID" | "CNT") {
                self.close(&mut section, (&mut title, &header), &mut named, source, message.place);
            }
            match tag {
                "BGM" => {
                    let about = (self.spec.names, self.spec.what);
                    title = Some(Title::of(&segment, about, self.notes));
                }
                "EQD" => {
                    equipment += 1;
                    section = self.equipment(&segment, equipment)?;
                }
                "CNT" => {
                    section = Section::Other;
                    count(&segment, equipment, self.notes)?;
                }
                "GID" => section = Section::Other,
                _ => {
                    let name = title.as_ref().map_or("", |title: &Title| &title.name);
                    match &mut section {
                        Section::Header => {
                            header.take(&segment, (self.profile, self.spec, name), self.notes);
                        }
                        Section::Container(open) => {
                            open.take(&segment, (self.profile, self.spec, name));
                        }
                        Section::Other => {}
                    }
                }
            }
        }
        self.close(&mut section, (&mut title, &header), &mut named, source, message.place);
        Ok(())
    }

    fn equipment(&mut self, segment: &Segment<'_>, equipment: u32) -> Result<Section, Fault> {
        if !is_container(segment, self.notes) {
            return Ok(Section::Other);
        }
        take_room(self.room, segment)?;
        let mut notes = Notes::default();
        let named = self.spec.must_be_named || !segment.text(1, 0).is_empty();
        let unit = Unit::open(segment, self.spec.must_be_named, &mut notes);
        let said = Gathered::default();
        let (quantity, damage) = (None, Vec::new());
        let open = Open { unit, named, said, quantity, damage, equipment, notes };
        Ok(Section::Container(Box::new(open)))
    }

    /// Gives the container that the reading was in.
    fn close(
        &mut self,
        section: &mut Section,
        (title, header): (&mut Option<Title>, &Gathered),
        named: &mut Named,
        source: &SourceRef,
        place: Place,
    ) {
        match core::mem::replace(section, Section::Other) {
            Section::Header => *section = Section::Header,
            Section::Other => {}
            Section::Container(mut open) => {
                named.note(&open.unit, &mut open.notes);
                let title = title.get_or_insert_with(|| Title::none(place, self.notes));
                (self.sink)(open.finish(title.clone(), header, source));
            }
        }
    }
}

/// What a segment is read by: the partner's profile, what the message looks for, and its BGM 1001.
type By<'a, 'p> = (&'a Profile, &'a Spec<'p>, &'a str);

impl Gathered {
    fn take(
        &mut self,
        segment: &Segment<'_>,
        (profile, spec, name): By<'_, '_>,
        notes: &mut Notes,
    ) {
        let agreed = match segment.tag() {
            "DTM" => self.take_time(segment, (profile, spec), notes),
            "LOC" => self.take_place(segment, (spec.place)(name), notes),
            "TDT" => {
                self.fields.take(segment, profile, notes);
                self.take_road(segment, notes)
            }
            "RFF" => {
                self.fields.take(segment, profile, notes);
                self.take_booking(segment, profile)
            }
            "NAD" => {
                self.fields.take(segment, profile, notes);
                self.take_haulier(segment, profile)
            }
            _ => true,
        };
        if !agreed {
            let (tag, qualifier) = (segment.tag(), segment.text(0, 0));
            let text = format!("{tag}+{} occurs with another value", quote(&qualifier));
            notes.add(Code::ValueRepeated, segment.place(), text);
        }
    }

    fn take_time(
        &mut self,
        segment: &Segment<'_>,
        (profile, spec): (&Profile, &Spec<'_>),
        notes: &mut Notes,
    ) -> bool {
        let Some(rank) = rank(spec.time, &segment.text(0, 0)) else { return true };
        self.at.offer(rank, time(segment, profile, notes))
    }

    fn take_place(&mut self, segment: &Segment<'_>, list: &[String], notes: &mut Notes) -> bool {
        let qualifier = segment.text(0, 0);
        if qualifier == CELL {
            self.cell = Reference::parse(&segment.text(1, 0)).ok();
            return true;
        }
        let Some(rank) = rank(list, &qualifier) else { return true };
        let (port, within) = place_of(segment, true, notes);
        port.is_none_or(|port| self.port.offer(rank, port))
            & within.is_none_or(|terminal| self.terminal.offer(rank, terminal))
    }

    /// TDT: 8051 leg, C040 haulier, C222 plate (8213) and driver (8212).
    fn take_road(&mut self, segment: &Segment<'_>, notes: &mut Notes) -> bool {
        let (rank, leg) = match &*segment.text(0, 0) {
            "1" => (0, Leg::Inland),
            "30" => (1, Leg::OnCarriage),
            "10" => (1, Leg::PreCarriage),
            _ => return true,
        };
        let plate = segment.text(7, 0);
        let plate = if plate.is_empty() { Ok(None) } else { Plate::normalise(&plate).map(Some) };
        if let Err(error) = &plate {
            notes.add(Code::PlateUnreadable, segment.place(), error.to_string());
        }
        let (code, name) = (segment.text(4, 0), some(&segment.text(4, 3)));
        let haulier = (!code.is_empty() || name.is_some()).then(|| NamedParty {
            qualifier: String::new(),
            code: free(&code),
            agency: free(&segment.text(4, 2)),
            name,
        });
        let driver = some(&segment.text(7, 3));
        self.road.offer(rank, Road { leg: Some(leg), plate, driver, haulier })
    }

    fn take_booking(&mut self, segment: &Segment<'_>, profile: &Profile) -> bool {
        let list = &profile.bookings.number;
        match (rank(list, &segment.text(0, 0)), Reference::parse(&segment.text(0, 1))) {
            (Some(rank), Ok(booking)) => self.booking.offer(rank, booking),
            _ => true,
        }
    }

    fn take_haulier(&mut self, segment: &Segment<'_>, profile: &Profile) -> bool {
        let list = &profile.announcements.haulier;
        let Some(rank) = rank(list, &segment.text(0, 0)) else { return true };
        let party = crate::coreor::fields::party(segment);
        party.is_none_or(|party| self.haulier.offer(rank, party))
    }
}

impl Open {
    fn take(&mut self, segment: &Segment<'_>, by: By<'_, '_>) {
        match segment.tag() {
            "MEA" => self.unit.take_weight(segment, &mut self.notes),
            "SEL" => self.unit.take_seal(segment, &mut self.notes),
            // C523 6350: number of units.
            "EQN" => self.quantity = segment.text(0, 0).parse().ok().filter(|units| *units > 0),
            "DAM" => {
                let code = some(&segment.text(1, 0)).or_else(|| some(&segment.text(1, 3)));
                if self.damage.len() < DAMAGE_MAX {
                    self.damage.extend(code);
                }
            }
            _ => self.said.take(segment, by, &mut self.notes),
        }
    }

    fn finish(self, title: Title, header: &Gathered, source: &SourceRef) -> Entry {
        let (own, general) = (self.said, header);
        let transport = own.fields.transport.or(&general.fields.transport).unwrap_or_default();
        let voyage = own.fields.voyage_reference.or(&general.fields.voyage_reference);
        let mut road = own.road.or(&general.road).unwrap_or_default();
        road.haulier = road.haulier.or_else(|| own.haulier.or(&general.haulier));
        let bills = own.fields.bills;
        let weight_kg = self.unit.weight_kg();
        Entry {
            title,
            container: self.named.then_some(self.unit.container),
            quantity: self.quantity.unwrap_or(1),
            size_type: self.unit.size_type,
            load: self.unit.load,
            direction: self.unit.direction,
            number: own.fields.number.or(&general.fields.number),
            pin: own.fields.pin.or(&general.fields.pin),
            bills: if bills.is_empty() { general.fields.bills.clone() } else { bills },
            booking: own.booking.or(&general.booking),
            vessel: transport.vessel,
            voyage: transport.voyage.or(voyage),
            line: own.fields.line.or(&general.fields.line),
            road,
            terminal: general.terminal.or(&own.terminal),
            port: general.port.or(&own.port),
            at: own.at.or(&general.at).transpose(),
            cell: own.cell,
            seals: self.unit.seals,
            weight_kg,
            damage: self.damage,
            source: SourceRef { equipment: self.equipment, ..source.clone() },
            notes: self.notes.into_list(),
        }
    }
}
