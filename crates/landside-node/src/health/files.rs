//! What can be seen in the home and on the machine.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use std::time::Duration;

use landside_proto::directory::{Actor, Directory};
use landside_proto::ids::{PartyId, UnixMillis};

use super::Finding;
use super::table as is;
use crate::config::Config;
use crate::custody;
use crate::home::Home;
use crate::open_files;
use crate::store::{free_bytes, is_held};

/// How long a listener of this machine may take to take a connection.
const CONNECT_LIFE: Duration = Duration::from_secs(2);

/// How long before its end an edition is warned of: time for people to sign the next one.
const EDITION_WARN: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Free disk below this many times the least is said while there is time.
const FILLING: u64 = 4;

/// Files that a node of usual size needs (docs/OPERATING.md § Run).
const FILES_MIN: u64 = 4_096;

/// A backup older than this is warned of: a daily one that failed once.
const BACKUP_AGE_MAX: Duration = Duration::from_secs(2 * 24 * 60 * 60);

impl Home {
    /// What is wrong with this home and its machine, as far as files, ports and the clock tell. Gives too
    /// whether a node runs.
    #[must_use]
    pub fn checkup(&self, now: UnixMillis) -> (Vec<Finding>, bool) {
        let running = is_held(&self.store_dir());
        let mut found = Vec::new();
        if !running {
            found.push(Finding::new(&is::NOT_RUNNING, "no node runs in this home"));
        }
        self.modes(&mut found);
        self.store(&mut found, now);
        machine(&mut found);
        match self.config() {
            Ok(config) => {
                self.disk(&config, &mut found);
                ports(&config, running, &mut found);
                match self.directory(now) {
                    Ok(directory) => {
                        self.listed(&directory, &mut found);
                        edition(&directory, now, &mut found);
                        addresses(&config, &directory, &mut found);
                    }
                    Err(error) => {
                        found.push(Finding::new(&is::DIRECTORY_UNUSABLE, error.to_string()));
                    }
                }
            }
            Err(error) => found.push(Finding::new(&is::CONFIG, error.to_string())),
        }
        (found, running)
    }

    /// Nobody else reads the home and its keys.
    fn modes(&self, found: &mut Vec<Finding>) {
        if let Ok(metadata) = fs::metadata(self.path())
            && metadata.mode() & 0o077 != 0
        {
            let mode = metadata.mode() & 0o777;
            let fact = format!("{} has mode {mode:o}", self.path().display());
            found.push(Finding::new(&is::HOME_MODE, fact));
        }
        let files = match self.key_files() {
            Ok(files) => files,
            Err(error) => return found.push(Finding::new(&is::KEY_UNUSABLE, error.to_string())),
        };
        for (what, path) in files {
            match custody::protection(&path) {
                Ok(protection) if !protection.is_encrypted() => {
                    let fact = format!("the {what} key lies unencrypted on the disk");
                    found.push(Finding::new(&is::KEY_PLAIN, fact));
                }
                Ok(_) => {}
                Err(error) => found.push(Finding::new(&is::KEY_UNUSABLE, error.to_string())),
            }
        }
    }

    fn store(&self, found: &mut Vec<Finding>, now: UnixMillis) {
        if self.had_store() && !self.store_dir().join("sled").exists() {
            let fact = format!("{} is gone", self.store_dir().display());
            found.push(Finding::new(&is::STORE_MISSING, fact));
        }
        if let Some(restored) = self.unchecked() {
            found.push(Finding::new(&is::UNCHECKED, restored.to_string()));
        }
        if !self.had_store() {
            return;
        }
        match self.last_backup() {
            None => found.push(Finding::new(&is::BACKUP_OLD, "no backup was ever made")),
            Some(at) if now.since(at) > BACKUP_AGE_MAX => {
                found.push(Finding::new(&is::BACKUP_OLD, format!("the last backup is of {at}")));
            }
            Some(_) => {}
        }
    }

    fn disk(&self, config: &Config, found: &mut Vec<Finding>) {
        let dir = if self.had_store() { self.store_dir() } else { self.path().to_owned() };
        let Ok(free) = free_bytes(&dir) else { return };
        let least = config.store.free_mib_min.saturating_mul(1024 * 1024);
        let mib = |bytes: u64| bytes / (1024 * 1024);
        let fact = format!("{} MiB of disk are free, {} are kept back", mib(free), mib(least));
        if free < least {
            found.push(Finding::new(&is::DISK_LOW, fact));
        } else if free < least.saturating_mul(FILLING) {
            found.push(Finding::new(&is::DISK_FILLING, fact));
        }
    }

    /// Whether the directory lists this party, and its keys before the first start. Later that is for the
    /// running node to say: it knows rotations.
    fn listed(&self, directory: &Directory, found: &mut Vec<Finding>) {
        let Ok(Actor::Party(me)) = self.actor() else { return };
        if directory.party(&me).is_none() {
            let fact = format!("edition {} does not list {me}", directory.edition().number);
            return found.push(Finding::new(&is::PARTY_NOT_LISTED, fact));
        }
        if self.had_store() {
            return;
        }
        let keys = match self.keys() {
            Ok(keys) => keys,
            Err(error) => return found.push(Finding::new(&is::KEY_UNUSABLE, error.to_string())),
        };
        let entry = directory.party(&me);
        let node = keys.node.public_key();
        if !entry.is_some_and(|entry| entry.node_keys.contains(&node)) {
            found.push(not_listed("node", directory));
        }
        let signing = keys.signing.public_key();
        if !entry.is_some_and(|entry| entry.signing_keys.iter().any(|k| k.key == signing)) {
            found.push(not_listed("signing", directory));
        }
    }
}

fn not_listed(what: &str, directory: &Directory) -> Finding {
    let number = directory.edition().number;
    Finding::new(&is::KEY_NOT_LISTED, format!("edition {number} does not list the {what} key"))
}

fn edition(directory: &Directory, now: UnixMillis, found: &mut Vec<Finding>) {
    let edition = directory.edition();
    let fact = format!("edition {} is to be replaced by {}", edition.number, edition.valid_until);
    if directory.is_overdue(now) {
        found.push(Finding::new(&is::DIRECTORY_OVERDUE, fact));
    } else if edition.valid_until < now.plus(EDITION_WARN) {
        found.push(Finding::new(&is::DIRECTORY_ENDS, fact));
    }
}

/// The machine's limits and clock.
fn machine(found: &mut Vec<Finding>) {
    let most = open_files::most();
    if most < FILES_MIN {
        let fact = format!("a process may have {most} files open here, a busy node needs more");
        found.push(Finding::new(&is::FILES_FEW, fact));
    }
    // Another system than systemd's has no such program: then nothing is said.
    let asked = ["show", "-p", "NTPSynchronized", "--value"];
    let said = Command::new("timedatectl").args(asked).output();
    let said = said.map(|output| output.stdout).unwrap_or_default();
    if String::from_utf8_lossy(&said).trim() == "no" {
        found.push(Finding::new(&is::CLOCK_UNSYNCED, "the clock is not synchronised"));
    }
}

fn ports(config: &Config, running: bool, found: &mut Vec<Finding>) {
    let tcp: [(&str, Option<SocketAddr>); 3] = [
        ("listen.http", config.listen.http),
        ("console.listen", config.console.listen),
        ("metrics.listen", config.metrics.listen),
    ];
    for (setting, address) in tcp {
        // Port 0 is one that the system chooses.
        let Some(address) = address.filter(|address| address.port() != 0) else { continue };
        if running {
            if let Err(error) = TcpStream::connect_timeout(&reached(address), CONNECT_LIFE) {
                let fact = format!("{setting} {address} takes no connection: {error}");
                found.push(Finding::new(&is::PORT_CLOSED, fact));
            }
        } else if let Err(error) = TcpListener::bind(address) {
            found.push(Finding::new(&is::PORT_TAKEN, format!("{setting} {address}: {error}")));
        }
    }
    let udp = [("listen.quic", config.listen.quic), ("console.quic", config.console.quic)];
    for (setting, address) in udp {
        let Some(address) = address.filter(|address| !running && address.port() != 0) else {
            continue;
        };
        if let Err(error) = UdpSocket::bind(address) {
            found.push(Finding::new(&is::PORT_TAKEN, format!("{setting} {address}: {error}")));
        }
    }
}

/// Where a listener of all addresses is reached on this machine.
fn reached(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Parties that are always dialled have an address, and its name is known.
fn addresses(config: &Config, directory: &Directory, found: &mut Vec<Finding>) {
    let dialled = config.exchange.dial.iter().chain(&config.witness.of).chain(&config.witness.tell);
    let dialled: std::collections::BTreeSet<&PartyId> = dialled.collect();
    for party in dialled {
        let Some(entry) = directory.party(party) else {
            let fact = format!("{party}, which settings name, is not in the directory");
            found.push(Finding::new(&is::ADDRESS_UNKNOWN, fact));
            continue;
        };
        for address in &entry.addresses {
            if let Err(error) = address.to_socket_addrs() {
                let fact = format!("{address} of {party}: {error}");
                found.push(Finding::new(&is::ADDRESS_UNKNOWN, fact));
            }
        }
    }
}
