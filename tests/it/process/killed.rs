//! `kill -9` under load: what a node acknowledged is there when it is back.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use landside_node::node::clock;
use serde_json::{Value, json};

use super::port::{Port, TERMINAL, container};
use super::program::{object, path, run};

/// Objects in each file: far more than are acknowledged before the kill.
const LINES: u64 = 2_000;

/// After how many acknowledgements the node is killed, kill by kill.
const KILLS: [usize; 4] = [1, 40, 137, 260];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_to_an_import_is_lost_by_killing_the_node() {
    let port = Port::new();
    let mut acknowledged: Vec<Value> = Vec::new();
    for (kill, after) in (0..).zip(KILLS) {
        let node = port.start(TERMINAL).await;
        let file = port.file(&format!("arrivals-{kill}.jsonl"));
        fs::write(&file, arrivals(kill * LINES)).unwrap();
        let mut import = Command::new(path())
            .args(["--json".as_ref(), "--home".as_ref(), node.home.path().as_os_str()])
            .args(["import".as_ref(), file.as_os_str()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(import.stdout.take().unwrap()).lines();
        let mut lines = lines.map(|line| object(&line.unwrap()));
        let mut said: Vec<Value> = lines.by_ref().take(after).collect();
        node.kill();
        // What was said while the kill was on its way counts too.
        said.extend(lines);
        assert_eq!(import.wait().unwrap().code(), Some(3), "an import without a node is broken");
        assert_eq!(said.pop().unwrap()["event"], "error");
        assert!(said.iter().all(|issued| issued["outcome"] == "registered"), "{said:?}");
        assert!((after..LINES as usize).contains(&said.len()), "{} acknowledged", said.len());
        acknowledged.extend(said);
    }
    port.sound(TERMINAL);
    let node = port.start(TERMINAL).await;
    for issued in &acknowledged {
        let home = node.home.path().to_str().unwrap();
        let shown = run(["--home", home, "show", issued["id"].as_str().unwrap()]);
        assert_eq!(shown.exit, 0, "{issued}: {}", shown.said);
        let document = shown.event("document");
        for field in ["id", "log", "kind"] {
            assert_eq!(document[field], issued[field], "{issued}");
        }
    }
}

/// As many arrivals, one a line, as `landside import` reads them.
fn arrivals(first: u64) -> String {
    let mut text = String::new();
    for serial in first..first + LINES {
        let fields = json!({
            "container": container(serial), "terminal": TERMINAL, "discharged_at": clock(),
            "available": true, "cleared": true,
        });
        writeln!(text, "{}", json!({ "kind": "arrival", "fields": fields })).unwrap();
    }
    text
}
