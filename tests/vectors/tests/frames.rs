//! The committed frames through `landside-proto`.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::path::Path;

use data_encoding::HEXLOWER;
use landside_proto::figures::{Answers, Counted, Figures, Quantiles};
use landside_proto::session::Violation;
use landside_proto::session::frame::{About, Frame, PREFIX_LEN, Vouched, body_len, decode, encode};
use landside_vectors::VECTORS;
use landside_vectors::format::Hex;
use landside_vectors::format::frames::FrameFile;
use serde_json::{Value, json};

#[test]
fn good_frames_have_the_fields_written_and_come_back_byte_for_byte() {
    let mut kinds = BTreeSet::new();
    for good in file().good {
        let bytes = whole(&good.bytes, good.zeros_after);
        let frame = read(&bytes).unwrap_or_else(|| panic!("{} is refused", good.name));
        let (kind, fields) = said(&frame);
        assert_eq!(kind, good.frame, "{}", good.name);
        let fields = match fields.as_str().filter(|_| good.zeros_after > 0) {
            Some(head) => json!(head.trim_end_matches("00")),
            None => fields,
        };
        assert_eq!(fields, good.fields, "{}", good.name);
        assert_eq!(encode(&frame).unwrap(), bytes, "{}", good.name);
        kinds.insert(good.frame);
    }
    assert_eq!(kinds.len(), 9, "a good one of each frame: {kinds:?}");
}

#[test]
fn bad_frames_end_the_link() {
    let taken: Vec<String> = file()
        .bad
        .into_iter()
        .filter(|bad| read(&whole(&bad.bytes, bad.zeros_after)).is_some())
        .map(|bad| bad.name)
        .collect();
    assert!(taken.is_empty(), "{taken:?}");
    assert!(file().bad.iter().all(|bad| bad.close == Violation::Frame.code()));
}

#[test]
fn a_good_frame_with_a_byte_less_or_more_is_none() {
    for good in file().good {
        let bytes = whole(&good.bytes, good.zeros_after);
        let body = &bytes[PREFIX_LEN..];
        assert!(decode(&body[..body.len() - 1]).is_err(), "{}", good.name);
        assert!(decode(&[body, &[0]].concat()).is_err(), "{}", good.name);
    }
}

#[test]
fn there_are_more_bad_frames_than_good_ones_and_each_has_a_name_of_its_own() {
    let file = file();
    assert!(file.good.len() < file.bad.len());
    let names = file.good.iter().map(|v| &v.name).chain(file.bad.iter().map(|v| &v.name));
    let distinct: BTreeSet<_> = names.collect();
    assert_eq!(distinct.len(), file.good.len() + file.bad.len());
}

/// As a link reads: the length first, and only then the body.
fn read(bytes: &[u8]) -> Option<Frame> {
    let (prefix, body) = bytes.split_first_chunk::<PREFIX_LEN>()?;
    let length = body_len(*prefix).ok()?;
    assert_eq!(length, body.len(), "the vector's own length is wrong");
    decode(body).ok()
}

fn said(frame: &Frame) -> (&'static str, Value) {
    let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
    match frame {
        Frame::Hello(hello) => {
            let newest = json!({ "number": hello.newest.number, "id": hex(&hello.newest.id) });
            let fields = json!({ "version": hello.version, "actor": hello.actor,
                "first": hello.first, "newest": newest });
            ("hello", fields)
        }
        Frame::Deliver(deliver) => {
            let documents: Vec<_> = deliver.documents.iter().map(|d| hex(d)).collect();
            let disclosures: Vec<_> = deliver
                .disclosures
                .iter()
                .map(|d| json!({ "document": d.document, "bytes": hex(&d.bytes) }))
                .collect();
            let registration = deliver.registration.as_deref().map(hex);
            let fields = json!({ "batch": deliver.batch, "documents": documents,
                "registration": registration, "disclosures": disclosures });
            ("deliver", fields)
        }
        Frame::Receipt(answer) => {
            ("receipt", json!({ "batch": answer.batch, "receipt": hex(&answer.receipt) }))
        }
        Frame::Have(have) => ("have", json!({ "number": have.number, "id": hex(&have.id) })),
        Frame::Want(want) => ("want", json!({ "number": want.number, "from": want.from })),
        Frame::Part(part) => {
            let bytes = hex(&part.bytes);
            ("part", json!({ "number": part.number, "total": part.total, "bytes": bytes }))
        }
        Frame::Ask(ask) => ("ask", json!({ "number": ask.number, "about": about(ask.about) })),
        Frame::Told(told) => {
            let proof = told.proof.as_ref().map(|proof| proof.iter().map(|h| hex(h)).collect());
            let proof: Option<Vec<String>> = proof;
            let head = told.head.as_deref().map(hex);
            let rotations: Vec<_> = told.rotations.iter().map(rotation).collect();
            let figures = told.figures.as_deref().map(figures);
            (
                "told",
                json!({
                    "number": told.number, "head": head, "proof": proof, "rotations": rotations,
                    "figures": figures,
                }),
            )
        }
        Frame::Head(note) => ("head", json!(hex(note))),
    }
}

fn rotation(said: &Vouched) -> Value {
    json!({ "log": said.log, "at": said.at, "envelope": HEXLOWER.encode(&said.envelope) })
}

fn about(about: About) -> Value {
    match about {
        About::Newest { from } => json!({ "newest": { "from": from } }),
        About::OfSize { size } => json!({ "of_size": { "size": size } }),
        About::Covering { index } => json!({ "covering": { "index": index } }),
        About::Inclusion { index, size } => {
            json!({ "inclusion": { "index": index, "size": size } })
        }
        About::Consistency { old, new } => json!({ "consistency": { "old": old, "new": new } }),
        About::Rotations { size } => json!({ "rotations": { "size": size } }),
        About::Figures { from, until } => json!({ "figures": { "from": from, "until": until } }),
    }
}

fn figures(figures: &Figures) -> Value {
    let spans = |spans: Quantiles| json!([spans.count, spans.median_ms, spans.p90_ms]);
    let counted = |counted: &Counted| {
        json!({ "opened": counted.opened, "left": counted.left, "late": counted.late,
            "light_to_pass": spans(counted.light_to_pass),
            "light_to_shown": spans(counted.light_to_shown),
            "ashore_to_out": spans(counted.ashore_to_out) })
    };
    let answers = |a: Answers| json!([a.in_time, a.late, a.open, a.overdue]);
    let days =
        figures.days.iter().map(|(from, day)| json!({ "from": from, "counted": counted(day) }));
    let parties = figures.parties.iter().map(|one| {
        json!({ "party": one.party, "held_ms": one.held_ms, "cases": one.cases,
            "case_median_ms": one.case_median_ms, "in_time": one.in_time, "late": one.late,
            "late_open": one.late_open, "late_by": spans(one.late_by),
            "questions": answers(one.questions), "complaints": answers(one.complaints) })
    });
    let steps = figures.steps.iter().map(|step| {
        json!({ "code": step.code, "in_time": step.in_time, "late": step.late,
            "late_by": spans(step.late_by) })
    });
    json!({
        "zone": figures.zone, "from": figures.from, "until": figures.until, "at": figures.at,
        "complete": figures.complete, "incomplete": figures.incomplete,
        "known_from": figures.known_from, "open": figures.open, "total": counted(&figures.total),
        "days": days.collect::<Vec<_>>(), "parties": parties.collect::<Vec<_>>(),
        "parties_more": figures.parties_more, "steps": steps.collect::<Vec<_>>(),
    })
}

fn whole(bytes: &Hex, zeros_after: usize) -> Vec<u8> {
    let mut whole = bytes.0.clone();
    whole.resize(whole.len() + zeros_after, 0);
    whole
}

fn file() -> FrameFile {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read(root.join(VECTORS).join("frames.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}
