//! What a link shows: how far a case is, and nothing of what its documents say.
//!
//! Put together from what it names, never by leaving out: what is not written here is not shown. It
//! is what the carrying side of a case is told (docs/PROTOCOL.md § 8, kind `progress`), without plate,
//! driver and the holders of the right, and the steps so far by kind. No id of a document: it is a hash
//! of what the document says, which whoever guesses that could compare.

use landside_proto::case::{Case, Light, Need, Step};
use landside_proto::directory::{Actor, Authorities};
use landside_proto::document::{Document, Kind, Verdict};
use landside_proto::ids::{PartyId, UnixMillis};
use serde_json::{Map, Value, json};

use super::Share;
use crate::draft::slot_state;
use crate::ledger::{LoadedCase, Read};
use crate::promised::Promised;
use crate::store::{Store, StoreError};
use crate::view;

/// A case as its link shows it.
pub(super) fn shared(
    store: &dyn Store,
    loaded: &LoadedCase,
    share: &Share,
    (me, authorities, promised): (&Actor, &Authorities, &Promised),
    now: UnixMillis,
) -> Result<Value, StoreError> {
    let case = &loaded.case;
    let is_known = !loaded.incomplete && case.knows_lights();
    let mut names = Names { of: authorities, named: Map::new() };
    let colour = |light: Light| match is_known {
        true => case.colour(light, now).as_str(),
        false => "unknown",
    };
    let lights = Light::ALL.map(|light| (light.as_str().to_owned(), json!(colour(light))));
    let needs = match loaded.incomplete {
        true => Vec::new(),
        false => needs(case, me, promised, &mut names, now),
    };
    let mut steps = Vec::new();
    for step in &case.steps {
        steps.extend(self::step(store, step, &mut names)?);
    }
    let terminal = names.name(case.visit.terminal.as_str());
    let mut shown = json!({
        "event": "shared",
        "code": case.code,
        "container": case.visit.container,
        "terminal": terminal,
        "state": if case.is_closed() { "closed" } else { "open" },
        "lights": Map::from_iter(lights),
        "needs": needs,
        "box": place(case, now),
        "slot": slot(case),
        "driver_named": case.binding.is_some(),
        "pass_issued": case.living_pass(now).is_some(),
        "steps": steps,
        "names": names.named,
        "until": share.until,
        "now": now,
    });
    view::put(&mut shown, "left_at", case.gate_out.map(|(_, left_at)| left_at));
    Ok(shown)
}

/// Names of the parties that are shown, and of no others.
struct Names<'a> {
    of: &'a Authorities,
    named: Map<String, Value>,
}

impl Names<'_> {
    fn name<'a>(&mut self, who: &'a str) -> &'a str {
        let party = PartyId::parse(who).ok();
        if let Some(entry) = party.and_then(|party| self.of.directory.party(&party).cloned()) {
            self.named.insert(who.to_owned(), json!(entry.name));
        }
        who
    }
}

/// What is missing, each once: of how many bills, holds and parties' words it is made is not shown.
fn needs(
    case: &Case,
    me: &Actor,
    promised: &Promised,
    names: &mut Names<'_>,
    now: UnixMillis,
) -> Vec<Value> {
    let mut shown: Vec<(Need, Value)> = Vec::new();
    for need in case.needs_seen_by(me, now) {
        let alike = |(one, _): &&mut (Need, Value)| {
            (&one.code, &one.owed_by, one.light) == (&need.code, &need.owed_by, need.light)
        };
        let owed = promised.of_need(case, &need, now);
        if let Some((_, known)) = shown.iter_mut().find(alike) {
            if owed.overdue {
                owed.put(known);
            }
            continue;
        }
        let mut line = json!({ "code": need.code, "owed_by": names.name(&need.owed_by) });
        view::put(&mut line, "light", need.light.map(Light::as_str));
        owed.put(&mut line);
        shown.push((need, line));
    }
    shown.into_iter().map(|(_, line)| line).collect()
}

/// Where the box is, and where it goes when it is empty.
fn place(case: &Case, now: UnixMillis) -> Value {
    let told = || case.progress.as_ref().map(|(_, progress)| progress.clone());
    let known = if case.part { told() } else { Some(case.progress_at(|_| &[], now)) };
    let mut shown = json!({});
    let Some(progress) = known else { return shown };
    view::put(&mut shown, "size_type", progress.size_type);
    view::put(&mut shown, "discharged_at", progress.discharged_at);
    view::put(&mut shown, "position", progress.position);
    let depots: Vec<_> = progress.empty_return.into_iter().map(|to| to.depot).collect();
    view::put(&mut shown, "empty_return", Some(depots).filter(|depots| !depots.is_empty()));
    shown
}

fn slot(case: &Case) -> Value {
    let mut shown = json!({ "state": slot_state(&case.slot) });
    let window = view::slot_window(&case.slot);
    view::put(&mut shown, "from", window.map(|window| window.from));
    view::put(&mut shown, "until", window.map(|window| window.until));
    shown
}

/// A step by its kind; who took it, where that is an office and not somebody of the carrying side.
fn step(
    store: &dyn Store,
    step: &Step,
    names: &mut Names<'_>,
) -> Result<Option<Value>, StoreError> {
    let Some(by_office) = is_of_an_office(step.kind) else { return Ok(None) };
    let mut shown = json!({ "kind": step.kind.as_str(), "at": step.at });
    if let (true, Actor::Party(party)) = (by_office, &step.issuer) {
        // Who signed for a line is named, and not the line.
        let by = step.agent.as_ref().unwrap_or(party);
        view::put(&mut shown, "by", Some(names.name(by.as_str())));
    }
    if step.kind == Kind::GateDecision
        && let Some(row) = Read::id_row(store, step.document)?
        && let Document::GateDecision(decision) =
            Read::document(store, row.number)?.signed.document()
    {
        let verdict = if decision.verdict == Verdict::Admit { "admit" } else { "refuse" };
        view::put(&mut shown, "verdict", Some(verdict));
    }
    Ok(Some(shown))
}

/// Whether an office signs such a step, of those that are shown at all.
fn is_of_an_office(kind: Kind) -> Option<bool> {
    match kind {
        Kind::ReleaseOrder
        | Kind::ReleaseChange
        | Kind::CustomsStatus
        | Kind::Hold
        | Kind::HoldLift
        | Kind::Override
        | Kind::Arrival
        | Kind::Slot
        | Kind::PickupPass
        | Kind::GateDecision
        | Kind::InterchangeReceipt
        | Kind::GateOut => Some(true),
        // Who trades the right and who drives is between those who do.
        Kind::PassRight
        | Kind::ReturnRight
        | Kind::RevokeRight
        | Kind::DriverBinding
        | Kind::SlotRequest => Some(false),
        // What is asked and answered, what the terminal says to the carrying side anyway, and what a
        // later version makes up.
        _ => None,
    }
}
