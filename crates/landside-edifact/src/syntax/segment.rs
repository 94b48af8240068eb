//! Segments as views of the original bytes, and the scanner that finds them.

use std::borrow::Cow;
use std::ops::Range;

use super::finding::{Code, Fault, Notes, Place, quote};
use super::service::Dialect;
use super::{COMPONENTS_MAX, ELEMENTS_MAX, SEGMENT_BYTES_MAX, SEGMENTS_MAX, work};

/// The mark some systems put at the end of a text file (Ctrl-Z).
const END_OF_FILE_MARK: u8 = 0x1a;

/// What text editors put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One segment, from its tag to before its terminator. Borrowed: values are cut out when asked for.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    bytes: &'a [u8],
    place: Place,
    dialect: Dialect,
}

/// One element of a segment: a simple value, or components.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    bytes: &'a [u8],
    dialect: Dialect,
}

impl<'a> Segment<'a> {
    /// The three characters that name the segment, upper-case letters and digits.
    pub fn tag(&self) -> &'a str {
        // The scanner let only ASCII tags through.
        self.bytes.get(..3).and_then(|tag| core::str::from_utf8(tag).ok()).unwrap_or("")
    }

    /// Number and byte offset in the file.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Where the segment's bytes are in the file, without the terminator.
    pub fn span(&self) -> Range<usize> {
        self.place.offset..self.place.offset + self.bytes.len()
    }

    /// The bytes as they came, without the terminator.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The same bytes, read by another character set.
    pub(super) fn read_by(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// The elements behind the tag, in order.
    pub fn elements(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let dialect = self.dialect;
        Split::new(self.bytes, dialect.element, dialect.release)
            .skip(1)
            .map(move |bytes| Element { bytes, dialect })
    }

    /// Element `index`, counted from 0 behind the tag; an empty one if there is none.
    pub fn element(&self, index: usize) -> Element<'a> {
        let none = Element { bytes: &[], dialect: self.dialect };
        self.elements().nth(index).unwrap_or(none)
    }

    /// Component `component` of element `element` as text, trimmed; empty if there is none.
    pub fn text(&self, element: usize, component: usize) -> Cow<'a, str> {
        match self.element(element).component(component) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }
}

impl<'a> Element<'a> {
    /// The components in order, released and decoded. An empty element has one empty component.
    pub fn components(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let dialect = self.dialect;
        Split::new(self.bytes, dialect.component, dialect.release)
            .map(move |bytes| decode(bytes, &dialect))
    }

    /// Component `index`, counted from 0; empty if there is none.
    pub fn component(&self, index: usize) -> Cow<'a, str> {
        let raw = Split::new(self.bytes, self.dialect.component, self.dialect.release).nth(index);
        decode(raw.unwrap_or_default(), &self.dialect)
    }
}

fn decode<'a>(bytes: &'a [u8], dialect: &Dialect) -> Cow<'a, str> {
    match dialect.release {
        Some(release) if bytes.contains(&release) => {
            let plain = unrelease(bytes, release);
            Cow::Owned(dialect.charset.decode(&plain).into_owned())
        }
        _ => dialect.charset.decode(bytes),
    }
}

/// Drops each release character and keeps the one behind it.
fn unrelease(bytes: &[u8], release: u8) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        let kept = if byte == release { rest.next().copied() } else { Some(byte) };
        plain.extend(kept);
    }
    plain
}

/// Cuts bytes at a separator that is not released.
struct Split<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
    release: Option<u8>,
}

impl<'a> Split<'a> {
    fn new(bytes: &'a [u8], separator: u8, release: Option<u8>) -> Self {
        Self { rest: Some(bytes), separator, release }
    }
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let mut at = 0;
        while let Some(&byte) = rest.get(at) {
            if Some(byte) == self.release {
                at += 1;
            } else if byte == self.separator {
                break;
            }
            at += 1;
        }
        work::visit(at);
        self.rest = rest.get(at + 1..);
        Some(&rest[..at.min(rest.len())])
    }
}

/// Finds segments one after another. Every byte is looked at once.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    file: &'a [u8],
    at: usize,
    /// Where the bytes begin in their file.
    base: usize,
    number: u32,
    pub(super) dialect: Dialect,
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of `file`, behind a byte order mark if there is one; whether there is.
    pub(super) fn behind_mark(file: &'a [u8]) -> (Self, bool) {
        let mark = file.starts_with(BYTE_ORDER_MARK);
        let at = if mark { BYTE_ORDER_MARK.len() } else { 0 };
        (Self { file, at, base: 0, number: 0, dialect: Dialect::STANDARD }, mark)
    }

    /// A scanner of `bytes`, which stand in their file at `place`, on the segment of that number.
    pub(super) fn resume(bytes: &'a [u8], place: Place, dialect: Dialect) -> Self {
        let number = place.segment.saturating_sub(1);
        Self { file: bytes, at: 0, base: place.offset, number, dialect }
    }

    /// Where the scanner stands.
    pub(super) fn place(&self) -> Place {
        Place { segment: self.number, offset: self.base + self.at }
    }

    /// What is still to be read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.file.get(self.at..).unwrap_or_default()
    }

    /// Steps over `count` bytes.
    pub(super) fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.file.len());
    }

    /// Steps over what may stand between segments; whether anything follows.
    pub(super) fn skip_gap(&mut self) -> bool {
        let rest = self.rest();
        let gap = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n' | b' ' | b'\t')).count();
        self.skip(gap);
        work::visit(gap);
        if self.rest().first() == Some(&END_OF_FILE_MARK) {
            let tail = self.rest();
            let ends = tail.iter().all(|b| *b == END_OF_FILE_MARK || b.is_ascii_whitespace());
            if ends {
                self.skip(tail.len());
            }
        }
        self.at < self.file.len()
    }

    /// The next segment, or `None` at the end of the file.
    pub(super) fn next(&mut self, notes: &mut Notes) -> Result<Option<Segment<'a>>, Fault> {
        if !self.skip_gap() {
            return Ok(None);
        }
        self.number += 1;
        let place = self.place();
        if self.number > SEGMENTS_MAX {
            let text = format!("more than {SEGMENTS_MAX} segments");
            return Err(Fault::new(Code::TooManySegments, place, text));
        }
        let bytes = self.cut(place, notes)?;
        let segment = Segment { bytes, place, dialect: self.dialect };
        check_tag(&segment)?;
        Ok(Some(segment))
    }

    /// Cuts out the bytes up to the terminator and steps over both.
    fn cut(&mut self, place: Place, notes: &mut Notes) -> Result<&'a [u8], Fault> {
        let rest = self.rest();
        let Dialect { component, element, release, terminator, .. } = self.dialect;
        let (mut at, mut elements, mut components) = (0, 0, 0);
        let (mut line_break, mut control) = (false, false);
        loop {
            work::visit(1);
            let Some(&byte) = rest.get(at) else {
                return Err(unterminated(rest, place));
            };
            if at > SEGMENT_BYTES_MAX {
                let text = format!("segment longer than {SEGMENT_BYTES_MAX} bytes");
                return Err(Fault::new(Code::SegmentTooLong, place, text));
            }
            if byte == terminator {
                break;
            } else if byte == element {
                (elements, components) = (elements + 1, 0);
            } else if byte == component {
                components += 1;
            } else if Some(byte) == release {
                at += 1;
                if rest.get(at).is_none() {
                    let text = "the file ends with a release character";
                    return Err(Fault::new(Code::DanglingRelease, place, text));
                }
            } else {
                line_break |= matches!(byte, b'\r' | b'\n');
                control |= byte.is_ascii_control() && !matches!(byte, b'\r' | b'\n' | b'\t');
            }
            at += 1;
            check_counts(elements, components, place)?;
        }
        if line_break {
            notes.add(Code::LineBreakInValue, place, "a line break stands inside a value");
        }
        if control {
            notes.add(Code::ControlCharacter, place, "a control character stands inside a value");
        }
        self.skip(at + 1);
        Ok(&rest[..at])
    }
}

fn check_counts(elements: usize, components: usize, place: Place) -> Result<(), Fault> {
    if elements > ELEMENTS_MAX {
        let text = format!("more than {ELEMENTS_MAX} elements in a segment");
        return Err(Fault::new(Code::TooManyElements, place, text));
    }
    if components >= COMPONENTS_MAX {
        let text = format!("more than {COMPONENTS_MAX} components in an element");
        return Err(Fault::new(Code::TooManyComponents, place, text));
    }
    Ok(())
}

fn unterminated(rest: &[u8], place: Place) -> Fault {
    let start = String::from_utf8_lossy(&rest[..rest.len().min(3)]).into_owned();
    let text = format!("the file ends inside the segment {}", quote(&start));
    Fault::new(Code::Truncated, place, text)
}

/// A tag is a letter and two letters or digits, upper case (ISO 9735-1 § 8.1); an explicit nesting
/// number may follow it as a component.
fn check_tag(segment: &Segment<'_>) -> Result<(), Fault> {
    let bytes = segment.bytes;
    let Dialect { component, element, .. } = segment.dialect;
    let named = matches!(bytes.get(..3), Some([a, b, c]) if a.is_ascii_uppercase()
        && [b, c].iter().all(|x| x.is_ascii_uppercase() || x.is_ascii_digit()));
    let ended = bytes.get(3).is_none_or(|next| [component, element].contains(next));
    if named && ended {
        return Ok(());
    }
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(8)]).into_owned();
    let text = format!("found {} where a segment must start", quote(&start));
    Err(Fault::new(Code::SegmentTag, segment.place, text))
}
