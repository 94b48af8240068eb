//! `slots`: who is expected at the gate on a day, who is here, who has left.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use landside_node::board::Day;
use serde_json::json;

use super::{Asking, Known, Shared, said};
use crate::fault::Fault;

/// The slots that begin on a day of the port, the earliest first; today when none is named.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    _: Known,
    asking: Asking,
) -> Result<Response, Fault> {
    let [day, after] = asking.of(["day", "after"])?;
    let day = Day::of(day.as_deref(), &shared.zone, shared.now()).map_err(Fault::form)?;
    let page = shared.board.slots(&day, after.as_deref()).map_err(Fault::form)?;
    Ok(said(&json!({
        "day": day.date, "from": day.from, "until": day.until, "slots": page.lines,
        "next": page.next, "complete": page.complete,
    })))
}
