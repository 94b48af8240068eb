//! CODECO in: which container passed a gate, which way, on which truck.

use crate::entry::{self, Entry, Reading, Spec};
use crate::profile::Profile;
use crate::syntax::{Fault, Interchange, Message, Note};

/// One container through a gate, as another party's system reports it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GateReport {
    /// Which way; `None` if BGM does not say.
    pub way: Option<Way>,
    /// What else it says.
    pub entry: Entry,
}

/// Which way through the gate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// Onto the terminal.
    In,
    /// Off it.
    Out,
}

impl GateReport {
    /// Why nothing can be made of it, in words for a clerk; `None` if nothing stands against.
    pub fn obstacle(&self) -> Option<String> {
        let name = &self.entry.title.name;
        let unknown = || format!("document name \"{name}\" says neither gate-in nor gate-out");
        self.entry.obstacle().or_else(|| self.way.is_none().then(unknown))
    }
}

/// Reads every CODECO of an interchange.
///
/// # Errors
/// A fault if nothing in it can be used, if it names too many containers, or if a strict partner's
/// container count is wrong.
pub fn read(
    interchange: &Interchange<'_>,
    profile: &Profile,
) -> Result<Reading<GateReport>, Fault> {
    entry::read_all(
        interchange,
        profile,
        "CODECO",
        |message, room, sink| each(interchange, message, profile, room, sink),
        GateReport::obstacle,
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
    sink: &mut dyn FnMut(GateReport),
) -> Result<Vec<Note>, Fault> {
    let form = &profile.gate_moves;
    let spec = Spec {
        what: "a gate report",
        names: &[&form.gate_in, &form.gate_out],
        time: &form.time,
        place: &|_| &form.place,
        must_be_named: true,
    };
    entry::each(interchange, message, (profile, &spec), room, &mut |entry| {
        let out = form.gate_out.contains(&entry.title.name).then_some(Way::Out);
        let way = if form.gate_in.contains(&entry.title.name) { Some(Way::In) } else { out };
        sink(GateReport { way, entry });
    })
}
