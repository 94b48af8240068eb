//! `webhooks`: which programs are told of events, for administrators.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use landside_node::control::Request as Ask;
use landside_proto::ids::UnixMillis;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::schema::people::{WebhookLine, Webhooks};
use super::schema::words::Time;
use super::schema::{Acts, Looks, shaped};
use super::{Known, Part, Shared, first, list as lines, moments};
use crate::body;
use crate::fault::Fault;

/// Every webhook, and how far it was told.
#[utoipa::path(
    get,
    path = "/webhooks",
    tag = "events",
    operation_id = "listWebhooks",
    responses((status = 200, description = "In the order in which they were made", body = Webhooks), Looks),
)]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    known: Known,
) -> Result<Response, Fault> {
    Ok(lines::<Webhooks>("webhooks", shared.ask(&known, Ask::Hooks).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// Where events go: https, or http of this machine.
    #[schema(min_length = 9, max_length = 512)]
    url: String,
}

/// Makes a webhook; its secret is shown this once. It is told what happens from now on.
#[utoipa::path(
    post,
    path = "/webhooks",
    tag = "events",
    operation_id = "makeWebhook",
    request_body = NewWebhook,
    responses((status = 200, description = "The webhook, with its secret", body = WebhookLine), Acts),
)]
pub(super) async fn make(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let NewWebhook { url } = body::json(body).await?;
    Ok(shaped::<WebhookLine>(&first(shared.ask(&known, Ask::HookAdd { url }).await?)?))
}

/// From where on: behind an event, or from a time on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Replay {
    /// Number of an event, as in its `webhook-id`; 0 for every event that is kept.
    after: Option<u64>,
    /// A time.
    #[schema(value_type = Option<Time>)]
    since: Option<UnixMillis>,
}

/// Tells a webhook again what happened; one that was given up begins anew.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/replay",
    tag = "events",
    operation_id = "replayWebhook",
    params(("id" = u64, Path, description = "Number of the webhook")),
    request_body = Replay,
    responses((status = 200, description = "The webhook as it is now", body = WebhookLine), Acts),
)]
pub(super) async fn replay(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(id): Part<u64>,
    body: Body,
) -> Result<Response, Fault> {
    let mut said: Value = body::json(body).await?;
    moments::spelled(&mut said);
    let read = serde_json::from_value(said).map_err(|error| Fault::form(error.to_string()))?;
    let Replay { after, since } = read;
    let request = Ask::HookReplay { id, after, since };
    Ok(shaped::<WebhookLine>(&first(shared.ask(&known, request).await?)?))
}

/// Removes a webhook; nothing more is sent to it.
#[utoipa::path(
    delete,
    path = "/webhooks/{id}",
    tag = "events",
    operation_id = "removeWebhook",
    params(("id" = u64, Path, description = "Number of the webhook")),
    responses((status = 200, description = "The webhook as it was", body = WebhookLine), Acts),
)]
pub(super) async fn remove(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(id): Part<u64>,
) -> Result<Response, Fault> {
    Ok(shaped::<WebhookLine>(&first(shared.ask(&known, Ask::HookRemove { id }).await?)?))
}
