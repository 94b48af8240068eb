//! A small port of real nodes in one process: real homes, real stores, real QUIC on loopback.
//!
//! Each node runs on a runtime of its own, so that [`World::kill`] is a crash: nothing is said to
//! the peers, nothing is finished, and the store is free when it returns. Keys come from names and
//! are the same in every run. Who is not started may be played by a test itself (`peer.rs`).

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use landside_node::control::{self, Done, Request};
use landside_node::event::Event;
use landside_node::home::{Home, InitActor, Keys};
use landside_node::inspect::{self, FsckReport};
use landside_node::node::{Node, Running, clock};
use landside_node::store::{Batch, Range, SledStore, Store as _, StoreOptions, Table};
use landside_proto::directory::{Actor, Authorities, Directory, add_signature, edition_id};
use landside_proto::document::{
    DirectoryEdition, Document, Entry, KeyEntry, Limits, PartyEntry, PassRight, ReleaseOrder,
    ReleaseTerms, Remark, Role, Visit,
};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::{BillNo, ContainerNo, DocId, Hash32, PartyId, UnixMillis};
use landside_proto::key::{PublicKey, SecretKey, Signer as _};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Longest wait for anything that must happen; a test that gets here has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// The driver's device; everybody in a world whose name does not begin so is a party.
pub(crate) const DRIVER: &str = "driver";

/// Parties of every edition 1, in order, with their roles and whether others can dial them.
const PARTIES: [(&str, Role, bool); 9] = [
    ("customs", Role::Customs, true),
    ("forwarder", Role::Forwarder, true),
    ("haulier", Role::Haulier, true),
    ("line", Role::Line, true),
    ("line-2", Role::Line, false),
    ("shipper", Role::Shipper, false),
    ("sub-haulier", Role::Haulier, false),
    ("terminal", Role::Terminal, true),
    ("terminal-2", Role::Terminal, false),
];

/// Authority keys; two of the three sign.
const AUTHORITIES: [&str; 3] = ["authority 1", "authority 2", "authority 3"];

/// Tables of the store that a dump covers; the highest number in use is below.
const TABLES: std::ops::Range<u8> = 0..64;

/// The table of documents (docs/ARCHITECTURE.md § Store); its number never changes.
const DOCUMENTS: Table = Table(1);

/// Below the ports that the system gives to sockets without a wish (32768 on Linux).
static NEXT_PORT: AtomicU16 = AtomicU16::new(21_000);

/// Worlds share the process; one that measures the process' memory must be alone in it.
static TURNS: RwLock<()> = RwLock::const_new(());

/// A turn in the process, held as long as the world lives.
enum Turn {
    Shared(#[expect(dead_code, reason = "held, not read")] RwLockReadGuard<'static, ()>),
    Alone(#[expect(dead_code, reason = "held, not read")] RwLockWriteGuard<'static, ()>),
}

/// Nodes, their homes and the directory they share.
pub(crate) struct World {
    nodes: BTreeMap<String, Live>,
    homes: BTreeMap<String, Home>,
    addresses: BTreeMap<String, SocketAddr>,
    directory: Directory,
    _dir: TempDir,
    _turn: Turn,
}

/// A running node and the runtime it has for itself.
struct Live {
    node: Node,
    running: Running,
    runtime: tokio::runtime::Runtime,
}

impl World {
    /// A port in which these nodes run.
    pub(crate) async fn new(started: &[&str]) -> Self {
        let turn = Turn::Shared(TURNS.read().await);
        Self::found(turn, |_| {}).await.started(started).await
    }

    /// The same, while no other world exists in the process.
    pub(crate) async fn alone(started: &[&str]) -> Self {
        let turn = Turn::Alone(TURNS.write().await);
        Self::found(turn, |_| {}).await.started(started).await
    }

    /// The same, with edition 1 as `edit` leaves it.
    pub(crate) async fn edited(started: &[&str], edit: impl FnOnce(&mut DirectoryEdition)) -> Self {
        let turn = Turn::Shared(TURNS.read().await);
        Self::found(turn, edit).await.started(started).await
    }

    async fn found(turn: Turn, edit: impl FnOnce(&mut DirectoryEdition)) -> Self {
        let dir = TempDir::new().unwrap();
        let mut addresses = BTreeMap::new();
        for (name, _, dialled) in PARTIES {
            if dialled {
                addresses.insert(name.to_owned(), free_address());
            }
        }
        let mut edition = first_edition(&addresses);
        edit(&mut edition);
        let bundle = signed_edition(&edition);
        let directory = Directory::found(&bundle, edition_id(&edition).unwrap(), clock()).unwrap();
        let (nodes, homes) = (BTreeMap::new(), BTreeMap::new());
        Self { nodes, homes, addresses, directory, _dir: dir, _turn: turn }
    }

    async fn started(mut self, names: &[&str]) -> Self {
        for name in names {
            self.start(name).await;
        }
        self
    }

    /// Starts a node, on the home it had before if it had one.
    pub(crate) async fn start(&mut self, name: &str) {
        let keys = self.home(name).keys().unwrap();
        self.start_with(name, keys).await;
    }

    /// The same, with keys that the home does not hold.
    pub(crate) async fn start_with(&mut self, name: &str, keys: Keys) {
        let home = self.home(name);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(4)
            .enable_all()
            .build()
            .unwrap();
        let (node, running) = runtime.spawn(Node::start_with(home, keys)).await.unwrap().unwrap();
        let live = Live { node, running, runtime };
        assert!(self.nodes.insert(name.to_owned(), live).is_none(), "{name} runs already");
    }

    /// Kills a node: no word to its peers, no work finished. Its store is free afterwards.
    pub(crate) async fn kill(&mut self, name: &str) {
        let Live { node, running, runtime } = self.nodes.remove(name).expect("it runs");
        drop(node);
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(PATIENCE)).await.unwrap();
        running.wait().await.unwrap();
    }

    pub(crate) async fn restart(&mut self, name: &str) {
        self.kill(name).await;
        self.start(name).await;
    }

    /// Changes the config file of a node that is not running.
    pub(crate) fn configure(&mut self, name: &str, edit: impl FnOnce(String) -> String) {
        assert!(!self.nodes.contains_key(name), "{name} has read its config already");
        let file = self.home(name).config_file();
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, edit(text)).unwrap();
    }

    /// The same for a setting that has a value already.
    pub(crate) fn configure_again(&mut self, name: &str, before: &str, after: &str) {
        self.configure(name, |text| {
            assert!(text.contains(before), "{before} is no setting of {name}");
            text.replace(before, after)
        });
    }

    /// The home of a node; made when it is not there yet.
    fn home(&mut self, name: &str) -> Home {
        if let Some(home) = self.homes.get(name) {
            return home.clone();
        }
        let actor = match name {
            name if is_device(name) => InitActor::Driver,
            _ => InitActor::Party(party(name)),
        };
        let seeds = [name.to_owned(), format!("{name} node")].map(|name| seed(&name));
        let home = Home::init(self._dir.path().join(name), actor, seeds).unwrap();
        home.keep_edition(&self.directory).unwrap();
        let listen = self.addresses.get(name).map(|address| format!("quic = \"{address}\""));
        let dial = if listen.is_none() { "dial = [\"terminal\"]" } else { "dial = []" };
        let text = std::fs::read_to_string(home.config_file()).unwrap();
        let text = text
            .replace("# quic = \"0.0.0.0:4433\"", &listen.unwrap_or_default())
            .replace("dial = []", dial)
            .replace("retry_ms_min = 100", "retry_ms_min = 20")
            .replace("retry_ms_max = 10000", "retry_ms_max = 200")
            .replace("cache_mib = 64", "cache_mib = 16");
        std::fs::write(home.config_file(), text).unwrap();
        self.homes.insert(name.to_owned(), home.clone());
        home
    }

    /// Where a node has its home.
    pub(crate) fn home_of(&self, name: &str) -> &std::path::Path {
        self.homes[name].path()
    }

    pub(crate) fn node(&self, name: &str) -> &Node {
        &self.nodes.get(name).unwrap_or_else(|| panic!("{name} does not run")).node
    }

    pub(crate) fn address(&self, name: &str) -> SocketAddr {
        self.addresses[name]
    }

    /// Everybody of the present edition, with no driver among them.
    pub(crate) fn authorities(&self) -> Authorities {
        let edition = self.directory.edition();
        let trusted = edition_id(edition).unwrap();
        let directory = Directory::found(self.directory.bundle(), trusted, clock()).unwrap();
        Authorities {
            directory: Arc::new(directory),
            drivers: Arc::default(),
            rotations: Arc::default(),
        }
    }

    /// Signs the next edition and takes it into force at the nodes named; later homes begin with it.
    /// Gives the bundle, for nodes that take it later.
    pub(crate) async fn next_edition(
        &mut self,
        at: &[&str],
        edit: impl FnOnce(&mut DirectoryEdition),
    ) -> Vec<u8> {
        let bundle = self.signed_next(edit);
        for name in at {
            self.node(name).install(&bundle).await.unwrap();
        }
        self.directory = self.directory.follow(&bundle, clock()).unwrap();
        bundle
    }

    /// The next edition as `edit` leaves it, signed and taken by nobody.
    pub(crate) fn signed_next(&self, edit: impl FnOnce(&mut DirectoryEdition)) -> Vec<u8> {
        let mut edition = self.directory.edition().clone();
        edition.number += 1;
        edition.previous = Some(self.directory.id());
        edit(&mut edition);
        signed_edition(&edition)
    }

    /// The newest edition that was signed.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What a node says of itself.
    pub(crate) async fn info(&self, name: &str) -> Value {
        self.ask(name, Request::Info).await.0.remove(0)
    }

    /// Waits until an edition is in force at each of these nodes.
    pub(crate) async fn until_in_force(&self, number: u64, at: &[&str]) {
        for name in at {
            until(&format!("edition {number} is in force at {name}"), async || {
                self.info(name).await["directory"] == number
            })
            .await;
        }
    }

    /// Asks a node over its control socket; gives the lines of its answer and how it ended.
    pub(crate) async fn ask(&self, name: &str, request: Request) -> (Vec<Value>, Done) {
        let mut lines = Vec::new();
        let socket = self.homes[name].socket();
        let each = |line: &Map<String, Value>| lines.push(Value::Object(line.clone()));
        let done = tokio::time::timeout(2 * PATIENCE, control::ask(&socket, &request, each))
            .await
            .unwrap_or_else(|_| panic!("{name} does not answer {request:?}"))
            .unwrap();
        (lines, done)
    }

    /// Has a node sign what a person types, and waits for the registrar's word; gives the line
    /// `issued`, or `failed` with the code when nothing was signed.
    pub(crate) async fn issue(&self, name: &str, kind: &str, fields: Value) -> Value {
        self.issue_within(name, kind, fields, PATIENCE).await
    }

    /// The same without waiting: the document is only on its way.
    pub(crate) async fn hand_in(&self, name: &str, kind: &str, fields: Value) -> DocId {
        let line = self.issue_within(name, kind, fields, Duration::ZERO).await;
        id_of(&line)
    }

    async fn issue_within(&self, name: &str, kind: &str, fields: Value, wait: Duration) -> Value {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        // Credentials go to the one terminal that runs.
        let to = if kind == "driver-credential" { vec!["terminal".to_owned()] } else { vec![] };
        let wait_ms = u64::try_from(wait.as_millis()).unwrap();
        let request = Request::Issue { kind: kind.to_owned(), fields, to, person: None, wait_ms };
        let (lines, done) = self.ask(name, request).await;
        match lines.into_iter().find(|line| line["event"] == "issued") {
            Some(line) => line,
            None => json!({ "outcome": "failed", "code": done.error.map(|error| error.code) }),
        }
    }

    /// Issues what must be accepted; gives its id.
    pub(crate) async fn accepted(&self, name: &str, kind: &str, fields: Value) -> DocId {
        let line = self.issue(name, kind, fields).await;
        let outcome = &line["outcome"];
        assert!(outcome == "accepted" || outcome == "registered", "{name} {kind}: {line}");
        id_of(&line)
    }

    /// Documents a node keeps, receipts included.
    pub(crate) async fn documents(&self, name: &str) -> u64 {
        self.info(name).await["documents"].as_u64().unwrap()
    }

    /// Names of the peers that a node has a link with.
    pub(crate) async fn peers(&self, name: &str) -> Vec<String> {
        let info = self.info(name).await;
        let peers = info["peers"].as_array().unwrap();
        peers.iter().map(|peer| peer.as_str().unwrap().to_owned()).collect()
    }

    /// Documents that wait at a node for a peer.
    pub(crate) async fn waiting(&self, name: &str, peer: &str) -> u64 {
        let (lines, _) = self.ask(name, Request::Outbox).await;
        let line = lines.iter().find(|line| line["peer"] == peer);
        line.map_or(0, |line| line["documents"].as_u64().unwrap())
    }

    /// A node's view of a container; `None` when it knows no case.
    pub(crate) async fn status(&self, name: &str, container: &str) -> Option<Value> {
        let subject = container.to_owned();
        self.ask(name, Request::Status { subject }).await.0.into_iter().next()
    }

    /// Ids of a case's documents in order, as a node has them.
    pub(crate) async fn timeline(&self, name: &str, container: &str) -> Vec<String> {
        let Some(case) = self.status(name, container).await else { return Vec::new() };
        let steps = case["timeline"].as_array().unwrap();
        steps.iter().map(|step| step["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until a node's case has this many documents, none missing between.
    pub(crate) async fn until_case_has(&self, name: &str, container: &str, documents: usize) {
        let what = format!("{name} has {documents} documents of {container}");
        until(&what, async || {
            self.timeline(name, container).await.len() == documents
                && self.status(name, container).await.unwrap()["incomplete"] == false
        })
        .await;
    }

    /// Waits until a node that gets a part of a case knows that it holds the right.
    pub(crate) async fn until_holds(&self, name: &str, container: &str) {
        until(&format!("{name} holds the right to {container}"), async || {
            let case = self.status(name, container).await;
            case.is_some_and(|case| case["part"] == true && case["right"]["holder"] == name)
        })
        .await;
    }

    /// Waits until a node has as much of a case as the terminal.
    pub(crate) async fn until_caught_up(&self, name: &str, container: &str) {
        let documents = self.timeline("terminal", container).await.len();
        self.until_case_has(name, container, documents).await;
    }

    /// Where a document stands in the terminal's log, if the node knows by now.
    pub(crate) async fn position(&self, name: &str, id: DocId) -> Option<u64> {
        let (lines, _) = self.ask(name, Request::Document { id: id.to_string() }).await;
        lines.first()?["log"].as_u64()
    }

    /// A document as a node keeps it.
    pub(crate) async fn document(&self, name: &str, id: DocId) -> Signed<Document> {
        let (lines, _) = self.ask(name, Request::Document { id: id.to_string() }).await;
        let hex = lines[0]["bytes"].as_str().unwrap();
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
        envelope::reopen(bytes).unwrap()
    }

    /// Every row of a stopped node's store in one hash, and how many there are.
    pub(crate) fn dump(&self, name: &str) -> (Hash32, usize) {
        let options = StoreOptions { create: false, ..StoreOptions::default() };
        let store = SledStore::open(self.homes[name].store_dir(), options).unwrap();
        let (mut all, mut rows) = (Vec::new(), 0);
        for table in TABLES {
            for (key, value) in store.scan(&Range::all(Table(table)), usize::MAX).unwrap() {
                all.extend_from_slice(Hash32::of(&[&[table], &key[..]].concat()).as_bytes());
                all.extend_from_slice(Hash32::of(&value).as_bytes());
                rows += 1;
            }
        }
        (Hash32::of(&all), rows)
    }

    /// Every document that a stopped node keeps, in the order it took them.
    pub(crate) fn kept(&self, name: &str) -> Vec<Signed<Document>> {
        let options = StoreOptions { create: false, ..StoreOptions::default() };
        let store = SledStore::open(self.homes[name].store_dir(), options).unwrap();
        let rows = store.scan(&Range::all(DOCUMENTS), usize::MAX).unwrap();
        // A row begins with the time the document came, 8 bytes.
        rows.iter().map(|(_, row)| envelope::reopen(&row[8..]).unwrap()).collect()
    }

    /// Everything in a stopped node's home as one text, to look for words in: each row of its store as
    /// the node reads it, and each file. Bytes that are no text become another character; ASCII stays.
    pub(crate) fn contents(&self, name: &str) -> String {
        let mut all = String::new();
        let mut add = |bytes: &[u8]| {
            all.push_str(&String::from_utf8_lossy(bytes));
            all.push('\n');
        };
        let options = StoreOptions { create: false, ..StoreOptions::default() };
        let store = SledStore::open(self.homes[name].store_dir(), options).unwrap();
        for table in TABLES {
            for (key, value) in store.scan(&Range::all(Table(table)), usize::MAX).unwrap() {
                add(&key);
                add(&value);
            }
        }
        drop(store);
        let mut folders = vec![self.homes[name].path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                match entry.file_type().unwrap() {
                    kind if kind.is_dir() => folders.push(entry.path()),
                    kind if kind.is_file() => add(&std::fs::read(entry.path()).unwrap()),
                    _ => {}
                }
            }
        }
        all
    }

    /// Changes the first row of a table of a stopped node's store.
    pub(crate) fn change_row(&self, name: &str, table: Table, change: impl FnOnce(&mut Vec<u8>)) {
        let options = StoreOptions { create: false, ..StoreOptions::default() };
        let store = SledStore::open(self.homes[name].store_dir(), options).unwrap();
        let (key, mut value) = store.scan(&Range::all(table), 1).unwrap().remove(0);
        change(&mut value);
        store.commit(Batch::new().put(table, key, value)).unwrap();
    }

    /// What is wrong with a stopped node.
    pub(crate) fn problems(&self, name: &str) -> Vec<String> {
        inspect::fsck(&self.homes[name]).unwrap().problems
    }

    /// A stopped node looked through; it must be sound.
    pub(crate) fn fsck(&self, name: &str) -> FsckReport {
        let report = inspect::fsck(&self.homes[name]).unwrap();
        assert_eq!(report.problems, Vec::<String>::new(), "{name}");
        report
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for (_, live) in std::mem::take(&mut self.nodes) {
            drop(live.node);
            live.runtime.shutdown_background();
        }
    }
}

/// Looks again and again until it is so.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let begun = Instant::now();
    let mut again = tokio::time::interval(Duration::from_millis(10));
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        again.tick().await;
    }
}

/// Waits for the registrar's answer to a document among a node's events.
pub(crate) async fn answer_to(events: &mut Receiver<Event>, id: DocId) -> Entry {
    let answer = async {
        loop {
            match events.recv().await.expect("the node runs and the test keeps up") {
                Event::Answered { document, entry } if document == id => return entry,
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, answer).await.expect("the registrar answers")
}

/// The key of a name; the same in every run.
pub(crate) fn key(name: &str) -> SecretKey {
    SecretKey::from_seed(seed(name))
}

pub(crate) fn public(name: &str) -> PublicKey {
    key(name).public_key()
}

fn seed(name: &str) -> [u8; 32] {
    *Hash32::of(name.as_bytes()).as_bytes()
}

pub(crate) fn party(name: &str) -> PartyId {
    PartyId::parse(name).unwrap()
}

/// The driver's device, or another one of the driver's.
pub(crate) fn is_device(name: &str) -> bool {
    name.starts_with(DRIVER)
}

pub(crate) fn actor(name: &str) -> Actor {
    match name {
        name if is_device(name) => Actor::Driver(public(name).id()),
        _ => Actor::Party(party(name)),
    }
}

/// The container with this number; another for each.
pub(crate) fn container(serial: u32) -> String {
    let prefix = format!("LSDU{serial:06}");
    format!("{prefix}{}", ContainerNo::check_digit(&prefix).unwrap())
}

pub(crate) fn visit_of(container: &str) -> Visit {
    Visit { terminal: party("terminal"), container: ContainerNo::parse(container).unwrap() }
}

/// The bill of lading that tests use for a container.
pub(crate) fn bill_of(container: &str) -> BillNo {
    BillNo::parse(&format!("BL-{container}")).unwrap()
}

pub(crate) fn later(span: Duration) -> UnixMillis {
    clock().plus(span)
}

/// A release order as a payload.
pub(crate) fn release(container: &str, to: &str) -> ReleaseOrder {
    ReleaseOrder::of(
        visit_of(container),
        bill_of(container),
        ReleaseTerms::of(party(to), later(10 * DAY)),
    )
}

/// A pass of the right as a payload.
pub(crate) fn pass_right(container: &str, to: &str, builds_on: DocId) -> PassRight {
    PassRight { visit: visit_of(container), builds_on, to: party(to), limits: Limits::default() }
}

/// A release order as somebody types it.
pub(crate) fn release_fields(container: &str, to: &str) -> Value {
    serde_json::to_value(release(container, to)).unwrap()
}

/// Signed by the actor's own key, now.
pub(crate) fn sealed(issuer: &str, document: impl Into<Document>) -> Signed<Document> {
    envelope::seal(document.into(), actor(issuer), clock(), &key(issuer)).unwrap()
}

pub(crate) fn id_of(line: &Value) -> DocId {
    DocId::parse(line["id"].as_str().unwrap_or_else(|| panic!("no id in {line}"))).unwrap()
}

fn first_edition(addresses: &BTreeMap<String, SocketAddr>) -> DirectoryEdition {
    let from = UnixMillis::from_millis(clock().as_millis() - 60_000);
    let entry = |(name, role, _): &(&str, Role, bool)| PartyEntry {
        id: party(name),
        name: Remark::parse(*name).unwrap(),
        roles: vec![*role],
        signing_keys: vec![KeyEntry { key: public(name), from, until: None }],
        node_keys: vec![public(&format!("{name} node"))],
        addresses: addresses.get(*name).map(ToString::to_string).into_iter().collect(),
        rotations_from: None,
        agents: Vec::new(),
    };
    DirectoryEdition {
        network: Remark::parse("tests").unwrap(),
        number: 1,
        previous: None,
        threshold: 2,
        authorities: AUTHORITIES.map(public).to_vec(),
        valid_from: from,
        valid_until: later(30 * DAY),
        parties: PARTIES.iter().map(entry).collect(),
    }
}

/// An edition signed by two of the three authorities.
fn signed_edition(edition: &DirectoryEdition) -> Vec<u8> {
    let two = &AUTHORITIES[..2];
    two.iter().fold(Vec::new(), |bundle, name| {
        add_signature(&bundle, edition, clock(), &key(name)).unwrap()
    })
}

/// A loopback address of this process alone, so that test runs side by side do not meet on a port.
pub(crate) fn loopback() -> Ipv4Addr {
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 100, high, low)
}

fn free_address() -> SocketAddr {
    loop {
        let port = NEXT_PORT.fetch_add(1, Ordering::Relaxed);
        let address = SocketAddr::from((loopback(), port));
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
}
