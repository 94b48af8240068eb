//! `landside init`: a home with new keys.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use data_encoding::HEXLOWER;
use landside_node::config::TEMPLATE;
use landside_node::custody::{self, PassphraseFrom};
use landside_node::home::{Home, InitActor, write_durably};
use landside_proto::directory::Actor;
use landside_proto::ids::PartyId;
use serde_json::json;

use crate::exit::{Exit, Failed};
use crate::output::Output;
use crate::verbs::key::settled;

/// Whose home to make, and where.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside init --party harbour-haulage\n  \
    landside init ./phone --driver --dial terminal-west\n  \
    landside init --party line-a --passphrase-from file:/etc/landside/passphrase\n\n\
    Private keys are encrypted when --passphrase-from says under what, else guarded by the mode of\n\
    their files alone.\n\n\
    Keys are new unless --seed-file is given: then they are those of the seeds in it, for a home\n\
    that must come back the same. Keep such a file as secret as the keys.")]
pub(crate) struct InitArgs {
    /// Directory to make [default: that of --home].
    dir: Option<PathBuf>,
    /// Short name of the party, as the directory will list it.
    #[arg(long, value_name = "ID", value_parser = PartyId::parse, required_unless_present = "driver")]
    party: Option<PartyId>,
    /// A driver's device, known by its key.
    #[arg(long, conflicts_with = "party")]
    driver: bool,
    /// Where other nodes reach this one (UDP) [default: nowhere, it dials out].
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<SocketAddr>,
    /// Party to keep a connection with, to collect what waits there; repeat for more.
    #[arg(long, value_name = "PARTY", value_parser = PartyId::parse)]
    dial: Vec<PartyId>,
    /// File with a line of 64 hexadecimal digits a key (RFC 8032 seed): signing key, node key.
    #[arg(long, value_name = "FILE")]
    seed_file: Option<PathBuf>,
    /// Where the passphrase is that encrypts the keys: file:PATH, env:NAME or credential:NAME.
    #[arg(long, value_name = "SOURCE", default_value_t = PassphraseFrom::None)]
    passphrase_from: PassphraseFrom,
}

/// Makes the home and says its public keys.
///
/// # Errors
/// A home is there already; a file cannot be read or written.
pub(crate) fn run(args: InitArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let dir = args.dir.unwrap_or_else(|| home.to_owned());
    let actor = args.party.map_or(InitActor::Driver, InitActor::Party);
    let seeds = match (&args.seed_file, &actor) {
        (None, _) => [new_seed()?, new_seed()?],
        (Some(file), InitActor::Driver) => read_seeds::<1>(file).map(|[seed]| [seed, seed])?,
        (Some(file), InitActor::Party(_)) => read_seeds(file)?,
    };
    let source = settled(args.passphrase_from)?;
    let home = Home::init_guarded(dir, actor, seeds, &source)?;
    write_durably(&home.config_file(), config(args.listen, &args.dial).as_bytes())?;
    home.name_passphrase(&source)?;
    let keys = home.keys()?;
    let (signing, node) = (keys.signing.public_key(), keys.node.public_key());
    let mut said = json!({
        "event": "home",
        "path": home.path().display().to_string(),
        "actor": home.actor()?,
        "signing_key": signing,
    });
    let files = home.key_files()?;
    let protections = files.iter().map(|(_, path)| custody::protection(path));
    let encrypted = protections.collect::<Result<Vec<_>, _>>()?.iter().all(|p| p.is_encrypted());
    said["encrypted"] = json!(encrypted);
    match home.actor()? {
        Actor::Party(id) => {
            said["node_key"] = json!(node);
            said["next_by"] = json!("for the authority");
            let address = args.listen.map(|at| format!(" --address {at}")).unwrap_or_default();
            said["next"] = json!(format!(
                "landside directory add DRAFT.json --party {id} --name NAME --role ROLE \
                 --signing-key {signing} --node-key {node}{address}"
            ));
        }
        Actor::Driver(_) => {
            said["next_by"] = json!("for the haulier");
            said["next"] = json!(format!("landside enrol --key {signing} --name NAME --days 365"));
        }
    }
    out.value(said);
    Ok(Exit::Done)
}

/// 32 bytes of the operating system's randomness.
///
/// # Errors
/// The operating system has none.
pub(crate) fn new_seed() -> Result<[u8; 32], Failed> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| Failed::broken("no-randomness", error))?;
    Ok(seed)
}

/// The config file of a new home: the defaults, with what was said in its place.
fn config(listen: Option<SocketAddr>, dial: &[PartyId]) -> String {
    let mut text = TEMPLATE.to_owned();
    if let Some(address) = listen {
        text = text.replace("# quic = \"0.0.0.0:4433\"", &format!("quic = \"{address}\""));
    }
    if !dial.is_empty() {
        let names: Vec<_> = dial.iter().map(|party| format!("\"{party}\"")).collect();
        text = text.replace("\ndial = []", &format!("\ndial = [{}]", names.join(", ")));
    }
    text
}

fn read_seeds<const N: usize>(file: &Path) -> Result<[[u8; 32]; N], Failed> {
    let wrong = || {
        Failed::usage(
            "seed-file",
            format!("{} is not {N} line(s) of 64 hexadecimal digits", file.display()),
            "write one line a key: signing key, then node key; a driver has one key",
        )
    };
    let text = fs::read_to_string(file)
        .map_err(|error| Failed::broken("file", format!("{}: {error}", file.display())))?;
    let mut seeds = Vec::with_capacity(N);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let seed = HEXLOWER.decode(line.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        seeds.push(seed.ok_or_else(wrong)?);
    }
    seeds.try_into().map_err(|_| wrong())
}

#[cfg(test)]
mod tests;
