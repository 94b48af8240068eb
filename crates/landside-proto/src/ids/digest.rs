//! SHA-256 values. Two types, so that the hash of a message is never taken for the id of a document.

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{Excerpt, IdError};

/// The id of a document: a SHA-256 value. Lower-case hex as text, 32 bytes in CBOR.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DocId([u8; 32]);

/// A SHA-256 value that names anything but a document: a message as received, a photo. Lower-case
/// hex as text, 32 bytes in CBOR.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Hash32([u8; 32]);

impl Hash32 {
    /// The SHA-256 of the bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

macro_rules! digest {
    ($type:ident) => {
        text_form!($type);

        impl $type {
            /// Takes 32 bytes that are already a SHA-256 value.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Reads 64 lower-case hexadecimal digits, exactly.
            ///
            /// # Errors
            /// [`IdError::DigestForm`].
            pub fn parse(text: &str) -> Result<Self, IdError> {
                read_hex(text).map(Self).ok_or_else(|| IdError::DigestForm(Excerpt::of(text)))
            }

            /// The first 8 hexadecimal digits, for people and log lines; not unique.
            pub fn short(&self) -> String {
                let [a, b, c, d, ..] = self.0;
                HEXLOWER.encode(&[a, b, c, d])
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&HEXLOWER.encode(&self.0))
            }
        }

        impl<C> minicbor::Encode<C> for $type {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $type {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let at = d.position();
                let bytes = d.bytes()?;
                let length = IdError::DigestLength { found: bytes.len() };
                let bytes = bytes.try_into();
                bytes.map(Self).map_err(|_| minicbor::decode::Error::custom(length).at(at))
            }
        }
    };
}

digest!(DocId);
digest!(Hash32);

fn read_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None; // before decoding, which allocates as much as it is given
    }
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}
