//! `landside key rotate` and `adopt`: new keys of a party, vouched for by the old one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use data_encoding::BASE64;
use landside_node::control::Request;
use landside_node::custody::{self, PassphraseFrom};
use landside_node::home::{Home, write_durably};
use landside_node::inspect::InspectError;
use landside_node::rotations::{self, NewKeys};
use landside_proto::directory::Actor;
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::key::{PublicKey, SecretKey, Signer};
use landside_proto::rotation;
use serde_json::{Value, json};

use super::told;
use crate::exit::{Exit, Failed};
use crate::node::{Node, Wait, millis};
use crate::output::Output;
use crate::span::{moment, now};
use crate::verbs::init::new_seed;

/// How long the old key goes on unless said otherwise: for what is under way, and for the edition.
const OVERLAP: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Which keys to make anew.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside key rotate\n  \
    landside key rotate --signing --ends 2026-12-01T00:00:00Z -o rotation.cose\n\n\
    Makes new keys beside those in use, encrypted as they are, and a statement that the old signing\n\
    key signs and the new keys prove. The running node hands it in to every terminal: from its\n\
    registration on the new keys count, whatever the edition. The keys in use stay until\n\
    landside key adopt. With -o the statement is also a file, for the authority; no node need run.")]
pub(crate) struct RotateArgs {
    /// File to write, for the authority.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only the signing key [default: both].
    #[arg(long, conflicts_with = "node")]
    signing: bool,
    /// Only the node key.
    #[arg(long)]
    node: bool,
    /// First moment at which the old signing key counts no more [default: two weeks from now].
    #[arg(long, value_name = "TIME", value_parser = moment)]
    ends: Option<UnixMillis>,
    #[command(flatten)]
    wait: Wait,
}

/// When to go on.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside key adopt\n\n\
    Puts the keys that landside key rotate made in the place of those in use, once they count: by a\n\
    rotation that a terminal registered, or by the edition in force here. Restart the node then: a\n\
    running one goes on with the old ones.")]
pub(crate) struct AdoptArgs {
    /// Even while somebody has not been reached with the rotation, who will not know the new keys.
    #[arg(long)]
    anyway: bool,
}

/// Where a new key waits: beside the one it will replace.
pub(super) fn next_to(what: &str, path: &Path) -> PathBuf {
    path.with_file_name(format!("{what}-next.pem"))
}

/// Makes the keys and the statement, and has the node hand it in.
///
/// # Errors
/// The home is a device's; new keys wait already; a file is there, or cannot be read or written; no
/// node runs, and no file is asked for.
pub(super) async fn rotate(args: RotateArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    let party = party_of(node.home())?;
    if let Some(file) = args.output.as_ref().filter(|file| custody::is_there(file)) {
        let text = format!("{} is there already", file.display());
        return Err(Failed::usage("file-exists", text, "choose another file to write"));
    }
    let (old, made) = make(node.home(), &args)?;
    // Asked before anything is written: keys that nobody was told of would only be in the way.
    let runs = match node.gather(&Request::Info).await {
        Ok(_) => true,
        Err(failed) if args.output.is_none() => return Err(failed),
        Err(_) => false,
    };
    let new = |name: &str| made.iter().find(|(what, ..)| *what == name).map(|(_, _, key, _)| key);
    let signer = |name| new(name).map(|key| key as &dyn Signer);
    let ends = args.ends.unwrap_or_else(|| now().plus(OVERLAP));
    let pair = (signer("signing"), signer("node"));
    let signed = rotation::sign(party.clone(), ends, now(), &old, pair)?;
    for (what, next, key, source) in &made {
        custody::write_key(next, key, source.read()?.as_ref())?;
        let what = format!("{what}-next");
        out.value(told(next, Some(&what), custody::protection(next)?, Ok(key.public_key())));
    }
    let mut said = json!({
        "event": "rotation",
        "party": party,
        "old": old.public_key().id(),
        "ends": ends,
        "signing_key": new("signing").map(|key| key.public_key()),
        "node_key": new("node").map(|key| key.public_key()),
        "handed_in": runs,
    });
    if let Some(file) = &args.output {
        let output = std::path::absolute(file)
            .map_err(|error| Failed::broken("file", format!("{}: {error}", file.display())))?;
        write_durably(&output, signed.bytes())?;
        said["file"] = file.display().to_string().into();
    }
    out.value(said);
    if !runs {
        return Ok(Exit::Done);
    }
    let envelope = BASE64.encode(signed.bytes());
    let handed =
        node.ask(&Request::Rotate { envelope, wait_ms: millis(args.wait.wait) }, out).await;
    // Refused before it went anywhere: keys that nobody was told of would only be in the way.
    if handed.as_ref().is_err_and(|failed| matches!(failed.exit, Exit::Refused)) {
        let statement = args.output.as_ref();
        for file in made.iter().map(|(_, next, ..)| next).chain(statement) {
            fs::remove_file(file)
                .map_err(|error| Failed::broken("file", format!("{}: {error}", file.display())))?;
        }
    }
    handed
}

/// A key made: what for, where it goes, and where its passphrase is.
type Made = (&'static str, PathBuf, SecretKey, PassphraseFrom);

/// The old signing key, and the new keys that are wanted.
fn make(home: &Home, args: &RotateArgs) -> Result<(SecretKey, Vec<Made>), Failed> {
    let (mut old, mut made) = (None, Vec::new());
    for (what, path) in home.key_files()? {
        let wanted = if what == "signing" { !args.node } else { !args.signing };
        let next = next_to(what, &path);
        if wanted && custody::is_there(&next) {
            let text = format!("a new {what} key waits in {} already", next.display());
            let remedy = "adopt it with landside key adopt, or delete it";
            return Err(Failed::usage("key-waits", text, remedy));
        }
        let source = source_of(home, &path)?;
        if what == "signing" {
            old = Some(custody::read_key(&path, || source.read())?);
        }
        if wanted {
            made.push((what, next, SecretKey::from_seed(new_seed()?), source));
        }
    }
    let old = old.ok_or_else(|| Failed::broken("key", "no signing key in the home"))?;
    Ok((old, made))
}

/// Puts new keys in place that count.
///
/// # Errors
/// No new key waits; neither the edition nor a rotation makes one count; somebody was not reached.
pub(super) async fn adopt(args: &AdoptArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    party_of(node.home())?;
    let home = node.home();
    let mut waiting = Vec::new();
    for (what, path) in home.key_files()? {
        let next = next_to(what, &path);
        if custody::is_there(&next) {
            let source = source_of(home, &next)?;
            let key = custody::read_key(&next, || source.read())?;
            waiting.push((what, path, next, key, source));
        }
    }
    if waiting.is_empty() {
        let remedy = "make one with landside key rotate";
        return Err(Failed::usage("no-new-key", "no new key waits in this home", remedy));
    }
    let of = |name: &str| waiting.iter().find(|(what, ..)| *what == name);
    let [signing, transport] =
        ["signing", "node"].map(|name| of(name).map(|(_, _, _, key, _)| key.public_key()));
    let (known, runs) = standing(&node, signing, transport).await?;
    for (what, counts) in [("signing", known.signing), ("node", known.node)] {
        if !counts && of(what).is_some() {
            let text = format!(
                "neither the edition in force nor a rotation makes the new {what} key count"
            );
            let remedy = "wait for a terminal to register the rotation: landside outbox; or install \
                          the edition that lists the key";
            return Err(Failed::usage("key-not-listed", text, remedy));
        }
    }
    if !known.waiting.is_empty() && !args.anyway {
        let peers: Vec<_> = known.waiting.iter().map(ToString::to_string).collect();
        let text = format!("the rotation has not reached {} yet", peers.join(", "));
        let remedy =
            "wait: landside outbox; with --anyway they will refuse the new keys until then";
        return Err(Failed::usage("rotation-waits", text, remedy));
    }
    for (what, path, next, key, source) in waiting {
        if what == "node" {
            retire(home, &path, &key)?;
        }
        custody::write_key(&path, &key, source.read()?.as_ref())?;
        // Cut short before this, the same command does the same again.
        fs::remove_file(&next)
            .map_err(|error| Failed::broken("file", format!("{}: {error}", next.display())))?;
        out.value(told(&path, Some(what), custody::protection(&path)?, Ok(key.public_key())));
    }
    out.value(json!({
        "event": "adopted",
        "runs": runs,
        "not_told": known.devices.iter().map(ToString::to_string).collect::<Vec<_>>(),
    }));
    Ok(Exit::Done)
}

/// Keeps the present node key for those who ask for it still, unless it is the new one already.
fn retire(home: &Home, path: &Path, new: &SecretKey) -> Result<(), Failed> {
    let source = source_of(home, path)?;
    let present = custody::read_key(path, || source.read())?;
    if present.public_key() != new.public_key() {
        home.retire_node_key()?;
    }
    Ok(())
}

/// How the new keys stand, by the running node, else by the store of the stopped one; and whether it runs.
async fn standing(
    node: &Node,
    signing: Option<PublicKey>,
    transport: Option<PublicKey>,
) -> Result<(NewKeys, bool), Failed> {
    let text = |key: Option<PublicKey>| key.map(|key| key.to_string());
    let request = Request::NewKeys { signing: text(signing), node: text(transport) };
    let said = match node.gather(&request).await {
        Ok(said) => said,
        Err(failed) if failed.failure.code == "no-node" => {
            let known = rotations::new_keys(node.home(), signing, transport);
            return known.map(|known| (known, false)).map_err(|error| match error {
                InspectError::Home(error) => error.into(),
                InspectError::Open(error) => error.into(),
                InspectError::Store(error) => Failed::broken("store", error),
            });
        }
        Err(failed) => return Err(failed),
    };
    let answer = said.first().cloned().unwrap_or_default();
    let is = |name: &str| answer.get(name).and_then(Value::as_bool).unwrap_or(false);
    let actors = |name: &str| {
        let said = answer.get(name).and_then(Value::as_array).into_iter().flatten();
        said.filter_map(|peer| Actor::parse(peer.as_str()?).ok()).collect()
    };
    let (waiting, devices) = (actors("waiting"), actors("devices"));
    Ok((NewKeys { signing: is("signing"), node: is("node"), waiting, devices }, true))
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
