//! How the gate decided, and what stands behind a need, for screens.

use landside_proto::case::{About, Case, Light, Need};
use landside_proto::document::{CustomsState, GateDecision, Verdict};
use landside_proto::ids::{DocId, UnixMillis};
use landside_proto::refusal::{Code, Refusal};
use serde_json::{Value, json};

use super::{put, warning};

/// What the detail of a need says in words, for screens that have words of their own.
pub(super) fn need_facts(view: &mut Value, need: &Need) {
    put(view, "light", need.light.map(Light::as_str));
    put(view, "ended_at", need.ended_at);
    put(view, "customs_status", need.customs.map(CustomsState::as_str));
    match &need.about {
        Some(About::Bill(bill)) => put(view, "bill", Some(bill)),
        Some(About::Hold(hold_type, reason)) => {
            put(view, "hold_type", Some(hold_type.as_str()));
            put(view, "reason", Some(reason));
        }
        None => {}
    }
}

/// The reasons of a decision. Beside those that are needs of the case stands what the terminal knows of
/// them; the document does not say it to everybody who gets it.
fn reasons(case: &Case, decision: &GateDecision, now: UnixMillis) -> Vec<Value> {
    let mut needs = case.needs(now).into_iter().peekable();
    let reasons = decision.reasons.iter().map(|said| {
        let mut view = json!({ "code": said.code, "detail": said.detail, "owed_by": said.owed_by });
        let is_said =
            |need: &Need| need.code == said.code.as_str() && need.owed_by == said.owed_by.as_str();
        if let Some(need) = needs.next_if(is_said) {
            need_facts(&mut view, &need);
        }
        view
    });
    reasons.collect()
}

/// A gate decision.
pub(crate) fn decision(id: DocId, case: &Case, decision: &GateDecision, now: UnixMillis) -> Value {
    let reasons = reasons(case, decision, now);
    let mut view = json!({
        "event": "gate-decision",
        "id": id,
        "container": case.visit.container,
        "case": case.code,
        "verdict": if decision.verdict == Verdict::Admit { "admit" } else { "refuse" },
        "reasons": reasons,
        "directory": decision.directory,
        "directory_age_s": decision.directory_age_s,
        "oldest_fact_s": decision.relied_on.iter().map(|relied| relied.age_s).max().unwrap_or(0),
    });
    put(&mut view, "plate", decision.plate.as_ref());
    put(&mut view, "directory_overdue_s", decision.directory_overdue_s);
    let overdue = decision.directory_overdue_s.map(|_| {
        let detail = format!("edition {} should have been replaced", decision.directory);
        Refusal::new(Code::EditionOverdue, detail)
    });
    put(&mut view, "warnings", overdue.map(|overdue| json!([warning(&overdue)])));
    let overrides = Some(&decision.overrides).filter(|overrides| !overrides.is_empty());
    put(&mut view, "overrides", overrides);
    view
}
