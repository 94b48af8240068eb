//! One conversation with one peer, without I/O (docs/PROTOCOL.md § 8).
//!
//! The shell feeds frames and answers in (`handle_*`), asks for batches to be sent
//! ([`Session::deliver`]), and after every call takes outputs until [`Session::poll`] is empty.
//! Time is an argument; [`Session::deadline`] says when to call [`Session::handle_timeout`].
//!
//! Delivery is at least once: a batch that was not answered when the conversation ends is sent
//! again in the next one, and the receiver answers a known document with its first position.
//!
//! Directory editions spread over the same conversation: while [`Session::wants`] names one and the
//! shell has room for a bundle, it calls [`Session::ask`].

pub mod frame;
mod spread;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use self::frame::{
    About, Answer, Ask, Deliver, Disclosed, Frame, Have, Hello, Part, Told, VERSION, Want,
};
use self::spread::{Arrived, Spread};
pub use self::spread::{EDITION_LIFE, HAVES_MAX, Verdict};
use crate::directory::{Actor, Chain};
use crate::ids::UnixMillis;

/// Batches a side may have unanswered: enough to keep a link full while the receiver commits.
pub const WINDOW: usize = 8;

/// The peer must say hello within this time.
pub const HELLO_LIFE: Duration = Duration::from_secs(5);

/// Questions a side may have unanswered.
pub const ASKS_MAX: usize = 8;

/// A batch or a question must be answered within this time, else the link is given up and the batch sent anew.
pub const ANSWER_LIFE: Duration = Duration::from_secs(60);

/// One conversation. Begins with a hello from either side.
#[derive(Debug)]
pub struct Session {
    me: Actor,
    peer: Actor,
    open: bool,
    hello_by: UnixMillis,
    next_batch: u64,
    /// Sent and not answered, with the time by which they must be.
    unanswered: BTreeMap<u64, UnixMillis>,
    /// Received and not yet answered by us.
    owed: VecDeque<u64>,
    next_ask: u64,
    /// Asked and not answered, with the time by which they must be.
    asked: BTreeMap<u64, UnixMillis>,
    /// Questions of the peer that we have not answered.
    owed_answers: usize,
    editions: Spread,
    /// The edition that this side's hello named.
    said: Have,
    outputs: VecDeque<Output>,
}

/// What the shell is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Write this frame.
    Send(Frame),
    /// The peer said hello: batches may go. Its newest directory edition has this number.
    Opened {
        /// Number of the peer's newest edition.
        directory: u64,
    },
    /// Judge these documents, make them durable, and call [`Session::handle_judged`].
    Judge(Deliver),
    /// The peer answered a batch of ours.
    Answered(Answer),
    /// Answer this question, and call [`Session::handle_told`].
    Asked(Ask),
    /// The peer answered a question of ours.
    Told(Told),
    /// The peer shows a head of some log with a cosignature.
    Head(Vec<u8>),
    /// Read this part of an edition of ours, and call [`Session::supply`].
    Supply(Want),
    /// Judge this bundle, handed on as the edition of this number; make it durable, and call
    /// [`Session::handle_edition`].
    Edition(u64, Vec<u8>),
    /// The peer is ahead, and its first edition, of this number, does not follow ours: the ones
    /// between must come from elsewhere.
    Gap(u64),
    /// End the link.
    Close(Violation),
}

/// Why a link ends. The code travels as QUIC application error (RFC 9000 § 20.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Nothing was wrong.
    #[error("closed")]
    None,
    /// The peer's key is not, or no longer, in the directory.
    #[error("key is not in the directory")]
    UnknownKey,
    /// The peer speaks another version.
    #[error("peer speaks another version of the protocol")]
    Version,
    /// The hello names another actor than the key belongs to.
    #[error("hello names another actor than the key")]
    NotTheKeysOwner,
    /// A frame came before the hello, or a second hello.
    #[error("frame out of order")]
    OutOfOrder,
    /// A frame could not be read.
    #[error("frame cannot be read")]
    Frame,
    /// More unanswered batches than [`WINDOW`], or questions than [`ASKS_MAX`].
    #[error("more than {WINDOW} unanswered batches or {ASKS_MAX} questions")]
    Window,
    /// An answer to a batch or question that was not sent, or one that does not fit it.
    #[error("answer to nothing that was sent")]
    Answer,
    /// Nothing came in time.
    #[error("peer did not answer in time")]
    Timeout,
    /// The receiver could not make a batch durable; it is to be sent again later.
    #[error("receiver has no room")]
    NoRoom,
    /// Documents came with a registration that is not a terminal's proof for this node.
    #[error("registration is not proven")]
    Registration,
    /// An edition was handed on that is not the one asked for, or asked for that is not there.
    #[error("directory edition does not fit")]
    Edition,
}

impl Violation {
    /// The application error code.
    #[must_use]
    pub fn code(self) -> u32 {
        match self {
            Self::None => 0,
            Self::UnknownKey => 1,
            Self::Version => 2,
            Self::NotTheKeysOwner => 3,
            Self::OutOfOrder => 4,
            Self::Frame => 5,
            Self::Window => 6,
            Self::Answer => 7,
            Self::Timeout => 8,
            Self::NoRoom => 9,
            Self::Registration => 10,
            Self::Edition => 11,
        }
    }
}

impl Session {
    /// Begins: `peer` is the actor to whom the key on the wire belongs, `chain` the editions of this
    /// side. Says hello at once.
    #[must_use]
    pub fn new(me: Actor, peer: Actor, chain: Arc<Chain>, now: UnixMillis) -> Self {
        let editions = Spread::new(chain);
        let (first, newest) = editions.mine();
        let hello = Hello { version: VERSION, actor: me.to_string(), first, newest };
        Self {
            me,
            peer,
            open: false,
            hello_by: now.plus(HELLO_LIFE),
            next_batch: 0,
            unanswered: BTreeMap::new(),
            owed: VecDeque::new(),
            next_ask: 0,
            asked: BTreeMap::new(),
            owed_answers: 0,
            editions,
            said: newest,
            outputs: VecDeque::from([Output::Send(Frame::Hello(hello))]),
        }
    }

    /// Who this side is.
    #[must_use]
    pub fn me(&self) -> &Actor {
        &self.me
    }

    /// Whether a batch may be sent now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.open && self.unanswered.len() < WINDOW
    }

    /// Sends a batch; `None` when there is no room. The number comes back in the answer.
    pub fn deliver(
        &mut self,
        documents: Vec<Vec<u8>>,
        registration: Option<Vec<u8>>,
        disclosures: Vec<Disclosed>,
        now: UnixMillis,
    ) -> Option<u64> {
        if !self.has_room() {
            return None;
        }
        let batch = self.next_batch;
        self.next_batch = batch.wrapping_add(1);
        self.unanswered.insert(batch, now.plus(ANSWER_LIFE));
        self.outputs.push_back(Output::Send(Frame::Deliver(Deliver {
            batch,
            documents,
            registration,
            disclosures,
        })));
        Some(batch)
    }

    /// Asks the peer about its log; `None` when there is no room. The number comes back in the answer.
    pub fn ask_log(&mut self, about: About, now: UnixMillis) -> Option<u64> {
        if !self.open || self.asked.len() >= ASKS_MAX {
            return None;
        }
        let number = self.next_ask;
        self.next_ask = number.wrapping_add(1);
        self.asked.insert(number, now.plus(ANSWER_LIFE));
        self.outputs.push_back(Output::Send(Frame::Ask(Ask { number, about })));
        Some(number)
    }

    /// Shows the peer a head, if the link is open. There is no answer: what matters is shown again.
    pub fn show(&mut self, note: Vec<u8>) {
        if self.open {
            self.outputs.push_back(Output::Send(Frame::Head(note)));
        }
    }

    /// Takes the answer that this node has for a question of the peer.
    pub fn handle_told(&mut self, told: Told) {
        if let Some(left) = self.owed_answers.checked_sub(1) {
            self.owed_answers = left;
            self.outputs.push_back(Output::Send(Frame::Told(told)));
        }
    }

    /// Takes one frame of the peer.
    pub fn handle_frame(&mut self, frame: Frame) {
        match frame {
            Frame::Hello(hello) => self.handle_hello(&hello),
            _ if !self.open => self.close(Violation::OutOfOrder),
            Frame::Deliver(deliver) if self.owed.len() >= WINDOW => {
                drop(deliver);
                self.close(Violation::Window);
            }
            Frame::Deliver(deliver) => {
                self.owed.push_back(deliver.batch);
                self.outputs.push_back(Output::Judge(deliver));
            }
            Frame::Receipt(answer) => match self.unanswered.remove(&answer.batch) {
                Some(_) => self.outputs.push_back(Output::Answered(answer)),
                None => self.close(Violation::Answer),
            },
            Frame::Have(have) => self.handle_have(have),
            Frame::Want(want) => match self.editions.want(want) {
                Ok(()) => self.outputs.push_back(Output::Supply(want)),
                Err(why) => self.close(why),
            },
            Frame::Part(part) => match self.editions.part(&part) {
                Ok(Arrived::More(want)) => self.send(Frame::Want(want)),
                Ok(Arrived::Whole(number, bundle)) => {
                    self.outputs.push_back(Output::Edition(number, bundle));
                }
                Err(why) => self.close(why),
            },
            Frame::Ask(_) if self.owed_answers >= ASKS_MAX => self.close(Violation::Window),
            Frame::Ask(ask) => {
                self.owed_answers += 1;
                self.outputs.push_back(Output::Asked(ask));
            }
            Frame::Told(told) => match self.asked.remove(&told.number) {
                Some(_) => self.outputs.push_back(Output::Told(told)),
                None => self.close(Violation::Answer),
            },
            Frame::Head(note) => self.outputs.push_back(Output::Head(note)),
        }
    }

    /// The edition to ask the peer for, if one is to be had from it. Nothing is asked for before
    /// [`Session::ask`], which makes this side hold a bundle.
    #[must_use]
    pub fn wants(&self) -> Option<u64> {
        self.editions.wants().filter(|_| self.open)
    }

    /// Asks for what [`Session::wants`] names.
    pub fn ask(&mut self, now: UnixMillis) {
        if self.open
            && let Some(want) = self.editions.ask(now)
        {
            self.send(Frame::Want(want));
        }
    }

    /// Gives the part that the peer asked for, of a bundle of `total` bytes.
    pub fn supply(&mut self, number: u64, total: u64, bytes: Vec<u8>) {
        if self.editions.supply() {
            self.send(Frame::Part(Part { number, total, bytes }));
        }
    }

    /// Takes what became of the edition that was asked for. After [`Verdict::Taken`] the longer
    /// chain comes with [`Session::handle_chain`], before or after.
    pub fn handle_edition(&mut self, verdict: Verdict, now: UnixMillis) {
        if let Err(why) = self.editions.judged(verdict, now) {
            self.close(why);
        }
    }

    /// Takes the editions that this side has by now, and tells the peer of the newest.
    pub fn handle_chain(&mut self, chain: Arc<Chain>) {
        if !self.editions.grow(chain) {
            return;
        }
        if self.open {
            let (_, newest) = self.editions.mine();
            self.send(Frame::Have(newest));
            self.tell_gap();
        }
    }

    /// Whether neither side has an edition for the other, as far as this side can know.
    #[must_use]
    pub fn is_even(&self) -> bool {
        self.open && self.editions.is_even()
    }

    /// Takes the receipt that this node made for a batch of the peer. It is durable by now.
    pub fn handle_judged(&mut self, batch: u64, receipt: Vec<u8>) {
        if let Some(at) = self.owed.iter().position(|owed| *owed == batch) {
            self.owed.remove(at);
            self.outputs.push_back(Output::Send(Frame::Receipt(Answer { batch, receipt })));
        }
    }

    /// When to call [`Session::handle_timeout`]; `None` while nothing is awaited.
    #[must_use]
    pub fn deadline(&self) -> Option<UnixMillis> {
        if !self.open {
            return Some(self.hello_by);
        }
        let unanswered = self.unanswered.values().chain(self.asked.values()).min().copied();
        unanswered.into_iter().chain(self.editions.deadline()).min()
    }

    /// Ends the link when something is overdue.
    pub fn handle_timeout(&mut self, now: UnixMillis) {
        let edition_is_late = self.editions.is_late(now);
        let answers = self.unanswered.values().chain(self.asked.values());
        let awaited = if self.open { answers.min() } else { Some(&self.hello_by) };
        if edition_is_late || awaited.is_some_and(|by| *by <= now) {
            self.close(Violation::Timeout);
        }
    }

    /// Whether [`Session::poll`] has something to give.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// The next thing to do, in order.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn handle_hello(&mut self, hello: &Hello) {
        if self.open {
            self.close(Violation::OutOfOrder);
        } else if hello.version != VERSION {
            self.close(Violation::Version);
        } else if hello.actor != self.peer.to_string() {
            self.close(Violation::NotTheKeysOwner);
        } else {
            self.open = true;
            self.editions.hello(hello);
            self.outputs.push_back(Output::Opened { directory: hello.newest.number });
            // The hello of this side may be older than what it has by now.
            let (_, newest) = self.editions.mine();
            if newest != self.said {
                self.send(Frame::Have(newest));
            }
            self.tell_gap();
        }
    }

    fn handle_have(&mut self, have: Have) {
        match self.editions.have(have) {
            Ok(()) => self.tell_gap(),
            Err(why) => self.close(why),
        }
    }

    fn tell_gap(&mut self) {
        if let Some(first) = self.editions.gap() {
            self.outputs.push_back(Output::Gap(first));
        }
    }

    fn send(&mut self, frame: Frame) {
        self.outputs.push_back(Output::Send(frame));
    }

    fn close(&mut self, why: Violation) {
        self.open = false;
        self.outputs.push_back(Output::Close(why));
    }
}

#[cfg(test)]
mod tests;
