//! Inviting a driver, vouching for the phone that comes, changing it for another, and taking it back.

use std::sync::Arc;

use landside_proto::device::{Invitation, SECRET_LEN};
use landside_proto::directory::Actor;
use landside_proto::document::{CredentialState, Document, DriverCredential, Kind, Role};
use landside_proto::ids::{CaseCode, PartyId};
use landside_proto::key::{KeyId, PublicKey};
use serde_json::{Map, json};

use super::{Driver, DriverError, NewDriver};
use crate::draft::{self, DraftError};
use crate::ledger;
use crate::node::{Inner, Node, clock};
use crate::people::{Act, By};
use crate::store::StoreError;
use crate::writer::{Command, Said, Statement};

/// An invitation made: what a person hands to the driver, once.
pub struct Invited {
    /// The driver, as noted here.
    pub driver: Driver,
    /// What the driver's phone is to be told.
    pub invitation: Invitation,
}

impl Invited {
    /// What follows the console's address.
    ///
    /// # Errors
    /// None for what an invitation can hold.
    pub fn path(&self) -> Result<String, DriverError> {
        // Behind a #, so that no proxy, log or referrer has it.
        Ok(format!("/driver/#i={}", self.invitation.to_text()?))
    }
}

impl Node {
    /// The drivers of this haulier, the newest first.
    #[must_use]
    pub fn drivers(&self) -> Vec<Driver> {
        self.inner.drivers.all()
    }

    /// The driver whose enrolled key this is.
    #[must_use]
    pub fn driver_of(&self, key: &PublicKey) -> Option<Driver> {
        self.inner.drivers.of_key(key)
    }

    /// Invites a driver, at a person's word.
    ///
    /// # Errors
    /// The person may not, this party is no haulier, or the file cannot be written.
    pub async fn invite(&self, by: &By, new: NewDriver) -> Result<Invited, DriverError> {
        self.invitation(by, new, None).await
    }

    /// Invites a driver's next phone. Once it comes, the one before is dead, and the new one bound
    /// where that was.
    ///
    /// # Errors
    /// As [`Node::invite`]; the driver has no phone that could be changed.
    pub async fn change_phone(&self, by: &By, id: u64) -> Result<Invited, DriverError> {
        let old = self.inner.drivers.find(id)?;
        if old.closed_at.is_some() {
            return Err(DriverError::Closed(id));
        }
        if old.key.is_none() {
            return Err(DriverError::NoPhone(id));
        }
        let valid_until = Some(old.valid_until).filter(|until| *until > clock());
        let new = NewDriver { name: old.name, licence: old.licence, valid_until };
        self.invitation(by, new, Some(id)).await
    }

    async fn invitation(
        &self,
        by: &By,
        new: NewDriver,
        replaces: Option<u64>,
    ) -> Result<Invited, DriverError> {
        may(by)?;
        let haulier = self.haulier()?;
        let mut secret = [0; SECRET_LEN];
        getrandom::fill(&mut secret).map_err(|e| DriverError::Broken(e.to_string()))?;
        let (inner, by) = (Arc::clone(&self.inner), by.clone());
        let driver =
            aside(move || inner.drivers.invite(new, &by, (&secret, replaces), clock())).await?;
        let edition = self.inner.authorities.borrow().directory.id();
        let name = Some(driver.name.clone());
        let (secret, expires) = (secret.into(), driver.expires);
        let invitation = Invitation { haulier, edition, secret, expires, name, link: None };
        Ok(Invited { driver, invitation })
    }

    /// Enrols the key that came with an invitation's secret, of which the caller checked the proof: from
    /// now on this haulier vouches for it, in the name of who made the invitation.
    ///
    /// # Errors
    /// The invitation is not good for this key, or nothing can be signed now.
    pub async fn enrol(&self, secret: &[u8], key: PublicKey) -> Result<Driver, DriverError> {
        let (inner, secret) = (Arc::clone(&self.inner), secret.to_vec());
        let driver = aside(move || {
            let people = Arc::clone(&inner.people);
            let may_invite = |driver: &Driver| {
                let person = people.find(&driver.invited_by).filter(|person| !person.closed);
                person.is_some_and(|person| may(&person.by()).is_ok())
            };
            inner.drivers.enrol(&secret, key, may_invite, clock())
        });
        let driver = driver.await?;
        self.vouch(driver).await
    }

    /// Says the haulier's word on an enrolled key, if it is not said: a node may have been stopped
    /// between.
    ///
    /// # Errors
    /// As [`Node::enrol`].
    pub async fn vouch(&self, driver: Driver) -> Result<Driver, DriverError> {
        let _one = self.inner.drivers.vouching.lock().await;
        let driver = self.inner.drivers.find(driver.id)?;
        let Some(key) = driver.key.filter(|_| !driver.vouched && driver.closed_at.is_none()) else {
            return Ok(driver);
        };
        let replaces = self.inner.drivers.replaced(&driver);
        self.say(&driver, key, (CredentialState::Active, replaces), &driver.by()).await?;
        if let Some(old) = replaces {
            self.bind_anew(&driver, old, key).await?;
        }
        let (inner, id) = (Arc::clone(&self.inner), driver.id);
        aside(move || inner.drivers.vouched(id)).await
    }

    /// Takes a driver's invitation or phone back, at a person's word.
    ///
    /// # Errors
    /// As [`Node::invite`]; there is no such driver.
    pub async fn close_driver(&self, by: &By, id: u64) -> Result<Driver, DriverError> {
        may(by)?;
        self.haulier()?;
        let _one = self.inner.drivers.vouching.lock().await;
        let driver = self.inner.drivers.find(id)?;
        if driver.closed_at.is_some() {
            return Err(DriverError::Closed(id));
        }
        // The word first: a node that stops between serves on a phone that nobody lets in.
        if let Some(key) = driver.key {
            self.say(&driver, key, (CredentialState::Withdrawn, None), by).await?;
        }
        let inner = Arc::clone(&self.inner);
        aside(move || inner.drivers.close(id, clock())).await
    }

    /// Signs a word on a driver's key and sends it to every terminal.
    async fn say(
        &self,
        driver: &Driver,
        key: PublicKey,
        (state, replaces): (CredentialState, Option<KeyId>),
        by: &By,
    ) -> Result<(), DriverError> {
        let (name, licence) = (driver.name.clone(), driver.licence.clone());
        let valid_until = driver.valid_until;
        let credential = DriverCredential { key, name, licence, valid_until, state, replaces };
        let to = {
            let authorities = self.inner.authorities.borrow();
            let terminals = authorities.directory.with_role(Role::Terminal);
            terminals.map(|party| Actor::Party(party.id.clone())).collect()
        };
        self.sign(Document::from(credential).into(), to, by).await
    }

    async fn sign(&self, statement: Statement, to: Vec<Actor>, by: &By) -> Result<(), DriverError> {
        let (statement, by) = (Box::new(statement), Some(by.clone()));
        let person = by.as_ref().map(|by| by.name.clone());
        let said = self.command(|reply| Command::Issue { statement, to, person, by, reply });
        match said.await? {
            // What a person says has no mark.
            Said::Issued(_) | Said::Before(_) => Ok(()),
            // It is signed once a second person agrees.
            Said::Proposed(proposed) => {
                tracing::info!(?proposed, "a word on a driver waits for a second person");
                Ok(())
            }
        }
    }

    /// Binds a driver's new phone where this haulier had bound the old one.
    async fn bind_anew(
        &self,
        driver: &Driver,
        old: KeyId,
        key: PublicKey,
    ) -> Result<(), DriverError> {
        let bound = self.read(move |node| bound(node, old)).await;
        for (code, plate) in bound.map_err(broken)? {
            let fields = Map::from_iter([
                ("container".to_owned(), json!(code)),
                ("driver".to_owned(), json!(key)),
                ("plate".to_owned(), json!(plate)),
            ]);
            let statement = draft::complete(&self.inner, Kind::DriverBinding, fields);
            let bound = match statement {
                Ok(statement) => self.sign(statement, Vec::new(), &driver.by()).await,
                Err(DraftError::Refused(refusal)) => Err(refusal.into()),
                Err(DraftError::Wrong(failure)) => Err(DriverError::Broken(failure.text)),
                Err(DraftError::Store(error)) => Err(broken(error)),
            };
            // The other jobs are the driver's all the same.
            if let Err(error) = bound {
                tracing::error!(case = %code, %error, "the driver's new phone is not bound; bind it by hand");
            }
        }
        Ok(())
    }

    /// Whether this haulier's word for a driver's phone is in force.
    #[must_use]
    pub fn counts(&self, driver: &Driver) -> bool {
        let (authorities, me) = (self.inner.authorities.borrow(), self.inner.me.party());
        let key = driver.key.as_ref();
        me.zip(key).is_some_and(|(me, key)| authorities.vouches(me, key, clock()))
    }

    /// This party, if it is a haulier.
    fn haulier(&self) -> Result<PartyId, DriverError> {
        let is_haulier =
            self.inner.authorities.borrow().roles(&self.inner.me).contains(&Role::Haulier);
        let party = self.inner.me.party().filter(|_| is_haulier);
        party.cloned().ok_or(DriverError::NotHaulier)
    }
}

/// Case code and plate of every open case in which this party holds the right and a device is bound.
fn bound(node: &Inner, device: KeyId) -> Result<Vec<(CaseCode, String)>, StoreError> {
    let store = node.store.as_ref();
    let (mut bound, mut after) = (Vec::new(), None);
    loop {
        let codes = ledger::case_codes(store, after, ledger::PAGE)?;
        for code in &codes {
            let Some(loaded) = ledger::load_case(store, *code)? else { continue };
            let case = loaded.case;
            let holds = case.holder().is_some_and(|hop| node.me.party() == Some(&hop.holder));
            if let Some(binding) = case.binding.as_ref().filter(|_| holds && !case.is_closed())
                && binding.driver.id() == device
            {
                bound.push((*code, binding.plate.to_string()));
            }
        }
        match codes.last() {
            Some(last) if codes.len() == ledger::PAGE => after = Some(*last),
            _ => return Ok(bound),
        }
    }
}

/// Whether a person may say who drives: whoever may sign a credential.
fn may(by: &By) -> Result<(), DriverError> {
    match by.may(Act::Sign(Kind::DriverCredential)) {
        true => Ok(()),
        false => {
            let text = format!("{} has the role {}", by.name, by.role.as_str());
            Err(DriverError::NotPermitted(text))
        }
    }
}

fn broken(error: StoreError) -> DriverError {
    DriverError::Broken(error.to_string())
}

/// Does what blocks, such as writing the file, on a thread for that.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DriverError> + Send + 'static,
) -> Result<T, DriverError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| DriverError::Broken(error.to_string()))?
}
