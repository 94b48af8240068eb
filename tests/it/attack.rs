//! Peers that mean harm: whatever they do, the others are served and the memory stays bounded.
//!
//! Attacker and terminal share this process, so a bound covers both; each test that measures is
//! alone in the process while it does.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod editions;

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use landside_node::node::clock;
use landside_proto::document::{Entry, HoldType, Outcome, Receipt};
use landside_proto::envelope::{self, claimed_id};
use landside_proto::ids::{DocId, Hash32};
use landside_proto::session::frame::{
    Answer, BATCH_DOCUMENTS_MAX, Deliver, FRAME_MAX, Frame, VERSION, encode,
};
use landside_proto::session::{Violation, WINDOW};
use quinn::{Connection, ConnectionError, RecvStream, SendStream};
use tokio::net::UdpSocket;

use crate::peer::{
    Face, Peer, code_of, dial, end_of, endpoint, hello, hello_with, newest, read, write,
};
use crate::world::{World, actor, container, key, public, release, release_fields, sealed, until};

/// Bytes under way on a stream that nobody reads: the node takes 2 MiB, quinn 1.25 MB at this end,
/// and what is written waits once more to be acknowledged (up to 10 MB, quinn's send window).
const STREAM_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What one link makes both ends hold: its streams, a window of batches on their way to the writer,
/// as bytes and as documents, and the frame that is being read.
const LINK_BYTES_MAX: usize = STREAM_BYTES_MAX + (2 * WINDOW + 1) * FRAME_MAX;

/// Handshakes that a node takes up at once.
const HANDSHAKES_MAX: usize = 256;

/// One handshake at both ends: some 60 KB of keys, packets and queues, with room.
const HANDSHAKE_BYTES_MAX: usize = 256 * 1024;

/// What the page caches of two stores and the allocator grow by in a test without any attack.
const STEADY_BYTES_MAX: usize = 48 * 1024 * 1024;

/// Documents of the line that must get through during an attack.
const SERVED: u32 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlisted_key_is_refused_and_learns_no_more_than_a_removed_one() {
    let mut world = World::new(&["terminal"]).await;
    world
        .next_edition(&["terminal"], |edition| {
            edition.parties.retain(|party| party.id.as_str() != "line-2");
        })
        .await;
    let stranger = Face { key: Some(key("a stranger")), ..Face::of("line") };
    let stranger = refused(&world, stranger).await;
    let removed = refused(&world, Face::of("line-2")).await;
    assert_eq!(stranger, removed);
    for word in ["directory", "listed", "line-2", "removed", "terminal"] {
        assert!(!stranger.contains(word), "{stranger}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_a_key_or_with_another_protocol_is_refused() {
    let world = besieged_world().await;
    still_served(&world).await;
    refused(&world, Face { key: None, ..Face::of("line") }).await;
    refused(&world, Face { alpn: b"h3", ..Face::of("line") }).await;
    still_served(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_at_the_port_costs_nothing() {
    let world = besieged_world().await;
    within(&world, STEADY_BYTES_MAX, async {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut random = Random::new("garbage");
        for _ in 0..20_000 {
            let mut datagram = random.bytes(1400);
            // Every other one has the form of a first packet (RFC 9000 § 17.2.2).
            if datagram.first().is_some_and(|byte| byte % 2 == 0) && datagram.len() > 8 {
                datagram[..6].copy_from_slice(&[0xc3, 0, 0, 0, 1, 8]);
            }
            // The system may have no room for more of it.
            let _ = socket.send_to(&datagram, world.address("terminal")).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_cannot_be_read_end_the_link_with_that_reason() {
    let world = besieged_world().await;
    let mut frames = vec![
        ("a length of 4 GiB", vec![0xff; 4]),
        (
            "a length of one byte too many",
            u32::try_from(FRAME_MAX + 1).unwrap().to_be_bytes().to_vec(),
        ),
        ("an empty frame", vec![0; 4]),
        ("a batch of nothing", encoded(&deliver(0, vec![]))),
        ("a batch of too many", encoded(&deliver(0, vec![vec![0]; BATCH_DOCUMENTS_MAX + 1]))),
        ("a kind of frame nobody knows", [&[0, 0, 0, 4][..], &[0, 0, 0, 9]].concat()),
    ];
    let mut random = Random::new("frames");
    for _ in 0..20 {
        let body = random.bytes(2000);
        let len = u32::try_from(body.len()).unwrap().to_be_bytes();
        frames.push(("random bytes", [&len[..], &body].concat()));
    }
    within(&world, STEADY_BYTES_MAX + LINK_BYTES_MAX, async {
        for (what, bytes) in frames {
            let peer = Peer::come(&world, "haulier").await.unwrap();
            peer.write_bytes(&bytes).await.unwrap();
            assert_eq!(ended(&peer.connection).await, Violation::Frame.code(), "{what}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_out_of_order_end_the_link_with_that_reason() {
    let world = besieged_world().await;
    let said = |version, who: &str| hello_with(who, version, newest(&world));
    let cases = [
        ("a batch before the hello", vec![deliver(0, vec![vec![0]])], Violation::OutOfOrder),
        ("a receipt before the hello", vec![answer(0, vec![])], Violation::OutOfOrder),
        ("a flood of hellos", vec![hello(&world, "haulier"); 1000], Violation::OutOfOrder),
        ("the hello of another", vec![said(VERSION, "customs")], Violation::NotTheKeysOwner),
        ("another version", vec![said(VERSION + 1, "haulier")], Violation::Version),
    ];
    within(&world, STEADY_BYTES_MAX + LINK_BYTES_MAX, async {
        for (what, frames, violation) in cases {
            let (connection, mut send, _receive) = unheard(&world, "haulier").await;
            for frame in frames {
                // The link may end before all of it is written.
                let _ = write(&mut send, &frame).await;
            }
            assert_eq!(ended(&connection).await, violation.code(), "{what}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_says_hello_is_ended() {
    let world = besieged_world().await;
    let (silent, _send, _receive) = unheard(&world, "haulier").await;
    let from = endpoint();
    let without_stream = dial(&world, &from, Face::of("haulier").config()).await.unwrap();
    still_served(&world).await;
    assert_eq!(ended(&silent).await, Violation::Timeout.code());
    assert_eq!(ended(&without_stream).await, Violation::Timeout.code());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_batches_of_one_who_reads_no_answers_fill_no_memory() {
    let world = besieged_world().await;
    within(&world, STEADY_BYTES_MAX + LINK_BYTES_MAX, async {
        let (connection, mut send, _receive) = unheard(&world, "haulier").await;
        write(&mut send, &hello(&world, "haulier")).await.unwrap();
        let mut random = Random::new("batches");
        let all = async {
            for batch in 0..1000 {
                let documents = (0..BATCH_DOCUMENTS_MAX).map(|_| random.bytes(1800)).collect();
                if write(&mut send, &deliver(batch, documents)).await.is_err() {
                    return;
                }
            }
        };
        // The terminal stops reading, so nothing more can be written, or ends the link.
        let _ = tokio::time::timeout(Duration::from_secs(4), all).await;
        connection.close(0u32.into(), b"");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_answers_is_sent_a_window_and_what_waits_is_kept() {
    const HOLDS: usize = 20;
    let world = World::new(&["terminal"]).await;
    let number = container(1);
    let line = Peer::come(&world, "line").await.unwrap();
    line.accepted(release(&number, "forwarder")).await;
    let customs = Peer::come_and_answer(&world, "customs").await.unwrap();
    for at in 0..HOLDS {
        customs.accepted(hold(&number, at)).await;
    }
    until("a window is sent", async || line.batches() == WINDOW).await;
    assert!(line.delivered().len() < HOLDS);
    assert_eq!(world.waiting("terminal", "line").await, HOLDS as u64);

    let line = Peer::come_and_answer(&world, "line").await.unwrap();
    until("all of it comes over the next link", async || line.delivered().len() == HOLDS).await;
    until("nothing waits", async || world.waiting("terminal", "line").await == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_has_one_stream_and_no_more() {
    let world = besieged_world().await;
    within(&world, STEADY_BYTES_MAX + LINK_BYTES_MAX, async {
        let peer = Peer::come(&world, "haulier").await.unwrap();
        let more = async {
            tokio::select! {
                two = peer.connection.open_bi() => drop(two.map(drop)),
                uni = peer.connection.open_uni() => drop(uni.map(drop)),
            }
        };
        let opened = tokio::time::timeout(Duration::from_millis(500), more).await;
        assert!(opened.is_err(), "a second stream");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_that_no_terminal_signed_for_this_node_ends_the_link() {
    let world = World::new(&["line", "terminal"]).await;
    let order = sealed("line-2", release(&container(1), "forwarder"));
    let entry = accepted_entry(order.id());
    let by = |who: &str, to: &str| {
        let receipt = Receipt { to: actor(to), entries: vec![entry.clone()] };
        sealed(who, receipt).bytes().to_vec()
    };
    let mut altered = by("terminal", "line");
    *altered.last_mut().unwrap() ^= 1;
    let proofs = [
        ("no terminal's", by("line-2", "line")),
        ("for another node", by("terminal", "customs")),
        ("altered", altered),
        ("no receipt", order.bytes().to_vec()),
        ("no document", vec![0; 40]),
    ];
    for (what, proof) in proofs {
        let peer = Peer::come_to(&world, "line", "line-2").await.unwrap();
        let end = peer.deliver_proven(vec![order.bytes().to_vec()], Some(proof)).await.unwrap_err();
        assert_eq!(code_of(&end), Some(u64::from(Violation::Registration.code())), "{what}");
    }
    // A terminal's word that names no place is no registration either.
    let peer = Peer::come_to(&world, "line", "line-2").await.unwrap();
    let documents = vec![order.bytes().to_vec()];
    let entries = peer.deliver_proven(documents, Some(by("terminal", "line"))).await.unwrap();
    assert_eq!(entries[0].refused.as_ref().unwrap().code, "registration-unproven");
    assert_eq!(world.documents("line").await, 0);
}

/// What is wrong with a receipt, the batch it answers, and its bytes for the document delivered.
type Forgery<'a> = (&'static str, u64, &'a dyn Fn(DocId) -> Vec<u8>);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_for_nothing_and_receipts_that_do_not_fit_clear_no_outbox() {
    let world = World::new(&["terminal"]).await;
    let number = container(1);
    Peer::come(&world, "line").await.unwrap().accepted(release(&number, "forwarder")).await;
    let customs = Peer::come_and_answer(&world, "customs").await.unwrap();
    customs.accepted(hold(&number, 0)).await;
    assert_eq!(world.waiting("terminal", "line").await, 1);

    let receipt = |who: &str, to: &str, ids: &[DocId]| {
        let entries = ids.iter().map(|id| accepted_entry(*id)).collect();
        sealed(who, Receipt { to: actor(to), entries }).bytes().to_vec()
    };
    let other = DocId::from_bytes([7; 32]);
    let forgeries: [Forgery<'_>; 6] = [
        ("a batch never sent", 99, &|id| receipt("line", "terminal", &[id])),
        ("another document", 0, &|_| receipt("line", "terminal", &[other])),
        ("one document too many", 0, &|id| receipt("line", "terminal", &[id, other])),
        ("another signer", 0, &|id| receipt("customs", "terminal", &[id])),
        ("for somebody else", 0, &|id| receipt("line", "customs", &[id])),
        ("no receipt at all", 0, &|_| vec![0; 40]),
    ];
    for (what, batch, forge) in forgeries {
        let line = Peer::come(&world, "line").await.unwrap();
        until("it is delivered", async || line.batches() == 1).await;
        let id = claimed_id(&line.delivered()[0]);
        line.write(&answer(batch, forge(id))).await.unwrap();
        assert_eq!(ended(&line.connection).await, Violation::Answer.code(), "{what}");
        assert_eq!(world.waiting("terminal", "line").await, 1, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_begun_and_never_ended_keep_no_party_out() {
    let world = besieged_world().await;
    let bytes = STEADY_BYTES_MAX + LINK_BYTES_MAX + HANDSHAKES_MAX * HANDSHAKE_BYTES_MAX;
    let first_packets = first_packets(300).await;
    within(&world, bytes, async {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (rounds, mut flooded) = tokio::sync::watch::channel(0u32);
        let flood = async {
            let mut again = tokio::time::interval(Duration::from_millis(10));
            loop {
                // Not more at a time than the terminal's socket holds.
                for some in first_packets.chunks(30) {
                    again.tick().await;
                    for datagram in some {
                        socket.send_to(datagram, world.address("terminal")).await.unwrap();
                    }
                }
                rounds.send_modify(|round| *round += 1);
            }
        };
        let newcomers = async {
            flooded.wait_for(|rounds| *rounds > 1).await.unwrap();
            // Less than the 5 s after which the node gives a handshake up: its place must not be
            // needed.
            let come = async {
                for name in ["customs", "forwarder", "haulier"] {
                    Peer::come(&world, name).await.expect("a newcomer is let in");
                }
            };
            tokio::time::timeout(Duration::from_secs(4), come).await.expect("places are free");
        };
        tokio::select! {
            () = flood => {}
            () = newcomers => {}
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_altered_at_random_are_refused_and_crash_nothing() {
    let world = besieged_world().await;
    let documents = world.documents("terminal").await;
    let mut random = Random::new("documents");
    let good: Vec<Vec<u8>> = [
        sealed("haulier", release(&container(900_001), "forwarder")),
        sealed("haulier", hold(&container(900_002), 0)),
        sealed(
            "haulier",
            Receipt {
                to: actor("terminal"),
                entries: vec![accepted_entry(DocId::from_bytes([1; 32]))],
            },
        ),
    ]
    .iter()
    .map(|signed| signed.bytes().to_vec())
    .collect();
    let peer = Peer::come(&world, "haulier").await.unwrap();
    for _ in 0..16 {
        let batch: Vec<_> =
            (0..BATCH_DOCUMENTS_MAX).map(|at| random.altered(&good[at % good.len()])).collect();
        let entries = peer.deliver(batch).await.unwrap();
        assert!(entries.iter().all(|entry| entry.outcome == Outcome::Refused));
    }
    assert_eq!(world.documents("terminal").await, documents);
    still_served(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_the_longest_refusals_still_gets_a_receipt() {
    let world = World::new(&["terminal"]).await;
    let peer = Peer::come(&world, "haulier").await.unwrap();
    let batch = (0..BATCH_DOCUMENTS_MAX).map(|at| {
        let issuer = format!("nobody-{}-{at}", "x".repeat(20));
        envelope::seal(hold(&container(1), at).into(), actor(&issuer), clock(), &key("nobody"))
            .unwrap()
            .bytes()
            .to_vec()
    });
    let entries = peer.deliver(batch.collect()).await.unwrap();
    assert_eq!(entries.len(), BATCH_DOCUMENTS_MAX);
    assert!(entries.iter().all(|entry| entry.refused.as_ref().unwrap().code == "unknown-party"));
}

/// A line and a terminal that know each other, alone in the process.
async fn besieged_world() -> World {
    let world = World::alone(&["line", "terminal"]).await;
    still_served(&world).await;
    world
}

/// The line's orders get registered, one after the other.
async fn still_served(world: &World) {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    for _ in 0..SERVED {
        let number = container(SERIAL.fetch_add(1, Ordering::Relaxed));
        world.accepted("line", "release-order", release_fields(&number, "forwarder")).await;
    }
}

/// Runs an attack while the line is served; the process grows by no more than `bytes` meanwhile.
async fn within(world: &World, bytes: usize, attack: impl Future<Output = ()>) {
    // "5" sets the peak back to what is resident now (proc(5), clear_refs).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = memory("VmRSS:");
    tokio::join!(attack, still_served(world));
    still_served(world).await;
    let grown = memory("VmHWM:").saturating_sub(before);
    assert!(grown <= bytes, "grew by {grown} bytes, bound {bytes}");
}

/// A figure of /proc/self/status, in bytes.
fn memory(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// What a client hears that must not get in; it never sees a frame.
async fn refused(world: &World, face: Face) -> String {
    let from = endpoint();
    let end = match dial(world, &from, face.config()).await {
        Err(end) => end,
        // In TLS 1.3 the client is done before the server has looked at its key.
        Ok(connection) => match connection.open_bi().await {
            Err(end) => end,
            Ok((mut send, mut receive)) => {
                let _ = write(&mut send, &hello(world, "line")).await;
                assert!(read(&mut receive).await.is_none(), "a word to a stranger");
                end_of(&connection).await
            }
        },
    };
    assert!(matches!(end, ConnectionError::ConnectionClosed(_)), "{end:?}");
    end.to_string()
}

/// A connection with its stream open at both ends, on which this side has said nothing whole.
async fn unheard(world: &World, name: &str) -> (Connection, SendStream, RecvStream) {
    let from = endpoint();
    let connection = dial(world, &from, Face::of(name).config()).await.unwrap();
    let (send, receive) = connection.open_bi().await.unwrap();
    (connection, send, receive)
}

/// The application code with which the terminal ended a link.
async fn ended(connection: &Connection) -> u32 {
    let end = end_of(connection).await;
    code_of(&end).unwrap_or_else(|| panic!("{end:?}")).try_into().unwrap()
}

fn deliver(batch: u64, documents: Vec<Vec<u8>>) -> Frame {
    Frame::Deliver(Deliver { batch, documents, registration: None, disclosures: vec![] })
}

fn answer(batch: u64, receipt: Vec<u8>) -> Frame {
    Frame::Receipt(Answer { batch, receipt })
}

fn encoded(frame: &Frame) -> Vec<u8> {
    encode(frame).unwrap()
}

fn accepted_entry(document: DocId) -> Entry {
    Entry { document, outcome: Outcome::Accepted, position: None, refused: None }
}

fn hold(number: &str, at: usize) -> landside_proto::document::Hold {
    landside_proto::document::Hold {
        visit: crate::world::visit_of(number),
        hold_type: HoldType::CustomsScan,
        reason: landside_proto::document::Remark::parse(format!("reason {at}")).unwrap(),
    }
}

/// First packets of this many handshakes, as clients of listed parties send them.
async fn first_packets(count: usize) -> Vec<Vec<u8>> {
    let nowhere = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let from = endpoint();
    let name = format!("{}.landside.invalid", public("terminal node").dns_label());
    let config = Face::of("line").config();
    let to = nowhere.local_addr().unwrap();
    let (mut packets, mut held) = (HashMap::new(), Vec::new());
    let mut datagram = [0; 2048];
    while packets.len() < count {
        // Held to the end: a client that gives up says so, in a packet much like the first.
        held.push(from.connect_with(config.clone(), to, &name).unwrap());
        let (len, _) = nowhere.recv_from(&mut datagram).await.unwrap();
        let packet = &datagram[..len];
        // Known by the connection id its client chose for the server (RFC 9000 § 17.2).
        let id = &packet[6..6 + usize::from(packet[5])];
        packets.entry(id.to_vec()).or_insert_with(|| packet.to_vec());
    }
    packets.into_values().collect()
}

/// Bytes that look random and are the same in every run.
struct Random {
    seed: String,
    drawn: u64,
}

impl Random {
    fn new(seed: &str) -> Self {
        Self { seed: seed.to_owned(), drawn: 0 }
    }

    fn number(&mut self) -> usize {
        self.drawn += 1;
        let hash = Hash32::of(format!("{} {}", self.seed, self.drawn).as_bytes());
        let bytes = hash.as_bytes();
        usize::from_le_bytes(bytes[..size_of::<usize>()].try_into().unwrap())
    }

    /// Between 1 and `most` bytes.
    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let len = 1 + self.number() % most;
        let mut bytes = Vec::with_capacity(len + 32);
        while bytes.len() < len {
            self.drawn += 1;
            let hash = Hash32::of(format!("{} {}", self.seed, self.drawn).as_bytes());
            bytes.extend_from_slice(hash.as_bytes());
        }
        bytes.truncate(len);
        bytes
    }

    /// The bytes with something flipped, cut, doubled or put in.
    fn altered(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.number() % 3 {
            let at = self.number() % bytes.len();
            match self.number() % 5 {
                0 => bytes[at] ^= 1 << (self.number() % 8),
                1 => bytes[at] = bytes[at].wrapping_add(1),
                2 => bytes.truncate(at.max(1)),
                3 => bytes.insert(at, 0xff),
                _ => bytes.extend_from_within(at..),
            }
        }
        bytes
    }
}
