//! A haulier's node hands in what its driver's phone signed, and tells the phone what came of it.

use std::time::Duration;

use landside_proto::directory::Actor;
use landside_proto::document::{Outcome, Refused};
use landside_proto::ids::Hash32;
use landside_proto::key::PublicKey;
use landside_proto::refusal::Refusal;

use crate::ledger::{self, Read};
use crate::node::Node;
use crate::store::StoreError;
use crate::view;
use crate::writer::{Command, OfDriver};

/// What became of a driver's document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedIn {
    /// `accepted`: it is durable here and will be delivered, or the terminal took it; `duplicate`,
    /// `refused`: the terminal's word.
    pub outcome: &'static str,
    /// Why it was refused.
    pub refused: Option<Refused>,
}

impl Node {
    /// Keeps a document of an enrolled driver and delivers it. Waits for the terminal's answer as long as
    /// `patience` when that can be reached, else not at all.
    ///
    /// # Errors
    /// The [`Refusal`] of this node, which then keeps nothing.
    pub async fn hand_in(
        &self,
        driver: PublicKey,
        envelope: Vec<u8>,
        patience: Duration,
    ) -> Result<HandedIn, Refusal> {
        let mut events = self.events();
        let brought = |reply| OfDriver::HandIn { driver, envelope, reply };
        let issued = self.command(|reply| Command::OfDriver(brought(reply))).await?;
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            let answer = self.read(move |node| {
                let store = node.store.as_ref();
                if let Some((entry, _)) = ledger::answer(store, issued.id)? {
                    return Ok(Some(entry));
                }
                Ok(None)
            });
            if let Some(entry) = answer.await.map_err(unreadable)? {
                let refused = entry.refused.filter(|_| entry.outcome == Outcome::Refused);
                return Ok(HandedIn { outcome: view::outcome(entry.outcome), refused });
            }
            let reached = self.reaches(issued.id).await.map_err(unreadable)?;
            let heard = tokio::time::timeout_at(deadline, events.recv());
            if !reached || heard.await.is_err() {
                return Ok(HandedIn { outcome: "accepted", refused: None });
            }
        }
    }

    /// Whether there is a link with the terminal of a document.
    async fn reaches(&self, id: landside_proto::ids::DocId) -> Result<bool, StoreError> {
        self.read(move |node| {
            let store = node.store.as_ref();
            let Some(row) = Read::id_row(store, id)? else { return Ok(false) };
            let signed = Read::document(store, row.number)?.signed;
            let terminal = signed.document().visit().map(|v| Actor::Party(v.terminal.clone()));
            Ok(terminal.is_some_and(|terminal| node.exchange.connected().contains(&terminal)))
        })
        .await
    }

    /// The exact bundle of the directory edition with this id; nothing for one that is not kept.
    ///
    /// # Errors
    /// The home cannot be read.
    pub fn edition_of(&self, id: Hash32) -> Result<Option<Vec<u8>>, crate::node::NodeError> {
        let chain = self.inner.editions.chain();
        let number = {
            let chain = chain.borrow();
            let (newest, _) = chain.newest();
            (chain.first()..=newest).rev().find(|number| chain.id(*number) == Some(id))
        };
        number.map_or(Ok(None), |number| self.edition(number))
    }
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "the store cannot be read");
    Refusal::new(landside_proto::refusal::Code::StoreFull, "the store cannot be read")
}
