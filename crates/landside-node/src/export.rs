//! The evidence file of a case: collected here, proven by the terminal's log (docs/PROTOCOL.md § 15).
//!
//! At the terminal everything comes from its own store. Anybody else who reads the case asks the
//! terminal for the head and the proofs; when it cannot be reached, the file goes without them and
//! says so when it is verified. The same case gives the same bytes: the head is the first final one
//! that covers the case, and everything else is sorted.

mod signers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use data_encoding::BASE64;
use landside_proto::checkpoint::KeyName;
use landside_proto::directory::{Actor, Directory, ROTATIONS_MAX};
use landside_proto::document::{Document, Position, Receipt};
use landside_proto::envelope;
use landside_proto::evidence::{self, CaseEvidence, Evidence, Registered};
use landside_proto::ids::{DocId, Hash32, PartyId, UnixMillis};
use landside_proto::key::KeyId;
use landside_proto::log::Entry;
use landside_proto::merkle::{self, verify_inclusion};
use landside_proto::refusal::{Code, Refusal};
use landside_proto::session::frame::About;
use serde_json::{Value, json};

use crate::draft;
use crate::ledger::{self, Read, Stored};
use crate::log::{self, Tiles};
use crate::node::{Inner, Node, clock};
use crate::photos;
use crate::rows;
use crate::service::{self, End};
use crate::store::{Range, Store, StoreError};

/// Bytes of the file in one line of an answer, before base64: far below a line's limit.
const PART: usize = 1024 * 1024;

/// Everything of one case that lies here.
struct Collected {
    case: CaseEvidence,
    /// Index of the newest entry that is to be proven.
    newest: u64,
}

/// The lines that carry an evidence file to whoever asked.
pub(crate) async fn lines(node: &Node, subject: &str) -> Result<Vec<Value>, End> {
    let subject = subject.to_owned();
    let collected = node.read(move |node| Ok(collect(node, &subject)));
    let mut collected = collected.await??;
    let proven = prove(node, &mut collected).await?;
    let Collected { mut case, .. } = collected;
    let unproven = !proven;
    let cosigned = cosigned(&case);
    let for_receipts = case.clone();
    case.receipts =
        node.read(move |node| receipts(node.store.as_ref(), &for_receipts, unproven)).await?;
    let (code, container) = (case.code, case.visit.container);
    let documents = case.documents.len();
    let bytes = evidence::write(&Evidence::Case(case));
    evidence::read(&bytes).map_err(|error| Refusal::new(Code::TooLarge, error.to_string()))?;
    // What a reader of the file will count: a witness whose new key only others here know of shows nothing.
    let read = bytes.clone();
    let witnesses = match proven {
        true => node.read(move |_| Ok(evidence::verify(&read, None).witnesses().len())).await?,
        false => 0,
    };
    let mut lines: Vec<Value> = bytes
        .chunks(PART)
        .map(|part| json!({ "event": "evidence-part", "base64": BASE64.encode(part) }))
        .collect();
    lines.push(json!({
        "event": "exported", "case": code, "container": container, "documents": documents,
        "bytes": bytes.len(), "sha256": Hash32::of(&bytes),
        "proven": proven, "witnesses": witnesses, "cosigned": cosigned,
    }));
    Ok(lines)
}

/// How many parties other than the terminal have a line under the head, whether or not the file shows that it
/// is theirs.
fn cosigned(case: &CaseEvidence) -> usize {
    let terminal = &case.visit.terminal;
    let note = case.head.as_deref().and_then(|note| std::str::from_utf8(note).ok());
    let lines = note.into_iter().flat_map(|note| note.lines().skip_while(|line| !line.is_empty()));
    let names = lines.filter_map(|line| KeyName::parse(line.split(' ').nth(1)?).ok());
    let parties: BTreeSet<PartyId> = names.map(|name| name.party().clone()).collect();
    parties.iter().filter(|party| *party != terminal).count()
}

fn collect(node: &Inner, subject: &str) -> Result<Collected, End> {
    let store = node.store.as_ref();
    let loaded = draft::find_case(node, subject).map_err(service::not_found)?;
    let (visit, code) = (loaded.case.visit.clone(), loaded.case.code);
    let stored = ledger::case_documents(store, code)?;
    let documents = documents(store, &stored)?;
    let mut credentials = credentials(store, &stored)?;
    credentials.extend(rotations_of_case(store, &stored, &visit.terminal)?);
    let positions = || documents.iter().chain(&credentials).map(|d: &Registered| d.position);
    let newest = positions().map(|position| position.log).max().unwrap_or(0);
    let last = documents.iter().map(|d| d.position.at).max().unwrap_or_else(clock);
    let directory = Arc::clone(&node.authorities.borrow().directory);
    let first = documents.first().map_or(last, |document| document.position.at);
    let case = CaseEvidence {
        network: directory.edition().network.clone(),
        visit,
        code,
        editions: editions(node, &directory, first, last)?,
        head: None,
        receipts: Vec::new(),
        interchanges: interchanges(store, &stored)?,
        photos: photos::of_case(store, &stored)?,
        credentials,
        documents,
    };
    Ok(Collected { case, newest })
}

fn documents(
    store: &dyn Store,
    stored: &[(Stored, Position, u64)],
) -> Result<Vec<Registered>, StoreError> {
    let each = stored.iter();
    each.map(|(stored, position, number)| registered(store, stored, *position, *number)).collect()
}

/// A document with the openings of its sealed fields that this node may see.
fn registered(
    store: &dyn Store,
    stored: &Stored,
    position: Position,
    number: u64,
) -> Result<Registered, StoreError> {
    let disclosures = Read::disclosures(store, number, &stored.signed)?;
    Ok(Registered {
        envelope: stored.signed.bytes().to_vec(),
        position,
        proof: None,
        disclosures: disclosures.iter().map(|disclosure| disclosure.bytes().to_vec()).collect(),
    })
}

/// Every word of a haulier on the devices that the case speaks of, as far as it is registered.
fn credentials(
    store: &dyn Store,
    stored: &[(Stored, Position, u64)],
) -> Result<Vec<Registered>, StoreError> {
    let devices: BTreeSet<KeyId> = stored
        .iter()
        .filter_map(|(stored, _, _)| match stored.signed.document() {
            Document::DriverBinding(binding) => Some(binding.driver.id()),
            _ => None,
        })
        .collect();
    let mut found = Vec::new();
    if devices.is_empty() {
        return Ok(found);
    }
    let until = stored.iter().map(|(_, position, _)| position.log).max();
    ledger::for_each_row(store, rows::CREDENTIALS, |(_, number)| {
        let number = rows::number(number)?;
        let stored = Read::document(store, number)?;
        let Document::DriverCredential(credential) = stored.signed.document() else {
            return Ok(());
        };
        let row = Read::id_row(store, stored.signed.id())?.and_then(|row| row.position);
        let position = row.map(|row| row.position()).transpose()?;
        // What was said of the device after the case is none of the case's.
        let counts = position.filter(|position| Some(position.log) <= until);
        if let Some(position) = counts.filter(|_| devices.contains(&credential.key.id())) {
            found.push(registered(store, &stored, position, number)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// The newest rotations of these parties that a terminal registered up to a log index: as many as can
/// count beside an edition.
fn rotations(
    store: &dyn Store,
    terminal: &PartyId,
    parties: &BTreeSet<PartyId>,
    until: u64,
) -> Result<Vec<Registered>, StoreError> {
    let mut found: BTreeMap<PartyId, Vec<Registered>> = BTreeMap::new();
    ledger::for_each_row(store, rows::ROTATIONS, |(key, value)| {
        let (number, by) = rows::rotation_parts(key)?;
        let row: rows::RotationRow = rows::from_row(value)?;
        let position = row.position.map(|position| position.position()).transpose()?;
        let Some(position) = position.filter(|p| by == *terminal && p.log <= until) else {
            return Ok(());
        };
        let stored = Read::document(store, number)?;
        if let Some(party) = stored.signed.issuer().party().filter(|party| parties.contains(party))
        {
            let of_party = found.entry(party.clone()).or_default();
            of_party.push(registered(store, &stored, position, number)?);
            of_party.sort_by_key(|rotation| rotation.position.log);
            if of_party.len() > ROTATIONS_MAX {
                of_party.remove(0);
            }
        }
        Ok(())
    })?;
    Ok(found.into_values().flatten().collect())
}

/// The rotations that the keys of a case rest on: of whoever signed its documents, and of its terminal.
fn rotations_of_case(
    store: &dyn Store,
    stored: &[(Stored, Position, u64)],
    terminal: &PartyId,
) -> Result<Vec<Registered>, StoreError> {
    let signers = stored.iter().filter_map(|(stored, _, _)| stored.signed.issuer().party());
    let parties = signers.chain([terminal]).cloned().collect();
    let until = stored.iter().map(|(_, position, _)| position.log).max().unwrap_or(0);
    rotations(store, terminal, &parties, until)
}

/// Receipts of the terminal for documents of the file. With proofs from the log, only those that speak
/// of nothing else: a batch may be of many cases, and those are nobody's business. Without, they are
/// all that shows where the documents stand.
fn receipts(
    store: &dyn Store,
    case: &CaseEvidence,
    of_other_cases: bool,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let registered = case.documents.iter().chain(&case.credentials);
    let ids: BTreeSet<DocId> =
        registered.map(|registered| envelope::claimed_id(&registered.envelope)).collect();
    let terminal = Actor::Party(case.visit.terminal.clone());
    let mut receipts = BTreeSet::new();
    for id in &ids {
        let Some((_, receipt)) = ledger::answer(store, *id)? else { continue };
        let Document::Receipt(Receipt { entries, .. }) = receipt.document() else { continue };
        let alone = entries.iter().all(|entry| ids.contains(&entry.document));
        if *receipt.issuer() == terminal && (alone || of_other_cases) {
            receipts.insert(receipt.bytes().to_vec());
        }
    }
    Ok(receipts.into_iter().collect())
}

/// The raw interchanges that documents were made from; only who imported them has them.
fn interchanges(
    store: &dyn Store,
    stored: &[(Stored, Position, u64)],
) -> Result<Vec<Vec<u8>>, StoreError> {
    let hashes: BTreeSet<Hash32> = stored
        .iter()
        .filter_map(|(stored, _, _)| match stored.signed.document() {
            Document::ReleaseOrder(order) => order.source.as_ref(),
            Document::ReleaseChange(change) => change.source.as_ref(),
            _ => None,
        })
        .map(|source| source.interchange)
        .collect();
    let mut raw = Vec::new();
    for hash in hashes {
        let (from, to) = (rows::raw_key(hash, 0), rows::raw_key(hash, u32::MAX));
        let parts = store.scan(&Range::between(rows::RAW, &from, &to), RAW_PARTS_MAX)?;
        let bytes: Vec<u8> = parts.into_iter().flat_map(|(_, part)| part).collect();
        if !bytes.is_empty() {
            raw.push(bytes);
        }
    }
    Ok(raw)
}

/// Parts of the longest interchange that is imported.
const RAW_PARTS_MAX: usize = landside_edifact::syntax::FILE_MAX / crate::writer::RAW_PART + 1;

/// From this home's first edition, as far as the limits of a file go, to the one in force at the case's last
/// document: later ones say nothing of it, and would change the file of a closed case.
fn editions(
    node: &Inner,
    newest: &Directory,
    first: UnixMillis,
    last: UnixMillis,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut bundles = Vec::new();
    for number in (1..=newest.edition().number).rev() {
        let read = node.home.edition(number);
        let read = read.map_err(|error| StoreError::Io(error.to_string()))?;
        let Some(bundle) = read else { break };
        let (edition, _) =
            landside_proto::directory::peek_bundle(&bundle).map_err(rows::damaged)?;
        if edition.valid_from <= last || number == newest.edition().number {
            bundles.push((edition.valid_from, bundle));
        }
        if edition.valid_from <= first {
            break;
        }
    }
    bundles.reverse();
    let began = bundles.iter().any(|(from, _)| *from <= last);
    let counts = |from: UnixMillis| !began || from <= last;
    let needed = bundles.into_iter().filter(|(from, _)| counts(*from)).map(|(_, bundle)| bundle);
    Ok(node.home.led_up_to(needed.collect()))
}

/// Puts head and proofs into the file; `false` when the terminal cannot be asked.
async fn prove(node: &Node, collected: &mut Collected) -> Result<bool, End> {
    let index = collected.newest;
    let terminal = Actor::Party(collected.case.visit.terminal.clone());
    let own = terminal == node.inner.me;
    let head = if own {
        node.read(move |node| node.heads.covering(index)).await?
    } else {
        let told = node.inner.exchange.ask(&terminal, About::Covering { index }).await;
        let note = told.ok().and_then(|told| told.head);
        let authorities = node.inner.authorities.borrow().clone();
        let party = &collected.case.visit.terminal;
        note.and_then(|note| log::open_ever(&authorities, party, &note).ok())
    };
    let Some(head) = head else { return Ok(false) };
    let (size, root) = (head.checkpoint().size, head.checkpoint().root);
    let case = &mut collected.case;
    let told = signers::add(node, case, &head).await?;
    for registered in case.documents.iter_mut().chain(&mut case.credentials) {
        let index = registered.position.log;
        let proof = if own {
            let read = node.read(move |node| {
                let tiles = Tiles(node.store.as_ref());
                merkle::inclusion(index, size, &tiles).map_err(log::unproven)
            });
            read.await?
        } else {
            let told = node.inner.exchange.ask(&terminal, About::Inclusion { index, size }).await;
            let Some(proof) = told.ok().and_then(|told| told.proof) else { return Ok(false) };
            proof.into_iter().map(Hash32::from_bytes).collect()
        };
        let leaf = Entry::of(Hash32::of(&registered.envelope), &registered.position).leaf();
        // A terminal that proves something else than it registered: the file goes without, and its
        // reader sees a position that nothing proves.
        if verify_inclusion(&leaf, index, size, &proof, &root).is_ok() {
            registered.proof = Some(proof);
        }
    }
    // What the terminal told and does not prove to have registered is nothing.
    case.credentials.retain(|c| c.proof.is_some() || !told.contains(&c.envelope));
    case.head = Some(head.bytes().to_vec());
    Ok(true)
}
