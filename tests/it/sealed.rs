//! Need to know: who has the value of a sealed field, and who has it nowhere (docs/PROTOCOL.md § 14).

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::time::Duration;

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::document::{
    CasePlace, Document, Entry, Kind, Outcome, Position, Receipt, ReleaseOrder, Role,
};
use landside_proto::envelope::Signed;
use landside_proto::evidence::{Verdict, verify};
use landside_proto::ids::CaseCode;
use landside_proto::sealed::{DISCLOSURE_MAX, Disclosure, SealedField, SealedFields, SealedValue};
use landside_proto::session::Violation;
use landside_proto::session::frame::{BATCH_DISCLOSURES_MAX, Disclosed};
use serde_json::{Value, json};

use crate::export::export;
use crate::peer::{Peer, code_of};
use crate::world::{
    DAY, DRIVER, World, actor, bill_of, container, later, public, release, release_fields, sealed,
    until,
};

const PLATE: &str = "T417KLM";

/// Each long and odd enough to stand nowhere by chance.
const VALUES: [(SealedField, &str); 4] = [
    (SealedField::Consignee, "Zuckerwatte & Sohn oHG"),
    (SealedField::Cargo, "music boxes marked Q7-LAMBDA"),
    (SealedField::Value, "918273.64 EUR"),
    (SealedField::ReleaseToIdentity, "XI918273645546"),
];

/// A release order as somebody at the line types it, with everything there is to seal.
fn order_fields(container: &str, to: &str) -> Value {
    let mut fields = release_fields(container, to);
    for (field, text) in VALUES {
        fields[field.as_str()] = json!(text);
    }
    fields
}

/// The values that a stopped node has anywhere in its home.
fn found(world: &World, name: &str) -> Vec<SealedField> {
    let contents = world.contents(name);
    let has = |(_, text): &(SealedField, &str)| text.is_ascii() && contents.contains(text);
    VALUES.into_iter().filter(has).map(|(field, _)| field).collect()
}

/// The values that a running node shows of a container.
async fn shown(world: &World, name: &str, container: &str) -> Vec<(String, String)> {
    let Some(case) = world.status(name, container).await else { return Vec::new() };
    let rows = case["sealed"].as_array().cloned().unwrap_or_default();
    let text = |row: &Value, name: &str| row[name].as_str().map(str::to_owned);
    rows.iter().filter_map(|row| Some((text(row, "field")?, text(row, "value")?))).collect()
}

fn every_value() -> Vec<(String, String)> {
    VALUES.iter().map(|(field, text)| (field.as_str().to_owned(), (*text).to_owned())).collect()
}

const EVERY: [SealedField; 4] = SealedField::ALL;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_whole_case_each_role_has_what_the_table_grants_and_nothing_else() {
    const NODES: [&str; 8] =
        ["customs", "forwarder", "haulier", "line", "line-2", "shipper", "sub-haulier", "terminal"];
    // The second line is a court here, so that every role of a party reads the case.
    let mut world = World::edited(&NODES, |edition| {
        let court = edition.parties.iter_mut().find(|party| party.id.as_str() == "line-2");
        court.unwrap().roles = vec![Role::Authority];
    })
    .await;
    let number = container(1);
    collected(&mut world, &number).await;

    for name in ["customs", "forwarder", "line", "line-2", "shipper"] {
        world.until_caught_up(name, &number).await;
    }
    for name in CARRIERS {
        until("the carriers know that the container has left", async || {
            world.status(name, &number).await.is_some_and(|case| case["state"] == "closed")
        })
        .await;
    }
    for name in CARRIERS {
        carrier_sees_box_place_time_and_depot(&world, name, &number).await;
        let (bytes, _) = export(&world, name, &number).await;
        let report = verify(&bytes, Some(world.directory().id()));
        assert_eq!(report.verdict, Verdict::Part, "{name}: {:?}", report.findings);
        assert!(report.is_sound(), "{name}: {:?}", report.findings);
    }
    for name in ["line", "terminal", "customs", "forwarder"] {
        assert_eq!(shown(&world, name, &number).await, every_value(), "{name}");
    }
    for name in NODES.into_iter().chain([DRIVER]) {
        world.kill(name).await;
    }
    for name in ["line", "terminal", "customs", "forwarder"] {
        assert_eq!(found(&world, name), EVERY, "{name} may see all");
        assert_eq!(world.fsck(name).disclosures, 4, "{name}");
    }
    for name in ["shipper", "haulier", "sub-haulier", DRIVER, "line-2"] {
        assert_eq!(found(&world, name), [], "{name} may see nothing");
        assert_eq!(world.fsck(name).disclosures, 0, "{name}");
        assert!(world.contents(name).contains(&number), "{name} took part, and would be found");
    }
    for name in CARRIERS {
        let contents = world.contents(name);
        for plain in of_the_others(&number) {
            assert!(!contents.contains(&plain), "{name} has {plain} in its home");
        }
        let kinds: BTreeSet<Kind> = world.kept(name).iter().map(|s| s.document().kind()).collect();
        let foreign: Vec<_> = kinds.iter().filter(|kind| !of_a_part(**kind)).collect();
        assert!(foreign.is_empty(), "{name} keeps {foreign:?}");
    }
    let contents = world.contents("forwarder");
    for plain in of_the_others(&number) {
        assert!(contents.contains(&plain), "{plain} would be found");
    }
}

/// Who gets a part of the case.
const CARRIERS: [&str; 3] = ["haulier", "sub-haulier", DRIVER];

/// What stands plain in documents that hauliers and drivers are not to have.
fn of_the_others(number: &str) -> [String; 6] {
    let plain = ["MV ZUGSPITZE", "REL-55-ALPHA", "ZV-DECLARATION-9", "CODE-Z3", "a writ"];
    let [vessel, reference, declaration, code, reason] = plain.map(str::to_owned);
    [bill_of(number).to_string(), vessel, reference, declaration, code, reason]
}

/// The documents of a carrier's own job, its receipts, and what the terminal tells.
fn of_a_part(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::ReleaseOrder
            | Kind::ReleaseChange
            | Kind::CustomsStatus
            | Kind::Hold
            | Kind::HoldLift
            | Kind::Arrival
            | Kind::Override
    )
}

async fn carrier_sees_box_place_time_and_depot(world: &World, name: &str, number: &str) {
    let case = world.status(name, number).await.unwrap();
    assert_eq!((&case["container"], &case["part"]), (&json!(number), &json!(true)), "{name}");
    let seen = &case["box"];
    assert_eq!((&seen["size_type"], &seen["position"]), (&json!("45G1"), &json!("yard")), "{name}");
    assert!(seen["discharged_at"].is_string(), "{name}: {seen}");
    assert_eq!(seen["empty_return"][0]["depot"], "DEPOT-9", "{name}");
    let whole = world.status("terminal", number).await.unwrap();
    assert_eq!(case["lights"], whole["lights"], "{name}");
    assert_eq!(case["right"]["holder"], "sub-haulier", "{name}");
    let until = case["right"]["hops"].as_array().unwrap().last().unwrap()["until"].clone();
    assert_eq!(until, whole["right"]["hops"][3]["until"], "{name}");
}

/// A container from release to gate-out, over forwarder, shipper, haulier and sub-haulier.
async fn collected(world: &mut World, number: &str) {
    let on = |mut fields: Value| {
        fields["container"] = json!(number);
        fields
    };
    let mut order = order_fields(number, "forwarder");
    order["size_type"] = json!("45G1");
    order["vessel"] = json!({ "name": "MV ZUGSPITZE" });
    order["terms"]["reference"] = json!("REL-55-ALPHA");
    order["terms"]["empty_return"] = json!({ "depot": "DEPOT-9" });
    world.accepted("line", "release-order", order).await;
    let status = json!({
        "terminal": "terminal", "consignment": bill_of(number), "status": "released",
        "national_code": "CODE-Z3", "declaration": "ZV-DECLARATION-9",
    });
    world.accepted("customs", "customs-status", on(status)).await;
    let hold = json!({ "terminal": "terminal", "hold_type": "court", "reason": "a writ" });
    world.accepted("line-2", "hold", on(hold)).await;
    let arrival = json!({
        "discharged_at": clock(), "available": true, "cleared": true, "position": "yard",
    });
    world.accepted("terminal", "arrival", on(arrival)).await;
    let hops = [("forwarder", "shipper"), ("shipper", "haulier"), ("haulier", "sub-haulier")];
    for (from, to) in hops {
        match from {
            "haulier" => world.until_holds(from, number).await,
            _ => world.until_caught_up(from, number).await,
        }
        world.accepted(from, "pass-right", on(json!({ "to": to }))).await;
    }
    world.until_caught_up("line-2", number).await;
    world.accepted("line-2", "hold-lift", on(json!({}))).await;
    world.until_holds("sub-haulier", number).await;
    let credential = json!({ "key": public(DRIVER), "name": "Wang Wei", "valid_until": later(DAY), "state": "active" });
    world.accepted("sub-haulier", "driver-credential", credential).await;
    let binding = json!({ "driver": public(DRIVER), "plate": PLATE });
    world.accepted("sub-haulier", "driver-binding", on(binding)).await;
    let window = json!({ "from": clock(), "until": later(Duration::from_secs(3600)) });
    world.accepted("sub-haulier", "slot-request", on(json!({ "window": window }))).await;

    world.start(DRIVER).await;
    let (jobs, _) = world.ask(DRIVER, Request::Collect { wait_ms: 20_000 }).await;
    assert_eq!(jobs[0]["state"], "pass", "{jobs:?}");
    let shown = world.ask(DRIVER, Request::Present { container: number.to_owned() }).await.0;
    let shown = shown[0]["text"].as_str().map(str::to_owned);
    let check = Request::GateCheck { shown, subject: None, plate: Some(PLATE.to_owned()) };
    let (lines, _) = world.ask("terminal", check).await;
    assert_eq!(lines[0]["verdict"], "admit", "{lines:?}");
    let receipt = json!({ "seals": ["NS330011"], "condition": "sound" });
    world.accepted("terminal", "interchange-receipt", on(receipt)).await;
    until("the driver has the receipt to sign", async || {
        let (jobs, _) = world.ask(DRIVER, Request::Collect { wait_ms: 0 }).await;
        jobs[0]["receipt_to_sign"].is_string()
    })
    .await;
    world.accepted(DRIVER, "interchange-receipt", on(json!({}))).await;
    let out = Request::GateOut { subject: number.to_owned(), unsigned_because: None };
    let (lines, done) = world.ask("terminal", out).await;
    assert_eq!(done.exit, 0, "{lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealed_values_survive_the_death_of_their_author_and_of_the_registrar() {
    let mut world = World::new(&["line"]).await;
    let number = container(1);
    world.hand_in("line", "release-order", order_fields(&number, "forwarder")).await;
    world.restart("line").await;
    world.start("terminal").await;
    world.until_case_has("terminal", &number, 1).await;
    world.restart("terminal").await;
    world.start("forwarder").await;
    world.until_case_has("forwarder", &number, 1).await;
    // The terminal's answer may not have been through when it died.
    world.until_case_has("line", &number, 1).await;
    for name in ["line", "terminal", "forwarder"] {
        assert_eq!(shown(&world, name, &number).await, every_value(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_becomes_the_release_to_party_gets_the_goods_and_not_the_number_before() {
    let mut world = World::new(&["forwarder", "line", "shipper", "terminal"]).await;
    let number = container(1);
    world.accepted("line", "release-order", order_fields(&number, "forwarder")).await;
    world.until_case_has("forwarder", &number, 1).await;
    let to = json!({ "container": number, "to": "shipper" });
    world.accepted("forwarder", "pass-right", to).await;
    world.until_case_has("shipper", &number, 2).await;
    assert_eq!(shown(&world, "shipper", &number).await, [], "a holder in the chain");

    world.accepted("line", "release-change", replaced(&number, "shipper")).await;
    until("the shipper is told", async || shown(&world, "shipper", &number).await.len() == 3).await;
    assert_eq!(shown(&world, "shipper", &number).await, every_value()[..3]);
    world.until_case_has("shipper", &number, 3).await;
    world.kill("shipper").await;
    assert_eq!(found(&world, "shipper"), EVERY[..3]);
    world.fsck("shipper");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_as_release_to_party_gets_the_goods_with_the_backlog_and_its_own_number() {
    let mut world = World::new(&["line", "shipper", "terminal"]).await;
    let number = container(1);
    world.accepted("line", "release-order", order_fields(&number, "forwarder")).await;
    let mut change = replaced(&number, "shipper");
    change["release_to_identity"] = json!("NL001122334455");
    world.accepted("line", "release-change", change).await;
    world.until_case_has("shipper", &number, 2).await;
    let mut expected = every_value();
    expected[3].1 = "NL001122334455".to_owned();
    assert_eq!(shown(&world, "shipper", &number).await, expected);
    world.kill("shipper").await;
    assert_eq!(found(&world, "shipper"), EVERY[..3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_released_to_no_longer_when_it_comes_gets_nothing_sealed() {
    let mut world = World::new(&["line", "terminal"]).await;
    let number = container(1);
    world.accepted("line", "release-order", order_fields(&number, "forwarder")).await;
    world.accepted("line", "release-change", replaced(&number, "shipper")).await;
    world.start("forwarder").await;
    world.until_case_has("forwarder", &number, 2).await;
    assert_eq!(shown(&world, "forwarder", &number).await, []);
    world.kill("forwarder").await;
    assert_eq!(found(&world, "forwarder"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_to_a_haulier_seals_its_goods_from_that_haulier() {
    let mut world = World::new(&["haulier", "line", "terminal"]).await;
    let number = container(1);
    world.accepted("line", "release-order", order_fields(&number, "haulier")).await;
    world.until_case_has("haulier", &number, 1).await;
    world.kill("haulier").await;
    assert_eq!(found(&world, "haulier"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_breaks_its_rule_or_a_digest_by_hand_is_not_signed() {
    let world = World::new(&["line"]).await;
    let number = container(1);
    let digest = json!({ "cargo": "7a".repeat(32) });
    for (field, value) in [
        ("value", json!("plenty")),
        ("value", json!(12_500)),
        ("cargo", json!("x".repeat(201))),
        ("consignee", json!("")),
        ("release_to_identity", json!("DE 1 ")),
        ("sealed", digest),
    ] {
        let mut fields = order_fields(&number, "forwarder");
        fields[field] = value;
        let line = world.issue("line", "release-order", fields).await;
        assert_eq!(line["code"], "bad-field", "{field}: {line}");
    }
    let mut hold = json!({ "container": number, "hold_type": "freight", "reason": "unpaid" });
    hold["terminal"] = json!("terminal");
    hold["cargo"] = json!("toys");
    assert_eq!(world.issue("line", "hold", hold).await["code"], "bad-field");
    assert_eq!(world.documents("line").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registrar_refuses_disclosures_that_are_forged_foreign_too_long_too_many_or_missing() {
    let mut world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let (order, good) = sealed_order(&container(1), "forwarder", 1);
    let (_, foreign) = sealed_order(&container(2), "forwarder", 9);
    let with = |at: usize, bytes: Vec<u8>| {
        let mut some = good.clone();
        some[at] = bytes;
        some
    };
    let forged = disclosure(SealedField::Cargo, "empty crates", 1).bytes().to_vec();
    let salted = disclosure(SealedField::Cargo, VALUES[1].1, 2).bytes().to_vec();
    let cases = [
        ("none", vec![], "disclosure-missing"),
        ("one missing", good[..3].to_vec(), "disclosure-missing"),
        ("a forged value", with(1, forged), "disclosure-mismatch"),
        ("another salt", with(1, salted), "disclosure-mismatch"),
        ("that of another document", with(1, foreign[1].clone()), "disclosure-mismatch"),
        ("no disclosure", with(1, vec![0xff]), "disclosure-malformed"),
        ("too long", with(1, vec![0; DISCLOSURE_MAX + 1]), "disclosure-malformed"),
        ("one twice", with(1, good[0].clone()), "disclosure-malformed"),
        ("too many", [good.clone(), good[..1].to_vec()].concat(), "disclosure-malformed"),
    ];
    for (what, disclosures, code) in cases {
        let entry = handed_in(&line, &order, &disclosures).await;
        let refused = entry.refused.unwrap_or_else(|| panic!("{what} was accepted"));
        assert_eq!(refused.code, code, "{what}");
        assert!(!VALUES.iter().any(|(_, text)| refused.detail.contains(text)), "{what}");
    }
    let (bare, _) = (sealed("line", release(&container(3), "forwarder")), ());
    let entry = handed_in(&line, &bare, &good[..1]).await;
    assert_eq!(entry.refused.unwrap().code, "disclosure-mismatch", "nothing is sealed");
    assert_eq!(world.documents("terminal").await, 0);

    assert_eq!(handed_in(&line, &order, &good).await.outcome, Outcome::Accepted);
    // Known now: the receipt is the same whatever comes beside it, and what is kept stays.
    assert_eq!(handed_in(&line, &order, &[]).await.outcome, Outcome::Duplicate);
    assert_eq!(handed_in(&line, &order, &foreign).await.outcome, Outcome::Duplicate);
    assert_eq!(shown(&world, "terminal", &container(1)).await, every_value());
    world.kill("terminal").await;
    assert_eq!(world.fsck("terminal").disclosures, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_hands_in_anothers_document_with_its_disclosures_is_refused() {
    let world = World::new(&["terminal"]).await;
    let (order, good) = sealed_order(&container(1), "forwarder", 1);
    for name in ["forwarder", "haulier", "customs"] {
        let reader = Peer::come(&world, name).await.unwrap();
        let entry = handed_in(&reader, &order, &good).await;
        assert_eq!(entry.refused.unwrap().code, "not-your-document", "{name}");
    }
    assert_eq!(world.documents("terminal").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_with_too_many_disclosures_or_one_of_no_document_ends_the_link() {
    let world = World::new(&["terminal"]).await;
    let (order, good) = sealed_order(&container(1), "forwarder", 1);
    let disclosed = |document| Disclosed { document, bytes: good[0].clone() };
    for disclosures in [vec![disclosed(1)], vec![disclosed(0); BATCH_DISCLOSURES_MAX + 1]] {
        let line = Peer::come(&world, "line").await.unwrap();
        let documents = vec![order.bytes().to_vec()];
        let end = line.deliver_disclosing(documents, None, disclosures).await.unwrap_err();
        assert_eq!(code_of(&end), Some(u64::from(Violation::Frame.code())));
    }
    assert_eq!(world.documents("terminal").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_document_of_a_batch_has_its_own_disclosures() {
    let world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let (first, of_first) = sealed_order(&container(1), "forwarder", 1);
    let (second, of_second) = sealed_order(&container(2), "forwarder", 9);
    let batch = |one: &[Vec<u8>], other: &[Vec<u8>]| {
        let at = |document| move |bytes: &Vec<u8>| Disclosed { document, bytes: bytes.clone() };
        one.iter().map(at(0)).chain(other.iter().map(at(1))).collect::<Vec<_>>()
    };
    let documents = || vec![first.bytes().to_vec(), second.bytes().to_vec()];
    let crossed = batch(&of_second, &of_first);
    for entry in line.deliver_disclosing(documents(), None, crossed).await.unwrap() {
        assert_eq!(entry.refused.unwrap().code, "disclosure-mismatch");
    }
    let mut right = batch(&of_first, &of_second);
    right.reverse();
    for entry in line.deliver_disclosing(documents(), None, right).await.unwrap() {
        assert_eq!(entry.outcome, Outcome::Accepted, "{entry:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_refuses_a_forged_disclosure_of_a_registered_document() {
    let mut world = World::new(&["forwarder"]).await;
    let number = container(1);
    let (order, good) = sealed_order(&number, "forwarder", 1);
    let terminal = Peer::come_to(&world, "forwarder", "terminal").await.unwrap();
    let forged = disclosure(SealedField::Value, "1.00 EUR", 1).bytes().to_vec();
    let entry = passed_on(&terminal, "forwarder", &order, std::slice::from_ref(&forged)).await;
    assert_eq!(entry.refused.unwrap().code, "disclosure-mismatch");
    assert_eq!(world.timeline("forwarder", &number).await, Vec::<String>::new());

    // Without any it is taken, and what is disclosed later finds its document.
    let entry = passed_on(&terminal, "forwarder", &order, &[]).await;
    assert_eq!(entry.outcome, Outcome::Accepted);
    assert_eq!(shown(&world, "forwarder", &number).await, []);
    let entry = passed_on(&terminal, "forwarder", &order, &[forged]).await;
    assert_eq!(entry.refused.unwrap().code, "disclosure-mismatch");
    let entry = passed_on(&terminal, "forwarder", &order, &good).await;
    assert_eq!(entry.outcome, Outcome::Duplicate);
    assert_eq!(shown(&world, "forwarder", &number).await, every_value());
    world.kill("forwarder").await;
    world.fsck("forwarder");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_haulier_to_whom_a_terminal_gives_too_much_keeps_the_document_and_no_value() {
    let mut world = World::new(&["haulier"]).await;
    let number = container(1);
    let (order, good) = sealed_order(&number, "forwarder", 1);
    let terminal = Peer::come_to(&world, "haulier", "terminal").await.unwrap();
    for expected in [Outcome::Accepted, Outcome::Duplicate] {
        assert_eq!(passed_on(&terminal, "haulier", &order, &good).await.outcome, expected);
    }
    let case = world.status("haulier", &number).await.unwrap();
    assert_eq!(case["sealed"].as_array().unwrap().len(), 4, "it sees that something is sealed");
    assert_eq!(shown(&world, "haulier", &number).await, []);
    world.kill("haulier").await;
    assert_eq!(found(&world, "haulier"), []);
    assert_eq!(world.fsck("haulier").disclosures, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_shows_the_values_where_they_are_and_digests_everywhere() {
    let world = World::new(&["haulier", "line", "terminal"]).await;
    let number = container(1);
    let id = world.accepted("line", "release-order", order_fields(&number, "haulier")).await;
    world.until_case_has("haulier", &number, 1).await;
    let mut digests = Vec::new();
    for (name, known) in [("line", 4), ("terminal", 4), ("haulier", 0)] {
        let (lines, _) = world.ask(name, Request::Document { id: id.to_string() }).await;
        let disclosed = lines[0]["disclosed"].as_object().unwrap();
        assert_eq!(disclosed.len(), known, "{name}");
        assert_eq!(lines[0]["disclosures"].as_array().unwrap().len(), known, "{name}");
        digests.push(lines[0]["payload"]["sealed"].clone());
    }
    assert_eq!(digests[0].as_object().unwrap().len(), 4);
    assert!(digests.iter().all(|of| *of == digests[0]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_value_sealed_twice_has_two_digests() {
    let world = World::new(&["line", "terminal"]).await;
    let mut digests = BTreeSet::new();
    for serial in 0..3 {
        let id =
            world.accepted("line", "release-order", order_fields(&container(serial), "forwarder"));
        let (lines, _) = world.ask("line", Request::Document { id: id.await.to_string() }).await;
        let sealed = lines[0]["payload"]["sealed"].as_object().unwrap().clone();
        digests.extend(sealed.into_iter().map(|(_, digest)| digest.as_str().unwrap().to_owned()));
    }
    assert_eq!(digests.len(), 3 * 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_coreor_says_of_the_goods_is_sealed() {
    let mut world = World::new(&["forwarder", "haulier", "line", "terminal"]).await;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/edifact/coreor-sealed.edi");
    let parties = json!({ "BRANDTFWD": "forwarder", "LSTRTM": "terminal" });
    let import = Request::Import {
        agent_for: None,
        path: file.to_owned(),
        profile: None,
        parties: parties.as_object().unwrap().clone(),
        release_to: None,
        terminal: None,
        renew_days: None,
        person: None,
        wait_ms: 20_000,
    };
    let (lines, done) = world.ask("line", import).await;
    assert_eq!(done.exit, 0, "{lines:?}");
    let number = "NSLU1000014";
    world.until_case_has("forwarder", number, 1).await;
    let said = |texts: [&str; 4]| {
        let fields = SealedField::ALL.iter().map(|field| field.as_str().to_owned());
        fields.zip(texts.map(str::to_owned)).collect::<Vec<_>>()
    };
    let expected =
        said(["ADLER TOYS", "MUSIC BOXES OF WOOD; PAPER BAGS", "18250.50 EUR", "DE811234567"]);
    assert_eq!(shown(&world, "forwarder", number).await, expected);
    let to = json!({ "container": number, "to": "haulier" });
    world.accepted("forwarder", "pass-right", to).await;
    world.until_holds("haulier", number).await;
    world.kill("haulier").await;
    let contents = world.contents("haulier");
    for (field, text) in expected {
        assert!(!contents.contains(&text), "{field}");
    }
}

fn replaced(number: &str, to: &str) -> Value {
    let terms = json!({ "release_to": to, "valid_until": later(10 * DAY), "haulage": "merchant" });
    json!({ "container": number, "action": "replace", "terms": terms })
}

fn disclosure(field: SealedField, text: &str, salt: u8) -> Disclosure {
    Disclosure::new(SealedValue::parse(field, text).unwrap(), [salt; 16])
}

/// A release order of the line with every field sealed, and its disclosures.
fn sealed_order(number: &str, to: &str, salt: u8) -> (Signed<Document>, Vec<Vec<u8>>) {
    let disclosures =
        VALUES.map(|(field, text)| disclosure(field, text, salt + 2 * field.number()));
    let fields = SealedFields::of(Kind::ReleaseOrder, &disclosures);
    let order = ReleaseOrder { sealed: fields, ..release(number, to) };
    (sealed("line", order), disclosures.map(|d| d.bytes().to_vec()).to_vec())
}

async fn handed_in(peer: &Peer, signed: &Signed<Document>, disclosures: &[Vec<u8>]) -> Entry {
    deliver(peer, signed, None, disclosures).await
}

/// A terminal played by the test delivers a document as registered.
async fn passed_on(
    terminal: &Peer,
    to: &str,
    signed: &Signed<Document>,
    disclosures: &[Vec<u8>],
) -> Entry {
    let code = CaseCode::from_seed(&[7; 32]);
    let position = Position { log: 0, at: clock(), case: Some(CasePlace { code, place: 0 }) };
    let entry = Entry {
        document: signed.id(),
        outcome: Outcome::Accepted,
        position: Some(position),
        refused: None,
    };
    let proof = sealed("terminal", Receipt { to: actor(to), entries: vec![entry] });
    deliver(terminal, signed, Some(proof.bytes().to_vec()), disclosures).await
}

async fn deliver(
    peer: &Peer,
    signed: &Signed<Document>,
    registration: Option<Vec<u8>>,
    disclosures: &[Vec<u8>],
) -> Entry {
    let disclosed = |bytes: &Vec<u8>| Disclosed { document: 0, bytes: bytes.clone() };
    let disclosures = disclosures.iter().map(disclosed).collect();
    let documents = vec![signed.bytes().to_vec()];
    peer.deliver_disclosing(documents, registration, disclosures).await.unwrap().remove(0)
}
