//! The console: screens for the people of this party, and the JSON door behind them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landside_node::node::{Node, clock};
use landside_node::{config, custody};
use landside_proto::ids::UnixMillis;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::version::TLS13;
use tracing::info;

use crate::api;
use crate::driver::Links;
use crate::server::{Listener, WebError};

/// The console's listener, at which nobody is served yet.
pub struct Console {
    listener: Listener,
    tls: Option<TlsAcceptor>,
    settings: config::Console,
    links: Option<Links>,
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
            (Some(certificate), Some(key)) => Some(acceptor(certificate, key)?),
            _ if address.ip().to_canonical().is_loopback() => None,
            _ => return Err(WebError::Plain(address)),
        };
        let listener = Listener::bind(address, "console.listen").await?;
        Ok(Some(Self { listener, tls, settings: settings.clone(), links: None, clock }))
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

    /// Where it listens; with the port that the system chose, if it was to choose one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// Serves the people of a node until `stop`, then closes as [`crate::Web::serve`] does.
    pub async fn serve(self, node: Node, stop: impl Future<Output = ()>) {
        let Self { listener, tls, settings, links, clock } = self;
        info!(address = %listener.address, tls = tls.is_some(), "console is up");
        let (board, keep_board) = node.board();
        let port = listener.address.port();
        let offered = links.as_ref().map(|links| links.offered.clone());
        let shared = Arc::new(api::Shared::new(node, board, &settings, (port, offered), clock));
        let keeper = Arc::clone(&shared);
        let (end, mut ended) = tokio::sync::watch::channel(());
        // They end with the console, or it would hold on to the node.
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(keep_board);
        tasks.spawn(async move { keeper.keep_events().await });
        let of_phones = Arc::clone(&shared);
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
    }
}

/// TLS 1.3 with the certificate given: every browser that shows these screens speaks it.
fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, WebError> {
    let wrong = |what, path: &Path| {
        let path: PathBuf = path.to_owned();
        move |error: String| WebError::Tls { what, path, error }
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| wrong("certificate", certificate)(e.to_string()))?;
    if chain.is_empty() {
        return Err(wrong("certificate", certificate)("no certificate in it".to_owned()));
    }
    let pem = custody::read_tls_key(key).map_err(|e| wrong("key", key)(e.to_string()))?;
    let private =
        PrivateKeyDer::from_pem_slice(&pem).map_err(|e| wrong("key", key)(e.to_string()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|e| wrong("key", key)(e.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
