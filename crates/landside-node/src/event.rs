//! What happened in a node, told after it is durable.

use landside_proto::directory::Actor;
use landside_proto::document::{Entry, Kind};
use landside_proto::ids::{CaseCode, DocId, Hash32, PartyId};

/// Who signed for a line, and on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The terminal.
    pub party: PartyId,
    /// SHA-256 of the raw interchange.
    pub message: Hash32,
}

/// Something durable happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A document was taken in: registered here, or received as registered elsewhere.
    Taken {
        /// Which.
        document: DocId,
        /// Its kind.
        kind: Kind,
        /// Who signed, or for whom an agent did.
        issuer: Actor,
        /// Who signed for the issuer.
        agent: Option<Agent>,
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
