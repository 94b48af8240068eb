//! Dialling: one task for each peer that something waits for, backing off with jitter, never giving up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use landside_proto::directory::Actor;
use landside_proto::ids::PartyId;
use landside_proto::key::PublicKey;
use tracing::{debug, error, warn};

use super::{Exchange, HANDSHAKE_LIFE, link, tls};
use crate::ledger;

/// How often the outbox is looked through for peers that wait too long.
const ALARM_EVERY: Duration = Duration::from_secs(60);

/// Wakes links and starts dialling as documents come to wait.
pub(super) async fn run(exchange: &Arc<Exchange>) {
    wanted(exchange).into_iter().for_each(|peer| start(exchange, peer));
    let mut alarm = tokio::time::interval(ALARM_EVERY);
    let mut authorities = exchange.authorities.clone();
    loop {
        tokio::select! {
            peers = exchange.calls.next() => {
                peers.into_iter().for_each(|peer| start(exchange, peer));
            }
            _ = alarm.tick() => raise_alarms(exchange),
            // A new edition may bring an address for a peer that had none.
            Ok(()) = authorities.changed() => {
                authorities.borrow_and_update();
                wanted(exchange).into_iter().for_each(|peer| start(exchange, peer));
            }
        }
    }
}

/// Sends over the link there is, or dials for one.
pub(super) fn start(exchange: &Arc<Exchange>, peer: Actor) {
    if peer == exchange.me || exchange.wake(&peer) || target(exchange, &peer).is_none() {
        return;
    }
    if !exchange.links().dialling.insert(peer.clone()) {
        return;
    }
    let exchange = Arc::clone(exchange);
    tokio::spawn(async move {
        dial_until_done(&exchange, &peer).await;
        exchange.links().dialling.remove(&peer);
        // Something may have come to wait between the last look and the line above.
        if is_wanted(&exchange, &peer) && !exchange.wake(&peer) {
            start(&exchange, peer);
        }
    });
}

async fn dial_until_done(exchange: &Arc<Exchange>, peer: &Actor) {
    let settings = &exchange.registrar.config.exchange;
    let (least, most) = (
        Duration::from_millis(settings.retry_ms_min),
        Duration::from_millis(settings.retry_ms_max),
    );
    let mut pause = least;
    let mut said = false;
    while is_wanted(exchange, peer) && !exchange.wake(peer) {
        let Some((keys, addresses)) = target(exchange, peer) else { return };
        match connect(exchange, &keys, &addresses).await {
            Some(connection) => {
                let begun = Instant::now();
                link::serve(exchange, connection, link::Side::Dialled).await;
                // A peer that ends every link at once, for want of room, is as good as down.
                pause = if begun.elapsed() < most { (pause * 2).min(most) } else { least };
            }
            None => {
                if !std::mem::replace(&mut said, true) {
                    warn!(%peer, ?addresses, "cannot be reached; trying on");
                }
                debug!(%peer, ?pause, "cannot be reached");
                pause = (pause * 2).min(most);
            }
        }
        tokio::time::sleep(jittered(pause)).await;
    }
}

/// Asks each address for each key: while a node key is being replaced, the node has one of them, and
/// says at once when it is asked for another.
pub(super) async fn connect(
    exchange: &Exchange,
    keys: &[PublicKey],
    addresses: &[String],
) -> Option<quinn::Connection> {
    for address in addresses {
        let Ok(resolved) = tokio::net::lookup_host(address).await else { continue };
        for socket in resolved {
            let socket = for_endpoint(exchange, socket);
            for key in keys {
                let name = tls::server_name(key);
                let Ok(connecting) = exchange.endpoint.connect(socket, &name) else { continue };
                match tokio::time::timeout(HANDSHAKE_LIFE, connecting).await {
                    Ok(Ok(connection)) => return Some(connection),
                    Ok(Err(_)) => {}
                    // Nobody answers there, whatever the key.
                    Err(_) => break,
                }
            }
        }
    }
    None
}

/// An endpoint bound to IPv6 reaches IPv4 through mapped addresses (RFC 4291 § 2.5.5.2).
fn for_endpoint(exchange: &Exchange, socket: SocketAddr) -> SocketAddr {
    match (exchange.endpoint.local_addr(), socket) {
        (Ok(SocketAddr::V6(_)), SocketAddr::V4(v4)) => {
            SocketAddr::from((v4.ip().to_ipv6_mapped(), v4.port()))
        }
        _ => socket,
    }
}

/// Keys and addresses of a peer that can be dialled.
pub(super) fn target(exchange: &Exchange, peer: &Actor) -> Option<(Vec<PublicKey>, Vec<String>)> {
    let authorities = exchange.authorities.borrow();
    let party = authorities.directory.party(peer.party()?)?;
    let keys = authorities.node_keys(&party.id, (exchange.clock)());
    let addresses = party.addresses.clone();
    (!keys.is_empty() && !addresses.is_empty()).then_some((keys, addresses))
}

/// Whether a link to the peer is wanted: the config says so, somebody asks, or something waits.
pub(super) fn is_wanted(exchange: &Exchange, peer: &Actor) -> bool {
    peer.party().is_some_and(|party| named(exchange).any(|named| named == party))
        || exchange.links().wanted.contains_key(peer)
        || ledger::waiting(exchange.store.as_ref(), peer, None, 1).is_ok_and(|w| !w.is_empty())
}

/// Everybody to have a link with: parties named, and peers that something waits for.
fn wanted(exchange: &Exchange) -> Vec<Actor> {
    let waited_for = ledger::peers_waited_for(exchange.store.as_ref()).unwrap_or_default();
    named(exchange).cloned().map(Actor::Party).chain(waited_for).collect()
}

/// Parties that are always dialled: those named, and those that witnessing needs.
pub(super) fn named(exchange: &Exchange) -> impl Iterator<Item = &PartyId> {
    let config = &exchange.registrar.config;
    config.exchange.dial.iter().chain(&config.witness.of).chain(&config.witness.tell)
}

/// Between half and all of the pause, so that many nodes do not come back at one moment.
pub(super) fn jittered(pause: Duration) -> Duration {
    let mut random = [0; 4];
    // Without randomness every node waits the whole pause; that is no failure.
    let _ = getrandom::fill(&mut random);
    let part = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
    pause.mul_f64(0.5 + part / 2.0)
}

/// Says so when documents wait too long for a peer, or no witness comes: never silence.
fn raise_alarms(exchange: &Exchange) {
    if let Some(age) = exchange.heads.overdue((exchange.clock)()) {
        warn!(seconds = age.as_secs(), "no head of the log has become final: no witness comes");
    }
    for (witness, held) in exchange.heads.refusing() {
        error!(%witness, since = %held.since, "the witness refuses to cosign this log");
    }
    let limit = Duration::from_secs(exchange.registrar.config.exchange.alarm_after_s);
    let now = (exchange.clock)();
    let store = exchange.store.as_ref();
    // A driver's phone is off most of the day, or served by its haulier's node: nobody could act on that.
    let peers = ledger::peers_waited_for(store).unwrap_or_default().into_iter();
    for peer in peers.filter(|peer| peer.party().is_some()) {
        let oldest = ledger::oldest_waiting(store, &peer).ok().flatten();
        if let Some(waited) = oldest.map(|at| now.since(at)).filter(|waited| *waited > limit) {
            error!(%peer, seconds = waited.as_secs(), "documents wait for a peer that cannot be reached");
        }
    }
}
