//! The gate's verdict: one answer, every reason, from what this node has.

use super::state::Case;
use crate::directory::Authorities;
use crate::document::{GateDecision, GateReason, REASONS_MAX, Relied, Remark, Role, Verdict};
use crate::ids::{DocId, Plate, UnixMillis};
use crate::presentation::Presented;
use crate::refusal::Refusal;

/// What the lane saw.
#[derive(Debug)]
pub struct Seen {
    /// The pass and proof, or why what was shown is neither.
    pub shown: Option<Result<Presented, Refusal>>,
    /// The plate the camera or clerk read.
    pub plate: Option<Plate>,
}

impl Case {
    /// Judges a truck at `now`. Every reason is given at once, each with who can solve it.
    #[must_use]
    pub fn gate_decision(
        &self,
        seen: &Seen,
        authorities: &Authorities,
        now: UnixMillis,
    ) -> GateDecision {
        let mut reasons = Vec::new();
        if let Some((_, left_at)) = self.gate_out {
            reasons.push(reason(
                "right-consumed",
                &format!("the container left at {left_at}"),
                Role::Terminal.as_str(),
            ));
        } else {
            self.judge_pass(seen, authorities, now, &mut reasons);
            reasons.extend(self.red(now).iter().map(|n| reason(&n.code, &n.detail, &n.owed_by)));
        }
        reasons.truncate(REASONS_MAX);
        let directory = &authorities.directory;
        let presented = seen.shown.as_ref().and_then(|shown| shown.as_ref().ok());
        let verdict = if reasons.is_empty() { Verdict::Admit } else { Verdict::Refuse };
        GateDecision {
            visit: self.visit.clone(),
            builds_on: self.decision.map(|(id, _)| id),
            verdict,
            pass: presented.map(|p| p.pass.id()),
            driver: presented.map(|p| p.driver),
            plate: seen.plate.clone(),
            reasons,
            relied_on: self.relied_on(now),
            directory: directory.edition().number,
            directory_age_s: directory.age_s(now),
            overrides: if self.is_closed() { Vec::new() } else { self.relied_overrides(now, now) },
            directory_overdue_s: directory.overdue_s(now),
        }
    }

    fn judge_pass(
        &self,
        seen: &Seen,
        authorities: &Authorities,
        now: UnixMillis,
        reasons: &mut Vec<GateReason>,
    ) {
        let holder = self
            .holder()
            .map_or_else(|| Role::Haulier.as_str().to_owned(), |hop| hop.holder.to_string());
        let mut refuse = |code, detail: &str| reasons.push(reason(code, detail, &holder));
        let presented = match &seen.shown {
            None => return refuse("no-pass", "no pass was shown"),
            Some(Err(refusal)) => return refuse(refusal.code.as_str(), &refusal.detail),
            Some(Ok(presented)) => presented,
        };
        let Some(said) = presented.pickup_pass() else {
            return refuse("no-pass", "what was shown is no pass");
        };
        if said.visit != self.visit {
            refuse("other-container", &format!("the pass is for {}", said.visit.container));
        }
        match &self.pass {
            Some(live) if live.document == presented.pass.id() => {}
            Some(_) => refuse("pass-superseded", "a newer pass was issued"),
            None => refuse("pass-withdrawn", "the right, driver or slot changed after the pass"),
        }
        let driver = &said.confirmation.0;
        if !self.holder().is_some_and(|hop| authorities.vouches(&hop.holder, driver, now)) {
            refuse("driver-unknown", "the haulier no longer vouches for this device");
        }
        if now.as_secs() < said.not_before {
            let from = UnixMillis::from_millis(said.not_before.saturating_mul(1000));
            refuse("too-early", &format!("the pass begins at {from}"));
        }
        if now.as_secs() >= said.expires {
            let until = UnixMillis::from_millis(said.expires.saturating_mul(1000));
            refuse("expired", &format!("the pass ended at {until}"));
        }
        if let Some(plate) = seen.plate.as_ref().filter(|plate| **plate != said.plate) {
            refuse("plate-not-allowed", &format!("the pass is for {}, seen {plate}", said.plate));
        }
    }

    /// The documents that speak for the present state, with their age.
    fn relied_on(&self, now: UnixMillis) -> Vec<Relied> {
        let mut ids: Vec<DocId> = Vec::new();
        ids.extend(self.releases.values().map(|release| release.head));
        ids.extend(self.customs.values().map(|fact| fact.head));
        ids.extend(self.holds.keys());
        ids.extend(self.overrides.values().filter(|o| o.stands(now)).map(|o| o.document));
        ids.extend(self.arrival.as_ref().map(|(id, _)| *id));
        ids.extend(self.right.as_ref().map(|right| right.head));
        ids.extend(self.binding.as_ref().map(|binding| binding.document));
        ids.extend(self.slot_head());
        ids.extend(self.pass.as_ref().map(|pass| pass.document));
        let mut relied: Vec<Relied> = ids
            .into_iter()
            .filter_map(|id| self.step(id))
            .map(|step| Relied { document: step.document, age_s: now.since(step.at).as_secs() })
            .collect();
        relied.sort_by_key(|relied| relied.document);
        relied.dedup_by_key(|relied| relied.document);
        relied.truncate(REASONS_MAX);
        relied
    }
}

fn reason(code: &str, detail: &str, owed_by: &str) -> GateReason {
    GateReason {
        code: Remark::fitted(code, "refused"),
        detail: Remark::fitted(detail, "refused"),
        owed_by: Remark::fitted(owed_by, "terminal"),
    }
}
