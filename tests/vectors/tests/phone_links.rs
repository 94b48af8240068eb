//! The committed proofs of phones through `landside-proto`.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::path::Path;

use landside_proto::device::link::{self, Beat, Proof};
use landside_proto::key::Signer as _;
use landside_proto::refusal::Refusal;
use landside_vectors::VECTORS;
use landside_vectors::format::phone_links::{Beats, PhoneLink, PhoneLinkFile};
use landside_vectors::identity::key;

#[test]
fn good_proofs_hold_and_signing_again_gives_the_same_frame() {
    for good in file().good {
        let proof = taken(&good).unwrap();
        let signer = key(good.key.as_ref().unwrap());
        assert_eq!((proof.key, Some(proof.after)), (signer.public_key(), good.after));
        let challenge = good.challenge.0.clone().try_into().unwrap();
        let signature = signer.sign(&link::message(&good.origin, good.certificate, &challenge));
        let again = Proof { signature: signature.into(), ..proof };
        assert_eq!(link::framed(&again).unwrap(), good.frame.0, "{}", good.name);
    }
}

#[test]
fn bad_proofs_are_refused_each_for_its_reason() {
    for bad in file().bad {
        let refused = taken(&bad).err().map(|refusal| refusal.code.as_str().to_owned());
        assert_eq!(refused, bad.refused, "{}", bad.name);
    }
}

#[test]
fn a_beat_is_written_in_one_way_and_everything_else_is_refused() {
    let Beats { good, bad } = file().beats;
    assert!(good.len() < bad.len());
    for one in good.iter().chain(&bad) {
        let (head, body) = one.frame.0.split_first_chunk().unwrap();
        let read = link::length(*head).and_then(|_| link::read::<Beat>(body));
        let refused = read.as_ref().err().map(|refusal| refusal.code.as_str().to_owned());
        assert_eq!(refused, one.refused, "{}", one.name);
        if let Ok(beat) = read {
            assert_eq!(link::framed(&beat).unwrap(), one.frame.0, "{}", one.name);
        }
    }
}

#[test]
fn there_are_more_bad_proofs_than_good_ones_and_each_has_a_name_of_its_own() {
    let PhoneLinkFile { good, bad, .. } = file();
    assert!(good.len() < bad.len());
    let names: BTreeSet<&str> = good.iter().chain(&bad).map(|one| one.name.as_str()).collect();
    assert_eq!(names.len(), good.len() + bad.len());
}

/// As a node takes it.
fn taken(said: &PhoneLink) -> Result<Proof, Refusal> {
    let (head, body) = said.frame.0.split_first_chunk().unwrap();
    let length = link::length(*head)?;
    assert_eq!(length, body.len(), "{}", said.name);
    let proof: Proof = link::read(body)?;
    let challenge = said.challenge.0.clone().try_into().unwrap();
    proof.holds(&said.origin, said.certificate, &challenge)?;
    Ok(proof)
}

fn file() -> PhoneLinkFile {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read(root.join(VECTORS).join("phone-links.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}
