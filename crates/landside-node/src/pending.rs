//! Two persons: drafts that wait for a second one before they are signed.
//!
//! The rule is the party's own (`dual_control` in its config) and is kept here, in the one place
//! where this node signs what people say. Who the persons are is not known here: they are names,
//! as the command on this machine gave them.

use std::fmt;
use std::time::Duration;

use landside_proto::document::{
    Document, Kind, ReleaseAction, ReleaseChange, ReleaseOrder, Remark, TwoPersons, Visit,
    is_same_person,
};
use landside_proto::ids::{Hash32, UnixMillis};
use landside_proto::refusal::{Code, Refusal};
use landside_proto::sealed::Disclosure;

use crate::group::Group;
use crate::ledger::{self, LoadedCase, Read as _};
use crate::registrar::{Registrar, TakeError};
use crate::rows::{self, PendingRow};
use crate::store::{Store, StoreError, VALUE_MAX};
use crate::writer::Statement;

/// Most drafts that wait: a full vessel's orders, and bounds what an import adds to the disk.
pub(crate) const PENDING_MAX: usize = 10_000;

/// How long a draft waits: over a weekend, not until nobody knows what it was about.
pub(crate) const PENDING_LIFE: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Most drafts too old that are cleared away for one new one.
const CLEARED_MAX: usize = 64;

/// Bytes of a row's hash in the name of a draft.
const CHECK_LEN: usize = 4;

/// The name of a draft: its number, and a hash of what it says, so that nobody approves another
/// draft than the one that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PendingId {
    number: u64,
    check: [u8; CHECK_LEN],
}

impl PendingId {
    fn of(number: u64, row: &[u8]) -> Self {
        let mut check = [0; CHECK_LEN];
        for (to, from) in check.iter_mut().zip(Hash32::of(row).as_bytes()) {
            *to = *from;
        }
        Self { number, check }
    }

    /// Reads the text that [`PendingId`] prints as.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (number, check) = text.trim().split_once('-')?;
        let check = data_encoding::HEXLOWER_PERMISSIVE.decode(check.as_bytes()).ok()?;
        Some(Self { number: number.parse().ok()?, check: check.try_into().ok()? })
    }
}

impl fmt::Display for PendingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.number, data_encoding::HEXLOWER.encode(&self.check))
    }
}

/// A draft that waits for a second person.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) id: PendingId,
    /// When it was asked for.
    pub(crate) at: UnixMillis,
    /// Who asked.
    pub(crate) person: Remark,
    /// What is to be signed, and what is sealed in it.
    pub(crate) statement: Statement,
}

impl Pending {
    /// From when on nobody can approve it any more.
    pub(crate) fn until(&self) -> UnixMillis {
        self.at.plus(PENDING_LIFE)
    }

    pub(crate) fn read(number: u64, bytes: &[u8]) -> Result<Self, StoreError> {
        let row: PendingRow = rows::from_row(bytes)?;
        let kind = Kind::parse(&row.kind).ok_or_else(|| rows::damaged("kind of a draft"))?;
        let document = Document::read(kind, &row.payload).map_err(rows::damaged)?;
        let disclosures =
            Disclosure::open_draft(&row.disclosures, &document).map_err(rows::damaged)?;
        Ok(Self {
            id: PendingId::of(number, bytes),
            at: UnixMillis::from_millis(row.at),
            person: Remark::parse(row.person).map_err(rows::damaged)?,
            statement: Statement { document, disclosures },
        })
    }

    /// What is to be signed, with both persons in it. No digest of a sealed field depends on them.
    ///
    /// # Errors
    /// [`Code::SamePerson`].
    fn approved_by(self, person: Remark) -> Result<Statement, Refusal> {
        if is_same_person(&self.person, &person) {
            let detail = format!("{person} asked for it");
            return Err(Refusal::new(Code::SamePerson, detail));
        }
        let two = Some(TwoPersons { asked: self.person, agreed: person });
        let Statement { document, disclosures } = self.statement;
        let document = match document {
            Document::ReleaseOrder(order) => ReleaseOrder { approved_by: two, ..order }.into(),
            Document::Override(d) => {
                landside_proto::document::Override { approved_by: two, ..d }.into()
            }
            other => other,
        };
        Ok(Statement { document, disclosures })
    }
}

/// Every draft that waits and is not too old, oldest first.
pub(crate) fn all(store: &dyn Store, now: UnixMillis) -> Result<Vec<Pending>, StoreError> {
    let mut drafts = Vec::new();
    ledger::for_each_row(store, rows::PENDING, |(key, row)| {
        drafts.push(Pending::read(rows::number(key)?, row)?);
        Ok(())
    })?;
    drafts.retain(|draft| draft.until() > now);
    Ok(drafts)
}

/// One draft that waits, unless it is too old.
pub(crate) fn one(
    store: &dyn Store,
    id: PendingId,
    now: UnixMillis,
) -> Result<Option<Pending>, StoreError> {
    let row = Store::get(store, rows::PENDING, &id.number.to_be_bytes())?;
    let draft = row.map(|row| Pending::read(id.number, &row)).transpose()?;
    Ok(draft.filter(|draft| draft.id == id && draft.until() > now))
}

/// What became of a draft that was put up for a second person.
#[derive(Debug, Clone)]
pub(crate) enum Proposed {
    /// It waits.
    Waits(Box<Pending>),
    /// [`PENDING_MAX`] wait already.
    TooMany,
}

impl Registrar {
    /// Whether this party's own rule asks for two persons at all.
    pub(crate) fn wants_two(&self) -> bool {
        let rule = &self.config.dual_control;
        rule.release || rule.overriding
    }

    /// Whether this party's own rule asks for two persons before it signs a document.
    ///
    /// # Errors
    /// The document would go round the rule.
    pub(crate) fn asks_for_two(
        &self,
        group: &mut Group<'_>,
        document: &Document,
    ) -> Result<bool, TakeError> {
        let rule = &self.config.dual_control;
        match document {
            Document::Override(d) => Ok(rule.overriding && !d.withdraws()),
            Document::ReleaseOrder(d) if rule.release => {
                Ok(!self.released_to(group, &d.visit, |own| own == d.terms.release_to.as_str())?)
            }
            Document::ReleaseChange(d) if rule.release && d.action == ReleaseAction::Replace => {
                self.keeps_the_party(group, d).map(|()| false)
            }
            _ => Ok(false),
        }
    }

    /// Whether an own release of the container stands to a party that `is` the one.
    fn released_to(
        &self,
        group: &mut Group<'_>,
        visit: &Visit,
        is: impl Fn(&str) -> bool,
    ) -> Result<bool, StoreError> {
        let Some(code) = group.newest_case(visit)? else { return Ok(false) };
        let Some(LoadedCase { case, .. }) = group.case(code)? else { return Ok(false) };
        let mut own = case.releases.values().filter(|r| Some(&r.line) == self.party());
        Ok(!case.is_closed() && own.any(|r| r.stands() && is(r.terms.release_to.as_str())))
    }

    /// A change that gives the container to another party would be a first release by one person.
    fn keeps_the_party(&self, group: &mut Group<'_>, d: &ReleaseChange) -> Result<(), TakeError> {
        let to = d.terms.as_ref().map(|terms| terms.release_to.as_str());
        if self.released_to(group, &d.visit, |own| to == Some(own))? {
            return Ok(());
        }
        let detail = "it gives the release to another party: cancel, and release anew";
        Err(Refusal::new(Code::TwoPersons, detail).into())
    }

    /// Puts a draft up for a second person, once it is seen that it could be signed now.
    pub(crate) fn propose(
        &self,
        group: &mut Group<'_>,
        statement: Statement,
        person: Option<Remark>,
    ) -> Result<Proposed, TakeError> {
        let document = &statement.document;
        let person = match document {
            Document::Override(d) => Some(d.person.clone()),
            _ => person,
        };
        let Some(person) = person else {
            let detail = format!("a {} here", document.kind().as_str());
            return Err(Refusal::new(Code::TwoPersons, detail).into());
        };
        let signed = self.seal(document.clone(), group.now)?;
        let disclosures: Vec<_> =
            statement.disclosures.iter().map(|d| d.bytes().to_vec()).collect();
        Disclosure::open_every(&disclosures, &signed)?;
        if document.visit().map(|visit| &visit.terminal) == self.party() {
            self.judged(group, &signed)?;
        }
        clear_old(group)?;
        if group.counters.waiting_for_person >= PENDING_MAX {
            return Ok(Proposed::TooMany);
        }
        let kind = document.kind().as_str().to_owned();
        let payload = document.to_cbor().map_err(|_| Refusal::new(Code::Malformed, "payload"))?;
        let at = group.now;
        let (ms, name) = (at.as_millis(), person.to_string());
        let row = rows::to_row(&PendingRow { at: ms, person: name, kind, payload, disclosures })?;
        if row.len() > VALUE_MAX {
            return Err(
                Refusal::new(Code::TooLarge, format!("{} bytes as a draft", row.len())).into()
            );
        }
        let number = group.counters.pending;
        group.counters.pending = number.saturating_add(1);
        group.counters.waiting_for_person += 1;
        let id = PendingId::of(number, &row);
        group.put(rows::PENDING, number.to_be_bytes(), row);
        Ok(Proposed::Waits(Box::new(Pending { id, at, person, statement })))
    }
}

/// A draft that still waits.
pub(crate) fn find(group: &Group<'_>, id: PendingId) -> Result<Option<Pending>, StoreError> {
    let Some(row) = group.get(rows::PENDING, &id.number.to_be_bytes())? else { return Ok(None) };
    let pending = Pending::read(id.number, &row)?;
    Ok(Some(pending).filter(|pending| pending.id == id && pending.until() > group.now))
}

/// What is to be signed now that a second person agrees; `None` when no such draft waits.
pub(crate) fn agreed(
    group: &Group<'_>,
    id: PendingId,
    person: Remark,
) -> Result<Option<Statement>, TakeError> {
    match find(group, id)? {
        Some(pending) => Ok(Some(pending.approved_by(person)?)),
        None => Ok(None),
    }
}

/// A draft waits no more.
pub(crate) fn remove(group: &mut Group<'_>, id: PendingId) {
    group.delete(rows::PENDING, id.number.to_be_bytes());
    group.counters.waiting_for_person = group.counters.waiting_for_person.saturating_sub(1);
}

/// Takes a draft away that still waits.
pub(crate) fn take(group: &mut Group<'_>, id: PendingId) -> Result<Option<Pending>, StoreError> {
    let draft = find(group, id)?;
    if draft.is_some() {
        remove(group, id);
    }
    Ok(draft)
}

/// Whether somebody put names of persons into a draft: only an approval does.
pub(crate) fn is_signed_off(document: &Document) -> bool {
    match document {
        Document::ReleaseOrder(d) => d.approved_by.is_some(),
        Document::Override(d) => d.approved_by.is_some(),
        _ => false,
    }
}

/// Clears away drafts that are too old, which are the first.
fn clear_old(group: &mut Group<'_>) -> Result<(), StoreError> {
    let too_old = |row: &[u8], now: UnixMillis| -> Result<bool, StoreError> {
        let row: PendingRow = rows::from_row(row)?;
        Ok(UnixMillis::from_millis(row.at).plus(PENDING_LIFE) <= now)
    };
    match group.first_rows(rows::PENDING, 1)?.first() {
        Some((_, row)) if too_old(row, group.now)? => {}
        _ => return Ok(()),
    }
    for (key, row) in group.first_rows(rows::PENDING, CLEARED_MAX)? {
        if !too_old(&row, group.now)? {
            break;
        }
        remove(group, PendingId::of(rows::number(&key)?, &row));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
