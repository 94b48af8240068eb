//! Interchanges and messages: UNB to UNZ, UNG to UNE, UNH to UNT (ISO 9735-1).

use std::collections::HashSet;
use std::ops::Range;

use jiff::civil::{Date, DateTime};
use landside_proto::ids::Hash32;

use super::charset::{Charset, CharsetChoice, choose, in_repertoire};
use super::finding::{Code, Fault, Note, Notes, Place, quote};
use super::segment::{Scanner, Segment};
use super::service::{Dialect, detect};
use super::{FILE_MAX, INTERCHANGES_MAX, MESSAGES_MAX};

/// What a partner is allowed at the level of syntax.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rules {
    /// Counts and references that do not match refuse the file; otherwise they are noted.
    pub strict: bool,
    /// Messages may come without UNB and UNZ.
    pub bare_messages: bool,
    /// How to find the character set, first fit.
    pub charset: Vec<CharsetChoice>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            strict: false,
            bare_messages: false,
            charset: vec![CharsetChoice::Declared, CharsetChoice::Utf8, CharsetChoice::Latin1],
        }
    }
}

/// One interchange of a file.
#[derive(Clone, Debug)]
pub struct Interchange<'a> {
    /// What UNB says; `None` for messages without an envelope.
    pub header: Option<Header>,
    /// How it was read.
    pub dialect: Dialect,
    /// The messages in order.
    pub messages: Vec<Message<'a>>,
    /// The bytes as they came: from UNA (or UNB, or the first UNH) to the terminator of UNZ (or the last UNT).
    pub raw: &'a [u8],
    /// Where `raw` starts in the file.
    pub start: usize,
    /// SHA-256 of `raw`.
    pub hash: Hash32,
    /// What was odd.
    pub notes: Vec<Note>,
}

/// The interchange header, UNB.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    /// S001 0001, e.g. `UNOA`.
    pub syntax_id: String,
    /// S001 0002, 1 to 4.
    pub syntax_version: String,
    /// S002.
    pub sender: Address,
    /// S003.
    pub recipient: Address,
    /// S004: when it was prepared, local time of the sender.
    pub prepared: Prepared,
    /// 0020: with sender and recipient it names the interchange.
    pub control_ref: String,
    /// 0026; often the message type.
    pub application_ref: String,
    /// 0031 is 1: the sender wants a CONTRL.
    pub ack_requested: bool,
    /// 0035 is 1: nothing in it may be acted on.
    pub test: bool,
}

/// A sender or recipient (S002, S003).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Address {
    /// 0004 or 0010.
    pub id: String,
    /// 0007, e.g. `14` for a GLN, `ZZZ` mutually defined; may be empty.
    pub qualifier: String,
    /// 0008 or 0014; may be empty.
    pub routing: String,
}

/// Date and time of preparation (S004).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Prepared {
    /// As it came: the components joined by `:`.
    pub text: String,
    /// As a local time, if it has one of the known forms. No zone is stated on the wire.
    pub local: Option<DateTime>,
}

/// One message, UNH to UNT.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// 0062. Not unique in practice: use [`Message::position`] to tell messages apart.
    pub reference: String,
    /// S009 0065, e.g. `COREOR`.
    pub kind: String,
    /// S009 0052, e.g. `D`.
    pub version: String,
    /// S009 0054, e.g. `00B`.
    pub release: String,
    /// S009 0051, e.g. `UN`.
    pub agency: String,
    /// S009 0057, e.g. `SMDG20`; may be empty.
    pub association: String,
    /// Number of the message in its interchange, from 1.
    pub position: u32,
    /// Where it starts.
    pub place: Place,
    /// The bytes of the message in the file, UNH to the terminator of UNT.
    pub span: Range<usize>,
    /// The segments between UNH and UNT; none from [`outline`], see [`Interchange::walk`].
    pub segments: Vec<Segment<'a>>,
    /// How many segments there are between UNH and UNT.
    pub length: usize,
}

impl<'a> Interchange<'a> {
    /// The segments of one of its messages, between UNH and UNT, one at a time: from where they are
    /// kept, else by looking through the message's bytes again.
    pub fn walk<'s>(
        &self,
        message: &'s Message<'a>,
    ) -> impl Iterator<Item = Segment<'a>> + use<'a, 's> {
        let start = message.span.start.saturating_sub(self.start);
        let end = message.span.end.saturating_sub(self.start);
        let scanned = message.segments.is_empty().then(|| {
            let bytes = self.raw.get(start..end).unwrap_or_default();
            Scanner::resume(bytes, message.place, self.dialect)
        });
        let mut notes = Notes::default();
        let mut left = message.length;
        let again = scanned.into_iter().flat_map(move |mut scanner| {
            // UNH; what follows was read once and cannot fail.
            let _ = scanner.next(&mut notes);
            let mut notes = Notes::default();
            core::iter::from_fn(move || {
                left = left.checked_sub(1)?;
                scanner.next(&mut notes).ok().flatten()
            })
        });
        message.segments.iter().copied().chain(again)
    }
}

/// Reads every interchange of a file.
///
/// # Errors
/// A fault anywhere refuses the whole file: a damaged file is sent again, never used in part.
pub fn read<'a>(file: &'a [u8], rules: &Rules) -> Result<Vec<Interchange<'a>>, Fault> {
    each_interchange(file, rules, true).collect()
}

/// The interchanges of a file one after another, without their segments: what a file costs in memory
/// is its bytes and its messages, however many containers they name. [`Interchange::walk`] gives the
/// segments. Ends behind the first fault, and what came before it is no better for that: a file with
/// a fault is not acted on.
pub fn outline<'a>(
    file: &'a [u8],
    rules: &Rules,
) -> impl Iterator<Item = Result<Interchange<'a>, Fault>> {
    each_interchange(file, rules, false)
}

fn each_interchange<'a>(
    file: &'a [u8],
    rules: &Rules,
    keep: bool,
) -> impl Iterator<Item = Result<Interchange<'a>, Fault>> {
    let (mut scanner, mark) = Scanner::behind_mark(file);
    let (mut found, mut done) = (0, false);
    let mut next = move || {
        if file.len() > FILE_MAX {
            let text = format!("file of {} bytes, at most {FILE_MAX} are read", file.len());
            return Err(Fault::new(Code::FileTooLarge, Place::default(), text));
        }
        if !scanner.skip_gap() {
            let fault = Fault::new(Code::EmptyFile, Place::default(), "the file is empty");
            return if found == 0 { Err(fault) } else { Ok(None) };
        }
        if found == INTERCHANGES_MAX {
            let text = format!("more than {INTERCHANGES_MAX} interchanges in a file");
            return Err(Fault::new(Code::TooManyInterchanges, scanner.place(), text));
        }
        let mut notes = Notes::new(rules.strict);
        if mark && found == 0 {
            let text = "the file starts with a byte order mark";
            notes.add(Code::ByteOrderMark, Place::default(), text);
        }
        found += 1;
        let open = Open::start(&mut scanner, file, notes, rules)?;
        Open { keep, ..open }.read(&mut scanner).map(Some)
    };
    core::iter::from_fn(move || {
        if done {
            return None;
        }
        let next = next();
        done = !matches!(next, Ok(Some(_)));
        next.transpose()
    })
}

/// The segments of a file, envelope included, with no regard to their order.
///
/// Stops at the first fault. For tools that show or compare files; [`read`] is the door for use.
pub fn segments(file: &[u8]) -> impl Iterator<Item = Result<Segment<'_>, Fault>> {
    let (mut scanner, _) = Scanner::behind_mark(file);
    let mut notes = Notes::default();
    let mut at_start = true;
    let mut done = false;
    core::iter::from_fn(move || {
        if done {
            return None;
        }
        let next = (|| {
            if at_start && scanner.skip_gap() {
                let opening = detect(scanner.rest(), scanner.place())?;
                scanner.dialect = opening.dialect;
                scanner.skip(opening.skip);
            }
            scanner.next(&mut notes)
        })();
        at_start = matches!(&next, Ok(Some(segment)) if segment.tag() == "UNZ");
        done = !matches!(next, Ok(Some(_)));
        next.transpose()
    })
}

/// An interchange of which the end was not seen yet.
struct Open<'a, 'r> {
    file: &'a [u8],
    rules: &'r Rules,
    notes: Notes,
    start: usize,
    unb: Option<Segment<'a>>,
    group: Option<Group<'a>>,
    groups: usize,
    /// Whether segments are kept, or only counted.
    keep: bool,
    message: Option<Unclosed<'a>>,
    messages: Vec<Message<'a>>,
}

/// A message of which the end was not seen yet.
struct Unclosed<'a> {
    unh: Segment<'a>,
    segments: Vec<Segment<'a>>,
    length: usize,
}

/// An open group: its UNG and how many messages stood before it.
struct Group<'a> {
    ung: Segment<'a>,
    messages_before: usize,
}

impl<'a, 'r> Open<'a, 'r> {
    /// Finds the service characters and reads UNB, or stops before the first UNH.
    fn start(
        scanner: &mut Scanner<'a>,
        file: &'a [u8],
        mut notes: Notes,
        rules: &'r Rules,
    ) -> Result<Self, Fault> {
        let place = scanner.place();
        let opening = detect(scanner.rest(), place)?;
        scanner.dialect = opening.dialect;
        scanner.skip(opening.skip);
        if opening.una_malformed {
            let text = "the service characters (UNA) cannot be meant; read with the standard ones";
            notes.add(Code::UnaMalformed, place, text);
        }
        scanner.skip_gap();
        let bare = scanner.rest().starts_with(b"UNH");
        if bare && !rules.bare_messages {
            let text = "the file has messages without an envelope (no UNB)";
            return Err(Fault::new(Code::NoEnvelope, scanner.place(), text));
        }
        let unb = if bare { None } else { scanner.next(&mut notes)? };
        if unb.is_some_and(|unb| unb.tag() != "UNB") {
            let text = "the service characters (UNA) are not followed by UNB";
            return Err(Fault::new(Code::UnreadableStart, place, text));
        }
        Ok(Self {
            file,
            rules,
            notes,
            start: place.offset,
            unb,
            group: None,
            groups: 0,
            keep: true,
            message: None,
            messages: Vec::new(),
        })
    }

    fn read(mut self, scanner: &mut Scanner<'a>) -> Result<Interchange<'a>, Fault> {
        while let Some(segment) = scanner.next(&mut self.notes)? {
            match segment.tag() {
                "UNH" => self.open_message(segment)?,
                "UNT" => self.close_message(segment, scanner)?,
                "UNG" => self.open_group(segment)?,
                "UNE" => self.close_group(segment)?,
                "UNZ" => return self.close(segment, scanner),
                "UNA" | "UNB" => {
                    let text = "the next interchange starts before this one is closed (no UNZ)";
                    return Err(Fault::new(Code::Truncated, segment.place(), text));
                }
                tag => match &mut self.message {
                    Some(message) => {
                        message.length += 1;
                        if self.keep {
                            message.segments.push(segment);
                        }
                    }
                    None => return Err(out_of_place(tag, segment.place(), "outside any message")),
                },
            }
        }
        if self.unb.is_some() || self.message.is_some() || self.group.is_some() {
            let missing = if self.message.is_some() { "UNT" } else { "UNZ" };
            let text = format!("the file ends before the interchange is closed (no {missing})");
            return Err(Fault::new(Code::Truncated, scanner.place(), text));
        }
        let end = self.messages.last().map_or(self.start, |last| last.span.end);
        self.finish(scanner.dialect, end)
    }

    fn open_message(&mut self, unh: Segment<'a>) -> Result<(), Fault> {
        if self.message.is_some() {
            let text = "the next message starts before this one is closed (no UNT)";
            return Err(Fault::new(Code::Truncated, unh.place(), text));
        }
        if self.messages.len() == MESSAGES_MAX {
            let text = format!("more than {MESSAGES_MAX} messages in an interchange");
            return Err(Fault::new(Code::TooManyMessages, unh.place(), text));
        }
        self.message = Some(Unclosed { unh, segments: Vec::new(), length: 0 });
        Ok(())
    }

    fn close_message(&mut self, unt: Segment<'a>, scanner: &Scanner<'a>) -> Result<(), Fault> {
        let Some(Unclosed { unh, segments, length }) = self.message.take() else {
            return Err(out_of_place("UNT", unt.place(), "without UNH"));
        };
        self.count(Code::SegmentCount, &unt, length + 2, "segments")?;
        self.same_reference(Code::MessageReference, (&unh, 0), &unt)?;
        let message = Message {
            position: u32::try_from(self.messages.len() + 1).unwrap_or(u32::MAX),
            place: unh.place(),
            span: unh.span().start..scanner.place().offset,
            segments,
            length,
            ..Message::of(&unh)?
        };
        self.messages.push(message);
        Ok(())
    }

    fn open_group(&mut self, ung: Segment<'a>) -> Result<(), Fault> {
        let bare_before = self.groups == 0 && !self.messages.is_empty();
        if self.message.is_some() || self.group.is_some() || self.unb.is_none() || bare_before {
            return Err(out_of_place(
                "UNG",
                ung.place(),
                "inside a message, a group or no envelope",
            ));
        }
        self.groups += 1;
        self.group = Some(Group { ung, messages_before: self.messages.len() });
        Ok(())
    }

    fn close_group(&mut self, une: Segment<'a>) -> Result<(), Fault> {
        let Some(group) = self.group.take().filter(|_| self.message.is_none()) else {
            return Err(out_of_place("UNE", une.place(), "without UNG or inside a message"));
        };
        let messages = self.messages.len() - group.messages_before;
        self.count(Code::GroupCount, &une, messages, "messages")?;
        self.same_reference(Code::MessageReference, (&group.ung, 4), &une)
    }

    fn close(mut self, unz: Segment<'a>, scanner: &Scanner<'a>) -> Result<Interchange<'a>, Fault> {
        let Some(unb) = self.unb else {
            return Err(out_of_place("UNZ", unz.place(), "without UNB"));
        };
        if self.message.is_some() || self.group.is_some() {
            let text = "the interchange is closed before its last message or group (no UNT or UNE)";
            return Err(Fault::new(Code::Truncated, unz.place(), text));
        }
        let (count, what) = match self.groups {
            0 => (self.messages.len(), "messages"),
            groups => (groups, "groups"),
        };
        self.count(Code::MessageCount, &unz, count, what)?;
        self.same_reference(Code::InterchangeReference, (&unb, 4), &unz)?;
        self.finish(scanner.dialect, scanner.place().offset)
    }

    /// Doubts a closing segment whose count (element 0) is not `found`. Counts may be zero-padded.
    fn count(
        &mut self,
        code: Code,
        end: &Segment<'_>,
        found: usize,
        what: &str,
    ) -> Result<(), Fault> {
        let stated = end.text(0, 0);
        if stated.parse::<usize>().is_ok_and(|stated| stated == found) {
            return Ok(());
        }
        let text = format!("{} counts {} {what}, found {found}", end.tag(), quote(&stated));
        self.notes.doubt(code, end.place(), text)
    }

    /// Doubts a closing segment whose reference (element 1) is not that of its opening one.
    fn same_reference(
        &mut self,
        code: Code,
        (start, element): (&Segment<'_>, usize),
        end: &Segment<'_>,
    ) -> Result<(), Fault> {
        let (opened, closed) = (start.text(element, 0), end.text(1, 0));
        if opened == closed {
            return Ok(());
        }
        let (opened, closed) = (quote(&opened), quote(&closed));
        let text = format!("{} has reference {closed}, {} had {opened}", end.tag(), start.tag());
        self.notes.doubt(code, end.place(), text)
    }

    /// Settles the character set and reads the header by it.
    fn finish(mut self, mut dialect: Dialect, end: usize) -> Result<Interchange<'a>, Fault> {
        let raw = self.file.get(self.start..end).unwrap_or_default();
        let syntax_id = self.unb.map(|unb| unb.text(0, 0).into_owned()).unwrap_or_default();
        dialect.charset = self.settle_charset(raw, &syntax_id)?;
        self.note_repertoire(raw, &syntax_id);
        self.note_repeated_references();
        for message in &mut self.messages {
            for segment in &mut message.segments {
                *segment = segment.read_by(dialect);
            }
        }
        let header = match self.unb {
            Some(unb) => Some(Header::of(&unb.read_by(dialect), &mut self.notes)?),
            None => None,
        };
        let notes = self.notes.into_list();
        let start = self.start;
        let hash = Hash32::of(raw);
        Ok(Interchange { header, dialect, messages: self.messages, raw, start, hash, notes })
    }

    fn settle_charset(&mut self, raw: &[u8], syntax_id: &str) -> Result<Charset, Fault> {
        let place = self.unb.map_or_else(Place::default, |unb| unb.place());
        let declared = Charset::declared(syntax_id);
        let shown = quote(syntax_id);
        let Some(charset) = choose(raw, declared, &self.rules.charset) else {
            let text = format!("bytes above 127 under syntax {shown} fit no allowed character set");
            return Err(Fault::new(Code::CharsetUnsupported, place, text));
        };
        if charset != Charset::Ascii && Some(charset) != declared {
            let text = format!("bytes above 127 under syntax {shown} were read as {charset:?}");
            self.notes.add(Code::CharsetGuessed, place, text);
        }
        Ok(charset)
    }

    /// One note for the interchange: real traffic breaks the repertoire all the time.
    fn note_repertoire(&mut self, raw: &[u8], syntax_id: &str) {
        let outside = |b: &u8| (b' '..0x7f).contains(b) && !in_repertoire(syntax_id, *b);
        if let Some(at) = raw.iter().position(outside) {
            let place = Place { segment: 0, offset: self.start + at };
            let found = char::from(raw[at]);
            let text = format!("character {found} is outside {}", quote(syntax_id));
            self.notes.add(Code::Repertoire, place, text);
        }
    }

    fn note_repeated_references(&mut self) {
        let mut seen = HashSet::new();
        for message in &self.messages {
            if !seen.insert(message.reference.as_str()) {
                let text = format!("message reference {} occurs again", quote(&message.reference));
                self.notes.add(Code::MessageReferenceRepeated, message.place, text);
            }
        }
    }
}

impl Header {
    fn of(unb: &Segment<'_>, notes: &mut Notes) -> Result<Self, Fault> {
        let text = |element, component| unb.text(element, component).into_owned();
        let address = |element| Address {
            id: text(element, 0),
            qualifier: text(element, 1),
            routing: text(element, 2),
        };
        let header = Self {
            syntax_id: text(0, 0),
            syntax_version: text(0, 1),
            sender: address(1),
            recipient: address(2),
            prepared: Prepared::of(unb, notes),
            control_ref: text(4, 0),
            application_ref: text(6, 0),
            ack_requested: unb.text(8, 0) == "1",
            test: unb.text(10, 0) == "1",
        };
        let required = [
            (&header.sender.id, "sender"),
            (&header.recipient.id, "recipient"),
            (&header.control_ref, "control reference"),
        ];
        match required.iter().find(|(value, _)| value.is_empty()) {
            None => Ok(header),
            Some((_, name)) => {
                let text = format!("the interchange header (UNB) has no {name}");
                Err(Fault::new(Code::EnvelopeIncomplete, unb.place(), text))
            }
        }
    }
}

impl Prepared {
    fn of(unb: &Segment<'_>, notes: &mut Notes) -> Self {
        let parts: Vec<_> = unb.element(3).components().take(2).collect();
        let text = parts.join(":");
        let local = match parts.as_slice() {
            [date, time] => local(date.trim(), time.trim()),
            _ => None,
        };
        if local.is_none() {
            let text = format!("date of preparation {} is not YYMMDD and HHMM", quote(&text));
            notes.add(Code::DateForm, unb.place(), text);
        }
        Self { text, local }
    }
}

/// A date YYMMDD or CCYYMMDD and a time HHMM as a local time.
fn local(date: &str, time: &str) -> Option<DateTime> {
    if !date.bytes().chain(time.bytes()).all(|b| b.is_ascii_digit()) || time.len() != 4 {
        return None;
    }
    let (year, day) = match date.len() {
        6 => (century(date[..2].parse().ok()?), &date[2..]),
        8 => (date[..4].parse().ok()?, &date[4..]),
        _ => return None,
    };
    let date = Date::new(year, day[..2].parse().ok()?, day[2..].parse().ok()?).ok()?;
    let time = jiff::civil::Time::new(time[..2].parse().ok()?, time[2..].parse().ok()?, 0, 0);
    Some(date.to_datetime(time.ok()?))
}

/// The year a two-digit year means: EDIFACT is younger than 1980.
pub(crate) fn century(short: i16) -> i16 {
    if short < 80 { 2000 + short } else { 1900 + short }
}

impl Message<'_> {
    /// The values of UNH; the rest is for the caller to fill.
    fn of(unh: &Segment<'_>) -> Result<Self, Fault> {
        let text = |component| unh.text(1, component).into_owned();
        let message = Message {
            reference: unh.text(0, 0).into_owned(),
            kind: text(0),
            version: text(1),
            release: text(2),
            agency: text(3),
            association: text(4),
            position: 0,
            place: unh.place(),
            span: unh.span(),
            segments: Vec::new(),
            length: 0,
        };
        if message.kind.is_empty() {
            let text = "the message header (UNH) has no message type";
            return Err(Fault::new(Code::EnvelopeIncomplete, unh.place(), text));
        }
        Ok(message)
    }
}

fn out_of_place(tag: &str, place: Place, how: &str) -> Fault {
    Fault::new(Code::SegmentOutOfPlace, place, format!("segment {tag} stands {how}"))
}
