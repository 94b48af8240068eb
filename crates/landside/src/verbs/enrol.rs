//! `landside enrol`: a haulier vouches for a driver's device key (driver-credential).

use std::path::Path;

use clap::Args;
use landside_proto::document::Kind;
use landside_proto::ids::{PartyId, Reference};
use landside_proto::key::{KeyId, PublicKey};

use crate::exit::{Exit, Failed};
use crate::fields::{self, Fields};
use crate::node::{self, Node, Wait};
use crate::output::Output;
use crate::span::{now, span};

/// Whose key, and for how long.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside enrol --name \"Wang Wei\" --days 365 \\\n    \
    --key ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n\n\
    A lost phone: enrol the new key with --replaces, and the old one is dead at once.")]
pub(crate) struct EnrolArgs {
    /// The device key.
    #[arg(long, value_parser = PublicKey::parse)]
    key: PublicKey,
    /// The driver's name.
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// How many days it counts.
    #[arg(long, default_value = "365", value_parser = clap::value_parser!(u16).range(1..))]
    days: u16,
    /// Licence number.
    #[arg(long, value_parser = Reference::parse)]
    licence: Option<Reference>,
    /// Key id (16 digits) of the device that this one replaces.
    #[arg(long, value_name = "KEYID", value_parser = KeyId::parse)]
    replaces: Option<KeyId>,
    /// Take the key away instead: it speaks for nobody from now on.
    #[arg(long)]
    withdraw: bool,
    /// Tell only these terminals [default: every terminal].
    #[arg(long, value_name = "PARTY", value_parser = PartyId::parse)]
    to: Vec<PartyId>,
    #[command(flatten)]
    wait: Wait,
}

/// Vouches for the key, or withdraws it.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: EnrolArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let days = span(&format!("{}d", args.days))
        .map_err(|error| Failed::usage("days", error, "give fewer days"))?;
    let mut said = Fields::new();
    fields::put(&mut said, "key", args.key);
    fields::put(&mut said, "name", args.name);
    fields::put_some(&mut said, "licence", args.licence);
    fields::put(&mut said, "valid_until", now().plus(days));
    fields::put(&mut said, "state", if args.withdraw { "withdrawn" } else { "active" });
    fields::put_some(&mut said, "replaces", args.replaces);
    let to = args.to.iter().map(ToString::to_string).collect();
    let request = node::request(Kind::DriverCredential, said, to, args.wait);
    Node::of(home)?.ask(&request, out).await
}
