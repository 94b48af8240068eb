//! Hauliers and drivers get a part: the documents of their job, and the terminal's progress.

use landside_proto::ids::DocId;
use landside_proto::refusal::Code;
use serde_json::{Value, json};

use super::{
    OPEN, PLATE, UNTIL, arrival, binding, granted, hold, lift, on, pass, pickup, release, request,
    revoke, status, story,
};
use crate::format::CaseFile;
use crate::story::{Story, Title};

const FROM: &str = "2026-11-23T10:00:00Z";
const TO: &str = "2026-11-23T12:00:00Z";
const SUB: &str = "sub-haulier";

pub(crate) fn file() -> CaseFile {
    let mut s = story(
        "What hauliers and drivers are sent of a case: sent_to names them, their own documents \
         apart. Line, customs and forwarder get everything.",
    );
    let said = ("line", "release-order", release("forwarder"));
    let order = s.registered(("release", "names bill and party"), said, "forwarder", OPEN);
    s.sent_to(&[]);
    let said = ("forwarder", "pass-right", pass(order, "haulier", json!({})));
    let first = s.registered(("pass", "goes to whom it names"), said, "haulier", OPEN);
    s.sent_to(&["haulier"]);
    untrue(&mut s, [order, first]);
    let mut told = Told { last: None };
    let payload = progress("haulier", &[order, first], &RED);
    let title = ("progress", "what is red, and who owes it");
    told.tell(&mut s, title, payload, ("haulier", OPEN), &["haulier"]);
    let second = on_to_the_sub_haulier(&mut s, &mut told, [order, first]);
    let arranged = driver_and_slot(&mut s, second);
    green(&mut s, &mut told, [order, first, second], arranged);
    taken_back(&mut s, &mut told, order, first);
    s.file()
}

/// What the terminal tells after `hops`; nobody narrowed them.
fn progress(holder: &str, hops: &[DocId], red: &[(&str, &str, &str)]) -> Value {
    let need = |(light, code, owed_by): &(&str, &str, &str)| json!({ "light": light, "code": code, "owed_by": owed_by });
    let needs: Vec<Value> = red.iter().map(need).collect();
    on(json!({
        "right": {
            "head": hops.last(),
            "holder": holder,
            "limits": { "from": "2026-11-23T00:00:00Z", "until": UNTIL },
            "hops": hops,
        },
        "needs": needs,
    }))
}

const SILENT: (&str, &str, &str) = ("customs", "customs-silent", "customs");
const NOT_ARRIVED: (&str, &str, &str) = ("terminal", "not-arrived", "terminal");
const RED: [(&str, &str, &str); 2] = [SILENT, NOT_ARRIVED];

/// The progress that the next one builds on.
struct Told {
    last: Option<DocId>,
}

impl Told {
    /// In the moment of the document before.
    fn tell(
        &mut self,
        s: &mut Story,
        title: Title<'_>,
        mut payload: Value,
        (holder, needs): (&str, &[&str]),
        sent_to: &[&str],
    ) {
        s.at_once();
        payload["builds_on"] = json!(self.last);
        let said = ("terminal", "progress", payload);
        self.last = Some(s.registered(title, said, holder, needs));
        s.sent_to(sent_to);
    }
}

/// What the terminal tells must be so.
fn untrue(s: &mut Story, hops: [DocId; 2]) {
    let mut refuse = |name: &str, shows: &str, payload: Value| {
        s.at_once();
        s.refused((name, shows), ("terminal", "progress", payload), Code::ProgressUntrue, None);
    };
    let good = || progress("haulier", &hops, &RED);
    refuse("greener", "a red light left out", progress("haulier", &hops, &RED[..1]));
    refuse("elsewhere", "another holder", progress(SUB, &hops, &RED));
    refuse("shorter", "a hop left out", progress("haulier", &hops[1..], &RED));
    let mut widened = good();
    widened["right"]["limits"] = json!({ "until": UNTIL });
    refuse("wider", "a limit left out", widened);
    let mut nobody = good();
    nobody["right"] = Value::Null;
    refuse("nobody", "the right left out", nobody);
    let mut here = good();
    here["discharged_at"] = json!("2026-11-23T04:00:00Z");
    refuse("here", "an arrival that nobody signed", here);
}

/// Each of these was so once, or never; green is all, and the pass issued.
fn no_longer_true(s: &mut Story, told: &Told, good: &Value, hops: [DocId; 3]) {
    let last = told.last;
    let mut refuse = |name: &str, shows: &str, edit: &dyn Fn(&mut Value)| {
        s.at_once();
        let mut payload = good.clone();
        payload["builds_on"] = json!(last);
        edit(&mut payload);
        s.refused((name, shows), ("terminal", "progress", payload), Code::ProgressUntrue, None);
    };
    let need = |light: &str, code: &str, by: &str| json!([{ "light": light, "code": code, "owed_by": by }]);
    refuse("redder", "customs has spoken", &|p| p["needs"] = need(SILENT.0, SILENT.1, SILENT.2));
    refuse("invented", "a hold nobody placed", &|p| {
        p["needs"] = need("commercial", "hold", "line")
    });
    refuse("overridden", "nobody overrode", &|p| p["overridden"] = json!(["customs"]));
    refuse("passless", "the pass left out", &|p| p["pass"] = Value::Null);
    refuse("other-pass", "a document that is no pass", &|p| p["pass"] = json!(hops[0]));
    refuse("earlier", "another time of discharge", &|p| {
        p["discharged_at"] = json!("2026-11-23T03:59:59Z");
    });
    refuse("somewhere", "a position nobody gave", &|p| p["position"] = json!("yard"));
    refuse("longer", "a size that no order names", &|p| p["size_type"] = json!("45G1"));
    refuse("depot", "a depot that no order names", &|p| {
        p["empty_return"] = json!([{ "depot": "MOMBASA-ICD" }]);
    });
    refuse("head", "another head", &|p| p["right"]["head"] = json!(hops[0]));
    refuse("driverless", "the binding left out", &|p| p["binding"] = Value::Null);
    s.at_once();
    let mut forgets = good.clone();
    forgets["builds_on"] = Value::Null;
    let said = ("terminal", "progress", forgets);
    s.refused(("forgets", "the progress before left out"), said, Code::HeadMoved, last);
    s.at_once();
    let mut after = good.clone();
    after["builds_on"] = json!(hops[0]);
    let said = ("terminal", "progress", after);
    let title = ("after-another", "builds on what is no progress");
    s.refused(title, said, Code::HeadMoved, hops[1]);
}

fn on_to_the_sub_haulier(s: &mut Story, told: &mut Told, [order, first]: [DocId; 2]) -> DocId {
    let said = ("haulier", "pass-right", pass(first, SUB, json!({})));
    let second = s.registered(("pass-on", "to the sub-haulier"), said, SUB, OPEN);
    s.sent_to(&[SUB]);
    let payload = progress(SUB, &[order, first, second], &RED);
    let title = ("progress-on", "both are in the chain");
    told.tell(s, title, payload, (SUB, OPEN), &["haulier", SUB]);
    second
}

const UNBOOKED: &[&str] = &["customs customs-silent customs", "terminal not-arrived terminal"];

fn driver_and_slot(s: &mut Story, right: DocId) -> [DocId; 2] {
    let said = (SUB, "driver-binding", binding(right, None, "driver", PLATE));
    let needs = [UNBOOKED, &["- slot-missing @"]].concat();
    let bound = s.registered(("binding", "to the device it names"), said, SUB, &needs);
    s.sent_to(&["driver"]);
    let said = (SUB, "slot-request", request(right, None, FROM, TO));
    let needs = [UNBOOKED, &["- slot-unanswered terminal"]].concat();
    let asked = s.registered(("slot-request", "the holder's own"), said, SUB, &needs);
    s.sent_to(&[]);
    let said = ("terminal", "slot", granted(asked, FROM, TO));
    let slot = s.registered(("slot", "to holder and device"), said, SUB, UNBOOKED);
    s.sent_to(&[SUB, "driver"]);
    [bound, slot]
}

fn green(s: &mut Story, told: &mut Told, hops: [DocId; 3], [bound, slot]: [DocId; 2]) {
    let all = ["haulier", SUB, "driver"];
    let said = ("customs", "customs-status", status(None, "released"));
    let needs = ["terminal not-arrived terminal"];
    s.registered(("customs", "to nobody who gets a part"), said, SUB, &needs);
    s.sent_to(&[]);
    let title = ("progress-customs", "customs no longer owes");
    let payload = driven(progress(SUB, &hops, &[NOT_ARRIVED]), bound);
    told.tell(s, title, payload, (SUB, &needs), &all);
    let said = ("terminal", "arrival", arrival(None));
    s.registered(("arrival", "to nobody who gets a part"), said, SUB, &["- pass-missing terminal"]);
    s.sent_to(&[]);
    s.at_once();
    let said = ("terminal", "pickup-pass", pickup(hops[2], slot, FROM, TO));
    let issued = s.registered(("pickup-pass", "to holder and device"), said, SUB, &[]);
    s.sent_to(&[SUB, "driver"]);
    let title = ("progress-green", "nothing is red");
    let good = driven(arrived(progress(SUB, &hops, &[]), Some(issued)), bound);
    told.tell(s, title, good.clone(), (SUB, &[]), &all);
    no_longer_true(s, told, &good, hops);
}

/// With a driver bound.
fn driven(mut progress: Value, binding: DocId) -> Value {
    progress["binding"] = json!(binding);
    progress
}

/// Discharged, and with a pass or without.
fn arrived(mut progress: Value, pass: Option<DocId>) -> Value {
    progress["discharged_at"] = json!("2026-11-23T04:00:00Z");
    progress["pass"] = json!(pass);
    progress
}

/// Everybody downstream learns that the right is gone, and is told nothing afterwards.
fn taken_back(s: &mut Story, told: &mut Told, order: DocId, first: DocId) {
    let needs = ["- driver-missing @", "- slot-missing @"];
    let said = ("forwarder", "revoke-right", revoke(first));
    s.registered(("revoke", "to the holder of the hop it names"), said, "forwarder", &needs);
    s.sent_to(&["haulier"]);
    let mut payload = arrived(progress("forwarder", &[order], &[]), None);
    payload["right"] = Value::Null;
    let title = ("progress-back", "the device learns it so");
    told.tell(s, title, payload, ("forwarder", &needs), &["haulier", SUB, "driver"]);
    let said = ("line", "hold", hold("freight"));
    let held: Vec<&str> = [&["commercial hold line"], &needs[..]].concat();
    let stop = s.registered(("hold", "nobody with a part is left"), said, "forwarder", &held);
    s.sent_to(&[]);
    let said = ("line", "hold-lift", lift(stop));
    s.registered(("lift", "nor now"), said, "forwarder", &needs);
    s.sent_to(&[]);
}
