//! Evidence files at the command line.

use landside_proto::checkpoint::{Checkpoint, KeyName, SignedCheckpoint};
use landside_proto::document::{CasePlace, Position};
use landside_proto::evidence::{CaseEvidence, Evidence, Registered, write};
use landside_proto::ids::CaseCode;
use landside_proto::log::Entry;
use landside_proto::merkle::Frontier;

use super::*;

/// A case of one hold, witnessed by the haulier, with a reason that would be markup in a page.
fn evidence() -> CaseEvidence {
    evidence_of(NOW)
}

fn evidence_of(at: UnixMillis) -> CaseEvidence {
    let reason = remark("<script>scan</script> & \"weigh\"");
    let hold = Hold { visit: visit(), hold_type: HoldType::Security, reason };
    let signed = sealed(hold.into(), "customs-x", 2);
    let code = CaseCode::from_seed(&[7; 32]);
    let position = Position { log: 0, at, case: Some(CasePlace { code, place: 0 }) };
    let mut tree = Frontier::default();
    tree.append(Entry::of(signed.hash(), &position).leaf());
    let name = |party: &str| KeyName::of(&remark("west"), &PartyId::parse(party).unwrap());
    let head = Checkpoint::of(name("terminal-west"), &tree).sign(&key(4)).unwrap();
    let cosigned = head.cosign(&name("haulier-c"), NOW, &key(3)).unwrap();
    CaseEvidence {
        network: remark("west"),
        visit: visit(),
        code,
        editions: vec![add_signature(&[], &edition(), NOW, &key(1)).unwrap()],
        head: Some(head.add_cosignature(&cosigned).unwrap().bytes().to_vec()),
        credentials: Vec::new(),
        documents: vec![Registered {
            envelope: signed.bytes().to_vec(),
            position,
            proof: Some(Vec::new()),
            disclosures: Vec::new(),
        }],
        receipts: Vec::new(),
        interchanges: Vec::new(),
        photos: Vec::new(),
    }
}

fn put(desk: &Desk, case: CaseEvidence) {
    desk.put("case.landside", &write(&Evidence::Case(case)));
}

/// Neither a bundle nor a home is there.
fn alone(desk: &Desk, files: &[&str]) -> VerifyArgs {
    VerifyArgs { directory: None, at: None, ..desk.args(files) }
}

fn of<'a>(said: &'a [Map<String, Value>], event: &str) -> Vec<&'a Map<String, Value>> {
    said.iter().filter(|object| object["event"] == event).collect()
}

#[test]
fn a_file_is_verified_with_nothing_but_itself() {
    let desk = Desk::new();
    put(&desk, evidence());
    let (exit, said) = desk.run(alone(&desk, &["case.landside"]));
    assert_eq!((exit, &said[0]["event"]), (Exit::Done, &json!("evidence")));
    let expected = [
        ("verdict", json!("proven")),
        ("sound", json!(true)),
        ("container", json!("MSKU1234565")),
        ("terminal", json!("terminal-west")),
        ("documents", json!(1)),
        ("trusted", json!(true)),
    ];
    for (name, value) in expected {
        assert_eq!(said[0][name], value, "{name}");
    }
    assert_eq!(said[0]["heads"][0]["witnesses"][0]["party"], "haulier-c");
    let step = of(&said, "evidence-step")[0];
    assert_eq!((&step["issuer"], &step["proven"]), (&json!("customs-x"), &json!(true)));
    let outcome = of(&said, "evidence-outcome")[0];
    assert_eq!((&outcome["state"], &outcome["lights"]["customs"]), (&json!("open"), &json!("red")));
    assert_eq!(of(&said, "evidence-edition").len(), 1);
}

#[test]
fn a_changed_file_is_broken_and_says_where() {
    let desk = Desk::new();
    let bytes = write(&Evidence::Case(evidence()));
    let at = bytes.windows(4).position(|four| four == b"scan").unwrap();
    let mut changed = bytes.clone();
    changed[at] ^= 1;
    desk.put("case.landside", &changed);
    let (exit, said) = desk.run(alone(&desk, &["case.landside"]));
    assert_eq!((exit, &said[0]["verdict"]), (Exit::Refused, &json!("broken")));
    let found = of(&said, "evidence-finding");
    let refused = found.iter().find(|f| f["code"] == "document-refused").unwrap();
    assert_eq!((&refused["part"], &refused["number"]), (&json!("document"), &json!(1)));
    assert_eq!(refused["severity"], "broken");
    assert!(of(&said, "evidence-outcome").is_empty(), "a broken file tells no outcome");
}

#[test]
fn a_file_that_does_not_join_the_trusted_list_is_not_judged() {
    let desk = Desk::new();
    put(&desk, evidence());
    let trust = vec![Hash32::of(b"another")];
    let (exit, said) = desk.run(VerifyArgs { trust, ..alone(&desk, &["case.landside"]) });
    assert_eq!((exit, &said[0]["verdict"]), (Exit::Unjudged, &json!("not-joined")));
    assert_eq!(of(&said, "evidence-finding")[0]["code"], "edition-not-joined");
    assert!(of(&said, "evidence-outcome").is_empty(), "what is not judged tells no outcome");
    let (exit, said) =
        desk.run(VerifyArgs { trust: Vec::new(), ..alone(&desk, &["case.landside"]) });
    assert_eq!((exit, &said[0]["trusted"]), (Exit::Done, &json!(false)));
    assert_eq!(of(&said, "evidence-finding")[0]["code"], "compare-edition-id");
}

#[test]
fn editions_brought_along_join_a_file_to_the_list_that_is_trusted() {
    let desk = Desk::new();
    put(&desk, evidence());
    let mut second = edition();
    (second.number, second.previous) = (2, Some(edition_id(&edition()).unwrap()));
    desk.put("2.bundle", &add_signature(&[], &second, NOW, &key(1)).unwrap());
    let args = |editions: &[&str]| VerifyArgs {
        trust: vec![edition_id(&second).unwrap()],
        editions: editions.iter().map(|name| desk.at(name)).collect(),
        ..alone(&desk, &["case.landside"])
    };
    assert_eq!(desk.run(args(&[])).0, Exit::Unjudged);
    let (exit, said) = desk.run(args(&["2.bundle"]));
    assert_eq!((exit, &said[0]["verdict"]), (Exit::Done, &json!("proven")));
    assert_eq!(said[0]["trusted"], json!(true));

    desk.put("no.bundle", b"x");
    let failed = run(args(&["no.bundle"]), &desk.at("home"), &Output::kept()).unwrap_err();
    assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Refused, "malformed"));
    let many = vec!["2.bundle"; landside_proto::evidence::EDITIONS_MAX + 1];
    let failed = run(args(&many), &desk.at("home"), &Output::kept()).unwrap_err();
    assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Usage, "too-many-editions"));
}

#[test]
fn fewer_witnesses_than_asked_for_end_with_status_1() {
    let desk = Desk::new();
    put(&desk, evidence());
    let asks = |witnesses| VerifyArgs { witnesses, ..alone(&desk, &["case.landside"]) };
    let (exit, said) = desk.run(asks(Some(1)));
    let expected = json!({ "count": 1, "asked": 1, "parties": ["haulier-c"] });
    assert_eq!((exit, &said[0]["witnesses"]), (Exit::Done, &expected));
    let (exit, said) = desk.run(asks(Some(2)));
    assert_eq!((exit, &said[0]["verdict"]), (Exit::Refused, &json!("too-few-witnesses")));
    assert_eq!(said[0]["sound"], json!(true));

    let mut case = evidence();
    case.head = Some(head_of(&case).bytes().to_vec());
    put(&desk, case);
    let (exit, said) = desk.run(asks(None));
    assert_eq!((exit, &said[0]["verdict"]), (Exit::Done, &json!("unwitnessed")));
    assert_eq!(desk.run(asks(Some(1))).0, Exit::Refused);
}

/// The head without its cosignature.
fn head_of(case: &CaseEvidence) -> SignedCheckpoint {
    let name = KeyName::of(&remark("west"), &PartyId::parse("terminal-west").unwrap());
    let terminal = key(4).public_key();
    let head = SignedCheckpoint::open(case.head.as_ref().unwrap(), &name, &[terminal]);
    head.unwrap().only_of(&terminal)
}

#[test]
fn files_that_are_refused_count_more_than_those_that_are_not_judged() {
    let desk = Desk::new();
    put(&desk, evidence());
    desk.put("cut.landside", &write(&Evidence::Case(evidence()))[..100]);
    let trust = vec![Hash32::of(b"another")];
    for files in [["case.landside", "cut.landside"], ["cut.landside", "case.landside"]] {
        let args = VerifyArgs { trust: trust.clone(), ..alone(&desk, &files) };
        assert_eq!(desk.run(args).0, Exit::Refused);
    }
}

#[test]
fn a_fault_of_the_terminal_is_not_a_broken_file_and_not_a_sound_one() {
    let desk = Desk::new();
    // Registered, it says, an hour before it was signed.
    let before = UnixMillis::from_millis(NOW.as_millis() - 3_600_000);
    put(&desk, evidence_of(before));
    let (exit, said) =
        desk.run(VerifyArgs { trust: Vec::new(), ..alone(&desk, &["case.landside"]) });
    assert_eq!((exit, &said[0]["verdict"]), (Exit::Refused, &json!("proven")));
    assert_eq!((&said[0]["sound"], &said[0]["broken"]), (&json!(false), &json!(0)));
}

#[test]
fn the_page_needs_nothing_and_escapes_what_the_file_says() {
    let desk = Desk::new();
    put(&desk, evidence());
    let html = Some(desk.at("case.html"));
    let (exit, _) = desk.run(VerifyArgs { html, ..alone(&desk, &["case.landside"]) });
    assert_eq!(exit, Exit::Done);
    let page = fs::read_to_string(desk.at("case.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains("Container MSKU 123456 5") && page.contains("<b>proven</b>"));
    assert!(page.contains("&lt;script&gt;scan&lt;/script&gt; &amp; &quot;weigh&quot;"));
    for outside in ["<script", "src=", "href=", "url(", "@import", "http:", "https:"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_page_is_written_over_nothing_that_is_there_unless_that_is_asked_for() {
    let desk = Desk::new();
    put(&desk, evidence());
    let before = fs::read(desk.at("case.landside")).unwrap();
    desk.put("notes.html", b"notes");
    let args = |html: &str, force| VerifyArgs {
        html: Some(desk.at(html)),
        force,
        ..alone(&desk, &["case.landside"])
    };
    for there in ["case.landside", "notes.html"] {
        let failed = run(args(there, false), &desk.at("home"), &Output::kept()).unwrap_err();
        assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Usage, "file-exists"));
    }
    assert_eq!(fs::read(desk.at("case.landside")).unwrap(), before);
    assert_eq!(fs::read(desk.at("notes.html")).unwrap(), b"notes");
    assert_eq!(desk.run(args("notes.html", true)).0, Exit::Done);
    assert!(fs::read(desk.at("notes.html")).unwrap().starts_with(b"<!DOCTYPE html>"));
}

/// What a haulier has: a binding at place 4, and nothing before it.
fn part() -> CaseEvidence {
    let binding = landside_proto::document::DriverBinding {
        visit: visit(),
        builds_on: None,
        right: DocId::from_bytes([8; 32]),
        driver: public(60),
        plate: Plate::parse("1-ABC-234").unwrap(),
    };
    let signed = sealed(binding.into(), "haulier-c", 3);
    let mut case = evidence();
    let place = Some(CasePlace { code: case.code, place: 4 });
    let position = Position { log: 0, at: NOW, case: place };
    let mut tree = Frontier::default();
    tree.append(Entry::of(signed.hash(), &position).leaf());
    let name = |party: &str| KeyName::of(&remark("west"), &PartyId::parse(party).unwrap());
    let head = Checkpoint::of(name("terminal-west"), &tree).sign(&key(4)).unwrap();
    case.head = Some(head.bytes().to_vec());
    case.documents[0].envelope = signed.bytes().to_vec();
    case.documents[0].position = position;
    case
}

#[test]
fn a_part_of_a_case_has_an_exit_status_of_its_own_unless_it_is_what_is_wanted() {
    let desk = Desk::new();
    put(&desk, part());
    let (exit, said) = desk.run(alone(&desk, &["case.landside"]));
    assert_eq!((exit, &said[0]["verdict"]), (Exit::Part, &json!("part")), "{said:?}");
    assert_eq!(said[0]["sound"], json!(true));
    let wanted = VerifyArgs { part: true, ..alone(&desk, &["case.landside"]) };
    assert_eq!(desk.run(wanted).0, Exit::Done);
    // Beside a file that is refused, and one that is not judged, it counts least.
    desk.put("cut.landside", b"\x84\x74landside evidence v1");
    assert_eq!(desk.run(alone(&desk, &["case.landside", "cut.landside"])).0, Exit::Refused);
}

#[test]
fn a_part_with_fewer_witnesses_than_asked_for_says_so() {
    let desk = Desk::new();
    put(&desk, part());
    for part in [false, true] {
        let witnesses = Some(1);
        let args = VerifyArgs { witnesses, part, ..alone(&desk, &["case.landside"]) };
        let (exit, said) = desk.run(args);
        assert_eq!((exit, &said[0]["verdict"]), (Exit::Refused, &json!("part")));
        assert_eq!(said[0]["too_few_witnesses"], json!(true));
    }
    let (_, said) = desk.run(alone(&desk, &["case.landside"]));
    assert_eq!(said[0].get("too_few_witnesses"), None);
}

#[test]
fn a_page_of_several_files_or_of_no_evidence_is_not_written() {
    let desk = Desk::new();
    put(&desk, evidence());
    desk.put("hold", sealed(hold(), "customs-x", 2).bytes());
    for files in [&["hold"][..], &["hold", "case.landside"], &["case.landside"; 2]] {
        let html = Some(desk.at("case.html"));
        let args = VerifyArgs { html, ..desk.args(files) };
        let failed = run(args, &desk.at("home"), &Output::kept()).unwrap_err();
        assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Usage, "not-one-file"));
        assert!(!desk.at("case.html").exists());
    }
}

#[test]
fn an_id_to_trust_needs_an_edition_for_documents() {
    let desk = Desk::new();
    desk.put("hold", sealed(hold(), "customs-x", 2).bytes());
    let args = VerifyArgs { directory: None, ..desk.args(&["hold"]) };
    let failed = run(args, &desk.at("home"), &Output::kept()).unwrap_err();
    assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Usage, "no-directory"));
}

#[test]
fn evidence_and_documents_go_side_by_side() {
    let desk = Desk::new();
    put(&desk, evidence());
    desk.put("hold", sealed(hold(), "customs-x", 2).bytes());
    let (exit, said) = desk.run(desk.args(&["hold", "case.landside"]));
    assert_eq!(exit, Exit::Done);
    assert_eq!(of(&said, "evidence").len() + of(&said, "verified").len(), 2);
}

#[test]
fn a_cut_file_is_broken_at_any_length() {
    let desk = Desk::new();
    let bytes = write(&Evidence::Case(evidence()));
    for length in [23, 30, 100, bytes.len() / 2, bytes.len() - 1] {
        desk.put("case.landside", &bytes[..length]);
        let (exit, said) = desk.run(alone(&desk, &["case.landside"]));
        assert_eq!((exit, &said[0]["verdict"]), (Exit::Refused, &json!("broken")), "{length}");
    }
}
