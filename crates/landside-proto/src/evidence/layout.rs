//! Where things lie in a file: every finding names the part and its bytes.

use std::fmt;
use std::ops::Range;

use crate::document::Kind;

/// What a part of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The file as a whole, and what frames the other parts.
    File,
    /// Network, terminal, container, case code.
    Subject,
    /// A bundle of a directory edition.
    Edition,
    /// The signed head of the log; one of two in a fork file.
    Head,
    /// A driver credential with its position and proof.
    Credential,
    /// A document of the case with its position and proof.
    Document,
    /// A receipt of the terminal.
    Receipt,
    /// A raw EDIFACT interchange.
    Interchange,
    /// A photograph.
    Photo,
    /// The consistency proof of a fork file.
    Proof,
    /// The SHA-256 at the end.
    Digest,
}

impl Part {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Subject => "subject",
            Self::Edition => "edition",
            Self::Head => "head",
            Self::Credential => "credential",
            Self::Document => "document",
            Self::Receipt => "receipt",
            Self::Interchange => "interchange",
            Self::Photo => "photo",
            Self::Proof => "proof",
            Self::Digest => "digest",
        }
    }
}

/// A part of a file, by name and by its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it is.
    pub part: Part,
    /// Which of several, counted from 1, and how many there are.
    pub number: Option<(usize, usize)>,
    /// The kind of document that it claims to be.
    pub kind: Option<Kind>,
    /// Its bytes, counted from 0.
    pub bytes: Range<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.part.as_str())?;
        if let Some((number, of)) = self.number {
            write!(f, " {number} of {of}")?;
        }
        if let Some(kind) = self.kind {
            write!(f, " ({})", kind.as_str())?;
        }
        write!(f, ", bytes {} to {}", self.bytes.start, self.bytes.end)
    }
}

/// The bytes of every part of a file of sound form.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    pub(super) subject: Range<usize>,
    pub(super) editions: Vec<Range<usize>>,
    pub(super) heads: Vec<Range<usize>>,
    pub(super) credentials: Vec<Range<usize>>,
    pub(super) documents: Vec<Range<usize>>,
    pub(super) receipts: Vec<Range<usize>>,
    pub(super) interchanges: Vec<Range<usize>>,
    pub(super) photos: Vec<Range<usize>>,
    pub(super) proof: Option<Range<usize>>,
    pub(super) digest: Range<usize>,
    pub(super) file: Range<usize>,
}

impl Layout {
    /// The place of part `index`, counted from 0.
    pub(super) fn nth(&self, part: Part, index: usize) -> Place {
        let spans = self.spans(part);
        let bytes = spans.get(index).cloned().unwrap_or_else(|| self.file.clone());
        Place { part, number: Some((index + 1, spans.len())), kind: None, bytes }
    }

    /// The place of a part that there is one of.
    pub(super) fn the(&self, part: Part) -> Place {
        let bytes = match part {
            Part::Subject => self.subject.clone(),
            Part::Digest => self.digest.clone(),
            Part::Proof => self.proof.clone().unwrap_or_else(|| self.file.clone()),
            Part::Head => self.heads.first().cloned().unwrap_or_else(|| self.file.clone()),
            _ => self.file.clone(),
        };
        Place { part, number: None, kind: None, bytes }
    }

    /// The part that a byte belongs to.
    pub(super) fn at(&self, byte: usize) -> Place {
        let many = [
            Part::Edition,
            Part::Credential,
            Part::Document,
            Part::Receipt,
            Part::Interchange,
            Part::Photo,
        ];
        for part in many {
            if let Some(index) = self.spans(part).iter().position(|span| span.contains(&byte)) {
                return self.nth(part, index);
            }
        }
        if let Some(index) = self.heads.iter().position(|span| span.contains(&byte)) {
            return if self.heads.len() == 1 {
                self.the(Part::Head)
            } else {
                self.nth(Part::Head, index)
            };
        }
        let once = [Part::Subject, Part::Proof, Part::Digest];
        let found = once.into_iter().map(|part| self.the(part));
        let mut found = found.filter(|place| place.bytes != self.file);
        found.find(|place| place.bytes.contains(&byte)).unwrap_or_else(|| self.the(Part::File))
    }

    fn spans(&self, part: Part) -> &[Range<usize>] {
        match part {
            Part::Edition => &self.editions,
            Part::Head => &self.heads,
            Part::Credential => &self.credentials,
            Part::Document => &self.documents,
            Part::Receipt => &self.receipts,
            Part::Interchange => &self.interchanges,
            Part::Photo => &self.photos,
            Part::File | Part::Subject | Part::Proof | Part::Digest => &[],
        }
    }
}
