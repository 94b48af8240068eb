//! `landside directory new` and `next`: where a draft comes from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use landside_node::home::Home;
use landside_proto::directory::edition_id;
use landside_proto::document::{DirectoryEdition, Remark};
use landside_proto::key::PublicKey;

use super::file::{Edition, say, write_draft};
use crate::exit::{Exit, Failed};
use crate::output::Output;
use crate::span::now;

/// The first edition of a network, without parties.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  landside directory new --network west-port --threshold 1 -o draft.json \\\n    \
    --authority ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n\n\
    The draft is JSON for people to read; add parties, then sign it."
)]
pub(crate) struct NewArgs {
    /// Name of the network.
    #[arg(long, value_name = "NAME", value_parser = |text: &str| Remark::parse(text))]
    network: Remark,
    /// A key that signs editions; repeat for more.
    #[arg(long = "authority", value_name = "KEY", value_parser = PublicKey::parse, required = true)]
    authorities: Vec<PublicKey>,
    /// How many of them must sign.
    #[arg(long, value_name = "K")]
    threshold: u8,
    /// Days after which the next edition should be there.
    #[arg(long, value_name = "N", default_value = "365")]
    valid_days: u16,
    /// File to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// The edition that follows a signed one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside directory next -o draft.json\n  \
    landside directory next edition-3.bundle --valid-days 90 -o draft.json\n\n\
    It must be signed by the authorities of the edition before, whoever it lists itself.")]
pub(crate) struct NextArgs {
    /// The signed edition [default: the one in force at the home].
    file: Option<PathBuf>,
    /// Lists these keys to sign the editions after it; repeat for more [default: as before].
    #[arg(long = "authority", value_name = "KEY", value_parser = PublicKey::parse)]
    authorities: Vec<PublicKey>,
    /// How many of them must sign [default: as before].
    #[arg(long, value_name = "K")]
    threshold: Option<u8>,
    /// Days after which the one after it should be there.
    #[arg(long, value_name = "N", default_value = "365")]
    valid_days: u16,
    /// File to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Drafts the first edition.
///
/// # Errors
/// The keys and threshold do not fit; the file cannot be written.
pub(super) fn new(args: NewArgs, out: &Output) -> Result<Exit, Failed> {
    let now = now();
    let edition = DirectoryEdition {
        network: args.network,
        number: 1,
        previous: None,
        threshold: args.threshold,
        authorities: args.authorities,
        valid_from: now,
        valid_until: now.plus(days(args.valid_days)),
        parties: Vec::new(),
    };
    written(&args.output, edition, out)
}

/// Drafts the edition after a signed one.
///
/// # Errors
/// The file is no signed edition, or none is in force; as [`new`].
pub(super) fn next(args: NextArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let before = match &args.file {
        None => Home::at(home)?.editions(now())?.newest.edition().clone(),
        Some(file) => match Edition::read(file)? {
            Edition::Bundle { edition, .. } => edition,
            Edition::Draft(_) => {
                return Err(Failed::usage(
                    "edition-unsigned",
                    format!("{} is a draft, nobody has signed it", file.display()),
                    "sign it first, or go on changing it",
                ));
            }
        },
    };
    let now = now();
    let edition = DirectoryEdition {
        number: before.number.saturating_add(1),
        previous: Some(edition_id(&before)?),
        threshold: args.threshold.unwrap_or(before.threshold),
        authorities: match args.authorities {
            none if none.is_empty() => before.authorities,
            keys => keys,
        },
        valid_from: now,
        valid_until: now.plus(days(args.valid_days)),
        network: before.network,
        parties: before.parties,
    };
    written(&args.output, edition, out)
}

fn written(file: &Path, edition: DirectoryEdition, out: &Output) -> Result<Exit, Failed> {
    if file.exists() {
        let text = format!("{} is there already", file.display());
        return Err(Failed::usage("file-exists", text, "choose another file to write"));
    }
    write_draft(file, &edition)?;
    say(file, &Edition::Draft(edition), out)?;
    Ok(Exit::Done)
}

fn days(count: u16) -> Duration {
    Duration::from_secs(u64::from(count) * 24 * 3600)
}
