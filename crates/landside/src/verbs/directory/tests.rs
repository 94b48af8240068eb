use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use clap::Parser;
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    verb: DirectoryVerb,
}

/// A desk with files and a home, on which the verbs are called as from the command line.
struct Desk(TempDir);

impl Desk {
    /// With two authority keys, `a1.pem` and `a2.pem`, and the home of `line-a`.
    fn new() -> Self {
        let desk = Self(TempDir::new().unwrap());
        desk.ok("key -o @a1.pem");
        desk.ok("key -o @a2.pem");
        let actor = landside_node::home::InitActor::Party("line-a".parse().unwrap());
        landside_node::home::Home::init(desk.at("home"), actor, [[7; 32], [8; 32]]).unwrap();
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Words with `@` before the name of a file on the desk.
    fn call(&self, line: &str) -> Result<Map<String, Value>, Failed> {
        let words = line.split(' ').map(|word| match word.strip_prefix('@') {
            Some(name) => self.at(name).display().to_string(),
            None => word.to_owned(),
        });
        let words = ["directory".to_owned()].into_iter().chain(words);
        let verb = Line::try_parse_from(words).unwrap_or_else(|error| panic!("{error}")).verb;
        let out = Output::kept();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(verb.run(&self.at("home"), &out))?;
        Ok(out.take().remove(0))
    }

    fn ok(&self, line: &str) -> Map<String, Value> {
        self.call(line).unwrap_or_else(|failed| panic!("{line}: {failed:?}"))
    }

    fn refused(&self, line: &str) -> Failed {
        self.call(line).expect_err(line)
    }

    fn code(&self, line: &str) -> String {
        self.refused(line).failure.code
    }

    fn key(&self, name: &str) -> String {
        let pem = fs::read_to_string(self.at(name)).unwrap();
        let key = landside_proto::key::SecretKey::from_pkcs8_pem(&pem).unwrap();
        landside_proto::key::Signer::public_key(&key).to_string()
    }

    /// A draft of the first edition, which both authorities must sign.
    fn drafted(&self) {
        let (a1, a2) = (self.key("a1.pem"), self.key("a2.pem"));
        let line = format!("new --network west --authority {a1} --authority {a2} --threshold 2");
        self.ok(&format!("{line} -o @draft.json"));
        self.ok(&add("line-a", "line", 1));
    }

    /// The draft signed by both; its id.
    fn signed(&self) -> String {
        self.drafted();
        self.ok("sign @draft.json --key @a1.pem -o @1.bundle");
        let said = self.ok("sign @1.bundle --key @a2.pem");
        said["id"].as_str().unwrap().to_owned()
    }

    fn installed(&self) {
        let id = self.signed();
        self.ok(&format!("install @1.bundle --trust {id}"));
    }
}

/// Public keys of RFC 8032 seeds that are a byte repeated.
fn public(byte: u8) -> String {
    let key = landside_proto::key::SecretKey::from_seed([byte; 32]);
    landside_proto::key::Signer::public_key(&key).to_string()
}

fn add(party: &str, role: &str, byte: u8) -> String {
    let (signing, node) = (public(byte), public(byte + 100));
    format!(
        "add @draft.json --party {party} --name {party} --role {role} --signing-key {signing} --node-key {node}"
    )
}

#[test]
fn two_authorities_sign_and_a_home_installs() {
    let desk = Desk::new();
    let id = desk.signed();
    let shown = desk.ok("show @1.bundle");
    assert_eq!(shown["id"], Value::from(id.clone()));
    assert!(!shown.contains_key("unsigned_because"), "{shown:?}");
    let installed = desk.ok(&format!("install @1.bundle --trust {id}"));
    assert_eq!(installed["event"], "directory");
    assert_eq!(desk.ok("show")["id"], Value::from(id));
}

#[test]
fn one_signature_of_two_is_shown_and_not_installed() {
    let desk = Desk::new();
    desk.drafted();
    let said = desk.ok("sign @draft.json --key @a1.pem -o @1.bundle");
    assert_eq!(said["unsigned_because"], "1 of 2 needed authority signatures");
    let id = said["id"].as_str().unwrap();
    assert_eq!(desk.code(&format!("install @1.bundle --trust {id}")), "edition-unsigned");
}

#[test]
fn one_authority_signing_twice_counts_once() {
    let desk = Desk::new();
    desk.drafted();
    desk.ok("sign @draft.json --key @a1.pem -o @1.bundle");
    let said = desk.ok("sign @draft.json --key @a1.pem -o @1.bundle");
    assert_eq!(said["unsigned_because"], "1 of 2 needed authority signatures");
}

#[test]
fn a_first_edition_without_a_compared_id_is_not_installed_and_the_id_is_told() {
    let desk = Desk::new();
    let id = desk.signed();
    let failed = desk.refused("install @1.bundle");
    assert_eq!(failed.exit, Exit::Usage);
    assert_eq!(failed.failure.code, "edition-not-compared");
    assert!(failed.failure.text.contains(&id));
    assert!(failed.failure.remedy.unwrap().contains("--trust"));
    assert_eq!(desk.code("show"), "no-directory");
}

#[test]
fn an_edition_with_another_id_than_compared_is_refused() {
    let desk = Desk::new();
    desk.signed();
    let failed = desk.refused(&format!("install @1.bundle --trust {}", "ab".repeat(32)));
    assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Refused, "edition-fork"));
}

#[test]
fn the_next_edition_follows_and_names_the_one_before() {
    let desk = Desk::new();
    desk.installed();
    fs::remove_file(desk.at("draft.json")).unwrap();
    desk.ok("next -o @draft.json");
    desk.ok(&add("haulier-c", "haulier", 3));
    desk.ok("sign @draft.json --key @a1.pem -o @2.bundle");
    assert_eq!(desk.code("install @2.bundle"), "edition-unsigned");
    desk.ok("sign @2.bundle --key @a2.pem");
    let installed = desk.ok("install @2.bundle");
    assert_eq!(installed["number"], 2);
    assert_eq!(installed["parties"].as_array().unwrap().len(), 2);
    assert_eq!(desk.code("install @1.bundle"), "edition-rollback");
}

#[test]
fn authorities_that_were_replaced_have_no_say_in_the_change() {
    let desk = Desk::new();
    desk.installed();
    desk.ok("key -o @mallory.pem");
    let mallory = desk.key("mallory.pem");
    desk.ok(&format!("next @1.bundle --authority {mallory} --threshold 1 -o @2.json"));
    desk.ok("sign @2.json --key @mallory.pem -o @2.bundle");
    assert_eq!(desk.code("install @2.bundle"), "edition-unsigned");
}

#[test]
fn a_signed_edition_cannot_be_changed_and_a_draft_not_followed() {
    let desk = Desk::new();
    desk.signed();
    assert_eq!(
        desk.code(&add("b1", "line", 9).replace("draft.json", "1.bundle")),
        "edition-signed"
    );
    assert_eq!(desk.code("next @draft.json -o @2.json"), "edition-unsigned");
    assert_eq!(desk.code("install @draft.json"), "edition-unsigned");
}

#[test]
fn a_bundle_takes_no_signature_for_another_edition() {
    let desk = Desk::new();
    desk.signed();
    desk.ok(&add("haulier-c", "haulier", 3));
    assert_eq!(desk.code("sign @draft.json --key @a1.pem -o @1.bundle"), "edition-fork");
    assert_eq!(desk.code("sign @draft.json --key @a1.pem"), "output-missing");
}

#[test]
fn a_stranger_cannot_sign_a_first_edition() {
    let desk = Desk::new();
    desk.drafted();
    desk.ok("key -o @mallory.pem");
    assert_eq!(desk.code("sign @draft.json --key @mallory.pem -o @1.bundle"), "key-unknown");
    assert!(!desk.at("1.bundle").exists());
}

#[test]
fn an_authority_key_that_others_can_read_does_not_sign() {
    let desk = Desk::new();
    desk.drafted();
    fs::set_permissions(desk.at("a1.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(desk.code("sign @draft.json --key @a1.pem -o @1.bundle"), "key-mode");
}

#[test]
fn nothing_is_written_over() {
    let desk = Desk::new();
    desk.drafted();
    assert_eq!(desk.code("key -o @a1.pem"), "file-exists");
    let line = format!("new --network w --threshold 1 --authority {} -o @draft.json", public(1));
    assert_eq!(desk.code(&line), "file-exists");
}

#[test]
fn a_draft_that_breaks_a_rule_is_not_written() {
    let desk = Desk::new();
    desk.drafted();
    let before = fs::read(desk.at("draft.json")).unwrap();
    let stolen = add("haulier-c", "haulier", 1);
    assert_eq!(desk.code(&stolen), "bad-field");
    assert_eq!(fs::read(desk.at("draft.json")).unwrap(), before);
    let line = format!("new --network w --threshold 2 --authority {} -o @other.json", public(1));
    assert_eq!(desk.code(&line), "bad-field");
    assert!(!desk.at("other.json").exists());
}

#[test]
fn parties_are_added_once_replaced_on_request_and_removed() {
    let desk = Desk::new();
    desk.drafted();
    assert_eq!(desk.code(&add("line-a", "line", 4)), "party-listed");
    assert_eq!(desk.code(&format!("{} --replace", add("line-b", "line", 4))), "party-not-listed");
    desk.ok(&format!("{} --replace", add("line-a", "line", 4)));
    assert_eq!(desk.code("remove @draft.json --party line-b"), "party-not-listed");
    let said = desk.ok("remove @draft.json --party line-a");
    assert_eq!(said["parties"], serde_json::json!([]));
}

#[test]
fn a_replaced_key_that_was_in_force_stays_with_its_end() {
    let desk = Desk::new();
    desk.drafted();
    let mut draft: Value =
        serde_json::from_slice(&fs::read(desk.at("draft.json")).unwrap()).unwrap();
    draft["parties"][0]["signing_keys"][0]["from"] = "2020-01-01T00:00:00.000Z".into();
    fs::write(desk.at("draft.json"), draft.to_string()).unwrap();
    desk.ok(&format!("{} --replace", add("line-a", "line", 4)));
    let draft: Value = serde_json::from_slice(&fs::read(desk.at("draft.json")).unwrap()).unwrap();
    let keys = draft["parties"][0]["signing_keys"].as_array().unwrap();
    assert_eq!(keys[0]["key"], Value::from(public(4)));
    assert_eq!(keys[1]["key"], Value::from(public(1)));
    assert_eq!(keys[1]["until"], draft["valid_from"]);
}

#[test]
fn a_key_is_added_beside_those_that_are_listed() {
    let desk = Desk::new();
    desk.drafted();
    desk.ok(&format!("key-add @draft.json --party line-a --signing-key {}", public(4)));
    let (node, from) = (public(5), "2026-12-01T00:00:00Z");
    desk.ok(&format!("key-add @draft.json --party line-a --node-key {node}"));
    desk.ok(&format!(
        "key-add @draft.json --party line-a --signing-key {} --from {from}",
        public(6)
    ));
    let party = &draft(&desk)["parties"][0];
    let keys = party["signing_keys"].as_array().unwrap();
    let listed: Vec<_> = keys.iter().map(|entry| entry["key"].as_str().unwrap()).collect();
    assert_eq!(listed, [public(1), public(4), public(6)]);
    assert_eq!(keys[2]["from"], "2026-12-01T00:00:00.000Z");
    assert_eq!(party["node_keys"], serde_json::json!([public(101), node]));
}

#[test]
fn a_key_is_ended_from_a_time_by_itself_or_its_id_and_stays_listed() {
    let desk = Desk::new();
    desk.drafted();
    let id = landside_proto::key::PublicKey::parse(&public(1)).unwrap().id();
    let line = format!("key-end @draft.json --party line-a --key {id} --from");
    desk.ok(&format!("{line} 2026-11-23T02:00:00Z"));
    let until = || draft(&desk)["parties"][0]["signing_keys"][0]["until"].clone();
    assert_eq!(until(), "2026-11-23T01:59:59.999Z");
    // An end is only ever brought forward: what was revoked comes back under no circumstances.
    assert_eq!(desk.code(&format!("{line} 2026-11-23T03:00:00Z")), "key-ended");
    assert_eq!(desk.code(&format!("{line} 2026-11-23T02:00:00Z")), "key-ended");
    let by_key = line.replace(&id.to_string(), &public(1));
    desk.ok(&format!("{by_key} 2026-11-23T01:00:00Z"));
    assert_eq!(until(), "2026-11-23T00:59:59.999Z");
}

#[test]
fn a_node_key_that_ends_is_listed_no_more() {
    let desk = Desk::new();
    desk.drafted();
    desk.ok(&format!("key-add @draft.json --party line-a --node-key {}", public(5)));
    desk.ok(&format!("key-end @draft.json --party line-a --node-key {}", public(101)));
    assert_eq!(draft(&desk)["parties"][0]["node_keys"], serde_json::json!([public(5)]));
}

#[test]
fn keys_are_neither_taken_from_others_nor_ended_where_they_are_not() {
    let desk = Desk::new();
    desk.drafted();
    desk.ok(&add("haulier-c", "haulier", 3));
    let before = fs::read(desk.at("draft.json")).unwrap();
    for (line, code) in [
        ("key-add @draft.json --party line-a".to_owned(), "key-missing"),
        (format!("key-add @draft.json --party line-a --signing-key {}", public(3)), "bad-field"),
        (format!("key-add @draft.json --party line-a --node-key {}", public(1)), "bad-field"),
        (
            format!("key-add @draft.json --party line-b --node-key {}", public(9)),
            "party-not-listed",
        ),
        (
            format!(
                "key-end @draft.json --party line-a --key {} --from 2026-01-01T00:00:00Z",
                public(3)
            ),
            "key-not-listed",
        ),
        (format!("key-end @draft.json --party line-a --node-key {}", public(1)), "key-not-listed"),
    ] {
        assert_eq!(desk.code(&line), code, "{line}");
        assert_eq!(fs::read(desk.at("draft.json")).unwrap(), before, "{line}");
    }
}

fn draft(desk: &Desk) -> Value {
    serde_json::from_slice(&fs::read(desk.at("draft.json")).unwrap()).unwrap()
}

#[test]
fn what_is_neither_draft_nor_bundle_is_named() {
    let desk = Desk::new();
    fs::write(desk.at("x"), "{\"network\": 3}").unwrap();
    assert_eq!(desk.code("show @x"), "draft-form");
    fs::write(desk.at("x"), "hello").unwrap();
    assert_eq!(desk.code("show @x"), "malformed");
    assert_eq!(desk.code("show @absent"), "file");
}

#[test]
fn a_terminal_is_listed_as_agent_of_a_line_and_ended_and_nobody_else_is() {
    let desk = Desk::new();
    desk.drafted();
    desk.ok(&add("terminal-w", "terminal", 7));
    let agent = |line: &str, holder: &str, n: u8| {
        format!("agent-add @draft.json --party {line} --agent {holder} --key {}", public(n))
    };
    assert_eq!(desk.code(&agent("line-b", "terminal-w", 8)), "party-not-listed");
    for (line, holder) in [("line-a", "line-a"), ("line-a", "nobody"), ("terminal-w", "line-a")] {
        assert_eq!(desk.code(&agent(line, holder, 8)), "bad-field", "{holder} for {line}");
    }
    assert_eq!(desk.code(&agent("line-a", "terminal-w", 1)), "bad-field", "the line's own key");
    let said = desk.ok(&agent("line-a", "terminal-w", 8));
    assert_eq!(said["parties"][0]["agents"][0]["party"], "terminal-w");

    let id = landside_proto::key::PublicKey::parse(&public(8)).unwrap().id();
    let end = |key: &str, from: &str| {
        desk.call(&format!("agent-end @draft.json --party line-a --key {key} --from {from}"))
    };
    let code =
        |ended: Result<_, Failed>| ended.map(|_: Map<String, Value>| ()).unwrap_err().failure.code;
    let other = public(9);
    assert_eq!(code(end(&other, "2026-11-23T02:00:00Z")), "key-not-listed");
    end(&id.to_string(), "2026-11-23T02:00:00Z").unwrap();
    assert_eq!(code(end(&id.to_string(), "2026-11-23T03:00:00Z")), "key-ended");
    let held = &draft(&desk)["parties"][0]["agents"][0];
    assert_eq!(held["until"], "2026-11-23T01:59:59.999Z");
    desk.ok(&format!("{} --replace", add("line-a", "line", 4)));
    let kept = &draft(&desk)["parties"][0]["agents"][0]["key"];
    assert_eq!(*kept, Value::from(public(8)), "who changes a party's entry keeps its agents");
}
