//! `landside directory add` and `remove`: who is in a draft.

use std::path::{Path, PathBuf};

use clap::Args;
use landside_proto::document::{DirectoryEdition, KeyEntry, PartyEntry, Remark, Role};
use landside_proto::ids::PartyId;
use landside_proto::key::PublicKey;

use super::file::{Edition, read_draft, say, write_draft};
use crate::exit::{Exit, Failed};
use crate::output::Output;

/// A party as the draft shall list it.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  landside directory add draft.json --party harbour-haulage \\\n    \
    --name \"Harbour Haulage Ltd\" --role haulier --address node.harbour.example:4747 \\\n    \
    --signing-key ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a \\\n    \
    --node-key ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c\n\n\
    The party prints its keys with landside init. With --replace, signing keys that are not given\n\
    again stay listed, but end where the edition begins: what they signed before can be checked."
)]
pub(crate) struct AddArgs {
    /// The draft.
    file: PathBuf,
    /// Short name in documents.
    #[arg(long, value_name = "ID", value_parser = PartyId::parse)]
    party: PartyId,
    /// Name for people.
    #[arg(long, value_parser = |text: &str| Remark::parse(text))]
    name: Remark,
    /// What it does: terminal, customs, line, shipper, forwarder, haulier, authority; repeat for more.
    #[arg(long = "role", value_name = "ROLE", value_parser = role, required = true)]
    roles: Vec<Role>,
    /// Key that signs documents; repeat for more.
    #[arg(long = "signing-key", value_name = "KEY", value_parser = PublicKey::parse, required = true)]
    signing_keys: Vec<PublicKey>,
    /// Key that its node shows on the wire; repeat for more.
    #[arg(long = "node-key", value_name = "KEY", value_parser = PublicKey::parse, required = true)]
    node_keys: Vec<PublicKey>,
    /// Where it can be dialled (UDP); leave out for a party that only dials; repeat for more.
    #[arg(long = "address", value_name = "HOST:PORT", value_parser = address)]
    addresses: Vec<String>,
    /// The party is listed already: put this in its place.
    #[arg(long)]
    replace: bool,
}

/// Whom to take out.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside directory remove draft.json --party harbour-haulage")]
pub(crate) struct RemoveArgs {
    /// The draft.
    file: PathBuf,
    /// Short name of the party.
    #[arg(long, value_name = "ID", value_parser = PartyId::parse)]
    party: PartyId,
}

/// Lists a party.
///
/// # Errors
/// The party is listed already, or not yet; the draft breaks a rule; the file is no draft.
pub(super) fn add(args: AddArgs, out: &Output) -> Result<Exit, Failed> {
    let mut edition = read_draft(&args.file)?;
    let at = place(&edition, &args.party);
    match (at, args.replace) {
        (Ok(at), true) => {
            let former = edition.parties.remove(at);
            let agents = former.agents;
            let party = entry(&args, &edition, &former.signing_keys);
            edition.parties.insert(at, PartyEntry { agents, ..party });
        }
        (Err(at), false) => edition.parties.insert(at, entry(&args, &edition, &[])),
        (Ok(_), false) => {
            let text = format!("{} is listed already", args.party);
            return Err(Failed::usage("party-listed", text, "say --replace to change it"));
        }
        (Err(_), true) => return Err(not_listed(&args.party)),
    }
    changed(&args.file, edition, out)
}

/// Takes a party out.
///
/// # Errors
/// The party is not listed; the file is no draft.
pub(super) fn remove(args: RemoveArgs, out: &Output) -> Result<Exit, Failed> {
    let mut edition = read_draft(&args.file)?;
    let at = place(&edition, &args.party).map_err(|_| not_listed(&args.party))?;
    edition.parties.remove(at);
    changed(&args.file, edition, out)
}

/// Where a party is, or would be: parties are in the order of their ids.
pub(super) fn place(edition: &DirectoryEdition, id: &PartyId) -> Result<usize, usize> {
    edition.parties.binary_search_by(|party| party.id.cmp(id))
}

/// The entry; keys that were listed keep their beginning, those not given again end now.
fn entry(args: &AddArgs, edition: &DirectoryEdition, former: &[KeyEntry]) -> PartyEntry {
    let begins = edition.valid_from;
    let mut signing_keys: Vec<_> = args
        .signing_keys
        .iter()
        .map(|key| {
            let listed = former.iter().find(|entry| entry.key == *key);
            KeyEntry { key: *key, from: listed.map_or(begins, |entry| entry.from), until: None }
        })
        .collect();
    let gone = former.iter().filter(|entry| !args.signing_keys.contains(&entry.key));
    // A key that never was in force has nothing to be checked by.
    let ended = gone.filter(|entry| entry.from < begins).map(|entry| {
        let until = entry.until.map_or(begins, |until| until.min(begins));
        KeyEntry { until: Some(until), ..entry.clone() }
    });
    signing_keys.extend(ended);
    let mut roles = args.roles.clone();
    roles.sort_unstable();
    roles.dedup();
    PartyEntry {
        id: args.party.clone(),
        name: args.name.clone(),
        roles,
        signing_keys,
        node_keys: args.node_keys.clone(),
        addresses: args.addresses.clone(),
        // The entry is the whole word: no rotation of before adds a key that is not given here.
        rotations_from: Some(begins),
        agents: Vec::new(),
    }
}

/// Checks, writes and says a draft.
///
/// # Errors
/// It breaks a rule of editions; the file cannot be written.
pub(super) fn changed(
    file: &Path,
    edition: DirectoryEdition,
    out: &Output,
) -> Result<Exit, Failed> {
    write_draft(file, &edition)?;
    say(file, &Edition::Draft(edition), out)?;
    Ok(Exit::Done)
}

pub(super) fn not_listed(id: &PartyId) -> Failed {
    let remedy = "see who is listed with landside directory show";
    Failed::usage("party-not-listed", format!("{id} is not listed"), remedy)
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).filter(|role| *role != Role::Driver).ok_or_else(|| {
        let known: Vec<_> = Role::ALL.iter().filter(|role| **role != Role::Driver).collect();
        let known: Vec<_> = known.into_iter().map(|role| role.as_str()).collect();
        format!("a party's role is one of {}", known.join(", "))
    })
}

/// A host or IP address and a port; IPv6 in brackets (RFC 3986 § 3.2.2).
fn address(text: &str) -> Result<String, String> {
    let sound = text.rsplit_once(':').is_some_and(|(host, port)| {
        let bracketed = host.starts_with('[') && host.ends_with(']');
        let named = !host.is_empty() && (bracketed || !host.contains(':'));
        named && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if sound { Ok(text.to_owned()) } else { Err(format!("\"{text}\" is not HOST:PORT")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port() {
        for sound in ["node.example:4747", "192.0.2.1:1", "[2001:db8::1]:4747"] {
            assert!(address(sound).is_ok(), "{sound}");
        }
        for wrong in ["node.example", ":4747", "node:0", "node:99999", "2001:db8::1:4747", ""] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_driver_is_no_role_of_a_party() {
        assert_eq!(role("haulier"), Ok(Role::Haulier));
        assert!(role("driver").unwrap_err().contains("haulier"));
        assert!(role("trucker").is_err());
    }
}
