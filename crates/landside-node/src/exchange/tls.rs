//! TLS 1.3 with raw public keys (RFC 7250): a peer is its key, and the directory says whose it is.
//!
//! The key a dialler expects is in the server name, so one client config serves all peers and no
//! answer of another key can pass. The server asks the live directory for each handshake and gives
//! out no tickets, so there is nothing to resume; the link checks the key again all the same.

use std::fmt;
use std::sync::Arc;

use landside_proto::directory::Authorities;
use landside_proto::ids::UnixMillis;
use landside_proto::key::{PublicKey, Signer as KeySigner};
use quinn::crypto::rustls::{NoInitialCipherSuite, QuicClientConfig, QuicServerConfig};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureAlgorithm,
    SignatureScheme,
};
use tokio::sync::watch;

/// Application protocol of node to node (RFC 7301).
pub(crate) const ALPN: &[u8] = b"landside/1";

/// Domain below which a key is a server name; `.invalid` never resolves (RFC 6761 § 6.4).
const NAME_SUFFIX: &str = ".landside.invalid";

/// The server name that asks for a key.
pub(crate) fn server_name(key: &PublicKey) -> String {
    format!("{}{NAME_SUFFIX}", key.dns_label())
}

/// The key that a verified peer showed.
pub(crate) fn peer_key(connection: &quinn::Connection) -> Option<PublicKey> {
    let identity = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    PublicKey::from_spki(identity.first()?).ok()
}

/// Accepts whoever the directory lists.
pub(crate) fn server_config(
    key: &Arc<dyn KeySigner>,
    old: &[Arc<dyn KeySigner>],
    authorities: watch::Receiver<Authorities>,
    clock: fn() -> UnixMillis,
) -> Result<QuicServerConfig, TlsError> {
    let provider = provider();
    let verifier = ListedClients {
        authorities,
        clock,
        algorithms: provider.signature_verification_algorithms,
    };
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(Arc::new(AskedFor {
            key: certified(key),
            old: old.iter().map(|old| (server_name(&old.public_key()), certified(old))).collect(),
        }));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(QuicServerConfig::try_from(config)?)
}

/// Dials a peer by the key in the server name.
pub(crate) fn client_config(key: &Arc<dyn KeySigner>) -> Result<QuicClientConfig, TlsError> {
    let provider = provider();
    let verifier = NamedServer { algorithms: provider.signature_verification_algorithms };
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(Arc::new(
            rustls::client::AlwaysResolvesClientRawPublicKeys::new(certified(key)),
        ));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    config.enable_early_data = false;
    Ok(QuicClientConfig::try_from(config)?)
}

/// A TLS config cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// rustls refused it.
    #[error("tls: {0}")]
    Rustls(#[from] Error),
    /// It has no cipher for QUIC's first packets.
    #[error("tls: {0}")]
    Quic(#[from] NoInitialCipherSuite),
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn certified(key: &Arc<dyn KeySigner>) -> Arc<CertifiedKey> {
    let spki = CertificateDer::from(key.public_key().to_spki());
    Arc::new(CertifiedKey::new(vec![spki], Arc::new(NodeKey(Arc::clone(key)))))
}

/// Shows the node's key, or one before it to who asks for that: a device that dials nobody else and
/// slept through the change would never come back. Whoever may show an old key anyway, its thief,
/// gains nothing by it; what counts is the key that the dialler expects.
#[derive(Debug)]
struct AskedFor {
    key: Arc<CertifiedKey>,
    old: Vec<(String, Arc<CertifiedKey>)>,
}

impl ResolvesServerCert for AskedFor {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name();
        let old = self.old.iter().find(|(name, _)| asked == Some(name.as_str()));
        Some(Arc::clone(old.map_or(&self.key, |(_, key)| key)))
    }

    fn only_raw_public_keys(&self) -> bool {
        true
    }
}

/// A node's key as rustls asks for it.
struct NodeKey(Arc<dyn KeySigner>);

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeKey(..)")
    }
}

impl SigningKey for NodeKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered
            .contains(&SignatureScheme::ED25519)
            .then(|| Box::new(Self(Arc::clone(&self.0))) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(SubjectPublicKeyInfoDer::from(self.0.public_key().to_spki()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ED25519
    }
}

impl Signer for NodeKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = KeySigner::sign(self.0.as_ref(), message);
        signature.map(|bytes| bytes.to_vec()).map_err(|error| Error::General(error.to_string()))
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

/// Accepts a client whose key the directory, or a driver credential, lists now.
#[derive(Debug)]
struct ListedClients {
    authorities: watch::Receiver<Authorities>,
    clock: fn() -> UnixMillis,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for ListedClients {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: rustls::pki_types::UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let key = PublicKey::from_spki(end_entity).map_err(|_| refused())?;
        let listed = self.authorities.borrow().actor_of_node(&key, (self.clock)()).is_some();
        if listed { Ok(ClientCertVerified::assertion()) } else { Err(refused()) }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(refused())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signed_by_raw_key(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// Accepts the server whose key is the one in the server name.
#[derive(Debug)]
struct NamedServer {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for NamedServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let ServerName::DnsName(name) = server_name else { return Err(refused()) };
        let expected = name
            .as_ref()
            .strip_suffix(NAME_SUFFIX)
            .and_then(|label| PublicKey::from_dns_label(label).ok());
        let shown = PublicKey::from_spki(end_entity).ok();
        if shown.is_some() && shown == expected {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(refused())
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(refused())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signed_by_raw_key(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// Checks a handshake signature by the key that stands in place of a certificate.
fn signed_by_raw_key(
    message: &[u8],
    key: &CertificateDer<'_>,
    dss: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let spki = SubjectPublicKeyInfoDer::from(key.as_ref());
    verify_tls13_signature_with_raw_key(message, &spki, dss, algorithms)
}

/// One refusal for every cause: an unknown peer learns nothing.
fn refused() -> Error {
    Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
}
