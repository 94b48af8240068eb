//! `drivers`: whose phones a haulier serves; inviting one, changing it, taking it back.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use landside_node::drivers::{Driver, Invited, NewDriver};
use landside_proto::document::Remark;
use landside_proto::ids::{Reference, UnixMillis};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Known, Shared, said};
use crate::body;
use crate::fault::Fault;

/// Every driver, the newest first.
pub(super) async fn list(State(shared): State<Arc<Shared>>, _: Known) -> Response {
    let drivers = shared.node.drivers();
    let lines: Vec<Value> = drivers.iter().map(|driver| line(&shared, driver)).collect();
    said(&json!({ "drivers": lines }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: Remark,
    licence: Option<Reference>,
    valid_until: Option<UnixMillis>,
}

/// Invites a driver; gives the invitation to hand on.
pub(super) async fn invite(
    State(shared): State<Arc<Shared>>,
    Known(live): Known,
    body: Body,
) -> Result<Response, Fault> {
    let New { name, licence, valid_until } = body::json(body).await?;
    let new = NewDriver { name, licence, valid_until };
    let invited = shared.node.invite(&live.person.by(), new).await?;
    Ok(said(&invitation(&shared, invited)?))
}

/// Invites a driver's next phone, which takes the place of this one.
pub(super) async fn change_phone(
    State(shared): State<Arc<Shared>>,
    Known(live): Known,
    Path(id): Path<u64>,
) -> Result<Response, Fault> {
    let invited = shared.node.change_phone(&live.person.by(), id).await?;
    Ok(said(&invitation(&shared, invited)?))
}

/// Takes a driver's invitation or phone back.
pub(super) async fn close(
    State(shared): State<Arc<Shared>>,
    Known(live): Known,
    Path(id): Path<u64>,
) -> Result<Response, Fault> {
    let driver = shared.node.close_driver(&live.person.by(), id).await?;
    Ok(said(&line(&shared, &driver)))
}

fn invitation(shared: &Shared, mut invited: Invited) -> Result<Value, Fault> {
    invited.invitation.link = shared.offer();
    let (path, driver) = (invited.path()?, invited.driver);
    let origin = shared.origin.as_deref().unwrap_or_default();
    Ok(json!({
        "event": "invitation", "driver": driver.id, "name": driver.name,
        "url": format!("{origin}{path}"), "path": path, "until": driver.expires,
    }))
}

fn line(shared: &Shared, driver: &Driver) -> Value {
    json!({
        "event": "driver", "driver": driver.id, "name": driver.name, "licence": driver.licence,
        "valid_until": driver.valid_until, "state": driver.state(shared.now()).as_str(),
        "key": driver.key, "device": driver.key.map(|key| key.id()),
        "counts": shared.node.counts(driver), "invited_by": driver.invited_by_name,
        "invited_at": driver.invited_at, "until": driver.expires,
        "enrolled_at": driver.enrolled_at, "closed_at": driver.closed_at,
        "replaces": driver.replaces,
    })
}
