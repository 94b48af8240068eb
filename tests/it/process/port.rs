//! A shipping line and a terminal with homes on this machine, their nodes in processes of their own.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use landside_node::control::{self, Done, Request};
use landside_node::home::{Home, InitActor};
use landside_node::inspect::{FsckReport, fsck};
use landside_node::node::clock;
use landside_proto::directory::{Directory, add_signature, edition_id};
use landside_proto::document::{DirectoryEdition, KeyEntry, PartyEntry, Remark, Role};
use landside_proto::ids::{ContainerNo, PartyId};
use landside_proto::key::{SecretKey, Signer as _};
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::program::path;

pub(super) const LINE: &str = "line";
pub(super) const TERMINAL: &str = "terminal";
/// Releases are made out to it; its node never runs.
pub(super) const FORWARDER: &str = "forwarder";

/// Longest wait for a node to do something; a test that gets here has failed.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often a node in another process is asked whether something has come about.
const LOOK_EVERY: Duration = Duration::from_millis(10);

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Below the ports that the system gives to sockets without a wish, and beside those of `world.rs`.
static NEXT_PORT: AtomicU16 = AtomicU16::new(17_000);

/// Homes of a line and a terminal.
pub(super) struct Port {
    dir: TempDir,
}

impl Port {
    /// Both homes, with a directory that lists them and a forwarder; no node runs yet.
    pub(super) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let mut parties = Vec::new();
        let mut homes = Vec::new();
        for (at, (id, role)) in
            [(FORWARDER, Role::Forwarder), (LINE, Role::Line), (TERMINAL, Role::Terminal)]
                .into_iter()
                .enumerate()
        {
            let seed = 10 * (u8::try_from(at).unwrap() + 1);
            let party = PartyId::parse(id).unwrap();
            let seeds = [[seed; 32], [seed + 1; 32]];
            let home =
                Home::init(dir.path().join(id), InitActor::Party(party.clone()), seeds).unwrap();
            let address = free_address();
            configure(&home, address);
            let keys = home.keys().unwrap();
            let from = clock();
            parties.push(PartyEntry {
                id: party,
                name: Remark::parse(id).unwrap(),
                roles: vec![role],
                signing_keys: vec![KeyEntry { key: keys.signing.public_key(), from, until: None }],
                node_keys: vec![keys.node.public_key()],
                addresses: if id == FORWARDER { vec![] } else { vec![address.to_string()] },
                rotations_from: None,
                agents: Vec::new(),
            });
            homes.push(home);
        }
        let directory = directory(parties);
        homes.iter().for_each(|home| home.keep_edition(&directory).unwrap());
        Self { dir }
    }

    pub(super) fn home(&self, party: &str) -> Home {
        Home::at(self.dir.path().join(party)).unwrap()
    }

    /// A path for a file of the test.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts a party's node and waits until it takes commands.
    pub(super) async fn start(&self, party: &str) -> Node {
        let home = self.home(party);
        let log =
            File::options().create(true).append(true).open(self.file(&format!("{party}.log")));
        let child = Command::new(path())
            .arg("--home")
            .arg(home.path())
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.unwrap())
            .spawn()
            .unwrap();
        let node = Node { home, child };
        node.until("starts", &Request::Info, |answer| answer.is_some()).await;
        node
    }

    /// Looks through the store of a stopped node; anything wrong fails the test.
    #[track_caller]
    pub(super) fn sound(&self, party: &str) -> FsckReport {
        let report = fsck(&self.home(party)).unwrap();
        assert_eq!(report.problems, Vec::<String>::new(), "{party}");
        report
    }
}

/// A node in a process of its own; killed when dropped.
pub(super) struct Node {
    pub(super) home: Home,
    child: Child,
}

/// A whole answer of a node.
pub(super) type Answer = (Vec<Map<String, Value>>, Done);

impl Node {
    /// Asks; nothing while the node cannot be reached.
    pub(super) async fn try_ask(&self, request: &Request) -> Option<Answer> {
        ask(&self.home.socket(), request).await
    }

    /// Asks a node that runs.
    pub(super) async fn ask(&self, request: &Request) -> Answer {
        self.try_ask(request).await.unwrap_or_else(|| panic!("{request:?}: the node is gone"))
    }

    /// Asks until the answer is as wanted.
    pub(super) async fn until(
        &self,
        what: &str,
        request: &Request,
        wanted: impl Fn(Option<&Answer>) -> bool,
    ) {
        let begun = Instant::now();
        while !wanted(self.try_ask(request).await.as_ref()) {
            assert!(begun.elapsed() < PATIENCE, "{} never {what}", self.home.path().display());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Memory of the process that is in RAM, in bytes (proc(5), VmRSS).
    pub(super) fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
    }

    /// `kill -9`.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the node to end, and waits until it has.
    pub(super) async fn stop(mut self) {
        self.ask(&Request::Stop).await;
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks the node behind a socket; nothing while it cannot be reached.
pub(super) async fn ask(socket: &Path, request: &Request) -> Option<Answer> {
    let mut objects = Vec::new();
    let done = control::ask(socket, request, |object| objects.push(object.clone())).await.ok()?;
    Some((objects, done))
}

/// A container by its number in a row.
pub(super) fn container(serial: u64) -> String {
    let unchecked = format!("PRCU{serial:06}");
    format!("{unchecked}{}", ContainerNo::check_digit(&unchecked).unwrap())
}

fn configure(home: &Home, address: SocketAddr) {
    let mut text = fs::read_to_string(home.config_file()).unwrap();
    for (default, set) in [
        ("# quic = \"0.0.0.0:4433\"", format!("quic = \"{address}\"")),
        ("retry_ms_max = 10000", "retry_ms_max = 500".to_owned()),
        // The least there is: what else a node holds in memory shows the sooner.
        ("cache_mib = 64", "cache_mib = 4".to_owned()),
    ] {
        assert!(text.contains(default), "{default} is no default any more");
        text = text.replace(default, &set);
    }
    fs::write(home.config_file(), text).unwrap();
}

/// An address of this machine whose port nobody has.
pub(super) fn free_address() -> SocketAddr {
    loop {
        let port = NEXT_PORT.fetch_add(1, Ordering::Relaxed);
        let address = SocketAddr::from((crate::world::loopback(), port));
        if UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

fn directory(parties: Vec<PartyEntry>) -> Directory {
    let authority = SecretKey::from_seed([1; 32]);
    let edition = DirectoryEdition {
        network: Remark::parse("process").unwrap(),
        number: 1,
        previous: None,
        threshold: 1,
        authorities: vec![authority.public_key()],
        valid_from: clock(),
        valid_until: clock().plus(YEAR),
        parties,
    };
    let bundle = add_signature(&[], &edition, clock(), &authority).unwrap();
    Directory::found(&bundle, edition_id(&edition).unwrap(), clock()).unwrap()
}
