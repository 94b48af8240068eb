//! `figures`: how long the steps took over a period, who held cases, what was promised; and each chart
//! of them as a table.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use landside_node::control::Request as Ask;
use serde::Deserialize;
use utoipa::ToSchema;

use super::schema::figures::Figures;
use super::schema::{LooksFor, shaped};
use super::{Asking, Known, Part, Shared, WAIT_MS, first};
use crate::fault::Fault;

/// The charts there are.
#[derive(Deserialize, ToSchema)]
pub(super) enum Chart {
    #[serde(rename = "cases.csv")]
    Cases,
    #[serde(rename = "light-to-pass.csv")]
    LightToPass,
    #[serde(rename = "light-to-shown.csv")]
    LightToShown,
    #[serde(rename = "arrival-to-out.csv")]
    ArrivalToOut,
    #[serde(rename = "held.csv")]
    Held,
    #[serde(rename = "promises.csv")]
    Promises,
    #[serde(rename = "steps.csv")]
    Steps,
    #[serde(rename = "answers.csv")]
    Answers,
}

/// Figures of a period: from one day of the port up to, and without, another.
#[utoipa::path(
    get,
    path = "/figures",
    tag = "figures",
    operation_id = "readFigures",
    params(
        ("from" = Option<String>, Query, description = "First day", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), ("to" = Option<String>, Query, description = "First day that does not count", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), ("of" = Option<String>, Query, description = "The terminal whose figures they are to be", max_length = 32),
    ),
    responses(
        (status = 200, description = "Figures of the period", body = Figures),
        LooksFor,
    ),
)]
pub(super) async fn whole(
    State(shared): State<Arc<Shared>>,
    known: Known,
    asking: Asking,
) -> Result<Response, Fault> {
    let [from, to, of] = asking.of(["from", "to", "of"])?;
    let ask = Ask::Figures { from, to, of, chart: None, wait_ms: WAIT_MS };
    Ok(shaped::<Figures>(&first(shared.ask(&known, ask).await?)?))
}

/// A chart as CSV.
#[utoipa::path(
    get,
    path = "/figures/{chart}",
    tag = "figures",
    operation_id = "readChart",
    params(
        ("chart" = inline(Chart), Path, description = "Which chart"),
        ("from" = Option<String>, Query, description = "First day", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), ("to" = Option<String>, Query, description = "First day that does not count", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), ("of" = Option<String>, Query, description = "The terminal whose figures they are to be", max_length = 32),
    ),
    responses(
        (status = 200, description = "A table, RFC 4180", content_type = "text/csv", body = String),
        LooksFor,
    ),
)]
pub(super) async fn chart(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(file): Part<String>,
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
