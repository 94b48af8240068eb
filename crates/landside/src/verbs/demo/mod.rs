//! `landside demo`: a port on one machine, from a COREOR message to the last gate-out.
//!
//! Every party runs as an operating-system process of its own with its own keys, store and UDP
//! port; this process only does what people at counters would do, through the nodes' control
//! sockets, and looks at the result. Nothing is passed between parties but over the wire.

mod chaos;
mod consoles;
mod desk;
mod evidence;
mod flow;
mod port;
pub(crate) mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use landside_edifact::syntax::FILE_MAX;
use landside_node::control::Request;
use landside_node::home::read_bounded;
use serde_json::json;

use self::desk::Desk;
use self::port::Port;
use crate::exit::{Exit, Failed};
use crate::output::Output;

/// The message imported unless another is given.
const COREOR: &[u8] = include_bytes!("../../../../../fixtures/edifact/coreor-demo.edi");

/// Containers carried through to the gate; a longer message is imported whole, the rest waits.
const CONTAINERS_MAX: usize = 40;

/// How long the whole demo may take before it counts as failed.
const DEMO_LIFE: Duration = Duration::from_secs(300);

/// Days from now for orders whose time has passed: a message from anywhere may be old.
const RENEW_DAYS: u32 = 7;

/// Play a whole port on this machine: seven nodes, one message, every container out.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  landside demo\n  landside demo --coreor order.edi --keep /tmp/port"
)]
pub(crate) struct DemoArgs {
    /// A COREOR file; its parties are mapped onto the demo's by role.
    #[arg(long, value_name = "FILE")]
    coreor: Option<PathBuf>,
    /// Leave the homes of all parties in this directory.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Keep the nodes running afterwards, until Ctrl-C, with screens and people who can log in.
    #[arg(long)]
    stay: bool,
    /// Kill nodes with SIGKILL at random moments all the way, and start them again.
    #[arg(long, value_name = "SEED")]
    chaos: Option<u64>,
}

/// Plays the demo. Done only if everything held.
pub(crate) async fn run(args: DemoArgs, out: &Output) -> Result<Exit, Failed> {
    let coreor = match &args.coreor {
        None => COREOR.to_vec(),
        Some(path) => read_bounded(path, FILE_MAX).map_err(|e| {
            Failed::usage(
                "file-unreadable",
                format!("{}: {e}", path.display()),
                "give a COREOR file",
            )
        })?,
    };
    let port = Arc::new(Port::build(args.keep.as_deref(), &coreor)?);
    let played = tokio::select! {
        played = tokio::time::timeout(DEMO_LIFE, play(&port, args.chaos, out)) => played,
        () = told_to_end() => {
            port.stop_all().await;
            return Err(Failed::broken("interrupted", "interrupted"));
        }
    };
    let played = match played {
        Ok(played) => played,
        Err(_) => Err(Failed::broken("demo-timeout", format!("not done after {DEMO_LIFE:?}"))),
    };
    let containers = match played {
        Ok(containers) => containers,
        Err(failed) => {
            // A message that releases nothing leaves nothing to look at.
            if failed.exit == Exit::Broken {
                port.keep_on_failure();
            }
            port.stop_all().await;
            return Err(failed);
        }
    };
    let verified = verify(&port, &containers, out).await;
    if args.stay && verified.is_ok() {
        stay(&port, out).await?;
    }
    port.stop_all().await;
    if args.keep.is_some() {
        out.value(json!({ "event": "demo-kept", "directory": port.dir().display().to_string() }));
    }
    verified
}

/// From starting the nodes to the last gate-out.
async fn play(port: &Arc<Port>, chaos: Option<u64>, out: &Output) -> Result<Vec<String>, Failed> {
    port.start_all()?;
    let desk = Desk::new(Arc::clone(port));
    desk.wait_for_all().await?;
    for member in port.members() {
        out.value(json!({
            "event": "demo-node", "name": member.name, "role": member.role,
            "address": member.address.map(|a| a.to_string()), "pid": member.pid(),
        }));
    }
    flow::enrol_driver(&desk).await?;
    let released = flow::import(&desk, out, RENEW_DAYS).await?;
    let containers: Vec<_> = released.into_iter().take(CONTAINERS_MAX).collect();
    let killer = chaos.map(|seed| chaos::start(Arc::clone(port), seed));
    let mut flows = tokio::task::JoinSet::new();
    for (place, container) in containers.iter().enumerate() {
        let scenario = flow::Scenario::of(place, containers.len());
        let (desk, container) = (desk.clone(), container.clone());
        flows.spawn(async move { flow::collect(&desk, &container, place, scenario).await });
    }
    let mut done = Vec::new();
    while let Some(flow) = flows.join_next().await {
        done.push(flow.map_err(|e| Failed::broken("demo-flow", e))??);
    }
    if let Some(killer) = killer {
        let kills = killer.stop().await;
        out.value(json!({ "event": "demo-chaos", "kills": kills }));
        desk.wait_for_all().await?;
    }
    done.sort_by_key(|flow| flow.place);
    for flow in &done {
        report::container(&desk, flow, out).await?;
    }
    desk.wait_until_delivered().await?;
    flow::same_everywhere(&desk, &containers).await?;
    for container in &containers {
        evidence::export(&desk, container).await?;
    }
    report::summary(&done, out);
    report::directory(&desk, port, out).await?;
    Ok(containers)
}

/// Looks through every evidence file and every store with fresh processes, the nodes stopped.
async fn verify(port: &Arc<Port>, containers: &[String], out: &Output) -> Result<Exit, Failed> {
    port.stop_all().await;
    let mut sound = true;
    for container in containers {
        sound &= evidence::verify(port, container, out).await?;
    }
    for member in port.members() {
        let report = port.fsck(member).await?;
        sound &= report["problems"].as_array().is_some_and(Vec::is_empty);
        out.value(json!({
            "event": "demo-verified", "name": member.name, "documents": report["documents"],
            "problems": report["problems"],
        }));
    }
    out.value(json!({ "event": "demo-done", "ok": sound }));
    if sound { Ok(Exit::Done) } else { Ok(Exit::Refused) }
}

/// Starts the nodes again, with screens for their people, and leaves them up until Ctrl-C.
async fn stay(port: &Arc<Port>, out: &Output) -> Result<(), Failed> {
    let opened = consoles::open(port)?;
    port.start_all()?;
    Desk::new(Arc::clone(port)).wait_for_all().await?;
    for member in port.members() {
        let home: &Path = member.home.path();
        out.value(json!({
            "event": "demo-stays", "name": member.name, "role": member.role,
            "home": home.display().to_string(),
        }));
    }
    for console in opened {
        out.value(console);
    }
    told_to_end().await;
    Ok(())
}

/// Waits for Ctrl-C, SIGTERM or the end of the terminal.
async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = signals.map(signal) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

/// Asks a node nothing but whether it is there.
pub(super) const HELLO: Request = Request::Info;
