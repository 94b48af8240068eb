//! What each driver's phone gets of this haulier's documents, with a number of its own that rises and is
//! never given twice (docs/PROTOCOL.md § 8, *who gets what*).
//!
//! The fold decides, as it does at the terminal for a device: the documents of a case are folded in their
//! order, and after each one is asked to which devices it goes. What is in a feed stays in it; what a
//! document that came late adds goes to the end. Before a document goes the rotations that its signer's key
//! rests on, as the terminal of its case registered them: a phone judges it by them.

use landside_proto::case::Case;
use landside_proto::device::{FEED_BYTES_MAX, FEED_DOCUMENTS_MAX, Feed, FeedDocument};
use landside_proto::directory::Actor;
use landside_proto::document::{Document, Role};
use landside_proto::envelope::Signed;
use landside_proto::ids::{CaseCode, PartyId};
use landside_proto::key::KeyId;

use crate::group::Group;
use crate::ledger::Read;
use crate::node::{Node, clock};
use crate::rotations;
use crate::rows;
use crate::store::{Range, Store, StoreError};

/// The number that the next document of any feed gets. Skips from device to device.
pub(crate) fn next_number(store: &dyn Store) -> Result<u64, StoreError> {
    let (mut next, mut from) = (1, Vec::new());
    loop {
        let range = Range { from: &from, ..Range::all(rows::FEED) };
        let Some((key, _)) = store.scan(&range, 1)?.into_iter().next() else { return Ok(next) };
        let (device, _) = rows::feed_parts(&key)?;
        let (first, last) = (rows::feed_key(device, 0), rows::feed_key(device, u64::MAX));
        let newest = Range::between(rows::FEED, &first, &last).descending();
        for (key, _) in store.scan(&newest, 1)? {
            next = next.max(rows::feed_parts(&key)?.1.saturating_add(1));
        }
        from = last;
    }
}

/// Puts what this group placed into the feeds of the devices it goes to. Asked once, before a commit.
pub(crate) fn feed(group: &mut Group<'_>, me: &Actor) -> Result<(), StoreError> {
    let placed = std::mem::take(&mut group.placed);
    let credentials = std::mem::take(&mut group.credentials);
    if !group.authorities.roles(me).contains(&Role::Haulier) {
        return Ok(());
    }
    for number in credentials {
        let signed = group.document(number)?.signed;
        if let (Document::DriverCredential(credential), true) =
            (signed.document(), signed.issuer() == me)
        {
            let device = credential.key.id();
            for terminal in rotations::terminals(&group.authorities) {
                put_rotations(group, device, &signed, &terminal)?;
            }
            put(group, device, &number.to_be_bytes())?;
        }
    }
    placed.into_iter().try_for_each(|code| feed_case(group, code, me))
}

fn feed_case(group: &mut Group<'_>, code: CaseCode, me: &Actor) -> Result<(), StoreError> {
    let numbers = group.numbers_of_case(code)?;
    let mut case = None;
    for (number, position) in numbers.into_values() {
        let signed = group.document(number)?.signed;
        let Some(visit) = signed.document().visit() else { continue };
        let case = case.get_or_insert_with(|| Case::empty(visit.clone(), code));
        case.apply(&signed, position);
        if let (Document::DriverBinding(binding), true) = (signed.document(), signed.issuer() == me)
        {
            for id in case.job_so_far() {
                if let Some(row) = group.id_row(id)? {
                    put_document(group, binding.driver.id(), row.number)?;
                }
            }
        }
        for device in case.devices(signed.document()) {
            if let Actor::Driver(device) = device {
                put_document(group, device, number)?;
            }
        }
    }
    Ok(())
}

/// Puts a document of a case at the end of a device's feed, behind the rotations that it is judged by.
fn put_document(group: &mut Group<'_>, device: KeyId, number: u64) -> Result<(), StoreError> {
    let signed = group.document(number)?.signed;
    if let Some(visit) = signed.document().visit() {
        put_rotations(group, device, &signed, &visit.terminal)?;
    }
    put(group, device, &number.to_be_bytes())
}

/// Puts the rotations that a signer's key rests on at the end of a device's feed: those of a terminal's log,
/// for a terminal's own keys those of its own.
fn put_rotations(
    group: &mut Group<'_>,
    device: KeyId,
    signed: &Signed<Document>,
    terminal: &PartyId,
) -> Result<(), StoreError> {
    let Some(party) = signed.issuer().party() else { return Ok(()) };
    let is_terminal = group.authorities.roles(signed.issuer()).contains(&Role::Terminal);
    let terminal = if is_terminal { party } else { terminal };
    for id in group.authorities.rotations.leading_to(terminal, party, signed.key_id()) {
        if let Some(row) = group.id_row(id)? {
            put(group, device, &rows::rotation_key(row.number, terminal))?;
        }
    }
    Ok(())
}

/// Puts a document, or a rotation as a terminal registered it, at the end of a device's feed, unless it is
/// in it.
fn put(group: &mut Group<'_>, device: KeyId, what: &[u8]) -> Result<(), StoreError> {
    let fed = rows::fed_key(device, what);
    if group.get(rows::FED, &fed)?.is_some() {
        return Ok(());
    }
    let number = group.counters.feed;
    group.counters.feed = number.saturating_add(1);
    group.put(rows::FED, fed, Vec::new());
    group.put(rows::FEED, rows::feed_key(device, number), what.to_vec());
    Ok(())
}

impl Node {
    /// What came for a device after a number: at most [`FEED_DOCUMENTS_MAX`] documents of
    /// [`FEED_BYTES_MAX`] bytes together.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn feed(&self, device: KeyId, after: u64) -> Result<Feed, StoreError> {
        self.read(move |node| {
            let (edition, _) = node.editions.chain().borrow().newest();
            let documents = documents(node.store.as_ref(), device, after)?;
            let next = documents.last().map_or(after, |last| last.number);
            Ok(Feed { next, now: clock(), edition, documents, link: None })
        })
        .await
    }

    /// Returns once any feed has grown since this was called, or was last returned from; never when the
    /// node is stopping.
    pub fn feeds(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.fed.clone()
    }
}

fn documents(
    store: &dyn Store,
    device: KeyId,
    after: u64,
) -> Result<Vec<FeedDocument>, StoreError> {
    let from = Range::after(&rows::feed_key(device, after));
    let to = rows::feed_key(device, u64::MAX);
    let mut documents = Vec::new();
    let mut bytes = 0usize;
    for (key, value) in store.scan(&Range::between(rows::FEED, &from, &to), FEED_DOCUMENTS_MAX)? {
        let (number, terminal) = rows::fed_parts(&value)?;
        let stored = Read::document(store, number)?;
        let envelope = stored.signed.bytes();
        bytes = bytes.saturating_add(envelope.len());
        if bytes > FEED_BYTES_MAX && !documents.is_empty() {
            break;
        }
        let position = match &terminal {
            Some(terminal) => rotations::registered_at(store, stored.signed.id(), terminal)?,
            None => {
                let position =
                    Read::id_row(store, stored.signed.id())?.and_then(|row| row.position);
                position.map(|position| position.position()).transpose()?
            }
        };
        documents.push(FeedDocument {
            number: rows::feed_parts(&key)?.1,
            at: position.map_or(stored.received_at, |position| position.at),
            code: position.and_then(|position| position.case).map(|case| case.code),
            envelope: envelope.to_vec().into(),
            log: position.filter(|_| terminal.is_some()).map(|position| position.log),
            terminal,
        });
    }
    Ok(documents)
}
