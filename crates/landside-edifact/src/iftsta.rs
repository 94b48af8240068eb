//! IFTSTA out: tells a partner where its containers stand.
//!
//! The status lists of the trade have no words for most of what happens at a gate, so each report
//! says it in words, and in the partner's code where its profile names one.

use landside_proto::ids::{BillNo, ContainerNo, Reference, SizeType, UnLocode, UnixMillis};

use crate::outgoing::{self, Outgoing};
use crate::profile::Profile;
use crate::syntax::{MessageWriter, WriteError};

/// Statuses of one or more containers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusNotice {
    /// BGM 1004: this message's own number.
    pub document_number: Reference,
    /// CNI: 1 to 999 under D.95B, to 9,999 under D.00B.
    pub reports: Vec<StatusReport>,
}

/// Where one container stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusReport {
    /// EQD 8260.
    pub container: ContainerNo,
    /// EQD C224.
    pub size_type: Option<SizeType>,
    /// STS.
    pub event: StatusEvent,
    /// DTM+334: since when.
    pub at: UnixMillis,
    /// RFF: bill of lading.
    pub bill: Option<BillNo>,
    /// RFF: release number.
    pub number: Option<Reference>,
    /// LOC+175 C519: the terminal's code.
    pub terminal: String,
    /// LOC+175 C517: its port.
    pub port: UnLocode,
}

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $key:literal, $words:literal;)*) => {
        /// What has happened to a container.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum StatusEvent {
            $($(#[$doc])* $variant,)*
        }

        impl StatusEvent {
            /// Every event there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The key under `[status]` of a profile.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)* }
            }

            /// What the message says, in capitals that every syntax can hold.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
        }
    };
}

events! {
    /// The line has released it.
    Released = "released", "RELEASED BY LINE";
    /// The line has taken its release back.
    Revoked = "revoked", "RELEASE REVOKED";
    /// Off the ship.
    Discharged = "discharged", "DISCHARGED";
    /// Customs lets it go.
    CustomsReleased = "customs-released", "RELEASED BY CUSTOMS";
    /// Customs or another authority stops it.
    Held = "held", "HELD";
    /// Every light is green: a truck may come.
    Ready = "ready", "READY FOR PICK-UP";
    /// A truck has brought it.
    GateIn = "gate-in", "GATE IN";
    /// A truck has collected it.
    GateOut = "gate-out", "GATE OUT";
}

/// Writes the interchange with one status report; `now` is when it was prepared.
///
/// # Errors
/// No report or too many, a value that the profile's syntax identifier cannot hold, or an address or
/// reference that is empty or too long.
pub fn write(
    notice: &StatusNotice,
    outgoing: &Outgoing,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Vec<u8>, WriteError> {
    let form = &profile.out;
    outgoing::check_room(notice.reports.len(), form.directory)?;
    let writer = outgoing::start("IFTSTA", outgoing, profile, now)?;
    outgoing::only_message(writer, "IFTSTA", form, |message| {
        message.segment("BGM", &[&["23"], &[notice.document_number.as_str()], &["9"]])?;
        // Both directories have DTM in the header of an IFTSTA.
        outgoing::time(message, "137", now, profile)?;
        outgoing::ends(message, outgoing)?;
        for (index, one) in notice.reports.iter().enumerate() {
            report(message, index + 1, one, profile)?;
        }
        Ok(())
    })
}

fn report(
    message: &mut MessageWriter<'_>,
    item: usize,
    report: &StatusReport,
    profile: &Profile,
) -> Result<(), WriteError> {
    let form = &profile.out;
    message.segment("CNI", &[&[&item.to_string()]])?;
    let code = profile.status.get(report.event.key()).map_or("", String::as_str);
    message.segment("STS", &[&["1"], &[code, "", "ZZZ", report.event.words()]])?;
    if let Some(bill) = &report.bill {
        message.segment("RFF", &[&[&form.bill, bill.as_str()]])?;
    }
    if let Some(number) = &report.number {
        message.segment("RFF", &[&[&form.number, number.as_str()]])?;
    }
    message.segment("RFF", &[&["EQ", report.container.as_str()]])?;
    outgoing::time(message, "334", report.at, profile)?;
    let port = [report.port.as_str(), "139", "6"];
    message.segment("LOC", &[&["175"], &port, &[&report.terminal, "TER", "ZZZ"]])?;
    let size_type = report.size_type.as_ref().map(|code| [code.as_str(), "102", "5"]);
    let size_type = size_type.as_ref().map_or(&[][..], |code| &code[..]);
    message.segment("EQD", &[&["CN"], &[report.container.as_str()], size_type])
}
