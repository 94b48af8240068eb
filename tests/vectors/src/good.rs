//! One good document of each kind, each built on the one before, and the edges of what is allowed.

use landside_proto::document::{Document, NewKey, Possession, Presentation};
use landside_proto::envelope::{FUTURE_MAX, Signed};
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::key::Signer;
use serde_json::{Value, json};

use crate::format::{Good, Hex};
use crate::identity::key;
use crate::world::{actor, document, key_id, now, public, sealed as sealed_by, time};

/// The box of the vectors; the number is the example of ISO 6346.
pub(crate) const CONTAINER: &str = "CSQU3054383";

/// Every kind but the directory edition, which comes in bundles: kind, signing key, what it shows.
pub(crate) const KINDS: [(&str, &str, &str); 26] = [
    ("release-order", "line", "the line releases a container to a forwarder"),
    ("release-change", "line", "the line sets a later end, on the same terms otherwise"),
    ("customs-status", "customs", "customs releases one consignment"),
    ("hold", "customs", "customs stops the container for a scan"),
    ("hold-lift", "customs", "customs ends its hold"),
    ("arrival", "terminal", "the terminal has the container, reachable and clear"),
    ("pass-right", "forwarder", "the forwarder hands the right on, with narrower limits"),
    ("return-right", "haulier", "the haulier hands the right back"),
    ("revoke-right", "forwarder", "the forwarder takes the right back"),
    ("driver-credential", "haulier", "the haulier vouches for a device"),
    ("driver-binding", "haulier", "the haulier names driver and truck"),
    ("slot-request", "haulier", "the haulier asks for a window"),
    ("slot", "terminal", "the terminal grants the window"),
    ("pickup-pass", "terminal", "the terminal's pass, a CWT with the device as cnf"),
    ("presentation", "driver", "the driver's proof around the pass"),
    ("gate-decision", "terminal", "the gate admits"),
    ("interchange-receipt", "terminal", "seals and condition, by the terminal"),
    ("gate-out", "terminal", "the container left"),
    ("receipt", "terminal", "the terminal registered one document and refused one"),
    ("key-rotation", "line", "the line's key vouches for the one that takes its place"),
    ("override", "terminal", "the terminal passes over a block, two persons agreeing"),
    ("progress", "terminal", "the terminal tells hauliers and drivers how far the container is"),
    ("question", "haulier", "a haulier complains to the terminal about the gate-out"),
    ("answer", "terminal", "the terminal answers"),
    ("clock-terms", "line", "the line gives five working days free of detention, then two rates"),
    ("clock-event", "line", "the line gives two more days"),
];

pub(crate) fn vectors() -> Vec<Good<Document>> {
    let mut good: Vec<_> =
        KINDS.iter().map(|(kind, by, shows)| vector(kind, shows, by, &sealed(kind))).collect();
    let order = sealed("release-order");
    good.extend([
        vector(
            "interchange-receipt-by-driver",
            "the driver countersigns with the device key",
            "driver",
            &countersigned(),
        ),
        vector(
            "release-order-fewest-fields",
            "only the fields that must be there",
            "line",
            &sealed_by("line", document("release-order", fewest()), now()),
        ),
        vector(
            "release-order-sealed",
            "digests of the four fields that can be sealed; sealed.json opens such",
            "line",
            &sealed_by("line", document("release-order", with_sealed("release-order")), now()),
        ),
        vector(
            "release-change-sealed",
            "a replacement that seals anew",
            "line",
            &sealed_by("line", document("release-change", with_sealed("release-change")), now()),
        ),
        vector(
            "release-order-five-minutes-ahead",
            "issued as far ahead as honest clocks may differ",
            "line",
            &sealed_by("line", order.document().clone(), now().plus(FUTURE_MAX)),
        ),
        vector(
            "release-order-two-persons",
            "two persons of the line agreed",
            "line",
            &sealed_by("line", document("release-order", two_persons()), now()),
        ),
        Good {
            now: Some(time("2026-11-15T00:00:00Z")),
            ..vector(
                "release-order-last-moment-of-key",
                "signed with the line's old key, at the last moment it is in force",
                "line-old",
                &old_key(&order),
            )
        },
    ]);
    good.extend(at_the_gate());
    good.extend(clock_edges());
    good
}

/// What a terminal says in cases that are out of the usual.
fn at_the_gate() -> Vec<Good<Document>> {
    vec![
        vector(
            "gate-decision-overdue",
            "the gate admits on an edition that is overdue by a day, and writes that down",
            "terminal",
            &on_an_old_edition(),
        ),
        vector(
            "override-withdrawn",
            "nothing covered: ends the override before",
            "terminal",
            &sealed_by("terminal", document("override", withdrawal()), now()),
        ),
        vector(
            "gate-decision-on-override",
            "admits on an override, and names it with its person",
            "terminal",
            &sealed_by("terminal", document("gate-decision", on_override("gate-decision")), now()),
        ),
        vector(
            "gate-out-on-override",
            "the container left on an override",
            "terminal",
            &sealed_by("terminal", document("gate-out", on_override("gate-out")), now()),
        ),
    ]
}

/// The good document of a kind.
pub(crate) fn sealed(kind: &str) -> Signed<Document> {
    let at = KINDS.iter().position(|(name, ..)| *name == kind).expect("a kind of the vectors");
    sealed_by(KINDS[at].1, good_document(kind), issued_at(at))
}

pub(crate) fn visit() -> Value {
    json!({ "terminal": "terminal", "container": CONTAINER })
}

/// The driver's half of the good interchange receipt.
pub(crate) fn countersigned() -> Signed<Document> {
    let terminals = sealed("interchange-receipt");
    let mut payload = payload("interchange-receipt");
    payload["builds_on"] = json!(terminals.id());
    sealed_by("driver", document("interchange-receipt", payload), issued_at(17))
}

/// The good gate decision, made on an edition that should have been replaced.
fn on_an_old_edition() -> Signed<Document> {
    let mut payload = payload("gate-decision");
    payload["directory_overdue_s"] = json!(86_400);
    sealed_by("terminal", document("gate-decision", payload), issued_at(15))
}

/// One minute apart, the last before `now`.
fn issued_at(place: usize) -> UnixMillis {
    let minute = u64::try_from(place).unwrap();
    UnixMillis::from_millis(time("2026-11-23T09:30:00Z").as_millis() + minute * 60_000)
}

fn old_key(order: &Signed<Document>) -> Signed<Document> {
    let (at, key) = (time("2026-11-14T12:00:00Z"), key("line-old"));
    landside_proto::envelope::seal(order.document().clone(), actor("line"), at, &key).unwrap()
}

pub(crate) fn vector(
    name: &str,
    shows: &str,
    by: &str,
    signed: &Signed<Document>,
) -> Good<Document> {
    Good {
        name: name.to_owned(),
        shows: shows.to_owned(),
        now: None,
        kind: signed.document().kind().as_str().to_owned(),
        issuer: signed.issuer().to_string(),
        key: by.to_owned(),
        issued_at: signed.issued_at(),
        id: signed.id(),
        document: signed.document().clone(),
        bytes: Hex(signed.bytes().to_vec()),
    }
}

fn good_document(kind: &str) -> Document {
    if kind == "presentation" {
        return Presentation { pass: sealed("pickup-pass").bytes().to_vec() }.into();
    }
    document(kind, payload(kind))
}

fn id(kind: &str) -> Value {
    json!(sealed(kind).id())
}

/// The JSON form of the good payload of a kind.
pub(crate) fn payload(kind: &str) -> Value {
    match kind {
        "release-order" | "release-change" | "customs-status" | "hold" | "hold-lift"
        | "arrival" => of_the_lights(kind),
        "pass-right" | "return-right" | "revoke-right" | "driver-credential" | "driver-binding"
        | "slot-request" | "slot" => of_the_chain(kind),
        "key-rotation" => json!({
            "party": "line",
            "old": key_id("line"),
            "ends": "2026-12-01T00:00:00Z",
            "signing_key": public("stranger"),
            "node_key": public("driver"),
            "signing_proof": proof("line", NewKey::Signing, "stranger"),
            "node_proof": proof("line", NewKey::Node, "driver"),
        }),
        "override" => overriding(),
        _ => of_the_gate(kind),
    }
}

/// A new key's word that it is in hand, for a rotation of the line by one of its keys.
pub(crate) fn proof(old: &str, what: NewKey, new: &str) -> Possession {
    let party = PartyId::parse("line").expect("a party of the vectors");
    let proof = Possession::prove(&party, key(old).public_key().id(), what, &key(new));
    proof.expect("a test key signs")
}

fn fewest() -> Value {
    json!({
        "visit": visit(),
        "bill": "1",
        "terms": {
            "release_to": "forwarder",
            "valid_until": "2026-12-05T22:00:00Z",
            "haulage": "carrier",
        },
    })
}

/// The good payload of a kind with digests of every field to seal.
fn with_sealed(kind: &str) -> Value {
    let mut payload = payload(kind);
    let fields = ["consignee", "cargo", "value", "release_to_identity"];
    for (field, byte) in fields.into_iter().zip(["1a", "2b", "3c", "4d"]) {
        payload["sealed"][field] = json!(byte.repeat(32));
    }
    payload
}

fn two_persons() -> Value {
    let mut payload = fewest();
    payload["approved_by"] = json!(["Amina Said", "Piet Visser"]);
    payload
}

fn overriding() -> Value {
    json!({
        "visit": visit(),
        "light": "commercial",
        "covers": [{ "code": "release-blocked", "document": id("release-change") }],
        "person": "Neema Juma, shift manager",
        "reason": "the line cannot be reached, its guarantee covers the freight",
        "valid_until": "2026-11-23T18:00:00Z",
        "approved_by": ["Neema Juma, shift manager", "Ole Hansen"],
        "told": ["customs", "other-customs"],
    })
}

fn withdrawal() -> Value {
    json!({
        "visit": visit(),
        "light": "commercial",
        "builds_on": id("override"),
        "covers": [],
        "person": "Ole Hansen",
        "reason": "the line objects",
        "told": [],
    })
}

fn on_override(kind: &str) -> Value {
    let mut payload = payload(kind);
    payload["overrides"] =
        json!([{ "document": id("override"), "person": "Neema Juma, shift manager" }]);
    payload
}

fn of_the_lights(kind: &str) -> Value {
    match kind {
        "release-order" => json!({
            "visit": visit(),
            "bill": "LSD2611-00417",
            "terms": {
                "release_to": "forwarder",
                "valid_from": "2026-11-23T00:00:00Z",
                "valid_until": "2026-12-05T22:00:00Z",
                "haulage": "merchant",
                "reference": "REL-88120",
                "empty_return": { "depot": "DEPOT-EAST", "reference": "ER-5512" },
            },
            "size_type": "45G1",
            "vessel": { "name": "Morning Tide", "imo": "9074729", "voyage": "647E" },
            "source": {
                "interchange":
                    "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
                "message": 0,
                "equipment": 1,
            },
        }),
        "release-change" => json!({
            "visit": visit(),
            "bill": "LSD2611-00417",
            "builds_on": id("release-order"),
            "action": "replace",
            "terms": {
                "release_to": "forwarder",
                "valid_until": "2026-12-12T22:00:00Z",
                "haulage": "merchant",
            },
            "reason": "storm closed the port",
        }),
        "customs-status" => json!({
            "visit": visit(),
            "consignment": "LSD2611-00417",
            "status": "released",
            "national_code": "GR",
            "declaration": "26TZ0001234567",
        }),
        "hold" => json!({
            "visit": visit(),
            "hold_type": "customs-scan",
            "reason": "chosen for scanning",
        }),
        "hold-lift" => json!({
            "visit": visit(),
            "builds_on": id("hold"),
            "reason": "scan without findings",
        }),
        _ => json!({
            "visit": visit(),
            "discharged_at": "2026-11-23T04:00:00Z",
            "available": true,
            "cleared": true,
            "position": "yard",
        }),
    }
}

fn of_the_chain(kind: &str) -> Value {
    match kind {
        "pass-right" => json!({
            "visit": visit(),
            "builds_on": id("release-order"),
            "to": "haulier",
            "limits": { "until": "2026-12-01T22:00:00Z", "plate": "T-417-KLM", "hops": 1 },
        }),
        "return-right" => json!({
            "visit": visit(),
            "builds_on": id("pass-right"),
            "reason": "no truck free",
        }),
        "revoke-right" => json!({ "visit": visit(), "revokes": id("pass-right") }),
        "driver-credential" => json!({
            "key": public("driver"),
            "name": "Asha Mwita",
            "licence": "TZ-4410021",
            "valid_until": "2027-06-30T00:00:00Z",
            "state": "active",
        }),
        "driver-binding" => json!({
            "visit": visit(),
            "right": id("pass-right"),
            "driver": public("driver"),
            "plate": "T-417-KLM",
        }),
        "slot-request" => json!({
            "visit": visit(),
            "right": id("pass-right"),
            "window": window(),
        }),
        _ => json!({
            "visit": visit(),
            "builds_on": id("slot-request"),
            "answer": "granted",
            "window": window(),
        }),
    }
}

/// What hauliers and drivers are told, with everything that it can say.
fn progress() -> Value {
    json!({
        "visit": visit(),
        "right": {
            "head": id("pass-right"),
            "holder": "haulier",
            "limits": { "until": "2026-12-01T22:00:00Z", "plate": "T-417-KLM", "hops": 1 },
            "hops": [id("release-order"), id("pass-right")],
        },
        "pass": id("pickup-pass"),
        "needs": [
            { "light": "commercial", "code": "release-blocked", "owed_by": "line" },
            { "light": "customs", "code": "hold", "owed_by": "customs" },
        ],
        "overridden": ["terminal"],
        "discharged_at": "2026-11-23T04:00:00Z",
        "position": "yard",
        "size_type": "45G1",
        "empty_return": [{ "depot": "MOMBASA-ICD", "reference": "ER-7" }],
        "binding": id("driver-binding"),
    })
}

fn asked_and_answered(kind: &str) -> Value {
    match kind {
        "question" => json!({
            "visit": visit(),
            "subject": "complaint",
            "to": "terminal",
            "text": "the left side is dented deeper than the receipt says",
            "answer_by": "2026-11-25T12:00:00Z",
            "about": id("gate-out"),
        }),
        _ => json!({
            "visit": visit(),
            "builds_on": id("question"),
            "text": "the crane's camera shows it: ours, send the bill",
        }),
    }
}

fn clock_terms() -> Value {
    json!({
        "visit": visit(),
        "charge": "detention",
        "bill": "LSD2611-00417",
        "starts_on": "gate-out",
        "first_day": "day-after",
        "free_days": 5,
        "free_count": "working",
        "charged_count": "calendar",
        "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "holidays": ["2026-12-25", "2027-01-01"],
        "suspended_by": ["terminal", "line"],
        "suspended_from_minutes": 240,
        "tiers": [{ "from_day": 1, "rate": 4500 }, { "from_day": 8, "rate": 9000 }],
        "currency": "USD",
        "utc_offset": 180,
    })
}

/// A year of summer time, and what storage and suspension have.
fn clock_edges() -> Vec<Good<Document>> {
    let mut storage = clock_terms();
    let fields = storage.as_object_mut().expect("an object");
    for name in ["bill", "weekdays", "holidays", "tiers", "currency"] {
        fields.remove(name);
    }
    fields.extend([
        ("charge".to_owned(), json!("storage")),
        ("starts_on".to_owned(), json!("available")),
        ("first_day".to_owned(), json!("same-day")),
        ("free_count".to_owned(), json!("calendar")),
        ("utc_offset".to_owned(), json!(-720)),
        (
            "offset_changes".to_owned(),
            json!([
                { "from": "2027-03-28T01:00:00Z", "minutes": -660 },
                { "from": "2027-10-31T01:00:00Z", "minutes": 840 },
            ]),
        ),
    ]);
    let window = json!({ "from": "2026-11-24T04:00:00Z", "until": "2026-11-24T10:00:00Z" });
    let suspended = json!({
        "visit": visit(),
        "event": "suspended",
        "charges": ["storage", "demurrage", "detention"],
        "window": window,
        "reason": "no power at the gate",
    });
    let returned = json!({
        "visit": visit(),
        "event": "empty-returned",
        "builds_on": id("gate-out"),
        "at": "2026-11-27T08:00:00Z",
    });
    let by = |name, shows, kind, by, payload| {
        vector(name, shows, by, &sealed_by(by, document(kind, payload), now()))
    };
    vec![
        by(
            "clock-terms-storage",
            "no rates, and the lowest and highest offset from utc",
            "clock-terms",
            "terminal",
            storage,
        ),
        by(
            "clock-event-suspended",
            "six hours, every charge",
            "clock-event",
            "terminal",
            suspended,
        ),
        by("clock-event-returned", "no reason is needed", "clock-event", "line", returned),
    ]
}

fn of_the_gate(kind: &str) -> Value {
    match kind {
        "progress" => progress(),
        "question" | "answer" => asked_and_answered(kind),
        "clock-terms" => clock_terms(),
        "clock-event" => json!({
            "visit": visit(),
            "event": "waived",
            "builds_on": id("clock-terms"),
            "days": 2,
            "reason": "the depot was full",
        }),
        "pickup-pass" => json!({
            "expires": time("2026-11-23T13:00:00Z").as_secs(),
            "not_before": time("2026-11-23T09:30:00Z").as_secs(),
            "confirmation": public("driver"),
            "visit": visit(),
            "right": id("pass-right"),
            "slot": id("slot"),
            "plate": "T-417-KLM",
        }),
        "gate-decision" => json!({
            "visit": visit(),
            "verdict": "admit",
            "pass": id("pickup-pass"),
            "driver": key_id("driver"),
            "plate": "T-417-KLM",
            "reasons": [],
            "relied_on": [{ "document": id("release-order"), "age_s": 900 }],
            "directory": 1,
            "directory_age_s": 1_935_900,
        }),
        "interchange-receipt" => json!({
            "visit": visit(),
            "builds_on": id("gate-decision"),
            "seals": ["ML-TZ8812345"],
            "condition": "damaged",
            "damage": ["DT-L2"],
            "photos": ["00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"],
            "remark": "dent left side, above the second corrugation",
        }),
        "gate-out" => json!({
            "visit": visit(),
            "builds_on": id("interchange-receipt"),
            "pass": id("pickup-pass"),
            "left_at": "2026-11-23T09:47:00Z",
        }),
        _ => json!({
            "to": "line",
            "entries": [
                {
                    "document": id("release-order"),
                    "outcome": "accepted",
                    "position": {
                        "log": 7,
                        "at": "2026-11-23T09:30:02.250Z",
                        "case": { "code": case_code(), "place": 0 },
                    },
                },
                {
                    "document": id("release-change"),
                    "outcome": "refused",
                    "refused": {
                        "code": "head-moved",
                        "names": id("pass-right"),
                        "detail": "another document took its place",
                    },
                },
            ],
        }),
    }
}

fn window() -> Value {
    json!({ "from": "2026-11-23T10:00:00Z", "until": "2026-11-23T12:00:00Z" })
}

/// The case code of the vectors.
pub(crate) fn case_code() -> landside_proto::ids::CaseCode {
    landside_proto::ids::CaseCode::from_seed(&[7; 32])
}
