//! What checking costs; what it says is tested on the fixtures.

use super::*;
use crate::syntax::visited_by;

/// A file of interchanges with `each` containers.
fn file(kind: &str, bgm: &str, container: &str, interchanges: usize, each: usize) -> Vec<u8> {
    let segments = 3 + 1 + each * container.matches('\'').count();
    let one = format!(
        "UNB+UNOA:3+A+B+351101:0930+R1'UNH+1+{kind}:D:00B:UN'BGM+{bgm}+D1+9'{}CNT+16:{each}'\
         UNT+{segments}+1'UNZ+1+R1'",
        container.repeat(each)
    );
    one.repeat(interchanges).into_bytes()
}

const RELEASE: &str = "EQD+CN+NSLU1000014+22G1:102:5++3+5'RFF+RE:R1'RFF+BM:B1'DTM+400:20351231:102'\
                       NAD+FW+B:160:ZZZ++BRANDT'SEL+A+CA'MEA+AAE+G+KGM:18450'";
const DISCHARGE: &str = "EQD+CN+NSLU1000014+22G1:102:5++3+5'DTM+203:203507141913:203'\
                         LOC+147+0380886::6'SEL+A+CA'MEA+AAE+G+KGM:18450'";

#[test]
fn ten_thousand_containers_are_looked_at_a_bounded_number_of_times_each() {
    for (kind, bgm, container) in [("COREOR", "129", RELEASE), ("COARRI", "44", DISCHARGE)] {
        for (interchanges, each) in [(1, 10), (2, 5_000), (100, 10)] {
            let bytes = file(kind, bgm, container, interchanges, each);
            let mut documents = 0;
            let mut count = |said| documents += usize::from(matches!(said, Said::Signing(_)));
            let visited = visited_by(|| {
                let totals = check(&bytes, &Profile::standard(), &mut count);
                assert!(totals.is_usable(), "{totals:?}");
            });
            assert_eq!(documents, interchanges * each);
            assert!(visited <= 30 * bytes.len(), "{visited} looks at {} bytes", bytes.len());
        }
    }
}

#[test]
fn no_segment_of_a_file_is_kept() {
    let bytes = file("COARRI", "44", DISCHARGE, 2, 5_000);
    let profile = Profile::standard();
    for interchange in outline(&bytes, &profile.syntax) {
        let interchange = interchange.unwrap();
        assert_eq!(interchange.messages[0].segments.capacity(), 0);
        assert_eq!(interchange.walk(&interchange.messages[0]).count(), 2 + 5 * 5_000);
    }
}

#[test]
fn more_containers_than_an_interchange_may_name_stop_the_file() {
    let bytes = file("COARRI", "44", DISCHARGE, 1, EQUIPMENT_MAX + 1);
    let mut stops = Vec::new();
    let totals = check(&bytes, &Profile::standard(), &mut |said| {
        if let Said::Finding(Finding { stops: true, note, .. }) = said {
            stops.push(note.code);
        }
    });
    assert_eq!(stops, [Code::TooManyEquipment]);
    assert!(!totals.is_usable());
}
