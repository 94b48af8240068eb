//! Lines that this terminal signs for, as their agent: the keys in the home, and what is signed with
//! them (docs/PROTOCOL.md § 5, *Agents*). A key is opened for an import and let go after it.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use landside_proto::directory::{Actor, Keyring as _};
use landside_proto::ids::PartyId;
use landside_proto::key::{PublicKey, SecretKey, Signer};
use landside_proto::refusal::{Code, Refusal};
use serde_json::{Value, json};

use crate::control::Failure;
use crate::custody::{self, PassphraseFrom};
use crate::home::{Home, HomeError, write_durably};
use crate::node::{Node, clock};
use crate::service::End;

/// Most lines that a home has a key for: more than call at any port.
pub const AGENTS_MAX: usize = 256;

impl Home {
    /// Where the key is by which this terminal signs for a line.
    #[must_use]
    pub fn agent_key_file(&self, line: &PartyId) -> PathBuf {
        self.agents_dir().join(format!("{line}.pem"))
    }

    /// The lines that this home has a key for, in the order of their ids.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn agent_lines(&self) -> Result<Vec<PartyId>, HomeError> {
        let dir = self.agents_dir();
        let at = |error| HomeError::Io { path: dir.display().to_string(), error };
        if !custody::is_there(&dir) {
            return Ok(Vec::new());
        }
        let mut lines = Vec::new();
        for entry in fs::read_dir(&dir).map_err(at)? {
            let path = entry.map_err(at)?.path();
            let named = path.file_stem().and_then(|stem| PartyId::parse(stem.to_str()?).ok());
            let is_key = path.extension().is_some_and(|extension| extension == "pem");
            lines.extend(named.filter(|_| is_key));
        }
        lines.sort();
        Ok(lines)
    }

    /// Makes the key for a line from a seed, kept as the other keys are: encrypted where they are. Its
    /// public half is kept beside it, so that it can be told without the passphrase.
    ///
    /// # Errors
    /// [`HomeError::Exists`] when there is one; [`HomeError::Name`] when there are too many;
    /// [`HomeError::Custody`], [`HomeError::Config`], [`HomeError::Io`].
    pub fn add_agent_key(&self, line: &PartyId, seed: [u8; 32]) -> Result<PublicKey, HomeError> {
        let file = self.agent_key_file(line);
        if custody::is_there(&file) {
            return Err(HomeError::Exists(file.display().to_string()));
        }
        if self.agent_lines()?.len() >= AGENTS_MAX {
            return Err(HomeError::Name(format!("{AGENTS_MAX} lines have a key here already")));
        }
        let dir = self.agents_dir();
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)
            .map_err(|error| HomeError::Io { path: dir.display().to_string(), error })?;
        let passphrase = self.config()?.keys.passphrase_from.read()?;
        let key = SecretKey::from_seed(seed);
        // The public half first: a key file without it would be one that cannot be told.
        write_durably(&file.with_extension("pub"), format!("{}\n", key.public_key()).as_bytes())?;
        custody::write_key(&file, &key, passphrase.as_ref())?;
        Ok(key.public_key())
    }

    /// The public half of the key for a line; `None` when there is no key.
    ///
    /// # Errors
    /// [`HomeError::Io`], [`HomeError::Name`] when the file has no key in it.
    pub fn agent_public_key(&self, line: &PartyId) -> Result<Option<PublicKey>, HomeError> {
        let file = self.agent_key_file(line);
        if !custody::is_there(&file) {
            return Ok(None);
        }
        let file = file.with_extension("pub");
        let text = fs::read_to_string(&file)
            .map_err(|error| HomeError::Io { path: file.display().to_string(), error })?;
        let key = PublicKey::parse(text.trim());
        key.map(Some).map_err(|error| HomeError::Name(format!("{}: {error}", file.display())))
    }

    /// The key for a line.
    ///
    /// # Errors
    /// [`HomeError::Custody`], [`HomeError::Config`].
    fn agent_key(&self, line: &PartyId) -> Result<SecretKey, HomeError> {
        let file = self.agent_key_file(line);
        let source = match custody::protection(&file)?.is_encrypted() {
            true => self.config()?.keys.passphrase_from,
            false => PassphraseFrom::None,
        };
        Ok(custody::read_key(&file, || source.read())?)
    }

    fn agents_dir(&self) -> PathBuf {
        self.path().join("keys").join("agents")
    }
}

/// A line that this terminal signs for now.
pub(crate) struct Agent {
    /// The line.
    pub(crate) line: PartyId,
    /// This node's party.
    pub(crate) me: PartyId,
    /// The key.
    pub(crate) signer: Arc<dyn Signer>,
}

impl Agent {
    /// The line in whose name is signed.
    pub(crate) fn issuer(&self) -> Actor {
        Actor::Party(self.line.clone())
    }
}

impl Node {
    /// What signs for a line: its key of this home, if the directory lists it for this party.
    pub(crate) fn agent_for(&self, line: &str) -> Result<Arc<Agent>, End> {
        let line = PartyId::parse(line).map_err(|e| {
            End::wrong(e.code(), e.to_string(), "give the line's id in the directory")
        })?;
        let home = &self.inner.home;
        let me = self.inner.me.party().filter(|_| self.inner.is_terminal()).cloned();
        let Some(me) = me else {
            let text = format!("{} is no terminal, and agent of nobody", self.inner.me);
            return Err(End::wrong("role-may-not-sign", text, "import at the terminal's node"));
        };
        let Some(public) = home.agent_public_key(&line).map_err(not_to_be_had)? else {
            let text = format!("this home has no key for {line}");
            let remedy = format!("make one with landside agent add {line}, and have it listed");
            return Err(End::wrong("agent-key-missing", text, &remedy));
        };
        self.is_listed(&line, &me, &public)?;
        let key = home.agent_key(&line).map_err(not_to_be_had)?;
        if key.public_key() != public {
            let text = format!("the key for {line} is not the one beside it");
            return Err(End::wrong("agent-key-missing", text, "put the right file back"));
        }
        Ok(Arc::new(Agent { line, me, signer: Arc::new(key) }))
    }

    /// Refuses to sign what nobody would accept.
    fn is_listed(&self, line: &PartyId, me: &PartyId, key: &PublicKey) -> Result<(), End> {
        let authorities = self.inner.authorities.borrow();
        let listed = authorities.signer(&Actor::Party(line.clone()), key.id(), clock());
        let code = match listed {
            Ok(listed) if listed.agent == Some(me) => return Ok(()),
            Ok(_) => Code::AgentMark,
            Err(code) => code,
        };
        let detail = format!(
            "the directory in force does not list key {} of {me} as agent of {line}",
            key.id()
        );
        Err(Refusal::new(code, detail).into())
    }

    /// The lines that this home has a key for, with how the directory in force has it.
    ///
    /// # Errors
    /// A file of the home cannot be read.
    pub(crate) fn agents_view(&self) -> Result<Vec<Value>, HomeError> {
        let home = &self.inner.home;
        let me = self.inner.me.party();
        let mut views = Vec::new();
        for line in home.agent_lines()? {
            let Some(key) = home.agent_public_key(&line)? else { continue };
            let authorities = self.inner.authorities.borrow();
            let held = authorities.directory.agent_key(&line, key.id());
            let held = held.filter(|held| Some(&held.party) == me);
            let state = match held {
                None => "not-listed",
                Some(held) if held.covers(clock()) => "in-force",
                Some(_) => "not-in-force",
            };
            let mut view = json!({ "line": line, "key": key, "state": state });
            crate::view::put(&mut view, "until", held.and_then(|held| held.until));
            views.push(view);
        }
        Ok(views)
    }
}

/// The key is not to be had now; whoever waits may try again.
fn not_to_be_had(error: HomeError) -> End {
    let code = match &error {
        HomeError::Custody(custody) => custody.code().to_owned(),
        _ => "file".to_owned(),
    };
    End::Failed(3, Failure { code, text: error.to_string(), remedy: None })
}
