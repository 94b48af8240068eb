//! EDIFACT syntax (ISO 9735): from bytes to segments, messages and interchanges, and back.
//!
//! The reader keeps views of the original bytes, because a document is bound to the bytes that
//! arrived and not to a message written anew. It looks at each byte a bounded number of times and
//! takes nothing on trust: every count and length has a limit named here.
//!
//! Repetition separators of syntax 4 are left in the values: none of the messages read here repeats
//! an element, and free text with a `*` in it must stay whole.

mod charset;
mod finding;
mod interchange;
mod segment;
mod service;
#[cfg(test)]
mod tests;
mod work;
mod writer;

pub use charset::{Charset, CharsetChoice};
pub use finding::{Code, Fault, NOTES_MAX, Note, Place};
pub use interchange::{
    Address, Header, Interchange, Message, Prepared, Rules, outline, read, segments,
};
pub use segment::{Element, Segment};
pub use service::Dialect;
pub use writer::{ADDRESS_MAX, MessageWriter, REFERENCE_MAX, WriteError, Writer};

pub(crate) use finding::{Notes, quote};
pub(crate) use interchange::century;
#[cfg(test)]
pub(crate) use work::visited_by;

/// Largest file read, in bytes; far above a full vessel, and it bounds what one upload can cost.
pub const FILE_MAX: usize = 64 * 1024 * 1024;

/// Most interchanges in a file; mailboxes that join files stay below it.
pub const INTERCHANGES_MAX: usize = 100;

/// Most messages in an interchange; a line sends one message per bill of lading at worst.
pub const MESSAGES_MAX: usize = 10_000;

/// Most segments in a file; bounds the memory of their views (40 bytes each).
pub const SEGMENTS_MAX: u32 = 1_000_000;

/// Longest segment, in bytes; the longest in the directories (FTX) needs under 3 KiB.
pub const SEGMENT_BYTES_MAX: usize = 16 * 1024;

/// Most elements in a segment; the directories need fewer than 30.
pub const ELEMENTS_MAX: usize = 99;

/// Most components in an element; the directories need fewer than 10.
pub const COMPONENTS_MAX: usize = 99;
