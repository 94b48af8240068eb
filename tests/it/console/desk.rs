//! What people do at their desks: lists, documents, two persons, files.

use landside_node::control::Request;
use serde_json::{Value, json};

use super::Site;
use crate::console::browser::Browser;
use crate::tidy::root;
use crate::world::{DRIVER, World, bill_of, container, public, release_fields, until};

/// Has a document signed at a person's word; gives what became of it.
async fn sign(browser: &mut Browser, kind: &str, fields: Value) -> super::browser::Said {
    browser.post("/documents", json!({ "kind": kind, "fields": fields })).await
}

/// Codes of a page, in order.
fn codes(page: &Value) -> Vec<String> {
    let lines = page["cases"].as_array().unwrap_or_else(|| panic!("no cases in {page}"));
    lines.iter().map(|line| line["container"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_persons_agree_in_two_browsers_and_neither_can_type_a_name() {
    let mut world = World::new(&["terminal"]).await;
    world.configure("line", |text| text.replace("\nrelease = false", "\nrelease = true"));
    world.start("line").await;
    let site = Site::of(&world, "line").await;
    let mut amina = site.person(&world, "line", "amina", "Amina Said", "clerk").await;
    let mut piet = site.person(&world, "line", "piet", "Piet Visser", "clerk").await;
    let order = release_fields(&container(1), "forwarder");
    let mut typed = order.clone();
    typed["approved_by"] = json!(["Amina Said", "Piet Visser"]);
    assert_eq!(sign(&mut amina, "release-order", typed).await.refusal(), (400, "bad-field"));
    let said = json!({ "kind": "release-order", "fields": order, "person": "Piet Visser" });
    assert_eq!(amina.post("/documents", said).await.refusal(), (400, "bad-request"));

    let said = sign(&mut amina, "release-order", order).await;
    assert_eq!((said.status, &said.json["event"]), (202, &json!("pending")), "{said:?}");
    let id = said.json["id"].clone();
    let waits = piet.get("/pending").await.json;
    assert_eq!(
        (&waits["pending"][0]["id"], &waits["pending"][0]["person"]),
        (&id, &json!("Amina Said"))
    );
    let agree = json!({ "id": id });
    assert_eq!(amina.post("/approve", agree.clone()).await.refusal(), (409, "same-person"));
    let as_another = json!({ "id": id, "person": "Piet Visser" });
    assert_eq!(amina.post("/approve", as_another).await.refusal(), (400, "bad-request"));
    let said = piet.post("/approve", agree.clone()).await;
    assert_eq!((said.status, &said.json["outcome"]), (200, &json!("accepted")), "{said:?}");
    let id = said.json["id"].as_str().unwrap().to_owned();
    let shown = amina.get(&format!("/documents/{id}")).await.json;
    assert_eq!(shown["payload"]["approved_by"], json!(["Amina Said", "Piet Visser"]));
    assert_eq!(shown["signed_by"]["login"], "piet");
    assert_eq!(piet.post("/approve", agree).await.refusal(), (404, "pending-unknown"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_has_signed_names_that_person_through_a_kill() {
    let mut world = World::new(&["terminal", "line"]).await;
    let site = Site::of(&world, "line").await;
    let mut clerk = site.person(&world, "line", "wang.wei", "Wang Wei", "clerk").await;
    let number = container(1);
    let said = sign(&mut clerk, "release-order", release_fields(&number, "forwarder")).await;
    assert_eq!((said.status, &said.json["outcome"]), (200, &json!("accepted")), "{said:?}");
    let id = said.json["id"].as_str().unwrap().to_owned();
    let again = sign(&mut clerk, "release-order", release_fields(&number, "haulier")).await;
    assert_eq!(again.refusal(), (409, "double-release"));
    assert!(again.json["remedy"].is_string() && again.json["answer"]["id"].is_string());

    site.stop().await;
    world.restart("line").await;
    let (lines, _) = world.ask("line", Request::Document { id: id.clone() }).await;
    let by = &lines[0]["signed_by"];
    assert_eq!(
        (&by["login"], &by["name"], &by["role"]),
        (&json!("wang.wei"), &json!("Wang Wei"), &json!("clerk"))
    );
    until("the line has its case", async || world.status("line", &number).await.is_some()).await;
    let case = world.status("line", &number).await.unwrap();
    assert_eq!(case["timeline"][0]["signed_by"]["name"], "Wang Wei");
    // What is said over the socket is nobody's, and nobody outside learns the name.
    let hold = json!({ "container": number, "hold_type": "freight", "reason": "unpaid" });
    let hold = world.accepted("line", "hold", hold).await;
    let (lines, _) = world.ask("line", Request::Document { id: hold.to_string() }).await;
    assert!(lines[0].get("signed_by").is_none());
    let (lines, _) = world.ask("terminal", Request::Document { id }).await;
    assert!(lines[0].get("signed_by").is_none());
    for name in ["line", "terminal"] {
        world.kill(name).await;
        world.fsck(name);
    }
    assert!(!world.contents("terminal").contains("Wang Wei"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_and_a_gate_decision_are_of_who_is_logged_in() {
    let world = World::new(&["terminal", "line"]).await;
    let number = container(1);
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    let hold = json!({ "container": number, "hold_type": "freight", "reason": "unpaid" });
    world.accepted("line", "hold", hold).await;
    let site = Site::of(&world, "terminal").await;
    let mut clerk = site.person(&world, "terminal", "ole", "Ole Hansen", "clerk").await;
    let mut gate = site.person(&world, "terminal", "chen.yu", "Chen Yu", "gate").await;
    let over = json!({ "container": number, "light": "commercial", "reason": "paid at the counter",
        "valid_until": crate::world::later(crate::world::DAY / 3) });
    let mut typed = over.clone();
    typed["person"] = json!("Somebody Else");
    assert_eq!(sign(&mut clerk, "override", typed).await.refusal(), (400, "person-typed"));
    assert_eq!(sign(&mut gate, "override", over.clone()).await.refusal(), (403, "not-permitted"));
    let said = sign(&mut clerk, "override", over).await;
    assert_eq!((said.status, &said.json["outcome"]), (200, &json!("registered")), "{said:?}");
    let case = gate.get(&format!("/cases/{number}")).await.json;
    assert_eq!(case["overrides"][0]["person"], "Ole Hansen");
    assert_eq!(case["lights"]["commercial"], "overridden");

    let said = gate.post("/gate/check", json!({ "subject": number, "plate": "B LS 1" })).await;
    assert_eq!((said.status, &said.json["verdict"]), (200, &json!("refuse")), "{said:?}");
    assert!(!said.json["reasons"].as_array().unwrap().is_empty());
    let id = said.json["id"].as_str().unwrap();
    let shown = gate.get(&format!("/documents/{id}")).await.json;
    assert_eq!(shown["signed_by"]["name"], "Chen Yu");
    let out = gate.post("/gate/out", json!({ "subject": number })).await;
    assert_eq!(out.refusal(), (409, "not-admitted"));
    let nobody = gate.post("/gate/check", json!({ "subject": container(9) })).await;
    assert_eq!(nobody.refusal(), (404, "case-unknown"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_has_what_waits_for_this_party_first_and_finds_a_case_by_what_people_know() {
    let mut world = World::new(&["terminal", "line", "haulier"]).await;
    let [mine, others] = [container(1), container(2)];
    for number in [&others, &mine] {
        world.accepted("line", "release-order", release_fields(number, "haulier")).await;
    }
    let arrived = json!({ "container": others, "available": true, "cleared": true,
        "discharged_at": crate::world::later(std::time::Duration::ZERO) });
    world.accepted("terminal", "arrival", arrived.clone()).await;
    let site = Site::of(&world, "terminal").await;
    let mut clerk = site.person(&world, "terminal", "ole", "Ole Hansen", "clerk").await;
    let page =
        async |clerk: &mut Browser, query: &str| clerk.get(&format!("/cases{query}")).await.json;
    until("the board is filled", async || {
        let page = clerk.clone().get("/cases").await.json;
        page["complete"] == true && page["open"] == 2
    })
    .await;
    // The older one does not wait for the terminal any more.
    let all = page(&mut clerk, "").await;
    assert_eq!((codes(&all), &all["mine"]), (vec![mine.clone(), others.clone()], &json!(1)));
    assert_eq!(codes(&page(&mut clerk, "?mine=1").await), [mine.as_str()]);
    // Page by page it is the same list.
    let first = page(&mut clerk, "?limit=1").await;
    let next = first["next"].as_str().unwrap();
    let second = page(&mut clerk, &format!("?limit=1&after={next}")).await;
    assert_eq!([codes(&first), codes(&second)].concat(), codes(&all));
    assert_eq!(second["next"], Value::Null);

    let device = public(DRIVER).to_string();
    let credential = json!({ "key": device, "name": "Juma", "state": "active",
        "valid_until": crate::world::later(crate::world::DAY) });
    world.accepted("haulier", "driver-credential", credential).await;
    until("the haulier has it", async || world.status("haulier", &others).await.is_some()).await;
    let bound = json!({ "container": others, "driver": device, "plate": "HHLS42" });
    world.accepted("haulier", "driver-binding", bound).await;
    let code =
        world.status("terminal", &others).await.unwrap()["code"].as_str().unwrap().to_owned();
    until("the plate is found", async || {
        codes(&clerk.clone().get("/cases?q=hh-ls%2042").await.json) == [others.as_str()]
    })
    .await;
    let bill = bill_of(&others).to_string();
    let [lower_bill, lower_code] = [&bill, &code].map(|text| text.to_lowercase());
    for q in [&others, &others[7..], &bill, &lower_bill, &code, &lower_code, "JUMA", "jum"] {
        let found = page(&mut clerk, &format!("?q={q}")).await;
        assert_eq!(codes(&found), [others.as_str()], "{q}");
    }
    assert!(codes(&page(&mut clerk, "?q=nothing").await).is_empty());
    let case = clerk.get(&format!("/cases/{code}")).await.json;
    assert_eq!((&case["container"], &case["driver"]["plate"]), (&json!(others), &json!("HHLS42")));
    assert_eq!(clerk.get(&format!("/cases/{}", container(9))).await.refusal().0, 404);

    // The board follows: the arrival ends what waits here.
    let mut arrived = arrived;
    arrived["container"] = json!(mine);
    assert_eq!(sign(&mut clerk, "arrival", arrived).await.status, 200);
    until("nothing waits here", async || clerk.clone().get("/cases").await.json["mine"] == 0).await;
    let every = page(&mut clerk, "?state=all&limit=1").await;
    let next = every["next"].as_str().unwrap().to_owned();
    let rest = page(&mut clerk, &format!("?state=all&after={next}")).await;
    assert_eq!(codes(&every).len() + codes(&rest).len(), 2);
    // A new start has the same board from the store alone.
    site.stop().await;
    world.restart("terminal").await;
    let site = Site::of(&world, "terminal").await;
    clerk.address = site.address;
    let mut clerk = site.person(&world, "terminal", "mia", "Mia Berg", "viewer").await;
    until("the board is filled anew", async || {
        codes(&clerk.clone().get("/cases").await.json).len() == 2
    })
    .await;
    assert_eq!(clerk.get("/cases").await.json["mine"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_comes_with_what_its_documents_say_if_asked_and_parties_with_their_names() {
    let world = World::new(&["terminal", "line"]).await;
    let number = container(1);
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    let site = Site::of(&world, "terminal").await;
    let mut viewer = site.person(&world, "terminal", "mia", "Mia Berg", "viewer").await;
    let whole = viewer.get(&format!("/cases/{number}?documents=1")).await.json;
    let step = &whole["timeline"][0];
    let id = step["id"].as_str().unwrap();
    let document = viewer.get(&format!("/documents/{id}")).await.json;
    assert_eq!(step["payload"], document["payload"]);
    assert_eq!(step["payload"]["terms"]["release_to"], "haulier");
    let short = viewer.get(&format!("/cases/{number}")).await.json;
    assert!(short["timeline"][0].get("payload").is_none());
    for asked in ["documents=2", "documents=1&documents=1", "all=1"] {
        let said = viewer.get(&format!("/cases/{number}?{asked}")).await;
        assert_eq!(said.refusal(), (400, "bad-request"), "{asked}");
    }
    let parties = viewer.get("/parties").await.json;
    let parties = parties["parties"].as_array().unwrap();
    let line = parties.iter().find(|party| party["id"] == "line").unwrap();
    assert_eq!(line["roles"], json!(["line"]));
    assert!(line["name"].is_string());
    let mut nobody = Browser::at(site.address);
    assert_eq!(nobody.get("/parties").await.refusal(), (401, "not-logged-in"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_shown_before_it_is_signed_and_signed_in_the_name_of_who_is_logged_in() {
    let world = World::new(&["terminal", "line"]).await;
    let site = Site::of(&world, "line").await;
    let mut clerk = site.person(&world, "line", "wang.wei", "Wang Wei", "clerk").await;
    let file = std::fs::read(root().join("fixtures/edifact/coreor-demo.edi")).unwrap();
    let before = world.documents("line").await;
    let ask = "release_to=forwarder&terminal=terminal";
    let said = clerk.ask("POST", &format!("/import?preview=1&{ask}"), &file).await;
    assert_eq!(said.status, 200, "{said:?}");
    let shown = said.json["preview"].as_array().unwrap();
    assert_eq!(shown.len(), 5, "{said:?}");
    assert_eq!(shown[0]["kind"], "release-order");
    assert!(shown[0]["payload"]["terms"]["release_to"] == "forwarder", "{}", shown[0]);
    assert_eq!(world.documents("line").await, before, "nothing is signed yet");

    let said = clerk.ask("POST", &format!("/import?{ask}"), &file).await;
    let issued = said.json["issued"].as_array().unwrap();
    assert_eq!((said.status, issued.len()), (200, 5), "{said:?}");
    for line in issued {
        let id = line["id"].as_str().unwrap();
        let shown = clerk.get(&format!("/documents/{id}")).await.json;
        assert_eq!(shown["signed_by"]["login"], "wang.wei");
    }
    let said = clerk.ask("POST", &format!("/import?{ask}"), b"no EDIFACT at all").await;
    assert_eq!(said.status, 409, "{said:?}");
    let said = clerk.ask("POST", "/import?map=A", &file).await;
    assert_eq!(said.refusal(), (400, "bad-request"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_evidence_of_a_case_is_given_and_a_changed_file_is_not_believed() {
    let world = World::new(&["terminal", "line"]).await;
    let number = container(1);
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    let site = Site::of(&world, "terminal").await;
    let mut viewer = site.person(&world, "terminal", "mia", "Mia Berg", "viewer").await;
    let said = viewer.get(&format!("/evidence/{number}")).await;
    assert_eq!(said.status, 200, "{said:?}");
    let named = said.answer.field("content-disposition").unwrap();
    assert!(
        named.starts_with("attachment; filename=\"") && named.ends_with(".landside\""),
        "{named}"
    );
    let mut file = said.answer.body;
    let report = viewer.ask("POST", "/evidence/verify", &file).await;
    assert_eq!((report.status, &report.json["sound"]), (200, &json!(true)), "{report:?}");
    assert_eq!(report.json["container"], json!(number));
    assert_eq!(report.json["timeline"][0]["kind"], "release-order");
    let middle = file.len() / 2;
    file[middle] ^= 1;
    let report = viewer.ask("POST", "/evidence/verify", &file).await;
    assert_eq!((report.status, &report.json["sound"]), (200, &json!(false)));
    assert!(!report.json["findings"].as_array().unwrap().is_empty());
    assert_eq!(viewer.get(&format!("/evidence/{}", container(8))).await.refusal().0, 404);
    let wrong = viewer.ask("POST", "/evidence/verify?trust=xyz", &file).await;
    assert_eq!(wrong.refusal(), (400, "bad-request"));
}
