//! Damaged fixtures are read or refused, never a panic; and never read as more than they say.

use proptest::prelude::*;

use crate::fixtures::{all, profile, read};

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
        lines in prop::collection::vec("(RFF|DTM|TDT|NAD|LOC|EQD|MEA|SEL|CNT|GID|BGM)(\\+[A-Z0-9:]{0,12}){0,8}'", 0..30),
    ) {
        let count = lines.len() + 2;
        let file = format!(
            "UNB+UNOA:1+A+B+351101:0930+1'UNH+1+COREOR:D:95B:UN'{}UNT+{count}+1'UNZ+1+1'",
            lines.concat()
        );
        if let Ok((readings, _)) = read(file.as_bytes(), &profile("default")) {
            let containers = lines.iter().filter(|line| line.starts_with("EQD+CN")).count();
            let read: usize = readings.iter().map(|r| r.instructions.len()).sum();
            prop_assert!(read <= containers);
        }
    }
}
