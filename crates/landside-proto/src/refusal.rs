//! Why a document was not accepted: data with a stable code, not a log line.

use std::fmt;

use crate::ids::DocId;

/// Longest detail text of a refusal, in bytes; it travels in receipts.
pub const DETAIL_MAX: usize = 240;

/// A document was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// What was wrong; stable.
    pub code: Code,
    /// The document that stands in the way: the winner of a race, the gate-out, the hold.
    pub names: Option<DocId>,
    /// The fact and its value, for people.
    pub detail: String,
}

impl Refusal {
    /// A refusal with a fact for people, cut to [`DETAIL_MAX`]. What would steer a screen is escaped:
    /// the fact may quote the document.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let mut detail = shown_text(&detail.into());
        if detail.len() > DETAIL_MAX {
            let cut = (0..=DETAIL_MAX).rev().find(|at| detail.is_char_boundary(*at)).unwrap_or(0);
            detail.truncate(cut);
        }
        Self { code, names: None, detail }
    }

    /// The same refusal, naming the document that stands in the way.
    #[must_use]
    pub fn naming(mut self, id: DocId) -> Self {
        self.names = Some(id);
        self
    }
}

/// Whether a character steers a screen instead of being shown: controls, and the format characters
/// that hide text or turn its direction (Unicode general category Cf, as far as they do harm).
pub(crate) fn steers_screens(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A text with what would steer a screen escaped.
#[must_use]
pub fn shown_text(text: &str) -> String {
    text.chars().flat_map(shown).collect()
}

fn shown(c: char) -> Box<dyn Iterator<Item = char>> {
    if steers_screens(c) { Box::new(c.escape_default()) } else { Box::new(std::iter::once(c)) }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        if let Some(id) = self.names {
            write!(f, " (see document {})", id.short())?;
        }
        Ok(())
    }
}

impl Refusal {
    /// What is wrong as a whole sentence, without the code: what the code means, then the detail.
    #[must_use]
    pub fn fact(&self) -> String {
        let meaning = self.code.meaning().trim().trim_end_matches('.');
        let mut letters = meaning.chars();
        let first = letters.next().map(|first| first.to_ascii_lowercase());
        let mut fact: String = first.into_iter().chain(letters).collect();
        if !self.detail.is_empty() {
            fact.push_str(": ");
            fact.push_str(&self.detail);
        }
        if let Some(id) = self.names {
            fact.push_str(&format!(" (see document {})", id.short()));
        }
        fact
    }
}

/// Declares the codes, their stable texts and what the refused party can do, in one table.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal, $remedy:literal;)+) => {
        /// What was wrong with a document. The text form is stable and never re-used.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// Every code, in the order of docs/PROTOCOL.md § 7.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable text on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What the refused party can do about it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)+ }
            }

            /// What the code means, one sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+),)+ }
            }
        }
    };
}

codes! {
    // size and form
    /// The document is longer than 60 KiB.
    TooLarge = "too-large", "send a shorter document; photos travel by hash";
    /// The bytes are not a COSE_Sign1 envelope with a payload of the kind they name.
    Malformed = "malformed", "rebuild the document from its fields";
    /// The bytes say the same as another, shorter or ordered form (RFC 8949 § 4.2.1).
    NotCanonical = "not-canonical", "encode deterministically: shortest lengths, sorted keys, empty unprotected header";
    /// The algorithm is not -8 (EdDSA).
    UnsupportedAlgorithm = "unsupported-algorithm", "sign with Ed25519 and algorithm id -8";
    /// The content type names no kind this node knows.
    UnknownKind = "unknown-kind", "upgrade the older of the two nodes";
    /// A field breaks its rule: a check digit, a form, a range.
    BadField = "bad-field", "correct the field the detail names";
    /// The header's subject, or for a rotation its issuer or key, is not what the payload speaks of.
    SubjectMismatch = "subject-mismatch", "set the subject from the payload";
    // who
    /// The directory in force does not list the issuer.
    UnknownParty = "unknown-party", "ask the directory's authority to list the party, then send again";
    /// The issuer has no such key, or the key was withdrawn.
    KeyUnknown = "key-unknown", "sign with a key that the directory or a driver credential lists";
    /// The key is listed, but not for this time.
    KeyNotInForce = "key-not-in-force", "sign with a key in force today";
    /// The key has vouched for its successor already.
    KeyRotated = "key-rotated", "sign with the key it vouched for; after loss, ask the authority for an edition";
    /// The new key belongs to another, or is known already.
    KeyTaken = "key-taken", "make a fresh key for each use";
    /// The party has rotated its keys as often as goes between two editions.
    RotationsFull = "rotations-full", "ask the authority for an edition that lists the keys";
    /// The signature does not verify.
    BadSignature = "bad-signature", "the document was altered or signed with another key; sign it anew";
    /// The issuer's role may not sign this kind.
    RoleMayNotSign = "role-may-not-sign", "have it signed by a party of the right role";
    /// The mark of an agent is not what the directory says of the key.
    AgentMark = "agent-mark", "name the agent that signs for the party, and none where the party signs itself";
    /// The document claims to be issued more than five minutes from now.
    IssuedInFuture = "issued-in-future", "set the clock of the signing machine";
    // which case
    /// The document is for another terminal.
    WrongTerminal = "wrong-terminal", "send it to the terminal it names";
    /// No case is open for this container and the kind does not open one.
    CaseUnknown = "case-unknown", "wait for the release order, or check the container number";
    /// The container has left; the case is closed.
    CaseClosed = "case-closed", "nothing to do: see the gate-out named";
    /// The case has reached its largest number of documents.
    CaseFull = "case-full", "ask the terminal to close the case";
    /// The document builds on one that this case does not have.
    ParentUnknown = "parent-unknown", "build on a document of this case";
    /// Another document took this place first.
    HeadMoved = "head-moved", "look at the document named, which won, and decide again";
    // who may act
    /// The signer does not hold the right.
    NotHolder = "not-holder", "only the present holder passes, returns or uses a right";
    /// The signer is not upstream of the right it revokes.
    NotUpstream = "not-upstream", "only a holder before this one, or the line, takes a right back";
    /// The hold belongs to another authority, which this one does not outrank.
    NotPlacer = "not-placer", "ask the authority that placed the hold to lift it";
    /// The role may not place a hold of this type.
    HoldNotYours = "hold-not-yours", "place a hold of a type your role owns";
    /// The release belongs to another line.
    NotReleaseIssuer = "not-release-issuer", "only the line that released the container changes the release";
    /// The agent that signed for the line is not the terminal of this case.
    AgentElsewhere = "agent-elsewhere", "have the line sign, or the terminal that holds the container";
    /// The line itself has signed in this case, and its agent signs no more for it there.
    LineSpeaks = "line-speaks", "leave it to the line, which signs itself";
    /// The consignment belongs to another customs office.
    NotCustomsOfCase = "not-customs-of-case", "only the customs office that spoke first on a consignment speaks on it";
    /// The driver who signs is not the one bound.
    NotBoundDriver = "not-bound-driver", "bind this driver first";
    // transition
    /// The container is already released under another order.
    DoubleRelease = "double-release", "change the release that stands, or revoke it first";
    /// The release has been revoked or cancelled.
    ReleaseRevoked = "release-revoked", "ask the line for a new release";
    /// The release is in a state to which this change does not apply.
    ReleaseState = "release-state", "look at the state of the release";
    /// The time limit of the release or right has passed.
    Expired = "expired", "ask the issuer for a later date";
    /// The right was used: the container is gone.
    RightConsumed = "right-consumed", "nothing to do: the gate-out named is final";
    /// A hop asks for more than the hop before it had.
    RightWidened = "right-widened", "stay within the limits of the right you hold";
    /// No further hop is allowed.
    HopsExhausted = "hops-exhausted", "ask the holder before you for another hop";
    /// The party named cannot hold a right.
    HolderUnfit = "holder-unfit", "name a shipper, forwarder or haulier of the directory";
    /// The driver has no credential in force from this haulier.
    DriverUnknown = "driver-unknown", "enrol the driver first";
    /// The plate is not the one the right allows.
    PlateNotAllowed = "plate-not-allowed", "bind the plate the right names";
    /// The slot request asks for a window that is not to be had.
    SlotWindow = "slot-window", "ask for a window within the right's validity, from before until";
    /// The lights, driver or slot for a pass are not complete.
    PassNotDue = "pass-not-due", "see what the case still needs";
    /// No admitting gate decision stands.
    NotAdmitted = "not-admitted", "check the truck in first";
    /// The interchange receipt is missing or not signed by both sides.
    ReceiptMissing = "receipt-missing", "have terminal and driver sign the interchange receipt";
    /// This can never be overridden, or customs or a court has stopped the container.
    NotOverridable = "not-overridable", "have the authority it belongs to sign; nobody passes over customs, quarantine, court or security";
    /// The override covers something that does not stand.
    NothingToOverride = "nothing-to-override", "see what the case still needs, and override exactly that";
    /// The override would stand for more than 24 hours.
    OverrideTooLong = "override-too-long", "override for at most 24 hours";
    /// The override does not name the customs offices that must learn of it.
    CustomsUntold = "customs-untold", "name every customs office of the directory while none has spoken in the case, else none";
    /// An arrival tells of the case a party that is no customs office.
    NotCustoms = "not-customs", "name in told only parties that the directory lists with role customs";
    /// The document does not name exactly the overrides without which a light would be red.
    OverrideUnnamed = "override-unnamed", "name each override relied on, with its person";
    /// The terminal's progress is not what the case is.
    ProgressUntrue = "progress-untrue", "tell what the case is at this moment";
    /// The signer does not read this case.
    NotReader = "not-reader", "only a party that takes part in a case asks about it";
    /// The party named cannot be asked in this case.
    NotAskable = "not-askable", "ask another party of this case, its terminal, or a customs office";
    /// The time for an answer is past, or more than 30 days ahead.
    AnswerTime = "answer-time", "give a time within the next 30 days";
    /// The question was put to another party.
    NotAsked = "not-asked", "leave the answer to the party that is asked";
    /// The signer has no say over the clocks of this container.
    ClockNotYours = "clock-not-yours", "only its terminal and the line that released it speak on clocks, and only who charges waives";
    /// The time given is still to come, or before the container left.
    ClockTime = "clock-time", "say it when it is over, with the times as they were";
    /// The signer has suspended that time already, at least in part.
    ClockOverlap = "clock-overlap", "suspend only the time that is not suspended yet";
    /// By these terms days that are past would cost something.
    TermsLate = "terms-late", "give so many free days that charges begin from now on";
    /// The clock runs, and these terms are worse for whoever pays.
    TermsWorse = "terms-worse", "once a clock runs, only better the terms";
    /// Two persons are asked for, and one is named twice.
    SamePerson = "same-person", "have another person agree";
    /// The party's own rule asks for two persons before this is signed.
    TwoPersons = "two-persons", "say who asks with --person; another person then approves";
    /// The kind is not delivered between nodes.
    NotDeliverable = "not-deliverable", "send only documents of a case, credentials, rotations and receipts";
    /// The issuer of the document is neither the peer nor somebody this peer speaks for.
    NotYourDocument = "not-your-document", "deliver through the node of the party that signed";
    /// The registration is missing or not signed by the terminal of the case.
    RegistrationUnproven = "registration-unproven", "deliver with the terminal's registration";
    /// A disclosure is too long, not in its one form, or its value breaks the field's rule.
    DisclosureMalformed = "disclosure-malformed", "rebuild the disclosure from field, salt and value";
    /// A disclosure is not of what the document seals.
    DisclosureMismatch = "disclosure-mismatch", "disclose the value and the salt that were sealed";
    /// A sealed field is not disclosed to the registrar, which verifies all.
    DisclosureMissing = "disclosure-missing", "deliver with a disclosure of every sealed field";
    // node
    /// The store has no room for new documents; reads and gate decisions go on.
    StoreFull = "store-full", "make room on the disk of the receiving node";
    /// The key that should sign is not to be had now.
    NotSigned = "not-signed", "see to the key or token of this node, then do it again";
    // directory
    /// The edition has fewer valid signatures than its predecessor asks for.
    EditionUnsigned = "edition-unsigned", "have more authority keys sign it";
    /// The edition does not follow the one in force.
    EditionGap = "edition-gap", "install the editions between first";
    /// The edition is older than the one in force.
    EditionRollback = "edition-rollback", "nothing to do: a newer edition is in force";
    /// Another edition with the same number is in force.
    EditionFork = "edition-fork", "alarm the authority: two editions carry one number";
    /// The edition in force should have been replaced; past the grace no new key is taken on its word.
    EditionOverdue = "edition-overdue", "ask the authority for the next edition; withdrawals are still taken";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_its_own_text_and_a_remedy() {
        let texts: BTreeSet<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|c| !c.remedy().is_empty() && !c.meaning().is_empty()));
    }

    #[test]
    fn the_fact_of_a_refusal_is_a_sentence_with_or_without_a_detail() {
        let fact = |detail: &str| Refusal::new(Code::BadSignature, detail).fact();
        assert_eq!(fact(""), "the signature does not verify");
        assert_eq!(fact("of the line"), "the signature does not verify: of the line");
        for code in Code::ALL {
            let fact = Refusal::new(*code, "x").fact();
            assert!(fact.split(' ').count() > 3 && fact.ends_with(": x"), "{fact}");
        }
    }

    #[test]
    fn a_detail_cannot_steer_the_screen_it_is_shown_on() {
        let refusal = Refusal::new(Code::UnknownKind, "a\u{1b}[2Jb\u{202e}c");
        assert_eq!(refusal.detail, "a\\u{1b}[2Jb\\u{202e}c");
    }

    #[test]
    fn a_long_detail_is_cut_on_a_character() {
        let refusal = Refusal::new(Code::BadField, "é".repeat(DETAIL_MAX));
        assert!(refusal.detail.len() <= DETAIL_MAX);
        assert!(refusal.detail.chars().all(|c| c == 'é'));
    }
}
