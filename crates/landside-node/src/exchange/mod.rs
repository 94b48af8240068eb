//! Exchange: QUIC endpoint, links to peers, and who dials whom.
//!
//! Every peer has at most one *sending* link, the newest; others only receive until they end.
//! Whoever can be dialled is dialled when something waits for it; a node without an address dials
//! out to the parties its config names and is served over the same connection.

mod calls;
mod compare;
mod dial;
mod link;
mod questions;
mod tls;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landside_proto::directory::{Actor, Authorities};
use landside_proto::ids::UnixMillis;
use landside_proto::key::{PublicKey, SignFailed, Signer};
use landside_proto::session::Violation;
use quinn::{Endpoint, EndpointConfig, IdleTimeout, TransportConfig, VarInt};
use quinn_proto::HashedConnectionIdGenerator;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tracing::{debug, info, warn};

pub(crate) use self::calls::Calls;
pub(crate) use self::questions::AskError;
use self::questions::{LOOK_UPS_MAX, Request};
pub(crate) use self::tls::TlsError;
use crate::editions::Editions;
use crate::figures::Tally;
use crate::log::{Heads, Shown};
use crate::registrar::Registrar;
use crate::store::Store;
use crate::writer::Command;

/// A link without any packet for this long is dead.
const IDLE: Duration = Duration::from_secs(10);

/// Packets at least this often, so that a NAT keeps the way open and [`IDLE`] means dead.
const KEEP_ALIVE: Duration = Duration::from_secs(3);

/// Bytes a peer may send on the stream beyond what was read: two frames.
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;

/// Handshakes at once from keys nobody knows yet; further packets are dropped.
const HANDSHAKES_MAX: usize = 256;

/// With fewer places than this left, a client first proves that it hears us at its address (RFC 9000
/// § 8.1.2): one that sends from addresses that are not its own takes none of them.
const HANDSHAKES_UNPROVEN_MIN: usize = HANDSHAKES_MAX / 2;

/// A handshake must end within this time.
const HANDSHAKE_LIFE: Duration = Duration::from_secs(5);

/// Links one peer may have: its present one and remains of earlier ones.
const LINKS_PER_PEER_MAX: usize = 4;

/// How often links are looked through for credentials that ran out; nobody says so.
const EXPIRY_EVERY: Duration = Duration::from_secs(5);

/// What the node key signs to make the key of stateless resets. The signature stays secret.
const RESET_CONTEXT: &[u8] = b"landside stateless reset key v1";

/// What the node key signs to make the key by which it knows its own connection ids again.
const CONNECTION_ID_CONTEXT: &[u8] = b"landside connection id key v1";

/// What links and dialling share.
pub(crate) struct Exchange {
    pub(crate) me: Actor,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) authorities: watch::Receiver<Authorities>,
    pub(crate) registrar: Arc<Registrar>,
    pub(crate) editions: Arc<Editions>,
    pub(crate) clock: fn() -> UnixMillis,
    endpoint: Endpoint,
    links: Mutex<Links>,
    /// Peers to look at.
    calls: Arc<Calls>,
    /// This node's log, for questions about it.
    heads: Arc<Heads>,
    /// Where heads go that peers show.
    shown: Arc<Shown>,
    /// Figures of this node's cases, for members who ask.
    tally: Tally,
    /// Places for questions that are looked up.
    look_ups: Arc<Semaphore>,
    /// Changes whenever a link opens.
    opened: watch::Sender<()>,
}

#[derive(Default)]
struct Links {
    next: u64,
    of_peer: HashMap<Actor, Vec<LinkHandle>>,
    dialling: HashSet<Actor>,
    /// Peers that somebody waits to ask, and how many do.
    wanted: HashMap<Actor, usize>,
}

/// What others may do with a link.
#[derive(Clone)]
struct LinkHandle {
    number: u64,
    wake: Arc<Notify>,
    requests: mpsc::Sender<Request>,
    connection: quinn::Connection,
}

/// The exchange cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The UDP address cannot be bound.
    #[error("udp address {address} cannot be bound: {error}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The node key is not to be had.
    #[error("node key: {0}")]
    Key(#[from] SignFailed),
}

impl Exchange {
    /// Binds the endpoint. Nothing is accepted or dialled before [`Exchange::run`].
    pub(crate) fn bind(
        (registrar, editions): (Arc<Registrar>, Arc<Editions>),
        (key, old): (&Arc<dyn Signer>, &[Arc<dyn Signer>]),
        store: Arc<dyn Store>,
        (commands, calls): (mpsc::Sender<Command>, Arc<Calls>),
        authorities: watch::Receiver<Authorities>,
        (heads, shown, tally): (Arc<Heads>, Arc<Shown>, Tally),
        clock: fn() -> UnixMillis,
    ) -> Result<Arc<Self>, ExchangeError> {
        let listen = registrar.config.listen.quic;
        let address = listen.unwrap_or_else(|| SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)));
        let transport = Arc::new(transport());
        let mut client = quinn::ClientConfig::new(Arc::new(tls::client_config(key)?));
        client.transport_config(Arc::clone(&transport));
        let server = match listen {
            Some(_) => {
                let tls = tls::server_config(key, old, authorities.clone(), clock)?;
                let mut server = quinn::ServerConfig::with_crypto(Arc::new(tls));
                server.transport_config(transport).max_incoming(HANDSHAKES_MAX);
                Some(server)
            }
            None => None,
        };
        let endpoint_config = endpoint_config(key.as_ref())?;
        let bind = |address| -> std::io::Result<Endpoint> {
            let socket = std::net::UdpSocket::bind(address)?;
            let runtime = Arc::new(quinn::TokioRuntime);
            Endpoint::new(endpoint_config.clone(), server.clone(), socket, runtime)
        };
        let v4 = SocketAddr::from(([0, 0, 0, 0], 0));
        let endpoint = match (bind(address), listen) {
            (Ok(endpoint), _) => Ok(endpoint),
            // A machine without IPv6 still dials out.
            (Err(_), None) => bind(v4),
            (Err(error), Some(_)) => Err(error),
        };
        let mut endpoint = endpoint.map_err(|error| ExchangeError::Bind { address, error })?;
        endpoint.set_default_client_config(client);
        Ok(Arc::new(Self {
            me: registrar.me.clone(),
            store,
            commands,
            authorities,
            registrar,
            editions,
            clock,
            endpoint,
            links: Mutex::default(),
            calls,
            heads,
            shown,
            tally,
            look_ups: Arc::new(Semaphore::new(LOOK_UPS_MAX)),
            opened: watch::Sender::default(),
        }))
    }

    /// Accepts and dials until the endpoint closes.
    pub(crate) async fn run(self: &Arc<Self>) {
        let accept = self.accept();
        let dial = dial::run(self);
        let watch = self.drop_unlisted();
        let compare = compare::run(self);
        tokio::join!(accept, dial, watch, compare);
    }

    /// Ends every link and the endpoint.
    pub(crate) async fn close(&self) {
        self.endpoint.close(VarInt::from_u32(Violation::None.code()), b"");
        // Peers learn of the end at once instead of by their idle timeout.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.endpoint.wait_idle()).await;
    }

    /// How long a link goes on before it looks at its outbox from the start again: as long as the
    /// longest pause between dials, since either means that the peer was not ready.
    fn look_again_after(&self) -> Duration {
        Duration::from_millis(self.registrar.config.exchange.retry_ms_max)
    }

    /// The address peers can dial, if this node listens.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        self.registrar.config.listen.quic?;
        self.endpoint.local_addr().ok()
    }

    /// Peers that have a link now.
    pub(crate) fn connected(&self) -> Vec<Actor> {
        let mut peers: Vec<_> = self.links().of_peer.keys().cloned().collect();
        peers.sort();
        peers
    }

    /// Parties that are always dialled, in order.
    pub(crate) fn always_dialled(&self) -> BTreeSet<landside_proto::ids::PartyId> {
        let me = self.registrar.party();
        dial::named(self).filter(|party| Some(*party) != me).cloned().collect()
    }

    fn links(&self) -> MutexGuard<'_, Links> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn accept(self: &Arc<Self>) {
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES_MAX));
        let most =
            usize::try_from(self.registrar.config.exchange.connections_max).unwrap_or(usize::MAX);
        while let Some(incoming) = self.endpoint.accept().await {
            if self.endpoint.open_connections() >= most {
                incoming.refuse();
                continue;
            }
            if handshakes.available_permits() < HANDSHAKES_UNPROVEN_MIN && incoming.may_retry() {
                // Refused only where it may not be asked for.
                let _ = incoming.retry();
                continue;
            }
            let Ok(permit) = Arc::clone(&handshakes).try_acquire_owned() else {
                incoming.ignore();
                continue;
            };
            let exchange = Arc::clone(self);
            tokio::spawn(async move {
                let connecting = async { incoming.accept().ok()?.await.ok() };
                let connection = tokio::time::timeout(HANDSHAKE_LIFE, connecting).await;
                drop(permit);
                if let Ok(Some(connection)) = connection {
                    link::serve(&exchange, connection, link::Side::Accepted).await;
                }
            });
        }
    }

    /// Ends the links of keys that the directory, or a credential, no longer lists.
    async fn drop_unlisted(self: &Arc<Self>) {
        let mut authorities = self.authorities.clone();
        let mut expiry = tokio::time::interval(EXPIRY_EVERY);
        loop {
            tokio::select! {
                changed = authorities.changed() => match changed {
                    Ok(()) => {}
                    Err(_) => return,
                },
                _ = expiry.tick() => {}
            }
            authorities.borrow_and_update();
            let handles: Vec<_> = self
                .links()
                .of_peer
                .iter()
                .flat_map(|(peer, links)| links.iter().map(|link| (peer.clone(), link.clone())))
                .collect();
            for (peer, link) in handles {
                if !self.is_listed(&peer, &link.connection) {
                    warn!(%peer, "link ended: key is no longer listed");
                    close(&link.connection, Violation::UnknownKey);
                }
            }
        }
    }

    /// Whether the key that a link showed is still the peer's.
    fn is_listed(&self, peer: &Actor, connection: &quinn::Connection) -> bool {
        let key = tls::peer_key(connection);
        key.and_then(|key| self.actor_of(&key)).as_ref() == Some(peer)
    }

    /// Who shows this key now.
    fn actor_of(&self, key: &PublicKey) -> Option<Actor> {
        self.authorities.borrow().actor_of_node(key, (self.clock)())
    }

    /// Makes a link known; it is the peer's sending link from now on.
    fn register(
        &self,
        peer: &Actor,
        connection: &quinn::Connection,
        requests: mpsc::Sender<Request>,
    ) -> LinkHandle {
        let mut links = self.links();
        let number = links.next;
        links.next = number.wrapping_add(1);
        let (wake, connection) = (Arc::new(Notify::new()), connection.clone());
        let handle = LinkHandle { number, wake, requests, connection };
        let of_peer = links.of_peer.entry(peer.clone()).or_default();
        of_peer.push(handle.clone());
        if of_peer.len() > LINKS_PER_PEER_MAX {
            close(&of_peer.remove(0).connection, Violation::None);
        }
        drop(links);
        self.opened.send_replace(());
        info!(%peer, "link open");
        handle
    }

    /// Whether a link is the one that sends.
    fn is_sending(&self, peer: &Actor, number: u64) -> bool {
        let links = self.links();
        links.of_peer.get(peer).and_then(|of| of.last()).is_some_and(|link| link.number == number)
    }

    /// Forgets a link that ended; the newest of the rest sends.
    fn unregister(&self, peer: &Actor, number: u64) {
        let mut links = self.links();
        let Some(of_peer) = links.of_peer.get_mut(peer) else { return };
        of_peer.retain(|link| link.number != number);
        match of_peer.last() {
            Some(next) => next.wake.notify_one(),
            None => {
                links.of_peer.remove(peer);
                // What still waits needs a new link.
                self.calls.call([peer.clone()]);
            }
        }
        debug!(%peer, "link ended");
    }

    /// Tells the sending link that something waits; `false` when there is none.
    fn wake(&self, peer: &Actor) -> bool {
        match self.links().of_peer.get(peer).and_then(|of| of.last()) {
            Some(link) => {
                link.wake.notify_one();
                true
            }
            None => false,
        }
    }
}

/// Ends a connection with the reason's code.
fn close(connection: &quinn::Connection, why: Violation) {
    connection.close(VarInt::from_u32(why.code()), b"");
}

/// The keys of connection ids and stateless resets (RFC 9000 § 10.3) are derived from the node's key,
/// so that a node that was killed and started again knows its old ids and tells its peers at once
/// that those links are gone.
fn endpoint_config(key: &dyn Signer) -> Result<EndpointConfig, SignFailed> {
    let reset = key.sign(RESET_CONTEXT)?;
    let ids = Sha256::digest(key.sign(CONNECTION_ID_CONTEXT)?);
    let mut id_key = [0; 8];
    id_key.copy_from_slice(&ids[..8]);
    let id_key = u64::from_le_bytes(id_key);
    let reset = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &reset);
    let mut config = EndpointConfig::new(Arc::new(reset));
    config.cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(id_key)));
    Ok(config)
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(1))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(STREAM_WINDOW))
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_idle_timeout(IdleTimeout::try_from(IDLE).ok());
    transport
}
