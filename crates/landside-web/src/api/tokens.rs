//! `tokens`: with which programs act in a person's name, for administrators.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use landside_node::control::Request as Ask;
use serde::Deserialize;
use utoipa::ToSchema;

use super::schema::people::{TokenLine, Tokens};
use super::schema::{Acts, Looks, shaped};
use super::{Known, Part, Shared, first, list as lines};
use crate::body;
use crate::fault::Fault;

/// Every token, the newest first.
#[utoipa::path(
    get,
    path = "/tokens",
    tag = "people",
    operation_id = "listTokens",
    responses(
        (status = 200, description = "The newest first", body = Tokens),
        Looks,
    ),
)]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    known: Known,
) -> Result<Response, Fault> {
    Ok(lines::<Tokens>("tokens", shared.ask(&known, Ask::Tokens).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// Login name of the person in whose name it is used; else who asks.
    #[schema(max_length = 32)]
    person: Option<String>,
    /// For which program.
    #[schema(min_length = 1, max_length = 200)]
    label: String,
    /// `read`, `sign`, `sign:KIND`, `gate`, `import`.
    #[schema(min_items = 1, max_items = 32)]
    scopes: Vec<String>,
    /// For how many days it is good.
    #[schema(minimum = 1, maximum = 366)]
    days: u32,
}

/// Makes a token; its text is shown this once.
#[utoipa::path(
    post,
    path = "/tokens",
    tag = "people",
    operation_id = "makeToken",
    request_body = NewToken,
    responses(
        (status = 200, description = "The token, with its text", body = TokenLine),
        Acts,
    ),
)]
pub(super) async fn make(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let NewToken { person, label, scopes, days } = body::json(body).await?;
    let request = Ask::TokenAdd { person, label, scopes, days };
    Ok(shaped::<TokenLine>(&first(shared.ask(&known, request).await?)?))
}

/// Takes a token back; it is dead at once.
#[utoipa::path(
    delete,
    path = "/tokens/{id}",
    tag = "people",
    operation_id = "revokeToken",
    params(
        ("id" = u64, Path, description = "Number of the token"),
    ),
    responses(
        (status = 200, description = "The token as it is now", body = TokenLine),
        Acts,
    ),
)]
pub(super) async fn revoke(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(id): Part<u64>,
) -> Result<Response, Fault> {
    Ok(shaped::<TokenLine>(&first(shared.ask(&known, Ask::TokenRevoke { id }).await?)?))
}
