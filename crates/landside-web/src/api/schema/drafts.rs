//! Drafts of documents: what `POST /documents` takes, one object for each kind that is signed at somebody's
//! word (PROTOCOL § 4). What the node can tell may be left out: the document that it builds on, the right.
//!
//! These are not read here: the node's own door reads drafts. A test holds that the fields are those that
//! it knows.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::openapi::schema::{Discriminator, OneOfBuilder};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::cases::LightName;
use super::words::{Digest, Key, Number, Party, Text, Time, TruckPlate, always};

/// A container number as painted on the box, with or without blanks; or a case code.
#[derive(Serialize, ToSchema)]
#[schema(min_length = 9, max_length = 32, example = "MSKU 123456 5")]
pub(crate) struct BoxOrCase(String);

/// An ISO 6346 size and type.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[0-9A-Z]{4}$", example = "22G1")]
pub(crate) struct SizeType(String);

/// An IMO ship number; its last digit is a check digit.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[1-9][0-9]{6}$", example = "9074729")]
pub(crate) struct ImoNumber(String);

/// A value that is sealed: readers who may see it get it beside the document.
#[derive(Serialize, ToSchema)]
#[schema(min_length = 1, max_length = 1024)]
pub(crate) struct SealedText(String);

macro_rules! drafts {
    ($($kind:literal $new:ident $is:ident $fields:ident;)*) => {
        /// A draft of a document, by its kind.
        pub(crate) struct NewDocument;

        impl PartialSchema for NewDocument {
            fn schema() -> RefOr<Schema> {
                let mapping = [$(($kind, concat!("#/components/schemas/", stringify!($new))),)*];
                let one_of = OneOfBuilder::new()
                    .description(Some("A draft of a document, by its kind."))
                    .discriminator(Some(Discriminator::with_mapping("kind", mapping)));
                $(let one_of = one_of.item(Ref::from_schema_name(stringify!($new)));)*
                one_of.into()
            }
        }

        impl ToSchema for NewDocument {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed("NewDocument")
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                $(
                    schemas.push((stringify!($new).to_owned(), $new::schema()));
                    $new::schemas(schemas);
                )*
            }
        }

        /// Each kind and the schema of its fields, for the test that holds them equal to the node's.
        #[cfg(test)]
        pub(super) fn every_kind() -> Vec<(&'static str, RefOr<Schema>)> {
            vec![$(($kind, $fields::schema()),)*]
        }

        $(
            #[doc = concat!("`", $kind, "`.")]
            #[derive(Serialize)]
            pub(crate) struct $is;

            always!($is, $kind);

            #[doc = concat!("A draft of kind `", $kind, "`.")]
            #[derive(Serialize, ToSchema)]
            #[serde(deny_unknown_fields)]
            pub(crate) struct $new {
                kind: $is,
                fields: $fields,
                /// For a driver-credential: parties to send it to; else every terminal.
                #[schema(max_items = 256)]
                to: Option<Vec<Party>>,
            }
        )*
    };
}

drafts! {
    "release-order" NewReleaseOrder IsReleaseOrder ReleaseOrderDraft;
    "release-change" NewReleaseChange IsReleaseChange ReleaseChangeDraft;
    "customs-status" NewCustomsStatus IsCustomsStatus CustomsStatusDraft;
    "hold" NewHold IsHold HoldDraft;
    "hold-lift" NewHoldLift IsHoldLift HoldLiftDraft;
    "arrival" NewArrival IsArrival ArrivalDraft;
    "override" NewOverride IsOverride OverrideDraft;
    "pass-right" NewPassRight IsPassRight PassRightDraft;
    "return-right" NewReturnRight IsReturnRight ReturnRightDraft;
    "revoke-right" NewRevokeRight IsRevokeRight RevokeRightDraft;
    "driver-credential" NewDriverCredential IsDriverCredential DriverCredentialDraft;
    "driver-binding" NewDriverBinding IsDriverBinding DriverBindingDraft;
    "slot-request" NewSlotRequest IsSlotRequest SlotRequestDraft;
    "interchange-receipt" NewInterchangeReceipt IsInterchangeReceipt InterchangeReceiptDraft;
    "gate-out" NewGateOut IsGateOut GateOutDraft;
    "question" NewQuestion IsQuestion QuestionDraft;
    "answer" NewAnswer IsAnswer AnswerDraft;
    "clock-terms" NewClockTerms IsClockTerms ClockTermsDraft;
    "clock-event" NewClockEvent IsClockEvent ClockEventDraft;
}

macro_rules! draft {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Serialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            /// The container, or its case.
            container: BoxOrCase,
            /// Where the directory has more than one terminal and the case is not open yet.
            terminal: Option<Party>,
            $($(#[$field_meta])* $field: $type,)*
        }
    };
}

/// Who arranges the road leg.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum Haulage {
    /// The cargo's side.
    Merchant,
    /// The line.
    Carrier,
}

/// The depot that takes the empty container.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmptyReturn {
    depot: Number,
    reference: Option<Number>,
}

/// What a release grants.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseTerms {
    /// The first holder of the right.
    release_to: Party,
    valid_from: Option<Time>,
    valid_until: Time,
    haulage: Haulage,
    /// The line's release number.
    reference: Option<Number>,
    empty_return: Option<EmptyReturn>,
}

/// The ship a container came on.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vessel {
    name: Option<Text>,
    imo: Option<ImoNumber>,
    voyage: Option<Number>,
}

/// Binds a document to the raw bytes of the message it was read from.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// SHA-256 of the interchange.
    interchange: Digest,
    message: u32,
    equipment: u32,
}

draft! {
    /// The line releases a container to a party.
    ReleaseOrderDraft {
        /// Bill of lading.
        bill: Number,
        terms: ReleaseTerms,
        size_type: Option<SizeType>,
        vessel: Option<Vessel>,
        source: Option<Source>,
        /// Sealed.
        consignee: Option<SealedText>,
        /// Sealed.
        cargo: Option<SealedText>,
        /// Sealed: an amount and a currency, `182500.00 EUR`.
        value: Option<SealedText>,
        /// Sealed.
        release_to_identity: Option<SealedText>,
    }
}

/// What a release-change does.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum ReleaseAction {
    /// New terms, which must be given.
    Replace,
    /// Commercial light red, chain kept.
    Block,
    /// Ends a block.
    Unblock,
    /// The release ends; every holder downstream loses the right.
    Revoke,
    /// The release was a mistake; same effect as revoke.
    Cancel,
}

draft! {
    /// The line changes a release.
    ReleaseChangeDraft {
        /// Bill of the release; may be left out where only one stands.
        bill: Option<Number>,
        builds_on: Option<Digest>,
        action: ReleaseAction,
        /// Exactly with `replace`.
        terms: Option<ReleaseTerms>,
        reason: Option<Text>,
        source: Option<Source>,
        /// Sealed; only with `replace`.
        consignee: Option<SealedText>,
        /// Sealed; only with `replace`.
        cargo: Option<SealedText>,
        /// Sealed; only with `replace`.
        value: Option<SealedText>,
        /// Sealed; only with `replace`.
        release_to_identity: Option<SealedText>,
    }
}

/// Where a consignment stands with customs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum CustomsState {
    /// Free to leave: the only green one.
    Released,
    /// Stopped.
    Held,
    /// Documents or goods are to be examined.
    Exam,
    /// To be scanned.
    Scan,
    /// The declaration was rejected.
    Rejected,
}

draft! {
    /// Customs says where one consignment stands.
    CustomsStatusDraft {
        /// Bill of the consignment; may be left out where the container has one.
        consignment: Option<Number>,
        builds_on: Option<Digest>,
        status: CustomsState,
        /// The national code it was read from.
        national_code: Option<Number>,
        /// Declaration number.
        declaration: Option<Number>,
    }
}

/// Types of hold.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum HoldType {
    /// The line's claim.
    Commercial,
    /// Freight unpaid.
    Freight,
    /// Customs wants documents.
    CustomsDocuments,
    /// Customs wants a scan.
    CustomsScan,
    /// Customs wants to open the container.
    CustomsPhysical,
    /// Plant, animal or food inspection.
    Quarantine,
    /// Storage unpaid.
    TerminalStorage,
    /// Damage to be surveyed.
    TerminalDamage,
    /// Court order or lien.
    Court,
    /// Security order.
    Security,
}

draft! {
    /// An authority stops a container.
    HoldDraft {
        hold_type: HoldType,
        reason: Text,
    }
}

draft! {
    /// A hold ends.
    HoldLiftDraft {
        /// The hold; may be left out where this party has one.
        builds_on: Option<Digest>,
        reason: Option<Text>,
    }
}

draft! {
    /// The container is here, or not yet; reachable, or not; clear of charges, or not.
    ArrivalDraft {
        builds_on: Option<Digest>,
        discharged_at: Option<Time>,
        available: bool,
        cleared: bool,
        /// Class of position, such as `yard`.
        position: Option<Number>,
        damage: Option<Text>,
        /// Customs offices that learn of the case by this, ascending; those of the settings when left out.
        #[schema(max_items = 64)]
        told: Option<Vec<Party>>,
    }
}

/// A need to be passed over.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CoverDraft {
    /// Its code, such as `hold`.
    code: Text,
    /// The document that makes it; without it every need of that code.
    document: Option<Digest>,
}

draft! {
    /// The terminal overrides a red light, in the name of the person who asks. Not for programs.
    OverrideDraft {
        light: LightName,
        builds_on: Option<Digest>,
        /// Without it everything of the light that can be passed over; empty ends the override before.
        #[schema(max_items = 64)]
        covers: Option<Vec<CoverDraft>>,
        /// That of the session; leave it out.
        person: Option<Text>,
        reason: Text,
        valid_until: Option<Time>,
        told: Option<Vec<Party>>,
    }
}

/// Limits on a right. Each hop can only narrow them.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    from: Option<Time>,
    until: Option<Time>,
    plate: Option<TruckPlate>,
    depot: Option<Number>,
    /// How many more times the right may be passed on.
    hops: Option<u8>,
}

draft! {
    /// The holder hands the right to the next party.
    PassRightDraft {
        builds_on: Option<Digest>,
        to: Party,
        limits: Option<Limits>,
    }
}

draft! {
    /// The holder hands the right back to the holder before.
    ReturnRightDraft {
        builds_on: Option<Digest>,
        reason: Option<Text>,
    }
}

draft! {
    /// A holder upstream takes the right back.
    RevokeRightDraft {
        /// The pass-right that ends; may be left out for the one after this party.
        revokes: Option<Digest>,
        reason: Option<Text>,
    }
}

/// Whether a credential gives or takes away.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum CredentialState {
    /// The key speaks for the driver.
    Active,
    /// The key speaks for nobody.
    Withdrawn,
}

/// A haulier vouches for a driver's device key. It goes to the parties of `to` beside, or to every terminal.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DriverCredentialDraft {
    key: Key,
    name: Text,
    licence: Option<Number>,
    valid_until: Time,
    state: CredentialState,
    /// Id of the key of the device this one replaces.
    #[schema(max_length = 64)]
    replaces: Option<String>,
}

draft! {
    /// The haulier that holds the right names driver and truck.
    DriverBindingDraft {
        right: Option<Digest>,
        builds_on: Option<Digest>,
        /// The driver's device key.
        driver: Key,
        plate: TruckPlate,
    }
}

/// A span of time, `from` before `until`.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    from: Time,
    until: Time,
}

draft! {
    /// The haulier asks for a time window.
    SlotRequestDraft {
        right: Option<Digest>,
        builds_on: Option<Digest>,
        window: Window,
    }
}

/// Condition of a container.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum Condition {
    /// No damage seen.
    Sound,
    /// See the damage codes.
    Damaged,
}

draft! {
    /// The terminal's interchange receipt, after the truck was admitted.
    InterchangeReceiptDraft {
        builds_on: Option<Digest>,
        #[schema(max_items = 64)]
        seals: Option<Vec<Number>>,
        condition: Condition,
        /// Damage codes; at least one where it is damaged.
        #[schema(max_items = 64)]
        damage: Option<Vec<Number>>,
        /// SHA-256 of photographs.
        #[schema(max_items = 64)]
        photos: Option<Vec<Digest>>,
        remark: Option<Text>,
    }
}

/// An override that a gate-out relies on.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReliedDraft {
    document: Digest,
    person: Text,
}

draft! {
    /// The container leaves, and the right is consumed.
    GateOutDraft {
        builds_on: Option<Digest>,
        pass: Option<Digest>,
        left_at: Option<Time>,
        /// Why the driver did not sign the interchange receipt.
        unsigned_because: Option<Text>,
        #[schema(max_items = 64)]
        overrides: Option<Vec<ReliedDraft>>,
    }
}

/// Whether somebody asks or complains.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum QuestionSubject {
    /// It asks.
    Question,
    /// It complains.
    Complaint,
}

draft! {
    /// A party of the case asks another.
    QuestionDraft {
        subject: QuestionSubject,
        to: Party,
        text: Text,
        answer_by: Option<Time>,
        about: Option<Digest>,
    }
}

draft! {
    /// The party that was asked answers.
    AnswerDraft {
        /// The question; may be left out where one is open.
        builds_on: Option<Digest>,
        text: Text,
    }
}

/// A charge by the day.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum ChargeDraft {
    /// The terminal's, while the container is inside.
    Storage,
    /// The line's, while it is inside.
    Demurrage,
    /// The line's, while it is outside, until the empty comes back.
    Detention,
}

/// What starts a clock.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum ClockStartDraft {
    /// It came off the ship.
    Discharged,
    /// It is reachable.
    Available,
    /// It left; of detention only.
    GateOut,
}

/// The first day that a clock counts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum FirstDayDraft {
    /// The day on which it starts.
    SameDay,
    /// The day after that.
    DayAfter,
}

/// Which days count.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum DayCountDraft {
    /// Every day.
    Calendar,
    /// The weekdays listed, but for the holidays.
    Working,
}

/// A rate, and from which chargeable day on.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TierDraft {
    from_day: u16,
    /// Minor units of the currency, a day.
    #[schema(maximum = 1_000_000_000_000_i64)]
    rate: u64,
}

/// From a moment on the port's clocks are this far from UTC.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OffsetChangeDraft {
    from: Time,
    /// Minutes to add to UTC.
    #[schema(minimum = -720, maximum = 840)]
    minutes: i16,
}

draft! {
    /// How long a container stays free, and what a day costs after that. What is left out is as in the
    /// terms before, or usual.
    ClockTermsDraft {
        charge: ChargeDraft,
        /// Bill of lading; never for storage.
        bill: Option<Number>,
        builds_on: Option<Digest>,
        starts_on: Option<ClockStartDraft>,
        first_day: Option<FirstDayDraft>,
        #[schema(maximum = 366)]
        free_days: Option<u16>,
        /// Which days use up free time.
        free_count: Option<DayCountDraft>,
        /// Which days cost something after it.
        charged_count: Option<DayCountDraft>,
        /// `monday` to `sunday`, ascending; exactly when working days count.
        #[schema(max_items = 7)]
        weekdays: Option<Vec<String>>,
        /// Dates, ascending; only where working days count.
        #[schema(max_items = 128)]
        holidays: Option<Vec<String>>,
        /// `terminal`, `line` or both: whose suspensions count.
        #[schema(max_items = 2)]
        suspended_by: Option<Vec<String>>,
        #[schema(minimum = 1, maximum = 1440)]
        suspended_from_minutes: Option<u16>,
        #[schema(max_items = 16)]
        tiers: Option<Vec<TierDraft>>,
        /// ISO 4217; exactly with tiers.
        #[schema(pattern = "^[A-Z]{3}$")]
        currency: Option<String>,
        /// Minutes to add to UTC for the port's time.
        #[schema(minimum = -720, maximum = 840)]
        utc_offset: Option<i16>,
        #[schema(max_items = 32)]
        offset_changes: Option<Vec<OffsetChangeDraft>>,
    }
}

/// What happens to clocks.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the node's own door reads drafts")]
pub(crate) enum ClockEventTypeDraft {
    /// Nobody could collect or return the container for a time.
    Suspended,
    /// The empty came back.
    EmptyReturned,
    /// Who charges gives further free days.
    Waived,
}

draft! {
    /// A clock is suspended, stopped, or given further free days.
    ClockEventDraft {
        event: ClockEventTypeDraft,
        builds_on: Option<Digest>,
        /// Of a suspension, ascending.
        #[schema(max_items = 3)]
        charges: Option<Vec<ChargeDraft>>,
        /// Of a suspension.
        window: Option<Window>,
        /// When the empty came back.
        at: Option<Time>,
        /// Further free days.
        #[schema(minimum = 1, maximum = 366)]
        days: Option<u16>,
        /// May be left out only when the empty came back.
        reason: Option<Text>,
    }
}
