//! New keys of this node's party: handed in to the terminals, and how they stand.

use std::time::Duration;

use data_encoding::BASE64;
use landside_proto::directory::Actor;
use landside_proto::document::{Outcome, Position, Refused};
use landside_proto::ids::{DocId, PartyId};
use landside_proto::key::PublicKey;
use serde_json::{Value, json};

use super::{Answer, End, Out};
use crate::control::Request;
use crate::event::Event;
use crate::node::{Node, clock};
use crate::rotations::{self, Answers, TELL_MAX};
use crate::store::StoreError;
use crate::view;
use crate::writer::Command;

pub(super) async fn handle(node: &Node, request: Request, out: &mut Out) -> Answer {
    match request {
        Request::Rotate { envelope, wait_ms } => {
            rotate(node, out, &envelope, super::wait(wait_ms)).await
        }
        Request::NewKeys { signing, node: transport } => {
            keys(node, out, signing.as_deref(), transport.as_deref()).await
        }
        Request::Rotations => known(node, out).await,
        _ => Err(End::wrong("bad-request", "no question about keys", "see landside key --help")),
    }
}

/// Hands a signed rotation in, waits for the terminals, and says what each made of it.
async fn rotate(node: &Node, out: &mut Out, envelope: &str, patience: Duration) -> Answer {
    let wrong = |e: data_encoding::DecodeError| {
        End::wrong("bad-request", format!("envelope: {e}"), "give it in base64")
    };
    let envelope = BASE64.decode(envelope.as_bytes()).map_err(wrong)?;
    let issued = node.command(|reply| Command::Rotate { envelope, reply }).await?;
    if let Some(position) = issued.position {
        tell_everybody(node, issued.id).await?;
        if let Some(me) = node.inner.me.party() {
            out.line(&line(me, Some(&Ok(position)))).await?;
        }
        return Ok(0);
    }
    let (mut refused, mut queued) = (false, false);
    let answers = answered(node, issued.id, patience).await?;
    for (terminal, answer) in &answers {
        refused |= matches!(answer, Some(Err(_)));
        queued |= answer.is_none();
        out.line(&line(terminal, answer.as_ref())).await?;
    }
    Ok(match (refused, queued || answers.is_empty()) {
        (true, _) => 1,
        (false, true) => 3,
        (false, false) => 0,
    })
}

/// A terminal's peers, parties and devices, verify its receipts, so each must know its new key before it signs with it.
async fn tell_everybody(node: &Node, rotation: DocId) -> Result<(), End> {
    let authorities = node.inner.authorities.borrow().clone();
    let edition = authorities.directory.edition();
    let parties = edition.parties.iter().map(|party| Actor::Party(party.id.clone()));
    // A device dials nobody but its terminals, so nobody else can tell it.
    let devices = authorities.drivers.in_force(clock()).map(Actor::Driver);
    let others: Vec<_> = parties.chain(devices).filter(|actor| *actor != node.inner.me).collect();
    for peers in others.chunks(TELL_MAX) {
        let to = peers.to_vec();
        node.command(|reply| Command::Tell { rotation, to, reply }).await?;
    }
    Ok(())
}

/// What the terminals say, once all have or the patience is at its end.
async fn answered(node: &Node, id: DocId, patience: Duration) -> Result<Answers, StoreError> {
    let terminals = rotations::terminals(&node.inner.authorities.borrow());
    let mut events = node.events();
    let deadline = tokio::time::Instant::now() + patience;
    loop {
        let asked = terminals.clone();
        let answers =
            node.read(move |node| rotations::answers(node.store.as_ref(), id, &asked)).await?;
        if answers.iter().all(|(_, answer)| answer.is_some()) {
            return Ok(answers);
        }
        let heard = async {
            loop {
                match events.recv().await {
                    Ok(Event::Answered { document, .. }) if document == id => return,
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        };
        if tokio::time::timeout_at(deadline, heard).await.is_err() {
            return Ok(answers);
        }
    }
}

fn line(terminal: &PartyId, answer: Option<&Result<Position, Refused>>) -> Value {
    let outcome = match answer {
        None => "queued",
        Some(Ok(_)) => view::outcome(Outcome::Accepted),
        Some(Err(_)) => view::outcome(Outcome::Refused),
    };
    let mut line = json!({ "event": "rotated", "terminal": terminal, "outcome": outcome });
    match answer {
        Some(Ok(position)) => {
            view::put(&mut line, "at", Some(position.at));
            view::put(&mut line, "log", Some(position.log));
        }
        Some(Err(refused)) => view::put(&mut line, "code", Some(refused.code.clone())),
        None => {}
    }
    line
}

/// How new keys stand with this node. Answer: `new-keys`.
async fn keys(
    node: &Node,
    out: &mut Out,
    signing: Option<&str>,
    transport: Option<&str>,
) -> Answer {
    let key = |text: Option<&str>| {
        let wrong = |e: landside_proto::key::KeyError| {
            End::wrong("bad-request", e.to_string(), "give a public key")
        };
        text.map(PublicKey::parse).transpose().map_err(wrong)
    };
    let keys = (key(signing)?, key(transport)?);
    let view = node.read(move |node| {
        let waiting = rotations::waiting(node.store.as_ref(), &node.me)?;
        let authorities = node.authorities.borrow();
        Ok(rotations::standing(&authorities, &node.me, keys, waiting, clock()))
    });
    let known = view.await?;
    out.line(&json!({
        "event": "new-keys", "signing": known.signing, "node": known.node,
        "waiting": known.waiting, "devices": known.devices,
    }))
    .await?;
    Ok(0)
}

/// Every rotation that is kept here.
async fn known(node: &Node, out: &mut Out) -> Answer {
    let known = node.read(|node| rotations::known(node.store.as_ref())).await?;
    for rotation in known {
        let Position { log, at, .. } = rotation.position;
        out.line(&json!({
            "event": "known-rotation", "terminal": rotation.terminal, "log": log, "at": at,
            "envelope": BASE64.encode(rotation.signed.bytes()),
        }))
        .await?;
    }
    Ok(0)
}
