use serde_json::json;

use super::style::Style;
use super::*;

fn said(object: Value) -> String {
    words::of(object.as_object().unwrap(), Style::PLAIN)
}

const ID: &str = "3f2a9c0149d1b1a96e5f2d0c7b8a9e1f3f2a9c0149d1b1a96e5f2d0c7b8a9e1f";

#[test]
fn issued_documents_line_up_and_refusals_say_what_to_do() {
    let ok = json!({"event": "issued", "kind": "pass-right", "id": ID, "container": "MSKU1234565",
        "case": "7K3M-Q2ZC-4", "outcome": "accepted", "log": 3});
    assert_eq!(said(ok), "accepted    pass-right  MSKU 123456 5  7K3M-Q2ZC-4  3f2a9c01");
    let no = json!({"event": "issued", "kind": "pass-right", "id": ID, "container": "MSKU1234565",
        "outcome": "refused", "refused": {"code": "right-widened", "detail": "until is later",
        "names": ID, "remedy": "stay within the limits"}});
    assert_eq!(
        said(no),
        format!(
            "refused     pass-right  MSKU 123456 5  3f2a9c01\n  right-widened: until is later\n  \
             see document {ID}\n  -> stay within the limits"
        )
    );
}

#[test]
fn a_queued_document_is_said_to_be_kept() {
    let queued = json!({"event": "issued", "kind": "hold", "id": ID, "outcome": "queued"});
    assert!(said(queued).ends_with("\n  no answer yet; it is kept and will be delivered"));
}

#[test]
fn an_import_is_summed_up_without_zeroes() {
    let note =
        json!({"event": "note", "code": "x", "text": "no bill", "segment": "RFF", "offset": 120});
    assert_eq!(said(note), "note  no bill  (RFF, byte 120)");
    let bare = json!({"event": "note", "code": "x", "text": "no bill"});
    assert_eq!(said(bare), "note  no bill");
    let sum = json!({"event": "imported", "documents": 1, "refused": 0, "skipped": 0});
    assert_eq!(said(sum), "1 document");
    let sum = json!({"event": "imported", "documents": 3, "refused": 1, "skipped": 2});
    assert_eq!(said(sum), "3 documents, 1 refused, 2 skipped");
    let sum = json!({"event": "imported", "documents": 3, "before": 2, "skipped": 0});
    assert_eq!(said(sum), "3 documents, 2 by an earlier import");
}

fn case() -> Value {
    json!({"event": "case", "code": "7K3M-Q2ZC-4", "container": "MSKU1234565",
        "terminal": "terminal-west", "state": "open", "incomplete": false,
        "lights": {"commercial": "green", "customs": "red", "terminal": "green"},
        "right": {"holder": "haulier-c", "head": ID, "hops": [
            {"holder": "forwarder-b", "document": ID, "until": "2026-12-03T04:00:00.000Z"},
            {"holder": "haulier-c", "document": ID, "plate": "沪A12345", "hops": 1}]},
        "driver": {"key": "21fe31dfa154a261", "plate": "沪A12345", "name": "Wang Wei"},
        "slot": {"state": "granted", "from": "2026-11-23T05:00:00.000Z",
            "until": "2026-11-23T06:00:00.000Z"},
        "pass": null, "gate_out": null,
        "needs": [{"light": "customs", "code": "customs-silent",
            "detail": "customs has not spoken on BL-1", "owed_by": "customs"}],
        "timeline": [{"place": 0, "log": 0, "at": "2026-11-23T04:00:01.000Z", "kind": "release-order",
            "id": ID, "issuer": "line-a", "words": "releases to forwarder-b"}]})
}

#[test]
fn a_case_is_told_line_by_line() {
    let expected = "\
MSKU 123456 5  7K3M-Q2ZC-4  terminal-west  open
lights    commercial green   customs red   terminal green
right     forwarder-b -> haulier-c
          forwarder-b  until 2026-12-03 04:00Z  3f2a9c01
          haulier-c  plate 沪A12345, 1 hop left  3f2a9c01
driver    Wang Wei, plate 沪A12345, key 21fe31dfa154a261
slot      granted 2026-11-23 05:00 to 06:00Z
needs     customs has not spoken on BL-1  owed by customs  customs light
timeline  2026-11-23 04:00:01Z  release-order  line-a  3f2a9c01  releases to forwarder-b";
    assert_eq!(said(case()), expected);
}

#[test]
fn lights_are_coloured_words() {
    let text = words::of(case().as_object().unwrap(), Style::COLOURED);
    assert!(text.contains("customs \x1b[1;31mred\x1b[0m"), "{text:?}");
    assert!(text.contains("terminal \x1b[1;32mgreen\x1b[0m"), "{text:?}");
}

#[test]
fn an_overridden_light_is_not_green_and_says_by_whom() {
    let mut case = case();
    case["lights"]["commercial"] = json!("overridden");
    case["overrides"] = json!([{"light": "commercial", "document": ID, "person": "Chen Yu",
        "reason": "freight paid", "until": "2026-11-23T12:00:00.000Z",
        "approved_by": ["Chen Yu", "Li Na"],
        "covers": [{"code": "hold", "document": ID}]}]);
    let text = said(case.clone());
    assert!(text.contains("lights    commercial overridden   customs red"), "{text}");
    let line = "override  commercial (hold) by Chen Yu, agreed by Li Na, until 2026-11-23 12:00Z: \
        freight paid  3f2a9c01";
    assert!(text.contains(line), "{text}");
    let coloured = words::of(case.as_object().unwrap(), Style::COLOURED);
    assert!(coloured.contains("commercial \x1b[1;33moverridden\x1b[0m"), "{coloured:?}");
}

#[test]
fn a_draft_says_who_asked_and_how_another_agrees() {
    let draft = |event: &str| {
        said(json!({"event": event, "id": "7-3fa2c109", "kind": "release-order",
            "container": "MSKU1234565", "person": "Chen Yu", "at": "2026-11-23T04:00:01.000Z",
            "until": "2026-11-26T04:00:01.000Z", "words": "releases to forwarder-b"}))
    };
    assert_eq!(
        draft("pending"),
        "waits       7-3fa2c109  release-order  MSKU 123456 5\n  releases to forwarder-b\n  \
         asked by Chen Yu at 2026-11-23 04:00Z\n  until 2026-11-26 04:00Z another person may say: \
         landside approve 7-3fa2c109 --person NAME"
    );
    assert!(!draft("declined").contains("approve"));
    let sealing = said(json!({"event": "pending", "id": "7-3fa2c109", "kind": "release-order",
        "person": "Chen Yu", "words": "releases to forwarder-b",
        "payload": {"sealed": {"cargo": ID}}, "disclosed": {"cargo": "music boxes"}}));
    assert!(sealing.contains("\n  sealed cargo: music boxes\n"), "{sealing}");
}

#[test]
fn a_decision_on_an_override_names_the_person() {
    let decision = json!({"event": "gate-decision", "id": ID, "container": "MSKU1234565",
        "case": "7K3M-Q2ZC-4", "verdict": "admit", "reasons": [], "directory": 1,
        "directory_age_s": 60, "oldest_fact_s": 60,
        "overrides": [{"document": ID, "person": "Chen Yu"}]});
    let text = said(decision);
    assert!(text.contains("on an override by Chen Yu  3f2a9c01"), "{text}");
}

#[test]
fn a_case_that_nobody_may_collect_yet_says_so() {
    let mut case = case();
    case["right"] = Value::Null;
    case["driver"] = Value::Null;
    case["slot"] = json!({"state": "none"});
    case["incomplete"] = json!(true);
    let text = said(case);
    assert!(text.contains("right     nobody holds it"), "{text}");
    assert!(!text.contains("slot"), "{text}");
    assert!(text.contains("still missing here"), "{text}");
}

#[test]
fn a_list_of_cases_says_who_is_waited_for() {
    let line = |state: &str, needs: u64| {
        said(json!({"event": "case-line", "code": "7K3M-Q2ZC-4", "container": "MSKU1234565",
            "terminal": "terminal-west", "state": state, "needs": needs, "waits_for": "customs-x"}))
    };
    assert_eq!(
        line("open", 2),
        "7K3M-Q2ZC-4  MSKU 123456 5  terminal-west     2 needs, waits for customs-x"
    );
    assert!(line("open", 0).ends_with("ready"));
    assert!(line("closed", 0).ends_with("closed"));
}

#[test]
fn a_document_shows_every_field_by_its_dotted_name() {
    let text = said(json!({"event": "document", "id": ID, "kind": "hold", "issuer": "customs-x",
        "key": "21fe31dfa154a261", "issued_at": "2026-11-23T04:00:01.000Z",
        "received_at": "2026-11-23T04:00:02.000Z", "log": 3, "bytes": "d2",
        "payload": {"visit": {"container": "MSKU1234565"}, "seals": ["a", "b"], "n": 2}}));
    let expected = format!(
        "hold\n  id         {ID}\n  signed by  customs-x, key 21fe31dfa154a261\n  \
         issued     2026-11-23 04:00:01Z\n  received   2026-11-23 04:00:02Z\n  log        3\n\n  \
         n                2\n  seals            a, b\n  visit.container  MSKU1234565"
    );
    assert_eq!(text, expected);
}

#[test]
fn a_job_says_what_to_do_next() {
    let text =
        said(json!({"event": "job", "container": "MSKU1234565", "terminal": "terminal-west",
        "state": "pass", "plate": "1-ABC-234", "pass": {"id": ID,
        "not_before": "2026-11-23T04:30:00.000Z", "expires": "2026-11-23T07:00:00.000Z"},
        "receipt_to_sign": ID}));
    let expected = "\
MSKU 123456 5  terminal-west  pass
  plate    1-ABC-234
  pass     2026-11-23 04:30 to 07:00Z
  to sign  the terminal's receipt waits: landside gate receipt MSKU1234565";
    assert_eq!(text, expected);
}

#[test]
fn a_presentation_is_its_text_and_nothing_else() {
    let shown = json!({"event": "presentation", "container": "MSKU1234565", "text": "LS1:AB C",
        "dies_at": "2026-11-23T04:01:00.000Z"});
    assert_eq!(said(shown), "LS1:AB C");
}

#[test]
fn a_refusal_at_the_gate_gives_every_reason() {
    let text = said(json!({"event": "gate-decision", "id": ID, "container": "MSKU1234565",
        "case": "7K3M-Q2ZC-4", "verdict": "refuse", "plate": "1-ABC-234", "directory": 3,
        "directory_age_s": 7200, "oldest_fact_s": 59, "reasons": [
            {"code": "hold", "detail": "security hold: scan", "owed_by": "customs-x"},
            {"code": "wrong-plate", "detail": "seen 1-ABC-234", "owed_by": "haulier-c"}]}));
    let expected = "\
REFUSE  MSKU 123456 5  7K3M-Q2ZC-4  plate 1-ABC-234
  hold         security hold: scan  owed by customs-x
  wrong-plate  seen 1-ABC-234       owed by haulier-c
  directory edition 3, 2 h old; oldest fact 59 s old";
    assert_eq!(text, expected);
}

#[test]
fn an_admitted_truck_takes_two_lines() {
    let text = said(json!({"event": "gate-decision", "container": "MSKU1234565", "case": "C",
        "verdict": "admit", "reasons": [], "directory": 3, "directory_age_s": 0, "oldest_fact_s": 200}));
    assert_eq!(
        text,
        "ADMIT  MSKU 123456 5  C\n  directory edition 3, 0 s old; oldest fact 3 min old"
    );
}

#[test]
fn nodes_peers_and_events_are_one_line_each() {
    let waiting = json!({"event": "waiting", "peer": "terminal-west", "documents": 2,
        "oldest": "2026-11-23T04:00:01.000Z"});
    assert_eq!(said(waiting), "terminal-west  2 documents, oldest since 2026-11-23 04:00Z");
    let taken = json!({"event": "taken", "id": ID, "kind": "hold", "issuer": "customs-x",
        "case": "7K3M-Q2ZC-4", "at": "2026-11-23T04:00:01.000Z"});
    assert_eq!(
        said(taken),
        "2026-11-23 04:00:01Z  hold                 customs-x  7K3M-Q2ZC-4  3f2a9c01"
    );
    let answered = json!({"event": "answered", "id": ID, "outcome": "refused",
        "refused": {"code": "closed", "detail": ""}});
    assert_eq!(said(answered), "refused     3f2a9c01\n  closed");
}

#[test]
fn a_directory_lists_its_parties_in_columns() {
    let text = said(json!({"event": "directory", "number": 3, "id": ID, "network": "west",
        "valid_from": "2026-11-23T04:00:00.000Z", "valid_until": "2026-11-24T04:00:00.000Z",
        "overdue": true, "parties": [
            {"id": "line-a", "name": "Line A", "roles": ["line", "haulier"], "addresses": ["a:1"]},
            {"id": "terminal-west", "name": "West", "roles": ["terminal"], "addresses": []}]}));
    assert!(text.starts_with("edition 3 of west\n"), "{text}");
    assert!(text.contains("to 2026-11-24 04:00Z  overdue"), "{text}");
    assert!(text.contains("line-a         line, haulier  Line A  a:1"), "{text}");
    assert!(text.ends_with("terminal-west  terminal       West"), "{text}");
}

#[test]
fn an_edition_shows_every_key_that_its_authorities_put_their_name_to() {
    let text = said(json!({"event": "edition", "number": 3, "network": "west", "form": "draft",
        "parties": [{"id": "line-a", "roles": ["line"], "node_keys": ["ed25519:bb"],
            "signing_keys": [{"key": "ed25519:aa", "from": "2026-11-23T04:00:00.000Z",
                "until": "2026-11-24T04:00:00.000Z"}]}]}));
    let ends = "ed25519:aa  from 2026-11-23 04:00:00Z until 2026-11-24 04:00:00Z";
    assert!(text.contains(&format!("line-a  signs  {ends}")), "{text}");
    assert!(text.contains("line-a  node   ed25519:bb"), "{text}");
}

#[test]
fn a_node_says_that_it_only_dials() {
    let text = said(json!({"event": "node", "actor": "haulier-c", "directory": 3, "peers": [],
        "documents": 12, "cases": 2, "directory_age_s": 120}));
    assert!(text.starts_with("haulier-c\n  directory  edition 3, 2 min old\n"), "{text}");
    assert!(text.contains("listens    no; it dials out"), "{text}");
    assert!(text.contains("connected  none"), "{text}");
    assert!(!text.contains("log key"), "{text}");
}

#[test]
fn a_terminal_says_who_stands_behind_its_log_and_since_when() {
    let node = |log: Value| {
        said(json!({"event": "node", "actor": "t", "directory": 1, "peers": [], "documents": 1,
            "log": log}))
    };
    let text = node(json!({"entries": 9, "final": {"entries": 7, "age_s": 3, "overdue": false,
        "witnesses": ["customs", "line-a"]}}));
    assert!(text.contains("log        9 entries\n"), "{text}");
    assert!(text.contains("witnessed  7 entries, 3 s ago, by customs, line-a"), "{text}");
    let text = node(json!({"entries": 1}));
    assert!(text.contains("log        1 entry\n"), "{text}");
    assert!(text.contains("witnessed  by nobody: no head of it is final"), "{text}");
    let overdue = json!({"event": "gate-decision", "verdict": "admit", "log": {"entries": 9,
        "final": {"entries": 7, "age_s": 7200, "overdue": true, "witnesses": ["customs"]}}});
    let painted = words::of(overdue.as_object().unwrap(), Style::COLOURED);
    assert!(painted.ends_with("\x1b[1;33mlog witnessed 2 h ago\x1b[0m"), "{painted}");
}

#[test]
fn a_terminal_says_which_witness_refuses_to_cosign_its_log_and_since_when() {
    let log = |own: bool| {
        json!({"entries": 9, "refused_by": [{"party": "customs", "entries": 7, "of_this_log": own,
            "since": "2026-11-24T04:00:00.000Z"}]})
    };
    let node = |own| {
        said(json!({"event": "node", "actor": "t", "directory": 1, "peers": [], "documents": 1,
            "log": log(own)}))
    };
    let since = "customs refuses to cosign since 2026-11-24 04:00:00Z";
    assert!(node(true).contains(&format!("refused    {since}; see its alarm")), "{}", node(true));
    let foreign = format!("{since}; it holds a head of 7 entries signed with this node's key that");
    assert!(node(false).contains(&foreign), "{}", node(false));
    let decision = said(json!({"event": "gate-decision", "verdict": "admit", "log": log(true)}));
    assert!(decision.ends_with(&format!("log not witnessed; {since}")), "{decision}");
}

#[test]
fn a_witness_names_the_file_of_an_alarm_and_why_a_log_is_not_cosigned() {
    let text = said(json!({"event": "node", "actor": "w", "witnesses": [
        {"log": "t1", "alarm": false, "entries": 5, "cosigned_s": 2},
        {"log": "t2", "alarm": false, "trouble": "cannot be reached"},
        {"log": "t3", "alarm": true, "entries": 5, "trouble": "x", "file": "/h/alarms/log-t3"}]}));
    assert!(text.contains("watches    t1: 5 entries, cosigned 2 s ago\n"), "{text}");
    assert!(text.contains("watches    t2: nothing seen yet; cannot be reached\n"), "{text}");
    assert!(text.ends_with("t3: ALARM, not cosigned: see /h/alarms/log-t3"), "{text}");
}

#[test]
fn a_node_says_what_is_wrong_with_its_directory() {
    let text = said(json!({"event": "node", "actor": "line-a", "directory": 3, "peers": [],
        "documents": 1, "directory_age_s": 400_000, "directory_overdue_s": 90_000,
        "directory_waiting": {"number": 4, "valid_from": "2026-11-24T04:00:00.000Z"},
        "alarms": [{"code": "edition-fork", "number": 2, "file": "alarms/x.fork"}]}));
    assert!(text.contains("edition 3, 4 d old, overdue for 1 d\n"), "{text}");
    assert!(text.contains("waits      edition 4 from 2026-11-24 04:00Z\n"), "{text}");
    assert!(text.ends_with("edition-fork: two editions 2, proof in alarms/x.fork"), "{text}");
}

#[test]
fn a_case_and_a_decision_say_how_old_the_directory_is() {
    let aged = |mut event: Value| {
        event["directory"] = json!(3);
        event["directory_age_s"] = json!(7200);
        event["directory_overdue_s"] = json!(61);
        said(event)
    };
    let rests = "directory edition 3, 2 h old, overdue for 1 min";
    assert!(aged(case()).contains(&format!("rests on  {rests}\n")));
    let decision = json!({"event": "gate-decision", "verdict": "admit", "reasons": []});
    assert!(aged(decision).contains(&format!("{rests}; oldest fact")));
}

#[test]
fn an_unknown_event_is_shown_raw_and_an_empty_one_does_not_fail() {
    assert_eq!(said(json!({"event": "moon", "n": 1})), r#"{"event":"moon","n":1}"#);
    for event in [
        "issued",
        "note",
        "imported",
        "exported",
        "case",
        "case-line",
        "document",
        "job",
        "presentation",
        "gate-decision",
        "waiting",
        "directory",
        "node",
        "taken",
        "answered",
        "home",
        "key",
        "edition",
        "verified",
        "evidence",
        "evidence-finding",
        "evidence-step",
        "evidence-outcome",
        "evidence-edition",
        "fsck",
        "edi-interchange",
        "edi-message",
        "edi-segment",
        "edi-finding",
        "edi-signing",
        "edi-unsigned",
        "edi-checked",
    ] {
        let text = said(json!({"event": event}));
        assert!(!text.contains('{'), "{event}: {text}");
    }
}

#[test]
fn an_evidence_file_says_what_stands_behind_it() {
    let exported = |proven: bool, witnesses: u64| {
        said(json!({"event": "exported", "file": "x.landside", "container": "MSKU1234565",
            "case": "K9YF-E79C-3", "documents": 14, "proven": proven, "witnesses": witnesses}))
    };
    assert!(exported(true, 2).contains("which 2 witnesses cosigned"), "{}", exported(true, 2));
    assert!(exported(true, 0).contains("no witness"), "{}", exported(true, 0));
    assert!(exported(false, 0).contains("not proven"), "{}", exported(false, 0));
}

#[test]
fn a_verdict_says_that_it_hangs_on_the_list_of_parties_unless_somebody_named_it() {
    let verdict = |trusted: bool, verdict: &str| {
        said(json!({"event": "evidence", "verdict": verdict, "sound": true, "trusted": trusted}))
    };
    assert!(verdict(false, "proven").starts_with("PROVEN, IF THE LIST OF PARTIES IS"));
    assert!(verdict(false, "proven").contains("--trust"));
    assert!(verdict(true, "proven").starts_with("PROVEN  "));
    assert!(verdict(false, "broken").starts_with("BROKEN  "));
    let not_joined = verdict(false, "not-joined");
    assert!(not_joined.starts_with("NOT JOINED  "), "{not_joined}");
    assert!(not_joined.contains("does not join the list of parties that you trust"));
    assert!(not_joined.contains("--editions") && !not_joined.contains("up to its last document"));
}

#[test]
fn the_witnesses_of_a_file_are_counted_and_named() {
    let of = |parties: &[&str], asked: u64| {
        said(json!({"event": "evidence", "verdict": "proven", "sort": "case", "trusted": true,
            "witnesses": {"count": parties.len(), "asked": asked, "parties": parties}}))
    };
    assert!(of(&[], 1).contains("no party other than the terminal; 1 asked for"));
    assert!(of(&["customs"], 2).contains("1 party other than the terminal (customs); 2 asked for"));
    let two = "2 parties other than the terminal (customs, line); 1 asked for";
    assert!(of(&["customs", "line"], 1).contains(two));
}

#[test]
fn an_error_in_words_has_its_stable_code() {
    let failure = |remedy: Option<&str>| Failure {
        code: "light-red".to_owned(),
        text: "a light is not green".to_owned(),
        remedy: remedy.map(str::to_owned),
    };
    assert_eq!(failed(&failure(None)), "error[light-red]: a light is not green");
    let with = failed(&failure(Some("ask customs")));
    assert_eq!(with, "error[light-red]: a light is not green\n  -> ask customs");
}

#[test]
fn problems_of_a_store_are_listed() {
    let text =
        said(json!({"event": "fsck", "documents": 1, "receipts": 2, "cases": 1, "waiting": 0,
        "problems": ["leaf 3 has no document"]}));
    assert_eq!(
        text,
        "1 problem  1 document, 2 receipts, 1 case, 0 waiting to be delivered\n  leaf 3 has no document"
    );
    let text =
        said(json!({"event": "fsck", "documents": 1, "receipts": 2, "cases": 1, "waiting": 0,
        "problems": []}));
    assert!(text.starts_with("sound  "), "{text}");
}

#[test]
fn a_checked_file_says_what_would_be_signed_what_is_odd_and_what_it_comes_to() {
    let signing = said(json!({"event": "edi-signing", "kind": "arrival",
        "container": "NSLU1000014", "fields": {"terminal": "LSTRTM"}, "needs": ["the time"]}));
    assert_eq!(signing, "would sign  arrival  NSLU 100001 4  terminal LSTRTM\n  needs the time");
    let finding = |stops: bool| {
        said(json!({"event": "edi-finding", "stops": stops, "code": "truncated",
            "text": "the file ends", "remedy": "send it again", "segment": 7}))
    };
    let expected = "refused     truncated: the file ends  (segment 7)\n  -> send it again";
    assert_eq!(finding(true), expected);
    assert!(finding(false).starts_with("note        truncated"), "{}", finding(false));
    let checked = |refused: bool, usable: bool| {
        said(json!({"event": "edi-checked", "refused": refused, "usable": usable, "documents": 1}))
    };
    assert!(checked(true, false).starts_with("refused: nothing"));
    assert!(checked(false, false).starts_with("unusable: nothing"));
    assert!(checked(false, true).starts_with("usable  "), "{}", checked(false, true));
}

#[test]
fn a_sealed_field_shows_its_value_or_that_it_is_sealed() {
    let document = json!({"event": "document", "id": ID, "kind": "release-order",
        "payload": {"bill": "BL-1", "sealed": {"cargo": ID, "value": ID}},
        "disclosed": {"cargo": "music boxes"}, "disclosures": ["83"]});
    let text = said(document);
    assert!(text.contains("\n  cargo  music boxes\n  value  sealed"), "{text}");
    let mut case = case();
    case["sealed"] = json!([{"bill": "BL-1", "field": "cargo", "document": ID, "value": "music boxes"},
        {"bill": "BL-1", "field": "value", "document": ID}]);
    let text = said(case);
    assert!(text.contains("\nsealed    cargo  music boxes  B/L BL-1\n"), "{text}");
    assert!(text.contains("\n          value  sealed       B/L BL-1\n"), "{text}");
}

#[test]
fn an_outcome_tells_lights_overrides_and_what_the_gate_knew() {
    let text = said(json!({"event": "evidence-outcome", "state": "closed", "holders": ["a", "b"],
        "lights": {"commercial": "overridden", "customs": "green"},
        "overrides": [{"light": "commercial", "person": "R. Moyo", "agreed": "S. Lang",
            "reason": "paid at the counter"}],
        "decision": {"verdict": "admit", "plate": "T-417-KLM", "directory": 3, "relied_on": [
            {"number": 2, "kind": "customs-status", "age_s": 7200}]},
        "interchange_receipt": {"condition": "sound", "seals": ["S1"], "signed_by_driver": false},
        "gate_out": {"left_at": "2026-11-23T11:00:00.000Z", "unsigned_because": "phone broken"}}));
    for line in [
        "right held by  a, then b",
        "lights         commercial overridden, customs green",
        "overridden     commercial light, by R. Moyo and S. Lang: paid at the counter",
        "gate           admitted, plate T-417-KLM, by directory edition 3",
        "gate           knowing 2 customs-status (2 h old)",
        "handed over    sound, seals S1, not signed by the driver",
        "left the gate  2026-11-23 11:00:00 UTC, driver did not sign: phone broken",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn a_broken_file_says_that_nothing_in_it_counts() {
    let text = said(json!({"event": "evidence", "file": "x", "verdict": "broken", "broken": 2}));
    assert!(text.starts_with("BROKEN  x\n  This file cannot be believed."), "{text}");
    assert!(text.contains("2 faults in the file"), "{text}");
    let fault = said(json!({"event": "evidence", "file": "x", "verdict": "proven", "findings": 1}));
    assert!(fault.contains("It also shows 1 fault of the terminal or of a signer."), "{fault}");
}

#[test]
fn figures_are_told_in_a_table_and_say_what_is_missing() {
    let answers = json!({"in_time": 2, "late": 1, "open": 0, "overdue": 0});
    let nothing = json!({"in_time": 0, "late": 0, "open": 0, "overdue": 0});
    let mut figures = json!({"event": "figures", "of": "terminal", "from": "2026-11-01",
        "to": "2026-12-01", "zone": "Asia/Shanghai", "complete": true, "incomplete": 0,
        "opened": 1, "left": 3, "open": 7, "parties_more": 0,
        "light_to_pass": {"count": 3, "median_ms": 40, "p90_ms": 9000},
        "light_to_shown": {"count": 0},
        "arrival_to_out": {"count": 3, "median_ms": 7_200_000, "p90_ms": 172_800_000},
        "parties": [
            {"party": "customs", "held_ms": 90_000_000, "cases": 3, "in_time": 5, "late": 2,
             "late_open": 1, "complaints": answers, "questions": nothing},
            {"party": "line", "held_ms": 61_000, "cases": 1, "in_time": 0, "late": 0,
             "late_open": 0, "complaints": nothing, "questions": nothing}]});
    let expected = "\
terminal  2026-11-01 to 2026-12-01 (Asia/Shanghai), without the last
  1 case begun, 3 left, 7 open
                                        cases  median  90 %
  last light to pass                    3      40 ms   9 s
  last light to pass shown at the gate  0      -       -
  discharge to gate-out                 3      2 h     2 d

  party    held   cases  in time  late  still late  complaints
  customs  1 d    3      5        2     1           2 in time, 1 late, 0 open
  line     1 min  1      0        0     0           -";
    assert_eq!(said(figures.clone()), expected);
    figures["complete"] = json!(false);
    figures["incomplete"] = json!(2);
    let told = said(figures);
    assert!(told.contains("\n  not every case has been looked at yet"), "{told}");
    assert!(told.contains("\n  2 cases of which documents are missing"), "{told}");
}

#[test]
fn a_chart_is_printed_as_it_is_with_one_line_end_after_its_last_row() {
    let chart = json!({"event": "chart", "chart": "held", "csv": "a,b\r\n1,2\r\n"});
    assert_eq!(said(chart), "a,b\r\n1,2\r");
}

#[test]
fn who_signed_for_a_line_is_named_and_the_line_never_stands_alone() {
    let agent = json!({"party": "terminal-west", "message": ID, "name": "Terminal West"});
    let text = said(json!({"event": "document", "id": ID, "kind": "release-order",
        "issuer": "line-a", "agent": agent, "key": "21fe31dfa154a261", "payload": {}}));
    assert!(text.contains("agent terminal-west for line-a, on message 3f2a9c01, key"), "{text}");
    let text =
        said(json!({"event": "taken", "id": ID, "kind": "release-order", "issuer": "line-a",
        "agent": agent, "case": "7K3M-Q2ZC-4"}));
    assert!(text.contains("agent terminal-west for line-a"), "{text}");
    let text =
        said(json!({"event": "evidence-step", "number": 1, "at": "2026-11-23T04:00:01.000Z",
        "kind": "release-order", "id": ID, "issuer": "line-a", "name": "Line A", "agent": agent,
        "words": "releases to forwarder-b; signed by agent terminal-west on message x"}));
    assert!(text.contains("agent for Line A"), "{text}");
    assert!(text.contains("Terminal West"), "{text}");
}
