//! What a terminal may sign for a line that has no node (docs/PROTOCOL.md § 5, *Agents*).

use super::rules::Judge;
use super::state::{Case, Step};
use crate::directory::Actor;
use crate::ids::PartyId;
use crate::refusal::{Code, Refusal};

impl Case {
    /// The last document of this case that a party signed itself, with a key of its own.
    #[must_use]
    pub fn own_word(&self, party: &PartyId) -> Option<&Step> {
        let own = |step: &&Step| {
            step.agent.is_none() && matches!(&step.issuer, Actor::Party(id) if id == party)
        };
        self.steps.iter().rev().find(own)
    }
}

impl Judge<'_> {
    /// A terminal signs for a line where the box stands at its own quay, and while the line has not
    /// spoken for itself: the line's own word goes above what others take its messages to say.
    pub(super) fn agent_may(&self, agent: Option<&PartyId>) -> Result<(), Refusal> {
        let Some(agent) = agent else { return Ok(()) };
        let terminal = &self.case.visit.terminal;
        if agent != terminal {
            let detail = format!("signed by agent {agent}, the container is at {terminal}");
            return Err(Refusal::new(Code::AgentElsewhere, detail));
        }
        let line = self.party()?;
        match self.case.own_word(line) {
            Some(step) => {
                let detail = format!("{line} signs itself in this case, {agent} no more for it");
                Err(Refusal::new(Code::LineSpeaks, detail).naming(step.document))
            }
            None => Ok(()),
        }
    }
}
