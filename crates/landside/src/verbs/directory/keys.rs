//! `landside directory key-add` and `key-end`: the keys of a listed party, one at a time.

use std::path::PathBuf;

use clap::Args;
use landside_node::home::read_bounded;
use landside_proto::document::{KeyEntry, KeyRotation, PartyEntry};
use landside_proto::envelope::ENVELOPE_MAX;
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::key::{KeyId, PublicKey};
use landside_proto::rotation;

use super::change::{changed, not_listed, place};
use super::file::read_draft;
use crate::exit::{Exit, Failed};
use crate::output::Output;
use crate::span::{moment, now};

/// Keys that a party gets beside those it has.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  landside directory key-add draft.json --party harbour-haulage \\\n    \
    --signing-key ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n\n\
    The keys that are listed stay. A node key comes behind those there: diallers try each in turn."
)]
pub(crate) struct KeyAddArgs {
    /// The draft.
    file: PathBuf,
    /// Short name of the party.
    #[arg(long, value_name = "ID", value_parser = PartyId::parse)]
    party: PartyId,
    /// Key that signs documents; repeat for more.
    #[arg(long = "signing-key", value_name = "KEY", value_parser = PublicKey::parse)]
    signing_keys: Vec<PublicKey>,
    /// Key that its node shows on the wire; repeat for more.
    #[arg(long = "node-key", value_name = "KEY", value_parser = PublicKey::parse)]
    node_keys: Vec<PublicKey>,
    /// Moment from which the signing keys count [default: the edition's beginning].
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<UnixMillis>,
}

/// A key that ends.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    landside directory key-end draft.json --party harbour-haulage --key 21fe31dfa154a261 \\\n    \
    --from 2026-11-23T02:00:00Z\n  \
    landside directory key-end draft.json --party harbour-haulage --node-key 3097e2dee2cb4a34\n\n\
    From that time on nothing counts that the key signs: in the past for a key that was stolen then,\n\
    in the future for one that is replaced. What a terminal registered before that time goes on\n\
    counting, for the key stays listed. A node key is not listed any more: its links end at once.\n\
    No key that this one has vouched for outlives it unless the edition lists it: take the party's\n\
    own rotation in first, with landside directory key-rotate.")]
pub(crate) struct KeyEndArgs {
    /// The draft.
    file: PathBuf,
    /// Short name of the party.
    #[arg(long, value_name = "ID", value_parser = PartyId::parse)]
    party: PartyId,
    /// The signing key, or its key id.
    #[arg(
        long,
        value_name = "KEY",
        value_parser = key_id,
        requires = "from",
        required_unless_present = "node_key"
    )]
    key: Option<KeyId>,
    /// First moment at which the signing key counts no more.
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "key")]
    from: Option<UnixMillis>,
    /// A node key, or its key id.
    #[arg(long, value_name = "KEY", value_parser = key_id)]
    node_key: Option<KeyId>,
}

/// What a party asks for.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside directory key-rotate draft.json rotation.cose\n\n\
    The party makes the statement with landside key rotate. Its old key must be listed and in force,\n\
    and the new keys must have proven that they are in hand. What it asks for is shown: ask the party\n\
    by another channel when it comes as a surprise. Terminals may know the new keys already; with\n\
    this they are the edition's own, and several rotations go in the order they were made.")]
pub(crate) struct KeyRotateArgs {
    /// The draft.
    file: PathBuf,
    /// The party's statement.
    #[arg(value_name = "ROTATION")]
    rotation: PathBuf,
    /// Even when another key took over from the old one already; the party was asked by another channel.
    #[arg(long)]
    anyway: bool,
}

/// Does to a draft what a party's statement asks for.
///
/// # Errors
/// The statement is refused; the file is no draft.
pub(super) fn rotate(args: KeyRotateArgs, out: &Output) -> Result<Exit, Failed> {
    let mut edition = read_draft(&args.file)?;
    let statement = read_bounded(&args.rotation, ENVELOPE_MAX)
        .map_err(|error| Failed::broken("file", format!("{}: {error}", args.rotation.display())))?;
    let (rotation, issued_at) = rotation::read(&statement, &edition.parties, now())?;
    let at = place(&edition, &rotation.party).map_err(|_| not_listed(&rotation.party))?;
    if let Some(party) = edition.parties.get_mut(at) {
        if let Some(other) = succeeded(party, &rotation).filter(|_| !args.anyway) {
            return Err(rotated_before(&rotation, other));
        }
        rotation::apply(&rotation, issued_at, party)?;
    }
    changed(&args.file, edition, out)
}

/// Another key that took over from the old one of a rotation: one that began while the old one, which has
/// an end, still counted. A rotation that was taken leaves just that behind.
fn succeeded(party: &PartyEntry, rotation: &KeyRotation) -> Option<KeyId> {
    let listed = |key: &PublicKey| party.signing_keys.iter().any(|entry| entry.key == *key);
    if rotation.signing_key.is_some_and(|key| listed(&key)) {
        return None;
    }
    let old = party.signing_keys.iter().find(|entry| entry.key.id() == rotation.old)?;
    let until = old.until?;
    let after =
        |entry: &&KeyEntry| entry.key != old.key && entry.from >= old.from && entry.from <= until;
    party.signing_keys.iter().find(after).map(|entry| entry.key.id())
}

fn rotated_before(rotation: &KeyRotation, other: KeyId) -> Failed {
    let KeyRotation { party, old, .. } = rotation;
    let text = format!(
        "key {old} of {party} has vouched for key {other} already: two people claim to have it"
    );
    let remedy = "call the party by telephone before anything is signed: which new key is its own? If \
                  the old key was stolen, end it with landside directory key-end; if all is well, \
                  say --anyway";
    Failed { exit: Exit::Refused, ..Failed::usage("key-rotated", text, remedy) }
}

/// Lists keys for a party.
///
/// # Errors
/// The party is not listed; a key is, or there are too many; the file is no draft.
pub(super) fn add(args: KeyAddArgs, out: &Output) -> Result<Exit, Failed> {
    if args.signing_keys.is_empty() && args.node_keys.is_empty() {
        let remedy = "say --signing-key KEY or --node-key KEY";
        return Err(Failed::usage("key-missing", "no key is given", remedy));
    }
    let mut edition = read_draft(&args.file)?;
    let at = place(&edition, &args.party).map_err(|_| not_listed(&args.party))?;
    let from = args.from.unwrap_or(edition.valid_from);
    if let Some(party) = edition.parties.get_mut(at) {
        let new = args.signing_keys.iter().map(|key| KeyEntry { key: *key, from, until: None });
        party.signing_keys.extend(new);
        party.node_keys.extend(args.node_keys);
    }
    changed(&args.file, edition, out)
}

/// Ends a key of a party.
///
/// # Errors
/// The party or the key is not listed; the key has ended before that; the file is no draft.
pub(super) fn end(args: KeyEndArgs, out: &Output) -> Result<Exit, Failed> {
    let mut edition = read_draft(&args.file)?;
    let at = place(&edition, &args.party).map_err(|_| not_listed(&args.party))?;
    let in_force = edition.valid_from;
    if let Some(party) = edition.parties.get_mut(at) {
        // Else a rotation of before would bring the key back, or another that its thief vouched for.
        party.rotations_from = Some(in_force);
        if let (Some(key), Some(from)) = (args.key, args.from) {
            end_signing(party, key, from)?;
        }
        if let Some(key) = args.node_key {
            end_node(party, key)?;
        }
    }
    changed(&args.file, edition, out)
}

fn end_signing(party: &mut PartyEntry, key: KeyId, from: UnixMillis) -> Result<(), Failed> {
    let entry = party
        .signing_keys
        .iter_mut()
        .find(|entry| entry.key.id() == key)
        .ok_or_else(|| unknown(&party.id, "signing key", key))?;
    // `until` is the last moment at which the key counts (PROTOCOL § 5).
    let last = UnixMillis::from_millis(from.as_millis().saturating_sub(1));
    if let Some(until) = entry.until.filter(|until| *until <= last) {
        let text = format!("key {key} ends at {until} already");
        return Err(Failed::usage("key-ended", text, "give an earlier time, or leave it"));
    }
    entry.until = Some(last);
    Ok(())
}

fn end_node(party: &mut PartyEntry, key: KeyId) -> Result<(), Failed> {
    let at = party.node_keys.iter().position(|listed| listed.id() == key);
    let at = at.ok_or_else(|| unknown(&party.id, "node key", key))?;
    party.node_keys.remove(at);
    Ok(())
}

fn unknown(party: &PartyId, what: &str, key: KeyId) -> Failed {
    let text = format!("{party} has no {what} {key}");
    Failed::usage("key-not-listed", text, "see the keys in the draft")
}

/// A public key, or its key id.
pub(super) fn key_id(text: &str) -> Result<KeyId, String> {
    let of_key = PublicKey::parse(text).map(|key| key.id());
    of_key
        .or_else(|_| KeyId::parse(text))
        .map_err(|_| "a key is ed25519: and 64 hexadecimal digits, a key id 16 of them".to_owned())
}
