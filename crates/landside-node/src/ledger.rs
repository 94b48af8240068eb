//! Reading what the store holds: documents, cases, what waits for whom.

use landside_proto::case::Case;
use landside_proto::directory::{Actor, Drivers};
use landside_proto::document::{Document, Entry, Position, Visit};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::{BillNo, CaseCode, ContainerNo, DocId, UnixMillis};
use landside_proto::sealed::{Disclosure, SealedFields};

use crate::rows;
use crate::store::{Range, Row, Store, StoreError, Table};

/// Rows read at once in a scan; bounds memory, not results.
pub(crate) const PAGE: usize = 256;

/// Rows to read: those of the store, or those of the store with a group's changes on top.
pub(crate) trait Read {
    /// The value under a key.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Where a document is.
    fn id_row(&self, id: DocId) -> Result<Option<rows::IdRow>, StoreError> {
        self.get(rows::IDS, &rows::id_key(id))?.map(|row| rows::from_row(&row)).transpose()
    }

    /// A document by its number here.
    fn document(&self, number: u64) -> Result<Stored, StoreError> {
        let row = self
            .get(rows::DOCUMENTS, &number.to_be_bytes())?
            .ok_or_else(|| rows::damaged(format!("document {number} is missing")))?;
        let (received_at, bytes) = rows::document_parts(&row)?;
        let signed = envelope::reopen(bytes).map_err(rows::damaged)?;
        Ok(Stored { signed, received_at })
    }

    /// What this node may read of a document's sealed fields.
    fn disclosures(
        &self,
        number: u64,
        signed: &Signed<Document>,
    ) -> Result<Vec<Disclosure>, StoreError> {
        let mut disclosures = Vec::new();
        for field in signed.document().sealed().into_iter().flat_map(SealedFields::fields) {
            let key = rows::disclosure_key(number, field);
            if let Some(bytes) = self.get(rows::DISCLOSURES, &key)? {
                disclosures.push(Disclosure::open(&bytes, signed).map_err(rows::damaged)?);
            }
        }
        Ok(disclosures)
    }

    /// The newest case of a container at a terminal.
    fn newest_case(&self, visit: &Visit) -> Result<Option<CaseCode>, StoreError> {
        self.code_under(rows::CONTAINERS, &rows::container_key(visit.container, &visit.terminal))
    }

    /// The newest case of a container and bill at a terminal.
    fn case_of_bill(&self, visit: &Visit, bill: &BillNo) -> Result<Option<CaseCode>, StoreError> {
        self.code_under(rows::BILLS, &rows::bill_key(visit.container, bill, &visit.terminal))
    }

    /// A case code stored under a key.
    fn code_under(&self, table: Table, key: &[u8]) -> Result<Option<CaseCode>, StoreError> {
        let Some(row) = self.get(table, key)? else { return Ok(None) };
        let text = std::str::from_utf8(&row).map_err(rows::damaged)?;
        CaseCode::parse(text).map(Some).map_err(rows::damaged)
    }
}

impl Read for dyn Store {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Store::get(self, table, key)
    }
}

/// A document as this node keeps it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The document.
    pub signed: Signed<Document>,
    /// When it came here.
    pub received_at: UnixMillis,
}

/// A case folded from its documents.
#[derive(Debug, Clone)]
pub(crate) struct LoadedCase {
    /// The state.
    pub(crate) case: Case,
    /// Numbers of its documents here, by place.
    pub(crate) numbers: Vec<u64>,
    /// Whether a document between is still missing here.
    pub(crate) incomplete: bool,
}

/// The case of a code, folded; `None` for a code not known here.
pub(crate) fn load_case(
    store: &dyn Store,
    code: CaseCode,
) -> Result<Option<LoadedCase>, StoreError> {
    let Some(row) = Store::get(store, rows::CASES, code.as_str().as_bytes())? else {
        return Ok(None);
    };
    let visit = rows::from_row::<rows::CaseRow>(&row)?.visit()?;
    let mut loaded =
        LoadedCase { case: Case::empty(visit, code), numbers: Vec::new(), incomplete: false };
    for (stored, position, number) in case_documents(store, code)? {
        let place = position.case.map_or(0, |case| case.place);
        let gap = u32::try_from(loaded.numbers.len()) != Ok(place);
        loaded.case.apply(&stored.signed, position);
        // A part has gaps by its nature.
        loaded.incomplete |= gap && !loaded.case.part;
        loaded.numbers.push(number);
    }
    Ok(Some(loaded))
}

/// Every document of a case, by place. A case is bounded by
/// [`landside_proto::case::CASE_DOCS_MAX`].
pub(crate) fn case_documents(
    store: &dyn Store,
    code: CaseCode,
) -> Result<Vec<(Stored, Position, u64)>, StoreError> {
    let (from, to) = (rows::place_key(code, 0), rows::place_key(code, u32::MAX));
    let range = Range::between(rows::PLACES, &from, &to);
    let mut documents = Vec::new();
    for (key, value) in store.scan(&range, landside_proto::case::CASE_DOCS_MAX)? {
        let place = key.get(code.as_str().len()..).unwrap_or_default();
        let place = u32::from_be_bytes(place.try_into().map_err(rows::damaged)?);
        let row: rows::PlaceRow = rows::from_row(&value)?;
        let stored = Read::document(store, row.number)?;
        documents.push((stored, row.position(code, place), row.number));
    }
    Ok(documents)
}

/// Codes of all cases of a container, newest of each terminal.
pub(crate) fn cases_of_container(
    store: &dyn Store,
    container: ContainerNo,
) -> Result<Vec<CaseCode>, StoreError> {
    let from = container.as_str().as_bytes();
    let mut to = from.to_vec();
    to.push(0xff);
    let rows = store.scan(&Range::between(rows::CONTAINERS, from, &to), PAGE)?;
    rows.iter().map(|(_, code)| code_of(code)).collect()
}

/// Codes of all cases, a page at a time.
pub(crate) fn case_codes(
    store: &dyn Store,
    after: Option<CaseCode>,
    limit: usize,
) -> Result<Vec<CaseCode>, StoreError> {
    let from = after.map(|code| Range::after(code.as_str().as_bytes())).unwrap_or_default();
    let range = Range { from: &from, ..Range::all(rows::CASES) };
    store.scan(&range, limit)?.iter().map(|(code, _)| code_of(code)).collect()
}

fn code_of(bytes: &[u8]) -> Result<CaseCode, StoreError> {
    CaseCode::parse(std::str::from_utf8(bytes).map_err(rows::damaged)?).map_err(rows::damaged)
}

/// The registrar's answer to an own document, with the receipt that proves it.
pub(crate) fn answer(
    store: &dyn Store,
    id: DocId,
) -> Result<Option<(Entry, Signed<Document>)>, StoreError> {
    let Some(row) = Store::get(store, rows::ANSWERS, &rows::id_key(id))? else { return Ok(None) };
    let row: rows::AnswerRow = rows::from_row(&row)?;
    let receipt = Read::document(store, row.receipt)?.signed;
    let entry = match receipt.document() {
        Document::Receipt(r) => usize::try_from(row.entry).ok().and_then(|at| r.entries.get(at)),
        _ => None,
    };
    let entry = entry.cloned().ok_or_else(|| rows::damaged("answer names no entry"))?;
    Ok(Some((entry, receipt)))
}

/// Documents that wait for a peer after a number: outbox number and document number.
pub(crate) fn waiting(
    store: &dyn Store,
    peer: &Actor,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, u64)>, StoreError> {
    let from = match after {
        None => rows::outbox_from(peer),
        Some(last) => Range::after(&rows::outbox_key(peer, last)),
    };
    let to = rows::outbox_to(peer);
    let rows = store.scan(&Range::between(rows::OUTBOX, &from, &to), limit)?;
    rows.iter().map(|(key, value)| Ok((rows::outbox_parts(key)?.1, rows::number(value)?))).collect()
}

/// Every peer that something waits for. Skips from peer to peer, so it is cheap however much waits.
pub(crate) fn peers_waited_for(store: &dyn Store) -> Result<Vec<Actor>, StoreError> {
    let mut peers = Vec::new();
    let mut from = Vec::new();
    loop {
        let range = Range { from: &from, ..Range::all(rows::OUTBOX) };
        let Some((key, _)) = store.scan(&range, 1)?.into_iter().next() else { return Ok(peers) };
        let (peer, _) = rows::outbox_parts(&key)?;
        from = rows::outbox_to(&peer);
        peers.push(peer);
    }
}

/// The drivers, from every credential kept here.
pub(crate) fn drivers(store: &dyn Store) -> Result<Drivers, StoreError> {
    let mut drivers = Drivers::default();
    for_each_row(store, rows::CREDENTIALS, |(_, number)| {
        drivers.apply(&Read::document(store, rows::number(number)?)?.signed);
        Ok(())
    })?;
    Ok(drivers)
}

/// Number after the last row of a table whose keys are numbers.
pub(crate) fn next_number(store: &dyn Store, table: Table) -> Result<u64, StoreError> {
    let last = store.scan(&Range::all(table).descending(), 1)?.into_iter().next();
    last.map_or(Ok(0), |(key, _)| rows::number(&key).map(|last| last.saturating_add(1)))
}

/// Visits every row of a table, a page at a time.
pub(crate) fn for_each_row(
    store: &dyn Store,
    table: Table,
    mut visit: impl FnMut((&[u8], &[u8])) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut from = Vec::new();
    loop {
        let page: Vec<Row> = store.scan(&Range { from: &from, ..Range::all(table) }, PAGE)?;
        for (key, value) in &page {
            visit((key, value))?;
        }
        match page.last() {
            Some((key, _)) if page.len() == PAGE => from = Range::after(key),
            _ => return Ok(()),
        }
    }
}

/// When the oldest document that waits for a peer was made.
pub(crate) fn oldest_waiting(
    store: &dyn Store,
    peer: &Actor,
) -> Result<Option<UnixMillis>, StoreError> {
    let Some((_, document)) = waiting(store, peer, None, 1)?.into_iter().next() else {
        return Ok(None);
    };
    Read::document(store, document).map(|stored| Some(stored.received_at))
}

/// How many documents wait for a peer.
pub(crate) fn count_waiting(store: &dyn Store, peer: &Actor) -> Result<usize, StoreError> {
    let (mut from, to) = (rows::outbox_from(peer), rows::outbox_to(peer));
    let mut count = 0usize;
    loop {
        let page = store.scan(&Range::between(rows::OUTBOX, &from, &to), PAGE)?;
        count = count.saturating_add(page.len());
        match page.last() {
            Some((key, _)) if page.len() == PAGE => from = Range::after(key),
            _ => return Ok(count),
        }
    }
}
