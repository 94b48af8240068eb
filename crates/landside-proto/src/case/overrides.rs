//! Overrides: a red light passed over by a named person of the terminal, and what that is worth.
//!
//! An override covers needs one by one, each with the document that makes it. What comes after it
//! is another document, and red. No fold at any reader lets one count against customs, quarantine,
//! court or security, whatever its terminal registered.

use std::time::Duration;

use super::needs::{Need, RELEASE_EXPIRED};
use super::rules::Judge;
use super::state::Case;
use crate::document::{
    Cover, CustomsState, Light, Override, ReliedOverride, Remark, Role, TwoPersons, Verdict,
    is_overridable,
};
use crate::ids::{DocId, PartyId, UnixMillis};
use crate::refusal::{Code, Refusal};

/// Longest time an override stands: a shift and its night; what lasts longer is for the authority
/// whose light it is.
pub const OVERRIDE_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// The last override of a light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideFact {
    /// The override; the next one of its light builds on it.
    pub document: DocId,
    /// Who decided it.
    pub person: Remark,
    /// The two persons who agreed, if the terminal says two did.
    pub approved_by: Option<TwoPersons>,
    /// Why.
    pub reason: Remark,
    /// What it covers; empty once withdrawn.
    pub covers: Vec<Cover>,
    /// When it was registered.
    pub since: UnixMillis,
    /// Last moment, at most [`OVERRIDE_LIFE`] after its registration.
    pub until: UnixMillis,
}

impl OverrideFact {
    /// Whether it stands at `now`: it was not withdrawn, and its time is not over.
    #[must_use]
    pub fn stands(&self, now: UnixMillis) -> bool {
        !self.covers.is_empty() && now <= self.until
    }

    /// Whether it stands at `now`, or stood when the truck that is inside was admitted.
    fn counts(&self, now: UnixMillis, admitted_at: UnixMillis) -> bool {
        self.stands(now) || (self.since <= admitted_at && self.stands(admitted_at))
    }
}

/// How a light shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Its authority says so.
    Green,
    /// Red by its authority, and passed over by the terminal.
    Overridden,
    /// The container stays.
    Red,
}

impl Colour {
    /// The word used in documents and screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Overridden => "overridden",
            Self::Red => "red",
        }
    }
}

impl Case {
    /// Whether a light is green at `now`, by its own authority; an overridden one is not.
    #[must_use]
    pub fn is_green(&self, light: Light, now: UnixMillis) -> bool {
        self.colour(light, now) == Colour::Green
    }

    /// How a light shows at `now`; after the gate-out, how it showed when the container left.
    #[must_use]
    pub fn colour(&self, light: Light, now: UnixMillis) -> Colour {
        let (at, admitted) = self.judged_at(now);
        let needs = self.standing(now);
        let mut needs = needs.iter().filter(|need| need.light == Some(light)).peekable();
        if needs.peek().is_none() {
            let told = self.progress.as_ref().filter(|_| self.part);
            let over = told.is_some_and(|(_, progress)| progress.overridden.contains(&light));
            return if over { Colour::Overridden } else { Colour::Green };
        }
        let covered = needs.all(|need| self.override_of(need, at, admitted).is_some());
        if covered { Colour::Overridden } else { Colour::Red }
    }

    /// When a light is looked at, and since when overrides count: when the container left, what let the
    /// truck in let it out too.
    fn judged_at(&self, now: UnixMillis) -> (UnixMillis, UnixMillis) {
        let left = self.gate_out.and_then(|(id, _)| self.step(id)).map(|step| step.at);
        left.map_or((now, now), |left| (left, self.admitted_at(left)))
    }

    /// What stands against a light at `now`, or stood when the container left; a release that ended
    /// while the truck was inside did not keep it there.
    fn standing(&self, now: UnixMillis) -> Vec<Need> {
        let mut needs = self.stands_against(self.judged_at(now).0);
        needs.retain(|need| !self.is_closed() || need.code != RELEASE_EXPIRED);
        needs
    }

    /// What was red when the container left: nothing, unless a rule was broken.
    pub(super) fn red_when_left(&self, now: UnixMillis) -> Vec<Need> {
        let (at, admitted) = self.judged_at(now);
        let mut needs = self.standing(now);
        needs.retain(|need| self.override_of(need, at, admitted).is_none());
        needs
    }

    /// Everything that keeps a light red at `now`, light by light. What an override covers does not.
    #[must_use]
    pub fn red(&self, now: UnixMillis) -> Vec<Need> {
        self.red_with(now, now)
    }

    /// Everything that would keep a light red at `now`, were it not overridden, and by what it is.
    #[must_use]
    pub fn overridden(&self, now: UnixMillis) -> Vec<(Need, &OverrideFact)> {
        let needs = self.stands_against(now).into_iter();
        needs
            .filter_map(|need| self.override_of(&need, now, now).map(|fact| (need, fact)))
            .collect()
    }

    /// As [`Case::red`], with the overrides too that stood at an admission and were neither withdrawn
    /// nor replaced since.
    pub(super) fn red_with(&self, now: UnixMillis, admitted_at: UnixMillis) -> Vec<Need> {
        let mut needs = self.stands_against(now);
        needs.retain(|need| self.override_of(need, now, admitted_at).is_none());
        needs
    }

    /// When the truck that is inside was admitted, else `now`: overrides that stood then let it out
    /// too, though their time ends while it is inside.
    pub(super) fn admitted_at(&self, now: UnixMillis) -> UnixMillis {
        let admission = self.decision.filter(|(_, verdict)| *verdict == Verdict::Admit);
        admission.and_then(|(id, _)| self.step(id)).map_or(now, |step| step.at)
    }

    /// The overrides without which a light would be red at the gate, light by light.
    pub(super) fn relied_overrides(
        &self,
        now: UnixMillis,
        admitted_at: UnixMillis,
    ) -> Vec<ReliedOverride> {
        let needs = self.stands_against(now).into_iter();
        let facts = needs.filter_map(|need| self.override_of(&need, now, admitted_at));
        let mut relied: Vec<ReliedOverride> = facts
            .map(|fact| ReliedOverride { document: fact.document, person: fact.person.clone() })
            .collect();
        // Needs come light by light, and a light has one override.
        relied.dedup();
        relied
    }

    /// The overrides that a gate-out relies on at `now`.
    #[must_use]
    pub fn overrides_at_gate_out(&self, now: UnixMillis) -> Vec<ReliedOverride> {
        self.relied_overrides(now, self.admitted_at(now))
    }

    /// Whether a need is one that an override may cover: by its code, and a hold by its type.
    #[must_use]
    pub fn may_be_overridden(&self, need: &Need) -> bool {
        let hold = need.because.and_then(|id| self.holds.get(&id));
        need.light.is_some_and(|light| is_overridable(&need.code, light))
            && hold.is_none_or(|hold| hold.hold_type.is_overridable())
    }

    /// The customs offices that an override must tell of itself: all of the directory while none has
    /// signed in the case, so that one learns of it whichever it will be, and whomever the terminal told.
    #[must_use]
    pub fn offices_to_tell(&self, directory: &crate::directory::Directory) -> Vec<PartyId> {
        let mut offices: Vec<PartyId> =
            directory.with_role(Role::Customs).map(|office| office.id.clone()).collect();
        let signed = |office| self.steps.iter().any(|step| step.issuer.party() == Some(office));
        if offices.iter().any(signed) {
            return Vec::new();
        }
        offices.sort();
        offices
    }

    pub(super) fn apply_override(&mut self, id: DocId, d: &Override, at: UnixMillis) {
        self.parties.extend(d.told.iter().cloned());
        let longest = at.plus(OVERRIDE_LIFE);
        let fact = OverrideFact {
            document: id,
            person: d.person.clone(),
            approved_by: d.approved_by.clone(),
            reason: d.reason.clone(),
            covers: d.covers.clone(),
            since: at,
            until: d.valid_until.map_or(at, |until| until.min(longest)),
        };
        self.overrides.insert(d.light, fact);
    }

    fn override_of(
        &self,
        need: &Need,
        now: UnixMillis,
        admitted_at: UnixMillis,
    ) -> Option<&OverrideFact> {
        let (light, because) = (need.light?, need.because?);
        let fact = self.overrides.get(&light).filter(|fact| fact.counts(now, admitted_at))?;
        let names = |cover: &Cover| cover.document == because && cover.code.as_str() == need.code;
        (self.may_be_overridden(need) && fact.covers.iter().any(names)).then_some(fact)
    }

    /// The word of an authority that nobody passes over, if one has stopped the container.
    fn stopped_for_good(&self) -> Option<(DocId, String)> {
        let mut holds = self.holds.iter().filter(|(_, hold)| !hold.hold_type.is_overridable());
        if let Some((id, hold)) = holds.next() {
            return Some((*id, format!("{} hold: {}", hold.hold_type.as_str(), hold.reason)));
        }
        let mut facts = self.customs.iter();
        let (bill, fact) = facts.find(|(_, fact)| fact.status != CustomsState::Released)?;
        Some((fact.head, format!("customs status of {bill} is {}", fact.status.as_str())))
    }
}

impl Judge<'_> {
    pub(super) fn overriding(&self, d: &Override) -> Result<(), Refusal> {
        self.registrar_signed()?;
        let last = self.case.overrides.get(&d.light);
        self.builds_on_head(d.builds_on, last.map(|fact| fact.document))?;
        if d.withdraws() {
            return match last {
                Some(fact) if fact.stands(self.ctx.now) => Ok(()),
                _ => Err(Refusal::new(Code::NothingToOverride, "no override stands to be ended")),
            };
        }
        if self.case.right.is_none() {
            return Err(self.no_right());
        }
        if let Some((stop, detail)) = self.case.stopped_for_good() {
            return Err(Refusal::new(Code::NotOverridable, detail).naming(stop));
        }
        self.override_time(d.valid_until)?;
        self.covered_needs_stand(d)?;
        if d.told != self.case.offices_to_tell(&self.ctx.authorities.directory) {
            let detail = "told does not name the customs offices that must learn of it";
            return Err(Refusal::new(Code::CustomsUntold, detail));
        }
        Ok(())
    }

    fn override_time(&self, valid_until: Option<UnixMillis>) -> Result<(), Refusal> {
        let now = self.ctx.now;
        match valid_until {
            Some(until) if until <= now => {
                Err(Refusal::new(Code::Expired, format!("the override ended at {until}")))
            }
            Some(until) if until > now.plus(OVERRIDE_LIFE) => {
                Err(Refusal::new(Code::OverrideTooLong, format!("until {until}")))
            }
            _ => Ok(()),
        }
    }

    fn covered_needs_stand(&self, d: &Override) -> Result<(), Refusal> {
        let needs = self.case.stands_against(self.ctx.now);
        for Cover { code, document } in &d.covers {
            let stands = needs.iter().any(|need| {
                need.light == Some(d.light)
                    && need.code == code.as_str()
                    && need.because == Some(*document)
            });
            if stands {
                continue;
            }
            let detail = format!("no {code} of document {} stands", document.short());
            let refusal = Refusal::new(Code::NothingToOverride, detail);
            return Err(match self.case.successor(*document) {
                Some(newer) => refusal.naming(newer),
                None => refusal,
            });
        }
        Ok(())
    }

    /// A decision that lets the container out says whose word it rests on.
    pub(super) fn names_overrides(
        &self,
        named: &[ReliedOverride],
        admitted_at: UnixMillis,
    ) -> Result<(), Refusal> {
        let relied = self.case.relied_overrides(self.ctx.now, admitted_at);
        if named == relied {
            return Ok(());
        }
        let detail = format!("names {} overrides, relies on {}", named.len(), relied.len());
        let refusal = Refusal::new(Code::OverrideUnnamed, detail);
        Err(match relied.first() {
            Some(relied) => refusal.naming(relied.document),
            None => refusal,
        })
    }
}
