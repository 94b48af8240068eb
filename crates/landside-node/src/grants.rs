//! Disclosures that go out: to whom the table of grants gives them, as the case is when they go.

use landside_proto::case::Case;
use landside_proto::directory::{Actor, Authorities};
use landside_proto::document::{Document, ReleaseAction};
use landside_proto::ids::{CaseCode, PartyId};
use landside_proto::sealed::grant::{Reader, Standing};
use landside_proto::session::frame::Disclosed;

use crate::group::Group;
use crate::ledger::{self, Read};
use crate::registrar::{Registrar, TakeError};
use crate::rows;
use crate::store::{Range, Store, StoreError};

/// The disclosures that go to a peer beside a document of the outbox; `place` is the document's in
/// the batch.
pub(crate) fn beside(
    store: &dyn Store,
    (me, authorities): (&Actor, &Authorities),
    peer: &Actor,
    number: u64,
    place: u16,
) -> Result<Vec<Disclosed>, StoreError> {
    let from = number.to_be_bytes();
    let to = number.saturating_add(1).to_be_bytes();
    // Nearly no document has any, and this is asked of each that goes out.
    if store.scan(&Range::between(rows::DISCLOSURES, &from, &to), 1)?.is_empty() {
        return Ok(Vec::new());
    }
    let signed = Read::document(store, number)?.signed;
    let disclosures = Read::disclosures(store, number, &signed)?;
    let case = match Read::id_row(store, signed.id())?.and_then(|row| row.position) {
        Some(position) => match position.position()?.case {
            Some(place) => ledger::load_case(store, place.code)?.map(|loaded| loaded.case),
            None => None,
        },
        None => None,
    };
    let terminal = signed.document().visit().map(|visit| &visit.terminal);
    let reader = Reader { actor: peer, roles: authorities.roles(peer) };
    let may_see = |field| match &case {
        _ if signed.issuer() == me && peer.party().is_some() && peer.party() == terminal => {
            Standing::Registrar.grants().contains(&field)
        }
        Some(case) => reader.may_see(case, signed.id(), field),
        None => false,
    };
    let granted = disclosures.iter().filter(|disclosure| may_see(disclosure.field()));
    Ok(granted.map(|d| Disclosed { document: place, bytes: d.bytes().to_vec() }).collect())
}

/// The party that a document makes the first holder in the place of another.
pub(crate) fn to_a_new_first_holder(before: &Case, document: &Document) -> Option<PartyId> {
    let Document::ReleaseChange(change) = document else { return None };
    let terms = change.terms.as_ref().filter(|_| change.action == ReleaseAction::Replace)?;
    let was = before.releases.get(&change.bill).map(|release| &release.terms.release_to);
    (was != Some(&terms.release_to)).then(|| terms.release_to.clone())
}

/// Sends a reader once more the documents of a case that it may see more of than when it got them.
pub(crate) fn send_again(
    group: &mut Group<'_>,
    registrar: &Registrar,
    code: CaseCode,
    party: &PartyId,
) -> Result<(), TakeError> {
    let peer = Actor::Party(party.clone());
    if peer == registrar.me {
        return Ok(());
    }
    let authorities = group.authorities.clone();
    let reader = Reader { actor: &peer, roles: authorities.roles(&peer) };
    let Some(loaded) = group.case(code)? else { return Ok(()) };
    // The last one is what changed it, and on its way already.
    let sealed: Vec<_> = loaded.case.releases.values().flat_map(|r| r.sealed.iter()).collect();
    let last = loaded.case.steps.last().map(|step| step.document);
    let mut more: Vec<_> = sealed
        .into_iter()
        .filter(|(field, id)| reader.may_see(&loaded.case, **id, **field) && Some(**id) != last)
        .map(|(_, id)| *id)
        .collect();
    more.sort_unstable();
    more.dedup();
    for id in more {
        if let Some(row) = group.id_row(id)? {
            group.send(&peer, row.number);
        }
    }
    Ok(())
}
