//! `gate`: a truck is judged, and let out. Its interchange receipt is a document like others.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use landside_node::control::Request as Ask;
use serde::Deserialize;

use super::documents::signed;
use super::{Known, Shared, first, said};
use crate::body;
use crate::fault::Fault;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    shown: Option<String>,
    subject: Option<String>,
    plate: Option<String>,
}

/// Admit or refuse, with every reason. The decision is signed and registered; that the truck is refused
/// is an answer, not a fault.
pub(super) async fn check(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let Seen { shown, subject, plate } = body::json(body).await?;
    let asked = shared.ask(&known, Ask::GateCheck { shown, subject, plate }).await?;
    Ok(said(&first(asked)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaves {
    subject: String,
    unsigned_because: Option<String>,
}

/// The truck leaves.
pub(super) async fn out(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let Leaves { subject, unsigned_because } = body::json(body).await?;
    signed(shared.ask(&known, Ask::GateOut { subject, unsigned_because }).await?)
}
