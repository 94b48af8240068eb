//! Phones that proved their key: challenges, tokens, and the one question each may have open. All of it in
//! memory: a node that starts anew asks every phone to prove itself again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use landside_proto::device::CHALLENGE_LEN;
use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::key::{KeyId, PublicKey};
use tokio::sync::{Notify, Semaphore};

use super::rates::Rates;

/// How long a challenge may be answered: a phone signs at once.
pub const CHALLENGE_LIFE: Duration = Duration::from_secs(60);

/// How long a token speaks for its key.
pub const TOKEN_LIFE: Duration = Duration::from_secs(60 * 60);

/// Most challenges at once; the oldest makes place.
const CHALLENGES_MAX: usize = 10_000;

/// Most tokens at once: two of each driver that is kept. The oldest makes place.
const TOKENS_MAX: usize = 10_000;

/// Most tokens of one key: a phone that lost its last ones takes no others' place.
const TOKENS_PER_KEY_MAX: usize = 4;

/// Questions for documents that are held at once: a third of the listener's connections stays free.
pub const POLLS_MAX: usize = 96;

/// Photographs received at once, of 8 MiB each.
const PHOTOS_AT_ONCE_MAX: usize = 4;

/// Everything about phones that is kept in memory.
pub(crate) struct Phones {
    challenges: Mutex<HashMap<Hash32, UnixMillis>>,
    tokens: Mutex<HashMap<Hash32, (PublicKey, UnixMillis)>>,
    open: Mutex<HashMap<KeyId, Arc<Notify>>>,
    pub(super) polls: Semaphore,
    pub(super) photos: Semaphore,
    pub(super) rates: Rates,
}

impl Default for Phones {
    fn default() -> Self {
        Self {
            challenges: Mutex::default(),
            tokens: Mutex::default(),
            open: Mutex::default(),
            polls: Semaphore::new(POLLS_MAX),
            photos: Semaphore::new(PHOTOS_AT_ONCE_MAX),
            rates: Rates::default(),
        }
    }
}

impl Phones {
    /// A new challenge, good once.
    pub(super) fn challenge(&self, now: UnixMillis) -> Result<String, getrandom::Error> {
        let text = random()?;
        let mut all = lock(&self.challenges);
        if all.len() >= CHALLENGES_MAX {
            all.retain(|_, until| *until > now);
        }
        forget_oldest(&mut all, CHALLENGES_MAX, |until| *until);
        all.insert(hash(&text), now.plus(CHALLENGE_LIFE));
        Ok(text)
    }

    /// Takes a challenge away: whether it was good.
    pub(super) fn answer(&self, challenge: &str, now: UnixMillis) -> bool {
        lock(&self.challenges).remove(&hash(challenge)).is_some_and(|until| until > now)
    }

    /// A token for a key that was proven.
    pub(super) fn begin(
        &self,
        key: PublicKey,
        now: UnixMillis,
    ) -> Result<String, getrandom::Error> {
        let token = random()?;
        let mut all = lock(&self.tokens);
        if all.len() >= TOKENS_MAX {
            all.retain(|_, (_, until)| *until > now);
        }
        let mut own: Vec<_> = all
            .iter()
            .filter(|(_, (of, _))| *of == key)
            .map(|(t, (_, until))| (*until, *t))
            .collect();
        own.sort_unstable_by_key(|(until, _)| *until);
        let over = (own.len() + 1).saturating_sub(TOKENS_PER_KEY_MAX);
        for (_, token) in own.into_iter().take(over) {
            all.remove(&token);
        }
        forget_oldest(&mut all, TOKENS_MAX, |(_, until)| *until);
        all.insert(hash(&token), (key, now.plus(TOKEN_LIFE)));
        Ok(token)
    }

    /// The key that a token speaks for.
    pub(super) fn of_token(&self, token: &str, now: UnixMillis) -> Option<PublicKey> {
        let all = lock(&self.tokens);
        all.get(&hash(token)).filter(|(_, until)| *until > now).map(|(key, _)| *key)
    }

    /// Opens a question of a device; one that is open already ends.
    pub(super) fn open(&self, device: KeyId) -> OpenQuestion<'_> {
        let ended = Arc::new(Notify::new());
        if let Some(before) = lock(&self.open).insert(device, Arc::clone(&ended)) {
            before.notify_one();
        }
        OpenQuestion { phones: self, device, ended, due: Notify::new() }
    }

    /// Ends the question that a device has open: it was taken back, and is to learn of it at once.
    pub(crate) fn let_go(&self, device: KeyId) {
        if let Some(open) = lock(&self.open).get(&device) {
            open.notify_one();
        }
    }
}

/// A question that a device has open.
pub(super) struct OpenQuestion<'a> {
    phones: &'a Phones,
    device: KeyId,
    ended: Arc<Notify>,
    due: Notify,
}

impl OpenQuestion<'_> {
    /// Has it answered with what there is. Several together are one.
    pub(super) fn ask(&self) {
        self.due.notify_one();
    }

    /// Returns when it is to be answered with what there is.
    pub(super) async fn is_due(&self) {
        self.due.notified().await;
    }

    /// Returns when the device has asked anew.
    pub(super) async fn ended(&self) {
        self.ended.notified().await;
    }
}

impl Drop for OpenQuestion<'_> {
    fn drop(&mut self) {
        let mut open = lock(&self.phones.open);
        if open.get(&self.device).is_some_and(|newest| Arc::ptr_eq(newest, &self.ended)) {
            open.remove(&self.device);
        }
    }
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; CHALLENGE_LEN];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// What is looked up by its hash tells nothing by how long that takes.
fn hash(text: &str) -> Hash32 {
    Hash32::of(text.as_bytes())
}

fn forget_oldest<T>(all: &mut HashMap<Hash32, T>, most: usize, age: impl Fn(&T) -> UnixMillis) {
    if all.len() >= most
        && let Some(oldest) = all.iter().min_by_key(|(_, kept)| age(kept)).map(|(key, _)| *key)
    {
        all.remove(&oldest);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use landside_proto::key::{SecretKey, Signer as _};

    use super::*;

    fn at(seconds: u64) -> UnixMillis {
        UnixMillis::from_millis(1_000_000_000_000 + seconds * 1000)
    }

    fn key(seed: u8) -> PublicKey {
        SecretKey::from_seed([seed; 32]).public_key()
    }

    #[test]
    fn a_challenge_is_answered_once_and_in_time() {
        let phones = Phones::default();
        let challenge = phones.challenge(at(0)).unwrap();
        assert!(!phones.answer("another", at(0)));
        assert!(phones.answer(&challenge, at(59)));
        assert!(!phones.answer(&challenge, at(59)), "again");
        let late = phones.challenge(at(0)).unwrap();
        assert!(!phones.answer(&late, at(60)));
    }

    #[test]
    fn a_token_speaks_for_its_key_for_an_hour_and_no_other_text_does() {
        let phones = Phones::default();
        let token = phones.begin(key(1), at(0)).unwrap();
        assert_eq!(phones.of_token(&token, at(3599)), Some(key(1)));
        assert_eq!(phones.of_token(&token, at(3600)), None);
        for wrong in ["", &token[1..], &token.to_lowercase()] {
            assert_eq!(phones.of_token(wrong, at(0)), None, "{wrong}");
        }
    }

    #[test]
    fn a_phone_that_asks_for_many_tokens_takes_no_other_phones_place() {
        let phones = Phones::default();
        let other = phones.begin(key(1), at(0)).unwrap();
        let own: Vec<_> = (0..20).map(|n| phones.begin(key(2), at(n)).unwrap()).collect();
        let live = own.iter().filter(|token| phones.of_token(token, at(20)).is_some());
        assert_eq!(live.count(), TOKENS_PER_KEY_MAX);
        assert!(phones.of_token(&own[19], at(20)).is_some(), "the newest counts");
        assert!(phones.of_token(&other, at(20)).is_some());
    }

    #[test]
    fn challenges_of_a_flood_are_bounded() {
        let phones = Phones::default();
        for _ in 0..CHALLENGES_MAX + 10 {
            phones.challenge(at(0)).unwrap();
        }
        assert_eq!(lock(&phones.challenges).len(), CHALLENGES_MAX);
    }
}
