//! The state of a case and the fold that makes it.

use std::collections::{BTreeMap, BTreeSet};

use super::clocks::ClockFacts;
use super::overrides::OverrideFact;
use super::part::is_of_the_job;
use super::questions::QuestionFact;
use super::times::Times;
use crate::directory::Actor;
use crate::document::{
    Arrival, CasePlace, CustomsState, Document, HoldType, Kind, Light, Limits, Position, Progress,
    ReleaseAction, ReleaseOrder, ReleaseTerms, SlotAnswer, Verdict, Visit, Window,
};
use crate::envelope::Signed;
use crate::ids::{BillNo, CaseCode, DocId, PartyId, Plate, SizeType, UnixMillis};
use crate::key::PublicKey;
use crate::sealed::{SealedField, SealedFields};

/// Most documents of one case: bounds the cost of a fold. A usual case has about 20.
pub const CASE_DOCS_MAX: usize = 1_000;

/// Places of a case kept free of the kinds that one party can send at will (holds, passes of the
/// right, bindings, requests), so that nobody can fill a case until its box cannot leave.
pub const CASE_DOCS_RESERVED: usize = 200;

/// Most holders in a chain; the trade sees 2 to 4 hops.
pub const HOPS_MAX: usize = 8;

/// What a case's documents add up to. See the module's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Terminal and container.
    pub visit: Visit,
    /// The code people know it by.
    pub code: CaseCode,
    /// Every registered document, in log order.
    pub steps: Vec<Step>,
    /// Releases by bill of lading.
    pub releases: BTreeMap<BillNo, Release>,
    /// Customs status by consignment.
    pub customs: BTreeMap<BillNo, CustomsFact>,
    /// Holds that stand.
    pub holds: BTreeMap<DocId, HoldFact>,
    /// The last override of each light, whether it still stands or not.
    pub overrides: BTreeMap<Light, OverrideFact>,
    /// What the terminal said last about the box.
    pub arrival: Option<(DocId, Arrival)>,
    /// Who may collect; absent before a release and after its end.
    pub right: Option<Right>,
    /// Driver and truck.
    pub binding: Option<Binding>,
    /// Where the slot stands.
    pub slot: SlotState,
    /// Slots of holders who lost the right; they come back with it.
    pub kept_slots: BTreeMap<PartyId, Granted>,
    /// The live pass.
    pub pass: Option<Issued>,
    /// The last gate decision.
    pub decision: Option<(DocId, Verdict)>,
    /// The terminal's interchange receipt.
    pub receipt: Option<DocId>,
    /// The driver's signature under it.
    pub countersigned: Option<DocId>,
    /// The gate-out that closed the case.
    pub gate_out: Option<(DocId, UnixMillis)>,
    /// Questions and complaints, answered or not.
    pub questions: BTreeMap<DocId, QuestionFact>,
    /// What starts, suspends and stops the clocks of free time.
    pub(super) clock_facts: ClockFacts,
    /// Every party that ever took part, which is who reads the case.
    pub parties: BTreeSet<PartyId>,
    /// Every party that a line ever released to.
    pub(super) released_to: BTreeSet<PartyId>,
    /// Whether this is a part: the case's first document is not among them.
    pub part: bool,
    /// What those who get a part were told last, with the pass issued since.
    pub progress: Option<(DocId, Progress)>,
    /// Who lost the right or the job and has not been told yet.
    pub(super) parted: BTreeMap<Actor, Option<Hop>>,
    /// Moments that promises count from.
    pub(super) times: Times,
    /// Which document took the place of which: names the winner to the loser.
    successors: BTreeMap<DocId, DocId>,
}

/// One registered document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub document: DocId,
    /// Its kind.
    pub kind: Kind,
    /// Who signed, or for whom an agent did.
    pub issuer: Actor,
    /// The agent that signed for the issuer.
    pub agent: Option<PartyId>,
    /// Its place in the case.
    pub place: u32,
    /// Index in the terminal's log.
    pub log: u64,
    /// When it was registered.
    pub at: UnixMillis,
}

/// A release and its last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The line.
    pub line: PartyId,
    /// The order or its last change.
    pub head: DocId,
    /// The terms in force.
    pub terms: ReleaseTerms,
    /// Size and type of the container, as the order says.
    pub size_type: Option<SizeType>,
    /// Whether it stands.
    pub state: ReleaseState,
    /// Sealed fields in force, with the document whose word on each it is.
    pub sealed: BTreeMap<SealedField, DocId>,
}

/// Whether a release stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseState {
    /// It stands.
    Active,
    /// The line stopped it for now.
    Blocked,
    /// The line took it back; the container waits for a new release of this bill.
    Ended,
    /// It was a mistake: the bill no longer counts in this container.
    Cancelled,
}

impl Release {
    /// Whether the line's word holds, be it stopped for now.
    #[must_use]
    pub fn stands(&self) -> bool {
        matches!(self.state, ReleaseState::Active | ReleaseState::Blocked)
    }
}

/// What customs said last about a consignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomsFact {
    /// The office.
    pub office: PartyId,
    /// The status document.
    pub head: DocId,
    /// Where it stands.
    pub status: CustomsState,
}

/// A hold that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldFact {
    /// Who placed it.
    pub placer: PartyId,
    /// Its type.
    pub hold_type: HoldType,
    /// Why.
    pub reason: String,
}

/// The chain of holders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// The document that last moved the right; the next move builds on it.
    pub head: DocId,
    /// From the release-to party to the present holder. Never empty.
    pub hops: Vec<Hop>,
}

/// One holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The release or pass-right that made this party the holder.
    pub document: DocId,
    /// The party.
    pub holder: PartyId,
    /// What it may do: every limit of the hops before, narrowed.
    pub limits: Limits,
}

/// Driver and truck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The binding document.
    pub document: DocId,
    /// The device key.
    pub driver: PublicKey,
    /// The truck.
    pub plate: Plate,
}

/// Where the slot stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotState {
    /// None asked for.
    None,
    /// Asked for, not answered.
    Asked {
        /// The request.
        request: DocId,
        /// When the truck wants to come.
        window: Window,
    },
    /// To be had.
    Granted(Granted),
    /// Refused; another may be asked for.
    Refused {
        /// The refusal.
        document: DocId,
    },
}

/// A slot to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The slot document.
    pub document: DocId,
    /// When.
    pub window: Window,
}

/// A pass that lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The pass.
    pub document: DocId,
    /// Not before, seconds.
    pub not_before: u64,
    /// Dead from, seconds.
    pub expires: u64,
}

/// Who left the chain, and by which hop it was in it.
fn parted(hop: Hop) -> (Actor, Option<Hop>) {
    (Actor::Party(hop.holder.clone()), Some(hop))
}

impl Case {
    /// A case before its first document.
    #[must_use]
    pub fn empty(visit: Visit, code: CaseCode) -> Self {
        Self {
            visit,
            code,
            steps: Vec::new(),
            releases: BTreeMap::new(),
            customs: BTreeMap::new(),
            holds: BTreeMap::new(),
            overrides: BTreeMap::new(),
            arrival: None,
            right: None,
            binding: None,
            slot: SlotState::None,
            kept_slots: BTreeMap::new(),
            pass: None,
            decision: None,
            receipt: None,
            countersigned: None,
            gate_out: None,
            questions: BTreeMap::new(),
            clock_facts: ClockFacts::default(),
            parties: BTreeSet::new(),
            released_to: BTreeSet::new(),
            part: false,
            progress: None,
            parted: BTreeMap::new(),
            times: Times::default(),
            successors: BTreeMap::new(),
        }
    }

    /// Folds registered documents. They must be of one case and in log order; documents without a
    /// place in a case, and those of other cases, are passed over.
    #[must_use]
    pub fn fold<'a>(
        documents: impl IntoIterator<Item = (&'a Signed<Document>, Position)>,
    ) -> Option<Self> {
        let mut case: Option<Self> = None;
        for (signed, position) in documents {
            let (Some(visit), Some(CasePlace { code, .. })) =
                (signed.document().visit(), position.case)
            else {
                continue;
            };
            let case = case.get_or_insert_with(|| Self::empty(visit.clone(), code));
            if case.code == code && case.visit == *visit {
                case.apply(signed, position);
            }
        }
        case
    }

    /// The step of a document of this case.
    #[must_use]
    pub fn step(&self, id: DocId) -> Option<&Step> {
        self.steps.iter().find(|step| step.document == id)
    }

    /// The present holder of the right.
    #[must_use]
    pub fn holder(&self) -> Option<&Hop> {
        self.right.as_ref().and_then(|right| right.hops.last())
    }

    /// The document that took the place of `id`, if one did.
    #[must_use]
    pub fn successor(&self, id: DocId) -> Option<DocId> {
        self.successors.get(&id).copied()
    }

    /// The pass, unless its time is over.
    #[must_use]
    pub fn living_pass(&self, now: UnixMillis) -> Option<&Issued> {
        self.pass.as_ref().filter(|pass| now.as_secs() < pass.expires)
    }

    /// Whether the container has left.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.gate_out.is_some()
    }

    /// The newest document of the binding, the slot and the gate: what the next one builds on.
    #[must_use]
    pub fn slot_head(&self) -> Option<DocId> {
        match &self.slot {
            SlotState::None => None,
            SlotState::Asked { request, .. } => Some(*request),
            SlotState::Granted(granted) => Some(granted.document),
            SlotState::Refused { document } => Some(*document),
        }
    }

    /// Adds one registered document. Total: a document that does not fit (a reader that has not yet
    /// received one before it) changes only the list of steps, and so does one after the gate-out
    /// that is not of a closed case ([`Kind::is_of_closed_case`]).
    pub fn apply(&mut self, signed: &Signed<Document>, position: Position) {
        let id = signed.id();
        let kind = signed.document().kind();
        let place = position.case.map_or(0, |case| case.place);
        match self.steps.last() {
            None => self.part = place > 0,
            // Progress told them; whoever leaves now is told by the next one.
            Some(step) if step.kind == Kind::Progress => self.parted.clear(),
            Some(_) => {}
        }
        self.steps.push(Step {
            document: id,
            kind,
            issuer: signed.issuer().clone(),
            agent: signed.document().agent().cloned(),
            place,
            log: position.log,
            at: position.at,
        });
        if kind.is_of_closed_case() {
            self.apply_question(signed, position.at);
        }
        self.apply_clock(signed, position.at);
        if self.is_closed() {
            return;
        }
        if let Actor::Party(party) = signed.issuer() {
            self.parties.insert(party.clone());
        }
        let before = self.heads(signed.document());
        let was_green = self.green_before(kind, position.at);
        match signed.document() {
            Document::Progress(d) => self.told(id, d),
            // A part knows of everything else by progress alone.
            _ if self.part && !is_of_the_job(kind) => {}
            Document::ReleaseOrder(_)
            | Document::ReleaseChange(_)
            | Document::CustomsStatus(_)
            | Document::Hold(_)
            | Document::HoldLift(_)
            | Document::Arrival(_) => self.apply_light(signed),
            Document::Override(d) => self.apply_override(id, d, position.at),
            _ => self.apply_collection(signed),
        }
        self.keep_time(was_green, position.at);
        let after = self.heads(signed.document());
        for (old, new) in before.into_iter().zip(after) {
            if let Some(old) = old.filter(|_| old != new) {
                self.successors.entry(old).or_insert(id);
            }
        }
    }

    /// The newest document of each strand that `document` can move.
    fn heads(&self, document: &Document) -> [Option<DocId>; 8] {
        let strand = match document {
            Document::ReleaseChange(d) => self.releases.get(&d.bill).map(|release| release.head),
            Document::CustomsStatus(d) => self.customs.get(&d.consignment).map(|fact| fact.head),
            Document::HoldLift(d) => self.holds.get_key_value(&d.builds_on).map(|(id, _)| *id),
            Document::Override(d) => self.overrides.get(&d.light).map(|fact| fact.document),
            _ => None,
        };
        [
            strand,
            self.arrival.as_ref().map(|(id, _)| *id),
            self.progress.as_ref().map(|(id, _)| *id),
            self.right.as_ref().map(|right| right.head),
            self.binding.as_ref().map(|binding| binding.document),
            self.slot_head(),
            self.decision.map(|(id, _)| id),
            self.receipt,
        ]
    }

    /// Documents of the authorities: what may leave.
    fn apply_light(&mut self, signed: &Signed<Document>) {
        let id = signed.id();
        match signed.document() {
            Document::ReleaseOrder(d) => {
                if let Actor::Party(line) = signed.issuer() {
                    self.release(id, line.clone(), d);
                    self.seal(id, &d.bill, d.sealed.as_ref());
                }
            }
            Document::ReleaseChange(d) => {
                self.change_release(id, &d.bill, d.action, d.terms.as_ref());
                self.seal(id, &d.bill, d.sealed.as_ref());
            }
            Document::CustomsStatus(d) => {
                if let Actor::Party(office) = signed.issuer() {
                    let fact = CustomsFact { office: office.clone(), head: id, status: d.status };
                    self.customs.insert(d.consignment.clone(), fact);
                }
            }
            Document::Hold(d) => {
                if let Actor::Party(placer) = signed.issuer() {
                    let (placer, reason) = (placer.clone(), d.reason.to_string());
                    self.holds.insert(id, HoldFact { placer, hold_type: d.hold_type, reason });
                }
            }
            Document::HoldLift(d) => {
                self.holds.remove(&d.builds_on);
            }
            Document::Arrival(d) => {
                self.parties.extend(d.told.iter().cloned());
                self.arrival = Some((id, d.clone()));
            }
            _ => {}
        }
    }

    /// Documents of the chain: who collects, and how it goes at the gate.
    fn apply_collection(&mut self, signed: &Signed<Document>) {
        let id = signed.id();
        match signed.document() {
            Document::PassRight(d) => self.pass_right(id, d.to.clone(), &d.limits),
            Document::ReturnRight(_) => self.shorten_chain(id, |hops| hops.len().saturating_sub(1)),
            Document::RevokeRight(d) => {
                let revokes = d.revokes;
                self.shorten_chain(id, |hops| {
                    hops.iter().position(|hop| hop.document == revokes).unwrap_or(hops.len())
                });
            }
            Document::DriverBinding(d) => {
                self.end_pass();
                self.unbind();
                self.binding =
                    Some(Binding { document: id, driver: d.driver, plate: d.plate.clone() });
                // The binding tells of itself.
                if let Some((_, progress)) = &mut self.progress {
                    progress.binding = Some(id);
                }
            }
            Document::SlotRequest(d) => {
                self.end_pass();
                self.slot = SlotState::Asked { request: id, window: d.window };
            }
            Document::Slot(d) => {
                self.end_pass();
                self.slot = match (d.answer, d.window) {
                    (SlotAnswer::Granted | SlotAnswer::Moved, Some(window)) => {
                        SlotState::Granted(Granted { document: id, window })
                    }
                    _ => SlotState::Refused { document: id },
                };
            }
            Document::PickupPass(d) => {
                let (not_before, expires) = (d.not_before, d.expires);
                self.pass = Some(Issued { document: id, not_before, expires });
                // The pass tells of itself.
                if let Some((_, progress)) = &mut self.progress {
                    progress.pass = Some(id);
                }
            }
            Document::GateDecision(d) => self.decision = Some((id, d.verdict)),
            Document::InterchangeReceipt(_) => match signed.issuer() {
                Actor::Party(_) => (self.receipt, self.countersigned) = (Some(id), None),
                Actor::Driver(_) => self.countersigned = Some(id),
            },
            Document::GateOut(d) => self.gate_out = Some((id, d.left_at)),
            _ => {}
        }
    }

    fn release(&mut self, id: DocId, line: PartyId, order: &ReleaseOrder) {
        let holder = order.terms.release_to.clone();
        let release = Release {
            line,
            head: id,
            terms: order.terms.clone(),
            size_type: order.size_type,
            state: ReleaseState::Active,
            sealed: BTreeMap::new(),
        };
        self.releases.insert(order.bill.clone(), release);
        if self.right.is_none() {
            self.start_chain(id, holder);
        } else {
            self.fit_chain();
        }
    }

    fn change_release(
        &mut self,
        id: DocId,
        bill: &BillNo,
        action: ReleaseAction,
        terms: Option<&ReleaseTerms>,
    ) {
        let Some(release) = self.releases.get_mut(bill) else { return };
        release.head = id;
        match (action, terms) {
            (ReleaseAction::Block, _) => release.state = ReleaseState::Blocked,
            (ReleaseAction::Unblock, _) => release.state = ReleaseState::Active,
            (ReleaseAction::Revoke, _) => {
                release.state = ReleaseState::Ended;
                self.end_chain();
            }
            (ReleaseAction::Cancel, _) => {
                release.state = ReleaseState::Cancelled;
                if self.releases.values().any(Release::stands) {
                    self.fit_chain();
                } else {
                    self.end_chain();
                }
            }
            (ReleaseAction::Replace, Some(terms)) => {
                let new_holder = release.terms.release_to != terms.release_to;
                release.terms = terms.clone();
                if new_holder {
                    // It was the number of the party before.
                    release.sealed.remove(&SealedField::ReleaseToIdentity);
                    self.end_chain();
                    self.start_chain(id, terms.release_to.clone());
                } else {
                    self.fit_chain();
                }
            }
            (ReleaseAction::Replace, None) => {}
        }
    }

    /// The sealed fields of a release or its replacement come into force.
    fn seal(&mut self, id: DocId, bill: &BillNo, sealed: Option<&SealedFields>) {
        if let (Some(release), Some(sealed)) = (self.releases.get_mut(bill), sealed) {
            release.sealed.extend(sealed.fields().map(|field| (field, id)));
        }
    }

    fn start_chain(&mut self, id: DocId, holder: PartyId) {
        self.parties.insert(holder.clone());
        self.released_to.insert(holder.clone());
        self.restore_slot(&holder);
        let hop = Hop { document: id, holder, limits: self.released_limits() };
        self.right = Some(Right { head: id, hops: vec![hop] });
    }

    /// When every release that stands lets the container go: it leaves once, for all its bills.
    fn released_limits(&self) -> Limits {
        let terms = || self.releases.values().filter(|r| r.stands()).map(|r| &r.terms);
        let from = terms().filter_map(|terms| terms.valid_from).max();
        let until = terms().map(|terms| terms.valid_until).min();
        Limits { from, until, ..Limits::default() }
    }

    /// New dates of the releases reach every hop at once: earlier ends bind, later ones free only
    /// hops that had not narrowed on their own.
    fn fit_chain(&mut self) {
        self.end_pass();
        let released = self.released_limits();
        let Some(right) = &mut self.right else { return };
        let Some((old_from, old_until)) =
            right.hops.first().map(|hop| (hop.limits.from, hop.limits.until))
        else {
            return;
        };
        for hop in &mut right.hops {
            let limits = &mut hop.limits;
            if limits.until == old_until || limits.until > released.until {
                limits.until = released.until;
            }
            if limits.from == old_from || limits.from < released.from {
                limits.from = released.from;
            }
        }
    }

    fn pass_right(&mut self, id: DocId, to: PartyId, limits: &Limits) {
        let limits = self.holder().map(|hop| hop.limits.narrowed(limits));
        self.leave_holder();
        let Some(limits) = limits else { return };
        self.parties.insert(to.clone());
        self.restore_slot(&to);
        if let Some(right) = &mut self.right {
            right.head = id;
            right.hops.push(Hop { document: id, holder: to, limits });
        }
    }

    /// Cuts the chain to the length that `keep` says, at least the first hop.
    fn shorten_chain(&mut self, id: DocId, keep: impl Fn(&[Hop]) -> usize) {
        let length = self.right.as_ref().map(|right| keep(&right.hops).max(1));
        self.leave_holder();
        let (Some(length), Some(right)) = (length, &mut self.right) else { return };
        let gone = right.hops.split_off(length.min(right.hops.len()));
        self.parted.extend(gone.into_iter().map(parted));
        right.head = id;
        if let Some(holder) = right.hops.last().map(|hop| hop.holder.clone()) {
            self.restore_slot(&holder);
        }
    }

    fn end_chain(&mut self) {
        self.leave_holder();
        let gone = self.right.take().map(|right| right.hops).unwrap_or_default();
        self.parted.extend(gone.into_iter().map(parted));
    }

    /// What the holder had arranged ends with the holding; a granted slot is kept for its return.
    pub(super) fn leave_holder(&mut self) {
        self.end_pass();
        self.unbind();
        let slot = std::mem::replace(&mut self.slot, SlotState::None);
        if let (SlotState::Granted(granted), Some(hop)) = (slot, self.holder()) {
            let holder = hop.holder.clone();
            self.kept_slots.insert(holder, granted);
        }
    }

    pub(super) fn unbind(&mut self) {
        let gone = self.binding.take();
        self.parted.extend(gone.map(|binding| (Actor::Driver(binding.driver.id()), None)));
    }

    pub(super) fn restore_slot(&mut self, holder: &PartyId) {
        if let Some(granted) = self.kept_slots.remove(holder) {
            self.slot = SlotState::Granted(granted);
        }
    }

    pub(super) fn end_pass(&mut self) {
        self.pass = None;
        self.receipt = None;
        self.countersigned = None;
        if matches!(self.decision, Some((_, Verdict::Admit))) {
            // The truck must be judged anew; the old decision stays the head of the gate's strand.
            self.decision = self.decision.map(|(id, _)| (id, Verdict::Refuse));
        }
    }
}
