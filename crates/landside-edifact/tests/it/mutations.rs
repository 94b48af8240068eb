//! Damaged fixtures are read or refused, never a panic; and never read as more than they say.

use proptest::prelude::*;

use landside_edifact::profile::Profile;
use landside_edifact::syntax::{self, Interchange};
use landside_edifact::{coarri, codeco, coparn, copino, cusres};

use crate::fixtures::{all, profile};

/// Every reader on every interchange; and the segments found again are those found at first.
fn read(file: &[u8], profile: &Profile) -> Result<(), syntax::Fault> {
    crate::fixtures::read(file, profile).map(drop).ok();
    landside_edifact::check::check(file, profile, &mut |_| {});
    let kept = syntax::read(file, &profile.syntax);
    let outlined: Result<Vec<_>, _> = syntax::outline(file, &profile.syntax).collect();
    assert_eq!(kept.as_ref().err(), outlined.as_ref().err());
    let (kept, outlined) = (kept?, outlined?);
    for (kept, outlined) in kept.iter().zip(&outlined) {
        assert_eq!(texts(kept), texts(outlined));
        let _ = coarri::read(outlined, profile);
        let _ = codeco::read(outlined, profile);
        let _ = copino::read(outlined, profile);
        let _ = coparn::read(outlined, profile);
        let _ = cusres::read(outlined, profile);
    }
    Ok(())
}

fn texts<'a>(interchange: &Interchange<'a>) -> Vec<(u32, usize, &'a [u8], String)> {
    let segments = interchange.messages.iter().flat_map(|message| interchange.walk(message));
    let text = |s: syntax::Segment<'a>| {
        (s.place().segment, s.place().offset, s.bytes(), s.text(0, 0).into_owned())
    };
    segments.map(text).collect()
}

fn fixtures() -> impl Strategy<Value = Vec<u8>> {
    let files: Vec<Vec<u8>> = all().into_iter().map(|(_, bytes)| bytes).collect();
    prop::sample::select(files)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn bytes_changed_at_random(
        mut file in fixtures(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        name in prop::sample::select(vec!["default", "strict", "bare", "n4", "icd-tz"]),
    ) {
        for (index, byte) in changes {
            let at = index.index(file.len());
            file[at] = byte;
        }
        let _ = read(&file, &profile(name));
    }

    #[test]
    fn service_characters_changed_at_random(
        mut file in fixtures(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"+:'? \n.,".to_vec())), 1..8),
    ) {
        for (index, byte) in changes {
            let at = index.index(file.len());
            file[at] = byte;
        }
        let _ = read(&file, &profile("bare"));
    }

    #[test]
    fn pieces_cut_out_and_put_in_twice(
        file in fixtures(),
        (a, b) in any::<(prop::sample::Index, prop::sample::Index)>(),
        twice: bool,
    ) {
        let (a, b) = (a.index(file.len()), b.index(file.len()));
        let (from, to) = (a.min(b), a.max(b));
        let middle = if twice { file[from..to].repeat(2) } else { Vec::new() };
        let mutated = [&file[..from], &middle, &file[to..]].concat();
        let _ = read(&mutated, &profile("default"));
    }

    #[test]
    fn the_middle_of_a_message_made_of_random_segments(
        lines in prop::collection::vec("(RFF|DTM|TDT|NAD|LOC|EQD|MEA|SEL|CNT|GID|BGM|GIS|DOC|EQN|DAM|ERC|FTX)(\\+[A-Z0-9:]{0,12}){0,8}'", 0..30),
        kind in prop::sample::select(vec!["COREOR", "COARRI", "CODECO", "COPINO", "COPARN", "CUSRES"]),
    ) {
        let count = lines.len() + 2;
        let file = format!(
            "UNB+UNOA:1+A+B+351101:0930+1'UNH+1+{kind}:D:95B:UN'{}UNT+{count}+1'UNZ+1+1'",
            lines.concat()
        );
        let standard = profile("default");
        let _ = read(file.as_bytes(), &standard);
        let containers = lines.iter().filter(|line| line.starts_with("EQD+CN")).count();
        if let Ok((readings, _)) = crate::fixtures::read(file.as_bytes(), &standard) {
            let read: usize = readings.iter().map(|r| r.instructions.len()).sum();
            prop_assert!(read <= containers);
        }
        for interchange in syntax::read(file.as_bytes(), &standard.syntax).unwrap_or_default() {
            let moves = coarri::read(&interchange, &standard).map_or(0, |read| read.items.len());
            prop_assert!(moves <= containers);
        }
    }
}
