//! How a command ends, and why it did not do what it was asked.

use std::process::ExitCode;

use landside_node::control::{ControlError, Failure};
use landside_node::custody::CustodyError;
use landside_node::home::HomeError;
use landside_node::store::OpenError;
use landside_proto::ids::IdError;
use landside_proto::refusal::Refusal;
use landside_web::WebError;

/// How a command ends. The numbers are the exit status; scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// A node, or the rules, said no.
    Refused = 1,
    /// The command line does not say what to do.
    Usage = 2,
    /// Somebody cannot be reached, or something is broken.
    Broken = 3,
    /// An evidence file cannot be judged by the list of parties that is trusted.
    Unjudged = 4,
    /// An evidence file has a part of a case, and nothing is wrong with it.
    Part = 5,
}

impl Exit {
    /// The exit for a status that a node gave; one that is not known counts as broken.
    pub(crate) fn from_status(status: u8) -> Self {
        match status {
            0 => Self::Done,
            1 => Self::Refused,
            2 => Self::Usage,
            4 => Self::Unjudged,
            5 => Self::Part,
            _ => Self::Broken,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command was not done: the exit, a stable code, the fact, and what to do.
#[derive(Debug)]
pub(crate) struct Failed {
    /// How to end.
    pub(crate) exit: Exit,
    /// What to say.
    pub(crate) failure: Failure,
}

impl Failed {
    /// The command line was wrong.
    pub(crate) fn usage(code: &str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Exit::Usage, code, text.into(), Some(remedy.into()))
    }

    /// With what to do said apart.
    pub(crate) fn with_remedy(exit: Exit, code: &str, text: String, remedy: &str) -> Self {
        Self::new(exit, code, text, Some(remedy.to_owned()))
    }

    /// Something is broken or cannot be reached. The text may end in `; ` and what to do.
    pub(crate) fn broken(code: &str, text: impl ToString) -> Self {
        Self::told(Exit::Broken, code, &text.to_string())
    }

    /// Texts of the crates below put what to do after a semicolon.
    fn told(exit: Exit, code: &str, text: &str) -> Self {
        match text.split_once("; ") {
            Some((fact, remedy)) => Self::new(exit, code, fact.to_owned(), Some(remedy.to_owned())),
            None => Self::new(exit, code, text.to_owned(), None),
        }
    }

    fn new(exit: Exit, code: &str, text: String, remedy: Option<String>) -> Self {
        Self { exit, failure: Failure { code: code.to_owned(), text, remedy } }
    }
}

impl From<ControlError> for Failed {
    fn from(error: ControlError) -> Self {
        let code = match error {
            ControlError::NoNode(_) => {
                let remedy = "start it with landside serve".to_owned();
                return Self::new(Exit::Broken, "no-node", error.to_string(), Some(remedy));
            }
            ControlError::Broken(_) => "node-gone",
            ControlError::Form(_) => "answer-unreadable",
        };
        Self::broken(code, error)
    }
}

impl From<OpenError> for Failed {
    fn from(error: OpenError) -> Self {
        let remedy = match &error {
            OpenError::InUse(_) => "end its node first: landside stop",
            OpenError::Full(_) => "make room on its disk",
            OpenError::Missing(_) => {
                "if it was lost, bring it back from a backup; see docs/OPERATING.md before a new one is made"
            }
            _ => "see docs/OPERATING.md",
        };
        Self::new(Exit::Broken, error.code(), error.to_string(), Some(remedy.to_owned()))
    }
}

impl From<HomeError> for Failed {
    fn from(error: HomeError) -> Self {
        let (exit, code) = match &error {
            HomeError::Exists(_) => (Exit::Usage, "home-exists"),
            HomeError::NoHome(_) => (Exit::Usage, "no-home"),
            HomeError::NoDirectory => (Exit::Usage, "no-directory"),
            HomeError::PathTooLong(_) => (Exit::Usage, "path-too-long"),
            HomeError::Io { .. } => (Exit::Broken, "file"),
            HomeError::Custody(error) if error.code() == "passphrase-short" => {
                (Exit::Usage, error.code())
            }
            HomeError::Custody(error) => (Exit::Broken, error.code()),
            HomeError::Name(_) => (Exit::Broken, "actor"),
            HomeError::Config(_) => (Exit::Broken, "config"),
            HomeError::Edition { .. } => (Exit::Broken, "edition"),
        };
        Self::told(exit, code, &error.to_string())
    }
}

impl From<CustodyError> for Failed {
    fn from(error: CustodyError) -> Self {
        Self::from(HomeError::from(error))
    }
}

impl From<WebError> for Failed {
    fn from(error: WebError) -> Self {
        Self::broken(error.code(), error)
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        let remedy = Some(refusal.code.remedy().to_owned());
        Self::new(Exit::Refused, refusal.code.as_str(), refusal.fact(), remedy)
    }
}

impl From<IdError> for Failed {
    fn from(error: IdError) -> Self {
        Self::told(Exit::Usage, error.code(), &error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use landside_proto::refusal::Code;

    use super::*;

    #[test]
    fn the_remedy_is_what_follows_the_semicolon() {
        let failed = Failed::from(HomeError::NoHome("/nowhere".to_owned()));
        assert_eq!(failed.exit, Exit::Usage);
        assert_eq!(failed.failure.code, "no-home");
        assert_eq!(failed.failure.text, "/nowhere is no landside home");
        assert_eq!(failed.failure.remedy.as_deref(), Some("make one with landside init"));
    }

    #[test]
    fn a_refusal_without_detail_says_what_its_code_means() {
        let failed = Failed::from(Refusal::new(Code::BadSignature, ""));
        assert_eq!(failed.exit, Exit::Refused);
        assert_eq!(failed.failure.text, "the signature does not verify");
    }

    #[test]
    fn a_status_that_nobody_knows_is_broken() {
        let exits = [0, 1, 2, 3, 4, 5, 9].map(Exit::from_status);
        let (no, cannot) = (Exit::Refused, Exit::Broken);
        let known = [Exit::Done, no, Exit::Usage, cannot, Exit::Unjudged, Exit::Part, cannot];
        assert_eq!(exits, known);
    }
}
