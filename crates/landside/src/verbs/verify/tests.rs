use std::time::Duration;

use data_encoding::HEXLOWER;
use landside_proto::directory::{Actor, add_signature, edition_id};
use landside_proto::document::{
    Confirmation, CredentialState, DirectoryEdition, DriverCredential, Haulage, Hold, HoldType,
    KeyEntry, Kind, PartyEntry, PickupPass, ReleaseOrder, ReleaseTerms, Remark, ReturnRight, Role,
    Visit,
};
use landside_proto::ids::{DocId, PartyId, Plate};
use landside_proto::key::{PublicKey, SecretKey, Signer as _};
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
            trust: Some(edition_id(&edition()).unwrap()),
            disclosures: None,
            html: None,
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
    let (exit, said) = desk.run(VerifyArgs { trust: None, ..desk.args(&["hold"]) });
    assert_eq!(exit, Exit::Done);
    assert_eq!(said[0]["code"], "edition-not-compared");
    let id = edition_id(&edition()).unwrap().to_string();
    assert!(said[0]["text"].as_str().unwrap().contains(&id));
}

#[test]
fn another_edition_than_the_trusted_one_opens_nothing() {
    let desk = Desk::new();
    desk.put("hold", sealed(hold(), "customs-x", 2).bytes());
    let trust = Some(Hash32::of(b"another"));
    let out = Output::kept();
    let args = VerifyArgs { trust, ..desk.args(&["hold"]) };
    let failed = run(args, &desk.at("home"), &out).unwrap_err();
    assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Refused, "edition-fork"));
    assert!(out.take().is_empty());
}

#[test]
fn without_a_bundle_the_home_decides() {
    let desk = Desk::new();
    desk.put("hold", sealed(hold(), "customs-x", 2).bytes());
    let args = VerifyArgs { directory: None, trust: None, ..desk.args(&["hold"]) };
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
        visit: visit(),
        bill: "BL-1".parse().unwrap(),
        terms: ReleaseTerms {
            release_to: PartyId::parse("haulier-c").unwrap(),
            valid_from: None,
            valid_until: NOW.plus(Duration::from_secs(3600)),
            haulage: Haulage::Merchant,
            reference: None,
            empty_return: None,
        },
        size_type: None,
        vessel: None,
        source: None,
        sealed: SealedFields::of(Kind::ReleaseOrder, &disclosures),
        approved_by: None,
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

mod of_evidence {
    use landside_proto::checkpoint::{Checkpoint, KeyName};
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
        assert_eq!(
            (&outcome["state"], &outcome["lights"]["customs"]),
            (&json!("open"), &json!("red"))
        );
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
    fn another_id_than_the_trusted_one_is_refused() {
        let desk = Desk::new();
        put(&desk, evidence());
        let trust = Some(Hash32::of(b"another"));
        let (exit, said) = desk.run(VerifyArgs { trust, ..alone(&desk, &["case.landside"]) });
        assert_eq!((exit, &said[0]["verdict"]), (Exit::Refused, &json!("broken")));
        let (exit, said) = desk.run(VerifyArgs { trust: None, ..alone(&desk, &["case.landside"]) });
        assert_eq!((exit, &said[0]["trusted"]), (Exit::Done, &json!(false)));
        assert_eq!(of(&said, "evidence-finding")[0]["code"], "compare-edition-id");
    }

    #[test]
    fn a_fault_of_the_terminal_is_not_a_broken_file_and_not_a_sound_one() {
        let desk = Desk::new();
        // Registered, it says, an hour before it was signed.
        let before = UnixMillis::from_millis(NOW.as_millis() - 3_600_000);
        put(&desk, evidence_of(before));
        let (exit, said) = desk.run(VerifyArgs { trust: None, ..alone(&desk, &["case.landside"]) });
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
}
