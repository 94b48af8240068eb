//! `landside directory key` and `sign`: what an authority does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use landside_proto::directory::add_signature;
use landside_proto::key::{SecretKey, Signer as _};
use serde_json::json;

use super::file::{Edition, read_if_there, say, write};
use crate::exit::{Exit, Failed};
use crate::output::Output;
use crate::span::now;
use crate::verbs::init::new_seed;

/// Where to keep a new key.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside directory key -o authority.pem\n\n\
    Keep it off line. It is PKCS#8 in PEM, as openssl reads it.")]
pub(crate) struct KeyArgs {
    /// File to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// What to sign.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    landside directory sign draft.json --key authority.pem -o edition-1.bundle\n  \
    landside directory sign edition-1.bundle --key authority-2.pem\n\n\
    A draft needs -o; a bundle that is there already gets the signature added.")]
pub(crate) struct SignArgs {
    /// A draft or a bundle.
    file: PathBuf,
    /// The authority's private key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Bundle to write [default: the bundle that is signed].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Makes an authority key.
///
/// # Errors
/// The file is there already or cannot be written.
pub(super) fn make_key(args: KeyArgs, out: &Output) -> Result<Exit, Failed> {
    let file = args.output;
    if file.exists() {
        let text = format!("{} is there already", file.display());
        return Err(Failed::usage("file-exists", text, "choose another file to write"));
    }
    let key = SecretKey::from_seed(new_seed()?);
    let pem = key.to_pkcs8_pem().map_err(|error| Failed::broken("key", error))?;
    write(&file, pem.as_bytes())?;
    let file = file.display().to_string();
    out.value(json!({"event": "key", "file": file, "public_key": key.public_key()}));
    Ok(Exit::Done)
}

/// Signs a draft or a bundle.
///
/// # Errors
/// The key does not belong to an authority or can be read by others; the bundle to write holds
/// another edition; a file cannot be read or written.
pub(super) fn run(args: SignArgs, out: &Output) -> Result<Exit, Failed> {
    let key = read_key(&args.key)?;
    let (target, before, edition) = match (Edition::read(&args.file)?, args.output) {
        (Edition::Bundle { bytes, edition }, output) => {
            (output.unwrap_or(args.file), bytes, edition)
        }
        (Edition::Draft(edition), Some(output)) => {
            let before = read_if_there(&output)?;
            (output, before, edition)
        }
        (Edition::Draft(_), None) => {
            let text = format!("{} is a draft; where to write is not said", args.file.display());
            return Err(Failed::usage("output-missing", text, "say -o BUNDLE"));
        }
    };
    // The keys of the edition before sign too, and they need not be listed any more.
    if edition.number == 1 && !edition.authorities.contains(&key.public_key()) {
        let text = format!("{} is no authority of this edition", key.public_key());
        return Err(Failed::usage("key-unknown", text, "sign with a key the edition lists"));
    }
    let bundle = add_signature(&before, &edition, now(), &key)?;
    write(&target, &bundle)?;
    say(&target, &Edition::Bundle { bytes: bundle, edition }, out)?;
    Ok(Exit::Done)
}

fn read_key(file: &Path) -> Result<SecretKey, Failed> {
    let name = file.display();
    let broken = |error| Failed::broken("file", format!("{name}: {error}"));
    let mode = fs::metadata(file).map_err(broken)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let text = format!("{name} has mode {mode:o}, others can read the key; chmod 600 {name}");
        return Err(Failed::broken("key-mode", text));
    }
    let pem = fs::read_to_string(file).map_err(broken)?;
    SecretKey::from_pkcs8_pem(&pem)
        .map_err(|error| Failed::broken("key", format!("{name}: {error}")))
}
