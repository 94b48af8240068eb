//! Devices of drivers whose terminal changes its keys: they dial nobody else.

use serde_json::{Value, json};

use crate::exchange::arrived;
use crate::rotation::run;
use crate::world::{DAY, DRIVER, World, actor, container, later, public, release_fields, until};

async fn enrol(world: &World, device: &str, state: &str) {
    let fields = json!({ "key": public(device), "name": "Wang Wei", "valid_until": later(DAY),
        "state": state });
    world.accepted("haulier", "driver-credential", fields).await;
}

async fn until_linked(world: &World, device: &str) {
    until(&format!("{device} is linked"), async || {
        world.peers("terminal").await.contains(&actor(device).to_string())
    })
    .await;
}

/// Changes the keys of the terminal and starts it with the new ones; gives what adopt said at its end.
async fn changed(world: &mut World, which: &str) -> Value {
    let (exit, said) = run(world, "terminal", &format!("key rotate {which}--wait 1"));
    assert_eq!(exit, 0, "{said:?}");
    let (exit, said) = run(world, "terminal", "key adopt --anyway");
    assert_eq!(exit, 0, "{said:?}");
    world.restart("terminal").await;
    said.last().cloned().unwrap_or_default()
}

/// Drops the old node keys: from now on only the new one opens a link.
async fn without_old_keys(world: &mut World) {
    world.kill("terminal").await;
    let keys = world.home_of("terminal").join("keys");
    for n in 1..=2 {
        let _ = std::fs::remove_file(keys.join(format!("node-old-{n}.pem")));
    }
    world.start("terminal").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_on_the_link_is_told_of_its_terminals_new_keys() {
    let mut world = World::new(&["haulier", "terminal"]).await;
    enrol(&world, DRIVER, "active").await;
    world.start(DRIVER).await;
    until_linked(&world, DRIVER).await;
    let (exit, said) = run(&world, "terminal", "key rotate --wait 1");
    assert_eq!(exit, 0, "{said:?}");
    until("the device was told", async || {
        world.waiting("terminal", &actor(DRIVER).to_string()).await == 0
    })
    .await;
    let (exit, said) = run(&world, "terminal", "key adopt --anyway");
    assert_eq!((exit, &said[2]["not_told"]), (0, &json!([])), "{said:?}");
    without_old_keys(&mut world).await;
    until_linked(&world, DRIVER).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_slept_through_two_changes_comes_by_the_old_key_and_learns_the_new_one() {
    let mut world = World::new(&["haulier", "terminal"]).await;
    enrol(&world, DRIVER, "active").await;
    world.start(DRIVER).await;
    until_linked(&world, DRIVER).await;
    world.kill(DRIVER).await;
    for _ in 0..2 {
        let adopted = changed(&mut world, "").await;
        assert_eq!(adopted["not_told"], json!([actor(DRIVER).to_string()]));
    }
    world.start(DRIVER).await;
    until_linked(&world, DRIVER).await;
    until("the device was told", async || {
        world.waiting("terminal", &actor(DRIVER).to_string()).await == 0
    })
    .await;
    without_old_keys(&mut world).await;
    until_linked(&world, DRIVER).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_slept_until_an_edition_dropped_the_old_key_takes_that_edition_over_it() {
    let mut world = World::new(&["haulier", "terminal"]).await;
    enrol(&world, DRIVER, "active").await;
    world.start(DRIVER).await;
    until_linked(&world, DRIVER).await;
    world.kill(DRIVER).await;
    changed(&mut world, "--node ").await;
    let new = run(&world, "terminal", "key show").1;
    let new = new.iter().find(|key| key["use"] == "node").unwrap()["public_key"].clone();
    world
        .next_edition(&["terminal"], |edition| {
            let terminal = edition.parties.iter_mut().find(|p| p.id.as_str() == "terminal");
            terminal.unwrap().node_keys = vec![serde_json::from_value(new).unwrap()];
        })
        .await;
    world.start(DRIVER).await;
    world.until_in_force(2, &[DRIVER]).await;
    until_linked(&world, DRIVER).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_is_enrolled_after_the_change_is_told_at_once() {
    let mut world = World::new(&["haulier", "terminal"]).await;
    changed(&mut world, "").await;
    enrol(&world, DRIVER, "active").await;
    world.start(DRIVER).await;
    until_linked(&world, DRIVER).await;
    until("the device was told", async || {
        world.waiting("terminal", &actor(DRIVER).to_string()).await == 0
    })
    .await;
    without_old_keys(&mut world).await;
    until_linked(&world, DRIVER).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_device_and_one_that_was_withdrawn_is_not_named() {
    let world = World::new(&["haulier", "terminal"]).await;
    enrol(&world, DRIVER, "active").await;
    let (exit, said) = run(&world, "terminal", "key rotate --wait 1");
    assert_eq!(exit, 0, "{said:?}");
    assert_eq!(world.waiting("terminal", &actor(DRIVER).to_string()).await, 1);
    let (_, said) = run(&world, "terminal", "key adopt");
    let text = said[0]["text"].as_str().unwrap();
    assert_eq!(said[0]["code"], "rotation-waits");
    assert!(text.contains("terminal-2") && !text.contains("driver:"), "{text}");
    enrol(&world, DRIVER, "withdrawn").await;
    let (_, said) = run(&world, "terminal", "key adopt --anyway");
    assert_eq!(said[2]["not_told"], json!([]), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_signed_with_a_new_key_is_verified_at_a_home_whose_node_knows_the_rotation() {
    let mut world = World::new(&["line", "terminal"]).await;
    let box_1 = container(1);
    world.accepted("line", "release-order", release_fields(&box_1, "forwarder")).await;
    changed(&mut world, "--signing ").await;
    let id = world.accepted("terminal", "arrival", arrived(&box_1)).await;
    world.until_case_has("line", &box_1, 2).await;
    let file = world.home_of("line").join("arrival.cose");
    let (exit, said) = run(&world, "line", &format!("show {id} -o {}", file.display()));
    assert_eq!(exit, 0, "{said:?}");
    let verify = format!("verify {}", file.display());
    let (exit, said) = run(&world, "line", &verify);
    assert_eq!((exit, &said[0]["verdict"]), (0, &json!("good")), "{said:?}");
    // The stopped node's home knows it too.
    world.kill("line").await;
    let (exit, said) = run(&world, "line", &verify);
    assert_eq!((exit, &said[0]["verdict"]), (0, &json!("good")), "{said:?}");
}
