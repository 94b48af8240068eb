//! `landside doctor`: what is wrong with a node, and what to do about it.

use std::path::Path;

use clap::Args;
use landside_node::control::Request;
use landside_node::health::Weight;
use landside_node::home::Home;
use landside_node::node::clock;
use serde_json::json;

use crate::exit::{Exit, Failed};
use crate::node::Node;
use crate::output::Output;

/// How strict to be.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  landside doctor --home /var/lib/landside\n  \
    landside doctor --strict --json\n\n\
    Looks at clock, disk, modes of keys, ports, directory and backups; of a running node at its peers,\n\
    queues, witnesses and certificates too. Changes nothing. Each finding has a stable code and what\n\
    to do. Exit status 1 when something is bad, or with --strict when there is a warning.")]
pub(crate) struct DoctorArgs {
    /// Let warnings count, too.
    #[arg(long)]
    strict: bool,
}

/// Says every finding, and a summary.
///
/// # Errors
/// The home is none.
pub(crate) async fn run(args: DoctorArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let at = Home::at(home)?;
    let looked = tokio::task::spawn_blocking(move || at.checkup(clock())).await;
    let (found, running) = looked.map_err(|error| Failed::broken("doctor", error))?;
    let mut said: Vec<_> = found.iter().map(landside_node::health::Finding::view).collect();
    if running {
        let objects = Node::of(home)?.gather(&Request::Doctor).await?;
        // What both see is said once.
        let new = |object: &serde_json::Map<String, serde_json::Value>| {
            said.iter().all(|known| known.get("code") != object.get("code"))
        };
        let new: Vec<_> = objects.into_iter().filter(new).collect();
        said.extend(new.into_iter().map(serde_json::Value::Object));
    }
    let weigh =
        |weight: Weight| said.iter().filter(|finding| finding["weight"] == weight.as_str()).count();
    let (bad, warnings) = (weigh(Weight::Bad), weigh(Weight::Warning));
    for finding in said {
        out.value(finding);
    }
    out.value(json!({ "event": "doctor", "running": running, "bad": bad, "warnings": warnings }));
    let is_ill = bad > 0 || (args.strict && warnings > 0);
    Ok(if is_ill { Exit::Refused } else { Exit::Done })
}
