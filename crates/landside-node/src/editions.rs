//! Directory editions of a running node: who brings one, how it comes in force, who is told.
//!
//! An edition is durable in the home before it counts, counts for every part of the node before it
//! is handed on, and is taken by one hand at a time, whether a person or a peer brings it.

use std::sync::Arc;
use std::time::Duration;

use landside_proto::directory::{Actor, Authorities, Chain, Directory};
use landside_proto::ids::UnixMillis;
use landside_proto::refusal::{Code, Refusal};
use landside_proto::session::Verdict;
use landside_proto::session::frame::PART_MAX;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::home::{Home, HomeError, Kept, Taken};
use crate::writer::Command;

/// Peers that are asked for an edition at once; each can make this node hold one bundle of 4 MiB.
pub(crate) const ASKING_MAX: usize = 8;

/// How often an overdue edition is said to be so in the log.
const OVERDUE_EVERY: Duration = Duration::from_secs(60 * 60);

/// Longest time between looks at the clock, which may be set.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The editions of this node.
pub(crate) struct Editions {
    home: Home,
    clock: fn() -> UnixMillis,
    commands: mpsc::Sender<Command>,
    authorities: watch::Receiver<Authorities>,
    kept: Arc<Mutex<Kept>>,
    chain: watch::Sender<Arc<Chain>>,
    /// Places for peers that are asked.
    pub(crate) asking: Arc<Semaphore>,
}

impl Editions {
    pub(crate) fn new(
        home: Home,
        kept: Kept,
        commands: mpsc::Sender<Command>,
        authorities: watch::Receiver<Authorities>,
        clock: fn() -> UnixMillis,
    ) -> Arc<Self> {
        let (chain, _) = watch::channel(Arc::new(kept.chain.clone()));
        let (kept, asking) = (Arc::new(Mutex::new(kept)), Arc::new(Semaphore::new(ASKING_MAX)));
        Arc::new(Self { home, clock, commands, authorities, kept, chain, asking })
    }

    /// The editions by number and id, now and whenever there is one more.
    pub(crate) fn chain(&self) -> watch::Receiver<Arc<Chain>> {
        self.chain.subscribe()
    }

    /// The newest edition, if it waits for its time.
    pub(crate) async fn waiting(&self) -> Option<Arc<Directory>> {
        let kept = self.kept.lock().await;
        (!kept.waiting.is_empty()).then(|| Arc::clone(&kept.newest))
    }

    /// Part of an edition's bundle, and the length of it all.
    pub(crate) async fn part(&self, number: u64, from: u64) -> Result<(u64, Vec<u8>), HomeError> {
        let home = self.home.clone();
        off_the_network(move || home.edition_part(number, from, PART_MAX)).await?
    }

    /// Takes an edition that a person brings.
    ///
    /// # Errors
    /// Its refusal.
    pub(crate) async fn install(&self, bundle: &[u8]) -> Result<Arc<Directory>, Refusal> {
        let (taken, newest) = self.take(bundle.to_vec(), None).await?;
        taken.installed(&newest)
    }

    /// Takes an edition that a peer was asked for.
    pub(crate) async fn take_from_peer(
        &self,
        peer: &Actor,
        number: u64,
        bundle: Vec<u8>,
    ) -> Verdict {
        match self.take(bundle, Some(number)).await {
            Ok((Taken::New(_), _)) => Verdict::Taken,
            Ok((Taken::Known(_), _)) => Verdict::Known,
            Ok((Taken::Parted(refusal), _)) => {
                error!(%peer, %refusal, "peer follows another branch of the directory");
                Verdict::Parted
            }
            Ok((Taken::Fork(_), _)) => Verdict::Fork,
            Ok((Taken::Later(refusal), _)) | Err(refusal) => {
                error!(%refusal, "directory edition cannot be kept; it is asked for again");
                Verdict::Later
            }
            Ok((Taken::Refused(refusal), _)) => {
                warn!(%peer, number, %refusal, "directory edition of a peer refused");
                Verdict::Refused
            }
        }
    }

    /// Judges a bundle, keeps it, brings it in force, and tells the links; one at a time.
    async fn take(
        &self,
        bundle: Vec<u8>,
        asked: Option<u64>,
    ) -> Result<(Taken, Arc<Directory>), Refusal> {
        let mut kept = Arc::clone(&self.kept).lock_owned().await;
        let (home, now) = (self.home.clone(), (self.clock)());
        let (kept, taken) = off_the_network(move || {
            let taken = kept.take(&home, &bundle, asked, now);
            (kept, taken)
        })
        .await
        .map_err(|error| Refusal::new(Code::StoreFull, error.to_string()))?;
        match &taken {
            Taken::New(directory) => {
                let edition = directory.edition();
                let (number, id) = (edition.number, directory.id());
                if kept.waiting.contains_key(&number) {
                    info!(number, %id, from = %edition.valid_from, "directory edition waits for its time");
                } else {
                    self.bring_in_force(&kept).await?;
                }
                self.chain.send_replace(Arc::new(kept.chain.clone()));
            }
            Taken::Fork(refusal) => {
                error!(%refusal, "two editions of the directory carry one number: alarm the authority");
            }
            _ => {}
        }
        Ok((taken, Arc::clone(&kept.newest)))
    }

    /// Makes the edition in force known to every part of the node.
    async fn bring_in_force(&self, kept: &Kept) -> Result<(), Refusal> {
        let directory = Arc::clone(&kept.in_force);
        let number = directory.edition().number;
        let home = self.home.clone();
        let noted = off_the_network(move || home.note_in_force(number)).await;
        if let Err(error) | Ok(Err(error)) = noted {
            // The edition is kept; only a clock set back would miss the note.
            warn!(number, %error, "cannot note which directory edition is in force");
        }
        let (reply, done) = oneshot::channel();
        let id = directory.id();
        let command = Command::Directory { directory, reply };
        self.commands.send(command).await.map_err(|_| stopped())?;
        done.await.map_err(|_| stopped())?;
        info!(number, %id, "directory edition in force");
        Ok(())
    }

    /// Brings editions in force as they come due, and says when the one in force is overdue.
    pub(crate) async fn run(&self) {
        let mut chain = self.chain.subscribe();
        let mut said: Option<Instant> = None;
        loop {
            self.come_due().await;
            let now = (self.clock)();
            let warning = self.authorities.borrow().directory.warning(now);
            match warning {
                None => said = None,
                Some(_) if said.is_some_and(|said| said.elapsed() < OVERDUE_EVERY) => {}
                Some(warning) => {
                    said = Some(Instant::now());
                    warn!(%warning, "directory edition is overdue");
                }
            }
            let pause = self.pause().await;
            tokio::select! {
                changed = chain.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn come_due(&self) {
        let mut kept = Arc::clone(&self.kept).lock_owned().await;
        let (home, now) = (self.home.clone(), (self.clock)());
        let due = off_the_network(move || {
            let due = kept.come_due(&home, now);
            (kept, due)
        });
        match due.await {
            Ok((_, Ok(false))) => {}
            Ok((kept, Ok(true))) => {
                if let Err(refusal) = self.bring_in_force(&kept).await {
                    warn!(%refusal, "directory edition cannot come in force");
                }
            }
            Ok((_, Err(error))) | Err(error) => {
                error!(%error, "directory edition cannot be read when its time has come");
            }
        }
    }

    /// How long nothing changes by itself.
    async fn pause(&self) -> Duration {
        let now = (self.clock)();
        let overdue = self.authorities.borrow().directory.edition().valid_until;
        let kept = self.kept.lock().await;
        let moments = kept.waiting.values().copied().chain([overdue]);
        let next = moments.filter(|at| *at >= now).map(|at| at.since(now)).min();
        // A moment later, for an edition is overdue after its last millisecond.
        next.map_or(LOOK_EVERY, |next| LOOK_EVERY.min(next + Duration::from_millis(1)))
    }
}

/// Reads and writes files off the network's threads.
async fn off_the_network<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, HomeError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| HomeError::Io {
        path: "directory".to_owned(),
        error: std::io::Error::other(error),
    })
}

fn stopped() -> Refusal {
    Refusal::new(Code::StoreFull, "the node is stopping")
}
