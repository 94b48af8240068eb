//! Evidence files as nodes write them: by the terminal, by a reader, and by a reader who is alone.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use data_encoding::BASE64;
use landside_node::control::Request;
use landside_proto::evidence::{FindingCode, Report, Verdict, verify};
use serde_json::{Value, json};

use crate::world::{World, bill_of, container, release_fields};

/// The line releases two containers, customs clears them, both in batches of one another's.
async fn two_cases(world: &World) -> [String; 2] {
    let containers = [container(1), container(2)];
    for container in &containers {
        world.accepted("line", "release-order", release_fields(container, "forwarder")).await;
    }
    for container in &containers {
        let status = json!({
            "container": container, "terminal": "terminal", "consignment": bill_of(container),
            "status": "released",
        });
        world.accepted("customs", "customs-status", status).await;
    }
    for container in &containers {
        for reader in ["line", "customs", "forwarder"] {
            world.until_case_has(reader, container, 2).await;
        }
    }
    containers
}

pub(crate) async fn export(world: &World, name: &str, subject: &str) -> (Vec<u8>, Value) {
    let (lines, done) = world.ask(name, Request::Export { subject: subject.to_owned() }).await;
    assert_eq!(done.exit, 0, "{done:?}");
    let parts = lines.iter().filter_map(|line| line["base64"].as_str());
    let parts = parts.map(|part| BASE64.decode(part.as_bytes()).unwrap());
    (parts.collect::<Vec<_>>().concat(), lines.last().unwrap().clone())
}

fn verified(world: &World, bytes: &[u8]) -> Report {
    verify(bytes, Some(world.directory().id()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_and_a_reader_who_asks_it_prove_the_same_case() {
    let world = World::new(&["terminal", "line", "customs", "forwarder"]).await;
    let [first, _] = two_cases(&world).await;
    for exporter in ["terminal", "line", "customs", "forwarder"] {
        let (bytes, said) = export(&world, exporter, &first).await;
        assert_eq!(said["proven"], true, "{exporter}: {said}");
        let report = verified(&world, &bytes);
        // Nobody witnesses this port.
        assert_eq!(report.verdict, Verdict::Unwitnessed, "{exporter}: {:?}", report.findings);
        assert!(report.is_sound(), "{exporter}: {:?}", report.findings);
        assert_eq!(report.steps.len(), 2);
        assert_eq!(
            export(&world, exporter, &first).await.0,
            bytes,
            "the same case, the same bytes"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_proves_its_case_by_receipts_when_the_terminal_is_gone() {
    let mut world = World::new(&["terminal", "line", "customs", "forwarder"]).await;
    let [first, second] = two_cases(&world).await;
    world.kill("terminal").await;
    for exporter in ["line", "customs", "forwarder"] {
        for container in [&first, &second] {
            let (bytes, said) = export(&world, exporter, container).await;
            assert_eq!(said["proven"], false, "{exporter}: {said}");
            let report = verified(&world, &bytes);
            assert_eq!(report.verdict, Verdict::ReceiptOnly, "{exporter}: {:?}", report.findings);
            assert!(report.is_sound(), "{exporter}: {:?}", report.findings);
            let codes: Vec<_> = report.findings.iter().map(|finding| finding.code).collect();
            assert_eq!(codes, [FindingCode::ReceiptsOnly], "{exporter}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_trusts_the_first_edition_can_judge_a_case_of_a_later_one() {
    let nodes = ["terminal", "line", "customs", "forwarder"];
    let mut world = World::new(&nodes).await;
    let founding = world.directory().id();
    for _ in 0..2 {
        world.next_edition(&nodes, |_| {}).await;
    }
    let [first, _] = two_cases(&world).await;
    for exporter in nodes {
        let bytes = export(&world, exporter, &first).await.0;
        let report = verify(&bytes, Some(founding));
        assert_eq!(report.verdict, Verdict::Unwitnessed, "{exporter}: {:?}", report.findings);
        let numbers: Vec<_> = report.editions.iter().map(|edition| edition.number).collect();
        assert_eq!(numbers, [1, 2, 3], "{exporter}");
        assert_eq!(export(&world, exporter, &first).await.0, bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_case_here_is_not_exported() {
    let world = World::new(&["terminal", "line"]).await;
    for (subject, exit) in [(container(9), 1), ("K9YF-E79C-3".to_owned(), 1), ("x".to_owned(), 2)] {
        let (lines, done) = world.ask("terminal", Request::Export { subject }).await;
        assert_eq!((lines.len(), done.exit), (0, exit), "{done:?}");
        assert!(done.error.unwrap().remedy.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_haulier_proves_its_part_and_shows_nothing_of_the_rest() {
    let mut world = World::new(&["terminal", "line", "customs", "forwarder", "haulier"]).await;
    let [number, _] = two_cases(&world).await;
    world
        .accepted("forwarder", "pass-right", json!({ "container": number, "to": "haulier" }))
        .await;
    world.until_holds("haulier", &number).await;
    let (bytes, said) = export(&world, "haulier", &number).await;
    assert_eq!(said["proven"], true, "{said}");
    let report = verified(&world, &bytes);
    assert_eq!(report.verdict, Verdict::Part, "{:?}", report.findings);
    assert!(report.is_sound() && report.steps.iter().all(|step| step.proven));
    let kinds = report.steps.iter().map(|s| s.signed.as_ref().unwrap().document().kind().as_str());
    assert_eq!(kinds.collect::<Vec<_>>(), ["pass-right", "progress"]);
    assert_eq!(export(&world, "haulier", &number).await.0, bytes);
    let bill = bill_of(&number).to_string();
    assert!(!bytes.windows(bill.len()).any(|window| window == bill.as_bytes()));

    world.kill("terminal").await;
    let (alone, said) = export(&world, "haulier", &number).await;
    assert_eq!(said["proven"], false, "{said}");
    let report = verified(&world, &alone);
    assert_eq!(report.verdict, Verdict::Part, "{:?}", report.findings);
    assert!(report.findings.iter().any(|f| f.code == FindingCode::ReceiptsOnly));
}
