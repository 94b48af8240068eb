//! Keys: at rest, in a token, rotated, revoked from a time, and a driver's device changed.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use landside_node::control::Request;
use landside_node::custody::{self, PassphraseFrom};
use landside_node::home::Keys;
use landside_node::node::clock;
use landside_proto::document::{DirectoryEdition, Document, KeyEntry, PartyEntry};
use landside_proto::envelope::Signed;
use landside_proto::ids::UnixMillis;
use landside_proto::key::{
    KeyError, Passphrase, Protection, PublicKey, SIGNATURE_LEN, SecretKey, SignFailed, Signer,
};
use landside_proto::session::Violation;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::exchange::{PLATE, arrived, bind_and_ask, customs_released};
use crate::peer::{Peer, code_of};
use crate::world::{
    DRIVER, World, actor, container, key, public, release, release_fields, sealed, until,
};

/// A passphrase in a file.
fn phrase(dir: &TempDir, text: &str) -> PathBuf {
    put(dir, "phrase", text)
}

fn put(dir: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// What openssl says, or `None` where there is no openssl 3.
fn openssl(arguments: &[&str]) -> Option<(bool, String)> {
    let version = Command::new("openssl").arg("version").stdin(Stdio::null()).output();
    if !version.is_ok_and(|said| said.stdout.starts_with(b"OpenSSL 3")) {
        println!("skipped: there is no openssl 3 here");
        return None;
    }
    let ran = Command::new("openssl").args(arguments).stdin(Stdio::null()).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    Some((ran.status.success(), said))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn read(path: &Path, phrase: &Path) -> Result<SecretKey, String> {
    let source = PassphraseFrom::File(phrase.to_owned());
    custody::read_key(path, || source.read()).map_err(|error| error.code().to_owned())
}

#[test]
fn openssl_reads_an_encrypted_key_and_finds_the_same_public_key() {
    let dir = TempDir::new().unwrap();
    let phrase = phrase(&dir, "five or more random words\n");
    let file = dir.path().join("key.pem");
    let key = SecretKey::from_seed([6; 32]);
    let passphrase = PassphraseFrom::File(phrase.clone()).read().unwrap();
    custody::write_key(&file, &key, passphrase.as_ref()).unwrap();

    let passin = format!("file:{}", text(&phrase));
    let public = dir.path().join("public.der");
    let ask = ["pkey", "-in", text(&file), "-passin", &passin, "-pubout", "-outform", "DER"];
    let ask = [&ask[..], &["-out", text(&public)]].concat();
    let Some((done, said)) = openssl(&ask) else { return };
    assert!(done, "{said}");
    assert_eq!(fs::read(&public).unwrap(), key.public_key().to_spki());

    let wrong = ["pkey", "-in", text(&file), "-passin", "pass:another", "-noout"];
    assert!(!openssl(&wrong).unwrap().0, "it opens with any passphrase");
}

#[test]
fn keys_that_openssl_encrypted_are_read() {
    let dir = TempDir::new().unwrap();
    let phrase = phrase(&dir, "five or more random words\n");
    let passin = format!("file:{}", text(&phrase));
    let plain = dir.path().join("plain.pem");
    let made = openssl(&["genpkey", "-algorithm", "ed25519", "-out", text(&plain)]);
    let Some((true, _)) = made else { return };
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o600)).unwrap();
    let key = read(&plain, &phrase).unwrap();
    for (name, how) in [
        ("default", &[][..]),
        ("aes-128", &["-v2", "aes-128-cbc"][..]),
        ("sha-512", &["-v2prf", "hmacWithSHA512", "-iter", "5000"][..]),
        ("scrypt", &["-scrypt"][..]),
    ] {
        let sealed = put(&dir, name, "");
        let ask = ["pkcs8", "-topk8", "-in", text(&plain), "-out", text(&sealed)];
        let ask = [&ask[..], &["-passout", &passin], how].concat();
        let (done, said) = openssl(&ask).unwrap();
        assert!(done, "{name}: {said}");
        let opened = read(&sealed, &phrase).unwrap_or_else(|code| panic!("{name}: {code}"));
        assert_eq!(opened.public_key(), key.public_key(), "{name}");
    }
}

#[test]
fn a_file_of_openssl_that_asks_for_too_much_is_not_opened() {
    let dir = TempDir::new().unwrap();
    let plain = put(&dir, "plain.pem", &SecretKey::from_seed([6; 32]).to_pkcs8_pem().unwrap());
    let sealed = put(&dir, "sealed.pem", "");
    let ask = ["pkcs8", "-topk8", "-in", text(&plain), "-out", text(&sealed), "-scrypt"];
    // 128 MiB: N 131,072 and r 8.
    let ask = [&ask[..], &["-scrypt_N", "131072", "-passout", "pass:some passphrase"]].concat();
    match openssl(&ask) {
        Some((true, _)) => {}
        // openssl may have a limit of its own; then the same file is made by hand in at_rest.rs.
        Some((false, said)) => return println!("skipped: {said}"),
        None => return,
    }
    let asked = Protection::of_pem(&fs::read_to_string(&sealed).unwrap());
    assert_eq!(asked, Err(KeyError::Cost));
}

#[test]
fn debug_output_of_what_holds_secrets_says_nothing() {
    let secret = "five or more random words";
    let passphrase = Passphrase::new(secret.as_bytes().to_vec().into()).unwrap();
    let shown = format!("{passphrase:?} {:?}", SecretKey::from_seed([6; 32]));
    assert_eq!(shown, "Passphrase(..) SecretKey(..)");
}

/// Runs the program with `--json`; its exit status and everything it said.
pub(crate) fn landside(home: &Path, arguments: &[&str], passphrase: Option<&str>) -> (i32, String) {
    let mut command = Command::new(crate::process::path());
    command.arg("--json").arg("--home").arg(home).args(arguments).stdin(Stdio::null());
    command.env_remove("LANDSIDE_TEST_PASSPHRASE");
    if let Some(passphrase) = passphrase {
        command.env("LANDSIDE_TEST_PASSPHRASE", passphrase);
    }
    let ran = command.output().unwrap();
    let said = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (ran.status.code().unwrap_or(-1), said)
}

#[test]
fn a_node_with_encrypted_keys_starts_with_their_passphrase_only_and_never_says_it() {
    let dir = TempDir::new().unwrap();
    let home = dir.path().join("home");
    let right = "five or more random words";
    let source = ["--passphrase-from", "env:LANDSIDE_TEST_PASSPHRASE"];
    let init = [&["init", "--party", "line-a"][..], &source].concat();
    let (exit, said) = landside(&home, &init, Some(right));
    assert_eq!(exit, 0, "{said}");
    let mut all = said;
    for (passphrase, code) in [
        (None, "passphrase-missing"),
        (Some("another passphrase"), "passphrase-wrong"),
        (Some(""), "passphrase-form"),
        // The keys open; what is missing next is an edition.
        (Some(right), "no-directory"),
    ] {
        let (exit, said) = landside(&home, &["serve"], passphrase);
        assert!(exit != 0 && said.contains(&format!("\"code\":\"{code}\"")), "{code}: {said}");
        all.push_str(&said);
    }
    assert!(!all.contains(right) && !all.contains("another passphrase"), "{all}");
}

/// Stands for a token: it alone has the key, counts what it signs, and can be pulled.
struct Token {
    key: SecretKey,
    signed: AtomicUsize,
    pulled: AtomicBool,
}

impl Token {
    fn holding(name: &str) -> Arc<Self> {
        let (signed, pulled) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Self { key: key(name), signed, pulled })
    }

    fn signed(&self) -> usize {
        self.signed.load(Ordering::SeqCst)
    }

    fn pull(&self, pulled: bool) {
        self.pulled.store(pulled, Ordering::SeqCst);
    }
}

impl Signer for Token {
    fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], SignFailed> {
        if self.pulled.load(Ordering::SeqCst) {
            return Err(SignFailed("the token was pulled".to_owned()));
        }
        self.signed.fetch_add(1, Ordering::SeqCst);
        Ok(self.key.sign(message))
    }
}

/// A world in which a party signs with tokens: for documents, and on the wire.
async fn with_tokens(others: &[&str], name: &str) -> (World, [Arc<Token>; 2]) {
    let mut world = World::new(others).await;
    let tokens = [Token::holding(name), Token::holding(&format!("{name} node"))];
    let [signing, node] = tokens.clone();
    world.start_with(name, Keys { signing, node }).await;
    (world, tokens)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_signs_documents_and_handshakes_with_a_token_that_keeps_its_key() {
    let (world, [signing, node]) = with_tokens(&["terminal"], "line").await;
    let documents = signing.signed();
    world.accepted("line", "release-order", release_fields(&container(1), "forwarder")).await;
    assert!(signing.signed() > documents, "the document");
    // A node dials when it starts, too: the document may have found a link.
    assert!(node.signed() > 0, "the handshake");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_signs_receipts_with_a_token_and_accepts_links_with_another() {
    let (mut world, [signing, node]) = with_tokens(&[], "terminal").await;
    let (documents, wire) = (signing.signed(), node.signed());
    world.start("line").await;
    world.accepted("line", "release-order", release_fields(&container(1), "forwarder")).await;
    assert!(signing.signed() > documents && node.signed() > wire);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_token_is_pulled_nothing_is_signed_and_the_node_lives() {
    let (world, [signing, _]) = with_tokens(&["terminal"], "line").await;
    signing.pull(true);
    let failed =
        world.issue("line", "release-order", release_fields(&container(1), "forwarder")).await;
    assert_eq!(failed, json!({ "outcome": "failed", "code": "not-signed" }));
    assert_eq!(world.documents("line").await, 0);
    signing.pull(false);
    world.accepted("line", "release-order", release_fields(&container(1), "forwarder")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_whose_token_was_pulled_answers_once_it_is_back_and_registers_once() {
    let (mut world, [signing, _]) = with_tokens(&[], "terminal").await;
    world.start("line").await;
    signing.pull(true);
    let order = release_fields(&container(1), "forwarder");
    let id = world.hand_in("line", "release-order", order).await;
    until("it is registered", async || world.documents("terminal").await == 1).await;
    assert_eq!(world.position("line", id).await, None, "an answer that nobody signed");
    signing.pull(false);
    until("the answer comes", async || world.position("line", id).await == Some(0)).await;
    assert_eq!(world.timeline("terminal", &container(1)).await, [id.to_string()]);
}

/// The entry of a party in a draft.
pub(crate) fn entry<'a>(edition: &'a mut DirectoryEdition, name: &str) -> &'a mut PartyEntry {
    edition.parties.iter_mut().find(|party| party.id.as_str() == name).unwrap()
}

/// Ends every signing key of a party after `last`, and lists another one.
fn rekeyed(edition: &mut DirectoryEdition, name: &str, last: UnixMillis, new: &str) {
    let keys = &mut entry(edition, name).signing_keys;
    keys.iter_mut().for_each(|entry| entry.until = Some(last));
    let from = keys[0].from;
    keys.push(KeyEntry { key: key(new).public_key(), from, until: None });
}

/// Keys by name.
pub(crate) fn keys(signing: &str, node: &str) -> Keys {
    Keys { signing: Arc::new(key(signing)), node: Arc::new(key(node)) }
}

/// What a node says to a delivered document: its code, or `None` when it took it.
async fn refused(peer: &Peer, document: &Signed<Document>) -> Option<String> {
    peer.hand_in(document.bytes()).await.refused.map(|refused| refused.code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_key_was_ended_nothing_it_signs_is_taken_on_live_links_and_what_stood_stands() {
    let mut world = World::new(&["terminal"]).await;
    // Whoever has the keys may have a link that was open all along.
    let thief = Peer::come(&world, "line").await.unwrap();
    let order = sealed("line", release(&container(1), "forwarder"));
    assert_eq!(refused(&thief, &order).await, None);

    let begun = Instant::now();
    world
        .next_edition(&["terminal"], |edition| rekeyed(edition, "line", clock(), "line new"))
        .await;
    until("the key is dead on the live link", async || {
        let order = sealed("line", release(&container(2), "forwarder"));
        refused(&thief, &order).await.as_deref() == Some("key-not-in-force")
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(world.timeline("terminal", &container(1)).await, [order.id().to_string()]);

    // A reader that comes to the case only now takes what was registered before the end.
    world.start("forwarder").await;
    world.until_case_has("forwarder", &container(1), 1).await;
    // The line goes on with its new key, over the same node key.
    world.start_with("line", keys("line new", "line node")).await;
    world.accepted("line", "release-order", release_fields(&container(3), "forwarder")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stolen_key_had_registered_after_the_time_it_is_revoked_from_is_refused_by_readers()
{
    let mut world = World::new(&["terminal"]).await;
    let line = Peer::come(&world, "line").await.unwrap();
    let honest = sealed("line", release(&container(1), "forwarder"));
    let entry = line.hand_in(honest.bytes()).await;
    let last = entry.position.unwrap().at;
    // Times are milliseconds: the next registration is in a later one.
    until("the clock goes on", async || clock() > last).await;
    let forged = sealed("line", release(&container(2), "forwarder"));
    assert_eq!(refused(&line, &forged).await, None);

    world.next_edition(&["terminal"], |edition| rekeyed(edition, "line", last, "line new")).await;
    world.start("forwarder").await;
    world.until_case_has("forwarder", &container(1), 1).await;
    until("the reader refused the other", async || {
        world.waiting("terminal", "forwarder").await == 1
    })
    .await;
    assert_eq!(world.timeline("forwarder", &container(2)).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_that_lost_both_keys_is_back_with_the_next_edition_and_the_old_ones_are_out() {
    let mut world = World::new(&["terminal"]).await;
    let thief = Peer::come(&world, "line").await.unwrap();
    assert_eq!(refused(&thief, &sealed("line", release(&container(1), "forwarder"))).await, None);
    world
        .next_edition(&["terminal"], |edition| {
            rekeyed(edition, "line", clock(), "line new");
            entry(edition, "line").node_keys = vec![key("line new node").public_key()];
        })
        .await;
    let end = tokio::time::timeout(Duration::from_secs(5), thief.connection.closed()).await;
    assert_eq!(code_of(&end.unwrap()), Some(u64::from(Violation::UnknownKey.code())));
    assert!(Peer::come(&world, "line").await.is_err(), "came back with the old key");
    world.start_with("line", keys("line new", "line new node")).await;
    world.accepted("line", "release-order", release_fields(&container(2), "forwarder")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_key_is_replaced_while_both_are_listed_and_nobody_loses_a_document() {
    let mut world = World::new(&["line", "terminal"]).await;
    world.accepted("line", "release-order", release_fields(&container(1), "forwarder")).await;
    let new = key("terminal new node").public_key();
    let both = |edition: &mut DirectoryEdition| entry(edition, "terminal").node_keys.push(new);
    world.next_edition(&["line", "terminal"], both).await;
    world.accepted("line", "release-order", release_fields(&container(2), "forwarder")).await;

    world.kill("terminal").await;
    let id =
        world.hand_in("line", "release-order", release_fields(&container(3), "forwarder")).await;
    world.start_with("terminal", keys("terminal", "terminal new node")).await;
    until("the line finds the new key", async || world.position("line", id).await == Some(2)).await;

    let one = |edition: &mut DirectoryEdition| {
        entry(edition, "terminal").node_keys.remove(0);
    };
    world.next_edition(&["line", "terminal"], one).await;
    world.accepted("line", "release-order", release_fields(&container(4), "forwarder")).await;
}

/// The device that takes the place of [`DRIVER`].
const NEW_DEVICE: &str = "driver's new device";

/// What a device shows at the gate now.
async fn shown(world: &World, device: &str, container: &str) -> Option<String> {
    let request = Request::Present { container: container.to_owned() };
    let (lines, _) = world.ask(device, request).await;
    lines.first()?["text"].as_str().map(str::to_owned)
}

/// What the gate says to it: the verdict and the codes of its reasons.
async fn at_the_gate(world: &World, shown: Option<String>) -> (Value, Vec<String>) {
    let check = Request::GateCheck { shown, subject: None, plate: Some(PLATE.to_owned()) };
    let (lines, _) = world.ask("terminal", check).await;
    let reasons = lines[0]["reasons"].as_array().unwrap();
    let codes = reasons.iter().map(|reason| reason["code"].as_str().unwrap().to_owned());
    (lines[0]["verdict"].clone(), codes.collect())
}

/// A world in which the driver's device holds a pass for a container.
async fn with_pass_on_device(container: &str) -> World {
    let mut world = World::new(&["customs", "haulier", "line", "terminal"]).await;
    world.accepted("line", "release-order", release_fields(container, "haulier")).await;
    world.accepted("customs", "customs-status", customs_released(container)).await;
    world.accepted("terminal", "arrival", arrived(container)).await;
    world.until_case_has("haulier", container, 3).await;
    bind_and_ask(&world, "haulier", container).await;
    world.start(DRIVER).await;
    until_pass(&world, DRIVER).await;
    world
}

async fn until_pass(world: &World, device: &str) {
    until(&format!("{device} holds a pass"), async || {
        let (jobs, _) = world.ask(device, Request::Collect { wait_ms: 1_000 }).await;
        jobs.iter().any(|job| job["state"] == "pass")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_device_is_dead_and_the_new_one_holds_a_pass_seconds_after_one_command() {
    let box_1 = container(1);
    let mut world = with_pass_on_device(&box_1).await;
    let stolen = shown(&world, DRIVER, &box_1).await;
    assert!(stolen.is_some());
    world.start(NEW_DEVICE).await;

    let begun = Instant::now();
    let (new, old) = (public(NEW_DEVICE).to_string(), public(DRIVER).id().to_string());
    let enrol =
        ["enrol", "--name", "Wang Wei", "--to", "terminal", "--key", &new, "--replaces", &old];
    let (exit, said) = landside(world.home_of("haulier"), &enrol, None);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("driver-credential") && said.contains("driver-binding"), "{said}");
    until_pass(&world, NEW_DEVICE).await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());

    // The old one is off the link, does not come back, and what it shows opens nothing.
    let dead = actor(DRIVER).to_string();
    until("its link is gone", async || !world.peers("terminal").await.contains(&dead)).await;
    assert!(Peer::come(&world, DRIVER).await.is_err(), "came back");
    let (verdict, codes) = at_the_gate(&world, stolen).await;
    assert_eq!(verdict, "refuse");
    assert!(codes.contains(&"pass-superseded".to_owned()), "{codes:?}");
    let fresh = shown(&world, NEW_DEVICE, &box_1).await;
    assert_eq!(at_the_gate(&world, fresh).await, (json!("admit"), vec![]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_was_replaced_and_not_bound_anew_has_no_pass_and_neither_has_the_old_one() {
    let box_1 = container(1);
    let mut world = with_pass_on_device(&box_1).await;
    let stolen = shown(&world, DRIVER, &box_1).await;
    let (new, old) = (public(NEW_DEVICE).to_string(), public(DRIVER).id().to_string());
    let enrol = ["enrol", "--name", "Wang Wei", "--to", "terminal", "--key", &new];
    let enrol = [&enrol[..], &["--replaces", &old, "--no-bind"]].concat();
    let (exit, said) = landside(world.home_of("haulier"), &enrol, None);
    assert!(exit == 0 && !said.contains("driver-binding"), "{said}");
    world.start(NEW_DEVICE).await;
    let fresh = Peer::come(&world, NEW_DEVICE).await;
    assert!(fresh.is_ok(), "the new device is let in");
    let (verdict, codes) = at_the_gate(&world, stolen).await;
    assert_eq!((verdict, codes), (json!("refuse"), vec!["driver-unknown".to_owned()]));
    assert_eq!(shown(&world, NEW_DEVICE, &box_1).await, None);
}

/// A desk in a port of one party, for what people do with files.
struct Desk(TempDir);

impl Desk {
    /// With `line-a` listed in an edition of its own, which `authority.pem` signed.
    fn new() -> Self {
        let desk = Self(TempDir::new().unwrap());
        desk.ok("init --party line-a");
        let authority = desk.ok("directory key -o @authority.pem")[0]["public_key"].clone();
        let authority = authority.as_str().unwrap();
        desk.ok(&format!(
            "directory new --network w --threshold 1 --authority {authority} -o @1.json"
        ));
        let [signing, node] = desk.keys();
        desk.ok(&format!(
            "directory add @1.json --party line-a --name A --role line --signing-key {signing} --node-key {node}"
        ));
        let signed = desk.ok("directory sign @1.json --key @authority.pem -o @1.bundle");
        let id = signed[0]["id"].as_str().unwrap();
        desk.ok(&format!("directory install @1.bundle --trust {id}"));
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs a verb; `@` stands before the name of a file on the desk.
    fn run(&self, line: &str) -> (i32, Vec<Value>) {
        let line = line.replace('@', &format!("{}/", self.0.path().display()));
        let words: Vec<_> = line.split(' ').collect();
        let (exit, said) = landside(&self.at("home"), &words, Some("five or more random words"));
        let objects = said.lines().filter_map(|line| serde_json::from_str(line).ok());
        (exit, objects.collect())
    }

    fn ok(&self, line: &str) -> Vec<Value> {
        let (exit, said) = self.run(line);
        assert_eq!(exit, 0, "{line}: {said:?}");
        said
    }

    fn code(&self, line: &str) -> String {
        let (_, said) = self.run(line);
        let error = said.iter().find(|object| object["event"] == "error");
        error.unwrap_or_else(|| panic!("{line}: {said:?}"))["code"].as_str().unwrap().to_owned()
    }

    /// Signing key and node key in use.
    fn keys(&self) -> [String; 2] {
        let shown = self.ok("key show");
        ["signing", "node"].map(|what| {
            let key = shown.iter().find(|key| key["use"] == what).unwrap();
            key["public_key"].as_str().unwrap().to_owned()
        })
    }
}

#[test]
fn a_party_gets_new_keys_by_a_statement_that_the_old_one_and_the_new_one_sign() {
    let desk = Desk::new();
    assert_eq!(desk.code("key adopt"), "no-new-key");
    let [signing, node] = desk.keys();
    let made = desk.ok("key rotate --ends 2099-01-01T00:00:00Z -o @rotation");
    let new = [&made[0], &made[1]].map(|key| key["public_key"].as_str().unwrap().to_owned());
    assert!(made.iter().take(2).all(|key| key["encrypted"] == false), "{made:?}");
    assert_eq!(desk.keys(), [signing.clone(), node.clone()], "in use until they are adopted");
    assert_eq!(desk.code("key rotate -o @another"), "key-waits");
    assert_eq!(desk.code("key adopt"), "key-not-listed");

    desk.ok("directory next -o @2.json");
    desk.ok("directory key-rotate @2.json @rotation");
    let draft: Value = serde_json::from_slice(&fs::read(desk.at("2.json")).unwrap()).unwrap();
    let party = &draft["parties"][0];
    assert_eq!(party["signing_keys"][0]["key"], signing);
    assert_eq!(party["signing_keys"][0]["until"], "2098-12-31T23:59:59.999Z");
    assert_eq!(party["signing_keys"][1]["key"], new[0]);
    assert_eq!(party["node_keys"], json!([node, new[1]]));
    // Said twice it would list one key twice.
    assert_eq!(desk.code("directory key-rotate @2.json @rotation"), "bad-field");

    desk.ok("directory sign @2.json --key @authority.pem -o @2.bundle");
    desk.ok("directory install @2.bundle");
    desk.ok("key adopt");
    assert_eq!(desk.keys(), new);
    assert_eq!(desk.code("key adopt"), "no-new-key");
}

#[test]
fn a_second_statement_of_one_old_key_is_refused_and_the_party_is_to_be_called() {
    let desk = Desk::new();
    let [signing, _] = desk.keys();
    desk.ok("key rotate --signing -o @first");
    fs::remove_file(desk.at("home/keys/signing-next.pem")).unwrap();
    desk.ok("key rotate --signing -o @second");
    desk.ok("directory next -o @2.json");
    desk.ok("directory key-rotate @2.json @first");
    let before = fs::read(desk.at("2.json")).unwrap();
    let (_, said) = desk.run("directory key-rotate @2.json @second");
    assert_eq!(said[0]["code"], "key-rotated", "{said:?}");
    assert!(said[0]["text"].as_str().unwrap().contains("two people"), "{said:?}");
    assert!(said[0]["remedy"].as_str().unwrap().contains("telephone"), "{said:?}");
    assert_eq!(fs::read(desk.at("2.json")).unwrap(), before);
    desk.ok("directory key-rotate @2.json @second --anyway");
    let draft: Value = serde_json::from_slice(&fs::read(desk.at("2.json")).unwrap()).unwrap();
    let keys = draft["parties"][0]["signing_keys"].as_array().unwrap();
    assert_eq!((keys.len(), &keys[0]["key"]), (3, &json!(signing)));
}

#[test]
fn new_keys_are_encrypted_as_those_in_use() {
    let desk = Desk(TempDir::new().unwrap());
    desk.ok("init --party line-a --passphrase-from env:LANDSIDE_TEST_PASSPHRASE");
    let made = desk.ok("key rotate --signing -o @rotation");
    assert_eq!((&made[0]["use"], &made[0]["encrypted"]), (&json!("signing-next"), &json!(true)));
}

#[test]
fn a_statement_of_a_key_that_is_not_listed_moves_nothing() {
    let [desk, stranger] = [Desk::new(), Desk::new()];
    stranger.ok("key rotate --node -o @rotation");
    desk.ok("directory next -o @2.json");
    let before = fs::read(desk.at("2.json")).unwrap();
    fs::copy(stranger.at("rotation"), desk.at("rotation")).unwrap();
    assert_eq!(desk.code("directory key-rotate @2.json @rotation"), "key-unknown");
    assert_eq!(desk.code("directory key-rotate @2.json @1.bundle"), "malformed");
    assert_eq!(fs::read(desk.at("2.json")).unwrap(), before);
}

#[test]
fn a_key_that_was_revoked_vouches_for_no_other() {
    let desk = Desk::new();
    let [signing, _] = desk.keys();
    desk.ok("key rotate --signing -o @rotation");
    desk.ok("directory next -o @2.json");
    let end = "directory key-end @2.json --party line-a --from 2026-01-01T00:00:00Z --key";
    desk.ok(&format!("{end} {signing}"));
    assert_eq!(desk.code("directory key-rotate @2.json @rotation"), "key-not-in-force");
    // Nor does one that was registered before: a terminal is told from when on they count again.
    let draft: Value = serde_json::from_slice(&fs::read(desk.at("2.json")).unwrap()).unwrap();
    assert_eq!(draft["parties"][0]["rotations_from"], draft["valid_from"]);
}

#[test]
fn a_device_has_no_keys_to_rotate() {
    let desk = Desk(TempDir::new().unwrap());
    desk.ok("init --driver");
    assert_eq!(desk.code("key rotate -o @rotation"), "not-a-party");
    assert_eq!(desk.code("key adopt"), "not-a-party");
}
