//! The editions that a node has had, in order, and what makes another edition of one number a fork.

use super::{Directory, Draft};
use crate::document::DirectoryEdition;
use crate::ids::{Hash32, UnixMillis};
use crate::refusal::{Code, Refusal};

/// Numbers and ids of the editions a node keeps: without a gap, from the first that it trusted to
/// the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    first: u64,
    /// Ids of the editions before the newest.
    older: Vec<Hash32>,
    newest: Hash32,
}

impl Chain {
    /// Begins with the first edition of a node, of any number.
    #[must_use]
    pub fn of(first: &Directory) -> Self {
        Self { first: first.edition().number, older: Vec::new(), newest: first.id() }
    }

    /// Adds the edition that follows the newest; any other changes nothing and gives `false`.
    pub fn push(&mut self, next: &Directory) -> bool {
        let (newest, id) = self.newest();
        let edition = next.edition();
        let follows = newest.checked_add(1) == Some(edition.number) && edition.previous == Some(id);
        if follows {
            self.older.push(std::mem::replace(&mut self.newest, next.id()));
        }
        follows
    }

    /// Number of the first edition kept.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number and id of the newest edition.
    #[must_use]
    pub fn newest(&self) -> (u64, Hash32) {
        let behind = u64::try_from(self.older.len()).unwrap_or(u64::MAX);
        (self.first.saturating_add(behind), self.newest)
    }

    /// The id of an edition kept.
    #[must_use]
    pub fn id(&self, number: u64) -> Option<Hash32> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        match self.older.get(at) {
            Some(id) => Some(*id),
            None => (at == self.older.len()).then_some(self.newest),
        }
    }
}

/// Judges a bundle that carries the number of an edition already taken: gives the id of the other
/// edition when enough authorities put their names to both. `before` is the edition before `mine`;
/// for the first edition a node had, it is `mine` itself.
///
/// # Errors
/// [`Code::EditionRollback`] when it is the same edition or one of another number;
/// [`Code::EditionFork`] when it is of another network; [`Code::EditionUnsigned`]; the form codes.
/// None of them proves that the authorities signed twice.
pub fn rival(
    bundle: &[u8],
    mine: &DirectoryEdition,
    before: &DirectoryEdition,
    now: UnixMillis,
) -> Result<Hash32, Refusal> {
    let draft = Draft::read(bundle)?;
    let told = format!("edition {} beside edition {}", draft.edition.number, mine.number);
    if draft.edition == *mine || draft.edition.number != mine.number {
        return Err(Refusal::new(Code::EditionRollback, told));
    }
    if draft.edition.network != mine.network {
        return Err(Refusal::new(Code::EditionFork, told));
    }
    draft.signed_by(&before.authorities, before.threshold, now).map(|other| other.id())
}
