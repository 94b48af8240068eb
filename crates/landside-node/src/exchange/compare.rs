//! Comparing directory editions with parties that nothing else is to be said to.
//!
//! Links hand editions on by themselves; this dials those without one. A node that takes an edition
//! dials a few others, which dial a few others, so that all have it after a few rounds; and every
//! node looks around when it starts and from time to time, so that none stays behind for long.

use std::sync::Arc;
use std::time::Duration;

use landside_proto::directory::Actor;

use super::{Exchange, dial, link};

/// Parties dialled with a new edition. Each of them does the same: with eight, one in three thousand
/// is left out of a round, and finds out by itself later.
const TOLD_MAX: usize = 8;

/// Parties dialled at the start of a node, to hear what it missed.
const ASKED_MAX: usize = 3;

/// How often a node dials a party to compare, with jitter.
const COMPARE_EVERY: Duration = Duration::from_secs(10 * 60);

/// Dials parties when there is a new edition, at the start and from time to time.
pub(super) async fn run(exchange: &Arc<Exchange>) {
    let mut chain = exchange.editions.chain();
    compare(exchange, ASKED_MAX);
    loop {
        tokio::select! {
            changed = chain.changed() => match changed {
                Ok(()) => compare(exchange, TOLD_MAX),
                Err(_) => return,
            },
            () = tokio::time::sleep(dial::jittered(COMPARE_EVERY)) => compare(exchange, 1),
        }
    }
}

/// Dials at most so many parties that have no link, chosen at random.
fn compare(exchange: &Arc<Exchange>, most: usize) {
    if exchange.me.party().is_none() {
        // A device is known to few, and keeps its links with them.
        return;
    }
    let mut parties: Vec<Actor> = {
        let authorities = exchange.authorities.borrow();
        let parties = &authorities.directory.edition().parties;
        let dialled = parties.iter().filter(|p| !p.addresses.is_empty() && !p.node_keys.is_empty());
        dialled.map(|party| Actor::Party(party.id.clone())).collect()
    };
    {
        let links = exchange.links();
        parties.retain(|peer| {
            let busy = links.of_peer.contains_key(peer) || links.dialling.contains(peer);
            *peer != exchange.me && !busy
        });
    }
    for _ in 0..most.min(parties.len()) {
        let peer = parties.swap_remove(random_below(parties.len()));
        dial_once(exchange, peer);
    }
}

/// Dials a party once; one that is down looks around itself when it comes back.
fn dial_once(exchange: &Arc<Exchange>, peer: Actor) {
    let Some((keys, addresses)) = dial::target(exchange, &peer) else { return };
    if !exchange.links().dialling.insert(peer.clone()) {
        return;
    }
    let exchange = Arc::clone(exchange);
    tokio::spawn(async move {
        if let Some(connection) = dial::connect(&exchange, &keys, &addresses).await {
            link::serve(&exchange, connection, link::Side::Compared).await;
        }
        exchange.links().dialling.remove(&peer);
        // Something may have come to wait meanwhile.
        if dial::is_wanted(&exchange, &peer) {
            dial::start(&exchange, peer);
        }
    });
}

/// A random number below `bound`, which is not 0.
fn random_below(bound: usize) -> usize {
    let mut random = [0; 8];
    // Without randomness the first is taken; that is no failure.
    let _ = getrandom::fill(&mut random);
    let random = u64::from_le_bytes(random);
    usize::try_from(random % u64::try_from(bound).unwrap_or(u64::MAX)).unwrap_or(0)
}
