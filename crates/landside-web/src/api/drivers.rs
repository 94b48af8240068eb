//! `drivers`: whose phones a haulier serves; inviting one, changing it, taking it back.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use landside_node::drivers::{Driver, Invited, NewDriver};
use landside_proto::document::Remark;
use landside_proto::ids::{Reference, UnixMillis};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::schema::desk::{DriverLine, Drivers, Invitation};
use super::schema::words::{Number, Text, Time};
use super::schema::{Acts, Looks, shaped};
use super::{Known, Part, Shared, moments};
use crate::body;
use crate::fault::Fault;

/// Every driver, the newest first.
#[utoipa::path(
    get,
    path = "/drivers",
    tag = "drivers",
    operation_id = "listDrivers",
    responses(
        (status = 200, description = "The newest first", body = Drivers),
        Looks,
    ),
)]
pub(super) async fn list(State(shared): State<Arc<Shared>>, _: Known) -> Response {
    let drivers = shared.node.drivers();
    let lines: Vec<Value> = drivers.iter().map(|driver| line(&shared, driver)).collect();
    shaped::<Drivers>(&json!({ "drivers": lines }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDriverInvited {
    #[schema(value_type = Text)]
    name: Remark,
    #[schema(value_type = Option<Number>)]
    licence: Option<Reference>,
    #[schema(value_type = Option<Time>)]
    valid_until: Option<UnixMillis>,
}

/// Invites a driver; gives the invitation to hand on.
#[utoipa::path(
    post,
    path = "/drivers",
    tag = "drivers",
    operation_id = "inviteDriver",
    request_body = NewDriverInvited,
    responses(
        (status = 200, description = "The invitation to hand on", body = Invitation),
        Acts,
    ),
)]
pub(super) async fn invite(
    State(shared): State<Arc<Shared>>,
    known: Known,
    body: Body,
) -> Result<Response, Fault> {
    let mut said: Value = body::json(body).await?;
    moments::spelled(&mut said);
    let read = serde_json::from_value(said).map_err(|error| Fault::form(error.to_string()))?;
    let NewDriverInvited { name, licence, valid_until } = read;
    let new = NewDriver { name, licence, valid_until };
    let invited = shared.node.invite(&known.by(), new).await?;
    Ok(shaped::<Invitation>(&invitation(&shared, invited)?))
}

/// Invites a driver's next phone, which takes the place of this one.
#[utoipa::path(
    post,
    path = "/drivers/{id}/phone",
    tag = "drivers",
    operation_id = "changePhone",
    params(
        ("id" = u64, Path, description = "Number of the driver"),
    ),
    responses(
        (status = 200, description = "The invitation for the next phone", body = Invitation),
        Acts,
    ),
)]
pub(super) async fn change_phone(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(id): Part<u64>,
) -> Result<Response, Fault> {
    let invited = shared.node.change_phone(&known.by(), id).await?;
    Ok(shaped::<Invitation>(&invitation(&shared, invited)?))
}

/// Takes a driver's invitation or phone back.
#[utoipa::path(
    delete,
    path = "/drivers/{id}",
    tag = "drivers",
    operation_id = "closeDriver",
    params(
        ("id" = u64, Path, description = "Number of the driver"),
    ),
    responses(
        (status = 200, description = "The driver as it is now", body = DriverLine),
        Acts,
    ),
)]
pub(super) async fn close(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(id): Part<u64>,
) -> Result<Response, Fault> {
    let driver = shared.node.close_driver(&known.by(), id).await?;
    if let Some(key) = driver.key {
        shared.phones.let_go(key.id());
    }
    Ok(shaped::<DriverLine>(&line(&shared, &driver)))
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
