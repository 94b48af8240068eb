//! A whole node: documents of many visits issued at once, as a terminal's morning looks to it.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{fs, io};

use landside_node::control::{self, Request};
use landside_node::home::{Home, HomeError, InitActor};
use landside_node::inspect::{self, InspectError};
use landside_node::node::{Node, clock};
use landside_node::store::OpenError;
use landside_proto::directory::{Directory, add_signature, edition_id};
use landside_proto::document::{
    Arrival, CustomsState, CustomsStatus, DirectoryEdition, Document, Hold, HoldLift, HoldType,
    KeyEntry, PartyEntry, ReleaseOrder, ReleaseTerms, Remark, Role, Visit,
};
use landside_proto::ids::{BillNo, ContainerNo, DocId, PartyId, UnixMillis};
use landside_proto::key::{SecretKey, Signer};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::{Ack, Plan, Subject, Verdict};

/// A terminal that is its own line and customs office, with a forwarder that never answers: the
/// registrar, group commit, log, indexes and outbox are all on the way of each document.
///
/// Acknowledged is what `issue` gave back: container, place in the case, place in the log, id.
pub struct WholeNode;

/// Visits carried out at once, so that their documents share commits.
const VISITS_AT_ONCE: u64 = 16;
/// A visit that no process began: the node works on after the cut.
const NEW_SERIAL: u64 = 999_999;
/// Where a node's directory is below the recorded one.
const HOME: &str = "home";
const TERMINAL: &str = "terminal";
const FORWARDER: &str = "forwarder";
/// How long the directory and the releases are good for.
const DAY: Duration = Duration::from_secs(86_400);

type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Subject for WholeNode {
    fn name(&self) -> &'static str {
        "node"
    }

    fn life_max(&self) -> u64 {
        600
    }

    fn write(&self, dir: &Path, plan: &Plan, ack: Ack<'_>) -> io::Result<()> {
        let home = home(&dir.join(HOME)).map_err(io::Error::other)?;
        Runtime::new()?.block_on(work(home, plan.batches, ack)).map_err(io::Error::other)
    }

    fn check(&self, dir: &Path, _: &Plan, acked: &[String]) -> Verdict {
        let dir = dir.join(HOME);
        match look_through(&dir) {
            Ok(problems) if problems.is_empty() => {}
            Ok(problems) => return Verdict::Torn(problems.join("; ")),
            // The cut came before the home was whole; then nothing can have been acknowledged.
            Err(
                error @ (InspectError::Home(HomeError::NoHome(_) | HomeError::NoDirectory)
                | InspectError::Open(OpenError::Missing(_))),
            ) => return if acked.is_empty() { Verdict::Whole } else { lost(&error) },
            Err(error) => return Verdict::NotOpened(error.to_string()),
        }
        let checked = Runtime::new()
            .map_err(Failed::from)
            .and_then(|runtime| runtime.block_on(compare(&dir, acked)));
        checked.unwrap_or_else(|error| Verdict::NotOpened(error.to_string()))
    }
}

// Work.

/// Carries out `visits` visits and acknowledges each document once it is durable.
async fn work(home: Home, visits: u64, ack: Ack<'_>) -> Result<(), Failed> {
    let desk = Desk { socket: home.socket(), node: Node::start(home).await?.0 };
    let documents = desk.ask(&Request::Info).await?["documents"].as_u64().unwrap_or_default();
    // Beyond every container that an earlier process can have begun: each has a document at least,
    // but for those of its last visits.
    let first = documents * (VISITS_AT_ONCE + 1);
    let next = Arc::new(AtomicU64::new(first));
    let (told, mut acknowledged) = unbounded_channel();
    let mut workers = JoinSet::new();
    for _ in 0..VISITS_AT_ONCE {
        let (desk, next, told) = (desk.clone(), Arc::clone(&next), told.clone());
        workers.spawn(async move {
            loop {
                let serial = next.fetch_add(1, Ordering::Relaxed);
                if serial >= first + visits {
                    return Ok::<_, Failed>(());
                }
                desk.visit(serial, &told).await?;
            }
        });
    }
    drop(told);
    while let Some(line) = acknowledged.recv().await {
        ack(&line)?;
    }
    while let Some(worker) = workers.join_next().await {
        worker??;
    }
    Ok(())
}

/// The terminal's people.
#[derive(Clone)]
struct Desk {
    node: Node,
    socket: PathBuf,
}

impl Desk {
    /// Release, arrival, customs, a hold, a truck sent away, the hold lifted, the box in reach.
    async fn visit(&self, serial: u64, told: &UnboundedSender<String>) -> Result<(), Failed> {
        let visit = visit(serial)?;
        let bill = BillNo::parse(&format!("PLS{serial:08}"))?;
        let arrival = |builds_on, available| Arrival {
            visit: visit.clone(),
            builds_on,
            discharged_at: Some(clock()),
            available,
            cleared: true,
            position: None,
            damage: None,
            told: Vec::new(),
        };
        let order = ReleaseOrder::of(
            visit.clone(),
            bill.clone(),
            ReleaseTerms::of(PartyId::parse(FORWARDER)?, clock().plus(DAY)),
        );
        let status = CustomsStatus {
            visit: visit.clone(),
            consignment: bill,
            builds_on: None,
            status: CustomsState::Released,
            national_code: None,
            declaration: None,
        };
        let hold = Hold {
            visit: visit.clone(),
            hold_type: HoldType::TerminalDamage,
            reason: Remark::parse("door does not close")?,
        };
        self.issue(order, told).await?;
        let arrived = self.issue(arrival(None, false), told).await?;
        self.issue(status, told).await?;
        let held = self.issue(hold, told).await?;
        self.turn_away(&visit, told).await?;
        let lift = HoldLift { visit: visit.clone(), builds_on: held, reason: None };
        self.issue(lift, told).await?;
        self.issue(arrival(Some(arrived), true), told).await?;
        Ok(())
    }

    /// Registers a document; tells where it stands once that is durable.
    async fn issue(
        &self,
        document: impl Into<Document>,
        told: &UnboundedSender<String>,
    ) -> Result<DocId, Failed> {
        let document = document.into();
        let container = document.visit().ok_or("no visit")?.container;
        let issued = self.node.issue(document, Vec::new()).await?;
        let position = issued.position.ok_or("not registered")?;
        let place = position.case.ok_or("in no case")?.place;
        told.send(line(container.as_str(), place.into(), position.log, &issued.id.to_string()))?;
        Ok(issued.id)
    }

    /// A truck without a pass is refused at the gate, and the refusal is registered.
    async fn turn_away(&self, visit: &Visit, told: &UnboundedSender<String>) -> Result<(), Failed> {
        let container = visit.container.to_string();
        let check = Request::GateCheck { shown: None, subject: Some(container), plate: None };
        let id = self.ask(&check).await?["id"].as_str().unwrap_or_default().to_owned();
        let found = self.timeline(visit.container.as_str()).await?;
        let found = found.into_iter().find(|line| line.ends_with(&id));
        Ok(told.send(found.ok_or("the gate decision is not in its case")?)?)
    }

    /// The documents of a container's case, as they are acknowledged.
    async fn timeline(&self, container: &str) -> Result<Vec<String>, Failed> {
        let case = self.ask(&Request::Status { subject: container.to_owned() }).await?;
        let steps = case["timeline"].as_array().ok_or("no timeline")?;
        let number = |step: &Value, name: &str| step[name].as_u64().unwrap_or(u64::MAX);
        let id = |step: &Value| step["id"].as_str().unwrap_or_default().to_owned();
        Ok(steps
            .iter()
            .map(|step| line(container, number(step, "place"), number(step, "log"), &id(step)))
            .collect())
    }

    /// Asks the node what commands ask it; gives the object it answers with.
    async fn ask(&self, request: &Request) -> Result<Value, Failed> {
        let mut answer = None;
        let done = control::ask(&self.socket, request, |object| answer = Some(object.clone()));
        match done.await?.error {
            Some(failure) => Err(format!("{}: {}", failure.code, failure.text).into()),
            None => Ok(answer.map(Value::Object).ok_or("no answer")?),
        }
    }
}

fn line(container: &str, place: u64, log: u64, id: &str) -> String {
    format!("{container} {place} {log} {id}")
}

fn visit(serial: u64) -> Result<Visit, Failed> {
    let unchecked = format!("PLSU{serial:06}");
    let container = format!("{unchecked}{}", ContainerNo::check_digit(&unchecked)?);
    Ok(Visit { terminal: PartyId::parse(TERMINAL)?, container: ContainerNo::parse(&container)? })
}

// Check.

/// What the check with the node stopped finds.
fn look_through(dir: &Path) -> Result<Vec<String>, InspectError> {
    inspect::fsck(&Home::at(dir)?).map(|report| report.problems)
}

/// Starts the node on the image, looks for everything acknowledged, and lets it work on.
async fn compare(dir: &Path, acked: &[String]) -> Result<Verdict, Failed> {
    restore_modes(dir)?;
    let home = Home::at(dir)?;
    let desk = Desk { socket: home.socket(), node: Node::start(home).await?.0 };
    let containers: BTreeSet<&str> =
        acked.iter().filter_map(|line| line.split(' ').next()).collect();
    let mut found = BTreeSet::new();
    for container in containers {
        match desk.timeline(container).await {
            Ok(lines) => found.extend(lines),
            Err(error) => return Ok(lost(&format!("{container}: {error}"))),
        }
    }
    if let Some(missing) = acked.iter().find(|line| !found.contains(*line)) {
        return Ok(lost(missing));
    }
    let (told, mut acknowledged) = unbounded_channel();
    desk.visit(NEW_SERIAL, &told).await?;
    drop(told);
    let mut count = 0;
    while acknowledged.recv().await.is_some() {
        count += 1;
    }
    Ok(if count > 0 { Verdict::Whole } else { Verdict::Torn("nothing new".to_owned()) })
}

/// The replay does not keep modes, and a node does not touch a key that others can read.
fn restore_modes(home: &Path) -> io::Result<()> {
    for key in fs::read_dir(home.join("keys"))? {
        fs::set_permissions(key?.path(), fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn lost(what: &impl std::fmt::Display) -> Verdict {
    Verdict::Lost(what.to_string())
}

// Home.

/// The home as an earlier process left it, made whole.
fn home(dir: &Path) -> Result<Home, Failed> {
    let home = match Home::at(dir) {
        Ok(home) => home,
        Err(HomeError::NoHome(_)) => {
            Home::init(dir, InitActor::Party(PartyId::parse(TERMINAL)?), [[1; 32], [2; 32]])?
        }
        Err(error) => return Err(error.into()),
    };
    match home.directory(clock()) {
        Err(HomeError::NoDirectory) => home.keep_edition(&edition(&home)?)?,
        other => drop(other?),
    }
    Ok(home)
}

fn edition(home: &Home) -> Result<Directory, Failed> {
    let authority = SecretKey::from_seed([3; 32]);
    let keys = home.keys()?;
    let party = |id, roles, signing: &dyn Signer, node: &dyn Signer| {
        Ok::<_, Failed>(PartyEntry {
            id: PartyId::parse(id)?,
            name: Remark::parse(id)?,
            roles,
            signing_keys: vec![KeyEntry {
                key: signing.public_key(),
                from: UnixMillis::from_millis(0),
                until: None,
            }],
            node_keys: vec![node.public_key()],
            addresses: Vec::new(),
            rotations_from: None,
            agents: Vec::new(),
        })
    };
    let roles = vec![Role::Terminal, Role::Customs, Role::Line];
    let absent = [4, 5].map(|seed| SecretKey::from_seed([seed; 32]));
    let edition = DirectoryEdition {
        network: Remark::parse("powerloss")?,
        number: 1,
        previous: None,
        threshold: 1,
        authorities: vec![authority.public_key()],
        valid_from: clock(),
        valid_until: clock().plus(DAY),
        parties: vec![
            party(FORWARDER, vec![Role::Forwarder], &absent[0], &absent[1])?,
            party(TERMINAL, roles, keys.signing.as_ref(), keys.node.as_ref())?,
        ],
    };
    let bundle = add_signature(&[], &edition, clock(), &authority)?;
    Ok(Directory::found(&bundle, edition_id(&edition)?, clock())?)
}
