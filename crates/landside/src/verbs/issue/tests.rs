use std::collections::BTreeSet;

use clap::Parser;
use landside_proto::document::Document;
use serde_json::json;
use tempfile::NamedTempFile;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    issue: IssueArgs,
}

fn read(words: &[&str]) -> Result<Statement, clap::Error> {
    let words = ["issue"].into_iter().chain(words.iter().copied());
    Line::try_parse_from(words).map(|line| line.issue.statement)
}

fn refused(words: &[&str]) -> String {
    read(words).expect_err("must be refused").to_string()
}

/// Kinds whose fields depend on each other: which fields go without, for the rest to be a document.
fn without(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ReleaseChange => &["terms.", "sealed."],
        Kind::ClockEvent => &["at", "days"],
        _ => &[],
    }
}

/// A document with every field of the table, as the command line reads it.
fn filled(form: &KindForm) -> Value {
    let mut words = vec![form.kind.as_str().to_owned()];
    let left_out = |field: &&Field| without(form.kind).iter().any(|w| field.place().starts_with(w));
    for field in form.fields.iter().filter(|field| !left_out(field)) {
        words.extend([format!("--{}", field.path), field.example.to_owned()]);
    }
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let mut said = Fields::new();
    for (path, value) in fields::flat(&read(&words).unwrap().fields) {
        let field = form.fields.iter().find(|field| field.path == path).unwrap();
        // The node seals it: the document has a digest in its place.
        let sealed = field.place().starts_with("sealed.").then(|| Value::from("7a".repeat(32)));
        fields::put_value(&mut said, field.place(), sealed.unwrap_or_else(|| value.clone()));
    }
    Value::Object(said)
}

#[test]
fn a_document_with_every_field_of_the_table_is_a_document() {
    for form in KINDS {
        let document = Document::deserialize(form.kind, filled(form))
            .unwrap_or_else(|error| panic!("{}: {error}", form.kind.as_str()));
        document.checked().unwrap_or_else(|refusal| panic!("{}: {refusal}", form.kind.as_str()));
    }
}

#[test]
fn what_the_table_reads_is_what_the_document_says() {
    for form in KINDS {
        let said = filled(form);
        let document = Document::deserialize(form.kind, said.clone()).unwrap();
        assert_eq!(serde_json::to_value(document).unwrap(), said, "{}", form.kind.as_str());
    }
}

#[test]
fn leaving_out_a_field_that_must_be_said_leaves_no_document() {
    for form in KINDS {
        let Value::Object(whole) = filled(form) else { panic!("an object") };
        for field in form.fields.iter().filter(|field| field.need == Need::Must) {
            let mut rest = Fields::new();
            for (path, value) in
                fields::flat(&whole).into_iter().filter(|(p, _)| p != field.place())
            {
                fields::put_value(&mut rest, &path, value.clone());
            }
            let read = Document::deserialize(form.kind, Value::Object(rest));
            assert!(read.is_err(), "{} without {}", form.kind.as_str(), field.path);
        }
    }
}

/// The fields that the payload type knows, as its own error lists them.
fn known_fields(kind: Kind, at: &str, rest: Value) -> BTreeSet<String> {
    let mut probe = match rest {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    };
    fields::put(&mut probe, &format!("{at}no_such_field"), "x");
    let error = Document::deserialize(kind, Value::Object(probe)).unwrap_err().to_string();
    let (_, list) = error.split_once("expected").unwrap_or_else(|| panic!("{error}"));
    list.split('`').skip(1).step_by(2).map(|name| format!("{at}{name}")).collect()
}

#[test]
fn the_table_has_every_field_that_the_document_has() {
    for form in KINDS {
        let of_table = |at: &str| -> BTreeSet<String> {
            let inner = form.fields.iter().filter_map(|field| field.place().strip_prefix(at));
            inner.map(|rest| format!("{at}{}", rest.split('.').next().unwrap_or(rest))).collect()
        };
        let objects =
            form.fields.iter().filter_map(|field| Some(field.place().rsplit_once('.')?.0));
        // A visit takes unknown fields in silence, so its two are told by the tests above.
        let objects: BTreeSet<_> = objects.filter(|path| *path != "visit").collect();
        let places = objects.iter().map(|path| format!("{path}.")).chain([String::new()]);
        for at in places {
            let mut known = known_fields(form.kind, &at, Value::Null);
            // Nobody types who approved, who signed for a line, nor what a gate-out relied on.
            let by_node = ["approved_by", "agent", "overrides"];
            known.retain(|name| !by_node.contains(&name.as_str()));
            assert_eq!(known, of_table(&at), "{} {at}", form.kind.as_str());
        }
    }
}

#[test]
fn every_kind_that_people_sign_is_in_the_table() {
    let made_otherwise = [
        Kind::Override,
        Kind::Slot,
        Kind::PickupPass,
        Kind::Progress,
        Kind::GateDecision,
        Kind::Presentation,
        Kind::Receipt,
        Kind::DirectoryEdition,
        Kind::KeyRotation,
    ];
    for kind in Kind::ALL {
        let listed = KINDS.iter().any(|form| form.kind == *kind);
        assert_ne!(listed, made_otherwise.contains(kind), "{}", kind.as_str());
    }
}

#[test]
fn every_word_of_the_table_is_one_the_document_takes() {
    for form in KINDS {
        for field in form.fields {
            let Form::OneOf(words) = field.form else { continue };
            for word in words {
                let Value::Object(mut said) = filled(form) else { panic!("an object") };
                if without(form.kind).iter().any(|at| field.path.starts_with(at)) {
                    continue;
                }
                fields::put(&mut said, field.path, word);
                let read = Document::deserialize(form.kind, Value::Object(said));
                assert!(read.is_ok(), "{} {} {word}", form.kind.as_str(), field.path);
            }
        }
    }
}

/// The fields of a command line without blanks in its values.
fn fields_of(line: &str) -> Value {
    let words: Vec<_> = line.split(' ').collect();
    Value::Object(read(&words).unwrap().fields)
}

#[test]
fn a_bill_of_digits_stays_text() {
    assert_eq!(
        fields_of("customs-status --container msku123456-5 --consignment 0042 --status released"),
        json!({"container": "MSKU1234565", "consignment": "0042", "status": "released"})
    );
}

#[test]
fn a_repeated_option_makes_a_list_and_a_flag_needs_no_value() {
    let receipt = fields_of("interchange-receipt --container MSKU1234565 --seals S1 --seals S2");
    assert_eq!(receipt["seals"], json!(["S1", "S2"]));
    let arrival = fields_of("arrival --container MSKU1234565 --available --cleared false");
    assert_eq!((&arrival["available"], &arrival["cleared"]), (&json!(true), &json!(false)));
}

#[test]
fn rates_and_offsets_are_pairs_and_an_offset_may_be_west() {
    let terms = fields_of(
        "clock-terms --container MSKU1234565 --charge storage --free_days 3 --tiers 1:500 \
         --tiers 8:900 --utc_offset -300 --offset_changes 2027-03-14T07:00:00Z/-240",
    );
    assert_eq!(terms["tiers"][1], json!({"from_day": 8, "rate": 900}));
    assert_eq!(terms["utc_offset"], json!(-300));
    assert_eq!(terms["offset_changes"][0]["minutes"], json!(-240));
    for (option, value) in [("--tiers", "500"), ("--tiers", "1:x"), ("--offset_changes", "60")] {
        let said = refused(&["clock-terms", "--fields", "{}", option, value]);
        assert!(said.contains(option), "{said}");
    }
}

#[test]
fn dotted_options_nest() {
    let pass = fields_of("pass-right --container MSKU1234565 --to haulier-c --limits.hops 1");
    assert_eq!(pass["limits"], json!({"hops": 1}));
}

#[test]
fn the_name_that_the_document_has_is_an_option_too() {
    assert_eq!(
        fields_of("hold-lift --visit.container MSKU1234565 --visit.terminal t1"),
        json!({"container": "MSKU1234565", "terminal": "t1"})
    );
}

#[test]
fn options_go_on_top_of_a_payload() {
    let json = r#"{"terminal":"t1","reason":"a"}"#;
    assert_eq!(
        fields_of(&format!("hold-lift --fields {json} --reason b --container MSKU1234565")),
        json!({"terminal": "t1", "container": "MSKU1234565", "reason": "b"})
    );
}

#[test]
fn a_payload_can_come_from_a_file() {
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), r#"{"reason": "from a file"}"#).unwrap();
    let at = format!("@{}", file.path().display());
    assert_eq!(read(&["hold-lift", "--fields", &at]).unwrap().fields["reason"], "from a file");
    assert!(refused(&["hold-lift", "--fields", "@/no/such/file"]).contains("/no/such/file"));
}

#[test]
fn only_a_credential_has_recipients() {
    let must =
        ["driver-credential", "--fields", "{}", "--to", "terminal-west", "--to", "terminal-east"];
    assert_eq!(read(&must).unwrap().to.len(), 2);
    let pass = read(&["pass-right", "--container", "MSKU1234565", "--to", "haulier-c"]).unwrap();
    assert!(pass.to.is_empty());
    assert_eq!(pass.fields["to"], "haulier-c");
}

#[test]
fn slips_are_named() {
    let wrong_box = refused(&["hold-lift", "--container", "MSKU1234563"]);
    assert!(wrong_box.contains("check digit 3, expected 5"), "{wrong_box}");
    let wrong_name = refused(&["hold-lift", "--container", "MSKU1234565", "--raeson", "x"]);
    assert!(wrong_name.contains("--reason"), "{wrong_name}");
    assert!(refused(&["hold-lfit"]).contains("hold-lift"));
    let missing = refused(&["pass-right", "--container", "MSKU1234565"]);
    assert!(missing.contains("--to"), "{missing}");
    let word = refused(&["customs-status", "--container", "MSKU1234565", "--status", "green"]);
    assert!(word.contains("released"), "{word}");
    assert!(refused(&["hold-lift", "--fields", "[1]"]).contains("not a JSON object"));
    assert!(refused(&["pass-right", "--limits.hops", "few"]).contains("--limits.hops"));
}

#[test]
fn the_table_lists_each_kind_once() {
    let kinds: BTreeSet<_> = KINDS.iter().map(|form| form.kind).collect();
    assert_eq!(kinds.len(), KINDS.len());
}
