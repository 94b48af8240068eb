//! Identifiers and times: checked once at the edge, carried as types from there on.
//!
//! Every `parse` is exact: no case folding, no trimming. A signed document has one spelling, or two
//! nodes could read two documents in the same words. What people type goes through the forgiving
//! `normalise` of the types that have one; decoding never does.
//!
//! Each type has one text form, and `Display`, `FromStr`, JSON and (for the textual ones) CBOR all
//! go through `parse`, so there is no second door past the check.

use std::str;

/// `FromStr` and serde over a type's `parse` and `Display`.
macro_rules! text_form {
    ($type:ident) => {
        impl std::str::FromStr for $type {
            type Err = crate::ids::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self)
            }
        }
    };
}

/// [`text_form`] plus `Display` and CBOR text for a type that stores its text (`as_str`).
macro_rules! text_id {
    ($type:ident) => {
        text_form!($type);

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl<C> minicbor::Encode<C> for $type {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.str(self.as_str())?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $type {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let at = d.position();
                Self::parse(d.str()?).map_err(|e| minicbor::decode::Error::custom(e).at(at))
            }
        }
    };
}

mod calendar;
mod case_code;
mod container;
mod digest;
mod error;
mod party;
mod port;
mod reference;
mod time;

pub use calendar::{Currency, Date};
pub use case_code::CaseCode;
pub use container::{ContainerNo, SizeType};
pub use digest::{DocId, Hash32};
pub use error::{Excerpt, IdError};
pub use party::{PartyId, Plate};
pub use port::{ImoNo, UnLocode};
pub use reference::{BillNo, Reference};
pub use time::UnixMillis;

/// The text of an identifier stored as bytes; its `parse` admitted nothing but ASCII.
fn ascii(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}

/// What a person typed without its blanks and hyphens, in ASCII capitals.
///
/// Folds ASCII only: full Unicode folding turns the long s into `S` and would let a look-alike in.
fn squeezed(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

#[cfg(test)]
mod tests;
