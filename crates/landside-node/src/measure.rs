//! The log by itself, for whoever measures what it costs as it grows (`benches/`).

use std::path::Path;
use std::sync::Arc;

use landside_proto::directory::Authorities;
use landside_proto::ids::Hash32;
use landside_proto::merkle;

use crate::group::{Counters, Group};
use crate::log::{self, Tiles};
use crate::node::clock;
use crate::rows;
use crate::store::{CommitError, OpenError, SledStore, Store, StoreError, StoreOptions};

/// A log in a store of its own, which grows as a registrar's does, but for the documents: the same
/// group, the same rows, the same commit.
pub struct BareLog {
    store: Arc<dyn Store>,
    authorities: Authorities,
    counters: Counters,
}

/// What measuring stumbles over.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A group was not committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl BareLog {
    /// Opens the log in a folder, or begins one, and reads the edge of its tree.
    ///
    /// # Errors
    /// [`MeasureError`].
    pub fn open(dir: &Path, authorities: Authorities) -> Result<Self, MeasureError> {
        let store: Arc<dyn Store> = Arc::new(SledStore::open(dir, StoreOptions::default())?);
        let counters = Counters::load(store.as_ref())?;
        Ok(Self { store, authorities, counters })
    }

    /// How many entries it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.counters.tree.size()
    }

    /// The root of its tree.
    #[must_use]
    pub fn root(&self) -> Hash32 {
        self.counters.tree.root()
    }

    /// Adds made-up entries as one group, durable when this returns.
    ///
    /// # Errors
    /// [`MeasureError::Commit`].
    pub fn grow(&mut self, entries: u64) -> Result<(), MeasureError> {
        let (counters, authorities) = (self.counters.clone(), self.authorities.clone());
        let mut group = Group::new(self.store.as_ref(), counters, authorities, clock());
        for _ in 0..entries {
            let position = log::next(&group, None);
            let envelope = Hash32::of(&position.log.to_be_bytes());
            log::append(&mut group, envelope, position, position.log);
        }
        self.store.commit(group.batch())?;
        self.counters = group.counters;
        Ok(())
    }

    /// The root over the first entries.
    ///
    /// # Errors
    /// [`MeasureError::Store`].
    pub fn root_of(&self, size: u64) -> Result<Hash32, MeasureError> {
        Ok(merkle::root(size, &Tiles(self.store.as_ref())).map_err(log::unproven)?)
    }

    /// The hash of an entry.
    ///
    /// # Errors
    /// [`MeasureError::Store`]; also when there is no such entry.
    pub fn leaf(&self, index: u64) -> Result<Hash32, MeasureError> {
        let row = self.store.get(rows::LOG, &index.to_be_bytes())?;
        let row = row.ok_or_else(|| rows::damaged(format!("entry {index} is missing")))?;
        Ok(rows::log_parts(&row)?.1.leaf())
    }

    /// The proof that an entry is in the log as it stands.
    ///
    /// # Errors
    /// [`MeasureError::Store`].
    pub fn inclusion(&self, index: u64) -> Result<Vec<Hash32>, MeasureError> {
        let proof = merkle::inclusion(index, self.size(), &Tiles(self.store.as_ref()));
        Ok(proof.map_err(log::unproven)?)
    }

    /// The proof that the log as it stands begins with its first `old` entries.
    ///
    /// # Errors
    /// [`MeasureError::Store`].
    pub fn consistency(&self, old: u64) -> Result<Vec<Hash32>, MeasureError> {
        let proof = merkle::consistency(old, self.size(), &Tiles(self.store.as_ref()));
        Ok(proof.map_err(log::unproven)?)
    }
}
