//! `people`: who may use these screens, for administrators.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use landside_node::control::Request as Ask;
use serde::Deserialize;
use utoipa::ToSchema;

use super::schema::people::{People, PersonLine, PersonLink, PersonRole};
use super::schema::{Acts, Looks, shaped};
use super::{Known, Part, Shared, first, list as lines};
use crate::body;
use crate::fault::Fault;

/// Everybody.
#[utoipa::path(
    get,
    path = "/people",
    tag = "people",
    operation_id = "listPeople",
    responses(
        (status = 200, description = "Everybody", body = People),
        Looks,
    ),
)]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    known: Known,
) -> Result<Response, Fault> {
    Ok(lines::<People>("people", shared.ask(&known, Ask::People).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPerson {
    #[schema(min_length = 2, max_length = 32, pattern = "^[a-z0-9._-]+$")]
    login: String,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(value_type = PersonRole)]
    role: String,
}

/// Adds a person; gives the link to hand on.
#[utoipa::path(
    post,
    path = "/people",
    tag = "people",
    operation_id = "addPerson",
    request_body = NewPerson,
    responses(
        (status = 200, description = "The link to hand on", body = PersonLink),
        Acts,
    ),
)]
pub(super) async fn add(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let NewPerson { login, name, role } = body::json(body).await?;
    Ok(shaped::<PersonLink>(&first(
        shared.ask(&known, Ask::PersonAdd { login, name, role }).await?,
    )?))
}

/// Closes an account for good.
#[utoipa::path(
    delete,
    path = "/people/{login}",
    tag = "people",
    operation_id = "closePerson",
    params(
        ("login" = String, Path, description = "The login name", max_length = 32),
    ),
    responses(
        (status = 200, description = "The person as it is now", body = PersonLine),
        Acts,
    ),
)]
pub(super) async fn close(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(login): Part<String>,
) -> Result<Response, Fault> {
    Ok(shaped::<PersonLine>(&first(shared.ask(&known, Ask::PersonClose { login }).await?)?))
}

/// Ends a password; gives the link to hand on.
#[utoipa::path(
    post,
    path = "/people/{login}/reset",
    tag = "people",
    operation_id = "resetPerson",
    params(
        ("login" = String, Path, description = "The login name", max_length = 32),
    ),
    responses(
        (status = 200, description = "The link to hand on", body = PersonLink),
        Acts,
    ),
)]
pub(super) async fn reset(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(login): Part<String>,
) -> Result<Response, Fault> {
    Ok(shaped::<PersonLink>(&first(shared.ask(&known, Ask::PersonReset { login }).await?)?))
}
