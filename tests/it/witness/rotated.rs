//! Terminals and witnesses that changed their keys: nothing is proven later or less for it.

use super::*;
use crate::export::export;
use crate::rotation::run;
use crate::world::party;

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

/// What every one of these exports of a case: sound, witnessed by so many.
async fn exported_by(world: &World, exporters: &[&str], subject: &str, witnesses: usize) {
    for exporter in exporters {
        let (bytes, said) = export(world, exporter, subject).await;
        let expected = (&json!(true), &json!(witnesses));
        assert_eq!((&said["proven"], &said["witnesses"]), expected, "{exporter}");
        let report = evidence::verify(&bytes, Some(world.directory().id()));
        assert!(report.is_sound(), "{exporter}: {:?}", report.findings);
        assert_eq!(report.witnesses().len(), witnesses, "{exporter}: {:?}", report.findings);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_that_changed_its_key_and_signs_nothing_of_a_case_counts_in_everybodys_export() {
    let mut world = watched_world(&["customs"]).await;
    world.start("terminal").await;
    changes_its_key(&mut world, "customs").await;
    registered(&world, 2).await;
    until("the head is final", async || final_entries(&world).await >= Some(3)).await;
    world.start("forwarder").await;
    let subject = container(1);
    world.until_case_has("forwarder", &subject, 1).await;
    // The terminal registered the rotation, and nobody was told of it by itself.
    exported_by(&world, &["terminal", "forwarder"], &subject, 1).await;
    // It stays so when an edition has the key.
    world.next_edition(&["terminal", "forwarder", "customs"], |_| {}).await;
    world.until_in_force(2, &["forwarder", "terminal"]).await;
    exported_by(&world, &["terminal", "forwarder"], &subject, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_from_before_its_terminal_changed_its_key_is_exported_under_a_head_that_shows_the_key()
 {
    let mut world = World::new(&["forwarder", "terminal"]).await;
    registered(&world, 2).await;
    let subject = container(0);
    world.until_case_has("forwarder", &subject, 1).await;
    changes_its_key(&mut world, "terminal").await;
    until("the forwarder knows", async || world.waiting("terminal", "forwarder").await == 0).await;
    // The link from before the restart may not have ended yet.
    until("the forwarder can ask", async || {
        export(&world, "forwarder", &subject).await.1["proven"] == json!(true)
    })
    .await;
    // Nobody witnesses the log: the head is signed anew for whoever asks.
    exported_by(&world, &["terminal", "forwarder"], &subject, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_tells_which_rotations_a_head_rests_on_and_no_others() {
    let mut world = watched_world(&["customs"]).await;
    world.start("line").await;
    world.start("terminal").await;
    changes_its_key(&mut world, "line").await;
    changes_its_key(&mut world, "customs").await;
    registered(&world, 1).await;
    until("the head is final", async || final_entries(&world).await >= Some(3)).await;
    let asker = Peer::come_to(&world, "terminal", "shipper").await.unwrap();
    let size = final_entries(&world).await.unwrap();
    let about = |size| About::Rotations { size };
    let told_of = told(&asker, about(size)).await;
    assert_eq!((&told_of.head, &told_of.proof, told_of.rotations.len()), (&None, &None, 1));
    let signed = landside_proto::envelope::reopen(&*told_of.rotations[0].envelope).unwrap();
    assert_eq!(signed.issuer().party(), Some(&party("customs")));
    // A head of a smaller size has nobody's cosignature; of a larger one there is none.
    for size in [1, size + 1, u64::MAX] {
        assert_eq!(told(&asker, about(size)).await.rotations, [], "{size}");
    }
}
