//! What customs and other authorities say: status of a consignment, holds, lifts (CUSRES).

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Light, Payload, Remark, Role, Visit};
use crate::ids::{BillNo, DocId, Reference};

/// Customs says where one consignment in one container stands (CUSRES).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct CustomsStatus {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// Bill of lading of the consignment, master or house.
    #[n(1)]
    pub consignment: BillNo,
    /// The status before this one, if any.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds_on: Option<DocId>,
    /// Where it stands.
    #[n(3)]
    pub status: CustomsState,
    /// The national code it was read from (GIS C529 7365), kept beside ours.
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub national_code: Option<Reference>,
    /// Declaration number (RFF+ABT).
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Reference>,
}

/// Where a consignment stands with customs. Whatever a code list does not know is `held`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum CustomsState {
    /// Free to leave: the only green one.
    #[n(0)]
    Released,
    /// Stopped, or a code nobody knows.
    #[n(1)]
    Held,
    /// Documents or goods are to be examined.
    #[n(2)]
    Exam,
    /// To be scanned.
    #[n(3)]
    Scan,
    /// The declaration was rejected.
    #[n(4)]
    Rejected,
}

impl CustomsState {
    /// The word used in documents and screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Held => "held",
            Self::Exam => "exam",
            Self::Scan => "scan",
            Self::Rejected => "rejected",
        }
    }
}

/// An authority stops a container. A hold blocks the gate; it does not touch the chain of rights.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// What kind of stop.
    #[n(1)]
    pub hold_type: HoldType,
    /// Why.
    #[n(2)]
    pub reason: Remark,
}

/// A hold ends.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct HoldLift {
    /// Terminal and container.
    #[n(0)]
    pub visit: Visit,
    /// The hold.
    #[n(1)]
    pub builds_on: DocId,
    /// Why.
    #[n(2)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Remark>,
}

/// Types of hold, each owned by one authority and shown under one light.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum HoldType {
    /// The line's claim.
    #[n(0)]
    Commercial,
    /// Freight unpaid.
    #[n(1)]
    Freight,
    /// Customs wants documents.
    #[n(2)]
    CustomsDocuments,
    /// Customs wants a scan.
    #[n(3)]
    CustomsScan,
    /// Customs wants to open the container.
    #[n(4)]
    CustomsPhysical,
    /// Plant, animal or food inspection.
    #[n(5)]
    Quarantine,
    /// Storage unpaid.
    #[n(6)]
    TerminalStorage,
    /// Damage to be surveyed.
    #[n(7)]
    TerminalDamage,
    /// Court order or lien.
    #[n(8)]
    Court,
    /// Security order.
    #[n(9)]
    Security,
}

impl HoldType {
    /// The word used in documents and screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commercial => "commercial",
            Self::Freight => "freight",
            Self::CustomsDocuments => "customs-documents",
            Self::CustomsScan => "customs-scan",
            Self::CustomsPhysical => "customs-physical",
            Self::Quarantine => "quarantine",
            Self::TerminalStorage => "terminal-storage",
            Self::TerminalDamage => "terminal-damage",
            Self::Court => "court",
            Self::Security => "security",
        }
    }

    /// The roles that may place it.
    #[must_use]
    pub fn placers(self) -> &'static [Role] {
        match self {
            Self::Commercial | Self::Freight => &[Role::Line],
            Self::CustomsDocuments
            | Self::CustomsScan
            | Self::CustomsPhysical
            | Self::Quarantine
            | Self::Security => &[Role::Customs],
            Self::TerminalStorage | Self::TerminalDamage => &[Role::Terminal],
            Self::Court => &[Role::Authority, Role::Customs],
        }
    }

    /// The light it keeps red.
    #[must_use]
    pub fn light(self) -> Light {
        match self {
            Self::Commercial | Self::Freight | Self::Court => Light::Commercial,
            Self::CustomsDocuments
            | Self::CustomsScan
            | Self::CustomsPhysical
            | Self::Quarantine
            | Self::Security => Light::Customs,
            Self::TerminalStorage | Self::TerminalDamage => Light::Terminal,
        }
    }

    /// Whether a terminal may pass over it with an override: the line's claims and its own, nothing
    /// of customs, quarantine, court or security.
    #[must_use]
    pub fn is_overridable(self) -> bool {
        match self {
            Self::Commercial | Self::Freight | Self::TerminalStorage | Self::TerminalDamage => true,
            Self::CustomsDocuments
            | Self::CustomsScan
            | Self::CustomsPhysical
            | Self::Quarantine
            | Self::Court
            | Self::Security => false,
        }
    }
}

impl Payload for CustomsStatus {}
impl Payload for Hold {}
impl Payload for HoldLift {}
