//! What a party says about its own keys.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::Payload;
use crate::ids::{PartyId, UnixMillis};
use crate::key::{KeyId, PublicKey};
use crate::refusal::{Code, Refusal};

/// A party asks the authority to list a new key, and vouches for it with the one it has. Signed by the
/// old key and by the new one ([`crate::rotation`]); it takes effect with the edition that lists it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct KeyRotation {
    /// Whose keys.
    #[n(0)]
    pub party: PartyId,
    /// The signing key that vouches.
    #[n(1)]
    pub old: KeyId,
    /// First moment at which the old signing key counts no more, if another takes its place.
    #[n(2)]
    pub ends: UnixMillis,
    /// The signing key that takes its place, from the edition on.
    #[n(3)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<PublicKey>,
    /// A node key to list beside those that are listed.
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_key: Option<PublicKey>,
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
        if self.signing_key.is_some_and(|key| key.id() == self.old) {
            return bad("the new key is the old one");
        }
        Ok(())
    }
}
