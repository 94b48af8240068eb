//! The part of a conversation that spreads directory editions (docs/PROTOCOL.md § 8).
//!
//! Each side says which edition it has; who is behind asks for the next one, a part at a time, and
//! takes it before it asks for more. Nothing comes that was not asked for, so what a peer can make
//! this side hold is one bundle, and only while the shell lets it ask.

use std::sync::Arc;
use std::time::Duration;

use super::Violation;
use super::frame::{Have, Hello, Part, Want};
use crate::directory::Chain;
use crate::ids::{Hash32, UnixMillis};

/// A bundle that was asked for must be whole within this time: 4 MiB over a poor mobile link.
pub const EDITION_LIFE: Duration = Duration::from_secs(120);

/// Newer editions a peer may tell of while this side takes none: more than an authority signs in
/// the life of a link.
pub const HAVES_MAX: u32 = 16;

/// How long nothing is asked for after an edition could not be kept: the disk may be full.
const REST: Duration = Duration::from_secs(60);

/// What became of an edition that the peer handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken and is durable; the session was given the longer chain.
    Taken,
    /// It is one that this node has, from somebody else meanwhile.
    Known,
    /// It is well formed, but does not name this node's newest edition as the one before: the two
    /// sides have different editions of one number.
    Parted,
    /// The authorities signed it beside this node's edition of that number. The proof is kept.
    Fork,
    /// It could not be kept; it is to be asked for again later.
    Later,
    /// It is not what was asked for, or not an edition.
    Refused,
}

/// The state of it for one link.
#[derive(Debug)]
pub(super) struct Spread {
    chain: Arc<Chain>,
    /// What the peer last said it has: its first edition and its newest.
    theirs: Option<(u64, Have)>,
    asked: Option<Asked>,
    /// Nothing is asked for before this time.
    rests_until: Option<UnixMillis>,
    /// The peer's next edition does not follow this side's newest: that number is looked at first.
    parted: bool,
    /// The two sides are on two branches: nothing more is asked for.
    forked: bool,
    /// Times the peer told of a newer edition since this side took one.
    haves: u32,
    served: Served,
    /// The first edition of the peer's that is out of reach, once said.
    gap: Option<u64>,
}

/// An edition asked for.
#[derive(Debug)]
struct Asked {
    number: u64,
    /// Whether it is looked at for a fork, and not to be taken.
    rival: bool,
    total: Option<u64>,
    bytes: Vec<u8>,
    /// By when it must be whole; `None` once it is.
    by: Option<UnixMillis>,
}

/// What the peer was given.
#[derive(Debug, Default)]
struct Served {
    /// Number and offset it asked for last.
    last: Option<(u64, u64)>,
    /// It may look back once, for the edition at which the two sides part.
    looked_back: bool,
    /// Whether an answer is owed.
    owed: bool,
}

/// What a part of a bundle leads to.
pub(super) enum Arrived {
    /// Ask for the rest.
    More(Want),
    /// It is whole.
    Whole(u64, Vec<u8>),
}

impl Spread {
    pub(super) fn new(chain: Arc<Chain>) -> Self {
        Self {
            chain,
            theirs: None,
            asked: None,
            rests_until: None,
            parted: false,
            forked: false,
            haves: 0,
            served: Served::default(),
            gap: None,
        }
    }

    /// First and newest edition of this side.
    pub(super) fn mine(&self) -> (u64, Have) {
        let (number, id) = self.chain.newest();
        (self.chain.first(), Have { number, id: *id.as_bytes() })
    }

    pub(super) fn hello(&mut self, hello: &Hello) {
        self.theirs = Some((hello.first, hello.newest));
    }

    /// The peer has a newer edition.
    pub(super) fn have(&mut self, have: Have) -> Result<(), Violation> {
        match &mut self.theirs {
            Some((_, newest)) if have.number > newest.number => *newest = have,
            _ => return Err(Violation::OutOfOrder),
        }
        self.haves = self.haves.saturating_add(1);
        if self.haves > HAVES_MAX { Err(Violation::Window) } else { Ok(()) }
    }

    /// This side has a longer chain.
    pub(super) fn grow(&mut self, chain: Arc<Chain>) -> bool {
        let grown = chain.newest().0 > self.chain.newest().0;
        if grown {
            self.chain = chain;
            self.haves = 0;
            self.gap = None;
        }
        grown
    }

    /// The edition to ask for now, and whether only to look at it.
    fn next(&self) -> Option<(u64, bool)> {
        let (first, newest) = self.theirs?;
        if self.asked.is_some() || self.rests_until.is_some() || self.forked {
            return None;
        }
        let mine = self.chain.newest().0;
        match self.chain.id(newest.number) {
            Some(id) if id != Hash32::from_bytes(newest.id) => Some((newest.number, true)),
            _ if newest.number <= mine => None,
            _ if self.parted => (first <= mine).then_some((mine, true)),
            _ => {
                let next = mine.checked_add(1)?;
                (first <= next).then_some((next, false))
            }
        }
    }

    pub(super) fn wants(&self) -> Option<u64> {
        self.next().map(|(number, _)| number)
    }

    /// The first edition of a peer that is ahead and cannot hand on what comes before; said once.
    pub(super) fn gap(&mut self) -> Option<u64> {
        let (first, _) = self.theirs?;
        let next = self.chain.newest().0.saturating_add(1);
        if first <= next || self.gap == Some(first) {
            return None;
        }
        self.gap = Some(first);
        self.gap
    }

    /// Whether the peer has all that this side has, and nothing is to be had from it.
    pub(super) fn is_even(&self) -> bool {
        let mine = self.chain.newest().0;
        self.theirs.is_some_and(|(_, newest)| newest.number >= mine)
            && self.asked.is_none()
            && self.next().is_none()
    }

    pub(super) fn ask(&mut self, now: UnixMillis) -> Option<Want> {
        let (number, rival) = self.next()?;
        let by = Some(now.plus(EDITION_LIFE));
        self.asked = Some(Asked { number, rival, total: None, bytes: Vec::new(), by });
        Some(Want { number, from: 0 })
    }

    pub(super) fn part(&mut self, part: &Part) -> Result<Arrived, Violation> {
        let asked = self.asked.as_mut().filter(|asked| asked.by.is_some());
        let asked = asked.filter(|asked| asked.number == part.number).ok_or(Violation::Answer)?;
        let total = *asked.total.get_or_insert(part.total);
        let have = asked.bytes.len().saturating_add(part.bytes.len());
        let have = u64::try_from(have).unwrap_or(u64::MAX);
        if total != part.total || have > total {
            return Err(Violation::Edition);
        }
        asked.bytes.extend_from_slice(&part.bytes);
        if have < total {
            return Ok(Arrived::More(Want { number: asked.number, from: have }));
        }
        asked.by = None;
        Ok(Arrived::Whole(asked.number, std::mem::take(&mut asked.bytes)))
    }

    /// What became of the edition asked for.
    pub(super) fn judged(&mut self, verdict: Verdict, now: UnixMillis) -> Result<(), Violation> {
        let Some(asked) = self.asked.take() else { return Ok(()) };
        match verdict {
            Verdict::Refused => return Err(Violation::Edition),
            // It told of another edition than it has.
            Verdict::Known if asked.rival => return Err(Violation::Edition),
            Verdict::Taken | Verdict::Known => {}
            Verdict::Later => self.rests_until = Some(now.plus(REST)),
            Verdict::Fork => self.forked = true,
            Verdict::Parted if self.parted => self.forked = true,
            Verdict::Parted => {
                self.parted = true;
                self.forked = self.next().is_none();
            }
        }
        Ok(())
    }

    /// The peer asks for a part.
    pub(super) fn want(&mut self, want: Want) -> Result<(), Violation> {
        let asked = (want.number, want.from);
        if self.served.owed {
            return Err(Violation::Window);
        }
        if self.chain.id(want.number).is_none() {
            return Err(Violation::Edition);
        }
        let goes_on = self.served.last.is_none_or(|last| asked > last);
        if !goes_on && std::mem::replace(&mut self.served.looked_back, true) {
            return Err(Violation::Edition);
        }
        self.served.last = Some(asked);
        self.served.owed = true;
        Ok(())
    }

    /// Whether a part is owed; it is given with this.
    pub(super) fn supply(&mut self) -> bool {
        std::mem::replace(&mut self.served.owed, false)
    }

    /// When time changes something.
    pub(super) fn deadline(&self) -> Option<UnixMillis> {
        self.asked.as_ref().and_then(|asked| asked.by).into_iter().chain(self.rests_until).min()
    }

    /// Ends a rest that is over; `true` when the peer was too slow.
    pub(super) fn is_late(&mut self, now: UnixMillis) -> bool {
        self.rests_until = self.rests_until.filter(|until| *until > now);
        self.asked.as_ref().and_then(|asked| asked.by).is_some_and(|by| by <= now)
    }
}
