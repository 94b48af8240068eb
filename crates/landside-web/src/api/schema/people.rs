//! What is answered of people, links and tokens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::cases::{CaseState, LightName, Lights, SlotSeen, event};
use super::desk::Verdict;
use super::words::{ActorName, Code, Container, Number, Party, Text, Time};

event!(IsPerson, "person");
event!(IsLink, "link");
event!(IsShare, "share");
event!(IsShared, "shared");
event!(IsToken, "token");
event!(IsWebhook, "webhook");

/// Role of a person inside the party.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PersonRole {
    /// Everything.
    Admin,
    /// Signs documents of the party's role, approves and imports.
    Clerk,
    /// Judges trucks, signs interchange receipts, lets trucks out.
    Gate,
    /// Sees everything and changes nothing.
    Viewer,
}

/// Language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
}

/// By what a person came in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    /// A password, or the link with which it was chosen.
    Password,
    /// A passkey.
    Passkey,
    /// A token.
    Token,
}

/// Who asks, and what of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Session {
    login: String,
    name: Text,
    role: PersonRole,
    /// What the person, or the token, may: `sign`, `gate`, `approve`, `import`, `share`, `people`.
    may: Vec<String>,
    /// The party whose node this is.
    party: ActorName,
    #[schema(required)]
    party_name: Option<String>,
    party_roles: Vec<String>,
    /// IANA name of the port's time zone.
    zone: String,
    language: Language,
    ends_at: Time,
    now: Time,
    way: Way,
    /// Whether some documents of this party need a second person.
    two_persons: bool,
    /// The scopes of the token, where one is shown.
    scopes: Option<Vec<String>>,
}

/// Whom a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ForWhom {
    /// A new administrator, who gives the names.
    Admin,
    /// A person who was added.
    Person,
}

/// Whom a link is for, and who that is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct LinkFor {
    r#for: ForWhom,
    login: Option<String>,
    name: Option<Text>,
    role: Option<PersonRole>,
}

/// Where log-ins with passkeys work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PasskeysOffered {
    #[schema(required)]
    origin: Option<String>,
}

/// What the browser is to be asked, as WebAuthn has it in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PasskeyOptions {
    /// Names the log-in.
    id: Option<String>,
    options: Map<String, Value>,
}

/// A passkey of the person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PasskeyLine {
    id: String,
    name: Text,
    added_at: Time,
    #[schema(required)]
    used_at: Option<Time>,
}

/// The person's own passkeys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Passkeys {
    #[schema(required)]
    origin: Option<String>,
    passkeys: Vec<PasskeyLine>,
}

/// A passkey as administrators see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PasskeySeen {
    name: Text,
    added_at: Time,
    #[schema(required)]
    used_at: Option<Time>,
}

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PersonState {
    /// No password is chosen yet.
    Invited,
    /// The person can log in.
    Active,
    /// It is closed for good.
    Closed,
}

/// A person of this party.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PersonLine {
    event: IsPerson,
    login: String,
    name: Text,
    role: PersonRole,
    state: PersonState,
    added_at: Time,
    passkeys: Option<Vec<PasskeySeen>>,
}

/// Everybody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct People {
    people: Vec<PersonLine>,
}

/// A link with which a person chooses a password, shown once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PersonLink {
    event: IsLink,
    url: String,
    until: Time,
    login: Option<String>,
    role: Option<PersonRole>,
}

/// A person who did something, as it was then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Whose {
    login: String,
    name: Text,
    role: PersonRole,
}

/// How a link or token stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    /// It is good.
    Good,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// The person behind it has left.
    Orphaned,
}

/// A link to how far a case is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ShareLine {
    event: IsShare,
    /// Its number.
    share: u64,
    case: Code,
    made_at: Time,
    until: Time,
    state: Standing,
    label: Option<Text>,
    made_by: Option<Whose>,
    revoked_at: Option<Time>,
    revoked_by: Option<Whose>,
    /// Shown once, when it is made.
    url: Option<String>,
    /// Shown once, when it is made.
    path: Option<String>,
}

/// The links of a case, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Shares {
    shares: Vec<ShareLine>,
}

/// Something that is missing, as strangers are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SharedNeed {
    code: String,
    owed_by: String,
    light: Option<LightName>,
    since: Option<Time>,
    promised_at: Option<Time>,
    overdue: Option<bool>,
}

/// Where the box is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SharedBox {
    size_type: Option<String>,
    discharged_at: Option<Time>,
    position: Option<Number>,
    /// Depots.
    empty_return: Option<Vec<Number>>,
}

/// A step so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SharedStep {
    kind: String,
    at: Time,
    by: Option<Party>,
    verdict: Option<Verdict>,
}

/// What a link shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Shared {
    event: IsShared,
    code: Code,
    container: Container,
    terminal: Party,
    state: CaseState,
    lights: Lights,
    needs: Vec<SharedNeed>,
    r#box: SharedBox,
    slot: SlotSeen,
    driver_named: bool,
    pass_issued: bool,
    steps: Vec<SharedStep>,
    /// Names of the parties named.
    names: BTreeMap<String, Text>,
    until: Time,
    now: Time,
    left_at: Option<Time>,
    zone: String,
}

/// A token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TokenLine {
    event: IsToken,
    id: u64,
    /// Login name of the person in whose name it is used.
    person: String,
    label: Text,
    scopes: Vec<String>,
    made_at: Time,
    until: Time,
    state: Standing,
    /// Since the node started.
    used_at: Option<Time>,
    made_by: Option<Whose>,
    revoked_at: Option<Time>,
    revoked_by: Option<Whose>,
    /// The token itself: shown once, when it is made.
    token: Option<String>,
}

/// Every token, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Tokens {
    tokens: Vec<TokenLine>,
}

/// Whether a webhook is told of events.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WebhookState {
    /// It is told.
    On,
    /// It failed too often, and is told nothing until it is replayed.
    Disabled,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct WebhookLine {
    event: IsWebhook,
    id: u64,
    url: String,
    state: WebhookState,
    made_at: Time,
    made_by: Option<Whose>,
    /// Number of the last event that it was told.
    told: u64,
    /// Failures since then.
    failures: u32,
    failed_at: Option<Time>,
    /// Why it failed last.
    trouble: Option<String>,
    disabled_at: Option<Time>,
    /// Shared with the receiver: shown once, when it is made.
    secret: Option<String>,
}

/// Every webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Webhooks {
    webhooks: Vec<WebhookLine>,
}
