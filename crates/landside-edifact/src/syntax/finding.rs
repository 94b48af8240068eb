//! What a reader has to say about a file: notes on what it accepts, faults for what it refuses.

use core::fmt;

/// Most notes kept for one interchange or one reading; a hostile file must not grow an endless list.
pub const NOTES_MAX: usize = 200;

/// Longest piece of a file quoted in a text, in characters.
const QUOTE_MAX: usize = 40;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $remedy:literal;)*) => {
        /// What was found. [`Code::as_str`] is stable: programs may match on it.
        ///
        /// The same finding can be a note or a fault: a count that does not add up is a note under
        /// a lenient profile and a fault under a strict one.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code there is, in alphabetical order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable name, e.g. `segment-count`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What a person can do about it.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

codes! {
    /// A value of the goods (MOA) that is no amount in a currency.
    AmountUnreadable = "amount-unreadable", "ask the sender for an amount and a currency of three letters";
    /// UTF-8 byte order mark before the first segment.
    ByteOrderMark = "byte-order-mark", "nothing; the sender's file was saved by a text editor";
    /// Bytes above 127 were read by something other than the declared syntax identifier (UNB 0001).
    CharsetGuessed = "charset-guessed", "ask the sender to declare the character set it uses, or name it in the profile";
    /// No character set the profile allows fits the bytes.
    CharsetUnsupported = "charset-unsupported", "allow the sender's character set in its profile, or ask for another one";
    /// EQD without an equipment identification (8260).
    ContainerMissing = "container-missing", "ask the sender to name the container";
    /// The container number is not a valid ISO 6346 number.
    ContainerNumber = "container-number", "ask the sender to correct the container number";
    /// The same container number twice in one message.
    ContainerRepeated = "container-repeated", "check with the sender which of the two entries counts";
    /// The container number was written with blanks, hyphens or lower case.
    ContainerSpelling = "container-spelling", "nothing; the number itself is right";
    /// A control character other than a line break inside a value.
    ControlCharacter = "control-character", "ask the sender to clean its data";
    /// The file ends with a release character that releases nothing.
    DanglingRelease = "dangling-release", "ask the sender to send the file again";
    /// UNB date or time in another form than YYMMDD or CCYYMMDD and HHMM.
    DateForm = "date-form", "nothing; the text is kept as it came";
    /// BGM document name (1001) that the profile does not list for a COREOR.
    DocumentName = "document-name", "check with the sender what it means, then list it in the profile";
    /// Nothing in the file.
    EmptyFile = "empty-file", "ask the sender to send the file again";
    /// A mandatory value of UNB, UNG or UNH is missing.
    EnvelopeIncomplete = "envelope-incomplete", "ask the sender to fill the envelope";
    /// CNT+16 differs from the number of EQD segments.
    EquipmentCount = "equipment-count", "check with the sender that no container is missing";
    /// EQD of something that is no container (8053 other than CN).
    EquipmentNotContainer = "equipment-not-container", "nothing; only containers are released";
    /// Longer than [`FILE_MAX`](super::FILE_MAX).
    FileTooLarge = "file-too-large", "ask the sender to split the file";
    /// BGM without a message function (1225); read as an original.
    FunctionMissing = "function-missing", "ask the sender to state the message function";
    /// UNE count differs from the number of messages in the group.
    GroupCount = "group-count", "ask the sender whether a message is missing";
    /// UNZ control reference differs from UNB.
    InterchangeReference = "interchange-reference", "ask the sender to repair its envelope";
    /// A line break inside a value; the bytes are kept.
    LineBreakInValue = "line-break-in-value", "nothing, unless a number was broken in two";
    /// UNZ count differs from the number of messages or groups.
    MessageCount = "message-count", "ask the sender whether a message is missing";
    /// UNT message reference differs from UNH.
    MessageReference = "message-reference", "ask the sender to repair its envelope";
    /// The same UNH reference twice in one interchange; messages are told apart by position.
    MessageReferenceRepeated = "message-reference-repeated", "nothing; messages are told apart by position";
    /// A message of another type than the one asked for.
    MessageSkipped = "message-skipped", "nothing; it belongs to another reader";
    /// Messages without UNB and UNZ, from a partner whose profile does not allow that.
    NoEnvelope = "no-envelope", "ask for a full interchange, or set bare-messages in the partner's profile";
    /// More notes than [`NOTES_MAX`]; the rest was not kept.
    NotesCut = "notes-cut", "repair the findings listed so far and read again";
    /// No container in the file can be released or changed.
    NothingReleasable = "nothing-releasable", "ask the shipping line for a corrected container release order";
    /// Nothing that the messages say of containers can be used.
    NothingUsable = "nothing-usable", "ask the sender for a corrected message";
    /// A place code is not of the form of a UN/LOCODE.
    PlaceUnreadable = "place-unreadable", "check the place with the sender";
    /// The plate of a truck is no plate.
    PlateUnreadable = "plate-unreadable", "ask the haulier for the truck's plate";
    /// RFF with a qualifier and no reference.
    ReferenceEmpty = "reference-empty", "nothing; an empty reference says nothing";
    /// A reference or code is too long or holds characters it may not.
    ReferenceUnreadable = "reference-unreadable", "ask the sender to correct the reference";
    /// Characters outside the declared level A or B (lower case under UNOA, `_` under UNOB).
    Repertoire = "repertoire", "nothing; most senders do this";
    /// A seal number missing or a seal with its party in the wrong place.
    SealForm = "seal-form", "compare the seal at the gate";
    /// UNT count differs from the number of segments.
    SegmentCount = "segment-count", "ask the sender whether a segment is missing";
    /// A service segment where it may not stand, or a segment outside any message.
    SegmentOutOfPlace = "segment-out-of-place", "ask the sender to repair its envelope";
    /// Something that is not a segment tag where a segment must start.
    SegmentTag = "segment-tag", "ask the sender to send plain EDIFACT with nothing but line breaks between segments";
    /// Longer than [`SEGMENT_BYTES_MAX`](super::SEGMENT_BYTES_MAX).
    SegmentTooLong = "segment-too-long", "check that the file is EDIFACT and that its UNA names the right characters";
    /// A size-type that is no ISO 6346 code.
    SizeTypeUnreadable = "size-type-unreadable", "check the container's size and type with the sender";
    /// A customs status (GIS) that the profile does not list; it is a hold.
    StatusUnknown = "status-unknown", "ask customs what the code means, then list it in the profile";
    /// DTM without a format qualifier (2379); the format was taken from the length.
    TimeFormatMissing = "time-format-missing", "ask the sender to state the format";
    /// DTM value shorter than its format says: read as a date.
    TimeShort = "time-short", "ask the sender to state the time or the right format";
    /// DTM value that is no date and time.
    TimeUnreadable = "time-unreadable", "ask the sender to correct the date";
    /// More than [`COMPONENTS_MAX`](super::COMPONENTS_MAX) components in an element.
    TooManyComponents = "too-many-components", "check that the file is EDIFACT and that its UNA names the right characters";
    /// More than [`ELEMENTS_MAX`](super::ELEMENTS_MAX) elements in a segment.
    TooManyElements = "too-many-elements", "check that the file is EDIFACT and that its UNA names the right characters";
    /// More than [`EQUIPMENT_MAX`](crate::coreor::EQUIPMENT_MAX) EQD segments in an interchange.
    TooManyEquipment = "too-many-equipment", "ask the sender to split the file";
    /// More than [`INTERCHANGES_MAX`](super::INTERCHANGES_MAX) interchanges in a file.
    TooManyInterchanges = "too-many-interchanges", "ask the sender to split the file";
    /// More than [`MESSAGES_MAX`](super::MESSAGES_MAX) messages in an interchange.
    TooManyMessages = "too-many-messages", "ask the sender to split the file";
    /// More than [`SEGMENTS_MAX`](super::SEGMENTS_MAX) segments in a file.
    TooManySegments = "too-many-segments", "ask the sender to split the file";
    /// More values of one kind for one container than are kept.
    TooManyValues = "too-many-values", "ask the sender to split the container's entry";
    /// The file ends, or the next interchange starts, before this one is closed.
    Truncated = "truncated", "ask the sender to send the whole file again";
    /// Service characters (UNA) that cannot be used; the standard ones were.
    UnaMalformed = "una-malformed", "ask the sender to repair its UNA, nine characters in all";
    /// The file starts with neither UNA, UNB nor UNH.
    UnreadableStart = "unreadable-start", "check that the file is EDIFACT";
    /// Two different values for the same field at the same level; the first counts.
    ValueRepeated = "value-repeated", "check with the sender which value counts";
    /// A vessel identification that is neither an IMO number nor a call sign.
    VesselId = "vessel-id", "nothing; the vessel's name and voyage are kept";
    /// A weight that is no number or has an unknown unit.
    WeightUnreadable = "weight-unreadable", "check the weight with the sender";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where in a file.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Place {
    /// Number of the segment in the file, counted from 1; UNA is not a segment. 0: before any.
    pub segment: u32,
    /// Byte offset in the file, counted from 0.
    pub offset: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "segment {}, byte {}", self.segment, self.offset)
    }
}

/// Something odd that did not stop the reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    /// What was found.
    pub code: Code,
    /// Where.
    pub place: Place,
    /// The fact in plain words, with the value.
    pub text: String,
}

impl Note {
    /// A note of `text` at `place`.
    pub fn new(code: Code, place: Place, text: impl Into<String>) -> Self {
        Self { code, place, text: text.into() }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.place)
    }
}

/// Why a file was refused. Nothing of a refused file may be acted on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// What was found.
    pub code: Code,
    /// Where.
    pub place: Place,
    /// The fact in plain words, with the value.
    pub text: String,
}

impl Fault {
    /// A fault of `text` at `place`.
    pub fn new(code: Code, place: Place, text: impl Into<String>) -> Self {
        Self { code, place, text: text.into() }
    }

    /// What a person can do about it.
    pub const fn remedy(&self) -> &'static str {
        self.code.remedy()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.text, self.place, self.remedy())
    }
}

impl core::error::Error for Fault {}

/// Collects notes up to [`NOTES_MAX`], and turns doubts into faults where the partner is held to
/// the letter.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    list: Vec<Note>,
    strict: bool,
}

impl Notes {
    pub(crate) fn new(strict: bool) -> Self {
        Self { list: Vec::new(), strict }
    }

    pub(crate) fn add(&mut self, code: Code, place: Place, text: impl Into<String>) {
        let room = NOTES_MAX.saturating_sub(self.list.len());
        match room {
            0 => {}
            1 => self.list.push(Note::new(
                Code::NotesCut,
                place,
                format!("more than {NOTES_MAX} findings; the rest is not listed"),
            )),
            _ => self.list.push(Note::new(code, place, text)),
        }
    }

    /// A fault under a strict profile, else a note.
    pub(crate) fn doubt(&mut self, code: Code, place: Place, text: String) -> Result<(), Fault> {
        if self.strict {
            return Err(Fault::new(code, place, text));
        }
        self.add(code, place, text);
        Ok(())
    }

    pub(crate) fn into_list(self) -> Vec<Note> {
        self.list
    }
}

/// A piece of a file fit to stand in a text: short, on one line.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted: String = text.chars().take(QUOTE_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(QUOTE_MAX).is_some() {
        quoted.push('…');
    }
    quoted
}
