//! The control socket: how commands on the same machine reach a running node.
//!
//! A Unix socket in the home, mode 0600. One request a connection: one line of JSON in, lines of
//! JSON out, the last of them [`Done`]. Every other line is an object with a stable `event` name
//! (docs/OPERATING.md § JSON); commands print it as it is with `--json`, or in words.

use std::io;
use std::path::Path;

use landside_proto::ids::UnixMillis;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

/// Longest request, in bytes.
pub const REQUEST_MAX: usize = 1024 * 1024;

/// Longest line of an answer, in bytes.
pub const LINE_MAX: usize = 4 * 1024 * 1024;

/// What can be asked of a running node.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Who the node is, its directory edition, peers connected. Answer: `node`.
    Info,
    /// Sign a document and register or send it. What the node can tell (terminal, the document it
    /// builds on, the right) may be left out. Answer: `issued`.
    Issue {
        /// Kind, as in [`landside_proto::document::Kind::as_str`].
        kind: String,
        /// The payload in its JSON form.
        fields: Map<String, Value>,
        /// For documents of no case (driver-credential): the parties to send it to; empty means
        /// every terminal of the directory.
        #[serde(default)]
        to: Vec<String>,
        /// Who asks, where this party asks for two persons; an override says it itself.
        #[serde(default)]
        person: Option<String>,
        /// How long to wait for the registrar's answer, in milliseconds; 0 means not at all.
        wait_ms: u64,
    },
    /// Read an EDIFACT file and sign what it says. Answers: `note` for what was odd, `issued` for
    /// each document, `imported` as a summary.
    Import {
        /// The file, absolute.
        path: String,
        /// A profile file, absolute; else the default profile.
        profile: Option<String>,
        /// Code in the message → party of the directory, for terminals and release-to parties.
        #[serde(default)]
        parties: Map<String, Value>,
        /// Party for a release-to party that no code names.
        release_to: Option<String>,
        /// Terminal for containers whose terminal no code names.
        terminal: Option<String>,
        /// Date orders whose time has passed anew, this many days from now; only the demo does so.
        #[serde(default)]
        renew_days: Option<u32>,
        /// The line that this terminal signs for, as its agent.
        #[serde(default)]
        agent_for: Option<String>,
        /// As for `issue`.
        #[serde(default)]
        person: Option<String>,
        /// As for `issue`, for each document.
        wait_ms: u64,
    },
    /// One container or case. Answer: the open `case`, else the newest.
    Status {
        /// Case code or container number.
        subject: String,
    },
    /// Cases, a page at a time. Answers: `case-line`.
    Cases {
        /// Code after which to go on.
        after: Option<String>,
        /// Most lines.
        limit: usize,
    },
    /// A document in every detail. Answer: `document`.
    Document {
        /// Its id, 64 hex digits.
        id: String,
    },
    /// The evidence file of a case. Answers: `evidence-part` in order, `exported` as a summary.
    Export {
        /// Case code or container number.
        subject: String,
    },
    /// Everything a driver's device holds. Answers: `job` for each container.
    Collect {
        /// How long to wait for a pass that is not there yet, in milliseconds.
        wait_ms: u64,
    },
    /// The text that a driver shows now. Answer: `presentation`.
    Present {
        /// Container number.
        container: String,
    },
    /// A truck at the gate. Answer: `gate-decision`.
    GateCheck {
        /// The text the driver shows, if any.
        shown: Option<String>,
        /// Case code or container number; needed when nothing readable is shown.
        subject: Option<String>,
        /// The plate seen.
        plate: Option<String>,
    },
    /// The truck leaves. Answer: `issued`.
    GateOut {
        /// Case code or container number.
        subject: String,
        /// Why the driver did not sign the interchange receipt.
        unsigned_because: Option<String>,
    },
    /// Figures over a period. Answer: `figures`; or, of a chart, `chart`.
    Figures {
        /// First day, as `2026-11-01` in the port's zone; else 30 days before the end.
        from: Option<String>,
        /// First day that does not count; else tomorrow.
        to: Option<String>,
        /// The terminal whose figures they are to be, as it tells its members; else this node's own.
        #[serde(default)]
        of: Option<String>,
        /// A chart, to be answered as CSV.
        chart: Option<String>,
        /// How long to wait until every case has been looked at, in milliseconds.
        wait_ms: u64,
    },
    /// What waits for whom. Answers: `waiting`.
    Outbox,
    /// Drafts that wait for a second person. Answers: `pending`.
    Pending,
    /// A second person agrees: the draft is signed as it was shown. Answer: `issued`.
    Approve {
        /// The draft, as `pending` names it.
        id: String,
        /// Who agrees. The socket knows no persons: it takes the name as given.
        person: String,
        /// As for `issue`.
        wait_ms: u64,
    },
    /// A draft is dropped. Answer: `declined`.
    Decline {
        /// The draft, as `pending` names it.
        id: String,
        /// Who declines.
        person: String,
    },
    /// Hand a rotation of the party's keys in to the terminals. Answers: `rotated`, one a terminal.
    Rotate {
        /// The signed rotation, in base64.
        envelope: String,
        /// How long to wait for the terminals' answers, in milliseconds.
        wait_ms: u64,
    },
    /// How new keys of the party stand. Answer: `new-keys`.
    NewKeys {
        /// A signing key.
        signing: Option<String>,
        /// A node key.
        node: Option<String>,
    },
    /// Every key-rotation that this node knows a terminal to have registered. Answers: `known-rotation`.
    Rotations,
    /// The people who may use the screens. Answers: `person`.
    People,
    /// Add a person. Answer: `link`, with which the person chooses a password.
    PersonAdd {
        /// Name to log in with.
        login: String,
        /// Name as documents show it.
        name: String,
        /// `admin`, `clerk`, `gate` or `viewer`.
        role: String,
    },
    /// Close a person's account for good. Answer: `person`.
    PersonClose {
        /// Name to log in with.
        login: String,
    },
    /// End a person's password and sessions. Answer: `link`.
    PersonReset {
        /// Name to log in with.
        login: String,
    },
    /// Take every passkey of a person away; the password stays. Answer: `person`.
    PersonPasskeysEnd {
        /// Name to log in with.
        login: String,
    },
    /// A new link that makes an administrator. Answer: `link`.
    PeopleLink,
    /// Make a link with which somebody without an account sees how far a case is. Answer: `share`,
    /// with the link, which is shown once.
    Share {
        /// Case code or container number.
        subject: String,
        /// For how many days it is good, 1 to 30.
        days: u32,
        /// For whom, for whoever looks through the links later.
        #[serde(default)]
        label: Option<String>,
    },
    /// The links of a case, or all, the newest first. Answers: `share`.
    Shares {
        /// Case code or container number.
        subject: Option<String>,
    },
    /// Take a link back. Answer: `share`.
    ShareRevoke {
        /// Its number.
        id: u64,
    },
    /// Make a token with which a program uses the JSON door in a person's name. Answer: `token`, with its
    /// text, which is shown once.
    TokenAdd {
        /// Login name of the person; else who asks.
        #[serde(default)]
        person: Option<String>,
        /// For which program.
        label: String,
        /// What it may: `read`, `sign`, `sign:KIND`, `gate`, `import`.
        scopes: Vec<String>,
        /// For how many days it is good, 1 to 366.
        days: u32,
    },
    /// Every token, the newest first. Answers: `token`.
    Tokens,
    /// Take a token back. Answer: `token`.
    TokenRevoke {
        /// Its number.
        id: u64,
    },
    /// Tell a program of events. Answer: `webhook`, with its secret, which is shown once.
    HookAdd {
        /// Where events go: https, or http of this machine.
        url: String,
    },
    /// Every webhook. Answers: `webhook`.
    Hooks,
    /// Tell a webhook again what happened behind an event or from a time on. Answer: `webhook`.
    HookReplay {
        /// Its number.
        id: u64,
        /// Number of an event.
        #[serde(default)]
        after: Option<u64>,
        /// A time.
        #[serde(default)]
        since: Option<UnixMillis>,
    },
    /// Remove a webhook. Answer: `webhook`.
    HookRemove {
        /// Its number.
        id: u64,
    },
    /// Take a directory edition into force. Answer: `directory`.
    Directory {
        /// The bundle file, absolute.
        path: String,
    },
    /// What is wrong with the node. Answers: `finding`.
    Doctor,
    /// Write a backup into a folder. Answer: `backup`.
    Backup {
        /// The folder, absolute.
        dir: String,
        /// Whether private keys go along, as they are at rest.
        keys: bool,
    },
    /// How much of a terminal's log this node knows. Answer: `known-log`.
    Known {
        /// The terminal.
        terminal: String,
    },
    /// Every event from now on, until the connection closes. Answers: `taken`, `answered`.
    Watch,
    /// End the node.
    Stop,
}

/// The last line of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// 0 done, 1 refused, 2 wrong request, 3 cannot reach or broken.
    pub exit: u8,
    /// What went wrong and what to do, in words; absent when nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable code.
    pub code: String,
    /// The fact.
    pub text: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// A request could not be brought to an end.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No node listens.
    #[error("no node is running for {0}")]
    NoNode(String),
    /// The connection broke.
    #[error("the node went away: {0}")]
    Broken(#[from] io::Error),
    /// The answer is not what this version understands.
    #[error("the node's answer cannot be read: {0}")]
    Form(String),
}

/// Asks a running node; gives each line of its answer to `each`.
///
/// # Errors
/// [`ControlError`].
pub async fn ask(
    socket: &Path,
    request: &Request,
    mut each: impl FnMut(&Map<String, Value>),
) -> Result<Done, ControlError> {
    let stream = UnixStream::connect(socket).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            ControlError::NoNode(socket.parent().unwrap_or(socket).display().to_string())
        }
        _ => ControlError::Broken(error),
    })?;
    let (read, mut write) = stream.into_split();
    let mut line = serde_json::to_vec(request).map_err(|e| ControlError::Form(e.to_string()))?;
    line.push(b'\n');
    write.write_all(&line).await?;
    let mut read = BufReader::new(read);
    loop {
        let Some(line) = read_line(&mut read, LINE_MAX).await? else {
            return Err(ControlError::Broken(io::ErrorKind::UnexpectedEof.into()));
        };
        let object: Map<String, Value> =
            serde_json::from_str(&line).map_err(|e| ControlError::Form(e.to_string()))?;
        if object.contains_key("event") {
            each(&object);
        } else {
            return serde_json::from_value(Value::Object(object))
                .map_err(|e| ControlError::Form(e.to_string()));
        }
    }
}

/// One line without its end; `None` at the end of the stream. Longer than `max` is an error.
pub(crate) async fn read_line(
    read: &mut (impl tokio::io::AsyncBufRead + Unpin),
    max: usize,
) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX);
    read.take(limit).read_until(b'\n', &mut line).await?;
    if line.pop() != Some(b'\n') {
        let cut = !line.is_empty();
        return if cut { Err(io::ErrorKind::InvalidData.into()) } else { Ok(None) };
    }
    String::from_utf8(line).map(Some).map_err(|_| io::ErrorKind::InvalidData.into())
}
