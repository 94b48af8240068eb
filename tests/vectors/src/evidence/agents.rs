//! Files of a line that has no node: its terminal signed for it.

use landside_proto::directory::edition_id;
use landside_proto::document::Document;
use landside_proto::envelope::Signed;
use landside_proto::ids::UnixMillis;
use serde_json::{Value, json};

use super::port::{Case, arrival, minute, release};
use super::{vector, written};
use crate::agents::{self, AGENT};
use crate::format::evidence::EvidenceVector;
use crate::good::visit;
use crate::world::{bundle, document, sealed};

/// In the line's name with the key named, a second before its registration.
fn said(with: &str, kind: &str, payload: Value, n: u64) -> Signed<Document> {
    let at = UnixMillis::from_millis(minute(n).as_millis() - 1000);
    sealed(with, document(kind, payload), at)
}

/// The release of the other files, by the agent's key, with or without the mark.
fn order(marked: bool) -> Signed<Document> {
    let mut payload = serde_json::to_value(release().document()).expect("a payload");
    if marked {
        payload["agent"] = json!("terminal");
    }
    said(AGENT, "release-order", payload, 0)
}

fn change(with: &str, builds_on: &Signed<Document>, action: &str, n: u64) -> Signed<Document> {
    let (bill, id) = ("LSD2611-00417", builds_on.id());
    let mut payload = json!({ "visit": visit(), "bill": bill, "builds_on": id, "action": action });
    if with == AGENT {
        payload["agent"] = json!("terminal");
        let order = serde_json::to_value(release().document()).expect("a payload");
        payload["source"] = order["source"].clone();
    }
    said(with, "release-change", payload, n)
}

/// A file of these documents, with the directory that has agents.
fn file(
    name: &str,
    shows: &str,
    expected: (&str, &[(&str, &str, usize)]),
    documents: Vec<Signed<Document>>,
) -> EvidenceVector {
    let editions = vec![bundle(&agents::edition(), &["authority-1", "authority-2"])];
    let case = Case { editions, ..Case::of(documents) };
    let id = edition_id(&agents::edition()).expect("an edition of the vectors");
    EvidenceVector {
        trust: Some(id),
        ..vector(name, shows, expected, written("case", &case.body()))
    }
}

pub(super) fn good() -> Vec<EvidenceVector> {
    let order = order(true);
    let block = change("line", &order, "block", 1);
    vec![file(
        "signed-by-agent",
        "the terminal released for the line, which blocked that itself",
        ("proven", &[("signed-by-agent", "document", 1)]),
        vec![order, block],
    )]
}

pub(super) fn bad() -> Vec<EvidenceVector> {
    let unmarked = order(false);
    let marked = order(true);
    let block = change("line", &marked, "block", 1);
    let unblock = change(AGENT, &block, "unblock", 2);
    let found = [
        ("signed-by-agent", "document", 1),
        ("signed-by-agent", "document", 3),
        ("rule-broken", "document", 3),
    ];
    vec![
        file(
            "agent-passed-off-as-line",
            "signed with the agent's key, without the mark",
            ("broken", &[("document-refused", "document", 1), ("not-judged", "document", 1)]),
            vec![unmarked, arrival(1)],
        ),
        file(
            "agent-over-the-line",
            "the line blocked, and the terminal signed for it that it unblocks",
            ("proven", &found),
            vec![marked, block, unblock],
        ),
    ]
}
