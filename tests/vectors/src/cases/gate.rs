//! At the gate: what ends a pass, and what a truck that is in still needs to get out.

use landside_proto::ids::DocId;
use landside_proto::refusal::Code;

use super::{
    PLATE, admit, arrival, binding, gate_out, granted, hold, interchange, lift, pickup, pickup_by,
    release, request, status, story, turn_away,
};
use crate::format::CaseFile;
use crate::story::Story;
use crate::world::time;

const FROM: &str = "2026-11-23T11:00:00Z";
const TO: &str = "2026-11-23T13:00:00Z";
const HELD: &[&str] = &["customs hold customs"];

pub(crate) fn file() -> CaseFile {
    let mut s = story("A truck at the gate: too early, stopped, in, and with another driver.");
    let [order, bound, slot, pass] = ready(&mut s);
    let refused = stopped(&mut s, pass);
    let [decision, receipt] = inside(&mut s, refused, pass);
    another_driver(&mut s, [order, bound, slot], [pass, decision, receipt]);
    s.file()
}

/// Released straight to the haulier, everything arranged, pass issued for later today.
pub(super) fn ready(s: &mut Story) -> [DocId; 4] {
    let said = ("line", "release-order", release("haulier"));
    let order = s.registered(("release", "to the haulier"), said, "haulier", super::OPEN);
    let said = ("customs", "customs-status", status(None, "released"));
    let needs = ["terminal not-arrived terminal", "- driver-missing @", "- slot-missing @"];
    s.registered(("status", "customs releases"), said, "haulier", &needs);
    let said = ("terminal", "arrival", arrival(None));
    s.registered(("arrival", "every light is green"), said, "haulier", &needs[1..]);
    let said = ("haulier", "driver-binding", binding(order, None, "driver", PLATE));
    let bound = s.registered(("binding", "driver and truck"), said, "haulier", &needs[2..]);
    let said = ("haulier", "slot-request", request(order, None, FROM, TO));
    let needs = ["- slot-unanswered terminal"];
    let asked = s.registered(("slot-request", "for later today"), said, "haulier", &needs);
    let said = ("terminal", "slot", granted(asked, FROM, TO));
    let needs = ["- pass-missing terminal"];
    let slot = s.registered(("slot", "as asked"), said, "haulier", &needs);
    let said = ("terminal", "pickup-pass", pickup(order, slot, FROM, TO));
    let pass = s.registered(("pickup-pass", "for the slot"), said, "haulier", &[]);
    [order, bound, slot, pass]
}

fn stopped(s: &mut Story, pass: DocId) -> DocId {
    let admission = || ("terminal", "gate-decision", admit(None, pass, "driver", PLATE));
    s.refused(("admit-early", "the pass has not begun"), admission(), Code::PassNotDue, None);
    s.wait_until(time(FROM));
    let said = ("customs", "hold", hold("customs-scan"));
    let scan =
        s.registered(("scan", "customs stops it with the pass issued"), said, "haulier", HELD);
    s.refused(("admit-held", "a light is red"), admission(), Code::PassNotDue, None);
    let said = ("terminal", "gate-decision", turn_away(None));
    let refused = s.registered(("turn-away", "the gate says why"), said, "haulier", HELD);
    s.refused(("admit-without-parent", "a decision stands"), admission(), Code::HeadMoved, refused);
    let said = ("terminal", "gate-decision", admit(Some(scan), pass, "driver", PLATE));
    s.refused(("admit-on-hold", "builds on no decision"), said, Code::HeadMoved, refused);
    let said = ("terminal", "interchange-receipt", interchange(refused));
    s.refused(("interchange-outside", "turned away is not in"), said, Code::NotAdmitted, None);
    let said = ("terminal", "gate-out", gate_out(refused, pass));
    s.refused(("gate-out-outside", "turned away is not in"), said, Code::NotAdmitted, None);
    let said = ("customs", "hold-lift", lift(scan));
    s.registered(("scan-lifted", "the same pass counts again"), said, "haulier", &[]);
    refused
}

fn inside(s: &mut Story, refused: DocId, pass: DocId) -> [DocId; 2] {
    let said = ("terminal", "gate-decision", admit(Some(refused), refused, "driver", PLATE));
    s.refused(("admit-other-pass", "names no pass"), said, Code::PassNotDue, None);
    let said = ("terminal", "gate-decision", admit(Some(refused), pass, "driver", PLATE));
    let decision = s.registered(("admit", "the truck is in"), said, "haulier", &[]);
    let said = ("terminal", "interchange-receipt", interchange(refused));
    s.refused(("interchange-of-refusal", "an older decision"), said, Code::NotAdmitted, None);
    let said = ("terminal", "interchange-receipt", interchange(decision));
    let receipt = s.registered(("interchange", "the terminal signs"), said, "haulier", &[]);
    let said = ("customs", "hold", hold("security"));
    let alarm = s.registered(("security", "stopped inside"), said, "haulier", HELD);
    let said = ("terminal", "gate-out", unsigned(receipt, pass));
    s.refused(("gate-out-held", "a light is red"), said, Code::PassNotDue, None);
    let said = ("customs", "hold-lift", lift(alarm));
    s.registered(("security-lifted", "green again"), said, "haulier", &[]);
    let said = ("terminal", "gate-out", unsigned(decision, pass));
    s.refused(("gate-out-on-decision", "builds on no receipt"), said, Code::ReceiptMissing, None);
    let said = ("terminal", "gate-out", unsigned(receipt, decision));
    s.refused(("gate-out-other-pass", "names no pass"), said, Code::PassNotDue, None);
    [decision, receipt]
}

/// The holder binds another driver while the truck is in: everything after the slot starts over.
fn another_driver(
    s: &mut Story,
    [order, bound, slot]: [DocId; 3],
    [pass, decision, receipt]: [DocId; 3],
) {
    let said = ("haulier", "driver-binding", binding(order, Some(bound), "other-driver", PLATE));
    let title = ("rebinding", "another driver: pass, admission and receipt end");
    let rebound = s.registered(title, said, "haulier", &["- pass-missing terminal"]);
    let again = ("haulier", "driver-binding", binding(order, Some(bound), "driver", PLATE));
    s.refused(("rebinding-rival", "the slower of two"), again, Code::HeadMoved, rebound);
    let said = ("terminal", "gate-out", unsigned(receipt, pass));
    s.refused(("gate-out-rebound", "nobody is in any more"), said, Code::NotAdmitted, None);
    let said = ("driver", "interchange-receipt", interchange(receipt));
    let title = ("old-driver-signs", "the old driver is not bound");
    s.refused(title, said, Code::NotBoundDriver, None);
    let said = ("terminal", "gate-decision", admit(Some(decision), pass, "driver", PLATE));
    s.refused(("admit-old-pass", "that pass ended"), said, Code::PassNotDue, None);
    let said = ("terminal", "pickup-pass", pickup(order, slot, FROM, TO));
    s.refused(("pickup-old-driver", "not the driver bound"), said, Code::PassNotDue, None);

    let said = ("terminal", "pickup-pass", pickup_by(order, slot, "other-driver", [FROM, TO]));
    let newer = s.registered(("pickup-pass-2", "for the new driver"), said, "haulier", &[]);
    let said = ("terminal", "gate-decision", admit(Some(decision), pass, "other-driver", PLATE));
    s.refused(("admit-superseded", "the old pass"), said, Code::PassNotDue, None);
    let said = ("terminal", "gate-decision", admit(Some(decision), newer, "driver", PLATE));
    s.refused(("admit-old-driver", "the old driver"), said, Code::NotBoundDriver, rebound);
    let said = ("terminal", "pickup-pass", pickup_by(order, slot, "other-driver", [FROM, TO]));
    s.refused(("pickup-pass-3", "one pass lives"), said, Code::PassNotDue, newer);
    s.wait_until(time(TO));
    let said = ("terminal", "gate-decision", admit(Some(decision), newer, "other-driver", PLATE));
    s.refused(("admit-late", "the pass has ended"), said, Code::PassNotDue, None);
}

fn unsigned(receipt: DocId, pass: DocId) -> serde_json::Value {
    let mut payload = gate_out(receipt, pass);
    payload["unsigned_because"] = serde_json::json!("driver's phone is broken");
    payload
}
