//! The port: parties, their homes and their processes.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use landside_node::control::{self, Request};
use landside_node::home::{Home, InitActor};
use landside_node::node::clock;
use landside_proto::directory::{Actor, Directory, add_signature, edition_id};
use landside_proto::document::{DirectoryEdition, KeyEntry, PartyEntry, Remark, Role};
use landside_proto::ids::{Hash32, PartyId};
use landside_proto::key::{PublicKey, SecretKey, Signer as _};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::exit::Failed;

/// How long a node may take to end when asked.
const STOP_LIFE: Duration = Duration::from_secs(5);

/// UDP and TCP ports below those that Linux gives out (ip_local_port_range begins at 32768).
pub(super) const PORTS: std::ops::Range<u16> = 23_000..32_000;

/// Tries for a free port.
pub(super) const PORT_TRIES_MAX: u32 = 200;

/// How long the demo's directory is valid.
const EDITION_LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Who cosigns the terminal's log.
pub(super) const WITNESSES: [&str; 2] = ["northsea-line", "port-customs"];

/// Authority keys, and how many must sign.
const AUTHORITIES: usize = 3;
const THRESHOLD: u8 = 2;

/// Party id, name, role, and whether others can dial it. The driver is added to these.
const PARTIES: [(&str, &str, Role, bool); 6] = [
    ("northsea-line", "North Sea Line", Role::Line, true),
    ("delta-terminal", "Delta Container Terminal", Role::Terminal, true),
    ("port-customs", "Customs of the Port", Role::Customs, true),
    ("brandt-forwarding", "Brandt Forwarding", Role::Forwarder, true),
    ("polder-trucking", "Polder Trucking", Role::Haulier, true),
    ("maas-haulage", "Maas Haulage", Role::Haulier, false),
];

/// The name of the driver's device.
pub(super) const DRIVER: &str = "driver";

/// One process of the port.
pub(super) struct Member {
    /// Party id, or [`DRIVER`].
    pub(super) name: &'static str,
    /// What it does.
    pub(super) role: &'static str,
    /// Its directory.
    pub(super) home: Home,
    /// Where it is dialled; none for one that only dials out.
    pub(super) address: Option<SocketAddr>,
    child: Mutex<Option<Child>>,
}

impl Member {
    /// The process id, while it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child().as_ref().and_then(Child::id)
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All processes of the port, and the directory they live in.
pub(super) struct Port {
    dir: PathBuf,
    kept: Mutex<bool>,
    members: Vec<Member>,
    driver_key: PublicKey,
    /// Id of the only edition: what people compare.
    edition: Hash32,
}

impl Port {
    /// Makes homes, keys and a directory signed by two of three, below `keep` or a directory that
    /// goes away with the demo.
    pub(super) fn build(keep: Option<&Path>, coreor: &[u8]) -> Result<Self, Failed> {
        let dir = match keep {
            Some(dir) => dir.to_owned(),
            None => std::env::temp_dir().join(format!("landside-demo-{}", std::process::id())),
        };
        if dir.exists() && fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_some()) {
            let text = format!("{} is not empty", dir.display());
            return Err(Failed::usage("directory-not-empty", text, "choose another directory"));
        }
        fs::create_dir_all(&dir).map_err(|e| Failed::broken("file", e))?;
        let dir = dir.canonicalize().map_err(|e| Failed::broken("file", e))?;
        fs::write(dir.join("coreor.edi"), coreor).map_err(|e| Failed::broken("file", e))?;

        let mut members = Vec::new();
        let mut entries = Vec::new();
        for (id, name, role, dialled) in PARTIES {
            let party = PartyId::parse(id)?;
            let home = Home::init(dir.join(id), InitActor::Party(party.clone()), seeds()?)?;
            let address = if dialled { Some(free_address()?) } else { None };
            configure(&home, id, address, id == "maas-haulage")?;
            let keys = home.keys()?;
            entries.push(PartyEntry {
                id: party,
                name: Remark::fitted(name, "party"),
                roles: vec![role],
                signing_keys: vec![KeyEntry {
                    key: keys.signing.public_key(),
                    from: clock(),
                    until: None,
                }],
                node_keys: vec![keys.node.public_key()],
                addresses: address.iter().map(ToString::to_string).collect(),
                rotations_from: None,
                agents: Vec::new(),
            });
            let child = Mutex::new(None);
            members.push(Member { name: id, role: role.as_str(), home, address, child });
        }
        let home = Home::init(dir.join(DRIVER), InitActor::Driver, seeds()?)?;
        configure(&home, DRIVER, None, true)?;
        let driver_key = home.keys()?.signing.public_key();
        let child = Mutex::new(None);
        members.push(Member { name: DRIVER, role: DRIVER, home, address: None, child });

        let directory = sign(&dir, entries)?;
        for member in &members {
            member.home.keep_edition(&directory)?;
        }
        let (kept, edition) = (Mutex::new(keep.is_some()), directory.id());
        Ok(Self { dir, kept, members, driver_key, edition })
    }

    /// Where everything is.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The message to import.
    pub(super) fn coreor(&self) -> PathBuf {
        self.dir.join("coreor.edi")
    }

    /// Every process.
    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    /// A process by name.
    pub(super) fn member(&self, name: &str) -> Result<&Member, Failed> {
        self.members
            .iter()
            .find(|member| member.name == name)
            .ok_or_else(|| Failed::broken("demo-member", format!("nobody is called {name}")))
    }

    /// The driver's device key.
    pub(super) fn driver_key(&self) -> PublicKey {
        self.driver_key
    }

    /// Who the driver is in documents.
    pub(super) fn driver(&self) -> Actor {
        Actor::Driver(self.driver_key.id())
    }

    /// Starts every process that does not run.
    pub(super) fn start_all(&self) -> Result<(), Failed> {
        self.members.iter().try_for_each(|member| self.start(member))
    }

    /// Starts a process, its log beside its home.
    pub(super) fn start(&self, member: &Member) -> Result<(), Failed> {
        let mut child = member.child();
        if child.is_some() {
            return Ok(());
        }
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.dir.join(format!("{}.log", member.name)))
            .map_err(|e| Failed::broken("file", e))?;
        let started = Command::new(this_program()?)
            .arg("--home")
            .arg(member.home.path())
            .args(["serve", "--with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| Failed::broken("spawn", e))?;
        *child = Some(started);
        Ok(())
    }

    /// Kills a process with SIGKILL and waits until it is gone.
    pub(super) async fn kill(&self, member: &Member) {
        let child = member.child().take();
        if let Some(mut child) = child {
            // It may have ended by itself.
            let _ = child.kill().await;
        }
    }

    /// Asks every process to end, and kills what does not.
    pub(super) async fn stop_all(&self) {
        for member in &self.members {
            let child = member.child().take();
            let Some(mut child) = child else { continue };
            let asked = control::ask(&member.home.socket(), &Request::Stop, |_| {}).await;
            let ended = tokio::time::timeout(STOP_LIFE, child.wait()).await;
            if asked.is_err() || ended.is_err() {
                let _ = child.kill().await;
            }
        }
    }

    /// A stopped node's store, looked through by a fresh process.
    pub(super) async fn fsck(&self, member: &Member) -> Result<Value, Failed> {
        let run = Command::new(this_program()?)
            .arg("--home")
            .arg(member.home.path())
            .args(["--json", "fsck"])
            .output()
            .await
            .map_err(|e| Failed::broken("spawn", e))?;
        let text = String::from_utf8_lossy(&run.stdout);
        let report = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        report.into_iter().find(|object| object["event"] == "fsck").ok_or_else(|| {
            let text = String::from_utf8_lossy(&run.stderr).into_owned();
            Failed::broken("fsck", format!("{}: {text}", member.name))
        })
    }

    /// The evidence file of a container.
    pub(super) fn evidence_file(&self, container: &str) -> PathBuf {
        self.dir.join(format!("{container}.landside"))
    }

    /// An evidence file, verified by a fresh process that has no home: by the file alone, and the id
    /// of the edition that people compared.
    pub(super) async fn verify(&self, file: &Path) -> Result<Value, Failed> {
        let run = Command::new(this_program()?)
            .arg("--json")
            .arg("verify")
            .arg(file)
            .args(["--trust", &self.edition.to_string()])
            .env_remove("LANDSIDE_HOME")
            .output()
            .await
            .map_err(|e| Failed::broken("spawn", e))?;
        let text = String::from_utf8_lossy(&run.stdout);
        let mut objects = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        objects.find(|object| object["event"] == "evidence").ok_or_else(|| {
            let text = String::from_utf8_lossy(&run.stderr).into_owned();
            Failed::broken("demo-evidence", format!("{}: {text}", file.display()))
        })
    }

    /// Leaves the homes where they are: somebody will want to look.
    pub(super) fn keep_on_failure(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("homes and logs are left in {}\n", self.dir.display()),
        );
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        if !*self.kept.lock().unwrap_or_else(PoisonError::into_inner) {
            // A directory in the temporary place; what is left is harmless.
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// Writes what differs from the defaults into a home's config.
fn configure(
    home: &Home,
    id: &str,
    address: Option<SocketAddr>,
    dials: bool,
) -> Result<(), Failed> {
    let path = home.config_file();
    let mut text = fs::read_to_string(&path).map_err(|e| Failed::broken("file", e))?;
    let mut set = |from: &str, to: String| text = text.replace(from, &to);
    set(
        "Every value below is the default.",
        "The demo changed some values; `landside init` writes the defaults.".to_owned(),
    );
    if let Some(address) = address {
        set("# quic = \"0.0.0.0:4433\"", format!("quic = \"{address}\""));
    }
    if dials {
        set("dial = []", "dial = [\"delta-terminal\"]".to_owned());
    }
    // Customs and the line watch over the terminal's log, and over each other's sight of it.
    let others: Vec<_> = WITNESSES.into_iter().filter(|witness| *witness != id).collect();
    if WITNESSES.contains(&id) {
        set("of = []", "of = [\"delta-terminal\"]".to_owned());
        set("tell = []", format!("tell = {others:?}"));
        set("every_s = 5", "every_s = 1".to_owned());
    }
    if id == "delta-terminal" {
        set("by = []", format!("by = {WITNESSES:?}"));
        set("cosignatures_min = 1", format!("cosignatures_min = {}", WITNESSES.len()));
    }
    set("retry_ms_min = 100", "retry_ms_min = 20".to_owned());
    set("retry_ms_max = 10000", "retry_ms_max = 500".to_owned());
    set("cache_mib = 64", "cache_mib = 16".to_owned());
    set("# port = \"NLRTM\"", "port = \"NLRTM\"".to_owned());
    fs::write(&path, text).map_err(|e| Failed::broken("file", e))
}

/// Edition 1, signed by [`THRESHOLD`] of [`AUTHORITIES`] keys that exist only here.
fn sign(dir: &Path, mut parties: Vec<PartyEntry>) -> Result<Directory, Failed> {
    let mut keys = Vec::new();
    for _ in 0..AUTHORITIES {
        keys.push(SecretKey::from_seed(seed()?));
    }
    parties.sort_by(|a, b| a.id.cmp(&b.id));
    let edition = DirectoryEdition {
        network: Remark::fitted("landside demo", "demo"),
        number: 1,
        previous: None,
        threshold: THRESHOLD,
        authorities: keys.iter().map(|key| key.public_key()).collect(),
        valid_from: clock(),
        valid_until: clock().plus(EDITION_LIFE),
        parties,
    };
    let mut bundle = Vec::new();
    for key in keys.iter().take(usize::from(THRESHOLD)) {
        bundle = add_signature(&bundle, &edition, clock(), key)?;
    }
    fs::write(dir.join("directory.edition"), &bundle).map_err(|e| Failed::broken("file", e))?;
    Ok(Directory::found(&bundle, edition_id(&edition)?, clock())?)
}

/// A UDP address on loopback that nobody uses now, and that the system gives to nobody by itself: a
/// killed node must find its address free when it comes back.
fn free_address() -> Result<SocketAddr, Failed> {
    for _ in 0..PORT_TRIES_MAX {
        let [high, low, ..] = seed()?;
        let port = PORTS.start + u16::from_be_bytes([high, low]) % (PORTS.end - PORTS.start);
        if let Ok(socket) = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)) {
            return socket.local_addr().map_err(|e| Failed::broken("udp", e));
        }
    }
    Err(Failed::broken("udp", "no free UDP port"))
}

fn this_program() -> Result<PathBuf, Failed> {
    std::env::current_exe().map_err(|e| Failed::broken("spawn", e))
}

fn seeds() -> Result<[[u8; 32]; 2], Failed> {
    Ok([seed()?, seed()?])
}

/// Randomness of the system.
pub(super) fn seed() -> Result<[u8; 32], Failed> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|e| Failed::broken("random", e))?;
    Ok(seed)
}
