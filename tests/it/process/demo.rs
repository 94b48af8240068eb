//! `landside demo`: the whole way of a container, on the real program.

use std::path::PathBuf;

use serde_json::Value;

use super::program::{Run, run};

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
