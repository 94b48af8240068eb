//! COREOR, the container release order: one [`ReleaseInstruction`] per container.
//!
//! The structure of the message (UN/EDIFACT D.95B and D.00B) is not enforced, because real traffic
//! breaks it in every way. What counts is the order: everything before the first EQD or GID is said
//! of all containers, everything behind an EQD of that one, until the next EQD, GID or CNT. What is
//! said of one container wins over what is said of all.

use core::fmt;

use landside_proto::ids::{
    BillNo, ContainerNo, Hash32, IdError, ImoNo, Reference, SizeType, UnLocode, UnixMillis,
};

pub use crate::local_time::TimeError;
use crate::syntax::{Interchange, Message, Note};

pub(crate) mod fields;
mod goods;
mod reader;
mod writer;

pub(crate) use fields::{free, some};
pub(crate) use reader::take_room;
pub use reader::{each, read};
pub use writer::{BILLS_WRITTEN_MAX, NoticeAction, ReleaseNotice, write};

/// Most containers of one message, which is the standard's own bound under D.00B, and of one reading of
/// an interchange: with the bounds on text it keeps that below 100 MB. Hold one reading at a time.
pub const EQUIPMENT_MAX: usize = 9_999;

/// Most bills of lading kept for one container.
pub const BILLS_MAX: usize = 99;

/// Most seals kept for one container; the standard allows 9.
pub const SEALS_MAX: usize = 9;

/// Most goods items (GID) of a message whose descriptions are kept.
pub const GOODS_MAX: usize = 999;

/// Longest free text kept, in characters; names of parties and vessels stay well below.
pub const TEXT_MAX: usize = 256;

/// What an interchange says about releases.
#[derive(Clone, Debug)]
pub struct Reading {
    /// One per container, in order. At least one of them has no [`ReleaseInstruction::obstacle`].
    pub instructions: Vec<ReleaseInstruction>,
    /// What was odd about the messages as such.
    pub notes: Vec<Note>,
    /// UNB 0035: the sender is testing, and nothing may be released.
    pub test: bool,
}

/// What the line says about one container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReleaseInstruction {
    /// BGM 1225.
    pub function: Function,
    /// BGM 1001 as it came, e.g. `129`.
    pub document_name: String,
    /// BGM 1004.
    pub document_number: Option<Reference>,
    /// Release or delivery order number.
    pub number: Option<Reference>,
    /// The PIN, where a line still sends one.
    pub pin: Option<Pin>,
    /// Bills of lading, without repeats.
    pub bills: Vec<BillNo>,
    /// EQD 8260: the container, or why it is none.
    pub container: Result<ContainerNo, IdError>,
    /// EQD C224.
    pub size_type: Option<SizeType>,
    /// EQD 8169.
    pub load: Option<Load>,
    /// EQD 8249.
    pub direction: Option<Direction>,
    /// TDT C222.
    pub vessel: Vessel,
    /// TDT 8028, else RFF+VON.
    pub voyage: Option<String>,
    /// TDT C040 3127.
    pub carrier: Option<String>,
    /// The shipping line.
    pub line: Option<NamedParty>,
    /// The party the container is released to.
    pub release_to: Option<NamedParty>,
    /// LOC C519: the terminal's code.
    pub terminal: Option<String>,
    /// LOC C517: the port.
    pub port: Option<UnLocode>,
    /// The earliest pick-up.
    pub valid_from: Result<Option<UnixMillis>, TimeError>,
    /// The last pick-up; the end of the day where only a date was given.
    pub valid_until: Result<Option<UnixMillis>, TimeError>,
    /// Where the empty goes.
    pub empty_return: Option<EmptyReturn>,
    /// SEL.
    pub seals: Vec<Seal>,
    /// MEA: gross weight in kilograms, rounded.
    pub weight_kg: Option<u32>,
    /// What the document seals, so that a haulier does not read it.
    pub confidential: Confidential,
    /// Where it was said.
    pub source: SourceRef,
    /// What was odd about it.
    pub notes: Vec<Note>,
}

impl ReleaseInstruction {
    /// Why no document can be made of it, in words for a clerk; `None` if nothing stands against.
    pub fn obstacle(&self) -> Option<String> {
        let container = self.container.as_ref().err().map(ToString::to_string);
        let time =
            || [&self.valid_from, &self.valid_until].into_iter().find_map(|t| t.as_ref().err());
        container.or_else(|| time().map(ToString::to_string))
    }
}

/// What the message does (1225).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Function {
    /// 2: adds containers to an order sent before.
    Addition,
    /// 1: cancels the whole order.
    Cancellation,
    /// 4: changes what it names.
    Change,
    /// 31: a copy, for information.
    Copy,
    /// 3: takes these containers out of the order.
    Deletion,
    /// 9: the order itself.
    Original,
    /// Any other code, as it came.
    Other(String),
    /// 5: replaces an order sent before.
    Replace,
}

impl Function {
    /// The function of a code; `None` if there is no code.
    pub fn of(code: &str) -> Option<Self> {
        Some(match code {
            "" => return None,
            "1" => Self::Cancellation,
            "2" => Self::Addition,
            "3" => Self::Deletion,
            "4" => Self::Change,
            "5" => Self::Replace,
            "9" => Self::Original,
            "31" => Self::Copy,
            other => Self::Other(other.chars().take(3).collect()),
        })
    }
}

/// Full or empty (8169).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Load {
    /// 4.
    Empty,
    /// 5.
    Full,
}

/// What the container is on its way to (8249).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// 1.
    Continental,
    /// 2.
    Export,
    /// 3.
    Import,
    /// 6.
    Transhipment,
}

/// The vessel (TDT C222), told apart by shape because senders mix up the qualifiers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Vessel {
    /// 8212.
    pub name: Option<String>,
    /// Seven digits with the right check digit.
    pub imo: Option<ImoNo>,
    /// Any other identification of three to seven letters and digits.
    pub call_sign: Option<String>,
}

/// A party as a message names it (NAD).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedParty {
    /// 3035: the role it came under, e.g. `FW`.
    pub qualifier: String,
    /// 3039; empty if the party is named only.
    pub code: String,
    /// 3055: who gave the code; may be empty.
    pub agency: String,
    /// C080, else the first line of C058.
    pub name: Option<String>,
}

/// What a message says of the goods and their people. `Debug` keeps it back: it goes to few.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Confidential {
    /// NAD: the consignee's name, else its code.
    pub consignee: Option<String>,
    /// FTX: what the goods are; several descriptions with a semicolon between.
    pub cargo: Option<String>,
    /// MOA: what they are worth, an amount and a currency as `12500.00 EUR`.
    pub value: Option<String>,
    /// RFF behind the release-to party: its tax or registration number.
    pub identity: Option<Reference>,
}

impl fmt::Debug for Confidential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confidential(..)")
    }
}

/// Where the empty container goes (LOC+99).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EmptyReturn {
    /// C517.
    pub port: Option<UnLocode>,
    /// C519, else C517 if that is no UN/LOCODE.
    pub depot: Option<String>,
    /// What the depot asks for.
    pub reference: Option<Reference>,
}

/// A seal (SEL): free text and who put it on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seal {
    /// 9308.
    pub number: String,
    /// 9303: `CA` carrier, `SH` shipper, `CU` customs, `TO` terminal; as it came.
    pub party: Option<String>,
}

/// A PIN. Whoever reads it can try it at a gate, so `Debug` keeps it back.
#[derive(Clone, Eq, PartialEq)]
pub struct Pin(String);

impl Pin {
    /// The PIN, to be compared and not to be shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// Where an instruction was said: enough to bind a document to the bytes that arrived.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceRef {
    /// SHA-256 of [`Interchange::raw`](crate::syntax::Interchange::raw).
    pub interchange: Hash32,
    /// S002 0004; empty without an envelope.
    pub sender: String,
    /// S003 0010; empty without an envelope.
    pub recipient: String,
    /// UNB 0020; empty without an envelope.
    pub control_ref: String,
    /// UNH 0062; not unique in practice.
    pub message_ref: String,
    /// Number of the message in the interchange, from 1.
    pub position: u32,
    /// Number of the EQD in the message, from 1.
    pub equipment: u32,
}

impl SourceRef {
    /// An interchange, and no message of it yet.
    pub(crate) fn of_interchange(interchange: &Interchange<'_>) -> Self {
        let header = interchange.header.as_ref();
        Self {
            interchange: interchange.hash,
            sender: header.map(|h| h.sender.id.clone()).unwrap_or_default(),
            recipient: header.map(|h| h.recipient.id.clone()).unwrap_or_default(),
            control_ref: header.map(|h| h.control_ref.clone()).unwrap_or_default(),
            message_ref: String::new(),
            position: 0,
            equipment: 0,
        }
    }

    /// A message of it, and no container yet.
    pub(crate) fn of_message(&self, message: &Message<'_>) -> Self {
        let message_ref = message.reference.clone();
        Self { message_ref, position: message.position, ..self.clone() }
    }
}
