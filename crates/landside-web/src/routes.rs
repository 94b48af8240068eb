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
    guarded(log::routes(node))
}

/// The paths given, and a refusal with a code for everything else.
pub(crate) fn guarded(paths: Router) -> Router {
    paths
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

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;
    use hyper::service::Service as _;
    use hyper_util::service::TowerToHyperService;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_come_is_given_up_and_said() {
        let never = get(async || std::future::pending::<()>().await);
        let routes = guarded(Router::new().route("/never", never));
        let begun = Instant::now();
        let request = Request::get("/never").body(Body::empty()).unwrap();
        let response = TowerToHyperService::new(routes).call(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(begun.elapsed(), ANSWER_LIFE);
    }
}
