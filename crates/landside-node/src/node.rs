//! A node, wired together.

mod operating;
mod serving;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use landside_edifact::profile::Profile;
use landside_proto::directory::{Actor, Authorities, Directory};
use landside_proto::document::{Document, Role};
use landside_proto::ids::{Hash32, PartyId, UnixMillis};
use landside_proto::merkle::{Frontier, Resource};
use landside_proto::presentation;
use landside_proto::refusal::{Code, Refusal};
use tokio::sync::{Notify, broadcast, mpsc, oneshot, watch};
use tracing::{error, info, warn};

use self::operating::{Operating, begin};
pub use self::serving::{Stopping, serve, serve_beside};
use crate::backup::Unchecked;
use crate::certificates::{self, Certificates};
use crate::channels::{self, Channel, ChannelError};
use crate::config::{Config, Console};
use crate::custody;
use crate::drivers::{DriverError, Drivers};
use crate::editions::Editions;
use crate::event::Event;
use crate::exchange::{Exchange, ExchangeError};
use crate::figures::{self, Tally};
use crate::home::{Home, HomeError, Keys, write_durably};
use crate::hooks::{HookError, Hooks};
use crate::ledger;
use crate::log::{Heads, Shown, Witness};
use crate::people::{People, PeopleError};
use crate::promised::Promised;
use crate::registrar::Registrar;
use crate::repeats::Repeats;
use crate::rotations;
use crate::rows::{self, OutFileRow};
use crate::service;
use crate::shares::{ShareError, Shares};
use crate::store::{OpenError, Range, SledStore, Store, StoreError, StoreOptions};
use crate::tokens::{TokenError, Tokens};
use crate::writer::{self, Command, Fatal, Outlets, Said, Statement, Writer};

/// Events kept for a slow listener; one that falls further behind misses the oldest.
const EVENTS_MAX: usize = 4096;

/// How long a start waits for the node before it to let go of the store.
const STORE_FREE_WITHIN: Duration = Duration::from_secs(3);

/// A node cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The home is wrong.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The home is a restored one that nobody has compared.
    #[error("{0}; compare it with who knows the log, then landside rejoin")]
    Unchecked(Unchecked),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The network cannot be used.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The people of this party cannot be read.
    #[error("people: {0}")]
    People(#[from] PeopleError),
    /// The links to cases cannot be read.
    #[error("links to cases: {0}")]
    Shares(#[from] ShareError),
    /// The webhooks cannot be read.
    #[error("webhooks: {0}")]
    Hooks(#[from] HookError),
    /// The tokens of programs cannot be read.
    #[error("tokens: {0}")]
    Tokens(#[from] TokenError),
    /// The drivers of this haulier cannot be read.
    #[error("drivers: {0}")]
    Drivers(#[from] DriverError),
    /// The control socket cannot be made.
    #[error("control socket: {0}")]
    Socket(std::io::Error),
    /// The store failed while the node ran.
    #[error(transparent)]
    Fatal(#[from] Fatal),
    /// A channel cannot be served.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// A profile file is wrong.
    #[error("profile {path}: {error}")]
    Profile {
        /// The file.
        path: String,
        /// Why.
        error: String,
    },
}

/// A running node. Cheap to clone; every clone is the same node.
#[derive(Clone)]
pub struct Node {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) me: Actor,
    pub(crate) home: Home,
    pub(crate) keys: Keys,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) authorities: watch::Receiver<Authorities>,
    pub(crate) editions: Arc<Editions>,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) heads: Arc<Heads>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) people: Arc<People>,
    pub(crate) drivers: Drivers,
    pub(crate) shares: Shares,
    pub(crate) programs: Programs,
    pub(crate) fed: watch::Receiver<u64>,
    pub(crate) console: Console,
    pub(crate) certificates: Certificates,
    pub(crate) promised: Promised,
    pub(crate) tally: Tally,
    pub(crate) channels: Vec<Arc<Channel>>,
    pub(crate) operating: Operating,
    pub(crate) stop: Notify,
}

/// What is kept for programs of the party.
pub(crate) struct Programs {
    pub(crate) tokens: Tokens,
    pub(crate) repeats: Repeats,
    pub(crate) hooks: Hooks,
}

impl Inner {
    /// Whether the directory in force lists this node as a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        self.authorities.borrow().roles(&self.me).contains(&Role::Terminal)
    }
}

/// Whose node it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The party, or the driver's device.
    pub actor: Actor,
    /// The party's name in the directory, if it is listed.
    pub name: Option<String>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Whether this party wants two persons to agree on a document of some kind.
    pub wants_two: bool,
}

/// The tasks of a node.
pub struct Running {
    writer: oneshot::Receiver<Result<(), Fatal>>,
}

impl Running {
    /// Waits until the node fails.
    ///
    /// # Errors
    /// [`NodeError::Fatal`].
    pub async fn wait(self) -> Result<(), NodeError> {
        match self.writer.await {
            Ok(result) => Ok(result?),
            Err(_) => Ok(()),
        }
    }
}

impl Node {
    /// Opens the store and begins to serve, with the keys in the home.
    ///
    /// # Errors
    /// [`NodeError`].
    pub async fn start(home: Home) -> Result<(Self, Running), NodeError> {
        let keys = home.keys()?;
        warn_of_plain_keys(&home)?;
        Self::start_with(home, keys).await
    }

    /// As [`Node::start`], with keys that are kept somewhere else than in the home.
    ///
    /// # Errors
    /// [`NodeError`].
    pub async fn start_with(home: Home, keys: Keys) -> Result<(Self, Running), NodeError> {
        let (config, me, operating) = begin(&home)?;
        let kept = home.editions(clock())?;
        let store = open_store(&home, &config, &operating).await?;
        let known = rotations::authorities(Arc::clone(&kept.in_force), store.as_ref(), &me)?;
        let (outlets, Heard { authorities, tree, fed, programs }) =
            outlets(known, &home, &operating)?;
        let (events, calls) = (outlets.events.clone(), Arc::clone(&outlets.calls));
        let (commands, to_write) = mpsc::channel(writer::QUEUE_MAX);
        let channels = channels::open(&home, &config.channels, &config.console.zone)?;
        let registrar = || registrar(&home, &config, (&me, &keys), &channels);
        let writer = Writer::new(Arc::clone(&store), registrar()?, outlets, clock)?;
        let (running, registrar) = (run_writer(writer, to_write), Arc::new(registrar()?));
        let heads = heads(&store, &registrar, &authorities, tree, &commands)?;
        let shown = Arc::new(shown(&config, &registrar));
        let editions =
            Editions::new(home.clone(), kept, commands.clone(), authorities.clone(), clock);
        let (tally, wanted) = Tally::new();
        let exchange = Exchange::bind(
            (Arc::clone(&registrar), Arc::clone(&editions)),
            (&keys.node, &home.old_node_keys()?),
            Arc::clone(&store),
            (commands.clone(), calls),
            authorities.clone(),
            (Arc::clone(&heads), Arc::clone(&shown), tally.clone()),
            clock,
        )?;
        let witness = Witness::new(
            home.clone(),
            (Arc::clone(&store), commands.clone()),
            registrar,
            authorities.clone(),
            Arc::clone(&exchange),
            clock,
        )?;
        tokio::spawn(Arc::clone(&witness).run(Arc::clone(&heads), shown));
        let inner = Arc::new(Inner {
            people: Arc::new(People::of(&home)?),
            drivers: Drivers::of(&home)?,
            shares: Shares::of(&home)?,
            programs,
            fed,
            me,
            home,
            keys,
            store,
            authorities,
            editions,
            commands,
            events,
            exchange,
            heads,
            witness,
            console: config.console.clone(),
            certificates: Certificates::default(),
            promised: config.promised,
            tally: tally.clone(),
            channels,
            operating,
            stop: Notify::new(),
        });
        let node = Self { inner };
        node.spawn(&config, figures::keep(node.clone(), tally, wanted))?;
        Ok((node, running))
    }

    fn spawn(
        &self,
        config: &Config,
        figures: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), NodeError> {
        self.greet(config);
        tokio::spawn(figures);
        let listener = service::bind(&self.inner.home.socket()).map_err(NodeError::Socket)?;
        tokio::spawn(service::run(self.clone(), listener));
        tokio::spawn(write_files(self.clone()));
        for channel in &self.inner.channels {
            tokio::spawn(channels::run(self.clone(), Arc::clone(channel)));
        }
        let exchange = Arc::clone(&self.inner.exchange);
        tokio::spawn(async move { exchange.run().await });
        let editions = Arc::clone(&self.inner.editions);
        tokio::spawn(async move { editions.run().await });
        Ok(())
    }

    fn greet(&self, config: &Config) {
        let authorities = self.inner.authorities.borrow();
        let directory = &authorities.directory;
        let named = [("witness.of", &config.witness.of), ("witness.tell", &config.witness.tell)];
        for (setting, party) in named.into_iter().flat_map(|(s, of)| of.iter().map(move |p| (s, p)))
        {
            if self.inner.me.party() == Some(party) {
                warn!(setting, %party, "names this node's own party, which is passed over");
            } else if directory.party(party).is_none() {
                warn!(setting, %party, "names a party that the directory does not list");
            }
        }
        info!(
            actor = %self.inner.me,
            listen = ?self.address(),
            directory = directory.edition().number,
            dial = ?config.exchange.dial.iter().map(PartyId::as_str).collect::<Vec<_>>(),
            "node is up"
        );
        if let Actor::Party(party) = &self.inner.me
            && directory.party(party).is_none()
        {
            warn!(%party, "the directory does not list this party; others will refuse it");
        } else if let Actor::Party(party) = &self.inner.me {
            let (signing, node) =
                (self.inner.keys.signing.public_key(), self.inner.keys.node.public_key());
            if !authorities.signing_keys(party, clock()).contains(&signing) {
                error!(%party, "neither directory nor rotation knows the signing key; nothing is signed here");
            }
            if !authorities.node_keys(party, clock()).contains(&node) {
                error!(%party, "neither directory nor rotation knows the node key; others will end every link");
            }
        }
    }

    /// The address peers can dial, if this node listens.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.inner.exchange.local_address()
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// Its home.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.inner.home
    }

    /// The people who may use this node's screens.
    #[must_use]
    pub fn people(&self) -> Arc<People> {
        Arc::clone(&self.inner.people)
    }

    /// Takes note of the certificate that a listener beside the node shows, for `info`.
    pub fn shows_certificate(&self, of: &'static str, shown: certificates::Standing) {
        self.inner.certificates.tell(of, shown);
    }

    /// Whose node it is, with the name and the roles that the directory in force gives.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let authorities = self.inner.authorities.borrow();
        let actor = self.inner.me.clone();
        let entry = actor.party().and_then(|party| authorities.directory.party(party));
        Identity {
            name: entry.map(|entry| entry.name.to_string()),
            roles: authorities.roles(&actor).to_vec(),
            wants_two: self.inner.exchange.registrar.wants_two(),
            actor,
        }
    }

    /// The directory in force: who the parties are.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.inner.authorities.borrow().directory)
    }

    /// Signs a document and registers it, or puts it on its way. Durable when this returns.
    ///
    /// # Errors
    /// A [`Refusal`], by the rules, for want of room, or because two persons must agree first.
    pub async fn issue(
        &self,
        document: Document,
        to: Vec<Actor>,
    ) -> Result<writer::Issued, Refusal> {
        self.state(document.into(), to).await
    }

    /// The same for a document with sealed fields, of which the disclosures must be complete.
    ///
    /// # Errors
    /// As [`Node::issue`].
    pub async fn state(
        &self,
        statement: Statement,
        to: Vec<Actor>,
    ) -> Result<writer::Issued, Refusal> {
        let statement = Box::new(statement);
        let said =
            self.command(|reply| Command::Issue { statement, to, person: None, by: None, reply });
        let said = said.await?;
        match said {
            Said::Issued(issued) => Ok(issued),
            Said::Proposed(_) | Said::Before(_) => {
                Err(Refusal::new(Code::TwoPersons, "it waits for a second person"))
            }
        }
    }

    /// Takes a directory edition: kept on disk, then in force for every part of the node, or waiting
    /// for its `valid_from`, then handed on to peers. The newest one again changes nothing.
    ///
    /// # Errors
    /// The edition's refusal.
    pub async fn install(&self, bundle: &[u8]) -> Result<Arc<Directory>, Refusal> {
        self.inner.editions.install(bundle).await
    }

    /// The exact bundle of a directory edition that this node has had; `None` when it never had it.
    ///
    /// # Errors
    /// [`NodeError::Home`].
    pub fn edition(&self, number: u64) -> Result<Option<Vec<u8>>, NodeError> {
        Ok(self.inner.home.edition(number)?)
    }

    /// What the log of a terminal shows to anybody: its newest head, the last final one if there is one;
    /// a tile; entries. Nothing for a node that keeps no log, and for what is not durable.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_resource(&self, resource: Resource) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(move |node| node.heads.resource(resource, clock())).await
    }

    /// Reads the store off the network's threads: a long look keeps no link waiting.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let looked = tokio::task::spawn_blocking(move || look(&inner)).await;
        looked.map_err(|error| StoreError::Io(error.to_string()))?
    }

    /// Sends a command that answers with a result, and waits for it.
    pub(crate) async fn command<T>(
        &self,
        make: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> Command,
    ) -> Result<T, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.inner.commands.send(make(reply)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Keeps raw message bytes.
    pub(crate) async fn keep_raw(&self, bytes: &[u8]) -> Result<Hash32, Refusal> {
        let hash = Hash32::of(bytes);
        let step = writer::RAW_PART * writer::RAW_PARTS_MAX;
        for (at, chunk) in bytes.chunks(step).enumerate() {
            let first_part = u32::try_from(at * writer::RAW_PARTS_MAX).unwrap_or(u32::MAX);
            let bytes = chunk.to_vec();
            self.command(|reply| Command::Raw { hash, first_part, bytes, reply }).await?;
        }
        Ok(hash)
    }

    /// Reads what a driver shows.
    pub(crate) fn read_presentation(&self, text: &str) -> Result<presentation::Presented, Refusal> {
        let authorities = self.inner.authorities.borrow().clone();
        presentation::read(text, &authorities, clock())
    }
}

/// What the writer says, for those who listen.
struct Heard {
    authorities: watch::Receiver<Authorities>,
    tree: watch::Receiver<Frontier>,
    fed: watch::Receiver<u64>,
    programs: Programs,
}

fn outlets(
    known: Authorities,
    home: &Home,
    operating: &Operating,
) -> Result<(Outlets, Heard), NodeError> {
    let metrics = Arc::clone(&operating.metrics);
    let programs = Programs {
        tokens: Tokens::of(home)?,
        repeats: Repeats::default(),
        hooks: Hooks::of(home)?,
    };
    let recording = programs.hooks.recording();
    let (authorities, known) = watch::channel(known);
    let (tree, tree_heard) = watch::channel(Frontier::default());
    let (fed, fed_heard) = watch::channel(0);
    let (events, _) = broadcast::channel(EVENTS_MAX);
    let outlets =
        Outlets { events, calls: Arc::default(), authorities, tree, fed, metrics, recording };
    Ok((outlets, Heard { authorities: known, tree: tree_heard, fed: fed_heard, programs }))
}

/// The heads of this node's own log.
fn heads(
    store: &Arc<dyn Store>,
    registrar: &Arc<Registrar>,
    authorities: &watch::Receiver<Authorities>,
    tree: watch::Receiver<Frontier>,
    commands: &mpsc::Sender<Command>,
) -> Result<Arc<Heads>, NodeError> {
    let (store, registrar) = (Arc::clone(store), Arc::clone(registrar));
    let (authorities, commands) = (authorities.clone(), commands.clone());
    Ok(Arc::new(Heads::new(store, registrar, authorities, tree, commands, clock())?))
}

/// Heads that peers show of logs that this node watches, and of its own.
fn shown(config: &Config, registrar: &Registrar) -> Shown {
    Shown::new(config.witness.of.iter().chain(registrar.party()).cloned())
}

fn registrar(
    home: &Home,
    config: &Config,
    (me, keys): (&Actor, &Keys),
    channels: &[Arc<Channel>],
) -> Result<Registrar, NodeError> {
    Ok(Registrar {
        me: me.clone(),
        signer: Arc::clone(&keys.signing),
        config: config.clone(),
        profiles: profiles(home, &config.console.zone)?,
        channels: channels.to_vec(),
    })
}

/// Opens the store. A node that was told to stop lets go of it moments later: that is waited for.
async fn open_store(
    home: &Home,
    config: &Config,
    operating: &Operating,
) -> Result<Arc<dyn Store>, NodeError> {
    let metrics = Arc::clone(&operating.metrics);
    let options = StoreOptions {
        cache_bytes: config.store.cache_mib.saturating_mul(1024 * 1024),
        free_min: config.store.free_mib_min.saturating_mul(1024 * 1024),
        create: !home.had_store(),
        synced: Arc::new(move |waited| metrics.sync.observe(waited)),
        ..StoreOptions::default()
    };
    home.make_store_dir()?;
    let begun = tokio::time::Instant::now();
    loop {
        match SledStore::open(home.store_dir(), options.clone()) {
            Err(OpenError::InUse(_)) if begun.elapsed() < STORE_FREE_WITHIN => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            opened => {
                let opened = opened?;
                home.note_store()?;
                return Ok(Arc::new(opened));
            }
        }
    }
}

/// Says so when a thief of the disk would have the keys.
fn warn_of_plain_keys(home: &Home) -> Result<(), NodeError> {
    for (what, path) in home.key_files()? {
        if !custody::protection(&path).map_err(HomeError::from)?.is_encrypted() {
            warn!(key = what, "private key is not encrypted on disk: landside key passphrase");
        }
    }
    Ok(())
}

/// This machine's clock.
#[must_use]
pub fn clock() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn stopped() -> Refusal {
    Refusal::new(Code::StoreFull, "the node is stopping")
}

/// The writer on a thread of its own. Its failure ends the process's work: nothing may be answered
/// on the strength of a store whose state is not known.
fn run_writer(writer: Writer, commands: mpsc::Receiver<Command>) -> Running {
    let (ended, result) = oneshot::channel();
    std::thread::spawn(move || {
        let outcome = writer.run(commands);
        if let Err(fatal) = &outcome {
            error!(%fatal, "stopping: restart the node, it repairs itself");
        }
        // Nobody waits when the process is ending anyway.
        let _ = ended.send(outcome);
    });
    Running { writer: result }
}

/// Writes queued EDIFACT files, then takes them off the queue: a crash between writes one again,
/// under the same name with the same bytes.
async fn write_files(node: Node) {
    let mut events = node.events();
    loop {
        if let Err(error) = write_queued(&node).await {
            error!(%error, "EDIFACT file cannot be written; it is kept and tried again");
        }
        match events.recv().await {
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

async fn write_queued(node: &Node) -> Result<(), NodeError> {
    for (key, value) in node.inner.store.scan(&Range::all(rows::OUT_FILES), ledger::PAGE)? {
        let OutFileRow { name, bytes } = rows::from_row(&value)?;
        put_out(&node.inner, &name, &bytes)?;
        let command = Command::FileWritten { number: rows::number(&key)? };
        if node.inner.commands.send(command).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Writes a file to the folder of its channel; to the home where it has none, or none any more.
fn put_out(node: &Inner, name: &str, bytes: &[u8]) -> Result<(), NodeError> {
    let (channel, file) = name.split_once('/').unwrap_or(("", name));
    let of = node.channels.iter().find(|open| open.config.name == channel);
    let Some(channel) = of else {
        return Ok(write_durably(&node.home.out_dir().join(file), bytes)?);
    };
    let path = channel.out().join(file);
    channels::put(&path, bytes)
        .map_err(|error| NodeError::Home(HomeError::Io { path: path.display().to_string(), error }))
}

/// Partner profiles: `profiles/<party>.toml` in the home.
fn profiles(home: &Home, zone: &str) -> Result<HashMap<PartyId, Profile>, NodeError> {
    let dir = home.path().join("profiles");
    let mut profiles = HashMap::new();
    let Ok(entries) = std::fs::read_dir(&dir) else { return Ok(profiles) };
    for entry in entries.flatten() {
        let path = entry.path();
        let Some(party) = party_of_file(&path) else { continue };
        let wrong = |error: String| NodeError::Profile { path: path.display().to_string(), error };
        let text = std::fs::read_to_string(&path).map_err(|e| wrong(e.to_string()))?;
        profiles.insert(party, Profile::parse_in(&text, zone).map_err(|e| wrong(e.to_string()))?);
    }
    Ok(profiles)
}

fn party_of_file(path: &Path) -> Option<PartyId> {
    if path.extension()? != "toml" {
        return None;
    }
    PartyId::parse(path.file_stem()?.to_str()?).ok()
}
