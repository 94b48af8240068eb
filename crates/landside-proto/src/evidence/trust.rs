//! What the reader of a file brings along: which list of parties it trusts, and how many witnesses it asks
//! for.

use std::collections::BTreeMap;

use crate::directory::{Directory, peek_bundle};
use crate::document::DirectoryEdition;
use crate::ids::{Hash32, UnixMillis};

/// What a file is judged by, beside its own bytes.
#[derive(Debug, Clone, Copy)]
pub struct Trust<'a> {
    /// Ids of directory editions that were compared by another channel. One of them is enough; without any,
    /// the report says which id to compare.
    pub ids: &'a [Hash32],
    /// Bundles of editions that lead from one of the ids to the file or on from it, in any order. They are
    /// believed only as far as signatures and hashes lead from that id. Those after the file's last one
    /// count as if the file had them.
    pub editions: &'a [Vec<u8>],
    /// How many distinct parties other than the terminal must have cosigned the head before a file is said
    /// to be proven; at least 1.
    pub witnesses: usize,
}

impl Default for Trust<'_> {
    fn default() -> Self {
        Self { ids: &[], editions: &[], witnesses: 1 }
    }
}

/// How the editions of a file stand to what is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    /// One of them is trusted, or editions lead from a trusted one to them.
    Yes,
    /// They are of another list: the edition of this number is another one than the trusted list has.
    Other(u64),
    /// Nothing leads from what is trusted to them.
    No,
}

impl Trust<'_> {
    /// Joins a file's editions, which follow one another, to what is trusted.
    pub(super) fn joins(&self, file: &[&Directory]) -> Joined {
        let (Some(first), Some(last)) = (file.first(), file.last()) else { return Joined::No };
        if file.iter().any(|directory| self.ids.contains(&directory.id())) {
            return Joined::Yes;
        }
        let given: Vec<_> = self
            .editions
            .iter()
            .filter_map(|b| Some((peek_bundle(b).ok()?, b.as_slice())))
            .collect();
        let trusted = given.iter().filter(|((_, id), _)| self.ids.contains(id));
        let mut found = Joined::No;
        for ((edition, id), bundle) in trusted {
            let number = edition.number;
            let joined = if number < number_of(first) {
                up(*id, bundle, &given, first)
            } else if number > number_of(last) {
                down(edition, &given, last)
            } else {
                // It has another id, or it would have been found above.
                Joined::Other(number)
            };
            match joined {
                Joined::Yes => return Joined::Yes,
                Joined::Other(_) => found = joined,
                Joined::No => {}
            }
        }
        found
    }

    /// The editions after a file's last one that its reader knows, ascending. The file is joined to what is
    /// trusted.
    pub(super) fn beyond(&self, last: &Directory) -> Vec<Directory> {
        let mut beyond: Vec<Directory> = Vec::new();
        loop {
            let newest = beyond.last().unwrap_or(last);
            let next = self.editions.iter().find_map(|b| newest.follow(b, UnixMillis::MAX).ok());
            match next {
                Some(next) => beyond.push(next),
                None => break,
            }
        }
        let reached = number_of(beyond.last().unwrap_or(last));
        // One that is trusted by its id needs no signature of those before it.
        let given: Vec<_> =
            self.editions.iter().filter_map(|b| Some((peek_bundle(b).ok()?, b))).collect();
        let later = given
            .iter()
            .filter(|((edition, id), _)| edition.number > reached && self.ids.contains(id));
        let newest = later.max_by_key(|((edition, _), _)| edition.number);
        let founded = newest.and_then(|((edition, id), b)| {
            let list: Vec<Given<'_>> =
                given.iter().map(|((e, id), b)| ((e.clone(), *id), b.as_slice())).collect();
            let joined = down(edition, &list, last);
            let known = Directory::found(b, *id, UnixMillis::MAX).ok();
            known.filter(|_| joined == Joined::Yes)
        });
        beyond.extend(founded);
        beyond
    }
}

type Given<'a> = ((DirectoryEdition, Hash32), &'a [u8]);

fn number_of(directory: &Directory) -> u64 {
    directory.edition().number
}

/// From a trusted edition before the file's first one: each must be signed by the authorities of the one
/// before it.
fn up(id: Hash32, bundle: &[u8], given: &[Given<'_>], first: &Directory) -> Joined {
    let Ok(mut reached) = Directory::found(bundle, id, UnixMillis::MAX) else { return Joined::No };
    loop {
        let next = number_of(&reached).saturating_add(1);
        if next == number_of(first) {
            return match reached.follow(first.bundle(), UnixMillis::MAX) {
                Ok(_) => Joined::Yes,
                Err(_) => Joined::Other(next),
            };
        }
        let mut candidates = given.iter().filter(|((edition, _), _)| edition.number == next);
        let follows = candidates.find_map(|(_, b)| reached.follow(b, UnixMillis::MAX).ok());
        let Some(follows) = follows else { return Joined::No };
        reached = follows;
    }
}

/// From a trusted edition after the file's last one: each names the one before it by its hash.
fn down(trusted: &DirectoryEdition, given: &[Given<'_>], last: &Directory) -> Joined {
    let by_id: BTreeMap<Hash32, &DirectoryEdition> =
        given.iter().map(|((edition, id), _)| (*id, edition)).collect();
    let mut reached = trusted;
    loop {
        let Some(before) = reached.previous else { return Joined::No };
        if reached.number.saturating_sub(1) == number_of(last) {
            return if before == last.id() { Joined::Yes } else { Joined::Other(number_of(last)) };
        }
        let named = by_id.get(&before).filter(|edition| edition.number < reached.number);
        let Some(named) = named else { return Joined::No };
        reached = named;
    }
}
