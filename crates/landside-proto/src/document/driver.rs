//! What a haulier says about drivers.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Payload, Remark, Visit};
use crate::ids::{DocId, Plate, Reference, UnixMillis};
use crate::key::{KeyId, PublicKey};

/// A haulier vouches for a driver's device key, to every terminal it works with.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct DriverCredential {
    /// The device key.
    #[n(0)]
    pub key: PublicKey,
    /// The driver's name.
    #[n(1)]
    pub name: Remark,
    /// Licence number.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<Reference>,
    /// Last moment this key speaks for the driver.
    #[n(3)]
    pub valid_until: UnixMillis,
    /// Whether the key is given or taken away.
    #[n(4)]
    pub state: CredentialState,
    /// The key of the device this one replaces; it is dead from now on.
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<KeyId>,
}

/// Whether a credential gives or takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialState {
    /// The key speaks for the driver.
    #[n(0)]
    Active,
    /// The key speaks for nobody.
    #[n(1)]
    Withdrawn,
}

/// The haulier that holds the right names driver and truck.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct DriverBinding {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The document that last moved the right.
    #[n(1)]
    pub right: DocId,
    /// The binding this one takes the place of.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds_on: Option<DocId>,
    /// The driver's device key.
    #[n(3)]
    pub driver: PublicKey,
    /// The truck.
    #[n(4)]
    pub plate: Plate,
}

impl Payload for DriverCredential {}
impl Payload for DriverBinding {}
