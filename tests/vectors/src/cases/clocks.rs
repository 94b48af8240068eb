//! Clocks of free time: terms, suspensions, waivers and returns, and what they come to at a time.

use landside_proto::ids::DocId;
use landside_proto::refusal::Code;
use serde_json::{Value, json};

use super::{BILL, PLATE, admit, gate, interchange, on, story};
use crate::format::{CaseFile, ClockLine};
use crate::story::Story;
use crate::world::time;

pub(crate) fn file() -> CaseFile {
    let mut s = story(
        "Demurrage, storage and detention. clocks holds what the clocks come to at some times, in \
         minor units.",
    );
    let [order, _, _, pass] = gate::ready(&mut s);
    let terms = priced(&mut s, order);
    s.wait_until(time("2026-11-23T11:00:00Z"));
    let said = ("terminal", "gate-decision", admit(None, pass, "driver", PLATE));
    let decision = s.registered(("admit", "the truck is in"), said, "haulier", &[]);
    let said = ("terminal", "interchange-receipt", interchange(decision));
    let receipt = s.registered(("receipt", "seals"), said, "haulier", &[]);
    let free = suspended(&mut s, terms);
    let out = leaves(&mut s, [pass, receipt]);
    returned(&mut s, out, free);
    s.file()
}

/// Five days free; then three days at one rate and the rest at another.
fn demurrage(builds_on: Option<DocId>, free_days: u16) -> Value {
    on(json!({
        "charge": "demurrage",
        "bill": BILL,
        "builds_on": builds_on,
        "starts_on": "discharged",
        "first_day": "day-after",
        "free_days": free_days,
        "free_count": "calendar",
        "charged_count": "calendar",
        "suspended_by": ["terminal", "line"],
        "suspended_from_minutes": 240,
        "tiers": [{ "from_day": 1, "rate": 4500 }, { "from_day": 4, "rate": 9000 }],
        "currency": "USD",
        "utc_offset": 180,
    }))
}

/// Five working days free from the gate-out on.
fn detention() -> Value {
    let mut terms = demurrage(None, 5);
    terms["charge"] = json!("detention");
    terms["starts_on"] = json!("gate-out");
    terms["free_count"] = json!("working");
    terms["weekdays"] = json!(["monday", "tuesday", "wednesday", "thursday", "friday"]);
    terms["tiers"] = json!([{ "from_day": 1, "rate": 4500 }]);
    terms
}

fn rest(charge: &str, from: &str, until: &str) -> Value {
    on(json!({
        "event": "suspended",
        "charges": [charge],
        "window": { "from": from, "until": until },
        "reason": "as the vector says",
    }))
}

fn waiver(terms: DocId) -> Value {
    on(json!({
        "event": "waived", "builds_on": terms, "days": 1, "reason": "as the vector says",
    }))
}

fn back(gate_out: DocId, at: &str) -> Value {
    on(json!({ "event": "empty-returned", "builds_on": gate_out, "at": at }))
}

fn line(
    (charge, at, state): (&str, &str, &str),
    free_until: &str,
    [free, suspended, off, charged]: [u32; 4],
    amount: u64,
) -> ClockLine {
    ClockLine {
        charge: charge.to_owned(),
        at: time(at),
        state: state.to_owned(),
        free_until: (!free_until.is_empty()).then(|| time(free_until)),
        days_free: free,
        days_suspended: suspended,
        days_off: off,
        days_charged: charged,
        amount,
    }
}

fn priced(s: &mut Story, order: DocId) -> DocId {
    for (name, shows, by, code) in [
        ("terms-of-another-line", "the bill is not its own", "other-line", Code::NotReleaseIssuer),
        ("terms-of-the-terminal", "demurrage is the line's", "terminal", Code::NotReleaseIssuer),
    ] {
        s.refused((name, shows), (by, "clock-terms", demurrage(None, 5)), code, order);
    }
    let mut storage = demurrage(None, 5);
    storage["charge"] = json!("storage");
    storage.as_object_mut().expect("an object").remove("bill");
    let title = ("storage-of-the-line", "storage is the terminal's");
    s.refused(title, ("line", "clock-terms", storage), Code::RoleMayNotSign, None);
    let said = ("line", "clock-terms", demurrage(None, 4));
    let first = s.registered(("terms", "four days free"), said, "haulier", &[]);
    s.sent_to(&[]);
    s.clocks(&[
        line(("demurrage", "2026-11-23T04:00:00Z", "free"), "2026-11-27T21:00:00Z", [0; 4], 0),
        line(
            ("demurrage", "2026-11-27T20:59:59.999Z", "free"),
            "2026-11-27T21:00:00Z",
            [4, 0, 0, 0],
            0,
        ),
        line(
            ("demurrage", "2026-11-27T21:00:00Z", "charged"),
            "2026-11-27T21:00:00Z",
            [4, 0, 0, 1],
            4_500,
        ),
    ]);
    let title = ("terms-again", "names no terms before it");
    s.refused(title, ("line", "clock-terms", demurrage(None, 5)), Code::HeadMoved, first);
    for (name, shows, field, to) in [
        ("terms-worse", "a day less, and the clock runs", "free_days", json!(3)),
        ("terms-dearer", "a higher rate", "tiers", json!([{ "from_day": 1, "rate": 4501 }])),
        ("terms-in-euro", "another currency", "currency", json!("EUR")),
        ("terms-further-east", "another midnight", "utc_offset", json!(240)),
        ("terms-a-day-earlier", "an earlier first day", "first_day", json!("same-day")),
    ] {
        let mut worse = demurrage(Some(first), 4);
        worse[field] = to;
        s.refused((name, shows), ("line", "clock-terms", worse), Code::TermsWorse, first);
    }
    let mut elsewhere = demurrage(None, 4);
    elsewhere["bill"] = json!("LSD2611-00418");
    let title = ("terms-of-another-bill", "it is not released here");
    s.refused(title, ("line", "clock-terms", elsewhere), Code::ParentUnknown, None);
    let said = ("line", "clock-terms", demurrage(Some(first), 5));
    let better = s.registered(("terms-better", "a day more"), said, "haulier", &[]);
    let title = ("waived-of-old-terms", "those have been replaced");
    s.refused(title, ("line", "clock-event", waiver(first)), Code::HeadMoved, None);
    let title = ("waived-of-a-release", "a release is no terms");
    s.refused(title, ("line", "clock-event", waiver(order)), Code::ParentUnknown, None);
    better
}

fn suspended(s: &mut Story, terms: DocId) -> &'static str {
    let (from, until) = ("2026-11-25T21:00:00Z", "2026-11-26T21:00:00Z");
    let title = ("suspended-to-come", "it is not over yet");
    let said = ("terminal", "clock-event", rest("demurrage", from, until));
    s.refused(title, said, Code::ClockTime, None);
    let title = ("suspended-by-a-stranger", "another line has no say here");
    let past = rest("demurrage", "2026-11-23T05:00:00Z", "2026-11-23T06:00:00Z");
    s.refused(title, ("other-line", "clock-event", past), Code::ClockNotYours, None);
    let title = ("waived-by-the-terminal", "the line charges");
    s.refused(title, ("terminal", "clock-event", waiver(terms)), Code::ClockNotYours, terms);
    let red = ["- slot-over haulier"];
    s.wait_until(time("2026-11-28T09:00:00Z"));
    let said = ("terminal", "clock-event", rest("demurrage", from, "2026-11-26T03:00:00Z"));
    let title = ("suspended", "six hours of the third day: it does not count");
    let first = s.registered(title, said, "haulier", &red);
    let free = "2026-11-29T21:00:00Z";
    s.clocks(&[
        line(("demurrage", "2026-11-28T09:00:00Z", "free"), free, [4, 1, 0, 0], 0),
        line(("demurrage", "2026-11-29T21:00:00Z", "charged"), free, [5, 1, 0, 1], 4_500),
    ]);
    let said = ("terminal", "clock-event", rest("demurrage", "2026-11-26T02:00:00Z", until));
    let title = ("suspended-twice", "one hour of it was suspended already");
    s.refused(title, said, Code::ClockOverlap, first);
    let said = ("terminal", "clock-event", rest("demurrage", "2026-11-26T03:00:00Z", until));
    s.registered(("suspended-on", "the rest of that day"), said, "haulier", &red);
    s.clocks(&[line(("demurrage", "2026-11-29T21:00:00Z", "charged"), free, [5, 1, 0, 1], 4_500)]);
    let title = ("storage-late", "days that are past would cost something");
    let mut storage = demurrage(None, 2);
    storage["charge"] = json!("storage");
    storage.as_object_mut().expect("an object").remove("bill");
    s.refused(title, ("terminal", "clock-terms", storage), Code::TermsLate, None);
    free
}

/// The truck that was admitted before the outage leaves eleven days after the ship.
fn leaves(s: &mut Story, [pass, receipt]: [DocId; 2]) -> DocId {
    let title = ("returned-early", "it has not left");
    let early = back(receipt, "2026-11-28T08:00:00Z");
    s.refused(title, ("line", "clock-event", early), Code::ClockTime, None);
    let out = on(json!({
        "builds_on": receipt, "pass": pass, "left_at": "2026-12-04T10:00:00Z",
        "unsigned_because": "as the vector says",
    }));
    s.wait_until(time("2026-12-04T10:00:00Z"));
    s.registered(("gate-out", "demurrage stops"), ("terminal", "gate-out", out), "haulier", &[])
}

fn returned(s: &mut Story, out: DocId, free: &str) {
    let stopped =
        || line(("demurrage", "2027-01-01T00:00:00Z", "stopped"), free, [5, 1, 0, 5], 31_500);
    s.clocks(&[stopped()]);
    let said = ("line", "clock-terms", detention());
    let terms = s.registered(("detention", "after the gate, and in time"), said, "haulier", &[]);
    let friday = "2026-12-11T21:00:00Z";
    s.clocks(&[
        line(("detention", "2026-12-06T12:00:00Z", "free"), friday, [0, 0, 2, 0], 0),
        line(("detention", "2026-12-11T21:00:00Z", "charged"), friday, [5, 0, 2, 1], 4_500),
        stopped(),
    ]);
    s.wait_until(time("2026-12-15T09:00:00Z"));
    let title = ("returned-before-it-left", "an hour before the gate-out");
    let said = ("line", "clock-event", back(out, "2026-12-04T09:00:00Z"));
    s.refused(title, said, Code::ClockTime, out);
    let title = ("returned-by-a-stranger", "another line has no say here");
    let said = ("other-line", "clock-event", back(out, "2026-12-15T08:00:00Z"));
    s.refused(title, said, Code::ClockNotYours, None);
    let said = ("line", "clock-event", back(out, "2026-12-15T08:00:00Z"));
    let title = ("returned", "detention stops, the day of the return counts");
    let back_at = s.registered(title, said, "haulier", &[]);
    s.clocks(&[line(
        ("detention", "2027-01-01T00:00:00Z", "stopped"),
        friday,
        [5, 0, 2, 4],
        18_000,
    )]);
    let title = ("returned-again", "the line has said so");
    let said = ("line", "clock-event", back(out, "2026-12-14T08:00:00Z"));
    s.refused(title, said, Code::HeadMoved, back_at);
    let said = ("terminal", "clock-event", back(out, "2026-12-14T08:00:00Z"));
    s.registered(("returned-earlier", "the earlier of two words counts"), said, "haulier", &[]);
    s.clocks(&[line(
        ("detention", "2027-01-01T00:00:00Z", "stopped"),
        friday,
        [5, 0, 2, 3],
        13_500,
    )]);
    let title = ("waived", "a working day more: Monday, and with it the weekend");
    s.registered(title, ("line", "clock-event", waiver(terms)), "haulier", &[]);
    s.clocks(&[line(
        ("detention", "2027-01-01T00:00:00Z", "stopped"),
        "2026-12-14T21:00:00Z",
        [6, 0, 4, 0],
        0,
    )]);
}
