//! The rules of a case: whether a document may be registered, and if not, why not.
//!
//! The order of checks is fixed (docs/PROTOCOL.md § 6): case, place it builds on, who may act,
//! whether the transition is allowed. Each failure has its own code.

use super::needs::RELEASE_EXPIRED;
use super::state::{
    CASE_DOCS_MAX, CASE_DOCS_RESERVED, Case, HOPS_MAX, HoldFact, Hop, Release, ReleaseState,
    SlotState,
};
use crate::directory::{Actor, Authorities};
use crate::document::{
    Arrival, CustomsStatus, Document, DriverBinding, GateDecision, GateOut, Hold, HoldLift,
    HoldType, InterchangeReceipt, Kind, Limits, PassRight, PickupPass, Progress, ReleaseAction,
    ReleaseChange, ReleaseOrder, ReturnRight, RevokeRight, Role, Slot, SlotRequest, Verdict, Visit,
};
use crate::envelope::Signed;
use crate::ids::{CaseCode, DocId, PartyId, UnixMillis};
use crate::key::PublicKey;
use crate::refusal::{Code, Refusal};

/// What a document is judged against.
pub struct Context<'a> {
    /// The terminal that judges.
    pub registrar: &'a PartyId,
    /// Who is who now.
    pub authorities: &'a Authorities,
    /// The registrar's clock.
    pub now: UnixMillis,
}

/// Which case a document belongs to, as the registrar found it: by the documents it builds on, else
/// by bill of lading, else by container.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// An open case, or a closed one that the document speaks of.
    Case(&'a Case),
    /// None: the document would open one.
    None,
}

/// Judges one document of a case.
///
/// # Errors
/// A [`Refusal`] with the code of the first rule broken, naming the document in the way.
pub fn judge(
    target: Target<'_>,
    signed: &Signed<Document>,
    ctx: &Context<'_>,
) -> Result<(), Refusal> {
    let document = signed.document();
    let Some(visit) = document.visit() else {
        return Err(Refusal::new(Code::NotDeliverable, document.kind().as_str()));
    };
    if visit.terminal != *ctx.registrar {
        let detail = format!("for terminal {}, this is {}", visit.terminal, ctx.registrar);
        return Err(Refusal::new(Code::WrongTerminal, detail));
    }
    match target {
        Target::None => {
            if !document.kind().opens_case() {
                let detail = format!("no case is open for {}", visit.container);
                return Err(Refusal::new(Code::CaseUnknown, detail));
            }
            if let Some(parent) = document.builds_on() {
                return Err(unknown_parent(parent));
            }
            let fresh = Case::empty(visit.clone(), CaseCode::from_seed(&[0; 32]));
            Judge { case: &fresh, signed, ctx }.document()
        }
        Target::Case(case) => {
            let late = !document.kind().is_of_closed_case();
            if let Some((gate_out, left_at)) = case.gate_out.filter(|_| late) {
                return Err(closed(document.kind(), gate_out, left_at));
            }
            if case.visit != *visit {
                return Err(Refusal::new(
                    Code::ParentUnknown,
                    "builds on another container's case",
                ));
            }
            let room = room_for(document.kind());
            if case.steps.len() >= room {
                return Err(Refusal::new(Code::CaseFull, format!("{room} documents")));
            }
            if let Some(parent) = document.builds_on().filter(|id| case.step(*id).is_none()) {
                return Err(unknown_parent(parent));
            }
            Judge { case, signed, ctx }.document()
        }
    }
}

fn unknown_parent(id: DocId) -> Refusal {
    Refusal::new(Code::ParentUnknown, format!("builds on {}, which this case has not", id.short()))
}

/// How many documents a case may have before one of this kind.
fn room_for(kind: Kind) -> usize {
    match kind {
        Kind::ReleaseOrder
        | Kind::Hold
        | Kind::PassRight
        | Kind::DriverBinding
        | Kind::SlotRequest
        | Kind::Question
        | Kind::ClockTerms
        | Kind::ClockEvent => CASE_DOCS_MAX - CASE_DOCS_RESERVED,
        _ => CASE_DOCS_MAX,
    }
}

/// A late move of the right, or a second gate-out, is answered with the gate-out that used it.
fn closed(kind: Kind, gate_out: DocId, left_at: UnixMillis) -> Refusal {
    let moves_right = matches!(
        kind,
        Kind::PassRight
            | Kind::ReturnRight
            | Kind::RevokeRight
            | Kind::ReleaseChange
            | Kind::GateOut
    );
    let code = if moves_right { Code::RightConsumed } else { Code::CaseClosed };
    Refusal::new(code, format!("the container left at {left_at}")).naming(gate_out)
}

pub(super) struct Judge<'a> {
    pub(super) case: &'a Case,
    signed: &'a Signed<Document>,
    pub(super) ctx: &'a Context<'a>,
}

impl Judge<'_> {
    fn document(&self) -> Result<(), Refusal> {
        match self.signed.document() {
            Document::ReleaseOrder(d) => self.release_order(d),
            Document::ReleaseChange(d) => self.release_change(d),
            Document::CustomsStatus(d) => self.customs_status(d),
            Document::Hold(d) => self.hold(d),
            Document::HoldLift(d) => self.hold_lift(d),
            Document::Arrival(d) => self.arrival(d),
            Document::Override(d) => self.overriding(d),
            Document::PassRight(d) => self.pass_right(d),
            Document::ReturnRight(d) => self.return_right(d),
            Document::RevokeRight(d) => self.revoke_right(d),
            Document::DriverBinding(d) => self.driver_binding(d),
            Document::SlotRequest(d) => self.slot_request(d),
            Document::Slot(d) => self.slot(d),
            Document::PickupPass(d) => self.pickup_pass(d),
            Document::Progress(d) => self.progress(d),
            Document::Question(d) => self.question(d),
            Document::Answer(d) => self.answer(d),
            Document::ClockTerms(d) => self.clock_terms(d),
            Document::ClockEvent(d) => self.clock_event(d),
            Document::GateDecision(d) => self.gate_decision(d),
            Document::InterchangeReceipt(d) => self.interchange_receipt(d),
            Document::GateOut(d) => self.gate_out(d),
            Document::DriverCredential(_)
            | Document::Presentation(_)
            | Document::Receipt(_)
            | Document::DirectoryEdition(_)
            | Document::KeyRotation(_) => {
                Err(Refusal::new(Code::NotDeliverable, "not a document of a case"))
            }
        }
    }

    // release

    fn release_order(&self, d: &ReleaseOrder) -> Result<(), Refusal> {
        let issuer = self.party()?;
        self.agent_may(d.agent.as_ref())?;
        let standing = |r: &&Release| r.stands();
        if let Some(release) = self.case.releases.get(&d.bill).filter(standing) {
            let detail = format!("bill {} is released already", d.bill);
            return Err(Refusal::new(Code::DoubleRelease, detail).naming(release.head));
        }
        let other = |r: &&Release| r.line != *issuer || r.terms.release_to != d.terms.release_to;
        if let Some(release) = self.case.releases.values().filter(standing).find(other) {
            let detail = format!(
                "{} is released by {} to {}",
                d.visit.container, release.line, release.terms.release_to
            );
            return Err(Refusal::new(Code::DoubleRelease, detail).naming(release.head));
        }
        self.release_terms(&d.terms.release_to, d.terms.valid_until)
    }

    fn release_change(&self, d: &ReleaseChange) -> Result<(), Refusal> {
        let issuer = self.party()?;
        self.agent_may(d.agent.as_ref())?;
        let release = self.case.releases.get(&d.bill).ok_or_else(|| {
            Refusal::new(Code::ParentUnknown, format!("bill {} is not released here", d.bill))
        })?;
        self.builds_on_head(Some(d.builds_on), Some(release.head))?;
        if release.line != *issuer {
            let detail = format!("released by {}, not by {issuer}", release.line);
            return Err(Refusal::new(Code::NotReleaseIssuer, detail).naming(release.head));
        }
        let wrong = |what: &str| Err(Refusal::new(Code::ReleaseState, what).naming(release.head));
        match (d.action, release.state) {
            (_, ReleaseState::Ended | ReleaseState::Cancelled) => {
                let detail = format!("bill {} was revoked or cancelled", d.bill);
                Err(Refusal::new(Code::ReleaseRevoked, detail).naming(release.head))
            }
            (ReleaseAction::Block, ReleaseState::Blocked) => {
                wrong("the release is blocked already")
            }
            (ReleaseAction::Unblock, ReleaseState::Active) => wrong("the release is not blocked"),
            (ReleaseAction::Replace, _) => {
                let Some(terms) = &d.terms else { return wrong("replace has no terms") };
                let moves = terms.release_to != release.terms.release_to;
                let others =
                    self.case.releases.iter().any(|(bill, r)| *bill != d.bill && r.stands());
                if moves && others {
                    return wrong("other bills of this container are released to the same party");
                }
                self.release_terms(&terms.release_to, terms.valid_until)
            }
            _ => Ok(()),
        }
    }

    fn release_terms(&self, release_to: &PartyId, valid_until: UnixMillis) -> Result<(), Refusal> {
        self.fit_holder(release_to)?;
        if valid_until <= self.ctx.now {
            return Err(Refusal::new(Code::Expired, format!("release ended at {valid_until}")));
        }
        Ok(())
    }

    // authorities

    fn customs_status(&self, d: &CustomsStatus) -> Result<(), Refusal> {
        let fact = self.case.customs.get(&d.consignment);
        self.builds_on_head(d.builds_on, fact.map(|fact| fact.head))?;
        match fact {
            Some(fact) if fact.office != *self.party()? => {
                let detail = format!("{} speaks on consignment {}", fact.office, d.consignment);
                Err(Refusal::new(Code::NotCustomsOfCase, detail).naming(fact.head))
            }
            _ => Ok(()),
        }
    }

    fn hold(&self, d: &Hold) -> Result<(), Refusal> {
        let issuer = self.party()?;
        let roles = self.ctx.authorities.roles(self.signed.issuer());
        let mut owners = d.hold_type.placers().iter().filter(|role| roles.contains(role));
        if owners.any(|role| self.has_say(*role, issuer)) {
            return Ok(());
        }
        let detail = format!("{issuer} may not place a {} hold here", d.hold_type.as_str());
        Err(Refusal::new(Code::HoldNotYours, detail))
    }

    /// Whether the role gives this party a say over this container: another terminal has none, nor
    /// has another line once the container is released.
    fn has_say(&self, role: Role, party: &PartyId) -> bool {
        let mut standing = self.case.releases.values().filter(|r| r.stands()).peekable();
        match role {
            Role::Terminal => *party == self.case.visit.terminal,
            Role::Line => standing.peek().is_none() || standing.any(|r| r.line == *party),
            _ => true,
        }
    }

    fn hold_lift(&self, d: &HoldLift) -> Result<(), Refusal> {
        let issuer = self.party()?;
        let Some(hold) = self.case.holds.get(&d.builds_on) else {
            return Err(self.head_moved(d.builds_on, None, "the hold was lifted already"));
        };
        let roles = self.ctx.authorities.roles(self.signed.issuer());
        if hold.placer == *issuer || outranks(roles, hold) {
            return Ok(());
        }
        let detail = format!("{} placed the {} hold", hold.placer, hold.hold_type.as_str());
        Err(Refusal::new(Code::NotPlacer, detail).naming(d.builds_on))
    }

    fn arrival(&self, d: &Arrival) -> Result<(), Refusal> {
        self.registrar_signed()?;
        self.builds_on_head(d.builds_on, self.case.arrival.as_ref().map(|(id, _)| *id))?;
        let directory = &self.ctx.authorities.directory;
        let is_office = |id: &PartyId| directory.roles(id).contains(&Role::Customs);
        match d.told.iter().find(|told| !is_office(told)) {
            Some(other) => Err(Refusal::new(Code::NotCustoms, format!("{other} is told"))),
            None => Ok(()),
        }
    }

    // right

    fn pass_right(&self, d: &PassRight) -> Result<(), Refusal> {
        let hop = self.holder_acts(d.builds_on)?;
        self.fit_holder(&d.to)?;
        if d.to == hop.holder {
            return Err(Refusal::new(Code::HolderUnfit, format!("{} holds the right", d.to)));
        }
        let length = self.case.right.as_ref().map_or(0, |right| right.hops.len());
        if hop.limits.hops == Some(0) || length >= HOPS_MAX {
            return Err(Refusal::new(Code::HopsExhausted, format!("after {length} holders")));
        }
        if let Some(limit) = hop.limits.widened_by(&d.limits) {
            let detail = format!("limit {limit} goes beyond the one before");
            return Err(Refusal::new(Code::RightWidened, detail).naming(hop.document));
        }
        if let Some(until) = d.limits.until.filter(|until| *until <= self.ctx.now) {
            return Err(Refusal::new(Code::Expired, format!("the right would end at {until}")));
        }
        self.not_expired(hop)
    }

    fn return_right(&self, d: &ReturnRight) -> Result<(), Refusal> {
        self.holder_acts(d.builds_on)?;
        if self.case.right.as_ref().is_some_and(|right| right.hops.len() < 2) {
            return Err(Refusal::new(Code::NotHolder, "the first holder has nobody to return to"));
        }
        Ok(())
    }

    fn revoke_right(&self, d: &RevokeRight) -> Result<(), Refusal> {
        let issuer = self.party()?;
        let Some(right) = &self.case.right else { return Err(self.no_right()) };
        let place = right.hops.iter().position(|hop| hop.document == d.revokes);
        let Some(place) = place.filter(|place| *place > 0) else {
            let detail = "that hop has ended, or is the release itself";
            return Err(Refusal::new(Code::HeadMoved, detail).naming(right.head));
        };
        let upstream = right.hops.iter().take(place).any(|hop| hop.holder == *issuer);
        let line = self.case.releases.values().any(|r| r.stands() && r.line == *issuer);
        if upstream || line {
            return Ok(());
        }
        let detail = format!("{issuer} does not stand before that hop");
        Err(Refusal::new(Code::NotUpstream, detail).naming(d.revokes))
    }

    // driver and slot

    fn driver_binding(&self, d: &DriverBinding) -> Result<(), Refusal> {
        let hop = self.holder_acts(d.right)?;
        self.builds_on_head(d.builds_on, self.case.binding.as_ref().map(|b| b.document))?;
        self.vouched(&d.driver)?;
        if let Some(plate) = hop.limits.plate.as_ref().filter(|plate| **plate != d.plate) {
            let detail = format!("the right is for {plate}, not {}", d.plate);
            return Err(Refusal::new(Code::PlateNotAllowed, detail));
        }
        self.not_expired(hop)
    }

    fn slot_request(&self, d: &SlotRequest) -> Result<(), Refusal> {
        let hop = self.holder_acts(d.right)?;
        self.builds_on_head(d.builds_on, self.case.slot_head())?;
        self.not_expired(hop)?;
        if d.window.until <= self.ctx.now {
            return Err(Refusal::new(Code::SlotWindow, format!("ended at {}", d.window.until)));
        }
        if hop.limits.until.is_some_and(|until| d.window.from > until) {
            let detail = format!("begins at {}, after the right ends", d.window.from);
            return Err(Refusal::new(Code::SlotWindow, detail));
        }
        Ok(())
    }

    fn slot(&self, d: &Slot) -> Result<(), Refusal> {
        self.registrar_signed()?;
        match &self.case.slot {
            SlotState::Asked { request, .. } if *request == d.builds_on => Ok(()),
            _ => {
                let head = self.case.slot_head();
                Err(self.head_moved(d.builds_on, head, "that request was answered or withdrawn"))
            }
        }
    }

    // pass and gate

    fn progress(&self, d: &Progress) -> Result<(), Refusal> {
        self.registrar_signed()?;
        self.builds_on_head(d.builds_on, self.case.progress.as_ref().map(|(id, _)| *id))?;
        let roles = |party: &PartyId| self.ctx.authorities.directory.roles(party);
        if *d == self.case.progress_at(roles, self.ctx.now) {
            return Ok(());
        }
        Err(Refusal::new(Code::ProgressUntrue, "this is not how far the case is"))
    }

    fn pickup_pass(&self, d: &PickupPass) -> Result<(), Refusal> {
        self.registrar_signed()?;
        let not_due = |what: &str| Err(Refusal::new(Code::PassNotDue, what));
        let right = self.case.right.as_ref().ok_or_else(|| self.no_right())?;
        self.builds_on_head(Some(d.right), Some(right.head))?;
        if let Some(live) = self.case.living_pass(self.ctx.now) {
            let refusal = Refusal::new(Code::PassNotDue, "a pass lives already");
            return Err(refusal.naming(live.document));
        }
        self.all_green()?;
        let crew = self.case.binding.as_ref();
        if crew.is_none_or(|b| b.driver != d.confirmation.0 || b.plate != d.plate) {
            return not_due("driver and truck are not the ones bound");
        }
        self.vouched(&d.confirmation.0)?;
        match &self.case.slot {
            SlotState::Granted(granted) if granted.document == d.slot => {}
            _ => return not_due("the slot named is not granted"),
        }
        match right.hops.last() {
            Some(hop) if !within(d, &hop.limits) => {
                let detail = "the pass reaches beyond the time of the right";
                Err(Refusal::new(Code::RightWidened, detail).naming(hop.document))
            }
            _ => Ok(()),
        }
    }

    fn gate_decision(&self, d: &GateDecision) -> Result<(), Refusal> {
        self.registrar_signed()?;
        self.builds_on_head(d.builds_on, self.case.decision.map(|(id, _)| id))?;
        if d.verdict == Verdict::Refuse {
            return Ok(());
        }
        let not_due = |what: &str| Err(Refusal::new(Code::PassNotDue, what));
        let (Some(pass), Some(binding)) = (&self.case.pass, &self.case.binding) else {
            return not_due("no pass lives");
        };
        if d.pass != Some(pass.document) {
            return not_due("the pass named is not the live one");
        }
        if !(pass.not_before..pass.expires).contains(&self.ctx.now.as_secs()) {
            return not_due("the pass has not begun, or has ended");
        }
        self.all_green()?;
        self.names_overrides(&d.overrides, self.ctx.now)?;
        if d.driver != Some(binding.driver.id()) {
            let detail = "the driver who showed the pass is not the one bound";
            return Err(Refusal::new(Code::NotBoundDriver, detail).naming(binding.document));
        }
        if let Some(seen) = d.plate.as_ref().filter(|plate| **plate != binding.plate) {
            let detail = format!("the pass is for {}, not {seen}", binding.plate);
            return Err(Refusal::new(Code::PlateNotAllowed, detail).naming(binding.document));
        }
        self.vouched(&binding.driver)
    }

    fn interchange_receipt(&self, d: &InterchangeReceipt) -> Result<(), Refusal> {
        match self.signed.issuer() {
            Actor::Party(_) => {
                self.registrar_signed()?;
                match self.case.decision {
                    Some((id, Verdict::Admit)) if id == d.builds_on => Ok(()),
                    _ => Err(Refusal::new(Code::NotAdmitted, "no admitting decision stands")),
                }
            }
            Actor::Driver(key) => {
                if self.case.binding.as_ref().is_none_or(|b| b.driver.id() != *key) {
                    let detail = format!("driver {key} is not bound to this case");
                    return Err(Refusal::new(Code::NotBoundDriver, detail));
                }
                self.builds_on_head(Some(d.builds_on), self.case.receipt)?;
                match self.case.countersigned {
                    Some(signed) => {
                        let detail = "the driver has signed this receipt";
                        Err(Refusal::new(Code::HeadMoved, detail).naming(signed))
                    }
                    None => Ok(()),
                }
            }
        }
    }

    fn gate_out(&self, d: &GateOut) -> Result<(), Refusal> {
        self.registrar_signed()?;
        if !matches!(self.case.decision, Some((_, Verdict::Admit))) {
            return Err(Refusal::new(Code::NotAdmitted, "no admitting decision stands"));
        }
        if self.case.pass.as_ref().map(|pass| pass.document) != Some(d.pass) {
            return Err(Refusal::new(Code::PassNotDue, "the pass named is not the live one"));
        }
        // Neither a release nor an override whose time ends while the truck is inside keeps it there.
        let admitted_at = self.case.admitted_at(self.ctx.now);
        self.all_green_but(RELEASE_EXPIRED, admitted_at)?;
        self.names_overrides(&d.overrides, admitted_at)?;
        if self.case.receipt != Some(d.builds_on) {
            return Err(Refusal::new(Code::ReceiptMissing, "the terminal has signed no receipt"));
        }
        if self.case.countersigned.is_none() && d.unsigned_because.is_none() {
            let detail = "the driver has not signed the interchange receipt; say why, or wait";
            return Err(Refusal::new(Code::ReceiptMissing, detail));
        }
        Ok(())
    }

    // shared

    pub(super) fn id(&self) -> DocId {
        self.signed.id()
    }

    pub(super) fn party(&self) -> Result<&PartyId, Refusal> {
        self.signed.issuer().party().ok_or_else(|| {
            Refusal::new(Code::RoleMayNotSign, format!("{} is no party", self.signed.issuer()))
        })
    }

    /// Only the registrar speaks for the terminal in its own cases.
    pub(super) fn registrar_signed(&self) -> Result<(), Refusal> {
        let Visit { terminal, .. } = &self.case.visit;
        if self.signed.issuer().party() == Some(terminal) {
            return Ok(());
        }
        let detail = format!("{} is not the terminal {terminal}", self.signed.issuer());
        Err(Refusal::new(Code::RoleMayNotSign, detail))
    }

    /// The holder, if the document names the head of the right and its signer holds it.
    fn holder_acts(&self, builds_on: DocId) -> Result<&Hop, Refusal> {
        let Some(right) = &self.case.right else { return Err(self.no_right()) };
        self.builds_on_head(Some(builds_on), Some(right.head))?;
        let hop = self.case.holder().ok_or_else(|| self.no_right())?;
        if self.signed.issuer().party() == Some(&hop.holder) {
            return Ok(hop);
        }
        let detail = format!("{} holds the right, not {}", hop.holder, self.signed.issuer());
        Err(Refusal::new(Code::NotHolder, detail).naming(hop.document))
    }

    fn all_green(&self) -> Result<(), Refusal> {
        self.all_green_but("", self.ctx.now)
    }

    fn all_green_but(&self, code: &str, admitted_at: UnixMillis) -> Result<(), Refusal> {
        let red = self.case.red_with(self.ctx.now, admitted_at);
        match red.iter().find(|need| need.code != code) {
            Some(need) => Err(Refusal::new(Code::PassNotDue, need.in_full())),
            None => Ok(()),
        }
    }

    /// The holder's word for a device must be in force: a withdrawn phone collects nothing.
    fn vouched(&self, driver: &PublicKey) -> Result<(), Refusal> {
        let hop = self.case.holder().ok_or_else(|| self.no_right())?;
        if self.ctx.authorities.vouches(&hop.holder, driver, self.ctx.now) {
            return Ok(());
        }
        let detail = format!("{} has no credential in force for {}", hop.holder, driver.id());
        Err(Refusal::new(Code::DriverUnknown, detail))
    }

    pub(super) fn no_right(&self) -> Refusal {
        match self.case.releases.values().find(|r| !r.stands()) {
            Some(release) => {
                Refusal::new(Code::ReleaseRevoked, "the release was revoked").naming(release.head)
            }
            None => Refusal::new(Code::NotHolder, "the container is not released yet"),
        }
    }

    pub(super) fn builds_on_head(
        &self,
        named: Option<DocId>,
        head: Option<DocId>,
    ) -> Result<(), Refusal> {
        match (named, head) {
            (named, head) if named == head => Ok(()),
            (Some(named), head) => {
                Err(self.head_moved(named, head, "another document took its place"))
            }
            (None, Some(head)) => {
                let detail = "names no document before it, but there is one";
                Err(Refusal::new(Code::HeadMoved, detail).naming(head))
            }
            (None, None) => Ok(()),
        }
    }

    /// Names the document that took the place of `named`, or else what stands there now.
    fn head_moved(&self, named: DocId, head: Option<DocId>, why: &str) -> Refusal {
        let refusal = Refusal::new(Code::HeadMoved, format!("builds on {}: {why}", named.short()));
        match self.case.successor(named).or(head) {
            Some(winner) => refusal.naming(winner),
            None => refusal,
        }
    }

    fn fit_holder(&self, party: &PartyId) -> Result<(), Refusal> {
        const HOLDERS: [Role; 3] = [Role::Shipper, Role::Forwarder, Role::Haulier];
        let entry = self.ctx.authorities.directory.party(party);
        match entry {
            Some(entry) if entry.roles.iter().any(|role| HOLDERS.contains(role)) => Ok(()),
            Some(_) => Err(Refusal::new(Code::HolderUnfit, format!("{party} cannot hold a right"))),
            None => {
                Err(Refusal::new(Code::HolderUnfit, format!("{party} is not in the directory")))
            }
        }
    }

    fn not_expired(&self, hop: &Hop) -> Result<(), Refusal> {
        match hop.limits.until {
            Some(until) if until < self.ctx.now => {
                Err(Refusal::new(Code::Expired, format!("the right ended at {until}")))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a pass stays within the time of the right, by whole seconds as passes count them.
fn within(pass: &PickupPass, limits: &Limits) -> bool {
    limits.from.is_none_or(|from| pass.not_before >= from.as_secs())
        && limits.until.is_none_or(|until| pass.expires <= until.as_secs())
}

/// Court and network authority outrank everybody; customs outranks the line.
fn outranks(roles: &[Role], hold: &HoldFact) -> bool {
    let lines = matches!(hold.hold_type, HoldType::Commercial | HoldType::Freight);
    roles.contains(&Role::Authority) || (roles.contains(&Role::Customs) && lines)
}
