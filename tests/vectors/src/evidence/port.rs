//! The port of the evidence vectors: a small directory, a case, and the terminal's log.

use ciborium::Value as Cbor;
use landside_proto::directory::edition_id;
use landside_proto::document::{CasePlace, DirectoryEdition, Document, Position};
use landside_proto::envelope::{Signed, seal};
use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::key::Signer;
use landside_proto::log::Entry;
use serde_json::{Value, json};

use crate::forge::{bytes, set};
use crate::good::{case_code, visit};
use crate::identity::key;
use crate::log::heads::{cosigned, signed, text};
use crate::log::tree::{leaf_hash, mth, path, proof};
use crate::world::{
    actor, bundle, credential, document, edition_of, now, party, public, sealed, time,
};

/// What the release was made from.
pub(super) const RAW: &[u8] = b"UNB+UNOA:2+LINE+TERMINAL+261123:1000+417'UNZ+0+417'";

/// A registered document.
pub(super) type Logged = (Signed<Document>, Position);

/// A case and what a file of it has beside its documents.
pub(super) struct Case {
    /// The log: the case, a credential, and one entry of somebody else's at the end.
    pub(super) log: Vec<Logged>,
    /// Who cosigned the head.
    pub(super) witnesses: &'static [&'static str],
    /// Who did with another key than that of its name.
    pub(super) rotated_witness: Option<(&'static str, &'static str)>,
    /// The directory's bundles.
    pub(super) editions: Vec<Vec<u8>>,
}

/// The directory: those who take part.
pub(super) fn edition() -> DirectoryEdition {
    let parties: Vec<Value> = ["customs", "forwarder", "haulier", "line", "terminal"]
        .map(|id| party(id, id, id))
        .to_vec();
    edition_of(1, None, &parties)
}

/// Its id.
pub(super) fn trusted() -> Hash32 {
    edition_id(&edition()).expect("an edition of the vectors")
}

fn on(mut payload: Value) -> Value {
    payload["visit"] = visit();
    payload
}

/// A time of registration, in minutes after the begin of the case.
pub(super) fn minute(n: u64) -> UnixMillis {
    UnixMillis::from_millis(now().as_millis() + n * 60_000)
}

/// Signed a second before its registration, by a party of its key's name.
fn said(by: &str, kind: &str, payload: Value, n: u64) -> Signed<Document> {
    let at = UnixMillis::from_millis(minute(n).as_millis() - 1000);
    sealed(by, document(kind, payload), at)
}

pub(super) fn release() -> Signed<Document> {
    let terms = json!({
        "release_to": "forwarder", "valid_until": "2026-12-05T22:00:00Z", "haulage": "merchant",
    });
    let source = json!({ "interchange": Hash32::of(RAW), "message": 0, "equipment": 0 });
    said(
        "line",
        "release-order",
        on(json!({ "bill": "LSD2611-00417", "terms": terms, "source": source })),
        0,
    )
}

/// A pass of the right, by whoever says so.
pub(super) fn pass(by: &str, to: &str, n: u64) -> Signed<Document> {
    let builds_on = release().id();
    said(by, "pass-right", on(json!({ "builds_on": builds_on, "to": to })), n)
}

fn binding(right: &Signed<Document>, n: u64) -> Signed<Document> {
    let payload = json!({ "right": right.id(), "driver": public("driver"), "plate": "T-417-KLM" });
    said("haulier", "driver-binding", on(payload), n)
}

fn status(n: u64) -> Signed<Document> {
    let payload = json!({ "consignment": "LSD2611-00417", "status": "released" });
    said("customs", "customs-status", on(payload), n)
}

pub(super) fn arrival(n: u64) -> Signed<Document> {
    let payload = json!({
        "discharged_at": "2026-11-23T04:00:00Z", "available": true, "cleared": true,
    });
    said("terminal", "arrival", on(payload), n)
}

/// Numbered as a terminal does: a minute apart, the place only for documents of the case.
pub(super) fn logged(documents: Vec<Signed<Document>>) -> Vec<Logged> {
    let mut places = 0..;
    let mut log = 0..;
    let place = |signed: &Signed<Document>| {
        let visit = signed.document().visit()?;
        let ours = visit.container == release().document().visit()?.container;
        ours.then(|| places.next())?.map(|place| CasePlace { code: case_code(), place })
    };
    let places: Vec<_> = documents.iter().map(place).collect();
    let numbered = documents.into_iter().zip(places);
    numbered
        .map(|(signed, case)| {
            let log = log.next().expect("a log without end");
            (signed, Position { log, at: minute(log), case })
        })
        .collect()
}

impl Case {
    pub(super) fn honest() -> Self {
        let right = pass("forwarder", "haulier", 3);
        let bound = binding(&right, 5);
        Self::of(vec![
            release(),
            status(1),
            arrival(2),
            right,
            credential("haulier", "driver"),
            bound,
        ])
    }

    /// A case that the line began with a key of its own making.
    pub(super) fn rotated() -> Self {
        let at = UnixMillis::from_millis(minute(1).as_millis() - 1000);
        let order = release().document().clone();
        let order = seal(order, actor("line"), at, &key(NEXT)).expect("a release of the vectors");
        Self::of(vec![rotation("line", "line", NEXT), order, arrival(2)])
    }

    pub(super) fn of(documents: Vec<Signed<Document>>) -> Self {
        let editions = vec![bundle(&edition(), &["authority-1", "authority-2"])];
        let (witnesses, log) = (&["customs", "line"][..], logged(documents));
        Self { log, witnesses, rotated_witness: None, editions }
    }

    /// The leaves: the log's, and one that is none of the case's business.
    fn leaves(&self) -> Vec<Hash32> {
        let leaf = |(signed, position): &Logged| Entry::of(signed.hash(), position).leaf();
        self.log.iter().map(leaf).chain([leaf_hash(b"of another container")]).collect()
    }

    /// The head as the terminal signs it, with its witnesses.
    pub(super) fn head(&self) -> String {
        self.head_by("terminal")
    }

    pub(super) fn head_by(&self, by: &str) -> String {
        let leaves = self.leaves();
        let text = text(u64::try_from(leaves.len()).expect("a few"), &mth(&leaves));
        let seconds = minute(10).as_secs();
        let witness =
            |who: &&str| cosigned(&text, &format!("landside/vectors/{who}"), who, seconds);
        let rotated = self
            .rotated_witness
            .map(|(who, key)| cosigned(&text, &format!("landside/vectors/{who}"), key, seconds));
        let lines: String = self.witnesses.iter().map(witness).chain(rotated).collect();
        format!("{text}\n{}{lines}", signed(&text, by))
    }

    /// The terminal's receipt for the first documents of the case.
    pub(super) fn receipt(&self, documents: usize) -> Vec<u8> {
        let of_case = self.log.iter().filter(|(_, position)| position.case.is_some());
        receipt("terminal", &of_case.take(documents).cloned().collect::<Vec<_>>())
    }

    /// The body of the file.
    pub(super) fn body(&self) -> Cbor {
        let leaves = self.leaves();
        let registered = |(signed, position): &Logged| {
            let index = usize::try_from(position.log).expect("a few");
            registered(signed.bytes(), position, &path(index, &leaves))
        };
        let of = |in_case: bool| {
            let wanted = self.log.iter().filter(|(_, p)| p.case.is_some() == in_case);
            Cbor::Array(wanted.map(registered).collect())
        };
        let receipts = vec![bytes(&self.receipt(usize::MAX))];
        let container = release().document().visit().expect("it names one").container.to_string();
        map(vec![
            "vectors".into(),
            Cbor::Array(vec!["terminal".into(), container.into()]),
            case_code().to_string().into(),
            Cbor::Array(self.editions.iter().map(|bundle| bytes(bundle)).collect()),
            bytes(self.head().as_bytes()),
            of(false),
            of(true),
            Cbor::Array(receipts),
            Cbor::Array(vec![bytes(RAW)]),
            Cbor::Array(Vec::new()),
        ])
    }
}

/// A receipt for documents at their positions.
pub(super) fn receipt(by: &str, log: &[Logged]) -> Vec<u8> {
    let entries: Vec<_> = log
        .iter()
        .map(|(signed, position)| {
            json!({ "document": signed.id(), "outcome": "accepted", "position": position })
        })
        .collect();
    let payload = json!({ "to": "forwarder", "entries": entries });
    sealed(by, document("receipt", payload), time("2026-11-23T10:09:00Z")).bytes().to_vec()
}

/// A registered document as a file has it.
fn registered(envelope: &[u8], position: &Position, proof: &[Hash32]) -> Cbor {
    let mut at = vec![position.log.into(), position.at.as_millis().into()];
    if let Some(case) = &position.case {
        at.push(map(vec![case.code.to_string().into(), case.place.into()]));
    }
    map(vec![bytes(envelope), map(at), hashes(proof), Cbor::Array(Vec::new())])
}

/// A map with keys from 0.
fn map(values: Vec<Cbor>) -> Cbor {
    let keyed = (0..).map(|key: i64| key.into()).zip(values);
    Cbor::Map(keyed.collect())
}

fn hashes(hashes: &[Hash32]) -> Cbor {
    Cbor::Array(hashes.iter().map(|hash| bytes(hash.as_bytes())).collect())
}

/// Leaves of a log of which nothing but heads is shown.
fn bare(size: u64, history: &str) -> Vec<Hash32> {
    (0..size).map(|n| leaf_hash(format!("{history} {n}").as_bytes())).collect()
}

/// A fork's body: heads of these sizes of one history, perhaps with the proof.
pub(super) fn fork(first: u64, second: u64, with_proof: bool) -> Cbor {
    let index = usize::try_from(first).expect("a few");
    let proof = with_proof.then(|| proof(index, &bare(second, "one")));
    fork_of([head(&bare(first, "one"), "terminal"), head(&bare(second, "one"), "terminal")], proof)
}

/// Two histories of one size.
pub(super) fn two_histories(size: u64, second_by: &str) -> Cbor {
    let mut heads = [head(&bare(size, "one"), "terminal"), head(&bare(size, "another"), second_by)];
    heads.sort();
    fork_of(heads, None)
}

/// A smaller head of one history, a larger one of another, and the other's own proof.
pub(super) fn proof_of_another(first: u64, second: u64) -> Cbor {
    let index = usize::try_from(first).expect("a few");
    let proof = proof(index, &bare(second, "another"));
    let heads = [(first, "one"), (second, "another")];
    fork_of(heads.map(|(size, history)| head(&bare(size, history), "terminal")), Some(proof))
}

/// Two histories of one size, signed with a key that no edition lists, and these rotations.
pub(super) fn rotated_fork(rotations: &[Vec<u8>]) -> Cbor {
    let mut heads = ["one", "another"].map(|history| head(&bare(7, history), NEXT));
    heads.sort();
    let mut body = fork_of(heads, None);
    let rotations = rotations.iter().map(|rotation| bytes(rotation)).collect();
    set(&mut body, 5, Cbor::Array(rotations));
    body
}

/// The terminal's next key, by its name: in this port nobody has it.
pub(super) const NEXT: &str = "line-next";

/// A party's key vouches for another.
pub(super) fn rotation(of: &str, by: &str, new: &str) -> Signed<Document> {
    let party = of.parse().expect("a party of the vectors");
    let new = key(new);
    let pair: (Option<&dyn Signer>, Option<&dyn Signer>) = (Some(&new), None);
    let signed = landside_proto::rotation::sign(party, minute(600), minute(0), &key(by), pair);
    signed.expect("a rotation of the vectors")
}

fn head(leaves: &[Hash32], by: &str) -> String {
    let text = text(u64::try_from(leaves.len()).expect("a few"), &mth(leaves));
    format!("{text}\n{}", signed(&text, by))
}

fn fork_of(heads: [String; 2], proof: Option<Vec<Hash32>>) -> Cbor {
    let editions = [bundle(&edition(), &["authority-1", "authority-2"])];
    let mut values = vec![
        "vectors".into(),
        "terminal".into(),
        Cbor::Array(editions.iter().map(|bundle| bytes(bundle)).collect()),
        Cbor::Array(heads.iter().map(|head| bytes(head.as_bytes())).collect()),
    ];
    values.extend(proof.map(|proof| hashes(&proof)));
    map(values)
}
