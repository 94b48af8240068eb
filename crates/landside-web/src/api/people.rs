//! `people`: who may use these screens, for administrators.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use landside_node::control::Request as Ask;
use serde::Deserialize;

use super::{Known, Shared, first, list as lines, said};
use crate::body;
use crate::fault::Fault;

/// Everybody.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    known: Known,
) -> Result<Response, Fault> {
    Ok(lines("people", shared.ask(&known, Ask::People).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    login: String,
    name: String,
    role: String,
}

/// Adds a person; gives the link to hand on.
pub(super) async fn add(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let New { login, name, role } = body::json(body).await?;
    Ok(said(&first(shared.ask(&known, Ask::PersonAdd { login, name, role }).await?)?))
}

/// Closes an account for good.
pub(super) async fn close(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Path(login): Path<String>,
) -> Result<Response, Fault> {
    Ok(said(&first(shared.ask(&known, Ask::PersonClose { login }).await?)?))
}

/// Ends a password; gives the link to hand on.
pub(super) async fn reset(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Path(login): Path<String>,
) -> Result<Response, Fault> {
    Ok(said(&first(shared.ask(&known, Ask::PersonReset { login }).await?)?))
}
