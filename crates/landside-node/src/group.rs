//! One commit group: the changes of several commands, seen by the later ones before they are durable.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use landside_proto::directory::{Actor, Authorities};
use landside_proto::document::{Document, Kind, Position};
use landside_proto::envelope::Signed;
use landside_proto::ids::{CaseCode, DocId, UnixMillis};
use landside_proto::merkle::Frontier;
use landside_proto::sealed::Disclosure;

use crate::event::Event;
use crate::feed;
use crate::ledger::{self, LoadedCase, Read};
use crate::log;
use crate::metrics::Noted;
use crate::rows;
use crate::store::{Batch, Range, Row, Store, StoreError, Table};

/// The numbers that the next rows get, and the log they go on.
#[derive(Debug, Clone)]
pub(crate) struct Counters {
    pub(crate) document: u64,
    /// The tree of the log: its size is the next index.
    pub(crate) tree: Frontier,
    pub(crate) outbox: u64,
    pub(crate) credential: u64,
    pub(crate) out_file: u64,
    pub(crate) pending: u64,
    /// The next number in any phone's feed.
    pub(crate) feed: u64,
    /// The next number of a request that names itself.
    pub(crate) repeat: u64,
    /// The next number of an event that is kept; numbers begin at 1.
    pub(crate) event: u64,
    /// How many drafts wait for a second person.
    pub(crate) waiting_for_person: usize,
}

impl Counters {
    pub(crate) fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let mut outbox = 0;
        for peer in ledger::peers_waited_for(store)? {
            let (from, to) = (rows::outbox_from(&peer), rows::outbox_to(&peer));
            let range = Range::between(rows::OUTBOX, &from, &to).descending();
            for (key, _) in store.scan(&range, 1)? {
                outbox = outbox.max(rows::outbox_parts(&key)?.1.saturating_add(1));
            }
        }
        let mut waiting_for_person = 0;
        ledger::for_each_row(store, rows::PENDING, |_| {
            waiting_for_person += 1;
            Ok(())
        })?;
        Ok(Self {
            document: ledger::next_number(store, rows::DOCUMENTS)?,
            tree: log::tree(store)?,
            outbox,
            credential: ledger::next_number(store, rows::CREDENTIALS)?,
            out_file: ledger::next_number(store, rows::OUT_FILES)?,
            pending: ledger::next_number(store, rows::PENDING)?,
            feed: feed::next_number(store)?,
            repeat: ledger::next_number(store, rows::REPEATS_IN_ORDER)?,
            event: ledger::next_number(store, rows::EVENTS)?.max(1),
            waiting_for_person,
        })
    }
}

/// Changes on top of the store, not yet committed.
pub(crate) struct Group<'a> {
    store: &'a dyn Store,
    batch: Batch,
    changed: HashMap<(Table, Vec<u8>), Option<Vec<u8>>>,
    cases: HashMap<CaseCode, LoadedCase>,
    pub(crate) counters: Counters,
    /// Who is who, with the credentials of this group.
    pub(crate) authorities: Authorities,
    pub(crate) now: UnixMillis,
    /// Numbers of the credentials that came into force.
    pub(crate) credentials: Vec<u64>,
    /// Cases in which a document found its place.
    pub(crate) placed: BTreeSet<CaseCode>,
    /// Whether a credential of this group changed the drivers.
    pub(crate) drivers_changed: bool,
    /// Whether a rotation of this group changed the keys of a party.
    pub(crate) rotations_changed: bool,
    /// Trouble with the store where no caller could take it: the group is not committed.
    pub(crate) trouble: Option<StoreError>,
    /// Peers for whom something new waits.
    pub(crate) woken: BTreeSet<Actor>,
    /// What happened, told after the commit.
    pub(crate) events: Vec<Event>,
    /// Kinds and signers of the documents kept.
    pub(crate) kept: Vec<(Kind, Actor)>,
    /// What is counted, after the commit.
    pub(crate) noted: Vec<Noted>,
}

impl Read for Group<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.changed.get(&(table, key.to_vec())) {
            Some(value) => Ok(value.clone()),
            None => Store::get(self.store, table, key),
        }
    }
}

impl<'a> Group<'a> {
    pub(crate) fn new(
        store: &'a dyn Store,
        counters: Counters,
        authorities: Authorities,
        now: UnixMillis,
    ) -> Self {
        Self {
            store,
            batch: Batch::new(),
            changed: HashMap::new(),
            cases: HashMap::new(),
            counters,
            authorities,
            now,
            credentials: Vec::new(),
            placed: BTreeSet::new(),
            drivers_changed: false,
            rotations_changed: false,
            trouble: None,
            woken: BTreeSet::new(),
            events: Vec::new(),
            kept: Vec::new(),
            noted: Vec::new(),
        }
    }

    pub(crate) fn put(&mut self, table: Table, key: impl Into<Vec<u8>>, value: Vec<u8>) {
        let key = key.into();
        self.changed.insert((table, key.clone()), Some(value.clone()));
        self.batch.put(table, key, value);
    }

    pub(crate) fn delete(&mut self, table: Table, key: impl Into<Vec<u8>>) {
        let key = key.into();
        self.changed.insert((table, key.clone()), None);
        self.batch.delete(table, key);
    }

    /// The first rows of a table as they were before this group; those it deleted are left out.
    pub(crate) fn first_rows(&self, table: Table, limit: usize) -> Result<Vec<Row>, StoreError> {
        let mut rows = self.store.scan(&Range::all(table), limit)?;
        rows.retain(|(key, _)| !matches!(self.changed.get(&(table, key.clone())), Some(None)));
        Ok(rows)
    }

    /// Numbers of a case's documents by place, those of this group among them.
    pub(crate) fn numbers_of_case(
        &self,
        code: CaseCode,
    ) -> Result<BTreeMap<u32, (u64, Position)>, StoreError> {
        let (from, to) = (rows::place_key(code, 0), rows::place_key(code, u32::MAX));
        let range = Range::between(rows::PLACES, &from, &to);
        let mut found = self.store.scan(&range, landside_proto::case::CASE_DOCS_MAX)?;
        let changed = self.changed.iter().filter(|((table, key), _)| {
            *table == rows::PLACES && key.starts_with(code.as_str().as_bytes())
        });
        found.extend(changed.filter_map(|((_, key), row)| Some((key.clone(), row.clone()?))));
        let mut numbers = BTreeMap::new();
        for (key, row) in found {
            let place = key.get(code.as_str().len()..).unwrap_or_default();
            let place = u32::from_be_bytes(place.try_into().map_err(rows::damaged)?);
            let row: rows::PlaceRow = rows::from_row(&row)?;
            numbers.insert(place, (row.number, row.position(code, place)));
        }
        Ok(numbers)
    }

    /// Places of a case that this group filled first.
    pub(crate) fn places_added(&self, code: CaseCode) -> Result<BTreeSet<u32>, StoreError> {
        let mut added = BTreeSet::new();
        for ((table, key), row) in &self.changed {
            let place = key.strip_prefix(code.as_str().as_bytes());
            let (Some(place), true, Some(_)) = (place, *table == rows::PLACES, row) else {
                continue;
            };
            if Store::get(self.store, rows::PLACES, key)?.is_none() {
                added.insert(u32::from_be_bytes(place.try_into().map_err(rows::damaged)?));
            }
        }
        Ok(added)
    }

    /// Lets the batch use the last of the disk.
    pub(crate) fn essential(&mut self) {
        self.batch.essential();
    }

    pub(crate) fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The cases changed here, for the cache of the next groups.
    pub(crate) fn into_cases(self) -> HashMap<CaseCode, LoadedCase> {
        self.cases
    }

    /// Puts a case from the cache, unless this group has it already.
    pub(crate) fn lend_case(&mut self, code: CaseCode, case: impl FnOnce() -> Option<LoadedCase>) {
        if !self.cases.contains_key(&code)
            && let Some(case) = case()
        {
            self.cases.insert(code, case);
        }
    }

    /// A case to change; `None` for a code not known here.
    pub(crate) fn case(&mut self, code: CaseCode) -> Result<Option<&mut LoadedCase>, StoreError> {
        if !self.cases.contains_key(&code) {
            let Some(loaded) = ledger::load_case(self.store, code)? else { return Ok(None) };
            self.cases.insert(code, loaded);
        }
        Ok(self.cases.get_mut(&code))
    }

    pub(crate) fn insert_case(&mut self, code: CaseCode, case: LoadedCase) {
        self.cases.insert(code, case);
    }

    /// Forgets a folded case: its documents arrived out of order and it must be folded anew.
    pub(crate) fn forget_case(&mut self, code: CaseCode) {
        self.cases.remove(&code);
    }

    /// Keeps a document's bytes and index; gives its number.
    pub(crate) fn keep(
        &mut self,
        signed: &Signed<Document>,
        position: Option<Position>,
    ) -> Result<u64, StoreError> {
        let number = self.counters.document;
        self.counters.document = number.saturating_add(1);
        let row = rows::document_row(self.now, signed.bytes());
        self.put(rows::DOCUMENTS, number.to_be_bytes(), row);
        self.index(signed.id(), number, position)?;
        self.kept.push((signed.document().kind(), signed.issuer().clone()));
        Ok(number)
    }

    /// The same with a position of its own here, whoever gave the document another one before.
    pub(crate) fn keep_at(
        &mut self,
        signed: &Signed<Document>,
        position: Position,
    ) -> Result<u64, StoreError> {
        match self.id_row(signed.id())? {
            Some(row) => self.index(signed.id(), row.number, Some(position)).map(|()| row.number),
            None => self.keep(signed, Some(position)),
        }
    }

    /// Keeps what this node may read of a document's sealed fields.
    pub(crate) fn disclose(&mut self, number: u64, disclosures: &[Disclosure]) {
        for disclosure in disclosures {
            let key = rows::disclosure_key(number, disclosure.field());
            self.put(rows::DISCLOSURES, key, disclosure.bytes().to_vec());
        }
    }

    /// Writes where a document is.
    pub(crate) fn index(
        &mut self,
        id: DocId,
        number: u64,
        position: Option<Position>,
    ) -> Result<(), StoreError> {
        let row = rows::IdRow { number, position: position.map(Into::into) };
        self.put(rows::IDS, rows::id_key(id), rows::to_row(&row)?);
        let Some((position, case)) = position.and_then(|p| p.case.map(|case| (p, case))) else {
            return Ok(());
        };
        self.placed.insert(case.code);
        let place = rows::to_row(&rows::PlaceRow::new(number, position))?;
        self.put(rows::PLACES, rows::place_key(case.code, case.place), place);
        Ok(())
    }

    /// Writes the indexes by which a case is found.
    pub(crate) fn index_case(
        &mut self,
        code: CaseCode,
        document: &Document,
    ) -> Result<(), StoreError> {
        let Some(visit) = document.visit() else { return Ok(()) };
        let text = code.as_str().as_bytes().to_vec();
        if let Some(bill) = document.bill() {
            self.put(
                rows::BILLS,
                rows::bill_key(visit.container, bill, &visit.terminal),
                text.clone(),
            );
        }
        if self.get(rows::CASES, &text)?.is_none() {
            let row = rows::to_row(&rows::CaseRow::new(visit))?;
            self.put(rows::CASES, text.clone(), row);
            self.put(rows::CONTAINERS, rows::container_key(visit.container, &visit.terminal), text);
        }
        Ok(())
    }

    /// Takes a credential into force.
    pub(crate) fn enrol(&mut self, signed: &Signed<Document>, number: u64) {
        let at = self.counters.credential;
        self.counters.credential = at.saturating_add(1);
        self.put(rows::CREDENTIALS, at.to_be_bytes(), number.to_be_bytes().to_vec());
        self.credentials.push(number);
        Arc::make_mut(&mut self.authorities.drivers).apply(signed);
        self.drivers_changed = true;
    }

    /// Puts a document in the outbox of a peer, behind the rotations that its signer's key rests on: a
    /// reader judges it by them.
    pub(crate) fn send(&mut self, peer: &Actor, number: u64) {
        if let Some(me) = self.authorities.rotations.home().cloned()
            && let Err(error) = self.tell_of_signer(&me, peer, number)
        {
            self.trouble.get_or_insert(error);
        }
        self.put_out(peer, number);
    }

    pub(crate) fn put_out(&mut self, peer: &Actor, number: u64) {
        let at = self.counters.outbox;
        self.counters.outbox = at.saturating_add(1);
        self.put(rows::OUTBOX, rows::outbox_key(peer, at), number.to_be_bytes().to_vec());
        self.woken.insert(peer.clone());
    }
}
