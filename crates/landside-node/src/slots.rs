//! Slots: how many trucks a window takes, and who has a place in it.

use landside_proto::case::{Case, Granted, SlotState};
use landside_proto::document::{SlotAnswer, Window};
use landside_proto::ids::UnixMillis;

use crate::config::Terminal;
use crate::group::Group;
use crate::ledger::Read as _;
use crate::rows;
use crate::store::StoreError;

/// The first window with room, from the one asked for on.
pub(crate) fn grant(
    group: &mut Group<'_>,
    settings: &Terminal,
    asked: Window,
) -> Result<(SlotAnswer, Option<Window>), StoreError> {
    let length = u64::from(settings.slot_minutes) * 60_000;
    let first = asked.from.as_millis().max(group.now.as_millis()) / length;
    for moves in 0..=u64::from(settings.slot_moves_max) {
        let begin = first.saturating_add(moves).saturating_mul(length);
        let key = begin.to_be_bytes();
        let taken = match group.get(rows::SLOTS, &key)? {
            Some(row) => rows::number(&row)?,
            None => 0,
        };
        if taken < u64::from(settings.slot_trucks_max) {
            group.put(rows::SLOTS, key, taken.saturating_add(1).to_be_bytes().to_vec());
            let from = UnixMillis::from_millis(begin);
            let until = UnixMillis::from_millis(begin.saturating_add(length));
            let granted = from <= asked.until && until >= asked.from;
            let answer = if granted { SlotAnswer::Granted } else { SlotAnswer::Moved };
            return Ok((answer, Some(Window { from, until })));
        }
    }
    Ok((SlotAnswer::Refused, None))
}

/// The slot to be had now.
pub(crate) fn granted(case: &Case) -> Option<Granted> {
    match &case.slot {
        SlotState::Granted(granted) => Some(granted.clone()),
        _ => None,
    }
}

/// Whether a slot is still this case's: to be had, kept for a holder's return, or used.
pub(crate) fn keeps(case: &Case, slot: &Granted) -> bool {
    granted(case).as_ref() == Some(slot)
        || case.kept_slots.values().any(|kept| kept == slot)
        || case.is_closed()
}

/// Another truck may have the place.
pub(crate) fn give_back(group: &mut Group<'_>, slot: &Granted) -> Result<(), StoreError> {
    let key = slot.window.from.as_millis().to_be_bytes();
    if let Some(row) = group.get(rows::SLOTS, &key)? {
        let taken = rows::number(&row)?.saturating_sub(1);
        group.put(rows::SLOTS, key, taken.to_be_bytes().to_vec());
    }
    Ok(())
}
