//! Documents between nodes: delivered once in effect, in one order, whoever is down meanwhile.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::document::{CasePlace, Document, Entry, Outcome, Position, Receipt};
use landside_proto::envelope;
use landside_proto::ids::CaseCode;
use landside_proto::session::Violation;
use rustls::client::Resumption;
use serde_json::{Value, json};
use tokio::net::UdpSocket;

use crate::peer::{Face, Peer, code_of, dial, end_of, endpoint, hello, read};
use crate::world::{
    DAY, DRIVER, PATIENCE, World, actor, answer_to, bill_of, container, later, public, release,
    release_fields, sealed, until,
};

const NODES: [&str; 5] = ["customs", "forwarder", "haulier", "line", "terminal"];

pub(crate) const PLATE: &str = "T417KLM";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_issued_while_the_terminal_is_down_arrives_when_it_comes() {
    let mut world = World::new(&["line"]).await;
    let box_1 = container(1);
    let id = world.hand_in("line", "release-order", release_fields(&box_1, "forwarder")).await;
    assert_eq!(world.waiting("line", "terminal").await, 1);
    assert_eq!(world.position("line", id).await, None);

    world.start("terminal").await;
    until("the line knows the position", async || world.position("line", id).await == Some(0))
        .await;
    assert_eq!(world.waiting("line", "terminal").await, 0);
    assert_eq!(world.timeline("terminal", &box_1).await, [id.to_string()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_whose_receipt_was_lost_is_registered_once() {
    let relay = Relay::new().await;
    let address = relay.address.to_string();
    let mut world = World::edited(&["terminal"], |edition| {
        let terminal = edition.parties.iter_mut().find(|party| party.id.as_str() == "terminal");
        terminal.unwrap().addresses = vec![address];
        // Nor does the terminal dial the line, past the relay.
        let line = edition.parties.iter_mut().find(|party| party.id.as_str() == "line");
        line.unwrap().addresses = vec![];
    })
    .await;
    relay.run(world.address("terminal"));
    world.start("line").await;
    world.accepted("line", "release-order", release_fields(&container(1), "forwarder")).await;

    relay.mute.store(true, Ordering::SeqCst);
    let box_2 = container(2);
    let id = world.hand_in("line", "release-order", release_fields(&box_2, "forwarder")).await;
    until("the terminal has it", async || !world.timeline("terminal", &box_2).await.is_empty())
        .await;
    assert_eq!(world.position("line", id).await, None);
    world.kill("line").await;
    let documents = world.documents("terminal").await;

    relay.mute.store(false, Ordering::SeqCst);
    world.start("line").await;
    until("the line knows", async || world.position("line", id).await == Some(1)).await;
    assert_eq!(world.waiting("line", "terminal").await, 0);
    assert_eq!(world.timeline("terminal", &box_2).await, [id.to_string()]);
    assert_eq!(world.documents("terminal").await, documents);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_bytes_again_get_the_first_position() {
    let world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let order = sealed("line", release(&container(1), "forwarder"));
    let first = line.hand_in(order.bytes()).await;
    assert_eq!(first.outcome, Outcome::Accepted);
    let more = sealed("line", release(&container(2), "forwarder"));
    line.hand_in(more.bytes()).await;

    let twice = vec![order.bytes().to_vec(), order.bytes().to_vec()];
    for entry in line.deliver(twice).await.unwrap() {
        assert_eq!(entry.outcome, Outcome::Duplicate);
        assert_eq!(entry.position, first.position);
    }
    let line = Peer::come(&world, "line").await.unwrap();
    let again = line.hand_in(order.bytes()).await;
    assert_eq!((again.outcome, again.position), (Outcome::Duplicate, first.position));
    assert_eq!(world.documents("terminal").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_is_signed_by_the_terminal_and_kept_by_the_author() {
    let mut world = World::new(&["line", "terminal"]).await;
    let mut events = world.node("line").events();
    let order = release(&container(1), "forwarder");
    let id = world.node("line").issue(order.into(), vec![]).await.unwrap().id;
    let entry = answer_to(&mut events, id).await;
    assert_eq!(entry.outcome, Outcome::Accepted);

    world.kill("line").await;
    let kept = world.kept("line");
    let [_, receipt] = &kept[..] else { panic!("an order and its receipt, not {kept:?}") };
    let opened = envelope::open(receipt.bytes(), &world.authorities(), clock()).unwrap();
    assert_eq!(*opened.issuer(), actor("terminal"));
    let Document::Receipt(Receipt { to, entries }) = opened.document() else { panic!() };
    assert_eq!((to, &entries[..]), (&actor("line"), &[entry][..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_dialled_collects_what_waits() {
    let mut world = World::new(&NODES).await;
    let box_1 = container(1);
    passed_to_sub_haulier(&world, &box_1).await;
    assert!(world.waiting("terminal", "sub-haulier").await >= 2);

    world.start("sub-haulier").await;
    world.until_holds("sub-haulier", &box_1).await;
    bind_and_ask(&world, "sub-haulier", &box_1).await;
    world.start(DRIVER).await;
    let (jobs, _) = world.ask(DRIVER, Request::Collect { wait_ms: 20_000 }).await;
    assert_eq!(jobs.len(), 1);
    assert_eq!((&jobs[0]["state"], &jobs[0]["container"]), (&json!("pass"), &json!(box_1)));

    let shown = world.ask(DRIVER, Request::Present { container: box_1.clone() }).await.0;
    let shown = shown[0]["text"].as_str().map(str::to_owned);
    let check = Request::GateCheck { shown, subject: None, plate: Some(PLATE.to_owned()) };
    let (lines, done) = world.ask("terminal", check).await;
    assert_eq!((&lines[0]["verdict"], done.exit), (&json!("admit"), 0), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_gets_the_backlog_in_order_and_folds_the_same_case() {
    let mut world = World::new(&NODES).await;
    world.start("shipper").await;
    let mut events = world.node("shipper").events();
    let box_1 = container(1);
    passed_to_haulier(&world, &box_1).await;
    let to = json!({ "container": box_1, "to": "shipper" });
    world.accepted("haulier", "pass-right", to).await;

    world.until_caught_up("shipper", &box_1).await;
    let documents = world.timeline("terminal", &box_1).await.len();
    let mut taken = Vec::new();
    // Events are told after the commit in which the documents can be seen.
    while taken.len() < documents {
        let event = tokio::time::timeout(PATIENCE, events.recv()).await.unwrap().unwrap();
        if let landside_node::event::Event::Taken { document, .. } = event {
            taken.push(document.to_string());
        }
    }
    assert_eq!(taken, world.timeline("terminal", &box_1).await);
    let mut at_terminal = world.status("terminal", &box_1).await.unwrap();
    let mut at_newcomer = world.status("shipper", &box_1).await.unwrap();
    for status in [&mut at_terminal, &mut at_newcomer] {
        // They are asked one after the other.
        status["directory_age_s"].take();
    }
    assert_eq!(at_newcomer, at_terminal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reader_has_the_same_order_whoever_spoke_first() {
    const EACH: usize = 12;
    let world = World::new(&["customs", "forwarder", "line", "terminal"]).await;
    let box_1 = container(1);
    world.accepted("line", "release-order", release_fields(&box_1, "forwarder")).await;
    let types =
        [("customs", "customs-scan"), ("line", "freight"), ("terminal", "terminal-storage")];
    let (world, box_1) = (Arc::new(world), Arc::new(box_1));
    let mut speakers = tokio::task::JoinSet::new();
    for (name, hold_type) in types {
        let (world, box_1) = (Arc::clone(&world), Arc::clone(&box_1));
        speakers.spawn(async move {
            for round in 0..EACH {
                let reason = format!("reason {round}");
                let visit = json!({ "terminal": "terminal", "container": *box_1 });
                let fields = json!({ "visit": visit, "hold_type": hold_type, "reason": reason });
                world.hand_in(name, "hold", fields).await;
            }
        });
    }
    while let Some(spoken) = speakers.join_next().await {
        spoken.unwrap();
    }
    for name in ["customs", "forwarder", "line", "terminal"] {
        world.until_case_has(name, &box_1, 1 + types.len() * EACH).await;
        assert_eq!(world.timeline(name, &box_1).await, world.timeline("terminal", &box_1).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_each_node_in_the_middle_loses_nothing() {
    let mut world = World::new(&["customs", "forwarder", "line", "terminal"]).await;
    let boxes: Vec<String> = (0..4).map(container).collect();
    let mut ids = Vec::new();
    for (at, name) in ["line", "terminal", "customs", "forwarder"].into_iter().enumerate() {
        let order = release_fields(&boxes[at], "forwarder");
        ids.push(("line", world.hand_in("line", "release-order", order).await));
        let status = customs_released(&boxes[at]);
        ids.push(("customs", world.hand_in("customs", "customs-status", status).await));
        world.restart(name).await;
    }
    for (name, id) in ids {
        until("its author knows the position", async || world.position(name, id).await.is_some())
            .await;
    }
    for name in ["customs", "forwarder", "line", "terminal"] {
        for container in &boxes {
            world.until_case_has(name, container, 2).await;
            let at_terminal = world.timeline("terminal", container).await;
            assert_eq!(world.timeline(name, container).await, at_terminal);
        }
    }
    until("nothing waits", async || {
        world.waiting("terminal", "forwarder").await + world.waiting("terminal", "line").await == 0
    })
    .await;
    for name in ["customs", "forwarder", "line", "terminal"] {
        world.kill(name).await;
        world.fsck(name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_party_is_off_within_a_second_and_stays_off_with_a_session_it_kept() {
    let mut world = World::new(&["terminal"]).await;
    // One config for both visits: it keeps whatever tickets the terminal gives.
    let face = Face { resumption: Resumption::in_memory_sessions(64), ..Face::of("line-2") };
    let config = face.config();
    let peer = Peer::with(&world, "line-2", config.clone(), false).await.unwrap();
    peer.accepted(release(&container(1), "forwarder")).await;

    world
        .next_edition(&["terminal"], |edition| {
            edition.parties.retain(|party| party.id.as_str() != "line-2");
        })
        .await;
    let end = tokio::time::timeout(Duration::from_secs(1), peer.connection.closed()).await;
    let end = end.expect("the live link ends within a second");
    assert_eq!(code_of(&end), Some(u64::from(Violation::UnknownKey.code())));
    until("the terminal forgot it", async || world.peers("terminal").await.is_empty()).await;

    let refused = Peer::with(&world, "line-2", config, false).await;
    assert!(refused.is_err(), "came back with a session it kept");
    assert!(Peer::come(&world, "line-2").await.is_err(), "came back anew");
    assert_eq!(world.peers("terminal").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_removed_between_handshake_and_hello_gets_no_link() {
    let mut world = World::new(&["terminal"]).await;
    let from = endpoint();
    let connection = dial(&world, &from, Face::of("line-2").config()).await.unwrap();
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    // An empty write is no bytes on the wire; a part of the hello opens the stream at the terminal.
    let hello = landside_proto::session::frame::encode(&hello(&world, "line-2")).unwrap();
    send.write_all(&hello[..5]).await.unwrap();
    assert!(read(&mut receive).await.is_some(), "the terminal has said its hello");

    world
        .next_edition(&["terminal"], |edition| {
            edition.parties.retain(|party| party.id.as_str() != "line-2");
        })
        .await;
    // The link may have been ended before the rest of the hello went out.
    let _ = send.write_all(&hello[5..]).await;
    let end = end_of(&connection).await;
    assert_eq!(code_of(&end), Some(u64::from(Violation::UnknownKey.code())));
    assert_eq!(world.peers("terminal").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_party_is_not_heard_through_its_outbox_and_the_others_go_on() {
    let mut world = World::new(&["line", "terminal"]).await;
    world.accepted("line", "release-order", release_fields(&container(1), "forwarder")).await;
    world
        .next_edition(&["terminal"], |edition| {
            edition.parties.retain(|party| party.id.as_str() != "line");
        })
        .await;
    until("its link is gone", async || world.peers("terminal").await.is_empty()).await;
    let id =
        world.hand_in("line", "release-order", release_fields(&container(2), "forwarder")).await;
    let line_2 = Peer::come(&world, "line-2").await.unwrap();
    line_2.accepted(release(&container(3), "forwarder")).await;
    assert_eq!(world.timeline("terminal", &container(2)).await, Vec::<String>::new());
    assert_eq!(world.position("line", id).await, None);
    assert_eq!(world.waiting("line", "terminal").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_driver_whose_credential_is_withdrawn_is_dropped() {
    let world = World::new(&["terminal"]).await;
    assert!(Peer::come(&world, DRIVER).await.is_err(), "nobody vouches for the device yet");
    let haulier = Peer::come(&world, "haulier").await.unwrap();
    haulier.accepted(credential("active")).await;
    let driver = Peer::come(&world, DRIVER).await.unwrap();
    assert_eq!(world.peers("terminal").await, ["haulier".to_owned(), actor(DRIVER).to_string()]);

    haulier.accepted(credential("withdrawn")).await;
    assert_eq!(code_of(&end_of(&driver.connection).await), Some(1));
    assert!(Peer::come(&world, DRIVER).await.is_err(), "came back");
    assert_eq!(world.peers("terminal").await, ["haulier"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_driver_whose_credential_runs_out_is_dropped_with_no_word_from_anybody() {
    let world = World::new(&["terminal"]).await;
    let haulier = Peer::come(&world, "haulier").await.unwrap();
    let mut fields = credential_fields("active");
    fields["valid_until"] = json!(later(Duration::from_secs(2)));
    let kind = landside_proto::document::Kind::DriverCredential;
    haulier.accepted(Document::deserialize(kind, fields).unwrap()).await;
    let driver = Peer::come(&world, DRIVER).await.unwrap();
    assert_eq!(code_of(&end_of(&driver.connection).await), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_cannot_put_documents_into_the_case_of_another() {
    let mut world = World::new(&["terminal", "line"]).await;
    let box_1 = container(1);
    world.accepted("line", "release-order", release_fields(&box_1, "forwarder")).await;
    let before = world.status("line", &box_1).await.unwrap();
    let code = CaseCode::parse(before["code"].as_str().unwrap()).unwrap();

    // Terminal 2 has listed itself in edition 1, so the line hears it.
    let mut arrival = Document::from(release(&box_1, "forwarder"));
    if let Document::ReleaseOrder(order) = &mut arrival {
        order.visit.terminal = crate::world::party("terminal-2");
    }
    let forged = sealed("line", arrival);
    let case = Some(CasePlace { code, place: 0 });
    let position = Some(Position { log: 0, at: clock(), case });
    let entry =
        Entry { document: forged.id(), outcome: Outcome::Accepted, position, refused: None };
    let proof = sealed("terminal-2", Receipt { to: actor("line"), entries: vec![entry] });
    let terminal_2 = Peer::come_to(&world, "line", "terminal-2").await.unwrap();
    let documents = vec![forged.bytes().to_vec()];
    let answer = terminal_2.deliver_proven(documents, Some(proof.bytes().to_vec())).await.unwrap();
    assert_eq!(answer[0].refused.as_ref().unwrap().code, "registration-unproven");
    assert_eq!(world.status("line", &box_1).await.unwrap(), before);
    world.kill("line").await;
    world.fsck("line");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_at_the_terminal_refuses_new_work_but_not_the_gate() {
    let mut world = World::new(&["line", "terminal"]).await;
    let (box_1, box_2) = (container(1), container(2));
    world.accepted("line", "release-order", release_fields(&box_1, "forwarder")).await;
    world.kill("terminal").await;
    let (roomy, full) = ("free_mib_min = 256", "free_mib_min = 1000000000");
    world.configure("terminal", |text| text.replace(roomy, full));
    world.start("terminal").await;

    let refused = world.issue("terminal", "arrival", arrived(&box_1)).await;
    assert_eq!(refused["code"], "store-full", "{refused}");
    let order = release_fields(&box_2, "forwarder");
    let id = world.hand_in("line", "release-order", order).await;
    let line_2 = Peer::come(&world, "line-2").await.unwrap();
    let order = sealed("line-2", release(&container(3), "forwarder"));
    let end = line_2.deliver(vec![order.bytes().to_vec()]).await.unwrap_err();
    assert_eq!(code_of(&end), Some(u64::from(Violation::NoRoom.code())));

    let check = Request::GateCheck { shown: None, subject: Some(box_1.clone()), plate: None };
    let (lines, _) = world.ask("terminal", check).await;
    assert_eq!(lines[0]["verdict"], "refuse", "{lines:?}");
    let timeline = world.timeline("terminal", &box_1).await;
    assert_eq!(timeline.len(), 2);
    assert_eq!(timeline[1], lines[0]["id"].as_str().unwrap());
    assert_eq!(world.position("line", id).await, None);
    assert_eq!(world.waiting("line", "terminal").await, 1);

    world.kill("terminal").await;
    world.configure("terminal", |text| text.replace(full, roomy));
    world.start("terminal").await;
    until("what waited arrives", async || world.position("line", id).await.is_some()).await;
    world.accepted("terminal", "arrival", arrived(&box_1)).await;
    world.until_case_has("line", &box_1, 3).await;
    world.kill("terminal").await;
    world.fsck("terminal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_for_another_terminal_is_refused_as_that() {
    let world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let mut order = release(&container(1), "forwarder");
    order.visit.terminal = crate::world::party("terminal-2");
    let entry = line.hand_in(sealed("line", order).bytes()).await;
    assert_eq!(entry.refused.map(|refused| refused.code).as_deref(), Some("wrong-terminal"));
    assert_eq!(world.documents("terminal").await, 0);
}

/// Line, customs and terminal speak; the right goes from the forwarder over the haulier to the
/// sub-haulier.
async fn passed_to_sub_haulier(world: &World, container: &str) {
    passed_to_haulier(world, container).await;
    let to = json!({ "container": container, "to": "sub-haulier" });
    world.accepted("haulier", "pass-right", to).await;
}

async fn passed_to_haulier(world: &World, container: &str) {
    world.accepted("line", "release-order", release_fields(container, "forwarder")).await;
    world.accepted("customs", "customs-status", customs_released(container)).await;
    world.accepted("terminal", "arrival", arrived(container)).await;
    world.until_case_has("forwarder", container, 3).await;
    let to = json!({ "container": container, "to": "haulier" });
    world.accepted("forwarder", "pass-right", to).await;
    world.until_holds("haulier", container).await;
}

/// The holder enrols the driver, binds driver and truck, and asks for a slot from now on.
pub(crate) async fn bind_and_ask(world: &World, holder: &str, container: &str) {
    world.accepted(holder, "driver-credential", credential_fields("active")).await;
    let binding = json!({ "container": container, "driver": public(DRIVER), "plate": PLATE });
    world.accepted(holder, "driver-binding", binding).await;
    let window = json!({ "from": clock(), "until": later(Duration::from_secs(3600)) });
    world
        .accepted(holder, "slot-request", json!({ "container": container, "window": window }))
        .await;
}

pub(crate) fn customs_released(container: &str) -> Value {
    let visit = json!({ "terminal": "terminal", "container": container });
    json!({ "visit": visit, "consignment": bill_of(container), "status": "released" })
}

pub(crate) fn arrived(container: &str) -> Value {
    let visit = json!({ "terminal": "terminal", "container": container });
    json!({ "visit": visit, "discharged_at": clock(), "available": true, "cleared": true })
}

fn credential_fields(state: &str) -> Value {
    json!({ "key": public(DRIVER), "name": "Wang Wei", "valid_until": later(DAY), "state": state })
}

fn credential(state: &str) -> Document {
    let kind = landside_proto::document::Kind::DriverCredential;
    Document::deserialize(kind, credential_fields(state)).unwrap()
}

/// A stretch of network between one dialler and a node that can be made to lose the way back.
struct Relay {
    address: SocketAddr,
    front: Arc<UdpSocket>,
    /// Nothing of the node reaches the dialler while this is set.
    mute: Arc<AtomicBool>,
}

impl Relay {
    async fn new() -> Self {
        let front = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let address = front.local_addr().unwrap();
        Self { address, front, mute: Arc::default() }
    }

    fn run(&self, node: SocketAddr) {
        let (front, mute) = (Arc::clone(&self.front), Arc::clone(&self.mute));
        tokio::spawn(async move {
            let back = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let mut dialler = None;
            let (mut there, mut here) = ([0; 65_536], [0; 65_536]);
            loop {
                // A packet may get lost, here as anywhere.
                tokio::select! {
                    Ok((len, from)) = front.recv_from(&mut there) => {
                        dialler = Some(from);
                        let _ = back.send_to(&there[..len], node).await;
                    }
                    Ok(len) = back.recv(&mut here) => {
                        if let Some(to) = dialler && !mute.load(Ordering::SeqCst) {
                            let _ = front.send_to(&here[..len], to).await;
                        }
                    }
                }
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_whose_directory_is_behind_gets_the_documents_of_newcomers_with_its_next_edition()
{
    let mut all = Vec::new();
    let mut world = World::edited(&["line"], |edition| {
        all = edition.parties.clone();
        edition.parties.retain(|party| party.id.as_str() != "customs");
    })
    .await;
    // The homes of the others begin with edition 3, so the line gets edition 2 from none of them.
    let second = world.next_edition(&[], |_| {}).await;
    world.next_edition(&[], |edition| edition.parties = all).await;
    world.start("terminal").await;
    world.start("customs").await;
    let container = container(1);
    world.accepted("line", "release-order", release_fields(&container, "forwarder")).await;
    let status = json!({
        "container": container, "terminal": "terminal", "status": "released",
        "consignment": bill_of(&container),
    });
    let id = world.accepted("customs", "customs-status", status).await;
    until("the line has refused what it cannot verify", async || {
        world.waiting("terminal", "line").await == 1
    })
    .await;
    assert_eq!(world.timeline("line", &container).await.len(), 1);

    world.node("line").install(&second).await.unwrap();
    world.until_case_has("line", &container, 2).await;
    assert!(world.timeline("line", &container).await.contains(&id.to_string()));
    until("nothing waits", async || world.waiting("terminal", "line").await == 0).await;
}
