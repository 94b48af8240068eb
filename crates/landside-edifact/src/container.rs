//! What the segments of any container message say: one door for BGM, EQD, MEA, SEL and CNT.

use std::collections::HashSet;

use landside_proto::ids::{ContainerNo, IdError, Reference, SizeType};

use crate::coreor::{Direction, Function, Load, SEALS_MAX, Seal, free, some};
use crate::syntax::{Code, Fault, Notes, Place, Segment, quote};

/// The weights taken from MEA (6313), best first: verified, equipment and cargo, gross, estimated.
const WEIGHTS: [&str; 4] = ["VGM", "AET", "G", "EGW"];

/// BGM: what the message is and does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Title {
    /// C002 1001 as it came, e.g. `129`; empty where there is no BGM.
    pub name: String,
    /// 1004.
    pub number: Option<Reference>,
    /// 1225.
    pub function: Function,
}

impl Title {
    /// Whether the message states something; else it takes back what an earlier one stated, repeats it
    /// for information, or does what nobody knows.
    pub fn is_statement(&self) -> bool {
        use Function::{Addition, Change, Original, Replace};
        matches!(self.function, Addition | Change | Original | Replace)
    }

    /// BGM: C002 1001, 1004, 1225. A name that is none of `names` is noted as none of `what`.
    pub(crate) fn of(
        segment: &Segment<'_>,
        (names, what): (&[&[String]], &str),
        notes: &mut Notes,
    ) -> Self {
        let name = free(&segment.text(0, 0));
        if !names.iter().any(|list| list.contains(&name)) {
            let text = format!("document name {} is not one of {what}", quote(&name));
            notes.add(Code::DocumentName, segment.place(), text);
        }
        let number = segment.text(1, 0);
        let parsed = Reference::parse(&number);
        if let (Err(error), false) = (&parsed, number.is_empty()) {
            notes.add(Code::ReferenceUnreadable, segment.place(), error.to_string());
        }
        let function = Function::of(&segment.text(2, 0)).unwrap_or_else(|| {
            let text = "no message function; read as an original";
            notes.add(Code::FunctionMissing, segment.place(), text);
            Function::Original
        });
        Self { name, number: parsed.ok(), function }
    }

    /// What counts for a message without BGM.
    pub(crate) fn none(place: Place, notes: &mut Notes) -> Self {
        let text = "no BGM, so no message function; read as an original";
        notes.add(Code::FunctionMissing, place, text);
        Self { name: String::new(), number: None, function: Function::Original }
    }
}

/// CNT C270: 6069 what, 6066 how many. 16 is the number of EQD.
pub(crate) fn count(segment: &Segment<'_>, equipment: u32, notes: &mut Notes) -> Result<(), Fault> {
    let stated = segment.text(0, 1);
    if segment.text(0, 0) != "16" || stated.parse() == Ok(equipment) {
        return Ok(());
    }
    let text = format!("CNT counts {} containers, found {equipment}", quote(&stated));
    notes.doubt(Code::EquipmentCount, segment.place(), text)
}

/// Whether an EQD is of a container (8053); anything else is noted.
pub(crate) fn is_container(segment: &Segment<'_>, notes: &mut Notes) -> bool {
    let kind = segment.text(0, 0);
    if kind == "CN" {
        return true;
    }
    let text = format!("equipment of kind {} is no container", quote(&kind));
    notes.add(Code::EquipmentNotContainer, segment.place(), text);
    false
}

/// What EQD says, with the MEA and SEL behind it.
pub(crate) struct Unit {
    pub(crate) container: Result<ContainerNo, IdError>,
    pub(crate) size_type: Option<SizeType>,
    pub(crate) direction: Option<Direction>,
    pub(crate) load: Option<Load>,
    pub(crate) seals: Vec<Seal>,
    pub(crate) place: Place,
    weight: Option<(usize, u32)>,
}

impl Unit {
    /// EQD: C237 8260 number, C224 size-type, 8249 direction, 8169 full or empty. An empty number is
    /// noted where it `must_be_named`.
    pub(crate) fn open(segment: &Segment<'_>, must_be_named: bool, notes: &mut Notes) -> Self {
        let place = segment.place();
        let number = segment.text(1, 0);
        let container = if number.is_empty() && !must_be_named {
            ContainerNo::normalise(&number)
        } else {
            container_no(&number, place, notes)
        };
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
        let size_type = size_type.ok();
        Self { container, size_type, direction, load, seals: Vec::new(), place, weight: None }
    }

    /// The best weight of its MEA, in kilograms.
    pub(crate) fn weight_kg(&self) -> Option<u32> {
        self.weight.map(|(_, kilograms)| kilograms)
    }

    /// MEA: C502 6313 which weight, C174 6411 unit and 6314 value.
    pub(crate) fn take_weight(&mut self, segment: &Segment<'_>, notes: &mut Notes) {
        let Some(rank) = WEIGHTS.iter().position(|weight| *weight == segment.text(1, 0)) else {
            return;
        };
        let (unit, value) = (segment.text(2, 0), segment.text(2, 1));
        match kilograms(&unit, &value) {
            None => {
                let text = format!("weight {} {} cannot be read", quote(&value), quote(&unit));
                notes.add(Code::WeightUnreadable, segment.place(), text);
            }
            Some(kg) if self.weight.is_none_or(|(held, _)| rank < held) => {
                self.weight = Some((rank, kg));
            }
            Some(_) => {}
        }
    }

    /// SEL: 9308 number, C215 9303 party. Some senders put the party behind a `:`.
    pub(crate) fn take_seal(&mut self, segment: &Segment<'_>, notes: &mut Notes) {
        let (number, misplaced) = (segment.text(0, 0), some(&segment.text(0, 1)));
        if number.is_empty() || misplaced.is_some() {
            let text = "a seal has no number, or its party stands with the number";
            notes.add(Code::SealForm, segment.place(), text);
        }
        if number.is_empty() {
            return;
        }
        if self.seals.len() == SEALS_MAX {
            let text = format!("more than {SEALS_MAX} seals on a container");
            notes.add(Code::TooManyValues, segment.place(), text);
            return;
        }
        let party = some(&segment.text(1, 0)).or(misplaced);
        self.seals.push(Seal { number: free(&number), party });
    }
}

/// The containers a message has named so far.
#[derive(Default)]
pub(crate) struct Named(HashSet<ContainerNo>);

impl Named {
    /// Notes a container that occurs again.
    pub(crate) fn note(&mut self, unit: &Unit, notes: &mut Notes) {
        if let Ok(container) = unit.container
            && !self.0.insert(container)
        {
            let text = format!("container {container} occurs again in the message");
            notes.add(Code::ContainerRepeated, unit.place, text);
        }
    }
}

/// Reads a container number; blanks, hyphens and lower case are forgiven, look-alikes are not.
pub(crate) fn container_no(
    number: &str,
    place: Place,
    notes: &mut Notes,
) -> Result<ContainerNo, IdError> {
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

/// A weight in kilograms, rounded. Both decimal marks are read, whatever UNA says (ISO 9735 allows
/// both).
pub(crate) fn kilograms(unit: &str, value: &str) -> Option<u32> {
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
