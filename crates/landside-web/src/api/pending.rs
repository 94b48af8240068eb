//! `pending`, `approve`, `decline`: what waits for a second person. Who agrees is who is logged in.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use landside_node::control::Request as Ask;
use serde::Deserialize;

use super::documents::signed;
use super::{Known, Shared, WAIT_MS, first, list as lines, said};
use crate::body;
use crate::fault::Fault;

/// Drafts that wait.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    known: Known,
) -> Result<Response, Fault> {
    Ok(lines("pending", shared.ask(&known, Ask::Pending).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    id: String,
}

/// The draft is signed as it was shown.
pub(super) async fn approve(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let Draft { id } = body::json(body).await?;
    let request = Ask::Approve { id, person: String::new(), wait_ms: WAIT_MS };
    signed(shared.ask(&known, request).await?)
}

/// The draft is dropped.
pub(super) async fn decline(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let Draft { id } = body::json(body).await?;
    let asked = shared.ask(&known, Ask::Decline { id, person: String::new() }).await?;
    Ok(said(&first(asked)?))
}
