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

/// The editions that a reader brings and that count after a file's last one, and those that do not count.
pub(super) struct Beyond {
    /// Ascending.
    pub(super) editions: Vec<Directory>,
    /// Number and id of each that is of no use, and why.
    pub(super) unused: Vec<(u64, Hash32, &'static str)>,
}

impl Trust<'_> {
    /// Joins a file's editions, which follow one another, to what is trusted. Gives the editions brought along
    /// that lead up to them.
    pub(super) fn joins(&self, file: &[&Directory]) -> (Joined, Vec<Hash32>) {
        let (Some(first), Some(last)) = (file.first(), file.last()) else {
            return (Joined::No, Vec::new());
        };
        let given = self.given(first);
        let (mut led, mut found) = (Vec::new(), Joined::No);
        for ((edition, id), bundle) in given.iter().filter(|((_, id), _)| self.ids.contains(id)) {
            let number = edition.number;
            let joined = if number < number_of(first) {
                up((*id, bundle), &given, first, &mut led)
            } else if number > number_of(last) {
                down(edition, &given, last)
            } else if file.iter().any(|directory| directory.id() == *id) {
                Joined::Yes
            } else {
                Joined::Other(number)
            };
            match (joined, found) {
                // One that is trusted and names another edition of a number is word against the file.
                (Joined::Other(_), _) | (Joined::Yes, Joined::No) => found = joined,
                _ => {}
            }
        }
        let has_trusted = file.iter().any(|directory| self.ids.contains(&directory.id()));
        match found {
            Joined::No if has_trusted => (Joined::Yes, led),
            _ => (found, led),
        }
    }

    /// The editions after a file's last one that its reader knows. The file is joined to what is trusted; `led`
    /// are those that lead up to it.
    pub(super) fn beyond(&self, file: &[&Directory], led: &[Hash32]) -> Beyond {
        let mut beyond = Beyond { editions: Vec::new(), unused: Vec::new() };
        let Some(last) = file.last() else { return beyond };
        let given = self.given(last);
        let mut named = self.named(&given, last);
        named.reverse();
        let end = named.first().map_or(u64::MAX, number_of);
        follow(&mut beyond.editions, last, &given, end);
        beyond.editions.append(&mut named);
        follow(&mut beyond.editions, last, &given, u64::MAX);
        let newest = number_of(beyond.editions.last().unwrap_or(last));
        for bundle in self.editions {
            let Ok((edition, id)) = peek_bundle(bundle) else { continue };
            let counts = file.iter().any(|known| known.id() == id)
                || beyond.editions.iter().any(|known| known.id() == id)
                || led.contains(&id);
            if !counts {
                beyond.unused.push((edition.number, id, why_unused(&edition, last, newest)));
            }
        }
        beyond
    }

    /// From the newest edition after `last` that is trusted by its id down, as far as each is named by the hash
    /// in the one after it: the bundle may have any signatures, what is in it is what was trusted.
    fn named(&self, given: &[Given<'_>], last: &Directory) -> Vec<Directory> {
        let later = given
            .iter()
            .filter(|((edition, id), _)| edition.number > number_of(last) && self.ids.contains(id));
        let newest = later.max_by_key(|((edition, _), _)| edition.number);
        let mut wanted = newest.map(|((_, id), _)| *id);
        let mut named: Vec<Directory> = Vec::new();
        while let Some(id) = wanted {
            let mut bundles = given.iter().filter(|((_, known), _)| *known == id);
            let opened = bundles.find_map(|(_, bundle)| Directory::by_id(bundle, id).ok());
            // A number that does not fall would lead round in a ring.
            let falls = |d: &Directory| {
                number_of(d) > number_of(last)
                    && named.last().is_none_or(|above| number_of(d) < number_of(above))
            };
            let Some(directory) = opened.filter(falls) else { break };
            wanted = directory.edition().previous;
            named.push(directory);
        }
        named
    }

    /// What the reader brings of a list: of another network it says nothing.
    fn given(&self, of: &Directory) -> Vec<Given<'_>> {
        let peeked = self.editions.iter().filter_map(|b| Some((peek_bundle(b).ok()?, &**b)));
        let network = &of.edition().network;
        peeked.filter(|((edition, _), _)| edition.network == *network).collect()
    }
}

/// Adds the editions that follow the newest by signatures, up to those of number `end`.
fn follow(editions: &mut Vec<Directory>, last: &Directory, given: &[Given<'_>], end: u64) {
    loop {
        let newest = editions.last().unwrap_or(last);
        if number_of(newest).saturating_add(1) >= end {
            return;
        }
        let next = given.iter().find_map(|(_, b)| newest.follow(b, UnixMillis::MAX).ok());
        let Some(next) = next else { return };
        editions.push(next);
    }
}

fn why_unused(edition: &DirectoryEdition, last: &Directory, newest: u64) -> &'static str {
    if edition.network != last.edition().network {
        "it is of another network"
    } else if edition.number > newest {
        "nothing leads to it from what is trusted: one between is missing, it names another one before \
         it, or too few authorities signed it"
    } else if edition.number > number_of(last) {
        "another edition of its number counts"
    } else {
        "the file is joined to what is trusted without it"
    }
}

type Given<'a> = ((DirectoryEdition, Hash32), &'a [u8]);

fn number_of(directory: &Directory) -> u64 {
    directory.edition().number
}

/// From a trusted edition before the file's first one: each must be signed by the authorities of the one
/// before it.
fn up(
    (id, bundle): (Hash32, &[u8]),
    given: &[Given<'_>],
    first: &Directory,
    led: &mut Vec<Hash32>,
) -> Joined {
    let Ok(mut reached) = Directory::by_id(bundle, id) else { return Joined::No };
    let mut path = vec![id];
    loop {
        let next = number_of(&reached).saturating_add(1);
        if next == number_of(first) {
            return match reached.follow(first.bundle(), UnixMillis::MAX) {
                Ok(_) => {
                    led.append(&mut path);
                    Joined::Yes
                }
                Err(_) => Joined::Other(next),
            };
        }
        let mut candidates = given.iter().filter(|((edition, _), _)| edition.number == next);
        let follows = candidates.find_map(|(_, b)| reached.follow(b, UnixMillis::MAX).ok());
        let Some(follows) = follows else { return Joined::No };
        path.push(follows.id());
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
