//! Terminals' logs under the eyes of witnesses: heads become final, proofs hold, and whoever rewrites
//! a log, shrinks it or shows two of it is caught.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use landside_node::control::Request;
use landside_proto::checkpoint::SignedCheckpoint;
use landside_proto::document::Position;
use landside_proto::ids::Hash32;
use landside_proto::log::Entry;
use landside_proto::merkle::{verify_consistency, verify_inclusion};
use landside_proto::session::frame::{About, BATCH_DOCUMENTS_MAX, Frame, Told};
use serde_json::{Value, json};

use crate::exchange::{PLATE, arrived, bind_and_ask, customs_released};
use crate::forger::{ForgedLog, Story, origin};
use crate::peer::Peer;
use crate::world::{
    DRIVER, PATIENCE, World, container, public, release, release_fields, sealed, until,
};

/// A little log that a liar begins with.
const ENTRIES: usize = 7;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_is_final_once_a_witness_cosigned_it_and_still_is_after_a_restart() {
    let mut world = watched_world(&["customs"]).await;
    world.start("terminal").await;
    registered(&world, 3).await;
    until("the head is final", async || final_entries(&world).await == Some(3)).await;
    assert_eq!(last_final(&world).await["witnesses"], json!(["customs"]));
    assert_eq!(last_final(&world).await["overdue"], json!(false));

    world.kill("customs").await;
    world.restart("terminal").await;
    assert_eq!(final_entries(&world).await, Some(3));
    assert_eq!(info(&world, "terminal").await["log"]["entries"], json!(3));

    // What comes later is registered and not final, for want of a witness, until one comes.
    registered(&world, 2).await;
    assert_eq!(final_entries(&world).await, Some(3));
    world.start("customs").await;
    until("the next head is final", async || final_entries(&world).await == Some(5)).await;
    world.kill("terminal").await;
    world.fsck("terminal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_witnesses_that_look_at_different_moments_make_heads_of_a_growing_log_final() {
    let mut world = watched_world(&["customs"]).await;
    world.configure("forwarder", |config| {
        watching(config, &[]).replace("every_s = 1", "every_s = 2")
    });
    world.configure("terminal", |config| {
        config
            .replace("by = []", "by = [\"customs\", \"forwarder\"]")
            .replace("cosignatures_min = 1", "cosignatures_min = 2")
    });
    world.start("terminal").await;
    let line = Peer::come_and_answer(&world, "line").await.unwrap();
    line.accepted(release(&container(0), "forwarder")).await;
    until("customs cosigned", async || seen_entries(&world, "customs").await.is_some()).await;
    assert_eq!(final_entries(&world).await, None, "one witness is not enough");

    world.start("forwarder").await;
    let (mut serial, mut finals) = (1, Vec::new());
    let growing = async {
        while finals.len() < 3 {
            line.accepted(release(&container(serial), "forwarder")).await;
            serial += 1;
            let last = final_entries(&world).await;
            finals.extend(last.filter(|last| finals.last() != Some(last)));
        }
    };
    let grew = tokio::time::timeout(PATIENCE, growing).await;
    grew.expect("three heads become final while the log grows");
    assert_eq!(last_final(&world).await["witnesses"], json!(["customs", "forwarder"]));

    // Without the other one, what this one cosigns makes nothing final.
    world.kill("forwarder").await;
    let last = final_entries(&world).await.unwrap();
    line.accepted(release(&container(serial), "forwarder")).await;
    until("customs cosigned a newer head", async || {
        seen_entries(&world, "customs").await.is_some_and(|seen| seen > last)
    })
    .await;
    assert_eq!(final_entries(&world).await, Some(last));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_remembers_what_it_cosigned_through_a_restart_and_goes_on_from_there() {
    let mut world = watched_world(&["customs"]).await;
    world.start("terminal").await;
    registered(&world, 2).await;
    until("customs cosigned", async || seen_entries(&world, "customs").await == Some(2)).await;
    world.kill("terminal").await;
    world.restart("customs").await;
    let watch = watch(&world, "customs").await;
    assert_eq!((&watch["entries"], &watch["alarm"]), (&json!(2), &json!(false)));
    assert_eq!(watch.get("cosigned_s"), None, "{watch}");
    until("it says that nobody answers", async || trouble(&world, "customs").await.is_some()).await;

    world.start("terminal").await;
    registered(&world, 1).await;
    until("customs cosigned the next", async || seen_entries(&world, "customs").await == Some(3))
        .await;
    assert_eq!(trouble(&world, "customs").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gate_goes_on_without_witnesses_and_says_how_old_the_last_final_head_is() {
    let mut world = watched_world(&["forwarder"]).await;
    for node in ["customs", "haulier", "line", "terminal"] {
        world.start(node).await;
    }
    let number = container(1);
    world.accepted("line", "release-order", release_fields(&number, "forwarder")).await;
    world.accepted("customs", "customs-status", customs_released(&number)).await;
    world.accepted("terminal", "arrival", arrived(&number)).await;
    world.until_case_has("forwarder", &number, 3).await;
    let to_haulier = json!({ "container": number, "to": "haulier" });
    world.accepted("forwarder", "pass-right", to_haulier).await;
    until("a head is final", async || final_entries(&world).await.is_some()).await;
    for node in ["forwarder", "customs", "line"] {
        world.kill(node).await;
    }
    let last = final_entries(&world).await;

    world.until_case_has("haulier", &number, 4).await;
    bind_and_ask(&world, "haulier", &number).await;
    let pass = world.status("terminal", &number).await.unwrap();
    assert!(pass["pass"].is_object(), "{pass}");
    until("the last final head is some seconds old", async || age(&world).await >= 2).await;

    world.start(DRIVER).await;
    world.ask(DRIVER, Request::Collect { wait_ms: 20_000 }).await;
    let shown = world.ask(DRIVER, Request::Present { container: number.clone() }).await.0;
    let shown = shown[0]["text"].as_str().map(str::to_owned);
    let check = Request::GateCheck { shown, subject: None, plate: Some(PLATE.to_owned()) };
    let (lines, done) = world.ask("terminal", check).await;
    assert_eq!((&lines[0]["verdict"], done.exit), (&json!("admit"), 0), "{lines:?}");
    assert!(lines[0]["log"]["final"]["age_s"].as_u64().unwrap() >= 2, "{lines:?}");
    assert_eq!(lines[0]["log"]["final"]["overdue"], json!(false));

    let receipt = json!({ "container": number, "condition": "sound", "seals": ["A1"] });
    world.accepted("terminal", "interchange-receipt", receipt).await;
    let unsigned_because = Some("the phone is dead".to_owned());
    let out = Request::GateOut { subject: number, unsigned_because };
    let (lines, done) = world.ask("terminal", out).await;
    assert_eq!(done.exit, 0, "{lines:?} {done:?}");
    assert_eq!(final_entries(&world).await, last, "nobody cosigned");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_registered_document_is_proven_to_be_in_the_final_head() {
    // More than two tiles full, so that the tree has a level of its own in the store.
    const DOCUMENTS: usize = 2 * BATCH_DOCUMENTS_MAX + 90;
    let mut world = watched_world(&["customs"]).await;
    world.start("terminal").await;
    let mut registered: Vec<(Hash32, Position)> = Vec::new();
    let mut finals: Vec<SignedCheckpoint> = Vec::new();
    let serials: Vec<u32> = (0..u32::try_from(DOCUMENTS).unwrap()).collect();
    for batch in serials.chunks(BATCH_DOCUMENTS_MAX) {
        let line = Peer::come_and_answer(&world, "line").await.unwrap();
        let orders = batch.iter().map(|serial| release(&container(*serial), "forwarder"));
        let orders: Vec<_> = orders.map(|order| sealed("line", order).bytes().to_vec()).collect();
        let hashes: Vec<_> = orders.iter().map(|order| Hash32::of(order)).collect();
        let entries = line.deliver(orders).await.unwrap();
        let positions = entries.iter().map(|entry| entry.position.unwrap());
        registered.extend(hashes.into_iter().zip(positions));
        let size = registered.len() as u64;
        until("it is final", async || final_entries(&world).await == Some(size)).await;
        let covering = told(&line, About::Covering { index: size - 1 }).await;
        finals.push(opened(&covering));
        // A crash between: the tree is read back from its rows.
        world.restart("terminal").await;
    }

    let asker = Peer::come_to(&world, "terminal", "shipper").await.unwrap();
    let head = finals.last().unwrap().checkpoint();
    assert_eq!(head.size, DOCUMENTS as u64);
    for (at, (envelope, position)) in registered.iter().enumerate() {
        assert_eq!(position.log, at as u64);
        let about = About::Inclusion { index: position.log, size: head.size };
        let proof = proof_of(&told(&asker, about).await).unwrap();
        let leaf = Entry::of(*envelope, position).leaf();
        verify_inclusion(&leaf, position.log, head.size, &proof, &head.root).unwrap();
        let elsewhere =
            Entry::of(*envelope, &Position { log: position.log + 1, ..*position }).leaf();
        assert!(verify_inclusion(&elsewhere, position.log, head.size, &proof, &head.root).is_err());
    }
    for pair in finals.windows(2) {
        let (old, new) = (pair[0].checkpoint(), pair[1].checkpoint());
        assert!(old.size < new.size);
        let about = About::Consistency { old: old.size, new: new.size };
        let proof = proof_of(&told(&asker, about).await).unwrap();
        verify_consistency(old.size, &old.root, new.size, &new.root, &proof).unwrap();
    }
    // Each head is cosigned; the first that covers an entry is the same whenever it is asked for.
    for (at, head) in finals.iter().enumerate() {
        assert_eq!(head.lines().len(), 2);
        let first = at.checked_sub(1).map_or(0, |before| finals[before].checkpoint().size);
        let again = told(&asker, About::Covering { index: first }).await;
        assert_eq!(opened(&again).bytes(), head.bytes());
    }
    world.kill("terminal").await;
    world.fsck("terminal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_about_what_the_log_does_not_have_are_answered_with_nothing() {
    let world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let empty = opened(&told(&line, About::Newest { from: 0 }).await);
    assert_eq!(empty.checkpoint().size, 0);
    line.accepted(release(&container(1), "forwarder")).await;
    for about in [
        About::OfSize { size: 2 },
        About::OfSize { size: u64::MAX },
        About::Covering { index: 1 },
        About::Covering { index: u64::MAX },
        About::Inclusion { index: 1, size: 1 },
        About::Inclusion { index: 0, size: 2 },
        About::Inclusion { index: u64::MAX, size: u64::MAX },
        About::Consistency { old: 1, new: 2 },
        About::Consistency { old: 1, new: 0 },
        About::Consistency { old: 0, new: u64::MAX },
    ] {
        let told = told(&line, about).await;
        assert_eq!((&told.head, &told.proof), (&None, &None), "{about:?}");
    }
    let ahead = told(&line, About::Newest { from: 9 }).await;
    assert_eq!((opened(&ahead).checkpoint().size, &ahead.proof), (1, &None));
    // Nobody witnesses it: the head that ends with the entry stands in, and says no more than it is.
    let covering = opened(&told(&line, About::Covering { index: 0 }).await);
    assert_eq!((covering.checkpoint().size, covering.lines().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_that_tells_two_histories_is_caught_by_both_witnesses_and_never_cosigned_again()
{
    let mut world = watched_world(&["customs", "forwarder"]).await;
    let common = ForgedLog::of("told to both", 5);
    let log_a = common.clone().and("told to customs", 2);
    let log_b = common.and("told to forwarder", 4);
    let (story_a, story_b) = (Story::honest(log_a.clone()), Story::honest(log_b.clone()));
    let to_customs = liar(&world, "customs", &story_a).await;
    let to_forwarder = liar(&world, "forwarder", &story_b).await;

    until("customs raises an alarm", async || has_alarm(&world, "customs").await).await;
    until("forwarder raises an alarm", async || has_alarm(&world, "forwarder").await).await;
    // At customs the liar has no answer that joins the heads; at the forwarder it has signed another
    // head of the size of what customs has.
    accuses(&world, "customs", [&log_a.head(7), &log_b.head(9)]);
    accuses(&world, "forwarder", [&log_a.head(7), &log_b.head(7)]);
    drop((to_customs, to_forwarder));

    for (witness, story) in [("customs", &story_a), ("forwarder", &story_b)] {
        world.restart(witness).await;
        let asked = story.asked();
        let again = liar(&world, witness, story).await;
        let what = "it says that it does not cosign";
        until(what, async || {
            trouble(&world, witness).await.is_some_and(|text| text.contains("not cosigned"))
                && world.peers(witness).await.contains(&"terminal".to_owned())
        })
        .await;
        assert!(has_alarm(&world, witness).await);
        assert_eq!((story.asked(), again.heads().len()), (asked, 0), "{witness}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_liar_that_hides_the_other_history_behind_a_signature_is_caught_all_the_same() {
    let world = watched_world(&["customs", "forwarder"]).await;
    let common = ForgedLog::of("told to both", 5);
    let log_a = common.clone().and("told to customs", 2);
    let log_b = common.and("told to forwarder", 4);
    // Asked for a head of the other history's size, it signs that history's.
    let hidden = log_a.head(7).bytes().to_vec();
    let honest = log_b.clone();
    let story_b = Story::of(move |about| match about {
        About::OfSize { size: 7 } => Some((Some(hidden.clone()), None)),
        about => Some(honest.answer(about)),
    });
    let _to_customs = liar(&world, "customs", &Story::honest(log_a.clone())).await;
    let _to_forwarder = liar(&world, "forwarder", &story_b).await;
    until("forwarder raises an alarm", async || has_alarm(&world, "forwarder").await).await;
    accuses(&world, "forwarder", [&log_a.head(7), &log_b.head(9)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_liar_that_gives_no_answer_about_what_others_have_seen_is_not_cosigned() {
    let world = watched_world(&["customs", "forwarder"]).await;
    let log_a = ForgedLog::of("told to customs", ENTRIES);
    let log_b = ForgedLog::of("told to forwarder", ENTRIES + 2);
    let to_customs = liar(&world, "customs", &Story::honest(log_a.clone())).await;
    until("the witnesses have a link", async || {
        world.peers("customs").await.contains(&"forwarder".to_owned())
    })
    .await;
    // Customs shows each head to the forwarder before it shows it to the liar.
    let before = to_customs.heads().len();
    until("customs has shown its head", async || to_customs.heads().len() > before + 1).await;

    let silent = Story::of(move |about| match about {
        About::Newest { .. } => Some(log_b.answer(about)),
        _ => None,
    });
    let to_forwarder = liar(&world, "forwarder", &silent).await;
    let what = "the forwarder waits in vain for an answer";
    until(what, async || {
        trouble(&world, "forwarder").await.is_some_and(|text| text.contains("did not answer"))
    })
    .await;
    assert_eq!(seen_entries(&world, "forwarder").await, None);
    assert_eq!(to_forwarder.heads(), Vec::<Vec<u8>>::new());
    // The forwarder's own first head was never cosigned, so nobody can be accused yet.
    assert!(!has_alarm(&world, "forwarder").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_rewritten_is_an_alarm_whether_it_grew_or_not() {
    for grown in [0, 5] {
        let world = watched_world(&["customs"]).await;
        let (log, rewritten) =
            (ForgedLog::of("first", ENTRIES), ForgedLog::of("second", ENTRIES + grown));
        let story = Story::honest(log.clone());
        let terminal = liar(&world, "customs", &story).await;
        until("customs cosigned", async || !terminal.heads().is_empty()).await;
        let said = rewritten.clone();
        story.becomes(move |about| Some(said.answer(about)));
        until("customs raises an alarm", async || has_alarm(&world, "customs").await).await;
        // Even of a larger log it asked for the head that settles it.
        accuses(&world, "customs", [&log.head(log.size()), &rewritten.head(log.size())]);
        assert_eq!(seen_entries(&world, "customs").await, Some(log.size()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_of_a_terminals_store_put_back_is_an_alarm() {
    let mut world = watched_world(&["customs"]).await;
    world.start("terminal").await;
    registered(&world, 2).await;
    world.kill("terminal").await;
    let store = world.home_of("terminal").join("store");
    let copy = world.home_of("terminal").join("copy");
    copy_all(&store, &copy);

    world.start("terminal").await;
    registered(&world, 2).await;
    until("customs cosigned", async || seen_entries(&world, "customs").await == Some(4)).await;
    world.kill("terminal").await;
    std::fs::remove_dir_all(&store).unwrap();
    copy_all(&copy, &store);
    world.start("terminal").await;
    until("customs raises an alarm", async || has_alarm(&world, "customs").await).await;
    // Customs asks no more, and the terminal, which knows nothing of it, goes on.
    registered(&world, 1).await;
    assert_eq!(seen_entries(&world, "customs").await, Some(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_that_is_wrong_once_is_no_alarm_and_one_that_stays_wrong_is() {
    let world = watched_world(&["customs"]).await;
    let (log, larger) = (ForgedLog::of("log", ENTRIES), ForgedLog::of("log", ENTRIES + 6));
    let story = Story::honest(log.clone());
    let terminal = liar(&world, "customs", &story).await;
    until("customs cosigned", async || !terminal.heads().is_empty()).await;

    let honest = larger.clone();
    story.becomes(move |about| match (about, honest.answer(about)) {
        (About::Newest { .. }, (head, _)) => Some((head, Some(vec![[7; 32]; 3]))),
        (_, answer) => Some(answer),
    });
    let size = larger.size();
    until("customs asked again", async || seen_entries(&world, "customs").await == Some(size))
        .await;
    assert!(!has_alarm(&world, "customs").await);

    let honest = ForgedLog::of("log", ENTRIES + 20);
    story.becomes(move |about| match honest.answer(about) {
        (head, Some(_)) => Some((head, Some(vec![[7; 32]; 3]))),
        answer => Some(answer),
    });
    until("customs raises an alarm", async || has_alarm(&world, "customs").await).await;
    let newest = ForgedLog::of("log", ENTRIES + 20);
    accuses(&world, "customs", [&larger.head(size), &newest.head(newest.size())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_newer_head_of_this_log_is_not_cosigned_and_no_alarm() {
    let world = watched_world(&["customs"]).await;
    let log = ForgedLog::of("log", ENTRIES);
    let story = Story::honest(log.clone());
    let terminal = liar(&world, "customs", &story).await;
    until("customs cosigned", async || !terminal.heads().is_empty()).await;

    let mut size = log.size();
    let foreign = [
        ("of another's key", log.head_of("tests", size, "line").bytes().to_vec()),
        ("of another network", log.head_of("other", size, "terminal").bytes().to_vec()),
        ("garbage", vec![0xff; 400]),
        ("nothing", Vec::new()),
    ];
    let words = ["no signature is of a key", "another log", "not a note", "not a note"];
    for ((what, note), expected) in foreign.into_iter().zip(words) {
        story.becomes(move |_| Some((Some(note.clone()), Some(Vec::new()))));
        until(what, async || {
            trouble(&world, "customs").await.is_some_and(|text| text.contains(expected))
        })
        .await;
        assert_eq!(seen_entries(&world, "customs").await, Some(size), "{what}");
        size += 1;
        goes_on(&world, &story, size).await;
    }
    // An earlier head, proven to be one.
    let honest = ForgedLog::of("log", usize::try_from(size).unwrap());
    story.becomes(move |about| match about {
        About::Newest { .. } => Some(ForgedLog::of("log", 3).answer(about)),
        about => Some(honest.answer(about)),
    });
    until("an earlier head", async || {
        trouble(&world, "customs").await.is_some_and(|text| text.contains("earlier head"))
    })
    .await;
    assert_eq!(seen_entries(&world, "customs").await, Some(size));
    goes_on(&world, &story, size + 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_may_show_what_it_likes_and_only_two_histories_raise_an_alarm() {
    let world = watched_world(&["customs"]).await;
    let log = ForgedLog::of("log", ENTRIES);
    let story = Story::honest(log.clone());
    let terminal = liar(&world, "customs", &story).await;
    until("customs cosigned", async || !terminal.heads().is_empty()).await;
    let peer = Peer::come_to(&world, "customs", "line-2").await.unwrap();
    let size = log.size();
    let origin_only = format!("{}\n", origin("tests")).into_bytes();
    let mut shown = vec![
        Vec::new(),
        origin_only,
        vec![b'\n'; 60 * 1024],
        log.head_of("other", size, "terminal").bytes().to_vec(),
        log.head_of("tests", size, "line-2").bytes().to_vec(),
        log.head(2).bytes().to_vec(),
        log.head(size).bytes().to_vec(),
        ForgedLog::of("log", ENTRIES + 3).head(size + 3).bytes().to_vec(),
    ];
    for (note, size) in shown.drain(..).zip(size + 1..) {
        peer.write(&Frame::Head(note)).await.unwrap();
        goes_on(&world, &story, size.max(log.size() + 3)).await;
    }
    let last = seen_entries(&world, "customs").await.unwrap();
    let fork = ForgedLog::of("another", ENTRIES).head(4);
    peer.write(&Frame::Head(fork.bytes().to_vec())).await.unwrap();
    until("customs raises an alarm", async || has_alarm(&world, "customs").await).await;
    accuses(&world, "customs", [&log.head(4), &fork]);
    assert!(seen_entries(&world, "customs").await.unwrap() >= last);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminals_key_that_left_the_directory_lets_it_rewrite_nothing() {
    let mut world = watched_world(&["customs"]).await;
    let log = ForgedLog::of("log", ENTRIES);
    let story = Story::honest(log.clone());
    let terminal = liar(&world, "customs", &story).await;
    until("customs cosigned", async || !terminal.heads().is_empty()).await;
    world
        .next_edition(&["customs"], |edition| {
            let terminal = edition.parties.iter_mut().find(|p| p.id.as_str() == "terminal");
            terminal.unwrap().signing_keys[0].key = public("the terminal's next key");
        })
        .await;
    let rewritten = ForgedLog::of("another", ENTRIES + 1);
    let head = |size| rewritten.head_of("tests", size, "the terminal's next key");
    let (newest, same_size) = (head(rewritten.size()), head(log.size()));
    let (first, again) = (newest.bytes().to_vec(), same_size.bytes().to_vec());
    let said = rewritten.clone();
    story.becomes(move |about| match about {
        About::Newest { .. } => Some((Some(first.clone()), said.answer(about).1)),
        About::OfSize { .. } => Some((Some(again.clone()), None)),
        about => Some(said.answer(about)),
    });
    until("customs raises an alarm", async || has_alarm(&world, "customs").await).await;
    accuses(&world, "customs", [&log.head(log.size()), &same_size]);
}

/// A world in which these watch the terminal's log and tell each other; the terminal does not run.
async fn watched_world(witnesses: &[&str]) -> World {
    let mut world = World::new(&[]).await;
    for witness in witnesses {
        let others: Vec<&str> = witnesses.iter().copied().filter(|w| w != witness).collect();
        world.configure(witness, |config| watching(config, &others));
        world.start(witness).await;
    }
    world
}

/// A config of a witness.
fn watching(config: String, tell: &[&str]) -> String {
    config
        .replace("\nof = []", "\nof = [\"terminal\"]")
        .replace("tell = []", &format!("tell = {tell:?}"))
        .replace("every_s = 5", "every_s = 1")
}

/// Comes to a witness as the terminal, with a story about its log.
async fn liar(world: &World, witness: &str, story: &Story) -> Peer {
    Peer::come_telling(world, witness, "terminal", story.teller()).await.unwrap()
}

/// The log goes on honestly, and so does the witness.
async fn goes_on(world: &World, story: &Story, size: u64) {
    let log = ForgedLog::of("log", usize::try_from(size).unwrap());
    story.becomes(move |about| Some(log.answer(about)));
    until("customs goes on", async || seen_entries(world, "customs").await == Some(size)).await;
    assert!(!has_alarm(world, "customs").await);
}

/// Registers so many documents more.
async fn registered(world: &World, documents: u64) {
    let line = Peer::come_and_answer(world, "line").await.unwrap();
    let known = info(world, "terminal").await["log"]["entries"].as_u64().unwrap();
    for serial in known..known + documents {
        let number = container(u32::try_from(serial).unwrap());
        line.accepted(release(&number, "forwarder")).await;
    }
}

async fn info(world: &World, name: &str) -> Value {
    world.ask(name, Request::Info).await.0.remove(0)
}

async fn last_final(world: &World) -> Value {
    info(world, "terminal").await["log"]["final"].clone()
}

async fn final_entries(world: &World) -> Option<u64> {
    last_final(world).await["entries"].as_u64()
}

async fn age(world: &World) -> u64 {
    last_final(world).await["age_s"].as_u64().unwrap()
}

/// What a witness says of the log that it watches.
async fn watch(world: &World, witness: &str) -> Value {
    info(world, witness).await["witnesses"][0].clone()
}

async fn seen_entries(world: &World, witness: &str) -> Option<u64> {
    watch(world, witness).await["entries"].as_u64()
}

async fn trouble(world: &World, witness: &str) -> Option<String> {
    watch(world, witness).await["trouble"].as_str().map(str::to_owned)
}

async fn has_alarm(world: &World, witness: &str) -> bool {
    let watch = watch(world, witness).await;
    let file = watch["file"].as_str().map(std::path::PathBuf::from);
    assert_eq!(watch["alarm"] == json!(true), file.is_some_and(|file| file.exists()), "{watch}");
    watch["alarm"] == json!(true)
}

/// The file of an alarm has both heads as the terminal signed them.
fn accuses(world: &World, witness: &str, heads: [&SignedCheckpoint; 2]) {
    let file = world.home_of(witness).join("alarms/log-terminal.landside");
    let bytes = std::fs::read(file).unwrap();
    for head in heads {
        let signed = [head.checkpoint().text(), head.lines()[0].to_string()];
        for part in signed {
            let part = part.as_bytes();
            assert!(
                bytes.windows(part.len()).any(|window| window == part),
                "{:?}",
                head.checkpoint()
            );
        }
    }
}

async fn told(peer: &Peer, about: About) -> Told {
    peer.ask(about).await.unwrap_or_else(|| panic!("no answer to {about:?}"))
}

fn opened(told: &Told) -> SignedCheckpoint {
    let note = told.head.as_deref().unwrap();
    SignedCheckpoint::open(note, &origin("tests"), &[public("terminal")]).unwrap()
}

fn proof_of(told: &Told) -> Option<Vec<Hash32>> {
    let proof = told.proof.as_ref()?;
    Some(proof.iter().map(|hash| Hash32::from_bytes(*hash)).collect())
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
