//! Samples that others wrote, where they are at hand: they may not be copied into this project.

use std::fs;
use std::path::PathBuf;

use crate::fixtures::{profile, read};
use crate::oracle::{by_oracle, by_us};

#[test]
fn collected_samples_never_panic_and_agree_with_the_oracle() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/edifact");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("no collected samples beside this project; nothing compared");
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "edi") {
            continue;
        }
        let file = fs::read(&path).unwrap();
        for name in ["default", "strict", "bare", "n4", "icd-tz"] {
            let outcome = read(&file, &profile(name)).map(|(readings, _)| readings.len());
            println!("{} under {name}: {outcome:?}", path.display());
        }
        if let (Some(ours), Some(theirs)) = (by_us(&file), by_oracle(&file)) {
            assert_eq!(ours, theirs, "{}", path.display());
        }
    }
}
