//! The pass that a driver shows, and the proof around it.

use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use serde::{Deserialize, Serialize};

use super::{Payload, Visit};
use crate::ids::{DocId, Plate};
use crate::key::PublicKey;
use crate::refusal::{Code, Refusal};

/// The terminal's permission for one driver and truck to collect one container: a CWT (RFC 8392)
/// with the driver's key as confirmation (RFC 8747).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct PickupPass {
    /// `exp`: seconds since 1970; the pass is dead from then on.
    #[n(4)]
    pub expires: u64,
    /// `nbf`: seconds since 1970; the gate refuses before.
    #[n(5)]
    pub not_before: u64,
    /// `cnf`: the driver's device key.
    #[n(8)]
    pub confirmation: Confirmation,
    /// Terminal and container.
    #[n(100)]
    pub visit: Visit,
    /// The document that last moved the right when the pass was issued.
    #[n(101)]
    pub right: DocId,
    /// The slot.
    #[n(102)]
    pub slot: DocId,
    /// The truck.
    #[n(103)]
    pub plate: Plate,
}

/// A `cnf` claim with one COSE_Key: `{1: {1: 1 (OKP), -1: 6 (Ed25519), -2: x}}` (RFC 9053 § 7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confirmation(pub PublicKey);

/// The driver's proof, made at the gate, that the device key is in hand. Its time is the header's
/// `iat`; it lives [`crate::presentation::PRESENTATION_LIFE`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Presentation {
    /// The exact bytes of the pass.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub pass: Vec<u8>,
}

impl<C> Encode<C> for Confirmation {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.map(1)?.u8(1)?.map(3)?;
        e.u8(1)?.u8(1)?.i8(-1)?.u8(6)?.i8(-2)?.bytes(self.0.as_bytes())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Confirmation {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let fixed = |ok: bool| {
            if ok { Ok(()) } else { Err(decode::Error::message("cnf is not one Ed25519 COSE_Key")) }
        };
        fixed(d.map()? == Some(1) && d.i64()? == 1 && d.map()? == Some(3))?;
        fixed(d.i64()? == 1 && d.i64()? == 1 && d.i64()? == -1 && d.i64()? == 6)?;
        fixed(d.i64()? == -2 && d.datatype()? == Type::Bytes)?;
        PublicKey::from_bytes(d.bytes()?).map(Self).map_err(decode::Error::custom)
    }
}

impl Payload for PickupPass {
    fn check(&self) -> Result<(), Refusal> {
        if self.not_before < self.expires {
            Ok(())
        } else {
            Err(Refusal::new(Code::BadField, "pass expires before it begins"))
        }
    }
}

impl Payload for Presentation {}
