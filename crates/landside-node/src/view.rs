//! What is shown of documents and cases: objects with stable names (docs/OPERATING.md § JSON).

mod gate;

use data_encoding::HEXLOWER;
use landside_proto::case::{Case, CaseFigures, Colour, Light, SlotState, Step};
use landside_proto::directory::{Actor, Authorities, Directory};
use landside_proto::document::{
    Arrival, Document, Entry, KeyRotation, Kind, Outcome, Override, Position, Progress, Question,
    QuestionSubject, ReleaseAction, ReliedOverride, SlotAnswer, TwoPersons, Verdict, Window,
};
use landside_proto::envelope::Signed;
use landside_proto::ids::{DocId, PartyId, UnixMillis};
use landside_proto::key::KeyId;
use landside_proto::refusal::Refusal;
use landside_proto::sealed::Disclosure;
use serde_json::{Value, json};

pub(crate) use self::gate::decision;
use crate::clocks;
use crate::draft::slot_state;
use crate::event::Event;
use crate::ledger::{self, LoadedCase, Read, Stored};
use crate::log::{Heads, Watch};
use crate::promised::Promised;
use crate::rows;
use crate::store::{Store, StoreError};

/// What happened, as `landside watch` and screens are told.
#[must_use]
pub fn event(event: &Event, now: UnixMillis) -> Value {
    match event {
        Event::Taken { document, kind, issuer, agent, case } => {
            let mut view = json!({
                "event": "taken", "id": document, "kind": kind.as_str(),
                "issuer": issuer, "at": now,
            });
            let agent =
                agent.as_ref().map(|by| json!({ "party": by.party, "message": by.message }));
            put(&mut view, "agent", agent);
            put(&mut view, "case", case.as_ref());
            view
        }
        Event::Answered { document, entry } => {
            let mut view = json!({
                "event": "answered", "id": document, "outcome": outcome(entry.outcome),
            });
            put(&mut view, "case", entry.position.and_then(|p| p.case).map(|case| case.code));
            put(&mut view, "refused", refused(entry));
            view
        }
    }
}

/// The person of this party at whose word a document was signed, if it was a logged-in one.
pub(crate) fn signed_by(store: &dyn Store, id: DocId) -> Result<Option<Value>, StoreError> {
    let Some(row) = Store::get(store, rows::SIGNED_BY, &rows::id_key(id))? else { return Ok(None) };
    let row: rows::SignedByRow = rows::from_row(&row)?;
    let mut view = json!({
        "login": row.login, "name": row.name, "role": row.role,
        "at": UnixMillis::from_millis(row.at),
    });
    if let Some(row) = Store::get(store, rows::SIGNED_WITH, &rows::id_key(id))? {
        let row: rows::SignedWithRow = rows::from_row(&row)?;
        put(&mut view, "token", Some(row.token));
        put(&mut view, "program", Some(row.label));
    }
    Ok(Some(view))
}

/// The registrar's word on a document, or that it is on its way.
pub(crate) fn issued(
    kind: Kind,
    id: DocId,
    container: Option<String>,
    outcome: &str,
    position: Option<Position>,
    entry: Option<&Entry>,
) -> Value {
    let mut view = json!({
        "event": "issued", "kind": kind.as_str(), "id": id, "outcome": outcome,
    });
    put(&mut view, "container", container);
    if let Some(position) = position.or_else(|| entry.and_then(|entry| entry.position)) {
        put(&mut view, "log", Some(position.log));
        put(&mut view, "at", Some(position.at));
        put(&mut view, "case", position.case.map(|case| case.code));
    }
    put(&mut view, "refused", entry.and_then(refused));
    view
}

/// The refusal of an entry, with what to do about it.
pub(crate) fn refused(entry: &Entry) -> Option<Value> {
    let refused = entry.refused.as_ref()?;
    let mut view = json!({ "code": refused.code, "detail": refused.detail });
    put(&mut view, "names", refused.names);
    put(&mut view, "remedy", refused.remedy());
    Some(view)
}

/// The word for an outcome.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::Duplicate => "duplicate",
        Outcome::Refused => "refused",
    }
}

/// A case with its lights, its one list and its timeline.
pub(crate) fn case(
    store: &dyn Store,
    loaded: &LoadedCase,
    (me, authorities, promised): (&Actor, &Authorities, &Promised),
    now: UnixMillis,
) -> Result<Value, StoreError> {
    let case = &loaded.case;
    let lights: serde_json::Map<String, Value> = Light::ALL
        .iter()
        .map(|light| {
            let known = !loaded.incomplete && case.knows_lights();
            let word = if known { case.colour(*light, now).as_str() } else { "unknown" };
            (light.as_str().to_owned(), json!(word))
        })
        .collect();
    let needs: Vec<Value> = case
        .needs_seen_by(me, now)
        .iter()
        .filter(|_| !loaded.incomplete)
        .map(|need| {
            let mut view =
                json!({ "code": need.code, "detail": need.in_full(), "owed_by": need.owed_by });
            gate::need_facts(&mut view, need);
            promised.of_need(case, need, now).put(&mut view);
            view
        })
        .collect();
    let mut timeline = Vec::new();
    for step in &case.steps {
        timeline.push(timeline_step(store, step, authorities, now)?);
    }
    let mut view = json!({
        "event": "case",
        "code": case.code,
        "container": case.visit.container,
        "terminal": case.visit.terminal,
        "state": if case.is_closed() { "closed" } else { "open" },
        "incomplete": loaded.incomplete,
        "part": case.part,
        "box": box_of(case, now),
        "lights": lights,
        "right": right(case),
        "driver": driver(case, authorities, now),
        "slot": slot(&case.slot),
        "pass": pass(case),
        "needs": needs,
        "overrides": overrides(case, now),
        "questions": questions(case, now),
        "timeline": timeline,
        "gate_out": case.gate_out.map(|(id, left_at)| json!({ "id": id, "left_at": left_at })),
    });
    put(
        &mut view,
        "clocks",
        Some(clocks(store, case, me, now)?).filter(|clocks| !clocks.is_empty()),
    );
    put(&mut view, "sealed", Some(sealed(store, case)?).filter(|fields| !fields.is_empty()));
    put_directory(&mut view, &authorities.directory, now);
    Ok(view)
}

/// The clocks of free time, with who held the box while they ran.
fn clocks(
    store: &dyn Store,
    case: &Case,
    me: &Actor,
    now: UnixMillis,
) -> Result<Vec<Value>, StoreError> {
    if case.clocks(now).is_empty() {
        return Ok(Vec::new());
    }
    let documents = ledger::case_documents(store, case.code)?;
    let documents = documents.iter().map(|(stored, position, _)| (&stored.signed, *position));
    Ok(clocks::view(case, CaseFigures::of(documents, me, now).as_ref(), now))
}

/// Questions and complaints, the one asked first before the others.
fn questions(case: &Case, now: UnixMillis) -> Vec<Value> {
    let mut asked: Vec<_> = case.questions.iter().collect();
    asked.sort_by_key(|(id, question)| (question.asked_at, **id));
    asked
        .into_iter()
        .map(|(id, question)| {
            let mut view = json!({
                "id": id, "subject": question.subject, "asked_by": question.asked_by,
                "to": question.to, "text": question.text, "asked_at": question.asked_at,
                "answer_by": question.answer_by, "overdue": question.is_overdue(now),
            });
            put(&mut view, "about", question.about);
            let answer = question.answer.as_ref();
            let answer = answer.map(|a| json!({ "id": a.document, "at": a.at, "text": a.text }));
            put(&mut view, "answer", answer);
            view
        })
        .collect()
}

/// The sealed fields in force, with the value of those that are disclosed here.
fn sealed(store: &dyn Store, case: &Case) -> Result<Vec<Value>, StoreError> {
    let mut fields = Vec::new();
    for (bill, release) in case.releases.iter().filter(|(_, release)| release.stands()) {
        for (field, document) in &release.sealed {
            let mut row = json!({ "bill": bill, "field": field.as_str(), "document": document });
            if let Some(id) = Read::id_row(store, *document)? {
                let stored = Read::document(store, id.number)?;
                let known = Read::disclosures(store, id.number, &stored.signed)?;
                let known = known.iter().find(|disclosure| disclosure.field() == *field);
                put(&mut row, "value", known.map(|disclosure| disclosure.value().reveal()));
            }
            fields.push(row);
        }
    }
    Ok(fields)
}

/// The overrides that stand, or stood when the container left.
fn overrides(case: &Case, now: UnixMillis) -> Vec<Value> {
    let stand = case.overrides.iter().filter(|(light, fact)| match case.is_closed() {
        true => case.colour(**light, now) == Colour::Overridden,
        false => fact.stands(now),
    });
    stand
        .map(|(light, fact)| {
            let mut view = json!({
                "light": light, "document": fact.document, "person": fact.person,
                "reason": fact.reason, "until": fact.until, "covers": fact.covers,
            });
            put(&mut view, "approved_by", fact.approved_by.as_ref());
            view
        })
        .collect()
}

/// What the carrying side needs to know of the box itself, whoever looks.
fn box_of(case: &Case, now: UnixMillis) -> Value {
    let told = || case.progress.as_ref().map(|(_, progress)| progress.clone());
    let known = if case.part { told() } else { Some(case.progress_at(|_| &[], now)) };
    let mut view = json!({});
    let Some(progress) = known else { return view };
    put(&mut view, "size_type", progress.size_type);
    put(&mut view, "discharged_at", progress.discharged_at);
    put(&mut view, "position", progress.position);
    put(&mut view, "empty_return", Some(progress.empty_return).filter(|list| !list.is_empty()));
    view
}

/// A case in one line.
pub(crate) fn case_line(case: &Case, me: &Actor, now: UnixMillis) -> Value {
    let needs = case.needs_seen_by(me, now);
    json!({
        "event": "case-line",
        "code": case.code,
        "container": case.visit.container,
        "terminal": case.visit.terminal,
        "state": if case.is_closed() { "closed" } else { "open" },
        "needs": needs.len(),
        "waits_for": needs.first().map(|need| need.owed_by.clone()),
    })
}

fn timeline_step(
    store: &dyn Store,
    step: &Step,
    authorities: &Authorities,
    now: UnixMillis,
) -> Result<Value, StoreError> {
    let signed = match Read::id_row(store, step.document)? {
        Some(row) => Some(Read::document(store, row.number)?.signed),
        None => None,
    };
    let document = signed.as_ref().map(Signed::document);
    let mut view = json!({
        "place": step.place, "log": step.log, "at": step.at, "kind": step.kind.as_str(),
        "id": step.document, "issuer": step.issuer,
        "words": document.map(words).unwrap_or_default(),
    });
    put(&mut view, "agent", signed.as_ref().and_then(|signed| agent(signed.document())));
    put(&mut view, "signed_by", signed_by(store, step.document)?);
    let driver = match (&step.issuer, document) {
        (Actor::Driver(key), _) => Some(*key),
        (_, Some(Document::DriverBinding(bound))) => Some(bound.driver.id()),
        _ => None,
    };
    let name = driver.and_then(|key| driver_name(authorities, key, now));
    put(&mut view, "driver", name);
    Ok(view)
}

/// Name of a driver by the word of a haulier.
pub(crate) fn driver_name(
    authorities: &Authorities,
    key: KeyId,
    now: UnixMillis,
) -> Option<String> {
    authorities.drivers.of_key(key, now).next().map(|enrolment| enrolment.name.to_string())
}

fn right(case: &Case) -> Option<Value> {
    let right = case.right.as_ref()?;
    let hops: Vec<Value> = right
        .hops
        .iter()
        .map(|hop| {
            let mut view = json!({ "holder": hop.holder, "document": hop.document });
            put(&mut view, "from", hop.limits.from);
            put(&mut view, "until", hop.limits.until);
            put(&mut view, "plate", hop.limits.plate.as_ref());
            put(&mut view, "depot", hop.limits.depot.as_ref());
            put(&mut view, "hops", hop.limits.hops);
            view
        })
        .collect();
    Some(json!({
        "holder": right.hops.last().map(|hop| hop.holder.clone()),
        "head": right.head,
        "hops": hops,
    }))
}

fn driver(case: &Case, authorities: &Authorities, now: UnixMillis) -> Option<Value> {
    let binding = case.binding.as_ref()?;
    let mut view = json!({ "key": binding.driver, "plate": binding.plate });
    put(&mut view, "name", driver_name(authorities, binding.driver.id(), now));
    Some(view)
}

fn slot(slot: &SlotState) -> Value {
    let mut view = json!({ "state": slot_state(slot) });
    let window = slot_window(slot);
    put(&mut view, "from", window.map(|window| window.from));
    put(&mut view, "until", window.map(|window| window.until));
    view
}

/// The window asked for or granted.
pub(crate) fn slot_window(slot: &SlotState) -> Option<Window> {
    match slot {
        SlotState::Asked { window, .. } => Some(*window),
        SlotState::Granted(granted) => Some(granted.window),
        SlotState::None | SlotState::Refused { .. } => None,
    }
}

/// The live pass.
pub(crate) fn pass(case: &Case) -> Option<Value> {
    let pass = case.pass.as_ref()?;
    let seconds = |s: u64| UnixMillis::from_millis(s.saturating_mul(1000));
    Some(json!({
        "id": pass.document,
        "not_before": seconds(pass.not_before),
        "expires": seconds(pass.expires),
    }))
}

/// A document in every detail.
pub(crate) fn document(
    stored: &Stored,
    position: Option<Position>,
    disclosures: &[Disclosure],
) -> Value {
    let signed = &stored.signed;
    let mut view = json!({
        "event": "document",
        "id": signed.id(),
        "kind": signed.document().kind().as_str(),
        "issuer": signed.issuer(),
        "key": signed.key_id(),
        "issued_at": signed.issued_at(),
        "received_at": stored.received_at,
        "payload": signed.document(),
        "bytes": HEXLOWER.encode(signed.bytes()),
    });
    if signed.document().sealed().is_some() {
        let bytes: Vec<String> = disclosures.iter().map(|d| HEXLOWER.encode(d.bytes())).collect();
        put(&mut view, "disclosed", Some(disclosed(disclosures)));
        put(&mut view, "disclosures", Some(bytes));
    }
    put(&mut view, "agent", agent(signed.document()));
    put(&mut view, "log", position.map(|position| position.log));
    put(&mut view, "case", position.and_then(|position| position.case).map(|case| case.code));
    view
}

/// The values of sealed fields that this node may see.
pub(crate) fn disclosed(disclosures: &[Disclosure]) -> serde_json::Map<String, Value> {
    let value = |d: &Disclosure| (d.field().as_str().to_owned(), json!(d.value().reveal()));
    disclosures.iter().map(value).collect()
}

/// This terminal's log, and since when enough witnesses have not stood behind a head of it.
pub(crate) fn log(heads: &Heads, now: UnixMillis) -> Value {
    let mut view = json!({ "entries": heads.size() });
    let last = heads.last_final().map(|last| {
        let age = now.since(last.at);
        json!({
            "entries": last.head.checkpoint().size,
            "at": last.at,
            "age_s": age.as_secs(),
            "witnesses": last.witnesses.keys().collect::<Vec<_>>(),
            "overdue": heads.overdue(now).is_some(),
        })
    });
    put(&mut view, "final", last);
    let refused: Vec<Value> = heads
        .refusing()
        .iter()
        .map(|(party, held)| {
            json!({
                "party": party, "since": held.since, "entries": held.entries,
                "of_this_log": held.of_this_log,
            })
        })
        .collect();
    put(&mut view, "refused_by", Some(refused).filter(|refused| !refused.is_empty()));
    view
}

/// A log that this node watches.
pub(crate) fn watch(watch: &Watch, now: UnixMillis) -> Value {
    let mut view = json!({ "log": watch.terminal, "alarm": watch.alarm });
    put(&mut view, "entries", watch.size);
    put(&mut view, "cosigned_s", watch.cosigned_at.map(|at| now.since(at).as_secs()));
    put(&mut view, "trouble", watch.trouble.as_ref());
    put(&mut view, "file", watch.file.as_ref());
    view
}

/// Which edition all this rests on: its number, its age, and a warning when it is overdue.
pub(crate) fn put_directory(view: &mut Value, directory: &Directory, now: UnixMillis) {
    put(view, "directory", Some(directory.edition().number));
    put(view, "directory_age_s", Some(directory.age_s(now)));
    put(view, "directory_overdue_s", directory.overdue_s(now));
    let overdue = directory.warning(now);
    put(view, "warnings", overdue.map(|overdue| json!([warning(&overdue)])));
}

/// What people are to know though nothing is refused: a stable code, the fact, what to do.
pub(crate) fn warning(warning: &Refusal) -> Value {
    let Refusal { code, detail, .. } = warning;
    json!({ "code": code.as_str(), "detail": detail, "remedy": code.remedy() })
}

/// A directory edition, in force or waiting for its time.
pub(crate) fn directory(directory: &Directory, in_force: bool, now: UnixMillis) -> Value {
    let edition = directory.edition();
    let parties: Vec<Value> = edition
        .parties
        .iter()
        .map(|party| {
            json!({
                "id": party.id, "name": party.name, "addresses": party.addresses,
                "roles": party.roles,
            })
        })
        .collect();
    json!({
        "event": "directory",
        "number": edition.number,
        "id": directory.id(),
        "network": edition.network,
        "valid_from": edition.valid_from,
        "valid_until": edition.valid_until,
        "overdue": directory.is_overdue(now),
        "in_force": in_force,
        "parties": parties,
    })
}

/// Who signed for the issuer, and on which message; nobody where the issuer signed.
pub(crate) fn agent(document: &Document) -> Option<Value> {
    let (agent, source) = document.agent().zip(document.source())?;
    Some(json!({ "party": agent, "message": source.interchange }))
}

fn arrival(d: &Arrival) -> String {
    let said = match (d.discharged_at.is_some(), d.available, d.cleared) {
        (false, ..) => "announced",
        (true, false, _) => "discharged, not reachable yet",
        (true, true, false) => "discharged and reachable, not cleared yet",
        (true, true, true) => "discharged, reachable, terminal light green",
    };
    match d.told.iter().map(PartyId::as_str).collect::<Vec<_>>().join(", ") {
        told if told.is_empty() => said.to_owned(),
        told => format!("{said}; {told} told"),
    }
}

/// What a document says, in a few words; who signed it, where that is not the party that it speaks for.
#[must_use]
pub fn words(document: &Document) -> String {
    let said = said(document);
    match document.agent().zip(document.source()) {
        Some((agent, source)) => {
            format!("{said}; signed by agent {agent} on message {}", source.interchange)
        }
        None => said,
    }
}

fn said(document: &Document) -> String {
    match document {
        Document::ReleaseOrder(d) => {
            let until = minute(d.terms.valid_until);
            let what = format!("releases to {} until {until} (B/L {})", d.terms.release_to, d.bill);
            by_two(what, d.approved_by.as_ref())
        }
        Document::ReleaseChange(d) => {
            let verb = match d.action {
                ReleaseAction::Replace => "replaces",
                ReleaseAction::Block => "blocks",
                ReleaseAction::Unblock => "unblocks",
                ReleaseAction::Revoke => "revokes",
                ReleaseAction::Cancel => "cancels",
            };
            reason(format!("{verb} the release of B/L {}", d.bill), d.reason.as_ref())
        }
        Document::CustomsStatus(d) => {
            format!("customs status of {} is {}", d.consignment, d.status.as_str())
        }
        Document::Hold(d) => format!("{} hold: {}", d.hold_type.as_str(), d.reason),
        Document::HoldLift(d) => reason("lifts the hold".to_owned(), d.reason.as_ref()),
        Document::Arrival(d) => arrival(d),
        Document::Override(d) => overriding(d),
        Document::PassRight(d) => format!("passes the right to {}", d.to),
        Document::ReturnRight(d) => reason("returns the right".to_owned(), d.reason.as_ref()),
        Document::RevokeRight(d) => reason("takes the right back".to_owned(), d.reason.as_ref()),
        Document::DriverCredential(d) => format!("vouches for driver {}", d.name),
        Document::DriverBinding(d) => {
            format!("binds driver {} and truck {}", d.driver.id(), d.plate)
        }
        Document::SlotRequest(d) => format!("asks for a slot {}", window(d.window)),
        Document::Slot(d) => match (d.answer, d.window) {
            (SlotAnswer::Granted, Some(w)) => format!("slot granted, {}", window(w)),
            (SlotAnswer::Moved, Some(w)) => format!("slot moved to {}", window(w)),
            _ => "slot refused".to_owned(),
        },
        Document::PickupPass(d) => format!("pass for truck {}", d.plate),
        Document::Progress(d) => progress(d),
        Document::Question(d) => asks(d),
        Document::Answer(d) => format!("answers: {}", d.text),
        Document::ClockTerms(d) => clocks::terms_words(d),
        Document::ClockEvent(d) => clocks::event_words(d),
        Document::Presentation(_) => "shows a pass".to_owned(),
        Document::GateDecision(d) if d.verdict == Verdict::Admit => {
            on_override("admits the truck", &d.overrides)
        }
        Document::GateDecision(d) => {
            let codes: Vec<&str> = d.reasons.iter().map(|reason| reason.code.as_str()).collect();
            format!("refuses the truck: {}", codes.join(", "))
        }
        Document::InterchangeReceipt(d) => {
            let seals: Vec<&str> = d.seals.iter().map(|seal| seal.as_str()).collect();
            format!("interchange receipt, seals {}", seals.join(" "))
        }
        Document::GateOut(d) => {
            on_override("the container leaves; the right is used", &d.overrides)
        }
        Document::Receipt(d) => format!("receipt for {} documents", d.entries.len()),
        Document::DirectoryEdition(d) => format!("directory edition {}", d.number),
        Document::KeyRotation(d) => format!("vouches with key {} for {}", d.old, new_keys(d)),
    }
}

fn asks(said: &Question) -> String {
    let verb = match said.subject {
        QuestionSubject::Question => "asks",
        QuestionSubject::Complaint => "complains to",
    };
    format!("{verb} {}, answer by {}: {}", said.to, minute(said.answer_by), said.text)
}

fn progress(said: &Progress) -> String {
    let owed: Vec<String> =
        said.needs.iter().map(|need| format!("{} by {}", need.code, need.owed_by)).collect();
    match owed.is_empty() {
        true => "tells hauliers and drivers that every light is green".to_owned(),
        false => format!("tells hauliers and drivers what is red: {}", owed.join(", ")),
    }
}

/// A time to the minute, in UTC.
pub(crate) fn minute(at: UnixMillis) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute}Z"),
        _ => text,
    }
}

/// From when to when; the day once where it is one.
fn window(window: Window) -> String {
    let (from, until) = (minute(window.from), minute(window.until));
    match (from.split_once(' '), until.split_once(' ')) {
        (Some((day, _)), Some((same, until))) if day == same => {
            format!("{}-{until}", from.trim_end_matches('Z'))
        }
        _ => format!("{from} to {until}"),
    }
}

fn overriding(d: &Override) -> String {
    let light = d.light.as_str();
    if d.withdraws() {
        return format!("{} ends the override of the {light} light: {}", d.person, d.reason);
    }
    let codes: Vec<&str> = d.covers.iter().map(|cover| cover.code.as_str()).collect();
    let (codes, until) = (codes.join(", "), d.valid_until.map(minute).unwrap_or_default());
    let who = format!("{} overrides the {light} light ({codes})", d.person);
    by_two(format!("{who} until {until}: {}", d.reason), d.approved_by.as_ref())
}

fn by_two(what: String, two: Option<&TwoPersons>) -> String {
    match two {
        Some(two) => format!("{what} (asked by {}, agreed by {})", two.asked, two.agreed),
        None => what,
    }
}

fn on_override(what: &str, overrides: &[ReliedOverride]) -> String {
    let persons: Vec<&str> = overrides.iter().map(|relied| relied.person.as_str()).collect();
    if persons.is_empty() {
        return what.to_owned();
    }
    format!("{what}, on an override by {}", persons.join(", "))
}

/// The keys that a rotation brings, by id.
fn new_keys(said: &KeyRotation) -> String {
    let named = [("signing", said.signing_key), ("node", said.node_key)];
    let keys =
        named.into_iter().filter_map(|(what, key)| Some(format!("{what} key {}", key?.id())));
    keys.collect::<Vec<_>>().join(" and ")
}

fn reason(what: String, why: Option<&landside_proto::document::Remark>) -> String {
    match why {
        Some(why) => format!("{what}: {why}"),
        None => what,
    }
}

/// Adds a field that is there.
pub(crate) fn put<T: serde::Serialize>(view: &mut Value, name: &str, value: Option<T>) {
    if let (Value::Object(map), Some(value)) = (view, value)
        && let Ok(value) = serde_json::to_value(value)
    {
        map.insert(name.to_owned(), value);
    }
}
