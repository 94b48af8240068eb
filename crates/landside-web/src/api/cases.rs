//! `cases`: what is open, one case, and what waits for other parties.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use landside_node::board::{Board, Query};
use landside_node::control::Request as Ask;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::schema::cases::{Case, CasePage};
use super::schema::desk::Outbox;
use super::schema::{Looks, LooksFor};
use super::tags::{tagged, tagged_bytes};
use super::{Asking, Known, Part, Shared, first, list as lines};
use crate::fault::Fault;

/// Lines of a page when none are asked for.
const PAGE: usize = 50;

/// Most lines of a page of every case, each of which is folded for it.
const ALL_PAGE_MAX: usize = 100;

/// Most documents of a case that are given with it: those of a usual case many times over. The latest are
/// given.
const DETAILED_MAX: usize = 256;

/// Pages that are kept as they were written: what many screens ask for after the same news. A usual one has 60 KB.
const PAGES_WRITTEN_MAX: usize = 32;

/// Pages as they were written, until the board changes.
#[derive(Default)]
pub(super) struct Written(Mutex<(u64, HashMap<Query, Bytes>)>);

impl Written {
    /// A page of the board as it is now, written once for all who ask.
    fn page(&self, board: &Board, query: Query) -> Result<Bytes, Fault> {
        // Looked at before the page: one that is newer than its number is only written once more.
        let now = *board.changes().borrow();
        if let (at, pages) = &*self.pages()
            && *at == now
            && let Some(page) = pages.get(&query)
        {
            return Ok(page.clone());
        }
        let page = board.page(&query).map_err(Fault::form)?;
        let written = json!({
            "cases": page.lines, "next": page.next, "open": page.open, "mine": page.mine,
            "overdue": page.overdue, "complete": page.complete,
            "closed": page.closed, "closed_more": page.closed_more,
        });
        let written = Bytes::from(written.to_string());
        let mut pages = self.pages();
        if pages.0 != now || pages.1.len() >= PAGES_WRITTEN_MAX {
            *pages = (now, HashMap::new());
        }
        pages.1.insert(query, written.clone());
        Ok(written)
    }

    fn pages(&self) -> MutexGuard<'_, (u64, HashMap<Query, Bytes>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which cases.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum StateAsked {
    /// Those that are open.
    Open,
    /// Every one.
    All,
}

/// Open cases, what waits for this party first and the oldest of it; or, with `state=all`, every case in
/// the order of their codes.
#[utoipa::path(
    get,
    path = "/cases",
    tag = "cases",
    operation_id = "listCases",
    params(
        ("q" = Option<String>, Query, description = "Part of a container, bill, plate or case code; only of open cases", max_length = 64),
        ("mine" = Option<u8>, Query, description = "1: only what waits for this party", minimum = 0, maximum = 1),
        ("after" = Option<String>, Query, description = "`next` of the page before", max_length = 128),
        ("limit" = Option<u32>, Query, description = "Most lines of the page; 50 when left out", minimum = 1, maximum = 200),
        ("state" = inline(Option<StateAsked>), Query, description = "`open`, or `all` for every case by its code, up to 100 a page"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of an answer that is there", max_length = 256),
    ),
    responses(
        (status = 200, description = "A page of cases", body = CasePage, headers(("etag" = String, description = "Names this state of the answer"))),
        (status = 304, description = "As the `If-None-Match` named"),
        Looks,
    ),
)]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    known: Known,
    asked: HeaderMap,
    asking: Asking,
) -> Result<Response, Fault> {
    let [text, mine, after, limit, state] = asking.of(["q", "mine", "after", "limit", "state"])?;
    let limit = match limit.map(|limit| limit.parse::<usize>()).transpose() {
        Ok(limit) => limit.unwrap_or(PAGE),
        Err(_) => return Err(Fault::form("limit is a number")),
    };
    let text = text.unwrap_or_default();
    match state.as_deref() {
        None | Some("open") => {}
        Some("all") if text.is_empty() => {
            return all(&shared, &known, &asked, (after, limit)).await;
        }
        Some("all") => return Err(Fault::form("q searches open cases, or asks for one case")),
        Some(_) => return Err(Fault::form("state is open or all")),
    }
    let mine = match mine.as_deref() {
        None | Some("0") => false,
        Some("1") => true,
        Some(_) => return Err(Fault::form("mine is 0 or 1")),
    };
    let page = shared.written.page(&shared.board, Query { text, mine, after, limit })?;
    Ok(tagged_bytes(&asked, page))
}

async fn all(
    shared: &Shared,
    known: &Known,
    fields: &HeaderMap,
    (after, limit): (Option<String>, usize),
) -> Result<Response, Fault> {
    let limit = limit.clamp(1, ALL_PAGE_MAX);
    let asked = shared.ask(known, Ask::Cases { after, limit }).await?;
    let last = asked.lines.last().filter(|_| asked.lines.len() == limit);
    let next = last.and_then(|line| line["code"].as_str()).map(str::to_owned);
    Ok(tagged::<CasePage>(fields, &json!({ "cases": asked.lines, "next": next })))
}

/// Everything about a case, by its code or its container; with `documents=1` what each document of the
/// timeline says stands beside it, for screens to tell it in the language of who looks.
#[utoipa::path(
    get,
    path = "/cases/{subject}",
    tag = "cases",
    operation_id = "readCase",
    params(
        ("subject" = String, Path, description = "Case code or container number", max_length = 64),
        ("documents" = Option<u8>, Query, description = "1: with what the latest 256 documents say", minimum = 0, maximum = 1),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of an answer that is there", max_length = 256),
    ),
    responses(
        (status = 200, description = "The open case, else the newest", body = Case, headers(("etag" = String, description = "Names this state of the answer"))),
        (status = 304, description = "As the `If-None-Match` named"),
        LooksFor,
    ),
)]
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(subject): Part<String>,
    asked: HeaderMap,
    asking: Asking,
) -> Result<Response, Fault> {
    let [documents] = asking.of(["documents"])?;
    let detailed = match documents.as_deref() {
        None | Some("0") => false,
        Some("1") => true,
        Some(_) => return Err(Fault::form("documents is 0 or 1")),
    };
    let mut case = first(shared.ask(&known, Ask::Status { subject }).await?)?;
    if detailed && let Some(steps) = case["timeline"].as_array_mut() {
        for step in steps.iter_mut().rev().take(DETAILED_MAX) {
            let Some(id) = step["id"].as_str().map(str::to_owned) else { continue };
            let mut document = first(shared.ask(&known, Ask::Document { id }).await?)?;
            step["payload"] = document["payload"].take();
        }
    }
    Ok(tagged::<Case>(&asked, &case))
}

/// What waits for whom.
#[utoipa::path(
    get,
    path = "/outbox",
    tag = "cases",
    operation_id = "readOutbox",
    responses(
        (status = 200, description = "What waits for whom", body = Outbox),
        Looks,
    ),
)]
pub(super) async fn outbox(
    State(shared): State<Arc<Shared>>,
    known: Known,
) -> Result<Response, Fault> {
    Ok(lines::<Outbox>("waiting", shared.ask(&known, Ask::Outbox).await?))
}
