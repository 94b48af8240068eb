//! A partner's file of many containers, through a channel, while the node is killed again and again.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use landside_node::control::Request;

use super::port::{LINE, Port, container};

/// Containers of the file, in messages of [`EACH`].
const CONTAINERS: u64 = 10_000;
const EACH: u64 = 1_000;

/// After how many signed documents the node is killed, kill by kill.
const KILLS: [usize; 3] = [300, 2_500, 6_000];

/// What reading a file may add to a node's memory, in bytes, however many containers it names: the
/// file itself, 2 MB, its copy in the store, and what a group of documents takes.
const GROWTH_MAX: u64 = 64 * 1024 * 1024;

const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_containers_come_through_a_channel_once_each_whatever_is_killed() {
    let port = Port::new();
    let folder = channel(&port);
    fs::create_dir_all(folder.join("in")).unwrap();
    fs::write(folder.join("in/.orders"), orders()).unwrap();
    fs::rename(folder.join("in/.orders"), folder.join("in/orders.edi")).unwrap();
    let mut reached = Vec::new();
    for after in KILLS {
        let node = port.start(LINE).await;
        until("documents are signed", || lines(&folder).len() >= after).await;
        node.kill();
        reached.push(lines(&folder).len());
        assert!(names(&folder, "done").is_empty(), "killed after the end: {reached:?}");
    }
    let node = port.start(LINE).await;
    until("the file goes on", || !lines(&folder).is_empty()).await;
    let at_begin = node.resident();
    until("the file is done", || names(&folder, "done").len() == 2).await;
    let at_end = node.resident();
    let report = names(&folder, "done").into_iter().find(|name| name.ends_with(".txt")).unwrap();
    let report = fs::read_to_string(folder.join("done").join(report)).unwrap();
    assert!(report.contains("10000 documents: "), "{}", tail(&report));
    assert!(report.contains(", 0 refused; 0 could not be used"), "{}", tail(&report));
    let before = report.matches("signed by an earlier import").count();
    assert!(before >= KILLS[2] - 128, "{before} were kept of {reached:?}");
    let growth = at_end.saturating_sub(at_begin);
    assert!(growth < GROWTH_MAX, "{growth} bytes more for 10,000 containers");
    node.ask(&Request::Info).await;
    node.stop().await;
    let sound = port.sound(LINE);
    assert_eq!(sound.documents, CONTAINERS, "each container once, and none twice");
    assert_eq!(sound.waiting, CONTAINERS);
}

fn tail(text: &str) -> String {
    text.lines().rev().take(3).collect::<Vec<_>>().join("\n")
}

fn channel(port: &Port) -> PathBuf {
    let home = port.home(LINE);
    let text = fs::read_to_string(home.config_file()).unwrap();
    let table = "\n[[channel]]\nname = \"partner\"\nfolder = \"partner\"\nevery_s = 1\n\
                 release_to = \"forwarder\"\nterminal = \"terminal\"\n";
    fs::write(home.config_file(), text + table).unwrap();
    home.path().join("partner")
}

fn orders() -> String {
    let mut text = "UNB+UNOA:3+PARTNER+LINE+261125:0930+R1'\n".to_owned();
    let messages = CONTAINERS / EACH;
    for message in 0..messages {
        let _ = write!(
            text,
            "UNH+{message}+COREOR:D:00B:UN'\nBGM+129+D{message}+9'\nRFF+BM:B{message}'\n\
             DTM+400:20351231:102'\nNAD+FW+FORWARDER'\n"
        );
        for serial in message * EACH..(message + 1) * EACH {
            let number = container(serial);
            let _ = write!(text, "EQD+CN+{number}+22G1:102:5++3+5'\nSEL+S{serial}+CA'\n");
        }
        let _ = write!(text, "CNT+16:{EACH}'\nUNT+{}+{message}'\n", 5 + 2 * EACH + 2);
    }
    let _ = writeln!(text, "UNZ+{messages}+R1'");
    text
}

/// Lines about documents, of the file that is read now; those that reached the disk.
fn lines(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.join("work")) else { return Vec::new() };
    let reports = entries.filter_map(Result::ok).map(|entry| entry.path());
    let reports = reports.filter(|path| path.extension().is_some_and(|end| end == "report"));
    let text: String = reports.filter_map(|path| fs::read_to_string(path).ok()).collect();
    text.lines().filter(|l| l.contains("release-order signed")).map(str::to_owned).collect()
}

fn names(folder: &Path, part: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.join(part)) else { return Vec::new() };
    let names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| !name.starts_with('.')).collect()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
