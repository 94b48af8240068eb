//! What whoever operates a node does: looks what is wrong, backs up and restores, watches its metrics.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use landside_node::control::Request;
use landside_node::health::CHECKS;
use landside_node::home::Home;
use landside_node::metrics::METRICS;
use landside_node::node::clock;
use serde_json::{Value, json};

use super::port::{FORWARDER, LINE, Port, TERMINAL, container, free_address};
use super::program::{Run, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_busy_terminal_has_every_document_that_was_acknowledged_before_it() {
    let port = Port::new();
    let node = port.start(TERMINAL).await;
    let before = import(&port, &node.home, 0..300);
    // More comes in while the backup is written.
    let (home, file) = (node.home.clone(), arrivals(&port, 300..900));
    let busy = std::thread::spawn(move || {
        run(["--home", text(home.path()), "import", file.to_str().unwrap()])
    });
    let made = backup(&port, &node.home);
    assert_eq!(busy.join().unwrap().exit, 0);
    node.stop().await;
    let restored = Home::at(restore(&port, &made, "again")).unwrap();
    let report = landside_node::inspect::fsck(&restored).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    assert!(report.documents >= before.len() as u64, "{report:?}");
    let events: Vec<&Value> = before.iter().collect();
    rejoin(&restored, 0);
    // In its place, for the addresses are its own.
    let node = Serving::start(restored.path());
    for issued in events {
        let shown = run(["--home", text(restored.path()), "show", issued["id"].as_str().unwrap()]);
        assert_eq!(shown.event("document")["log"], issued["log"], "{}", shown.said);
    }
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_terminal_does_not_run_before_it_was_compared() {
    let port = Port::new();
    let node = port.start(TERMINAL).await;
    import(&port, &node.home, 0..3);
    let made = backup(&port, &node.home);
    // A place that the backup does not have, which the line may have a receipt for.
    import(&port, &node.home, 3..4);
    let known = run(["--home", text(node.home.path()), "known", TERMINAL]);
    let known = known.event("known-log")["entries"].as_u64().unwrap();
    node.kill();
    let home = restore(&port, &made, "again");
    let refused = run(["--home", text(&home), "serve"]);
    assert_eq!((refused.exit, code(&refused)), (3, "restored-unchecked".into()));
    let ill = run(["--home", text(&home), "doctor"]);
    assert_eq!(ill.exit, 1);
    assert!(ill.events("finding").any(|finding| finding["code"] == "restored-unchecked"));
    let lost =
        run(["--home", text(&home), "rejoin", "--known", &known.to_string(), "--person", "Li Na"]);
    assert_eq!((lost.exit, code(&lost)), (1, "log-places-lost".into()), "{}", lost.said);
    assert_eq!(run(["--home", text(&home), "serve"]).exit, 3, "it was let run all the same");
    let had = (known - 1).to_string();
    let let_run = run([
        "--home",
        text(&home),
        "rejoin",
        "--known",
        "0",
        "--known",
        &had,
        "--person",
        "Li Na",
    ]);
    assert_eq!(let_run.exit, 0, "{}", let_run.said);
    let said = fs::read_to_string(home.join("rejoined.json")).unwrap();
    assert!(said.contains("Li Na"), "{said}");
    Serving::start(&home).stop();
    let again = run(["--home", text(&home), "rejoin", "--known", "0", "--person", "Li Na"]);
    assert_eq!((again.exit, code(&again)), (2, "not-restored".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_without_a_log_runs_from_its_backup_at_once_and_a_stopped_home_can_be_backed_up() {
    let port = Port::new();
    port.start(LINE).await.stop().await;
    let made = backup(&port, &port.home(LINE));
    let home = restore(&port, &made, "line-again");
    assert!(home.join("keys/signing.pem").exists());
    Serving::start(&home).stop();
    let line = port.home(LINE);
    let without =
        run(["--home", text(line.path()), "backup", text(&port.file("b")), "--without-keys"]);
    let without = without.event("backup")["file"].as_str().unwrap().to_owned();
    let home = restore(&port, &without, "line-without-keys");
    assert!(!home.join("keys").exists());
    let doctor = run(["--home", text(&home), "doctor"]);
    assert!(doctor.events("finding").any(|finding| finding["code"] == "key-unusable"));
}

#[test]
fn a_backup_that_is_damaged_or_cut_short_makes_no_home_and_none_is_written_over() {
    let port = Port::new();
    let line = port.home(LINE);
    let node = Serving::start(line.path());
    let made = backup(&port, &line);
    node.stop();
    let bytes = fs::read(&made).unwrap();
    let broken = port.file("broken");
    for damage in 0..20 {
        let mut bytes = bytes.clone();
        match damage {
            0 => bytes.truncate(bytes.len() / 2),
            1 => bytes.truncate(10),
            2 => bytes.extend_from_slice(b"more"),
            n => {
                let at = (bytes.len() - 1) * (n - 3) / 16;
                bytes[at] ^= 0x40;
            }
        }
        fs::write(&broken, bytes).unwrap();
        let home = port.file("never");
        let refused = run(["--home", text(&home), "restore", text(&broken)]);
        assert_eq!((refused.exit, code(&refused)), (1, "backup-damaged".into()), "{damage}");
        assert!(!home.join("actor").exists());
    }
    let refused = run(["--home", text(line.path()), "restore", &made]);
    assert_eq!((refused.exit, code(&refused)), (2, "home-exists".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_and_the_health_of_a_running_node_are_told_at_its_address() {
    let port = Port::new();
    let home = port.home(TERMINAL);
    let address = free_address();
    watched_at(&home, &address.to_string());
    let node = port.start(TERMINAL).await;
    import(&port, &home, 0..5);
    let (status, metrics) = get(address, "/metrics");
    assert_eq!(status, 200);
    for metric in METRICS {
        let line = format!("# TYPE {} {}", metric.name, metric.kind.as_str());
        assert_eq!(metrics.lines().filter(|l| **l == line).count(), 1, "{line}\n{metrics}");
    }
    for line in [
        "landside_documents_total{kind=\"arrival\",result=\"issued\"} 5",
        "landside_log_entries 5",
        "landside_ready 1",
        "landside_backup_time_seconds 0",
    ] {
        assert!(metrics.lines().any(|l| l == line), "{line}\n{metrics}");
    }
    // Nothing of a case, and no more values than are written down.
    assert!(!metrics.contains(&container(0)), "{metrics}");
    assert_eq!(get(address, "/healthz"), (200, "ok\n".to_owned()));
    let (status, ready) = get(address, "/readyz");
    assert_eq!((status, ready.as_str()), (200, "{\"findings\":[],\"ready\":true}"));
    assert_eq!(get(address, "/metrics/").0, 404);
    node.stop().await;
    TcpStream::connect(address).unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_the_documents_of_peers_is_counted_by_kind_result_and_code() {
    let port = Port::new();
    let (terminal, line) = (port.home(TERMINAL), port.home(LINE));
    let addresses = [free_address(), free_address()];
    watched_at(&terminal, &addresses[0].to_string());
    watched_at(&line, &addresses[1].to_string());
    let nodes = [port.start(TERMINAL).await, port.start(LINE).await];
    let order = |bill: &str| {
        let fields = json!({
            "container": container(0), "terminal": TERMINAL, "bill": bill, "size_type": "45G1",
            "vessel": { "name": "Ever", "imo": "9074729", "voyage": "1" },
            "terms": {
                "release_to": FORWARDER, "valid_from": clock(),
                "valid_until": clock().plus(Duration::from_secs(24 * 3600)), "haulage": "merchant",
                "reference": "R", "empty_return": { "depot": "D", "reference": "E" },
            },
        });
        let kind = "release-order".to_owned();
        let fields = serde_json::from_value(fields).unwrap();
        Request::Issue { kind, fields, to: Vec::new(), person: None, wait_ms: 60_000 }
    };
    let (first, _) = nodes[1].ask(&order("BILL1")).await;
    assert_eq!(first[0]["outcome"], "accepted", "{first:?}");
    // The same bill again, in other words: a release stands.
    let (second, _) = nodes[1].ask(&order("BILL1")).await;
    assert_eq!(second[0]["outcome"], "refused", "{second:?}");
    let code = second[0]["refused"]["code"].as_str().unwrap();
    let (_, told) = get(addresses[0], "/metrics");
    for line in [
        "landside_documents_total{kind=\"release-order\",result=\"accepted\"} 1".to_owned(),
        "landside_documents_total{kind=\"release-order\",result=\"refused\"} 1".to_owned(),
        format!("landside_refusals_total{{code=\"{code}\"}} 1"),
        "landside_peers_connected 1".to_owned(),
    ] {
        assert!(told.lines().any(|l| l == line), "{line}\n{told}");
    }
    let (_, told) = get(addresses[1], "/metrics");
    let issued = "landside_documents_total{kind=\"release-order\",result=\"issued\"} 2";
    assert!(told.lines().any(|l| l == issued), "{told}");
    // What waits is told with its age as long as nobody takes it.
    let [terminal, line] = nodes;
    terminal.kill();
    line.ask(&unwaited(order("BILL2"))).await;
    line.until("waits", &Request::Outbox, |answer| answer.is_some_and(|(o, _)| !o.is_empty()))
        .await;
    let begun = Instant::now();
    loop {
        let (_, told) = get(addresses[1], "/metrics");
        let waits = "landside_outbox_documents{peer=\"terminal\"} 1";
        if told.lines().any(|l| l == waits) {
            assert!(told.contains("landside_outbox_oldest_seconds{peer=\"terminal\"}"), "{told}");
            break;
        }
        // The answer before serves for a second.
        assert!(begun.elapsed() < Duration::from_secs(60), "{told}");
    }
}

#[test]
fn metrics_are_not_offered_to_other_machines_unless_that_is_said() {
    let port = Port::new();
    let home = port.home(LINE);
    watched_at(&home, "0.0.0.0:9464");
    let refused = run(["--home", text(home.path()), "serve"]);
    assert_eq!((refused.exit, code(&refused)), (3, "config".into()));
    assert!(refused.said.contains("metrics.others"), "{}", refused.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_is_wrong_and_says_what_to_do() {
    let port = Port::new();
    let home = port.home(TERMINAL);
    let path = text(home.path()).to_owned();
    let codes = |run: &Run| -> Vec<String> {
        run.events("finding").map(|found| found["code"].as_str().unwrap().to_owned()).collect()
    };
    let stopped = run(["--home", &path, "doctor"]);
    let found = codes(&stopped);
    assert!(found.contains(&"not-running".to_owned()), "{found:?}");
    assert!(found.contains(&"key-plain".to_owned()), "{found:?}");
    assert_eq!(stopped.event("doctor")["running"], json!(false));
    let known = |code: &String| CHECKS.iter().any(|check| check.code == code);
    assert!(found.iter().all(known), "{found:?}");
    assert_eq!(run(["--home", &path, "doctor", "--strict"]).exit, 1);

    // Another program has the port of the log.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = fs::read_to_string(home.config_file()).unwrap();
    let with = format!("http = \"{}\"", taken.local_addr().unwrap());
    let default = "# http = \"127.0.0.1:8080\"";
    assert!(config.contains(default));
    fs::write(home.config_file(), config.replace(default, &with)).unwrap();
    let ill = run(["--home", &path, "doctor"]);
    assert_eq!(ill.exit, 1);
    assert!(codes(&ill).contains(&"port-taken".to_owned()), "{:?}", codes(&ill));
    fs::write(home.config_file(), &config).unwrap();

    // A key that others can read, and a home.
    let key = home.path().join("keys/signing.pem");
    set_mode(&key, 0o644);
    set_mode(home.path(), 0o755);
    let open = run(["--home", &path, "doctor"]);
    for code in ["key-unusable", "home-mode"] {
        assert!(codes(&open).contains(&code.to_owned()), "{:?}", codes(&open));
    }
    set_mode(&key, 0o600);
    set_mode(home.path(), 0o700);

    // A party that is always dialled, and is not there.
    fs::write(home.config_file(), config.replace("\ndial = []", "\ndial = [\"line\"]")).unwrap();
    let node = port.start(TERMINAL).await;
    let running = run(["--home", &path, "doctor"]);
    let found = codes(&running);
    assert!(found.contains(&"peer-away".to_owned()), "{found:?}");
    assert!(!found.contains(&"not-running".to_owned()), "{found:?}");
    assert!(running.events("finding").all(|f| !f["remedy"].as_str().unwrap().is_empty()));
    assert_eq!(running.event("doctor")["running"], json!(true));
    assert!(node.try_ask(&Request::Info).await.is_some());
}

#[test]
fn completions_and_manual_pages_name_every_verb() {
    let port = Port::new();
    let pages = port.file("man");
    let made = run(["man", text(&pages)]);
    assert_eq!(made.exit, 0, "{}", made.said);
    for page in ["landside", "landside-backup", "landside-gate-check", "landside-doctor"] {
        let text = fs::read_to_string(pages.join(format!("{page}.1"))).unwrap();
        assert!(text.starts_with(".ie") && text.contains(".TH"), "{page}: {text}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let mut command = std::process::Command::new(super::path());
        let said = command.args(["completions", shell]).output().unwrap();
        assert!(String::from_utf8(said.stdout).unwrap().contains("rejoin"), "{shell}");
    }
}

/// The same request without waiting for the terminal's answer.
fn unwaited(request: Request) -> Request {
    match request {
        Request::Issue { kind, fields, to, person, .. } => {
            Request::Issue { kind, fields, to, person, wait_ms: 0 }
        }
        other => other,
    }
}

/// The program's node of a home, in a process of its own.
struct Serving {
    child: std::process::Child,
    home: std::path::PathBuf,
}

impl Serving {
    fn start(home: &Path) -> Self {
        let mut command = std::process::Command::new(super::path());
        let null = std::process::Stdio::null;
        command.args(["--home", text(home), "serve"]).stdin(null()).stdout(null()).stderr(null());
        let mut serving = Self { child: command.spawn().unwrap(), home: home.to_owned() };
        while run(["--home", text(home), "info"]).exit != 0 {
            assert_eq!(serving.child.try_wait().unwrap(), None, "{} ended", home.display());
        }
        serving
    }

    fn stop(mut self) {
        assert_eq!(run(["--home", text(&self.home), "stop"]).exit, 0);
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The code of the error that a run ended with.
fn code(run: &Run) -> String {
    run.event("error")["code"].as_str().unwrap().to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A file with an arrival a line.
fn arrivals(port: &Port, serials: std::ops::Range<u64>) -> std::path::PathBuf {
    let file = port.file(&format!("arrivals-{}.jsonl", serials.start));
    let mut lines = String::new();
    for serial in serials {
        let fields = json!({
            "container": container(serial), "terminal": TERMINAL, "discharged_at": clock(),
            "available": true, "cleared": true,
        });
        writeln!(lines, "{}", json!({ "kind": "arrival", "fields": fields })).unwrap();
    }
    fs::write(&file, lines).unwrap();
    file
}

/// Has arrivals registered, and gives what was said of each.
fn import(port: &Port, home: &Home, serials: std::ops::Range<u64>) -> Vec<Value> {
    let file = arrivals(port, serials);
    let said = run(["--home", text(home.path()), "import", text(&file)]);
    assert_eq!(said.exit, 0, "{}", said.said);
    said.events("issued").cloned().collect()
}

/// Makes a backup, and gives its file.
fn backup(port: &Port, home: &Home) -> String {
    let dir = port.file("backups");
    let made = run(["--home", text(home.path()), "backup", text(&dir)]);
    assert_eq!(made.exit, 0, "{}", made.said);
    made.event("backup")["file"].as_str().unwrap().to_owned()
}

/// Restores a backup to a new home.
fn restore(port: &Port, file: &str, name: &str) -> std::path::PathBuf {
    let home = port.file(name);
    let restored = run(["--home", text(&home), "restore", file]);
    assert_eq!(restored.exit, 0, "{}", restored.said);
    home
}

fn rejoin(home: &Home, entries: u64) {
    let known = entries.to_string();
    let args = ["--home", text(home.path()), "rejoin", "--known", &known, "--person", "Li Na"];
    assert_eq!(run(args).exit, 0);
}

/// Has the node of a home offer metrics from its next start.
fn watched_at(home: &Home, address: &str) {
    let config = fs::read_to_string(home.config_file()).unwrap();
    let (before, metrics) = config.split_once("[metrics]").unwrap();
    let metrics = metrics.replacen("\nlisten = \"\"", &format!("\nlisten = \"{address}\""), 1);
    fs::write(home.config_file(), format!("{before}[metrics]{metrics}")).unwrap();
}

/// Status and body of an answer.
fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}
