//! `landside key`: the private keys of a home, or in a file, and the passphrase around them.

mod rotate;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use landside_node::custody::{self, CustodyError, PassphraseFrom};
use landside_node::home::Home;
use landside_proto::key::{KeyError, Passphrase, Protection, PublicKey, SecretKey, Signer as _};
use serde_json::{Value, json};

use crate::exit::{Exit, Failed};
use crate::output::Output;

/// What to do with private keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyVerb {
    /// Show the public keys, and whether the private ones are encrypted.
    Show(ShowArgs),
    /// Encrypt private keys, change their passphrase, or take it away.
    Passphrase(PassphraseArgs),
    /// Make new keys that the old one vouches for, and hand them in to every terminal.
    Rotate(rotate::RotateArgs),
    /// Put new keys in the place of the old ones, once they count.
    Adopt(rotate::AdoptArgs),
}

/// Which keys to show.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside key show\n  \
    landside key show --file authority.pem --passphrase-from file:/media/usb/passphrase\n\n\
    Nothing secret is shown. Without the passphrase of an encrypted key its public key is not known.")]
pub(crate) struct ShowArgs {
    /// A key file, such as an authority's [default: the keys of the home].
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Where the passphrase is: file:PATH, env:NAME or credential:NAME [default: as the config says].
    #[arg(long, value_name = "SOURCE")]
    passphrase_from: Option<PassphraseFrom>,
}

/// Whose passphrase to change.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    landside key passphrase --new-passphrase-from file:/etc/landside/passphrase\n  \
    landside key passphrase --new-passphrase-from none\n  \
    landside key passphrase --file authority.pem --new-passphrase-from file:/media/usb/passphrase\n\n\
    The first encrypts the keys of the home, or changes their passphrase; the second takes it away.\n\
    The config then names the new source. A running node goes on with the keys it has read. If it is\n\
    cut short, say the same again: it goes on where it was.")]
pub(crate) struct PassphraseArgs {
    /// Where the new passphrase is: file:PATH, env:NAME, credential:NAME; none to take it away.
    #[arg(long, value_name = "SOURCE")]
    new_passphrase_from: PassphraseFrom,
    /// Where the present passphrase is [default: as the config says].
    #[arg(long, value_name = "SOURCE")]
    passphrase_from: Option<PassphraseFrom>,
    /// A key file, such as an authority's [default: the keys of the home].
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl KeyVerb {
    /// Does it.
    ///
    /// # Errors
    /// Why it was not done.
    pub(crate) async fn run(self, home: &Path, out: &Output) -> Result<Exit, Failed> {
        match self {
            Self::Show(args) => show(args, home, out),
            Self::Passphrase(args) => change(args, home, out),
            Self::Rotate(args) => rotate::rotate(args, home, out).await,
            Self::Adopt(args) => rotate::adopt(&args, home, out).await,
        }
    }
}

/// A key file, and what it is for when a home says so.
type KeyFile = (Option<String>, PathBuf);

/// The files meant, and the source of their passphrase.
fn meant(
    file: Option<PathBuf>,
    given: Option<PassphraseFrom>,
    home: &Path,
) -> Result<(Option<Home>, Vec<KeyFile>, PassphraseFrom), Failed> {
    if let Some(file) = file {
        return Ok((None, vec![(None, file)], given.unwrap_or_default()));
    }
    let home = Home::at(home)?;
    let source = match given {
        Some(source) => source,
        None => home.config()?.keys.passphrase_from,
    };
    let mut files = Vec::new();
    let old = home.old_node_key_files();
    for (what, path) in home.key_files()? {
        let next = rotate::next_to(what, &path);
        files.push((Some(what.to_owned()), path));
        if custody::is_there(&next) {
            files.push((Some(format!("{what}-next")), next));
        }
    }
    files.extend(old.into_iter().map(|path| (Some("node-old".to_owned()), path)));
    for line in home.agent_lines()? {
        files.push((Some(format!("agent for {line}")), home.agent_key_file(&line)));
    }
    Ok((Some(home), files, source))
}

/// Says each key: where, for what, how protected, and its public half if that can be had.
///
/// # Errors
/// A file cannot be read, can be read by others, or is no key.
fn show(args: ShowArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let (_, files, source) = meant(args.file, args.passphrase_from, home)?;
    for (what, path) in files {
        let protection = custody::protection(&path)?;
        let opened = custody::read_key(&path, || source.read());
        let public = opened.map(|key| key.public_key());
        out.value(told(&path, what.as_deref(), protection, public));
    }
    Ok(Exit::Done)
}

/// The `key` object of a key file.
pub(super) fn told(
    path: &Path,
    what: Option<&str>,
    protection: Protection,
    public: Result<PublicKey, CustodyError>,
) -> Value {
    let mut said = json!({
        "event": "key",
        "file": path.display().to_string(),
        "encrypted": protection.is_encrypted(),
        "protection": protection.to_string(),
    });
    if let Some(what) = what {
        said["use"] = json!(what);
    }
    match public {
        Ok(key) => {
            said["public_key"] = json!(key);
            said["key_id"] = json!(key.id());
        }
        Err(error) => said["locked_because"] = json!(error.code()),
    }
    said
}

/// Writes the keys anew under the new passphrase, or under none.
///
/// # Errors
/// A key does not open with the present passphrase nor with the new one; a source has none; a file
/// cannot be written. Nothing is written before every key was opened.
fn change(args: PassphraseArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let (home, files, present) = meant(args.file, args.passphrase_from, home)?;
    let source = settled(args.new_passphrase_from)?;
    let new = source.read()?;
    if let Some(new) = &new {
        new.long_enough().map_err(|error| short(&source, error))?;
    }
    let mut opened = Vec::new();
    for (what, path) in files {
        let key = open_either(&path, &present, &source)?;
        opened.push((what, path, key));
    }
    for (what, path, key) in &opened {
        rewrite(path, key, new.as_ref())?;
        let protection = custody::protection(path)?;
        out.value(told(path, what.as_deref(), protection, Ok(key.public_key())));
    }
    if let Some(home) = home {
        home.name_passphrase(&source)?;
    }
    Ok(Exit::Done)
}

/// A change that was cut short left some keys under the new passphrase already.
fn open_either(
    path: &Path,
    present: &PassphraseFrom,
    new: &PassphraseFrom,
) -> Result<SecretKey, CustodyError> {
    let first = custody::read_key(path, || present.read());
    match first {
        Err(error) if error.code().starts_with("passphrase-") && *new != PassphraseFrom::None => {
            custody::read_key(path, || new.read()).map_err(|_| error)
        }
        first => first,
    }
}

fn rewrite(path: &Path, key: &SecretKey, new: Option<&Passphrase>) -> Result<(), CustodyError> {
    // A bare name has no directory to sync.
    let path = std::path::absolute(path)
        .map_err(|error| CustodyError::Io { path: path.display().to_string(), error })?;
    custody::write_key(&path, key, new)
}

/// A source as a config file may name it.
///
/// # Errors
/// The working directory is not to be had.
pub(super) fn settled(source: PassphraseFrom) -> Result<PassphraseFrom, Failed> {
    match source {
        PassphraseFrom::File(path) => {
            let absolute = std::path::absolute(&path);
            let absolute = absolute
                .map_err(|error| Failed::broken("file", format!("{}: {error}", path.display())))?;
            Ok(PassphraseFrom::File(absolute))
        }
        source => Ok(source),
    }
}

fn short(source: &PassphraseFrom, error: KeyError) -> CustodyError {
    CustodyError::PassphraseForm { source_name: source.to_string(), error }
}

#[cfg(test)]
mod tests;
