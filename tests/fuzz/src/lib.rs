//! One key that everybody is known by, and envelopes that it signs around any payload.
//!
//! A fuzzer never finds a signature that verifies. With these the signature is good, and what is
//! left to get wrong is behind it.

use landside_proto::directory::{Actor, Keyring, Listed};
use landside_proto::document::{Kind, Role};
use landside_proto::envelope;
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::key::{KeyId, PublicKey, SecretKey, Signer as _};
use landside_proto::refusal::Code;
use minicbor::Encoder;
use minicbor::data::Tag;

/// The receiver's clock: 2026-11-23T10:00:00Z.
pub const NOW: UnixMillis = UnixMillis::from_millis(1_795_428_000_000);

/// Every role: the key may sign every kind.
const ROLES: [Role; 8] = [
    Role::Terminal,
    Role::Customs,
    Role::Line,
    Role::Shipper,
    Role::Forwarder,
    Role::Haulier,
    Role::Authority,
    Role::Driver,
];

/// The key that everybody is known by.
pub fn key() -> SecretKey {
    SecretKey::from_seed([7; 32])
}

/// Whoever signs.
pub fn issuer() -> Actor {
    Actor::Party(PartyId::parse("anybody").expect("a party id"))
}

/// Knows one key, whoever says to own it.
pub struct OneKey(PublicKey);

impl OneKey {
    /// Knows [`key`].
    pub fn new() -> Self {
        Self(key().public_key())
    }
}

impl Default for OneKey {
    fn default() -> Self {
        Self::new()
    }
}

impl Keyring for OneKey {
    fn signer(&self, _: &Actor, kid: KeyId, _: UnixMillis) -> Result<Listed<'_>, Code> {
        if kid == self.0.id() {
            Ok(Listed { key: self.0, roles: &ROLES, agent: None })
        } else {
            Err(Code::KeyUnknown)
        }
    }
}

/// An envelope of a kind around a payload, well made but for the payload (docs/PROTOCOL.md § 3).
pub fn signed(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let unnamed = around(kind, payload, "");
    match envelope::reopen(unnamed.clone()) {
        Ok(read) => around(kind, payload, &read.document().subject()),
        Err(_) => unnamed,
    }
}

fn around(kind: Kind, payload: &[u8], subject: &str) -> Vec<u8> {
    let key = key();
    let protected = encoded(|e| {
        let content_type = format!("application/vnd.landside.{}.v1+cbor", kind.as_str());
        e.map(4)?.u8(1)?.i8(-8)?.u8(3)?.str(&content_type)?;
        e.u8(4)?.bytes(key.public_key().id().as_bytes())?;
        e.u8(15)?.map(3)?.u8(1)?.str(&issuer().to_string())?;
        e.u8(2)?.str(subject)?.u8(6)?.u64(NOW.as_secs())?;
        Ok(())
    });
    let to_sign = encoded(|e| {
        e.array(4)?.str("Signature1")?.bytes(&protected)?.bytes(&[])?.bytes(payload)?;
        Ok(())
    });
    let signature = key.sign(&to_sign);
    encoded(|e| {
        e.tag(Tag::new(18))?.array(4)?.bytes(&protected)?.map(0)?;
        e.bytes(payload)?.bytes(&signature)?;
        Ok(())
    })
}

type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

fn encoded(write: impl FnOnce(&mut Encoder<Vec<u8>>) -> Written) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder).expect("a vector takes everything");
    encoder.into_writer()
}
