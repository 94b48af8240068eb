//! CODECO, the gate report: tells the line that a container has come or left.
//!
//! Written after UN/EDIFACT D.95B or D.00B, whichever the partner's profile names, in the words the
//! trade uses: BGM 36 means gate-out to everyone who reads these messages, although the UN list
//! gives the number another meaning from D.00B on.

use landside_proto::ids::{BillNo, ContainerNo, Plate, Reference, SizeType, UnLocode, UnixMillis};

use crate::coreor::{Direction, Load, Seal};
use crate::local_time;
use crate::outgoing::{self, Equipment};
use crate::profile::{Directory, Profile};
use crate::syntax::{MessageWriter, WriteError};

mod reader;

pub use crate::outgoing::Outgoing;
pub use reader::{GateReport, Way, each, read};

/// Most bills of lading written: RFF may occur 9 times under EQD, and one is the release number.
pub const BILLS_WRITTEN_MAX: usize = 8;

/// Most seals and most damage codes written; SEL and DAM may occur 9 times under EQD.
pub const REPEATS_MAX: usize = 9;

/// One container through the gate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GateMove {
    /// EQD 8260.
    pub container: ContainerNo,
    /// EQD C224.
    pub size_type: Option<SizeType>,
    /// EQD 8249.
    pub direction: Direction,
    /// EQD 8169.
    pub load: Load,
    /// When the truck passed the gate (DTM); written in minutes of the profile's zone.
    pub left_at: UnixMillis,
    /// LOC C519: the terminal's code.
    pub terminal: String,
    /// LOC C517: the terminal's port.
    pub port: UnLocode,
    /// NAD+CF: the shipping line.
    pub line: String,
    /// TDT C040: the haulier.
    pub haulier: Haulier,
    /// TDT C222: the truck.
    pub plate: Plate,
    /// SEL; the first [`REPEATS_MAX`] are written.
    pub seals: Vec<Seal>,
    /// RFF; the first [`BILLS_WRITTEN_MAX`] are written.
    pub bills: Vec<BillNo>,
    /// RFF: the release number.
    pub number: Option<Reference>,
    /// DAM 7501; the first [`REPEATS_MAX`] are written.
    pub damage: Vec<String>,
    /// MEA: gross weight in kilograms.
    pub weight_kg: Option<u32>,
}

/// Who drove it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Haulier {
    /// 3127.
    pub code: String,
    /// 3128; written upper case under UNOA, which has no other.
    pub name: String,
}

/// Writes the interchange that reports `gate_move`; `now` is when it was prepared.
///
/// # Errors
/// A value that the profile's syntax identifier cannot hold, or an address or reference that is
/// empty or too long.
pub fn gate_out(
    gate_move: &GateMove,
    outgoing: &Outgoing,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Vec<u8>, WriteError> {
    report(Way::Out, gate_move, outgoing, profile, now)
}

/// Writes the interchange that reports a container brought in; as [`gate_out`].
///
/// # Errors
/// As [`gate_out`].
pub fn gate_in(
    gate_move: &GateMove,
    outgoing: &Outgoing,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Vec<u8>, WriteError> {
    report(Way::In, gate_move, outgoing, profile, now)
}

fn report(
    way: Way,
    gate_move: &GateMove,
    outgoing: &Outgoing,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Vec<u8>, WriteError> {
    let name = match way {
        Way::In => "34",
        Way::Out => "36",
    };
    let form = &profile.gate_out;
    let about = ("CODECO", form.syntax.as_str(), form.line_breaks);
    let mut writer = outgoing::envelope(about, outgoing, profile, now)?;
    let kind = ["CODECO", "D", form.directory.release(), "UN", &form.association];
    writer.message("1", &kind, |message| {
        message.segment("BGM", &[&[name], &[&outgoing.control_ref], &["9"]])?;
        if form.directory == Directory::D00B {
            // D.95B has no DTM in the header of a CODECO.
            message.segment("DTM", &[&["137", &local_time::write(now, &profile.zone), "203"]])?;
        }
        message.segment("NAD", &[&["MS"], &[&gate_move.terminal, "160", "ZZZ"]])?;
        message.segment("NAD", &[&["CF"], &[&gate_move.line, "160", "ZZZ"]])?;
        equipment(message, gate_move, profile)?;
        message.segment("CNT", &[&["16", "1"]])
    })?;
    writer.finish()
}

impl Directory {
    /// S009 0054.
    pub const fn release(self) -> &'static str {
        match self {
            Self::D95B => "95B",
            Self::D00B => "00B",
        }
    }
}

/// The EQD group. Both directories have RFF, DTM, LOC, MEA, SEL, DAM and TDT in this order.
fn equipment(
    message: &mut MessageWriter<'_>,
    gate_move: &GateMove,
    profile: &Profile,
) -> Result<(), WriteError> {
    let form = &profile.gate_out;
    let unit = Equipment {
        container: gate_move.container,
        size_type: gate_move.size_type,
        direction: Some(gate_move.direction),
        load: Some(gate_move.load),
        seals: Vec::new(),
        weight_kg: None,
    };
    outgoing::equipment(message, &unit)?;
    if let Some(number) = &gate_move.number {
        message.segment("RFF", &[&[&form.number, number.as_str()]])?;
    }
    for bill in gate_move.bills.iter().take(BILLS_WRITTEN_MAX) {
        message.segment("RFF", &[&[&form.bill, bill.as_str()]])?;
    }
    message.segment(
        "DTM",
        &[&[&form.time, &local_time::write(gate_move.left_at, &profile.zone), "203"]],
    )?;
    let port = [gate_move.port.as_str(), "139", "6"];
    message.segment("LOC", &[&[&form.place], &port, &[&gate_move.terminal, "TER", "ZZZ"]])?;
    outgoing::weight_and_seals(message, gate_move.weight_kg, &gate_move.seals)?;
    for damage in gate_move.damage.iter().take(REPEATS_MAX) {
        message.segment("DAM", &[&["1"], &[damage]])?;
    }
    transport(message, gate_move, &form.syntax)
}

/// TDT: inland transport by road (8067 3) on a truck (8179 31), with haulier and plate.
fn transport(
    message: &mut MessageWriter<'_>,
    gate_move: &GateMove,
    syntax: &str,
) -> Result<(), WriteError> {
    let Haulier { code, name } = &gate_move.haulier;
    let name = outgoing::text(syntax, name);
    let plate = gate_move.plate.as_str();
    message.segment(
        "TDT",
        &[&["1"], &[], &["3"], &["31"], &[code, "172", "", &name], &[], &[], &[plate, "146"]],
    )
}
