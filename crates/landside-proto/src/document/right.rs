//! The right to collect: pass, return, revoke. Nothing else moves a right.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Payload, Remark, Visit};
use crate::ids::{DocId, PartyId, Plate, Reference, UnixMillis};

/// The holder hands the right to the next party.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct PassRight {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The document that last moved the right: the release, or a pass, return or revoke.
    #[n(1)]
    pub builds_on: DocId,
    /// The next holder.
    #[n(2)]
    pub to: PartyId,
    /// What the next holder may do, within what this one may.
    #[n(3)]
    #[serde(default)]
    pub limits: Limits,
}

/// Limits on a right. Each hop can only narrow them; absent means as the hop before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Not before.
    #[n(0)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<UnixMillis>,
    /// Not after.
    #[n(1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixMillis>,
    /// Only this truck.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<Plate>,
    /// The empty goes only to this depot.
    #[n(3)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depot: Option<Reference>,
    /// How many more times the right may be passed on; 0 means not at all.
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hops: Option<u8>,
}

/// The holder hands the right back to the holder before.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct ReturnRight {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The document that last moved the right.
    #[n(1)]
    pub builds_on: DocId,
    /// Why.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Remark>,
}

/// A holder upstream takes the right back, whoever holds it by now.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct RevokeRight {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The pass-right that ends, with every hop after it. It need not be the newest: a revoke does
    /// not race with the hops downstream of it.
    #[n(1)]
    pub revokes: DocId,
    /// Why.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Remark>,
}

impl Limits {
    /// These limits with `next` on top; what `next` leaves open stays as it is.
    #[must_use]
    pub fn narrowed(&self, next: &Self) -> Self {
        Self {
            from: next.from.or(self.from),
            until: next.until.or(self.until),
            plate: next.plate.clone().or_else(|| self.plate.clone()),
            depot: next.depot.clone().or_else(|| self.depot.clone()),
            hops: next.hops.or_else(|| self.hops.map(|hops| hops.saturating_sub(1))),
        }
    }

    /// The first limit that `next` would widen, if any.
    #[must_use]
    pub fn widened_by(&self, next: &Self) -> Option<&'static str> {
        if next.from.is_some_and(|from| Some(from) < self.from) {
            return Some("from");
        }
        if next.until.is_some_and(|until| self.until.is_some_and(|mine| until > mine)) {
            return Some("until");
        }
        if next.plate.is_some() && self.plate.is_some() && next.plate != self.plate {
            return Some("plate");
        }
        if next.depot.is_some() && self.depot.is_some() && next.depot != self.depot {
            return Some("depot");
        }
        if next.hops.is_some_and(|hops| self.hops.is_some_and(|mine| hops >= mine)) {
            return Some("hops");
        }
        None
    }
}

impl Payload for PassRight {}
impl Payload for ReturnRight {}
impl Payload for RevokeRight {}
