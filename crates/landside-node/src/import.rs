//! EDIFACT in: one door from a file's bytes to signed documents, with the raw bytes kept beside.
//!
//! What a message means is not decided here: `check` says it to a person before, and the same says it
//! to this door. A file is surveyed to its end before any of it is signed. What was signed of each
//! container is marked in the commit that signs it, so that the same bytes, whichever way and however
//! often they come, make each document once.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use landside_edifact::check::{self, Said as Read, Signing};
use landside_edifact::profile::Profile;
use landside_edifact::syntax::{self, Code, Fault, Place};
use landside_proto::document::{Kind, Remark};
use landside_proto::ids::{ContainerNo, Hash32, PartyId};
use landside_proto::refusal::Refusal;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use crate::agents::Agent;
use crate::approval;
use crate::home::read_bounded;
use crate::node::Node;
use crate::people::By;
use crate::service::{self, End, Out};
use crate::view;
use crate::writer::{Command, Imported, Said, Statement};

pub(crate) mod marks;
mod names;
mod others;
mod reading;
mod release;

use self::marks::Before;
use self::names::Names;
use self::others::Maker;
pub(crate) use self::reading::Head;
use self::reading::Item;

/// Documents handed to the writer before the first answer is awaited: they share its groups.
const AHEAD: usize = 128;

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
    /// The line that this terminal signs for, as its agent; else it signs for itself.
    pub agent_for: Option<String>,
    /// Show what would be signed, and sign nothing.
    pub preview: bool,
}

/// What became of a file, or of one interchange of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Signed, now or before, or put up for a second person.
    pub(crate) documents: u64,
    /// Of these, waiting for a second person.
    pub(crate) pending: u64,
    /// Of these, refused.
    pub(crate) refused: u64,
    /// Of these, signed by an earlier import.
    pub(crate) before: u64,
    /// What nothing could be made of.
    pub(crate) skipped: u64,
    exit: u8,
}

impl Tally {
    /// Whether everything was made that the messages ask for.
    pub(crate) fn is_complete(&self) -> bool {
        self.refused == 0 && self.skipped == 0
    }
}

/// Something of a message that nothing was made of.
pub(crate) struct Problem {
    /// The message, from 1.
    pub(crate) message: u32,
    /// The container it is about.
    pub(crate) container: Option<ContainerNo>,
    /// The stable code of the reason.
    pub(crate) code: String,
    /// Why.
    pub(crate) text: String,
}

/// Who hears of interchanges as they begin and end.
pub(crate) trait Watch {
    /// Whether an interchange is to be acted on; says why not otherwise.
    async fn begins(&mut self, out: &mut Out, head: &Head) -> Result<bool, End>;

    /// An interchange was acted on, to its end.
    async fn ended(&mut self, head: &Head, tally: Tally, problems: &[Problem]) -> Result<(), End>;
}

/// Nobody.
struct NoWatch;

impl Watch for NoWatch {
    async fn begins(&mut self, _: &mut Out, _: &Head) -> Result<bool, End> {
        Ok(true)
    }

    async fn ended(&mut self, _: &Head, _: Tally, _: &[Problem]) -> Result<(), End> {
        Ok(())
    }
}

/// Most problems of an interchange that are told again to whoever sent it: what an APERAK holds.
const PROBLEMS_MAX: usize = landside_edifact::answer::aperak::PROBLEMS_MAX;

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
    let profile = Arc::new(profile(node, order.profile.as_deref())?);
    let source = Source { file: Arc::new(file), profile, order, by, patience };
    let tally = through(node, out, &source, &mut NoWatch).await?;
    // A message that led to nothing was refused, whatever the reason.
    let nothing = tally.documents == 0 && tally.skipped > 0;
    Ok(if nothing { 1 } else { tally.exit })
}

/// A file, and how it is to be read.
pub(crate) struct Source<'a> {
    pub(crate) file: Arc<Vec<u8>>,
    pub(crate) profile: Arc<Profile>,
    pub(crate) order: &'a ImportOrder,
    pub(crate) by: Option<&'a By>,
    pub(crate) patience: Duration,
}

/// Passes a file through the door. Nothing of a file with a fault is signed.
pub(crate) async fn through(
    node: &Node,
    out: &mut Out,
    source: &Source<'_>,
    watch: &mut impl Watch,
) -> Result<Tally, End> {
    let agent = source.order.agent_for.as_deref().map(|line| node.agent_for(line)).transpose()?;
    surveyed(source).await?;
    let names = Names::new(node, source.order)?;
    let mut items = reading::start(Arc::clone(&source.file), Arc::clone(&source.profile));
    let mut whole = Tally::default();
    while let Some(item) = items.recv().await {
        let Item::Interchange(head) = item else { continue };
        for note in &head.notes {
            out.line(&note_line(note, None)).await?;
        }
        if head.header.as_ref().is_some_and(|header| header.test) {
            let text = "the interchange is marked as a test; nothing was signed";
            out.line(&json!({ "event": "note", "code": "test-interchange", "text": text })).await?;
        }
        let acted = watch.begins(out, &head).await?;
        if acted && !source.order.preview {
            let raw = source.file.get(head.span.clone()).unwrap_or_default();
            node.keep_raw(raw).await?;
        }
        let mut run = Run::new((node, source, &names), out, head.hash, agent.clone());
        while let Some(item) = items.recv().await {
            match item {
                Item::Said(said) if acted => run.said(said).await?,
                Item::Message(position) => run.message = position,
                Item::End => break,
                Item::Said(_) | Item::Interchange(_) => {}
            }
        }
        run.drain(0).await?;
        let Run { tally, problems, .. } = run;
        whole = whole.and(tally);
        if acted && !source.order.preview {
            watch.ended(&head, tally, &problems).await?;
        }
    }
    out.line(&json!({
        "event": "imported",
        "documents": whole.documents,
        "pending": whole.pending,
        "refused": whole.refused,
        "before": whole.before,
        "skipped": whole.skipped,
    }))
    .await?;
    Ok(whole)
}

/// The profile of a file of this machine; else the default. One that names no zone is in the port's.
pub(crate) fn profile(node: &Node, path: Option<&str>) -> Result<Profile, End> {
    let zone = &node.inner.console.zone;
    let read = match path {
        None => Profile::standard_in(zone),
        Some(path) => Profile::parse_in(&String::from_utf8_lossy(&read_file(path)?), zone),
    };
    read.map_err(|e| End::wrong("profile", e.to_string(), "correct the profile file"))
}

impl Node {
    /// The profile file of a name in the home; nothing where there is none, or it can be no name.
    #[must_use]
    pub fn profile_named(&self, name: &str) -> Option<String> {
        if !crate::channels::is_name(name) {
            return None;
        }
        let path = self.inner.home.path().join("profiles").join(format!("{name}.toml"));
        path.is_file().then(|| path.display().to_string())
    }
}

/// Reads a file to its end; one that cannot be acted on is refused before anything is signed.
async fn surveyed(source: &Source<'_>) -> Result<(), End> {
    let (file, profile) = (Arc::clone(&source.file), Arc::clone(&source.profile));
    let survey = tokio::task::spawn_blocking(move || {
        let totals = check::survey(&file, &profile)?;
        if totals.is_usable() { Ok(()) } else { Err(nothing_usable(&file, &profile)) }
    });
    match survey.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(found)) => Err(fault(found)),
        Err(error) => Err(End::wrong("node-stopped", error.to_string(), "import again")),
    }
}

/// Most reasons named when nothing of a file can be used.
const NAMED_MAX: usize = 5;

/// Why nothing can be made of a file, in the words of the first things in it.
fn nothing_usable(file: &[u8], profile: &Profile) -> Fault {
    let (mut releases, mut count, mut named) = (true, 0u64, Vec::new());
    check::check(file, profile, &mut |said| match said {
        Read::Message(message) => releases &= message.kind == "COREOR",
        Read::Unsigned(unsigned) if unsigned.at_fault => {
            count += 1;
            if named.len() < NAMED_MAX {
                named.push(unsigned.text);
            }
        }
        _ => {}
    });
    let code = if releases { Code::NothingReleasable } else { Code::NothingUsable };
    let text = format!("none of {count} entries can be used: {}", named.join("; "));
    Fault { code, place: Place::default(), text }
}

/// One interchange on its way to the writer.
struct Run<'r> {
    node: &'r Node,
    source: &'r Source<'r>,
    maker: Maker<'r>,
    out: &'r mut Out,
    hash: Hash32,
    message: u32,
    waiting: VecDeque<Waiting>,
    /// Containers that a document is on its way of; the next of the same builds on it.
    flying: HashSet<(&'static str, ContainerNo)>,
    tally: Tally,
    problems: Vec<Problem>,
}

/// A document handed to the writer.
struct Waiting {
    kind: Kind,
    container: Option<ContainerNo>,
    message: u32,
    answer: oneshot::Receiver<Result<Said, Refusal>>,
}

impl<'r> Run<'r> {
    fn new(
        (node, source, names): (&'r Node, &'r Source<'r>, &'r Names),
        out: &'r mut Out,
        hash: Hash32,
        agent: Option<Arc<Agent>>,
    ) -> Self {
        let renew_days = source.order.renew_days;
        let maker = Maker { node, names, profile: &source.profile, renew_days, hash, agent };
        let (waiting, flying) = (VecDeque::new(), HashSet::new());
        let (tally, problems) = (Tally::default(), Vec::new());
        Self { node, source, maker, out, hash, message: 0, waiting, flying, tally, problems }
    }

    async fn said(&mut self, said: Read) -> Result<(), End> {
        match said {
            Read::Finding(found) => {
                self.out.line(&note_line(&found.note, found.container)).await?;
            }
            Read::Unsigned(unsigned) => {
                let mut why = Remarked::new(unsigned.code, unsigned.text);
                // A message that is read nowhere, beside others that are, is nobody's fault.
                why.fault = unsigned.at_fault && unsigned.code != "message-skipped";
                self.nothing(why, unsigned.container).await?;
            }
            Read::Signing(signing) => self.sign(signing).await?,
            Read::Interchange(_) | Read::Message(_) | Read::Segment(_) => {}
        }
        Ok(())
    }

    /// Nothing is made of something.
    async fn nothing(&mut self, why: Remarked, of: Option<ContainerNo>) -> Result<(), End> {
        self.out.line(&why.line(of)).await?;
        if why.fault {
            self.tally.skipped += 1;
            self.problem(of, self.message, why.code.into_owned(), why.text);
        }
        Ok(())
    }

    fn problem(
        &mut self,
        container: Option<ContainerNo>,
        message: u32,
        code: String,
        text: String,
    ) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem { message, container, code, text });
        }
    }

    async fn sign(&mut self, signing: Signing) -> Result<(), End> {
        let (kind, container) = (signing.kind, signing.container);
        if let Some(container) = container {
            // Dated anew it is another document: that is asked for by whoever shows something.
            let mark = self.mark(&signing, container);
            if self.source.order.renew_days.is_none()
                && self.was_made(kind, container, &mark).await?
            {
                return Ok(());
            }
            if kind != Kind::ReleaseOrder && self.flying.contains(&(kind.as_str(), container)) {
                self.drain(0).await?;
            }
        } else {
            self.drain(0).await?;
        }
        let (statements, notes) = match self.maker.make(&signing)? {
            Ok(made) => made,
            Err(why) => return self.nothing(why, container).await,
        };
        for note in notes {
            self.out.line(&note.line(container)).await?;
        }
        for statement in statements {
            self.state(&signing, statement).await?;
        }
        Ok(())
    }

    async fn state(&mut self, signing: &Signing, statement: Statement) -> Result<(), End> {
        let order = self.source.order;
        if order.preview {
            self.tally.documents += 1;
            let line = self.maker.agent.as_ref().map(|agent| &agent.line);
            return Ok(self.out.line(&preview_line(&statement, line)).await?);
        }
        let kind = statement.document.kind();
        let container = statement.document.visit().map(|visit| visit.container);
        let mark = container
            .filter(|_| order.renew_days.is_none())
            .map(|container| self.mark(signing, container));
        if let (Some(mark), Some(container), None) = (&mark, container, signing.container)
            && self.was_made(kind, container, mark).await?
        {
            return Ok(());
        }
        let (reply, answer) = oneshot::channel();
        let (person, by) = (order.person.clone(), self.source.by.cloned());
        let agent = self.maker.agent.clone();
        let imported = Imported { statement, mark, person, by, agent, reply };
        let command = Command::Import(Box::new(imported));
        self.node.inner.commands.send(command).await.map_err(|_| stopping())?;
        let message = self.message;
        self.waiting.push_back(Waiting { kind, container, message, answer });
        self.flying.extend(container.map(|container| (signing.kind.as_str(), container)));
        self.drain(AHEAD).await
    }

    fn mark(&self, signing: &Signing, container: ContainerNo) -> Vec<u8> {
        let bill = match &signing.basis {
            check::Basis::Release { bill, .. } => Some(bill),
            check::Basis::Customs { bill, .. } => bill.as_ref(),
            _ => None,
        };
        marks::key(self.hash, signing.basis.place(), signing.kind, (bill, Some(container)))
    }

    /// Whether an earlier import made it; shows that.
    async fn was_made(
        &mut self,
        kind: Kind,
        container: ContainerNo,
        mark: &[u8],
    ) -> Result<bool, End> {
        let store = self.node.inner.store.as_ref();
        let Some(before) = marks::before(store, store, mark)? else { return Ok(false) };
        self.tally.documents += 1;
        self.tally.before += 1;
        self.out.line(&before_line(kind, Some(container), before)).await?;
        Ok(true)
    }

    /// Waits for answers until no more than `left` are awaited.
    async fn drain(&mut self, left: usize) -> Result<(), End> {
        while self.waiting.len() > left {
            let Some(waiting) = self.waiting.pop_front() else { break };
            let Waiting { kind, container, message, answer } = waiting;
            let said = answer.await.map_err(|_| stopping())?;
            self.tally.documents += 1;
            let exit = self.answered((kind, container, message), said).await?;
            self.tally.refused += u64::from(exit == 1);
            self.tally.exit = worst(self.tally.exit, exit);
        }
        if self.waiting.is_empty() {
            self.flying.clear();
        }
        Ok(())
    }

    async fn answered(
        &mut self,
        (kind, container, message): (Kind, Option<ContainerNo>, u32),
        said: Result<Said, Refusal>,
    ) -> Result<u8, End> {
        let named = container.map(|container| container.to_string());
        match said {
            Ok(Said::Issued(issued)) => {
                let patience = self.source.patience;
                service::answered(self.node, self.out, kind, named, &issued, patience).await
            }
            Ok(Said::Proposed(proposed)) => {
                self.tally.pending += 1;
                approval::proposed(self.out, &proposed).await
            }
            Ok(Said::Before(before)) => {
                self.tally.before += 1;
                self.out.line(&before_line(kind, container, before)).await?;
                Ok(0)
            }
            // Nothing is wrong with the message: it is to come again.
            Err(refusal) if refusal.code == landside_proto::refusal::Code::StoreFull => {
                Err(refusal.into())
            }
            Err(refusal) => {
                self.out.line(&refused_line(kind.as_str(), named, &refusal)).await?;
                self.problem(container, message, refusal.code.as_str().to_owned(), refusal.fact());
                Ok(1)
            }
        }
    }
}

impl Tally {
    fn and(self, other: Self) -> Self {
        Self {
            documents: self.documents + other.documents,
            pending: self.pending + other.pending,
            refused: self.refused + other.refused,
            before: self.before + other.before,
            skipped: self.skipped + other.skipped,
            exit: worst(self.exit, other.exit),
        }
    }
}

/// Refused outweighs queued, queued outweighs done.
fn worst(one: u8, other: u8) -> u8 {
    if one == 1 || other == 1 { 1 } else { one.max(other) }
}

fn stopping() -> End {
    End::wrong("node-stopped", "the node is stopping", "import again")
}

/// What would be signed, and for which line where it is signed by its agent.
fn preview_line(statement: &Statement, signed_for: Option<&PartyId>) -> Value {
    let document = &statement.document;
    let mut line = json!({
        "event": "preview", "kind": document.kind().as_str(), "words": view::words(document),
        "payload": document,
    });
    view::put(&mut line, "container", document.visit().map(|visit| visit.container));
    view::put(&mut line, "agent", view::agent(document));
    view::put(&mut line, "agent_for", signed_for);
    let disclosed = view::disclosed(&statement.disclosures);
    view::put(&mut line, "disclosed", Some(disclosed).filter(|some| !some.is_empty()));
    line
}

fn read_file(path: &str) -> Result<Vec<u8>, End> {
    read_bounded(Path::new(path), syntax::FILE_MAX).map_err(|error| {
        End::wrong("file-unreadable", format!("{path}: {error}"), "give a file this node can read")
    })
}

fn fault(fault: Fault) -> End {
    let remedy = Some(fault.remedy().to_owned());
    let code = fault.code.as_str().to_owned();
    let place = fault.place;
    let text = match place.segment {
        0 => fault.text,
        segment => format!("{} (segment {segment}, byte {})", fault.text, place.offset),
    };
    let failure = crate::control::Failure { code, text, remedy };
    End::Failed(1, failure)
}

fn note_line(note: &syntax::Note, container: Option<ContainerNo>) -> Value {
    let mut line = json!({
        "event": "note", "code": note.code.as_str(), "text": note.text,
        "segment": note.place.segment, "offset": note.place.offset,
    });
    view::put(&mut line, "container", container);
    line
}

fn before_line(kind: Kind, container: Option<ContainerNo>, before: Before) -> Value {
    let mut line = json!({ "event": "issued", "kind": kind.as_str(), "outcome": "before" });
    view::put(&mut line, "container", container);
    if let Before::Signed(id) = before {
        view::put(&mut line, "id", Some(id));
    }
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

/// Statements, with what a clerk should know about them; or why there are none.
type Mapped = Result<(Vec<Statement>, Vec<Remarked>), Remarked>;

/// Something a clerk should know about one container.
struct Remarked {
    code: Cow<'static, str>,
    text: String,
    /// Whether something is wrong, and the message did not lead to what it asks for.
    fault: bool,
}

impl Remarked {
    fn new(code: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Self { code: code.into(), text: text.into(), fault: true }
    }

    /// The same where nothing is wrong.
    fn plain(self) -> Self {
        Self { fault: false, ..self }
    }

    fn line(&self, of: Option<ContainerNo>) -> Value {
        let mut line = json!({ "event": "note", "code": self.code, "text": self.text });
        view::put(&mut line, "container", of);
        line
    }
}
