//! Test keys and signed vectors, good and bad, for this implementation and any other.
//!
//! [`files`] makes every file of `keys/` and `fixtures/vectors/` in memory, from written rules and
//! without randomness or clock, so that the committed files can be compared byte for byte. What a
//! vector expects is written by hand beside it and never asked of the code under test; the tests of
//! this crate put the committed files through `landside-proto`.
//!
//! - [`identity`]: the test keys and the rule they come from
//! - [`format`](mod@format): the shape of the JSON files
//! - `world`: the directory and the clock of the vectors
//! - `forge`: envelopes that the library would not make
//! - the rest: one module a file or group of vectors

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a generator has nobody to report to: it stops at the first mistake in a vector"
)]

use std::collections::BTreeMap;

use serde::Serialize;

mod agents;
mod ages;
mod bad_fields;
mod bad_form;
mod bad_signer;
mod cases;
mod editions;
mod evidence;
mod forge;
pub mod format;
mod frames;
mod good;
pub mod identity;
mod log;
mod phone_links;
mod presentations;
mod rotations;
mod sealed;
mod story;
mod world;

/// Folder of the test keys, from the root of the repository.
pub const KEYS: &str = "keys";

/// Folder of the vectors, from the root of the repository.
pub const VECTORS: &str = "fixtures/vectors";

/// Written by hand and not by [`files`].
pub const VECTORS_README: &str = "fixtures/vectors/README.md";

/// Every generated file: path from the root of the repository, and contents.
#[must_use]
pub fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files = identity::files();
    let order = good::sealed("release-order").bytes().to_vec();
    files.insert(format!("{VECTORS}/release-order.cose"), order);
    files.insert(format!("{VECTORS}/edition-1.cbor"), world::edition_1().to_vec());
    files.insert(format!("{VECTORS}/directory.json"), json(&editions::file()));
    files.insert(format!("{VECTORS}/ages.json"), json(&ages::file()));
    files.insert(format!("{VECTORS}/rotations.json"), json(&rotations::file()));
    files.insert(format!("{VECTORS}/documents.json"), json(&documents()));
    files.insert(format!("{VECTORS}/agents.json"), json(&agents::file()));
    files.insert(format!("{VECTORS}/presentations.json"), json(&presentations::file()));
    files.insert(format!("{VECTORS}/sealed.json"), json(&sealed::file()));
    files.insert(format!("{VECTORS}/log.json"), json(&log::file()));
    files.insert(format!("{VECTORS}/frames.json"), json(&frames::file()));
    files.insert(format!("{VECTORS}/phone-links.json"), json(&phone_links::file()));
    files.insert(format!("{VECTORS}/evidence.json"), json(&evidence::file()));
    files.insert(format!("{VECTORS}/case.landside"), evidence::case_file());
    for (name, case) in cases::files() {
        files.insert(format!("{VECTORS}/case-{name}.json"), json(&case));
    }
    files
}

fn documents() -> format::DocumentFile<landside_proto::document::Document> {
    let mut bad = bad_form::vectors();
    bad.extend(bad_signer::vectors());
    bad.extend(bad_fields::vectors());
    format::DocumentFile {
        about: "Documents to open with the directory and the credentials named, at `now`.".into(),
        now: world::now(),
        directory: "edition-1".into(),
        credentials: world::credentials(),
        good: good::vectors(),
        bad,
    }
}

/// Two blanks a level and a line feed at the end.
fn json(file: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(file).expect("vectors are plain data");
    text.push(b'\n');
    text
}
