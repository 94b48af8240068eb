//! An evidence file: checked by itself, told as objects, and as a page when one is asked for.

use std::fs;
use std::path::Path;

use landside_node::{clocks, words};
use landside_proto::case::{Case, CaseFigures, Colour, Light, SlotState};
use landside_proto::checkpoint::Relation;
use landside_proto::directory::{Actor, BUNDLE_MAX, peek_bundle};
use landside_proto::document::{Condition, Document, GateDecision, Role, Verdict as Gate};
use landside_proto::envelope::Signed;
use landside_proto::evidence::{
    self, EDITIONS_MAX, EditionSeen, Finding, HeadSeen, Part, Report, Severity, Sort, Step, Trust,
    Verdict, WitnessSeen,
};
use landside_proto::ids::{DocId, Hash32, UnixMillis};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{VerifyArgs, read_bytes};
use crate::exit::{Exit, Failed};
use crate::output::{Output, page};

/// Verifies and tells.
///
/// # Errors
/// The page cannot be written.
pub(super) fn run(
    file: &Path,
    bytes: &[u8],
    brought: &Brought,
    html: Option<&Path>,
    out: &Output,
) -> Result<Exit, Failed> {
    let asked = brought.witnesses;
    let witnesses = usize::from(asked.unwrap_or(1));
    let trust = Trust { ids: &brought.ids, editions: &brought.editions, witnesses };
    let report = evidence::verify_by(bytes, &trust);
    let too_few =
        asked.is_some() && report.sort == Some(Sort::Case) && report.witnesses().len() < witnesses;
    let mut objects = objects(&file.display().to_string(), &report);
    if let Some(whole) = objects.first_mut().filter(|_| too_few) {
        whole.insert("too_few_witnesses".to_owned(), json!(true));
    }
    if let Some(html) = html {
        let written = fs::write(html, page(&objects));
        written.map_err(|e| Failed::broken("file", format!("{}: {e}", html.display())))?;
    }
    for object in &objects {
        out.object(object);
    }
    Ok(match report.verdict {
        Verdict::NotJoined | Verdict::Incomplete => Exit::Unjudged,
        _ if !report.is_sound() || too_few => Exit::Refused,
        Verdict::Part if !brought.part => Exit::Part,
        _ => Exit::Done,
    })
}

/// What the reader of evidence brings along.
pub(super) struct Brought {
    ids: Vec<Hash32>,
    editions: Vec<Vec<u8>>,
    witnesses: Option<u8>,
    /// A part of a case is what is wanted.
    part: bool,
}

impl Brought {
    /// Reads the bundles.
    ///
    /// # Errors
    /// There are too many, or one cannot be read, or is no bundle.
    pub(super) fn read(args: &VerifyArgs) -> Result<Self, Failed> {
        if args.editions.len() > EDITIONS_MAX {
            let text =
                format!("{} bundles with --editions, at most {EDITIONS_MAX}", args.editions.len());
            return Err(Failed::usage("too-many-editions", text, "bring those between, each once"));
        }
        let mut editions = Vec::new();
        for file in &args.editions {
            let bundle = read_bytes(file, BUNDLE_MAX)?;
            peek_bundle(&bundle)?;
            editions.push(bundle);
        }
        let (ids, witnesses) = (args.trust.clone(), args.witnesses);
        Ok(Self { ids, editions, witnesses, part: args.part })
    }
}

/// The verdict, then everything found, then the case step by step and how it ended.
pub(super) fn objects(file: &str, report: &Report) -> Vec<Map<String, Value>> {
    let mut values = vec![whole(report)];
    values.extend(report.findings.iter().map(finding));
    let mut steps: Vec<&Step> = report.credentials.iter().chain(&report.steps).collect();
    steps.sort_by_key(|step| (step.position.log, step.position.case.is_some()));
    values.extend(steps.into_iter().map(step));
    if let (Some(case), Some(at)) = (&report.case, report.last_at()) {
        values.push(outcome(case, &report.steps, at));
    }
    values.extend(report.editions.iter().map(edition));
    let named = values.into_iter().filter_map(|value| match value {
        Value::Object(mut object) => {
            object.insert("file".to_owned(), json!(file));
            Some(object)
        }
        _ => None,
    });
    named.collect()
}

fn whole(report: &Report) -> Value {
    let count = |severity| report.findings.iter().filter(|f| f.severity() == severity).count();
    let mut view = json!({
        "event": "evidence",
        "verdict": report.verdict.as_str(),
        "sound": report.is_sound(),
        "sha256": report.file,
        "bytes": report.bytes,
        "documents": report.steps.len() + report.credentials.len(),
        "broken": count(Severity::Broken),
        "findings": count(Severity::Finding),
        "notes": count(Severity::Note),
        "interchanges": report.attached.0,
        "photos": report.attached.1,
        "unjudged": count(Severity::Unjudged),
        "trusted": report.trusted,
        "witnesses": { "count": report.witnesses().len(), "asked": report.witnesses_asked,
            "parties": report.witnesses() },
        "heads": report.heads.iter().map(head).collect::<Vec<_>>(),
    });
    put(&mut view, "sort", report.sort.map(|sort| sort.as_str()));
    if let Some(subject) = &report.subject {
        put(&mut view, "network", Some(&subject.network));
        put(&mut view, "terminal", Some(&subject.terminal));
        put(&mut view, "terminal_name", subject.terminal_name.as_ref());
        put(&mut view, "container", subject.visit.as_ref().map(|visit| visit.container));
        put(&mut view, "case", subject.code);
    }
    put(&mut view, "relation", report.relation.map(relation));
    view
}

fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Same => "same",
        Relation::Grown => "grown",
        Relation::Earlier => "earlier",
        Relation::Fork => "fork",
        Relation::OtherLog => "other-log",
    }
}

fn head(head: &HeadSeen) -> Value {
    json!({
        "log": head.checkpoint.origin.as_str(),
        "entries": head.checkpoint.size,
        "root": head.checkpoint.root,
        "keys": head.keys,
        "witnesses": head.witnesses.iter().map(witness).collect::<Vec<_>>(),
    })
}

fn witness(witness: &WitnessSeen) -> Value {
    json!({
        "party": witness.party, "name": witness.name, "key": witness.key, "at": witness.at,
        "counts": witness.counts,
    })
}

fn finding(finding: &Finding) -> Value {
    let place = &finding.place;
    let mut view = json!({
        "event": "evidence-finding",
        "severity": finding.severity().as_str(),
        "code": finding.code.as_str(),
        "meaning": finding.code.meaning(),
        "text": finding.text,
        "place": place.to_string(),
        "part": place.part.as_str(),
        "from": place.bytes.start,
        "until": place.bytes.end,
    });
    put(&mut view, "number", place.number.map(|(number, _)| number));
    put(&mut view, "kind", place.kind.map(|kind| kind.as_str()));
    view
}

fn step(step: &Step) -> Value {
    let position = &step.position;
    let mut view = json!({
        "event": "evidence-step",
        "id": step.id,
        "log": position.log,
        "at": position.at,
        "proven": step.proven,
        "receipts": step.receipts,
        "part": step.place.to_string(),
    });
    put(&mut view, "place", position.case.map(|case| case.place));
    let number = step.place.number.filter(|_| step.place.part == Part::Document);
    put(&mut view, "number", number.map(|(number, _)| number));
    put(&mut view, "kind", step.place.kind.map(|kind| kind.as_str()));
    if let Some(builds_on) = &step.builds_on {
        let mut on = json!({ "document": builds_on.document });
        put(&mut on, "number", builds_on.number);
        put(&mut view, "builds_on", Some(on));
    }
    if let Some(signed) = &step.signed {
        put(&mut view, "issuer", Some(signed.issuer()));
        put(&mut view, "key", Some(signed.key_id()));
        put(&mut view, "issued_at", Some(signed.issued_at()));
        put(&mut view, "words", Some(words(signed.document())));
        put(&mut view, "payload", Some(signed.document()));
    }
    if let Some(signer) = &step.signer {
        let roles: Vec<_> = signer.roles.iter().map(|role: &Role| role.as_str()).collect();
        put(&mut view, "name", Some(&signer.name));
        put(&mut view, "roles", Some(roles));
        put(&mut view, "edition", Some(signer.edition));
        put(&mut view, "key_from", signer.key_from);
        put(&mut view, "key_until", signer.key_until);
        let vouched_by = Some(&signer.vouched_by).filter(|hauliers| !hauliers.is_empty());
        put(&mut view, "vouched_by", vouched_by);
        let rotated = signer.rotated.map(
            |rotated| json!({ "by": rotated.by, "at": rotated.at, "document": rotated.document }),
        );
        put(&mut view, "rotated", rotated);
        let agent = signer.agent.as_ref().map(
            |agent| json!({ "party": agent.party, "name": agent.name, "message": agent.message }),
        );
        put(&mut view, "agent", agent);
    }
    let disclosed: Map<String, Value> = step
        .disclosed
        .iter()
        .map(|opened| (opened.field().as_str().to_owned(), json!(opened.value().reveal())))
        .collect();
    put(&mut view, "disclosed", Some(disclosed).filter(|fields| !fields.is_empty()));
    view
}

/// How the case stood at its last document.
fn outcome(case: &Case, steps: &[Step], at: UnixMillis) -> Value {
    let closed = case.is_closed();
    let releases: Vec<_> = case
        .releases
        .iter()
        .map(|(bill, release)| {
            json!({
                "bill": bill, "line": release.line, "release_to": release.terms.release_to,
                "valid_until": release.terms.valid_until, "stands": release.stands(),
            })
        })
        .collect();
    let holders: Vec<_> =
        case.right.iter().flat_map(|right| &right.hops).map(|hop| &hop.holder).collect();
    let light = |light: &Light| {
        let known = case.knows_lights().then(|| case.colour(*light, at).as_str());
        (light.as_str().to_owned(), json!(known.unwrap_or("unknown")))
    };
    let needs: Vec<_> = case
        .needs(at)
        .iter()
        .map(|need| json!({ "code": need.code, "detail": need.in_full(), "owed_by": need.owed_by }))
        .collect();
    let mut view = json!({
        "event": "evidence-outcome",
        "at": at,
        "state": if closed { "closed" } else { "open" },
        "releases": releases,
        "holders": holders,
        "lights": Light::ALL.iter().map(light).collect::<Map<_, _>>(),
        "needs": needs,
        "overrides": overrides(case, at),
    });
    if let Some(binding) = &case.binding {
        let driver = json!({ "key": binding.driver.id(), "plate": binding.plate });
        put(&mut view, "driver", Some(driver));
    }
    if let SlotState::Granted(slot) = &case.slot {
        put(&mut view, "slot", Some(slot.window));
    }
    put(&mut view, "decision", case.decision.and_then(|(id, _)| decision(steps, id)));
    put(&mut view, "interchange_receipt", interchange(case, steps));
    if let Some((id, left_at)) = case.gate_out {
        let mut out = json!({ "document": id, "left_at": left_at });
        if let Some(Document::GateOut(d)) = said(steps, id).map(Signed::document) {
            put(&mut out, "unsigned_because", d.unsigned_because.as_ref());
        }
        put(&mut view, "gate_out", Some(out));
    }
    let signed = steps.iter().filter_map(|step| Some((step.signed.as_ref()?, step.position)));
    let terminal = Actor::Party(case.visit.terminal.clone());
    let figures = CaseFigures::of(signed, &terminal, at);
    let clocks = clocks::view(case, figures.as_ref(), at);
    put(&mut view, "clocks", Some(clocks).filter(|clocks| !clocks.is_empty()));
    view
}

/// The red lights that the terminal passed over, and in whose name.
fn overrides(case: &Case, at: UnixMillis) -> Vec<Value> {
    let over = |light: &Light| case.colour(*light, at) == Colour::Overridden;
    let facts = case.overrides.iter().filter(|(light, _)| over(light));
    facts
        .map(|(light, fact)| {
            let mut view = json!({
                "light": light.as_str(), "document": fact.document, "person": fact.person,
                "reason": fact.reason, "until": fact.until,
            });
            let agreed = fact.approved_by.as_ref().map(|two| &two.agreed);
            put(&mut view, "agreed", agreed);
            view
        })
        .collect()
}

/// The last word of the gate, and what it knew.
fn decision(steps: &[Step], id: DocId) -> Option<Value> {
    let Document::GateDecision(decision) = said(steps, id)?.document() else { return None };
    let GateDecision { verdict, reasons, relied_on, plate, directory, .. } = decision;
    let relied: Vec<_> = relied_on
        .iter()
        .map(|relied| {
            let step = steps.iter().find(|step| step.id == relied.document);
            let mut row = json!({ "document": relied.document, "age_s": relied.age_s });
            let number = step.and_then(|step| step.place.number);
            put(&mut row, "number", number.map(|(number, _)| number));
            put(&mut row, "kind", step.and_then(|s| s.place.kind).map(|kind| kind.as_str()));
            row
        })
        .collect();
    let mut view = json!({
        "document": id,
        "verdict": if *verdict == Gate::Admit { "admit" } else { "refuse" },
        "reasons": reasons,
        "relied_on": relied,
        "directory": directory,
    });
    put(&mut view, "plate", plate.as_ref());
    Some(view)
}

fn interchange(case: &Case, steps: &[Step]) -> Option<Value> {
    let id = case.receipt?;
    let Document::InterchangeReceipt(receipt) = said(steps, id)?.document() else { return None };
    let condition = if receipt.condition == Condition::Sound { "sound" } else { "damaged" };
    let mut view = json!({
        "document": id,
        "seals": receipt.seals,
        "condition": condition,
        "damage": receipt.damage,
        "photos": receipt.photos.len(),
        "signed_by_driver": case.countersigned.is_some(),
    });
    put(&mut view, "remark", receipt.remark.as_ref());
    Some(view)
}

fn said(steps: &[Step], id: DocId) -> Option<&Signed<Document>> {
    steps.iter().find(|step| step.id == id)?.signed.as_ref()
}

fn edition(edition: &EditionSeen) -> Value {
    let (signatures, of) = edition.signatures;
    json!({
        "event": "evidence-edition",
        "number": edition.number,
        "id": edition.id,
        "valid_from": edition.valid_from,
        "signatures": signatures,
        "of": of,
        "threshold": edition.threshold,
        "trusted": edition.trusted,
        "brought": edition.brought,
    })
}

/// Adds a field that is there.
fn put<T: Serialize>(view: &mut Value, name: &str, value: Option<T>) {
    if let (Some(object), Some(value)) = (view.as_object_mut(), value)
        && let Ok(value) = serde_json::to_value(value)
    {
        object.insert(name.to_owned(), value);
    }
}
