//! Keys: at rest, in a token, rotated, revoked from a time, and a driver's device changed.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use landside_node::custody::{self, PassphraseFrom};
use landside_proto::key::{KeyError, Passphrase, Protection, SecretKey, Signer as _};
use tempfile::TempDir;

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
fn landside(home: &Path, arguments: &[&str], passphrase: Option<&str>) -> (i32, String) {
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
