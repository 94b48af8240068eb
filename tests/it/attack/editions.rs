//! Peers that hand on editions that are none, too long, or without end.

use std::time::Duration;

use landside_node::control::Request;
use landside_proto::directory::{BUNDLE_MAX, add_signature};
use landside_proto::session::HAVES_MAX;
use landside_proto::session::frame::{Have, PART_MAX, Part, Want};

use super::*;

/// A bundle as it comes and again as it is judged: its envelopes, their payload, and what that says.
const JUDGED_BYTES_MAX: usize = 6 * BUNDLE_MAX;

/// An edition that nobody signed.
fn pretended(number: u64) -> Have {
    Have { number, id: [7; 32] }
}

/// A peer that pretends to have edition 2 and was asked for it.
async fn asked(world: &World, name: &str) -> Peer {
    let peer = Peer::come_with(world, name, pretended(2)).await.unwrap();
    until("it is asked for edition 2", async || peer.wanted() == [Want { number: 2, from: 0 }])
        .await;
    peer
}

fn part(total: usize, bytes: Vec<u8>) -> Frame {
    Frame::Part(Part { number: 2, total: total as u64, bytes })
}

async fn in_force(world: &World) -> u64 {
    world.info("terminal").await["directory"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_edition_ends_the_link_and_changes_nothing() {
    let world = besieged_world().await;
    let mut random = Random::new("editions");
    let first = world.directory().bundle().to_vec();
    let next = world.signed_next(|_| {});
    let after_next = world.signed_next(|edition| edition.number += 1);
    let mut broken = next.clone();
    *broken.last_mut().unwrap() ^= 1;
    let foreign = world.signed_next(|edition| {
        edition.network = landside_proto::document::Remark::parse("another port").unwrap();
    });
    let edition = world.directory().edition();
    let strange = add_signature(&[], edition, clock(), &key("a stranger")).unwrap();
    for (what, bytes) in [
        ("random bytes", random.bytes(2000)),
        ("signed by a stranger", strange),
        ("an array of none", vec![0x80]),
        ("the edition before", first),
        ("the edition after the one asked for", after_next),
        ("a broken signature", broken),
        ("another network", foreign),
    ] {
        let peer = asked(&world, "haulier").await;
        peer.write(&part(bytes.len(), bytes)).await.unwrap();
        assert_eq!(ended(&peer.connection).await, Violation::Edition.code(), "{what}");
        assert_eq!(in_force(&world).await, 1, "{what}");
    }
    still_served(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longest_garbage_costs_one_bundle_and_ends_the_link() {
    let world = besieged_world().await;
    within(&world, STEADY_BYTES_MAX + LINK_BYTES_MAX + JUDGED_BYTES_MAX, async {
        for _ in 0..3 {
            let peer = asked(&world, "haulier").await;
            // One list of very many envelopes: the head of an array of 4 Mi empty byte strings.
            let mut bundle = vec![0x40; BUNDLE_MAX];
            bundle[..5].copy_from_slice(&[0x9a, 0, 0x3f, 0xff, 0xfb]);
            for bytes in bundle.chunks(PART_MAX) {
                peer.write(&part(BUNDLE_MAX, bytes.to_vec())).await.unwrap();
            }
            assert_eq!(ended(&peer.connection).await, Violation::Edition.code());
        }
    })
    .await;
    assert_eq!(in_force(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_unasked_for_and_editions_without_end_end_the_link() {
    let world = besieged_world().await;
    let haves: Vec<_> = (3..=3 + u64::from(HAVES_MAX)).map(|n| Frame::Have(pretended(n))).collect();
    let want = |number, from| Frame::Want(Want { number, from });
    let cases = [
        ("a part unasked for", vec![part(9, vec![0; 9]); 1000], Violation::Answer),
        ("newer and newer editions", haves, Violation::Window),
        ("an edition told of again", vec![Frame::Have(newest(&world))], Violation::OutOfOrder),
        ("an edition that is not there", vec![want(2, 0)], Violation::Edition),
        ("from beyond its end", vec![want(1, BUNDLE_MAX as u64 - 1)], Violation::Edition),
        ("the same part for ever", vec![want(1, 0); 1000], Violation::Edition),
    ];
    within(&world, STEADY_BYTES_MAX + LINK_BYTES_MAX, async {
        for (what, frames, violation) in cases {
            let peer = Peer::come(&world, "haulier").await.unwrap();
            for frame in frames {
                // The link may end before all of it is written.
                let _ = peer.write(&frame).await;
            }
            let end = ended(&peer.connection).await;
            // Two asked for at once are as good a reason as one asked for again.
            let window = frame_is_wanted(what) && end == Violation::Window.code();
            assert!(end == violation.code() || window, "{what}: {end}");
        }
    })
    .await;
}

fn frame_is_wanted(what: &str) -> bool {
    what == "the same part for ever"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_that_drip_an_edition_keep_it_from_nobody_for_long() {
    let mut world = World::new(&["customs", "line", "terminal"]).await;
    let dripping = asked(&world, "haulier").await;
    dripping.write(&part(BUNDLE_MAX, vec![0])).await.unwrap();
    world.next_edition(&["customs"], |_| {}).await;
    world.until_in_force(2, &["line", "terminal"]).await;
    assert!(dripping.connection.close_reason().is_none(), "nobody waited for its end");
    let (_, done) = world.ask("terminal", Request::Outbox).await;
    assert_eq!(done.exit, 0);
    tokio::time::timeout(Duration::from_secs(1), still_served(&world)).await.unwrap();
}
