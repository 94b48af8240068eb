//! The same segments, elements and components as a reader we did not write.

use landside_edifact::syntax;

use crate::fixtures::all;

/// A segment as tag and values, without empty ones at the end, so that both readers' ways to
/// show "nothing" compare equal.
type Values = (String, Vec<Vec<String>>);

fn trimmed(mut elements: Vec<Vec<String>>) -> Vec<Vec<String>> {
    for components in &mut elements {
        while components.last().is_some_and(String::is_empty) {
            components.pop();
        }
    }
    while elements.last().is_some_and(Vec::is_empty) {
        elements.pop();
    }
    elements
}

pub(crate) fn by_oracle(file: &[u8]) -> Option<Vec<Values>> {
    let segments: Result<Vec<_>, _> = edifact_rs::from_bytes(file).collect();
    let values = |segment: edifact_rs::Segment<'_>| {
        let elements = segment.elements.iter();
        let elements = elements.map(|e| e.components().map(str::to_owned).collect()).collect();
        (segment.tag().to_owned(), trimmed(elements))
    };
    Some(segments.ok()?.into_iter().filter(|s| s.tag() != "UNA").map(values).collect())
}

pub(crate) fn by_us(file: &[u8]) -> Option<Vec<Values>> {
    let segments: Result<Vec<_>, _> = syntax::segments(file).collect();
    let values = |segment: syntax::Segment<'_>| {
        let elements = segment.elements();
        let elements = elements.map(|e| e.components().map(|c| c.into_owned()).collect()).collect();
        (segment.tag().to_owned(), trimmed(elements))
    };
    Some(segments.ok()?.into_iter().map(values).collect())
}

#[test]
fn both_readers_see_the_same_values_where_both_accept() {
    let (mut both, mut ours_only, mut oracle_only) = (0, Vec::new(), Vec::new());
    for (name, file) in all() {
        match (by_us(&file), by_oracle(&file)) {
            (Some(ours), Some(theirs)) => {
                assert_eq!(ours, theirs, "{name}");
                both += 1;
            }
            (Some(_), None) => ours_only.push(name),
            (None, Some(_)) => oracle_only.push(name),
            (None, None) => {}
        }
    }
    // What only we take is what the oracle is known not to take.
    let expected = [
        "quirk-ctrl-z.edi",
        "quirk-is-separators.edi",
        "quirk-latin-1-undeclared.edi",
        "quirk-latin-1.edi",
        "quirk-several-interchanges.edi",
        "quirk-una-four-characters.edi",
    ];
    assert_eq!(ours_only, expected);
    assert_eq!(oracle_only, [""; 0]);
    assert!(both > 50, "only {both} fixtures were compared");
}
