//! The reader and the writer on input made to break them.

use proptest::prelude::*;

use super::*;

const HEAD: &str = "UNB+UNOB:3+NSL+LSTRTM+351101:0930+R1'";

/// A file of one message with `body` between UNH and UNT, counts right.
fn file(body: &str) -> Vec<u8> {
    let segments = body.matches('\'').count() + 2;
    format!("{HEAD}UNH+1+COREOR:D:00B:UN'{body}UNT+{segments}+1'UNZ+1+R1'").into_bytes()
}

fn read_lenient(file: &[u8]) -> Result<Vec<Interchange<'_>>, Fault> {
    read(file, &Rules::default())
}

fn fault_of(file: impl AsRef<[u8]>) -> Code {
    read_lenient(file.as_ref()).unwrap_err().code
}

fn notes_of(file: impl AsRef<[u8]>) -> Vec<Code> {
    let read = read_lenient(file.as_ref()).unwrap();
    read.iter().flat_map(|interchange| &interchange.notes).map(|note| note.code).collect()
}

fn first_value(file: &[u8]) -> String {
    let read = read_lenient(file).unwrap();
    read[0].messages[0].segments[0].element(0).component(0).into_owned()
}

#[test]
fn codes_are_unique_and_sorted() {
    let names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
}

#[test]
fn the_header_is_read_whole() {
    let bytes = "UNB+UNOC:3+NSL:61:IN+LSTRTM:ZZZ+20351101:0930+R1++COREOR++1++1'UNZ+0+R1'";
    let read = read_lenient(bytes.as_bytes()).unwrap();
    let header = read[0].header.as_ref().unwrap();
    assert_eq!(
        header.sender,
        Address { id: "NSL".into(), qualifier: "61".into(), routing: "IN".into() }
    );
    assert_eq!(header.recipient.id, "LSTRTM");
    assert_eq!(header.prepared.local.unwrap().to_string(), "2035-11-01T09:30:00");
    assert_eq!(header.application_ref, "COREOR");
    assert!(header.ack_requested && header.test);
}

#[test]
fn the_raw_bytes_of_two_interchanges_are_kept_apart() {
    let one = "UNA:+.? 'UNB+UNOA:1+A+B+351101:0930+1'UNZ+0+1'";
    let two = "UNA|;,! ~UNB;UNOA|1;C;D;351101|0930;2~UNZ;0;2~";
    let both = format!("{one}\r\n{two}\n");
    let read = read_lenient(both.as_bytes()).unwrap();
    assert_eq!([read[0].raw, read[1].raw], [one.as_bytes(), two.as_bytes()]);
    assert_eq!(read[1].header.as_ref().unwrap().sender.id, "C");
}

#[test]
fn a_released_character_is_plain_and_a_doubled_release_is_one() {
    assert_eq!(first_value(&file("FTX+A?+B?:C??'")), "A+B:C?");
    assert_eq!(first_value(&file("FTX+???+'")), "?+");
}

#[test]
fn information_separators_structure_a_strict_level_b_interchange() {
    let text = file("FTX+A:B'").into_iter().map(|b| match b {
        b'+' => 0x1d,
        b':' => 0x1f,
        b'\'' => 0x1c,
        other => other,
    });
    let bytes: Vec<u8> = text.collect();
    let read = read_lenient(&bytes).unwrap();
    assert_eq!(read[0].messages[0].segments[0].text(0, 1), "B");
}

#[test]
fn a_repeated_message_reference_is_noted_and_positions_stay_apart() {
    let message = "UNH+1+COREOR:D:00B:UN'UNT+2+1'";
    let bytes = format!("{HEAD}{message}{message}UNZ+2+R1'");
    assert_eq!(notes_of(&bytes), [Code::MessageReferenceRepeated]);
    let read = read_lenient(bytes.as_bytes()).unwrap();
    assert_eq!(read[0].messages.iter().map(|m| m.position).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn groups_are_counted_by_unz() {
    let group =
        "UNG+COREOR+NSL+LSTRTM+351101:0930+G1+UN+D:00B'UNH+1+COREOR:D:00B:UN'UNT+2+1'UNE+1+G1'";
    assert_eq!(notes_of(format!("{HEAD}{group}UNZ+1+R1'")), []);
    assert_eq!(
        notes_of(format!("{HEAD}{}UNZ+1+R1'", group.replace("UNE+1", "UNE+2"))),
        [Code::GroupCount]
    );
}

#[test]
fn a_file_cut_anywhere_inside_is_refused() {
    let whole = file("FTX+A?'B'");
    for end in 1..whole.len() {
        let refused = read_lenient(&whole[..end]);
        assert!(refused.is_err(), "{end} bytes were accepted");
    }
    assert!(read_lenient(&whole).is_ok());
}

#[test]
fn damaged_files_are_refused_each_with_its_code() {
    let no_unt = format!("{HEAD}UNH+1+COREOR:D:00B:UN'UNZ+1+R1'");
    let two_unh = format!("{HEAD}UNH+1+COREOR:D:00B:UN'UNH+2+COREOR:D:00B:UN'UNT+2+2'UNZ+1+R1'");
    let cases: &[(&str, Code)] = &[
        ("", Code::EmptyFile),
        (" \r\n\t", Code::EmptyFile),
        ("\u{1a}", Code::EmptyFile),
        ("<xml/>", Code::UnreadableStart),
        ("UNA:+.? 'BGM+1'", Code::UnreadableStart),
        ("UNA", Code::UnaMalformed),
        ("UNA++++++", Code::UnaMalformed),
        ("UNH+1+COREOR:D:00B:UN'UNT+2+1'", Code::NoEnvelope),
        ("UNB+UNOA:1++B+351101:0930+1'UNZ+0+1'", Code::EnvelopeIncomplete),
        ("UNB+UNOA:1+A+B+351101:0930'UNZ+0'", Code::EnvelopeIncomplete),
        ("UNB+UNOA:1+A+B+351101:0930+1'", Code::Truncated),
        ("UNB+UNOA:1+A+B+351101:0930+1'UNZ+0+1", Code::Truncated),
        ("UNB+UNOA:1+A+B+351101:0930+1'UNZ+0+1?", Code::DanglingRelease),
        ("UNB+UNOA:1+A+B+351101:0930+1'UNB+UNOA:1+A+B+351101:0930+2'UNZ+0+2'", Code::Truncated),
        ("UNB+UNOA:1+A+B+351101:0930+1'UNZ+0+1'garbage", Code::UnreadableStart),
        ("UNB+UNOA:1+A+B+351101:0930+1'BGM+12'UNZ+0+1'", Code::SegmentOutOfPlace),
        ("UNB+UNOA:1+A+B+351101:0930+1'UNT+2+1'UNZ+0+1'", Code::SegmentOutOfPlace),
        ("UNB+UNOA:1+A+B+351101:0930+1'UNE+2+1'UNZ+0+1'", Code::SegmentOutOfPlace),
        ("UNB+UNOA:1+A+B+351101:0930+1'UNH+1'UNT+2+1'UNZ+1+1'", Code::EnvelopeIncomplete),
        ("UNB+UNOA:1+A+B+351101:0930+1';UNZ+0+1'", Code::SegmentTag),
        ("UNB+UNOA:1+A+B+351101:0930+1'unz+0+1'", Code::SegmentTag),
        ("UNB+UNOA:1+A+B+351101:0930+1'''UNZ+0+1'", Code::SegmentTag),
        (&no_unt, Code::Truncated),
        (&two_unh, Code::Truncated),
    ];
    for (bytes, code) in cases {
        assert_eq!(fault_of(bytes), *code, "{bytes}");
    }
}

#[test]
fn every_limit_refuses_what_exceeds_it() {
    let element = "+".repeat(ELEMENTS_MAX);
    assert!(read_lenient(&file(&format!("FTX{element}'"))).is_ok());
    assert_eq!(fault_of(file(&format!("FTX{element}+'"))), Code::TooManyElements);
    let component = ":".repeat(COMPONENTS_MAX - 1);
    assert!(read_lenient(&file(&format!("FTX+{component}'"))).is_ok());
    assert_eq!(fault_of(file(&format!("FTX+{component}:'"))), Code::TooManyComponents);
    let value = "X".repeat(SEGMENT_BYTES_MAX - 4);
    assert!(read_lenient(&file(&format!("FTX+{value}'"))).is_ok());
    assert_eq!(fault_of(file(&format!("FTX+{value}X'"))), Code::SegmentTooLong);
    assert_eq!(fault_of(file(&"FTX'".repeat(SEGMENTS_MAX as usize))), Code::TooManySegments);
    let message = "UNH+1+COREOR:D:00B:UN'UNT+2+1'".repeat(MESSAGES_MAX + 1);
    assert_eq!(fault_of(format!("{HEAD}{message}UNZ+1+R1'")), Code::TooManyMessages);
    let interchange = format!("{HEAD}UNZ+0+R1'").repeat(INTERCHANGES_MAX + 1);
    assert_eq!(fault_of(interchange), Code::TooManyInterchanges);
    assert_eq!(fault_of(vec![b' '; FILE_MAX + 1]), Code::FileTooLarge);
}

#[test]
fn notes_are_cut_at_their_limit() {
    let many = notes_of(file(&"FTX+A\nB'".repeat(NOTES_MAX * 2)));
    assert_eq!(many.len(), NOTES_MAX);
    assert_eq!(many.last(), Some(&Code::NotesCut));
}

#[test]
fn a_strict_partner_is_refused_for_what_is_a_note_for_others() {
    let strict = Rules { strict: true, ..Rules::default() };
    let good = String::from_utf8(file("FTX+A'")).unwrap();
    for (from, to, code) in [
        ("UNT+3", "UNT+4", Code::SegmentCount),
        ("UNT+3+1", "UNT+3+2", Code::MessageReference),
        ("UNZ+1", "UNZ+2", Code::MessageCount),
        ("UNZ+1+R1", "UNZ+1+R2", Code::InterchangeReference),
    ] {
        let bad = good.replace(from, to);
        assert_eq!(notes_of(&bad), [code], "{bad}");
        assert_eq!(read(bad.as_bytes(), &strict).unwrap_err().code, code, "{bad}");
    }
    assert!(read(good.as_bytes(), &strict).is_ok());
}

#[test]
fn a_partner_without_fallbacks_must_declare_its_character_set() {
    let rules = Rules { charset: vec![CharsetChoice::Declared], ..Rules::default() };
    let bytes = "UNB+UNOA:1+A+É+351101:0930+1'UNZ+0+1'";
    assert_eq!(read(bytes.as_bytes(), &rules).unwrap_err().code, Code::CharsetUnsupported);
    let declared = bytes.replace("UNOA", "UNOW");
    let read = read(declared.as_bytes(), &rules).unwrap();
    assert_eq!(read[0].header.as_ref().unwrap().recipient.id, "É");
}

#[test]
fn reading_costs_a_bounded_number_of_looks_at_each_byte() {
    // Shapes that would catch a reader that starts over: many tiny segments, many elements, many
    // released characters, many messages.
    let shapes = ["FTX'", "FTX+A:B:C+D'", "FTX+?????+?''", "EQD+CN+NSLU0000000+22G1:102:5'"];
    for shape in shapes {
        let cost = |count: usize| {
            let bytes = file(&shape.repeat(count));
            let visited = visited_by(|| {
                let read = read_lenient(&bytes).unwrap();
                for segment in &read[0].messages[0].segments {
                    segment.elements().for_each(|e| e.components().for_each(drop));
                }
            });
            (visited, bytes.len())
        };
        for count in [100, 10_000] {
            let (visited, len) = cost(count);
            assert!(visited <= 4 * len, "{shape}: {visited} looks at {len} bytes");
        }
    }
}

#[test]
fn the_writer_refuses_what_the_syntax_cannot_hold() {
    let write = |syntax_id: &str, value: &str| {
        let mut writer = Writer::new(&header(syntax_id), false)?;
        writer.message("1", &["CODECO"], |m| m.segment("FTX", &[&[value]]))?;
        writer.finish()
    };
    assert!(write("UNOA", "ABC").is_ok());
    assert_eq!(write("UNOA", "abc").unwrap_err().code(), "write-character");
    assert_eq!(write("UNOB", "_").unwrap_err().code(), "write-character");
    assert_eq!(write("UNOC", "沪").unwrap_err().code(), "write-character");
    assert_eq!(write("UNOC", "A\nB").unwrap_err().code(), "write-character");
    assert_eq!(write("UNOX", "A").unwrap_err().code(), "write-syntax");
    assert!(write("UNOY", "沪A12345").is_ok());
    let long = Header { control_ref: "1".repeat(15), ..header("UNOA") };
    assert_eq!(Writer::new(&long, false).unwrap_err().code(), "write-length");
}

fn header(syntax_id: &str) -> Header {
    let version = if syntax_id == "UNOY" { "4" } else { "3" };
    Header {
        syntax_id: syntax_id.into(),
        syntax_version: version.into(),
        sender: Address { id: "LSTRTM".into(), qualifier: "ZZZ".into(), routing: String::new() },
        recipient: Address { id: "N+S:L'?".into(), ..Address::default() },
        prepared: Prepared::at(jiff::civil::datetime(2035, 11, 1, 9, 30, 0, 0), version),
        control_ref: "R1".into(),
        application_ref: String::new(),
        ack_requested: false,
        test: true,
    }
}

/// Values as people type them, service characters included.
fn value() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[A-Za-z0-9 +:'?.,é沪]{0,12}").unwrap()
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_value_for_value(
        segments in prop::collection::vec(prop::collection::vec(prop::collection::vec(value(), 1..4), 0..5), 0..6),
        line_breaks: bool,
    ) {
        let header = header("UNOY");
        let mut writer = Writer::new(&header, line_breaks).unwrap();
        writer.message("M1", &["CODECO", "D", "00B", "UN"], |message| {
            for elements in &segments {
                let refs: Vec<Vec<&str>> =
                    elements.iter().map(|e| e.iter().map(String::as_str).collect()).collect();
                let slices: Vec<&[&str]> = refs.iter().map(Vec::as_slice).collect();
                message.segment("FTX", &slices)?;
            }
            Ok(())
        }).unwrap();
        let bytes = writer.finish().unwrap();
        let read = read(&bytes, &Rules { strict: true, ..Rules::default() }).unwrap();
        prop_assert_eq!(read[0].header.as_ref(), Some(&header));
        let message = &read[0].messages[0];
        prop_assert_eq!(message.segments.len(), segments.len());
        for (segment, elements) in message.segments.iter().zip(&segments) {
            for (e, components) in elements.iter().enumerate() {
                for (c, value) in components.iter().enumerate() {
                    let got = segment.element(e).component(c);
                    prop_assert_eq!(&got, value);
                }
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_lenient(&bytes);
        let _ = segments(&bytes).count();
    }

    #[test]
    fn arbitrary_bodies_never_panic(body in "[A-Z0-9+:'?\\n\u{0}-\u{ff}]{0,200}") {
        let bytes = format!("{HEAD}{body}UNZ+0+R1'");
        for interchange in read_lenient(bytes.as_bytes()).into_iter().flatten() {
            for message in interchange.messages {
                for segment in message.segments {
                    segment.elements().for_each(|e| e.components().for_each(drop));
                }
            }
        }
    }
}
