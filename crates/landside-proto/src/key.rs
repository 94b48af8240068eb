//! Ed25519 keys (RFC 8032), strict on the way in, silent on the way out.

mod at_rest;

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use self::at_rest::{
    KEY_FILE_MAX, PASSPHRASE_MAX, PASSPHRASE_MIN, PBKDF2_ROUNDS, PBKDF2_ROUNDS_MAX, Passphrase,
    Protection, SCRYPT_BYTES_MAX, SCRYPT_LANES_MAX, Salt,
};

/// Bytes of an Ed25519 signature (RFC 8032 § 5.1.6).
pub const SIGNATURE_LEN: usize = 64;

/// DER before the 32 key bytes in a SubjectPublicKeyInfo for Ed25519 (RFC 8410 § 4).
const SPKI_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Text before the hex digits of a public key, so that people can tell it from a hash.
const PUBLIC_TEXT_PREFIX: &str = "ed25519:";

/// Something that can sign: a key in memory ([`SecretKey`]), or a token that keeps it to itself.
/// Everything that signs takes one of these.
pub trait Signer: Send + Sync {
    /// The public half, known from the start.
    fn public_key(&self) -> PublicKey;

    /// Ed25519 over `message` (pure, no prehash; RFC 8032 § 5.1.6, so the same message gives the same
    /// signature). May take as long as a token takes.
    ///
    /// # Errors
    /// [`SignFailed`] when the key is not to be had now; a key in memory always is.
    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], SignFailed>;
}

/// The key that should sign is not to be had: a token was pulled, or wants its PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot sign: {0}")]
pub struct SignFailed(pub String);

/// An Ed25519 public key whose bytes are a valid, not weak point.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey([u8; 32]);

/// First 8 bytes of the SHA-256 of a public key: `kid` of our envelopes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 8]);

/// An Ed25519 private key. Zeroed on drop; never printed.
pub struct SecretKey(SigningKey);

/// Why bytes or text are not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not 32 bytes, or not the text form.
    #[error("key is not 32 bytes, written ed25519: and 64 hex digits")]
    Form,
    /// Not a point on the curve, or one of small order, under which anybody can forge (identity, torsion).
    #[error("key is not a usable point on the curve")]
    Weak,
    /// Not a PKCS#8 private key in PEM.
    #[error("private key is not an Ed25519 PKCS#8 PEM file")]
    Pkcs8,
    /// The private key is encrypted and no passphrase was given.
    #[error("private key is encrypted and no passphrase is given")]
    Encrypted,
    /// The passphrase is another than that of the file, or the file is damaged.
    #[error("private key does not open with this passphrase")]
    Passphrase,
    /// The file asks for more work than the limits allow, or for an impossible amount.
    #[error("private key asks for more rounds or memory than are allowed to open it")]
    Cost,
    /// The file is encrypted in a way that is not PBES2 with PBKDF2 or scrypt and AES.
    #[error("private key is encrypted in a way that is not read here")]
    Cipher,
    /// The passphrase is empty, too long, or has more than one line.
    #[error("passphrase is not one line of 1 to {PASSPHRASE_MAX} bytes")]
    PassphraseForm,
    /// The passphrase is too short to encrypt a key under.
    #[error("passphrase has fewer than {PASSPHRASE_MIN} bytes")]
    PassphraseShort,
}

/// The signature does not belong to this key and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signature does not verify")]
pub struct BadSignature;

impl PublicKey {
    /// Accepts 32 bytes that are a curve point of large order.
    ///
    /// # Errors
    /// [`KeyError::Form`] for a wrong length, [`KeyError::Weak`] for unusable points.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Form)?;
        let point = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Weak)?;
        if point.is_weak() { Err(KeyError::Weak) } else { Ok(Self(bytes)) }
    }

    /// Reads `ed25519:` and 64 lower-case hex digits.
    ///
    /// # Errors
    /// As [`PublicKey::from_bytes`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let hex = text.strip_prefix(PUBLIC_TEXT_PREFIX).ok_or(KeyError::Form)?;
        let bytes = HEXLOWER.decode(hex.as_bytes()).map_err(|_| KeyError::Form)?;
        Self::from_bytes(&bytes)
    }

    /// Reads a SubjectPublicKeyInfo (RFC 8410), the identity on the wire of RFC 7250.
    ///
    /// # Errors
    /// As [`PublicKey::from_bytes`].
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_bytes(der.strip_prefix(&SPKI_PREFIX).ok_or(KeyError::Form)?)
    }

    /// The 44-byte SubjectPublicKeyInfo.
    #[must_use]
    pub fn to_spki(&self) -> Vec<u8> {
        [&SPKI_PREFIX[..], &self.0].concat()
    }

    /// The raw 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The short name of this key in envelopes.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let digest = Sha256::digest(self.0);
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        KeyId(id)
    }

    /// Lower-case base32 without padding: 52 characters, fits one DNS label (session § TLS).
    #[must_use]
    pub fn dns_label(&self) -> String {
        BASE32_NOPAD.encode(&self.0).to_ascii_lowercase()
    }

    /// The inverse of [`PublicKey::dns_label`].
    ///
    /// # Errors
    /// As [`PublicKey::from_bytes`].
    pub fn from_dns_label(label: &str) -> Result<Self, KeyError> {
        let bytes = BASE32_NOPAD
            .decode(label.to_ascii_uppercase().as_bytes())
            .map_err(|_| KeyError::Form)?;
        Self::from_bytes(&bytes)
    }

    /// Strict verification: what this accepts, every Ed25519 library accepts (limits of batch and
    /// cofactored checks, docs/PROTOCOL.md § 2).
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let signature = Signature::from_slice(signature).map_err(|_| BadSignature)?;
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| BadSignature)?;
        key.verify_strict(message, &signature).map_err(|_| BadSignature)
    }
}

impl KeyId {
    /// From its 8 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// Reads 16 lower-case hex digits.
    ///
    /// # Errors
    /// [`KeyError::Form`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| KeyError::Form)?;
        Ok(Self(bytes.try_into().map_err(|_| KeyError::Form)?))
    }

    /// Its 8 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl SecretKey {
    /// The key of RFC 8032 § 5.1.5 for a 32-byte seed. The caller owns the randomness.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// Reads an unencrypted PKCS#8 PEM (RFC 5958), as `openssl genpkey -algorithm ed25519` writes it.
    ///
    /// # Errors
    /// [`KeyError::Pkcs8`].
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        SigningKey::from_pkcs8_pem(pem).map(Self).map_err(|_| KeyError::Pkcs8)
    }

    /// Writes PKCS#8 PEM, version 1: the form without the public key (RFC 8410 § 7), which openssl
    /// reads. The text is secret: it goes to a file of mode 0600 and nowhere else.
    ///
    /// # Errors
    /// [`KeyError::Pkcs8`] if encoding fails, which no valid key does.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let pair = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        pair.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Pkcs8)
    }
}

impl SecretKey {
    /// Signs; a key in memory cannot fail to.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        self.0.sign(message).to_bytes()
    }
}

impl Signer for SecretKey {
    fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], SignFailed> {
        Ok(Self::sign(self, message))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC_TEXT_PREFIX}{}", HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// CBOR byte string and serde text for a type with `parse`, `Display` and a byte form.
macro_rules! key_codecs {
    ($type:ty, $from:expr) => {
        impl<C> minicbor::Encode<C> for $type {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(self.as_bytes())?.ok()
            }
        }
        impl<'b, C> minicbor::Decode<'b, C> for $type {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                $from(d.bytes()?).map_err(minicbor::decode::Error::custom)
            }
        }
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

key_codecs!(PublicKey, PublicKey::from_bytes);
key_codecs!(KeyId, |b: &[u8]| b.try_into().map(KeyId).map_err(|_| KeyError::Form));

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> SecretKey {
        SecretKey::from_seed([n; 32])
    }

    #[test]
    fn a_secret_key_never_shows_its_bytes() {
        assert_eq!(format!("{:?}", key(7)), "SecretKey(..)");
    }

    #[test]
    fn text_dns_and_spki_forms_come_back_equal() {
        let public = key(1).public_key();
        assert_eq!(PublicKey::parse(&public.to_string()), Ok(public));
        assert_eq!(PublicKey::from_dns_label(&public.dns_label()), Ok(public));
        assert_eq!(PublicKey::from_spki(&public.to_spki()), Ok(public));
        assert_eq!(public.dns_label().len(), 52);
    }

    #[test]
    fn pkcs8_comes_back_as_the_same_key() {
        let pem = key(2).to_pkcs8_pem().unwrap();
        assert_eq!(SecretKey::from_pkcs8_pem(&pem).unwrap().public_key(), key(2).public_key());
        assert_eq!(pem.lines().nth(1).map(str::len), Some(64), "version 1, 48 bytes of DER");
        assert_eq!(SecretKey::from_pkcs8_pem("no key").unwrap_err(), KeyError::Pkcs8);
    }

    #[test]
    fn the_identity_point_is_no_key() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::from_bytes(&identity), Err(KeyError::Weak));
        assert_eq!(PublicKey::from_bytes(&[1; 31]), Err(KeyError::Form));
    }

    #[test]
    fn a_signature_belongs_to_one_key_and_one_message() {
        let signature = key(3).sign(b"release");
        assert_eq!(key(3).public_key().verify(b"release", &signature), Ok(()));
        assert_eq!(key(3).public_key().verify(b"releasf", &signature), Err(BadSignature));
        assert_eq!(key(4).public_key().verify(b"release", &signature), Err(BadSignature));
        assert_eq!(key(3).public_key().verify(b"release", &signature[..63]), Err(BadSignature));
    }

    #[test]
    fn a_signature_with_s_plus_group_order_is_refused() {
        // RFC 8032 § 5.1.7: S must be below L, else a second signature exists for one statement.
        const L: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
            0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let mut signature = key(3).sign(b"release");
        let mut carry = 0u16;
        for (byte, order) in signature[32..].iter_mut().zip(L) {
            carry += u16::from(*byte) + u16::from(order);
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        assert_eq!(key(3).public_key().verify(b"release", &signature), Err(BadSignature));
    }
}
