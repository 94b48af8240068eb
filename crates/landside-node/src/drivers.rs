//! The drivers of a haulier: invitations, and the phones that were enrolled with them.
//!
//! They are kept in one file of the home (`drivers.json`, mode 0600), replaced whole, as people are. What
//! a device key may do is not decided here: that is the haulier's `driver-credential`, which
//! `enrolling` signs for the key that an invitation brought. Here is which phone this node serves.

use std::time::Duration;

use landside_proto::device::SECRET_LEN;
use landside_proto::document::Remark;
use landside_proto::ids::{Hash32, Reference, UnixMillis};
use landside_proto::key::{KeyId, PublicKey};
use serde::{Deserialize, Serialize};

use crate::home::{Home, HomeError};
use crate::kept::{Kept, KeptFile};
use crate::people::{By, PersonRole};

mod enrolling;

pub use self::enrolling::Invited;

/// Most drivers of one haulier, with those that left: a large haulier's for years.
pub const DRIVERS_MAX: usize = 5_000;

/// Longest file of drivers, in bytes: about three times what so many take.
const DRIVERS_FILE_MAX: usize = 8 * 1024 * 1024;

/// How long an invitation is good: until the driver's next shift.
pub const INVITATION_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a driver's key counts when nobody says: what `landside enrol` takes.
pub const CREDENTIAL_LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A driver as the haulier enrolled one phone of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    /// Number here, from 1; never given twice.
    pub id: u64,
    /// The driver's name.
    pub name: Remark,
    /// Licence number.
    pub licence: Option<Reference>,
    /// Until when the key is to count.
    pub valid_until: UnixMillis,
    /// The hash of the invitation's secret; nothing once it is good for nobody.
    secret: Option<Hash32>,
    /// First moment at which the invitation is good no more.
    pub expires: UnixMillis,
    /// When the invitation was made.
    pub invited_at: UnixMillis,
    /// The login name of who made it.
    pub invited_by: String,
    /// The name of who made it.
    pub invited_by_name: Remark,
    /// The role of who made it, at that time.
    role: PersonRole,
    /// The driver's phone before, whose place this one takes.
    pub replaces: Option<u64>,
    /// The device key that came with the invitation.
    pub key: Option<PublicKey>,
    /// When it came.
    pub enrolled_at: Option<UnixMillis>,
    /// Whether the haulier's word on the key is said, and the phone bound where the old one was.
    vouched: bool,
    /// When this phone was closed, or another took its place.
    pub closed_at: Option<UnixMillis>,
    /// Whether another took its place.
    replaced: bool,
}

/// How a driver's phone stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriverState {
    /// The invitation waits for a phone.
    Invited,
    /// No phone came in time.
    Expired,
    /// The phone came; the haulier's word is being said.
    Enrolling,
    /// The phone is enrolled.
    Enrolled,
    /// Another phone took its place.
    Replaced,
    /// The haulier closed it.
    Closed,
}

impl DriverState {
    /// The word shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Expired => "expired",
            Self::Enrolling => "enrolling",
            Self::Enrolled => "enrolled",
            Self::Replaced => "replaced",
            Self::Closed => "closed",
        }
    }
}

impl Driver {
    /// How it stands at `now`.
    #[must_use]
    pub fn state(&self, now: UnixMillis) -> DriverState {
        match (self.closed_at, self.key) {
            (Some(_), _) if self.replaced => DriverState::Replaced,
            (Some(_), _) => DriverState::Closed,
            (None, Some(_)) if self.vouched => DriverState::Enrolled,
            (None, Some(_)) => DriverState::Enrolling,
            (None, None) if self.expires <= now => DriverState::Expired,
            (None, None) => DriverState::Invited,
        }
    }

    /// The person in whose name the haulier vouches.
    fn by(&self) -> By {
        let (login, name) = (self.invited_by.clone(), self.invited_by_name.clone());
        By { login, name, role: self.role, with: None }
    }

    fn has(&self, key: &PublicKey) -> bool {
        self.closed_at.is_none() && self.key.as_ref() == Some(key)
    }
}

/// Something cannot be done with a driver. [`DriverError::code`] is the stable part.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum DriverError {
    #[error("{0}")]
    NotPermitted(String),
    #[error("only a haulier has drivers")]
    NotHaulier,
    #[error("no driver here has the number {0}")]
    Unknown(u64),
    #[error("driver {0} has no phone that could be changed")]
    NoPhone(u64),
    #[error("driver {0} is closed")]
    Closed(u64),
    #[error("{DRIVERS_MAX} drivers are kept, which is the most")]
    Full,
    #[error("valid_until must be after now")]
    Past,
    #[error("this invitation was never made, or has been taken back")]
    InvitationUnknown,
    #[error("this invitation was used with another phone")]
    InvitationUsed,
    #[error("this invitation has ended; ask for a new one")]
    InvitationExpired,
    #[error("this key is enrolled here already, for another driver")]
    KeyTaken,
    #[error("{0}")]
    Refused(landside_proto::refusal::Refusal),
    #[error("{0}")]
    Broken(String),
}

impl DriverError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NotPermitted(_) => "not-permitted",
            Self::NotHaulier => "not-haulier",
            Self::Unknown(_) => "driver-unknown",
            Self::NoPhone(_) => "driver-no-phone",
            Self::Closed(_) => "driver-closed",
            Self::Full => "drivers-full",
            Self::Past => "valid-until-past",
            Self::InvitationUnknown => "invitation-unknown",
            Self::InvitationUsed => "invitation-used",
            Self::InvitationExpired => "invitation-expired",
            Self::KeyTaken => "device-taken",
            Self::Refused(refusal) => refusal.code.as_str(),
            Self::Broken(_) => "drivers-unreadable",
        }
    }
}

impl From<HomeError> for DriverError {
    fn from(error: HomeError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<landside_proto::refusal::Refusal> for DriverError {
    fn from(refusal: landside_proto::refusal::Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What a person says of a driver who is invited.
#[derive(Debug, Clone)]
pub struct NewDriver {
    /// The name.
    pub name: Remark,
    /// Licence number.
    pub licence: Option<Reference>,
    /// Until when the key is to count; [`CREDENTIAL_LIFE`] when nobody says.
    pub valid_until: Option<UnixMillis>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Phones {
    version: u32,
    drivers: Vec<Driver>,
}

impl Kept for Phones {
    const FILE: &'static str = "drivers.json";
    const BYTES: usize = DRIVERS_FILE_MAX;
    const VERSION: u32 = 1;

    fn nothing() -> Self {
        Self { version: Self::VERSION, drivers: Vec::new() }
    }

    fn version(&self) -> u32 {
        self.version
    }
}

/// The drivers of this haulier. Changes are on disk when they return; they block for that long.
pub(crate) struct Drivers {
    kept: KeptFile<Phones>,
    /// One word on a key at a time.
    vouching: tokio::sync::Mutex<()>,
}

impl Drivers {
    /// Reads the file of a home; there are none where there is none.
    pub(crate) fn of(home: &Home) -> Result<Self, DriverError> {
        let kept = KeptFile::of(home).map_err(DriverError::Broken)?;
        Ok(Self { kept, vouching: tokio::sync::Mutex::new(()) })
    }

    /// Every driver, the newest first.
    pub(crate) fn all(&self) -> Vec<Driver> {
        self.kept.look().drivers.iter().rev().cloned().collect()
    }

    /// The driver of an enrolled key.
    pub(crate) fn of_key(&self, key: &PublicKey) -> Option<Driver> {
        self.kept.look().drivers.iter().find(|driver| driver.has(key)).cloned()
    }

    pub(crate) fn find(&self, id: u64) -> Result<Driver, DriverError> {
        let found = self.kept.look().drivers.iter().find(|driver| driver.id == id).cloned();
        found.ok_or(DriverError::Unknown(id))
    }

    /// Notes an invitation; its secret is kept nowhere but hashed.
    fn invite(
        &self,
        new: NewDriver,
        by: &By,
        (secret, replaces): (&[u8; SECRET_LEN], Option<u64>),
        now: UnixMillis,
    ) -> Result<Driver, DriverError> {
        let valid_until = new.valid_until.unwrap_or_else(|| now.plus(CREDENTIAL_LIFE));
        if valid_until <= now {
            return Err(DriverError::Past);
        }
        self.kept.change(|kept| {
            if kept.drivers.len() >= DRIVERS_MAX {
                return Err(DriverError::Full);
            }
            let last = kept.drivers.iter().map(|driver| driver.id).max().unwrap_or(0);
            let driver = Driver {
                id: last.saturating_add(1),
                name: new.name,
                licence: new.licence,
                valid_until,
                secret: Some(Hash32::of(secret)),
                expires: now.plus(INVITATION_LIFE),
                invited_at: now,
                invited_by: by.login.clone(),
                invited_by_name: by.name.clone(),
                role: by.role,
                replaces,
                key: None,
                enrolled_at: None,
                vouched: false,
                closed_at: None,
                replaced: false,
            };
            // One phone is changed for one other: an older invitation to do so is taken back.
            for older in kept.drivers.iter_mut().filter(|d| replaces.is_some() && d.key.is_none()) {
                if older.replaces == replaces && older.closed_at.is_none() {
                    older.close(now);
                }
            }
            kept.drivers.push(driver.clone());
            Ok(driver)
        })
    }

    /// Takes the key that came with an invitation's secret. The same again is answered the same; the
    /// phone that it replaces is served no more.
    fn enrol(
        &self,
        secret: &[u8],
        key: PublicKey,
        may_invite: impl Fn(&Driver) -> bool,
        now: UnixMillis,
    ) -> Result<Driver, DriverError> {
        // By its hash, so that how long the search takes tells nothing of a secret.
        let hash = Hash32::of(secret);
        self.kept.change(|kept| {
            let taken = kept.drivers.iter().any(|d| d.has(&key) && d.secret != Some(hash));
            let found = kept.drivers.iter_mut().find(|driver| driver.secret == Some(hash));
            let driver = found.ok_or(DriverError::InvitationUnknown)?;
            match driver.key {
                Some(known) if known == key => return Ok(driver.clone()),
                Some(_) => return Err(DriverError::InvitationUsed),
                None if driver.expires <= now => return Err(DriverError::InvitationExpired),
                // Whoever made it has left, or may do so no more.
                None if !may_invite(driver) => return Err(DriverError::InvitationUnknown),
                None if taken => return Err(DriverError::KeyTaken),
                None => {}
            }
            (driver.key, driver.enrolled_at) = (Some(key), Some(now));
            let driver = driver.clone();
            if let Some(old) = kept.drivers.iter_mut().find(|d| Some(d.id) == driver.replaces) {
                old.close(now);
                old.replaced = true;
            }
            Ok(driver)
        })
    }

    /// Notes that the haulier's word on a driver's key is said.
    fn vouched(&self, id: u64) -> Result<Driver, DriverError> {
        self.kept.change(|kept| {
            let driver = kept.open(id)?;
            driver.vouched = true;
            Ok(driver.clone())
        })
    }

    /// Closes a driver: its invitation and its phone are good for nothing here.
    fn close(&self, id: u64, now: UnixMillis) -> Result<Driver, DriverError> {
        self.kept.change(|kept| {
            let driver = kept.open(id)?;
            driver.close(now);
            Ok(driver.clone())
        })
    }

    /// The key id of the phone that another one replaces.
    fn replaced(&self, driver: &Driver) -> Option<KeyId> {
        let old = self.find(driver.replaces?).ok()?;
        old.key.map(|key| key.id())
    }
}

impl Driver {
    fn close(&mut self, now: UnixMillis) {
        self.closed_at = Some(now);
        // Once a phone has come, the secret goes on saying so to another one.
        if self.key.is_none() {
            self.secret = None;
        }
    }
}

impl Phones {
    fn open(&mut self, id: u64) -> Result<&mut Driver, DriverError> {
        match self.drivers.iter_mut().find(|driver| driver.id == id) {
            None => Err(DriverError::Unknown(id)),
            Some(driver) if driver.closed_at.is_some() => Err(DriverError::Closed(id)),
            Some(driver) => Ok(driver),
        }
    }
}

#[cfg(test)]
mod tests;
