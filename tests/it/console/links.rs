//! Phones over QUIC: who gets a link, what goes over it, and what ends it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use landside_node::config;
use landside_node::node::clock;
use landside_proto::device::link::{self, Answer, Beat, Challenge, LENGTH_LEN, Proof, Question};
use landside_proto::device::{CHALLENGE_LEN, Feed};
use landside_proto::document::Kind;
use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::key::{SecretKey, Signer as _};
use landside_web::{PROOF_LIFE, QUESTIONS_MAX, SHOWN, STRANGERS_MAX};
use serde_json::{Value, json};
use tokio::time::timeout;
use wtransport::endpoint::ConnectOptions;
use wtransport::error::ConnectingError;
use wtransport::tls::Sha256Digest;
use wtransport::{ClientConfig, Connection, Endpoint, RecvStream, SendStream};

use super::phones::{PHOTO, Phone, at_work_with, invited, kinds, secret};
use super::{Site, settings};
use crate::driving::{inside, receipt};
use crate::world::{DRIVER, PATIENCE, World, container, key, later, sealed, until};

fn over_quic() -> config::Console {
    config::Console { quic: Some("127.0.0.1:0".parse().unwrap()), ..settings() }
}

/// A phone's end of a connection on which the node has said its challenge.
struct Wire {
    connection: Connection,
    say: SendStream,
    hear: RecvStream,
    challenge: [u8; CHALLENGE_LEN],
    _endpoint: Endpoint<wtransport::endpoint::endpoint_side::Client>,
}

/// From where, and as what, a phone comes.
struct Coming<'a> {
    from: &'a str,
    origin: String,
    path: &'a str,
    certificates: &'a [Hash32],
}

impl<'a> Coming<'a> {
    fn to(site: &Site, certificates: &'a [Hash32]) -> Self {
        let origin = format!("http://{}", site.address);
        Self { from: "127.0.0.1", origin, path: link::PATH, certificates }
    }

    async fn connect(&self, site: &Site) -> Result<Wire, ConnectingError> {
        let from: SocketAddr = format!("{}:0", self.from).parse().unwrap();
        let hashes = self.certificates.iter().map(|hash| Sha256Digest::new(*hash.as_bytes()));
        let config = ClientConfig::builder()
            .with_bind_address(from)
            .with_server_certificate_hashes(hashes)
            .build();
        let endpoint = Endpoint::client(config).unwrap();
        let url = format!("https://{}{}", site.quic.unwrap(), self.path);
        let options = ConnectOptions::builder(url).add_header("origin", &self.origin).build();
        let connection = timeout(PATIENCE, endpoint.connect(options)).await.unwrap()?;
        let talk = timeout(PATIENCE, connection.accept_bi()).await.unwrap();
        let (say, mut hear) = talk.unwrap();
        let said: Challenge = link::read(&frame(&mut hear).await.unwrap()).unwrap();
        let challenge = said.challenge.into();
        Ok(Wire { connection, say, hear, challenge, _endpoint: endpoint })
    }
}

/// The body of the next frame; nothing when the stream ends.
async fn frame(from: &mut RecvStream) -> Option<Vec<u8>> {
    let mut head = [0; LENGTH_LEN];
    timeout(PATIENCE, from.read_exact(&mut head)).await.unwrap().ok()?;
    let mut body = vec![0; usize::try_from(u32::from_be_bytes(head)).unwrap()];
    timeout(PATIENCE, from.read_exact(&mut body)).await.unwrap().ok()?;
    Some(body)
}

impl Wire {
    fn proof(&self, key: &SecretKey, origin: &str, certificate: Hash32, after: u64) -> Proof {
        let said = link::message(origin, certificate, &self.challenge);
        Proof { key: key.public_key(), signature: key.sign(&said).into(), after }
    }

    async fn send(&mut self, proof: &Proof) {
        self.say.write_all(&link::framed(proof).unwrap()).await.unwrap();
    }

    /// What the node says next of the feed; nothing when it ends the link.
    async fn feed(&mut self) -> Option<Feed> {
        frame(&mut self.hear).await.map(|body| Feed::from_cbor(&body).unwrap())
    }

    /// Whether the node ends the link, without another word.
    async fn is_ended(&mut self) -> bool {
        let is_silent = self.feed().await.is_none();
        timeout(PATIENCE, self.connection.closed()).await.unwrap();
        is_silent
    }

    /// What the feed says until it has said so many documents.
    async fn documents(&mut self, most: usize) -> Feed {
        let mut all = self.feed().await.unwrap();
        while all.documents.len() < most {
            let more = self.feed().await.unwrap();
            all.documents.extend(more.documents);
            all.next = more.next;
        }
        all
    }

    async fn ask(&self, method: &str, path: &str, media: Option<&str>, body: &[u8]) -> Told {
        let opened = self.connection.open_bi().await.unwrap();
        let (mut say, mut hear) = opened.await.unwrap();
        let [method, path] = [method, path].map(str::to_owned);
        let question = Question { method, path, media_type: media.map(str::to_owned) };
        say.write_all(&link::framed(&question).unwrap()).await.unwrap();
        say.write_all(body).await.unwrap();
        // The node may have answered already, and read no further.
        let _ = say.finish().await;
        let answer: Answer = link::read(&frame(&mut hear).await.unwrap()).unwrap();
        let mut content = Vec::new();
        let mut piece = [0; 4096];
        while let Some(length) = hear.read(&mut piece).await.unwrap() {
            content.extend_from_slice(&piece[..length]);
        }
        Told { status: answer.status, content }
    }
}

struct Told {
    status: u16,
    content: Vec<u8>,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.content).unwrap()
    }

    fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }
}

/// The certificates that a phone is told over HTTPS.
async fn told(phone: &mut Phone) -> Vec<Hash32> {
    phone.feed(0).await.link.unwrap().certificates
}

/// A linked phone.
async fn linked(site: &Site, key: &SecretKey, certificates: &[Hash32]) -> Wire {
    let coming = Coming::to(site, certificates);
    let mut wire = coming.connect(site).await.unwrap();
    let proof = wire.proof(key, &coming.origin, certificates[0], 0);
    wire.send(&proof).await;
    wire
}

/// A haulier's node with a phone that is enrolled.
async fn enrolled() -> (World, Site, Phone) {
    let world = World::new(&["terminal", "haulier"]).await;
    let site = Site::with(&world, "haulier", over_quic(), clock).await;
    let mut clerk = site.person(&world, "haulier", "amina", "Amina Said", "clerk").await;
    let mut phone = Phone::new(&site, DRIVER);
    assert_eq!(phone.enrol(&secret(&invited(&mut clerk).await)).await.status, 200);
    assert_eq!(phone.open_session().await.status, 200);
    (world, site, phone)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_comes_by_itself_and_photograph_and_signature_go_back_over_the_same_link() {
    let (world, site, mut phone, invitation) = at_work_with(over_quic()).await;
    let number = container(1);
    let certificates = told(&mut phone).await;
    let of_invitation = data_encoding::BASE64URL_NOPAD
        .decode(invitation["path"].as_str().unwrap().split_once("#i=").unwrap().1.as_bytes())
        .unwrap();
    for hash in &certificates {
        assert!(of_invitation.windows(32).any(|part| part == hash.as_bytes()));
    }
    let mut wire = linked(&site, &phone.key, &certificates).await;
    let first = wire.feed().await.unwrap();
    assert_eq!(kinds(&first), [Kind::DriverCredential]);

    let binding = json!({
        "container": number, "driver": phone.key.public_key(), "plate": "B-LS-1234",
    });
    world.accepted("haulier", "driver-binding", binding).await;
    let window = json!({ "from": clock(), "until": later(Duration::from_secs(3600)) });
    world
        .accepted("haulier", "slot-request", json!({ "container": number, "window": window }))
        .await;
    until("the pass is there", async || {
        world.status("terminal", &number).await.is_some_and(|case| !case["pass"].is_null())
    })
    .await;
    let builds_on = inside(&world, &number, "B-LS-1234", DRIVER).await;
    let mut got = Vec::new();
    while !got.contains(&Kind::InterchangeReceipt) {
        let feed = wire.feed().await.expect("the link stays");
        got.extend(kinds(&feed));
    }
    for kind in [Kind::DriverBinding, Kind::Slot, Kind::PickupPass, Kind::GateDecision] {
        assert!(got.contains(&kind), "{kind:?} in {got:?}");
    }

    let put = format!("photos/{}", Hash32::of(PHOTO));
    assert_eq!(wire.ask("PUT", &put, None, PHOTO).await.refusal(), (400, "bad-field".into()));
    assert_eq!(wire.ask("PUT", &put, Some("image/jpeg"), PHOTO).await.status, 201);
    let signed = sealed(DRIVER, receipt(&number, builds_on, vec![Hash32::of(PHOTO)]));
    let said = wire.ask("POST", "documents", None, signed.bytes()).await;
    assert_eq!((said.status, said.json()), (200, json!({ "outcome": "accepted" })));
    let own = wire.documents(1).await;
    assert_eq!(own.documents[0].envelope.to_vec(), signed.bytes(), "once it is registered");
    let edition = wire.ask("GET", "directory?after=0", None, &[]).await;
    assert_eq!(edition.content, world.directory().bundle());
    site.stop().await;
    assert!(wire.is_ended().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_prove_an_enrolled_key_here_and_now_is_told_nothing() {
    let (_world, site, mut phone) = enrolled().await;
    let certificates = told(&mut phone).await;
    let coming = Coming::to(&site, &certificates);
    let [shown, other] = [certificates[0], Hash32::from_bytes([9; 32])];
    let earlier = coming.connect(&site).await.unwrap().proof(&phone.key, &coming.origin, shown, 0);
    let stranger = key("driver-2");
    for what in [
        "another key",
        "the signature of another key",
        "an earlier challenge",
        "another origin",
        "another certificate",
        "no signature",
    ] {
        let mut wire = coming.connect(&site).await.unwrap();
        let good = wire.proof(&phone.key, &coming.origin, shown, 0);
        let proof = match what {
            "another key" => wire.proof(&stranger, &coming.origin, shown, 0),
            "the signature of another key" => {
                let signature = wire.proof(&stranger, &coming.origin, shown, 0).signature;
                Proof { signature, ..good }
            }
            "an earlier challenge" => earlier.clone(),
            "another origin" => wire.proof(&phone.key, "https://elsewhere.example", shown, 0),
            "another certificate" => wire.proof(&phone.key, &coming.origin, other, 0),
            _ => Proof { signature: [0; 64].into(), ..good },
        };
        wire.send(&proof).await;
        assert!(wire.is_ended().await, "{what}");
    }
    // A page of others, and a path that is none.
    let elsewhere =
        Coming { origin: "https://elsewhere.example".into(), ..Coming::to(&site, &certificates) };
    assert!(elsewhere.connect(&site).await.is_err());
    let nowhere = Coming { path: "/driver/api/documents", ..Coming::to(&site, &certificates) };
    assert!(nowhere.connect(&site).await.is_err());
    // The node is another one than the invitation named.
    assert!(Coming::to(&site, &[other]).connect(&site).await.is_err());
    let mut wire = linked(&site, &phone.key, &certificates).await;
    assert!(wire.feed().await.is_some(), "the good one is served all the same");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_is_none_or_too_long_ends_the_link() {
    let (_world, site, mut phone) = enrolled().await;
    let certificates = told(&mut phone).await;
    for bad in [&[0xff, 0xff, 0xff, 0xff][..], &[0, 0, 4, 1], &[0, 0, 0, 1, 0x80], &[0, 0, 0, 0]] {
        let mut wire = Coming::to(&site, &certificates).connect(&site).await.unwrap();
        wire.say.write_all(bad).await.unwrap();
        assert!(wire.is_ended().await, "{bad:?} in place of a proof");
        let mut wire = linked(&site, &phone.key, &certificates).await;
        assert!(wire.feed().await.is_some());
        let (mut say, _hear) = wire.connection.open_bi().await.unwrap().await.unwrap();
        say.write_all(bad).await.unwrap();
        assert!(wire.is_ended().await, "{bad:?} in place of a question");
    }
    let wire = linked(&site, &phone.key, &certificates).await;
    let long = vec![0; 100_000];
    let said = wire.ask("POST", "documents", None, &long).await;
    assert_eq!(said.refusal(), (413, "body-too-long".to_owned()));
    for (method, path) in
        [("GET", "people"), ("DELETE", "documents"), ("GET", "../../api/v1/people")]
    {
        assert!([404, 405].contains(&wire.ask(method, path, None, &[]).await.status), "{path}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_asks_whether_the_node_is_there_is_told_at_once_and_anything_else_ends_the_link()
 {
    let (_world, site, mut phone) = enrolled().await;
    let certificates = told(&mut phone).await;
    let mut wire = linked(&site, &phone.key, &certificates).await;
    let first = wire.feed().await.unwrap();
    let beat = link::framed(&Beat {}).unwrap();
    let begun = std::time::Instant::now();
    for _ in 0..2 {
        wire.say.write_all(&beat).await.unwrap();
        let said = wire.feed().await.unwrap();
        assert_eq!((said.next, said.documents.len()), (first.next, 0));
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "an empty feed comes every 25 s anyway");
    for bad in [&[0xff, 0xff, 0xff, 0xff][..], &[0, 0, 4, 1], &[0, 0, 0, 1, 0x80], &[0, 0, 0, 0]] {
        let mut wire = linked(&site, &phone.key, &certificates).await;
        assert!(wire.feed().await.is_some());
        wire.say.write_all(bad).await.unwrap();
        assert!(wire.is_ended().await, "{bad:?} in place of a beat");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_makes_place_and_no_more_strangers_come_than_may() {
    let (_world, site, mut phone) = enrolled().await;
    let certificates = told(&mut phone).await;
    let mut strangers = Vec::new();
    for n in 0..STRANGERS_MAX {
        // Of one address no more may come in a minute than of the doors of HTTPS.
        let from = format!("127.0.0.{}", 2 + n % 8);
        let coming = Coming { from: &from, ..Coming::to(&site, &certificates) };
        strangers.push(coming.connect(&site).await.unwrap());
    }
    assert!(Coming::to(&site, &certificates).connect(&site).await.is_err(), "one too many");
    // Over HTTPS the phone is served as before.
    assert_eq!(kinds(&phone.feed(0).await), [Kind::DriverCredential]);
    let ended = async {
        for wire in &mut strangers {
            assert!(wire.is_ended().await);
        }
    };
    timeout(PROOF_LIFE * 2, ended).await.expect("none is kept longer");
    let mut wire = linked(&site, &phone.key, &certificates).await;
    assert!(wire.feed().await.is_some());
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_has_one_link_and_few_questions_and_none_once_it_is_taken_back() {
    let (world, site, mut phone) = enrolled().await;
    let certificates = told(&mut phone).await;
    let mut first = linked(&site, &phone.key, &certificates).await;
    assert!(first.feed().await.is_some());
    let mut second = linked(&site, &phone.key, &certificates).await;
    assert!(second.feed().await.is_some());
    assert!(first.is_ended().await, "the newer one took its place");

    let mut open = Vec::new();
    for _ in 0..QUESTIONS_MAX {
        let (mut say, hear) = second.connection.open_bi().await.unwrap().await.unwrap();
        say.write_all(&[0]).await.unwrap();
        open.push((say, hear));
    }
    // No stream is left: the next one waits, until a question that did not come whole in time ends the link.
    assert!(timeout(PATIENCE, second.connection.open_bi()).await.unwrap().is_err());
    assert!(second.is_ended().await);

    let mut third = linked(&site, &phone.key, &certificates).await;
    assert!(third.feed().await.is_some());
    let mut clerk = site.person(&world, "haulier", "bola", "Bola Ade", "clerk").await;
    assert_eq!(clerk.delete("/drivers/1").await.status, 200);
    // The word that takes it back may still reach it.
    let last = third.feed().await;
    assert!(last.is_none() || third.is_ended().await);
    let mut never = linked(&site, &phone.key, &certificates).await;
    assert!(never.is_ended().await);
    site.stop().await;
}

/// The node's clock, moved.
static MOVED_S: AtomicI64 = AtomicI64::new(0);

fn moved() -> UnixMillis {
    let moved = MOVED_S.load(Ordering::SeqCst) * 1000;
    UnixMillis::from_millis(clock().as_millis().checked_add_signed(moved).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_was_told_both_certificates_gets_in_before_and_after_the_change() {
    let six_days = i64::try_from(SHOWN.as_secs()).unwrap();
    MOVED_S.store(-six_days, Ordering::SeqCst);
    let world = World::new(&["terminal", "haulier"]).await;
    let site = Site::with(&world, "haulier", over_quic(), moved).await;
    MOVED_S.store(-60, Ordering::SeqCst);
    let mut clerk = site.person(&world, "haulier", "amina", "Amina Said", "clerk").await;
    let mut phone = Phone::new(&site, DRIVER);
    assert_eq!(phone.enrol(&secret(&invited(&mut clerk).await)).await.status, 200);
    assert_eq!(phone.open_session().await.status, 200);
    let known = told(&mut phone).await;
    let [old, new] = [known[0], known[1]];
    let mut before = linked(&site, &phone.key, &[old]).await;
    assert!(before.feed().await.is_some());
    assert!(Coming::to(&site, &[new]).connect(&site).await.is_err(), "it is not shown yet");

    // The change comes without a restart, and ends no link.
    MOVED_S.store(60, Ordering::SeqCst);
    assert!(Coming::to(&site, &[old]).connect(&site).await.is_err());
    let coming = Coming::to(&site, &known);
    let mut wire = coming.connect(&site).await.unwrap();
    let proof = wire.proof(&phone.key, &coming.origin, new, 0);
    wire.send(&proof).await;
    let feed = wire.feed().await.unwrap();
    assert_eq!(feed.link.unwrap().certificates[0], new, "the old one is told no more");
    // A node that starts anew shows the same, and tells the next.
    site.stop().await;
    let site = Site::with(&world, "haulier", over_quic(), moved).await;
    let mut wire = linked(&site, &phone.key, &[new]).await;
    let told = wire.feed().await.unwrap().link.unwrap().certificates;
    assert_eq!((told.len(), told[0]), (2, new));
    assert!(!known.contains(&told[1]));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_may_go_to_the_udp_port_of_its_own_host_where_there_is_one_and_nowhere_else() {
    let (world, site, mut phone) = enrolled().await;
    let policy = async |path: &str, site: &Site| {
        let said = site.browser().ask("GET", &format!("/{path}"), &[]).await;
        said.answer.field("content-security-policy").unwrap().to_owned()
    };
    let port = site.quic.unwrap().port();
    let own = format!("connect-src 'self' https://127.0.0.1:{port};");
    assert!(policy("/driver/", &site).await.contains(&own));
    assert!(policy("/", &site).await.contains("connect-src 'self';"));
    site.stop().await;
    let site = Site::of(&world, "haulier").await;
    assert!(policy("/driver/", &site).await.contains("connect-src 'self';"));
    phone.browser = site.browser();
    assert_eq!(phone.open_session().await.status, 200);
    assert_eq!(phone.feed(0).await.link, None, "over HTTPS alone");
    site.stop().await;
}
