use pkcs8::pkcs5::pbes2::{
    EncryptionScheme as Cipher, Pbkdf2Params, Pbkdf2Prf, Salt as PkcsSalt, ScryptParams,
};

use super::*;
use crate::key::Signer as _;

const CHANCE: Salt = Salt { salt: [7; 16], iv: [9; 16] };

/// Rounds of a test in a hurry.
const FEW: u32 = 1000;

fn phrase(text: &str) -> Passphrase {
    Passphrase::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap()
}

fn key() -> SecretKey {
    SecretKey::from_seed([5; 32])
}

fn encrypted() -> String {
    key().to_encrypted_pem(&phrase("correct horse"), CHANCE, FEW).unwrap().to_string()
}

/// A file that asks for this, with nothing behind it.
fn asking(kdf: Kdf) -> String {
    let params = Parameters { kdf, encryption: Cipher::Aes256Cbc { iv: [1; 16] } };
    let info = EncryptedPrivateKeyInfoOwned {
        encryption_algorithm: params.into(),
        encrypted_data: OctetString::new(vec![0; 64]).unwrap(),
    };
    let document = SecretDocument::try_from(info).unwrap();
    document.to_pem(ENCRYPTED, LineEnding::LF).unwrap().to_string()
}

fn pbkdf2(rounds: u32, prf: Pbkdf2Prf) -> Kdf {
    let salt = PkcsSalt::new([3; 16]).unwrap();
    Kdf::Pbkdf2(Pbkdf2Params { salt, iteration_count: rounds, key_length: None, prf })
}

fn scrypt(n: u64, r: u16, p: u16) -> Kdf {
    let salt = PkcsSalt::new([3; 16]).unwrap();
    Kdf::Scrypt(ScryptParams {
        salt,
        cost_parameter: n,
        block_size: r,
        parallelization: p,
        key_length: None,
    })
}

#[test]
fn an_encrypted_key_opens_with_its_passphrase_and_with_no_other() {
    let pem = encrypted();
    let opened = SecretKey::from_pem(&pem, Some(&phrase("correct horse"))).unwrap();
    assert_eq!(opened.public_key(), key().public_key());
    assert_eq!(SecretKey::from_pem(&pem, None).unwrap_err(), KeyError::Encrypted);
    // One wrong passphrase in 256 unpads by chance; then it must fail to parse.
    for n in 0..400 {
        let wrong = phrase(&format!("wrong {n}"));
        assert_eq!(SecretKey::from_pem(&pem, Some(&wrong)).unwrap_err(), KeyError::Passphrase);
    }
}

#[test]
fn an_encrypted_file_holds_nothing_of_the_plain_one() {
    let (sealed, plain) = (encrypted(), key().to_pkcs8_pem().unwrap());
    assert!(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    let (_, sealed) = SecretDocument::from_pem(&sealed).unwrap();
    let (_, plain) = SecretDocument::from_pem(&plain).unwrap();
    let seed = &plain.as_bytes()[16..];
    assert_eq!(seed, [5; 32]);
    assert!(!sealed.as_bytes().windows(8).any(|bytes| seed.starts_with(bytes)));
}

#[test]
fn a_plain_file_opens_with_or_without_a_passphrase_and_says_that_it_is_plain() {
    let pem = key().to_pkcs8_pem().unwrap();
    assert_eq!(Protection::of_pem(&pem), Ok(Protection::Plain));
    assert!(SecretKey::from_pem(&pem, None).is_ok());
    assert!(SecretKey::from_pem(&pem, Some(&phrase("whatever"))).is_ok());
}

#[test]
fn protection_is_told_without_opening() {
    assert_eq!(Protection::of_pem(&encrypted()), Ok(Protection::Pbkdf2 { rounds: FEW }));
    let bytes = 128 * 16_384 * 8;
    assert_eq!(Protection::of_pem(&asking(scrypt(16_384, 8, 1))), Ok(Protection::Scrypt { bytes }));
}

#[test]
fn a_file_that_asks_for_too_much_is_refused_before_any_work() {
    let sha256 = Pbkdf2Prf::HmacWithSha256;
    for kdf in [
        pbkdf2(PBKDF2_ROUNDS_MAX + 1, sha256),
        pbkdf2(u32::MAX, sha256),
        pbkdf2(0, sha256),
        // Twice the memory; as much as there is; overflows; impossible amounts.
        scrypt(131_072, 8, 1),
        scrypt(1 << 40, 8, 1),
        scrypt(1 << 63, 8, 1),
        scrypt(u64::MAX, u16::MAX, 1),
        scrypt(16_384, 8, SCRYPT_LANES_MAX + 1),
        scrypt(16_384, 0, 1),
        scrypt(16_384, 8, 0),
        scrypt(0, 8, 1),
        scrypt(1, 8, 1),
        scrypt(16_383, 8, 1),
    ] {
        let pem = asking(kdf.clone());
        assert_eq!(Protection::of_pem(&pem), Err(KeyError::Cost), "{kdf:?}");
        let opened = SecretKey::from_pem(&pem, Some(&phrase("correct horse")));
        assert_eq!(opened.unwrap_err(), KeyError::Cost, "{kdf:?}");
    }
}

#[test]
fn what_is_not_read_here_is_told_apart_from_a_wrong_passphrase() {
    // HMAC-SHA-1 is what files of long ago have.
    let old = asking(pbkdf2(FEW, Pbkdf2Prf::HmacWithSha1));
    let opened = SecretKey::from_pem(&old, Some(&phrase("correct horse")));
    assert_eq!(opened.unwrap_err(), KeyError::Cipher);
    let junk = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(Protection::of_pem(junk), Err(KeyError::Cipher));
}

#[test]
fn what_is_no_key_file_is_refused() {
    let public = "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n";
    for text in ["", "no key", public, &"x".repeat(KEY_FILE_MAX + 1)] {
        assert_eq!(Protection::of_pem(text), Err(KeyError::Pkcs8));
        assert_eq!(SecretKey::from_pem(text, None).unwrap_err(), KeyError::Pkcs8);
    }
}

#[test]
fn a_passphrase_is_one_line_of_bounded_length() {
    for bad in ["", "two\nlines", "two\rlines", "a\0b", &"x".repeat(PASSPHRASE_MAX + 1)] {
        let made = Passphrase::new(Zeroizing::new(bad.as_bytes().to_vec()));
        assert_eq!(made.unwrap_err(), KeyError::PassphraseForm, "{bad:?}");
    }
    assert!(Passphrase::new(Zeroizing::new(vec![b'x'; PASSPHRASE_MAX])).is_ok());
}

#[test]
fn nothing_is_encrypted_under_a_short_passphrase_or_in_rounds_that_reading_refuses() {
    let seal = |text, rounds| key().to_encrypted_pem(&phrase(text), CHANCE, rounds).err();
    assert_eq!(seal("7 bytes", FEW), Some(KeyError::PassphraseShort));
    assert_eq!(seal("8 bytes!", FEW), None);
    assert_eq!(seal("8 bytes!", 0), Some(KeyError::Cost));
    assert_eq!(seal("8 bytes!", PBKDF2_ROUNDS_MAX + 1), Some(KeyError::Cost));
}

#[test]
fn a_passphrase_is_never_shown() {
    assert_eq!(format!("{:?}", phrase("correct horse")), "Passphrase(..)");
}
