//! What the writer commits while a backup is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::form::batch_chunk;
use crate::store::Batch;

/// Most bytes of batches that wait to be written to the backup. A slow disk ends the backup and never
/// holds the writer up.
pub(super) const WAITING_MAX: usize = 64 * 1024 * 1024;

/// The writer's end.
pub(crate) struct Tap {
    to: Sender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    missed: Arc<AtomicBool>,
}

/// The backup's end.
pub(super) struct Tapped {
    from: Receiver<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    missed: Arc<AtomicBool>,
}

impl Tap {
    pub(super) fn new() -> (Self, Tapped) {
        let ((to, from), waiting) = (channel(), Arc::new(AtomicUsize::new(0)));
        let missed = Arc::new(AtomicBool::new(false));
        let tapped = Tapped { from, waiting: Arc::clone(&waiting), missed: Arc::clone(&missed) };
        (Self { to, waiting, missed }, tapped)
    }

    /// Takes a batch that is durable; `false` when the backup is over, or too far behind to go on.
    pub(crate) fn take(&self, batch: &Batch) -> bool {
        if batch.is_empty() {
            return true;
        }
        let chunk = batch_chunk(batch);
        let waits = self.waiting.fetch_add(chunk.len(), Ordering::SeqCst);
        let taken = waits < WAITING_MAX && self.to.send(chunk).is_ok();
        self.missed.fetch_or(!taken, Ordering::SeqCst);
        taken
    }
}

impl Tapped {
    /// The next batch that is there already.
    pub(super) fn next(&self) -> Option<Vec<u8>> {
        let chunk = self.from.try_recv().ok()?;
        self.waiting.fetch_sub(chunk.len(), Ordering::SeqCst);
        Some(chunk)
    }

    /// Whether a batch was committed that is not here: then the backup is none.
    pub(super) fn missed(&self) -> bool {
        self.missed.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Table;

    #[test]
    fn a_backup_that_falls_behind_ends_and_the_writer_goes_on() {
        let (tap, tapped) = Tap::new();
        let mut batch = Batch::new();
        batch.put(Table(1), vec![1], vec![0; 1024 * 1024]);
        let taken = (0..200).take_while(|_| tap.take(&batch)).count();
        assert!((60..=70).contains(&taken), "{taken}");
        assert!(tapped.next().is_some() && tapped.missed());
        drop(tapped);
        let (tap, tapped) = Tap::new();
        assert!(!tapped.missed());
        drop(tapped);
        assert!(!tap.take(&batch));
    }
}
