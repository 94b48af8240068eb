//! The gate's verdict: one answer, every reason, from what this node has.

use super::needs::PASS_MISSING;
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
    /// Judges a truck at `now`. Every reason is given at once, each with who can solve it: what the
    /// case still needs, in the order of its one list, then what is wrong with what the gate saw.
    #[must_use]
    pub fn gate_decision(
        &self,
        seen: &Seen,
        authorities: &Authorities,
        now: UnixMillis,
    ) -> GateDecision {
        let mut reasons = self.reasons(seen, authorities, now);
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

    fn reasons(&self, seen: &Seen, authorities: &Authorities, now: UnixMillis) -> Vec<GateReason> {
        if let Some((_, left_at)) = self.gate_out {
            let detail = format!("the container left at {left_at}");
            return vec![reason("right-consumed", &detail, Role::Terminal.as_str())];
        }
        let mut needs = self.needs(now);
        let stranger = self.stranger(seen, authorities, now);
        if stranger.is_some() {
            // Which the terminal cannot do for a driver whom nobody vouches for.
            needs.retain(|need| need.code != PASS_MISSING);
        }
        let mut reasons: Vec<GateReason> =
            needs.iter().map(|need| reason(&need.code, &need.detail, &need.owed_by)).collect();
        reasons.extend(stranger);
        self.judge_shown(seen, now, &mut reasons);
        reasons
    }

    /// The driver who shows a pass, or else the one bound, has lost the haulier's word. While nobody
    /// is bound a driver is missing, and that is said already.
    fn stranger(
        &self,
        seen: &Seen,
        authorities: &Authorities,
        now: UnixMillis,
    ) -> Option<GateReason> {
        let bound = &self.binding.as_ref()?.driver;
        let shown = seen.shown.as_ref().and_then(|shown| shown.as_ref().ok());
        let shown = shown.and_then(Presented::pickup_pass).map(|said| &said.confirmation.0);
        let driver = shown.unwrap_or(bound);
        let holder = &self.holder()?.holder;
        let detail = "the haulier no longer vouches for this device";
        (!authorities.vouches(holder, driver, now))
            .then(|| reason("driver-unknown", detail, holder.as_str()))
    }

    /// What is wrong with what the gate saw. The driver shows another pass, or waits; another truck,
    /// time or right is for the holder to arrange.
    fn judge_shown(&self, seen: &Seen, now: UnixMillis, reasons: &mut Vec<GateReason>) {
        let driver = Role::Driver.as_str().to_owned();
        let mut refuse = |code: &str, detail: &str, owed_by: &str| {
            reasons.push(reason(code, detail, owed_by));
        };
        let presented = match &seen.shown {
            None => return refuse("no-pass", "no pass was shown", &driver),
            Some(Err(refusal)) => {
                return refuse(refusal.code.as_str(), &refusal.detail, &driver);
            }
            Some(Ok(presented)) => presented,
        };
        let Some(said) = presented.pickup_pass() else {
            return refuse("no-pass", "what was shown is no pass", &driver);
        };
        let holder = self.arranges_the_right();
        if said.visit != self.visit {
            let detail = format!("the pass is for {}", said.visit.container);
            refuse("other-container", &detail, &driver);
        }
        match &self.pass {
            Some(live) if live.document == presented.pass.id() => {}
            Some(_) => refuse("pass-superseded", "a newer pass was issued", &driver),
            None => {
                let detail = "the right, driver or slot changed after the pass";
                refuse("pass-withdrawn", detail, &holder);
            }
        }
        if now.as_secs() < said.not_before {
            let from = UnixMillis::from_millis(said.not_before.saturating_mul(1000));
            refuse("too-early", &format!("the pass begins at {from}"), &driver);
        }
        if now.as_secs() >= said.expires {
            let until = UnixMillis::from_millis(said.expires.saturating_mul(1000));
            refuse("expired", &format!("the pass ended at {until}"), &holder);
        }
        if let Some(plate) = seen.plate.as_ref().filter(|plate| **plate != said.plate) {
            let detail = format!("the pass is for {}, seen {plate}", said.plate);
            refuse("plate-not-allowed", &detail, &holder);
        }
    }

    /// Who can arrange another driver, truck or slot: the holder; without a right the line, which gives one.
    fn arranges_the_right(&self) -> String {
        let line = || self.releases.values().next().map(|release| release.line.to_string());
        let holder = self.holder().map(|hop| hop.holder.to_string());
        holder.or_else(line).unwrap_or_else(|| Role::Line.as_str().to_owned())
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
