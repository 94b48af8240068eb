//! `landside directory key` and `sign`: what an authority does.

use std::path::PathBuf;

use clap::Args;
use landside_node::custody::{self, PassphraseFrom};
use landside_proto::directory::add_signature;
use landside_proto::key::{SecretKey, Signer as _};

use super::file::{Edition, read_if_there, say, write};
use crate::exit::{Exit, Failed};
use crate::output::Output;
use crate::span::now;
use crate::verbs::init::new_seed;
use crate::verbs::key::told;

/// Where to keep a new key.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    landside directory key -o authority.pem --passphrase-from file:/media/usb/passphrase\n  \
    landside directory key -o authority.pem\n\n\
    Keep it off line. It is PKCS#8 in PEM, as openssl reads it, and encrypted only when\n\
    --passphrase-from says under what.")]
pub(crate) struct KeyArgs {
    /// File to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Where the passphrase is that encrypts it: file:PATH, env:NAME or credential:NAME.
    #[arg(long, value_name = "SOURCE", default_value_t = PassphraseFrom::None)]
    passphrase_from: PassphraseFrom,
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
    /// Where its passphrase is, if it has one: file:PATH, env:NAME or credential:NAME.
    #[arg(long, value_name = "SOURCE", default_value_t = PassphraseFrom::None)]
    passphrase_from: PassphraseFrom,
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
    // A bare name has no directory to sync.
    let whole = std::path::absolute(&file)
        .map_err(|error| Failed::broken("file", format!("{}: {error}", file.display())))?;
    custody::write_key(&whole, &key, args.passphrase_from.read()?.as_ref())?;
    out.value(told(&file, None, custody::protection(&whole)?, Ok(key.public_key())));
    Ok(Exit::Done)
}

/// Signs a draft or a bundle.
///
/// # Errors
/// The key does not belong to an authority or can be read by others; the bundle to write holds
/// another edition; a file cannot be read or written.
pub(super) fn run(args: SignArgs, out: &Output) -> Result<Exit, Failed> {
    let key = custody::read_key(&args.key, || args.passphrase_from.read())?;
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
