//! What a phone says on a link over QUIC: nothing panics, and a frame has one form.

#![no_main]

use landside_proto::device::link::{self, LENGTH_LEN, Proof, Question};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((head, body)) = data.split_first_chunk::<LENGTH_LEN>() else { return };
    if link::length(*head) != Ok(body.len()) {
        return;
    }
    if let Ok(proof) = link::read::<Proof>(body) {
        assert_eq!(link::framed(&proof).expect("what was read can be written"), data);
    }
    if let Ok(question) = link::read::<Question>(body) {
        assert_eq!(link::framed(&question).expect("what was read can be written"), data);
    }
});
