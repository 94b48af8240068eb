//! `documents`: signed at the word of who is logged in; one in every detail.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use landside_node::Asked;
use landside_node::control::Request as Ask;
use serde::Deserialize;
use serde_json::Value;

use super::once::once;
use super::schema::desk::{DocumentSeen, IssuedOrPending};
use super::schema::drafts::NewDocument;
use super::schema::{LooksFor, Signs, shaped};
use super::tags::tagged;
use super::{Known, Part, Shared, WAIT_MS, first, moments};
use crate::body;
use crate::fault::Fault;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    kind: String,
    fields: Value,
    #[serde(default)]
    to: Vec<String>,
}

/// Has a draft completed and signed, as `landside issue` does; or put up for a second person.
#[utoipa::path(
    post,
    path = "/documents",
    tag = "documents",
    operation_id = "issueDocument",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: sent again with the same key within a day, it is answered as before and nothing is signed twice", min_length = 1, max_length = 64, pattern = "^[!-~]+$"),
    ),
    request_body = NewDocument,
    responses(
        (status = 200, description = "Signed, and registered or accepted", body = IssuedOrPending),
        (status = 202, description = "On its way, or waiting for a second person", body = IssuedOrPending),
        Signs,
    ),
)]
pub(super) async fn issue(
    State(shared): State<Arc<Shared>>,
    known: Known,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let bytes = body::json_bytes(body).await?;
    let Draft { kind, mut fields, to } = body::parsed(&bytes)?;
    moments::spelled(&mut fields);
    let Value::Object(fields) = fields else { return Err(Fault::form("fields is no object")) };
    let request = Ask::Issue { kind, fields, to, person: None, wait_ms: WAIT_MS };
    let (node, by) = (Arc::clone(&shared), known.by());
    let work = async move { signed(node.ask_by(&by, request).await?) };
    once(&shared, &known, (&asked, &[b"documents", &bytes]), work).await
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
    let mut response = shaped::<IssuedOrPending>(&line);
    *response.status_mut() = status;
    Ok(response)
}

/// A document in every detail.
#[utoipa::path(
    get,
    path = "/documents/{id}",
    tag = "documents",
    operation_id = "readDocument",
    params(
        ("id" = String, Path, description = "Its id", pattern = "^[0-9a-f]{64}$"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of an answer that is there", max_length = 256),
    ),
    responses(
        (status = 200, description = "The document", body = DocumentSeen, headers(("etag" = String, description = "Names this state of the answer"))),
        (status = 304, description = "As the `If-None-Match` named"),
        LooksFor,
    ),
)]
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(id): Part<String>,
    asked: HeaderMap,
) -> Result<Response, Fault> {
    Ok(tagged::<DocumentSeen>(&asked, &first(shared.ask(&known, Ask::Document { id }).await?)?))
}
