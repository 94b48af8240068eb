//! The committed files are what the generator makes, and what they expect is what happens.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use landside_proto::case::{Case, Colour, Context, Light, Seen, Share, Target, judge};
use landside_proto::directory::{Actor, Authorities, Directory, Drivers, Rotations, peek_bundle};
use landside_proto::document::{CasePlace, Document, GateReason, Kind, Position};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::key::Signer;
use landside_proto::presentation;
use landside_proto::refusal::{Code, Refusal};
use landside_proto::sealed::{Disclosure, SealedField};
use landside_vectors::format::{
    Aged, AgesFile, CaseFile, ClockLine, DirectoryFile, DocumentFile, Door, Event, EventOutcome,
    Hex, Named, NeedLine, PresentationFile, ReasonLine, RotationsFile, SealedFile, Stands, Turn,
};
use landside_vectors::{KEYS, VECTORS, VECTORS_README, files, identity};
use serde::de::DeserializeOwned;
use serde_json::Value;

#[test]
fn the_committed_files_are_what_the_generator_makes() {
    let made = files();
    for (path, contents) in &made {
        let committed = fs::read(root().join(path)).unwrap_or_default();
        assert!(committed == *contents, "{path} differs: run cargo run -p landside-vectors");
    }
    let mut expected: BTreeSet<_> = made.into_keys().collect();
    expected.insert(VECTORS_README.to_owned());
    let found: BTreeSet<_> = [KEYS, VECTORS].into_iter().flat_map(names_in).collect();
    assert_eq!(found, expected, "a file too many or too few");
}

#[test]
fn the_written_rule_gives_the_keys() {
    use sha2::{Digest, Sha256};
    for (name, _) in identity::NAMES {
        let pem = fs::read_to_string(root().join(format!("{KEYS}/{name}.pem"))).unwrap();
        let read = landside_proto::key::SecretKey::from_pkcs8_pem(&pem).unwrap();
        let seed = Sha256::digest(format!("landside test key v1\n{name}"));
        let ruled = landside_proto::key::SecretKey::from_seed(seed.into());
        assert_eq!(read.public_key(), ruled.public_key(), "{name}");
    }
}

#[test]
fn good_documents_open_and_say_what_their_json_says() {
    let file: DocumentFile<Value> = read("documents.json");
    let authorities = authorities(&file.directory, &file.credentials, file.now);
    for good in file.good {
        let name = &good.name;
        let now = good.now.unwrap_or(file.now);
        let signed = envelope::open(good.bytes.0.clone(), &authorities, now)
            .unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!(signed.id(), good.id, "{name}");
        assert_eq!(signed.bytes(), good.bytes.0, "{name}");
        assert_eq!(signed.issuer().to_string(), good.issuer, "{name}");
        assert_eq!(signed.key_id(), identity::key(&good.key).public_key().id(), "{name}");
        assert_eq!(signed.issued_at(), good.issued_at, "{name}");
        let kind = Kind::parse(&good.kind).unwrap();
        let written = Document::deserialize(kind, good.document).unwrap();
        assert_eq!(*signed.document(), written, "{name}");
    }
}

#[test]
fn what_agents_sign_opens_marked_and_is_refused_as_written() {
    let file: DocumentFile<Value> = read("agents.json");
    let authorities = authorities(&file.directory, &file.credentials, file.now);
    for good in file.good {
        let name = &good.name;
        let signed = envelope::open(good.bytes.0.clone(), &authorities, file.now)
            .unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!((signed.id(), signed.issuer().to_string()), (good.id, good.issuer), "{name}");
        assert_eq!(signed.key_id(), identity::key(&good.key).public_key().id(), "{name}");
        let written = Document::deserialize(Kind::parse(&good.kind).unwrap(), &good.document);
        assert_eq!(*signed.document(), written.unwrap(), "{name}");
        let marked = good.document["agent"].as_str();
        assert_eq!(signed.document().agent().map(PartyId::as_str), marked, "{name}");
    }
    let got = file.bad.iter().map(|bad| {
        let opened = envelope::open(bad.received(), &authorities, file.now);
        (bad.name.as_str(), bad.refused.as_str(), opened.map(drop))
    });
    assert_refused(got);
}

#[test]
fn every_kind_has_a_good_document() {
    let file: DocumentFile<Value> = read("documents.json");
    let shown: BTreeSet<_> = file.good.iter().map(|good| good.kind.as_str()).collect();
    let bundled = |kind: &&Kind| **kind != Kind::DirectoryEdition;
    let all: BTreeSet<_> = Kind::ALL.iter().filter(bundled).map(|kind| kind.as_str()).collect();
    assert_eq!(shown, all);
}

#[test]
fn bad_documents_are_refused_with_the_code_written() {
    let file: DocumentFile<Value> = read("documents.json");
    let authorities = authorities(&file.directory, &file.credentials, file.now);
    let got = file.bad.iter().map(|bad| {
        let opened = envelope::open(bad.received(), &authorities, bad.now.unwrap_or(file.now));
        (bad.name.as_str(), bad.refused.as_str(), opened.map(drop))
    });
    assert_refused(got);
}

#[test]
fn editions_are_accepted_and_refused_as_written() {
    let file: DirectoryFile<Value> = read("directory.json");
    let accepted = directories();
    for good in &file.good {
        let directory = &accepted[&good.name];
        assert_eq!(directory.id(), good.id, "{}", good.name);
        assert_eq!(directory.edition().number, good.number, "{}", good.name);
        let written = Document::deserialize(Kind::DirectoryEdition, &good.document).unwrap();
        assert_eq!(Document::from(directory.edition().clone()), written, "{}", good.name);
    }
    let got = file.bad.iter().map(|bad| {
        let taken = enter(&bad.door, &bad.bytes.0, &accepted, file.now);
        (bad.name.as_str(), bad.refused.as_str(), taken.map(drop))
    });
    assert_refused(got);
}

#[test]
fn credentials_on_an_edition_of_any_age_are_taken_and_refused_as_written() {
    let file: AgesFile = read("ages.json");
    let grace = Duration::from_secs(file.grace_s);
    let says = |aged: &Aged| {
        let authorities = authorities(&file.directory, &file.credentials, aged.at);
        let signed = envelope::open(aged.bytes.0.clone(), &authorities, aged.at)
            .unwrap_or_else(|refusal| panic!("{}: {refusal}", aged.name));
        authorities.may_say(signed.document(), signed.issuer(), aged.at, grace)
    };
    for good in &file.good {
        says(good).unwrap_or_else(|refusal| panic!("{}: {refusal}", good.name));
        assert_eq!(good.refused, None, "{}", good.name);
    }
    let bad =
        file.bad.iter().map(|bad| (bad.name.as_str(), bad.refused.as_deref().unwrap(), says(bad)));
    assert_refused(bad);
}

#[test]
fn rotations_count_and_are_refused_as_written() {
    let file: RotationsFile = read("rotations.json");
    let says = |turn: &Turn| {
        let (_, id) = peek_bundle(&turn.edition.0).unwrap();
        let directory = Directory::found(&turn.edition.0, id, turn.at.plus(YEAR)).unwrap();
        let mut rotations = Rotations::at_home(Some(file.terminal.clone()));
        for before in &turn.before {
            let signed = envelope::reopen(before.bytes.0.clone()).unwrap();
            let position = Position { log: before.log, at: before.at, case: None };
            rotations.apply(&signed, &file.terminal, position);
        }
        let (directory, rotations) = (Arc::new(directory), Arc::new(rotations));
        let authorities = Authorities { directory, rotations, drivers: Arc::default() };
        let ring = authorities.registered_by(&file.terminal);
        let signed = envelope::open(turn.bytes.0.clone(), &ring, turn.at)?;
        match signed.document().kind() {
            Kind::KeyRotation => authorities.may_rotate(&file.terminal, &signed, turn.at),
            _ => Ok(()),
        }
    };
    for good in &file.good {
        says(good).unwrap_or_else(|refusal| panic!("{}: {refusal}", good.name));
        assert_eq!(good.refused, None, "{}", good.name);
    }
    let bad =
        file.bad.iter().map(|bad| (bad.name.as_str(), bad.refused.as_deref().unwrap(), says(bad)));
    assert_refused(bad);
}

/// Bundles in force are read later than they were signed.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[test]
fn presentations_are_read_and_refused_as_written() {
    let file: PresentationFile = read("presentations.json");
    let authorities = authorities(&file.directory, &[], file.now);
    for good in &file.good {
        let now = good.now.unwrap_or(file.now);
        let shown = presentation::read(&good.text, &authorities, now)
            .unwrap_or_else(|refusal| panic!("{}: {refusal}", good.name));
        assert_eq!(shown.pass.id(), good.pass, "{}", good.name);
        assert_eq!(shown.driver, good.driver, "{}", good.name);
        assert_eq!(shown.made_at, good.made_at, "{}", good.name);
    }
    let got = file.bad.iter().map(|bad| {
        let now = bad.now.unwrap_or(file.now);
        let shown = presentation::read(&bad.text, &authorities, now);
        (bad.name.as_str(), bad.refused.as_str(), shown.map(drop))
    });
    assert_refused(got);
}

#[test]
fn disclosures_open_and_are_refused_as_written() {
    let file: SealedFile = read("sealed.json");
    let authorities = authorities(&file.directory, &[], file.now);
    let open = |document: &Hex| envelope::open(document.0.clone(), &authorities, file.now).unwrap();
    let raw = |disclosures: &[Hex]| disclosures.iter().map(|d| d.0.clone()).collect::<Vec<_>>();
    for good in &file.good {
        let (name, document) = (&good.name, open(&good.document));
        let beside = raw(&good.disclosures);
        let opened = Disclosure::open_each(&beside, &document)
            .unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        let values = opened.iter().map(|d| (d.field().as_str().into(), d.value().reveal().into()));
        assert_eq!(values.collect::<BTreeMap<String, String>>(), good.values, "{name}");
        let every = Disclosure::open_every(&beside, &document);
        assert_eq!(every.is_ok(), good.registrar, "{name}");
        let digests = serde_json::to_value(document.document().sealed().unwrap()).unwrap();
        assert_eq!(digests, serde_json::to_value(&good.digests).unwrap(), "{name}");
    }
    let got = file.bad.iter().map(|bad| {
        let (document, beside) = (open(&bad.document), raw(&bad.disclosures));
        let by_reader = Disclosure::open_each(&beside, &document);
        assert_eq!(by_reader.is_ok(), bad.registrar, "{}", bad.name);
        let opened = Disclosure::open_every(&beside, &document);
        (bad.name.as_str(), bad.refused.as_str(), opened.map(drop))
    });
    assert_refused(got);
}

#[test]
fn every_field_that_can_be_sealed_has_a_vector() {
    let file: SealedFile = read("sealed.json");
    let shown: BTreeSet<_> = file.good.iter().flat_map(|good| good.values.keys()).collect();
    let all: BTreeSet<_> = SealedField::ALL.iter().map(|field| field.as_str()).collect();
    assert_eq!(shown.into_iter().map(String::as_str).collect::<BTreeSet<_>>(), all);
}

#[test]
fn cases_go_as_written() {
    let mut wrong = Vec::new();
    for (name, file) in case_files() {
        wrong.extend(play(&file).into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_file_has_more_bad_vectors_than_good_ones_and_names_each_once() {
    let documents: DocumentFile<Value> = read("documents.json");
    let agents: DocumentFile<Value> = read("agents.json");
    let editions: DirectoryFile<Value> = read("directory.json");
    let presentations: PresentationFile = read("presentations.json");
    let ages: AgesFile = read("ages.json");
    let rotations: RotationsFile = read("rotations.json");
    let mut files: Vec<(String, Vec<String>, Vec<String>)> = vec![
        (
            "documents".into(),
            documents.good.into_iter().map(|v| v.name).collect(),
            documents.bad.into_iter().map(|v| v.name).collect(),
        ),
        (
            "agents".into(),
            agents.good.into_iter().map(|v| v.name).collect(),
            agents.bad.into_iter().map(|v| v.name).collect(),
        ),
        (
            "directory".into(),
            editions.good.into_iter().map(|v| v.name).collect(),
            editions.bad.into_iter().map(|v| v.name).collect(),
        ),
        (
            "ages".into(),
            ages.good.into_iter().map(|v| v.name).collect(),
            ages.bad.into_iter().map(|v| v.name).collect(),
        ),
        (
            "rotations".into(),
            rotations.good.into_iter().map(|v| v.name).collect(),
            rotations.bad.into_iter().map(|v| v.name).collect(),
        ),
        (
            "presentations".into(),
            presentations.good.into_iter().map(|v| v.name).collect(),
            presentations.bad.into_iter().map(|v| v.name).collect(),
        ),
    ];
    let disclosures: SealedFile = read("sealed.json");
    files.push((
        "sealed".into(),
        disclosures.good.into_iter().map(|v| v.name).collect(),
        disclosures.bad.into_iter().map(|v| v.name).collect(),
    ));
    for (name, case) in case_files() {
        let (good, bad): (Vec<_>, Vec<_>) =
            case.events.into_iter().partition(|e| matches!(e.outcome, EventOutcome::Registered(_)));
        let names = |events: Vec<Event>| events.into_iter().map(|e| e.name).collect();
        files.push((name, names(good), names(bad)));
    }
    for (file, good, bad) in files {
        assert!(good.len() < bad.len(), "{file}: {} good, {} bad", good.len(), bad.len());
        let distinct: BTreeSet<_> = good.iter().chain(&bad).collect();
        assert_eq!(distinct.len(), good.len() + bad.len(), "{file}: a name is used twice");
    }
}

/// Codes that no bytes and no case can bring about: they belong to the node.
const OF_THE_NODE: [Code; 6] = [
    Code::CaseFull,
    Code::TwoPersons,
    Code::NotYourDocument,
    Code::RegistrationUnproven,
    Code::StoreFull,
    Code::NotSigned,
];

#[test]
fn every_code_has_a_vector() {
    let mut shown = BTreeSet::new();
    shown.extend(read::<DocumentFile<Value>>("documents.json").bad.into_iter().map(|v| v.refused));
    shown.extend(read::<DocumentFile<Value>>("agents.json").bad.into_iter().map(|v| v.refused));
    shown.extend(read::<DirectoryFile<Value>>("directory.json").bad.into_iter().map(|v| v.refused));
    shown.extend(read::<PresentationFile>("presentations.json").bad.into_iter().map(|v| v.refused));
    shown.extend(read::<SealedFile>("sealed.json").bad.into_iter().map(|v| v.refused));
    shown.extend(read::<RotationsFile>("rotations.json").bad.into_iter().filter_map(|v| v.refused));
    shown.extend(read::<AgesFile>("ages.json").bad.into_iter().filter_map(|v| v.refused));
    for (_, case) in case_files() {
        shown.extend(case.events.into_iter().filter_map(|event| match event.outcome {
            EventOutcome::Refused(named) => Some(named.code),
            EventOutcome::Registered(_) => None,
        }));
    }
    let missing: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !OF_THE_NODE.contains(code) && !shown.contains(code.as_str()))
        .collect();
    assert!(missing.is_empty(), "no vector for {missing:?}");
}

/// Plays a case file as a terminal would; returns what went otherwise than written.
fn play(file: &CaseFile) -> Vec<String> {
    let first = file.events.first().map_or(UnixMillis::from_millis(0), |event| event.at);
    let authorities = authorities(&file.directory, &file.credentials, first);
    let mut case: Option<Case> = None;
    let mut wrong = Vec::new();
    for event in &file.events {
        let signed = envelope::open(event.bytes.0.clone(), &authorities, event.at)
            .unwrap_or_else(|refusal| panic!("{}: {refusal}", event.name));
        let ctx = Context { registrar: &file.terminal, authorities: &authorities, now: event.at };
        let target = case.as_ref().map_or(Target::None, Target::Case);
        let judged = judge(target, &signed, &ctx);
        let differs = match (&event.outcome, judged) {
            (EventOutcome::Refused(expected), Err(refusal)) => {
                let got = Named { code: refusal.code.as_str().to_owned(), names: refusal.names };
                (got != *expected).then(|| format!("{expected:?}, got {refusal}, {got:?}"))
            }
            (EventOutcome::Registered(expected), Ok(())) => {
                let visit = signed.document().visit().unwrap().clone();
                let case = case.get_or_insert_with(|| Case::empty(visit, file.case));
                let place = u32::try_from(case.steps.len()).unwrap();
                let place = Some(CasePlace { code: file.case, place });
                let log = case.steps.len().try_into().unwrap();
                case.apply(&signed, Position { log, at: event.at, case: place });
                let mut got = stands(case, &signed, event.at);
                got.sent_to =
                    expected.sent_to.as_ref().map(|_| sent_to(case, &signed, &authorities));
                got.turned_away = expected
                    .turned_away
                    .as_ref()
                    .map(|_| turned_away(case, &authorities, event.at));
                got.clocks = expected
                    .clocks
                    .as_ref()
                    .map(|lines| lines.iter().map(|line| clock(case, line)).collect());
                (got != *expected).then(|| format!("{expected:?}, got {got:?}"))
            }
            (expected, got) => Some(format!("{expected:?}, got {got:?}")),
        };
        wrong.extend(differs.map(|what| format!("{}: expected {what}", event.name)));
    }
    wrong
}

fn stands(case: &Case, signed: &Signed<Document>, now: UnixMillis) -> Stands {
    let lights = |colour| -> Vec<String> {
        let lights = Light::ALL.into_iter().filter(|light| case.colour(*light, now) == colour);
        lights.map(|light| light.as_str().to_owned()).collect()
    };
    let mut needs: Vec<_> = case
        .needs(now)
        .into_iter()
        .map(|need| NeedLine {
            light: need.light.map(|light| light.as_str().to_owned()),
            code: need.code.clone().into_owned(),
            owed_by: need.owed_by,
        })
        .collect();
    needs.sort();
    Stands {
        id: signed.id(),
        holder: case.holder().map(|hop| hop.holder.clone()),
        green: lights(Colour::Green),
        overridden: lights(Colour::Overridden),
        needs,
        sent_to: None,
        turned_away: None,
        clocks: None,
    }
}

/// What the clock of a line comes to at its time.
fn clock(case: &Case, line: &ClockLine) -> ClockLine {
    let mut clocks = case.clocks(line.at).into_iter();
    let clock = clocks.find(|clock| clock.charge.as_str() == line.charge);
    let clock = clock.unwrap_or_else(|| panic!("{} has no terms", line.charge));
    ClockLine {
        charge: line.charge.clone(),
        at: line.at,
        state: clock.state.as_str().to_owned(),
        free_until: clock.free_until,
        days_free: clock.days_free,
        days_suspended: clock.days_suspended,
        days_off: clock.days_off,
        days_charged: clock.days_charged,
        amount: clock.amount.map_or(0, |(amount, _)| amount),
    }
}

/// Why the gate turns a truck away that names the container and shows no pass.
fn turned_away(case: &Case, authorities: &Authorities, now: UnixMillis) -> Vec<ReasonLine> {
    let seen = Seen { shown: None, plate: None };
    let reasons = case.gate_decision(&seen, authorities, now).reasons;
    let line =
        |r: &GateReason| ReasonLine { code: r.code.to_string(), owed_by: r.owed_by.to_string() };
    reasons.iter().map(line).collect()
}

/// Those who get a part and are sent the document, parties before devices.
fn sent_to(case: &Case, signed: &Signed<Document>, authorities: &Authorities) -> Vec<Actor> {
    let document = signed.document();
    let part = |party: &&PartyId| {
        case.share(party, authorities.directory.roles(party)) == Share::Part
            && case.concerns(party, document)
    };
    let parties = case.parties.iter().filter(part).cloned().map(Actor::Party);
    let sent = parties.chain(case.devices(document));
    sent.filter(|actor| actor != signed.issuer()).collect()
}

/// Every mismatch at once, so that one change of a rule shows all it touches.
fn assert_refused<'a>(got: impl Iterator<Item = (&'a str, &'a str, Result<(), Refusal>)>) {
    let wrong: Vec<_> = got
        .filter_map(|(name, expected, result)| match result {
            Err(refusal) if refusal.code.as_str() == expected => None,
            Err(refusal) => Some(format!("{name}: expected {expected}, got {refusal}")),
            Ok(()) => Some(format!("{name}: expected {expected}, was accepted")),
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn enter(
    door: &Door,
    bundle: &[u8],
    accepted: &BTreeMap<String, Arc<Directory>>,
    now: UnixMillis,
) -> Result<Directory, Refusal> {
    match door {
        Door::Trusted(id) => Directory::found(bundle, *id, now),
        Door::Follows(name) => accepted[name].follow(bundle, now),
    }
}

/// The good vectors of `directory.json`, by name.
fn directories() -> BTreeMap<String, Arc<Directory>> {
    let file: DirectoryFile<Value> = read("directory.json");
    let mut accepted = BTreeMap::new();
    for good in file.good {
        let directory = enter(&good.door, &good.bytes.0, &accepted, file.now)
            .unwrap_or_else(|refusal| panic!("{}: {refusal}", good.name));
        accepted.insert(good.name, Arc::new(directory));
    }
    accepted
}

fn authorities(directory: &str, credentials: &[Hex], now: UnixMillis) -> Authorities {
    let directory = Arc::clone(&directories()[directory]);
    let without = Authorities { directory, drivers: Arc::default(), rotations: Arc::default() };
    let mut drivers = Drivers::default();
    for credential in credentials {
        drivers.apply(&envelope::open(credential.0.clone(), &without, now).unwrap());
    }
    Authorities { drivers: Arc::new(drivers), ..without }
}

fn case_files() -> Vec<(String, CaseFile)> {
    let cases: Vec<_> = names_in(VECTORS)
        .into_iter()
        .filter_map(|path| path.strip_prefix(&format!("{VECTORS}/")).map(str::to_owned))
        .filter(|name| name.starts_with("case-"))
        .map(|name| (name.clone(), read(&name)))
        .collect();
    assert!(!cases.is_empty());
    cases
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    let text = fs::read(root().join(VECTORS).join(name)).unwrap();
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Paths from the root of the files in a folder, which has no folders in it.
fn names_in(folder: &str) -> Vec<String> {
    let entries =
        fs::read_dir(root().join(folder)).and_then(|dir| dir.collect::<io::Result<Vec<_>>>());
    entries.unwrap().iter().map(|e| format!("{folder}/{}", e.file_name().display())).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
