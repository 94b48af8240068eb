//! Explains a file in plain words: interchange by interchange, message by message, segment by segment,
//! with every finding and what would be signed of it. Nothing is signed here, and nobody is asked.
//!
//! Everything is given as it is found and nothing is kept, so that a file of many thousand containers
//! costs no more memory than its bytes and the heads of its messages.

use std::sync::Arc;

use landside_proto::document::Kind;
use landside_proto::ids::{BillNo, ContainerNo, Hash32};

use crate::coarri::ShipMove;
use crate::copino::Announcement;
use crate::coreor::{EQUIPMENT_MAX, ReleaseInstruction};
use crate::cusres::CustomsAnswer;
use crate::profile::Profile;
use crate::syntax::{Code, Fault, Interchange, Message, Note, Segment, outline, quote, segments};

mod signing;
mod words;

/// Something about a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Said {
    /// An interchange begins.
    Interchange(InterchangeSaid),
    /// A message begins.
    Message(MessageSaid),
    /// A segment of it, in words.
    Segment(SegmentSaid),
    /// Something odd or wrong.
    Finding(Finding),
    /// A document that would be signed.
    Signing(Signing),
    /// Why nothing would be signed of something, or what an answer says.
    Unsigned(Unsigned),
}

/// The head of an interchange.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InterchangeSaid {
    /// Its number in the file, from 1.
    pub number: u32,
    /// S002 0004; empty without an envelope.
    pub sender: String,
    /// S003 0010; empty without an envelope.
    pub recipient: String,
    /// 0020; empty without an envelope.
    pub control_ref: String,
    /// 0001 and 0002 as `UNOA:2`; empty without an envelope.
    pub syntax: String,
    /// 0035: nothing of it is ever signed.
    pub test: bool,
    /// How many messages.
    pub messages: u32,
    /// SHA-256 of its bytes, to which documents are bound.
    pub hash: Hash32,
}

/// The head of a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MessageSaid {
    /// Its number in the interchange, from 1.
    pub position: u32,
    /// 0062.
    pub reference: String,
    /// 0065.
    pub kind: String,
    /// Version, release and association as `D.00B SMDG20`.
    pub version: String,
    /// What such a message is for.
    pub words: &'static str,
}

/// A segment, in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SegmentSaid {
    /// Its number in the file, from 1.
    pub number: u32,
    /// Its tag.
    pub tag: String,
    /// What it says.
    pub words: String,
}

/// Something odd or wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Whether it stops the file: nothing of it is signed then.
    pub stops: bool,
    /// What was found, and with it what to do.
    pub note: Note,
    /// The container it is about.
    pub container: Option<ContainerNo>,
}

/// A document that would be signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signing {
    /// Its kind.
    pub kind: Kind,
    /// Its container; `None` where the node knows which.
    pub container: Option<ContainerNo>,
    /// What it would say: names and values.
    pub fields: Vec<(&'static str, String)>,
    /// What the message does not say and the signer has to know.
    pub needs: Vec<String>,
    /// What it was read from, for whoever makes the document.
    pub basis: Basis,
}

/// What a document that would be signed is made of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Basis {
    /// A release-order or release-change of one bill of lading.
    Release {
        /// What the line says of the container.
        said: Arc<ReleaseInstruction>,
        /// The bill; the release or document number where the message names none.
        bill: BillNo,
    },
    /// An arrival.
    Arrival(Box<ShipMove>),
    /// A driver-binding.
    Binding(Arc<Announcement>),
    /// A slot-request.
    Slot(Arc<Announcement>),
    /// A customs-status.
    Customs {
        /// What customs says of the consignment.
        said: Arc<CustomsAnswer>,
        /// The bill, where it names one.
        bill: Option<BillNo>,
        /// The container, where it names one.
        container: Option<ContainerNo>,
    },
}

impl Basis {
    /// Message and equipment in the interchange, both from 1; equipment 0 where the message has none.
    #[must_use]
    pub fn place(&self) -> (u32, u32) {
        let source = match self {
            Self::Release { said, .. } => &said.source,
            Self::Arrival(said) => &said.entry.source,
            Self::Binding(said) | Self::Slot(said) => &said.entry.source,
            Self::Customs { said, .. } => &said.source,
        };
        (source.position, source.equipment)
    }
}

/// Why nothing would be signed of something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unsigned {
    /// Whether the message is at fault; else such a thing is signed nowhere.
    pub at_fault: bool,
    /// The stable name of the reason.
    pub code: &'static str,
    /// The container it is about.
    pub container: Option<ContainerNo>,
    /// Why.
    pub text: String,
}

/// What a file comes to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Interchanges read.
    pub interchanges: u32,
    /// Messages read.
    pub messages: u32,
    /// Segments read, without the envelopes of what is whole.
    pub segments: u64,
    /// Findings, of either weight.
    pub findings: u64,
    /// Documents that would be signed.
    pub documents: u64,
    /// Entries that cannot be used.
    pub unusable: u64,
    /// A fault was found: nothing of the file would be signed, whatever was listed before it.
    pub refused: bool,
}

impl Totals {
    /// Whether a node would act on the file: nothing stops it, and not everything in it is unusable.
    pub const fn is_usable(&self) -> bool {
        !self.refused && (self.documents > 0 || self.unusable == 0)
    }
}

/// Explains a file, giving each thing as it is found.
pub fn check(file: &[u8], profile: &Profile, sink: &mut dyn FnMut(Said)) -> Totals {
    file_said(file, profile, true, sink)
}

/// What a file comes to, read to its end before anybody acts on any of it.
///
/// # Errors
/// The first fault that stops the file.
pub fn survey(file: &[u8], profile: &Profile) -> Result<Totals, Fault> {
    let mut stopped = None;
    let totals = file_said(file, profile, false, &mut |said| {
        if let (Said::Finding(Finding { stops: true, note, .. }), None) = (said, &stopped) {
            let Note { code, place, text } = note;
            stopped = Some(Fault { code, place, text });
        }
    });
    stopped.map_or(Ok(totals), Err)
}

/// Gives what would be signed of one message, what is odd about it and what is not signed of it, one
/// container at a time: a message of thousands costs no more memory than one.
///
/// # Errors
/// A fault in the message: [`survey`] finds it before anything is given.
pub fn message(
    interchange: &Interchange<'_>,
    message: &Message<'_>,
    profile: &Profile,
    sink: &mut dyn FnMut(Said),
) -> Result<(), Fault> {
    let mut checker = Checker { profile, sink, segments: false, totals: Totals::default() };
    let notes = signing::of_message(&mut checker, interchange, message)?;
    notes.into_iter().for_each(|note| checker.finding(note, None));
    Ok(())
}

fn file_said(file: &[u8], profile: &Profile, segments: bool, sink: &mut dyn FnMut(Said)) -> Totals {
    let mut checker = Checker { profile, sink, segments, totals: Totals::default() };
    let mut end = 0;
    for interchange in outline(file, &profile.syntax) {
        match interchange {
            Ok(interchange) => {
                checker.interchange(&interchange);
                end = interchange.start + interchange.raw.len();
            }
            Err(fault) => {
                checker.up_to(file, end, &fault);
                checker.fault(fault);
            }
        }
    }
    checker.totals
}

struct Checker<'p, 's> {
    profile: &'p Profile,
    sink: &'s mut dyn FnMut(Said),
    /// Whether each segment is given too.
    segments: bool,
    totals: Totals,
}

impl Checker<'_, '_> {
    fn interchange(&mut self, interchange: &Interchange<'_>) {
        self.totals.interchanges += 1;
        let header = interchange.header.as_ref();
        (self.sink)(Said::Interchange(InterchangeSaid {
            number: self.totals.interchanges,
            sender: header.map(|h| h.sender.id.clone()).unwrap_or_default(),
            recipient: header.map(|h| h.recipient.id.clone()).unwrap_or_default(),
            control_ref: header.map(|h| h.control_ref.clone()).unwrap_or_default(),
            syntax: header
                .map(|h| format!("{}:{}", h.syntax_id, h.syntax_version))
                .unwrap_or_default(),
            test: header.is_some_and(|h| h.test),
            messages: u32::try_from(interchange.messages.len()).unwrap_or(u32::MAX),
            hash: interchange.hash,
        }));
        for note in &interchange.notes {
            self.finding(note.clone(), None);
        }
        for message in &interchange.messages {
            self.message(interchange, message);
        }
    }

    /// The segments of a damaged interchange up to the fault in it, so that a person sees where it is.
    fn up_to(&mut self, file: &[u8], start: usize, fault: &Fault) {
        if !self.segments {
            return;
        }
        let mut kind = String::new();
        for segment in segments(file).map_while(Result::ok) {
            if segment.place().offset > fault.place.offset {
                return;
            }
            if segment.tag() == "UNH" {
                kind = segment.text(1, 0).into_owned();
            }
            if segment.place().offset >= start {
                self.segment(&segment, &kind);
            }
        }
    }

    fn segment(&mut self, segment: &Segment<'_>, kind: &str) {
        self.totals.segments += 1;
        (self.sink)(Said::Segment(SegmentSaid {
            number: segment.place().segment,
            tag: segment.tag().to_owned(),
            words: words::of_segment(segment, kind, self.profile),
        }));
    }

    fn message(&mut self, interchange: &Interchange<'_>, message: &Message<'_>) {
        self.totals.messages += 1;
        let Message { version, release, association, .. } = message;
        let version = format!("{version}.{release} {association}");
        (self.sink)(Said::Message(MessageSaid {
            position: message.position,
            reference: message.reference.clone(),
            kind: message.kind.clone(),
            version: version.trim_end().to_owned(),
            words: words::of_message(&message.kind),
        }));
        if self.segments {
            for segment in interchange.walk(message) {
                self.segment(&segment, &message.kind);
            }
        }
        match signing::of_message(self, interchange, message) {
            Ok(notes) => notes.into_iter().for_each(|note| self.finding(note, None)),
            Err(fault) => self.fault(fault),
        }
    }

    fn finding(&mut self, note: Note, container: Option<ContainerNo>) {
        self.totals.findings += 1;
        (self.sink)(Said::Finding(Finding { stops: false, note, container }));
    }

    fn fault(&mut self, fault: Fault) {
        self.totals.findings += 1;
        self.totals.refused = true;
        let Fault { code, place, text } = fault;
        let note = Note::new(code, place, text);
        (self.sink)(Said::Finding(Finding { stops: true, note, container: None }));
    }

    fn signing(&mut self, signing: Signing) {
        self.totals.documents += 1;
        (self.sink)(Said::Signing(signing));
    }

    fn unsigned(&mut self, unsigned: Unsigned) {
        self.totals.unusable += u64::from(unsigned.at_fault);
        (self.sink)(Said::Unsigned(unsigned));
    }

    /// A message that no reader here is for.
    fn skipped(&mut self, message: &Message<'_>) {
        let text = format!("message of type {} is not read here", quote(&message.kind));
        self.finding(Note::new(Code::MessageSkipped, message.place, text), None);
        // A whole file of them is not usable; one beside others is nobody's fault.
        let text = "nothing is read of this message".to_owned();
        let code = "message-skipped";
        self.unsigned(Unsigned { at_fault: true, code, container: None, text });
    }
}

#[cfg(test)]
mod tests;
