//! What holds for every request to the console: no content where none belongs, no page of others, an end
//! to the wait, and an answer that no browser takes for something else than it says.

use std::sync::Arc;
use std::time::Duration;

use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

use crate::api::Shared;
use crate::fault::Fault;

/// An answer must begin within this time, the reading of a file included.
pub(crate) const CONSOLE_ANSWER_LIFE: Duration = Duration::from_secs(30);

/// The field that a request which changes something must have. A page of another origin cannot send it
/// without asking first (Fetch § 4.8), and is never told yes.
pub(crate) const OWN_FIELD: &str = "x-landside";

/// What pages of the console may load and do: what is here, and the camera's pictures.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// Fields of every answer.
const FIELDS: [(&str, &str); 7] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

pub(crate) async fn guard(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if reads && !request.body().is_end_stream() {
        // The rest of the connection is not to be told apart from content that nobody reads.
        let close = [(header::CONNECTION, HeaderValue::from_static("close"))];
        (close, Fault::content()).into_response()
    } else if !reads && !is_own(&request, &shared) {
        let close = [(header::CONNECTION, HeaderValue::from_static("close"))];
        (close, Fault::foreign()).into_response()
    } else {
        let answer = timeout(CONSOLE_ANSWER_LIFE, next.run(request)).await;
        answer.unwrap_or_else(|_| Fault::busy().into_response())
    };
    let fields = response.headers_mut();
    for (name, value) in FIELDS {
        fields.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if shared.secure {
        let year = HeaderValue::from_static("max-age=31536000");
        fields.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if !fields.contains_key(header::CACHE_CONTROL) {
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Where browsers come to: as configured, else as this one says.
pub(crate) fn own_origin(fields: &HeaderMap, shared: &Shared) -> Option<String> {
    if let Some(own) = &shared.origin {
        return Some(own.clone());
    }
    let scheme = if shared.secure { "https" } else { "http" };
    let host = fields.get(header::HOST).and_then(|host| host.to_str().ok());
    host.map(|host| format!("{scheme}://{host}"))
}

/// Whether a request that changes something comes from a page of this console, or from no page at all.
fn is_own(request: &Request, shared: &Shared) -> bool {
    let fields = request.headers();
    // A phone shows a token of its own with each request: no page of others can make a browser do that.
    let shows_itself = request.uri().path().starts_with(crate::driver::BASE);
    let text = |name: &str| fields.get(name).map(|value| value.to_str().unwrap_or_default());
    let same_site = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let origin = text("origin").is_none_or(|origin| match shared.origin.as_deref() {
        Some(own) => origin == own,
        None => own_origin(fields, shared).is_some_and(|own| origin == own),
    });
    (shows_itself || text(OWN_FIELD).is_some()) && same_site && origin
}
