//! APERAK: what a receiver says of the content of a message that it could read.

use landside_proto::ids::{BillNo, ContainerNo, Reference, UnixMillis};

use super::is_answer;
use crate::coreor::{SourceRef, free, some};
use crate::outgoing::{self, Outgoing};
use crate::profile::Profile;
use crate::syntax::{Header, Interchange, Message, MessageWriter, WriteError};

/// Most problems written and read; the standard allows 999.
pub const PROBLEMS_MAX: usize = 999;

/// What is said of a message: what is wrong with it, or nothing, which accepts it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ContentAnswer {
    /// What is wrong; the first [`PROBLEMS_MAX`] are written.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// ERC.
    pub kind: ProblemKind,
    /// FTX+AAO: the fact, for a clerk; written upper case under UNOA.
    pub text: String,
    /// RFF+EQ: the container it is about.
    pub container: Option<ContainerNo>,
    /// RFF: the bill of lading it is about.
    pub bill: Option<BillNo>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $key:literal;)*) => {
        /// What can be wrong. There is no list of the trade for ERC, so the numbers are ours.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum ProblemKind {
            $($(#[$doc])* $variant,)*
        }

        impl ProblemKind {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// ERC 9321.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $key,)* }
            }
        }
    };
}

kinds! {
    /// The message cannot be used as it is.
    Unusable = "10", "unusable";
    /// No such bill of lading or release here.
    BillUnknown = "11", "bill-unknown";
    /// The release has run out.
    ReleaseExpired = "12", "release-expired";
    /// The container is not here.
    ContainerUnknown = "13", "container-unknown";
    /// The container number is wrong.
    ContainerNumber = "14", "container-number";
    /// Somebody stops the container.
    Held = "15", "held";
    /// The PIN is not the one.
    PinMismatch = "16", "pin-mismatch";
    /// The window is full, past or closed.
    SlotRefused = "17", "slot-refused";
}

/// Writes the answer to one message of an interchange. `control_ref` is that of the answer. Nothing
/// where there is no envelope to answer to, or where the message is an answer itself.
///
/// # Errors
/// A value that the profile's syntax identifier cannot hold; as [`crate::syntax::Writer::new`].
pub fn write(
    (header, message): (Option<&Header>, &Message<'_>),
    answer: &ContentAnswer,
    control_ref: &str,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Option<Vec<u8>>, WriteError> {
    let Some(header) = header.filter(|_| !is_answer(&message.kind)) else { return Ok(None) };
    let outgoing = Outgoing::back(header, control_ref);
    let writer = outgoing::start("APERAK", &outgoing, profile, now)?;
    // 312 is an acknowledgement and 313 a report of errors; 29 and 27 say so once more.
    let (name, function) = match answer.problems.is_empty() {
        true => ("312", "29"),
        false => ("313", "27"),
    };
    let bytes = outgoing::only_message(writer, "APERAK", &profile.out, |out| {
        out.segment("BGM", &[&[name], &[control_ref], &[function]])?;
        outgoing::time(out, "137", now, profile)?;
        out.segment("RFF", &[&["ACW", &message.reference]])?;
        out.segment("RFF", &[&["AGO", &header.control_ref]])?;
        outgoing::ends(out, &outgoing)?;
        answer.problems.iter().take(PROBLEMS_MAX).try_for_each(|one| problem(out, one, profile))
    })?;
    Ok(Some(bytes))
}

fn problem(
    out: &mut MessageWriter<'_>,
    problem: &Problem,
    profile: &Profile,
) -> Result<(), WriteError> {
    let form = &profile.out;
    out.segment("ERC", &[&[problem.kind.code(), "", "ZZZ"]])?;
    // C108 4440 has 70 characters in D.95B; five parts of them.
    let words: Vec<char> = outgoing::text(&form.syntax, &problem.text).chars().collect();
    let parts: Vec<String> =
        words.chunks(PART_MAX).take(5).map(|part| part.iter().collect()).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    out.segment("FTX", &[&["AAO"], &[], &[], &parts])?;
    if let Some(container) = &problem.container {
        out.segment("RFF", &[&["EQ", container.as_str()]])?;
    }
    match &problem.bill {
        None => Ok(()),
        Some(bill) => out.segment("RFF", &[&[&form.bill, bill.as_str()]]),
    }
}

/// Longest part of a free text, in characters: data element 4440 of D.95B.
const PART_MAX: usize = 70;

/// What a partner says of a message of ours.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentReply {
    /// Whether it was accepted; `None` if the message does not say.
    pub accepted: Option<bool>,
    /// RFF+ACW: reference of the message it answers.
    pub message_ref: Option<Reference>,
    /// RFF+AGO: control reference of the interchange it answers.
    pub control_ref: Option<Reference>,
    /// ERC and what follows it.
    pub problems: Vec<Complaint>,
    /// Where it was said.
    pub source: SourceRef,
}

/// One thing that a partner says is wrong.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Complaint {
    /// ERC 9321 as it came.
    pub code: String,
    /// FTX.
    pub text: String,
    /// RFF behind it: qualifier and reference.
    pub about: Option<(String, String)>,
}

/// Reads what an APERAK says. Anything that names an error is no acceptance, whatever BGM says.
pub fn read(interchange: &Interchange<'_>, message: &Message<'_>) -> ContentReply {
    let mut reply = ContentReply {
        accepted: None,
        message_ref: None,
        control_ref: None,
        problems: Vec::new(),
        source: SourceRef::of_interchange(interchange).of_message(message),
    };
    let mut full = false;
    for segment in interchange.walk(message) {
        match (segment.tag(), reply.problems.last_mut()) {
            ("BGM", _) => {
                reply.accepted = match (&*segment.text(0, 0), &*segment.text(2, 0)) {
                    ("313" | "963", _) | (_, "27") => Some(false),
                    ("312", _) | (_, "29") => Some(true),
                    _ => None,
                };
            }
            ("ERC", _) => {
                full = reply.problems.len() == PROBLEMS_MAX;
                if !full {
                    let code = free(&segment.text(0, 0));
                    reply.problems.push(Complaint { code, ..Complaint::default() });
                }
            }
            ("RFF", None) => {
                let reference = Reference::parse(&segment.text(0, 1)).ok();
                match &*segment.text(0, 0) {
                    "ACW" => reply.message_ref = reference,
                    "AGO" => reply.control_ref = reference,
                    _ => {}
                }
            }
            ("RFF", Some(problem)) if !full && problem.about.is_none() => {
                let about = (free(&segment.text(0, 0)), free(&segment.text(0, 1)));
                problem.about = Some(about);
            }
            ("FTX", Some(problem)) if !full && problem.text.is_empty() => {
                let parts: Vec<_> = (0..5).map(|part| segment.text(3, part)).collect();
                let parts: Vec<_> = parts.iter().map(|p| &**p).filter(|p| !p.is_empty()).collect();
                problem.text = some(&parts.join(" ")).unwrap_or_default();
            }
            _ => {}
        }
    }
    if !reply.problems.is_empty() {
        reply.accepted = Some(false);
    }
    reply
}
