//! Words of which objects are made: how each is spelled, so that a program need not guess.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text that is one word. By hand: the derive of utoipa takes no word from a macro.
macro_rules! always {
    ($name:ident, $word:literal) => {
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .enum_values(Some([$word]))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($name))
            }
        }
    };
}
pub(crate) use always;

/// A text that has a form.
macro_rules! word {
    ($(#[$meta:meta])* $name:ident) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
        $(#[$meta])*
        pub(crate) struct $name(String);
    };
}

word!(
    /// A moment, RFC 3339 with milliseconds, in UTC.
    #[schema(format = DateTime, example = "2026-11-24T08:30:00.000Z")]
    Time
);
word!(
    /// The id of a document, or a hash: SHA-256 in hex.
    #[schema(
        pattern = "^[0-9a-f]{64}$",
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    Digest
);
word!(
    /// A party of the network.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{1,31}$", example = "delta-terminal")]
    Party
);
word!(
    /// Who signs: a party, or `driver:` and the id of a device key.
    #[schema(max_length = 128, example = "delta-terminal")]
    ActorName
);
word!(
    /// A container number (ISO 6346) without blanks; its last digit is a check digit.
    #[schema(pattern = "^[A-Z]{3}[A-Z][0-9]{7}$", example = "MSKU1234565")]
    Container
);
word!(
    /// What people call a case by; its last symbol is a check symbol.
    #[schema(pattern = "^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]$", example = "7K3M-Q2ZC-4")]
    Code
);
word!(
    /// A reason, name or note: 1 to 200 bytes of UTF-8 without control characters.
    #[schema(min_length = 1, max_length = 200, example = "Li Na")]
    Text
);
word!(
    /// A number that a party makes up: printable ASCII, no blank at either end.
    #[schema(
        min_length = 1,
        max_length = 35,
        pattern = "^[!-~]([ -~]{0,33}[!-~])?$",
        example = "NSL-2026-0815"
    )]
    Number
);
word!(
    /// A truck plate: letters and digits of any script, no lower case, hyphens only inside.
    #[schema(min_length = 2, max_length = 16, example = "99-BXZ-1")]
    TruckPlate
);
word!(
    /// An Ed25519 public key.
    #[schema(
        pattern = "^ed25519:[0-9a-f]{64}$",
        example = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )]
    Key
);
word!(
    /// Where the next page begins; opaque.
    #[schema(max_length = 128, example = "0.1764000000000.7K3M-Q2ZC-4")]
    Cursor
);
