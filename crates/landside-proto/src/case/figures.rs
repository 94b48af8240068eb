//! What became of a case in time: how long its steps took, who owed what from when until when.
//!
//! The fold is that of [`Case`], with a look at the needs after each document and wherever a fact ends
//! by itself between two. Every moment is one of registration, or one that a document sets (the end of
//! a release, of a slot): what an author claims of its own clock counts nowhere.

use std::borrow::Cow;
use std::time::Duration;

use super::needs::{self, Need};
use super::questions::QuestionFact;
use super::state::{Case, SlotState};
use crate::directory::Actor;
use crate::document::{Document, Position, QuestionSubject};
use crate::envelope::Signed;
use crate::ids::{BillNo, DocId, PartyId, UnixMillis};

/// From one moment of a case to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapse {
    /// Where it begins.
    pub from: UnixMillis,
    /// Where it ends; not before `from`.
    pub until: UnixMillis,
}

impl Lapse {
    /// A registrar's clock that was set back makes no time negative: then nothing has passed.
    fn new(from: UnixMillis, until: UnixMillis) -> Self {
        Self { from, until: until.max(from) }
    }

    /// How long it was.
    #[must_use]
    pub fn span(&self) -> Duration {
        self.until.since(self.from)
    }
}

/// A time in which somebody owed the case something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// From when.
    pub from: UnixMillis,
    /// Until when; none while it is still so.
    pub until: Option<UnixMillis>,
}

/// One need with one begin, from when it was owed until it was met, or fell away.
///
/// What was owed, met and is owed anew is another one; what was only covered by an override is the
/// same one with two spells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedFact {
    /// Party that owed it, or the role while no party is known.
    pub owed_by: String,
    /// Code of the need.
    pub code: Cow<'static, str>,
    /// What a promise counts from ([`Case::since`]).
    pub since: UnixMillis,
    /// When it was owed, in order; never empty.
    pub spells: Vec<Spell>,
    about: About,
}

/// What tells two needs of one code and begin apart.
#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    Nothing,
    Bill(BillNo),
    Hold(Option<DocId>),
}

impl About {
    fn of(need: &Need) -> Self {
        match &need.about {
            None => Self::Nothing,
            // The head of a bill moves while the need stays.
            Some(needs::About::Bill(bill)) => Self::Bill(bill.clone()),
            Some(needs::About::Hold(..)) => Self::Hold(need.because),
        }
    }
}

/// Who owes, the code, since when, and what about.
type Owed = (String, Cow<'static, str>, UnixMillis, About);

impl OwedFact {
    fn is(&self, (owed_by, code, since, about): &Owed) -> bool {
        (&self.owed_by, &self.code, &self.since, &self.about) == (owed_by, code, since, about)
    }

    /// When it was last owed; none while it still is.
    #[must_use]
    pub fn ended(&self) -> Option<UnixMillis> {
        self.spells.last().and_then(|spell| spell.until)
    }

    /// By how much a promise of `within` was missed, at `now` while it is owed; none while it is not.
    #[must_use]
    pub fn late_by(&self, within: Duration, now: UnixMillis) -> Option<Duration> {
        let late = self.ended().unwrap_or(now).since(self.since.plus(within));
        (!late.is_zero()).then_some(late)
    }
}

/// A question or complaint, as far as time goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedFact {
    /// Who is asked.
    pub to: PartyId,
    /// Whether it asks or complains.
    pub subject: QuestionSubject,
    /// When it was registered.
    pub asked_at: UnixMillis,
    /// When the answer was due.
    pub answer_by: UnixMillis,
    /// When the answer was registered.
    pub answered_at: Option<UnixMillis>,
}

impl AskedFact {
    fn of(question: &QuestionFact) -> Self {
        Self {
            to: question.to.clone(),
            subject: question.subject,
            asked_at: question.asked_at,
            answer_by: question.answer_by,
            answered_at: question.answer.as_ref().map(|answer| answer.at),
        }
    }
}

/// The figures of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFigures {
    /// Registration of the first document.
    pub opened_at: UnixMillis,
    /// Registration of the gate-out.
    pub left_at: Option<UnixMillis>,
    /// From the moment since which no light was red to the first pass after it. Of several such
    /// moments the last with a pass. None in a part, whose lights are known by hearsay.
    pub light_to_pass: Option<Lapse>,
    /// From the same moment to the first gate decision that names a pass: by then a driver had it.
    pub light_to_shown: Option<Lapse>,
    /// From the arrival that says discharged to the gate-out.
    pub ashore_to_out: Option<Lapse>,
    /// What was owed, in the order of its begin here.
    pub owed: Vec<OwedFact>,
    /// What was asked, in the order of registration.
    pub asked: Vec<AskedFact>,
    /// When the next fact of the case ends by itself: until then, and the next document, nothing of
    /// this changes but the length of what is still owed.
    pub ends: Option<UnixMillis>,
}

impl CaseFigures {
    /// The figures of a case at `now`, from its documents in log order, as `reader` sees its needs.
    /// `None` without documents of a case.
    #[must_use]
    pub fn of<'a>(
        documents: impl IntoIterator<Item = (&'a Signed<Document>, Position)>,
        reader: &Actor,
        now: UnixMillis,
    ) -> Option<Self> {
        let mut case: Option<Case> = None;
        let mut gauge: Option<Gauge> = None;
        for (signed, position) in documents {
            let (Some(visit), Some(place)) = (signed.document().visit(), position.case) else {
                continue;
            };
            let case = case.get_or_insert_with(|| Case::empty(visit.clone(), place.code));
            if case.code != place.code || case.visit != *visit {
                continue;
            }
            let gauge = gauge.get_or_insert_with(|| Gauge::begin(reader, position.at));
            gauge.run(case, position.at);
            case.apply(signed, position);
            gauge.note(case, signed.document(), position.at);
        }
        let (case, mut gauge) = (case?, gauge?);
        gauge.run(&case, now);
        Some(gauge.read(&case, now))
    }
}

/// What a fold keeps between two looks.
struct Gauge<'a> {
    reader: &'a Actor,
    opened_at: UnixMillis,
    left_at: Option<UnixMillis>,
    /// The moment of the last look.
    at: UnixMillis,
    light_to_pass: Option<Lapse>,
    light_to_shown: Option<Lapse>,
    ashore_to_out: Option<Lapse>,
    owed: Vec<OwedFact>,
}

impl<'a> Gauge<'a> {
    fn begin(reader: &'a Actor, at: UnixMillis) -> Self {
        Self {
            reader,
            opened_at: at,
            left_at: None,
            at,
            light_to_pass: None,
            light_to_shown: None,
            ashore_to_out: None,
            owed: Vec::new(),
        }
    }

    /// Looks wherever a fact of the case ends by itself before `until`.
    fn run(&mut self, case: &Case, until: UnixMillis) {
        // Each look is later than the one before, and a case has few such facts.
        while let Some(end) = case.next_end(self.at).filter(|_| !case.is_closed()) {
            // What holds until a moment holds at it: the moment after is the first without.
            let look = end.plus(Duration::from_millis(1));
            if look >= until || look <= self.at {
                return;
            }
            self.look(case, look);
        }
    }

    /// A document was folded in.
    fn note(&mut self, case: &Case, document: &Document, at: UnixMillis) {
        if self.left_at.is_some() {
            return;
        }
        let green = case.green_since().filter(|_| !case.part);
        match document {
            Document::PickupPass(_) => {
                let known = self.light_to_pass.map(|lapse| lapse.from);
                if let Some(green) = green.filter(|green| known != Some(*green)) {
                    self.light_to_pass = Some(Lapse::new(green, at));
                    self.light_to_shown = None;
                }
            }
            Document::GateDecision(d) if d.pass.is_some() => {
                let from = self.light_to_pass.map(|lapse| lapse.from);
                let shown = from.map(|from| Lapse::new(from, at));
                self.light_to_shown = self.light_to_shown.or(shown);
            }
            Document::GateOut(_) => {
                self.left_at = Some(at);
                self.ashore_to_out = case.ashore_since().map(|ashore| Lapse::new(ashore, at));
            }
            _ => {}
        }
        self.look(case, at);
    }

    /// Compares what is owed now with what was.
    fn look(&mut self, case: &Case, at: UnixMillis) {
        let needs = match case.is_closed() {
            true => Vec::new(),
            false => case.needs_seen_by(self.reader, at),
        };
        let owed: Vec<Owed> = needs
            .into_iter()
            .filter_map(|need| {
                let since = case.since(&need)?;
                let about = About::of(&need);
                Some((need.owed_by, need.code, since, about))
            })
            .collect();
        for fact in &mut self.owed {
            let is_owed = owed.iter().any(|owed| fact.is(owed));
            if let Some(spell) = fact.spells.last_mut().filter(|s| s.until.is_none() && !is_owed) {
                spell.until = Some(at.max(spell.from));
            }
        }
        for owed in owed {
            let known = self.owed.iter_mut().find(|fact| fact.is(&owed));
            let (owed_by, code, since, about) = owed;
            // What began between two looks began then; what only comes to light was not owed before.
            let from = if since > self.at { since.min(at) } else { at };
            let spell = Spell { from, until: None };
            match known {
                None => {
                    self.owed.push(OwedFact { owed_by, code, since, spells: vec![spell], about })
                }
                Some(fact) if fact.ended().is_some() => fact.spells.push(spell),
                Some(_) => {}
            }
        }
        self.at = self.at.max(at);
    }

    fn read(self, case: &Case, now: UnixMillis) -> CaseFigures {
        let mut asked: Vec<_> = case.questions.values().map(AskedFact::of).collect();
        asked.sort_by_key(|asked| asked.asked_at);
        CaseFigures {
            opened_at: self.opened_at,
            left_at: self.left_at,
            light_to_pass: self.light_to_pass,
            light_to_shown: self.light_to_shown,
            ashore_to_out: self.ashore_to_out,
            owed: self.owed,
            asked,
            ends: case.next_end(now).filter(|_| !case.is_closed()),
        }
    }
}

impl Case {
    /// The next moment from `now` on at which something of the case begins or ends by itself.
    #[must_use]
    pub fn next_end(&self, now: UnixMillis) -> Option<UnixMillis> {
        let seconds = |s: u64| UnixMillis::from_millis(s.saturating_mul(1000));
        let mut times: Vec<UnixMillis> = Vec::new();
        times.extend(self.releases.values().map(|release| release.terms.valid_until));
        times.extend(self.releases.values().filter_map(|release| release.terms.valid_from));
        let hops = self.right.iter().flat_map(|right| &right.hops);
        times.extend(hops.flat_map(|hop| [hop.limits.from, hop.limits.until]).flatten());
        if let SlotState::Granted(granted) = &self.slot {
            times.push(granted.window.until);
        }
        times.extend(self.pass.iter().flat_map(|p| [seconds(p.not_before), seconds(p.expires)]));
        times.extend(self.overrides.values().map(|fact| fact.until));
        times.into_iter().filter(|at| *at >= now).min()
    }
}
