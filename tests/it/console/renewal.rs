//! A certificate that is renewed while people work.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::ids::UnixMillis;
use landside_web::Console;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::tls::Certificate;
use super::{Site, settings};
use crate::world::{PATIENCE, World, until};

/// A console that looks at its certificate again and again.
async fn site(world: &World, certificate: &Certificate) -> Site {
    let settings = landside_node::config::Console {
        certificate: certificate.file("certificate.pem"),
        key: certificate.file("key.pem"),
        ..settings()
    };
    let console = Console::bind(&settings).await.unwrap().unwrap();
    Site::served(world, "line", console.looking_every(Duration::from_millis(20)))
}

/// What `info` says of it.
async fn info(world: &World) -> Value {
    let (lines, _) = world.ask("line", Request::Info).await;
    lines[0]["certificates"][0].clone()
}

/// A connection of a browser that trusts this certificate and no other.
async fn connect(site: &Site, trust: &Arc<ClientConfig>) -> Option<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(site.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::clone(trust)).connect(name, stream).await.ok()
}

fn copy(from: &Certificate, to: &Certificate, name: &str) {
    std::fs::copy(from.file(name).unwrap(), to.file(name).unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_shown_without_a_restart_and_connections_go_on() {
    let world = World::new(&["line"]).await;
    let (certificate, renewed) = (Certificate::new(), Certificate::new());
    let site = site(&world, &certificate).await;
    let mut before = connect(&site, &certificate.client).await.unwrap();
    assert!(connect(&site, &renewed.client).await.is_none(), "it is not shown yet");
    for name in ["certificate.pem", "key.pem"] {
        copy(&renewed, &certificate, name);
    }
    until("the renewed one is shown", async || connect(&site, &renewed.client).await.is_some())
        .await;
    assert!(connect(&site, &certificate.client).await.is_none(), "the old one is not shown on");
    let request = "GET /robots.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    before.write_all(request.as_bytes()).await.unwrap();
    let mut said = String::new();
    let _ = timeout(PATIENCE, before.read_to_string(&mut said)).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    assert_eq!(info(&world).await["fault"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_shown_change_nothing_and_info_says_why() {
    let world = World::new(&["line"]).await;
    let (certificate, other) = (Certificate::new(), Certificate::new());
    let kept = Certificate::new();
    for name in ["certificate.pem", "key.pem"] {
        copy(&certificate, &kept, name);
    }
    let site = site(&world, &certificate).await;
    let key = certificate.file("key.pem").unwrap();
    let breaks: [&dyn Fn(); 4] = [
        &|| copy(&other, &certificate, "key.pem"),
        &|| std::fs::write(&key, "no key").unwrap(),
        &|| std::fs::remove_file(certificate.file("certificate.pem").unwrap()).unwrap(),
        &|| super::tls::mode(&key, 0o644),
    ];
    let words = ["key", "key", "certificate", "mode 644"];
    for (break_it, word) in breaks.into_iter().zip(words) {
        break_it();
        until("info says so", async || {
            info(&world).await["fault"].as_str().is_some_and(|fault| fault.contains(word))
        })
        .await;
        assert!(connect(&site, &certificate.client).await.is_some(), "{word}");
        for name in ["certificate.pem", "key.pem"] {
            copy(&kept, &certificate, name);
        }
        super::tls::mode(&key, 0o600);
        until("all is well again", async || info(&world).await["fault"].is_null()).await;
    }
    copy(&other, &certificate, "certificate.pem");
    copy(&other, &certificate, "key.pem");
    until("a good pair is taken after bad ones", async || {
        connect(&site, &other.client).await.is_some()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn info_says_when_the_certificate_ends_and_warns_of_one_that_ended() {
    let world = World::new(&["line"]).await;
    let certificate = Certificate::new();
    let _site = site(&world, &certificate).await;
    until("info has it", async || info(&world).await["until"].is_string()).await;
    assert_eq!(info(&world).await["ends_soon"], false);
    assert_eq!(info(&world).await["of"], "console");
    // A chain ends with the first of it that ends.
    let mut chain = String::new();
    let key = KeyPair::generate().unwrap();
    for (year, month) in [(2999, 1), (2001, 5)] {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(year, month, 2);
        chain.push_str(&params.self_signed(&key).unwrap().pem());
    }
    write(&certificate.file("certificate.pem").unwrap(), &chain);
    write(&certificate.file("key.pem").unwrap(), &key.serialize_pem());
    until("the chain is taken", async || info(&world).await["until"] == "2001-05-02T00:00:00.000Z")
        .await;
    let said = info(&world).await;
    assert_eq!(said["ends_soon"], true);
    let taken: UnixMillis = serde_json::from_value(said["taken_at"].clone()).unwrap();
    assert!(taken <= clock());
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

#[tokio::test]
async fn a_console_without_a_certificate_is_not_in_info() {
    let world = World::new(&["line"]).await;
    let _site = Site::of(&world, "line").await;
    assert_eq!(info(&world).await, Value::Null);
}
