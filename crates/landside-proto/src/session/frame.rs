//! Frames on the stream between two nodes: a length in 4 bytes (big-endian), then bincode.
//!
//! bincode accepts several spellings of one value, so frames are never signed or hashed; what is
//! signed travels inside them as the exact bytes of envelopes.

use bincode::config::{BigEndian, Configuration, Fixint, Limit};
use bincode::{Decode, Encode};

use crate::checkpoint::NOTE_MAX;
use crate::directory::BUNDLE_MAX;
use crate::figures::Figures;
use crate::merkle::PROOF_MAX;

/// Version of the frames and of the conversation; the hello carries it.
pub const VERSION: u16 = 1;

/// Largest frame body, in bytes: a batch of [`BATCH_BYTES_MAX`] and its registration receipt.
pub const FRAME_MAX: usize = 1024 * 1024;

/// Most documents in a batch; a receipt answers no more.
pub const BATCH_DOCUMENTS_MAX: usize = 256;

/// Most bytes of documents in a batch.
pub const BATCH_BYTES_MAX: usize = 512 * 1024;

/// Most disclosures in a batch: those of [`BATCH_DOCUMENTS_MAX`] documents with every field sealed.
/// With the documents and a registration they stay below [`FRAME_MAX`].
pub const BATCH_DISCLOSURES_MAX: usize = 1024;
/// Most bytes of a directory bundle in one frame: as much as a batch, so a link holds no more.
pub const PART_MAX: usize = 512 * 1024;

/// Most rotations in an answer: 8 of each party that may sign a head.
pub const VOUCHED_MAX: usize = 256;

/// Most bytes of a rotation in an answer: twice what its fields can take. With a head and a proof an answer
/// stays below [`FRAME_MAX`].
pub const VOUCHED_BYTES_MAX: usize = 1024;

/// Longest text of an actor in a hello, in bytes.
pub const ACTOR_MAX: usize = 64;

/// Bytes of the length before a frame.
pub const PREFIX_LEN: usize = 4;

const CONFIG: Configuration<BigEndian, Fixint, Limit<FRAME_MAX>> = bincode::config::standard()
    .with_big_endian()
    .with_fixed_int_encoding()
    .with_limit::<FRAME_MAX>();

/// What two nodes say to each other.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Frame {
    /// First frame of either side.
    Hello(Hello),
    /// Documents for the peer.
    Deliver(Deliver),
    /// The signed answer to one batch.
    Receipt(Answer),
    /// The speaker has taken a newer directory edition.
    Have(Have),
    /// Asks for a part of an edition.
    Want(Want),
    /// The part asked for.
    Part(Part),
    /// A question about the log of the terminal that is asked, or its figures.
    Ask(Ask),
    /// The answer to one question.
    Told(Told),
    /// A head of some terminal's log with a cosignature, for that terminal or another witness.
    Head(Vec<u8>),
}

/// Who speaks, and what it knows.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Hello {
    /// [`VERSION`] of the speaker.
    pub version: u16,
    /// Party id, or `driver:` and key id.
    pub actor: String,
    /// Number of the first directory edition that the speaker can hand on.
    pub first: u64,
    /// Its newest edition.
    pub newest: Have,
}

/// The newest edition of a node, in force or waiting for its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Have {
    /// Its number, from 1.
    pub number: u64,
    /// Its id: SHA-256 of the payload.
    pub id: [u8; 32],
}

/// Asks for bytes of an edition's bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Want {
    /// Number of the edition.
    pub number: u64,
    /// Bytes of its bundle that are there already.
    pub from: u64,
}

/// Bytes of an edition's bundle.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Part {
    /// Number of the edition.
    pub number: u64,
    /// Bytes of the whole bundle.
    pub total: u64,
    /// The next ones, at most [`PART_MAX`].
    pub bytes: Vec<u8>,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Deliver {
    /// Chosen by the sender, rising; the answer repeats it.
    pub batch: u64,
    /// Envelopes, exact bytes.
    pub documents: Vec<Vec<u8>>,
    /// A receipt of the terminal that shows where these documents stand in its log; absent when
    /// they are handed in for registration.
    pub registration: Option<Vec<u8>>,
    /// Disclosures of sealed fields of these documents (docs/PROTOCOL.md § 14).
    pub disclosures: Vec<Disclosed>,
}

/// A disclosure and the document it goes with.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Disclosed {
    /// Which document of the batch, counted from 0.
    pub document: u16,
    /// The disclosure, exact bytes; as long as it likes, the receiver refuses what is too long.
    pub bytes: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Answer {
    /// The batch.
    pub batch: u64,
    /// A receipt envelope.
    pub receipt: Vec<u8>,
}

/// A question about a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Ask {
    /// Chosen by who asks, rising; the answer repeats it.
    pub number: u64,
    /// What is asked.
    pub about: About,
}

/// What is asked about a log (docs/PROTOCOL.md § 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum About {
    /// The newest head, and the proof that it follows the one of `from` entries; 0 asks for no proof.
    Newest {
        /// Size of the head last seen.
        from: u64,
    },
    /// A head of exactly this size.
    OfSize {
        /// How many entries.
        size: u64,
    },
    /// The first final head that covers an entry; while there is none, the head that ends with it.
    Covering {
        /// Index of the entry.
        index: u64,
    },
    /// The proof that an entry is in the tree of a size.
    Inclusion {
        /// Index of the entry.
        index: u64,
        /// How many entries.
        size: u64,
    },
    /// The proof that the tree of one size begins with that of another.
    Consistency {
        /// The smaller size.
        old: u64,
        /// The larger size.
        new: u64,
    },
    /// The key-rotations on which the keys rest that signed the head of a size: the terminal's and its
    /// witnesses'.
    Rotations {
        /// How many entries.
        size: u64,
    },
    /// The figures of the terminal's cases over the days of its port that a time touches.
    Figures {
        /// First moment, in milliseconds since 1970.
        from: u64,
        /// First moment that does not count.
        until: u64,
    },
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Told {
    /// The question.
    pub number: u64,
    /// The head asked for, as a signed note; absent when a proof was asked for, and when there is
    /// no such head.
    pub head: Option<Vec<u8>>,
    /// The proof asked for; absent when none was, and when the log is too short for it.
    pub proof: Option<Vec<[u8; 32]>>,
    /// The rotations asked for, by log index; empty when none were.
    pub rotations: Vec<Vouched>,
    /// The figures asked for; absent when none were, and when there are none to be told.
    pub figures: Option<Box<Figures>>,
}

/// A key-rotation and where the terminal registered it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Vouched {
    /// Index in the terminal's log.
    pub log: u64,
    /// Time of registration, milliseconds since 1970.
    pub at: u64,
    /// The envelope, exact bytes; at most [`VOUCHED_BYTES_MAX`].
    pub envelope: Vec<u8>,
}

/// The bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Longer than [`FRAME_MAX`].
    #[error("frame is longer than {FRAME_MAX} bytes")]
    TooLong,
    /// Not one frame, or bytes after it, or beyond a limit.
    #[error("frame cannot be read")]
    Form,
}

/// Length of the body that follows a prefix; call before allocating for it.
///
/// # Errors
/// [`FrameError::TooLong`].
pub fn body_len(prefix: [u8; PREFIX_LEN]) -> Result<usize, FrameError> {
    usize::try_from(u32::from_be_bytes(prefix))
        .ok()
        .filter(|len| *len <= FRAME_MAX)
        .ok_or(FrameError::TooLong)
}

/// Prefix and body.
///
/// # Errors
/// [`FrameError::TooLong`] when a batch is larger than its limits.
pub fn encode(frame: &Frame) -> Result<Vec<u8>, FrameError> {
    let body = bincode::encode_to_vec(frame, CONFIG).map_err(|_| FrameError::TooLong)?;
    let len = u32::try_from(body.len()).map_err(|_| FrameError::TooLong)?;
    if body.len() > FRAME_MAX {
        return Err(FrameError::TooLong);
    }
    let mut bytes = Vec::with_capacity(PREFIX_LEN + body.len());
    bytes.extend_from_slice(&len.to_be_bytes());
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

/// Reads a body. Every limit of [`Frame`] holds for the result.
///
/// # Errors
/// [`FrameError::Form`], [`FrameError::TooLong`].
pub fn decode(body: &[u8]) -> Result<Frame, FrameError> {
    if body.len() > FRAME_MAX {
        return Err(FrameError::TooLong);
    }
    let (frame, read): (Frame, usize) =
        bincode::decode_from_slice(body, CONFIG).map_err(|_| FrameError::Form)?;
    let sound = match &frame {
        Frame::Hello(hello) => {
            let first = 1..=hello.newest.number;
            hello.actor.len() <= ACTOR_MAX && first.contains(&hello.first)
        }
        Frame::Deliver(deliver) => {
            let documents = deliver.documents.len();
            (1..=BATCH_DOCUMENTS_MAX).contains(&documents)
                && deliver.disclosures.len() <= BATCH_DISCLOSURES_MAX
                && deliver.disclosures.iter().all(|d| usize::from(d.document) < documents)
        }
        Frame::Receipt(_) | Frame::Have(_) | Frame::Ask(_) => true,
        Frame::Want(want) => want.from < BUNDLE_MAX as u64,
        Frame::Part(part) => {
            let total = 1..=BUNDLE_MAX as u64;
            let len = 1..=PART_MAX.min(usize::try_from(part.total).unwrap_or(PART_MAX));
            total.contains(&part.total) && len.contains(&part.bytes.len())
        }
        Frame::Told(told) => {
            told.head.as_ref().is_none_or(|note| note.len() <= NOTE_MAX)
                && told.proof.as_ref().is_none_or(|proof| proof.len() <= PROOF_MAX)
                && told.rotations.len() <= VOUCHED_MAX
                && told.rotations.iter().all(|said| said.envelope.len() <= VOUCHED_BYTES_MAX)
                && told.figures.as_deref().is_none_or(Figures::is_in_form)
        }
        Frame::Head(note) => note.len() <= NOTE_MAX,
    };
    if sound && read == body.len() { Ok(frame) } else { Err(FrameError::Form) }
}
