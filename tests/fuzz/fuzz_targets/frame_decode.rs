//! Frame bodies from a peer: nothing panics, and a frame has one form.

#![no_main]

use landside_proto::session::frame::{self, PREFIX_LEN};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(read) = frame::decode(data) else { return };
    let bytes = frame::encode(&read).expect("what was read can be written");
    let (prefix, body) = bytes.split_at(PREFIX_LEN);
    assert_eq!(body, data);
    assert_eq!(frame::body_len(prefix.try_into().expect("a prefix")), Ok(data.len()));
});
