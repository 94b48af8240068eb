//! How much of a terminal's log a node knows: what a restored terminal is to be compared with.

use landside_proto::ids::{CaseCode, PartyId};

use super::KnownLog;
use crate::ledger;
use crate::node::Node;
use crate::rows;
use crate::store::{Store, StoreError};

impl Node {
    /// How many entries the log of a terminal must have had, by everything that this node keeps: heads it
    /// cosigned or was shown, and the places of documents. Reads all of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn known_log(&self, terminal: PartyId) -> Result<KnownLog, StoreError> {
        self.read(move |node| {
            let store = node.store.as_ref();
            let own = node.me.party() == Some(&terminal);
            let mut entries = if own { node.heads.size() } else { 0 };
            let seen = Store::get(store, rows::SEEN_HEADS, terminal.as_str().as_bytes())?;
            entries = entries.max(seen.as_deref().and_then(size_of).unwrap_or(0));
            let unjoined = rows::unjoined_from(&terminal);
            ledger::for_each_row(store, rows::UNJOINED_HEADS, |(key, row)| {
                if key.starts_with(&unjoined) {
                    entries = entries.max(size_of(row).unwrap_or(0));
                }
                Ok(())
            })?;
            let mut case: Option<(CaseCode, bool)> = None;
            ledger::for_each_row(store, rows::PLACES, |(key, row)| {
                let (code, place) = rows::place_parts(key)?;
                if case.is_none_or(|(known, _)| known != code) {
                    let row = Store::get(store, rows::CASES, code.as_str().as_bytes())?;
                    let row: Option<rows::CaseRow> =
                        row.map(|row| rows::from_row(&row)).transpose()?;
                    let visit = row.map(|row| row.visit()).transpose()?;
                    case = Some((code, visit.is_some_and(|visit| visit.terminal == terminal)));
                }
                if case.is_some_and(|(_, is_theirs)| is_theirs) {
                    let row: rows::PlaceRow = rows::from_row(row)?;
                    entries = entries.max(row.position(code, place).log.saturating_add(1));
                }
                Ok(())
            })?;
            // Rotations stand in logs and in no case.
            ledger::for_each_row(store, rows::ROTATIONS, |(key, row)| {
                let (_, at) = rows::rotation_parts(key)?;
                let row: rows::RotationRow = rows::from_row(row)?;
                if let Some(position) = row.position.filter(|_| at == terminal) {
                    entries = entries.max(position.position()?.log.saturating_add(1));
                }
                Ok(())
            })?;
            Ok(KnownLog { terminal, entries })
        })
        .await
    }
}

/// Entries of a head in a row: the second line of its note.
fn size_of(row: &[u8]) -> Option<u64> {
    let (_, note) = rows::seen_head_parts(row).ok()?;
    std::str::from_utf8(note).ok()?.lines().nth(1)?.parse().ok()
}
