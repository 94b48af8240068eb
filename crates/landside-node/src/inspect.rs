//! A stopped node looked through: every document verified anew, every index against what it indexes.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use landside_proto::directory::{Actor, Authorities};
use landside_proto::document::{Document, Kind};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::UnixMillis;
use landside_proto::log;
use landside_proto::merkle::{self, Frontier};
use landside_proto::refusal::Code;
use landside_proto::sealed::{Disclosure, SealedFields};

use crate::home::{Home, HomeError};
use crate::ledger::{self, Read};
use crate::log::Tiles;
use crate::node::clock;
use crate::pending::Pending;
use crate::rows;
use crate::store::{OpenError, SledStore, Store, StoreError, StoreOptions};

/// Most problems listed; more are only counted.
pub const PROBLEMS_MAX: usize = 100;

/// What [`fsck`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FsckReport {
    /// Documents whose signature was verified anew.
    pub documents: u64,
    /// Receipts among them.
    pub receipts: u64,
    /// Documents whose signer the directory in force no longer lists: sound when they came, and
    /// not to be verified with today's keys.
    pub signer_gone: u64,
    /// Cases folded.
    pub cases: u64,
    /// Documents that wait for a peer.
    pub waiting: u64,
    /// Sealed fields disclosed here, each held against its document anew.
    pub disclosures: u64,
    /// What is wrong, in words.
    pub problems: Vec<String>,
}

/// A home cannot be looked through.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The home is wrong.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The store cannot be opened; a running node holds it.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks through the home of a stopped node. Changes nothing.
///
/// # Errors
/// [`InspectError`]; what is wrong with documents is in the report.
pub fn fsck(home: &Home) -> Result<FsckReport, InspectError> {
    let directory = home.directory(clock())?;
    let options = StoreOptions { create: false, ..StoreOptions::default() };
    let store = SledStore::open(home.store_dir(), options)?;
    store.verify()?;
    let store: &dyn Store = &store;
    let (me, report) = (home.actor()?, FsckReport::default());
    let authorities = crate::rotations::authorities(directory, store, &me)?;
    let mut check = Check { me, store, authorities, report };
    check.documents()?;
    check.log()?;
    check.disclosures()?;
    check.cases()?;
    check.outbox()?;
    check.pending()?;
    check.signed_by()?;
    check.feeds()?;
    Ok(check.report)
}

struct Check<'a> {
    me: Actor,
    store: &'a dyn Store,
    authorities: Authorities,
    report: FsckReport,
}

impl Check<'_> {
    fn problem(&mut self, text: String) {
        if self.report.problems.len() < PROBLEMS_MAX {
            self.report.problems.push(text);
        }
    }

    /// Every document: its signature, its id in the index, no gap in the numbers.
    fn documents(&mut self) -> Result<(), StoreError> {
        let mut expected = 0;
        let store = self.store;
        ledger::for_each_row(store, rows::DOCUMENTS, |(key, value)| {
            let number = rows::number(key)?;
            if number != expected {
                self.problem(format!("document {expected} is missing"));
            }
            expected = number.saturating_add(1);
            let (received_at, bytes) = rows::document_parts(value)?;
            self.document(number, received_at, bytes)
        })
    }

    fn document(&mut self, number: u64, at: UnixMillis, bytes: &[u8]) -> Result<(), StoreError> {
        let signed = match self.verify(bytes, at) {
            Ok(signed) => signed,
            Err(text) => {
                self.problem(format!("document {number}: {text}"));
                return Ok(());
            }
        };
        self.report.documents += 1;
        self.report.receipts += u64::from(signed.document().kind() == Kind::Receipt);
        match Read::id_row(self.store, signed.id())? {
            Some(row) if row.number == number => {}
            _ => self.problem(format!("document {number} is not in the index of ids")),
        }
        self.is_disclosed(number, &signed)
    }

    fn verify(&mut self, bytes: &[u8], at: UnixMillis) -> Result<Signed<Document>, String> {
        match envelope::open(bytes, &self.authorities, at) {
            Ok(signed) => Ok(signed),
            Err(refusal)
                if matches!(
                    refusal.code,
                    Code::UnknownParty | Code::KeyUnknown | Code::KeyNotInForce
                ) =>
            {
                self.report.signer_gone += 1;
                envelope::reopen(bytes).map_err(|refusal| refusal.to_string())
            }
            Err(refusal) => Err(refusal.to_string()),
        }
    }

    /// The log has no gap, and each of its entries is that of a document at the position it has.
    fn log(&mut self) -> Result<(), StoreError> {
        let mut expected = 0;
        let mut leaves = Frontier::default();
        let store = self.store;
        ledger::for_each_row(store, rows::LOG, |(key, value)| {
            let index = rows::number(key)?;
            if index != expected {
                self.problem(format!("log entry {expected} is missing"));
            }
            expected = index.saturating_add(1);
            let (number, entry) = rows::log_parts(value)?;
            if Store::get(store, rows::DOCUMENTS, &number.to_be_bytes())?.is_none() {
                self.problem(format!("log entry {index} names a document that is missing"));
                return Ok(());
            }
            let signed = Read::document(store, number)?.signed;
            let row = Read::id_row(store, signed.id())?.and_then(|row| row.position);
            let position = row.map(|row| row.position()).transpose()?;
            if position.is_none_or(|position| log::Entry::of(signed.hash(), &position) != entry) {
                self.problem(format!("log entry {index} is not that of document {number}"));
            }
            leaves.append(entry.leaf());
            Ok(())
        })?;
        if leaves != crate::log::tree(store)? {
            self.problem("the log's tree does not have the hashes of its entries".to_owned());
        }
        self.final_heads()
    }

    /// Every final head is one of the log as it stands.
    fn final_heads(&mut self) -> Result<(), StoreError> {
        let store = self.store;
        let size_now = ledger::next_number(store, rows::LOG)?;
        ledger::for_each_row(store, rows::HEADS, |(key, note)| {
            let size = rows::number(key)?;
            let root = match size <= size_now {
                true => Some(merkle::root(size, &Tiles(store)).map_err(crate::log::unproven)?),
                false => None,
            };
            let root = root.map(|root| BASE64.encode(root.as_bytes()));
            // Whatever keys are listed today: the lines of size and root are what was signed.
            let said = std::str::from_utf8(note).unwrap_or_default();
            let mut lines = said.lines().skip(1);
            if (lines.next(), lines.next()) != (Some(&size.to_string()), root.as_deref()) {
                self.problem(format!("final head of {size} entries is not one of the log"));
            }
            Ok(())
        })
    }

    /// Every disclosure is of its document.
    fn disclosures(&mut self) -> Result<(), StoreError> {
        let store = self.store;
        ledger::for_each_row(store, rows::DISCLOSURES, |(key, value)| {
            let number = rows::disclosure_document(key)?;
            let opened = Read::document(store, number)
                .map_err(|error| error.to_string())
                .and_then(|d| Disclosure::open(value, &d.signed).map_err(|r| r.to_string()));
            match opened {
                Ok(disclosure) if rows::disclosure_key(number, disclosure.field()) == key => {
                    self.report.disclosures += 1;
                }
                Ok(_) => self.problem(format!("a disclosure of document {number} is misplaced")),
                Err(text) => self.problem(format!("a disclosure of document {number}: {text}")),
            }
            Ok(())
        })
    }

    /// The author and the registrar of a document have every disclosure of it.
    fn is_disclosed(&mut self, number: u64, signed: &Signed<Document>) -> Result<(), StoreError> {
        let terminal = signed.document().visit().map(|visit| &visit.terminal);
        let whole = *signed.issuer() == self.me || terminal == self.me.party();
        for field in signed.document().sealed().into_iter().flat_map(SealedFields::fields) {
            let key = rows::disclosure_key(number, field);
            if whole && Store::get(self.store, rows::DISCLOSURES, &key)?.is_none() {
                self.problem(format!(
                    "document {number} lacks the disclosure of {}",
                    field.as_str()
                ));
            }
        }
        Ok(())
    }

    /// Every case folds without a gap. At its registrar each case has one gate-out at most; that a
    /// document stands in it twice is a problem anywhere.
    fn cases(&mut self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let codes = ledger::case_codes(self.store, after, ledger::PAGE)?;
            for code in &codes {
                let Some(loaded) = ledger::load_case(self.store, *code)? else { continue };
                self.report.cases += 1;
                let mut seen = BTreeMap::new();
                let mut gate_outs = 0;
                for step in &loaded.case.steps {
                    gate_outs += usize::from(step.kind == Kind::GateOut);
                    if seen.insert(step.document, ()).is_some() {
                        self.problem(format!("case {code} has a document twice"));
                    }
                }
                if gate_outs > 1 {
                    self.problem(format!("case {code} has {gate_outs} gate-outs"));
                }
                let own = self.me.party() == Some(&loaded.case.visit.terminal);
                if loaded.incomplete && own {
                    self.problem(format!("case {code} has a gap"));
                }
            }
            match codes.last() {
                Some(last) if codes.len() == ledger::PAGE => after = Some(*last),
                _ => return Ok(()),
            }
        }
    }

    fn outbox(&mut self) -> Result<(), StoreError> {
        let store = self.store;
        ledger::for_each_row(store, rows::OUTBOX, |(key, value)| {
            self.report.waiting += 1;
            let (peer, _) = rows::outbox_parts(key)?;
            if Store::get(store, rows::DOCUMENTS, value)?.is_none() {
                self.problem(format!("a document waiting for {peer} is missing"));
            }
            Ok(())
        })
    }

    /// What drivers' phones get: each names a document that is here.
    fn feeds(&mut self) -> Result<(), StoreError> {
        let store = self.store;
        ledger::for_each_row(store, rows::FEED, |(key, fed)| {
            let (device, number) = rows::feed_parts(key)?;
            let (document, terminal) = rows::fed_parts(fed)?;
            if Store::get(store, rows::DOCUMENTS, &document.to_be_bytes())?.is_none() {
                self.problem(format!("document {number} for driver {device} is missing"));
            }
            if terminal.is_some() && Store::get(store, rows::ROTATIONS, fed)?.is_none() {
                self.problem(format!("rotation {number} for driver {device} is missing"));
            }
            Ok(())
        })
    }

    /// Who signed what: each names a document that is here.
    fn signed_by(&mut self) -> Result<(), StoreError> {
        let store = self.store;
        ledger::for_each_row(store, rows::SIGNED_BY, |(key, value)| {
            rows::from_row::<rows::SignedByRow>(value)?;
            if Store::get(store, rows::IDS, key)?.is_none() {
                self.problem("a person is noted beside a document that is missing".to_owned());
            }
            Ok(())
        })?;
        ledger::for_each_row(store, rows::SIGNED_WITH, |(key, value)| {
            rows::from_row::<rows::SignedWithRow>(value)?;
            if Store::get(store, rows::SIGNED_BY, key)?.is_none() {
                self.problem("a token is noted beside a document of nobody".to_owned());
            }
            Ok(())
        })
    }

    /// Drafts that wait for a second person: each must still be readable.
    fn pending(&mut self) -> Result<(), StoreError> {
        let store = self.store;
        ledger::for_each_row(store, rows::PENDING, |(key, value)| {
            let number = rows::number(key)?;
            if let Err(error) = Pending::read(number, value) {
                self.problem(format!("draft {number}: {error}"));
            }
            Ok(())
        })
    }
}
