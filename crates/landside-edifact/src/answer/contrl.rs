//! CONTRL: what a receiver says of the syntax of an interchange (ISO 9735-4).

use landside_proto::ids::UnixMillis;

use super::{has_answer, is_answer};
use crate::coreor::{SourceRef, free};
use crate::outgoing::{self, Outgoing};
use crate::profile::Profile;
use crate::syntax::{
    Address, Code, Fault, Header, Interchange, MESSAGES_MAX, Message, Segment, WriteError, segments,
};

/// What a receiver says of an interchange of ours.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyntaxAnswer {
    /// UCI 0020: control reference of the interchange it answers.
    pub control_ref: String,
    /// UCI S002 0004: who sent that.
    pub sender: String,
    /// UCI S003 0010: who received it.
    pub recipient: String,
    /// UCI 0083.
    pub action: Action,
    /// UCI 0085: what was wrong with it, as a number of the standard.
    pub error: Option<u16>,
    /// UCI 0013: the segment it was found in; may be empty.
    pub segment: String,
    /// UCM: its messages, those that are named.
    pub messages: Vec<MessageAnswer>,
    /// Where it was said.
    pub source: SourceRef,
}

/// What a receiver says of one message (UCM).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MessageAnswer {
    /// 0062.
    pub reference: String,
    /// S009 0065.
    pub kind: String,
    /// 0083.
    pub action: Action,
    /// 0085.
    pub error: Option<u16>,
}

/// What became of it (0083).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Action {
    /// 7: the syntax is right.
    Acknowledged,
    /// 4: it is not, and nothing was acted on.
    Rejected,
    /// 8: it has come; nothing is said of what is in it.
    Received,
    /// Any other code, as it came. Whoever reads it must not take it for an acknowledgement.
    Other(String),
}

impl Action {
    fn of(code: &str) -> Self {
        match code {
            "4" => Self::Rejected,
            "7" => Self::Acknowledged,
            "8" => Self::Received,
            other => Self::Other(other.chars().take(3).collect()),
        }
    }

    /// In words for a clerk.
    pub fn words(&self) -> String {
        match self {
            Self::Acknowledged => "acknowledged".to_owned(),
            Self::Rejected => "rejected".to_owned(),
            Self::Received => "received, nothing said of its content".to_owned(),
            Self::Other(code) => format!("answered with code {code}, which nobody knows"),
        }
    }
}

/// Acknowledges an interchange that could be read. `control_ref` is that of the answer. Nothing where
/// there is no envelope to answer to, or where the interchange is an answer itself.
///
/// # Errors
/// As [`crate::syntax::Writer::new`].
pub fn acknowledge(
    interchange: &Interchange<'_>,
    control_ref: &str,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Option<Vec<u8>>, WriteError> {
    match &interchange.header {
        Some(header) if !has_answer(interchange) => {
            written(header, ("7", "", ""), control_ref, profile, now).map(Some)
        }
        _ => Ok(None),
    }
}

/// Rejects the interchange of `file` in which `fault` was found, and with it the whole file. Nothing
/// where it has no envelope that could be read, or is an answer itself: then a person has to be told.
///
/// # Errors
/// As [`crate::syntax::Writer::new`].
pub fn reject(
    file: &[u8],
    fault: &Fault,
    control_ref: &str,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Option<Vec<u8>>, WriteError> {
    let (mut header, mut last, mut answer) = (None, None, false);
    for segment in segments(file).map_while(Result::ok) {
        if segment.place().offset > fault.place.offset {
            break;
        }
        match segment.tag() {
            "UNB" => {
                answer = false;
                header = named(&segment);
            }
            "UNH" => answer |= is_answer(&segment.text(1, 0)),
            _ => {}
        }
        last = Some(segment);
    }
    let Some(header) = header.filter(|_| !answer) else { return Ok(None) };
    let tag = last.filter(|s| s.place().offset == fault.place.offset).map_or("", |s| s.tag());
    let tag = if tag.starts_with("UN") { tag } else { "" };
    written(&header, ("4", error_of(fault.code), tag), control_ref, profile, now).map(Some)
}

/// The interchange in which a fault was found, as far as an answer has to name it.
fn named(unb: &Segment<'_>) -> Option<Header> {
    let text = |element, component| unb.text(element, component).into_owned();
    let address = |element| Address {
        id: text(element, 0),
        qualifier: text(element, 1),
        routing: text(element, 2),
    };
    let header = Header {
        syntax_id: text(0, 0),
        syntax_version: text(0, 1),
        sender: address(1),
        recipient: address(2),
        prepared: crate::syntax::Prepared { text: String::new(), local: None },
        control_ref: text(4, 0),
        application_ref: String::new(),
        ack_requested: false,
        test: unb.text(10, 0) == "1",
    };
    let Header { sender, recipient, control_ref, .. } = &header;
    let complete = [&sender.id, &recipient.id, control_ref].iter().all(|value| !value.is_empty());
    complete.then_some(header)
}

fn written(
    header: &Header,
    (action, error, tag): (&str, &str, &str),
    control_ref: &str,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Vec<u8>, WriteError> {
    let outgoing = Outgoing::back(header, control_ref);
    let mut writer = outgoing::start("CONTRL", &outgoing, profile, now)?;
    // CONTRL goes with the version of the syntax and not with a directory.
    let kind = match outgoing::version(&profile.out.syntax) {
        "4" => ["CONTRL", "4", "1", "UN"],
        _ => ["CONTRL", "D", "3", "UN"],
    };
    let address = |of: &Address| [of.id.clone(), of.qualifier.clone(), of.routing.clone()];
    let (sender, recipient) = (address(&header.sender), address(&header.recipient));
    writer.message("1", &kind, |message| {
        message.segment(
            "UCI",
            &[
                &[&header.control_ref],
                &sender.each_ref().map(String::as_str),
                &recipient.each_ref().map(String::as_str),
                &[action],
                &[error],
                &[tag],
            ],
        )
    })?;
    writer.finish()
}

/// The error (0085) that a code is to a partner's system.
const fn error_of(code: Code) -> &'static str {
    match code {
        Code::EnvelopeIncomplete => "13",
        Code::TooManyComponents => "16",
        Code::ControlCharacter | Code::Repertoire => "21",
        Code::InterchangeReference | Code::MessageReference => "28",
        Code::GroupCount | Code::MessageCount | Code::SegmentCount => "29",
        Code::CharsetUnsupported => "46",
        _ => "18",
    }
}

/// An error number (0085) in words; `None` for one nobody here knows.
pub const fn error_words(error: u16) -> Option<&'static str> {
    Some(match error {
        2 => "syntax version not supported",
        12 => "invalid value",
        13 => "a value is missing",
        16 => "too many components",
        18 => "an error without a number of its own",
        21 => "invalid character",
        23 => "sender unknown",
        25 => "test indicator not supported",
        26 => "duplicate",
        28 => "references do not match",
        29 => "a count does not match",
        35 | 36 => "too many repetitions",
        37 => "invalid type of character",
        39 => "value too long",
        40 => "value too short",
        45 => "trailing separator",
        46 => "character set not supported",
        _ => return None,
    })
}

/// Reads what a CONTRL says. A second UCI, which the standard does not have, is not read; nothing
/// comes back where there is none.
pub fn read(interchange: &Interchange<'_>, message: &Message<'_>) -> Option<SyntaxAnswer> {
    let mut answer = None;
    let source = SourceRef::of_interchange(interchange).of_message(message);
    for segment in interchange.walk(message) {
        match (segment.tag(), &mut answer) {
            ("UCI", None) => answer = Some(syntax_answer(&segment, &source)),
            ("UCM", Some(answer)) if answer.messages.len() < MESSAGES_MAX => {
                answer.messages.push(MessageAnswer {
                    reference: free(&segment.text(0, 0)),
                    kind: free(&segment.text(1, 0)),
                    action: Action::of(&segment.text(2, 0)),
                    error: segment.text(3, 0).parse().ok(),
                });
            }
            _ => {}
        }
    }
    answer
}

fn syntax_answer(uci: &Segment<'_>, source: &SourceRef) -> SyntaxAnswer {
    SyntaxAnswer {
        control_ref: free(&uci.text(0, 0)),
        sender: free(&uci.text(1, 0)),
        recipient: free(&uci.text(2, 0)),
        action: Action::of(&uci.text(3, 0)),
        error: uci.text(4, 0).parse().ok(),
        segment: free(&uci.text(5, 0)),
        messages: Vec::new(),
        source: source.clone(),
    }
}
