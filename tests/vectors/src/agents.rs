//! What a terminal signs for a line that has no node: marked as that, or refused.

use landside_proto::document::{AgentEntry, DirectoryEdition, Document};
use landside_proto::envelope::{Signed, seal};
use landside_proto::key::Signer;
use landside_proto::refusal::Code;
use serde_json::{Value, json};

use crate::forge::{Pieces, at, remove, set};
use crate::format::{Bad, DocumentFile, Good};
use crate::good::{self, vector};
use crate::identity::key;
use crate::world::{actor, document, edition_of, now, parties, party, sealed, time};

/// The good vector of `directory.json` in which terminals are agents.
pub(crate) const EDITION: &str = "agents-1";

/// Key of the terminal for the line; of another terminal; one whose time is over.
pub(crate) const AGENT: &str = "terminal-for-line";
pub(crate) const ELSEWHERE: &str = "other-terminal-for-line";
const ENDED: &str = "terminal-once-for-line";

pub(crate) fn file() -> DocumentFile<Document> {
    DocumentFile {
        about: "Documents to open with a directory in which two terminals are agents of `line`, at `now`."
            .into(),
        now: now(),
        directory: EDITION.into(),
        credentials: Vec::new(),
        good: good(),
        bad: [marks(), kinds(), keys(), forms()].into_iter().flatten().collect(),
    }
}

/// Everybody of edition 1 and one more terminal, with the agents of the line.
pub(crate) fn edition() -> DirectoryEdition {
    let mut all = parties();
    all.push(party("other-terminal", "Berth Nine Terminal", "terminal"));
    all.sort_by_key(|party| party["id"].as_str().map(str::to_owned));
    let mut edition = edition_of(1, None, &all);
    let held = |by: &str, name: &str, until: Option<&str>| AgentEntry {
        party: by.parse().expect("a party of the vectors"),
        key: key(name).public_key(),
        from: time("2026-11-01T00:00:00Z"),
        until: until.map(time),
    };
    let line = edition.parties.iter_mut().find(|party| party.id.as_str() == "line");
    line.expect("a party of the vectors").agents = vec![
        held("terminal", AGENT, None),
        held("other-terminal", ELSEWHERE, None),
        held("terminal", ENDED, Some("2026-11-20T00:00:00Z")),
    ];
    edition
}

/// The good payload of a kind with the mark of the terminal, and its message.
fn marked(kind: &str) -> Value {
    let mut payload = good::payload(kind);
    payload["agent"] = json!("terminal");
    payload["source"] = good::payload("release-order")["source"].clone();
    payload
}

fn by(name: &str, kind: &str, payload: Value) -> Signed<Document> {
    sealed(name, document(kind, payload), now())
}

fn good() -> Vec<Good<Document>> {
    let order = by(AGENT, "release-order", marked("release-order"));
    let mut block = marked("release-change");
    block.as_object_mut().expect("a payload").remove("terms");
    (block["action"], block["builds_on"]) = (json!("block"), json!(order.id()));
    let mut elsewhere = marked("release-order");
    elsewhere["agent"] = json!("other-terminal");
    elsewhere["visit"]["terminal"] = json!("other-terminal");
    let own = sealed("line", document("release-order", good::payload("release-order")), now());
    vec![
        vector("order-by-agent", "the terminal signs for the line, and says so", AGENT, &order),
        vector(
            "change-by-agent",
            "and so it says that the line blocks",
            AGENT,
            &by(AGENT, "release-change", block),
        ),
        vector(
            "order-by-other-agent",
            "the other terminal, for a container at its own quay",
            ELSEWHERE,
            &by(ELSEWHERE, "release-order", elsewhere),
        ),
        vector("order-by-line", "the line signs itself, and nobody for it", "line", &own),
    ]
}

fn wrong_mark(name: &str, shows: &str, key: &str, kind: &str, payload: Value) -> Bad {
    Bad::new(name, shows, Code::AgentMark, by(key, kind, payload).bytes())
}

/// The mark is not what the directory says of the key.
fn marks() -> Vec<Bad> {
    let bad = wrong_mark;
    let with = |kind: &str, agent: &str| {
        let mut payload = marked(kind);
        payload["agent"] = json!(agent);
        payload
    };
    let plain = good::payload;
    vec![
        bad(
            "own-key-with-mark",
            "the line's own key, marked as an agent's",
            "line",
            "release-order",
            marked("release-order"),
        ),
        bad(
            "agent-without-mark",
            "the agent's key, passed off as the line's",
            AGENT,
            "release-order",
            plain("release-order"),
        ),
        bad(
            "agent-named-other",
            "the other agent named",
            AGENT,
            "release-order",
            with("release-order", "other-terminal"),
        ),
        bad(
            "agent-named-line",
            "the line named as its own agent",
            AGENT,
            "release-order",
            with("release-order", "line"),
        ),
        bad(
            "agent-named-nobody",
            "a party that nobody lists named as agent",
            AGENT,
            "release-order",
            with("release-order", "stranger"),
        ),
        bad(
            "other-agents-key",
            "the other agent's key, the terminal named",
            ELSEWHERE,
            "release-order",
            marked("release-order"),
        ),
        bad(
            "change-without-mark",
            "a change by the agent's key, passed off as the line's",
            AGENT,
            "release-change",
            plain("release-change"),
        ),
        bad(
            "change-own-key-with-mark",
            "a change by the line's own key with a mark",
            "line",
            "release-change",
            marked("release-change"),
        ),
    ]
}

/// Kinds that cannot say who signed.
fn kinds() -> Vec<Bad> {
    let (bad, plain) = (wrong_mark, good::payload);
    vec![
        bad(
            "hold-by-agent",
            "a hold has no place for the mark",
            AGENT,
            "hold",
            json!({ "visit": good::visit(), "hold_type": "freight", "reason": "as the vector says" }),
        ),
        bad(
            "pass-right-by-agent",
            "nor has a passing of the right",
            AGENT,
            "pass-right",
            plain("pass-right"),
        ),
        bad("question-by-agent", "nor has a question", AGENT, "question", plain("question")),
        bad("receipt-by-agent", "nor has a receipt", AGENT, "receipt", plain("receipt")),
    ]
}

/// The key is none of an agent, or not now.
fn keys() -> Vec<Bad> {
    let order = document("release-order", marked("release-order"));
    let as_issuer = |issuer: &str, name: &str| {
        let signed = seal(order.clone(), actor(issuer), now(), &key(name));
        signed.expect("a vector keeps its own rules").bytes().to_vec()
    };
    let unknown =
        |name, shows, issuer, key| Bad::new(name, shows, Code::KeyUnknown, as_issuer(issuer, key));
    vec![
        unknown("agent-for-another-line", "no agent of that line", "other-line", AGENT),
        unknown("agent-as-itself", "the agent's key in the agent's name", "terminal", AGENT),
        unknown("terminals-own-key", "the terminal's own key for the line", "line", "terminal"),
        unknown("terminals-node-key", "its node's key", "line", "terminal-node"),
        Bad::new(
            "agent-key-ended",
            "a key whose time has passed",
            Code::KeyNotInForce,
            as_issuer("line", ENDED),
        ),
        Bad::new(
            "customs-status-by-agent",
            "a line, and so its agent, signs none",
            Code::RoleMayNotSign,
            by(AGENT, "customs-status", good::payload("customs-status")).bytes(),
        ),
    ]
}

/// The payload breaks its rules.
fn forms() -> Vec<Bad> {
    let order = Pieces::of(&by(AGENT, "release-order", marked("release-order")));
    let mut block = marked("release-change");
    block.as_object_mut().expect("a payload").remove("terms");
    block["action"] = json!("block");
    let change = Pieces::of(&by(AGENT, "release-change", block));
    let bad = |name, shows, code, pieces: Pieces| {
        Bad::new(name, shows, code, pieces.signed_by(AGENT).envelope())
    };
    let order = |edit: &dyn Fn(&mut ciborium::Value)| order.clone().body(edit);
    vec![
        bad(
            "agent-without-message",
            "an agent without the message that it signs on",
            Code::BadField,
            order(&|p| remove(p, 5)),
        ),
        bad(
            "change-without-message",
            "a change without its message",
            Code::BadField,
            change.body(|p| remove(p, 6)),
        ),
        bad(
            "agent-with-two-persons",
            "persons of the line, who did not sign",
            Code::BadField,
            order(&|p| {
                let two = ["Amina Said", "Piet Visser"].map(ciborium::Value::from);
                set(p, 7, two.to_vec());
                p.as_map_mut()
                    .expect("a payload")
                    .sort_by_key(|(key, _)| key.as_integer().map(i128::from));
            }),
        ),
        bad(
            "agent-empty",
            "an empty party id",
            Code::BadField,
            order(&|p| *at(p, &[8]) = "".into()),
        ),
        bad(
            "agent-null",
            "null where nothing stands",
            Code::NotCanonical,
            order(&|p| *at(p, &[8]) = ciborium::Value::Null),
        ),
    ]
}
