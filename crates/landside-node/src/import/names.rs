//! Parties by the codes that partners have for them.

use std::collections::BTreeMap;

use landside_proto::ids::PartyId;

use super::{ImportOrder, Remarked};
use crate::draft;
use crate::node::Node;
use crate::service::End;

/// How codes in messages become parties of the directory.
pub(super) struct Names {
    by_code: BTreeMap<String, PartyId>,
    pub(super) release_to: Option<PartyId>,
    terminal: Option<PartyId>,
    /// Whether the terminal was named by whoever imports.
    told: bool,
}

impl Names {
    pub(super) fn new(node: &Node, order: &ImportOrder) -> Result<Self, End> {
        let party = |text: &str| {
            PartyId::parse(text)
                .map_err(|e| End::wrong(e.code(), e.to_string(), "give party ids of the directory"))
        };
        let mut by_code = BTreeMap::new();
        for (code, id) in &order.parties {
            by_code.insert(code.to_ascii_lowercase(), party(id.as_str().unwrap_or_default())?);
        }
        let terminal = match &order.terminal {
            Some(text) => Some(party(text)?),
            None => draft::only_terminal(&node.inner).ok(),
        };
        let release_to = order.release_to.as_deref().map(party).transpose()?;
        let told = order.terminal.is_some();
        Ok(Self { by_code, release_to, terminal, told })
    }

    /// The party of a code: by the map, else the party whose id is the code.
    pub(super) fn of(&self, node: &Node, code: &str) -> Option<PartyId> {
        let code = code.to_ascii_lowercase();
        if let Some(id) = self.by_code.get(&code) {
            return Some(id.clone());
        }
        let id = PartyId::parse(&code).ok()?;
        node.inner.authorities.borrow().directory.party(&id).map(|_| id)
    }

    /// The terminal of a code, else the one that is meant without.
    pub(super) fn terminal_of(&self, node: &Node, code: Option<&str>) -> Option<PartyId> {
        code.and_then(|code| self.of(node, code)).or_else(|| self.terminal.clone())
    }

    /// The terminal that whoever imports named, for messages that name none.
    pub(super) fn told_terminal(&self) -> Option<&PartyId> {
        self.terminal.as_ref().filter(|_| self.told)
    }

    pub(super) fn terminal_unknown(code: Option<&str>) -> Remarked {
        let named = code.unwrap_or("(none named)");
        let text = format!(
            "terminal {named} is not in the directory; map it with --map CODE=PARTY or --terminal"
        );
        Remarked::new("terminal-unknown", text)
    }
}
