//! COARRI, the discharge and load report: which container came off a ship or went onto it, and when.

use landside_proto::ids::UnixMillis;

use crate::entry::{self, Entry, Reading, Spec};
use crate::profile::Profile;
use crate::syntax::{Fault, Interchange, Message, Note};

/// One container over the quay.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ShipMove {
    /// Off or on; `None` if BGM names neither.
    pub action: Option<ShipAction>,
    /// What else it says.
    pub entry: Entry,
}

/// Which way over the quay.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ShipAction {
    /// Off the ship.
    Discharge,
    /// Onto it.
    Load,
}

impl ShipMove {
    /// Why nothing can be made of it, in words for a clerk; `None` if nothing stands against.
    pub fn obstacle(&self) -> Option<String> {
        let name = &self.entry.title.name;
        let unknown = || format!("document name \"{name}\" says neither discharge nor load");
        self.entry.obstacle().or_else(|| self.action.is_none().then(unknown))
    }

    /// When it was moved.
    pub fn moved_at(&self) -> Option<UnixMillis> {
        self.entry.moment()
    }
}

/// Reads every COARRI of an interchange.
///
/// # Errors
/// A fault if nothing in it can be used, if it names too many containers, or if a strict partner's
/// container count is wrong.
pub fn read(interchange: &Interchange<'_>, profile: &Profile) -> Result<Reading<ShipMove>, Fault> {
    entry::read_all(
        interchange,
        profile,
        "COARRI",
        |message, room, sink| each(interchange, message, profile, room, sink),
        ShipMove::obstacle,
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
    sink: &mut dyn FnMut(ShipMove),
) -> Result<Vec<Note>, Fault> {
    let form = &profile.ship_moves;
    let action = |name: &str| {
        let listed = |list: &[String]| list.iter().any(|listed| listed == name);
        let load = listed(&form.load).then_some(ShipAction::Load);
        if listed(&form.discharge) { Some(ShipAction::Discharge) } else { load }
    };
    let spec = Spec {
        what: "a discharge or load report",
        names: &[&form.discharge, &form.load],
        time: &form.time,
        place: &|name| match action(name) {
            Some(ShipAction::Load) => &form.load_place,
            Some(ShipAction::Discharge) | None => &form.discharge_place,
        },
        must_be_named: true,
    };
    entry::each(interchange, message, (profile, &spec), room, &mut |entry| {
        sink(ShipMove { action: action(&entry.title.name), entry });
    })
}
