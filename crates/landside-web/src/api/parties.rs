//! `parties`: who is in the directory in force, for forms that name one.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::{Known, Shared, said};

/// Every party with its name and roles.
pub(super) async fn list(State(shared): State<Arc<Shared>>, _: Known) -> Response {
    let directory = shared.node.directory();
    let parties = directory.edition().parties.iter();
    let parties: Vec<Value> = parties
        .map(|party| {
            let roles: Vec<&str> = party.roles.iter().map(|role| role.as_str()).collect();
            json!({ "id": party.id, "name": party.name, "roles": roles })
        })
        .collect();
    said(&json!({ "parties": parties }))
}
