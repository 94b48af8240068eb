//! The tables of a profile beyond release orders: what other messages carry, and where.

use serde::Deserialize;

use super::{Directory, ProfileError};

/// The qualifiers of a table, with the keys they stand under.
pub(super) type Lists<'a> = Vec<(&'static str, &'a [String])>;

/// Where a partner's COARRI carries what. Reference numbers, line and vessel are as in its COREOR.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ShipMoveForm {
    /// BGM 1001 of a discharge report.
    pub discharge: Vec<String>,
    /// BGM 1001 of a load report.
    pub load: Vec<String>,
    /// DTM of the move.
    pub time: Vec<String>,
    /// LOC of the terminal in a discharge report.
    pub discharge_place: Vec<String>,
    /// LOC of the terminal in a load report.
    pub load_place: Vec<String>,
    /// Whether a discharge says too that the container can be reached in the yard.
    pub available: bool,
    /// Whether it says too that storage is paid and nothing is to be surveyed.
    pub cleared: bool,
}

/// Where a partner's CODECO carries what.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GateMoveForm {
    /// BGM 1001 of a gate-in report.
    pub gate_in: Vec<String>,
    /// BGM 1001 of a gate-out report.
    pub gate_out: Vec<String>,
    /// DTM of the move.
    pub time: Vec<String>,
    /// LOC of the gate.
    pub place: Vec<String>,
}

/// Where a partner's COPINO carries what.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AnnouncementForm {
    /// BGM 1001 of a truck that comes to collect.
    pub pick_up: Vec<String>,
    /// BGM 1001 of a truck that comes to deliver.
    pub drop_off: Vec<String>,
    /// BGM 1001 of an announcement that leaves open which of the two.
    pub either: Vec<String>,
    /// DTM of the arrival at the gate.
    pub time: Vec<String>,
    /// LOC of the terminal.
    pub place: Vec<String>,
    /// NAD of the haulier.
    pub haulier: Vec<String>,
    /// Length of the slot asked for where DTM names a moment, in minutes: 5 to 1440.
    pub window_minutes: u32,
}

/// What a partner is answered.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AnswerForm {
    /// When a CONTRL is written.
    pub contrl: AnswerSyntax,
    /// When an APERAK is written.
    pub aperak: AnswerContent,
}

/// When the syntax of an interchange is answered.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerSyntax {
    /// Not at all.
    Never,
    /// Where UNB 0031 asks for it.
    Requested,
    /// Of every interchange.
    Always,
}

/// When the content of a message is answered.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerContent {
    /// Not at all.
    Never,
    /// Where something of it could not be used.
    Errors,
    /// Of every message.
    Always,
}

/// Where a partner's COPARN carries what.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BookingForm {
    /// BGM 1001 of an order to release empties.
    pub empty_release: Vec<String>,
    /// BGM 1001 of an order to accept containers for export.
    pub acceptance: Vec<String>,
    /// RFF of the booking, in every message.
    pub number: Vec<String>,
    /// DTM of the pick-up or delivery.
    pub time: Vec<String>,
    /// LOC of the depot of an empty release.
    pub depot: Vec<String>,
    /// LOC of the terminal of an acceptance order.
    pub terminal: Vec<String>,
}

/// What the status codes (GIS 7365) of a customs authority mean. A code that is not listed is a
/// hold, and so is a code of an agency that is not listed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CustomsForm {
    /// GIS 3055: whose codes these are; a code that names no agency is theirs too.
    pub agencies: Vec<String>,
    /// Free to leave.
    pub released: Vec<String>,
    /// Stopped.
    pub held: Vec<String>,
    /// Documents or goods are to be examined.
    pub exam: Vec<String>,
    /// To be scanned.
    pub scan: Vec<String>,
    /// The declaration was rejected.
    pub rejected: Vec<String>,
    /// BGM 1001 of an answer that reports errors.
    pub error: Vec<String>,
    /// RFF of the consignment's bill of lading.
    pub bill: Vec<String>,
    /// RFF of the declaration.
    pub declaration: Vec<String>,
    /// RFF of a container.
    pub container: Vec<String>,
}

/// How messages are written for a partner; a gate report has a table of its own.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OutForm {
    /// UNB 0001: UNOA, UNOB, UNOC, UNOW or UNOY.
    pub syntax: String,
    /// A line feed after each segment.
    pub line_breaks: bool,
    /// The UN directory.
    pub directory: Directory,
    /// UNH 0057; empty for none.
    pub association: String,
    /// BGM 1001 of a release order.
    pub release: String,
    /// BGM 1001 of an announcement.
    pub announcement: String,
    /// RFF of the release number.
    pub number: String,
    /// RFF of the bill of lading.
    pub bill: String,
    /// DTM of the earliest pick-up.
    pub valid_from: String,
    /// DTM of the last pick-up.
    pub valid_until: String,
    /// NAD of the release-to party.
    pub release_to: String,
    /// LOC of the terminal in a release order.
    pub place: String,
    /// LOC of the terminal in an announcement.
    pub announced_place: String,
    /// LOC of the depot the empty goes to.
    pub empty_return: String,
    /// RFF of the reference that depot asks for.
    pub empty_return_reference: String,
}

impl ShipMoveForm {
    pub(super) fn lists(&self) -> Lists<'_> {
        vec![
            ("ship-moves.discharge", &self.discharge),
            ("ship-moves.load", &self.load),
            ("ship-moves.time", &self.time),
            ("ship-moves.discharge-place", &self.discharge_place),
            ("ship-moves.load-place", &self.load_place),
        ]
    }

    pub(super) fn choices(&self) -> Lists<'_> {
        vec![("ship-moves.discharge", &self.discharge), ("ship-moves.load", &self.load)]
    }
}

impl GateMoveForm {
    pub(super) fn lists(&self) -> Lists<'_> {
        vec![
            ("gate-moves.gate-in", &self.gate_in),
            ("gate-moves.gate-out", &self.gate_out),
            ("gate-moves.time", &self.time),
            ("gate-moves.place", &self.place),
        ]
    }

    pub(super) fn choices(&self) -> Lists<'_> {
        vec![("gate-moves.gate-in", &self.gate_in), ("gate-moves.gate-out", &self.gate_out)]
    }
}

impl AnnouncementForm {
    pub(super) fn lists(&self) -> Lists<'_> {
        let mut lists = self.choices();
        lists.extend([
            ("announcements.time", &self.time[..]),
            ("announcements.place", &self.place),
            ("announcements.haulier", &self.haulier),
        ]);
        lists
    }

    pub(super) fn choices(&self) -> Lists<'_> {
        vec![
            ("announcements.pick-up", &self.pick_up),
            ("announcements.drop-off", &self.drop_off),
            ("announcements.either", &self.either),
        ]
    }
}

impl BookingForm {
    pub(super) fn lists(&self) -> Lists<'_> {
        let mut lists = self.choices();
        lists.extend([
            ("bookings.number", &self.number[..]),
            ("bookings.time", &self.time),
            ("bookings.depot", &self.depot),
            ("bookings.terminal", &self.terminal),
        ]);
        lists
    }

    pub(super) fn choices(&self) -> Lists<'_> {
        vec![
            ("bookings.empty-release", &self.empty_release),
            ("bookings.acceptance", &self.acceptance),
        ]
    }
}

impl CustomsForm {
    pub(super) fn lists(&self) -> Lists<'_> {
        let mut lists = self.choices();
        lists.extend([
            ("customs.agencies", &self.agencies[..]),
            ("customs.error", &self.error),
            ("customs.bill", &self.bill),
            ("customs.declaration", &self.declaration),
            ("customs.container", &self.container),
        ]);
        lists
    }

    pub(super) fn choices(&self) -> Lists<'_> {
        vec![
            ("customs.released", &self.released),
            ("customs.held", &self.held),
            ("customs.exam", &self.exam),
            ("customs.scan", &self.scan),
            ("customs.rejected", &self.rejected),
        ]
    }
}

impl OutForm {
    pub(super) fn qualifiers(&self) -> [(&'static str, &String); 11] {
        [
            ("out.release", &self.release),
            ("out.announcement", &self.announcement),
            ("out.number", &self.number),
            ("out.bill", &self.bill),
            ("out.valid-from", &self.valid_from),
            ("out.valid-until", &self.valid_until),
            ("out.release-to", &self.release_to),
            ("out.place", &self.place),
            ("out.announced-place", &self.announced_place),
            ("out.empty-return", &self.empty_return),
            ("out.empty-return-reference", &self.empty_return_reference),
        ]
    }
}

/// A code that stands for two things at once cannot be meant.
pub(super) fn check_choices(name: &str, lists: &Lists<'_>) -> Result<(), ProfileError> {
    for (at, (key, list)) in lists.iter().enumerate() {
        for (other, before) in &lists[..at] {
            if let Some(code) = list.iter().find(|code| before.contains(code)) {
                let text = format!("{code} stands in {other} and in {key}");
                return Err(ProfileError::Key { name: name.to_owned(), text });
            }
        }
    }
    Ok(())
}
