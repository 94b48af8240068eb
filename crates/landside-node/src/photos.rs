//! Photographs that drivers took of a container: kept at the haulier by their hash, for the receipts that
//! name them and for evidence files (docs/PROTOCOL.md § 15). No link carries them.

use std::collections::BTreeSet;

use landside_proto::case::Case;
use landside_proto::directory::Actor;
use landside_proto::document::{Document, Position};
use landside_proto::evidence::EVIDENCE_MAX;
use landside_proto::ids::{CaseCode, Hash32};
use landside_proto::key::{KeyId, PublicKey};
use landside_proto::refusal::Refusal;

use crate::ledger::{self, Read, Stored};
use crate::node::{Inner, Node};
use crate::rows;
use crate::store::{Range, Store, StoreError};
use crate::writer::{Command, OfDriver, RAW_PART};

/// Largest photograph, in bytes: a phone's largest.
pub const PHOTO_MAX: usize = 8 * 1024 * 1024;

/// Most photographs of one phone for each receipt that waits for its signature, and that no receipt
/// names yet: what one takes around a container.
pub const PHOTOS_WAITING_MAX: usize = 12;

/// Rows of the longest photograph.
const PARTS_MAX: usize = PHOTO_MAX / RAW_PART + 1;

/// Most bytes of photographs in an evidence file: the rest is the documents' and their proofs'.
const EVIDENCE_PHOTOS_MAX: usize = EVIDENCE_MAX / 4 * 3;

/// What became of a photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoKept {
    /// It is kept now.
    New,
    /// It was here already.
    Known,
    /// The phone brought as many as it may before it signs.
    TooMany,
}

impl Node {
    /// Keeps a photograph of an enrolled driver's phone, under the hash of its bytes.
    ///
    /// # Errors
    /// [`Refusal`] for want of room.
    pub async fn keep_photo(&self, driver: PublicKey, bytes: &[u8]) -> Result<PhotoKept, Refusal> {
        let (hash, device) = (Hash32::of(bytes), driver.id());
        let room = self.read(move |node| room(node, device, hash)).await;
        let room = room.map_err(|error| {
            tracing::error!(%error, "the store cannot be read");
            Refusal::new(landside_proto::refusal::Code::StoreFull, "the store cannot be read")
        })?;
        if room != PhotoKept::New {
            return Ok(room);
        }
        self.keep_raw(bytes).await?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        // Its row comes last: a photograph that broke off is none.
        let photo = |reply| OfDriver::Photo { device, hash, length, reply };
        self.command(|reply| Command::OfDriver(photo(reply))).await?;
        Ok(PhotoKept::New)
    }
}

/// Whether a phone may bring one more.
fn room(node: &Inner, device: KeyId, hash: Hash32) -> Result<PhotoKept, StoreError> {
    let store = node.store.as_ref();
    if Store::get(store, rows::PHOTOS, hash.as_bytes())?.is_some() {
        return Ok(PhotoKept::Known);
    }
    let receipts = receipts_that_wait(store, device)?;
    let most = receipts.saturating_mul(PHOTOS_WAITING_MAX);
    let (from, to) = (
        rows::photo_key(device, Hash32::from_bytes([0; 32])),
        rows::photo_key(device, Hash32::from_bytes([0xff; 32])),
    );
    let waiting = store.scan(&Range::between(rows::PHOTOS_WAITING, &from, &to), most)?.len();
    Ok(if waiting < most { PhotoKept::New } else { PhotoKept::TooMany })
}

/// Jobs of a device that it has not signed: one may take photographs before the terminal's receipt is
/// there. Only the newest documents of its feed are looked at.
fn receipts_that_wait(store: &dyn Store, device: KeyId) -> Result<usize, StoreError> {
    let (from, to) = (rows::feed_key(device, 0), rows::feed_key(device, u64::MAX));
    let newest = Range::between(rows::FEED, &from, &to).descending();
    let mut codes: BTreeSet<CaseCode> = BTreeSet::new();
    for (_, fed) in store.scan(&newest, ledger::PAGE)? {
        let signed = Read::document(store, rows::fed_parts(&fed)?.0)?.signed;
        let position = Read::id_row(store, signed.id())?.and_then(|row| row.position);
        let position = position.map(|position| position.position()).transpose()?;
        codes.extend(position.and_then(|position| position.case).map(|case| case.code));
    }
    let mut waiting = 0usize;
    for code in codes {
        let case = ledger::load_case(store, code)?.map(|loaded| loaded.case);
        waiting = waiting.saturating_add(usize::from(case.is_some_and(|c| is_open(&c, device))));
    }
    Ok(waiting)
}

fn is_open(case: &Case, device: KeyId) -> bool {
    let mine = case.binding.as_ref().is_some_and(|binding| binding.driver.id() == device);
    mine && !case.is_closed() && case.countersigned.is_none()
}

/// The photographs kept here that receipts of a case name, as many as a file has room for, by hash.
pub(crate) fn of_case(
    store: &dyn Store,
    stored: &[(Stored, Position, u64)],
) -> Result<Vec<Vec<u8>>, StoreError> {
    let named: BTreeSet<Hash32> = stored
        .iter()
        .filter_map(|(stored, _, _)| match (stored.signed.issuer(), stored.signed.document()) {
            (Actor::Driver(_), Document::InterchangeReceipt(receipt)) => Some(&receipt.photos),
            _ => None,
        })
        .flatten()
        .copied()
        .collect();
    let (mut photos, mut bytes) = (Vec::new(), 0usize);
    for hash in named {
        let Some(photo) = photo(store, hash)? else { continue };
        let more = bytes.saturating_add(photo.len());
        if more <= EVIDENCE_PHOTOS_MAX && photos.len() < landside_proto::evidence::PHOTOS_MAX {
            bytes = more;
            photos.push(photo);
        }
    }
    Ok(photos)
}

fn photo(store: &dyn Store, hash: Hash32) -> Result<Option<Vec<u8>>, StoreError> {
    if Store::get(store, rows::PHOTOS, hash.as_bytes())?.is_none() {
        return Ok(None);
    }
    let (from, to) = (rows::raw_key(hash, 0), rows::raw_key(hash, u32::MAX));
    let parts = store.scan(&Range::between(rows::RAW, &from, &to), PARTS_MAX)?;
    let bytes: Vec<u8> = parts.into_iter().flat_map(|(_, part)| part).collect();
    if Hash32::of(&bytes) != hash {
        return Err(rows::damaged(format!("photograph {hash} is not whole")));
    }
    Ok(Some(bytes))
}
