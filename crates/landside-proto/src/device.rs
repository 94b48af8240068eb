//! What a haulier's node and a driver's phone say to each other that no other node ever sees: the
//! invitation, the proof of the device key, and the answer to a question for documents
//! (crates/landside-web/assets/driver/API.md).
//!
//! None of it is a document: what the phone believes is in the envelopes.

use data_encoding::BASE64URL_NOPAD;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use self::link::Offer;
use crate::document::Remark;
use crate::ids::{CaseCode, Hash32, PartyId, UnixMillis};
use crate::refusal::{Code, Refusal};

pub mod link;

/// Bytes of an invitation's secret: nobody guesses 128 bits in a day.
pub const SECRET_LEN: usize = 16;

/// Bytes of a challenge.
pub const CHALLENGE_LEN: usize = 32;

/// Most documents of one answer: as in a batch between nodes.
pub const FEED_DOCUMENTS_MAX: usize = 256;

/// Most bytes of documents in one answer: a poor line has them within the phone's patience.
pub const FEED_BYTES_MAX: usize = 1024 * 1024;

/// An invitation: what a link or a code hands to one phone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Invitation {
    /// Who invites.
    #[n(0)]
    pub haulier: PartyId,
    /// Id of the directory edition at which the phone's trust begins.
    #[n(1)]
    pub edition: Hash32,
    /// Good for one key.
    #[n(2)]
    pub secret: ByteArray<SECRET_LEN>,
    /// First moment at which it is good no more.
    #[n(3)]
    pub expires: UnixMillis,
    /// The driver's name, as the haulier knows it.
    #[n(4)]
    pub name: Option<Remark>,
    /// Where the node is over QUIC, if it is.
    #[n(5)]
    pub link: Option<Offer>,
}

impl Invitation {
    /// What follows `#i=` in the link: base64url without padding (RFC 4648 § 5).
    ///
    /// # Errors
    /// None for what this type can hold.
    pub fn to_text(&self) -> Result<String, Refusal> {
        to_cbor(self).map(|bytes| BASE64URL_NOPAD.encode(&bytes))
    }
}

/// An answer to a question for documents.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Feed {
    /// After which number to ask next.
    #[n(0)]
    pub next: u64,
    /// The node's clock.
    #[n(1)]
    pub now: UnixMillis,
    /// Number of the newest directory edition that the node has.
    #[n(2)]
    pub edition: u64,
    /// At most [`FEED_DOCUMENTS_MAX`], of [`FEED_BYTES_MAX`] bytes together.
    #[n(3)]
    pub documents: Vec<FeedDocument>,
    /// Where the node is over QUIC, if it is: a phone keeps the newest that it was told.
    #[n(4)]
    pub link: Option<Offer>,
}

/// A document for one phone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FeedDocument {
    /// From 1, rising for each phone, never given twice.
    #[n(0)]
    pub number: u64,
    /// When the terminal registered it, else when the node took it.
    #[n(1)]
    pub at: UnixMillis,
    /// Its case, if it is of one.
    #[n(2)]
    pub code: Option<CaseCode>,
    /// The exact bytes.
    #[n(3)]
    pub envelope: ByteVec,
    /// The terminal whose word the time is, of a key-rotation; absent for every other kind.
    #[n(4)]
    pub terminal: Option<PartyId>,
    /// Index in that terminal's log; there exactly when the terminal is.
    #[n(5)]
    pub log: Option<u64>,
}

impl Feed {
    /// The bytes of the answer.
    ///
    /// # Errors
    /// None for what this type can hold.
    pub fn to_cbor(&self) -> Result<Vec<u8>, Refusal> {
        to_cbor(self)
    }

    /// Reads the bytes of an answer, for whoever asks.
    ///
    /// # Errors
    /// [`Code::Malformed`].
    pub fn from_cbor(bytes: &[u8]) -> Result<Self, Refusal> {
        minicbor::decode(bytes).map_err(|error| Refusal::new(Code::Malformed, error.to_string()))
    }
}

fn to_cbor(value: &impl Encode<()>) -> Result<Vec<u8>, Refusal> {
    minicbor::to_vec(value).map_err(|error| Refusal::new(Code::Malformed, error.to_string()))
}

/// What a device key is proven for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be enrolled with an invitation.
    Enrol,
    /// To open a session.
    Session,
}

/// What the device signs to prove its key. Its first byte is none of an envelope's or a note's
/// (docs/PROTOCOL.md § 13), so that no proof is ever taken for one; the origin keeps a page of others
/// from handing a proof on.
#[must_use]
pub fn proof(purpose: Purpose, origin: &str, challenge: &str) -> Vec<u8> {
    let purpose = match purpose {
        Purpose::Enrol => "enrol",
        Purpose::Session => "session",
    };
    format!("landside driver {purpose} v1\n{origin}\n{challenge}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_has_the_bytes_that_the_pages_read() {
        let invitation = Invitation {
            haulier: PartyId::parse("haulier").unwrap(),
            edition: Hash32::from_bytes([0xab; 32]),
            secret: [7; SECRET_LEN].into(),
            expires: UnixMillis::from_millis(1000),
            name: None,
            link: None,
        };
        let expected = [
            &[0xa4, 0, 0x67][..],
            b"haulier",
            &[1, 0x58, 0x20],
            &[0xab; 32],
            &[2, 0x50],
            &[7; 16],
            &[3, 0x19, 0x03, 0xe8],
        ];
        assert_eq!(minicbor::to_vec(invitation).unwrap(), expected.concat());
    }

    #[test]
    fn a_proof_is_for_one_purpose_one_place_and_one_challenge() {
        let said = proof(Purpose::Enrol, "https://node.example", "c");
        assert_eq!(said, b"landside driver enrol v1\nhttps://node.example\nc\n");
        assert_ne!(said, proof(Purpose::Session, "https://node.example", "c"));
    }
}
