//! `slots`: who is expected at the gate on a day, who is here, who has left.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use landside_node::board::Day;
use serde_json::json;

use super::schema::desk::Slots;
use super::schema::{Looks, shaped};
use super::{Asking, Known, Shared};
use crate::fault::Fault;

/// The slots that begin on a day of the port, the earliest first; today when none is named.
#[utoipa::path(
    get,
    path = "/slots",
    tag = "gate",
    operation_id = "listSlots",
    params(
        ("day" = Option<String>, Query, description = "A day of the port; today without it", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        ("after" = Option<String>, Query, description = "`next` of the page before", max_length = 128),
    ),
    responses(
        (status = 200, description = "Slots that begin on a day", body = Slots),
        Looks,
    ),
)]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    _: Known,
    asking: Asking,
) -> Result<Response, Fault> {
    let [day, after] = asking.of(["day", "after"])?;
    let day = Day::of(day.as_deref(), &shared.zone, shared.now()).map_err(Fault::form)?;
    let page = shared.board.slots(&day, after.as_deref()).map_err(Fault::form)?;
    Ok(shaped::<Slots>(&json!({
        "day": day.date, "from": day.from, "until": day.until, "slots": page.lines,
        "next": page.next, "complete": page.complete,
    })))
}
