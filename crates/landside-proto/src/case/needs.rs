//! The one list: what a container still needs, and who owes it.

use std::borrow::Cow;

use super::state::{Case, Hop, Release, ReleaseState, SlotState};
use crate::document::{CustomsState, HoldType, Light, ProgressNeed, Role, Window};
use crate::ids::{BillNo, DocId, PartyId, UnixMillis};

/// Code of the need when the time of a release is over.
pub(super) const RELEASE_EXPIRED: &str = "release-expired";

/// Code of the need when the terminal has only to issue the pass.
pub(super) const PASS_MISSING: &str = "pass-missing";

/// Something a container still needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The light it keeps red; absent for what the collecting side arranges.
    pub light: Option<Light>,
    /// Stable code.
    pub code: Cow<'static, str>,
    /// The fact in words that the gate and the carrying side may read: no bill, nobody's remark.
    pub detail: String,
    /// What only those know who get the whole case.
    pub about: Option<About>,
    /// When that ended which is over: a release, a right, a slot.
    pub ended_at: Option<UnixMillis>,
    /// What customs said last, where it is not "released".
    pub customs: Option<CustomsState>,
    /// Party that owes it, or the role while no party is known.
    pub owed_by: String,
    /// The document that makes it, where one does: the hold, the block, the last status or arrival.
    pub because: Option<DocId>,
}

/// What a need is about, beyond what everybody in the case may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// One bill of lading.
    Bill(BillNo),
    /// Type of a hold, and what its placer says.
    Hold(HoldType, String),
}

impl Need {
    fn new(
        light: impl Into<Option<Light>>,
        code: &'static str,
        detail: impl Into<String>,
        owed_by: impl ToString,
    ) -> Self {
        Self {
            light: light.into(),
            code: code.into(),
            detail: detail.into(),
            about: None,
            ended_at: None,
            customs: None,
            owed_by: owed_by.to_string(),
            because: None,
        }
    }

    /// As the terminal tells it to those who get a part of the case.
    pub(super) fn told(told: &ProgressNeed) -> Self {
        let detail = format!("the {} light is red", told.light.as_str());
        let need = Self::new(told.light, "", detail, &told.owed_by);
        Self { code: told.code.to_string().into(), ..need }
    }

    /// The fact in words for who gets the whole case.
    #[must_use]
    pub fn in_full(&self) -> String {
        match &self.about {
            None => self.detail.clone(),
            Some(About::Bill(bill)) => format!("bill {bill}: {}", self.detail),
            Some(About::Hold(hold_type, reason)) => {
                format!("{} hold: {reason}", hold_type.as_str())
            }
        }
    }

    fn about(self, about: About) -> Self {
        Self { about: Some(about), ..self }
    }

    fn ended(self, at: UnixMillis) -> Self {
        Self { ended_at: Some(at), ..self }
    }

    fn because(self, document: DocId) -> Self {
        Self { because: Some(document), ..self }
    }
}

impl Case {
    /// Everything that keeps a light red at `now`, whether it is overridden or not, light by light.
    pub(super) fn stands_against(&self, now: UnixMillis) -> Vec<Need> {
        if self.part {
            return self.told_needs();
        }
        let mut needs = Vec::new();
        self.commercial(now, &mut needs);
        self.customs(&mut needs);
        self.terminal(&mut needs);
        for (id, hold) in &self.holds {
            let need = Need::new(hold.hold_type.light(), "hold", "a hold stands", &hold.placer);
            let about = About::Hold(hold.hold_type, hold.reason.clone());
            needs.push(need.about(about).because(*id));
        }
        needs.sort_by_key(|need| need.light);
        needs
    }

    /// Everything the container still needs before it can be collected: the red lights, then what
    /// the collecting side and the terminal arrange. After the gate-out, what was red all the same.
    #[must_use]
    pub fn needs(&self, now: UnixMillis) -> Vec<Need> {
        if self.is_closed() {
            return self.red_when_left(now);
        }
        let mut needs = self.red(now);
        let Some(hop) = self.holder() else { return needs };
        let release_over = needs.iter().any(|need| need.code == RELEASE_EXPIRED);
        if let Some(until) = hop.limits.until.filter(|until| *until < now && !release_over) {
            let before = self.holder_before().unwrap_or(&hop.holder);
            let detail = format!("the right of {} ended at {until}", hop.holder);
            needs.push(Need::new(None, "right-expired", detail, before).ended(until));
        }
        if self.binding.is_none() {
            let detail = format!("{} names driver and truck, or passes the right on", hop.holder);
            needs.push(Need::new(None, "driver-missing", detail, &hop.holder));
        }
        match self.slot {
            SlotState::None | SlotState::Refused { .. } => {
                let detail = format!("{} asks for a slot", hop.holder);
                needs.push(Need::new(None, "slot-missing", detail, &hop.holder));
            }
            SlotState::Asked { .. } => {
                let detail = "the terminal answers the slot request";
                needs.push(Need::new(None, "slot-unanswered", detail, &self.visit.terminal));
            }
            SlotState::Granted(_) => {}
        }
        if needs.is_empty() && self.living_pass(now).is_none() {
            needs.push(self.pass_need(now, hop));
        }
        needs
    }

    /// Who made the present holder the holder: the hop before, or the line.
    fn holder_before(&self) -> Option<&PartyId> {
        let hops = &self.right.as_ref()?.hops;
        let before = hops.len().checked_sub(2).and_then(|at| hops.get(at));
        before
            .map(|hop| &hop.holder)
            .or_else(|| self.releases.values().find(|r| r.stands()).map(|r| &r.line))
    }

    /// Why there is no pass although nothing else is missing.
    fn pass_need(&self, now: UnixMillis, hop: &Hop) -> Need {
        let SlotState::Granted(slot) = &self.slot else {
            let detail = "the terminal issues the pass";
            return Need::new(None, PASS_MISSING, detail, &self.visit.terminal);
        };
        let Window { from, until } = slot.window;
        let outside = hop.limits.until.is_some_and(|end| end <= from)
            || hop.limits.from.is_some_and(|begin| begin >= until);
        if outside || until < now || self.pass.is_some() {
            let detail = format!(
                "the slot ended, or lies outside the right; {} asks for another",
                hop.holder
            );
            let need = Need::new(None, "slot-over", detail, &hop.holder);
            return if until < now { need.ended(until) } else { need };
        }
        let detail = "the terminal issues the pass";
        Need::new(None, PASS_MISSING, detail, &self.visit.terminal)
    }

    fn commercial(&self, now: UnixMillis, needs: &mut Vec<Need>) {
        if self.bills_that_count().next().is_none() {
            let detail = "the line has not released the container";
            needs.push(Need::new(Light::Commercial, "not-released", detail, Role::Line.as_str()));
        }
        for (bill, release) in self.bills_that_count() {
            let until = release.terms.valid_until;
            let (code, detail) = match release.state {
                ReleaseState::Ended => ("release-revoked", "the release was revoked".to_owned()),
                ReleaseState::Blocked => ("release-blocked", "the release is blocked".to_owned()),
                ReleaseState::Active if until < now => {
                    (RELEASE_EXPIRED, format!("the release ended at {until}"))
                }
                ReleaseState::Active | ReleaseState::Cancelled => continue,
            };
            let mut need = Need::new(Light::Commercial, code, detail, &release.line);
            need.ended_at = Some(until).filter(|_| code == RELEASE_EXPIRED);
            needs.push(need.about(About::Bill(bill.clone())).because(release.head));
        }
    }

    /// Releases that were mistakes say nothing about the container; revoked ones keep it.
    fn bills_that_count(&self) -> impl Iterator<Item = (&BillNo, &Release)> {
        self.releases.iter().filter(|(_, release)| release.state != ReleaseState::Cancelled)
    }

    /// Green only when every known consignment is released: those that customs spoke of and those
    /// that the line released.
    fn customs(&self, needs: &mut Vec<Need>) {
        let customs = Role::Customs.as_str();
        let silent = self.bills_that_count().filter(|(bill, _)| !self.customs.contains_key(bill));
        for (bill, _) in silent {
            let need =
                Need::new(Light::Customs, "customs-silent", "customs has not spoken", customs);
            needs.push(need.about(About::Bill(bill.clone())));
        }
        if self.bills_that_count().next().is_none() && self.customs.is_empty() {
            let detail = "customs has not spoken";
            needs.push(Need::new(Light::Customs, "customs-silent", detail, customs));
        }
        for (bill, fact) in &self.customs {
            if fact.status != CustomsState::Released {
                let detail = format!("customs status is {}", fact.status.as_str());
                let mut need =
                    Need::new(Light::Customs, "customs-not-released", detail, &fact.office);
                need.customs = Some(fact.status);
                needs.push(need.about(About::Bill(bill.clone())).because(fact.head));
            }
        }
    }

    fn terminal(&self, needs: &mut Vec<Need>) {
        let terminal = &self.visit.terminal;
        let arrival = self.arrival.as_ref().map(|(_, arrival)| arrival);
        let (code, detail) = match arrival {
            None => ("not-arrived", "the container has not been discharged"),
            Some(a) if a.discharged_at.is_none() => ("not-arrived", "announced, not discharged"),
            Some(a) if !a.available => ("not-available", "the container cannot be reached yet"),
            Some(a) if !a.cleared => {
                ("not-cleared", "the terminal's own charges or checks are open")
            }
            Some(_) => return,
        };
        let need = Need::new(Light::Terminal, code, detail, terminal);
        let because = self.arrival.as_ref().map(|(id, _)| *id);
        needs.push(Need { because, ..need });
    }
}
