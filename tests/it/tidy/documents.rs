//! The documents say what the code does: codes, limits, settings, links.

use std::collections::BTreeSet;
use std::fmt::Display;

use landside_proto::case::{CASE_DOCS_MAX, HOPS_MAX};
use landside_proto::directory::{BUNDLE_MAX, ENVELOPES_MAX};
use landside_proto::document::{Kind, REASONS_MAX};
use landside_proto::envelope::ENVELOPE_MAX;
use landside_proto::ids::ContainerNo;
use landside_proto::merkle::PathError;
use landside_proto::presentation;
use landside_proto::refusal::{Code, DETAIL_MAX};
use landside_proto::sealed::{DISCLOSURE_MAX, DISCLOSURES_MAX};
use landside_proto::session::{HAVES_MAX, Violation, frame};
use landside_proto::{checkpoint, evidence, merkle};

use super::{Text, files, holds, read, root};

const PROTOCOL: &str = "docs/PROTOCOL.md";

#[test]
fn the_protocol_lists_every_refusal_code_in_order_with_its_remedy() {
    let listed: Vec<(String, String)> = rows(PROTOCOL, "## 7 Refusal codes")
        .into_iter()
        .map(|row| (word(&row[0]), row.get(2).cloned().unwrap_or_default()))
        .collect();
    let known: Vec<(String, String)> =
        Code::ALL.iter().map(|code| (code.as_str().to_owned(), code.remedy().to_owned())).collect();
    assert_eq!(listed, known);
}

#[test]
fn the_protocol_lists_every_finding_of_an_evidence_file_in_order_with_its_weight() {
    let listed: Vec<[String; 3]> = rows(PROTOCOL, "### Findings")
        .into_iter()
        .map(|row| [word(&row[0]), row[1].clone(), row[2].clone()])
        .collect();
    let known: Vec<[String; 3]> = evidence::FindingCode::ALL
        .iter()
        .map(|code| [code.as_str(), code.severity().as_str(), code.meaning()].map(str::to_owned))
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn the_protocol_lists_every_kind_in_order_with_who_may_sign_it() {
    let listed: Vec<(String, String)> = rows(PROTOCOL, "### The table of kinds")
        .into_iter()
        .map(|row| (word(&row[0]), row[1].clone()))
        .collect();
    let known: Vec<(String, String)> = Kind::ALL
        .iter()
        .map(|kind| {
            let signers: Vec<&str> = kind.signers().iter().map(|role| role.as_str()).collect();
            let signers = if signers.len() == 8 { "every role".into() } else { signers.join(", ") };
            (kind.as_str().to_owned(), signers)
        })
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn the_protocol_lists_every_code_of_a_need() {
    let mut listed: BTreeSet<String> =
        rows(PROTOCOL, "### Lights and needs").into_iter().map(|row| word(&row[1])).collect();
    let needs = read("crates/landside-proto/src/case/needs.rs");
    // Every word of that file that is spelled as a code; lights are no codes.
    let mut known = spelled_as_codes(&needs);
    known.extend(["hold".to_owned()]);
    let found = needs.text.contains("\"hold\"");
    assert!(found, "the need of a hold is looked for in the wrong place");
    listed.retain(|code| !code.is_empty());
    assert_eq!(listed, known);
}

#[test]
fn the_protocol_lists_every_code_of_the_gate() {
    let gate = read("crates/landside-proto/src/case/gate.rs");
    let mut known = spelled_as_codes(&gate);
    known.insert("expired".to_owned());
    let rows = rows(PROTOCOL, "### At the gate");
    let listed: BTreeSet<String> =
        rows.iter().flat_map(|row| quoted(&row[0])).map(str::to_owned).collect();
    assert_eq!(listed, known);
}

#[test]
fn the_protocol_lists_every_code_of_the_log() {
    let mut known = BTreeSet::new();
    for path in ["log.rs", "merkle/tile.rs", "merkle/verify.rs"].into_iter().chain([
        "checkpoint/mod.rs",
        "checkpoint/follow.rs",
        "checkpoint/name.rs",
    ]) {
        let codes = spelled_as_codes(&read(&format!("crates/landside-proto/src/{path}")));
        assert!(!codes.is_empty(), "{path} has no codes: they are looked for in the wrong place");
        known.extend(codes);
    }
    let listed: BTreeSet<String> =
        rows(PROTOCOL, "### Codes of the log").iter().map(|row| word(&row[0])).collect();
    assert_eq!(listed, known);
    let rule = rows(PROTOCOL, "### Following a log");
    let named: BTreeSet<_> =
        rule.iter().map(|row| word(&row[2])).filter(|c| !c.is_empty()).collect();
    let of_the_rule = spelled_as_codes(&read("crates/landside-proto/src/checkpoint/follow.rs"));
    assert_eq!(named, of_the_rule);
}

#[test]
fn the_protocol_lists_every_close_code() {
    let listed: Vec<u32> =
        rows(PROTOCOL, "### Close codes").into_iter().map(|row| row[0].parse().unwrap()).collect();
    let all = [
        Violation::None,
        Violation::UnknownKey,
        Violation::Version,
        Violation::NotTheKeysOwner,
        Violation::OutOfOrder,
        Violation::Frame,
        Violation::Window,
        Violation::Answer,
        Violation::Timeout,
        Violation::NoRoom,
        Violation::Registration,
        Violation::Edition,
    ];
    // The numbers are those of the source, so that one more there is missed here.
    let session = read("crates/landside-proto/src/session/mod.rs");
    let in_source = session.text.lines().filter(|line| {
        let arm = line.trim_start().strip_prefix("Self::").and_then(|arm| arm.split_once(" => "));
        arm.is_some_and(|(_, code)| code.trim_end_matches(',').parse::<u32>().is_ok())
    });
    assert_eq!(in_source.count(), all.len());
    assert_eq!(listed, all.map(Violation::code));
}

#[test]
fn the_protocol_lists_the_limits_that_hold() {
    let limits = section(PROTOCOL, "## 10 Limits");
    let mut missing = Vec::new();
    for (what, number) in [
        ("envelope", ENVELOPE_MAX),
        ("directory bundle", BUNDLE_MAX),
        ("reasons", REASONS_MAX),
        ("detail of a refusal sent", DETAIL_MAX),
        ("documents of a case", CASE_DOCS_MAX),
        ("holders in a chain", HOPS_MAX),
        ("text", presentation::TEXT_MAX),
        ("frame body", frame::FRAME_MAX),
        ("documents of a batch", frame::BATCH_DOCUMENTS_MAX),
        ("bytes of documents in a batch", frame::BATCH_BYTES_MAX),
        ("actor in a hello", frame::ACTOR_MAX),
        ("disclosure;", DISCLOSURE_MAX),
        ("disclosures of a document", DISCLOSURES_MAX),
        ("disclosures of a document; of a batch", frame::BATCH_DISCLOSURES_MAX),
        ("hashes of a proof", merkle::PROOF_MAX),
        ("note of a checkpoint", checkpoint::NOTE_MAX),
        ("its signature lines", checkpoint::SIGNATURES_MAX),
        ("key name", checkpoint::NAME_MAX),
        ("path below a log's address", merkle::PATH_MAX),
        ("envelopes of a bundle", ENVELOPES_MAX),
        ("part of a bundle", frame::PART_MAX),
        ("editions told of", usize::try_from(HAVES_MAX).unwrap()),
        ("evidence file", evidence::EVIDENCE_MAX),
        ("editions; credentials", evidence::EDITIONS_MAX),
        ("editions; credentials", evidence::CREDENTIALS_MAX),
        ("editions; credentials", evidence::RECEIPTS_MAX),
        ("editions; credentials", evidence::INTERCHANGES_MAX),
    ] {
        let number = grouped(number);
        let said = limits.lines().any(|line| line.contains(what) && has_number(line, &number));
        if !said {
            missing.push(format!("{what}: {number}"));
        }
    }
    holds("another implementation keeps to the limits that are written", missing);
}

#[test]
fn the_protocols_examples_of_frames_are_frames() {
    let section = section(PROTOCOL, "### Frames");
    let mut read = 0;
    for line in section.lines() {
        let digits: String = line.split_whitespace().collect();
        let is_example = line.len() > 20 && digits.bytes().all(|c| c.is_ascii_hexdigit());
        if !is_example {
            continue;
        }
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
        let (prefix, body) = bytes.split_first_chunk().unwrap();
        assert_eq!(frame::body_len(*prefix).unwrap(), body.len(), "{line}");
        let frame = frame::decode(body).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(frame::encode(&frame).unwrap(), bytes, "{line}");
        read += 1;
    }
    // Those of Hello and Have leave digits of an id out.
    assert_eq!(read, 7, "an example of each other frame");
}

#[test]
fn every_setting_is_explained_to_who_operates_a_node() {
    let template = read("crates/landside-node/src/config.toml");
    let operating = read("docs/OPERATING.md").text;
    let keys: Vec<&str> = template
        .text
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once(" = "))
        .map(|(key, _)| key)
        .filter(|key| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .collect();
    assert!(keys.len() > 10, "settings are looked for in the wrong place: {keys:?}");
    let missing = keys.into_iter().filter(|key| !operating.contains(&format!("{key}`")));
    holds("docs/OPERATING.md has every setting", missing.map(str::to_owned).collect());
}

#[test]
fn the_guide_lists_every_code_over_http() {
    let mut known = spelled_as_codes(&read("crates/landside-web/src/problem.rs"));
    assert!(known.remove("no-store"), "codes are looked for in the wrong place: {known:?}");
    known.insert(PathError.code().to_owned());
    let section = section("docs/OPERATING.md", "## The log over HTTP");
    let table = section.lines().skip_while(|line| !line.starts_with("| code |")).skip(2);
    let listed = table.take_while(|line| line.starts_with('|')).map(word).collect();
    assert_eq!(known, listed);
}

#[test]
fn the_description_of_the_api_that_people_review_is_the_one_that_nodes_serve() {
    let made = landside_web::openapi().unwrap();
    let path = root().join("docs/openapi.json");
    if std::env::var_os("LANDSIDE_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = kept.lines().zip(made.lines()).find(|(kept, made)| kept != made);
    let same = kept == made;
    assert!(
        same,
        "LANDSIDE_WRITE_OPENAPI=1 cargo test -p landside-it tidy writes it anew: {differs:?}"
    );
}

#[test]
fn the_guide_lists_every_code_of_the_console() {
    let mut known = BTreeSet::new();
    for path in [
        "landside-web/src/fault.rs",
        "landside-node/src/people.rs",
        "landside-node/src/drivers.rs",
        "landside-node/src/shares.rs",
        "landside-node/src/tokens.rs",
        "landside-node/src/hooks.rs",
        "landside-node/src/people/acting.rs",
        "landside-node/src/service/counting.rs",
    ] {
        known.extend(spelled_as_codes(&read(&format!("crates/{path}"))));
    }
    known.insert("node-broken".to_owned());
    assert!(known.remove("-unknown"), "codes are looked for in the wrong place: {known:?}");
    let section = section("docs/OPERATING.md", "### The JSON door");
    let rows_of = |table: &str| {
        let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
        let cells = rows.into_iter().map(|row| row.split('|').nth(1).unwrap_or_default());
        cells.flat_map(quoted).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    // One table for everybody, one for programs alone.
    let tables = section.split("| code | status | means |\n|---|---|---|\n").skip(1);
    let listed: BTreeSet<String> = tables.flat_map(rows_of).collect();
    assert_eq!(known, listed);
}

#[test]
fn the_interface_of_the_driver_app_lists_every_code_of_its_own() {
    let api = read("crates/landside-web/assets/driver/API.md").text;
    let mut known = spelled_as_codes(&read("crates/landside-web/src/driver/mod.rs"));
    assert!(known.contains("session-over"), "codes are looked for in the wrong place: {known:?}");
    let drivers = read("crates/landside-node/src/drivers.rs");
    let invitations = |code: &String| code.starts_with("invitation-") || code == "device-taken";
    known.extend(spelled_as_codes(&drivers).into_iter().filter(invitations));
    let missing = known.into_iter().filter(|code| !api.contains(&format!("`{code}`")));
    holds("API.md has every code", missing.collect());
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for file in files("", ".md") {
        for target in links(&file.text) {
            if !leads_somewhere(&file, target) {
                broken.push(format!("{}: {target}", file.path));
            }
        }
    }
    holds("a reader follows links", broken);
}

#[test]
fn every_document_is_found_from_the_readme() {
    let mut found = BTreeSet::from(["README.md".to_owned()]);
    let mut to_read = vec!["README.md".to_owned()];
    while let Some(path) = to_read.pop() {
        for target in links(&read(&path).text) {
            let Some(path) = target_path(&path, target) else { continue };
            if path.ends_with(".md") && root().join(&path).exists() && found.insert(path.clone()) {
                to_read.push(path);
            }
        }
    }
    let lost = files("", ".md").into_iter().map(|file| file.path);
    let lost = lost.filter(|path| !found.contains(path)).collect();
    holds("a document that nothing leads to is not read", lost);
}

/// A reader pastes them.
#[test]
fn every_container_number_in_a_command_of_the_guides_has_its_check_digit() {
    let mut found = 0;
    let mut wrong = Vec::new();
    for path in ["README.md", "docs/API.md", "docs/OPERATING.md", "docs/EDIFACT.md"] {
        let text = read(path).text;
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let is_number = |word: &&str| {
            let (owner, digits) = word.split_at_checked(4).unwrap_or_default();
            owner.ends_with('U')
                && owner.bytes().all(|b| b.is_ascii_uppercase())
                && digits.len() == 7
                && digits.bytes().all(|b| b.is_ascii_digit())
        };
        for number in words.filter(is_number) {
            found += 1;
            wrong.extend(ContainerNo::parse(number).err().map(|error| format!("{path}: {error}")));
        }
    }
    assert!(found > 0, "numbers are looked for in the wrong place");
    holds("a command that is refused", wrong);
}

// Tables.

/// The text from a heading to the next one of the same rank or higher.
pub(super) fn section(path: &str, heading: &str) -> String {
    let file = read(path);
    let rank = heading.split(' ').next().unwrap().len();
    let mut lines = file.text.lines().skip_while(|line| *line != heading);
    assert_eq!(lines.next(), Some(heading), "{path} has no such heading");
    let higher = |line: &&str| {
        let marks = line.chars().take_while(|c| *c == '#').count();
        marks == 0 || marks > rank
    };
    lines.take_while(higher).collect::<Vec<_>>().join("\n")
}

/// The cells of the first table of a section, without its head.
pub(super) fn rows(path: &str, heading: &str) -> Vec<Vec<String>> {
    let section = section(path, heading);
    let table = section.lines().skip_while(|line| !line.starts_with('|'));
    let rows: Vec<Vec<String>> = table
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect();
    assert!(!rows.is_empty(), "{path} has no table under {heading}");
    rows
}

/// The first word between backticks.
pub(super) fn word(cell: &str) -> String {
    quoted(cell).next().unwrap_or_default().to_owned()
}

fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Literals of a source file that are lower case with a hyphen.
fn spelled_as_codes(file: &Text) -> BTreeSet<String> {
    let literals = file.text.split('"').skip(1).step_by(2);
    let is_code = |text: &&str| {
        text.contains('-') && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
    };
    literals.filter(is_code).map(str::to_owned).collect()
}

/// A number with a comma between thousands.
fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn has_number(line: &str, number: &str) -> bool {
    line.split(|c: char| !(c.is_ascii_digit() || c == ','))
        .any(|word| word.trim_matches(',') == number)
}

// Links.

/// Targets of the links outside of code blocks.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, block) in text.split("\n```").enumerate() {
        if at % 2 == 0 {
            let targets = block.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            found.extend(targets.map(|(target, _)| target));
        }
    }
    found
}

/// The path below the root that a link leads to; nothing for the world outside.
fn target_path(from: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let path = target.split('#').next().unwrap();
    let mut parts: Vec<&str> = from.split('/').collect();
    if !path.is_empty() {
        parts.pop();
        for part in path.split('/') {
            match part {
                "." | "" => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
    }
    Some(parts.join("/"))
}

fn leads_somewhere(from: &Text, target: &str) -> bool {
    let Some(path) = target_path(&from.path, target) else { return true };
    if !root().join(&path).exists() {
        return false;
    }
    let Some((_, anchor)) = target.split_once('#') else { return true };
    !path.ends_with(".md") || headings(&read(&path).text).iter().any(|known| known == anchor)
}

/// Anchors of headings, as GitHub makes them.
fn headings(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let text = line.trim_start_matches('#').trim().to_lowercase();
            text.chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}
