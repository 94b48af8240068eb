//! Names of keys in notes.

use std::fmt;

use crate::document::{REMARK_MAX, Remark};
use crate::ids::PartyId;

/// Longest name, in bytes: a network of the longest remark, every byte of it written as three.
pub const NAME_MAX: usize = PREFIX.len() + 3 * REMARK_MAX + 1 + 32;

const PREFIX: &str = "landside/";

/// `landside/<network>/<party>`: the origin of a terminal's log, and the name of any party's key in
/// notes.
///
/// A network's name may have blanks and letters of any script, a name in a note may not; so the
/// network is percent-encoded (RFC 3986 § 2.1): every byte of its UTF-8 but letters, digits and
/// `-._~` (§ 2.3) becomes `%` and two upper-case hex digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName {
    text: Box<str>,
    network: Remark,
    party: PartyId,
}

/// The text is no name of this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("key name is not landside/<network>/<party>, the network percent-encoded")]
pub struct NameError;

impl NameError {
    /// The stable code of this fault.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "key-name-form"
    }
}

impl KeyName {
    /// The name of a party's keys in a network.
    #[must_use]
    pub fn of(network: &Remark, party: &PartyId) -> Self {
        let text = format!("{PREFIX}{}/{party}", encoded(network.as_str())).into();
        Self { text, network: network.clone(), party: party.clone() }
    }

    /// Reads a name, exactly as [`KeyName::of`] writes it.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > NAME_MAX {
            return Err(NameError);
        }
        let (network, party) =
            text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('/')).ok_or(NameError)?;
        let network = Remark::parse(decoded(network).ok_or(NameError)?).map_err(|_| NameError)?;
        let party = PartyId::parse(party).map_err(|_| NameError)?;
        let name = Self::of(&network, &party);
        // One name has one spelling.
        if name.as_str() == text { Ok(name) } else { Err(NameError) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Remark {
        &self.network
    }

    /// Whose log or key it is.
    #[must_use]
    pub fn party(&self) -> &PartyId {
        &self.party
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyName({self})")
    }
}

fn encoded(network: &str) -> String {
    let mut text = String::with_capacity(network.len());
    for byte in network.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
            bytes.push(digit(rest.next()?)? << 4 | digit(rest.next()?)?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
