//! Proofs of a phone's key on a link over QUIC, written byte for byte by docs/PROTOCOL.md § 16.

use data_encoding::BASE64URL_NOPAD;
use landside_proto::ids::Hash32;
use landside_proto::key::Signer as _;
use landside_proto::refusal::Code;

use crate::format::Hex;
use crate::format::phone_links::{BeatFrame, Beats, PhoneLink, PhoneLinkFile};
use crate::identity::key;

const ORIGIN: &str = "https://haulier.example";
const CHALLENGE: [u8; 32] = [0x5c; 32];
/// Longest frame of a phone, by hand.
const FRAME_MAX: u32 = 1024;

fn certificate() -> Hash32 {
    Hash32::from_bytes([0xce; 32])
}

pub(crate) fn file() -> PhoneLinkFile {
    PhoneLinkFile {
        about: "A phone's first frame on a link whose node has the origin, showed the certificate \
                and said the challenge. A good one proves the key; after a bad one the link ends."
            .into(),
        good: good(),
        bad: [not_for_this_link(), no_frames()].concat(),
        beats: beats(),
    }
}

/// Frames after the proof.
fn beats() -> Beats {
    let beat = |name: &str, frame, code: Option<Code>| BeatFrame {
        name: name.into(),
        frame,
        refused: code.map(|code| code.as_str().to_owned()),
    };
    let bad = |name, body: &[u8], code| beat(name, framed(body), Some(code));
    let long = Hex((FRAME_MAX + 1).to_be_bytes().to_vec());
    Beats {
        good: vec![beat("beat", framed(&[0xa0]), None)],
        bad: vec![
            bad("beat-empty", &[], Code::Malformed),
            bad("beat-list", &[0x80], Code::Malformed),
            bad("beat-open-map", &[0xbf, 0xff], Code::NotCanonical),
            bad("beat-field", &[0xa1, 0, 0], Code::NotCanonical),
            bad("beat-after-the-end", &[0xa0, 0xa0], Code::NotCanonical),
            beat("beat-too-long", long, Some(Code::TooLarge)),
        ],
    }
}

/// What is signed.
fn text(purpose: &str, origin: &str, certificate: &str, challenge: &[u8]) -> Vec<u8> {
    let challenge = BASE64URL_NOPAD.encode(challenge);
    format!("landside driver {purpose} v1\n{origin}\n{certificate}\n{challenge}\n").into_bytes()
}

fn message(origin: &str, challenge: &[u8]) -> Vec<u8> {
    text("link", origin, &certificate().to_string(), challenge)
}

/// Key, signature and number as CBOR.
fn body(shown: &str, signature: &[u8], after: &[u8]) -> Vec<u8> {
    let public = key(shown).public_key();
    [&[0xa3, 0, 0x58, 0x20], &public.as_bytes()[..], &[1, 0x58, 0x40], signature, &[2], after]
        .concat()
}

fn framed(body: &[u8]) -> Hex {
    let length = u32::try_from(body.len()).expect("short");
    Hex([&length.to_be_bytes()[..], body].concat())
}

fn link(name: &str, shows: &str, frame: Hex) -> PhoneLink {
    PhoneLink {
        name: name.into(),
        shows: shows.into(),
        origin: ORIGIN.into(),
        certificate: certificate(),
        challenge: Hex(CHALLENGE.to_vec()),
        key: None,
        after: None,
        frame,
        refused: None,
    }
}

fn good() -> Vec<PhoneLink> {
    let of =
        |name: &str, shows: &str, origin: &str, signer: &str, (after, spelled): (u64, &[u8])| {
            let signature = key(signer).sign(&message(origin, &CHALLENGE));
            PhoneLink {
                origin: origin.into(),
                key: Some(signer.into()),
                after: Some(after),
                ..link(name, shows, framed(&body(signer, &signature, spelled)))
            }
        };
    vec![
        of("new", "a phone that has nothing yet", ORIGIN, "driver", (0, &[0])),
        of("goes-on", "a phone that was here before", ORIGIN, "driver", (300, &[0x19, 1, 0x2c])),
        of(
            "with-port",
            "an origin with its port; the key of another phone",
            "http://127.0.0.1:8443",
            "other-driver",
            (23, &[23]),
        ),
    ]
}

fn bad(name: &str, shows: &str, code: Code, frame: Hex) -> PhoneLink {
    PhoneLink { refused: Some(code.as_str().to_owned()), ..link(name, shows, frame) }
}

/// Signatures that are good for something else.
fn not_for_this_link() -> Vec<PhoneLink> {
    let certificate = certificate().to_string();
    let signed = |name, shows, signer: &str, text: Vec<u8>| {
        let signature = key(signer).sign(&text);
        bad(name, shows, Code::BadSignature, framed(&body("driver", &signature, &[0])))
    };
    let session = |purpose| format!("landside driver {purpose} v1\n{ORIGIN}\n");
    let over_https =
        [session("session").as_bytes(), BASE64URL_NOPAD.encode(&CHALLENGE).as_bytes(), b"\n"]
            .concat();
    let good = key("driver").sign(&message(ORIGIN, &CHALLENGE));
    let mut other_s = good;
    other_s[63] ^= 0x10;
    vec![
        signed("other-key", "another phone signed", "other-driver", message(ORIGIN, &CHALLENGE)),
        signed(
            "other-origin",
            "a page of others has it signed",
            "driver",
            message("https://elsewhere.example", &CHALLENGE),
        ),
        signed(
            "other-certificate",
            "signed towards who has another certificate",
            "driver",
            text("link", ORIGIN, &"ab".repeat(32), &CHALLENGE),
        ),
        signed("replayed", "an earlier link's", "driver", message(ORIGIN, &[0x5d; 32])),
        signed(
            "other-purpose",
            "the text of another purpose",
            "driver",
            text("session", ORIGIN, &certificate, &CHALLENGE),
        ),
        signed("session", "signed for a session over HTTPS", "driver", over_https),
        signed(
            "capitals",
            "the certificate's hash in capital letters",
            "driver",
            text("link", ORIGIN, &certificate.to_uppercase(), &CHALLENGE),
        ),
        bad(
            "changed",
            "one bit of the signature is another",
            Code::BadSignature,
            framed(&body("driver", &other_s, &[0])),
        ),
    ]
}

/// Frames that are none, around a signature that holds.
fn no_frames() -> Vec<PhoneLink> {
    let good = body("driver", &key("driver").sign(&message(ORIGIN, &CHALLENGE)), &[0]);
    let cut = &good[..good.len() - 1];
    let open = [&[0xbf], &good[1..], &[0xff]].concat();
    let long_number = [cut, &[0x18, 0]].concat();
    let more = [&[0xa4], &good[1..], &[3, 0]].concat();
    let after_end = [&good[..], &[0]].concat();
    let without = [&[0xa2], &good[1..good.len() - 2]].concat();
    let short = [&[0xa3, 0, 0x58, 0x20], &[7; 31][..]].concat();
    vec![
        bad("cut", "the body ends too early", Code::Malformed, framed(cut)),
        bad("short-key", "a key that ends too early", Code::Malformed, framed(&short)),
        bad("field-missing", "it does not say where to go on", Code::Malformed, framed(&without)),
        bad("empty", "no body", Code::Malformed, framed(&[])),
        bad("open-map", "a map of open length", Code::NotCanonical, framed(&open)),
        bad("long-number", "a number in two bytes", Code::NotCanonical, framed(&long_number)),
        bad("field-more", "a field that is none", Code::NotCanonical, framed(&more)),
        bad("after-the-end", "a byte after the end", Code::NotCanonical, framed(&after_end)),
        bad(
            "too-long",
            "a length over the limit: nothing of it is read",
            Code::TooLarge,
            Hex((FRAME_MAX + 1).to_be_bytes().to_vec()),
        ),
    ]
}
