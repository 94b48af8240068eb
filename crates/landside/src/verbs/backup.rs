//! `landside backup`, `restore`, `known` and `rejoin`: a home in one file, and back.

use std::path::{Path, PathBuf};

use clap::Args;
use landside_node::backup::{self, BackupError, KeysToo};
use landside_node::control::Request;
use landside_node::home::Home;
use landside_node::node::clock;
use landside_node::store::is_held;
use landside_proto::ids::PartyId;
use serde_json::json;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// Where to.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside backup /mnt/backup\n  \
    landside backup /mnt/backup --without-keys\n\n\
    Works while the node runs, and without one. One file, readable by its owner only, with a hash at\n\
    its end. Private keys lie in it as they lie in the home: encrypted, or not.")]
pub(crate) struct BackupArgs {
    /// Folder to write the file into; it is made where it is not there.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Leave the private keys out: they are kept elsewhere.
    #[arg(long)]
    without_keys: bool,
}

/// Writes a backup.
///
/// # Errors
/// As [`Node::ask`]; the file cannot be written.
pub(crate) async fn run(args: BackupArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let dir = std::path::absolute(&args.dir).map_err(|error| Failed::broken("file", error))?;
    let at = Home::at(home)?;
    if is_held(&at.store_dir()) {
        let dir = dir.display().to_string();
        return Node::of(home)?.ask(&Request::Backup { dir, keys: !args.without_keys }, out).await;
    }
    let keys = if args.without_keys { KeysToo::No } else { KeysToo::Yes };
    let made = tokio::task::spawn_blocking(move || backup::backup_stopped(&at, &dir, keys)).await;
    let made = made.map_err(|error| Failed::broken("backup", error))?;
    out.value(made.map_err(failed)?.view());
    Ok(Exit::Done)
}

/// Which backup, and where to.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    landside restore line-a-20270101T020000Z.landside-backup --home /var/lib/landside\n\n\
    Verifies the whole file first, and makes a home only where there is nothing. The home of a terminal\n\
    does not run before landside rejoin: an old copy of a log gives places a second time.")]
pub(crate) struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Makes a home of a backup.
///
/// # Errors
/// The file is no whole backup; something is there already.
pub(crate) async fn restore(args: RestoreArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let (file, to) = (args.file, home.to_owned());
    let made = tokio::task::spawn_blocking(move || backup::restore(&file, &to)).await;
    let made = made.map_err(|error| Failed::broken("restore", error))?.map_err(failed)?;
    out.value(json!({
        "event": "restored", "path": home.display().to_string(), "actor": made.actor,
        "backup_at": made.backup_at, "rows": made.rows, "batches": made.batches,
        "files": made.files, "keys": made.keys, "log_entries": made.log_entries,
    }));
    Ok(Exit::Done)
}

/// Whose log.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside known terminal-west\n\n\
    Says how many entries the log of a terminal must have had, by all that this node keeps. A terminal\n\
    that was restored from a backup asks its witnesses and readers for this number.")]
pub(crate) struct KnownArgs {
    /// The terminal.
    #[arg(value_name = "TERMINAL", value_parser = PartyId::parse)]
    terminal: PartyId,
}

/// Says how much of a log is known.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn known(args: KnownArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    Node::of(home)?.ask(&Request::Known { terminal: args.terminal.to_string() }, out).await
}

/// What others know.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    landside rejoin --known 18250 --known 18249 --person \"Chen Yu\"\n\n\
    Give the number that landside known says at every witness and at every party that may have had\n\
    documents since the backup. When one is larger than the log restored, places were given that this\n\
    copy does not have: then it is refused, and must not run.")]
pub(crate) struct RejoinArgs {
    /// Entries of this log that a witness or reader knows; repeat for each that was asked.
    #[arg(long, value_name = "ENTRIES", required = true)]
    known: Vec<u64>,
    /// Who asked them.
    #[arg(long, value_name = "NAME")]
    person: String,
}

/// Lets a restored terminal run.
///
/// # Errors
/// Places were lost; the home does not wait.
pub(crate) fn rejoin(args: RejoinArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    Home::at(home)?.rejoin(&args.known, &args.person, clock()).map_err(failed)?;
    out.value(json!({ "event": "rejoined", "path": home.display().to_string() }));
    Ok(Exit::Done)
}

fn failed(error: BackupError) -> Failed {
    let exit = match &error {
        BackupError::Exists(_) | BackupError::NotWaiting(_) => Exit::Usage,
        BackupError::Damaged { .. } | BackupError::PlacesLost { .. } => Exit::Refused,
        _ => Exit::Broken,
    };
    Failed::with_remedy(exit, error.code(), error.to_string(), error.remedy())
}
