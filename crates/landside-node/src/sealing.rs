//! Sealing what this node is about to say: salts from the operating system's randomness.

use landside_proto::document::Kind;
use landside_proto::sealed::{Disclosure, SALT_LEN, SealedField, SealedValue};
use serde_json::{Map, Value};

use crate::draft::{DraftError, wrong};

/// The operating system gave no random bytes: nothing is sealed with a salt that could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random numbers")]
pub(crate) struct NoRandomness;

/// Seals values, each with a salt of its own.
pub(crate) fn seal(
    values: impl IntoIterator<Item = SealedValue>,
) -> Result<Vec<Disclosure>, NoRandomness> {
    let seal_one = |value| {
        let mut salt = [0; SALT_LEN];
        getrandom::fill(&mut salt).map_err(|_| NoRandomness)?;
        Ok(Disclosure::new(value, salt))
    };
    values.into_iter().map(seal_one).collect()
}

/// Whether documents of a kind have fields to seal.
pub(crate) fn seals(kind: Kind) -> bool {
    matches!(kind, Kind::ReleaseOrder | Kind::ReleaseChange)
}

/// Takes the values to seal out of a draft, where they stand under their own names.
pub(crate) fn take_from(fields: &mut Map<String, Value>) -> Result<Vec<SealedValue>, DraftError> {
    if fields.contains_key("sealed") {
        let text = "sealed holds digests, which the node makes";
        return Err(wrong("bad-field", text, "give the values: consignee, cargo, value, …"));
    }
    let mut values = Vec::new();
    for field in SealedField::ALL {
        let text = match fields.remove(field.as_str()) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text,
            Some(_) => String::new(),
        };
        let value = SealedValue::parse(field, &text)
            .map_err(|error| wrong("bad-field", error.to_string(), "correct it and try again"))?;
        values.push(value);
    }
    Ok(values)
}
