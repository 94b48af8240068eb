//! Programs with tokens: what they may, in whose name, until when; and requests that are sent again.

use landside_node::control::Request;
use serde_json::{Value, json};

use super::Site;
use crate::console::browser::{Browser, Said};
use crate::world::{DAY, World, container, later, release_fields, until};

/// A program: no cookie, no field of own pages, a token.
fn program(site: &Site, token: &str) -> Browser {
    let fields = format!("Authorization: Bearer {token}\r\n");
    Browser { address: site.address, cookie: None, fields }
}

/// Makes a token at the machine itself; gives its number and text.
async fn made(world: &World, node: &str, person: &str, scopes: &[&str]) -> (u64, String) {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let (person, label) = (Some(person.to_owned()), "ERP".to_owned());
    let request = Request::TokenAdd { person, label, scopes, days: 30 };
    let (lines, done) = world.ask(node, request).await;
    assert_eq!(done.exit, 0, "{done:?}");
    (lines[0]["id"].as_u64().unwrap(), lines[0]["token"].as_str().unwrap().to_owned())
}

async fn add(world: &World, node: &str, login: &str, name: &str, role: &str) {
    let [login, name, role] = [login, name, role].map(str::to_owned);
    let (_, done) = world.ask(node, Request::PersonAdd { login, name, role }).await;
    assert_eq!(done.exit, 0, "{done:?}");
}

async fn sign(program: &mut Browser, kind: &str, fields: Value) -> Said {
    program.post("/documents", json!({ "kind": kind, "fields": fields })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_program_has_signed_names_the_person_and_the_token_through_a_kill() {
    let mut world = World::new(&["terminal", "line"]).await;
    let site = Site::of(&world, "line").await;
    add(&world, "line", "erp", "ERP of the line", "clerk").await;
    let (number, token) = made(&world, "line", "erp", &["read", "sign:release-order"]).await;
    let mut erp = program(&site, &token);
    let said = sign(&mut erp, "release-order", release_fields(&container(1), "forwarder")).await;
    assert_eq!((said.status, &said.json["outcome"]), (200, &json!("accepted")), "{said:?}");
    let id = said.json["id"].as_str().unwrap().to_owned();
    let hold = json!({ "container": container(1), "hold_type": "freight", "reason": "unpaid" });
    assert_eq!(sign(&mut erp, "hold", hold).await.refusal(), (403, "not-permitted"));

    site.stop().await;
    world.restart("line").await;
    let site = Site::of(&world, "line").await;
    let said = program(&site, &token).get(&format!("/documents/{id}")).await;
    let by = &said.json["signed_by"];
    assert_eq!((&by["login"], &by["name"]), (&json!("erp"), &json!("ERP of the line")));
    assert_eq!((&by["token"], &by["program"]), (&json!(number), &json!("ERP")));
    site.stop().await;
    world.kill("line").await;
    world.fsck("line");
    assert!(!world.contents("line").contains(&token), "a token is kept as its hash alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_beside_a_token_counts_for_nothing() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut admin = site.person(&world, "line", "wang.wei", "Wang Wei", "admin").await;
    add(&world, "line", "guest", "Guest", "viewer").await;
    let (_, token) = made(&world, "line", "guest", &["read", "sign"]).await;
    let mut both = admin.clone();
    both.fields = format!("{}Authorization: Bearer {token}\r\n", both.fields);
    assert_eq!(both.get("/people").await.refusal(), (403, "not-permitted"));
    let order = release_fields(&container(1), "forwarder");
    assert_eq!(sign(&mut both, "release-order", order).await.refusal(), (403, "not-permitted"));
    both.fields = "X-Landside: 1\r\nAuthorization: Bearer landside_wrong\r\n".to_owned();
    assert_eq!(both.get("/people").await.refusal(), (401, "token-bad"));
    assert_eq!(both.get("/nothing").await.refusal(), (401, "token-bad"));
    assert_eq!(both.delete("/session").await.refusal(), (401, "token-bad"));
    assert_eq!(admin.get("/people").await.status, 200, "the session went on");
    let who = program(&site, &token).get("/session").await.json;
    assert_eq!((&who["login"], &who["way"]), (&json!("guest"), &json!("token")));
    assert_eq!((&who["may"], &who["scopes"]), (&json!([]), &json!(["read", "sign"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_token_that_is_not_good_gets_one_and_the_same_refusal() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut admin = site.person(&world, "line", "wang.wei", "Wang Wei", "admin").await;
    for (login, name) in [("one", "Number One"), ("two", "Number Two")] {
        add(&world, "line", login, name, "clerk").await;
    }
    let (_, orphan) = made(&world, "line", "one", &["read"]).await;
    let (number, revoked) = made(&world, "line", "two", &["read"]).await;
    for token in [&orphan, &revoked] {
        assert_eq!(program(&site, token).get("/cases").await.status, 200);
    }
    assert_eq!(admin.delete("/people/one").await.status, 200);
    let said = admin.delete(&format!("/tokens/{number}")).await;
    assert_eq!((said.status, &said.json["state"]), (200, &json!("revoked")), "{said:?}");
    let mut refused = Vec::new();
    for field in [
        format!("Bearer {orphan}"),
        format!("Bearer {revoked}"),
        "Bearer landside_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "Bearer ".to_owned(),
        "Basic bGluZTpsaW5l".to_owned(),
        format!("Bearer {orphan}\r\nAuthorization: Bearer {orphan}"),
    ] {
        let mut program = site.browser();
        program.fields = format!("Authorization: {field}\r\n");
        let said = program.get("/cases").await;
        assert_eq!(said.refusal(), (401, "token-bad"), "{field}");
        assert_eq!(said.answer.field("www-authenticate"), Some("Bearer"));
        refused.push(said.json);
    }
    assert!(refused.iter().all(|one| *one == refused[0]), "{refused:?}");
    let listed = admin.get("/tokens").await.json;
    let states: Vec<_> =
        listed["tokens"].as_array().unwrap().iter().map(|token| token["state"].clone()).collect();
    assert_eq!(states, ["revoked", "orphaned"]);
    assert!(!listed.to_string().contains("landside_"), "a list has no token");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_program_does_what_asks_for_a_person() {
    let world = World::new(&["terminal"]).await;
    let site = Site::of(&world, "terminal").await;
    add(&world, "terminal", "boss", "Boss", "admin").await;
    let everything = ["read", "sign", "gate", "import", "sign:hold"];
    let (_, token) = made(&world, "terminal", "boss", &everything).await;
    let mut boss = program(&site, &token);
    for path in ["/people", "/tokens"] {
        assert_eq!(boss.get(path).await.refusal(), (403, "not-permitted"), "{path}");
    }
    let token = json!({ "label": "more", "scopes": ["read"], "days": 1 });
    let person = json!({ "login": "new.one", "name": "New One", "role": "admin" });
    let draft = json!({ "id": "1-00000000" });
    for (path, body) in [
        ("/tokens", token),
        ("/people", person),
        ("/approve", draft.clone()),
        ("/decline", draft),
        ("/people/boss/reset", json!({})),
    ] {
        assert_eq!(boss.post(path, body).await.refusal(), (403, "not-permitted"), "{path}");
    }
    let over = json!({ "container": container(1), "light": "commercial", "reason": "paid",
        "valid_until": later(DAY) });
    assert_eq!(sign(&mut boss, "override", over).await.refusal(), (403, "not-permitted"));
    let password = json!({ "old": "x", "new": "a lorry full of tulips" });
    assert_eq!(boss.put("/session/password", password).await.refusal(), (403, "not-for-programs"));
    assert_eq!(boss.delete("/session").await.refusal(), (403, "not-for-programs"));
    assert_eq!(boss.get("/session/passkeys").await.refusal(), (403, "not-for-programs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_make_tokens_and_nobody_else_does() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut admin = site.person(&world, "line", "wang.wei", "Wang Wei", "admin").await;
    let mut clerk = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let new = json!({ "person": "li.na", "label": "ERP", "scopes": ["read"], "days": 1 });
    assert_eq!(clerk.post("/tokens", new.clone()).await.refusal(), (403, "not-permitted"));
    assert_eq!(clerk.get("/tokens").await.refusal(), (403, "not-permitted"));
    let said = admin.post("/tokens", new.clone()).await;
    assert_eq!((said.status, &said.json["made_by"]["login"]), (200, &json!("wang.wei")));
    let token = said.json["token"].as_str().unwrap();
    assert_eq!(program(&site, token).get("/session").await.json["login"], "li.na");
    for (field, value, refusal) in [
        ("days", json!(0), (400, "token-days")),
        ("days", json!(367), (400, "token-days")),
        ("days", json!(-1), (400, "bad-request")),
        ("scopes", json!([]), (400, "token-scope")),
        ("scopes", json!(["admin"]), (400, "token-scope")),
        ("scopes", json!(["sign:override"]), (400, "token-scope")),
        ("label", json!(""), (400, "token-label")),
        ("person", json!("nobody"), (404, "token-person-unknown")),
        ("until", json!(1), (400, "bad-request")),
    ] {
        let mut wrong = new.clone();
        wrong[field] = value.clone();
        assert_eq!(admin.post("/tokens", wrong).await.refusal(), refusal, "{field} {value}");
    }
    assert_eq!(admin.delete("/tokens/99").await.refusal(), (404, "token-unknown"));
    assert_eq!(admin.delete("/tokens/x").await.refusal(), (400, "bad-request"));
}

/// The program with a name for its next request.
fn named(program: &Browser, name: &str) -> Browser {
    let mut named = program.clone();
    named.fields.push_str(&format!("Idempotency-Key: {name}\r\n"));
    named
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_sent_again_with_its_name_is_answered_as_before_and_signs_nothing_twice() {
    let mut world = World::new(&["terminal", "line"]).await;
    let site = Site::of(&world, "line").await;
    add(&world, "line", "erp", "ERP of the line", "clerk").await;
    let (_, token) = made(&world, "line", "erp", &["read", "sign"]).await;
    let (_, other) = made(&world, "line", "erp", &["read", "sign"]).await;
    let erp = program(&site, &token);
    let order = release_fields(&container(1), "forwarder");
    let first = sign(&mut named(&erp, "order-1"), "release-order", order.clone()).await;
    assert_eq!((first.status, &first.json["outcome"]), (200, &json!("accepted")), "{first:?}");
    until("the line has it", async || world.status("line", &container(1)).await.is_some()).await;
    let documents = world.documents("line").await;
    let again = sign(&mut named(&erp, "order-1"), "release-order", order.clone()).await;
    assert_eq!((again.status, &again.json), (200, &first.json));
    assert_eq!(again.answer.field("idempotent-replayed"), Some("true"));
    assert_eq!(world.documents("line").await, documents);
    let another = release_fields(&container(2), "forwarder");
    let said = sign(&mut named(&erp, "order-1"), "release-order", another).await;
    assert_eq!(said.refusal(), (422, "request-other"));
    // A name is of who chose it; and what a terminal refused is an answer, too.
    let double = release_fields(&container(1), "haulier");
    let mut second = named(&program(&site, &other), "order-1");
    let refused = sign(&mut second, "release-order", double.clone()).await;
    assert_eq!(refused.refusal(), (409, "double-release"));
    let again = sign(&mut second, "release-order", double).await;
    assert_eq!((again.refusal(), &again.json), ((409, "double-release"), &refused.json));
    // Nothing was signed, so the name is free.
    let wrong = sign(&mut named(&erp, "order-2"), "hold", json!({})).await;
    assert_eq!(wrong.refusal(), (400, "bad-field"));
    let hold = json!({ "container": container(1), "hold_type": "freight", "reason": "unpaid" });
    assert_eq!(sign(&mut named(&erp, "order-2"), "hold", hold).await.status, 200);
    for wrong in ["", " ", "a b", &"x".repeat(65), "a\r\nIdempotency-Key: b"] {
        let said = sign(&mut named(&erp, wrong), "hold", json!({})).await;
        assert_eq!(said.refusal(), (400, "request-name"), "{wrong:?}");
    }

    site.stop().await;
    world.restart("line").await;
    let site = Site::of(&world, "line").await;
    let again = sign(&mut named(&program(&site, &token), "order-1"), "release-order", order).await;
    assert_eq!((again.status, &again.json), (200, &first.json), "it outlives the process");
    site.stop().await;
    world.kill("line").await;
    world.fsck("line");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_equal_requests_at_once_one_is_done() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    add(&world, "line", "erp", "ERP of the line", "clerk").await;
    let (_, token) = made(&world, "line", "erp", &["sign"]).await;
    let erp = named(&program(&site, &token), "the-one");
    let order = release_fields(&container(1), "forwarder");
    let documents = world.documents("line").await;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (mut erp, order) = (erp.clone(), order.clone());
        asked.spawn(async move { sign(&mut erp, "release-order", order).await });
    }
    let said = asked.join_all().await;
    // The terminal cannot be reached: the document is on its way.
    let done: Vec<_> = said.iter().filter(|said| said.status == 202).collect();
    assert!(!done.is_empty() && done.iter().all(|said| said.json == done[0].json), "{said:?}");
    for other in said.iter().filter(|said| said.status != 202) {
        assert_eq!(other.refusal(), (409, "request-running"));
    }
    assert_eq!(world.documents("line").await, documents + 1, "one order is there");
}
