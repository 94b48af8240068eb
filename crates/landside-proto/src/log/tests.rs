use proptest::prelude::*;

use super::*;
use crate::document::CasePlace;
use crate::ids::CaseCode;

fn envelope() -> Hash32 {
    Hash32::from_bytes([0xab; 32])
}

fn position() -> Position {
    let code = CaseCode::from_seed(&[7; 32]);
    let case = Some(CasePlace { code, place: 12 });
    Position { log: 300, at: UnixMillis::from_millis(1_795_428_000_123), case }
}

fn entry() -> Entry {
    Entry::of(envelope(), &position())
}

#[test]
fn an_entry_is_made_of_the_bytes_that_the_protocol_names() {
    let code = position().case.unwrap().code;
    let mut hashed = b"landside log entry v1\n".to_vec();
    hashed.extend([0x84, 0x19, 0x01, 0x2c, 0x58, 0x20]);
    hashed.extend([0xab; 32]);
    hashed.extend([0x1b, 0x00, 0x00, 0x01, 0xa2, 0x07, 0xd9, 0x21, 0x7b, 0x82, 0x6b]);
    hashed.extend(code.as_str().bytes());
    hashed.push(0x0c);
    let bytes = entry().to_bytes();
    assert_eq!(bytes[..8], 1_795_428_000_123u64.to_be_bytes());
    assert_eq!(bytes[8..], *Hash32::of(&hashed).as_bytes());
    assert_eq!(entry().leaf(), leaf_hash(&bytes));
}

#[test]
fn a_document_of_no_case_has_an_entry_of_three() {
    let position = Position { case: None, log: 5, ..position() };
    let cbor = statement(envelope(), &position);
    assert_eq!(cbor, minicbor::to_vec((5u64, envelope(), position.at)).unwrap());
}

#[test]
fn every_part_of_a_position_changes_the_entry() {
    let case = position().case.unwrap();
    let other_code = CaseCode::from_seed(&[8; 32]);
    let at = |millis| UnixMillis::from_millis(position().at.as_millis() + millis);
    let others = [
        Position { log: 301, ..position() },
        Position { at: at(1), ..position() },
        Position { case: None, ..position() },
        Position { case: Some(CasePlace { place: 13, ..case }), ..position() },
        Position { case: Some(CasePlace { code: other_code, ..case }), ..position() },
    ];
    let mut leaves = others.map(|position| Entry::of(envelope(), &position).leaf()).to_vec();
    leaves.push(entry().leaf());
    leaves.push(Entry::of(Hash32::from_bytes([0xac; 32]), &position()).leaf());
    leaves.sort_unstable();
    leaves.dedup();
    assert_eq!(leaves.len(), others.len() + 2);
}

#[test]
fn bytes_of_another_length_are_no_entry() {
    for length in [0, 1, 8, 39, 41, 80] {
        let bytes = vec![0; length];
        assert_eq!(Entry::from_bytes(&bytes), Err(EntryError::Length { found: length }));
    }
}

#[test]
fn a_time_that_documents_cannot_have_is_no_entry() {
    let mut bytes = entry().to_bytes();
    let last = UnixMillis::MAX.as_millis();
    bytes[..8].copy_from_slice(&last.to_be_bytes());
    assert_eq!(Entry::from_bytes(&bytes).unwrap().at(), UnixMillis::MAX);
    bytes[..8].copy_from_slice(&(last + 1).to_be_bytes());
    assert_eq!(Entry::from_bytes(&bytes), Err(EntryError::Time { found: last + 1 }));
    bytes[..8].fill(0xff);
    assert_eq!(Entry::from_bytes(&bytes), Err(EntryError::Time { found: u64::MAX }));
}

#[test]
fn a_bundle_has_its_entries_and_nothing_else() {
    let entries = [entry(), Entry::of(Hash32::from_bytes([1; 32]), &position())];
    let bytes = write_bundle(&entries);
    assert_eq!(read_bundle(&bytes, 2), Ok(entries.to_vec()));
    let length = |found, expected| Err(EntryError::BundleLength { found, expected });
    assert_eq!(read_bundle(&bytes, 1), length(84, 42));
    assert_eq!(read_bundle(&bytes, 3), length(84, 126));
    assert_eq!(read_bundle(&bytes[..83], 2), length(83, 84));
    assert_eq!(read_bundle(&[&bytes[..], &[0]].concat(), 2), length(85, 84));
    assert_eq!(read_bundle(&[], 0), Ok(vec![]));
    for (at, said) in [(0, 256 + 40), (1, 41), (42, 256 + 40), (43, 41)] {
        let mut other = bytes.clone();
        other[at] += 1;
        assert_eq!(read_bundle(&other, 2), Err(EntryError::Length { found: said }), "{at}");
    }
}

#[test]
fn every_fault_has_a_code_of_its_own() {
    let codes = [
        EntryError::Length { found: 0 },
        EntryError::Time { found: 0 },
        EntryError::BundleLength { found: 0, expected: 0 },
    ]
    .map(EntryError::code);
    assert_eq!(codes, ["entry-length", "entry-time", "bundle-length"]);
}

proptest! {
    #[test]
    fn the_statement_is_deterministic_cbor(
        log in any::<u64>(),
        id in any::<[u8; 32]>(),
        at in 0..=UnixMillis::MAX.as_millis(),
        seed in any::<[u8; 32]>(),
        place in any::<u32>(),
        shift in 0..64u32,
    ) {
        let (code, at) = (CaseCode::from_seed(&seed), UnixMillis::from_millis(at >> (shift % 38)));
        let (log, id, place) = (log >> shift, Hash32::from_bytes(id), place >> (shift % 32));
        let position = Position { log, at, case: Some(CasePlace { code, place }) };
        let expected = minicbor::to_vec((log, id, at, (code, place))).unwrap();
        prop_assert_eq!(statement(id, &position), expected);
    }

    #[test]
    fn every_entry_comes_back_from_its_bytes(at in 0..=UnixMillis::MAX.as_millis(), hash in any::<[u8; 32]>()) {
        let bytes = [&at.to_be_bytes()[..], &hash].concat();
        prop_assert_eq!(Entry::from_bytes(&bytes).unwrap().to_bytes().to_vec(), bytes);
    }
}
