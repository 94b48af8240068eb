//! Which path is answered by what, and what holds for every request.

use std::time::Duration;

use axum::Router;
use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use landside_node::node::Node;
use tokio::time::timeout;

use crate::log;
use crate::problem::Problem;

/// An answer must be ready within this time, the wait for the store included.
const ANSWER_LIFE: Duration = Duration::from_secs(10);

/// Everything that a node serves.
pub(crate) fn routes(node: Node) -> Router {
    Router::new()
        .merge(log::routes(node))
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::Method)
        .layer(from_fn(guard))
}

/// What holds for every request: no content where none belongs, an end to the wait, and an answer that
/// no browser takes for something else than it says.
async fn guard(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if reads && !request.body().is_end_stream() {
        // Content of a GET means nothing (RFC 9110 § 9.3.1), and reading it would cost. The rest of the
        // connection is not to be told apart from it.
        let close = [(header::CONNECTION, HeaderValue::from_static("close"))];
        (close, Problem::Content).into_response()
    } else {
        let answer = timeout(ANSWER_LIFE, next.run(request)).await;
        answer.unwrap_or_else(|_| Problem::Busy.into_response())
    };
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}
