use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::document::CasePlace;
use crate::ids::CaseCode;
use crate::sealed::DISCLOSURE_MAX;

fn refused(bytes: &[u8]) -> FindingCode {
    let error = read(bytes).unwrap_err();
    let report = verify(bytes, None);
    assert_eq!(report.verdict, Verdict::Broken, "{error}");
    assert!(report.findings.iter().any(|f| f.code == error.code), "{error}");
    error.code
}

/// The bytes with a digest that holds.
fn sealed_again(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - 32);
    let digest = Hash32::of(&bytes);
    bytes.extend(digest.as_bytes());
    bytes
}

#[test]
fn what_is_written_is_read() {
    let evidence = Evidence::Case(whole());
    let bytes = write(&evidence);
    assert!(is_evidence(&bytes));
    assert_eq!(read(&bytes), Ok(evidence.in_order()));
    assert_eq!(bytes.get(..2), Some(&[0x84, 0x74][..]));
}

#[test]
fn other_bytes_are_no_evidence() {
    for bytes in [&b""[..], b"\xd2\x84", b"LS1:ABC", &[0; 100], MAGIC.as_bytes()] {
        assert!(!is_evidence(bytes));
        assert_eq!(refused(bytes), FindingCode::NotEvidence);
    }
}

#[test]
fn a_file_beyond_the_limit_is_not_read() {
    let mut bytes = file(whole());
    bytes.resize(EVIDENCE_MAX + 1, 0);
    assert_eq!(refused(&bytes), FindingCode::FileTooLarge);
}

#[test]
fn each_list_has_its_limit() {
    type Spoil = fn(&mut CaseEvidence);
    let long: [(&str, Spoil); 9] = [
        ("edition", |c| c.editions = vec![vec![0x80]; EDITIONS_MAX + 1]),
        ("edition", |c| c.editions.clear()),
        ("head", |c| c.head = Some(vec![0; crate::checkpoint::NOTE_MAX + 1])),
        ("credential", |c| c.credentials = vec![c.credentials[0].clone(); CREDENTIALS_MAX + 1]),
        ("document", |c| c.documents.clear()),
        ("document", |c| c.documents[0].envelope = vec![0; envelope::ENVELOPE_MAX + 1]),
        ("document", |c| c.documents[0].proof = Some(vec![founding_id(); 65])),
        ("document", |c| c.documents[0].disclosures = vec![vec![1; DISCLOSURE_MAX + 1]]),
        ("receipt", |c| c.receipts = vec![vec![1]; RECEIPTS_MAX + 1]),
    ];
    for (part, spoil) in long {
        let mut case = whole();
        spoil(&mut case);
        let error = read(&write_as_is(&Evidence::Case(case))).unwrap_err();
        assert_eq!((error.code, error.place.part.as_str()), (FindingCode::Limit, part), "{error}");
    }
}

#[test]
fn a_count_that_nothing_backs_is_refused_before_room_is_made_for_it() {
    let mut bytes = file(whole());
    let at = parse(&bytes).unwrap().layout.editions[0].start;
    // The list's head says four thousand million editions.
    bytes.splice(at - 1..at, [0x9a, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(refused(&bytes), FindingCode::Limit);
}

#[test]
fn a_proof_without_a_head_is_refused() {
    let mut case = whole();
    case.head = None;
    assert_eq!(refused(&file(case)), FindingCode::Form);
}

#[test]
fn a_longer_spelling_of_the_same_is_refused_where_it_stands() {
    let bytes = file(whole());
    let layout = parse(&bytes).unwrap().layout;
    // The first document's map head, in two bytes.
    let at = layout.documents[0].start;
    let mut longer = bytes.clone();
    longer.splice(at..=at, [0xb8, bytes[at] & 0x1f]);
    let longer = sealed_again(longer);
    let error = read(&longer).unwrap_err();
    assert_eq!(error.code, FindingCode::NotCanonical);
    assert_eq!(error.place.to_string().split(',').next(), Some("document 1 of 12"));
}

#[test]
fn bytes_after_the_end_are_refused() {
    let mut bytes = file(whole());
    bytes.push(0);
    assert_eq!(refused(&bytes), FindingCode::Form);
}

#[test]
fn another_sort_or_version_is_refused() {
    let bytes = file(whole());
    for (from, to) in [("v1", "v2"), ("case", "calf")] {
        let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        let mut other = bytes.clone();
        other.splice(at..at + from.len(), to.bytes());
        let code = refused(&sealed_again(other));
        assert!(matches!(code, FindingCode::Form | FindingCode::NotEvidence));
    }
}

fn hashes() -> impl Strategy<Value = Vec<Hash32>> {
    vec(any::<[u8; 32]>().prop_map(Hash32::from_bytes), 0..4)
}

fn blobs(at_most: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(vec(any::<u8>(), 0..40), 0..at_most)
}

prop_compose! {
    fn some_registered(place: Option<u32>, log: u64)(
        envelope in vec(any::<u8>(), 0..60),
        at in 0..253_402_300_799_999u64,
        proof in proptest::option::of(hashes()),
        disclosures in blobs(3),
    ) -> Registered {
        let case = place.map(|place| CasePlace { code: CaseCode::from_seed(&[7; 32]), place });
        let at = UnixMillis::from_millis(at);
        Registered { envelope, position: Position { log, at, case }, proof, disclosures }
    }
}

prop_compose! {
    fn some_case()(
        head in vec(any::<u8>(), 0..50),
        editions in vec(vec(any::<u8>(), 0..40), 1..4),
        credentials in (0..3u64).prop_flat_map(|n| {
            (0..n).map(|log| some_registered(None, log * 9)).collect::<Vec<_>>()
        }),
        documents in (1..5u32).prop_flat_map(|n| {
            (0..n).map(|place| some_registered(Some(place * 3), 50)).collect::<Vec<_>>()
        }),
        receipts in blobs(4),
        interchanges in blobs(4),
        photos in blobs(4),
    ) -> Evidence {
        let (visit, code) = (visit(), CaseCode::from_seed(&[7; 32]));
        let network = remark("Hafen Süd");
        Evidence::Case(CaseEvidence {
            network, visit, code, editions, head: Some(head), credentials, documents, receipts,
            interchanges, photos,
        })
    }
}

prop_compose! {
    fn some_fork()(
        editions in vec(vec(any::<u8>(), 0..40), 1..4),
        first in vec(any::<u8>(), 0..50),
        more in vec(any::<u8>(), 1..50),
        proof in proptest::option::of(hashes()),
    ) -> Evidence {
        let second = [first.clone(), more].concat();
        let (network, terminal) = (remark("p"), party(TERMINAL));
        Evidence::Fork(ForkEvidence { network, terminal, editions, heads: [first, second], proof, rotations: Vec::new() })
    }
}

proptest! {
    #[test]
    fn reading_undoes_writing(evidence in prop_oneof![some_case(), some_fork()]) {
        let bytes = write(&evidence);
        let read = read(&bytes);
        prop_assert_eq!(read.as_ref(), Ok(&evidence.in_order()));
        prop_assert_eq!(write(&read.unwrap()), bytes);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in vec(any::<u8>(), 0..200), fork in any::<bool>()) {
        let sort = if fork { &b"dfork"[..] } else { b"dcase" };
        let framed = [b"\x84\x74", MAGIC.as_bytes(), sort, &bytes].concat();
        prop_assert!(verify(&framed, None).is_broken());
        prop_assert!(verify(&bytes, None).is_broken());
    }
}
