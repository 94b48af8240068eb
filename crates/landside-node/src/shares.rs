//! Links with which somebody who has no account here sees how far one case is, for some days.
//!
//! A link is a random token behind a `#`, of which only the hash is kept, in one file of the home
//! (`shares.json`, mode 0600), with who made it and who took it back. It is of one case and shows what
//! `view` puts together, which is less than any document says.
//!
//! What is not in it: who asks, and how often: that is HTTP's.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use landside_proto::document::Remark;
use landside_proto::ids::{CaseCode, Hash32, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::home::{Home, HomeError};
use crate::kept::{Kept, KeptFile};
use crate::people::{Act, By, People, PersonRole};

mod verbs;
mod view;

pub(crate) use self::verbs::handle;

/// Longest life of a link: as long as a container stays in a port, demurrage and all.
pub const SHARE_LIFE_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Most links of one case that are good at a time: who needs more wants accounts.
pub const SHARES_PER_CASE_MAX: usize = 10;

/// Most links kept, those that have ended included.
pub const SHARES_MAX: usize = 5_000;

/// How long a link that has ended is kept, for who asks later who had made it.
pub const SHARE_KEPT_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Longest file of links, in bytes: about twice what so many take.
const SHARES_FILE_MAX: usize = 16 * 1024 * 1024;

/// Random bytes of a token: 256 bits, which nobody guesses.
const TOKEN_LEN: usize = 32;

/// A link to how far a case is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Number here, from 1; never given twice.
    pub id: u64,
    /// The one case that it shows.
    pub case: CaseCode,
    /// For whom, in the words of who made it. Not shown to who follows the link.
    pub label: Option<Remark>,
    /// The hash of its token.
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

/// The person who did something with a link, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whose {
    /// The login name.
    pub login: String,
    /// The name.
    pub name: Remark,
    /// The role.
    pub role: PersonRole,
}

impl From<&By> for Whose {
    fn from(by: &By) -> Self {
        Self { login: by.login.clone(), name: by.name.clone(), role: by.role }
    }
}

/// How a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareState {
    /// Whoever has it sees the case.
    Good,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// Who made it has left, or may make none any more.
    Orphaned,
}

impl ShareState {
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

impl Share {
    /// How it stands at `now`, among the people there are.
    #[must_use]
    pub fn state(&self, people: &People, now: UnixMillis) -> ShareState {
        let may = |maker: &Whose| {
            let person = people.find(&maker.login).filter(|person| !person.closed);
            person.is_some_and(|person| person.role.may(Act::Share))
        };
        if self.revoked_at.is_some() {
            ShareState::Revoked
        } else if self.until <= now {
            ShareState::Expired
        } else if self.made_by.as_ref().is_some_and(|maker| !may(maker)) {
            ShareState::Orphaned
        } else {
            ShareState::Good
        }
    }

    /// When it ended, if it has; a link whose maker has left ends with its time.
    fn ended(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.revoked_at.or(Some(self.until)).filter(|at| *at <= now)
    }
}

/// Something cannot be done with a link. [`ShareError::code`] is the stable part.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum ShareError {
    #[error("no such link is good here; ask who gave it to you for another")]
    LinkUnknown,
    #[error("no link here has the number {0}")]
    Unknown(u64),
    #[error("a link lives for 1 to 30 days")]
    Days,
    #[error("label: {0}")]
    Label(String),
    #[error("{SHARES_PER_CASE_MAX} links of this case are good, which is the most; take one back")]
    CaseFull,
    #[error("{SHARES_MAX} links are good, which is the most; take some back")]
    Full,
    #[error("{0}")]
    Broken(String),
}

impl ShareError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::LinkUnknown => "share-link-unknown",
            Self::Unknown(_) => "share-unknown",
            Self::Days => "share-days",
            Self::Label(_) => "share-label",
            Self::CaseFull => "share-case-full",
            Self::Full => "shares-full",
            Self::Broken(_) => "shares-unreadable",
        }
    }
}

impl From<HomeError> for ShareError {
    fn from(error: HomeError) -> Self {
        Self::Broken(error.to_string())
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Links {
    version: u32,
    /// The number given last.
    last: u64,
    shares: Vec<Share>,
}

impl Kept for Links {
    const FILE: &'static str = "shares.json";
    const BYTES: usize = SHARES_FILE_MAX;
    const VERSION: u32 = 1;

    fn nothing() -> Self {
        Self { version: Self::VERSION, last: 0, shares: Vec::new() }
    }

    fn version(&self) -> u32 {
        self.version
    }
}

/// What a person says of a link that is made.
#[derive(Debug, Clone)]
pub(crate) struct NewShare {
    pub(crate) case: CaseCode,
    pub(crate) label: Option<Remark>,
    pub(crate) life: Duration,
}

/// The links of this party. Changes are on disk when they return; they block for that long.
pub(crate) struct Shares(KeptFile<Links>);

impl Shares {
    /// Reads the file of a home; there are none where there is none.
    pub(crate) fn of(home: &Home) -> Result<Self, ShareError> {
        KeptFile::of(home).map(Self).map_err(ShareError::Broken)
    }

    /// The links of a case, or all, the newest first.
    pub(crate) fn all(&self, case: Option<CaseCode>) -> Vec<Share> {
        let kept = self.0.look();
        let of = kept.shares.iter().rev().filter(|share| case.is_none_or(|c| c == share.case));
        of.cloned().collect()
    }

    /// Makes a link; gives its token, which is kept nowhere but hashed.
    pub(crate) fn make(
        &self,
        new: NewShare,
        by: Option<&By>,
        now: UnixMillis,
    ) -> Result<(Share, String), ShareError> {
        let mut token = [0; TOKEN_LEN];
        getrandom::fill(&mut token).map_err(|e| ShareError::Broken(e.to_string()))?;
        let token = BASE64URL_NOPAD.encode(&token);
        let share = self.0.change(|kept| {
            let NewShare { case, label, life } = new;
            kept.shares.retain(|s| s.ended(now).is_none_or(|at| at.plus(SHARE_KEPT_FOR) > now));
            let good = |share: &&Share| share.case == case && share.ended(now).is_none();
            if kept.shares.iter().filter(good).count() >= SHARES_PER_CASE_MAX {
                return Err(ShareError::CaseFull);
            }
            if kept.shares.len() >= SHARES_MAX {
                // The one that ended longest ago makes place; a good one never does.
                let ended = kept.shares.iter().enumerate();
                let ended = ended.filter_map(|(at, share)| Some((share.ended(now)?, at)));
                let (_, oldest) = ended.min().ok_or(ShareError::Full)?;
                kept.shares.remove(oldest);
            }
            kept.last = kept.last.saturating_add(1);
            let share = Share {
                id: kept.last,
                case,
                label,
                token: Hash32::of(token.as_bytes()),
                made_at: now,
                until: now.plus(life.min(SHARE_LIFE_MAX)),
                made_by: by.map(Whose::from),
                revoked_at: None,
                revoked_by: None,
            };
            kept.shares.push(share.clone());
            Ok(share)
        })?;
        Ok((share, token))
    }

    /// Takes a link back. One that has ended already stays as it is.
    pub(crate) fn revoke(
        &self,
        id: u64,
        by: Option<&By>,
        now: UnixMillis,
    ) -> Result<Share, ShareError> {
        self.0.change(|kept| {
            let found = kept.shares.iter_mut().find(|share| share.id == id);
            let share = found.ok_or(ShareError::Unknown(id))?;
            if share.ended(now).is_none() {
                (share.revoked_at, share.revoked_by) = (Some(now), by.map(Whose::from));
            }
            Ok(share.clone())
        })
    }

    /// The link of a token, if it is good. Tokens are told apart by their hashes, so how long it takes
    /// tells nothing of a token; why one is not good is not said.
    pub(crate) fn find(
        &self,
        token: &str,
        people: &People,
        now: UnixMillis,
    ) -> Result<Share, ShareError> {
        let hash = Hash32::of(token.as_bytes());
        let found = self.0.look().shares.iter().find(|share| share.token == hash).cloned();
        found
            .filter(|share| share.state(people, now) == ShareState::Good)
            .ok_or(ShareError::LinkUnknown)
    }
}

#[cfg(test)]
mod tests;
