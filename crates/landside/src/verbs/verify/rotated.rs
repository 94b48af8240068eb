//! Keys that no edition has yet: the rotations among the files, and those that the node of the home knows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::BASE64;
use landside_node::control::Request;
use landside_node::home::Home;
use landside_node::inspect::InspectError;
use landside_node::rotations::{self, Known};
use landside_proto::directory::{Actor, Authorities, Rotations};
use landside_proto::document::{Kind, Position, Role};
use landside_proto::envelope;
use landside_proto::ids::{PartyId, UnixMillis};
use landside_proto::refusal::Refusal;
use serde_json::{Map, Value};

use super::Shown;
use crate::exit::Failed;
use crate::node::Node;

/// What the node of a home knows, by the running node, else by the store of the stopped one.
///
/// # Errors
/// The node gives no answer that can be read, or the store cannot be.
pub(super) async fn known_at(home: &Path) -> Result<Vec<Known>, Failed> {
    let node = Node::of(home)?;
    match node.gather(&Request::Rotations).await {
        Ok(said) => said.iter().map(read).collect(),
        Err(failed) if failed.failure.code == "no-node" => rotations::known_at(node.home())
            .map_err(|error| match error {
                InspectError::Home(error) => error.into(),
                InspectError::Open(error) => error.into(),
                InspectError::Store(error) => Failed::broken("store", error),
            }),
        Err(failed) => Err(failed),
    }
}

fn read(object: &Map<String, Value>) -> Result<Known, Failed> {
    let unreadable = || Failed::broken("answer-unreadable", "a rotation that the node knows");
    let field = |name: &str| object.get(name).and_then(Value::as_str).ok_or_else(unreadable);
    let envelope = BASE64.decode(field("envelope")?.as_bytes()).map_err(|_| unreadable())?;
    let log = object.get("log").and_then(Value::as_u64).ok_or_else(unreadable)?;
    let at = UnixMillis::parse(field("at")?).map_err(|_| unreadable())?;
    Ok(Known {
        signed: envelope::reopen(envelope)?,
        terminal: PartyId::parse(field("terminal")?)?,
        position: Position { log, at, case: None },
    })
}

/// The rotations that a home's node goes by.
pub(super) fn known(home: &Path, known: &[Known]) -> Rotations {
    let me = Home::at(home).ok().filter(|_| !known.is_empty()).and_then(|home| home.actor().ok());
    let mut rotations = Rotations::at_home(me.and_then(|me| me.party().cloned()));
    for Known { signed, terminal, position } in known {
        rotations.apply(signed, terminal, *position);
    }
    rotations
}

/// Takes the rotations among the files, the oldest first, each by the keys that count when it was signed:
/// no log says here when it was registered.
pub(super) fn take(files: &[(&PathBuf, Result<Shown, Refusal>)], authorities: &mut Authorities) {
    let envelopes = files.iter().filter_map(|(_, shown)| match shown {
        Ok(Shown::Envelope(bytes)) => Some(bytes),
        _ => None,
    });
    let claimed = envelopes.filter_map(|bytes| envelope::reopen(bytes.as_slice()).ok());
    let mut left: Vec<_> =
        claimed.filter(|claimed| claimed.document().kind() == Kind::KeyRotation).collect();
    left.sort_by_key(|claimed| claimed.issued_at());
    // After everything that a log numbers.
    let mut log = u64::MAX / 2;
    loop {
        let before = left.len();
        left.retain(|claimed| {
            let at = claimed.issued_at();
            let opened = envelope::open(claimed.bytes().to_vec(), &*authorities, at);
            let (Ok(signed), Some(party)) = (opened, claimed.issuer().party()) else { return true };
            let registrar = registrar(authorities, party);
            let position = Position { log, at, case: None };
            log += 1;
            Arc::make_mut(&mut authorities.rotations).apply(&signed, &registrar, position);
            false
        });
        if left.len() == before {
            return;
        }
    }
}

/// By whose log a party's rotation is heard: a terminal's own, else that of the home's terminal, else any.
fn registrar(authorities: &Authorities, party: &PartyId) -> PartyId {
    let is_terminal = |party: &PartyId| {
        let roles = authorities.roles(&Actor::Party(party.clone()));
        roles.contains(&Role::Terminal)
    };
    let home = authorities.rotations.home().filter(|home| is_terminal(home));
    match home {
        Some(home) if !is_terminal(party) => home.clone(),
        _ => party.clone(),
    }
}
