//! Passwords as Argon2id hashes (RFC 9106).

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::PeopleError;

/// Fewest characters of a password: there is no second factor, so it must not be guessed.
pub const PASSWORD_MIN: usize = 12;

/// Longest password, in bytes: a long sentence; bounds what is hashed.
pub const PASSWORD_MAX: usize = 256;

/// Memory of one hash, in KiB. OWASP's least for Argon2id with 2 passes and 1 lane (Password Storage
/// Cheat Sheet); a login takes some hundredths of a second.
pub const HASH_KIB: u32 = 19 * 1024;

/// Passes over that memory.
pub const HASH_PASSES: u32 = 2;

/// Lanes of one hash: a login has one core.
pub const HASH_LANES: u32 = 1;

/// Bytes of salt (RFC 9106 § 3.1) and of a hash.
const SALT_LEN: usize = 16;
const HASH_LEN: usize = 32;

/// A password's hash with what it was made with. Never printed. Two are compared to see whether a file
/// changes; no password is told by that, see [`Self::is_of`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordHash {
    kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    hash: String,
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

impl PasswordHash {
    /// Hashes a new password.
    pub(super) fn new(password: &str) -> Result<Self, PeopleError> {
        let mut salt = [0; SALT_LEN];
        getrandom::fill(&mut salt).map_err(|e| PeopleError::Broken(e.to_string()))?;
        let (kib, passes, lanes) = (HASH_KIB, HASH_PASSES, HASH_LANES);
        let hash = hash(password, &salt, (kib, passes, lanes))
            .ok_or_else(|| PeopleError::Broken("a password cannot be hashed".to_owned()))?;
        let (salt, hash) = (HEXLOWER.encode(&salt), HEXLOWER.encode(&hash));
        Ok(Self { kib, passes, lanes, salt, hash })
    }

    /// A hash that no password has: checking it takes as long as checking any other.
    pub(super) fn of_nobody() -> Self {
        let (kib, passes, lanes) = (HASH_KIB, HASH_PASSES, HASH_LANES);
        let (salt, hash) = (HEXLOWER.encode(&[0; SALT_LEN]), HEXLOWER.encode(&[0; HASH_LEN]));
        Self { kib, passes, lanes, salt, hash }
    }

    /// Whether it is the hash of this password.
    pub(super) fn is_of(&self, password: &str) -> bool {
        let decode = |text: &str| HEXLOWER.decode(text.as_bytes()).ok();
        let (Some(salt), Some(kept)) = (decode(&self.salt), decode(&self.hash)) else {
            return false;
        };
        // A file that asks for more than is ever written was not written here.
        if self.kib > HASH_KIB || self.passes > HASH_PASSES || self.lanes > HASH_LANES {
            return false;
        }
        hash(password, &salt, (self.kib, self.passes, self.lanes))
            .is_some_and(|hash| bool::from(hash.ct_eq(&kept)))
    }
}

fn hash(password: &str, salt: &[u8], cost: (u32, u32, u32)) -> Option<[u8; HASH_LEN]> {
    let params = Params::new(cost.0, cost.1, cost.2, Some(HASH_LEN)).ok()?;
    let mut out = [0; HASH_LEN];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.as_bytes(), salt, &mut out).ok()?;
    Some(out)
}

/// Whether a password may be taken by the person of a login name.
pub(super) fn may_be_taken(password: &str, login: &str) -> Result<(), PeopleError> {
    if password.chars().count() < PASSWORD_MIN {
        return Err(PeopleError::PasswordShort);
    }
    if password.len() > PASSWORD_MAX {
        return Err(PeopleError::PasswordLong);
    }
    if password.to_lowercase().contains(login) || is_one_character(password) {
        return Err(PeopleError::PasswordPlain);
    }
    Ok(())
}

fn is_one_character(password: &str) -> bool {
    let mut chars = password.chars();
    let first = chars.next();
    chars.all(|c| Some(c) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_told_from_every_other_and_from_nobodys() {
        let hash = PasswordHash::new("a lorry full of tulips").unwrap();
        assert!(hash.is_of("a lorry full of tulips"));
        assert!(!hash.is_of("a lorry full of tulipS"));
        assert!(!hash.is_of(""));
        assert!(!PasswordHash::of_nobody().is_of("a lorry full of tulips"));
    }

    #[test]
    fn one_password_has_another_hash_each_time_and_none_is_printed() {
        let [one, other] = [(), ()].map(|()| PasswordHash::new("a lorry full of tulips").unwrap());
        assert_ne!((&one.salt, &one.hash), (&other.salt, &other.hash));
        assert_eq!(format!("{one:?}"), "PasswordHash(..)");
    }

    #[test]
    fn a_file_cannot_ask_for_more_work_than_a_login_takes() {
        let mut hash = PasswordHash::new("a lorry full of tulips").unwrap();
        hash.kib = HASH_KIB * 64;
        assert!(!hash.is_of("a lorry full of tulips"));
    }

    #[test]
    fn passwords_that_are_guessed_are_not_taken() {
        let code = |password: &str| may_be_taken(password, "wang").map_err(|e| e.code());
        assert_eq!(code("tulips"), Err("password-short"));
        assert_eq!(code(&"x7 ".repeat(100)), Err("password-long"));
        assert_eq!(code("WANG and the tulips"), Err("password-plain"));
        assert_eq!(code("aaaaaaaaaaaaaaaa"), Err("password-plain"));
        assert_eq!(code("花花花花花花郁金香一车满满"), Ok(()));
    }
}
