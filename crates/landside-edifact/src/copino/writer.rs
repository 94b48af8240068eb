//! COPINO out: a haulier tells a terminal which truck comes, and when.

use landside_proto::ids::{BillNo, Plate, Reference, UnLocode, UnixMillis};

use super::Purpose;
use crate::coreor::NoticeAction;
use crate::local_time;
use crate::outgoing::{self, Equipment, Outgoing, PartyName, REPEATS_MAX};
use crate::profile::Profile;
use crate::syntax::{MessageWriter, WriteError};

/// A truck on its way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TruckNotice {
    /// BGM 1225.
    pub action: NoticeAction,
    /// BGM 1004: this message's own number.
    pub document_number: Reference,
    /// TDT 8051: 30 to collect, 10 to deliver.
    pub purpose: Purpose,
    /// RFF: release number.
    pub number: Option<Reference>,
    /// RFF: booking, for a container to deliver.
    pub booking: Option<Reference>,
    /// RFF; the first 7 are written.
    pub bills: Vec<BillNo>,
    /// TDT C040.
    pub haulier: PartyName,
    /// TDT C222 8213.
    pub plate: Plate,
    /// TDT C222 8212; written upper case under UNOA.
    pub driver: Option<String>,
    /// LOC C519: the terminal's code.
    pub terminal: String,
    /// LOC C517: its port.
    pub port: UnLocode,
    /// DTM+132: first and last moment at the gate, in minutes.
    pub window: (UnixMillis, UnixMillis),
    /// EQD: 1 to 999 under D.95B, to 9,999 under D.00B.
    pub containers: Vec<Equipment>,
}

/// Writes the interchange with one announcement; `now` is when it was prepared.
///
/// # Errors
/// No container or too many, a value that the profile's syntax identifier cannot hold, or an address
/// or reference that is empty or too long.
pub fn write(
    notice: &TruckNotice,
    outgoing: &Outgoing,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Vec<u8>, WriteError> {
    let form = &profile.out;
    outgoing::check_room(notice.containers.len(), form.directory)?;
    let writer = outgoing::start("COPINO", outgoing, profile, now)?;
    outgoing::only_message(writer, "COPINO", form, |message| {
        let number = notice.document_number.as_str();
        message.segment("BGM", &[&[&form.announcement], &[number], &[notice.action.code()]])?;
        outgoing::made_at(message, profile, now)?;
        header(message, notice, outgoing, profile)?;
        for (index, unit) in notice.containers.iter().enumerate() {
            outgoing::equipment(message, unit)?;
            message.segment("RFF", &[&["SQ", &(index + 1).to_string()]])?;
            outgoing::weight_and_seals(message, unit.weight_kg, &unit.seals)?;
        }
        message.segment("CNT", &[&["16", &notice.containers.len().to_string()]])
    })
}

fn header(
    message: &mut MessageWriter<'_>,
    notice: &TruckNotice,
    outgoing: &Outgoing,
    profile: &Profile,
) -> Result<(), WriteError> {
    let form = &profile.out;
    if let Some(number) = &notice.number {
        message.segment("RFF", &[&[&form.number, number.as_str()]])?;
    }
    if let Some(booking) = &notice.booking {
        message.segment("RFF", &[&["BN", booking.as_str()]])?;
    }
    for bill in notice.bills.iter().take(REPEATS_MAX - 2) {
        message.segment("RFF", &[&[&form.bill, bill.as_str()]])?;
    }
    let leg = match notice.purpose {
        Purpose::PickUp => "30",
        Purpose::DropOff => "10",
    };
    let PartyName { code, name } = &notice.haulier;
    let name = outgoing::text(&form.syntax, name);
    let driver = outgoing::text(&form.syntax, notice.driver.as_deref().unwrap_or(""));
    // By road (8067 3) on a truck (8179 31).
    let haulier = [code.as_str(), "172", "", &name];
    let truck = [notice.plate.as_str(), "146", "", &driver];
    message.segment("TDT", &[&[leg], &[], &["3"], &["31"], &haulier, &[], &[], &truck])?;
    let port = [notice.port.as_str(), "139", "6"];
    message
        .segment("LOC", &[&[&form.announced_place], &port, &[&notice.terminal, "TER", "ZZZ"]])?;
    let (from, until) = notice.window;
    let first = local_time::write(from, &profile.zone);
    let last = local_time::write(until, &profile.zone);
    if first == last {
        message.segment("DTM", &[&["132", &first, "203"]])?;
    } else {
        message.segment("DTM", &[&["132", &format!("{first}-{last}"), "719"]])?;
    }
    outgoing::ends(message, outgoing)
}
