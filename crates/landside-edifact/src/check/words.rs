//! Segments in words. What a qualifier means is taken from the profile first, then from the lists of
//! the trade; one that neither knows is shown as it came.

use crate::coreor::fields::rank;
use crate::local_time;
use crate::profile::Profile;
use crate::syntax::{Segment, quote};

/// What a message type is for.
pub(super) fn of_message(kind: &str) -> &'static str {
    match kind {
        "BAPLIE" => "bay plan of a ship; not read here",
        "COPRAR" => "order to discharge or load; not read here, for it says not what happened",
        "VERMAS" => "verified weight; not read here",
        "APERAK" => "answer to a message: accepted, or what is wrong with it",
        "COARRI" => "what came off a ship or went onto it",
        "CODECO" => "what passed a gate",
        "CONTRL" => "answer to an interchange: whether its syntax was understood",
        "COPARN" => "booking, or release of empty containers",
        "COPINO" => "announcement of a truck",
        "COREOR" => "release order for containers",
        "CUSRES" => "answer of customs",
        "IFTSTA" => "status report; written here, not read",
        _ => "a message that is not read here",
    }
}

/// A segment in words.
pub(super) fn of_segment(segment: &Segment<'_>, kind: &str, profile: &Profile) -> String {
    let said = Said { segment, kind, profile };
    match segment.tag() {
        "BGM" => said.title(),
        "UNB" => format!("interchange {} of {} begins", said.at(4, 0), said.at(1, 0)),
        "UNZ" => format!("interchange {} ends", said.at(1, 0)),
        "UNG" | "UNE" => "group of messages".to_owned(),
        "UNH" => format!("message {} begins: {}", said.at(0, 0), said.at(1, 0)),
        "UNT" => format!("message {} ends", said.at(1, 0)),
        "RFF" => said.reference(),
        "DTM" => said.time(),
        "TDT" => said.transport(),
        "NAD" => said.party(),
        "LOC" => said.place(),
        "EQD" => said.equipment(),
        "GIS" => said.status(),
        "MEA" => {
            format!("weight or measure {}: {} {}", said.at(1, 0), said.at(2, 1), said.at(2, 0))
        }
        "SEL" => format!("seal {} {}", said.at(0, 0), said.words(SEALERS, 1, 0)),
        "CNT" => format!("count: {} {}", said.at(0, 1), said.words(COUNTS, 0, 0)),
        "FTX" => format!("text ({}): {}", said.at(0, 0), said.join(3)),
        "GID" => format!("goods item {}", said.at(0, 0)),
        "SGP" => format!("goods are in container {}", said.at(0, 0)),
        "DAM" => format!("damage {}", [said.at(1, 0), said.at(1, 3)].join(" ")),
        "EQN" => format!("number of units: {}", said.at(0, 0)),
        "MOA" => format!("amount ({}): {} {}", said.at(0, 0), said.at(0, 1), said.at(0, 2)),
        "ERC" => format!("error {}", said.at(0, 0)),
        "STS" => format!("status {} {}", said.at(1, 0), said.at(1, 3)),
        "CNI" => format!("consignment {} {}", said.at(0, 0), said.at(1, 0)),
        "DOC" => format!("document {} {}", said.at(0, 0), said.at(1, 0)),
        "UCI" => format!(
            "about interchange {}: action {} {}",
            said.at(0, 0),
            said.at(3, 0),
            said.at(4, 0)
        ),
        "UCM" => {
            format!("about message {}: action {} {}", said.at(0, 0), said.at(2, 0), said.at(3, 0))
        }
        "TMD" => format!("movement type {}", said.at(0, 0)),
        "TMP" => format!("temperature {} {}", said.at(1, 0), said.at(1, 1)),
        "DGS" => format!("dangerous goods: class {}, UN {}", said.at(1, 0), said.at(2, 0)),
        "HAN" => format!("handling {}", said.at(0, 0)),
        "CTA" | "COM" => {
            format!("contact {}", said.at(if segment.tag() == "CTA" { 1 } else { 0 }, 0))
        }
        "ERP" => format!("place of the error: {}", said.at(0, 0)),
        _ => "not used here".to_owned(),
    }
    .trim_end()
    .to_owned()
}

/// A code and its words.
type List = &'static [(&'static str, &'static str)];

/// BGM 1225.
const FUNCTIONS: List = &[
    ("1", "cancels the whole order"),
    ("2", "adds containers"),
    ("3", "takes containers out"),
    ("4", "changes"),
    ("5", "replaces"),
    ("9", "original"),
    ("27", "not accepted"),
    ("29", "accepted"),
    ("31", "copy"),
];

/// RFF 1153, where the profile has no use for it.
const REFERENCES: List = &[
    ("AAE", "goods declaration"),
    ("ACW", "message it answers"),
    ("AGO", "interchange it answers"),
    ("BN", "booking"),
    ("EQ", "container"),
    ("SQ", "number in the list"),
    ("VON", "voyage"),
];

/// DTM 2005, where the profile has no use for it.
const TIMES: List = &[
    ("7", "effective"),
    ("132", "arrival, expected"),
    ("133", "departure, expected"),
    ("137", "message made"),
    ("178", "arrival"),
    ("186", "departure"),
    ("201", "pick-up"),
    ("203", "move"),
    ("334", "status since"),
];

/// NAD 3035, where the profile has no use for it.
const PARTIES: List = &[
    ("BJ", "release-to party"),
    ("CA", "carrier"),
    ("CF", "container operator"),
    ("CN", "consignee"),
    ("FW", "forwarder"),
    ("GA", "road carrier"),
    ("MR", "message to"),
    ("MS", "message from"),
];

/// LOC 3227, where the profile has no use for it.
const PLACES: List = &[
    ("7", "place of delivery"),
    ("8", "place of destination"),
    ("9", "port of loading"),
    ("11", "port of discharge"),
    ("76", "original port of loading"),
    ("88", "place of receipt"),
    ("98", "where the empty is"),
    ("99", "where the empty goes"),
    ("147", "cell on board"),
    ("165", "where it happened"),
    ("175", "where it happened"),
];

/// TDT 8051.
const LEGS: List = &[
    ("1", "leg over land"),
    ("10", "leg to the terminal"),
    ("20", "main carriage"),
    ("30", "leg from the terminal"),
];

/// SEL 9303.
const SEALERS: List = &[
    ("CA", "of the carrier"),
    ("CU", "of customs"),
    ("SH", "of the shipper"),
    ("TO", "of the terminal"),
];

/// CNT 6069.
const COUNTS: List = &[("16", "containers")];

/// EQD 8249.
const DIRECTIONS: List =
    &[("1", "continental"), ("2", "export"), ("3", "import"), ("6", "transhipment")];

/// EQD 8169.
const LOADS: List = &[("4", "empty"), ("5", "full")];

struct Said<'s> {
    segment: &'s Segment<'s>,
    kind: &'s str,
    profile: &'s Profile,
}

impl Said<'_> {
    /// A component, fit to be shown.
    fn at(&self, element: usize, component: usize) -> String {
        quote(&self.segment.text(element, component))
    }

    /// What a code stands for; the code itself where no list knows it.
    fn words(&self, list: List, element: usize, component: usize) -> String {
        let code = self.at(element, component);
        named(list, &code).map_or(code, str::to_owned)
    }

    fn join(&self, element: usize) -> String {
        let parts = (0..5).map(|part| self.at(element, part)).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    }

    fn title(&self) -> String {
        let function = self.words(FUNCTIONS, 2, 0);
        let function =
            if function.is_empty() { "no function, read as original" } else { &function };
        let name = self.at(0, 0);
        let meaning = self.meaning(&name).map(|words| format!(" ({words})")).unwrap_or_default();
        format!("document name {name}{meaning}, number {}: {function}", self.at(1, 0))
    }

    /// What a document name means to this partner.
    fn meaning(&self, name: &str) -> Option<&'static str> {
        let Profile { release, ship_moves, gate_moves, announcements, bookings, .. } = self.profile;
        let lists: &[(&[String], &str)] = match self.kind {
            "COREOR" => &[(&release.document_names, "release order")],
            "COARRI" => &[(&ship_moves.discharge, "discharge"), (&ship_moves.load, "load")],
            "CODECO" => &[(&gate_moves.gate_in, "gate-in"), (&gate_moves.gate_out, "gate-out")],
            "COPINO" => &[
                (&announcements.pick_up, "pick-up"),
                (&announcements.drop_off, "drop-off"),
                (&announcements.either, "announcement"),
            ],
            "COPARN" => &[
                (&bookings.empty_release, "release of empties"),
                (&bookings.acceptance, "acceptance for export"),
            ],
            "CUSRES" => &[(&self.profile.customs.error, "errors")],
            "APERAK" => return named(&[("312", "acknowledgement"), ("313", "errors")], name),
            _ => &[],
        };
        lists.iter().find(|(list, _)| rank(list, name).is_some()).map(|(_, words)| *words)
    }

    fn reference(&self) -> String {
        let qualifier = self.at(0, 0);
        let form = &self.profile.release;
        let is = |list: &[String]| rank(list, &qualifier).is_some();
        // Whoever reads a PIN can try it at a gate.
        if is(&form.pin) {
            return "PIN, not shown".to_owned();
        }
        let customs = self.kind == "CUSRES";
        let words = if is(&form.bill) || (customs && is(&self.profile.customs.bill)) {
            "bill of lading"
        } else if is(&form.number) {
            "release number"
        } else if is(&form.empty_return_reference) {
            "reference for the empty depot"
        } else if customs && is(&self.profile.customs.declaration) {
            "declaration"
        } else if customs && is(&self.profile.customs.container) {
            "container"
        } else {
            named(REFERENCES, &qualifier).unwrap_or("reference, not used here")
        };
        format!("{words} ({qualifier}): {}", self.at(0, 1))
    }

    fn time(&self) -> String {
        let qualifier = self.at(0, 0);
        let Profile { release, ship_moves, gate_moves, announcements, bookings, .. } = self.profile;
        let lists: &[(&[String], &str)] = match self.kind {
            "COREOR" => {
                &[(&release.valid_from, "earliest pick-up"), (&release.valid_until, "last pick-up")]
            }
            "COARRI" => &[(&ship_moves.time, "time of the move")],
            "CODECO" => &[(&gate_moves.time, "time at the gate")],
            "COPINO" => &[(&announcements.time, "wanted at the gate")],
            "COPARN" => &[(&bookings.time, "wanted")],
            _ => &[],
        };
        let listed = lists.iter().find(|(list, _)| rank(list, &qualifier).is_some());
        let words = listed.map(|(_, words)| *words);
        let words = words.or_else(|| named(TIMES, &qualifier)).unwrap_or("time, not used here");
        let (value, format) = (self.segment.text(0, 1), self.segment.text(0, 2));
        let read = match local_time::read(&value, &format, &self.profile.zone) {
            Ok(span) if span.start == span.end => span.start.to_string(),
            Ok(span) => format!("{} to {}", span.start, span.end),
            Err(error) => error.to_string(),
        };
        format!("{words} ({qualifier}): {read}")
    }

    fn transport(&self) -> String {
        let leg = self.words(LEGS, 0, 0);
        let mut parts = vec![leg];
        for (name, element, component) in [
            ("voyage", 1, 0),
            ("carrier", 4, 0),
            ("named", 4, 3),
            ("vehicle", 7, 0),
            ("name", 7, 3),
        ] {
            let value = self.at(element, component);
            if !value.is_empty() {
                parts.push(format!("{name} {value}"));
            }
        }
        parts.join(", ")
    }

    fn party(&self) -> String {
        let qualifier = self.at(0, 0);
        let form = &self.profile.release;
        let is = |list: &[String]| rank(list, &qualifier).is_some();
        let mut roles = Vec::new();
        for (list, role) in [
            (&form.release_to, "released to"),
            (&form.consignee, "consignee"),
            (&form.line, "line"),
        ] {
            if self.kind == "COREOR" && is(list) {
                roles.push(role);
            }
        }
        if roles.is_empty() {
            roles.push(named(PARTIES, &qualifier).unwrap_or("party, not used here"));
        }
        let name = [self.at(2, 0), self.at(3, 0)].join(" ");
        format!("{} ({qualifier}): {} {}", roles.join(" or "), self.at(1, 0), name.trim())
    }

    fn place(&self) -> String {
        let qualifier = self.at(0, 0);
        let words = named(PLACES, &qualifier).unwrap_or("place, not used here");
        format!("{words} ({qualifier}): {} {}", self.at(1, 0), self.at(2, 0))
    }

    fn equipment(&self) -> String {
        let number = self.at(1, 0);
        let what = match (&*self.segment.text(0, 0), number.is_empty()) {
            ("CN", false) => format!("container {number}"),
            ("CN", true) => "containers without numbers".to_owned(),
            (other, _) => format!("equipment of kind {} {number}, no container", quote(other)),
        };
        let more = [self.at(2, 0), self.words(DIRECTIONS, 4, 0), self.words(LOADS, 5, 0)];
        let more = more.into_iter().filter(|part| !part.is_empty());
        core::iter::once(what).chain(more).collect::<Vec<_>>().join(", ")
    }

    fn status(&self) -> String {
        let (code, agency) = (self.at(0, 0), self.at(0, 2));
        let whose = if agency.is_empty() { String::new() } else { format!(" of agency {agency}") };
        if self.kind != "CUSRES" {
            return format!("status {code}{whose}");
        }
        let meaning = crate::cusres::meaning(&self.profile.customs, &code, &agency);
        let meaning = meaning.map_or("unknown, so held", |state| state.as_str());
        format!("customs status {code}{whose}: {meaning}")
    }
}

fn named(list: &[(&'static str, &'static str)], code: &str) -> Option<&'static str> {
    list.iter().find(|(listed, _)| *listed == code).map(|(_, words)| *words)
}
