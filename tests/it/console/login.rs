//! Who is let in, for how long, and who is kept out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::ids::UnixMillis;
use landside_web::{ACCOUNT_FAILURES_MAX, LOCK_LIFE, SESSION_IDLE};
use serde_json::{Value, json};

use super::{Site, WORD, token};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_link_makes_one_administrator_and_dies() {
    let mut world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let (lines, _) = world.ask("line", Request::PeopleLink).await;
    assert_eq!((&lines[0]["event"], &lines[0]["role"]), (&json!("link"), &json!("admin")));
    let token = token(&lines[0]);
    let mut browser = site.browser();
    let said = browser.post("/session/link/look", json!({ "token": token })).await;
    assert_eq!((said.status, &said.json), (200, &json!({ "for": "admin" })));

    let follow = |password: &str, login: &str| json!({ "token": token, "password": password, "login": login, "name": "Wang Wei" });
    for (body, code) in [
        (follow("short", "wang.wei"), "password-short"),
        (follow("wang.wei and more", "wang.wei"), "password-plain"),
        (follow(WORD, "Wang"), "login-form"),
        (json!({ "token": token, "password": WORD, "login": "wang.wei" }), "person"),
        (
            json!({ "token": token, "password": WORD, "login": "wang.wei", "role": "x" }),
            "bad-request",
        ),
    ] {
        assert_eq!(browser.post("/session/link", body).await.refusal(), (400, code));
    }
    let said = browser.post("/session/link", follow(WORD, "wang.wei")).await;
    assert_eq!((said.status, &said.json["role"]), (200, &json!("admin")));
    let cookie = said.answer.field("set-cookie").unwrap().to_owned();
    let port = site.address.port();
    assert!(cookie.starts_with(&format!("landside-{port}=")), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    let who = browser.get("/session").await.json;
    for (field, value) in [
        ("login", "wang.wei"),
        ("name", "Wang Wei"),
        ("role", "admin"),
        ("party", "line"),
        ("zone", "UTC"),
        ("language", "en"),
    ] {
        assert_eq!(who[field], value, "{who}");
    }
    assert_eq!(who["party_roles"], json!(["line"]));

    for path in ["/session/link", "/session/link/look"] {
        let mut body = json!({ "token": token });
        if path == "/session/link" {
            body = follow(WORD, "second");
        }
        assert_eq!(site.browser().post(path, body).await.refusal(), (404, "link-unknown"));
    }
    let (people, _) = world.ask("line", Request::People).await;
    assert_eq!(people.len(), 1);
    // Nothing secret is kept in the home as it was said.
    let session = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    site.stop().await;
    world.kill("line").await;
    let contents = world.contents("line");
    assert!(contents.contains("wang.wei"));
    for secret in [WORD, &token, &session] {
        assert!(!contents.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_name_are_told_alike_and_wait_alike() {
    static AHEAD: AtomicU64 = AtomicU64::new(0);
    fn late() -> UnixMillis {
        clock().plus(Duration::from_secs(AHEAD.load(Ordering::SeqCst)))
    }
    let world = World::new(&["line"]).await;
    let site = Site::by_clock(&world, "line", late).await;
    site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let login = |name: &str, password: &str| {
        let body = json!({ "login": name, "password": password });
        let mut browser = site.browser();
        async move { browser.post("/session", body).await }
    };
    assert_eq!(login("li.na", WORD).await.status, 200);
    let mut said = Vec::new();
    for name in ["li.na", "nobody"] {
        for _ in 0..ACCOUNT_FAILURES_MAX {
            let wrong = login(name, "a lorry full of bricks").await;
            assert_eq!(wrong.refusal(), (401, "login-wrong"));
            assert_eq!(wrong.answer.field("set-cookie"), None);
            said.push(wrong.json);
        }
        let limited = login(name, WORD).await;
        assert_eq!(limited.refusal(), (429, "login-limited"), "the right one waits too");
        let after: u64 = limited.answer.field("retry-after").unwrap().parse().unwrap();
        assert!(after <= LOCK_LIFE.as_secs() + 1, "{after}");
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    AHEAD.store(LOCK_LIFE.as_secs() + 1, Ordering::SeqCst);
    assert_eq!(login("nobody", WORD).await.refusal(), (401, "login-wrong"));
    assert_eq!(login("li.na", WORD).await.status, 200);
    // Forgiven: the count begins anew.
    assert_eq!(login("li.na", "a lorry full of bricks").await.refusal(), (401, "login-wrong"));
    assert_eq!(login("li.na", WORD).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_logging_out_by_idling_and_with_another_password() {
    static AHEAD: AtomicU64 = AtomicU64::new(0);
    fn late() -> UnixMillis {
        clock().plus(Duration::from_secs(AHEAD.load(Ordering::SeqCst)))
    }
    let world = World::new(&["line"]).await;
    let site = Site::by_clock(&world, "line", late).await;
    let mut desk = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let mut phone = site.browser();
    let right = json!({ "login": "li.na", "password": WORD });
    assert_eq!(phone.post("/session", right.clone()).await.status, 200);

    let stale = desk.clone();
    let said = desk.delete("/session").await;
    assert_eq!(said.status, 204);
    assert!(said.answer.field("set-cookie").unwrap().contains("; Max-Age=0"));
    for mut browser in [desk, stale] {
        assert_eq!(browser.get("/session").await.refusal(), (401, "not-logged-in"));
    }
    assert_eq!(phone.get("/session").await.status, 200, "the other one goes on");

    let mut other = site.browser();
    assert_eq!(other.post("/session", right).await.status, 200);
    let change = |old: &str, new: &str| json!({ "old": old, "new": new });
    let new = "a lorry full of bricks";
    let wrong = phone.put("/session/password", change("a guess of the old", new)).await;
    assert_eq!(wrong.refusal(), (403, "password-wrong"));
    let before = phone.cookie.clone();
    assert_eq!(phone.put("/session/password", change(WORD, new)).await.status, 200);
    assert_ne!(phone.cookie, before);
    assert_eq!(phone.get("/session").await.status, 200);
    assert_eq!(other.get("/session").await.refusal(), (401, "not-logged-in"));

    AHEAD.store(SESSION_IDLE.as_secs(), Ordering::SeqCst);
    assert_eq!(phone.get("/session").await.refusal(), (401, "not-logged-in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_is_not_logged_in_learns_which_paths_there_are() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut known = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let mut forged = site.browser();
    forged.cookie = Some(format!("landside-{}=AAAA", site.address.port()));
    let mut said = Vec::new();
    for path in [
        "/session",
        "/cases",
        "/cases/LSDU0000015",
        "/documents/00",
        "/pending",
        "/people",
        "/events",
        "/evidence/LSDU0000015",
        "/nothing",
        "//api",
        "//api/v2/cases",
    ] {
        for browser in [&mut site.browser(), &mut forged] {
            let answer = browser.get(path).await;
            assert_eq!(answer.refusal(), (401, "not-logged-in"), "{path}");
            said.push(answer.json);
        }
    }
    for path in ["/documents", "/gate/check", "/gate/out", "/approve", "/import", "/people"] {
        let answer = site.browser().post(path, json!({})).await;
        assert_eq!(answer.refusal(), (401, "not-logged-in"), "{path}");
        said.push(answer.json);
    }
    said.push(site.browser().delete("/cases").await.json);
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    for path in ["/nothing", "//api/v2/cases"] {
        assert_eq!(known.get(path).await.refusal(), (404, "path-unknown"), "{path}");
    }
    assert_eq!(known.delete("/cases").await.refusal(), (405, "method-unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_loses_its_live_session_at_once() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut admin = site.person(&world, "line", "wang.wei", "Wang Wei", "admin").await;
    let mut clerk = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let mut gone = site.person(&world, "line", "amina", "Amina Said", "clerk").await;
    assert_eq!(admin.delete("/people/li.na").await.json["state"], "closed");
    let reset = admin.post("/people/amina/reset", json!({})).await.json;
    for browser in [&mut clerk, &mut gone] {
        assert_eq!(browser.get("/session").await.refusal(), (401, "not-logged-in"));
        assert_eq!(browser.get("/cases").await.refusal(), (401, "not-logged-in"));
    }
    for login in ["li.na", "amina"] {
        let body = json!({ "login": login, "password": WORD });
        assert_eq!(site.browser().post("/session", body).await.refusal(), (401, "login-wrong"));
    }
    let body = json!({ "token": token(&reset), "password": "a lorry full of bricks" });
    assert_eq!(gone.post("/session/link", body).await.status, 200);
    assert_eq!(gone.get("/session").await.json["login"], "amina");
    let people = admin.get("/people").await.json;
    let states: Vec<&Value> =
        people["people"].as_array().unwrap().iter().map(|person| &person["state"]).collect();
    assert_eq!(states, ["active", "closed", "active"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_survive_a_kill_and_sessions_do_not() {
    let mut world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut browser = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    assert_eq!(browser.put("/session/language", json!({ "language": "zh" })).await.status, 200);
    site.stop().await;
    world.restart("line").await;
    let site = Site::of(&world, "line").await;
    browser.address = site.address;
    assert_eq!(browser.get("/session").await.refusal(), (401, "not-logged-in"));
    let said = browser.post("/session", json!({ "login": "li.na", "password": WORD })).await;
    assert_eq!((said.status, &said.json["language"]), (200, &json!("zh")));
}
