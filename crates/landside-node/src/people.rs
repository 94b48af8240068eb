//! The people of this party who may use its screens.
//!
//! They are kept in one file of the home (`people.json`, mode 0600), replaced whole: a person is there
//! or not, whenever the machine stops. Not in the store, whose long values lie in files that only grow:
//! the hash of a password that was changed is to be gone. The control socket asks for no password, so
//! who can open it can enrol anybody (docs/OPERATING.md § People).
//!
//! What is not in it: sessions and cookies, which are HTTP's.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use landside_proto::document::{Remark, is_same_person};
use landside_proto::ids::{Hash32, UnixMillis};
use serde::{Deserialize, Serialize};

use self::password::PasswordHash;
use crate::home::{Home, HomeError};
use crate::kept::{self, KeptFile};
use crate::tokens::With;

mod acting;
mod passkeys;
mod password;
mod role;
mod verbs;

pub(crate) use self::acting::{in_the_name_of, may_import};
pub use self::passkeys::{CREDENTIAL_MAX, HANDLE_LEN, PASSKEYS_MAX, Passkey};
pub use self::password::{HASH_KIB, HASH_LANES, HASH_PASSES, PASSWORD_MAX, PASSWORD_MIN};
pub(crate) use self::role::Act;
pub use self::role::PersonRole;
pub(crate) use self::verbs::handle;

/// Most people of one party, those whose account is closed included: a large port's office and gate.
pub const PEOPLE_MAX: usize = 1_000;

/// Longest file of people, in bytes: so many, with passkeys of a usual length.
const PEOPLE_FILE_MAX: usize = 16 * 1024 * 1024;

/// Longest login name, in characters: what one types each morning.
pub const LOGIN_MAX: usize = 32;

/// How long a link lives that makes the first administrator: as long as somebody stands beside.
pub const ADMIN_LINK_LIFE: Duration = Duration::from_secs(60 * 60);

/// How long a link lives with which a person chooses a password: until the next shift.
pub const PERSON_LINK_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Random bytes of a link's token.
const TOKEN_LEN: usize = 32;

/// A person of this party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name typed to log in; never given to a second person.
    pub login: String,
    /// The person's name, as documents and screens show it.
    pub name: Remark,
    /// What the person may do.
    pub role: PersonRole,
    /// Whether the account was closed; it is not opened again.
    pub closed: bool,
    /// Whether a password was chosen.
    pub enrolled: bool,
    /// Language of the screens, when the person chose one.
    pub language: Option<Language>,
    /// When the person was added.
    pub added_at: UnixMillis,
    /// Rises whenever what was proven by a password before counts no more.
    pub epoch: u64,
}

/// Language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
}

/// A logged-in person, as recorded beside what it has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The login name.
    pub login: String,
    /// The name.
    pub name: Remark,
    /// The role at that time.
    pub role: PersonRole,
    /// The token with which a program acts in the person's name, if it is one.
    pub with: Option<With>,
}

impl By {
    /// Whether the person may do it, and the token where there is one.
    pub(crate) fn may(&self, act: Act) -> bool {
        self.role.may(act) && self.with.as_ref().is_none_or(|with| with.scopes.may(act))
    }

    /// Words for what the person or its program may do, as [`PersonRole::acts`].
    #[must_use]
    pub fn acts(&self) -> Vec<&'static str> {
        role::words(|act| self.may(act))
    }
}

impl Person {
    /// As recorded beside what the person signs.
    #[must_use]
    pub fn by(&self) -> By {
        By { login: self.login.clone(), name: self.name.clone(), role: self.role, with: None }
    }
}

/// A one-time link, to be handed to one person. Its token is kept nowhere but hashed.
pub struct Link {
    /// What follows the console's address.
    pub path: String,
    /// When it ends.
    pub until: UnixMillis,
}

/// Whom a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkFor {
    /// A new administrator, who gives the names.
    Admin,
    /// A person who was added.
    Person(Person),
}

/// People cannot be read or changed. [`PeopleError::code`] is the stable part.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum PeopleError {
    #[error("login name must have 2 to {LOGIN_MAX} of a-z, 0-9, dot, hyphen and underscore")]
    LoginForm,
    #[error("login name {0} is or was somebody's; choose another")]
    LoginTaken(String),
    #[error("name: {0}")]
    Name(String),
    #[error("{0} is the name of a person here; two persons must be told apart")]
    NameTaken(String),
    #[error("role must be admin, clerk, gate or viewer")]
    Role,
    #[error("nobody here has the login name {0}")]
    Unknown(String),
    #[error("the account of {0} is closed; add the person under another login name")]
    Closed(String),
    #[error("{PEOPLE_MAX} people are enrolled, which is the most")]
    Full,
    #[error("this link was used, has ended, or never was; ask for a new one")]
    LinkUnknown,
    #[error("the password is not right")]
    PasswordWrong,
    #[error("a password has at least {PASSWORD_MIN} characters")]
    PasswordShort,
    #[error("a password has at most {PASSWORD_MAX} bytes")]
    PasswordLong,
    #[error("a password must not hold the login name or be one character again and again")]
    PasswordPlain,
    #[error("{PASSKEYS_MAX} passkeys are enrolled, which is the most; remove one")]
    PasskeysFull,
    #[error("this passkey is enrolled already")]
    PasskeyTaken,
    #[error("there is no such passkey")]
    PasskeyUnknown,
    #[error("what is kept of a passkey has at most {CREDENTIAL_MAX} bytes")]
    PasskeyLong,
    #[error("the account changed meanwhile; log in again")]
    AccountChanged,
    #[error("{0}")]
    Broken(String),
}

impl PeopleError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::LoginForm => "login-form",
            Self::LoginTaken(_) => "login-taken",
            Self::Name(_) => "person",
            Self::NameTaken(_) => "person-name-taken",
            Self::Role => "person-role",
            Self::Unknown(_) => "person-unknown",
            Self::Closed(_) => "person-closed",
            Self::Full => "people-full",
            Self::LinkUnknown => "link-unknown",
            Self::PasswordWrong => "password-wrong",
            Self::PasswordShort => "password-short",
            Self::PasswordLong => "password-long",
            Self::PasswordPlain => "password-plain",
            Self::PasskeysFull => "passkeys-full",
            Self::PasskeyTaken => "passkey-taken",
            Self::PasskeyUnknown => "passkey-unknown",
            Self::PasskeyLong => "passkey-long",
            Self::AccountChanged => "account-changed",
            Self::Broken(_) => "people-unreadable",
        }
    }
}

impl From<HomeError> for PeopleError {
    fn from(error: HomeError) -> Self {
        Self::Broken(error.to_string())
    }
}

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    people: Vec<Account>,
    links: Vec<KeptLink>,
}

impl kept::Kept for Kept {
    const FILE: &'static str = "people.json";
    const BYTES: usize = PEOPLE_FILE_MAX;
    const VERSION: u32 = 1;

    fn nothing() -> Self {
        Self { version: Self::VERSION, people: Vec::new(), links: Vec::new() }
    }

    fn version(&self) -> u32 {
        self.version
    }
}

/// A person in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    login: String,
    name: Remark,
    role: PersonRole,
    closed: bool,
    language: Option<Language>,
    added_at: UnixMillis,
    epoch: u64,
    password: Option<PasswordHash>,
    /// By what passkeys know the person, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    handle: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    passkeys: Vec<Passkey>,
}

/// A link in the file: the hash of its token, and the login name it is for, if it is for one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptLink {
    token: Hash32,
    until: UnixMillis,
    login: Option<String>,
}

impl Account {
    fn person(&self) -> Person {
        Person {
            login: self.login.clone(),
            name: self.name.clone(),
            role: self.role,
            closed: self.closed,
            enrolled: self.password.is_some(),
            language: self.language,
            added_at: self.added_at,
            epoch: self.epoch,
        }
    }
}

/// What a person chooses who follows a link. Names are asked for when it makes an administrator.
pub struct Chosen<'a> {
    /// The login name.
    pub login: Option<&'a str>,
    /// The name.
    pub name: Option<&'a str>,
    /// The password.
    pub password: &'a str,
}

/// The people of this party. Changes are on disk when they return; they block for that long, and
/// for the hash of a password.
pub struct People {
    kept: KeptFile<Kept>,
    nobody: PasswordHash,
}

impl People {
    /// Reads the file of a home; nobody is enrolled where there is none.
    ///
    /// # Errors
    /// [`PeopleError::Broken`].
    pub fn of(home: &Home) -> Result<Self, PeopleError> {
        let kept = KeptFile::of(home).map_err(PeopleError::Broken)?;
        Ok(Self { kept, nobody: PasswordHash::of_nobody() })
    }

    /// Everybody, by login name.
    #[must_use]
    pub fn all(&self) -> Vec<Person> {
        let mut people: Vec<_> = self.kept.look().people.iter().map(Account::person).collect();
        people.sort_by(|one, other| one.login.cmp(&other.login));
        people
    }

    /// The person of a login name.
    #[must_use]
    pub fn find(&self, login: &str) -> Option<Person> {
        self.kept.look().people.iter().find(|account| account.login == login).map(Account::person)
    }

    /// Whether nobody can log in, and nobody ever could.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.kept.look().people.iter().any(|account| account.password.is_some())
    }

    /// Adds a person, who chooses a password with the link.
    ///
    /// # Errors
    /// A name cannot be taken, or the file cannot be written.
    pub fn add(
        &self,
        login: &str,
        name: &str,
        role: PersonRole,
        now: UnixMillis,
    ) -> Result<Link, PeopleError> {
        self.kept.change(|kept| {
            kept.enrol(login, name, role, now)?;
            kept.link(Some(login), now, PERSON_LINK_LIFE)
        })
    }

    /// Closes an account for good: its sessions, links, passkeys and password end.
    ///
    /// # Errors
    /// There is none of that name, or the file cannot be written.
    pub fn close(&self, login: &str) -> Result<Person, PeopleError> {
        self.kept.change(|kept| {
            kept.links.retain(|link| link.login.as_deref() != Some(login));
            let account = kept.open(login)?;
            (account.closed, account.password) = (true, None);
            account.passkeys.clear();
            account.epoch = account.epoch.saturating_add(1);
            Ok(account.person())
        })
    }

    /// Ends a person's password, passkeys and sessions; a new password is chosen with the link.
    ///
    /// # Errors
    /// There is no open account of that name, or the file cannot be written.
    pub fn reset(&self, login: &str, now: UnixMillis) -> Result<Link, PeopleError> {
        self.kept.change(|kept| {
            let account = kept.open(login)?;
            account.password = None;
            account.passkeys.clear();
            account.epoch = account.epoch.saturating_add(1);
            kept.link(Some(login), now, PERSON_LINK_LIFE)
        })
    }

    /// A link that makes an administrator; the one before ends.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn admin_link(&self, now: UnixMillis) -> Result<Link, PeopleError> {
        self.kept.change(|kept| kept.link(None, now, ADMIN_LINK_LIFE))
    }

    /// Whom a link is for.
    ///
    /// # Errors
    /// [`PeopleError::LinkUnknown`].
    pub fn look_at(&self, token: &str, now: UnixMillis) -> Result<LinkFor, PeopleError> {
        let mut kept = self.kept.look();
        match kept.links.get(kept.find_link(token, now)?).and_then(|link| link.login.clone()) {
            Some(login) => Ok(LinkFor::Person(kept.open(&login)?.person())),
            None => Ok(LinkFor::Admin),
        }
    }

    /// Follows a link: the password is kept, and the link is gone.
    ///
    /// # Errors
    /// The link is not known, a name or the password cannot be taken, or the file cannot be written.
    pub fn follow(
        &self,
        token: &str,
        chosen: &Chosen<'_>,
        now: UnixMillis,
    ) -> Result<Person, PeopleError> {
        // Before the costly part: who has no link costs no hash.
        let login = match self.look_at(token, now)? {
            LinkFor::Person(person) => person.login,
            LinkFor::Admin => chosen.login.unwrap_or_default().to_owned(),
        };
        password::may_be_taken(chosen.password, &login)?;
        let hash = PasswordHash::new(chosen.password)?;
        self.kept.change(|kept| {
            // Looked at anew: another may have followed it meanwhile.
            let link = kept.links.remove(kept.find_link(token, now)?);
            if link.login.is_none() {
                kept.enrol(&login, chosen.name.unwrap_or_default(), PersonRole::Admin, now)?;
            }
            let account = kept.open(&login)?;
            account.password = Some(hash);
            account.epoch = account.epoch.saturating_add(1);
            Ok(account.person())
        })
    }

    /// The person of a login name and password. It takes as long for a name that nobody has.
    #[must_use]
    pub fn check(&self, login: &str, password: &str) -> Option<Person> {
        let (person, hash) = {
            let kept = self.kept.look();
            let account = kept.people.iter().find(|account| account.login == login);
            let open = account.filter(|account| !account.closed && account.password.is_some());
            let hash = open.and_then(|account| account.password.clone());
            (open.map(Account::person), hash.unwrap_or_else(|| self.nobody.clone()))
        };
        // Longer ones are nobody's, and are not to cost more than others.
        let fits = password.len() <= PASSWORD_MAX;
        let right = hash.is_of(if fits { password } else { "" });
        person.filter(|_| right && fits)
    }

    /// Changes a person's own password. Every session of the person ends.
    ///
    /// # Errors
    /// [`PeopleError::PasswordWrong`]; the new one cannot be taken; the file cannot be written.
    pub fn change_password(
        &self,
        login: &str,
        old: &str,
        new: &str,
    ) -> Result<Person, PeopleError> {
        let before = self.check(login, old).ok_or(PeopleError::PasswordWrong)?;
        password::may_be_taken(new, login)?;
        let hash = PasswordHash::new(new)?;
        self.kept.change(|kept| {
            let account = kept.open(login)?;
            if account.epoch != before.epoch {
                return Err(PeopleError::PasswordWrong);
            }
            account.password = Some(hash);
            account.epoch = account.epoch.saturating_add(1);
            Ok(account.person())
        })
    }

    /// Notes the language that a person wants to see.
    ///
    /// # Errors
    /// There is no open account of that name, or the file cannot be written.
    pub fn speak(&self, login: &str, language: Language) -> Result<Person, PeopleError> {
        self.kept.change(|kept| {
            let account = kept.open(login)?;
            account.language = Some(language);
            Ok(account.person())
        })
    }
}

impl Kept {
    fn open(&mut self, login: &str) -> Result<&mut Account, PeopleError> {
        let account = self.people.iter_mut().find(|account| account.login == login);
        match account {
            None => Err(PeopleError::Unknown(shown(login))),
            Some(account) if account.closed => Err(PeopleError::Closed(account.login.clone())),
            Some(account) => Ok(account),
        }
    }

    fn enrol(
        &mut self,
        login: &str,
        name: &str,
        role: PersonRole,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let name = Remark::parse(name).map_err(|e| PeopleError::Name(e.to_string()))?;
        if !is_login(login) {
            return Err(PeopleError::LoginForm);
        }
        if self.people.iter().any(|account| account.login == login) {
            return Err(PeopleError::LoginTaken(login.to_owned()));
        }
        // Two persons must agree on some documents, and documents tell persons by their names.
        if self.people.iter().any(|a| !a.closed && is_same_person(&a.name, &name)) {
            return Err(PeopleError::NameTaken(name.to_string()));
        }
        if self.people.len() >= PEOPLE_MAX {
            return Err(PeopleError::Full);
        }
        self.people.push(Account {
            login: login.to_owned(),
            name,
            role,
            closed: false,
            language: None,
            added_at: now,
            epoch: 0,
            password: None,
            handle: None,
            passkeys: Vec::new(),
        });
        Ok(())
    }

    /// Makes a link; one that was for the same before ends, and so do those whose time is over.
    fn link(
        &mut self,
        login: Option<&str>,
        now: UnixMillis,
        life: Duration,
    ) -> Result<Link, PeopleError> {
        let mut token = [0; TOKEN_LEN];
        getrandom::fill(&mut token).map_err(|e| PeopleError::Broken(e.to_string()))?;
        let token = BASE64URL_NOPAD.encode(&token);
        let until = now.plus(life);
        self.links.retain(|link| link.until > now && link.login.as_deref() != login);
        let (hash, login) = (Hash32::of(token.as_bytes()), login.map(str::to_owned));
        self.links.push(KeptLink { token: hash, until, login });
        // Behind a #, so that no proxy, log or referrer has it.
        Ok(Link { path: format!("/#link={token}"), until })
    }

    /// Tokens are told apart by their hashes, so how long it takes tells nothing of a token.
    fn find_link(&self, token: &str, now: UnixMillis) -> Result<usize, PeopleError> {
        let hash = Hash32::of(token.as_bytes());
        let found = self.links.iter().position(|link| link.token == hash && link.until > now);
        found.ok_or(PeopleError::LinkUnknown)
    }
}

fn is_login(text: &str) -> bool {
    let fits = (2..=LOGIN_MAX).contains(&text.len());
    let may = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    fits && text.chars().all(may)
}

/// A login name as typed, fit to be shown.
fn shown(typed: &str) -> String {
    Remark::fitted(typed, "that was given").to_string()
}

#[cfg(test)]
mod tests;
