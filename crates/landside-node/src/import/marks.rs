//! What was signed of which container of which message, written in the same commit as the document: an
//! import that is cut off goes on behind the last one, and none is signed twice.

use bincode::{Decode, Encode};
use landside_proto::document::{Kind, Outcome};
use landside_proto::ids::{BillNo, ContainerNo, DocId, Hash32};

use crate::ledger::{self, Read};
use crate::rows;
use crate::store::{Store, StoreError};

/// A mark: that something was made of one thing in a message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct MarkRow {
    /// The document; nothing while it waits for a second person, or did.
    document: Option<[u8; 32]>,
}

/// What was made before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// It was signed.
    Signed(DocId),
    /// It was put up for a second person.
    Proposed,
}

/// The key of a mark. `place` is message and equipment; the kind is that which the message asks for.
pub(super) fn key(
    interchange: Hash32,
    place: (u32, u32),
    kind: Kind,
    (bill, container): (Option<&BillNo>, Option<ContainerNo>),
) -> Vec<u8> {
    let container = container.map(|container| container.to_string()).unwrap_or_default();
    [
        &interchange.as_bytes()[..],
        &place.0.to_be_bytes(),
        &place.1.to_be_bytes(),
        kind.as_str().as_bytes(),
        b"\0",
        bill.map_or("", |bill| bill.as_str()).as_bytes(),
        b"\0",
        container.as_bytes(),
    ]
    .concat()
}

/// What was made under a mark. A document that its registrar refused was made in vain: it may be
/// imported again, once the cause is gone.
pub(crate) fn before(
    read: &(impl Read + ?Sized),
    store: &dyn Store,
    key: &[u8],
) -> Result<Option<Before>, StoreError> {
    let Some(row) = read.get(rows::IMPORTED, key)? else { return Ok(None) };
    let Some(document) = rows::from_row::<MarkRow>(&row)?.document else {
        return Ok(Some(Before::Proposed));
    };
    let id = DocId::from_bytes(document);
    let refused = ledger::answer(store, id)?.is_some_and(|(e, _)| e.outcome == Outcome::Refused);
    Ok(Some(Before::Signed(id)).filter(|_| !refused))
}

/// The row of a mark.
pub(crate) fn row(document: Option<DocId>) -> Result<Vec<u8>, StoreError> {
    rows::to_row(&MarkRow { document: document.map(|id| *id.as_bytes()) })
}
