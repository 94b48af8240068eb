//! `share`: links to how far one case is; made, listed and taken back by people, followed by strangers.
//!
//! A stranger shows the token as content, never in a path: no log, history or referrer has it. There is
//! no session and no cookie, and one refusal for every link that is not good.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use landside_node::control::Request as Ask;
use landside_node::shares::Share;
use landside_proto::ids::UnixMillis;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::schema::people::{self, ShareLine, Shares};
use super::schema::{Acts, LooksFor, Strange, shaped};
use super::{Known, Part, Shared, first, list as lines};
use crate::attempts::Attempts;
use crate::body;
use crate::fault::Fault;
use crate::guard::own_origin;
use crate::server::Peer;

/// How old an answer may be that is given again: however many look through one link, and however often,
/// its case is folded once in this time.
const SHARED_LIFE: Duration = Duration::from_secs(2);

/// Most answers kept to be given again, some 10 KB each.
const SHARED_KEPT_MAX: usize = 256;

/// Cases folded for strangers at once; the other looks wait, at most as many as are kept.
const SHARED_AT_ONCE_MAX: usize = 2;

/// What looks through links share.
pub(super) struct Looks {
    attempts: Attempts,
    turns: Semaphore,
    waiting: Semaphore,
    kept: Mutex<HashMap<u64, (UnixMillis, Bytes)>>,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            attempts: Attempts::default(),
            turns: Semaphore::new(SHARED_AT_ONCE_MAX),
            waiting: Semaphore::new(SHARED_KEPT_MAX),
            kept: Mutex::default(),
        }
    }
}

impl Looks {
    /// The answer for a link, if one is fresh.
    fn fresh(&self, share: &Share, now: UnixMillis) -> Option<Bytes> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, answer) = kept.get(&share.id)?;
        // A clock that was set back makes no answer fresh for long.
        (*at <= now && at.plus(SHARED_LIFE) > now).then(|| answer.clone())
    }

    fn keep(&self, share: &Share, answer: &Bytes, now: UnixMillis) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= SHARED_KEPT_MAX {
            kept.retain(|_, (at, _)| at.plus(SHARED_LIFE) > now);
        }
        if kept.len() < SHARED_KEPT_MAX {
            kept.insert(share.id, (now, answer.clone()));
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkToken {
    #[schema(value_type = String, max_length = 1024)]
    token: Zeroizing<String>,
}

/// How far the case of a link is, for whoever shows its token.
#[utoipa::path(
    post,
    path = "/share",
    tag = "shares",
    operation_id = "followShare",
    request_body = LinkToken,
    security(()),
    responses(
        (status = 200, description = "How far the case is", body = people::Shared),
        Strange,
    ),
)]
pub(super) async fn follow(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(from)): Extension<Peer>,
    body: Body,
) -> Result<Response, Fault> {
    let LinkToken { token } = body::json_of_stranger(body).await?;
    let (looks, now) = (&shared.looks, shared.now());
    let attempt = looks.attempts.begin(&token, from, now).map_err(Fault::wait_to_look)?;
    let share = shared.node.share_of(&token, now)?;
    looks.attempts.succeeded(&attempt, now);
    if let Some(answer) = looks.fresh(&share, now) {
        return Ok(json_bytes(answer));
    }
    let _waits = looks.waiting.try_acquire().map_err(|_| Fault::busy())?;
    let _turn = looks.turns.acquire().await.map_err(|_| Fault::busy())?;
    // Another look through the same link may have had its turn meanwhile.
    if let Some(answer) = looks.fresh(&share, shared.now()) {
        return Ok(json_bytes(answer));
    }
    let mut seen = shared.node.shared(share.clone()).await?;
    seen["zone"] = json!(shared.zone);
    let answer = Bytes::from(seen.to_string());
    looks.keep(&share, &answer, shared.now());
    Ok(json_bytes(answer))
}

fn json_bytes(answer: Bytes) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, kind, answer).into_response()
}

/// The links of a case, the newest first.
#[utoipa::path(
    get,
    path = "/cases/{subject}/shares",
    tag = "shares",
    operation_id = "listShares",
    params(
        ("subject" = String, Path, description = "Case code or container number", max_length = 64),
    ),
    responses(
        (status = 200, description = "The newest first", body = Shares),
        LooksFor,
    ),
)]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(subject): Part<String>,
) -> Result<Response, Fault> {
    let asked = shared.ask(&known, Ask::Shares { subject: Some(subject) }).await?;
    Ok(lines::<Shares>("shares", asked))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewShare {
    /// For how many days it is good.
    #[schema(minimum = 1, maximum = 30)]
    days: u32,
    /// For whom.
    #[schema(max_length = 200)]
    label: Option<String>,
}

/// Makes a link of a case; it is shown once.
#[utoipa::path(
    post,
    path = "/cases/{subject}/shares",
    tag = "shares",
    operation_id = "makeShare",
    params(
        ("subject" = String, Path, description = "Case code or container number", max_length = 64),
    ),
    request_body = NewShare,
    responses(
        (status = 200, description = "The link, shown once", body = ShareLine),
        Acts,
    ),
)]
pub(super) async fn make(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(subject): Part<String>,
    asked: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let NewShare { days, label } = body::json(body).await?;
    let mut made: Value = first(shared.ask(&known, Ask::Share { subject, days, label }).await?)?;
    // As this browser reaches the console, where no other way is configured.
    if let (Some(origin), Some(path)) = (own_origin(&asked, &shared), made["path"].as_str()) {
        made["url"] = json!(format!("{origin}{path}"));
    }
    Ok(shaped::<ShareLine>(&made))
}

/// Takes a link back.
#[utoipa::path(
    delete,
    path = "/shares/{id}",
    tag = "shares",
    operation_id = "revokeShare",
    params(
        ("id" = u64, Path, description = "Number of the link"),
    ),
    responses(
        (status = 200, description = "The link as it is now", body = ShareLine),
        Acts,
    ),
)]
pub(super) async fn revoke(
    State(shared): State<Arc<Shared>>,
    known: Known,
    Part(id): Part<u64>,
) -> Result<Response, Fault> {
    Ok(shaped::<ShareLine>(&first(shared.ask(&known, Ask::ShareRevoke { id }).await?)?))
}
