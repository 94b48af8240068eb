//! Heads that peers show, until somebody looks at them.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use landside_proto::checkpoint::KeyName;
use landside_proto::directory::Actor;
use landside_proto::ids::PartyId;
use tokio::sync::Notify;
use tracing::debug;

/// Peers whose heads of one log may wait; those of a further one are dropped, it shows the next one
/// anyway.
pub(crate) const SHOWN_MAX: usize = 64;

/// Heads to look at: the newest of each peer for each log. Showing twice is showing once, so a peer
/// that shows without end takes no place but its own.
pub(crate) struct Shown {
    logs: BTreeSet<PartyId>,
    waiting: Mutex<Waiting>,
    called: Notify,
}

#[derive(Default)]
struct Waiting {
    order: VecDeque<Key>,
    notes: HashMap<Key, Vec<u8>>,
}

/// Whose log, and who shows it.
type Key = (PartyId, Actor);

/// A head that a peer shows.
#[derive(Debug)]
pub(crate) struct ShownHead {
    /// The log that the note claims to be of, in whatever network.
    pub(crate) log: PartyId,
    /// Who shows it.
    pub(crate) peer: Actor,
    /// The note; nothing of it is verified.
    pub(crate) note: Vec<u8>,
}

impl Shown {
    /// Takes heads of these logs and of no other.
    pub(crate) fn new(logs: impl IntoIterator<Item = PartyId>) -> Self {
        let logs = logs.into_iter().collect();
        Self { logs, waiting: Mutex::default(), called: Notify::new() }
    }

    /// Takes a head, in place of an earlier one of this peer for the same log.
    pub(crate) fn put(&self, peer: &Actor, note: Vec<u8>) {
        let log = origin_of(&note).map(|name| name.party().clone());
        let Some(log) = log.filter(|log| self.logs.contains(log)) else {
            return debug!(%peer, "head dropped: of no log that is watched here");
        };
        let mut waiting = self.waiting();
        let of_log = waiting.order.iter().filter(|(waits, _)| *waits == log).count();
        let key = (log, peer.clone());
        if let Some(earlier) = waiting.notes.get_mut(&key) {
            *earlier = note;
        } else if of_log < SHOWN_MAX {
            waiting.order.push_back(key.clone());
            waiting.notes.insert(key, note);
            self.called.notify_one();
        } else {
            debug!(%peer, "head dropped: too many peers at once");
        }
    }

    /// Waits for a head; they come in the order of who showed first. For one task.
    pub(crate) async fn next(&self) -> ShownHead {
        loop {
            if let Some(head) = self.pop() {
                return head;
            }
            self.called.notified().await;
        }
    }

    fn pop(&self) -> Option<ShownHead> {
        let mut waiting = self.waiting();
        let key = waiting.order.pop_front()?;
        let note = waiting.notes.remove(&key)?;
        let (log, peer) = key;
        Some(ShownHead { log, peer, note })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which log a note claims to be of.
fn origin_of(note: &[u8]) -> Option<KeyName> {
    let line = note.split(|byte| *byte == b'\n').next()?;
    KeyName::parse(std::str::from_utf8(line).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(name: &str) -> PartyId {
        PartyId::parse(name).unwrap()
    }

    fn peer(at: usize) -> Actor {
        Actor::Party(party(&format!("witness-{at}")))
    }

    fn note(of: &str, size: usize) -> Vec<u8> {
        format!("landside/tests/{of}\n{size}\n").into_bytes()
    }

    fn rest(shown: &Shown) -> Vec<(PartyId, Actor, Vec<u8>)> {
        let heads = std::iter::from_fn(|| shown.pop());
        heads.map(|head| (head.log, head.peer, head.note)).collect()
    }

    #[test]
    fn a_peer_that_shows_ten_thousand_heads_has_one_place_and_its_newest_head_in_it() {
        let shown = Shown::new([party("terminal")]);
        shown.put(&peer(1), note("terminal", 0));
        for size in 0..10_000 {
            shown.put(&peer(2), note("terminal", size));
        }
        shown.put(&peer(3), note("terminal", 7));
        let expected = [(1, 0), (2, 9_999), (3, 7)]
            .map(|(at, size)| (party("terminal"), peer(at), note("terminal", size)));
        assert_eq!(rest(&shown), expected);
        assert_eq!(rest(&shown), []);
    }

    #[test]
    fn a_crowd_of_peers_at_one_log_keeps_nobody_from_another() {
        let shown = Shown::new([party("terminal"), party("terminal-2")]);
        for at in 0..2 * SHOWN_MAX {
            shown.put(&peer(at), note("terminal", at));
        }
        shown.put(&peer(9_999), note("terminal-2", 1));
        let heads = rest(&shown);
        assert_eq!(heads.len(), SHOWN_MAX + 1);
        assert_eq!(heads.last().unwrap().0, party("terminal-2"));
    }

    #[test]
    fn heads_of_logs_that_nobody_watches_here_take_no_place() {
        let shown = Shown::new([party("terminal")]);
        let others = [&b""[..], b"\n", b"landside/tests/", b"\xff\n", b"landside/tests/line\n1\n"];
        for bytes in others.into_iter().chain([&note("terminal-2", 1)[..]]) {
            shown.put(&peer(1), bytes.to_vec());
        }
        assert_eq!(rest(&shown), []);
    }
}
