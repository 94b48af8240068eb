//! The directory, the drivers and the clock of the vectors.

use landside_proto::directory::{self, Actor};
use landside_proto::document::{DirectoryEdition, Document, Kind};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::key::Signer;
use serde_json::{Value, json};

use crate::format::Hex;
use crate::identity::key;

/// The receiver's clock in every file.
pub(crate) fn now() -> UnixMillis {
    time("2026-11-23T10:00:00Z")
}

pub(crate) fn time(text: &str) -> UnixMillis {
    text.parse().expect("a time in a vector is RFC 3339")
}

/// A document from the JSON form of its payload.
pub(crate) fn document(kind: &str, payload: Value) -> Document {
    let kind = Kind::parse(kind).expect("a kind in a vector is known");
    Document::deserialize(kind, payload).expect("a payload in a vector reads")
}

/// Signs with a key of its own name: `driver` and `other-driver` as devices, all others as parties.
pub(crate) fn sealed(by: &str, document: Document, at: UnixMillis) -> Signed<Document> {
    envelope::seal(document, actor(by), at, &key(by)).expect("a vector keeps its own rules")
}

pub(crate) fn actor(name: &str) -> Actor {
    // A terminal's key for a line, as `terminal-for-line`, signs in the line's name.
    let name = name.rsplit_once("-for-").map_or(name, |(_, line)| line);
    if name.ends_with("driver") {
        return Actor::Driver(key(name).public_key().id());
    }
    Actor::parse(name).expect("a party of the vectors")
}

/// Text of a test key's public half, as JSON forms have it.
pub(crate) fn public(name: &str) -> String {
    key(name).public_key().to_string()
}

/// Key id of a test key, as JSON forms have it.
pub(crate) fn key_id(name: &str) -> String {
    key(name).public_key().id().to_string()
}

/// The edition in force in every file but `directory.json`: everybody, signed by two of three.
pub(crate) fn edition_1() -> Vec<u8> {
    bundle(&edition(), &["authority-1", "authority-2"])
}

/// Its payload.
pub(crate) fn edition() -> DirectoryEdition {
    edition_of(1, None, &parties())
}

/// Editions that follow one another: few parties, so that many variants stay short.
/// Edition 1 asks for two signatures, later ones for all three.
pub(crate) fn small_edition(number: u64) -> DirectoryEdition {
    let parties =
        [party("customs", "Customs", "customs"), party("terminal", "Berth Seven", "terminal")];
    let previous = (number > 1).then(|| {
        directory::edition_id(&small_edition(number - 1)).expect("an edition of the vectors")
    });
    edition_of(number, previous, &parties)
}

pub(crate) fn edition_of(
    number: u64,
    previous: Option<Hash32>,
    parties: &[Value],
) -> DirectoryEdition {
    let payload = json!({
        "network": "vectors",
        "number": number,
        "previous": previous,
        "threshold": if number == 1 { 2 } else { 3 },
        "authorities": (["authority-1", "authority-2", "authority-3"].map(public)),
        "valid_from": "2026-11-01T00:00:00Z",
        "valid_until": "2027-11-01T00:00:00Z",
        "parties": parties,
    });
    serde_json::from_value(payload).expect("an edition in a vector reads")
}

/// A bundle with the signatures of these keys.
pub(crate) fn bundle(edition: &DirectoryEdition, signers: &[&str]) -> Vec<u8> {
    signers.iter().fold(Vec::new(), |bundle, name| {
        directory::add_signature(&bundle, edition, now(), &key(name)).expect("an edition signs")
    })
}

/// Credentials in force in every file: `haulier` vouches for both devices, `sub-haulier` for one.
pub(crate) fn credentials() -> Vec<Hex> {
    [("haulier", "driver"), ("haulier", "other-driver"), ("sub-haulier", "driver")]
        .map(|(haulier, device)| Hex(credential(haulier, device).bytes().to_vec()))
        .into()
}

pub(crate) fn credential(haulier: &str, device: &str) -> Signed<Document> {
    let payload = json!({
        "key": public(device),
        "name": if device == "driver" { "Asha Mwita" } else { "Jan de Boer" },
        "valid_until": "2027-06-30T00:00:00Z",
        "state": "active",
    });
    sealed(haulier, document("driver-credential", payload), time("2026-11-20T08:00:00Z"))
}

pub(crate) fn parties() -> Vec<Value> {
    vec![
        party("court", "Harbour Court", "authority"),
        party("customs", "Customs, Import Office", "customs"),
        party("forwarder", "Blue Anchor Forwarding", "forwarder"),
        party("haulier", "Harbour Haulage", "haulier"),
        line(),
        party("other-customs", "Customs, Inland Office", "customs"),
        party("other-line", "Second Line", "line"),
        party("shipper", "Kilimo Imports", "shipper"),
        party("sub-haulier", "Mwita and Daughters", "haulier"),
        party("terminal", "Berth Seven Terminal", "terminal"),
    ]
}

pub(crate) fn party(id: &str, name: &str, role: &str) -> Value {
    json!({
        "id": id,
        "name": name,
        "roles": [role],
        "signing_keys": [{ "key": public(id), "from": "2026-11-01T00:00:00Z" }],
        "node_keys": [public(&format!("{id}-node"))],
        "addresses": if id == "terminal" { vec!["terminal.example:4760"] } else { vec![] },
    })
}

/// The line has three keys, one of them in force.
fn line() -> Value {
    let mut line = party("line", "First Line", "line");
    line["signing_keys"] = json!([
        { "key": public("line"), "from": "2026-11-01T00:00:00Z" },
        {
            "key": public("line-old"),
            "from": "2025-11-01T00:00:00Z",
            "until": "2026-11-15T00:00:00Z",
        },
        { "key": public("line-next"), "from": "2027-01-01T00:00:00Z" },
    ]);
    line
}
