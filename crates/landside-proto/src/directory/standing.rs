//! How an edition grows old, and the one thing that an old edition refuses (docs/PROTOCOL.md § 5).

use std::time::Duration;

use super::{Actor, Authorities, Directory};
use crate::document::{CredentialState, Document, DriverCredential};
use crate::ids::UnixMillis;
use crate::refusal::{Code, Refusal};

/// How long an overdue edition still vouches for new device keys, unless the operator says
/// otherwise: a month is time enough for any authority to sign a list.
pub const GRACE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How an edition stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Within its time.
    Current,
    /// It should have been replaced: everything goes on, and everybody is told.
    Overdue,
    /// Overdue for longer than the grace: a new device key is no longer taken on its word.
    PastGrace,
}

impl Directory {
    /// How long the edition has been overdue, in whole seconds; `None` while it is in its time.
    #[must_use]
    pub fn overdue_s(&self, now: UnixMillis) -> Option<u64> {
        self.is_overdue(now).then(|| now.since(self.edition().valid_until).as_secs())
    }

    /// How the edition stands at `now`.
    #[must_use]
    pub fn standing(&self, now: UnixMillis, grace: Duration) -> Standing {
        if !self.is_overdue(now) {
            Standing::Current
        } else if now.since(self.edition().valid_until) <= grace {
            Standing::Overdue
        } else {
            Standing::PastGrace
        }
    }

    /// What people are told of an overdue edition; `None` while it is in its time.
    #[must_use]
    pub fn warning(&self, now: UnixMillis) -> Option<Refusal> {
        self.is_overdue(now).then(|| {
            let edition = self.edition();
            let detail =
                format!("edition {} was valid until {}", edition.number, edition.valid_until);
            Refusal::new(Code::EditionOverdue, detail)
        })
    }
}

impl Authorities {
    /// Whether `issuer` may say this on the strength of an edition of this age. Asked where a
    /// document is judged first, by its author's node and by the terminal that registers it; never
    /// of what a terminal has registered, and never at the gate.
    ///
    /// # Errors
    /// [`Code::EditionOverdue`]: past the grace, for a rotation, and for a device key for which the
    /// issuer does not vouch already.
    pub fn may_say(
        &self,
        document: &Document,
        issuer: &Actor,
        now: UnixMillis,
        grace: Duration,
    ) -> Result<(), Refusal> {
        let brings_a_key = match document {
            Document::DriverCredential(DriverCredential { key, state, .. }) => {
                let known = issuer.party().is_some_and(|haulier| self.vouches(haulier, key, now));
                *state == CredentialState::Active && !known
            }
            Document::KeyRotation(_) => true,
            _ => false,
        };
        if !brings_a_key {
            return Ok(());
        }
        match self.directory.standing(now, grace) {
            Standing::Current | Standing::Overdue => Ok(()),
            Standing::PastGrace => {
                let edition = self.directory.edition();
                let detail = format!(
                    "edition {} was valid until {}; no new key is taken on its word",
                    edition.number, edition.valid_until
                );
                Err(Refusal::new(Code::EditionOverdue, detail))
            }
        }
    }
}
