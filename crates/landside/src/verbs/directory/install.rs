//! `landside directory install`: a signed edition comes in force.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use landside_node::control::{self, ControlError, Request};
use landside_node::home::{Home, HomeError};
use landside_proto::directory::Directory;
use landside_proto::ids::Hash32;
use serde_json::json;

use super::file::{Edition, described};
use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;
use crate::span::now;

/// Which edition.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside directory install edition-2.bundle\n  \
    landside directory install edition-1.bundle \\\n    \
    --trust 3f2a9c0149d1b1a96e5f2d0c7b8a9e1f3f2a9c0149d1b1a96e5f2d0c7b8a9e1f\n\n\
    The first edition of a home is trusted because people compared its id by another channel;\n\
    later ones because the authorities of the edition before signed them.")]
pub(crate) struct InstallArgs {
    /// The bundle.
    file: PathBuf,
    /// Id of the edition, as the authority said it by another channel.
    #[arg(long, value_name = "ID", value_parser = Hash32::parse)]
    trust: Option<Hash32>,
}

/// Installs it: a running node takes it at once, else it is checked and kept for the next start.
///
/// # Errors
/// It is refused; a first one comes without an id to trust.
pub(super) async fn run(args: InstallArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let node = Node::of(home)?;
    let Edition::Bundle { bytes, edition } = Edition::read(&args.file)? else {
        let text = format!("{} is a draft, nobody has signed it", args.file.display());
        let remedy = "have the authorities sign it: landside directory sign";
        return Err(Failed::usage("edition-unsigned", text, remedy));
    };
    let id = landside_proto::directory::edition_id(&edition)?;
    if let Some(trusted) = args.trust.filter(|trusted| *trusted != id) {
        let text = format!("{} has id {id}, expected {trusted}", args.file.display());
        return Err(Failed {
            exit: Exit::Refused,
            ..Failed::usage("edition-fork", text, "alarm the authority: it is not what they said")
        });
    }
    let now = now();
    let (installed, in_force) = match (node.home().editions(now), args.trust) {
        (Err(HomeError::NoDirectory), Some(trusted)) => {
            let first = Directory::found(&bytes, trusted, now)?;
            node.home().keep_edition(&first)?;
            (Arc::new(first), true)
        }
        (Err(HomeError::NoDirectory), None) => return Err(not_compared(&args.file, id)),
        (Err(error), _) => return Err(error.into()),
        (Ok(mut kept), _) => {
            if let Some(exit) = taken_by_node(node.home(), &args.file, out).await? {
                return Ok(exit);
            }
            let installed = kept.take(node.home(), &bytes, None, now).installed(&kept.newest)?;
            let in_force = kept.waiting.is_empty();
            (installed, in_force)
        }
    };
    let mut said = described(installed.edition(), installed.id());
    said["in_force"] = json!(in_force);
    out.value(said);
    Ok(Exit::Done)
}

/// Gives the bundle to the running node; `None` when none runs.
async fn taken_by_node(home: &Home, file: &Path, out: &Output) -> Result<Option<Exit>, Failed> {
    let path = std::path::absolute(file)
        .map_err(|error| Failed::broken("file", format!("{}: {error}", file.display())))?;
    let request = Request::Directory { path: path.display().to_string() };
    match control::ask(&home.socket(), &request, |object| out.object(object)).await {
        Err(ControlError::NoNode(_)) => Ok(None),
        Err(error) => Err(error.into()),
        Ok(done) => match done.error {
            Some(failure) => Err(Failed { exit: Exit::from_status(done.exit), failure }),
            None => Ok(Some(Exit::from_status(done.exit))),
        },
    }
}

fn not_compared(file: &Path, id: Hash32) -> Failed {
    Failed::usage(
        "edition-not-compared",
        format!("{} is the first edition here and has id {id}", file.display()),
        format!(
            "ask the authority for its id by telephone or on paper, and when it is the same: \
             landside directory install {} --trust {id}",
            file.display()
        ),
    )
}
