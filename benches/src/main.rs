//! Documents registered per second, end to end over QUIC on loopback.
//!
//! A line's node in this process signs release orders; a terminal's node in a process of its own
//! registers them: verified strictly, judged, written with log, indexes and outbox, synced, and
//! answered with a signed receipt, which the line verifies and keeps. A document counts when the
//! line has its answer durable. The crypto bound of the same run is printed beside: what the two
//! ends' cores could do if one signature and one strict verification a document were all the work.
//!
//! `cargo run --release -p landside-bench [-- --json] [--documents N]`
//!
//! With `log [--leaves N]` it grows the log of a terminal by itself instead: see [`log`]. With
//! `board [--cases N]` it asks for lists of open cases: see [`board`]. With `screens [--cases N] [--screens N]` it opens
//! screens over TLS and sees how soon the last of them knows: see [`screens`].

mod board;
mod log;
mod screens;

use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use landside_node::event::Event;
use landside_node::home::{Home, InitActor};
use landside_node::node::{Node, clock, serve};
use landside_proto::directory::{Directory, add_signature, edition_id};
use landside_proto::document::{
    DirectoryEdition, Document, KeyEntry, Outcome, PartyEntry, ReleaseOrder, ReleaseTerms, Remark,
    Role, Visit,
};
use landside_proto::ids::{BillNo, ContainerNo, DocId, PartyId};
use landside_proto::key::{SecretKey, Signer as _};
use serde_json::json;
use tokio::sync::{Mutex, broadcast, oneshot};
use tokio::task::JoinSet;

type Failed = Box<dyn Error + Send + Sync>;

/// Documents in flight at once, run by run.
const WINDOWS: [usize; 3] = [1, 64, 1024];

/// Documents of a run unless told otherwise; the run with one in flight takes a tenth.
const DOCUMENTS: u64 = 20_000;

/// Bytes of the message in the crypto bound, as in the figures this is compared with.
const MESSAGE_LEN: usize = 600;

/// Signatures measured for the crypto bound.
const SIGNATURES: u32 = 4_000;

/// Ticks of /proc/PID/stat a second (USER_HZ, fixed on Linux).
const TICKS_PER_S: f64 = 100.0;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let args: Vec<String> = std::env::args().collect();
    if let [_, verb, home] = &args[..]
        && verb == "serve"
    {
        return Ok(serve(Home::at(home)?).await?);
    }
    if let [_, verb, home] = &args[..]
        && verb == "console"
    {
        return screens::serve(home).await;
    }
    let json = args.iter().any(|arg| arg == "--json");
    let number = |name: &str, usual: u64| {
        let at = args.iter().position(|arg| arg == name);
        at.and_then(|at| args.get(at + 1)).map_or(Ok(usual), |n| n.parse())
    };
    let dir = std::env::temp_dir().join(format!("landside-bench-{}", std::process::id()));
    let result = if args.get(1).is_some_and(|verb| verb == "log") {
        let leaves = number("--leaves", log::LEAVES)?;
        log::run(&dir, leaves, json)
    } else if args.get(1).is_some_and(|verb| verb == "board") {
        board::run(&dir, number("--cases", board::CASES)?, json).await
    } else if args.get(1).is_some_and(|verb| verb == "open") {
        screens::open(&dir).await
    } else if args.get(1).is_some_and(|verb| verb == "screens") {
        let (cases, screens) =
            (number("--cases", board::CASES)?, number("--screens", screens::SCREENS)?);
        screens::run(&dir, cases, screens, json).await
    } else {
        let documents = number("--documents", DOCUMENTS)?;
        run(&dir, documents, json).await
    };
    std::fs::remove_dir_all(&dir)?;
    result
}

async fn run(dir: &Path, documents: u64, json: bool) -> Result<(), Failed> {
    let bound = crypto_bound();
    if json {
        println!("{}", json!({ "event": "crypto-bound", "documents_per_s": bound.round() }));
    } else {
        println!(
            "crypto bound, both ends: {bound:.0} documents/s (one signature, one strict verification each)"
        );
        println!(
            "{:>9} {:>10} {:>12} {:>9} {:>9} {:>14} {:>9}",
            "in flight",
            "documents",
            "documents/s",
            "p50 ms",
            "p99 ms",
            "CPU s / 1,000",
            "of bound"
        );
    }
    let port = Arc::new(Port::start(dir).await?);
    for window in WINDOWS {
        let count = if window == 1 { documents.div_ceil(10) } else { documents };
        let figures = port.measure(window, count).await?;
        figures.print(bound, json);
    }
    Ok(())
}

/// Documents a second if every core did nothing but sign once and verify once for each.
fn crypto_bound() -> f64 {
    let key = SecretKey::from_seed([7; 32]);
    let (public, message) = (key.public_key(), [7; MESSAGE_LEN]);
    let begun = Instant::now();
    for _ in 0..SIGNATURES {
        let signature = std::hint::black_box(key.sign(std::hint::black_box(&message)));
        let verified = public.verify(&message, &signature);
        assert!(std::hint::black_box(verified).is_ok(), "own signature verifies");
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cores = f64::from(u32::try_from(cores).unwrap_or(1));
    cores * f64::from(SIGNATURES) / begun.elapsed().as_secs_f64()
}

/// A line in this process and a terminal in another.
struct Port {
    line: Node,
    terminal: tokio::process::Child,
    answers: Answers,
    serial: AtomicU64,
}

impl Port {
    async fn start(dir: &Path) -> Result<Self, Failed> {
        let homes = homes(dir)?;
        let terminal = tokio::process::Command::new(std::env::current_exe()?)
            .args(["serve".as_ref(), homes.terminal.path().as_os_str()])
            .kill_on_drop(true)
            .spawn()?;
        let (line, _running) = Node::start(homes.line).await?;
        let answers = Answers::default();
        tokio::spawn(dispatch(line.events(), Arc::clone(&answers)));
        let port = Self { line, terminal, answers, serial: AtomicU64::new(0) };
        // The first document opens the link and shows that both ends are up.
        port.one().await?;
        Ok(port)
    }

    /// Issues one document and waits until its answer is durable; gives the time it took.
    async fn one(&self) -> Result<Duration, Failed> {
        let document = self.document()?;
        let begun = Instant::now();
        let issued = self.line.issue(document, Vec::new()).await?;
        let mut answers = self.answers.lock().await;
        let outcome = match answers.remove(&issued.id) {
            Some(Answer::Here(outcome)) => outcome,
            _ => {
                let (tell, told) = oneshot::channel();
                answers.insert(issued.id, Answer::Awaited(tell));
                drop(answers);
                told.await?
            }
        };
        match outcome {
            Outcome::Refused => Err("a document was refused".into()),
            _ => Ok(begun.elapsed()),
        }
    }

    fn document(&self) -> Result<Document, Failed> {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("BNCU{serial:06}");
        let container = format!("{prefix}{}", ContainerNo::check_digit(&prefix)?);
        let order = ReleaseOrder::of(
            Visit {
                terminal: PartyId::parse("terminal")?,
                container: ContainerNo::parse(&container)?,
            },
            BillNo::parse(&format!("BENCH{serial:010}"))?,
            ReleaseTerms::of(
                PartyId::parse("forwarder")?,
                clock().plus(Duration::from_secs(86_400)),
            ),
        );
        Ok(order.into())
    }

    async fn measure(self: &Arc<Self>, window: usize, count: u64) -> Result<Figures, Failed> {
        let left = Arc::new(AtomicU64::new(count));
        let cpu = self.cpu_s()?;
        let begun = Instant::now();
        let mut workers = JoinSet::new();
        for _ in 0..window {
            let (port, left) = (Arc::clone(self), Arc::clone(&left));
            workers.spawn(async move {
                let mut times = Vec::new();
                let next = |n: u64| n.checked_sub(1);
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok() {
                    times.push(port.one().await?);
                }
                Ok::<_, Failed>(times)
            });
        }
        let mut times = Vec::new();
        while let Some(worker) = workers.join_next().await {
            times.extend(worker??);
        }
        let wall = begun.elapsed();
        times.sort_unstable();
        Ok(Figures { window, times, wall, cpu_s: self.cpu_s()? - cpu })
    }

    /// User and system seconds of both processes so far.
    fn cpu_s(&self) -> Result<f64, Failed> {
        let terminal = self.terminal.id().ok_or("the terminal ended")?;
        Ok(cpu_of("self")? + cpu_of(&terminal.to_string())?)
    }
}

/// What a run came to.
struct Figures {
    window: usize,
    times: Vec<Duration>,
    wall: Duration,
    cpu_s: f64,
}

impl Figures {
    fn print(&self, bound: f64, json: bool) {
        let count = f64::from(u32::try_from(self.times.len()).unwrap_or(u32::MAX));
        let rate = count / self.wall.as_secs_f64();
        let quantile = |per_mille: usize| {
            let at = self.times.len() * per_mille / 1000;
            self.times.get(at.min(self.times.len() - 1)).map_or(0.0, |t| t.as_secs_f64() * 1e3)
        };
        let (p50, p99) = (quantile(500), quantile(990));
        let (cpu, share) = (self.cpu_s * 1000.0 / count, rate / bound);
        if json {
            let figures = json!({
                "event": "registered", "in_flight": self.window, "documents": self.times.len(),
                "documents_per_s": rate.round(), "p50_ms": p50, "p99_ms": p99,
                "cpu_s_per_1000": cpu, "of_bound": share,
            });
            println!("{figures}");
        } else {
            println!(
                "{:>9} {:>10} {rate:>12.0} {p50:>9.2} {p99:>9.2} {cpu:>14.3} {share:>9.2}",
                self.window,
                self.times.len(),
            );
        }
    }
}

/// Answers to documents in flight, and who awaits them.
type Answers = Arc<Mutex<HashMap<DocId, Answer>>>;

/// Whichever comes first: the answer, or somebody to wait for it.
enum Answer {
    Here(Outcome),
    Awaited(oneshot::Sender<Outcome>),
}

/// Hands each answer to whoever waits for it.
async fn dispatch(mut events: broadcast::Receiver<Event>, answers: Answers) {
    while let Ok(event) = events.recv().await {
        let Event::Answered { document, entry } = event else { continue };
        let mut answers = answers.lock().await;
        match answers.remove(&document) {
            // The run may have been given up.
            Some(Answer::Awaited(tell)) => drop(tell.send(entry.outcome)),
            _ => drop(answers.insert(document, Answer::Here(entry.outcome))),
        }
    }
}

struct Homes {
    line: Home,
    terminal: Home,
}

/// Homes of a line and a terminal, and a directory that lists them and a forwarder.
fn homes(dir: &Path) -> Result<Homes, Failed> {
    let authority = SecretKey::from_seed([1; 32]);
    let mut seed = 1u8;
    let mut entries = Vec::new();
    let mut homes = HashMap::new();
    let socket = std::net::UdpSocket::bind(("127.0.0.1", 0))?;
    let address = socket.local_addr()?.to_string();
    drop(socket);
    for (id, role) in
        [("forwarder", Role::Forwarder), ("line", Role::Line), ("terminal", Role::Terminal)]
    {
        seed += 2;
        let party = PartyId::parse(id)?;
        let seeds = [[seed; 32], [seed + 1; 32]];
        let home = Home::init(dir.join(id), InitActor::Party(party.clone()), seeds)?;
        let keys = home.keys()?;
        let addresses = if id == "terminal" { vec![address.clone()] } else { Vec::new() };
        entries.push(PartyEntry {
            id: party,
            name: Remark::parse(id)?,
            roles: vec![role],
            signing_keys: vec![KeyEntry {
                key: keys.signing.public_key(),
                from: clock(),
                until: None,
            }],
            node_keys: vec![keys.node.public_key()],
            addresses,
            rotations_from: None,
            agents: Vec::new(),
        });
        if id == "terminal" {
            let text = std::fs::read_to_string(home.config_file())?;
            let listen = format!("quic = \"{address}\"");
            let text = text.replace("# quic = \"0.0.0.0:4433\"", &listen);
            std::fs::write(home.config_file(), text.replace("\"info\"", "\"warn\""))?;
        }
        homes.insert(id, home);
    }
    let directory = directory(&authority, entries)?;
    for home in homes.values() {
        home.keep_edition(&directory)?;
    }
    let mut take = |id: &str| homes.remove(id).ok_or("no home");
    Ok(Homes { line: take("line")?, terminal: take("terminal")? })
}

/// An edition of these parties.
fn directory(authority: &SecretKey, parties: Vec<PartyEntry>) -> Result<Directory, Failed> {
    let edition = DirectoryEdition {
        network: Remark::parse("bench")?,
        number: 1,
        previous: None,
        threshold: 1,
        authorities: vec![authority.public_key()],
        valid_from: clock(),
        valid_until: clock().plus(Duration::from_secs(86_400)),
        parties,
    };
    let bundle = add_signature(&[], &edition, clock(), authority)?;
    Ok(Directory::found(&bundle, edition_id(&edition)?, clock())?)
}

/// User and system seconds of a process (proc(5), fields 14 and 15).
fn cpu_of(pid: &str) -> Result<f64, Failed> {
    let stat = std::fs::read_to_string(PathBuf::from("/proc").join(pid).join("stat"))?;
    let after_name = stat.rsplit_once(')').ok_or("stat has no name")?.1;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let mut ticks = || -> Result<f64, Failed> { Ok(fields.next().ok_or("stat")?.parse()?) };
    Ok((ticks()? + ticks()?) / TICKS_PER_S)
}
