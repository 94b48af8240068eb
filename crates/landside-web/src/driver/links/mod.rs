//! Phones over QUIC (WebTransport; docs/PROTOCOL.md § 16): a phone proves its key once on a link, gets
//! its feed as it grows, and asks on streams of their own what it would ask over HTTPS.
//!
//! - `certificates`: what the address shows, and what phones are told of it
//! - `beats`: a phone asks whether the node is there
//! - `frames`: bytes with a length before them
//! - `questions`: a question on a stream, answered by the routes of HTTPS
//!
//! Who connects is a stranger until its proof holds: bounded in number, in time and in bytes, and told
//! the same whatever was wrong.

mod beats;
mod certificates;
mod frames;
mod questions;

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderValue};
use landside_proto::device::link::{self, Challenge, Offer, Proof};
use landside_proto::device::{CHALLENGE_LEN, Feed};
use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::key::PublicKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, timeout};
use tracing::{debug, error, info};
use wtransport::config::QuicTransportConfig;
use wtransport::endpoint::IncomingSession;
use wtransport::endpoint::endpoint_side::Server;
use wtransport::quinn::{IdleTimeout, VarInt as QuicInt};
use wtransport::tls::WEBTRANSPORT_ALPN;
use wtransport::tls::rustls::crypto::ring;
use wtransport::tls::rustls::version::TLS13;
use wtransport::{Connection, Endpoint, RecvStream, SendStream, ServerConfig, VarInt, tls::rustls};

use self::certificates::Certificates;
use super::phones::OpenQuestion;
use super::rates::{Asker, Door};
use super::{TOKEN_LIFE, WAIT_S_MAX, next_feed, routes};
use crate::api::Shared;
use crate::guard::own_origin;
use crate::server::{CLOSE_LIFE, Peer, WebError};

pub use self::certificates::{CERTIFICATE_LIFE, SHOWN};

/// Links at once, with those that have proven nothing: what a large haulier has on the road.
pub const LINKS_MAX: usize = 512;

/// Links at once that have proven nothing yet.
pub const STRANGERS_MAX: usize = 64;

/// From a connection's beginning, its proof must be there within this time.
pub const PROOF_LIFE: Duration = Duration::from_secs(10);

/// Questions of one phone at once, each on a stream.
pub const QUESTIONS_MAX: u32 = 4;

/// Questions of all phones that are answered at once; further ones wait.
const ANSWERED_MAX: usize = 64;

/// A link on which nothing was heard for this long is over; the node asks for a sign every third of it.
pub const LINK_IDLE: Duration = Duration::from_secs(30);

/// What is written must be taken within this time.
const WRITE_LIFE: Duration = Duration::from_secs(30);

/// Streams of HTTP/3 in one direction: settings and two of QPACK, and one that browsers try.
const ONE_WAY_MAX: u32 = 4;

/// Bytes in flight that are kept for one stream, and for all streams of a link.
const STREAM_WINDOW: u32 = 256 * 1024;
const LINK_WINDOW: u32 = 512 * 1024;
const SEND_WINDOW: u64 = 512 * 1024;

/// Bytes of datagrams that are kept; nothing here sends any, and browsers ask that one could.
const DATAGRAMS: usize = 4 * 1024;

/// Connections that wait to be looked at, and bytes of theirs, for one and for all.
const WAITING_MAX: usize = 256;
const WAITING_BYTES: u64 = 8 * 1024;
const WAITING_BYTES_ALL: u64 = 512 * 1024;

/// How often certificates are looked after.
const RENEW_EVERY: Duration = Duration::from_secs(60);

/// The phones' UDP address, at which nobody is served yet.
pub(crate) struct Links {
    endpoint: Endpoint<Server>,
    pub(crate) address: SocketAddr,
    pub(crate) offered: Offered,
}

/// What phones are told of it.
#[derive(Clone)]
pub(crate) struct Offered {
    port: u16,
    certificates: Arc<Certificates>,
}

impl Offered {
    pub(crate) fn offer(&self) -> Offer {
        Offer { port: self.port, certificates: self.certificates.told() }
    }
}

impl Links {
    /// Takes the address. Must be called where tokio runs.
    pub(crate) fn bind(
        address: SocketAddr,
        port: u16,
        dir: &Path,
        clock: fn() -> UnixMillis,
    ) -> Result<Self, WebError> {
        let certificates = Certificates::of(dir, clock)
            .map_err(|error| WebError::PhonesCertificate(error.to_string()))?;
        let certificates = Arc::new(certificates);
        let taken = || {
            let socket = UdpSocket::bind(address)?;
            let address = socket.local_addr()?;
            Ok((Endpoint::server(settings(socket, &certificates)?)?, address))
        };
        let (endpoint, address) = taken().map_err(|error| WebError::Phones { address, error })?;
        let port = if port == 0 { address.port() } else { port };
        Ok(Self { endpoint, address, offered: Offered { port, certificates } })
    }

    /// Serves phones until `stop`. Dropping the future ends every link at once.
    pub(crate) async fn serve(self, shared: Arc<Shared>, stop: impl Future<Output = ()>) {
        info!(address = %self.address, "quic for phones is up");
        let (close, closing) = watch::channel(());
        let doors = Arc::new(Doors::new(&shared, self.offered.certificates, closing));
        let mut links = JoinSet::new();
        let mut stop = pin!(stop);
        let mut renew = interval(RENEW_EVERY);
        loop {
            tokio::select! {
                () = &mut stop => break,
                _ = renew.tick() => doors.renew().await,
                incoming = self.endpoint.accept() => {
                    while links.try_join_next().is_some() {}
                    if let Some((incoming, place)) = doors.let_in(incoming) {
                        links.spawn(Arc::clone(&doors).serve(incoming, place));
                    }
                }
            }
        }
        drop(close);
        let ended = async {
            while links.join_next().await.is_some() {}
            self.endpoint.close(VarInt::from_u32(0), b"");
            self.endpoint.wait_idle().await;
        };
        let _ = timeout(CLOSE_LIFE, ended).await;
    }
}

/// What holds for a connection before anybody knows whose it is.
fn settings(socket: UdpSocket, certificates: &Arc<Certificates>) -> std::io::Result<ServerConfig> {
    let provider = Arc::new(ring::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .map_err(std::io::Error::other)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(certificates) as _);
    tls.alpn_protocols = vec![WEBTRANSPORT_ALPN.to_vec()];
    // A link that is taken up again is proven anew: there is nothing to resume.
    tls.send_tls13_tickets = 0;
    tls.max_early_data_size = 0;
    let mut transport = QuicTransportConfig::default();
    transport
        .max_concurrent_bidi_streams(QuicInt::from_u32(1 + QUESTIONS_MAX))
        .max_concurrent_uni_streams(QuicInt::from_u32(ONE_WAY_MAX))
        .stream_receive_window(QuicInt::from_u32(STREAM_WINDOW))
        .receive_window(QuicInt::from_u32(LINK_WINDOW))
        .send_window(SEND_WINDOW)
        .datagram_receive_buffer_size(Some(DATAGRAMS))
        .datagram_send_buffer_size(DATAGRAMS)
        .max_idle_timeout(IdleTimeout::try_from(LINK_IDLE).ok())
        .keep_alive_interval(Some(LINK_IDLE / 3));
    let mut settings = ServerConfig::builder()
        .with_bind_socket(socket)
        .with_custom_tls_and_transport(tls, transport)
        .build();
    settings
        .quic_config_mut()
        .max_incoming(WAITING_MAX)
        .incoming_buffer_size(WAITING_BYTES)
        .incoming_buffer_size_total(WAITING_BYTES_ALL);
    Ok(settings)
}

/// A place among the links, and one among those that have proven nothing.
struct Place {
    _link: OwnedSemaphorePermit,
    stranger: OwnedSemaphorePermit,
}

/// What all links share.
struct Doors {
    shared: Arc<Shared>,
    routes: Router,
    certificates: Arc<Certificates>,
    links: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    answering: Semaphore,
    closing: watch::Receiver<()>,
}

/// Whose a link is, since when it has said so.
struct Proven {
    talk: SendStream,
    heard: RecvStream,
    key: PublicKey,
    after: u64,
    /// The name of the node, as HTTP would have it.
    host: HeaderValue,
}

impl Doors {
    fn new(
        shared: &Arc<Shared>,
        certificates: Arc<Certificates>,
        closing: watch::Receiver<()>,
    ) -> Self {
        Self {
            routes: routes().with_state(Arc::clone(shared)),
            shared: Arc::clone(shared),
            certificates,
            links: Arc::new(Semaphore::new(LINKS_MAX)),
            strangers: Arc::new(Semaphore::new(STRANGERS_MAX)),
            answering: Semaphore::new(ANSWERED_MAX),
            closing,
        }
    }

    async fn renew(&self) {
        let certificates = Arc::clone(&self.certificates);
        let renewed = tokio::task::spawn_blocking(move || certificates.renew()).await;
        if let Ok(Err(error)) = renewed {
            error!(%error, "the next certificate for phones cannot be kept");
        }
    }

    /// Lets a connection go on whose address is shown to be its own, while there is a place.
    fn let_in(&self, incoming: IncomingSession) -> Option<(IncomingSession, Place)> {
        // Nothing is kept of who may have made its address up, and nobody else pays for it.
        if !incoming.remote_address_validated() {
            incoming.retry();
            return None;
        }
        let from = Asker::at(incoming.remote_address().ip());
        let place = || {
            self.shared.admit(Door::Session, from).ok()?;
            let link = Arc::clone(&self.links).try_acquire_owned().ok()?;
            let stranger = Arc::clone(&self.strangers).try_acquire_owned().ok()?;
            Some(Place { _link: link, stranger })
        };
        match place() {
            Some(place) => Some((incoming, place)),
            None => {
                incoming.refuse();
                None
            }
        }
    }

    async fn serve(self: Arc<Self>, incoming: IncomingSession, place: Place) {
        let mut closing = self.closing.clone();
        let Place { _link, stranger } = place;
        let mut taken_up = None;
        let proven = tokio::select! {
            proven = timeout(PROOF_LIFE, self.prove(incoming, &mut taken_up)) => proven,
            _ = closing.changed() => return,
        };
        let Some(connection) = taken_up else { return };
        // Whatever was wrong, the connection is closed at once: the same for all, and nothing learnt.
        let Ok(Some(Proven { mut talk, heard, key, after, host })) = proven else {
            return connection.close(VarInt::from_u32(0), b"");
        };
        drop(stranger);
        let peer = Peer(from(&connection));
        info!(device = %key.id(), from = %peer.0, "phone linked");
        tokio::select! {
            () = self.push(&key, after, (&mut talk, heard)) => {}
            () = questions::answer_all(&self, &connection, (key, peer, &host)) => {}
            error = connection.closed() => debug!(%error, "phone's link"),
            () = sleep(TOKEN_LIFE) => {}
            _ = closing.changed() => {}
        }
        connection.close(VarInt::from_u32(0), b"");
        debug!(device = %key.id(), "phone's link is over");
    }

    /// Takes a session up and asks who it is.
    async fn prove(
        &self,
        incoming: IncomingSession,
        taken_up: &mut Option<Connection>,
    ) -> Option<Proven> {
        // It may change while the hands are shaken.
        let before = self.certificates.shown();
        let request = incoming.await.ok()?;
        let shown: Vec<Hash32> = before.into_iter().chain(self.certificates.shown()).collect();
        let host = self.shared.host_of_link(request.authority())?;
        let origin = own_origin(&HeaderMap::from_iter([(HOST, host.clone())]), &self.shared)?;
        if request.path() != link::PATH || request.origin() != Some(&origin) {
            request.forbidden().await;
            return None;
        }
        let connection = taken_up.insert(request.accept().await.ok()?);
        let (mut talk, mut heard) = connection.open_bi().await.ok()?.await.ok()?;
        let mut challenge = [0; CHALLENGE_LEN];
        getrandom::fill(&mut challenge).ok()?;
        let said = Challenge { challenge: challenge.into(), now: self.shared.now() };
        talk.write_all(&link::framed(&said).ok()?).await.ok()?;
        let proof: Proof = link::read(&frames::body(&mut heard).await.ok()?).ok()?;
        let is_proven = shown.iter().any(|hash| proof.holds(&origin, *hash, &challenge).is_ok());
        let driver = self.shared.node.driver_of(&proof.key).filter(|_| is_proven)?;
        super::vouch_late(&self.shared, driver).await;
        Some(Proven { talk, heard, key: proof.key, after: proof.after, host })
    }

    /// Tells a phone what comes for it, and what there is when it asks whether the node is there, until it is
    /// served no more or asks anew elsewhere.
    async fn push(
        &self,
        key: &PublicKey,
        after: u64,
        (talk, heard): (&mut SendStream, RecvStream),
    ) {
        let open = self.shared.phones.open(key.id());
        tokio::select! {
            () = self.tell(key, after, talk, &open) => {}
            () = beats::hear(heard, &open) => {}
        }
    }

    async fn tell(
        &self,
        key: &PublicKey,
        mut after: u64,
        talk: &mut SendStream,
        open: &OpenQuestion<'_>,
    ) {
        let mut patience = Duration::ZERO;
        while let Some(feed) = self.next(key, after, patience, open).await {
            after = feed.next;
            patience = Duration::from_secs(WAIT_S_MAX);
            let Ok(frame) = link::framed(&feed) else { return };
            if !matches!(timeout(WRITE_LIFE, talk.write_all(&frame)).await, Ok(Ok(()))) {
                return;
            }
        }
    }

    async fn next(
        &self,
        key: &PublicKey,
        after: u64,
        patience: Duration,
        open: &OpenQuestion<'_>,
    ) -> Option<Feed> {
        let next = next_feed(&self.shared, key, (after, Instant::now() + patience), open).await;
        next.ok().filter(|next| !next.is_last).map(|next| next.feed)
    }
}

fn from(connection: &Connection) -> IpAddr {
    connection.remote_address().ip()
}

/// What marks a question as one on a link of this device. No request over HTTP has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfLink(pub(crate) PublicKey);
