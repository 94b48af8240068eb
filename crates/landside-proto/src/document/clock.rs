//! What free time costs when it is over: the terms of a charge by the day, and what stops its clock.
//!
//! Storage is the terminal's charge; demurrage is the line's for a box inside the terminal beyond free
//! time, detention for one outside. Amounts are whole minor units of one currency: no fraction anywhere.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Payload, Remark, Role, Visit, Window};
use crate::ids::{BillNo, Currency, Date, DocId, UnixMillis};
use crate::refusal::{Code, Refusal};

/// Most free days of terms, and most days of one waiver: a year.
pub const FREE_DAYS_MAX: u16 = 366;
/// Most holidays in terms: those of several years.
pub const HOLIDAYS_MAX: usize = 128;
/// Most tiers of rates; tariffs have two to five.
pub const TIERS_MAX: usize = 16;
/// Most changes of the port's offset from UTC in terms: two a year for 16 years.
pub const OFFSET_CHANGES_MAX: usize = 32;
/// Highest rate a day, in minor units, so that ten years of it are an exact number in JSON.
pub const RATE_MAX: u64 = 1_000_000_000_000;

/// Minutes of a day, the most that terms can ask of a suspension.
const DAY_MINUTES: u16 = 1_440;
/// Offsets from UTC that ports have, in minutes: from UTC-12:00 to UTC+14:00.
const OFFSETS: std::ops::RangeInclusive<i16> = -720..=840;

/// A charge by the day for a container that stays too long.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Charge {
    /// The terminal's, while the box is inside.
    #[n(0)]
    Storage,
    /// The line's, while the box is inside.
    #[n(1)]
    Demurrage,
    /// The line's, while the box is outside, until the empty comes back.
    #[n(2)]
    Detention,
}

impl Charge {
    /// Every charge, in the order of their CBOR numbers.
    pub const ALL: [Self; 3] = [Self::Storage, Self::Demurrage, Self::Detention];

    /// The word used in documents, screens and errors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Demurrage => "demurrage",
            Self::Detention => "detention",
        }
    }

    /// The role whose charge it is.
    #[must_use]
    pub fn charged_by(self) -> Role {
        match self {
            Self::Storage => Role::Terminal,
            Self::Demurrage | Self::Detention => Role::Line,
        }
    }
}

/// The fact that starts a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum ClockStart {
    /// The box came off the ship, at the time that the last arrival gives.
    #[n(0)]
    Discharged,
    /// The terminal said that the box is reachable; the clock rests while it says otherwise.
    #[n(1)]
    Available,
    /// The box left the terminal, at the time that the gate-out gives. Of detention only.
    #[n(2)]
    GateOut,
}

/// The first day that a clock counts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum FirstDay {
    /// The day on which it starts.
    #[n(0)]
    SameDay,
    /// The day after that.
    #[n(1)]
    DayAfter,
}

/// Which days count.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum DayCount {
    /// Every day.
    #[n(0)]
    Calendar,
    /// The weekdays that the terms list, but for their holidays.
    #[n(1)]
    Working,
}

/// A day of the week.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the seven days have no other words")]
pub enum Weekday {
    #[n(0)]
    Monday,
    #[n(1)]
    Tuesday,
    #[n(2)]
    Wednesday,
    #[n(3)]
    Thursday,
    #[n(4)]
    Friday,
    #[n(5)]
    Saturday,
    #[n(6)]
    Sunday,
}

/// A rate, and from which chargeable day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(array)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The first chargeable day of this rate; the first one after free time is 1.
    #[n(0)]
    pub from_day: u16,
    /// Minor units of the currency, a day.
    #[n(1)]
    pub rate: u64,
}

/// From a moment on the port's clocks are this far from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(array)]
#[serde(deny_unknown_fields)]
pub struct OffsetChange {
    /// First moment.
    #[n(0)]
    pub from: UnixMillis,
    /// Minutes to add to UTC.
    #[n(1)]
    pub minutes: i16,
}

/// The terms of one charge for one container: how long it stays free, and what a day costs after that.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct ClockTerms {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The charge.
    #[n(1)]
    pub charge: Charge,
    /// Bill of lading; absent exactly for storage.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<BillNo>,
    /// The terms that these take the place of.
    #[n(3)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds_on: Option<DocId>,
    /// What starts the clock.
    #[n(4)]
    pub starts_on: ClockStart,
    /// The first day that counts.
    #[n(5)]
    pub first_day: FirstDay,
    /// How many days are free; at most [`FREE_DAYS_MAX`].
    #[n(6)]
    pub free_days: u16,
    /// Which days use up free time.
    #[n(7)]
    pub free_count: DayCount,
    /// Which days cost something when it is over.
    #[n(8)]
    pub charged_count: DayCount,
    /// The days of the week on which work is done, ascending; there exactly when working days count.
    #[n(9)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<Weekday>,
    /// Days on which none is done, ascending; only where working days count.
    #[n(10)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Date>,
    /// Whose suspensions count: terminal, line or both, ascending. Always whose charge it is.
    #[n(11)]
    pub suspended_by: Vec<Role>,
    /// Minutes of suspension within a day from which on that day does not count; 1 to 1,440.
    #[n(12)]
    pub suspended_from_minutes: u16,
    /// What a day costs; without any, days are counted and no amount.
    #[n(13)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// The currency of the rates; there exactly when they are.
    #[n(14)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Minutes to add to UTC for the port's time, which says when a day begins; -720 to 840.
    #[n(15)]
    pub utc_offset: i16,
    /// Later offsets, such as summer time, ascending, each another than the one before.
    #[n(16)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offset_changes: Vec<OffsetChange>,
}

/// What happens to clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum ClockEventType {
    /// Nobody could collect or return the box for a time: an outage, a closed gate.
    #[n(0)]
    Suspended,
    /// The empty came back: detention ends.
    #[n(1)]
    EmptyReturned,
    /// Who charges gives further free days.
    #[n(2)]
    Waived,
}

impl ClockEventType {
    /// The word used in documents, screens and errors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::EmptyReturned => "empty-returned",
            Self::Waived => "waived",
        }
    }
}

/// A clock is suspended, stopped, or given further free days.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct ClockEvent {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// What happens.
    #[n(1)]
    pub event: ClockEventType,
    /// Suspended: any document of the case, which finds it when the box is gone. Empty returned: the
    /// gate-out. Waived: the terms.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds_on: Option<DocId>,
    /// The charges suspended, ascending.
    #[n(3)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Charge>,
    /// From when until when they are suspended.
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// When the empty came back.
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<UnixMillis>,
    /// How many further days are free; 1 to [`FREE_DAYS_MAX`].
    #[n(6)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
    /// Why; left out only when the empty came back.
    #[n(7)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Remark>,
}

impl ClockTerms {
    /// Whether working days count in them anywhere.
    #[must_use]
    pub fn has_working_days(&self) -> bool {
        [self.free_count, self.charged_count].contains(&DayCount::Working)
    }

    fn check_start(&self) -> Result<(), Refusal> {
        if self.bill.is_some() == (self.charge == Charge::Storage) {
            return Err(bad("a bill goes with demurrage and detention, and must"));
        }
        if self.starts_on == ClockStart::GateOut && self.charge != Charge::Detention {
            return Err(bad("only detention starts at the gate-out"));
        }
        if self.free_days > FREE_DAYS_MAX {
            return Err(bad(format!("more than {FREE_DAYS_MAX} free days")));
        }
        Ok(())
    }

    fn check_days(&self) -> Result<(), Refusal> {
        if self.weekdays.is_empty() == self.has_working_days() {
            return Err(bad("weekdays go with working days, and must"));
        }
        if !self.holidays.is_empty() && !self.has_working_days() {
            return Err(bad("holidays go only with working days"));
        }
        if self.holidays.len() > HOLIDAYS_MAX {
            return Err(bad(format!("more than {HOLIDAYS_MAX} holidays")));
        }
        if !rise(&self.weekdays) || !rise(&self.holidays) {
            return Err(bad("weekdays and holidays are in order, each once"));
        }
        Ok(())
    }

    fn check_suspending(&self) -> Result<(), Refusal> {
        let may = |role: &Role| matches!(role, Role::Terminal | Role::Line);
        if !rise(&self.suspended_by) || !self.suspended_by.iter().all(may) {
            return Err(bad("suspended_by is of terminal and line, in order, each once"));
        }
        if !self.suspended_by.contains(&self.charge.charged_by()) {
            return Err(bad("who charges can always suspend its own clock"));
        }
        if !(1..=DAY_MINUTES).contains(&self.suspended_from_minutes) {
            return Err(bad(format!("suspended_from_minutes is 1 to {DAY_MINUTES}")));
        }
        Ok(())
    }

    fn check_tiers(&self) -> Result<(), Refusal> {
        if self.currency.is_some() == self.tiers.is_empty() {
            return Err(bad("a currency goes with tiers, and must"));
        }
        if self.tiers.len() > TIERS_MAX {
            return Err(bad(format!("more than {TIERS_MAX} tiers")));
        }
        let days: Vec<u16> = self.tiers.iter().map(|tier| tier.from_day).collect();
        if days.first().is_some_and(|first| *first != 1) || !rise(&days) {
            return Err(bad("tiers begin with day 1 and are in order"));
        }
        if self.tiers.iter().any(|tier| tier.rate > RATE_MAX) {
            return Err(bad(format!("a rate is more than {RATE_MAX}")));
        }
        Ok(())
    }

    fn check_offsets(&self) -> Result<(), Refusal> {
        let changes = &self.offset_changes;
        if changes.len() > OFFSET_CHANGES_MAX {
            return Err(bad(format!("more than {OFFSET_CHANGES_MAX} changes of the offset")));
        }
        let offsets = || std::iter::once(self.utc_offset).chain(changes.iter().map(|c| c.minutes));
        if !offsets().all(|minutes| OFFSETS.contains(&minutes)) {
            return Err(bad("an offset from utc is -720 to 840 minutes"));
        }
        let times: Vec<UnixMillis> = changes.iter().map(|change| change.from).collect();
        if !rise(&times) || offsets().zip(offsets().skip(1)).any(|(before, after)| before == after)
        {
            return Err(bad("changes of the offset are in order, and each changes it"));
        }
        Ok(())
    }
}

fn bad(detail: impl Into<String>) -> Refusal {
    Refusal::new(Code::BadField, detail)
}

/// Whether a list is ascending, each once.
fn rise<T: PartialOrd>(list: &[T]) -> bool {
    list.iter().zip(list.iter().skip(1)).all(|(before, after)| before < after)
}

impl Payload for ClockTerms {
    fn check(&self) -> Result<(), Refusal> {
        self.check_start()?;
        self.check_days()?;
        self.check_suspending()?;
        self.check_tiers()?;
        self.check_offsets()
    }
}

impl Payload for ClockEvent {
    fn check(&self) -> Result<(), Refusal> {
        let suspends = self.event == ClockEventType::Suspended;
        if self.window.is_some() != suspends || self.charges.is_empty() == suspends {
            return Err(bad("charges and a window go with suspended, and must"));
        }
        if !rise(&self.charges) {
            return Err(bad("charges are in order, each once"));
        }
        let returned = self.event == ClockEventType::EmptyReturned;
        if self.at.is_some() != returned {
            return Err(bad("at goes with empty-returned, and must"));
        }
        let waives = self.event == ClockEventType::Waived;
        if self.days.is_some() != waives {
            return Err(bad("days go with waived, and must"));
        }
        if self.days.is_some_and(|days| !(1..=FREE_DAYS_MAX).contains(&days)) {
            return Err(bad(format!("days waived are 1 to {FREE_DAYS_MAX}")));
        }
        if self.builds_on.is_none() && !suspends {
            return Err(bad("builds_on names the gate-out, or the terms of what is waived"));
        }
        if self.reason.is_none() && !returned {
            return Err(bad("a reason is missing"));
        }
        self.window.as_ref().map_or(Ok(()), Window::check)
    }
}

#[cfg(test)]
mod tests;
