//! Private keys at rest: PKCS#8 in PEM (RFC 5958), plain or encrypted under a passphrase.
//!
//! What is written encrypted is PBES2 (RFC 8018 § 6.2) with PBKDF2-HMAC-SHA-256 and AES-256-CBC, which
//! openssl 3 reads with its defaults. What is read may be anything of PBES2 that costs no more than the
//! limits below: the file says how much work opening it is, and a file may come from anywhere.

use std::fmt;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use pkcs8::der::asn1::OctetString;
use pkcs8::pkcs5::pbes2::{Kdf, Parameters};
use pkcs8::pkcs5::{self, EncryptionScheme};
use pkcs8::{EncryptedPrivateKeyInfoOwned, SecretDocument};
use zeroize::Zeroizing;

use super::{KeyError, SecretKey};

/// Shortest passphrase that a key is encrypted under, in bytes: shorter ones are guessed. Longer is
/// better; nothing here can tell a good one.
pub const PASSPHRASE_MIN: usize = 8;

/// Longest passphrase, in bytes: a page of random characters.
pub const PASSPHRASE_MAX: usize = 1024;

/// Rounds of PBKDF2 that a new file asks for: the number that the OWASP Password Storage Cheat Sheet
/// names for HMAC-SHA-256; a fraction of a second at each start.
pub const PBKDF2_ROUNDS: u32 = 600_000;

/// Most rounds that a file may ask for: RFC 8018 § 4.2 has this number for the most critical keys; it
/// is some seconds of one core.
pub const PBKDF2_ROUNDS_MAX: u32 = 10_000_000;

/// Most memory that a file with scrypt may ask for, in bytes: four times the 16 MiB that openssl's
/// own scrypt files take, and twice what it reads without being told to.
pub const SCRYPT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Most lanes (`p`) that a file with scrypt may ask for; each costs the memory's time once more.
pub const SCRYPT_LANES_MAX: u16 = 16;

/// Longest key file, in bytes: about ten times an encrypted one.
pub const KEY_FILE_MAX: usize = 4096;

/// Label of a plain private key (RFC 7468 § 10).
const PLAIN: &str = "PRIVATE KEY";

/// Label of an encrypted one (RFC 7468 § 11).
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// What opens an encrypted key. Zeroed on drop; never printed.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Takes the bytes as they are.
    ///
    /// # Errors
    /// [`KeyError::PassphraseForm`] when they are none, more than [`PASSPHRASE_MAX`], or hold a line
    /// end or a zero, which other programs would cut it at.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        let cut = bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0));
        if bytes.is_empty() || bytes.len() > PASSPHRASE_MAX || cut {
            return Err(KeyError::PassphraseForm);
        }
        Ok(Self(bytes))
    }

    /// Whether a key may be encrypted under it: it has [`PASSPHRASE_MIN`] bytes or more. An old file
    /// opens with a shorter one all the same.
    ///
    /// # Errors
    /// [`KeyError::PassphraseShort`].
    pub fn long_enough(&self) -> Result<&Self, KeyError> {
        if self.0.len() < PASSPHRASE_MIN { Err(KeyError::PassphraseShort) } else { Ok(self) }
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// Randomness of one encryption. The caller owns it; never the same twice.
#[derive(Debug, Clone, Copy)]
pub struct Salt {
    /// Salt of PBKDF2.
    pub salt: [u8; 16],
    /// First block of AES-CBC.
    pub iv: [u8; 16],
}

/// How a key file is protected. Told by the file without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Not at all: whoever can read the file has the key.
    Plain,
    /// By a passphrase through PBKDF2, so many rounds.
    Pbkdf2 {
        /// Rounds for each guess.
        rounds: u32,
    },
    /// By a passphrase through scrypt, with so much memory.
    Scrypt {
        /// Bytes for each guess.
        bytes: u64,
    },
}

impl Protection {
    /// Reads it from a file's text.
    ///
    /// # Errors
    /// [`KeyError::Pkcs8`] when it is no key file, [`KeyError::Cost`] when opening it would cost more
    /// than the limits, [`KeyError::Cipher`] when it is encrypted in another way than PBES2.
    pub fn of_pem(pem: &str) -> Result<Self, KeyError> {
        match Pem::read(pem)? {
            Pem::Plain => Ok(Self::Plain),
            Pem::Encrypted(_, protection) => Ok(protection),
        }
    }

    /// Whether a passphrase is needed.
    #[must_use]
    pub fn is_encrypted(self) -> bool {
        self != Self::Plain
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain => f.write_str("not encrypted"),
            Self::Pbkdf2 { rounds } => write!(f, "encrypted, PBKDF2 with {rounds} rounds"),
            Self::Scrypt { bytes } => write!(f, "encrypted, scrypt with {bytes} bytes"),
        }
    }
}

impl SecretKey {
    /// Reads PKCS#8 PEM, plain or encrypted. The passphrase is not looked at for a plain one.
    ///
    /// # Errors
    /// As [`Protection::of_pem`]; [`KeyError::Encrypted`] without a passphrase,
    /// [`KeyError::Passphrase`] with another than the file's.
    pub fn from_pem(pem: &str, passphrase: Option<&Passphrase>) -> Result<Self, KeyError> {
        let info = match Pem::read(pem)? {
            Pem::Plain => return Self::from_pkcs8_pem(pem),
            Pem::Encrypted(info, _) => info,
        };
        let Passphrase(passphrase) = passphrase.ok_or(KeyError::Encrypted)?;
        let opened = info.decrypt(passphrase.as_slice()).map_err(|error| match error {
            pkcs8::Error::EncryptedPrivateKey(
                pkcs5::Error::UnsupportedAlgorithm { .. }
                | pkcs5::Error::AlgorithmParametersInvalid { .. },
            ) => KeyError::Cipher,
            // Another passphrase gives other bytes: mostly wrong padding, now and then wrong DER.
            _ => KeyError::Passphrase,
        })?;
        SigningKey::from_pkcs8_der(opened.as_bytes()).map(Self).map_err(|_| KeyError::Passphrase)
    }

    /// Writes encrypted PKCS#8 PEM (RFC 5958 § 3), in `rounds` of PBKDF2; [`PBKDF2_ROUNDS`] unless a
    /// test is in a hurry.
    ///
    /// # Errors
    /// [`KeyError::PassphraseShort`]; [`KeyError::Cost`] for rounds that reading would refuse;
    /// [`KeyError::Pkcs8`] if encoding fails, which no valid key does.
    pub fn to_encrypted_pem(
        &self,
        passphrase: &Passphrase,
        chance: Salt,
        rounds: u32,
    ) -> Result<Zeroizing<String>, KeyError> {
        if rounds == 0 || rounds > PBKDF2_ROUNDS_MAX {
            return Err(KeyError::Cost);
        }
        let Passphrase(passphrase) = passphrase.long_enough()?;
        let params = Parameters::generate_pbkdf2_sha256_aes256cbc(rounds, &chance.salt, chance.iv)
            .map_err(|_| KeyError::Cost)?;
        let pair = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        let plain = pair.to_pkcs8_der().map_err(|_| KeyError::Pkcs8)?;
        let sealed =
            params.encrypt(passphrase.as_slice(), plain.as_bytes()).map_err(|_| KeyError::Pkcs8)?;
        let info = EncryptedPrivateKeyInfoOwned {
            encryption_algorithm: params.into(),
            encrypted_data: OctetString::new(sealed).map_err(|_| KeyError::Pkcs8)?,
        };
        let document = SecretDocument::try_from(info).map_err(|_| KeyError::Pkcs8)?;
        document.to_pem(ENCRYPTED, LineEnding::LF).map_err(|_| KeyError::Pkcs8)
    }
}

/// A key file's text, its form sound and its cost bearable.
enum Pem {
    Plain,
    Encrypted(EncryptedPrivateKeyInfoOwned, Protection),
}

impl Pem {
    fn read(pem: &str) -> Result<Self, KeyError> {
        if pem.len() > KEY_FILE_MAX {
            return Err(KeyError::Pkcs8);
        }
        let (label, document) = SecretDocument::from_pem(pem).map_err(|_| KeyError::Pkcs8)?;
        match label {
            PLAIN => Ok(Self::Plain),
            ENCRYPTED => {
                // A scheme that the library does not know does not decode.
                let info = EncryptedPrivateKeyInfoOwned::try_from(document.as_bytes())
                    .map_err(|_| KeyError::Cipher)?;
                let protection = bearable(&info.encryption_algorithm)?;
                Ok(Self::Encrypted(info, protection))
            }
            _ => Err(KeyError::Pkcs8),
        }
    }
}

/// What opening costs, if that is within the limits. Looked at before any work is done: the library
/// below has limits of its own, but far wider ones, and stops the program at a scrypt cost of 0.
fn bearable(scheme: &EncryptionScheme) -> Result<Protection, KeyError> {
    match &scheme.pbes2().ok_or(KeyError::Cipher)?.kdf {
        Kdf::Pbkdf2(params) => {
            let rounds = params.iteration_count;
            let sound = rounds > 0 && rounds <= PBKDF2_ROUNDS_MAX;
            if sound { Ok(Protection::Pbkdf2 { rounds }) } else { Err(KeyError::Cost) }
        }
        Kdf::Scrypt(params) => {
            let (n, r, p) = (params.cost_parameter, params.block_size, params.parallelization);
            // RFC 7914 § 2: N is a power of two above 1; the memory is 128 · N · r bytes.
            let bytes = n.checked_mul(u64::from(r)).and_then(|blocks| blocks.checked_mul(128));
            let bytes = bytes.filter(|bytes| *bytes <= SCRYPT_BYTES_MAX).ok_or(KeyError::Cost)?;
            let sound = n > 1 && n.is_power_of_two() && r > 0 && p > 0 && p <= SCRYPT_LANES_MAX;
            if sound { Ok(Protection::Scrypt { bytes }) } else { Err(KeyError::Cost) }
        }
        _ => Err(KeyError::Cipher),
    }
}

#[cfg(test)]
mod tests;
