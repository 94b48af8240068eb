//! Channels: folders that are shared with partners. What appears in `in/` is imported, each file once; what
//! a partner is told appears in `out/`.
//!
//! A file is taken by renaming it into `work/`, under a name that no other file ever has; that name is
//! what a restart knows it by. From there it goes to `done/` or `error/`, with a report beside. Every
//! step is a rename or repeats without harm, so that a process killed at any moment goes on where it
//! was when it is started again: files in `work/` come first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use landside_edifact::profile::Profile;
use landside_proto::ids::{Hash32, PartyId};
use serde::Deserialize;

use crate::config::Edifact;
use crate::home::Home;

mod answering;
mod folder;
pub(crate) mod report;
mod taking;
pub(crate) mod telling;

pub(crate) use self::taking::run;

/// Most channels of a node: one for each partner of a port's largest terminal.
pub const CHANNELS_MAX: usize = 100;

/// Longest name of a channel, in bytes; it is a part of file names.
pub const CHANNEL_NAME_MAX: usize = 32;

/// Longest time between two looks at a folder, in seconds.
pub const CHANNEL_EVERY_S_MAX: u64 = 3_600;

/// A folder that is shared with a partner.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    /// What it is called.
    pub name: String,
    /// Where it is; below the home unless absolute.
    pub folder: PathBuf,
    /// The file `profiles/<profile>.toml` in the home; empty for the default profile.
    #[serde(default)]
    pub profile: String,
    /// The partner's code in UNB; empty for the name in capitals.
    #[serde(default)]
    pub address: String,
    /// Seconds between two looks: 1 to [`CHANNEL_EVERY_S_MAX`].
    #[serde(default = "every_s")]
    pub every_s: u64,
    /// What the partner is told.
    #[serde(default)]
    pub write: BTreeSet<Told>,
    /// Whose cases it is told of; all where none is named.
    #[serde(default)]
    pub partner: Option<PartyId>,
    /// Code in messages → party of the directory.
    #[serde(default)]
    pub parties: BTreeMap<String, PartyId>,
    /// Party for a release-to party that no code names.
    #[serde(default)]
    pub release_to: Option<PartyId>,
    /// Terminal for containers whose terminal no code names.
    #[serde(default)]
    pub terminal: Option<PartyId>,
    /// The line whose releases these are, which this terminal signs as its agent.
    #[serde(default)]
    pub agent_for: Option<PartyId>,
}

const fn every_s() -> u64 {
    5
}

/// A message that a partner is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// Gate reports.
    Codeco,
    /// Announcements of trucks.
    Copino,
    /// Release orders.
    Coreor,
    /// Where containers stand.
    Iftsta,
}

/// Checks the channels of a config together.
pub(crate) fn in_range(channels: &[ChannelConfig], edifact: &Edifact) -> Result<(), String> {
    if channels.len() > CHANNELS_MAX {
        return Err(format!("channel: at most {CHANNELS_MAX} are served"));
    }
    let (mut names, mut folders) = (BTreeSet::new(), BTreeSet::new());
    for channel in channels {
        let ChannelConfig { name, folder, every_s, write, profile, .. } = channel;
        if !is_name(name) {
            return Err(format!(
                "channel.name {name:?} is not 1 to {CHANNEL_NAME_MAX} of a-z, 0-9 and -"
            ));
        }
        if !(profile.is_empty() || is_name(profile)) {
            return Err(format!(
                "channel.profile {profile:?} is not 1 to {CHANNEL_NAME_MAX} of a-z, 0-9 and -"
            ));
        }
        if !(1..=CHANNEL_EVERY_S_MAX).contains(every_s) {
            return Err(format!("channel.every_s must be 1 to {CHANNEL_EVERY_S_MAX}"));
        }
        if folder.as_os_str().is_empty() {
            return Err(format!("channel {name}: folder is empty"));
        }
        if !names.insert(name) || !folders.insert(folder) {
            return Err(format!("channel {name}: another one has this name or folder"));
        }
        if !write.is_empty() && edifact.port.is_none() {
            return Err(format!("channel {name}: write needs edifact.port"));
        }
    }
    Ok(())
}

/// Whether a text can be the name of a channel or profile.
pub(crate) fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=CHANNEL_NAME_MAX).contains(&text.len()) && text.bytes().all(plain)
}

/// A channel as it is served.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) config: ChannelConfig,
    pub(crate) profile: Arc<Profile>,
    folder: PathBuf,
}

/// A channel cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("channel {name}: {error}")]
pub struct ChannelError {
    name: String,
    error: String,
}

impl Channel {
    /// The partner's code in UNB.
    pub(crate) fn address(&self) -> String {
        match self.config.address.as_str() {
            "" => self.config.name.to_ascii_uppercase(),
            address => address.to_owned(),
        }
    }

    fn every(&self) -> Duration {
        Duration::from_secs(self.config.every_s)
    }

    fn at(&self, part: &str) -> PathBuf {
        self.folder.join(part)
    }

    /// Where what the partner is told is put.
    pub(crate) fn out(&self) -> PathBuf {
        self.at("out")
    }
}

/// The channels of a home, with their folders made and their profiles read.
pub(crate) fn open(
    home: &Home,
    channels: &[ChannelConfig],
    zone: &str,
) -> Result<Vec<Arc<Channel>>, ChannelError> {
    let open = |config: &ChannelConfig| -> Result<Arc<Channel>, String> {
        let folder = home.path().join(&config.folder);
        for part in folder::PARTS {
            let path = folder.join(part);
            std::fs::create_dir_all(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        let profile = match config.profile.as_str() {
            "" => Profile::standard_in(zone).map_err(|e| e.to_string())?,
            name => profile(&home.path().join("profiles").join(format!("{name}.toml")), zone)?,
        };
        Ok(Arc::new(Channel { config: config.clone(), profile: Arc::new(profile), folder }))
    };
    let named = |config: &ChannelConfig| {
        open(config).map_err(|error| ChannelError { name: config.name.clone(), error })
    };
    channels.iter().map(named).collect()
}

fn profile(path: &Path, zone: &str) -> Result<Profile, String> {
    let wrong = |error: String| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    Profile::parse_in(&text, zone).map_err(|e| wrong(e.to_string()))
}

/// Writes a file for a partner, whole or not at all.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    folder::write(path, |file| std::io::Write::write_all(file, bytes))
}

/// A control reference (UNB 0020) that is the same each time it is made of the same, and of nothing else:
/// 14 characters that every syntax holds, of a hash.
pub(crate) fn reference(parts: &[&[u8]]) -> String {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(*part);
    }
    let mut text = data_encoding::BASE32_NOPAD.encode(Hash32::of(&bytes).as_bytes());
    text.truncate(landside_edifact::syntax::REFERENCE_MAX);
    text
}

#[cfg(test)]
mod tests;
