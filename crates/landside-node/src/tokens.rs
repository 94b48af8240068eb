//! Tokens with which programs use the console's JSON door in a person's name.
//!
//! A token is random, shown once, and kept only as its hash, in one file of the home (`tokens.json`, mode
//! 0600), with whose it is, what it may, until when, who made it and who took it back. It may no more than
//! its person, and never what asks for a person: agreeing to a draft, overriding, saying who may do what.
//! It ends with its time, when it is taken back, and with the person's account.
//!
//! What is not in it: fields of requests, and how often somebody asks: those are HTTP's.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use landside_proto::document::Remark;
use landside_proto::ids::{Hash32, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::home::{Home, HomeError};
use crate::kept::{Kept, KeptFile};
use crate::people::{By, People, Person};
use crate::shares::Whose;

mod scope;
mod verbs;

pub use self::scope::{Scope, Scopes};
pub(crate) use self::verbs::handle;

/// Longest life of a token: a year, so that each is looked at once a year.
pub const API_TOKEN_LIFE_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Most tokens of one person that are good at a time: one for each program, and one to change over to.
pub const API_TOKENS_PER_PERSON_MAX: usize = 20;

/// Most tokens kept, those that have ended included.
pub const API_TOKENS_MAX: usize = 1_000;

/// How long a token that has ended is kept, for who asks later what it was.
pub const API_TOKEN_KEPT_FOR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Longest file of tokens, in bytes: about twice what so many take.
const TOKENS_FILE_MAX: usize = 4 * 1024 * 1024;

/// Random bytes of a token: 256 bits, which nobody guesses.
const TOKEN_LEN: usize = 32;

/// What a token begins with, so that whoever searches files for secrets finds it.
const TOKEN_MARK: &str = "landside_";

/// A token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiToken {
    /// Number here, from 1; never given twice.
    pub id: u64,
    /// Login name of the person in whose name it is used.
    pub person: String,
    /// For which program, in the words of who made it.
    pub label: Remark,
    /// What it may, of what its person may.
    pub scopes: Scopes,
    /// The hash of its text.
    token: Hash32,
    /// When it was made.
    pub made_at: UnixMillis,
    /// First moment at which it is good no more.
    pub until: UnixMillis,
    /// Who made it; nobody where it was made at the machine itself.
    pub made_by: Option<Whose>,
    /// When it was taken back.
    pub revoked_at: Option<UnixMillis>,
    /// Who took it back.
    pub revoked_by: Option<Whose>,
}

/// A token as recorded beside what was signed with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct With {
    /// Its number.
    pub token: u64,
    /// For which program.
    pub label: Remark,
    /// What it may.
    pub scopes: Scopes,
}

/// A good token and whose it is.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The token.
    pub token: ApiToken,
    /// The person as of now.
    pub person: Person,
}

impl Bearer {
    /// As recorded beside what is signed with it.
    #[must_use]
    pub fn by(&self) -> By {
        let ApiToken { id, label, scopes, .. } = &self.token;
        let with = With { token: *id, label: label.clone(), scopes: scopes.clone() };
        By { with: Some(with), ..self.person.by() }
    }
}

/// How a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// Whoever has it is let in.
    Good,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// The account of its person is closed.
    Orphaned,
}

impl TokenState {
    /// The word shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Orphaned => "orphaned",
        }
    }
}

impl ApiToken {
    /// How it stands at `now`, among the people there are.
    #[must_use]
    pub fn state(&self, people: &People, now: UnixMillis) -> TokenState {
        if self.revoked_at.is_some() {
            TokenState::Revoked
        } else if self.until <= now {
            TokenState::Expired
        } else if people.find(&self.person).is_none_or(|person| person.closed) {
            TokenState::Orphaned
        } else {
            TokenState::Good
        }
    }

    /// When it ended, if it has.
    fn ended(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.revoked_at.or(Some(self.until)).filter(|at| *at <= now)
    }
}

/// Something cannot be done with a token. [`TokenError::code`] is the stable part.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum TokenError {
    #[error("no such token is good here")]
    Bad,
    #[error("no token here has the number {0}")]
    Unknown(u64),
    #[error("a token lives for 1 to 366 days")]
    Days,
    #[error("label: {0}")]
    Label(String),
    #[error("{0}; scopes are {list}", list = Scope::WORDS)]
    Scope(String),
    #[error("no open account here has the login name {0}; see landside people list")]
    Person(String),
    #[error(
        "{API_TOKENS_PER_PERSON_MAX} tokens of this person are good, which is the most; take one back"
    )]
    PersonFull,
    #[error("{API_TOKENS_MAX} tokens are good, which is the most; take some back")]
    Full,
    #[error("{0}")]
    Broken(String),
}

impl TokenError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bad => "token-bad",
            Self::Unknown(_) => "token-unknown",
            Self::Days => "token-days",
            Self::Label(_) => "token-label",
            Self::Scope(_) => "token-scope",
            Self::Person(_) => "token-person-unknown",
            Self::PersonFull => "token-person-full",
            Self::Full => "tokens-full",
            Self::Broken(_) => "tokens-unreadable",
        }
    }
}

impl From<HomeError> for TokenError {
    fn from(error: HomeError) -> Self {
        Self::Broken(error.to_string())
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tokened {
    version: u32,
    /// The number given last.
    last: u64,
    tokens: Vec<ApiToken>,
}

impl Kept for Tokened {
    const FILE: &'static str = "tokens.json";
    const BYTES: usize = TOKENS_FILE_MAX;
    const VERSION: u32 = 1;

    fn nothing() -> Self {
        Self { version: Self::VERSION, last: 0, tokens: Vec::new() }
    }

    fn version(&self) -> u32 {
        self.version
    }
}

/// What is said of a token that is made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Login name of the person whose it is.
    pub person: String,
    /// For which program.
    pub label: Remark,
    /// What it may.
    pub scopes: Scopes,
    /// How long it is good, at most [`API_TOKEN_LIFE_MAX`].
    pub life: Duration,
}

/// The tokens of this party. Changes are on disk when they return; they block for that long.
pub struct Tokens {
    kept: KeptFile<Tokened>,
    /// When each was last used, since the node started.
    used: Mutex<HashMap<u64, UnixMillis>>,
}

impl Tokens {
    /// Reads the file of a home; there are none where there is none.
    ///
    /// # Errors
    /// [`TokenError::Broken`].
    pub fn of(home: &Home) -> Result<Self, TokenError> {
        let kept = KeptFile::of(home).map_err(TokenError::Broken)?;
        Ok(Self { kept, used: Mutex::default() })
    }

    /// Every token, the newest first.
    #[must_use]
    pub fn all(&self) -> Vec<ApiToken> {
        self.kept.look().tokens.iter().rev().cloned().collect()
    }

    /// When a token was last used, as far as this start of the node knows.
    #[must_use]
    pub fn used_at(&self, id: u64) -> Option<UnixMillis> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    /// Makes a token; gives its text, which is kept nowhere but hashed.
    ///
    /// # Errors
    /// No such account, too many tokens, or the file cannot be written.
    pub fn make(
        &self,
        new: NewToken,
        people: &People,
        by: Option<&By>,
        now: UnixMillis,
    ) -> Result<(ApiToken, String), TokenError> {
        let NewToken { person, label, scopes, life } = new;
        if people.find(&person).is_none_or(|person| person.closed) {
            return Err(TokenError::Person(Remark::fitted(&person, "that was given").to_string()));
        }
        let mut secret = [0; TOKEN_LEN];
        getrandom::fill(&mut secret).map_err(|e| TokenError::Broken(e.to_string()))?;
        let text = format!("{TOKEN_MARK}{}", BASE64URL_NOPAD.encode(&secret));
        let token = self.kept.change(|kept| {
            kept.make_place(&person, now)?;
            kept.last = kept.last.saturating_add(1);
            let token = ApiToken {
                id: kept.last,
                person,
                label,
                scopes,
                token: Hash32::of(text.as_bytes()),
                made_at: now,
                until: now.plus(life.min(API_TOKEN_LIFE_MAX)),
                made_by: by.map(Whose::from),
                revoked_at: None,
                revoked_by: None,
            };
            kept.tokens.push(token.clone());
            Ok::<_, TokenError>(token)
        })?;
        Ok((token, text))
    }

    /// Takes a token back. One that has ended already stays as it is.
    ///
    /// # Errors
    /// [`TokenError::Unknown`], or the file cannot be written.
    pub fn revoke(
        &self,
        id: u64,
        by: Option<&By>,
        now: UnixMillis,
    ) -> Result<ApiToken, TokenError> {
        self.kept.change(|kept| {
            let found = kept.tokens.iter_mut().find(|token| token.id == id);
            let token = found.ok_or(TokenError::Unknown(id))?;
            if token.ended(now).is_none() {
                (token.revoked_at, token.revoked_by) = (Some(now), by.map(Whose::from));
            }
            Ok(token.clone())
        })
    }

    /// The token of a text, if it is good. Texts are told apart by their hashes, so how long it takes
    /// tells nothing of a token; why one is not good is not said.
    ///
    /// # Errors
    /// [`TokenError::Bad`], whatever the reason.
    pub fn find(&self, text: &str, people: &People, now: UnixMillis) -> Result<Bearer, TokenError> {
        let hash = Hash32::of(text.as_bytes());
        let found = self.kept.look().tokens.iter().find(|token| token.token == hash).cloned();
        let bearer = found.and_then(|token| bearer(token, people, now)).ok_or(TokenError::Bad)?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(bearer.token.id, now);
        Ok(bearer)
    }

    /// Whether a token that was found is still good.
    #[must_use]
    pub fn goes_on(&self, id: u64, people: &People, now: UnixMillis) -> bool {
        let found = self.kept.look().tokens.iter().find(|token| token.id == id).cloned();
        found.is_some_and(|token| bearer(token, people, now).is_some())
    }
}

fn bearer(token: ApiToken, people: &People, now: UnixMillis) -> Option<Bearer> {
    let is_good = token.state(people, now) == TokenState::Good;
    let person = people.find(&token.person).filter(|_| is_good)?;
    Some(Bearer { token, person })
}

impl Tokened {
    /// One more fits, of this person and of all. Those that ended make place; a good one never does.
    fn make_place(&mut self, person: &str, now: UnixMillis) -> Result<(), TokenError> {
        self.tokens.retain(|t| t.ended(now).is_none_or(|at| at.plus(API_TOKEN_KEPT_FOR) > now));
        let good = |token: &&ApiToken| token.person == person && token.ended(now).is_none();
        if self.tokens.iter().filter(good).count() >= API_TOKENS_PER_PERSON_MAX {
            return Err(TokenError::PersonFull);
        }
        if self.tokens.len() >= API_TOKENS_MAX {
            let ended = self.tokens.iter().enumerate();
            let ended = ended.filter_map(|(at, token)| Some((token.ended(now)?, at)));
            let (_, oldest) = ended.min().ok_or(TokenError::Full)?;
            self.tokens.remove(oldest);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
