//! Two editions with one number: proven, kept, told, and never taken.

use landside_proto::directory::Directory;
use landside_proto::ids::Hash32;

use super::*;

/// A forwarder and customs whose authorities gave each another edition 2, and what they gave.
async fn forked() -> (World, [Vec<u8>; 2]) {
    let mut world = World::new(&["forwarder"]).await;
    let twin = world.signed_next(without("line-2"));
    world.node("forwarder").install(&twin).await.unwrap();
    world.kill("forwarder").await;
    world.start("customs").await;
    let second = world.next_edition(&["customs"], |_| {}).await;
    (world, [second, twin])
}

/// The two bundles of a proof: a CBOR array of two byte strings with lengths of four bytes.
fn both(file: &str) -> [Vec<u8>; 2] {
    let bytes = std::fs::read(file).unwrap();
    let mut rest = bytes.strip_prefix(&[0x82]).unwrap();
    [(), ()].map(|()| {
        let (head, more) = rest.split_at(5);
        assert_eq!(head[0], 0x5a);
        let len = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
        let (bundle, after) = more.split_at(len);
        rest = after;
        bundle.to_vec()
    })
}

/// The one fork that a node tells of: the other edition's id, and its proof.
async fn alarm(world: &World, name: &str) -> Option<(Hash32, [Vec<u8>; 2])> {
    let info = world.info(name).await;
    let alarms = info["alarms"].as_array()?;
    assert_eq!((alarms.len(), &alarms[0]["code"]), (1, &json!("edition-fork")));
    assert_eq!(alarms[0]["number"], 2);
    let id = Hash32::parse(alarms[0]["id"].as_str().unwrap()).unwrap();
    Some((id, both(alarms[0]["file"].as_str().unwrap())))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_two_branches_both_prove_it_and_neither_changes_over() {
    let (mut world, [second, twin]) = forked().await;
    let first = Directory::found(
        &world.node("customs").edition(1).unwrap().unwrap(),
        world.directory().edition().previous.unwrap(),
        clock(),
    )
    .unwrap();
    let ids = [&second, &twin].map(|bundle| first.follow(bundle, clock()).unwrap().id());

    world.start("forwarder").await;
    until("customs has the proof", async || alarm(&world, "customs").await.is_some()).await;
    until("the forwarder has it", async || alarm(&world, "forwarder").await.is_some()).await;
    for (name, mine, other) in [("customs", 0, 1), ("forwarder", 1, 0)] {
        let (id, proof) = alarm(&world, name).await.unwrap();
        assert_eq!(id, ids[other], "{name}");
        assert_eq!(world.info(name).await["directory_id"], ids[mine].to_string(), "{name}");
        let signed = proof.map(|bundle| first.follow(&bundle, clock()).unwrap().id());
        assert_eq!(signed, [ids[mine], ids[other]], "{name}: both verify after edition 1");
    }
    world.restart("customs").await;
    assert!(alarm(&world, "customs").await.is_some(), "an alarm outlives the process");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_after_the_other_branch_is_not_taken_and_shows_the_fork() {
    let (mut world, [_, twin]) = forked().await;
    // The forwarder's branch goes on to edition 3.
    world.kill("customs").await;
    let first = world.directory().edition().previous.unwrap();
    let twin_id = landside_proto::directory::peek_bundle(&twin).unwrap().1;
    assert_ne!(twin_id, first);
    let third = world.signed_next(|edition| edition.previous = Some(twin_id));
    world.start("forwarder").await;
    world.node("forwarder").install(&third).await.unwrap();
    let mine = world.directory().id().to_string();
    world.start("customs").await;
    until("customs has the proof", async || alarm(&world, "customs").await.is_some()).await;
    let (id, _) = alarm(&world, "customs").await.unwrap();
    assert_eq!(id, twin_id);
    assert_eq!(world.info("customs").await["directory_id"], mine);
    assert_eq!(refused(&world, "customs", &third).await, "edition-fork");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fork_brought_by_hand_is_refused_and_proven_and_one_signed_by_too_few_only_refused() {
    let mut world = World::new(&["terminal"]).await;
    let twin = world.signed_next(without("line-2"));
    let another = world.signed_next(without("shipper"));
    world.next_edition(&["terminal"], |_| {}).await;
    let mut unsigned = another.clone();
    *unsigned.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&world, "terminal", &unsigned).await, "edition-fork");
    assert!(alarm(&world, "terminal").await.is_none(), "nobody signed twice");

    assert_eq!(refused(&world, "terminal", &twin).await, "edition-fork");
    assert_eq!(refused(&world, "terminal", &twin).await, "edition-fork");
    assert_eq!(alarm(&world, "terminal").await.unwrap().1[1], twin, "kept once");
}
