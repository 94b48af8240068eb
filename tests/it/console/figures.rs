//! Figures over a period, of a container that went the whole way, as each party's people see them.

use std::time::Duration;

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::presentation;
use landside_proto::session::frame::About;
use serde_json::{Value, json};

use super::Site;
use super::browser::Browser;
use crate::peer::{Peer, node_key};
use crate::world::{
    DAY, DRIVER, World, bill_of, container, id_of, later, public, release_fields, until,
};

const PLATE: &str = "T417KLM";
const NODES: [&str; 5] = ["customs", "forwarder", "haulier", "line", "terminal"];
const HOUR: Duration = Duration::from_secs(3600);

fn here(number: &str) -> Value {
    json!({ "container": number, "discharged_at": clock(), "available": true, "cleared": true })
}

fn cleared(number: &str) -> Value {
    json!({
        "container": number, "terminal": "terminal", "consignment": bill_of(number),
        "status": "released",
    })
}

/// Released to the forwarder and passed on, discharged, driver and slot set; customs speaks last, and
/// there is a pass.
async fn with_pass(world: &World, number: &str) {
    world.accepted("line", "release-order", release_fields(number, "forwarder")).await;
    until("the forwarder has the case", async || {
        world.status("forwarder", number).await.is_some_and(|case| case["right"].is_object())
    })
    .await;
    let on = json!({ "container": number, "to": "haulier" });
    world.accepted("forwarder", "pass-right", on).await;
    world.accepted("terminal", "arrival", here(number)).await;
    let device = json!({
        "key": public(DRIVER), "name": "Wang Wei", "valid_until": later(DAY), "state": "active",
    });
    world.accepted("haulier", "driver-credential", device).await;
    until("the haulier has the case", async || {
        world.status("haulier", number).await.is_some_and(|case| case["right"].is_object())
    })
    .await;
    let driver = json!({ "container": number, "driver": public(DRIVER), "plate": PLATE });
    world.accepted("haulier", "driver-binding", driver).await;
    let slot = json!({ "container": number, "window": { "from": clock(), "until": later(HOUR) } });
    world.accepted("haulier", "slot-request", slot).await;
    world.hand_in("customs", "customs-status", cleared(number)).await;
    until("there is a pass", async || {
        world.status("terminal", number).await.unwrap()["pass"].is_object()
    })
    .await;
}

/// Through the gate with what the driver shows.
async fn gone(world: &World, number: &str) {
    let case = world.status("terminal", number).await.unwrap();
    let pass = world.document("terminal", id_of(&case["pass"])).await;
    let shown = presentation::present(&pass, clock(), &node_key(DRIVER)).unwrap();
    let (subject, plate) = (Some(number.to_owned()), Some(PLATE.to_owned()));
    let check = Request::GateCheck { shown: Some(shown), subject, plate };
    assert_eq!(world.ask("terminal", check).await.0[0]["verdict"], "admit");
    let receipt = json!({ "container": number, "seals": ["NS1"], "condition": "sound" });
    world.accepted("terminal", "interchange-receipt", receipt).await;
    let why = Some("the phone is broken".to_owned());
    let out = Request::GateOut { subject: number.to_owned(), unsigned_because: why };
    assert_eq!(world.ask("terminal", out).await.1.exit, 0);
}

async fn figures(browser: &mut Browser) -> Value {
    let said = browser.get("/figures").await;
    assert_eq!(said.status, 200, "{said:?}");
    said.json
}

fn party<'a>(figures: &'a Value, name: &str) -> &'a Value {
    let parties = figures["parties"].as_array().unwrap();
    parties.iter().find(|one| one["party"] == name).unwrap_or_else(|| panic!("{name}: {figures}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_case_took_and_who_was_late_is_counted_where_it_is_known() {
    let world = World::new(&NODES).await;
    let (number, other) = (container(1), container(2));
    with_pass(&world, &number).await;
    gone(&world, &number).await;
    // Another one of which nobody but the line has spoken, and a complaint answered too late.
    world.accepted("line", "release-order", release_fields(&other, "haulier")).await;
    let complaint = json!({
        "container": other, "subject": "complaint", "to": "terminal", "text": "where is it?",
        "answer_by": later(Duration::from_secs(2)),
    });
    world.accepted("line", "question", complaint).await;
    let site = Site::of(&world, "terminal").await;
    let mut mia = site.person(&world, "terminal", "mia", "Mia Berg", "viewer").await;
    until("the complaint is overdue", async || {
        let figures = figures(&mut mia.clone()).await;
        party(&figures, "terminal")["complaints"]["overdue"] == 1
    })
    .await;
    world
        .accepted("terminal", "answer", json!({ "container": other, "text": "on the pier" }))
        .await;

    let told = figures(&mut mia).await;
    assert_eq!((&told["of"], &told["complete"]), (&json!("terminal"), &json!(true)), "{told}");
    assert_eq!(told["incomplete"], 0);
    let counts = ["opened", "left", "open"].map(|name| told[name].as_u64().unwrap());
    assert_eq!(counts, [2, 1, 1], "{told}");
    for span in ["light_to_pass", "light_to_shown", "arrival_to_out"] {
        assert_eq!(told[span]["count"], 1, "{span}: {told}");
        assert_eq!(told[span]["median_ms"], told[span]["p90_ms"]);
    }
    assert_eq!(told["light_to_pass"]["median_ms"], 0, "in the commit of the last light");
    let complaints = json!({ "in_time": 0, "late": 1, "open": 0, "overdue": 0 });
    assert_eq!(party(&told, "terminal")["complaints"], complaints);
    let customs = party(&told, "customs");
    assert_eq!((&customs["in_time"], &customs["late"]), (&json!(1), &json!(0)));
    let days = told["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[29]["left"]), (30, &json!(1)), "today is the last");

    // The line has the same case, and folds the same times; the haulier has a part of it.
    let site = Site::of(&world, "line").await;
    let mut ana = site.person(&world, "line", "ana", "Ana Tekee", "clerk").await;
    until("the line has all of it", async || figures(&mut ana.clone()).await["left"] == 1).await;
    let line = figures(&mut ana).await;
    for name in ["light_to_pass", "light_to_shown", "arrival_to_out", "opened"] {
        assert_eq!(line[name], told[name], "{name}");
    }
    let (lines, _) = world.ask("haulier", ask(None)).await;
    assert_eq!((&lines[0]["left"], &lines[0]["light_to_pass"]["count"]), (&json!(1), &json!(0)));
}

fn ask(of: Option<&str>) -> Request {
    let of = of.map(str::to_owned);
    Request::Figures { from: None, to: None, of, chart: None, wait_ms: 20_000 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_tells_its_members_totals_and_nobody_else() {
    let mut world = World::new(&NODES).await;
    let number = container(1);
    with_pass(&world, &number).await;
    gone(&world, &number).await;
    let (own, _) = world.ask("terminal", ask(None)).await;
    // The haulier has a part of the case, and no light in it; the terminal tells it all of its totals.
    let (told, done) = world.ask("haulier", ask(Some("terminal"))).await;
    assert_eq!(done.exit, 0, "{done:?}");
    for name in
        ["of", "zone", "opened", "left", "light_to_pass", "light_to_shown", "arrival_to_out"]
    {
        assert_eq!(told[0][name], own[0][name], "{name}");
    }
    assert_eq!(party(&told[0], "customs")["in_time"], 1);
    let case = world.status("terminal", &number).await.unwrap();
    let text = told[0].to_string();
    for secret in [&number, PLATE, case["code"].as_str().unwrap(), bill_of(&number).as_str()] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let site = Site::of(&world, "line").await;
    let mut line = site.person(&world, "line", "ana", "Ana Tekee", "viewer").await;
    let csv = line.get("/figures/arrival-to-out.csv?of=terminal").await;
    assert_eq!(csv.status, 200, "{csv:?}");
    assert_eq!(line.get("/figures?of=customs").await.refusal(), (400, "terminal-unknown"));
    assert_eq!(line.get("/figures?of=nobody").await.refusal(), (400, "terminal-unknown"));

    // Who drives for a member is none, and another node than a terminal's tells nothing.
    let (from, until) = (clock().as_millis(), later(DAY).as_millis());
    let about = About::Figures { from, until };
    let phone = Peer::come(&world, DRIVER).await.unwrap();
    assert_eq!(phone.ask(about).await.unwrap().figures, None);
    let shipper = Peer::come(&world, "shipper").await.unwrap();
    let figures = shipper.ask(about).await.unwrap().figures.unwrap();
    assert_eq!((figures.total.left, figures.complete), (1, true));
    let backwards = About::Figures { from: until, until: from };
    let years = About::Figures { from: 0, until };
    let end = About::Figures { from: u64::MAX, until: u64::MAX };
    for wrong in [backwards, years, end] {
        assert_eq!(shipper.ask(wrong).await.unwrap().figures, None, "{wrong:?}");
    }
    let stranger = Peer::come_to(&world, "line", "line-2").await.unwrap();
    assert_eq!(stranger.ask(about).await.unwrap().figures, None, "a line is no terminal");

    world.kill("terminal").await;
    let (_, done) = world.ask("haulier", ask(Some("terminal"))).await;
    let code = done.error.map(|failure| failure.code);
    assert_eq!((done.exit, code.as_deref()), (3, Some("terminal-unreachable")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_the_same_after_a_restart_for_nothing_of_them_is_stored() {
    let mut world = World::new(&NODES).await;
    with_pass(&world, &container(1)).await;
    gone(&world, &container(1)).await;
    let without_clock = |mut figures: Value| {
        figures["at"].take();
        figures
    };
    let (before, _) = world.ask("terminal", ask(None)).await;
    world.restart("terminal").await;
    let (after, _) = world.ask("terminal", ask(None)).await;
    assert_eq!(without_clock(after[0].clone()), without_clock(before[0].clone()));
    assert_eq!(after[0]["left"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_chart_is_a_table_for_whoever_is_logged_in_and_for_nobody_else() {
    let world = World::new(&NODES).await;
    with_pass(&world, &container(1)).await;
    gone(&world, &container(1)).await;
    let site = Site::of(&world, "terminal").await;
    for path in ["/figures", "/figures/held.csv"] {
        assert_eq!(site.browser().get(path).await.refusal(), (401, "not-logged-in"), "{path}");
    }
    let mut gate = site.person(&world, "terminal", "chen.yu", "Chen Yu", "gate").await;
    for (chart, first, rows) in [
        ("cases", "day,zone,from_utc,to_utc,opened,left,late", 30),
        ("light-to-pass", "day,zone,from_utc,to_utc,count,median_s,p90_s", 30),
        ("light-to-shown", "day,zone,from_utc,to_utc,count,median_s,p90_s", 30),
        ("arrival-to-out", "day,zone,from_utc,to_utc,count,median_s,p90_s", 30),
        ("held", "from,to,zone,from_utc,to_utc,party,name,cases,held_h,case_median_h", 1),
        (
            "promises",
            "from,to,zone,from_utc,to_utc,party,name,in_time,late,late_open,late_median_h,late_p90_h",
            1,
        ),
        ("steps", "from,to,zone,from_utc,to_utc,need,in_time,late,late_median_h,late_p90_h", 1),
        ("answers", "from,to,zone,from_utc,to_utc,party,name,subject,in_time,late,open,overdue", 0),
    ] {
        let said = gate.get(&format!("/figures/{chart}.csv")).await;
        assert_eq!(said.status, 200, "{chart}: {said:?}");
        let field = |name: &str| said.answer.field(name).map(str::to_owned);
        assert_eq!(
            field("content-type").as_deref(),
            Some("text/csv; charset=utf-8; header=present")
        );
        let named = format!("attachment; filename=\"landside-{chart}.csv\"");
        assert_eq!(field("content-disposition"), Some(named));
        let csv = String::from_utf8(said.answer.body.clone()).unwrap();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!((lines[0], lines.last()), (first, Some(&"")), "{chart}");
        let (columns, found) = (first.split(',').count(), lines.len() - 2);
        assert!(found >= rows, "{chart}: {csv}");
        assert!(lines[1..=found].iter().all(|line| line.split(',').count() == columns), "{csv}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_day_no_chart_and_too_long_a_time_is_refused() {
    let world = World::new(&["terminal"]).await;
    let site = Site::of(&world, "terminal").await;
    let mut mia = site.person(&world, "terminal", "mia", "Mia Berg", "viewer").await;
    for (path, status, code) in [
        ("/figures?from=yesterday", 400, "figures-period"),
        ("/figures?from=2026-02-30", 400, "figures-period"),
        ("/figures?from=2026-11-24&to=2026-11-24", 400, "figures-period"),
        ("/figures?from=2024-01-01&to=2026-11-24", 400, "figures-period"),
        ("/figures?day=2026-11-24", 400, "bad-request"),
        ("/figures?from=2026-11-24&from=2026-11-24", 400, "bad-request"),
        ("/figures/everything.csv", 400, "chart-unknown"),
        ("/figures/held", 404, "path-unknown"),
        ("/figures/held.csv?to=x", 400, "figures-period"),
    ] {
        assert_eq!(mia.get(path).await.refusal(), (status, code), "{path}");
    }
    let empty = figures(&mut mia).await;
    assert_eq!((&empty["opened"], &empty["parties"]), (&json!(0), &json!([])));
    assert_eq!(empty["light_to_pass"], json!({ "count": 0 }), "no median of nothing");
}
