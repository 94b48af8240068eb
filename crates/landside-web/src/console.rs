//! The console: screens for the people of this party, and the JSON door behind them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use landside_node::config;
use landside_node::node::{Node, clock};
use landside_proto::ids::UnixMillis;
use tokio_rustls::TlsAcceptor;
use tracing::info;

use crate::certificate::{CERTIFICATE_LOOK_EVERY, Certificate};
use crate::driver::Links;
use crate::hooks::Pace;
use crate::server::{CONNECTIONS_MAX, Listener, WebError};
use crate::{api, files, hooks};

/// Most connections of a console served at once: the streams of [`crate::STREAMS_MAX`] screens, and as many requests. Fewer
/// where the system allows the process fewer open files.
pub const CONSOLE_CONNECTIONS_MAX: usize = 2_048;

/// The console's listener, at which nobody is served yet.
pub struct Console {
    listener: Listener,
    tls: Option<(Arc<Certificate>, TlsAcceptor)>,
    settings: config::Console,
    links: Option<Links>,
    look_every: Duration,
    pace: Pace,
    clock: fn() -> UnixMillis,
}

impl Console {
    /// Takes the address that the settings name; `None` when they name none.
    ///
    /// # Errors
    /// [`WebError`]: the address cannot be taken, is open to others without TLS, or the certificate
    /// cannot be used.
    pub async fn bind(settings: &config::Console) -> Result<Option<Self>, WebError> {
        let Some(address) = settings.listen else { return Ok(None) };
        let tls = match (&settings.certificate, &settings.key) {
            (Some(certificate), Some(key)) => {
                let certificate = Arc::new(Certificate::of(certificate, key, clock())?);
                let acceptor = certificate.acceptor()?;
                Some((certificate, acceptor))
            }
            _ if address.ip().to_canonical().is_loopback() => None,
            _ => return Err(WebError::Plain(address)),
        };
        let listener = Listener::bind(
            address,
            "console.listen",
            files::connections(CONSOLE_CONNECTIONS_MAX, CONNECTIONS_MAX),
        )
        .await?;
        let (settings, look_every) = (settings.clone(), CERTIFICATE_LOOK_EVERY);
        let (links, pace) = (None, Pace::default());
        Ok(Some(Self { listener, tls, settings, links, look_every, pace, clock }))
    }

    /// The same console, and beside it the UDP address at which drivers' phones come over QUIC, where the
    /// settings name one. Its certificates are kept in the folder `home`.
    ///
    /// # Errors
    /// [`WebError`]: the address cannot be taken, or no certificate made or kept.
    pub fn with_links(self, home: &Path) -> Result<Self, WebError> {
        let Some(address) = self.settings.quic else { return Ok(self) };
        let links = Links::bind(address, self.settings.quic_port, home, self.clock)?;
        Ok(Self { links: Some(links), ..self })
    }

    /// Where phones come over QUIC, if they may.
    #[must_use]
    pub fn quic_address(&self) -> Option<SocketAddr> {
        self.links.as_ref().map(|links| links.address)
    }

    /// The same console by another clock, for whoever must see hours pass in no time.
    #[must_use]
    pub fn by_clock(self, clock: fn() -> UnixMillis) -> Self {
        Self { clock, ..self }
    }

    /// The same console that looks at its certificate more often, for whoever must see it change in no time.
    #[must_use]
    pub fn looking_every(self, look_every: Duration) -> Self {
        Self { look_every, ..self }
    }

    /// The same console that is less patient with receivers of webhooks.
    #[must_use]
    pub fn telling(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Where it listens; with the port that the system chose, if it was to choose one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// Serves the people of a node until `stop`, then closes as [`crate::Web::serve`] does.
    pub async fn serve(self, node: Node, stop: impl Future<Output = ()>) {
        let Self { listener, tls, settings, links, look_every, pace, clock } = self;
        let (certificate, tls) = tls.unzip();
        info!(address = %listener.address, tls = tls.is_some(), "console is up");
        let (board, keep_board) = node.board();
        let port = listener.address.port();
        let (places, streams) = (listener.places, api::streams(listener.places));
        info!(connections = places, streams, "console serves as many at once");
        let told = node.clone();
        let offered = links.as_ref().map(|links| links.offered.clone());
        let shared =
            Arc::new(api::Shared::new(node, board, &settings, (port, streams, offered), clock));
        let keeper = Arc::clone(&shared);
        let (end, mut ended) = tokio::sync::watch::channel(());
        // They end with the console, or it would hold on to the node.
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(keep_board);
        tasks.spawn(hooks::send(told.clone(), pace, clock));
        tasks.spawn(async move { keeper.keep_events().await });
        if let Some(certificate) = certificate {
            tasks.spawn(certificate.keep("console", told, (look_every, clock)));
        }
        let (of_phones, of_sessions) = (Arc::clone(&shared), Arc::clone(&shared));
        let phones = async move {
            if let Some(links) = links {
                let end = async move { drop(ended.changed().await) };
                links.serve(of_phones, end).await;
            }
        };
        let stop = async move {
            stop.await;
            drop(end);
        };
        tokio::join!(listener.serve(api::routes(shared), tls, stop), phones);
        tasks.shutdown().await;
        of_sessions.keep_sessions();
    }
}
