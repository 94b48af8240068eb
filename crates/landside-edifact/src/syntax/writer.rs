//! Writes interchanges: service characters released, counts and references right by construction.

use jiff::civil::DateTime;
use thiserror::Error;

use super::charset::{Charset, in_repertoire};
use super::interchange::{Header, Prepared};
use super::service::Dialect;

/// Longest control reference (0020) and message reference (0062), in characters.
pub const REFERENCE_MAX: usize = 14;

/// Longest sender or recipient identification (0004, 0010), in characters.
pub const ADDRESS_MAX: usize = 35;

/// Why a message could not be written.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum WriteError {
    /// The character cannot stand under the syntax identifier; name a wider one in the profile.
    #[error("character {character:?} in segment {tag} cannot be written under syntax {syntax_id}")]
    Character {
        /// The character.
        character: char,
        /// The segment that was to hold it.
        tag: String,
        /// UNB 0001.
        syntax_id: String,
    },
    /// A message must name at least one container, and no more than its directory allows.
    #[error("a message of {found} containers cannot be written, only of 1 to {max}")]
    Count {
        /// How many.
        found: usize,
        /// Most of them.
        max: usize,
    },
    /// No writer for the syntax identifier.
    #[error("syntax {0} cannot be written, use UNOA, UNOB, UNOC, UNOW or UNOY")]
    Syntax(String),
    /// A header value that must be there is empty, or it is longer than the standard allows.
    #[error("{field} {value:?} must have 1 to {max} characters")]
    Length {
        /// What it is.
        field: &'static str,
        /// As it was given.
        value: String,
        /// Most characters.
        max: usize,
    },
}

impl WriteError {
    /// The stable name of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Character { .. } => "write-character",
            Self::Count { .. } => "write-count",
            Self::Syntax(_) => "write-syntax",
            Self::Length { .. } => "write-length",
        }
    }
}

/// Writes one interchange, always with the standard service characters and a UNA that says so.
#[derive(Debug)]
pub struct Writer {
    body: Body,
    control_ref: String,
    messages: usize,
}

/// The segments of one message; see [`Writer::message`].
#[derive(Debug)]
pub struct MessageWriter<'w> {
    body: &'w mut Body,
    segments: usize,
}

#[derive(Debug)]
struct Body {
    out: Vec<u8>,
    charset: Charset,
    syntax_id: String,
    line_breaks: bool,
}

impl Writer {
    /// Starts an interchange. With `line_breaks` a line feed follows each segment.
    ///
    /// # Errors
    /// A syntax identifier without a writer, an address or reference empty or too long, or a
    /// character that the syntax cannot hold.
    pub fn new(header: &Header, line_breaks: bool) -> Result<Self, WriteError> {
        let charset = Charset::declared(&header.syntax_id)
            .ok_or_else(|| WriteError::Syntax(header.syntax_id.clone()))?;
        check_length("sender", &header.sender.id, ADDRESS_MAX)?;
        check_length("recipient", &header.recipient.id, ADDRESS_MAX)?;
        check_length("control reference", &header.control_ref, REFERENCE_MAX)?;
        let syntax_id = header.syntax_id.clone();
        let mut body = Body { out: b"UNA:+.? '".to_vec(), charset, syntax_id, line_breaks };
        body.end_line();
        let flag = |set: bool| if set { "1" } else { "" };
        let (date, time) =
            header.prepared.text.split_once(':').unwrap_or((&header.prepared.text, ""));
        let address =
            |of: &super::Address| [of.id.clone(), of.qualifier.clone(), of.routing.clone()];
        let (sender, recipient) = (address(&header.sender), address(&header.recipient));
        body.segment(
            "UNB",
            &[
                &[&header.syntax_id, &header.syntax_version],
                &sender.each_ref().map(String::as_str),
                &recipient.each_ref().map(String::as_str),
                &[date, time],
                &[&header.control_ref],
                &[],
                &[&header.application_ref],
                &[],
                &[flag(header.ack_requested)],
                &[],
                &[flag(header.test)],
            ],
        )?;
        Ok(Self { body, control_ref: header.control_ref.clone(), messages: 0 })
    }

    /// Writes one message: UNH with `reference` and the components of `kind` (S009), what `fill`
    /// writes, and UNT.
    pub fn message(
        &mut self,
        reference: &str,
        kind: &[&str],
        fill: impl FnOnce(&mut MessageWriter<'_>) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        check_length("message reference", reference, REFERENCE_MAX)?;
        self.body.segment("UNH", &[&[reference], kind])?;
        let mut message = MessageWriter { body: &mut self.body, segments: 1 };
        fill(&mut message)?;
        let count = (message.segments + 1).to_string();
        self.body.segment("UNT", &[&[&count], &[reference]])?;
        self.messages += 1;
        Ok(())
    }

    /// Closes the interchange and gives its bytes.
    pub fn finish(mut self) -> Result<Vec<u8>, WriteError> {
        let count = self.messages.to_string();
        self.body.segment("UNZ", &[&[&count], &[&self.control_ref]])?;
        Ok(self.body.out)
    }
}

impl MessageWriter<'_> {
    /// Writes one segment of `elements`, each a list of components. Empty ones at the end are
    /// left out, as the standard asks.
    pub fn segment(&mut self, tag: &str, elements: &[&[&str]]) -> Result<(), WriteError> {
        self.segments += 1;
        self.body.segment(tag, elements)
    }
}

impl Body {
    fn segment(&mut self, tag: &str, elements: &[&[&str]]) -> Result<(), WriteError> {
        let Dialect { component, element, terminator, .. } = Dialect::STANDARD;
        self.out.extend_from_slice(tag.as_bytes());
        for components in up_to_last(elements, |c| c.iter().any(|value| !value.is_empty())) {
            self.out.push(element);
            for (index, value) in up_to_last(components, |v| !v.is_empty()).iter().enumerate() {
                if index > 0 {
                    self.out.push(component);
                }
                self.value(tag, value)?;
            }
        }
        self.out.push(terminator);
        self.end_line();
        Ok(())
    }

    fn value(&mut self, tag: &str, value: &str) -> Result<(), WriteError> {
        let syntax_id = self.syntax_id.as_str();
        let cannot = |character| WriteError::Character {
            character,
            tag: tag.into(),
            syntax_id: syntax_id.into(),
        };
        let outside = |c: &char| {
            c.is_control() || u8::try_from(*c).is_ok_and(|byte| !in_repertoire(syntax_id, byte))
        };
        if let Some(character) = value.chars().find(outside) {
            return Err(cannot(character));
        }
        let Dialect { component, element, release, terminator, .. } = Dialect::STANDARD;
        for byte in self.charset.encode(value).map_err(cannot)? {
            if [component, element, terminator].contains(&byte) || Some(byte) == release {
                self.out.extend(release);
            }
            self.out.push(byte);
        }
        Ok(())
    }

    fn end_line(&mut self) {
        if self.line_breaks {
            self.out.push(b'\n');
        }
    }
}

impl Prepared {
    /// The form a writer of `syntax_version` uses: a year of two digits up to 3, of four from 4 on.
    pub fn at(local: DateTime, syntax_version: &str) -> Self {
        let format = if syntax_version == "4" { "%Y%m%d:%H%M" } else { "%y%m%d:%H%M" };
        Self { text: local.strftime(format).to_string(), local: Some(local) }
    }
}

/// The items up to the last that `counts`.
fn up_to_last<T>(items: &[T], counts: impl FnMut(&T) -> bool) -> &[T] {
    let end = items.iter().rposition(counts).map_or(0, |last| last + 1);
    &items[..end]
}

fn check_length(field: &'static str, value: &str, max: usize) -> Result<(), WriteError> {
    if (1..=max).contains(&value.chars().count()) {
        return Ok(());
    }
    Err(WriteError::Length { field, value: value.to_owned(), max })
}
