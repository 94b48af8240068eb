//! What a party says about its own keys.

use std::fmt;

use data_encoding::HEXLOWER;
use minicbor::bytes::{ByteArray, ByteSlice};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::Payload;
use crate::ids::{PartyId, UnixMillis};
use crate::key::{KeyId, PublicKey, SIGNATURE_LEN, Signer};
use crate::refusal::{Code, Refusal};

/// First item of what a new key signs; keeps it apart from documents, TLS and log heads.
const CONTEXT: &str = "landside key possession v1";

/// A party's key vouches for new ones. Signed by the old key, with a proof inside that each new one
/// is in hand ([`crate::rotation`]). It takes effect where a terminal registers it, and nodes that hold
/// it add it to what the edition in force says ([`crate::directory::Rotations`]).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct KeyRotation {
    /// Whose keys; the issuer.
    #[n(0)]
    pub party: PartyId,
    /// The signing key that vouches; the one that signs the envelope.
    #[n(1)]
    pub old: KeyId,
    /// First moment at which the old signing key counts no more, if another takes its place; never
    /// before the registration.
    #[n(2)]
    pub ends: UnixMillis,
    /// The signing key that takes its place, from the registration on.
    #[n(3)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<PublicKey>,
    /// A node key beside those that count already.
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_key: Option<PublicKey>,
    /// The signing key's own word; there exactly when the key is.
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_proof: Option<Possession>,
    /// The node key's own word; there exactly when the key is.
    #[n(6)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_proof: Option<Possession>,
}

impl Payload for KeyRotation {
    fn check(&self) -> Result<(), Refusal> {
        let bad = |what: &str| Err(Refusal::new(Code::BadField, what));
        if self.signing_key.is_none() && self.node_key.is_none() {
            return bad("a rotation names a signing key, a node key, or both");
        }
        if self.signing_key == self.node_key {
            return bad("one key is named twice");
        }
        let mut new = self.signing_key.iter().chain(&self.node_key);
        if new.any(|key| key.id() == self.old) {
            return bad("the new key is the old one");
        }
        self.proven(self.signing_key.as_ref(), NewKey::Signing, self.signing_proof.as_ref())?;
        self.proven(self.node_key.as_ref(), NewKey::Node, self.node_proof.as_ref())
    }
}

impl KeyRotation {
    /// Whoever names a key must have it: another's would be listed in the wrong name.
    fn proven(
        &self,
        key: Option<&PublicKey>,
        what: NewKey,
        proof: Option<&Possession>,
    ) -> Result<(), Refusal> {
        match (key, proof) {
            (None, None) => Ok(()),
            (Some(key), Some(proof)) => {
                let said = Possession::statement(&self.party, self.old, what, key)?;
                let wrong = |_| {
                    let detail = format!("not signed by the new {} key", what.as_str());
                    Refusal::new(Code::BadSignature, detail)
                };
                key.verify(&said, &proof.0).map_err(wrong)
            }
            _ => {
                let detail = format!("the new {} key and its proof go together", what.as_str());
                Err(Refusal::new(Code::BadField, detail))
            }
        }
    }
}

/// What a new key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewKey {
    /// It signs documents.
    Signing,
    /// It is shown on the wire.
    Node,
}

impl NewKey {
    /// The word that is signed, and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Node => "node",
        }
    }
}

/// A new key's signature: it is in the hands of the party that names it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Possession([u8; SIGNATURE_LEN]);

impl Possession {
    /// Proves a new key of `party`, which its key `old` will vouch for.
    ///
    /// # Errors
    /// [`Code::NotSigned`] when the key is not to be had.
    pub fn prove(
        party: &PartyId,
        old: KeyId,
        what: NewKey,
        signer: &dyn Signer,
    ) -> Result<Self, Refusal> {
        let said = Self::statement(party, old, what, &signer.public_key())?;
        let signature = signer.sign(&said);
        signature.map(Self).map_err(|error| Refusal::new(Code::NotSigned, error.0))
    }

    /// What the new key signs (docs/PROTOCOL.md § 4, key-rotation).
    fn statement(
        party: &PartyId,
        old: KeyId,
        what: NewKey,
        key: &PublicKey,
    ) -> Result<Vec<u8>, Refusal> {
        let key = <&ByteSlice>::from(&key.as_bytes()[..]);
        minicbor::to_vec((CONTEXT, party, old, what.as_str(), key))
            .map_err(|_| Refusal::new(Code::Malformed, "possession"))
    }
}

impl fmt::Debug for Possession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Possession({})", HEXLOWER.encode(&self.0))
    }
}

impl<C> Encode<C> for Possession {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Possession {
    fn decode(d: &mut minicbor::Decoder<'b>, c: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bytes: ByteArray<SIGNATURE_LEN> = d.decode_with(c)?;
        Ok(Self(bytes.into()))
    }
}

impl Serialize for Possession {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Possession {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        let wrong = |_| serde::de::Error::custom("a proof of possession is 64 bytes");
        bytes.try_into().map(Self).map_err(wrong)
    }
}
