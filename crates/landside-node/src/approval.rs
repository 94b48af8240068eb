//! The control socket's side of drafts that wait for a second person.

use std::time::Duration;

use landside_proto::document::Remark;
use serde_json::{Value, json};

use crate::control::Failure;
use crate::node::{Node, clock};
use crate::pending::{self, PENDING_MAX, Pending, PendingId, Proposed};
use crate::people::By;
use crate::service::{self, End, Out};
use crate::view;
use crate::writer::Command;

/// The name of a person as a request gives it.
pub(crate) fn person(text: &str) -> Result<Remark, End> {
    Remark::parse(text).map_err(|e| End::wrong("person", e.to_string(), "give the person's name"))
}

/// As [`person`], where a request may leave it out.
pub(crate) fn some_person(text: Option<&str>) -> Result<Option<Remark>, End> {
    text.map(person).transpose()
}

/// Shows what became of a draft that was put up for a second person.
pub(crate) async fn proposed(out: &mut Out, proposed: &Proposed) -> Result<u8, End> {
    match proposed {
        Proposed::Waits(draft) => {
            out.line(&line("pending", draft)).await?;
            Ok(0)
        }
        Proposed::TooMany => {
            let failure = Failure {
                code: "pending-full".to_owned(),
                text: format!("{PENDING_MAX} drafts wait for a second person"),
                remedy: Some("approve or decline some: landside pending".to_owned()),
            };
            Err(End::Failed(1, failure))
        }
    }
}

/// Lists the drafts that wait.
pub(crate) async fn list(node: &Node, out: &mut Out) -> Result<u8, End> {
    let drafts = node.read(|node| pending::all(node.store.as_ref(), clock())).await?;
    for draft in &drafts {
        out.line(&line("pending", draft)).await?;
    }
    Ok(0)
}

/// A second person agrees.
pub(crate) async fn approve(
    node: &Node,
    out: &mut Out,
    typed: &str,
    (name, by): (&str, Option<&By>),
    patience: Duration,
) -> Result<u8, End> {
    let (id, person) = (read(typed)?, person(name)?);
    let draft = node.read(move |node| pending::one(node.store.as_ref(), id, clock())).await?;
    let draft = draft.ok_or_else(|| unknown(id))?;
    let by = by.cloned();
    let agreed = node.command(|reply| Command::Approve { id, person, by, reply }).await?;
    let issued = agreed.ok_or_else(|| unknown(id))?;
    let container = draft.statement.document.visit().map(|visit| visit.container.to_string());
    let kind = draft.statement.document.kind();
    tracing::info!(draft = %id, asked = %draft.person, agreed = name, "signed by two persons");
    service::answered(node, out, kind, container, &issued, patience).await
}

/// A draft is dropped.
pub(crate) async fn decline(
    node: &Node,
    out: &mut Out,
    typed: &str,
    name: &str,
) -> Result<u8, End> {
    let (id, person) = (read(typed)?, person(name)?);
    let declined = node.command(|reply| Command::Decline { id, reply }).await?;
    let draft = declined.ok_or_else(|| unknown(id))?;
    tracing::info!(draft = %id, asked = %draft.person, %person, "draft declined");
    out.line(&line("declined", &draft)).await?;
    Ok(0)
}

fn read(typed: &str) -> Result<PendingId, End> {
    PendingId::parse(typed).ok_or_else(|| {
        let text = format!("\"{typed}\" is no name of a draft, such as 7-3fa2c109");
        End::wrong("pending-form", text, "see landside pending")
    })
}

fn unknown(id: PendingId) -> End {
    let failure = Failure {
        code: "pending-unknown".to_owned(),
        text: format!("no draft {id} waits: it was signed, declined, or waited too long"),
        remedy: Some("see landside pending".to_owned()),
    };
    End::Failed(1, failure)
}

fn line(event: &str, draft: &Pending) -> Value {
    let mut line = json!({
        "event": event,
        "id": draft.id.to_string(),
        "kind": draft.statement.document.kind().as_str(),
        "person": draft.person,
        "at": draft.at,
        "until": draft.until(),
        "words": view::words(&draft.statement.document),
        "payload": draft.statement.document,
    });
    view::put(
        &mut line,
        "container",
        draft.statement.document.visit().map(|visit| visit.container),
    );
    // Who agrees must see what is agreed to; the digests in the payload tell nothing.
    let disclosed = view::disclosed(&draft.statement.disclosures);
    view::put(&mut line, "disclosed", Some(disclosed).filter(|some| !some.is_empty()));
    line
}
