//! The kinds of document, their payloads, and the table of who may sign which.
//!
//! A payload is a CBOR map with integer keys in ascending order (RFC 8949 § 4.2.1); its key
//! numbers are on the fields here and in docs/PROTOCOL.md § 4. A document that speaks of a case
//! speaks of exactly one container, so that one case is one strand of facts and a reader of one
//! container learns nothing about the others on the same bill of lading.

mod clock;
mod customs;
mod directory;
mod driver;
mod gate;
mod light;
mod overriding;
mod pass;
mod persons;
mod progress;
mod question;
mod receipt;
mod release;
mod right;
mod rotation;
mod terminal;
mod text;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

pub use self::clock::{
    Charge, ClockEvent, ClockEventType, ClockStart, ClockTerms, DayCount, FREE_DAYS_MAX, FirstDay,
    HOLIDAYS_MAX, OFFSET_CHANGES_MAX, OffsetChange, RATE_MAX, TIERS_MAX, Tier, Weekday,
};
pub use self::customs::{CustomsState, CustomsStatus, Hold, HoldLift, HoldType};
pub use self::directory::{
    ADDRESSES_MAX, AUTHORITIES_MAX, AgentEntry, DirectoryEdition, KEYS_MAX, KeyEntry, PARTIES_MAX,
    PartyEntry,
};
pub use self::driver::{CredentialState, DriverBinding, DriverCredential};
pub use self::gate::{
    Condition, GateDecision, GateOut, GateReason, InterchangeReceipt, REASONS_MAX, Relied, Verdict,
};
pub use self::light::Light;
pub(crate) use self::overriding::is_overridable;
pub use self::overriding::{Cover, Override, ReliedOverride};
pub use self::pass::{Confirmation, PickupPass, Presentation};
pub use self::persons::{TwoPersons, is_same_person};
pub use self::progress::{Progress, ProgressNeed, ProgressRight};
pub use self::question::{Answer, Question, QuestionSubject};
pub use self::receipt::{
    CasePlace, Entry, Outcome, Position, RECEIPT_ENTRIES_MAX, Receipt, Refused,
};
pub use self::release::{
    EmptyReturn, Haulage, ReleaseAction, ReleaseChange, ReleaseOrder, ReleaseTerms, Source, Vessel,
};
pub use self::right::{Limits, PassRight, ReturnRight, RevokeRight};
pub use self::rotation::{KeyRotation, NewKey, Possession};
pub use self::terminal::{Arrival, Slot, SlotAnswer, SlotRequest, Window};
pub use self::text::{REMARK_MAX, Remark, RemarkError};

use crate::directory::Actor;
use crate::ids::{BillNo, ContainerNo, DocId, PartyId};
use crate::key::KeyId;
use crate::refusal::{Code, Refusal};
use crate::sealed::SealedFields;

/// Which case a document speaks of, before anybody knows the case code: one container at one terminal.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(array)]
pub struct Visit {
    /// The registrar.
    #[n(0)]
    pub terminal: PartyId,
    /// The box.
    #[n(1)]
    pub container: ContainerNo,
}

/// What an organisation does in the port. A party may have several roles.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Holds the boxes; registrar of their cases.
    #[n(0)]
    Terminal,
    /// Clears or holds goods.
    #[n(1)]
    Customs,
    /// Shipping line or its agent.
    #[n(2)]
    Line,
    /// Cargo owner.
    #[n(3)]
    Shipper,
    /// Acts for the cargo owner.
    #[n(4)]
    Forwarder,
    /// Moves boxes by road.
    #[n(5)]
    Haulier,
    /// Keeps the directory.
    #[n(6)]
    Authority,
    /// A person with a device key, enrolled by a haulier; never in the directory.
    #[n(7)]
    Driver,
}

impl Role {
    /// Every role, in the order of their CBOR numbers.
    pub const ALL: [Self; 8] = [
        Self::Terminal,
        Self::Customs,
        Self::Line,
        Self::Shipper,
        Self::Forwarder,
        Self::Haulier,
        Self::Authority,
        Self::Driver,
    ];

    /// The word used in documents, screens and errors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Customs => "customs",
            Self::Line => "line",
            Self::Shipper => "shipper",
            Self::Forwarder => "forwarder",
            Self::Haulier => "haulier",
            Self::Authority => "authority",
            Self::Driver => "driver",
        }
    }

    /// Reads the word of [`Role::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Declares the kinds: one table of name, payload and signing roles.
macro_rules! documents {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal by [$($role:ident),+];)+) => {
        /// The kind of a document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($(#[doc = $doc])+ $variant,)+ }

        /// A statement, one variant a kind.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Document { $($(#[doc = $doc])+ $variant($variant),)+ }

        impl Kind {
            /// Every kind, in the order of docs/PROTOCOL.md § 4.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in content types, verbs and screens.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The roles that may sign this kind: the one table.
            #[must_use]
            pub fn signers(self) -> &'static [Role] {
                match self { $(Self::$variant => &[$(Role::$role),+],)+ }
            }
        }

        impl Document {
            /// The kind.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => Kind::$variant,)+ }
            }

            /// Reads the payload of a document of this kind. Says nothing about canonical form: the
            /// caller compares with [`Document::to_cbor`].
            pub(crate) fn from_cbor(kind: Kind, payload: &[u8]) -> Result<Self, minicbor::decode::Error> {
                match kind { $(Kind::$variant => minicbor::decode(payload).map(Self::$variant),)+ }
            }

            /// The payload bytes.
            ///
            /// # Errors
            /// None in practice: encoding into memory does not fail.
            pub fn to_cbor(&self) -> Result<Vec<u8>, minicbor::encode::Error<std::convert::Infallible>> {
                match self { $(Self::$variant(payload) => minicbor::to_vec(payload),)+ }
            }

            /// Reads the JSON form of a payload (docs/PROTOCOL.md § 4): what people and scripts write.
            ///
            /// # Errors
            /// The deserializer's: a missing or unknown field, a field of the wrong form.
            pub fn deserialize<'de, D: serde::Deserializer<'de>>(kind: Kind, d: D) -> Result<Self, D::Error> {
                match kind { $(Kind::$variant => $variant::deserialize(d).map(Self::$variant),)+ }
            }

            fn check(&self) -> Result<(), Refusal> {
                match self { $(Self::$variant(payload) => payload.check(),)+ }
            }
        }

        $(impl From<$variant> for Document {
            fn from(payload: $variant) -> Self { Self::$variant(payload) }
        })+
    };
}

documents! {
    /// The line releases a container to a party.
    ReleaseOrder = "release-order" by [Line];
    /// The line replaces, blocks, unblocks, revokes or cancels a release order.
    ReleaseChange = "release-change" by [Line];
    /// Customs says where one consignment in one container stands.
    CustomsStatus = "customs-status" by [Customs];
    /// An authority stops a container.
    Hold = "hold" by [Line, Customs, Terminal, Authority];
    /// A hold ends.
    HoldLift = "hold-lift" by [Line, Customs, Terminal, Authority];
    /// The terminal says that a container is here, reachable and clear of its own charges.
    Arrival = "arrival" by [Terminal];
    /// The terminal passes over a red light, in the name of a person and never over customs.
    Override = "override" by [Terminal];
    /// The holder hands the right to collect to the next party.
    PassRight = "pass-right" by [Line, Shipper, Forwarder, Haulier];
    /// The holder hands the right back.
    ReturnRight = "return-right" by [Shipper, Forwarder, Haulier];
    /// A holder upstream takes the right back.
    RevokeRight = "revoke-right" by [Line, Shipper, Forwarder, Haulier];
    /// A haulier vouches for a driver's device key.
    DriverCredential = "driver-credential" by [Haulier];
    /// The haulier names driver and truck.
    DriverBinding = "driver-binding" by [Haulier];
    /// The haulier asks for a time window.
    SlotRequest = "slot-request" by [Haulier];
    /// The terminal grants, moves or refuses a slot.
    Slot = "slot" by [Terminal];
    /// The terminal's permission for one driver and truck to collect one container.
    PickupPass = "pickup-pass" by [Terminal];
    /// The terminal tells hauliers and drivers how far a container is.
    Progress = "progress" by [Terminal];
    /// A party asks another about a case, or complains.
    Question = "question" by [Terminal, Customs, Line, Shipper, Forwarder, Haulier, Authority];
    /// The party asked answers.
    Answer = "answer" by [Terminal, Customs, Line, Shipper, Forwarder, Haulier, Authority];
    /// What a container's stay costs when its free time is over.
    ClockTerms = "clock-terms" by [Line, Terminal];
    /// A clock is suspended, stopped, or given further free days.
    ClockEvent = "clock-event" by [Line, Terminal];
    /// The driver's fresh proof, around a pass, that the device key is in hand.
    Presentation = "presentation" by [Driver];
    /// The gate admits or refuses, with every reason.
    GateDecision = "gate-decision" by [Terminal];
    /// Seal and condition at hand-over (EIR), signed by terminal and then by driver.
    InterchangeReceipt = "interchange-receipt" by [Terminal, Driver];
    /// The container left; the right is consumed.
    GateOut = "gate-out" by [Terminal];
    /// A node's answer to a batch of documents, or the terminal's proof of registration.
    Receipt = "receipt" by [Terminal, Customs, Line, Shipper, Forwarder, Haulier, Authority, Driver];
    /// An edition of the list of parties.
    DirectoryEdition = "directory-edition" by [Authority];
    /// A party's key vouches for the one that takes its place.
    KeyRotation = "key-rotation" by [Terminal, Customs, Line, Shipper, Forwarder, Haulier, Authority];
}

impl Kind {
    /// Reads the name of [`Kind::as_str`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Whether the terminal registers documents of this kind in its log.
    #[must_use]
    pub fn is_registered(self) -> bool {
        !matches!(self, Self::Receipt | Self::DirectoryEdition | Self::Presentation)
    }

    /// Whether registered documents of this kind belong to no case: they say whose keys count.
    #[must_use]
    pub fn is_of_no_case(self) -> bool {
        matches!(self, Self::DriverCredential | Self::KeyRotation)
    }

    /// Whether documents of this kind are of a case after the container left, too.
    #[must_use]
    pub fn is_of_closed_case(self) -> bool {
        matches!(self, Self::Question | Self::Answer | Self::ClockTerms | Self::ClockEvent)
    }

    /// Whether a document of this kind opens a case when the container has none.
    #[must_use]
    pub fn opens_case(self) -> bool {
        matches!(self, Self::ReleaseOrder | Self::CustomsStatus | Self::Hold | Self::Arrival)
    }
}

/// What every payload offers the envelope.
pub(crate) trait Payload {
    /// Rules between fields that types cannot hold.
    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Document {
    /// Reads and checks a payload: what it says, not who says it.
    ///
    /// # Errors
    /// [`Code::Malformed`], [`Code::NotCanonical`], [`Code::BadField`], or the rule of the kind.
    pub fn read(kind: Kind, payload: &[u8]) -> Result<Self, Refusal> {
        let document = Self::from_cbor(kind, payload)
            .map_err(|error| Refusal::new(code_of(&error), error.to_string()))?;
        let canonical = document.to_cbor().map_err(|_| Refusal::new(Code::Malformed, "payload"))?;
        if canonical != payload {
            return Err(Refusal::new(Code::NotCanonical, "payload is not in deterministic form"));
        }
        document.check()?;
        Ok(document)
    }

    /// Checks the rules between fields, before signing.
    ///
    /// # Errors
    /// [`Code::BadField`] naming the field.
    pub fn checked(self) -> Result<Self, Refusal> {
        self.check().map(|()| self)
    }

    /// The case a document speaks of; `None` for credentials, receipts, editions, rotations and presentations.
    #[must_use]
    pub fn visit(&self) -> Option<&Visit> {
        match self {
            Self::ReleaseOrder(d) => Some(&d.visit),
            Self::ReleaseChange(d) => Some(&d.visit),
            Self::CustomsStatus(d) => Some(&d.visit),
            Self::Hold(d) => Some(&d.visit),
            Self::HoldLift(d) => Some(&d.visit),
            Self::Arrival(d) => Some(&d.visit),
            Self::Override(d) => Some(&d.visit),
            Self::PassRight(d) => Some(&d.visit),
            Self::ReturnRight(d) => Some(&d.visit),
            Self::RevokeRight(d) => Some(&d.visit),
            Self::DriverBinding(d) => Some(&d.visit),
            Self::SlotRequest(d) => Some(&d.visit),
            Self::Slot(d) => Some(&d.visit),
            Self::PickupPass(d) => Some(&d.visit),
            Self::Progress(d) => Some(&d.visit),
            Self::Question(d) => Some(&d.visit),
            Self::Answer(d) => Some(&d.visit),
            Self::ClockTerms(d) => Some(&d.visit),
            Self::ClockEvent(d) => Some(&d.visit),
            Self::GateDecision(d) => Some(&d.visit),
            Self::InterchangeReceipt(d) => Some(&d.visit),
            Self::GateOut(d) => Some(&d.visit),
            Self::DriverCredential(_)
            | Self::Presentation(_)
            | Self::Receipt(_)
            | Self::DirectoryEdition(_)
            | Self::KeyRotation(_) => None,
        }
    }

    /// The document of the same case that this one builds on, if it names one: the head it follows,
    /// the hop it revokes, the request or question it answers.
    #[must_use]
    pub fn builds_on(&self) -> Option<DocId> {
        match self {
            Self::ReleaseChange(d) => Some(d.builds_on),
            Self::CustomsStatus(d) => d.builds_on,
            Self::HoldLift(d) => Some(d.builds_on),
            Self::Arrival(d) => d.builds_on,
            Self::Override(d) => d.builds_on,
            Self::PassRight(d) => Some(d.builds_on),
            Self::ReturnRight(d) => Some(d.builds_on),
            Self::RevokeRight(d) => Some(d.revokes),
            Self::DriverBinding(d) => Some(d.right),
            Self::SlotRequest(d) => Some(d.right),
            Self::Slot(d) => Some(d.builds_on),
            Self::PickupPass(d) => Some(d.right),
            Self::Progress(d) => d.builds_on,
            Self::Question(d) => d.about,
            Self::Answer(d) => Some(d.builds_on),
            Self::ClockTerms(d) => d.builds_on,
            Self::ClockEvent(d) => d.builds_on,
            Self::GateDecision(d) => d.builds_on,
            Self::InterchangeReceipt(d) => Some(d.builds_on),
            Self::GateOut(d) => Some(d.builds_on),
            Self::ReleaseOrder(_)
            | Self::Hold(_)
            | Self::DriverCredential(_)
            | Self::Presentation(_)
            | Self::Receipt(_)
            | Self::DirectoryEdition(_)
            | Self::KeyRotation(_) => None,
        }
    }

    /// Whether the header names who the payload says is speaking: a rotation is its party's own, and
    /// signed by the key that it says vouches. Other kinds say nothing of their signer.
    pub(crate) fn is_said_by(&self, issuer: &Actor, key: KeyId) -> bool {
        match self {
            Self::KeyRotation(d) => issuer.party() == Some(&d.party) && d.old == key,
            _ => true,
        }
    }

    /// The party that signed for the issuer, on a message of the issuer's: said in the signed bytes, so
    /// that whoever keeps or shows them keeps and shows that. Two kinds alone can say it.
    #[must_use]
    pub fn agent(&self) -> Option<&PartyId> {
        match self {
            Self::ReleaseOrder(d) => d.agent.as_ref(),
            Self::ReleaseChange(d) => d.agent.as_ref(),
            _ => None,
        }
    }

    /// The EDIFACT message it was made from, if its kind says.
    #[must_use]
    pub fn source(&self) -> Option<&Source> {
        match self {
            Self::ReleaseOrder(d) => d.source.as_ref(),
            Self::ReleaseChange(d) => d.source.as_ref(),
            _ => None,
        }
    }

    /// The bill of lading it names, if its kind does.
    #[must_use]
    pub fn bill(&self) -> Option<&BillNo> {
        match self {
            Self::ReleaseOrder(d) => Some(&d.bill),
            Self::ReleaseChange(d) => Some(&d.bill),
            Self::CustomsStatus(d) => Some(&d.consignment),
            Self::ClockTerms(d) => d.bill.as_ref(),
            _ => None,
        }
    }

    /// Digests of its sealed fields, if it has any.
    #[must_use]
    pub fn sealed(&self) -> Option<&SealedFields> {
        match self {
            Self::ReleaseOrder(d) => d.sealed.as_ref(),
            Self::ReleaseChange(d) => d.sealed.as_ref(),
            _ => None,
        }
    }

    /// The subject (`sub`, RFC 8392 § 3.1.2) that the header must carry.
    #[must_use]
    pub fn subject(&self) -> String {
        if let Some(visit) = self.visit() {
            return visit.container.to_string();
        }
        match self {
            Self::DriverCredential(d) => d.key.id().to_string(),
            Self::Presentation(_) => "gate".to_owned(),
            Self::Receipt(d) => d.to.to_string(),
            Self::DirectoryEdition(d) => d.network.to_string(),
            Self::KeyRotation(d) => d.party.to_string(),
            _ => String::new(),
        }
    }
}

/// An identifier that breaks its own rule is a bad field; anything else is a malformed document.
fn code_of(error: &minicbor::decode::Error) -> Code {
    if error.is_custom() { Code::BadField } else { Code::Malformed }
}

#[cfg(test)]
mod tests;
