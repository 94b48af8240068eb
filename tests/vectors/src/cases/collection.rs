//! From the first status to the gate-out, with everything that must not work on the way.

use landside_proto::ids::{DocId, Hash32};
use landside_proto::refusal::Code;
use serde_json::json;

use super::{
    BILL, GREEN, PLATE, UNTIL, admit, arrival, binding, change, gate_out, granted, hold,
    interchange, on, pass, pickup, pickup_by, release, release_of, request, status, story,
};
use crate::format::CaseFile;
use crate::story::Story;

const FROM: &str = "2026-11-23T10:00:00Z";
const TO: &str = "2026-11-23T14:00:00Z";

pub(crate) fn file() -> CaseFile {
    let mut s = story("One container from the first word of customs to the gate-out.");
    before_the_case(&mut s);
    let release = released(&mut s);
    let (first, second) = passed(&mut s, release);
    let driver = bound(&mut s, second);
    let slot = slotted(&mut s, second, driver);
    let pickup = pass_issued(&mut s, [first, second, slot]);
    let decision = admitted(&mut s, driver, pickup);
    let left = collected(&mut s, decision, pickup);
    after_the_gate(&mut s, [release, second, pickup, decision, left]);
    s.file()
}

fn nobody() -> DocId {
    DocId::from_bytes(*Hash32::of(b"a document of no case").as_bytes())
}

fn before_the_case(s: &mut Story) {
    let elsewhere = {
        let mut payload = release("forwarder");
        payload["visit"]["terminal"] = json!("other-terminal");
        payload
    };
    let ended = release_of(BILL, "forwarder", "2026-11-23T09:00:00Z");
    let credential = json!({
        "key": crate::world::public("driver"),
        "name": "Asha Mwita",
        "valid_until": UNTIL,
        "state": "active",
    });
    s.refused(
        ("pass-before-case", "a pass of the right does not open a case"),
        ("forwarder", "pass-right", pass(nobody(), "haulier", json!({}))),
        Code::CaseUnknown,
        None,
    );
    s.refused(
        ("other-terminal", "a release for another terminal"),
        ("line", "release-order", elsewhere),
        Code::WrongTerminal,
        None,
    );
    s.refused(
        ("status-on-nothing", "a status that builds on one nobody has"),
        ("customs", "customs-status", status(Some(nobody()), "released")),
        Code::ParentUnknown,
        None,
    );
    for (name, shows, to) in [
        ("release-to-customs", "customs cannot hold a right", "customs"),
        ("release-to-stranger", "a party that is not in the directory", "stranger"),
    ] {
        let said = ("line", "release-order", release(to));
        s.refused((name, shows), said, Code::HolderUnfit, None);
    }
    let said = ("line", "release-order", ended);
    s.refused(("release-ended", "a release that ended an hour ago"), said, Code::Expired, None);
    s.refused(
        ("credential", "a document of no case"),
        ("haulier", "driver-credential", credential),
        Code::NotDeliverable,
        None,
    );
}

fn released(s: &mut Story) -> DocId {
    let cleared = s.registered(
        ("status", "customs opens the case before the line does"),
        ("customs", "customs-status", status(None, "released")),
        "",
        &["commercial not-released line", "terminal not-arrived terminal"],
    );
    s.turned_away(&["not-released line", "not-arrived terminal", "no-pass driver"]);
    s.refused(
        ("pass-before-release", "nobody holds a right yet"),
        ("forwarder", "pass-right", pass(cleared, "haulier", json!({}))),
        Code::NotHolder,
        None,
    );
    let order = s.registered(
        ("release", "the line releases to the forwarder"),
        ("line", "release-order", release("forwarder")),
        "forwarder",
        &["terminal not-arrived terminal", "- driver-missing @", "- slot-missing @"],
    );
    s.turned_away(&[
        "not-arrived terminal",
        "driver-missing forwarder",
        "slot-missing forwarder",
        "no-pass driver",
    ]);
    s.refused(
        ("second-release", "the same bill again"),
        ("line", "release-order", release("forwarder")),
        Code::DoubleRelease,
        order,
    );
    s.refused(
        ("release-by-other-line", "another line releases the same container"),
        ("other-line", "release-order", release_of("OL-1", "haulier", UNTIL)),
        Code::DoubleRelease,
        order,
    );
    s.refused(
        ("status-without-parent", "a second status must name the first"),
        ("customs", "customs-status", status(None, "held")),
        Code::HeadMoved,
        cleared,
    );
    let here = s.registered(
        ("arrival", "discharged, reachable, clear"),
        ("terminal", "arrival", arrival(None)),
        "forwarder",
        GREEN,
    );
    s.refused(
        ("arrival-without-parent", "a second arrival must name the first"),
        ("terminal", "arrival", arrival(None)),
        Code::HeadMoved,
        here,
    );
    s.refused(
        ("pass-on-arrival", "a pass that builds on no move of the right"),
        ("forwarder", "pass-right", pass(here, "haulier", json!({}))),
        Code::HeadMoved,
        order,
    );
    order
}

fn passed(s: &mut Story, order: DocId) -> (DocId, DocId) {
    let limits = json!({ "until": "2026-12-01T22:00:00Z", "plate": PLATE, "hops": 2 });
    for (name, shows, by, to, limit, code, names) in [
        (
            "pass-by-shipper",
            "who holds nothing passes nothing on",
            "shipper",
            "haulier",
            json!({}),
            Code::NotHolder,
            Some(order),
        ),
        (
            "pass-to-terminal",
            "a terminal cannot hold a right",
            "forwarder",
            "terminal",
            json!({}),
            Code::HolderUnfit,
            None,
        ),
        (
            "pass-to-itself",
            "the holder holds it already",
            "forwarder",
            "forwarder",
            json!({}),
            Code::HolderUnfit,
            None,
        ),
        (
            "pass-later-end",
            "ends after the release does",
            "forwarder",
            "haulier",
            json!({ "until": "2026-12-05T22:00:00.001Z" }),
            Code::RightWidened,
            Some(order),
        ),
        (
            "pass-earlier-begin",
            "begins before the release does",
            "forwarder",
            "haulier",
            json!({ "from": "2026-11-22T23:59:59.999Z" }),
            Code::RightWidened,
            Some(order),
        ),
    ] {
        let said = (by, "pass-right", pass(order, to, limit));
        s.refused((name, shows), said, code, names);
    }
    let unknown = ("forwarder", "pass-right", pass(nobody(), "haulier", json!({})));
    s.refused(("pass-on-nothing", "unknown parent"), unknown, Code::ParentUnknown, None);
    let first = s.registered(
        ("pass-1", "the forwarder names the haulier, one truck and two more hops"),
        ("forwarder", "pass-right", pass(order, "haulier", limits)),
        "haulier",
        GREEN,
    );
    (first, passed_on(s, order, first))
}

fn passed_on(s: &mut Story, order: DocId, first: DocId) -> DocId {
    for (name, shows, parent, code) in [
        (
            "pass-1-again",
            "the second of two passes loses and learns the winner",
            order,
            Code::HeadMoved,
        ),
        ("pass-by-last-holder", "who passed the right on holds it no more", first, Code::NotHolder),
    ] {
        let said = ("forwarder", "pass-right", pass(parent, "sub-haulier", json!({})));
        s.refused((name, shows), said, code, first);
    }
    for (name, shows, limit) in [
        ("pass-more-hops", "as many hops as it had itself", json!({ "hops": 2 })),
        ("pass-other-truck", "another truck", json!({ "plate": "T-999-ZZZ" })),
    ] {
        let said = ("haulier", "pass-right", pass(first, "sub-haulier", limit));
        s.refused((name, shows), said, Code::RightWidened, first);
    }
    let second = s.registered(
        ("pass-2", "the haulier names a sub-haulier, no more hops"),
        ("haulier", "pass-right", pass(first, "sub-haulier", json!({ "hops": 0 }))),
        "sub-haulier",
        GREEN,
    );
    s.turned_away(&["driver-missing sub-haulier", "slot-missing sub-haulier", "no-pass driver"]);
    s.refused(
        ("pass-3", "no hop is left"),
        ("sub-haulier", "pass-right", pass(second, "forwarder", json!({}))),
        Code::HopsExhausted,
        None,
    );
    second
}

fn bound(s: &mut Story, right: DocId) -> DocId {
    for (name, shows, by, driver, plate, code, names) in [
        (
            "binding-by-haulier",
            "who passed the right on binds nobody",
            "haulier",
            "driver",
            PLATE,
            Code::NotHolder,
            Some(right),
        ),
        (
            "binding-other-driver",
            "another haulier vouches for that device",
            "sub-haulier",
            "other-driver",
            PLATE,
            Code::DriverUnknown,
            None,
        ),
        (
            "binding-other-truck",
            "the right is for one truck",
            "sub-haulier",
            "driver",
            "T-999-ZZZ",
            Code::PlateNotAllowed,
            None,
        ),
    ] {
        let said = (by, "driver-binding", binding(right, None, driver, plate));
        s.refused((name, shows), said, code, names);
    }
    let bound = s.registered(
        ("binding", "driver and truck"),
        ("sub-haulier", "driver-binding", binding(right, None, "driver", PLATE)),
        "sub-haulier",
        &["- slot-missing @"],
    );
    s.refused(
        ("binding-again", "a second binding must name the first"),
        ("sub-haulier", "driver-binding", binding(right, None, "driver", PLATE)),
        Code::HeadMoved,
        bound,
    );
    bound
}

fn slotted(s: &mut Story, right: DocId, bound: DocId) -> DocId {
    let windows = [
        ("slot-past", "a window that is over", "2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z"),
        ("slot-late", "a window after the right", "2026-12-01T23:00:00Z", "2026-12-02T01:00:00Z"),
    ];
    for (name, shows, from, to) in windows {
        let said = ("sub-haulier", "slot-request", request(right, None, from, to));
        s.refused((name, shows), said, Code::SlotWindow, None);
    }
    s.refused(
        ("slot-unasked", "an answer to no request"),
        ("terminal", "slot", granted(bound, FROM, TO)),
        Code::HeadMoved,
        None,
    );
    let asked = s.registered(
        ("slot-request", "the sub-haulier asks"),
        ("sub-haulier", "slot-request", request(right, None, FROM, TO)),
        "sub-haulier",
        &["- slot-unanswered terminal"],
    );
    s.turned_away(&["slot-unanswered terminal", "no-pass driver"]);
    s.refused(
        ("pickup-pass-early", "no pass before the slot is granted"),
        ("terminal", "pickup-pass", pickup(right, asked, FROM, TO)),
        Code::PassNotDue,
        None,
    );
    let slot = s.registered(
        ("slot", "the terminal grants"),
        ("terminal", "slot", granted(asked, FROM, TO)),
        "sub-haulier",
        &["- pass-missing terminal"],
    );
    s.turned_away(&["pass-missing terminal", "no-pass driver"]);
    s.refused(
        ("slot-again", "the request is answered"),
        ("terminal", "slot", granted(asked, FROM, TO)),
        Code::HeadMoved,
        slot,
    );
    slot
}

fn pass_issued(s: &mut Story, [first, second, slot]: [DocId; 3]) -> DocId {
    let beyond = "2026-12-01T22:00:01Z";
    s.refused(
        ("admit-without-pass", "no pass was issued"),
        ("terminal", "gate-decision", admit(None, slot, "driver", PLATE)),
        Code::PassNotDue,
        None,
    );
    for (name, shows, payload, code, names) in [
        (
            "pickup-pass-other-driver",
            "a driver who is not bound",
            pickup_by(second, slot, "other-driver", [FROM, TO]),
            Code::PassNotDue,
            None,
        ),
        (
            "pickup-pass-old-right",
            "on a right that moved",
            pickup(first, slot, FROM, TO),
            Code::HeadMoved,
            Some(second),
        ),
        (
            "pickup-pass-too-long",
            "a second longer than the right",
            pickup(second, slot, FROM, beyond),
            Code::RightWidened,
            Some(second),
        ),
    ] {
        s.refused((name, shows), ("terminal", "pickup-pass", payload), code, names);
    }
    let pass = s.registered(
        ("pickup-pass", "nothing is missing any more"),
        ("terminal", "pickup-pass", pickup(second, slot, FROM, TO)),
        "sub-haulier",
        &[],
    );
    s.turned_away(&["no-pass driver"]);
    s.refused(
        ("pickup-pass-again", "one pass lives"),
        ("terminal", "pickup-pass", pickup(second, slot, FROM, TO)),
        Code::PassNotDue,
        pass,
    );
    pass
}

fn admitted(s: &mut Story, bound: DocId, pass: DocId) -> DocId {
    s.refused(
        ("interchange-before-gate", "the truck is not in"),
        ("terminal", "interchange-receipt", interchange(pass)),
        Code::NotAdmitted,
        None,
    );
    s.refused(
        ("gate-out-before-gate", "the truck is not in"),
        ("terminal", "gate-out", gate_out(pass, pass)),
        Code::NotAdmitted,
        None,
    );
    for (name, shows, driver, plate, code) in [
        ("admit-other-driver", "another driver", "other-driver", PLATE, Code::NotBoundDriver),
        ("admit-other-truck", "another truck", "driver", "T-999-ZZZ", Code::PlateNotAllowed),
    ] {
        let said = ("terminal", "gate-decision", admit(None, pass, driver, plate));
        s.refused((name, shows), said, code, bound);
    }
    s.registered(
        ("admit", "the bound driver in the bound truck with the live pass"),
        ("terminal", "gate-decision", admit(None, pass, "driver", PLATE)),
        "sub-haulier",
        &[],
    )
}

fn collected(s: &mut Story, decision: DocId, pass: DocId) -> DocId {
    s.refused(
        ("gate-out-without-receipt", "no interchange receipt"),
        ("terminal", "gate-out", gate_out(decision, pass)),
        Code::ReceiptMissing,
        None,
    );
    s.refused(
        ("driver-signs-first", "the terminal signs the interchange receipt first"),
        ("driver", "interchange-receipt", interchange(decision)),
        Code::HeadMoved,
        None,
    );
    let said = ("terminal", "interchange-receipt", interchange(decision));
    let receipt = s.registered(("interchange", "seals and condition"), said, "sub-haulier", &[]);
    s.refused(
        ("other-driver-signs", "a driver who is not bound"),
        ("other-driver", "interchange-receipt", interchange(receipt)),
        Code::NotBoundDriver,
        None,
    );
    s.refused(
        ("gate-out-unsigned", "the driver has not signed, and no reason is given"),
        ("terminal", "gate-out", gate_out(receipt, pass)),
        Code::ReceiptMissing,
        None,
    );
    let said = ("driver", "interchange-receipt", interchange(receipt));
    let signed = s.registered(("driver-signs", "the driver agrees"), said, "sub-haulier", &[]);
    s.refused(
        ("driver-signs-again", "the driver has signed"),
        ("driver", "interchange-receipt", interchange(receipt)),
        Code::HeadMoved,
        signed,
    );
    let said = ("terminal", "gate-out", gate_out(receipt, pass));
    s.registered(("gate-out", "the right is used, once"), said, "sub-haulier", &[])
}

fn after_the_gate(s: &mut Story, [order, right, pickup, decision, left]: [DocId; 5]) {
    let (used, closed) = (Code::RightConsumed, Code::CaseClosed);
    let late_revoke = on(json!({ "revokes": right }));
    for (name, shows, by, kind, payload, code) in [
        (
            "gate-out-again",
            "a container leaves once",
            "terminal",
            "gate-out",
            gate_out(decision, pickup),
            used,
        ),
        (
            "pass-after",
            "nothing is left to pass on",
            "sub-haulier",
            "pass-right",
            pass(right, "haulier", json!({})),
            used,
        ),
        (
            "revoke-after",
            "nothing is left to revoke",
            "forwarder",
            "revoke-right",
            late_revoke,
            used,
        ),
        (
            "change-after",
            "nothing is left to change",
            "line",
            "release-change",
            change(order, "revoke"),
            used,
        ),
        ("hold-after", "nothing is left to hold", "customs", "hold", hold("customs-scan"), closed),
        (
            "binding-after",
            "nothing is left to collect",
            "sub-haulier",
            "driver-binding",
            binding(right, None, "driver", PLATE),
            closed,
        ),
    ] {
        s.refused((name, shows), (by, kind, payload), code, left);
    }
}
