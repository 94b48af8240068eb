//! How many connections fit beside the rest of a node: each is an open file.

use landside_node::open_files;

/// Files of the rest of a node: its store, links, commands, the public log's connections and the driver app's photographs.
const FILES_OF_THE_REST: u64 = 768;

/// How many of `wanted` connections may be served: never fewer than `least`, with which a node always did.
pub(crate) fn connections(wanted: usize, least: usize) -> usize {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    fitting(open_files::allow(wanted.saturating_add(FILES_OF_THE_REST)), wanted, least)
}

/// How many connections so many files are enough for.
fn fitting(files: u64, wanted: u64, least: usize) -> usize {
    let fit = wanted.min(files.saturating_sub(FILES_OF_THE_REST));
    usize::try_from(fit).unwrap_or(usize::MAX).max(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_what_fits_beside_the_rest_of_a_node() {
        assert_eq!(fitting(20_000, 2_048, 256), 2_048);
        assert_eq!(fitting(2_816, 2_048, 256), 2_048);
        assert_eq!(fitting(2_000, 2_048, 256), 1_232);
        assert_eq!(fitting(1_024, 2_048, 256), 256);
        assert_eq!(fitting(100, 2_048, 256), 256);
    }
}
