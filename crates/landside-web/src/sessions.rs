//! Who is logged in: a random token in a cookie, of which only the hash is kept, in memory.
//!
//! A restart of the node ends every session: nothing on disk lets anybody in without a password.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use landside_node::people::{People, Person};
use landside_proto::ids::{Hash32, UnixMillis};

/// A session that nobody uses ends: a screen left alone.
pub const SESSION_IDLE: Duration = Duration::from_secs(60 * 60);

/// No session is longer than a shift.
pub const SESSION_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// Most sessions: two a person where the most people are enrolled. The one used longest ago makes place.
const SESSIONS_MAX: usize = 2_000;

/// Most sessions of one person: desk, gate, telephone and some forgotten ones.
const SESSIONS_PER_PERSON_MAX: usize = 8;

/// Random bytes of a token: 256 bits, which nobody guesses.
const TOKEN_LEN: usize = 32;

/// By what a person came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A password, or the link with which it was chosen.
    Password,
    /// A passkey.
    Passkey,
    /// A token, without a session.
    Token,
}

impl Way {
    /// As told to the person.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Passkey => "passkey",
            Self::Token => "token",
        }
    }
}

struct Session {
    login: String,
    way: Way,
    /// The person's epoch at log-in: a later one says that password, role or account changed.
    epoch: u64,
    began: UnixMillis,
    used: UnixMillis,
}

impl Session {
    fn is_over(&self, now: UnixMillis) -> bool {
        self.began.plus(SESSION_LIFE) <= now || self.used.plus(SESSION_IDLE) <= now
    }

    fn ends(&self) -> UnixMillis {
        self.began.plus(SESSION_LIFE).min(self.used.plus(SESSION_IDLE))
    }
}

/// A session that was found.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) person: Person,
    /// When it ends if nobody uses it.
    pub(crate) ends: UnixMillis,
    /// By what the person came in.
    pub(crate) way: Way,
    token: Hash32,
}

impl Live {
    /// What tells this session from others, and lets nobody in.
    pub(crate) fn key(&self) -> String {
        self.token.to_string()
    }
}

/// Every session.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<Hash32, Session>>);

impl Sessions {
    /// Begins a session; gives the token that is kept nowhere else.
    pub(crate) fn begin(
        &self,
        person: &Person,
        way: Way,
        now: UnixMillis,
    ) -> Result<String, getrandom::Error> {
        let mut token = [0; TOKEN_LEN];
        getrandom::fill(&mut token)?;
        let token = BASE64URL_NOPAD.encode(&token);
        let mut all = self.all();
        all.retain(|_, session| !session.is_over(now));
        let of_person = all.values().filter(|session| session.login == person.login).count();
        if of_person >= SESSIONS_PER_PERSON_MAX {
            forget_oldest(&mut all, |session| session.login == person.login);
        }
        if all.len() >= SESSIONS_MAX {
            forget_oldest(&mut all, |_| true);
        }
        let (login, epoch) = (person.login.clone(), person.epoch);
        all.insert(hash(&token), Session { login, way, epoch, began: now, used: now });
        Ok(token)
    }

    /// The session of a token, and its person as of now. Using it puts its end off.
    pub(crate) fn find(&self, token: &str, people: &People, now: UnixMillis) -> Option<Live> {
        let token = hash(token);
        let live = self.look(token, people, now)?;
        let mut all = self.all();
        let session = all.get_mut(&token)?;
        session.used = session.used.max(now);
        Some(Live { ends: session.ends(), ..live })
    }

    /// Whether a session that was found goes on; looking does not put its end off.
    pub(crate) fn goes_on(&self, live: &Live, people: &People, now: UnixMillis) -> bool {
        self.look(live.token, people, now).is_some()
    }

    /// Ends a session.
    pub(crate) fn end(&self, live: &Live) {
        self.all().remove(&live.token);
    }

    fn look(&self, token: Hash32, people: &People, now: UnixMillis) -> Option<Live> {
        let mut all = self.all();
        let session = all.get(&token)?;
        let person = people.find(&session.login);
        let person = person.filter(|p| !p.closed && p.epoch == session.epoch);
        match person {
            Some(person) if !session.is_over(now) => {
                Some(Live { person, ends: session.ends(), way: session.way, token })
            }
            _ => {
                all.remove(&token);
                None
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Hash32, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tokens are looked up by their hashes, so how long it takes tells nothing of a token.
fn hash(token: &str) -> Hash32 {
    Hash32::of(token.as_bytes())
}

fn forget_oldest(all: &mut HashMap<Hash32, Session>, among: impl Fn(&Session) -> bool) {
    let oldest = all.iter().filter(|(_, s)| among(s)).min_by_key(|(_, s)| s.used).map(|(t, _)| *t);
    if let Some(token) = oldest {
        all.remove(&token);
    }
}

#[cfg(test)]
mod tests {
    use landside_node::home::{Home, InitActor};
    use landside_node::people::{Chosen, PersonRole};
    use landside_proto::ids::PartyId;

    use super::*;

    fn at(minutes: u64) -> UnixMillis {
        UnixMillis::from_millis(1_000_000_000_000 + minutes * 60_000)
    }

    fn people() -> (tempfile::TempDir, People, Person) {
        let dir = tempfile::tempdir().unwrap();
        let actor = InitActor::Party(PartyId::parse("line").unwrap());
        let home = Home::init(dir.path().join("home"), actor, [[1; 32], [2; 32]]).unwrap();
        let people = People::of(&home).unwrap();
        let link = people.add("li.na", "Li Na", PersonRole::Clerk, at(0)).unwrap();
        let token = link.path.strip_prefix("/#link=").unwrap();
        let chosen = Chosen { login: None, name: None, password: "a lorry full of tulips" };
        let person = people.follow(token, &chosen, at(0)).unwrap();
        (dir, people, person)
    }

    #[test]
    fn a_session_ends_when_nobody_uses_it_and_after_a_shift_however_much_it_is_used() {
        let (_dir, people, person) = people();
        let sessions = Sessions::default();
        let left = sessions.begin(&person, Way::Password, at(0)).unwrap();
        let used = sessions.begin(&person, Way::Password, at(0)).unwrap();
        for minutes in (0..12 * 60).step_by(50) {
            assert!(sessions.find(&used, &people, at(minutes)).is_some(), "{minutes}");
        }
        assert!(sessions.find(&left, &people, at(60)).is_none());
        assert!(sessions.find(&used, &people, at(12 * 60)).is_none());
    }

    #[test]
    fn nobody_has_more_sessions_than_some_and_the_oldest_makes_place() {
        let (_dir, people, person) = people();
        let sessions = Sessions::default();
        let tokens: Vec<_> = (0..=SESSIONS_PER_PERSON_MAX)
            .map(|n| sessions.begin(&person, Way::Password, at(u64::try_from(n).unwrap())).unwrap())
            .collect();
        let live = |token: &String| sessions.find(token, &people, at(10)).is_some();
        assert!(!live(&tokens[0]) && tokens[1..].iter().all(live));
    }

    #[test]
    fn a_session_ends_with_its_person_and_no_other_token_is_one() {
        let (_dir, people, person) = people();
        let sessions = Sessions::default();
        let token = sessions.begin(&person, Way::Password, at(0)).unwrap();
        let live = sessions.find(&token, &people, at(0)).unwrap();
        for wrong in ["", "x", &token[1..], &token.to_lowercase()] {
            assert!(sessions.find(wrong, &people, at(0)).is_none());
        }
        assert!(sessions.goes_on(&live, &people, at(1)));
        people.close("li.na").unwrap();
        assert!(!sessions.goes_on(&live, &people, at(1)));
        assert!(sessions.find(&token, &people, at(1)).is_none());
    }
}
