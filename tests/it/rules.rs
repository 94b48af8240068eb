//! The rules of a case over real links: who wins a race, and what each bad document is told.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

use std::sync::Arc;
use std::time::Duration;

use landside_node::Issued;
use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::document::{
    Arrival, Condition, CredentialState, CustomsState, CustomsStatus, Document, DriverBinding,
    DriverCredential, Entry, GateOut, Hold, HoldLift, HoldType, InterchangeReceipt, Limits,
    Outcome, PassRight, Receipt, ReleaseAction, ReleaseChange, Remark, RevokeRight, SlotRequest,
    Window,
};
use landside_proto::envelope::{self, ENVELOPE_MAX, Signed};
use landside_proto::ids::{DocId, Plate, UnixMillis};
use landside_proto::key::SIGNATURE_LEN;
use landside_proto::presentation;
use landside_proto::refusal::{Code, Refusal};
use landside_proto::session::frame::FRAME_MAX;
use landside_proto::session::{Violation, WINDOW};
use serde_json::{Value, json};

use crate::peer::{Face, Peer, code_of, end_of, node_key};
use crate::world::{
    DAY, DRIVER, World, actor, bill_of, container, id_of, key, later, party, pass_right, public,
    release, sealed, visit_of,
};

/// Races of two documents for one place.
const RACES: u32 = 1000;

/// Races that run side by side, as many as the window of a link.
const SIDE_BY_SIDE: usize = WINDOW;

/// The second node key of the forwarder in these tests.
const SECOND_NODE: &str = "forwarder second node";

const PLATE: &str = "T417KLM";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_passes_of_one_right_exactly_one_wins_a_thousand_times() {
    let mut world = World::edited(&["terminal"], |edition| {
        let forwarder = edition.parties.iter_mut().find(|party| party.id.as_str() == "forwarder");
        forwarder.unwrap().node_keys.push(public(SECOND_NODE));
    })
    .await;
    let line = Peer::come_and_answer(&world, "line").await.unwrap();
    let first = Peer::come_and_answer(&world, "forwarder").await.unwrap();
    let face = Face { key: Some(key(SECOND_NODE)), ..Face::of("forwarder") };
    let second = Peer::with(&world, "forwarder", face.config(), true).await.unwrap();
    let mut orders = Vec::new();
    for serial in (0..RACES).step_by(200) {
        let boxes: Vec<String> = (serial..serial + 200).map(container).collect();
        let batch: Vec<_> =
            boxes.iter().map(|number| sealed("line", release(number, "forwarder"))).collect();
        let bytes = batch.iter().map(|order| order.bytes().to_vec()).collect();
        let entries = line.deliver(bytes).await.unwrap();
        assert!(entries.iter().all(|entry| entry.outcome == Outcome::Accepted));
        orders.extend(boxes.into_iter().zip(batch.iter().map(|order| order.id())));
    }

    let (first, second) = (Arc::new(first), Arc::new(second));
    let mut runners = tokio::task::JoinSet::new();
    for share in orders.chunks(orders.len() / SIDE_BY_SIDE) {
        let (first, second, share) = (Arc::clone(&first), Arc::clone(&second), share.to_vec());
        runners.spawn(async move {
            for (number, order) in share {
                race(&first, &second, &number, order).await;
            }
        });
    }
    while let Some(ran) = runners.join_next().await {
        ran.unwrap();
    }
    world.kill("terminal").await;
    assert_eq!(world.fsck("terminal").cases, u64::from(RACES));
}

/// Hands in two passes of one right at once, over two links.
async fn race(first: &Peer, second: &Peer, number: &str, order: DocId) {
    let a = sealed("forwarder", pass_right(number, "haulier", order));
    let b = sealed("forwarder", pass_right(number, "sub-haulier", order));
    let (of_a, of_b) = tokio::join!(first.hand_in(a.bytes()), second.hand_in(b.bytes()));
    let (winner, loser, word) = match (of_a.outcome, of_b.outcome) {
        (Outcome::Accepted, Outcome::Refused) => (a, b, of_b),
        (Outcome::Refused, Outcome::Accepted) => (b, a, of_a),
        outcomes => panic!("{number}: {outcomes:?}"),
    };
    assert_eq!(word.document, loser.id());
    let refused = word.refused.unwrap();
    assert_eq!((refused.code.as_str(), refused.names), ("head-moved", Some(winner.id())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoke_before_the_gate_out_keeps_the_container_in() {
    let port = Port::admitted().await;
    let revoke = RevokeRight { visit: visit_of(&port.number), revokes: port.hop, reason: None };
    port.forwarder.accepted(revoke).await;

    // The clerk is told before anything is signed; a program that signs all the same is refused.
    assert!(port.gate_out().await.is_err());
    let refusal = port.signed_gate_out().await.unwrap_err();
    assert_eq!(refusal.code, Code::NotAdmitted);
    let case = port.world.status("terminal", &port.number).await.unwrap();
    assert_eq!((&case["state"], &case["right"]["holder"]), (&json!("open"), &json!("forwarder")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoke_after_the_gate_out_is_told_which_gate_out_used_the_right() {
    let port = Port::admitted().await;
    let out = port.gate_out().await.unwrap();
    let revoke = RevokeRight { visit: visit_of(&port.number), revokes: port.hop, reason: None };
    let entry = port.forwarder.hand_in(sealed("forwarder", revoke).bytes()).await;
    let refused = entry.refused.unwrap();
    assert_eq!((refused.code.as_str(), refused.names), ("right-consumed", Some(out)));
    let case = port.world.status("terminal", &port.number).await.unwrap();
    assert_eq!(case["state"], "closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_gate_out_is_refused_and_the_log_has_one() {
    let mut port = Port::admitted().await;
    let out = port.gate_out().await.unwrap();
    let code = port.gate_out().await.unwrap_err();
    assert_eq!(code, "right-consumed");
    let refusal = port.signed_gate_out().await.unwrap_err();
    assert_eq!((refusal.code, refusal.names), (Code::RightConsumed, Some(out)));
    let case = port.world.status("terminal", &port.number).await.unwrap();
    let steps = case["timeline"].as_array().unwrap();
    assert_eq!(steps.iter().filter(|step| step["kind"] == "gate-out").count(), 1);

    // What comes late is told so and opens no new case.
    let again = port.line.hand_in(sealed("line", change(&port.number, port.order)).bytes()).await;
    assert_eq!(again.refused.unwrap().code, "right-consumed");
    let customs = Peer::come(&port.world, "customs").await.unwrap();
    let late = hold(&port.number, HoldType::Security);
    let late = customs.hand_in(sealed("customs", late).bytes()).await.refused.unwrap();
    assert_eq!((late.code.as_str(), late.names), ("case-closed", Some(out)));
    port.world.kill("terminal").await;
    assert_eq!(port.world.fsck("terminal").cases, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pass_photographed_by_another_driver_does_not_open_the_gate() {
    let port = Port::with_pass().await;
    let pass = port.pass().await;
    let thief = key("another device");
    let shown = presentation::present(&pass, clock(), &thief).unwrap();
    let check = Request::GateCheck {
        shown: Some(shown),
        subject: Some(port.number.clone()),
        plate: Some(PLATE.to_owned()),
    };
    let (lines, done) = port.world.ask("terminal", check).await;
    assert_eq!((&lines[0]["verdict"], done.exit), (&json!("refuse"), 1), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_bad_document_gets_its_own_code_and_leaves_the_store_as_it_was() {
    let mut world = World::new(&["terminal"]).await;
    let heads = Heads::set_up(&world).await;
    world.kill("terminal").await;
    let before = world.dump("terminal");
    world.start("terminal").await;
    let documents = world.documents("terminal").await;

    for (from, what, bytes, code) in bad_documents(&heads) {
        let peer = Peer::come(&world, from).await.unwrap();
        let entry = peer.hand_in(&bytes).await;
        let refused = entry.refused.unwrap_or_else(|| panic!("{what} was taken"));
        assert_eq!(refused.code, code, "{what}: {}", refused.detail);
        assert_eq!(world.documents("terminal").await, documents, "{what}");
    }
    world.kill("terminal").await;
    assert_eq!(world.dump("terminal"), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_document_in_a_batch_does_not_take_the_others_with_it() {
    let world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let good = |serial| sealed("line", release(&container(serial), "forwarder")).bytes().to_vec();
    let batch = vec![good(1), vec![0; 40], good(2), tampered(&good(3)), good(4)];
    let entries = line.deliver(batch).await.unwrap();
    let codes: Vec<_> = entries.iter().map(code).collect();
    assert_eq!(codes, ["accepted", "malformed", "accepted", "bad-signature", "accepted"]);
    assert_eq!(world.documents("terminal").await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_beyond_its_limit_ends_the_link_before_it_is_read() {
    let world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let prefix = u32::try_from(FRAME_MAX + 1).unwrap().to_be_bytes();
    line.write_bytes(&prefix).await.unwrap();
    let end = end_of(&line.connection).await;
    assert_eq!(code_of(&end), Some(u64::from(Violation::Frame.code())));
    assert_eq!(world.documents("terminal").await, 0);
}

/// A terminal with one case, and what bad documents pretend to build on.
struct Heads {
    number: String,
    order: DocId,
    hop: DocId,
    scan: DocId,
}

impl Heads {
    /// The line releases to the forwarder, who passes on to the haulier; customs wants a scan.
    async fn set_up(world: &World) -> Self {
        let number = container(1);
        let order = sealed("line", release(&number, "forwarder"));
        let line = Peer::come(world, "line").await.unwrap();
        assert_eq!(line.hand_in(order.bytes()).await.outcome, Outcome::Accepted);
        let customs = Peer::come(world, "customs").await.unwrap();
        let scan = customs.accepted(hold(&number, HoldType::CustomsScan)).await;
        let forwarder = Peer::come(world, "forwarder").await.unwrap();
        let limits = Limits { hops: Some(0), ..Limits::default() };
        let pass = pass_right(&number, "haulier", order.id());
        let hop = forwarder.accepted(PassRight { limits, ..pass }).await;
        Self { number, order: order.id(), hop, scan }
    }
}

/// Who delivers it, what is wrong with it, its bytes, and the code it must get.
type Bad = (&'static str, &'static str, Vec<u8>, &'static str);

fn bad_documents(heads: &Heads) -> Vec<Bad> {
    let mut all = bad_envelopes();
    all.extend(bad_signers(heads));
    all.extend(bad_transitions(heads));
    all
}

/// Bytes of wrong form, made from a good order for another container.
fn bad_envelopes() -> Vec<Bad> {
    let number = container(2);
    let order = sealed("line", release(&number, "forwarder"));
    let good = order.bytes().to_vec();
    let wrong_digit = {
        let last = number.as_bytes()[10];
        let other = if last == b'9' { b'0' } else { last + 1 };
        [&number.as_bytes()[..10], &[other]].concat()
    };
    let mut expired = release(&number, "forwarder");
    expired.terms.valid_until = UnixMillis::from_millis(clock().as_millis() - 1000);
    let ahead = later(envelope::FUTURE_MAX + Duration::from_secs(30));
    let ahead =
        envelope::seal(release(&number, "forwarder").into(), actor("line"), ahead, &key("line"));
    let line = |what, bytes, code| ("line", what, bytes, code);
    vec![
        line("a truncated document", good[..good.len() - 1].to_vec(), "malformed"),
        line("a document with a byte more", [&good[..], &[0]].concat(), "not-canonical"),
        line("a document beyond the limit", vec![0xd2; ENVELOPE_MAX + 1], "too-large"),
        line("no document", b"REL+LSDU0000020'".to_vec(), "malformed"),
        line("another length of the same", long_form(&good), "not-canonical"),
        line("a signature with one bit changed", tampered(&good), "bad-signature"),
        line(
            "a kind nobody knows",
            edited(&good, b"release-order", b"release-ordes"),
            "unknown-kind",
        ),
        line("a wrong check digit", edited(&good, number.as_bytes(), &wrong_digit), "bad-field"),
        line("an expired order", sealed("line", expired).bytes().to_vec(), "expired"),
        line("an order of tomorrow", ahead.unwrap().bytes().to_vec(), "issued-in-future"),
    ]
}

/// Good words from the wrong mouth.
fn bad_signers(heads: &Heads) -> Vec<Bad> {
    let number = &heads.number;
    let as_of = |who: &str, with: &str, document: Document| {
        envelope::seal(document, actor(who), clock(), &key(with)).unwrap().bytes().to_vec()
    };
    let order = || release(&container(2), "forwarder").into();
    let receipt = Receipt {
        to: actor("terminal"),
        entries: vec![Entry {
            document: heads.order,
            outcome: Outcome::Accepted,
            position: None,
            refused: None,
        }],
    };
    vec![
        ("line", "another party's key", as_of("line", "customs", order()), "key-unknown"),
        ("line", "a party nobody lists", as_of("nobody", "line", order()), "unknown-party"),
        (
            "line",
            "a role that may not",
            as_of("line", "line", arrival(number).into()),
            "role-may-not-sign",
        ),
        ("line", "a driver nobody enrolled", driver_receipt(heads), "key-unknown"),
        ("line-2", "somebody else's document", as_of("line", "line", order()), "not-your-document"),
        (
            "line-2",
            "a change of another's order",
            as_of("line-2", "line-2", change(number, heads.order).into()),
            "not-release-issuer",
        ),
        (
            "line",
            "another's right",
            as_of("line", "line", pass_right(number, "shipper", heads.hop).into()),
            "not-holder",
        ),
        (
            "line",
            "a hold of customs",
            as_of("line", "line", hold(number, HoldType::CustomsScan).into()),
            "hold-not-yours",
        ),
        (
            "line",
            "a lift of another's hold",
            as_of("line", "line", lift(heads).into()),
            "not-placer",
        ),
        (
            "haulier",
            "a revoke from downstream",
            as_of("haulier", "haulier", revoke(heads).into()),
            "not-upstream",
        ),
        (
            "terminal-2",
            "another terminal's word",
            as_of("terminal-2", "terminal-2", arrival(number).into()),
            "role-may-not-sign",
        ),
        (
            "line",
            "a receipt for registration",
            as_of("line", "line", receipt.into()),
            "not-deliverable",
        ),
    ]
}

/// Good form and mouth, at the wrong time or place.
fn bad_transitions(heads: &Heads) -> Vec<Bad> {
    let number = &heads.number;
    let by = |who: &str, document: Document| sealed(who, document).bytes().to_vec();
    let unknown = DocId::from_bytes([7; 32]);
    let mut elsewhere = release(&container(2), "forwarder");
    elsewhere.visit.terminal = party("terminal-2");
    let mut twice = release(number, "forwarder");
    twice.terms.valid_until = later(DAY);
    let past = pass_right(number, "sub-haulier", heads.order);
    let widened = PassRight {
        limits: Limits { until: Some(later(30 * DAY)), ..Limits::default() },
        ..pass_right(number, "sub-haulier", heads.hop)
    };
    let binding = DriverBinding {
        visit: visit_of(number),
        right: heads.hop,
        builds_on: None,
        driver: public(DRIVER),
        plate: Plate::parse(PLATE).unwrap(),
    };
    let late = Window {
        from: UnixMillis::from_millis(clock().as_millis() - 7_200_000),
        until: UnixMillis::from_millis(clock().as_millis() - 3_600_000),
    };
    let slot =
        SlotRequest { visit: visit_of(number), right: heads.hop, builds_on: None, window: late };
    vec![
        (
            "line",
            "a change before its order",
            by("line", change(&container(2), unknown).into()),
            "case-unknown",
        ),
        (
            "line",
            "a change of an order nobody has",
            by("line", change(number, unknown).into()),
            "parent-unknown",
        ),
        (
            "line",
            "a change that builds on another kind",
            by("line", change(number, heads.scan).into()),
            "head-moved",
        ),
        (
            "forwarder",
            "a forged parent",
            by("forwarder", pass_right(number, "shipper", unknown).into()),
            "parent-unknown",
        ),
        ("forwarder", "a right that was passed", by("forwarder", past.into()), "head-moved"),
        ("haulier", "one hop too many", by("haulier", widened.into()), "hops-exhausted"),
        ("haulier", "a driver nobody vouches for", by("haulier", binding.into()), "driver-unknown"),
        ("haulier", "a slot in the past", by("haulier", slot.into()), "slot-window"),
        ("line", "another terminal's case", by("line", elsewhere.into()), "wrong-terminal"),
        ("line", "a second order for one bill", by("line", twice.into()), "double-release"),
        (
            "line",
            "a release to a party that holds nothing",
            by("line", release(&container(2), "customs").into()),
            "holder-unfit",
        ),
    ]
}

fn driver_receipt(heads: &Heads) -> Vec<u8> {
    let signed = InterchangeReceipt {
        visit: visit_of(&heads.number),
        builds_on: heads.order,
        seals: vec![],
        condition: Condition::Sound,
        damage: vec![],
        photos: vec![],
        remark: None,
    };
    sealed(DRIVER, signed).bytes().to_vec()
}

fn arrival(number: &str) -> Arrival {
    Arrival {
        visit: visit_of(number),
        builds_on: None,
        discharged_at: Some(clock()),
        available: true,
        cleared: true,
        position: None,
        damage: None,
        told: Vec::new(),
    }
}

fn change(number: &str, builds_on: DocId) -> ReleaseChange {
    ReleaseChange {
        visit: visit_of(number),
        bill: bill_of(number),
        builds_on,
        action: ReleaseAction::Block,
        terms: None,
        reason: None,
        source: None,
        sealed: None,
        agent: None,
    }
}

fn hold(number: &str, hold_type: HoldType) -> Hold {
    Hold { visit: visit_of(number), hold_type, reason: Remark::parse("a reason").unwrap() }
}

fn lift(heads: &Heads) -> HoldLift {
    HoldLift { visit: visit_of(&heads.number), builds_on: heads.scan, reason: None }
}

fn revoke(heads: &Heads) -> RevokeRight {
    RevokeRight { visit: visit_of(&heads.number), revokes: heads.hop, reason: None }
}

/// `accepted`, `duplicate`, or the code of the refusal.
fn code(entry: &Entry) -> String {
    match (&entry.refused, entry.outcome) {
        (Some(refused), _) => refused.code.clone(),
        (None, Outcome::Duplicate) => "duplicate".to_owned(),
        (None, _) => "accepted".to_owned(),
    }
}

/// The same envelope with one bit of its signature changed.
fn tampered(envelope: &[u8]) -> Vec<u8> {
    let mut bytes = envelope.to_vec();
    let at = bytes.len() - SIGNATURE_LEN;
    bytes[at] ^= 1;
    bytes
}

/// The same envelope with the length of its protected header in two bytes instead of one.
fn long_form(envelope: &[u8]) -> Vec<u8> {
    let [tag, array, 0x58, len, rest @ ..] = envelope else { panic!("a header below 256 bytes") };
    [&[*tag, *array, 0x59, 0, *len], rest].concat()
}

/// An envelope of the line in which one text stands for another of the same length, signed anew.
fn edited(envelope: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = envelope[..envelope.len() - SIGNATURE_LEN - 2].to_vec();
    let mut found = false;
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
            found = true;
        }
    }
    assert!(found);
    // 18([protected, {}, payload, signature]), each part with its own length (RFC 9052 § 4.2).
    let protected_end = 2 + 2 + usize::from(bytes[3]);
    assert_eq!((bytes[2], bytes[protected_end]), (0x58, 0xa0));
    let (protected, payload) = (&bytes[2..protected_end], &bytes[protected_end + 1..]);
    let structure = [b"\x84\x6aSignature1", protected, b"\x40", payload].concat();
    let signature = key("line").sign(&structure);
    [&bytes[..], &[0x58, 64], &signature].concat()
}

/// A terminal and the parties of one container that stands ready.
struct Port {
    world: World,
    line: Peer,
    forwarder: Peer,
    number: String,
    order: DocId,
    /// The pass of the right to the haulier.
    hop: DocId,
    /// The pass shown and the interchange receipt of the truck inside.
    admission: Option<[DocId; 2]>,
}

impl Port {
    /// Every light is green, driver and slot are bound, the pass is there.
    async fn with_pass() -> Self {
        let world = World::new(&["terminal"]).await;
        let number = container(1);
        let visit = visit_of(&number);
        let line = Peer::come_and_answer(&world, "line").await.unwrap();
        let order = line.accepted(release(&number, "forwarder")).await;
        let customs = Peer::come_and_answer(&world, "customs").await.unwrap();
        let (consignment, status) = (bill_of(&number), CustomsState::Released);
        let status = CustomsStatus {
            visit: visit.clone(),
            consignment,
            builds_on: None,
            status,
            national_code: None,
            declaration: None,
        };
        customs.accepted(status).await;
        world.node("terminal").issue(arrival(&number).into(), vec![]).await.unwrap();
        let forwarder = Peer::come_and_answer(&world, "forwarder").await.unwrap();
        let hop = forwarder.accepted(pass_right(&number, "haulier", order)).await;
        let haulier = Peer::come_and_answer(&world, "haulier").await.unwrap();
        let credential = DriverCredential {
            key: public(DRIVER),
            name: Remark::parse("Wang Wei").unwrap(),
            licence: None,
            valid_until: later(DAY),
            state: CredentialState::Active,
            replaces: None,
        };
        haulier.accepted(credential).await;
        let plate = Plate::parse(PLATE).unwrap();
        let (builds_on, driver) = (None, public(DRIVER));
        haulier
            .accepted(DriverBinding { visit: visit.clone(), right: hop, builds_on, driver, plate })
            .await;
        let window = Window { from: clock(), until: later(Duration::from_secs(3600)) };
        haulier.accepted(SlotRequest { visit, right: hop, builds_on, window }).await;
        Self { world, line, forwarder, number, order, hop, admission: None }
    }

    /// The same, with the truck inside and the terminal's interchange receipt signed.
    async fn admitted() -> Self {
        let mut port = Self::with_pass().await;
        let pass = port.pass().await;
        let shown = presentation::present(&pass, clock(), &node_key(DRIVER)).unwrap();
        let check =
            Request::GateCheck { shown: Some(shown), subject: None, plate: Some(PLATE.to_owned()) };
        let (lines, done) = port.world.ask("terminal", check).await;
        assert_eq!((&lines[0]["verdict"], done.exit), (&json!("admit"), 0), "{lines:?}");
        let receipt = json!({ "container": port.number, "condition": "sound", "seals": ["A1"] });
        let receipt = port.world.accepted("terminal", "interchange-receipt", receipt).await;
        port.admission = Some([pass.id(), receipt]);
        port
    }

    async fn pass(&self) -> Signed<Document> {
        let case = self.world.status("terminal", &self.number).await.unwrap();
        assert!(case["pass"].is_object(), "no pass: {case}");
        self.world.document("terminal", id_of(&case["pass"])).await
    }

    /// A gate-out with all it builds on, as it was when the truck was admitted.
    async fn signed_gate_out(&self) -> Result<Issued, Refusal> {
        let [pass, receipt] = self.admission.expect("admitted");
        let gate_out = GateOut {
            visit: visit_of(&self.number),
            builds_on: receipt,
            pass,
            left_at: clock(),
            unsigned_because: Some(Remark::parse("a program says so").unwrap()),
            overrides: Vec::new(),
        };
        self.world.node("terminal").issue(gate_out.into(), vec![]).await
    }

    /// The truck leaves, as a clerk says it: the gate-out, or the code of the refusal.
    async fn gate_out(&self) -> Result<DocId, String> {
        let subject = self.number.clone();
        let unsigned_because = Some("the driver's phone is flat".to_owned());
        let request = Request::GateOut { subject, unsigned_because };
        let (lines, done) = self.world.ask("terminal", request).await;
        match done.error {
            None => Ok(id_of(lines.first().unwrap_or(&Value::Null))),
            Some(failure) => Err(failure.code),
        }
    }
}
