//! Figures over a period: of this node's cases, or as a terminal tells them its members.

use std::sync::Arc;
use std::time::Duration;

use landside_edifact::local_time;
use landside_proto::directory::Actor;
use landside_proto::document::Role;
use landside_proto::figures::Figures;
use landside_proto::ids::PartyId;
use landside_proto::session::frame::About;
use serde_json::json;

use super::{Answer, End, Out, wait};
use crate::control::{Failure, Request};
use crate::figures::{CHARTS, Period, Sole, chart, line};
use crate::node::{Node, clock};

pub(super) async fn handle(node: &Node, request: Request, out: &mut Out) -> Answer {
    match request {
        Request::Figures { from, to, of, chart, wait_ms } => {
            figures(node, out, (from, to), (of, chart), wait(wait_ms)).await
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
    (of, wanted): (Option<String>, Option<String>),
    patience: Duration,
) -> Answer {
    let no_chart = |name: &str| {
        let remedy = format!("charts are {}", CHARTS.join(", "));
        End::wrong("chart-unknown", format!("there is no chart {name}"), &remedy)
    };
    if let Some(name) = wanted.as_deref().filter(|name| !CHARTS.contains(name)) {
        return Err(no_chart(name));
    }
    let zone = &node.inner.console.zone;
    let period = Period::of(from.as_deref(), to.as_deref(), zone, clock());
    let period =
        period.map_err(|text| End::wrong("figures-period", text, "name days of the calendar"))?;
    let me = node.inner.me.to_string();
    let other = of.filter(|of| *of != me);
    let figures = match &other {
        Some(terminal) => told_by(node, terminal, &period).await?,
        None => {
            node.inner.tally.up_to_date(patience).await;
            let sole = Sole::of(&node.inner.authorities.borrow().directory);
            node.inner.tally.count(period, sole).await
        }
    };
    let directory = Arc::clone(&node.inner.authorities.borrow().directory);
    let of = other.unwrap_or(me);
    match wanted {
        None => out.line(&line(&figures, &of, &directory)).await?,
        Some(name) => {
            // A table stands by itself: nothing in it would say that half is missing.
            if !figures.complete {
                return Err(incomplete(&of));
            }
            let csv = chart(&figures, &name, &directory).ok_or_else(|| no_chart(&name))?;
            let said = json!({ "event": "chart", "of": of, "chart": name, "csv": csv });
            out.line(&said).await?;
        }
    }
    Ok(0)
}

/// What a terminal tells.
async fn told_by(node: &Node, terminal: &str, period: &Period) -> Result<Figures, End> {
    let directory = Arc::clone(&node.inner.authorities.borrow().directory);
    let party = PartyId::parse(terminal).ok().and_then(|party| directory.party(&party));
    let Some(party) = party.filter(|party| party.roles.contains(&Role::Terminal)) else {
        let text = format!("{terminal} is no terminal of the directory");
        return Err(End::wrong("terminal-unknown", text, "see landside directory show"));
    };
    let about =
        About::Figures { from: period.from().as_millis(), until: period.until().as_millis() };
    let told = node.inner.exchange.ask(&Actor::Party(party.id.clone()), about).await;
    let failed = |exit, code: &str, text: String| {
        let (code, remedy) = (code.to_owned(), Some("ask again later".to_owned()));
        End::Failed(exit, Failure { code, text, remedy })
    };
    let told =
        told.map_err(|error| failed(3, "terminal-unreachable", format!("{terminal} {error}")))?;
    // The session has held every list and length to its limit.
    let figures = told.figures.filter(|figures| local_time::is_zone(&figures.zone));
    figures.map(|figures| *figures).ok_or_else(|| {
        failed(1, "figures-untold", format!("{terminal} tells no figures of these days"))
    })
}

fn incomplete(of: &str) -> End {
    let failure = Failure {
        code: "figures-incomplete".to_owned(),
        text: format!("the node of {of} has not looked at every case yet"),
        remedy: Some("ask again".to_owned()),
    };
    End::Failed(3, failure)
}
