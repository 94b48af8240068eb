//! Webhooks: told in order, signed, again when the receiver failed, and again when somebody asks for it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use landside_node::hooks::HOOK_FAILURES_MAX;
use landside_node::node::clock;
use landside_web::{Console, Pace};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{Site, settings};
use crate::console::browser::Browser;
use crate::world::{World, container, release_fields, until};

/// What a receiver does with what it is sent.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Takes,
    Fails,
    Redirects,
    Hangs,
}

/// A receiver of webhooks.
#[derive(Clone)]
struct Receiver {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    /// Head and body of everything that was sent, whatever became of it.
    sent: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Receiver {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            mood: Arc::new(Mutex::new(Mood::Takes)),
            sent: Arc::default(),
        };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        receiver
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        let (head, length) = loop {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
            let length = field(head, "content-length").unwrap().parse::<usize>().unwrap();
            break (head.to_owned(), length);
        };
        while bytes.len() < head.len() + 4 + length {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let body = serde_json::from_slice(&bytes[head.len() + 4..]).unwrap();
        let mood = *self.mood.lock().unwrap();
        self.sent.lock().unwrap().push((head, body));
        let answer = match mood {
            Mood::Takes => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            Mood::Fails => "HTTP/1.1 500 Oh No\r\nContent-Length: 0\r\n\r\n".to_owned(),
            Mood::Redirects => {
                let to = format!("http://{}/elsewhere", self.address);
                format!("HTTP/1.1 307 Go\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
            }
            Mood::Hangs => {
                // Until the sender lets go.
                let _ = stream.read_buf(&mut bytes).await;
                return;
            }
        };
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn sent(&self) -> Vec<(String, Value)> {
        self.sent.lock().unwrap().clone()
    }

    /// Numbers of the events that were sent, in order.
    fn numbers(&self) -> Vec<u64> {
        self.sent().iter().map(|(head, _)| number(head)).collect()
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn number(head: &str) -> u64 {
    field(head, "webhook-id").unwrap().strip_prefix("event-").unwrap().parse().unwrap()
}

/// A console that is patient for no time.
async fn site(world: &World) -> Site {
    let pace = Pace {
        answer: Duration::from_millis(200),
        pauses: (Duration::from_millis(1), Duration::from_millis(4)),
    };
    let console = Console::bind(&settings()).await.unwrap().unwrap().telling(pace);
    Site::served(world, "line", console)
}

async fn made(admin: &mut Browser, receiver: &Receiver) -> (u64, String) {
    let url = format!("http://{}/hook?x=1", receiver.address);
    let said = admin.post("/webhooks", json!({ "url": url })).await;
    assert_eq!(said.status, 200, "{said:?}");
    (said.json["id"].as_u64().unwrap(), said.json["secret"].as_str().unwrap().to_owned())
}

async fn hook(admin: &mut Browser) -> Value {
    admin.get("/webhooks").await.json["webhooks"][0].clone()
}

async fn release(world: &World, number: u32) {
    let order = release_fields(&container(number), "forwarder");
    world.accepted("line", "release-order", order).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_is_told_in_order_and_again_what_it_did_not_take() {
    let world = World::new(&["terminal", "line"]).await;
    let site = site(&world).await;
    let mut admin = site.person(&world, "line", "wang.wei", "Wang Wei", "admin").await;
    let receiver = Receiver::new().await;
    release(&world, 9).await;
    let (_, secret) = made(&mut admin, &receiver).await;
    assert!(secret.starts_with("whsec_") && !hook(&mut admin).await.to_string().contains("whsec_"));
    release(&world, 1).await;
    until("it is told", async || receiver.sent().iter().any(|(_, b)| b["type"] == "answered"))
        .await;
    let (head, body) = receiver.sent()[0].clone();
    assert!(head.starts_with("POST /hook?x=1 HTTP/1.1"), "{head}");
    assert!(field(&head, "webhook-signature").unwrap().starts_with("v1,"), "{head}");
    let seconds: u64 = field(&head, "webhook-timestamp").unwrap().parse().unwrap();
    assert!(seconds.abs_diff(clock().as_millis() / 1000) < 60);
    assert_eq!(body["type"], body["data"]["event"]);
    assert!(!receiver.sent().iter().any(|(_, b)| b.to_string().contains(&container(9))));

    for mood in [Mood::Fails, Mood::Redirects, Mood::Hangs] {
        receiver.is(mood);
        let before = receiver.sent().len();
        release(&world, 2 + mood as u32).await;
        until("it was tried twice", async || receiver.sent().len() >= before + 2).await;
        let tried = receiver.numbers().split_off(before);
        assert!(tried.windows(2).all(|pair| pair[0] == pair[1]), "the same, again: {tried:?}");
        until("it is said", async || hook(&mut admin.clone()).await["trouble"].is_string()).await;
        receiver.is(Mood::Takes);
        until("it goes on", async || hook(&mut admin.clone()).await["failures"] == 0).await;
    }
    assert!(!receiver.sent().iter().any(|(head, _)| head.contains("/elsewhere")));
    let mut taken = receiver.numbers();
    assert!(taken.is_sorted(), "{taken:?}");
    taken.dedup();
    let whole = taken.windows(2).all(|pair| pair[1] == pair[0] + 1);
    assert!(whole, "nothing is left out: {taken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_is_told_through_a_restart_and_again_from_where_somebody_says() {
    let mut world = World::new(&["terminal", "line"]).await;
    let first = site(&world).await;
    let mut admin = first.person(&world, "line", "wang.wei", "Wang Wei", "admin").await;
    let receiver = Receiver::new().await;
    let (id, _) = made(&mut admin, &receiver).await;
    receiver.is(Mood::Fails);
    release(&world, 1).await;
    until("it was tried", async || !receiver.sent().is_empty()).await;
    first.stop().await;
    world.restart("line").await;
    receiver.is(Mood::Takes);
    let site = site(&world).await;
    let login = json!({ "login": "wang.wei", "password": super::WORD });
    let mut admin = site.browser();
    assert_eq!(admin.post("/session", login).await.status, 200);
    until("it is told after all", async || {
        let hook = hook(&mut admin.clone()).await;
        hook["failures"] == 0 && hook["told"].as_u64() > Some(0)
    })
    .await;
    let seen = receiver.sent().len();
    let first = receiver.numbers()[0];
    let replay = format!("/webhooks/{id}/replay");
    let again = admin.post(&replay, json!({ "after": first - 1 })).await;
    assert_eq!((again.status, &again.json["told"]), (200, &json!(first - 1)), "{again:?}");
    until("it is told again", async || receiver.numbers()[seen..].contains(&first)).await;
    let since = json!({ "since": "2020-01-01T00:00:00+01:00" });
    assert_eq!(admin.post(&replay, since).await.json["told"], first - 1);
    for wrong in [json!({}), json!({ "after": 1, "since": "2020-01-01T00:00:00Z" })] {
        assert_eq!(admin.post(&replay, wrong).await.refusal(), (400, "webhook-replay"));
    }
    assert_eq!(admin.delete(&format!("/webhooks/{id}")).await.status, 200);
    assert_eq!(admin.get("/webhooks").await.json["webhooks"], json!([]));
    assert_eq!(
        admin.post(&replay, json!({ "after": 0 })).await.refusal(),
        (404, "webhook-unknown")
    );
    site.stop().await;
    world.kill("line").await;
    world.fsck("line");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_fails_again_and_again_is_given_up_and_begins_anew_when_somebody_says() {
    let world = World::new(&["terminal", "line"]).await;
    let site = site(&world).await;
    let mut admin = site.person(&world, "line", "wang.wei", "Wang Wei", "admin").await;
    let receiver = Receiver::new().await;
    let (id, _) = made(&mut admin, &receiver).await;
    receiver.is(Mood::Fails);
    release(&world, 1).await;
    until("it is given up", async || hook(&mut admin.clone()).await["state"] == "disabled").await;
    let given_up = hook(&mut admin).await;
    assert_eq!(given_up["failures"], HOOK_FAILURES_MAX);
    assert_eq!(given_up["trouble"], "the receiver answered 500");
    let tried = receiver.sent().len();
    receiver.is(Mood::Takes);
    release(&world, 2).await;
    assert_eq!(receiver.sent().len(), tried, "nothing more is sent");
    let anew = admin.post(&format!("/webhooks/{id}/replay"), json!({ "after": 0 })).await;
    assert_eq!((anew.status, &anew.json["state"]), (200, &json!("on")), "{anew:?}");
    until("it is told", async || receiver.sent().len() > tried).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_say_where_events_go_and_not_everywhere() {
    let world = World::new(&["line"]).await;
    let site = site(&world).await;
    let mut admin = site.person(&world, "line", "wang.wei", "Wang Wei", "admin").await;
    let mut clerk = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let url = json!({ "url": "https://erp.example/hook" });
    assert_eq!(clerk.post("/webhooks", url.clone()).await.refusal(), (403, "not-permitted"));
    assert_eq!(clerk.get("/webhooks").await.refusal(), (403, "not-permitted"));
    for wrong in ["http://erp.example/", "ftp://localhost/", "https://a@b/", "http://10.1.2.3/", ""]
    {
        let said = admin.post("/webhooks", json!({ "url": wrong })).await;
        assert_eq!(said.refusal(), (400, "webhook-url"), "{wrong}");
    }
    let private = json!({ "url": "https://169.254.169.254/latest" });
    assert_eq!(admin.post("/webhooks", private).await.status, 200, "judged when it is dialled");
    let order =
        json!({ "kind": "release-order", "fields": release_fields(&container(1), "forwarder") });
    for _ in 0..15 {
        assert_eq!(admin.post("/webhooks", url.clone()).await.status, 200);
    }
    assert_eq!(admin.post("/webhooks", url).await.refusal(), (409, "webhooks-full"));
    assert_eq!(admin.post("/documents", order).await.status, 202);
}
