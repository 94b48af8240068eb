//! How often somebody may ask: so many times a minute, by address or by device.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use landside_proto::ids::UnixMillis;
use landside_proto::key::KeyId;

use crate::attempts::network;

/// Over which time is counted.
const WINDOW: Duration = Duration::from_secs(60);

/// Most askers counted at once; when there are more, nobody new is let in until the minute is over.
/// About 1 MB.
const COUNTED_MAX: usize = 10_000;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Asker {
    /// Everybody behind one address.
    Address(IpAddr),
    /// A device that showed its token.
    Device(KeyId),
}

impl Asker {
    pub(super) fn at(from: IpAddr) -> Self {
        Self::Address(network(from))
    }
}

/// Which door is asked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Door {
    /// An invitation is shown.
    Enrol,
    /// A challenge, or a session.
    Session,
    /// An edition of the directory, up to 4 MiB.
    Directory,
    /// A document of a driver.
    HandIn,
    /// A photograph.
    Photo,
}

impl Door {
    /// Times a minute: what a phone needs, and for an address what a yard behind it needs.
    pub(super) fn times(self) -> u32 {
        match self {
            Self::Enrol => 10,
            Self::Session | Self::Directory => 120,
            Self::HandIn => 20,
            Self::Photo => 60,
        }
    }
}

/// The present minute: when it began, and how often each asked.
struct Minute {
    began: UnixMillis,
    counts: HashMap<(Door, Asker), u32>,
}

/// Counts of the present minute.
pub(super) struct Rates(Mutex<Minute>);

impl Default for Rates {
    fn default() -> Self {
        let began = UnixMillis::from_millis(0);
        Self(Mutex::new(Minute { began, counts: HashMap::new() }))
    }
}

impl Rates {
    /// Counts one time; `false` when it is one too many.
    pub(super) fn may(&self, door: Door, asker: Asker, now: UnixMillis) -> bool {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Minute { began, counts } = &mut *minute;
        // A clock that was set back begins anew as well.
        if began.plus(WINDOW) <= now || now < *began {
            *began = now;
            counts.clear();
        }
        if counts.len() >= COUNTED_MAX && !counts.contains_key(&(door, asker)) {
            return false;
        }
        let count = counts.entry((door, asker)).or_insert(0);
        *count = count.saturating_add(1);
        *count <= door.times()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixMillis {
        UnixMillis::from_millis(1_000_000_000_000 + seconds * 1000)
    }

    #[test]
    fn an_address_waits_for_the_next_minute_and_keeps_no_other_out() {
        let rates = Rates::default();
        let [one, other] = ["10.0.0.1", "10.0.0.2"].map(|ip| Asker::at(ip.parse().unwrap()));
        for _ in 0..Door::Enrol.times() {
            assert!(rates.may(Door::Enrol, one, at(0)));
        }
        assert!(!rates.may(Door::Enrol, one, at(59)));
        assert!(rates.may(Door::Session, one, at(59)), "another door");
        assert!(rates.may(Door::Enrol, other, at(59)));
        assert!(rates.may(Door::Enrol, one, at(60)));
    }

    #[test]
    fn a_subscriber_has_no_more_tries_by_changing_its_address_in_ipv6() {
        let rates = Rates::default();
        for n in 0..Door::Enrol.times() {
            assert!(rates.may(
                Door::Enrol,
                Asker::at(format!("2001:db8::{n:x}").parse().unwrap()),
                at(0)
            ));
        }
        assert!(!rates.may(Door::Enrol, Asker::at("2001:db8::ffff".parse().unwrap()), at(0)));
        assert!(rates.may(Door::Enrol, Asker::at("2001:db8:0:1::".parse().unwrap()), at(0)));
    }

    #[test]
    fn a_flood_of_addresses_grows_no_endless_list_and_is_over_with_its_minute() {
        let rates = Rates::default();
        for n in 0..2 * u32::try_from(COUNTED_MAX).unwrap() {
            let _ = rates.may(Door::Enrol, Asker::at(IpAddr::from(n.to_be_bytes())), at(0));
        }
        assert!(rates.0.lock().unwrap().counts.len() <= COUNTED_MAX);
        let late = Asker::at("203.0.113.9".parse().unwrap());
        assert!(!rates.may(Door::Enrol, late, at(1)));
        assert!(rates.may(Door::Enrol, late, at(60)));
    }
}
