//! The right to collect moves: races, revocations and returns.

use landside_proto::ids::{DocId, Hash32};
use landside_proto::refusal::Code;
use serde_json::json;

use super::{OPEN, PLATE, binding, give_back, pass, release, request, revoke, story};
use crate::format::CaseFile;
use crate::story::Story;
use crate::world::time;

/// [`OPEN`] with driver and truck bound.
const BOUND: &[&str] =
    &["customs customs-silent customs", "terminal not-arrived terminal", "- slot-missing @"];

pub(crate) fn file() -> CaseFile {
    let mut s = story(
        "The right to collect moves: the first document to arrive wins, the others \
                       learn which one.",
    );
    let said = ("line", "release-order", release("forwarder"));
    let order = s.registered(("release", "to the forwarder"), said, "forwarder", OPEN);
    let [a, b] = raced(&mut s, order);
    let taken = revoked(&mut s, order, [a, b]);
    let back = returned(&mut s, order, taken);
    expired(&mut s, back);
    s.file()
}

fn raced(s: &mut Story, order: DocId) -> [DocId; 2] {
    let to_haulier = ("forwarder", "pass-right", pass(order, "haulier", json!({})));
    let a = s.registered(("pass-a", "to the haulier"), to_haulier, "haulier", OPEN);
    let again = ("forwarder", "pass-right", pass(order, "sub-haulier", json!({})));
    s.refused(("pass-a-rival", "the slower of two passes"), again, Code::HeadMoved, a);
    let not_mine = ("forwarder", "return-right", give_back(a));
    s.refused(("return-by-another", "only the holder returns"), not_mine, Code::NotHolder, a);

    let said = ("haulier", "driver-binding", binding(a, None, "driver", PLATE));
    let bound = s.registered(("binding", "the haulier binds first"), said, "haulier", BOUND);
    let onward = ("haulier", "pass-right", pass(a, "sub-haulier", json!({})));
    let title = ("pass-b", "then passes on; driver and truck fall away");
    let b = s.registered(title, onward, "sub-haulier", OPEN);
    let rival = ("haulier", "pass-right", pass(a, "shipper", json!({})));
    let title = ("pass-b-rival", "the winner is the pass, not the binding before it");
    s.refused(title, rival, Code::HeadMoved, b);
    let late = ("haulier", "driver-binding", binding(a, Some(bound), "other-driver", PLATE));
    s.refused(("binding-late", "binds after passing on"), late, Code::HeadMoved, b);
    let dead = ("sub-haulier", "driver-binding", binding(b, Some(bound), "driver", PLATE));
    s.refused(("binding-on-dead", "builds on a binding that fell away"), dead, Code::HeadMoved, b);
    [a, b]
}

fn revoked(s: &mut Story, order: DocId, [a, b]: [DocId; 2]) -> DocId {
    for (name, shows, by) in [
        ("revoke-by-shipper", "not in the chain", "shipper"),
        ("revoke-own-hop", "a holder does not revoke its own hop", "haulier"),
        ("revoke-upwards", "a holder does not revoke a hop before it", "sub-haulier"),
    ] {
        s.refused((name, shows), (by, "revoke-right", revoke(a)), Code::NotUpstream, a);
    }
    let said = ("line", "revoke-right", revoke(order));
    s.refused(("revoke-release", "a release is changed, not revoked so"), said, Code::HeadMoved, b);
    let unknown = DocId::from_bytes(*Hash32::of(b"a hop of no case").as_bytes());
    let said = ("forwarder", "revoke-right", revoke(unknown));
    s.refused(("revoke-unknown", "a hop that nobody knows"), said, Code::ParentUnknown, None);

    let said = ("forwarder", "revoke-right", revoke(a));
    let title = ("revoke-a", "takes two hops back at once, without naming the last");
    let taken = s.registered(title, said, "forwarder", OPEN);
    let said = ("sub-haulier", "driver-binding", binding(b, None, "driver", PLATE));
    s.refused(("binding-after-revoke", "the right is gone"), said, Code::HeadMoved, taken);
    let said = ("haulier", "pass-right", pass(b, "shipper", json!({})));
    s.refused(("pass-after-revoke", "the right is gone"), said, Code::HeadMoved, taken);
    let said = ("forwarder", "revoke-right", revoke(a));
    s.refused(("revoke-a-again", "that hop has ended"), said, Code::HeadMoved, taken);
    let said = ("haulier", "revoke-right", revoke(b));
    s.refused(
        ("revoke-b-late", "that hop ended with the one before"),
        said,
        Code::HeadMoved,
        taken,
    );
    taken
}

fn returned(s: &mut Story, order: DocId, taken: DocId) -> DocId {
    let said = ("forwarder", "return-right", give_back(taken));
    s.refused(("return-by-first", "nobody is before the first"), said, Code::NotHolder, None);
    let said = ("forwarder", "pass-right", pass(taken, "haulier", json!({ "hops": 0 })));
    let c = s.registered(("pass-c", "builds on the revocation"), said, "haulier", OPEN);
    let said = ("haulier", "pass-right", pass(c, "sub-haulier", json!({})));
    s.refused(("pass-hopless", "no hop is left"), said, Code::HopsExhausted, None);

    let said = ("haulier", "return-right", give_back(c));
    let back = s.registered(("return", "the haulier gives it back"), said, "forwarder", OPEN);
    let said = ("haulier", "return-right", give_back(c));
    s.refused(("return-again", "it is back already"), said, Code::HeadMoved, back);
    let said = ("haulier", "return-right", give_back(back));
    s.refused(("return-not-held", "the forwarder holds it"), said, Code::NotHolder, order);
    let said = ("haulier", "pass-right", pass(c, "sub-haulier", json!({})));
    s.refused(("pass-after-return", "the right is gone"), said, Code::HeadMoved, back);
    back
}

fn expired(s: &mut Story, back: DocId) {
    let limits = json!({ "until": "2026-11-23T16:00:00Z" });
    let said = ("forwarder", "pass-right", pass(back, "sub-haulier", limits));
    let e = s.registered(("pass-e", "for this afternoon"), said, "sub-haulier", OPEN);
    s.wait_until(time("2026-11-23T16:00:00Z"));
    let said = ("sub-haulier", "pass-right", pass(e, "haulier", json!({})));
    s.refused(("pass-expired", "the afternoon is over"), said, Code::Expired, None);
    let said = ("sub-haulier", "driver-binding", binding(e, None, "driver", PLATE));
    s.refused(("binding-expired", "the afternoon is over"), said, Code::Expired, None);
    let window = request(e, None, "2026-11-23T15:00:00Z", "2026-11-23T18:00:00Z");
    let said = ("sub-haulier", "slot-request", window);
    s.refused(("slot-expired", "the afternoon is over"), said, Code::Expired, None);
    let said = ("other-line", "revoke-right", revoke(e));
    s.refused(("revoke-by-other-line", "not the line of the release"), said, Code::NotUpstream, e);
    let said = ("line", "revoke-right", revoke(e));
    s.registered(("revoke-by-line", "the line stands before every hop"), said, "forwarder", OPEN);
}
