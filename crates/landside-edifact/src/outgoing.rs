//! What every interchange we write has: envelope, directory, and the segments that several messages
//! share.

use landside_proto::ids::{ContainerNo, SizeType, UnixMillis};

use crate::coreor::{Direction, Load, Seal, Vessel};
use crate::local_time;
use crate::profile::{Directory, OutForm, Profile};
use crate::syntax::{Address, Header, MessageWriter, Prepared, WriteError, Writer};

/// Most seals of a container, and most bills of lading, that are written; the directories allow 9.
pub(crate) const REPEATS_MAX: usize = 9;

/// From whom to whom an interchange goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outgoing {
    /// S002.
    pub sender: Address,
    /// S003.
    pub recipient: Address,
    /// 0020: 1 to 14 characters, never used twice between the same two.
    pub control_ref: String,
    /// 0035.
    pub test: bool,
}

impl Outgoing {
    /// Back to where an interchange came from. An answer to a test is a test.
    pub(crate) fn back(header: &Header, control_ref: &str) -> Self {
        Self {
            sender: header.recipient.clone(),
            recipient: header.sender.clone(),
            control_ref: control_ref.to_owned(),
            test: header.test,
        }
    }
}

/// A party by its code, its name, or both.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PartyName {
    /// 3039.
    pub code: String,
    /// 3036; written upper case under UNOA, which has no other.
    pub name: String,
}

/// A container in a message we write.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Equipment {
    /// EQD 8260.
    pub container: ContainerNo,
    /// EQD C224.
    pub size_type: Option<SizeType>,
    /// EQD 8249.
    pub direction: Option<Direction>,
    /// EQD 8169.
    pub load: Option<Load>,
    /// SEL; the first 9 are written.
    pub seals: Vec<Seal>,
    /// MEA: gross weight in kilograms.
    pub weight_kg: Option<u32>,
}

/// Starts an interchange for `kind` by the `[out]` table of the profile.
pub(crate) fn start(
    kind: &str,
    outgoing: &Outgoing,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Writer, WriteError> {
    let OutForm { syntax, line_breaks, .. } = &profile.out;
    envelope((kind, syntax, *line_breaks), outgoing, profile, now)
}

/// The syntax version (0002) that goes with a syntax identifier.
pub(crate) fn version(syntax: &str) -> &'static str {
    if matches!(syntax, "UNOW" | "UNOY") { "4" } else { "3" }
}

/// Starts an interchange under a syntax identifier, with or without line breaks.
pub(crate) fn envelope(
    (kind, syntax, line_breaks): (&str, &str, bool),
    outgoing: &Outgoing,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Writer, WriteError> {
    let version = version(syntax);
    let header = Header {
        syntax_id: syntax.to_owned(),
        syntax_version: version.to_owned(),
        sender: outgoing.sender.clone(),
        recipient: outgoing.recipient.clone(),
        prepared: Prepared::at(local_time::local(now, &profile.zone), version),
        control_ref: outgoing.control_ref.clone(),
        application_ref: kind.to_owned(),
        ack_requested: false,
        test: outgoing.test,
    };
    Writer::new(&header, line_breaks)
}

/// The one message of an interchange, of `kind` in the profile's directory.
pub(crate) fn only_message(
    mut writer: Writer,
    kind: &str,
    form: &OutForm,
    fill: impl FnOnce(&mut MessageWriter<'_>) -> Result<(), WriteError>,
) -> Result<Vec<u8>, WriteError> {
    let kind = [kind, "D", form.directory.release(), "UN", &form.association];
    writer.message("1", &kind, fill)?;
    writer.finish()
}

/// Text as the syntax can hold it: UNOA has capitals only.
pub(crate) fn text(syntax: &str, text: &str) -> String {
    if syntax == "UNOA" { text.to_uppercase() } else { text.to_owned() }
}

/// DTM+137: when the message was made. D.95B has none in the header of these messages.
pub(crate) fn made_at(
    message: &mut MessageWriter<'_>,
    profile: &Profile,
    now: UnixMillis,
) -> Result<(), WriteError> {
    match profile.out.directory {
        Directory::D95B => Ok(()),
        Directory::D00B => time(message, "137", now, profile),
    }
}

/// DTM: a moment, in minutes of the profile's zone.
pub(crate) fn time(
    message: &mut MessageWriter<'_>,
    qualifier: &str,
    at: UnixMillis,
    profile: &Profile,
) -> Result<(), WriteError> {
    message.segment("DTM", &[&[qualifier, &local_time::write(at, &profile.zone), "203"]])
}

/// NAD+MS and NAD+MR: from whom and to whom.
pub(crate) fn ends(message: &mut MessageWriter<'_>, outgoing: &Outgoing) -> Result<(), WriteError> {
    message.segment("NAD", &[&["MS"], &[&outgoing.sender.id, "160", "ZZZ"]])?;
    message.segment("NAD", &[&["MR"], &[&outgoing.recipient.id, "160", "ZZZ"]])
}

/// NAD: a party.
pub(crate) fn party(
    message: &mut MessageWriter<'_>,
    qualifier: &str,
    party: &PartyName,
    form: &OutForm,
) -> Result<(), WriteError> {
    let code = [party.code.as_str(), "160", "ZZZ"];
    let code = if party.code.is_empty() { &[][..] } else { &code[..] };
    let name = text(&form.syntax, &party.name);
    message.segment("NAD", &[&[qualifier], code, &[], &[&name]])
}

/// TDT+20: ship, voyage and line.
pub(crate) fn carriage(
    message: &mut MessageWriter<'_>,
    (vessel, voyage, line): (&Vessel, &str, &str),
    form: &OutForm,
) -> Result<(), WriteError> {
    let name = text(&form.syntax, vessel.name.as_deref().unwrap_or(""));
    let ship = match (&vessel.imo, &vessel.call_sign) {
        (Some(imo), _) => [imo.as_str(), "146", "11", &name],
        (None, Some(call_sign)) => [call_sign.as_str(), "103", "", &name],
        (None, None) => ["", "", "", &name],
    };
    message
        .segment("TDT", &[&["20"], &[voyage], &["1"], &[], &[line, "172", "ZZZ"], &[], &[], &ship])
}

/// EQD: a container.
pub(crate) fn equipment(
    message: &mut MessageWriter<'_>,
    equipment: &Equipment,
) -> Result<(), WriteError> {
    let size_type = equipment.size_type.as_ref().map(|code| [code.as_str(), "102", "5"]);
    let size_type = size_type.as_ref().map_or(&[][..], |code| &code[..]);
    let direction = match equipment.direction {
        None => "",
        Some(Direction::Continental) => "1",
        Some(Direction::Export) => "2",
        Some(Direction::Import) => "3",
        Some(Direction::Transhipment) => "6",
    };
    let load = match equipment.load {
        None => "",
        Some(Load::Empty) => "4",
        Some(Load::Full) => "5",
    };
    let container = equipment.container.as_str();
    message.segment("EQD", &[&["CN"], &[container], size_type, &[], &[direction], &[load]])
}

/// MEA and SEL behind an EQD.
pub(crate) fn weight_and_seals(
    message: &mut MessageWriter<'_>,
    weight_kg: Option<u32>,
    seals: &[Seal],
) -> Result<(), WriteError> {
    if let Some(kilograms) = weight_kg {
        message.segment("MEA", &[&["AAE"], &["G"], &["KGM", &kilograms.to_string()]])?;
    }
    for seal in seals.iter().take(REPEATS_MAX) {
        message.segment("SEL", &[&[&seal.number], &[seal.party.as_deref().unwrap_or("")]])?;
    }
    Ok(())
}

/// More containers than a message of the directory holds, or none, are an error.
pub(crate) fn check_room(found: usize, directory: Directory) -> Result<(), WriteError> {
    let max = match directory {
        Directory::D95B => EQUIPMENT_95B_MAX,
        Directory::D00B => EQUIPMENT_00B_MAX,
    };
    if (1..=max).contains(&found) { Ok(()) } else { Err(WriteError::Count { found, max }) }
}

/// Most containers of a message under D.95B, by its segment tables.
const EQUIPMENT_95B_MAX: usize = 999;

/// Most containers of a message under D.00B, by its segment tables.
const EQUIPMENT_00B_MAX: usize = 9_999;
