//! COPINO, the announcement of a truck: driver, plate, and when it wants to be at the gate.

use crate::coreor::{Direction, Load};
use crate::entry::{self, Entry, Leg, Reading, Spec};
use crate::local_time::Span;
use crate::profile::Profile;
use crate::syntax::{Fault, Interchange, Message, Note};

mod writer;

pub use writer::{TruckNotice, write};

/// One container a truck comes for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Announcement {
    /// What the truck comes to do; `None` if the message does not say.
    pub purpose: Option<Purpose>,
    /// What else it says; [`Entry::road`] has plate, driver and haulier.
    pub entry: Entry,
}

/// What a truck comes to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Bring a container.
    DropOff,
    /// Collect one.
    PickUp,
}

impl Announcement {
    /// Why nothing can be made of it, in words for a clerk; `None` if nothing stands against.
    pub fn obstacle(&self) -> Option<String> {
        let plate = || self.entry.road.plate.as_ref().err().map(ToString::to_string);
        self.entry.obstacle().or_else(plate)
    }

    /// When the truck wants to be at the gate: a moment, or the day or range that was named.
    pub fn wish(&self) -> Option<Span> {
        self.entry.at.as_ref().ok().copied().flatten()
    }
}

/// Reads every COPINO of an interchange.
///
/// # Errors
/// A fault if nothing in it can be used, if it names too many containers, or if a strict partner's
/// container count is wrong.
pub fn read(
    interchange: &Interchange<'_>,
    profile: &Profile,
) -> Result<Reading<Announcement>, Fault> {
    entry::read_all(
        interchange,
        profile,
        "COPINO",
        |message, room, sink| each(interchange, message, profile, room, sink),
        Announcement::obstacle,
    )
}

/// Reads one message and gives its containers one at a time; see [`crate::coreor::each`].
///
/// # Errors
/// As [`read`], and not for want of anything to use.
pub fn each(
    interchange: &Interchange<'_>,
    message: &Message<'_>,
    profile: &Profile,
    room: &mut usize,
    sink: &mut dyn FnMut(Announcement),
) -> Result<Vec<Note>, Fault> {
    let form = &profile.announcements;
    let spec = Spec {
        what: "an announcement",
        names: &[&form.pick_up, &form.drop_off, &form.either],
        time: &form.time,
        place: &|_| &form.place,
        must_be_named: true,
    };
    entry::each(interchange, message, (profile, &spec), room, &mut |entry| {
        let purpose = purpose(&entry, profile);
        sink(Announcement { purpose, entry });
    })
}

/// By the document's name, else the leg of the journey, else what is in the container and where it
/// is on its way to.
fn purpose(entry: &Entry, profile: &Profile) -> Option<Purpose> {
    let named = |list: &[String]| list.contains(&entry.title.name);
    if named(&profile.announcements.pick_up) {
        return Some(Purpose::PickUp);
    }
    if named(&profile.announcements.drop_off) {
        return Some(Purpose::DropOff);
    }
    match (entry.road.leg, entry.direction, entry.load) {
        (Some(Leg::OnCarriage), _, _) => Some(Purpose::PickUp),
        (Some(Leg::PreCarriage), _, _) => Some(Purpose::DropOff),
        (_, Some(Direction::Import), Some(Load::Full)) => Some(Purpose::PickUp),
        (_, Some(Direction::Export), Some(Load::Full)) => Some(Purpose::DropOff),
        _ => None,
    }
}
