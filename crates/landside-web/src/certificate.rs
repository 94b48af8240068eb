//! The certificate that a listener shows: read from its files, and read again when they change.
//!
//! Whoever renews it writes two files, one after the other: a pair that does not belong together at one look may at the
//! next. What was shown goes on being shown until there is a pair that can be.

mod validity;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use landside_node::certificates;
use landside_node::custody;
use landside_node::home::read_bounded;
use landside_node::node::Node;
use landside_proto::ids::{Hash32, UnixMillis};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::TLS13;
use tracing::{error, info, warn};

use crate::server::WebError;

/// How often the files are looked at: two small files, and a renewal counts within two looks.
pub const CERTIFICATE_LOOK_EVERY: Duration = Duration::from_secs(10);

/// How often it is said that a certificate ends soon.
const WARN_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Longest file of certificates, in bytes: a long chain with large keys.
const CHAIN_FILE_MAX: usize = 256 * 1024;

/// A certificate and its key, as files that are looked at again and again.
#[derive(Debug)]
pub(crate) struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    shown: RwLock<Arc<CertifiedKey>>,
    standing: Mutex<Standing>,
}

#[derive(Debug)]
struct Standing {
    /// Of the two files that are shown.
    hash: Hash32,
    until: Option<UnixMillis>,
    taken_at: UnixMillis,
    /// What was wrong at the last look, and whether it was said.
    wrong: Option<(String, bool)>,
}

/// Two files that belong together.
struct Pair {
    certified: CertifiedKey,
    hash: Hash32,
    until: Option<UnixMillis>,
}

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    /// [`WebError::Tls`].
    pub(crate) fn of(certificate: &Path, key: &Path, now: UnixMillis) -> Result<Self, WebError> {
        let provider = Arc::new(ring::default_provider());
        let Pair { certified, hash, until } = read(certificate, key, &provider)?;
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            provider,
            shown: RwLock::new(Arc::new(certified)),
            standing: Mutex::new(Standing { hash, until, taken_at: now, wrong: None }),
        })
    }

    /// TLS 1.3 with this certificate as it is at each handshake: every browser that shows these screens speaks it.
    ///
    /// # Errors
    /// [`WebError::Tls`].
    pub(crate) fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, WebError> {
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&TLS13])
            .map_err(|error| wrong("certificate", &self.certificate, error))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Looks at the files as long as it is awaited, and tells the node how the certificate stands.
    pub(crate) async fn keep(
        self: Arc<Self>,
        of: &'static str,
        node: Node,
        (every, clock): (Duration, fn() -> UnixMillis),
    ) {
        let mut looks = interval(every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut warned: Option<Instant> = None;
        loop {
            looks.tick().await;
            let looking = Arc::clone(&self);
            // Files may lie on a slow disk.
            if tokio::task::spawn_blocking(move || looking.look(clock())).await.is_err() {
                return;
            }
            let shown = self.standing();
            let is_due = warned.is_none_or(|at| at.elapsed() >= WARN_EVERY);
            if shown.ends_soon(clock()) && is_due {
                let until = shown.until.map(|until| until.to_string()).unwrap_or_default();
                warn!(%until, file = %shown.file.display(), "certificate ends soon, or has ended");
                warned = Some(Instant::now());
            }
            node.shows_certificate(of, shown);
        }
    }

    /// Looks once.
    fn look(&self, now: UnixMillis) {
        let read = read(&self.certificate, &self.key, &self.provider);
        let mut standing = self.standing_now();
        match read {
            Ok(pair) if pair.hash == standing.hash => standing.wrong = None,
            Ok(Pair { certified, hash, until }) => {
                *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
                *standing = Standing { hash, until, taken_at: now, wrong: None };
                let until = until.map(|until| until.to_string()).unwrap_or_default();
                info!(file = %self.certificate.display(), %until, "certificate taken anew");
            }
            Err(fault) => {
                let fault = fault.to_string();
                // The first look may have come between the two files.
                let (again, said) = match &standing.wrong {
                    Some((before, said)) => (*before == fault, *said && *before == fault),
                    None => (false, false),
                };
                if again && !said {
                    error!(%fault, "certificate cannot be taken anew; the one before is shown on");
                }
                standing.wrong = Some((fault, again));
            }
        }
    }

    fn standing(&self) -> certificates::Standing {
        let standing = self.standing_now();
        let fault = standing.wrong.as_ref().filter(|(_, said)| *said);
        certificates::Standing {
            file: self.certificate.clone(),
            until: standing.until,
            taken_at: standing.taken_at,
            fault: fault.map(|(fault, _)| fault.clone()),
        }
    }

    fn standing_now(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn wrong(what: &'static str, path: &Path, error: impl ToString) -> WebError {
    WebError::Tls { what, path: path.to_owned(), error: error.to_string() }
}

fn read(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<Pair, WebError> {
    let of_chain = |error: &dyn std::fmt::Display| wrong("certificate", certificate, error);
    let of_key = |error: &dyn std::fmt::Display| wrong("key", key, error);
    let bytes = read_bounded(certificate, CHAIN_FILE_MAX).map_err(|e| of_chain(&e))?;
    let chain = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| of_chain(&e))?;
    if chain.is_empty() {
        return Err(of_chain(&"no certificate in it"));
    }
    let pem = custody::read_tls_key(key).map_err(|e| of_key(&e))?;
    let private = PrivateKeyDer::from_pem_slice(&pem).map_err(|e| of_key(&e))?;
    let ends: Option<Vec<UnixMillis>> =
        chain.iter().map(|certificate| validity::until(certificate)).collect();
    let until = ends.and_then(|ends| ends.into_iter().min());
    let both = [Hash32::of(&bytes), Hash32::of(&pem)].map(|hash| *hash.as_bytes());
    let hash = Hash32::of(both.as_flattened());
    let certified =
        CertifiedKey::from_der(chain, private, provider).map_err(|error| of_key(&error))?;
    Ok(Pair { certified, hash, until })
}
