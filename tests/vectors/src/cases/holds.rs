//! Authorities speak: holds by those who own them, lifts by those who may.

use landside_proto::ids::DocId;
use landside_proto::refusal::Code;

use super::{GREEN, arrival, hold, lift, release, status, story};
use crate::format::CaseFile;
use crate::story::Story;

pub(crate) fn file() -> CaseFile {
    let mut s = story("Authorities stop a container and let it go: each its own holds.");
    let [order, cleared] = all_green(&mut s);
    not_theirs(&mut s, cleared);
    lifted(&mut s, order);
    held_again(&mut s, cleared);
    s.file()
}

fn all_green(s: &mut Story) -> [DocId; 2] {
    let order = s.registered(
        ("release", "to the forwarder"),
        ("line", "release-order", release("forwarder")),
        "forwarder",
        super::OPEN,
    );
    let cleared = s.registered(
        ("status", "customs releases"),
        ("customs", "customs-status", status(None, "released")),
        "forwarder",
        &["terminal not-arrived terminal", "- driver-missing @", "- slot-missing @"],
    );
    s.registered(
        ("arrival", "every light is green"),
        ("terminal", "arrival", arrival(None)),
        "forwarder",
        GREEN,
    );
    [order, cleared]
}

fn not_theirs(s: &mut Story, cleared: DocId) {
    s.refused(
        ("status-by-other-office", "the office that spoke first speaks on"),
        ("other-customs", "customs-status", status(Some(cleared), "held")),
        Code::NotCustomsOfCase,
        cleared,
    );
    for (name, by, hold_type) in [
        ("commercial-by-customs", "customs", "commercial"),
        ("freight-by-terminal", "terminal", "freight"),
        ("freight-by-other-line", "other-line", "freight"),
        ("scan-by-line", "line", "customs-scan"),
        ("quarantine-by-court", "court", "quarantine"),
        ("damage-by-customs", "customs", "terminal-damage"),
        ("court-by-line", "line", "court"),
        ("court-by-terminal", "terminal", "court"),
    ] {
        let shows = format!("{by} does not own {hold_type} holds");
        s.refused((name, &shows), (by, "hold", hold(hold_type)), Code::HoldNotYours, None);
    }
}

fn lifted(s: &mut Story, order: DocId) {
    let scan = s.registered(
        ("scan", "customs stops it"),
        ("customs", "hold", hold("customs-scan")),
        "forwarder",
        &[&["customs hold customs"], GREEN].concat(),
    );
    for (name, by) in [
        ("scan-lifted-by-line", "line"),
        ("scan-lifted-by-terminal", "terminal"),
        ("scan-lifted-by-other-office", "other-customs"),
    ] {
        let shows = format!("{by} did not place it");
        s.refused((name, &shows), (by, "hold-lift", lift(scan)), Code::NotPlacer, scan);
    }
    s.refused(
        ("lift-of-a-release", "a release order is no hold"),
        ("line", "hold-lift", lift(order)),
        Code::HeadMoved,
        None,
    );
    let freight = s.registered(
        ("freight", "the line stops it too"),
        ("line", "hold", hold("freight")),
        "forwarder",
        &[&["customs hold customs", "commercial hold line"], GREEN].concat(),
    );
    for (name, by) in
        [("freight-lifted-by-terminal", "terminal"), ("freight-lifted-by-other-line", "other-line")]
    {
        let shows = format!("{by} did not place it");
        s.refused((name, &shows), (by, "hold-lift", lift(freight)), Code::NotPlacer, freight);
    }
    let by_customs = s.registered(
        ("freight-lifted-by-customs", "customs outranks the line"),
        ("customs", "hold-lift", lift(freight)),
        "forwarder",
        &[&["customs hold customs"], GREEN].concat(),
    );
    s.refused(
        ("freight-lifted-again", "it was lifted"),
        ("line", "hold-lift", lift(freight)),
        Code::HeadMoved,
        by_customs,
    );
    let by_court = s.registered(
        ("scan-lifted-by-court", "the court outranks customs"),
        ("court", "hold-lift", lift(scan)),
        "forwarder",
        GREEN,
    );
    s.refused(
        ("scan-lifted-again", "it was lifted"),
        ("customs", "hold-lift", lift(scan)),
        Code::HeadMoved,
        by_court,
    );
}

fn held_again(s: &mut Story, cleared: DocId) {
    let held = s.registered(
        ("status-held", "customs takes its release back"),
        ("customs", "customs-status", status(Some(cleared), "held")),
        "forwarder",
        &[&["customs customs-not-released customs"], GREEN].concat(),
    );
    s.refused(
        ("status-rival", "two clerks, one status: the second learns the first"),
        ("customs", "customs-status", status(Some(cleared), "exam")),
        Code::HeadMoved,
        held,
    );
    let storage = ["customs customs-not-released customs", "terminal hold terminal"];
    let unpaid = s.registered(
        ("storage", "the terminal's charges are open"),
        ("terminal", "hold", hold("terminal-storage")),
        "forwarder",
        &[&storage[..], GREEN].concat(),
    );
    let order = s.registered(
        ("court-order", "the court stops it"),
        ("court", "hold", hold("court")),
        "forwarder",
        &[&storage[..], &["commercial hold court"], GREEN].concat(),
    );
    for (name, by, what) in [
        ("storage-lifted-by-line", "line", unpaid),
        ("storage-lifted-by-customs", "customs", unpaid),
        ("court-order-lifted-by-line", "line", order),
        ("court-order-lifted-by-customs", "customs", order),
    ] {
        let shows = format!("{by} did not place it");
        s.refused((name, &shows), (by, "hold-lift", lift(what)), Code::NotPlacer, what);
    }
}
