use std::time::Duration;

use data_encoding::HEXLOWER;
use landside_proto::directory::{Actor, add_signature, edition_id};
use landside_proto::document::{
    Confirmation, CredentialState, DirectoryEdition, DriverCredential, Hold, HoldType, KeyEntry,
    Kind, PartyEntry, PickupPass, ReleaseOrder, ReleaseTerms, Remark, ReturnRight, Role, Visit,
};
use landside_proto::ids::{DocId, PartyId, Plate};
use landside_proto::key::{PublicKey, SecretKey, Signer};
use landside_proto::sealed::{SealedField, SealedFields, SealedValue};
use serde_json::Map;
use tempfile::TempDir;

use super::*;

const NOW: UnixMillis = UnixMillis::from_millis(1_795_406_400_000);

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32])
}

fn public(n: u8) -> PublicKey {
    key(n).public_key()
}

fn remark(text: &str) -> Remark {
    Remark::parse(text).unwrap()
}

fn visit() -> Visit {
    let terminal = PartyId::parse("terminal-west").unwrap();
    Visit { terminal, container: "MSKU1234565".parse().unwrap() }
}

fn party(id: &str, role: Role, n: u8) -> PartyEntry {
    let from = UnixMillis::from_millis(0);
    PartyEntry {
        id: PartyId::parse(id).unwrap(),
        name: remark(id),
        roles: vec![role],
        signing_keys: vec![KeyEntry { key: public(n), from, until: None }],
        node_keys: vec![public(n + 100)],
        addresses: Vec::new(),
        rotations_from: None,
        agents: Vec::new(),
    }
}

fn edition() -> DirectoryEdition {
    DirectoryEdition {
        network: remark("west"),
        number: 1,
        previous: None,
        threshold: 1,
        authorities: vec![public(1)],
        valid_from: UnixMillis::from_millis(0),
        valid_until: NOW.plus(Duration::from_secs(24 * 3600)),
        parties: vec![
            party("customs-x", Role::Customs, 2),
            party("haulier-c", Role::Haulier, 3),
            party("line-x", Role::Line, 5),
            party("terminal-west", Role::Terminal, 4),
        ],
    }
}

fn hold() -> Document {
    Hold { visit: visit(), hold_type: HoldType::Security, reason: remark("scan ordered") }.into()
}

fn credential(driver: u8) -> Document {
    DriverCredential {
        key: public(driver),
        name: remark("Wang Wei"),
        licence: None,
        valid_until: NOW.plus(Duration::from_secs(24 * 3600)),
        state: CredentialState::Active,
        replaces: None,
    }
    .into()
}

fn receipt() -> Document {
    landside_proto::document::InterchangeReceipt {
        visit: visit(),
        builds_on: DocId::from_bytes([9; 32]),
        seals: Vec::new(),
        condition: landside_proto::document::Condition::Sound,
        damage: Vec::new(),
        photos: Vec::new(),
        remark: None,
    }
    .into()
}

fn sealed(document: Document, issuer: &str, n: u8) -> Signed<Document> {
    envelope::seal(document, Actor::parse(issuer).unwrap(), NOW, &key(n)).unwrap()
}

fn driver_name(n: u8) -> String {
    format!("driver:{}", public(n).id())
}

/// The verb at a home whose node knows of no rotation.
fn run(args: VerifyArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    checked(&args, read_all(&args)?, home, &[], out)
}

/// Files on a desk and a signed edition.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(TempDir::new().unwrap());
        let bundle = add_signature(&[], &edition(), NOW, &key(1)).unwrap();
        desk.put("1.bundle", &bundle);
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.at(name), bytes).unwrap();
    }

    fn args(&self, files: &[&str]) -> VerifyArgs {
        VerifyArgs {
            files: files.iter().map(|name| self.at(name)).collect(),
            directory: Some(self.at("1.bundle")),
            trust: vec![edition_id(&edition()).unwrap()],
            editions: Vec::new(),
            witnesses: None,
            disclosures: None,
            html: None,
            force: false,
            part: false,
            at: Some(NOW),
        }
    }

    fn run(&self, args: VerifyArgs) -> (Exit, Vec<Map<String, Value>>) {
        let out = Output::kept();
        let exit = run(args, &self.at("home"), &out).unwrap();
        (exit, out.take())
    }

    /// The refusal code of each file, or `good`.
    fn verdicts(&self, files: &[&str]) -> Vec<String> {
        let (exit, said) = self.run(self.args(files));
        let codes: Vec<_> = said.iter().map(verdict).collect();
        assert_eq!(exit == Exit::Done, codes.iter().all(|code| code == "good"), "{codes:?}");
        codes
    }
}

fn verdict(said: &Map<String, Value>) -> String {
    let refused = said.get("refused").map(|refused| &refused["code"]);
    refused.unwrap_or_else(|| &said["verdict"]).as_str().unwrap().to_owned()
}

#[test]
fn a_good_document_tells_who_what_and_when() {
    let desk = Desk::new();
    let signed = sealed(hold(), "customs-x", 2);
    desk.put("hold.cose", signed.bytes());
    let (exit, said) = desk.run(desk.args(&["hold.cose"]));
    assert_eq!(exit, Exit::Done);
    let expected = [
        ("verdict", json!("good")),
        ("kind", json!("hold")),
        ("issuer", json!("customs-x")),
        ("id", json!(signed.id())),
        ("issued_at", json!("2026-11-23T04:00:00.000Z")),
    ];
    for (name, value) in expected {
        assert_eq!(said[0][name], value, "{name}");
    }
    assert_eq!(said[0]["payload"]["reason"], "scan ordered");
}

#[test]
fn the_hexadecimal_form_is_read_too() {
    let desk = Desk::new();
    let hex = HEXLOWER.encode(sealed(hold(), "customs-x", 2).bytes());
    desk.put("hold.hex", format!("{hex}\n").as_bytes());
    assert_eq!(desk.verdicts(&["hold.hex"]), ["good"]);
}

#[test]
fn one_bad_file_among_good_ones_is_told_apart() {
    let desk = Desk::new();
    let signed = sealed(hold(), "customs-x", 2);
    desk.put("good", signed.bytes());
    let mut altered = signed.bytes().to_vec();
    *altered.last_mut().unwrap() ^= 1;
    desk.put("altered", &altered);
    assert_eq!(desk.verdicts(&["good", "altered", "good"]), ["good", "bad-signature", "good"]);
}

#[test]
fn each_way_to_be_wrong_has_its_code() {
    let desk = Desk::new();
    desk.put("stranger", sealed(hold(), "nobody", 50).bytes());
    desk.put("wrong-key", sealed(hold(), "customs-x", 50).bytes());
    let give_back =
        ReturnRight { visit: visit(), builds_on: DocId::from_bytes([1; 32]), reason: None };
    desk.put("wrong-role", sealed(give_back.into(), "customs-x", 2).bytes());
    desk.put("words", b"hello");
    desk.put("empty", b"");
    desk.put("cut", &sealed(hold(), "customs-x", 2).bytes()[..40]);
    desk.put("huge", &vec![TAG_SIGN1; 3 * ENVELOPE_MAX]);
    let files = ["stranger", "wrong-key", "wrong-role", "words", "empty", "cut", "huge"];
    let codes = [
        "unknown-party",
        "key-unknown",
        "role-may-not-sign",
        "malformed",
        "malformed",
        "malformed",
        "too-large",
    ];
    assert_eq!(desk.verdicts(&files), codes);
}

#[test]
fn a_driver_counts_when_the_credential_is_among_the_files() {
    let desk = Desk::new();
    desk.put("receipt", sealed(receipt(), &driver_name(60), 60).bytes());
    assert_eq!(desk.verdicts(&["receipt"]), ["key-unknown"]);
    desk.put("credential", sealed(credential(60), "haulier-c", 3).bytes());
    assert_eq!(desk.verdicts(&["receipt", "credential"]), ["good", "good"]);
    desk.put("forged", sealed(credential(60), "haulier-c", 61).bytes());
    assert_eq!(desk.verdicts(&["receipt", "forged"]), ["key-unknown", "key-unknown"]);
}

/// A party's key vouches for the next one.
fn rotation(of: &str, old: u8, new: u8, at: UnixMillis) -> Signed<Document> {
    let new = key(new);
    let pair: (Option<&dyn Signer>, Option<&dyn Signer>) = (Some(&new), None);
    let ends = NOW.plus(Duration::from_secs(3600));
    landside_proto::rotation::sign(PartyId::parse(of).unwrap(), ends, at, &key(old), pair).unwrap()
}

#[test]
fn a_key_that_no_edition_has_yet_counts_when_the_rotations_are_among_the_files() {
    let desk = Desk::new();
    desk.put("hold", sealed(hold(), "customs-x", 72).bytes());
    assert_eq!(desk.verdicts(&["hold"]), ["key-unknown"]);
    // A chain, in whatever order its files are named.
    desk.put("1.rot", rotation("customs-x", 2, 71, NOW).bytes());
    desk.put("2.rot", rotation("customs-x", 71, 72, NOW).bytes());
    assert_eq!(desk.verdicts(&["2.rot", "hold", "1.rot"]), ["good", "good", "good"]);
    assert_eq!(desk.verdicts(&["hold", "1.rot"]), ["key-unknown", "good"]);
    assert_eq!(desk.verdicts(&["hold", "2.rot"]), ["key-unknown", "key-unknown"]);
    // Of the terminal too, whose keys its own log brings.
    desk.put("receipt", sealed(receipt(), "terminal-west", 73).bytes());
    desk.put("3.rot", rotation("terminal-west", 4, 73, NOW).bytes());
    assert_eq!(desk.verdicts(&["receipt", "3.rot"]), ["good", "good"]);
    // Another party's key vouches for nobody, and a key counts from its rotation on.
    desk.put("forged", rotation("customs-x", 3, 72, NOW).bytes());
    assert_eq!(desk.verdicts(&["hold", "forged"]), ["key-unknown", "key-unknown"]);
    let before = UnixMillis::from_millis(NOW.as_millis() - 1000);
    let early = VerifyArgs { at: Some(before), ..desk.args(&["hold", "2.rot", "1.rot"]) };
    assert_eq!(verdict(&desk.run(early).1[0]), "key-unknown");
}

#[test]
fn a_key_that_the_homes_node_knows_counts_without_its_rotation() {
    let desk = Desk::new();
    desk.put("hold", sealed(hold(), "customs-x", 71).bytes());
    let signed = rotation("customs-x", 2, 71, NOW);
    let terminal = PartyId::parse("terminal-west").unwrap();
    let position = landside_proto::document::Position { log: 3, at: NOW, case: None };
    let known = Known { signed, terminal, position };
    for (known, expected) in [(vec![], "key-unknown"), (vec![known], "good")] {
        let (args, out) = (desk.args(&["hold"]), Output::kept());
        let exit =
            checked(&args, read_all(&args).unwrap(), &desk.at("home"), &known, &out).unwrap();
        assert_eq!(
            (exit == Exit::Done, verdict(&out.take()[0]).as_str()),
            (expected == "good", expected)
        );
    }
}

#[test]
fn a_presented_pass_is_good_for_its_minute() {
    let desk = Desk::new();
    let pass = PickupPass {
        expires: NOW.as_secs() + 3600,
        not_before: NOW.as_secs(),
        confirmation: Confirmation(public(60)),
        visit: visit(),
        right: DocId::from_bytes([1; 32]),
        slot: DocId::from_bytes([2; 32]),
        plate: Plate::parse("1-ABC-234").unwrap(),
    };
    let pass = sealed(pass.into(), "terminal-west", 4);
    let text = presentation::present(&pass, NOW, &key(60)).unwrap();
    desk.put("shown", format!("{text}\n").as_bytes());
    assert_eq!(desk.verdicts(&["shown"]), ["good"]);
    let later = NOW.plus(Duration::from_secs(61));
    let (exit, said) = desk.run(VerifyArgs { at: Some(later), ..desk.args(&["shown"]) });
    assert_eq!((exit, verdict(&said[0]).as_str()), (Exit::Refused, "expired"));
}

#[test]
fn a_bundle_without_a_compared_id_is_used_and_the_id_is_told() {
    let desk = Desk::new();
    desk.put("hold", sealed(hold(), "customs-x", 2).bytes());
    let (exit, said) = desk.run(VerifyArgs { trust: Vec::new(), ..desk.args(&["hold"]) });
    assert_eq!(exit, Exit::Done);
    assert_eq!(said[0]["code"], "edition-not-compared");
    let id = edition_id(&edition()).unwrap().to_string();
    assert!(said[0]["text"].as_str().unwrap().contains(&id));
}

#[test]
fn another_edition_than_the_trusted_one_opens_nothing() {
    let desk = Desk::new();
    desk.put("hold", sealed(hold(), "customs-x", 2).bytes());
    let trust = vec![Hash32::of(b"another")];
    let out = Output::kept();
    let args = VerifyArgs { trust, ..desk.args(&["hold"]) };
    let failed = run(args, &desk.at("home"), &out).unwrap_err();
    assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Refused, "edition-not-trusted"));
    assert!(out.take().is_empty());
}

#[test]
fn what_is_no_document_is_said_to_be_none_though_trust_is_given() {
    let desk = Desk::new();
    desk.put("case", &[0x7f; 300]);
    let args = VerifyArgs { directory: None, ..desk.args(&["case"]) };
    assert!(!args.trust.is_empty());
    let failed = run(args, &desk.at("home"), &Output::kept()).unwrap_err();
    assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Refused, "not-evidence"));
    assert!(failed.failure.text.contains("first bytes are damaged"), "{:?}", failed.failure);
}

#[test]
fn without_a_bundle_the_home_decides() {
    let desk = Desk::new();
    desk.put("hold", sealed(hold(), "customs-x", 2).bytes());
    let args = VerifyArgs { directory: None, trust: Vec::new(), ..desk.args(&["hold"]) };
    let failed = run(args, &desk.at("home"), &Output::kept()).unwrap_err();
    assert_eq!(failed.failure.code, "no-home");
}

/// A release order that seals cargo and value, and the two disclosures as lines of a file.
fn sealed_order() -> (Signed<Document>, [String; 2]) {
    let seal =
        |field, text, salt| Disclosure::new(SealedValue::parse(field, text).unwrap(), [salt; 16]);
    let disclosures =
        [seal(SealedField::Cargo, "music boxes", 1), seal(SealedField::Value, "5.00 EUR", 2)];
    let order = ReleaseOrder {
        sealed: SealedFields::of(Kind::ReleaseOrder, &disclosures),
        ..ReleaseOrder::of(
            visit(),
            "BL-1".parse().unwrap(),
            ReleaseTerms::of(
                PartyId::parse("haulier-c").unwrap(),
                NOW.plus(Duration::from_secs(3600)),
            ),
        )
    };
    (sealed(order.into(), "line-x", 5), disclosures.map(|d| HEXLOWER.encode(d.bytes())))
}

fn with_disclosures(
    desk: &Desk,
    files: &[&str],
    lines: &[&str],
) -> (Exit, Vec<Map<String, Value>>) {
    desk.put("sealed", lines.join("\n").as_bytes());
    let disclosures = Some(desk.at("sealed"));
    desk.run(VerifyArgs { disclosures, ..desk.args(files) })
}

#[test]
fn disclosures_beside_a_document_open_the_fields_they_are_of() {
    let (order, [cargo, value]) = sealed_order();
    let desk = Desk::new();
    desk.put("order", order.bytes());
    let (exit, said) = with_disclosures(&desk, &["order"], &[&cargo, "", &value]);
    assert_eq!(exit, Exit::Done);
    assert_eq!(said[0]["disclosed"], json!({ "cargo": "music boxes", "value": "5.00 EUR" }));
    let (exit, said) = with_disclosures(&desk, &["order"], &[&value]);
    assert_eq!((exit, &said[0]["disclosed"]), (Exit::Done, &json!({ "value": "5.00 EUR" })));
    let (exit, said) = desk.run(desk.args(&["order"]));
    assert_eq!((exit, &said[0]["disclosed"]), (Exit::Done, &json!({})));
}

#[test]
fn a_disclosure_of_no_document_on_the_desk_is_refused() {
    let (order, [cargo, _]) = sealed_order();
    let forged = cargo.replace(&HEXLOWER.encode(b"boxes"), &HEXLOWER.encode(b"boxer"));
    let desk = Desk::new();
    desk.put("order", order.bytes());
    desk.put("hold", sealed(hold(), "customs-x", 2).bytes());
    for (files, line) in [(&["order"], &forged[..]), (&["hold"], &cargo), (&["order"], "words")] {
        let (exit, said) = with_disclosures(&desk, files, &[line]);
        assert_eq!(exit, Exit::Refused, "{line}");
        assert_eq!(verdict(&said[0]), "good", "the document itself is sound");
        assert_eq!(verdict(said.last().unwrap()), "disclosure-mismatch");
        assert!(!json!(said).to_string().contains("boxer"));
    }
}

mod of_evidence;
