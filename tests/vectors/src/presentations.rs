//! Texts that a driver shows at the gate: `LS1:` and base45 of a proof around a pass.

use std::time::Duration;

use landside_proto::document::{Document, Presentation};
use landside_proto::envelope::{Signed, seal};
use landside_proto::ids::UnixMillis;
use landside_proto::key::Signer as _;
use landside_proto::presentation::{AHEAD_MAX, PRESENTATION_LIFE, TEXT_MAX, present};
use landside_proto::refusal::Code;

use crate::forge::{Pieces, set};
use crate::format::{BadText, GoodText, PresentationFile};
use crate::good;
use crate::identity::key;
use crate::world::{actor, now};

pub(crate) fn file() -> PresentationFile {
    let mut bad = not_a_text();
    bad.extend(not_a_proof());
    bad.extend(not_a_pass());
    PresentationFile {
        about: "Texts to read at the gate with the directory named, at `now`; no driver list is \
                needed."
            .into(),
        now: now(),
        directory: "edition-1".into(),
        good: good(),
        bad,
    }
}

fn good() -> Vec<GoodText> {
    let vector = |name: &str, shows: &str, now: Option<UnixMillis>| GoodText {
        name: name.to_owned(),
        shows: shows.to_owned(),
        now,
        pass: pass().id(),
        driver: key("driver").public_key().id(),
        made_at: proof_time(),
        text: shown(&pass()),
    };
    vec![
        vector("fresh", "made ten seconds ago", None),
        vector("last-moment", "made a minute ago", Some(proof_time().plus(PRESENTATION_LIFE))),
        vector(
            "clock-ahead",
            "made half a minute from now, by a fast clock",
            Some(earlier(AHEAD_MAX)),
        ),
    ]
}

fn bad(name: &str, shows: &str, code: Code, text: String) -> BadText {
    BadText {
        name: name.to_owned(),
        shows: shows.to_owned(),
        now: None,
        refused: code.as_str().to_owned(),
        text,
    }
}

fn not_a_text() -> Vec<BadText> {
    let text = shown(&pass());
    let body = text.strip_prefix("LS1:").expect("the prefix");
    let malformed = |name, shows, text| bad(name, shows, Code::Malformed, text);
    vec![
        malformed("empty", "no text", String::new()),
        malformed("prefix-alone", "the prefix alone", "LS1:".into()),
        malformed("prefix-missing", "no prefix", body.to_owned()),
        malformed("prefix-of-version-2", "prefix of another version", format!("LS2:{body}")),
        malformed("prefix-lower-case", "prefix in lower case", format!("ls1:{body}")),
        malformed("lower-case", "base45 in lower case", format!("LS1:{}", body.to_lowercase())),
        malformed("web-address", "a web address", "https://terminal.example/p/77".into()),
        malformed("truncated", "three characters are missing", text[..text.len() - 3].to_owned()),
        bad("too-long", "one character over the limit", Code::TooLarge, "0".repeat(TEXT_MAX + 1)),
    ]
}

fn not_a_proof() -> Vec<BadText> {
    let millisecond = Duration::from_millis(1);
    let fresh = shown(&pass());
    let by_other = present(&pass(), proof_time(), &key("other-driver")).unwrap();
    let in_its_name = {
        let (proof, device) = (Presentation { pass: pass().bytes().to_vec() }, actor("driver"));
        seal(proof.into(), device, proof_time(), &key("other-driver")).unwrap()
    };
    let mut flipped = proof();
    flipped.signature[40] ^= 1;
    let mut younger = proof();
    let last = younger.protected.len() - 1;
    younger.protected[last] ^= 1;
    vec![
        BadText {
            now: Some(proof_time().plus(PRESENTATION_LIFE + millisecond)),
            ..bad("stale", "a photograph, a minute and a millisecond old", Code::Expired, fresh)
        },
        BadText {
            now: Some(earlier(AHEAD_MAX + millisecond)),
            ..bad(
                "made-for-later",
                "made more than half a minute ahead",
                Code::IssuedInFuture,
                shown(&pass()),
            )
        },
        bad(
            "other-device",
            "the pass of one, the phone of another",
            Code::NotBoundDriver,
            by_other,
        ),
        bad(
            "other-device-in-its-name",
            "another phone in the name of the right one",
            Code::NotBoundDriver,
            encoded(in_its_name.bytes()),
        ),
        bad(
            "proof-flipped",
            "one bit of the proof's signature",
            Code::BadSignature,
            encoded(&flipped.envelope()),
        ),
        bad(
            "proof-redated",
            "the time of the proof changed afterwards",
            Code::BadSignature,
            encoded(&younger.envelope()),
        ),
        bad(
            "proof-respelled",
            "an unknown label in the proof's header",
            Code::NotCanonical,
            encoded(&proof().header(|h| set(h, 99, 1)).signed_by("driver").envelope()),
        ),
        bad(
            "pass-without-proof",
            "the pass itself, which anybody may have copied",
            Code::Malformed,
            encoded(pass().bytes()),
        ),
    ]
}

fn not_a_pass() -> Vec<BadText> {
    let around = |name, shows, code, pass: Vec<u8>| {
        let proof = Presentation { pass };
        let signed = seal(proof.into(), actor("driver"), proof_time(), &key("driver")).unwrap();
        bad(name, shows, code, encoded(signed.bytes()))
    };
    let by = |name: &str| {
        let document = pass().document().clone();
        seal(document, actor(name), proof_time(), &key(name)).unwrap().bytes().to_vec()
    };
    let mut flipped = Pieces::of(&pass());
    flipped.signature[40] ^= 1;
    let edited = Pieces::of(&pass()).body(|p| set(p, 4, 2_000_000_000));
    vec![
        around("pass-empty", "no bytes for a pass", Code::Malformed, Vec::new()),
        around("pass-flipped", "one bit of the pass", Code::BadSignature, flipped.envelope()),
        around("pass-prolonged", "a later end written in", Code::BadSignature, edited.envelope()),
        around("pass-self-made", "the driver signed the pass", Code::KeyUnknown, by("driver")),
        around(
            "pass-by-haulier",
            "the haulier signed the pass",
            Code::RoleMayNotSign,
            by("haulier"),
        ),
        around("pass-by-stranger", "a stranger's pass", Code::UnknownParty, by("stranger")),
        around(
            "pass-is-a-slot",
            "a document of the terminal that is no pass",
            Code::Malformed,
            good::sealed("slot").bytes().to_vec(),
        ),
        around(
            "pass-trailing-byte",
            "a byte follows the pass",
            Code::NotCanonical,
            [pass().bytes(), &[0]].concat(),
        ),
    ]
}

fn pass() -> Signed<Document> {
    good::sealed("pickup-pass")
}

/// Ten seconds before `now`.
fn proof_time() -> UnixMillis {
    UnixMillis::from_millis(now().as_millis() - 10_000)
}

fn earlier(span: Duration) -> UnixMillis {
    UnixMillis::from_millis(proof_time().as_millis() - u64::try_from(span.as_millis()).unwrap())
}

fn shown(pass: &Signed<Document>) -> String {
    present(pass, proof_time(), &key("driver")).expect("a pass can be shown")
}

fn proof() -> Pieces {
    let proof = Presentation { pass: pass().bytes().to_vec() };
    Pieces::of(&seal(proof.into(), actor("driver"), proof_time(), &key("driver")).unwrap())
}

fn encoded(bytes: &[u8]) -> String {
    format!("LS1:{}", base45::encode(bytes))
}
