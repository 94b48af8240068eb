//! COPARN, what a line announces of containers for export: a booking that a terminal is to accept, or
//! empties that a depot is to hand out.

use crate::entry::{self, Entry, Reading, Spec};
use crate::profile::Profile;
use crate::syntax::{Fault, Interchange, Message, Note};

/// A container, or a number of them, of a booking.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Booking {
    /// What is to be done; `None` if BGM names neither.
    pub order: Option<BookingOrder>,
    /// What else it says. [`Entry::container`] is often absent: any one of that size and type.
    pub entry: Entry,
}

/// What the line wants of a terminal or depot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BookingOrder {
    /// Accept it for export.
    Accept,
    /// Hand it out, empty.
    ReleaseEmpty,
}

impl Booking {
    /// Why nothing can be made of it, in words for a clerk; `None` if nothing stands against.
    pub fn obstacle(&self) -> Option<String> {
        let Entry { title, booking, container, size_type, .. } = &self.entry;
        let unknown =
            || format!("document name \"{}\" says neither accept nor release", title.name);
        let order = || self.order.is_none().then(unknown);
        let unbooked = || booking.is_none().then(|| "no booking number".to_owned());
        let unsized_ = (container.is_none() && size_type.is_none())
            .then(|| "neither a container nor a size and type".to_owned());
        self.entry.obstacle().or_else(order).or_else(unbooked).or(unsized_)
    }
}

/// Reads every COPARN of an interchange.
///
/// # Errors
/// A fault if nothing in it can be used, if it names too many containers, or if a strict partner's
/// container count is wrong.
pub fn read(interchange: &Interchange<'_>, profile: &Profile) -> Result<Reading<Booking>, Fault> {
    entry::read_all(
        interchange,
        profile,
        "COPARN",
        |message, room, sink| each(interchange, message, profile, room, sink),
        Booking::obstacle,
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
    sink: &mut dyn FnMut(Booking),
) -> Result<Vec<Note>, Fault> {
    let form = &profile.bookings;
    let order = |name: &str| {
        let listed = |list: &[String]| list.iter().any(|listed| listed == name);
        let accept = listed(&form.acceptance).then_some(BookingOrder::Accept);
        if listed(&form.empty_release) { Some(BookingOrder::ReleaseEmpty) } else { accept }
    };
    let spec = Spec {
        what: "a booking or a release of empties",
        names: &[&form.empty_release, &form.acceptance],
        time: &form.time,
        place: &|name| match order(name) {
            Some(BookingOrder::Accept) => &form.terminal,
            Some(BookingOrder::ReleaseEmpty) | None => &form.depot,
        },
        must_be_named: false,
    };
    entry::each(interchange, message, (profile, &spec), room, &mut |entry| {
        sink(Booking { order: order(&entry.title.name), entry });
    })
}
