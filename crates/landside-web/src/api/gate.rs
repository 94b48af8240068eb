//! `gate`: a truck is judged, and let out. Its interchange receipt is a document like others.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use landside_node::control::Request as Ask;
use serde::Deserialize;
use utoipa::ToSchema;

use super::documents::signed;
use super::once::once;
use super::schema::desk::{GateDecision, IssuedOrPending};
use super::schema::{Signs, shaped};
use super::{Known, Shared, first};
use crate::body;
use crate::fault::Fault;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TruckSeen {
    /// The text that the driver shows, if any.
    #[schema(max_length = 4096)]
    shown: Option<String>,
    /// Case code or container number; needed when nothing readable is shown.
    #[schema(max_length = 64)]
    subject: Option<String>,
    /// The plate seen.
    #[schema(max_length = 64)]
    plate: Option<String>,
}

/// Admit or refuse, with every reason. The decision is signed and registered; that the truck is refused
/// is an answer, not a fault.
#[utoipa::path(
    post,
    path = "/gate/check",
    tag = "gate",
    operation_id = "judgeTruck",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: sent again with the same key within a day, it is answered as before and nothing is signed twice", min_length = 1, max_length = 64, pattern = "^[!-~]+$"),
    ),
    request_body = TruckSeen,
    responses(
        (status = 200, description = "The decision, registered", body = GateDecision),
        Signs,
    ),
)]
pub(super) async fn check(
    State(shared): State<Arc<Shared>>,
    known: Known,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let bytes = body::json_bytes(body).await?;
    let TruckSeen { shown, subject, plate } = body::parsed(&bytes)?;
    let (node, by) = (Arc::clone(&shared), known.by());
    let work = async move {
        let asked = node.ask_by(&by, Ask::GateCheck { shown, subject, plate }).await?;
        Ok(shaped::<GateDecision>(&first(asked)?))
    };
    once(&shared, &known, (&asked, &[b"gate/check", &bytes]), work).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TruckLeaves {
    /// Case code or container number.
    #[schema(max_length = 64)]
    subject: String,
    /// Why the driver did not sign the interchange receipt.
    #[schema(max_length = 200)]
    unsigned_because: Option<String>,
}

/// The truck leaves.
#[utoipa::path(
    post,
    path = "/gate/out",
    tag = "gate",
    operation_id = "letOut",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: sent again with the same key within a day, it is answered as before and nothing is signed twice", min_length = 1, max_length = 64, pattern = "^[!-~]+$"),
    ),
    request_body = TruckLeaves,
    responses(
        (status = 200, description = "The container has left", body = IssuedOrPending),
        (status = 202, description = "Signed, and on its way", body = IssuedOrPending),
        Signs,
    ),
)]
pub(super) async fn out(
    State(shared): State<Arc<Shared>>,
    known: Known,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let bytes = body::json_bytes(body).await?;
    let TruckLeaves { subject, unsigned_because } = body::parsed(&bytes)?;
    let (node, by) = (Arc::clone(&shared), known.by());
    let request = Ask::GateOut { subject, unsigned_because };
    let work = async move { signed(node.ask_by(&by, request).await?) };
    once(&shared, &known, (&asked, &[b"gate/out", &bytes]), work).await
}
