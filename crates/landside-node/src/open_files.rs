//! How many files this process may have open: each connection is one.

use rustix::process::{Resource, getrlimit, setrlimit};
use tracing::{info, warn};

/// Raises what the process may have open to this many, as far as the system lets it (getrlimit(2)); it is never lowered. Gives
/// how many it may have.
pub fn allow(wanted: u64) -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current.unwrap_or(u64::MAX);
    if before >= wanted {
        return before;
    }
    let most = limit.maximum.unwrap_or(u64::MAX).min(wanted).max(before);
    limit.current = Some(most);
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) => {
            info!(before, now = most, "more open files are allowed, for connections");
            most
        }
        Err(error) => {
            warn!(%error, before, "more open files are not to be had");
            before
        }
    }
}

/// How many files this process may have open now.
#[must_use]
pub fn allowed() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many files this process could have open at most.
#[must_use]
pub fn most() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_process_may_open_is_raised_and_never_lowered() {
        let before = allow(1);
        assert!(allow(before) >= before);
        assert_eq!(allow(1), allow(1));
        assert!(allow(1) >= before);
    }
}
