//! What a token may: words, each of which is a part of what people may.

use std::collections::BTreeSet;
use std::fmt;

use landside_proto::document::Kind;
use serde::{Deserialize, Serialize};

use super::TokenError;
use crate::people::Act;

/// One thing that a token may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// See what the node shows, events among it.
    Read,
    /// Have documents signed that clerks sign.
    Sign,
    /// Have documents of this kind signed.
    SignKind(Kind),
    /// Judge trucks, sign interchange receipts, let trucks out.
    Gate,
    /// Have signed what a file says.
    Import,
}

impl Scope {
    /// Every scope, for people to choose from.
    pub const WORDS: &'static str =
        "read, sign, sign:KIND (such as sign:release-order), gate, import";

    /// Reads a word.
    ///
    /// # Errors
    /// [`TokenError::Scope`].
    pub fn parse(word: &str) -> Result<Self, TokenError> {
        let wrong = |why: &str| TokenError::Scope(format!("\"{}\" {why}", word.escape_default()));
        match (word, word.strip_prefix("sign:")) {
            ("read", _) => Ok(Self::Read),
            ("sign", _) => Ok(Self::Sign),
            ("gate", _) => Ok(Self::Gate),
            ("import", _) => Ok(Self::Import),
            (_, Some(kind)) => match Kind::parse(kind) {
                Some(Kind::Override) => Err(wrong("is for people alone")),
                Some(kind) => Ok(Self::SignKind(kind)),
                None => Err(wrong("names no kind of document")),
            },
            _ => Err(wrong("is no scope")),
        }
    }

    fn may(self, act: Act) -> bool {
        match (self, act) {
            (Self::Read, Act::Look) | (Self::Gate, Act::Judge) | (Self::Import, Act::Import) => {
                true
            }
            // An override names the person who answers for it.
            (_, Act::Sign(Kind::Override)) => false,
            (Self::Sign, Act::Sign(kind)) => !kind_is_of_the_gate(kind),
            (Self::Gate, Act::Sign(kind)) => kind_is_of_the_gate(kind),
            (Self::SignKind(own), Act::Sign(kind)) => own == kind,
            _ => false,
        }
    }
}

fn kind_is_of_the_gate(kind: Kind) -> bool {
    matches!(kind, Kind::GateDecision | Kind::InterchangeReceipt | Kind::GateOut)
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => f.write_str("read"),
            Self::Sign => f.write_str("sign"),
            Self::SignKind(kind) => write!(f, "sign:{}", kind.as_str()),
            Self::Gate => f.write_str("gate"),
            Self::Import => f.write_str("import"),
        }
    }
}

/// The scopes of a token: at least one, each once, as words in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads words.
    ///
    /// # Errors
    /// [`TokenError::Scope`]: none is named, or one is not known.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, TokenError> {
        let words: BTreeSet<&str> = words.into_iter().collect();
        let scopes: Vec<_> = words.into_iter().map(Scope::parse).collect::<Result<_, _>>()?;
        if scopes.is_empty() {
            return Err(TokenError::Scope("no scope is named".to_owned()));
        }
        Ok(Self(scopes))
    }

    /// Each as its word.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    pub(crate) fn may(&self, act: Act) -> bool {
        self.0.iter().any(|scope| scope.may(act))
    }
}

impl TryFrom<Vec<String>> for Scopes {
    type Error = TokenError;

    fn try_from(words: Vec<String>) -> Result<Self, TokenError> {
        Self::parse(words.iter().map(String::as_str))
    }
}

impl From<Scopes> for Vec<String> {
    fn from(scopes: Scopes) -> Self {
        scopes.words()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(words: &str) -> Scopes {
        Scopes::parse(words.split(' ')).unwrap()
    }

    #[test]
    fn no_scope_lets_a_program_do_what_asks_for_a_person() {
        let everything = scopes("read sign gate import sign:hold");
        let person = [
            Act::Approve,
            Act::People,
            Act::Share,
            Act::Tokens,
            Act::Hooks,
            Act::Sign(Kind::Override),
        ];
        for act in person {
            assert!(!everything.may(act), "{act:?}");
        }
        assert!(Scopes::parse(["sign:override"]).is_err());
    }

    #[test]
    fn a_scope_of_one_kind_is_of_no_other() {
        let one = scopes("sign:release-order");
        for kind in Kind::ALL {
            assert_eq!(one.may(Act::Sign(*kind)), *kind == Kind::ReleaseOrder, "{kind:?}");
        }
        assert!(!one.may(Act::Look) && !one.may(Act::Import) && !one.may(Act::Judge));
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        for wrong in ["", "admin", "people", "approve", "sign:", "sign:pass", "READ", "read "] {
            assert!(Scope::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Scopes::parse([]).is_err());
        assert_eq!(scopes("sign read read").words(), ["read", "sign"]);
    }
}
