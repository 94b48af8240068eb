//! Documents of sound form whose signer is wrong: unknown, without the right, out of time, or not
//! the one who signed.

use landside_proto::document::Document;
use landside_proto::envelope::{Signed, seal};
use landside_proto::ids::UnixMillis;
use landside_proto::key::Signer;
use landside_proto::refusal::Code;

use crate::forge::{Pieces, at, bytes, malleated, set};
use crate::format::Bad;
use crate::good::{self, KINDS};
use crate::identity::key;
use crate::world::{actor, now, time};

pub(crate) fn vectors() -> Vec<Bad> {
    let order = good::sealed("release-order");
    let pieces = Pieces::of(&order);
    let mut all = who(&order);
    all.extend(drivers());
    all.extend(roles());
    all.extend(signatures(&pieces));
    all.extend(flips(&pieces));
    all.extend(claims(&pieces));
    all
}

/// One document, signed as `issuer` with the key named.
fn signed_as(issuer: &str, name: &str, document: &Document, at: UnixMillis) -> Vec<u8> {
    let signed = seal(document.clone(), actor(issuer), at, &key(name));
    signed.expect("a vector keeps its own rules").bytes().to_vec()
}

fn who(order: &Signed<Document>) -> Vec<Bad> {
    let before = time("2026-11-23T09:50:00Z");
    let by = |name, shows, code, issuer, key| {
        Bad::new(name, shows, code, signed_as(issuer, key, order.document(), before))
    };
    let good = order.bytes();
    let at = |name, shows, now, code, bytes: &[u8]| Bad {
        now: Some(time(now)),
        ..Bad::new(name, shows, code, bytes)
    };
    let old = signed_as("line", "line-old", order.document(), time("2026-11-14T12:00:00Z"));
    vec![
        by(
            "party-unknown",
            "a party that nobody lists",
            Code::UnknownParty,
            "stranger",
            "stranger",
        ),
        by(
            "party-authority",
            "the issuer of editions signs a document",
            Code::UnknownParty,
            "authority",
            "authority-1",
        ),
        by("key-of-nobody", "a key that nobody lists", Code::KeyUnknown, "line", "stranger"),
        by("key-of-another-party", "the forwarder's key", Code::KeyUnknown, "line", "forwarder"),
        by("key-of-another-line", "the other line's key", Code::KeyUnknown, "line", "other-line"),
        by(
            "key-of-node",
            "the line's node key, which signs no documents",
            Code::KeyUnknown,
            "line",
            "line-node",
        ),
        by("key-of-authority", "an authority key", Code::KeyUnknown, "line", "authority-1"),
        by("key-next", "a key whose time has not come", Code::KeyNotInForce, "line", "line-next"),
        by("key-old", "a key whose time has passed", Code::KeyNotInForce, "line", "line-old"),
        at(
            "key-old-by-a-millisecond",
            "one millisecond after the last moment of the key",
            "2026-11-15T00:00:00.001Z",
            Code::KeyNotInForce,
            &old,
        ),
        at(
            "key-new-by-a-millisecond",
            "one millisecond before the first moment of the key",
            "2026-10-31T23:59:59.999Z",
            Code::KeyNotInForce,
            good,
        ),
    ]
}

fn drivers() -> Vec<Bad> {
    let receipt = good::countersigned();
    let at = now();
    let other_kid = {
        let kid = *key("other-driver").public_key().id().as_bytes();
        let pieces = Pieces::of(&receipt).header(|h| set(h, 4, bytes(&kid)));
        pieces.signed_by("other-driver").envelope()
    };
    vec![
        Bad::new(
            "device-unknown",
            "a device that no haulier vouches for",
            Code::KeyUnknown,
            signed_as("stranger-driver", "stranger-driver", receipt.document(), at),
        ),
        Bad::new(
            "device-for-another",
            "one device signs in the name of another",
            Code::KeyUnknown,
            other_kid,
        ),
        Bad {
            now: Some(time("2027-06-30T00:00:00.001Z")),
            ..Bad::new(
                "device-expired",
                "one millisecond after every credential of the device",
                Code::KeyUnknown,
                receipt.bytes(),
            )
        },
        Bad::new(
            "device-as-party",
            "the haulier's name, the driver's key",
            Code::KeyUnknown,
            signed_as("haulier", "driver", good::sealed("driver-binding").document(), at),
        ),
    ]
}

/// Each kind signed by a listed party whose role may not sign it. Receipts have no such role.
fn roles() -> Vec<Bad> {
    KINDS
        .iter()
        .filter(|(kind, ..)| *kind != "receipt")
        .map(|(kind, ..)| {
            let by = wrong_signer(kind);
            let bytes = match *kind {
                // It would name another signer too, and that is looked at later.
                "key-rotation" => renamed(&good::sealed(kind), &actor(by).to_string(), by),
                _ => signed_as(by, by, good::sealed(kind).document(), now()),
            };
            let name = format!("{kind}-by-{by}");
            Bad::new(&name, &format!("{by} may not sign it"), Code::RoleMayNotSign, bytes)
        })
        .collect()
}

/// A document with another issuer and key in its header, signed by that key.
fn renamed(signed: &Signed<Document>, issuer: &str, name: &str) -> Vec<u8> {
    let kid = *key(name).public_key().id().as_bytes();
    let pieces = Pieces::of(signed).header(|h| {
        set(h, 4, bytes(&kid));
        set(at(h, &[15]), 1, issuer);
    });
    pieces.signed_by(name).envelope()
}

/// The most tempting of the roles that may not.
fn wrong_signer(kind: &str) -> &'static str {
    match kind {
        "release-order" | "release-change" => "forwarder",
        "customs-status" | "arrival" => "line",
        "hold" | "hold-lift" | "slot" => "haulier",
        "pass-right" | "return-right" | "revoke-right" => "customs",
        "driver-credential" | "slot-request" => "shipper",
        "driver-binding" | "pickup-pass" | "gate-decision" => "driver",
        "presentation" | "gate-out" => "haulier",
        "clock-terms" | "clock-event" => "forwarder",
        "key-rotation" | "question" | "answer" => "driver",
        _ => "line",
    }
}

/// Signatures that are not the issuer's over these bytes.
fn signatures(pieces: &Pieces) -> Vec<Bad> {
    let with = |name, shows, signature: Vec<u8>| {
        let pieces = Pieces { signature, ..pieces.clone() };
        Bad::new(name, shows, Code::BadSignature, pieces.envelope())
    };
    let over = |message: &[u8]| key("line").sign(message).to_vec();
    let small_order_r = {
        let mut signature = vec![0; 64];
        signature[0] = 1;
        signature
    };
    vec![
        with("signature-zero", "64 zero bytes", vec![0; 64]),
        with("signature-identity", "R is the neutral point, S is 0", small_order_r),
        with(
            "signature-s-plus-l",
            "S + L for S, which is the same to a lax library",
            malleated(&pieces.signature),
        ),
        with("signature-over-payload", "over the payload alone", over(&pieces.payload)),
        with(
            "signature-other-context",
            "over a Sig_structure of COSE_Sign (context Signature)",
            over(&pieces.to_be_signed("Signature", &[])),
        ),
        with(
            "signature-external-data",
            "over external data too",
            over(&pieces.to_be_signed("Signature1", b"landside")),
        ),
        with(
            "signature-of-another-key",
            "the line's key id, the forwarder's signature",
            pieces.clone().signed_by("forwarder").signature,
        ),
        with(
            "signature-of-another-document",
            "the line's signature of another document",
            Pieces::of(&good::sealed("release-change")).signature,
        ),
    ]
}

/// One bit changed after signing.
fn flips(pieces: &Pieces) -> Vec<Bad> {
    let (header, payload) = (pieces.protected.len() - 1, pieces.payload.len() - 1);
    let mut r = pieces.clone();
    r.signature[0] ^= 1;
    let mut s = pieces.clone();
    s.signature[32] ^= 1;
    let mut last = pieces.clone();
    last.payload[payload] ^= 1;
    let mut time = pieces.clone();
    time.protected[header] ^= 1;
    let mut content_type = pieces.clone();
    content_type = content_type.header(|h| {
        set(h, 3, "application/vnd.landside.release-change.v1+cbor");
    });
    let changed =
        |name, shows, pieces: Pieces| Bad::new(name, shows, Code::BadSignature, pieces.envelope());
    let bill = pieces.clone().body(|p| set(p, 1, "LSD2611-00418"));
    let order = good::sealed("release-change");
    let swapped = Pieces { payload: Pieces::of(&order).payload, ..pieces.clone() };
    vec![
        changed("flip-in-r", "first bit of R", r),
        changed("flip-in-s", "first bit of S", s),
        changed("flip-in-payload", "last bit of the payload", last),
        changed("flip-in-header", "last bit of the time of issue", time),
        changed("bill-altered", "another bill after signing", bill),
        changed("kind-altered", "another kind after signing", content_type),
        changed("payload-swapped", "the payload of another document of the line", swapped),
    ]
}

/// Claims in the header that the payload or the clock contradicts, signed as they are.
fn claims(pieces: &Pieces) -> Vec<Bad> {
    let signed = |name, shows, code, key: i64, to: ciborium::Value| {
        let pieces = pieces.clone().header(|h| set(at(h, &[15]), key, to));
        Bad::new(name, shows, code, pieces.signed_by("line").envelope())
    };
    let (mismatch, future) = (Code::SubjectMismatch, Code::IssuedInFuture);
    let ahead = i64::try_from(now().as_secs()).unwrap() + 301;
    vec![
        signed("subject-other", "another container", mismatch, 2, "LSDU1000014".into()),
        signed("subject-empty", "empty subject", mismatch, 2, "".into()),
        signed("subject-spelled", "the number as painted", mismatch, 2, "CSQU 305438 3".into()),
        Bad::new(
            "rotation-in-anothers-name",
            "the forwarder vouches for the line's new key",
            mismatch,
            renamed(&good::sealed("key-rotation"), "forwarder", "forwarder"),
        ),
        Bad {
            now: Some(time("2026-11-14T00:00:00Z")),
            ..Bad::new(
                "rotation-by-another-key",
                "the payload names the line's next key, its old one signs",
                mismatch,
                renamed(&rotation_of_the_past(), "line", "line-old"),
            )
        },
        signed("issued-ahead", "five minutes and a second from now", future, 6, ahead.into()),
        signed("issued-far-ahead", "the largest time there is", future, 6, u64::MAX.into()),
        signed(
            "issued-in-milliseconds",
            "milliseconds for seconds",
            future,
            6,
            now().as_millis().into(),
        ),
    ]
}

/// The good rotation, issued while the line's old key counted too.
fn rotation_of_the_past() -> Signed<Document> {
    let rotation = good::sealed("key-rotation");
    let past = seal(
        rotation.document().clone(),
        actor("line"),
        time("2026-11-14T00:00:00Z"),
        &key("line"),
    );
    past.expect("a vector keeps its own rules")
}
