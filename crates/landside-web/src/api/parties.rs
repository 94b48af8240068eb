//! `parties`: who is in the directory in force, for forms that name one.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::schema::Looks;
use super::schema::desk::Parties;
use super::tags::tagged;
use super::{Known, Shared};

/// Every party with its name and roles.
#[utoipa::path(
    get,
    path = "/parties",
    tag = "cases",
    operation_id = "listParties",
    params(
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of an answer that is there", max_length = 256),
    ),
    responses(
        (status = 200, description = "Who is in the directory in force", body = Parties, headers(("etag" = String, description = "Names this state of the answer"))),
        (status = 304, description = "As the `If-None-Match` named"),
        Looks,
    ),
)]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    _: Known,
    asked: HeaderMap,
) -> Response {
    let directory = shared.node.directory();
    let parties = directory.edition().parties.iter();
    let parties: Vec<Value> = parties
        .map(|party| {
            let roles: Vec<&str> = party.roles.iter().map(|role| role.as_str()).collect();
            json!({ "id": party.id, "name": party.name, "roles": roles })
        })
        .collect();
    tagged::<Parties>(&asked, &json!({ "parties": parties }))
}
