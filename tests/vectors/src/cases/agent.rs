//! A line without a node: what its terminal says for it, and the line's own word above.

use landside_proto::refusal::Code;
use serde_json::{Value, json};

use super::{BILL, UNTIL};
use super::{OPEN, change, hold, release, release_of, replace, story};
use crate::agents::{AGENT, EDITION, ELSEWHERE};
use crate::format::CaseFile;

/// Said by an agent, on a message.
fn by(agent: &str, mut payload: Value) -> Value {
    payload["agent"] = json!(agent);
    payload["source"] = crate::good::payload("release-order")["source"].clone();
    payload
}

fn by_terminal(payload: Value) -> Value {
    by("terminal", payload)
}

pub(crate) fn file() -> CaseFile {
    let mut s = story("The terminal signs for a line without a node, until the line signs itself.");
    s.directory(EDITION);
    let said = (ELSEWHERE, "release-order", by("other-terminal", release("forwarder")));
    let title = ("agent-of-other-quay", "an agent opens no case at another quay");
    s.refused(title, said, Code::AgentElsewhere, None);
    let said = (AGENT, "release-order", by_terminal(release("terminal")));
    let title = ("agent-to-itself", "a terminal holds no right, whoever says so");
    s.refused(title, said, Code::HolderUnfit, None);

    let said = (AGENT, "release-order", by_terminal(release("forwarder")));
    let title = ("release-by-agent", "the terminal releases for the line");
    let order = s.registered(title, said, "forwarder", OPEN);
    let said = (AGENT, "release-order", by_terminal(release("forwarder")));
    s.refused(("again", "it is released"), said, Code::DoubleRelease, order);
    let said = (ELSEWHERE, "release-change", by("other-terminal", change(order, "block")));
    let title = ("change-of-other-quay", "the agent of another quay");
    s.refused(title, said, Code::AgentElsewhere, None);
    let said = (AGENT, "release-change", by_terminal(change(order, "unblock")));
    s.refused(("not-blocked", "nothing is blocked"), said, Code::ReleaseState, order);
    let said = (AGENT, "release-change", by_terminal(replace(order, "shipper", UNTIL)));
    let moved = s.registered(("replace-by-agent", "to the shipper"), said, "shipper", OPEN);

    let needs = [&["commercial release-blocked line"], OPEN].concat();
    let said = ("line", "release-change", change(moved, "block"));
    let title = ("block-by-line", "the line has a key of its own, and stops it");
    let own = s.registered(title, said, "shipper", &needs);
    let said = (AGENT, "release-change", by_terminal(change(own, "unblock")));
    let title = ("unblock-by-agent", "the line speaks for itself now");
    s.refused(title, said, Code::LineSpeaks, own);
    let said = (AGENT, "release-order", by_terminal(release_of("LSD2611-00418", "shipper", UNTIL)));
    let title = ("other-bill-by-agent", "for another bill of the container too");
    s.refused(title, said, Code::LineSpeaks, own);

    let said = ("line", "release-change", change(own, "unblock"));
    let freed = s.registered(("unblock-by-line", "the line frees it"), said, "shipper", OPEN);
    let said = (AGENT, "release-change", by_terminal(change(freed, "revoke")));
    s.refused(("revoke-by-agent", "nor is it revoked"), said, Code::LineSpeaks, freed);
    let said = ("line", "hold", hold("freight"));
    let needs = [&["commercial hold line"], OPEN].concat();
    let held = s.registered(("hold-by-line", "and holds it"), said, "shipper", &needs);
    let said = (AGENT, "release-order", by_terminal(release_of(BILL, "shipper", UNTIL)));
    s.refused(("release-over-hold", "the hold is its last word"), said, Code::LineSpeaks, held);
    s.file()
}
