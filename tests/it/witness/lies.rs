//! Whoever rewrites a log, shrinks it or tells two of it is caught, and nobody else is accused.

use super::*;

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

    until("forwarder raises an alarm", async || has_alarm(&world, "forwarder").await).await;
    // To the forwarder the liar signed another head of the size of what customs has. At customs it has
    // no answer that joins the heads; the forwarder shows customs what proves it.
    accuses(&world, "forwarder", [&log_a.head(7), &log_b.head(7)]);
    until("customs has the proof", async || is_proven(&world, "customs").await).await;
    accuses(&world, "customs", [&log_a.head(7), &log_b.head(7)]);
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
        assert_eq!(story.asked(), asked, "{witness}");
        let own_line = format!("/{witness} ");
        let cosigned = |note: &Vec<u8>| String::from_utf8_lossy(note).contains(&own_line);
        assert!(!again.heads().iter().any(cosigned), "{witness}");
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
    // The signature is one of the other history, but the proof is not.
    let report = accusation(&world, "forwarder");
    let told = [log_a.head(7).checkpoint().clone(), log_b.head(9).checkpoint().clone()];
    let kept: Vec<_> = report.heads.iter().map(|seen| seen.checkpoint.clone()).collect();
    assert_eq!(kept, told);
    assert_eq!(report.verdict, Verdict::ForkProven, "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_that_proves_nothing_becomes_the_proof_once_both_histories_sign_one_size() {
    let mut world = watched_world(&["customs", "forwarder"]).await;
    let common = ForgedLog::of("told to both", 5);
    let log_a = common.clone().and("told to customs", 2);
    let log_b = common.and("told to forwarder", 4);
    let hidden = log_a.head(7).bytes().to_vec();
    let honest = log_b.clone();
    // To the forwarder it says of the smaller size what customs has, and no proof at all.
    let story_b = Story::of(move |about| match about {
        About::OfSize { size: 7 } => Some((Some(hidden.clone()), None)),
        About::Consistency { .. } => Some((None, None)),
        about => Some(honest.answer(about)),
    });
    let story_a = Story::honest(log_a.clone());
    let _to_customs = liar(&world, "customs", &story_a).await;
    let to_forwarder = liar(&world, "forwarder", &story_b).await;
    for witness in ["customs", "forwarder"] {
        until(witness, async || has_alarm(&world, witness).await).await;
        let report = accusation(&world, witness);
        assert_eq!(report.verdict, Verdict::ConsistencyNotShown, "{:?}", report.findings);
    }
    // The alarm stands over a restart, and what it lacks is looked for after it too.
    drop(to_forwarder);
    world.restart("forwarder").await;
    let _to_forwarder = liar(&world, "forwarder", &story_b).await;
    let grown = log_a.and("told to customs", 2);
    let said = grown.clone();
    story_a.becomes(move |about| Some(said.answer(about)));
    for witness in ["customs", "forwarder"] {
        until(witness, async || is_proven(&world, witness).await).await;
        accuses(&world, witness, [&grown.head(9), &log_b.head(9)]);
        assert!(has_alarm(&world, witness).await);
    }
    // What is proven is not looked into any more.
    let asked = story_a.asked();
    world.restart("customs").await;
    let _to_customs = liar(&world, "customs", &story_a).await;
    until("customs says so", async || {
        trouble(&world, "customs").await.is_some_and(|text| text.contains("not cosigned"))
    })
    .await;
    assert_eq!(story_a.asked(), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_the_terminal_did_not_join_is_not_forgotten_by_a_restart_of_the_witness() {
    let mut world = watched_world(&["customs"]).await;
    let log = ForgedLog::of("log", ENTRIES);
    let story = Story::honest(log.clone());
    let terminal = liar(&world, "customs", &story).await;
    until("customs cosigned", async || !terminal.heads().is_empty()).await;
    let silent = log.clone();
    story.becomes(move |about| match about {
        About::Newest { .. } => Some(silent.answer(about)),
        _ => None,
    });
    let fork = ForgedLog::of("another", ENTRIES + 2);
    let peer = Peer::come_to(&world, "customs", "line-2").await.unwrap();
    peer.write(&Frame::Head(fork.head(fork.size()).bytes().to_vec())).await.unwrap();
    until("customs asks about it in vain", async || {
        trouble(&world, "customs").await.is_some_and(|text| text.contains("did not answer"))
    })
    .await;
    drop((peer, terminal));
    world.kill("customs").await;
    world.start("customs").await;
    // Nobody shows that head again, and the log goes on as if it had never been.
    let grown = ForgedLog::of("log", ENTRIES + 2);
    let said = grown.clone();
    story.becomes(move |about| Some(said.answer(about)));
    let terminal = liar(&world, "customs", &story).await;
    until("customs raises an alarm", async || has_alarm(&world, "customs").await).await;
    accuses(&world, "customs", [&grown.head(grown.size()), &fork.head(fork.size())]);
    assert!(!terminal.heads().iter().any(|note| {
        let text = String::from_utf8_lossy(note);
        text.lines().nth(1) == Some(&grown.size().to_string()) && text.contains("customs ")
    }));
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
async fn an_alarm_whose_file_cannot_be_written_stops_the_cosigning_all_the_same() {
    let world = watched_world(&["customs"]).await;
    let alarms = world.home_of("customs").join("alarms");
    // Files are written beside under this name first, and a folder cannot be written.
    std::fs::create_dir_all(alarms.join("log-terminal.tmp")).unwrap();
    let story = Story::honest(ForgedLog::of("first", ENTRIES));
    let terminal = liar(&world, "customs", &story).await;
    until("customs cosigned", async || !terminal.heads().is_empty()).await;
    let rewritten = ForgedLog::of("second", ENTRIES);
    story.becomes(move |about| Some(rewritten.answer(about)));
    until("customs raises an alarm", async || watch(&world, "customs").await["alarm"] == true)
        .await;
    assert_eq!(watch(&world, "customs").await.get("file"), None);
    // The liar takes it back, and is not cosigned for that.
    story.becomes(move |about| Some(ForgedLog::of("first", ENTRIES + 1).answer(about)));
    until("customs says so", async || {
        trouble(&world, "customs").await.is_some_and(|text| text.contains("not cosigned"))
    })
    .await;
    assert_eq!(seen_entries(&world, "customs").await, Some(7));
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
    // The terminal says so itself, and goes on; customs does not.
    // It is shown both heads in turn, its own and the one that it has lost.
    until("the terminal says who refuses, and why", async || {
        let refusal = last_refusal(&world).await;
        refusal.is_some_and(|by| by["party"] == "customs" && by["of_this_log"] == false)
    })
    .await;
    assert_eq!(last_refusal(&world).await.unwrap()["entries"], 4);
    registered(&world, 3).await;
    assert_eq!(seen_entries(&world, "customs").await, Some(4));
    // Grown again to as many entries, it proves by itself what was done.
    until("customs has the proof", async || is_proven(&world, "customs").await).await;
    world.restart("terminal").await;
    until("it hears so again", async || last_refusal(&world).await.is_some()).await;
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
