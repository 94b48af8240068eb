//! What a witness adds, and what is no cosignature.

use super::*;

fn witness() -> KeyName {
    name("Hafen Süd", "customs")
}

fn cosigned(size: u64) -> SignedCheckpoint {
    let head = head(size);
    head.add_cosignature(&head.cosign(&witness(), now(), &witness_key()).unwrap()).unwrap()
}

fn verify(head: &SignedCheckpoint) -> Result<UnixMillis, CheckpointError> {
    let key = witness_key().public_key();
    head.verify_cosignature(&witness(), &key, now()).map(|cosignature| cosignature.at())
}

#[test]
fn a_cosigned_head_is_still_the_head_and_says_when() {
    let cosigned = cosigned(7);
    let opened = open(cosigned.bytes()).unwrap();
    assert_eq!(opened, cosigned);
    assert_eq!(opened.checkpoint(), head(7).checkpoint());
    assert!(opened.bytes().starts_with(head(7).bytes()));
    let whole_second = UnixMillis::parse("2026-11-23T10:00:00Z").unwrap();
    assert_eq!(verify(&opened), Ok(whole_second));
}

#[test]
fn a_cosignature_is_over_time_and_text() {
    let cosignature = head(7).cosign(&witness(), now(), &witness_key()).unwrap();
    let line = SignatureLine::read(&cosignature.line()).unwrap();
    let (time, signature) = line.signature().split_at(8);
    assert_eq!(time, now().as_secs().to_be_bytes());
    let message = format!("cosignature/v1\ntime {}\n{}", now().as_secs(), text());
    assert_eq!(witness_key().public_key().verify(message.as_bytes(), signature), Ok(()));
}

#[test]
fn a_line_is_taken_from_its_witness_for_its_head_only() {
    let (seven, eight) = (head(7), head(8));
    let line = seven.cosign(&witness(), now(), &witness_key()).unwrap().line();
    let key = witness_key().public_key();
    let read = |head: &SignedCheckpoint, line: &str, witness: &KeyName, key: &PublicKey| {
        head.read_cosignature(line, witness, key, now()).map(drop)
    };
    assert_eq!(read(&seven, &line, &witness(), &key), Ok(()));
    let bad = Err(CheckpointError::BadCosignature);
    assert_eq!(read(&eight, &line, &witness(), &key), bad);
    let not = Err(CheckpointError::NotCosigned);
    assert_eq!(read(&seven, &line, &origin(), &key), not);
    assert_eq!(read(&seven, &line, &witness(), &log_key().public_key()), not);
    let form = Err(CheckpointError::SignatureLine { line: 1 });
    assert_eq!(read(&seven, &format!("{line}\n"), &witness(), &key), form);
    assert_eq!(read(&seven, &format!("{line}\n{line}"), &witness(), &key), form);
    assert_eq!(read(&seven, "", &witness(), &key), form);
    let long = "x".repeat(NOTE_MAX + 1);
    let found = long.len();
    assert_eq!(read(&seven, &long, &witness(), &key), Err(CheckpointError::TooLong { found }));
}

#[test]
fn a_cosignature_of_another_head_is_not_added() {
    let of_eight = head(8).cosign(&witness(), now(), &witness_key()).unwrap();
    assert_eq!(head(7).add_cosignature(&of_eight), Err(CheckpointError::BadCosignature));
}

#[test]
fn a_head_without_the_witness_is_not_cosigned() {
    assert_eq!(verify(&head(7)), Err(CheckpointError::NotCosigned));
    let by_log = head(7).cosign(&witness(), now(), &log_key()).unwrap();
    let by_log = head(7).add_cosignature(&by_log).unwrap();
    assert_eq!(verify(&by_log), Err(CheckpointError::NotCosigned), "its name, another key");
    let key = log_key().public_key();
    assert_eq!(
        head(7).verify_cosignature(&origin(), &key, now()),
        Err(CheckpointError::NotCosigned),
        "the log's own line is no cosignature, though of the same name and key"
    );
}

#[test]
fn every_flipped_bit_of_a_cosignature_is_refused() {
    let head = head(7);
    let line = head.cosign(&witness(), now(), &witness_key()).unwrap().line();
    let key = witness_key().public_key();
    for bit in 0..line.len() * 8 {
        let mut other = line.clone().into_bytes();
        other[bit / 8] ^= 1 << (bit % 8);
        let Ok(other) = String::from_utf8(other) else { continue };
        assert!(head.read_cosignature(&other, &witness(), &key, now()).is_err(), "bit {bit}");
    }
}

#[test]
fn a_cosignature_made_far_after_now_is_refused() {
    let head = head(7);
    let key = witness_key().public_key();
    let verify_at = |at: UnixMillis| {
        let line = head.cosign(&witness(), at, &witness_key()).unwrap().line();
        head.read_cosignature(&line, &witness(), &key, now()).map(|c| c.at())
    };
    let last = now().plus(FUTURE_MAX);
    assert_eq!(verify_at(last), Ok(UnixMillis::from_millis(last.as_secs() * 1000)));
    let later = UnixMillis::from_millis((last.as_secs() + 1) * 1000);
    assert_eq!(verify_at(later), Err(CheckpointError::CosignedInFuture { at: later }));
    assert!(
        verify_at(UnixMillis::from_millis(0)).is_ok(),
        "how old one may be is the reader's rule"
    );
}

#[test]
fn a_time_past_the_calendar_is_refused_though_it_is_signed() {
    for seconds in [UnixMillis::MAX.as_secs() + 1, i64::MAX as u64, u64::MAX] {
        let message = format!("cosignature/v1\ntime {seconds}\n{}", text());
        let signature = witness_key().sign(message.as_bytes());
        let key_id = Algorithm::Cosignature.key_id(witness().as_str(), &witness_key().public_key());
        let timed = [&seconds.to_be_bytes()[..], &signature].concat();
        let line = SignatureLine::new(witness().as_str(), key_id, timed).to_string();
        let key = witness_key().public_key();
        let read = head(7).read_cosignature(&line, &witness(), &key, now());
        assert_eq!(read, Err(CheckpointError::BadCosignature), "{seconds}");
    }
}

#[test]
fn a_signature_of_another_length_is_refused() {
    let head = head(7);
    let line = SignatureLine::read(&head.cosign(&witness(), now(), &witness_key()).unwrap().line())
        .unwrap();
    let key = witness_key().public_key();
    for length in [1, 7, 8, 9, 71, 73, 136] {
        let mut signature = line.signature().to_vec();
        signature.resize(length, 0);
        let other = SignatureLine::new(line.name(), line.key_id(), signature).to_string();
        let read = head.read_cosignature(&other, &witness(), &key, now());
        assert_eq!(read, Err(CheckpointError::BadCosignature), "{length}");
    }
}

#[test]
fn a_witness_that_signs_again_takes_the_place_of_its_old_line() {
    let first = cosigned(7);
    let later = now().plus(std::time::Duration::from_secs(60));
    let again =
        first.add_cosignature(&first.cosign(&witness(), later, &witness_key()).unwrap()).unwrap();
    assert_eq!(again.lines().len(), 2);
    let key = witness_key().public_key();
    let at = again.verify_cosignature(&witness(), &key, later).unwrap().at();
    assert_eq!(at.as_secs(), later.as_secs());
    assert!(open(again.bytes()).is_ok());
}

#[test]
fn a_full_note_takes_no_further_witness() {
    let mut full = head(7);
    for number in 0..SIGNATURES_MAX - 1 {
        let witness = name("Hafen Süd", &format!("witness-{number}"));
        full =
            full.add_cosignature(&full.cosign(&witness, now(), &witness_key()).unwrap()).unwrap();
    }
    assert!(open(full.bytes()).is_ok());
    let one_more = full.cosign(&witness(), now(), &witness_key()).unwrap();
    let found = SIGNATURES_MAX + 1;
    assert_eq!(full.add_cosignature(&one_more), Err(CheckpointError::SignatureCount { found }));
}
