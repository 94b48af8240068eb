//! `figures`: how long the steps took over a period, who held cases, what was promised; and each chart
//! of them as a table.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use landside_node::control::Request as Ask;

use super::{Asking, Known, Shared, WAIT_MS, first, said};
use crate::fault::Fault;

/// Figures of a period: from one day of the port up to, and without, another.
pub(super) async fn whole(
    State(shared): State<Arc<Shared>>,
    known: Known,
    asking: Asking,
) -> Result<Response, Fault> {
    let [from, to, of] = asking.of(["from", "to", "of"])?;
    let ask = Ask::Figures { from, to, of, chart: None, wait_ms: WAIT_MS };
    Ok(said(&first(shared.ask(&known, ask).await?)?))
}

/// A chart as CSV.
pub(super) async fn chart(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Path(file): Path<String>,
    asking: Asking,
) -> Result<Response, Fault> {
    let [from, to, of] = asking.of(["from", "to", "of"])?;
    let Some(name) = file.strip_suffix(".csv") else { return Err(Fault::path()) };
    let chart = Some(name.to_owned());
    let ask = Ask::Figures { from, to, of, chart, wait_ms: WAIT_MS };
    let chart = first(shared.ask(&known, ask).await?)?;
    // The name is one of the charts': the node has said so.
    let fields = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"landside-{name}.csv\"")),
    ];
    let csv = chart["csv"].as_str().ok_or_else(|| Fault::broken("a chart has no table"))?;
    Ok((fields, csv.to_owned()).into_response())
}
