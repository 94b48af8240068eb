//! Strangers, pages of others, and people who ask for more than they may.

use landside_node::control::Request;
use landside_web::{BODY_LIFE, JSON_MAX};
use serde_json::{Value, json};
use std::time::Instant;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Site, WORD};
use crate::web::client::{Answer, all, answer_to};
use crate::world::{PATIENCE, World, container, release_fields};

/// A draft that a line may sign.
fn order(number: u32) -> Value {
    let fields = release_fields(&container(number), "forwarder");
    json!({ "kind": "release-order", "fields": fields })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_others_has_anything_done() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let known = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let documents = world.documents("line").await;
    let own = format!("X-Landside: 1\r\nOrigin: http://{}\r\n", site.address);
    for fields in [
        String::new(),
        "Sec-Fetch-Site: same-origin\r\n".to_owned(),
        "X-Landside: 1\r\nSec-Fetch-Site: cross-site\r\n".to_owned(),
        "X-Landside: 1\r\nSec-Fetch-Site: same-site\r\n".to_owned(),
        "X-Landside: 1\r\nSec-Fetch-Site: none\r\n".to_owned(),
        "X-Landside: 1\r\nOrigin: https://evil.example\r\n".to_owned(),
        "X-Landside: 1\r\nOrigin: null\r\n".to_owned(),
        format!("X-Landside: 1\r\nOrigin: https://{}\r\n", site.address),
        format!("{own}Sec-Fetch-Site: cross-site\r\n"),
    ] {
        let mut browser = known.clone();
        browser.fields.clone_from(&fields);
        for path in ["/documents", "/session", "/people", "/nothing"] {
            let said = browser.post(path, order(1)).await;
            assert_eq!(said.refusal(), (403, "request-foreign"), "{fields} {path}");
        }
        assert_eq!(browser.delete("/session").await.refusal(), (403, "request-foreign"));
    }
    assert_eq!(world.documents("line").await, documents);
    let mut browser = known;
    browser.fields = own;
    assert_eq!(browser.post("/documents", order(1)).await.status, 202);
    // A page of another origin is never told that it may send that field.
    let asked = browser.ask("OPTIONS", "/documents", &[]).await;
    assert_eq!(asked.answer.field("access-control-allow-origin"), None);
    assert!(asked.status >= 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_gives_its_name_this_machines_address_gets_nothing() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let port = site.address.port();
    let asked = async |host: &str, path: &str| {
        let text = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        answer_to(site.address, text.as_bytes()).await.unwrap().status
    };
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        format!("evil-localhost:{port}"),
        format!("[evil.example]:{port}"),
        "\u{e9}vil".to_owned(),
    ] {
        for path in ["/", "/api/v1/session", "/driver/", "/nothing"] {
            assert_eq!(asked(&host, path).await, 421, "{host} {path}");
        }
    }
    for host in ["127.0.0.1".to_owned(), format!("LocalHost:{port}"), format!("[::1]:{port}")] {
        assert_eq!(asked(&host, "/").await, 200, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_does_what_it_may_and_nothing_else() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let receipt = json!({ "kind": "interchange-receipt", "fields": { "container": container(1) } });
    let hold = json!({ "kind": "hold", "fields": { "container": container(1) } });
    let check = json!({ "subject": container(1) });
    let draft = json!({ "id": "1-00000000" });
    let new = json!({ "login": "new.one", "name": "New One", "role": "admin" });
    let requests = [
        ("/documents", order(1)),
        ("/documents", hold),
        ("/documents", receipt),
        ("/gate/check", check.clone()),
        ("/gate/out", check),
        ("/approve", draft.clone()),
        ("/decline", draft),
        ("/import", json!("UNB")),
        ("/people", new),
        ("/people/li.na/reset", json!({})),
    ];
    for (login, role, refused) in [
        ("a.viewer", "viewer", "1111111111"),
        ("a.gate", "gate", "1100011111"),
        ("a.clerk", "clerk", "0011100011"),
        ("an.admin", "admin", "0000000000"),
    ] {
        let mut browser = site.person(&world, "line", login, login, role).await;
        let mut seen = String::new();
        for (path, body) in &requests {
            let said = browser.post(path, body.clone()).await;
            let refused = said.status == 403;
            if refused {
                assert_eq!(said.refusal(), (403, "not-permitted"), "{role} {path}");
            }
            seen.push(if refused { '1' } else { '0' });
        }
        assert_eq!(seen, refused, "{role}");
        for path in ["/cases", "/pending", "/outbox"] {
            assert_eq!(browser.get(path).await.status, 200, "{role} {path}");
        }
        let people = browser.get("/people").await.status;
        assert_eq!(people, if role == "admin" { 200 } else { 403 }, "{role}");
    }
    let (people, _) = world.ask("line", Request::People).await;
    let admins = people.iter().filter(|person| person["role"] == "admin").count();
    assert_eq!(admins, 2, "the administrator and the one that it added");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_no_file_of_the_machine_and_cannot_end_the_node() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut admin = site.person(&world, "line", "wang.wei", "Wang Wei", "admin").await;
    for path in
        ["/import?profile=%2Fetc%2Fpasswd", "/import?preview=1&preview=1", "/import?preview=yes"]
    {
        assert_eq!(admin.ask("POST", path, b"UNB").await.refusal(), (400, "bad-request"), "{path}");
    }
    for path in ["/stop", "/directory", "/watch"] {
        assert_eq!(admin.post(path, json!({})).await.refusal(), (404, "path-unknown"), "{path}");
    }
    for path in
        ["//../config.toml", "//assets/../Cargo.toml", "//%2e%2e/people.json", "//people.json"]
    {
        assert_eq!(admin.get(path).await.refusal(), (404, "path-unknown"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_long_or_no_json_or_unasked_for_is_refused() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut clerk = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let long = vec![b' '; JSON_MAX + 1];
    for path in ["/documents", "/session", "/session/link"] {
        let said = clerk.ask("POST", path, &long).await;
        assert_eq!(said.refusal(), (413, "body-too-long"), "{path}");
    }
    for body in
        ["", "{", "[]", "null", "{\"kind\": 7}", "{\"kind\":\"hold\",\"fields\":{},\"x\":1}"]
    {
        let said = clerk.ask("POST", "/documents", body.as_bytes()).await;
        assert_eq!(said.refusal(), (400, "bad-request"), "{body}");
    }
    let said = clerk.ask("GET", "/cases", b"{}").await;
    assert_eq!(said.refusal(), (413, "content-unwanted"));
    for path in
        ["/cases?limit=x", "/cases?after=1.2", "/cases?mine=2", "/cases?what=1", "/cases?state=x"]
    {
        assert_eq!(clerk.get(path).await.refusal(), (400, "bad-request"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_given_up_and_said() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let clerk = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let whole = clerk.request("POST", "/documents", order(1).to_string().as_bytes());
    let begun = Instant::now();
    let (mut read, mut write) = TcpStream::connect(site.address).await.unwrap().into_split();
    write.write_all(&whole[..whole.len() - 1]).await.unwrap();
    let said = timeout(PATIENCE, all(&mut read)).await.unwrap();
    let answer = Answer::read(&said).unwrap();
    assert_eq!(answer.status, 408);
    assert!(begun.elapsed() >= BODY_LIFE);
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body["code"], "body-slow");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_says_what_browsers_may_make_of_it() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut known = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let mut foreign = known.clone();
    foreign.fields.clear();
    let tag = known.get("//robots.txt").await.answer.field("etag").unwrap().to_owned();
    let mut again = known.clone();
    again.fields = format!("If-None-Match: {tag}\r\n");
    let long = vec![b' '; JSON_MAX + 1];
    let answers = [
        (200, known.get("//robots.txt").await),
        (304, again.get("//robots.txt").await),
        (404, known.get("//nothing.js").await),
        (405, known.ask("POST", "//robots.txt", &[]).await),
        (200, known.get("/session").await),
        (200, known.get("/cases").await),
        (401, site.browser().get("/session").await),
        (401, site.browser().post("/session", json!({ "login": "x", "password": WORD })).await),
        (403, foreign.post("/documents", order(1)).await),
        (404, known.get("/nothing").await),
        (404, known.get("/cases/LSDU0000015").await),
        (405, known.delete("/cases").await),
        (413, known.ask("POST", "/documents", &long).await),
        (204, known.delete("/session").await),
    ];
    for (status, said) in &answers {
        assert_eq!(said.status, *status, "{said:?}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            (
                "content-security-policy",
                "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: \
                 data:; connect-src 'self'; base-uri 'none'; form-action 'self'; \
                 frame-ancestors 'none'",
            ),
        ] {
            assert_eq!(said.answer.field(name), Some(value), "{name} of {said:?}");
        }
        let policy = said.answer.field("permissions-policy").unwrap();
        assert!(policy.starts_with("camera=(self), microphone=()"), "{policy}");
        assert_eq!(said.answer.field("strict-transport-security"), None, "it is plain HTTP");
        assert_eq!(said.answer.field("access-control-allow-origin"), None);
        assert_eq!(said.answer.field("server"), None);
        // Answers of the door have weak ones, and are not to be stored.
        let asset = said.answer.field("etag").is_some_and(|tag| !tag.starts_with("W/"));
        let kept = if asset { "no-cache" } else { "no-store" };
        assert_eq!(said.answer.field("cache-control"), Some(kept), "{said:?}");
    }
}
