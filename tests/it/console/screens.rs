//! Many screens at once: what happens reaches every one of them.

use std::sync::Arc;

use landside_node::node::clock;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Site;
use super::browser::Browser;
use super::tls::Certificate;
use crate::world::{PATIENCE, World, container, release_fields};

/// As many as the operating manual promises at least.
const SCREENS: usize = 200;

struct Screen {
    stream: TlsStream<TcpStream>,
    read: String,
}

impl Screen {
    async fn open(browser: &Browser, certificate: &Certificate) -> Self {
        let stream = TcpStream::connect(browser.address).await.unwrap();
        let connector = TlsConnector::from(Arc::clone(&certificate.client));
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = connector.connect(name, stream).await.unwrap();
        stream.write_all(&browser.request("GET", "/events", &[])).await.unwrap();
        let mut screen = Self { stream, read: String::new() };
        screen.until("event: open").await;
        screen
    }

    async fn until(&mut self, text: &str) {
        let mut part = [0; 4096];
        while !self.read.contains(text) {
            let length = timeout(PATIENCE, self.stream.read(&mut part)).await.unwrap().unwrap();
            assert!(length > 0, "the stream ended without {text}: {}", self.read);
            self.read.push_str(&String::from_utf8_lossy(&part[..length]));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_reaches_two_hundred_screens_over_tls() {
    let world = World::new(&["terminal", "line"]).await;
    let certificate = Certificate::new();
    let site = Site::with(&world, "terminal", certificate.settings(), clock).await;
    let mut browser = site.browser();
    browser.cookie = Some(certificate.first_admin(&world, "terminal", &site).await);
    let mut screens = Vec::new();
    for _ in 0..SCREENS {
        screens.push(Screen::open(&browser, &certificate).await);
    }
    let told =
        world.accepted("line", "release-order", release_fields(&container(1), "haulier")).await;
    let mut reached = JoinSet::new();
    for mut screen in screens {
        let told = told.to_string();
        reached.spawn(async move {
            screen.until(&told).await;
            screen.until("event: board").await;
        });
    }
    assert_eq!(reached.join_all().await.len(), SCREENS);
}
