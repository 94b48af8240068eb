//! What a driver shows at the gate: the pass and a fresh proof of the device key, as one line of text.
//!
//! The text is `LS1:` and base45 (RFC 9285) of a presentation envelope, so that it fits the
//! alphanumeric mode of a QR code and survives every scanner.

use std::time::Duration;

use crate::directory::{Actor, Keyring, Listed};
use crate::document::{Document, PickupPass, Presentation, Role};
use crate::envelope::{self, ENVELOPE_MAX, Signed};
use crate::ids::UnixMillis;
use crate::key::{KeyId, PublicKey, Signer};
use crate::refusal::{Code, Refusal};

/// How long a presentation lives: a photograph of the screen is dead in a minute.
pub const PRESENTATION_LIFE: Duration = Duration::from_secs(60);

/// How far a driver's clock may be ahead: a proof made for later would outlive its minute.
pub const AHEAD_MAX: Duration = Duration::from_secs(30);

/// Longest text accepted at a gate, in bytes: base45 of a presentation is under 1 KiB.
pub const TEXT_MAX: usize = 4096;

const PREFIX: &str = "LS1:";

/// A pass shown by somebody who proved to hold the key it names.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The pass, its terminal signature checked.
    pub pass: Signed<Document>,
    /// The driver's key.
    pub driver: KeyId,
    /// When the proof was made, by the driver's clock.
    pub made_at: UnixMillis,
}

impl Presented {
    /// What the pass says.
    #[must_use]
    pub fn pickup_pass(&self) -> Option<&PickupPass> {
        match self.pass.document() {
            Document::PickupPass(pass) => Some(pass),
            _ => None,
        }
    }
}

/// Makes the text a driver shows now.
///
/// # Errors
/// As [`envelope::seal`].
pub fn present(
    pass: &Signed<Document>,
    now: UnixMillis,
    device: &dyn Signer,
) -> Result<String, Refusal> {
    let driver = Actor::Driver(device.public_key().id());
    let proof = Presentation { pass: pass.bytes().to_vec() };
    let signed = envelope::seal(proof.into(), driver, now, device)?;
    Ok(format!("{PREFIX}{}", base45::encode(signed.bytes())))
}

/// Reads the text at the gate: the terminal's signature on the pass, then the proof by the key that
/// the pass names. Needs no network and no driver list: the pass says whose key counts.
///
/// # Errors
/// [`Code::TooLarge`], [`Code::Malformed`], those of [`envelope::open`], [`Code::Expired`] for a
/// proof older than [`PRESENTATION_LIFE`] and [`Code::IssuedInFuture`] for one more than
/// [`AHEAD_MAX`] ahead.
pub fn read(text: &str, keyring: &dyn Keyring, now: UnixMillis) -> Result<Presented, Refusal> {
    if text.len() > TEXT_MAX {
        return Err(Refusal::new(Code::TooLarge, format!("{} bytes of text", text.len())));
    }
    let malformed = || Refusal::new(Code::Malformed, "not the text of a pass, LS1: and base45");
    let encoded = text.trim().strip_prefix(PREFIX).ok_or_else(malformed)?;
    let bytes = base45::decode(encoded).map_err(|_| malformed())?;

    let outer = envelope::reopen(bytes.clone())?;
    let Document::Presentation(proof) = outer.document() else { return Err(malformed()) };
    let pass = envelope::open_within(proof.pass.clone(), ENVELOPE_MAX, keyring, now)?;
    let Document::PickupPass(said) = pass.document() else { return Err(malformed()) };

    let device = DeviceKey(said.confirmation.0);
    let shown = envelope::open(bytes, &device, now)?;
    if shown.issued_at() > now.plus(AHEAD_MAX) {
        let detail = format!("proof is made at {}, here it is {now}", shown.issued_at());
        return Err(Refusal::new(Code::IssuedInFuture, detail));
    }
    let age = now.since(shown.issued_at());
    if age > PRESENTATION_LIFE {
        let detail = format!("proof is {} s old, it lives {PRESENTATION_LIFE:?}", age.as_secs());
        return Err(Refusal::new(Code::Expired, detail));
    }
    Ok(Presented { driver: shown.key_id(), made_at: shown.issued_at(), pass })
}

/// The one key that may sign the proof around a pass.
struct DeviceKey(PublicKey);

impl Keyring for DeviceKey {
    fn signer(&self, actor: &Actor, kid: KeyId, _: UnixMillis) -> Result<Listed<'_>, Code> {
        if *actor == Actor::Driver(kid) && kid == self.0.id() {
            Ok(Listed { key: self.0, roles: &[Role::Driver], agent: None })
        } else {
            Err(Code::NotBoundDriver)
        }
    }
}

#[cfg(test)]
mod tests;
