//! Peers that flood a terminal with heads of its log and questions about it.

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::checkpoint::{KeyName, NOTE_MAX, SignedCheckpoint};
use landside_proto::session::Violation;
use landside_proto::session::frame::{About, Ask, Frame};
use serde_json::json;

use super::{LINK_BYTES_MAX, STEADY_BYTES_MAX, besieged_world, ended, unheard, within};
use crate::forger::{ForgedLog, origin};
use crate::peer::{Peer, hello, write};
use crate::world::{key, party, public, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_heads_of_a_peer_fill_no_memory_and_hold_up_nobody_elses() {
    let world = besieged_world().await;
    let customs = Peer::come(&world, "customs").await.unwrap();
    let peer = Peer::come(&world, "haulier").await.unwrap();
    let head = newest_head(&peer).await;
    // The head is the terminal's; the lines below it are of another head, or are long.
    let other = ForgedLog::of("other", 1).head(1);
    let mut spoilt = head.bytes().to_vec();
    for who in ["customs", "forwarder", "haulier", "line", "line-2", "shipper", "sub-haulier"] {
        let name = KeyName::of(head.checkpoint().origin.network(), &party(who));
        let line = other.cosign(&name, clock(), &key(who)).unwrap().line();
        spoilt.extend_from_slice(format!("{line}\n").as_bytes());
    }
    let mut long = head.bytes().to_vec();
    long.resize(NOTE_MAX, b'x');
    within(&world, STEADY_BYTES_MAX + LINK_BYTES_MAX, async {
        let flood = async {
            for at in 0..10_000 {
                let note = if at % 100 == 0 { &long } else { &spoilt };
                peer.write(&Frame::Head(note.clone())).await.unwrap();
            }
        };
        let witness = async {
            until("customs' head is final", async || {
                // The log grows meanwhile, and so does the head that is offered.
                let head = newest_head(&customs).await;
                let name = KeyName::of(head.checkpoint().origin.network(), &party("customs"));
                let mine = head.cosign(&name, clock(), &key("customs")).unwrap();
                let note = head.add_cosignature(&mine).unwrap().bytes().to_vec();
                customs.write(&Frame::Head(note)).await.unwrap();
                let (lines, _) = world.ask("terminal", Request::Info).await;
                lines[0]["log"]["final"]["witnesses"] == json!(["customs"])
            })
            .await;
        };
        tokio::join!(flood, witness);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_without_end_are_answered_one_by_one_or_end_the_link() {
    let world = besieged_world().await;
    within(&world, STEADY_BYTES_MAX + LINK_BYTES_MAX, async {
        let (connection, mut send, _receive) = unheard(&world, "haulier").await;
        write(&mut send, &hello(&world, "haulier")).await.unwrap();
        for number in 0..10_000 {
            let ask = Frame::Ask(Ask { number, about: About::OfSize { size: 3 } });
            // The link ends before all of it is written.
            if write(&mut send, &ask).await.is_err() {
                break;
            }
        }
        assert_eq!(ended(&connection).await, Violation::Window.code());
    })
    .await;
    within(&world, STEADY_BYTES_MAX + LINK_BYTES_MAX, async {
        let peer = Peer::come(&world, "haulier").await.unwrap();
        for _ in 0..100 {
            let some = [3, 2, 1, 0].map(|size| peer.ask(About::OfSize { size }));
            let [a, b, c, d] = some;
            let told = tokio::join!(a, b, c, d);
            assert!(told.0.unwrap().head.is_some() && told.3.unwrap().head.is_some());
        }
    })
    .await;
}

async fn newest_head(peer: &Peer) -> SignedCheckpoint {
    let told = peer.ask(About::Newest { from: 0 }).await.unwrap();
    let note = told.head.unwrap();
    SignedCheckpoint::open(&note, &origin("tests"), &[public("terminal")]).unwrap()
}
