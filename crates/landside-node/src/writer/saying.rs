//! What this node says itself: signed, kept, and registered or put on its way; or put up for a second
//! person first.

use std::sync::Arc;
use std::time::Duration;

use landside_proto::directory::Actor;
use landside_proto::document::{Document, Kind, Outcome, Position, Remark};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::DocId;
use landside_proto::refusal::{Code, Refusal};
use landside_proto::sealed::Disclosure;

use tokio::sync::oneshot;

use super::{GroupError, Reply, Writer, refused};
use crate::agents::Agent;
use crate::group::Group;
use crate::import::marks::{self, Before};
use crate::ledger::{self, Read as _};
use crate::pending::{self, PendingId, Proposed};
use crate::people::By;
use crate::registrar::TakeError;
use crate::rows::{self, SignedByRow, SignedWithRow};
use crate::store::StoreError;

/// How far ahead a statement is dated that was refused in the present second, in seconds; far below
/// what receivers allow.
const SECONDS_AHEAD_MAX: u64 = 10;

/// What this node is to sign, and what it seals in it.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The document, with the digests of what is sealed.
    pub document: Document,
    /// A disclosure of each sealed field; empty when none is.
    pub disclosures: Vec<Disclosure>,
}

impl From<Document> for Statement {
    fn from(document: Document) -> Self {
        Self { document, disclosures: Vec::new() }
    }
}

/// What became of an own document.
#[derive(Debug, Clone)]
pub struct Issued {
    /// Its id.
    pub id: DocId,
    /// Where it stands, when this node is the registrar; else it is on its way.
    pub position: Option<Position>,
}

/// What became of something said by a person.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    /// It is signed.
    Issued(Issued),
    /// It waits for a second person, or too much does.
    Proposed(Proposed),
    /// The message led to it before.
    Before(Before),
}

/// A document that a message asks for.
pub(crate) struct Imported {
    pub(crate) statement: Statement,
    /// Under what it is noted that it was made; nothing where it may be made again.
    pub(crate) mark: Option<Vec<u8>>,
    /// Who asks for it, where two persons are asked for.
    pub(crate) person: Option<Remark>,
    /// The logged-in person at whose word it is signed, if it is one.
    pub(crate) by: Option<By>,
    /// The line that is signed for, and with what.
    pub(crate) agent: Option<Arc<Agent>>,
    pub(crate) reply: oneshot::Sender<Result<Said, Refusal>>,
}

/// Notes beside a document of this group the logged-in person at whose word it was signed. The same
/// statement said again in the same second is the first one's.
pub(super) fn note_person(
    group: &mut Group<'_>,
    id: DocId,
    by: Option<&By>,
) -> Result<(), StoreError> {
    let Some(by) = by else { return Ok(()) };
    if group.get(rows::SIGNED_BY, &rows::id_key(id))?.is_none() {
        let (login, name) = (by.login.clone(), by.name.to_string());
        let (at, role) = (group.now.as_millis(), by.role.as_str().to_owned());
        let row = rows::to_row(&SignedByRow { at, login, name, role })?;
        group.put(rows::SIGNED_BY, rows::id_key(id), row);
        if let Some(with) = &by.with {
            let row = SignedWithRow { token: with.token, label: with.label.to_string() };
            group.put(rows::SIGNED_WITH, rows::id_key(id), rows::to_row(&row)?);
        }
    }
    Ok(())
}

impl Writer {
    /// Signs what a person says, or puts it up for a second person.
    pub(super) fn say(
        &mut self,
        group: &mut Group<'_>,
        statement: Statement,
        to: &[Actor],
        (person, by): (Option<Remark>, Option<By>),
    ) -> Result<Said, TakeError> {
        if pending::is_signed_off(&statement.document) {
            let detail = "approved_by is said by the second person's approval alone";
            return Err(Refusal::new(Code::TwoPersons, detail).into());
        }
        if statement.document.agent().is_some() {
            let detail = "agent is said by an import for a line alone";
            return Err(Refusal::new(Code::AgentMark, detail).into());
        }
        if self.registrar.asks_for_two(group, &statement.document)? {
            self.registrar.is_listed(group)?;
            self.registrar.may_say(group, &statement.document, &self.registrar.me)?;
            return self.registrar.propose(group, statement, person).map(Said::Proposed);
        }
        let issued = self.issue(group, statement, to)?;
        note_person(group, issued.id, by.as_ref())?;
        Ok(Said::Issued(issued))
    }

    /// Signs what a message asks for and marks that, in one commit; nothing where the mark is there.
    pub(super) fn import(
        &mut self,
        group: &mut Group<'_>,
        imported: Imported,
    ) -> Result<Reply, GroupError> {
        let Imported { statement, mark, person, by, agent, reply } = imported;
        if let Some(mark) = &mark
            && let Some(before) = marks::before(group, self.store.as_ref(), mark)?
        {
            return Ok(Reply::Issue(reply, Ok(Said::Before(before))));
        }
        let said = refused(match agent {
            Some(agent) => self.say_for(group, statement, &agent, by.as_ref()),
            None => self.say(group, statement, &[], (person, by)),
        })?;
        let made = match &said {
            Ok(Said::Issued(issued)) => Some(Some(issued.id)),
            Ok(Said::Proposed(Proposed::Waits(_))) => Some(None),
            Ok(Said::Proposed(Proposed::TooMany) | Said::Before(_)) | Err(_) => None,
        };
        if let (Some(mark), Some(document)) = (mark, made) {
            group.put(rows::IMPORTED, mark, marks::row(document)?);
        }
        Ok(Reply::Issue(reply, said))
    }

    /// Signs for a line, as its agent, and registers that. No second person is asked for: the rule is of
    /// the party that speaks, and that is the line.
    fn say_for(
        &mut self,
        group: &mut Group<'_>,
        Statement { document, disclosures }: Statement,
        agent: &Agent,
        by: Option<&By>,
    ) -> Result<Said, TakeError> {
        let sealed = envelope::seal(document, agent.issuer(), group.now, agent.signer.as_ref())?;
        // By the one door, as anybody: the edition may have ended the key since the import began.
        let ring = group.authorities.registered_by(&agent.me);
        let signed = envelope::open(sealed.shared_bytes(), &ring, group.now)?;
        let bytes: Vec<_> = disclosures.iter().map(|d| d.bytes().to_vec()).collect();
        let disclosures = Disclosure::open_every(&bytes, &signed)?;
        let id = signed.id();
        let position = match group.id_row(id)? {
            Some(row) => row.position.map(|p| p.position()).transpose()?,
            None => {
                self.lend_case(group, &signed)?;
                Some(self.registrar.register(group, &signed, &disclosures)?)
            }
        };
        note_person(group, id, by)?;
        Ok(Said::Issued(Issued { id, position }))
    }

    /// Signs a draft that a second person agrees to. One that is refused goes on waiting.
    pub(super) fn approve(
        &mut self,
        group: &mut Group<'_>,
        id: PendingId,
        (person, by): (Remark, Option<By>),
    ) -> Result<Option<Issued>, TakeError> {
        let Some(statement) = pending::agreed(group, id, person)? else { return Ok(None) };
        let issued = self.issue(group, statement, &[])?;
        note_person(group, issued.id, by.as_ref())?;
        pending::remove(group, id);
        Ok(Some(issued))
    }

    /// Signs and keeps a document of this node, and registers it or puts it on its way.
    fn issue(
        &mut self,
        group: &mut Group<'_>,
        Statement { document, disclosures }: Statement,
        to: &[Actor],
    ) -> Result<Issued, TakeError> {
        let terminal = document.visit().map(|visit| Actor::Party(visit.terminal.clone()));
        self.registrar.is_listed(group)?;
        self.registrar.may_say(group, &document, &self.registrar.me)?;
        let signed = self.sign_anew(group, document)?;
        let bytes: Vec<_> = disclosures.iter().map(|d| d.bytes().to_vec()).collect();
        let disclosures = Disclosure::open_every(&bytes, &signed)?;
        let id = signed.id();
        if let Some(row) = group.id_row(id)? {
            let position = row.position.map(|p| p.position()).transpose()?;
            return Ok(Issued { id, position });
        }
        if terminal.as_ref() == Some(&self.registrar.me) {
            self.lend_case(group, &signed)?;
            let position = Some(self.registrar.register(group, &signed, &disclosures)?);
            return Ok(Issued { id, position });
        }
        let number = group.keep(&signed, None)?;
        group.disclose(number, &disclosures);
        if signed.document().kind() == Kind::DriverCredential {
            group.enrol(&signed, number);
        }
        for peer in terminal.iter().chain(to) {
            group.send(peer, number);
        }
        Ok(Issued { id, position: None })
    }

    /// Signs a document. The same statement in the same second is the same document; one that was
    /// refused is not said again but anew, a second later: its cause may be gone.
    fn sign_anew(
        &self,
        group: &Group<'_>,
        document: Document,
    ) -> Result<Signed<Document>, TakeError> {
        let mut signed = self.registrar.seal(document.clone(), group.now)?;
        for seconds in 1..=SECONDS_AHEAD_MAX {
            let refused = ledger::answer(self.store.as_ref(), signed.id())?
                .is_some_and(|(entry, _)| entry.outcome == Outcome::Refused);
            if !refused {
                break;
            }
            let later = group.now.plus(Duration::from_secs(seconds));
            signed = self.registrar.seal(document.clone(), later)?;
        }
        Ok(signed)
    }
}
