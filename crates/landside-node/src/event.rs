//! What happened in a node, told after it is durable.

use landside_proto::directory::Actor;
use landside_proto::document::{Entry, Kind};
use landside_proto::ids::{CaseCode, DocId};

/// Something durable happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A document was taken in: registered here, or received as registered elsewhere.
    Taken {
        /// Which.
        document: DocId,
        /// Its kind.
        kind: Kind,
        /// Who signed.
        issuer: Actor,
        /// Its case.
        case: Option<CaseCode>,
    },
    /// The registrar answered an own document.
    Answered {
        /// Which.
        document: DocId,
        /// The answer.
        entry: Entry,
    },
}
