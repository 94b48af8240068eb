//! Passkeys of people (WebAuthn): another way to log in beside the password, which stays.
//!
//! What is kept is public: whoever reads the file can log in nowhere with it. What a passkey proves is judged by who knows
//! WebAuthn; here are whose it is, and that none counts longer than its account.

use data_encoding::HEXLOWER;
use landside_proto::document::Remark;
use landside_proto::ids::UnixMillis;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Account, People, PeopleError, Person};

/// Most passkeys of one person: a computer at the desk, one at home, a telephone and two security keys.
pub const PASSKEYS_MAX: usize = 5;

/// Longest credential, in bytes of JSON: an RSA key of 4,096 bits and all that is said of it.
pub const CREDENTIAL_MAX: usize = 4 * 1024;

/// Bytes by which a passkey knows its person (WebAuthn § 5.4.3): random, so that they say nothing of the person.
pub const HANDLE_LEN: usize = 16;

/// A passkey of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passkey {
    /// The credential's id, in base64url.
    pub id: String,
    /// What the person calls it.
    pub name: Remark,
    /// When it was enrolled.
    pub added_at: UnixMillis,
    /// When it last let the person in.
    pub used_at: Option<UnixMillis>,
    /// Public key, counter and what else its verifier keeps, in the verifier's form.
    pub credential: Value,
}

impl People {
    /// The passkeys of a person, the oldest first.
    #[must_use]
    pub fn passkeys(&self, login: &str) -> Vec<Passkey> {
        let kept = self.kept.look();
        let account = kept.people.iter().find(|account| account.login == login);
        account.map(|account| account.passkeys.clone()).unwrap_or_default()
    }

    /// By what passkeys know a person; made when it is asked for first.
    ///
    /// # Errors
    /// There is no open account of that name, or the file cannot be written.
    pub fn handle(&self, login: &str) -> Result<[u8; HANDLE_LEN], PeopleError> {
        if let Some(handle) = self.kept.look().open(login)?.handle() {
            return Ok(handle);
        }
        let mut handle = [0; HANDLE_LEN];
        getrandom::fill(&mut handle).map_err(|e| PeopleError::Broken(e.to_string()))?;
        self.kept.change(|kept| {
            let account = kept.open(login)?;
            // Another may have made one meanwhile.
            let handle = account.handle().unwrap_or(handle);
            account.handle = Some(HEXLOWER.encode(&handle));
            Ok(handle)
        })
    }

    /// The person whom passkeys know by this, if the account is open, and the passkeys.
    #[must_use]
    pub fn by_handle(&self, handle: &[u8; HANDLE_LEN]) -> Option<(Person, Vec<Passkey>)> {
        let kept = self.kept.look();
        let of = |account: &&Account| account.handle().as_ref() == Some(handle);
        let account = kept.people.iter().find(of)?;
        let may = !account.closed && account.password.is_some();
        may.then(|| (account.person(), account.passkeys.clone()))
    }

    /// Adds a passkey to the account of a person as it was logged in.
    ///
    /// # Errors
    /// There are enough; it is there already, at whomever; the account changed meanwhile; the file cannot be written.
    pub fn add_passkey(&self, person: &Person, passkey: Passkey) -> Result<(), PeopleError> {
        let length = passkey.credential.to_string().len();
        if length > CREDENTIAL_MAX {
            return Err(PeopleError::PasskeyLong);
        }
        self.kept.change(|kept| {
            let mut all = kept.people.iter().flat_map(|account| &account.passkeys);
            if all.any(|known| known.id == passkey.id) {
                return Err(PeopleError::PasskeyTaken);
            }
            let account = kept.open(&person.login)?;
            if account.epoch != person.epoch || account.password.is_none() {
                return Err(PeopleError::AccountChanged);
            }
            if account.passkeys.len() >= PASSKEYS_MAX {
                return Err(PeopleError::PasskeysFull);
            }
            account.passkeys.push(passkey);
            Ok(())
        })
    }

    /// A passkey let its person in: what its verifier keeps from now on. Refused when another log-in with it came between,
    /// for then its counter was judged by an old one.
    ///
    /// # Errors
    /// [`PeopleError::AccountChanged`], [`PeopleError::PasskeyUnknown`]; the file cannot be written.
    pub fn passkey_used(
        &self,
        person: &Person,
        before: &Passkey,
        credential: Value,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        self.kept.change(|kept| {
            let account = kept.open(&person.login)?;
            if account.epoch != person.epoch {
                return Err(PeopleError::AccountChanged);
            }
            let passkey = account.passkeys.iter_mut().find(|passkey| passkey.id == before.id);
            let passkey = passkey.ok_or(PeopleError::PasskeyUnknown)?;
            if passkey.credential != before.credential {
                return Err(PeopleError::AccountChanged);
            }
            (passkey.credential, passkey.used_at) = (credential, Some(now));
            Ok(())
        })
    }

    /// Removes a passkey, as of a telephone that was lost. Every session of the person ends.
    ///
    /// # Errors
    /// [`PeopleError::PasskeyUnknown`]; there is no open account of that name; the file cannot be written.
    pub fn remove_passkey(&self, login: &str, id: &str) -> Result<Person, PeopleError> {
        self.kept.change(|kept| {
            let account = kept.open(login)?;
            let before = account.passkeys.len();
            account.passkeys.retain(|passkey| passkey.id != id);
            if account.passkeys.len() == before {
                return Err(PeopleError::PasskeyUnknown);
            }
            account.epoch = account.epoch.saturating_add(1);
            Ok(account.person())
        })
    }

    /// Removes every passkey of a person; the password stays. Every session of the person ends.
    ///
    /// # Errors
    /// There is no open account of that name, or the file cannot be written.
    pub fn remove_passkeys(&self, login: &str) -> Result<Person, PeopleError> {
        self.kept.change(|kept| {
            let account = kept.open(login)?;
            account.passkeys.clear();
            account.epoch = account.epoch.saturating_add(1);
            Ok(account.person())
        })
    }
}

impl Account {
    fn handle(&self) -> Option<[u8; HANDLE_LEN]> {
        let handle = HEXLOWER.decode(self.handle.as_ref()?.as_bytes()).ok()?;
        handle.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{WORD, at, code, home, token};
    use super::super::{Chosen, PersonRole};
    use super::*;

    fn passkey(id: &str) -> Passkey {
        Passkey {
            id: id.to_owned(),
            name: Remark::parse("phone").unwrap(),
            added_at: at(1),
            used_at: None,
            credential: json!({ "counter": 0 }),
        }
    }

    /// A person with a password.
    fn person(people: &People, login: &str, name: &str) -> Person {
        let link = token(&people.add(login, name, PersonRole::Clerk, at(0)).unwrap());
        let chosen = Chosen { login: None, name: None, password: WORD };
        people.follow(&link, &chosen, at(0)).unwrap()
    }

    #[test]
    fn passkeys_are_kept_found_by_their_handle_and_gone_when_the_account_is() {
        let (_dir, home) = home();
        let people = People::of(&home).unwrap();
        let mia = person(&people, "mia", "Mia Berg");
        let handle = people.handle("mia").unwrap();
        assert_eq!(people.handle("mia").unwrap(), handle);
        people.add_passkey(&mia, passkey("a")).unwrap();
        // After a restart too.
        let people = People::of(&home).unwrap();
        let (found, passkeys) = people.by_handle(&handle).unwrap();
        assert_eq!((found.login.as_str(), passkeys), ("mia", vec![passkey("a")]));
        assert!(people.by_handle(&[0; HANDLE_LEN]).is_none());
        people.close("mia").unwrap();
        assert!(people.by_handle(&handle).is_none());
        assert!(people.passkeys("mia").is_empty());
    }

    #[test]
    fn a_reset_ends_passkeys_with_the_password_and_removing_them_leaves_the_password() {
        let (_dir, home) = home();
        let people = People::of(&home).unwrap();
        let mia = person(&people, "mia", "Mia Berg");
        let handle = people.handle("mia").unwrap();
        people.add_passkey(&mia, passkey("a")).unwrap();
        let removed = people.remove_passkeys("mia").unwrap();
        assert!(removed.epoch > mia.epoch, "its sessions end");
        assert!(people.check("mia", WORD).is_some(), "the password is a way in still");
        people.add_passkey(&removed, passkey("b")).unwrap();
        people.reset("mia", at(2)).unwrap();
        assert!(people.by_handle(&handle).is_none());
        assert!(people.passkeys("mia").is_empty());
    }

    #[test]
    fn what_cannot_be_added_is_refused_and_changes_nothing() {
        let (_dir, home) = home();
        let people = People::of(&home).unwrap();
        let mia = person(&people, "mia", "Mia Berg");
        let ole = person(&people, "ole", "Ole Hansen");
        people.add_passkey(&mia, passkey("a")).unwrap();
        assert_eq!(code(people.add_passkey(&ole, passkey("a"))), "passkey-taken");
        let long = Passkey { credential: json!("x".repeat(CREDENTIAL_MAX)), ..passkey("l") };
        assert_eq!(code(people.add_passkey(&ole, long)), "passkey-long");
        for n in 1..PASSKEYS_MAX {
            people.add_passkey(&mia, passkey(&n.to_string())).unwrap();
        }
        assert_eq!(code(people.add_passkey(&mia, passkey("more"))), "passkeys-full");
        let before = ole.clone();
        people.change_password("ole", WORD, "another lorry of tulips").unwrap();
        assert_eq!(code(people.add_passkey(&before, passkey("b"))), "account-changed");
        assert!(people.passkeys("ole").is_empty());
        assert_eq!(code(people.remove_passkey("ole", "a")), "passkey-unknown");
        assert_eq!(people.passkeys("mia").len(), PASSKEYS_MAX);
    }

    #[test]
    fn of_two_log_ins_judged_by_one_counter_the_second_is_refused() {
        let (_dir, home) = home();
        let people = People::of(&home).unwrap();
        let mia = person(&people, "mia", "Mia Berg");
        people.add_passkey(&mia, passkey("a")).unwrap();
        let before = passkey("a");
        let after = json!({ "counter": 1 });
        people.passkey_used(&mia, &before, after.clone(), at(3)).unwrap();
        assert_eq!(code(people.passkey_used(&mia, &before, after, at(3))), "account-changed");
        assert_eq!(people.passkeys("mia")[0].used_at, Some(at(3)));
        let removed = people.remove_passkey("mia", "a").unwrap();
        let gone = people.passkey_used(&removed, &before, json!({}), at(4));
        assert_eq!(code(gone), "passkey-unknown");
    }
}
