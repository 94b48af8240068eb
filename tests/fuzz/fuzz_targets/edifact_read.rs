//! EDIFACT files from partners: nothing panics, and what is read lies within the file.

#![no_main]

use landside_edifact::profile::Profile;
use landside_edifact::{check, coreor, syntax};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The last byte says how patient the reader is: any file that ends a line is a seed as it is.
    let Some((last, file)) = data.split_last() else { return };
    let mut profile = Profile::standard();
    profile.syntax.strict = last & 1 == 1;
    profile.syntax.bare_messages = last & 2 == 2;
    for segment in syntax::segments(file).map_while(Result::ok) {
        assert_eq!(&file[segment.span()], segment.bytes());
    }
    check::check(file, &profile, &mut |_| {});
    let Ok(interchanges) = syntax::read(file, &profile.syntax) else { return };
    for interchange in &interchanges {
        if let Ok(reading) = coreor::read(interchange, &profile) {
            for instruction in &reading.instructions {
                let _ = instruction.obstacle();
            }
        }
    }
});
