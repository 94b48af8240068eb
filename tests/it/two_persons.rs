//! Two persons: what waits for the second one, and that nothing goes round the rule.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::Duration;

use landside_node::Statement;
use landside_node::control::{Done, Request};
use landside_proto::document::{
    Document, Kind, ReleaseAction, ReleaseChange, ReleaseOrder, TwoPersons,
};
use landside_proto::ids::DocId;
use landside_proto::refusal::Code;
use landside_proto::sealed::{Disclosure, SALT_LEN, SealedField, SealedFields, SealedValue};
use serde_json::{Map, Value, json};

use crate::tidy::root;
use crate::world::{
    PATIENCE, World, bill_of, container, id_of, later, release, release_fields, until, visit_of,
};

const HOUR: Duration = Duration::from_secs(3600);

/// A line whose releases two persons must agree on, and a terminal with the same rule for overrides.
async fn port() -> World {
    let mut world = World::new(&[]).await;
    let rule = |name: &'static str| {
        move |text: String| {
            let off = format!("\n{name} = false");
            assert!(text.contains(&off));
            text.replace(&off, &format!("\n{name} = true"))
        }
    };
    world.configure("line", rule("release"));
    world.configure("terminal", rule("override"));
    world.start("line").await;
    world.start("terminal").await;
    world
}

/// Asks for something in the name of a person.
async fn said(
    world: &World,
    name: &str,
    kind: &str,
    fields: Value,
    person: Option<&str>,
) -> (Vec<Value>, Done) {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    let (kind, person) = (kind.to_owned(), person.map(str::to_owned));
    let wait_ms = u64::try_from(PATIENCE.as_millis()).unwrap();
    world.ask(name, Request::Issue { kind, fields, to: Vec::new(), person, wait_ms }).await
}

/// Asks for a release order; gives the name of the draft that waits.
async fn asked(world: &World, number: &str, to: &str, person: &str) -> String {
    let order = release_fields(number, to);
    let (lines, done) = said(world, "line", "release-order", order, Some(person)).await;
    assert_eq!((done.exit, &lines[0]["event"]), (0, &json!("pending")), "{lines:?} {done:?}");
    lines[0]["id"].as_str().unwrap().to_owned()
}

async fn approve(world: &World, name: &str, id: &str, person: &str) -> (Vec<Value>, Done) {
    let (id, person) = (id.to_owned(), person.to_owned());
    let wait_ms = u64::try_from(PATIENCE.as_millis()).unwrap();
    world.ask(name, Request::Approve { id, person, wait_ms }).await
}

async fn pending(world: &World, name: &str) -> Vec<Value> {
    world.ask(name, Request::Pending).await.0
}

fn code(done: &Done) -> &str {
    done.error.as_ref().map_or("", |failure| failure.code.as_str())
}

async fn approved_by(world: &World, name: &str, id: DocId) -> Option<TwoPersons> {
    match world.document(name, id).await.document() {
        Document::ReleaseOrder(order) => order.approved_by.clone(),
        Document::Override(over) => over.approved_by.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_release_waits_for_a_second_person_through_a_restart_and_shows_both() {
    let mut world = port().await;
    let number = container(1);
    let (_, done) =
        said(&world, "line", "release-order", release_fields(&number, "forwarder"), None).await;
    assert_eq!((done.exit, code(&done)), (1, "two-persons"));
    let id = asked(&world, &number, "forwarder", "Amina Said").await;
    assert_eq!(world.documents("line").await, 0, "nothing is signed yet");

    world.restart("line").await;
    let waits = pending(&world, "line").await;
    assert_eq!(waits.len(), 1);
    assert_eq!((&waits[0]["id"], &waits[0]["person"]), (&json!(id), &json!("Amina Said")));
    assert_eq!(waits[0]["payload"]["visit"]["container"], json!(number));
    for same in ["Amina Said", "amina  said"] {
        let (_, done) = approve(&world, "line", &id, same).await;
        assert_eq!(code(&done), "same-person", "{same}");
    }
    assert_eq!(pending(&world, "line").await.len(), 1, "it goes on waiting");

    let (lines, done) = approve(&world, "line", &id, "Piet Visser").await;
    assert_eq!((done.exit, &lines[0]["outcome"]), (0, &json!("accepted")), "{lines:?}");
    let two = approved_by(&world, "terminal", id_of(&lines[0])).await.unwrap();
    assert_eq!((two.asked.as_str(), two.agreed.as_str()), ("Amina Said", "Piet Visser"));
    assert_eq!(pending(&world, "line").await, Vec::<Value>::new());
    let (_, done) = approve(&world, "line", &id, "Piet Visser").await;
    assert_eq!(code(&done), "pending-unknown");
    world.kill("line").await;
    world.fsck("line");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_order_seals_waits_with_it_through_a_restart_and_reaches_the_terminal() {
    const CONSIGNEE: &str = "Zuckerwatte & Sohn oHG";
    let mut world = port().await;
    let number = container(1);
    let mut order = release_fields(&number, "forwarder");
    (order["consignee"], order["cargo"]) = (json!(CONSIGNEE), json!("music boxes Q7"));
    let sealed = json!({ "consignee": CONSIGNEE, "cargo": "music boxes Q7" });
    let (lines, _) = said(&world, "line", "release-order", order, Some("Amina Said")).await;
    let id = lines[0]["id"].as_str().unwrap().to_owned();
    world.restart("line").await;
    let waits = pending(&world, "line").await;
    assert_eq!(waits[0]["disclosed"], sealed, "the second person sees what it is about");
    assert!(!waits[0]["payload"].to_string().contains(CONSIGNEE));
    let digests = waits[0]["payload"]["sealed"].clone();

    let (lines, done) = approve(&world, "line", &id, "Piet Visser").await;
    assert_eq!((done.exit, &lines[0]["outcome"]), (0, &json!("accepted")), "{lines:?}");
    let order = id_of(&lines[0]);
    assert!(approved_by(&world, "terminal", order).await.is_some());
    for name in ["line", "terminal"] {
        let (lines, _) = world.ask(name, Request::Document { id: order.to_string() }).await;
        assert_eq!(lines[0]["disclosed"], sealed, "{name}");
        assert_eq!(lines[0]["payload"]["sealed"], digests, "{name}");
        world.kill(name).await;
        assert_eq!(world.fsck(name).disclosures, 2, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_states_sealed_fields_is_asked_for_two_persons_too() {
    let world = port().await;
    let value = SealedValue::parse(SealedField::Cargo, "music boxes Q7").unwrap();
    let disclosures = vec![Disclosure::new(value, [7; SALT_LEN])];
    let fields = SealedFields::of(Kind::ReleaseOrder, &disclosures);
    let order = ReleaseOrder { sealed: fields, ..release(&container(1), "forwarder") };
    let statement = Statement { document: order.into(), disclosures };
    let refused = world.node("line").state(statement, vec![]).await.unwrap_err();
    assert_eq!(refused.code, Code::TwoPersons);
    assert_eq!((pending(&world, "line").await, world.documents("line").await), (vec![], 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_declined_and_its_name_is_never_another_ones() {
    let world = port().await;
    let first = asked(&world, &container(1), "forwarder", "Amina Said").await;
    let decline = |id: &str, person: &str| {
        let (id, person) = (id.to_owned(), person.to_owned());
        world.ask("line", Request::Decline { id, person })
    };
    let (_, done) = decline(&first, "").await;
    assert_eq!((done.exit, code(&done)), (2, "person"));
    let (lines, done) = decline(&first, "Amina Said").await;
    assert_eq!((done.exit, &lines[0]["event"]), (0, &json!("declined")));
    let (_, done) = decline(&first, "Amina Said").await;
    assert_eq!(code(&done), "pending-unknown");

    let second = asked(&world, &container(2), "forwarder", "Amina Said").await;
    let (number, _) = second.split_once('-').unwrap();
    for wrong in [first.as_str(), &format!("{number}-00000000")] {
        let (_, done) = approve(&world, "line", wrong, "Piet Visser").await;
        assert_eq!(code(&done), "pending-unknown", "{wrong}");
    }
    let (_, done) = approve(&world, "line", number, "Piet Visser").await;
    assert_eq!((done.exit, code(&done)), (2, "pending-form"));
    assert_eq!(world.documents("line").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_goes_round_the_rule_for_a_first_release() {
    let world = port().await;
    let number = container(1);
    // A program that hands in documents is asked the same.
    let mut order = release(&number, "forwarder");
    let refused = world.node("line").issue(order.clone().into(), vec![]).await.unwrap_err();
    assert_eq!(refused.code, Code::TwoPersons);
    let name = |text: &str| landside_proto::document::Remark::parse(text).unwrap();
    order.approved_by = Some(TwoPersons { asked: name("A"), agreed: name("B") });
    let refused = world.node("line").issue(order.into(), vec![]).await.unwrap_err();
    assert_eq!(refused.code, Code::TwoPersons);
    let mut typed = release_fields(&number, "forwarder");
    typed["approved_by"] = json!(["A", "B"]);
    let (_, done) = said(&world, "line", "release-order", typed, Some("A")).await;
    assert_eq!((done.exit, code(&done)), (2, "bad-field"));

    let id = asked(&world, &number, "forwarder", "Amina Said").await;
    let (lines, _) = approve(&world, "line", &id, "Piet Visser").await;
    let head = id_of(&lines[0]);
    until("the line has its case", async || world.status("line", &number).await.is_some()).await;

    // Another bill for the same party is no first release; a change to another party would be one.
    let mut second = release_fields(&number, "forwarder");
    second["bill"] = json!("BL-2");
    world.accepted("line", "release-order", second).await;
    let mut moved = json!({ "container": number, "bill": bill_of(&number), "action": "replace" });
    moved["terms"] = release_fields(&number, "haulier")["terms"].clone();
    let (_, done) = said(&world, "line", "release-change", moved, Some("Amina Said")).await;
    assert_eq!((done.exit, code(&done)), (1, "two-persons"));
    let terms = Some(release(&number, "haulier").terms);
    let moved = ReleaseChange {
        visit: visit_of(&number),
        bill: bill_of(&number),
        builds_on: head,
        action: ReleaseAction::Replace,
        terms,
        reason: None,
        source: None,
        sealed: None,
        agent: None,
    };
    let refused = world.node("line").issue(moved.into(), vec![]).await.unwrap_err();
    assert_eq!(refused.code, Code::TwoPersons);
    let mut longer = json!({ "container": number, "bill": bill_of(&number), "action": "replace" });
    longer["terms"] = release_fields(&number, "forwarder")["terms"].clone();
    world.accepted("line", "release-change", longer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_cancel_the_next_release_is_a_first_one_again() {
    let world = port().await;
    let number = container(1);
    let id = asked(&world, &number, "forwarder", "Amina Said").await;
    approve(&world, "line", &id, "Piet Visser").await;
    until("the line has its case", async || world.status("line", &number).await.is_some()).await;
    world
        .accepted("line", "release-change", json!({ "container": number, "action": "cancel" }))
        .await;
    until("the line knows", async || world.timeline("line", &number).await.len() == 2).await;
    asked(&world, &number, "haulier", "Amina Said").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_waits_for_a_second_person_and_its_end_does_not() {
    let mut world = port().await;
    let number = container(1);
    let id = asked(&world, &number, "haulier", "Amina Said").await;
    approve(&world, "line", &id, "Piet Visser").await;
    until("the line has its case", async || world.status("line", &number).await.is_some()).await;
    let held = json!({ "container": number, "hold_type": "freight", "reason": "unpaid" });
    world.accepted("line", "hold", held).await;
    let over = |person: &str| {
        json!({
            "container": number, "light": "commercial", "person": person,
            "reason": "paid at the counter", "valid_until": later(8 * HOUR),
        })
    };
    let mut long = over("Neema Juma");
    long["valid_until"] = json!(later(48 * HOUR));
    let (_, done) = said(&world, "terminal", "override", long, None).await;
    assert_eq!(code(&done), "override-too-long", "the first person is told, not the second");
    let (lines, _) = said(&world, "terminal", "override", over("Neema Juma"), None).await;
    let id = lines[0]["id"].as_str().unwrap().to_owned();
    let lights = |case: Value| case["lights"]["commercial"].clone();
    assert_eq!(lights(world.status("terminal", &number).await.unwrap()), "red");
    world.restart("terminal").await;
    let (_, done) = approve(&world, "terminal", &id, "Neema Juma").await;
    assert_eq!(code(&done), "same-person");
    let (lines, _) = approve(&world, "terminal", &id, "Ole Hansen").await;
    assert_eq!(lines[0]["outcome"], "registered");
    let case = world.status("terminal", &number).await.unwrap();
    assert_eq!(case["overrides"][0]["approved_by"], json!(["Neema Juma", "Ole Hansen"]));
    assert_eq!(lights(case), "overridden");
    let over_id = id_of(&lines[0]);
    until("the line has it", async || world.position("line", over_id).await.is_some()).await;
    assert!(approved_by(&world, "line", over_id).await.is_some());

    let mut end = over("Ole Hansen");
    (end["covers"], end["valid_until"]) = (json!([]), Value::Null);
    world.accepted("terminal", "override", end).await;
    assert_eq!(lights(world.status("terminal", &number).await.unwrap()), "red");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_second_person_agrees_to_too_late_is_refused_and_stays_to_be_declined() {
    let world = port().await;
    let number = container(1);
    let id = asked(&world, &number, "haulier", "Amina Said").await;
    approve(&world, "line", &id, "Piet Visser").await;
    until("the line has its case", async || world.status("line", &number).await.is_some()).await;
    let held = json!({ "container": number, "hold_type": "freight", "reason": "unpaid" });
    let hold = world.accepted("line", "hold", held).await;
    let over = json!({
        "container": number, "light": "commercial", "person": "Neema Juma",
        "reason": "paid at the counter", "valid_until": later(8 * HOUR),
    });
    let (lines, _) = said(&world, "terminal", "override", over, None).await;
    let id = lines[0]["id"].as_str().unwrap().to_owned();
    until("the line has its hold", async || world.position("line", hold).await.is_some()).await;
    world.accepted("line", "hold-lift", json!({ "container": number, "builds_on": hold })).await;
    let (_, done) = approve(&world, "terminal", &id, "Ole Hansen").await;
    assert_eq!((done.exit, code(&done)), (1, "nothing-to-override"));
    assert_eq!(pending(&world, "terminal").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_of_a_file_waits_for_the_second_person_by_itself() {
    let world = port().await;
    let path = root().join("fixtures/edifact/coreor-demo.edi").display().to_string();
    let import = |person: Option<&str>| Request::Import {
        agent_for: None,
        path: path.clone(),
        profile: None,
        parties: Map::new(),
        release_to: Some("forwarder".to_owned()),
        terminal: Some("terminal".to_owned()),
        renew_days: None,
        person: person.map(str::to_owned),
        wait_ms: 0,
    };
    let (lines, done) = world.ask("line", import(None)).await;
    assert_eq!(done.exit, 1);
    let refused: Vec<_> = lines.iter().filter(|line| line["event"] == "issued").collect();
    assert!(refused.iter().all(|line| line["refused"]["code"] == "two-persons"), "{refused:?}");

    let (lines, done) = world.ask("line", import(Some("Amina Said"))).await;
    assert_eq!(done.exit, 0, "{done:?}");
    let sum = lines.last().unwrap();
    let waits = pending(&world, "line").await;
    assert!(waits.len() > 1);
    assert_eq!((&sum["pending"], &sum["documents"]), (&json!(waits.len()), &json!(waits.len())));
    assert_eq!(refused.len(), waits.len());
    let (lines, done) =
        approve(&world, "line", waits[0]["id"].as_str().unwrap(), "Piet Visser").await;
    assert_eq!((done.exit, &lines[0]["outcome"]), (0, &json!("accepted")));
    assert_eq!(pending(&world, "line").await.len(), waits.len() - 1);
}
