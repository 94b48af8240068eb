//! Figures that a terminal tells its members (docs/PROTOCOL.md § 8).

use serde_json::{Value, json};

use super::{ASK, Body, TOLD, bad as refused, bad_and_zeros, good as taken};
use crate::format::frames::{BadFrame, GoodFrame};

const FROM: u64 = 1_795_363_200_000;
const DAY: u64 = 86_400_000;
const UNTIL: u64 = FROM + DAY;

/// Opened, left and late; then three spans with count, median and ninth decile.
fn counted(body: Body, counts: [u32; 3]) -> Body {
    let body = counts.into_iter().fold(body, Body::u32);
    (0..3).fold(body, |body, _| body.u32(1).u64(40).u64(40))
}

fn counted_fields(counts: [u32; 3]) -> Value {
    let [opened, left, late] = counts;
    let span = json!([1, 40, 40]);
    json!({ "opened": opened, "left": left, "late": late, "light_to_pass": span,
        "light_to_shown": span, "ashore_to_out": span })
}

/// Up to the days, which are not written.
fn head(zone: &[u8], from: u64, until: u64) -> Body {
    let told = Body::of(TOLD).u64(1).raw(&[0, 0]).len(0).raw(&[1]);
    let told = told.bytes(zone).u64(from).u64(until).u64(UNTIL + 5).raw(&[1]).u32(2).u64(0).u32(7);
    counted(told, [3, 1, 2])
}

fn day(body: Body, from: u64) -> Body {
    counted(body.u64(from), [3, 1, 2])
}

fn party(body: Body, name: &[u8]) -> Body {
    let body = body.bytes(name).u64(90).u32(2).u64(30).u32(5).u32(2).u32(1);
    let body = body.u32(2).u64(6).u64(9);
    [4, 3, 2, 1, 0, 0, 1, 1].into_iter().fold(body, Body::u32)
}

fn party_fields(name: &str) -> Value {
    json!({ "party": name, "held_ms": 90, "cases": 2, "case_median_ms": 30, "in_time": 5, "late": 2,
        "late_open": 1, "late_by": [2, 6, 9], "questions": [4, 3, 2, 1], "complaints": [0, 0, 1, 1] })
}

fn step(body: Body, code: &[u8]) -> Body {
    body.bytes(code).u32(5).u32(2).u32(2).u64(6).u64(9)
}

fn whole(zone: &[u8], from: u64, until: u64, days: &[u64], name: &[u8], code: &[u8]) -> Body {
    let body = days.iter().fold(head(zone, from, until).len(days.len()), |body, at| day(body, *at));
    step(party(body.len(1), name).u32(0).len(1), code)
}

fn fields(days: &[u64]) -> Value {
    let days: Vec<Value> =
        days.iter().map(|at| json!({ "from": at, "counted": counted_fields([3, 1, 2]) })).collect();
    json!({
        "zone": "Asia/Shanghai", "from": FROM, "until": UNTIL, "at": UNTIL + 5, "complete": true,
        "incomplete": 2, "known_from": 0, "open": 7, "total": counted_fields([3, 1, 2]),
        "days": days, "parties": [party_fields("customs")], "parties_more": 0,
        "steps": [{ "code": "hold", "in_time": 5, "late": 2, "late_by": [2, 6, 9] }],
    })
}

pub(super) fn good() -> Vec<GoodFrame> {
    let told = json!({ "number": 1, "head": null, "proof": null, "rotations": [], "figures": fields(&[FROM]) });
    vec![
        taken(
            "ask-figures",
            "the figures of a day",
            "ask",
            json!({ "number": 1, "about": { "figures": { "from": FROM, "until": UNTIL } } }),
            Body::of(ASK).u64(1).u32(6).u64(FROM).u64(UNTIL),
        ),
        taken(
            "told-figures",
            "one day, one party, one need",
            "told",
            told,
            whole(b"Asia/Shanghai", FROM, UNTIL, &[FROM], b"customs", b"hold"),
        ),
    ]
}

pub(super) fn bad() -> Vec<BadFrame> {
    let zone = b"Asia/Shanghai";
    let of = |days: &[u64]| whole(zone, FROM, UNTIL, days, b"customs", b"hold");
    let long = [b'x'; 65];
    vec![
        refused(
            "ask-figures-without-end",
            "one number of two",
            Body::of(ASK).u64(1).u32(6).u64(FROM),
        ),
        refused("told-figures-day-twice", "a day must follow the one before", of(&[FROM, FROM])),
        refused("told-figures-day-before", "a day before the period", of(&[FROM - 1])),
        refused("told-figures-day-after", "a day after the period", of(&[UNTIL])),
        refused(
            "told-figures-zone-too-long",
            "a zone of 65 bytes",
            whole(&long, FROM, UNTIL, &[FROM], b"customs", b"hold"),
        ),
        refused(
            "told-figures-party-too-long",
            "a party of 65 bytes",
            whole(zone, FROM, UNTIL, &[FROM], &long, b"hold"),
        ),
        refused(
            "told-figures-need-too-long",
            "a code of 65 bytes",
            whole(zone, FROM, UNTIL, &[FROM], b"customs", &long),
        ),
        refused(
            "told-figures-party-no-text",
            "a party that is no UTF-8",
            whole(zone, FROM, UNTIL, &[FROM], &[0xff], b"hold"),
        ),
        refused("told-figures-cut", "it ends before the parties", head(zone, FROM, UNTIL).len(0)),
        bad_and_zeros(
            "told-figures-parties-too-many",
            "1,001 parties, each without a name",
            head(zone, FROM, UNTIL).len(0).len(1_001),
            1_001 * PARTY_LEN + 4 + 8,
        ),
        refused(
            "told-figures-claims-all-memory",
            "2^64 - 1 days, of which none is there",
            head(zone, FROM, UNTIL).u64(u64::MAX),
        ),
    ]
}

/// Bytes of a party without a name.
const PARTY_LEN: usize = 8 + 8 + 4 + 8 + 3 * 4 + 20 + 8 * 4;
