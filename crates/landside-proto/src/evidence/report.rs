//! What checking a file gives: findings with stable codes, steps, and one verdict.

use std::collections::BTreeSet;

use crate::case::Case;
use crate::checkpoint::{Checkpoint, Relation};
use crate::document::{Document, Position, Remark, Role, Visit};
use crate::envelope::Signed;
use crate::ids::{CaseCode, DocId, Hash32, PartyId, UnixMillis};
use crate::key::KeyId;
use crate::refusal::shown_text;
use crate::sealed::Disclosure;

use super::layout::Place;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be believed.
    Broken,
    /// Nothing says whether the file can be believed.
    Unjudged,
    /// The file can be believed, and shows that somebody did wrong.
    Finding,
    /// To be known; nothing is wrong.
    Note,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Unjudged => "unjudged",
            Self::Finding => "finding",
            Self::Note => "note",
        }
    }
}

/// Declares what can be found: stable text, weight and meaning, in one table.
macro_rules! findings {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal, $severity:ident;)+) => {
        /// What was found. The text form is stable and never re-used.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum FindingCode { $($(#[doc = $doc])+ $variant,)+ }

        impl FindingCode {
            /// Every code, in the order of docs/PROTOCOL.md § 15.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable text.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// How much it weighs.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// What the code means, one sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

findings! {
    // form
    /// The file is longer than 64 MiB.
    FileTooLarge = "file-too-large", Broken;
    /// The bytes are no evidence file of this version.
    NotEvidence = "not-evidence", Broken;
    /// The bytes at the place named are not what stands there in an evidence file.
    Form = "form", Broken;
    /// A part is longer, or a list has more or fewer parts, than a file may have.
    Limit = "limit", Broken;
    /// Parts are not in their order, or one is there twice.
    Order = "order", Broken;
    /// The bytes say the same as another, shorter form.
    NotCanonical = "not-canonical", Broken;
    /// The file does not have the SHA-256 at its end: it was changed after it was written.
    FileDigest = "file-digest", Broken;
    // directory
    /// A directory edition does not follow the one before, or too few authorities signed it.
    EditionRefused = "edition-refused", Broken;
    /// A signature under an edition does not verify.
    EditionSignature = "edition-signature", Broken;
    /// The edition is another network's than the file says.
    OtherNetwork = "other-network", Broken;
    /// The file has another edition of a number than the list that is trusted.
    EditionNotTrusted = "edition-not-trusted", Broken;
    /// Nothing leads from what is trusted to the editions of the file.
    EditionNotJoined = "edition-not-joined", Unjudged;
    /// An edition that was brought along says nothing of the file: nothing leads to it, or it is not needed.
    EditionUnused = "edition-unused", Note;
    /// Nobody said which edition to trust: compare the id by another channel.
    CompareEditionId = "compare-edition-id", Note;
    // documents
    /// A document does not open: its form, its key or its signature is wrong.
    DocumentRefused = "document-refused", Broken;
    /// The signer, its key or its role was not in force when the terminal registered the document.
    SignerNotInForce = "signer-not-in-force", Finding;
    /// Nothing in the file shows that the key counted when the terminal registered the document: a rotation
    /// that is not in it may.
    KeyNotShown = "key-not-shown", Unjudged;
    /// A later edition ends the key before the time of registration.
    KeyRevoked = "key-revoked", Finding;
    /// The terminal gives a time of registration before the time of signing.
    IssuedAfterRegistration = "issued-after-registration", Finding;
    /// The time of registration is before every directory edition in the file.
    BeforeDirectory = "before-directory", Note;
    /// A document is of another kind, terminal, container or case than its part of the file.
    NotOfThisCase = "not-of-this-case", Broken;
    /// The first document of the case is not in the file: it is a part, as hauliers and drivers have it.
    PartOfCase = "part-of-case", Note;
    /// Places of the case are missing.
    PlaceMissing = "place-missing", Broken;
    /// One document has two places.
    DocumentTwice = "document-twice", Finding;
    /// A later place of the case has an earlier place in the log.
    LogOrder = "log-order", Finding;
    /// The terminal's time of registration is before that of the entry before.
    TimeFalls = "time-falls", Finding;
    /// The party that registered was no terminal then.
    NotATerminal = "not-a-terminal", Finding;
    /// A sealed value is not the one that the document seals.
    DisclosureRefused = "disclosure-refused", Broken;
    // head and proofs
    /// The head of the log is not a signed head of this terminal.
    HeadRefused = "head-refused", Broken;
    /// The key of the head had ended before the last entry it covers.
    HeadKeyEnded = "head-key-ended", Finding;
    /// A witness's signature under the head does not verify.
    CosignatureBad = "cosignature-bad", Broken;
    /// The key of a witness was not in force when it signed.
    WitnessNotInForce = "witness-not-in-force", Finding;
    /// A witness saw the head before the terminal says it registered what the head covers.
    WitnessedBefore = "witnessed-before", Finding;
    /// Nothing in the file shows that the key of a witness counted when it signed: a rotation that is not in
    /// it may.
    WitnessNotShown = "witness-not-shown", Note;
    /// A line under the head is of a key that nothing in the file shows: it counts for nothing.
    LineUnknown = "line-unknown", Note;
    /// A document is not in the log that the head is of, at the position given.
    ProofFails = "proof-fails", Broken;
    /// Neither a proof nor a receipt of the terminal shows a position.
    Unproven = "unproven", Broken;
    /// No party but the terminal has seen the head: the terminal could still show another history.
    Unwitnessed = "unwitnessed", Note;
    /// Fewer parties than were asked for have witnessed the head.
    TooFewWitnesses = "too-few-witnesses", Note;
    /// There is no head, or it does not cover all: positions rest on the terminal's receipts.
    ReceiptsOnly = "receipts-only", Note;
    // receipts
    /// A receipt does not open, or is not the terminal's.
    ReceiptRefused = "receipt-refused", Broken;
    /// A receipt names nothing that is in the file.
    ReceiptUnneeded = "receipt-unneeded", Broken;
    /// The position in the file is not the one that the terminal gave in its receipt.
    ReceiptDiffers = "receipt-differs", Broken;
    /// The terminal proved one position and gave another in its receipt.
    TerminalContradicts = "terminal-contradicts", Finding;
    /// The terminal's receipt gives a place of the case to a document that is not in the file.
    DocumentLeftOut = "document-left-out", Broken;
    // rules
    /// The terminal registered what the rules of a case forbid.
    RuleBroken = "rule-broken", Finding;
    /// No credential in the file vouches for the driver: whether one did is not shown.
    CredentialMissing = "credential-missing", Note;
    /// A terminal signed for a line, as its agent, on the message named: the line itself signed nothing.
    SignedByAgent = "signed-by-agent", Note;
    /// A gate decision rests on a document that the case did not have then.
    ReliedOnMissing = "relied-on-missing", Finding;
    /// A gate decision names another edition than the one in force then.
    DirectoryBehind = "directory-behind", Note;
    /// A person of the terminal passed over a red light, or ended that.
    Overridden = "overridden", Note;
    /// The rules were not applied from here on, for something before is broken.
    NotJudged = "not-judged", Note;
    // what documents name
    /// A raw interchange in the file is one that no document names.
    InterchangeUnneeded = "interchange-unneeded", Broken;
    /// A document names a raw interchange that is not in the file.
    InterchangeMissing = "interchange-missing", Note;
    /// A photograph in the file is one that no document names.
    PhotoUnneeded = "photo-unneeded", Broken;
    /// A document names a photograph that is not in the file.
    PhotoMissing = "photo-missing", Note;
    // two heads
    /// Two heads of one size have different roots, or the larger one's log has another root at the
    /// smaller one's size: the terminal signed two histories.
    ForkProven = "fork-proven", Finding;
    /// Nothing shows that the larger head continues the smaller one.
    ConsistencyNotShown = "consistency-not-shown", Finding;
    /// The larger head continues the smaller one: no fork.
    Consistent = "consistent", Note;
}

/// Something found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: FindingCode,
    /// Where.
    pub place: Place,
    /// The fact, for people.
    pub text: String,
}

impl Finding {
    pub(super) fn new(code: FindingCode, place: Place, text: impl AsRef<str>) -> Self {
        // It may quote the file.
        Self { code, place, text: shown_text(text.as_ref()) }
    }

    /// How much it weighs.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// What may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Every document is in a log whose head other parties witnessed.
    Proven,
    /// Every document is in the log, and nobody else has witnessed its head.
    Unwitnessed,
    /// Some or all positions rest on the terminal's signed receipts alone.
    ReceiptOnly,
    /// Every document is in the log, and fewer other parties than were asked for have witnessed its head.
    TooFewWitnesses,
    /// Nothing is wrong with the documents of the file, which are a part of the case.
    Part,
    /// Nothing leads from the list of parties that is trusted to that of the file.
    NotJoined,
    /// The file lacks what shows that a signer's key counted.
    Incomplete,
    /// The terminal signed two histories.
    ForkProven,
    /// Nothing shows that one head continues the other.
    ConsistencyNotShown,
    /// The two heads go together.
    NoFork,
    /// The file cannot be believed.
    Broken,
}

impl Verdict {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Unwitnessed => "unwitnessed",
            Self::ReceiptOnly => "receipt-only",
            Self::TooFewWitnesses => "too-few-witnesses",
            Self::Part => "part",
            Self::NotJoined => "not-joined",
            Self::Incomplete => "incomplete",
            Self::ForkProven => "fork-proven",
            Self::ConsistencyNotShown => "consistency-not-shown",
            Self::NoFork => "no-fork",
            Self::Broken => "broken",
        }
    }
}

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A case.
    Case,
    /// Two heads.
    Fork,
}

impl Sort {
    /// The word in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Fork => "fork",
        }
    }
}

/// Whose case, or whose log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The network.
    pub network: Remark,
    /// The terminal.
    pub terminal: PartyId,
    /// Its name, as the newest edition has it.
    pub terminal_name: Option<String>,
    /// Terminal and container, of a case.
    pub visit: Option<Visit>,
    /// The case code, of a case.
    pub code: Option<CaseCode>,
}

/// A directory edition of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionSeen {
    /// Its number.
    pub number: u64,
    /// The id that people compare.
    pub id: Hash32,
    /// In force from.
    pub valid_from: UnixMillis,
    /// How many authority keys signed it, of how many that could.
    pub signatures: (usize, usize),
    /// How many had to.
    pub threshold: u8,
    /// Whether it is the one that the verifier was told to trust.
    pub trusted: bool,
    /// Whether the reader brought it: the file ends with one before it.
    pub brought: bool,
}

/// A head of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadSeen {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// Keys of the terminal that signed it.
    pub keys: Vec<KeyId>,
    /// Who cosigned.
    pub witnesses: Vec<WitnessSeen>,
}

/// A cosignature that verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessSeen {
    /// Who.
    pub party: PartyId,
    /// Its name.
    pub name: String,
    /// With which key.
    pub key: KeyId,
    /// When, by its own clock.
    pub at: UnixMillis,
    /// Whether it counts: another party than the terminal, with a key in force then.
    pub counts: bool,
}

/// One registered document.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where it lies in the file.
    pub place: Place,
    /// Its id, or what it claims to be when it does not open.
    pub id: DocId,
    /// Where the file says it stands.
    pub position: Position,
    /// The document; absent when it does not open.
    pub signed: Option<Signed<Document>>,
    /// Who signed it; absent when it does not open.
    pub signer: Option<Signer>,
    /// What it builds on.
    pub builds_on: Option<BuildsOn>,
    /// Whether an inclusion proof leads from it to the head of the file.
    pub proven: bool,
    /// Receipts of the terminal that name this position: which of the file, counted from 1.
    pub receipts: Vec<usize>,
    /// What its sealed fields are shown to be, as far as the file discloses them.
    pub disclosed: Vec<Disclosure>,
}

/// Whose key signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// Name for people: of the party in the directory, of the driver in the credential.
    pub name: String,
    /// Its roles then.
    pub roles: Vec<Role>,
    /// Number of the edition whose word on the key counts.
    pub edition: u64,
    /// First moment of the key; absent for drivers.
    pub key_from: Option<UnixMillis>,
    /// Last moment of the key, as the edition or credential says.
    pub key_until: Option<UnixMillis>,
    /// Who vouches, for drivers.
    pub vouched_by: Vec<PartyId>,
    /// Which key of the party vouches, for one that no edition listed then.
    pub rotated: Option<Rotated>,
    /// Who held the key and signed for the party named.
    pub agent: Option<AgentSeen>,
}

/// Who signed for a party, on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSeen {
    /// The agent.
    pub party: PartyId,
    /// Its name for people.
    pub name: String,
    /// SHA-256 of the raw interchange that it says it signed on.
    pub message: Hash32,
}

/// A party's key vouched for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// The key that vouched.
    pub by: KeyId,
    /// When the terminal registered that.
    pub at: UnixMillis,
    /// The rotation.
    pub document: DocId,
}

/// The document that another builds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuildsOn {
    /// Which.
    pub document: DocId,
    /// Which document of the file that is, counted from 1; absent when the file does not have it.
    pub number: Option<usize>,
}

/// What checking a file gave.
#[derive(Debug, Clone)]
pub struct Report {
    /// What the file is; absent when it cannot be read.
    pub sort: Option<Sort>,
    /// What may be believed.
    pub verdict: Verdict,
    /// Everything found, in the order of the file's parts.
    pub findings: Vec<Finding>,
    /// SHA-256 of the whole file: what people may compare.
    pub file: Hash32,
    /// Bytes of the file.
    pub bytes: usize,
    /// What it is about.
    pub subject: Option<Subject>,
    /// The editions that hold.
    pub editions: Vec<EditionSeen>,
    /// Whether they are joined to an edition that was compared by another channel.
    pub trusted: bool,
    /// How many witnesses were asked for.
    pub witnesses_asked: usize,
    /// The heads: one of a case, two of a fork.
    pub heads: Vec<HeadSeen>,
    /// How the first head stands to the second, of a fork.
    pub relation: Option<Relation>,
    /// The driver credentials and key rotations, by log index.
    pub credentials: Vec<Step>,
    /// The documents, by place.
    pub steps: Vec<Step>,
    /// What the documents add up to; absent when one of them is broken.
    pub case: Option<Case>,
    /// Interchanges and photographs of the file that documents name.
    pub attached: (usize, usize),
}

impl Report {
    /// Whether nothing is broken and nobody did wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity() == Severity::Note)
    }

    /// Whether something keeps the file from being believed.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity() == Severity::Broken)
    }

    /// Whether what is trusted does not say if the file can be believed.
    #[must_use]
    pub fn is_unjudged(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity() == Severity::Unjudged)
    }

    /// The distinct parties whose cosignatures under the heads count: none of them is the terminal, whose log
    /// it is.
    #[must_use]
    pub fn witnesses(&self) -> BTreeSet<&PartyId> {
        let cosigned = self.heads.iter().flat_map(|head| &head.witnesses);
        cosigned.filter(|witness| witness.counts).map(|witness| &witness.party).collect()
    }

    /// When the last document of the file was registered, by the terminal's clock.
    #[must_use]
    pub fn last_at(&self) -> Option<UnixMillis> {
        self.steps.iter().map(|step| step.position.at).max()
    }
}
