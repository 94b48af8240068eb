//! `landside demo`: the whole way of a container, on the real program.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::program::{Run, object, path, run};
use crate::web::client::{Answer, answer_to};

/// Runs under chaos unless `LANDSIDE_CHAOS_SEEDS` says otherwise.
const CHAOS_SEEDS: u64 = 3;

/// Nodes of the demo.
const NODES: usize = 7;

/// Why nothing leaves twice.
const CONSUMED: &str = "right-consumed";

/// A message published by others, beside the repository where somebody keeps such; not ours to copy.
const PUBLISHED: &str = "../shared/edifact/coreor_d00b_smdg20_icd_tz.edi";

#[test]
fn the_demo_lets_every_container_out_once_and_in_order() {
    let run = run(["demo"]);
    assert_eq!(run.exit, 0, "{}", run.said);
    assert_eq!(run.event("demo-summary")["containers"], 5);
    everything_held(&run);
    let with = |what: &str| run.events("demo-container").any(|container| container[what] == true);
    assert!(with("held") && with("passed_on") && with("revoked"));
}

#[test]
fn the_demo_reads_a_message_of_the_older_directory() {
    let run = demo_of(&fixture("coreor-d95b.edi"));
    assert_eq!(run.exit, 0, "{}", run.said);
    assert_eq!(containers(&run), ["NSLU1000061"]);
    everything_held(&run);
}

#[test]
fn the_demo_says_why_a_message_releases_nothing() {
    let run = demo_of(&fixture("coreor-nothing-releasable.edi"));
    assert_eq!(run.exit, 1);
    let error = run.event("error");
    assert_eq!(error["code"], "nothing-releasable");
    let text = error["text"].as_str().unwrap();
    for fact in ["NSLU1000070 has check digit 0, expected 7", "NSLI1000083", "\"ABC\""] {
        assert!(text.contains(fact), "{text}");
    }
    assert!(run.said.contains(text), "{}", run.said);
    assert_eq!(run.events("demo-step").count(), 0);
}

#[test]
fn the_demo_refuses_a_message_that_is_not_there() {
    let run = demo_of(&fixture("coreor-absent.edi"));
    assert_eq!((run.exit, &run.event("error")["code"]), (2, &"file-unreadable".into()));
}

#[test]
fn the_demo_reads_a_message_that_others_published() {
    let message = crate::tidy::root().join(PUBLISHED);
    if !message.exists() {
        return;
    }
    let run = demo_of(&message);
    assert_eq!(run.exit, 0, "{}", run.said);
    everything_held(&run);
}

#[test]
fn nodes_killed_all_the_way_change_nothing_but_the_time_it_takes() {
    let seeds = std::env::var("LANDSIDE_CHAOS_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let mut kills = 0;
    for seed in 1..=seeds.unwrap_or(CHAOS_SEEDS) {
        let run = run(["demo".to_owned(), "--chaos".to_owned(), seed.to_string()]);
        assert_eq!(run.exit, 0, "seed {seed}: {}", run.said);
        everything_held(&run);
        kills += run.event("demo-chaos")["kills"].as_u64().unwrap();
    }
    assert!(kills > 0, "nobody was killed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_stays_lets_a_newcomer_log_in_at_every_party() {
    let mut command = Command::new(path());
    command.args(["--json", "demo", "--stay"]).stdin(Stdio::null()).stderr(Stdio::null());
    let mut demo = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut said: Vec<Value> = Vec::new();
    for line in lines {
        said.push(object(&line.unwrap()));
        if said.last().unwrap()["event"] == "demo-next" {
            break;
        }
    }
    let of = |name: &'static str| said.iter().filter(move |object| object["event"] == name);
    assert_eq!(of("demo-done").next().unwrap()["ok"], true);
    let consoles: Vec<&Value> = of("demo-console").collect();
    let mut roles: Vec<&str> = consoles.iter().map(|c| c["role"].as_str().unwrap()).collect();
    roles.sort_unstable();
    let parties = ["customs", "forwarder", "haulier", "haulier", "line", "terminal", "terminal"];
    assert_eq!(roles, parties);
    for console in &consoles {
        let (address, cookie) = logged_in(console).await;
        let session = ask(address, &cookie, "GET", "/api/v1/session", "").await;
        let who: Value = serde_json::from_slice(&session.body).unwrap();
        assert_eq!(who["party"], console["name"], "{who}");
        assert_eq!((&who["role"], &who["name"]), (&console["person_role"], &console["person"]));
        let other = json!({ "login": console["login"], "password": "another password" });
        let wrong = ask(address, "", "POST", "/api/v1/session", &other.to_string()).await;
        assert_eq!(wrong.status, 401, "any password opens the console of {}", console["name"]);
    }
    let gate = consoles.iter().find(|console| console["person_role"] == "gate").unwrap();
    assert!(gate["url"].as_str().unwrap().ends_with("/gate/"), "{gate}");
    let (address, cookie) = logged_in(gate).await;
    assert_eq!(ask(address, &cookie, "GET", "/gate/", "").await.status, 200);
    let next = std::fs::read(of("demo-next").next().unwrap()["file"].as_str().unwrap()).unwrap();
    assert!(next.starts_with(b"UNA"), "what is left to import is a message");

    // SIGTERM, as of who closes the terminal: the nodes end with the demo, and its directory goes.
    let pid = demo.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(demo.wait().unwrap().success());
    std::net::TcpStream::connect(address).unwrap_err();
}

/// Logs in with what the demo printed; gives the console's address and the cookie.
async fn logged_in(console: &Value) -> (SocketAddr, String) {
    let url = console["url"].as_str().unwrap().strip_prefix("http://").unwrap();
    let address: SocketAddr = url.split('/').next().unwrap().parse().unwrap();
    let login = json!({ "login": console["login"], "password": console["password"] });
    let answer = ask(address, "", "POST", "/api/v1/session", &login.to_string()).await;
    assert_eq!(answer.status, 200, "{console}");
    let cookie = answer.field("set-cookie").unwrap().split(';').next().unwrap();
    (address, cookie.to_owned())
}

async fn ask(address: SocketAddr, cookie: &str, method: &str, path: &str, body: &str) -> Answer {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nX-Landside: 1\r\nCookie: {cookie}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    answer_to(address, request.as_bytes()).await.unwrap()
}

fn demo_of(message: &std::path::Path) -> Run {
    run(["demo".as_ref(), "--coreor".as_ref(), message.as_os_str()])
}

fn fixture(name: &str) -> PathBuf {
    crate::tidy::root().join("fixtures/edifact").join(name)
}

fn containers(run: &Run) -> Vec<&str> {
    run.events("demo-container").map(|object| object["container"].as_str().unwrap()).collect()
}

/// What must be so after any demo.
fn everything_held(run: &Run) {
    assert_eq!(run.event("demo-done")["ok"], true);
    let verified: Vec<&Value> = run.events("demo-verified").collect();
    assert_eq!(verified.len(), NODES);
    for node in verified {
        assert_eq!(node["problems"], Value::Array(vec![]), "{}", node["name"]);
        assert!(node["documents"].as_u64().unwrap() > 0, "{}", node["name"]);
    }
    assert!(!containers(run).is_empty());
    for container in run.events("demo-container") {
        let told: Vec<&Value> =
            run.objects.iter().filter(|o| o["container"] == container["container"]).collect();
        one_container(container, &told);
    }
}

/// The steps of a container, as its terminal registered them.
fn one_container(container: &Value, told: &[&Value]) {
    let words: Vec<&str> = told
        .iter()
        .filter_map(|object| match object["event"].as_str()? {
            "demo-step" => object["kind"].as_str(),
            event => Some(event),
        })
        .collect();
    let count = |word: &str| words.iter().filter(|found| **found == word).count();
    let first = |word: &str| words.iter().position(|found| *found == word);
    let last = |word: &str| words.iter().rposition(|found| *found == word);

    assert_eq!(count("gate-out"), 1, "{words:?}");
    assert_eq!(count("release-order"), 1, "{words:?}");
    let [.., refused, evidence] = told else { panic!("{words:?}") };
    assert_eq!((&refused["event"], &refused["code"]), (&"demo-refused".into(), &CONSUMED.into()));
    assert_eq!(evidence["event"], "demo-evidence", "{words:?}");
    assert_eq!(evidence["verdict"], "proven", "by two witnesses and nothing but the file");
    let lights = ["release-order", "arrival", "customs-status", "driver-binding", "slot"];
    for light in lights {
        assert!(first(light).is_some() && last(light) < last("pickup-pass"), "{light}: {words:?}");
    }
    let way = ["pickup-pass", "gate-decision", "interchange-receipt", "gate-out"];
    assert!(way.windows(2).all(|pair| last(pair[0]) < last(pair[1])), "{words:?}");
    assert_eq!(count("demo-collected"), 1, "{words:?}");
    assert!(last("pickup-pass") < first("demo-collected"), "{words:?}");
    assert!(first("demo-collected") < first("gate-out"), "{words:?}");

    let held = container["held"] == true;
    assert_eq!(count("hold") == 1, held, "{words:?}");
    assert_eq!(count("hold-lift") == 1, held, "{words:?}");
    assert!(!held || first("hold-lift") < last("pickup-pass"), "{words:?}");
    assert_eq!(count("revoke-right") == 1, container["revoked"] == true, "{words:?}");
    let hops = usize::from(container["passed_on"] == true) + 1;
    let passes = if container["revoked"] == true { 2 * hops } else { hops };
    assert_eq!(count("pass-right"), passes, "{words:?}");
}
