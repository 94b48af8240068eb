//! Links to how far a case is: what they show, to whom they are worth nothing, and who made them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use landside_node::control::Request;
use landside_node::node::clock;
use landside_node::shares::{SHARE_LIFE_MAX, SHARES_PER_CASE_MAX};
use landside_proto::ids::UnixMillis;
use landside_web::{ADDRESS_FAILURES_MAX, LOCK_LIFE};
use serde_json::{Value, json};

use super::Site;
use crate::console::browser::{Browser, Said};
use crate::world::{DAY, DRIVER, World, container, later, public, release_fields, until};

/// What documents of the case say, and no link may.
const HIDDEN: [&str; 14] = [
    "BL-SECRET-7",
    "MV Nightingale",
    "9074729",
    "REL-998877",
    "DEPOT-REF-5",
    "DECL-443322",
    "NAT-CODE-9",
    "unpaid demurrage of March",
    "HHLS4711",
    "Juma Ally",
    "Secret Consignee Ltd",
    "where is my box?",
    "Amina Said",
    "the angry importer",
];

/// A case about which there is much to hide: held by the line, cleared by customs, off the ship, with a
/// driver.
async fn case_with_secrets(world: &World, number: &str) {
    let order = json!({
        "container": number, "terminal": "terminal", "bill": HIDDEN[0],
        "vessel": { "name": HIDDEN[1], "imo": HIDDEN[2], "voyage": "V1" },
        "consignee": HIDDEN[10], "terms": {
            "release_to": "haulier", "valid_until": later(9 * DAY), "haulage": "merchant",
            "reference": HIDDEN[3],
            "empty_return": { "depot": "TZDAR DEPOT 4", "reference": HIDDEN[4] },
        },
    });
    world.accepted("line", "release-order", order).await;
    let status = json!({ "container": number, "terminal": "terminal", "consignment": HIDDEN[0],
        "status": "released", "national_code": HIDDEN[6], "declaration": HIDDEN[5] });
    world.accepted("customs", "customs-status", status).await;
    let arrived = json!({ "container": number, "available": true, "cleared": true,
        "discharged_at": later(Duration::ZERO), "position": "yard B12" });
    world.accepted("terminal", "arrival", arrived).await;
    let hold = json!({ "container": number, "hold_type": "freight", "reason": HIDDEN[7] });
    world.accepted("line", "hold", hold).await;
    let device = public(DRIVER).to_string();
    let credential = json!({ "key": device, "name": HIDDEN[9], "state": "active",
        "valid_until": later(DAY) });
    world.accepted("haulier", "driver-credential", credential).await;
    until("the haulier has it", async || world.status("haulier", number).await.is_some()).await;
    let bound = json!({ "container": number, "driver": device, "plate": HIDDEN[8] });
    world.accepted("haulier", "driver-binding", bound).await;
    let asks = json!({ "container": number, "subject": "question", "to": "terminal",
        "text": HIDDEN[11] });
    world.accepted("line", "question", asks).await;
    until("the line has all of it", async || {
        let case = world.status("line", number).await.unwrap_or_default();
        let kinds: Vec<_> =
            case["timeline"].as_array().unwrap().iter().map(|s| &s["kind"]).collect();
        ["driver-binding", "question", "hold", "customs-status"]
            .iter()
            .all(|kind| kinds.iter().any(|step| *step == kind))
    })
    .await;
}

/// Makes a link; gives its token.
async fn made(browser: &mut Browser, subject: &str) -> (u64, String) {
    let new = json!({ "days": 7, "label": HIDDEN[13] });
    let said = browser.post(&format!("/cases/{subject}/shares"), new).await;
    assert_eq!(said.status, 200, "{said:?}");
    let url = said.json["url"].as_str().unwrap();
    let (page, token) = url.split_once('#').unwrap();
    assert_eq!(page, format!("http://{}/share/", browser.address));
    assert!(token.len() >= 22, "128 bits at least: {token}");
    (said.json["share"].as_u64().unwrap(), token.to_owned())
}

async fn follow(site: &Site, token: &str) -> Said {
    site.browser().post("/share", json!({ "token": token })).await
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_shows_how_far_a_case_is_and_nothing_that_its_documents_say() {
    let world = World::new(&["terminal", "line", "customs", "haulier"]).await;
    let number = container(1);
    case_with_secrets(&world, &number).await;
    let site = Site::of(&world, "line").await;
    let mut clerk = site.person(&world, "line", "amina", HIDDEN[12], "clerk").await;
    let (_, token) = made(&mut clerk, &number).await;
    let said = follow(&site, &token).await;
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(said.answer.field("set-cookie"), None);
    assert_eq!(said.answer.field("cache-control"), Some("no-store"));
    assert_eq!(said.answer.field("referrer-policy"), Some("no-referrer"));
    let seen = &said.json;
    // The whole of it, so that a field more is looked at here before it is shown to anybody.
    let shown = "box code container driver_named event lights names needs now pass_issued slot \
        state steps terminal until zone";
    assert_eq!(keys(seen), shown.split_whitespace().collect());
    assert_eq!(seen["container"], json!(number));
    assert_eq!(
        seen["lights"],
        json!({ "commercial": "red", "customs": "green",
        "terminal": "green" })
    );
    assert_eq!(keys(&seen["box"]), ["discharged_at", "empty_return", "position"].into());
    assert_eq!(seen["box"]["empty_return"], json!(["TZDAR DEPOT 4"]));
    assert_eq!(seen["driver_named"], true);
    let hold = seen["needs"].as_array().unwrap().iter().find(|need| need["code"] == "hold");
    let hold = hold.unwrap();
    assert_eq!(keys(hold), ["code", "light", "overdue", "owed_by", "promised_at", "since"].into());
    assert_eq!((&hold["owed_by"], &hold["light"]), (&json!("line"), &json!("commercial")));
    assert!(seen["names"]["line"].is_string() && seen["names"]["terminal"].is_string());
    let steps = seen["steps"].as_array().unwrap();
    let kinds: Vec<_> = steps.iter().map(|step| step["kind"].as_str().unwrap()).collect();
    for kind in ["release-order", "customs-status", "arrival", "hold", "driver-binding"] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    for kind in ["question", "answer", "progress"] {
        assert!(!kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    for step in steps {
        assert!(keys(step).is_subset(&["at", "by", "kind"].into()), "{step}");
        let of_an_office =
            !["driver-binding", "slot-request"].contains(&step["kind"].as_str().unwrap());
        assert_eq!(step.get("by").is_some(), of_an_office, "{step}");
    }
    let body = String::from_utf8_lossy(&said.answer.body).into_owned();
    let whole = clerk.get(&format!("/cases/{number}?documents=1")).await;
    // What people of the case read in their own language, and a link has not.
    let needs = whole.json["needs"].as_array().unwrap();
    let held = needs.iter().find(|need| need["code"] == "hold").unwrap();
    assert_eq!((&held["hold_type"], &held["reason"]), (&json!("freight"), &json!(HIDDEN[7])));
    let whole = String::from_utf8_lossy(&whole.answer.body).into_owned();
    for hidden in HIDDEN {
        assert!(!body.contains(hidden), "{hidden} in {body}");
        let known = whole.contains(hidden) || [HIDDEN[12], HIDDEN[13]].contains(&hidden);
        assert!(known, "{hidden} is in no document: it proves nothing that no link shows it");
    }
    // A hash of a document lets a guess of it be compared.
    let hashes = body.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() >= 16);
    assert_eq!(hashes.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_follows_the_case_and_a_haulier_can_share_its_part() {
    let world = World::new(&["terminal", "line", "customs", "haulier"]).await;
    let number = container(1);
    case_with_secrets(&world, &number).await;
    let site = Site::of(&world, "haulier").await;
    let mut clerk = site.person(&world, "haulier", "amina", "Amina Said", "clerk").await;
    let (_, token) = made(&mut clerk, &number).await;
    until("the haulier's node knows of the hold", async || {
        follow(&site, &token).await.json["lights"]["commercial"] == "red"
    })
    .await;
    let lift = json!({ "container": number, "reason": "paid" });
    world.accepted("line", "hold-lift", lift).await;
    until("the link shows that it is lifted", async || {
        follow(&site, &token).await.json["lights"]["commercial"] == "green"
    })
    .await;
    let seen = follow(&site, &token).await;
    let body = String::from_utf8_lossy(&seen.answer.body).into_owned();
    for hidden in HIDDEN {
        assert!(!body.contains(hidden), "{hidden} in {body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_expired_and_revoked_links_are_refused_with_the_same_words() {
    static AHEAD: AtomicU64 = AtomicU64::new(0);
    fn late() -> UnixMillis {
        clock().plus(Duration::from_secs(AHEAD.load(Ordering::SeqCst)))
    }
    let world = World::new(&["terminal", "line"]).await;
    let number = container(1);
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    let site = Site::by_clock(&world, "line", late).await;
    let mut clerk = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let mut other = site.person(&world, "line", "ole", "Ole Hansen", "clerk").await;
    let [(good, token), (revoked, dead), (_, of_ole)] = [
        made(&mut clerk, &number).await,
        made(&mut clerk, &number).await,
        made(&mut other, &number).await,
    ];
    for token in [&token, &dead, &of_ole] {
        assert_eq!(follow(&site, token).await.status, 200);
    }
    let ended = other.delete(&format!("/shares/{revoked}")).await;
    assert_eq!((ended.status, &ended.json["state"]), (200, &json!("revoked")), "{ended:?}");
    // Dead at once, though what it showed is still fresh.
    let mut refusals = vec![follow(&site, &dead).await];
    let close = Request::PersonClose { login: "ole".to_owned() };
    assert_eq!(world.ask("line", close).await.1.exit, 0);
    refusals.push(follow(&site, &of_ole).await);
    for unknown in ["", "x", &token[1..], &format!("{token}A")] {
        refusals.push(follow(&site, unknown).await);
    }
    assert_eq!(follow(&site, &token).await.status, 200);
    AHEAD.store(7 * DAY.as_secs() + 1, Ordering::SeqCst);
    refusals.push(follow(&site, &token).await);
    for said in &refusals {
        assert_eq!(said.refusal(), (404, "share-link-unknown"));
        assert_eq!(said.json, refusals[0].json);
        assert_eq!(said.answer.field("set-cookie"), None);
    }
    AHEAD.store(0, Ordering::SeqCst);
    let list = clerk.get(&format!("/cases/{number}/shares")).await.json;
    let list = list["shares"].as_array().unwrap();
    let states: Vec<_> = list.iter().map(|share| share["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["orphaned", "revoked", "good"], "the newest first");
    assert_eq!(list[1]["revoked_by"]["login"], "ole");
    assert_eq!(list[2]["made_by"], json!({ "login": "li.na", "name": "Li Na", "role": "clerk" }));
    assert!(list.iter().all(|share| share.get("url").is_none() && share.get("path").is_none()));
    assert_eq!(list[2]["share"], json!(good));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_tries_many_links_waits_and_no_longer_than_that() {
    static AHEAD: AtomicU64 = AtomicU64::new(0);
    fn late() -> UnixMillis {
        clock().plus(Duration::from_secs(AHEAD.load(Ordering::SeqCst)))
    }
    let world = World::new(&["terminal", "line"]).await;
    let number = container(1);
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    let site = Site::by_clock(&world, "line", late).await;
    let mut clerk = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let (_, token) = made(&mut clerk, &number).await;
    // A good link is no try, however often it is looked through.
    for _ in 0..2 * ADDRESS_FAILURES_MAX {
        assert_eq!(follow(&site, &token).await.status, 200);
    }
    for n in 0..ADDRESS_FAILURES_MAX {
        let said = follow(&site, &format!("guess-{n}")).await;
        assert_eq!(said.refusal(), (404, "share-link-unknown"), "{n}");
    }
    let limited = follow(&site, "one-more").await;
    assert_eq!(limited.refusal(), (429, "share-limited"));
    let after: u64 = limited.answer.field("retry-after").unwrap().parse().unwrap();
    assert!(after <= LOCK_LIFE.as_secs() + 1, "{after}");
    assert_eq!(follow(&site, &token).await.refusal(), (429, "share-limited"));
    // Log-ins are counted apart: nobody's work stops for what strangers try.
    let login = json!({ "login": "li.na", "password": super::WORD });
    assert_eq!(site.browser().post("/session", login).await.status, 200);
    AHEAD.store(LOCK_LIFE.as_secs() + 1, Ordering::SeqCst);
    assert_eq!(follow(&site, &token).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_opens_one_case_and_no_other_path() {
    let world = World::new(&["terminal", "line"]).await;
    let [number, other] = [container(1), container(2)];
    for number in [&number, &other] {
        world.accepted("line", "release-order", release_fields(number, "haulier")).await;
    }
    let site = Site::of(&world, "line").await;
    let mut clerk = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    let (id, token) = made(&mut clerk, &number).await;
    let code = world.status("line", &number).await.unwrap()["code"].as_str().unwrap().to_owned();
    // What a link may not be turned into: another subject, a session, a document, a list.
    for body in [
        json!({ "token": token, "subject": other }),
        json!({ "token": token, "case": code }),
        json!({ "token": null }),
        json!({ "token": [token] }),
        json!({}),
    ] {
        let said = site.browser().post("/share", body.clone()).await;
        assert_eq!(said.refusal(), (400, "bad-request"), "{body}");
    }
    let padded = json!({ "token": format!("{token}{}", "A".repeat(5_000)) });
    assert_eq!(site.browser().post("/share", padded).await.refusal(), (413, "body-too-long"));
    for path in [
        format!("/share/{token}"),
        format!("/share?token={token}"),
        format!("/cases/{code}"),
        format!("/cases/{code}?token={token}"),
        format!("/cases/{code}/shares"),
        format!("/shares/{id}"),
        format!("/shares/{token}"),
        "/events".to_owned(),
        "/parties".to_owned(),
    ] {
        let mut browser = site.browser();
        browser.cookie = Some(format!("landside-{}={token}", site.address.port()));
        assert_eq!(browser.get(&path).await.refusal(), (401, "not-logged-in"), "{path}");
        assert_eq!(browser.delete(&path).await.refusal(), (401, "not-logged-in"), "{path}");
    }
    let mut program = site.browser();
    program.fields.push_str(&format!("Authorization: Bearer {token}\r\n"));
    for path in [format!("/cases/{code}"), "/events".to_owned()] {
        assert_eq!(program.get(&path).await.refusal(), (401, "token-bad"), "{path}");
        assert_eq!(program.delete(&path).await.refusal(), (401, "token-bad"), "{path}");
    }
    for path in
        ["//share/../people.json", "//share/%2e%2e/shares.json", "//shares.json", "//share/x"]
    {
        assert_eq!(site.browser().get(path).await.refusal(), (404, "path-unknown"), "{path}");
    }
    assert_eq!(site.browser().get("//share/").await.status, 200, "the page itself is no secret");
    // A page of others cannot have it asked for.
    let mut foreign = site.browser();
    for fields in ["", "X-Landside: 1\r\nSec-Fetch-Site: cross-site\r\n"] {
        foreign.fields = fields.to_owned();
        let said = foreign.post("/share", json!({ "token": token })).await;
        assert_eq!(said.refusal(), (403, "request-foreign"));
    }
    let seen = follow(&site, &token).await.json;
    assert_eq!(seen["container"], json!(number));
    assert!(!seen.to_string().contains(&other));
    // Nothing of a token is in the home, and none came out of a restart but by its hash.
    site.stop().await;
    let mut world = world;
    world.kill("line").await;
    assert!(!world.contents("line").contains(&token));
    world.start("line").await;
    let site = Site::of(&world, "line").await;
    until("the case is there", async || world.status("line", &number).await.is_some()).await;
    assert_eq!(follow(&site, &token).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clerks_make_links_and_what_they_ask_for_is_bounded() {
    let world = World::new(&["terminal", "line"]).await;
    let number = container(1);
    world.accepted("line", "release-order", release_fields(&number, "haulier")).await;
    let site = Site::of(&world, "line").await;
    let mut clerk = site.person(&world, "line", "li.na", "Li Na", "clerk").await;
    assert!(clerk.get("/session").await.json["may"].as_array().unwrap().contains(&json!("share")));
    let path = format!("/cases/{number}/shares");
    let (id, _) = made(&mut clerk, &number).await;
    for (login, role) in [("a.viewer", "viewer"), ("a.gate", "gate")] {
        let mut browser = site.person(&world, "line", login, login, role).await;
        let new = json!({ "days": 7 });
        assert_eq!(browser.post(&path, new).await.refusal(), (403, "not-permitted"), "{role}");
        assert_eq!(browser.get(&path).await.refusal(), (403, "not-permitted"), "{role}");
        let end = browser.delete(&format!("/shares/{id}")).await;
        assert_eq!(end.refusal(), (403, "not-permitted"), "{role}");
    }
    for days in [0, 31, u32::MAX] {
        let said = clerk.post(&path, json!({ "days": days })).await;
        assert_eq!(said.refusal(), (400, "share-days"), "{days}");
    }
    assert_eq!(SHARE_LIFE_MAX, 30 * DAY);
    for label in ["a\nb", "a\u{202e}b", &"x".repeat(201)] {
        let said = clerk.post(&path, json!({ "days": 7, "label": label })).await;
        assert_eq!(said.refusal(), (400, "share-label"), "{label:?}");
    }
    for wrong in [json!({}), json!({ "days": "7" }), json!({ "days": 7, "until": "2030" })] {
        assert_eq!(
            clerk.post(&path, wrong.clone()).await.refusal(),
            (400, "bad-request"),
            "{wrong}"
        );
    }
    let nobody = format!("/cases/{}/shares", container(9));
    assert_eq!(clerk.post(&nobody, json!({ "days": 7 })).await.refusal(), (404, "case-unknown"));
    assert_eq!(clerk.delete("/shares/99").await.refusal(), (404, "share-unknown"));
    assert_eq!(clerk.delete("/shares/x").await.status, 400);
    // What is typed comes back as it was typed, and as JSON.
    let markup = "<img src=x onerror=alert(1)>";
    let said = clerk.post(&path, json!({ "days": 1, "label": markup })).await;
    assert_eq!((said.status, &said.json["label"]), (200, &json!(markup)));
    for _ in 2..SHARES_PER_CASE_MAX {
        made(&mut clerk, &number).await;
    }
    let one_more = clerk.post(&path, json!({ "days": 7 })).await;
    assert_eq!(one_more.refusal(), (409, "share-case-full"));
    assert!(one_more.json["remedy"].is_string());
    // The operator of the machine makes some too, in nobody's name, and takes any back.
    let (lines, done) = world.ask("line", Request::ShareRevoke { id }).await;
    assert_eq!((done.exit, &lines[0]["state"]), (0, &json!("revoked")));
    let own = Request::Share { subject: number.clone(), days: 30, label: None };
    let (lines, done) = world.ask("line", own).await;
    assert_eq!(done.exit, 0, "{done:?}");
    assert!(
        lines[0].get("made_by").is_none() && lines[0]["url"].as_str().unwrap().contains("/share/#")
    );
    let (lines, _) = world.ask("line", Request::Shares { subject: None }).await;
    assert_eq!(lines.len(), SHARES_PER_CASE_MAX + 1);
}
