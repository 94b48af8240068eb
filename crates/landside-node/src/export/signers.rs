//! What shows whose keys signed the head of an evidence file: the rotations that the terminal registered,
//! and the editions up to the last signature.

use std::collections::BTreeSet;
use std::sync::Arc;

use landside_proto::checkpoint::{KeyName, SignedCheckpoint};
use landside_proto::directory::{Actor, peek_bundle};
use landside_proto::document::{Document, Kind, Position};
use landside_proto::envelope;
use landside_proto::evidence::{CREDENTIALS_MAX, CaseEvidence, Registered};
use landside_proto::ids::UnixMillis;
use landside_proto::session::frame::{About, Vouched};

use super::{editions, rotations};
use crate::node::{Node, clock};
use crate::store::StoreError;

/// Adds the rotations and editions that a reader needs for the keys under the head, as far as it covers
/// them; gives the envelopes of those that the terminal told of.
pub(super) async fn add(
    node: &Node,
    case: &mut CaseEvidence,
    head: &SignedCheckpoint,
) -> Result<BTreeSet<Vec<u8>>, StoreError> {
    let size = head.checkpoint().size;
    let kept = kept_here(node, case, head).await?;
    let told: Vec<_> = told(node, case, size).await?.into_iter().filter_map(registered).collect();
    let mut by_word = BTreeSet::new();
    let covered = |rotation: &Registered| rotation.position.log < size;
    for (rotation, by_terminal) in
        kept.into_iter().map(|r| (r, false)).chain(told.into_iter().map(|r| (r, true)))
    {
        let known = case.credentials.iter().any(|known| known.envelope == rotation.envelope);
        if !known && covered(&rotation) && case.credentials.len() < CREDENTIALS_MAX {
            if by_terminal {
                by_word.insert(rotation.envelope.clone());
            }
            case.credentials.push(rotation);
        }
    }
    add_editions(node, case, head).await?;
    case.keep_rooted_rotations();
    Ok(by_word)
}

/// The rotations of whoever signed the head that this node was told of by itself.
async fn kept_here(
    node: &Node,
    case: &CaseEvidence,
    head: &SignedCheckpoint,
) -> Result<Vec<Registered>, StoreError> {
    let names = head.lines().iter().filter_map(|line| KeyName::parse(line.name()).ok());
    let signers: BTreeSet<_> = names.map(|name| name.party().clone()).collect();
    let (terminal, last) = (case.visit.terminal.clone(), head.checkpoint().size.saturating_sub(1));
    node.read(move |node| rotations(node.store.as_ref(), &terminal, &signers, last)).await
}

/// The rotations that the terminal says the head's keys rest on. A node reads of a witness's rotation nowhere
/// else: it is handed in to terminals, and told to who reads what the witness signs.
async fn told(node: &Node, case: &CaseEvidence, size: u64) -> Result<Vec<Vouched>, StoreError> {
    let terminal = Actor::Party(case.visit.terminal.clone());
    if terminal == node.inner.me {
        return node.read(move |node| node.heads.vouching(size)).await;
    }
    let told = node.inner.exchange.ask(&terminal, About::Rotations { size }).await;
    Ok(told.map(|told| told.rotations).unwrap_or_default())
}

fn registered(said: Vouched) -> Option<Registered> {
    let claimed = envelope::reopen(&*said.envelope).ok()?;
    let rotation = claimed.document().kind() == Kind::KeyRotation;
    let at = Some(said.at).filter(|at| rotation && *at <= UnixMillis::MAX.as_millis())?;
    let position = Position { log: said.log, at: UnixMillis::from_millis(at), case: None };
    let envelope = said.envelope;
    Some(Registered { envelope, position, proof: None, disclosures: Vec::new() })
}

/// Takes the editions in that were in force when the head's witnesses signed it; all there are where those do
/// not have the key of the head.
async fn add_editions(
    node: &Node,
    case: &mut CaseEvidence,
    head: &SignedCheckpoint,
) -> Result<(), StoreError> {
    let times = || case.documents.iter().map(|document| document.position.at);
    let first = times().min().unwrap_or_else(clock);
    let last = times().chain(head.last_claimed()).max().unwrap_or(first);
    for until in [last, UnixMillis::MAX] {
        case.editions = node
            .read(move |node| {
                let newest = Arc::clone(&node.authorities.borrow().directory);
                editions(node, &newest, first, until)
            })
            .await?;
        if opens(case, head) {
            break;
        }
    }
    Ok(())
}

/// Whether the editions and rotations of a file show the head's key to be the terminal's.
fn opens(case: &CaseEvidence, head: &SignedCheckpoint) -> bool {
    let terminal = &case.visit.terminal;
    let editions = case.editions.iter().filter_map(|bundle| peek_bundle(bundle).ok());
    let entries = editions.flat_map(|(edition, _)| edition.parties);
    let of_terminal = entries.filter(|entry| entry.id == *terminal);
    let listed = of_terminal.flat_map(|entry| entry.signing_keys).map(|listed| listed.key);
    let claimed = case.credentials.iter().filter_map(|c| envelope::reopen(&*c.envelope).ok());
    let rotated = claimed.filter_map(|claimed| match claimed.document() {
        Document::KeyRotation(said) if said.party == *terminal => said.signing_key,
        _ => None,
    });
    let keys: Vec<_> = listed.chain(rotated).collect();
    SignedCheckpoint::open(head.bytes(), &head.checkpoint().origin, &keys).is_ok()
}
