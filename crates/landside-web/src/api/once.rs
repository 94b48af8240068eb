//! `Idempotency-Key`: a request that names itself is done once, however often it is sent.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use landside_node::repeats::{Begun, Named};
use landside_proto::ids::Hash32;

use super::{Known, Shared};
use crate::fault::Fault;

/// The field that names a request (draft-ietf-httpapi-idempotency-key-header).
const FIELD: &str = "idempotency-key";

/// Longest name of a request, in characters: that of a UUID with room.
pub const REQUEST_NAME_MAX: usize = 64;

/// Longest answer that is looked at to be kept, in bytes; a longer one is not kept anyway.
const ANSWER_MAX: usize = 64 * 1024 * 1024;

/// Does some work, unless the request names itself and was done before: then it is answered as it was.
/// The work goes on where whoever asked has gone.
///
/// # Errors
/// Those of the work; the name is no name, is that of another request, or of one that is being done.
pub(super) async fn once<W>(
    shared: &Arc<Shared>,
    known: &Known,
    (fields, asked): (&HeaderMap, &[&[u8]]),
    work: W,
) -> Result<Response, Fault>
where
    W: Future<Output = Result<Response, Fault>> + Send + 'static,
{
    let Some(name) = name(fields)? else { return work.await };
    let named = Named { name: owned(known, name), asked: hash(asked) };
    match shared.node.begin_named(named).await.map_err(Fault::not_begun)? {
        Begun::New => {}
        Begun::Running => return Err(Fault::request_running()),
        Begun::Other => return Err(Fault::request_other()),
        Begun::Unknown => return Err(Fault::request_unknown()),
        Begun::Done(status, answer) => return again(status, answer),
    }
    let shared = Arc::clone(shared);
    let done = tokio::spawn(async move {
        let answered = work.await;
        let (response, keep) = match answered {
            Ok(response) => (response, true),
            // A document that a terminal refused was signed; of any other fault nothing was.
            Err(fault) => {
                let keep = fault.is_answer();
                (fault.into_response(), keep)
            }
        };
        let (mut parts, body) = response.into_parts();
        let bytes = to_bytes(body, ANSWER_MAX).await.map_err(Fault::broken)?;
        let answer = keep.then(|| (parts.status.as_u16(), bytes.to_vec()));
        if let Err(refusal) = shared.node.end_named(named, answer).await {
            tracing::warn!(why = refusal.fact(), "the answer of a request is not kept");
        }
        parts.headers.remove(header::CONTENT_LENGTH);
        Ok(Response::from_parts(parts, bytes.into()))
    });
    done.await.map_err(Fault::broken)?
}

fn name(fields: &HeaderMap) -> Result<Option<&str>, Fault> {
    let mut given = fields.get_all(FIELD).iter();
    let (name, more) = (given.next(), given.next());
    let Some(name) = name else { return Ok(None) };
    let name = name.to_str().unwrap_or_default();
    let fits = (1..=REQUEST_NAME_MAX).contains(&name.len());
    match fits && more.is_none() && name.bytes().all(|c| c.is_ascii_graphic()) {
        true => Ok(Some(name)),
        false => Err(Fault::request_name()),
    }
}

/// A name is of who chose it: no person or program learns what another one was answered.
fn owned(known: &Known, name: &str) -> Hash32 {
    let whose = match known {
        Known::Person(live) => format!("person {}", live.person.login),
        Known::Program(bearer) => format!("token {}", bearer.token.id),
    };
    hash(&[whose.as_bytes(), name.as_bytes()])
}

fn hash(parts: &[&[u8]]) -> Hash32 {
    let hashes: Vec<u8> = parts.iter().flat_map(|part| *Hash32::of(part).as_bytes()).collect();
    Hash32::of(&hashes)
}

fn again(status: u16, answer: Option<Vec<u8>>) -> Result<Response, Fault> {
    let Some(answer) = answer else { return Err(Fault::request_done()) };
    let status = StatusCode::from_u16(status).map_err(Fault::broken)?;
    let kind = match status.is_success() {
        true => "application/json",
        false => "application/problem+json",
    };
    let fields = [
        (header::CONTENT_TYPE, kind),
        (header::HeaderName::from_static("idempotent-replayed"), "true"),
    ];
    Ok((status, fields, Bytes::from(answer)).into_response())
}
