//! Calls for the exchange to look at peers: something waits for them, or their last link ended.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use landside_proto::directory::Actor;
use tokio::sync::Notify;

/// Peers to look at. Bounded by the number of peers: calling twice for one is calling once.
#[derive(Default)]
pub(crate) struct Calls {
    peers: Mutex<BTreeSet<Actor>>,
    called: Notify,
}

impl Calls {
    /// Calls for peers.
    pub(crate) fn call(&self, peers: impl IntoIterator<Item = Actor>) {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).extend(peers);
        self.called.notify_one();
    }

    /// Waits for a call; takes every peer called for.
    pub(crate) async fn next(&self) -> BTreeSet<Actor> {
        loop {
            let peers =
                std::mem::take(&mut *self.peers.lock().unwrap_or_else(PoisonError::into_inner));
            if !peers.is_empty() {
                return peers;
            }
            self.called.notified().await;
        }
    }
}
