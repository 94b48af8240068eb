//! The line changes its mind: block, replace, revoke, cancel, and a new release.

use landside_proto::ids::DocId;
use landside_proto::refusal::Code;
use serde_json::json;

use super::{
    BILL, OPEN, PLATE, UNTIL, arrival, binding, change, hold, pass, pickup, release, release_of,
    replace, revoke, story,
};
use crate::format::CaseFile;
use crate::story::Story;
use crate::world::time;

pub(crate) fn file() -> CaseFile {
    let mut s = story("The line changes a release: blocked, replaced, ended, and released anew.");
    let said = ("line", "release-order", release("forwarder"));
    let order = s.registered(("release", "to the forwarder"), said, "forwarder", OPEN);
    not_a_change(&mut s, order);
    let free = blocked(&mut s, order);
    let moved = replaced(&mut s, order, free);
    let longer = shortened(&mut s, moved);
    let ended = ended(&mut s, moved, longer);
    released_again(&mut s, ended);
    s.file()
}

fn not_a_change(s: &mut Story, order: DocId) {
    let mut other_bill = change(order, "block");
    other_bill["bill"] = json!("LSD2611-00418");
    let past = "2026-11-23T09:00:00Z";
    let foreign = ("other-line", "release-change", change(order, "block"));
    let title = ("change-by-other-line", "only the line that released");
    s.refused(title, foreign, Code::NotReleaseIssuer, order);
    for (name, shows, payload, code, names) in [
        (
            "unblock-unblocked",
            "nothing is blocked",
            change(order, "unblock"),
            Code::ReleaseState,
            Some(order),
        ),
        (
            "change-of-other-bill",
            "a bill that is not released here",
            other_bill,
            Code::ParentUnknown,
            None,
        ),
        (
            "replace-to-terminal",
            "a terminal cannot hold a right",
            replace(order, "terminal", UNTIL),
            Code::HolderUnfit,
            None,
        ),
        (
            "replace-ended",
            "new terms that have ended",
            replace(order, "shipper", past),
            Code::Expired,
            None,
        ),
    ] {
        s.refused((name, shows), ("line", "release-change", payload), code, names);
    }
}

fn blocked(s: &mut Story, order: DocId) -> DocId {
    let needs = [&["commercial release-blocked line"], OPEN].concat();
    let said = ("line", "release-change", change(order, "block"));
    let block = s.registered(("block", "red for now, chain kept"), said, "forwarder", &needs);
    let said = ("line", "release-change", change(order, "revoke"));
    s.refused(("change-of-old-head", "the block came first"), said, Code::HeadMoved, block);
    let said = ("line", "release-change", change(block, "block"));
    s.refused(("block-blocked", "it is blocked"), said, Code::ReleaseState, block);
    let said = ("other-line", "hold", hold("freight"));
    let title = ("hold-by-other-line", "a line has no say over another line's container");
    s.refused(title, said, Code::HoldNotYours, None);
    let said = ("line", "release-change", change(block, "unblock"));
    s.registered(("unblock", "the block ends"), said, "forwarder", OPEN)
}

fn replaced(s: &mut Story, order: DocId, free: DocId) -> DocId {
    let said = ("forwarder", "pass-right", pass(order, "haulier", json!({})));
    let p =
        s.registered(("pass", "changes that keep the terms keep the chain"), said, "haulier", OPEN);
    let said = ("line", "release-change", replace(free, "shipper", UNTIL));
    let moved = s.registered(("replace", "to another party: a new chain"), said, "shipper", OPEN);
    let said = ("haulier", "driver-binding", binding(p, None, "driver", PLATE));
    s.refused(("binding-of-old-chain", "the chain ended"), said, Code::HeadMoved, moved);
    let said = ("forwarder", "pass-right", pass(moved, "haulier", json!({})));
    s.refused(("pass-by-old-holder", "the chain is another's"), said, Code::NotHolder, moved);
    let said = ("forwarder", "revoke-right", revoke(p));
    s.refused(("revoke-in-old-chain", "that hop has ended"), said, Code::HeadMoved, moved);
    moved
}

fn shortened(s: &mut Story, moved: DocId) -> DocId {
    let tonight = "2026-11-23T20:00:00Z";
    let said = ("line", "release-change", replace(moved, "shipper", tonight));
    let shorter = s.registered(("shorten", "the same party, until tonight"), said, "shipper", OPEN);
    let widened = json!({ "until": "2026-11-24T20:00:00Z" });
    let said = ("shipper", "pass-right", pass(moved, "haulier", widened));
    s.refused(("pass-beyond-new-end", "tonight is the end"), said, Code::RightWidened, moved);
    s.wait_until(time("2026-11-23T21:00:00Z"));
    let needs = [
        "commercial release-expired line",
        "customs customs-silent customs",
        "- driver-missing @",
        "- slot-missing @",
    ];
    let said = ("terminal", "arrival", arrival(None));
    s.registered(("arrival-too-late", "the release has ended"), said, "shipper", &needs);
    let said = ("shipper", "pass-right", pass(moved, "haulier", json!({})));
    s.refused(("pass-expired", "the release has ended"), said, Code::Expired, None);
    let said = ("line", "release-change", replace(shorter, "shipper", UNTIL));
    s.registered(("prolong", "a later end"), said, "shipper", &needs[1..])
}

fn ended(s: &mut Story, moved: DocId, longer: DocId) -> DocId {
    let needs = ["commercial release-revoked line", "customs customs-silent customs"];
    let said = ("line", "release-change", change(longer, "revoke"));
    let ended = s.registered(("revoke", "nobody holds the right"), said, "", &needs);
    let pass = pass(moved, "haulier", json!({}));
    let pickup = pickup(moved, moved, "2026-11-23T21:00:00Z", "2026-11-23T23:00:00Z");
    for (name, shows, by, kind, payload) in [
        ("pass-revoked", "the right is gone", "shipper", "pass-right", pass),
        ("pickup-revoked", "no pass for it", "terminal", "pickup-pass", pickup),
        (
            "change-revoked",
            "what ended is not changed",
            "line",
            "release-change",
            change(ended, "unblock"),
        ),
    ] {
        s.refused((name, shows), (by, kind, payload), Code::ReleaseRevoked, ended);
    }
    ended
}

fn released_again(s: &mut Story, ended: DocId) {
    let needs = ["customs customs-silent customs", "- driver-missing @", "- slot-missing @"];
    let said = ("line", "release-order", release_of(BILL, "haulier", UNTIL));
    let anew = s.registered(("release-anew", "the bill is free again"), said, "haulier", &needs);
    let said = ("line", "release-change", change(ended, "unblock"));
    s.refused(("change-of-ended", "the new release took its place"), said, Code::HeadMoved, anew);
    let needs = ["commercial not-released line", "customs customs-silent customs"];
    let said = ("line", "release-change", change(anew, "cancel"));
    let title = ("cancel", "a mistake: as if the line had never spoken");
    let cancelled = s.registered(title, said, "", &needs);
    let said = ("line", "release-change", change(cancelled, "unblock"));
    let title = ("change-cancelled", "what ended is not changed");
    s.refused(title, said, Code::ReleaseRevoked, cancelled);
}
