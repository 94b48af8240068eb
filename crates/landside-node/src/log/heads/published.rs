//! What the log shows to anybody: its newest head, tiles, and entries (C2SP tlog-tiles).
//!
//! Rows of a commit that has not returned may be in the store already. They are not shown: nothing is
//! read beyond the size that is known to be durable.

use landside_proto::checkpoint::Algorithm;
use landside_proto::directory::Actor;
use landside_proto::document::Role;
use landside_proto::ids::UnixMillis;
use landside_proto::log::write_bundle;
use landside_proto::merkle::{Bundle, Resource, Tile, TileReader as _};

use super::Heads;
use crate::log::{self, Tiles};
use crate::rows;
use crate::store::StoreError;

impl Heads {
    /// The key of the log as clients of others are told it (*vkey*); nothing for a node that keeps no
    /// log.
    pub(crate) fn vkey(&self) -> Option<String> {
        let name = self.name().filter(|_| self.is_kept())?;
        Some(Algorithm::Log.vkey(&name, &self.registrar.signer.public_key()))
    }

    /// The bytes of a resource; nothing for a node that keeps no log, and for what is not durable.
    /// Reads the store and may sign: not for the network's threads.
    pub(crate) fn resource(
        &self,
        resource: Resource,
        now: UnixMillis,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.is_kept() {
            return Ok(None);
        }
        match resource {
            Resource::Checkpoint => Ok(self.shown(now)),
            Resource::Tile(tile) if self.has(tile) => self.tile(tile).map(Some),
            Resource::Entries(bundle) if self.has(bundle.tile()) => self.bundle(bundle).map(Some),
            Resource::Tile(_) | Resource::Entries(_) => Ok(None),
        }
    }

    /// The last final head; while there is none, the one that witnesses are to look at.
    fn shown(&self, now: UnixMillis) -> Option<Vec<u8>> {
        let last = self.last_final().map(|last| last.head);
        let head = last.or_else(|| self.offered(now))?;
        Some(head.bytes().to_vec())
    }

    /// Whether this node is a terminal, or was one and has its log still.
    fn is_kept(&self) -> bool {
        let Some(party) = self.registrar.party() else { return false };
        let actor = Actor::Party(party.clone());
        self.size() > 0 || self.authorities.borrow().roles(&actor).contains(&Role::Terminal)
    }

    /// Whether all of a tile is durable.
    fn has(&self, tile: Tile) -> bool {
        let there = Tile::of(tile.level(), tile.index(), self.size());
        there.is_some_and(|there| tile.width() <= there.width())
    }

    fn tile(&self, tile: Tile) -> Result<Vec<u8>, StoreError> {
        let bytes = Tiles(self.store.as_ref()).read_tile(tile)?;
        whole(bytes.len(), tile.byte_len(), tile)?;
        Ok(bytes)
    }

    fn bundle(&self, bundle: Bundle) -> Result<Vec<u8>, StoreError> {
        let entries = log::bundle(self.store.as_ref(), bundle)?;
        whole(entries.len(), usize::from(bundle.width()), bundle.tile())?;
        Ok(write_bundle(&entries))
    }
}

/// A durable row that is not there is damage, and no short answer.
fn whole(found: usize, expected: usize, tile: Tile) -> Result<(), StoreError> {
    if found == expected {
        return Ok(());
    }
    Err(rows::damaged(format!("{} of the log has {found} of {expected}", tile.path())))
}

#[cfg(test)]
mod tests;
