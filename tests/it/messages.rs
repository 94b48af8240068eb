//! EDIFACT both ways: every message by the one door, and folders that are shared with partners.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use landside_edifact::profile::Profile;
use landside_edifact::syntax::{self, Rules};
use landside_edifact::{codeco, copino, coreor};
use landside_node::control::{Done, Request};
use landside_node::node::clock;
use serde_json::{Map, Value, json};

use crate::driving::inside;
use crate::world::{DAY, DRIVER, World, later, public, until};

const BOX: &str = "NSLU1000014";

/// An interchange of one message about the box.
fn file(reference: &str, kind: &str, segments: &[&str]) -> String {
    let body: String = segments.iter().map(|segment| format!("{segment}'\n")).collect();
    let count = segments.len() + 2;
    format!(
        "UNB+UNOA:3+SENDER+RECEIVER+261125:0930+{reference}'\nUNH+1+{kind}:D:00B:UN'\n{body}\
         UNT+{count}+1'\nUNZ+1+{reference}'\n"
    )
}

/// When the truck comes, as the trade writes it.
fn soon(minutes: u64) -> String {
    let at = clock().plus(Duration::from_secs(minutes * 60)).to_string();
    at.chars().filter(char::is_ascii_digit).take(12).collect()
}

fn order(reference: &str) -> String {
    file(
        reference,
        "COREOR",
        &[
            "BGM+129+DO1+9",
            "RFF+RE:R50001",
            "RFF+BM:NSLB7712001",
            "DTM+400:20351231:102",
            "LOC+11+NLRTM:139:6+LSTRTM:TER:ZZZ",
            "NAD+FW+KADE",
            &format!("EQD+CN+{BOX}+22G1:102:5++3+5"),
            "CNT+16:1",
        ],
    )
}

fn discharge(reference: &str) -> String {
    file(
        reference,
        "COARRI",
        &[
            "BGM+44+D1+9",
            "LOC+11+NLRTM:139:6+LSTRTM:TER:ZZZ",
            &format!("EQD+CN+{BOX}+22G1:102:5++3+5"),
            &format!("DTM+203:{}:203", soon(0)),
            "CNT+16:1",
        ],
    )
}

fn customs(reference: &str, status: &str) -> String {
    let gis = format!("GIS+{status}:120:6");
    let eqd = format!("EQD+CN+{BOX}");
    file(reference, "CUSRES", &["BGM+932+C1+9", &gis, "RFF+BM:NSLB7712001", &eqd])
}

fn truck(reference: &str, driver: &str) -> String {
    let at = soon(30);
    file(
        reference,
        "COPINO",
        &[
            "BGM+171+K1+9",
            &format!("TDT+30++3+31+KADE:172+++93NSG7:146::{driver}"),
            "LOC+88+NLRTM:139:6+LSTRTM:72:306",
            &format!("DTM+132:{at}:203"),
            &format!("EQD+CN+{BOX}+22G1:102:5++3+5"),
            "CNT+16:1",
        ],
    )
}

async fn import(world: &World, party: &str, text: &str, profile: &str) -> (Vec<Value>, Done) {
    let path = world.home_of(party).join("import.edi");
    fs::write(&path, text).unwrap();
    let mut named = None;
    if !profile.is_empty() {
        let path = world.home_of(party).join("profile.toml");
        fs::write(&path, profile).unwrap();
        named = Some(path.display().to_string());
    }
    let parties: Map<String, Value> = [("KADE", "haulier"), ("LSTRTM", "terminal")]
        .map(|(code, party)| (code.to_owned(), json!(party)))
        .into_iter()
        .collect();
    let request = Request::Import {
        path: path.display().to_string(),
        profile: named,
        parties,
        release_to: None,
        // Customs hears of a case with its first word on it, and messages of customs name no terminal.
        terminal: (party == "customs").then(|| "terminal".to_owned()),
        renew_days: None,
        person: None,
        agent_for: None,
        wait_ms: 20_000,
    };
    world.ask(party, request).await
}

fn codes(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["code"].as_str()).collect()
}

fn outcomes(lines: &[Value]) -> Vec<(&str, &str)> {
    let issued = lines.iter().filter(|line| line["event"] == "issued");
    issued.map(|l| (l["kind"].as_str().unwrap(), l["outcome"].as_str().unwrap())).collect()
}

const YARD: &str = "name = 'yard'\n[ship-moves]\navailable = true\ncleared = true";

/// Waits until the haulier knows that it may collect the box.
async fn until_holder(world: &World) {
    until("the haulier holds the right", async || {
        let case = world.status("haulier", BOX).await;
        case.is_some_and(|case| case["right"]["holder"] == "haulier")
    })
    .await;
}

async fn enrol(world: &World, name: &str) {
    let fields = json!({
        "key": public(DRIVER), "name": name, "valid_until": later(10 * DAY), "state": "active",
    });
    world.accepted("haulier", "driver-credential", fields).await;
}

/// Adds a channel to the config of a party that does not run yet.
fn channel(world: &mut World, party: &str, name: &str, rest: &str) -> PathBuf {
    let table = format!(
        "[[channel]]\nname = \"{name}\"\nfolder = \"channels/{name}\"\nevery_s = 1\n\
         parties = {{ KADE = \"haulier\", LSTRTM = \"terminal\" }}\n{rest}\n"
    );
    world.configure(party, |text| {
        let text = text.replace("# port = \"NLRTM\"", "port = \"NLRTM\"");
        text + "\n" + &table
    });
    world.home_of(party).join("channels").join(name)
}

/// Hands a file in as a careful sender does.
fn hand_in(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder.join("in")).unwrap();
    fs::write(folder.join("in").join(format!(".{name}")), text).unwrap();
    fs::rename(folder.join("in").join(format!(".{name}")), folder.join("in").join(name)).unwrap();
}

/// Names of the files in a part of a channel's folder.
fn names(folder: &Path, part: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.join(part)) else { return Vec::new() };
    let mut names: Vec<_> =
        entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

/// Waits for the report of a file, and gives it.
async fn report(folder: &Path, part: &str, name: &str) -> String {
    let ends = format!("{name}.txt");
    until(&format!("{name} is in {part}"), async || {
        names(folder, part).iter().any(|file| file.ends_with(&ends))
            && names(folder, "work").is_empty()
    })
    .await;
    let found = names(folder, part).into_iter().find(|file| file.ends_with(&ends)).unwrap();
    fs::read_to_string(folder.join(part).join(found)).unwrap()
}

/// Tags and values as a reader that we did not write has them.
fn by_oracle(file: &[u8]) -> Vec<(String, Vec<Vec<String>>)> {
    let values = |segment: edifact_rs::Segment<'_>| {
        let elements = segment.elements.iter();
        let elements = elements.map(|e| e.components().map(str::to_owned).collect()).collect();
        (segment.tag().to_owned(), elements)
    };
    let segments = edifact_rs::from_bytes(file).map(|segment| values(segment.unwrap()));
    segments.filter(|(tag, _)| tag != "UNA").map(plain).collect()
}

fn by_us(file: &[u8]) -> Vec<(String, Vec<Vec<String>>)> {
    let values = |segment: syntax::Segment<'_>| {
        let elements = segment.elements();
        let elements = elements.map(|e| e.components().map(|c| c.into_owned()).collect()).collect();
        (segment.tag().to_owned(), elements)
    };
    syntax::segments(file).map(|segment| plain(values(segment.unwrap()))).collect()
}

/// Without empty values at the end, which readers show in different ways.
fn plain((tag, mut elements): (String, Vec<Vec<String>>)) -> (String, Vec<Vec<String>>) {
    for components in &mut elements {
        while components.last().is_some_and(String::is_empty) {
            components.pop();
        }
    }
    while elements.last().is_some_and(Vec::is_empty) {
        elements.pop();
    }
    (tag, elements)
}

fn out_of(folder: &Path, kind: &str) -> Vec<Vec<u8>> {
    let of = names(folder, "out").into_iter().filter(|name| name.starts_with(kind));
    of.map(|name| fs::read(folder.join("out").join(name)).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_alone_bring_a_container_to_its_pass_and_partners_are_told_each_step() {
    let mut world = World::new(&["line", "customs", "haulier"]).await;
    world.start("terminal").await;
    world.kill("terminal").await;
    let told = "write = [\"coreor\", \"copino\", \"codeco\", \"iftsta\"]\npartner = \"line\"";
    let tos = channel(&mut world, "terminal", "tos", told);
    world.start("terminal").await;

    let (lines, done) = import(&world, "line", &order("R1"), "").await;
    assert_eq!(
        (outcomes(&lines), done.exit),
        (vec![("release-order", "accepted")], 0),
        "{lines:?}"
    );
    let (lines, done) = import(&world, "terminal", &discharge("R2"), YARD).await;
    assert_eq!((outcomes(&lines), done.exit), (vec![("arrival", "registered")], 0), "{lines:?}");
    until_holder(&world).await;
    enrol(&world, "Jan de Wit").await;
    let (lines, done) = import(&world, "haulier", &truck("R3", "JAN DE WIT"), "").await;
    let both = vec![("driver-binding", "accepted"), ("slot-request", "accepted")];
    assert_eq!((outcomes(&lines), done.exit), (both, 0), "{lines:?}");
    let (lines, done) = import(&world, "customs", &customs("R4", "4"), "").await;
    assert_eq!((outcomes(&lines), done.exit), (vec![("customs-status", "accepted")], 0));
    until("the pass is issued", async || {
        world.status("terminal", BOX).await.unwrap()["pass"]["id"].is_string()
    })
    .await;
    inside(&world, BOX, "93NSG7", DRIVER).await;
    let unsigned_because = Some("the driver's phone is flat".to_owned());
    let leaves = Request::GateOut { subject: BOX.to_owned(), unsigned_because };
    assert_eq!(world.ask("terminal", leaves).await.1.exit, 0);

    until("the gate-out is told", async || out_of(&tos, "codeco").len() == 1).await;
    let profile = Profile::standard();
    let read =
        |bytes: &[u8]| syntax::read(bytes, &Rules { strict: true, ..Rules::default() }).is_ok();
    for kind in ["coreor", "copino", "codeco", "iftsta"] {
        for bytes in out_of(&tos, kind) {
            assert!(read(&bytes), "{kind}");
            assert_eq!(by_us(&bytes), by_oracle(&bytes), "{kind}");
        }
    }
    let [order] = &out_of(&tos, "coreor")[..] else { panic!("{:?}", names(&tos, "out")) };
    let interchange = syntax::read(order, &profile.syntax).unwrap().remove(0);
    let reading = coreor::read(&interchange, &profile).unwrap();
    assert_eq!(reading.instructions[0].bills[0].as_str(), "NSLB7712001");
    let [notice] = &out_of(&tos, "copino")[..] else { panic!("{:?}", names(&tos, "out")) };
    let interchange = syntax::read(notice, &profile.syntax).unwrap().remove(0);
    let reading = copino::read(&interchange, &profile).unwrap();
    assert_eq!(
        reading.items[0].entry.road.plate.as_ref().unwrap().as_ref().unwrap().as_str(),
        "93NSG7"
    );
    let [gone] = &out_of(&tos, "codeco")[..] else { panic!("{:?}", names(&tos, "out")) };
    let interchange = syntax::read(gone, &profile.syntax).unwrap().remove(0);
    let reading = codeco::read(&interchange, &profile).unwrap();
    assert_eq!(reading.items[0].way, Some(codeco::Way::Out));
    let statuses: String = out_of(&tos, "iftsta")
        .iter()
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .collect();
    for words in
        ["RELEASED BY LINE", "DISCHARGED", "RELEASED BY CUSTOMS", "READY FOR PICK-UP", "GATE OUT"]
    {
        assert_eq!(statuses.matches(&format!(":{words}'")).count(), 1, "{words}: {statuses}");
    }
    assert!(!statuses.contains("REVOKED"), "{statuses}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_another_role_signs_leads_to_nothing_and_says_whose_it_is() {
    let world = World::new(&["line", "terminal"]).await;
    let (lines, done) = import(&world, "line", &discharge("R1"), "").await;
    assert_eq!(codes(&lines), ["role-may-not-sign"]);
    assert_eq!(done.exit, 1);
    let (lines, done) = import(&world, "terminal", &order("R2"), "").await;
    assert_eq!((codes(&lines), done.exit), (vec!["role-may-not-sign"], 1));
    assert!(world.status("terminal", BOX).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truck_whose_driver_nobody_knows_gets_its_slot_and_no_binding() {
    let world = World::new(&["line", "terminal", "haulier"]).await;
    import(&world, "line", &order("R1"), "").await;
    until_holder(&world).await;
    let (lines, _) = import(&world, "haulier", &truck("R2", "PIET BLOM"), "").await;
    assert_eq!(codes(&lines), ["driver-unknown"], "{lines:?}");
    assert_eq!(outcomes(&lines), [("slot-request", "accepted")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_make_each_document_once_and_an_unknown_word_of_customs_is_a_hold() {
    let world = World::new(&["line", "terminal", "customs"]).await;
    import(&world, "line", &order("R1"), "").await;
    let before = world.documents("line").await;
    let (lines, done) = import(&world, "line", &order("R1"), "").await;
    assert_eq!((outcomes(&lines), done.exit), (vec![("release-order", "before")], 0));
    assert_eq!(lines.last().unwrap()["before"], 1);
    assert_eq!(world.documents("line").await, before, "nothing new was signed");

    let (lines, _) = import(&world, "customs", &customs("R2", "77"), "").await;
    assert_eq!(outcomes(&lines), [("customs-status", "accepted")], "{lines:?}");
    let case = world.status("terminal", BOX).await.unwrap().to_string();
    assert!(case.contains("held"), "{case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_fault_anywhere_signs_nothing_of_its_good_part() {
    let world = World::new(&["line", "terminal"]).await;
    let broken = order("R1") + &order("R2").replace("UNZ+1+R2'", "");
    let (lines, done) = import(&world, "line", &broken, "").await;
    assert_eq!(done.error.unwrap().code, "truncated");
    assert!(outcomes(&lines).is_empty());
    assert!(world.status("terminal", BOX).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_takes_each_interchange_once_and_says_in_words_what_became_of_it() {
    let mut world = World::new(&["terminal"]).await;
    world.start("line").await;
    world.kill("line").await;
    let folder = channel(&mut world, "line", "partner", "profile = \"partner\"");
    let profiles = world.home_of("line").join("profiles");
    fs::create_dir_all(&profiles).unwrap();
    let asks = "name = 'p'\n[answers]\ncontrl = 'always'\naperak = 'errors'";
    fs::write(profiles.join("partner.toml"), asks).unwrap();
    world.start("line").await;

    hand_in(&folder, "one.edi", &order("R1"));
    let text = report(&folder, "done", "one.edi").await;
    assert!(text.contains(BOX) && text.contains("1 documents"), "{text}");
    assert_eq!((out_of(&folder, "contrl").len(), out_of(&folder, "aperak").len()), (1, 0));
    let signed = world.documents("line").await;

    // The same again under another name; the same reference over something else.
    hand_in(&folder, "two.edi", &order("R1"));
    let text = report(&folder, "done", "two.edi").await;
    assert!(text.contains("interchange-duplicate"), "{text}");
    hand_in(&folder, "three.edi", &order("R1").replace("R50001", "R50002"));
    let text = report(&folder, "error", "three.edi").await;
    assert!(text.contains("interchange-reused"), "{text}");
    assert!(world.documents("line").await <= signed + 1, "receipts alone may have come");

    // A wrong container is told to the clerk and to the partner; an answer is never answered.
    hand_in(
        &folder,
        "four.edi",
        &order("R4")
            .replace(BOX, "NSLU1000015")
            .replace("CNT+16:1", "EQD+CN+NSLU1000020+22G1:102:5++3+5'\nCNT+16:2")
            .replace("UNT+10", "UNT+11"),
    );
    let text = report(&folder, "error", "four.edi").await;
    assert!(text.contains("not-releasable") && text.contains("NSLU1000020"), "{text}");
    assert_eq!(out_of(&folder, "aperak").len(), 1);
    let answers = names(&folder, "out").len();
    let reply = String::from_utf8(out_of(&folder, "contrl").remove(0)).unwrap();
    hand_in(&folder, "reply.edi", &reply);
    let text = report(&folder, "done", "reply.edi").await;
    assert!(text.contains("syntax-answer"), "{text}");
    assert_eq!(names(&folder, "out").len(), answers, "an answer was answered");

    // What cannot be read is rejected, and stays where a person sees it.
    hand_in(&folder, "cut.edi", &order("R9").replace("UNZ+1+R9'", ""));
    let text = report(&folder, "error", "cut.edi").await;
    assert!(text.contains("[truncated]"), "{text}");
    assert_eq!(names(&folder, "out").len(), answers + 1, "no CONTRL of the rejection");
    assert!(names(&folder, "in").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_still_written_is_left_alone() {
    let mut world = World::new(&["terminal"]).await;
    world.start("line").await;
    world.kill("line").await;
    let folder = channel(&mut world, "line", "partner", "");
    world.start("line").await;
    for name in [".hidden.edi", "a.edi.part", "b.tmp", "c.FILEPART"] {
        fs::write(folder.join("in").join(name), order("R1")).unwrap();
    }
    // One that comes later is taken before any of these is.
    hand_in(&folder, "z.edi", &order("R2"));
    report(&folder, "done", "z.edi").await;
    assert_eq!(names(&folder, "in"), ["a.edi.part", "b.tmp", "c.FILEPART"]);
    assert!(folder.join("in/.hidden.edi").exists());
}
