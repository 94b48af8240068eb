//! Kills nodes at random moments and starts them again, while everything else goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::port::Port;

/// Pause between kills, in milliseconds: long enough to start, short enough to strike mid-step.
const PAUSE_MS_MIN: u64 = 30;
const PAUSE_MS_SPAN: u64 = 270;

/// How long a killed node stays away, in milliseconds at most.
const AWAY_MS_MAX: u64 = 120;

/// The killer at work.
pub(super) struct Killer {
    stop: Arc<AtomicBool>,
    task: JoinHandle<u32>,
}

/// Lets the killer loose. The same seed gives the same victims and pauses.
pub(super) fn start(port: Arc<Port>, seed: u64) -> Killer {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let task = tokio::spawn(async move {
        let mut random = Random(seed.wrapping_mul(2).wrapping_add(1));
        let mut kills = 0;
        while !stopped.load(Ordering::Relaxed) {
            let pause = PAUSE_MS_MIN + random.below(PAUSE_MS_SPAN);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let members = port.members();
            let count = u64::try_from(members.len()).unwrap_or(1);
            let at = usize::try_from(random.below(count)).unwrap_or(0);
            let Some(victim) = members.get(at) else { continue };
            port.kill(victim).await;
            kills += 1;
            tokio::time::sleep(Duration::from_millis(random.below(AWAY_MS_MAX))).await;
            if port.start(victim).is_err() {
                break;
            }
        }
        kills
    });
    Killer { stop, task }
}

impl Killer {
    /// Ends the killing; every node runs. Gives the number of kills.
    pub(super) async fn stop(self) -> u32 {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap_or(0)
    }
}

/// SplitMix64: repeatable, and good enough to choose victims.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}
