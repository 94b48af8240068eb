//! A phone's link: what a haulier's node and the driver app say to each other over WebTransport
//! (docs/PROTOCOL.md § 16).
//!
//! Every message is a frame: four bytes of length, most significant first, and as many bytes of
//! canonical CBOR.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::{CHALLENGE_LEN, to_cbor};
use crate::ids::{Hash32, UnixMillis};
use crate::key::PublicKey;
use crate::refusal::{Code, Refusal};

/// Bytes of a frame's length.
pub const LENGTH_LEN: usize = 4;

/// Longest frame that a phone sends, in bytes: a question's path and media type.
pub const FRAME_MAX: usize = 1024;

/// Most certificates that an offer names.
pub const CERTIFICATES_MAX: usize = 4;

/// Path of a link, below the node's origin.
pub const PATH: &str = "/driver/api/link";

/// Where a phone finds the node over QUIC: at the host of the page, by certificates known by their hash.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Offer {
    /// UDP port.
    #[n(0)]
    pub port: u16,
    /// SHA-256 of each certificate, the one shown now first; 1 to [`CERTIFICATES_MAX`].
    #[n(1)]
    pub certificates: Vec<Hash32>,
}

/// The node's first frame.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Challenge {
    /// Random; good for this link.
    #[n(0)]
    pub challenge: ByteArray<CHALLENGE_LEN>,
    /// The node's clock.
    #[n(1)]
    pub now: UnixMillis,
}

/// The phone's first frame: who it is, and from where its feed goes on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Proof {
    /// The device key.
    #[n(0)]
    pub key: PublicKey,
    /// Its signature over [`message`].
    #[n(1)]
    pub signature: ByteArray<64>,
    /// After which number of its feed to begin.
    #[n(2)]
    pub after: u64,
}

/// The phone's later frames on the feed's stream: whether the node is there. The node answers with the
/// feed as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Beat {}

/// What a phone asks on a stream of its own; the rest of the stream is the content.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Question {
    /// As in HTTP.
    #[n(0)]
    pub method: String,
    /// Below `/driver/api/`.
    #[n(1)]
    pub path: String,
    /// Media type of the content.
    #[n(2)]
    pub media_type: Option<String>,
}

/// The node's answer on the same stream; the rest of the stream is the content.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    /// As in HTTP.
    #[n(0)]
    pub status: u16,
    /// Media type of the content.
    #[n(1)]
    pub media_type: Option<String>,
}

/// What the device key signs for a link: good at one origin, towards who has the key of one certificate,
/// once. Its first byte is none of an envelope's or a note's (docs/PROTOCOL.md § 13).
#[must_use]
pub fn message(origin: &str, certificate: Hash32, challenge: &[u8; CHALLENGE_LEN]) -> Vec<u8> {
    let challenge = data_encoding::BASE64URL_NOPAD.encode(challenge);
    format!("landside driver link v1\n{origin}\n{certificate}\n{challenge}\n").into_bytes()
}

/// A frame around a message.
///
/// # Errors
/// [`Code::TooLarge`] for more bytes than a length can say.
pub fn framed(message: &impl Encode<()>) -> Result<Vec<u8>, Refusal> {
    let body = to_cbor(message)?;
    let length = u32::try_from(body.len())
        .map_err(|_| Refusal::new(Code::TooLarge, format!("{} bytes", body.len())))?;
    Ok([&length.to_be_bytes()[..], &body].concat())
}

/// The bytes of a frame of a phone that is to come.
///
/// # Errors
/// [`Code::TooLarge`] above [`FRAME_MAX`], before anything is kept for it.
pub fn length(head: [u8; LENGTH_LEN]) -> Result<usize, Refusal> {
    let length = usize::try_from(u32::from_be_bytes(head)).unwrap_or(usize::MAX);
    if length > FRAME_MAX {
        return Err(Refusal::new(Code::TooLarge, format!("{length} bytes, limit {FRAME_MAX}")));
    }
    Ok(length)
}

/// Reads the body of a frame; only its canonical spelling.
///
/// # Errors
/// [`Code::Malformed`], [`Code::NotCanonical`].
pub fn read<T: Encode<()> + for<'b> Decode<'b, ()>>(body: &[u8]) -> Result<T, Refusal> {
    let read: T =
        minicbor::decode(body).map_err(|error| Refusal::new(Code::Malformed, error.to_string()))?;
    if to_cbor(&read)? != body {
        return Err(Refusal::new(
            Code::NotCanonical,
            "another spelling of this frame is canonical",
        ));
    }
    Ok(read)
}

impl Proof {
    /// Whether this key signed for this link; the certificate is the one that the node showed.
    ///
    /// # Errors
    /// [`Code::BadSignature`].
    pub fn holds(
        &self,
        origin: &str,
        certificate: Hash32,
        challenge: &[u8; CHALLENGE_LEN],
    ) -> Result<(), Refusal> {
        self.key
            .verify(&message(origin, certificate, challenge), &self.signature[..])
            .map_err(|_| Refusal::new(Code::BadSignature, "not signed by this key for this link"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{SecretKey, Signer as _};

    const ORIGIN: &str = "https://node.example";

    fn proof() -> Proof {
        let key = SecretKey::from_seed([7; 32]);
        let said = message(ORIGIN, Hash32::from_bytes([1; 32]), &[2; CHALLENGE_LEN]);
        Proof { key: key.public_key(), signature: key.sign(&said).into(), after: 3 }
    }

    #[test]
    fn a_proof_holds_at_one_origin_for_one_certificate_and_one_challenge() {
        let proof = proof();
        let [one, other] = [1, 9].map(|byte| Hash32::from_bytes([byte; 32]));
        assert!(proof.holds(ORIGIN, one, &[2; CHALLENGE_LEN]).is_ok());
        for (origin, certificate, challenge) in [
            ("https://elsewhere.example", one, [2; CHALLENGE_LEN]),
            (ORIGIN, other, [2; CHALLENGE_LEN]),
            (ORIGIN, one, [9; CHALLENGE_LEN]),
        ] {
            let refused = proof.holds(origin, certificate, &challenge).unwrap_err();
            assert_eq!(refused.code, Code::BadSignature, "{origin} {certificate}");
        }
    }

    #[test]
    fn a_frame_says_its_length_and_a_long_one_is_refused_by_it() {
        let framed = framed(&proof()).unwrap();
        let (head, body) = framed.split_first_chunk().unwrap();
        assert_eq!(length(*head).unwrap(), body.len());
        assert_eq!(read::<Proof>(body).unwrap(), proof());
        assert_eq!(length([0, 0, 4, 1]).unwrap_err().code, Code::TooLarge);
        assert_eq!(length([0xff; 4]).unwrap_err().code, Code::TooLarge);
        assert_eq!(length([0, 0, 4, 0]).unwrap(), FRAME_MAX);
    }

    #[test]
    fn a_beat_has_five_bytes_and_no_other_ones() {
        let framed = framed(&Beat {}).unwrap();
        assert_eq!(framed, [0, 0, 0, 1, 0xa0]);
        assert_eq!(read::<Beat>(&framed[LENGTH_LEN..]).unwrap(), Beat {});
        for wrong in [&[][..], &[0x80], &[0xf6], &[0xa0, 0], &[0xbf, 0xff], &[0xa1, 0, 0]] {
            assert!(read::<Beat>(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn another_spelling_of_a_frame_is_none() {
        let body = framed(&proof()).unwrap()[LENGTH_LEN..].to_vec();
        let longer = [&body[..], &[0]].concat();
        assert_eq!(read::<Proof>(&longer).unwrap_err().code, Code::NotCanonical);
        let cut = &body[..body.len() - 1];
        assert_eq!(read::<Proof>(cut).unwrap_err().code, Code::Malformed);
        let open = [&[0xbf][..], &body[1..], &[0xff]].concat();
        assert_eq!(read::<Proof>(&open).unwrap_err().code, Code::NotCanonical);
    }
}
