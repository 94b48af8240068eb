//! `documents`: signed at the word of who is logged in; one in every detail.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use landside_node::Asked;
use landside_node::control::Request as Ask;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Known, Shared, WAIT_MS, first, said};
use crate::body;
use crate::fault::Fault;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    kind: String,
    fields: Map<String, Value>,
    #[serde(default)]
    to: Vec<String>,
}

/// Has a draft completed and signed, as `landside issue` does; or put up for a second person.
pub(super) async fn issue(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let Draft { kind, fields, to } = body::json(body).await?;
    let request = Ask::Issue { kind, fields, to, person: None, wait_ms: WAIT_MS };
    signed(shared.ask(&known, request).await?)
}

/// What became of something to be signed: 200 registered or accepted, 202 on its way or waiting for a
/// second person, 409 refused.
pub(super) fn signed(asked: Asked) -> Result<Response, Fault> {
    let line = first(asked)?;
    let status = match (line["event"].as_str(), line["outcome"].as_str()) {
        (_, Some("refused")) => return Err(Fault::refused(line)),
        (Some("pending"), _) | (_, Some("queued")) => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    let mut response = said(&line).into_response();
    *response.status_mut() = status;
    Ok(response)
}

/// A document in every detail.
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    Ok(said(&first(shared.ask(&known, Ask::Document { id }).await?)?))
}
