//! The public log of a terminal, as C2SP tlog-tiles lays it out below `/log/`.
//!
//! Entries are a time and a hash each (docs/PROTOCOL.md § 13): nothing of a case can be read from them.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use landside_node::node::Node;
use landside_node::store::StoreError;
use landside_proto::merkle::Resource;
use tokio::sync::Semaphore;
use tracing::error;

use crate::problem::Problem;

/// Reads of the store at once; further ones wait. A reader takes a thread and a core, and strangers
/// are not to have those that links and commands wait for.
const READS_MAX: usize = 4;

/// Where the log begins; an outside client is given the address up to here.
const PREFIX: &str = "/log/";

/// What never changes, for a year (RFC 8246). That is true of partial tiles too: a longer one has
/// another path.
const FOREVER: &str = "public, max-age=31536000, immutable";

#[derive(Clone)]
struct Log {
    node: Node,
    reads: Arc<Semaphore>,
}

pub(crate) fn routes(node: Node) -> Router {
    let log = Log { node, reads: Arc::new(Semaphore::new(READS_MAX)) };
    Router::new().route("/log/{*resource}", get(resource)).with_state(log)
}

async fn resource(State(log): State<Log>, uri: Uri) -> Response {
    let mut response = log.answer(uri.path()).await.unwrap_or_else(|p| p.into_response());
    // Pages of others may read the log in a browser: it is public, the same for everybody, and asked
    // for without any credential. For nothing else here is that so.
    let everybody = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, everybody);
    response
}

impl Log {
    /// `path` as it was sent: what is percent-encoded is another spelling, and there is one only.
    async fn answer(&self, path: &str) -> Result<Response, Problem> {
        let path = path.strip_prefix(PREFIX).ok_or(Problem::NotFound)?;
        let resource = Resource::parse(path).map_err(|error| {
            if path.starts_with("tile/") { Problem::Path(error) } else { Problem::NotFound }
        })?;
        let bytes = self.read(resource).await?.ok_or(Problem::NotInLog)?;
        let fields = match resource {
            Resource::Checkpoint => ("text/plain; charset=utf-8", "no-store"),
            Resource::Tile(_) | Resource::Entries(_) => ("application/octet-stream", FOREVER),
        };
        let fields = [(header::CONTENT_TYPE, fields.0), (header::CACHE_CONTROL, fields.1)];
        Ok((fields, bytes).into_response())
    }

    async fn read(&self, resource: Resource) -> Result<Option<Vec<u8>>, Problem> {
        let reads = Arc::clone(&self.reads);
        let place = reads.acquire_owned().await.map_err(|_| Problem::Busy)?;
        let node = self.node.clone();
        // In a task of its own, so that a read keeps its place to the end though nobody waits any more.
        let read = tokio::spawn(async move {
            let _place = place;
            node.log_resource(resource).await
        });
        let bytes = read.await.unwrap_or_else(|error| Err(StoreError::Io(error.to_string())));
        bytes.map_err(|error| {
            error!(%error, path = resource.path(), "the log cannot be read");
            Problem::Store
        })
    }
}
