//! Credentials on an edition that grows old: what it still vouches for, and what no longer.

use landside_proto::directory::GRACE;
use landside_proto::ids::UnixMillis;
use landside_proto::refusal::Code;
use serde_json::json;

use crate::format::{Aged, AgesFile, Hex};
use crate::world::{document, key_id, public, sealed, time};

/// `edition-1` is current to this moment.
const UNTIL: &str = "2027-11-01T00:00:00Z";
/// The last moment of its grace.
const GRACE_ENDS: &str = "2027-12-01T00:00:00Z";
/// The moment after.
const PAST: &str = "2027-12-01T00:00:00.001Z";

pub(crate) fn file() -> AgesFile {
    let years = "2030-01-01T00:00:00Z";
    AgesFile {
        about:
            "Credentials handed to a terminal whose edition in force is the one named, `at` its \
                clock, after it took the `credentials`, with a grace of `grace_s`."
                .into(),
        directory: "edition-1".into(),
        credentials: vec![credential("haulier", "driver", "2026-11-20T08:00:00Z", &[]).bytes],
        grace_s: GRACE.as_secs(),
        good: vec![
            aged("new-key-current", "a new device on the last current day", UNTIL, "other-driver"),
            aged(
                "new-key-in-grace",
                "a new device, at the last moment",
                GRACE_ENDS,
                "other-driver",
            ),
            aged("known-key-past-grace", "the same haulier vouches on", PAST, "driver"),
            Aged {
                name: "withdrawal-past-grace".into(),
                shows: "a device that this haulier never vouched for is withdrawn".into(),
                ..credential("haulier", "other-driver", PAST, &[("state", "withdrawn")])
            },
        ],
        bad: vec![
            refused("new-key-past-grace", "one millisecond past the grace", PAST, "other-driver"),
            refused("new-key-years-later", "years past the grace", years, "other-driver"),
            refused("known-key-run-out", "its time ran out before", years, "driver"),
            Aged {
                name: "new-phone-past-grace".into(),
                shows: "a new device that replaces a known one is a new device".into(),
                refused: overdue(),
                ..credential("haulier", "other-driver", PAST, &[("replaces", &key_id("driver"))])
            },
            Aged {
                name: "known-to-another-haulier".into(),
                shows: "only another haulier vouches for the device".into(),
                refused: overdue(),
                ..credential("sub-haulier", "driver", PAST, &[])
            },
        ],
    }
}

fn aged(name: &str, shows: &str, at: &str, device: &str) -> Aged {
    let credential = credential("haulier", device, at, &[]);
    Aged { name: name.into(), shows: shows.into(), ..credential }
}

fn refused(name: &str, shows: &str, at: &str, device: &str) -> Aged {
    Aged { refused: overdue(), ..aged(name, shows, at, device) }
}

fn overdue() -> Option<String> {
    Some(Code::EditionOverdue.as_str().into())
}

/// A credential signed at the terminal's own time, to the end of 2028.
fn credential(haulier: &str, device: &str, at: &str, more: &[(&str, &str)]) -> Aged {
    let at: UnixMillis = time(at);
    let mut payload = json!({
        "key": public(device),
        "name": "Asha Mwita",
        "valid_until": "2028-12-31T00:00:00Z",
        "state": "active",
    });
    for (field, value) in more {
        payload[*field] = json!(value);
    }
    let signed = sealed(haulier, document("driver-credential", payload), at);
    let bytes = Hex(signed.bytes().to_vec());
    Aged { name: String::new(), shows: String::new(), at, refused: None, bytes }
}
