//! The terminal passes over a red light: what an override covers, and over whom it never goes.

use landside_proto::ids::DocId;
use landside_proto::refusal::Code;
use serde_json::{Value, json};

use super::{
    GREEN, PERSON, PLATE, admit, arrival, binding, change, gate_out, granted, hold, interchange,
    lift, overriding, pickup, release, request, status, story, withdrawing,
};
use crate::format::CaseFile;
use crate::story::Story;
use crate::world::time;

const FROM: &str = "2026-11-23T12:00:00Z";
const TO: &str = "2026-11-23T13:00:00Z";
const ARRANGE: &[&str] = GREEN;
const FREIGHT: &[&str] = &["commercial hold line"];
const OVER: &[&str] = &["commercial"];

pub(crate) fn file() -> CaseFile {
    let mut s = story("A freight hold is overridden in the name of a person; customs' never is.");
    let (order, freight) = held(&mut s);
    let told = untold(&mut s, freight);
    let cleared = customs_first(&mut s, freight, told);
    let second = ended(&mut s, [order, freight, told]);
    let pass = arranged(&mut s, order);
    at_the_gate(&mut s, [second, pass, cleared]);
    s.file()
}

fn needs(first: &[&'static str]) -> Vec<&'static str> {
    [first, ARRANGE].concat()
}

fn held(s: &mut Story) -> (DocId, DocId) {
    let said = ("line", "hold", hold("freight"));
    let open = ["commercial hold line", "commercial not-released line"];
    let open = [&open[..], &["customs customs-silent customs", "terminal not-arrived terminal"]];
    let freight = s.registered(("freight", "before any release"), said, "", &open.concat());
    let said = ("terminal", "override", overriding(None, "hold", freight));
    s.refused(("override-first", "nobody holds a right"), said, Code::NotHolder, None);
    let said = ("line", "release-order", release("haulier"));
    let open = needs(&[FREIGHT, &super::OPEN[..2]].concat());
    let order = s.registered(("release", "to the haulier"), said, "haulier", &open);
    let telling = |told: Value| {
        let mut payload = arrival(None);
        payload["told"] = told;
        ("terminal", "arrival", payload)
    };
    let wrong = ("arrival-tells-a-haulier", "only customs offices are told");
    s.refused(wrong, telling(json!(["customs", "haulier"])), Code::NotCustoms, None);
    let said = telling(json!(["customs"]));
    let silent = needs(&[FREIGHT, &super::OPEN[..1]].concat());
    s.registered(("arrival", "reachable and clear; one office is told"), said, "haulier", &silent);
    (order, freight)
}

/// No customs office has spoken: all of the directory learn of an override.
fn untold(s: &mut Story, freight: DocId) -> DocId {
    let said = || overriding(None, "hold", freight);
    let refused = |s: &mut Story, name: &str, shows: &str, payload: Value, code| {
        s.refused((name, shows), ("terminal", "override", payload), code, None);
    };
    refused(s, "untold", "no office would learn of it", said(), Code::CustomsUntold);
    let with = |field: &str, value: Value| {
        let mut payload = said();
        payload["told"] = json!(["customs", "other-customs"]);
        payload[field] = value;
        payload
    };
    let one = with("told", json!(["customs"]));
    refused(s, "one-told", "one office would not", one, Code::CustomsUntold);
    let past = with("valid_until", json!("2026-11-23T10:00:00Z"));
    refused(s, "past", "its time is over", past, Code::Expired);
    let long = with("valid_until", json!("2026-11-24T11:00:00Z"));
    refused(s, "too-long", "more than 24 hours", long, Code::OverrideTooLong);
    let light = with("light", json!("terminal"));
    refused(s, "other-light", "the hold is not the terminal's", light, Code::NothingToOverride);
    let block = with("covers", json!([{ "code": "release-blocked", "document": freight }]));
    refused(s, "other-need", "nothing is blocked", block, Code::NothingToOverride);
    let mut nothing = with("covers", json!([]));
    nothing.as_object_mut().unwrap().remove("valid_until");
    refused(s, "withdrawn-first", "nothing stands to be ended", nothing, Code::NothingToOverride);

    let said = ("terminal", "override", with("light", json!("commercial")));
    let open = needs(&super::OPEN[..1]);
    s.registered_over(("override", "over the freight hold"), said, "haulier", &open, OVER)
}

fn customs_first(s: &mut Story, freight: DocId, over: DocId) -> DocId {
    let again = || ("terminal", "override", overriding(Some(over), "hold", freight));
    let said = ("customs", "customs-status", status(None, "exam"));
    let title = ("exam", "customs looks into it");
    let exam = needs(&["customs customs-not-released customs"]);
    let examined = s.registered_over(title, said, "haulier", &exam, OVER);
    let title = ("override-in-exam", "customs has not released");
    s.refused(title, again(), Code::NotOverridable, examined);
    let said = ("customs", "customs-status", status(Some(examined), "released"));
    let title = ("status", "customs releases");
    let cleared = s.registered_over(title, said, "haulier", ARRANGE, OVER);

    let said = ("customs", "hold", hold("customs-scan"));
    let held = needs(&["customs hold customs"]);
    let scan = s.registered_over(("scan", "customs stops it"), said, "haulier", &held, OVER);
    let title = ("override-in-scan", "a customs hold stands");
    s.refused(title, again(), Code::NotOverridable, scan);
    let title = ("override-of-scan", "a customs hold is no commercial one");
    let said = ("terminal", "override", overriding(Some(over), "hold", scan));
    s.refused(title, said, Code::NotOverridable, scan);
    let said = ("customs", "hold-lift", lift(scan));
    s.registered_over(("scan-lifted", "customs is done"), said, "haulier", ARRANGE, OVER);

    let said = ("court", "hold", hold("court"));
    let title = ("court-order", "under the commercial light, and not covered");
    let order = s.registered(title, said, "haulier", &needs(&["commercial hold court"]));
    let title = ("override-of-court", "a court is overridden by nobody");
    let said = ("terminal", "override", overriding(Some(over), "hold", order));
    s.refused(title, said, Code::NotOverridable, order);
    let said = ("court", "hold-lift", lift(order));
    s.registered_over(("court-lifted", "the court is done"), said, "haulier", ARRANGE, OVER);
    cleared
}

fn ended(s: &mut Story, [order, freight, over]: [DocId; 3]) -> DocId {
    let said = ("terminal", "override", withdrawing(freight));
    s.refused(("withdrawn-by-hold", "builds on no override"), said, Code::HeadMoved, over);
    let said = ("terminal", "override", withdrawing(over));
    let title = ("withdrawn", "the override ends");
    let last = s.registered(title, said, "haulier", &needs(FREIGHT));
    let said = ("terminal", "override", withdrawing(last));
    s.refused(("withdrawn-again", "it has ended"), said, Code::NothingToOverride, None);
    let said = ("terminal", "override", overriding(None, "hold", freight));
    s.refused(("override-anew", "names no head"), said, Code::HeadMoved, last);

    let said = ("terminal", "override", overriding(Some(over), "hold", freight));
    s.refused(("override-on-old", "a newer one stands"), said, Code::HeadMoved, last);

    let said = ("line", "hold-lift", lift(freight));
    let lifted = s.registered(("freight-lifted", "the line lifts"), said, "haulier", ARRANGE);
    let said = ("terminal", "override", overriding(Some(last), "hold", freight));
    s.refused(("override-lifted", "that hold went"), said, Code::NothingToOverride, lifted);
    let said = ("line", "release-change", change(order, "block"));
    let blocked = needs(&["commercial release-blocked line"]);
    let block = s.registered(("block", "the line blocks"), said, "haulier", &blocked);
    let said = ("terminal", "override", overriding(Some(last), "release-blocked", order));
    let title = ("override-of-order", "the order is not what blocks");
    s.refused(title, said, Code::NothingToOverride, block);
    let said = ("terminal", "override", overriding(Some(last), "release-blocked", block));
    s.registered_over(("override-of-block", "over the block"), said, "haulier", ARRANGE, OVER)
}

fn arranged(s: &mut Story, order: DocId) -> DocId {
    let said = ("haulier", "driver-binding", binding(order, None, "driver", PLATE));
    let title = ("binding", "driver and truck");
    s.registered_over(title, said, "haulier", &ARRANGE[1..], OVER);
    let said = ("haulier", "slot-request", request(order, None, FROM, TO));
    let unanswered = &["- slot-unanswered terminal"];
    let asked = s.registered_over(("slot-request", "for noon"), said, "haulier", unanswered, OVER);
    let said = ("terminal", "slot", granted(asked, FROM, TO));
    let missing = &["- pass-missing terminal"];
    let slot = s.registered_over(("slot", "as asked"), said, "haulier", missing, OVER);
    let said = ("terminal", "pickup-pass", pickup(order, slot, FROM, TO));
    s.registered_over(("pickup-pass", "on the override"), said, "haulier", &[], OVER)
}

fn at_the_gate(s: &mut Story, [over, pass, cleared]: [DocId; 3]) {
    s.wait_until(time(FROM));
    let admitted = || admit(None, pass, "driver", PLATE);
    let relying = |mut payload: Value, document: DocId, person: &str| {
        payload["overrides"] = json!([{ "document": document, "person": person }]);
        payload
    };
    let said = ("terminal", "gate-decision", admitted());
    s.refused(("admit-silently", "names no override"), said, Code::OverrideUnnamed, over);
    let said = ("terminal", "gate-decision", relying(admitted(), cleared, PERSON));
    s.refused(("admit-on-another", "names another document"), said, Code::OverrideUnnamed, over);
    let said = ("terminal", "gate-decision", relying(admitted(), over, "Ole Hansen"));
    s.refused(("admit-by-another", "names another person"), said, Code::OverrideUnnamed, over);
    let said = ("terminal", "gate-decision", relying(admitted(), over, PERSON));
    let admission = s.registered_over(("admit", "the truck is in"), said, "haulier", &[], OVER);
    let said = ("terminal", "interchange-receipt", interchange(admission));
    let title = ("interchange", "the terminal signs");
    let receipt = s.registered_over(title, said, "haulier", &[], OVER);

    let unsigned = |overridden: bool| {
        let mut payload = gate_out(receipt, pass);
        payload["unsigned_because"] = json!("driver's phone is broken");
        if overridden { relying(payload, over, PERSON) } else { payload }
    };
    let said = ("line", "hold", hold("commercial"));
    let claim = s.registered(("claim", "a new hold is not covered"), said, "haulier", FREIGHT);
    let said = ("terminal", "gate-out", unsigned(true));
    s.refused(("gate-out-on-claim", "the new hold stands"), said, Code::PassNotDue, None);
    let said = ("line", "hold-lift", lift(claim));
    s.registered_over(("claim-lifted", "and goes"), said, "haulier", &[], OVER);
    // The pass and the override run out while the truck is inside.
    s.wait_until(time("2026-11-23T21:00:00Z"));
    let said = ("terminal", "override", withdrawing(over));
    s.refused(("withdrawn-late", "it has ended by itself"), said, Code::NothingToOverride, None);
    let said = ("terminal", "gate-out", unsigned(false));
    s.refused(("gate-out-silently", "names no override"), said, Code::OverrideUnnamed, over);
    let said = ("terminal", "gate-out", unsigned(true));
    let title = ("gate-out", "what let it in lets it out");
    let left = s.registered_over(title, said, "haulier", &[], OVER);
    let said = ("terminal", "override", withdrawing(over));
    s.refused(("override-late", "the container left"), said, Code::CaseClosed, left);
}
