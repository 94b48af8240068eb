//! Who guesses passwords: log-ins that failed, by login name and by address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landside_proto::ids::{Hash32, UnixMillis};

/// Failures of one login name in a row before it waits.
pub const ACCOUNT_FAILURES_MAX: u32 = 5;

/// Failures from one address before it waits: an office behind one address mistypes more than a person.
pub const ADDRESS_FAILURES_MAX: u32 = 30;

/// How long a first wait is; each failure after it doubles the next.
pub const LOCK_LIFE: Duration = Duration::from_secs(60);

/// Longest wait: some hundred guesses a day, and a person kept out by somebody else is not for long.
pub const LOCK_LIFE_MAX: Duration = Duration::from_secs(15 * 60);

/// Failures are forgotten after this time without another.
const FORGOTTEN_LIFE: Duration = Duration::from_secs(60 * 60);

/// Most names and addresses counted at once; the half that failed longest ago makes place. About 1 MB.
const COUNTED_MAX: usize = 10_000;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    /// By hash: what is typed as a login name is at times a password.
    Account(Hash32),
    Address(IpAddr),
}

impl Who {
    fn failures_max(self) -> u32 {
        match self {
            Self::Account(_) => ACCOUNT_FAILURES_MAX,
            Self::Address(_) => ADDRESS_FAILURES_MAX,
        }
    }
}

#[derive(Clone, Copy)]
struct Tries {
    failed: u32,
    last: UnixMillis,
    until: UnixMillis,
}

/// An attempt that may be made; it counts as failed until it is said to have succeeded, so that many
/// at once are no way around.
pub(crate) struct Attempt([Who; 2]);

/// Every name and address of late failures.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<HashMap<Who, Tries>>);

impl Attempts {
    /// Begins an attempt, or says how long to wait.
    pub(crate) fn begin(
        &self,
        login: &str,
        from: IpAddr,
        now: UnixMillis,
    ) -> Result<Attempt, Duration> {
        let who = [Who::Account(Hash32::of(login.as_bytes())), Who::Address(network(from))];
        let mut all = self.all();
        let waits = who.iter().filter_map(|who| all.get(who)).map(|tries| tries.until);
        if let Some(until) = waits.max().filter(|until| *until > now) {
            return Err(until.since(now));
        }
        for who in who {
            make_place(&mut all, who, now);
            let tries = all.entry(who).or_insert(Tries { failed: 0, last: now, until: now });
            if tries.last.plus(FORGOTTEN_LIFE) <= now {
                tries.failed = 0;
            }
            tries.failed = tries.failed.saturating_add(1);
            tries.last = now;
            if let Some(over) = tries.failed.checked_sub(who.failures_max()) {
                let wait = LOCK_LIFE.saturating_mul(1 << over.min(8)).min(LOCK_LIFE_MAX);
                tries.until = now.plus(wait);
            }
        }
        Ok(Attempt(who))
    }

    /// It was the right password: the name's failures are forgotten, and the address has one less.
    pub(crate) fn succeeded(&self, attempt: &Attempt, now: UnixMillis) {
        let mut all = self.all();
        for who in attempt.0 {
            match (who, all.get_mut(&who)) {
                (Who::Address(_), Some(tries)) if tries.failed > 1 => {
                    tries.failed -= 1;
                    tries.until = now;
                }
                _ => drop(all.remove(&who)),
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Who, Tries>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_place(all: &mut HashMap<Who, Tries>, who: Who, now: UnixMillis) {
    if all.len() < COUNTED_MAX || all.contains_key(&who) {
        return;
    }
    all.retain(|_, tries| tries.last.plus(FORGOTTEN_LIFE) > now);
    if all.len() >= COUNTED_MAX {
        // Half at once, so that a flood does not have every attempt look through all.
        let mut times: Vec<_> = all.values().map(|tries| tries.last).collect();
        let half = times.len() / 2;
        let (_, middle, _) = times.select_nth_unstable(half);
        let middle = *middle;
        all.retain(|_, tries| tries.last > middle);
    }
}

/// One subscriber's addresses are one: in IPv6 that is 64 bits (RFC 6177 § 2).
pub(crate) fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixMillis {
        UnixMillis::from_millis(1_000_000_000_000 + seconds * 1000)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_waits_longer_with_each_failure_and_starts_anew_after_a_success() {
        let attempts = Attempts::default();
        // From another address each time: it is the name that waits.
        let begin = |n: u32, now| {
            attempts
                .begin("li.na", IpAddr::from(n.to_be_bytes()), now)
                .map_err(|wait| wait.as_secs())
        };
        for n in 0..ACCOUNT_FAILURES_MAX {
            assert!(begin(n, at(0)).is_ok(), "{n}");
        }
        assert_eq!(begin(9, at(0)).err(), Some(60));
        assert_eq!(begin(9, at(59)).err(), Some(1));
        assert!(begin(9, at(60)).is_ok());
        assert_eq!(begin(10, at(60)).err(), Some(120));
        assert!(attempts.begin("another", ip("10.0.0.9"), at(60)).is_ok(), "only that name waits");
        let right = begin(11, at(180)).ok().unwrap();
        attempts.succeeded(&right, at(180));
        assert!(begin(12, at(180)).is_ok());
    }

    #[test]
    fn no_wait_is_longer_than_the_longest_and_failures_are_forgotten() {
        let attempts = Attempts::default();
        let mut now = at(0);
        for _ in 0..100 {
            if let Err(wait) = attempts.begin("li.na", ip("10.0.0.1"), now) {
                assert!(wait <= LOCK_LIFE_MAX);
                now = now.plus(wait);
            }
        }
        assert!(attempts.begin("li.na", ip("10.0.0.1"), now.plus(FORGOTTEN_LIFE)).is_ok());
        assert!(attempts.begin("li.na", ip("10.0.0.1"), now.plus(FORGOTTEN_LIFE)).is_ok());
    }

    #[test]
    fn an_address_that_tries_many_names_waits() {
        let attempts = Attempts::default();
        for n in 0..ADDRESS_FAILURES_MAX {
            let last = format!("2001:db8::{n:x}");
            assert!(attempts.begin(&format!("person{n}"), ip(&last), at(0)).is_ok(), "{n}");
        }
        assert!(attempts.begin("li.na", ip("2001:db8::ffff"), at(0)).is_err());
        assert!(attempts.begin("li.na", ip("2001:db8:0:1::1"), at(0)).is_ok());
    }

    #[test]
    fn a_flood_of_names_grows_no_endless_list() {
        let attempts = Attempts::default();
        for n in 0..2 * u32::try_from(COUNTED_MAX).unwrap() {
            let _ = attempts.begin(&n.to_string(), IpAddr::from(n.to_be_bytes()), at(0));
        }
        assert!(attempts.all().len() <= COUNTED_MAX);
    }
}
