//! What a person of the party may do: one table.

use landside_proto::document::Kind;
use serde::{Deserialize, Serialize};

/// Role of a person inside the party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonRole {
    /// Everything: the other roles together, and who may do what.
    Admin,
    /// Signs documents of the party's role, approves and imports.
    Clerk,
    /// Judges trucks, signs interchange receipts, lets trucks out.
    Gate,
    /// Sees everything the party's node shows, and changes nothing.
    Viewer,
}

/// Something that a person may do or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// See what the node shows.
    Look,
    /// Have a document of this kind signed.
    Sign(Kind),
    /// Have a truck judged.
    Judge,
    /// Agree to, or drop, what another person asked for.
    Approve,
    /// Have signed what a file says.
    Import,
    /// Make a link to how far a case is, or take one back.
    Share,
    /// Say who may do what.
    People,
    /// Make tokens for programs, or take them back.
    Tokens,
    /// Say which programs are told of events.
    Hooks,
}

impl PersonRole {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Clerk, Self::Gate, Self::Viewer];

    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Clerk => "clerk",
            Self::Gate => "gate",
            Self::Viewer => "viewer",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    pub(crate) fn may(self, act: Act) -> bool {
        match (self, act) {
            (Self::Admin, _) | (_, Act::Look) => true,
            (Self::Clerk, Act::Sign(kind)) => !is_of_the_gate(kind),
            (Self::Clerk, Act::Approve | Act::Import | Act::Share) => true,
            (Self::Gate, Act::Sign(kind)) => is_of_the_gate(kind),
            (Self::Gate, Act::Judge) => true,
            (Self::Clerk | Self::Gate | Self::Viewer, _) => false,
        }
    }

    /// Words for what this role may do, for screens to show no more than that.
    #[must_use]
    pub fn acts(self) -> Vec<&'static str> {
        words(|act| self.may(act))
    }
}

/// Words for what somebody may do of whom this is known.
pub(super) fn words(may: impl Fn(Act) -> bool) -> Vec<&'static str> {
    let sample = [
        ("sign", Act::Sign(Kind::ReleaseOrder)),
        ("gate", Act::Judge),
        ("approve", Act::Approve),
        ("import", Act::Import),
        ("share", Act::Share),
        ("people", Act::People),
    ];
    sample.into_iter().filter(|(_, act)| may(*act)).map(|(word, _)| word).collect()
}

/// Kinds that are signed beside a truck.
fn is_of_the_gate(kind: Kind) -> bool {
    matches!(kind, Kind::GateDecision | Kind::InterchangeReceipt | Kind::GateOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_but_the_administrator_says_who_may_do_what() {
        let may = PersonRole::ALL.into_iter().filter(|role| role.may(Act::People));
        assert_eq!(may.collect::<Vec<_>>(), [PersonRole::Admin]);
    }

    #[test]
    fn a_viewer_only_looks() {
        let signs = Kind::ALL.iter().map(|kind| Act::Sign(*kind));
        for act in signs.chain([
            Act::Judge,
            Act::Approve,
            Act::Import,
            Act::Share,
            Act::People,
            Act::Tokens,
            Act::Hooks,
        ]) {
            assert!(!PersonRole::Viewer.may(act), "{act:?}");
        }
        assert!(PersonRole::Viewer.may(Act::Look));
    }

    #[test]
    fn each_kind_is_either_the_clerks_or_the_gates() {
        for kind in Kind::ALL {
            let may = [PersonRole::Clerk, PersonRole::Gate].map(|role| role.may(Act::Sign(*kind)));
            assert_ne!(may[0], may[1], "{kind:?}");
        }
        assert!(PersonRole::Gate.may(Act::Sign(Kind::GateOut)));
        assert!(!PersonRole::Gate.may(Act::Approve));
        assert!(!PersonRole::Clerk.may(Act::Judge));
    }
}
