//! Envelopes from anywhere: nothing panics, and a statement has one form.

#![no_main]

use landside_fuzz::{NOW, OneKey, issuer, key, signed};
use landside_proto::document::Kind;
use landside_proto::envelope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // As it came.
    let _ = envelope::open(data, &OneKey::new(), NOW);
    if let Ok(read) = envelope::reopen(data) {
        assert_eq!(read.bytes(), data, "bytes are kept as received");
        assert_eq!(envelope::claimed_id(data), read.id());
    }
    // A payload under a good signature: the first byte says of which kind.
    let Some((first, payload)) = data.split_first() else { return };
    let kind = Kind::ALL[usize::from(*first) % Kind::ALL.len()];
    let Ok(opened) = envelope::open(signed(kind, payload), &OneKey::new(), NOW) else { return };
    let again = envelope::seal(opened.document().clone(), issuer(), NOW, &key());
    assert_eq!(again.expect("what opens can be said again").bytes(), opened.bytes());
});
