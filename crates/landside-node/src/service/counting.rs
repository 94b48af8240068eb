//! Figures over a period.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Answer, End, Out, wait};
use crate::control::{Failure, Request};
use crate::figures::{CHARTS, Period, chart, line};
use crate::node::{Node, clock};

pub(super) async fn handle(node: &Node, request: Request, out: &mut Out) -> Answer {
    match request {
        Request::Figures { from, to, chart, wait_ms } => {
            figures(node, out, (from, to), chart, wait(wait_ms)).await
        }
        _ => {
            Err(End::wrong("bad-request", "that is no question for figures", "ask something else"))
        }
    }
}

async fn figures(
    node: &Node,
    out: &mut Out,
    (from, to): (Option<String>, Option<String>),
    wanted: Option<String>,
    patience: Duration,
) -> Answer {
    let of_chart = |name: &str| {
        let remedy = format!("charts are {}", CHARTS.join(", "));
        End::wrong("chart-unknown", format!("there is no chart {name}"), &remedy)
    };
    if let Some(name) = wanted.as_deref().filter(|name| !CHARTS.contains(name)) {
        return Err(of_chart(name));
    }
    let zone = &node.inner.console.zone;
    let period = Period::of(from.as_deref(), to.as_deref(), zone, clock());
    let period = period.map_err(|text| End::wrong("period", text, "name days of the calendar"))?;
    let figures = node.inner.tally.figures(period, patience).await;
    let directory = Arc::clone(&node.inner.authorities.borrow().directory);
    let me = node.inner.me.to_string();
    match wanted {
        None => out.line(&line(&figures, &me, &directory)).await?,
        Some(name) => {
            // A table stands by itself: nothing in it would say that half is missing.
            if !figures.complete {
                return Err(incomplete());
            }
            let csv = chart(&figures, &name, &directory).ok_or_else(|| of_chart(&name))?;
            let said = json!({ "event": "chart", "chart": name, "csv": csv });
            out.line(&said).await?;
        }
    }
    Ok(0)
}

fn incomplete() -> End {
    let failure = Failure {
        code: "figures-incomplete".to_owned(),
        text: "the node has not looked at every case yet".to_owned(),
        remedy: Some("ask again".to_owned()),
    };
    End::Failed(3, failure)
}
