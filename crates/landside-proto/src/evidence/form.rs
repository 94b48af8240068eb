//! The bytes of a file (docs/PROTOCOL.md § 15): one spelling, every count and length checked before
//! anything is kept.
//!
//! The reader walks the items in their order, knows at each which part it is in, and then writes what
//! it read: any other spelling of the same content differs somewhere, and that byte is named.

use std::convert::Infallible;
use std::ops::Range;

use minicbor::bytes::ByteSlice;
use minicbor::encode::Error as EncodeError;
use minicbor::{Decode, Decoder, Encode, Encoder};
use sha2::{Digest as _, Sha256};

use super::layout::{Layout, Part, Place};
use super::report::FindingCode;
use super::{
    CREDENTIALS_MAX, CaseEvidence, EDITIONS_MAX, EVIDENCE_MAX, Evidence, FORK_ROTATIONS_MAX,
    ForkEvidence, INTERCHANGES_MAX, MAGIC, PHOTOS_MAX, RECEIPTS_MAX, Registered,
};
use crate::case::CASE_DOCS_MAX;
use crate::checkpoint::NOTE_MAX;
use crate::directory::BUNDLE_MAX;
use crate::document::Visit;
use crate::envelope::ENVELOPE_MAX;
use crate::ids::Hash32;
use crate::merkle::PROOF_MAX;
use crate::sealed::{DISCLOSURE_MAX, DISCLOSURES_MAX};

/// Bytes before the word of the sort: an array of four, and the magic with its head.
const MAGIC_LEN: usize = 2 + MAGIC.len();

/// Bytes of the digest; those before it, its head included, are what it is of.
const DIGEST_LEN: usize = 32;

/// Sorts of files, as written.
const CASE: &str = "case";
const FORK: &str = "fork";

/// Why bytes are no evidence file of sound form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail} ({place})", code.as_str())]
pub struct FormError {
    /// What is wrong; one of the codes of form.
    pub code: FindingCode,
    /// Where.
    pub place: Place,
    /// The fact.
    pub detail: String,
}

/// Whether bytes begin as an evidence file does, whatever follows.
#[must_use]
pub fn is_evidence(bytes: &[u8]) -> bool {
    bytes.get(2..MAGIC_LEN) == Some(MAGIC.as_bytes())
}

/// The bytes of a file, in order ([`Evidence::in_order`]). What breaks a limit is written and refused
/// by [`read`]: who exports reads back what was written.
#[must_use]
pub fn write(evidence: &Evidence) -> Vec<u8> {
    write_as_is(&evidence.in_order())
}

/// The bytes of a file in whatever order things are.
pub(super) fn write_as_is(evidence: &Evidence) -> Vec<u8> {
    // Encoding into memory does not fail.
    let mut bytes = encode(evidence).unwrap_or_default();
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    bytes
}

/// Reads a file of sound form. Says nothing of what it proves: that is [`super::verify`].
///
/// # Errors
/// [`FormError`] with the first fault.
pub fn read(bytes: &[u8]) -> Result<Evidence, FormError> {
    let parsed = parse(bytes)?;
    match parsed.digest_holds {
        true => Ok(parsed.evidence),
        false => Err(FormError {
            code: FindingCode::FileDigest,
            place: parsed.layout.the(Part::Digest),
            detail: "the file does not have the SHA-256 at its end".to_owned(),
        }),
    }
}

/// A file of sound form, its digest compared.
pub(super) struct Parsed {
    pub(super) evidence: Evidence,
    pub(super) layout: Layout,
    pub(super) digest_holds: bool,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, FormError> {
    let mut reader = Reader::new(bytes);
    if bytes.len() > EVIDENCE_MAX {
        let detail = format!("{} bytes, at most {EVIDENCE_MAX} are read", bytes.len());
        return Err(reader.error(FindingCode::FileTooLarge, 0, detail));
    }
    if !is_evidence(bytes) {
        let detail = format!("the bytes do not begin with \"{MAGIC}\"");
        return Err(reader.error(FindingCode::NotEvidence, 0, detail));
    }
    let evidence = reader.file()?;
    let canonical = write_as_is(&evidence);
    let signed = bytes.len().saturating_sub(DIGEST_LEN);
    if canonical.len() != bytes.len() || canonical.get(..signed) != bytes.get(..signed) {
        let same = canonical.iter().zip(bytes).take_while(|(a, b)| a == b).count();
        let place = reader.layout.at(same);
        let detail = format!("byte {same} is not in deterministic form");
        return Err(FormError { code: FindingCode::NotCanonical, place, detail });
    }
    Ok(Parsed { digest_holds: canonical == bytes, evidence, layout: reader.layout })
}

/// What orders two heads: the size that a note claims, then its bytes.
pub(super) fn head_order(note: &[u8]) -> (u64, Vec<u8>) {
    let size = note.split(|byte| *byte == b'\n').nth(1);
    let size = size.and_then(|size| std::str::from_utf8(size).ok()?.parse().ok());
    (size.unwrap_or(0), note.to_vec())
}

// Writing.

type Written = Result<(), EncodeError<Infallible>>;

fn encode(evidence: &Evidence) -> Result<Vec<u8>, EncodeError<Infallible>> {
    let mut e = Encoder::new(Vec::new());
    e.array(4)?.str(MAGIC)?;
    match evidence {
        Evidence::Case(case) => case_body(e.str(CASE)?, case)?,
        Evidence::Fork(fork) => fork_body(e.str(FORK)?, fork)?,
    }
    let mut bytes = e.into_writer();
    // The head of the digest: what follows are its bytes.
    bytes.extend([0x58, 0x20]);
    Ok(bytes)
}

fn case_body(e: &mut Encoder<Vec<u8>>, case: &CaseEvidence) -> Written {
    e.map(9 + u64::from(case.head.is_some()))?;
    e.u8(0)?.encode(&case.network)?.u8(1)?.encode(&case.visit)?.u8(2)?.encode(case.code)?;
    blobs(e.u8(3)?, &case.editions)?;
    if let Some(head) = &case.head {
        e.u8(4)?.bytes(head)?;
    }
    for (key, list) in [(5, &case.credentials), (6, &case.documents)] {
        e.u8(key)?.array(len(list.len()))?;
        for registered in list {
            self::registered(e, registered)?;
        }
    }
    blobs(e.u8(7)?, &case.receipts)?;
    blobs(e.u8(8)?, &case.interchanges)?;
    blobs(e.u8(9)?, &case.photos)
}

fn fork_body(e: &mut Encoder<Vec<u8>>, fork: &ForkEvidence) -> Written {
    let optional = [fork.proof.is_some(), !fork.rotations.is_empty()];
    e.map(4 + optional.map(u64::from).iter().sum::<u64>())?;
    e.u8(0)?.encode(&fork.network)?.u8(1)?.encode(&fork.terminal)?;
    blobs(e.u8(2)?, &fork.editions)?;
    blobs(e.u8(3)?, &fork.heads)?;
    if let Some(proof) = &fork.proof {
        e.u8(4)?.encode(proof)?;
    }
    if fork.rotations.is_empty() { Ok(()) } else { blobs(e.u8(5)?, &fork.rotations) }
}

fn registered(e: &mut Encoder<Vec<u8>>, registered: &Registered) -> Written {
    e.map(3 + u64::from(registered.proof.is_some()))?;
    e.u8(0)?.bytes(&registered.envelope)?.u8(1)?.encode(registered.position)?;
    if let Some(proof) = &registered.proof {
        e.u8(2)?.encode(proof)?;
    }
    blobs(e.u8(3)?, &registered.disclosures)
}

fn blobs(e: &mut Encoder<Vec<u8>>, list: &[Vec<u8>]) -> Written {
    e.array(len(list.len()))?;
    for bytes in list {
        <&ByteSlice>::from(bytes.as_slice()).encode(e, &mut ())?;
    }
    Ok(())
}

fn len(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

// Reading.

/// How many items a list may have, and how long each may be.
struct Bounds {
    at_least: usize,
    at_most: usize,
    bytes: usize,
}

/// Walks the items and knows where it is.
struct Reader<'a> {
    d: Decoder<'a>,
    layout: Layout,
    part: Part,
    number: Option<(usize, usize)>,
    from: usize,
}

type Read<T> = Result<T, FormError>;

/// The items of a list, and the bytes of each.
type Listed<T> = (Vec<T>, Vec<Range<usize>>);

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let layout = Layout { file: 0..bytes.len(), ..Layout::default() };
        Self { d: Decoder::new(bytes), layout, part: Part::File, number: None, from: 0 }
    }

    fn file(&mut self) -> Read<Evidence> {
        let start = self.d.position();
        let form = "an array of four";
        if self.item(form, |d| d.array())? != Some(4) {
            return Err(self.error(FindingCode::Form, start, format!("expected {form}")));
        }
        self.item("the magic", |d| d.str())?;
        let sort = self.d.position();
        let evidence = match self.item("the sort of file", |d| d.str())? {
            CASE => Evidence::Case(self.case()?),
            FORK => Evidence::Fork(self.fork()?),
            _ => return Err(self.error(FindingCode::Form, sort, "expected case or fork".into())),
        };
        self.enter(Part::Digest, None);
        let digest = self.d.position();
        if self.item("a digest", |d| d.bytes())?.len() != DIGEST_LEN {
            return Err(self.error(FindingCode::Form, digest, "expected 32 bytes".into()));
        }
        self.layout.digest = digest..self.d.position();
        if self.d.position() != self.d.input().len() {
            let at = self.d.position();
            self.enter(Part::File, None);
            return Err(self.error(FindingCode::Form, at, "bytes after the end".into()));
        }
        Ok(evidence)
    }

    fn case(&mut self) -> Read<CaseEvidence> {
        self.enter(Part::Subject, None);
        let from = self.d.position();
        let has_head = self.entries(9, 1)? > 0;
        let network = self.value(0, "the name of the network")?;
        let visit: Visit = self.value(1, "terminal and container")?;
        let code = self.value(2, "a case code")?;
        self.layout.subject = from..self.d.position();
        self.key(3)?;
        let (editions, spans) = self.blobs(Part::Edition, &EDITIONS)?;
        self.layout.editions = spans;
        let head = if has_head { Some(self.head()?) } else { None };
        self.key(5)?;
        let (credentials, spans) =
            self.list(Part::Credential, 0, CREDENTIALS_MAX, |r| r.registered(has_head))?;
        self.layout.credentials = spans;
        self.rising(Part::Credential, &credentials, |c| Some(c.position.log))?;
        self.key(6)?;
        let (documents, spans) =
            self.list(Part::Document, 1, CASE_DOCS_MAX, |r| r.registered(has_head))?;
        self.layout.documents = spans;
        self.rising(Part::Document, &documents, |d| d.position.case.map(|case| case.place))?;
        self.key(7)?;
        let bounds = Bounds { at_least: 0, at_most: RECEIPTS_MAX, bytes: ENVELOPE_MAX };
        let (receipts, spans) = self.blobs(Part::Receipt, &bounds)?;
        self.layout.receipts = spans;
        self.rising(Part::Receipt, &receipts, Clone::clone)?;
        self.key(8)?;
        let bounds = Bounds { at_least: 0, at_most: INTERCHANGES_MAX, bytes: EVIDENCE_MAX };
        let (interchanges, spans) = self.blobs(Part::Interchange, &bounds)?;
        self.layout.interchanges = spans;
        self.rising(Part::Interchange, &interchanges, |bytes| Hash32::of(bytes))?;
        self.key(9)?;
        let bounds = Bounds { at_least: 0, at_most: PHOTOS_MAX, bytes: EVIDENCE_MAX };
        let (photos, spans) = self.blobs(Part::Photo, &bounds)?;
        self.layout.photos = spans;
        self.rising(Part::Photo, &photos, |bytes| Hash32::of(bytes))?;
        Ok(CaseEvidence {
            network,
            visit,
            code,
            editions,
            head,
            credentials,
            documents,
            receipts,
            interchanges,
            photos,
        })
    }

    fn head(&mut self) -> Read<Vec<u8>> {
        self.enter(Part::Head, None);
        self.key(4)?;
        let from = self.d.position();
        let head = self.blob(NOTE_MAX)?;
        self.layout.heads.push(from..self.d.position());
        Ok(head)
    }

    fn fork(&mut self) -> Read<ForkEvidence> {
        self.enter(Part::Subject, None);
        let from = self.d.position();
        let optional = self.entries(4, 2)?;
        let network = self.value(0, "the name of the network")?;
        let terminal = self.value(1, "a party")?;
        self.layout.subject = from..self.d.position();
        self.key(2)?;
        let (editions, spans) = self.blobs(Part::Edition, &EDITIONS)?;
        self.layout.editions = spans;
        self.key(3)?;
        let bounds = Bounds { at_least: 2, at_most: 2, bytes: NOTE_MAX };
        let (heads, spans) = self.blobs(Part::Head, &bounds)?;
        self.layout.heads = spans;
        self.rising(Part::Head, &heads, |head| head_order(head))?;
        let at = self.d.position();
        let two = |_| self.error(FindingCode::Form, at, "expected two heads".into());
        let heads = <[Vec<u8>; 2]>::try_from(heads).map_err(two)?;
        let mut proof = None;
        let has_proof = optional == 2 || (optional == 1 && self.next_is(4));
        if has_proof {
            self.enter(Part::Proof, None);
            self.key(4)?;
            let from = self.d.position();
            proof = Some(self.proof()?);
            self.layout.proof = Some(from..self.d.position());
        }
        let mut rotations = Vec::new();
        if optional > u64::from(has_proof) {
            self.enter(Part::Credential, None);
            self.key(5)?;
            let bounds = Bounds { at_least: 1, at_most: FORK_ROTATIONS_MAX, bytes: ENVELOPE_MAX };
            (rotations, self.layout.credentials) = self.blobs(Part::Credential, &bounds)?;
            self.rising(Part::Credential, &rotations, Clone::clone)?;
        }
        Ok(ForkEvidence { network, terminal, editions, heads, proof, rotations })
    }

    /// Whether the key that comes next is this one.
    fn next_is(&mut self, key: u8) -> bool {
        self.d.probe().u8().is_ok_and(|next| next == key)
    }

    fn registered(&mut self, has_head: bool) -> Read<Registered> {
        let from = self.d.position();
        let has_proof = self.entries(3, 1)? > 0;
        if has_proof && !has_head {
            let detail = "a proof without a head to lead to".to_owned();
            return Err(self.error(FindingCode::Form, from, detail));
        }
        self.key(0)?;
        let envelope = self.blob(ENVELOPE_MAX)?;
        let position = self.value(1, "a position")?;
        let mut proof = None;
        if has_proof {
            self.key(2)?;
            proof = Some(self.proof()?);
        }
        self.key(3)?;
        let at = self.d.position();
        let count = self.count(0, DISCLOSURES_MAX)?;
        let mut disclosures = Vec::new();
        for _ in 0..count {
            disclosures.push(self.blob(DISCLOSURE_MAX)?);
        }
        if !disclosures.is_sorted_by(|a, b| a < b) {
            let detail = "disclosures are not in order, each once".to_owned();
            return Err(self.error(FindingCode::Order, at, detail));
        }
        Ok(Registered { envelope, position, proof, disclosures })
    }

    fn proof(&mut self) -> Read<Vec<Hash32>> {
        let count = self.count(0, PROOF_MAX)?;
        (0..count).map(|_| self.item("a hash of 32 bytes", |d| d.decode())).collect()
    }

    // Pieces.

    /// How many entries a map has beyond those it must have: at most as many as it may leave out.
    fn entries(&mut self, least: u64, optional: u64) -> Read<u64> {
        let at = self.d.position();
        match self.item("a map", |d| d.map())? {
            Some(found) if (least..=least + optional).contains(&found) => Ok(found - least),
            found => {
                let found = found.map_or_else(|| "unknown".to_owned(), |found| found.to_string());
                let between = if optional == 1 { "or" } else { "to" };
                let detail =
                    format!("{found} entries, expected {least} {between} {}", least + optional);
                Err(self.error(FindingCode::Form, at, detail))
            }
        }
    }

    fn key(&mut self, key: u8) -> Read<()> {
        let at = self.d.position();
        if self.item("a key", |d| d.u8())? == key {
            return Ok(());
        }
        Err(self.error(FindingCode::Form, at, format!("expected key {key}")))
    }

    fn value<T: Decode<'a, ()>>(&mut self, key: u8, what: &str) -> Read<T> {
        self.key(key)?;
        self.item(what, |d| d.decode())
    }

    fn count(&mut self, at_least: usize, at_most: usize) -> Read<usize> {
        let at = self.d.position();
        let count = self.item("a list", |d| d.array())?;
        let Some(count) = count.and_then(|count| usize::try_from(count).ok()) else {
            return Err(self.error(
                FindingCode::Form,
                at,
                "expected a list of known length".into(),
            ));
        };
        if count < at_least || count > at_most {
            let detail = format!("{count} items, expected {at_least} to {at_most}");
            return Err(self.error(FindingCode::Limit, at, detail));
        }
        Ok(count)
    }

    /// A byte string; too long a one is refused before it is copied.
    fn blob(&mut self, at_most: usize) -> Read<Vec<u8>> {
        let at = self.d.position();
        let bytes = self.item("a byte string", |d| d.bytes())?;
        if bytes.len() > at_most {
            let detail = format!("{} bytes, at most {at_most}", bytes.len());
            return Err(self.error(FindingCode::Limit, at, detail));
        }
        Ok(bytes.to_vec())
    }

    fn blobs(&mut self, part: Part, bounds: &Bounds) -> Read<Listed<Vec<u8>>> {
        self.list(part, bounds.at_least, bounds.at_most, |r| r.blob(bounds.bytes))
    }

    fn list<T>(
        &mut self,
        part: Part,
        at_least: usize,
        at_most: usize,
        mut item: impl FnMut(&mut Self) -> Read<T>,
    ) -> Read<Listed<T>> {
        self.enter(part, None);
        let count = self.count(at_least, at_most)?;
        let (mut items, mut spans) = (Vec::new(), Vec::new());
        for number in 1..=count {
            self.enter(part, Some((number, count)));
            let from = self.d.position();
            items.push(item(self)?);
            spans.push(from..self.d.position());
        }
        self.enter(Part::File, None);
        Ok((items, spans))
    }

    /// Parts are in their order, each once.
    fn rising<T, K: PartialOrd>(&self, part: Part, items: &[T], key: impl Fn(&T) -> K) -> Read<()> {
        let keys: Vec<K> = items.iter().map(key).collect();
        match keys.iter().zip(keys.iter().skip(1)).position(|(a, b)| a >= b) {
            None => Ok(()),
            Some(at) => {
                let place = self.layout.nth(part, at + 1);
                let word = part.as_str();
                let detail = format!(
                    "{word} {} does not come after {word} {}: taken twice, or out of order",
                    at + 2,
                    at + 1
                );
                Err(FormError { code: FindingCode::Order, place, detail })
            }
        }
    }

    fn item<T>(
        &mut self,
        what: &str,
        decode: impl FnOnce(&mut Decoder<'a>) -> Result<T, minicbor::decode::Error>,
    ) -> Read<T> {
        let at = self.d.position();
        decode(&mut self.d).map_err(|error| {
            let detail = format!("expected {what}: {error}");
            self.error(FindingCode::Form, at, detail)
        })
    }

    fn enter(&mut self, part: Part, number: Option<(usize, usize)>) {
        (self.part, self.number, self.from) = (part, number, self.d.position());
    }

    fn error(&self, code: FindingCode, at: usize, detail: String) -> FormError {
        let bytes = self.from.min(at)..at.saturating_add(1).min(self.layout.file.end).max(at);
        let place = Place { part: self.part, number: self.number, kind: None, bytes };
        FormError { code, place, detail: format!("at byte {at}: {detail}") }
    }
}

/// Bundles of a file.
const EDITIONS: Bounds = Bounds { at_least: 1, at_most: EDITIONS_MAX, bytes: BUNDLE_MAX };
