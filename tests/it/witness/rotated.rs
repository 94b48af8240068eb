//! Terminals and witnesses that changed their keys: nothing is proven later or less for it.

use super::*;

/// A party's node changes its signing key and runs with the new one.
async fn changes_its_key(world: &mut World, who: &str) {
    let (exit, said) = run(world, who, "key rotate --signing --wait 5");
    assert!(exit == 0 || exit == 3, "{said:?}");
    let (exit, said) = run(world, who, "key adopt --anyway");
    assert_eq!(exit, 0, "{said:?}");
    world.restart(who).await;
}

/// The terminal of a world changes its key, goes on until customs cosigned it, and begins again from a copy of
/// its store from before.
async fn forked_after_a_change(world: &mut World) {
    world.start("terminal").await;
    registered(world, 2).await;
    changes_its_key(world, "terminal").await;
    until("customs knows", async || world.waiting("terminal", "customs").await == 0).await;
    registered(world, 1).await;
    until("customs cosigned", async || seen_entries(world, "customs").await == Some(4)).await;
    world.kill("terminal").await;
    let store = world.home_of("terminal").join("store");
    let copy = world.home_of("terminal").join("copy");
    copy_all(&store, &copy);
    world.start("terminal").await;
    registered(world, 2).await;
    until("customs cosigned", async || seen_entries(world, "customs").await == Some(6)).await;
    world.kill("terminal").await;
    std::fs::remove_dir_all(&store).unwrap();
    copy_all(&copy, &store);
    world.start("terminal").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_that_changed_its_key_and_forks_is_proven_to_have_as_any_other() {
    let mut world = watched_world(&["customs"]).await;
    forked_after_a_change(&mut world).await;
    registered(&world, 3).await;
    until("customs has the proof", async || is_proven(&world, "customs").await).await;
    let file = world.home_of("customs").join("alarms/log-terminal.landside");
    let report = evidence::verify(&std::fs::read(file).unwrap(), Some(world.directory().id()));
    assert_eq!((report.verdict, report.trusted), (Verdict::ForkProven, true));
    let listed = public("terminal").id();
    assert!(report.heads.iter().all(|head| head.keys != [listed]), "{:?}", report.heads);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_an_alarm_that_lacks_the_rotation_is_written_anew() {
    let mut world = watched_world(&["customs"]).await;
    forked_after_a_change(&mut world).await;
    until("customs raises an alarm", async || has_alarm(&world, "customs").await).await;
    world.kill("customs").await;
    let file = world.home_of("customs").join("alarms/log-terminal.landside");
    let evidence = evidence::read(&std::fs::read(&file).unwrap()).unwrap();
    let evidence::Evidence::Fork(mut fork) = evidence else { panic!("a fork") };
    assert_eq!(fork.rotations.len(), 1);
    // As a version before this one wrote it.
    fork.rotations.clear();
    std::fs::write(&file, evidence::write(&evidence::Evidence::Fork(fork))).unwrap();
    assert_eq!(accusation(&world, "customs").verdict, Verdict::Broken);
    world.start("customs").await;
    until("it can be judged", async || accusation(&world, "customs").verdict != Verdict::Broken)
        .await;
    registered(&world, 3).await;
    until("customs has the proof", async || is_proven(&world, "customs").await).await;
}
