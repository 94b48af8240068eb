//! Envelopes: the only way from received bytes to a document we may act on.
//!
//! The form is COSE_Sign1 (RFC 9052 § 4.2) in deterministic CBOR (RFC 8949 § 4.2.1),
//! docs/PROTOCOL.md § 3. Every COSE library accepts some other spelling of the same envelope, so
//! [`open`] builds the one canonical spelling and requires the received bytes to equal it before
//! it looks at the signature; the payload is not parsed until the signature is good.

use std::sync::Arc;

use minicbor::bytes::{ByteArray, ByteSlice};
use minicbor::data::Tag;
use minicbor::{Decode, Decoder, Encode, Encoder};
use sha2::{Digest, Sha256};

use crate::directory::{Actor, Keyring};
use crate::document::{Document, Kind};
use crate::ids::{DocId, Hash32, PartyId, UnixMillis};
use crate::key::{KeyId, SIGNATURE_LEN, Signer};
use crate::refusal::{Code, Refusal};

/// Largest envelope, in bytes: bounds what one document can cost, and stays below the store's value limit.
pub const ENVELOPE_MAX: usize = 60 * 1024;

/// How far in the future a document may claim to be issued: clocks of honest machines differ.
pub const FUTURE_MAX: std::time::Duration = std::time::Duration::from_secs(300);

/// COSE_Sign1 tag (RFC 9052 § 2).
const TAG_SIGN1: u64 = 18;
/// EdDSA (RFC 9053 § 2.2): understood by every COSE library tried.
const ALG_EDDSA: i64 = -8;
/// Context string of the Sig_structure (RFC 9052 § 4.4); keeps our signatures apart from TLS and log heads.
const CONTEXT: &str = "Signature1";
const CONTENT_TYPE_PREFIX: &str = "application/vnd.landside.";
const CONTENT_TYPE_SUFFIX: &str = ".v1+cbor";

/// A document whose signer, right to sign its kind, and signature were checked.
///
/// Holds the bytes as received, never a re-encoding. Made only by [`open`], [`seal`] and, for bytes
/// that this node checked before it stored them, [`reopen`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    bytes: Arc<[u8]>,
    id: DocId,
    issuer: Actor,
    key_id: KeyId,
    issued_at: UnixMillis,
    document: T,
}

impl<T> Signed<T> {
    /// The envelope as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the envelope as received, signature included. The id leaves the signature out; this is
    /// what nobody knows who has not got the bytes.
    #[must_use]
    pub fn hash(&self) -> Hash32 {
        Hash32::of(&self.bytes)
    }

    /// The envelope as received, shared.
    #[must_use]
    pub fn shared_bytes(&self) -> Arc<[u8]> {
        Arc::clone(&self.bytes)
    }

    /// SHA-256 of the Sig_structure: one statement has one id, whatever its signature bytes.
    #[must_use]
    pub fn id(&self) -> DocId {
        self.id
    }

    /// Who signed.
    #[must_use]
    pub fn issuer(&self) -> &Actor {
        &self.issuer
    }

    /// With which key.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// When, by the signer's clock, in whole seconds.
    #[must_use]
    pub fn issued_at(&self) -> UnixMillis {
        self.issued_at
    }

    /// What it says.
    #[must_use]
    pub fn document(&self) -> &T {
        &self.document
    }
}

/// Checks size, form, key, signature, right to sign and payload, in that order: cheapest and least
/// trusting first.
///
/// # Errors
/// A [`Refusal`] with the code of the first check that failed.
pub fn open(
    bytes: impl Into<Arc<[u8]>>,
    keyring: &dyn Keyring,
    now: UnixMillis,
) -> Result<Signed<Document>, Refusal> {
    open_within(bytes, ENVELOPE_MAX, keyring, now)
}

/// Signs a document. The result would pass [`open`] at any node that lists the signer.
///
/// # Errors
/// [`Code::BadField`] when the payload breaks its rules, [`Code::TooLarge`], [`Code::NotSigned`] when
/// the signer's key is not to be had.
pub fn seal(
    document: Document,
    issuer: Actor,
    now: UnixMillis,
    signer: &dyn Signer,
) -> Result<Signed<Document>, Refusal> {
    let document = document.checked()?;
    if !document.is_said_by(&issuer, signer.public_key().id()) {
        return Err(not_said_by(&document, &issuer));
    }
    let payload = document.to_cbor().map_err(|_| Refusal::new(Code::Malformed, "payload"))?;
    let header = Header {
        alg: ALG_EDDSA,
        content_type: content_type(document.kind()),
        key_id: signer.public_key().id(),
        claims: Claims { issuer, subject: document.subject(), issued_at_s: now.as_secs() },
    };
    let protected = to_vec(&header)?;
    let to_sign = sig_structure(&protected, &payload)?;
    let signature =
        signer.sign(&to_sign).map_err(|error| Refusal::new(Code::NotSigned, error.0))?;
    let bytes = sign1(&protected, &payload, &signature)?;
    let limit = match document.kind() {
        Kind::DirectoryEdition => crate::directory::BUNDLE_MAX,
        _ => ENVELOPE_MAX,
    };
    within(bytes.len(), limit)?;
    Ok(Signed {
        bytes: bytes.into(),
        id: DocId::from_bytes(Sha256::digest(&to_sign).into()),
        issuer: header.claims.issuer,
        key_id: header.key_id,
        issued_at: UnixMillis::from_millis(header.claims.issued_at_s.saturating_mul(1000)),
        document,
    })
}

/// Reads an envelope that this node verified before it stored it. Checks form, not the signature:
/// keys that were in force then may be gone today.
///
/// # Errors
/// The form codes, when the store is damaged.
pub fn reopen(bytes: impl Into<Arc<[u8]>>) -> Result<Signed<Document>, Refusal> {
    let bytes = bytes.into();
    let parts = Parts::read(&bytes, crate::directory::BUNDLE_MAX)?;
    let kind = parts.kind()?;
    let document = Document::read(kind, parts.payload)?;
    let id = parts.id()?;
    Ok(parts.header.signed(id, document, Arc::clone(&bytes)))
}

/// [`open`] with another size limit: bundles of directory editions are larger than documents.
pub(crate) fn open_within(
    bytes: impl Into<Arc<[u8]>>,
    limit: usize,
    keyring: &dyn Keyring,
    now: UnixMillis,
) -> Result<Signed<Document>, Refusal> {
    let bytes = bytes.into();
    let parts = Parts::read(&bytes, limit)?;
    let kind = parts.kind()?;
    let Claims { issuer, subject, issued_at_s } = &parts.header.claims;

    let listed = keyring.signer(issuer, parts.header.key_id, now).map_err(|code| {
        let kid = parts.header.key_id;
        let why = match keyring.was_rotated(issuer, kid) {
            true => ": the rotation behind it does not count now",
            false => "",
        };
        Refusal::new(code, format!("issuer {issuer}, key {kid}{why}"))
    })?;
    let to_sign = sig_structure(parts.protected, parts.payload)?;
    listed
        .key
        .verify(&to_sign, parts.signature)
        .map_err(|_| Refusal::new(Code::BadSignature, format!("not signed by {issuer}")))?;
    if !kind.signers().iter().any(|role| listed.roles.contains(role)) {
        let detail = format!("{issuer} may not sign {}", kind.as_str());
        return Err(Refusal::new(Code::RoleMayNotSign, detail));
    }

    let document = Document::read(kind, parts.payload)?;
    if document.subject() != *subject {
        let detail = format!("subject is {subject:.40}, payload speaks of {}", document.subject());
        return Err(Refusal::new(Code::SubjectMismatch, detail));
    }
    if !document.is_said_by(issuer, parts.header.key_id) {
        return Err(not_said_by(&document, issuer));
    }
    if document.agent() != listed.agent {
        return Err(wrong_mark(&document, issuer, listed.agent));
    }
    let issued_at = UnixMillis::from_millis(issued_at_s.saturating_mul(1000));
    if issued_at > now.plus(FUTURE_MAX) {
        let detail = format!("issued at {issued_at}, here it is {now}");
        return Err(Refusal::new(Code::IssuedInFuture, detail));
    }
    let id = DocId::from_bytes(Sha256::digest(&to_sign).into());
    Ok(parts.header.signed(id, document, Arc::clone(&bytes)))
}

fn not_said_by(document: &Document, issuer: &Actor) -> Refusal {
    let detail = format!("signed by {issuer} with another key than the payload says");
    Refusal::new(Code::SubjectMismatch, format!("{}: {detail}", document.kind().as_str()))
}

/// A key of the issuer's own with a mark, one of an agent's without it, or with another's.
fn wrong_mark(document: &Document, issuer: &Actor, agent: Option<&PartyId>) -> Refusal {
    let kind = document.kind().as_str();
    let detail = match (agent, document.agent()) {
        (Some(agent), None) => {
            format!("the key is held by {agent} for {issuer}, and the {kind} does not say so")
        }
        (Some(agent), Some(said)) => {
            format!("the key is held by {agent} for {issuer}, the {kind} names {said}")
        }
        (None, Some(said)) => format!("{issuer} signed itself, the {kind} names agent {said}"),
        (None, None) => String::new(),
    };
    Refusal::new(Code::AgentMark, detail)
}

/// Kind and payload of an envelope of sound form, signature unchecked: for bundles, which check it next.
pub(crate) fn peek_payload(bytes: &[u8], limit: usize) -> Result<(Kind, Vec<u8>), Refusal> {
    let parts = Parts::read(bytes, limit)?;
    Ok((parts.kind()?, parts.payload.to_vec()))
}

/// What an envelope claims about itself, nothing of it checked: for answers to documents that were
/// refused, which must name them.
#[must_use]
pub fn claimed_id(bytes: &[u8]) -> DocId {
    Parts::read(bytes, crate::directory::BUNDLE_MAX)
        .and_then(|parts| parts.id())
        .unwrap_or_else(|_| DocId::from_bytes(Sha256::digest(bytes).into()))
}

/// Protected header (RFC 9052 § 3.1), in the order of its labels.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Header {
    #[n(1)]
    alg: i64,
    #[n(3)]
    content_type: String,
    #[n(4)]
    key_id: KeyId,
    #[n(15)]
    claims: Claims,
}

/// CWT claims in the header (RFC 9597), in the order of their keys (RFC 8392 § 3.1).
#[derive(Encode, Decode)]
#[cbor(map)]
struct Claims {
    #[n(1)]
    issuer: Actor,
    #[n(2)]
    subject: String,
    #[n(6)]
    issued_at_s: u64,
}

impl Header {
    fn signed(self, id: DocId, document: Document, bytes: Arc<[u8]>) -> Signed<Document> {
        let Claims { issuer, issued_at_s, .. } = self.claims;
        let issued_at = UnixMillis::from_millis(issued_at_s.saturating_mul(1000));
        Signed { bytes, id, issuer, key_id: self.key_id, issued_at, document }
    }
}

/// An envelope of canonical form. Nothing in here has been verified.
struct Parts<'a> {
    header: Header,
    protected: &'a [u8],
    payload: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8], limit: usize) -> Result<Self, Refusal> {
        within(bytes.len(), limit)?;
        let [protected, payload, signature] = split(bytes).map_err(|e| malformed(&e))?;
        let header: Header = minicbor::decode(protected).map_err(|e| malformed(&e))?;
        if header.alg != ALG_EDDSA {
            let detail = format!("algorithm is {}, expected {ALG_EDDSA}", header.alg);
            return Err(Refusal::new(Code::UnsupportedAlgorithm, detail));
        }
        if to_vec(&header)? != protected || sign1(protected, payload, signature)? != bytes {
            return Err(Refusal::new(Code::NotCanonical, "envelope is not in deterministic form"));
        }
        Ok(Self { header, protected, payload, signature })
    }

    fn kind(&self) -> Result<Kind, Refusal> {
        let text = &self.header.content_type;
        text.strip_prefix(CONTENT_TYPE_PREFIX)
            .and_then(|rest| rest.strip_suffix(CONTENT_TYPE_SUFFIX))
            .and_then(Kind::parse)
            .ok_or_else(|| Refusal::new(Code::UnknownKind, format!("content type {text:.80}")))
    }

    fn id(&self) -> Result<DocId, Refusal> {
        let to_sign = sig_structure(self.protected, self.payload)?;
        Ok(DocId::from_bytes(Sha256::digest(to_sign).into()))
    }
}

/// Cuts a COSE_Sign1 into protected header, payload and signature, tolerant of spelling: the caller
/// compares with the canonical one.
fn split(bytes: &[u8]) -> Result<[&[u8]; 3], minicbor::decode::Error> {
    let shape = minicbor::decode::Error::message;
    let mut d = Decoder::new(bytes);
    if d.tag()? != Tag::new(TAG_SIGN1) {
        return Err(shape("not a COSE_Sign1"));
    }
    if d.array()? != Some(4) {
        return Err(shape("not an array of four"));
    }
    let protected = d.bytes()?;
    if d.map()? != Some(0) {
        return Err(shape("unprotected header is not empty"));
    }
    let payload = d.bytes()?;
    let signature = d.bytes()?;
    if signature.len() != SIGNATURE_LEN {
        return Err(shape("signature is not 64 bytes"));
    }
    Ok([protected, payload, signature])
}

fn sign1(protected: &[u8], payload: &[u8], signature: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut e = Encoder::new(Vec::with_capacity(payload.len() + protected.len() + 80));
    e.tag(Tag::new(TAG_SIGN1))
        .and_then(|e| e.array(4))
        .and_then(|e| e.bytes(protected))
        .and_then(|e| e.map(0))
        .and_then(|e| e.bytes(payload))
        .and_then(|e| e.bytes(signature))
        .map_err(|_| Refusal::new(Code::Malformed, "envelope"))?;
    Ok(e.into_writer())
}

/// What is signed (RFC 9052 § 4.4), with no external data.
fn sig_structure(protected: &[u8], payload: &[u8]) -> Result<Vec<u8>, Refusal> {
    let none = ByteArray::<0>::from([]);
    to_vec(&(CONTEXT, <&ByteSlice>::from(protected), none, <&ByteSlice>::from(payload)))
}

fn content_type(kind: Kind) -> String {
    format!("{CONTENT_TYPE_PREFIX}{}{CONTENT_TYPE_SUFFIX}", kind.as_str())
}

fn within(len: usize, limit: usize) -> Result<(), Refusal> {
    if len <= limit {
        Ok(())
    } else {
        Err(Refusal::new(Code::TooLarge, format!("{len} bytes, limit {limit}")))
    }
}

fn to_vec<T: Encode<()>>(value: &T) -> Result<Vec<u8>, Refusal> {
    minicbor::to_vec(value).map_err(|_| Refusal::new(Code::Malformed, "encoding"))
}

fn malformed(error: &minicbor::decode::Error) -> Refusal {
    Refusal::new(Code::Malformed, error.to_string())
}

#[cfg(test)]
mod tests;
