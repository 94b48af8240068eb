//! What the terminal owes a case right now: the answer to a slot request, the pass.

use std::time::Duration;

use super::state::{Case, SlotState};
use crate::document::{Confirmation, PickupPass, Window};
use crate::ids::{DocId, UnixMillis};

/// How far a pass reaches beyond its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassPolicy {
    /// Admitted this long before the slot begins.
    pub early: Duration,
    /// And this long after it ends.
    pub late: Duration,
}

/// Something the terminal owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// A slot request waits.
    SlotAnswer {
        /// The request.
        request: DocId,
        /// The window asked for.
        window: Window,
    },
    /// Every light is green, driver and slot are bound, and no pass lives.
    Pass(PickupPass),
}

impl Case {
    /// What the terminal owes at `now`, if anything.
    #[must_use]
    pub fn due(&self, now: UnixMillis, policy: PassPolicy) -> Option<Due> {
        if self.is_closed() {
            return None;
        }
        if let SlotState::Asked { request, window } = self.slot {
            return Some(Due::SlotAnswer { request, window });
        }
        if self.living_pass(now).is_some() || !self.red(now).is_empty() {
            return None;
        }
        let (right, hop) = (self.right.as_ref()?, self.holder()?);
        let binding = self.binding.as_ref()?;
        let SlotState::Granted(slot) = &self.slot else { return None };

        let until = slot.window.until.plus(policy.late);
        let from = slot.window.from.as_secs().saturating_sub(policy.early.as_secs());
        let expires = hop.limits.until.map_or(until, |limit| limit.min(until)).as_secs();
        let not_before = hop.limits.from.map_or(from, |limit| limit.as_secs().max(from));
        (not_before < expires && now.as_secs() < expires).then(|| {
            Due::Pass(PickupPass {
                expires,
                not_before,
                confirmation: Confirmation(binding.driver),
                visit: self.visit.clone(),
                right: right.head,
                slot: slot.document,
                plate: binding.plate.clone(),
            })
        })
    }
}
