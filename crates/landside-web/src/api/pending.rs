//! `pending`, `approve`, `decline`: what waits for a second person. Who agrees is who is logged in.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use landside_node::control::Request as Ask;
use serde::Deserialize;
use utoipa::ToSchema;

use super::documents::signed;
use super::schema::desk::{IssuedOrPending, Pending, PendingList};
use super::schema::{Acts, Looks, shaped};
use super::{Known, Shared, WAIT_MS, first, list as lines};
use crate::body;
use crate::fault::Fault;

/// Drafts that wait.
#[utoipa::path(
    get,
    path = "/pending",
    tag = "documents",
    operation_id = "listPending",
    responses(
        (status = 200, description = "The oldest first", body = PendingList),
        Looks,
    ),
)]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    known: Known,
) -> Result<Response, Fault> {
    Ok(lines::<PendingList>("pending", shared.ask(&known, Ask::Pending).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftNamed {
    /// As `GET /pending` names it.
    #[schema(max_length = 40)]
    id: String,
}

/// The draft is signed as it was shown.
#[utoipa::path(
    post,
    path = "/approve",
    tag = "documents",
    operation_id = "approvePending",
    request_body = DraftNamed,
    responses(
        (status = 200, description = "Signed, and registered or accepted", body = IssuedOrPending),
        (status = 202, description = "On its way", body = IssuedOrPending),
        Acts,
    ),
)]
pub(super) async fn approve(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let DraftNamed { id } = body::json(body).await?;
    let request = Ask::Approve { id, person: String::new(), wait_ms: WAIT_MS };
    signed(shared.ask(&known, request).await?)
}

/// The draft is dropped.
#[utoipa::path(
    post,
    path = "/decline",
    tag = "documents",
    operation_id = "declinePending",
    request_body = DraftNamed,
    responses(
        (status = 200, description = "The draft that was dropped", body = Pending),
        Acts,
    ),
)]
pub(super) async fn decline(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let DraftNamed { id } = body::json(body).await?;
    let asked = shared.ask(&known, Ask::Decline { id, person: String::new() }).await?;
    Ok(shaped::<Pending>(&first(asked)?))
}
