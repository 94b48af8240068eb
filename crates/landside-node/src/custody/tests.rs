use std::os::unix::fs::PermissionsExt as _;

use landside_proto::key::{PASSPHRASE_MIN, Signer as _};
use tempfile::TempDir;

use super::*;

/// Rounds of a test in a hurry.
const FEW: u32 = 1000;

fn put(dir: &TempDir, name: &str, bytes: &[u8], mode: u32) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn from_file(dir: &TempDir, bytes: &[u8]) -> Result<Option<Passphrase>, CustodyError> {
    PassphraseFrom::File(put(dir, "phrase", bytes, 0o600)).read()
}

fn opens(pem: &Path, passphrase: &Path) -> Result<SecretKey, &'static str> {
    read_key(pem, || PassphraseFrom::File(passphrase.to_owned()).read()).map_err(|e| e.code())
}

/// A key file encrypted under "correct horse".
fn encrypted(dir: &TempDir) -> PathBuf {
    let phrase = from_file(dir, b"correct horse").unwrap().unwrap();
    let pem = SecretKey::from_seed([4; 32]).to_encrypted_pem(&phrase, new_salt().unwrap(), FEW);
    put(dir, "key.pem", pem.unwrap().as_bytes(), 0o600)
}

#[test]
fn sources_are_read_back_as_they_are_written() {
    for text in ["none", "file:/etc/landside/passphrase", "env:LANDSIDE_PASS", "credential:key"] {
        assert_eq!(text.parse::<PassphraseFrom>().unwrap().to_string(), text);
    }
}

#[test]
fn what_is_no_source_is_refused_and_not_repeated() {
    for text in [
        "",
        "hunter2",
        "None",
        "file:",
        "env:",
        "env:A=B",
        "credential:",
        "credential:..",
        "credential:a/b",
        "pass:hunter2",
    ] {
        let error = text.parse::<PassphraseFrom>().unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_line_end_is_no_part_of_a_passphrase() {
    let dir = TempDir::new().unwrap();
    let pem = encrypted(&dir);
    for line in ["correct horse", "correct horse\n", "correct horse\r\n"] {
        let phrase = put(&dir, "phrase", line.as_bytes(), 0o600);
        assert!(opens(&pem, &phrase).is_ok(), "{line:?}");
    }
    for line in [" correct horse", "correct horse \n", "Correct horse"] {
        let phrase = put(&dir, "phrase", line.as_bytes(), 0o600);
        assert_eq!(opens(&pem, &phrase).unwrap_err(), "passphrase-wrong", "{line:?}");
    }
}

#[test]
fn a_file_that_others_can_read_gives_no_passphrase() {
    let dir = TempDir::new().unwrap();
    let pem = encrypted(&dir);
    for mode in [0o640, 0o604, 0o620, 0o666] {
        let phrase = put(&dir, "phrase", b"correct horse", mode);
        assert_eq!(opens(&pem, &phrase).unwrap_err(), "passphrase-mode", "{mode:o}");
    }
}

#[test]
fn a_key_that_others_can_read_is_refused_though_it_is_encrypted() {
    let dir = TempDir::new().unwrap();
    let pem = encrypted(&dir);
    fs::set_permissions(&pem, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(opens(&pem, &dir.path().join("phrase")).unwrap_err(), "key-mode");
    assert_eq!(protection(&pem).unwrap_err().code(), "key-mode");
}

#[test]
fn each_missing_source_says_what_is_missing() {
    let dir = TempDir::new().unwrap();
    let absent = PassphraseFrom::File(dir.path().join("absent")).read().unwrap_err();
    let unset = PassphraseFrom::Env("LANDSIDE_TEST_NOT_SET".to_owned()).read().unwrap_err();
    let nothing = PassphraseFrom::Credential("x".to_owned()).read().unwrap_err();
    for (error, said) in [
        (absent, "absent is not there"),
        (unset, "LANDSIDE_TEST_NOT_SET"),
        (nothing, "credential:x"),
    ] {
        assert_eq!(error.code(), "passphrase-missing");
        let text = error.to_string();
        assert!(text.contains(said) && text.contains("; "), "{text}");
    }
}

#[test]
fn no_passphrase_at_all_is_told_apart_from_a_wrong_one() {
    let dir = TempDir::new().unwrap();
    let error = read_key(&encrypted(&dir), || PassphraseFrom::None.read()).unwrap_err();
    assert_eq!(error.code(), "passphrase-needed");
    assert!(error.to_string().contains("keys.passphrase_from"), "{error}");
}

#[test]
fn an_empty_long_or_torn_passphrase_is_refused() {
    let dir = TempDir::new().unwrap();
    for bytes in [&b""[..], b"\n", b"two\nlines\n"] {
        assert_eq!(from_file(&dir, bytes).unwrap_err().code(), "passphrase-form");
    }
    let long = vec![b'x'; PASSPHRASE_MAX + 1];
    assert_eq!(from_file(&dir, &long).unwrap_err().code(), "passphrase-form");
    // A device without end, or somebody's film, is not read to its end.
    assert_eq!(from_file(&dir, &vec![b'x'; 1 << 20]).unwrap_err().code(), "file");
}

#[test]
fn a_plain_key_asks_for_no_passphrase() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("plain.pem");
    write_key(&path, &SecretKey::from_seed([4; 32]), None).unwrap();
    let never = || -> Result<Option<Passphrase>, CustodyError> { panic!("asked") };
    assert!(read_key(&path, never).is_ok());
    assert_eq!(protection(&path).unwrap(), Protection::Plain);
}

#[test]
fn what_is_written_is_closed_to_others_and_comes_back_with_the_full_number_of_rounds() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sealed.pem");
    let phrase = from_file(&dir, b"correct horse").unwrap().unwrap();
    let key = SecretKey::from_seed([4; 32]);
    write_key(&path, &key, Some(&phrase)).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(protection(&path).unwrap(), Protection::Pbkdf2 { rounds: PBKDF2_ROUNDS });
    let read = opens(&path, &dir.path().join("phrase")).unwrap();
    assert_eq!(read.public_key(), key.public_key());
    let first = fs::read(&path).unwrap();
    write_key(&path, &key, Some(&phrase)).unwrap();
    assert_ne!(fs::read(&path).unwrap(), first, "salted anew each time");
}

#[test]
fn nothing_is_written_under_a_short_passphrase() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sealed.pem");
    let phrase = from_file(&dir, &[b'x'; PASSPHRASE_MIN - 1]).unwrap().unwrap();
    let error = write_key(&path, &SecretKey::from_seed([4; 32]), Some(&phrase)).unwrap_err();
    assert_eq!(error.code(), "passphrase-short");
    assert!(!is_there(&path));
}

#[test]
fn a_credential_of_systemd_may_show_the_mask_of_an_acl_and_no_more() {
    let access = |mode, uid, gid| Access { mode, uid, gid };
    // Given by chown, given by ACL.
    assert!(!access(0o400, 998, 998).others_read_credential());
    assert!(!access(0o440, 0, 0).others_read_credential());
    for open in [access(0o440, 998, 998), access(0o440, 0, 998), access(0o444, 0, 0)] {
        assert!(open.others_read_credential(), "{open:?}");
    }
    // Elsewhere the group is a group.
    assert!(access(0o440, 0, 0).others_read());
}

#[test]
fn no_error_shows_what_is_in_a_file() {
    let dir = TempDir::new().unwrap();
    let pem = put(&dir, "key.pem", b"swordfish swordfish", 0o600);
    let errors = [
        read_key(&pem, || PassphraseFrom::None.read()).unwrap_err(),
        from_file(&dir, b"swordfish\nswordfish").unwrap_err(),
        opens_error(&encrypted(&dir), &put(&dir, "phrase", b"swordfish", 0o600)),
    ];
    for error in errors {
        assert!(!format!("{error} {error:?}").contains("swordfish"), "{error:?}");
    }
}

fn opens_error(pem: &Path, passphrase: &Path) -> CustodyError {
    read_key(pem, || PassphraseFrom::File(passphrase.to_owned()).read()).unwrap_err()
}
