//! Who is logged in: a random token in a cookie, of which only the hash is kept, in memory.
//!
//! A node that ends in order leaves the hashes for its next start, so that a new version logs nobody out at
//! the gate; a node that was killed leaves nothing. A hash lets nobody in: its token is 256 random bits.

use std::collections::HashMap;
use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use landside_node::home::{Home, read_bounded, write_durably};
use landside_node::people::{People, Person};
use landside_proto::ids::{Hash32, UnixMillis};
use serde::{Deserialize, Serialize};
use tracing::warn;

/// A session that nobody uses ends: a screen left alone.
pub const SESSION_IDLE: Duration = Duration::from_secs(60 * 60);

/// No session is longer than a shift.
pub const SESSION_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// Most sessions: two a person where the most people are enrolled. The one used longest ago makes place.
const SESSIONS_MAX: usize = 2_000;

/// Most sessions of one person: desk, gate, telephone and some forgotten ones.
const SESSIONS_PER_PERSON_MAX: usize = 8;

/// Longest file of sessions, in bytes: the most of them, and room.
const FILE_MAX: usize = 1024 * 1024;

/// How long a node may be down and its people still be logged in: a restart, and no more.
const KEPT_LIFE: Duration = Duration::from_secs(5 * 60);

/// The file in the home, there between two starts only.
const FILE: &str = "sessions.json";

/// Random bytes of a token: 256 bits, which nobody guesses.
const TOKEN_LEN: usize = 32;

/// By what a person came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// Sessions between two starts.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    at: UnixMillis,
    sessions: Vec<(String, Session)>,
}

/// Every session.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<Hash32, Session>>);

impl Sessions {
    /// Those that the node before left, if it ended just now. The file goes in any case.
    pub(crate) fn taken_up(home: &Home, now: UnixMillis) -> Self {
        let path = home.path().join(FILE);
        let Ok(bytes) = read_bounded(&path, FILE_MAX) else { return Self::default() };
        if let Err(error) = fs::remove_file(&path) {
            // Taken up twice, a session that was ended would be there again.
            warn!(%error, "sessions of before cannot be removed, and are not taken up");
            return Self::default();
        }
        let kept: Option<Kept> = serde_json::from_slice(&bytes).ok();
        let kept = kept.filter(|kept| now.since(kept.at) <= KEPT_LIFE && kept.at <= now);
        let sessions = kept.into_iter().flat_map(|kept| kept.sessions).take(SESSIONS_MAX);
        let sessions = sessions.filter_map(|(hash, session)| {
            Some((Hash32::parse(&hash).ok()?, session)).filter(|(_, s)| !s.is_over(now))
        });
        Self(Mutex::new(sessions.collect()))
    }

    /// Leaves the sessions for the next start.
    pub(crate) fn keep(&self, home: &Home, now: UnixMillis) {
        let mut all = self.all();
        all.retain(|_, session| !session.is_over(now));
        if all.is_empty() {
            return;
        }
        let sessions = all.iter().map(|(hash, session)| (hash.to_string(), session.clone()));
        let kept = Kept { at: now, sessions: sessions.collect() };
        let written = serde_json::to_vec(&kept)
            .map_err(|error| error.to_string())
            .and_then(|b| write_durably(&home.path().join(FILE), &b).map_err(|e| e.to_string()));
        if let Err(error) = written {
            warn!(%error, "sessions are not kept: people log in anew");
        }
    }

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
    fn sessions_outlive_a_restart_that_is_short_and_in_order_and_are_taken_up_once() {
        let (dir, people, person) = people();
        let home = Home::at(dir.path().join("home")).unwrap();
        let sessions = Sessions::default();
        let token = sessions.begin(&person, Way::Passkey, at(0)).unwrap();
        sessions.keep(&home, at(10));
        let file = fs::read_to_string(home.path().join(FILE)).unwrap();
        assert!(!file.contains(&token), "{file}");
        let again = Sessions::taken_up(&home, at(11));
        let live = again.find(&token, &people, at(11)).unwrap();
        assert_eq!((live.way, live.person.login.as_str()), (Way::Passkey, "li.na"));
        assert!(Sessions::taken_up(&home, at(11)).find(&token, &people, at(11)).is_none());
        for (kept, taken_up) in [(12, 18), (12, 11), (12, 72)] {
            again.keep(&home, at(kept));
            let late = Sessions::taken_up(&home, at(taken_up));
            assert!(late.find(&token, &people, at(taken_up)).is_none(), "{kept} {taken_up}");
            assert!(!home.path().join(FILE).exists());
        }
        sessions.keep(&home, at(20));
        people.close("li.na").unwrap();
        assert!(Sessions::taken_up(&home, at(21)).find(&token, &people, at(21)).is_none());
    }

    #[test]
    fn a_file_of_sessions_that_cannot_be_read_lets_nobody_in() {
        let (dir, ..) = people();
        let home = Home::at(dir.path().join("home")).unwrap();
        for bytes in [&b"{"[..], b"{}", b"{\"at\":\"x\",\"sessions\":[]}"] {
            fs::write(home.path().join(FILE), bytes).unwrap();
            assert!(Sessions::taken_up(&home, at(0)).all().is_empty());
        }
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
