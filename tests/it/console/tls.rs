//! TLS of the console, and that nobody's password goes without it over a network.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use landside_node::config;
use landside_node::control::Request;
use landside_node::node::clock;
use landside_web::Console;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{Site, WORD, settings, token};
use crate::web::client::{Answer, all};
use crate::world::{PATIENCE, World};

/// A certificate of this machine, as files, and who trusts it.
pub(super) struct Certificate {
    pub(super) dir: TempDir,
    pub(super) client: Arc<ClientConfig>,
}

impl Certificate {
    pub(super) fn new() -> Self {
        let names = vec!["localhost".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("certificate.pem"), cert.pem()).unwrap();
        std::fs::write(dir.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        mode(&dir.path().join("key.pem"), 0o600);
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { dir, client: Arc::new(client) }
    }

    pub(super) fn file(&self, name: &str) -> Option<PathBuf> {
        Some(self.dir.path().join(name))
    }

    pub(super) fn settings(&self) -> config::Console {
        let (certificate, key) = (self.file("certificate.pem"), self.file("key.pem"));
        config::Console { certificate, key, ..settings() }
    }

    /// The cookie of a first administrator of a node.
    pub(super) async fn first_admin(&self, world: &World, node: &str, site: &Site) -> String {
        let (lines, _) = world.ask(node, Request::PeopleLink).await;
        let body = json!({
            "token": token(&lines[0]), "password": WORD, "login": "wang.wei", "name": "Wang Wei",
        });
        let request = site.browser().request("POST", "/session/link", body.to_string().as_bytes());
        let answer = talk(site, self, &request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.field("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }
}

/// Sets who may read a file.
pub(super) fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_people_come_over_tls_and_cookies_say_so() {
    let world = World::new(&["line"]).await;
    let certificate = Certificate::new();
    let site = Site::with(&world, "line", certificate.settings(), clock).await;
    let (lines, _) = world.ask("line", Request::PeopleLink).await;
    let body = json!({
        "token": token(&lines[0]), "password": WORD, "login": "wang.wei", "name": "Wang Wei",
    });
    let mut browser = site.browser();
    browser.fields.push_str(&format!("Origin: https://{}\r\n", site.address));
    let request = browser.request("POST", "/session/link", body.to_string().as_bytes());
    let answer = talk(&site, &certificate, &request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let cookie = answer.field("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-landside="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    assert_eq!(answer.field("strict-transport-security"), Some("max-age=31536000"));
    browser.cookie = cookie.split(';').next().map(str::to_owned);
    let answer = talk(&site, &certificate, &browser.request("GET", "/session", &[])).await;
    assert_eq!(answer.status, 200);
    // The page of the same host without TLS is another origin.
    browser.fields = format!("X-Landside: 1\r\nOrigin: http://{}\r\n", site.address);
    let request = browser.request("DELETE", "/session", &[]);
    assert_eq!(talk(&site, &certificate, &request).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_no_tls_is_not_answered() {
    let world = World::new(&["line"]).await;
    let certificate = Certificate::new();
    let site = Site::with(&world, "line", certificate.settings(), clock).await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.write_all(&site.browser().request("GET", "/session", &[])).await.unwrap();
    let said = timeout(PATIENCE, all(&mut stream)).await.unwrap();
    assert!(!said.starts_with(b"HTTP"), "{said:?}");
}

#[tokio::test]
async fn an_address_of_other_machines_needs_a_certificate() {
    for address in ["0.0.0.0:0", "192.0.2.1:8443", "[::]:0", "[::ffff:192.0.2.1]:0"] {
        let listen = Some(address.parse().unwrap());
        let plain = config::Console { listen, ..config::Console::default() };
        let error = Console::bind(&plain).await.err().unwrap();
        assert_eq!(error.code(), "console-without-tls", "{address}");
        assert!(error.to_string().contains("console.certificate"), "{error}");
    }
    for address in ["127.0.0.1:0", "127.0.0.2:0", "[::ffff:127.0.0.1]:0"] {
        let listen = Some(address.parse().unwrap());
        let plain = config::Console { listen, ..config::Console::default() };
        assert!(Console::bind(&plain).await.unwrap().is_some(), "{address}");
    }
    assert!(Console::bind(&config::Console::default()).await.unwrap().is_none());
    // With a proxy's TLS before it, the node itself still does not listen to others.
    let origin = "https://console.example".to_owned();
    let listen = Some("0.0.0.0:0".parse().unwrap());
    let behind = config::Console { listen, origin, ..config::Console::default() };
    assert_eq!(Console::bind(&behind).await.err().unwrap().code(), "console-without-tls");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_keeps_the_console_from_starting() {
    let one = Certificate::new();
    let other = Certificate::new();
    let (none, good) = (one.file("none.pem"), one.settings());
    std::fs::write(one.dir.path().join("empty.pem"), "").unwrap();
    let empty = one.file("empty.pem");
    for settings in [
        config::Console { certificate: none.clone(), ..good.clone() },
        config::Console { certificate: empty.clone(), ..good.clone() },
        config::Console { key: none, ..good.clone() },
        config::Console { key: empty, ..good.clone() },
        config::Console { key: good.certificate.clone(), ..good.clone() },
        config::Console { key: other.file("key.pem"), ..good.clone() },
    ] {
        let error = Console::bind(&settings).await.err().unwrap();
        assert_eq!(error.code(), "console-certificate", "{settings:?}");
    }
    mode(&one.dir.path().join("key.pem"), 0o644);
    let error = Console::bind(&good).await.err().unwrap();
    assert_eq!(error.code(), "console-certificate");
    assert!(error.to_string().contains("mode 644"), "{error}");
}

/// One request and its answer, over TLS.
async fn talk(site: &Site, certificate: &Certificate, request: &[u8]) -> Answer {
    let stream = TcpStream::connect(site.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::clone(&certificate.client));
    let mut stream = connector.connect(name, stream).await.unwrap();
    stream.write_all(request).await.unwrap();
    Answer::read(&timeout(PATIENCE, all(&mut stream)).await.unwrap()).unwrap()
}
