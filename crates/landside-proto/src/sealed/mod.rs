//! Sealed fields: what only some readers of a document may know.
//!
//! The signed bytes hold a salted digest of each sealed field (docs/PROTOCOL.md § 14), so every
//! reader verifies the same document. The value travels beside it as a [`Disclosure`], to those
//! alone whom [`grant`] lets see it. [`Disclosure::open`] is the one door from received bytes to a
//! value we may believe: it must be the very value that the signer sealed.
//!
//! Values are kept out of `Debug` and out of refusals, which travel and are logged.

pub mod grant;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Decoder, Encode, Encoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::document::{Document, Kind, REMARK_MAX, Remark};
use crate::envelope::Signed;
use crate::ids::{Hash32, Reference};
use crate::refusal::{Code, Refusal};

/// Bytes of a salt: nobody can guess 128 bits, so a digest tells nothing of the few values a field
/// may have.
pub const SALT_LEN: usize = 16;

/// Longest disclosure, in bytes: the longest value, a salt, and room for their heads.
pub const DISCLOSURE_MAX: usize = 256;

/// Most disclosures that go with one document; it has [`SealedField::ALL`] fields to seal.
pub const DISCLOSURES_MAX: usize = 4;

/// First bytes of what is hashed, so that no other hash of Landside's is ever one of these.
const CONTEXT: &[u8] = b"landside sealed field v1\n";

/// Most digits of an amount before the point; the largest trade is far below.
const AMOUNT_DIGITS_MAX: usize = 15;

/// Most digits of an amount behind the point; no currency of ISO 4217 has more.
const AMOUNT_DECIMALS_MAX: usize = 4;

/// What can be sealed. The number is that of docs/PROTOCOL.md § 14.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealedField {
    /// Who the goods are for.
    Consignee = 0,
    /// What the goods are.
    Cargo = 1,
    /// What the goods are worth.
    Value = 2,
    /// The number by which authorities know the release-to party: EORI, VAT or another.
    ReleaseToIdentity = 3,
}

impl SealedField {
    /// Every field, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Consignee, Self::Cargo, Self::Value, Self::ReleaseToIdentity];

    /// The number in signed bytes and disclosures.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Consignee => 0,
            Self::Cargo => 1,
            Self::Value => 2,
            Self::ReleaseToIdentity => 3,
        }
    }

    /// The field of a number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.number() == number)
    }

    /// The name in JSON forms, drafts and errors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consignee => "consignee",
            Self::Cargo => "cargo",
            Self::Value => "value",
            Self::ReleaseToIdentity => "release_to_identity",
        }
    }

    /// What a value of it looks like, for errors.
    #[must_use]
    pub fn form(self) -> &'static str {
        match self {
            Self::Consignee | Self::Cargo => "1 to 200 bytes of text without control characters",
            Self::Value => "an amount and a currency, as 12500.00 EUR",
            Self::ReleaseToIdentity => "1 to 35 printable ASCII characters, no blank at either end",
        }
    }
}

/// Digests of the sealed fields of one document; at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<SealedField, Hash32>")]
pub struct SealedFields(BTreeMap<SealedField, Hash32>);

/// A document that seals nothing leaves the map out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed names no field")]
pub struct NothingSealed;

impl SealedFields {
    /// The digests of disclosures made for a document of this kind; `None` when there are none. Of
    /// two for one field the later counts.
    #[must_use]
    pub fn of(kind: Kind, disclosures: &[Disclosure]) -> Option<Self> {
        let digests = disclosures.iter().map(|d| (d.field(), d.digest(kind)));
        Self::try_from(digests.collect::<BTreeMap<_, _>>()).ok()
    }

    /// The digest of a field, if the document seals it.
    #[must_use]
    pub fn get(&self, field: SealedField) -> Option<Hash32> {
        self.0.get(&field).copied()
    }

    /// The fields, in the order of their numbers.
    pub fn fields(&self) -> impl Iterator<Item = SealedField> + '_ {
        self.0.keys().copied()
    }
}

impl TryFrom<BTreeMap<SealedField, Hash32>> for SealedFields {
    type Error = NothingSealed;

    fn try_from(digests: BTreeMap<SealedField, Hash32>) -> Result<Self, NothingSealed> {
        if digests.is_empty() { Err(NothingSealed) } else { Ok(Self(digests)) }
    }
}

impl<C> Encode<C> for SealedFields {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.map(u64::try_from(self.0.len()).unwrap_or(u64::MAX))?;
        for (field, digest) in &self.0 {
            e.u8(field.number())?;
            digest.encode(e, ctx)?;
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for SealedFields {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let shape = minicbor::decode::Error::message;
        let entries = d.map()?.ok_or_else(|| shape("sealed fields have no length"))?;
        let mut digests = BTreeMap::new();
        // Ends with the bytes or at the first number that is no field's; twice the same one is not
        // canonical, which the caller sees.
        for _ in 0..entries {
            let number = d.u8()?;
            let field = SealedField::from_number(number)
                .ok_or_else(|| shape("no field to seal has this number"))?;
            digests.insert(field, Hash32::decode(d, ctx)?);
        }
        Self::try_from(digests).map_err(minicbor::decode::Error::custom)
    }
}

/// A value of a sealed field that keeps the field's rule. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedValue {
    field: SealedField,
    text: String,
}

/// A text is no value of its field. Says the rule, never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} must be {}", .0.as_str(), .0.form())]
pub struct SealedValueError(pub SealedField);

impl SealedValue {
    /// Reads a value, exactly.
    ///
    /// # Errors
    /// [`SealedValueError`]: the text breaks the field's rule.
    pub fn parse(field: SealedField, text: &str) -> Result<Self, SealedValueError> {
        let sound = match field {
            SealedField::Consignee | SealedField::Cargo => {
                text.len() <= REMARK_MAX && Remark::parse(text).is_ok()
            }
            SealedField::Value => is_money(text),
            SealedField::ReleaseToIdentity => Reference::parse(text).is_ok(),
        };
        if sound { Ok(Self { field, text: text.to_owned() }) } else { Err(SealedValueError(field)) }
    }

    /// Which field it is of.
    #[must_use]
    pub fn field(&self) -> SealedField {
        self.field
    }

    /// The value, for whom it is meant.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for SealedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedValue({}, ..)", self.field.as_str())
    }
}

/// An amount, a blank and a currency: `12500.00 EUR`. One spelling of the amount: digits without a
/// needless zero in front, a point only with digits behind it.
fn is_money(text: &str) -> bool {
    let Some((amount, currency)) = text.split_once(' ') else { return false };
    let digits = |text: &str, max: usize| {
        (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let (units, decimals) = match amount.split_once('.') {
        Some((units, decimals)) => (units, Some(decimals)),
        None => (amount, None),
    };
    currency.len() == 3
        && currency.bytes().all(|b| b.is_ascii_uppercase())
        && digits(units, AMOUNT_DIGITS_MAX)
        && (units == "0" || !units.starts_with('0'))
        && decimals.is_none_or(|decimals| digits(decimals, AMOUNT_DECIMALS_MAX))
}

/// One sealed field opened: its value and the salt that went into the digest.
///
/// Made by [`Disclosure::new`] for a document about to be signed and by [`Disclosure::open`] for a
/// signed one.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    value: SealedValue,
    salt: [u8; SALT_LEN],
    bytes: Vec<u8>,
}

impl fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Disclosure({}, ..)", self.value.field.as_str())
    }
}

impl Disclosure {
    /// Seals a value. The salt must be new and random for each: a salt used twice shows that two
    /// values are the same.
    #[must_use]
    pub fn new(value: SealedValue, salt: [u8; SALT_LEN]) -> Self {
        let bytes = form(&value, &salt);
        Self { value, salt, bytes }
    }

    /// Reads a disclosure and holds it against the document it came with: size, form, the field's
    /// rule, and the digest that the signer signed.
    ///
    /// # Errors
    /// [`Code::DisclosureMalformed`]; [`Code::DisclosureMismatch`] when the document does not seal
    /// this field, or another value of it.
    pub fn open(bytes: &[u8], document: &Signed<Document>) -> Result<Self, Refusal> {
        Self::open_in(bytes, document.document())
    }

    fn open_in(bytes: &[u8], document: &Document) -> Result<Self, Refusal> {
        let malformed = |what: &str| Refusal::new(Code::DisclosureMalformed, what);
        if bytes.len() > DISCLOSURE_MAX {
            let detail = format!("{} bytes, limit {DISCLOSURE_MAX}", bytes.len());
            return Err(Refusal::new(Code::DisclosureMalformed, detail));
        }
        let (number, salt, text) =
            parts(bytes).map_err(|_| malformed("not a field, a salt of 16 bytes and a text"))?;
        let field = SealedField::from_number(number)
            .ok_or_else(|| malformed(&format!("no field to seal has number {number}")))?;
        let value =
            SealedValue::parse(field, text).map_err(|error| malformed(&error.to_string()))?;
        let disclosure = Self::new(value, salt);
        if disclosure.bytes != bytes {
            return Err(malformed("not in deterministic form"));
        }
        let mismatch = |what: &str| {
            Refusal::new(Code::DisclosureMismatch, format!("{} {what}", field.as_str()))
        };
        let sealed = document.sealed().and_then(|sealed| sealed.get(field));
        match sealed {
            None => Err(mismatch("is not sealed in this document")),
            Some(digest) if digest != disclosure.digest(document.kind()) => {
                Err(mismatch("is sealed with another value or salt"))
            }
            Some(_) => Ok(disclosure),
        }
    }

    /// Opens all that came with a document.
    ///
    /// # Errors
    /// As [`Disclosure::open`]; [`Code::DisclosureMalformed`] for more than [`DISCLOSURES_MAX`] or
    /// two of one field.
    pub fn open_each(
        disclosures: &[Vec<u8>],
        document: &Signed<Document>,
    ) -> Result<Vec<Self>, Refusal> {
        Self::open_each_in(disclosures, document.document())
    }

    fn open_each_in(disclosures: &[Vec<u8>], document: &Document) -> Result<Vec<Self>, Refusal> {
        let malformed = |detail: String| Refusal::new(Code::DisclosureMalformed, detail);
        if disclosures.len() > DISCLOSURES_MAX {
            let detail = format!("{} disclosures, limit {DISCLOSURES_MAX}", disclosures.len());
            return Err(malformed(detail));
        }
        let mut fields = BTreeSet::new();
        let mut opened = Vec::with_capacity(disclosures.len());
        for bytes in disclosures {
            let disclosure = Self::open_in(bytes, document)?;
            if !fields.insert(disclosure.field()) {
                return Err(malformed(format!("{} twice", disclosure.field().as_str())));
            }
            opened.push(disclosure);
        }
        Ok(opened)
    }

    /// Opens all that came with a document and requires every sealed field among them: the rule of a
    /// registrar, which verifies all.
    ///
    /// # Errors
    /// As [`Disclosure::open_each`]; [`Code::DisclosureMissing`].
    pub fn open_every(
        disclosures: &[Vec<u8>],
        document: &Signed<Document>,
    ) -> Result<Vec<Self>, Refusal> {
        Self::open_draft(disclosures, document.document())
    }

    /// The same for a draft of one's own that is kept until it is signed.
    ///
    /// # Errors
    /// As [`Disclosure::open_every`].
    pub fn open_draft(disclosures: &[Vec<u8>], draft: &Document) -> Result<Vec<Self>, Refusal> {
        let opened = Self::open_each_in(disclosures, draft)?;
        let sealed = draft.sealed();
        let missing = sealed
            .into_iter()
            .flat_map(SealedFields::fields)
            .find(|field| !opened.iter().any(|disclosure| disclosure.field() == *field));
        match missing {
            Some(field) => Err(Refusal::new(
                Code::DisclosureMissing,
                format!("{} is sealed and not disclosed", field.as_str()),
            )),
            None => Ok(opened),
        }
    }

    /// The form that travels and is stored: canonical CBOR `[field, salt, value]`.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Which field.
    #[must_use]
    pub fn field(&self) -> SealedField {
        self.value.field
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &SealedValue {
        &self.value
    }

    /// The digest that a document of this kind signs: SHA-256 of the context line and canonical CBOR
    /// `[kind, field, salt, value]`.
    #[must_use]
    pub fn digest(&self, kind: Kind) -> Hash32 {
        let mut hashed = CONTEXT.to_vec();
        // Encoding into memory does not fail.
        let _ = Encoder::new(&mut hashed).array(4).and_then(|e| {
            e.str(kind.as_str())?;
            e.u8(self.field().number())?;
            e.bytes(&self.salt)?.str(&self.value.text)?.ok()
        });
        Hash32::from_bytes(Sha256::digest(&hashed).into())
    }
}

fn form(value: &SealedValue, salt: &[u8; SALT_LEN]) -> Vec<u8> {
    let tuple = (value.field.number(), <&ByteSlice>::from(&salt[..]), value.text.as_str());
    // Encoding into memory does not fail.
    minicbor::to_vec(tuple).unwrap_or_default()
}

/// Tolerant of spelling: the caller compares with the canonical one.
fn parts(bytes: &[u8]) -> Result<(u8, [u8; SALT_LEN], &str), minicbor::decode::Error> {
    let shape = minicbor::decode::Error::message;
    let mut d = Decoder::new(bytes);
    if d.array()? != Some(3) {
        return Err(shape("not an array of three"));
    }
    let number = d.u8()?;
    let salt = d.bytes()?.try_into().map_err(|_| shape("salt is not 16 bytes"))?;
    Ok((number, salt, d.str()?))
}

#[cfg(test)]
mod tests;
