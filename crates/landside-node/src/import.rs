//! EDIFACT in: from a file's bytes to signed documents, with the raw bytes kept beside.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use landside_edifact::coreor::{self, Function, ReleaseInstruction};
use landside_edifact::profile::Profile;
use landside_edifact::syntax::{self, Note};
use landside_proto::case::Release;
use landside_proto::document::{
    Document, EmptyReturn, Haulage, Kind, ReleaseAction, ReleaseChange, ReleaseOrder, ReleaseTerms,
    Remark, Source, Vessel, Visit,
};
use landside_proto::ids::{BillNo, Hash32, PartyId, Reference, UnixMillis};
use landside_proto::refusal::Refusal;
use landside_proto::sealed::{Disclosure, SealedField, SealedFields, SealedValue};
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use crate::approval;
use crate::draft;
use crate::home::read_bounded;
use crate::ledger::{self, Read};
use crate::node::{Node, clock};
use crate::people::By;
use crate::sealing;
use crate::service::{self, End, Out};
use crate::store::StoreError;
use crate::view;
use crate::writer::{Command, Said, Statement};

/// Days an order lives that says no last pick-up; the note says so.
const DAYS_UNSAID: u64 = 30;

/// Documents handed to the writer before the first answer is awaited: they share its groups.
const AHEAD: usize = 128;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is to be read.
pub enum Given {
    /// A file of this machine.
    File(String),
    /// Its bytes.
    Bytes(Vec<u8>),
}

/// What to read and how to name the parties in it.
pub struct ImportOrder {
    /// The EDIFACT file.
    pub given: Given,
    /// A profile file of this machine; else the default profile.
    pub profile: Option<String>,
    /// Code in the message → party of the directory.
    pub parties: Map<String, Value>,
    /// Party for a release-to party that no code names.
    pub release_to: Option<String>,
    /// Terminal for containers whose terminal no code names.
    pub terminal: Option<String>,
    /// Date orders whose time has passed anew, this many days from now.
    pub renew_days: Option<u32>,
    /// Who asks, where two persons are asked for.
    pub person: Option<Remark>,
    /// Show what would be signed, and sign nothing.
    pub preview: bool,
}

/// Counts of one import.
#[derive(Default)]
struct Tally {
    documents: u64,
    pending: u64,
    refused: u64,
    skipped: u64,
    exit: u8,
}

/// Reads a file, signs what it says, and shows what became of each container.
pub(crate) async fn run(
    node: &Node,
    out: &mut Out,
    order: &ImportOrder,
    by: Option<&By>,
    patience: Duration,
) -> Result<u8, End> {
    let file = match &order.given {
        Given::File(path) => read_file(path)?,
        Given::Bytes(bytes) => bytes.clone(),
    };
    let profile = match &order.profile {
        None => Profile::standard(),
        Some(path) => {
            let text = String::from_utf8_lossy(&read_file(path)?).into_owned();
            Profile::parse(&text)
                .map_err(|e| End::wrong("profile", e.to_string(), "correct the profile file"))?
        }
    };
    let names = Names::new(node, order)?;
    let interchanges = syntax::read(&file, &profile.syntax).map_err(fault)?;
    let mut tally = Tally::default();
    for interchange in &interchanges {
        let reading = coreor::read(interchange, &profile).map_err(fault)?;
        for note in interchange.notes.iter().chain(&reading.notes) {
            out.line(&note_line(note, None)).await?;
        }
        if reading.test {
            let text = "the interchange is marked as a test; nothing was signed";
            out.line(&json!({ "event": "note", "code": "test-interchange", "text": text })).await?;
            tally.skipped += u64::try_from(reading.instructions.len()).unwrap_or(u64::MAX);
            continue;
        }
        let hash = match order.preview {
            true => Hash32::of(interchange.raw),
            false => node.keep_raw(interchange.raw).await?,
        };
        for part in reading.instructions.chunks(AHEAD) {
            import_part(node, out, (order, by), &names, part, hash, patience, &mut tally).await?;
        }
    }
    out.line(&json!({
        "event": "imported",
        "documents": tally.documents,
        "pending": tally.pending,
        "refused": tally.refused,
        "skipped": tally.skipped,
    }))
    .await?;
    // A message that led to nothing was refused, whatever the reason.
    let nothing = tally.documents == 0 && tally.skipped > 0;
    Ok(if nothing { 1 } else { tally.exit })
}

/// Signs a part of the instructions at once, then shows each answer.
#[expect(clippy::too_many_arguments, reason = "one caller; the run's whole context")]
async fn import_part(
    node: &Node,
    out: &mut Out,
    (order, by): (&ImportOrder, Option<&By>),
    names: &Names,
    part: &[ReleaseInstruction],
    hash: Hash32,
    patience: Duration,
    tally: &mut Tally,
) -> Result<(), End> {
    let mut waiting = Vec::new();
    for instruction in part {
        for note in &instruction.notes {
            out.line(&note_line(note, Some(instruction))).await?;
        }
        let mapper = Mapper { node, names, instruction, renew_days: order.renew_days, hash };
        match mapper.documents()? {
            Err(skip) => {
                tally.skipped += 1;
                out.line(&skip.line(instruction)).await?;
            }
            Ok((documents, notes)) => {
                for note in notes {
                    out.line(&note.line(instruction)).await?;
                }
                for statement in documents {
                    if order.preview {
                        tally.documents += 1;
                        out.line(&preview_line(&statement)).await?;
                        continue;
                    }
                    let kind = statement.document.kind();
                    let answer = start(node, statement, order.person.clone(), by).await?;
                    waiting.push((kind, instruction, answer));
                }
            }
        }
    }
    for (kind, instruction, answer) in waiting {
        tally.documents += 1;
        let container = instruction.container.as_ref().ok().map(ToString::to_string);
        let exit = match answer.await {
            Ok(Ok(Said::Issued(issued))) => {
                service::answered(node, out, kind, container, &issued, patience).await?
            }
            Ok(Ok(Said::Proposed(proposed))) => {
                tally.pending += 1;
                approval::proposed(out, &proposed).await?
            }
            Ok(Err(refusal)) => {
                out.line(&refused_line(kind.as_str(), container, &refusal)).await?;
                1
            }
            Err(_) => {
                return Err(End::wrong("node-stopped", "the node is stopping", "import again"));
            }
        };
        tally.refused += u64::from(exit == 1);
        tally.exit = worst(tally.exit, exit);
    }
    Ok(())
}

/// Refused outweighs queued, queued outweighs done.
fn worst(one: u8, other: u8) -> u8 {
    if one == 1 || other == 1 { 1 } else { one.max(other) }
}

async fn start(
    node: &Node,
    statement: Statement,
    person: Option<Remark>,
    by: Option<&By>,
) -> Result<oneshot::Receiver<Result<Said, Refusal>>, End> {
    let (reply, answer) = oneshot::channel();
    let statement = Box::new(statement);
    let command = Command::Issue { statement, to: Vec::new(), person, by: by.cloned(), reply };
    match node.inner.commands.send(command).await {
        Ok(()) => Ok(answer),
        Err(_) => Err(End::wrong("node-stopped", "the node is stopping", "import again")),
    }
}

/// What would be signed.
fn preview_line(statement: &Statement) -> Value {
    let document = &statement.document;
    let mut line = json!({
        "event": "preview", "kind": document.kind().as_str(), "words": view::words(document),
        "payload": document,
    });
    view::put(&mut line, "container", document.visit().map(|visit| visit.container));
    let disclosed = view::disclosed(&statement.disclosures);
    view::put(&mut line, "disclosed", Some(disclosed).filter(|some| !some.is_empty()));
    line
}

fn read_file(path: &str) -> Result<Vec<u8>, End> {
    read_bounded(Path::new(path), syntax::FILE_MAX).map_err(|error| {
        End::wrong("file-unreadable", format!("{path}: {error}"), "give a file this node can read")
    })
}

fn fault(fault: syntax::Fault) -> End {
    let remedy = Some(fault.remedy().to_owned());
    let code = fault.code.as_str().to_owned();
    let place = fault.place;
    let text = format!("{} (segment {}, byte {})", fault.text, place.segment, place.offset);
    let failure = crate::control::Failure { code, text, remedy };
    End::Failed(1, failure)
}

fn note_line(note: &Note, of: Option<&ReleaseInstruction>) -> Value {
    let mut line = json!({
        "event": "note", "code": note.code.as_str(), "text": note.text,
        "segment": note.place.segment, "offset": note.place.offset,
    });
    let container = of.and_then(|i| i.container.as_ref().ok());
    view::put(&mut line, "container", container);
    line
}

fn refused_line(kind: &str, container: Option<String>, refusal: &Refusal) -> Value {
    let mut refused = json!({
        "code": refusal.code.as_str(), "detail": refusal.detail, "remedy": refusal.code.remedy(),
    });
    view::put(&mut refused, "names", refusal.names);
    let mut line =
        json!({ "event": "issued", "kind": kind, "outcome": "refused", "refused": refused });
    view::put(&mut line, "container", container);
    line
}

/// Something a clerk should know about one instruction.
struct Remarked {
    code: &'static str,
    text: String,
}

impl Remarked {
    fn line(&self, of: &ReleaseInstruction) -> Value {
        let mut line = json!({ "event": "note", "code": self.code, "text": self.text });
        view::put(&mut line, "container", of.container.as_ref().ok());
        line
    }
}

/// How codes in messages become parties of the directory.
struct Names {
    by_code: BTreeMap<String, PartyId>,
    release_to: Option<PartyId>,
    terminal: Option<PartyId>,
}

impl Names {
    fn new(node: &Node, order: &ImportOrder) -> Result<Self, End> {
        let party = |text: &str| {
            PartyId::parse(text)
                .map_err(|e| End::wrong(e.code(), e.to_string(), "give party ids of the directory"))
        };
        let mut by_code = BTreeMap::new();
        for (code, id) in &order.parties {
            by_code.insert(code.to_ascii_lowercase(), party(id.as_str().unwrap_or_default())?);
        }
        let terminal = match &order.terminal {
            Some(text) => Some(party(text)?),
            None => draft::only_terminal(&node.inner).ok(),
        };
        let release_to = order.release_to.as_deref().map(party).transpose()?;
        Ok(Self { by_code, release_to, terminal })
    }

    /// The party of a code: by the map, else the party whose id is the code.
    fn of(&self, node: &Node, code: &str) -> Option<PartyId> {
        let code = code.to_ascii_lowercase();
        if let Some(id) = self.by_code.get(&code) {
            return Some(id.clone());
        }
        let id = PartyId::parse(&code).ok()?;
        node.inner.authorities.borrow().directory.party(&id).map(|_| id)
    }
}

/// Makes documents of one instruction.
struct Mapper<'a> {
    node: &'a Node,
    names: &'a Names,
    instruction: &'a ReleaseInstruction,
    renew_days: Option<u32>,
    hash: Hash32,
}

type Mapped = Result<(Vec<Statement>, Vec<Remarked>), Remarked>;

impl Mapper<'_> {
    fn documents(&self) -> Result<Mapped, StoreError> {
        let instruction = self.instruction;
        if let Some(text) = instruction.obstacle() {
            return Ok(Err(Remarked { code: "not-releasable", text }));
        }
        let Ok(container) = instruction.container else {
            return Ok(Err(Remarked { code: "not-releasable", text: "no container".to_owned() }));
        };
        let Some(terminal) = self.terminal() else {
            let text = format!(
                "terminal {} is not in the directory; map it with --map CODE=PARTY or --terminal",
                instruction.terminal.as_deref().unwrap_or("(none named)")
            );
            return Ok(Err(Remarked { code: "terminal-unknown", text }));
        };
        let visit = Visit { terminal, container };
        let (bills, mut notes) = self.bills();
        let Some(bills) = bills else {
            let text = "no bill of lading, release or document number".to_owned();
            return Ok(Err(Remarked { code: "bill-missing", text }));
        };
        let mut documents = Vec::new();
        for bill in bills {
            let standing = self.standing(&visit, &bill)?;
            match self.document(&visit, bill, standing, &mut notes) {
                Ok(document) => documents.push(document),
                Err(skip) => return Ok(Err(skip)),
            }
        }
        Ok(Ok((documents, notes)))
    }

    /// The document for one bill: by function, and by whether this line's release stands.
    fn document(
        &self,
        visit: &Visit,
        bill: BillNo,
        standing: Option<Release>,
        notes: &mut Vec<Remarked>,
    ) -> Result<Statement, Remarked> {
        let skip = |code, text: &str| Err(Remarked { code, text: text.to_owned() });
        match (&self.instruction.function, standing) {
            (Function::Original | Function::Addition, _)
            | (Function::Replace | Function::Change, None) => {
                let terms = self.terms(notes)?;
                let disclosures = self.sealed(notes)?;
                let sealed = SealedFields::of(Kind::ReleaseOrder, &disclosures);
                let order = ReleaseOrder { sealed, ..self.order(visit.clone(), bill, terms) };
                Ok(Statement { document: order.into(), disclosures })
            }
            (Function::Replace | Function::Change, Some(release)) => {
                let terms = Some(self.terms(notes)?);
                let disclosures = self.sealed(notes)?;
                let sealed = SealedFields::of(Kind::ReleaseChange, &disclosures);
                let change = self.change(visit, bill, &release, ReleaseAction::Replace, terms);
                let document = ReleaseChange { sealed, ..change }.into();
                Ok(Statement { document, disclosures })
            }
            (Function::Cancellation | Function::Deletion, Some(release)) => {
                let change = self.change(visit, bill, &release, ReleaseAction::Cancel, None);
                Ok(Document::from(change).into())
            }
            (Function::Cancellation | Function::Deletion, None) => {
                skip("nothing-to-cancel", "the message cancels a release that does not stand here")
            }
            (Function::Copy, _) => skip("copy", "the message is a copy, for information"),
            (Function::Other(_), _) => {
                skip("function-unknown", "the message has a function (BGM 1225) nobody knows")
            }
        }
    }

    fn order(&self, visit: Visit, bill: BillNo, terms: ReleaseTerms) -> ReleaseOrder {
        let vessel = Vessel {
            name: self.instruction.vessel.name.as_deref().and_then(|n| Remark::parse(n).ok()),
            imo: self.instruction.vessel.imo,
            voyage: self.instruction.voyage.as_deref().and_then(|v| Reference::parse(v).ok()),
        };
        let some = vessel.name.is_some() || vessel.imo.is_some() || vessel.voyage.is_some();
        ReleaseOrder {
            visit,
            bill,
            terms,
            size_type: self.instruction.size_type,
            vessel: some.then_some(vessel),
            source: Some(self.source()),
            sealed: None,
            approved_by: None,
        }
    }

    /// What the message says of the goods and their people, sealed. Text is made to fit as other
    /// text is; a number that does not fit its field is left out, and said.
    fn sealed(&self, notes: &mut Vec<Remarked>) -> Result<Vec<Disclosure>, Remarked> {
        let said = &self.instruction.confidential;
        let fitted = |text: &Option<String>| {
            text.as_deref().map(|text| Remark::fitted(text.trim(), "unreadable").to_string())
        };
        let texts = [
            (SealedField::Consignee, fitted(&said.consignee)),
            (SealedField::Cargo, fitted(&said.cargo)),
            (SealedField::Value, said.value.clone()),
            (SealedField::ReleaseToIdentity, said.identity.as_ref().map(ToString::to_string)),
        ];
        let mut values = Vec::new();
        for (field, text) in texts.into_iter().filter_map(|(field, text)| Some((field, text?))) {
            match SealedValue::parse(field, &text) {
                Ok(value) => values.push(value),
                Err(error) => {
                    notes.push(Remarked { code: "not-sealed", text: error.to_string() });
                }
            }
        }
        sealing::seal(values)
            .map_err(|error| Remarked { code: "no-randomness", text: error.to_string() })
    }

    fn change(
        &self,
        visit: &Visit,
        bill: BillNo,
        release: &Release,
        action: ReleaseAction,
        terms: Option<ReleaseTerms>,
    ) -> ReleaseChange {
        ReleaseChange {
            visit: visit.clone(),
            bill,
            builds_on: release.head,
            action,
            terms,
            reason: None,
            source: Some(self.source()),
            sealed: None,
        }
    }

    /// The reader counts from 1, documents from 0.
    fn source(&self) -> Source {
        let source = &self.instruction.source;
        Source {
            interchange: self.hash,
            message: source.position.saturating_sub(1),
            equipment: source.equipment.saturating_sub(1),
        }
    }

    fn terms(&self, notes: &mut Vec<Remarked>) -> Result<ReleaseTerms, Remarked> {
        let instruction = self.instruction;
        let Some(release_to) = self.release_to() else {
            let named = instruction.release_to.as_ref();
            let code = named.map_or("(none named)", |party| party.code.as_str());
            let text = format!(
                "release-to party {code} is not in the directory; map it with --map CODE=PARTY or --release-to"
            );
            return Err(Remarked { code: "release-to-unknown", text });
        };
        let (valid_from, valid_until) = self.validity(notes)?;
        let empty_return = instruction.empty_return.as_ref().and_then(|place| {
            let depot = Reference::parse(place.depot.as_deref()?).ok()?;
            Some(EmptyReturn { depot, reference: place.reference.clone() })
        });
        Ok(ReleaseTerms {
            release_to,
            valid_from,
            valid_until,
            haulage: Haulage::Merchant,
            reference: instruction.number.clone(),
            empty_return,
        })
    }

    fn validity(
        &self,
        notes: &mut Vec<Remarked>,
    ) -> Result<(Option<UnixMillis>, UnixMillis), Remarked> {
        let bad = |e: &coreor::TimeError| Remarked { code: "time", text: e.to_string() };
        let from = *self.instruction.valid_from.as_ref().map_err(bad)?;
        let until = *self.instruction.valid_until.as_ref().map_err(bad)?;
        let now = clock();
        match (until, self.renew_days) {
            (Some(until), Some(days)) if until <= now => {
                let anew = now.plus(DAY * days);
                let text = format!("the order ended at {until}; dated anew until {anew}");
                notes.push(Remarked { code: "dated-anew", text });
                Ok((from.filter(|from| *from <= now), anew))
            }
            (Some(until), Some(_)) => Ok((from.filter(|from| *from <= now), until)),
            (Some(until), None) => Ok((from, until)),
            (None, _) => {
                let begin = from.map_or(now, |from| from.max(now));
                let until = begin.plus(DAY * u32::try_from(DAYS_UNSAID).unwrap_or(u32::MAX));
                let text = format!("no last pick-up is named; set to {DAYS_UNSAID} days, {until}");
                notes.push(Remarked { code: "no-expiry", text });
                Ok((from, until))
            }
        }
    }

    fn terminal(&self) -> Option<PartyId> {
        let named = self.instruction.terminal.as_deref();
        named
            .and_then(|code| self.names.of(self.node, code))
            .or_else(|| self.names.terminal.clone())
    }

    fn release_to(&self) -> Option<PartyId> {
        let named = self.instruction.release_to.as_ref();
        named
            .and_then(|party| self.names.of(self.node, &party.code))
            .or_else(|| self.names.release_to.clone())
    }

    /// The bills; a message that names none is known by its release or document number.
    fn bills(&self) -> (Option<Vec<BillNo>>, Vec<Remarked>) {
        if !self.instruction.bills.is_empty() {
            return (Some(self.instruction.bills.clone()), Vec::new());
        }
        let number = self.instruction.number.as_ref().or(self.instruction.document_number.as_ref());
        match number.and_then(|number| BillNo::parse(number.as_str()).ok()) {
            Some(bill) => {
                let text = format!("no bill of lading; the release is known by {bill}");
                (Some(vec![bill]), vec![Remarked { code: "no-bill", text }])
            }
            None => (None, Vec::new()),
        }
    }

    /// The release of a bill that stands here, if one does.
    fn standing(&self, visit: &Visit, bill: &BillNo) -> Result<Option<Release>, StoreError> {
        let store = self.node.inner.store.as_ref();
        let Some(code) = Read::case_of_bill(store, visit, bill)? else { return Ok(None) };
        let loaded = ledger::load_case(store, code)?.filter(|loaded| !loaded.case.is_closed());
        Ok(loaded.and_then(|loaded| {
            loaded.case.releases.get(bill).filter(|release| release.stands()).cloned()
        }))
    }
}
