//! A peer that is down costs disk, not memory; once it is back it gets everything, each once.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use landside_node::control::Request;
use landside_node::node::clock;
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use super::port::{Answer, FORWARDER, LINE, Node, Port, TERMINAL, ask, container};

/// Documents made at once: what one group of the node's writer takes.
const AT_ONCE: usize = 128;

/// How many documents wait, and how many bytes of memory each of the later ones may cost the node.
///
/// A document here is 900 bytes long, and none of them stays in memory. The first ones fill the page
/// cache of the config; from then on one costs its share of sled's table of pages, about 85 bytes for
/// the three short rows that index it. Measured at 40,000, 100,000, 200,000 and 400,000: 52, 54, 64
/// and 82 MiB. Memory grows in steps of some MiB, which the bounds allow for; a queue of the documents
/// beside the store breaks both.
struct Form {
    at_first: u64,
    in_all: u64,
    bytes_each_max: u64,
}

const SHORT: Form = Form { at_first: 40_000, in_all: 60_000, bytes_each_max: 600 };
const LONG: Form = Form { at_first: 60_000, in_all: 160_000, bytes_each_max: 250 };

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_peer_that_is_down_waits_on_disk_and_arrives_once() {
    let Form { at_first, in_all, bytes_each_max } = if super::is_long() { LONG } else { SHORT };
    let port = Port::new();
    let line = port.start(LINE).await;
    release(&line, 0..at_first).await;
    let before = line.resident();
    release(&line, at_first..in_all).await;
    let each = line.resident().saturating_sub(before) / (in_all - at_first);
    assert!(each < bytes_each_max, "{each} bytes a waiting document, bound {bytes_each_max}");

    let (waiting, _) = line.ask(&Request::Outbox).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!((&waiting[0]["peer"], &waiting[0]["documents"]), (&json!(TERMINAL), &json!(in_all)));

    let terminal = port.start(TERMINAL).await;
    let delivered = |answer: Option<&Answer>| answer.is_some_and(|(left, _)| left.is_empty());
    line.until("delivers everything", &Request::Outbox, delivered).await;
    // The log counts from 0: one document more stands right behind as many as were sent.
    assert_eq!(say_arrived(&terminal).await, in_all);
    let status = Request::Status { subject: container(0) };
    let both = |answer: Option<&Answer>| answer.is_some_and(|(cases, _)| documents(cases) == 2);
    line.until("hears of the arrival", &status, both).await;
    line.stop().await;
    terminal.stop().await;

    for party in [TERMINAL, LINE] {
        let found = port.sound(party);
        // Receipts are the answers to what was sent; everything else is there once.
        assert_eq!(
            (found.cases, found.documents - found.receipts),
            (in_all, in_all + 1),
            "{party}"
        );
    }
}

/// Has the line release containers, many at a time.
async fn release(line: &Node, serials: Range<u64>) {
    let next = Arc::new(AtomicU64::new(serials.start));
    let mut clerks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (socket, next) = (line.home.socket(), Arc::clone(&next));
        clerks.spawn(async move {
            loop {
                let serial = next.fetch_add(1, Ordering::Relaxed);
                if serial >= serials.end {
                    return;
                }
                let (objects, done) = ask(&socket, &order(serial)).await.unwrap();
                assert_eq!(done.exit, 3, "{done:?}");
                assert_eq!(objects[0]["outcome"], "queued");
            }
        });
    }
    clerks.join_all().await;
}

/// A release order with every field as long as it may be: it makes what waits weigh more.
fn order(serial: u64) -> Request {
    let until = clock().plus(YEAR);
    let fields = json!({
        "container": container(serial), "terminal": TERMINAL, "bill": format!("PRC{serial:032}"),
        "size_type": "45G1",
        "vessel": { "name": "N".repeat(200), "imo": "9074729", "voyage": "V".repeat(35) },
        "terms": {
            "release_to": FORWARDER, "valid_from": clock(), "valid_until": until,
            "haulage": "merchant", "reference": "R".repeat(35),
            "empty_return": { "depot": "D".repeat(35), "reference": "E".repeat(35) },
        },
    });
    issue("release-order", fields)
}

/// Registers a document of the terminal's own; gives its place in the log.
async fn say_arrived(terminal: &Node) -> u64 {
    let arrival = json!({
        "container": container(0), "discharged_at": clock(), "available": true, "cleared": true,
    });
    let (objects, done) = terminal.ask(&issue("arrival", arrival)).await;
    assert_eq!(done.exit, 0, "{done:?}");
    objects[0]["log"].as_u64().unwrap()
}

fn documents(cases: &[Map<String, Value>]) -> usize {
    cases.iter().filter_map(|case| case["timeline"].as_array()).map(Vec::len).sum()
}

fn issue(kind: &str, fields: Value) -> Request {
    let fields: Map<String, Value> = serde_json::from_value(fields).unwrap();
    Request::Issue { kind: kind.to_owned(), fields, to: Vec::new(), person: None, wait_ms: 0 }
}
