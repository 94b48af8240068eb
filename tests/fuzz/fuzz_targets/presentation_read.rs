//! What a scanner at the gate reads: nothing panics, and nobody gets in on a proof that is not fresh.

#![no_main]

use landside_fuzz::{NOW, OneKey, key, signed};
use landside_proto::directory::Actor;
use landside_proto::document::{Kind, Presentation};
use landside_proto::envelope;
use landside_proto::key::Signer as _;
use landside_proto::presentation::{self, PRESENTATION_LIFE};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // As the scanner gives it.
    if let Ok(text) = core::str::from_utf8(data) {
        let _ = presentation::read(text, &OneKey::new(), NOW);
    }
    let _ = presentation::read(&text(data), &OneKey::new(), NOW);
    // A payload of a pass under a terminal's good signature, shown by a device.
    let pass = signed(Kind::PickupPass, data);
    let driver = Actor::Driver(key().public_key().id());
    let Ok(shown) = envelope::seal(Presentation { pass }.into(), driver, NOW, &key()) else {
        return;
    };
    let text = text(shown.bytes());
    if let Ok(presented) = presentation::read(&text, &OneKey::new(), NOW) {
        assert_eq!(presented.driver, key().public_key().id());
        let late = NOW.plus(PRESENTATION_LIFE).plus(core::time::Duration::from_secs(1));
        assert!(presentation::read(&text, &OneKey::new(), late).is_err());
    }
});

fn text(bytes: &[u8]) -> String {
    format!("LS1:{}", base45::encode(bytes))
}
