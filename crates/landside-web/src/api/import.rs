//! `import`: an EDIFACT file read, shown first if asked, and signed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use landside_node::{Given, ImportOrder};
use serde_json::{Map, Value, json};

use super::{Asking, Known, Shared, said};
use crate::body;
use crate::fault::Fault;

/// Longest file over this door, in bytes: a full vessel several times over; larger ones go by the
/// command line.
const IMPORT_MAX: usize = 8 * 1024 * 1024;

/// Reads the content as an EDIFACT file. With `preview=1` nothing is signed. `map` is a list of
/// `CODE:party`, parted by commas; `agent_for` the line that this terminal signs for, as its agent. No answer of a terminal is awaited: the events tell it.
pub(super) async fn run(
    State(shared): State<Arc<Shared>>,
    known: Known,
    asking: Asking,
    body: Body,
) -> Result<Response, Fault> {
    let [preview, release_to, terminal, map, agent_for] =
        asking.of(["preview", "release_to", "terminal", "map", "agent_for"])?;
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
    let _place = shared.files.acquire().await.map_err(|_| Fault::busy())?;
    let bytes = body::file(body, IMPORT_MAX).await?;
    let order = ImportOrder {
        given: Given::Bytes(bytes.to_vec()),
        profile: None,
        parties,
        release_to,
        terminal,
        renew_days: None,
        person: None,
        agent_for,
        preview,
    };
    let asked = shared.node.import(&known.0.person.by(), order, Duration::ZERO).await;
    if asked.done.error.is_some() {
        return Err(Fault::of(asked.done));
    }
    let of = |event: &str| -> Vec<&Value> {
        asked.lines.iter().filter(|line| line["event"] == event).collect()
    };
    Ok(said(&json!({
        "preview": of("preview"), "issued": of("issued"), "pending": of("pending"),
        "notes": of("note"), "imported": of("imported").first(),
    })))
}
