//! Making webhooks, listing them, sending again, and removing them.

use std::sync::Arc;

use landside_proto::ids::UnixMillis;
use serde_json::Value;

use super::{Hook, HookError, address, line};
use crate::control::{Failure, Request};
use crate::node::{Node, clock};
use crate::people::By;
use crate::rows;
use crate::service::{End, Out};
use crate::store::{Range, StoreError};
use crate::view;

impl From<HookError> for End {
    fn from(error: HookError) -> Self {
        let exit = match &error {
            HookError::Url(_) | HookError::Replay => 2,
            HookError::Broken(_) => 3,
            _ => 1,
        };
        let text = error.to_string();
        let (text, remedy) = match text.split_once("; ") {
            Some((fact, remedy)) => (fact.to_owned(), Some(remedy.to_owned())),
            None => (text, None),
        };
        Self::Failed(exit, Failure { code: error.code().to_owned(), text, remedy })
    }
}

/// Answers a request about webhooks.
pub(crate) async fn handle(
    node: &Node,
    request: Request,
    by: Option<&By>,
    out: &mut Out,
) -> Result<u8, End> {
    let lines = match request {
        Request::HookAdd { url } => vec![make(node, url, by.cloned()).await?],
        Request::HookRemove { id } => {
            let inner = Arc::clone(&node.inner);
            let gone = aside(move || inner.programs.hooks.remove(id)).await?;
            let login = by.map(|by| by.login.as_str());
            tracing::info!(webhook = id, url = gone.url, login, "webhook removed");
            vec![line(&gone)]
        }
        Request::HookReplay { id, after, since } => vec![replay(node, id, (after, since)).await?],
        _ => node.hooks().iter().map(line).collect(),
    };
    for line in lines {
        out.line(&line).await?;
    }
    Ok(0)
}

async fn make(node: &Node, url: String, by: Option<By>) -> Result<Value, End> {
    let url = address(&url)?;
    // Nothing of before is told.
    let told = newest(node).await?;
    let inner = Arc::clone(&node.inner);
    let (hook, secret) =
        aside(move || inner.programs.hooks.make((url, told), by.as_ref(), clock())).await?;
    let login = hook.made_by.as_ref().map(|by| by.login.as_str());
    tracing::info!(webhook = hook.id, url = hook.url, login, "webhook made");
    let mut made = line(&hook);
    view::put(&mut made, "secret", Some(secret));
    Ok(made)
}

/// The number of the newest event that is kept.
async fn newest(node: &Node) -> Result<u64, StoreError> {
    node.read(|inner| {
        let newest = inner.store.scan(&Range::all(rows::EVENTS).descending(), 1)?;
        newest.first().map_or(Ok(0), |(key, _)| rows::number(key))
    })
    .await
}

/// Goes back to behind an event, or to a time, and on from there; one that was given up begins anew.
async fn replay(
    node: &Node,
    id: u64,
    from: (Option<u64>, Option<UnixMillis>),
) -> Result<Value, End> {
    let told = match from {
        (Some(after), None) => after.min(newest(node).await?),
        (None, Some(since)) => before(node, since).await?,
        _ => return Err(HookError::Replay.into()),
    };
    let hook: Hook = node
        .hook(id, move |hook| {
            (hook.told, hook.failures, hook.disabled_at) = (told, 0, None);
            hook.clone()
        })
        .await?;
    node.inner.programs.hooks.changed.send_modify(|count| *count = count.wrapping_add(1));
    tracing::info!(webhook = id, told, "webhook goes on from another event");
    Ok(line(&hook))
}

/// The number of the last kept event before a time: times rise with the numbers.
async fn before(node: &Node, since: UnixMillis) -> Result<u64, StoreError> {
    let mut told = 0;
    loop {
        let (events, _) = node.events_after(told, crate::ledger::PAGE).await?;
        for event in &events {
            if event.at >= since {
                return Ok(event.number.saturating_sub(1));
            }
            told = event.number;
        }
        if events.is_empty() {
            return Ok(told);
        }
    }
}

/// Changes wait for the disk.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HookError> + Send + 'static,
) -> Result<T, HookError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| HookError::Broken(error.to_string()))?
}
