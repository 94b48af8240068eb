//! Listeners and their connections. Whoever connects is a stranger: a connection is bounded in number,
//! in the size of what it asks, and in time.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use landside_node::node::Node;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use crate::handed;
use crate::routes::routes;

/// Connections of the public log served at once, and the least that a console serves; further ones wait in the operating
/// system's queue. Both of it, with the files and sockets of the rest of a node, stays below the usual 1,024 open files
/// of a process.
pub const CONNECTIONS_MAX: usize = 256;

/// A request's head must be there, whole, within this time of the answer before it, or of the
/// connection's beginning: who sends slowly, or nothing, makes place for others.
pub const HEAD_LIFE: Duration = Duration::from_secs(5);

/// Longest head of a request, in bytes: the least that hyper takes, and thirty times a usual one.
pub const HEAD_MAX: usize = 8 * 1024;

/// Most fields in a head; a browser sends about twenty.
pub const FIELDS_MAX: usize = 64;

/// How long a connection is kept for further requests: who does not read its answers holds its place
/// no longer than this and [`CLOSE_LIFE`].
pub const CONNECTION_LIFE: Duration = Duration::from_secs(60);

/// How long a connection that is to close has for the answer it is at.
pub const CLOSE_LIFE: Duration = Duration::from_secs(2);

/// How long a connection that never asked anything may still do so when it is to close: a round trip of a poor line.
const FIRST_LIFE: Duration = Duration::from_millis(300);

/// Pause after a connection could not be taken, as when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The public log's listener, at which nobody is served yet.
pub struct Web(Listener);

/// HTTP cannot be offered. [`WebError::code`] is the stable part.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address cannot be listened at.
    #[error("http address {address} cannot be listened at: {error}; {}", remedy(error, setting))]
    Bind {
        /// As configured.
        address: SocketAddr,
        /// The setting that names it.
        setting: &'static str,
        /// The operating system's word.
        error: std::io::Error,
    },
    /// The address of phones over QUIC cannot be listened at.
    #[error(
        "console.quic {address} cannot be listened at: {error}; {}",
        remedy(error, "console.quic")
    )]
    Phones {
        /// As configured.
        address: SocketAddr,
        /// The operating system's word.
        error: std::io::Error,
    },
    /// Phones could not be shown a certificate.
    #[error(
        "no certificate for phones over QUIC: {0}; see that the home can be written, or set \
         console.quic to \"\""
    )]
    PhonesCertificate(String),
    /// Passwords would travel in the clear.
    #[error(
        "the console would be open to other machines at {0} without TLS; set console.certificate and \
         console.key, or listen at 127.0.0.1"
    )]
    Plain(SocketAddr),
    /// The certificate or its key cannot be used.
    #[error("console {what} {}: {error}; give PEM files that belong together", path.display())]
    Tls {
        /// `certificate` or `key`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        error: String,
    },
}

impl WebError {
    /// The stable code of this fault.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bind { error, .. } if is_taken(error) => "http-address-in-use",
            Self::Bind { .. } => "http-address",
            Self::Phones { error, .. } if is_taken(error) => "quic-address-in-use",
            Self::Phones { .. } => "quic-address",
            Self::PhonesCertificate(_) => "quic-certificate",
            Self::Plain(_) => "console-without-tls",
            Self::Tls { .. } => "console-certificate",
        }
    }
}

fn is_taken(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::AddrInUse
}

fn remedy(error: &std::io::Error, setting: &str) -> String {
    if is_taken(error) {
        format!("another program, or this node already, listens there: end it, or change {setting}")
    } else {
        format!("change {setting} in config.toml")
    }
}

impl Web {
    /// Takes the address. Who connects from now on waits until [`Web::serve`].
    ///
    /// # Errors
    /// [`WebError::Bind`].
    pub async fn bind(address: SocketAddr) -> Result<Self, WebError> {
        Ok(Self(Listener::bind(address, "listen.http", CONNECTIONS_MAX).await?))
    }

    /// Where it listens; with the port that the system chose, if it was to choose one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Serves a node until `stop`, then closes: no new connection, and [`CLOSE_LIFE`] for what is being
    /// answered. Dropping the future ends every connection at once.
    pub async fn serve(self, node: Node, stop: impl Future<Output = ()>) {
        info!(address = %self.0.address, "http is up");
        self.0.serve(routes(node), None, stop).await;
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// An address taken, and its connections.
pub(crate) struct Listener {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
    /// Connections served at once.
    pub(crate) places: usize,
}

impl Listener {
    pub(crate) async fn bind(
        address: SocketAddr,
        setting: &'static str,
        places: usize,
    ) -> Result<Self, WebError> {
        let bound = async {
            let listener = match handed::take(address)? {
                Some(listener) => TcpListener::from_std(listener)?,
                None => TcpListener::bind(address).await?,
            };
            let address = listener.local_addr()?;
            Ok(Self { listener, address, places })
        };
        bound.await.map_err(|error| WebError::Bind { address, setting, error })
    }

    /// Serves until `stop`, over TLS where an acceptor is given.
    pub(crate) async fn serve(
        self,
        routes: Router,
        tls: Option<TlsAcceptor>,
        stop: impl Future<Output = ()>,
    ) {
        let places = Arc::new(Semaphore::new(self.places));
        let (close, closing) = watch::channel(());
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            let ((stream, from), place) = tokio::select! {
                () = &mut stop => break,
                next = self.next(&places) => next,
            };
            while connections.try_join_next().is_some() {}
            let (routes, tls, closing) = (routes.clone(), tls.clone(), closing.clone());
            connections.spawn(async move {
                let _place = place;
                // Answers are written whole; waiting for more to send only delays them.
                let _ = stream.set_nodelay(true);
                match tls {
                    None => converse(stream, Peer(from.ip()), routes, closing).await,
                    Some(tls) => {
                        // As for a head: who says nothing makes place for others.
                        match timeout(HEAD_LIFE, tls.accept(stream)).await {
                            Ok(Ok(stream)) => {
                                converse(stream, Peer(from.ip()), routes, closing).await;
                            }
                            Ok(Err(error)) => debug!(%error, "tls handshake"),
                            Err(_) => {}
                        }
                    }
                }
            });
        }
        drop(self.listener);
        drop(close);
        while connections.join_next().await.is_some() {}
    }

    /// The next connection, once there is a place for it.
    async fn next(
        &self,
        places: &Arc<Semaphore>,
    ) -> ((TcpStream, SocketAddr), OwnedSemaphorePermit) {
        loop {
            let Ok(place) = Arc::clone(places).acquire_owned().await else {
                // Nobody closes the semaphore.
                return std::future::pending().await;
            };
            match self.listener.accept().await {
                Ok(accepted) => return (accepted, place),
                Err(error) => {
                    warn!(%error, "http connection cannot be taken");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// One connection, to its end.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    from: Peer,
    routes: Router,
    mut closing: watch::Receiver<()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIFE)
        .max_buf_size(HEAD_MAX)
        .max_header_size(HEAD_MAX)
        .max_headers(FIELDS_MAX);
    let routes = TowerToHyperService::new(routes);
    let asked = Arc::new(AtomicBool::new(false));
    let was_asked = Arc::clone(&asked);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        asked.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(from);
        routes.call(request)
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = time_to_close(&mut closing) => {
            // Its first question may be on its way: nobody is sent away unheard.
            let unheard = !was_asked.load(Ordering::Relaxed);
            if unheard && timeout(FIRST_LIFE, connection.as_mut()).await.is_ok() {
                return;
            }
            connection.as_mut().graceful_shutdown();
            match timeout(CLOSE_LIFE, connection).await {
                Ok(ended) => ended,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = ended {
        debug!(%error, "http connection");
    }
}

/// The node stops, or the connection has lived long enough.
async fn time_to_close(closing: &mut watch::Receiver<()>) {
    tokio::select! {
        // Nothing is ever sent: the end of the channel is the word.
        _ = closing.changed() => {}
        () = sleep(CONNECTION_LIFE) => {}
    }
}
