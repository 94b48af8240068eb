//! Metrics and health, for programs that watch the node: an address of its own, without log-in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use landside_node::config;
use landside_node::metrics::CONTENT_TYPE;
use landside_node::node::Node;
use serde_json::json;
use tokio::sync::Mutex;
use tracing::{error, info};

use crate::problem::Problem;
use crate::routes::guarded;
use crate::server::{Listener, WebError};

/// Connections served at once: two or three programs that ask now and then.
pub const METRICS_CONNECTIONS_MAX: usize = 16;

/// How long an answer of the metrics serves whoever asks next: asking without end costs the store nothing.
const METRICS_LIFE: Duration = Duration::from_secs(1);

/// The listener of metrics and health, at which nobody is served yet.
pub struct Metrics(Listener);

impl Metrics {
    /// Takes the address that the settings name; `None` when they name none.
    ///
    /// # Errors
    /// [`WebError::Bind`].
    pub async fn bind(settings: &config::MetricsListener) -> Result<Option<Self>, WebError> {
        let Some(address) = settings.listen else { return Ok(None) };
        let listener = Listener::bind(address, "metrics.listen", METRICS_CONNECTIONS_MAX).await?;
        Ok(Some(Self(listener)))
    }

    /// Where it listens; with the port that the system chose, if it was to choose one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Serves a node until `stop`, then closes as [`crate::Web::serve`] does.
    pub async fn serve(self, node: Node, stop: impl Future<Output = ()>) {
        info!(address = %self.0.address, "metrics are up");
        let watched = Watched { node, said: Arc::default() };
        let paths = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(lives))
            .route("/readyz", get(ready))
            .with_state(watched);
        self.0.serve(guarded(paths), None, stop).await;
    }
}

#[derive(Clone)]
struct Watched {
    node: Node,
    said: Arc<Mutex<Option<(Instant, String)>>>,
}

async fn metrics(State(watched): State<Watched>) -> Response {
    // Held while the store is asked: whoever comes meanwhile gets the same answer.
    let mut said = watched.said.lock().await;
    let fresh = said.as_ref().filter(|(at, _)| at.elapsed() < METRICS_LIFE);
    let text = match fresh {
        Some((_, text)) => text.clone(),
        None => match watched.node.metrics().await {
            Ok(text) => {
                *said = Some((Instant::now(), text.clone()));
                text
            }
            Err(error) => {
                error!(%error, "metrics cannot be told");
                return Problem::Store.into_response();
            }
        },
    };
    drop(said);
    ([(header::CONTENT_TYPE, CONTENT_TYPE), NO_STORE], text).into_response()
}

/// Whether the process is worth keeping: when not, it is to be started anew.
async fn lives(State(watched): State<Watched>) -> Response {
    let (status, word) = match watched.node.lives() {
        true => (StatusCode::OK, "ok\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "store-stopped\n"),
    };
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), NO_STORE], word).into_response()
}

/// Whether the node does all of its work, and else what keeps it from that.
async fn ready(State(watched): State<Watched>) -> Response {
    let found = watched.node.readiness().await.err().unwrap_or_default();
    let status = match found.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let findings: Vec<_> = found.iter().map(landside_node::health::Finding::view).collect();
    let said = json!({ "ready": found.is_empty(), "findings": findings }).to_string();
    let mut response = (status, said).into_response();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response.headers_mut().insert(NO_STORE.0, HeaderValue::from_static(NO_STORE.1));
    response
}

const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
