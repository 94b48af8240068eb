//! Terminals' logs under the eyes of witnesses: heads become final, proofs hold, and the gate waits for
//! nobody.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod lies;

use landside_node::control::Request;
use landside_node::store::Table;
use landside_proto::checkpoint::SignedCheckpoint;
use landside_proto::document::Position;
use landside_proto::evidence::{self, Report, Verdict};
use landside_proto::ids::Hash32;
use landside_proto::log::Entry;
use landside_proto::merkle::{verify_consistency, verify_inclusion};
use landside_proto::session::frame::{About, BATCH_DOCUMENTS_MAX, Frame, Told};
use serde_json::{Value, json};

use crate::exchange::{PLATE, arrived, bind_and_ask, customs_released};
use crate::export::export;
use crate::forger::{ForgedLog, Story, origin};
use crate::peer::Peer;
use crate::rotation::run;
use crate::world::{
    DRIVER, PATIENCE, World, container, public, release, release_fields, sealed, until,
};

/// The table of final heads (docs/ARCHITECTURE.md § Store); its number never changes.
const HEADS: Table = Table(21);

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
    until("nothing is in the way", async || trouble(&world, "customs").await.is_none()).await;
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

    world.until_holds("haulier", &number).await;
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
    world.change_row("terminal", HEADS, |note| {
        // The first digit of the size.
        let at = note.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        note[at] = b'9';
    });
    let problems = world.problems("terminal");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("is not one of the log"), "{problems:?}");
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
async fn a_witness_to_tell_is_dialled_once_an_edition_says_where_it_is() {
    let mut address = Vec::new();
    let mut world = World::edited(&[], |edition| {
        let forwarder = edition.parties.iter_mut().find(|p| p.id.as_str() == "forwarder");
        address = std::mem::take(&mut forwarder.unwrap().addresses);
    })
    .await;
    world.configure("customs", |config| watching(config, &["forwarder"]));
    world.start("customs").await;
    world.start("forwarder").await;
    assert!(world.peers("customs").await.is_empty());
    world
        .next_edition(&["customs", "forwarder"], |edition| {
            let forwarder = edition.parties.iter_mut().find(|p| p.id.as_str() == "forwarder");
            forwarder.unwrap().addresses = address;
        })
        .await;
    until("customs has a link", async || world.peers("customs").await == ["forwarder"]).await;
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

async fn last_refusal(world: &World) -> Option<Value> {
    let log = info(world, "terminal").await["log"].clone();
    log["refused_by"].as_array().map(|refused| refused[0].clone())
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

/// The file of an alarm has both heads as the terminal signed them, and says to anybody what it may:
/// two heads of one size prove two histories, others only that the terminal did not join them.
fn accuses(world: &World, witness: &str, heads: [&SignedCheckpoint; 2]) {
    let report = accusation(world, witness);
    let sizes = heads.map(|head| head.checkpoint().size);
    let expected =
        if sizes[0] == sizes[1] { Verdict::ForkProven } else { Verdict::ConsistencyNotShown };
    assert_eq!(report.verdict, expected, "{:?}", report.findings);
    assert_eq!(report.heads.len(), 2);
    for head in heads {
        let kept = report.heads.iter().any(|seen| seen.checkpoint == *head.checkpoint());
        assert!(kept, "{:?} is not in {:?}", head.checkpoint(), report.heads);
    }
}

/// Whether an alarm stands whose file proves two histories.
async fn is_proven(world: &World, witness: &str) -> bool {
    has_alarm(world, witness).await && accusation(world, witness).verdict == Verdict::ForkProven
}

/// What the file of an alarm says to a stranger.
fn accusation(world: &World, witness: &str) -> Report {
    let file = world.home_of(witness).join("alarms/log-terminal.landside");
    evidence::verify(&std::fs::read(file).unwrap(), None)
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_counts_only_the_witnesses_whose_keys_its_file_shows() {
    let mut world = watched_world(&["customs"]).await;
    world.start("terminal").await;
    let (exit, said) = run(&world, "customs", "key rotate --signing --wait 5");
    assert!(exit == 0 || exit == 3, "{said:?}");
    let (exit, said) = run(&world, "customs", "key adopt --anyway");
    assert_eq!(exit, 0, "{said:?}");
    world.restart("customs").await;
    registered(&world, 2).await;
    until("the head is final", async || final_entries(&world).await >= Some(3)).await;
    world.start("forwarder").await;
    let subject = container(1);
    world.until_case_has("forwarder", &subject, 1).await;
    // The terminal registered the rotation; nobody told the forwarder of it.
    for (exporter, witnesses) in [("terminal", 1), ("forwarder", 0)] {
        let (bytes, said) = export(&world, exporter, &subject).await;
        assert_eq!((&said["proven"], &said["witnesses"]), (&json!(true), &json!(witnesses)));
        let shown = evidence::verify(&bytes, Some(world.directory().id())).witnesses().len();
        assert_eq!(shown, witnesses, "{exporter}");
    }
}
