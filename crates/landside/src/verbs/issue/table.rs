//! The kinds people can issue and the fields of each: one table for options, help and examples.
//!
//! Kinds that a node makes on its own (slot, pickup-pass, gate-decision, receipt, presentation) and
//! directory-edition and override, which have their own verbs, are not in it. A test holds the table equal to the
//! JSON form of a document of each kind with every field filled in.

use std::str::FromStr;

use landside_proto::document::Kind;
use serde_json::{Number, Value, json};

use crate::fields::{container, plate};
use crate::span::moment;

/// One kind.
pub(super) struct KindForm {
    /// Which.
    pub(super) kind: Kind,
    /// What it says, one line.
    pub(super) about: &'static str,
    /// Its fields, in the order of the help.
    pub(super) fields: &'static [Field],
}

/// One field.
pub(super) struct Field {
    /// Name of the option and, dotted, of the field in the request.
    pub(super) path: &'static str,
    /// How its text is read.
    pub(super) form: Form,
    /// Who must say it.
    pub(super) need: Need,
    /// What it means, one line.
    pub(super) about: &'static str,
    /// A value of the form; shown in help for fields that must be said.
    pub(super) example: &'static str,
}

/// How the text of a field is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// As it is.
    Text,
    /// A container number, however typed.
    Container,
    /// A plate, however typed.
    Plate,
    /// A time, or a span from now.
    Time,
    /// A whole number.
    Number,
    /// true or false; true when no value follows.
    Flag,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number that may be below zero.
    Signed,
    /// Texts; the option is repeated.
    List,
    /// Rates as `1:12500`, from which day on and how much; the option is repeated.
    Tiers,
    /// Offsets from UTC as `2027-03-28T01:00:00Z/120`, from when on and how many minutes; repeated.
    Offsets,
}

/// Who must say a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// The person.
    Must,
    /// Nobody.
    May,
    /// Nobody, and without it the document seldom says what is meant: the example has it.
    Usual,
    /// The document needs it, and the node knows it when the person does not say it.
    Node,
}

impl Field {
    /// Where the document has it: requests name container and terminal without the visit, and give
    /// what is to be sealed as it is.
    pub(super) fn place(&self) -> &'static str {
        match self.path {
            "container" => "visit.container",
            "terminal" => "visit.terminal",
            "consignee" => "sealed.consignee",
            "cargo" => "sealed.cargo",
            "value" => "sealed.value",
            "release_to_identity" => "sealed.release_to_identity",
            path => path,
        }
    }
}

impl Form {
    /// What stands for a value in the help.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Text | Self::List => "TEXT",
            Self::Container => "CONTAINER",
            Self::Plate => "PLATE",
            Self::Time => "TIME",
            Self::Number | Self::Signed => "NUMBER",
            Self::Tiers => "DAY:RATE",
            Self::Offsets => "TIME/MINUTES",
            Self::Flag => "true|false",
            Self::OneOf(_) => "WORD",
        }
    }

    /// The text of one value in its JSON form.
    ///
    /// # Errors
    /// The text is no value of the form, described.
    pub(super) fn read(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Text | Self::List => Ok(Value::from(text)),
            Self::Container => {
                container(text).map(|c| Value::from(c.as_str())).map_err(|e| e.to_string())
            }
            Self::Plate => plate(text).map(|p| Value::from(p.as_str())).map_err(|e| e.to_string()),
            Self::Time => moment(text).map(|at| Value::from(at.to_string())),
            Self::Number => number::<u64>(text),
            Self::Signed => number::<i64>(text),
            Self::Tiers => {
                let (day, rate) = parts(text, ':')?;
                Ok(json!({ "from_day": number::<u64>(day)?, "rate": number::<u64>(rate)? }))
            }
            Self::Offsets => {
                let (from, minutes) = parts(text, '/')?;
                let from = moment(from)?.to_string();
                Ok(json!({ "from": from, "minutes": number::<i64>(minutes)? }))
            }
            Self::Flag => text
                .parse()
                .map(Value::Bool)
                .map_err(|_| format!("\"{text}\" is neither true nor false")),
            Self::OneOf(words) if words.contains(&text) => Ok(Value::from(text)),
            Self::OneOf(words) => Err(format!("\"{text}\" is none of {}", words.join(", "))),
        }
    }
}

fn number<T: FromStr + Into<Number>>(text: &str) -> Result<Value, String> {
    text.parse::<T>()
        .map(|n| Value::Number(n.into()))
        .map_err(|_| format!("\"{text}\" is not a whole number"))
}

fn parts(text: &str, between: char) -> Result<(&str, &str), String> {
    text.split_once(between).ok_or_else(|| format!("\"{text}\" has no {between} in it"))
}

const fn must(path: &'static str, form: Form, example: &'static str, about: &'static str) -> Field {
    Field { path, form, need: Need::Must, about, example }
}

const fn may(path: &'static str, form: Form, example: &'static str, about: &'static str) -> Field {
    Field { path, form, need: Need::May, about, example }
}

const fn usual(
    path: &'static str,
    form: Form,
    example: &'static str,
    about: &'static str,
) -> Field {
    Field { path, form, need: Need::Usual, about, example }
}

const fn node(path: &'static str, form: Form, example: &'static str, about: &'static str) -> Field {
    Field { path, form, need: Need::Node, about, example }
}

use Form::{
    Container, Flag, List, Number as Count, Offsets, OneOf, Plate, Signed, Text, Tiers, Time,
};

const ID: &str = "3f2a9c0149d1b1a96e5f2d0c7b8a9e1f3f2a9c0149d1b1a96e5f2d0c7b8a9e1f";
const KEY: &str = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const BOX: Field = must("container", Container, "MSKU1234565", "Container number");
const TERMINAL: Field = node("terminal", Text, "terminal-west", "Terminal of the case");
const BEFORE: Field = node("builds_on", Text, ID, "The document before this one");
const RIGHT: Field = node("right", Text, ID, "The document that last moved the right");
const REASON: Field = may("reason", Text, "by mistake", "Why");
const REMARK: Field = may("remark", Text, "wet floor", "What else is to be said");

const CONSIGNEE: Field =
    may("consignee", Text, "Adler Toys", "Who the goods are for; sealed, hauliers do not read it");
const CARGO: Field = may("cargo", Text, "wooden trains", "What the goods are; sealed");
const VALUE: Field = may("value", Text, "182500.00 EUR", "What they are worth; sealed");
const IDENTITY: Field = may(
    "release_to_identity",
    Text,
    "DE1234567890",
    "EORI or tax number of the first holder; sealed",
);

/// Every kind in the table.
pub(super) const KINDS: &[KindForm] = &[
    KindForm {
        kind: Kind::ReleaseOrder,
        about: "A line releases a container to a party",
        fields: &[
            BOX,
            must("bill", Text, "BL-2026-0001", "Bill of lading"),
            must("terms.release_to", Text, "forwarder-b", "First holder of the right"),
            must("terms.valid_until", Time, "10d", "Last moment of pick-up"),
            must("terms.haulage", OneOf(HAULAGE), "merchant", "Who arranges the road leg"),
            node("terminal", Text, "terminal-west", "Terminal where the container is"),
            may("terms.valid_from", Time, "1h", "Earliest pick-up"),
            may("terms.reference", Text, "REL-77", "The line's release number"),
            may("terms.empty_return.depot", Text, "DEPOT-1", "Where the empty goes"),
            may("terms.empty_return.reference", Text, "ER-9", "Reference the depot asks for"),
            CONSIGNEE,
            CARGO,
            VALUE,
            IDENTITY,
            may("size_type", Text, "22G1", "Size and type (ISO 6346)"),
            may("vessel.name", Text, "EVER GOOD", "Ship it came on"),
            may("vessel.imo", Text, "9074729", "IMO number of the ship"),
            may("vessel.voyage", Text, "042E", "Voyage"),
            may("source.interchange", Text, ID, "SHA-256 of the interchange it was read from"),
            may("source.message", Count, "0", "Which message in it, from 0"),
            may("source.equipment", Count, "0", "Which equipment in the message, from 0"),
        ],
    },
    KindForm {
        kind: Kind::ReleaseChange,
        about: "A line replaces, blocks, unblocks, revokes or cancels a release",
        fields: &[
            BOX,
            must("action", OneOf(ACTIONS), "block", "What happens"),
            node("bill", Text, "BL-2026-0001", "Bill of lading of the release"),
            TERMINAL,
            BEFORE,
            REASON,
            may("terms.release_to", Text, "forwarder-b", "First holder (replace)"),
            may("terms.valid_until", Time, "10d", "Last moment of pick-up (replace)"),
            may("terms.haulage", OneOf(HAULAGE), "merchant", "Who arranges the road leg (replace)"),
            may("terms.valid_from", Time, "1h", "Earliest pick-up (replace)"),
            may("terms.reference", Text, "REL-77", "The line's release number (replace)"),
            may("terms.empty_return.depot", Text, "DEPOT-1", "Where the empty goes (replace)"),
            may("terms.empty_return.reference", Text, "ER-9", "Reference for the depot (replace)"),
            CONSIGNEE,
            CARGO,
            VALUE,
            IDENTITY,
            may("source.interchange", Text, ID, "SHA-256 of the interchange it was read from"),
            may("source.message", Count, "0", "Which message in it, from 0"),
            may("source.equipment", Count, "0", "Which equipment in the message, from 0"),
        ],
    },
    KindForm {
        kind: Kind::CustomsStatus,
        about: "Customs says where a consignment stands",
        fields: &[
            BOX,
            must("status", OneOf(CUSTOMS), "released", "Where it stands"),
            node("consignment", Text, "BL-2026-0001", "Bill of lading, master or house"),
            node("terminal", Text, "terminal-west", "Terminal where the container is"),
            BEFORE,
            may("national_code", Text, "R1", "The national code it was read from"),
            may("declaration", Text, "26CN0001", "Declaration number"),
        ],
    },
    KindForm {
        kind: Kind::Hold,
        about: "An authority stops a container",
        fields: &[
            BOX,
            must("hold_type", OneOf(HOLDS), "customs-scan", "What kind of stop"),
            must("reason", Text, "scan ordered", "Why"),
            node("terminal", Text, "terminal-west", "Terminal where the container is"),
        ],
    },
    KindForm {
        kind: Kind::HoldLift,
        about: "A hold ends",
        fields: &[BOX, TERMINAL, node("builds_on", Text, ID, "The hold"), REASON],
    },
    KindForm {
        kind: Kind::Arrival,
        about: "The terminal says that a container is here, reachable and clear",
        fields: &[
            BOX,
            must("available", Flag, "true", "Reachable in the yard"),
            must("cleared", Flag, "true", "Storage paid, nothing to survey"),
            usual("discharged_at", Time, "2026-11-23T04:00:00Z", "When it came off the ship"),
            TERMINAL,
            BEFORE,
            may("position", Text, "yard", "Class of position"),
            may("damage", Text, "dent on the left side", "Damage seen at discharge"),
            may(
                "told",
                List,
                "customs-rotterdam",
                "Customs offices that learn of the case by this",
            ),
        ],
    },
    KindForm {
        kind: Kind::PassRight,
        about: "The holder passes the right on (see also landside pass)",
        fields: &[
            BOX,
            must("to", Text, "harbour-haulage", "The next holder"),
            TERMINAL,
            BEFORE,
            may("limits.from", Time, "1h", "Not before"),
            may("limits.until", Time, "3d", "Not after"),
            may("limits.plate", Plate, "1-ABC-234", "Only this truck"),
            may("limits.depot", Text, "DEPOT-1", "The empty goes only to this depot"),
            may("limits.hops", Count, "1", "How many more times it may be passed on"),
        ],
    },
    KindForm {
        kind: Kind::ReturnRight,
        about: "The holder hands the right back (see also landside return)",
        fields: &[BOX, TERMINAL, BEFORE, REASON],
    },
    KindForm {
        kind: Kind::RevokeRight,
        about: "A holder upstream takes the right back (see also landside revoke)",
        fields: &[BOX, TERMINAL, node("revokes", Text, ID, "The pass-right that ends"), REASON],
    },
    KindForm {
        kind: Kind::DriverCredential,
        about: "A haulier vouches for a driver's device key (see also landside enrol)",
        fields: &[
            must("key", Text, KEY, "The device key"),
            must("name", Text, "Wang Wei", "The driver's name"),
            must("valid_until", Time, "365d", "Last moment"),
            must("state", OneOf(&["active", "withdrawn"]), "active", "Given or taken away"),
            may("licence", Text, "D-4711", "Licence number"),
            may("replaces", Text, "21fe31dfa154a261", "Key id of the device it replaces"),
        ],
    },
    KindForm {
        kind: Kind::DriverBinding,
        about: "The haulier names driver and truck (see also landside bind)",
        fields: &[
            BOX,
            must("driver", Text, KEY, "The driver's device key"),
            must("plate", Plate, "1-ABC-234", "The truck"),
            TERMINAL,
            RIGHT,
            BEFORE,
        ],
    },
    KindForm {
        kind: Kind::SlotRequest,
        about: "The haulier asks for a time window (see also landside slot)",
        fields: &[
            BOX,
            must("window.from", Time, "1h", "First moment"),
            must("window.until", Time, "2h", "Last moment"),
            TERMINAL,
            RIGHT,
            BEFORE,
        ],
    },
    KindForm {
        kind: Kind::Question,
        about: "Asks another party about a case, or complains",
        fields: &[
            BOX,
            must("subject", OneOf(&["question", "complaint"]), "question", "Asks or complains"),
            must("to", Text, "customs-office", "The party that is asked"),
            must("text", Text, "when will it be free?", "What is asked"),
            node("answer_by", Time, "24h", "When the answer is due, by the config of the node"),
            TERMINAL,
            may("about", Text, ID, "The document it is about"),
        ],
    },
    KindForm {
        kind: Kind::Answer,
        about: "The party asked answers a question or complaint",
        fields: &[
            BOX,
            must("text", Text, "tomorrow at eight", "What is answered"),
            TERMINAL,
            node("builds_on", Text, ID, "The question"),
        ],
    },
    KindForm {
        kind: Kind::ClockTerms,
        about: "Free time, and what a day costs after it: storage, demurrage or detention",
        fields: &[
            BOX,
            must("charge", OneOf(CHARGES), "demurrage", "Storage is the terminal's"),
            node("bill", Text, "MSCU7654321", "Bill of lading; not for storage"),
            must("free_days", Count, "7", "How many days are free"),
            usual("tiers", Tiers, "1:12500", "From which day on a day costs so many minor units"),
            usual("currency", Text, "CNY", "The currency of the rates"),
            node("starts_on", OneOf(STARTS), "discharged", "What starts the clock"),
            node("first_day", OneOf(FIRST_DAYS), "day-after", "The first day that counts"),
            node("free_count", OneOf(COUNTS), "working", "Which days use up free time"),
            node("charged_count", OneOf(COUNTS), "calendar", "Which days cost something after it"),
            may("weekdays", List, "monday", "A day of work; repeat for more"),
            may("holidays", List, "2026-12-25", "A day without work; repeat for more"),
            node("suspended_by", List, "line", "Whose suspensions count: terminal, line"),
            node(
                "suspended_from_minutes",
                Count,
                "240",
                "Minutes of suspension from which on a day does not count",
            ),
            node("utc_offset", Signed, "480", "Minutes from UTC to the port's time"),
            node(
                "offset_changes",
                Offsets,
                "2027-03-28T01:00:00.000Z/120",
                "A change of that, such as summer time; repeat for more",
            ),
            TERMINAL,
            BEFORE,
        ],
    },
    KindForm {
        kind: Kind::ClockEvent,
        about: "A clock was suspended, an empty came back, or free days are given",
        fields: &[
            BOX,
            must("event", OneOf(CLOCK_EVENTS), "suspended", "What happened"),
            usual("charges", List, "demurrage", "A charge suspended, or the one waived; repeat"),
            usual("window.from", Time, "2026-11-24T04:00:00.000Z", "Suspended from"),
            usual("window.until", Time, "2026-11-24T10:00:00.000Z", "Suspended until"),
            may("at", Time, "2026-11-24T04:00:00.000Z", "When the empty came back"),
            may("days", Count, "2", "How many further days are free"),
            usual("reason", Text, "gate without power", "Why"),
            TERMINAL,
            node("builds_on", Text, ID, "The gate-out, or the terms of what is waived"),
        ],
    },
    KindForm {
        kind: Kind::InterchangeReceipt,
        about: "Seal and condition at hand-over (see also landside gate receipt)",
        fields: &[
            BOX,
            may(
                "condition",
                OneOf(&["sound", "damaged"]),
                "sound",
                "Condition; a terminal must say it",
            ),
            may("seals", List, "ML-CN1234567", "Seal number; repeat for more"),
            TERMINAL,
            node("builds_on", Text, ID, "The decision; for a driver the terminal's receipt"),
            may("damage", List, "DT", "Damage code; repeat for more"),
            may("photos", List, ID, "SHA-256 of a photograph; repeat for more"),
            REMARK,
        ],
    },
    KindForm {
        kind: Kind::GateOut,
        about: "The container left (see also landside gate out)",
        fields: &[
            BOX,
            node("left_at", Time, "2026-11-23T04:00:00Z", "When the truck passed the gate"),
            TERMINAL,
            node("builds_on", Text, ID, "The terminal's interchange receipt"),
            node("pass", Text, ID, "The pass that was used"),
            may("unsigned_because", Text, "phone broken", "Why the driver did not sign"),
        ],
    },
];

const CHARGES: &[&str] = &["storage", "demurrage", "detention"];
const STARTS: &[&str] = &["discharged", "available", "gate-out"];
const FIRST_DAYS: &[&str] = &["same-day", "day-after"];
const COUNTS: &[&str] = &["calendar", "working"];
const CLOCK_EVENTS: &[&str] = &["suspended", "empty-returned", "waived"];
const HAULAGE: &[&str] = &["merchant", "carrier"];
const ACTIONS: &[&str] = &["replace", "block", "unblock", "revoke", "cancel"];
const CUSTOMS: &[&str] = &["released", "held", "exam", "scan", "rejected"];
const HOLDS: &[&str] = &[
    "commercial",
    "freight",
    "customs-documents",
    "customs-scan",
    "customs-physical",
    "quarantine",
    "terminal-storage",
    "terminal-damage",
    "court",
    "security",
];
