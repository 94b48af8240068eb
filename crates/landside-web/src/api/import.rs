//! `import`: an EDIFACT file read, shown first if asked, and signed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use landside_node::{Asked, Given, ImportOrder};
use serde_json::{Map, Value, json};

use super::once::once;
use super::schema::desk::Imported;
use super::schema::{Signs, shaped};
use super::{Asking, Known, Shared};
use crate::body;
use crate::fault::Fault;

/// Longest file over this door, in bytes: a full vessel several times over; larger ones go by the
/// command line.
const IMPORT_MAX: usize = 8 * 1024 * 1024;

/// Reads the content as an EDIFACT file, by a profile of the home. With `preview=1` nothing is signed. `map` is a list of
/// `CODE:party`, parted by commas; `agent_for` the line that this terminal signs for, as its agent. No answer of a terminal is awaited: the events tell it.
#[utoipa::path(
    post,
    path = "/import",
    tag = "documents",
    operation_id = "importEdifact",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: sent again with the same key within a day, it is answered as before and nothing is signed twice", min_length = 1, max_length = 64, pattern = "^[!-~]+$"),
        ("preview" = Option<u8>, Query, description = "1: nothing is signed", minimum = 0, maximum = 1),
        ("agent_for" = Option<String>, Query, description = "The line that this terminal signs for, as its agent", max_length = 32),
        ("release_to" = Option<String>, Query, description = "Party for a release-to party that no code names", max_length = 32),
        ("terminal" = Option<String>, Query, description = "Terminal for containers whose terminal no code names", max_length = 32),
        ("map" = Option<String>, Query, description = "`CODE:party`, parted by commas", max_length = 4096),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "An EDIFACT file, up to 8 MiB"),
    responses(
        (status = 200, description = "What was read, and what became of it", body = Imported),
        Signs,
    ),
)]
pub(super) async fn run(
    State(shared): State<Arc<Shared>>,
    known: Known,
    (uri, asked): (Uri, HeaderMap),
    asking: Asking,
    body: Body,
) -> Result<Response, Fault> {
    let [preview, profile, release_to, terminal, map, agent_for] =
        asking.of(["preview", "profile", "release_to", "terminal", "map", "agent_for"])?;
    let profile = match profile.filter(|name| !name.is_empty()) {
        None => None,
        Some(name) => match shared.node.profile_named(&name) {
            Some(path) => Some(path),
            None => return Err(Fault::form("profile is the name of a file in profiles/")),
        },
    };
    let preview = match preview.as_deref() {
        None | Some("0") => false,
        Some("1") => true,
        Some(_) => return Err(Fault::form("preview is 0 or 1")),
    };
    let mut parties = Map::new();
    for pair in map.iter().flat_map(|map| map.split(',')).filter(|pair| !pair.is_empty()) {
        let Some((code, party)) = pair.split_once(':') else {
            return Err(Fault::form("map is CODE:party, parted by commas"));
        };
        parties.insert(code.to_owned(), json!(party));
    }
    let place = Arc::clone(&shared.files).acquire_owned().await.map_err(|_| Fault::busy())?;
    let bytes = body::file(body, IMPORT_MAX).await?;
    let order = ImportOrder {
        given: Given::Bytes(bytes.to_vec()),
        profile,
        parties,
        release_to,
        terminal,
        renew_days: None,
        person: None,
        agent_for,
        preview,
    };
    let (node, by) = (Arc::clone(&shared), known.by());
    let work = async move {
        let _place = place;
        let asked = node.node.import(&by, order, Duration::ZERO).await;
        imported(asked)
    };
    let query = uri.query().unwrap_or_default().as_bytes();
    once(&shared, &known, (&asked, &[b"import", query, &bytes]), work).await
}

fn imported(asked: Asked) -> Result<Response, Fault> {
    if asked.done.error.is_some() {
        return Err(Fault::of(asked.done));
    }
    let of = |event: &str| -> Vec<&Value> {
        asked.lines.iter().filter(|line| line["event"] == event).collect()
    };
    Ok(shaped::<Imported>(&json!({
        "preview": of("preview"), "issued": of("issued"), "pending": of("pending"),
        "notes": of("note"), "imported": of("imported").first(),
    })))
}
