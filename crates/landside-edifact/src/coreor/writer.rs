//! COREOR out: a release order as the partner's profile words it.

use landside_proto::ids::{BillNo, Reference, UnLocode, UnixMillis};

use super::Vessel;
use crate::outgoing::{self, Equipment, Outgoing, PartyName};
use crate::profile::{Directory, OutForm, Profile};
use crate::syntax::{MessageWriter, WriteError};

/// Most bills of lading written; RFF may occur 9 times, and one is the release number.
pub const BILLS_WRITTEN_MAX: usize = 7;

/// A release order, or what becomes of one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReleaseNotice {
    /// BGM 1225.
    pub action: NoticeAction,
    /// BGM 1004: this message's own number.
    pub document_number: Reference,
    /// RFF: release number.
    pub number: Option<Reference>,
    /// RFF; the first [`BILLS_WRITTEN_MAX`] are written.
    pub bills: Vec<BillNo>,
    /// TDT C222.
    pub vessel: Vessel,
    /// TDT 8028.
    pub voyage: String,
    /// TDT C040 and NAD+CA: the shipping line.
    pub line: String,
    /// LOC C519: the terminal's code.
    pub terminal: String,
    /// LOC C517: its port.
    pub port: UnLocode,
    /// NAD: who may collect.
    pub release_to: Option<PartyName>,
    /// DTM: the earliest pick-up.
    pub valid_from: Option<UnixMillis>,
    /// DTM: the last pick-up, cut to the minute.
    pub valid_until: Option<UnixMillis>,
    /// LOC C519: the depot the empty goes to.
    pub empty_return: Option<String>,
    /// RFF: what that depot asks for.
    pub empty_return_reference: Option<Reference>,
    /// EQD: 1 to 999 under D.95B, to 9,999 under D.00B.
    pub containers: Vec<Equipment>,
}

/// What a release order does (1225).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoticeAction {
    /// 1: cancels the whole order.
    Cancellation,
    /// 4: changes what it names.
    Change,
    /// 3: takes these containers out of the order.
    Deletion,
    /// 9: the order itself.
    Original,
    /// 5: replaces an order sent before.
    Replace,
}

impl NoticeAction {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Cancellation => "1",
            Self::Change => "4",
            Self::Deletion => "3",
            Self::Original => "9",
            Self::Replace => "5",
        }
    }
}

/// Writes the interchange with one release order; `now` is when it was prepared.
///
/// # Errors
/// No container or too many, a value that the profile's syntax identifier cannot hold, or an address
/// or reference that is empty or too long.
pub fn write(
    notice: &ReleaseNotice,
    outgoing: &Outgoing,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Vec<u8>, WriteError> {
    let form = &profile.out;
    outgoing::check_room(notice.containers.len(), form.directory)?;
    let writer = outgoing::start("COREOR", outgoing, profile, now)?;
    outgoing::only_message(writer, "COREOR", form, |message| {
        let number = notice.document_number.as_str();
        message.segment("BGM", &[&[&form.release], &[number], &[notice.action.code()]])?;
        outgoing::made_at(message, profile, now)?;
        header(message, notice, outgoing, profile)?;
        for (index, unit) in notice.containers.iter().enumerate() {
            outgoing::equipment(message, unit)?;
            // RFF is mandatory behind EQD; SQ is a number in the list.
            message.segment("RFF", &[&["SQ", &(index + 1).to_string()]])?;
            outgoing::weight_and_seals(message, unit.weight_kg, &unit.seals)?;
        }
        message.segment("CNT", &[&["16", &notice.containers.len().to_string()]])
    })
}

fn header(
    message: &mut MessageWriter<'_>,
    notice: &ReleaseNotice,
    outgoing: &Outgoing,
    profile: &Profile,
) -> Result<(), WriteError> {
    let form = &profile.out;
    for bill in notice.bills.iter().take(BILLS_WRITTEN_MAX) {
        message.segment("RFF", &[&[&form.bill, bill.as_str()]])?;
    }
    if let Some(reference) = &notice.empty_return_reference {
        message.segment("RFF", &[&[&form.empty_return_reference, reference.as_str()]])?;
    }
    if let Some(number) = &notice.number {
        message.segment("RFF", &[&[&form.number, number.as_str()]])?;
    }
    // D.00B has DTM behind a header RFF; D.95B only behind TDT and NAD.
    let behind_party = notice.release_to.is_some() && form.directory == Directory::D95B;
    let behind_reference = form.directory == Directory::D00B && has_reference(notice);
    if behind_reference {
        validity(message, notice, profile)?;
    }
    outgoing::carriage(message, (&notice.vessel, &notice.voyage, &notice.line), form)?;
    let port = [notice.port.as_str(), "139", "6"];
    message.segment("LOC", &[&[&form.place], &port, &[&notice.terminal, "TER", "ZZZ"]])?;
    if let Some(depot) = &notice.empty_return {
        message.segment("LOC", &[&[&form.empty_return], &[], &[depot, "TER", "ZZZ"]])?;
    }
    if !behind_reference && !behind_party {
        validity(message, notice, profile)?;
    }
    parties(message, notice, outgoing, form)?;
    if behind_party { validity(message, notice, profile) } else { Ok(()) }
}

fn has_reference(notice: &ReleaseNotice) -> bool {
    let ReleaseNotice { number, bills, empty_return_reference, .. } = notice;
    number.is_some() || !bills.is_empty() || empty_return_reference.is_some()
}

/// The release-to party comes last, so that a validity may follow it.
fn parties(
    message: &mut MessageWriter<'_>,
    notice: &ReleaseNotice,
    outgoing: &Outgoing,
    form: &OutForm,
) -> Result<(), WriteError> {
    outgoing::ends(message, outgoing)?;
    message.segment("NAD", &[&["CA"], &[&notice.line, "160", "ZZZ"]])?;
    match &notice.release_to {
        None => Ok(()),
        Some(party) => outgoing::party(message, &form.release_to, party, form),
    }
}

fn validity(
    message: &mut MessageWriter<'_>,
    notice: &ReleaseNotice,
    profile: &Profile,
) -> Result<(), WriteError> {
    if let Some(from) = notice.valid_from {
        outgoing::time(message, &profile.out.valid_from, from, profile)?;
    }
    match notice.valid_until {
        None => Ok(()),
        Some(until) => outgoing::time(message, &profile.out.valid_until, until, profile),
    }
}
