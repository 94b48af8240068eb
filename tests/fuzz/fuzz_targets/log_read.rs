//! What strangers say of a log: nothing panics, and what is read has one spelling.

#![no_main]

use landside_proto::checkpoint::{KeyName, SignedCheckpoint};
use landside_proto::key::{SecretKey, Signer};
use landside_proto::log::{read_bundle, write_bundle};
use landside_proto::merkle::Resource;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let key = SecretKey::from_seed([7; 32]).public_key();
    let origin = KeyName::parse("landside/fuzz/terminal").expect("a name");
    assert!(SignedCheckpoint::open(data, &origin, &[key]).is_err(), "nobody signed that");
    for width in [0, 1, 2, 256] {
        if let Ok(entries) = read_bundle(data, width) {
            assert_eq!(write_bundle(&entries), data);
        }
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(resource) = Resource::parse(text) {
        assert_eq!(resource.path(), text);
    }
    if let Ok(name) = KeyName::parse(text) {
        assert_eq!(KeyName::of(name.network(), name.party()).as_str(), text);
    }
});
