use std::collections::BTreeSet;

use landside_proto::document::{Document, Kind};
use serde_json::json;

use super::*;
use crate::api::moments;

/// Fields that a draft has in place of the visit: what people call a container.
const NAMED: [&str; 2] = ["container", "terminal"];

/// Values that are sealed, in place of their digests.
const SEALED: [&str; 4] = ["cargo", "consignee", "release_to_identity", "value"];

/// Kinds that a node makes by itself.
const OWN: [Kind; 8] = [
    Kind::Slot,
    Kind::PickupPass,
    Kind::Progress,
    Kind::Presentation,
    Kind::GateDecision,
    Kind::Receipt,
    Kind::DirectoryEdition,
    Kind::KeyRotation,
];

/// The fields of a kind, in the words of what reads it.
fn known(kind: Kind) -> BTreeSet<String> {
    let error = Document::deserialize(kind, json!({ "no such field": 1 })).unwrap_err();
    let text = error.to_string();
    let (_, names) = text.split_once("expected").unwrap_or_else(|| panic!("{text}"));
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_draft_of_each_kind_has_the_fields_that_the_node_knows() {
    let described = drafts::every_kind();
    let kinds: BTreeSet<&str> = described.iter().map(|(kind, _)| *kind).collect();
    let signed = Kind::ALL.iter().filter(|kind| !OWN.contains(kind)).map(|kind| kind.as_str());
    assert_eq!(kinds, signed.collect());
    for (kind, schema) in described {
        let schema = serde_json::to_value(&schema).unwrap();
        let fields = schema["properties"].as_object().unwrap().keys().cloned();
        let mut fields: BTreeSet<String> = fields.collect();
        let mut known = known(Kind::parse(kind).unwrap());
        if known.remove("visit") {
            assert!(NAMED.iter().all(|name| fields.remove(*name)), "{kind}");
        }
        if known.remove("sealed") {
            assert!(SEALED.iter().all(|name| fields.remove(*name)), "{kind}");
        }
        // Said by a second person's approval, and by importing as agent, alone.
        known.remove("approved_by");
        known.remove("agent");
        assert_eq!(fields, known, "{kind}");
    }
}

#[test]
fn every_time_of_a_draft_may_be_written_as_programs_write_it() {
    let document: Value = serde_json::from_str(&crate::openapi().unwrap()).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut times = BTreeSet::new();
    let parts = ["ReleaseTerms", "Limits", "Window", "NewDriverInvited", "Replay"];
    let drafts = schemas
        .iter()
        .filter(|(name, _)| name.ends_with("Draft") || parts.contains(&name.as_str()));
    for (name, member) in
        drafts.filter_map(|(_, schema)| schema["properties"].as_object()).flatten()
    {
        if member["$ref"] == "#/components/schemas/Time" {
            times.insert(name.as_str());
        }
    }
    assert_eq!(times, moments::members());
}

#[test]
fn an_answer_that_says_more_less_or_other_than_its_type_is_noticed() {
    let party = json!({ "id": "line", "name": "Line", "roles": ["line"] });
    let with = |name: &str, value: Value| {
        let mut other = party.clone();
        other[name] = value;
        is_shaped::<desk::PartyLine>(&other)
    };
    assert!(is_shaped::<desk::PartyLine>(&party).is_ok());
    assert!(with("more", json!(1)).is_err());
    assert!(with("roles", json!("line")).is_err());
    assert!(with("name", Value::Null).is_err());
}

#[test]
fn every_answer_of_every_path_is_described_and_every_reference_leads_somewhere() {
    let document: Value = serde_json::from_str(&crate::openapi().unwrap()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(operations.insert(id.to_owned()), "{id} twice");
            assert!(operation["summary"].is_string(), "{method} {path}");
            let answers = operation["responses"].as_object().unwrap();
            for status in ["400", "401", "429", "500", "503"] {
                assert_eq!(
                    answers[status]["content"]["application/problem+json"]["schema"]["$ref"],
                    "#/components/schemas/Problem",
                    "{method} {path} {status}"
                );
            }
        }
    }
    assert!(operations.len() > 40, "{operations:?}");
    references(&document, &document);
}

#[test]
fn each_draft_says_its_kind_and_each_object_its_event() {
    let document: Value = serde_json::from_str(&crate::openapi().unwrap()).unwrap();
    let named = |schema: &str, member: &str| {
        let to = document["components"]["schemas"][schema]["properties"][member]["$ref"].as_str();
        let found = to.and_then(|to| document.pointer(to.trim_start_matches('#')));
        found.unwrap_or_else(|| panic!("{schema} has no {member}"))["enum"].clone()
    };
    let mapping = &document["components"]["schemas"]["NewDocument"]["discriminator"]["mapping"];
    for (kind, to) in mapping.as_object().unwrap() {
        let schema = to.as_str().unwrap().rsplit('/').next().unwrap();
        assert_eq!(named(schema, "kind"), json!([kind]));
    }
    assert_eq!(named("Case", "event"), json!(["case"]));
    assert_eq!(named("GateDecision", "event"), json!(["gate-decision"]));
}

fn references(value: &Value, document: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(to)) = members.get("$ref") {
                let found = document.pointer(to.trim_start_matches('#'));
                assert!(found.is_some(), "{to} leads nowhere");
            }
            members.values().for_each(|member| references(member, document));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, document)),
        _ => {}
    }
}

#[test]
fn what_may_be_left_out_is_not_said_to_be_null() {
    let document: Value = serde_json::from_str(&crate::openapi().unwrap()).unwrap();
    let schemas = &document["components"]["schemas"];
    assert_eq!(
        schemas["TimelineStep"]["properties"]["signed_by"]["$ref"],
        "#/components/schemas/SignedBy"
    );
    assert_eq!(schemas["Case"]["properties"]["right"]["oneOf"][1]["type"], "null");
    assert!(schemas["Case"]["required"].as_array().unwrap().contains(&json!("right")));
}
