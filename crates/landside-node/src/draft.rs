//! Drafts: what a person or program wants to say, completed with what the node knows.
//!
//! Somebody at a counter knows a container number and what to say about it, not the document it
//! must build on. The draft is the JSON form of the payload with those parts left out; the node
//! fills them in from its view of the case. The registrar still judges the result: a view that is
//! behind gets `head-moved`, never a wrong effect.

use landside_proto::case::{Case, SlotState};
use landside_proto::directory::Actor;
use landside_proto::document::{Document, Kind, Role, Verdict, Visit};
use landside_proto::ids::{CaseCode, ContainerNo, DocId, PartyId};
use landside_proto::refusal::{Code, Refusal};
use landside_proto::sealed::SealedFields;
use serde_json::{Map, Value, json};

use crate::clocks;
use crate::control::Failure;
use crate::ledger::{self, LoadedCase, Read};
use crate::node::{Inner, clock};
use crate::overriding;
use crate::readers;
use crate::sealing;
use crate::store::StoreError;
use crate::writer::Statement;

/// A draft cannot be completed: the request is wrong, nothing was signed.
pub(crate) enum DraftError {
    /// What is wrong and what to do.
    Wrong(Failure),
    /// The case has nothing yet for the document to build on.
    Refused(Refusal),
    /// The store cannot be read.
    Store(StoreError),
}

impl From<StoreError> for DraftError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(crate) fn wrong(code: &str, text: impl Into<String>, remedy: impl Into<String>) -> DraftError {
    let (text, remedy) = (text.into(), Some(remedy.into()));
    DraftError::Wrong(Failure { code: code.to_owned(), text, remedy })
}

/// Completes a draft.
pub(crate) fn complete(
    node: &Inner,
    kind: Kind,
    mut fields: Map<String, Value>,
) -> Result<Statement, DraftError> {
    if matches!(
        kind,
        Kind::Slot
            | Kind::PickupPass
            | Kind::Progress
            | Kind::Presentation
            | Kind::GateDecision
            | Kind::Receipt
            | Kind::DirectoryEdition
            | Kind::KeyRotation
    ) {
        let text = format!("a {} is made by the node itself", kind.as_str());
        return Err(wrong("kind-not-issued", text, "see landside issue --help for the kinds"));
    }
    if fields.contains_key("approved_by") {
        let text = "approved_by is said by the second person's approval alone";
        return Err(wrong("bad-field", text, "leave it out; see landside approve --help"));
    }
    if kind != Kind::DriverCredential {
        let (visit, case) = visit_and_case(node, &mut fields)?;
        let visit = json!({ "terminal": visit.terminal, "container": visit.container });
        fields.insert("visit".to_owned(), visit);
        if let Some(loaded) = &case {
            fill(node, kind, &loaded.case, &mut fields)?;
        }
        if kind == Kind::Arrival {
            let case = case.as_ref().map(|loaded| &loaded.case);
            let told = readers::offices_to_tell(node, case);
            set(&mut fields, "told", Some(told).filter(|told| !told.is_empty()));
        }
        nothing_to_build_on(node, kind, case.as_ref().map(|loaded| &loaded.case), &fields)
            .map_or(Ok(()), |refusal| Err(DraftError::Refused(refusal)))?;
    }
    let values = if sealing::seals(kind) { sealing::take_from(&mut fields)? } else { Vec::new() };
    let disclosures = sealing::seal(values)
        .map_err(|error| wrong("no-randomness", error.to_string(), "look at the machine's log"))?;
    set(&mut fields, "sealed", SealedFields::of(kind, &disclosures));
    let document = Document::deserialize(kind, Value::Object(fields)).map_err(|error| {
        let text = format!("{}: {error}", kind.as_str());
        let verb = if kind == Kind::Override { "override" } else { "issue" };
        let of = if kind == Kind::Override { String::new() } else { format!(" {}", kind.as_str()) };
        wrong("bad-field", text, format!("see landside {verb}{of} --help"))
    })?;
    Ok(Statement { document, disclosures })
}

/// Why a document has nothing to build on yet: said here, since the registrar could only say that a
/// field is missing.
fn nothing_to_build_on(
    node: &Inner,
    kind: Kind,
    case: Option<&Case>,
    fields: &Map<String, Value>,
) -> Option<Refusal> {
    let lacks = |field: &str| !fields.contains_key(field);
    let lacking = match kind {
        Kind::ReleaseChange
        | Kind::PassRight
        | Kind::ReturnRight
        | Kind::InterchangeReceipt
        | Kind::GateOut => lacks("builds_on"),
        Kind::RevokeRight => lacks("revokes"),
        Kind::DriverBinding | Kind::SlotRequest => lacks("right"),
        Kind::Override => case.is_none(),
        _ => false,
    };
    if !lacking {
        return None;
    }
    let Some(case) = case else {
        return Some(Refusal::new(Code::CaseUnknown, "no case of this container is known here"));
    };
    let admitted = matches!(case.decision, Some((_, Verdict::Admit)));
    let (code, detail) = match kind {
        Kind::ReleaseChange => (Code::ParentUnknown, "this bill is not released here"),
        Kind::RevokeRight => (Code::NotUpstream, "nobody holds the right after this party"),
        Kind::InterchangeReceipt if node.me.party().is_some() => {
            (Code::NotAdmitted, "the truck has not been judged at the gate")
        }
        Kind::InterchangeReceipt => {
            (Code::ReceiptMissing, "the terminal has signed no receipt yet")
        }
        Kind::GateOut if !admitted => {
            (Code::NotAdmitted, "no admission stands; judge the truck first")
        }
        Kind::GateOut => (Code::ReceiptMissing, "the terminal has signed no interchange receipt"),
        _ => (Code::NotHolder, "the container is not released here yet"),
    };
    Some(Refusal::new(code, detail))
}

/// The case that people mean by a case code or container number: the open one, else the newest.
pub(crate) fn find_case(node: &Inner, subject: &str) -> Result<LoadedCase, DraftError> {
    let store = node.store.as_ref();
    let codes = match CaseCode::normalise(subject) {
        Ok(code) => vec![code],
        Err(_) => {
            let container = container(subject)?;
            ledger::cases_of_container(store, container)?
        }
    };
    let mut found: Option<LoadedCase> = None;
    for code in codes {
        if let Some(loaded) = ledger::load_case(store, code)?
            && found.as_ref().is_none_or(|f| f.case.is_closed())
        {
            found = Some(loaded);
        }
    }
    found.ok_or_else(|| {
        let text = format!("no case of {subject} is known here");
        wrong("case-unknown", text, "check the number; landside cases lists what is known")
    })
}

/// A container number as people type it.
pub(crate) fn container(typed: &str) -> Result<ContainerNo, DraftError> {
    ContainerNo::normalise(typed).map_err(|error| {
        wrong(error.code(), error.to_string(), "type it as painted on the box, or a case code")
    })
}

/// Terminal and container of a draft, and the case they name here, if one is open.
fn visit_and_case(
    node: &Inner,
    fields: &mut Map<String, Value>,
) -> Result<(Visit, Option<LoadedCase>), DraftError> {
    let mut text = |name: &str| match fields.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let (case, container_text, terminal) = (text("case"), text("container"), text("terminal"));
    if let Some(Value::Object(visit)) = fields.remove("visit") {
        let visit: Visit = serde_json::from_value(Value::Object(visit)).map_err(|e| {
            wrong("bad-field", format!("visit: {e}"), "give terminal and container")
        })?;
        let case = open_case(node, &visit)?;
        return Ok((visit, case));
    }
    let subject = case
        .or(container_text)
        .ok_or_else(|| wrong("bad-field", "no container is named", "give --container or --case"))?;
    if CaseCode::normalise(&subject).is_ok() {
        let loaded = find_case(node, &subject)?;
        return Ok((loaded.case.visit.clone(), Some(loaded)));
    }
    if terminal.is_none()
        && let Ok(loaded) = find_case(node, &subject)
        && !loaded.case.is_closed()
    {
        return Ok((loaded.case.visit.clone(), Some(loaded)));
    }
    let container = container(&subject)?;
    let terminal = match terminal {
        Some(id) => PartyId::parse(&id)
            .map_err(|e| wrong(e.code(), e.to_string(), "give the terminal's party id"))?,
        None => only_terminal(node)?,
    };
    let visit = Visit { terminal, container };
    let case = open_case(node, &visit)?;
    Ok((visit, case))
}

fn open_case(node: &Inner, visit: &Visit) -> Result<Option<LoadedCase>, StoreError> {
    let store = node.store.as_ref();
    let Some(code) = Read::newest_case(store, visit)? else { return Ok(None) };
    // A closed case is shown too: a late document is answered with the gate-out.
    ledger::load_case(store, code)
}

/// This node's own terminal, or the only one of the directory.
pub(crate) fn only_terminal(node: &Inner) -> Result<PartyId, DraftError> {
    let authorities = node.authorities.borrow();
    if authorities.roles(&node.me).contains(&Role::Terminal)
        && let Actor::Party(party) = &node.me
    {
        return Ok(party.clone());
    }
    let mut terminals = authorities.directory.with_role(Role::Terminal);
    match (terminals.next(), terminals.next()) {
        (Some(only), None) => Ok(only.id.clone()),
        _ => Err(wrong(
            "terminal-missing",
            "the directory lists more than one terminal, or none",
            "name the terminal with --terminal",
        )),
    }
}

/// Fills in what the case tells.
fn fill(
    node: &Inner,
    kind: Kind,
    case: &Case,
    fields: &mut Map<String, Value>,
) -> Result<(), DraftError> {
    let right = case.right.as_ref().map(|right| right.head);
    match kind {
        Kind::ReleaseChange => {
            let mut standing = case.releases.iter().filter(|(_, r)| r.stands());
            if let (Some((bill, _)), None) = (standing.next(), standing.next()) {
                set(fields, "bill", Some(bill));
            }
            let bill = fields.get("bill").and_then(Value::as_str).unwrap_or_default();
            let release = case.releases.iter().find(|(b, _)| b.as_str() == bill);
            let head = release.map(|(_, release)| release.head);
            set(fields, "builds_on", head);
        }
        Kind::CustomsStatus => {
            if case.releases.len() == 1 {
                set(fields, "consignment", case.releases.keys().next());
            }
            let bill = fields.get("consignment").and_then(Value::as_str).unwrap_or_default();
            let fact = case.customs.iter().find(|(b, _)| b.as_str() == bill);
            let head = fact.map(|(_, fact)| fact.head);
            set(fields, "builds_on", head);
        }
        Kind::HoldLift => {
            let mine = case.holds.iter().filter(|(_, hold)| node.me.party() == Some(&hold.placer));
            let mut of_all: Vec<_> = mine.map(|(id, _)| *id).collect();
            if of_all.is_empty() {
                of_all = case.holds.keys().copied().collect();
            }
            if let [only] = of_all[..] {
                set(fields, "builds_on", Some(only));
            }
        }
        Kind::Arrival => set(fields, "builds_on", case.arrival.as_ref().map(|(id, _)| *id)),
        Kind::PassRight | Kind::ReturnRight => set(fields, "builds_on", right),
        Kind::RevokeRight => set(fields, "revokes", hop_after(case, &node.me)),
        Kind::DriverBinding => {
            set(fields, "right", right);
            set(fields, "builds_on", case.binding.as_ref().map(|binding| binding.document));
        }
        Kind::SlotRequest => {
            set(fields, "right", right);
            set(fields, "builds_on", case.slot_head());
        }
        Kind::InterchangeReceipt => fill_receipt(node, case, fields)?,
        Kind::Override => overriding::fill(node, case, fields)?,
        Kind::Question => {
            set(fields, "answer_by", node.promised.answer_by(clock()));
            let gate_out = case.gate_out.map(|(id, _)| id);
            set(fields, "about", gate_out);
        }
        Kind::Answer => {
            let open = case.open_questions().into_iter();
            let mut mine = open.filter(|(_, asked)| node.me.party() == Some(&asked.to));
            if let (Some((only, _)), None) = (mine.next(), mine.next()) {
                set(fields, "builds_on", Some(only));
            }
        }
        Kind::ClockTerms | Kind::ClockEvent => clocks::fill(node, kind, case, fields, clock()),
        Kind::GateOut => {
            let relied = case.overrides_at_gate_out(clock());
            set(fields, "overrides", Some(relied).filter(|relied| !relied.is_empty()));
            set(fields, "builds_on", case.receipt);
            set(fields, "pass", case.pass.as_ref().map(|pass| pass.document));
            set(fields, "left_at", Some(clock()));
        }
        _ => {}
    }
    if case.is_closed() {
        fill_closed(kind, case, fields);
    }
    Ok(())
}

/// The terminal's receipt builds on the decision; the driver's repeats the terminal's.
fn fill_receipt(
    node: &Inner,
    case: &Case,
    fields: &mut Map<String, Value>,
) -> Result<(), DraftError> {
    if node.me.party().is_some() {
        set(fields, "builds_on", case.decision.map(|(id, _)| id));
        return Ok(());
    }
    let Some(receipt) = case.receipt else { return Ok(()) };
    set(fields, "builds_on", Some(receipt));
    let store = node.store.as_ref();
    let Some(row) = Read::id_row(store, receipt)? else { return Ok(()) };
    if let Document::InterchangeReceipt(said) = Read::document(store, row.number)?.signed.document()
    {
        set(fields, "seals", Some(&said.seals));
        set(fields, "condition", Some(said.condition));
        set(fields, "damage", Some(&said.damage));
        set(fields, "photos", Some(&said.photos));
    }
    Ok(())
}

/// A late document must name something of the closed case to be answered with its gate-out.
fn fill_closed(kind: Kind, case: &Case, fields: &mut Map<String, Value>) {
    let Some((gate_out, _)) = case.gate_out else { return };
    match kind {
        Kind::RevokeRight => set(fields, "revokes", Some(gate_out)),
        Kind::DriverBinding | Kind::SlotRequest => set(fields, "right", Some(gate_out)),
        Kind::GateOut => {
            set(fields, "builds_on", Some(gate_out));
            set(fields, "pass", Some(gate_out));
        }
        Kind::ReleaseOrder
        | Kind::Hold
        | Kind::DriverCredential
        | Kind::Question
        | Kind::Answer
        | Kind::ClockTerms
        | Kind::ClockEvent => {}
        _ => set(fields, "builds_on", Some(gate_out)),
    }
}

/// The hop after this party's own, which is what it revokes; for the line, the first after the release.
fn hop_after(case: &Case, me: &Actor) -> Option<DocId> {
    let hops = &case.right.as_ref()?.hops;
    let own = hops.iter().position(|hop| me.party() == Some(&hop.holder)).unwrap_or(0);
    hops.get(own + 1).map(|hop| hop.document)
}

/// Sets a field that the draft leaves out.
pub(crate) fn set<T: serde::Serialize>(
    fields: &mut Map<String, Value>,
    name: &str,
    value: Option<T>,
) {
    if let Some(value) = value
        && !fields.contains_key(name)
        && let Ok(value) = serde_json::to_value(value)
    {
        fields.insert(name.to_owned(), value);
    }
}

/// Whether a slot was granted, for views.
pub(crate) fn slot_state(slot: &SlotState) -> &'static str {
    match slot {
        SlotState::None => "none",
        SlotState::Asked { .. } => "asked",
        SlotState::Granted(_) => "granted",
        SlotState::Refused { .. } => "refused",
    }
}
