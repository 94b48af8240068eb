//! `landside key rotate` and `adopt`: new keys of a party, vouched for by the old one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use landside_node::custody::{self, PassphraseFrom};
use landside_node::home::{Home, write_durably};
use landside_proto::directory::Actor;
use landside_proto::document::{KeyRotation, PartyEntry};
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::key::{PublicKey, SecretKey, Signer as _};
use landside_proto::rotation;
use serde_json::json;

use super::told;
use crate::exit::{Exit, Failed};
use crate::output::Output;
use crate::span::{moment, now};
use crate::verbs::init::new_seed;

/// How long the old key goes on unless said otherwise: for the edition to reach every home.
const OVERLAP: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Which keys to make anew.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside key rotate -o rotation.bundle\n  \
    landside key rotate --signing --ends 2026-12-01T00:00:00Z -o rotation.bundle\n\n\
    Makes new keys beside those in use, encrypted as they are, and a statement for the authority that\n\
    the old signing key and the new one sign. The keys in use stay until landside key adopt.")]
pub(crate) struct RotateArgs {
    /// File to write, for the authority.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Only the signing key [default: both].
    #[arg(long, conflicts_with = "node")]
    signing: bool,
    /// Only the node key.
    #[arg(long)]
    node: bool,
    /// First moment at which the old signing key counts no more [default: two weeks from now].
    #[arg(long, value_name = "TIME", value_parser = moment)]
    ends: Option<UnixMillis>,
}

/// Nothing to say about it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside key adopt\n\n\
    Puts the keys that landside key rotate made in the place of those in use, once the edition in\n\
    force here lists them. Restart the node then: a running one goes on with the old ones.")]
pub(crate) struct AdoptArgs {}

/// Where a new key waits: beside the one it will replace.
pub(super) fn next_to(what: &str, path: &Path) -> PathBuf {
    path.with_file_name(format!("{what}-next.pem"))
}

/// Makes the keys and the statement.
///
/// # Errors
/// The home is a device's; new keys wait already; a file is there, or cannot be read or written.
pub(super) fn rotate(args: RotateArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let home = Home::at(home)?;
    let party = party_of(&home)?;
    if custody::is_there(&args.output) {
        let text = format!("{} is there already", args.output.display());
        return Err(Failed::usage("file-exists", text, "choose another file to write"));
    }
    let (mut old, mut made) = (None, Vec::new());
    for (what, path) in home.key_files()? {
        let wanted = if what == "signing" { !args.node } else { !args.signing };
        let next = next_to(what, &path);
        if wanted && custody::is_there(&next) {
            let text = format!("a new {what} key waits in {} already", next.display());
            let remedy = "adopt it with landside key adopt, or delete it";
            return Err(Failed::usage("key-waits", text, remedy));
        }
        let source = source_of(&home, &path)?;
        if what == "signing" {
            old = Some(custody::read_key(&path, || source.read())?);
        }
        if wanted {
            made.push((what, next, SecretKey::from_seed(new_seed()?), source));
        }
    }
    let old = old.ok_or_else(|| Failed::broken("key", "no signing key in the home"))?;
    let new = |name: &str| made.iter().find(|(what, ..)| *what == name).map(|(_, _, key, _)| key);
    let statement = KeyRotation {
        party,
        old: old.public_key().id(),
        ends: args.ends.unwrap_or_else(|| now().plus(OVERLAP)),
        signing_key: new("signing").map(|key| key.public_key()),
        node_key: new("node").map(|key| key.public_key()),
    };
    let signer = new("signing").map(|key| key as &dyn landside_proto::key::Signer);
    let bundle = rotation::sign(&statement, now(), &old, signer)?;
    for (what, next, key, source) in &made {
        custody::write_key(next, key, source.read()?.as_ref())?;
        let what = format!("{what}-next");
        out.value(told(next, Some(&what), custody::protection(next)?, Ok(key.public_key())));
    }
    let output = std::path::absolute(&args.output)
        .map_err(|error| Failed::broken("file", format!("{}: {error}", args.output.display())))?;
    write_durably(&output, &bundle)?;
    out.value(json!({
        "event": "rotation",
        "file": args.output.display().to_string(),
        "party": statement.party,
        "old": statement.old,
        "ends": statement.ends,
        "signing_key": statement.signing_key,
        "node_key": statement.node_key,
    }));
    Ok(Exit::Done)
}

/// Puts new keys in place that the directory lists.
///
/// # Errors
/// No new key waits; the edition in force here does not list one that does.
pub(super) fn adopt(_: &AdoptArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let home = Home::at(home)?;
    let party = party_of(&home)?;
    let (now, mut ready) = (now(), Vec::new());
    let directory = home.directory(now)?;
    for (what, path) in home.key_files()? {
        let next = next_to(what, &path);
        if !custody::is_there(&next) {
            continue;
        }
        let source = source_of(&home, &next)?;
        let key = custody::read_key(&next, || source.read())?;
        let listed = directory.party(&party);
        if !listed.is_some_and(|entry| is_in_force(entry, what, key.public_key(), now)) {
            let number = directory.edition().number;
            let text = format!("edition {number} does not list the new {what} key for today");
            let remedy = "install the edition that does: landside directory install";
            return Err(Failed::usage("key-not-listed", text, remedy));
        }
        ready.push((what, path, next, key, source));
    }
    if ready.is_empty() {
        let remedy = "make one with landside key rotate";
        return Err(Failed::usage("no-new-key", "no new key waits in this home", remedy));
    }
    for (what, path, next, key, source) in ready {
        custody::write_key(&path, &key, source.read()?.as_ref())?;
        // Cut short before this, the same command does the same again.
        fs::remove_file(&next)
            .map_err(|error| Failed::broken("file", format!("{}: {error}", next.display())))?;
        out.value(told(&path, Some(what), custody::protection(&path)?, Ok(key.public_key())));
    }
    Ok(Exit::Done)
}

fn party_of(home: &Home) -> Result<PartyId, Failed> {
    match home.actor()? {
        Actor::Party(party) => Ok(party),
        Actor::Driver(_) => Err(Failed::usage(
            "not-a-party",
            "a driver's device has no keys in the directory",
            "the haulier enrols another device: landside enrol --replaces",
        )),
    }
}

/// Where the passphrase of a key is: nowhere for one that is not encrypted.
fn source_of(home: &Home, path: &Path) -> Result<PassphraseFrom, Failed> {
    if custody::protection(path)?.is_encrypted() {
        Ok(home.config()?.keys.passphrase_from)
    } else {
        Ok(PassphraseFrom::None)
    }
}

fn is_in_force(entry: &PartyEntry, what: &str, key: PublicKey, now: UnixMillis) -> bool {
    if what == "node" {
        return entry.node_keys.contains(&key);
    }
    let mut signing = entry.signing_keys.iter().filter(|listed| listed.key == key);
    signing.any(|listed| listed.from <= now && listed.until.is_none_or(|until| now <= until))
}
