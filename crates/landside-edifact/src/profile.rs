//! Partner profiles: which qualifier of a partner's messages carries which field.
//!
//! Real container messages agree on little but their skeleton (profiles/default.toml states
//! the common reading). A profile is data: a TOML file laid over the default, checked when it is
//! read, so that a misspelt key is an error at start-up and not a lost expiry date at the gate.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::Deserialize;
use thiserror::Error;
use toml::{Table, Value};

use crate::iftsta::StatusEvent;
use crate::syntax::{Charset, CharsetChoice, Rules};

mod forms;

pub use forms::{
    AnnouncementForm, AnswerContent, AnswerForm, AnswerSyntax, BookingForm, CustomsForm,
    GateMoveForm, OutForm, ShipMoveForm,
};

/// The zone of a profile that names none, where no port's zone is known.
pub const ZONE: &str = "Etc/UTC";

/// Longest profile file, in bytes; a profile is a page of text.
pub const PROFILE_MAX: usize = 64 * 1024;

/// Most qualifiers in one list; no directory gives more meanings to choose from.
pub const QUALIFIERS_MAX: usize = 16;

/// The common reading, and the value of every key a partner's file leaves out.
pub const DEFAULT: &str = include_str!("../profiles/default.toml");

/// How one partner's messages are read and written.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What the operator calls it.
    pub name: String,
    /// The zone of local times in its messages.
    pub zone: TimeZone,
    /// What it is allowed at the level of syntax.
    pub syntax: Rules,
    /// Its COREOR.
    pub release: ReleaseForm,
    /// The CODECO it is sent.
    pub gate_out: GateOutForm,
    /// Its COARRI.
    pub ship_moves: ShipMoveForm,
    /// Its CODECO.
    pub gate_moves: GateMoveForm,
    /// Its COPINO.
    pub announcements: AnnouncementForm,
    /// Its COPARN.
    pub bookings: BookingForm,
    /// Its CUSRES.
    pub customs: CustomsForm,
    /// Everything else it is sent.
    pub out: OutForm,
    /// What it is answered.
    pub answers: AnswerForm,
    /// Its status codes (STS C555), by [`StatusEvent::key`](crate::iftsta::StatusEvent::key).
    pub status: BTreeMap<String, String>,
}

/// Where a partner's COREOR carries what. Lists are in order of preference.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReleaseForm {
    /// BGM 1001 of a release order.
    pub document_names: Vec<String>,
    /// RFF of the release number.
    pub number: Vec<String>,
    /// Whether BGM 1004 is the release number when no RFF carries one.
    pub number_from_document: bool,
    /// RFF of the PIN.
    pub pin: Vec<String>,
    /// RFF of bills of lading; all that occur are taken.
    pub bill: Vec<String>,
    /// DTM of the earliest pick-up.
    pub valid_from: Vec<String>,
    /// DTM of the last pick-up.
    pub valid_until: Vec<String>,
    /// NAD of the party the container is released to.
    pub release_to: Vec<String>,
    /// NAD of the shipping line.
    pub line: Vec<String>,
    /// LOC of the terminal and port.
    pub place: Vec<String>,
    /// LOC of the depot the empty goes to.
    pub empty_return: Vec<String>,
    /// RFF of the reference that depot asks for.
    pub empty_return_reference: Vec<String>,
    /// NAD of the consignee.
    pub consignee: Vec<String>,
    /// FTX of the description of the goods.
    pub cargo: Vec<String>,
    /// MOA of the value of the goods.
    pub value: Vec<String>,
    /// RFF behind the NAD of the release-to party: its number with the authorities.
    pub identity: Vec<String>,
}

/// How a gate-out CODECO is written for a partner.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GateOutForm {
    /// UNB 0001: UNOA, UNOB, UNOC, UNOW or UNOY.
    pub syntax: String,
    /// A line feed after each segment.
    pub line_breaks: bool,
    /// The UN directory.
    pub directory: Directory,
    /// UNH 0057; empty for none.
    pub association: String,
    /// DTM of the gate move.
    pub time: String,
    /// LOC of the gate.
    pub place: String,
    /// RFF of the release number.
    pub number: String,
    /// RFF of the bill of lading.
    pub bill: String,
}

/// A UN directory this crate writes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub enum Directory {
    /// D.95B.
    #[serde(rename = "95B")]
    D95B,
    /// D.00B.
    #[serde(rename = "00B")]
    D00B,
}

/// Why a profile was not taken.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ProfileError {
    /// A key is unknown, missing, or has a value of the wrong kind.
    #[error("profile {name}: {text}")]
    Key {
        /// The profile's name, or `?`.
        name: String,
        /// What is wrong with which key.
        text: String,
    },
    /// A qualifier is not 1 to 3 upper-case letters and digits, or stands twice in a list.
    #[error(
        "profile {name}: qualifier {qualifier:?} in {key} is not 1 to 3 of A-Z and 0-9, or occurs twice"
    )]
    Qualifier {
        /// The profile's name.
        name: String,
        /// The key it stands in.
        key: &'static str,
        /// The qualifier.
        qualifier: String,
    },
    /// More than [`QUALIFIERS_MAX`] values in a list.
    #[error("profile {name}: {key} lists {found} qualifiers, at most {QUALIFIERS_MAX} are taken")]
    Qualifiers {
        /// The profile's name.
        name: String,
        /// The key.
        key: &'static str,
        /// How many.
        found: usize,
    },
    /// The syntax identifier cannot be written.
    #[error(
        "profile {name}: syntax {syntax:?} cannot be written, use UNOA, UNOB, UNOC, UNOW or UNOY"
    )]
    Syntax {
        /// The profile's name.
        name: String,
        /// As it was given.
        syntax: String,
    },
    /// Not TOML.
    #[error("profile is not toml: {0}")]
    Toml(String),
    /// Longer than [`PROFILE_MAX`].
    #[error("profile of {0} bytes, at most {PROFILE_MAX} are read")]
    TooLarge(usize),
    /// No such IANA zone.
    #[error("profile {name}: no time zone {zone:?}, use an IANA name such as Europe/Amsterdam")]
    Zone {
        /// The profile's name.
        name: String,
        /// As it was given.
        zone: String,
    },
}

impl ProfileError {
    /// The stable name of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Key { .. } => "profile-key",
            Self::Qualifier { .. } => "profile-qualifier",
            Self::Qualifiers { .. } => "profile-qualifiers",
            Self::Syntax { .. } => "profile-syntax",
            Self::Toml(_) => "profile-toml",
            Self::TooLarge(_) => "profile-too-large",
            Self::Zone { .. } => "profile-zone",
        }
    }
}

impl Profile {
    /// The default profile.
    pub fn standard() -> Self {
        STANDARD.clone()
    }

    /// Reads a partner's profile; what it leaves out is as in [`DEFAULT`].
    ///
    /// # Errors
    /// Not TOML, an unknown key, a value of the wrong kind, or a zone or qualifier that cannot be.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        Self::parse_in(text, ZONE)
    }

    /// The default profile at a port: an IANA zone.
    ///
    /// # Errors
    /// [`ProfileError::Zone`].
    pub fn standard_in(zone: &str) -> Result<Self, ProfileError> {
        Self::parse_in(DEFAULT, zone)
    }

    /// The same for a partner of a port: `zone` is the zone of a profile that names none.
    ///
    /// # Errors
    /// As [`Profile::parse`].
    pub fn parse_in(text: &str, zone: &str) -> Result<Self, ProfileError> {
        if text.len() > PROFILE_MAX {
            return Err(ProfileError::TooLarge(text.len()));
        }
        let toml = |text: &str| {
            text.parse::<Table>().map_err(|e| ProfileError::Toml(e.to_string().trim().to_owned()))
        };
        let own = toml(text)?;
        let name = own.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let key = |text: String| ProfileError::Key { name: name.unwrap_or("?").to_owned(), text };
        if name.is_none() {
            return Err(key("the key name is missing".to_owned()));
        }
        let mut merged = toml(DEFAULT)?;
        merged.insert("zone".to_owned(), Value::String(zone.to_owned()));
        lay_over(&mut merged, own.clone());
        let file: ProfileFile =
            merged.try_into().map_err(|e: toml::de::Error| key(e.message().to_owned()))?;
        file.check()
    }
}

static STANDARD: LazyLock<Profile> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a file of this crate, read by its tests")]
    Profile::parse(DEFAULT).expect("profiles/default.toml is a valid profile")
});

/// A profile as written, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ProfileFile {
    name: String,
    zone: String,
    strict: bool,
    bare_messages: bool,
    charset: Vec<CharsetChoice>,
    release: ReleaseForm,
    gate_out: GateOutForm,
    ship_moves: ShipMoveForm,
    gate_moves: GateMoveForm,
    announcements: AnnouncementForm,
    bookings: BookingForm,
    customs: CustomsForm,
    out: OutForm,
    answers: AnswerForm,
    status: BTreeMap<String, String>,
}

impl ProfileFile {
    fn check(self) -> Result<Profile, ProfileError> {
        self.check_lists()?;
        let Self { name, zone, strict, bare_messages, charset, release, gate_out, .. } = self;
        for syntax in [&gate_out.syntax, &self.out.syntax] {
            if Charset::declared(syntax).is_none() {
                return Err(ProfileError::Syntax { name, syntax: syntax.clone() });
            }
        }
        // The bundled database and no other: the same profile means the same on every machine.
        let Ok(zone) = TimeZoneDatabase::bundled().get(&zone) else {
            return Err(ProfileError::Zone { name, zone });
        };
        let syntax = Rules { strict, bare_messages, charset };
        let Self { ship_moves, gate_moves, announcements, bookings, customs, .. } = self;
        let Self { out, answers, status, .. } = self;
        Ok(Profile {
            name,
            zone,
            syntax,
            release,
            gate_out,
            ship_moves,
            gate_moves,
            announcements,
            bookings,
            customs,
            out,
            answers,
            status,
        })
    }

    fn check_lists(&self) -> Result<(), ProfileError> {
        let name = &self.name;
        let mut lists = self.release.lists().to_vec();
        lists.extend(self.ship_moves.lists());
        lists.extend(self.gate_moves.lists());
        lists.extend(self.announcements.lists());
        lists.extend(self.bookings.lists());
        lists.extend(self.customs.lists());
        let one = self.gate_out.qualifiers().into_iter().chain(self.out.qualifiers());
        lists.extend(one.map(|(key, qualifier)| (key, core::slice::from_ref(qualifier))));
        for (key, list) in lists {
            check_list(name, key, list)?;
        }
        for (key, code) in &self.status {
            if !StatusEvent::ALL.iter().any(|event| event.key() == key) {
                let text = format!("unknown key {key} in status");
                return Err(ProfileError::Key { name: name.clone(), text });
            }
            check_list(name, "status", core::slice::from_ref(code))?;
        }
        if !(5..=24 * 60).contains(&self.announcements.window_minutes) {
            let text = "announcements.window-minutes is 5 to 1440".to_owned();
            return Err(ProfileError::Key { name: name.clone(), text });
        }
        for choices in [
            self.ship_moves.choices(),
            self.gate_moves.choices(),
            self.announcements.choices(),
            self.bookings.choices(),
            self.customs.choices(),
        ] {
            forms::check_choices(name, &choices)?;
        }
        Ok(())
    }
}

impl ReleaseForm {
    fn lists(&self) -> [(&'static str, &[String]); 15] {
        [
            ("release.document-names", &self.document_names),
            ("release.number", &self.number),
            ("release.pin", &self.pin),
            ("release.bill", &self.bill),
            ("release.valid-from", &self.valid_from),
            ("release.valid-until", &self.valid_until),
            ("release.release-to", &self.release_to),
            ("release.line", &self.line),
            ("release.place", &self.place),
            ("release.empty-return", &self.empty_return),
            ("release.empty-return-reference", &self.empty_return_reference),
            ("release.consignee", &self.consignee),
            ("release.cargo", &self.cargo),
            ("release.value", &self.value),
            ("release.identity", &self.identity),
        ]
    }
}

impl GateOutForm {
    fn qualifiers(&self) -> [(&'static str, &String); 4] {
        [
            ("gate-out.time", &self.time),
            ("gate-out.place", &self.place),
            ("gate-out.number", &self.number),
            ("gate-out.bill", &self.bill),
        ]
    }
}

fn check_list(name: &str, key: &'static str, list: &[String]) -> Result<(), ProfileError> {
    let name = || name.to_owned();
    if list.len() > QUALIFIERS_MAX {
        return Err(ProfileError::Qualifiers { name: name(), key, found: list.len() });
    }
    let coded = |q: &str| q.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    for (index, qualifier) in list.iter().enumerate() {
        let good = (1..=3).contains(&qualifier.len()) && coded(qualifier);
        if !good || list[..index].contains(qualifier) {
            return Err(ProfileError::Qualifier {
                name: name(),
                key,
                qualifier: qualifier.clone(),
            });
        }
    }
    Ok(())
}

/// Replaces in `base` what `own` states, table by table.
fn lay_over(base: &mut Table, own: Table) {
    for (key, value) in own {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(own)) => lay_over(base, own),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(text: &str) -> &'static str {
        Profile::parse(text).unwrap_err().code()
    }

    #[test]
    fn the_profiles_of_this_crate_are_valid() {
        assert_eq!(Profile::standard().name, "default");
        for text in [include_str!("../profiles/icd-tz.toml"), include_str!("../profiles/n4.toml")] {
            let profile = Profile::parse(text).unwrap();
            assert_ne!(profile.release, Profile::standard().release);
        }
    }

    #[test]
    fn what_a_partner_leaves_out_is_as_in_the_default() {
        let text = "name = 'a'\nzone = 'Asia/Shanghai'\n[release]\npin = ['AAY']";
        let profile = Profile::parse(text).unwrap();
        assert_eq!(profile.release.pin, ["AAY"]);
        assert_eq!(profile.release.bill, Profile::standard().release.bill);
        assert_eq!(profile.zone.iana_name(), Some("Asia/Shanghai"));
    }

    #[test]
    fn a_partner_that_names_no_zone_is_in_that_of_the_port() {
        let zone = |text: &str| {
            let profile = Profile::parse_in(text, "Asia/Shanghai").unwrap();
            profile.zone.iana_name().map(str::to_owned)
        };
        assert_eq!(zone("name = 'a'").as_deref(), Some("Asia/Shanghai"));
        assert_eq!(zone("name = 'a'\nzone = 'Asia/Tokyo'").as_deref(), Some("Asia/Tokyo"));
        let port = Profile::standard_in("Asia/Shanghai").unwrap();
        assert_eq!(port.zone.iana_name(), Some("Asia/Shanghai"));
        assert_eq!(Profile::standard_in("Asia/Pudong").unwrap_err().code(), "profile-zone");
        assert_eq!(Profile::standard().zone.iana_name(), Some(ZONE));
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = Profile::parse("name = 'a'\n[release]\nvalid-untill = ['36']").unwrap_err();
        assert_eq!(error.code(), "profile-key");
        assert!(error.to_string().contains("valid-untill"), "{error}");
    }

    #[test]
    fn a_profile_that_cannot_be_meant_is_refused() {
        let cases = [
            ("", "profile-key"),
            ("name = ''", "profile-key"),
            ("name = 'a'\nzones = 'UTC'", "profile-key"),
            ("name = 'a'\nrelease = 1", "profile-key"),
            ("name = 'a'\n[release]\npin = 'TF'", "profile-key"),
            ("name = 'a'\nstrict = 'yes'", "profile-key"),
            ("name = 'a'\ncharset = ['ebcdic']", "profile-key"),
            ("name = 'a'\n[gate-out]\ndirectory = '93A'", "profile-key"),
            ("name = 'a'\nzone = 'Europe/Rotterdam'", "profile-zone"),
            ("name = 'a'\nzone = ''", "profile-zone"),
            ("name = 'a'\n[release]\npin = ['tf']", "profile-qualifier"),
            ("name = 'a'\n[release]\npin = ['']", "profile-qualifier"),
            ("name = 'a'\n[release]\npin = ['ABCD']", "profile-qualifier"),
            ("name = 'a'\n[release]\npin = ['TF', 'TF']", "profile-qualifier"),
            ("name = 'a'\n[gate-out]\nbill = ''", "profile-qualifier"),
            ("name = 'a'\n[gate-out]\nsyntax = 'UNOX'", "profile-syntax"),
            ("name = 'a'\n[out]\nsyntax = 'UNOX'", "profile-syntax"),
            ("name = 'a'\n[out]\nbill = 'B/L'", "profile-qualifier"),
            ("name = 'a'\n[customs]\nreleased = ['4', '4']", "profile-qualifier"),
            ("name = 'a'\n[customs]\nreleased = ['5']", "profile-key"),
            ("name = 'a'\n[ship-moves]\nload = ['44']", "profile-key"),
            ("name = 'a'\n[status]\nleft = 'XX'", "profile-key"),
            ("name = 'a'\n[status]\nheld = 'HELD'", "profile-qualifier"),
            ("name = 'a'\n[customs]\nfree = ['4']", "profile-key"),
            ("name = 'a'\n[announcements]\nwindow-minutes = 4", "profile-key"),
            ("name = 'a'\n[answers]\ncontrl = 'sometimes'", "profile-key"),
            ("name = 'a'\n[ship-moves]\navailable = 'yes'", "profile-key"),
            ("name = 'a", "profile-toml"),
            ("name = 'a'\nname = 'b'", "profile-toml"),
        ];
        for (text, code) in cases {
            assert_eq!(code_of(text), code, "{text}");
        }
        let long = format!("name = 'a'\n[release]\npin = {:?}", vec!["TF"; QUALIFIERS_MAX + 1]);
        assert_eq!(code_of(&long), "profile-qualifiers");
        assert_eq!(code_of(&" ".repeat(PROFILE_MAX + 1)), "profile-too-large");
    }
}
