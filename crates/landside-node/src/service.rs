//! The control socket's side of a running node: requests in, lines out.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use landside_proto::case::Seen;
use landside_proto::directory::{Actor, BUNDLE_MAX};
use landside_proto::document::Kind;
use landside_proto::ids::{CaseCode, DocId, Plate};
use landside_proto::presentation::{self, PRESENTATION_LIFE};
use landside_proto::refusal::{Code, Refusal};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::sync::broadcast::error::RecvError;
use tracing::{Instrument as _, warn};

use crate::channels::report;
use crate::control::{Done, Failure, REQUEST_MAX, Request, read_line};
use crate::draft::{self, DraftError};
use crate::export;
use crate::home::{Fork, read_bounded};
use crate::import;
use crate::ledger::{self, LoadedCase, Read};
use crate::node::{Inner, Node, clock};
use crate::people::{self, By};
use crate::store::StoreError;
use crate::writer::Command;
use crate::{approval, hooks, rows, shares, tokens, view};

mod asking;
mod counting;
mod issuing;
mod operating;
mod rotating;

pub use self::asking::Asked;
pub(crate) use self::issuing::answered;
use self::issuing::issue;

/// Longest wait a request may ask for.
const WAIT_MAX: Duration = Duration::from_secs(600);

/// A request must be there, whole, within this time.
const REQUEST_LIFE: Duration = Duration::from_secs(10);

/// Requests served at once; further ones wait.
const CONNECTIONS_MAX: usize = 256;

/// Most lines of one page of cases.
const CASES_MAX: usize = 1000;

/// Makes the socket, readable by its owner only. A socket that a dead node left is removed.
pub(crate) fn bind(path: &Path) -> io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt as _;
    // The store's lock was taken before, so no other node of this home lives.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves requests until the node ends.
pub(crate) async fn run(node: Node, listener: UnixListener) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        // Closed never: a place is always to be had in the end.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let node = node.clone();
                tokio::spawn(async move {
                    let _place = place;
                    if let Err(error) = serve(node, stream).await {
                        // The asker went away; what was done stays done.
                        tracing::debug!(%error, "control connection");
                    }
                });
            }
            Err(error) => {
                warn!(%error, "control socket");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(node: Node, stream: UnixStream) -> io::Result<()> {
    let (read, write) = stream.into_split();
    let mut out = Out::Socket(write);
    let mut read = BufReader::new(read);
    let request = tokio::time::timeout(REQUEST_LIFE, read_line(&mut read, REQUEST_MAX));
    let Ok(Some(line)) = request.await? else { return Ok(()) };
    let end = match serde_json::from_str::<Request>(&line) {
        Ok(request) => {
            let span = tracing::info_span!("command", command = numbered());
            handle(&node, request, None, &mut out).instrument(span).await
        }
        Err(error) => Err(End::wrong("bad-request", error.to_string(), "see landside --help")),
    };
    out.line(&done(end)?).await
}

/// A number that no other command of this node has, for its log lines.
fn numbered() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// The last line of an answer.
fn done(end: Answer) -> io::Result<Done> {
    match end {
        Ok(exit) => Ok(Done { exit, error: None }),
        Err(End::Io(error)) => Err(error),
        Err(End::Failed(exit, failure)) => Ok(Done { exit, error: Some(failure) }),
    }
}

/// Where the lines of an answer go.
pub(crate) enum Out {
    /// To whoever asked over the control socket.
    Socket(OwnedWriteHalf),
    /// To whoever asked within this process.
    Kept(Vec<Value>),
    /// To people, beside a file that came through a channel.
    Report(Box<io::BufWriter<std::fs::File>>),
}

impl Out {
    /// Writes one line.
    pub(crate) async fn line(&mut self, object: &impl serde::Serialize) -> io::Result<()> {
        match self {
            Self::Socket(socket) => {
                let mut line = serde_json::to_vec(object).map_err(io::Error::other)?;
                line.push(b'\n');
                socket.write_all(&line).await
            }
            Self::Report(file) => {
                let said = serde_json::to_value(object).map_err(io::Error::other)?;
                io::Write::write_all(file, report::line(&said).as_bytes())?;
                io::Write::write_all(file, b"\n")
            }
            Self::Kept(lines) => {
                lines.push(serde_json::to_value(object).map_err(io::Error::other)?);
                Ok(())
            }
        }
    }
}

/// Why a request ended early.
pub(crate) enum End {
    /// The asker went away.
    Io(io::Error),
    /// Exit status and why.
    Failed(u8, Failure),
}

impl End {
    pub(crate) fn wrong(code: &str, text: impl Into<String>, remedy: &str) -> Self {
        let (code, remedy) = (code.to_owned(), Some(remedy.to_owned()));
        Self::Failed(2, Failure { code, text: text.into(), remedy })
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        let code = error.code().to_owned();
        let remedy = Some("stop the node and run landside fsck".to_owned());
        Self::Failed(3, Failure { code, text: error.to_string(), remedy })
    }
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        let remedy = Some(refusal.code.remedy().to_owned());
        let code = refusal.code.as_str().to_owned();
        let text = refusal.fact();
        Self::Failed(1, Failure { code, text, remedy })
    }
}

impl From<DraftError> for End {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Wrong(failure) => Self::Failed(2, failure),
            DraftError::Refused(refusal) => refusal.into(),
            DraftError::Store(error) => error.into(),
        }
    }
}

/// Exit status of a request.
type Answer = Result<u8, End>;

async fn handle(node: &Node, request: Request, by: Option<&By>, out: &mut Out) -> Answer {
    match request {
        Request::Info => info(node, out).await,
        Request::Issue { kind, fields, to, person, wait_ms } => {
            let person = approval::some_person(person.as_deref())?;
            issue(node, out, &kind, fields, (&to, person, by), wait(wait_ms)).await
        }
        Request::Import { .. } => import_file(node, out, request, by).await,
        Request::Pending => approval::list(node, out).await,
        Request::Approve { id, person, wait_ms } => {
            approval::approve(node, out, &id, (&person, by), wait(wait_ms)).await
        }
        Request::Decline { id, person } => approval::decline(node, out, &id, &person).await,
        Request::Status { subject } => status(node, out, &subject).await,
        Request::Cases { after, limit } => cases(node, out, after, limit).await,
        Request::Document { id } => document(node, out, &id).await,
        Request::Export { subject } => export(node, out, &subject).await,
        Request::Collect { wait_ms } => collect(node, out, wait(wait_ms)).await,
        Request::Present { container } => present(node, out, &container).await,
        Request::GateCheck { shown, subject, plate } => {
            gate_check(node, out, (shown, subject, plate), by).await
        }
        Request::GateOut { subject, unsigned_because } => {
            gate_out(node, out, (subject, unsigned_because), by).await
        }
        Request::Figures { .. } => counting::handle(node, request, out).await,
        Request::Outbox => outbox(node, out).await,
        Request::Rotate { .. } | Request::NewKeys { .. } | Request::Rotations => {
            rotating::handle(node, request, out).await
        }
        Request::People
        | Request::PersonAdd { .. }
        | Request::PersonClose { .. }
        | Request::PersonReset { .. }
        | Request::PersonPasskeysEnd { .. }
        | Request::PeopleLink => people::handle(node, request, out).await,
        Request::Share { .. } | Request::Shares { .. } | Request::ShareRevoke { .. } => {
            shares::handle(node, request, by, out).await
        }
        Request::Directory { path } => directory(node, out, &path).await,
        Request::Doctor | Request::Backup { .. } | Request::Known { .. } | Request::Stop => {
            operating::handle(node, request, out).await
        }
        Request::Watch => watch(node, out).await,
        other => of_programs(node, other, by, out).await,
    }
}

/// What there is to do about programs: their tokens, and what they are told.
async fn of_programs(node: &Node, request: Request, by: Option<&By>, out: &mut Out) -> Answer {
    match request {
        Request::TokenAdd { .. } | Request::Tokens | Request::TokenRevoke { .. } => {
            tokens::handle(node, request, by, out).await
        }
        _ => hooks::handle(node, request, by, out).await,
    }
}

fn wait(ms: u64) -> Duration {
    Duration::from_millis(ms).min(WAIT_MAX)
}

/// Imports a file of this machine.
async fn import_file(node: &Node, out: &mut Out, request: Request, by: Option<&By>) -> Answer {
    let Request::Import {
        path,
        profile,
        parties,
        release_to,
        terminal,
        renew_days,
        agent_for,
        person,
        wait_ms,
    } = request
    else {
        return Ok(0);
    };
    let person = approval::some_person(person.as_deref())?;
    let order = import::ImportOrder {
        given: import::Given::File(path),
        profile,
        parties,
        release_to,
        terminal,
        renew_days,
        person,
        agent_for,
        preview: false,
    };
    import::run(node, out, &order, by, wait(wait_ms)).await
}

async fn info(node: &Node, out: &mut Out) -> Answer {
    let waiting = node.inner.editions.waiting().await.map(|directory| {
        let edition = directory.edition();
        json!({ "number": edition.number, "id": directory.id(), "valid_from": edition.valid_from })
    });
    let agents = node.agents_view().map_err(|error| StoreError::Io(error.to_string()))?;
    let view = node.read(|node| {
        let directory = Arc::clone(&node.authorities.borrow().directory);
        let mut view = json!({
            "event": "node",
            "actor": node.me,
            "directory_id": directory.id(),
            "directory_until": directory.edition().valid_until,
            "peers": node.exchange.connected(),
            "documents": ledger::next_number(node.store.as_ref(), rows::DOCUMENTS)?,
        });
        view::put_directory(&mut view, &directory, clock());
        view::put(&mut view, "directory_waiting", waiting);
        view::put(&mut view, "listen", node.exchange.local_address().map(|at| at.to_string()));
        if node.is_terminal() {
            view::put(&mut view, "log", Some(view::log(&node.heads, clock())));
        }
        view::put(&mut view, "vkey", node.heads.vkey());
        view::put(&mut view, "certificates", node.certificates.view(clock()));
        let watches = node.witness.watches()?;
        let watches: Vec<_> = watches.iter().map(|watch| view::watch(watch, clock())).collect();
        view::put(&mut view, "witnesses", (!watches.is_empty()).then_some(watches));
        let forks = node.home.forks().map_err(|error| StoreError::Io(error.to_string()))?;
        let alarms: Vec<_> = forks.iter().map(fork).collect();
        view::put(&mut view, "agents", (!agents.is_empty()).then_some(agents));
        view::put(&mut view, "alarms", (!alarms.is_empty()).then_some(alarms));
        Ok(view)
    });
    out.line(&view.await?).await?;
    Ok(0)
}

/// Two editions of one number, and where the proof is.
fn fork(fork: &Fork) -> Value {
    json!({
        "code": Code::EditionFork.as_str(),
        "number": fork.number,
        "id": fork.id,
        "file": fork.file.display().to_string(),
        "remedy": Code::EditionFork.remedy(),
    })
}

async fn status(node: &Node, out: &mut Out, subject: &str) -> Answer {
    let subject = subject.to_owned();
    let line = node.read(move |node| {
        let loaded = match draft::find_case(node, &subject) {
            Ok(loaded) => loaded,
            Err(error) => return Ok(Err(not_found(error))),
        };
        let authorities = node.authorities.borrow().clone();
        let reader = (&node.me, &authorities, &node.promised);
        view::case(node.store.as_ref(), &loaded, reader, clock()).map(Ok)
    });
    out.line(&line.await??).await?;
    Ok(0)
}

/// A case that is not there is no wrong usage.
pub(crate) fn not_found(error: DraftError) -> End {
    match End::from(error) {
        End::Failed(_, failure) if failure.code == "case-unknown" => End::Failed(1, failure),
        end => end,
    }
}

async fn export(node: &Node, out: &mut Out, subject: &str) -> Answer {
    let lines = export::lines(node, subject).await?;
    for line in lines {
        out.line(&line).await?;
    }
    Ok(0)
}

async fn cases(node: &Node, out: &mut Out, after: Option<String>, limit: usize) -> Answer {
    let after = after
        .map(|code| CaseCode::normalise(&code))
        .transpose()
        .map_err(|e| End::wrong(e.code(), e.to_string(), "give a case code"))?;
    let lines = node.read(move |node| {
        let store = node.store.as_ref();
        let mut lines = Vec::new();
        for code in ledger::case_codes(store, after, limit.min(CASES_MAX))? {
            if let Some(LoadedCase { case, .. }) = ledger::load_case(store, code)? {
                lines.push(view::case_line(&case, &node.me, clock()));
            }
        }
        Ok(lines)
    });
    for line in lines.await? {
        out.line(&line).await?;
    }
    Ok(0)
}

async fn document(node: &Node, out: &mut Out, id: &str) -> Answer {
    let id =
        DocId::parse(id).map_err(|e| End::wrong(e.code(), e.to_string(), "give 64 hex digits"))?;
    let store = node.inner.store.as_ref();
    let Some(row) = Read::id_row(store, id)? else {
        let failure = Failure {
            code: "document-unknown".to_owned(),
            text: format!("document {id} is not here"),
            remedy: Some("landside status shows the documents of a case".to_owned()),
        };
        return Err(End::Failed(1, failure));
    };
    let position = row.position.map(|position| position.position()).transpose()?;
    let stored = Read::document(store, row.number)?;
    let disclosures = Read::disclosures(store, row.number, &stored.signed)?;
    let mut view = view::document(&stored, position, &disclosures);
    view::put(&mut view, "signed_by", view::signed_by(store, id)?);
    if let Some((entry, _)) = ledger::answer(store, id)? {
        view::put(&mut view, "outcome", Some(view::outcome(entry.outcome)));
        view::put(&mut view, "refused", view::refused(&entry));
    }
    out.line(&view).await?;
    Ok(0)
}

/// Shows the jobs of a driver's device; with patience, waits until a pass is among them.
async fn collect(node: &Node, out: &mut Out, patience: Duration) -> Answer {
    let mut events = node.events();
    let deadline = tokio::time::Instant::now() + patience;
    let jobs = loop {
        let jobs = node.read(jobs).await?;
        let has_pass = jobs.iter().any(|job| job["state"] == "pass");
        if has_pass || tokio::time::Instant::now() >= deadline {
            break jobs;
        }
        if let Ok(Err(RecvError::Closed)) = tokio::time::timeout_at(deadline, events.recv()).await {
            break jobs;
        }
    };
    for job in &jobs {
        out.line(job).await?;
    }
    Ok(0)
}

fn jobs(node: &Inner) -> Result<Vec<Value>, StoreError> {
    let store = node.store.as_ref();
    let (mut jobs, mut after) = (Vec::new(), None);
    loop {
        let codes = ledger::case_codes(store, after, ledger::PAGE)?;
        for code in &codes {
            if let Some(loaded) = ledger::load_case(store, *code)? {
                jobs.push(job(node, &loaded)?);
            }
        }
        match codes.last() {
            Some(last) if codes.len() == ledger::PAGE => after = Some(*last),
            _ => return Ok(jobs),
        }
    }
}

fn job(node: &Inner, loaded: &LoadedCase) -> Result<Value, StoreError> {
    let case = &loaded.case;
    let mine = case.binding.as_ref().filter(|b| Actor::Driver(b.driver.id()) == node.me);
    let state = match (&mine, &case.pass) {
        _ if case.is_closed() => "left",
        (None, _) => "ended",
        (Some(_), Some(_)) => "pass",
        (Some(_), None) => "waiting",
    };
    let mut view = json!({
        "event": "job",
        "container": case.visit.container,
        "terminal": case.visit.terminal,
        "case": case.code,
        "state": state,
    });
    view::put(&mut view, "plate", mine.map(|binding| binding.plate.clone()));
    view::put(&mut view, "pass", view::pass(case));
    if let Some(pass) = &case.pass
        && let Some(row) = Read::id_row(node.store.as_ref(), pass.document)?
    {
        let stored = Read::document(node.store.as_ref(), row.number)?;
        view::put(&mut view, "collected_at", Some(stored.received_at));
    }
    if case.countersigned.is_none() && !case.is_closed() {
        view::put(&mut view, "receipt_to_sign", case.receipt);
    }
    Ok(view)
}

async fn present(node: &Node, out: &mut Out, container: &str) -> Answer {
    let loaded = draft::find_case(&node.inner, container).map_err(not_found)?;
    let store = node.inner.store.as_ref();
    let row = match &loaded.case.pass {
        Some(pass) => Read::id_row(store, pass.document)?,
        None => None,
    };
    let Some(row) = row else {
        let failure = Failure {
            code: "no-pass".to_owned(),
            text: format!("no pass for {} is here", loaded.case.visit.container),
            remedy: Some("wait for it with landside collect --wait".to_owned()),
        };
        return Err(End::Failed(1, failure));
    };
    let pass = Read::document(store, row.number)?.signed;
    let now = clock();
    let text = presentation::present(&pass, now, node.inner.keys.signing.as_ref())?;
    out.line(&json!({
        "event": "presentation",
        "container": loaded.case.visit.container,
        "text": text,
        "dies_at": now.plus(PRESENTATION_LIFE),
    }))
    .await?;
    Ok(0)
}

async fn gate_check(
    node: &Node,
    out: &mut Out,
    (shown, subject, plate): (Option<String>, Option<String>, Option<String>),
    by: Option<&By>,
) -> Answer {
    let begun = Instant::now();
    let plate = plate
        .map(|plate| Plate::normalise(&plate))
        .transpose()
        .map_err(|e| End::wrong(e.code(), e.to_string(), "type the plate as on the truck"))?;
    let shown = shown.map(|text| node.read_presentation(&text));
    let loaded = case_at_gate(node, shown.as_ref(), subject)?;
    let code = loaded.case.code;
    let seen = Box::new(Seen { shown, plate });
    let by = by.cloned();
    let decided = node.command(|reply| Command::Gate { case: code, seen, by, reply }).await?;
    let mut view = view::decision(decided.id, &loaded.case, &decided.decision, clock());
    // Said beside the decision, never awaited for it.
    view::put(&mut view, "log", Some(view::log(&node.inner.heads, clock())));
    node.inner.operating.metrics.verdict.observe(begun.elapsed());
    out.line(&view).await?;
    Ok(u8::from(!decided.decision.reasons.is_empty()))
}

async fn gate_out(
    node: &Node,
    out: &mut Out,
    (subject, unsigned_because): (String, Option<String>),
    by: Option<&By>,
) -> Answer {
    let mut fields = Map::from_iter([("container".to_owned(), json!(subject))]);
    if let Some(why) = unsigned_because {
        fields.insert("unsigned_because".to_owned(), json!(why));
    }
    let kind = Kind::GateOut.as_str();
    issue(node, out, kind, fields, (&[], None, by), Duration::ZERO).await
}

/// The case a truck comes for: by the pass it shows, else by what the clerk typed.
fn case_at_gate(
    node: &Node,
    shown: Option<&Result<presentation::Presented, Refusal>>,
    subject: Option<String>,
) -> Result<LoadedCase, End> {
    if let Some(subject) = subject {
        return draft::find_case(&node.inner, &subject).map_err(not_found);
    }
    match shown {
        Some(Ok(presented)) => match presented.pickup_pass() {
            Some(pass) => {
                draft::find_case(&node.inner, pass.visit.container.as_str()).map_err(not_found)
            }
            None => Err(End::wrong("no-pass", "what was shown is no pass", "scan again")),
        },
        Some(Err(refusal)) => {
            let remedy = Some("scan again, or name the container with --container".to_owned());
            let code = refusal.code.as_str().to_owned();
            Err(End::Failed(1, Failure { code, text: refusal.fact(), remedy }))
        }
        None => Err(End::wrong(
            "bad-request",
            "neither a pass nor a container is given",
            "give the text the driver shows, or --container",
        )),
    }
}

async fn outbox(node: &Node, out: &mut Out) -> Answer {
    let waiting = node.read(|node| {
        let store = node.store.as_ref();
        let mut lines = Vec::new();
        for peer in ledger::peers_waited_for(store)? {
            let documents = ledger::count_waiting(store, &peer)?;
            let oldest = ledger::oldest_waiting(store, &peer)?;
            let mut line = json!({ "event": "waiting", "peer": peer, "documents": documents });
            view::put(&mut line, "oldest", oldest);
            lines.push(line);
        }
        Ok(lines)
    });
    for line in waiting.await? {
        out.line(&line).await?;
    }
    Ok(0)
}

async fn directory(node: &Node, out: &mut Out, path: &str) -> Answer {
    let bundle = read_bounded(Path::new(path), BUNDLE_MAX).map_err(|error| {
        End::wrong("file-unreadable", format!("{path}: {error}"), "give a readable bundle file")
    })?;
    let directory = node.install(&bundle).await?;
    // One that waits has a higher number than the one in force.
    let in_force = node.inner.authorities.borrow().directory.edition().number;
    let in_force = directory.edition().number <= in_force;
    out.line(&view::directory(&directory, in_force, clock())).await?;
    Ok(0)
}

async fn watch(node: &Node, out: &mut Out) -> Answer {
    let mut events = node.events();
    loop {
        match events.recv().await {
            Ok(event) => out.line(&view::event(&event, clock())).await?,
            Err(RecvError::Lagged(missed)) => {
                out.line(&json!({ "event": "missed", "events": missed })).await?;
            }
            Err(RecvError::Closed) => return Ok(0),
        }
    }
}
