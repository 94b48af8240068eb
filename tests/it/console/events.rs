//! Streams of events: from now on, from where one was, and no longer than the session.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Site;
use super::browser::Browser;
use crate::world::{PATIENCE, World, container, release_fields};
use landside_node::control::Request;

/// A stream that is read as it comes.
struct Stream {
    socket: TcpStream,
    read: String,
}

impl Stream {
    async fn open(browser: &Browser, last: Option<&str>) -> Self {
        let mut browser = browser.clone();
        if let Some(last) = last {
            browser.fields.push_str(&format!("Last-Event-ID: {last}\r\n"));
        }
        let mut socket = TcpStream::connect(browser.address).await.unwrap();
        socket.write_all(&browser.request("GET", "/events", &[])).await.unwrap();
        Self { socket, read: String::new() }
    }

    /// Reads until what was read has this.
    async fn until(&mut self, text: &str) -> &str {
        while !self.read.contains(text) {
            assert!(self.more().await, "the stream ended without {text}: {}", self.read);
        }
        &self.read
    }

    /// Reads on; whether there was more.
    async fn more(&mut self) -> bool {
        let mut part = [0; 4096];
        let length = timeout(PATIENCE, self.socket.read(&mut part)).await.unwrap().unwrap_or(0);
        self.read.push_str(&String::from_utf8_lossy(&part[..length]));
        length > 0
    }

    /// The last id that was told.
    fn last_id(&self) -> &str {
        self.read.rsplit("id: ").next().unwrap().lines().next().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_comes_back_goes_on_where_it_was() {
    let world = World::new(&["terminal", "line"]).await;
    let site = Site::of(&world, "terminal").await;
    let browser = site.person(&world, "terminal", "mia", "Mia Berg", "viewer").await;
    let mut stream = Stream::open(&browser, None).await;
    stream.until("event: open").await;
    assert!(stream.read.contains("content-type: text/event-stream"), "{}", stream.read);
    let begin = stream.last_id().to_owned();
    let first =
        world.accepted("line", "release-order", release_fields(&container(1), "haulier")).await;
    stream.until(&first.to_string()).await;
    stream.until("event: board").await;
    drop(stream);

    let second =
        world.accepted("line", "release-order", release_fields(&container(2), "haulier")).await;
    let mut stream = Stream::open(&browser, Some(&begin)).await;
    let read = stream.until(&second.to_string()).await;
    assert!(read.contains(&first.to_string()), "{read}");
    assert!(!read.contains("event: missed"), "{read}");
    let last = stream.last_id().to_owned();
    let mut stream = Stream::open(&browser, Some(&last)).await;
    world.accepted("line", "release-order", release_fields(&container(3), "haulier")).await;
    let read = stream.until("event: taken").await;
    assert!(!read.contains(&first.to_string()), "{read}");
    for gone in ["1-1", "x", "", "99999999999999999999-1"] {
        let mut stream = Stream::open(&browser, Some(gone)).await;
        stream.until("event: missed").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_its_session_before_anything_more_is_told() {
    let world = World::new(&["terminal", "line"]).await;
    let site = Site::of(&world, "terminal").await;
    let browser = site.person(&world, "terminal", "mia", "Mia Berg", "viewer").await;
    let mut stream = Stream::open(&browser, None).await;
    stream.until("event: open").await;
    world.ask("terminal", Request::PersonClose { login: "mia".to_owned() }).await;
    let told =
        world.accepted("line", "release-order", release_fields(&container(1), "haulier")).await;
    while stream.more().await {}
    assert!(!stream.read.contains(&told.to_string()), "{}", stream.read);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_streams_are_served_than_some_and_one_that_goes_makes_place() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut browser = site.person(&world, "line", "mia", "Mia Berg", "viewer").await;
    let mut streams = Vec::new();
    for _ in 0..landside_web::STREAMS_MAX {
        let mut stream = Stream::open(&browser, None).await;
        stream.until("event: open").await;
        streams.push(stream);
    }
    let said = browser.get("/events").await;
    assert_eq!(said.refusal(), (503, "streams-full"));
    assert_eq!(browser.get("/session").await.status, 200, "the rest goes on");
    streams.pop();
    crate::world::until("there is place again", async || {
        let mut stream = Stream::open(&browser, None).await;
        stream.more().await && stream.read.contains("200 OK")
    })
    .await;
}
