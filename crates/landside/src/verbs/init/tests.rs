use std::os::unix::fs::PermissionsExt as _;

use landside_proto::key::{PublicKey, SecretKey, Signer as _};
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::*;

fn args(dir: &TempDir, party: Option<&str>) -> InitArgs {
    InitArgs {
        dir: Some(dir.path().join("home")),
        party: party.map(|id| PartyId::parse(id).unwrap()),
        driver: party.is_none(),
        listen: None,
        dial: Vec::new(),
        seed_file: None,
        passphrase_from: PassphraseFrom::None,
    }
}

fn made(args: InitArgs) -> Map<String, Value> {
    let out = Output::kept();
    assert_eq!(run(args, Path::new("/unused"), &out).unwrap(), Exit::Done);
    out.take().remove(0)
}

fn key(said: &Map<String, Value>, name: &str) -> PublicKey {
    PublicKey::parse(said[name].as_str().unwrap()).unwrap()
}

#[test]
fn a_party_gets_two_keys_that_only_it_can_read() {
    let dir = TempDir::new().unwrap();
    let said = made(args(&dir, Some("harbour-haulage")));
    assert_ne!(key(&said, "signing_key"), key(&said, "node_key"));
    assert!(said["next"].as_str().unwrap().contains("directory add"));
    for file in ["keys/signing.pem", "keys/node.pem"] {
        let mode = fs::metadata(dir.path().join("home").join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn listen_and_dial_go_into_the_config() {
    let dir = TempDir::new().unwrap();
    let dial = ["terminal-west", "terminal-east"].map(|id| PartyId::parse(id).unwrap()).to_vec();
    let listen = Some("[::1]:4433".parse().unwrap());
    made(InitArgs { listen, dial: dial.clone(), ..args(&dir, Some("line-a")) });
    let config = Home::at(dir.path().join("home")).unwrap().config().unwrap();
    assert_eq!(config.listen.quic, listen);
    assert_eq!(config.exchange.dial, dial);
}

#[test]
fn keys_are_encrypted_under_the_passphrase_of_a_source_and_the_config_names_it() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("phrase");
    fs::write(&file, "correct horse\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let source = PassphraseFrom::File(file.clone());
    let said = made(InitArgs { passphrase_from: source.clone(), ..args(&dir, Some("line-a")) });
    assert_eq!(said["encrypted"], true);
    let home = Home::at(dir.path().join("home")).unwrap();
    assert_eq!(home.config().unwrap().keys.passphrase_from, source);
    assert_eq!(home.keys().unwrap().signing.public_key(), key(&said, "signing_key"));

    fs::write(&file, "another horse\n").unwrap();
    let failed = Failed::from(home.keys().unwrap_err());
    assert_eq!(failed.failure.code, "passphrase-wrong");
    assert!(failed.failure.remedy.is_some());
}

#[test]
fn keys_that_are_not_encrypted_are_said_to_be_so() {
    let dir = TempDir::new().unwrap();
    assert_eq!(made(args(&dir, Some("line-a")))["encrypted"], false);
}

#[test]
fn a_passphrase_that_is_not_to_be_had_leaves_no_home_behind() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("phrase");
    let source = PassphraseFrom::File(file.clone());
    let args = || InitArgs { passphrase_from: source.clone(), ..args(&dir, Some("line-a")) };
    let code = || run(args(), Path::new("/unused"), &Output::kept()).unwrap_err().failure.code;
    assert_eq!(code(), "passphrase-missing");
    fs::write(&file, "short").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(code(), "passphrase-short");
    assert!(!dir.path().join("home").exists());
}

#[test]
fn two_homes_have_different_keys() {
    let (a, b) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let [a, b] = [&a, &b].map(|dir| key(&made(args(dir, None)), "signing_key"));
    assert_ne!(a, b);
}

#[test]
fn a_driver_has_one_key_and_is_named_after_it() {
    let dir = TempDir::new().unwrap();
    let said = made(args(&dir, None));
    let id = key(&said, "signing_key").id();
    assert_eq!(said["actor"], format!("driver:{id}"));
    assert!(!said.contains_key("node_key"));
    assert!(said["next"].as_str().unwrap().contains("enrol --key ed25519:"));
}

#[test]
fn what_is_said_holds_no_private_key() {
    let dir = TempDir::new().unwrap();
    let seed_file = dir.path().join("seeds");
    fs::write(&seed_file, format!("{}\n{}\n", "11".repeat(32), "22".repeat(32))).unwrap();
    let said = made(InitArgs { seed_file: Some(seed_file), ..args(&dir, Some("line-a")) });
    assert_eq!(key(&said, "signing_key"), SecretKey::from_seed([0x11; 32]).public_key());
    assert_eq!(key(&said, "node_key"), SecretKey::from_seed([0x22; 32]).public_key());
    let text = Value::Object(said).to_string();
    assert!(!text.contains(&"11".repeat(32)) && !text.contains(&"22".repeat(32)));
}

#[test]
fn a_home_is_never_made_over_another() {
    let dir = TempDir::new().unwrap();
    made(args(&dir, Some("line-a")));
    let out = Output::kept();
    let failed = run(args(&dir, Some("line-b")), Path::new("/unused"), &out).unwrap_err();
    assert_eq!((failed.exit, failed.failure.code.as_str()), (Exit::Usage, "home-exists"));
    assert!(out.take().is_empty());
}

#[test]
fn seeds_of_another_number_or_form_are_refused() {
    let dir = TempDir::new().unwrap();
    let seed_file = dir.path().join("seeds");
    for text in ["", "11", &"11".repeat(32), &format!("{}\nxx", "11".repeat(32))] {
        fs::write(&seed_file, text).unwrap();
        let args = InitArgs { seed_file: Some(seed_file.clone()), ..args(&dir, Some("line-a")) };
        let failed = run(args, Path::new("/unused"), &Output::kept()).unwrap_err();
        assert_eq!(failed.failure.code, "seed-file");
    }
    assert!(!dir.path().join("home").exists());
}
