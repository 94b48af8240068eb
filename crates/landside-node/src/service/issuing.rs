//! What people and programs on this machine have this node say.

use std::time::Duration;

use landside_proto::directory::Actor;
use landside_proto::document::{Entry, Kind, Remark, Role};
use landside_proto::ids::DocId;
use serde_json::{Map, Value};

use super::{Answer, End, Out};
use crate::event::Event;
use crate::node::Node;
use crate::people::By;
use crate::writer::{Command, Issued, Said};
use crate::{approval, draft, ledger, view};

/// Signs what is asked for, or puts it up for a second person, and shows what became of it.
pub(super) async fn issue(
    node: &Node,
    out: &mut Out,
    kind: &str,
    fields: Map<String, Value>,
    (to, person, by): (&[String], Option<Remark>, Option<&By>),
    patience: Duration,
) -> Answer {
    let kind = Kind::parse(kind).ok_or_else(|| {
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        let text = format!("{kind} is no kind of document; kinds are {}", kinds.join(", "));
        End::wrong("unknown-kind", text, "see landside issue --help")
    })?;
    let statement = draft::complete(&node.inner, kind, fields)?;
    let container = statement.document.visit().map(|visit| visit.container.to_string());
    let to = readers(node, kind, to)?;
    let statement = Box::new(statement);
    let by = by.cloned();
    match node.command(|reply| Command::Issue { statement, to, person, by, reply }).await? {
        Said::Issued(issued) => answered(node, out, kind, container, &issued, patience).await,
        Said::Proposed(proposed) => approval::proposed(out, &proposed).await,
        // What a person says has no mark.
        Said::Before(_) => Ok(0),
    }
}

/// Where a document of no case goes: to the parties named, else to every terminal.
fn readers(node: &Node, kind: Kind, to: &[String]) -> Result<Vec<Actor>, End> {
    if kind != Kind::DriverCredential {
        return Ok(Vec::new());
    }
    if to.is_empty() {
        let authorities = node.inner.authorities.borrow();
        let terminals = authorities.directory.with_role(Role::Terminal);
        return Ok(terminals.map(|party| Actor::Party(party.id.clone())).collect());
    }
    to.iter()
        .map(|text| Actor::parse(text).map_err(|e| End::wrong("party-form", e, "give party ids")))
        .collect()
}

/// Waits for the registrar's answer to an own document and shows it.
pub(crate) async fn answered(
    node: &Node,
    out: &mut Out,
    kind: Kind,
    container: Option<String>,
    issued: &Issued,
    patience: Duration,
) -> Answer {
    if let Some(position) = issued.position {
        let line = view::issued(kind, issued.id, container, "registered", Some(position), None);
        out.line(&line).await?;
        return Ok(0);
    }
    let entry = wait_for_answer(node, issued.id, patience).await?;
    let outcome = entry.as_ref().map_or("queued", |entry| view::outcome(entry.outcome));
    let line = view::issued(kind, issued.id, container, outcome, None, entry.as_ref());
    out.line(&line).await?;
    Ok(match outcome {
        "refused" => 1,
        "queued" => 3,
        _ => 0,
    })
}

async fn wait_for_answer(node: &Node, id: DocId, patience: Duration) -> Result<Option<Entry>, End> {
    let mut events = node.events();
    let deadline = tokio::time::Instant::now() + patience;
    loop {
        if let Some((entry, _)) = ledger::answer(node.inner.store.as_ref(), id)? {
            return Ok(Some(entry));
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
            return Ok(None);
        }
    }
}
