//! Evidence of the test port: made as an honest terminal and exporter make it, then spoiled.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use super::form::{parse, write_as_is};
use super::*;
use crate::case::Light;
use crate::checkpoint::{Checkpoint, KeyName, SignedCheckpoint};
use crate::directory::edition_id;
use crate::document::{
    CustomsState, Document, Entry, InterchangeReceipt, Outcome, Receipt, ReleaseOrder, Source,
};
use crate::envelope::{self, Signed};
use crate::ids::{DocId, UnixMillis};
use crate::log;
use crate::merkle::{Frontier, Tile, TileReader, inclusion};
use crate::world::{
    CUSTOMS, DRIVER, FORWARDER, HAULIER, LINE, MINUTE, START, TERMINAL, World, actor, arrival,
    binding, bundle, credential, edition, interchange, key, party, pass_to, release, remark,
    status, visit,
};

mod agents;
mod cheating;
mod forking;
mod forms;
mod rotations;
mod signers;
mod tampering;
mod trusting;

/// A registered document as a terminal keeps it.
type Logged = (Signed<Document>, Position);

/// The raw bytes that the release was made from, and a photograph at the gate.
const COREOR: &[u8] = b"UNB+UNOA:2+LINE+TERMINAL+261123:0400+1'UNZ+0+1'";
const PHOTO: &[u8] = b"\xff\xd8 a seal \xff\xd9";

/// A container that left, with raw bytes, photograph, and another box's document in the log.
fn left() -> World {
    let mut world = World::new();
    let source = Source { interchange: Hash32::of(COREOR), message: 0, equipment: 0 };
    let order = ReleaseOrder { source: Some(source), ..release(FORWARDER) };
    world.register(order, LINE).unwrap();
    world.register(status(None, CustomsState::Released), CUSTOMS).unwrap();
    world.register(arrival(), TERMINAL).unwrap();
    world.register(pass_to(HAULIER, world.right()), FORWARDER).unwrap();
    world.register(credential(DRIVER), HAULIER).unwrap();
    world.register(binding(world.right(), DRIVER), HAULIER).unwrap();
    world.book(HAULIER);
    let pass = world.pass_due();
    world.register(pass, TERMINAL).unwrap();
    world.now = START.plus(60 * MINUTE);
    let directory = world.authorities.directory.follow(&editions()[1], world.now).unwrap();
    world.authorities.directory = Arc::new(directory);
    let decision = world.verdict_on_driver();
    let decision = world.register(decision, TERMINAL).unwrap();
    let eir = InterchangeReceipt { photos: vec![Hash32::of(PHOTO)], ..interchange(decision) };
    let eir = world.register(eir, TERMINAL).unwrap();
    let signed = InterchangeReceipt { photos: vec![Hash32::of(PHOTO)], ..interchange(eir) };
    world.register(signed, DRIVER).unwrap();
    world.register(world.gate_out(), TERMINAL).unwrap();
    world
}

/// A log's hashes in memory.
#[derive(Default)]
struct Tiled {
    frontier: Frontier,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
}

impl Tiled {
    fn of(log: &[Logged]) -> Self {
        let mut tiled = Self::default();
        for (signed, position) in log {
            assert_eq!(tiled.frontier.size(), position.log, "the log has no gaps");
            for placed in tiled.frontier.append(log::Entry::of(signed.hash(), position).leaf()) {
                let tile = placed.tile();
                let bytes = tiled.tiles.entry((tile.level(), tile.index())).or_default();
                bytes.extend(placed.hash.as_bytes());
            }
        }
        tiled
    }
}

impl TileReader for Tiled {
    type Error = Infallible;

    fn read_tile(&self, tile: Tile) -> Result<Vec<u8>, Infallible> {
        Ok(self.tiles[&(tile.level(), tile.index())].clone())
    }
}

fn name(of: &str) -> KeyName {
    KeyName::of(&remark("test-port"), &party(of))
}

/// The head of a log as its terminal signs it.
fn head(log: &[Logged]) -> SignedCheckpoint {
    Checkpoint::of(name(TERMINAL), &Tiled::of(log).frontier).sign(&key(TERMINAL)).unwrap()
}

/// A head with the cosignatures of these parties.
fn witnessed(head: &SignedCheckpoint, by: &[&str], at: UnixMillis) -> SignedCheckpoint {
    by.iter().fold(head.clone(), |head, witness| {
        let cosigned = head.cosign(&name(witness), at, &key(witness)).unwrap();
        head.add_cosignature(&cosigned).unwrap()
    })
}

/// What the terminal answers: these documents have these positions.
fn receipt_of(to: &str, log: &[Logged], at: UnixMillis) -> Vec<u8> {
    let entries = log
        .iter()
        .map(|(signed, position)| Entry {
            document: signed.id(),
            outcome: Outcome::Accepted,
            position: Some(*position),
            refused: None,
        })
        .collect();
    let receipt = Receipt { to: actor(to), entries };
    envelope::seal(receipt.into(), actor(TERMINAL), at, &key(TERMINAL)).unwrap().bytes().to_vec()
}

/// The documents of the test container and of its driver, each with its proof.
fn registered(log: &[Logged]) -> (Vec<Registered>, Vec<Registered>) {
    let tiled = Tiled::of(log);
    let all = log.iter().map(|(signed, position)| Registered {
        envelope: signed.bytes().to_vec(),
        position: *position,
        proof: Some(inclusion(position.log, tiled.frontier.size(), &tiled).unwrap()),
        disclosures: Vec::new(),
    });
    all.partition(|registered| registered.position.case.is_some())
}

/// Editions 1 and 2 of the test port; the second begins while the case goes on.
fn editions() -> Vec<Vec<u8>> {
    let first = edition(1, None);
    let mut second = edition(2, Some(edition_id(&first).unwrap()));
    second.valid_from = START.plus(30 * MINUTE);
    let all = ["authority-1", "authority-2", "authority-3"];
    vec![bundle(&first, &all[..2]), bundle(&second, &all)]
}

/// An edition of only those who take part, and its id: each of its bytes is flipped.
fn few() -> (Vec<u8>, Hash32) {
    let mut few = edition(1, None);
    let taking_part = [LINE, CUSTOMS, TERMINAL, FORWARDER, HAULIER];
    few.parties.retain(|entry| taking_part.contains(&entry.id.as_str()));
    (bundle(&few, &["authority-1", "authority-2"]), edition_id(&few).unwrap())
}

fn founding_id() -> Hash32 {
    edition_id(&edition(1, None)).unwrap()
}

/// What an honest exporter writes of a log: receipts to line and forwarder, two witnesses.
fn case_of(log: &[Logged]) -> CaseEvidence {
    let last = log.last().unwrap().1.at;
    let (documents, credentials) = registered(log);
    let of_case: Vec<Logged> = log.iter().filter(|(_, p)| p.case.is_some()).cloned().collect();
    CaseEvidence {
        network: remark("test-port"),
        visit: visit(),
        code: documents[0].position.case.unwrap().code,
        editions: editions(),
        head: Some(witnessed(&head(log), &[CUSTOMS, LINE], last.plus(MINUTE)).bytes().to_vec()),
        credentials,
        documents,
        receipts: vec![
            receipt_of(LINE, &of_case[..1], of_case[0].1.at),
            receipt_of(FORWARDER, &of_case, last),
        ],
        interchanges: vec![COREOR.to_vec()],
        photos: vec![PHOTO.to_vec()],
    }
}

fn whole() -> CaseEvidence {
    case_of(&left().log)
}

fn file(case: CaseEvidence) -> Vec<u8> {
    write(&Evidence::Case(case))
}

fn checked(case: CaseEvidence) -> Report {
    verify(&file(case), Some(founding_id()))
}

/// The codes found, each once, notes last.
fn codes(report: &Report) -> Vec<&'static str> {
    let mut found: Vec<_> = report.findings.iter().map(|f| (f.severity(), f.code)).collect();
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, code)| code.as_str()).collect()
}

/// Place and text of a finding.
#[track_caller]
fn told(report: &Report, code: FindingCode) -> (String, String) {
    let found = report.findings.iter().find(|finding| finding.code == code);
    let found = found.unwrap_or_else(|| panic!("{} is not in {:?}", code.as_str(), codes(report)));
    (found.place.to_string(), found.text.clone())
}

#[test]
fn an_honest_case_is_proven_and_says_how_it_ended() {
    let report = checked(whole());
    assert_eq!(report.findings, []);
    assert_eq!(report.verdict, Verdict::Proven);
    assert!(report.is_sound());
    let case = report.case.as_ref().unwrap();
    assert_eq!(case, left().case());
    assert!(case.is_closed() && Light::ALL.iter().all(|l| case.is_green(*l, left().now)));
    assert_eq!(report.steps.len(), case.steps.len());
    assert!(report.steps.iter().chain(&report.credentials).all(|step| step.proven));
    assert_eq!(report.steps[0].receipts.len(), 2);
    assert_eq!(report.attached, (1, 1));
}

#[test]
fn each_step_says_who_signed_with_which_key_and_on_what_it_builds() {
    let report = checked(whole());
    let bound = &report.steps[4];
    let signer = bound.signer.as_ref().unwrap();
    assert_eq!(bound.place.kind.unwrap().as_str(), "driver-binding");
    assert_eq!((signer.name.as_str(), signer.edition), (HAULIER, 1));
    assert_eq!(signer.key_from, Some(UnixMillis::from_millis(0)));
    assert_eq!(bound.builds_on.unwrap().number, Some(4));
    let by_driver = &report.steps[10];
    let signer = by_driver.signer.as_ref().unwrap();
    assert_eq!((signer.name.as_str(), signer.edition), ("Wang Wei", 2));
    assert_eq!(signer.vouched_by, [party(HAULIER)]);
}

#[test]
fn the_witnesses_are_named_with_their_time() {
    let report = checked(whole());
    let witnesses: Vec<_> = report.heads[0].witnesses.iter().map(|w| w.party.as_str()).collect();
    assert_eq!(witnesses, [CUSTOMS, LINE]);
    let at = left().log.last().unwrap().1.at.plus(MINUTE);
    assert!(report.heads[0].witnesses.iter().all(|w| w.at.as_secs() == at.as_secs() && w.counts));
}

#[test]
fn without_an_id_to_trust_the_id_to_compare_is_told() {
    let report = verify(&file(whole()), None);
    assert_eq!(codes(&report), ["compare-edition-id"]);
    assert!(told(&report, FindingCode::CompareEditionId).1.contains(&founding_id().to_string()));
    assert!(report.is_sound());
    assert_eq!(report.verdict, Verdict::Proven);
}

#[test]
fn trust_in_a_later_edition_is_trust_in_those_before_it() {
    let second = crate::directory::peek_bundle(&editions()[1]).unwrap().1;
    let report = verify(&file(whole()), Some(second));
    assert_eq!(report.findings, []);
    assert_eq!(report.editions.iter().map(|e| e.trusted).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn without_a_head_receipts_prove_what_they_name() {
    let mut case = whole();
    case.head = None;
    case.credentials.clear();
    for document in &mut case.documents {
        document.proof = None;
    }
    // Nothing shows the credential now, so the case ends before the driver.
    case.documents.truncate(4);
    case.receipts = vec![receipt_of(LINE, &left().log[..4], left().log[3].1.at)];
    (case.photos, case.head) = (Vec::new(), None);
    let report = checked(case);
    assert_eq!(codes(&report), ["receipts-only"]);
    assert_eq!(report.verdict, Verdict::ReceiptOnly);
    assert_eq!(report.case.unwrap().holder().unwrap().holder, party(HAULIER));
}

#[test]
fn a_head_that_nobody_witnessed_is_told_apart() {
    let log = left().log;
    for witnesses in [&[][..], &[TERMINAL]] {
        let at = log.last().unwrap().1.at;
        let mut case = case_of(&log);
        case.head = Some(witnessed(&head(&log), witnesses, at).bytes().to_vec());
        let report = checked(case);
        assert_eq!((report.verdict, codes(&report)), (Verdict::Unwitnessed, vec!["unwitnessed"]));
    }
}

#[test]
fn an_open_case_is_proven_as_far_as_it_goes() {
    let world = World::green();
    let mut case = case_of(&world.log);
    (case.interchanges, case.photos) = (Vec::new(), Vec::new());
    let report = checked(case);
    assert_eq!((report.findings.len(), report.verdict), (0, Verdict::Proven));
    assert!(!report.case.unwrap().is_closed());
}

#[test]
fn a_document_newer_than_the_head_rests_on_its_receipt() {
    let log = left().log;
    let (earlier, last) = log.split_at(log.len() - 1);
    let mut case = case_of(earlier);
    let (mut newer, _) = registered(&log);
    let mut newer = newer.pop().unwrap();
    newer.proof = None;
    case.documents.push(newer);
    assert_eq!(codes(&checked(case.clone())), ["unproven"]);
    case.receipts.push(receipt_of(LINE, last, last[0].1.at));
    let report = checked(case);
    assert_eq!((report.verdict, codes(&report)), (Verdict::ReceiptOnly, vec!["receipts-only"]));
    assert!(report.case.unwrap().is_closed());
}

#[test]
fn the_same_case_gives_the_same_bytes_in_whatever_order_it_was_collected() {
    let case = whole();
    let mut shuffled = case.clone();
    shuffled.documents.reverse();
    shuffled.receipts.reverse();
    shuffled.receipts.push(shuffled.receipts[0].clone());
    shuffled.photos.push(PHOTO.to_vec());
    assert_eq!(file(shuffled), file(case));
}

#[test]
fn verifying_a_usual_case_is_timed() {
    let bytes = file(whole());
    let begin = std::time::Instant::now();
    let report = verify(&bytes, None);
    let documents = report.steps.len() + report.credentials.len();
    println!("{documents} documents, {} bytes: {:?}", bytes.len(), begin.elapsed());
    assert_eq!(report.verdict, Verdict::Proven);
}
